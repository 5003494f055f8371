from __future__ import annotations

from zonerisk.judging.arrangement import FailureDomain
from zonerisk.judging.cause import RiskGroups, risk
from zonerisk.workloads.deployment import Place
from zonerisk.workloads.placement import relabelled

ZONES = tuple(FailureDomain(f"r/z{index}", f"z{index}") for index in range(3))
ALL_APART = frozenset((a.id, b.id) for a in ZONES for b in ZONES if a.id < b.id)
LABELS = [Place("r/a", "r", "label"), Place("r/b", "r", "label")]


def told(known: RiskGroups, places: list[Place] = LABELS) -> RiskGroups:
    return relabelled({"campus": RiskGroups("campus")}, places, lambda _: (ZONES, {"campus": known}))[
        "campus"
    ]


def test_zones_that_are_all_apart_leave_labels_apart() -> None:
    assert told(RiskGroups("campus", apart=ALL_APART)).outcome(("r/a", "r/b")) == "pass"


def test_one_pair_that_is_not_leaves_it_open() -> None:
    some = frozenset(list(ALL_APART)[1:])
    assert told(RiskGroups("campus", apart=some)).outcome(("r/a", "r/b")) == "unknown"


def test_a_risk_of_all_zones_is_one_of_the_labels() -> None:
    shared = risk("campus", "k", "A", ZONES, "all stand on one campus")
    assert told(RiskGroups("campus", (shared,))).outcome(("r/a", "r/b")) == "fail"


def test_a_risk_of_some_zones_may_or_may_not_be() -> None:
    shared = risk("campus", "k", "A", ZONES[:2], "two stand on one campus")
    assert told(RiskGroups("campus", (shared,))).outcome(("r/a", "r/b")) == "unknown"


def test_copies_somewhere_may_share_a_zone() -> None:
    places = [Place("r/somewhere-1", "r", "somewhere"), Place("r/somewhere-2", "r", "somewhere")]
    found = told(RiskGroups("campus", apart=ALL_APART), places)
    assert found.outcome(("r/somewhere-1", "r/somewhere-2")) == "unknown"


def test_a_kind_that_only_the_zones_have_is_open_for_labels() -> None:
    """Of an event that took two of three zones, labels may or may not be those."""
    shared = risk("incident", "i", "A", ZONES[:2], "were out together")
    known = {"incident": RiskGroups("incident", (shared,))}
    found = relabelled({}, LABELS, lambda _: (ZONES, known))["incident"]
    assert found.outcome(("r/a", "r/b")) == "unknown"
