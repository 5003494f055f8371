from __future__ import annotations

from pathlib import Path

import pytest

from grid.answers import pypsa_circuits as read_circuits
from grid.answers import pypsa_stations as read_stations
from grid.network import graph, upstreams
from zonerisk.core.errors import DataError

ANSWERS = Path(__file__).parent / "answers"
BUSES = (ANSWERS / "pypsa_buses.csv").read_bytes()
LINES = (ANSWERS / "pypsa_lines.csv").read_bytes()


def test_one_station_a_yard_and_made_up_ids_are_joints() -> None:
    found = {one.id: one for one in read_stations(BUSES, "x")}
    assert {key: (one.kv, one.kind) for key, one in found.items()} == {
        "way/81": (225, "substation"),
        "relation/82": (400, "substation"),
        "FR7": (225, "joint"),
    }


def test_circuits_join_yards_not_levels() -> None:
    circuits = read_circuits(LINES, "x")
    assert [one.terminals for one in circuits] == [("relation/82", "way/81"), ("FR7", "way/81")]
    found = upstreams(graph(circuits), "FR7", {"relation/82"})
    assert [(one.station, one.hops) for one in found] == [("relation/82", 2)]


def test_another_table_is_refused() -> None:
    with pytest.raises(DataError, match="no bus_id"):
        read_stations(LINES, "lines.csv")


def test_a_short_row_is_named() -> None:
    with pytest.raises(DataError, match="x:8: has not the 10 columns"):
        read_stations(BUSES + b"way/1-225,225\n", "x")
