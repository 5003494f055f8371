from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from zonerisk.core.model import Position
from zonerisk.core.verdict import Verdict
from zonerisk.library import Library
from zonerisk.pages import features, surroundings
from zonerisk.pages.features import Feature, Point, circle, path

GEOD = Geod(ellps="WGS84")
LATS, LONS = st.floats(-80, 80), st.floats(-180, 180)


def kinds(rows: list[Feature]) -> dict[str, int]:
    return {kind: sum(row.kind == kind for row in rows) for kind in {row.kind for row in rows}}


def drawn(catalog: Library, target: str, **options: str) -> tuple[Verdict, list[Feature]]:
    verdict = catalog.score(target, **options)
    return verdict, features.build_features(verdict, surroundings.setting(catalog, verdict))


def test_a_region_is_drawn_whole(zz: Library) -> None:
    verdict, rows = drawn(zz, "zz-campus")
    assert kinds(rows) == {
        "site": 3,
        "disc": 3 + len(verdict.recovery),
        "separation": 3,
        "dr-limit": 1,
        "dr-region": len(verdict.recovery),
        "shared-risk": len(verdict.shared_risks),
    }
    assert {row.outcome for row in rows if row.kind == "dr-region"} <= {"pass", "fail", "unknown"}


def test_the_line_of_a_pair_joins_its_sites(zz: Library) -> None:
    _, rows = drawn(zz, "zz-good")
    line = next(row for row in rows if row.id == "zz-good/a zz-good/b")
    assert line.points == (Point(56.18, 3.0), Point(56.0, 3.15))
    # 22 km of ground are 26 to 47 km of fibre: over 15, but 40 lies within.
    assert line.outcome == "unknown"
    assert line.words["distance_m_best"] == pytest.approx(GEOD.inv(3.0, 56.18, 3.15, 56.0)[2], abs=1)


def test_a_shared_risk_outweighs_the_distance(zz: Library) -> None:
    verdict, rows = drawn(zz, "zz-campus")
    near = next(row for row in rows if row.id == "zz-campus/k1 zz-campus/k2")
    assert near.outcome == "fail"
    campus = next(row for row in rows if row.id == "campus:zz-campus/reef")
    lats = [point.lat for point in campus.points]
    assert min(lats) < 62.0 < 62.002 < max(lats) < 62.01
    assert campus.outcome == next(risk.outcome for risk in verdict.shared_risks if risk.id == campus.id)


def test_an_undisclosed_zone_has_no_line(zz: Library) -> None:
    _, rows = drawn(zz, "zz-hidden")
    assert "separation" not in kinds(rows)
    assert all(row.zone is None for row in rows if row.kind == "site")


def test_strasbourg_keeps_its_dead(shipped: Library) -> None:
    _, rows = drawn(shipped, "ovh-sbg")
    dead = {row.name: row.words for row in rows if row.kind == "retired"}
    assert dead == {
        "SBG1": {"fate": "closed", "until": "2021-03-19"},
        "SBG2": {"fate": "destroyed", "until": "2021-03-10"},
    }
    _, before = drawn(shipped, "ovh-sbg", as_of="2021-03-09")
    assert not [row for row in before if row.kind == "retired"]
    assert {"SBG1", "SBG2"} <= {row.name for row in before if row.kind == "site"}


@settings(deadline=None)
@given(LATS, LONS, st.floats(1, 900_000))
def test_every_corner_of_a_circle_is_as_far(lat: float, lon: float, radius: float) -> None:
    ring = circle(Point(lat, lon), radius)
    assert ring[0] == pytest.approx(ring[-1])
    for corner in ring:
        assert GEOD.inv(lon, lat, corner.lon, corner.lat)[2] == pytest.approx(radius, rel=1e-6, abs=1e-3)


@given(LATS, LONS, LATS, LONS)
def test_a_path_never_jumps(lat: float, lon: float, lat2: float, lon2: float) -> None:
    line = path(Point(lat, lon), Point(lat2, lon2))
    assert line[0] == (lat, lon)
    assert line[-1].lat == pytest.approx(lat2)
    assert (line[-1].lon - lon2) % 360 == pytest.approx(0, abs=1e-6) or (
        line[-1].lon - lon2
    ) % 360 == pytest.approx(360, abs=1e-6)
    assert all(abs(a.lon - b.lon) <= 180 for a, b in pairwise(line))


def test_the_limit_is_300_km_from_the_nearest_site(zz: Library) -> None:
    verdict, rows = drawn(zz, "zz-good")
    limit = next(row for row in rows if row.kind == "dr-limit")
    sites = [Position.model_construct(lat=place.lat, lon=place.lon) for place in verdict.places]
    for corner in limit.points:
        nearest = min(GEOD.inv(site.lon, site.lat, corner.lon, corner.lat)[2] for site in sites)
        # Where two circles meet the joined outline cuts a chord off, never more than this.
        assert 299_000 < nearest <= 300_001


def test_an_outline_bridges_no_places_far_apart() -> None:
    near = [(Point(52.76, 5.03), 50.0), (Point(52.766, 5.03), 50.0), (Point(52.77, 5.04), 50.0)]
    far = (Point(52.27, 4.74), 1000.0)
    assert len(features.outlines(near)) == 1
    rings = features.outlines([*near, far])
    assert [ring[0] == ring[-1] for ring in rings] == [True, True]
    lats = [{round(at.lat, 1) for at in ring} for ring in rings]
    assert min(lats[0]) > 52.6, "the greater group is first"
    assert max(lats[1]) < 52.4
    assert len(features.outlines([(Point(-17.0, 179.999), 50.0), (Point(-17.0, -179.999), 50.0)])) == 1


def test_areas_apart_are_a_multipolygon(shipped: Library) -> None:
    rows = features.feature_collection(shipped.score("azure-westeurope"))["features"]
    shapes = {row["geometry"]["type"] for row in rows if row["properties"]["kind"] == "shared-risk"}
    assert shapes == {"Polygon", "MultiPolygon"}


def test_candidates_are_outlined_where_a_zone_stands_in_no_known_place(shipped: Library) -> None:
    (drawn,) = features._spread(shipped.score("aws-us-east-1"))
    assert drawn.name.startswith("124 known buildings within 41")
    assert not list(features._spread(shipped.score("scaleway-fr-par")))
    (halls,) = features._spread(shipped.score("google-us-central1"))
    assert halls.name.startswith("16 known buildings within 1.5 km")
    assert max(at.lat for at in halls.points) < 41.19, "the north campus is no building of the 16"
