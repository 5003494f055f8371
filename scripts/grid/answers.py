"""Answers of remote services: what each tells of stations, circuits, supply areas and carrier houses.

PeeringDB's terms allow research and forbid passing its tables on: a user's own copy is read, and nothing of
it ships.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from grid.network import Circuit, Kind, Station, kilovolts, supplier
from zonerisk.catalogue import gazetteer
from zonerisk.core.errors import DataError
from zonerisk.layers import files, http

if TYPE_CHECKING:
    import geopandas as gpd

    from zonerisk.core.model import Position

# What OpenStreetMap's stations are, where they are no plain substations.
_KINDS: dict[str, Kind] = {
    "minor_distribution": "minor",
    "minor": "minor",
    "traction": "traction",
    "industrial": "private",
    "generation": "private",
    "transition": "joint",
}
# Mappers tag a data centre in three ways.
DATA_CENTRE_KEYS = ("telecom", "building", "man_made")
# How RTE codes a circuit: its ends, of five letters each, around its voltage's level and its number.
_LINE_CODE = re.compile(r"(?P<a>.{5})L[3-7].(?P<b>.{5})")
_SUPPLY_NAMES = ("GSPs", "GSP", "GSPGroup", "gsp_name")
# How far off PeeringDB's addresses may be, metres.
_VAGUE_M = 5000.0


class Facility(NamedTuple):
    """A carrier house; a campus or substations of None are not stated, which is not that there are none."""

    id: int
    name: str
    lat: float | None
    lon: float | None
    campus: int | None
    diverse_substations: bool | None
    networks: int


def text(row: Mapping[str, object], key: str) -> str:
    """Return what a field says; nothing where it holds no text."""
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""


def number(row: Mapping[str, object], key: str) -> float | None:
    """Return a number; None where it is missing, null or no number."""
    value = row.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def overpass(data: bytes, name: str) -> list[Station]:
    """Read OpenStreetMap's stations, lines, cables and data centres, each marked as what it is.

    A line's note is the number of its circuits, a data centre's its operator.
    """
    stations = []
    for row in http.rows(data, name, "elements"):
        tags = files.mapping(row, "tags")
        at = row if row.get("type") == "node" else files.mapping(row, "center")
        lat, lon = number(at, "lat"), number(at, "lon")
        power, title, operator = text(tags, "power"), text(tags, "name"), text(tags, "operator")
        note, kv = "", kilovolts(text(tags, "voltage"))
        if power in ("line", "cable"):
            if not isinstance(row.get("geometry"), list):
                continue
            buried = power == "cable" or tags.get("location") == "underground"
            kind: Kind = "cable" if buried else "line"
            note = f"{circuits} circuits" if (circuits := text(tags, "circuits")).isdigit() else ""
        elif lat is None or lon is None:
            continue
        elif power == "substation":
            title = title or "unnamed station"
            kind = _KINDS.get(text(tags, "substation")) or supplier(title, operator)
        elif any(tags.get(key) == "data_center" for key in DATA_CENTRE_KEYS):
            kind, kv, note = "datacenter", None, operator
        else:
            continue
        key, code = f"{row.get('type')}/{row.get('id')}", text(tags, "ref:FR:RTE") or None
        stations.append(Station(key, title, kv, kind, code, lat, lon, note))
    return stations


def hifld(data: bytes, name: str) -> list[Station]:
    """Read the features of HIFLD's copies; taps are marked, unknown voltages are None."""
    stations = []
    for row in http.rows(data, name, "features"):
        fields = files.mapping(row, "properties")
        place = files.mapping(row, "geometry").get("coordinates")
        lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
        # HIFLD makes up names for what it does not know: UNKNOWN900002, TAP900003.
        title = re.sub(r"^(UNKNOWN.*)?$", "unnamed station", text(fields, "NAME"))
        key, kv = f"hifld/{text(fields, 'ID')}", number(fields, "MAX_VOLT") or 0
        kind = supplier(title) if text(fields, "TYPE") == "SUBSTATION" else "tap"
        stations.append(Station(key, title, kv if kv > 0 else None, kind, None, lat, lon))
    return stations


