"""Distances between uncertain positions, as intervals: over the ground, in fibre and in time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Geod

    from zonerisk.core.model import Position

# WGS 84.
SEMI_MAJOR_M = 6_378_137.0
SEMI_MINOR_M = 6_356_752.314_245
FLATTENING = 1 / 298.257_223_563
# No two points of the Earth are farther apart than half a meridian.
FARTHEST_M = 20_003_932.0
# Fibre length over the straight line: low, best, high (Bozkurt et al. 2018, arXiv 1811.10737:
# conduits allow a median of 1.3 and the rule of thumb is 2.1; 1.5 is this project's middle).
CIRCUITY = (1.2, 1.5, 2.1)
# Speed of light in G.652 fibre, group index 1.468.
LIGHT_KM_PER_MS = 204.19
# Geodesics after which it pays to load the same algorithm in C; the two differ by nanometres.
PATIENCE = 800
# Lambert's formula is off by 1.41e-6 of a distance (an eighth of the flattening squared) up to 10,000 km, and
# by the more the nearer it comes to the antipodes: 8e-6 at 17,600 km. The doubt here is twice that. The last
# figure is the squared half chord of 2.8 rad (17,800 km), beyond which the formula fails.
_LAMBERT_DOUBT, _LAMBERT_FAR, _LAMBERT_MOST = 3e-6, 5e-7, 0.97
# From so many pairs on it pays to load what leaves out all at once, by their chords, what cannot decide.
_MANY_PAIRS = 20_000
# And from so many on to leave out part by part of the ground, in parts of about two miles.
_SOME_PAIRS, _PARTS_PER_DEGREE = 200, 30
# The length of a degree of latitude at the equator, where it is shortest.
SHORTEST_DEGREE_M = 110_574.0

LatLon = tuple[float, float]
Disc = tuple[float, float, float]
"""Latitude, longitude and radius."""
Row = tuple[float, float, float, Disc, Disc]
"""Bounds of a distance, the radii of both discs together, and the discs."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a quantity and its best estimate; None where nothing bounds it."""

    low: float
    best: float | None
    high: float | None

    def __iter__(self) -> Iterator[float | None]:
        """Return low, best and high."""
        return iter((self.low, self.best, self.high))

    def rounded(self, digits: int = 0) -> Interval:
        """Return it as verdicts write it: metres to 0 digits, milliseconds to 3."""
        best, high = (None if end is None else round(end, digits) for end in (self.best, self.high))
        return Interval(round(self.low, digits), best, high)

    def scaled(self, low: float, best: float, high: float) -> Interval:
        """Multiply each end by its own factor."""
        ends = ((self.best, best), (self.high, high))
        return Interval(self.low * low, *(None if end is None else end * factor for end, factor in ends))

    def within(self, most: float | None) -> Interval:
        """Return it with a bound from above that holds whatever else is known; None bounds nothing."""
        if most is None or (self.high is not None and self.high <= most):
            return self
        high = max(self.low, most)
        return Interval(self.low, None if self.best is None or self.best > high else self.best, high)

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
        """Return whether the whole interval reaches a threshold; None if only a part does."""
        if self.low >= threshold:
            return True
        return False if self.high is not None and self.high < threshold else None

    def at_most(self, threshold: float) -> bool | None:
        """Return whether the whole interval stays within a threshold; None if only a part does."""
        if self.high is not None and self.high <= threshold:
            return True
        return False if self.low > threshold else None


UNKNOWN = Interval(0.0, None, None)


@cache
def _solver() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


@lru_cache(maxsize=100_000)
def geodesic_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Geodesic distance on WGS 84 between two points, metres."""
    if geodesic_m.cache_info().misses > PATIENCE:
        return float(_solver().inv(lon1, lat1, lon2, lat2)[2])
    from geographiclib.geodesic import Geodesic

    return float(Geodesic.WGS84.Inverse(lat1, lon1, lat2, lon2, Geodesic.DISTANCE)["s12"])


def distance_m(a: Position, b: Position) -> float:
    """Geodesic distance on WGS 84 between two best positions, metres."""
    return geodesic_m(a.lat, a.lon, b.lat, b.lon)


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Return how long a degree of latitude and one of longitude are at a latitude, metres."""
    phi = math.radians(lat)
    north = 111_132.954 - 559.822 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    return north, 111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi)


def span_deg(lat: float, reach_m: float) -> tuple[float, float]:
    """Bound how far a distance reaches from a latitude, in degrees of latitude and of longitude.

    A degree of latitude is shortest at the equator (110,574 m); one of longitude, where the
    reach comes nearest to a pole, is at least 111,319 m times the cosine. Around a pole all are near.
    """
    high = reach_m / SHORTEST_DEGREE_M
    nearest = math.cos(math.radians(min(90.0, abs(lat) + high)))
    return high, reach_m / (111_319.0 * nearest) if nearest > 0.01 else 360.0


