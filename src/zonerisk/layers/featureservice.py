"""Feature services: polygons around places from OGC API Features, WFS and ArcGIS servers."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from typing import Any

from zonerisk.core.errors import FetchError
from zonerisk.layers import gml, http, vectorfile

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

    An answer cut at the server's own limit is asked on for, never taken for the whole. A
    WFS that does not say how many it has is asked on until it has no more.

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
        If the service fails, answers of another place, or does not give all it has.
    DataError
        If it says with HTTP 200 that it failed, or answers in another reference system.
    """
    ask = {"features": _ogc, "wfs": _wfs, "wfs-gml": _gml, "arcgis": _arcgis}[method]
    found = ask(url, collection, bounds, max_bytes)
    try:
        if axes == "lat-lon":
            found = [_turned(feature) for feature in found]
        _check_place(url, found, bounds)
    except RecursionError:
        raise FetchError(f"{url}: answered a geometry that is none") from None
    return found


def _page(url: str, params: Mapping[str, str] | None, room: int) -> tuple[dict[str, Any], int]:
    raw = http.get(url, params=params, max_bytes=room, timeout_s=TIMEOUT_S)
    tree = http.read_json(raw, url)
    if not isinstance(tree, dict):
        raise FetchError(f"{url}: answered JSON that is no object")
    if "exceptions" in tree:
        raise FetchError(f"{url}: refused with HTTP 200: {json.dumps(tree['exceptions'])[:200]}")
    found = tree.get("features")
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise FetchError(f"{url}: answered JSON without features")
    vectorfile.check_wgs84(tree, url)
    return tree, len(raw)


def _pages(url: str, first: Mapping[str, str], advance: Any, max_bytes: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    where: str = url
    params: Mapping[str, str] | None = first
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
    """Say how many features there are in all; None where the service does not."""
    total = tree.get("numberMatched", tree.get("totalFeatures"))
    return total if isinstance(total, int) else None


def _ogc(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[dict[str, Any]]:
    items = f"{url.rstrip('/')}/collections/{collection}/items"

    def advance(tree: dict[str, Any], _: int) -> tuple[str, None] | None:
        told = tree.get("links")
        links = [link for link in told if isinstance(link, dict)] if isinstance(told, list) else []
        onward = next((link.get("href") for link in links if link.get("rel") == "next"), None)
        if not onward or not tree["features"]:
            return None
        try:
            target = urllib.parse.urljoin(items, str(onward))
            host = urllib.parse.urlsplit(target).netloc
        except ValueError:
            target, host = str(onward), ""
        if host != urllib.parse.urlsplit(items).netloc:
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
        total = _total(tree)
        if not tree["features"] or (total is not None and had >= total):
            return None
        return url, {**params, "startIndex": str(had)}

    return _pages(url, params, advance, max_bytes)


def _gml(url: str, collection: str | None, bounds: Bounds, max_bytes: int) -> list[dict[str, Any]]:
    """Ask a WFS in the one format that all of them have to speak."""
    params = _wfs_query(collection, bounds)
    found: dict[object, dict[str, Any]] = {}
    for _ in range(MAX_PAGES):
        raw = http.get(
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
        if len(found) >= matched if matched is not None else not features:
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
            isinstance(tree.get("properties"), dict) and tree["properties"].get("exceededTransferLimit")
        )
        if more and not tree["features"]:
            raise FetchError(f"{query}: has more than the {had} features that it gives")
        return (query, {**params, "resultOffset": str(had)}) if more else None

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
    import numpy as np
    import shapely

    asked = shapely.box(*bounds)
    for feature in found:
        if not feature.get("geometry"):
            continue
        try:
            with np.errstate(invalid="ignore"):
                shape = shapely.geometry.shape(feature["geometry"])
            west, south, east, north = shape.bounds
        except (
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
            OverflowError,
            shapely.errors.ShapelyError,
        ):
            raise FetchError(f"{url}: answered a geometry that is none") from None
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            raise FetchError(f"{url}: answered coordinates that are no numbers")
        if not asked.intersects(shapely.box(west, south, east, north)):
            other = asked.intersects(shapely.box(south, west, north, east))
            raise FetchError(
                f"{url}: answered of {west:.2f} to {east:.2f} E, {south:.2f} to "
                f"{north:.2f} N, which was not asked for" + ("; its axes are exchanged" if other else "")
            )
