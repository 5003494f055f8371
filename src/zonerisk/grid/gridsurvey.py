"""The survey of the grid at the catalogue's sites: raw layers in, small samples out."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.errors import DataError
from zonerisk.grid import supply
from zonerisk.grid.gridarea import Areas
from zonerisk.grid.powergrid import (
    BACKBONE_KV,
    TRANSMISSION_KV,
    Candidate,
    Circuit,
    Station,
    graph,
    is_private,
    nearest,
    upstreams,
)

if TYPE_CHECKING:
    from zonerisk.model import Position, Site

REACH_M = 50_000.0
# Below 220 kV a station is of interest only where it is nearer than every larger one.
LOCAL_KV = 45.0
# A disc wider than this holds so many stations that naming the nearest would be idle.
WIDEST_M = 5_000.0
MAX_HOPS = 8


class Layer(NamedTuple):
    """A raw file, and what must be said of every figure taken from it."""

    key: str
    path: str
    title: str
    url: str
    as_of: str
    licence: str
    attribution: str
    claim: str


RTE = Layer(
    "stations-rte",
    "power/substations_fr_rte.csv.gz",
    "RTE, substations of the French transmission grid (ODRE postes-electriques-rte), 2024 edition",
    "https://odre.opendatasoft.com/explore/dataset/postes-electriques-rte/",
    "2024-09",
    "Licence Ouverte 2.0",
    "RTE",
    "Names, voltages and positions of stations. The nearest station is not known to feed a site.",
)
OSM = Layer(
    "stations-osm",
    "power/substations_eu_osm.csv.gz",
    "OpenStreetMap stations of 220 kV and over, as prepared for PyPSA-Eur",
    "https://zenodo.org/records/14144752",
    "2024-11",
    "ODbL 1.0",
    "OpenStreetMap contributors",
    "Positions and voltages of stations. The nearest station is not known to feed a site.",
)
OSM_2016 = Layer(
    "stations-osm2016",
    "power/substations_world_osm2016.csv.gz",
    "OpenStreetMap stations of 2016, as prepared by ComplexNetTSP",
    "https://zenodo.org/records/250427",
    "2016",
    "ODbL 1.0",
    "OpenStreetMap contributors",
    "Positions of stations as mapped in 2016, most without a voltage, none in the western US. "
    "The nearest station is not known to feed a site.",
)
CIRCUITS = Layer(
    "upstreams",
    "power/rte_225kv_underground_graph_sample.csv",
    "RTE, underground 225 and 400 kV circuits around Paris, Lille, Dunkerque and Strasbourg "
    "(ODRE lignes-souterraines-rte-nv)",
    "https://odre.opendatasoft.com/explore/dataset/lignes-souterraines-rte-nv/",
    "2026",
    "Licence Ouverte 2.0",
    "RTE",
    "Which stations a circuit joins. Overhead lines are not in it: what is not found may exist.",
)
ZONES_EU = Layer(
    "areas-eu",
    "power/bidding_zones_eu_entsoepy.geojson.gz",
    "Bidding zones of Europe, from entsoe-py",
    "https://github.com/EnergieID/entsoe-py",
    "2025",
    "MIT",
    "EnergieID; built on Natural Earth and NVE",
    "Which bidding zone a site lies in; synchronous areas follow from the zone.",
)
ZONES_WORLD = Layer(
    "areas-world",
    "power/grid_zones_world_emaps_mit.geojson.gz",
    "Electricity Maps zones of 4 January 2023",
    "https://github.com/electricitymaps/electricitymaps-contrib/tree/19e4464",
    "2023-01-04",
    "MIT",
    "Electricity Maps contributors",
    "Which grid area a site lies in, with coarse borders; synchronous areas follow from it.",
)
LAYERS = (RTE, OSM, OSM_2016, CIRCUITS, ZONES_EU, ZONES_WORLD)
# The countries of the OSM layer leave out France, which RTE's own list covers better.
_EU_ZONES = frozenset(
    (
        "AT",
        "BE",
        "BG",
        "CH",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IT",
        "LT",
        "LU",
        "LV",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "RS",
        "SE",
        "SI",
        "SK",
    )
)
_OSM_COUNTRIES = _EU_ZONES - {"FR"} | {"AL", "BA", "GB", "IE", "MD", "ME", "MK", "UA", "XK"}


def survey(
    sites: Mapping[str, tuple[Site, str]], stated: Iterable[str], layers: Path
) -> dict[str, str]:
    """Derive every sample file from the raw layers.

    Parameters
    ----------
    sites
        Site and country, by canonical site id.
    stated
        Stations that feeds name: their upstreams are derived too.
    layers
        Folder that holds ``power/``.

    Returns
    -------
    Text of each file, by name.

    Raises
    ------
    DataError
        If a layer is missing or is not what it is taken for.
    """
    placed = {
        key: (site.position, country)
        for key, (site, country) in sorted(sites.items())
        if site.position is not None
    }
    rte = rte_stations(layers)
    tables = {
        RTE.key: _around(placed, rte, lambda country: country in ("FR", "MC")),
        OSM.key: _around(placed, osm_stations(layers), lambda one: one in _OSM_COUNTRIES),
        OSM_2016.key: _around(
            placed,
            osm_2016_stations(layers),
            lambda one: one not in _OSM_COUNTRIES and one not in ("FR", "MC"),
        ),
    }
    named = {row[4] for row in tables[RTE.key]} | set(stated)
    files = {f"{key}.csv": _csv(supply.STATION_COLUMNS, rows) for key, rows in tables.items()}
    files[supply.UPSTREAMS] = _csv(
        supply.UPSTREAM_COLUMNS, _above(sorted(named), rte, rte_circuits(layers))
    )
    files[supply.AREAS] = _csv(supply.AREA_COLUMNS, _areas(placed, layers))
    files[supply.SOURCES] = (
        json.dumps({layer.key: _source(layer, layers) for layer in LAYERS}, indent=2) + "\n"
    )
    return files


def _source(layer: Layer, layers: Path) -> dict[str, str]:
    return {
        "title": layer.title,
        "url": layer.url,
        "as_of": layer.as_of,
        "licence": layer.licence,
        "attribution": layer.attribution,
        "claim": layer.claim,
        "layer": layer.path.partition("/")[2],
        "sha256": hashlib.sha256(_bytes(layers / layer.path)).hexdigest(),
    }


def _around(
    placed: Mapping[str, tuple[Position, str]],
    stations: Sequence[Station],
    covers: Callable[[str], bool],
) -> list[tuple[str, ...]]:
    large = [one for one in stations if one.kv is None or one.kv >= TRANSMISSION_KV]
    small = [one for one in stations if one.kv is not None and LOCAL_KV <= one.kv < TRANSMISSION_KV]
    rows = []
    for site, (position, country) in placed.items():
        if not covers(country) or position.uncertainty_m > WIDEST_M:
            continue
        found = nearest(position, large, REACH_M)
        nearer = found[0].distance_m if found else REACH_M
        found = (*nearest(position, small, nearer)[:3], *found)
        rows += [_row(site, position, one) for one in found]
    return rows


def _row(site: str, at: Position, found: Candidate) -> tuple[str, ...]:
    station = found.station
    volts = "" if station.kv is None else f"{station.kv:g}"
    return (
        site,
        repr(at.lat),
        repr(at.lon),
        repr(at.uncertainty_m),
        station.id,
        station.name,
        volts,
        f"{found.distance_m:.0f}",
    )


def _above(
    named: Iterable[str], stations: Iterable[Station], circuits: Iterable[Circuit]
) -> list[tuple[str, ...]]:
    grid = graph(circuits)
    known = {one.id: one for one in stations}
    backbone = {one.id for one in known.values() if one.kv is not None and one.kv >= BACKBONE_KV}
    rows: list[tuple[str, ...]] = []
    for station in named:
        for top in upstreams(grid, station, backbone, MAX_HOPS):
            via = ";".join(known[one].name if one in known else one for one in top.via)
            at = known[top.station]
            rows.append((station, top.station, str(top.hops), via, at.name, f"{at.kv:g}"))
    return rows


def _areas(placed: Mapping[str, tuple[Position, str]], layers: Path) -> list[tuple[str, ...]]:
    europe, world = _polygons(layers, ZONES_EU, "zone"), _polygons(layers, ZONES_WORLD, "zoneName")
    rows: list[tuple[str, ...]] = []
    for site, (at, country) in placed.items():
        area = (europe if country in _EU_ZONES else world).at(at, country)
        if area.grid or area.synchronous:
            rows.append(
                (
                    site,
                    repr(at.lat),
                    repr(at.lon),
                    repr(at.uncertainty_m),
                    area.grid,
                    area.synchronous,
                )
            )
    return rows


def _polygons(layers: Path, layer: Layer, key: str) -> Areas:
    from shapely.geometry import shape

    tree = json.loads(_bytes(layers / layer.path))
    # Three Italian zones are in the layer twice, in their borders of before 2021.
    return Areas(
        [
            (feature["properties"][key], shape(feature["geometry"]))
            for feature in tree["features"]
            if not feature["properties"][key].endswith("_2020")
        ]
    )


def rte_stations(layers: Path) -> tuple[Station, ...]:
    """Read the raw layer of French stations; tees, private yards and plans are marked so."""
    return tuple(
        Station(
            f"rte/{row['code'].strip()}",
            row["name"],
            float(row["kv"]) if row["kv"] else 0.0,
            "joint"
            if row["kind"] != "substation" or row["status"] != "in_service"
            else "private"
            if row["owner_hint"] or is_private(row["name"])
            else "substation",
            row["code"].strip(),
            float(row["lat"]),
            float(row["lon"]),
        )
        for row in _table(layers, RTE, "code", "owner_hint")
    )


def rte_circuits(layers: Path) -> tuple[Circuit, ...]:
    """Read the raw sample of French circuits; the ends of tees are spelled out in it."""
    return tuple(
        Circuit(
            row["code"],
            float(row["kv"]),
            tuple(
                f"rte/{end.strip()}"
                for end in (
                    row["terminals"].split(";") if row["terminals"] else (row["a"], row["b"])
                )
                if end.strip()
            ),
        )
        for row in _table(layers, CIRCUITS, "code", "terminals")
    )


def osm_stations(layers: Path) -> tuple[Station, ...]:
    """Read the raw layer of European stations, without joints and made-up ids."""
    return tuple(
        Station(
            row["id"],
            row["name"] or f"unnamed {row['id']}",
            float(row["max_kv"]),
            "private" if is_private(row["name"], row["operator"]) else "substation",
            None,
            float(row["lat"]),
            float(row["lon"]),
        )
        for row in _table(layers, OSM, "id", "under_construction")
        if row["kind"] == "substation"
        and "/" in row["id"]
        and row["dc"] == row["under_construction"] == "0"
    )


def osm_2016_stations(layers: Path) -> tuple[Station, ...]:
    """Read the raw layer of stations elsewhere; it has no ids, so places serve as such."""
    return tuple(
        Station(
            f"at/{row['lat']},{row['lon']}",
            row["name"] or "unnamed station",
            float(row["max_kv"]) if row["max_kv"] else None,
            "private" if is_private(row["name"], row["operator"]) else "substation",
            None,
            float(row["lat"]),
            float(row["lon"]),
        )
        for row in _table(layers, OSM_2016, "max_kv", "region")
    )


def _table(layers: Path, layer: Layer, *needed: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(_bytes(layers / layer.path).decode("utf-8"))))
    if not rows or any(column not in rows[0] for column in needed):
        raise DataError(f"{layer.path}: is not the layer expected (no {' or '.join(needed)})")
    return rows


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError) as error:
        raise DataError(
            f"{path}: cannot be read: {error}; name the folder that holds power/ with --layers"
        ) from None


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
