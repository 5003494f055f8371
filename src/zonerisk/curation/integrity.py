"""Rules on records: whether references, sources, names and dates hold together, and events are told once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonerisk.catalogue.document import cited, leaves
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import most_fibre_m
from zonerisk.judging.arrangement import distance_m, last_day, zone_units
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.catalogue.document import Tree
    from zonerisk.core.incident import Incident
    from zonerisk.core.model import Dated, Measurement, Region, RoundTrip
    from zonerisk.curation.check import CheckedCatalogue, Flaw, Keys, RecordFile

MODELINE = "# yaml-language-server: $schema=../../schema/{kind}.json"


def modeline(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Ask that the first line names the schema, so that editors check the file as it is written."""
    stem = file.path.stem
    kind = stem if stem in ("provider", "dialect") else "region"
    filed = {"incidents": "incident", "measurements": "measurement"}.get(file.id.partition("/")[0])
    wanted = MODELINE.format(kind=filed or kind)
    if (file.path.parents[2] / "schema").is_dir() and file.document:
        with file.path.open(encoding="utf-8") as text:
            if text.readline().rstrip() != wanted:
                yield (), "the first line does not name the schema", f"put this on top: {wanted}"


def todo(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse what the template left to fill in."""
    for path, value in leaves(file.tree):
        if value == "TODO":
            yield path, "still says TODO", "fill it in, or drop the line"


def file_name(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a file that is not named as an id is, or not read at all: the path is the id."""
    if not file.document:
        return
    for part in (file.path.parent.name, file.path.stem):
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", part):
            yield (), f"{part!r} is no id", "rename it: lower case, digits and single dashes"
    if file.path.stem == "provider":
        for stray in sorted(file.path.parent.iterdir()):
            if stray.is_dir() or stray.suffix != ".yaml":
                then = "name a region's file <code>.yaml, or take it away"
                yield (), f"{stray.name} beside it is not read", then


def dialect(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse what plans could not be read by: names of two providers, a region that is not there."""
    ours = file.dialect
    if ours is None:
        return
    provider = file.id.partition("/")[0]
    for index, alias in enumerate(ours.aliases):
        owners = {key for key, other in checked.dialects.items() if alias in other.aliases}
        owners |= {alias} & set(checked.catalog.provider_ids)
        if owners != {provider}:
            what = f"{alias} names {' and '.join(sorted(owners))}"
            yield ("aliases", index), what, "keep it with one of them"
    for alias, code in ours.regions.aliases.items():
        if f"{provider}-{code}" not in checked.catalog.region_ids:
            path = ("regions", "aliases", alias)
            yield path, f"no region is called {provider}-{code}", "write the code as its file is named"
    for name in ours.terraform.types:
        others = [
            key
            for key, other in checked.dialects.items()
            if key != provider and name in other.terraform.types and not (other.openstack and ours.openstack)
        ]
        if others:
            what = f"{others[0]} has this type too"
            yield ("terraform", "types", name), what, "only what OpenStack's providers share may be theirs"


def reference(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a reference to a site, campus, feed, region or operator that does not exist."""
    for number, claim in enumerate(file.provider.claims if file.provider else ()):
        for index, code in enumerate(claim.exceptions):
            if f"{file.id}-{code}" not in checked.catalog.region_ids:
                path = ("claims", number, "exceptions", index)
                what = f"no region is called {file.id}-{code}"
                yield path, what, "write the code alone, as its file is named"
    region = file.region
    if region is None:
        return
    for key, site in region.sites.items():
        if site.operator and site.operator not in checked.catalog.provider_ids:
            what = f"no provider is called {site.operator}"
            yield ("sites", key, "operator"), what, "write its provider.yaml, or correct the name"
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
    sites = region.sites.items()
    named += [(("sites", key, "campus"), site.campus, "campuses") for key, site in sites if site.campus]
    for where, name, table in named:
        missing = _missing(name, table, checked)
        if missing:
            yield where, missing, "correct the reference"


def _missing(name: str, table: str, checked: CheckedCatalogue) -> str:
    """Return why a canonical id does not resolve; nothing where it does, or cannot be told."""
    region_id, _, key = name.partition("/")
    owner = checked.files.get(region_id)
    if owner is None or owner.path.stem == "provider":
        return f"{name}: no region is called {region_id}"
    if owner.region is None or key in getattr(owner.region, table):
        return ""
    if key in owner.region.zones:
        return f"{name} is a zone; name the {table} it stands in"
    return f"{name}: {owner.document.name if owner.document else region_id} has no such {table}"


def zone_id(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse another region's zone id; warn of one that is not the same for every customer."""
    region = file.region
    if region is None:
        return
    own = set(file.path.stem.split("-"))
    owner = checked.files.get(f"{region.provider}/dialect")
    zones = owner.dialect.zones if owner and owner.dialect else None
    for key in region.zones:
        if zones and zones.id and not zones.id.fullmatch(key):
            then = zones.account_relative or "use the id that is the same for every account"
            yield ("zones", key), f"{key} is a name, not an id", then, "warning"
        for other in checked.regions_of(region.provider):
            if other.region is None or other.id == file.id:
                continue
            if key in other.region.zones:
                what = f"{other.id} has a zone {key} too"
                yield ("zones", key), what, "keep it in the region that sells it"
            elif not set(key.split("-")) & own and re.match(rf"{re.escape(other.path.stem)}(-|[a-z]?$)", key):
                what = f"{key} is named after {other.id}, not after {file.id}"
                yield ("zones", key), what, "move it to that region's file, or correct it"


def zone_source(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a zone without a source that it is sold, and that it stands in its sites."""
    for key, zone in file.region.zones.items() if file.region else ():
        if not zone.evidence:
            then = "name the page that lists it, and the one that ties it to a site"
            yield ("zones", key), "cites no evidence", then


def round_trip(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse round trips of zones not sold then, or faster than light over the known distance."""
    record, today = file.measurement, checked.catalog.edition.date
    if record is None:
        return
    if record.day > today[: len(record.day)]:
        field = "until" if record.until else "since"
        yield (field,), f"{record.day} is later than the catalogue's {today}", "correct it"
    for index, row in enumerate(record.round_trips):
        lacking = {end: _not_sold(getattr(row, end), record, checked) for end in ("a", "b")}
        for end, why in lacking.items():
            if why:
                then = "name the zones as zonerisk show REGION does, by their ids"
                yield ("round_trips", index, end), why, then
        least_m = 0.0 if any(lacking.values()) else _least_m(row, record.day, checked)
        if least_m > most_fibre_m(row.ms):
            what = f"{row.ms:g} ms is faster than light: at least {least_m / 1000:.1f} km lie between them"
            then = "correct it, or the places on record; milliseconds there and back"
            yield ("round_trips", index, "ms"), what, then


def _not_sold(name: str, record: Measurement, checked: CheckedCatalogue) -> str:
    """Return why a zone could not be measured; nothing where it could."""
    region_id, _, key = name.partition("/")
    file = checked.files.get(region_id)
    region = file.region if file else None
    if file is None or file.path.stem == "provider" or file.path.parent.name != record.provider:
        return f"no region of {record.provider} is called {region_id}"
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


def uncited(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of evidence that nothing cites."""
    if file.record is None or not (file.provider or (file.region and file.region.zones)):
        return
    citing = [file, *checked.regions_of(file.id)] if file.provider else [file]
    if any(other.record is None for other in citing):
        return
    named = {key for other in citing for key in _cited(other.tree)}
    listed = file.written("evidence")
    for key in listed if isinstance(listed, dict) else ():
        if key not in named:
            then = "cite it where it proves something, or drop it"
            yield ("evidence", key), "nothing cites it", then, "warning"


def _cited(tree: Tree) -> Iterator[str]:
    yield from (key for _, key in cited(tree))
    for path, text in leaves(tree):
        if path[-1] == "note":
            yield from _named_in(text)


def _named_in(note: str) -> Iterator[str]:
    """Return the keys that a note names as its sources: ``(evidence permit, survey)``."""
    for listed in re.findall(r"\(evidence ([^()]*)\)", note):
        yield from re.split(r",\s*|\s+and\s+", listed)


def note_source(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a note that names evidence, `(evidence KEY)`, which file and provider lack."""
    for path, note in leaves(file.tree) if file.record else ():
        for key in _named_in(note) if path[-1] == "note" else ():
            if file.record and key not in file.record.evidence:
                what = f"names evidence {key}, which is not there"
                yield path, what, "add it under evidence, or drop what rests on it"


def read_date(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a source read after the day of the catalogue."""
    day = checked.catalog.edition.date
    read: list[tuple[Keys, str | None]] = [
        (("evidence", key, "read"), piece.read)
        for key, piece in (file.record.evidence.items() if file.record else ())
        if file.written("evidence", key)
    ]
    read += [(("sites", key, "position", "read"), at.read) for key, _, at in file.placed()]
    for path, date in read:
        if date and date > day[: len(date)]:
            what = f"{date} is later than the catalogue's {day}"
            yield path, what, "correct it, or move the date in catalog.yaml"


def address(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a source that does not say where it can be read."""
    for key, piece in file.record.evidence.items() if file.record else ():
        if piece.url is None and piece.kind != "inference" and file.written("evidence", key):
            then = "add where it can be read, or say in the title how to get it"
            yield ("evidence", key), "has no url", then, "warning"


def sold(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a provider without regions or buildings, and an open cloud region without zones.

    Where not even a region is published, the provider's note says so.
    """
    used = any(checked.regions_of(file.id)) or file.id in checked.operators
    if file.provider and not file.provider.note and not used:
        then = "add one (zonerisk data new), or say in note that none is published"
        yield (), "has no region file beside it", then
    region = file.region
    if region is None or region.status != "open" or region.zones:
        return
    owner = checked.files[region.provider].provider
    if owner and owner.role == "cloud" and owner.status == "open":
        then = "list them as sold; without zones, one named after the region"
        yield (), "is open and lists no zones", then


def unused(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Warn of a cloud provider's site that nothing uses and no note explains."""
    region = file.region
    owner = checked.files[region.provider].provider if region else None
    if region is None or owner is None or owner.role != "cloud" or not region.zones:
        return
    for key, site in region.sites.items():
        if site.id not in checked.used and not site.note:
            then = "add it to candidates, or note why it serves none"
            yield ("sites", key), "no zone and no region refers to it", then, "warning"


def event_place(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an incident of a region, zone, site or feed that is not in the catalogue."""
    incident = file.incident
    if incident is None:
        return
    for index, key in enumerate(incident.regions):
        owner = checked.files.get(key)
        if owner is None or owner.path.stem == "provider":
            yield ("regions", index), f"no region is called {key}", "see: zonerisk list regions"
        elif owner.path.parent.name != incident.provider:
            what = f"{key} is not of {incident.provider}"
            yield ("regions", index), what, "write a file for each operator, with the same event"
    fields = (("zones", incident.zones), ("sites", incident.sites), ("among", incident.among))
    named: list[tuple[Keys, str, tuple[str, ...]]] = [
        ((field, index), name, ("sites",) if field == "sites" else ("zones",))
        for field, names in fields
        for index, name in enumerate(names)
    ]
    if incident.standing:
        named.append((("standing",), incident.standing, ("feeds", "campuses")))
    for path, name, tables in named:
        region_id, _, key = name.partition("/")
        region = checked.region(region_id)
        if region is None or any(key in _keys(region, table) for table in tables):
            continue
        then = f"correct it, or count the zones that were hit; see: zonerisk show {region_id}"
        yield path, f"{region_id} has no {' or '.join(tables)} {key}", then


def _keys(region: Region, table: str) -> set[str]:
    return {row.rpartition("/")[2] for row in getattr(region, table)}


def event_open(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an incident of a region, zone or site not there that day, or later than its sources."""
    incident = file.incident
    if incident is None:
        return
    read = max(piece.read for piece in incident.cited)
    if incident.day[: len(read)] > read:
        yield ("start",), f"lies after the day its sources were read, {read}", "correct the day"
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
            yield ("regions", index), f"{key} {away}", "correct the day, or the region's record"
    for field in ("zones", "sites"):
        for index, name in enumerate(getattr(incident, field)):
            region_id, _, key = name.partition("/")
            region = checked.region(region_id)
            row = getattr(region, field).get(key) if region else None
            away = _away(row, incident) if row else ""
            if away:
                yield (field, index), f"{name} {away}", "correct the day, or its record"


def _away(row: Dated, incident: Incident) -> str:
    """Return why something was not there on an incident's day; nothing where it was, or may have been."""
    day, since, until = incident.day, row.since or "", row.until or "9999"
    if day[: len(since)] < since[: len(day)]:
        return f"opened in {since}, after {day}"
    return f"ended on {until}, before {day}" if day[: len(until)] > until[: len(day)] else ""


def event_count(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse more zones hit than the region has, and a count that several regions share."""
    incident = file.incident
    if incident is None or incident.at_least is None:
        return
    if len(incident.regions) != 1:
        if incident.at_least > 1:
            yield ("at_least",), "counts the zones of several regions", "name the zones, or write it for one"
        return
    region = checked.region(incident.regions[0])
    if region and region.zones and incident.at_least > len(region.zones):
        on_file = phrases.count(len(region.zones), "zone")
        yield ("at_least",), f"{region.id} has {on_file} on file", "correct the number"


def event_feed(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse a feed that its provider's file does not name, or that does not cover the day."""
    incident = file.incident
    owner = checked.files.get(incident.provider) if incident else None
    if incident is None or incident.feed is None or owner is None or owner.provider is None:
        return
    row = owner.provider.incident_feeds.get(incident.feed)
    if row is None:
        what = f"{incident.provider} has no incident feed {incident.feed}"
        yield ("feed",), what, "name it in provider.yaml under incident_feeds, or drop it"
    elif not row.since <= incident.day <= row.until:
        yield ("feed",), f"{incident.feed} covers {row.since} to {row.until}", "drop it, or correct the day"


def event_twice(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an event told twice; warn of two of one cause in one region at one time."""
    incident = file.incident
    for region in incident.regions if incident else ():
        other = checked.overlaps.get((incident.id, region)) if incident else None
        if other is None or incident is None:
            continue
        zones = set(incident.zones), set(other.zones)
        if all(zones) and zones[0].isdisjoint(zones[1]):
            continue
        if incident.start == other.start and "T" in incident.start:
            then = "keep one file an event and operator, or correct the start"
            yield ("start",), f"{other.id} has the same start, cause and region", then
        else:
            what = f"begins with or within {other.id}, of the same cause and region"
            yield ("start",), what, "if both are one event, keep one file", "warning"
