"""Sampling against invented layers, and against the answers known for the real ones."""

from __future__ import annotations

import csv
import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from zonerisk import load
from zonerisk.catalogue.gazetteer import town_points
from zonerisk.catalogue.samples import table
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import Interval
from zonerisk.core.samples import Disc, HazardSample
from zonerisk.layers import cards, sampling, store
from zonerisk.layers.cards import Card, File, Reading
from zonerisk.layers.sampling import around
from zonerisk.layers.store import LayerFile

RAW = Path(__file__).parents[1].parent / "shared" / "layers"
real = pytest.mark.skipif(not RAW.is_dir(), reason="the raw layers are not here")
GEOD = Geod(ellps="WGS84")


def card(measure: str, reading: dict[str, Any] | None = None, **changed: object) -> Card:
    return Card.model_validate(
        {
            "id": "zz",
            "name": "zz",
            "kind": "flood",
            "measure": measure,
            "noun": "place",
            "quantity": "q",
            "unit": "m",
            "grade": "B",
            "basis": "modelled",
            "complete": True,
            "vintage": "2024",
            "resolution": "r",
            "error_m": 0,
            "error": "none",
            "coverage": "c",
            "list_radius_m": 5000,
            "search_radius_m": 50_000,
            "title": "t",
            "url": "https://example.org/",
            "read_on": "2024",
            "licence": "l",
            "derived_licence": "l",
            "ships": True,
            "attribution": "a",
            "citation": "c",
            "may_say": ["x"],
            "must_not_say": ["y"],
            "files": [{"path": "x.geojson"}],
            "reading": reading or {},
            **changed,
        }
    )


def geojson(path: Path, *features: tuple[str, Any, dict[str, Any]]) -> LayerFile:
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "geometry": {"type": kind, "coordinates": at},
                        "properties": told,
                    }
                    for kind, at, told in features
                ],
            }
        )
    )
    return LayerFile(File(path=path.name), path)


def square(west: float, south: float, size: float = 0.02) -> list[list[list[float]]]:
    east, north = west + size, south + size
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


def one(found: list[HazardSample]) -> HazardSample:
    assert len(found) == 1
    return found[0]


@settings(max_examples=60, deadline=None)
@given(st.floats(-80, 80), st.floats(-180, 179.99), st.floats(0, 360), st.floats(10, 200_000))
def test_distances_are_geodesic_to_less_than_any_layer_s_error(
    lat: float, lon: float, azimuth: float, metres: float
) -> None:
    import shapely

    east, north, _ = GEOD.fwd(lon, lat, azimuth, metres)
    shapes = np.array([shapely.Point(east, north)])
    ((found, _),) = around(shapes, [Disc("s", lat, lon, 1)], metres * 1.01)["s"]
    assert abs(found - metres) <= max(1.0, metres * 3e-4)


@pytest.mark.parametrize("lon", [179.99, -179.99])
def test_nearest_objects_across_the_antimeridian(tmp_path: Path, lon: float) -> None:
    kept = geojson(
        tmp_path / "x.geojson",
        ("Point", [-lon, -17.0], {"name": "over there"}),
        ("Point", [lon - math.copysign(0.5, lon), -17.0], {"name": "this side"}),
    )
    found = sampling.sample(card("near", {"name": "name"}), [kept], [Disc("s", -17, lon, 1)])
    assert found[0].name == "over there"
    assert found[0].interval is not None
    assert found[0].interval.best == pytest.approx(GEOD.inv(lon, -17, -lon, -17)[2], abs=1)


def test_an_area_is_measured_to_its_edge_with_its_sign(tmp_path: Path) -> None:
    kept = geojson(tmp_path / "x.geojson", ("Polygon", square(7, 48), {}), ("Polygon", square(7.02, 48), {}))
    zone = card("area", error_m=5)
    inside, edge, outside = sampling.sample(
        zone,
        [kept],
        [Disc("a", 48.01, 7.02, 10), Disc("b", 48.01, 6.9999, 50), Disc("c", 48.01, 6.99, 10)],
    )
    assert inside.inside is True, "two squares that touch are one zone; their seam is no edge"
    assert inside.interval is not None
    assert inside.interval.best == pytest.approx(-1112, abs=5)
    assert edge.inside is None
    assert outside.inside is False
    assert inside.object == outside.object == "n48.0000e7.0000"


