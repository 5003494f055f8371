"""Services: a part of a remote source around places, from features, GML, tiles or a raster."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zonerisk.core import errors
from zonerisk.core.errors import FetchError, UsageError
from zonerisk.core.geometry import span_deg
from zonerisk.layers import files, http, point_queries, rasters
from zonerisk.layers.point_queries import collection
from zonerisk.layers.store import AREA

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import Place
    from zonerisk.layers.cards import Card

Bounds = tuple[float, float, float, float]
Feature = dict[str, Any]
# A wider area than this, degrees, is asked for in parts.
MAX_SPAN = 3.0
PAGE = 1000
MAX_PAGES = 50
TIMEOUT_S = 60.0
MAX_INDEX_BYTES = 20_000_000
_GML_HEAD = 20_000


def read(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    """Read what a layer's source holds around places, as contents by file name.

    They are the data, and for a service the area that was asked for: outside of it nothing is known.
    """
    source = card.reading.url or card.reading.index or card.url
    with errors.reading(source, "gave an answer that cannot be read; it may have changed"):
        return _read(card, places, max_bytes)


def _read(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    reading = card.reading
    if reading.method in point_queries.METHODS:
        return point_queries.read(card, places, max_bytes)
    bounds = _area(card, places)
    if reading.method == "raster":
        tiles = covering_tiles(reading.index, bounds) if reading.index else [{}]
        return {
            file.path.rpartition("/")[2]: rasters.part(
                [tile_address(file.url, tile) for tile in tiles], bounds, max_bytes
            )
            for file in card.files
            if file.url
        }
    url = reading.url or ""
    if reading.method == "tiles":
        tiff = rasters.coloured_tiles(url, bounds, reading.zoom or 14, reading.colours, max_bytes)
        return {f"{card.id}.tif": tiff}
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    found = features(reading.method, url, reading.collection, bounds, max_bytes, reading.axes)
    return {f"{card.id}.geojson": collection(found), AREA: collection([area])}


def _area(card: Card, places: Sequence[Place]) -> Bounds:
    """Return the box that holds the places and what is in reach of them; a large one is no part."""
    margin = max(card.search_radius_m, 1000.0) * 1.1
    reaches = [span_deg(place.lat, place.uncertainty_m + margin) for place in places]
    west = min(place.lon - wide for place, (_, wide) in zip(places, reaches, strict=True))
    east = max(place.lon + wide for place, (_, wide) in zip(places, reaches, strict=True))
    south = max(-90.0, min(place.lat - high for place, (high, _) in zip(places, reaches, strict=True)))
    north = min(90.0, max(place.lat + high for place, (high, _) in zip(places, reaches, strict=True)))
    if east - west > MAX_SPAN or north - south > MAX_SPAN:
        raise UsageError(
            f"{card.id}: the places span {east - west:.1f} by {north - south:.1f} "
            f"degrees; name fewer, within {MAX_SPAN:g}"
        )
    return west, south, east, north


def covering_tiles(url: str, bounds: Bounds) -> list[dict[str, Any]]:
    """Return the properties of every tile of a raster that covers a part of a box.

    The index is a GeoJSON FeatureCollection of the tiles' outlines in WGS 84. Where no tile
    lies nothing is known, which is an error.
    """
    import shapely

    asked = shapely.box(*bounds)
    tiles = []
    for row in http.rows(http.get(url, max_bytes=MAX_INDEX_BYTES), url, "features"):
        try:
            outline = files.shape_of(dict(files.mapping(row, "geometry")))
            properties = dict(files.mapping(row, "properties"))
        except ValueError:
            raise FetchError(f"{url}: lists a tile without an outline or properties") from None
        if shapely.area(shapely.intersection(outline, asked)) > 0:
            tiles.append(properties)
    if not tiles:
        raise FetchError(
            f"{url}: no tile covers {bounds[0]:.2f} to {bounds[2]:.2f} E, "
            f"{bounds[1]:.2f} to {bounds[3]:.2f} N: nothing is known there"
        )
    return tiles


def tile_address(template: str, properties: dict[str, Any]) -> str:
    """Fill a tile's properties into an address such as ``ID{id}_{name}.tif``."""
    texts = {key: str(value) for key, value in properties.items()}
    try:
        filled = template.format_map(texts)
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        raise FetchError(f"{template}: the index tells no {error} of a tile") from None
    used = [value for key, value in texts.items() if f"{{{key}}}" in template]
    if not all(value.replace("_", "").replace("-", "").isalnum() for value in used):
        raise FetchError(f"{template}: a tile is called {', '.join(used)}; not asked for")
    return filled


