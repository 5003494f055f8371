"""Sampling: what a layer's raw files say over the disc that a site stands in.

Distances are measured in an azimuthal equidistant plane at the middle of a one-degree tile.
There the distance of two points 250 km from the middle is off by less than 0.03 %, less than
any layer's own error.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zonerisk import raster, vectorfile
from zonerisk.catalog import simplify
from zonerisk.errors import DataError
from zonerisk.exposure import Exposure, Layer, NoData, layer_of, missing
from zonerisk.geometry import Interval

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt

    from zonerisk.layers import Card, Kept

    Geometries = npt.NDArray[np.object_]

# Beyond this a disc says nothing about which side of a zone's edge its site stands on.
VAGUE_M = 5_000.0
# How the ids of objects begin that the source gives no name: two of them may be one.
UNNAMED = "unnamed-"


class Disc(NamedTuple):
    """Where a site may stand: its id, degrees, and the radius in metres."""

    site: str
    lat: float
    lon: float
    radius_m: float


class Objects(NamedTuple):
    """A layer's objects: geometries in degrees, and what they are called."""

    shapes: Geometries
    ids: list[str]
    names: list[str]
    labels: list[str]
    doubts_m: list[float]


def head(card: Card, kept: Sequence[Kept], sampled: str) -> dict[str, Any]:
    """Write what a verdict must know of a layer, with the hashes of its raw files."""
    from zonerisk.layers import digest

    return {
        "layer": card.id, "kind": card.kind, "measure": card.measure, "noun": card.noun,
        "grade": card.grade, "basis": card.basis, "complete": card.complete,
        "error_m": card.error_m, "near_m": card.near_m, "boxes": card.boxes,
        "vintage": card.vintage, "title": f"{card.title} ({card.vintage})", "url": card.url,
        "read": card.read_on, "claim": f"{card.may_say[0]}. {card.attribution}",
        "licence": card.derived_licence, "attribution": card.attribution, "sampled": sampled,
        "raw": {each.file.path: digest(each.path) for each in kept},
    }


def sample(card: Card, kept: Sequence[Kept], discs: Sequence[Disc]) -> list[Exposure]:
    """Say what one layer says at sites.

    Parameters
    ----------
    card
        The layer.
    kept
        Its files on this machine.
    discs
        The sites.

    Returns
    -------
    At least one exposure for each site, in the order of the sites' ids.

    Raises
    ------
    DataError
        If a file cannot be read, or is not what the card says.
    """
    layer = layer_of({**head(card, (), ""), "boxes": card.boxes})
    found: dict[str, list[Exposure]] = {disc.site: [] for disc in discs}
    clear = []
    for disc in discs:
        reason = _unanswerable(card, disc)
        if reason:
            found[disc.site] = [missing(layer, disc.site, reason)]
        else:
            clear.append(disc)
    clear = _covered(card, layer, kept, clear, found)
    for exposure in _measure(card, layer, kept, clear):
        found[exposure.site].append(exposure)
    for disc in clear:
        if not found[disc.site]:
            found[disc.site] = [missing(layer, disc.site, "outside_coverage")]
    return [each for site in sorted(found)
            for each in sorted(found[site], key=lambda one: (
                math.inf if one.interval is None or one.interval.best is None
                else one.interval.best, one.object))]


def _unanswerable(card: Card, disc: Disc) -> NoData | None:
    if card.boxes and not any(west <= disc.lon <= east and south <= disc.lat <= north
                              for west, south, east, north in card.boxes):
        return "outside_coverage"
    vague = VAGUE_M if card.measure == "area" else max(VAGUE_M, card.near_m)
    return "position_too_uncertain" if disc.radius_m > vague else None


def _covered(card: Card, layer: Layer, kept: Sequence[Kept], discs: list[Disc],
             found: dict[str, list[Exposure]]) -> list[Disc]:
    """Drop the sites that lie beyond the places a layer was clipped around."""
    import shapely

    bounding = [each for each in kept if each.file.role == "coverage"]
    if not bounding or not discs:
        return discs
    if card.covered_within_m is None:
        frame = vectorfile.read(bounding[0].path, _plain())
        whole = shapely.union_all(frame.geometry.to_numpy())
        shapely.prepare(whole)
        inside = {disc.site for disc in discs if whole.contains(shapely.Point(disc.lon, disc.lat))}
    else:
        places = Objects(_shapes(vectorfile.read(bounding[0].path, _plain())), [], [], [], [])
        inside = {disc.site for disc, _, _ in _pairs(places, discs, card.covered_within_m)}
    for disc in discs:
        if disc.site not in inside:
            found[disc.site] = [missing(layer, disc.site, "outside_coverage")]
    return [disc for disc in discs if disc.site in inside]


