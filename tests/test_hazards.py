"""What units share by layers and statements: invented ones, so that every case has one answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.core.geometry import Interval
from zonerisk.core.model import Evidence, Grade, Position, Region, Site
from zonerisk.core.samples import HazardSample, Layer
from zonerisk.judging import hazards
from zonerisk.judging.arrangement import Arrangement, FailureDomain
from zonerisk.library import Library

CITED = Evidence(kind="layer", title="zz", url="https://example.org/", read="2026", claim="x")
PAIR = ("r/a", "r/b")


def layer(
    measure: str = "area",
    complete: bool = True,
    grade: Grade = "A",
    list_radius_m: float = 5000,
    kind: str = "flood",
) -> Layer:
    return Layer(
        "zz",
        kind,
        measure,
        "official zone",
        grade,
        "official",
        complete,  # type: ignore[arg-type]
        500,
        list_radius_m,
        5000,
        (),
        "storms on record",
        "2024",
        CITED,
    )


def unit(key: str, lat: float = 48.0, disclosed: bool = True) -> FailureDomain:
    site = Site(
        id=f"r/{key}-site",
        name=key,
        kind="building",
        evidence=("x",),
        position=Position(lat=lat, lon=7, uncertainty_m=50, method="point", osm="node/1", read="2026"),
    )
    return FailureDomain(f"r/{key}", key.upper(), (site,) if disclosed else (), () if disclosed else (site,))


def row(of: Layer, key: str, low: float, high: float | None, name: str = "o") -> HazardSample:
    best = None if high is None else (low + high) / 2
    return HazardSample(of, f"r/{key}-site", Interval(low, best, high), name, f"the {name}" if name else "")


def by_site(rows: list[HazardSample]) -> dict[str, list[HazardSample]]:
    held: dict[str, list[HazardSample]] = {}
    for each in rows:
        held.setdefault(each.site, []).append(each)
    return held


def judge(
    units: list[FailureDomain], rows: list[HazardSample], kind: str = "flood", limit_km: float | None = None
) -> tuple[str, str]:
    reached = any(row.interval for row in rows)
    found = hazards.mapped(kind, at(units), by_site(rows), limit_km, reached=reached)
    return found.outcome(PAIR), " | ".join(
        (*(risk.message for risk in found.risks), *found.notes, found.reason)
    )


def at(units: list[FailureDomain], *owners: Region) -> Arrangement:
    return Arrangement("", "place", "2026-11-30", tuple(units), len(units), owners)


A, B = unit("a"), unit("b")
ZONE = layer()


@pytest.mark.parametrize(
    ("a", "b", "outcome"),
    [
        ((-90, -10), (-90, -10), "fail"),
        ((-90, 10), (-90, -10), "unknown"),
        ((10, 90), (-90, -10), "pass"),
        ((10, 90), (10, 90), "pass"),
        ((-90, 10), (10, 90), "pass"),
    ],
)
def test_an_official_zone_is_shared_by_whole_intervals_only(
    a: tuple[int, int], b: tuple[int, int], outcome: str
) -> None:
    assert judge([A, B], [row(ZONE, "a", *a), row(ZONE, "b", *b)])[0] == outcome


def test_two_zones_are_not_one() -> None:
    assert judge([A, B], [row(ZONE, "a", -90, -10, "x"), row(ZONE, "b", -90, -10, "y")])[0] == "pass"


def test_outside_an_incomplete_layer_is_not_apart() -> None:
    partial = layer(complete=False)
    outcome, said = judge([A, B], [row(partial, "a", 500, 600), row(partial, "b", 500, 600)])
    assert outcome == "unknown"
    assert "does not show that no flood is shared" in said


def test_a_layer_that_is_missing_is_not_assessed() -> None:
    rows = [
        HazardSample(ZONE, "r/a-site", reason="outside_coverage"),
        HazardSample(ZONE, "r/b-site", reason="source_failed"),
    ]
    assert judge([A, B], rows) == ("unknown", "not assessed")
    assert judge([A, B], []) == ("unknown", "not assessed")
    outcome, said = judge([A, B], [row(ZONE, "a", -90, -10), rows[1]])
    assert outcome == "unknown"
    assert "not assessed for B" in said


def test_what_layers_say_at_a_place_is_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sets of the same places are judged again and again: each place is looked at once for all of them."""
    asked, look, memo = [], hazards._look, {}
    monkeypatch.setattr(hazards, "_look", lambda *told: asked.append(told[0].id) or look(*told))
    rows = by_site([row(ZONE, "a", -90, -10), row(ZONE, "b", -90, -10)])
    first, second = (
        hazards.mapped("flood", replace(at(units), memo=memo), rows, None) for units in ([A, B], [B, A])
    )
    assert asked == ["r/a", "r/b"]
    assert first.outcome(PAIR) == second.outcome(PAIR) == "fail"


