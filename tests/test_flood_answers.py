"""Distances to official flood zones at data centres, as they were measured by another way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from zonerisk.core.samples import Disc
from zonerisk.layers import cards, sampling, store

RAW = Path(__file__).parents[1].parent / "shared" / "layers"
SITES = RAW / "sites" / "osm_datacenters.geojson"
pytestmark = pytest.mark.skipif(not SITES.is_file(), reason="the raw layers are not here")

# Name in OpenStreetMap, its object, metres outside the zone (of the layer's first class; in
# Luxembourg the extreme flood).
# Left out, because no site of that name is in the file: Pragonet and euNetworks Cologne (its
# Karlsruhe house is there).
# Left out too, because the answers are of points that are not given (known to 3 to 200 m, and
# off the file's): EBRC South at Kayl (491 m told, 569 m here), EBRC East at Betzdorf (846 m
# told, 938 m here) and LuxConnect Bissen (900 m told, 1 119 m here, a nameless outline). The
# distances here are held against geopandas in the national grid below. Ranges were told without saying which end is
# whose: the farthest of Bettembourg (1 742 to 1 837 m) is taken as DC 1.1, the one house of
# Windhof in the file as the far end of 1 213 to 1 277 m. Of TTC DC1 the file has two points:
# 5 503 m fits one of them; the other, 5 523 m here, is past the layer's 10 m.
KNOWN = [
    ("flood-dallas", "TierPoint Dallas Data Center", 465042594, 38),
    ("flood-dallas", "Prime DFW01-01", 1461896928, 51),
    ("flood-dallas", "Prime DFW01-01", 465032380, 57),
    ("flood-dallas", "Flexential Dallas - Downtown Dallas", 12112238944, 158),
    ("flood-dallas", "Equinix Infomart", 28544618, 184),
    ("flood-dallas", "Digital Realty DFW36", 465032487, 250),
    ("flood-luxembourg", "EBRC Resilience Centre Luxembourg West", 128851542, 1277),
    ("flood-luxembourg", "ICT Campus Bettembourg DC 1.3", 275569928, 1742),
    ("flood-luxembourg", "ICT Campus Bettembourg DC 1.1", 162870889, 1837),
    ("flood-prague", "CE Colo", 142366497, 4577),
    ("flood-prague", "TTC TELEPORT - DC2", 49870693, 4832),
    ("flood-prague", "TTC DC1", 12536185445, 5503),
    ("floodplain-elbe", "T-Systems Magdeburg", 30092556, 1378),
    ("floodplain-elbe", "T-Systems Biere Rechenzentrum", 291142381, 6708),
    ("floodplain-rhine", "TelemaxX IPC1", 51763539, 258),
    ("floodplain-rhine", "Hub Europe", 1482249092, 316),
    ("floodplain-rhine", "Equinix DU1", 150652357, 2614),
]


@pytest.mark.parametrize(("layer", "name", "osm_id", "metres"), KNOWN)
def test_a_site_is_outside_by_the_known_metres(layer: str, name: str, osm_id: int, metres: float) -> None:
    features = json.loads(SITES.read_text(encoding="utf-8"))["features"]
    lon, lat = next(
        each["geometry"]["coordinates"]
        for each in features
        if (each["properties"]["name"], each["properties"]["osm_id"]) == (name, osm_id)
    )
    card = cards.load(layer)
    kept = store.locate(card, Path("/nonexistent"), RAW)
    store.verify(card, kept)
    rows = sampling.sample(card, kept, [Disc("zz", lat, lon, 0)])
    assert all(row.inside is False for row in rows)
    nearest = min(row.interval.best for row in rows if row.interval and row.interval.best)
    assert nearest == pytest.approx(metres, abs=card.error_m)


@pytest.mark.parametrize(
    ("layer", "grid"),
    [
        ("flood-luxembourg", 2169),
        ("flood-strasbourg", 2154),
        ("flood-dallas", 32138),
        ("flood-prague", 5514),
        ("floodplain-elbe", 25833),
        ("floodplain-rhine", 25832),
    ],
)
def test_distances_are_those_of_the_national_grid(layer: str, grid: int) -> None:
    """At every mapped data centre that the layer reaches, by another library and projection."""
    import geopandas as gpd

    card = cards.load(layer)
    kept = store.locate(card, Path("/nonexistent"), RAW)
    zones = gpd.read_file(kept[0].path)
    west, south, east, north = zones.total_bounds
    sites = gpd.read_file(SITES).cx[west - 0.1 : east + 0.1, south - 0.1 : north + 0.1].to_crs(grid)
    zones = zones.to_crs(grid).union_all()
    sites["metres"] = sites.distance(zones)
    near = sites[(sites["metres"] > 0) & (sites["metres"] < card.search_radius_m * 0.99)].reset_index()
    where = near.to_crs(4326).geometry
    discs = [Disc(f"{number:04}", at.y, at.x, 0) for number, at in enumerate(where)]
    found = {disc.site: [] for disc in discs}
    for row in sampling.sample(card, kept, discs):
        if row.interval and row.interval.best is not None:
            found[row.site].append(row.interval.best)
    measured = [
        (min(found[disc.site]), metres)
        for disc, metres in zip(discs, near["metres"], strict=True)
        if found[disc.site]
    ]
    assert len(measured) >= 3
    for ours, theirs in measured:
        # A grid stretches by less than a thousandth; ours is written to the metre.
        assert ours == pytest.approx(theirs, abs=1 + theirs / 1000)
