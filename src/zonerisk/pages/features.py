"""Features: the points, discs, lines and areas of a verdict on a map and as GeoJSON, with their words."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, NamedTuple

from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.frames import split_at_antimeridian
from zonerisk.core.geometry import Interval, circle_points, closest, least_rtt_ms
from zonerisk.core.model import Evidence, Incident, Site
from zonerisk.core.verdict import Outcome, Place, Verdict
from zonerisk.judging.independence import VAGUE_M
from zonerisk.words import phrases

_Places = Mapping[str, Sequence[tuple["Place", "Point"]]]
Shape = Literal["point", "disc", "line", "area", "areas"]
# No region has so many sites; around a map of many regions the line would mean nothing.
_MOST_CENTRES = 250
# A straight line longer than this bends visibly on the globe: it is drawn in legs.
_LEG_M = 100_000.0
# What stands at one point still needs an outline to be seen, and one of places far apart room around each.
_MARGIN_M, _ROOM = 60.0, 0.03
# Sites no farther apart are outlined together: an outline from town to town would read as a line.
_TOGETHER_M = 1000.0
_STEPS = 64
# Six decimals are a decimetre: finer than any position of the catalogue.
_DECIMALS = 6


class Point(NamedTuple):
    """A place in degrees; a longitude may pass 180 where its feature crosses it."""

    lat: float
    lon: float


@dataclass(frozen=True)
class Feature:
    """Something to draw: of which record, how it was judged, and plain values ready to be shown.

    The points are a point, a disc's centre, a line, or the closed outline of an area, which may leave out
    holes; of areas the holes are the other outlines. A site has the first zone that it serves, and the radius
    of the disc that it may stand in; an object, a station or circuit the risks that speak of it.
    """

    kind: str
    id: str
    name: str
    shape: Shape
    points: tuple[Point, ...]
    uncertainty_m: float | None = None
    outcome: Outcome | None = None
    zone: str | None = None
    holes: tuple[tuple[Point, ...], ...] = ()
    words: Mapping[str, str | float | None] = field(default_factory=dict)
    risks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What the catalogue knows around a verdict.

    Names are by id, of zones and regions too; evidence is cited for the sites that were out of service on the
    verdict's day; recovery has the nearest known site of each region that it may go to; files those of the
    records that were read, by region. Layers are None where none was asked for.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    retired: tuple[Site, ...] = ()
    cited: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    recovery: Mapping[str, Site] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    landmarks: tuple[Feature, ...] = ()
    layers: tuple[str, ...] | None = None
    supplies: tuple[Feature, ...] = ()

    def name(self, key: str) -> str:
        """Name a zone, site or region; without a name, the last part of its id."""
        return self.names.get(key) or key.rpartition("/")[2]

    def joined(self, keys: Iterable[str]) -> str:
        """Name several, in one text."""
        return phrases.names([*map(self.name, keys)])

    def drawn(self, risks: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Return kind and id of what is drawn of shared risks; without any, of the stations."""
        wanted = dict.fromkeys(risks)
        rows = [row for row in (*self.landmarks, *self.supplies) if row.points]
        parts = [row for row in rows if not wanted.keys().isdisjoint(row.risks)]
        if not wanted:
            parts = [row for row in rows if row.kind == "station"]
        keys = dict.fromkeys((row.kind, row.id) for row in parts)
        return (*(("shared-risk", risk) for risk in wanted), *keys)


def named(verdict: Verdict) -> Setting:
    """Return the setting of a verdict alone, without a catalogue: what its places are called."""
    names = {place.id: place.name for place in verdict.places}
    return Setting(names=names | {verdict.target: verdict.name})


def build_features(verdict: Verdict, around: Setting | None = None) -> list[Feature]:
    """List all that can be drawn of a verdict, what lies undermost first."""
    around = around or named(verdict)
    places = index_places(verdict)
    recovery, sites = list(_recovery(verdict, around)), list(_sites(verdict, around))
    return [
        *_limit(verdict),
        *around.landmarks,
        *recovery,
        *_spread(verdict),
        *_risks(verdict, around, places),
        *_discs([*recovery, *sites]),
        *(row for row in around.supplies if row.kind == "circuit"),
        *_lines(verdict, around, places),
        *_retired(around),
        *(row for row in around.supplies if row.kind == "station" and row.points),
        *sites,
    ]


def placed(verdict: Verdict) -> list[tuple[Place, Point]]:
    """List the places of which it is known where they stand."""
    places = [(place, place.lat, place.lon) for place in verdict.places]
    return [(place, Point(lat, lon)) for place, lat, lon in places if lat is not None and lon is not None]


