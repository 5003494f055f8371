"""The readers on the invented answers beside the project, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid import answers
from grid.network import graph, upstreams
from zonerisk.core.errors import DataError
from zonerisk.layers import http
from zonerisk.workloads import round_trips as roundtrip

FOLDER = Path(__file__).parent.parent.parent / "shared" / "fixtures" / "feeds"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the reader fixtures are not here")


def data(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_odre() -> None:
    stations = answers.odre_stations(data("odre_postes_2024_with_coordinates.csv"), "x")
    assert [(one.code, one.kv, one.kind) for one in stations] == [
        ("TESTV", 225, "substation"),
        ("ZTEST", 63, "joint"),
        ("OFFIN", 400, "substation"),
    ]
    mapped = answers.overpass(data("overpass_substations.json"), "y")
    assert answers.located(stations, mapped)[0].lat == 56.015
    circuits = answers.odre_circuits(data("odre_lignes_souterraines.csv"), "x", stations)
    assert {one.code: one.terminals for one in circuits} == {
        "OFFINL61TESTV": ("rte/OFFIN", "rte/TESTV"),
        "OFFINL62TESTV": ("rte/OFFIN", "rte/TESTV"),
        "NEY  L61TESTV": ("rte/NEY", "rte/TESTV"),
        "TESTVL61ZTEE5": ("rte/OFFIN", "rte/TESTV"),
    }
    found_up = upstreams(graph(circuits), "rte/NEY", {"rte/OFFIN"})
    assert [(one.station, one.hops) for one in found_up] == [("rte/OFFIN", 2)]


def test_overpass() -> None:
    stations = answers.overpass(data("overpass_substations.json"), "x")
    assert [(one.kv, one.kind) for one in stations] == [
        (225, "substation"),
        (63, "substation"),
        (400, "substation"),
        (20, "minor"),
        (None, "traction"),
    ]
    assert [one.note for one in answers.overpass(data("overpass_lines.json"), "x")] == ["2 circuits", ""]
    assert len(answers.overpass(data("overpass_telecom.json"), "x")) == 1


def test_pypsa() -> None:
    stations = answers.pypsa_stations(data("pypsa_osm_buses.csv"), "x")
    assert {one.id: (one.kv, one.kind) for one in stations} == {
        "way/9000000001": (225, "substation"),
        "relation/900003": (400, "substation"),
        "FR999": (225, "joint"),
    }
    (line,) = answers.pypsa_circuits(data("pypsa_osm_lines.csv"), "x")
    assert line.terminals == ("relation/900003", "way/9000000001")


def test_hifld() -> None:
    page = json.loads(data("arcgis_hifld_substations.geojson"))
    stations = answers.hifld(json.dumps({"features": page["features"]}).encode(), "x")
    assert [(one.kv, one.kind) for one in stations] == [
        (230, "substation"),
        (None, "substation"),
        (115, "tap"),
    ]


def test_peeringdb() -> None:
    houses = answers.facilities(data("peeringdb_fac.json"), "x")
    assert [house.diverse_substations for house in houses] == [True, False, None, None]
    assert houses[1].campus == houses[2].campus is not None
    assert None in (houses[0].campus, houses[3].campus)
    assert houses[3].lat is None
    assert answers.pairs(data("peeringdb_netfac.json"), "x", "local_asn", "fac_id")[64500] == {
        900001,
        900002,
        900003,
    }
    assert answers.pairs(data("peeringdb_ixfac.json"), "x", "ix_id", "fac_id") == {700001: {900001}}
    assert "NORTH-IX" in answers.names(data("peeringdb_ix.json"), "x").values()
    assert answers.pairs(data("peeringdb_netixlan.json"), "x", "asn", "ix_id") == {64500: {700001}}
    assert answers.names(data("peeringdb_campus.json"), "x") == {9001: "North Two"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("arcgis_error.json", "features"),
        ("overpass_504.html", "elements"),
        ("peeringdb_429.json", "data"),
    ],
)
def test_errors(name: str, key: str) -> None:
    with pytest.raises(DataError):
        http.rows(data(name), name, key)


def test_round_trips() -> None:
    zones = roundtrip.read(data("azure_interzone.json"), "x")
    assert [pytest.approx(one.ms) for one in zones] == [0.412, 0.096]
    assert [one.campus for one in zones] == [False, True]
    assert roundtrip.read(data("cloudping_averages.json"), "x")[0].ms == 11.0
