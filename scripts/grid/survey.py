"""The survey of the grid at the catalogue's sites: raw layers in, small samples out."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from shapely.geometry import shape

from grid.areas import Areas
from grid.network import Circuit, Kind, Station, backbone, graph, nearest, supplier, upstreams
from zonerisk.catalogue import samples
from zonerisk.catalogue.document import data_root
from zonerisk.core.errors import DataError
from zonerisk.core.samples import TRANSMISSION_KV
from zonerisk.layers import files

if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Position, Site

RTE, OSM, OSM_2016 = "stations-rte", "stations-osm", "stations-osm2016"
# Columns by which a layer is known.
_NEEDED = {
    RTE: ("code", "owner_hint"),
    OSM: ("id", "rte_code", "under_construction"),
    OSM_2016: ("max_kv", "region"),
    "upstreams": ("code", "terminals"),
}
REACH_M = 50_000.0
# Below 220 kV a station is of interest only where it is nearer than every larger one.
LOCAL_KV = 45.0
# A disc wider than this holds so many stations that naming the nearest would be idle.
WIDEST_M = 5_000.0

# The countries of the OSM layer leave out France, which RTE's own list covers better.
_EU_LAYER = "AT BE BG CH CZ DE DK EE ES FI FR GR HR HU IT LT LU LV NL NO PL PT RO RS SE SI SK"
_EU_ZONES = frozenset(_EU_LAYER.split())
_OSM_COUNTRIES = _EU_ZONES - {"FR"} | {"AL", "BA", "GB", "IE", "MD", "ME", "MK", "UA", "XK"}

Row = tuple[str, ...]


def cards() -> dict[str, dict[str, str]]:
    """Return what is said of each raw layer: the shipped ``sources.json``, where it is edited."""
    read: dict[str, dict[str, str]] = json.loads((data_root() / samples.SUPPLY / samples.SOURCES).read_text())
    return read


def derived(catalog: Catalog, layers: Path) -> dict[str, str]:
    """Derive every sample file at the sites of a catalogue, by :func:`survey`."""
    regions = [catalog.region(key) for key in catalog.region_ids]
    sites = {site.id: (site, site.country or row.country) for row in regions for site in row.sites.values()}
    stated = {feed.station for region in regions for feed in region.feeds.values() if feed.station}
    return survey(sites, stated, layers)


def survey(sites: Mapping[str, tuple[Site, str]], stated: Iterable[str], layers: Path) -> dict[str, str]:
    """Derive every sample file, as text by name, from a folder of raw layers that holds ``power/``.

    ``sites`` are sites with their countries by canonical id, ``stated`` the stations that feeds name:
    their upstreams are derived too.
    """
    ordered = [(key, *sites[key]) for key in sorted(sites)]
    placed = [(key, site.position, country) for key, site, country in ordered if site.position]
    rte, osm, around = rte_stations(layers), osm_stations(layers, OSM), {}
    for layer, stations in ((RTE, rte), (OSM, osm), (OSM_2016, osm_stations(layers, OSM_2016))):
        here = {key: at for key, at, country in placed if _stations_of(country) == layer}
        around[layer] = list(_around(here, stations))
    named = {row[4] for row in around[RTE]} | {*stated}
    grid, known, tops = graph(rte_circuits(layers)), {station.id: station for station in rte}, backbone(rte)
    ways = [(station, way) for station in sorted(named) for way in upstreams(grid, station, tops)]
    joined = {
        (min(pair), max(pair))
        for station, way in ways
        if way.hops
        for pair in pairwise((station, *way.via, way.station))
    }
    drawn = named | {row[4] for row in around[OSM]} | {end for pair in joined for end in pair}
    areas = ((key, *_disc(at), *area) for key, at, *area in _areas(placed, layers) if any(area))
    tables: dict[str, tuple[Row, Iterable[Row]]] = {
        **{f"{key}.csv": (samples.STATION_COLUMNS, rows) for key, rows in around.items()},
        samples.UPSTREAMS: (samples.UPSTREAM_COLUMNS, [
            (station, way.station, str(way.hops), ";".join(way.via), top.name, _kv(top.kv))
            for station, way in ways
            for top in [known[way.station]]
        ]),
        samples.POSITIONS: (samples.POSITION_COLUMNS, _positions(sorted(drawn), rte, osm)),
        samples.CIRCUITS: (
            samples.CIRCUIT_COLUMNS, [(a, b, ";".join(sorted(grid[a][b]))) for a, b in sorted(joined)]
        ),
        samples.AREAS: (samples.AREA_COLUMNS, areas),
    }  # fmt: skip
    texts = {}
    for name, (columns, rows) in tables.items():
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([columns, *rows])
        texts[name] = text.getvalue()
    sources = cards()
    for card in sources.values():
        card["sha256"] = hashlib.sha256(content(layers, card)).hexdigest()
    return {**texts, samples.SOURCES: json.dumps(sources, indent=2) + "\n"}


def _stations_of(country: str) -> str:
    """Return the layer that tells of a country's stations."""
    return RTE if country in ("FR", "MC") else OSM if country in _OSM_COUNTRIES else OSM_2016


