"""Remote sources read around places: a part of each, never the whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from zonerisk.core.errors import UsageError
from zonerisk.layers import featureservice, layers, raster, tileindex, tiles
from zonerisk.layers import point_queries as enquiries

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import Place
    from zonerisk.layers.card import Card, File

Bounds = tuple[float, float, float, float]
# A wider area than this, degrees, is asked for in parts.
MAX_SPAN = 3.0


def area(card: Card, places: Sequence[Place]) -> Bounds:
    """Give the box that holds the places and what is in reach of them.

    Raises
    ------
    UsageError
        If it is so large that it would be no part.
    """
    margin = max(card.search_radius_m, 1000.0) * 1.1
    ends = [(place.lon, place.lat, (place.uncertainty_m + margin) / 110_000) for place in places]
    wide = [high / max(0.02, math.cos(math.radians(lat))) for _, lat, high in ends]
    west = min(lon - each for (lon, _, _), each in zip(ends, wide, strict=True))
    east = max(lon + each for (lon, _, _), each in zip(ends, wide, strict=True))
    south = max(-90.0, min(lat - high for _, lat, high in ends))
    north = min(90.0, max(lat + high for _, lat, high in ends))
    if east - west > MAX_SPAN or north - south > MAX_SPAN:
        raise UsageError(
            f"{card.id}: the places span {east - west:.1f} by {north - south:.1f} "
            f"degrees; name fewer, within {MAX_SPAN:g}"
        )
    return west, south, east, north


def read(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    """Read what a layer's source holds around places.

    Returns
    -------
    Files by name: the data, and for a service the area that was asked for. Outside of that
    area nothing is known.
    """
    reading = card.reading
    if reading.method in enquiries.METHODS:
        return enquiries.read(card, places, max_bytes)
    bounds = area(card, places)
    if reading.method == "raster":
        tiles_ = tileindex.covering(reading.index, bounds) if reading.index else [{}]
        return {
            _name(file): raster.part(
                [tileindex.address(file.url, tile) for tile in tiles_], bounds, max_bytes
            )
            for file in card.files
            if file.url
        }
    url = reading.url or ""
    asked = enquiries.collection([{"type": "Feature", "properties": {}, "geometry": _box(bounds)}])
    if reading.method == "tiles":
        found = tiles.classes(url, bounds, reading.zoom or 14, reading.colours, max_bytes)
        return {f"{card.id}.tif": found}
    features = featureservice.features(
        reading.method, url, reading.collection, bounds, max_bytes, reading.axes
    )
    return {f"{card.id}.geojson": enquiries.collection(features), layers.AREA: asked}


def _name(file: File) -> str:
    return file.path.rpartition("/")[2]


def _box(bounds: Bounds) -> dict[str, object]:
    west, south, east, north = bounds
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }
