"""Services: a part of a remote source around places: features, GML, tiles, a raster, or answers on each."""

from __future__ import annotations

import json
import math
import re
import urllib.parse
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from zonerisk.core import errors
from zonerisk.core.errors import DataError, FetchError, UsageError
from zonerisk.core.geometry import circle_points, geodesic_m, span_deg
from zonerisk.core.samples import Place
from zonerisk.layers import files, http
from zonerisk.layers.cards import Card
from zonerisk.layers.files import Bounds
from zonerisk.layers.sampling import statements
from zonerisk.layers.store import AREA

Feature = dict[str, Any]
Page = tuple[list[Feature], tuple[str, dict[str, str]] | None]
"""The rows of a page, and the address and query of the next, if there is one."""
# A wider area than this, degrees, is asked for in parts.
MAX_SPAN = 3.0
PAGE = 1000
MAX_PAGES = 50
MAX_INDEX_BYTES = 20_000_000
_GML_HEAD = 20_000
# How GML may name its reference system; GDAL would take a definition too, and open the files that one names.
_SYSTEM = re.compile(rb"(urn:(x-)?ogc:def:crs:|EPSG:|CRS:|OGC:|https?://www\.opengis\.net/)[\w.:/#-]*")
# A report is put together while one waits.
REPORT_TIMEOUT_S = 90.0
# Rows may lie this much beyond the circle asked for: services round, and draw it in a plane.
_SLACK = 1.02
_STEPS = 90
TILE_SIZE = 256
NO_TILE = 255
MAX_TILES = 400


