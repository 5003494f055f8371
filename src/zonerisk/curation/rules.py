"""The rules that records keep: names, references, sources, dates, places, and events told once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from zonerisk.catalogue.dialect import Dialect
from zonerisk.catalogue.document import cited, leaves
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
from zonerisk.core.model import Incident, Measurement, Position, Provider, Region
from zonerisk.judging.arrangement import CAMPUS_MOST_M, distance_m, last_day, zone_units
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.catalogue.document import Tree
    from zonerisk.core.model import Dated, Evidence, RoundTrip, Site
    from zonerisk.curation.check import CheckedCatalogue, RecordFile

MODELINE = "# yaml-language-server: $schema=../../schema/{kind}.json"
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

    @cached_property
    def slip(self) -> tuple[str, float, float] | None:
        """The slip, by the rule that tells it, that would bring a point abroad back into its country."""
        if not self.abroad:
            return None
        fits = slips(self.at.lat, self.at.lon, self.country)

        def km(turned: tuple[str, float, float]) -> float:
            return min((place.km(*turned[1:]) for place in self.meant), default=0.0)

        return min(fits, default=None, key=km)


Level = Literal["error", "warning"]
Keys = tuple[str | int, ...]
# What a rule finds: at a path of keys, what is wrong and what to do next; an error unless it says.
Flaw = tuple[Keys, str] | tuple[Keys, str, Level]
Rule = Callable[[Any, "CheckedCatalogue"], Iterator[Any]]

RULES: dict[str, tuple[type, Rule]] = {}
"""Each rule by its name, with what it is asked of: a kind of record, a site's position, or any file."""


def rule(subject: type = object) -> Callable[[Rule], Rule]:
    """Enter a function among the rules, by its name; paths of keys that it yields begin at its subject."""

    def enter(check: Rule) -> Rule:
        RULES[check.__name__.strip("_").replace("_", "-")] = subject, check
        return check

    return enter


