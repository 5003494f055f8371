"""Findings: each rule of a policy applied to what is known of a region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.core import geometry
from zonerisk.core.geometry import Interval
from zonerisk.core.kinds import KINDS, asked_by
from zonerisk.core.verdict import Finding, Outcome, Threshold, Value, severity, worst
from zonerisk.judging import claims, recovery, separation
from zonerisk.judging.arrangement import CAMPUS_MOST_M, pairs
from zonerisk.words import findings as wording

if TYPE_CHECKING:
    from zonerisk.core.policy import Policy, Rule, RuleName
    from zonerisk.judging.arrangement import Arrangement
    from zonerisk.judging.cause import RiskGroups


NEAREST = 3


def apply(policy: Policy, arrangement: Arrangement) -> tuple[Finding, ...]:
    """Apply every rule of a policy; the worst findings first.

    A region has no backup of its own to judge: that rule speaks only where it is alone. So
    does the rule on incidents where none is on record, which proves nothing.
    """
    silent = ["backup"] if _recorded(policy, arrangement) else ["backup", "incidents"]
    rules = {name: rule for name, rule in policy.rules.items() if name not in silent}
    found = [_apply(name, rule, policy, arrangement) for name, rule in (rules or policy.rules).items()]
    return tuple(sorted(found, key=lambda finding: -severity(finding.outcome)))


def _apply(name: RuleName, rule: Rule, policy: Policy, arrangement: Arrangement) -> Finding:
    if rule.qualitative or name == "backup":
        finding = qualitative(name, arrangement)
    elif name == "incidents":
        finding = _incidents(name, _recorded(policy, arrangement), arrangement)
    else:
        finding = _JUDGES.get(name, _shared)(name, rule, arrangement)
    cited = (*finding.evidence, *policy.cite(name))
    outcome = separation.softened(finding.outcome, rule)
    return replace(finding, evidence=tuple(dict.fromkeys(cited)), outcome=outcome)


def threshold_of(rule: Rule) -> Threshold:
    """Return what a rule asks for; only for a rule with a threshold."""
    assert rule.threshold is not None
    assert rule.unit is not None
    return Threshold(value=rule.threshold, unit=rule.unit)


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
        message=wording.no_pair(arrangement.counted(len(arrangement.domains))),
        subjects=(arrangement.id,),
    )


def qualitative(name: RuleName, arrangement: Arrangement) -> Finding:
    """Answer a rule whose text names no figure with what is measured; what it is worth is left to judge."""
    if name == "backup":
        message = wording.no_backup()
    elif name == "dr":
        message = wording.left(wording.options(arrangement.options[:NEAREST]))
    else:
        message = wording.left(_nearest_pair(arrangement))
    return Finding(rule=name, outcome="unknown", message=message, subjects=(arrangement.id,))


def _nearest_pair(arrangement: Arrangement) -> str:
    """Return the nearest pair of units and its least round trip."""
    rows = [(arrangement.distance(a, b), a, b) for a, b in pairs(arrangement.domains)]
    if not rows:
        return wording.nothing_to_measure(arrangement.counted(len(arrangement.domains)))
    distance, a, b = min(rows, key=lambda row: row[0].rank)
    return wording.nearest_pair(a.name, b.name, distance, geometry.least_rtt_ms(distance))


def _disclosure(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    limit = threshold_of(rule)
    doubts = {
        unit.id: min((p.uncertainty_m for p in unit.positions), default=None) for unit in arrangement.domains
    }
    hidden = [unit for unit in arrangement.domains if doubts[unit.id] is None]
    vague = [unit for unit in arrangement.domains if (doubts[unit.id] or 0) > limit.value * 1000]
    known = sorted(doubt for doubt in doubts.values() if doubt is not None)
    value = None
    if known and not hidden:
        value = value_of(Interval(known[0], None, known[-1]), "km", 1000)
    widest_m = known[-1] if known else None
    message = wording.disclosure(
        arrangement.noun, [unit.name for unit in hidden], [unit.name for unit in vague], widest_m
    )
    outcome: Outcome = "unknown" if hidden or vague or not known else "pass"
    return Finding(
        rule=name,
        outcome=outcome,
        message=message,
        value=value,
        threshold=limit,
        subjects=tuple(unit.id for unit in (hidden or vague)),
    )


def _quorum(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    limit = threshold_of(rule)
    enough = arrangement.sold >= limit.value
    return Finding(
        rule=name,
        outcome="pass" if enough else "fail",
        message=wording.quorum(arrangement.sold, limit.value),
        value=value_of(Interval(arrangement.sold, arrangement.sold, arrangement.sold), "zones"),
        threshold=limit,
        subjects=(arrangement.id,),
    )


def _spaced(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge every pair at both ends of its interval; the most telling pair speaks.

    The finding is known where it comes out the same at both ends, whichever pair is behind
    it: a pair that may pass or warn changes nothing beside one that surely warns.
    """
    threshold = threshold_of(rule)
    if name != "rtt-max":
        threshold = replace(threshold, measure=rule.measure)
    if len(arrangement.domains) < 2:
        return no_pair(name, arrangement, threshold)
    beside = separation.measured(name, rule, Interval(0.0, None, CAMPUS_MOST_M))
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
        rows.append(
            (separation.ends(name, rule, straight), straight, separation.measured(name, rule, straight), a, b)
        )
    outcome = separation.agreed((worst([row[0][0] for row in rows]), worst([row[0][1] for row in rows])))
    sign = 1 if name == "separation-min" else -1
    alike = [row for row in rows if separation.agreed(row[0]) == outcome]
    _, straight, measured, a, b = min(
        alike or rows, key=lambda row: (row[1].best is None, sign * (row[1].best or 0))
    )
    if measured.high is None:
        held = ""
    else:
        held = (
            wording.light(measured)
            if name == "rtt-max"
            else wording.length(measured, rule.measure == "fibre")
        )
    disclosed = a.disclosed and b.disclosed
    message = wording.apart(a.name, b.name, held, disclosed, len(alike), len(rows), outcome)
    unit, per = ("ms", 1) if name == "rtt-max" else ("km", 1000)
    return Finding(
        rule=name,
        outcome=outcome,
        message=message,
        subjects=(a.id, b.id),
        value=value_of(measured, unit, per),
        threshold=threshold,
    )


