"""Effective zones: how many units are left once shared risks count as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from zonerisk.core.kinds import BY_POSITION
from zonerisk.core.verdict import Range
from zonerisk.judging.arrangement import pairs

if TYPE_CHECKING:
    from zonerisk.judging.arrangement import FailureDomain, Pair
    from zonerisk.judging.cause import RiskGroups


def effective(units: Sequence[FailureDomain], assessments: Iterable[RiskGroups]) -> Range:
    """Count the largest set of units with no shared risk of grade A or B between any two.

    Returns
    -------
    The high end counts what is known to be shared; the low end also counts as shared what
    is unknown in a kind that position decides.
    """
    assessed = list(assessments)
    decisive = [each for each in assessed if each.kind in BY_POSITION]

    def known(pair: Pair) -> bool:
        return any(each.outcome(pair) == "fail" for each in assessed)

    def open_(pair: Pair) -> bool:
        return known(pair) or any(each.outcome(pair) == "unknown" for each in decisive)

    # Of zones that stand in at most two buildings no more than two are independent.
    most = min(
        (
            len(units) - len(found.members) + found.groups
            for each in assessed
            for found in each.counted_groups
            if found.outcome == "fail"
        ),
        default=len(units),
    )
    low, high = (min(most, _independent(units, joined)) for joined in (open_, known))
    return Range.model_construct(low=low, high=high)


def _independent(units: Sequence[FailureDomain], joined: Callable[[Pair], bool]) -> int:
    neighbours: dict[str, set[str]] = {unit.id: set() for unit in units}
    for a, b in pairs(units):
        if joined((a.id, b.id)):
            neighbours[a.id].add(b.id)
            neighbours[b.id].add(a.id)
    return largest_independent_set(neighbours)


def largest_independent_set(neighbours: dict[str, set[str]]) -> int:
    """Size of the largest set of nodes of which no two are joined; exact.

    A node whose neighbours are all joined to each other is in some largest set, so most
    graphs of places shrink without branching.
    """
    graph = {node: set(others) for node, others in neighbours.items()}
    taken = 0
    while graph:
        free = next(
            (
                node
                for node, others in graph.items()
                if all(others - {other} <= graph[other] for other in others)
            ),
            None,
        )
        if free is None:
            break
        taken += 1
        _remove(graph, {free, *graph[free]})
    if not graph:
        return taken
    pivot = max(graph, key=lambda node: len(graph[node]))
    without = {node: set(others) for node, others in graph.items()}
    _remove(without, {pivot})
    with_it = {node: set(others) for node, others in graph.items()}
    _remove(with_it, {pivot, *graph[pivot]})
    return taken + max(largest_independent_set(without), 1 + largest_independent_set(with_it))


def _remove(graph: dict[str, set[str]], gone: set[str]) -> None:
    for node in gone:
        for other in graph.pop(node):
            if other in graph:
                graph[other].discard(node)
