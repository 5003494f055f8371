from __future__ import annotations

import json
from pathlib import Path

import pytest

from records import note
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError, UsageError, ZoneriskError
from zonerisk.judging.score import score
from zonerisk.layers import cards
from zonerisk.layers.store import Installed
from zonerisk.workloads import own_sites as ownsites

load = Catalog().policy

DAY = "2026-11-23"


def region(*targets: str, uncertainty_m: float | None = 200) -> ownsites.Region:
    return ownsites.catalog(targets, uncertainty_m, DAY).region(ownsites.REGION)


def test_coordinates_become_zones() -> None:
    assert ownsites.meant(["48.585,7.797", " -12.5 ; 130"])
    assert not ownsites.meant(["ovh-sbg"])
    assert ownsites.meant([".5,-.25"])
    own = region("48.585,7.797", "48.601,7.783")
    assert len(own.zones) == 2
    first = own.sites["site-1"].position
    assert first is not None
    assert (first.lat, first.lon, first.uncertainty_m) == (48.585, 7.797, 200)


@pytest.mark.parametrize(
    ("targets", "says"),
    [
        (["48,5;7,7"], "decimal points"),
        (["48.5N,7.7E"], "decimal points"),
        (["nan,7"], "decimal points"),
        (["48.5 7,2"], "decimal points"),
        (["48.5,7.7", "48,5;7,7"], "decimal points"),
        (["48.585,7.797", "ovh-sbg"], "'ovh-sbg': is not a LAT,LON pair"),
        (["a.csv", "b.csv"], "one file of sites"),
        (["48.5,7.7", "b.geojson"], "one file of sites"),
    ],
)
def test_what_is_meant_as_coordinates_is_told_how_to_be(targets: list[str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ownsites.meant(targets)


def test_no_site_is_lost_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    for names in (("a", "a-3", "A"), ("a", "a-4", "A", "a-3"), ("é", "e", "E-3", "É")):
        path.write_text("name,lat,lon\n" + "".join(f"{name},{at},2\n" for at, name in enumerate(names)))
        own = region(str(path))
        assert (len(own.sites), len(own.zones)) == (len(names), len(names))


def test_a_name_is_plain_text(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("name,zone,lat,lon\n\x1b[31mA\x07\u202e,z\x9b1\u200b,1,2\n \x08,\t,3,4\n")
    own = region(str(path))
    assert [site.name for site in own.sites.values()] == ["[31mA", "site 2"]
    assert [zone.name for zone in own.zones.values()] == ["z1", "site 2"]
    path = tmp_path / "sites.json"
    path.write_text(
        '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": '
        '{"name": "\\ud800", "zone": " "}}]}'
    )
    assert [site.name for site in region(str(path)).sites.values()] == ["site 1"]


@pytest.mark.parametrize("rows", ["A,,1,2\nA,,3,4\n", "A,,1,2\nB,A,3,4\n", "B,A,1,2\nA,,3,4\n"])
def test_equal_names_do_not_merge_into_one_zone(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "sites.csv"
    path.write_text("name,zone,lat,lon\n" + rows)
    with pytest.raises(DataError, match=r"sites\.csv:3: 'A' is called like .*sites\.csv:2"):
        region(str(path))


def test_a_file_that_is_too_large_names_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ownsites, "MAX_BYTES", 10)
    (tmp_path / "x.csv").write_text("lat,lon\n1,2\n")
    with pytest.raises(DataError, match="at most 10"):
        region(str(tmp_path / "x.csv"))


def test_a_hint_is_about_what_is_wrong() -> None:
    with pytest.raises(DataError, match=r"uncertainty_m: .* \(got 0\)$"):
        region("48,7", uncertainty_m=0)


def test_a_csv_with_zones_and_radii(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(
        "Name;Lat;Lon;Zone;uncertainty_m\nParis 1;48.9;2.3;a;50\nParis 1;48.8;2.4;a;\nLyon;45.7;4.8;b;30\n",
        encoding="utf-8-sig",
    )
    own = region(str(path))
    assert {key: len(zone.sites) for key, zone in own.zones.items()} == {"z-a": 2, "z-b": 1}
    assert [site.position.uncertainty_m for site in own.sites.values() if site.position] == [
        50,
        200,
        30,
    ]


def test_geojson_points(tmp_path: Path) -> None:
    path = tmp_path / "sites.geojson"
    path.write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {
                        "type": "Feature",
                        "properties": {"name": "Á", "uncertainty_m": 20},
                        "geometry": {"type": "Point", "coordinates": [2.3, 48.9, 30]},
                    }
                ],
            }
        ),
        encoding="utf-8",
    )
    position = next(iter(region(str(path), uncertainty_m=None).sites.values())).position
    assert position is not None
    assert (position.lat, position.lon, position.uncertainty_m) == (48.9, 2.3, 20)


