"""What a verdict looks like on a map: points, discs, lines and areas, each with its words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from zonerisk.core.geometry import distance_m
from zonerisk.core.model import Position
from zonerisk.core.verdict import worst
from zonerisk.judging.separation import least_rtt_ms
from zonerisk.pages import supplies
from zonerisk.pages.supplies import Supplies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Evidence, Region, Site
    from zonerisk.core.verdict import Outcome, Place, Verdict


# A straight line longer than this bends visibly on the globe: it is drawn in legs.
_LEG_M = 100_000.0
# What stands at one point still needs an outline to be seen.
_MARGIN_M = 60.0
_STEPS = 64


class Point(NamedTuple):
    """A place in degrees; a longitude may pass 180 where its feature crosses it."""

    lat: float
    lon: float


def turned(at: Point, origin: float) -> Point:
    """Move a longitude by whole turns to within 180 degrees of another."""
    return Point(at.lat, at.lon - 360 * round((at.lon - origin) / 360))


def circle(centre: Point, radius_m: float, steps: int = _STEPS) -> tuple[Point, ...]:
    """Points at a geodesic distance from a centre: closed, counterclockwise, unbroken.

    A circle around a pole ends a whole turn from where it began.
    """
    from pyproj import Geod

    turns = [-360.0 * step / steps for step in range(steps)]
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [centre.lon] * steps, [centre.lat] * steps, turns, [radius_m] * steps
    )
    ring = [centre]
    for lon, lat in zip((*lons, lons[0]), (*lats, lats[0]), strict=True):
        ring.append(turned(Point(lat, lon), ring[-1].lon))
    return tuple(ring[1:])


def path(a: Point, b: Point) -> tuple[Point, ...]:
    """Follow the geodesic between two points in legs short enough to look right."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    length = geod.inv(a.lon, a.lat, b.lon, b.lat)[2]
    legs = int(length // _LEG_M)
    between = geod.npts(a.lon, a.lat, b.lon, b.lat, legs) if legs else []
    line = [a]
    for lon, lat in (*between, (b.lon, b.lat)):
        line.append(turned(Point(lat, lon), line[-1].lon))
    return tuple(line)


def hull(discs: Sequence[tuple[Point, float]]) -> tuple[Point, ...]:
    """Outline discs by their centres and radii, counterclockwise; empty for none."""
    from shapely import MultiPoint, Polygon
    from shapely.geometry.polygon import orient

    if not discs:
        return ()
    origin = discs[0][0].lon
    points = [
        (lon, lat) for at, radius in discs for lat, lon in circle(turned(at, origin), radius + _MARGIN_M)
    ]
    outline = MultiPoint(points).convex_hull
    assert isinstance(outline, Polygon)
    return tuple(Point(lat, lon) for lon, lat in orient(outline).exterior.coords)


Shape = Literal["point", "disc", "line", "area"]
Kind = Literal[
    "site",
    "disc",
    "separation",
    "shared-risk",
    "dr-limit",
    "dr-region",
    "retired",
    "region",
    "landmark",
    "station",
    "circuit",
]

DR_LIMIT_KM = 300.0
# No region has so many sites; around a map of many regions the line would mean nothing.
_MOST_CENTRES = 250


@dataclass(frozen=True)
class Feature:
    """Something to draw.

    Attributes
    ----------
    kind, id, name
        What it is, which record it comes from, and what to call it.
    shape, points
        A point; a disc's centre; a line; or the closed outline of an area.
    uncertainty_m
        Radius of the disc that a site may stand in, metres.
    outcome
        How it was judged, where it was.
    zone
        The first zone that a site serves.
    holes
        Outlines of what an area leaves out.
    words
        What else is known: plain values, ready to be shown.
    """

    kind: Kind
    id: str
    name: str
    shape: Shape
    points: tuple[Point, ...]
    uncertainty_m: float | None = None
    outcome: Outcome | None = None
    zone: str | None = None
    holes: tuple[tuple[Point, ...], ...] = ()
    words: Mapping[str, str | float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Setting:
    """What the catalogue knows around a verdict.

    Attributes
    ----------
    names
        What zones and regions are called, by id.
    retired, cited
        Sites of the region that were out of service on the verdict's day, and their evidence
        by site id.
    recovery
        The nearest known site of each region that disaster recovery may go to.
    files
        The files of the records that were read, by region id: the region's own, those that its
        sites stand in, and those of the regions that recovery may go to.
    landmarks, layers
        Mapped objects of hazards, and the layers of this machine that were read for them; None
        where none was asked for.
    supplies
        Stations on record around the sites, and the circuits between.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    retired: tuple[Site, ...] = ()
    cited: Mapping[str, tuple[Evidence, ...]] = field(default_factory=dict)
    recovery: Mapping[str, Site] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    landmarks: tuple[Feature, ...] = ()
    layers: tuple[str, ...] | None = None
    supplies: Supplies = field(default_factory=Supplies)

    def name(self, key: str) -> str:
        """Name a zone, site or region; without a name, the last part of its id."""
        return self.names.get(key) or key.rpartition("/")[2]


def setting(catalog: Catalog, verdict: Verdict) -> Setting:
    """Gather what the catalogue knows around a verdict."""
    region = catalog.region(verdict.target)
    names = {zone.id: zone.name or zone.id.rpartition("/")[2] for zone in region.zones.values()}
    names |= {place.id: place.name for place in verdict.places} | {region.id: region.name}
    owners = dict.fromkeys([region.id, *(place.id.partition("/")[0] for place in verdict.places)])
    recovery, files = {}, {owner: catalog.file_name(owner) for owner in owners}
    ours = _positions(verdict.places)
    for option in verdict.dr:
        peer = catalog.region(option.target)
        names[peer.id] = peer.name
        files[peer.id] = catalog.file_name(peer.id)
        nearest = _nearest(ours, _sites(catalog, peer))
        if nearest:
            recovery[peer.id] = nearest
    shown = {place.id for place in verdict.places}
    retired = tuple(
        site
        for site in region.sites.values()
        if site.position
        and site.id not in shown
        and not site.holds(verdict.as_of)
        and site.until
        and site.until <= verdict.as_of
    )
    around = supplies.around(catalog, verdict)
    cited = {site.id: region.cite_site(site.id.partition("/")[2]) for site in retired}
    return Setting(names, retired, cited, recovery, files, supplies=around)


def _sites(catalog: Catalog, region: Region) -> list[Site]:
    from zonerisk.catalogue.catalog import referred

    return [catalog.site(key) for key in referred(region)]


def _positions(places: Iterable[Place]) -> list[Position]:
    return [
        Position.model_construct(
            lat=place.lat, lon=place.lon, method="point", uncertainty_m=place.uncertainty_m or 0.0
        )
        for place in places
        if place.lat is not None and place.lon is not None
    ]


def _nearest(ours: Sequence[Position], sites: Iterable[Site]) -> Site | None:
    """Give the site nearest to the first of our positions; the others stand beside it."""
    rows = [(distance_m(ours[0], site.position), site.id, site) for site in sites if ours and site.position]
    return min(rows)[2] if rows else None


def named(verdict: Verdict) -> Setting:
    """Give the setting of a verdict alone, without a catalogue: what its places are called."""
    names = {place.id: place.name for place in verdict.places}
    return Setting(names=names | {verdict.target: verdict.name})


def of(verdict: Verdict, around: Setting | None = None) -> list[Feature]:
    """List all that can be drawn of a verdict, what lies undermost first."""
    around = around or named(verdict)
    return [
        *_limit(verdict),
        *around.landmarks,
        *_recovery(verdict, around),
        *_risks(verdict, around),
        *_discs(verdict, around),
        *_circuits(verdict, around),
        *_lines(verdict, around),
        *_retired(around),
        *_stations(verdict, around),
        *_sites_of(verdict, around),
    ]


def _located(place: Place) -> Point | None:
    return None if place.lat is None or place.lon is None else Point(place.lat, place.lon)


def places_of(verdict: Verdict, member: str) -> list[Place]:
    """Find the places with a position that a zone's, site's or region's id stands for."""
    return [
        place
        for place in verdict.places
        if place.lat is not None and (member in (place.id, verdict.target) or member in place.zones)
    ]


def _sites_of(verdict: Verdict, around: Setting) -> list[Feature]:
    rows = []
    for place in verdict.places:
        at = _located(place)
        if at:
            zones = ", ".join(around.name(zone) for zone in place.zones)
            rows.append(
                Feature(
                    "site",
                    place.id,
                    place.name,
                    "point",
                    (at,),
                    uncertainty_m=place.uncertainty_m,
                    zone=place.zones[0] if place.zones else None,
                    words={"site_kind": place.kind, "zones": zones, "method": place.method},
                )
            )
    return rows


def _discs(verdict: Verdict, around: Setting) -> list[Feature]:
    """Draw where a site may stand, of those in regions that recovery may go to as well."""
    return [
        replace(
            one,
            kind="disc",
            name=f"{one.words.get('site', one.name)}: where it may stand",
            shape="disc",
            outcome=None,
            words={},
        )
        for one in (*_recovery(verdict, around), *_sites_of(verdict, around))
        if one.uncertainty_m
    ]


def _lines(verdict: Verdict, around: Setting) -> list[Feature]:
    """Draw each pair between the two of its sites that stand nearest to each other."""
    rows = []
    said = {risk.id: f"{risk.kind} ({risk.grade})" for risk in verdict.shared_risks}
    for pair in verdict.separations:
        ends = _closest(places_of(verdict, pair.a), places_of(verdict, pair.b))
        if not ends:
            continue
        rows.append(
            Feature(
                "separation",
                f"{pair.a} {pair.b}",
                f"{around.name(pair.a)} to {around.name(pair.b)}",
                "line",
                path(*ends),
                outcome=pair.outcome,
                words={
                    f"{name}_{end}": getattr(getattr(pair, name), end)
                    for name in ("distance_m", "fibre_m")
                    for end in ("low", "best", "high")
                }
                | {
                    "rtt_ms_least": least_rtt_ms(pair.distance_m.interval),
                    "shared": ", ".join(dict.fromkeys(said.get(each, each) for each in pair.shared)),
                },
            )
        )
    return rows


def _closest(ours: Sequence[Place], theirs: Sequence[Place]) -> tuple[Point, Point] | None:
    pairs = [(distance_m(a, b), a, b) for a in _positions(ours) for b in _positions(theirs)]
    if not pairs:
        return None
    _, a, b = min(pairs, key=lambda row: row[0])
    return Point(a.lat, a.lon), Point(b.lat, b.lon)


def _risks(verdict: Verdict, around: Setting) -> list[Feature]:
    """Outline the sites that each shared risk hits: their discs' common hull."""
    rows = []
    for risk in sorted(verdict.shared_risks, key=lambda risk: -len(risk.members)):
        places = {place.id: place for member in risk.members for place in places_of(verdict, member)}
        outline = hull(
            [(at, place.uncertainty_m or 0.0) for place in places.values() if (at := _located(place))]
        )
        if outline:
            rows.append(
                Feature(
                    "shared-risk",
                    risk.id,
                    risk.message,
                    "area",
                    outline,
                    outcome=risk.outcome,
                    words={
                        "risk_kind": risk.kind,
                        "grade": risk.grade,
                        "members": ", ".join(around.name(each) for each in risk.members),
                    },
                )
            )
    return rows


def _circuits(verdict: Verdict, around: Setting) -> list[Feature]:
    """Draw circuits from station to station: nobody says where they run."""
    rows = []
    for leg in around.supplies.legs:
        first, *via, last = leg.stations
        assert first.at
        assert last.at
        rows.append(
            Feature(
                "circuit",
                leg.id,
                f"{first.label} to {last.label}",
                "line",
                path(Point(*first.at), Point(*last.at)),
                outcome=_worst(verdict, leg.risks),
                words={
                    "codes": ", ".join(leg.codes),
                    "via": ", ".join(one.label for one in via),
                    "note": "Circuits known by their codes; the line is not their route.",
                    "attribution": last.attribution,
                },
            )
        )
    return rows


def _stations(verdict: Verdict, around: Setting) -> list[Feature]:
    return [
        Feature(
            "station",
            one.id,
            one.label,
            "point",
            (Point(*one.at),),
            uncertainty_m=one.doubt_m,
            outcome=_worst(verdict, one.tops),
            words={
                "standing": one.standing,
                "near": one.near,
                "osm": one.osm,
                "mapped": one.mapped,
                "attribution": one.attribution,
            },
        )
        for one in around.supplies.stations
        if one.at
    ]


def _worst(verdict: Verdict, risks: Iterable[str]) -> Outcome | None:
    outcomes = [risk.outcome for risk in verdict.shared_risks if risk.id in risks]
    return worst(outcomes) if outcomes else None


def _limit(verdict: Verdict) -> list[Feature]:
    """Draw the line beyond which every point is over 300 km from all of the sites."""
    from shapely import Polygon, get_parts, union_all

    centres = [at for place in verdict.places if (at := _located(place))]
    if not 0 < len(centres) <= _MOST_CENTRES:
        return []
    km = next(
        (
            finding.threshold.value
            for finding in verdict.findings
            if finding.rule == "dr" and finding.threshold
        ),
        DR_LIMIT_KM,
    )
    origin = centres[0].lon
    discs = [
        Polygon([(lon, lat) for lat, lon in circle(turned(at, origin), km * 1000)])
        for at in dict.fromkeys(centres)
    ]
    parts = [part for part in get_parts(union_all(discs)) if isinstance(part, Polygon)]
    return [
        Feature(
            "dr-limit",
            verdict.target,
            f"{km:g} km from the nearest site",
            "area",
            tuple(Point(lat, lon) for lon, lat in part.exterior.coords),
            words={"km": km},
        )
        for part in parts
    ]


def _recovery(verdict: Verdict, around: Setting) -> list[Feature]:
    rows = []
    for option in verdict.dr:
        site = around.recovery.get(option.target)
        if site and site.position:
            at = Point(site.position.lat, site.position.lon)
            rows.append(
                Feature(
                    "dr-region",
                    option.target,
                    around.name(option.target),
                    "point",
                    (at,),
                    uncertainty_m=site.position.uncertainty_m,
                    outcome=option.outcome,
                    words={
                        "message": option.message,
                        "site": site.name,
                        "distance_m_low": option.distance_m.low,
                        "distance_m_best": option.distance_m.best,
                        "distance_m_high": option.distance_m.high,
                    },
                )
            )
    return rows


def _retired(around: Setting) -> list[Feature]:
    return [
        Feature(
            "retired",
            site.id,
            site.name,
            "point",
            (Point(site.position.lat, site.position.lon),),
            uncertainty_m=site.position.uncertainty_m,
            words={"fate": site.fate or "out of service", "until": site.until},
        )
        for site in around.retired
        if site.position
    ]