def test_what_a_layer_reaches_is_asked_of_its_coverage_alone() -> None:
    everywhere, around, told = layer(), replace(layer(), regions=frozenset({"r"})), layer("count")
    assert hazards.assessed("flood", ["r"], [everywhere])
    assert hazards.assessed("flood", ["r"], [around])
    assert not hazards.assessed("flood", ["s"], [around])
    assert not hazards.assessed("river", ["r"], [everywhere])
    assert not hazards.assessed("flood", ["r"], [told])


@pytest.mark.parametrize(("reached", "said"), [(True, "not assessed for A and B"), (False, "not assessed")])
def test_what_is_assessed_does_not_hang_on_the_figures_of_sites(reached: bool, said: str) -> None:
    bare = hazards.assess("flood", at([A, B]), {}, None, reached=reached)
    assert (bare.assessed, bare.reason) == (reached, said)
    rows = by_site([row(ZONE, "a", 500, 600), row(ZONE, "b", 500, 600)])
    assert hazards.assess("flood", at([A, B]), rows, None, reached=reached).assessed == reached


def test_a_building_that_is_hidden_leaves_a_layer_that_reaches_the_town_assessed() -> None:
    hidden = [unit("a", disclosed=False), unit("b", disclosed=False)]
    found = hazards.assess("flood", at(hidden), {}, None, reached=True)
    assert (found.assessed, found.reason) == (True, "the building of A and B is not disclosed")


def test_the_sentence_says_metres_and_the_edge() -> None:
    said = judge([A, B], [row(ZONE, "a", 20, 30), row(ZONE, "b", 36, 40)])[1]
    assert "A and B stand 25 to 38 m outside the official zone, at its edge" in said


@pytest.mark.parametrize(("near", "outcome"), [(900, "warn"), (1100, "unknown"), (None, "pass")])
def test_nearness_is_judged_at_the_policy_s_distance(near: int | None, outcome: str) -> None:
    river = layer("near", grade="C", kind="river")
    rows = [
        row(river, "a", 0, 800),
        row(river, "b", 0, near) if near else row(river, "b", 1500, 2500),
    ]
    assert judge([A, B], rows, "river", 1)[0] == outcome


def test_beyond_what_is_listed_nothing_is_apart() -> None:
    river = layer("near", grade="C", kind="river", list_radius_m=1000)
    rows = [row(river, "a", 3000, 4000, "x"), row(river, "b", 3000, 4000, "y")]
    assert judge([A, B], rows, "river", 5)[0] == "unknown"
    assert judge([A, B], rows, "river", 2)[0] == "pass"


def test_two_lines_without_a_name_may_be_one_river() -> None:
    river = layer("near", grade="C", kind="river")
    rows = [row(river, "a", 0, 800, "unnamed-1"), row(river, "b", 0, 800, "unnamed-2")]
    assert judge([A, B], rows, "river", 1)[0] == "unknown"


def test_works_far_apart_cannot_be_the_same() -> None:
    far = unit("b", 48.5)
    works = layer("near", complete=False, grade="C", kind="industry")
    rows = [row(works, "a", 9000, 9100), row(works, "b", 9000, 9100)]
    assert judge([A, far], rows, "industry", 5)[0] == "pass"
    assert judge([A, B], rows, "industry", 5)[0] == "unknown"