def _plain() -> Any:
    from zonerisk.layers import Reading

    return Reading()


def _measure(card: Card, layer: Layer, kept: Sequence[Kept], discs: Sequence[Disc]
             ) -> Iterator[Exposure]:
    data = [each for each in kept if each.file.role == "data"]
    if not data or not discs:
        return
    if card.reading.method == "raster":
        for each in data:
            yield from _raster(card, layer, each, kept, discs)
        return
    frames = [vectorfile.read(each.path, card.reading) for each in data]
    if card.measure == "area":
        edge = [vectorfile.read(each.path, _plain()) for each in kept
                if each.file.role == "coverage"]
        yield from _areas(card, layer, [_dissolved(card, frame) for frame in frames], discs, edge)
    elif card.measure == "count":
        yield from _counts(card, layer, frames, discs)
    elif card.measure == "cell":
        yield from _cells(card, layer, frames, discs)
    else:
        objects = [_named(card, frame) for frame in frames]
        yield from _nearest(card, layer, _joined(objects), discs)


# Objects -------------------------------------------------------------------------------


def _shapes(frame: gpd.GeoDataFrame) -> Geometries:
    return frame.geometry.to_numpy()  # type: ignore[no-any-return]


def _joined(parts: Sequence[Objects]) -> Objects:
    import numpy as np

    return Objects(np.concatenate([part.shapes for part in parts]),
                   [one for part in parts for one in part.ids],
                   [one for part in parts for one in part.names],
                   [one for part in parts for one in part.labels],
                   [one for part in parts for one in part.doubts_m])


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124


def _named(card: Card, frame: gpd.GeoDataFrame) -> Objects:
    """Name a layer's objects; those without a name are told apart by their geometry."""
    import shapely

    reading = card.reading
    shapes = _shapes(frame) if card.measure != "axis" else _axes(card, frame)
    title = (reading.name,) if reading.name else ()
    columns = reading.id or title
    doubt = (reading.doubt_of,) if reading.doubt_of else ()
    rows = frame[list(dict.fromkeys((*columns, *title, *doubt)))].to_dict("records")
    objects = Objects(shapes, [], [], [], [])
    for shape, row in zip(shapes, rows, strict=True):
        told = {column: reading.aliases.get(_text(row[column]), _text(row[column]))
                for column in (*columns, *title)}
        key = simplify(" ".join(filter(None, (told[column] for column in columns))))
        if not key and reading.name:
            key = UNNAMED + hashlib.sha256(shapely.to_wkb(shape)).hexdigest()[:10]
        name = told[reading.name] if reading.name else ""
        objects.ids.append(key or simplify(card.noun))
        objects.names.append(reading.named.format(**{**told, "name": name}) if name else "")
        ends = [told[column] for column in columns[1:3]] if card.measure == "axis" else []
        objects.labels.append("|".join(ends))
        objects.doubts_m.append(reading.doubts.get(_text(row[reading.doubt_of]), card.error_m)
                                if reading.doubt_of else card.error_m)
    return objects


def _dissolved(card: Card, frame: gpd.GeoDataFrame) -> Objects:
    """Join polygons that touch: tiles and cells cut one zone into many.

    A zone's id is its class and its south-west corner, which stays the same as long as the
    zone does.
    """
    import numpy as np
    import shapely

    reading = card.reading
    classes = ([_text(value) for value in frame[reading.class_of]] if reading.class_of
               else [""] * len(frame))
    shapes, ids, labels = [], [], []
    all_shapes = _shapes(frame)
    for each in sorted(set(classes)):
        own = all_shapes[np.array([one == each for one in classes], dtype=bool)]
        parts = shapely.get_parts(shapely.union_all(own))
        for part in parts[shapely.get_dimensions(parts) == 2]:
            west, south, _, _ = part.bounds
            corner = f"{'n' if south >= 0 else 's'}{abs(south):.4f}{'e' if west >= 0 else 'w'}" \
                     f"{abs(west):.4f}"
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
    reach = np.full(len(frame), card.reach_m)
    west, south, _ = geod.fwd(lon1, lat1, np.asarray(there) + 180, reach)
    east, north, _ = geod.fwd(lon2, lat2, np.asarray(back) + 180, reach)
    points = np.stack([np.stack([west, south], 1), np.stack([lon1, lat1], 1),
                       np.stack([lon2, lat2], 1), np.stack([east, north], 1)], 1)
    return shapely.linestrings(points)  # type: ignore[no-any-return]