@lru_cache(maxsize=100_000)
def _on_sphere(lat: float, lon: float) -> tuple[float, float, float]:
    """Return the point of the unit sphere that has a place's longitude and reduced latitude."""
    phi, lam = math.radians(lat), math.radians(lon)
    beta = math.atan2((1 - FLATTENING) * math.sin(phi), math.cos(phi))
    return math.cos(beta) * math.cos(lam), math.cos(beta) * math.sin(lam), math.sin(beta)


def _bounds_m(a: tuple[float, float, float], b: tuple[float, float, float]) -> tuple[float, float]:
    """Bound the geodesic between two places by the chord of their points on the sphere, metres.

    No arc of that sphere is shortened below the semi-minor axis or stretched over the semi-major one;
    Lambert's formula (W. D. Lambert 1942) says how much to the first order of the flattening.
    """
    half = math.dist(a, b) / 2
    square, z, w = half * half, a[2], b[2]
    arc = 2 * math.asin(min(1.0, half))
    if not 1e-20 < square < _LAMBERT_MOST:
        return SEMI_MINOR_M * arc - 1e-3, min(SEMI_MAJOR_M * arc + 1e-3, FARTHEST_M)
    sine = 2 * half * math.sqrt(1 - square)
    both, off = z + w, z - w
    flat = (arc - sine) * both * both / (1 - square) + (arc + sine) * off * off / square
    best = SEMI_MAJOR_M * (arc - FLATTENING / 8 * flat)
    doubt = best * (_LAMBERT_DOUBT + _LAMBERT_FAR / (1 - square)) + 1e-3
    return best - doubt, best + doubt


@lru_cache(maxsize=16)
def _rows(ours: tuple[Disc, ...], theirs: tuple[Disc, ...]) -> list[Row]:
    """Bound the distance of every pair; of very many, of those alone that may decide."""
    if (number := len(ours) * len(theirs)) >= _SOME_PAIRS:
        few = _few_of_many(ours, theirs) if number >= _MANY_PAIRS else _few_by_parts(ours, theirs)
        return [(*_bounds_m(_on_sphere(*a[:2]), _on_sphere(*b[:2])), a[2] + b[2], a, b) for a, b in few]
    here, there = ([(_on_sphere(*at[:2]), at) for at in side] for side in (ours, theirs))
    pairs = combinations_with_replacement(here, 2) if ours == theirs else product(here, there)
    return [(*_bounds_m(p, q), a[2] + b[2], a, b) for (p, a), (q, b) in pairs]


@lru_cache(maxsize=1000)
def _parts(discs: tuple[Disc, ...]) -> list[tuple[float, float, float, list[Disc]]]:
    """Group discs by the part of the ground they lie in, each with how far the first is at most from others.

    With the least and the greatest of their radii.
    """
    parts: dict[tuple[int, int], list[Disc]] = {}
    for disc in discs:
        part = round(disc[0] * _PARTS_PER_DEGREE), round(disc[1] * _PARTS_PER_DEGREE)
        parts.setdefault(part, []).append(disc)
    grouped = []
    for near in parts.values():
        first, doubts = _on_sphere(*near[0][:2]), [disc[2] for disc in near]
        far_m = max(_bounds_m(first, _on_sphere(*disc[:2]))[1] for disc in near)
        grouped.append((far_m, min(doubts), max(doubts), near))
    return grouped


def _few_by_parts(ours: tuple[Disc, ...], theirs: tuple[Disc, ...]) -> Iterator[tuple[Disc, Disc]]:
    """Yield the pairs of those parts of the ground of which one may be the nearest or the farthest."""
    rows, most = [], 0.0
    nearest = [math.inf] * 3
    for here, there in product(_parts(ours), _parts(theirs)):
        low, high = _bounds_m(_on_sphere(*here[3][0][:2]), _on_sphere(*there[3][0][:2]))
        low, high = low - here[0] - there[0], high + here[0] + there[0]
        least, doubt = here[1] + there[1], here[2] + there[2]
        # The distance less the radii, by itself, and with the radii.
        nearest = [min(nearest[0], high - least), min(nearest[1], high), min(nearest[2], high + doubt)]
        most = max(most, low + least)
        rows.append((low, high, least, doubt, here[3], there[3]))
    less, alone, more = nearest
    for low, high, least, doubt, near, far in rows:
        if low - doubt <= less or low <= alone or low + least <= more or high + doubt >= most:
            yield from product(near, far)


def _few_of_many(ours: Sequence[Disc], theirs: Sequence[Disc]) -> list[tuple[Disc, Disc]]:
    """Drop the pairs that their arcs on the sphere already rule out as the nearest and as the farthest."""
    import numpy as np

    here, there = (
        np.array([(*_on_sphere(lat, lon), doubt) for lat, lon, doubt in side]) for side in (ours, theirs)
    )
    half = np.linalg.norm(here[:, None, :3] - there[None, :, :3], axis=2) / 2
    arcs, doubts = 2 * np.arcsin(np.minimum(1.0, half)), here[:, None, 3] + there[None, :, 3]
    left = SEMI_MAJOR_M * arcs + doubts >= (SEMI_MINOR_M * arcs + doubts).max() - 0.01
    for sign in (-1, 0, 1):
        left |= SEMI_MINOR_M * arcs + sign * doubts <= (SEMI_MAJOR_M * arcs + sign * doubts).min() + 0.01
    return [(ours[row], theirs[column]) for row, column in np.argwhere(left)]


