"""Survival: which shared risk, lost once, takes the quorum of a workload's copies; exact."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Loss(NamedTuple):
    """What one event leaves.

    Attributes
    ----------
    event
        Its id.
    left
        Copies that still stand.
    holds
        True where they are a quorum.
    """

    event: str
    left: int
    holds: bool


def losses(copies: Mapping[str, int], quorum: int, events: Mapping[str, Iterable[str]]) -> tuple[Loss, ...]:
    """Lose every event once; the one that leaves the fewest copies comes first.

    Parameters
    ----------
    copies
        Number of copies by place.
    quorum
        How many are needed.
    events
        Places that each event takes, by its id; the order breaks ties.
    """
    total = sum(copies.values())
    found = []
    for event, members in events.items():
        left = total - sum(copies.get(place, 0) for place in set(members))
        found.append(Loss(event, left, left >= quorum))
    return tuple(sorted(found, key=lambda loss: loss.left))


def most_taken(copies: Mapping[str, int], together: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Find the places that one event could take at worst, when pairs are all that is known.

    An event takes a set of places only if any two of them can share it; the heaviest such
    set is a clique of greatest weight.

    Parameters
    ----------
    copies
        Number of copies by place.
    together
        Tells whether two places share, or may share, a risk.
    """
    joined = [(a, b) for a, b in combinations(copies, 2) if together(a, b)]
    if not joined:
        return ()
    if len(joined) == len(copies) * (len(copies) - 1) // 2:
        return tuple(copies)
    import networkx

    graph = networkx.Graph(joined)
    networkx.set_node_attributes(graph, {place: copies[place] for place in graph}, "copies")
    clique, _ = networkx.max_weight_clique(graph, "copies")
    return tuple(place for place in copies if place in set(clique))
