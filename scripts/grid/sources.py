"""Remote sources of feeds: what each one tells of the sites of a region."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from grid import hifld, neso, odre, overpass, peeringdb, pypsa
from grid.cache import MAX_BYTES
from grid.network import BACKBONE_KV, Circuit, Station, graph, nearest, upstreams
from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import distance_m, span_deg
from zonerisk.core.model import Position
from zonerisk.layers import files, services

if TYPE_CHECKING:
    from grid.cache import FeedCache
    from zonerisk.core.model import Site

T = TypeVar("T")
STATIONS_M = 15_000.0
LINES_M = 2_000.0
HOUSES_M = 10_000.0


class FeedRecord(NamedTuple):
    """One thing that a source tells of a site; empty where it does not know."""

    site: str
    what: str
    id: str
    name: str
    kv: str = ""
    distance_km: str = ""
    note: str = ""


class Question(NamedTuple):
    """What is asked of a source: of which placed sites, under which licence, of which network's presence."""

    sites: Sequence[Site]
    licence: str
    asn: int | None = None


class Source(NamedTuple):
    """A remote source: what it allows, with whom to name, and what asks it of sites."""

    title: str
    licence: str
    tell: Callable[[FeedCache, Question], Iterator[FeedRecord]]


def _at(site: Site) -> Position:
    """Return the position of a site that has one, as :func:`tell` has seen to."""
    assert site.position is not None
    return site.position


def _kv(kv: float | None) -> str:
    return "" if kv is None else f"{kv:g}"


def _overpass(
    cache: FeedCache, what: str, site: Site, reach_m: float, licence: str, read: Callable[[bytes, str], T]
) -> T:
    at = _at(site)
    params = {"data": overpass.query(what, at.lat, at.lon, reach_m)}
    return cache.get(f"overpass-{what}.json", overpass.ENDPOINTS, licence, read, params=params)


def _near_stations(
    site: Site,
    stations: Sequence[Station],
    reach_m: float = STATIONS_M,
    note: Callable[[Station], str] = lambda station: "",
) -> Iterator[FeedRecord]:
    for station, metres in nearest(_at(site), stations, reach_m):
        kilometres = f"{metres / 1000:.2f}"
        yield FeedRecord(
            site.id, "station", station.id, station.name, _kv(station.kv), kilometres, note(station)
        )


