"""Sampling: what a layer's raw files say over the disc that a site stands in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.core.errors import DataError
from zonerisk.core.hazard_sample import HazardSample, Layer, beyond, layer_of, missing, unanswerable, widened
from zonerisk.layers import counts as tallies
from zonerisk.layers import flooded, statements, vectorfile
from zonerisk.layers.card import Reading
from zonerisk.layers.layers import digest
from zonerisk.layers.objects import dissolved, joined, named, shapes_of
from zonerisk.layers.plane import inside, pairs

if TYPE_CHECKING:
    from typing import Any

    import geopandas as gpd

    from zonerisk.layers.card import Card
    from zonerisk.layers.layers import LayerFile
    from zonerisk.layers.objects import Objects
    from zonerisk.layers.plane import Disc

# Beyond this a disc says nothing of which side of a zone's edge, or which side of a place,
# its site stands on; counts and cells are coarser.
_VAGUE_M = {
    "area": 5_000.0,
    "near": 5_000.0,
    "axis": 5_000.0,
    "count": 50_000.0,
    "cell": 50_000.0,
    # What is stated of one address says nothing of the next street.
    "stated": 200.0,
}


def head(card: Card, kept: Sequence[LayerFile], sampled: str) -> dict[str, Any]:
    """Write what a verdict must know of a layer, with the hashes of its raw files."""
    return {
        "layer": card.id,
        "kind": card.kind,
        "measure": card.measure,
        "noun": card.noun,
        "grade": card.grade,
        "basis": card.basis,
        "complete": card.complete,
        "error_m": card.error_m,
        "list_radius_m": card.list_radius_m,
        "max_uncertainty_m": max(_VAGUE_M[card.measure], card.list_radius_m),
        "boxes": card.boxes,
        "quantity": card.quantity,
        "vintage": card.vintage,
        "return_years": card.by_label(card.return_years),
        "record_years": card.record_years,
        "intensities": card.by_label({key: list(ends) for key, ends in card.intensities.items()}),
        "intensity_unit": card.intensity_unit,
        "title": f"{card.title} ({card.vintage})",
        "url": card.url,
        "read": card.read_on,
        "claim": f"{card.may_say[0]}. {card.attribution}",
        "licence": card.derived_licence,
        "attribution": card.attribution,
        "sampled": sampled,
        "raw": {each.file.path: digest(each.path) for each in kept},
    }


def sample(card: Card, kept: Sequence[LayerFile], discs: Sequence[Disc]) -> list[HazardSample]:
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
    layer = layer_of(head(card, (), ""))
    found: dict[str, list[HazardSample]] = {disc.site: [] for disc in discs}
    clear = []
    for disc in discs:
        reason = unanswerable(layer, disc)
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
    return [
        each
        for site in sorted(found)
        for each in sorted(
            found[site],
            key=lambda one: (
                math.inf if one.interval is None or one.interval.best is None else one.interval.best,
                one.object,
            ),
        )
    ]


def _covered(
    card: Card,
    layer: Layer,
    kept: Sequence[LayerFile],
    discs: list[Disc],
    found: dict[str, list[HazardSample]],
) -> list[Disc]:
    """Drop the sites that lie beyond the places a layer was clipped around."""
    import numpy as np
    import shapely

    bounding = [each for each in kept if each.file.role == "coverage"]
    if not bounding or not discs:
        return discs
    places = shapes_of(vectorfile.read(bounding[0].path, Reading()))
    if card.covered_within_m is not None:
        held = {disc.site for disc, _, _ in pairs(places, discs, card.covered_within_m)}
    elif card.measure == "near":
        # Of a disc that crosses the rim, some of what is near was not asked for.
        held = {disc.site for disc, _, rim in pairs(places, discs, 0.0) if disc.uncertainty_m <= -rim}
    else:
        points = np.asarray(shapely.points([[disc.lon, disc.lat] for disc in discs]))
        held = {discs[index].site for index in inside(points, places)[0]}
    for disc in discs:
        if disc.site not in held:
            found[disc.site] = [missing(layer, disc.site, "outside_coverage")]
    return [disc for disc in discs if disc.site in held]


def _measure(
    card: Card, layer: Layer, kept: Sequence[LayerFile], discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    data = [each for each in kept if each.file.role == "data"]
    if not data or not discs:
        return
    if card.measure == "stated":
        yield from statements.sample(card, layer, data[0].path, discs)
        return
    if card.reading.method in flooded.METHODS:
        if card.measure != "area":
            raise DataError(f"{card.id}: no reader takes the values of raster cells")
        for each in data:
            yield from flooded.sample(card, layer, each, kept, discs)
        return
    frames = [vectorfile.read(each.path, card.reading) for each in data]
    if card.measure == "area":
        edge = [vectorfile.read(each.path, Reading()) for each in kept if each.file.role == "coverage"]
        yield from _areas(card, layer, [dissolved(card, frame) for frame in frames], discs, edge)
    elif card.measure == "count":
        yield from tallies.counts(card, layer, frames[0], discs)
    elif card.measure == "cell":
        yield from tallies.cells(card, layer, frames[0], discs)
    else:
        titles_ = titles(card, kept)
        objects = [named(card, frame, titles_) for frame in frames]
        yield from _nearest(card, layer, joined(objects), discs)


def titles(card: Card, kept: Sequence[LayerFile]) -> dict[str, str]:
    """Read the table of names that a layer's objects refer to."""
    path = next((each.path for each in kept if each.file.role == "names"), None)
    if path is None or card.reading.names_by is None:
        return {}
    import pandas as pd

    key, title = card.reading.names_by
    try:
        table = pd.read_csv(path, usecols=[key, title], dtype=str)
    except vectorfile.BROKEN as error:
        raise DataError(f"{path}: is no table of names: {error}") from None
    return dict(zip(table[key], table[title], strict=True))