def _colocation(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    groups = [arrangement.groups[kind] for kind in asked_by(name)]
    return _judge_kinds(name, arrangement, groups, threshold_of(rule))


def _shared(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    threshold = threshold_of(rule) if rule.threshold is not None else None
    assessed = arrangement.groups[name]
    notes, cited = claims.admitted(name, arrangement)
    told = replace(assessed, notes=(*notes, *assessed.notes), evidence=(*cited, *assessed.evidence))
    return _judge_kinds(name, arrangement, [told], threshold)


def _recorded(policy: Policy, arrangement: Arrangement) -> list[RiskGroups]:
    """Give what is on record of events, and of hazards that no rule of the policy asks for."""
    return [
        each
        for kind, each in arrangement.groups.items()
        if KINDS[kind].family == "event" or (KINDS[kind].family == "hazard" and kind not in policy.rules)
        if each.risks or each.notes
    ]


def _incidents(name: RuleName, recorded: Sequence[RiskGroups], arrangement: Arrangement) -> Finding:
    finding = _judge_kinds(name, arrangement, recorded, None)
    if finding.outcome != "pass":
        return finding
    # What was not hit together, or is the whole country's, proves neither way.
    notes = [note for group in recorded for note in group.notes]
    return replace(finding, outcome="unknown", message=wording.together(notes or [wording.no_event()]))


def _judge_kinds(
    name: str, arrangement: Arrangement, assessed: Sequence[RiskGroups], threshold: Threshold | None
) -> Finding:
    notes = [note for each in assessed for note in each.notes]
    if len(arrangement.domains) < 2:
        lone = no_pair(name, arrangement, threshold)
        cited = tuple(piece for each in assessed for piece in each.evidence)
        return replace(lone, message=wording.together((lone.message, *notes)), evidence=cited)
    listed = [(a.id, b.id) for a, b in pairs(arrangement.domains)]
    outcome = worst(
        [each.outcome(pair) for each in assessed for pair in listed]
        + [found.outcome for each in assessed for found in each.counted_groups]
    )
    risks = [found for each in assessed for found in (*each.risks, *each.counted_groups)]
    telling = sorted(risks, key=lambda found: (-severity(found.outcome), -len(found.members)))
    if outcome in ("fail", "warn"):
        message = wording.shared(telling)
    elif outcome == "unknown":
        reason = next(
            group.reason for group in assessed if any(group.outcome(pair) == "unknown" for pair in listed)
        )
        message = wording.open_pairs(telling, reason)
    else:
        message = wording.none_shared(name, arrangement.noun, threshold)
    subjects = telling[0].members if telling and outcome != "pass" else ()
    message = wording.together((message, *notes))
    cited = tuple(piece for found in telling[: wording.MOST_RISKS] for piece in found.evidence)
    cited += tuple(piece for each in assessed for piece in each.evidence)
    return Finding(
        rule=name,
        outcome=outcome,
        message=message,
        subjects=subjects,
        threshold=threshold,
        evidence=cited,
    )


def _survives(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    total = len(arrangement.domains)
    if total < 2:
        return Finding(
            rule=name,
            outcome="fail",
            message=wording.no_second(arrangement.counted(total)),
            subjects=(arrangement.id,),
        )
    risks = [
        found
        for each in arrangement.groups.values()
        for found in (*each.risks, *each.counted_groups)
        if found.grade in ("A", "B")
    ]
    if not risks:
        open_ = sorted(
            {
                kind
                for kind, each in arrangement.groups.items()
                if any(each.outcome((a.id, b.id)) == "unknown" for a, b in pairs(arrangement.domains))
            }
        )
        outcome: Outcome = "unknown" if open_ else "pass"
        return Finding(rule=name, outcome=outcome, message=wording.nothing_known(open_))
    hardest = max(risks, key=lambda found: found.least)
    left = total - hardest.least
    holds = left * 2 > total
    message = wording.survivors(hardest, left, arrangement.counted(total), holds)
    return Finding(
        rule=name,
        outcome="unknown" if holds else "fail",
        message=message,
        subjects=hardest.members,
        evidence=hardest.evidence,
        value=value_of(Interval(left, left, left), f"{arrangement.noun}s"),
    )


def _recovery(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    limit = threshold_of(rule)
    # The best that any region offers is what there is to recover into.
    offered: list[Outcome] = [option.outcome for option in arrangement.options]
    outcome: Outcome = min(offered, key=severity, default="fail")
    best = [option for option in arrangement.options if option.outcome == outcome]
    if best:
        message = wording.recovery(best, outcome)
    else:
        message = recovery.none_found(arrangement.peers, arrangement.day)
    nearest = best[:1]
    value = None
    if nearest and nearest[0].distance_m.high is not None:
        span = nearest[0].distance_m
        value = value_of(span, "km", 1000)
    return Finding(
        rule=name,
        outcome=outcome,
        message=message,
        value=value,
        threshold=limit,
        subjects=tuple(option.target for option in nearest),
        evidence=tuple(piece for option in arrangement.options[:3] for piece in option.evidence),
    )


_JUDGES: dict[str, Callable[[RuleName, Rule, Arrangement], Finding]] = {
    "disclosure": _disclosure,
    "quorum": _quorum,
    **dict.fromkeys(separation.RULES, _spaced),
    "colocation": _colocation,
    "survives": _survives,
    "claims": claims.finding,
    "dr": _recovery,
}
