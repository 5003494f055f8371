"""Findings: each rule of a policy applied to what is known of a region."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk import measured
from zonerisk.geometry import Interval
from zonerisk.separation import fibre_m, rtt_ms, say_m
from zonerisk.shared import named
from zonerisk.unit import pairs
from zonerisk.verdict import Finding, Option, Outcome, Threshold, Value, severity, worst

if TYPE_CHECKING:
    from zonerisk.catalog import Scope
    from zonerisk.model import Claim, Evidence
    from zonerisk.policy import Policy, Rule, RuleName
    from zonerisk.shared import Assessment
    from zonerisk.unit import Pair, Unit


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
    units: tuple[Unit, ...]
    noun: str
    distances: Mapping[Pair, Interval]
    assessments: Mapping[str, Assessment]
    options: tuple[Option, ...]

    def counted(self, number: int) -> str:
        """Write a number of units: ``1 zone``, ``3 datacenters``."""
        return f"{number} {self.noun}{'' if number == 1 else 's'}"


def apply(policy: Policy, case: Case) -> tuple[Finding, ...]:
    """Apply every rule of a policy; the worst findings first.

    A region has no backup of its own to judge: that rule speaks only where it is alone.
    """
    rules = {name: rule for name, rule in policy.rules.items() if name != "backup"}
    found = [
        _apply(name, rule, policy, case) for name, rule in (rules or policy.rules).items()
    ]
    return tuple(sorted(found, key=lambda finding: -severity(finding.outcome)))


def _apply(name: RuleName, rule: Rule, policy: Policy, case: Case) -> Finding:
    judge = _JUDGES.get(name, _shared)
    if rule.qualitative or name == "backup":
        judge = measured.finding
    finding = judge(name, rule, case)
    cited = (*finding.evidence, *policy.cite(name))
    outcome = finding.outcome
    if outcome == "fail" and rule.severity == "warn" and rule.fail_beyond_km is None:
        outcome = "warn"
    return finding.model_copy(update={"evidence": tuple(dict.fromkeys(cited)), "outcome": outcome})


def _limit(rule: Rule) -> Threshold:
    assert rule.threshold is not None
    assert rule.unit is not None
    return Threshold.model_construct(value=rule.threshold, unit=rule.unit)


def _value(interval: Interval, unit: str, per: float = 1.0) -> Value:
    low, best, high = (None if end is None else round(end / per, 3) for end in interval)
    return Value.model_construct(low=low, best=best, high=high, unit=unit)


def _disclosure(name: RuleName, rule: Rule, case: Case) -> Finding:
    limit = _limit(rule)
    doubts = {
        unit.id: min((p.uncertainty_m for p in unit.positions), default=None) for unit in case.units
    }
    hidden = [unit for unit in case.units if doubts[unit.id] is None]
    vague = [unit for unit in case.units if (doubts[unit.id] or 0) > limit.value * 1000]
    known = sorted(doubt for doubt in doubts.values() if doubt is not None)
    value = None
    if known and not hidden:
        value = _value(Interval(known[0], None, known[-1]), "km", 1000)
    if hidden:
        said = f"the building of {named(hidden)} is not disclosed"
    elif vague:
        said = f"{named(vague)}: the position is known to {known[-1] / 1000:g} km only"
    else:
        said = f"every {case.noun} is known to {known[-1]:g} m or better" if known else "no site"
    outcome: Outcome = "unknown" if hidden or vague or not known else "pass"
    return Finding.model_construct(
        rule=name,
        outcome=outcome,
        message=said,
        value=value,
        threshold=limit,
        subjects=tuple(unit.id for unit in (hidden or vague)),
    )


def _quorum(name: RuleName, rule: Rule, case: Case) -> Finding:
    limit = _limit(rule)
    enough = case.sold >= limit.value
    zones = f"{case.sold} zone{'' if case.sold == 1 else 's'} as sold"
    said = zones if enough else f"{zones}; a majority needs {limit.value:g}"
    return Finding.model_construct(
        rule=name,
        outcome="pass" if enough else "fail",
        message=said,
        value=_value(Interval(case.sold, case.sold, case.sold), "zones"),
        threshold=limit,
        subjects=(case.scope.region.id,),
    )


Measure = Callable[[Interval], Interval]
Ends = tuple[Outcome, Outcome]
_OPEN: Ends = ("pass", "fail")


def _pairwise(
    name: RuleName,
    rule: Rule,
    case: Case,
    measure: Measure,
    unit: str,
    per: float,
    judge: Callable[[Interval, Interval], Ends],
    said: str,
) -> Finding:
    """Judge every pair at both ends of its interval; the most telling pair speaks.

    The finding is known where it comes out the same at both ends, whichever pair is behind
    it: a pair that may pass or warn changes nothing beside one that surely warns.
    """
    if len(case.units) < 2:
        return _alone(name, case, _limit(rule))
    rows = []
    for a, b in pairs(case.units):
        straight = case.distances[a.id, b.id]
        measured = measure(straight)
        rows.append((judge(measured, straight), straight, measured, a, b))
    outcome = _same((worst([row[0][0] for row in rows]), worst([row[0][1] for row in rows])))
    sign = 1 if name == "separation-min" else -1
    alike = [row for row in rows if _same(row[0]) == outcome]
    _, straight, measured, a, b = min(
        alike or rows, key=lambda row: (row[1].best is None, sign * (row[1].best or 0))
    )
    count = len(alike)
    tail = f" ({count} of {len(rows)} pairs)" if outcome != "pass" else f" ({len(rows)} pairs)"
    if measured.high is None:
        message = f"{a.name} to {b.name}: no distance, their places are not disclosed{tail}"
    else:
        how = f" {said}" if said else ""
        shown = (
            f"{measured.high:.2f} ms at most"
            if unit == "ms" and measured.best is None
            else f"{measured.low:.2f} to {measured.high:.2f} ms"
            if unit == "ms"
            else say_m(measured)
        )
        message = f"{a.name} to {b.name}: {shown}{how}{tail}"
    return Finding.model_construct(
        rule=name,
        outcome=outcome,
        message=message,
        subjects=(a.id, b.id),
        value=_value(measured, unit, per),
        threshold=_limit(rule),
    )


def _alone(name: str, case: Case, threshold: Threshold | None = None) -> Finding:
    only = case.counted(len(case.units))
    return Finding.model_construct(
        rule=name,
        outcome="fail",
        threshold=threshold,
        message=f"{only}: there is no second one that could be spared",
        subjects=(case.scope.region.id,),
    )


def _same(ends: Ends) -> Outcome:
    """Give an interval an outcome only where both its ends have the same."""
    return ends[0] if ends[0] == ends[1] else "unknown"


def _separation(name: RuleName, rule: Rule, case: Case) -> Finding:
    limit = (rule.threshold or 0) * 1000
    fibre = rule.measure == "fibre"

    def at(measured: float | None, straight: float | None) -> Outcome:
        if name == "separation-min":
            return "pass" if measured is not None and measured >= limit else "fail"
        if measured is not None and measured <= limit:
            return "pass"
        beyond = rule.fail_beyond_km
        if beyond is not None and straight is not None and straight <= beyond * 1000:
            return "warn"
        return "fail"

    def judge(measured: Interval, straight: Interval) -> Ends:
        if measured.high is None:
            return _OPEN
        return at(measured.low, straight.low), at(measured.high, straight.high)

    return _pairwise(
        name,
        rule,
        case,
        fibre_m if fibre else lambda straight: straight,
        "km",
        1000,
        judge,
        "of fibre" if fibre else "",
    )


def _round_trip(name: RuleName, rule: Rule, case: Case) -> Finding:
    def judge(measured: Interval, straight: Interval) -> Ends:
        # Light alone bounds a round trip from below: equipment adds to it, so only a
        # measurement could pass.
        kept = measured.at_most(rule.threshold or 0)
        return ("fail", "fail") if kept is False else _OPEN

    return _pairwise(
        name,
        rule,
        case,
        lambda straight: rtt_ms(fibre_m(straight)),
        "ms",
        1,
        judge,
        "of round trip by light alone",
    )


def _colocation(name: RuleName, rule: Rule, case: Case) -> Finding:
    return _judge_kinds(
        name, case, [case.assessments["building"], case.assessments["campus"]], _limit(rule)
    )


def _shared(name: RuleName, rule: Rule, case: Case) -> Finding:
    threshold = _limit(rule) if rule.threshold is not None else None
    return _judge_kinds(name, case, [case.assessments[name]], threshold)


def _judge_kinds(
    name: str, case: Case, assessed: Sequence[Assessment], threshold: Threshold | None
) -> Finding:
    notes = [note for each in assessed for note in each.notes]
    if len(case.units) < 2:
        alone = _alone(name, case, threshold)
        cited = tuple(piece for each in assessed for piece in each.evidence)
        message = "; ".join((alone.message, *notes))
        return alone.model_copy(update={"message": message, "evidence": cited})
    listed = [(a.id, b.id) for a, b in pairs(case.units)]
    outcome = worst([each.outcome(pair) for each in assessed for pair in listed])
    risks = [found for each in assessed for found in each.risks]
    telling = sorted(risks, key=lambda found: (-severity(found.outcome), -len(found.members)))
    if outcome in ("fail", "warn"):
        said = "; ".join(found.message for found in telling[:3])
        more = len(telling) - 3
        said += f" (and {more} more shared risk{'' if more == 1 else 's'})" if more > 0 else ""
        subjects = telling[0].members
    elif outcome == "unknown":
        said = next(
            each.reason
            for each in assessed
            if any(each.outcome(pair) == "unknown" for pair in listed)
        )
        if telling:
            said = f"{telling[0].message}; of the other pairs: {said}"
        subjects = telling[0].members if telling else ()
    else:
        said = f"no two {case.noun}s share one"
        subjects = ()
    message = "; ".join((said, *notes))
    cited = tuple(piece for found in telling[:3] for piece in found.evidence)
    cited += tuple(piece for each in assessed for piece in each.evidence)
    return Finding.model_construct(
        rule=name,
        outcome=outcome,
        message=message,
        subjects=subjects,
        threshold=threshold,
        evidence=cited,
    )


def _survives(name: RuleName, rule: Rule, case: Case) -> Finding:
    total = len(case.units)
    if total < 2:
        return _alone(name, case)
    risks = [
        found
        for each in case.assessments.values()
        for found in each.risks
        if found.grade in ("A", "B")
    ]
    if not risks:
        open_ = sorted(
            {
                kind
                for kind, each in case.assessments.items()
                if any(each.outcome((a.id, b.id)) == "unknown" for a, b in pairs(case.units))
            }
        )
        if open_:
            return Finding.model_construct(
                rule=name,
                outcome="unknown",
                message="no shared risk of grade A or B is on record, but not known: "
                + ", ".join(open_),
            )
        return Finding.model_construct(
            rule=name, outcome="pass", message="no shared risk of grade A or B"
        )
    hardest = max(risks, key=lambda found: len(found.members))
    left = total - len(hardest.members)
    holds = left * 2 > total
    message = (
        f"{hardest.message}: with it {left} of {case.counted(total)} "
        f"{'is' if left == 1 else 'are'} left, {'still' if holds else 'not'} a majority"
    )
    return Finding.model_construct(
        rule=name,
        outcome="unknown" if holds else "fail",
        message=message,
        subjects=hardest.members,
        evidence=hardest.evidence,
        value=_value(Interval(left, left, left), f"{case.noun}s"),
    )


def _claims(name: RuleName, rule: Rule, case: Case) -> Finding:
    # What is said of zones says nothing of a region that has no second one.
    apart = ("zone-count", "dr-distance")
    stated = [
        claim
        for claim in (*case.scope.region.claims, *case.scope.provider.claims)
        if claim.holds(case.as_of)
        and claim.kind != "other"
        and (case.sold > 1 or claim.kind in apart)
    ]
    judged = [_claim(claim, case) for claim in stated]
    if not judged:
        return Finding.model_construct(
            rule=name,
            outcome="unknown",
            message="the provider states nothing on record that could be measured here",
        )
    outcome = worst([each for each, _, _ in judged])
    told = [message for each, message, _ in sorted(judged, key=lambda row: -severity(row[0]))]
    cited = tuple(piece for claim in stated for piece in _cited(case, claim))
    subjects = next(pair for each, _, pair in judged if each == outcome)
    return Finding.model_construct(
        rule=name, outcome=outcome, message="; ".join(told), subjects=subjects, evidence=cited
    )


def _cited(case: Case, claim: Claim) -> tuple[Evidence, ...]:
    return case.scope.region.cite(claim.evidence)


def _claim(claim: Claim, case: Case) -> tuple[Outcome, str, tuple[str, ...]]:
    """Hold one statement against what is measured: outcome, sentence, subjects."""
    told = f'"{claim.text.rstrip(".")}"'
    wanted = claim.value or 0
    if claim.kind == "zone-count":
        ok = case.sold >= wanted
        return (
            "pass" if ok else "fail",
            f"{told}: {case.sold} {'as stated' if ok else 'as sold'}",
            (),
        )
    if claim.kind == "dr-distance":
        outcomes = [option.distance_m for option in case.options]
        far = any((span.low or 0) >= wanted * 1000 for span in outcomes)
        return (
            "pass" if far else "unknown",
            f"{told}: {'such a region exists' if far else 'no region surely so far'}",
            (),
        )
    if claim.kind in ("separate-power", "separate-network"):
        each = case.assessments[claim.kind.removeprefix("separate-")]
        outcome = worst([each.outcome((a.id, b.id)) for a, b in pairs(case.units)] or ["unknown"])
        verb = {"fail": "refuted", "warn": "in doubt", "pass": "confirmed"}.get(
            outcome, "not shown either way"
        )
        return outcome, f"{told}: {verb}", ()
    return _measured_claim(claim, case, told)


def _measured_claim(claim: Claim, case: Case, told: str) -> tuple[Outcome, str, tuple[str, ...]]:
    wanted = (claim.value or 0) * (1 if claim.unit == "ms" else 1000)
    rows: list[tuple[Outcome, Interval, Unit, Unit]] = []
    for a, b in pairs(case.units):
        straight = case.distances[a.id, b.id]
        measured = rtt_ms(fibre_m(straight)) if claim.kind == "rtt-max" else straight
        kept = (
            measured.at_least(wanted)
            if claim.kind == "separation-min"
            else measured.at_most(wanted)
        )
        if claim.kind == "rtt-max" and kept:
            kept = None  # Light alone allows it; equipment is not measured.
        rows.append(("unknown" if kept is None else "pass" if kept else "fail", straight, a, b))
    if not rows:
        return "unknown", f"{told}: there is no pair to measure", ()
    outcome: Outcome = worst([row[0] for row in rows])
    sign = 1 if claim.kind == "separation-min" else -1
    _, straight, a, b = min(
        (row for row in rows if row[0] == outcome),
        key=lambda row: (row[1].best is None, sign * (row[1].best or 0)),
    )
    verb = {"fail": "refuted", "pass": "confirmed"}.get(outcome, "not shown either way")
    failing = sum(row[0] == outcome for row in rows)
    extent = f", {failing} of {len(rows)} pairs" if outcome == "fail" else ""
    return outcome, f"{told}: {verb}, {a.name} to {b.name} {say_m(straight)}{extent}", (a.id, b.id)


def _recovery(name: RuleName, rule: Rule, case: Case) -> Finding:
    limit = _limit(rule)
    fit = [option for option in case.options if option.outcome == "pass"]
    doubtful = [option for option in case.options if option.outcome == "unknown"]
    near = [option for option in case.options if option.outcome == "fail"]
    if fit:
        said = "; ".join(option.message for option in fit[:3])
    elif doubtful:
        said = doubtful[0].message
    elif near:
        said = "no other region is far enough: " + "; ".join(option.message for option in near[:3])
    else:
        said = "no other region of the provider is on record"
    nearest = (fit or doubtful or near)[:1]
    value = None
    if nearest and nearest[0].distance_m.high is not None:
        span = nearest[0].distance_m
        value = _value(Interval(span.low or 0, span.best, span.high), "km", 1000)
    outcome: Outcome = "pass" if fit else "unknown" if doubtful else "fail"
    return Finding.model_construct(
        rule=name,
        outcome=outcome,
        message=said,
        value=value,
        threshold=limit,
        subjects=tuple(option.target for option in nearest),
    )


_JUDGES: dict[str, Callable[[RuleName, Rule, Case], Finding]] = {
    "disclosure": _disclosure,
    "quorum": _quorum,
    "separation-min": _separation,
    "separation-max": _separation,
    "rtt-max": _round_trip,
    "colocation": _colocation,
    "survives": _survives,
    "claims": _claims,
    "dr": _recovery,
}
