"""Parts of a finding: what a rule asks for, what was measured, what a breach counts as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.interval import Value
from zonerisk.core.verdict import Finding, Threshold

if TYPE_CHECKING:
    from zonerisk.core.interval import Interval
    from zonerisk.core.policy import Rule
    from zonerisk.core.verdict import Outcome
    from zonerisk.judging.arrangement import Arrangement


def threshold_of(rule: Rule) -> Threshold:
    """Give what a rule asks for; only for a rule with a threshold."""
    assert rule.threshold is not None
    assert rule.unit is not None
    return Threshold(value=rule.threshold, unit=rule.unit)


def softened(outcome: Outcome, rule: Rule) -> Outcome:
    """Give what a breach counts as; a rule that fails from a distance on says so itself."""
    soft = rule.severity == "warn" and rule.fail_beyond_km is None
    return "warn" if soft and outcome == "fail" else outcome


def value_of(interval: Interval, unit: str, per: float = 1.0) -> Value:
    """Round an interval to a finding's value, divided by what its unit holds."""
    ends = (interval.best, interval.high)
    best, high = (None if end is None else round(end / per, 3) for end in ends)
    return Value(round(interval.low / per, 3), best, high, unit)


def no_pair(name: str, arrangement: Arrangement, threshold: Threshold | None = None) -> Finding:
    """Leave a rule on pairs open where there is a single unit: nothing was compared.

    What one unit is worth, ``quorum`` and ``survives`` say.
    """
    return Finding(
        rule=name,
        outcome="unknown",
        threshold=threshold,
        message=f"{arrangement.counted(len(arrangement.domains))}: no pair to compare",
        subjects=(arrangement.id,),
    )
