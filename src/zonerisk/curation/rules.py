"""The rules that records keep: names, references, sources, dates, places, and events told once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from zonerisk.catalogue.dialect import Dialect
from zonerisk.catalogue.document import cites, data_root, leaves, read
from zonerisk.catalogue.gazetteer import (
    FRONTIER_M,
    Place,
    around,
    countries_at,
    in_country,
    lies,
    named,
    slips,
)
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import distance_m as metres_between
from zonerisk.core.geometry import most_fibre_m
from zonerisk.core.model import (
    ID_PATTERN,
    Dated,
    Incident,
    Measurement,
    Policy,
    Position,
    Provider,
    Region,
    RoundTrip,
    Site,
)
from zonerisk.judging.arrangement import CAMPUS_MOST_M, distance_m, last_day, zone_units
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.curation.check import CheckedCatalogue, RecordFile

_KINDS = {
    "incidents": "incident",
    "measurements": "measurement",
    "policies": "policy",
    "layers": "layer",
}
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
# Decimal places that a radius of doubt can carry: below (metres), at most.
_DIGITS = ((20.0, 6), (1000.0, 5), (3000.0, 4), (10_000.0, 3), (math.inf, 2))

Level = Literal["error", "warning"]
Keys = tuple[str | int, ...]
# Of which rule, at which path of keys, what is wrong and what to do next, and how grave it is.
Flaw = tuple[str, Keys, str, Level]
Find = Callable[[Any, "CheckedCatalogue"], Iterator[Flaw]]


@dataclass(frozen=True)
class PlacedSite:
    """A site that has a position, in the file that holds it."""

    file: RecordFile[Region]
    key: str
    site: Site
    at: Position

    @property
    def point(self) -> str:
        """Where it stands, as messages write it."""
        return f"{self.at.lat:g}, {self.at.lon:g}"

    @property
    def town(self) -> str | None:
        """The town stated for it, its own or its region's."""
        return self.site.town or self.file.record.town

    @property
    def country(self) -> str:
        """The country stated for it, its own or its region's."""
        return self.site.country or self.file.record.country

    @cached_property
    def meant(self) -> tuple[Place, ...]:
        """The places that its town may mean."""
        return named(self.town or "", self.country)

    @property
    def slack_m(self) -> float:
        """How far outside its country a site may seem to stand, metres."""
        return FRONTIER_M + (0.0 if self.site.kind == "metro" else min(self.at.uncertainty_m, 5000.0))

    @cached_property
    def abroad(self) -> bool:
        """Whether it lies outside its stated country."""
        return not in_country(self.at.lat, self.at.lon, self.country, self.slack_m)


def modeline(kind: str) -> str:
    """Return the line that names a file's schema to editors."""
    up = "../" if kind in ("policy", "layer") else "../../"
    return f"# yaml-language-server: $schema={up}schema/{kind}.json"


def _flaw(case: str, *path: str | int, **said: object) -> Flaw:
    """Return a flaw at a path of keys, worded as data/problems.yaml words its rule, or its rule and case."""
    level, text = _wordings()[case]
    return case.partition("/")[0], path, phrases.sentence(text)(**said), level


@cache
def _wordings() -> dict[str, tuple[Level, str]]:
    tree: Any = read(data_root() / "problems.yaml").tree
    return {case: (level, text) for level, cases in tree.items() for case, text in cases.items()}


