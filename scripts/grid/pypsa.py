"""PyPSA-Eur's network from OpenStreetMap: Europe's stations and circuits of 220 kV and over."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from grid.network import Circuit, Station, StationKind
from zonerisk.core.errors import DataError

BASE = "https://zenodo.org/records/18619025/files"
FILES = ("buses.csv", "lines.csv", "transformers.csv")


def read_stations(buses: bytes, name: str) -> tuple[Station, ...]:
    """Read stations from the buses, one for all voltage levels of a yard.

    A bus whose id was made up (``FR999``) is a line's end or a tee: it is a ``joint``.
    """
    stations: dict[str, Station] = {}
    for row in _table(buses, name, "bus_id", "voltage", "tags"):
        if row["dc"] == "t" or row["under_construction"] == "t":
            continue
        key = station_id(row["tags"] or row["bus_id"])
        kv, known = float(row["voltage"]), stations.get(key)
        if known and known.kv and known.kv >= kv:
            continue
        kind: StationKind = "substation" if "/" in key else "joint"
        stations[key] = Station(key, key, kv, kind, None, float(row["y"]), float(row["x"]))
    return tuple(stations[key] for key in sorted(stations))


def read_circuits(lines: bytes, name: str) -> tuple[Circuit, ...]:
    """Read circuits between stations; a line between two levels of one yard is none."""
    circuits = []
    for row in _table(lines, name, "line_id", "bus0", "bus1"):
        ends = tuple(sorted({station_id(row["bus0"]), station_id(row["bus1"])}))
        if len(ends) == 2 and row["under_construction"] != "t":
            circuits.append(Circuit(row["line_id"], float(row["voltage"]), ends))
    return tuple(circuits)


def station_id(bus: str) -> str:
    """Strip the voltage level off a bus id: ``relation/900003-225`` to ``relation/900003``."""
    head, dash, level = bus.rpartition("-")
    return head if dash and level.isdigit() else bus


def _table(data: bytes, name: str, *needed: str) -> Iterable[dict[str, str]]:
    # Geometries stand between single quotes and hold commas.
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig", errors="replace")), quotechar="'")
    missing = [column for column in needed if column not in (reader.fieldnames or ())]
    if missing:
        raise DataError(f"{name}: is not PyPSA-Eur's table (no {', '.join(missing)}); fetch it from {BASE}")
    for row in reader:
        if None in row.values() or None in row:
            raise DataError(
                f"{name}:{reader.line_num}: has not the {len(reader.fieldnames or ())} columns of the header"
            )
        yield row
