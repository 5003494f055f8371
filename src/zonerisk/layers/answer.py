"""JSON answers of web services, some of which word a failure as if it were data."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping

from zonerisk.core.errors import DataError

_FAILED = {"error", "fail", "failed", "failure"}
# Names of WGS 84 in degrees: EPSG:4326, urn:ogc:def:crs:OGC:1.3:CRS84 and the like.
_WGS84 = re.compile(r"(^|[:/#])(4326|CRS84h?)$")


def rows(data: bytes, name: str, key: str) -> tuple[Mapping[str, object], ...]:
    """Read the list of records that an answer holds.

    Parameters
    ----------
    data
        The answer's body.
    name
        How messages call it.
    key
        Where the list stands: ``elements``, ``data``, ``features``; empty where the answer
        is a list itself.

    Raises
    ------
    DataError
        If the body is a web page, no JSON, an error worded as data (also with HTTP 200),
        or holds no such list. It is never taken for an empty list.
    """
    tree = read(data, name)
    listed = tree.get(key) if key and isinstance(tree, dict) else tree
    if not isinstance(listed, list):
        raise DataError(
            f"{name}: holds no list of {key or 'records'}; its service may have "
            "changed, so the answer is unknown"
        )
    return tuple(row for row in listed if isinstance(row, dict))


def read(data: bytes, name: str) -> object:
    """Read an answer as JSON; see :func:`rows`."""
    text = data.decode("utf-8-sig", errors="replace")
    if text.lstrip()[:1] == "<":
        raise DataError(f"{name}: is a web page, not data; the service is busy or refuses: try again later")
    try:
        tree = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}:{error.lineno}: is not JSON: {error.msg}") from None
    except ValueError as error:
        raise DataError(f"{name}: is not JSON: {error}") from None
    except RecursionError:
        raise DataError(f"{name}: is JSON nested too deep to be an answer") from None
    trouble = _trouble(tree) if isinstance(tree, dict) else None
    if trouble:
        raise DataError(f"{name}: the service answered: {trouble[:300]}")
    return tree


def _trouble(tree: Mapping[str, object]) -> str | None:
    """Find an error: ArcGIS ``error``, Overpass ``remark``, ``message``, ``status``."""
    error = tree.get("error")
    if isinstance(error, dict):
        return f"{error.get('code', '')} {error.get('message', '')}".strip() or "an error"
    remark = tree.get("remark")
    if isinstance(remark, str) and "error" in remark.lower():
        return remark
    message = tree.get("message")
    if isinstance(message, str) and "data" not in tree:
        return message
    if error or str(tree.get("status")).lower() in _FAILED:
        return str(error or tree["status"])
    return None


def check_wgs84(tree: Mapping[str, object], name: str) -> None:
    """Refuse GeoJSON that names a reference system other than WGS 84.

    Raises
    ------
    DataError
        If it does.
    """
    crs = tree.get("crs")
    told = mapping(crs, "properties").get("name") if isinstance(crs, dict) else crs
    if told and not _WGS84.search(str(told)):
        raise DataError(f"{name}: is in {str(told)[:200]}, not in WGS 84")


def mapping(row: Mapping[str, object], key: str) -> Mapping[str, object]:
    """Give a part of a record; empty where it is missing or null."""
    part = row.get(key)
    return part if isinstance(part, dict) else {}


def text(row: Mapping[str, object], *keys: str) -> str:
    """Give the first of some fields that holds text; empty if none does."""
    found: Iterator[str] = (
        value.strip() for key in keys if isinstance(value := row.get(key), str) and value.strip()
    )
    return next(found, "")


def number(row: Mapping[str, object], key: str) -> float | None:
    """Give a number; None where it is missing, null or no number."""
    value = row.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def flag(row: Mapping[str, object], key: str) -> bool | None:
    """Give a statement with three states: null is neither yes nor no."""
    value = row.get(key)
    return value if isinstance(value, bool) else None