def read(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    """Read what a layer's source holds around places, by file name, with the area that was asked for."""
    reading = card.reading
    url = reading.url or reading.index or card.url
    with errors.reading(url, "gave an answer that cannot be read; it may have changed"):
        if reading.method in ("georisques", "pages"):
            return _of_places(card, places, max_bytes)
        margin = max(card.search_radius_m, 1000.0) * 1.1
        boxes = []
        for place in places:
            high, wide = span_deg(place.lat, place.uncertainty_m + margin)
            boxes.append(shapely.box(place.lon - wide, place.lat - high, place.lon + wide, place.lat + high))
        west, south, east, north = shapely.total_bounds(boxes).tolist()
        bounds = (west, max(-90.0, south), east, min(90.0, north))
        across, down = east - west, bounds[3] - bounds[1]
        if max(across, down) > MAX_SPAN:
            span = f"{across:.1f} by {down:.1f} degrees"
            raise UsageError(f"{card.id}: the places span {span}; name fewer, within {MAX_SPAN:g}")
        if reading.method == "raster":
            tiles = covering_tiles(reading.index, bounds) if reading.index else [{}]
            urls = {Path(file.path).name: file.url for file in card.files if file.url}
            parts = {name: [tile_address(url, tile) for tile in tiles] for name, url in urls.items()}
            return {name: part(sources, bounds, max_bytes) for name, sources in parts.items()}
        if reading.method == "tiles":
            tiff = coloured_tiles(url, bounds, reading.zoom or 14, reading.colours, max_bytes)
            return {f"{card.id}.tif": tiff}
        items = features(reading.method, url, reading.collection, bounds, max_bytes)
        return {f"{card.id}.geojson": collection(items), AREA: collection([_feature(shapely.box(*bounds))])}


def covering_tiles(url: str, bounds: Bounds) -> list[dict[str, Any]]:
    """Return the properties of the tiles, listed as GeoJSON, that cover a box; none is an error."""
    asked = shapely.box(*bounds)
    tiles = []
    for row in http.rows(http.get(url, max_bytes=MAX_INDEX_BYTES), url, "features"):
        with errors.reading(url, "lists a tile without an outline"), np.errstate(invalid="ignore"):
            outline = shapely.make_valid(shapely.geometry.shape(dict(files.mapping(row, "geometry"))))
            if shapely.area(shapely.intersection(outline, asked)) > 0:
                tiles.append(dict(files.mapping(row, "properties")))
    if not tiles:
        raise FetchError(f"{url}: no tile covers {files.where(bounds)}: nothing is known there")
    return tiles


def tile_address(template: str, properties: dict[str, Any]) -> str:
    """Fill a tile's properties into an address such as ``ID{id}_{name}.tif``."""

    def filled(field: re.Match[str]) -> str:
        if not re.fullmatch(r"[\w-]+", value := str(properties.get(field[1], ""))):
            raise FetchError(f"{template}: a tile has the {field[1]} {value!r}; not asked for")
        return value

    return re.sub(r"\{([^{}]*)\}", filled, template)


def part(sources: Sequence[Path | str], box: Bounds, max_bytes: int) -> bytes:
    """Cut a box out of a raster, or out of tiles of one grid, as a GeoTIFF; only its blocks are read."""
    with ExitStack() as stack:
        rasters = [stack.enter_context(files.raster(source)) for source in sources]
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


def _geotiff(values: npt.NDArray[Any], transform: Any, scaled: Any = None, **profile: Any) -> bytes:
    from rasterio.io import MemoryFile

    profile |= {"driver": "GTiff", "count": 1, "dtype": values.dtype, "compress": "deflate"}
    profile |= {"transform": transform, "height": values.shape[0], "width": values.shape[1]}
    with MemoryFile() as memory:
        with memory.open(**profile) as file:
            file.write(values, 1)
            if scaled is not None:
                file.scales, file.offsets = scaled.scales[:1], scaled.offsets[:1]
        return bytes(memory.read())


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
    red, green, blue, *clear = bands.astype("int64")
    shown = (red << 16) + (green << 8) + blue
    if clear:
        shown[clear[0] == 0] = -1
    classes = {-1: 0, **{int(colour, 16): int(value) for colour, value in colours.items()}}
    seen, places = np.unique(shown, return_inverse=True)
    if strange := [colour for colour in seen.tolist() if colour not in classes]:
        raise FetchError(f"{address}: shows the colour {strange[0]:06x}, which the card does not explain")
    return np.array([classes[colour] for colour in seen.tolist()], "uint8")[places].reshape(shown.shape)


_WFS = {
    "service": "WFS", "version": "2.0.0", "request": "GetFeature", "typeNames": "{collection}",
    "startIndex": "0", "count": "{page}", "srsName": "EPSG:4326", "bbox": "{box},urn:ogc:def:crs:EPSG::4326",
}  # fmt: skip
# How services of features are asked: the address's end, what counts the features had, and the query.
_QUERIES: dict[str, tuple[str, str, dict[str, str]]] = {
    "features": ("/collections/{}/items", "", {"bbox": "{box}", "limit": "{page}", "f": "json"}),
    "wfs": ("", "startIndex", {**_WFS, "outputFormat": "application/json"}),
    "wfs-gml": ("", "startIndex", _WFS),  # The one format that all of them have to speak.
    "arcgis": ("/query", "resultOffset", {
        "where": "1=1", "geometry": "{box}", "geometryType": "esriGeometryEnvelope", "inSR": "4326",
        "outSR": "4326", "spatialRel": "esriSpatialRelIntersects", "outFields": "*",
        "f": "geojson", "resultOffset": "0",
    }),
}  # fmt: skip


def features(method: str, url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[Feature]:
    """Ask a service for all features in a box, as GeoJSON in WGS 84, longitude first.

    An answer cut at the server's own limit is asked on for, never taken for the whole. A service that
    answers of another place, or does not give all it has, is an error.
    """
    west, south, east, north = bounds
    # By its URN, EPSG:4326 has the latitude first.
    order = (south, west, north, east) if method.startswith("wfs") else bounds
    box = ",".join(f"{end:.6f}" for end in order)
    path, start, texts = _QUERIES[method]
    query = url.rstrip("/") + path.format(collection) if path else url
    words = {"box": box, "collection": collection or "", "page": PAGE}
    params = {key: text.format(**words) for key, text in texts.items()}
    total: int | None = None

    def turned(data: bytes, where: str, page: int, had: int) -> Page:
        nonlocal total
        tree = _gml(data, where) if method == "wfs-gml" else _tree(data, where)
        if "exceptions" in tree:
            raise FetchError(f"{where}: refused with HTTP 200: {json.dumps(tree['exceptions'])[:200]}")
        rows: Any = tree.get("features")
        if not _objects(rows):
            raise FetchError(f"{where}: answered JSON without features")
        files.check_wgs84(tree, where)
        had += len(rows)
        stated = tree.get("numberMatched", tree.get("totalFeatures"))
        total = stated if isinstance(stated, int) else None
        if method == "features":
            links = tree["links"] if _objects(tree.get("links")) else []
            onward = next((link.get("href") for link in links if link.get("rel") == "next"), None)
            return rows, (_next_page(query, onward), {}) if onward and rows else None
        more = bool(rows) and (total is None or had < total)
        if method == "arcgis":
            mark = "exceededTransferLimit"
            more = bool(tree.get(mark) or files.mapping(tree, "properties").get(mark))
            if more and not rows:
                raise FetchError(f"{query}: has more than the {had} features that it gives")
        return rows, (query, {**params, start: str(had)}) if more else None

    items = _paged(query, params, max_bytes, turned)
    if total is not None and total > len(items):
        raise FetchError(f"{query}: gave {len(items)} of {total} features")
    asked = shapely.box(*bounds)
    for geometry in filter(None, (feature.get("geometry") for feature in items)):
        try:
            with np.errstate(invalid="ignore"):
                shape = shapely.geometry.shape(geometry)
            west, south, east, north = shape.bounds
        except Exception:
            raise FetchError(f"{url}: answered a geometry that is none") from None
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            raise FetchError(f"{url}: answered coordinates that are not numbers")
        if not asked.intersects(shapely.box(west, south, east, north)):
            swapped = asked.intersects(shapely.box(south, west, north, east))
            flaw = "which was not asked for" + ("; its axes are exchanged" if swapped else "")
            raise FetchError(f"{url}: answered of {files.where((west, south, east, north))}, {flaw}")
    return items


def _paged(
    url: str, params: Mapping[str, str], room: int, turned: Callable[[bytes, str, int, int], Page]
) -> list[Feature]:
    """Ask for page after page, each read by ``turned``, for as long as it names a next one."""
    rows: list[Feature] = []
    seen: set[str] = set()
    where, asked = url, params
    for page in range(1, MAX_PAGES + 1):
        data = http.get(where, params=asked, max_bytes=room)
        room -= len(data)
        items, onward = turned(data, where, page, len(rows))
        texts = {json.dumps(row, sort_keys=True) for row in items}
        if texts & seen:
            raise FetchError(f"{url}: page {page} repeats what came before instead of going on")
        seen |= texts
        rows += items
        if onward is None:
            return rows
        where, asked = onward
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _tree(data: bytes, url: str) -> dict[str, Any]:
    if not isinstance(tree := http.read_json(data, url), dict):
        raise FetchError(f"{url}: answered JSON that is not an object")
    return tree


def _objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _next_page(url: str, link: object, bare: str = "") -> str:
    """Return the address of a next page, on the same host but for a ``bare`` beginning."""
    with suppress(ValueError):
        target = urllib.parse.urljoin(url, str(link))
        ours, theirs = urllib.parse.urlsplit(url), urllib.parse.urlsplit(target)
        same = ours.netloc.removeprefix(bare) == theirs.netloc.removeprefix(bare)
        if same and theirs.scheme in ("http", "https"):
            return target
    raise FetchError(f"{url}: its next page is on another host, {str(link)[:200]!r}; refused")


def _gml(body: bytes, source: str) -> dict[str, Any]:
    """Read a page in GML as one in GeoJSON would be; how many there are is None where it does not say."""
    head = body[:_GML_HEAD].decode("utf-8", errors="replace")
    if "ExceptionReport" in head:
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", head)).strip()
        raise FetchError(f"{source}: refused: {text[:200]}")
    # Neither entities nor a description of other files that GDAL would open.
    marked = re.search(rb"<!DOCTYPE|<OGRVRT", body)
    if marked or not re.search(r"<(\w+:)?FeatureCollection[\s>]", head):
        raise FetchError(f"{source}: answered something that is not a FeatureCollection")
    for system in re.findall(rb"""srsName\s*=\s*["']([^"']*)""", body):
        if not _SYSTEM.fullmatch(system):
            name = system[:80].decode(errors="replace")
            raise FetchError(f"{source}: names its reference system {name!r}, which is not followed")
    if not re.search(rb"FeatureCollection>\s*$", body[-200:]) and b"/>" not in body[-200:]:
        raise FetchError(f"{source}: broke off in the middle of its XML")
    stated = re.search(r'numberMatched="(\d+)"', head)
    matched = int(stated[1]) if stated else None
    if not re.search(rb"<(\w+:)?(member|featureMember|featureMembers)[\s>]", body):
        return {"features": [], "numberMatched": matched}
    # GDAL would look for a schema where the answer says that one lies.
    body = re.sub(rb"""\s(\w+:)?(noNamespaceS|s)chemaLocation\s*=\s*("[^"]*"|'[^']*')""", b"", body)
    frame = files.opened(body, source)
    if frame.crs is None:
        raise FetchError(f"{source}: names no reference system")
    return {**json.loads(frame.to_crs("EPSG:4326").to_json()), "numberMatched": matched}


def _of_places(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    """Ask a service about each place; a failure at one is a failure of all. Return files by name."""
    import pandas as pd

    reading, radius, room = card.reading, card.reading.radius_m or 0, max_bytes // len(places)
    answers: list[dict[str, Any]] = []
    kept: dict[str, Feature] = {}
    for place in places:
        lat, lon = place.lat, place.lon
        url = str(reading.url)
        if reading.method == "georisques":
            rows = risk_report(url, lat, lon, room)
        else:
            url = url.format(lat=f"{lat:.6f}", lon=f"{lon:.6f}", radius=f"{radius:.0f}")
            rows = paged_rows(url, room)
        if card.measure == "stated":
            statements(card, rows)  # What the card does not know is not kept.
            answers.append({"lat": lat, "lon": lon, "told": rows})
            continue
        flat = [{key: row[key] for key in row if not isinstance(row[key], list | dict)} for row in rows]
        for row in flat:
            at = [row.get(name) for name in (reading.lat or "lat", reading.lon or "lon")]
            if None not in at:
                y, x = (value if isinstance(value, int | float) else math.nan for value in at)
                if not (-90 <= y <= 90 and -180 <= x <= 180):
                    raise FetchError(f"{reading.url}: {at} is not a place on the Earth")
                if geodesic_m(lat, lon, y, x) > radius * _SLACK:
                    raise FetchError(f"{url}: answered of {y}, {x}, which was not asked for")
            point = None if None in at else shapely.Point(x, y)
            kept[json.dumps(row, sort_keys=True)] = _feature(point, row)
        if flat:
            files.filtered(pd.DataFrame(flat), reading, url)
    if card.measure == "stated":
        return {f"{card.id}.json": _json(answers, indent=1)}
    reach = radius - card.list_radius_m - card.error_m
    rings = [circle_points(place.lat, place.lon, reach, _STEPS) for place in places]
    circles = [_feature(shapely.Polygon([(lon, lat) for lat, lon in ring])) for ring in rings]
    return {f"{card.id}.geojson": collection([*kept.values()]), AREA: collection(circles)}


def _feature(shape: Any, properties: Mapping[str, Any] | None = None) -> Feature:
    geometry = shape and shapely.geometry.mapping(shape)
    return {"type": "Feature", "properties": properties or {}, "geometry": geometry}


def collection(features: list[dict[str, Any]]) -> bytes:
    """Format features as GeoJSON."""
    return _json({"type": "FeatureCollection", "features": features})


def _json(tree: object, indent: int | None = None) -> bytes:
    # Half of a pair of surrogates, which JSON can hold, is no text.
    return (json.dumps(tree, indent=indent, ensure_ascii=False) + "\n").encode(errors="replace")


def paged_rows(url: str, max_bytes: int) -> list[dict[str, Any]]:
    """Read all rows that a service gives page by page; pages that do not add up to what it says are an error.

    Pages are asked for by number: the link to the next one is held against that number but never opened.
    """
    said: tuple[int, object] | None = None

    def turned(data: bytes, where: str, page: int, had: int) -> Page:
        nonlocal said
        tree = _tree(data, url)
        code, pages, link = (tree.get(key) for key in ("response_code", "total_pages", "next"))
        if isinstance(code, int) and code >= 400:
            raise FetchError(f"{url}: the service answered: {code} {tree.get('message') or ''}".strip())
        if not _objects(tree.get("data")):
            raise FetchError(f"{url}: answered no page of rows; it may have changed")
        if not isinstance(pages, int):
            raise FetchError(f"{url}: does not say how many pages there are")
        if tree.get("page", page) != page:
            raise FetchError(f"{url}: gave page {tree.get('page')} when asked for page {page}")
        if (said := said or (pages, tree.get("results"))) != (pages, tree.get("results")):
            raise FetchError(f"{url}: changed while it was read; try again")
        if "next" in tree and bool(link) != (page < pages):
            raise FetchError(f"{url}: page {page} of {pages} names {'a' if link else 'no'} next one")
        if link:
            _next_page(url, link, bare="www.")
        return tree["data"], (url, {"page": str(page + 1)}) if page < pages else None

    rows = _paged(url, {"page": "1"}, max_bytes, turned)
    if said and isinstance(said[1], int) and said[1] != len(rows):
        raise FetchError(f"{url}: gave {len(rows)} of {said[1]} rows")
    return rows


def risk_report(url: str, lat: float, lon: float, max_bytes: int = 5_000_000) -> list[dict[str, Any]]:
    """Ask Georisques, at its ``resultats_rapport_risque``, for the French risk report of a point.

    Returns a row for each risk that is present, with its status for the whole ``commune`` and for the
    ``address``, of which a commune at risk says nothing. No report is an error, and no absence of risk.
    """
    asked = {"latlon": f"{lon:.6f},{lat:.6f}"}  # The service wants the longitude first.
    tree = _tree(http.get(url, params=asked, max_bytes=max_bytes, timeout_s=REPORT_TIMEOUT_S), url)
    town, risks = str(files.mapping(tree, "commune").get("libelle") or ""), []
    names = {"commune": "libelleStatutCommune", "address": "libelleStatutAdresse"}
    for field in ("risquesNaturels", "risquesTechnologiques"):
        if not isinstance(tree.get(field), dict):
            raise FetchError(f"{url}: answered no risk report; it may have changed or be out of order")
        for key, risk in sorted(tree[field].items()):
            if not isinstance(risk, dict) or not isinstance(risk.get("present"), bool):
                raise FetchError(f"{url}: {field}.{key} says neither present nor absent")
            stated = {name: str(risk.get(own) or "") for name, own in names.items()}
            if risk["present"]:
                risks.append({"key": key, "label": str(risk.get("libelle") or key), **stated, "town": town})
    return risks
