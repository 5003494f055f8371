"""Sampling: what a layer's raw files say over the disc that a site stands in.

Distances are measured in an azimuthal equidistant plane at the middle of a one-degree tile.
There the distance of two points 250 km from the middle is off by less than 0.03 %, less than
any layer's own error.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod, Transformer

from zonerisk.core import errors
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import Interval, geodesic_m, span_deg
from zonerisk.core.model import simplify
from zonerisk.core.samples import (
    UNNAMED,
    Disc,
    HazardSample,
    Layer,
    beyond,
    layer_of,
    missing,
    nearness,
    unanswerable,
    widened,
)
from zonerisk.layers import files, rasters
from zonerisk.layers.cards import Card, Reading
from zonerisk.layers.store import LayerFile, digest
from zonerisk.words import phrases

if TYPE_CHECKING:
    import geopandas as gpd

    from zonerisk.core.kinds import HazardKind


Geometries = npt.NDArray[np.object_]
# Edges are followed in steps of this: along a parallel a step strays by a metre and a half at most.
_EDGE_DEG = 0.1
_FAR_M = 2_000_000.0
_GEOD = Geod(ellps="WGS84")

# Beyond this a disc says nothing of which side of a zone's edge, or which side of a place,
# its site stands on; counts and cells are coarser.
_MAX_UNCERTAINTY_M = {
    "area": 5_000.0,
    "near": 5_000.0,
    "axis": 5_000.0,
    "count": 50_000.0,
    "cell": 50_000.0,
    # What is stated of one address says nothing of the next street.
    "stated": 200.0,
}

_AS_ON_THE_CARD = (
    "kind measure noun grade basis complete error_m list_radius_m shared_from unit boxes quantity vintage "
    "record_years intensity_unit url attribution"
)


class Statement(NamedTuple):
    """What was stated of a place, as a clause, with the class of places that may share an event, if any."""

    kind: HazardKind
    key: str
    name: str
    text: str


def head(
    card: Card, layer_files: Sequence[LayerFile], sampled: str, towns: Sequence[Disc] = ()
) -> dict[str, Any]:
    """Return what a verdict must know of a layer, its files' hashes, and the ``towns`` that it covers."""
    covered = None
    if towns and (card.boxes or any(file.file.role == "coverage" for file in layer_files)):
        covered = sorted({row.site for row in sample(card, layer_files, towns) if not row.reason})
    return {
        **{name: getattr(card, name) for name in _AS_ON_THE_CARD.split()},
        "layer": card.id,
        "max_uncertainty_m": card.max_uncertainty_m
        or max(_MAX_UNCERTAINTY_M[card.measure], card.list_radius_m),
        "return_years": card.by_label(card.return_years),
        "intensities": card.by_label({key: list(ends) for key, ends in card.intensities.items()}),
        "title": f"{card.title} ({card.vintage})",
        "read": card.read_on,
        "claim": f"{card.may_say[0]}. {card.attribution}",
        "regions": covered,
        "licence": card.derived_licence,
        "sampled": sampled,
        "raw": {file.file.path: digest(file.path) for file in layer_files},
    }


def sample(card: Card, layer_files: Sequence[LayerFile], discs: Sequence[Disc]) -> list[HazardSample]:
    """Return what one layer says at sites: at least one sample each, in the order of their ids."""
    layer = layer_of(head(card, (), ""))
    samples: dict[str, list[HazardSample]] = {disc.site: [] for disc in discs}
    clear = []
    for disc in discs:
        reason = unanswerable(layer, disc)
        if reason:
            samples[disc.site] = [missing(layer, disc.site, reason)]
        else:
            clear.append(disc)
    for row in _measured(card, layer, layer_files, _covered(card, layer_files, clear)):
        samples[row.site].append(row)
    for disc in clear:
        if not samples[disc.site]:
            samples[disc.site] = [missing(layer, disc.site, "outside_coverage")]
    return [row for site in sorted(samples) for row in sorted(samples[site], key=nearness)]