def _tell_overpass_stations(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    for site in asked.sites:
        stations = _overpass(cache, "stations", site, STATIONS_M, asked.licence, overpass.read_stations)
        yield from _near_stations(site, stations)


def _tell_overpass_lines(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    for site in asked.sites:
        for line in _overpass(cache, "lines", site, LINES_M, asked.licence, overpass.read_lines):
            what = "cable" if line.underground else "line"
            note = f"{line.circuits} circuits" if line.circuits else ""
            yield FeedRecord(site.id, what, line.id, line.name, _kv(line.kv), note=note)


def _tell_overpass_datacenters(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    for site in asked.sites:
        for house in _overpass(cache, "datacenters", site, LINES_M, asked.licence, overpass.read_datacentres):
            distance = _km(_at(site), house.lat, house.lon)
            yield FeedRecord(site.id, "datacenter", house.id, house.name, "", distance, house.operator)


def _upstream_note(
    circuits: Iterable[Circuit],
    stations: Iterable[Station],
    key: Callable[[Station], str],
    names: Mapping[str, str],
) -> Callable[[Station], str]:
    """Return what writes the backbone stations above a station."""
    grid = graph(circuits)
    backbone = {key(station) for station in stations if station.kv is not None and station.kv >= BACKBONE_KV}

    def above(station: Station) -> str:
        ways = upstreams(grid, key(station), backbone, 4)
        listed = ", ".join(f"{names.get(way.station, way.station)} ({way.hops})" for way in ways)
        return f"upstream: {listed}" if listed else "no upstream found"

    return above


def _tell_pypsa(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    stations = cache.get("pypsa-buses.csv", (f"{pypsa.BASE}/buses.csv",), asked.licence, pypsa.read_stations)
    circuits = cache.get("pypsa-lines.csv", (f"{pypsa.BASE}/lines.csv",), asked.licence, pypsa.read_circuits)
    above = _upstream_note(circuits, stations, lambda station: station.id, {})
    for site in asked.sites:
        yield from _near_stations(site, stations, 5 * STATIONS_M, above)


def _tell_odre(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    def ask(name: str, dataset: str, read: Callable[[bytes, str], T]) -> T:
        return cache.get(name, (odre.export_url(dataset),), asked.licence, read)

    stations = ask("odre-stations.csv", odre.DATASETS[0], odre.read_stations)
    circuits = [
        circuit
        for dataset in odre.DATASETS[1:]
        for circuit in ask(
            f"odre-{dataset}.csv", dataset, lambda data, name: odre.read_circuits(data, name, stations)
        )
    ]
    if all(station.lat is None for station in stations):
        licence = SOURCES["overpass-stations"].licence
        mapped = [
            station
            for site in asked.sites
            for station in _overpass(cache, "stations", site, STATIONS_M, licence, overpass.read_stations)
        ]
        stations = odre.locate(stations, mapped)
    names = {station.code: station.name for station in stations if station.code}
    above = _upstream_note(circuits, stations, lambda station: station.code or "", names)
    for site in asked.sites:
        yield from _near_stations(site, stations, note=above)


def _tell_hifld(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    for site in asked.sites:
        bounds = _box(site, STATIONS_M)

        def ask(layer: str, bounds: files.Bounds = bounds) -> bytes:
            rows = services.features("arcgis", layer, None, bounds, MAX_BYTES)
            return json.dumps({"features": rows}).encode()

        params = {"bounds": ",".join(f"{degrees:.5f}" for degrees in bounds)}
        stations = cache.get(
            "hifld.json", hifld.LAYERS, asked.licence, hifld.read_stations, ask=ask, params=params
        )
        yield from _near_stations(site, stations)


def _box(site: Site, reach_m: float) -> files.Bounds:
    at = _at(site)
    north, east = span_deg(at.lat, reach_m)
    return at.lon - east, at.lat - north, at.lon + east, at.lat + north


def _tell_neso(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    points = cache.get("neso-gsp.zip", (neso.URL,), asked.licence, neso.read)
    for site in asked.sites:
        names = neso.feeding(points, _at(site))
        note = "its area holds the site" if len(names) == 1 else "its area touches the site's disc"
        for name in names:
            yield FeedRecord(site.id, "supply point", name, name, note=note)


def _tell_peeringdb(cache: FeedCache, asked: Question) -> Iterator[FeedRecord]:
    headers = peeringdb.headers()

    def ask(table: str, read: Callable[[bytes, str], T], **params: str) -> T:
        return cache.get(
            f"peeringdb-{table}.json",
            (f"{peeringdb.BASE}/{table}",),
            asked.licence,
            read,
            params=params,
            headers=headers,
            pause_s=0.0 if headers else peeringdb.PAUSE_S,
        )

    present: frozenset[int] = frozenset()
    joined: frozenset[int] = frozenset()
    if asked.asn is not None:
        number = str(asked.asn)
        present = ask("netfac", peeringdb.read_presence, local_asn=number).get(asked.asn, present)
        joined = ask("netixlan", peeringdb.read_members, asn=number).get(asked.asn, joined)
    for site in asked.sites:
        at, (west, south, east, north) = _at(site), _box(site, HOUSES_M)
        around = {
            "latitude__gte": f"{south:.4f}",
            "latitude__lte": f"{north:.4f}",
            "longitude__gte": f"{west:.4f}",
            "longitude__lte": f"{east:.4f}",
        }
        distances = {
            house: _km(at, house.lat, house.lon)
            for house in ask("fac", peeringdb.read_facilities, **around)
            if house.lat is not None
        }
        houses = {house.id: house for house, km in distances.items() if float(km) * 1000 <= HOUSES_M}
        if not houses:
            continue
        campuses = ask("campus", peeringdb.read_campuses)
        homes = ask("ixfac", peeringdb.read_exchange_houses, fac_id__in=",".join(map(str, sorted(houses))))
        for house in sorted(houses.values(), key=lambda house: float(distances[house])):
            note = _house(house, campuses) + _is(asked.asn, house.id in present, "present")
            yield FeedRecord(
                site.id, "carrier house", f"fac/{house.id}", house.name, "", distances[house], note
            )
        exchanges = ask("ix", peeringdb.read_exchanges, id__in=",".join(map(str, sorted(homes))))
        names = {exchange.id: exchange.name for exchange in exchanges}
        for key, there in homes.items():
            near = ", ".join(f"fac/{number}" for number in sorted(there & houses.keys()))
            note = f"in {near}" + _is(asked.asn, key in joined, "joined")
            yield FeedRecord(site.id, "exchange", f"ix/{key}", names.get(key, ""), note=note)


def _is(asn: int | None, so: bool, word: str) -> str:
    return "" if asn is None else f"; AS{asn} {word}" if so else f"; AS{asn} not stated"


def _house(house: peeringdb.Facility, campuses: Mapping[int, str]) -> str:
    stated = {
        True: "states two separate substations",
        None: "substations not stated",
        False: "states no separate substations",
    }[house.diverse_substations]
    campus = "campus not stated"
    if house.campus is not None:
        campus = f"campus {campuses.get(house.campus) or house.campus}"
    return f"{house.networks} networks; {stated}; {campus}"


def _km(at: Position, lat: float | None, lon: float | None) -> str:
    assert lat is not None
    assert lon is not None
    there = Position.model_construct(lat=lat, lon=lon, uncertainty_m=1.0, method="registry")
    return f"{distance_m(at, there) / 1000:.2f}"


_OSM = "ODbL 1.0, OpenStreetMap contributors"
SOURCES = {
    "overpass-stations": Source("OpenStreetMap stations, by Overpass", _OSM, _tell_overpass_stations),
    "overpass-lines": Source("OpenStreetMap lines and cables, by Overpass", _OSM, _tell_overpass_lines),
    "overpass-datacenters": Source(
        "OpenStreetMap data centres, by Overpass", _OSM, _tell_overpass_datacenters
    ),
    "pypsa": Source("Europe's grid of 220 kV and over from OpenStreetMap, for PyPSA-Eur", _OSM, _tell_pypsa),
    "odre": Source("RTE's substations and circuits", "Licence Ouverte 2.0, RTE", _tell_odre),
    "hifld": Source(
        "Substations of the United States, copies of HIFLD", "public domain (HIFLD)", _tell_hifld
    ),
    "neso": Source("Great Britain's grid supply points", "NESO Open Data Licence, NESO", _tell_neso),
    "peeringdb": Source(
        "Carrier houses and exchanges, PeeringDB",
        "PeeringDB Acceptable Use Policy: for your own research, not to be passed on",
        _tell_peeringdb,
    ),
}


def tell(
    source: str, cache: FeedCache, sites: Sequence[Site], asn: int | None = None
) -> Iterator[FeedRecord]:
    """Ask a source of sites; those without a position are passed over.

    An answer that is not usable is an error: what the source would tell is then unknown.
    """
    if source not in SOURCES:
        raise UsageError(f"no source is called {source!r}; there are {', '.join(SOURCES)}")
    placed = [site for site in sites if site.position is not None and site.kind != "metro"]
    if not placed:
        raise UsageError(
            "no building or campus with a position is known there, so there is nothing to ask of"
        )
    return SOURCES[source].tell(cache, Question(placed, SOURCES[source].licence, asn))