def test_storms_join_what_one_storm_spans() -> None:
    storms = replace(layer("count", grade="C", kind="cyclone"), shared_from=1)
    both = [row(storms, "a", 5, 5), row(storms, "b", 5, 5)]
    assert judge([A, B], both, "cyclone", 100)[0] == "warn"
    assert judge([A, unit("b", 52)], both, "cyclone", 100)[0] == "pass"
    assert judge([A, B], [both[0], row(storms, "b", 0, 0)], "cyclone", 100)[0] == "pass"


def test_counts_are_told_and_decide_nothing() -> None:
    quakes = layer("count", grade="C", kind="seismic")
    outcome, said = judge([A, B], [row(quakes, "a", 73, 73), row(quakes, "b", 72, 72)], "seismic", 20)
    assert outcome == "unknown"
    assert "storms on record: 72 to 73 at A and B" in said


def test_a_hidden_building_counts_only_where_it_must_be_within() -> None:
    """By candidates alone it need not be at any of them; a metro holds it."""
    hidden = unit("b", disclosed=False)
    assert judge([A, hidden], [row(ZONE, "a", -90, -10), row(ZONE, "b", -90, -10)])[0] == "unknown"
    held = FailureDomain("r/b", "B", (), (metro(),))
    inside = row(ZONE, "b", -90, -10)._replace(site="r/metro")
    assert judge([A, held], [row(ZONE, "a", -90, -10), inside])[0] == "fail"
    two = FailureDomain("r/b", "B", (), (*hidden.possible, *unit("c").sites))
    rows = [row(ZONE, "a", -90, -10), row(ZONE, "b", -90, -10), row(ZONE, "c", 10, 90)]
    assert judge([A, two], rows)[0] == "unknown"


@given(st.lists(st.floats(0, 400), min_size=2, max_size=5), st.floats(-500, 500), st.floats(-500, 500))
def test_growing_doubt_never_decides(doubts: list[float], a: float, b: float) -> None:
    """Law 1: from unknown, a wider interval leads nowhere else."""
    seen = [
        judge([A, B], [row(ZONE, "a", a - each, a + each), row(ZONE, "b", b - each, b + each)])[0]
        for each in sorted(doubts)
    ]
    for before, after in pairwise(seen):
        assert after in {before, "unknown"} or (before, after) == ("fail", "unknown")
    assert "unknown" not in seen or set(seen[seen.index("unknown") :]) == {"unknown"}


def test_a_distance_tells_the_larger_doubt_and_the_nearest_object_comes_first() -> None:
    near = layer("near", complete=False, grade="C", kind="seismic")  # the layer's error is 500 m
    rows = [
        row(near, "a", 0, 9000, "far"),
        row(near, "b", 0, 9000, "far"),
        row(near, "a", 0, 3000, "close"),
        row(near, "b", 0, 3000, "close"),
    ]
    _, said = judge([A, B], rows, "seismic", 20)
    first, second, *_ = said.split(" | ")
    assert "1.5 km from the close (±1.0 km)" in first, "the disc's kilometre, not the layer's half"
    assert "4.5 km from the far (±4.0 km)" in second
    _, said = judge([A, B], [row(near, "a", 900, 2100), row(near, "b", 900, 2100)], "seismic", 20)
    assert "1.5 km from the o (±0.5 km)" in said, "the layer's, where the discs are smaller"


def test_what_one_layer_rules_out_another_may_leave_open() -> None:
    """Taking a layer away never makes a finding better."""
    complete, model = layer(), replace(layer(complete=False, grade="B"), id="model")
    apart = [row(complete, "a", -90, -10), row(complete, "b", 10, 90)]
    assert judge([A, B], apart)[0] == "pass"
    both = [row(model, "a", -90, 10, "m"), row(model, "b", -90, -10, "m")]
    assert judge([A, B], apart + both)[0] == "unknown"
    outside = [row(model, "a", 10, 90, "m"), row(model, "b", -90, -10, "m")]
    assert judge([A, B], apart + outside)[0] == "pass"


