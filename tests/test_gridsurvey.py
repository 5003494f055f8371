"""The table of shared upstreams at its own points, and the survey on invented layers."""

from __future__ import annotations

import gzip
import json
import statistics
from functools import cache
from pathlib import Path

import pytest

from grid.network import Grid, Station, backbone, graph, nearest, upstreams
from grid.survey import RTE, cards, derived, rte_circuits, rte_stations, survey
from zonerisk.catalogue import document, samples
from zonerisk.catalogue.document import data_root
from zonerisk.core import samples as supply
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import geodesic_m
from zonerisk.core.model import Position, Site
from zonerisk.library import Library
from zonerisk.pages import surroundings

RAW = Path(__file__).parent.parent.parent / "shared" / "layers"
raw = pytest.mark.skipif(not (RAW / "power").is_dir(), reason="the raw layers are not here")


def at(lat: float, lon: float, uncertainty_m: float = 50) -> Position:
    return Position(lat=lat, lon=lon, uncertainty_m=uncertainty_m, method="statement", evidence=("x",))


# Published test points; some stand up to 2 km off the buildings.
POINTS = {
    "DC2": at(48.7948, 2.4119),
    "DC3": at(48.7753, 2.3800),
    "DC3 2 km off": at(48.7905, 2.3978),
    "DC4": at(48.8400, 2.2900),
    "DC5": at(49.0430, 2.1290),
    "Clichy": at(48.9065, 2.2977),
}


@cache
def stations() -> list[Station]:
    return rte_stations(RAW)


@cache
def grid() -> tuple[Grid, frozenset[str]]:
    return graph(rte_circuits(RAW)), backbone(stations())


def nearest_large(point: str) -> Station:
    large = [one for one in stations() if one.kv is not None and one.kv >= 220]
    return nearest(POINTS[point], large, 50_000)[0][0]


def shared(a: str, b: str, hops: int) -> dict[str, tuple[int, int]]:
    circuits, tops = grid()
    ours, theirs = (
        {one.station: one.hops for one in upstreams(circuits, nearest_large(end).id, tops, hops)}
        for end in (a, b)
    )
    names = {one.id: one.name for one in stations()}
    return {names[key]: (ours[key], theirs[key]) for key in ours.keys() & theirs.keys()}


@raw
class TestTable:
    @pytest.mark.parametrize(
        ("point", "name"),
        [
            ("DC2", "GUESDE"),
            ("DC3", "CHEVILLY"),
            ("DC3 2 km off", "ARRIGHI"),
            ("DC4", "CONVENTION"),
            ("DC5", "LIESSE"),
            ("Clichy", "NOVION"),
        ],
    )
    def test_nearest(self, point: str, name: str) -> None:
        assert nearest_large(point).name == name

    def test_dc2_and_dc3_share_both(self) -> None:
        assert set(shared("DC2", "DC3", 4)) == {"MORBRAS", "VILLEJUST"}
        assert set(shared("DC2", "DC3 2 km off", 4)) == {"MORBRAS", "VILLEJUST"}

    def test_dc3_and_dc4_share_villejust(self) -> None:
        assert shared("DC3", "DC4", 4) == {"VILLEJUST": (1, 2)}

    def test_dc5_and_clichy_share_both_though_nearest_stations_differ(self) -> None:
        assert set(shared("DC5", "Clichy", 4)) == {"CERGY", "PLESSIS-GASSOT"}

    def test_dc3_and_dc5_share_none_within_four(self) -> None:
        assert shared("DC3", "DC5", 4) == {}

    def test_dc4_and_clichy_only_at_seven(self) -> None:
        assert shared("DC4", "Clichy", 4) == {}
        assert shared("DC4", "Clichy", 6) == {}
        assert shared("DC4", "Clichy", 7) != {}

    def test_a_disc_of_2_km_leaves_both_stations_open(self) -> None:
        large = [one for one in stations() if one.kv is not None and one.kv >= 220]
        wrong = POINTS["DC3 2 km off"]
        sample = supply.Neighbourhood(
            tuple(
                supply.Near(one.id, one.name, one.kv, metres)
                for one, metres in nearest(at(wrong.lat, wrong.lon, 2200), large, 50_000)
            ),
            2200,
            "x",
        )
        assert {"ARRIGHI", "CHEVILLY"} <= {one.name for one in sample.candidates}


@raw
def test_the_shipped_sample_is_current(shipped: Library) -> None:
    for name, text in derived(shipped, RAW).items():
        assert (data_root() / samples.SUPPLY / name).read_text() == text, (
            f"{name} is not current; run: python scripts/feeds.py derive --layers ../shared/layers"
        )


