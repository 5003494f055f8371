"""The survey of the grid at the catalogue's sites: raw layers in, small samples out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from grid.areas import Areas
from grid.network import BACKBONE_KV, graph, nearest, upstreams
from grid.raw_layers import (
    LAYERS,
    OSM,
    OSM_2016,
    RTE,
    ZONES_EU,
    ZONES_WORLD,
    Layer,
    content,
    osm_2016_stations,
    osm_stations,
    rte_circuits,
    rte_stations,
)
from zonerisk.catalogue import samples
from zonerisk.core.samples import TRANSMISSION_KV

if TYPE_CHECKING:
    from pathlib import Path

    import networkx

    from grid.network import Station
    from zonerisk.core.model import Position, Site

REACH_M = 50_000.0
# Below 220 kV a station is of interest only where it is nearer than every larger one.
LOCAL_KV = 45.0
# A disc wider than this holds so many stations that naming the nearest would be idle.
WIDEST_M = 5_000.0
MAX_HOPS = 8

# The countries of the OSM layer leave out France, which RTE's own list covers better.
_EU_LAYER = "AT BE BG CH CZ DE DK EE ES FI FR GR HR HU IT LT LU LV NL NO PL PT RO RS SE SI SK"
_EU_ZONES = frozenset(_EU_LAYER.split())
_OSM_COUNTRIES = _EU_ZONES - {"FR"} | {"AL", "BA", "GB", "IE", "MD", "ME", "MK", "UA", "XK"}


def survey(sites: Mapping[str, tuple[Site, str]], stated: Iterable[str], layers: Path) -> dict[str, str]:
    """Derive every sample file, as text by name, from a folder of raw layers that holds ``power/``.

    ``sites`` are sites with their countries by canonical id, ``stated`` the stations that feeds name:
    their upstreams are derived too.
    """
    placed = {
        key: (site.position, country)
        for key, (site, country) in sorted(sites.items())
        if site.position is not None
    }
    rte, osm = rte_stations(layers), osm_stations(layers)
    tables = {
        RTE.key: _around(placed, rte, lambda country: country in ("FR", "MC")),
        OSM.key: _around(placed, osm, lambda country: country in _OSM_COUNTRIES),
        OSM_2016.key: _around(
            placed, osm_2016_stations(layers), lambda country: country not in _OSM_COUNTRIES | {"FR", "MC"}
        ),
    }
    named = {row[4] for row in tables[RTE.key]} | set(stated)
    grid = graph(rte_circuits(layers))
    ways = _above(sorted(named), rte, grid)
    joined = {
        (min(pair), max(pair))
        for station, top, _, via, *_ in ways
        for pair in pairwise((station, *filter(None, via.split(";")), top))
        if pair[0] != pair[1]
    }
    drawn = named | {row[4] for row in tables[OSM.key]} | {end for pair in joined for end in pair}
    files = {f"{key}.csv": _csv(samples.STATION_COLUMNS, rows) for key, rows in tables.items()}
    files[samples.UPSTREAMS] = _csv(samples.UPSTREAM_COLUMNS, ways)
    files[samples.POSITIONS] = _csv(samples.POSITION_COLUMNS, _positions(sorted(drawn), rte, osm))
    files[samples.CIRCUITS] = _csv(
        samples.CIRCUIT_COLUMNS, [(a, b, ";".join(grid[a][b]["codes"])) for a, b in sorted(joined)]
    )
    files[samples.AREAS] = _csv(samples.AREA_COLUMNS, _areas(placed, layers))
    files[samples.SOURCES] = (
        json.dumps({layer.key: _source(layer, layers) for layer in LAYERS}, indent=2) + "\n"
    )
    return files


def _source(layer: Layer, layers: Path) -> dict[str, str]:
    facts = layer._asdict()
    del facts["key"], facts["path"]
    name, data = layer.path.partition("/")[2], content(layers / layer.path)
    return {**facts, "layer": name, "sha256": hashlib.sha256(data).hexdigest()}


def _disc(at: Position) -> tuple[str, str, str]:
    return repr(at.lat), repr(at.lon), repr(at.uncertainty_m)


def _around(
    placed: Mapping[str, tuple[Position, str]], stations: Sequence[Station], covers: Callable[[str], bool]
) -> list[tuple[str, ...]]:
    large = [station for station in stations if station.kv is None or station.kv >= TRANSMISSION_KV]
    small = [station for station in stations if station.kv and LOCAL_KV <= station.kv < TRANSMISSION_KV]
    rows: list[tuple[str, ...]] = []
    for site, (position, country) in placed.items():
        if not covers(country) or position.uncertainty_m > WIDEST_M:
            continue
        near = nearest(position, large, REACH_M)
        nearer = nearest(position, small, near[0].distance_m if near else REACH_M)[:3]
        for station, metres in (*nearer, *near):
            volts = "" if station.kv is None else f"{station.kv:g}"
            rows.append((site, *_disc(position), station.id, station.name, volts, f"{metres:.0f}"))
    return rows


def _above(
    named: Iterable[str], stations: Iterable[Station], grid: networkx.Graph[str]
) -> list[tuple[str, ...]]:
    known = {one.id: one for one in stations}
    backbone = {one.id for one in known.values() if one.kv is not None and one.kv >= BACKBONE_KV}
    rows: list[tuple[str, ...]] = []
    for station in named:
        for top in upstreams(grid, station, backbone, MAX_HOPS):
            at = known[top.station]
            via = ";".join(top.via)
            rows.append((station, top.station, str(top.hops), via, at.name, f"{at.kv:g}"))
    return rows


def _positions(
    drawn: Iterable[str], rte: Iterable[Station], osm: Iterable[Station]
) -> Iterator[tuple[str, ...]]:
    """Place stations as OpenStreetMap maps them; RTE has withdrawn its own positions.

    A station that is not mapped, or not known to be the one mapped, keeps its name alone.
    """
    objects = {one.id: one for one in osm} | {f"rte/{one.code}": one for one in osm if one.code}
    known = {one.id: one for one in (*osm, *rte)}
    for station in drawn:
        name, kv = (known[station].name, known[station].kv) if station in known else (station, None)
        at = objects.get(station)
        place = (at.id, repr(at.lat), repr(at.lon)) if at else ("", "", "")
        yield (station, name, f"{kv:g}" if kv else "", *place)


def _areas(placed: Mapping[str, tuple[Position, str]], layers: Path) -> list[tuple[str, ...]]:
    europe, world = _polygons(layers, ZONES_EU, "zone"), _polygons(layers, ZONES_WORLD, "zoneName")
    rows: list[tuple[str, ...]] = []
    for site, (at, country) in placed.items():
        area = (europe if country in _EU_ZONES else world).at(at, country)
        if area.grid or area.synchronous:
            rows.append((site, *_disc(at), area.grid, area.synchronous))
    return rows


def _polygons(layers: Path, layer: Layer, key: str) -> Areas:
    from shapely.geometry import shape

    tree = json.loads(content(layers / layer.path))
    # Three Italian zones are in the layer twice, in their borders of before 2021.
    return Areas(
        [
            (feature["properties"][key], shape(feature["geometry"]))
            for feature in tree["features"]
            if not feature["properties"][key].endswith("_2020")
        ]
    )


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
