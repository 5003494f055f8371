from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from conftest import ROOT, Opener
from records import note
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError
from zonerisk.core.verdict import Verdict
from zonerisk.judging.score import score
from zonerisk.layers import cards
from zonerisk.layers.store import Installed
from zonerisk.library import Library
from zonerisk.pages import card as templates
from zonerisk.pages import features, page, surroundings
from zonerisk.pages import map_payload as islands
from zonerisk.pages.features import Feature
from zonerisk.workloads import own_sites as ownsites

load = Catalog().policy

RAW = ROOT.parent / "shared" / "layers"


def imported(cache: Path, layer: str, *rings: list[list[float]]) -> None:
    """Lay an invented zone into the cache as ``zonerisk layers import`` does."""
    folder = cache / "layers" / layer
    folder.mkdir(parents=True)
    shape = {"type": "Polygon", "coordinates": rings}
    (folder / "own.geojson").write_text(
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [{"type": "Feature", "properties": {}, "geometry": shape}],
            }
        )
    )
    note(folder)


def square(lat: float, lon: float, half: float) -> list[list[float]]:
    return [
        [lon - half, lat - half],
        [lon + half, lat - half],
        [lon + half, lat + half],
        [lon - half, lat + half],
        [lon - half, lat - half],
    ]


def layers_of(around: features.Setting) -> str:
    parts: Any = templates.templates().get_template("parts.html").module
    return str(parts.layers_of(around)).strip()


def near(catalog: Library, verdict: Verdict, cache: Path, raw: Path | None = None) -> tuple[Feature, ...]:
    return surroundings.setting(catalog, verdict, cache, raw).landmarks


@pytest.fixture
def flooded(tmp_path: Path) -> Path:
    imported(tmp_path, "flood-strasbourg", square(48.59, 7.80, 0.01), square(48.59, 7.80, 0.002))
    return tmp_path


def test_without_layers_there_is_nothing(shipped: Library, tmp_path: Path) -> None:
    verdict = shipped.score("ovh-sbg")
    assert near(shipped, verdict, tmp_path) == ()
    for around, said in (
        (surroundings.setting(shipped, verdict, tmp_path), "none on this machine"),
        (surroundings.setting(shipped, verdict), "none was asked for"),
    ):
        assert layers_of(around) == said


def test_an_installed_flood_zone_keeps_its_hole(shipped: Library, flooded: Path) -> None:
    (zone,) = near(shipped, shipped.score("ovh-sbg"), flooded)
    assert zone.name == cards.load("flood-strasbourg").noun
    assert len(zone.holes) == 1
    shape: Any = shapely.from_geojson(json.dumps(features.geometry(zone)))
    assert shape.contains(shapely.Point(7.805, 48.595))
    assert not shape.intersects(shapely.Point(7.80, 48.59))
    assert near(shipped, shipped.score("scaleway-fr-par"), flooded) == ()


def test_a_shared_plant_gets_its_ring(shipped: Library, tmp_path: Path) -> None:
    card = cards.load("nuclear")
    columns = {
        card.reading.lat: "51.0144",
        card.reading.lon: "2.1361",
        card.reading.name: "Gravelines nuclear power plant",
    }
    columns |= {key: values[0] for key, values in card.reading.where.items()}
    columns |= {key: next(iter(card.reading.doubts)) for key in (card.reading.doubt_of,) if key}
    columns |= {key: columns.get(key, "1") for key in (*card.reading.id, *card.reading.least)}
    file = tmp_path / card.files[0].path
    file.parent.mkdir(parents=True)
    head = [key for key in columns if key]
    file.write_bytes(
        gzip.compress("\n".join([",".join(head), ",".join(str(columns[key]) for key in head)]).encode())
    )
    verdict = shipped.score("ovh-gra")
    asked = next(finding.threshold for finding in verdict.policy.findings if finding.rule == "nuclear")
    assert asked
    found = near(shipped, verdict, tmp_path / "none", tmp_path)
    assert [(one.shape, one.name) for one in found] == [
        ("point", "the Gravelines nuclear power plant"),
        ("area", f"{asked.value:g} km around the Gravelines nuclear power plant"),
    ]
    assert found[0].points[0] == (51.0144, 2.1361)
    around = surroundings.setting(shipped, verdict, tmp_path / "none", tmp_path)
    assert around.landmarks == found
    drawn = islands.build_map_data([(verdict, around)])
    # The same file holds retired plants, of which none is here.
    assert layers_of(around) == "Nuclear plants; 1 more with nothing to draw here"
    (finding,) = [finding for finding in verdict.policy.findings if finding.rule == "nuclear"]
    number = drawn.show_finding(verdict, around, finding)
    assert number is not None
    lit = drawn.shows[number]
    assert f"landmark:{found[0].id}" in lit["features"]
    south, west, north, east = lit["bounds"]
    assert south <= 51.0144 <= north
    assert west <= 2.1361 <= east


def test_a_damaged_layer_is_told(shipped: Library, flooded: Path) -> None:
    (flooded / "layers" / "flood-strasbourg" / "own.geojson").write_text("{")
    with pytest.raises(DataError, match=r"own\.geojson"):
        near(shipped, shipped.score("ovh-sbg"), flooded)


def test_the_page_draws_them_and_names_their_source(shipped: Library, flooded: Path, tab: Opener) -> None:
    verdict = shipped.score("ovh-sbg")
    around = features.Setting(landmarks=near(shipped, verdict, flooded))
    opened = tab(page.map_page([verdict], [around]))
    assert opened.run("zonerisk.layers.landmarks.getLayers().map((one) => one.getLatLngs().length)") == [2]
    assert cards.load("flood-strasbourg").attribution in opened.page.inner_text(
        ".leaflet-control-attribution"
    )
    assert opened.troubles == []


@pytest.mark.skipif(not RAW.is_dir(), reason="the raw layers are not beside this checkout")
def test_the_real_zone_lies_where_the_verdict_says(shipped: Library, tmp_path: Path) -> None:
    found = near(shipped, shipped.score("ovh-sbg"), tmp_path, RAW)
    flood: list[Feature] = [one for one in found if one.words["risk_kind"] == "flood"]
    at = shapely.Point(7.79751, 48.58606)
    zones = [shapely.from_geojson(json.dumps(features.geometry(one))) for one in flood]
    metres = min(zone.distance(at) for zone in zones) * 111_000
    assert 15 < metres < 60
    assert any(one.shape == "line" and "Rhine" in one.name for one in found)


def test_a_statement_is_not_drawn(tmp_path: Path) -> None:
    folder = tmp_path / "layers" / "seismic-france"
    folder.mkdir(parents=True)
    told = [{"code_zone": "3", "libelle_commune": "Z"}]
    places = [{"lat": lat, "lon": 7.8, "told": told} for lat in (48.60, 48.62)]
    (folder / "zones.json").write_text(json.dumps(places))
    note(folder)
    own = ownsites.catalog(["48.60,7.80", "48.62,7.80"], 50, "2026-11-30")
    sites = own.region(ownsites.REGION).sites.values()
    verdict = score(own, ownsites.REGION, load("podcast"), samples=Installed(sites, tmp_path))
    assert any(risk.id.startswith("seismic:seismic-france/") for risk in verdict.shared_risks)
    assert near(own, verdict, tmp_path) == ()
