"""Back-test: whether the likelihood tells more than a constant of years that it was not counted on."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.curation import rates as counting
from zonerisk.judging import history, likelihood
from zonerisk.judging.likelihood import Exposed, Rates

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog

SINCE = 2021
DRAWS, SEED = 2000, 14
ONE, SEVERAL = "one zone or more", "two zones or more"


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
    tree = counting.constants(catalog)
    rates = catalog.rates
    if tree["sha256"] != rates.sha256:
        raise DataError("the counts are not those of data/rates.json; run: zonerisk data rates --constants")
    trials = {ONE: _trials(catalog, ONE), SEVERAL: _trials(catalog, SEVERAL)}
    early = Rates.of(counting.constants(catalog, f"{SINCE}-01-01"))
    rows = []
    for question, listed in trials.items():
        later = [trial for trial in listed if trial.year >= SINCE]
        before = [trial for trial in listed if trial.year < SINCE]
        rows.append(_skill(question, f"the years before {SINCE}", [(early, before, later)], rates.regions))
        folds = [
            (
                without(rates, key),
                [trial for trial in listed if trial.provider != key],
                [trial for trial in listed if trial.provider == key],
            )
            for key in rates.providers
        ]
        rows.append(_skill(question, "the other providers", folds, rates.regions))
    return rates.sha256, rows


def without(rates: Rates, provider: str) -> Rates:
    """Return rates that were counted on the other providers alone."""
    others = {key: row for key, row in rates.providers.items() if key != provider}
    return replace(
        rates,
        zone={"power": sum(row.events for row in others.values())},
        zone_years=sum(row.years for row in others.values()),
        providers=others,
        regions={key: row for key, row in rates.regions.items() if row.provider != provider},
    )


def _trials(catalog: Catalog, question: str) -> list[Trial]:
    """Return the region-years that feeds cover: where losses of one zone were entered, or of several."""
    events = catalog.incidents()
    trials = []
    for key in catalog.region_ids:
        region = catalog.region(key)
        provider = catalog.provider(region.provider)
        zones, single = counting.covered(region, provider)
        days: dict[int, list[int]] = defaultdict(list)
        for day, sold in zones.items():
            if day in single if question == ONE else sold > 1:
                days[date.fromordinal(day).year].append(sold)
        hits = {
            int(event.day[:4])
            for event in events
            if event.feed in counting.complete_feeds(provider) and key in event.regions
            if likelihood.took_several(event, key) or (question == ONE and counting.took_one(event, provider))
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
        expected = _model(rates, question, today)
        for trial in testing:
            ours, theirs = (-math.expm1(-rate * trial.part) for rate in (expected(trial), constant))
            gain = math.log(ours / theirs) if trial.hit else math.log((1 - ours) / (1 - theirs))
            nats[trial.region] += gain
            brier[trial.region] += (theirs - trial.hit) ** 2 - (ours - trial.hit) ** 2
        tested += testing
    years = sum(trial.part for trial in tested)
    return Skill(question, trained, sum(t.hit for t in tested), round(years, 1), _ends(nats), _ends(brier))


def _model(rates: Rates, question: str, today: Mapping[str, Exposed]) -> Callable[[Trial], float]:
    """Return the mean rate of a trial's region by the model, itself left out; layouts are those of today."""
    zone = rates.alone.mean
    means: dict[str, float] = {}

    def expected(trial: Trial) -> float:
        if trial.region not in means:
            row = rates.regions.get(trial.region, Exposed())
            told = today.get(trial.region, row)
            together, apart = rates.layouts(trial.region, trial.provider, told.claims)
            c = float(told.campus) if told.campus is not None else (together + 0.5) / (together + apart + 1)
            one, metro, either = rates.shocks(trial.region).parts
            mean = c * one.mean + (1 - c) * metro.mean + either.mean
            own = sum(row.hits.values())
            means[trial.region] = mean * (1 + own) / (1 + mean * row.years)
        several = means[trial.region] if trial.zones > 1 else 0.0
        if question == SEVERAL:
            return several
        factors = rates.factors(trial.provider)
        return several + zone * trial.zones * sum(factors) / len(factors)

    return expected


def _ends(gains: Mapping[str, float]) -> tuple[float, float, float]:
    """Return a sum over regions, and its 5 and 95 % where regions are drawn again."""
    roll, values = random.Random(SEED), [gains[key] for key in sorted(gains)]
    sums = sorted(sum(roll.choices(values, k=len(values))) for _ in range(DRAWS))
    return sum(values), sums[DRAWS // 20], sums[-DRAWS // 20]