# Planes --------------------------------------------------------------------------------


def _tiles(discs: Sequence[Disc]) -> Iterator[tuple[float, float, list[Disc]]]:
    held: dict[tuple[int, int], list[Disc]] = {}
    for disc in discs:
        held.setdefault((math.floor(disc.lat), math.floor(disc.lon)), []).append(disc)
    for (south, west), inside in sorted(held.items()):
        yield south + 0.5, west + 0.5, inside


def _plane(lat: float, lon: float) -> Any:
    from pyproj import Transformer

    return Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m",
        always_xy=True)


def _boxes(lat: float, lon: float, reach_m: float) -> Geometries:
    """Cover a tile and what is in reach of it, also across the antimeridian."""
    import shapely

    high = 0.5 + reach_m / 110_000
    north = min(90.0, lat + high)
    south = max(-90.0, lat - high)
    wide = 0.5 + reach_m / (111_320 * max(0.01, math.cos(math.radians(max(abs(north),
                                                                          abs(south))))))
    if wide >= 180:
        return shapely.box([-360], [south], [360], [north])  # type: ignore[no-any-return]
    turns = [-360.0, 0.0, 360.0]
    return shapely.box([lon - wide + turn for turn in turns], [south] * 3,  # type: ignore[no-any-return]
                       [lon + wide + turn for turn in turns], [north] * 3)


def _pairs(objects: Objects, discs: Sequence[Disc], reach_m: float
           ) -> Iterator[tuple[Disc, int, float]]:
    """Give every object within reach of a site's middle, with its distance in metres.

    A distance within an area is negative: metres to its edge.
    """
    import numpy as np
    import shapely

    tree = shapely.STRtree(objects.shapes)
    for lat, lon, inside in _tiles(discs):
        near = np.unique(tree.query(_boxes(lat, lon, reach_m))[1])
        if not len(near):
            continue
        plane = _plane(lat, lon)
        flat = shapely.transform(objects.shapes[near], lambda xy, plane=plane: np.stack(
            plane.transform(xy[:, 0], xy[:, 1]), 1))
        points = shapely.points(np.stack(plane.transform([disc.lon for disc in inside],
                                                         [disc.lat for disc in inside]), 1))
        which, what = within(points, flat, reach_m)
        metres = shapely.distance(points[which], flat[what])
        for i, j, distance in zip(which, what, metres, strict=True):
            if distance == 0 and shapely.get_dimensions(flat[j]) == 2:
                distance = -shapely.distance(points[i], shapely.boundary(flat[j]))
            yield inside[i], int(near[j]), float(distance)


