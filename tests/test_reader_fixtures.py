"""The readers on the invented answers beside the project, where they are at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grid import hifld, odre, overpass, peeringdb, pypsa
from grid.network import graph, upstreams
from zonerisk.core.errors import DataError
from zonerisk.layers import http
from zonerisk.workloads import round_trips as roundtrip

FOLDER = Path(__file__).parent.parent.parent / "shared" / "fixtures" / "feeds"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the reader fixtures are not here")


def data(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def test_odre() -> None:
    stations = odre.read_stations(data("odre_postes_2024_with_coordinates.csv"), "x")
    assert [(one.code, one.kv, one.kind) for one in stations] == [
        ("TESTV", 225, "substation"),
        ("ZTEST", 63, "joint"),
        ("OFFIN", 400, "substation"),
    ]
    for name in ("odre_postes_2026_no_geometry.geojson", "odre_postes_records.json"):
        found = odre.read_stations(data(name), name)
        assert [(one.code, one.lat) for one in found] == [("TESTV", None), ("OFFIN", None)]
        mapped = overpass.read_stations(data("overpass_substations.json"), "y")
        assert odre.locate(found, mapped)[0].lat == 56.015
    circuits = odre.read_circuits(data("odre_lignes_souterraines.csv"), "x", stations)
    assert {one.code: one.terminals for one in circuits} == {
        "OFFINL61TESTV": ("OFFIN", "TESTV"),
        "OFFINL62TESTV": ("OFFIN", "TESTV"),
        "NEY  L61TESTV": ("NEY", "TESTV"),
        "TESTVL61ZTEE5": ("OFFIN", "TESTV"),
    }
    found_up = upstreams(graph(circuits), "NEY", ["OFFIN"])
    assert [(one.station, one.hops) for one in found_up] == [("OFFIN", 2)]


def test_overpass() -> None:
    stations = overpass.read_stations(data("overpass_substations.json"), "x")
    assert [(one.kv, one.kind) for one in stations] == [
        (225, "substation"),
        (63, "substation"),
        (400, "substation"),
        (20, "minor"),
        (None, "traction"),
    ]
    assert [one.circuits for one in overpass.read_lines(data("overpass_lines.json"), "x")] == [
        2,
        None,
    ]
    assert len(overpass.read_datacentres(data("overpass_telecom.json"), "x")) == 1


def test_pypsa() -> None:
    stations = pypsa.read_stations(data("pypsa_osm_buses.csv"), "x")
    assert {one.id: (one.kv, one.kind) for one in stations} == {
        "way/9000000001": (225, "substation"),
        "relation/900003": (400, "substation"),
        "FR999": (225, "joint"),
    }
    (line,) = pypsa.read_circuits(data("pypsa_osm_lines.csv"), "x")
    assert line.terminals == ("relation/900003", "way/9000000001")


def test_hifld() -> None:
    page = json.loads(data("arcgis_hifld_substations.geojson"))
    with pytest.raises(DataError, match="one page of more"):
        hifld.read_stations(json.dumps(page).encode(), "x")
    stations = hifld.read_stations(json.dumps({"features": page["features"]}).encode(), "x")
    assert [(one.kv, one.kind) for one in stations] == [
        (230, "substation"),
        (None, "substation"),
        (115, "tap"),
    ]


def test_peeringdb() -> None:
    houses = peeringdb.read_facilities(data("peeringdb_fac.json"), "x")
    assert [house.diverse_substations for house in houses] == [True, False, None, None]
    assert houses[1].campus == houses[2].campus is not None
    assert None in (houses[0].campus, houses[3].campus)
    assert houses[3].lat is None
    assert peeringdb.read_presence(data("peeringdb_netfac.json"), "x")[64500] == {
        900001,
        900002,
        900003,
    }
    assert peeringdb.read_exchange_houses(data("peeringdb_ixfac.json"), "x") == {700001: {900001}}
    assert peeringdb.read_exchanges(data("peeringdb_ix.json"), "x")[0].name == "NORTH-IX"
    assert peeringdb.read_members(data("peeringdb_netixlan.json"), "x") == {64500: {700001}}
    assert peeringdb.read_campuses(data("peeringdb_campus.json"), "x") == {9001: "North Two"}


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
