"""Distances between uncertain positions, as intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from geographiclib.geodesic import Geodesic

    from zonerisk.model import Position

MEAN_RADIUS_M = 6_371_008.8
# A great circle on the mean sphere is off the WGS 84 geodesic by at most 0.56 %.
SPHERE_ERROR = 0.006
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
        return Interval(self.low * low,
                        None if self.best is None else self.best * best,
                        None if self.high is None else self.high * high)

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


def _sphere_m(a: Position, b: Position) -> float:
    lat1, lat2 = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((lat2 - lat1) / 2) ** 2
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    chord = half_lat + math.cos(lat1) * math.cos(lat2) * half_lon
    return 2 * MEAN_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))


def within(a: Position, b: Position, limit_m: float) -> bool:
    """Tell cheaply whether two discs may come within a limit; never wrongly False."""
    reach = limit_m + a.uncertainty_m + b.uncertainty_m
    return _sphere_m(a, b) * (1 - SPHERE_ERROR) <= reach


def nearest_m(ours: Sequence[Position], theirs: Sequence[Position]) -> Interval:
    """Distance between the closest pair of two sets of discs, metres.

    Each end is the least of that end over all pairs. The geodesic is solved only for the
    pairs that the sphere leaves in doubt.

    Returns
    -------
    :data:`UNKNOWN` if a set is empty.
    """
    pairs = [(_sphere_m(a, b), a.uncertainty_m + b.uncertainty_m, a, b)
             for a in ours for b in theirs]
    if not pairs:
        return UNKNOWN
    near, far = 1 - SPHERE_ERROR, 1 + SPHERE_ERROR
    limits = (min(far * d - doubt for d, doubt, _, _ in pairs),
              min(far * d for d, _, _, _ in pairs),
              min(far * d + doubt for d, doubt, _, _ in pairs))
    found = [_widen(distance_m(a, b), a, b) for d, doubt, a, b in pairs
             if near * d - doubt <= limits[0] or near * d <= limits[1]
             or near * d + doubt <= limits[2]]
    return Interval(min(one.low for one in found),
                    min(one.best for one in found if one.best is not None),
                    min(one.high for one in found if one.high is not None))


def farthest_m(ours: Sequence[Position], theirs: Sequence[Position]) -> float | None:
    """Greatest distance that any pair of two sets of discs allows, metres."""
    pairs = [(_sphere_m(a, b), a.uncertainty_m + b.uncertainty_m, a, b)
             for a in ours for b in theirs]
    if not pairs:
        return None
    limit = max((1 - SPHERE_ERROR) * d + doubt for d, doubt, _, _ in pairs)
    return min(FARTHEST_M, max(distance_m(a, b) + doubt for d, doubt, a, b in pairs
                               if (1 + SPHERE_ERROR) * d + doubt >= limit))
