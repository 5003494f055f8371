from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.core.geometry import UNKNOWN, Interval, fibre_m, least_rtt_ms, rtt_ms
from zonerisk.core.model import Site
from zonerisk.judging.arrangement import (
    CAMPUS_MOST_M,
    FailureDomain,
    distance_m,
    site_units,
    zone_units,
)
from zonerisk.judging.recovery import between
from zonerisk.library import Library

DAY = "2026-01-31"


def units(catalog: Library, region_id: str) -> dict[str, FailureDomain]:
    return {
        unit.id.partition("/")[2]: unit
        for unit in zone_units(catalog.region(region_id), catalog.sites_of(region_id), DAY)
    }


def test_fibre_and_round_trip() -> None:
    fibre = fibre_m(Interval(8600, 8600, 8600))
    assert tuple(fibre) == pytest.approx((10320, 12900, 18060))
    assert tuple(rtt_ms(Interval(102_095, 102_095, 102_095))) == pytest.approx((1, 1, 1))
    assert fibre_m(UNKNOWN) == UNKNOWN


def test_the_closest_pair_decides(shipped: Library) -> None:
    zones = units(shipped, "scaleway-fr-par")
    near = distance_m(zones["fr-par-1"], zones["fr-par-3"]).best
    assert near == pytest.approx(8634, abs=5)


def test_an_undisclosed_zone_may_stand_beside_the_other(zz: Library) -> None:
    zones = units(zz, "zz-hidden")
    low, best, high = distance_m(zones["h1"], zones["h2"])
    assert (low, best) == (0.0, None)
    assert high == pytest.approx(60_000 + 0.0, rel=0.02)
    nowhere = FailureDomain("x/y", "y")
    assert distance_m(zones["h1"], nowhere) == UNKNOWN


def standing(kind: str, method: str, lat: float) -> FailureDomain:
    at = {"lat": lat, "lon": 3, "uncertainty_m": 250, "method": method, "evidence": ["e"]}
    site = {"id": f"x/{lat}", "name": "x", "kind": kind, "position": at}
    return FailureDomain(f"x/{lat}", "x", (Site.model_validate(site),))


@pytest.mark.parametrize(
    ("kind", "method", "lat", "best"),
    [
        ("building", "outline", 56.0005, True),
        ("building", "campus", 56.0005, False),
        ("building", "town", 56.0005, False),
        ("campus", "outline", 56.0005, False),
        # Discs that do not touch leave the centres a meaning.
        ("building", "campus", 56.1, True),
    ],
)
def test_a_placeholder_beside_a_building_has_no_best_distance(
    kind: str, method: str, lat: float, best: bool
) -> None:
    mapped, other = standing("building", "outline", 56), standing(kind, method, lat)
    for found in (distance_m(mapped, other), distance_m(other, mapped)):
        assert (found.best is not None) is best
        assert found.high is not None
        assert found.rank == (found.best or found.high)
    discs = (mapped.positions, ()), (other.positions, ())
    assert (between(*discs).best is not None) is (best or method == "outline")


def test_no_fibre_beats_the_straight_line() -> None:
    straight = Interval(102_095, 110_000, 120_000)
    assert least_rtt_ms(straight) == pytest.approx(1)
    assert least_rtt_ms(straight) < rtt_ms(fibre_m(straight)).low
    assert least_rtt_ms(UNKNOWN) == 0


def test_sites_as_units(zz: Library) -> None:
    region, sites = zz.region("zz-hidden"), zz.sites_of("zz-hidden")
    assert [unit.id for unit in site_units(region, sites, DAY)] == [
        "zz-hidden/here",
        "zz-hidden/there",
    ]


def test_a_stated_campus_bounds_a_vague_place(zz_copy: Path) -> None:
    """Two zones on one campus are near each other, wherever in the country it is."""
    path = zz_copy / "datacenters/zz/campus.yaml"
    text = path.read_text()
    path.write_text(text.replace("uncertainty_m: 50", "uncertainty_m: 50000"))
    vague = units(Library(zz_copy), "zz-campus")
    assert distance_m(vague["k1"], vague["k2"]) == Interval(0.0, None, CAMPUS_MOST_M)
    assert (distance_m(vague["k1"], vague["k3"]).high or 0) > 100_000
    path.write_text(text.replace("lat: 62.002", "lat: 62.1"))
    wide = units(Library(zz_copy), "zz-campus")
    assert distance_m(wide["k1"], wide["k2"]).low > CAMPUS_MOST_M
