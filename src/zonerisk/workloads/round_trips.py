"""Measured round trips: an upper bound of fibre, which refutes claims and places and never proves one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core import errors
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.geometry import Interval, most_fibre_m
from zonerisk.core.model import simplify
from zonerisk.judging import arrangement, recovery
from zonerisk.words import findings as wording

MAX_BYTES = 20_000_000
LOCAL_FLOOR_MS = 0.08
"""Round trip inside one zone, without any way to go: machines and switches (IBM 2026)."""
_ENDS = (
    ("a", "b"),
    ("src", "dst"),
    ("source", "destination"),
    ("from", "to"),
    ("sourcezone", "destinationzone"),
    ("zone_a", "zone_b"),
)
_VALUES = ("rtt_ms", "rtt_ms_min", "rtt_ms_p50", "rtt_ms_mean", "latency_ms", "latency", "rtt")
_SHAPES = "write columns a, b, rtt_ms and perhaps region, a square matrix, or cloudping's or Azure's JSON"


class Trip(NamedTuple):
    """A round trip between two places; ``region`` is empty where the table names none."""

    a: str
    b: str
    ms: float
    region: str = ""

    @property
    def campus(self) -> bool:
        """True where the two are as near as zones of one campus are."""
        return self.ms <= arrangement.CAMPUS_MS

    def fibre_km(self, floor_ms: float = 0.0) -> float:
        """Bound the fibre between the two from above; with a floor, what machines and switches take is off.

        Without one, the whole round trip is counted as fibre, and fibre is never shorter than the straight
        line: a greater distance is refuted, whatever the way and the machines.
        """
        return most_fibre_m(max(0.0, self.ms - floor_ms)) / 1000


class Judged(NamedTuple):
    """A round trip, the distance of its ends in the catalogue, and the clauses that it contradicts."""

    trip: Trip
    likely_km: float
    straight_m: Interval | None
    refuted: tuple[str, ...]

    @property
    def message(self) -> str:
        """All of it in one line."""
        a, b, ms, _ = self.trip
        fibre_m, likely_m = 1000 * self.trip.fibre_km(), 1000 * self.likely_km
        refuted = "; refutes ".join(self.refuted)
        return wording.round_trip(a, b, ms, fibre_m, likely_m, self.trip.campus, refuted)


def judge(
    catalog: Catalog, region_id: str, trips: Iterable[Trip], as_of: str, floor_ms: float = LOCAL_FLOOR_MS
) -> tuple[Judged, ...]:
    """Hold round trips against the claims and places of a region.

    Zones are known by id, key or name, regions by id, code or name. Rows of a table that
    names the region in a column count even where the zone names are not the catalogue's:
    an account's zone 1 is not the provider's.
    """
    by_zones, _, _ = arrangement.arranged(catalog, region_id, as_of)
    region, provider = catalog.region(region_id), catalog.provider(catalog.region(region_id).provider)
    listed = list(trips)
    if tables := sorted({trip.region for trip in listed if trip.region}):
        wanted = {region.id, region.id.partition("-")[2], region.name, region.town or region.name}
        here = set(map(simplify, wanted))
        listed = [trip for trip in listed if simplify(trip.region) in here]
        if not listed:
            raise UsageError(
                f"the table has no rows of {region.id}; its regions are {', '.join(tables[:20])}"
            )
    units = {unit.id: unit for unit in by_zones.domains}
    # Zones for which sites stand that nobody ties to them are undisclosed here.
    maybe = arrangement.candidates(region, catalog.sites_of(region_id), as_of)
    for zone in arrangement.zones_sold(region, as_of):
        name = zone.name or zone.id.partition("/")[2]
        units.setdefault(zone.id, arrangement.FailureDomain(zone.id, name, (), maybe))
    zones = {
        simplify(name): unit
        for unit in units.values()
        for name in (unit.id, unit.id.partition("/")[2], unit.name)
    }
    peers = {
        simplify(name): peer.id
        for peer in (*map(catalog.region, catalog.regions_of(region.provider)), region)
        for name in (peer.id, peer.id.removeprefix(f"{peer.provider}-"), peer.name)
    }
    judged = []
    for trip in listed:
        a, b = simplify(trip.a), simplify(trip.b)
        straight, least = None, "separation-min"
        if a in zones and b in zones and zones[a] is not zones[b]:
            straight = arrangement.distance_m(zones[a], zones[b])
        elif not trip.region:
            met = {peers.get(a), peers.get(b)}
            other = next(iter(met - {region_id}), None)
            if region_id not in met or other is None:
                continue
            ends = (recovery.endpoint(catalog, key, as_of).discs for key in (region_id, other))
            straight, least = recovery.between(*ends), "dr-distance"
        fibre_km, refuted = trip.fibre_km(), []
        for claim in by_zones.claims:
            if claim.value is None:
                continue
            if claim.kind == least and fibre_km < claim.value:
                refuted.append(wording.too_near(claim.text, claim.value))
            elif claim.kind == "rtt-max" and least == "separation-min" and trip.ms > claim.value:
                refuted.append(wording.too_slow(claim.text, trip.ms))
        if straight and straight.high is not None and fibre_km < straight.low / 1000:
            refuted.append(wording.places_apart(straight))
        judged.append(Judged(trip, trip.fibre_km(floor_ms), straight, tuple(refuted)))
    if not judged:
        names = list(dict.fromkeys(unit.name for unit in zones.values()))[:8]
        raise UsageError(
            f"no row joins two zones of {region.id}, or it and another region of "
            f"{provider.name}; its zones: {', '.join(names) or 'none'}; in the "
            f"table: {', '.join(sorted({trip.a for trip in listed})[:8])}"
        )
    return tuple(judged)


def read(data: bytes, name: str) -> tuple[Trip, ...]:
    """Read a table of round trips; the least of several for one pair counts.

    These shapes are known: CSV with columns ``a, b, rtt_ms`` (or ``src, dst`` or ``source,
    destination``; ``rtt_ms_min``, ``rtt_ms_p50``, ``latency``) and perhaps ``region``, as
    IBM's and Azure's tables were transcribed; CSV as a square matrix; JSON of
    cloudping (``{"data": {a: {b: ms}}}``); JSON of Azure's zones (a list of ``sourceZone``,
    ``destinationZone``, ``latency``). A value may carry its unit: ``412 us``, ``0.43 ms``.
    """
    if len(data) > MAX_BYTES:
        raise DataError(f"{name}: {len(data)} bytes; a table of round trips stays under {MAX_BYTES}")
    with errors.reading(name, "is not UTF-8; save it as UTF-8"):
        text = data.decode("utf-8-sig")
    with errors.reading(name, "is not a table of round trips"):
        trips = _json(text, name) if text.lstrip()[:1] in ("{", "[") else _csv(text, name)
    least: dict[tuple[str, str, str], Trip] = {}
    for trip in sorted(trips, key=lambda trip: trip.ms):
        # The two ways of a pair are one path; what is measured inside one zone is none.
        a, b = sorted((trip.a, trip.b))
        if a != b:
            least.setdefault((trip.region, a, b), trip._replace(a=a, b=b))
    if not least:
        raise DataError(f"{name}: holds no round trip between two different places")
    return tuple(least[key] for key in sorted(least))


def milliseconds(text: str) -> float:
    """Read a round trip with or without its unit; a bare number is in milliseconds."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(us|µs|μs|ms|s)?\s*", text)
    per = {"us": 1e-3, "µs": 1e-3, "μs": 1e-3, "s": 1e3}
    value = float(match[1]) * per.get(match[2] or "ms", 1.0) if match else 0.0
    if not 0 < value < 60_000:
        raise ValueError(f"{text!r} is not a round trip; write milliseconds, or 412 us")
    return value


