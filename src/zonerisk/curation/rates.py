"""Rates: how often zones and regions were lost in covered years, and how well that foretells other years."""

from __future__ import annotations

import hashlib
import json
import math
import random
import statistics
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from datetime import date
from typing import Any, NamedTuple

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError
from zonerisk.core.model import CAUSES, Incident, IncidentFeed, Provider, Region
from zonerisk.core.verdict import JEFFREYS, Tally
from zonerisk.judging import history, likelihood, separation
from zonerisk.judging.arrangement import (
    CAMPUS_MOST_M,
    Arrangement,
    FailureDomain,
    arranged,
    last_day,
    sites_of,
)
from zonerisk.judging.likelihood import Exposed, Rates

SINCE = 2021
DRAWS, SEED = 2000, 14
# How finely quantiles are found.
_STEP = 1e-12
ONE, SEVERAL = "one zone or more", "two zones or more"


class Rate(NamedTuple):
    """What happened, to which cause or provider, how often in how long; 5 %, mean and 95 % a year."""

    event: str
    of: str
    events: int
    exposure: float
    unit: str
    low: float
    best: float
    high: float


def rates(catalog: Catalog) -> list[Rate]:
    """Return the rates of losses by kind, cause and provider, from the records alone."""
    fed = {key: owner for key in catalog.provider_ids if complete_feeds(owner := catalog.provider(key))}
    exposures = {
        key: [exposure(catalog.region(region_id), owner) for region_id in catalog.regions_of(key)]
        for key, owner in fed.items()
    }
    region_years, zone_years, several_years = (
        {key: sum(row[part] for row in rows) for key, rows in exposures.items()} for part in range(3)
    )
    provider_years = {
        key: history.union_years([(feed.since, feed.until) for feed in complete_feeds(owner).values()])
        for key, owner in fed.items()
    }
    events = [event for event in catalog.incidents() if event.provider in fed]
    counted = [event for event in events if event.feed in complete_feeds(fed[event.provider])]
    single = [event for event in counted if _single(event, fed[event.provider])]
    several = [event for event in counted if event.class_ == "physical" and event.several]
    one_lost, lost = ([event for event in events if event.down] for events in (single, several))
    logical = [event for event in counted if event.class_ == "logical" and event.scope == "core"]
    wide = [event for event in logical if len(event.regions) == 1]
    everywhere = [event for event in logical if event.everywhere or len(event.regions) > 1]
    conflict = [event for event in counted if event.class_ == "conflict"]
    zone, region = "zone-year", "region-year of several zones"
    return [
        *_rows("one zone lost", one_lost, zone_years, zone, CAUSES["physical"]),
        *_rows("one zone hit, degraded too", single, zone_years, zone),
        *_rows("two zones or more lost", lost, several_years, region, CAUSES["physical"]),
        *_rows("two zones or more hit, degraded too", several, several_years, region),
        *_rows("software fault of one region", wide, region_years, "region-year", CAUSES["logical"]),
        *_rows("software fault of several regions", everywhere, provider_years, "provider-year"),
        *_rows("conflict", conflict, region_years, "region-year"),
    ]


