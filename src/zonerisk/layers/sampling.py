"""Sampling: what a layer's raw files say over the disc that a site stands in.

Distances are measured in an azimuthal equidistant plane at the middle of a one-degree tile: 250 km from it
they are off by less than 0.03 %, less than any layer's own error.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Transformer

from zonerisk.core import errors, samples
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import Interval, geodesic_m, span_deg
from zonerisk.core.kinds import HazardKind
from zonerisk.core.model import simplify
from zonerisk.core.samples import Disc, HazardSample, Layer
from zonerisk.layers import files
from zonerisk.layers.cards import Card, Reading
from zonerisk.layers.store import LayerFile, digest
from zonerisk.words import phrases

if TYPE_CHECKING:
    import geopandas as gpd

Discs = Sequence[Disc]
Samples = Iterator[HazardSample]
Geometries = npt.NDArray[np.object_]
Edge = Geometries | None
Paths = Mapping[str, Sequence[Path]]
"""A layer's files by their roles."""
Near = dict[str, list[tuple[float, int]]]
"""By site: how far shapes are, metres, and which of them it is."""
# What is read as cells; all else as vectors.
CELLS = ("raster", "tiles")
_MAX_CLUSTER = 100_000_000
# No flood is deeper, metres: what is written as more is a mark for something else.
MAX_DEPTH_M = 100.0
# An edge farther from all sites than this does not name the flooded area that they are in.
_NAMED_WITHIN_M = 12_000.0
# Flooded areas closer than this are one: a dyke or a road drawn dry does not part them.
_JOINED_M = 80.0
# Edges are followed in steps of this: along a parallel a step strays by a metre and a half at most.
_EDGE_DEG = 0.1
_FAR_M = 2_000_000.0
_GEOD = Geod(ellps="WGS84")

# Beyond this a disc says nothing of which side of a zone's edge, or of a place, its site stands on. Counts
# and cells are coarser; what is stated of one address says nothing of the next street.
_MAX_UNCERTAINTY_M = {
    **dict.fromkeys(("area", "near", "axis"), 5_000.0),
    **dict.fromkeys(("count", "cell"), 50_000.0),
    "stated": 200.0,
}
_AS_ON_THE_CARD = {*Layer.__dataclass_fields__, "url", "attribution"} & Card.model_fields.keys() - {"id"}


def head(card: Card, layer_files: Sequence[LayerFile], sampled: str, towns: Discs = ()) -> dict[str, Any]:
    """Return what a verdict must know of a layer, its files' hashes, and the ``towns`` that it covers."""
    covered, labels = None, card.reading.classes
    if towns and (card.boxes or any(file.file.role == "coverage" for file in layer_files)):
        covered = sorted({row.site for row in sample(card, layer_files, towns) if not row.reason})
    return {
        **{name: getattr(card, name) for name in _AS_ON_THE_CARD},
        "layer": card.id,
        "max_uncertainty_m": card.max_uncertainty_m
        or max(_MAX_UNCERTAINTY_M[card.measure], card.list_radius_m),
        "return_years": {labels.get(key, key): years for key, years in card.return_years.items()},
        "intensities": {labels.get(key, key): list(ends) for key, ends in card.intensities.items()},
        "title": f"{card.title} ({card.vintage})",
        "read": card.read_on,
        "claim": f"{card.may_say[0]}. {card.attribution}",
        "regions": covered,
        "licence": card.derived_licence,
        "sampled": sampled,
        "raw": {file.file.path: digest(file.path) for file in layer_files},
    }


