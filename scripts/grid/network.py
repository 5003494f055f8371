"""The power grid as published: stations, circuits, and what lies upstream of what."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from itertools import permutations
from typing import TYPE_CHECKING, Literal, NamedTuple

from zonerisk.core.geometry import geodesic_m, span_deg
from zonerisk.core.samples import MOST, Upstream, could_be_nearest

if TYPE_CHECKING:
    from zonerisk.core.model import Position

Kind = Literal["substation", "joint", "tap", "traction", "minor", "private", "line", "cable", "datacenter"]
Grid = Mapping[str, Mapping[str, Set[str]]]
"""The stations that stand one circuit from each station, and the codes of the circuits that join the two."""
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


class Station(NamedTuple):
    """A thing on the grid, as its source maps it: its id there, or ``rte/`` and RTE's code.

    Only a ``substation`` can be a candidate for feeding a site. Voltage and place (WGS 84) are None where
    the source does not know or no longer publishes them; ``code`` is RTE's, of five letters.
    """

    id: str
    name: str
    kv: float | None
    kind: Kind = "substation"
    code: str | None = None
    lat: float | None = None
    lon: float | None = None
    note: str = ""


class Circuit(NamedTuple):
    """A circuit, and the codes or ids of the stations that it joins; an end that is a tee is none."""

    code: str
    terminals: tuple[str, ...]


def kilovolts(text: str | None) -> float | None:
    """Read the highest voltage of a tag: ``225000;63000`` and ``225 kV`` are both 225.

    A bare number of 1,000 and over is in volts, as OpenStreetMap has it; what is not a
    voltage (``-999999``, ``HORS TENSION``, ``<45kV``) is None.
    """
    values = []
    for part in re.split(r"[;,/]", text or ""):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(k?v)?\s*", part, re.IGNORECASE)
        if match:
            value, unit = float(match[1]), (match[2] or "").lower()
            values.append(value / 1000 if unit == "v" or (not unit and value >= 1000) else value)
    return max((value for value in values if 0 < value <= 1500), default=None)


def supplier(*texts: str) -> Kind:
    """Return what a station is by its name and operator: a railway's, a works' or a plant's is private."""
    return "private" if any(map(_PRIVATE.search, texts)) else "substation"


def nearest(position: Position, stations: Iterable[Station], reach_m: float) -> list[tuple[Station, float]]:
    """Find the stations nearest to a site, nearest first, with their distances in metres.

    At least three are given, and every one that could be the nearest from somewhere in the site's disc;
    but no more than :data:`MOST`. What is not a substation, or has no position, is passed over.
    """
    north, east = span_deg(position.lat, reach_m)
    near = [
        (station, metres)
        for station in stations
        if station.kind == "substation" and station.lat is not None and station.lon is not None
        if abs(station.lat - position.lat) <= north
        if abs((station.lon - position.lon + 180) % 360 - 180) <= east
        if (metres := geodesic_m(position.lat, position.lon, station.lat, station.lon)) <= reach_m
    ]
    near.sort(key=lambda row: (row[1], row[0].id))
    wanted = could_be_nearest([metres for _, metres in near], position.uncertainty_m)
    return near[: min(MOST, max(3, wanted))]


def graph(circuits: Iterable[Circuit]) -> Grid:
    """Build the graph of stations.

    The ends of a teed circuit are one hop from each other: they are lost together.
    """
    built: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for circuit in circuits:
        for a, b in permutations(circuit.terminals, 2):
            built[a][b].add(circuit.code)
    return built


def backbone(stations: Iterable[Station]) -> frozenset[str]:
    """Return the ids of the stations where a search for upstreams ends."""
    return frozenset(station.id for station in stations if (station.kv or 0) >= BACKBONE_KV)


def upstreams(grid: Grid, station: str, tops: Set[str], max_hops: int = 8) -> list[Upstream]:
    """Find the backbone stations above a station, nearest first.

    The search does not pass through a backbone station: what lies behind one is its own
    upstream. A station that the graph lacks has no known upstream.
    """
    ways: dict[str, tuple[str, ...]] = {station: (station,)} if station in grid else {}
    queue = [*ways]
    for here in queue:
        if here not in tops and len(ways[here]) <= max_hops:
            for there in sorted(grid[here].keys() - ways):
                ways[there] = (*ways[here], there)
                queue.append(there)
    above = sorted(tops & ways.keys(), key=lambda top: (len(ways[top]), top))
    return [Upstream(top, len(ways[top]) - 1, ways[top][1:-1]) for top in above]
