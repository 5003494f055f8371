"""Rules: each rule of a policy, and each statement of a provider, held against what is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from zonerisk.core.geometry import Interval, least_rtt_ms
from zonerisk.core.kinds import FEEDS, HAZARDS, KINDS, asked_by
from zonerisk.core.model import Claim, Evidence, Policy, Rule, RuleName
from zonerisk.core.verdict import Applied, Finding, Outcome, Threshold, Value, severity, worst
from zonerisk.judging import claims, recovery, separation
from zonerisk.judging.arrangement import CAMPUS_MOST_M, Arrangement, RiskGroups, pair_ids
from zonerisk.words import findings as wording
from zonerisk.words import phrases

NEAREST = 3


def apply(policy: Policy, arrangement: Arrangement) -> tuple[Finding, ...]:
    """Apply every rule of a policy; the worst findings first.

    A region has no backup of its own to judge: that rule speaks only where it is alone. So
    does the rule on incidents where none is on record, which proves nothing. An operator, whose
    buildings others rent, sells no zones and no recovery.
    """
    # Events on record, and hazards on record that no rule of the policy asks for.
    recorded = [
        groups
        for kind, groups in arrangement.groups.items()
        if KINDS[kind].family == "event" or (KINDS[kind].family == "hazard" and kind not in policy.rules)
        if groups.all_risks or groups.notes
    ]
    silent = ["backup"] if recorded else ["backup", "incidents"]
    if arrangement.provider and arrangement.provider.role == "operator":
        silent += ["quorum", "dr"]
    rules = {name: rule for name, rule in policy.rules.items() if name not in silent}
    findings = []
    for name, rule in (rules or policy.rules).items():
        if rule.qualitative or name == "backup":
            finding = _qualitative(name, rule, arrangement)
        elif name == "incidents":
            finding = _judge_kinds(name, rule, arrangement, recorded)
            if finding.outcome == "pass":
                # What was not hit together, or is the whole country's, proves neither way.
                notes = [note for groups in recorded for note in groups.notes] or [wording.NO_EVENT]
                finding = replace(finding, outcome="unknown", message=wording.together(notes))
        else:
            finding = _JUDGES.get(name, _shared)(name, rule, arrangement)
        evidence = tuple(dict.fromkeys((*finding.evidence, *policy.cite(name))))
        outcome, limit = separation.softened(finding.outcome, rule), _threshold(name, rule)
        findings.append(replace(finding, rule=name, outcome=outcome, threshold=limit, evidence=evidence))
    return tuple(sorted(findings, key=lambda finding: -severity(finding.outcome)))


def _threshold(name: RuleName, rule: Rule) -> Threshold | None:
    if rule.threshold is None or rule.unit is None:
        return None
    measure = rule.measure if name in ("separation-min", "separation-max") else None
    return Threshold(value=rule.threshold, unit=rule.unit, measure=measure)


def _value(interval: Interval, unit: str) -> Value:
    """Round metres (for ``km``), milliseconds or a count to a finding's value."""
    per = 1000 if unit == "km" else 1.0
    best, high = (None if end is None else round(end / per, 3) for end in (interval.best, interval.high))
    return Value(round(interval.low / per, 3), best, high, unit)


