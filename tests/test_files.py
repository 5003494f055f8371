from __future__ import annotations

import gzip
import io
import json
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from zonerisk.core.errors import DataError
from zonerisk.layers import files
from zonerisk.layers.cards import Reading
from zonerisk.layers.files import read

FIXTURES = Path(__file__).parents[1].parent / "shared" / "fixtures" / "hazards"
real = pytest.mark.skipif(not FIXTURES.is_dir(), reason="the real reader fixtures are not here")
PLAIN = Reading()
PACKED = gzip.compress(b"lat,lon,name\n" + b"".join(b"48.%d,7,%d\n" % (n, n * n) for n in range(500)))
NAN = b"""{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
"geometry": {"type": "Polygon", "coordinates": [[[2, 48], [NaN, 48], [3, 49], [2, 48]]]}}]}"""


SYSTEM = (
    b'{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "%s"}}, "features": []}'
)
TWICE = io.BytesIO()
with zipfile.ZipFile(TWICE, "w") as archive, warnings.catch_warnings(action="ignore"):
    for layer in ("{}", "[]"):
        archive.writestr("x.geojson", layer)
WIDE = json.dumps(
    {
        "type": "Feature",
        "geometry": None,
        "properties": {f"c{number}": 1 for number in range(files.MAX_COLUMNS + 1)},
    }
).encode()


@pytest.fixture
def frame() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"name": ["a", "b"], "level": [1, 3]},
        crs="EPSG:4326",
        geometry=[shapely.box(2, 48, 2.1, 48.1), shapely.box(3, 50, 3.1, 50.1)],
    )


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "fgb", "shp"])
def test_every_format_gives_the_same(tmp_path: Path, frame: gpd.GeoDataFrame, suffix: str) -> None:
    path = tmp_path / f"zones.{suffix}"
    frame.to_crs("EPSG:4326" if suffix == "geojson" else "EPSG:3857").to_file(path)
    found = read(path, Reading(where={"name": ("b",)}))
    assert list(found["name"]) == ["b"]
    assert found.crs == "EPSG:4326"
    assert shapely.equals_exact(found.geometry[0].normalize(), frame.geometry[1].normalize(), 1e-6)