POINT = '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}'


@pytest.mark.parametrize("properties", ["[]", '"text"', "null", "3"])
def test_properties_that_are_none_say_nothing(tmp_path: Path, properties: str) -> None:
    (tmp_path / "x.json").write_text(POINT.replace("}}]", f'}}, "properties": {properties}}}]'))
    assert list(region(str(tmp_path / "x.json")).sites) == ["site-1"]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.csv", "name,lat\na,1\n", "1: needs the columns lat and lon"),
        ("x.csv", "lat,lon\n1,x\n", ":2: lon: must be a number"),
        ("x.csv", "lat,lon\n95,2\n", ":2: lat: input should be less than"),
        ("x.csv", "lat,lon\nnan,2\n", ":2: lat"),
        ("x.csv", "lat,lon\n", "holds no site"),
        ("x.csv", "", "needs the columns"),
        ("x.geojson", "[]", "not a GeoJSON"),
        ("x.geojson", "{", "not a GeoJSON"),
        ("x.json", '{"features": [{"geometry": null}]}', "feature 1: needs a Point"),
        (
            "x.json",
            '{"features": [{"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}]}',
            "is a LineString",
        ),
        ("x.json", '{"features": []}', "holds no site"),
        ("x.json", '{"features": 3}', "not a GeoJSON"),
        ("x.json", '{"features": ["a", null]}', "feature 1: needs a Point"),
        ("x.json", POINT.replace("[1, 2]", "[1]"), "feature 1: needs a Point"),
        (
            "x.json",
            POINT.replace("[1, 2]", f"[{'9' * 400}, 2]"),
            "feature 1: lon: must be a number",
        ),
        ("x.json", POINT.replace("[1, 2]", f"[{'9' * 5000}, 2]"), "not a GeoJSON"),
        (
            "x.json",
            POINT.replace("Point", "Polygon").replace("[1, 2]", "[[[1, 2]]]"),
            "is a Polygon",
        ),
        (
            "x.json",
            POINT[:-1] + ', "crs": {"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}}',
            "EPSG::2154, not in WGS 84",
        ),
        ("x.csv", 'name,lat,lon\n"A,1,2\nB,3,4\n', "not CSV from here on: unexpected end of data"),
        ("x.csv", 'name,lat,lon\n"A\nB",3,4\n', "3: a quoted field goes on"),
        (
            "x.csv",
            f"name,lat,lon\n{'a' * 200_000},3,4\n",
            "1: is not CSV from here on: field larger",
        ),
    ],
)
def test_a_bad_file_says_where(tmp_path: Path, name: str, text: str, says: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=says):
        region(str(tmp_path / name))


