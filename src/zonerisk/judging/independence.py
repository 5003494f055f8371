"""Independence: what domains share, how many share nothing, and how many one event may take; exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING

from zonerisk.core import kinds
from zonerisk.core.verdict import Range
from zonerisk.judging import hazards, history, power, separation
from zonerisk.judging.arrangement import Arrangement, sites_of
from zonerisk.judging.cause import dated, together

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import HazardSamples, Layer
    from zonerisk.core.model import Region
    from zonerisk.core.policy import Policy
    from zonerisk.judging.arrangement import Facts, FailureDomain
    from zonerisk.judging.cause import RiskGroups

Graph = dict[str, set[str]]


def assess_arrangement(
    arrangement: Arrangement,
    policy: Policy,
    facts: Facts,
    exposures: HazardSamples,
    layers: Sequence[Layer],
    judged: bool = True,
) -> dict[str, RiskGroups]:
    """Assess what position decides, every feed, what is on record and what the policy asks.

    Of domains that are counted and not ``judged``, a pair's being apart matters only where
    positions decide it.
    """
    units, owners, day = arrangement.domains, arrangement.owners, arrangement.day
    colocation = policy.rules.get("colocation")
    radius_km = (colocation and colocation.threshold) or separation.CAMPUS_RADIUS_KM
    groups = {
        "building": separation.assess_buildings(arrangement),
        "campus": separation.assess_campuses(arrangement, radius_km * 1000),
    }
    for kind in kinds.FEEDS:
        rule = policy.rules.get(kind)
        hops = int(rule.threshold) if rule and rule.threshold else power.HOPS
        groups[kind] = power.assess(kind, units, owners, day, facts.supply, hops)
    regions = [arrangement.id] if arrangement.id else [owner.id for owner in owners]
    recorded = arrangement.region.hazards.values() if arrangement.region else ()
    stated = {hazard.kind for hazard in recorded if hazard.holds(day)}
    for kind in kinds.HAZARDS:
        rule = policy.rules.get(kind)
        if kinds.KINDS[kind].always or kind in stated or rule:
            limit_km = rule.threshold if rule else None
            length_km = rule.correlation_km if rule else None
            pairwise = judged or kinds.KINDS[kind].by_position
            groups[kind] = hazards.assess(
                kind,
                units,
                owners,
                day,
                limit_km,
                exposures,
                length_km,
                pairwise,
                hazards.assessed(kind, regions, layers),
            )
    incidents = {event.id: event for region in regions for event in facts.incidents(region)}
    events = history.assess(units, incidents.values(), day, history.standing(owners, day))
    if events.all_risks or events.notes:
        groups["incident"] = events
    return {kind: dated(group, day) for kind, group in groups.items()}


def assess(
    facts: Facts, units: Sequence[FailureDomain], policy: Policy, day: str, own: Sequence[Region] = ()
) -> dict[str, RiskGroups]:
    """Assess units of any regions together, whoever sells them; ``own`` are not in the catalogue."""
    sites = sites_of(units)
    known = {region.id: region for region in own}
    sold = set(facts.region_ids)
    ids = dict.fromkeys(key.partition("/")[0] for key in (*sites, *(unit.id for unit in units)))
    owners = tuple(known.get(key) or facts.region(key) for key in ids if key in known or key in sold)
    exposures = {key: facts.samples.of(site) for key, site in sites.items()}
    places = Arrangement("", "place", day, tuple(units), len(units), owners)
    return assess_arrangement(places, policy, facts, exposures, facts.samples.layers)


def effective(units: Sequence[FailureDomain], assessments: Iterable[RiskGroups]) -> Range:
    """Count the largest set of units with no shared risk of grade A or B between any two.

    The high end counts what is known to be shared; the low end also counts as shared what is
    unknown in a kind that position decides.
    """
    assessed = list(assessments)
    decisive = [groups for groups in assessed if groups.kind in kinds.BY_POSITION]
    shared = together(risk for groups in assessed for risk in groups.risks if risk.outcome == "fail")

    def known(a: str, b: str) -> bool:
        return (a, b) in shared

    def doubtful(a: str, b: str) -> bool:
        return (a, b) in shared or any(groups.outcome((a, b)) == "unknown" for groups in decisive)

    # Of zones that stand in at most two buildings no more than two are independent.
    most = min(
        (
            len(units) - len(group.members) + group.groups
            for groups in assessed
            for group in groups.counted_groups
            if group.outcome == "fail"
        ),
        default=len(units),
    )
    weights = dict.fromkeys((unit.id for unit in units), 1)
    low, high = (min(most, len(heaviest_apart(weights, joined))) for joined in (doubtful, known))
    return Range(low=low, high=high)


def most_taken(copies: Mapping[str, int], together: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the places that one event could take at worst, when pairs are all that is known.

    An event takes a set of places only if any two of them can share it: the heaviest such set, by
    copies, of which no two are known to be apart.
    """
    joined = {pair for pair in combinations(copies, 2) if together(*pair)}
    sharing = {place for pair in joined for place in pair}
    weights = {place: count for place, count in copies.items() if place in sharing}
    return heaviest_apart(weights, lambda a, b: (a, b) not in joined)


def heaviest_apart(weights: Mapping[str, int], joined: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the nodes of greatest weight of which no two are joined, in their order."""
    graph: Graph = {node: set() for node in weights}
    for a, b in combinations(weights, 2):
        if joined(a, b):
            graph[a].add(b)
            graph[b].add(a)
    chosen = _heaviest(graph, weights)
    return tuple(node for node in weights if node in chosen)


def _heaviest(graph: Graph, weights: Mapping[str, int]) -> set[str]:
    """Choose from a graph, which is used up, part by part."""
    chosen: set[str] = set()
    while graph:
        free = next((node for node in graph if _dominates(node, graph, weights)), None)
        if free is not None:
            chosen.add(free)
            _remove(graph, {free, *graph[free]})
            continue
        part = _connected(graph)
        pivot = max(part, key=lambda node: len(part[node]))
        _remove(graph, set(part))
        without = {node: set(others) for node, others in part.items()}
        _remove(without, {pivot})
        _remove(part, {pivot, *part[pivot]})
        branches = (_heaviest(without, weights), {pivot, *_heaviest(part, weights)})
        chosen |= max(branches, key=lambda nodes: sum(weights[node] for node in nodes))
    return chosen


def _dominates(node: str, graph: Graph, weights: Mapping[str, int]) -> bool:
    """Return whether a node is in some heaviest set.

    It is where its neighbours are all joined to each other and none of them is heavier, so that
    most graphs of places shrink without branching.
    """
    others = graph[node]
    return all(weights[other] <= weights[node] and others - {other} <= graph[other] for other in others)


def _connected(graph: Graph) -> Graph:
    """Copy what hangs together with the first node: parts that are not joined are solved alone."""
    reached: set[str] = set()
    waiting = [next(iter(graph))]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += graph[node]
    return {node: set(others) for node, others in graph.items() if node in reached}


def _remove(graph: Graph, gone: set[str]) -> None:
    for node in gone:
        for other in graph.pop(node):
            if other in graph:
                graph[other].discard(node)
