"""Measured round trips: an upper bound of fibre, which refutes distances and never proves one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from zonerisk.catalogue.catalog import simplify
from zonerisk.core.errors import DataError, UsageError
from zonerisk.judging.separation import LIGHT_KM_PER_MS

MAX_BYTES = 20_000_000
LOCAL_FLOOR_MS = 0.08
"""Round trip inside one zone, without any way to go: machines and switches (IBM 2026)."""
CAMPUS_MS = 0.15
"""Up to here two zones differ from one by a few kilometres of fibre at most."""


class Trip(NamedTuple):
    """A round trip between two places; ``region`` is empty where the table names none."""

    a: str
    b: str
    ms: float
    region: str = ""


@dataclass(frozen=True)
class Bound:
    """What a round trip says.

    Attributes
    ----------
    fibre_km
        No more fibre than this lies between the two: light in the whole round trip.
    likely_km
        The same once the local floor is taken off.
    """

    trip: Trip
    fibre_km: float
    likely_km: float

    @property
    def campus(self) -> bool:
        """True where the two can hardly be more than one campus."""
        return self.trip.ms <= CAMPUS_MS


def bound(trip: Trip, floor_ms: float = LOCAL_FLOOR_MS) -> Bound:
    """Bound the fibre between two places from above."""
    per_ms = LIGHT_KM_PER_MS / 2
    return Bound(trip, trip.ms * per_ms, max(0.0, trip.ms - floor_ms) * per_ms)


def refutes(found: Bound, claimed_km: float) -> bool:
    """Tell whether a round trip is too short for a claimed distance.

    The whole round trip is counted as fibre, and fibre is never shorter than the straight
    line, so this holds whatever the way and the machines.
    """
    return found.fibre_km < claimed_km


def read(data: bytes, name: str) -> tuple[Trip, ...]:
    """Read a table of round trips; the least of several for one pair counts.

    These shapes are known: CSV with columns ``a, b, rtt_ms`` (or ``src, dst`` or ``source,
    destination``; ``rtt_ms_min``, ``rtt_ms_p50``, ``latency``) and perhaps ``region``, as
    IBM's and Azure's tables were transcribed; CSV as a square matrix; JSON of
    cloudping (``{"data": {a: {b: ms}}}``); JSON of Azure's zones (a list of ``sourceZone``,
    ``destinationZone``, ``latency``). A value may carry its unit: ``412 us``, ``0.43 ms``.

    Raises
    ------
    DataError
        If it is none of them, or a value is no round trip.
    """
    if len(data) > MAX_BYTES:
        raise DataError(f"{name}: {len(data)} bytes; a table of round trips stays under {MAX_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    trips = _json(text, name) if text.lstrip()[:1] in ("{", "[") else _csv(text, name)
    least: dict[tuple[str, str, str], Trip] = {}
    for trip in trips:
        # The two ways of a pair are one path; what is measured inside one zone is none.
        a, b = sorted((trip.a, trip.b))
        key = (trip.region, a, b)
        if a != b and (key not in least or trip.ms < least[key].ms):
            least[key] = Trip(a, b, trip.ms, trip.region)
    if not least:
        raise DataError(f"{name}: holds no round trip between two different places")
    return tuple(least[key] for key in sorted(least))


def milliseconds(text: str) -> float:
    """Read a round trip with or without its unit; a bare number is in milliseconds.

    Raises
    ------
    ValueError
        If it is no positive time.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(us|µs|μs|ms|s)?\s*", text)
    value = (
        float(match[1]) * {"us": 1e-3, "µs": 1e-3, "μs": 1e-3, "s": 1e3}.get(match[2] or "ms", 1.0)
        if match
        else 0.0
    )
    if not 0 < value < 60_000:
        raise ValueError(f"{text!r} is no round trip; write milliseconds, or 412 us")
    return value


def of_region(trips: Iterable[Trip], region_id: str, names: Iterable[str]) -> tuple[Trip, ...]:
    """Keep the round trips of one region, where a table tells regions apart.

    Raises
    ------
    UsageError
        If the table names regions, and this one is not among them.
    """
    listed = tuple(trips)
    regions = sorted({trip.region for trip in listed if trip.region})
    if not regions:
        return listed
    wanted = {
        simplify(region_id),
        simplify(region_id.partition("-")[2]),
        *(simplify(name) for name in names),
    }
    kept = tuple(trip for trip in listed if simplify(trip.region) in wanted)
    if not kept:
        raise UsageError(f"the table has no rows of {region_id}; its regions are {', '.join(regions[:20])}")
    return kept


_ENDS = (
    ("a", "b"),
    ("src", "dst"),
    ("source", "destination"),
    ("from", "to"),
    ("sourcezone", "destinationzone"),
    ("zone_a", "zone_b"),
)
_VALUES = ("rtt_ms", "rtt_ms_min", "rtt_ms_p50", "rtt_ms_mean", "latency_ms", "latency", "rtt")


def _csv(text: str, name: str) -> list[Trip]:
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise DataError(f"{name}: is no table: it needs a header and rows; {_SHAPES}")
    header = [cell.strip().lower() for cell in rows[0]]
    ends = next((pair for pair in _ENDS if set(pair) <= set(header)), None)
    value = next((column for column in _VALUES if column in header), None)
    if ends is None or value is None:
        if len(rows) - 1 <= len(rows[0]) and len(header) > 2:
            return _matrix(rows, name)
        raise DataError(f"{name}:1: the columns are {', '.join(header[:8])}; {_SHAPES}")
    at = {column: header.index(column) for column in (*ends, value)}
    region = header.index("region") if "region" in header else None
    trips = []
    for line, row in enumerate(rows[1:], 2):
        try:
            trips.append(
                Trip(
                    row[at[ends[0]]].strip(),
                    row[at[ends[1]]].strip(),
                    milliseconds(row[at[value]]),
                    row[region].strip() if region is not None else "",
                )
            )
        except IndexError:
            raise DataError(f"{name}:{line}: {len(row)} of {len(header)} columns") from None
        except ValueError as error:
            raise DataError(f"{name}:{line}: {value}: {error}") from None
    return trips


def _matrix(rows: list[list[str]], name: str) -> list[Trip]:
    columns = [cell.strip() for cell in rows[0][1:]]
    trips = []
    for line, row in enumerate(rows[1:], 2):
        for column, cell in zip(columns, row[1:], strict=False):
            if cell.strip() and column != row[0].strip():
                try:
                    trips.append(Trip(row[0].strip(), column, milliseconds(cell)))
                except ValueError as error:
                    raise DataError(f"{name}:{line}: {column}: {error}; {_SHAPES}") from None
    return trips


_SHAPES = "write columns a, b, rtt_ms and perhaps region, a square matrix, or cloudping's or Azure's JSON"


def _json(text: str, name: str) -> list[Trip]:
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}:{error.lineno}: is not JSON: {error.msg}") from None
    try:
        if isinstance(tree, list):
            return [_zone_pair(row) for row in tree]
        table: Mapping[str, Mapping[str, object]] = tree.get("data", tree)
        return [
            Trip(a, b, milliseconds(str(value)))
            for a, row in table.items()
            for b, value in row.items()
            if a != b and value is not None
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{name}: is no known table ({error}); {_SHAPES}") from None
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None


def _zone_pair(row: Mapping[str, object]) -> Trip:
    value = row["latency"] if "latency" in row else row["rtt_ms"]
    return Trip(
        str(row["sourceZone"]),
        str(row["destinationZone"]),
        milliseconds(str(value)),
        str(row.get("region", "")),
    )
