from __future__ import annotations

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.core.errors import UsageError
from zonerisk.pages import ground
from zonerisk.pages.ground import Box

COORDINATES = st.tuples(st.integers(-90_000, 90_000), st.integers(-360_000, 360_000))


def decode(text: str) -> list[tuple[int, int]]:
    """Read an encoded polyline, by the published description."""
    numbers, value, shift = [], 0, 0
    for byte in text.encode():
        value |= ((byte - 63) & 31) << shift
        shift += 5
        if byte - 63 < 32:
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    points, lat, lon = [], 0, 0
    for step_lat, step_lon in zip(numbers[::2], numbers[1::2], strict=True):
        lat, lon = lat + step_lat, lon + step_lon
        points.append((lat, lon))
    return points


@given(st.lists(COORDINATES, max_size=30))
def test_polylines_come_back(points: list[tuple[int, int]]) -> None:
    assert decode(ground.encode(points)[0]) == points


def test_the_published_example() -> None:
    points = [(38.5, -120.2), (40.7, -120.95), (43.252, -126.453)]
    assert ground.encode(points, 5) == ["_p~iF~ps|U_ulLnnqC_mqNvxq`@"]


def kind_of(sheet: ground.Sheet, kind: str) -> tuple[str, ...]:
    return sheet.lines[ground.KINDS.index(kind)]


def inside(sheet: ground.Sheet, lines: tuple[str, ...], lat: float, lon: float) -> bool:
    scale = 10**sheet.decimals
    rings = [shapely.Polygon([(x / scale, y / scale) for y, x in decode(line)]) for line in lines]
    return any(ring.contains(shapely.Point(lon, lat)) for ring in rings)


@pytest.mark.parametrize(
    ("lat", "lon", "land"),
    [
        (48.586, 7.798, True),
        (51.99, 2.5, False),
        (36.1, 140.0, True),
        (-17.8, 178.0, True),
        (-41.3, 174.8, True),
        (50.7, 3.2, True),
    ],
)
def test_places_stand_on_land_or_water(lat: float, lon: float, land: bool) -> None:
    sheets = ground.around(Box(lat - 0.1, lon - 0.1, lat + 0.1, lon + 0.1))
    assert len(sheets) == 3
    finest = sheets[-1]
    assert inside(finest, kind_of(finest, "land"), lat, lon) is land


def test_rivers_and_borders_of_strasbourg() -> None:
    finest = ground.around(Box(48.5, 7.7, 48.6, 7.8))[-1]
    at = shapely.Point(7.7977, 48.586)
    for lines, near_km in ((kind_of(finest, "rivers"), 2), (kind_of(finest, "borders"), 2)):
        drawn = [shapely.LineString([(x / 1000, y / 1000) for y, x in decode(line)]) for line in lines]
        assert min(line.distance(at) for line in drawn) * 111 < near_km


def test_lakes_are_water() -> None:
    finest = ground.around(Box(46.4, 6.4, 46.5, 6.6))[-1]
    assert inside(finest, kind_of(finest, "water"), 46.44, 6.55)


def test_a_wide_map_takes_the_world_alone() -> None:
    assert len(ground.around(Box(-30, -120, 60, 140))) == 1


def test_places_are_named_the_greatest_first() -> None:
    around = Box(48.3, 1.7, 49.3, 3.0)
    assert [town.name for town in ground.places(around, 2)] == ["Paris", "Versailles"]
    names = [name for name, *_ in ground.around(around)[-1].places]
    assert names[0] == "Paris"
    assert "Strasbourg" not in names


def test_places_beyond_the_antimeridian_stand_where_the_box_is() -> None:
    east = {town.name: town.lon for town in ground.places(Box(-20, 170, -10, 190))}
    west = {town.name: town.lon for town in ground.places(Box(-20, -190, -10, -170))}
    assert 178 < east["Suva"] < 180 < east["Apia"] < 189
    assert east.keys() == west.keys()
    assert all(east[name] - west[name] == pytest.approx(360) for name in east)


def test_maps_of_one_town_have_the_same_ground() -> None:
    one, other = (ground.around(Box(at, 7.7, at + 0.1, 7.8)) for at in (48.5, 48.55))
    assert all(mine is theirs for mine, theirs in zip(one, other, strict=True))


def test_towns_are_built_up() -> None:
    finest = ground.around(Box(48.7, 2.2, 48.9, 2.4))[-1]
    assert inside(finest, kind_of(finest, "urban"), 48.86, 2.34)
    assert not inside(finest, kind_of(finest, "urban"), 48.4, 1.2)


def test_openstreetmap_unless_told() -> None:
    found = ground.find_tiles(None)
    assert found is not None
    assert found.hosts == ("https://tile.openstreetmap.org",)
    assert found.strict
    assert "OpenStreetMap contributors" in found.attribution


def test_none_offers_none() -> None:
    assert ground.find_tiles("none") is None


def test_an_address_with_subdomains() -> None:
    found = ground.find_tiles("https://{s}.tiles.example.org:8443/{z}/{x}/{y}{r}.png?style=a")
    assert found is not None
    assert found.hosts == tuple(f"https://{each}.tiles.example.org:8443" for each in "abc")
    assert found.name == "tiles.example.org:8443"
    assert not found.strict


@pytest.mark.parametrize(
    "text",
    [
        "Nowhere",
        "https://[::1/{z}/{x}/{y}",
        "javascript:alert(1)//{z}{x}{y}",
        "https://tile.example.org/{z}/{x}.png",
        "https://tile.example.org/{z}/{x}/{y}{{7*7}}",
        "https://a.example/{z}/{x}/{y} 'unsafe-inline'",
        "https://a.example/{z}/{x}/{y};script-src *",
        "ftp://a.example/{z}/{x}/{y}",
        "https:///{z}/{x}/{y}",
        'https://a.example/{z}/{x}/{y}"><script>',
    ],
)
def test_what_is_no_tile_address(text: str) -> None:
    with pytest.raises(UsageError, match="is not a tile address"):
        ground.find_tiles(text)
