"""Independence: what domains share, how many share nothing, and how many one event may take; exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, reduce
from itertools import combinations, count
from operator import or_
from typing import Any, Literal

from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import Interval, distance_m, metres_per_degree
from zonerisk.core.kinds import BY_POSITION, FEEDS, KINDS, Kind
from zonerisk.core.model import Grade, Policy, Region, Rule, Site
from zonerisk.core.samples import Source
from zonerisk.core.verdict import Cause, Class, Range, Spread, Zones
from zonerisk.judging import hazards, history, power, separation
from zonerisk.judging.arrangement import (
    CAMPUS_MOST_M,
    Arrangement,
    Domains,
    Facts,
    FailureDomain,
    Pair,
    RiskGroups,
    arranged,
    least_trips,
    marked,
    pair_ids,
    sites_of,
    together,
    zones_sold,
)

# Buildings that all stand within a circle of this radius may be one campus; a place that is known no
# better than to this does not count, metres.
CLOSE_M = VAGUE_M = 1000.0
# What evidence of grade C makes suspect.
_SUSPECT = ("building", "campus", "incident")
# Hundreds of places in a chain of neighbours would be weighed for hours.
MOST_TRIED = 100_000


def assess_arrangement(
    arrangement: Arrangement, facts: Facts, source: Source, judged: bool = True
) -> dict[str, RiskGroups]:
    """Assess what counts whatever a policy asks: places, feeds, floods, what is stated and what is on record.

    Of domains that are not ``judged``, a pair's being apart matters only where positions decide it.
    """
    recorded = arrangement.region.hazards.values() if arrangement.region else ()
    stated = {hazard.kind for hazard in recorded if hazard.holds(arrangement.day)}
    groups = {}
    for key, kind in KINDS.items():
        if kind.family in ("place", "event") or kind.always or key in (*FEEDS, *stated):
            groups[key] = _assess(kind, arrangement, facts, source, None, judged)
    if not (groups["incident"].all_risks or groups["incident"].notes):
        del groups["incident"]
    return groups


def by_policy(
    arrangement: Arrangement, policy: Policy, facts: Facts, source: Source
) -> dict[str, RiskGroups]:
    """Assess again, of what is known whatever a policy asks, the kinds to which a policy sets a figure."""
    groups = dict(arrangement.groups)
    for key, kind in KINDS.items():
        rule = policy.rules.get(kind.rule or "")
        limit = rule and rule.threshold
        if kind.family == "hazard":
            anew = rule and (key not in groups or limit or rule.correlation_km)
        elif key == "campus":
            anew = limit and limit != separation.CAMPUS_RADIUS_KM
        else:
            anew = key == "power" and limit and int(limit) != power.HOPS
        if anew:
            groups[key] = _assess(kind, arrangement, facts, source, rule)
    # Places, feeds, hazards and events, in the order of the table.
    return {key: groups[key] for key in KINDS if key in groups}


def _assess(
    kind: Kind, arrangement: Arrangement, facts: Facts, source: Source, rule: Rule | None, judged: bool = True
) -> RiskGroups:
    """Assess one kind, by the figures of a policy's rule on it, if it has one."""
    owners, day = arrangement.owners, arrangement.day
    regions = [arrangement.id] if arrangement.id else [owner.id for owner in owners]
    limit = rule.threshold if rule else None
    if kind.id == "building":
        groups = separation.assess_buildings(arrangement)
    elif kind.id == "campus":
        radius_m = 1000 * (limit or separation.CAMPUS_RADIUS_KM)
        groups = separation.assess_campuses(arrangement, radius_m, judged)
    elif kind.family == "feed":
        groups = power.assess(kind.id, arrangement, facts.supply, int(limit or power.HOPS))
    elif kind.family == "event":
        incidents = {
            event.id: event for region in regions for event in facts.incidents(region, logical=False)
        }
        # A deployment's places may be some of a region's zones.
        sold = {} if arrangement.id else {owner.id: len(zones_sold(owner, day)) for owner in owners}
        groups = history.assess(arrangement.domains, incidents.values(), day, owners, sold)
    else:
        rows = {key: source.of(site, kind.id) for key, site in sites_of(arrangement.domains).items()}
        correlation_km = rule.correlation_km if rule else None
        pairwise, reached = judged or kind.by_position, hazards.assessed(kind.id, regions, source.layers)
        groups = hazards.assess(kind.id, arrangement, rows, limit, correlation_km, pairwise, reached)
    risks = tuple(marked(risk, day) for risk in groups.all_risks)
    return groups if risks == groups.all_risks else replace(groups, all_risks=risks)


