from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from zonerisk.judging.arrangement import FailureDomain
from zonerisk.judging.cause import RiskGroups, risk
from zonerisk.judging.effective import effective, largest_independent_set

UNITS = tuple(FailureDomain(f"u/{name}", name) for name in "abc")


@given(
    st.integers(0, 9).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.sets(st.tuples(st.integers(0, max(0, n - 1)), st.integers(0, max(0, n - 1)))),
        )
    )
)
def test_agrees_with_brute_force(case: tuple[int, set[tuple[int, int]]]) -> None:
    size, joined = case
    graph: dict[str, set[str]] = {str(node): set() for node in range(size)}
    for a, b in joined:
        if a != b:
            graph[str(a)].add(str(b))
            graph[str(b)].add(str(a))
    best = max(
        len(chosen)
        for count in range(size + 1)
        for chosen in combinations(graph, count)
        if not any(b in graph[a] for a, b in combinations(chosen, 2))
    )
    assert largest_independent_set(graph) == best


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
        known = RiskGroups("building", counted_groups=(found,))
        assert known.outcome(("u/a", "u/b")) == "unknown"
        span = effective(UNITS, [known])
        assert (span.low, span.high) == (1, high)
