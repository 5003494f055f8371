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
_MORE = "exceededTransferLimit"


def read_stations(data: bytes, name: str) -> tuple[Station, ...]:
    """Read stations from GeoJSON; taps are marked, unknown voltages are None.

    One page of more is an error: it is not the whole.
    """
    tree = http.read_json(data, name)
    whole = tree if isinstance(tree, dict) else {}
    if any(fields.flag(part, _MORE) for part in (whole, files.mapping(whole, "properties"))):
        raise DataError(f"{name}: is one page of more ({_MORE}); ask for the rest")
    stations = []
    for row in http.rows(data, name, "features"):
        row_fields = files.mapping(row, "properties")
        place = files.mapping(row, "geometry").get("coordinates")
        lon, lat = place[:2] if isinstance(place, list) and len(place) >= 2 else (None, None)
        title = fields.text(row_fields, "NAME")
        # HIFLD makes up names for what it does not know: UNKNOWN900002, TAP900003.
        title = "unnamed station" if not title or title.startswith("UNKNOWN") else title
        kv = fields.number(row_fields, "MAX_VOLT") or 0
        kind: StationKind = "private" if is_private(title) else "substation"
        if fields.text(row_fields, "TYPE") != "SUBSTATION":
            kind = "tap"
        key = f"hifld/{fields.text(row_fields, 'ID')}"
        stations.append(Station(key, title, kv if kv > 0 else None, kind, None, lat, lon))
    return tuple(stations)
