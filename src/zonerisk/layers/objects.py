"""Objects: what a layer maps, each with a lasting id and a name, and how far each is from a site.

Distances are measured in an azimuthal equidistant plane at the middle of a one-degree tile.
There the distance of two points 250 km from the middle is off by less than 0.03 %, less than
any layer's own error.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from zonerisk.core.geometry import span_deg
from zonerisk.core.hazard_sample import UNNAMED
from zonerisk.core.model import simplify

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from zonerisk.layers.cards import Card

    Geometries = npt.NDArray[np.object_]


# Edges are followed in steps of this: along a parallel a step strays by a metre and a half at most.
_EDGE_DEG = 0.1
_FAR_M = 2_000_000.0


class Disc(NamedTuple):
    """Where a site may stand: its id, degrees, and the radius in metres."""

    site: str
    lat: float
    lon: float
    uncertainty_m: float


class Objects(NamedTuple):
    """A layer's objects: geometries in degrees, and what they are called."""

    shapes: Geometries
    ids: list[str]
    names: list[str]
    labels: list[str]
    doubts_m: list[float]


def shapes_of(frame: gpd.GeoDataFrame) -> Geometries:
    """Return the geometries of a table."""
    return frame.geometry.to_numpy()  # type: ignore[no-any-return]


def joined(parts: Sequence[Objects]) -> Objects:
    """Put the objects of several files together."""
    import numpy as np

    shapes, *columns = zip(*parts, strict=True)
    return Objects(
        np.concatenate(shapes), *([value for part in column for value in part] for column in columns)
    )


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124


def named(card: Card, frame: gpd.GeoDataFrame, titles: Mapping[str, str]) -> Objects:
    """Name a layer's objects; those without a name are told apart by their geometry."""
    import shapely

    reading = card.reading
    shapes = shapes_of(frame) if card.measure != "axis" else _axes(card, frame)
    title = (reading.name,) if reading.name else ()
    columns = reading.id or title
    more = tuple(filter(None, (reading.doubt_of, reading.class_of)))
    rows = frame[list(dict.fromkeys((*columns, *title, *more)))].to_dict("records")
    objects = Objects(shapes, [], [], [], [])
    for shape, row in zip(shapes, rows, strict=True):
        texts = {column: _text(row[column]) for column in (*columns, *title)}
        texts = {column: reading.aliases.get(text, text) for column, text in texts.items()}
        key = simplify(" ".join(filter(None, (texts[column] for column in columns))))
        if not key and reading.name:
            key = UNNAMED + hashlib.sha256(shapely.to_wkb(shape)).hexdigest()[:10]
        name = texts[reading.name] if reading.name else ""
        name = titles.get(name, name)
        kind = _text(row[reading.class_of]) if reading.class_of else ""
        words = {**texts, "name": name, "class": reading.classes.get(kind, kind)}
        doubt = _text(row[reading.doubt_of]) if reading.doubt_of else ""
        objects.ids.append(key or simplify(card.noun))
        objects.names.append(reading.named.format(**words) if name else "")
        ends = columns[1:3] if card.measure == "axis" else ()
        objects.labels.append("|".join(texts[column] for column in ends))
        objects.doubts_m.append(reading.doubts.get(doubt, card.error_m))
    return objects


def corner_id(lat: float, lon: float) -> str:
    """Return the id of a zone by its south-west corner, which stays the same as long as the zone does."""
    return f"{'n' if lat >= 0 else 's'}{abs(lat):.4f}{'e' if lon >= 0 else 'w'}{abs(lon):.4f}"


def dissolved(card: Card, frame: gpd.GeoDataFrame) -> Objects:
    """Join polygons of one class that touch: tiles and cells cut one zone into many."""
    import numpy as np
    import shapely

    reading = card.reading
    classes = [_text(value) for value in frame[reading.class_of]] if reading.class_of else [""] * len(frame)
    zones: list[tuple[Any, str, str]] = []
    for class_ in sorted(set(classes)):
        own = shapes_of(frame)[np.array([value == class_ for value in classes], dtype=bool)]
        parts = shapely.get_parts(shapely.union_all(own))
        for part in parts[shapely.get_dimensions(parts) == 2]:
            west, south, _, _ = part.bounds
            corner = corner_id(south, west)
            key = f"{simplify(class_)}-{corner}" if class_ else corner
            zones.append((part, key, reading.classes.get(class_, class_)))
    shapes = np.empty(len(zones), dtype=object)
    shapes[:] = [zone for zone, _, _ in zones]
    ids, labels = [key for _, key, _ in zones], [label for _, _, label in zones]
    return Objects(shapes, ids, [""] * len(ids), labels, [card.error_m] * len(ids))


