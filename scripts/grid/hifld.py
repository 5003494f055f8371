"""Substations of the United States from copies of HIFLD, in the ArcGIS manner."""

from __future__ import annotations

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
    if http.flag(whole, "exceededTransferLimit") or http.flag(
        files.mapping(whole, "properties"), "exceededTransferLimit"
    ):
        raise DataError(f"{name}: is one page of more (exceededTransferLimit); ask for the rest")
    found = []
    for row in http.rows(data, name, "features"):
        fields, at = files.mapping(row, "properties"), files.mapping(row, "geometry")
        place = at.get("coordinates")
        lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
        title = http.text(fields, "NAME")
        # HIFLD makes up names for what it does not know: UNKNOWN900002, TAP900003.
        title = "unnamed station" if not title or title.startswith("UNKNOWN") else title
        volts = http.number(fields, "MAX_VOLT")
        kind: StationKind = "substation"
        if http.text(fields, "TYPE") != "SUBSTATION":
            kind = "tap"
        elif is_private(title):
            kind = "private"
        found.append(
            Station(
                f"hifld/{http.text(fields, 'ID')}",
                title,
                volts if volts is not None and volts > 0 else None,
                kind,
                None,
                lat,
                lon,
            )
        )
    return tuple(found)
