from __future__ import annotations

from pathlib import Path

from grid.answers import overpass
from grid.sources import query
from test_powergrid import at

ANSWERS = Path(__file__).parent / "answers"


def data(name: str) -> bytes:
    return (ANSWERS / name).read_bytes()


def test_stations() -> None:
    found = {one.id: one for one in overpass(data("overpass_stations.json"), "x")}
    assert set(found) == {"way/81", "relation/82", "node/83", "way/84", "way/85"}
    assert (found["way/81"].kv, found["way/81"].code, found["way/81"].lat) == (225, "GULL", 56.1)
    assert found["relation/82"].kv == 400
    assert {key: one.kind for key, one in found.items()} == {
        "way/81": "substation",
        "relation/82": "substation",
        "node/83": "minor",
        "way/84": "traction",
        "way/85": "private",
    }


def test_lines() -> None:
    line, cable = overpass(data("overpass_lines.json"), "x")
    assert (line.id, line.kind, line.kv, line.note) == ("way/91", "line", 225, "2 circuits")
    assert (cable.kind, cable.kv, cable.note) == ("cable", 63, "")


def test_three_tag_habits_and_no_exchange() -> None:
    found = overpass(data("overpass_datacenters.json"), "x")
    assert [(one.id, one.kind, one.note) for one in found] == [
        ("way/71", "datacenter", "Auk"),
        ("way/72", "datacenter", ""),
        ("node/73", "datacenter", ""),
    ]


def test_query() -> None:
    assert query("stations", at(56.0), 15000) == (
        '[out:json][timeout:60];(nwr["power"="substation"](around:15000,56.00000,3.00000););out center tags;'
    )
    assert query("datacenters", at(56.0), 1).count("data_center") == 3