def features(
    method: str, url: str, collection: str | None, bounds: Bounds, max_bytes: int, axes: str = "lon-lat"
) -> list[Feature]:
    """Ask a service for all features in a box.

    An answer cut at the server's own limit is asked on for, never taken for the whole. A
    WFS that does not say how many it has is asked on until it has no more. A service that
    answers of another place, or does not give all it has, is an error.

    ``method`` is ``features`` (OGC API Features), ``wfs`` (answering GeoJSON), ``wfs-gml`` or ``arcgis``,
    ``axes`` the order of the coordinates in its answers. Returns GeoJSON features in WGS 84, longitude first.
    """
    ask = {"features": _ogc, "wfs": _wfs, "wfs-gml": _gml, "arcgis": _arcgis}[method]
    return [_placed(feature, url, bounds, axes) for feature in ask(url, collection, bounds, max_bytes)]


def _placed(feature: Feature, url: str, bounds: Bounds, axes: str) -> Feature:
    """Return a feature, its longitude first; refuse one that does not touch the box that was asked for."""
    import numpy as np
    import shapely

    if not feature.get("geometry"):
        return feature
    try:
        shape = files.shape_of(feature["geometry"])
        if axes == "lat-lon":
            shape = shapely.transform(shape, lambda points: points[:, [1, 0]])
            feature = {**feature, "geometry": json.loads(shapely.to_geojson(shape))}
        west, south, east, north = shape.bounds
    except ValueError:
        raise FetchError(f"{url}: answered a geometry that is none") from None
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise FetchError(f"{url}: answered coordinates that are no numbers")
    asked = shapely.box(*bounds)
    if not asked.intersects(shapely.box(west, south, east, north)):
        other = asked.intersects(shapely.box(south, west, north, east))
        raise FetchError(
            f"{url}: answered of {west:.2f} to {east:.2f} E, {south:.2f} to "
            f"{north:.2f} N, which was not asked for" + ("; its axes are exchanged" if other else "")
        )
    return feature


def _page(url: str, params: Mapping[str, str] | None, room: int) -> tuple[dict[str, Any], int]:
    raw = http.get(url, params=params, max_bytes=room, timeout_s=TIMEOUT_S)
    tree = http.read_json(raw, url)
    if not isinstance(tree, dict):
        raise FetchError(f"{url}: answered JSON that is no object")
    if "exceptions" in tree:
        raise FetchError(f"{url}: refused with HTTP 200: {json.dumps(tree['exceptions'])[:200]}")
    listed = tree.get("features")
    if not isinstance(listed, list) or not all(isinstance(feature, dict) for feature in listed):
        raise FetchError(f"{url}: answered JSON without features")
    files.check_wgs84(tree, url)
    return tree, len(raw)


def _pages(
    url: str,
    params: Mapping[str, str] | None,
    advance: Callable[[dict[str, Any], int], tuple[str, Mapping[str, str] | None] | None],
    max_bytes: int,
) -> list[Feature]:
    """Read page after page, to where ``advance`` says that the next one is."""
    found: list[Feature] = []
    seen: set[str] = set()
    where = url
    for _ in range(MAX_PAGES):
        tree, size = _page(where, params, max_bytes)
        max_bytes -= size
        keys = {json.dumps(feature, sort_keys=True) for feature in tree["features"]}
        if keys & seen:
            raise FetchError(f"{url}: repeats what came before instead of going on")
        seen |= keys
        found += tree["features"]
        onward = advance(tree, len(found))
        if onward is None:
            total = _total(tree)
            if total is not None and total > len(found):
                raise FetchError(f"{url}: gave {len(found)} of {total} features")
            return found
        where, params = onward
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _total(tree: Mapping[str, Any]) -> int | None:
    """Return how many features there are in all; None where the service does not say."""
    total = tree.get("numberMatched", tree.get("totalFeatures"))
    return total if isinstance(total, int) else None