def index_places(verdict: Verdict) -> dict[str, list[tuple[Place, Point]]]:
    """List the places with a position that each zone's, site's or region's id stands for."""
    index: dict[str, list[tuple[Place, Point]]] = {}
    for place, at in placed(verdict):
        for member in dict.fromkeys((place.id, verdict.target, *place.zones)):
            index.setdefault(member, []).append((place, at))
    return index


def _sites(verdict: Verdict, around: Setting) -> Iterator[Feature]:
    for place, at in placed(verdict):
        zones = ", ".join(map(around.name, place.zones))
        words = {"site_kind": place.kind, "zones": zones, "method": place.method}
        doubt, zone = place.uncertainty_m, place.zones[0] if place.zones else None
        yield Feature("site", place.id, place.name, "point", (at,), doubt, zone=zone, words=words)


def _discs(points: Iterable[Feature]) -> Iterator[Feature]:
    """Draw where a site may stand, of those in regions that recovery may go to as well."""
    for point in points:
        if point.uncertainty_m:
            name = f"{point.words.get('site', point.name)}: where it may stand"
            yield Feature("disc", point.id, name, "disc", point.points, point.uncertainty_m, zone=point.zone)


def _lines(verdict: Verdict, around: Setting, places: _Places) -> Iterator[Feature]:
    """Draw each pair between the two of its sites that stand nearest to each other."""
    risks = {risk.id: f"{risk.kind} ({risk.grade})" for risk in verdict.shared_risks}
    for pair in verdict.policy.separations:
        ours, theirs = ([at for _, at in places.get(zone, ())] for zone in (pair.a, pair.b))
        if ours and theirs:
            words: dict[str, str | float | None] = {
                **_ends("distance_m", pair.distance_m),
                **_ends("fibre_m", pair.fibre_m),
                "rtt_ms_least": least_rtt_ms(pair.distance_m),
                "rtt_ms_measured": pair.measured_ms,
                "shared": ", ".join(dict.fromkeys(risks.get(risk, risk) for risk in pair.shared)),
            }
            key, name = f"{pair.a} {pair.b}", f"{around.name(pair.a)} to {around.name(pair.b)}"
            line = path(*(Point(*at) for at in closest(ours, theirs)))
            yield Feature("separation", key, name, "line", line, outcome=pair.outcome, words=words)


def _ends(name: str, span: Interval) -> dict[str, float | None]:
    return {f"{name}_low": span.low, f"{name}_best": span.best, f"{name}_high": span.high}


def _risks(verdict: Verdict, around: Setting, places: _Places) -> Iterator[Feature]:
    """Outline the sites that each shared risk hits."""
    outline = cache(outlines)
    for risk in sorted(verdict.shared_risks, key=lambda risk: -len(risk.members)):
        hit = {place.id: (place, at) for member in risk.members for place, at in places.get(member, ())}
        if hit:
            area, *holes = outline(tuple((at, place.uncertainty_m or 0.0) for place, at in hit.values()))
            members = ", ".join(map(around.name, risk.members))
            words = {"risk_kind": risk.kind, "grade": risk.grade, "members": members}
            made = Feature("shared-risk", risk.id, risk.message, "areas", area, outcome=risk.outcome)
            yield replace(made, holes=tuple(holes), words=words)


def _spread(verdict: Verdict) -> Iterator[Feature]:
    """Outline the buildings in any of which a zone may stand, where one is in no known place."""
    standing = verdict.independence
    tied = {key for place in verdict.places for key in (place.id, *place.zones)}
    if standing.spread and not tied.issuperset(standing.domains):
        count, wide = phrases.count(standing.spread.buildings, "known building"), standing.spread.diameter_m
        known = [(at, 2 * _ROOM * wide) for _, at in known_buildings(verdict)]
        name = f"{count} within {phrases.distance(wide)}"
        for area in outlines(known, apart=False) if known else ():
            yield Feature("spread", verdict.target, name, "area", area)


def known_buildings(verdict: Verdict) -> Iterator[tuple[str, Point]]:
    """List id and place of the buildings that a zone may stand in and whose spread is told."""
    for place, at in placed(verdict):
        if place.kind == "building" and (place.uncertainty_m or 0) <= VAGUE_M:
            yield place.id, at


def named_cause(verdict: Verdict) -> str:
    """Return in a few words what decides a verdict; empty where nothing is shared."""
    cause, record = verdict.independence.cause, verdict.record
    if cause.kind != "incident" or not cause.risk:
        return f"one {cause.kind}" if cause.risk else ""
    # An event that several records tell of goes by a name of its own: it is the one that took several.
    keys = [cause.risk.partition(":")[2], *reversed(record.several)]
    known = {event.id: event for event in record.incidents}
    event = next((known[key] for key in keys if key in known), None)
    return f"{event.cause} {event.start[:4]}" if event else "one event"