@raw
def test_what_has_rtes_code_stands_within_600_m_of_rtes_point(shipped: Library) -> None:
    points = {one.id: one for one in stations()}
    metres = []
    for key, spot in shipped.supply_chart.spots.items():
        if key.startswith("rte/") and spot.at:
            one = points[key]
            assert one.lat is not None
            assert one.lon is not None
            metres.append(geodesic_m(one.lat, one.lon, *spot.at))
    assert len(metres) > 60
    assert max(metres) <= surroundings.TIED_M
    assert statistics.median(metres) < 30


def write_layers(root: Path) -> Path:
    """Six files with one site's worth of invented grid around 56 N 3 E."""
    square = {"type": "Polygon", "coordinates": [[[2, 55], [4, 55], [4, 57], [2, 57], [2, 55]]]}
    texts = {
        "stations-rte": "code,name,kind,status,kv,voltage_label,owner_hint,lon,lat\n"
        "GULL,GULL,substation,in_service,225,225kV,,3.0,56.05\n"
        "TERN,TERN,substation,in_service,400,400kV,,3.0,56.30\n"
        "RAIL,RAIL (S.N.C.F.),substation,in_service,225,225kV,single?,3.0,56.0\n"
        "ZTEE,TEE,tee,in_service,225,225kV,tee,3.0,56.0\n"
        "PLAN,PLAN,substation,planned,225,225kV,,3.0,56.0\n"
        "LOW,LOW,substation,in_service,63,63kV,,3.0,56.01\n"
        "FAR,FAR,substation,in_service,63,63kV,,3.0,56.06\n",
        "upstreams": "code,kv,circuit,a,b,a_name,b_name,terminals\n"
        "GULL L61MID  ,225,1,GULL,MID,GULL,MID,\n"
        "MID  L61ZTEE ,225,1,,,,,MID;TERN;GULL\n",
        "stations-osm": "id,kind,name,name_source,operator,rte_code,country,max_kv,kv,transformer,"
        "dc,under_construction,lon,lat\n"
        "way/1,substation,,,,,NO,420,420,0,0,0,3.0,56.05\n"
        "NO7,joint,,,,,NO,420,420,0,0,0,3.0,56.0\n"
        "NO8,substation,,,,,NO,420,420,0,0,0,3.0,56.0\n"
        "way/2,substation,Rail,,Bane NOR,,NO,420,420,0,0,0,3.0,56.0\n"
        "way/3,substation,TERN,RTE,,TERN,FR,400,400,0,0,0,3.001,56.3012\n"
        "way/4,substation,TERN,RTE,,TERN,FR,320,320,0,1,0,3.002,56.3012\n"
        "FR5,joint,GULL,RTE,,GULL,FR,225,225,0,0,0,3.0,56.05\n",
        "stations-osm2016": "region,name,operator,max_kv,kv,lon,lat\n"
        "Sea,,,,,3.0,56.05\nSea,Small,,60,60,3.0,56.2\n",
        "areas-eu": json.dumps(
            {
                "features": [
                    {"properties": {"zone": "NO_2"}, "geometry": square},
                    {"properties": {"zone": "FR"}, "geometry": square},
                    {"properties": {"zone": "IT_SUD_2020"}, "geometry": square},
                ]
            }
        ),
        "areas-world": json.dumps(
            {"features": [{"properties": {"zoneName": "US-TEX-ERCO"}, "geometry": square}]}
        ),
    }
    for key, text in texts.items():
        path = root / "power" / cards()[key]["layer"]
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text.encode()
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    return root


def one_site(key: str, country: str, uncertainty_m: float = 50) -> dict[str, tuple[Site, str]]:
    return {
        key: (
            Site(id=key, name="S", kind="building", position=at(56.0, 3.0, uncertainty_m)),
            country,
        )
    }