def test_doubt_of_an_object_widens_its_distance(tmp_path: Path) -> None:
    kept = geojson(tmp_path / "x.geojson", ("Point", [7, 48.01], {"name": "p", "how": "about"}))
    told = {"name": "name", "doubt_of": "how", "doubts": {"about": 2000}}
    found = one(sampling.sample(card("near", told), [kept], [Disc("s", 48, 7, 100)]))
    assert found.interval == Interval(0, 1110, 3220)


def test_nothing_in_reach_is_a_lower_bound_and_no_absence(tmp_path: Path) -> None:
    kept = geojson(tmp_path / "x.geojson", ("Point", [9, 48], {"name": "far"}))
    found = one(sampling.sample(card("near", {"name": "name"}), [kept], [Disc("s", 48, 7, 100)]))
    assert found.interval == Interval(49_900, None, None)
    assert found.object == ""


def test_a_site_off_the_coverage_is_not_assessed(tmp_path: Path) -> None:
    data = geojson(tmp_path / "x.geojson", ("Polygon", square(7, 48), {}))
    rim = geojson(tmp_path / "c.geojson", ("Polygon", square(6.98, 47.98, 0.1), {}))
    kept = [data, LayerFile(File(path="c.geojson", role="coverage"), rim.path)]
    by_edge, off = sampling.sample(card("area"), kept, [Disc("a", 47.985, 6.982, 10), Disc("b", 48.2, 7, 10)])
    assert off.reason == "outside_coverage"
    assert by_edge.interval is not None
    assert by_edge.interval.low == pytest.approx(139, abs=5), "beyond the map's rim is unknown"
    assert (by_edge.interval.best or 0) > 1000


def test_a_coarse_position_and_a_box(tmp_path: Path) -> None:
    kept = geojson(tmp_path / "x.geojson", ("Polygon", square(7, 48), {}))
    coarse, off = sampling.sample(
        card("area", boxes=[[6, 47, 8, 49]]), [kept], [Disc("a", 48, 7, 9000), Disc("b", 50, 7, 10)]
    )
    assert (coarse.reason, off.reason) == ("position_too_uncertain", "outside_coverage")


def test_counts_span_the_disc(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text("lat,lon\n48,7\n48.9,7\n49.5,7\n")
    counted = card("count", {"radius_m": 100_000, "lat": "lat", "lon": "lon"})
    found = one(
        sampling.sample(
            counted, [LayerFile(File(path="q.csv"), tmp_path / "q.csv")], [Disc("s", 48, 7, 3000)]
        )
    )
    assert found.interval in (Interval(1, 1, 2), Interval(2, 2, 2))


def test_tracks_are_counted_once_and_as_strong_as_they_come(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "track,lat,lon,kt\n"
        "a,47,7,70\na,49,7,90\na,60,7,150\n"  # passes between two fixes
        "b,47,7,70\nb,48,7,50\nb,49,7,70\n"  # too weak in between
        "c,48.2,7,\nc,48,7,64\n"
    )
    storms = card(
        "count",
        {"radius_m": 50_000, "lat": "lat", "lon": "lon", "id": ["track"], "least": {"kt": 64}},
        intensity_unit="kt",
        shared_from=1,
        shared_why="one is on record",
        max_uncertainty_m=100_000,
    )
    kept = [LayerFile(File(path="t.csv"), tmp_path / "t.csv")]
    near, wide = sampling.sample(storms, kept, [Disc("a", 48, 7, 1000), Disc("b", 48, 7, 62_000)])
    assert (near.interval, near.intensity) == (Interval(2, 2, 2), Interval(64, None, 90))
    assert wide.interval == Interval(0, 2, 3), "none reached all of the wide disc"


def test_cells_of_a_raster_hold_values_over_the_disc(tmp_path: Path) -> None:
    values = np.array([[0, 200, 300], [1, 250, 350], [0, 0, 400]], dtype="int16")
    path = tmp_path / "v.tif"
    grid = rasterio.transform.from_origin(7, 49, 0.1, 0.1)
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=3, count=1, dtype="int16", crs="EPSG:4326",
        transform=grid, nodata=0,
    ) as file:  # fmt: skip
        file.write(values, 1)
        file.scales, file.offsets = (0.01,), (-0.008,)
    heat = card("cell", {"method": "raster"}, unit="degC", intensity_unit="degC", search_radius_m=20_000)
    kept = [LayerFile(File(path="v.tif"), path)]
    points = [Disc("a", 48.85, 7.15, 100), Disc("b", 48.85, 7.15, 9000), Disc("c", 48.85, 7.05, 100)]
    own, wide, coast = (row.interval for row in sampling.sample(heat, kept, points))
    assert own == Interval(2.4, 2.5, 2.5)
    assert wide == Interval(1.9, 2.5, 4.0), "the sea beside it, drawn as next to nothing, is no value"
    assert coast is not None
    assert coast.best is not None


