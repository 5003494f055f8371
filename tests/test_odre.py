from __future__ import annotations

from pathlib import Path

import pytest

from grid.odre import locate, read_circuits, read_stations
from grid.overpass import read_stations as read_mapped
from zonerisk.core.errors import DataError

ANSWERS = Path(__file__).parent / "answers"


def data(name: str) -> bytes:
    return (ANSWERS / name).read_bytes()


def test_latin_1_csv_with_coordinates() -> None:
    stations = {one.code: one for one in read_stations(data("odre_stations_2024.csv"), "x")}
    assert (stations["GULL"].lat, stations["GULL"].kv) == (56.1, 225)
    assert stations["TERNV"].name == "TERN (LA) VALLÉE"
    assert stations["ZGULL"].kind == "joint"
    assert stations["RAILS"].kind == "private"
    assert stations["DARKS"].kv is None


@pytest.mark.parametrize("name", ["odre_stations_2026.geojson", "odre_records.json"])
def test_null_geometry_is_accepted(name: str) -> None:
    stations = read_stations(data(name), name)
    assert stations[0].code == "GULL"
    assert stations[0].lat is None
    assert stations[0].kv == 225


def test_positions_come_from_the_map_by_code() -> None:
    stations = locate(
        read_stations(data("odre_stations_2026.geojson"), "x"),
        read_mapped(data("overpass_stations.json"), "y"),
    )
    assert [(one.code, one.lat) for one in stations] == [("GULL", 56.1), ("TERNV", None)]


def test_padded_codes_second_circuits_and_tees() -> None:
    stations = read_stations(data("odre_stations_2024.csv"), "x")
    circuits = {one.code: one.terminals for one in read_circuits(data("odre_lines.csv"), "y", stations)}
    assert circuits == {
        "GULL L61TERNV": ("GULL", "TERNV"),
        "GULL L62TERNV": ("GULL", "TERNV"),
        "GULL L63ZGULL": ("GULL", "QUAY5", "TERNV"),
    }


def test_other_tables_are_refused() -> None:
    with pytest.raises(DataError, match="no code_poste"):
        read_stations(data("odre_lines.csv"), "x")
    with pytest.raises(DataError, match="no Code ligne"):
        read_circuits(data("odre_stations_2024.csv"), "x", ())
