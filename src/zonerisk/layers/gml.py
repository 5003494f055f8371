"""GML: the features of a WFS answer in XML, as GeoJSON in WGS 84."""

from __future__ import annotations

import io
import json
import re
from typing import Any, NamedTuple

from zonerisk.core.errors import FetchError

# No schema is fetched from wherever an answer says it lies, no link in it is followed.
_OPTIONS = {"GML_DOWNLOAD_SCHEMA": "NO", "GML_SKIP_RESOLVE_ELEMS": "ALL", "GML_GFS_TEMPLATE": ""}
_HEAD = 20_000


class Page(NamedTuple):
    """What one answer holds.

    Attributes
    ----------
    features
        GeoJSON features, longitude first.
    matched
        How many the service has; None where it does not say.
    """

    features: list[dict[str, Any]]
    matched: int | None


def page(body: bytes, source: str) -> Page:
    """Read one answer.

    Parameters
    ----------
    body
        XML of a FeatureCollection.
    source
        How messages call it.

    Raises
    ------
    FetchError
        If it is an exception report, or no GML that can be read.
    """
    import pyogrio

    head = body[:_HEAD].decode("utf-8", errors="replace")
    if "ExceptionReport" in head:
        said = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", head)).strip()
        raise FetchError(f"{source}: refused: {said[:200]}")
    if not re.search(r"<(\w+:)?FeatureCollection[\s>]", head) or any(
        # Neither entities nor a description of other files that GDAL would open.
        mark in body
        for mark in (b"<!DOCTYPE", b"<OGRVRT")
    ):
        raise FetchError(f"{source}: answered something that is no FeatureCollection")
    if not re.search(rb"FeatureCollection>\s*$", body[-200:]) and b"/>" not in body[-200:]:
        raise FetchError(f"{source}: broke off in the middle of its XML")
    told = re.search(r'numberMatched="(\d+)"', head)
    matched = int(told[1]) if told else None
    if not re.search(rb"<(\w+:)?(member|featureMember|featureMembers)[\s>]", body):
        return Page([], matched)
    pyogrio.set_gdal_config_options(_OPTIONS)
    try:
        frame = pyogrio.read_dataframe(io.BytesIO(body))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError) as error:
        raise FetchError(f"{source}: answered GML that cannot be read: {error}") from None
    if frame.crs is None:
        raise FetchError(f"{source}: names no reference system")
    return Page(json.loads(frame.to_crs("EPSG:4326").to_json())["features"], matched)
