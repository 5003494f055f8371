"""Files of layers: GeoJSON, GeoPackage, FlatGeobuf, shapefiles, zips and CSV, and GeoTIFFs by window."""

from __future__ import annotations

import gzip
import io
import json
import math
import os
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from zonerisk.catalogue import document
from zonerisk.core import errors
from zonerisk.core.errors import DataError, FetchError, MissingPackage, UsageError
from zonerisk.core.geometry import metres_per_degree, span_deg

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import rasterio

    from zonerisk.layers.cards import Reading

Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

MAX_BYTES = 300_000_000
"""The most bytes of one file, as it lies and unpacked."""
MAX_COLUMNS, MAX_COLLECTIONS = 2000, 20
# Of a GeoPackage: reference systems, and the characters of the texts that name and describe its tables.
MAX_SYSTEMS, MAX_TEXT = 10_000, 1_000_000
_SHP = b"\0\0\x27\x0a"
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ENDINGS = (".shp", ".gpkg", ".geojson", ".json", ".fgb")
_TYPES = re.compile("Feature(Collection)?|GeometryCollection|(Multi)?(Point|LineString|Polygon)")
# How GeoJSON may name its reference system; GDAL would follow a link, and open a file that is named.
_NAMED_SYSTEM = re.compile(
    r"urn:ogc:def:crs:[\w.:-]+|(EPSG|OGC):\w+|https?://www\.opengis\.net/def/crs/(OGC/1\.3/CRS84|EPSG/0/\d+)",
    re.ASCII,
)
# Reference systems that name files, such as grids and other systems, which PROJ would open.
_FILES = re.compile(
    r"(grids|file|init|model|catalog)\s*=(?!\s*@null)|PROJ4_GRIDS|PARAMETERFILE|\bfile:", re.IGNORECASE
)
# The formats of GDAL that are read. Some of the others name further files, addresses and commands, and
# are switched off, each by its name, which data/gdal-formats.txt lists: GDAL has no list of what it may read.
FORMATS = {"ESRI Shapefile", "FlatGeobuf", "GML", "GPKG", "GeoJSON", "GTiff", "MEM", "Memory", "PNG"}
# No schema is fetched from wherever GML says that it lies, no link in it is followed.
_GML_OPTIONS = {"GML_DOWNLOAD_SCHEMA": "NO", "GML_SKIP_RESOLVE_ELEMS": "ALL", "GML_GFS_TEMPLATE": ""}
# Names of WGS 84 in degrees: EPSG:4326, urn:ogc:def:crs:OGC:1.3:CRS84 and the like.
_WGS84 = re.compile(r"(^|[:/#])(4326|CRS84h?)$")
# Of a raster, no file is asked for that might lie beside the one that was named.
_OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}
# What differs from WGS 84 by less than two metres: ETRS89, NAD83 and WGS 84 itself, in degrees.
_NEARLY_WGS84 = (4326, 4258, 4269)
# A block is unpacked whole, however little of it is asked for.
MAX_BLOCK_BYTES = 64_000_000
MAX_WINDOW = 4_000_000
_GEOMETRY_COLUMNS = {"geo_shape", "geometry", "wkt", "geom", "the_geom"}


def check_wgs84(tree: Mapping[str, object], name: str) -> None:
    """Refuse GeoJSON that names a reference system other than WGS 84."""
    system = _system(tree)
    if system and not _WGS84.search(str(system)):
        raise DataError(f"{name}: is in {str(system)[:200]}, not in WGS 84")


def _system(tree: Mapping[str, object]) -> object:
    """Return the name of the reference system that GeoJSON has."""
    crs = tree.get("crs")
    return mapping(crs, "properties").get("name") if isinstance(crs, dict) else crs


def where(box: Bounds) -> str:
    """Return a box in words."""
    return "{0:.2f} to {2:.2f} E, {1:.2f} to {3:.2f} N".format(*box)


