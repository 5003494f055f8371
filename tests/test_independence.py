from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonerisk.core.errors import UsageError
from zonerisk.judging import independence
from zonerisk.judging.arrangement import FailureDomain, RiskGroups, risk
from zonerisk.judging.independence import effective, heaviest_apart, most_taken, some_apart

UNITS = tuple(FailureDomain(f"u/{name}", name) for name in "abc")
Pairs = set[tuple[str, str]]


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> tuple[dict[str, int], Pairs]:
    """Draw nodes with weights, and the pairs that are joined."""
    nodes = [f"p{index}" for index in range(draw(st.integers(0, most)))]
    heaviest = draw(st.sampled_from([1, 4]))
    weights = {node: draw(st.integers(1, heaviest)) for node in nodes}
    return weights, {pair for pair in combinations(nodes, 2) if draw(st.booleans())}


def brute_force(weights: dict[str, int], pairs: Pairs, least: int, joined: bool) -> int:
    """Weigh the heaviest subset of which every two are joined, or no two are."""
    return max(
        (
            sum(weights[node] for node in subset)
            for size in range(least, len(weights) + 1)
            for subset in combinations(weights, size)
            if all((pair in pairs) == joined for pair in combinations(subset, 2))
        ),
        default=0,
    )


@settings(deadline=None)
@given(graphs())
def test_the_heaviest_set_apart_agrees_with_brute_force(case: tuple[dict[str, int], Pairs]) -> None:
    weights, pairs = case
    chosen = heaviest_apart(weights, pairs)
    assert not any(pair in pairs for pair in combinations(chosen, 2))
    assert sum(weights[node] for node in chosen) == brute_force(weights, pairs, 0, joined=False)
    every = brute_force(dict.fromkeys(weights, 1), pairs, 0, joined=False)
    assert [some_apart([*weights], pairs, enough) for enough in range(5)] == [
        *map(min, range(5), [every] * 5)
    ]


@settings(deadline=None)
@given(graphs(6))
def test_most_taken_is_the_heaviest_of_all_subsets_that_may_share(case: tuple[dict[str, int], Pairs]) -> None:
    copies, pairs = case
    taken = most_taken(copies, lambda a, b: (a, b) in pairs)
    assert all(pair in pairs for pair in combinations(taken, 2))
    assert sum(copies[place] for place in taken) == brute_force(copies, pairs, 2, joined=True)


def test_many_parts_that_are_not_joined_are_solved_alone() -> None:
    """Forty rings of five and forty paths with a heavy end: branching over all at once never ends."""
    rings = {(f"r{ring}-{i}", f"r{ring}-{(i + 1) % 5}") for ring in range(40) for i in range(5)}
    weights = {node: 1 + int(node.endswith("-0")) for pair in sorted(rings) for node in pair}
    chosen = heaviest_apart(weights, rings)
    assert sum(weights[node] for node in chosen) == 40 * 3


def test_unknown_counts_only_where_position_decides() -> None:
    every = frozenset({("u/a", "u/b"), ("u/a", "u/c"), ("u/b", "u/c")})
    settled = [RiskGroups("building", apart=every), RiskGroups("campus", apart=every)]
    span = effective(UNITS, [*settled, RiskGroups("flood", apart=every), RiskGroups("power")])
    assert (span.low, span.high) == (3, 3)
    span = effective(UNITS, [*settled, RiskGroups("flood"), RiskGroups("power")])
    assert (span.low, span.high) == (1, 3)


def test_grade_c_is_no_edge() -> None:
    for grade, high in (("C", 3), ("B", 2)):
        found = risk("river", "r", grade, UNITS[:2], "share a river")  # type: ignore[arg-type]
        assert effective(UNITS, [RiskGroups("river", (found,))]).high == high


def test_a_crowd_bounds_what_no_pair_tells() -> None:
    """Three zones in at most two buildings are worth two at most, though no pair is known."""
    for grade, high in (("A", 2), ("C", 3)):
        found = risk("building", "b", grade, UNITS, "in at most 2 buildings", groups=2)  # type: ignore[arg-type]
        assert found.least == 2
        known = RiskGroups("building", (found,))
        assert known.outcome(("u/a", "u/b")) == "unknown"
        span = effective(UNITS, [known])
        assert (span.low, span.high) == (1, high)


def test_six_hundred_places_are_weighed_in_time() -> None:
    """Each is joined to the ten before it and the ten after it."""
    at = {f"n{index}": index for index in range(600)}
    near = [(a, b) for a, b in combinations(at, 2) if abs(at[a] - at[b]) <= 10]
    chosen = heaviest_apart(dict.fromkeys(at, 1), near)
    assert chosen == tuple(f"n{index}" for index in range(0, 600, 11))


def test_what_would_be_weighed_for_hours_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city's sites, a lattice of neighbours: exact up to a bound, and no call that never ends."""
    lattice = {f"{x}.{y}": (x, y) for x in range(8) for y in range(8)}
    near = {
        (a, b)
        for (a, (x, y)), (b, (u, v)) in combinations(lattice.items(), 2)
        if abs(x - u) + abs(y - v) == 1
    }
    assert len(heaviest_apart(dict.fromkeys(lattice, 1), near)) == 32
    monkeypatch.setattr(independence, "MOST_TRIED", 20)
    with pytest.raises(UsageError, match="64 places: too many stand near each other"):
        heaviest_apart(dict.fromkeys(lattice, 1), near)
    assert some_apart([*lattice], near, 3) == 3