def constants(catalog: Catalog, until: str = "9999-12-31") -> dict[str, Any]:
    """Return all that likelihoods rest on, counted: the JSON of :class:`zonerisk.judging.likelihood.Rates`.

    ``until`` leaves out all events and years from a day on.

    On a campus events count whether a feed tells of them or not, over all years that the region is open:
    those are known for their losses, so that the rate is an upper one.
    """
    counted = {row.event: [row.events, row.exposure] for row in rates(catalog) if row.of == "all"}
    owners = {key: catalog.provider(key) for key in catalog.provider_ids}
    events = [event for event in catalog.incidents() if event.day < until]
    single = [event for event in events if took_one(event, owners[event.provider])]
    by_provider = {}
    for key, owner in owners.items():
        regions_of = map(catalog.region, catalog.regions_of(key))
        if years := sum(exposure(region, owner, until)[1] for region in regions_of):
            by_provider[key] = Tally(sum(event.provider == key for event in single), round(years, 1))
    # The deviation of the logarithms of providers' rates, less that of the counts themselves.
    noise = statistics.mean(1 / (row.events + JEFFREYS) for row in by_provider.values())
    variance = statistics.variance(math.log(row.moments.mean) for row in by_provider.values())
    rows = {key: _exposed(catalog, catalog.region(key), events, until) for key in catalog.region_ids}
    exposed = {
        key: row
        for key, row in rows.items()
        if row.often or row.claims or row.years or row.campus is not None
    }
    shares = {"campus_all": [0, 0], "metro_all": [0, 0], "long": [0, 0]}
    for event in events:
        for key in (key for key in event.regions if likelihood.took_several(event, key)):
            everywhere = shares["campus_all" if key in exposed and exposed[key].campus else "metro_all"]
            # All that it sells as zones, or the one location that it is.
            hit, sold = event.zones_hit(key), len(catalog.region(key).zones)
            took_all = (hit or 0) >= sold > 1 or (event.extent == "region" and (hit or sold) >= sold)
            everywhere[0] += took_all
            everywhere[1] += 1
            if event.duration_h is not None or event.severity == "data-lost":
                shares["long"][0] += (event.duration_h or math.inf) > likelihood.LONG_H
                shares["long"][1] += 1
    hazards = {file.layer.kind for file in catalog.samples.files if file.layer.frequent}
    lost = [event for event in events if event.class_ == "physical" and event.down and event.scope != "edge"]
    natural = Counter(event.cause for event in lost if event.trigger in ("weather", "water"))
    struck = {"flood": "water", "cyclone": "storm", "seismic": "quake"}
    tree = {
        "until": catalog.date,
        "zone": dict(Counter(likelihood.cause(event) for event in single)),
        "zone_years": round(sum(row.years for row in by_provider.values()), 1),
        "spread": round(math.sqrt(max(0.0, variance - noise)), 3),
        "providers": {key: astuple(row) for key, row in by_provider.items()},
        **shares,
        "losses": {kind: natural[struck.get(kind, "")] for kind in sorted(hazards)},
        "conflict": counted["conflict"],
        "logical": counted["software fault of one region"],
        "regions": {
            key: {name: value for name, value in row._asdict().items() if value or value is False}
            for key, row in exposed.items()
        },
    }
    return {"sha256": hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest(), **tree}


def written(tree: dict[str, Any]) -> str:
    """Write constants as JSON, a line for each region, so that a change is read in its lines."""
    head = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in tree.items() if key != "regions"]
    rows = [f" {json.dumps(key)}: {json.dumps(row)}" for key, row in tree["regions"].items()]
    return "{\n" + ",\n".join([*head, '"regions": {\n' + ",\n".join(rows) + "\n}"]) + "\n}\n"


def _exposed(catalog: Catalog, region: Region, events: Sequence[Incident], until: str) -> Exposed:
    """Return what a region adds to the counts; of one zone alone, only how often hazards strike there."""
    day = last_day(catalog.date)
    places = catalog.sites_of(region.id)
    struck = {key: likelihood.strikes_at(catalog.samples.of(site)) for key, site in places.items()}
    most: dict[str, float] = {}
    for kind, (_, often) in (row for at_site in struck.values() for row in at_site.items() if row[1][1]):
        most[kind] = max(most.get(kind, 0.0), often)
    zones, sites, _ = arranged(catalog, region.id, day)
    # Its zones, or its datacenters if it is one zone and numbered.
    known = replace(zones, domains=sites.domains) if zones.sold == 1 and region.numbered else zones
    if region.status != "open" or len(known.domains) < 2:
        return Exposed(provider=region.provider, often=most)
    provider = catalog.provider(region.provider)
    feeds = complete_feeds(provider)
    own = [event for event in events if likelihood.took_several(event, region.id)]
    years = exposure(region, provider, until)[2]
    campus = _campus(known, sites.domains)
    open_years, born = 0.0, history.opened(region)
    if campus and born:
        days = _number(min(day, until)) - max(_number(born), _zoned(region))
        open_years = max(0, days) / history.YEAR_DAYS
    at = [struck[key] for key in sites_of(known.domains)]
    kinds = dict.fromkeys(kind for often in at for kind in often)
    surely = {kind: sum(often.get(kind, (0.0, 0.0))[0] for often in at) / len(at) for kind in kinds}
    return Exposed(
        provider=region.provider,
        claims=likelihood.claims_distance(known),
        years=round(years, 2),
        hits=dict(Counter(likelihood.cause(event) for event in own if event.feed in feeds)),
        campus=campus,
        campus_years=round(open_years, 2),
        campus_hits=len({event.key for event in own}) if open_years else 0,
        strikes={kind: round(rate * years, 4) for kind, rate in surely.items() if rate * years},
        often=most,
    )


