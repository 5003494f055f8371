from __future__ import annotations

import functools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonerisk.core.model import Evidence, Feed, Position, Region, Site
from zonerisk.core.samples import Near, Neighbourhood, Sample, Upstream
from zonerisk.core.verdict import severity
from zonerisk.judging import power
from zonerisk.judging.arrangement import Arrangement, FailureDomain, RiskGroups
from zonerisk.library import Library

REMOVALS = ("feeds:\n", "hazards:\n")
DAY = "2026-01-31"
SAYS = {
    "told": Evidence(kind="operator", title="t", read="2026", claim="c"),
    "heard": Evidence(kind="press", title="p", read="2026", claim="c"),
}


def site(key: str, uncertainty_m: float = 50) -> Site:
    return Site(
        id=key,
        name=key.partition("/")[2],
        kind="building",
        evidence=("told",),
        position=Position(
            lat=56.0, lon=3.0, uncertainty_m=uncertainty_m, method="statement", evidence=("told",)
        ),
    )


def units(*names: str, uncertainty_m: float = 50) -> list[FailureDomain]:
    return [FailureDomain(f"zz/{name}", name, (site(f"zz/{name}", uncertainty_m),)) for name in names]


def region(**feeds: Feed) -> Region:
    named = {key: feed.model_copy(update={"id": f"zz/{key}"}) for key, feed in feeds.items()}
    return Region(id="zz", provider="zz", name="Z", country="NO", feeds=named, evidence=SAYS)


def feed(*names: str, **more: object) -> Feed:
    return Feed.model_validate(
        {
            "kind": "power",
            "name": "the cable",
            "evidence": ("told",),
            "sites": tuple(f"zz/{name}" for name in names),
            **more,
        }
    )


def sample(
    around: dict[str, list[Near]],
    upstream: dict[str, dict[str, int]],
    uncertainty_m: float = 10_000,
) -> Sample:
    place = (56.0, 3.0, uncertainty_m)
    names = {key: Near(key, key.upper(), 400, 0) for tops in upstream.values() for key in tops}
    return Sample(
        {
            f"zz/{key}": (place, Neighbourhood(tuple(near), uncertainty_m, "map"))
            for key, near in around.items()
        },
        {},
        {key: tuple(Upstream(top, hops, ()) for top, hops in tops.items()) for key, tops in upstream.items()},
        names,
        {
            "map": Evidence(kind="layer", title="a map", read="2024", claim="c"),
            "upstreams": Evidence(kind="layer", title="a graph", read="2024", claim="c"),
        },
    )


def assess(
    kind: str,
    domains: list[FailureDomain],
    owners: list[Region],
    day: str,
    sample: Sample = Sample(),  # noqa: B008
    hops: int = power.HOPS,
) -> RiskGroups:
    at = Arrangement("", "place", day, tuple(domains), len(domains), tuple(owners))
    return power.assess(kind, at, sample, hops)


def near(station: str, distance_m: float, kv: float = 225) -> Near:
    return Near(station, station.upper(), kv, distance_m)


TWO = sample(
    {"a": [near("s1", 500), near("s2", 3000)], "b": [near("s3", 500), near("s4", 3000)]},
    {"s1": {"top": 1}, "s2": {"other": 1}, "s3": {"top": 2, "far": 5}},
)