def assess(
    facts: Facts,
    units: Domains,
    policy: Policy,
    day: str,
    own: Sequence[Region] = (),
    memo: dict[object, Any] | None = None,
) -> dict[str, RiskGroups]:
    """Assess units of any regions together, whoever sells them; ``own`` are not in the catalogue.

    What ``memo`` holds of places is not reckoned again, and what is new is added.
    """
    known, sold = {region.id: region for region in own}, set(facts.region_ids)
    ids = dict.fromkeys(key.partition("/")[0] for key in (*sites_of(units), *(unit.id for unit in units)))
    owners = tuple(known.get(key) or facts.region(key) for key in ids if key in known or key in sold)
    trips = least_trips((row for key in ids if key in sold for row in facts.measurements(key)), day)
    memo = {} if memo is None else memo
    places = Arrangement("", "place", day, tuple(units), len(units), owners, trips=trips, memo=memo)
    groups = assess_arrangement(places, facts, facts.samples)
    return by_policy(replace(places, groups=groups), policy, facts, facts.samples)


@lru_cache(maxsize=4096)
def standing(facts: Facts, region_id: str, day: str) -> tuple[Class, Zones]:
    """Return the class of a region of the catalogue, and its zones; asked once, of whatever it is judged."""
    zones, sites, by_site = arranged(facts, region_id, day)
    known = sites if by_site and sites.domains else zones
    groups = assess_arrangement(known, facts, facts.samples)
    spread = spread_of(facts.sites_of(region_id), day)
    class_, _ = classify(known, groups, spread)
    return class_, Zones(sold=zones.sold, effective=effective(zones.domains, groups.values()))


def classify(
    arrangement: Arrangement, groups: Mapping[str, RiskGroups], spread: Spread | None
) -> tuple[Class, Cause]:
    """Return the first class that holds of domains and what decides it, whatever a policy asks.

    Where some are not disclosed, it does not matter how far apart they may stand: that is not measured.
    """
    units, total = arrangement.domains, len(arrangement.domains)
    if total < 2:
        return "one-zone", Cause(kind="count", members=tuple(unit.id for unit in units))
    risks = [risk for group in groups.values() for risk in group.all_risks if risk.least > 1]
    sure = [risk for risk in risks if risk.outcome == "fail"]
    suspected = [risk for risk in risks if risk.kind in _SUSPECT]
    if sure or suspected:
        risk = max(sure or suspected, key=lambda risk: (risk.least, risk.grade == "A"))
        left = total - risk.least
        return "suspected" if not sure else "partly" if left else "shared", Cause(
            kind=risk.kind,
            risk=risk.id,
            grade=risk.grade,
            members=risk.members,
            least=risk.least,
            left=left,
            majority=left * 2 > total,
        )
    if hidden := tuple(unit.id for unit in units if not unit.disclosed):
        if spread and spread.close and spread.buildings >= arrangement.sold:
            return "suspected", Cause(kind="spread", grade="C", members=hidden)
        return "undisclosed", Cause(kind="disclosure", grade="C", members=hidden)
    listed = arrangement.measured
    ways = {stands_apart(*row) for row in listed}
    sited = all(arrangement.sited(unit) for unit in units)
    settled = not any(groups[kind].leaves_open(pair_ids(units)) for kind in ("building", "campus"))
    shown = sited and settled and None not in ways
    # Of those that are placed, the pair that may stand nearest leaves it open.
    distance, a, b = min(listed, key=lambda row: row[0].rank if shown else row[0].low)
    grade: Grade | None = None if sited else "C"
    at = Cause(kind="distance", grade=grade, members=(a.id, b.id), distance_m=distance.rounded())
    if not shown:
        return "undisclosed", at
    if any(distance.high is not None and distance.high < CAMPUS_MOST_M for distance, _, _ in listed):
        return "near", at
    return ("undisclosed" if "near" in ways else "apart"), at


def stands_apart(distance: Interval, a: FailureDomain, b: FailureDomain) -> Literal["near", "apart"] | None:
    """Return whether two stand on different campuses: wider apart than any is, or on two that are named."""
    if distance.low >= CAMPUS_MOST_M:
        return "apart"
    return "near" if separation.on_named_campuses(a, b) else None


def spread_of(sites: Mapping[str, Site], day: str) -> Spread | None:
    """Return how far apart the known buildings of a region are; None where fewer than two have a place."""
    at = [
        site.position
        for site in sites.values()
        if site.kind == "building" and site.holds(day) and site.position
        if site.position.uncertainty_m <= VAGUE_M
    ]
    if len(at) < 2:
        return None
    north, east = metres_per_degree(at[0].lat)
    points = [complex(p.lon * east, p.lat * north) for p in at]
    a, b = max(combinations(range(len(at)), 2), key=lambda pair: abs(points[pair[0]] - points[pair[1]]))
    diameter = distance_m(at[a], at[b])
    close = diameter <= 3**0.5 * CLOSE_M
    if not close and diameter <= 2 * CLOSE_M:
        # The centre of the smallest circle, by ever smaller steps towards the farthest of them.
        centre = (points[a] + points[b]) / 2
        for step in range(2, 2000):
            centre += (max(points, key=lambda point: abs(point - centre)) - centre) / step
        close = max(abs(point - centre) for point in points) <= CLOSE_M
    return Spread(buildings=len(at), diameter_m=round(diameter), close=close)