def _table(data: bytes, name: str, *needed: str, **dialect: Any) -> Iterator[dict[str, str]]:
    """Read the rows of CSV, each of which must have the columns needed; ODRE names its own by titles, too."""
    try:
        lines = io.StringIO(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        lines = io.StringIO(data.decode("latin-1"))
    reader = csv.DictReader(lines, **dialect)
    reader.fieldnames = columns = [column.lower().replace(" ", "_") for column in reader.fieldnames or ()]
    row: dict[Any, Any] = {}
    for row in reader:
        if None in row.values() or None in row:
            raise DataError(f"{name}:{reader.line_num}: has not the {len(columns)} columns of the header")
        if missing := [column for column in needed if not row.get(column)]:
            raise DataError(f"{name}: is not the table expected: it has no {' or '.join(missing)}")
        yield row
    if not row:
        raise DataError(f"{name}: holds no rows")


def odre_stations(data: bytes, name: str) -> list[Station]:
    """Read RTE's substations: names, codes and voltages, for their positions are withdrawn."""
    stations = []
    for row in _table(data, name, "code_poste", delimiter=";"):
        code, title = row["code_poste"].strip(), " ".join(row["nom_poste"].split())
        kind = "joint" if "piquage" in row["fonction"].lower() else supplier(title)
        kv = kilovolts(row.get("tension") or row.get("tension_(kv)"))
        stations.append(Station(f"rte/{code}", title or code, kv, kind, code))
    return stations


def odre_circuits(data: bytes, name: str, stations: Iterable[Station]) -> list[Circuit]:
    """Read circuits; a row may carry up to five, each with its own code.

    The stations' names resolve the ends of teed circuits, whose code names only the tee:
    ``LIAISON 225kV N0 1 OFFING (L ) - TESTVILLE - QUAI``.
    """
    known = {_plain(station.name): station.code for station in stations if station.code}
    circuits = {}
    for row in _table(data, name, delimiter=";"):
        for number in ("", "_1", "_2", "_3", "_4", "_5"):
            code, title = row.get(f"code_ligne{number}", ""), row.get(f"nom_ligne{number}", "")
            coded = line_code(code)
            ends = {end for end in coded if not end.startswith("Z")}
            if coded and len(ends) < 2:
                listed = re.sub(r"^\s*LIAISON\s+\d+\s*KV\s+N[O0]?\s*\d+\s*", "", title, flags=re.IGNORECASE)
                ends |= {known[part] for part in map(_plain, re.split(r"\s+-\s+", listed)) if part in known}
            if coded:
                circuits[code] = Circuit(code, tuple(f"rte/{end}" for end in sorted(ends)))
    if not circuits:
        raise DataError(f"{name}: is not RTE's list of lines (no code_ligne)")
    return [circuits[code] for code in sorted(circuits)]


def located(stations: Iterable[Station], mapped: Iterable[Station]) -> list[Station]:
    """Return RTE's stations, each at the place of OpenStreetMap's with its code, if there is one."""
    places: dict[str | None, Any] = {spot.code: {"lat": spot.lat, "lon": spot.lon} for spot in mapped}
    return [station._replace(**places.get(station.code, {})) for station in stations]


def line_code(code: str) -> tuple[str, ...]:
    """Return the two ends of a circuit by RTE's code for it, ``CHEVIL61VLEJU``; none if it is no such code.

    Codes of fewer letters are padded: ``NEY  L61TESTV`` runs from NEY to TESTV.
    """
    match = _LINE_CODE.fullmatch(code)
    return (match["a"].strip(), match["b"].strip()) if match else ()


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", " ", bare.upper()).strip()


def pypsa_stations(data: bytes, name: str) -> list[Station]:
    """Read stations from PyPSA-Eur's buses, one for all voltage levels of a yard.

    A bus whose id was made up (``FR999``) is a line's end or a tee: it is a ``joint``.
    """
    stations: dict[str, Station] = {}
    # Geometries stand between single quotes and hold commas.
    for row in _table(data, name, "bus_id", "voltage", quotechar="'"):
        key, kv = _yard(row["tags"] or row["bus_id"]), float(row["voltage"])
        used = "t" not in (row["dc"], row["under_construction"])
        if used and (key not in stations or (stations[key].kv or 0) < kv):
            kind: Kind = "substation" if "/" in key else "joint"
            stations[key] = Station(key, key, kv, kind, None, float(row["y"]), float(row["x"]))
    return [stations[key] for key in sorted(stations)]


def pypsa_circuits(data: bytes, name: str) -> list[Circuit]:
    """Read circuits between stations; a line between two levels of one yard is none."""
    circuits = []
    for row in _table(data, name, "line_id", "bus0", "bus1", quotechar="'"):
        ends = tuple(sorted({_yard(row["bus0"]), _yard(row["bus1"])}))
        if len(ends) == 2 and row["under_construction"] != "t":
            circuits.append(Circuit(row["line_id"], ends))
    return circuits


def _yard(bus: str) -> str:
    """Return a bus id without the voltage level: ``relation/900003-225`` to ``relation/900003``."""
    return re.sub(r"(?<=.)-\d+$", "", bus)


def supply_areas(data: bytes, name: str) -> gpd.GeoSeries:
    """Read the areas of Great Britain's grid supply points, by name, from the zip that NESO publishes."""
    if not data.startswith(b"PK"):
        raise DataError(f"{name}: cannot be read as a zip of areas")
    # The zip holds the same areas in degrees and on the British grid; either will do.
    frame = files.vector(data, name, first=True)
    column = next((column for column in _SUPPLY_NAMES if column in frame.columns), None)
    if column is None:
        raise DataError(f"{name}: no column names the supply points ({', '.join(_SUPPLY_NAMES)})")
    areas = frame.set_index(frame[column].astype(str)).geometry.dropna()
    return areas.set_crs(27700) if areas.crs is None else areas.to_crs(27700)


def feeding(areas: gpd.GeoSeries, position: Position) -> list[str]:
    """Name the supply points whose area the site's disc touches."""
    from geopandas import points_from_xy

    here = points_from_xy([position.lon], [position.lat], crs=4326).to_crs(27700)[0]
    return sorted({*areas.index[areas.distance(here) <= position.uncertainty_m]})


def facilities(data: bytes, name: str) -> list[Facility]:
    """Read PeeringDB's table ``fac``; one without coordinates, or with some outside its country, has none.

    They are held against the country as a record is: axes get exchanged there.
    """
    sites = []
    for row in _current(data, name):
        lat, lon, country = number(row, "latitude"), number(row, "longitude"), text(row, "country")
        if (
            lat is None
            or lon is None
            or not (abs(lat) <= 90 and abs(lon) <= 180)
            or (len(country) == 2 and gazetteer.misplaced(lat, lon, country, _VAGUE_M))
        ):
            lat = lon = None
        stated, campus = row.get("diverse_serving_substations"), _id(row, "campus_id") or None
        diverse, count = stated if isinstance(stated, bool) else None, _id(row, "net_count")
        sites.append(Facility(_id(row, "id"), text(row, "name"), lat, lon, campus, diverse, count))
    return sites


def names(data: bytes, name: str) -> dict[int, str]:
    """Read the names in table ``ix`` or ``campus``, by id."""
    return {_id(row, "id"): text(row, "name") for row in _current(data, name)}


def pairs(data: bytes, name: str, key: str, other: str) -> dict[int, set[int]]:
    """Read which ids stand beside each id, in two columns of ``netfac``, ``netixlan`` or ``ixfac``."""
    groups: dict[int, set[int]] = defaultdict(set)
    for row in _current(data, name):
        groups[_id(row, key)].add(_id(row, other))
    return dict(sorted(groups.items()))


def _current(data: bytes, name: str) -> Iterator[Mapping[str, object]]:
    for row in http.rows(data, name, "data"):
        if row.get("status", "ok") == "ok" and row.get("operational") is not False:
            yield row


def _id(row: Mapping[str, object], key: str) -> int:
    return int(number(row, key) or 0)
