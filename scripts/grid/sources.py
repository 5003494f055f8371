"""Remote sources of feeds: what each one tells of the sites of a region."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from grid import answers
from grid.cache import MAX_BYTES, FeedCache
from grid.network import Circuit, Station, backbone, graph, nearest, upstreams
from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import geodesic_m, span_deg
from zonerisk.layers import files, services

if TYPE_CHECKING:
    from zonerisk.core.model import Position, Site

    Places = Mapping[str, Position]
    """What is asked of: where each site stands."""

T = TypeVar("T")
OVERPASS = ("https://overpass-api.de/api/interpreter", "https://overpass.kumi.systems/api/interpreter")
PYPSA = "https://zenodo.org/records/18619025/files"
ODRE = "https://odre.opendatasoft.com/api/explore/v2.1/catalog/datasets"
HIFLD = (
    "https://services1.arcgis.com/PMShNXB1carltgVf/arcgis/rest/services/Electric_Substations/FeatureServer/0",
    "https://oceandata.rad.rutgers.edu/arcgis/rest/services/RenewableEnergy/"
    "HIFLD_Electric_SubstationsTransmissionLines/MapServer/0",
)
NESO = (
    "https://api.neso.energy/dataset/2810092e-d4b2-472f-b955-d8bea01f9ec0/resource/"
    "d95e8c1b-9cd9-41dd-aacb-4b53b8c07c20/download/gsp_regions_20250109.zip"
)
PEERINGDB, PEERINGDB_KEY = "https://www.peeringdb.com/api", "PEERINGDB_API_KEY"
# Without a key the service allows a request every few seconds.
PAUSE_S = 3.0
_SELECT = {
    "stations": 'nwr["power"="substation"]({around});',
    "lines": 'way["power"~"^(line|cable)$"]["voltage"]({around});',
    "datacenters": "".join(f'nwr["{key}"="data_center"]({{around}});' for key in answers.DATA_CENTRE_KEYS),
}
STATIONS_M, LINES_M, HOUSES_M = 15_000.0, 2_000.0, 10_000.0
MAX_HOPS = 4


class FeedRecord(NamedTuple):
    """One thing that a source tells of a site; empty where it does not know."""

    site: str
    what: str
    id: str
    name: str
    kv: str = ""
    distance_km: str = ""
    note: str = ""


class Source(NamedTuple):
    """A remote source: what it allows, with whom to name, and what asks it of sites."""

    title: str
    licence: str
    answer: Callable[[FeedCache, Places, int | None], Iterator[FeedRecord]]


def _record(site: str, what: str, station: Station, metres: float | None, note: str) -> FeedRecord:
    kv = "" if station.kv is None else f"{station.kv:g}"
    km = "" if metres is None else f"{metres / 1000:.2f}"
    return FeedRecord(site, what, station.id, station.name, kv, km, note)


def _near(
    places: Places,
    stations: Callable[[Position], Sequence[Station]],
    reach_m: float = STATIONS_M,
    note: Callable[[Station], str] = lambda station: "",
) -> Iterator[FeedRecord]:
    for site, at in places.items():
        for station, metres in nearest(at, stations(at), reach_m):
            yield _record(site, "station", station, metres, note(station))


def query(what: str, at: Position, reach_m: float) -> str:
    """Write a query of Overpass for ``stations``, ``lines`` or ``datacenters`` around a place."""
    around = f"around:{reach_m:.0f},{at.lat:.5f},{at.lon:.5f}"
    shape = "geom" if what == "lines" else "center"
    return f"[out:json][timeout:60];({_SELECT[what].format(around=around)});out {shape} tags;"


def _mapped(cache: FeedCache, what: str, at: Position, reach_m: float = STATIONS_M) -> list[Station]:
    return cache.get(OVERPASS, _OSM, answers.overpass, params={"data": query(what, at, reach_m)})


def _overpass_stations(cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    return _near(places, partial(_mapped, cache, "stations"))


def _things(what: str, cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    for site, at in places.items():
        for thing in _mapped(cache, what, at, LINES_M):
            metres = None if thing.lat is None else _metres(at, thing)
            yield _record(site, thing.kind, thing, metres, thing.note)


def _box(at: Position, reach_m: float) -> files.Bounds:
    north, east = span_deg(at.lat, reach_m)
    return at.lon - east, at.lat - north, at.lon + east, at.lat + north


def _metres(at: Position, there: Station | answers.Facility) -> float:
    assert there.lat is not None
    assert there.lon is not None
    return geodesic_m(at.lat, at.lon, there.lat, there.lon)


def _above(stations: Sequence[Station], circuits: Sequence[Circuit]) -> Callable[[Station], str]:
    """Return what writes the backbone stations above a station."""
    grid, tops = graph(circuits), backbone(stations)
    names = {station.id: station.name for station in stations}

    def note(station: Station) -> str:
        ways = upstreams(grid, station.id, tops, MAX_HOPS)
        listed = ", ".join(f"{names[way.station]} ({way.hops})" for way in ways)
        return f"upstream: {listed}" if listed else "no upstream found"

    return note


def _pypsa(cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    stations = cache.get((f"{PYPSA}/buses.csv",), _OSM, answers.pypsa_stations)
    circuits = cache.get((f"{PYPSA}/lines.csv",), _OSM, answers.pypsa_circuits)
    return _near(places, lambda at: stations, 5 * STATIONS_M, _above(stations, circuits))


def _odre(cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    def table(name: str, read: Callable[[bytes, str], list[T]]) -> list[T]:
        return cache.get((f"{ODRE}/{name}/exports/csv",), _RTE, read)

    stations = table("postes-electriques-rte", answers.odre_stations)
    read = partial(answers.odre_circuits, stations=stations)
    circuits = [*table("lignes-aeriennes-rte-nv", read), *table("lignes-souterraines-rte-nv", read)]
    placed = lambda at: answers.located(stations, _mapped(cache, "stations", at))  # noqa: E731
    return _near(places, placed, note=_above(stations, circuits))


def _hifld(cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    def around(at: Position) -> list[Station]:
        bounds = _box(at, STATIONS_M)

        def ask(layer: str) -> bytes:
            return services.collection(services.features("arcgis", layer, None, bounds, MAX_BYTES))

        params = {"bounds": ",".join(f"{degrees:.5f}" for degrees in bounds)}
        return cache.get(HIFLD, _HIFLD, answers.hifld, ask=ask, params=params)

    return _near(places, around)


def _neso(cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    areas = cache.get((NESO,), _NESO, answers.supply_areas)
    for site, at in places.items():
        names = answers.feeding(areas, at)
        note = "its area holds the site" if len(names) == 1 else "its area touches the site's disc"
        for name in names:
            yield FeedRecord(site, "supply point", name, name, note=note)


def _peeringdb(cache: FeedCache, places: Places, asn: int | None) -> Iterator[FeedRecord]:
    key = os.environ.get(PEERINGDB_KEY, "").strip()
    how: dict[str, Any] = {"headers": {"Authorization": f"Api-Key {key}"}} if key else {"pause_s": PAUSE_S}

    def table(name: str, read: Callable[[bytes, str], T], **params: str) -> T:
        return cache.get((f"{PEERINGDB}/{name}",), _PEERINGDB, read, params=params, **how)

    def beside(name: str, key: str, other: str, **params: str) -> dict[int, set[int]]:
        return table(name, partial(answers.pairs, key=key, other=other), **params)

    def stated(known: Mapping[int, set[int]], there: int, word: str) -> str:
        """Return whether the autonomous system that is asked for is somewhere, where one is."""
        return "" if not asn else f"; AS{asn} {word if there in known.get(asn, ()) else 'not stated'}"

    present = beside("netfac", "local_asn", "fac_id", local_asn=str(asn)) if asn else {}
    joined = beside("netixlan", "asn", "ix_id", asn=str(asn)) if asn else {}
    for site, at in places.items():
        west, south, east, north = (f"{degrees:.4f}" for degrees in _box(at, HOUSES_M))
        around = {
            "latitude__gte": south,
            "latitude__lte": north,
            "longitude__gte": west,
            "longitude__lte": east,
        }
        houses = [house for house in table("fac", answers.facilities, **around) if house.lat is not None]
        near = {house.id: house for house in houses if _metres(at, house) <= HOUSES_M}
        if not near:
            continue
        campuses = table("campus", answers.names)
        homes = beside("ixfac", "ix_id", "fac_id", fac_id__in=",".join(map(str, sorted(near))))
        for house in sorted(near.values(), key=lambda house: _metres(at, house)):
            substations = _SUBSTATIONS[house.diverse_substations]
            campus = campuses.get(house.campus or 0) or house.campus or "not stated"
            note = f"{house.networks} networks; {substations}; campus {campus}"
            note += stated(present, house.id, "present")
            km = f"{_metres(at, house) / 1000:.2f}"
            yield FeedRecord(site, "carrier house", f"fac/{house.id}", house.name, "", km, note)
        exchanges = table("ix", answers.names, id__in=",".join(map(str, homes)))
        for exchange, there in homes.items():
            inside = ", ".join(f"fac/{number}" for number in sorted(there & near.keys()))
            note = f"in {inside}" + stated(joined, exchange, "joined")
            yield FeedRecord(site, "exchange", f"ix/{exchange}", exchanges.get(exchange, ""), note=note)


_SUBSTATIONS = {
    True: "states two separate substations",
    False: "states no separate substations",
    None: "substations not stated",
}
_OSM, _RTE, _HIFLD = (
    "ODbL 1.0, OpenStreetMap contributors",
    "Licence Ouverte 2.0, RTE",
    "public domain (HIFLD)",
)
_NESO = "NESO Open Data Licence, NESO"
_PEERINGDB = "PeeringDB Acceptable Use Policy: for your own research, not to be passed on"
SOURCES = {
    "overpass-stations": Source("OpenStreetMap stations, by Overpass", _OSM, _overpass_stations),
    "overpass-lines": Source("OpenStreetMap lines and cables, by Overpass", _OSM, partial(_things, "lines")),
    "overpass-datacenters": Source(
        "OpenStreetMap data centres, by Overpass", _OSM, partial(_things, "datacenters")
    ),
    "pypsa": Source("Europe's grid of 220 kV and over from OpenStreetMap, for PyPSA-Eur", _OSM, _pypsa),
    "odre": Source("RTE's substations and circuits", _RTE, _odre),
    "hifld": Source("Substations of the United States, copies of HIFLD", _HIFLD, _hifld),
    "neso": Source("Great Britain's grid supply points", _NESO, _neso),
    "peeringdb": Source("Carrier houses and exchanges, PeeringDB", _PEERINGDB, _peeringdb),
}


def answer(source: str, cache: FeedCache, sites: Iterable[Site], asn: int | None) -> Iterator[FeedRecord]:
    """Ask a source of sites; those without a position are passed over.

    An answer that is not usable is an error: what the source would tell is then unknown.
    """
    if source not in SOURCES:
        raise UsageError(f"no source is called {source!r}; there are {', '.join(SOURCES)}")
    places = {site.id: site.position for site in sites if site.position and site.kind != "metro"}
    if not places:
        raise UsageError("no building or campus with a position is known there: nothing can be asked of it")
    return SOURCES[source].answer(cache, places, asn)
