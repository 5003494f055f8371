from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid.network import Circuit, Station, graph, kilovolts, nearest, supplier, upstreams
from zonerisk.core.model import Position
from zonerisk.core.samples import MOST, could_be_nearest


def at(lat: float, lon: float = 3.0, uncertainty_m: float = 50) -> Position:
    return Position(lat=lat, lon=lon, uncertainty_m=uncertainty_m, method="statement", evidence=("x",))


@pytest.mark.parametrize(
    ("text", "kv"),
    [
        ("225000;63000", 225),
        ("63000;225000", 225),
        ("400 kV", 400),
        ("400kV", 400),
        ("225", 225),
        ("20000", 20),
        ("380000 V", 380),
        ("-999999", None),
        ("HORS TENSION", None),
        ("<45kV", None),
        ("", None),
        (None, None),
        ("yes", None),
        ("0", None),
    ],
)
def test_kilovolts(text: str | None, kv: float | None) -> None:
    assert kilovolts(text) == kv


def test_private_yards() -> None:
    for name in (
        "VITRY (S.N.C.F. LABO)",
        "CREIL (RFF)",
        "PRODAIR (PORT DU RHIN)",
        "IVRY (CLIENT)",
        "GRAVELINES (CENTRALE)",
        "DB Energie GmbH",
    ):
        assert supplier(name) == "private", name
    for name in ("CHEVILLY", "PORT-DU-RHIN", "WATTRELOS", "Umspannwerk Frankfurt Suedwest"):
        assert supplier(name) == "substation", name


class TestNearest:
    STATIONS = (
        Station("far", "far", 225, lat=56.30, lon=3.0),
        Station("near", "near", 225, lat=56.01, lon=3.0),
        Station("rail", "rail", 225, "traction", lat=56.0, lon=3.0),
        Station("tee", "tee", 225, "joint", lat=56.0, lon=3.0),
        Station("own", "own", 225, "private", lat=56.0, lon=3.0),
        Station("lost", "lost", 225),
        Station("mid", "mid", 225, lat=56.05, lon=3.0),
    )

    def test_only_placed_substations_nearest_first(self) -> None:
        found = nearest(at(56.0), self.STATIONS, 50_000)
        assert [one.id for one, _ in found] == ["near", "mid", "far"]
        assert found[0][1] == pytest.approx(1113, abs=2)

    def test_reach(self) -> None:
        assert [one.id for one, _ in nearest(at(56.0), self.STATIONS, 2000)] == ["near"]

    def test_as_many_as_the_disc_leaves_open(self) -> None:
        many = [Station(f"s{i}", "s", 225, lat=56.0 + i / 1000, lon=3.0) for i in range(1, 40)]
        assert len(nearest(at(56.0, uncertainty_m=10), many, 50_000)) == 3
        assert len(nearest(at(56.0, uncertainty_m=300), many, 50_000)) == 8
        assert len(nearest(at(56.0, uncertainty_m=5000), many, 50_000)) == MOST

    def test_across_the_date_line(self) -> None:
        there = Station("east", "east", 225, lat=0.0, lon=-179.999)
        assert nearest(at(0.0, 179.999), [there], 1000)[0][1] == pytest.approx(223, abs=1)

    @given(st.lists(st.tuples(st.floats(55, 57), st.floats(2, 4)), min_size=1, max_size=20))
    def test_no_station_is_missed(self, places: list[tuple[float, float]]) -> None:
        stations = [Station(str(i), "", 225, lat=lat, lon=lon) for i, (lat, lon) in enumerate(places)]
        best = nearest(at(56.0), stations, 400_000)
        assert len(best) == min(len(stations), 3) or len(best) > 3
        alone = min(nearest(at(56.0), [one], 400_000)[0][1] for one in stations)
        assert best[0][1] == alone

    @given(st.lists(st.floats(0, 1e5), min_size=1), st.floats(1, 1e4), st.floats(0, 1e4))
    def test_a_wider_disc_never_leaves_fewer_open(
        self, distances: list[float], doubt: float, more: float
    ) -> None:
        distances.sort()
        assert could_be_nearest(distances, doubt) <= could_be_nearest(distances, doubt + more)


class TestUpstreams:
    # low - mid - TOP - TOP2, and a teed circuit low, side, TOP3.
    GRID = graph(
        [
            Circuit("c1", ("low", "mid")),
            Circuit("c2", ("mid", "TOP")),
            Circuit("c3", ("mid", "TOP")),
            Circuit("c4", ("TOP", "TOP2")),
            Circuit("c5", ("low", "side", "TOP3")),
        ]
    )
    TOPS = frozenset({"TOP", "TOP2", "TOP3", "elsewhere"})

    def test_hops_and_way(self) -> None:
        found = {one.station: (one.hops, one.via) for one in upstreams(self.GRID, "low", self.TOPS)}
        assert found == {"TOP3": (1, ()), "TOP": (2, ("mid",))}

    def test_circuits_of_an_edge(self) -> None:
        assert self.GRID["mid"]["TOP"] == {"c2", "c3"}

    def test_hop_limit(self) -> None:
        assert [one.station for one in upstreams(self.GRID, "low", self.TOPS, 1)] == ["TOP3"]

    def test_a_station_outside_the_graph_has_none(self) -> None:
        assert upstreams(self.GRID, "nowhere", self.TOPS) == []

    def test_a_backbone_station_is_its_own(self) -> None:
        assert [one.station for one in upstreams(self.GRID, "TOP", self.TOPS)] == ["TOP"]
