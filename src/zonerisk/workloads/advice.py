"""Advice: the zones and the recovery that do best for each workload when judged, and what each buys."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from zonerisk.core.verdict import Choice
from zonerisk.judging.arrangement import zones_sold
from zonerisk.words import workloads as wording
from zonerisk.workloads import probability
from zonerisk.workloads.audit import MOST_REGIONS, Auditor
from zonerisk.workloads.deployment import OWN, Place, majority, spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zonerisk.core.verdict import Audit, Judged
    from zonerisk.workloads.deployment import Workload

# Of a region's zones as many are tried as a policy asks for, in every way up to here.
MOST_ZONES, MOST_WAYS, MOST_WORKLOADS = 3, 60, 50


def advise(auditor: Auditor, audit: Audit) -> tuple[Choice, ...]:
    """Judge the ways to spread each workload over its region, and the regions to recover it in."""
    pairs = zip(auditor.deployment.workloads, audit.workloads, strict=True)
    return tuple(
        choice
        for workload, judged in list(pairs)[:MOST_WORKLOADS]
        for choice in _of(auditor, workload, judged)
    )


def left_out(auditor: Auditor) -> str:
    """Say which workloads got no advice, and of how many not every way was tried; nothing if none."""
    listed = auditor.deployment.workloads
    many = 0
    for each in listed[:MOST_WORKLOADS]:
        regions = {place.region for place in each.places}
        if len(regions) == 1 and OWN not in regions and not each.spread:
            sold = len(zones_sold(auditor.catalog.region(*regions), auditor.day))
            many += comb(sold, min(sold, len(each.places), MOST_ZONES)) > MOST_WAYS
    return wording.advice_left(len(listed), MOST_WORKLOADS, many, MOST_WAYS)


def _of(auditor: Auditor, workload: Workload, judged: Judged) -> Iterator[Choice]:
    regions = {place.region for place in workload.places}
    if len(regions) != 1 or OWN in regions or workload.spread:
        return
    (region,) = regions
    sold = zones_sold(auditor.catalog.region(region), auditor.day)
    size = min(len(sold), len(workload.places), MOST_ZONES)
    tried = []
    for _, zones in zip(range(MOST_WAYS), combinations(sold, size), strict=False):
        places = spread([Place(zone.id, region, "zone") for zone in zones], len(workload.places))
        tried.append((auditor.judge(replace(workload, places=places)), places))
    if tried:
        best, places = min(tried, key=lambda each: _rank(each[0]))
        # Zones of which only the names differ buy nothing that is known.
        ranks = _rank(best), _rank(judged)
        if ranks[0] < ranks[1] and (judged.chance or ranks[0][:-1] < ranks[1][:-1]):
            yield _choice("zones", workload, best, judged, tuple(dict.fromkeys(each.id for each in places)))
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
    kind: str,
    workload: Workload,
    best: Judged,
    now: Judged,
    places: tuple[str, ...],
    both: tuple[float, float] | None = None,
) -> Choice:
    chance = best.chance if kind == "zones" else None
    failing = [{each.rule for each in one.findings if each.outcome == "fail"} for one in (now, best)]
    return Choice(
        kind=kind,  # type: ignore[arg-type]
        workload=workload.id,
        places=places,
        settles=tuple(sorted(failing[0] - failing[1])),
        now=(now.chance.low, now.chance.high) if now.chance else None,
        then=(chance.low, chance.high) if chance else both,
    )
