from __future__ import annotations

import io
import json
import zipfile

import pytest

from grid.answers import feeding, supply_areas
from zonerisk.core.errors import DataError
from zonerisk.core.model import Position


def archive(name: str, columns: str = "GSPs") -> bytes:
    """Two squares of 10 km on the British grid, side by side; the third area is null."""

    def square(east: float) -> dict[str, object]:
        ring = [[east, 4e5], [east + 1e4, 4e5], [east + 1e4, 4.1e5], [east, 4.1e5], [east, 4e5]]
        return {"type": "Polygon", "coordinates": [ring]}

    tree = {
        "type": "FeatureCollection",
        "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}},
        "features": [
            {"type": "Feature", "properties": {columns: "GULL_1"}, "geometry": square(6e5)},
            {"type": "Feature", "properties": {columns: "TERN_1"}, "geometry": square(6.1e5)},
            {"type": "Feature", "properties": {columns: "NONE_1"}, "geometry": None},
        ],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        opened.writestr(name, json.dumps(tree))
    return out.getvalue()


def at(lat: float, lon: float, uncertainty_m: float) -> Position:
    return Position(lat=lat, lon=lon, uncertainty_m=uncertainty_m, method="statement", evidence=("x",))


def test_which_supply_point_feeds_a_place() -> None:
    areas = supply_areas(archive("areas/gsp.geojson"), "x")
    assert list(areas.index) == ["GULL_1", "TERN_1"]
    # 605 km east, 405 km north of the grid's origin: the middle of the first square.
    assert feeding(areas, at(53.5013, 1.0914, 100)) == ["GULL_1"]
    assert feeding(areas, at(53.5013, 1.0914, 6000)) == ["GULL_1", "TERN_1"]
    assert feeding(areas, at(56.0, 3.0, 100)) == []


def test_what_is_no_such_zip() -> None:
    with pytest.raises(DataError, match="cannot be read as a zip"):
        supply_areas(b"<html>", "x")
    with pytest.raises(DataError, match="holds no layer"):
        supply_areas(archive("readme.txt"), "x")
    with pytest.raises(DataError, match="no column names"):
        supply_areas(archive("a.geojson", "colour"), "x")
