from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid import answers, sources
from grid.cache import FeedCache
from test_feedsource import SITE
from zonerisk.core.errors import DataError

ANSWERS = Path(__file__).parent / "answers"


def data(table: str) -> bytes:
    return (ANSWERS / f"peeringdb_{table}.json").read_bytes()


def test_three_states_and_null_places() -> None:
    one, two, three, skua = answers.facilities(data("fac"), "x")
    assert [house.diverse_substations for house in (one, two, three, skua)] == [
        True,
        False,
        None,
        None,
    ]
    assert (skua.lat, skua.lon) == (None, None)


def test_a_campus_that_is_not_stated_is_none() -> None:
    one, two, three, skua = answers.facilities(data("fac"), "x")
    assert two.campus == three.campus is not None
    assert skua.campus not in (None, two.campus)
    assert one.campus is None


def test_tables() -> None:
    assert answers.pairs(data("netfac"), "x", "local_asn", "fac_id") == {64500: {1, 2}, 64501: {1}}
    assert answers.pairs(data("ixfac"), "x", "ix_id", "fac_id") == {7: {1}}
    assert answers.pairs(data("netixlan"), "x", "asn", "ix_id") == {64500: {7}}
    assert answers.names(data("ix"), "x") == {7: "SEA-IX"}
    assert answers.names(data("campus"), "x") == {5: "Auk Quay"}


def test_throttled() -> None:
    with pytest.raises(DataError, match="37 seconds"):
        answers.facilities(data("throttled"), "x")


@pytest.mark.parametrize(("key", "headers"), [(" ", None), (" k ", {"Authorization": "Api-Key k"})])
def test_key(key: str, headers: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user's own key is sent; without one, the service is given its pauses."""
    asked: list[dict[str, object]] = []

    def get(self: FeedCache, *_: object, **how: object) -> list[object]:
        asked.append(how)
        return []

    monkeypatch.setattr(FeedCache, "get", get)
    monkeypatch.setenv("PEERINGDB_API_KEY", key)
    assert list(sources.answer("peeringdb", FeedCache(tmp_path), [SITE], None)) == []
    assert asked[0].get("headers") == headers
    assert asked[0].get("pause_s") == (None if headers else sources.PAUSE_S)


def test_a_place_outside_its_country_is_none() -> None:
    rows = [
        {"id": 1, "name": "right", "country": "FR", "latitude": 48.9, "longitude": 2.3},
        {"id": 2, "name": "exchanged", "country": "FR", "latitude": 2.3, "longitude": 48.9},
        {"id": 3, "name": "no latitude", "country": "US", "latitude": 117.958202, "longitude": 33.9},
        {"id": 4, "name": "no country", "latitude": 48.9, "longitude": 2.3},
    ]
    read = answers.facilities(json.dumps({"data": rows}).encode(), "x")
    assert [house.lat for house in read] == [48.9, None, None, 48.9]
