"""Rules on incidents: whether what they name was there that day, and whether it is told once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.incident import Incident
    from zonerisk.core.model import Dated, Region
    from zonerisk.curation.check import CheckedCatalogue, Flaw, Keys, RecordFile


def place(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
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
        region = checked.files[region_id].region if region_id in checked.files else None
        if region is None or any(key in _keys(region, table) for table in tables):
            continue
        then = f"correct it, or count the zones that were hit; see: zonerisk show {region_id}"
        yield path, f"{region_id} has no {' or '.join(tables)} {key}", then


def _keys(region: Region, table: str) -> set[str]:
    return {row.rpartition("/")[2] for row in getattr(region, table)}


def was_open(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse an incident of a region, zone or site not there that day, or later than its sources."""
    incident = file.incident
    if incident is None:
        return
    read = max(piece.read for piece in incident.cited)
    if incident.day[: len(read)] > read:
        yield ("start",), f"lies after the day its sources were read, {read}", "correct the day"
    for index, key in enumerate(incident.regions):
        region = checked.files[key].region if key in checked.files else None
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
            region = checked.files[region_id].region if region_id in checked.files else None
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


def count(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
    """Refuse more zones hit than the region has, and a count that several regions share."""
    incident = file.incident
    if incident is None or incident.at_least is None:
        return
    if len(incident.regions) != 1:
        if incident.at_least > 1:
            yield ("at_least",), "counts the zones of several regions", "name the zones, or write it for one"
        return
    region = checked.files[incident.regions[0]].region if incident.regions[0] in checked.files else None
    if region and region.zones and incident.at_least > len(region.zones):
        on_file = phrases.count(len(region.zones), "zone")
        yield ("at_least",), f"{region.id} has {on_file} on file", "correct the number"


def feed(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
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


def twice(file: RecordFile, checked: CheckedCatalogue) -> Iterator[Flaw]:
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
