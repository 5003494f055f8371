"""Claims: what a provider states, held against what is known there, and how its word held elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from zonerisk.core.geometry import Interval, most_fibre_m
from zonerisk.core.kinds import FEEDS
from zonerisk.core.model import Claim, Rule
from zonerisk.core.verdict import Outcome, Tested, Word, worst
from zonerisk.judging import power, separation
from zonerisk.judging.arrangement import Arrangement, Facts, FailureDomain, arranged, pair_ids
from zonerisk.words import findings as wording

# Statements that cannot be held against a measure: they stand beside the rule they speak of.
UNMEASURED = ("other", *(f"shared-{feed}" for feed in FEEDS))
Judged = tuple[Outcome, Interval, FailureDomain, FailureDomain]
"""What a pair comes to, and how far apart it is."""


def telling(judged: Sequence[Judged], nearest: bool) -> Judged:
    """Return the nearest or the farthest pair, one of known places before the others."""
    sign = 1 if nearest else -1
    return min(judged, key=lambda row: (row[1].best is None, sign * (row[1].best or 0)))


def meant(arrangement: Arrangement) -> list[Claim]:
    """Return the statements that speak of the region."""
    id_, provider = arrangement.id, arrangement.provider
    code = id_.removeprefix(f"{provider.id}-") if provider else id_
    # What is said of zones says nothing of a region that has no second one.
    counts = ("zone-count", "building-count", "dr-distance")
    return [
        claim
        for claim in arrangement.claims
        if code not in claim.exceptions
        if arrangement.sold > 1 or (claim.kind in counts and not claim.zoned)
    ]


def hold(claim: Claim, arrangement: Arrangement) -> tuple[Outcome, str, tuple[str, ...]]:
    """Hold one statement against what is measured: outcome, sentence, subjects."""
    stated, sold, region = claim.value or 0, arrangement.sold, arrangement.region
    outcome: Outcome
    subjects: tuple[str, ...] = ()
    if claim.kind == "zone-count":
        outcome, what = "pass" if sold >= stated else "fail", wording.sold(sold, sold >= stated)
    elif claim.kind == "building-count":
        known = len({site.id for domain in arrangement.domains for site in domain.sites})
        most = region.buildings if region else None
        refuted = most.at_most if most and most.holds(arrangement.day) and most.at_most < stated else None
        outcome = "fail" if refuted is not None else "pass" if known >= stated else "unknown"
        word, lacking = wording.STATED[outcome], stated if outcome == "unknown" else None
        what = wording.buildings_known(word, known, lacking)
        what = wording.buildings_at_most(word, refuted) if outcome == "fail" else what
    elif claim.kind == "dr-distance":
        exists = any(option.distance_m.low >= stated * 1000 for option in arrangement.options)
        outcome, what = "unknown", wording.SUCH_A_REGION if exists else wording.NO_SUCH_REGION
    elif claim.kind.startswith("separate-"):
        groups = arrangement.groups[claim.kind.removeprefix("separate-")]
        outcome = worst([groups.outcome(pair) for pair in pair_ids(arrangement.domains)] or ["unknown"])
        what = wording.STATED[outcome]
    else:
        outcome, what, subjects = _distance(claim, arrangement)
    return outcome, wording.stated(claim.text, what), subjects


def _distance(claim: Claim, arrangement: Arrangement) -> tuple[Outcome, str, tuple[str, ...]]:
    """Judge a distance or round trip that is stated as if a rule asked for it."""
    stated, rows = claim.value or 0.0, list[Judged]()
    rule = Rule.model_construct(threshold=stated, evidence=claim.evidence)
    for straight, a, b in arrangement.measured:
        trip = arrangement.trip(a, b)
        outcome = separation.agreed(separation.ends(claim.kind, rule, straight, trip))
        sure = (a.disclosed and b.disclosed) or claim.kind == "rtt-max"
        if outcome == "pass" and not sure and not (trip and most_fibre_m(trip.ms) <= 1000 * stated):
            # The disc allows it, which was drawn around a metro because the sites are not disclosed.
            outcome = "unknown"
        rows.append((outcome, straight, a, b))
    if not rows:
        return "unknown", wording.NO_PAIR, ()
    outcome = worst([row[0] for row in rows])
    alike = [row for row in rows if row[0] == outcome]
    _, straight, a, b = telling(alike, nearest=claim.kind == "separation-min")
    disclosed, trip = a.disclosed and b.disclosed, arrangement.trip(a, b)
    failing, word = len(alike) if outcome == "fail" else 0, wording.STATED[outcome]
    figures = straight, disclosed, trip and trip.ms, failing, len(rows)
    return outcome, wording.distance_stated(word, a, b, *figures), (a.id, b.id)


@lru_cache(maxsize=128)
def record(
    facts: Facts, provider_id: str, day: str, feeds: bool = False
) -> tuple[tuple[Word, frozenset[str]], ...]:
    """Return how each statement of a provider on distances held, and with ``feeds`` every measurable one.

    Beside each are the regions of which it speaks; those are told where it can be checked.
    """
    # By kind, text, value and unit: regions may share a statement.
    asked: dict[tuple[str, str, float | None, str | None], dict[str, Tested | None]] = defaultdict(dict)
    for key in facts.regions_of(provider_id):
        place, _, _ = arranged(facts, key, day)
        if facts.region(key).status != "open" or not place.domains:
            continue
        if feeds and place.sold > 1:
            assessed = (power.assess(kind, place, facts.supply, power.HOPS) for kind in FEEDS)
            place = replace(place, groups={groups.kind: groups for groups in assessed})
        for claim in meant(place):
            if claim.kind in separation.RULES or (feeds and claim.kind not in (*UNMEASURED, "dr-distance")):
                asked[claim.kind, claim.text, claim.value, claim.unit][key] = _tested(claim, place)
    words = []
    for (kind, text, value, unit), rows in sorted(asked.items(), key=lambda item: str(item[0])):
        tested = tuple(row for row in rows.values() if row)
        word = Word(kind=kind, text=text, value=value, unit=unit, regions=len(rows), tested=tested)
        words.append((word, frozenset(rows)))
    return tuple(words)


def _tested(claim: Claim, place: Arrangement) -> Tested | None:
    """Hold a statement against one region; None where what is known leaves it open."""
    if (
        claim.kind in separation.RULES
        and not place.trips
        and sum(unit.disclosed for unit in place.domains) < 2
    ):
        return None
    outcome, _, subjects = hold(claim, place)
    if outcome == "unknown":
        return None
    pair = [unit for unit in place.domains if unit.id in subjects]
    apart = place.distance(*pair).rounded() if len(pair) == 2 else None
    return Tested(region=place.id, held=outcome == "pass", pair=subjects, distance_m=apart)