def _campus(arrangement: Arrangement, buildings: Iterable[FailureDomain]) -> bool | None:
    """Return whether a majority shares a campus; where zones are not tied, as far as known buildings tell.

    Those that stand within the width of the widest campus are held to be one. If all that are known, as many
    as there are zones or more, stand on too few for any majority to be apart, one shares a campus; else none.
    """
    groups = {
        "building": separation.assess_buildings(arrangement),
        "campus": separation.assess_campuses(arrangement, 1000 * separation.CAMPUS_RADIUS_KM),
    }
    shown = likelihood.shared_campus(arrangement, groups)
    if len(shown) == 1:
        return bool(shown[0])
    zones = len(arrangement.domains)
    known = [unit for unit in buildings if unit.disclosed]
    campuses: list[list[FailureDomain]] = []
    for unit in known:
        near = [
            group
            for group in campuses
            if any((arrangement.distance(unit, other).best or math.inf) <= CAMPUS_MOST_M for other in group)
        ]
        campuses = [group for group in campuses if group not in near] + [sum(near, [unit])]
    return zones > len(campuses) * (max(2, -(-zones // 2)) - 1) if len(known) >= zones else None


def backup_failed(catalog: Catalog) -> dict[str, tuple[int, int, int]]:
    """Return in how many physical events the backup failed, held, or is not told of, by cause."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for event in catalog.incidents():
        if event.class_ == "physical" and event.scope != "edge":
            counts[event.cause][event.backup] += 1
    return {cause: (rows["failed"], rows["held"], rows["unknown"]) for cause, rows in sorted(counts.items())}


def _rows(
    name: str, events: Sequence[Incident], years: dict[str, float], unit: str, causes: Sequence[str] = ()
) -> Iterator[Rate]:
    """Yield the rate of all, of each cause that is asked for, if it never was, and of each provider."""
    total, counts = sum(years.values()), Counter(event.cause for event in events)
    owners = Counter(event.provider for event in events)
    rows = [("all", len(events), total)]
    rows += [
        (cause, counts[cause], total)
        for cause in sorted(causes, key=lambda cause: -counts[cause])
        if counts[cause] or cause != "unstated"
    ]
    rows += [(key, owners[key], exposed) for key, exposed in years.items() if exposed]
    for of, count, exposed in rows:
        # By Jeffreys' prior it is Gamma(count + 1/2) over the years: 5 %, mean and 95 %.
        shape = count + JEFFREYS
        ends = quantile(shape, 0.05), shape, quantile(shape, 0.95)
        yield Rate(name, of, count, round(exposed, 1), unit, *(float(f"{end / exposed:.2g}") for end in ends))


def quantile(shape: float, share: float) -> float:
    """Return the value below which a share of Gamma(shape) of unit rate lies, for a shape of n + 1/2."""
    steps = range(int((shape + 20 * math.sqrt(shape) + 20) / _STEP))
    return bisect(steps, share, key=lambda step: below(shape, step * _STEP)) * _STEP


def below(shape: float, value: float) -> float:
    """Return the share of Gamma(n + 1/2) of unit rate below a value: an error function and n terms."""
    if value <= 0:
        return 0.0
    terms = ((n + JEFFREYS) * math.log(value) - math.lgamma(n + 1 + JEFFREYS) for n in range(int(shape)))
    return math.erf(math.sqrt(value)) - sum(math.exp(term - value) for term in terms)


def complete_feeds(provider: Provider) -> dict[str, IncidentFeed]:
    """Return the feeds that hold all, or all large events, of what a provider makes public."""
    return {key: feed for key, feed in provider.incident_feeds.items() if feed.complete != "partial"}


def took_one(event: Incident, provider: Provider) -> bool:
    """Return whether an incident counts as the loss of one zone, or of one alone."""
    return event.down and likelihood.lasted(event) and _single(event, provider)


def _single(event: Incident, provider: Provider) -> bool:
    """Return whether one zone was hit, by a complete feed and while it entered such losses."""
    feed = complete_feeds(provider).get(event.feed or "")
    if feed is None or event.class_ != "physical" or event.scope == "edge":
        return False
    entered = feed.single_until is None or event.day <= feed.single_until
    return entered and [event.zones_hit(region) for region in event.regions] == [1] and not event.several


def exposure(region: Region, provider: Provider, until: str = "9999-12-31") -> tuple[float, float, float]:
    """Return the years that feeds cover: of a region, of its zones while single losses were told, of several.

    None count before it is known to be open.
    """
    ends = _number(until)
    days = [row for row in covered(region, provider) if row[0] < ends]
    single, several = sum(zones for _, zones, log in days if log), sum(zones > 1 for _, zones, _ in days)
    return len(days) / history.YEAR_DAYS, single / history.YEAR_DAYS, several / history.YEAR_DAYS


def covered(region: Region, provider: Provider) -> list[tuple[int, int, bool]]:
    """Return the days that feeds cover, with the zones, and whether losses of one were entered then."""
    born, ended = history.opened(region), history.first_day(region.until or "9999-12-31")
    days: set[int] = set()
    single: set[int] = set()
    for feed in complete_feeds(provider).values() if born and region.status != "announced" else ():
        if not region.partition or region.partition not in feed.without:
            span = range(_number(max(born, feed.since)), _number(min(ended, feed.until)))
            limit = _number(feed.single_until) if feed.single_until else span.stop
            days.update(span)
            single.update(range(span.start, min(span.stop, limit)))
    zoned = _zoned(region)
    return [(day, len(region.zones) if day >= zoned else 1, day in single) for day in sorted(days)]


def _number(text: str) -> int:
    return date.fromisoformat(history.first_day(text)).toordinal()


def _zoned(region: Region) -> int:
    """Return the day from which a region is counted with its zones: the middle of what is known.

    Where only the last list without them is known, the first of January after it.
    """
    onset = region.zones_since
    if onset is None:
        return 0
    if onset.not_after and onset.not_before:
        return (_number(onset.not_before) + _number(onset.not_after)) // 2
    if known := onset.not_after or onset.about:
        return _number(known)
    return date(int((onset.not_before or "0001")[:4]) + 1, 1, 1).toordinal()


class Trial(NamedTuple):
    """One region in one year: how much of it is covered, its zones, and whether they were lost."""

    region: str
    provider: str
    year: int
    part: float
    zones: float
    hit: bool


class Skill(NamedTuple):
    """What the model gains over a constant rate: nats and Brier score in all, with 5 and 95 % by regions."""

    question: str
    trained: str
    events: int
    years: float
    nats: tuple[float, float, float]
    brier: tuple[float, float, float]


def backtest(catalog: Catalog) -> tuple[str, list[Skill]]:
    """Return the hash of what was counted, and the skill of the model on what it was not counted on.

    Raises
    ------
    DataError
        If what was counted is not what ``data/rates.json`` froze.
    """
    tree = constants(catalog)
    rates = catalog.rates
    if tree["sha256"] != rates.sha256:
        raise DataError("the counts are not those of data/rates.json; run: zonerisk data rates --constants")
    early = Rates.of(constants(catalog, f"{SINCE}-01-01"))
    rows = []
    for question in (ONE, SEVERAL):
        listed = _trials(catalog, question)
        later = [trial for trial in listed if trial.year >= SINCE]
        before = [trial for trial in listed if trial.year < SINCE]
        rows.append(_skill(question, f"the years before {SINCE}", [(early, before, later)], rates.regions))
        folds: list[Fold] = []
        for key in rates.providers:
            others = {name: row for name, row in rates.providers.items() if name != key}
            known = replace(
                rates,
                zone={"power": sum(row.events for row in others.values())},
                zone_years=sum(row.years for row in others.values()),
                providers=others,
                regions={name: row for name, row in rates.regions.items() if row.provider != key},
            )
            own = [trial for trial in listed if trial.provider == key]
            folds.append((known, [trial for trial in listed if trial.provider != key], own))
        rows.append(_skill(question, "the other providers", folds, rates.regions))
    return rates.sha256, rows


def _trials(catalog: Catalog, question: str) -> list[Trial]:
    """Return the region-years that feeds cover: where losses of one zone were entered, or of several."""
    events = catalog.incidents()
    trials = []
    for key in catalog.region_ids:
        region = catalog.region(key)
        provider = catalog.provider(region.provider)
        days: dict[int, list[int]] = defaultdict(list)
        for day, sold, single in covered(region, provider):
            if single if question == ONE else sold > 1:
                days[date.fromordinal(day).year].append(sold)
        hits = {
            int(event.day[:4])
            for event in events
            if event.feed in complete_feeds(provider) and key in event.regions
            if likelihood.took_several(event, key) or (question == ONE and took_one(event, provider))
        }
        trials += [
            Trial(key, provider.id, year, len(sold) / history.YEAR_DAYS, sum(sold) / len(sold), year in hits)
            for year, sold in days.items()
        ]
    return trials


Fold = tuple[Rates, Sequence[Trial], Sequence[Trial]]


def _skill(question: str, trained: str, folds: Iterable[Fold], today: Mapping[str, Exposed]) -> Skill:
    """Score a model and a constant on trials that neither was counted on."""
    nats: dict[str, float] = defaultdict(float)
    brier: dict[str, float] = defaultdict(float)
    tested: list[Trial] = []
    for rates, training, testing in folds:
        constant = (sum(trial.hit for trial in training) + 0.5) / sum(trial.part for trial in training)
        for trial in testing:
            expected = _expected(rates, question, trial, today)
            ours, theirs = (likelihood.chance(rate * trial.part) for rate in (expected, constant))
            gain = math.log(ours / theirs) if trial.hit else math.log((1 - ours) / (1 - theirs))
            nats[trial.region] += gain
            brier[trial.region] += (theirs - trial.hit) ** 2 - (ours - trial.hit) ** 2
        tested += testing
    years = sum(trial.part for trial in tested)
    return Skill(question, trained, sum(t.hit for t in tested), round(years, 1), _ends(nats), _ends(brier))


def _expected(rates: Rates, question: str, trial: Trial, today: Mapping[str, Exposed]) -> float:
    """Return the mean rate of a trial's region by the model, itself left out; layouts are those of today."""
    row = rates.regions.get(trial.region, Exposed())
    layout = today.get(trial.region, row)
    together, apart = rates.layouts(trial.region, trial.provider, layout.claims)
    c = float(layout.campus) if layout.campus is not None else (together + 0.5) / (together + apart + 1)
    campus, metro, either = rates.shocks(trial.region).parts
    mean = c * campus.mean + (1 - c) * metro.mean + either.mean
    several = mean * (1 + sum(row.hits.values())) / (1 + mean * row.years) if trial.zones > 1 else 0.0
    if question == SEVERAL:
        return several
    factors = rates.factors(trial.provider)
    return several + rates.alone.mean * trial.zones * sum(factors) / len(factors)


def _ends(gains: Mapping[str, float]) -> tuple[float, float, float]:
    """Return a sum over regions, and its 5 and 95 % where regions are drawn again."""
    roll, values = random.Random(SEED), [gains[key] for key in sorted(gains)]
    sums = sorted(sum(roll.choices(values, k=len(values))) for _ in range(DRAWS))
    return sum(values), sums[DRAWS // 20], sums[-DRAWS // 20]
