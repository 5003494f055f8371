"""OpenStreetMap by Overpass: stations, lines and data centres around a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from grid import fields
from grid.network import Station, StationKind, is_private, kilovolts
from zonerisk.layers import files, http

ENDPOINTS = (
    "https://overpass-api.de/api/interpreter",
    "https://overpass.kumi.systems/api/interpreter",
)
_SELECT = {
    "stations": 'nwr["power"="substation"]({around});',
    "lines": 'way["power"~"^(line|cable)$"]["voltage"]({around});',
    # Mappers tag a data centre in three ways.
    "datacenters": 'nwr["telecom"="data_center"]({around});nwr["building"="data_center"]({around});'
    'nwr["man_made"="data_center"]({around});',
}
_DATA_CENTRE_KEYS = ("telecom", "building", "man_made")
_KINDS: dict[str, StationKind] = {
    "minor_distribution": "minor",
    "minor": "minor",
    "traction": "traction",
    "industrial": "private",
    "generation": "private",
    "transition": "joint",
}


class Line(NamedTuple):
    """A line or cable as mapped, with the latitudes and longitudes along it, WGS 84."""

    id: str
    name: str
    kv: float | None
    circuits: int | None
    underground: bool
    points: tuple[tuple[float, float], ...]


class DataCentre(NamedTuple):
    """A data centre as mapped."""

    id: str
    name: str
    operator: str
    lat: float
    lon: float


def query(what: str, lat: float, lon: float, reach_m: float) -> str:
    """Word a query for ``stations``, ``lines`` or ``datacenters`` around a place."""
    around = f"around:{reach_m:.0f},{lat:.5f},{lon:.5f}"
    out = "out geom tags;" if what == "lines" else "out center tags;"
    return f"[out:json][timeout:60];({_SELECT[what].format(around=around)});{out}"


def read_stations(data: bytes, name: str) -> tuple[Station, ...]:
    """Read stations; traction, minor and private ones are marked, not dropped."""
    stations = []
    for row in http.rows(data, name, "elements"):
        tags, place = files.mapping(row, "tags"), _place(row)
        if tags.get("power") != "substation" or place is None:
            continue
        title = fields.text(tags, "name") or "unnamed station"
        kind = _KINDS.get(fields.text(tags, "substation"), "substation")
        if kind == "substation" and is_private(title, fields.text(tags, "operator")):
            kind = "private"
        kv, code = kilovolts(fields.text(tags, "voltage")), fields.text(tags, "ref:FR:RTE") or None
        stations.append(Station(_id(row), title, kv, kind, code, *place))
    return tuple(stations)


def read_lines(data: bytes, name: str) -> tuple[Line, ...]:
    """Read lines and cables with their geometry."""
    lines = []
    for row in http.rows(data, name, "elements"):
        tags, geometry = files.mapping(row, "tags"), row.get("geometry")
        if tags.get("power") not in ("line", "cable") or not isinstance(geometry, list):
            continue
        points = tuple((float(point["lat"]), float(point["lon"])) for point in geometry if point)
        title, circuits = fields.text(tags, "name"), fields.text(tags, "circuits")
        kv, count = kilovolts(fields.text(tags, "voltage")), int(circuits) if circuits.isdigit() else None
        underground = tags.get("power") == "cable" or tags.get("location") == "underground"
        lines.append(Line(_id(row), title, kv, count, underground, points))
    return tuple(lines)


def read_datacentres(data: bytes, name: str) -> tuple[DataCentre, ...]:
    """Read data centres under any of the three tags."""
    houses = []
    for row in http.rows(data, name, "elements"):
        tags, place = files.mapping(row, "tags"), _place(row)
        if place and any(tags.get(key) == "data_center" for key in _DATA_CENTRE_KEYS):
            title, operator = fields.text(tags, "name"), fields.text(tags, "operator")
            houses.append(DataCentre(_id(row), title, operator, *place))
    return tuple(houses)


def _id(row: Mapping[str, object]) -> str:
    return f"{row.get('type')}/{row.get('id')}"


def _place(row: Mapping[str, object]) -> tuple[float, float] | None:
    at = row if row.get("type") == "node" else files.mapping(row, "center")
    lat, lon = fields.number(at, "lat"), fields.number(at, "lon")
    return None if lat is None or lon is None else (lat, lon)