def test_storms_are_told_apart_by_distance_or_by_none_on_record() -> None:
    storms = replace(layer("count", grade="C", kind="cyclone", list_radius_m=0), shared_from=1)
    none = [row(storms, "a", 0, 0), row(storms, "b", 0, 0)]
    assert judge([A, B], none, "cyclone", 100)[0] == "pass"
    maybe = [row(storms, "a", 0, 6), row(storms, "b", 0, 6)]
    assert judge([A, B], maybe, "cyclone", 100)[0] == "unknown"
    far = unit("b", lat=52.0)
    assert judge([A, far], maybe, "cyclone", 100)[0] == "pass"


def test_of_undisclosed_units_the_candidate_sites_are_told() -> None:
    near = layer("near", complete=False, grade="C", kind="nuclear")
    hidden = [replace(unit(key, disclosed=False), possible=(A.sites[0], B.sites[0])) for key in "cd"]
    rows = [row(near, "a", 2000, 4000), row(near, "b", 60_000, 70_000)]
    outcome, said = judge(hidden, rows, "nuclear", 20)
    assert outcome == "unknown"
    assert "1 of the 2 candidate sites stands 3.0 km from the o (±0.5 km)" in said
    counted = layer("count", complete=False, kind="seismic")
    _, said = judge(hidden, [row(counted, "a", 3, 3), row(counted, "b", 5, 5)], "seismic", 20)
    assert "storms on record: 3 to 5 at the 2 candidate sites" in said


def test_sites_at_an_edge_are_told_apart_from_those_well_outside() -> None:
    zone = layer(complete=False)
    _, said = judge([A, B], [row(zone, "a", 20, 80), row(zone, "b", 1000, 1600)])
    assert "A stands 50 m outside the official zone, at its edge" in said
    assert "B stands 1.3 km outside the official zone (" in said


def test_a_risk_carries_how_often_and_how_strong() -> None:
    zones = replace(
        layer(), return_years={"1 %": 100, "0.2 %": 500}, intensities={"1 %": (0.5, 3)}, intensity_unit="m"
    )
    often, rare = (
        [row(zones, key, -90, -10)._replace(label=label) for key in "ab"] for label in ("1 %", "0.2 %")
    )
    (known,) = hazards.mapped("flood", at([A, B]), by_site(often), None).risks
    assert known.rate_per_year is not None
    assert (known.rate_per_year.low, known.rate_per_year.high) == (0.01, None)
    assert known.intensity is not None
    assert (known.intensity.low, known.intensity.high, known.unit) == (0.5, 3, "m")
    (mixed,) = hazards.mapped("flood", at([A, B]), by_site([often[0], rare[1]]), None).risks
    assert mixed.rate_per_year is not None
    assert mixed.rate_per_year.low == 0.002, "the rarer one reaches both"
    assert (mixed.intensity, mixed.unit) == (None, None), "of one class it is not known"
    unstated = [each._replace(label="extreme") for each in often]
    (silent,) = hazards.mapped("flood", at([A, B]), by_site(unstated), None).risks
    assert silent.rate_per_year is None


def test_what_a_record_states_keeps_the_frequency_that_a_layer_gives(zz: Library) -> None:
    region = zz.region("zz-campus")
    statement = region.hazards["trench"].model_copy(update={"sites": ("r/a-site", "r/b-site")})
    record = region.model_copy(update={"hazards": {"trench": statement}})
    trench = replace(layer(grade="C"), return_years={"*": 100})
    rows = by_site([row(trench, key, -90, -10, "the-trench") for key in "ab"])
    (known,) = hazards.assess("flood", at([A, B], record), rows, None).risks
    assert known.rate_per_year is not None
    assert known.rate_per_year.low == 0.01
    assert len(known.evidence) == 2