class TestStated:
    def test_an_upstream_feed_carries_what_hangs_below_it(self, zz: Library) -> None:
        found = zz.score("zz-campus")
        shore = next(risk for risk in found.shared_risks if risk.id == "power:zz-campus/shore")
        assert shore.grade == "A"
        assert shore.message == "k1 and k3 depend on the shore station"

    def test_removing_a_feed_never_turns_anything_to_pass(self, zz_copy: Path) -> None:
        path = zz_copy / "datacenters/zz/campus.yaml"
        before = {each.rule: each.outcome for each in Library(zz_copy).score("zz-campus").policy.findings}
        text = path.read_text()
        start, end = (text.index(mark) for mark in REMOVALS)
        path.write_text(text[:start] + text[end:])
        after = {each.rule: each.outcome for each in Library(zz_copy).score("zz-campus").policy.findings}
        assert after["power"] == "unknown"
        assert {rule for rule, outcome in after.items() if outcome == "pass"} <= {
            rule for rule, outcome in before.items() if outcome == "pass"
        }

    def test_what_ended_is_told_and_no_longer_counts(self) -> None:
        owner = region(cable=feed("a", "b", until="2020-05", changed=("told",)))
        found = assess("power", units("a", "b"), [owner], DAY)
        assert found.outcome(("zz/a", "zz/b")) == "unknown"
        assert found.notes == ("stated for a and b until 2020-05 only: the cable",)
        assert found.evidence == (SAYS["told"],)
        assert assess("power", units("a", "b"), [owner], "2020-05-31").outcome(("zz/a", "zz/b")) == "fail"

    def test_network_takes_nothing_from_the_grid(self) -> None:
        found = assess("network", units("a", "b"), [], DAY, TWO)
        assert found.risks == ()
        assert found.notes == ()


class TestCandidates:
    def test_a_chain_from_candidates_is_grade_c(self) -> None:
        found = assess("power", units("a", "b"), [], DAY, TWO)
        (shared,) = found.risks
        assert (shared.id, shared.grade, shared.outcome) == ("power:top+near", "C", "warn")
        assert shared.message == (
            "a and b may depend on TOP 400 kV (S1 225 kV, nearest known at 0.5 km from a, 1 circuit "
            "below; S3 225 kV, nearest known at 0.5 km from b, 2 circuits below; which "
            "stations feed them is not known)"
        )
        assert [piece.title for piece in shared.evidence] == ["a map", "a graph"]

    def test_never_fed_by(self) -> None:
        found = assess("power", units("a", "b"), [], DAY, TWO, 1)
        said = " ".join((found.reason, *found.notes, *(one.message for one in found.risks)))
        assert "fed by" not in said.lower()
        assert (
            "nearest known stations to a by a map of 2024, none known to feed it: "
            "S1 225 kV at 0.5 km, S2 225 kV at 3.0 km"
        ) in said

    def test_beyond_the_hops_is_unknown_not_separate(self) -> None:
        found = assess("power", units("a", "b"), [], DAY, TWO, 1)
        assert found.outcome(("zz/a", "zz/b")) == "unknown"

    def test_the_disc_decides_and_an_overlap_is_told(self) -> None:
        found = assess("power", units("a", "b", uncertainty_m=2200), [], DAY, TWO)
        assert found.outcome(("zz/a", "zz/b")) == "unknown"
        assert all("candidates overlap: any of 2 could be the nearest" in note for note in found.notes)

    def test_candidates_that_agree_still_share(self) -> None:
        agreeing = sample(
            {key: [near("s1", 500), near("s2", 600)] for key in "ab"},
            {"s1": {"top": 1}, "s2": {"top": 3}},
        )
        (shared,) = assess("power", units("a", "b"), [], DAY, agreeing).risks
        assert shared.id == "power:top+near"
        assert (
            "S1 225 kV or S2 225 kV, nearest known at 0.5 to 0.6 km from a and b, 3 circuits below"
        ) in shared.message

    def test_the_same_single_candidate(self) -> None:
        same = sample({"a": [near("s1", 500)], "b": [near("s1", 900)]}, {"s1": {"top": 1}})
        (shared,) = assess("power", units("a", "b"), [], DAY, same).risks
        assert shared.id == "power:s1+near"
        assert shared.outcome == "warn"

    def test_a_candidate_that_is_the_upstream_is_named_once(self) -> None:
        beside = {key: [Near("top", "TOP", 400, far)] for key, far in (("a", 500), ("b", 900))}
        (shared,) = assess("power", units("a", "b"), [], DAY, sample(beside, {"x": {"top": 1}})).risks
        assert shared.message == (
            "a and b may depend on TOP 400 kV (nearest known at 0.5 to 0.9 km from a and b; which "
            "stations feed them is not known)"
        )


