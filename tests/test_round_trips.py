from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import round_trips
from zonerisk.core.errors import DataError, UsageError
from zonerisk.library import Library
from zonerisk.workloads.round_trips import LOCAL_FLOOR_MS, Trip, judge, milliseconds, read

HERE = Path(__file__).parent
ANSWERS = HERE / "answers"
LAYERS = HERE.parent.parent / "shared" / "layers" / "network"


def table(name: str) -> tuple[Trip, ...]:
    return read((ANSWERS / name).read_bytes(), name)


def test_cloudping_without_its_diagonal() -> None:
    assert table("cloudping.json") == (Trip("zz-north-1", "zz-south-1", 11.0),)


def test_azure_zones_in_two_units() -> None:
    assert [(one.a, one.b, pytest.approx(one.ms)) for one in table("azure_zones.json")] == [
        ("1", "2", 0.412),
        ("1", "3", 0.096),
    ]


def test_ibm_zones() -> None:
    assert Trip("p1", "p2", 0.13, "pair") in table("ibm_zones.csv")


def test_matrix() -> None:
    found = read(b"from,a,b,c\na,0,1.5,2 ms\nb,1.4,0,900 us\nc,,,\n", "x")
    assert [(one.a, one.b, one.ms) for one in found] == [
        ("a", "b", 1.4),
        ("a", "c", 2.0),
        ("b", "c", pytest.approx(0.9)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "is not a table"),
        (b"a,b,rtt_ms\n", "is not a table"),
        (b"x,y\n1,2\n", "columns are x, y"),
        (b"a,b,rtt_ms\np,q,-1\n", "x:2: rtt_ms: '-1' is not a round trip"),
        (b"a,b,rtt_ms\np,q,nan\n", "not a round trip"),
        (b"a,b,rtt_ms\np,q\n", "x:2: 2 of 3 columns"),
        (b"a,b,rtt_ms\np,p,1\n", "between two different places"),
        (b"{", "x:1: is not JSON"),
        (b'{"data": {"a": 3}}', "not a known table"),
        (b'[{"from": 1}]', "not a known table"),
        (b"[1]", "not a known table"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"data": {"a": {"b": "x"}}}', "not a round trip"),
    ],
)
def test_bad_tables(text: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read(text, "x")


def test_units() -> None:
    assert milliseconds("412 us") == pytest.approx(0.412)
    assert milliseconds("1s") == 1000
    assert milliseconds("0.5") == 0.5


def test_bound() -> None:
    found = Trip("a", "b", 0.13)
    assert found.fibre_km() == pytest.approx(13.3, abs=0.05)
    assert found.fibre_km(LOCAL_FLOOR_MS) == pytest.approx(5.1, abs=0.05)
    assert found.campus
    assert not Trip("a", "b", 0.27).campus


@given(st.floats(0.001, 1000), st.floats(0.1, 20000))
def test_light_itself_is_never_refuted(km: float, slower: float) -> None:
    trip = Trip("a", "b", 2 * km / 204.19 * (1 + slower))
    assert trip.fibre_km() >= km


def test_regions_of_a_table(zz: Library) -> None:
    trips = table("ibm_zones.csv")
    assert len(judge(zz, "zz-good", trips, DAY)) == 2
    with pytest.raises(UsageError, match="no rows of zz-campus; its regions are good, pair"):
        judge(zz, "zz-campus", trips, DAY)


@pytest.mark.skipif(not LAYERS.is_dir(), reason="the raw layers are not here")
def test_ibm_single_campus_regions_are_the_only_ones_found() -> None:
    path = LAYERS / "latency_ibm_zones.csv"
    campus = {one.region for one in read(path.read_bytes(), path.name) if one.campus}
    assert campus == {"ca-mon", "in-che"}


DAY = "2026-01-31"


def test_a_short_round_trip_refutes_a_claim(shipped: Library) -> None:
    (found,) = judge(shipped, "scaleway-fr-par", [Trip("PAR1", "fr-par-2", 0.41)], DAY)
    assert len(found.refuted) == 1
    assert "at least 50 km" in found.refuted[0]
    assert found.straight_m is not None
    (allowed,) = judge(shipped, "scaleway-fr-par", [Trip("PAR1", "fr-par-2", 0.6)], DAY)
    assert allowed.refuted == ()


def test_and_recorded_places(zz: Library) -> None:
    # 20 km apart by record: light needs 0.2 ms for that and back.
    (found,) = judge(zz, "zz-good", [Trip("a", "b", 0.1)], DAY)
    assert found.refuted[0].startswith("the recorded places, 22.1 km")
    assert found.trip.campus
    assert "as near as zones of one campus are" in found.message
    assert judge(zz, "zz-good", [Trip("a", "b", 0.3)], DAY)[0].refuted == ()


def test_rows_of_a_region_column_need_no_zone_names(zz: Library) -> None:
    trips = read((ANSWERS / "ibm_zones.csv").read_bytes(), "x")
    assert [one.trip.campus for one in judge(zz, "zz-good", trips, DAY)] == [False, False]
    assert [one.trip.campus for one in judge(zz, "zz-pair", trips, DAY)] == [True]


def test_regions_of_a_provider(zz: Library) -> None:
    found = judge(zz, "zz-good", [Trip("zz-good", "campus", 0.001), Trip("pair", "campus", 1)], DAY)
    assert len(found) == 1
    assert "the recorded places" in found[0].refuted[0]


def test_nothing_of_this_region(zz: Library) -> None:
    with pytest.raises(UsageError, match="its zones: a, b, c; in the table: x"):
        judge(zz, "zz-good", [Trip("x", "y", 1)], DAY)


def test_zones_whose_sites_are_known_as_a_set_are_known_by_their_ids(shipped: Library) -> None:
    (found,) = judge(shipped, "aws-eu-north-1", [Trip("eun1-az1", "eun1-az3", 0.956)], "2026-11-23")
    assert found.straight_m is not None
    assert found.straight_m.low == 0
    assert found.refuted == ()


@pytest.mark.parametrize(
    "data",
    [
        b"a,b,rtt_ms\rx\ry,z,1",
        b"[" * 5000,
        b'{"a": {"b": 1' + b"0" * 4300 + b"}}",
        b"a,b,rtt_ms\nx," + b"y" * 131_080 + b",1\n",
        b'{"a": 1e999}',
        b"[null]",
    ],
)
def test_a_table_that_trips_its_reader_is_named(data: bytes) -> None:
    with pytest.raises(DataError, match=r"^x\.csv"):
        read(data, "x.csv")


def test_measured_pairs_of_regions_get_their_distance(shipped: Library, tmp_path: Path) -> None:
    rows = "a,b,rtt_ms\neu-west-3,eu-west-1,18\neu-west-3,nowhere,3\n"
    (tmp_path / "latency_aws_regions.csv").write_text(rows)
    ((km, trip),) = round_trips.matched(shipped, "aws", tmp_path)
    assert {trip.a, trip.b} == {"eu-west-3", "eu-west-1"}
    assert 700 < km < 900


@pytest.mark.skipif(not LAYERS.is_dir(), reason="the raw tables are not here")
def test_the_table_of_round_trips_is_current(shipped: Library) -> None:
    assert round_trips.table(shipped, LAYERS) in round_trips.PAGE.read_text("utf-8"), (
        "run: python scripts/round_trips.py --write"
    )
