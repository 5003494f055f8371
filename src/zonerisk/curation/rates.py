"""Rates: how often zones and regions were lost, counted on the years that complete feeds cover."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core import gamma
from zonerisk.judging import history

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.incident import Incident
    from zonerisk.core.model import IncidentFeed, Provider, Region


class Rate(NamedTuple):
    """One kind of event, counted.

    Attributes
    ----------
    event, of
        What happened, and of which part: all, a cause, a provider.
    events, exposure, unit
        How often, over how many years of what.
    low, best, high
        Events per year of the unit: 5 %, mean and 95 % by Jeffreys' prior.
    """

    event: str
    of: str
    events: int
    exposure: float
    unit: str
    low: float
    best: float
    high: float


class Exposure(NamedTuple):
    """Years of one region that the feeds of its provider cover.

    Attributes
    ----------
    region_years
        Of the region.
    single_zone_years
        Of its zones, while losses of one zone were entered.
    several_years
        Of the region while it was sold with two zones or more.
    """

    region_years: float
    single_zone_years: float
    several_years: float


def rates(catalog: Catalog) -> list[Rate]:
    """Return the rates of losses by kind, cause and provider, from the records alone."""
    providers = [catalog.provider(key) for key in catalog.provider_ids]
    fed = [provider for provider in providers if _feeds(provider)]
    exposures = {
        provider.id: [exposure(catalog.region(key), provider) for key in catalog.regions_of(provider.id)]
        for provider in fed
    }
    events = [event for event in catalog.incidents() if event.provider in exposures]
    owners = {provider.id: provider for provider in fed}
    counted = [event for event in events if _covered(event, owners[event.provider])]
    single = [event for event in counted if _single(event, owners[event.provider])]
    several = [event for event in counted if event.class_ == "physical" and event.several]
    logical = [event for event in counted if event.class_ == "logical" and event.scope == "core"]
    wide = [event for event in logical if len(event.regions) == 1]
    everywhere = [event for event in logical if event.everywhere or len(event.regions) > 1]
    conflict = [event for event in counted if event.class_ == "conflict"]
    zone_years = {key: sum(row.single_zone_years for row in rows) for key, rows in exposures.items()}
    several_years = {key: sum(row.several_years for row in rows) for key, rows in exposures.items()}
    region_years = {key: sum(row.region_years for row in rows) for key, rows in exposures.items()}
    provider_years = {
        provider.id: history.union_years([(feed.since, feed.until) for feed in _feeds(provider).values()])
        for provider in fed
    }
    zone, region = "zone-year", "region-year of several zones"
    return [
        *_rows("one zone lost", _down(single), zone_years, zone),
        *_rows("one zone hit, degraded too", single, zone_years, zone, split=False),
        *_rows("two zones or more lost", _down(several), several_years, region),
        *_rows("two zones or more hit, degraded too", several, several_years, region, split=False),
        *_rows("software fault of one region", wide, region_years, "region-year"),
        *_rows("software fault of several regions", everywhere, provider_years, "provider-year", split=False),
        *_rows("conflict", conflict, region_years, "region-year", split=False),
    ]


def backup_failed(catalog: Catalog) -> dict[str, tuple[int, int, int]]:
    """Return in how many physical events the backup failed, held, or is not told of, by cause."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for event in catalog.incidents():
        if event.class_ == "physical" and event.scope != "edge":
            told[event.cause][event.backup] += 1
    return {cause: (rows["failed"], rows["held"], rows["unknown"]) for cause, rows in sorted(told.items())}


def _rows(
    name: str, events: Sequence[Incident], years: dict[str, float], unit: str, split: bool = True
) -> Iterator[Rate]:
    total = sum(years.values())
    yield _rate(name, "all", len(events), total, unit)
    causes = Counter(event.cause for event in events).most_common() if split else ()
    yield from (_rate(name, cause, count, total, unit) for cause, count in causes)
    owners = Counter(event.provider for event in events)
    yield from (_rate(name, key, owners[key], exposed, unit) for key, exposed in years.items() if exposed)


def _rate(name: str, of: str, count: int, years: float, unit: str) -> Rate:
    low, best, high = (float(f"{end:.2g}") for end in gamma.rate(count, years))
    return Rate(name, of, count, round(years, 1), unit, low, best, high)


def _down(events: Sequence[Incident]) -> list[Incident]:
    return [event for event in events if event.down]


def _feeds(provider: Provider) -> dict[str, IncidentFeed]:
    return {key: feed for key, feed in provider.incident_feeds.items() if feed.complete != "partial"}


def _covered(event: Incident, provider: Provider) -> bool:
    return event.feed in _feeds(provider)


def _single(event: Incident, provider: Provider) -> bool:
    """Return whether one zone was hit, while such losses were entered."""
    limit = provider.incident_feeds[event.feed or ""].single_until
    entered = limit is None or event.day <= limit
    one = len(event.regions) == 1 and event.zones_hit(event.regions[0]) == 1 and not event.several
    return event.class_ == "physical" and event.scope != "edge" and one and entered


def exposure(region: Region, provider: Provider) -> Exposure:
    """Return the years of a region that its provider's feeds cover; none before it is known to be open."""
    born = history.opened(region)
    if region.status == "announced" or not born:
        return Exposure(0.0, 0.0, 0.0)
    ended = history.first_day(region.until) if region.until else "9999-12-31"
    whole: set[int] = set()
    single: set[int] = set()
    for feed in _feeds(provider).values():
        if region.partition and region.partition in feed.without:
            continue
        days = range(_number(max(born, feed.since)), _number(min(ended, feed.until)))
        whole.update(days)
        limit = _number(feed.single_until) if feed.single_until else None
        single.update(day for day in days if limit is None or day < limit)
    zoned = _zoned(region)
    counts = {day: len(region.zones) if zoned is None or day >= zoned else 1 for day in whole}
    return Exposure(
        len(whole) / history.YEAR_DAYS,
        sum(counts[day] for day in single) / history.YEAR_DAYS,
        sum(counts[day] > 1 for day in whole) / history.YEAR_DAYS,
    )


def _number(text: str) -> int:
    return date.fromisoformat(history.first_day(text)).toordinal()


def _zoned(region: Region) -> int | None:
    """Return the day from which a region is counted with its zones: the middle of what is known.

    Where only the last list without them is known, the first of January after it.
    """
    onset = region.zones_since
    if onset is None:
        return None
    if onset.not_after and onset.not_before:
        return (_number(onset.not_before) + _number(onset.not_after)) // 2
    if onset.not_after or onset.about:
        return _number(onset.not_after or onset.about or "")
    return date(int((onset.not_before or "0001")[:4]) + 1, 1, 1).toordinal()