def sample(card: Card, layer_files: Sequence[LayerFile], discs: Discs) -> list[HazardSample]:
    """Return what one layer says at sites: at least one sample each, in the order of their ids."""
    layer = samples.layer_of(head(card, (), ""))
    reasons = {disc.site: samples.unanswerable(layer, disc) for disc in discs}
    rows = [HazardSample(layer, site, reason=reason) for site, reason in reasons.items() if reason]
    clear = [disc for disc in discs if not reasons[disc.site]]
    paths: dict[str, list[Path]] = defaultdict(list)
    for file, path in layer_files:
        paths[file.role].append(path)
    edge = None
    if paths["coverage"] and clear:
        reach = card.covered_within_m or 0.0
        edge = np.asarray(files.read(paths["coverage"][0], Reading()).geometry)
        # Of a disc that crosses the rim, some of what is near was not asked for.
        whole = card.measure == "near" and not reach
        rims = around(edge, clear, reach)
        clear = [at for at in clear if any(not whole or at.uncertainty_m <= -rim for rim, _ in rims[at.site])]
    if paths["data"] and clear:
        measures = _OF_CELLS if card.reading.method in CELLS else _OF_OBJECTS
        if card.measure not in measures:
            raise DataError(f"{card.id}: a raster has areas and cells, no {card.measure}")
        rows += measures[card.measure](card, layer, paths, clear, edge)
    for site in reasons.keys() - {row.site for row in rows}:
        rows.append(HazardSample(layer, site, reason="outside_coverage"))
    return sorted(rows, key=lambda row: (row.site, samples.nearness(row)))