def _nearest(card: Card, layer: Layer, objects: Objects, discs: Sequence[Disc]) -> Iterator[HazardSample]:
    widest = max(disc.uncertainty_m for disc in discs)
    reach = card.list_radius_m if card.measure == "axis" else card.search_radius_m
    best: dict[str, dict[str, tuple[float, int]]] = {disc.site: {} for disc in discs}
    worst = max(objects.doubts_m, default=card.error_m)
    for disc, index, distance in pairs(objects.shapes, discs, reach + widest + worst):
        key, seen, found = objects.ids[index], best[disc.site], (max(0.0, distance), index)
        if key not in seen or found < seen[key]:
            seen[key] = found
    for disc in discs:
        ranked = sorted(best[disc.site].items(), key=lambda item: (item[1], item[0]))
        close = disc.uncertainty_m + card.list_radius_m
        kept = [
            item
            for place, item in enumerate(ranked)
            if item[1][0] <= close + objects.doubts_m[item[1][1]] or (place == 0 and card.measure == "near")
        ]
        for key, (distance, index) in kept:
            label = ""
            if card.measure == "axis":
                label = _past(objects.shapes[index], disc, objects.labels[index].split("|"))
            yield HazardSample(
                layer,
                disc.site,
                widened(layer, disc.uncertainty_m, distance, objects.doubts_m[index]),
                key,
                objects.names[index],
                label,
            )
        if not kept:
            yield beyond(layer, disc.site, disc.uncertainty_m, reach)


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


def _areas(
    card: Card,
    layer: Layer,
    parts: Sequence[Objects],
    discs: Sequence[Disc],
    edge: Sequence[gpd.GeoDataFrame],
) -> Iterator[HazardSample]:
    import shapely

    objects = joined(parts)
    limit = card.covered_within_m or card.search_radius_m
    rim: dict[str, float] = {}
    if edge:
        whole = shapely.get_parts(shapely.union_all(shapes_of(edge[0])))
        for disc, _, distance in pairs(whole, discs, 0.0):
            rim[disc.site] = -distance
    near: dict[str, list[tuple[float, int]]] = {disc.site: [] for disc in discs}
    for disc, index, distance in pairs(objects.shapes, discs, limit):
        near[disc.site].append((distance, index))
    for disc in discs:
        ranked = sorted(near[disc.site])
        if not ranked and disc.site in rim:
            yield beyond(layer, disc.site, disc.uncertainty_m, rim[disc.site])
        close = disc.uncertainty_m + card.error_m + card.list_radius_m
        seen: set[str] = set()
        for place, (distance, index) in enumerate(ranked):
            label = objects.labels[index]
            # Of each class the nearest zone, and every one that the disc may touch.
            if distance > close and (place and label in seen):
                continue
            seen.add(label)
            whole_m = widened(layer, disc.uncertainty_m, distance, card.error_m)
            # An unmapped zone may begin where the map ends.
            low = min(
                whole_m.low,
                math.floor(rim.get(disc.site, math.inf) - disc.uncertainty_m)
                if disc.site in rim
                else whole_m.low,
            )
            yield HazardSample(
                layer,
                disc.site,
                replace(whole_m, low=low),
                objects.ids[index],
                objects.names[index],
                label,
            )