def _found(
    outcome: Applied,
    message: str,
    subjects: tuple[str, ...] = (),
    value: Value | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    """Return what a rule comes to; :func:`apply` adds which it is."""
    return Finding(
        rule="", outcome=outcome, message=message, subjects=subjects, value=value, evidence=evidence
    )


def _counted(arrangement: Arrangement) -> str:
    return phrases.count(len(arrangement.domains), arrangement.noun)


def _qualitative(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Answer a rule whose text names no figure with what is measured; what it is worth is left to judge."""
    if name == "backup":
        message = wording.NO_BACKUP
    elif name == "dr":
        nearest = sorted(arrangement.options, key=lambda option: option.distance_m.rank)
        message = wording.left(wording.options(", ".join(map(wording.option, nearest[:NEAREST]))))
    elif rows := arrangement.measured:
        distance, a, b = min(rows, key=lambda row: row[0].rank)
        trip = arrangement.trip(a, b)
        times = ("", trip.ms) if trip else (phrases.round_trip(least_rtt_ms(distance)), None)
        message = wording.left(wording.nearest_pair(a.name, b.name, distance, *times))
    else:
        message = wording.left(wording.nothing_to_measure(_counted(arrangement)))
    return _found("unknown", message, (arrangement.id,))


def _disclosure(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    limit_m, units = 1000 * (rule.threshold or 0), arrangement.domains
    doubts_m = {unit.id: min((at.uncertainty_m for at in unit.positions), default=None) for unit in units}
    hidden = [unit for unit in units if doubts_m[unit.id] is None]
    vague = [unit for unit in units if (doubts_m[unit.id] or 0) > limit_m]
    known = sorted(doubt for doubt in doubts_m.values() if doubt is not None)
    subjects = tuple(unit.id for unit in hidden or vague)
    if hidden or not known:
        return _found("unknown", wording.hidden(hidden) if hidden else wording.NO_SITE, subjects)
    value = _value(Interval(known[0], None, known[-1]), "km")
    if vague:
        return _found("unknown", wording.vague(vague, known[-1] / 1000), subjects, value)
    return _found("pass", wording.known_to(arrangement.noun, known[-1]), subjects, value)


def _quorum(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    least, sold = rule.threshold or 0, arrangement.sold
    value, enough = _value(Interval(sold, sold, sold), "zones"), sold >= least
    message = wording.sold_zones(sold, None if enough else least)
    return _found("pass" if enough else "fail", message, (arrangement.id,), value)


def _spaced(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge every pair at both ends of its interval, and tell what both come to; the most telling speaks."""
    if len(arrangement.domains) < 2:
        # Its worth ``quorum`` and ``survives`` tell.
        return _found("not-applicable", wording.no_pair(_counted(arrangement)), (arrangement.id,))
    beside = separation.measured(name, rule, Interval(0.0, None, CAMPUS_MOST_M), None)
    places = [groups for kind, groups in arrangement.groups.items() if KINDS[kind].family == "place"]
    counted = [risk for groups in places for risk in groups.counted_groups]
    crowd = next((risk for risk in counted if risk.outcome == "fail"), None)
    if name == "separation-min" and crowd and beside.at_least((rule.threshold or 0) * 1000) is False:
        # Whichever of them share a building, those two do not stand apart.
        return _found("fail", crowd.message, crowd.members, _value(beside, "km"), crowd.evidence)
    listed = arrangement.measured
    ends = [separation.ends(name, rule, row[0], arrangement.trip(*row[1:])) for row in listed]
    outcome = separation.agreed((worst({low for low, _ in ends}), worst({high for _, high in ends})))
    rows = [(separation.agreed(both), *row) for both, row in zip(ends, listed, strict=True)]
    alike = [row for row in rows if row[0] == outcome]
    _, straight, a, b = claims.telling(alike or rows, nearest=name == "separation-min")
    trip = arrangement.trip(a, b)
    measured = separation.measured(name, rule, straight, trip)
    if measured.high is None:
        held = ""
    elif name == "rtt-max" and trip:
        held = wording.measured_trip(trip.ms, trip.day)
    elif name == "rtt-max":
        held = wording.light(measured)
    else:
        held = phrases.interval(measured) + wording.OF_FIBRE * (rule.measure == "fibre")
    hidden = measured.high is not None and not (a.disclosed and b.disclosed)
    some = "" if outcome == "pass" else f"{len(alike)}"
    message = wording.apart(a.name, b.name, held, hidden, some, len(rows))
    return _found(outcome, message, (a.id, b.id), _value(measured, "ms" if name == "rtt-max" else "km"))


def _shared(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge the kinds that a rule asks of, one beside what the provider itself says its zones may share."""
    assessed = [arrangement.groups[kind] for kind in asked_by(name)]
    stated = claims.meant(arrangement) if name in FEEDS else ()
    if admitted := [claim for claim in stated if claim.kind == f"shared-{name}"]:
        notes = (*(wording.admitted(claim.text) for claim in admitted), *assessed[0].notes)
        evidence = (*_cited(arrangement, admitted), *assessed[0].evidence)
        assessed = [replace(assessed[0], notes=notes, evidence=evidence)]
    return _judge_kinds(name, rule, arrangement, assessed)


def _judge_kinds(
    name: RuleName, rule: Rule, arrangement: Arrangement, assessed: Sequence[RiskGroups]
) -> Finding:
    notes = [note for groups in assessed for note in groups.notes]
    noted = tuple(piece for groups in assessed for piece in groups.evidence)
    if len(arrangement.domains) < 2:
        message = wording.together((wording.no_pair(_counted(arrangement)), *notes))
        return _found("not-applicable", message, (arrangement.id,), evidence=noted)
    listed = pair_ids(arrangement.domains)
    outcome: Applied = worst(
        {groups.outcome(pair) for groups in assessed for pair in listed}
        | {group.outcome for groups in assessed for group in groups.counted_groups}
    )
    risks = [risk for groups in assessed for risk in groups.all_risks]
    risks.sort(key=lambda risk: (-severity(risk.outcome), -len(risk.members)))
    if name in HAZARDS and not risks and not any(groups.assessed for groups in assessed):
        # Where no layer of ours reaches the town, and no record speaks of any site, that says nothing of
        # the provider.
        stated = (hazard for owner in arrangement.owners for hazard in owner.hazards.values())
        if not any(hazard.kind == name and hazard.holds(arrangement.day) for hazard in stated):
            outcome = "not-assessed"
    if outcome in ("fail", "warn"):
        first = wording.together([risk.message for risk in risks[: wording.MOST_RISKS]])
        message = wording.shared(first, len(risks[wording.MOST_RISKS :]))
    elif outcome in ("unknown", "not-assessed"):
        open_ = [groups.reason for groups in assessed if groups.leaves_open(listed)]
        message = open_[0] if open_ else assessed[0].reason
        message = wording.of_the_others(risks[0].message, message) if risks else message
    else:
        message = wording.none_shared(name, arrangement.noun, _threshold(name, rule))
    subjects = risks[0].members if risks and outcome != "pass" else ()
    cited = (piece for risk in risks[: wording.MOST_RISKS] for piece in risk.evidence)
    answer = _found(outcome, wording.together((message, *notes)), subjects, evidence=(*cited, *noted))
    return replace(answer, grade=min((risk.grade for risk in risks if risk.outcome == outcome), default=None))


def _survives(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    total, count = len(arrangement.domains), _counted(arrangement)
    if total < 2:
        return _found("fail", wording.no_second(count), (arrangement.id,))
    risks = [risk for groups in arrangement.groups.values() for risk in groups.all_risks if risk.grade != "C"]
    if not risks:
        listed = pair_ids(arrangement.domains)
        open_ = (kind for kind, groups in arrangement.groups.items() if groups.leaves_open(listed))
        unknown = sorted(kind for kind in open_ if not KINDS[kind].exposure)
        return _found("unknown" if unknown else "pass", wording.none_known(", ".join(unknown)))
    hardest = max(risks, key=lambda risk: risk.least)
    left = total - hardest.least
    holds, value = left * 2 > total, _value(Interval(left, left, left), f"{arrangement.noun}s")
    message = wording.survivors(hardest, left, count, holds)
    return _found("unknown" if holds else "fail", message, hardest.members, value, hardest.evidence)


def _recovery(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    options = arrangement.options
    # The best that any region offers is what there is to recover into.
    outcome: Outcome = min((option.outcome for option in options), key=severity, default="fail")
    best = [option for option in options if option.outcome == outcome]
    if not best:
        return _found(outcome, recovery.none_found(arrangement.peers, arrangement.day))
    message = wording.together([option.message for option in best[: wording.MOST_RISKS]])
    message = wording.none_will_do(message) if outcome == "fail" else message
    first, known = best[0], best[0].distance_m.high is not None
    evidence = tuple(piece for option in options[:NEAREST] for piece in option.evidence)
    value = _value(first.distance_m, "km") if known else None
    return _found(outcome, message, (first.target,), value, evidence)


def _claims(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge every measurable statement of the provider; the worst decides."""
    stated = [claim for claim in claims.meant(arrangement) if claim.kind not in claims.UNMEASURED]
    if not stated:
        return _found("unknown", wording.NOTHING_STATED)
    judged = [(claim, *claims.hold(claim, arrangement)) for claim in stated]
    judged.sort(key=lambda row: -severity(row[1]))
    # One statement may be held against several measures ("10 to 15 km apart"): the worst is told.
    messages: dict[str, str] = {}
    for claim, _, message, _ in judged:
        messages.setdefault(claim.text, message)
    _, outcome, _, subjects = judged[0]
    text = wording.together(list(messages.values()))
    return _found(outcome, text, subjects, evidence=_cited(arrangement, stated))


def _cited(arrangement: Arrangement, claims: Sequence[Claim]) -> tuple[Evidence, ...]:
    region = arrangement.region
    return tuple(piece for claim in claims for piece in region.cite(claim.evidence)) if region else ()


_JUDGES: dict[str, Callable[[RuleName, Rule, Arrangement], Finding]] = {
    "disclosure": _disclosure,
    "quorum": _quorum,
    **dict.fromkeys(separation.RULES, _spaced),
    "survives": _survives,
    "claims": _claims,
    "dr": _recovery,
}