def _csv(text: str, name: str) -> list[Trip]:
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise DataError(f"{name}: is not a table: it needs a header and rows; {_SHAPES}")
    header = [cell.strip().lower() for cell in rows[0]]
    ends = next((pair for pair in _ENDS if set(pair) <= set(header)), None)
    value = next((column for column in _VALUES if column in header), None)
    hint = "" if ends and value else f"; {_SHAPES}"
    if hint and not 3 <= len(header) >= len(rows) - 1:
        raise DataError(f"{name}:1: the columns are {', '.join(header[:8])}{hint}")
    trips = []
    for line, row in enumerate(rows[1:], 2):
        named = dict(zip(header, row, strict=False))
        if not ends or not value:
            columns = zip(map(str.strip, rows[0][1:]), row[1:], strict=False)
            cells = [
                (at, row[0], at, cell, "") for at, cell in columns if cell.strip() and at != row[0].strip()
            ]
        elif named.keys() >= {*ends, value, *({"region"} & set(header))}:
            a, b = (named[end] for end in ends)
            cells = [(value, a, b, named[value], named.get("region", ""))]
        else:
            raise DataError(f"{name}:{line}: {len(row)} of {len(header)} columns")
        for column, a, b, cell, region in cells:
            try:
                trips.append(Trip(a.strip(), b.strip(), milliseconds(cell), region.strip()))
            except ValueError as error:
                raise DataError(f"{name}:{line}: {column}: {error}{hint}") from None
    return trips


def _json(text: str, name: str) -> list[Trip]:
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}:{error.lineno}: is not JSON: {error.msg}") from None
    with errors.reading(name, f"is not a known table; {_SHAPES}"):
        if isinstance(tree, list):
            rows = ((row["sourceZone"], row["destinationZone"], row) for row in tree)
            cells = [
                (a, b, row.get("latency", row.get("rtt_ms")), row.get("region", "")) for a, b, row in rows
            ]
        else:
            table = tree.get("data", tree)
            cells = [
                (a, b, value, "")
                for a, row in table.items()
                for b, value in row.items()
                if a != b and value is not None
            ]
        return [Trip(str(a), str(b), milliseconds(str(value)), str(region)) for a, b, value, region in cells]
