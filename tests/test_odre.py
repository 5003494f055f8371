from __future__ import annotations

from pathlib import Path

import pytest

from grid.answers import line_code, located, odre_circuits, odre_stations, overpass
from zonerisk.core.errors import DataError

ANSWERS = Path(__file__).parent / "answers"


def data(name: str) -> bytes:
    return (ANSWERS / name).read_bytes()


def test_latin_1_csv_of_titled_columns() -> None:
    stations = {one.code: one for one in odre_stations(data("odre_stations_2024.csv"), "x")}
    assert (stations["GULL"].lat, stations["GULL"].kv) == (None, 225)
    assert stations["TERNV"].name == "TERN (LA) VALLÉE"
    assert stations["ZGULL"].kind == "joint"
    assert stations["RAILS"].kind == "private"
    assert stations["DARKS"].kv is None


def test_stations_without_a_place_are_read() -> None:
    stations = odre_stations(data("odre_stations_2026.csv"), "x")
    assert stations[0].code == "GULL"
    assert stations[0].lat is None
    assert stations[0].kv == 225


def test_positions_come_from_the_map_by_code() -> None:
    stations = located(
        odre_stations(data("odre_stations_2026.csv"), "x"),
        overpass(data("overpass_stations.json"), "y"),
    )
    assert [(one.code, one.lat) for one in stations] == [("GULL", 56.1), ("TERNV", None)]


def test_padded_codes_second_circuits_and_tees() -> None:
    stations = odre_stations(data("odre_stations_2024.csv"), "x")
    circuits = {one.code: one.terminals for one in odre_circuits(data("odre_lines.csv"), "y", stations)}
    assert circuits == {
        "GULL L61TERNV": ("rte/GULL", "rte/TERNV"),
        "GULL L62TERNV": ("rte/GULL", "rte/TERNV"),
        "GULL L63ZGULL": ("rte/GULL", "rte/QUAY5", "rte/TERNV"),
    }


def test_other_tables_are_refused() -> None:
    with pytest.raises(DataError, match="no code_poste"):
        odre_stations(data("odre_lines.csv"), "x")
    with pytest.raises(DataError, match="no code_ligne"):
        odre_circuits(data("odre_stations_2024.csv"), "x", ())


def test_a_line_code_names_both_ends() -> None:
    assert line_code("CHEVIL61VLEJU") == ("CHEVI", "VLEJU")
    assert line_code("NEY  L71TESTV") == ("NEY", "TESTV")


@pytest.mark.parametrize("text", ["", "CHEVI", "CHEVIX61VLEJU", "CHEVIL91VLEJU", "CHEVIL61VLEJUX"])
def test_anything_else_is_no_line_code(text: str) -> None:
    assert line_code(text) == ()