def mapping(row: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return a part of a record; empty where it is missing or null."""
    part = row.get(key)
    return part if isinstance(part, dict) else {}


def read(path: Path, reading: Reading, box: Bounds | None = None, complete: bool = False) -> gpd.GeoDataFrame:
    """Read a vector file in WGS 84, rows without a place left out; of a complete list none may be.

    ``.csv`` and ``.csv.gz`` hold points in two columns, or geometries as GeoJSON or WKT in one;
    anything else is known by its content, see :func:`vector`.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    if path.name.lower().endswith((".csv", ".csv.gz")):
        frame = _read_csv(path, reading)
    elif path.suffix.lower() == ".shp":
        parts = {end: content(p) for end in _SHAPEFILE if (p := path.with_suffix(end)).is_file()}
        frame = opened(_zipped(parts, str(path)), str(path))
    else:
        frame = vector(content(path), str(path), reading.layer)
    if not len(frame):
        import geopandas as gpd

        # A file without a row may lack the columns too.
        return gpd.GeoDataFrame({name: [] for name in _columns(reading)}, geometry=[], crs="EPSG:4326")
    if frame.crs is None:
        raise DataError(f"{path}: names no reference system; convert it to one that does")
    frame = filtered(frame, reading, path)
    placed = frame.geometry.notna() & ~frame.geometry.is_empty
    if complete and not placed.all():
        flaw = f"row {frame.index[~placed][0] + 1} has no place, which a list that is complete needs in each"
        raise DataError(f"{path}: {flaw}; give it one, take it out, or have its card say complete: false")
    with errors.reading(str(path), "cannot be brought to WGS 84"):
        frame = frame[placed].to_crs("EPSG:4326")
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    if not np.isfinite(shapely.get_coordinates(geometry)).all():
        raise DataError(f"{path}: holds coordinates that are not on the Earth")
    west, south, east, north = frame.total_bounds
    if south < -90.0001 or north > 90.0001 or west < -360 or east > 360:
        flaw = f"reaches from {south:.1f} to {north:.1f} in latitude; are its axes exchanged"
        raise DataError(f"{path}: {flaw}, or its reference system another?")
    broken = ~shapely.is_valid(geometry)
    geometry[broken] = shapely.make_valid(geometry[broken])
    frame = frame.set_geometry(geometry, crs="EPSG:4326")
    if box:
        west, south, east, north = box
        frame = frame.cx[west:east, south:north]
    return frame.reset_index(drop=True)


@cache
def gdal(package: str) -> Any:
    """Import pyogrio or rasterio with GDAL's formats that are in :data:`FORMATS`, or not at all."""
    before = os.environ.get("GDAL_SKIP")
    try:
        if package == "rasterio":
            # Heard only at the first import: it has no way to switch a format off later.
            named = (document.data_root() / "gdal-formats.txt").read_text("utf-8")
            os.environ["GDAL_SKIP"] = ",".join(named.splitlines())
        module: Any = import_module(package)
        if package == "rasterio":
            with module.Env() as environment:
                here = set(environment.drivers())
        else:
            others = ",".join(set(module.list_drivers()) - FORMATS)
            module.set_gdal_config_options({"GDAL_SKIP": others, **_GML_OPTIONS})
            module.core._register_drivers()
            here = set(module.list_drivers())
    except ModuleNotFoundError:
        raise MissingPackage(package) from None
    finally:
        # Not for the programs that are started from here.
        os.environ.pop("GDAL_SKIP", None)
        if before is not None:
            os.environ["GDAL_SKIP"] = before
    if more := sorted(here - FORMATS):
        raise UsageError(
            f"{package} {module.__version__} reads formats that zonerisk has not been held against "
            f"({', '.join(more[:5])}), so it reads no layer; use the version of locks/dev.txt, and "
            f"read a layer before anything else imports {package}"
        )
    return module


def content(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a file, unpacked where its name ends in .gz; one that is too large is refused."""
    data = document.content(path, max_bytes)
    if not path.name.endswith(".gz"):
        return data
    with errors.reading(str(path), "cannot be unpacked"), gzip.open(io.BytesIO(data)) as packed:
        data = packed.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise DataError(f"{path}: unpacks to more than {max_bytes} bytes")
    return data


def vector(data: bytes, name: str, layer: str | None = None, first: bool = False) -> gpd.GeoDataFrame:
    """Read the bytes of a GeoJSON, GeoPackage, FlatGeobuf or shapefile, or of a zip that holds one.

    The bytes that were checked are the bytes that GDAL reads, from memory: nothing that it could find lies
    beside them, and no name inside a zip is a path. ``first`` takes the first of several files.
    """
    system = None
    with errors.reading(name, "is not a readable vector file"):
        if data.startswith(b"PK\3\4"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
                if len(set(names)) < len(names):
                    raise DataError(f"{name}: holds two files of one name")
                if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                    raise DataError(f"{name}: unpacks to more than {MAX_BYTES} bytes")
                named = sorted(entry for entry in names if entry.lower().endswith(_ENDINGS))
                own = [entry for entry in named if Path(entry).stem == layer]
                chosen = (own or (named if first else ()) or [_only_one(named, name)])[0]
                if chosen.lower().endswith(".shp"):
                    stem = chosen[: -len(".shp")]
                    parts = {end: archive.read(stem + end) for end in _SHAPEFILE if stem + end in names}
                    return opened(_zipped(parts, name), name)
                # A zip entry's own size and checksum bound what is read of it.
                data, layer = archive.read(chosen), None if own else layer
        text = data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n") if data[:1] in b"\xef \t\r\n{" else data
        if text.startswith(b"{"):
            system = _check_geojson(text, name)
        elif data.startswith(b"SQLite format 3\0"):
            _check_geopackage(data, name)
        elif data.startswith((b"fgb\x03", _SHP)):
            # A FlatGeobuf's header tells its own length.
            _check_system(data[: 12 + int.from_bytes(data[8:12], "little")], name)
        else:
            raise ValueError("neither GeoJSON, GeoPackage, FlatGeobuf, a shapefile nor CSV")
    frame = opened(data, name, layer)
    # Where GDAL does not know the system that GeoJSON names, it takes the coordinates for degrees.
    if system and not _WGS84.search(system) and frame.crs == "EPSG:4326":
        raise DataError(f"{name}: {system[:200]} is not a known reference system")
    return frame


def opened(data: bytes, name: str, layer: str | None = None) -> gpd.GeoDataFrame:
    """Let GDAL read bytes that were checked."""
    pyogrio = gdal("pyogrio")
    with errors.reading(name, "is not a readable vector file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [str(row[0]) for row in pyogrio.list_layers(data)]
        # In memory a GeoJSON's layer is called anew at each reading.
        place = names.index(layer or _only_one(names, name))
        if len(pyogrio.read_info(data, layer=place)["fields"]) > MAX_COLUMNS:
            raise ValueError(f"it has more than {MAX_COLUMNS} columns")
        frame = pyogrio.read_dataframe(data, layer=place)
    if "geometry" not in frame:
        raise DataError(f"{name}: holds no geometries, only a table")
    return frame


def _check_system(text: bytes, name: str) -> None:
    if _FILES.search(text.decode("utf-8", errors="replace")):
        raise DataError(f"{name}: its reference system names a file, which is not opened")


def _check_geojson(data: bytes, name: str) -> str | None:
    """Refuse JSON that is not GeoJSON, or that names its reference system by a link or a file."""
    systems = 0

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal systems
        keys = [key for key, _ in pairs if key in ("type", "crs")]
        if len(keys) > len(set(keys)):
            raise DataError(f"{name}: is not GeoJSON: {keys[0]} stands twice")
        systems += sum(isinstance(value, dict) for key, value in pairs if key == "crs")
        return {key: value for key, value in pairs if key in ("type", "crs", "properties", "name")}

    try:
        tree = json.loads(data, object_pairs_hook=kept)
    except RecursionError:
        raise DataError(f"{name}: nests too deep for GeoJSON") from None
    if not isinstance(tree, dict) or not _TYPES.fullmatch(str(tree.get("type"))):
        raise DataError(f"{name}: is not GeoJSON: its type is {str(tree.get('type'))[:40]!r}")
    if systems > isinstance(tree.get("crs"), dict):
        # GDAL follows the links of each, and reads the coordinates as if there were none.
        raise DataError(f"{name}: a part of it has a crs of its own; one at its top is all that is read")
    if tree.get("crs") is None:
        return None
    system = str(_system(tree))
    if not _NAMED_SYSTEM.fullmatch(system):
        raise DataError(f"{name}: its crs is not the name of a reference system; nothing else is followed")
    return system


def _check_geopackage(data: bytes, name: str) -> None:
    """Refuse a GeoPackage with SQL that would run as it is read: views, virtual tables, reckoned columns."""
    import sqlite3

    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TEXT)
        reckoned = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden > 1"
        for kind, table, sql in database.execute("SELECT type, name, sql FROM sqlite_master").fetchall():
            virtual = re.match(r"\s*CREATE\s+VIRTUAL", str(sql), re.IGNORECASE)
            tree = re.search(r"\sUSING\s+rtree\s*\(", str(sql), re.IGNORECASE)
            if kind == "view" or (virtual and not tree):
                raise DataError(f"{name}: {table} is a view or a virtual table; export it as a plain table")
            if kind == "table" and not virtual and database.execute(reckoned, (table,)).fetchone()[0]:
                raise DataError(f"{name}: {table} has a column that is reckoned; export it as a plain table")
        listed = f"SELECT * FROM gpkg_spatial_ref_sys LIMIT {MAX_SYSTEMS + 1}"
        systems = database.execute(listed).fetchall()
    if len(systems) > MAX_SYSTEMS:
        raise DataError(f"{name}: names more than {MAX_SYSTEMS} reference systems")
    _check_system(repr(systems).encode(), name)


def _zipped(parts: dict[str, bytes], name: str) -> bytes:
    """Pack a shapefile's parts by their endings, as GDAL reads several files from memory."""
    if not parts.get(".shp", b"").startswith(_SHP):
        raise DataError(f"{name}: is not a readable vector file: no shapefile")
    _check_system(parts.get(".prj", b""), name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for end, part in parts.items():
            archive.writestr(f"layer{end}", part)
    return buffer.getvalue()


def _only_one(names: list[str], source: str) -> str:
    if len(names) != 1:
        many = f"holds {len(names)} layers ({', '.join(names[:8])}); name one as reading.layer"
        raise DataError(f"{source}: {many if names else 'holds no layer that can be read'}")
    return names[0]


def _read_csv(path: Path, reading: Reading) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    # What names things stays text: runway 09 is not 9.
    names = (*reading.id, *reading.where, *filter(None, (reading.name, reading.class_of)))
    data, texts = content(path), dict.fromkeys(names, str)
    with errors.reading(str(path), "is not a readable CSV file"):
        first = re.split(rb"[\r\n]", data, maxsplit=1)[0]
        sep = ";" if first.count(b";") > first.count(b",") else ","
        if (columns := first.count(sep.encode()) + 1) > MAX_COLUMNS:
            raise ValueError(f"it has {columns} columns; at most {MAX_COLUMNS} are read")
        # A row that is longer than the head, which pandas would read one column off, is an error.
        with warnings.catch_warnings(action="error", category=pd.errors.ParserWarning):
            try:
                table = pd.read_csv(io.BytesIO(data), sep=sep, dtype=texts, low_memory=False, index_col=False)
            except pd.errors.ParserWarning:
                raise ValueError("a row has more fields than the head") from None
    lat, lon = reading.ends[:2] if reading.ends else (reading.lat or "lat", reading.lon or "lon")
    if lat in table and lon in table:
        numbers = table[[lat, lon]].apply(pd.to_numeric, errors="coerce")
        for name in (lat, lon):
            text = table[name].astype(str).str.strip()
            strange = table[numbers[name].isna() & table[name].notna() & (text != "")][name]
            if len(strange):
                flaw = f"{name} is not a number ({strange.iloc[0]!r:.40})"
                raise DataError(f"{path}: row {strange.index[0] + 1}: {flaw}")
        y, x = numbers[lat], numbers[lon]
        points = gpd.GeoSeries.from_xy(x, y, index=table.index, crs="EPSG:4326")
        return gpd.GeoDataFrame(table, geometry=points.where(y.notna() & x.notna()))
    column = next((name for name in table if str(name).lower() in _GEOMETRY_COLUMNS), None)
    if column is None:
        raise DataError(f"{path}: has neither columns {lat} and {lon} nor a geometry column")
    shapes: list[Any] = []
    for row, text in enumerate(table[column], start=2):
        with errors.reading(f"{path}:{row}", "is not a geometry"), np.errstate(invalid="ignore"):
            if not isinstance(text, str):
                shapes.append(None)
            elif text.lstrip().startswith("{"):
                shapes.append(shapely.geometry.shape(json.loads(text)))
            elif text.upper().count("COLLECTION") <= MAX_COLLECTIONS:
                shapes.append(shapely.from_wkt(text))
            else:  # GEOS has no bound of its own, and crashes.
                raise DataError(f"{path}:{row}: holds more than {MAX_COLLECTIONS} collections")
    return gpd.GeoDataFrame(table.drop(columns=[column]), crs="EPSG:4326", geometry=shapes)


def _columns(reading: Reading) -> tuple[str, ...]:
    single = filter(None, (reading.name, reading.class_of, reading.doubt_of))
    return (*reading.where, *reading.least, *reading.id, *single, *(reading.ends or ()))


def filtered(frame: pd.DataFrame, reading: Reading, source: object) -> pd.DataFrame:
    """Keep the rows of a table that a card keeps; a value that it should know and does not is an error."""
    import pandas as pd

    if missing := [name for name in _columns(reading) if name not in frame]:
        here = ", ".join(str(name) for name in frame.columns[:12])
        raise DataError(f"{source}: has no column {missing[0]!r}; it has {here}")
    for column, values in reading.where.items():
        texts = frame[column].astype(str).where(frame[column].notna(), "")
        # Where a card says what it leaves, nothing else may stand there.
        if strange := sorted(set(texts) - {*values, *reading.leave.get(column, texts)}):
            raise DataError(f"{source}: {column} is {strange[0]!r}, which its card lacks")
        frame = frame[texts.isin(values)]
    for column, least in reading.least.items():
        frame = frame[pd.to_numeric(frame[column], errors="coerce") >= least]
    if not reading.ends:
        return frame
    # An axis without both its ends is left out, as a point without coordinates is.
    frame = frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce") for name in reading.ends})
    frame = frame.dropna(subset=list(reading.ends))
    for name, most in zip(reading.ends, (90, 360, 90, 360), strict=True):
        off = frame.index[frame[name].abs() > most]
        if len(off):
            raise DataError(f"{source}: row {off[0] + 1}: {name} is not on the Earth")
    return frame


class Window(NamedTuple):
    """Cells around a point, nan where there is no data; how far north and east of it their middles lie."""

    values: npt.NDArray[np.float64]
    north_m: npt.NDArray[np.float64]
    east_m: npt.NDArray[np.float64]


@contextmanager
def raster(source: Path | str) -> Iterator[rasterio.io.DatasetReader]:
    """Open a GeoTIFF by path or http(s) address.

    No other format is tried, and no other file opened: GDAL reads by way of the one that is opened
    here, be it on disk or behind HTTP. A raster that is not in WGS 84 degrees is an error.
    """
    name = str(source)
    rasterio = gdal("rasterio")
    from rasterio.errors import RasterioError

    remote, what = None, "is not a readable GeoTIFF"

    def only(path: str, mode: str = "rb") -> Any:  # GDAL only reads.
        if path != name:
            raise FileNotFoundError(path)
        return remote or Path(name).open("rb")

    try:
        if name.startswith(("http://", "https://")):
            from zonerisk.layers import http

            remote = http.Remote(name)
        with rasterio.Env(**_OPTIONS), rasterio.open(name, driver="GTiff", opener=only) as file:
            wide, turn, west, turn_, tall, north = file.transform[:6]
            kind, block = np.dtype(file.dtypes[0]), math.prod(file.block_shapes[0])
            nearly = file.crs is not None and file.crs.to_epsg() in _NEARLY_WGS84
            sized = wide > 0 > tall and math.isfinite(wide + tall + west + north)
            scaled = 0 < file.scales[0] < math.inf and math.isfinite(file.offsets[0])
            real = kind.kind in "iuf" and block * kind.itemsize <= MAX_BLOCK_BYTES
            flaws = {
                f"its reference system is {file.crs or 'not named'}; convert it to EPSG:4326": not nearly,
                "its rows do not run from north to south": turn or turn_ or tall > 0,
                "its cells have no size or no place": not sized,
                "its scale makes no numbers of its cells": not scaled,
                "reaches past 180 degrees; turn its longitudes to -180 to 180": (
                    max(file.bounds.right, -file.bounds.left) > 180 + wide
                ),
                f"its cells are not numbers, or lie in blocks of more than {MAX_BLOCK_BYTES} bytes": not real,
            }
            if flaw := next(filter(flaws.get, flaws), None):
                raise DataError(f"{name}: {flaw}")
            what = "a part of it cannot be read"
            yield file
    except (RasterioError, FetchError, OSError) as error:
        # GDAL knows only that it had no bytes, not what went wrong on the way.
        cause = (remote and remote.trouble) or plain(str(error))
        raise DataError(f"{name}: {what}: {cause}") from None


def plain(name: str) -> str:
    """Return what GDAL calls a file as it was called when it was opened."""
    return re.sub(r"/vsiriopener_\w+/", "", name)


def cells_of(file: rasterio.io.DatasetReader, box: Bounds, most: int, trouble: str) -> tuple[int, int, Any]:
    """Read a box: its first column and row, and what its cells stand for, masked where there is no data."""
    from rasterio.windows import Window as Cells

    width, height = abs(file.transform.a), abs(file.transform.e)
    left = max(0, int((box[0] - file.bounds.left) / width))
    top = max(0, int((file.bounds.top - box[3]) / height))
    across = min(file.width, int((box[2] - file.bounds.left) / width) + 1) - left
    down = min(file.height, int((file.bounds.top - box[1]) / height) + 1) - top
    if across * down > most:
        raise DataError(f"{plain(file.name)}: {trouble.format(cells=f'{across} x {down} cells')}")
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
    left, top, cells = cells_of(file, box, MAX_WINDOW, trouble)
    down, across = cells.shape
    north_per_deg, east_per_deg = metres_per_degree(lat)
    lats = north - (np.arange(top, top + down) + 0.5) * abs(file.transform.e)
    lons = west + (np.arange(left, left + across) + 0.5) * abs(file.transform.a)
    values = cells.astype("float64").filled(np.nan)
    return Window(values, (lats - lat) * north_per_deg, (lons - lon) * east_per_deg)