def test_cells_that_are_polygons_have_the_values_of_a_table(tmp_path: Path) -> None:
    kept = geojson(
        tmp_path / "x.geojson",
        ("Polygon", square(7, 48), {"fips": "01", "name": "West"}),
        ("Polygon", square(7.02, 48), {"fips": "02", "name": "East"}),
    )
    (tmp_path / "n.csv").write_text("fips,hail\n01,5\n02,9\n")
    names = LayerFile(File(path="n.csv", role="names"), tmp_path / "n.csv")
    hail = card("cell", {"id": ["fips"], "name": "name", "names_by": ["fips", "hail"]}, unit="reports")
    discs = [Disc("a", 48.01, 7.01, 100), Disc("b", 48.01, 7.01, 5000), Disc("c", 50, 7, 100)]
    inside, wide, off = sampling.sample(hail, [kept, names], discs)
    assert (inside.name, inside.interval) == ("West", Interval(5, 5, 5))
    assert wide.interval == Interval(0, 5, None), "where the map ends it is open"
    assert off.reason == "outside_coverage"
    (tmp_path / "n.csv").write_text("fips,hail\n01,many\n")
    with pytest.raises(DataError, match=r"hail: is not a number: .*'many'"):
        sampling.sample(hail, [kept, names], discs)


def test_the_axis_of_a_runway(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("ident,le,he,y1,x1,y2,x2\nZZZZ,09,27,48,7,48,7.04\n")
    runway = card(
        "axis",
        {
            "ends": ["y1", "x1", "y2", "x2"],
            "id": ["ident", "le", "he"],
            "name": "ident",
            "named": "runway {le}/{he} of {name}",
        },
        list_radius_m=2000,
        search_radius_m=15_000,
    )
    kept = [LayerFile(File(path="r.csv"), tmp_path / "r.csv")]
    past, beside, off, just = sampling.sample(
        runway,
        kept,
        [Disc(site, 48.005, lon, 10) for site, lon in zip("abcd", (7.1, 7.02, 7.4, 7.0404), strict=True)],
    )
    assert (past.name, past.label) == ("runway 09/27 of ZZZZ", "4.5 km past the 27 threshold")
    assert beside.label == "beside the runway"
    assert just.label == "beside the runway", "not 0.0 km past it"
    assert past.interval is not None
    assert past.interval.best == pytest.approx(556, abs=3)
    assert off.interval == Interval(1990, None, None), "more than 15 km past a threshold it means nothing"


def raster(path: Path, values: Any, nodata: float | None = None) -> LayerFile:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=values.shape[1],
        height=values.shape[0],
        count=1,
        dtype=values.dtype,
        crs="EPSG:4326",
        nodata=nodata,
        transform=rasterio.Affine(0.001, 0, 7, 0, -0.001, 49),
    ) as file:
        file.write(values, 1)
    return LayerFile(File(path=path.name), path)


