"""Substations of the United States from copies of HIFLD, in the ArcGIS manner."""

from __future__ import annotations

from zonerisk import answer
from zonerisk.powergrid import Station, StationKind, is_private

LAYERS = (
    "https://services1.arcgis.com/PMShNXB1carltgVf/arcgis/rest/services/Electric_Substations/"
    "FeatureServer/0",
    "https://oceandata.rad.rutgers.edu/arcgis/rest/services/RenewableEnergy/"
    "HIFLD_Electric_SubstationsTransmissionLines/MapServer/0",
)
PAGE = 1000


def page_params(lat: float, lon: float, reach_m: float, offset: int) -> dict[str, str]:
    """Word the query of one page of features around a place."""
    return {"where": "1=1", "geometry": f"{lon:.5f},{lat:.5f}",
            "geometryType": "esriGeometryPoint", "inSR": "4326", "outSR": "4326",
            "distance": f"{reach_m:.0f}", "units": "esriSRUnit_Meter", "outFields": "*",
            "orderByFields": "OBJECTID", "resultOffset": str(offset),
            "resultRecordCount": str(PAGE), "f": "geojson"}


def read_page(data: bytes, name: str) -> tuple[tuple[Station, ...], bool]:
    """Read one page of features.

    Returns
    -------
    Its stations, and True where the service holds back more: a page is not the whole.

    Raises
    ------
    DataError
        If the service answered with an error (499 and others come with HTTP 200).
    """
    tree = answer.read(data, name)
    whole = tree if isinstance(tree, dict) else {}
    more = (answer.flag(whole, "exceededTransferLimit")
            or answer.flag(answer.mapping(whole, "properties"), "exceededTransferLimit"))
    found = []
    for row in answer.rows(data, name, "features"):
        fields, at = answer.mapping(row, "properties"), answer.mapping(row, "geometry")
        place = at.get("coordinates")
        lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
        title = answer.text(fields, "NAME")
        # HIFLD makes up names for what it does not know: UNKNOWN900002, TAP900003.
        title = "unnamed station" if not title or title.startswith("UNKNOWN") else title
        volts = answer.number(fields, "MAX_VOLT")
        kind: StationKind = "substation"
        if answer.text(fields, "TYPE") != "SUBSTATION":
            kind = "tap"
        elif is_private(title):
            kind = "private"
        found.append(Station(f"hifld/{answer.text(fields, 'ID')}", title,
                             volts if volts is not None and volts > 0 else None, kind, None,
                             lat, lon))
    return tuple(found), bool(more)
