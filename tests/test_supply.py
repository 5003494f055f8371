from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from zonerisk.catalogue.document import files
from zonerisk.catalogue.samples import read_chart, read_supply
from zonerisk.core.errors import DataError
from zonerisk.core.samples import Near, Neighbourhood, Sample
from zonerisk.library import Library

STATIONS = "site,lat,lon,uncertainty_m,station,name,kv,distance_m\n"


def folder(root: Path, name: str, text: str) -> Path:
    (root / "feeds").mkdir(exist_ok=True)
    (root / "feeds" / name).write_text(text)
    return root


def feeds(*roots: Path) -> dict[str, Path]:
    return files(roots, "feeds", "*.*")


def test_no_sample_is_an_empty_one(tmp_path: Path) -> None:
    assert read_supply(feeds(tmp_path)) == Sample()


def test_a_record_that_moved_is_not_answered_by_old_figures(tmp_path: Path, zz: Library) -> None:
    north = zz.site("zz-good/north")
    assert north.position is not None
    rows = "zz-good/north,56.18,3.0,50,way/1,Gull,225,900\nzz-good/east,56.5,3.15,50,way/1,Gull,225,9\n"
    sample = read_supply(feeds(folder(tmp_path, "stations-x.csv", STATIONS + rows)))
    found = sample.neighbourhood(north)
    assert found is not None
    assert found.near == (Near("way/1", "Gull", 225, 900),)
    assert found.source == "stations-x"
    assert sample.neighbourhood(zz.site("zz-good/east")) is None
    wider = north.model_copy(update={"position": north.position.model_copy(update={"uncertainty_m": 51.0})})
    assert sample.neighbourhood(wider) is None


def test_candidates_are_what_the_disc_leaves_open() -> None:
    near = tuple(Near(f"s{i}", "s", 225, 1000.0 + 300 * i) for i in range(30))
    low = Near("low", "low", 63, 10)
    assert [one.station for one in Neighbourhood((low, *near), 10, "x").candidates] == ["s0"]
    assert len(Neighbourhood(near, 500, "x").candidates) == 5
    assert Neighbourhood(near, 5000, "x").candidates == ()
    assert Neighbourhood((), 5000, "x").candidates == ()
    vague = Near("v", "v", None, 900)
    assert Neighbourhood((vague, *near), 10, "x").candidates == ()
    assert Neighbourhood((vague, *near), 10, "x").transmission[0] == vague


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("site,lat\n", "stations-x.csv:1: the columns are"),
        (STATIONS + "a,1,2\n", "stations-x.csv:2: 3 of 8 columns"),
        (STATIONS + "a,1,2,3,s,n,tall,9\n", "stations-x.csv:2: could not convert"),
        (STATIONS + "a,1,2,3,s,n,225,nan\n", "stations-x.csv:2: distance_m is nan"),
    ],
)
def test_a_damaged_sample_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_supply(feeds(folder(tmp_path, "stations-x.csv", text)))


def test_damaged_sources(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"sources\.json"):
        read_supply(feeds(folder(tmp_path, "sources.json", '{"x": {}}')))


def test_later_folders_replace(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    for root, area in ((one, "NO_1"), (two, "NO_2")):
        root.mkdir()
        folder(
            root,
            "areas.csv",
            "site,lat,lon,uncertainty_m,grid_area,synchronous_area\n"
            f"zz-good/north,56.18,3.0,50,{area},Nordic\n",
        )
    assert read_supply(feeds(one, two)).areas["zz-good/north"][1].grid == "NO_2"


def test_the_shipped_sample_is_sourced_and_current(shipped: Library) -> None:
    sample = shipped.supply
    assert {around.source for _, around in sample.around.values()} <= sample.sources.keys()
    for key in sample.around:
        assert shipped.site(key)


def test_every_shipped_way_can_be_drawn_or_named(shipped: Library) -> None:
    sample, drawn = shipped.supply, shipped.supply_chart
    assert {"positions", "upstreams"} <= sample.sources.keys()
    for station, tops in sample.upstream.items():
        for top in tops:
            for pair in pairwise((station, *top.via, top.station)):
                if pair[0] != pair[1]:
                    assert drawn.circuits[min(pair), max(pair)]
                    assert pair[0] in drawn.spots
                    assert pair[1] in drawn.spots
    for _, around in sample.around.values():
        for one in around.near:
            assert one.station in drawn.spots or one.station.startswith("at/")


def test_a_verdict_reads_no_chart(zz_copy: Path) -> None:
    (folder(zz_copy, "sources.json", "{}") / "feeds/map").mkdir()
    before = Library(zz_copy).digest("zz-good")
    (zz_copy / "feeds/map/positions.csv").write_text("broken")
    assert Library(zz_copy).score("zz-good").provenance.catalogue.sha256 == before
    with pytest.raises(DataError, match=r"positions\.csv:1: the columns are"):
        read_chart(files([zz_copy], "feeds", "map/*.csv"))
