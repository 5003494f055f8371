"""The record: which events took several domains, or regions, together, and what was looked through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from zonerisk.core.model import Evidence, Incident, Provider, Region
from zonerisk.core.verdict import FeedRead, RecordedIncident, SharedRisk, TrackRecord
from zonerisk.judging.arrangement import FailureDomain, RiskGroups, known_since, pair_ids, risk, together
from zonerisk.words import findings as wording
from zonerisk.words import phrases

YEAR_DAYS = 365.25


def _struck(incidents: Iterable[Incident], day: str) -> list[Incident]:
    """Return the records of physical causes and conflict that reached zones, up to a day."""
    return [e for e in incidents if e.class_ != "logical" and e.scope != "edge" and e.day <= day]


def _events(incidents: Iterable[Incident], day: str) -> dict[str, list[Incident]]:
    events: dict[str, list[Incident]] = {}
    for incident in _struck(incidents, day):
        events.setdefault(incident.key, []).append(incident)
    return events


def hits(incidents: Iterable[Incident], day: str) -> list[tuple[list[Incident], frozenset[str]]]:
    """Return the records of each event that still counts on a day, and the regions that it surely hit."""
    return [
        (records, frozenset(region for record in records for region in record.lost))
        for records in _events(incidents, day).values()
        if any(record.counts(day) for record in records)
    ]


def shared(
    key: str,
    records: Sequence[Incident],
    members: Iterable[FailureDomain],
    message: str,
    groups: int = 1,
    at_least: int | None = None,
) -> SharedRisk:
    """Return an event as what its members share; of grade C where it merely degraded one."""
    grade = max(record.grade for record in records) if all(record.down for record in records) else "C"
    cited = tuple(dict.fromkeys(piece for record in records for piece in record.cited))
    return risk("incident", key, grade, members, message, cited, groups, at_least=at_least)


def assess(
    domains: Sequence[FailureDomain],
    incidents: Iterable[Incident],
    day: str,
    owners: Sequence[Region],
    sold: Mapping[str, int],
) -> RiskGroups:
    """Find which domains an event is on record to have hit together, by name or by number.

    It counts from its day on, until its cause is removed by the record; after ten years only where that is
    a feed or campus of the ``owners`` and stands. A pair that no event hit is apart in this alone. ``sold``
    counts a region's zones, where the domains may be some of them.
    """
    feeds = (feed.id for owner in owners for feed in owner.feeds.values() if feed.holds(day))
    campuses = (campus.id for owner in owners for campus in owner.campuses.values() if campus.holds(day))
    stands = frozenset((*feeds, *campuses))
    risks: list[SharedRisk] = []
    notes: list[str] = []
    cites: list[Evidence] = []
    for key, records in _events(incidents, day).items():
        current = [record for record in records if record.counts(day, stands)]
        risks += _hardest(key, domains, current, sold)
        for past in () if current else _hardest(key, domains, records, sold):
            fixed = next((record.fixed_since for record in records if record.fixed_by(day)), None)
            known = wording.aged(past.message) if records[0].aged(day) else past.message
            notes.append(wording.fixed(past.message, fixed) if fixed else known)
            cites += past.evidence
    if any(known.outcome == "fail" for known in risks):
        notes.append(wording.NOT_FIXED)
    apart = frozenset(pair_ids(domains)) - together(risks)
    # Those of which all are known come first.
    risks.sort(key=lambda known: known.groups > 1)
    return RiskGroups("incident", tuple(risks), apart, wording.OPEN_PAIRS, tuple(notes), tuple(cites))


def _hardest(
    key: str, domains: Sequence[FailureDomain], records: Sequence[Incident], sold: Mapping[str, int]
) -> tuple[SharedRisk, ...]:
    """Return what an event hit together: by one of its records, by those that were down, or by all."""
    down = [record for record in records if record.down]
    parts = (*([record] for record in records), down, records)
    answers = [_together(key, domains, part, sold) for part in parts]

    def weight(risk: SharedRisk) -> tuple[bool, int, bool, bool]:
        return risk.outcome == "fail", risk.least, risk.groups == 1, risk.grade == "A"

    return max(answers, key=lambda known: max(map(weight, known), default=()))


def _together(
    key: str, domains: Sequence[FailureDomain], records: Sequence[Incident], sold: Mapping[str, int]
) -> tuple[SharedRisk, ...]:
    """Return which domains some records of one event say that it hit together, by name and by number."""
    named = {place for record in records for place in (*record.zones, *record.sites)}
    hit = [domain for domain in domains if domain.id in named or named & {site.id for site in domain.sites}]
    pool: list[FailureDomain] = []
    least = 0
    for record in records:
        for region in record.regions:
            count = record.zones_hit(region) or 0
            within = [domain for domain in domains if region in domain.regions]
            among = [domain for domain in within if domain.id in (*record.zones, *record.among)]
            if record.among and len(among) >= count:
                within = among
            # Of a region's zones some may not be asked about: those may have been hit in their stead.
            count -= max(0, sold.get(region, 0) - len(within))
            # Of zones of which there are fewer by now than were hit, all that are left were.
            if min(count, len(within)) > least:
                pool, least = within, min(count, len(within))
    risks = []
    if len(hit) > 1:
        risks.append(_risk(key, hit, len(hit), records))
    if least > max(1, len(hit)):
        risks.append(_risk(f"{key}/counted" if risks else key, pool, least, records))
    return tuple(risks)


def _risk(key: str, members: Sequence[FailureDomain], least: int, records: Sequence[Incident]) -> SharedRisk:
    shares = {zone: share for record in records for zone, share in record.shares.items()}
    names, counted = [domain.name for domain in members], least if least < len(members) else None
    if in_part := counted is None and shares.keys() >= {domain.id for domain in members}:
        # A part is never rounded up to the whole.
        names = [wording.part(100 * shares[domain.id], domain.name) for domain in members]
    down, what = all(record.down for record in records), phrases.event(records[0].name, records[0].day)
    message = wording.struck(counted, names, down, counted is None and not in_part, what)
    return shared(key, records, members, message, len(members) - least + 1, counted)


def of_region(region: Region, incidents: Iterable[Incident]) -> Iterator[Incident]:
    """Yield what is on file of a region; what hit all or most only while it was open."""
    born = opened(region)
    for incident in incidents:
        if incident.about(region.id) and not (incident.everywhere and incident.day < born):
            yield incident


def several(region: Region, incidents: Iterable[Incident], day: str) -> list[Incident]:
    """Return the events up to a day in which two zones or sites of a region were lost."""
    struck = _struck(of_region(region, incidents), day)
    return [event for event in struck if event.down and (event.hit(region.id) or 0) > 1]


def record(
    region: Region,
    provider: Provider,
    incidents: Iterable[Incident],
    day: str,
    by_site: bool = False,
    alone: bool = False,
) -> TrackRecord:
    """Return what is on record of a region up to a day, and what was looked through for it.

    It is told of its datacenters, where these are compared rather than its zones; or of the one, ``alone``.
    """
    listed = [event for event in of_region(region, incidents) if event.day <= day]
    feeds = tuple(feeds_read(region, provider, day))
    struck, together = _struck(listed, day), several(region, listed, day)
    logical = [event for event in listed if event.class_ == "logical" and event.scope == "core"]
    wide = [event.day for event in logical if event.regions and event.extent in ("region", "several-regions")]
    losses = Counter(event.cause for event in struck if event.down and event.hit(region.id) == 1)
    began = min((*(feed.since for feed in feeds), *(event.day for event in listed)), default=None)
    # Losses of one zone were entered for a part only of what some feeds cover.
    ends = [(feed.single_until or feed.until, feed) for feed in provider.incident_feeds.values()]
    cut = min((until for until, feed in ends if feed.since < until < feed.until), default=None)
    known = TrackRecord(
        since=began,
        years=round(union_years([(feed.since, feed.until) for feed in feeds]), 2),
        feeds=feeds,
        zone_losses=dict(losses.most_common()),
        several=tuple(event.id for event in together),
        degraded=sum(not event.down for event in struck),
        conflict=tuple(event.id for event in listed if event.class_ == "conflict"),
        region_wide_logical=len(wide),
        everywhere_logical=sum(event.everywhere for event in logical),
        incidents=tuple(
            RecordedIncident(
                id=event.id,
                name=event.name,
                kind=event.class_,
                cause=event.cause,
                start=event.start,
                hours=event.duration_h,
                severity=event.severity,
                scope=event.scope,
                zones=tuple(zone for zone in event.zones if zone.startswith(f"{region.id}/")),
                at_least=event.zones_hit(region.id),
                grade=event.grade,
                fixed_since=event.fixed_since,
                known_since=known_since(event.cited, day),
            )
            for event in listed
        ),
        told=(),
    )
    noun = "datacenter" if by_site else "zone"
    return replace(known, told=wording.record(known, noun, alone, together, wide, cut))


def feeds_read(region: Region, provider: Provider, day: str) -> Iterable[FeedRead]:
    """Yield the incident feeds that cover a region up to a day, each over the years of both."""
    first, last = opened(region), min(day, first_day(region.until) if region.until else day)
    for key, feed in provider.incident_feeds.items():
        if feed.complete == "partial" or (region.partition and region.partition in feed.without):
            continue
        since, until = max(first, first_day(feed.since)), min(last, first_day(feed.until))
        if since < until:
            yield FeedRead(id=key, since=since, until=until, complete=feed.complete)


def opened(region: Region) -> str:
    """Return the day from which a region is counted, as far as sources tell; the first of time for none.

    A month or year stands for its middle.
    """
    launch = region.launch
    known = region.since or (launch and (launch.about or launch.not_after or launch.not_before)) or ""
    return known + {4: "-07-02", 7: "-15"}.get(len(known), "")


def first_day(text: str) -> str:
    """Return the first day of a partial date."""
    return text + {4: "-01-01", 7: "-01"}.get(len(text), "")


def union_years(spans: Iterable[tuple[str, str]]) -> float:
    """Return how many years some spans cover together."""
    total, reached = 0, 0
    for since, until in sorted(spans):
        begin, end = (date.fromisoformat(text).toordinal() for text in (since, until))
        total += max(0, end - max(begin, reached))
        reached = max(reached, end)
    return total / YEAR_DAYS
