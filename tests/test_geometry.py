from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from zonerisk.core.geometry import (
    FARTHEST_M,
    UNKNOWN,
    Disc,
    Interval,
    _bounds_m,
    _few_by_parts,
    _few_of_many,
    _on_sphere,
    closest,
    distance_m,
    farthest_m,
    geodesic_m,
    nearer,
    nearest_m,
)
from zonerisk.core.model import Position

GEOD = Geod(ellps="WGS84")
lats = st.floats(-90, 90)
lons = st.floats(-180, 180)


def disc(lat: float, lon: float, radius: float = 100.0) -> Position:
    return Position(lat=lat, lon=lon, uncertainty_m=radius, method="statement", evidence=("e",))


def separation_m(a: Position, b: Position) -> Interval:
    best, doubt = distance_m(a, b), a.uncertainty_m + b.uncertainty_m
    return Interval(max(0.0, best - doubt), best, min(best + doubt, FARTHEST_M))


discs = st.builds(disc, lats, lons, st.floats(1, 50_000))


@given(discs, discs)
def test_agrees_with_pyproj(a: Position, b: Position) -> None:
    reference = GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2]
    assert distance_m(a, b) == pytest.approx(reference, abs=1e-3)


@given(discs, discs)
def test_symmetry(a: Position, b: Position) -> None:
    assert separation_m(a, b).best == pytest.approx(separation_m(b, a).best, abs=1e-6)


@given(discs, discs, st.floats(0, 360), st.floats(0, 360), st.floats(0, 1), st.floats(0, 1))
def test_true_distance_lies_in_interval(
    a: Position, b: Position, bearing_a: float, bearing_b: float, part_a: float, part_b: float
) -> None:
    lon_a, lat_a, _ = GEOD.fwd(a.lon, a.lat, bearing_a, part_a * a.uncertainty_m)
    lon_b, lat_b, _ = GEOD.fwd(b.lon, b.lat, bearing_b, part_b * b.uncertainty_m)
    true = GEOD.inv(lon_a, lat_a, lon_b, lat_b)[2]
    low, _, high = separation_m(a, b)
    assert low - 1e-3 <= true
    assert high is not None
    assert true <= high + 1e-3


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (disc(0, 179.9), disc(0, -179.9)),
        (disc(90, 0), disc(90, 120)),
        (disc(-90, 10), disc(-89.9, -170)),
    ],
)
def test_antimeridian_and_poles_are_near(a: Position, b: Position) -> None:
    best = separation_m(a, b).best
    assert best is not None
    assert best < 23_000


def test_antipodes_are_bounded() -> None:
    assert separation_m(disc(0, 0, 50_000), disc(0, 180, 50_000)).high == FARTHEST_M


@settings(max_examples=50)
@given(st.lists(discs, min_size=1, max_size=6), st.lists(discs, min_size=1, max_size=6))
def test_nearest_and_farthest_are_exact(ours: list[Position], theirs: list[Position]) -> None:
    every = [separation_m(a, b) for a in ours for b in theirs]
    found = nearest_m(ours, theirs)
    assert found.low == pytest.approx(min(one.low for one in every), abs=1e-6)
    assert found.best == pytest.approx(min(one.best for one in every if one.best is not None))
    assert found.high == pytest.approx(min(one.high for one in every if one.high is not None))
    assert farthest_m(ours, theirs) == pytest.approx(max(one.high for one in every if one.high is not None))


def test_empty_sets_are_unknown() -> None:
    assert nearest_m([], [disc(0, 0)]) is UNKNOWN
    assert farthest_m([], []) is None


@given(discs, discs, st.floats(0, 1e6))
def test_nearer_is_exact(a: Position, b: Position, limit: float) -> None:
    low = separation_m(a, b).low
    if abs(low - limit) > 1e-6 and limit:
        assert nearer([a], [b], limit, surely=False) is (low <= limit)
    high = separation_m(a, b).high
    if high is not None and abs(high - limit) > 1e-6:
        assert nearer([a], [b], limit, surely=True) is (high <= limit)


@given(st.floats(0, 1e6), st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e6))
def test_growing_doubt_never_decides(best: float, doubt: float, more: float, limit: float) -> None:
    narrow = Interval(max(0, best - doubt), best, best + doubt)
    wide = Interval(max(0, best - doubt - more), best, best + doubt + more)
    for judge in ("at_least", "at_most"):
        before, after = getattr(narrow, judge)(limit), getattr(wide, judge)(limit)
        assert after == before or after is None


def test_known_distances() -> None:
    roubaix, strasbourg = disc(50.6917, 3.2006), disc(48.5853, 7.7973)
    assert distance_m(roubaix, strasbourg) / 1000 == pytest.approx(405, abs=2)
    assert math.isclose(distance_m(disc(50.6917, 3.2006), disc(51.0167, 2.1556)) / 1000, 82, abs_tol=1)


@given(lats, lons, lats, lons)
def test_bounds_hold(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    least, most = _bounds_m(_on_sphere(lat1, lon1), _on_sphere(lat2, lon2))
    assert least <= GEOD.inv(lon1, lat1, lon2, lat2)[2] <= most


@given(lats, lons, st.floats(0, 360), st.floats(0, 17_000_000))
def test_bounds_hold_nearby(lat: float, lon: float, bearing: float, metres: float) -> None:
    lon2, lat2, _ = GEOD.fwd(lon, lat, bearing, metres)
    least, most = _bounds_m(_on_sphere(lat, lon), _on_sphere(lat2, lon2))
    assert least <= metres <= most
    assert most - least < 500


# Several of them lie in one part of the ground.
crowded = st.lists(
    st.builds(disc, st.floats(48, 48.2), st.floats(7, 7.2), st.floats(1, 5_000)), min_size=1, max_size=9
)
sides = st.lists(discs, min_size=1, max_size=6) | crowded


@pytest.mark.parametrize("few_of", [_few_of_many, _few_by_parts])
@settings(max_examples=50, deadline=None)
@given(sides, sides)
def test_of_many_the_deciding_pairs_are_left(
    few_of: Callable[..., Iterable[tuple[Disc, Disc]]], ours: list[Position], theirs: list[Position]
) -> None:
    """What is left of many pairs holds those that decide each end."""
    both = [tuple((at.lat, at.lon, at.uncertainty_m) for at in side) for side in (ours, theirs)]
    few = [(disc(*a), disc(*b)) for a, b in few_of(*both)]
    assert max(farthest_m([a], [b]) or 0 for a, b in few) == farthest_m(ours, theirs)
    ends = zip(*(nearest_m([a], [b]) for a, b in few), strict=True)
    assert tuple(min(end) for end in ends) == tuple(nearest_m(ours, theirs))


points = st.lists(st.tuples(lats, lons), min_size=1, max_size=5)


@given(points, points)
def test_the_closest_points_are_those_of_all_pairs(
    ours: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> None:
    a, b = closest(ours, theirs)
    assert a in ours
    assert b in theirs
    assert geodesic_m(*a, *b) == min(geodesic_m(*p, *q) for p in ours for q in theirs)
