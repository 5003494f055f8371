"""Coloured XYZ tiles: the classes that their colours stand for, as a raster around places."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zonerisk.core.errors import FetchError
from zonerisk.layers import http

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Bounds = tuple[float, float, float, float]
SIZE = 256
NO_TILE = 255
MAX_TILES = 400


def columns_rows(bounds: Bounds, zoom: int) -> tuple[range, range]:
    """Give the tiles that cover a box, columns from the west and rows from the north."""
    west, south, east, north = bounds
    count = int(2**zoom)

    def row(lat: float) -> int:
        turned = math.asinh(math.tan(math.radians(max(-85.05, min(85.05, lat)))))
        return max(0, min(count - 1, int((1 - turned / math.pi) / 2 * count)))

    left, right = (max(0, min(count - 1, int((lon + 180) / 360 * count))) for lon in (west, east))
    return range(left, right + 1), range(row(north), row(south) + 1)


def classes(url: str, bounds: Bounds, zoom: int, colours: Mapping[str, str], max_bytes: int) -> bytes:
    """Read the tiles over a box as a GeoTIFF of classes.

    Parameters
    ----------
    url
        Address with ``{z}``, ``{x}`` and ``{y}``.
    bounds
        West, south, east, north, degrees.
    zoom
        Level of the tiles.
    colours
        Class of each colour (``f7f5a9``), a small number.
    max_bytes
        Of all tiles together.

    Returns
    -------
    Bytes of a GeoTIFF in EPSG:4326: 0 where a tile is transparent, no data where there is
    no tile. Neither is a place without the hazard.

    Raises
    ------
    FetchError
        If a tile cannot be read, or shows a colour without a meaning.
    """
    import numpy as np

    columns, rows = columns_rows(bounds, zoom)
    if len(columns) * len(rows) > MAX_TILES:
        raise FetchError(f"{url}: {len(columns) * len(rows)} tiles; ask for a smaller area")
    mosaic = np.full((len(rows) * SIZE, len(columns) * SIZE), NO_TILE, dtype="uint8")
    for i, y in enumerate(rows):
        for j, x in enumerate(columns):
            address = url.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))
            try:
                raw = http.get(address, max_bytes=max_bytes)
            except FetchError as error:
                if ": HTTP 404" in str(error):
                    continue
                raise
            max_bytes -= len(raw)
            mosaic[i * SIZE : (i + 1) * SIZE, j * SIZE : (j + 1) * SIZE] = _decoded(raw, colours, address)
    return _geotiff(mosaic, columns, rows, zoom)


def _decoded(raw: bytes, colours: Mapping[str, str], address: str) -> npt.NDArray[np.uint8]:
    import numpy as np
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.io import MemoryFile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with MemoryFile(raw) as memory, memory.open(driver="PNG") as file:
                bands = file.read()
                if file.count == 1:
                    table = file.colormap(1)
                    bands = np.array(
                        [[table[value] for value in line] for line in bands[0]], dtype="uint8"
                    ).transpose(2, 0, 1)
    except (RasterioError, ValueError, KeyError) as error:
        raise FetchError(f"{address}: is no PNG tile: {error}") from None
    if bands.shape[1:] != (SIZE, SIZE) or bands.shape[0] not in {3, 4}:
        raise FetchError(
            f"{address}: is {bands.shape[2]} x {bands.shape[1]} cells of "
            f"{bands.shape[0]} bands, not a tile of {SIZE}"
        )
    seen = (bands[0].astype("uint32") << 16) + (bands[1].astype("uint32") << 8) + bands[2]
    clear = bands[3] == 0 if bands.shape[0] == 4 else np.zeros(seen.shape, dtype=bool)
    found = np.zeros(seen.shape, dtype="uint8")
    known = clear.copy()
    for colour, value in colours.items():
        hit = (seen == int(colour, 16)) & ~clear
        found[hit] = int(value)
        known |= hit
    if not known.all():
        odd = seen[~known][0]
        raise FetchError(f"{address}: shows the colour {odd:06x}, which the card does not explain")
    return found


def _geotiff(mosaic: npt.NDArray[np.uint8], columns: range, rows: range, zoom: int) -> bytes:
    """Turn rows of equal Mercator height into rows of equal latitude, the nearest for each."""
    import numpy as np
    from rasterio.io import MemoryFile
    from rasterio.transform import Affine

    count = 2**zoom
    west, cell = columns[0] / count * 360 - 180, 360 / count / SIZE
    north, south = (_latitude(row / count) for row in (rows[0], rows[-1] + 1))
    height = math.ceil((north - south) / cell)
    tall = (north - south) / height
    lat = north - (np.arange(height) + 0.5) * tall
    mercator = (1 - np.arcsinh(np.tan(np.radians(lat))) / math.pi) / 2 * count
    picked = np.clip(((mercator - rows[0]) * SIZE).astype(int), 0, mosaic.shape[0] - 1)
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=mosaic.shape[1],
            height=height,
            count=1,
            dtype="uint8",
            crs="EPSG:4326",
            nodata=NO_TILE,
            compress="deflate",
            transform=Affine(cell, 0, west, 0, -tall, north),
        ) as file:
            file.write(mosaic[picked], 1)
        return bytes(memory.read())


def _latitude(fraction: float) -> float:
    """Latitude at a fraction of the Mercator square's height from its top, degrees."""
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * fraction))))
