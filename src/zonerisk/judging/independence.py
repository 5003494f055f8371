"""Independence: what domains share, how many share nothing, and how many one event may take; exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, count
from typing import Literal

from zonerisk.core import kinds
from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import Interval, distance_m, metres_per_degree
from zonerisk.core.model import Policy, Region, Rule, Site
from zonerisk.core.samples import Source
from zonerisk.core.verdict import Cause, Class, Range, SharedRisk, Spread, Zones
from zonerisk.judging import hazards, history, power, separation
from zonerisk.judging.arrangement import (
    CAMPUS_MOST_M,
    Arrangement,
    Facts,
    FailureDomain,
    arranged,
    least_trips,
    pair_ids,
    pairs,
    sites_of,
    zones_sold,
)
from zonerisk.judging.cause import RiskGroups, dated, together

# Buildings that all stand within a circle of this radius may be one campus; a place that is known no
# better than to this does not count, metres.
CLOSE_M = VAGUE_M = 1000.0
# Hundreds of places in a chain of neighbours would be weighed for hours.
MOST_TRIED = 100_000


def assess_arrangement(
    arrangement: Arrangement, facts: Facts, source: Source, judged: bool = True
) -> dict[str, RiskGroups]:
    """Assess what counts whatever a policy asks: places, feeds, floods, what is stated and what is on record.

    Of domains that are not ``judged``, a pair's being apart matters only where positions decide it.
    """
    units, owners, day = arrangement.domains, arrangement.owners, arrangement.day
    groups = {
        "building": separation.assess_buildings(arrangement),
        "campus": separation.assess_campuses(arrangement, 1000 * separation.CAMPUS_RADIUS_KM),
    }
    for kind in kinds.FEEDS:
        groups[kind] = power.assess(kind, units, owners, day, facts.supply, power.HOPS)
    recorded = arrangement.region.hazards.values() if arrangement.region else ()
    stated = {hazard.kind for hazard in recorded if hazard.holds(day)}
    for kind in kinds.HAZARDS:
        if kinds.KINDS[kind].always or kind in stated:
            groups[kind] = _hazard(kind, arrangement, source, None, judged)
    incidents = {event.id: event for region in _regions(arrangement) for event in facts.incidents(region)}
    # A deployment's places may be some of a region's zones.
    sold = {} if arrangement.id else {owner.id: len(zones_sold(owner, day)) for owner in owners}
    events = history.assess(units, incidents.values(), day, history.standing(owners, day), sold)
    if events.all_risks or events.notes:
        groups["incident"] = events
    return {kind: dated(group, day) for kind, group in groups.items()}


def by_policy(
    known: Mapping[str, RiskGroups],
    arrangement: Arrangement,
    policy: Policy,
    facts: Facts,
    source: Source,
) -> dict[str, RiskGroups]:
    """Assess again, of what is known whatever a policy asks, the kinds to which a policy sets a figure."""
    units, owners, day = arrangement.domains, arrangement.owners, arrangement.day
    groups = dict(known)
    for kind in kinds.KINDS.values():
        rule = policy.rules.get(kind.rule) if kind.rule else None
        limit = rule and rule.threshold
        if kind.id == "campus" and limit and limit != separation.CAMPUS_RADIUS_KM:
            groups[kind.id] = separation.assess_campuses(arrangement, limit * 1000)
        elif kind.id == "power" and limit and int(limit) != power.HOPS:
            groups[kind.id] = power.assess(kind.id, units, owners, day, facts.supply, int(limit))
        elif kind.family == "hazard" and rule and (kind.id not in groups or limit or rule.correlation_km):
            groups[kind.id] = _hazard(kind.id, arrangement, source, rule)
    # Places, feeds, hazards and events, in the order of the table.
    return {kind: dated(groups[kind], day) for kind in kinds.KINDS if kind in groups}


def _hazard(
    kind: str, arrangement: Arrangement, source: Source, rule: Rule | None, judged: bool = True
) -> RiskGroups:
    return hazards.assess(
        kind,
        arrangement.domains,
        arrangement.owners,
        arrangement.day,
        rule.threshold if rule else None,
        {key: source.of(site) for key, site in sites_of(arrangement.domains).items()},
        rule.correlation_km if rule else None,
        judged or kinds.KINDS[kind].by_position,
        hazards.assessed(kind, _regions(arrangement), source.layers),
    )


def _regions(arrangement: Arrangement) -> list[str]:
    return [arrangement.id] if arrangement.id else [owner.id for owner in arrangement.owners]


def assess(
    facts: Facts,
    units: Sequence[FailureDomain],
    policy: Policy,
    day: str,
    own: Sequence[Region] = (),
    distances: dict[object, Interval] | None = None,
) -> dict[str, RiskGroups]:
    """Assess units of any regions together, whoever sells them; ``own`` are not in the catalogue.

    The ``distances`` that were measured before are not measured again, and new ones are added.
    """
    sites = sites_of(units)
    known = {region.id: region for region in own}
    sold = set(facts.region_ids)
    ids = dict.fromkeys(key.partition("/")[0] for key in (*sites, *(unit.id for unit in units)))
    owners = tuple(known.get(key) or facts.region(key) for key in ids if key in known or key in sold)
    measured = (row for key in ids if key in sold for row in facts.measurements(key))
    trips = least_trips(measured, day)
    places = Arrangement("", "place", day, tuple(units), len(units), owners, trips=trips)
    if distances is not None:
        places = replace(places, _distances=distances)
    groups = assess_arrangement(places, facts, facts.samples)
    return by_policy(groups, places, policy, facts, facts.samples)


@lru_cache(maxsize=4096)
def standing(facts: Facts, region_id: str, day: str) -> tuple[Class, Zones]:
    """Return the class of a region of the catalogue, and its zones; asked once, of whatever it is judged."""
    zones, sites, by_site = arranged(facts, region_id, day)
    known = sites if by_site and sites.domains else zones
    groups = assess_arrangement(known, facts, facts.samples)
    spread = spread_of(facts.region(region_id), facts.sites_of(region_id), day)
    class_, _ = classify(known, groups, spread)
    return class_, Zones(sold=zones.sold, effective=effective(zones.domains, groups.values()))


def classify(
    arrangement: Arrangement, groups: Mapping[str, RiskGroups], spread: Spread | None
) -> tuple[Class, Cause]:
    """Return the first class that holds of domains and what decides it, whatever a policy asks."""
    units, total = arrangement.domains, len(arrangement.domains)
    if total < 2:
        return "one-zone", Cause(kind="count", members=tuple(unit.id for unit in units))
    risks = [risk for group in groups.values() for risk in group.all_risks]
    known = max(
        (risk for risk in risks if risk.outcome == "fail" and risk.least > 1),
        key=lambda risk: (risk.least, risk.grade == "A"),
        default=None,
    )
    if known:
        return "shared" if known.least == total else "partly", _by_risk(known, total)
    doubted = max(
        (risk for risk in risks if risk.kind in _SUSPECT and risk.least > 1),
        key=lambda risk: risk.least,
        default=None,
    )
    if doubted:
        return "suspected", _by_risk(doubted, total)
    hidden = tuple(unit.id for unit in units if not unit.disclosed)
    if hidden and spread and spread.close and spread.buildings >= arrangement.sold:
        return "suspected", Cause(kind="spread", grade="C", members=hidden)
    listed = [(arrangement.distance(a, b), a, b) for a, b in pairs(units)]
    ways = {stands_apart(distance, a, b) for distance, a, b in listed}
    stands = not hidden and all(arrangement.sited(unit) for unit in units)
    if not stands or None in ways or any(groups[kind].leaves_open(pair_ids(units)) for kind in _PLACES):
        # Of those that are placed, the pair that may stand nearest leaves it open.
        at = _by_distance(min(listed, key=lambda row: row[0].low), None if stands else "C")
        return "undisclosed", replace(at, kind="disclosure", members=hidden) if hidden else at
    at = _by_distance(min(listed, key=lambda row: row[0].rank))
    if any(distance.high is not None and distance.high < CAMPUS_MOST_M for distance, _, _ in listed):
        return "near", at
    return ("undisclosed" if "near" in ways else "apart"), at


# What evidence of grade C makes suspect, and what has to be known of every pair that stands apart.
_SUSPECT = ("building", "campus", "incident")
_PLACES = ("building", "campus")


def _by_distance(
    pair: tuple[Interval, FailureDomain, FailureDomain], grade: Literal["C"] | None = None
) -> Cause:
    distance, a, b = pair
    return Cause(kind="distance", grade=grade, members=(a.id, b.id), distance_m=distance.rounded())


def _by_risk(risk: SharedRisk, total: int) -> Cause:
    left = total - risk.least
    return Cause(
        kind=risk.kind,
        risk=risk.id,
        grade=risk.grade,
        members=risk.members,
        least=risk.least,
        left=left,
        majority=left * 2 > total,
    )


def stands_apart(distance: Interval, a: FailureDomain, b: FailureDomain) -> Literal["near", "apart"] | None:
    """Return whether two stand on different campuses: wider apart than any is, or on two that are named."""
    if distance.low >= CAMPUS_MOST_M:
        return "apart"
    return "near" if separation.on_named_campuses(a, b) else None


def spread_of(region: Region, sites: Mapping[str, Site], day: str) -> Spread | None:
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
    centre = (points[a] + points[b]) / 2
    if 3**0.5 * CLOSE_M < diameter <= 2 * CLOSE_M:
        # The centre of the smallest circle, by ever smaller steps towards the farthest of them.
        for step in range(2, 2000):
            centre += (max(points, key=lambda point: abs(point - centre)) - centre) / step
    reach = max(abs(point - centre) for point in points)
    close = diameter <= 3**0.5 * CLOSE_M or reach <= CLOSE_M
    return Spread(buildings=len(at), diameter_m=round(diameter), close=close)


def effective(units: Sequence[FailureDomain], assessments: Iterable[RiskGroups]) -> Range:
    """Count the largest set of units with no shared risk of grade A or B between any two.

    At the low end what is unknown in a kind that position decides counts as shared, too.
    """
    assessed = list(assessments)
    decisive = [groups for groups in assessed if groups.kind in kinds.BY_POSITION and groups.assessed]
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
    """Return the places that one event could take at worst: the most copies of which any two can share it."""
    joined = {pair for pair in combinations(copies, 2) if together(*pair)}
    sharing = {place for pair in joined for place in pair}
    weights = {place: count for place, count in copies.items() if place in sharing}
    return heaviest_apart(weights, lambda a, b: (a, b) not in joined)


def heaviest_apart(weights: Mapping[str, int], joined: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return the nodes of greatest weight of which no two are joined, in their order."""
    nodes = [*weights]
    near = [0] * len(nodes)
    for a, b in combinations(range(len(nodes)), 2):
        if joined(nodes[a], nodes[b]):
            near[a] |= 1 << b
            near[b] |= 1 << a
    chosen = _heaviest((1 << len(nodes)) - 1, near, [*weights.values()], count(1))
    return tuple(nodes[at] for at in _members(chosen))


