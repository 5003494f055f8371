"""Supplies as a map shows them: stations around a verdict's sites, and the circuits between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from zonerisk.core.samples import YARD_M, Chart, Line, Sample, Spot
from zonerisk.core.verdict import SharedRisk, Verdict, worst
from zonerisk.judging import power
from zonerisk.judging.arrangement import site_units, zone_units
from zonerisk.pages.features import Feature, Point, path
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog

# RTE's codes were joined to OpenStreetMap's objects within this distance of RTE's own points.
TIED_M = 600.0
NEAR = "near, not known to feed"
_OSM = "Stations: \u00a9 OpenStreetMap contributors, ODbL"
_RTE = "French names and circuits: RTE, Licence Ouverte 2.0"


def around(catalog: Catalog, verdict: Verdict) -> tuple[Feature, ...]:
    """Draw the circuits and stations near a verdict's sites, and the ways to those above them.

    A station is drawn where OpenStreetMap has it; one that it has not is named, without a point.
    """
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
    return (*_circuits(lines, stations, chart), *stations.values())


def _station(
    key: str,
    sample: Sample,
    chart: Chart,
    lines: Iterable[tuple[SharedRisk, Line]],
    near: Iterable[str],
    stated: Iterable[str],
) -> Feature:
    """Draw a station, and say how it stands to the sites; one that risks are shared at has their outcome."""
    spot, source = _spot(key, sample, chart)
    mine = {risk.id: risk for risk, line in lines if key in line}
    tops = [risk for risk, line in lines if line[-1] == key]
    if stated:
        standing = f"stated in the record: {'; '.join(stated)}"
    elif near:
        standing = NEAR
    elif not tops:
        standing = "on a way between stations, by circuits"
    elif all(risk.grade == "C" for risk in tops):
        standing = "above stations that are near, by circuits; not known to feed"
    else:
        standing = "above the stated stations, by circuits"
    words = {
        "standing": standing,
        "near": phrases.names(list(near)) if near else "",
        "osm": spot.osm,
        "mapped": sample.sources[source].read if spot.at and source in sample.sources else "",
        "attribution": f"{_OSM}; {_RTE}" if key.startswith("rte/") else _OSM,
    }
    at, doubt = (Point(*spot.at),) if spot.at else (), TIED_M if key.startswith("rte/") else YARD_M
    outcome = worst([risk.outcome for risk in tops]) if tops else None
    return Feature("station", key, spot.label, "point", at, doubt, outcome, words=words, risks=tuple(mine))


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


def _circuits(
    lines: Iterable[tuple[SharedRisk, Line]], stations: Mapping[str, Feature], chart: Chart
) -> Iterator[Feature]:
    """Draw circuits from each station that has a place to the next: nobody says where they run."""
    legs: dict[Line, dict[str, SharedRisk]] = {}
    for risk, line in lines:
        placed = [index for index, key in enumerate(line) if stations[key].points]
        for start, end in pairwise(placed):
            part = line[start : end + 1]
            legs.setdefault(min(part, part[::-1]), {})[risk.id] = risk
    for part, risks in legs.items():
        first, *via, last = (stations[key] for key in part)
        ends = [(min(pair), max(pair)) for pair in pairwise(part)]
        words = {
            "codes": ", ".join(code for pair in ends for code in chart.circuits.get(pair, ())),
            "via": ", ".join(station.name for station in via),
            "note": "Circuits known by their codes; the line is not their route.",
            "attribution": last.words["attribution"],
        }
        name, drawn = f"{first.name} to {last.name}", path(first.points[0], last.points[0])
        outcome = worst([risk.outcome for risk in risks.values()])
        yield Feature(
            "circuit", " ".join(part), name, "line", drawn, outcome=outcome, words=words, risks=tuple(risks)
        )
