"""Vector files on this machine: GeoJSON, GeoPackage, FlatGeobuf, shapefiles, zips and CSV."""

from __future__ import annotations

import json
import re
import warnings
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import DataError

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zonerisk.layers.cards import Reading

Bounds = tuple[float, float, float, float]
"""West, south, east, north, degrees."""

# What ends a compressed file before its time raises these, and no OSError.
BROKEN = (OSError, ValueError, EOFError, zlib.error)
# How GeoJSON, GeoPackage, FlatGeobuf and a shapefile begin. No other format is opened: some
# name further files and addresses to open, and GDAL would.
_BEGINNINGS = (b"{", b"SQLite format 3\0", b"fgb\x03", b"\0\0\x27\x0a")
_VIRTUAL = b"<OGRVRT"
# Names of WGS 84 in degrees: EPSG:4326, urn:ogc:def:crs:OGC:1.3:CRS84 and the like.
_WGS84 = re.compile(r"(^|[:/#])(4326|CRS84h?)$")
_GEOMETRY_COLUMNS = {"geo_shape", "geometry", "wkt", "geom", "the_geom"}


def check_wgs84(tree: Mapping[str, object], name: str) -> None:
    """Refuse GeoJSON that names a reference system other than WGS 84."""
    crs = tree.get("crs")
    system = mapping(crs, "properties").get("name") if isinstance(crs, dict) else crs
    if system and not _WGS84.search(str(system)):
        raise DataError(f"{name}: is in {str(system)[:200]}, not in WGS 84")


