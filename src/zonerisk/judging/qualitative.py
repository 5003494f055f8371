"""Measured: the answer to a rule whose text names no figure; what it is worth is not ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.verdict import Finding
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.separation import least_rtt_ms
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.policy import Rule, RuleName
    from zonerisk.judging.arrangement import Arrangement

NEAREST = 3
LEFT = "the text names no figure, so this is measured and left to a risk assessment"


def finding(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Tell what bears on a rule, with the outcome ``unknown``."""
    told = {"dr": _options, "backup": _backup}.get(name, _pairs)(arrangement)
    said = told if name == "backup" else f"{told}; {LEFT}"
    return Finding(rule=name, outcome="unknown", message=said, subjects=(arrangement.id,))


def _options(arrangement: Arrangement) -> str:
    near = [
        f"{option.target} {phrases.interval(option.distance_m)}" for option in arrangement.options[:NEAREST]
    ]
    return f"nearest other regions: {', '.join(near)}" if near else "no other region is sold"


def _backup(arrangement: Arrangement) -> str:
    return "what is backed up where is not in a region's record; judge a plan: zonerisk plan"


def _pairs(arrangement: Arrangement) -> str:
    """Give the nearest pair of units and its least round trip."""
    rows = [(arrangement.distance(a, b), a, b) for a, b in pairs(arrangement.domains)]
    if not rows:
        return f"{arrangement.counted(len(arrangement.domains))}, so there is no pair to measure"
    distance, a, b = min(rows, key=lambda row: row[0].rank)
    least = phrases.round_trip(least_rtt_ms(distance))
    told = f"nearest: {a.name} to {b.name} {phrases.interval(distance)}"
    return told + (f", at least {least} by light alone" if least else "")