def within(points: Geometries, shapes: Geometries, reach: float
           ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Pair points with the shapes within reach of them, in the units of their plane."""
    import shapely

    which, what = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=reach)
    return which, what


def nearest(points: Geometries, shapes: Geometries, reach: float
            ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Give each point the shapes nearest to it within reach, ties included.

    Returns
    -------
    Indices of points, of shapes, and the distances between them, sorted by both indices.
    """
    import numpy as np
    import shapely

    which, what = within(points, shapes, reach)
    distance = shapely.distance(points[which], shapes[what])
    least = np.full(len(points), np.inf)
    np.minimum.at(least, which, distance)
    kept = distance == least[which]
    which, what, distance = which[kept], what[kept], distance[kept]
    order = np.lexsort((what, which))
    return which[order], what[order], distance[order]


# Measures ------------------------------------------------------------------------------


def _rounded(card: Card, low: float, best: float, high: float) -> Interval:
    """Round to the metre, or to ten where the layer is no better than a hundred."""
    step = 10 if card.error_m >= 100 else 1
    return Interval(math.floor(low / step) * step, round(best / step) * step,
                    math.ceil(high / step) * step)


def _widened(card: Card, disc: Disc, distance: float, error_m: float) -> Interval:
    doubt = disc.radius_m + error_m
    low = distance - doubt
    return _rounded(card, low if card.measure == "area" else max(0.0, low), distance,
                    distance + doubt)


def _beyond(card: Card, layer: Layer, disc: Disc) -> Exposure:
    """Say that no object lies in reach: any is at least so far away."""
    least = max(0.0, card.reach_m - disc.radius_m - card.error_m)
    return Exposure(layer, disc.site, Interval(math.floor(least), None, None))


def _nearest(card: Card, layer: Layer, objects: Objects, discs: Sequence[Disc]
             ) -> Iterator[Exposure]:
    widest = max(disc.radius_m for disc in discs)
    reach = card.near_m if card.measure == "axis" else card.reach_m
    best: dict[str, dict[str, tuple[float, int]]] = {disc.site: {} for disc in discs}
    worst = max(objects.doubts_m, default=card.error_m)
    for disc, index, distance in _pairs(objects, discs, reach + widest + worst):
        distance = max(0.0, distance)
        key, seen = objects.ids[index], best[disc.site]
        if key not in seen or (distance, index) < seen[key]:
            seen[key] = (distance, index)
    for disc in discs:
        ranked = sorted(best[disc.site].items(), key=lambda item: (item[1], item[0]))
        close = disc.radius_m + card.near_m
        kept = [item for place, item in enumerate(ranked)
                if item[1][0] <= close + objects.doubts_m[item[1][1]]
                or (place == 0 and card.measure == "near")]
        for key, (distance, index) in kept:
            label = ""
            if card.measure == "axis":
                label = _past(objects.shapes[index], disc, objects.labels[index].split("|"))
            yield Exposure(layer, disc.site,
                           _widened(card, disc, distance, objects.doubts_m[index]), key,
                           objects.names[index], label)
        if not kept:
            yield _beyond(card, layer, disc)


def _past(axis: Any, disc: Disc, ends: Sequence[str]) -> str:
    """Say how far past a threshold, or beside the runway, a site stands."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    (lon1, lat1), (lon2, lat2) = axis.coords[1], axis.coords[2]
    ahead, _, length = geod.inv(lon1, lat1, lon2, lat2)
    to, _, away = geod.inv(lon1, lat1, disc.lon, disc.lat)
    along = away * math.cos(math.radians(to - ahead))
    if 0 <= along <= length:
        return "beside the runway"
    end, past = (ends[0], -along) if along < 0 else (ends[-1], along - length)
    return f"{past / 1000:.1f} km past the {end} threshold"


def _areas(card: Card, layer: Layer, parts: Sequence[Objects], discs: Sequence[Disc],
           edge: Sequence[gpd.GeoDataFrame]) -> Iterator[Exposure]:
    import shapely

    objects = _joined(parts)
    limit = card.covered_within_m or card.reach_m
    rim: dict[str, float] = {}
    if edge:
        whole = Objects(shapely.get_parts(shapely.union_all(_shapes(edge[0]))), [], [], [], [])
        for disc, _, distance in _pairs(whole, discs, 0.0):
            rim[disc.site] = -distance
    near: dict[str, list[tuple[float, int]]] = {disc.site: [] for disc in discs}
    for disc, index, distance in _pairs(objects, discs, limit):
        near[disc.site].append((distance, index))
    for disc in discs:
        ranked = sorted(near[disc.site])
        close = disc.radius_m + card.error_m + card.near_m
        seen: set[str] = set()
        for place, (distance, index) in enumerate(ranked):
            label = objects.labels[index]
            # Of each class the nearest zone, and every one that the disc may touch.
            if distance > close and (place and label in seen):
                continue
            seen.add(label)
            whole_m = _widened(card, disc, distance, card.error_m)
            # An unmapped zone may begin where the map ends.
            low = min(whole_m.low, math.floor(rim.get(disc.site, math.inf) - disc.radius_m)
                      if disc.site in rim else whole_m.low)
            yield Exposure(layer, disc.site, whole_m._replace(low=low), objects.ids[index],
                           objects.names[index], label)


def _counts(card: Card, layer: Layer, frames: Sequence[gpd.GeoDataFrame], discs: Sequence[Disc]
            ) -> Iterator[Exposure]:
    radius = card.reading.radius_m or 0
    events = Objects(_shapes(frames[0]), [], [], [], [])
    distances: dict[str, list[float]] = {disc.site: [] for disc in discs}
    widest = max(disc.radius_m for disc in discs)
    for disc, _, distance in _pairs(events, discs, radius + widest + card.error_m):
        distances[disc.site].append(distance)
    for disc in discs:
        doubt = disc.radius_m + card.error_m
        low, best, high = (sum(one <= radius + shift for one in distances[disc.site])
                           for shift in (-doubt, 0.0, doubt))
        yield Exposure(layer, disc.site, Interval(low, best, high), simplify(card.noun),
                       card.quantity)


def _cells(card: Card, layer: Layer, frames: Sequence[gpd.GeoDataFrame], discs: Sequence[Disc]
           ) -> Iterator[Exposure]:
    size = card.reading.size_deg or 1
    frame = frames[0]
    keys = [(math.floor(y / size), math.floor(x / size))
            for x, y in zip(frame.geometry.x, frame.geometry.y, strict=True)]
    rows = frame[list(card.reading.values)].to_numpy()
    table = dict(zip(keys, rows, strict=True))
    nothing = [0] * len(card.reading.values)
    for disc in discs:
        high = disc.radius_m / 110_000
        wide = high / max(0.01, math.cos(math.radians(disc.lat)))
        touched = [table.get((row, _turned(column, size)), nothing)
                   for row in _steps(disc.lat, high, size)
                   for column in _steps(disc.lon, wide, size)]
        own = table.get((math.floor(disc.lat / size), math.floor(disc.lon / size)), nothing)
        told = ", ".join(f"{int(value)} {card.reading.classes.get(name, name)}"
                         for name, value in zip(card.reading.values, own, strict=True))
        first = [int(values[0]) for values in touched]
        yield Exposure(layer, disc.site, Interval(min(first), int(own[0]), max(first)),
                       simplify(card.noun), card.quantity, told)


def _steps(middle: float, reach: float, size: float) -> Iterable[int]:
    return range(math.floor((middle - reach) / size), math.floor((middle + reach) / size) + 1)


def _turned(column: int, size: float) -> int:
    """Bring a column of cells back onto the Earth across the antimeridian."""
    turn = round(360 / size)
    return (column + turn // 2) % turn - turn // 2


# Rasters -------------------------------------------------------------------------------


def _raster(card: Card, layer: Layer, each: Kept, kept: Sequence[Kept], discs: Sequence[Disc]
            ) -> Iterator[Exposure]:
    import numpy as np

    water = next((other.path for other in kept if other.file.role == "water"), None)
    with raster.opened(each.path) as file:
        west, south, east, north = raster.bounds(file)
        inside = [disc for disc in discs if west <= disc.lon < east and south < disc.lat <= north]
        names = dict(_flooded(card, file, inside))
        for disc in inside:
            found = raster.window(file, disc.lat, disc.lon, card.reach_m + disc.radius_m)
            if found is None:
                continue
            if water is not None:
                with raster.opened(water) as always:
                    wet_always = raster.window(always, disc.lat, disc.lon,
                                               card.reach_m + disc.radius_m)
                if wet_always is None or wet_always.values.shape != found.values.shape:
                    raise DataError(f"{water}: its cells are not those of {each.path}")
                found = found._replace(values=np.where(wet_always.values > 0, np.nan,
                                                       found.values))
            yield _cell_exposure(card, layer, disc, found, raster.cell_m(file, disc.lat),
                                 names.get(disc.site, ""))


def _cell_exposure(card: Card, layer: Layer, disc: Disc, found: raster.Window, half_m: float,
                   name: str) -> Exposure:
    """Measure to the nearest cell of the other side, and name the class of the place."""
    import numpy as np

    wet = found.values >= card.reading.wet_from
    north_m, east_m = _metres(disc, found)
    row, column = int(np.abs(north_m).argmin()), int(np.abs(east_m).argmin())
    own = bool(wet[row, column])
    tall = abs(north_m[0] - north_m[-1]) / max(1, len(north_m) - 1) / 2
    broad = abs(east_m[0] - east_m[-1]) / max(1, len(east_m) - 1) / 2
    gap = np.hypot(np.maximum(np.abs(north_m) - tall, 0)[:, None],
                   np.maximum(np.abs(east_m) - broad, 0)[None, :])
    other = gap[wet != own]
    edge = float(other.min()) if len(other) else card.reach_m
    touched = found.values[gap <= disc.radius_m + card.error_m]
    label = _classes(card, float(found.values[row, column]), touched)
    if not own and not len(other):
        return _beyond(card, layer, disc)
    interval = _widened(card, disc, -edge if own else edge, card.error_m)
    return Exposure(layer, disc.site, interval, name or "unjoined", "", label)


def _metres(disc: Disc, found: raster.Window
            ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    phi = math.radians(disc.lat)
    tall = 111_132.954 - 559.822 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    broad = 111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi)
    return (found.lat - disc.lat) * tall, (found.lon - disc.lon) * broad


def _classes(card: Card, own: float, touched: npt.NDArray[np.float64]) -> str:
    """Say what the raster says at the point and over the disc."""
    import numpy as np

    values = touched[~np.isnan(touched)]
    top = float(values.max()) if len(values) else math.nan
    if card.reading.classes:
        told = [card.reading.classes.get(f"{value:g}", "none mapped")
                for value in (0.0 if math.isnan(own) else own, 0.0 if math.isnan(top) else top)]
        return told[0] if told[0] == told[1] else f"{told[0]}, up to {told[1]} within the disc"
    depths = [0.0 if math.isnan(value) else value for value in (own, top)]
    return f"{depths[0]:.1f} {card.unit}, up to {depths[1]:.1f} {card.unit} within the disc"


def _flooded(card: Card, file: Any, discs: Sequence[Disc]) -> Iterator[tuple[str, str]]:
    """Name the joined flooded area that each site is in or nearest to.

    Areas less than about 80 m apart count as one, so that a dyke or a road drawn dry does
    not part them.
    """
    import numpy as np
    import shapely
    from rasterio.features import shapes
    from rasterio.transform import Affine
    from rasterio.windows import Window as Cells

    if not discs:
        return
    height, width = abs(file.transform.e), abs(file.transform.a)
    margin = 12_000 / 110_570
    boxes = shapely.box([d.lon - 1.6 * margin for d in discs], [d.lat - margin for d in discs],
                        [d.lon + 1.6 * margin for d in discs], [d.lat + margin for d in discs])
    for cluster in shapely.get_parts(shapely.union_all(boxes)):
        west, south, east, north = cluster.bounds
        left = max(0, int((west - file.bounds.left) / width))
        top = max(0, int((file.bounds.top - north) / height))
        right = min(file.width, int((east - file.bounds.left) / width) + 1)
        bottom = min(file.height, int((file.bounds.top - south) / height) + 1)
        if (right - left) * (bottom - top) > 100_000_000:
            raise DataError(f"{file.name}: the sites lie in too large an area; sample fewer")
        cells = file.read(1, window=Cells(left, top, right - left, bottom - top), masked=True)
        wet = np.ma.filled(cells >= card.reading.wet_from, False)
        step = max(1, round(80 / (height * 110_570)))
        rows, columns = wet.shape[0] // step * step, wet.shape[1] // step * step
        if not rows or not columns:
            continue
        coarse = wet[:rows, :columns].reshape(rows // step, step, columns // step, step).max((1, 3))
        transform = Affine(width * step, 0, file.bounds.left + left * width,
                           0, -height * step, file.bounds.top - top * height)
        found = [shapely.geometry.shape(shape) for shape, _ in shapes(
            coarse.astype("uint8"), mask=coarse, connectivity=8, transform=transform)]
        if not found:
            continue
        tree = shapely.STRtree(found)
        for disc in discs:
            if cluster.contains(shapely.Point(disc.lon, disc.lat)):
                index = int(tree.nearest(shapely.Point(disc.lon, disc.lat)))
                x, y, _, _ = found[index].bounds
                yield disc.site, (f"{'n' if y >= 0 else 's'}{abs(y):.4f}"
                                  f"{'e' if x >= 0 else 'w'}{abs(x):.4f}")
