"""Advice: the zones and the recovery that do best for each workload when judged, and what each buys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, islice
from math import comb
from typing import Literal

from zonerisk.core.verdict import Audit, Choice, Judged
from zonerisk.judging.arrangement import zones_sold
from zonerisk.words import workloads as wording
from zonerisk.workloads import probability
from zonerisk.workloads.audit import MOST_REGIONS, Auditor
from zonerisk.workloads.deployment import OWN, Place, Workload, majority, spread

# Of a region's zones as many are tried as a policy asks for, in every way up to here.
MOST_ZONES, MOST_WAYS, MOST_WORKLOADS = 3, 60, 50


def advise(auditor: Auditor, audit: Audit) -> tuple[tuple[Choice, ...], str]:
    """Judge the ways to spread each workload over its region, and the regions to recover it in.

    What is left out is said beside; nothing where nothing is.
    """
    listed = auditor.deployment.workloads
    choices: list[Choice] = []
    cut = 0
    for workload, judged in list(zip(listed, audit.workloads, strict=True))[:MOST_WORKLOADS]:
        regions = {place.region for place in workload.places}
        if len(regions) == 1 and OWN not in regions and not workload.spread:
            found, whole = _zones(auditor, workload, judged, *regions)
            choices += [*found, *_recoveries(auditor, workload, judged, *regions)]
            cut += not whole
    return tuple(choices), wording.advice_left(len(listed), MOST_WORKLOADS, cut, MOST_WAYS)


def _zones(auditor: Auditor, workload: Workload, judged: Judged, region: str) -> tuple[list[Choice], bool]:
    """Choose the zones that do best, and say whether every way to spread the copies was tried."""
    sold = zones_sold(auditor.catalog.region(region), auditor.day)
    size = min(len(sold), len(workload.places), MOST_ZONES)
    tried = []
    for zones in islice(combinations(sold, size), MOST_WAYS):
        places = spread([Place(zone.id, region, "zone") for zone in zones], len(workload.places))
        tried.append((auditor.judge(replace(workload, places=places)), places))
    whole = comb(len(sold), size) <= MOST_WAYS
    best, places = min(tried, key=lambda each: _rank(each[0]), default=(judged, workload.places))
    # Zones of which only the names differ buy nothing that is known.
    then, now = _rank(best), _rank(judged)
    if then >= now or not (judged.chance or then[:-1] < now[:-1]):
        return [], whole
    chance = (best.chance.low, best.chance.high) if best.chance else None
    distinct = tuple(dict.fromkeys(each.id for each in places))
    return [_choice("zones", workload, best, judged, distinct, chance)], whole


def _recoveries(auditor: Auditor, workload: Workload, judged: Judged, region: str) -> Iterator[Choice]:
    for target in auditor.fallbacks(region)[:MOST_REGIONS]:
        there = auditor.catalog.region(target)
        place = auditor.arrangements.placement.whole(there.provider, target)
        best = auditor.judge(replace(workload, dr=(place,)))
        both = None
        copies = Counter(zone.id for zone in zones_sold(there, auditor.day))
        if judged.chance and judged.chance.model == "counted" and len(copies) > 1:
            needed = majority(copies.total())
            low, high = probability.by_shocks(auditor.catalog.rates, {target: there}, copies, needed)
            both = (judged.chance.low * low, judged.chance.high * high)
        yield _choice("recovery", workload, best, judged, (target,), both)


def _rank(judged: Judged) -> tuple[float, ...]:
    """Order what was judged: what fails least, then what is shown most, then what is lost least often."""
    failing = sum(finding.outcome == "fail" for finding in judged.findings)
    return failing, -judged.score.shown, -judged.score.possible, judged.chance.high if judged.chance else 1.0


def _choice(
    kind: Literal["zones", "recovery"],
    workload: Workload,
    best: Judged,
    now: Judged,
    places: tuple[str, ...],
    then: tuple[float, float] | None,
) -> Choice:
    failing = [{each.rule for each in one.findings if each.outcome == "fail"} for one in (now, best)]
    return Choice(
        kind=kind,
        workload=workload.id,
        places=places,
        settles=tuple(sorted(failing[0] - failing[1])),
        now=(now.chance.low, now.chance.high) if now.chance else None,
        then=then,
    )
