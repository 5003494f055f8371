"""Rules on positions: whether a point can be where its record says that it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonerisk.core.geometry import distance_m
from zonerisk.curation.gazetteer import Place, around, countries_at, in_country, named
from zonerisk.judging.arrangement import CAMPUS_MOST_M

if TYPE_CHECKING:
    from zonerisk.core.model import Position, Site
    from zonerisk.curation.record_file import CheckedCatalogue, Problem, RecordFile

# The gazetteer's polygons are drawn to some hundred metres; a frontier site keeps its country.
FRONTIER_M = 1000.0
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
# Decimal places that a radius of doubt can carry: below (metres), at most.
_DIGITS = ((20.0, 6), (1000.0, 5), (3000.0, 4), (10_000.0, 3), (math.inf, 2))


def _slack_m(site: Site, at: Position) -> float:
    return FRONTIER_M + (0.0 if site.kind == "metro" else min(at.uncertainty_m, 5000.0))


def _abroad(entry: RecordFile, site: Site, at: Position) -> bool:
    return not in_country(at.lat, at.lon, entry.country(site), _slack_m(site, at))


def _meant(entry: RecordFile, town: str | None, site: Site) -> tuple[Place, ...]:
    return named(town, entry.country(site)) if town else ()


def _turned(entry: RecordFile, site: Site, at: Position) -> tuple[str, float, float] | None:
    """Find the slip that would bring a point abroad back into its country."""
    slips = (
        ("sign", -at.lat, at.lon),
        ("sign", at.lat, -at.lon),
        ("sign", -at.lat, -at.lon),
        ("swapped", at.lon, at.lat),
        ("swapped", at.lon, -at.lat),
        ("swapped", -at.lon, at.lat),
    )
    fits = [
        slip
        for slip in slips
        if abs(slip[1]) <= 90 and in_country(slip[1], slip[2], entry.country(site), FRONTIER_M)
    ]
    meant = _meant(entry, entry.town(site), site)
    return min(
        fits,
        default=None,
        key=lambda slip: min((place.km(*slip[1:]) for place in meant), default=0.0),
    )


def country(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a point outside its stated country; warn of one just across the border."""
    for key, site, at in entry.placed():
        found = countries_at(at.lat, at.lon)
        stated = entry.country(site)
        abroad = _abroad(entry, site, at)
        if stated in found or (abroad and _turned(entry, site, at)):
            continue
        place = " and ".join(sorted(found)) or "no country, at sea"
        near = "" if abroad else f", which begins within {_slack_m(site, at) / 1000:.1f} km"
        yield entry.problem(
            "country",
            ("sites", key, "position"),
            f"{at.lat:g}, {at.lon:g} lies in {place}, not in {stated}{near}",
            "look the place up again, or correct country",
            "error" if abroad else "warning",
        )


