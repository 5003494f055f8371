from __future__ import annotations

import json
from pathlib import Path

import pytest

from zonerisk.errors import DataError, UsageError, ZoneriskError
from zonerisk.policy import load
from zonerisk.score import score
from zonerisk.terrain import layers, ownsites
from zonerisk.terrain.installed import Installed

DAY = "2026-11-23"


def region(*targets: str, uncertainty_m: float | None = 200) -> ownsites.Region:
    return ownsites.catalog(targets, uncertainty_m, DAY).region(ownsites.REGION)


def test_coordinates_become_zones() -> None:
    assert ownsites.meant(["48.585,7.797", " -12.5 ; 130"])
    assert not ownsites.meant(["ovh-sbg"])
    assert not ownsites.meant(["48.585,7.797", "ovh-sbg"])
    own = region("48.585,7.797", "48.601,7.783")
    assert len(own.zones) == 2
    first = own.sites["site-1"].position
    assert first is not None
    assert (first.lat, first.lon, first.uncertainty_m) == (48.585, 7.797, 200)


def test_a_csv_with_zones_and_radii(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    path.write_text(
        "Name;Lat;Lon;Zone;uncertainty_m\nParis 1;48.9;2.3;a;50\nParis 1;48.8;2.4;a;\n"
        "Lyon;45.7;4.8;b;30\n",
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


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.csv", "name,lat\na,1\n", "1: needs the columns lat and lon"),
        ("x.csv", "lat,lon\n1,x\n", ":2: lon: must be a number"),
        ("x.csv", "lat,lon\n95,2\n", ":2: lat: input should be less than"),
        ("x.csv", "lat,lon\nnan,2\n", ":2: lat"),
        ("x.csv", "lat,lon\n", "holds no site"),
        ("x.csv", "", "needs the columns"),
        ("x.geojson", "[]", "no GeoJSON"),
        ("x.geojson", "{", "no GeoJSON"),
        ("x.json", '{"features": [{"geometry": null}]}', "feature 1: needs a Point"),
        (
            "x.json",
            '{"features": [{"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}]}',
            "is a LineString",
        ),
        ("x.json", '{"features": []}', "holds no site"),
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
    found = {finding.rule: finding for finding in verdict.findings}
    for rule in ("flood", "river", "nuclear", "seismic", "runway", "cyclone", "volcano"):
        assert (found[rule].outcome, found[rule].message) == ("unknown", "not assessed")
    assert found["quorum"].outcome == "fail"


def test_an_installed_layer_answers_and_a_damaged_one_reads_as_unknown(tmp_path: Path) -> None:
    folder = tmp_path / "layers" / "nuclear"
    folder.mkdir(parents=True)
    name = Path(layers.load("nuclear").files[0].path).name.removesuffix(".gz")
    (folder / name).write_text(
        "project,unit,status,loc_accuracy,lat,lon\nHere,1,operating,exact,48.6,7.8\n"
    )
    (folder / "source.json").write_text(json.dumps({"file": name}))
    damaged = tmp_path / "layers" / "volcanoes"
    damaged.mkdir(parents=True)
    (damaged / Path(layers.load("volcanoes").files[0].path).name).write_bytes(b"damaged")
    own = ownsites.catalog(["48.585,7.797", "48.601,7.783"], 200, DAY)
    installed = Installed(own.region(ownsites.REGION).sites.values(), tmp_path)
    assert installed.used == ["nuclear"]
    assert "volcanic" in installed.failed[0]
    verdict = score(own, ownsites.REGION, load("podcast"), samples=installed)
    found = {finding.rule: finding for finding in verdict.findings}
    assert found["nuclear"].outcome == "fail"
    assert "the Here (±300 m), all within 20.0 km" in found["nuclear"].message
    assert found["volcano"].outcome == "unknown"
