"""Rasters by window: a few blocks of a GeoTIFF on disk or behind HTTP, and how far a flood's edge is."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from zonerisk.core.errors import DataError, FetchError
from zonerisk.core.geometry import Interval, metres_per_degree, span_deg
from zonerisk.core.model import simplify
from zonerisk.core.samples import Disc, HazardSample, Layer, beyond, widened
from zonerisk.layers import files, http
from zonerisk.layers.files import Bounds

if TYPE_CHECKING:
    import rasterio

    from zonerisk.layers.cards import Card

Discs = Sequence[Disc]
Samples = Iterator[HazardSample]
METHODS = ("raster", "tiles")
# No file is asked for that might lie beside the one that was named.
_OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
# What differs from WGS 84 by less than two metres: ETRS89, NAD83 and WGS 84 itself, in degrees.
_WGS84 = (4326, 4258, 4269)
# A block is unpacked whole, however little of it is asked for.
MAX_BLOCK_BYTES = 64_000_000
MAX_WINDOW = 4_000_000
_MAX_CLUSTER = 100_000_000
# No flood is deeper, metres: what is written as more is a mark for something else.
MAX_DEPTH_M = 100.0
# An edge farther from all sites than this does not name the flooded area that they are in.
_NAMED_WITHIN_M = 12_000.0
# Flooded areas closer than this are one: a dyke or a road drawn dry does not part them.
_JOINED_M = 80.0
TILE_SIZE = 256
NO_TILE = 255
MAX_TILES = 400


class Window(NamedTuple):
    """Cells around a point, nan where there is no data; how far north and east of it their middles lie."""

    values: npt.NDArray[np.float64]
    north_m: npt.NDArray[np.float64]
    east_m: npt.NDArray[np.float64]


@contextmanager
def opened(source: Path | str) -> Iterator[rasterio.io.DatasetReader]:
    """Open a GeoTIFF by path or http(s) address.

    No other format is tried, and no other file opened: GDAL reads by way of the one that is opened
    here, be it on disk or behind HTTP. A raster that is not in WGS 84 degrees is an error.
    """
    name = str(source)
    rasterio = files.gdal("rasterio")
    from rasterio.errors import RasterioError

    remote, what = None, "is not a readable GeoTIFF"

    def only(path: str, mode: str = "rb") -> Any:  # GDAL only reads.
        if path != name:
            raise FileNotFoundError(path)
        return remote or Path(name).open("rb")

    try:
        remote = http.Remote(name) if name.startswith(("http://", "https://")) else None
        with rasterio.Env(**_OPTIONS), rasterio.open(name, driver="GTiff", opener=only) as file:
            if flaw := _flaw(file):
                raise DataError(f"{name}: {flaw}")
            what = "a part of it cannot be read"
            yield file
    except (RasterioError, FetchError, OSError) as error:
        # GDAL knows only that it had no bytes, not what went wrong on the way.
        cause = (remote and remote.trouble) or _plain(str(error))
        raise DataError(f"{name}: {what}: {cause}") from None


def _plain(name: str) -> str:
    return re.sub(r"/vsiriopener_\w+/", "", name)


def _flaw(file: rasterio.io.DatasetReader) -> str | None:
    wide, turn, west, turn_, tall, north = file.transform[:6]
    kind = np.dtype(file.dtypes[0])
    if file.crs is None or file.crs.to_epsg() not in _WGS84:
        return f"its reference system is {file.crs or 'not named'}; convert it to EPSG:4326"
    if turn or turn_ or tall > 0:
        return "its rows do not run from north to south"
    if not (wide > 0 > tall and math.isfinite(wide + tall + west + north)):
        return "its cells have no size or no place"
    if not (0 < file.scales[0] < math.inf and math.isfinite(file.offsets[0])):
        return "its scale makes no numbers of its cells"
    if file.bounds.right > 180 + wide or file.bounds.left < -180 - wide:
        return "reaches past 180 degrees; turn its longitudes to -180 to 180"
    if kind.kind not in "iuf" or math.prod(file.block_shapes[0]) * kind.itemsize > MAX_BLOCK_BYTES:
        return f"its cells are not numbers, or lie in blocks of more than {MAX_BLOCK_BYTES} bytes"
    return None


def _cells(file: rasterio.io.DatasetReader, box: Bounds, most: int, trouble: str) -> tuple[int, int, Any]:
    """Read a box: its first column and row, and what its cells stand for, masked where there is no data."""
    from rasterio.windows import Window as Cells

    width, height = abs(file.transform.a), abs(file.transform.e)
    left = max(0, int((box[0] - file.bounds.left) / width))
    right = min(file.width, int((box[2] - file.bounds.left) / width) + 1)
    top = max(0, int((file.bounds.top - box[3]) / height))
    bottom = min(file.height, int((file.bounds.top - box[1]) / height) + 1)
    across, down = right - left, bottom - top
    if across * down > most:
        raise DataError(f"{_plain(file.name)}: {trouble.format(cells=f'{across} x {down} cells')}")
    cells = file.read(1, window=Cells(left, top, across, down), masked=True)
    scale, offset = file.scales[0], file.offsets[0]
    return left, top, cells if (scale, offset) == (1, 0) else cells.astype("float32") * scale + offset


def window(file: rasterio.io.DatasetReader, lat: float, lon: float, reach_m: float) -> Window | None:
    """Read the cells within a distance of a point; None if the point lies outside."""
    west, south, east, north = file.bounds
    if not (west <= lon < east and south < lat <= north):
        return None
    high, wide = span_deg(lat, reach_m)
    box = (lon - wide, lat - high, lon + wide, lat + high)
    trouble = "{cells} are too many for a window; lower search_radius_m"
    left, top, cells = _cells(file, box, MAX_WINDOW, trouble)
    down, across = cells.shape
    north_per_deg, east_per_deg = metres_per_degree(lat)
    lats = north - (np.arange(top, top + down) + 0.5) * abs(file.transform.e)
    lons = west + (np.arange(left, left + across) + 0.5) * abs(file.transform.a)
    values = cells.astype("float64").filled(np.nan)
    return Window(values, (lats - lat) * north_per_deg, (lons - lon) * east_per_deg)


def part(sources: Sequence[Path | str], box: Bounds, max_bytes: int) -> bytes:
    """Cut a box out of a raster, or out of tiles of one grid, as a GeoTIFF; only its blocks are read."""
    with ExitStack() as stack:
        rasters = [stack.enter_context(opened(source)) for source in sources]
        from rasterio.merge import merge

        width, height = abs(rasters[0].transform.a), abs(rasters[0].transform.e)
        wests, souths, easts, norths = zip(*(file.bounds for file in rasters), strict=True)
        west, north = min(wests), max(norths)
        # On the edges of cells, so that none is drawn anew.
        left = max(0, math.floor((box[0] - west) / width))
        top = max(0, math.floor((north - box[3]) / height))
        right = math.ceil((min(max(easts), box[2]) - west) / width - 1e-6)
        bottom = math.ceil((north - max(min(souths), box[1])) / height - 1e-6)
        if right <= left or bottom <= top:
            raise DataError(f"{sources[0]}: does not cover {files.where(box)}")
        if (right - left) * (bottom - top) * 8 > max_bytes:
            cells = f"{right - left} x {bottom - top} cells"
            raise DataError(f"{sources[0]}: {cells} are more than the cap; name fewer places")
        ends = (west + left * width, north - bottom * height, west + right * width, north - top * height)
        values, transform = merge(rasters, bounds=ends, res=(width, height), indexes=[1])
        return _geotiff(values[0], transform, rasters[0], crs=rasters[0].crs, nodata=rasters[0].nodata)


def _geotiff(
    values: npt.NDArray[Any], transform: Any, scaled: rasterio.io.DatasetReader | None = None, **profile: Any
) -> bytes:
    from rasterio.io import MemoryFile

    profile |= {"driver": "GTiff", "count": 1, "dtype": values.dtype, "compress": "deflate"}
    profile |= {"transform": transform, "height": values.shape[0], "width": values.shape[1]}
    with MemoryFile() as memory:
        with memory.open(**profile) as file:
            file.write(values, 1)
            if scaled is not None:
                file.scales, file.offsets = scaled.scales[:1], scaled.offsets[:1]
        return bytes(memory.read())


def sample(card: Card, layer: Layer, path: Path, masks: Sequence[Path], discs: Discs) -> Samples:
    """Return of each site inside a raster how far its edge of the flood is, and how deep it is.

    Masked cells do not count: a harbour is not a flooded place. Where a tile is missing nothing is known.
    """
    with ExitStack() as stack:
        file, *mask_files = (stack.enter_context(opened(each)) for each in (path, *masks))
        west, south, east, north = file.bounds
        inside = [disc for disc in discs if west <= disc.lon < east and south < disc.lat <= north]
        names = dict(_flooded(card, file, inside))
        for disc in inside:
            reach = card.search_radius_m + disc.uncertainty_m
            cells = window(file, disc.lat, disc.lon, reach)
            assert cells
            _check_values(card, cells.values, path)
            for mask_file, mask_path in zip(mask_files, masks, strict=True):
                mask = window(mask_file, disc.lat, disc.lon, reach)
                if mask is None or mask.values.shape != cells.values.shape:
                    raise DataError(f"{mask_path}: its cells are not those of {path}")
                cells = cells._replace(values=np.where(mask.values > 0, np.nan, cells.values))
            if found := _cell_sample(card, layer, disc, cells, names.get(disc.site, "")):
                yield found


def values(card: Card, layer: Layer, path: Path, discs: Discs) -> Samples:
    """Return what cells hold over each disc and their error, outward to tenths; on a coast, the nearest."""
    with opened(path) as file:
        for disc in discs:
            for coast, reach in enumerate((card.error_m, card.error_m + card.search_radius_m)):
                cells = window(file, disc.lat, disc.lon, disc.uncertainty_m + reach)
                if cells is None or np.isnan(cells.values).all():
                    continue
                # Less than counts is how a source may draw the sea; on land it is next to nothing.
                found = cells.values
                sea = found < card.reading.wet_from
                found = found if (sea | np.isnan(found)).all() else np.where(sea, np.nan, found)
                away = np.hypot(cells.north_m[:, None], cells.east_m)
                best = float(found.flat[np.where(np.isnan(found), np.inf, away).argmin()])
                low, high = (best, best) if coast else (float(np.nanmin(found)), float(np.nanmax(found)))
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


def _cell_sample(card: Card, layer: Layer, disc: Disc, cells: Window, name: str) -> HazardSample | None:
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
        return beyond(layer, disc.site, disc.uncertainty_m, seen)
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
    interval = widened(layer, disc.uncertainty_m, -edge if own else edge, card.error_m)
    if seen < edge:
        nearest = widened(layer, disc.uncertainty_m, -seen if own else seen, card.error_m)
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
        left, top, cells = _cells(file, cluster.bounds, _MAX_CLUSTER, trouble)
        _check_values(card, cells.compressed(), _plain(file.name))
        wet = np.ma.filled(cells >= card.reading.wet_from, False)
        step = max(1, round(span_deg(0, _JOINED_M)[0] / abs(file.transform.e)))
        rows, columns = wet.shape[0] // step * step, wet.shape[1] // step * step
        if not rows or not columns:
            continue
        coarse = wet[:rows, :columns].reshape(rows // step, step, columns // step, step).max((1, 3))
        transform = file.window_transform(Cells(left, top, 1, 1)) * file.transform.scale(step)
        found = shapes(coarse.astype("uint8"), mask=coarse, connectivity=8, transform=transform)
        areas = [shapely.geometry.shape(shape) for shape, _ in found]
        tree = shapely.STRtree(areas)
        for disc in discs if areas else ():
            point = shapely.Point(disc.lon, disc.lat)
            if cluster.contains(point):
                west, south, _, _ = areas[int(tree.nearest(point))].bounds
                yield disc.site, corner_id(south, west)


def corner_id(lat: float, lon: float) -> str:
    """Return the id of a zone by its south-west corner, which stays the same as long as the zone does."""
    return f"{'n' if lat >= 0 else 's'}{abs(lat):.4f}{'e' if lon >= 0 else 'w'}{abs(lon):.4f}"


def tile_ranges(bounds: Bounds, zoom: int) -> tuple[range, range]:
    """Return the tiles that cover a box, columns from the west and rows from the north."""
    west, south, east, north = bounds
    columns = (np.array([west, east]) + 180) / 360
    lats = np.radians(np.clip([north, south], -85.05, 85.05))
    rows = (1 - np.arcsinh(np.tan(lats)) / math.pi) / 2
    tiles = np.clip(np.array([columns, rows]) * 2**zoom, 0, 2**zoom - 1).astype(int)
    (left, right), (top, bottom) = tiles.tolist()
    return range(left, right + 1), range(top, bottom + 1)


def coloured_tiles(url: str, bounds: Bounds, zoom: int, colours: Mapping[str, str], max_bytes: int) -> bytes:
    """Read coloured XYZ tiles over a box as a GeoTIFF of the classes that their colours stand for.

    In it 0 stands where a tile is transparent, and no data where there is no tile. Neither is a
    place without the hazard. A colour without a meaning is an error.
    """
    rasterio = files.gdal("rasterio")

    columns, rows = tile_ranges(bounds, zoom)
    if len(columns) * len(rows) > MAX_TILES:
        raise FetchError(f"{url}: {len(columns) * len(rows)} tiles; ask for a smaller area")
    mosaic = np.full((len(rows) * TILE_SIZE, len(columns) * TILE_SIZE), NO_TILE, dtype="uint8")
    tiles = mosaic.reshape(len(rows), TILE_SIZE, len(columns), TILE_SIZE)
    for (i, y), (j, x) in product(enumerate(rows), enumerate(columns)):
        address = url.replace("{z}", str(zoom)).replace("{x}", str(x)).replace("{y}", str(y))
        try:
            raw = http.get(address, max_bytes=max_bytes)
        except FetchError as error:
            if error.status != 404:
                raise
        else:
            max_bytes -= len(raw)
            tiles[i, :, j] = _decoded(raw, colours, address)
    # Rows of equal Mercator height become rows of equal latitude, the nearest for each.
    count, ends = 2**zoom, (rows[0], rows[-1] + 1)
    west, cell = columns[0] / count * 360 - 180, 360 / count / TILE_SIZE
    north, south = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / count)))) for row in ends)
    height = math.ceil((north - south) / cell)
    tall = (north - south) / height
    lat = north - (np.arange(height) + 0.5) * tall
    mercator = (1 - np.arcsinh(np.tan(np.radians(lat))) / math.pi) / 2 * count
    picked = np.clip(((mercator - rows[0]) * TILE_SIZE).astype(int), 0, len(mosaic) - 1)
    transform = rasterio.Affine(cell, 0, west, 0, -tall, north)
    return _geotiff(mosaic[picked], transform, crs="EPSG:4326", nodata=NO_TILE)


def _decoded(raw: bytes, colours: Mapping[str, str], address: str) -> npt.NDArray[np.uint8]:
    from rasterio.errors import NotGeoreferencedWarning, RasterioError
    from rasterio.io import MemoryFile

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with MemoryFile(raw) as memory, memory.open(driver="PNG") as file:
                bands = file.read()
                if file.count == 1:
                    colours_of = np.array([*file.colormap(1).values()], dtype="uint8")
                    bands = colours_of[bands[0]].transpose(2, 0, 1)
    except (RasterioError, ValueError, KeyError) as error:
        raise FetchError(f"{address}: is not a PNG tile: {error}") from None
    if bands.shape[1:] != (TILE_SIZE, TILE_SIZE) or bands.shape[0] not in {3, 4}:
        what = "{2} x {1} cells of {0} bands".format(*bands.shape)
        raise FetchError(f"{address}: is {what}, not a tile of {TILE_SIZE}")
    shown = (bands[0].astype("uint32") << 16) + (bands[1].astype("uint32") << 8) + bands[2]
    clear = bands[3] == 0 if bands.shape[0] == 4 else np.zeros(shown.shape, dtype=bool)
    known = {int(colour, 16): int(value) for colour, value in colours.items()}
    seen = np.unique(shown[~clear]).tolist()
    if strange := [colour for colour in seen if colour not in known]:
        raise FetchError(f"{address}: shows the colour {strange[0]:06x}, which the card does not explain")
    classes = np.zeros(shown.shape, dtype="uint8")
    for colour in seen:
        classes[(shown == colour) & ~clear] = known[colour]
    return classes