def swapped(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse latitude and longitude exchanged."""
    yield from _slipped(
        entry,
        "swapped",
        "latitude and longitude look exchanged",
        "write lat and lon the other way round",
    )


def sign(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a wrong sign: south and west are negative, north and east are not."""
    yield from _slipped(entry, "sign", "a sign looks wrong", "south and west are negative; correct it")


def _slipped(entry: RecordFile, kind: str, what: str, then: str) -> Iterator[Problem]:
    for key, site, at in entry.placed():
        if not _abroad(entry, site, at):
            continue
        slip = _turned(entry, site, at)
        if slip and slip[0] == kind:
            yield entry.problem(
                kind,
                ("sites", key, "position"),
                f"{what}: {at.lat:g}, {at.lon:g} is not in {entry.country(site)}, "
                f"{slip[1]:g}, {slip[2]:g} is",
                then,
            )


def town_reach_km(place: Place) -> float:
    """Distance from a town's centre that still counts as the town, km."""
    return TOWN_KM + TOWN_KM_PER_ROOT * math.sqrt(place.population)


def town(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a point away from its stated town, unless hardly any place lies nearer to it."""
    for key, site, at in entry.placed():
        own = _meant(entry, entry.town(site), site)
        meant = own or _meant(entry, entry.region.town if entry.region else None, site)
        if not meant or _abroad(entry, site, at):
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
        here = f"; the nearest place is {others[0].name}" if others else ""
        yield entry.problem(
            "town",
            ("sites", key, "position"),
            f"{at.lat:g}, {at.lon:g} is {away:.0f} km from {nearest.name}"
            f"{f', {nearest.state}' if nearest.state else ''}{here}",
            "look the place up again, or state the site's own town",
        )


def town_known(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Warn of a town that the gazetteer does not know: only its region's can be checked."""
    said: set[tuple[str | None, str]] = set()
    for key, site, at in entry.placed():
        stated = entry.town(site)
        if (stated, entry.country(site)) in said:
            continue
        said.add((stated, entry.country(site)))
        if stated is None:
            yield entry.problem(
                "town-known",
                ("sites", key),
                "states no town",
                "add town, to the site or to the region",
                "warning",
            )
        elif not _meant(entry, stated, site) and not _abroad(entry, site, at):
            near = around(at.lat, at.lon, REMOTE_KM)
            here = f"{near[0].name} ({near[0].km(at.lat, at.lon):.0f} km)" if near else "none"
            yield entry.problem(
                "town-known",
                ("sites", key),
                f"no town {stated!r} of 1,000 people is known in "
                f"{entry.country(site)}; the nearest to the point is {here}",
                "check the spelling, or leave it where the place is smaller",
                "warning",
            )


def digits(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse more decimals than the radius of doubt supports."""
    for key, _, at in entry.placed():
        most = next(count for below, count in _DIGITS if at.uncertainty_m < below)
        for axis in ("lat", "lon"):
            text = str(entry.written("sites", key, "position", axis))
            if len(text.partition(".")[2]) > most:
                yield entry.problem(
                    "digits",
                    ("sites", key, "position", axis),
                    f"{text} is finer than {at.uncertainty_m:g} m of doubt supports",
                    f"round to {most} decimals",
                )


def centroid(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a town's centre that poses as a building."""
    for key, site, at in entry.placed():
        if site.kind == "metro" or at.uncertainty_m >= BUILDING_MOST_M or at.osm or site.address:
            continue
        for place in _meant(entry, entry.town(site), site):
            if place.km(at.lat, at.lon) <= CENTRE_KM:
                yield entry.problem(
                    "centroid",
                    ("sites", key, "position"),
                    f"{at.lat:g}, {at.lon:g} is the centre of {place.name}, not a {site.kind}",
                    "give its address or its OpenStreetMap object, or write method: town with "
                    f"uncertainty_m {METRO_LEAST_M:.0f} or more",
                )
                break


def precision(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a kind, method and radius of doubt that contradict each other."""
    for key, site, at in entry.placed():
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
        yield entry.problem("precision", ("sites", key, "position"), what, then)


def same_point(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse two sites on one point or one map object: a building has one record."""
    for key, _, at in entry.placed():
        for _, _, other, there in () if _vague(at) else book.beside(entry, key, at):
            same_object = at.osm is not None and at.osm == there.osm
            if not _vague(there) and (same_object or (at.lat, at.lon) == (there.lat, there.lon)):
                yield entry.problem(
                    "same-point",
                    ("sites", key, "position"),
                    f"{at.osm if same_object else f'{at.lat:g}, {at.lon:g}'} is the point of {other.id} too",
                    "refer to that site, or find where this one really stands",
                )


def twin(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Warn of two providers' buildings on one spot: they may be one building."""
    for key, _, at in entry.placed():
        for other_entry, _, other, there in () if _vague(at) else book.beside(entry, key, at):
            if (
                _vague(there)
                or other_entry.path.parent == entry.path.parent
                or (at.osm and at.osm == there.osm)
            ):
                continue
            metres = distance_m(at, there)
            if 0 < metres <= TWIN_M:
                yield entry.problem(
                    "twin",
                    ("sites", key, "position"),
                    f"{metres:.0f} m from {other.id}",
                    "if both are one building, keep one record and refer to it",
                    "warning",
                )


def _vague(at: Position) -> bool:
    return at.method in ("campus", "town")


def campus_spread(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a campus whose buildings stand apart."""
    first: dict[str, tuple[Site, Position]] = {}
    for key, site, at in entry.placed():
        if site.campus is None:
            continue
        other, there = first.setdefault(site.campus, (site, at))
        km = distance_m(at, there) / 1000
        if km * 1000 > CAMPUS_MOST_M + at.uncertainty_m + there.uncertainty_m:
            yield entry.problem(
                "campus-spread",
                ("sites", key, "campus"),
                f"{km:.1f} km from {other.id} of the same campus",
                "correct a position, or make two campuses of it",
            )