@rule()
def modeline(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Ask that the first line names the schema, so that editors check the file as it is written."""
    stem = file.path.stem
    filed = {"incidents": "incident", "measurements": "measurement"}.get(file.id.partition("/")[0])
    wanted = MODELINE.format(kind=filed or (stem if stem in ("provider", "dialect") else "region"))
    if (file.path.parents[2] / "schema").is_dir() and file.document:
        with file.path.open(encoding="utf-8") as text:
            if text.readline().rstrip() != wanted:
                yield (), f"the first line does not name the schema; put this on top: {wanted}"


@rule()
def todo(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse what the template left to fill in."""
    for path, value in leaves(file.tree):
        if value == "TODO":
            yield path, "still says TODO; fill it in, or drop the line"


@rule()
def file_name(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a file that is not named as an id is, or not read at all: the path is the id."""
    if not file.document:
        return
    for part in (file.path.parent.name, file.path.stem):
        if not _ID.fullmatch(part):
            yield (), f"{part!r} is not an id; rename it: lower case, digits and single dashes"
    if file.path.stem == "provider":
        for stray in sorted(file.path.parent.iterdir()):
            if stray.is_dir() or stray.suffix != ".yaml":
                then = "name a region's file <code>.yaml, or take it away"
                yield (), f"{stray.name} beside it is not read; {then}"


@rule(Dialect)
def dialect(file: RecordFile[Dialect], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse what plans could not be read by: names of two providers, a region that is not there."""
    ours, provider = file.record, file.id.partition("/")[0]
    for index, alias in enumerate(ours.aliases):
        owners = {key for key, other in checked.dialects.items() if alias in other.aliases}
        owners |= {alias} & set(checked.catalog.provider_ids)
        if owners != {provider}:
            named = " and ".join(sorted(owners))
            yield ("aliases", index), f"{alias} names {named}; keep it with one of them"
    for alias, code in ours.regions.aliases.items():
        if f"{provider}-{code}" not in checked.region_ids:
            what = f"no region is called {provider}-{code}; write the code as its file is named"
            yield ("regions", "aliases", alias), what
    for name in ours.terraform.types:
        for key, other in checked.dialects.items():
            shared = other.openstack and ours.openstack
            if key != provider and name in other.terraform.types and not shared:
                then = "only what OpenStack's providers share may be theirs"
                yield ("terraform", "types", name), f"{key} has this type too; {then}"
                break


@rule()
def reference(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a reference to a site, campus, feed, region or operator that does not exist."""
    region = file.record
    if isinstance(region, Provider):
        for number, claim in enumerate(region.claims):
            for index, code in enumerate(claim.exceptions):
                if f"{file.id}-{code}" not in checked.region_ids:
                    what = f"no region is called {file.id}-{code}; write the code alone, as its file is named"
                    yield ("claims", number, "exceptions", index), what
    if not isinstance(region, Region):
        return
    lists: list[tuple[Keys, tuple[str, ...], str]] = [
        ((table, key, "sites"), row.sites, "sites")
        for table in ("zones", "feeds", "hazards")
        for key, row in getattr(region, table).items()
    ]
    lists += [(("feeds", key, "upstream"), feed.upstream, "feeds") for key, feed in region.feeds.items()]
    if region.candidates:
        lists.append((("candidates", "sites"), region.candidates.sites, "sites"))
    named: list[tuple[Keys, str, str]] = [
        ((*path, index), name, table) for path, names, table in lists for index, name in enumerate(names)
    ]
    for key, site in region.sites.items():
        if site.operator and site.operator not in checked.catalog.provider_ids:
            what = f"no provider is called {site.operator}; write its provider.yaml, or correct the name"
            yield ("sites", key, "operator"), what
        if site.campus:
            named.append((("sites", key, "campus"), site.campus, "campuses"))
    for where, name, table in named:
        if missing := _missing(name, table, checked):
            yield where, f"{missing}; correct the reference"


def _missing(name: str, table: str, checked: CheckedCatalogue) -> str:
    """Return why a canonical id does not resolve; nothing where it does, or cannot be told."""
    region_id, _, key = name.partition("/")
    if region_id not in checked.region_ids:
        return f"{name}: no region is called {region_id}"
    region, document = checked.region(region_id), checked.files[region_id].document
    if region is None or key in getattr(region, table):
        return ""
    if key in region.zones:
        return f"{name} is a zone; name the {table} it stands in"
    return f"{name}: {document.name if document else region_id} has no such {table}"


@rule(Region)
def zone_id(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse another region's zone id; warn of one that is not the same for every customer."""
    own, provider = set(file.path.stem.split("-")), file.record.provider
    zones = checked.dialects[provider].zones if provider in checked.dialects else None
    for key in file.record.zones:
        if zones and zones.id and not zones.id.fullmatch(key):
            then = zones.account_relative or "use the id that is the same for every account"
            yield ("zones", key), f"{key} is a name, not an id; {then}", "warning"
        for other in checked.regions_of(provider):
            if other.record is None or other.id == file.id:
                continue
            if key in other.record.zones:
                yield ("zones", key), f"{other.id} has a zone {key} too; keep it in the region that sells it"
            elif not set(key.split("-")) & own and re.match(rf"{re.escape(other.path.stem)}(-|[a-z]?$)", key):
                what = f"{key} is named after {other.id}, not after {file.id}"
                yield ("zones", key), f"{what}; move it to that region's file, or correct it"


@rule(Region)
def zone_source(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a zone without a source that it is sold, and that it stands in its sites."""
    for key, zone in file.record.zones.items():
        if not zone.evidence:
            then = "name the page that lists it, and the one that ties it to a site"
            yield ("zones", key), f"cites no evidence; {then}"


@rule(Measurement)
def round_trip(file: RecordFile[Measurement], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse round trips of zones not sold then, or faster than light over the known distance."""
    record, today = file.record, checked.catalog.edition.date
    if record.day > today[: len(record.day)]:
        field = "until" if record.until else "since"
        yield (field,), f"{record.day} is later than the catalogue's {today}; correct it"
    for index, row in enumerate(record.round_trips):
        lacking = {end: _not_sold(getattr(row, end), record, checked) for end in ("a", "b")}
        for end, why in lacking.items():
            if why:
                then = "name the zones as zonerisk show REGION does, by their ids"
                yield ("round_trips", index, end), f"{why}; {then}"
        least_m = 0.0 if any(lacking.values()) else _least_m(row, record.day, checked)
        if least_m > most_fibre_m(row.ms):
            what = f"{row.ms:g} ms is faster than light: at least {least_m / 1000:.1f} km lie between them"
            then = "correct it, or the places on record; milliseconds there and back"
            yield ("round_trips", index, "ms"), f"{what}; {then}"


def _not_sold(name: str, record: Measurement, checked: CheckedCatalogue) -> str:
    """Return why a zone could not be measured; nothing where it could."""
    region_id, _, key = name.partition("/")
    if not checked.sells(record.provider, region_id):
        return f"no region of {record.provider} is called {region_id}"
    region = checked.region(region_id)
    zone = region.zones.get(key) if region else None
    if region and zone is None:
        return f"{region_id} has no zone {key}"
    if region and zone and not (region.holds(record.day) and zone.holds(record.day)):
        return f"{name} was not sold on {record.day}"
    return ""


def _least_m(row: RoundTrip, day: str, checked: CheckedCatalogue) -> float:
    """Return how far apart two zones are at least by the places on record, metres."""
    region_id = row.a.partition("/")[0]
    try:
        region, sites = checked.catalog.region(region_id), checked.catalog.sites_of(region_id)
    except DataError:
        return 0.0
    units = {unit.id: unit for unit in zone_units(region, sites, last_day(day))}
    return distance_m(units[row.a], units[row.b]).low if {row.a, row.b} <= units.keys() else 0.0


@rule()
def uncited(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of evidence that nothing cites."""
    citing = [file]
    if isinstance(file.record, Provider):
        citing += checked.regions_of(file.id)
    elif not (isinstance(file.record, Region) and file.record.zones):
        return
    if any(other.record is None for other in citing):
        return
    named = {key for other in citing for key in _cited(other.tree)}
    for key in file.evidence:
        if key not in named:
            yield (
                ("evidence", key),
                "nothing cites it; cite it where it proves something, or drop it",
                "warning",
            )


def _cited(tree: Tree) -> Iterator[str]:
    yield from (key for _, key in cited(tree))
    for path, text in leaves(tree):
        if path[-1] == "note":
            yield from _named_in(text)


def _named_in(note: str) -> Iterator[str]:
    """Return the keys that a note names as its sources: ``(evidence permit, survey)``."""
    for listed in re.findall(r"\(evidence ([^()]*)\)", note):
        yield from re.split(r",\s*|\s+and\s+", listed)


@rule()
def note_source(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a note that names evidence, `(evidence KEY)`, which file and provider lack."""
    known: Mapping[str, Evidence] = getattr(file.record, "evidence", {})
    for path, note in leaves(file.tree) if hasattr(file.record, "evidence") else ():
        for key in _named_in(note) if path[-1] == "note" else ():
            if key not in known:
                what = f"names evidence {key}, which is not there"
                yield path, f"{what}; add it under evidence, or drop what rests on it"


@rule()
def read_date(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a source read after the day of the catalogue."""
    day = checked.catalog.edition.date
    dates: list[tuple[Keys, str | None]] = [
        (("evidence", key, "read"), piece.read) for key, piece in file.evidence.items()
    ]
    dates += [(("sites", row.key, "position", "read"), row.at.read) for row in file.placed]
    for path, date in dates:
        if date and date > day[: len(date)]:
            what = f"{date} is later than the catalogue's {day}"
            yield path, f"{what}; correct it, or move the date in catalog.yaml"


@rule()
def address(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a source that does not say where it can be read."""
    for key, piece in file.evidence.items():
        if piece.url is None and piece.kind != "inference":
            then = "add where it can be read, or say in the title how to get it"
            yield ("evidence", key), f"has no url; {then}", "warning"


@rule()
def sold(file: RecordFile[Any], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a provider without regions or buildings, and an open cloud region without zones.

    Where not even a region is published, the provider's note says so.
    """
    record = file.record
    if isinstance(record, Provider):
        used = any(checked.regions_of(file.id)) or file.id in checked.operators
        if not record.note and not used:
            then = "add one (zonerisk data new), or say in note that none is published"
            yield (), f"has no region file beside it; {then}"
    elif isinstance(record, Region) and record.status == "open" and not record.zones:
        owner = checked.provider(record.provider)
        if owner and owner.role == "cloud" and owner.status == "open":
            then = "list them as sold; without zones, one named after the region"
            yield (), f"is open and lists no zones; {then}"


@rule(Region)
def unused(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a cloud provider's site that nothing uses and no note explains."""
    owner = checked.provider(file.record.provider)
    if owner is None or owner.role != "cloud" or not file.record.zones:
        return
    for key, site in file.record.sites.items():
        if site.id not in checked.used and not site.note:
            then = "add it to candidates, or note why it serves none"
            yield ("sites", key), f"no zone and no region refers to it; {then}", "warning"


@rule(Incident)
def event_place(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an incident of a region, zone, site or feed that is not in the catalogue."""
    incident = file.record
    for index, key in enumerate(incident.regions):
        if key not in checked.region_ids:
            yield ("regions", index), f"no region is called {key}; see: zonerisk list regions"
        elif not checked.sells(incident.provider, key):
            then = "write a file for each operator, with the same event"
            yield ("regions", index), f"{key} is not of {incident.provider}; {then}"
    named: list[tuple[Keys, str, tuple[str, ...]]] = [
        ((field, index), name, ("sites",) if field == "sites" else ("zones",))
        for field in ("zones", "sites", "among")
        for index, name in enumerate(getattr(incident, field))
    ]
    if incident.standing:
        named.append((("standing",), incident.standing, ("feeds", "campuses")))
    for path, name, tables in named:
        region_id, _, key = name.partition("/")
        region = checked.region(region_id)
        rows = {row.rpartition("/")[2] for table in tables for row in getattr(region, table, ())}
        if region and key not in rows:
            then = f"correct it, or count the zones that were hit; see: zonerisk show {region_id}"
            yield path, f"{region_id} has no {' or '.join(tables)} {key}; {then}"


@rule(Incident)
def event_open(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an incident of a region, zone or site not there that day, or later than its sources."""
    incident = file.record
    read = max(piece.read for piece in incident.cited)
    if incident.day[: len(read)] > read:
        yield ("start",), f"lies after the day its sources were read, {read}; correct the day"
    for index, key in enumerate(incident.regions):
        region = checked.region(key)
        if region is None:
            continue
        away = _away(region, incident)
        if region.status == "announced":
            away = "is announced only"
        elif region.launch and region.launch.not_before and incident.day < region.launch.not_before:
            away = f"was not open before {region.launch.not_before}"
        if away:
            yield ("regions", index), f"{key} {away}; correct the day, or the region's record"
    for field in ("zones", "sites"):
        for index, name in enumerate(getattr(incident, field)):
            region_id, _, key = name.partition("/")
            row = getattr(checked.region(region_id), field, {}).get(key)
            if row and (away := _away(row, incident)):
                yield (field, index), f"{name} {away}; correct the day, or its record"


def _away(row: Dated, incident: Incident) -> str:
    """Return why something was not there on an incident's day; nothing where it was, or may have been."""
    day, since, until = incident.day, row.since or "", row.until or "9999"
    if day[: len(since)] < since[: len(day)]:
        return f"opened in {since}, after {day}"
    return f"ended on {until}, before {day}" if day[: len(until)] > until[: len(day)] else ""


@rule(Incident)
def event_count(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse more zones hit than the region has, and a count that several regions share."""
    regions, least = file.record.regions, file.record.at_least or 0
    if len(regions) != 1:
        if least > 1:
            yield ("at_least",), "counts the zones of several regions; name the zones, or write it for one"
        return
    region = checked.region(regions[0])
    if region and region.zones and least > len(region.zones):
        on_file = phrases.count(len(region.zones), "zone")
        yield ("at_least",), f"{region.id} has {on_file} on file; correct the number"


@rule(Incident)
def event_feed(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a feed that its provider's file does not name, or that does not cover the day."""
    incident, owner = file.record, checked.provider(file.record.provider)
    if incident.feed is None or owner is None:
        return
    row = owner.incident_feeds.get(incident.feed)
    if row is None:
        what = f"{incident.provider} has no incident feed {incident.feed}"
        yield ("feed",), f"{what}; name it in provider.yaml under incident_feeds, or drop it"
    elif not row.since <= incident.day <= row.until:
        yield ("feed",), f"{incident.feed} covers {row.since} to {row.until}; drop it, or correct the day"


@rule(Incident)
def event_twice(file: RecordFile[Incident], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an event told twice; warn of two of one cause in one region at one time."""
    incident = file.record
    for region in incident.regions:
        other = checked.overlaps.get((incident.id, region))
        if other is None or (incident.zones and other.zones and set(incident.zones).isdisjoint(other.zones)):
            continue
        if incident.start == other.start and "T" in incident.start:
            what = f"{other.id} has the same start, cause and region"
            yield ("start",), f"{what}; keep one file an event and operator, or correct the start"
        else:
            what = f"begins with or within {other.id}, of the same cause and region"
            yield ("start",), f"{what}; if both are one event, keep one file", "warning"


@rule(Position)
def country(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a point outside its stated country; warn of one just across the border."""
    countries = countries_at(row.at.lat, row.at.lon)
    if row.country in countries or row.slip:
        return
    near = "" if row.abroad else f", which begins within {row.slack_m / 1000:.1f} km"
    what = f"{row.point} lies in {lies(row.at.lat, row.at.lon)}, not in {row.country}{near}"
    yield (
        ("position",),
        f"{what}; look the place up again, or correct country",
        "error" if row.abroad else "warning",
    )


@rule(Position)
def swapped(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse latitude and longitude exchanged."""
    then = "write lat and lon the other way round"
    yield from _slipped(row, "swapped", "latitude and longitude look exchanged", then)


@rule(Position)
def sign(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a wrong sign: south and west are negative, north and east are not."""
    yield from _slipped(row, "sign", "a sign looks wrong", "south and west are negative; correct it")


def _slipped(row: PlacedSite, kind: str, what: str, then: str) -> Iterator[Flaw]:
    if row.slip and row.slip[0] == kind:
        _, lat, lon = row.slip
        yield ("position",), f"{what}: {row.point} is not in {row.country}, {lat:g}, {lon:g} is; {then}"


@rule(Position)
def town(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a point away from its stated town, unless hardly any place lies nearer to it."""
    meant = row.meant or named(row.file.record.town or "", row.country)
    if not meant or row.abroad:
        return
    lat, lon = row.at.lat, row.at.lon
    nearest = min(meant, key=lambda place: place.km(lat, lon))
    away = nearest.km(lat, lon)
    if away <= (nearest.reach_km if row.meant else REGION_KM) + row.at.uncertainty_m / 2000:
        return
    others = around(lat, lon, REMOTE_KM)
    if away <= REMOTE_KM and sum(place.km(lat, lon) < away for place in others) <= REMOTE_RANK:
        return
    state = f", {nearest.state}" if nearest.state else ""
    here = f"; the nearest place is {others[0].name}" if others else ""
    what = f"{row.point} is {away:.0f} km from {nearest.name}{state}{here}"
    yield ("position",), f"{what}; look the place up again, or state the site's own town"


@rule(Region)
def town_known(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a town that the gazetteer does not know: only its region's can be checked."""
    towns: dict[tuple[str | None, str], PlacedSite] = {}
    for row in file.placed:
        towns.setdefault((row.town, row.country), row)
    for (stated, country), row in towns.items():
        if stated is None:
            what = "states no town; add town, to the site or to the region"
            yield ("sites", row.key), what, "warning"
        elif not row.meant and not row.abroad:
            near = around(row.at.lat, row.at.lon, REMOTE_KM)
            here = f"{near[0].name} ({near[0].km(row.at.lat, row.at.lon):.0f} km)" if near else "none"
            what = f"no town {stated!r} of 1,000 people is known in {country}"
            then = "check the spelling, or leave it where the place is smaller"
            yield ("sites", row.key), f"{what}; the nearest to the point is {here}; {then}", "warning"


@rule(Position)
def digits(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse more decimals than the radius of doubt supports."""
    most = next(count for below, count in _DIGITS if row.at.uncertainty_m < below)
    for axis in ("lat", "lon"):
        text = str(row.file.written("sites", row.key, "position", axis))
        if len(text.partition(".")[2]) > most:
            what = f"{text} is finer than {row.at.uncertainty_m:g} m of doubt supports"
            yield ("position", axis), f"{what}; round to {most} decimals"


@rule(Position)
def centroid(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a town's centre that poses as a building."""
    site, at = row.site, row.at
    if site.kind == "metro" or at.uncertainty_m >= BUILDING_MOST_M or at.osm or site.address:
        return
    centres = [place for place in row.meant if place.km(at.lat, at.lon) <= CENTRE_KM]
    if centres:
        then = (
            "give its address or its OpenStreetMap object, or write method: town with "
            f"uncertainty_m {METRO_LEAST_M:.0f} or more"
        )
        yield ("position",), f"{row.point} is the centre of {centres[0].name}, not a {site.kind}; {then}"


@rule(Position)
def precision(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a kind, method and radius of doubt that contradict each other."""
    kind, at = row.site.kind, row.at
    doubt = f"{at.uncertainty_m:g} m"
    if kind == "metro" and (at.method != "town" or at.uncertainty_m < METRO_LEAST_M):
        what = f"a metro known by {at.method} to {doubt} claims more than a metro can"
        yield ("position",), f"{what}; write method: town and uncertainty_m {METRO_LEAST_M:.0f} or more"
    elif at.method == "town" and at.uncertainty_m < TOWN_LEAST_M:
        then = f"write uncertainty_m {TOWN_LEAST_M:.0f} or more, to hold its industrial zones"
        yield ("position",), f"a town's point is not known to {doubt}; {then}"
    elif at.method in ("outline", "point") and at.uncertainty_m > BUILDING_MOST_M:
        what = f"a mapped {at.method} with {doubt} of doubt is no {kind}"
        yield ("position",), f"{what}; write the radius of the object, or method: town"


@rule(Position)
def address_disc(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a street address whose disc is as wide as a town: it can be looked up."""
    if row.site.address and row.at.uncertainty_m > ADDRESS_MOST_M:
        what = f"has a street address and {row.at.uncertainty_m / 1000:g} km of doubt"
        then = "geocode the address (method: address), or name the object on the map"
        yield ("position", "uncertainty_m"), f"{what}; {then}", "warning"


@rule(Position)
def footprint(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a disc that does not hold the building: less than the half diagonal of a square as large."""
    at, half_m = row.at, math.sqrt((row.at.footprint_m2 or 0.0) / 2)
    if at.uncertainty_m < half_m:
        what = f"{at.uncertainty_m:g} m do not hold the {at.footprint_m2:g} m2 of its outline"
        yield ("position", "uncertainty_m"), f"{what}; write {math.ceil(half_m)} or more"


@rule(Position)
def same_point(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse two sites on one point or one map object: a building has one record."""
    for other in checked.beside(row):
        same_object = row.at.osm is not None and row.at.osm == other.at.osm
        if same_object or (row.at.lat, row.at.lon) == (other.at.lat, other.at.lon):
            what = f"{row.at.osm if same_object else row.point} is the point of {other.site.id} too"
            yield ("position",), f"{what}; refer to that site, or find where this one really stands"


@rule(Position)
def twin(row: PlacedSite, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of two providers' buildings on one spot: they may be one building."""
    for other in checked.beside(row):
        same = other.file.path.parent == row.file.path.parent or (row.at.osm and row.at.osm == other.at.osm)
        metres = 0.0 if same else metres_between(row.at, other.at)
        if 0 < metres <= TWIN_M:
            then = "if both are one building, keep one record and refer to it"
            yield ("position",), f"{metres:.0f} m from {other.site.id}; {then}", "warning"


@rule(Region)
def campus_spread(file: RecordFile[Region], checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a campus whose buildings stand apart."""
    first: dict[str, PlacedSite] = {}
    for row in file.placed:
        if row.site.campus is None:
            continue
        other = first.setdefault(row.site.campus, row)
        metres = metres_between(row.at, other.at)
        if metres > CAMPUS_MOST_M + row.at.uncertainty_m + other.at.uncertainty_m:
            what = f"{metres / 1000:.1f} km from {other.site.id} of the same campus"
            yield (
                ("sites", row.key, "campus"),
                f"{what}; correct a position, or make two campuses of it",
            )
