"""Rasters by window: a few blocks of a GeoTIFF on disk or behind HTTP, never the whole."""

from __future__ import annotations

import math
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import rasterio

# What GDAL may do: no sidecar files asked for, only this suffix over HTTP, and a server that
# hangs or fails is given up.
_OPTIONS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".tif",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_CONNECTTIMEOUT": "20",
    "GDAL_HTTP_MAX_RETRY": "2",
    "GDAL_HTTP_RETRY_DELAY": "1",
    "CPL_CURL_VERBOSE": "NO",
    "GDAL_HTTP_MAX_TOTAL_CONNECTIONS": "4",
}
MAX_WINDOW = 4_000_000


class Window(NamedTuple):
    """Cells around a point.

    Attributes
    ----------
    values
        Cells, row by row from the north; not a number where there is no data.
    lat, lon
        Centre of every row and every column, degrees.
    """

    values: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]


@contextmanager
def opened(source: Path | str) -> Iterator[rasterio.io.DatasetReader]:
    """Open a GeoTIFF by path or http(s) address.

    No other format is tried: some of them name further files and addresses to open.

    Raises
    ------
    DataError
        If it is no GeoTIFF that can be read, or is not in WGS 84 degrees.
    """
    import rasterio
    from rasterio.errors import RasterioError

    name = str(source)
    address = f"/vsicurl/{name}" if name.startswith(("http://", "https://")) else name
    with rasterio.Env(**_OPTIONS, **_proxy(name)):
        try:
            file = rasterio.open(address, driver="GTiff")
        except RasterioError as error:
            raise DataError(f"{name}: is no raster that can be read: {error}") from None
        with file:
            if file.crs is None or not file.crs.is_geographic:
                raise DataError(
                    f"{name}: its reference system is {file.crs or 'not named'}; convert it to EPSG:4326"
                )
            wide, turn, west, turn_, tall, north = file.transform[:6]
            if turn or turn_ or tall > 0:
                raise DataError(f"{name}: its rows do not run from north to south")
            if not (wide > 0 > tall and math.isfinite(wide + tall + west + north)):
                raise DataError(f"{name}: its cells have no size or no place")
            try:
                yield file
            except RasterioError as error:
                raise DataError(f"{name}: a part of it cannot be read: {error}") from None


def _proxy(name: str) -> dict[str, str]:
    """Tell GDAL the proxy that the environment names; by itself it knows not all of its ways."""
    parts = urllib.parse.urlsplit(name)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if not proxy or not parts.hostname or urllib.request.proxy_bypass(parts.hostname):
        return {}
    return {"GDAL_HTTP_PROXY": proxy}


def bounds(file: rasterio.io.DatasetReader) -> tuple[float, float, float, float]:
    """West, south, east and north of a raster, degrees."""
    west, south, east, north = file.bounds
    return float(west), float(south), float(east), float(north)


def window(file: rasterio.io.DatasetReader, lat: float, lon: float, reach_m: float) -> Window | None:
    """Read the cells within a distance of a point; None if the point lies outside.

    Raises
    ------
    DataError
        If so many cells lie there that they would not be a window any more.
    """
    import numpy as np
    from rasterio.windows import Window as Cells

    west, south, east, north = bounds(file)
    if not (west <= lon < east and south < lat <= north):
        return None
    width, height = abs(file.transform.a), abs(file.transform.e)
    high = reach_m / 110_570
    wide = reach_m / (111_320 * max(0.02, math.cos(math.radians(lat))))
    left = max(0, int((lon - wide - west) / width))
    right = min(file.width, int((lon + wide - west) / width) + 1)
    top = max(0, int((north - lat - high) / height))
    bottom = min(file.height, int((north - lat + high) / height) + 1)
    if (right - left) * (bottom - top) > MAX_WINDOW:
        raise DataError(
            f"{file.name}: {right - left} x {bottom - top} cells are no window; lower search_radius_m"
        )
    values = file.read(1, window=Cells(left, top, right - left, bottom - top), masked=True)
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    return Window(
        values.astype("float64").filled(np.nan),
        north - (rows + 0.5) * height,
        west + (columns + 0.5) * width,
    )


def sample(
    file: rasterio.io.DatasetReader, lat: Sequence[float], lon: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Read the cell under each of many points, every block once.

    Returns
    -------
    A value a point; not a number outside the raster and where there is no data.
    """
    import numpy as np
    from rasterio.windows import Window as Cells

    west, _, _, north = bounds(file)
    width, height = abs(file.transform.a), abs(file.transform.e)
    columns = np.floor((np.asarray(lon) - west) / width).astype("int64")
    rows = np.floor((north - np.asarray(lat)) / height).astype("int64")
    inside = (columns >= 0) & (columns < file.width) & (rows >= 0) & (rows < file.height)
    found = np.full(len(columns), np.nan)
    tall, broad = file.block_shapes[0]
    block = (rows // tall) * (file.width // broad + 1) + columns // broad
    order = np.flatnonzero(inside)
    order = order[np.argsort(block[order], kind="stable")]
    starts = np.flatnonzero(np.diff(block[order], prepend=-1))
    for part in np.split(order, starts[1:]) if len(order) else []:
        top, left = int(rows[part[0]] // tall * tall), int(columns[part[0]] // broad * broad)
        cells = file.read(
            1,
            window=Cells(left, top, min(broad, file.width - left), min(tall, file.height - top)),
            masked=True,
        )
        picked = cells[rows[part] - top, columns[part] - left]
        found[part] = np.ma.filled(picked.astype("float64"), np.nan)
    return found


def part(sources: Sequence[Path | str], box: tuple[float, float, float, float], max_bytes: int) -> bytes:
    """Cut a box out of a raster, or out of tiles of one grid, as a GeoTIFF.

    Only the blocks in the box are read.

    Raises
    ------
    DataError
        If the box lies outside of all, or is too large.
    """
    from rasterio.io import MemoryFile
    from rasterio.merge import merge

    with ExitStack() as stack:
        files = [stack.enter_context(opened(source)) for source in sources]
        width, height = abs(files[0].transform.a), abs(files[0].transform.e)
        ends = list(zip(*map(bounds, files), strict=True))
        west, north = min(ends[0]), max(ends[3])
        # On the edges of cells, so that none is drawn anew.
        left = max(0, math.floor((box[0] - west) / width))
        top = max(0, math.floor((north - box[3]) / height))
        right = math.ceil((min(max(ends[2]), box[2]) - west) / width - 1e-6)
        bottom = math.ceil((north - max(min(ends[1]), box[1])) / height - 1e-6)
        if right <= left or bottom <= top:
            raise DataError(
                f"{sources[0]}: does not cover {box[0]:.2f} to {box[2]:.2f} E, {box[1]:.2f} to {box[3]:.2f} N"
            )
        if (right - left) * (bottom - top) * 8 > max_bytes:
            raise DataError(
                f"{sources[0]}: {right - left} x {bottom - top} cells are more than the "
                "cap; name fewer places"
            )
        values, transform = merge(
            files,
            bounds=(
                west + left * width,
                north - bottom * height,
                west + right * width,
                north - top * height,
            ),
            res=(width, height),
            indexes=[1],
        )
        profile = {
            "driver": "GTiff",
            "width": values.shape[2],
            "height": values.shape[1],
            "count": 1,
            "dtype": files[0].dtypes[0],
            "crs": files[0].crs,
            "nodata": files[0].nodata,
            "transform": transform,
            "compress": "deflate",
            "tiled": False,
        }
    with MemoryFile() as memory:
        with memory.open(**profile) as out:
            out.write(values)
        return bytes(memory.read())
