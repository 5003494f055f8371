"""Tallies: how many events lie around a site, and what the cell that it lies in counts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import simplify
from zonerisk.core.errors import DataError
from zonerisk.core.hazard_sample import HazardSample
from zonerisk.core.interval import Interval
from zonerisk.layers.objects import shapes_of
from zonerisk.layers.plane import pairs

if TYPE_CHECKING:
    import geopandas as gpd

    from zonerisk.core.hazard_sample import Layer
    from zonerisk.layers.card import Card
    from zonerisk.layers.plane import Disc


def counts(
    card: Card, layer: Layer, frame: gpd.GeoDataFrame, discs: Sequence[Disc]
) -> Iterator[HazardSample]:
    """Count the events within the card's radius of each site."""
    radius = card.reading.radius_m or 0
    events = shapes_of(frame)
    distances: dict[str, list[float]] = {disc.site: [] for disc in discs}
    widest = max(disc.uncertainty_m for disc in discs)
    for disc, _, distance in pairs(events, discs, radius + widest + card.error_m):
        distances[disc.site].append(distance)
    for disc in discs:
        doubt = disc.uncertainty_m + card.error_m
        low, best, high = (
            sum(one <= radius + shift for one in distances[disc.site]) for shift in (-doubt, 0.0, doubt)
        )
        yield HazardSample(layer, disc.site, Interval(low, best, high), simplify(card.noun))


def cells(card: Card, layer: Layer, frame: gpd.GeoDataFrame, discs: Sequence[Disc]) -> Iterator[HazardSample]:
    """Read the values of the cells that each site may lie in; cells that are not listed hold 0.

    A cell counts around its own middle, so those beside it are part of the doubt.
    """
    size = card.reading.size_deg or 1
    if not (frame.geom_type == "Point").all():
        raise DataError(f"{card.id}: its cells are given by points, not by other geometries")
    keys = [
        (math.floor(y / size), math.floor(x / size))
        for x, y in zip(frame.geometry.x, frame.geometry.y, strict=True)
    ]
    rows = frame[list(card.reading.values)].to_numpy()
    table = dict(zip(keys, rows, strict=True))
    nothing = [0] * len(card.reading.values)
    for disc in discs:
        doubt = disc.uncertainty_m / 110_000
        wide = doubt / max(0.01, math.cos(math.radians(disc.lat)))
        touched = [
            table.get((row, _turned(column, size)), nothing)
            for row in _steps(disc.lat, doubt + size, size)
            for column in _steps(disc.lon, wide + size, size)
        ]
        own = table.get((math.floor(disc.lat / size), math.floor(disc.lon / size)), nothing)
        told = ", ".join(
            f"{int(value)} {card.reading.classes.get(name, name)}"
            for name, value in zip(card.reading.values, own, strict=True)
        )
        # Where only weaker events are on record, a stronger one is not ruled out.
        low, high = min(values[0] for values in touched), max(max(values) for values in touched)
        yield HazardSample(
            layer,
            disc.site,
            Interval(int(low), int(own[0]), int(high)),
            simplify(card.noun),
            label=told if any(own) else "",
        )


def _steps(middle: float, reach: float, size: float) -> Iterable[int]:
    return range(math.floor((middle - reach) / size), math.floor((middle + reach) / size) + 1)


def _turned(column: int, size: float) -> int:
    """Bring a column of cells back onto the Earth across the antimeridian."""
    turn = round(360 / size)
    return (column + turn // 2) % turn - turn // 2
