"""Spacing: the findings on how far apart every pair of units is, in fibre and in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zonerisk.case import no_pair, threshold_of, value_of
from zonerisk.geometry import Interval
from zonerisk.separation import CAMPUS_MOST_M, fibre_m, rtt_ms, say_m
from zonerisk.unit import pairs
from zonerisk.verdict import Finding, Outcome, worst

if TYPE_CHECKING:
    from zonerisk.case import Case
    from zonerisk.policy import Rule, RuleName

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
        return no_pair(name, case, threshold_of(rule))
    rows = []
    for a, b in pairs(case.units):
        straight = case.distances[a.id, b.id]
        measured = measure(straight)
        rows.append((judge(measured, straight), straight, measured, a, b))
    outcome = same((worst([row[0][0] for row in rows]), worst([row[0][1] for row in rows])))
    sign = 1 if name == "separation-min" else -1
    alike = [row for row in rows if same(row[0]) == outcome]
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
        # The law holds for any honest disc, but nobody should take it for a known place.
        hidden = "" if a.disclosed and b.disclosed else ", sites not disclosed"
        message = f"{a.name} to {b.name}: {shown}{how}{hidden}{tail}"
    return Finding.model_construct(
        rule=name,
        outcome=outcome,
        message=message,
        subjects=(a.id, b.id),
        value=value_of(measured, unit, per),
        threshold=threshold_of(rule),
    )


def same(ends: Ends) -> Outcome:
    """Give an interval an outcome only where both its ends have the same."""
    return ends[0] if ends[0] == ends[1] else "unknown"


def distance(name: RuleName, rule: Rule, case: Case) -> Finding:
    """Judge how far apart the units are, by the policy's measure."""
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

    def measure(straight: Interval) -> Interval:
        return fibre_m(straight) if fibre else straight

    beside = measure(Interval(0.0, None, CAMPUS_MOST_M))
    crowds = [each for each in case.assessments["building"].crowds if each.outcome == "fail"]
    if name == "separation-min" and crowds and beside.at_least(limit) is False:
        # Whichever of them share a building, those two do not stand apart.
        return Finding.model_construct(
            rule=name,
            outcome="fail",
            message=crowds[0].message,
            subjects=crowds[0].members,
            value=value_of(beside, "km", 1000),
            threshold=threshold_of(rule),
            evidence=crowds[0].evidence,
        )
    return _pairwise(name, rule, case, measure, "km", 1000, judge, "of fibre" if fibre else "")


def round_trip(name: RuleName, rule: Rule, case: Case) -> Finding:
    """Judge the round trips that light alone needs between the units."""

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
