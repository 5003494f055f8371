"""A verdict as RFC 7946 GeoJSON, for QGIS and whatever else reads features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zonerisk.pages import features as drawn
from zonerisk.pages.shapes import circle

if TYPE_CHECKING:
    from zonerisk.core.verdict import Verdict
    from zonerisk.pages.features import Feature, Setting
    from zonerisk.pages.shapes import Point

# Six decimals are a decimetre: finer than any position of the catalogue.
_DECIMALS = 6


def features(verdict: Verdict, around: Setting | None = None) -> dict[str, Any]:
    """Write a verdict's features: sites, discs, separations, shared risks, recovery.

    Outlines turn counterclockwise; what crosses the antimeridian is cut there. Discs are
    polygons of 64 corners on the geodesic circle.

    Parameters
    ----------
    verdict
        What to draw.
    around
        What the catalogue adds: names, retired sites, where recovery may go.
    """
    rows = [_feature(one) for one in drawn.of(verdict, around)]
    rows += [_nowhere(place.id, place.name) for place in verdict.places if place.lat is None]
    return {"type": "FeatureCollection", "name": verdict.target, "features": rows}


def _feature(one: Feature) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{one.kind}:{one.id}",
        "geometry": geometry(one),
        "properties": {
            "kind": one.kind,
            "record": one.id,
            "name": one.name,
            "outcome": one.outcome,
            "zone": one.zone,
            "uncertainty_m": one.uncertainty_m,
            **one.words,
        },
    }


def _nowhere(key: str, name: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"site:{key}",
        "geometry": None,
        "properties": {"kind": "site", "record": key, "name": name},
    }


def geometry(one: Feature) -> dict[str, Any]:
    """Write a feature's shape as a GeoJSON geometry, cut at the antimeridian."""
    if one.shape == "point":
        return {"type": "Point", "coordinates": _position(one.points[0])}
    if one.shape == "line":
        return _cut_line(one.points)
    if one.shape == "disc":
        return _cut_area(circle(one.points[0], one.uncertainty_m or 0.0))
    return _cut_area(one.points, one.holes)


def _position(point: Point) -> list[float]:
    lon = point.lon if -180 <= point.lon <= 180 else (point.lon + 180) % 360 - 180
    return [round(lon, _DECIMALS), round(point.lat, _DECIMALS)]


def _crosses(points: tuple[Point, ...]) -> bool:
    return any(abs(point.lon) > 180 for point in points)


def _cut_line(points: tuple[Point, ...]) -> dict[str, Any]:
    from shapely import LineString

    if not _crosses(points):
        return {"type": "LineString", "coordinates": [_position(point) for point in points]}
    line = LineString([(point.lon, point.lat) for point in points])
    return {
        "type": "MultiLineString",
        "coordinates": [_rounded(part) for part in _home(line) if part.length],
    }


def _cut_area(points: tuple[Point, ...], holes: tuple[tuple[Point, ...], ...] = ()) -> dict[str, Any]:
    from shapely import Polygon, get_parts, union_all
    from shapely.geometry.polygon import orient

    around_pole = abs(points[-1].lon - points[0].lon) > 180
    if not around_pole and not _crosses(points):
        return {
            "type": "Polygon",
            "coordinates": [[_position(point) for point in ring] for ring in (points, *holes)],
        }
    ring = [(point.lon, point.lat) for point in points]
    if around_pole:
        pole = 90.0 if points[0].lat > 0 else -90.0
        ring += [(ring[-1][0], pole), (ring[0][0], pole)]
    inner = [[(point.lon, point.lat) for point in hole] for hole in holes]
    parts = get_parts(union_all(_home(Polygon(ring, inner))))
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [_rounded(line) for line in (orient(part).exterior, *orient(part).interiors)]
            for part in parts
            if isinstance(part, Polygon) and part.area
        ],
    }


def _home(shape: Any) -> list[Any]:
    """Split a shape at the antimeridian and move its parts to between -180 and 180."""
    from shapely import box
    from shapely.affinity import translate

    return [
        translate(shape.intersection(box(turn - 180, -90, turn + 180, 90)), -turn) for turn in (-360, 0, 360)
    ]


def _rounded(line: Any) -> list[list[float]]:
    return [[round(lon, _DECIMALS), round(lat, _DECIMALS)] for lon, lat in line.coords]
