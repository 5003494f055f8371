from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid.answers import hifld as read_stations
from zonerisk.core.errors import DataError

ANSWERS = Path(__file__).parent / "answers"


def test_unknown_voltages_taps_and_null_geometry() -> None:
    page = json.loads((ANSWERS / "hifld.json").read_text())
    stations = read_stations(json.dumps({"features": page["features"]}).encode(), "x")
    assert [(one.id, one.name, one.kv, one.kind) for one in stations] == [
        ("hifld/1", "GULL", 230, "substation"),
        ("hifld/2", "unnamed station", None, "substation"),
        ("hifld/3", "TAP3", 115, "tap"),
        ("hifld/4", "NOWHERE", 115, "substation"),
    ]
    assert (stations[0].lat, stations[0].lon) == (56.1, 3.0)
    assert stations[3].lat is None


def test_an_error_with_http_200() -> None:
    with pytest.raises(DataError, match="499"):
        read_stations((ANSWERS / "arcgis_error.json").read_bytes(), "x")
