"""Distances to shapes in degrees, against the Earth itself: densified edges and geodesics."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from pyproj import Geod

from zonerisk.core.geometry import geodesic_m
from zonerisk.core.samples import Disc
from zonerisk.layers.sampling import around

GEOD = Geod(ellps="WGS84")


def metres(shape: shapely.Geometry, lat: float, lon: float, reach_m: float = 200_000) -> float | None:
    shapes = np.empty(1, dtype=object)
    shapes[0] = shape
    found = around(shapes, [Disc("a", lat, lon, 10.0)], reach_m)["a"]
    return found[0][0] if found else None


def edge_m(shape: shapely.Geometry, lat: float, lon: float) -> float:
    """The distance to a shape's edge by geodesics to points of it, every 100 m or so; edges at a pole are none."""
    points = shapely.get_coordinates(shapely.segmentize(shapely.boundary(shape), 0.001))
    points = points[np.abs(points[:, 1]) < 90]
    return float(min(GEOD.inv(*points.T, np.full(len(points), lon), np.full(len(points), lat))[2]))


@pytest.mark.parametrize("width", [0.5, 1, 3, 10, 20, 90])
@pytest.mark.parametrize("north", [50.0, 65.0, -30.0])
def test_an_edge_along_a_parallel_is_followed(width: float, north: float) -> None:
    box = shapely.box(-width / 2, north - 2, width / 2, north)
    for bearing, sign in ((180, -1), (0, 1)):
        lon, lat, _ = GEOD.fwd(0, north, bearing, 5500)
        found = metres(box, lat, lon)
        assert found is not None
        assert found * sign > 0
        assert abs(found) == pytest.approx(edge_m(box, lat, lon), abs=25)


@pytest.mark.parametrize(
    ("shape", "lat", "lon", "inside"),
    [
        (shapely.box(-180, -90, 180, 90), 48.0, 2.0, True),
        (shapely.box(-180, -90, 180, 90), 90.0, 0.0, True),
        (shapely.box(-180, 80, 180, 90), 89.5, 0.0, True),
        (shapely.box(-180, 80, 180, 90), 80.5, 170.0, True),
        (shapely.box(-180, 80, 180, 90), 79.5, 179.9, False),
        (shapely.box(-180, -90, 180, -60), -90.0, 0.0, True),
        (shapely.box(-180, -90, 180, -60), -59.9, 30.0, False),
        (shapely.box(-30, 40, 30, 90), 89.9, 10.0, True),
        (shapely.box(170, -10, 190, 10), 0.5, -179.0, True),
    ],
)
def test_what_covers_a_pole_or_all_the_earth(
    shape: shapely.Geometry, lat: float, lon: float, inside: bool
) -> None:
    found = metres(shape, lat, lon)
    assert found is not None
    assert (found < 0) == inside


def test_a_pole_s_neighbours_are_near_from_all_sides() -> None:
    """By the meridian: a tenth of a degree is 11.2 km there."""
    for lon in (0.0, 90.0, -179.0):
        for at in (0.0, 120.0):
            assert metres(shapely.Point(lon, 89.9), 90.0, at) == pytest.approx(11_169.4, abs=2)
    assert metres(shapely.Point(180.0, 89.95), 89.95, 0.0) == pytest.approx(11_169.4, abs=2)


@pytest.mark.parametrize("reach_m", [1000, 20_000, 150_000])
@pytest.mark.parametrize("lat", [90.0, 89.999, 89.9, 89.5, 88.9, -89.999])
def test_whoever_is_in_reach_of_a_pole_s_neighbour_is_found(lat: float, reach_m: float) -> None:
    lons = (0.0, 60.0, 120.0, 179.0, -120.0)
    points = np.asarray(shapely.points([[lon, lat] for lon in lons]))
    found = {place for _, place in around(points, [Disc("s", lat, 0.0, 1)], reach_m)["s"]}
    assert found == {place for place, lon in enumerate(lons) if geodesic_m(lat, 0.0, lat, lon) <= reach_m}


def test_a_shape_far_away_is_none() -> None:
    assert metres(shapely.box(100, -40, 150, -10), 48.0, 2.0) is None
    # A circle around most of the Earth holds its middle, at least as far from the edge as was looked.
    found = metres(shapely.box(-100, -80, 100, 80), 10.0, 10.0)
    assert found is not None
    assert found < -1_500_000