def _covered(card: Card, layer_files: Sequence[LayerFile], discs: list[Disc]) -> list[Disc]:
    """Drop the sites that lie beyond the places a layer was clipped around."""
    bounding = [file for file in layer_files if file.file.role == "coverage"]
    if not bounding or not discs:
        return discs
    places = shapes_of(files.read(bounding[0].path, Reading()))
    if card.covered_within_m is not None:
        held = {disc.site for disc, _, _ in pairs(places, discs, card.covered_within_m)}
    elif card.measure == "near":
        # Of a disc that crosses the rim, some of what is near was not asked for.
        held = {disc.site for disc, _, rim in pairs(places, discs, 0.0) if disc.uncertainty_m <= -rim}
    else:
        points = np.asarray(shapely.points([[disc.lon, disc.lat] for disc in discs]))
        inside = shapely.STRtree(places).query(points, predicate="intersects")[0]
        held = {discs[index].site for index in inside}
    return [disc for disc in discs if disc.site in held]


def _measured(
    card: Card, layer: Layer, layer_files: Sequence[LayerFile], discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    data = [file for file in layer_files if file.file.role == "data"]
    if not data or not discs:
        return
    raster = card.reading.method in rasters.METHODS
    if raster and card.measure not in ("cell", "area"):
        raise DataError(f"{card.id}: a raster has areas and cells, no {card.measure}")
    if raster or card.measure == "stated":
        masks = [file.path for file in layer_files if file.file.role == "mask"]
        for file in data if card.measure == "area" else data[:1]:
            if card.measure == "area":
                yield from rasters.sample(card, layer, file.path, masks, discs)
            else:
                yield from (rasters.values if raster else _stated)(card, layer, file.path, discs)
        return
    # A track goes on through its weaker points.
    whole = card.measure == "count" and card.reading.id and card.reading.least
    reading = card.reading.model_copy(update={"least": {}}) if whole else card.reading
    frames = [files.read(file.path, reading, complete=card.complete) for file in data]
    if card.measure == "area":
        edge = [files.read(file.path, Reading()) for file in layer_files if file.file.role == "coverage"]
        zones = [zone for frame in frames for zone in dissolved(card, frame)]
        yield from _areas(card, layer, zones, discs, edge)
    elif card.measure == "count":
        yield from _counts(card, layer, frames[0], discs)
    elif card.measure == "cell":
        yield from _polygons(card, layer, frames[0], titles(card, layer_files), discs)
    else:
        names = titles(card, layer_files)
        objects = [thing for frame in frames for thing in named(card, frame, names)]
        yield from _nearest(card, layer, objects, discs)


def titles(card: Card, layer_files: Sequence[LayerFile]) -> dict[str, str]:
    """Read the table of names that a layer's objects refer to."""
    path = next((file.path for file in layer_files if file.file.role == "names"), None)
    if path is None or card.reading.names_by is None:
        return {}
    import pandas as pd

    key, title = card.reading.names_by
    with errors.reading(str(path), "is not a table of names"):
        table = pd.read_csv(io.BytesIO(files.content(path)), usecols=[key, title], dtype=str)
    return dict(zip(table[key], table[title], strict=True))


def _around(shapes: Geometries, discs: Sequence[Disc], reach_m: float) -> dict[str, list[tuple[float, int]]]:
    """Return the distance and index of what is in reach of each site, the nearest first."""
    near: dict[str, list[tuple[float, int]]] = {disc.site: [] for disc in discs}
    for disc, index, distance in pairs(shapes, discs, reach_m):
        near[disc.site].append((distance, index))
    return {site: sorted(rows) for site, rows in near.items()}


def _nearest(
    card: Card, layer: Layer, objects: Sequence[Mapped], discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    widest = max(disc.uncertainty_m for disc in discs)
    reach = card.list_radius_m if card.measure == "axis" else card.search_radius_m
    best: dict[str, dict[str, tuple[float, int]]] = {disc.site: {} for disc in discs}
    widest += max((thing.doubt_m for thing in objects), default=card.error_m)
    for disc, index, distance in pairs(_shapes(objects), discs, reach + widest, card.measure == "axis"):
        key, nearest, hit = objects[index].id, best[disc.site], (max(0.0, distance), index)
        nearest[key] = min(hit, nearest.get(key, hit))
    for disc in discs:
        ranked = sorted(best[disc.site].items(), key=lambda item: (item[1], item[0]))
        close = disc.uncertainty_m + card.list_radius_m
        kept = [
            item
            for place, item in enumerate(ranked)
            if item[1][0] <= close + objects[item[1][1]].doubt_m or (place == 0 and card.measure == "near")
        ]
        for key, (distance, index) in kept:
            thing = objects[index]
            label = _past(thing.shape, disc, thing.label.split("|")) if card.measure == "axis" else ""
            interval = widened(layer, disc.uncertainty_m, distance, thing.doubt_m)
            yield HazardSample(layer, disc.site, interval, key, thing.name, label)
        if not kept:
            yield beyond(layer, disc.site, disc.uncertainty_m, reach)


def _past(axis: Any, disc: Disc, ends: Sequence[str]) -> str:
    """Return how far past a threshold, or that beside the runway, a site stands."""
    (lon1, lat1), (lon2, lat2) = axis.coords[1], axis.coords[2]
    ahead, _, length = _GEOD.inv(lon1, lat1, lon2, lat2)
    to, _, away = _GEOD.inv(lon1, lat1, disc.lon, disc.lat)
    along = away * math.cos(math.radians(to - ahead))
    if 0 <= along <= length:
        return "beside the runway"
    end, past = (ends[0], -along) if along < 0 else (ends[-1], along - length)
    return f"{past / 1000:.1f} km past the {end} threshold"


def _areas(
    card: Card, layer: Layer, zones: Sequence[Mapped], discs: Sequence[Disc], edge: Sequence[gpd.GeoDataFrame]
) -> Iterator[HazardSample]:
    rim: dict[str, float] = {}
    if edge:
        whole = shapely.get_parts(shapely.union_all(shapes_of(edge[0])))
        rim = {disc.site: -distance for disc, _, distance in pairs(whole, discs, 0.0)}
    near = _around(_shapes(zones), discs, card.covered_within_m or card.search_radius_m)
    for disc in discs:
        ranked = near[disc.site]
        if not ranked and disc.site in rim:
            yield beyond(layer, disc.site, disc.uncertainty_m, rim[disc.site])
        close = disc.uncertainty_m + card.error_m + card.list_radius_m
        seen: set[str] = set()
        for place, (distance, index) in enumerate(ranked):
            label = zones[index].label
            # Of each class the nearest zone, and every one that the disc may touch.
            if distance > close and (place and label in seen):
                continue
            seen.add(label)
            interval = widened(layer, disc.uncertainty_m, distance, card.error_m)
            if disc.site in rim:  # An unmapped zone may begin where the map ends.
                mapped_m = math.floor(rim[disc.site] - disc.uncertainty_m)
                interval = replace(interval, low=min(interval.low, mapped_m))
            yield HazardSample(layer, disc.site, interval, zones[index].id, "", label)


def _counts(
    card: Card, layer: Layer, frame: gpd.GeoDataFrame, discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    """Count the events within the card's radius of each site: of all of its disc, its middle, any of it."""
    reading = card.reading
    radius = reading.radius_m or 0
    widest = max(disc.uncertainty_m for disc in discs)
    shapes, events, force = _tracks(frame, reading) if reading.id else (shapes_of(frame), None, None)
    near = _around(shapes, discs, radius + widest + card.error_m)
    for disc in discs:
        doubt = disc.uncertainty_m + card.error_m
        nearest: dict[object, float] = {}
        for distance, index in near[disc.site]:
            nearest.setdefault(events[index] if events else index, distance)
        span = Interval(
            *(sum(away <= radius + shift for away in nearest.values()) for shift in (-doubt, 0, doubt))
        )
        felt = [force[index] for away, index in near[disc.site] if away <= radius + doubt] if force else []
        strength = Interval(min(reading.least.values()), None, max(felt)) if felt else None
        yield HazardSample(layer, disc.site, span, simplify(card.noun), intensity=strength)


def _tracks(frame: gpd.GeoDataFrame, reading: Reading) -> tuple[Any, list[str], list[float]]:
    """Draw from each point that is strong enough on to the next one of its track, if that is so too."""
    import pandas as pd

    points, events = shapes_of(frame), frame[reading.id[0]].astype(str).tolist()
    column, least = next(iter(reading.least.items()))
    force = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=float)
    strong = np.flatnonzero(force >= least)
    kept = set(strong.tolist())
    shapes, told = points[strong].copy(), force[strong].tolist()
    for place, index in enumerate(strong.tolist()):
        ends = points[index : index + 2]
        # Across the antimeridian the points alone are taken.
        if index + 1 in kept and events[index] == events[index + 1] and abs(ends[0].x - ends[1].x) < 180:
            shapes[place] = shapely.linestrings([[end.x, end.y] for end in ends])
            told[place] = max(force[index : index + 2])
    return shapes, [events[index] for index in strong], told


def _polygons(
    card: Card, layer: Layer, frame: gpd.GeoDataFrame, table: Mapping[str, str], discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    """Read the values of the polygons that each site may stand in; where the map ends it is open."""
    shapes, key = shapes_of(frame), card.reading.id[0]
    rims = {disc.site: -rim for disc, _, rim in pairs(np.array([shapely.union_all(shapes)]), discs, 0.0)}
    near = _around(shapes, discs, max(disc.uncertainty_m for disc in discs))
    keys = frame[key].astype(str)
    for disc in discs:
        held = [at for away, at in near[disc.site] if away <= disc.uncertainty_m and keys[at] in table]
        if not held or disc.site not in rims:
            continue
        with errors.reading(f"{card.id}: {(card.reading.names_by or key)[1]}", "is not a number"):
            values = [float(table[keys[index]]) for index in held]
        open_ = rims[disc.site] < disc.uncertainty_m
        span = Interval(0.0 if open_ else min(values), values[0], None if open_ else max(values))
        name = str(frame[card.reading.name][held[0]]) if card.reading.name else ""
        yield HazardSample(layer, disc.site, span, simplify(card.noun), name)


def _stated(card: Card, layer: Layer, path: Path, discs: Sequence[Disc]) -> Iterator[HazardSample]:
    """Return what was stated of the point in each site's disc that was asked about; of no other point."""
    answers = read_statements(path)
    for disc in discs:
        told = [(geodesic_m(disc.lat, disc.lon, lat, lon), rows) for lat, lon, rows in answers]
        distance, rows = min(told, key=itemgetter(0), default=(math.inf, []))
        if not distance <= disc.uncertainty_m:
            yield missing(layer, disc.site, "not_sampled")
            continue
        for stated in statements(card, rows) or (Statement(card.kind, "", "", ""),):
            about = replace(layer, kind=stated.kind)
            yield HazardSample(about, disc.site, None, stated.key, stated.name, stated.text)


def read_statements(path: Path) -> list[tuple[float, float, list[dict[str, Any]]]]:
    """Read the points that were asked about, and the rows on each that came back."""
    with errors.reading(str(path), "holds no statements; fetch the layer again"):
        answers = json.loads(files.content(path))
        return [(float(row["lat"]), float(row["lon"]), [*map(dict, row["told"])]) for row in answers]


def statements(card: Card, rows: Sequence[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """Turn a service's rows on a place into statements; a risk that a report does not name is not absent."""
    reading = card.reading
    if reading.hazards:
        told = []
        for row in (row for row in rows if str(row.get("key")) in reading.hazards):
            known = reading.hazards[str(row["key"])]
            # Commune and address each have their own words.
            said = [str(row.get(place) or "") for place in ("commune", "address")]
            here, there = (
                reading.classes.get(word, repr(word)) if word else "nothing stated" for word in said
            )
            town = f" of {row['town']}" if row.get("town") else ""
            text = f"{reading.named.format(name=known.name)} for the commune{town} ({here}), for the address"
            told.append(Statement(known.kind, "", known.name, f"{text}: {there}"))
        return tuple(told)
    towns: dict[str, list[str]] = {}
    for row in rows:
        town = str(row.get(reading.name or "") or "not named")
        towns.setdefault(str(row.get(reading.class_of or "")), []).append(town)
    unknown = sorted(towns.keys() - reading.classes.keys())
    if unknown:
        raise DataError(f"{card.id}: {reading.class_of} is {unknown[0]!r}, which its card lacks")
    # Where the communes around are of several classes, the place may be of either.
    shared = len(towns) == 1 and towns.keys() <= set(reading.shared)
    return tuple(
        Statement(
            card.kind,
            code if shared else "",
            f"{card.noun} {reading.classes[code]}",
            reading.named.format(name=reading.classes[code], towns=phrases.names(sorted(set(names)))),
        )
        for code, names in sorted(towns.items())
    )


class Mapped(NamedTuple):
    """An object of a layer: its geometry in degrees, what it is called, and how far off it may be, metres."""

    shape: Any
    id: str
    name: str
    label: str
    doubt_m: float


def shapes_of(frame: gpd.GeoDataFrame) -> Geometries:
    """Return the geometries of a table."""
    return frame.geometry.to_numpy()  # type: ignore[no-any-return]


def _shapes(objects: Sequence[Mapped]) -> Geometries:
    return np.array([thing.shape for thing in objects], dtype=object)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124


def named(card: Card, frame: gpd.GeoDataFrame, titles: Mapping[str, str]) -> Iterator[Mapped]:
    """Name a layer's objects; those without a name are told apart by their geometry."""
    reading = card.reading
    shapes = shapes_of(frame) if card.measure != "axis" else _axes(card, frame)
    title = (reading.name,) if reading.name else ()
    columns = reading.id or title
    more = tuple(filter(None, (reading.doubt_of, reading.class_of)))
    rows = frame[list(dict.fromkeys((*columns, *title, *more)))].to_dict("records")
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
        ends = "|".join(texts[column] for column in columns[1:3]) if card.measure == "axis" else ""
        told = reading.named.format(**words) if name else ""
        yield Mapped(shape, key or simplify(card.noun), told, ends, reading.doubts.get(doubt, card.error_m))


def dissolved(card: Card, frame: gpd.GeoDataFrame) -> Iterator[Mapped]:
    """Join polygons of one class that touch: tiles and cells cut one zone into many."""
    reading = card.reading
    classes = [_text(value) for value in frame[reading.class_of]] if reading.class_of else [""] * len(frame)
    for class_ in sorted(set(classes)):
        own = shapes_of(frame)[np.array([value == class_ for value in classes], dtype=bool)]
        parts = shapely.get_parts(shapely.union_all(own))
        for part in parts[shapely.get_dimensions(parts) == 2]:
            west, south, _, _ = part.bounds
            corner = rasters.corner_id(south, west)
            key = f"{simplify(class_)}-{corner}" if class_ else corner
            yield Mapped(part, key, "", reading.classes.get(class_, class_), card.error_m)


def _axes(card: Card, frame: gpd.GeoDataFrame) -> Geometries:
    """Draw each runway's axis, carried on past both thresholds."""
    assert card.reading.ends
    lat1, lon1, lat2, lon2 = (frame[column].to_numpy(dtype=float) for column in card.reading.ends)
    there, back, _ = _GEOD.inv(lon1, lat1, lon2, lat2)
    reach = np.full(len(frame), card.search_radius_m)
    west, south, _ = _GEOD.fwd(lon1, lat1, np.asarray(there) + 180, reach)
    east, north, _ = _GEOD.fwd(lon2, lat2, np.asarray(back) + 180, reach)
    lons, lats = np.stack([west, lon1, lon2, east], 1), np.stack([south, lat1, lat2, north], 1)
    return np.asarray(shapely.linestrings(np.stack([lons, lats], 2)))


def pairs(
    shapes: Geometries, discs: Sequence[Disc], reach_m: float, straight: bool = False
) -> Iterator[tuple[Disc, int, float]]:
    """Return every shape (in degrees) within reach of a site's middle, with its distance in metres.

    A distance within an area is negative: metres to its edge. Edges are those of GeoJSON, straight in
    degrees; ``straight`` ones, such as the axes of runways, are straight on the ground.
    """
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
    high, _ = span_deg(lat, reach_m)
    north, south = min(90.0, lat + 0.5 + high), max(-90.0, lat - 0.5 - high)
    _, wide = span_deg(max(abs(lat + 0.5), abs(lat - 0.5)), reach_m)
    wide += 0.5
    turns = [-360.0, 0.0, 360.0]
    return shapely.box(
        [lon - wide + turn for turn in turns], [south] * 3, [lon + wide + turn for turn in turns], [north] * 3
    )


def _bent(shapes: Geometries, lat: float, lon: float, reach_m: float) -> Geometries:
    """Follow GeoJSON's edges, straight in degrees; a plane would turn inside out what is far."""
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
    return Transformer.from_crs(
        "EPSG:4326", f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m", always_xy=True
    )


def _flattened(shapes: Any, plane: Any) -> Geometries:
    return np.asarray(shapely.transform(shapes, lambda xy: np.stack(plane.transform(xy[:, 0], xy[:, 1]), 1)))
