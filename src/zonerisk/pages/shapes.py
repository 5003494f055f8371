"""Shapes on the globe: points, circles, paths and hulls that never jump a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

# A straight line longer than this bends visibly on the globe: it is drawn in legs.
_LEG_M = 100_000.0
# What stands at one point still needs an outline to be seen.
_MARGIN_M = 60.0
_STEPS = 64


class Point(NamedTuple):
    """A place in degrees; a longitude may pass 180 where its feature crosses it."""

    lat: float
    lon: float


def turned(at: Point, origin: float) -> Point:
    """Move a longitude by whole turns to within 180 degrees of another."""
    return Point(at.lat, at.lon - 360 * round((at.lon - origin) / 360))


def circle(centre: Point, radius_m: float, steps: int = _STEPS) -> tuple[Point, ...]:
    """Points at a geodesic distance from a centre: closed, counterclockwise, unbroken.

    A circle around a pole ends a whole turn from where it began.
    """
    from pyproj import Geod

    turns = [-360.0 * step / steps for step in range(steps)]
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [centre.lon] * steps, [centre.lat] * steps, turns, [radius_m] * steps
    )
    ring = [centre]
    for lon, lat in zip((*lons, lons[0]), (*lats, lats[0]), strict=True):
        ring.append(turned(Point(lat, lon), ring[-1].lon))
    return tuple(ring[1:])


def path(a: Point, b: Point) -> tuple[Point, ...]:
    """Follow the geodesic between two points in legs short enough to look right."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    length = geod.inv(a.lon, a.lat, b.lon, b.lat)[2]
    legs = int(length // _LEG_M)
    between = geod.npts(a.lon, a.lat, b.lon, b.lat, legs) if legs else []
    line = [a]
    for lon, lat in (*between, (b.lon, b.lat)):
        line.append(turned(Point(lat, lon), line[-1].lon))
    return tuple(line)


def hull(discs: Sequence[tuple[Point, float]]) -> tuple[Point, ...]:
    """Outline discs by their centres and radii, counterclockwise; empty for none."""
    from shapely import MultiPoint, Polygon
    from shapely.geometry.polygon import orient

    if not discs:
        return ()
    origin = discs[0][0].lon
    points = [
        (lon, lat) for at, radius in discs for lat, lon in circle(turned(at, origin), radius + _MARGIN_M)
    ]
    outline = MultiPoint(points).convex_hull
    assert isinstance(outline, Polygon)
    return tuple(Point(lat, lon) for lon, lat in orient(outline).exterior.coords)