def test_what_cannot_be_judged(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--uncertainty-m"):
        region("48,7", uncertainty_m=None)
    with pytest.raises(ZoneriskError, match="greater than 0"):
        region("48,7", uncertainty_m=0)
    with pytest.raises(UsageError, match="zone column"):
        region(*(f"48,{number}" for number in range(70)))
    (tmp_path / "x.csv").write_bytes(b"lat,lon,name\n1,2,\xff\n")
    with pytest.raises(DataError, match="UTF-8"):
        region(str(tmp_path / "x.csv"))
    with pytest.raises(UsageError, match="cannot be read"):
        region(str(tmp_path / "none.csv"))


def test_without_layers_nothing_is_assessed(tmp_path: Path) -> None:
    own = ownsites.catalog(["48.585,7.797", "48.601,7.783"], 200, DAY)
    sites = own.region(ownsites.REGION).sites.values()
    verdict = score(own, ownsites.REGION, load("podcast"), samples=Installed(sites, tmp_path))
    found = {finding.rule: finding for finding in verdict.policy.findings}
    for rule in ("flood", "river", "nuclear", "seismic", "runway", "cyclone", "volcano"):
        assert (found[rule].outcome, found[rule].message) == ("not-assessed", "not assessed")
    assert found["quorum"].outcome == "fail"


def test_an_installed_layer_answers_and_a_damaged_one_reads_as_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "layers" / "nuclear"
    folder.mkdir(parents=True)
    name = Path(cards.load("nuclear").files[0].path).name.removesuffix(".gz")
    (folder / name).write_text("project,unit,status,loc_accuracy,lat,lon\nHere,1,operating,exact,48.6,7.8\n")
    note(folder)
    damaged = tmp_path / "layers" / "volcanoes"
    damaged.mkdir(parents=True)
    (damaged / Path(cards.load("volcanoes").files[0].path).name).write_bytes(b"damaged")
    note(damaged)
    own = ownsites.catalog(["48.585,7.797", "48.601,7.783"], 200, DAY)
    installed = Installed(own.region(ownsites.REGION).sites.values(), tmp_path)
    assert list(installed.hashes) == ["nuclear"]
    assert "volcanic" in installed.failed[0]
    verdict = score(own, ownsites.REGION, load("podcast"), samples=installed)
    found = {finding.rule: finding for finding in verdict.policy.findings}
    assert found["nuclear"].outcome == "fail"
    assert "the Here (±300 m), all within 20.0 km" in found["nuclear"].message
    assert found["volcano"].outcome == "not-assessed"


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.csv", "name,lat,lon,country\nA,40.4259,3.4209,es\n", r"a.csv:2: a sign looks wrong"),
        ("a.csv", "lat,lon,Country\n2.35,48.85,FR\n", r"a.csv:2: latitude and longitude look exchanged"),
        ("a.csv", "lat,lon,country\n48.85,2.35,France\n", r"a.csv:2: country: must be a code of two letters"),
        (
            "a.geojson",
            '{"features": [{"type": "Feature", "properties": {"COUNTRY": "FR", "Name": "A"}, '
            '"geometry": {"type": "Point", "coordinates": [13.4, 52.52]}}]}',
            r"feature 1: 52.52, 13.4 lies in DE, not in FR; look the place up again",
        ),
    ],
)
def test_sites_are_held_against_their_country(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(DataError, match=says):
        region(str(path))


def test_where_sites_lie_is_told_of_which_no_country_is_given(tmp_path: Path) -> None:
    assert ownsites.lying(region("48.85,2.35", "40.4259,3.4209")) == (
        "site 1 in FR; site 2 in no country, at sea"
    )
    assert ownsites.lying(region(*(f"48.85,2.{at}" for at in range(30, 37)))) == "7 sites in FR"
    path = tmp_path / "a.csv"
    path.write_text("lat,lon,country\n48.85,2.35,FR\n")
    assert ownsites.lying(region(str(path))) is None


@pytest.mark.parametrize("name", ["sites.kml", "sites.GPKG", "sites.shp", "sites.xlsx", "list.dat"])
@pytest.mark.parametrize("there", [True, False])
def test_other_files_of_places_are_told_what_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, there: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    if there:
        Path(name).write_text("<kml/>")
    if not there and name == "list.dat":
        assert not ownsites.meant([name])
        return
    with pytest.raises(UsageError, match=f"{name}: own sites are read from CSV or GeoJSON"):
        ownsites.meant([name])