def test_storms_are_counted_over_years() -> None:
    storms = replace(layer("count", grade="C", kind="cyclone"), shared_from=1, record_years=42)
    storms = replace(storms, intensities={"*": (64, None)}, intensity_unit="kt")
    rows = [row(storms, "a", 4, 8), row(storms, "b", 8, 10)]
    (known,) = hazards.mapped("cyclone", at([A, B]), by_site(rows), 100).risks
    assert known.rate_per_year is not None
    ends = (known.rate_per_year.low, known.rate_per_year.best, known.rate_per_year.high)
    assert ends == pytest.approx((4 / 42, 6 / 42, 10 / 42), abs=1e-6)
    assert known.intensity is not None
    assert (known.intensity.low, known.intensity.high) == (64, None)


# Regional hazards: of the whole of a metro, whichever buildings its zones are in.
QUAKE = replace(
    layer("cell", complete=False, grade="C", kind="seismic"),
    shared_from=1.5,
    return_years={"*": 475},
    intensity_unit="m/s2",
)


def metro(radius_m: float = 20_000) -> Site:
    at = Position(lat=48, lon=7, uncertainty_m=radius_m, method="town", osm="node/1", read="2026")
    return Site(id="r/metro", name="Zed area", kind="metro", evidence=("x",), position=at)


def of_metro(of: Layer, low: float, high: float, site: str = "r/metro") -> HazardSample:
    return HazardSample(of, site, Interval(low, None, high), "z", intensity=Interval(low, None, high))


@pytest.mark.parametrize(("low", "shared"), [(1.6, True), (1.4, False)])
def test_a_hazard_of_all_of_a_metro_needs_no_building(low: float, shared: bool) -> None:
    hidden = [FailureDomain(f"r/{key}", key, (), (metro(),)) for key in "abc"]
    found = hazards.mapped("seismic", at(hidden), {"r/metro": [of_metro(QUAKE, low, 2.4)]}, 20)
    assert len(found.risks) == shared
    for known in found.risks:
        assert (known.grade, known.outcome, known.members) == ("C", "warn", ("r/a", "r/b", "r/c"))
        assert (known.rate_per_year, known.intensity) == (
            Interval(0, None, 0.002105),
            Interval(1.6, None, 2.4),
        )
        assert known.unit == "m/s2"
        assert "stand in Zed area, wherever in it" in known.message


def test_a_metro_that_does_not_hold_all_that_is_known_shares_nothing() -> None:
    outside, inside = unit("o", lat=48.5), unit("i", lat=48.1)
    rows = {"r/metro": [of_metro(QUAKE, 2, 3)]} | {
        f"r/{key}-site": [of_metro(QUAKE, 2, 3, f"r/{key}-site")] for key in "oi"
    }
    hidden = FailureDomain("r/a", "A", (), (metro(), *outside.sites))
    held = FailureDomain("r/b", "B", (), (metro(), *inside.sites))
    assert not hazards.mapped("seismic", at([hidden, held]), rows, 20).risks
    (known,) = hazards.mapped("seismic", at([held, inside, outside]), rows, 20).risks
    assert known.members == ("r/b", "r/i"), "the zone that is known to stand outside is not in it"


@given(st.floats(0, 3), st.floats(0, 3))
def test_a_wider_metro_never_decides(low: float, more: float) -> None:
    """Law 1: what all of a wider disc has, all of a narrower one has."""
    hidden = [FailureDomain(f"r/{key}", key, (), (metro(),)) for key in "ab"]
    narrow, wide = (
        hazards.mapped("seismic", at(hidden), {"r/metro": [of_metro(QUAKE, end, 4)]}, 20).outcome(PAIR)
        for end in (low, max(0.0, low - more))
    )
    assert narrow == wide or (narrow, wide) == ("warn", "unknown")


