from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.core.errors import UsageError
from zonerisk.library import Library
from zonerisk.workloads.round_trips import Trip, judge, read

DAY = "2026-01-31"
ANSWERS = Path(__file__).parent / "answers"


def test_a_short_round_trip_refutes_a_claim(shipped: Library) -> None:
    scope = shipped.scope("scaleway-fr-par")
    (found,) = judge(scope, [Trip("PAR1", "fr-par-2", 0.41)], DAY)
    assert len(found.refuted) == 1
    assert "at least 50 km" in found.refuted[0]
    assert found.straight_m is not None
    (allowed,) = judge(scope, [Trip("PAR1", "fr-par-2", 0.6)], DAY)
    assert allowed.refuted == ()


def test_and_recorded_places(zz: Library) -> None:
    # 20 km apart by record: light needs 0.2 ms for that and back.
    scope = zz.scope("zz-good")
    (found,) = judge(scope, [Trip("a", "b", 0.1)], DAY)
    assert found.refuted[0].startswith("the recorded places, 22.1 km")
    assert found.bound.campus
    assert "so near that they are almost certainly one campus" in found.message
    assert judge(scope, [Trip("a", "b", 0.3)], DAY)[0].refuted == ()


def test_rows_of_a_region_column_need_no_zone_names(zz: Library) -> None:
    trips = read((ANSWERS / "ibm_zones.csv").read_bytes(), "x")
    assert [one.bound.campus for one in judge(zz.scope("zz-good"), trips, DAY)] == [False, False]
    assert [one.bound.campus for one in judge(zz.scope("zz-pair"), trips, DAY)] == [True]


def test_regions_of_a_provider(zz: Library) -> None:
    scope = zz.scope("zz-good")
    found = judge(scope, [Trip("zz-good", "campus", 0.001), Trip("pair", "campus", 1)], DAY)
    assert len(found) == 1
    assert "the recorded places" in found[0].refuted[0]


def test_nothing_of_this_region(zz: Library) -> None:
    with pytest.raises(UsageError, match="its zones: a, b, c; in the table: x"):
        judge(zz.scope("zz-good"), [Trip("x", "y", 1)], DAY)
