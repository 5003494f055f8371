"""Raw layers of the grid: stations and circuits as their sources publish them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import NamedTuple

from grid.network import Circuit, Station, StationKind, is_private
from zonerisk.core.errors import DataError
from zonerisk.layers import files


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
POSITIONS = OSM._replace(
    key="positions",
    title="OpenStreetMap stations, as prepared for PyPSA-Eur, with RTE's codes",
    claim="Where stations stand. Objects were given RTE's codes and names by place, within 600 m "
    "of RTE's own points of 2024: where yards stand side by side, one may be its neighbour.",
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
LAYERS = (RTE, OSM, OSM_2016, CIRCUITS, POSITIONS, ZONES_EU, ZONES_WORLD)


def rte_stations(layers: Path) -> tuple[Station, ...]:
    """Read the raw layer of French stations; tees, private yards and plans are marked so."""
    stations = []
    for row in _table(layers, RTE, "code", "owner_hint"):
        joint = row["kind"] != "substation" or row["status"] != "in_service"
        code, kv = row["code"].strip(), float(row["kv"] or 0)
        kind: StationKind = "joint" if joint else "private" if row["owner_hint"] else _kind(row["name"])
        stations.append(Station(f"rte/{code}", row["name"], kv, kind, code, *_place(row)))
    return tuple(stations)


def rte_circuits(layers: Path) -> tuple[Circuit, ...]:
    """Read the raw sample of French circuits; the ends of tees are spelled out in it."""
    circuits = []
    for row in _table(layers, CIRCUITS, "code", "terminals"):
        ends = row["terminals"].split(";") if row["terminals"] else (row["a"], row["b"])
        terminals = tuple(f"rte/{end.strip()}" for end in ends if end.strip())
        circuits.append(Circuit(row["code"], float(row["kv"]), terminals))
    return tuple(circuits)


def osm_stations(layers: Path) -> tuple[Station, ...]:
    """Read the raw layer of European stations, without joints and made-up ids."""
    stations = []
    for row in _table(layers, OSM, "rte_code", "under_construction"):
        in_use = row["dc"] == row["under_construction"] == "0"
        if row["kind"] == "substation" and "/" in row["id"] and in_use:
            name, kind = row["name"] or f"unnamed {row['id']}", _kind(row["name"], row["operator"])
            code = row["rte_code"].strip() or None
            stations.append(Station(row["id"], name, float(row["max_kv"]), kind, code, *_place(row)))
    return tuple(stations)


def osm_2016_stations(layers: Path) -> tuple[Station, ...]:
    """Read the raw layer of stations elsewhere; it has no ids, so places serve as such."""
    stations = []
    for row in _table(layers, OSM_2016, "max_kv", "region"):
        key, name = f"at/{row['lat']},{row['lon']}", row["name"] or "unnamed station"
        kv = float(row["max_kv"]) if row["max_kv"] else None
        stations.append(Station(key, name, kv, _kind(row["name"], row["operator"]), None, *_place(row)))
    return tuple(stations)


def _kind(*texts: str) -> StationKind:
    return "private" if is_private(*texts) else "substation"


def _place(row: dict[str, str]) -> tuple[float, float]:
    return float(row["lat"]), float(row["lon"])


def _table(layers: Path, layer: Layer, *needed: str) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(content(layers / layer.path).decode("utf-8"))))
    if not rows or any(column not in rows[0] for column in needed):
        raise DataError(f"{layer.path}: is not the layer expected (no {' or '.join(needed)})")
    return rows


def content(path: Path) -> bytes:
    """Read a layer's file, unpacked."""
    try:
        return files.content(path)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: {error}; name the folder that holds power/ with --layers"
        ) from None