def _axes(card: Card, frame: gpd.GeoDataFrame) -> Geometries:
    """Draw each runway's axis, carried on past both thresholds."""
    import numpy as np
    import shapely
    from pyproj import Geod

    assert card.reading.ends
    lat1, lon1, lat2, lon2 = (frame[column].to_numpy(dtype=float) for column in card.reading.ends)
    geod = Geod(ellps="WGS84")
    there, back, _ = geod.inv(lon1, lat1, lon2, lat2)
    reach = np.full(len(frame), card.search_radius_m)
    west, south, _ = geod.fwd(lon1, lat1, np.asarray(there) + 180, reach)
    east, north, _ = geod.fwd(lon2, lat2, np.asarray(back) + 180, reach)
    lons, lats = np.stack([west, lon1, lon2, east], 1), np.stack([south, lat1, lat2, north], 1)
    return np.asarray(shapely.linestrings(np.stack([lons, lats], 2)))


def pairs(
    shapes: Geometries, discs: Sequence[Disc], reach_m: float, straight: bool = False
) -> Iterator[tuple[Disc, int, float]]:
    """Return every shape (in degrees) within reach of a site's middle, with its distance in metres.

    A distance within an area is negative: metres to its edge. Edges are those of GeoJSON, straight in
    degrees; ``straight`` ones, such as the axes of runways, are straight on the ground.
    """
    import numpy as np
    import shapely

    tree = shapely.STRtree(shapes)
    tiles: dict[tuple[int, int], list[Disc]] = {}
    for disc in discs:
        tiles.setdefault((math.floor(disc.lat), math.floor(disc.lon)), []).append(disc)
    for (south, west), inside in sorted(tiles.items()):
        lat, lon = min(south + 0.5, 90.0), west + 0.5
        near = np.unique(tree.query(_boxes(lat, lon, reach_m))[1])
        if not len(near):
            continue
        plane = _plane(lat, lon)
        bent = shapes[near] if straight else _bent(shapes[near], lat, lon, reach_m)
        flat = _flattened(bent, plane)
        # Where a shape was drawn around a pole, its two ends meet along a line, which is no edge.
        around = shapely.bounds(bent)[:, 2] - shapely.bounds(bent)[:, 0] >= 360
        flat[around] = shapely.set_precision(flat[around], 0.01)
        points = _flattened(shapely.points([[disc.lon, disc.lat] for disc in inside]), plane)
        which, what = shapely.STRtree(flat).query(points, predicate="dwithin", distance=reach_m)
        metres = np.asarray(shapely.distance(points[which], flat[what]))
        within = np.flatnonzero((metres == 0) & (shapely.get_dimensions(flat[what]) == 2))
        metres[within] = -np.asarray(
            shapely.distance(points[which[within]], shapely.boundary(flat[what[within]]))
        )
        for i, j, distance in zip(which, what, metres, strict=True):
            yield inside[i], int(near[j]), float(distance)


def _boxes(lat: float, lon: float, reach_m: float) -> Geometries:
    """Cover a tile and what is in reach of it, also across the antimeridian."""
    import shapely

    high, _ = span_deg(lat, reach_m)
    north, south = min(90.0, lat + 0.5 + high), max(-90.0, lat - 0.5 - high)
    _, wide = span_deg(max(abs(lat + 0.5), abs(lat - 0.5)), reach_m)
    wide += 0.5
    if wide >= 180:
        return shapely.box([-360], [south], [360], [north])
    turns = [-360.0, 0.0, 360.0]
    return shapely.box(
        [lon - wide + turn for turn in turns], [south] * 3, [lon + wide + turn for turn in turns], [north] * 3
    )


def _bent(shapes: Geometries, lat: float, lon: float, reach_m: float) -> Geometries:
    """Follow GeoJSON's edges, straight in degrees and so along parallels, and leave out what is far away.

    A plane around a place draws a long edge straight, and what lies at the other end of the Earth
    inside out; a cut at 2000 km is farther than what anything is asked about.
    """
    import numpy as np
    import shapely

    west, south, east, north = shapely.bounds(shapes).T
    long = np.flatnonzero(np.maximum(east - west, north - south) > _EDGE_DEG)
    if len(long):
        shapes = shapes.copy()
        area = shapely.union_all(_boxes(lat, lon, max(reach_m, _FAR_M)))
        far = long[~shapely.covers(area, shapely.box(west, south, east, north)[long])]
        shapes[far] = shapely.intersection(shapes[far], area)
        shapes[long] = shapely.segmentize(shapes[long], _EDGE_DEG)
    return shapes


def _plane(lat: float, lon: float) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m", always_xy=True
    )


def _flattened(shapes: Any, plane: Any) -> Geometries:
    import numpy as np
    import shapely

    return np.asarray(shapely.transform(shapes, lambda xy: np.stack(plane.transform(xy[:, 0], xy[:, 1]), 1)))
