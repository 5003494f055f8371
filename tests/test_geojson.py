from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.library import Library
from zonerisk.pages import features, surroundings
from zonerisk.pages.features import Feature, Point, path


def read(shape: dict[str, Any]) -> Any:
    return shapely.from_geojson(json.dumps(shape))


@pytest.mark.parametrize("target", ["ovh-sbg", "scaleway-fr-par"])
def test_geopandas_reads_it_back(shipped: Library, tmp_path: Path, target: str) -> None:
    verdict = shipped.score(target)
    around = surroundings.setting(shipped, verdict)
    written = features.feature_collection(verdict, around)
    file = tmp_path / "out.geojson"
    file.write_text(json.dumps(written))
    frame = geopandas.read_file(file)
    assert len(frame) == len(features.build_features(verdict, around))
    assert frame.crs == "EPSG:4326"
    assert frame.geometry.is_valid.all()
    assert (frame[frame.kind == "site"].geometry.geom_type == "Point").all()
    site = frame[(frame.kind == "site") & (frame.record == verdict.places[0].id)].geometry.iloc[0]
    assert (site.x, site.y) == (verdict.places[0].lon, verdict.places[0].lat)
    assert set(frame.outcome.dropna()) <= {"pass", "warn", "fail", "unknown"}


def test_discs_have_their_area_in_metres(shipped: Library) -> None:
    verdict = shipped.score("ovh-sbg")
    rows = [
        row for row in features.feature_collection(verdict)["features"] if row["properties"]["kind"] == "disc"
    ]
    frame = geopandas.GeoDataFrame.from_features(rows, crs=4326)
    areas = frame.to_crs(frame.estimate_utm_crs()).area
    for area, radius in zip(areas, frame.uncertainty_m, strict=True):
        assert area == pytest.approx(math.pi * radius**2, rel=0.005)


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(10, 900_000))
def test_a_disc_anywhere_keeps_to_the_rules(lat: float, lon: float, radius: float) -> None:
    shape = features.geometry(Feature("disc", "a", "b", "disc", (Point(lat, lon),), uncertainty_m=radius))
    found = read(shape)
    assert found.is_valid, shapely.is_valid_reason(found)
    west, south, east, north = found.bounds
    assert -180 <= west <= east <= 180
    assert -90 <= south <= north <= 90
    for part in shapely.get_parts(found):
        assert part.exterior.is_ccw
        # No part reaches round the world the wrong way: that is what the cut is for.
        assert part.bounds[2] - part.bounds[0] < 180 or abs(lat) > 75
    assert found.distance(shapely.Point(lon, lat)) < 1e-6


def test_what_crosses_the_antimeridian_is_cut() -> None:
    disc = features.geometry(Feature("disc", "a", "b", "disc", (Point(-17.0, 179.9),), uncertainty_m=50_000))
    assert disc["type"] == "MultiPolygon"
    assert len(disc["coordinates"]) == 2
    line = features.geometry(Feature("separation", "a", "b", "line", path(Point(-17, 179), Point(-17, -179))))
    assert line["type"] == "MultiLineString"
    ends = {tuple(end[0] for end in (part[0], part[-1])) for part in line["coordinates"]}
    assert ends == {(179.0, 180.0), (-180.0, -179.0)}


def test_a_pole_lies_inside_its_disc() -> None:
    for pole in (90.0, -90.0):
        shape = features.geometry(
            Feature("disc", "a", "b", "disc", (Point(pole * 0.994, 10.0),), uncertainty_m=200_000)
        )
        assert read(shape).is_valid
        assert read(shape).covers(shapely.Point(-120.0, pole * 0.9999))


def test_a_site_without_position_is_a_feature_without_geometry(zz: Library) -> None:
    verdict = zz.score("zz-good")
    lost = replace(verdict.places[0], lat=None, lon=None, uncertainty_m=None)
    rows = features.feature_collection(replace(verdict, places=(lost,)))["features"]
    assert [row["geometry"] for row in rows if row["properties"]["kind"] == "site"] == [None]


def test_stations_and_circuits_can_be_read_back(wired: Library, tmp_path: Path) -> None:
    verdict = wired.score("zz-good")
    file = tmp_path / "out.geojson"
    file.write_text(json.dumps(features.feature_collection(verdict, surroundings.setting(wired, verdict))))
    frame = geopandas.read_file(file)
    stations = frame[frame.kind == "station"].set_index("record")
    assert set(stations.index) == {"rte/GULL", "rte/TERN", "rte/TOP", "at/56.01,2.84"}
    assert (stations.geometry.geom_type == "Point").all()
    top = stations.loc["rte/TOP"]
    assert (top.geometry.y, top.geometry.x) == (56.1, 3.3)
    assert (top["name"], top.outcome, top.uncertainty_m, top.osm) == (
        "TOP 400 kV",
        "warn",
        600,
        "way/3",
    )
    assert stations.loc["at/56.01,2.84"].uncertainty_m == 100
    circuits = frame[frame.kind == "circuit"].set_index("name")
    assert (circuits.geometry.geom_type == "LineString").all()
    assert circuits.loc["TERN 225 kV to TOP 400 kV"].via == "MID 225 kV"
    assert circuits.loc["GULL 225 kV to TOP 400 kV"].codes == "GULL L61TOP  , GULL L62TOP  "
    assert (circuits.note == "Circuits known by their codes; the line is not their route.").all()
    assert stations.attribution.str.contains("OpenStreetMap contributors").all()