class TestStatedStation:
    def test_one_stated_station_is_told_once(self) -> None:
        owner = region(cable=feed("a", "b", station="rte/GULL"))
        found = assess("power", units("a", "b"), [owner], DAY)
        assert [one.id for one in found.risks] == ["power:zz/cable"]

    def test_two_stated_stations_below_one_are_grade_b(self) -> None:
        owner = region(one=feed("a", station="rte/GULL"), two=feed("b", station="rte/TERN"))
        grid = sample({}, {"rte/GULL": {"rte/TOP": 1}, "rte/TERN": {"rte/TOP": 2}})
        (shared,) = assess("power", units("a", "b"), [owner], DAY, grid).risks
        assert (shared.id, shared.grade, shared.outcome) == ("power:rte/TOP", "B", "fail")
        assert "depend on RTE/TOP 400 kV" in shared.message

    def test_an_inferred_station_may_feed(self) -> None:
        guessed = Evidence(kind="inference", title="i", read="2026", claim="c")
        owner = region(
            one=feed("a", station="rte/GULL", evidence=("guess",)),
            two=feed("b", station="rte/TERN"),
        )
        owner = owner.model_copy(update={"evidence": {**SAYS, "guess": guessed}})
        grid = sample({}, {"rte/GULL": {"rte/TOP": 1}, "rte/TERN": {"rte/TOP": 2}})
        (shared,) = assess("power", units("a", "b"), [owner], DAY, grid).risks
        assert shared.grade == "C"
        assert "the cable, which may feed a, 1 circuit below" in shared.message
        assert "the cable, which feeds b, 2 circuits below" in shared.message

    def test_a_stated_and_a_candidate_chain_are_c_together(self) -> None:
        owner = region(one=feed("a", station="rte/GULL"))
        grid = sample({"b": [near("s3", 500)]}, {"rte/GULL": {"top": 1}, "s3": {"top": 2}})
        (shared,) = assess("power", units("a", "b"), [owner], DAY, grid).risks
        assert shared.grade == "C"

    def test_a_third_that_may_share_hides_nothing(self) -> None:
        owner = region(one=feed("a", station="rte/GULL"), two=feed("b", station="rte/TERN"))
        grid = sample(
            {"c": [near("s3", 500)]},
            {"rte/GULL": {"rte/TOP": 1}, "rte/TERN": {"rte/TOP": 2}, "s3": {"rte/TOP": 1}},
        )
        found = assess("power", units("a", "b", "c"), [owner], DAY, grid)
        assert [(one.id, one.grade, len(one.members)) for one in found.risks] == [
            ("power:rte/TOP", "B", 2),
            ("power:rte/TOP+near", "C", 3),
        ]


names = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True)
feeds = st.lists(
    st.builds(
        lambda on, station, weak: feed(*on, station=station, evidence=("heard",) if weak else ("told",)),
        names,
        st.sampled_from([None, "rte/GULL", "rte/TERN"]),
        st.booleans(),
    ),
    max_size=5,
)
grids = st.builds(
    sample,
    st.dictionaries(
        st.sampled_from("abcd"),
        st.lists(
            st.builds(near, st.sampled_from(["s1", "s2", "rte/GULL"]), st.floats(0, 5000)),
            min_size=1,
            max_size=4,
            unique_by=lambda one: one.station,
        ).map(lambda some: sorted(some, key=lambda one: one.distance_m)),
    ),
    st.dictionaries(
        st.sampled_from(["s1", "s2", "rte/GULL", "rte/TERN"]),
        st.dictionaries(st.sampled_from(["t1", "t2"]), st.integers(1, 6), min_size=1),
    ),
)
PAIRS = [(f"zz/{a}", f"zz/{b}") for i, a in enumerate("abcd") for b in "abcd"[i + 1 :]]