def effective(units: Domains, assessments: Iterable[RiskGroups], enough: int | None = None) -> Range:
    """Count the largest set of units with no shared risk of grade A or B between any two.

    At the low end what is unknown in a kind that position decides counts as shared, too. Where it makes no
    difference how many there are beyond ``enough``, no more are counted.
    """
    assessed, listed = list(assessments), set(pair_ids(units))
    shared = listed & together(risk for groups in assessed for risk in groups.risks if risk.outcome == "fail")
    decisive = [groups for groups in assessed if groups.kind in BY_POSITION and groups.assessed]
    doubtful = shared.union(*(groups.leaves_open(listed) for groups in decisive))
    # Of zones that stand in at most two buildings no more than two are independent.
    crowds = [crowd for groups in assessed for crowd in groups.counted_groups if crowd.outcome == "fail"]
    most = min((len(units) - len(crowd.members) + crowd.groups for crowd in crowds), default=len(units))
    weights = dict.fromkeys((unit.id for unit in units), 1)
    low, high = (
        len(heaviest_apart(weights, joined)) if enough is None else some_apart([*weights], joined, enough)
        for joined in (doubtful, shared)
    )
    return Range(low=min(most, low), high=min(most, high))


def most_taken(copies: Mapping[str, int], together: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the places that one event could take at worst: the most copies of which any two can share it."""
    joined = {pair for pair in combinations(copies, 2) if together(*pair)}
    sharing = {place for pair in joined for place in pair}
    weights = {place: count for place, count in copies.items() if place in sharing}
    return heaviest_apart(weights, set(combinations(weights, 2)) - joined)


def heaviest_apart(weights: Mapping[str, int], joined: Iterable[Pair]) -> tuple[str, ...]:
    """Return the nodes of greatest weight of which no two are joined, in their order."""
    nodes = [*weights]
    try:
        chosen = _heaviest((1 << len(nodes)) - 1, _near(nodes, joined), [*weights.values()], count(1))
    except RecursionError:
        raise UsageError(
            f"{len(nodes)} places: too many stand near each other for an exact answer; judge fewer at a time"
        ) from None
    return tuple(nodes[at] for at in _members(chosen))


def some_apart(nodes: Sequence[str], joined: Iterable[Pair], enough: int) -> int:
    """Count nodes of which no two are joined, no more than are enough."""
    near = _near(nodes, joined)

    def counted(graph: int, enough: int) -> int:
        most = 0
        for node in _members(graph):
            if most >= enough:
                break
            graph ^= 1 << node
            most = max(most, 1 + counted(graph & ~near[node], enough - 1))
        return most

    return counted((1 << len(nodes)) - 1, enough)


def _near(nodes: Sequence[str], joined: Iterable[Pair]) -> list[int]:
    """Return what each node is joined to, a bit each."""
    index = {node: at for at, node in enumerate(nodes)}
    near = [0] * len(nodes)
    for a, b in joined:
        near[index[a]] |= 1 << index[b]
        near[index[b]] |= 1 << index[a]
    return near


def _members(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _heaviest(graph: int, near: Sequence[int], weights: Sequence[int], tried: Iterator[int]) -> int:
    """Choose from a set of nodes, part by part; ``near`` is what each is joined to."""
    chosen = 0
    if next(tried) > MOST_TRIED:  # To whoever asks, too many tries are what too deep a search is.
        raise RecursionError
    while graph:
        free = next((node for node in _members(graph) if _dominates(node, graph, near, weights)), None)
        if free is not None:
            chosen |= 1 << free
            graph &= ~(near[free] | 1 << free)
            continue
        # What hangs together with the first node: parts that are not joined are solved alone.
        part = waiting = graph & -graph
        while waiting:
            around = reduce(or_, (near[node] for node in _members(waiting)))
            waiting = around & graph & ~part
            part |= waiting
        pivot = max(_members(part), key=lambda node: (near[node] & part).bit_count())
        graph &= ~part
        part ^= 1 << pivot
        branches = (
            _heaviest(part, near, weights, tried),
            1 << pivot | _heaviest(part & ~near[pivot], near, weights, tried),
        )
        chosen |= max(branches, key=lambda nodes: sum(weights[node] for node in _members(nodes)))
    return chosen


def _dominates(node: int, graph: int, near: Sequence[int], weights: Sequence[int]) -> bool:
    """Return whether a node surely is in a heaviest set: its neighbours are joined, and none is heavier."""
    around = near[node] & graph
    return all(
        weights[other] <= weights[node] and not around & ~(near[other] | 1 << other)
        for other in _members(around)
    )
