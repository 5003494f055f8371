"""Surroundings: what the catalogue and the layers of this machine know around a verdict's sites."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from zonerisk.core.geometry import closest
from zonerisk.core.kinds import KINDS
from zonerisk.core.samples import YARD_M, Chart, Line, Spot
from zonerisk.core.verdict import SharedRisk, Verdict, worst
from zonerisk.judging import power
from zonerisk.judging.arrangement import site_units, zone_units
from zonerisk.pages import features
from zonerisk.pages.features import Feature, Point, Setting, Shape, circle, path
from zonerisk.words import phrases

if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.layers.cards import Card

# Areas are drawn this far around the sites, degrees (about 6 km); objects farther out.
_AREA_MARGIN = 0.06
_OBJECT_MARGIN = 0.6
# Thinned to about 3 m: finer than any layer's stated error.
_TOLERANCE = 0.00003
_VECTORS = (".geojson", ".json", ".gpkg", ".fgb", ".shp", ".zip", ".csv", ".gz")

# RTE's codes were joined to OpenStreetMap's objects within this distance of RTE's own points.
TIED_M = 600.0
NEAR = "near, not known to feed"
_OSM = "Stations: \u00a9 OpenStreetMap contributors, ODbL"
_RTE = "French names and circuits: RTE, Licence Ouverte 2.0"


def setting(
    catalog: Catalog, verdict: Verdict, cache: Path | None = None, raw: Path | None = None
) -> Setting:
    """Gather what the catalogue knows around a verdict; with a cache, what the layers kept there map, too.

    Every area around its sites (flood zones), and of objects (rivers, plants, runway axes) those that are a
    shared risk of the verdict. Layers that are not on this machine, and rasters, give nothing: the map then
    outlines the sites that a risk hits. A damaged file is an error.
    """
    region = catalog.region(verdict.target)
    names = {zone.id: zone.name or zone.id.rpartition("/")[2] for zone in region.zones.values()}
    names |= {place.id: place.name for place in verdict.places} | {region.id: region.name}
    owners = dict.fromkeys([region.id, *(place.id.partition("/")[0] for place in verdict.places)])
    recovery, files = {}, {owner: catalog.file_name(owner) for owner in owners}
    # The region's other sites stand beside the first: none of another region is nearer to them.
    ours = [at for _, at in features.placed(verdict)[:1]]
    for option in verdict.recovery:
        peer = catalog.region(option.target)
        names[peer.id] = peer.name
        sites = sorted(map(catalog.site, peer.site_ids), key=lambda site: site.id, reverse=True)
        site_at = {(site.position.lat, site.position.lon): site for site in sites if site.position}
        if ours and site_at:
            recovery[peer.id] = site_at[closest(ours, site_at)[1]]
    shown, day = {place.id for place in verdict.places}, verdict.as_of
    retired = tuple(
        site
        for site in region.sites.values()
        if site.position and site.id not in shown and not site.holds(day) and site.until and site.until <= day
    )
    cited = {site.id: region.cite_site(site.id.partition("/")[2]) for site in retired}
    made = Setting(names, retired, cited, recovery, files, supplies=supplies(catalog, verdict))
    if not cache:
        return made
    from zonerisk.layers import cards, store

    installed: list[tuple[Card, list[Path]]] = []
    for card in cards.known(catalog.roots).values():
        stored = store.locate(card, cache, raw) if card.measure != "stated" else ()
        if paths := [row.path for row in stored if row.file.role == "data" and row.path.suffix in _VECTORS]:
            installed.append((card, paths))
    drawn = tuple(_landmarks(verdict, installed))
    return replace(made, landmarks=drawn, layers=tuple(card.name for card, _ in installed))


def _landmarks(verdict: Verdict, installed: Iterable[tuple[Card, list[Path]]]) -> Iterator[Feature]:
    """Draw what layers map: areas, and the objects that sites share, with the rings that the policy asks."""
    import shapely

    from zonerisk.layers import files, sampling

    places = [at for _, at in features.placed(verdict)]
    # Ids of shared risks read ``kind:layer/object``.
    shared = {risk.id.partition(":")[2] for risk in verdict.shared_risks}
    asked = {finding.rule: finding.threshold for finding in verdict.policy.findings if finding.threshold}
    west, south, east, north = shapely.MultiPoint([(lon, lat) for lat, lon in places]).bounds
    for card, paths in installed if places else ():
        area = card.measure == "area"
        if not area and not any(key.startswith(f"{card.id}/") for key in shared):
            continue
        margin = _AREA_MARGIN if area else _OBJECT_MARGIN
        box = (west - margin, south - margin, east + margin, north + margin)
        frames = [files.read(file, card.reading, box) for file in paths]
        if area:
            cuts = (_parts(frame.geometry.to_numpy(), box) for frame in frames)
            for part in chain.from_iterable(cuts):
                if part.geom_type == "Polygon":
                    yield _landmark(card, card.id, card.noun, part)
            continue
        things = [thing for frame in frames for thing in sampling.named(card, frame, {})]
        limit = asked.get(KINDS[card.kind].rule or "")
        for key in sorted({thing.id for thing in things if f"{card.id}/{thing.id}" in shared}):
            rows = [thing for thing in things if thing.id == key]
            name = next((thing.name for thing in rows if thing.name), card.noun)
            for part in _parts([thing.shape for thing in rows], box):
                yield _landmark(card, f"{card.id}/{key}", name, part)
                if part.geom_type == "Point" and limit and limit.unit == "km":
                    ring = circle(Point(part.y, part.x), limit.value * 1000)
                    around = f"{limit.value:g} km around {name}"
                    disc = shapely.Polygon([(lon, lat) for lat, lon in ring])
                    yield _landmark(card, f"{card.id}/{key}/ring", around, disc, ring="yes")


def _parts(shapes: Any, box: tuple[float, float, float, float]) -> list[Any]:
    import shapely

    whole = shapely.simplify(shapely.union_all(shapely.clip_by_rect(shapes, *box)), _TOLERANCE)
    return [part for part in shapely.get_parts(whole) if not part.is_empty]


def _landmark(card: Card, key: str, name: str, part: Any, ring: str = "") -> Feature:
    from shapely.geometry.polygon import orient

    shape: Shape = "point" if part.geom_type == "Point" else "area" if part.geom_type == "Polygon" else "line"
    whole = orient(part) if shape == "area" else part
    lines = [whole.exterior, *whole.interiors] if shape == "area" else [whole]
    points, *holes = (tuple(Point(lat, lon) for lon, lat, *_ in line.coords) for line in lines)
    words: dict[str, str | float | None] = {
        "risk_kind": card.kind,
        "layer": card.name,
        "layer_error_m": card.error_m,
        "attribution": card.attribution,
        "ring": ring,
    }
    risks = (f"{card.kind}:{key}",)
    return Feature("landmark", key, name, shape, points, holes=tuple(holes), words=words, risks=risks)


def supplies(catalog: Catalog, verdict: Verdict) -> tuple[Feature, ...]:
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
    near: dict[str, list[str]] = defaultdict(list)
    for place in verdict.places:
        there = sample.neighbourhood(catalog.site(place.id))
        for station in there.near if there else ():
            near[station.station].append(f"{place.name} {phrases.distance(station.distance_m)}")
    stated: dict[str, list[str]] = defaultdict(list)
    for feed, _, sites in feeds.values():
        if feed.station and not sites.isdisjoint(place.id for place in verdict.places):
            stated[feed.station].append(feed.name)
    stations: dict[str, Feature] = {}
    for key in dict.fromkeys([*near, *stated, *(key for _, line in lines for key in line)]):
        spot, source, rte = chart.spots.get(key), "positions", key.startswith("rte/")
        if not spot:
            # The stations of 2016 have no id but their place.
            at: Any = tuple(map(float, key[3:].split(","))) if key.startswith("at/") else None
            spot, source = Spot(sample.label(key), "", at), "stations-osm2016"
        tops = [risk for risk, line in lines if line[-1] == key]
        if key in stated:
            standing = f"stated in the record: {'; '.join(stated[key])}"
        elif key in near:
            standing = NEAR
        elif not tops:
            standing = "on a way between stations, by circuits"
        elif all(risk.grade == "C" for risk in tops):
            standing = "above stations that are near, by circuits; not known to feed"
        else:
            standing = "above the stated stations, by circuits"
        words = {
            "standing": standing,
            "near": phrases.names(near[key]) if key in near else "",
            "osm": spot.osm,
            "mapped": sample.sources[source].read if spot.at and source in sample.sources else "",
            "attribution": f"{_OSM}; {_RTE}" if rte else _OSM,
        }
        stations[key] = Feature(
            "station",
            key,
            spot.label,
            "point",
            (Point(*spot.at),) if spot.at else (),
            TIED_M if rte else YARD_M,
            # One that risks are shared at has their outcome.
            worst([risk.outcome for risk in tops]) if tops else None,
            words=words,
            risks=tuple(dict.fromkeys(risk.id for risk, line in lines if key in line)),
        )
    return (*_circuits(lines, stations, chart), *stations.values())


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
        key, name = " ".join(part), f"{first.name} to {last.name}"
        drawn = path(first.points[0], last.points[0])
        outcome, of = worst([risk.outcome for risk in risks.values()]), tuple(risks)
        yield Feature("circuit", key, name, "line", drawn, outcome=outcome, words=words, risks=of)
