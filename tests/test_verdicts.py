"""How far a policy is met: never more than was checked, and by name what failed."""

from __future__ import annotations

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.verdict import Finding, Outcome, Score
from zonerisk.library import Library
from zonerisk.words.verdicts import policy_line, score_line, scored


def line(name: str, **outcomes: Outcome) -> str:
    rules = Catalog().policy(name)
    found = [
        Finding(rule=rule.replace("_", "-"), outcome=outcome, message="m")
        for rule, outcome in outcomes.items()
    ]
    return policy_line(rules, found).removeprefix(f"{rules.name} ({rules.standing}): ")


@pytest.mark.parametrize(
    ("name", "outcomes", "said"),
    [
        ("sebi", {"dr": "pass"}, "meets the one rule of it that was checked."),
        ("sebi", {"dr": "fail"}, "non-compliant with the one rule checked: dr."),
        ("bsi", {"dr": "fail", "flood": "pass"}, "does not meet 1 of the 2 rules checked: dr."),
        ("nis2", {"backup": "unknown"}, "cannot be shown to meet the one rule checked."),
        (
            "bsi",
            {"dr": "pass", "flood": "unknown"},
            "cannot be shown to meet 1 of the 2 rules checked; none fails.",
        ),
        (
            "bsi",
            {"dr": "pass", "flood": "warn"},
            "meets the 2 rules of it that were checked, with reservations on flood.",
        ),
    ],
)
def test_words(name: str, outcomes: dict[str, Outcome], said: str) -> None:
    assert line(name, **outcomes) == said


def test_a_refuted_statement_is_not_a_failure_of_the_zones(shipped: Library) -> None:
    said = line("podcast", claims="fail", dr="pass", flood="unknown")
    assert said == (
        "a statement of the provider is refuted (claims); of the other 2 rules checked none "
        "fails, 1 cannot be shown to be met."
    )
    assert "claims" in line("podcast", claims="fail", dr="fail")
    paris = shipped.score("scaleway-fr-par")
    assert "does not meet" not in policy_line(Catalog().policy("podcast"), paris.policy.findings)


def test_a_rule_is_as_bad_as_its_worst_workload() -> None:
    rules = Catalog().policy("bsi")
    twice = [Finding(rule="dr", outcome=outcome, message="m") for outcome in ("pass", "fail", "pass")]
    assert "the one rule checked: dr" in policy_line(rules, twice)


def test_only_what_has_rules_enough_is_scored() -> None:
    found = {name for name in Catalog().policy_ids if scored(Catalog().policy(name))}
    assert {"podcast", "bsi", "aws-az"} <= found
    assert found.isdisjoint({"sebi", "nis2", "dora", "secnumcloud", "rbi-2023", "c5-basic"})


def test_what_a_score_rests_on() -> None:
    assert score_line(Score(19.8, 94.1), None, 14, 19) == (
        "shown 20 of 100 (at most 94), 14 of 19 rules assessed"
    )
    assert score_line(Score(86, 90), "A", 3, 3) == (
        "shown 86 of 100 (at most 90, grade A), 3 of 3 rules assessed"
    )
