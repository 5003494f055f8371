"""Survival against brute force: every subset of places that one event could take."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from zonerisk.workloads.survival import losses, most_taken

PLACES = st.integers(1, 6).map(lambda count: [f"p{index}" for index in range(count)])


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, int], int, dict[str, tuple[str, ...]]]:
    places = draw(PLACES)
    copies = {place: draw(st.integers(1, 3)) for place in places}
    quorum = draw(st.integers(1, sum(copies.values())))
    events = {
        f"e{index}": tuple(draw(st.sets(st.sampled_from(places), min_size=1)))
        for index in range(draw(st.integers(1, 5)))
    }
    return copies, quorum, events


@settings(deadline=None)
@given(cases())
def test_a_quorum_survives_where_some_subset_of_copies_is_untouched(
    case: tuple[dict[str, int], int, dict[str, tuple[str, ...]]],
) -> None:
    copies, quorum, events = case
    each = [place for place, count in copies.items() for _ in range(count)]
    found = {loss.event: loss for loss in losses(copies, quorum, events)}
    for event, members in events.items():
        # A quorum is left exactly if some set of that many copies meets no member.
        left = any(all(copy not in members for copy in chosen) for chosen in combinations(each, quorum))
        assert found[event].holds == left
    assert [loss.left for loss in losses(copies, quorum, events)] == sorted(
        loss.left for loss in found.values()
    )


@settings(deadline=None)
@given(PLACES, st.data())
def test_most_taken_is_the_heaviest_of_all_subsets_that_may_share(
    places: list[str], data: st.DataObject
) -> None:
    copies = {place: data.draw(st.integers(1, 4)) for place in places}
    edges = {pair for pair in combinations(places, 2) if data.draw(st.booleans())}

    def together(a: str, b: str) -> bool:
        return (a, b) in edges or (b, a) in edges

    taken = most_taken(copies, together)
    assert all(together(a, b) for a, b in combinations(taken, 2))
    heaviest = max(
        (
            sum(copies[place] for place in subset)
            for size in range(2, len(places) + 1)
            for subset in combinations(places, size)
            if all(together(a, b) for a, b in combinations(subset, 2))
        ),
        default=0,
    )
    assert sum(copies[place] for place in taken) == heaviest


def test_an_event_that_takes_more_comes_first() -> None:
    found = losses({"a": 1, "b": 1, "c": 1}, 2, {"one": ("a",), "two": ("a", "b")})
    assert [(loss.event, loss.left, loss.holds) for loss in found] == [
        ("two", 1, False),
        ("one", 2, True),
    ]
