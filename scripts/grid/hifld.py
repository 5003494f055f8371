"""Substations of the United States from copies of HIFLD, in the ArcGIS manner."""

from __future__ import annotations

from grid import fields
from grid.network import Station, StationKind, is_private
from zonerisk.core.errors import DataError
from zonerisk.layers import files, http

LAYERS = (
    "https://services1.arcgis.com/PMShNXB1carltgVf/arcgis/rest/services/Electric_Substations/FeatureServer/0",
    "https://oceandata.rad.rutgers.edu/arcgis/rest/services/RenewableEnergy/"
    "HIFLD_Electric_SubstationsTransmissionLines/MapServer/0",
)


def read_stations(data: bytes, name: str) -> tuple[Station, ...]:
    """Read stations from GeoJSON; taps are marked, unknown voltages are None.

    Raises
    ------
    DataError
        If the service answered with an error (499 and others come with HTTP 200), or with
        one page of more: a page is not the whole.
    """
    tree = http.read_json(data, name)
    whole = tree if isinstance(tree, dict) else {}
    if fields.flag(whole, "exceededTransferLimit") or fields.flag(
        files.mapping(whole, "properties"), "exceededTransferLimit"
    ):
        raise DataError(f"{name}: is one page of more (exceededTransferLimit); ask for the rest")
    found = []
    for row in http.rows(data, name, "features"):
        row_fields, at = files.mapping(row, "properties"), files.mapping(row, "geometry")
        place = at.get("coordinates")
        lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
        title = fields.text(row_fields, "NAME")
        # HIFLD makes up names for what it does not know: UNKNOWN900002, TAP900003.
        title = "unnamed station" if not title or title.startswith("UNKNOWN") else title
        volts = fields.number(row_fields, "MAX_VOLT")
        kind: StationKind = "substation"
        if fields.text(row_fields, "TYPE") != "SUBSTATION":
            kind = "tap"
        elif is_private(title):
            kind = "private"
        found.append(
            Station(
                f"hifld/{fields.text(row_fields, 'ID')}",
                title,
                volts if volts is not None and volts > 0 else None,
                kind,
                None,
                lat,
                lon,
            )
        )
    return tuple(found)