@settings(max_examples=60, deadline=None)
@given(feeds, grids, st.integers(0, 4))
def test_removing_a_record_never_gives_a_pass(stated: list[Feed], grid: Sample, gone: int) -> None:
    judge = functools.partial(assess, "power", units(*"abcd"), day=DAY, sample=grid)
    before = judge(owners=[region(**{f"f{i}": one for i, one in enumerate(stated)})])
    left = [one for i, one in enumerate(stated) if i != gone]
    after = judge(owners=[region(**{f"f{i}": one for i, one in enumerate(left)})])
    bare = judge(owners=[], sample=Sample())
    for pair in PAIRS:
        assert after.outcome(pair) != "pass"
        assert bare.outcome(pair) == "unknown"
        if before.outcome(pair) != "fail":
            assert after.outcome(pair) != "fail"


@settings(max_examples=60, deadline=None)
@given(feeds, grids, st.floats(1, 3000), st.floats(0, 3000))
def test_doubt_turns_unknown_into_nothing_else(
    stated: list[Feed], grid: Sample, doubt: float, more: float
) -> None:
    owner = region(**{f"f{i}": one for i, one in enumerate(stated)})
    sure, vague = (
        assess("power", units(*"abcd", uncertainty_m=one), [owner], DAY, grid)
        for one in (doubt, doubt + more)
    )
    for pair in PAIRS:
        if sure.outcome(pair) == "unknown":
            assert vague.outcome(pair) == "unknown"
        assert severity(vague.outcome(pair)) >= severity(sure.outcome(pair))


@settings(max_examples=60, deadline=None)
@given(feeds, grids)
def test_candidates_never_weaken_what_is_stated(stated: list[Feed], grid: Sample) -> None:
    owner = region(**{f"f{i}": one for i, one in enumerate(stated)})
    bare = Sample(upstream=grid.upstream, names=grid.names, sources=grid.sources)
    alone, both = (assess("power", units(*"abcd"), [owner], DAY, one) for one in (bare, grid))
    for pair in PAIRS:
        if alone.outcome(pair) == "fail":
            assert both.outcome(pair) == "fail"


class TestCatalogue:
    """The shipped records with the shipped sample."""

    def test_vitry_and_the_bunker_may_share_villejust(self, shipped: Library) -> None:
        found = shipped.score("scaleway-fr-par", units="sites")
        shared = next(one for one in found.shared_risks if one.id == "power:rte/VLEJU+near")
        assert {"scaleway-fr-par/dc3", "scaleway-fr-par/dc4"} <= {
            member.replace("opcore", "scaleway") for member in shared.members
        }
        assert (shared.grade, shared.outcome) == ("C", "warn")
        assert "CHEVILLY 225 kV" in shared.message
        assert "CONVENTION 225 kV" in shared.message

    @pytest.mark.parametrize("day", ["2017-11-08"])
    def test_strasbourg_before_its_blackout(self, shipped: Library, day: str) -> None:
        found = shipped.score("ovh-sbg", as_of=day)
        power = next(one for one in found.policy.findings if one.rule == "power")
        assert power.outcome == "fail"
        assert "one 20 kV supply" in power.message
        assert "through which SBG2 was fed" in power.message

    def test_strasbourg_today(self, shipped: Library) -> None:
        power = next(one for one in shipped.score("ovh-sbg").policy.findings if one.rule == "power")
        assert power.outcome == "fail"
        assert power.message.startswith("SBG3 and SBG4 depend on the electric supply of the site")
        assert "none known to feed it: PORT-AUX-PETROLES 63 kV at 0.8 km" in power.message


def test_a_supply_that_is_only_inferred_may_be_shared() -> None:
    guessed = Evidence(kind="inference", title="i", read="2026", claim="c")
    held = region(line=feed("a", "b", evidence=("guess",)))
    held = held.model_copy(update={"evidence": {**SAYS, "guess": guessed}})
    (found,) = assess("power", units("a", "b"), [held], DAY).risks
    assert (found.grade, found.message) == ("C", "a and b may depend on the cable")


def test_an_ended_supply_of_undisclosed_sites_is_told_of_the_region() -> None:
    hidden = [FailureDomain(f"zz/{name}", name, (), (site("zz/metro"),)) for name in "ab"]
    found = assess("power", hidden, [region(old=feed("metro", until="2016-06-05", changed=("told",)))], DAY)
    assert found.notes == ("stated for the region until 2016-06-05 only: the cable",)
    assert not found.risks
