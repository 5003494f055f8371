"""The rules that records keep: names, references, sources, dates, places, and events told once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from zonerisk.catalogue.dialect import Dialect
from zonerisk.catalogue.document import cites, leaves
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
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

Level = Literal["error", "warning"]
Keys = tuple[str | int, ...]
# Of which rule, at which path of keys, what is wrong and what to do next; an error unless it says.
Flaw = tuple[str, Keys, str] | tuple[str, Keys, str, Level]
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


def _written(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at how a file is called, how it begins, and what was not filled in."""
    stem, folder = file.path.stem, file.path.parent
    for path, value in leaves(file.tree):
        if value == "TODO":
            yield "todo", path, "still says TODO; fill it in, or drop the line"
    if not file.document:
        return
    kind = _KINDS.get(file.id.partition("/")[0]) or (stem if stem in ("provider", "dialect") else "region")
    alone = kind in ("policy", "layer")  # Which stand in no provider's folder.
    wanted = modeline(kind)
    if (file.path.absolute().parents[1 if alone else 2] / "schema").is_dir():
        with file.path.open(encoding="utf-8") as text:
            if text.readline().rstrip() != wanted:
                yield "modeline", (), f"the first line does not name the schema; put this on top: {wanted}"
    for part in () if alone else (folder.name, stem):
        if not _ID.fullmatch(part):
            yield "file-name", (), f"{part!r} is not an id; rename it: lower case, digits and single dashes"
    for stray in sorted(folder.iterdir()) if stem == "provider" else ():
        if stray.is_dir() or stray.suffix != ".yaml":
            then = "name a region's file <code>.yaml, or take it away"
            yield "file-name", (), f"{stray.name} beside it is not read; {then}"


def _dialect(file: RecordFile[Dialect], checked: CheckedCatalogue) -> Iterator[Flaw]:
    ours, provider = file.record, file.id.partition("/")[0]
    for index, alias in enumerate(ours.aliases):
        owners = {key for key, other in checked.dialects.items() if alias in other.aliases}
        owners |= {alias} & set(checked.catalog.provider_ids)
        if owners != {provider}:
            what = f"{alias} names {' and '.join(sorted(owners))}; keep it with one of them"
            yield "dialect", ("aliases", index), what
    for alias, code in ours.regions.aliases.items():
        if f"{provider}-{code}" not in checked.region_ids:
            what = f"no region is called {provider}-{code}; write the code as its file is named"
            yield "dialect", ("regions", "aliases", alias), what
    for name in ours.terraform.types:
        for key, other in checked.dialects.items():
            shared = other.openstack and ours.openstack
            if key != provider and name in other.terraform.types and not shared:
                then = "only what OpenStack's providers share may be theirs"
                yield "dialect", ("terraform", "types", name), f"{key} has this type too; {then}"
                break


def _provider(file: RecordFile[Provider], checked: CheckedCatalogue) -> Iterator[Flaw]:
    for number, claim in enumerate(file.record.claims):
        for index, code in enumerate(claim.exceptions):
            if f"{file.id}-{code}" not in checked.region_ids:
                what = f"no region is called {file.id}-{code}; write the code alone, as its file is named"
                yield "reference", ("claims", number, "exceptions", index), what
    used = any(checked.regions_of(file.id)) or file.id in checked.operators
    if not file.record.note and not used:
        then = "add one (zonerisk data new), or say in note that none is published"
        yield "sold", (), f"has no region file beside it; {then}"


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
            what = f"no provider is called {site.operator}; write its provider.yaml, or correct the name"
            yield "reference", ("sites", key, "operator"), what
        if site.campus:
            rows.append((("sites", key, "campus"), site.campus, "campuses"))
    for where, name, table in rows:
        region_id, _, key = name.partition("/")
        other = checked.regions.get(region_id)
        if region_id not in checked.region_ids:
            what = f"{name}: no region is called {region_id}"
        elif other is None or key in getattr(other, table):  # Of a file that is refused nothing can be told.
            continue
        elif key in other.zones:
            what = f"{name} is a zone; name the {table} it stands in"
        else:
            document = checked.files[region_id].document
            what = f"{name}: {document.name if document else region_id} has no such {table}"
        yield "reference", where, f"{what}; correct the reference"