def _limit(verdict: Verdict) -> Iterator[Feature]:
    """Draw the line beyond which every point is as far from all of the sites as the policy asks."""
    import shapely

    centres = [at for _, at in placed(verdict)]
    asked = (finding.threshold for finding in verdict.policy.findings if finding.rule == "dr")
    km = next((threshold.value for threshold in asked if threshold), None)
    if km is None or not 0 < len(centres) <= _MOST_CENTRES:
        return
    origin = centres[0].lon
    circles = (circle(turned(centre, origin), km * 1000) for centre in dict.fromkeys(centres))
    areas = [shapely.Polygon([at[::-1] for at in ring]) for ring in circles]
    for area in shapely.get_parts(shapely.union_all(areas)):
        ring = tuple(Point(lat, lon) for lon, lat in area.exterior.coords)
        name = f"{km:g} km from the nearest site"
        yield Feature("dr-limit", verdict.target, name, "area", ring, words={"km": km})


def _recovery(verdict: Verdict, around: Setting) -> Iterator[Feature]:
    for option in verdict.recovery:
        site = around.recovery.get(option.target)
        if site and (at := site.position):
            words = {"message": option.message, "site": site.name, **_ends("distance_m", option.distance_m)}
            name, point, doubt = around.name(option.target), (Point(at.lat, at.lon),), at.uncertainty_m
            key, outcome = option.target, option.outcome
            yield Feature("dr-region", key, name, "point", point, doubt, outcome, words=words)


def _retired(around: Setting) -> Iterator[Feature]:
    for site in around.retired:
        if at := site.position:
            words, point = {"fate": site.fate or "out of service", "until": site.until}, Point(at.lat, at.lon)
            yield Feature("retired", site.id, site.name, "point", (point,), at.uncertainty_m, words=words)


def turned(at: Point, origin: float) -> Point:
    """Move a longitude by whole turns to within 180 degrees of another."""
    return Point(at.lat, at.lon - 360 * round((at.lon - origin) / 360))


def circle(centre: Point, radius_m: float) -> tuple[Point, ...]:
    """Return points at a geodesic distance from a centre: closed, counterclockwise, unbroken.

    A circle around a pole ends a whole turn from where it began.
    """
    return _unbroken(centre, circle_points(*centre, radius_m, _STEPS))[1:]


