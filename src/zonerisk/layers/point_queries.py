"""Point queries: what a service answers of each place that it is asked about."""

from __future__ import annotations

import json
import math
import urllib.parse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import FetchError
from zonerisk.core.geometry import circle_points, geodesic_m
from zonerisk.layers import files, http, sampling
from zonerisk.layers.store import AREA

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import Place
    from zonerisk.layers.cards import Card

METHODS = ("georisques", "pages")
MAX_PAGES = 50
TIMEOUT_S = 60.0
# A report is put together while one waits.
REPORT_TIMEOUT_S = 90.0
# Rows may lie this much beyond the circle asked for: services round, and draw it in a plane.
_SLACK = 1.02
_STEPS = 90


def read(card: Card, places: Sequence[Place], max_bytes: int) -> dict[str, bytes]:
    """Ask a service about each place; a failure at one is a failure of all.

    Returns files by name: what was stated of each place, or the objects around all of them and
    the circles within which all of them are known.
    """
    room = max_bytes // len(places)
    if card.measure == "stated":
        answers = []
        for place in places:
            rows = _stated(card, place, room)
            sampling.statements(card, rows)  # What the card does not know is not kept.
            answers.append({"lat": place.lat, "lon": place.lon, "told": rows})
        return {f"{card.id}.json": _json(answers, indent=1)}
    by_key = {json.dumps(row, sort_keys=True): row for place in places for row in _around(card, place, room)}
    features = [_feature(_point(card, row), row) for row in by_key.values()]
    reach = (card.reading.radius_m or 0) - card.list_radius_m - card.error_m
    circles = [{"type": "Feature", "properties": {}, "geometry": _circle(place, reach)} for place in places]
    return {f"{card.id}.geojson": collection(features), AREA: collection(circles)}


def _stated(card: Card, place: Place, max_bytes: int) -> list[dict[str, Any]]:
    if card.reading.method == "georisques":
        return risk_report(str(card.reading.url), place.lat, place.lon, max_bytes)
    return paged_rows(_address(card, place), max_bytes)


def _around(card: Card, place: Place, max_bytes: int) -> Iterable[dict[str, Any]]:
    """Return the rows around a place, their nested parts left out."""
    import pandas as pd

    url = _address(card, place)
    rows = [
        {key: value for key, value in row.items() if not isinstance(value, list | dict)}
        for row in paged_rows(url, max_bytes)
    ]
    for row in rows:
        point = _point(card, row)
        if point and geodesic_m(place.lat, place.lon, *point) > (card.reading.radius_m or 0) * _SLACK:
            raise FetchError(f"{url}: answered of {point[0]}, {point[1]}, which was not asked for")
    if rows:
        files.filtered(pd.DataFrame(rows), card.reading, url)
    return rows


def _address(card: Card, place: Place) -> str:
    return str(card.reading.url).format(
        lat=f"{place.lat:.6f}", lon=f"{place.lon:.6f}", radius=f"{card.reading.radius_m or 0:.0f}"
    )


def _point(card: Card, row: dict[str, Any]) -> tuple[float, float] | None:
    """Return a row's latitude and longitude; None where it has none."""
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
    ring = [[lon, lat] for lat, lon in circle_points(place.lat, place.lon, radius_m, _STEPS)]
    return {"type": "Polygon", "coordinates": [ring]}


def collection(features: list[dict[str, Any]]) -> bytes:
    """Format features as GeoJSON."""
    return _json({"type": "FeatureCollection", "features": features})


def _json(tree: object, indent: int | None = None) -> bytes:
    # Half of a pair of surrogates, which JSON can hold, is no text.
    return (json.dumps(tree, indent=indent, ensure_ascii=False) + "\n").encode(errors="replace")


