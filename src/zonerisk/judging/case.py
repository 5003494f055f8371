"""The case: what is known of a region, as the rules of a policy are applied to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.core.verdict import Finding, Threshold, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zonerisk.catalogue.catalog import Scope
    from zonerisk.core.geometry import Interval
    from zonerisk.core.policy import Rule
    from zonerisk.core.verdict import Option, Outcome
    from zonerisk.judging.arrangement import FailureDomain, Pair
    from zonerisk.judging.cause import RiskGroups


@dataclass(frozen=True)
class Case:
    """What the rules are applied to.

    Attributes
    ----------
    scope, as_of
        The region, its provider and the day.
    sold
        Zones as sold.
    units
        What is compared: zones, or datacenters.
    noun
        What a unit is called, ``zone`` or ``datacenter``.
    distances
        Metres between units, by pair of ids.
    assessments
        Shared risks by kind.
    options
        Where disaster recovery may go.
    """

    scope: Scope
    as_of: str
    sold: int
    units: tuple[FailureDomain, ...]
    noun: str
    distances: Mapping[Pair, Interval]
    assessments: Mapping[str, RiskGroups]
    options: tuple[Option, ...]

    def counted(self, number: int) -> str:
        """Write a number of units: ``1 zone``, ``3 datacenters``."""
        return f"{number} {self.noun}{'' if number == 1 else 's'}"


def threshold_of(rule: Rule) -> Threshold:
    """Give what a rule asks for; only for a rule with a threshold."""
    assert rule.threshold is not None
    assert rule.unit is not None
    return Threshold.model_construct(value=rule.threshold, unit=rule.unit)


def softened(outcome: Outcome, rule: Rule) -> Outcome:
    """Give what a breach counts as; a rule that fails from a distance on says so itself."""
    soft = rule.severity == "warn" and rule.fail_beyond_km is None
    return "warn" if soft and outcome == "fail" else outcome


def value_of(interval: Interval, unit: str, per: float = 1.0) -> Value:
    """Round an interval to a finding's value, divided by what its unit holds."""
    low, best, high = (None if end is None else round(end / per, 3) for end in interval)
    return Value.model_construct(low=low, best=best, high=high, unit=unit)


def no_pair(name: str, case: Case, threshold: Threshold | None = None) -> Finding:
    """Leave a rule on pairs open where there is a single unit: nothing was compared.

    What one unit is worth, ``quorum`` and ``survives`` say.
    """
    return Finding.model_construct(
        rule=name,
        outcome="unknown",
        threshold=threshold,
        message=f"{case.counted(len(case.units))}: no pair to compare",
        subjects=(case.scope.region.id,),
    )
