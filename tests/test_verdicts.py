"""How far a policy is met: never more than was checked, and by name what failed."""

from __future__ import annotations

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.verdict import Applied, Finding, Score
from zonerisk.words.verdicts import policy_line, score_line, scored


def line(name: str, **outcomes: Applied) -> str:
    rules = Catalog().policy(name)
    found = [
        Finding(rule=rule.replace("_", "-"), outcome=outcome, message="m")
        for rule, outcome in outcomes.items()
    ]
    return policy_line(rules, found).removeprefix(f"{rules.name} ({rules.standing}): ")


@pytest.mark.parametrize(
    ("name", "outcomes", "said"),
    [
        ("sebi", {"dr": "pass"}, "1 of 1 rule met."),
        ("sebi", {"dr": "fail"}, "0 of 1 rule met, 1 not met; non-compliant: recovery."),
        ("bsi", {"dr": "fail", "flood": "pass"}, "1 of 2 rules met, 1 not met; not met: recovery."),
        ("nis2", {"backup": "unknown"}, "0 of 1 rule met, 1 cannot be shown."),
        ("bsi", {"dr": "pass", "flood": "warn"}, "1 of 2 rules met, 1 advisory."),
        ("bsi", {"dr": "pass", "flood": "not-assessed"}, "1 of 2 rules met, 1 not assessed."),
        ("bsi", {"dr": "pass", "flood": "not-applicable"}, "1 of 1 rule met."),
    ],
)
def test_words(name: str, outcomes: dict[str, Applied], said: str) -> None:
    assert line(name, **outcomes) == said


def test_a_rule_is_as_bad_as_its_worst_workload() -> None:
    rules = Catalog().policy("bsi")
    outcomes: tuple[Applied, ...] = ("pass", "fail", "pass")
    twice = [Finding(rule="dr", outcome=outcome, message="m") for outcome in outcomes]
    assert "0 of 1 rule met, 1 not met; not met: recovery." in policy_line(rules, twice)


def test_only_what_has_rules_enough_is_scored() -> None:
    found = {name for name in Catalog().policies if scored(Catalog().policy(name))}
    assert {"podcast", "bsi", "aws-az"} <= found
    assert found.isdisjoint({"sebi", "nis2", "dora", "secnumcloud", "rbi-2023", "c5-basic"})


def test_what_a_score_rests_on() -> None:
    assert score_line(Score(19.8, 94.1), None, 14, 19) == (
        "shown 20 of 100 (at most 94), 14 of 19 rules assessed"
    )
    assert score_line(Score(86, 90), "A", 3, 3) == (
        "shown 86 of 100 (at most 90, grade A), 3 of 3 rules assessed"
    )