def _members(mask: int) -> Iterator[int]:
    """Return the nodes of a set, a bit each."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _heaviest(graph: int, near: Sequence[int], weights: Sequence[int], tried: Iterator[int]) -> int:
    """Choose from a set of nodes, part by part; ``near`` is what each is joined to."""
    chosen = 0
    if next(tried) > MOST_TRIED:
        raise UsageError(
            f"{len(near)} places: too many stand near each other for an exact answer; judge fewer at a time"
        )
    while graph:
        free = next((node for node in _members(graph) if _dominates(node, graph, near, weights)), None)
        if free is not None:
            chosen |= 1 << free
            graph &= ~(near[free] | 1 << free)
            continue
        part = _connected(graph, near)
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
    others = left = near[node] & graph
    while left:
        lowest = left & -left
        other = lowest.bit_length() - 1
        if weights[other] > weights[node] or others & ~(near[other] | lowest):
            return False
        left ^= lowest
    return True


def _connected(graph: int, near: Sequence[int]) -> int:
    """Return what hangs together with the first node: parts that are not joined are solved alone."""
    reached, waiting = 0, graph & -graph
    while waiting:
        reached |= waiting
        nearest = 0
        for node in _members(waiting):
            nearest |= near[node]
        waiting = nearest & graph & ~reached
    return reached
