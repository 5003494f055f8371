from __future__ import annotations

from pathlib import Path

import pytest

from grid import answers
from zonerisk.core.errors import DataError
from zonerisk.layers import http

ANSWERS = Path(__file__).parent / "answers"


@pytest.mark.parametrize(
    ("file", "key", "said"),
    [
        ("overpass_busy.html", "elements", "is a web page"),
        ("overpass_timeout.json", "elements", "Query timed out"),
        ("arcgis_error.json", "features", "499 Token Required"),
        ("peeringdb_throttled.json", "data", "throttled"),
        ("cloudping.json", "elements", "holds no list"),
        ("pypsa_buses.csv", "data", "is not JSON"),
    ],
)
def test_an_error_is_never_an_empty_list(file: str, key: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        http.rows((ANSWERS / file).read_bytes(), file, key)


def test_numbers() -> None:
    row = {"a": 1, "b": 2.5, "c": None, "d": "3", "e": True}
    assert [answers.number(row, key) for key in "abcdef"] == [1.0, 2.5, None, None, None, None]
