"""The power grid as published: stations, circuits, and what lies upstream of what."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING, Literal, NamedTuple

from zonerisk.core.geometry import geodesic_m, span_deg
from zonerisk.core.samples import MOST, Upstream, could_be_nearest

if TYPE_CHECKING:
    import networkx

    from zonerisk.core.model import Position

StationKind = Literal["substation", "joint", "tap", "traction", "minor", "private"]
BACKBONE_KV = 380.0
"""From here up a station is where a search for upstreams ends (380 and 400 kV in Europe)."""
# Yards of a railway, a works or a power plant: they supply nobody else.
_PRIVATE = re.compile(
    r"\bS\.? ?N\.? ?C\.? ?F\b|\bR\.? ?F\.? ?F\b|\bSNCF\b|\bDB Energie\b|\bBahn\b|\bÖBB\b|\bSBB\b"
    r"|\bNetwork Rail\b|\bBane ?NOR\b|\bTrafikverket\b|\bProRail\b|\bRailway\b|\bAmtrak\b"
    r"|\bFERRO|\bCLIENT\b|\bCENTRALE\b|\bUSINE\b|\bRAFFINERIE\b|\bCIMENT|\bPAPETERIE|\bPRODAIR\b"
    r"|\(EOLIEN|\(SOLAIRE|\bAIR LIQUIDE\b|\bTraction\b|\bUnterwerk\b",
    re.IGNORECASE,
)

_LINE_CODE = re.compile(r"^(?P<a>.{5})L(?P<level>[3-7])(?P<circuit>.)(?P<b>.{5})$")
# The digit of a French line code; only 6 and 7 were seen with their voltage beside them.
_LEVEL_KV = {"7": 400.0, "6": 225.0, "5": 150.0, "4": 90.0, "3": 63.0}


class Station(NamedTuple):
    """A place on the grid, as its source maps it: its id there, or ``rte/`` and RTE's code.

    Only a ``substation`` can be a candidate for feeding a site. Voltage and place (WGS 84) are None where
    the source does not know or no longer publishes them; ``code`` is RTE's, of five letters.
    """

    id: str
    name: str
    kv: float | None
    kind: StationKind = "substation"
    code: str | None = None
    lat: float | None = None
    lon: float | None = None


class Circuit(NamedTuple):
    """A circuit, and the codes or ids of the stations that it joins; an end that is a tee is none."""

    code: str
    kv: float
    terminals: tuple[str, ...]


class LineCode(NamedTuple):
    """A French line code taken apart: ``CHEVIL61VLEJU``."""

    a: str
    b: str
    kv: float
    circuit: str


class Candidate(NamedTuple):
    """A station near a site. It is not known to feed it."""

    station: Station
    distance_m: float


def line_code(text: str) -> LineCode | None:
    """Take a French line code apart; None if it is not one.

    Codes of fewer letters are padded: ``NEY  L61TESTV`` runs from NEY to TESTV.
    """
    match = _LINE_CODE.match(text.strip("\ufeff\r\n"))
    if match is None:
        return None
    return LineCode(match["a"].strip(), match["b"].strip(), _LEVEL_KV[match["level"]], match["circuit"])


def kilovolts(text: str | None) -> float | None:
    """Read the highest voltage of a tag: ``225000;63000`` and ``225 kV`` are both 225.

    A bare number of 1,000 and over is in volts, as OpenStreetMap has it; what is not a
    voltage (``-999999``, ``HORS TENSION``, ``<45kV``) is None.
    """
    found = []
    for part in re.split(r"[;,/]", text or ""):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(k?v)?\s*", part, re.IGNORECASE)
        if match is None:
            continue
        value, unit = float(match[1]), (match[2] or "").lower()
        if unit == "v" or (not unit and value >= 1000):
            value /= 1000
        if 0 < value <= 1500:
            found.append(value)
    return max(found, default=None)


def is_private(*texts: str | None) -> bool:
    """Return whether a name or operator is that of a railway, a works or a power plant."""
    return any(_PRIVATE.search(text) for text in texts if text)


def nearest(position: Position, stations: Iterable[Station], reach_m: float) -> tuple[Candidate, ...]:
    """Find the stations nearest to a site, nearest first.

    At least three are given, and every one that could be the nearest from somewhere in the site's disc;
    but no more than :data:`MOST`. What is not a substation, or has no position, is passed over.
    """
    north, _ = span_deg(position.lat, reach_m)
    near = [
        Candidate(station, metres)
        for station in stations
        if station.lat is not None and abs(station.lat - position.lat) <= north
        if (metres := _distance_m(position, station, reach_m)) <= reach_m
    ]
    near.sort(key=lambda candidate: (candidate.distance_m, candidate.station.id))
    wanted = could_be_nearest([candidate.distance_m for candidate in near], position.uncertainty_m)
    return tuple(near[: min(MOST, max(3, wanted))])


def _distance_m(position: Position, station: Station, reach_m: float) -> float:
    """Return how far a substation is; infinity beyond the reach and for what is none."""
    if station.kind != "substation" or station.lat is None or station.lon is None:
        return math.inf
    # A degree is never shorter than this, and so spares most of the geodesics.
    north, east = span_deg(max(abs(station.lat), abs(position.lat)), reach_m)
    if abs(station.lat - position.lat) > north or abs((station.lon - position.lon + 180) % 360 - 180) > east:
        return math.inf
    return geodesic_m(position.lat, position.lon, station.lat, station.lon)


def graph(circuits: Iterable[Circuit]) -> networkx.Graph[str]:
    """Build the graph of stations; the circuits of each edge stand in its ``codes``.

    The ends of a teed circuit are one hop from each other: they are lost together.
    """
    import networkx

    built: networkx.Graph[str] = networkx.Graph()
    for circuit in circuits:
        for a, b in combinations(circuit.terminals, 2):
            codes = built.edges[a, b]["codes"] if built.has_edge(a, b) else ()
            built.add_edge(a, b, codes=tuple(sorted({*codes, circuit.code})))
    return built


def upstreams(
    grid: networkx.Graph[str], station: str, backbone: Iterable[str], max_hops: int = 8
) -> tuple[Upstream, ...]:
    """Find the backbone stations above a station, nearest first.

    The search does not pass through a backbone station: what lies behind one is its own
    upstream. A station that the graph lacks has no known upstream.
    """
    if station not in grid:
        return ()
    tops = set(backbone)
    if station in tops:
        return (Upstream(station, 0, ()),)
    ways: dict[str, tuple[str, ...]] = {station: ()}
    queue = [station]
    for here in queue:
        if here in tops or len(ways[here]) >= max_hops:
            continue
        for there in sorted(grid[here]):
            if there not in ways:
                ways[there] = (*ways[here], there)
                queue.append(there)
    ranked = sorted(tops & ways.keys(), key=lambda top: (len(ways[top]), top))
    return tuple(Upstream(top, len(ways[top]), ways[top][:-1]) for top in ranked)
