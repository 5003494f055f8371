"""Claims: what a provider states of its zones, held against what is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.geometry import fibre_m, rtt_ms
from zonerisk.core.kinds import FEEDS
from zonerisk.core.verdict import Finding, Outcome, severity, worst
from zonerisk.judging.arrangement import pairs
from zonerisk.words import findings as wording

if TYPE_CHECKING:
    from zonerisk.core.geometry import Interval
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
    notes = tuple(wording.admitted(claim.text) for claim in said)
    return notes, tuple(piece for claim in said for piece in _cited(arrangement, claim))


def finding(name: RuleName, rule: Rule, arrangement: Arrangement) -> Finding:
    """Judge every measurable statement of the provider; the worst decides."""
    stated = [claim for claim in arrangement.claims if claim.kind not in _TOLD and _meant(arrangement, claim)]
    judged = [_claim(claim, arrangement) for claim in stated]
    if not judged:
        return Finding(
            rule=name,
            outcome="unknown",
            message=wording.nothing_stated(),
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
        message=wording.together(list(told.values())),
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
    stated = claim.value or 0
    if claim.kind == "zone-count":
        enough = arrangement.sold >= stated
        message = wording.zones_stated(claim.text, arrangement.sold, enough)
        return "pass" if enough else "fail", message, ()
    if claim.kind == "building-count":
        return *_buildings(claim, arrangement), ()
    if claim.kind == "dr-distance":
        exists = any(option.distance_m.low >= stated * 1000 for option in arrangement.options)
        return "unknown", wording.recovery_stated(claim.text, exists), ()
    if claim.kind.startswith("separate-"):
        group = arrangement.groups[claim.kind.removeprefix("separate-")]
        outcome = worst([group.outcome((a.id, b.id)) for a, b in pairs(arrangement.domains)] or ["unknown"])
        return outcome, wording.feeds_stated(claim.text, outcome), ()
    return _distance(claim, arrangement)


def _buildings(claim: Claim, arrangement: Arrangement) -> tuple[Outcome, str]:
    """Hold a number of buildings against those known, and those stated to be the most."""
    stated, region = claim.value or 0, arrangement.region
    most = region.buildings if region else None
    known = len({site.id for domain in arrangement.domains for site in domain.sites})
    refuted = most and most.holds(arrangement.day) and most.at_most < stated
    outcome: Outcome = "fail" if refuted else "pass" if known >= stated else "unknown"
    at_most = most.at_most if most and refuted else None
    return outcome, wording.buildings_stated(claim.text, at_most, known, stated)


def _distance(claim: Claim, arrangement: Arrangement) -> tuple[Outcome, str, tuple[str, ...]]:
    stated = (claim.value or 0) * (1 if claim.unit == "ms" else 1000)
    rows: list[tuple[Outcome, Interval, FailureDomain, FailureDomain]] = []
    for a, b in pairs(arrangement.domains):
        straight = arrangement.distance(a, b)
        measured = rtt_ms(fibre_m(straight)) if claim.kind == "rtt-max" else straight
        holds = measured.at_least(stated) if claim.kind == "separation-min" else measured.at_most(stated)
        if holds and (claim.kind == "rtt-max" or not (a.disclosed and b.disclosed)):
            # Light alone allows it, and equipment is not measured; or the disc does, which
            # was drawn around a metro because the sites are not disclosed.
            holds = None
        rows.append(("unknown" if holds is None else "pass" if holds else "fail", straight, a, b))
    if not rows:
        return "unknown", wording.no_pair_stated(claim.text), ()
    outcome: Outcome = worst([row[0] for row in rows])
    sign = 1 if claim.kind == "separation-min" else -1
    alike = [row for row in rows if row[0] == outcome]
    _, straight, a, b = min(alike, key=lambda row: (row[1].best is None, sign * (row[1].best or 0)))
    disclosed = a.disclosed and b.disclosed
    message = wording.distance_stated(
        claim.text, outcome, a.name, b.name, straight, disclosed, len(alike), len(rows)
    )
    return outcome, message, (a.id, b.id)
