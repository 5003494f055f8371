"""Great Britain's grid supply points: which of them feeds the area around a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.layers import files

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from zonerisk.core.model import Position

URL = (
    "https://api.neso.energy/dataset/2810092e-d4b2-472f-b955-d8bea01f9ec0/resource/"
    "d95e8c1b-9cd9-41dd-aacb-4b53b8c07c20/download/gsp_regions_20250109.zip"
)
_NAME_COLUMNS = ("GSPs", "GSP", "GSPGroup", "gsp_name")


class SupplyPoint(NamedTuple):
    """A grid supply point and the area that it feeds, on the British National Grid (m)."""

    name: str
    area: BaseGeometry


def read(data: bytes, name: str) -> tuple[SupplyPoint, ...]:
    """Read the supply points from the published zip, of GeoJSON or shapefiles."""
    if not data.startswith(b"PK"):
        raise DataError(f"{name}: cannot be read as a zip of areas")
    # The zip holds the same areas in degrees and on the British grid; either will do.
    frame = files.vector(data, name, first=True)
    column = next((column for column in _NAME_COLUMNS if column in frame.columns), None)
    if column is None:
        raise DataError(f"{name}: no column names the supply points ({', '.join(_NAME_COLUMNS)})")
    frame = frame.set_crs(27700) if frame.crs is None else frame.to_crs(27700)
    frame = frame[frame.geometry.notna()]
    return tuple(map(SupplyPoint, frame[column].astype(str), frame.geometry))


def feeding(points: tuple[SupplyPoint, ...], position: Position) -> tuple[str, ...]:
    """Name the supply points whose area the site's disc touches."""
    from pyproj import Transformer
    from shapely import Point

    east, north = Transformer.from_crs(4326, 27700, always_xy=True).transform(position.lon, position.lat)
    here = Point(east, north)
    near = {point.name for point in points if point.area.distance(here) <= position.uncertainty_m}
    return tuple(sorted(near))