def test_exposure_is_told_as_c_whatever_its_layer_is_worth() -> None:
    axis = layer("axis", complete=False, grade="A", kind="runway")
    rows = [row(axis, "a", 0, 500), row(axis, "b", 0, 500)]
    (known,) = hazards.mapped("runway", at([A, B]), by_site(rows), 1).risks
    assert (known.grade, known.outcome) == ("C", "warn")


# What authorities state: repeated in notes, shared only in one class and near enough.
CLASSED = layer("stated", kind="seismic")
NORTH, MIDDLE, SOUTH = unit("a", 48.0), unit("b", 48.05), unit("c", 48.12)


def said(
    of: FailureDomain, text: str = "zone 3 for Z", key: str = "3", kind: str = "seismic"
) -> HazardSample:
    about = replace(CLASSED, kind=kind)  # type: ignore[arg-type]
    return HazardSample(about, of.sites[0].id, None, key, "zone 3", text)


def held(*rows: HazardSample) -> dict[str, tuple[HazardSample, ...]]:
    return {each.site: (each,) for each in rows}


def test_a_shared_statement_is_no_shared_event() -> None:
    found = hazards.stated(
        "flood", [NORTH, MIDDLE], held(said(NORTH, kind="flood"), said(MIDDLE, kind="flood"))
    )
    assert found.risks == ()
    assert found.apart == frozenset()
    assert found.notes == ("A and B: zone 3 for Z",)
    assert found.evidence == (CLASSED.evidence,)


@pytest.mark.parametrize(
    ("length_km", "members"),
    [
        (None, []),
        (5.0, []),
        (5.7, [("r/a", "r/b")]),
        (8.5, [("r/a", "r/b"), ("r/b", "r/c")]),
        (20.0, [("r/a", "r/b", "r/c")]),
    ],
)
def test_one_class_within_the_correlation_length(
    length_km: float | None, members: list[tuple[str, ...]]
) -> None:
    """They stand 5.56, 7.78 and 13.34 km apart, each known to 50 m."""
    found = hazards.stated(
        "seismic", [NORTH, MIDDLE, SOUTH], held(said(NORTH), said(MIDDLE), said(SOUTH)), length_km
    )
    assert [risk.members for risk in found.risks] == members
    assert {(risk.grade, risk.outcome) for risk in found.risks} <= {("C", "warn")}


@pytest.mark.parametrize("other", [said(MIDDLE, key="4"), said(MIDDLE, key=""), said(MIDDLE, text="")])
def test_another_class_shares_nothing(other: HazardSample) -> None:
    assert hazards.stated("seismic", [NORTH, MIDDLE], held(said(NORTH), other), 20).risks == ()


def test_a_unit_that_is_not_disclosed_is_not_spoken_of() -> None:
    hidden = unit("b", 48.0, disclosed=False)
    found = hazards.stated("seismic", [NORTH, hidden], held(said(NORTH), said(MIDDLE)), 20)
    assert found.risks == ()
    assert found.notes == ("A: zone 3 for Z",)


def test_many_statements_are_counted() -> None:
    rows = {NORTH.sites[0].id: [said(NORTH, f"risk {number}") for number in range(9)]}
    notes = hazards.stated("seismic", [NORTH], rows).notes
    assert notes[5:] == ("A: risk 5", "3 more statements")


def test_statements_come_before_layers_and_decide_nothing() -> None:
    flood = layer(complete=False)
    rows = {NORTH.sites[0].id: [row(flood, "a", 30, 90), said(NORTH, "named", kind="flood")]}
    found = hazards.assess("flood", at([NORTH, MIDDLE]), rows, None)
    assert found.outcome((NORTH.id, MIDDLE.id)) == "unknown"
    assert found.reason == "not assessed for B"
    assert [note.partition(" ")[0] for note in found.notes] == ["A:", "A"]
    alone = hazards.assess("flood", at([NORTH, MIDDLE]), held(said(NORTH, kind="flood")), None, reached=False)
    assert alone.reason == hazards.stated("flood", [NORTH, MIDDLE], {}).reason
    assert hazards.assess("flood", at([NORTH, MIDDLE]), {}, None, reached=False).reason == "not assessed"
