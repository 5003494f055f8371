"""Enquiries: what a service answers of each place that it is asked about."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import FetchError
from zonerisk.core.geometry import geodesic_m
from zonerisk.layers import georisques, layers, pagedjson, statements, vectorfile

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import Place
    from zonerisk.layers.card import Card

METHODS = ("georisques", "pages")
# Rows may lie this much beyond the circle asked for: services round, and draw it in a plane.
_SLACK = 1.02
_STEPS = 90


def read(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    """Ask a service about each place.

    Returns
    -------
    Files by name: what was stated of each place, or the objects around all of them and the
    circles within which all of them are known.

    Raises
    ------
    FetchError
        If the service fails at one place.
    DataError
        If it answers what the card does not know.
    """
    room = max_bytes // len(places)
    if card.measure == "stated":
        told = []
        for place in places:
            stated = _stated(card, place, room)
            statements.said(card, stated)  # What the card does not know is not kept.
            told.append({"lat": place.lat, "lon": place.lon, "told": stated})
        return {f"{card.id}.json": _json(told, indent=1)}
    rows = {json.dumps(row, sort_keys=True): row for place in places for row in _around(card, place, room)}
    features = [_feature(_point(card, row), row) for row in rows.values()]
    reach = (card.reading.radius_m or 0) - card.list_radius_m - card.error_m
    circles = [{"type": "Feature", "properties": {}, "geometry": _circle(place, reach)} for place in places]
    return {f"{card.id}.geojson": collection(features), layers.AREA: collection(circles)}


def _stated(card: Card, place: Place, max_bytes: int) -> list[dict[str, Any]]:
    if card.reading.method == "georisques":
        told = georisques.report(str(card.reading.url), place.lat, place.lon, max_bytes)
        return [risk._asdict() for risk in told]
    return pagedjson.rows(_address(card, place), max_bytes)


def _around(card: Card, place: Place, max_bytes: int) -> Iterable[dict[str, Any]]:
    """Give the rows around a place, their nested parts left out."""
    import pandas as pd

    url = _address(card, place)
    rows = [
        {key: value for key, value in row.items() if not isinstance(value, list | dict)}
        for row in pagedjson.rows(url, max_bytes)
    ]
    for row in rows:
        point = _point(card, row)
        far = (card.reading.radius_m or 0) * _SLACK
        if point and geodesic_m(place.lat, place.lon, *point) > far:
            raise FetchError(f"{url}: answered of {point[0]}, {point[1]}, which was not asked for")
    if rows:
        vectorfile.filtered(pd.DataFrame(rows), card.reading, url)
    return rows


def _address(card: Card, place: Place) -> str:
    return str(card.reading.url).format(
        lat=f"{place.lat:.6f}", lon=f"{place.lon:.6f}", radius=f"{card.reading.radius_m or 0:.0f}"
    )


def _point(card: Card, row: dict[str, Any]) -> tuple[float, float] | None:
    """Give a row's latitude and longitude; None where it has none."""
    values = [row.get(name) for name in (card.reading.lat or "lat", card.reading.lon or "lon")]
    if None in values:
        return None
    lat, lon = (value if isinstance(value, int | float) else math.nan for value in values)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise FetchError(f"{card.reading.url}: {values} is no place on the Earth")
    return lat, lon


def _feature(point: tuple[float, float] | None, row: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": "Point", "coordinates": [point[1], point[0]]} if point else None
    return {"type": "Feature", "properties": row, "geometry": geometry}


def _circle(place: Place, radius_m: float) -> dict[str, Any]:
    from pyproj import Geod

    turns = [-360.0 * step / _STEPS for step in range(_STEPS)]
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [place.lon] * _STEPS, [place.lat] * _STEPS, turns, [radius_m] * _STEPS
    )
    ring = [[lon, lat] for lon, lat in zip(lons, lats, strict=True)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def collection(features: list[dict[str, Any]]) -> bytes:
    """Write features as GeoJSON."""
    return _json({"type": "FeatureCollection", "features": features})


def _json(tree: object, indent: int | None = None) -> bytes:
    # Half of a pair of surrogates, which JSON can hold, is no text.
    return (json.dumps(tree, indent=indent, ensure_ascii=False) + "\n").encode(errors="replace")
