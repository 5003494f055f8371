"""Supplies as a map shows them: stations around a verdict's sites, and the circuits between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from zonerisk.core.samples import YARD_M, Spot
from zonerisk.judging import power
from zonerisk.judging.arrangement import site_units, zone_units
from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.samples import Chart, Line, Sample
    from zonerisk.core.verdict import SharedRisk, Verdict

# RTE's codes were joined to OpenStreetMap's objects within this distance of RTE's own points.
TIED_M = 600.0
NEAR = "near, not known to feed"
_OSM = "Stations: \u00a9 OpenStreetMap contributors, ODbL"
_RTE = "French names and circuits: RTE, Licence Ouverte 2.0"


@dataclass(frozen=True)
class Station:
    """A station that a verdict gives reason to name.

    It is drawn where OpenStreetMap has it, if it has: as which object, and when that was read. In words: its
    standing to the sites, and how near it is to which. Shared risks speak of it; it is the top of some.
    """

    id: str
    label: str
    at: tuple[float, float] | None
    doubt_m: float
    osm: str
    mapped: str
    standing: str
    near: str
    risks: tuple[str, ...]
    tops: tuple[str, ...]

    @property
    def attribution(self) -> str:
        """Whom its position and its name are from."""
        return f"{_OSM}; {_RTE}" if self.id.startswith("rte/") else _OSM


@dataclass(frozen=True)
class Leg:
    """Circuits between two stations that are placed; between may be others that are not."""

    stations: tuple[Station, ...]
    codes: tuple[str, ...]
    risks: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its stations' ids."""
        return " ".join(station.id for station in self.stations)


@dataclass(frozen=True)
class Supplies:
    """What is on record of the power supply around a verdict's sites, ready to be drawn."""

    stations: tuple[Station, ...] = ()
    legs: tuple[Leg, ...] = ()

    @property
    def unplaced(self) -> list[str]:
        """Name the stations that cannot be drawn."""
        return [station.label for station in self.stations if station.at is None]

    def drawn(self, risks: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return kind and id of what is drawn of some shared risks; without any, every station."""
        wanted = set(risks)
        stations = [
            ("station", station.id)
            for station in self.stations
            if station.at and (not wanted or wanted.intersection(station.risks))
        ]
        legs = [("circuit", leg.id) for leg in self.legs if wanted.intersection(leg.risks)]
        return (*stations, *legs)


def around(catalog: Catalog, verdict: Verdict) -> Supplies:
    """Gather the stations near a verdict's sites, those above them, and the ways there."""
    sample, chart = catalog.supply, catalog.supply_chart
    region, named = catalog.region(verdict.target), catalog.sites_of(verdict.target)
    units = (site_units if verdict.units == "sites" else zone_units)(region, named, verdict.as_of)
    asked = next((finding.threshold for finding in verdict.policy.findings if finding.rule == "power"), None)
    hops = int(asked.value) if asked else power.HOPS
    feeds = power.stated("power", catalog.owners(verdict.target), verdict.as_of)
    ways = power.lines(units, feeds, sample, hops)
    lines = [(risk, line) for risk in verdict.shared_risks for line in ways.get(risk.id, ())]
    near: dict[str, list[str]] = {}
    for place in verdict.places:
        there = sample.neighbourhood(catalog.site(place.id))
        for station in there.near if there else ():
            near.setdefault(station.station, []).append(f"{place.name} {station.distance_m / 1000:.1f} km")
    stated: dict[str, list[str]] = {}
    for feed, _, sites in feeds.values():
        if feed.station and not sites.isdisjoint(place.id for place in verdict.places):
            stated.setdefault(feed.station, []).append(feed.name)
    ids = dict.fromkeys([*near, *stated, *(key for _, line in lines for key in line)])
    stations = {
        key: _station(key, sample, chart, lines, near.get(key, ()), stated.get(key, ())) for key in ids
    }
    return Supplies(tuple(stations.values()), tuple(_legs(lines, stations, chart)))


def _station(
    key: str,
    sample: Sample,
    chart: Chart,
    lines: Iterable[tuple[SharedRisk, Line]],
    near: Iterable[str],
    stated: Iterable[str],
) -> Station:
    spot, source = _spot(key, sample, chart)
    mine = {risk.id: risk for risk, line in lines if key in line}
    tops = tuple(dict.fromkeys(risk.id for risk, line in lines if line[-1] == key))
    if stated:
        standing = f"stated in the record: {'; '.join(stated)}"
    elif near:
        standing = NEAR
    elif not tops:
        standing = "on a way between stations, by circuits"
    elif all(mine[key].grade == "C" for key in tops):
        standing = "above stations that are near, by circuits; not known to feed"
    else:
        standing = "above the stated stations, by circuits"
    return Station(
        key,
        spot.label,
        spot.at,
        TIED_M if key.startswith("rte/") else YARD_M,
        spot.osm,
        sample.sources[source].read if spot.at and source in sample.sources else "",
        standing,
        phrases.names(list(near)) if near else "",
        tuple(mine),
        tops,
    )


def _spot(key: str, sample: Sample, chart: Chart) -> tuple[Spot, str]:
    """Find where a station stands, and which source has it there."""
    if key in chart.spots:
        return chart.spots[key], "positions"
    label = sample.label(key)
    kind, _, place = key.partition("/")
    if kind != "at":
        return Spot(label, "", None), ""
    # The stations of 2016 have no id but their place.
    lat, lon = map(float, place.split(","))
    return Spot(label, "", (lat, lon)), "stations-osm2016"


def _legs(
    lines: Iterable[tuple[SharedRisk, Line]], stations: Mapping[str, Station], chart: Chart
) -> Iterator[Leg]:
    """Join each station of a line to the next that has a place, each such leg once."""
    legs: dict[Line, list[str]] = {}
    for risk, line in lines:
        placed = [index for index, key in enumerate(line) if stations[key].at]
        for first, last in pairwise(placed):
            part = line[first : last + 1]
            risks = legs.setdefault(min(part, part[::-1]), [])
            if risk.id not in risks:
                risks.append(risk.id)
    for part, risks in legs.items():
        ends = [(min(pair), max(pair)) for pair in pairwise(part)]
        codes = tuple(code for pair in ends for code in chart.circuits.get(pair, ()))
        yield Leg(tuple(stations[key] for key in part), codes, tuple(risks))