@pytest.mark.parametrize("classes", [{}, {"0": "none", "1": "wet"}])
def test_a_mark_for_no_data_that_is_not_declared_is_no_depth(tmp_path: Path, classes: dict[str, str]) -> None:
    flood = card("area", {"method": "raster", "classes": classes}, list_radius_m=0, search_radius_m=3000)
    depth = np.zeros((60, 60), dtype="float32")
    depth[40:, :] = 1
    depth[0, 0] = np.nan
    place = Disc("s", 48.97, 7.03, 20)
    for mark in (3.4e38, 255.0):
        depth[:10, :] = mark
        with pytest.raises(DataError, match="a mark for no data"):
            sampling.sample(flood, [raster(tmp_path / "d.tif", depth)], [place])
    depth[:40, :] = -9999
    found = one(sampling.sample(flood, [raster(tmp_path / "d.tif", depth)], [place]))
    assert found.inside is False
    assert "-" not in found.label


def test_nothing_is_known_where_a_tile_is_missing(tmp_path: Path) -> None:
    colours = {"method": "tiles", "url": "https://x.example/{z}/{x}/{y}.png", "wet_from": 1}
    tiles = card(
        "area",
        {**colours, "classes": {"0": "none mapped", "1": "wet"}},
        search_radius_m=3000,
        list_radius_m=0,
    )
    cells = np.full((60, 60), 255, dtype="uint8")
    cells[:, 20:] = 0
    kept = [raster(tmp_path / "d.tif", cells, 255)]
    off, near, far = sampling.sample(
        tiles,
        kept,
        [Disc("a", 48.97, 7.01, 20), Disc("b", 48.97, 7.022, 20), Disc("c", 48.97, 7.04, 20)],
    )
    assert off.reason == "outside_coverage"
    assert near.interval is not None
    assert near.interval.low < 150, "a flood may begin in the tile that is missing"
    assert far.interval is not None
    assert 1000 < far.interval.low < 1500


