from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any

import pytest

from zonerisk.core.verdict import Verdict, severity, worst
from zonerisk.library import Library
from zonerisk.pages import map_payload as islands
from zonerisk.pages import surroundings
from zonerisk.pages.features import Feature, Point
from zonerisk.pages.map_payload import MapData


def gathered(catalog: Library, *targets: str) -> tuple[MapData, list[Verdict]]:
    verdicts = [catalog.score(target) for target in targets]
    return islands.build_map_data(
        [(each, surroundings.setting(catalog, each)) for each in verdicts]
    ), verdicts


def unpacked(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Read a table of points as the page's script does."""
    rows = []
    for (key, name, *values), at in zip(table["rows"], decoded(table["at"]), strict=True):
        row = {"id": table["prefix"] + key, "name": name, "points": at}
        heads, columns = zip(*table["columns"], strict=True)
        rows.append(row | dict(zip(heads, whole(columns, values), strict=True)))
    return rows


def whole(columns: Iterable[list[Any] | None], values: Iterable[Any]) -> list[Any]:
    left = iter(values)
    row = [few[next(left) if len(few) > 1 else 0] if few else next(left) for few in columns]
    assert not list(left)
    return row


def decoded(text: str) -> list[list[float]]:
    numbers, value, shift = [], 0, 0
    for sign in text:
        value |= (ord(sign) - 63 & 31) << shift
        shift += 5
        if ord(sign) - 63 < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    lats, lons = accumulate(numbers[::2]), accumulate(numbers[1::2])
    return [[lat / 1e5, lon / 1e5] for lat, lon in zip(lats, lons, strict=True)]


def test_rows_lose_nothing(shipped: Library) -> None:
    drawn, (verdict,) = gathered(shipped, "scaleway-fr-par")
    tables = drawn.tables()
    sites = {row["id"]: row for row in unpacked(tables["sites"])}
    assert set(sites) == {place.id for place in verdict.places}
    for place in verdict.places:
        row = sites[place.id]
        assert (row["name"], row["radius"], row["points"]) == (
            place.name,
            place.uncertainty_m,
            [place.lat, place.lon],
        )
        cited = [tables["sources"]["rows"][number] for number in row["sources"]]
        titles = []
        for source in cited:
            grade, title, url, read, claim = whole(tables["sources"]["few"], source)
            titles.append(title or f"OpenStreetMap {url.replace('/', ' ')}")
            assert grade in ("A", "B", "C")
            assert read
            assert claim
        assert titles == [piece.title for piece in place.evidence]


def test_views_hold_their_places(shipped: Library) -> None:
    verdict = shipped.score("scaleway-fr-par")
    around = surroundings.setting(shipped, verdict)
    drawn = islands.build_map_data([(verdict, around)])
    number = drawn.show(verdict, ("scaleway-fr-par/fr-par-1", "scaleway-fr-par/fr-par-3"), "both")
    assert number == 0
    south, west, north, east = drawn.shows[0]["bounds"]
    inside = {
        place.id
        for place in verdict.places
        if place.lat and place.lon and south <= place.lat <= north and west <= place.lon <= east
    }
    assert inside == {"scaleway-fr-par/dc2", "scaleway-fr-par/dc3", "scaleway-fr-par/dc4"}
    assert "separation:scaleway-fr-par/fr-par-1 scaleway-fr-par/fr-par-3" in (drawn.shows[0]["features"])


def test_several_regions_share_a_map(zz: Library) -> None:
    drawn, verdicts = gathered(zz, "zz-good", "zz-campus")
    tables = drawn.tables()
    assert len(tables["sites"]["rows"]) == 6
    assert "recovery" not in tables
    assert {row["zone"] for row in unpacked(tables["sites"])} == {None}
    outcomes = sorted((verdict.independence.outcome for verdict in verdicts), key=severity)
    assert [row["outcome"] for row in unpacked(tables["sites"])] == [
        outcome for outcome in outcomes for _ in range(3)
    ]


@pytest.mark.parametrize("single", [True, False])
@pytest.mark.parametrize("origin", [179.5, -179.5])
def test_places_astride_the_antimeridian_stay_together(origin: float, single: bool) -> None:
    rows = [
        Feature("site", str(n), str(n), "point", (Point(-17.0, lon),))
        for n, lon in enumerate((origin, -origin))
    ]
    drawn = MapData(rows, {}, single=single)
    assert drawn.box.east - drawn.box.west == pytest.approx(1.0)
    assert len(drawn.turns()) == 2


def test_a_point_gets_room() -> None:
    south, west, north, east = islands.bounds([Point(10.0, 20.0)])
    assert north - south == pytest.approx(0.003)
    assert (south + north) / 2 == pytest.approx(10.0)
    assert (west + east) / 2 == pytest.approx(20.0)


def test_risks_of_the_same_sites_are_one_outline(shipped: Library) -> None:
    verdict = shipped.score("ovh-gra")
    around = surroundings.setting(shipped, verdict)
    drawn = islands.build_map_data([(verdict, around)])
    outlines = drawn.of_kind("shared-risk")
    assert len({row.points for row in outlines}) == len(outlines) < len(verdict.shared_risks)
    told = "\n".join(str(row.words["told"]) for row in outlines)
    for risk in verdict.shared_risks:
        assert f"{risk.kind} ({risk.grade}): {risk.message}" in told
    assert outlines[-1].outcome == worst([risk.outcome for risk in verdict.shared_risks])
    for risk in verdict.shared_risks:
        number = drawn.show(verdict, risk.members, "", around.drawn([risk.id]))
        assert number is not None
        assert any(key.startswith("shared-risk:") for key in drawn.shows[number]["features"])


def test_every_finding_shows_a_place(shipped: Library) -> None:
    verdict = shipped.score("ovh-sbg")
    around = surroundings.setting(shipped, verdict)
    drawn = islands.build_map_data([(verdict, around)])
    shows = [drawn.show_finding(verdict, around, finding) for finding in verdict.policy.findings]
    assert None not in shows


def test_recovery_is_seen_from_the_region(shipped: Library) -> None:
    verdict = shipped.score("ovh-sbg")
    around = surroundings.setting(shipped, verdict)
    drawn = islands.build_map_data([(verdict, around)])
    (finding,) = [finding for finding in verdict.policy.findings if finding.rule == "dr"]
    number = drawn.show_finding(verdict, around, finding)
    assert number is not None
    lit = drawn.shows[number]["features"]
    assert "site:ovh-sbg/sbg3" in lit
    assert any(key.startswith("dr-region:") for key in lit)


def test_sites_that_serve_several_zones_say_so(shipped: Library) -> None:
    drawn, _ = gathered(shipped, "ibm-jp-osa")
    assert list(drawn.zones) == ["OSA21-A, OSA22-A, OSA23-A"]