def _sold(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    record, own = file.record, set(file.path.stem.split("-"))
    owner, dialect = checked.providers.get(record.provider), checked.dialects.get(record.provider)
    cloud = owner is not None and owner.role == "cloud"
    if owner and cloud and owner.status == record.status == "open" and not record.zones:
        then = "list them as sold; without zones, one named after the region"
        yield "sold", (), f"is open and lists no zones; {then}"
    for key, site in record.sites.items() if cloud and record.zones else ():
        if site.id not in checked.used and not site.note:
            then = "add it to candidates, or note why it serves none"
            yield "unused", ("sites", key), f"no zone and no region refers to it; {then}", "warning"
    for key, zone in record.zones.items():
        if not zone.evidence:
            then = "name the page that lists it, and the one that ties it to a site"
            yield "zone-source", ("zones", key), f"cites no evidence; {then}"
        if dialect and dialect.zones.id and not dialect.zones.id.fullmatch(key):
            then = dialect.zones.account_relative or "use the id that is the same for every account"
            yield "zone-id", ("zones", key), f"{key} is a name, not an id; {then}", "warning"
        for other in checked.regions_of(record.provider):
            if other.record is None or other.id == file.id:
                continue
            if key in other.record.zones:
                what = f"{other.id} has a zone {key} too; keep it in the region that sells it"
                yield "zone-id", ("zones", key), what
            elif not set(key.split("-")) & own and re.match(rf"{re.escape(other.path.stem)}(-|[a-z]?$)", key):
                what = f"{key} is named after {other.id}, not after {file.id}"
                yield "zone-id", ("zones", key), f"{what}; move it to that region's file, or correct it"


def _round_trip(file: RecordFile[Measurement], checked: CheckedCatalogue) -> Iterator[Flaw]:
    record, today = file.record, checked.catalog.edition.date
    if record.day > today[: len(record.day)]:
        field = "until" if record.until else "since"
        yield "round-trip", (field,), f"{record.day} is later than the catalogue's {today}; correct it"
    for key, piece in record.evidence.items():
        if record.since[: len(piece.read)] > piece.read:
            what = f"was read before {record.since}, when the measuring began; correct either day"
            yield "round-trip", ("evidence", key, "read"), what
    for index, row in enumerate(record.round_trips):
        sold = True
        for end, name in (("a", row.a), ("b", row.b)):
            region_id, _, key = name.partition("/")
            region = checked.regions.get(region_id)
            if not checked.sells(record.provider, region_id):
                what = f"no region of {record.provider} is called {region_id}"
            elif region is None:
                continue
            elif key not in region.zones:
                what = f"{region_id} has no zone {key}"
            elif not (region.holds(record.day) and region.zones[key].holds(record.day)):
                what = f"{name} was not sold on {record.day}"
            else:
                continue
            sold, then = False, "zonerisk show REGION names its zones by their ids, and since when"
            yield "round-trip", ("round_trips", index, end), f"{what}; {then}"
        least_m = _least_m(row, record.day, checked) if sold else 0.0
        if least_m > most_fibre_m(row.ms):
            what = f"{row.ms:g} ms is faster than light: at least {least_m / 1000:.1f} km lie between them"
            then = "correct it, or the places on record; milliseconds there and back"
            yield "round-trip", ("round_trips", index, "ms"), f"{what}; {then}"


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
            what = "nothing cites it; cite it where it proves something, or drop it"
            yield "uncited", ("evidence", key), what, "warning"
    for path, key in _noted(file) if hasattr(record, "evidence") else ():
        if key not in record.evidence:
            what = f"names evidence {key}, which is not there"
            yield "note-source", path, f"{what}; add it under evidence, or drop what rests on it"
    dates: list[tuple[Keys, str | None]] = [
        (("evidence", key, "read"), piece.read) for key, piece in file.evidence.items()
    ]
    dates += [(("sites", row.key, "position", "read"), row.at.read) for row in file.placed]
    for path, date in dates:
        if date and date > day[: len(date)]:
            what = f"{date} is later than the catalogue's {day}"
            yield "read-date", path, f"{what}; correct it, or move the date in catalog.yaml"
    for key, piece in file.evidence.items():
        if piece.url is None and piece.kind != "inference":
            then = "add where it can be read, or say in the title how to get it"
            yield "address", ("evidence", key), f"has no url; {then}", "warning"


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
        what = f"lies after the day its sources were read, {read}; correct the day"
        yield "event-open", ("start",), what
    for index, key in enumerate(incident.regions):
        region = checked.regions.get(key)
        if key not in checked.region_ids:
            what = f"no region is called {key}; see: zonerisk list regions"
            yield "event-place", ("regions", index), what
        elif not checked.sells(incident.provider, key):
            then = "write a file for each operator, with the same event"
            yield "event-place", ("regions", index), f"{key} is not of {incident.provider}; {then}"
        away = _away(region, incident) if region else ""
        if region and region.status == "announced":
            away = "is announced only"
        elif region and region.launch and incident.day < (region.launch.not_before or ""):
            away = f"was not open before {region.launch.not_before}"
        if away:
            what = f"{key} {away}; correct the day, or the region's record"
            yield "event-open", ("regions", index), what
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
            then = f"correct it, or count the zones that were hit; see: zonerisk show {region_id}"
            yield "event-place", path, f"{region_id} has no {' or '.join(tables)} {key}; {then}"
        elif region and path[0] in ("zones", "sites") and (away := _away(held[key], incident)):
            yield "event-open", path, f"{name} {away}; correct the day, or its record"


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
        what = "counts the zones of several regions; name the zones, or write it for one"
        yield "event-count", ("at_least",), what
    elif region and region.zones and least > len(region.zones):
        on_file = phrases.count(len(region.zones), "zone")
        yield "event-count", ("at_least",), f"{region.id} has {on_file} on file; correct the number"
    owner = checked.providers.get(incident.provider)
    feed = owner.incident_feeds.get(incident.feed) if owner and incident.feed else None
    if owner and incident.feed and feed is None:
        what = f"{incident.provider} has no incident feed {incident.feed}"
        yield "event-feed", ("feed",), f"{what}; name it in provider.yaml under incident_feeds, or drop it"
    elif feed and not feed.since <= incident.day <= feed.until:
        what = f"{incident.feed} covers {feed.since} to {feed.until}; drop it, or correct the day"
        yield "event-feed", ("feed",), what
    for key in regions:
        other = checked.overlaps.get((incident.id, key))
        if other is None or (incident.zones and other.zones and set(incident.zones).isdisjoint(other.zones)):
            continue
        if incident.start == other.start and "T" in incident.start:
            then = "keep one file an event and operator, or correct the start"
            yield "event-twice", ("start",), f"{other.id} has the same start, cause and region; {then}"
        else:
            what = f"begins with or within {other.id}, of the same cause and region"
            yield "event-twice", ("start",), f"{what}; if both are one event, keep one file", "warning"


def _place(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at whether a point lies in its country and town; of one abroad, at what slipped."""
    lat, lon = row.at.lat, row.at.lon

    def km(slip: tuple[str, float, float]) -> float:
        return min((place.km(*slip[1:]) for place in row.meant), default=0.0)

    # Of the slips that would bring a point abroad back into its country, the one nearest to its town.
    if slip := min(slips(lat, lon, row.country) if row.abroad else (), default=None, key=km):
        rule, *turned = slip
        what, then = {
            "swapped": ("latitude and longitude look exchanged", "write lat and lon the other way round"),
            "sign": ("a sign looks wrong", "south and west are negative; correct it"),
        }[rule]
        where = f"{row.point} is not in {row.country}, {turned[0]:g}, {turned[1]:g} is"
        yield rule, ("position",), f"{what}: {where}; {then}"
    elif row.country not in countries_at(lat, lon):
        near = "" if row.abroad else f", which begins within {row.slack_m / 1000:.1f} km"
        what = f"{row.point} lies in {lies(lat, lon)}, not in {row.country}{near}"
        level: Level = "error" if row.abroad else "warning"
        yield "country", ("position",), f"{what}; look the place up again, or correct country", level
    meant = row.meant or named(row.file.record.town or "", row.country)
    if not meant or row.abroad:
        return
    nearest = min(meant, key=lambda place: place.km(lat, lon))
    away = nearest.km(lat, lon)
    if away <= (nearest.reach_km if row.meant else REGION_KM) + row.at.uncertainty_m / 2000:
        return
    others = around(lat, lon, REMOTE_KM)
    if away > REMOTE_KM or sum(place.km(lat, lon) < away for place in others) > REMOTE_RANK:
        state = f", {nearest.state}" if nearest.state else ""
        here = f"; the nearest place is {others[0].name}" if others else ""
        what = f"{row.point} is {away:.0f} km from {nearest.name}{state}{here}"
        yield "town", ("position",), f"{what}; look the place up again, or state the site's own town"


def _towns(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    towns: dict[tuple[str | None, str], PlacedSite] = {}
    for row in file.placed:
        towns.setdefault((row.town, row.country), row)
    for (stated, country), row in towns.items():
        if stated is None:
            what = "states no town; add town, to the site or to the region"
            yield "town-known", ("sites", row.key), what, "warning"
        elif not row.meant and not row.abroad:
            near = around(row.at.lat, row.at.lon, REMOTE_KM)
            here = f"{near[0].name} ({near[0].km(row.at.lat, row.at.lon):.0f} km)" if near else "none"
            what = f"no town {stated!r} of 1,000 people is known in {country}"
            then = "check the spelling, or leave it where the place is smaller"
            told = f"{what}; the nearest to the point is {here}; {then}"
            yield "town-known", ("sites", row.key), told, "warning"


def _doubt(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Look at whether the radius of doubt goes with digits, kind, method, address and outline."""
    site, kind, at, doubt = row.site, row.site.kind, row.at, f"{row.at.uncertainty_m:g} m"
    most = next(count for below, count in _DIGITS if at.uncertainty_m < below)
    for axis in ("lat", "lon"):
        text = str(row.file.written("sites", row.key, "position", axis))
        if len(text.partition(".")[2]) > most:
            what = f"{text} is finer than {doubt} of doubt supports; round to {most} decimals"
            yield "digits", ("position", axis), what
    if kind == "metro" and (at.method != "town" or at.uncertainty_m < METRO_LEAST_M):
        what = f"a metro known by {at.method} to {doubt} claims more than a metro can"
        then = f"write method: town and uncertainty_m {METRO_LEAST_M:.0f} or more"
        yield "precision", ("position",), f"{what}; {then}"
    elif at.method == "town" and at.uncertainty_m < TOWN_LEAST_M:
        then = f"write uncertainty_m {TOWN_LEAST_M:.0f} or more, to hold its industrial zones"
        yield "precision", ("position",), f"a town's point is not known to {doubt}; {then}"
    elif at.method in ("outline", "point") and at.uncertainty_m > BUILDING_MOST_M:
        what = f"a mapped {at.method} with {doubt} of doubt is not a {kind}"
        yield "precision", ("position",), f"{what}; write the radius of the object, or method: town"
    told = kind == "metro" or at.osm or site.address or at.uncertainty_m >= BUILDING_MOST_M
    centres = [] if told else [place for place in row.meant if place.km(at.lat, at.lon) <= CENTRE_KM]
    if centres:
        what = f"{row.point} is the centre of {centres[0].name}, not a {kind}; give its address or its"
        then = f"method: town with uncertainty_m {METRO_LEAST_M:.0f} or more"
        yield "centroid", ("position",), f"{what} OpenStreetMap object, or write {then}"
    if site.address and at.uncertainty_m > ADDRESS_MOST_M:
        what = f"has a street address and {at.uncertainty_m / 1000:g} km of doubt"
        then = "geocode the address (method: address), or name the object on the map"
        yield "address-disc", ("position", "uncertainty_m"), f"{what}; {then}", "warning"
    half_m = math.sqrt((at.footprint_m2 or 0.0) / 2)
    if at.uncertainty_m < half_m:
        what = f"{doubt} do not hold the {at.footprint_m2:g} m2 of its outline"
        yield "footprint", ("position", "uncertainty_m"), f"{what}; write {math.ceil(half_m)} or more"


def _beside(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    for other in checked.beside(row):
        alike = row.at.osm is not None and row.at.osm == other.at.osm
        if alike or (row.at.lat, row.at.lon) == (other.at.lat, other.at.lon):
            what = f"{row.at.osm if alike else row.point} is the point of {other.site.id} too"
            then = "refer to that site, or find where this one really stands"
            yield "same-point", ("position",), f"{what}; {then}"
        elif other.file.path.parent != row.file.path.parent:
            metres = metres_between(row.at, other.at)
            if 0 < metres <= TWIN_M:
                then = "if both are one building, keep one record and refer to it"
                yield "twin", ("position",), f"{metres:.0f} m from {other.site.id}; {then}", "warning"


def _campuses(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    first: dict[str, PlacedSite] = {}
    for row in (row for row in file.placed if row.site.campus):
        other = first.setdefault(row.site.campus or "", row)
        metres = metres_between(row.at, other.at)
        if metres > CAMPUS_MOST_M + row.at.uncertainty_m + other.at.uncertainty_m:
            what = f"{metres / 1000:.1f} km from {other.site.id} of the same campus"
            then = "correct a position, or make two campuses of it"
            yield "campus-spread", ("sites", row.key, "campus"), f"{what}; {then}"


def _policy(file: RecordFile[Policy], checked: CheckedCatalogue) -> Iterator[Flaw]:
    policy, cited_keys = file.record, {key for path, key in leaves(file.tree) if cites(path)}
    for name, rule in policy.rules.items():
        if policy.binding and not rule.quote and not all(piece.secondary for piece in policy.cite(name)):
            what = "quotes no words of the text; quote them, or mark its evidence as secondary"
            yield "annex", ("rules", name), what, "warning"
    for key in policy.evidence.keys() - cited_keys:
        yield "annex", ("evidence", key), "no rule cites it; cite it or drop it", "warning"


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