def test_a_damaged_table_of_names_is_an_error(tmp_path: Path) -> None:
    kept = geojson(tmp_path / "x.geojson", ("Point", [7, 48], {"name": "A"}))
    packed = gzip.compress(b"key,title\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(500)))
    (tmp_path / "names.csv.gz").write_bytes(packed[:-20])
    names = LayerFile(File(path="names.csv.gz", role="names"), tmp_path / "names.csv.gz")
    near = card("near", {"name": "name", "names_by": ["key", "title"]})
    with pytest.raises(DataError, match="cannot be unpacked"):
        sampling.sample(near, [kept, names], [Disc("s", 48, 7, 1)])


def test_a_raster_is_measured_to_cells_and_permanent_water_is_dry(tmp_path: Path) -> None:
    depth = np.full((100, 100), -9999, dtype="float32")
    depth[40:60, 40:60] = 1.5
    depth[:, :5] = 9.0
    water = np.zeros((100, 100), dtype="uint8")
    water[:, :5] = 1
    flood = card("area", {"method": "raster"}, list_radius_m=0, search_radius_m=3000)
    kept = [raster(tmp_path / "d.tif", depth, -9999)]
    discs = [Disc("a", 48.95, 7.05, 20), Disc("b", 48.95, 7.0385, 20), Disc("c", 48.95, 7.0025, 1)]
    inside, outside, harbour = sampling.sample(flood, kept, discs)
    assert inside.inside is True
    assert inside.label == "1.5 m, up to 1.5 m within the disc"
    assert outside.interval is not None
    assert outside.interval.best == pytest.approx(
        1.5 * 0.001 * 111_320 * math.cos(math.radians(48.95)), abs=2
    )
    assert harbour.inside is True
    kept.append(LayerFile(File(path="w.tif", role="mask"), raster(tmp_path / "w.tif", water).path))
    assert sampling.sample(flood, kept, discs)[2].inside is False


# The real layers ------------------------------------------------------------------------


def answers(
    name: str, *points: tuple[float, float], doubt: float = 1, search_radius_m: float | None = None
) -> list[list[HazardSample]]:
    layer = cards.load(name)
    if search_radius_m:
        layer = layer.model_copy(update={"search_radius_m": search_radius_m})
    kept = store.locate(layer, Path("/nonexistent"), RAW)
    store.verify(layer, kept)
    discs = [Disc(f"{number:03}", lat, lon, doubt) for number, (lat, lon) in enumerate(points)]
    found = sampling.sample(layer, kept, discs)
    return [[each for each in found if each.site == disc.site] for disc in discs]


def best(rows: list[HazardSample], name: str = "") -> float:
    return next(
        row.interval.best
        for row in rows  # type: ignore[return-value]
        if row.interval and name in row.name
    )


SBG, RBX, GRA = (48.5853, 7.7973), (50.6917, 3.2006), (51.0167, 2.1556)
DC3, DC5, CLICHY = (48.7905, 2.3978), (49.0430, 2.1290), (48.9065, 2.2977)
ASHBURN, FRA, INZAI, FSN = (39.017, -77.46), (50.098, 8.631), (35.80, 140.13), (50.4779, 12.3353)
TEN = (SBG, RBX, GRA, DC3, DC5, CLICHY, ASHBURN, FRA, INZAI, FSN)


@real
@pytest.mark.parametrize(
    ("layer", "kilometres", "within"),
    [
        ("rivers", (0.30, 10.3, None, 1.76, 1.61, 0.35, 6.19, 1.17, 4.63, 7.79), 0.05),
        ("coast", (None, None, 0.82, None, None, None, None, None, 19.0, None), 0.05),
        ("faults", (49.6, 154, 201, 344, 336, 339, None, 127, 16.4, 306), 0.6),
        ("nuclear", (113.2, 83.3, 1.6, 88.0, 117.7, 99.7, 109.7, 189.8, None, 206.1), 0.1),
        ("lng", (450, 74, 3.4, 187, 159, 176, 115, 382, 39.5, 405), 0.6),
        ("hydro", (6.6, None, None, None, None, None, None, None, None, None), 0.1),
        ("runways", (4.28, 4.13, 1.42, 1.08, 2.22, 2.49, 0.13, None, None, None), 0.02),
        ("volcanoes", (None, None, None, None, None, None, None, None, 136, None), 1),
    ],
)
def test_known_distances_at_ten_places(
    layer: str, kilometres: tuple[float | None, ...], within: float
) -> None:
    for rows, wanted in zip(answers(layer, *TEN), kilometres, strict=True):
        if wanted is not None:
            assert best(rows) / 1000 == pytest.approx(wanted, abs=within)


@real
def test_known_distances_beyond_the_reach_of_layers_cut_around_places() -> None:
    """Told as measured. The cards stop at 25 km: farther out a nearer coast may be cut off."""
    coast = answers("coast", RBX, DC3, DC5, CLICHY, ASHBURN, search_radius_m=200_000)
    assert [best(rows) / 1000 for rows in coast] == pytest.approx([63, 157, 123, 143, 36], abs=0.5)
    (river,) = answers("rivers", GRA, search_radius_m=200_000)
    assert best(river) / 1000 == pytest.approx(43, abs=0.5)


@real
def test_known_counts() -> None:
    assert [best(rows) for rows in answers("quakes", *TEN)] == [0, 1, 0, 0, 0, 0, 0, 0, 73, 0]
    assert [best(rows) for rows in answers("quakes-damaging", *TEN)] == [
        5,
        1,
        2,
        0,
        0,
        0,
        0,
        1,
        27,
        0,
    ]
    card = cards.load("quakes")
    wider = card.model_copy(update={"reading": card.reading.model_copy(update={"radius_m": 200_000.0})})
    kept = store.locate(card, Path("/nonexistent"), RAW)
    discs = [Disc(f"{number}", *point, 1) for number, point in enumerate(TEN)]
    counted = [best([row]) for row in sampling.sample(wider, kept, discs)]
    assert counted == [0, 1, 1, 0, 1, 0, 1, 0, 264, 0], "within 200 km"
    storms = answers("cyclones", ASHBURN, INZAI)
    assert [best(rows) for rows in storms] == [0, 11], "the grid, around a middle 50 km off, counts 14"
    assert storms[1][0].intensity is not None


@real
def test_ashburn_lies_on_the_axis_of_dulles() -> None:
    row = answers("runways", ASHBURN)[0][0]
    assert "01C/19C of Washington Dulles" in row.name
    assert row.label in {"5.1 km past the 19C threshold", "5.2 km past the 19C threshold"}


@real
@pytest.mark.parametrize(
    ("point", "metres"), [((48.58606, 7.79751), 38), (SBG, 43), ((48.58656, 7.79753), 25)]
)
def test_strasbourg_is_outside_by_metres(point: tuple[float, float], metres: float) -> None:
    rows = answers("flood-strasbourg", point)[0]
    assert best(rows) == pytest.approx(metres, abs=3)
    assert rows[0].inside is False


@real
def test_japan_answers_at_the_listed_data_centres() -> None:
    with (RAW / "official" / "japan_osm_datacenters_flood_class_l2_2023.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = answers("flood-japan", *((float(row["lat"]), float(row["lon"])) for row in rows))
    classes = cards.load("flood-japan").reading.classes
    seen = sure = 0
    for row, exposures in zip(rows, found, strict=True):
        if exposures[0].reason == "outside_coverage":
            continue
        seen += 1
        inside = int(row["class_at_point"]) > 0
        if not exposures[0].object:
            assert float(row["metres_to_zone"]) > 2900, row["name"]
        elif not inside:
            assert best(exposures) == pytest.approx(float(row["metres_to_zone"]), abs=15)
        if inside and exposures[0].inside:
            assert exposures[0].label.split(",")[0] == classes[row["class_at_point"]], row["name"]
            sure += 1
    assert seen >= 60, "the four rectangles hold most of the list"
    assert sure >= 12


@real
def test_inzai_and_osaka_are_outside() -> None:
    inzai, osaka = answers("flood-japan", INZAI, (34.8605, 135.508))
    assert best(inzai) == pytest.approx(1345, abs=12)
    assert best(osaka) == pytest.approx(1911, abs=12)


@real
def test_the_samples_come_out_again(tmp_path: Path) -> None:
    """The committed command gives the committed figures, byte for byte."""
    catalog = load()
    positions = {
        site.id: site.position
        for region in catalog.region_ids
        for site in catalog.region(region).sites.values()
        if site.position
    }
    discs = [Disc(key, at.lat, at.lon, at.uncertainty_m) for key, at in positions.items()]
    towns = [Disc(key, lat, lon, 1.0) for key, (lat, lon) in town_points(catalog).items()]
    for name in ("flood-strasbourg", "nuclear", "flood-japan", "cyclones"):
        layer = cards.load(name)
        kept = store.locate(layer, tmp_path, RAW)
        text = table(
            sampling.head(layer, kept, catalog.edition.date, towns),
            sampling.sample(layer, kept, discs),
            positions,
        )
        committed = catalog.roots[0] / "layers" / "samples" / f"{name}.csv"
        assert text == committed.read_text(encoding="utf-8")


def test_a_region_s_town_is_the_one_that_its_sites_stand_by() -> None:
    points = town_points(load())
    lat, lon = points["aws-us-west-2"]
    assert GEOD.inv(lon, lat, -119.53, 45.84)[2] < 100_000, "Boardman in Oregon, not the one in Ohio"
    assert not points.keys() - set(load().region_ids)


def test_a_reading_takes_text() -> None:
    assert Reading.model_validate({"lat": "y"}).lat == "y"
