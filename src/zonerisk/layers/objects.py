"""Objects: what a layer maps, each with an id that stays the same and a name."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.catalogue.catalog import simplify

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from zonerisk.layers.card import Card

    Geometries = npt.NDArray[np.object_]

# How the ids of objects begin that the source gives no name: two of them may be one.
UNNAMED = "unnamed-"


class Objects(NamedTuple):
    """A layer's objects: geometries in degrees, and what they are called."""

    shapes: Geometries
    ids: list[str]
    names: list[str]
    labels: list[str]
    doubts_m: list[float]


def shapes_of(frame: gpd.GeoDataFrame) -> Geometries:
    """Give the geometries of a table."""
    return frame.geometry.to_numpy()  # type: ignore[no-any-return]


def joined(parts: Sequence[Objects]) -> Objects:
    """Put the objects of several files together."""
    import numpy as np

    return Objects(
        np.concatenate([part.shapes for part in parts]),
        [one for part in parts for one in part.ids],
        [one for part in parts for one in part.names],
        [one for part in parts for one in part.labels],
        [one for part in parts for one in part.doubts_m],
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
        told = {
            column: reading.aliases.get(_text(row[column]), _text(row[column]))
            for column in (*columns, *title)
        }
        key = simplify(" ".join(filter(None, (told[column] for column in columns))))
        if not key and reading.name:
            key = UNNAMED + hashlib.sha256(shapely.to_wkb(shape)).hexdigest()[:10]
        name = told[reading.name] if reading.name else ""
        name = titles.get(name, name)
        objects.ids.append(key or simplify(card.noun))
        kind = _text(row[reading.class_of]) if reading.class_of else ""
        words = {**told, "name": name, "class": reading.classes.get(kind, kind)}
        objects.names.append(reading.named.format(**words) if name else "")
        ends = [told[column] for column in columns[1:3]] if card.measure == "axis" else []
        objects.labels.append("|".join(ends))
        objects.doubts_m.append(
            reading.doubts.get(_text(row[reading.doubt_of]), card.error_m)
            if reading.doubt_of
            else card.error_m
        )
    return objects


def dissolved(card: Card, frame: gpd.GeoDataFrame) -> Objects:
    """Join polygons that touch: tiles and cells cut one zone into many.

    A zone's id is its class and its south-west corner, which stays the same as long as the
    zone does.
    """
    import numpy as np
    import shapely

    reading = card.reading
    classes = [_text(value) for value in frame[reading.class_of]] if reading.class_of else [""] * len(frame)
    shapes, ids, labels = [], [], []
    all_shapes = shapes_of(frame)
    for each in sorted(set(classes)):
        own = all_shapes[np.array([one == each for one in classes], dtype=bool)]
        parts = shapely.get_parts(shapely.union_all(own))
        for part in parts[shapely.get_dimensions(parts) == 2]:
            west, south, _, _ = part.bounds
            corner = f"{'n' if south >= 0 else 's'}{abs(south):.4f}{'e' if west >= 0 else 'w'}{abs(west):.4f}"
            shapes.append(part)
            ids.append(f"{simplify(each)}-{corner}" if each else corner)
            labels.append(reading.classes.get(each, each))
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return Objects(array, ids, [""] * len(ids), labels, [card.error_m] * len(ids))


def _axes(card: Card, frame: gpd.GeoDataFrame) -> Geometries:
    """Draw each runway's axis, carried on past both thresholds."""
    import numpy as np
    import shapely
    from pyproj import Geod

    assert card.reading.ends
    ends = [frame[column].to_numpy(dtype=float) for column in card.reading.ends]
    lat1, lon1, lat2, lon2 = ends
    geod = Geod(ellps="WGS84")
    there, back, _ = geod.inv(lon1, lat1, lon2, lat2)
    reach = np.full(len(frame), card.search_radius_m)
    west, south, _ = geod.fwd(lon1, lat1, np.asarray(there) + 180, reach)
    east, north, _ = geod.fwd(lon2, lat2, np.asarray(back) + 180, reach)
    points = np.stack(
        [
            np.stack([west, south], 1),
            np.stack([lon1, lat1], 1),
            np.stack([lon2, lat2], 1),
            np.stack([east, north], 1),
        ],
        1,
    )
    return np.asarray(shapely.linestrings(points))