def _flooding(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    """Return of each site inside a raster how far its edge of the flood is, and how deep it is.

    Masked cells do not count: a harbour is not a flooded place. Where a tile is missing nothing is known.
    """
    for path in paths["data"]:
        with ExitStack() as stack:
            file, *mask_files = (stack.enter_context(files.raster(name)) for name in (path, *paths["mask"]))
            west, south, east, north = file.bounds
            inside = [disc for disc in discs if west <= disc.lon < east and south < disc.lat <= north]
            names = dict(_flooded(card, file, inside))
            for disc in inside:
                reach = card.search_radius_m + disc.uncertainty_m
                cells = files.window(file, disc.lat, disc.lon, reach)
                assert cells
                _check_values(card, cells.values, path)
                for mask_file, mask_path in zip(mask_files, paths["mask"], strict=True):
                    mask = files.window(mask_file, disc.lat, disc.lon, reach)
                    if mask is None or mask.values.shape != cells.values.shape:
                        raise DataError(f"{mask_path}: its cells are not those of {path}")
                    cells = cells._replace(values=np.where(mask.values > 0, np.nan, cells.values))
                if figure := _cell_sample(card, layer, disc, cells, names.get(disc.site, "")):
                    yield figure


def _heights(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    """Return what cells hold over each disc and their error, outward to tenths; on a coast, the nearest."""
    with files.raster(paths["data"][0]) as file:
        for disc in discs:
            for coast, reach in enumerate((card.error_m, card.error_m + card.search_radius_m)):
                cells = files.window(file, disc.lat, disc.lon, disc.uncertainty_m + reach)
                if cells is None or np.isnan(cells.values).all():
                    continue
                # Less than counts is how a source may draw the sea; on land it is next to nothing.
                values = cells.values
                sea = values < card.reading.wet_from
                values = values if (sea | np.isnan(values)).all() else np.where(sea, np.nan, values)
                away = np.hypot(cells.north_m[:, None], cells.east_m)
                best = float(values.flat[np.where(np.isnan(values), np.inf, away).argmin()])
                low, high = (best, best) if coast else (float(np.nanmin(values)), float(np.nanmax(values)))
                span = Interval(math.floor(low * 10) / 10, round(best, 1), math.ceil(high * 10) / 10)
                yield HazardSample(layer, disc.site, span, simplify(card.noun), intensity=span.bounds)
                break


def _check_values(card: Card, values: npt.NDArray[Any], source: object) -> None:
    """Refuse depths and classes that are none, such as a mark for no data that is not declared."""
    known = [int(key) for key in card.reading.classes if key.isdecimal()]
    top = float(np.fmax.reduce(values, axis=None)) if values.size else 0.0
    if top > max(known, default=MAX_DEPTH_M):
        kind = "class that its card knows" if known else f"depth in {card.unit}"
        raise DataError(f"{source}: holds {top:g}, which is no {kind}; is it a mark for no data?")


def _cell_sample(card: Card, layer: Layer, disc: Disc, cells: files.Window, name: str) -> HazardSample | None:
    """Measure to the nearest cell of the other side, and name the class of the place."""
    reading, values = card.reading, cells.values
    wet, north, east = values >= reading.wet_from, np.abs(cells.north_m), np.abs(cells.east_m)
    row, column = int(north.argmin()), int(east.argmin())
    own = bool(wet[row, column])
    tall, broad = (abs(side[0] - side[-1]) / max(1, len(side) - 1) / 2 for side in cells[1:])
    gap = np.hypot(np.maximum(north - tall, 0)[:, None], np.maximum(east - broad, 0))
    gap[row, column] = 0.0  # Of a cell that is wider than the window no edge is in sight.
    # Where the raster ends, a nearer edge may lie beyond.
    seen = float(min(card.search_radius_m, *(north[[0, -1]] + tall), *(east[[0, -1]] + broad)))
    if reading.method == "tiles":
        unknown = np.isnan(values)
        if unknown[row, column]:
            return None
        seen = min(seen, float(gap[unknown].min(initial=np.inf)))
    other = gap[wet != own]
    if not own and not len(other):
        return samples.beyond(layer, disc.site, disc.uncertainty_m, seen)
    edge = float(other.min()) if len(other) else seen
    touched = values[gap <= disc.uncertainty_m + card.error_m]
    here, deepest = (
        reading.classes.get(f"{depth:g}", "none mapped")
        if reading.classes
        else f"{max(0.0, depth):.1f} {card.unit}"
        for depth in (np.nan_to_num(values[row, column]), touched[touched >= 0].max(initial=0.0))
    )
    same = reading.classes and here == deepest
    label = here if same else f"{here}, up to {deepest} within the disc"
    interval = samples.widened(layer, disc.uncertainty_m, -edge if own else edge, card.error_m)
    if seen < edge:
        nearest = samples.widened(layer, disc.uncertainty_m, -seen if own else seen, card.error_m)
        interval = replace(interval, high=nearest.high) if own else replace(interval, low=nearest.low)
    intensity, deep = None, touched[touched >= reading.wet_from]
    if card.intensity_unit and len(deep):
        # As read, or by the ends of the classes.
        low, high = float(deep.min()), float(deep.max())
        least, most = (card.intensities.get(f"{value:g}") for value in (low, high))
        if not reading.classes:
            intensity = Interval(low, None, high).rounded(2)
        elif least and most:
            intensity = Interval(least[0], None, most[1])
    return HazardSample(layer, disc.site, interval, name or "unjoined", "", label, intensity=intensity)


def _flooded(card: Card, file: Any, discs: Discs) -> Iterator[tuple[str, str]]:
    """Name the joined flooded area that each site is in or nearest to."""
    from rasterio.features import shapes
    from rasterio.windows import Window as Cells

    margin, _ = span_deg(0, _NAMED_WITHIN_M)
    lon, lat = np.array([(disc.lon, disc.lat) for disc in discs]).reshape(-1, 2).T
    boxes = shapely.box(lon - 1.6 * margin, lat - margin, lon + 1.6 * margin, lat + margin)
    for cluster in shapely.get_parts(shapely.union_all(boxes)):
        trouble = "the sites lie in too large an area; sample fewer"
        left, top, cells = files.cells_of(file, cluster.bounds, _MAX_CLUSTER, trouble)
        _check_values(card, cells.compressed(), files.plain(file.name))
        wet = np.ma.filled(cells >= card.reading.wet_from, False)
        step = max(1, round(span_deg(0, _JOINED_M)[0] / abs(file.transform.e)))
        rows, columns = wet.shape[0] // step * step, wet.shape[1] // step * step
        if not rows or not columns:
            continue
        coarse = wet[:rows, :columns].reshape(rows // step, step, columns // step, step).max((1, 3))
        transform = file.window_transform(Cells(left, top, 1, 1)) * file.transform.scale(step)
        outlines = shapes(coarse.astype("uint8"), mask=coarse, connectivity=8, transform=transform)
        areas = [shapely.geometry.shape(shape) for shape, _ in outlines]
        tree = shapely.STRtree(areas)
        for disc in discs if areas else ():
            point = shapely.Point(disc.lon, disc.lat)
            if cluster.contains(point):
                west, south, _, _ = areas[int(tree.nearest(point))].bounds
                yield disc.site, corner_id(south, west)


def corner_id(lat: float, lon: float) -> str:
    """Return the id of a zone by its south-west corner, which stays the same as long as the zone does."""
    return f"{'n' if lat >= 0 else 's'}{abs(lat):.4f}{'e' if lon >= 0 else 'w'}{abs(lon):.4f}"


def titles(card: Card, paths: Sequence[Path]) -> dict[str, str]:
    """Read the table of names that a layer's objects refer to, if there is one."""
    if not paths or card.reading.names_by is None:
        return {}
    import pandas as pd

    key, title = card.reading.names_by
    with errors.reading(str(paths[0]), "is not a table of names"):
        table = pd.read_csv(io.BytesIO(files.content(paths[0])), usecols=[key, title], dtype=str)
    return dict(zip(table[key], table[title], strict=True))


def _objects(card: Card, paths: Paths, **changed: Any) -> list[gpd.GeoDataFrame]:
    reading = card.reading.model_copy(update=changed)
    return [files.read(path, reading, complete=card.complete) for path in paths["data"]]


def _nearest(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    names = titles(card, paths["names"])
    objects = [thing for frame in _objects(card, paths) for thing in named(card, frame, names)]
    axis = card.measure == "axis"
    reach = card.list_radius_m if axis else card.search_radius_m
    widest = max(disc.uncertainty_m for disc in discs)
    widest += max((thing.doubt_m for thing in objects), default=card.error_m)
    near = around([thing.shape for thing in objects], discs, reach + widest, axis)
    for disc in discs:
        best: dict[str, tuple[float, int]] = {}
        for distance, index in sorted((max(0.0, away), index) for away, index in near[disc.site]):
            best.setdefault(objects[index].id, (distance, index))
        rows: list[HazardSample] = []
        for key, (distance, index) in best.items():
            thing = objects[index]
            # The nearest of all is told however far off it is.
            if distance <= disc.uncertainty_m + card.list_radius_m + thing.doubt_m or not (rows or axis):
                label = ""
                if axis:  # How far past a threshold, or that beside the runway, the site stands.
                    (lon1, lat1), (lon2, lat2) = thing.shape.coords[1:3]
                    ahead, _, length = _GEOD.inv(lon1, lat1, lon2, lat2)
                    to, _, away = _GEOD.inv(lon1, lat1, disc.lon, disc.lat)
                    along = away * math.cos(math.radians(to - ahead))
                    ends = thing.label.split("|")
                    end, past = (ends[0], -along) if along < 0 else (ends[-1], along - length)
                    # The doubt of a site is greater than the metres between.
                    past_it = f"{phrases.distance(past, 50)} past the {end} threshold"
                    label = past_it if past >= 50 else "beside the runway"
                interval = samples.widened(layer, disc.uncertainty_m, distance, thing.doubt_m)
                rows.append(HazardSample(layer, disc.site, interval, key, thing.name, label))
        yield from rows or [samples.beyond(layer, disc.site, disc.uncertainty_m, reach)]


def _areas(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    zones = [zone for frame in _objects(card, paths) for zone in dissolved(card, frame)]
    rim: dict[str, float] = {}
    if edge is not None:
        whole = shapely.get_parts(shapely.union_all(edge))
        rim = {site: -rows[0][0] for site, rows in around(whole, discs, 0.0).items() if rows}
    near = around([zone.shape for zone in zones], discs, card.covered_within_m or card.search_radius_m)
    for disc in discs:
        ranked = near[disc.site]
        if not ranked and disc.site in rim:
            yield samples.beyond(layer, disc.site, disc.uncertainty_m, rim[disc.site])
        close = disc.uncertainty_m + card.error_m + card.list_radius_m
        seen: set[str] = set()
        for distance, index in ranked:
            label = zones[index].label
            # Of each class the nearest zone, and every one that the disc may touch.
            if distance > close and label in seen:
                continue
            seen.add(label)
            interval = samples.widened(layer, disc.uncertainty_m, distance, card.error_m)
            if disc.site in rim:  # An unmapped zone may begin where the map ends.
                mapped_m = math.floor(rim[disc.site] - disc.uncertainty_m)
                interval = replace(interval, low=min(interval.low, mapped_m))
            yield HazardSample(layer, disc.site, interval, zones[index].id, "", label)


def _counts(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    """Count the events within the card's radius of each site: of all of its disc, its middle, any of it."""
    import pandas as pd

    reading, radius = card.reading, card.reading.radius_m or 0
    # A track goes on through its weaker points.
    frame, *_ = _objects(card, paths, least={} if reading.id else reading.least)
    shapes, events, force = np.array(frame.geometry), np.arange(len(frame)), None
    if reading.id:
        # Each point that is strong enough goes on to the next one of its track, if that is so too.
        events, (column, *_) = frame[reading.id[0]].astype(str).to_numpy(), reading.least
        force = np.array(pd.to_numeric(frame[column], errors="coerce"), dtype=float)
        strong, points = (
            force >= reading.least[column],
            np.stack([shapely.get_x(shapes), shapely.get_y(shapes)], 1),
        )
        # Across the antimeridian the points alone are taken.
        joined = (events[1:] == events[:-1]) & (np.abs(np.diff(points[:, 0])) < 180)
        on = np.flatnonzero(strong[1:] & strong[:-1] & joined)
        shapes[on] = shapely.linestrings(np.stack([points[on], points[on + 1]], 1))
        force[on] = np.maximum(force[on], force[on + 1])
        shapes, events, force = shapes[strong], events[strong], force[strong]
    near = around(shapes, discs, radius + max(disc.uncertainty_m for disc in discs) + card.error_m)
    for disc in discs:
        doubt = disc.uncertainty_m + card.error_m
        nearest: dict[object, float] = {}
        for distance, index in near[disc.site]:
            nearest.setdefault(events[index], distance)
        counts = [sum(away <= radius + shift for away in nearest.values()) for shift in (-doubt, 0, doubt)]
        felt = [index for away, index in near[disc.site] if away <= radius + doubt]
        strength = None
        if force is not None and felt:
            strength = Interval(min(reading.least.values()), None, float(force[felt].max()))
        yield HazardSample(layer, disc.site, Interval(*counts), simplify(card.noun), intensity=strength)


def _polygons(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    """Read the values of the polygons that each site may stand in; where the map ends it is open."""
    (frame, *_), table = _objects(card, paths), titles(card, paths["names"])
    shapes, key = np.asarray(frame.geometry), card.reading.id[0]
    rims = around([shapely.union_all(shapes)], discs, 0.0)
    near = around(shapes, discs, max(disc.uncertainty_m for disc in discs))
    keys = frame[key].astype(str)
    for disc in discs:
        held = [at for away, at in near[disc.site] if away <= disc.uncertainty_m and keys[at] in table]
        if not held or not rims[disc.site]:
            continue
        with errors.reading(f"{card.id}: {(card.reading.names_by or key)[1]}", "is not a number"):
            values = [float(table[keys[index]]) for index in held]
        open_ = -rims[disc.site][0][0] < disc.uncertainty_m
        span = Interval(0.0 if open_ else min(values), values[0], None if open_ else max(values))
        name = str(frame[card.reading.name][held[0]]) if card.reading.name else ""
        yield HazardSample(layer, disc.site, span, simplify(card.noun), name)


def _stated(card: Card, layer: Layer, paths: Paths, discs: Discs, edge: Edge) -> Samples:
    """Return what was stated of the point in each site's disc that was asked about; of no other point."""
    answers = read_statements(paths["data"][0])
    for disc in discs:
        pairs = [(geodesic_m(disc.lat, disc.lon, lat, lon), rows) for lat, lon, rows in answers]
        distance, rows = min(pairs, key=itemgetter(0), default=(math.inf, []))
        if not distance <= disc.uncertainty_m:
            yield HazardSample(layer, disc.site, reason="not_sampled")
            continue
        for kind, key, name, text in statements(card, rows) or [(card.kind, "", "", "")]:
            yield HazardSample(replace(layer, kind=kind), disc.site, None, key, name, text)


_OF_CELLS = {"area": _flooding, "cell": _heights}
_OF_OBJECTS = {"near": _nearest, "axis": _nearest, "area": _areas, "count": _counts, "cell": _polygons}
_OF_OBJECTS["stated"] = _stated


def read_statements(path: Path) -> list[tuple[float, float, list[dict[str, Any]]]]:
    """Read the points that were asked about, and the rows on each that came back."""
    with errors.reading(str(path), "holds no statements; fetch the layer again"):
        answers = json.loads(files.content(path))
        return [(float(row["lat"]), float(row["lon"]), [*map(dict, row["told"])]) for row in answers]


def statements(card: Card, rows: Sequence[Mapping[str, Any]]) -> list[tuple[HazardKind, str, str, str]]:
    """Return what a service's rows state of a place: kind, class of places, name, clause of each.

    A risk that a report does not name is not absent.
    """
    reading, parts = card.reading, []
    if reading.hazards:
        words = {**reading.classes, "": "nothing stated"}
        for row in rows:
            if known := reading.hazards.get(str(row.get("key"))):
                # Commune and address each have their own words.
                said = (str(row.get(place) or "") for place in ("commune", "address"))
                here, there = (words.get(word, repr(word)) for word in said)
                town = f" of {row['town']}" if row.get("town") else ""
                text = f"{reading.named.format(name=known.name)} for the commune{town} ({here})"
                parts.append((known.kind, "", known.name, f"{text}, for the address: {there}"))
        return parts
    towns: dict[str, list[str]] = {}
    for row in rows:
        town = str(row.get(reading.name or "") or "not named")
        towns.setdefault(str(row.get(reading.class_of or "")), []).append(town)
    if unknown := sorted(towns.keys() - reading.classes.keys()):
        raise DataError(f"{card.id}: {reading.class_of} is {unknown[0]!r}, which its card lacks")
    # Where the communes around are of several classes, the place may be of either.
    shared = len(towns) == 1 and towns.keys() <= set(reading.shared)
    for code, names in sorted(towns.items()):
        name = reading.classes[code]
        text = reading.named.format(name=name, towns=phrases.names(sorted(set(names))))
        parts.append((card.kind, code if shared else "", f"{card.noun} {name}", text))
    return parts


class Mapped(NamedTuple):
    """An object of a layer: its geometry in degrees, what it is called, and how far off it may be, metres."""

    shape: Any
    id: str
    name: str
    label: str
    doubt_m: float


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124


def named(card: Card, frame: gpd.GeoDataFrame, titles: Mapping[str, str]) -> Iterator[Mapped]:
    """Name a layer's objects; those without a name are told apart by their geometry."""
    reading, axis = card.reading, card.measure == "axis"
    title = (reading.name,) if reading.name else ()
    columns = reading.id or title
    more = filter(None, (reading.doubt_of, reading.class_of))
    rows = frame[list(dict.fromkeys((*columns, *title, *more)))].to_dict("records")
    shapes = np.asarray(frame.geometry)
    if reading.ends and axis:  # Runways, carried on past both thresholds.
        lat1, lon1, lat2, lon2 = (frame[column].to_numpy(dtype=float) for column in reading.ends)
        there, back, _ = _GEOD.inv(lon1, lat1, lon2, lat2)
        reach = np.full(len(frame), card.search_radius_m)
        west, south, _ = _GEOD.fwd(lon1, lat1, np.asarray(there) + 180, reach)
        east, north, _ = _GEOD.fwd(lon2, lat2, np.asarray(back) + 180, reach)
        lons, lats = np.stack([west, lon1, lon2, east], 1), np.stack([south, lat1, lat2, north], 1)
        shapes = np.asarray(shapely.linestrings(np.stack([lons, lats], 2)))
    for shape, row in zip(shapes, rows, strict=True):
        values = {column: _text(value) for column, value in row.items()}
        texts = {column: reading.aliases.get(values[column], values[column]) for column in (*columns, *title)}
        key = simplify(" ".join(filter(None, (texts[column] for column in columns))))
        if not key and title:
            key = samples.UNNAMED + hashlib.sha256(shapely.to_wkb(shape)).hexdigest()[:10]
        name = texts.get(reading.name or "", "")
        name, kind = titles.get(name, name), values.get(reading.class_of or "", "")
        words = {**texts, "name": name, "class": reading.classes.get(kind, kind)}
        ends = "|".join(texts[column] for column in columns[1:3]) if axis else ""
        doubt_m = reading.doubts.get(values.get(reading.doubt_of or "", ""), card.error_m)
        label = reading.named.format(**words) if name else ""
        yield Mapped(shape, key or simplify(card.noun), label, ends, doubt_m)


def dissolved(card: Card, frame: gpd.GeoDataFrame) -> Iterator[Mapped]:
    """Join polygons of one class that touch: tiles and cells cut one zone into many."""
    reading = card.reading
    classes = [_text(value) for value in frame[reading.class_of]] if reading.class_of else [""] * len(frame)
    for class_, own in frame.groupby(np.array(classes, dtype=object)):
        parts = shapely.get_parts(shapely.union_all(np.asarray(own.geometry)))
        for part in parts[shapely.get_dimensions(parts) == 2]:
            west, south, _, _ = part.bounds
            corner = corner_id(south, west)
            key = f"{simplify(class_)}-{corner}" if class_ else corner
            yield Mapped(part, key, "", reading.classes.get(class_, class_), card.error_m)


def around(shapes: Any, discs: Discs, reach_m: float, straight: bool = False) -> Near:
    """Return of each site the shapes (in degrees) in reach of its middle, the nearest first.

    A distance within an area is negative: metres to its edge. Edges are GeoJSON's, straight in degrees;
    ``straight`` ones, such as the axes of runways, are straight on the ground.
    """
    distances: Near = {disc.site: [] for disc in discs}
    shapes = np.asarray(shapes, dtype=object)
    tree = shapely.STRtree(shapes)
    tiles: dict[tuple[int, int], list[Disc]] = {}
    for disc in discs:
        tiles.setdefault((math.floor(disc.lat), math.floor(disc.lon)), []).append(disc)
    for (south, west), inside in sorted(tiles.items()):
        lat, lon = min(south + 0.5, 90.0), west + 0.5
        near = np.unique(tree.query(_boxes(lat, lon, reach_m))[1])
        if not len(near):
            continue
        aeqd = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"
        plane = Transformer.from_crs("EPSG:4326", aeqd, always_xy=True)
        bent = shapes[near]
        west_, south_, east, north = shapely.bounds(bent).T
        long = np.flatnonzero(np.maximum(east - west_, north - south_) > _EDGE_DEG)
        if len(long) and not straight:
            # Edges are straight in degrees; a plane would turn inside out what is far.
            area = shapely.union_all(_boxes(lat, lon, max(reach_m, _FAR_M)))
            far = long[~shapely.covers(area, shapely.box(west_, south_, east, north)[long])]
            bent[far] = shapely.intersection(bent[far], area)
            bent[long] = shapely.segmentize(bent[long], _EDGE_DEG)
        flat = _flattened(bent, plane)
        # Where a shape was drawn around a pole, its two ends meet along a line, which is no edge.
        around = shapely.bounds(bent)[:, 2] - shapely.bounds(bent)[:, 0] >= 360
        flat[around] = shapely.set_precision(flat[around], 0.01)
        points = _flattened(shapely.points([[disc.lon, disc.lat] for disc in inside]), plane)
        which, what = shapely.STRtree(flat).query(points, predicate="dwithin", distance=reach_m)
        metres = np.asarray(shapely.distance(points[which], flat[what]))
        within = np.flatnonzero((metres == 0) & (shapely.get_dimensions(flat[what]) == 2))
        edges = shapely.boundary(flat[what[within]])
        metres[within] = -np.asarray(shapely.distance(points[which[within]], edges))
        for i, j, distance in zip(which, what, metres, strict=True):
            distances[inside[i].site].append((float(distance), int(near[j])))
    return {site: sorted(rows) for site, rows in distances.items()}


def _boxes(lat: float, lon: float, reach_m: float) -> Geometries:
    """Cover a tile and what is in reach of it, also across the antimeridian."""
    high, _ = span_deg(lat, reach_m)
    north, south = min(90.0, lat + 0.5 + high), max(-90.0, lat - 0.5 - high)
    wide = span_deg(max(abs(lat + 0.5), abs(lat - 0.5)), reach_m)[1] + 0.5
    turns = [lon - 360.0, lon, lon + 360.0]
    return shapely.box([x - wide for x in turns], [south] * 3, [x + wide for x in turns], [north] * 3)


def _flattened(shapes: Any, plane: Any) -> Geometries:
    return np.asarray(shapely.transform(shapes, lambda xy: np.stack(plane.transform(xy[:, 0], xy[:, 1]), 1)))
