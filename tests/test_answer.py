from __future__ import annotations

from pathlib import Path

import pytest

from grid import fields
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


def test_three_states() -> None:
    row = {"yes": True, "no": False, "null": None, "number": 1}
    assert [fields.flag(row, key) for key in ("yes", "no", "null", "number", "absent")] == [
        True,
        False,
        None,
        None,
        None,
    ]


def test_numbers() -> None:
    row = {"a": 1, "b": 2.5, "c": None, "d": "3", "e": True}
    assert [fields.number(row, key) for key in "abcdef"] == [1.0, 2.5, None, None, None, None]
