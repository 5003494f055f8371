from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path

import geopandas
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import ROOT, Runner
from records import REGION, write
from zonerisk.catalogue.frames import LAYERS, SUFFIXES, disc, encode
from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.core.model import Position
from zonerisk.library import Library


def test_sites_are_points_with_their_doubt_dates_and_sources(shipped: Library) -> None:
    sites = shipped.to_geodataframe(regions=["ovh-sbg"]).set_index("id")
    sbg2 = sites.loc["ovh-sbg/sbg2"]
    assert (sbg2["until"], sbg2["fate"], sbg2["zones"]) == (
        "2021-03-10",
        "destroyed",
        "ovh-sbg/sbg",
    )
    assert (sbg2.geometry.y, sbg2.geometry.x, sbg2["uncertainty_m"]) == (
        sbg2["lat"],
        sbg2["lon"],
        250,
    )
    assert sites.crs.to_epsg() == 4326
    assert sites.loc["ovh-sbg/sbg5", "grade"] == "B"
    assert "https://www.openstreetmap.org/way/1257814939" in sites.loc["ovh-sbg/sbg5", "sources"]


def test_an_unplaced_site_keeps_its_row(tmp_path: Path) -> None:
    text = REGION.replace(
        "    position: {lat: 48.58666, lon: 7.79753, uncertainty_m: 60, method: outline, osm: way/2, read: 2026-03}",
        "    evidence: [zone-list]",
    )
    catalog = Library(write(tmp_path, strasbourg=text))
    sites = catalog.to_geodataframe("sites")
    assert list(sites.geometry.isna()) == [False, True]
    assert len(catalog.to_geodataframe("discs")) == 1
    zones = catalog.to_geodataframe("zones").set_index("id")
    assert list(zones["disclosed"]) == [True, False]
    separations = catalog.to_geodataframe("separations")
    assert separations.geometry.isna().all()
    assert separations["distance_m"].isna().all()


def test_separations_are_those_of_the_verdict(shipped: Library) -> None:
    rows = shipped.to_geodataframe("separations", ["scaleway-fr-par"])
    expected = shipped.score("scaleway-fr-par", as_of=shipped.edition.date).policy.separations
    assert [
        (row.a, row.b, row.distance_low_m, row.distance_m, row.fibre_high_m, row.rtt_ms)
        for row in rows.itertuples()
    ] == [
        (one.a, one.b, one.distance_m.low, one.distance_m.best, one.fibre_m.high, one.rtt_ms.best)
        for one in expected
    ]
    ends = rows.geometry.iloc[0].coords
    metres = Geodesic.WGS84.Inverse(ends[0][1], ends[0][0], ends[1][1], ends[1][0])["s12"]
    assert round(metres) == rows["distance_m"].iloc[0]


@settings(deadline=None, max_examples=60)
@given(st.floats(-85, 85), st.floats(-180, 180), st.floats(50, 150_000))
def test_discs_have_their_true_radius_everywhere(lat: float, lon: float, radius: float) -> None:
    at = Position(lat=lat, lon=lon, uncertainty_m=radius, method="statement", evidence=("x",))
    shape = disc(at)
    assert shape.is_valid
    assert shape.bounds[0] >= -180
    assert shape.bounds[2] <= 180
    parts = getattr(shape, "geoms", [shape])
    corners = [corner for part in parts for corner in part.exterior.coords if abs(corner[0]) < 180]
    far = [Geodesic.WGS84.Inverse(lat, lon, y, x)["s12"] for x, y in corners]
    assert max(far) <= radius + 0.5
    if len(parts) == 1:
        assert min(far) >= radius - 0.5


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_layer_in_every_format_reads_back(
    shipped: Library, tmp_path: Path, suffix: str, layer: str
) -> None:
    chosen = ["ovh-sbg", "scaleway-fr-par", "aws-eu-west-3"]
    data = encode(shipped, suffix, layer, chosen)  # type: ignore[arg-type]
    assert data == encode(shipped, suffix, layer, chosen)  # type: ignore[arg-type]
    table = shipped.to_geodataframe(layer, chosen)  # type: ignore[arg-type]
    path = tmp_path / f"x{suffix}"
    path.write_bytes(data)
    if suffix == ".csv":
        assert data.decode().count("\n") == len(table) + 1
        return
    again = geopandas.read_parquet(path) if suffix == ".parquet" else geopandas.read_file(path)
    assert len(again) == len(table)
    assert again.crs.to_epsg() == 4326
    assert again.geometry.isna().sum() == table.geometry.isna().sum()


