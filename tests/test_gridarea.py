from __future__ import annotations

import pytest
from shapely import box

from grid.areas import Areas, country_of, synchronous
from zonerisk.core.model import Position
from zonerisk.core.samples import Area


def at(lat: float, lon: float, uncertainty_m: float = 50) -> Position:
    return Position(lat=lat, lon=lon, uncertainty_m=uncertainty_m, method="statement", evidence=("x",))


# Two areas meet at 3 E; the sea begins at 4 E.
AREAS = Areas([("NO_1", box(2, 55, 3, 57)), ("DK_1", box(3, 55, 4, 57))])


@pytest.mark.parametrize(
    ("lat", "lon", "doubt", "country", "grid", "whole"),
    [
        (56, 2.5, 50, None, "NO_1", "Nordic"),
        (56, 3.5, 50, None, "DK_1", "Continental Europe"),
        (56, 3.0001, 50, None, "", ""),  # the disc lies in both
        (56, 3.0001, 50, "NO", "NO_1", "Nordic"),  # the record's country decides at a coarse border
        (56, 3.5, 50, "NO", "", ""),  # and an area of another country is not believed
        (56, 4.01, 50, None, "DK_1", "Continental Europe"),  # 0.6 km off the coast
        (56, 4.2, 50, None, "", ""),  # 12 km off
    ],
)
def test_area_of_a_disc(
    lat: float, lon: float, doubt: float, country: str | None, grid: str, whole: str
) -> None:
    assert AREAS.at(at(lat, lon, doubt), country) == Area(grid, whole)


def test_synchronous_areas() -> None:
    for grid, country, name in (
        ("FR", "FR", "Continental Europe"),
        ("DE_LU", "DE", "Continental Europe"),
        ("EE", "EE", "Continental Europe"),
        ("DK_2", "DK", "Nordic"),
        ("SE_4", "SE", "Nordic"),
        ("GB", "GB", "Great Britain"),
        ("IE", "IE", "Ireland"),
        ("US-TEX-ERCO", "US", "ERCOT"),
        ("US-MIDA-PJM", "US", "Eastern"),
        ("US-NW-BPAT", "US", "Western"),
        ("CA-QC", "CA", "Quebec"),
        ("JP-TK", "JP", "Japan 50 Hz"),
        ("JP-KN", "JP", "Japan 60 Hz"),
        ("US-HI-OA", "US", ""),
        ("ES-CN-TE", "ES", ""),
        ("SG", "SG", ""),
    ):
        assert synchronous(grid, country) == name, grid


def test_countries_of_an_area() -> None:
    assert country_of("DE_LU") == ("DE", "LU")
    assert country_of("US-NY-NYIS") == ("US",)
