"""Remedies: the one change that helps a deployment most, found by judging again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from zonerisk.core.verdict import Change
from zonerisk.judging import score
from zonerisk.judging.arrangement import zones_sold
from zonerisk.words import workloads as wording
from zonerisk.workloads.deployment import MAJORITY, OWN, Place, majority, spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zonerisk.core.verdict import Judged
    from zonerisk.workloads.audit import Auditor
    from zonerisk.workloads.deployment import Workload

# The best few regions are tried; those after them are farther or share more.
MOST_REGIONS = 3
# What a deployment is asked first; pairs of places only break ties.
_CORE = ("survives", "quorum", "backup", "dr")


class _Trial(NamedTuple):
    """A change, and the workloads it makes of others, by their index."""

    kind: Literal["add-zone", "move-backup", "recovery"]
    message: str
    changed: dict[int, Workload]


def best(auditor: Auditor, judged: Sequence[Judged]) -> Change | None:
    """Try one change at a time, judge again, and return the one that helps most without harming."""
    workloads = auditor.deployment.workloads
    asked = not auditor.policy.rules.keys().isdisjoint(_CORE)
    change, most = None, [0.0]
    for trial in _trials(auditor, workloads, judged):
        after = {index: auditor.judge(workload) for index, workload in trial.changed.items()}
        # Summed by differences, so that what stays as it was counts for nothing at all.
        pairs = [(_points(auditor, judged[index]), _points(auditor, new)) for index, new in after.items()]
        gain = [sum(new[end] - old[end] for old, new in pairs) for end in range(4)]
        helps = gain[:2] if asked else gain[2:]
        if min(helps) < 0 or max(helps) <= 0 or (change and gain <= most):
            continue
        settled = (
            rule
            for index, new in after.items()
            for rule in _failing(judged[index])
            if rule not in _failing(new)
        )
        most = gain
        change = Change(
            kind=trial.kind,
            message=trial.message,
            workloads=tuple(workloads[index].id for index in after),
            failing_before=sum(len(_failing(each)) for each in judged),
            failing_after=sum(len(_failing(after.get(index, each))) for index, each in enumerate(judged)),
            settles=tuple(dict.fromkeys(settled)),
        )
    return change


def _points(auditor: Auditor, judged: Judged) -> tuple[float, ...]:
    """Weigh what passes, low and high: of the first questions, then of all."""
    first, every = [0.0, 0.0], [0.0, 0.0]
    for finding in judged.findings:
        for end, points in enumerate(score.points(finding)):
            value = auditor.policy.rules[finding.rule].weight * points
            every[end] += value
            first[end] += value if finding.rule in _CORE else 0.0
    return (*first, *every)


def _failing(judged: Judged) -> list[str]:
    return [finding.rule for finding in judged.findings if finding.outcome == "fail"]


def _trials(auditor: Auditor, workloads: Sequence[Workload], judged: Sequence[Judged]) -> Iterator[_Trial]:
    alike: dict[tuple[object, ...], list[int]] = {}
    homes: dict[str, list[int]] = {}
    for index, each in enumerate(workloads):
        alike.setdefault((each.places, each.quorum, each.basis), []).append(index)
        home = next((place.region for place in each.places if place.region != OWN), None)
        if home:
            homes.setdefault(home, []).append(index)
    for indices in alike.values():
        yield from _more_zones(auditor, workloads, indices)
    for home, indices in homes.items():
        for region in auditor.fallbacks(home)[:MOST_REGIONS]:
            yield from _moved(auditor, workloads, judged, indices, region)


def _moved(
    auditor: Auditor,
    workloads: Sequence[Workload],
    judged: Sequence[Judged],
    indices: Sequence[int],
    region: str,
) -> Iterator[_Trial]:
    """Put the backups, then the recovery, of a region's workloads into another region.

    Where a file does not tell of either, there is nothing to better.
    """
    place = auditor.arrangements.placement.whole(auditor.catalog.region(region).provider, region)
    amiss = {
        index: {finding.rule for finding in judged[index].findings if finding.outcome != "pass"}
        for index in indices
    }
    backups = {
        index: replace(workloads[index], backup=(place,))
        for index in indices
        if "backup" in amiss[index] and workloads[index].backup is not None
    }
    if backups:
        yield _Trial("move-backup", wording.move_backup(region), backups)
    recovery = {
        index: replace(workloads[index], dr=(place,))
        for index in indices
        if "dr" in amiss[index] and workloads[index].dr is not None
    }
    if recovery:
        yield _Trial("recovery", wording.prepare_recovery(region), recovery)


def _more_zones(auditor: Auditor, workloads: Sequence[Workload], indices: Sequence[int]) -> Iterator[_Trial]:
    """Spread the copies over a region's zones, or add one in a zone that is not used yet."""
    first = workloads[indices[0]]
    used = {place.id for place in first.places}
    regions = {place.region for place in first.places if place.kind in ("zone", "site")} - {OWN}
    for region in sorted(regions):
        sold = zones_sold(auditor.catalog.region(region), auditor.day)
        zones = [Place(zone.id, region, "zone") for zone in sold[: len(first.places)]]
        if len(regions) == 1 and len(zones) > len(used):
            places = spread(zones, len(first.places))
            moved = {index: replace(workloads[index], places=places) for index in indices}
            yield _Trial("add-zone", wording.spread_copies(len(zones), region), moved)
        for zone in sold:
            if zone.id in used or not used.isdisjoint(zone.sites):
                continue
            # The workloads of a trial are alike: the same places, quorum and basis.
            places = (*first.places, Place(zone.id, region, "zone"))
            needed = majority(len(places)) if first.basis == MAJORITY else first.quorum
            added = {index: replace(workloads[index], places=places, quorum=needed) for index in indices}
            yield _Trial("add-zone", wording.add_copy(zone.id), added)
