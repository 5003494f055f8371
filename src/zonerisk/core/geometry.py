"""Distances between uncertain positions, as intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from geographiclib.geodesic import Geodesic

    from zonerisk.core.model import Position

# WGS 84, and the extremes of its radius of curvature: north-south at the equator, and at the poles.
SEMI_MAJOR_M = 6_378_137.0
ECCENTRICITY_2 = 0.006_694_379_990_141_33
SHARPEST_RADIUS_M = 6_335_439.0
FLATTEST_RADIUS_M = 6_399_594.0
# Beyond this chord a geodesic may turn away from it (near the antipodes).
LONG_CHORD_M = 12_000_000.0
# No two points of the Earth are farther apart than half a meridian.
FARTHEST_M = 20_003_932.0
# Geodesic.DISTANCE, known before the library is loaded.
_DISTANCE_ONLY = 1025


class Interval(NamedTuple):
    """Bounds of a quantity and its best estimate; None where nothing bounds it."""

    low: float
    best: float | None
    high: float | None

    def scaled(self, low: float, best: float, high: float) -> Interval:
        """Multiply each end by its own factor."""
        return Interval(
            self.low * low,
            None if self.best is None else self.best * best,
            None if self.high is None else self.high * high,
        )

    @property
    def bounds(self) -> Interval:
        """The same ends without a best estimate."""
        return Interval(self.low, None, self.high)

    @property
    def rank(self) -> float:
        """What to sort by: the best estimate, else the upper end; infinite if there is none."""
        if self.best is not None:
            return self.best
        return math.inf if self.high is None else self.high

    def at_least(self, threshold: float) -> bool | None:
        """Tell whether the whole interval reaches a threshold; None if only a part does."""
        if self.low >= threshold:
            return True
        return False if self.high is not None and self.high < threshold else None

    def at_most(self, threshold: float) -> bool | None:
        """Tell whether the whole interval stays within a threshold; None if only a part does."""
        if self.high is not None and self.high <= threshold:
            return True
        return False if self.low > threshold else None


UNKNOWN = Interval(0.0, None, None)


@cache
def _wgs84() -> Geodesic:
    from geographiclib.geodesic import Geodesic

    geodesic: Geodesic = Geodesic.WGS84
    return geodesic


@lru_cache(maxsize=100_000)
def geodesic_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Geodesic distance on WGS 84 between two points, metres."""
    return float(_wgs84().Inverse(lat1, lon1, lat2, lon2, _DISTANCE_ONLY)["s12"])


def distance_m(a: Position, b: Position) -> float:
    """Geodesic distance on WGS 84 between two best positions, metres."""
    return geodesic_m(a.lat, a.lon, b.lat, b.lon)


def separation_m(a: Position, b: Position) -> Interval:
    """Distance between two discs, metres: no two of their points lie outside it."""
    return _widen(distance_m(a, b), a, b)


def _widen(best: float, a: Position, b: Position) -> Interval:
    doubt = a.uncertainty_m + b.uncertainty_m
    return Interval(max(0.0, best - doubt), best, min(best + doubt, FARTHEST_M))


@lru_cache(maxsize=100_000)
def _xyz(lat: float, lon: float) -> tuple[float, float, float]:
    """Earth-centred coordinates of a point on the ellipsoid, metres."""
    phi, lam = math.radians(lat), math.radians(lon)
    prime = SEMI_MAJOR_M / math.sqrt(1 - ECCENTRICITY_2 * math.sin(phi) ** 2)
    across = prime * math.cos(phi)
    return (
        across * math.cos(lam),
        across * math.sin(lam),
        prime * (1 - ECCENTRICITY_2) * math.sin(phi),
    )


def _arc_m(chord: float, radius: float) -> float:
    return 2 * radius * math.asin(min(1.0, chord / (2 * radius)))


def _bounds_m(chord: float) -> tuple[float, float]:
    """Bound a geodesic by its chord: its curvature lies between those of two circles.

    The bounds are 1.3 m apart at 400 km; beyond :data:`LONG_CHORD_M` only the lower holds.
    """
    least = _arc_m(chord, FLATTEST_RADIUS_M) - 1e-3
    return least, (_arc_m(chord, SHARPEST_RADIUS_M) + 1e-3 if chord < LONG_CHORD_M else FARTHEST_M)


def _chords(
    ours: Sequence[Position], theirs: Sequence[Position]
) -> list[tuple[float, float, Position, Position]]:
    """Give (chord, doubt, a, b) of every pair, metres."""
    placed = [(*_xyz(b.lat, b.lon), b.uncertainty_m, b) for b in theirs]
    rows = []
    for a in ours:
        ax, ay, az = _xyz(a.lat, a.lon)
        doubt = a.uncertainty_m
        rows += [
            (math.sqrt((x - ax) ** 2 + (y - ay) ** 2 + (z - az) ** 2), doubt + more, a, b)
            for x, y, z, more, b in placed
        ]
    return rows


def within(a: Position, b: Position, limit_m: float) -> bool:
    """Tell cheaply whether two discs may come within a limit; never wrongly False."""
    chord, doubt, _, _ = _chords((a,), (b,))[0]
    return _bounds_m(chord)[0] <= limit_m + doubt


def nearest_m(ours: Sequence[Position], theirs: Sequence[Position]) -> Interval:
    """Distance between the closest pair of two sets of discs, metres.

    Each end is the least of that end over all pairs. The geodesic is solved only for the
    pairs that their chords leave in doubt.

    Returns
    -------
    :data:`UNKNOWN` if a set is empty.
    """
    rows = _chords(ours, theirs)
    if not rows:
        return UNKNOWN
    ends = []
    for sign in (-1, 0, 1):
        # Whatever pair is nearest, it is no farther than this one may be.
        chord, doubt, _, _ = min(rows, key=lambda row: row[0] + sign * row[1])
        limit = _bounds_m(chord)[1] + sign * doubt
        ends.append(
            min(
                distance_m(a, b) + sign * doubt
                for chord, doubt, a, b in rows
                if chord + sign * doubt <= limit and _bounds_m(chord)[0] + sign * doubt <= limit
            )
        )
    low, best, high = ends
    return Interval(max(0.0, low), best, min(high, FARTHEST_M))


def farthest_m(ours: Sequence[Position], theirs: Sequence[Position]) -> float | None:
    """Greatest distance that any pair of two sets of discs allows, metres."""
    rows = _chords(ours, theirs)
    if not rows:
        return None
    chord, doubt, _, _ = max(rows, key=lambda row: row[0] + row[1])
    limit = _bounds_m(chord)[0] + doubt
    # An arc outgrows its chord the more, the longer it is: the longest chord's gain bounds all.
    longest = max(row[0] for row in rows)
    gain = _bounds_m(longest)[1] - longest
    return min(
        FARTHEST_M,
        max(
            distance_m(a, b) + doubt
            for chord, doubt, a, b in rows
            if chord + doubt + gain >= limit and _bounds_m(chord)[1] + doubt >= limit
        ),
    )