def test_bounds_and_least(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    path = tmp_path / "zones.gpkg"
    frame.to_file(path)
    assert list(read(path, PLAIN, (2.9, 49, 3.5, 51))["name"]) == ["b"]
    assert list(read(path, PLAIN, (2, 48, 3.5, 51))["name"]) == ["a", "b"]
    assert list(read(path, Reading(least={"level": 2}))["name"]) == ["b"]


def test_a_zip_is_read_where_it_lies(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    frame.to_file(inner / "zones.shp")
    archive = tmp_path / "a" / "zones.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as out:
        for part in sorted(inner.iterdir()):
            out.write(part, part.name)
        out.writestr("../escaped.txt", "x")
        out.writestr("/escaped-too.txt", "x")
    assert len(read(archive, PLAIN)) == 2
    assert sorted(entry.name for entry in archive.parent.iterdir()) == ["zones.zip"]
    assert not (tmp_path / "escaped.txt").exists()


def test_points_of_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "plants.csv"
    path.write_text("nom;lat;lon\nA;51.01;2.13\nB;;\nC; ;2\n", encoding="utf-8")
    found = read(path, Reading(name="nom"))
    assert list(found["nom"]) == ["A"]
    assert (found.geometry[0].x, found.geometry[0].y) == (2.13, 51.01)
    path.write_text("nom;lat;lon\nA;51.01;2.13\nB;51,01;2.13\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2: lat is not a number"):
        read(path, Reading(name="nom"))


def test_geometries_of_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "zones.csv"
    shape = json.dumps(shapely.geometry.mapping(shapely.box(3, 50, 3.1, 50.1)))
    path.write_text(
        'id,geo_shape\n1,"' + shape.replace('"', '""') + '"\n2,\n3,"POLYGON ((2 48, 3 48, 3 49, 2 48))"\n'
    )
    assert list(read(path, PLAIN)["id"]) == [1, 3]
    path.write_text('id,geo_shape\n1,"{""type"": ""Polygon""}"\n')
    with pytest.raises(DataError, match=r"zones\.csv:2: is not a geometry"):
        read(path, PLAIN)


def test_an_invalid_polygon_is_mended_and_a_null_one_left_out(tmp_path: Path) -> None:
    bow = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    gpd.GeoDataFrame(geometry=[bow, None], crs=4326).to_file(tmp_path / "bow.gpkg")
    found = read(tmp_path / "bow.gpkg", PLAIN)
    assert len(found) == 1
    assert found.geometry.is_valid.all()


def test_axes_exchanged_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.geojson"
    gpd.GeoDataFrame(geometry=[shapely.Point(48, 107)], crs=4326).to_file(path)
    with pytest.raises(DataError, match="axes exchanged"):
        read(path, PLAIN)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.gpkg", None, "no such file"),
        ("x.gpkg", b"not a geopackage", "not a readable vector file"),
        ("x.zip", b"PK no zip", "not a readable vector file"),
        ("x.geojson", b"<html>busy</html>", "not a readable vector file"),
        ("x.csv", b"a,b\n1,2\n", "neither columns lat and lon"),
        ("x.csv.gz", b"no gzip", "cannot be unpacked"),
        ("x.csv", b"\xff\xfe\x00", "not a readable CSV file"),
        ("x.csv.gz", PACKED[:-20], "cannot be unpacked"),
        ("x.csv.gz", PACKED[:30] + bytes(20) + PACKED[50:], "cannot be unpacked"),
        ("x.geojson", NAN, "not on the Earth"),
        ("x.csv", b"lat,lon\ninf,2\n", "not on the Earth"),
        ("x.csv", b"lat,lon\n1,2,3\n", "more fields than the head"),
        ("x.geojson", SYSTEM % b"EPSG:99999", "not a known reference system"),
        ("x.geojson", WIDE, "more than 2000 columns"),
        ("x.zip", TWICE.getvalue(), "two files of one name"),
        ("x.csv", b'id,wkt\n1,"POINT (nan 2)"\n2,"POINT (1 2)"\n', "not on the Earth"),
    ],
)
def test_what_is_no_layer_is_named(tmp_path: Path, name: str, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=says):
        read(tmp_path / name, PLAIN)