def _ogc(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[Feature]:
    items = f"{url.rstrip('/')}/collections/{collection}/items"

    def advance(tree: dict[str, Any], _: int) -> tuple[str, None] | None:
        links = tree.get("links")
        onward = next(
            (
                link.get("href")
                for link in (links if isinstance(links, list) else [])
                if isinstance(link, dict) and link.get("rel") == "next"
            ),
            None,
        )
        if not onward or not tree["features"]:
            return None
        try:
            target = urllib.parse.urljoin(items, str(onward))
            host = urllib.parse.urlsplit(target).netloc
        except ValueError:
            target, host = str(onward), ""
        if host != urllib.parse.urlsplit(items).netloc:
            raise FetchError(f"{items}: its next page is on another host, {target[:200]!r}; refused")
        return target, None

    params = {"bbox": ",".join(f"{end:.6f}" for end in bounds), "limit": str(PAGE), "f": "json"}
    return _pages(items, params, advance, max_bytes)


def _wfs_query(collection: str | None, bounds: Bounds) -> dict[str, str]:
    west, south, east, north = bounds
    return {
        "service": "WFS",
        "version": "2.0.0",
        "request": "GetFeature",
        "typeNames": collection or "",
        "srsName": "EPSG:4326",
        "count": str(PAGE),
        "startIndex": "0",
        # By its URN, EPSG:4326 has the latitude first.
        "bbox": f"{south:.6f},{west:.6f},{north:.6f},{east:.6f},urn:ogc:def:crs:EPSG::4326",
    }


def _wfs(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[Feature]:
    params = {**_wfs_query(collection, bounds), "outputFormat": "application/json"}

    def advance(tree: dict[str, Any], had: int) -> tuple[str, dict[str, str]] | None:
        total = _total(tree)
        if not tree["features"] or (total is not None and had >= total):
            return None
        return url, {**params, "startIndex": str(had)}

    return _pages(url, params, advance, max_bytes)


def _gml(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[Feature]:
    """Ask a WFS in the one format that all of them have to speak."""
    params = _wfs_query(collection, bounds)
    found: dict[object, Feature] = {}
    for _ in range(MAX_PAGES):
        params["startIndex"] = str(len(found))
        raw = http.get(url, params=params, max_bytes=max_bytes, timeout_s=TIMEOUT_S)
        max_bytes -= len(raw)
        page, matched = _read_gml(raw, url)
        for feature in page:
            key = feature["properties"].get("gml_id") or len(found)
            if key in found:
                raise FetchError(f"{url}: repeats feature {key} instead of going on")
            found[key] = feature
        if len(found) >= matched if matched is not None else not page:
            return list(found.values())
        if not page:
            raise FetchError(f"{url}: gave {len(found)} of {matched} features")
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _read_gml(body: bytes, source: str) -> tuple[list[Feature], int | None]:
    """Read GML as GeoJSON features, and how many the service has; None where it does not say."""
    head = body[:_GML_HEAD].decode("utf-8", errors="replace")
    if "ExceptionReport" in head:
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", head)).strip()
        raise FetchError(f"{source}: refused: {text[:200]}")
    # Neither entities nor a description of other files that GDAL would open.
    if not re.search(r"<(\w+:)?FeatureCollection[\s>]", head) or any(
        mark in body for mark in (b"<!DOCTYPE", b"<OGRVRT")
    ):
        raise FetchError(f"{source}: answered something that is no FeatureCollection")
    if not re.search(rb"FeatureCollection>\s*$", body[-200:]) and b"/>" not in body[-200:]:
        raise FetchError(f"{source}: broke off in the middle of its XML")
    stated = re.search(r'numberMatched="(\d+)"', head)
    matched = int(stated[1]) if stated else None
    if not re.search(rb"<(\w+:)?(member|featureMember|featureMembers)[\s>]", body):
        return [], matched
    # GDAL would look for a schema where the answer says that one lies.
    body = re.sub(rb"""\s(\w+:)?(noNamespaceS|s)chemaLocation\s*=\s*("[^"]*"|'[^']*')""", b"", body)
    frame = files.opened(body, source)
    if frame.crs is None:
        raise FetchError(f"{source}: names no reference system")
    return json.loads(frame.to_crs("EPSG:4326").to_json())["features"], matched


def _arcgis(url: str, _: str | None, bounds: Bounds, max_bytes: int) -> list[Feature]:
    query = f"{url.rstrip('/')}/query"
    params = {
        "where": "1=1",
        "geometry": ",".join(f"{end:.6f}" for end in bounds),
        "geometryType": "esriGeometryEnvelope",
        "inSR": "4326",
        "outSR": "4326",
        "spatialRel": "esriSpatialRelIntersects",
        "outFields": "*",
        "f": "geojson",
        "resultOffset": "0",
    }

    def advance(tree: dict[str, Any], had: int) -> tuple[str, dict[str, str]] | None:
        mark = "exceededTransferLimit"
        more = tree.get(mark) or files.mapping(tree, "properties").get(mark)
        if more and not tree["features"]:
            raise FetchError(f"{query}: has more than the {had} features that it gives")
        return (query, {**params, "resultOffset": str(had)}) if more else None

    return _pages(query, params, advance, max_bytes)
