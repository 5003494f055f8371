"""RTE's open data (ODRE): France's substations, and the circuits that join them."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping

from grid.network import Circuit, Station, StationKind, is_private, kilovolts, line_code
from zonerisk.core.errors import DataError

BASE = "https://odre.opendatasoft.com/api/explore/v2.1/catalog/datasets"
DATASETS = ("postes-electriques-rte", "lignes-aeriennes-rte-nv", "lignes-souterraines-rte-nv")


def export_url(dataset: str) -> str:
    """Return the address of a whole data set as CSV."""
    return f"{BASE}/{dataset}/exports/csv"


def read_stations(data: bytes, name: str) -> tuple[Station, ...]:
    """Read substations from any of their published shapes.

    These are the CSV of 2024 with coordinates (latin-1, ``;``), the GeoJSON and the
    records of 2026 without (geometry null), and the CSV export with the same columns as
    those. A station without a position is kept: names, codes and voltages stay useful.
    """
    text = _decoded(data)
    if text.lstrip().startswith(("{", "[")):
        rows = _json_rows(text, name)
    else:
        rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    stations = [_station(row) for row in rows]
    if not all(stations) or not stations:
        raise DataError(f"{name}: is not RTE's list of substations (no code_poste); fetch {DATASETS[0]}")
    return tuple(station for station in stations if station)


def read_circuits(data: bytes, name: str, stations: Iterable[Station]) -> tuple[Circuit, ...]:
    """Read circuits; a row may carry up to five, each with its own code.

    The stations' names resolve the ends of teed circuits, whose code names only the tee.
    """
    rows = list(csv.DictReader(io.StringIO(_decoded(data)), delimiter=";"))
    if not rows or not any(_pick(row, "Code ligne 1", "code_ligne", "code_ligne_1") for row in rows):
        raise DataError(
            f"{name}: is not RTE's list of lines (no Code ligne); fetch {DATASETS[1]} or {DATASETS[2]}"
        )
    known = {_plain(station.name): station.code for station in stations if station.code}
    circuits: dict[str, Circuit] = {}
    for row in rows:
        for number in ("1", "2", "3", "4", "5"):
            code, title = (
                _pick(row, f"{column} ligne {number}", f"{key}_{number}", key if number == "1" else "")
                for column, key in (("Code", "code_ligne"), ("Nom", "nom_ligne"))
            )
            if circuit := _circuit(code, title, known):
                circuits[code] = circuit
    return tuple(circuits[code] for code in sorted(circuits))


def locate(stations: Iterable[Station], mapped: Iterable[Station]) -> tuple[Station, ...]:
    """Return stations, those without a position at that of the mapped one with the same RTE code."""
    places = {station.code: station for station in mapped if station.code and station.lat is not None}
    return tuple(
        station._replace(lat=place.lat, lon=place.lon)
        if station.lat is None and (place := places.get(station.code or ""))
        else station
        for station in stations
    )


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _json_rows(text: str, name: str) -> list[dict[str, object]]:
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}:{error.lineno}: is not JSON: {error.msg}") from None
    if isinstance(tree, dict) and isinstance(tree.get("features"), list):
        return [
            {**(row.get("properties") or {}), "geometry": row.get("geometry")}
            for row in tree["features"]
            if isinstance(row, dict)
        ]
    rows = tree.get("results") if isinstance(tree, dict) else tree
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _pick(row: Mapping[str, object], *keys: str) -> str:
    """Return the first of some fields that holds text, as it stands: codes are padded with spaces."""
    values = (row.get(key) for key in keys)
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def _station(row: Mapping[str, object]) -> Station | None:
    code = _pick(row, "Code poste", "code_poste").strip()
    if not code:
        return None
    name = " ".join(_pick(row, "Nom poste", "nom_poste").split()) or code
    function = _pick(row, "FONCTION", "fonction").lower()
    kind: StationKind = "private" if is_private(name) else "substation"
    if "piquage" in function:
        kind = "joint"
    kv = kilovolts(_pick(row, "Tension (kV)", "tension"))
    return Station(f"rte/{code}", name, kv, kind, code, *_place(row))


def _place(row: Mapping[str, object]) -> tuple[float | None, float | None]:
    geometry = row.get("geometry")
    if isinstance(geometry, dict) and geometry.get("type") == "Point":
        lon, lat = geometry["coordinates"][:2]
        return float(lat), float(lon)
    titles = (("Latitude poste (DD)", "latitude_poste"), ("Longitude poste (DD)", "longitude_poste"))
    try:
        lat, lon = (float(_pick(row, *keys)) for keys in titles)
    except ValueError:
        return None, None
    return lat, lon


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", " ", bare.upper()).strip()


def _circuit(code: str, name: str, known: Mapping[str, str]) -> Circuit | None:
    parts = line_code(code)
    if parts is None:
        return None
    ends = tuple(end for end in (parts.a, parts.b) if not end.startswith("Z"))
    named = {known[part] for part in _terminals(name) if part in known and len(ends) < 2}
    return Circuit(code, parts.kv, tuple(sorted({*ends, *named})))


def _terminals(name: str) -> list[str]:
    """Split ``LIAISON 225kV N0 1 OFFING (L ) - TESTVILLE - QUAI`` into its stations."""
    ends = re.sub(r"^\s*LIAISON\s+\d+\s*KV\s+N[O0]?\s*\d+\s*", "", name, flags=re.IGNORECASE)
    return [_plain(part) for part in re.split(r"\s+-\s+", ends)]