def test_no_reference_system_and_a_missing_column(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    frame.to_file(tmp_path / "x.shp")
    (tmp_path / "x.prj").unlink()
    with pytest.raises(DataError, match="names no reference system"):
        read(tmp_path / "x.shp", PLAIN)
    frame.to_file(tmp_path / "y.gpkg")
    with pytest.raises(DataError, match="no column 'zone'"):
        read(tmp_path / "y.gpkg", Reading(class_of="zone"))


def test_no_format_that_opens_other_files_is_read(tmp_path: Path, frame: gpd.GeoDataFrame) -> None:
    frame.to_file(tmp_path / "zones.gpkg")
    text = (
        f'<OGRVRTDataSource><OGRVRTLayer name="zones"><SrcDataSource>{tmp_path / "zones.gpkg"}'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    (tmp_path / "x.geojson").write_text(text)
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("zones.geojson", text)
    for name in ("x.geojson", "x.zip"):
        with pytest.raises(DataError, match="neither GeoJSON"):
            read(tmp_path / name, PLAIN)


def test_a_file_without_a_row_still_has_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text("lat,lon,n64\n")
    counted = Reading(least={"n64": 1})
    assert list(read(path, counted).columns) == ["n64", "geometry"]
    for reading, column in (
        (counted, "n64"),
        (Reading(doubt_of="how"), "how"),
        (Reading(ends=("lat", "lon", "lat2", "lon2")), "lat2"),
    ):
        path.write_text("lat,lon\n10,20\n")
        with pytest.raises(DataError, match=f"no column '{column}'"):
            read(path, reading)


def test_an_axis_needs_both_its_ends_on_the_earth(tmp_path: Path) -> None:
    path = tmp_path / "runways.csv"
    ends = Reading(ends=("a", "b", "c", "d"))
    path.write_text("a,b,c,d\n1,2,3,4\n1,2,,4\n1,2,x,4\n")
    assert len(read(path, ends)) == 1
    for row, column in (("1,2,95,4", "c"), ("1,2,3,400", "d")):
        path.write_text(f"a,b,c,d\n{row}\n")
        with pytest.raises(DataError, match=f"row 1: {column} is not on the Earth"):
            read(path, ends)


@real
def test_real_files_of_the_administrations() -> None:
    lille = read(FIXTURES / "n_tri_lill_inondable_s_059_sample.csv", PLAIN)
    assert len(lille) == 7, "of eight rows one has not a geometry"
    assert 50.5 < lille.total_bounds[1] < 50.8
    with pytest.raises(DataError, match="layers"):
        read(FIXTURES / "pprt_69dreal20090005.gpkg", PLAIN)


@real
def test_a_real_shapefile_of_a_prevention_plan() -> None:
    archive = FIXTURES / "pprn_38DDT20010005.zip"
    with pytest.raises(DataError, match="holds 3 layers"):
        read(archive, PLAIN)
    found = read(archive, Reading(layer="N_ZONE_ALEA_PPRN_20010005_S_038"))
    assert len(found) > 100
    west, south, east, north = found.total_bounds
    assert 5 < west < east < 6.5
    assert 44.5 < south < north < 46


def test_a_file_without_a_row_has_the_columns_of_its_card(tmp_path: Path) -> None:
    path = tmp_path / "none.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    frame = read(path, Reading(class_of="zone", id=("key",), name="name", doubt_of="d", where={"s": ("x",)}))
    assert list(frame.columns) == ["s", "key", "name", "zone", "d", "geometry"]
    assert len(frame) == 0


def test_no_file_is_larger_than_its_bound(tmp_path: Path) -> None:
    """Bombs are refused before they are unpacked, in little memory; so are rows without end."""
    zeros = bytes(1_000_000)
    with gzip.open(tmp_path / "x.csv.gz", "wb", compresslevel=1) as packed:
        for _ in range(files.MAX_BYTES // len(zeros) + 1):
            packed.write(zeros)
    with (
        zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.geojson", "w") as entry,
    ):
        for _ in range(files.MAX_BYTES // len(zeros) + 1):
            entry.write(zeros)
    (tmp_path / "x.geojson").write_text("[" * 200_000)
    (tmp_path / "x.csv").write_text(",".join(f"c{number}" for number in range(files.MAX_COLUMNS + 1)) + "\n")
    with (tmp_path / "x.gpkg").open("wb") as sparse:
        sparse.truncate(files.MAX_BYTES + 1)
    for name, says in {
        "x.csv.gz": "unpacks to more than",
        "x.zip": "unpacks to more than",
        "x.geojson": "not a readable vector file",
        "x.csv": "at most 2000 are read",
        "x.gpkg": "is too large",
    }.items():
        with pytest.raises(DataError, match=says):
            read(tmp_path / name, PLAIN)
    (tmp_path / "x.geojson").write_text('{"a":' * 200_000)
    with pytest.raises(DataError, match="nests too deep"):
        read(tmp_path / "x.geojson", PLAIN)
    (tmp_path / "x.csv").write_text(f'id,wkt\n1,"{"GeometryCollection (" * 200_000}"\n')
    with pytest.raises(DataError, match="more than 20 collections"):
        read(tmp_path / "x.csv", PLAIN)


def test_a_zip_that_lies_of_its_size_is_read_no_further(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.geojson", bytes(5_000_000))
    size = (5_000_000).to_bytes(4, "little")
    (tmp_path / "x.zip").write_bytes(buffer.getvalue().replace(size, (100).to_bytes(4, "little")))
    with pytest.raises(DataError, match="not a readable vector file"):
        read(tmp_path / "x.zip", PLAIN)
