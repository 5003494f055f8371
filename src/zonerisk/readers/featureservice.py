"""Feature services: polygons around places from OGC API Features, WFS and ArcGIS servers."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

from zonerisk.readers import fetch, gml
from zonerisk.readers.fetch import FetchError

Bounds = tuple[float, float, float, float]
PAGE = 1000
MAX_PAGES = 50
TIMEOUT_S = 60.0


def features(
    method: str,
    url: str,
    collection: str | None,
    bounds: Bounds,
    max_bytes: int,
    axes: str = "lon-lat",
) -> list[dict[str, Any]]:
    """Ask a service for all features in a box.

    An answer cut at the server's own limit is asked on for, never taken for the whole.

    Parameters
    ----------
    method
        ``features`` (OGC API Features), ``wfs`` (answering GeoJSON), ``wfs-gml`` or ``arcgis``.
    url
        Address of the service: its landing page, its WFS endpoint, or its layer.
    collection
        Which collection or type; ArcGIS layers need none.
    bounds
        West, south, east, north, degrees.
    max_bytes
        Of all pages together.
    axes
        Order of the coordinates in the answer.

    Returns
    -------
    GeoJSON features in WGS 84, longitude first.

    Raises
    ------
    FetchError
        If the service fails, says so with HTTP 200, answers in another reference system or
        of another place, or does not give all it has.
    """
    ask = {"features": _ogc, "wfs": _wfs, "wfs-gml": _gml, "arcgis": _arcgis}[method]
    found = ask(url, collection, bounds, max_bytes)
    if axes == "lat-lon":
        found = [_turned(feature) for feature in found]
    _check_place(url, found, bounds)
    return found


def _page(url: str, params: Mapping[str, str] | None, room: int) -> tuple[dict[str, Any], int]:
    raw = fetch.get(url, params=params, max_bytes=room, timeout_s=TIMEOUT_S)
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        raise FetchError(f"{url}: answered something that is not JSON: {raw[:80]!r}") from None
    if not isinstance(tree, dict):
        raise FetchError(f"{url}: answered JSON that is no object")
    if "error" in tree or "exceptions" in tree:
        said = json.dumps(tree.get("error", tree.get("exceptions")), ensure_ascii=False)
        raise FetchError(f"{url}: refused with HTTP 200: {said[:200]}")
    if not isinstance(tree.get("features"), list):
        raise FetchError(f"{url}: answered JSON without features")
    crs = tree.get("crs")
    name = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    if name and not name.endswith(("4326", "CRS84")):
        raise FetchError(f"{url}: answered in {name}, not in WGS 84")
    return tree, len(raw)


def _pages(
    url: str, first: Mapping[str, str], advance: Any, max_bytes: int
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    where: str = url
    params: Mapping[str, str] | None = first
    for _ in range(MAX_PAGES):
        tree, size = _page(where, params, max_bytes)
        max_bytes -= size
        found += tree["features"]
        onward = advance(tree, len(found))
        if onward is None:
            total = tree.get("numberMatched", tree.get("totalFeatures"))
            if isinstance(total, int) and total > len(found):
                raise FetchError(f"{url}: gave {len(found)} of {total} features")
            return found
        where, params = onward
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _ogc(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[dict[str, Any]]:
    items = f"{url.rstrip('/')}/collections/{collection}/items"

    def advance(tree: dict[str, Any], _: int) -> tuple[str, None] | None:
        links = [link for link in tree.get("links", ()) if isinstance(link, dict)]
        onward = next((link.get("href") for link in links if link.get("rel") == "next"), None)
        if not onward or not tree["features"]:
            return None
        target = urllib.parse.urljoin(items, str(onward))
        if urllib.parse.urlsplit(target).netloc != urllib.parse.urlsplit(items).netloc:
            raise FetchError(f"{items}: goes on at another host, {target[:200]!r}; not followed")
        return target, None

    params = {"bbox": ",".join(f"{each:.6f}" for each in bounds), "limit": str(PAGE), "f": "json"}
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


def _wfs(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[dict[str, Any]]:
    params = {**_wfs_query(collection, bounds), "outputFormat": "application/json"}

    def advance(tree: dict[str, Any], had: int) -> tuple[str, dict[str, str]] | None:
        if len(tree["features"]) < PAGE:
            return None
        return url, {**params, "startIndex": str(had)}

    return _pages(url, params, advance, max_bytes)


def _gml(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[dict[str, Any]]:
    """Ask a WFS in the one format that all of them have to speak."""
    params = _wfs_query(collection, bounds)
    found: dict[object, dict[str, Any]] = {}
    for _ in range(MAX_PAGES):
        raw = fetch.get(
            url,
            params={**params, "startIndex": str(len(found))},
            max_bytes=max_bytes,
            timeout_s=TIMEOUT_S,
        )
        max_bytes -= len(raw)
        features, matched = gml.page(raw, url)
        for feature in features:
            key = feature["properties"].get("gml_id") or len(found)
            if key in found:
                raise FetchError(f"{url}: repeats feature {key} instead of going on")
            found[key] = feature
        if len(found) >= matched if matched is not None else len(features) < PAGE:
            return list(found.values())
        if not features:
            raise FetchError(f"{url}: gave {len(found)} of {matched} features")
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _arcgis(url: str, _: str | None, bounds: Bounds, max_bytes: int) -> list[dict[str, Any]]:
    query = f"{url.rstrip('/')}/query"
    params = {
        "where": "1=1",
        "geometry": ",".join(f"{each:.6f}" for each in bounds),
        "geometryType": "esriGeometryEnvelope",
        "inSR": "4326",
        "outSR": "4326",
        "spatialRel": "esriSpatialRelIntersects",
        "outFields": "*",
        "f": "geojson",
        "resultOffset": "0",
    }

    def advance(tree: dict[str, Any], had: int) -> tuple[str, dict[str, str]] | None:
        more = tree.get("exceededTransferLimit") or (
            isinstance(tree.get("properties"), dict)
            and tree["properties"].get("exceededTransferLimit")
        )
        return (query, {**params, "resultOffset": str(had)}) if more and tree["features"] else None

    return _pages(query, params, advance, max_bytes)


def _turned(feature: dict[str, Any]) -> dict[str, Any]:
    def turn(node: Any) -> Any:
        if isinstance(node, list) and node and isinstance(node[0], int | float):
            return [node[1], node[0], *node[2:]]
        return [turn(each) for each in node] if isinstance(node, list) else node

    geometry = feature.get("geometry")
    if not isinstance(geometry, dict):
        return feature
    return {**feature, "geometry": {**geometry, "coordinates": turn(geometry.get("coordinates"))}}


def _check_place(url: str, found: list[dict[str, Any]], bounds: Bounds) -> None:
    """Refuse an answer that does not touch the box that was asked for."""
    import shapely

    asked = shapely.box(*bounds)
    for feature in found:
        if not isinstance(feature, dict) or not feature.get("geometry"):
            continue
        try:
            shape = shapely.geometry.shape(feature["geometry"])
            west, south, east, north = shape.bounds
        except (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError):
            raise FetchError(f"{url}: answered a geometry that is none") from None
        if not asked.intersects(shapely.box(west, south, east, north)):
            other = asked.intersects(shapely.box(south, west, north, east))
            raise FetchError(
                f"{url}: answered of {west:.2f} to {east:.2f} E, {south:.2f} to "
                f"{north:.2f} N, which was not asked for"
                + ("; its axes are exchanged" if other else "")
            )