class TestSurvey:
    def test_france(self, tmp_path: Path) -> None:
        files = survey(one_site("zz/s", "FR"), (), write_layers(tmp_path))
        assert [row.split(",")[4:] for row in files["stations-rte.csv"].splitlines()[1:]] == [
            ["rte/LOW", "LOW", "63", "1113"],
            ["rte/GULL", "GULL", "225", "5567"],
            ["rte/TERN", "TERN", "400", "33403"],
        ]
        assert files["stations-osm.csv"].count("\n") == 1
        assert "rte/GULL,rte/TERN,1,,TERN,400\n" in files["upstreams.csv"]
        assert files["areas.csv"].splitlines()[1] == "zz/s,56.0,3.0,50.0,FR,Continental Europe"

    def test_norway_without_joints_made_up_ids_and_railways(self, tmp_path: Path) -> None:
        files = survey(one_site("zz/s", "NO"), (), write_layers(tmp_path))
        assert [row.split(",")[4] for row in files["stations-osm.csv"].splitlines()[1:]] == [
            "way/1",
            "way/3",
        ]
        assert files["areas.csv"].splitlines()[1].endswith("NO_2,Nordic")

    def test_elsewhere_a_voltage_may_be_unknown(self, tmp_path: Path) -> None:
        files = survey(one_site("zz/s", "US"), (), write_layers(tmp_path))
        assert files["stations-osm2016.csv"].splitlines()[1:] == [
            'zz/s,56.0,3.0,50.0,"at/56.05,3.0",unnamed station,,5567'
        ]
        assert files["areas.csv"].splitlines()[1].endswith("US-TEX-ERCO,ERCOT")

    def test_stated_stations_get_their_upstreams(self, tmp_path: Path) -> None:
        files = survey({}, ("rte/MID",), write_layers(tmp_path))
        assert "rte/MID,rte/TERN,1,,TERN,400\n" in files["upstreams.csv"]

    def test_a_vague_place_gets_no_stations(self, tmp_path: Path) -> None:
        files = survey(one_site("zz/s", "FR", 6000), (), write_layers(tmp_path))
        assert files["stations-rte.csv"].count("\n") == 1
        assert files["areas.csv"].count("\n") == 2

    def test_every_source_has_licence_hash_and_date(self, tmp_path: Path) -> None:
        sources = json.loads(survey({}, (), write_layers(tmp_path))["sources.json"])
        assert sources.keys() == cards().keys()
        for row in sources.values():
            assert len(row["sha256"]) == 64
            assert row["licence"]
            assert row["attribution"]
            assert row["as_of"]
            assert "AGPL" not in row["licence"]

    def test_positions_are_openstreetmaps_or_none(self, tmp_path: Path) -> None:
        files = survey(one_site("zz/s", "FR"), ("rte/MID",), write_layers(tmp_path))
        assert files["map/positions.csv"].splitlines() == [
            "station,name,kv,osm,lat,lon",
            # A joint with RTE's code, and a made-up id, are no places; RTE's own point is withdrawn.
            "rte/GULL,GULL,225,,,",
            "rte/LOW,LOW,63,,,",
            "rte/MID,rte/MID,,,,",
            # The converter beside it is another yard.
            "rte/TERN,TERN,400,way/3,56.3012,3.001",
        ]
        norway = survey(one_site("zz/s", "NO"), (), write_layers(tmp_path))
        assert norway["map/positions.csv"].splitlines()[1:] == [
            "way/1,unnamed way/1,420,way/1,56.05,3.0",
            "way/3,TERN,400,way/3,56.3012,3.001",
        ]
        assert norway["map/circuits.csv"] == "a,b,codes\n"

    def test_circuits_are_those_of_the_ways_that_ship(self, tmp_path: Path) -> None:
        files = survey({}, ("rte/MID",), write_layers(tmp_path))
        assert files["map/circuits.csv"].splitlines() == [
            "a,b,codes",
            "rte/MID,rte/TERN,MID  L61ZTEE ",
        ]

    def test_it_can_be_read_back(self, tmp_path: Path) -> None:
        files = survey(one_site("zz/s", "FR"), (), write_layers(tmp_path))
        (tmp_path / "data/feeds").mkdir(parents=True)
        for name, text in files.items():
            (tmp_path / "data/feeds" / name).parent.mkdir(exist_ok=True)
            (tmp_path / "data/feeds" / name).write_text(text)
        sample = samples.read_supply(document.files([tmp_path / "data"], "feeds", "*.*"))
        site = one_site("zz/s", "FR")["zz/s"][0]
        found = sample.neighbourhood(site)
        assert found is not None
        assert [one.label for one in found.candidates] == ["GULL 225 kV"]
        assert sample.area(site).grid == "FR"
        assert sample.upstream["rte/GULL"][0].hops == 1
        assert found.source in sample.sources
        drawn = samples.read_chart(document.files([tmp_path / "data"], "feeds", "map/*.*"))
        assert drawn.spots["rte/TERN"] == ("TERN 400 kV", "way/3", (56.3012, 3.001))
        assert drawn.spots["rte/GULL"] == ("GULL 225 kV", "", None)
        assert drawn.circuits["rte/GULL", "rte/TERN"] == ("MID  L61ZTEE ",)

    def test_missing_and_wrong_layers(self, tmp_path: Path) -> None:
        with pytest.raises(DataError, match="--layers"):
            survey({}, (), tmp_path)
        write_layers(tmp_path)
        (tmp_path / "power" / cards()[RTE]["layer"]).write_bytes(gzip.compress(b"a,b\n1,2\n"))
        with pytest.raises(DataError, match="is not the layer expected"):
            survey({}, (), tmp_path)
