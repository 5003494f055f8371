"""The first words answer: do the zones fail independently, why not, what is not known."""

from __future__ import annotations

from zonerisk.core.model import Position, Site
from zonerisk.judging import score
from zonerisk.judging.arrangement import Arrangement, FailureDomain, pairs
from zonerisk.judging.cause import RiskGroups, risk
from zonerisk.judging.independence import effective
from zonerisk.library import Library

AT = Position(lat=56, lon=3, uncertainty_m=50, method="outline", evidence=("told",))
KINDS = ("building", "campus", "flood", "power", "network")


def unit(name: str, disclosed: bool = True) -> FailureDomain:
    site = Site(id=f"zz/{name}-hall", name=name, kind="building", position=AT)
    return FailureDomain(f"zz/{name}", name, (site,) if disclosed else ())


def told(zz: Library, units: list[FailureDomain], noun: str = "zone", **assessed: RiskGroups) -> str:
    """Answer for units that are apart in all but what is given."""
    every = frozenset((a.id, b.id) for a, b in pairs(units))
    assessments = {kind: assessed.get(kind, RiskGroups(kind, apart=every)) for kind in KINDS}
    sold = 1 if noun == "datacenter" else len(units)
    judged = Arrangement("zz-good", noun, "2026-01-31", tuple(units), sold, groups=assessments)
    return score.summary("Z", judged, effective(units, assessments.values()), "nothing was read")


def both(kind: str, grade: str, a: FailureDomain, b: FailureDomain, message: str) -> RiskGroups:
    return RiskGroups(kind, (risk(kind, "x", grade, (a, b), message),))  # type: ignore[arg-type]


A, B, C = unit("a"), unit("b"), unit("c")


def test_one_zone_has_no_second(zz: Library) -> None:
    assert told(zz, [A]) == "Z: 1 zone as sold, so nothing is left when it fails."
    assert told(zz, [unit("a", disclosed=False)]).endswith("Its building is not disclosed.")


def test_what_is_shared_is_named_with_its_grade(zz: Library) -> None:
    campus = both("campus", "B", A, B, "a and b stand on one campus: the reef")
    assert told(zz, [A, B], campus=campus) == (
        "Z: no, the zones do not fail independently. a and b stand on one campus: the reef; evidence grade B."
    )
    assert told(zz, [A, B, C], campus=campus).startswith(
        "Z: no, at most 2 of the 3 zones fail independently. a and b stand on one campus"
    )
    assert told(zz, [A, B], noun="datacenter", campus=campus).endswith(
        "; 1 zone as sold, its 2 datacenters are worth 1."
    )


def test_a_crowd_is_named_though_no_pair_is(zz: Library) -> None:
    """Three zones in two buildings: two of them share one, whichever they are."""
    found = risk("building", "x", "A", (A, B, C), "a, b and c stand in at most 2 buildings", (), 2)
    crowd = RiskGroups("building", counted_groups=(found,))
    assert told(zz, [A, B, C], building=crowd) == (
        "Z: no, at most 2 of the 3 zones fail independently. a, b and c stand in at most 2 "
        "buildings; evidence grade A."
    )


def test_what_is_hidden_is_not_known(zz: Library) -> None:
    hidden = [unit(name, disclosed=False) for name in "ab"]
    open_ = {kind: RiskGroups(kind) for kind in KINDS}
    assert told(zz, hidden, **open_) == (
        "Z: not known whether the 2 zones fail independently. No zone's building is disclosed; "
        "no shared risk is on record (nothing was read)."
    )
    assert "The building of b is not disclosed" in told(zz, [A, hidden[1]], **open_)


def test_a_suspicion_is_called_one(zz: Library) -> None:
    power = both("power", "C", A, B, "a and b may hang on TOP 400 kV (S1, which feeds a)")
    assert told(zz, [A, B], flood=RiskGroups("flood"), power=power) == (
        "Z: not known whether the 2 zones fail independently. Suspected: a and b may hang on "
        "TOP 400 kV; not known: flood."
    )


def test_nothing_found_is_no_yes(zz: Library) -> None:
    said = told(zz, [A, B], power=RiskGroups("power"))
    assert said == (
        "Z: nothing on record surely hits two of the 2 zones. No shared risk is on record (nothing was read); not known: power."
    )


def test_strasbourg_and_paris(shipped: Library) -> None:
    assert shipped.score("ovh-sbg").summary.startswith(
        "OVHcloud Strasbourg: no, the datacenters do not fail independently. SBG3, SBG4 and SBG5 "
        "stand on one campus"
    )
    assert "not known whether the 3 zones fail" in shipped.score("scaleway-fr-par").summary
    for region in ("ovh-sbg", "ovh-rbx", "scaleway-fr-par", "aws-eu-west-1", "hetzner-fsn1"):
        found = shipped.score(region)
        told_ = found.summary.removeprefix(f"{found.name}: ")
        assert told_.count(". ") <= 1, told_
        assert told_.endswith(".")
