from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.errors import DataError
from zonerisk.hifld import page_params, read_page

ANSWERS = Path(__file__).parent / "answers"


def test_page() -> None:
    stations, more = read_page((ANSWERS / "hifld.json").read_bytes(), "x")
    assert more
    assert [(one.id, one.name, one.kv, one.kind) for one in stations] == [
        ("hifld/1", "GULL", 230, "substation"),
        ("hifld/2", "unnamed station", None, "substation"),
        ("hifld/3", "TAP3", 115, "tap"),
        ("hifld/4", "NOWHERE", 115, "substation")]
    assert (stations[0].lat, stations[0].lon) == (56.1, 3.0)
    assert stations[3].lat is None


def test_last_page() -> None:
    assert read_page(b'{"features": []}', "x") == ((), False)


def test_an_error_with_http_200() -> None:
    with pytest.raises(DataError, match="499"):
        read_page((ANSWERS / "arcgis_error.json").read_bytes(), "x")


def test_paging() -> None:
    assert page_params(56.0, 3.0, 15000, 2000)["resultOffset"] == "2000"
