"""Spacing: how far apart every pair of units is, in fibre and in time, and how it is judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.core.interval import Interval
from zonerisk.core.kinds import KINDS
from zonerisk.core.verdict import Finding, Outcome, Separation, SharedRisk, severity, worst
from zonerisk.judging.arrangement import CAMPUS_MOST_M, pairs
from zonerisk.judging.finding import no_pair, softened, threshold_of, value_of
from zonerisk.judging.separation import fibre_m, rtt_ms
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.policy import Policy, Rule, RuleName
    from zonerisk.judging.arrangement import Arrangement

RULES: tuple[RuleName, ...] = ("separation-min", "separation-max", "rtt-max")
Ends = tuple[Outcome, Outcome]
_OPEN: Ends = ("pass", "fail")


def finding(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge every pair at both ends of its interval; the most telling pair speaks.

    The finding is known where it comes out the same at both ends, whichever pair is behind
    it: a pair that may pass or warn changes nothing beside one that surely warns.
    """
    threshold = threshold_of(rule)
    if name != "rtt-max":
        threshold = replace(threshold, measure=rule.measure)
    if len(arrangement.domains) < 2:
        return no_pair(name, arrangement, threshold)
    beside = _measured(name, rule, Interval(0.0, None, CAMPUS_MOST_M))
    counted_groups = [
        crowd
        for each in arrangement.groups.values()
        for crowd in each.counted_groups
        if crowd.outcome == "fail"
    ]
    if name == "separation-min" and counted_groups and beside.at_least(threshold.value * 1000) is False:
        # Whichever of them share a building, those two do not stand apart.
        return Finding(
            rule=name,
            outcome="fail",
            message=counted_groups[0].message,
            subjects=counted_groups[0].members,
            value=value_of(beside, "km", 1000),
            threshold=threshold,
            evidence=counted_groups[0].evidence,
        )
    rows = []
    for a, b in pairs(arrangement.domains):
        straight = arrangement.distance(a, b)
        rows.append((_ends(name, rule, straight), straight, _measured(name, rule, straight), a, b))
    outcome = _same((worst([row[0][0] for row in rows]), worst([row[0][1] for row in rows])))
    sign = 1 if name == "separation-min" else -1
    alike = [row for row in rows if _same(row[0]) == outcome]
    _, straight, measured, a, b = min(
        alike or rows, key=lambda row: (row[1].best is None, sign * (row[1].best or 0))
    )
    count = len(alike)
    whole = f"{len(rows)} pair{'' if len(rows) == 1 else 's'}"
    tail = f" ({whole})" if outcome == "pass" else f" ({count} of {whole})"
    if measured.high is None:
        message = f"{a.name} to {b.name}: no distance, their places are not disclosed{tail}"
    else:
        # The law holds for any honest disc, but nobody should take it for a known place.
        hidden = "" if a.disclosed and b.disclosed else ", sites not disclosed"
        message = f"{a.name} to {b.name}: {_said(name, rule, measured)}{hidden}{tail}"
    unit, per = ("ms", 1) if name == "rtt-max" else ("km", 1000)
    return Finding(
        rule=name,
        outcome=outcome,
        message=message,
        subjects=(a.id, b.id),
        value=value_of(measured, unit, per),
        threshold=threshold,
    )


def separations(policy: Policy, arrangement: Arrangement) -> tuple[Separation, ...]:
    """Measure every pair, and judge it as the policy's rules on distance do one by one."""
    asked = {name: rule for name, rule in policy.rules.items() if name in RULES}
    risks = [risk for each in arrangement.groups.values() for risk in each.risks]
    risks.sort(key=lambda risk: -severity(risk.outcome))
    rows = []
    for a, b in pairs(arrangement.domains):
        straight = arrangement.distance(a, b)
        fibre = fibre_m(straight)
        shared = [risk for risk in risks if a.id in risk.members and b.id in risk.members]
        outcomes = [softened(_same(_ends(name, rule, straight)), rule) for name, rule in asked.items()]
        outcomes += [_counted(risk, policy) for risk in shared]
        rows.append(
            Separation(
                a=a.id,
                b=b.id,
                distance_m=straight.rounded(),
                fibre_m=fibre.rounded(),
                rtt_ms=rtt_ms(fibre).rounded(3),
                outcome=worst(outcomes) if outcomes else None,
                shared=tuple(risk.id for risk in shared),
            )
        )
    return tuple(rows)


def _counted(risk: SharedRisk, policy: Policy) -> Outcome:
    """Give what a shared risk counts as, by the rule that asks of its kind."""
    asks = KINDS[risk.kind].rule
    rule = policy.rules.get(asks) if asks else None
    return softened(risk.outcome, rule) if rule else risk.outcome


def _measured(name: RuleName, rule: Rule, straight: Interval) -> Interval:
    """Give what a rule is held against: metres over the ground or of fibre, or milliseconds."""
    if name == "rtt-max":
        return rtt_ms(fibre_m(straight))
    return fibre_m(straight) if rule.measure == "fibre" else straight


def _ends(name: RuleName, rule: Rule, straight: Interval) -> Ends:
    """Judge a pair at both ends of its distance."""
    measured = _measured(name, rule, straight)
    if rule.threshold is None or measured.high is None:
        return _OPEN
    if name == "rtt-max":
        # Light alone bounds a round trip from below: equipment adds to it, so only a
        # measurement could pass.
        return ("fail", "fail") if measured.at_most(rule.threshold) is False else _OPEN
    limit, beyond = rule.threshold * 1000, rule.fail_beyond_km

    def at(along: float, over: float | None) -> Outcome:
        if name == "separation-min":
            return "pass" if along >= limit else "fail"
        if along <= limit:
            return "pass"
        return "warn" if beyond and over is not None and over <= beyond * 1000 else "fail"

    return at(measured.low, straight.low), at(measured.high, straight.high)


def _same(ends: Ends) -> Outcome:
    """Give an interval an outcome only where both its ends have the same."""
    return ends[0] if ends[0] == ends[1] else "unknown"


def _said(name: RuleName, rule: Rule, measured: Interval) -> str:
    if name != "rtt-max":
        return phrases.interval(measured) + (" of fibre" if rule.measure == "fibre" else "")
    if measured.best is None:
        return f"{measured.high:.2f} ms at most of round trip by light alone"
    return f"{measured.low:.2f} to {measured.high:.2f} ms of round trip by light alone"
