"""Coloured XYZ tiles: the classes that their colours stand for, as a raster around places."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zonerisk import fetch
from zonerisk.fetch import FetchError

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


def classes(url: str, bounds: Bounds, zoom: int, colours: Mapping[str, str], max_bytes: int
            ) -> bytes:
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
                raw = fetch.get(address, max_bytes=max_bytes)
            except FetchError as error:
                if ": HTTP 404" in str(error):
                    continue
                raise
            max_bytes -= len(raw)
            mosaic[i * SIZE:(i + 1) * SIZE, j * SIZE:(j + 1) * SIZE] = _decoded(
                raw, colours, address)
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
                    bands = np.array([[table[value] for value in line] for line in bands[0]],
                                     dtype="uint8").transpose(2, 0, 1)
    except (RasterioError, ValueError, KeyError) as error:
        raise FetchError(f"{address}: is no PNG tile: {error}") from None
    if bands.shape[1:] != (SIZE, SIZE) or bands.shape[0] not in {3, 4}:
        raise FetchError(f"{address}: is {bands.shape[2]} x {bands.shape[1]} cells of "
                         f"{bands.shape[0]} bands, not a tile of {SIZE}")
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
    from rasterio.io import MemoryFile
    from rasterio.transform import Affine
    from rasterio.warp import Resampling, calculate_default_transform, reproject

    half = math.pi * 6_378_137
    cell = 2 * half / 2**zoom / SIZE
    source = Affine(cell, 0, -half + columns[0] * cell * SIZE,
                    0, -cell, half - rows[0] * cell * SIZE)
    west, north = source * (0, 0)
    east, south = source * (mosaic.shape[1], mosaic.shape[0])
    target, width, height = calculate_default_transform(
        "EPSG:3857", "EPSG:4326", mosaic.shape[1], mosaic.shape[0], west, south, east, north)
    profile = {"driver": "GTiff", "width": width, "height": height, "count": 1, "dtype": "uint8",
               "crs": "EPSG:4326", "transform": target, "nodata": NO_TILE, "compress": "deflate"}
    with MemoryFile() as memory:
        with memory.open(**profile) as file:
            import numpy as np

            plane = np.full((height, width), NO_TILE, dtype="uint8")
            reproject(mosaic, plane, src_transform=source, src_crs="EPSG:3857",
                      dst_transform=target, dst_crs="EPSG:4326", src_nodata=NO_TILE,
                      dst_nodata=NO_TILE, resampling=Resampling.nearest)
            file.write(plane, 1)
        return bytes(memory.read())
