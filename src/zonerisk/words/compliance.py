"""Standing: how far what was judged meets a policy, in the words that it allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.verdict import Outcome, worst

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zonerisk.core.interval import Range, Score
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Finding


def policy_line(policy: Policy, findings: Iterable[Finding]) -> str:
    """Say how far the rules that were checked are met, in the words the standing allows."""
    outcomes: dict[str, Outcome] = {}
    for finding in findings:
        outcomes[finding.rule] = worst([finding.outcome, outcomes.get(finding.rule, "pass")])
    return f"{policy.name} ({policy.standing}): {_met(outcomes, policy.binding)}."


def _met(outcomes: dict[str, Outcome], binding: bool) -> str:
    total = len(outcomes)
    failed, unknown, warned = (
        [rule for rule, outcome in outcomes.items() if outcome == each]
        for each in ("fail", "unknown", "warn")
    )

    def of(rules: list[str]) -> str:
        return "the one rule checked" if total == 1 else f"{len(rules)} of the {total} rules checked"

    if failed == ["claims"] and total > 1:
        # What the provider says is wrong: that is no failure of the zones.
        return (
            f"a statement of the provider is refuted (claims); of the other {total - 1} rules "
            f"checked none fails, {len(unknown)} cannot be shown to be met"
        )
    if failed:
        verb = "non-compliant with" if binding else "does not meet"
        return f"{verb} {of(failed)}: {', '.join(failed)}"
    if unknown:
        return f"cannot be shown to meet {of(unknown)}{'; none fails' if total > 1 else ''}"
    met = "the one rule of it that was" if total == 1 else f"the {total} rules of it that were"
    doubts = f", with reservations on {', '.join(warned)}" if warned else ""
    return f"meets {met} checked{doubts}"


def scored(policy: Policy) -> bool:
    """Tell whether a score says anything: that of a single rule only repeats its outcome."""
    return sum(not rule.qualitative for rule in policy.rules.values()) > 1


def spelled(span: Range) -> str:
    """Write a count between two ends."""
    return str(span.high) if span.low == span.high else f"{span.low} to {span.high}"


def points(total: Score) -> str:
    """Write a score in whole points; nobody could know its decimals."""
    low, high = f"{total.low:.0f}", f"{total.high:.0f}"
    return low if low == high else f"{low} to {high}"


def outcome_line(outcome: Outcome, grade: str, total: Score, as_of: str, policy: Policy) -> str:
    """Give the outcome, the grade and score if the policy has rules enough, and the day."""
    score = f" | grade {grade} | score {points(total)} of 100" if scored(policy) else ""
    return f"outcome {outcome}{score} | as of {as_of}"
