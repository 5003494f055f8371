"""Tile index: which tiles of a raster cover a box, from the GeoJSON of their outlines."""

from __future__ import annotations

from typing import Any

from zonerisk.core.errors import FetchError
from zonerisk.layers import http, vectorfile

Bounds = tuple[float, float, float, float]
MAX_BYTES = 20_000_000


def covering(url: str, bounds: Bounds) -> list[dict[str, Any]]:
    """Give the properties of every tile that covers a part of a box.

    Parameters
    ----------
    url
        Address of the index, a GeoJSON FeatureCollection in WGS 84.
    bounds
        West, south, east, north, degrees.

    Raises
    ------
    FetchError
        If the index cannot be had, is none, or no tile covers any of the box.
    """
    import shapely

    asked = shapely.box(*bounds)
    found = []
    for row in http.rows(http.get(url, max_bytes=MAX_BYTES), url, "features"):
        try:
            outline = shapely.geometry.shape(dict(vectorfile.mapping(row, "geometry")))
            properties = dict(vectorfile.mapping(row, "properties"))
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.ShapelyError):
            raise FetchError(f"{url}: lists a tile without an outline or properties") from None
        if shapely.area(shapely.intersection(outline, asked)) > 0:
            found.append(properties)
    if not found:
        raise FetchError(
            f"{url}: no tile covers {bounds[0]:.2f} to {bounds[2]:.2f} E, "
            f"{bounds[1]:.2f} to {bounds[3]:.2f} N: nothing is known there"
        )
    return found


def address(template: str, properties: dict[str, Any]) -> str:
    """Fill a tile's properties into an address such as ``ID{id}_{name}.tif``.

    Raises
    ------
    FetchError
        If a property is missing, or holds what belongs in no file's name.
    """
    told = {key: str(value) for key, value in properties.items()}
    try:
        filled = template.format_map(told)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise FetchError(f"{template}: the index tells no {error} of a tile") from None
    used = [value for key, value in told.items() if f"{{{key}}}" in template]
    if not all(value.replace("_", "").replace("-", "").isalnum() for value in used):
        raise FetchError(f"{template}: a tile is called {', '.join(used)}; not asked for")
    return filled