def path(a: Point, b: Point) -> tuple[Point, ...]:
    """Follow the geodesic between two points in legs short enough to look right."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    legs = int(geod.inv(a.lon, a.lat, b.lon, b.lat)[2] // _LEG_M)
    between = geod.npts(a.lon, a.lat, b.lon, b.lat, legs) if legs else []
    return _unbroken(a, [*((lat, lon) for lon, lat in between), b])


def _unbroken(start: Point, points: Iterable[tuple[float, float]]) -> tuple[Point, ...]:
    line = [start]
    for point in points:
        line.append(turned(Point(*point), line[-1].lon))
    return tuple(line)


def outlines(discs: Sequence[tuple[Point, float]], *, apart: bool = True) -> list[tuple[Point, ...]]:
    """Outline discs by their centres and radii, metres, counterclockwise, most of them first.

    Those far ``apart`` have outlines of their own, with room around each; else all are in one, without.
    """
    import numpy as np
    import shapely
    from pyproj import Proj

    rows = np.array([(lon, lat, radius) for (lat, lon), radius in discs])
    # As seen from the first no distance from it is off, nor any around it.
    flat: Any = Proj(proj="aeqd", ellps="WGS84", lon_0=rows[0, 0], lat_0=rows[0, 1])
    spots, radii = np.column_stack(flat(*rows[:, :2].T)), rows[:, 2]
    owner, room = np.zeros(len(rows), int), 0.0
    if apart:
        room = _ROOM * float(np.hypot(*np.ptp(spots, axis=0)))
        grown = shapely.buffer(shapely.points(spots), radii + max(_TOGETHER_M / 2, 2 * room))
        groups = shapely.STRtree(shapely.get_parts(shapely.union_all(grown)))
        owner = groups.query(shapely.points(spots), "within")[1]
    rings = []
    for key, _ in Counter(owner.tolist()).most_common():
        mine = owner == key
        areas = []
        for radius in np.unique(radii[mine]):
            # Of discs of one size only those at the corners bear on the outline.
            hull = shapely.convex_hull(shapely.multipoints(spots[mine & (radii == radius)]))
            corners = shapely.points(np.unique(shapely.get_coordinates(hull), axis=0))
            areas += [*shapely.buffer(corners, radius + room + _MARGIN_M, quad_segs=_STEPS // 4)]
        ring = shapely.convex_hull(shapely.geometrycollections(areas)).normalize().exterior.reverse()
        lons, lats = flat(*ring.xy, inverse=True)
        rings.append(_unbroken(discs[0][0], zip(lats, lons, strict=True))[1:])
    return rings


def feature_collection(verdict: Verdict, around: Setting | None = None) -> dict[str, Any]:
    """Return a verdict's features as RFC 7946 GeoJSON: sites, discs, separations, shared risks, recovery.

    Outlines turn counterclockwise; what crosses the antimeridian is cut there. Discs are polygons of 64
    corners on the geodesic circle. The setting adds names, retired sites and where recovery may go.
    """
    features: list[dict[str, Any]] = []
    for row in build_features(verdict, around):
        head = {"kind": row.kind, "record": row.id, "name": row.name, "outcome": row.outcome}
        words = {**head, "zone": row.zone, "uncertainty_m": row.uncertainty_m, **row.words}
        key = f"{row.kind}:{row.id}"
        features.append({"type": "Feature", "id": key, "geometry": geometry(row), "properties": words})
    for place in verdict.places:
        if place.lat is None:
            key, words = f"site:{place.id}", {"kind": "site", "record": place.id, "name": place.name}
            features.append({"type": "Feature", "id": key, "geometry": None, "properties": words})
    return {"type": "FeatureCollection", "name": verdict.target, "features": features}


def incident_collection(catalog: Catalog, incidents: Iterable[Incident]) -> dict[str, Any]:
    """Return incidents as GeoJSON: at the sites that were hit, else at those of the zones or the region.

    ``place`` says which of these the points are; only ``sites`` are known to have been hit.
    """
    features = []
    for event in incidents:
        parts = (key.partition("/") for key in event.zones)
        zones = [catalog.region(region).zones.get(zone) for region, _, zone in parts]
        keys = {
            "sites": event.sites,
            "zones": [site for zone in zones if zone for site in zone.sites],
            "regions": [site for region in event.regions for site in catalog.region(region).site_ids],
        }
        placed = {
            place: [[at.lon, at.lat] for key in dict.fromkeys(sites) if (at := catalog.site(key).position)]
            for place, sites in keys.items()
        }
        place, points = next(((place, points) for place, points in placed.items() if points), (None, []))
        shape = {"type": "MultiPoint", "coordinates": points} if points else None
        properties = {
            **event.model_dump(mode="json", by_alias=True, exclude={"evidence", "shares"}),
            "grade": event.grade,
            "hours": event.duration_h,
            "place": place,
            "sources": [piece.url for piece in event.cited if piece.url],
        }
        features.append({"type": "Feature", "id": event.id, "properties": properties, "geometry": shape})
    return {"type": "FeatureCollection", "attribution": catalog.edition.attribution, "features": features}


def geometry(feature: Feature) -> dict[str, Any]:
    """Return a feature's shape as a GeoJSON geometry, cut at the antimeridian."""
    import shapely
    from shapely.geometry.polygon import orient

    points, radius = feature.points, feature.uncertainty_m or 0.0
    points = circle(points[0], radius) if feature.shape == "disc" else points
    first, *others = ([(lon, lat) for lat, lon in ring] for ring in (points, *feature.holes))
    if feature.shape in ("point", "line"):
        shapes: list[Any] = [shapely.Point(first) if feature.shape == "point" else shapely.LineString(first)]
    elif feature.shape == "areas":
        shapes = [shapely.Polygon(ring) for ring in (first, *others)]
    else:
        if abs(first[-1][0] - first[0][0]) > 180:  # Around a pole.
            pole = math.copysign(90.0, first[0][1])
            first += [(first[-1][0], pole), (first[0][0], pole)]
        shapes = [shapely.Polygon(first, others)]
    # What lies within is left as it was drawn.
    cut = [
        shape if max(map(abs, shape.bounds[::2])) <= 180 else shapely.union_all(split_at_antimeridian(shape))
        for shape in shapes
    ]
    parts = [part for part in shapely.get_parts(cut) if part.geom_type == shapes[0].geom_type]
    if shapes[0].geom_type == "Polygon":
        parts = [orient(part) for part in parts]
    several = shapely.multilinestrings if feature.shape == "line" else shapely.multipolygons
    whole = shapely.transform(several(parts) if len(parts) > 1 else parts[0], lambda at: at.round(_DECIMALS))
    made: dict[str, Any] = json.loads(shapely.to_geojson(whole))
    return made