def _disc(at: Position) -> tuple[str, str, str]:
    return repr(at.lat), repr(at.lon), repr(at.uncertainty_m)


def _kv(kv: float | None) -> str:
    return f"{kv:g}" if kv else ""


def _around(places: Mapping[str, Position], stations: Sequence[Station]) -> Iterator[Row]:
    large = [station for station in stations if station.kv is None or station.kv >= TRANSMISSION_KV]
    small = [station for station in stations if station.kv and LOCAL_KV <= station.kv < TRANSMISSION_KV]
    for site, at in places.items():
        if at.uncertainty_m > WIDEST_M:
            continue
        near = nearest(at, large, REACH_M)
        nearer = nearest(at, small, near[0][1] if near else REACH_M)[:3]
        for station, metres in (*nearer, *near):
            yield site, *_disc(at), station.id, station.name, _kv(station.kv), f"{metres:.0f}"


def _positions(drawn: Iterable[str], rte: Iterable[Station], osm: Sequence[Station]) -> Iterator[Row]:
    """Place stations as OpenStreetMap maps them; RTE has withdrawn its own positions.

    A station that is not mapped, or not known to be the one mapped, keeps its name alone.
    """
    objects = {row.id: row for row in osm} | {f"rte/{row.code}": row for row in osm if row.code}
    known = {row.id: row for row in (*osm, *rte)}
    for key in drawn:
        station, at = known.get(key, Station(key, key, None)), objects.get(key)
        place = (at.id, repr(at.lat), repr(at.lon)) if at else ("", "", "")
        yield key, station.name, _kv(station.kv), *place


def _areas(placed: Iterable[tuple[str, Position, str]], layers: Path) -> Iterator[tuple[Any, ...]]:
    zones = {}
    for layer, key in (("areas-eu", "zone"), ("areas-world", "zoneName")):
        rows = json.loads(content(layers, cards()[layer]))["features"]
        # Three Italian zones are in the layer twice, in their borders of before 2021.
        named = [(row["properties"][key], row) for row in rows]
        shapes = [(name, shape(row["geometry"])) for name, row in named if not name.endswith("_2020")]
        zones[layer] = Areas(shapes)
    for site, at, country in placed:
        yield site, at, *zones["areas-eu" if country in _EU_ZONES else "areas-world"].at(at, country)


def rte_stations(layers: Path) -> list[Station]:
    """Read the raw layer of French stations; tees, private yards and plans are marked so."""
    stations = []
    for row in _table(layers, RTE):
        joint = row["kind"] != "substation" or row["status"] != "in_service"
        code, kv, at = row["code"].strip(), float(row["kv"] or 0), (float(row["lat"]), float(row["lon"]))
        kind: Kind = "joint" if joint else "private" if row["owner_hint"] else supplier(row["name"])
        stations.append(Station(f"rte/{code}", row["name"], kv, kind, code, *at))
    return stations


def rte_circuits(layers: Path) -> list[Circuit]:
    """Read the raw sample of French circuits; the ends of tees are spelled out in it."""
    circuits = []
    for row in _table(layers, "upstreams"):
        ends = row["terminals"].split(";") if row["terminals"] else (row["a"], row["b"])
        circuits.append(Circuit(row["code"], tuple(f"rte/{end.strip()}" for end in ends if end.strip())))
    return circuits


def osm_stations(layers: Path, layer: str) -> list[Station]:
    """Read a raw layer of OpenStreetMap's stations, without joints and made-up ids.

    That of 2016 has no ids, so places serve as such, nor says what else its stations are.
    """
    stations = []
    for row in _table(layers, layer):
        named, place = "id" in row, (float(row["lat"]), float(row["lon"]))
        used = not named or (row["kind"], row["dc"], row["under_construction"]) == ("substation", "0", "0")
        key = row["id"] if named else f"at/{row['lat']},{row['lon']}"
        if used and "/" in key:
            name = row["name"] or (f"unnamed {key}" if named else "unnamed station")
            kv, kind = float(row["max_kv"]) if row["max_kv"] else None, supplier(row["name"], row["operator"])
            stations.append(Station(key, name, kv, kind, row.get("rte_code", "").strip() or None, *place))
    return stations


def _table(layers: Path, key: str) -> list[dict[str, str]]:
    card, needed = cards()[key], _NEEDED[key]
    rows = list(csv.DictReader(io.StringIO(content(layers, card).decode("utf-8"))))
    if not rows or any(column not in rows[0] for column in needed):
        raise DataError(f"{card['layer']}: is not the layer expected (no {' or '.join(needed)})")
    return rows


def content(layers: Path, card: Mapping[str, str]) -> bytes:
    """Read a layer's file, unpacked."""
    path = layers / "power" / card["layer"]
    try:
        return files.content(path)
    except OSError as error:
        flaw = f"{path}: cannot be read: {error}; name the folder that holds power/ with --layers"
        raise DataError(flaw) from None