def _written(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at how a file is called, how it begins, and what was not filled in."""
    stem, folder = file.path.stem, file.path.parent
    for path, value in leaves(file.tree):
        if value == "TODO":
            yield _flaw("todo", *path)
    if not file.document:
        return
    kind = _KINDS.get(file.id.partition("/")[0]) or (stem if stem in ("provider", "dialect") else "region")
    alone = kind in ("policy", "layer")  # Which stand in no provider's folder.
    if (file.path.absolute().parents[1 if alone else 2] / "schema").is_dir():
        with file.path.open(encoding="utf-8") as text:
            if text.readline().rstrip() != modeline(kind):
                yield _flaw("modeline", wanted=modeline(kind))
    for part in () if alone else (folder.name, stem):
        if not re.fullmatch(ID_PATTERN, part):
            yield _flaw("file-name/id", part=part)
    for stray in sorted(folder.iterdir()) if stem == "provider" else ():
        if stray.is_dir() or stray.suffix != ".yaml":
            yield _flaw("file-name/stray", stray=stray)


def _dialect(file: RecordFile[Dialect], checked: CheckedCatalogue) -> Iterator[Flaw]:
    ours, provider = file.record, file.id.partition("/")[0]
    others = {key: other for key, other in checked.dialects.items() if key != provider}
    for index, alias in enumerate(ours.aliases):
        owners = {key for key, other in checked.dialects.items() if alias in other.aliases}
        owners |= {alias} & set(checked.catalog.provider_ids)
        if owners != {provider}:
            yield _flaw("dialect/alias", "aliases", index, alias=alias, owners=" and ".join(sorted(owners)))
    for alias, code in ours.regions.aliases.items():
        if f"{provider}-{code}" not in checked.region_ids:
            yield _flaw("dialect/region", "regions", "aliases", alias, region=f"{provider}-{code}")
    for name in ours.terraform.types:
        for key, other in others.items():
            if name in other.terraform.types and not (other.openstack and ours.openstack):
                yield _flaw("dialect/type", "terraform", "types", name, other=key)
                break


def _provider(file: RecordFile[Provider], checked: CheckedCatalogue) -> Iterator[Flaw]:
    for number, claim in enumerate(file.record.claims):
        for index, code in enumerate(claim.exceptions):
            if (region := f"{file.id}-{code}") not in checked.region_ids:
                yield _flaw("reference/exception", "claims", number, "exceptions", index, region=region)
    if not file.record.note and not any(checked.regions_of(file.id)):
        sites = (site for region in checked.regions.values() for site in region.sites.values())
        if all(site.operator != file.id for site in sites):
            yield _flaw("sold/regions")


def _references(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    region = file.record
    named: list[tuple[Keys, tuple[str, ...], str]] = [
        ((table, key, "sites"), row.sites, "sites")
        for table in ("zones", "feeds", "hazards")
        for key, row in getattr(region, table).items()
    ]
    named += [(("feeds", key, "upstream"), feed.upstream, "feeds") for key, feed in region.feeds.items()]
    named += [(("candidates", "sites"), region.candidates.sites, "sites")] if region.candidates else []
    rows = [((*path, index), name, table) for path, names, table in named for index, name in enumerate(names)]
    for key, site in region.sites.items():
        if site.operator and site.operator not in checked.catalog.provider_ids:
            yield _flaw("reference/operator", "sites", key, "operator", operator=site.operator)
        if site.campus:
            rows.append((("sites", key, "campus"), site.campus, "campuses"))
    for path, name, table in rows:
        region_id, _, key = name.partition("/")
        other = checked.regions.get(region_id)
        if region_id not in checked.region_ids:
            yield _flaw("reference/region", *path, name=name, region=region_id)
        elif other is None or key in getattr(other, table):  # Of a file that is refused nothing can be told.
            continue
        elif key in other.zones:
            yield _flaw("reference/zone", *path, name=name, table=table)
        else:
            document = checked.files[region_id].document
            place = document.name if document else region_id
            yield _flaw("reference/key", *path, name=name, file=place, table=table)


def _sold(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    record, own = file.record, set(file.path.stem.split("-"))
    owner, dialect = checked.providers.get(record.provider), checked.dialects.get(record.provider)
    cloud = owner is not None and owner.role == "cloud"
    if owner and cloud and owner.status == record.status == "open" and not record.zones:
        yield _flaw("sold/zones")
    for key, site in record.sites.items() if cloud and record.zones else ():
        if site.id not in checked.used and not site.note:
            yield _flaw("unused", "sites", key)
    for key, zone in record.zones.items():
        if not zone.evidence:
            yield _flaw("zone-source", "zones", key)
        if dialect and dialect.zones.id and not dialect.zones.id.fullmatch(key):
            then = dialect.zones.account_relative or "use the id that is the same for every account"
            yield _flaw("zone-id/name", "zones", key, key=key, then=then)
        for other in checked.regions_of(record.provider):
            if other.record is None or other.id == file.id:
                continue
            if key in other.record.zones:
                yield _flaw("zone-id/twice", "zones", key, key=key, other=other.id)
            elif not set(key.split("-")) & own and re.match(rf"{re.escape(other.path.stem)}(-|[a-z]?$)", key):
                yield _flaw("zone-id/other", "zones", key, key=key, other=other.id, region=file.id)


def _round_trip(file: RecordFile[Measurement], checked: CheckedCatalogue) -> Iterator[Flaw]:
    record, today, day = file.record, checked.catalog.edition.date, file.record.day
    if day > today[: len(day)]:
        yield _flaw("round-trip/day", "until" if record.until else "since", day=day, today=today)
    for key, piece in record.evidence.items():
        if record.since[: len(piece.read)] > piece.read:
            yield _flaw("round-trip/read", "evidence", key, "read", since=record.since)
    for index, row in enumerate(record.round_trips):
        sold = True
        for end, name in (("a", row.a), ("b", row.b)):
            region_id, _, key = name.partition("/")
            region, case = checked.regions.get(region_id), ""
            if not checked.sells(record.provider, region_id):
                case = "round-trip/region"
            elif region and key not in region.zones:
                case = "round-trip/zone"
            elif region and not (region.holds(day) and region.zones[key].holds(day)):
                case = "round-trip/unsold"
            if case:
                sold = False
                said = {"provider": record.provider, "region": region_id, "zone": key, "day": day}
                yield _flaw(case, "round_trips", index, end, **said)
        least_m = _least_m(row, day, checked) if sold else 0.0
        if least_m > most_fibre_m(row.ms):
            yield _flaw("round-trip/light", "round_trips", index, "ms", ms=row.ms, far=least_m)


def _least_m(row: RoundTrip, day: str, checked: CheckedCatalogue) -> float:
    """Return how far apart two zones are at least by the places on record, metres."""
    region_id = row.a.partition("/")[0]
    try:
        region, sites = checked.catalog.region(region_id), checked.catalog.sites_of(region_id)
    except DataError:
        return 0.0
    units = {unit.id: unit for unit in zone_units(region, sites, last_day(day))}
    return distance_m(units[row.a], units[row.b]).low if {row.a, row.b} <= units.keys() else 0.0


def _sources(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    record, day = file.record, checked.catalog.edition.date
    if isinstance(record, Policy):  # A user's own may be younger than the catalogue.
        return
    whole, citing = isinstance(record, Provider), [file]
    if whole:
        citing += checked.regions_of(file.id)
    if (whole or (isinstance(record, Region) and record.zones)) and all(other.record for other in citing):
        cited_keys = {key for other in citing for path, key in leaves(other.tree) if cites(path)}
        cited_keys |= {key for other in citing for _, key in _noted(other)}
        for key in file.evidence.keys() - cited_keys:
            yield _flaw("uncited", "evidence", key)
    for path, key in _noted(file) if hasattr(record, "evidence") else ():
        if key not in record.evidence:
            yield _flaw("note-source", *path, key=key)
    dates: list[tuple[Keys, str | None]] = [
        (("evidence", key, "read"), piece.read) for key, piece in file.evidence.items()
    ]
    dates += [(("sites", row.key, "position", "read"), row.at.read) for row in file.placed]
    for path, date in dates:
        if date and date > day[: len(date)]:
            yield _flaw("read-date", *path, date=date, day=day)
    for key, piece in file.evidence.items():
        if piece.url is None and piece.kind != "inference":
            yield _flaw("address", "evidence", key)


def _noted(file: RecordFile[Any]) -> Iterator[tuple[Keys, str]]:
    """Return the keys that notes name as their sources: ``(evidence permit, survey)``."""
    for path, note in leaves(file.tree):
        for listed in re.findall(r"\(evidence ([^()]*)\)", note) if path[-1] == "note" else ():
            yield from ((path, key) for key in re.split(r",\s*|\s+and\s+", listed))


def _event(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at where an event was, and whether that was there on its day."""
    incident = file.record
    read = max(piece.read for piece in incident.cited)
    if incident.day[: len(read)] > read:
        yield _flaw("event-open/read", "start", read=read)
    for index, key in enumerate(incident.regions):
        region = checked.regions.get(key)
        if key not in checked.region_ids:
            yield _flaw("event-place/region", "regions", index, region=key)
        elif not checked.sells(incident.provider, key):
            yield _flaw("event-place/provider", "regions", index, region=key, provider=incident.provider)
        away = _away(region, incident) if region else ""
        if region and region.status == "announced":
            away = "is announced only"
        elif region and region.launch and incident.day < (region.launch.not_before or ""):
            away = f"was not open before {region.launch.not_before}"
        if away:
            yield _flaw("event-open/region", "regions", index, region=key, away=away)
    rows: list[tuple[Keys, str, tuple[str, ...]]] = [
        ((field, index), name, ("sites",) if field == "sites" else ("zones",))
        for field in ("zones", "sites", "among")
        for index, name in enumerate(getattr(incident, field))
    ]
    if incident.standing:
        rows.append((("standing",), incident.standing, ("feeds", "campuses")))
    for path, name, tables in rows:
        region_id, _, key = name.partition("/")
        region = checked.regions.get(region_id)
        held = {
            row.rpartition("/")[2]: getattr(region, table)[row]
            for table in tables
            for row in getattr(region, table, ())
        }
        if region and key not in held:
            yield _flaw("event-place/key", *path, region=region_id, tables=" or ".join(tables), key=key)
        elif region and path[0] in ("zones", "sites") and (away := _away(held[key], incident)):
            yield _flaw("event-open/place", *path, name=name, away=away)


def _away(row: Dated, incident: Incident) -> str:
    """Return why something was not there on an incident's day; nothing where it was, or may have been."""
    day, since, until = incident.day, row.since or "", row.until or "9999"
    if day[: len(since)] < since[: len(day)]:
        return f"opened in {since}, after {day}"
    return f"ended on {until}, before {day}" if day[: len(until)] > until[: len(day)] else ""


def _told_once(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at an event's count and feed, and at the event before it."""
    incident, regions, least = file.record, file.record.regions, file.record.at_least or 0
    region = checked.regions.get(regions[0]) if len(regions) == 1 else None
    if len(regions) != 1 and least > 1:
        yield _flaw("event-count/several", "at_least")
    elif region and region.zones and least > len(region.zones):
        zones = phrases.count(len(region.zones), "zone")
        yield _flaw("event-count/most", "at_least", region=region.id, zones=zones)
    owner, name = checked.providers.get(incident.provider), incident.feed
    feed = owner.incident_feeds.get(name) if owner and name else None
    if owner and name and feed is None:
        yield _flaw("event-feed/name", "feed", provider=incident.provider, feed=name)
    elif feed and not feed.since <= incident.day <= feed.until:
        yield _flaw("event-feed/day", "feed", name=name, feed=feed)
    for key in regions:
        other = checked.overlaps.get((incident.id, key))
        if other is None or (incident.zones and other.zones and set(incident.zones).isdisjoint(other.zones)):
            continue
        same = incident.start == other.start and "T" in incident.start
        yield _flaw("event-twice/start" if same else "event-twice/within", "start", other=other.id)


def _place(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at whether a point lies in its country and town; of one abroad, at what slipped."""
    lat, lon = row.at.lat, row.at.lon

    def km(slip: tuple[str, float, float]) -> float:
        return min((place.km(*slip[1:]) for place in row.meant), default=0.0)

    # Of the slips that would bring a point abroad back into its country, the one nearest to its town.
    if slip := min(slips(lat, lon, row.country) if row.abroad else (), default=None, key=km):
        yield _flaw(slip[0], "position", row=row, lat=slip[1], lon=slip[2])
    elif row.country not in countries_at(lat, lon):
        case = "country/abroad" if row.abroad else "country/near"
        yield _flaw(case, "position", row=row, there=lies(lat, lon), far=row.slack_m)
    meant = row.meant or named(row.file.record.town or "", row.country)
    if not meant or row.abroad:
        return
    nearest = min(meant, key=lambda place: place.km(lat, lon))
    away = nearest.km(lat, lon)
    if away <= (nearest.reach_km if row.meant else REGION_KM) + row.at.uncertainty_m / 2000:
        return
    others = around(lat, lon, REMOTE_KM)
    if away > REMOTE_KM or sum(place.km(lat, lon) < away for place in others) > REMOTE_RANK:
        town = f"{nearest.name}, {nearest.state}" if nearest.state else nearest.name
        near = f"; the nearest place is {others[0].name}" if others else ""
        yield _flaw("town", "position", row=row, far=1000 * away, town=town, near=near)


def _towns(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    towns: dict[tuple[str | None, str], PlacedSite] = {}
    for row in file.placed:
        towns.setdefault((row.town, row.country), row)
    for (stated, country), row in towns.items():
        if stated is None:
            yield _flaw("town-known/none", "sites", row.key)
        elif not row.meant and not row.abroad:
            near = around(row.at.lat, row.at.lon, REMOTE_KM)
            far = [f"{at.name} ({phrases.distance(1000 * at.km(row.at.lat, row.at.lon))})" for at in near[:1]]
            yield _flaw(
                "town-known/spelling",
                "sites",
                row.key,
                town=stated,
                country=country,
                near=", ".join(far) or "none",
            )


def _doubt(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at whether the radius of doubt goes with digits, kind, method, address and outline."""
    site, at, radius_m = row.site, row.at, row.at.uncertainty_m
    said = {"doubt": f"{radius_m:g} m", "method": at.method, "kind": site.kind, "least": METRO_LEAST_M}
    most = next(count for below, count in _DIGITS if radius_m < below)
    for axis in ("lat", "lon"):
        text = str(row.file.written("sites", row.key, "position", axis))
        if len(text.partition(".")[2]) > most:
            yield _flaw("digits", "position", axis, text=text, most=most, **said)
    if site.kind == "metro" and (at.method != "town" or radius_m < METRO_LEAST_M):
        yield _flaw("precision/metro", "position", **said)
    elif at.method == "town" and radius_m < TOWN_LEAST_M:
        yield _flaw("precision/town", "position", **said | {"least": TOWN_LEAST_M})
    elif at.method in ("outline", "point") and radius_m > BUILDING_MOST_M:
        yield _flaw("precision/object", "position", **said)
    reason = site.kind == "metro" or at.osm or site.address or radius_m >= BUILDING_MOST_M
    centres = [] if reason else [place for place in row.meant if place.km(at.lat, at.lon) <= CENTRE_KM]
    if centres:
        yield _flaw("centroid", "position", point=row.point, town=centres[0].name, **said)
    if site.address and radius_m > ADDRESS_MOST_M:
        yield _flaw("address-disc", "position", "uncertainty_m", km=radius_m / 1000)
    half_m = math.sqrt((at.footprint_m2 or 0.0) / 2)
    if radius_m < half_m:
        outline, half = at.footprint_m2, math.ceil(half_m)
        yield _flaw("footprint", "position", "uncertainty_m", outline=outline, half=half, **said)


def _beside(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    for other in checked.beside(row):
        alike = row.at.osm is not None and row.at.osm == other.at.osm
        if alike or (row.at.lat, row.at.lon) == (other.at.lat, other.at.lon):
            point = row.at.osm if alike else row.point
            yield _flaw("same-point", "position", point=point, other=other.site.id)
        elif other.file.path.parent != row.file.path.parent:
            metres = metres_between(row.at, other.at)
            if 0 < metres <= TWIN_M:
                yield _flaw("twin", "position", far=metres, other=other.site.id)


def _campuses(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    first: dict[str, PlacedSite] = {}
    for row in (row for row in file.placed if row.site.campus):
        other = first.setdefault(row.site.campus or "", row)
        metres = metres_between(row.at, other.at)
        if metres > CAMPUS_MOST_M + row.at.uncertainty_m + other.at.uncertainty_m:
            yield _flaw("campus-spread", "sites", row.key, "campus", far=metres, other=other.site.id)


def _policy(file: RecordFile[Policy], checked: CheckedCatalogue) -> Iterator[Flaw]:
    policy, cited_keys = file.record, {key for path, key in leaves(file.tree) if cites(path)}
    for name, rule in policy.rules.items():
        if policy.binding and not rule.quote and not all(piece.secondary for piece in policy.cite(name)):
            yield _flaw("annex/quote", "rules", name)
    for key in policy.evidence.keys() - cited_keys:
        yield _flaw("annex/evidence", "evidence", key)


FINDS: tuple[tuple[type, Find], ...] = (
    (object, _written),
    (Dialect, _dialect),
    (Provider, _provider),
    (Region, _references),
    (Region, _sold),
    (Measurement, _round_trip),
    (object, _sources),
    (Incident, _event),
    (Incident, _told_once),
    (Position, _place),
    (Region, _towns),
    (Position, _doubt),
    (Position, _beside),
    (Region, _campuses),
    (Policy, _policy),
)
"""What looks for flaws, with what it looks at: a kind of record, a site's position, or any file."""