def _discs(ours: Iterable[Position], theirs: Iterable[Position]) -> list[tuple[Disc, ...]]:
    """Return both sides as plain numbers, in an order that does not depend on who asks."""
    return sorted(tuple((at.lat, at.lon, at.uncertainty_m) for at in side) for side in (ours, theirs))


def nearer(ours: Iterable[Position], theirs: Iterable[Position], limit_m: float, surely: bool) -> bool:
    """Return cheaply whether a disc of one set surely, or else may, come nearer to one of the other."""
    for a, b in product(ours, theirs):
        doubt = a.uncertainty_m + b.uncertainty_m
        reach_m = limit_m - doubt if surely else limit_m + doubt
        # No way between two parallels is shorter than along a meridian.
        if abs(a.lat - b.lat) * SHORTEST_DEGREE_M < reach_m:
            low, high = _bounds_m(_on_sphere(a.lat, a.lon), _on_sphere(b.lat, b.lon))
            if low < reach_m and (high < reach_m or distance_m(a, b) < reach_m):
                return True
    return False


def nearest_m(ours: Iterable[Position], theirs: Iterable[Position]) -> Interval:
    """Return the least distance of two sets, metres, each end by itself; ``UNKNOWN`` if one is empty."""
    return _nearest(*_discs(ours, theirs))


@lru_cache(maxsize=20_000)
def _nearest(ours: tuple[Disc, ...], theirs: tuple[Disc, ...]) -> Interval:
    if not ours or not theirs:
        return UNKNOWN
    rows = _rows(ours, theirs)
    ends = []
    for sign in (-1, 0, 1):  # The geodesic is solved only where the bounds leave it open.
        limit = min(high + sign * doubt for _, high, doubt, _, _ in rows)
        open_ = [row for row in rows if row[0] + sign * row[2] <= limit]
        ends.append(min(geodesic_m(*a[:2], *b[:2]) + sign * doubt for _, _, doubt, a, b in open_))
    return Interval(max(0.0, ends[0]), ends[1], min(ends[2], FARTHEST_M))


def farthest_m(ours: Iterable[Position], theirs: Iterable[Position]) -> float | None:
    """Return the greatest distance that any pair of two sets of discs allows, metres."""
    return _farthest(*_discs(ours, theirs))


@lru_cache(maxsize=20_000)
def _farthest(ours: tuple[Disc, ...], theirs: tuple[Disc, ...]) -> float | None:
    if not ours or not theirs:
        return None
    rows = _rows(ours, theirs)
    limit = max(low + doubt for low, _, doubt, _, _ in rows)
    open_ = [row for row in rows if row[1] + row[2] >= limit]
    return min(FARTHEST_M, max(geodesic_m(*a[:2], *b[:2]) + doubt for _, _, doubt, a, b in open_))


def closest(ours: Iterable[LatLon], theirs: Iterable[LatLon]) -> tuple[LatLon, LatLon]:
    """Return the two points of two sets, neither empty, that stand nearest to each other."""
    here, there = (tuple((lat, lon, 0.0) for lat, lon in side) for side in (ours, theirs))
    rows = _rows(here, there)
    limit = min(high for _, high, _, _, _ in rows)
    pairs = [(a[:2], b[:2]) for low, _, _, a, b in rows if low <= limit]
    return min(pairs, key=lambda pair: geodesic_m(*pair[0], *pair[1]))


def circle_points(lat: float, lon: float, radius_m: float, steps: int) -> list[LatLon]:
    """Return the points of a geodesic circle, counterclockwise from the north, the first again at the end."""
    bearings = [-360.0 * step / steps for step in range(steps)]
    lons, lats, _ = _solver().fwd([lon] * steps, [lat] * steps, bearings, [radius_m] * steps)
    return list(zip((*lats, lats[0]), (*lons, lons[0]), strict=True))


def fibre_m(distance: Interval) -> Interval:
    """Length of fibre that a straight distance implies, metres."""
    return distance.scaled(*CIRCUITY)


def rtt_ms(fibre: Interval) -> Interval:
    """Round trip that light needs along a length of fibre, milliseconds."""
    per_metre = 2 / (LIGHT_KM_PER_MS * 1000)
    return fibre.scaled(per_metre, per_metre, per_metre)


def most_fibre_m(ms: float) -> float:
    """Length of fibre that no round trip of so many milliseconds can exceed, metres."""
    return ms * LIGHT_KM_PER_MS * 500


def least_rtt_ms(distance: Interval) -> float:
    """Round trip that no network between two places can beat: light, along the straight line."""
    return rtt_ms(distance).low