def test_a_geopackage_holds_all_layers_and_the_attribution(shipped: Library, tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    path.write_bytes(encode(shipped, ".gpkg", None, ["ovh-sbg"]))
    assert sorted(geopandas.list_layers(path)["name"]) == sorted(LAYERS)
    assert b"OpenStreetMap contributors" in path.read_bytes()
    tree = json.loads(encode(shipped, ".geojson", None, ["ovh-sbg"]))
    assert "OpenStreetMap contributors" in tree["attribution"]
    assert tree["features"][0]["geometry"]["coordinates"] == [7.7975, 48.5863]


def test_an_empty_catalogue_exports(tmp_path: Path) -> None:
    catalog = Library(write(tmp_path, empty="name: E\ncountry: FR\nstatus: announced\n"))
    for suffix in SUFFIXES:
        assert encode(catalog, suffix)


def test_export_writes_or_says_why_not(run: Runner, tmp_path: Path) -> None:
    done = run("export", str(tmp_path / "x.GeoJSON"), "OVH SBG")
    assert "OpenStreetMap contributors" in done.stderr
    assert len(json.loads((tmp_path / "x.GeoJSON").read_text())["features"]) == 5
    assert "names no format" in run("export", str(tmp_path / "x.kml"), check=2).stderr
    assert "names no format" in run("export", str(tmp_path / "x"), check=2).stderr
    assert "did you mean" in run("export", str(tmp_path / "x.csv"), "ovh-sbgg", check=2).stderr
    assert "cannot write" in run("export", "/nowhere/x.csv", check=2).stderr


def test_own_datacenters_are_scored_and_drawn(run: Runner, tmp_path: Path) -> None:
    """A user's private region, laid over the shipped catalogue."""
    own = write(tmp_path / "own", rhine=REGION)
    (own / "catalog.yaml").unlink()
    run("data", "check", str(own))
    tree = json.loads(run("score", "tt-rhine", "--catalogue", str(own), "--format", "json").stdout)
    (verdict,) = tree["verdicts"]
    assert verdict["independence"]["zones"] == {"sold": 2, "effective": {"low": 1, "high": 1}}
    assert {"quorum", "colocation"} <= {
        finding["rule"] for finding in verdict["policy"]["findings"] if finding["outcome"] == "fail"
    }
    run("export", str(tmp_path / "own.csv"), "tt", "--catalogue", str(own))
    assert (tmp_path / "own.csv").read_text().count("\n") == 3


def test_regions_are_names_of_regions_and_providers(shipped: Library) -> None:
    rows = shipped.to_geodataframe("sites", ["OVH SBG", "ovh"])
    assert {"ovh-sbg", "ovh-gra"} < set(rows["region"]) <= set(shipped.regions_of("ovh"))
    assert rows["id"].is_unique
    with pytest.raises(UsageError, match="regions are a list of names"):
        shipped.to_geodataframe("sites", "ovh-sbg")
    with pytest.raises(UnknownTarget, match="did you mean"):
        shipped.to_geodataframe("sites", ["ovh-sbgg"])


def test_no_layer_of_that_name(shipped: Library) -> None:
    with pytest.raises(UsageError, match="there are sites, discs"):
        shipped.to_geodataframe("houses")  # type: ignore[arg-type]


def test_the_analysis_page_runs() -> None:
    failed, tried = doctest.testfile(str(ROOT / "docs/analysis.md"), module_relative=False)
    assert tried > 5
    assert not failed


def test_scoring_needs_no_geopandas() -> None:
    code = "import sys, zonerisk; zonerisk.load().score('ovh-sbg'); print('geopandas' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        == "False\n"
    )
