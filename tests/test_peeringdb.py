from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid import peeringdb
from zonerisk.core.errors import DataError

ANSWERS = Path(__file__).parent / "answers"


def data(table: str) -> bytes:
    return (ANSWERS / f"peeringdb_{table}.json").read_bytes()


def test_three_states_and_null_places() -> None:
    one, two, three, skua = peeringdb.read_facilities(data("fac"), "x")
    assert [house.diverse_substations for house in (one, two, three, skua)] == [
        True,
        False,
        None,
        None,
    ]
    assert (skua.lat, skua.lon) == (None, None)


def test_a_campus_that_is_not_stated_is_none() -> None:
    one, two, three, skua = peeringdb.read_facilities(data("fac"), "x")
    assert two.campus == three.campus is not None
    assert skua.campus not in (None, two.campus)
    assert one.campus is None


def test_tables() -> None:
    assert peeringdb.read_presence(data("netfac"), "x") == {64500: {1, 2}, 64501: {1}}
    assert peeringdb.read_exchange_houses(data("ixfac"), "x") == {7: {1}}
    assert peeringdb.read_members(data("netixlan"), "x") == {64500: {7}}
    assert peeringdb.read_exchanges(data("ix"), "x")[0].name == "SEA-IX"
    assert peeringdb.read_campuses(data("campus"), "x") == {5: "Auk Quay"}


def test_throttled() -> None:
    with pytest.raises(DataError, match="37 seconds"):
        peeringdb.read_facilities(data("throttled"), "x")


def test_key() -> None:
    assert peeringdb.headers({}) == {}
    assert peeringdb.headers({"PEERINGDB_API_KEY": " k "}) == {"Authorization": "Api-Key k"}


def test_a_place_outside_its_country_is_none() -> None:
    rows = [
        {"id": 1, "name": "right", "country": "FR", "latitude": 48.9, "longitude": 2.3},
        {"id": 2, "name": "exchanged", "country": "FR", "latitude": 2.3, "longitude": 48.9},
        {"id": 3, "name": "no latitude", "country": "US", "latitude": 117.958202, "longitude": 33.9},
        {"id": 4, "name": "no country", "latitude": 48.9, "longitude": 2.3},
    ]
    read = peeringdb.read_facilities(json.dumps({"data": rows}).encode(), "x")
    assert [house.lat for house in read] == [48.9, None, None, 48.9]