def paged_rows(url: str, max_bytes: int) -> list[dict[str, Any]]:
    """Read all rows that a service gives page by page.

    Pages are asked for by number: the link to the next one is held against that number but
    never opened. Pages that do not add up to what is announced are an error.
    """
    rows: dict[str, dict[str, Any]] = {}
    announced = None
    for page in range(1, MAX_PAGES + 1):
        tree, size = _page(url, page, max_bytes)
        max_bytes -= size
        last, total = tree["total_pages"], tree.get("results")
        if announced not in (None, (last, total)):
            raise FetchError(f"{url}: changed while it was read; try again")
        announced = (last, total)
        for row in tree["data"]:
            key = json.dumps(row, sort_keys=True)
            if key in rows:
                raise FetchError(f"{url}: page {page} repeats what came before")
            rows[key] = row
        if "next" in tree:
            _check_next(url, tree["next"], page, last)
        if page >= last:
            if isinstance(total, int) and total != len(rows):
                raise FetchError(f"{url}: gave {len(rows)} of {total} rows")
            return list(rows.values())
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _page(url: str, page: int, room: int) -> tuple[dict[str, Any], int]:
    raw = http.get(url, params={"page": str(page)}, max_bytes=room, timeout_s=TIMEOUT_S)
    tree = http.read_json(raw, url)
    if not isinstance(tree, dict):
        raise FetchError(f"{url}: answered JSON that is no object")
    code = tree.get("response_code")
    if isinstance(code, int) and code >= 400:
        raise FetchError(f"{url}: the service answered: {code} {tree.get('message') or ''}".strip())
    data = tree.get("data")
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise FetchError(f"{url}: answered no page of rows; it may have changed")
    if not isinstance(tree.get("total_pages"), int):
        raise FetchError(f"{url}: does not say how many pages there are")
    if tree.get("page", page) != page:
        raise FetchError(f"{url}: gave page {tree['page']} when asked for page {page}")
    return tree, len(raw)


def _check_next(url: str, link: object, page: int, last: int) -> None:
    if bool(link) != (page < last):
        says = "names a next one" if link else "names no next one"
        raise FetchError(f"{url}: page {page} of {last} {says}")
    if link:
        ours = urllib.parse.urlsplit(url)
        theirs = urllib.parse.urlsplit(urllib.parse.urljoin(url, str(link)))
        hosts = {side.netloc.removeprefix("www.") for side in (ours, theirs)}
        if theirs.scheme not in ("http", "https") or len(hosts) > 1:
            raise FetchError(f"{url}: its next page is on another host, {str(link)[:200]!r}; refused")


def risk_report(url: str, lat: float, lon: float, max_bytes: int = 5_000_000) -> list[dict[str, Any]]:
    """Ask Georisques, at its ``resultats_rapport_risque``, for the French risk report of a point.

    Returns a row for each risk that is present: ``group``, Georisques' own ``key`` and ``label``,
    its status for the whole ``commune`` and for the ``address`` (empty where it gives none; a
    commune at risk says nothing of one address), and the commune's name as ``town``. An answer
    that is no report is an error, and no absence of risk.
    """
    # The service wants the longitude first.
    raw = http.get(
        url, params={"latlon": f"{lon:.6f},{lat:.6f}"}, max_bytes=max_bytes, timeout_s=REPORT_TIMEOUT_S
    )
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        raise FetchError(f"{url}: answered something that is not JSON: {raw[:80]!r}") from None
    groups = {"naturels": "risquesNaturels", "technologiques": "risquesTechnologiques"}
    if not isinstance(tree, dict) or not all(isinstance(tree.get(key), dict) for key in groups.values()):
        raise FetchError(f"{url}: answered no risk report; it may have changed or be out of order")
    town = str(files.mapping(tree, "commune").get("libelle") or "")
    risks = []
    for group, field in groups.items():
        for key, risk in sorted(tree[field].items()):
            if not isinstance(risk, dict) or not isinstance(risk.get("present"), bool):
                raise FetchError(f"{url}: {field}.{key} says neither present nor absent")
            if risk["present"]:
                risks.append(
                    {
                        "group": group,
                        "key": key,
                        "label": str(risk.get("libelle") or key),
                        "commune": str(risk.get("libelleStatutCommune") or ""),
                        "address": str(risk.get("libelleStatutAdresse") or ""),
                        "town": town,
                    }
                )
    return risks
