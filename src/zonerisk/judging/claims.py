"""Claims: what a provider states of its zones, held against what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.kinds import FEEDS
from zonerisk.core.verdict import Finding, Outcome, severity, worst
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.separation import fibre_m, rtt_ms
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.interval import Interval
    from zonerisk.core.model import Claim, Evidence
    from zonerisk.core.policy import Rule, RuleName
    from zonerisk.judging.arrangement import Arrangement, FailureDomain


# Statements that cannot be held against a measure: told where they belong.
_TOLD = ("other", *(f"shared-{feed}" for feed in FEEDS))


def admitted(kind: str, arrangement: Arrangement) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Repeat what the provider itself says its zones may share, and where it says so."""
    said = [
        claim for claim in arrangement.claims if claim.kind == f"shared-{kind}" and _meant(arrangement, claim)
    ]
    notes = tuple(f'the provider states: "{claim.text.rstrip(".")}"' for claim in said)
    return notes, tuple(piece for claim in said for piece in _cited(arrangement, claim))


def finding(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge every measurable statement of the provider; the worst decides."""
    stated = [claim for claim in arrangement.claims if claim.kind not in _TOLD and _meant(arrangement, claim)]
    judged = [_claim(claim, arrangement) for claim in stated]
    if not judged:
        return Finding(
            rule=name,
            outcome="unknown",
            message="the provider states nothing on record that could be measured here",
        )
    outcome = worst([each for each, _, _ in judged])
    # One statement may be held against several measures ("10 to 15 km apart"): the worst is told.
    told: dict[str, str] = {}
    for claim, (_, message, _) in sorted(
        zip(stated, judged, strict=True), key=lambda row: -severity(row[1][0])
    ):
        told.setdefault(claim.text, message)
    cited = tuple(piece for claim in stated for piece in _cited(arrangement, claim))
    subjects = next(pair for each, _, pair in judged if each == outcome)
    return Finding(
        rule=name,
        outcome=outcome,
        message="; ".join(told.values()),
        subjects=subjects,
        evidence=cited,
    )


def _meant(arrangement: Arrangement, claim: Claim) -> bool:
    """Tell whether a statement speaks of the region at all."""
    code = (
        arrangement.id.removeprefix(f"{arrangement.provider.id}-") if arrangement.provider else arrangement.id
    )
    if code in claim.exceptions:
        return False
    # What is said of zones says nothing of a region that has no second one.
    counts = claim.kind in ("zone-count", "building-count", "dr-distance")
    return arrangement.sold > 1 or (counts and not claim.zoned)


def _cited(arrangement: Arrangement, claim: Claim) -> tuple[Evidence, ...]:
    return arrangement.region.cite(claim.evidence) if arrangement.region else ()


def _claim(claim: Claim, arrangement: Arrangement) -> tuple[Outcome, str, tuple[str, ...]]:
    """Hold one statement against what is measured: outcome, sentence, subjects."""
    told = f'"{claim.text.rstrip(".")}"'
    wanted = claim.value or 0
    if claim.kind == "zone-count":
        ok = arrangement.sold >= wanted
        return (
            "pass" if ok else "fail",
            f"{told}: {arrangement.sold} {'as stated' if ok else 'as sold'}",
            (),
        )
    if claim.kind == "building-count":
        stated = arrangement.region and arrangement.region.buildings
        if stated and stated.holds(arrangement.day) and stated.at_most < wanted:
            return "fail", f"{told}: refuted, at most {stated.at_most} by statement", ()
        known = len({site.id for unit in arrangement.domains for site in unit.sites})
        if known >= wanted:
            return "pass", f"{told}: confirmed, {known} are known", ()
        return "unknown", f"{told}: not shown either way, {known} of {wanted:g} are known", ()
    if claim.kind == "dr-distance":
        far = any((option.distance_m.low or 0) >= wanted * 1000 for option in arrangement.options)
        # Which region the provider means is not on record, so none can confirm it.
        said = "such a region exists, which one is meant is not on record"
        return "unknown", f"{told}: {said if far else 'no region surely so far'}", ()
    if claim.kind.startswith("separate-"):
        each = arrangement.groups[claim.kind.removeprefix("separate-")]
        outcome = worst([each.outcome((a.id, b.id)) for a, b in pairs(arrangement.domains)] or ["unknown"])
        verb = {"fail": "refuted", "warn": "in doubt", "pass": "confirmed"}.get(
            outcome, "not shown either way"
        )
        return outcome, f"{told}: {verb}", ()
    return _measured_claim(claim, arrangement, told)


def _measured_claim(
    claim: Claim, arrangement: Arrangement, told: str
) -> tuple[Outcome, str, tuple[str, ...]]:
    wanted = (claim.value or 0) * (1 if claim.unit == "ms" else 1000)
    rows: list[tuple[Outcome, Interval, FailureDomain, FailureDomain]] = []
    for a, b in pairs(arrangement.domains):
        straight = arrangement.distance(a, b)
        measured = rtt_ms(fibre_m(straight)) if claim.kind == "rtt-max" else straight
        kept = measured.at_least(wanted) if claim.kind == "separation-min" else measured.at_most(wanted)
        if kept and (claim.kind == "rtt-max" or not (a.disclosed and b.disclosed)):
            # Light alone allows it, and equipment is not measured; or the disc does, which
            # was drawn around a metro because the sites are not disclosed.
            kept = None
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
    hidden = "" if a.disclosed and b.disclosed else ", sites not disclosed"
    message = f"{told}: {verb}, {a.name} to {b.name} {phrases.interval(straight)}{hidden}{extent}"
    return outcome, message, (a.id, b.id)
