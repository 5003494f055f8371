"""The contract: what method.md's last table expects of the shipped records, and laws."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core import verdict
from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.core.verdict import Finding, Verdict
from zonerisk.judging.arrangement import last_day
from zonerisk.library import Library

ROOT = Path(__file__).parent.parent


def finding(found: Verdict, rule: str) -> Finding:
    return next(each for each in found.policy.findings if each.rule == rule)


def apart(found: Verdict, a: str, b: str) -> verdict.Separation:
    return next(
        each
        for each in found.policy.separations
        if {each.a, each.b} == {f"{found.target}/{a}", f"{found.target}/{b}"}
    )


class TestStrasbourg:
    def test_today(self, shipped: Library) -> None:
        found = shipped.score("ovh-sbg")
        assert (found.independence.zones.sold, found.independence.zones.effective.high) == (1, 1)
        assert (
            found.independence.datacenters.effective.low,
            found.independence.datacenters.effective.high,
        ) == (1, 1)
        assert {"quorum", "colocation", "survives"} <= {
            each.rule for each in found.policy.findings if each.outcome == "fail"
        }
        # The one supply of 2021 is not said to have been changed.
        assert finding(found, "power").outcome == "fail"
        distance = apart(found, "sbg3", "sbg5").distance_m
        assert distance.best == pytest.approx(56, abs=2)
        assert found.policy.score.possible <= 20

    def test_on_9_march_2021(self, shipped: Library) -> None:
        found = shipped.score("ovh-sbg", as_of="2021-03-09")
        assert {place.name for place in found.places} == {"SBG1", "SBG2", "SBG3", "SBG4"}
        assert found.independence.datacenters.count == 4
        assert "its 4 datacenters (sold as 1 zone) do not fail independently" in found.summary
        power = finding(found, "power")
        assert power.outcome == "fail"
        assert len(power.subjects) == 4
        # The press says that the whole supply was cut; the enquiry only that it was cut.
        assert {risk.grade for risk in found.shared_risks if risk.kind == "power"} == {"A", "B", "C"}

    def test_on_15_march_2021(self, shipped: Library) -> None:
        found = shipped.score("ovh-sbg", as_of="2021-03-15")
        both = {"ovh-sbg/sbg1", "ovh-sbg/sbg4"}
        shared = next(risk for risk in found.shared_risks if risk.id == "power:ovh-sbg/sbg1-sbg4-cut")
        assert (shared.grade, set(shared.members)) == ("C", both)
        # Nor is that of 2017: what a source says was so stays so.
        shared = next(risk for risk in found.shared_risks if risk.id == "power:ovh-sbg/sbg-20kv")
        assert (shared.grade, set(shared.members)) == ("A", both)

    def test_before_it_was_built(self, shipped: Library) -> None:
        with pytest.raises(UsageError, match="sold no zone on 1999-01-01"):
            shipped.score("ovh-sbg", as_of="1999-01-01")

    def test_on_8_november_2017(self, shipped: Library) -> None:
        found = shipped.score("ovh-sbg", as_of="2017-11-08")
        # SBG3 was under construction, SBG5 not begun.
        assert {place.name for place in found.places} == {"SBG1", "SBG2", "SBG4"}
        assert finding(found, "power").outcome == "fail"
        told = [risk.message for risk in found.shared_risks if risk.kind == "power"]
        assert any("one 20 kV supply" in message for message in told)
        assert any("SBG1, through which SBG2 was fed" in message for message in told)

    def test_roubaix_is_recovery_by_distance(self, shipped: Library) -> None:
        option = next(each for each in shipped.score("ovh-sbg").recovery if each.target == "ovh-rbx")
        assert option.outcome == "pass"
        assert (option.distance_m.best or 0) / 1000 == pytest.approx(405, abs=2)


@pytest.fixture(scope="module")
def paris(shipped: Library) -> Verdict:
    return shipped.score("scaleway-fr-par")


class TestScalewayParis:
    def test_distances(self, paris: Verdict) -> None:
        pairs = {
            ("fr-par-1", "fr-par-3"): 8.6,
            ("fr-par-2", "fr-par-3"): 27.5,
            ("fr-par-1", "fr-par-2"): 35.1,
        }
        for (a, b), km in pairs.items():
            assert (apart(paris, a, b).distance_m.best or 0) / 1000 == pytest.approx(km, abs=0.06)

    def test_datacenter_by_datacenter(self, shipped: Library) -> None:
        found = shipped.score("scaleway-fr-par", units="sites")
        for (a, b), km in {("dc3", "dc4"): 8.6, ("dc4", "dc5"): 27.5, ("dc3", "dc5"): 35.7}.items():
            assert (apart(found, a, b).distance_m.best or 0) / 1000 == pytest.approx(km, abs=0.06)
        assert finding(found, "separation-max").outcome == "warn"

    def test_three_zones_pass_quorum(self, paris: Verdict) -> None:
        assert paris.independence.zones.sold == 3
        assert finding(paris, "quorum").outcome == "pass"

    def test_separation_min_is_unknown_not_fail(self, paris: Verdict) -> None:
        least = finding(paris, "separation-min")
        assert least.outcome == "unknown"
        assert least.subjects == ("scaleway-fr-par/fr-par-1", "scaleway-fr-par/fr-par-3")
        assert least.value is not None
        assert (least.value.low, least.value.best, least.value.high) == pytest.approx(
            (10.3, 12.9, 18.1), abs=0.5
        )

    def test_separation_max_warns(self, paris: Verdict) -> None:
        most = finding(paris, "separation-max")
        assert most.outcome == "warn"
        assert most.value is not None
        assert (most.value.low, most.value.high) == pytest.approx((42, 74), abs=0.5)

    def test_the_fifty_kilometres_are_refuted(self, paris: Verdict) -> None:
        claims = finding(paris, "claims")
        assert claims.outcome == "fail"
        assert "refuted" in claims.message


def test_roubaix_and_gravelines(shipped: Library) -> None:
    """82 km apart: neither zones of one region nor disaster recovery of each other."""
    option = next(each for each in shipped.score("ovh-rbx").recovery if each.target == "ovh-gra")
    assert option.outcome == "fail"
    assert (option.distance_m.best or 0) / 1000 == pytest.approx(82, abs=1)


class TestFictional:
    def test_undisclosed_zones_never_pass_what_position_decides(self, zz: Library) -> None:
        found = zz.score("zz-hidden")
        for rule in (
            "disclosure",
            "separation-min",
            "colocation",
            "power",
            "network",
            "survives",
        ):
            assert finding(found, rule).outcome == "unknown", rule
        assert finding(found, "flood").outcome == "not-assessed"
        assert (found.independence.zones.effective.low, found.independence.zones.effective.high) == (1, 3)
        assert found.policy.separations[0].distance_m.low == 0
        assert found.policy.separations[0].distance_m.best is None

    def test_two_zones_fail_quorum(self, zz: Library) -> None:
        found = zz.score("zz-pair")
        assert finding(found, "quorum").outcome == "fail"
        assert found.policy.score.possible <= 50

    def test_shared_risks(self, zz: Library) -> None:
        found = zz.score("zz-campus")
        risks = {risk.id: risk for risk in found.shared_risks}
        assert risks["campus:zz-campus/reef"].members == ("zz-campus/k1", "zz-campus/k2")
        assert risks["power:zz-campus/shore"].members == ("zz-campus/k1", "zz-campus/k3")
        assert risks["flood:zz-campus/trench"].outcome == "warn"
        assert "network:zz-campus/old-node" not in risks
        assert found.independence.zones.effective.high == 2
        assert finding(found, "flood").outcome == "unknown"
        assert "900" not in finding(found, "industry").message
        past = zz.score("zz-campus", as_of="2020-06-30")
        assert finding(past, "network").outcome == "fail"
        assert finding(zz.score("zz-campus", as_of="2020-07-01"), "network").outcome == "unknown"

    def test_recovery(self, zz: Library) -> None:
        found = zz.score("zz-good")
        assert {option.target: option.outcome for option in found.recovery} == {
            "zz-pair": "pass",
            "zz-campus": "pass",
            "zz-hidden": "fail",
        }

    def test_json_conforms_to_its_schema(self, zz: Library) -> None:
        schema = json.loads((ROOT / "data/schema/verdict.json").read_text())
        for region in zz.region_ids:
            dumped = json.loads(zz.score(region).to_json())
            jsonschema.validate(dumped, schema)
            assert next(iter(dumped)) == "schema"
            assert dumped["schema"] == "zonerisk/2"


def test_every_policy_answers(zz: Library) -> None:
    for name in Catalog().policies:
        found = zz.score("zz-campus", policy=name)
        assert found.policy.id == name
        rules = set(Catalog().policy(name).rules)
        asked = rules - {"backup", "incidents"} or rules
        assert {each.rule for each in found.policy.findings} == asked


def test_bad_calls(zz: Library) -> None:
    with pytest.raises(UsageError, match="not a date"):
        zz.score("zz-good", as_of="yesterday")
    with pytest.raises(UnknownTarget, match="is several regions"):
        zz.score("zz")
    with pytest.raises(UnknownTarget, match="no policy"):
        zz.score("zz-good", policy="nope")


@pytest.mark.parametrize(
    ("text", "day"),
    [("2021", "2021-12-31"), ("2024-02", "2024-02-29"), ("2021-03-09", "2021-03-09")],
)
def test_last_day(text: str, day: str) -> None:
    assert last_day(text) == day


@pytest.mark.parametrize("text", ["2021-13", "2021-02-30", "21", "", "2021-3-9", "0000-01-01"])
def test_no_dates(text: str) -> None:
    with pytest.raises(UsageError):
        last_day(text)


# Laws on invented regions: three or four zones near each other, with doubts.
spots = st.lists(
    st.tuples(st.floats(55.9, 56.4), st.floats(2.5, 3.5), st.floats(20, 3000)),
    min_size=2,
    max_size=4,
)
slow = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def region(
    places: list[tuple[float, float, float]],
    *,
    hide: int = 0,
    feed: bool = False,
    flood: bool = False,
) -> str:
    zones, sites = "", ""
    for number, (lat, lon, doubt) in enumerate(places):
        listed = "" if number < hide else f"sites: [s{number}], "
        zones += f"  z{number}: {{{listed}evidence: [site-list]}}\n"
        sites += (
            f"  s{number}: {{name: S{number}, kind: building, position: {{lat: {lat!r}, lon: {lon!r},"
            f" uncertainty_m: {doubt!r}, method: statement, evidence: [site-list]}}}}\n"
        )
    listed = ", ".join(f"s{number}" for number in range(len(places)))
    text = f"name: Law\ncountry: NO\nzones:\n{zones}sites:\n{sites}"
    text += f"candidates: {{sites: [{listed}], evidence: [site-list]}}\n"
    if feed:
        text += "feeds:\n  f: {kind: power, name: F, sites: [s0, s1], evidence: [site-list]}\n"
    if flood:
        text += (
            "hazards:\n  h: {kind: flood, name: H, sites: [s0, s1], relation: inside, "
            "evidence: [site-list]}\n"
        )
    return text


def judged(folder: Path, text: str) -> Verdict:
    (folder / "datacenters/zz/law.yaml").write_text(text)
    return Library(folder).score("zz-law")


@slow
@given(spots, st.floats(1, 20))
def test_growing_doubt_never_turns_unknown(
    zz_copy: Path, places: list[tuple[float, float, float]], times: float
) -> None:
    before = judged(zz_copy, region(places))
    after = judged(zz_copy, region([(lat, lon, doubt * times) for lat, lon, doubt in places]))
    for old, new in zip(
        sorted(before.policy.findings, key=lambda each: each.rule),
        sorted(after.policy.findings, key=lambda each: each.rule),
        strict=True,
    ):
        if old.outcome == "unknown":
            assert new.outcome == "unknown", old.rule
    assert after.policy.score.shown <= before.policy.score.shown
    assert after.independence.zones.effective.low <= before.independence.zones.effective.low


@slow
@given(spots, st.booleans())
def test_a_shared_risk_never_raises(
    zz_copy: Path, places: list[tuple[float, float, float]], feed: bool
) -> None:
    before = judged(zz_copy, region(places))
    after = judged(zz_copy, region(places, feed=feed, flood=not feed))
    assert after.policy.score.shown <= before.policy.score.shown
    assert after.policy.score.possible <= before.policy.score.possible
    assert after.independence.zones.effective.low <= before.independence.zones.effective.low
    assert after.independence.zones.effective.high <= before.independence.zones.effective.high


@slow
@given(spots, st.integers(1, 4))
def test_opacity_never_raises(zz_copy: Path, places: list[tuple[float, float, float]], hide: int) -> None:
    before = judged(zz_copy, region(places))
    after = judged(zz_copy, region(places, hide=hide))
    assert after.policy.score.shown <= before.policy.score.shown
    assert after.independence.zones.effective.low <= before.independence.zones.effective.low
    if not before.shared_risks:
        assert after.independence.zones.effective.high <= before.independence.zones.effective.high
    if not any(each.outcome in ("fail", "warn") for each in before.policy.findings):
        assert after.policy.score.possible <= before.policy.score.possible
    passed = {each.rule for each in before.policy.findings if each.outcome == "pass"}
    assert {each.rule for each in after.policy.findings if each.outcome == "pass"} <= passed