def mapping(row: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Return a part of a record; empty where it is missing or null."""
    part = row.get(key)
    return part if isinstance(part, dict) else {}


def shape_of(geometry: Any) -> Any:
    """Return the shape of a GeoJSON geometry; a ValueError if it is none."""
    import numpy as np
    import shapely

    try:
        with np.errstate(invalid="ignore"):
            return shapely.geometry.shape(geometry)
    except (
        KeyError, TypeError, AttributeError, OverflowError, RecursionError, shapely.errors.ShapelyError
    ) as error:  # fmt: skip
        raise ValueError(str(error)) from None


def read(path: Path, reading: Reading, bounds: Bounds | None = None) -> gpd.GeoDataFrame:
    """Read a vector file in WGS 84, rows without a usable geometry left out.

    Zips are read where they lie: nothing is unpacked, so no name inside one can point
    outside of the cache. ``.csv`` and ``.csv.gz`` hold points in two columns, or geometries as
    GeoJSON or WKT in one; anything else is what GDAL knows by its content.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    csv = path.name.lower().endswith((".csv", ".csv.gz"))
    frame = _read_csv(path, reading) if csv else _read_ogr(path, reading, bounds)
    if not len(frame):
        import geopandas as gpd

        # A file without a row may lack the columns too.
        columns: dict[str, list[str]] = {name: [] for name in _columns(reading)}
        return gpd.GeoDataFrame(columns, geometry=[], crs="EPSG:4326")
    if frame.crs is None:
        raise DataError(f"{path}: names no reference system; convert it to one that does")
    frame = filtered(frame, reading, path)
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    try:
        frame = frame.to_crs("EPSG:4326")
    except Exception as error:
        raise DataError(f"{path}: cannot be brought to WGS 84: {error}") from None
    _check_on_earth(frame, path)
    if frame.geometry.has_z.any():
        frame = frame.set_geometry(frame.geometry.force_2d())
    broken = ~frame.geometry.is_valid
    if broken.any():
        geometry = frame.geometry.copy()
        geometry[broken] = geometry[broken].make_valid()
        frame = frame.set_geometry(geometry)
    if bounds and len(frame):
        west, south, east, north = bounds
        frame = frame.cx[west:east, south:north]
    return frame.reset_index(drop=True)


def _read_ogr(path: Path, reading: Reading, bounds: Bounds | None) -> gpd.GeoDataFrame:
    import pyogrio

    packed = _packed(path, reading) if path.suffix.lower() == ".zip" else ""
    source = f"/vsizip/{path}/{packed}" if packed else str(path)
    _check_format(path, packed)
    with _readable(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = reading.layer or _only_one([str(row[0]) for row in pyogrio.list_layers(source)], path)
        degrees = bounds and pyogrio.read_info(source, layer=layer)["crs"] in {"EPSG:4326", "OGC:CRS84"}
        return pyogrio.read_dataframe(source, layer=layer, bbox=bounds if degrees else None)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn whatever a library raises into an error that names the file."""
    try:
        yield
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"{path}: is not a readable vector file: {error}") from None


def _check_format(path: Path, packed: str) -> None:
    """Refuse a file that is of none of the known formats by how it begins."""
    import zipfile

    with _readable(path):
        if packed:
            with zipfile.ZipFile(path) as archive, archive.open(packed) as member:
                head = member.read(4096)
        else:
            with path.open("rb") as file:
                head = file.read(4096)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not start.startswith(_BEGINNINGS) or _VIRTUAL in head:
        raise DataError(
            f"{path}: is not a readable vector file: neither GeoJSON, GeoPackage, "
            "FlatGeobuf, a shapefile nor CSV"
        )


def _packed(path: Path, reading: Reading) -> str:
    """Find the file inside a zip; a name that points out of it is none."""
    import zipfile

    with _readable(path), zipfile.ZipFile(path) as archive:
        names = [
            name
            for name in archive.namelist()
            if name.lower().endswith((".shp", ".gpkg", ".geojson", ".json", ".fgb"))
            and not name.startswith("/")
            and ".." not in name.split("/")
        ]
    own = [name for name in names if Path(name).stem == reading.layer]
    return own[0] if own else _only_one(names, path)


def _only_one(names: list[str], path: Path) -> str:
    if len(names) == 1:
        return names[0]
    raise DataError(f"{path}: holds {len(names)} layers ({', '.join(names[:8])}); name one as reading.layer")


def _read_csv(path: Path, reading: Reading) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    texts = (*reading.id, *reading.where, *filter(None, (reading.name, reading.class_of)))
    try:
        head = [str(name) for name in pd.read_csv(path, nrows=0)]
        sep = ";" if ",".join(head).count(";") >= len(head) else ","
        # What names things stays text: runway 09 is not 9.
        table = pd.read_csv(path, sep=sep, low_memory=False, dtype=dict.fromkeys(texts, str))
    except BROKEN as error:
        raise DataError(f"{path}: is not a readable CSV file: {error}") from None
    lat, lon = reading.ends[:2] if reading.ends else (reading.lat or "lat", reading.lon or "lon")
    if lat in table and lon in table:
        y, x = (pd.to_numeric(table[name], errors="coerce") for name in (lat, lon))
        known = y.notna() & x.notna()
        points = gpd.points_from_xy(x[known], y[known])
        return gpd.GeoDataFrame(table[known], geometry=points, crs="EPSG:4326")
    column = next((name for name in table if str(name).lower() in _GEOMETRY_COLUMNS), None)
    if column is None:
        raise DataError(f"{path}: has neither columns {lat} and {lon} nor a geometry column")
    shapes = [_geometry(text, f"{path}:{row}") for row, text in enumerate(table[column], start=2)]
    return gpd.GeoDataFrame(table.drop(columns=[column]), crs="EPSG:4326", geometry=shapes)


def _geometry(text: object, where: str) -> Any:
    """Read a CSV's geometry, GeoJSON or WKT; None where there is no text."""
    import shapely

    if not isinstance(text, str):
        return None
    try:
        return shape_of(json.loads(text)) if text.lstrip().startswith("{") else shapely.from_wkt(text)
    except (ValueError, RecursionError, shapely.errors.ShapelyError) as error:
        raise DataError(f"{where}: is no geometry: {error}") from None


def _columns(reading: Reading) -> tuple[str, ...]:
    """Return the columns that a card names."""
    single = filter(None, (reading.name, reading.class_of, reading.doubt_of))
    more = (*reading.values, *(reading.ends or ()))
    return (*reading.where, *reading.least, *reading.id, *single, *more)


def filtered(frame: pd.DataFrame, reading: Reading, source: object) -> pd.DataFrame:
    """Keep the rows of a table that a card keeps; a value that it should know and does not is an error."""
    import pandas as pd

    missing = [name for name in _columns(reading) if name not in frame]
    if missing:
        raise DataError(
            f"{source}: has no column {missing[0]!r}; it has "
            f"{', '.join(str(name) for name in frame.columns[:12])}"
        )
    for column, values in reading.where.items():
        texts = frame[column].astype(str).where(frame[column].notna(), "")
        if column in reading.leave:
            strange = sorted(set(texts) - {*values, *reading.leave[column]})
            if strange:
                raise DataError(f"{source}: {column} is {strange[0]!r}, which its card lacks")
        frame = frame[texts.isin(values)]
    for column, least in reading.least.items():
        frame = frame[pd.to_numeric(frame[column], errors="coerce") >= least]
    return _numeric(frame, reading, source)


def _numeric(frame: pd.DataFrame, reading: Reading, source: object) -> pd.DataFrame:
    """Make numbers of the columns that are reckoned with.

    A count that is none is an error: it would read as 0. An axis without both its ends is
    left out, as a point without coordinates is.
    """
    import numpy as np
    import pandas as pd

    columns = (*reading.values, *(reading.ends or ()))
    if not columns:
        return frame
    frame = frame.assign(**{name: pd.to_numeric(frame[name], errors="coerce") for name in columns})
    for name in reading.values:
        unknown = frame.index[~np.isfinite(frame[name])]
        if len(unknown):
            raise DataError(f"{source}: row {unknown[0] + 1}: {name} is no number")
    if reading.ends:
        frame = frame.dropna(subset=list(reading.ends))
        for name, most in zip(reading.ends, (90, 360, 90, 360), strict=True):
            off = frame.index[frame[name].abs() > most]
            if len(off):
                raise DataError(f"{source}: row {off[0] + 1}: {name} is not on the Earth")
    return frame


def _check_on_earth(frame: gpd.GeoDataFrame, path: Path) -> None:
    import numpy as np
    import shapely

    if not len(frame):
        return
    west, south, east, north = frame.total_bounds
    if not np.isfinite(shapely.get_coordinates(frame.geometry.to_numpy())).all():
        raise DataError(f"{path}: holds coordinates that are no numbers on the Earth")
    if south < -90.0001 or north > 90.0001 or west < -360 or east > 360:
        raise DataError(
            f"{path}: reaches from {south:.1f} to {north:.1f} in latitude; are its "
            "axes exchanged, or its reference system another?"
        )
