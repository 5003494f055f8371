"""Separations: how far apart two domains are, in one building or over the ground, in fibre and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.geometry import fibre_m, rtt_ms, within
from zonerisk.core.kinds import KINDS
from zonerisk.core.verdict import Outcome, Separation, severity, worst
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.cause import RiskGroups, risk, strongest, together
from zonerisk.words import findings as wording
from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zonerisk.core.geometry import Interval
    from zonerisk.core.model import Evidence, Region
    from zonerisk.core.policy import Policy, Rule, RuleName
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import Arrangement, FailureDomain

# Where a policy asks nothing of campuses, the class of local threats still ends at 1 km.
CAMPUS_RADIUS_KM = 1.0
# Rules of a policy on distances.
RULES: tuple[RuleName, ...] = ("separation-min", "separation-max", "rtt-max")
Ends = tuple[Outcome, Outcome]
_OPEN: Ends = ("pass", "fail")


def assess_buildings(arrangement: Arrangement) -> RiskGroups:
    """Find domains that stand in the same building, by their site records or by number."""
    units, evidence = arrangement.domains, arrangement.evidence
    stated = _crowded(units, arrangement.owners, arrangement.day)
    risks = [found for found in stated if found.groups == 1]
    counted_groups = tuple(found for found in stated if found.groups > 1)
    buildings = {unit.id: {site.id for site in unit.sites if site.kind == "building"} for unit in units}
    apart = frozenset(
        (a.id, b.id)
        for a, b in pairs(units)
        if a.sites and b.sites and buildings[a.id].isdisjoint(buildings[b.id])
    )
    return RiskGroups(
        "building",
        (*_same_site(units, evidence, "building"), *risks),
        apart,
        wording.BUILDINGS_OPEN,
        counted_groups=counted_groups,
    )


def assess_campuses(arrangement: Arrangement, radius_m: float) -> RiskGroups:
    """Find domains on the same campus: declared, or wholly within the policy's radius, metres."""
    units, evidence = arrangement.domains, arrangement.evidence
    risks = [*_declared(units, arrangement.owners), *_same_site(units, evidence, "campus")]
    shared = together(risks)
    apart = set()
    for a, b in pairs(units):
        pair = (a.id, b.id)
        if pair in shared or not (a.disclosed and b.disclosed):
            continue
        if not any(within(p, q, radius_m) for p in a.positions for q in b.positions):
            apart.add(pair)
            continue
        distance = arrangement.distance(a, b)
        near = distance.at_most(radius_m)
        if near:
            risks.append(_near(a, b, distance, radius_m, evidence))
        elif near is False:
            apart.add(pair)
    return RiskGroups(
        "campus",
        tuple(risks),
        frozenset(apart),
        wording.CAMPUSES_OPEN,
    )


def _same_site(
    units: Sequence[FailureDomain], evidence: Mapping[str, tuple[Evidence, ...]], kind: str
) -> tuple[SharedRisk, ...]:
    holders: dict[str, list[FailureDomain]] = {}
    for unit in units:
        for site in unit.sites:
            if site.kind == kind:
                holders.setdefault(site.id, []).append(unit)
    names = {site.id: site.name for unit in units for site in unit.sites}
    return tuple(
        risk(
            kind,
            key,
            min(strongest(evidence[key]), "B"),
            hit,
            wording.same_site(phrases.named(hit), kind, names[key]),
            evidence[key],
        )
        for key, hit in holders.items()
        if len(hit) > 1
    )


def _crowded(units: Sequence[FailureDomain], owners: Sequence[Region], as_of: str) -> list[SharedRisk]:
    """Find zones that are more than the buildings they are stated to stand in."""
    found = []
    for region in owners:
        stated, sold = region.buildings, {zone.id for zone in region.zones.values()}
        zones = [unit for unit in units if unit.id in sold]
        if stated and stated.holds(as_of) and len(zones) > stated.at_most:
            evidence = region.cite(stated.evidence)
            found.append(
                risk(
                    "building",
                    f"{region.id}/buildings",
                    strongest(evidence),
                    zones,
                    wording.few_buildings(phrases.named(zones), len(zones), stated.at_most),
                    evidence,
                    stated.at_most,
                )
            )
    return found


def _declared(units: Sequence[FailureDomain], owners: Sequence[Region]) -> list[SharedRisk]:
    campuses = {campus.id: (campus, region) for region in owners for campus in region.campuses.values()}
    found = []
    for key, (campus, region) in campuses.items():
        hit = [unit for unit in units if any(site.campus == key for site in unit.sites)]
        if len(hit) > 1:
            evidence = region.cite(campus.evidence)
            found.append(
                risk(
                    "campus",
                    key,
                    strongest(evidence),
                    hit,
                    wording.one_campus(phrases.named(hit), campus.name),
                    evidence,
                )
            )
    return found


def _near(
    a: FailureDomain,
    b: FailureDomain,
    distance: Interval,
    radius_m: float,
    evidence: Mapping[str, tuple[Evidence, ...]],
) -> SharedRisk:
    cited = tuple(
        dict.fromkeys(piece for unit in (a, b) for site in unit.sites for piece in evidence.get(site.id, ()))
    )
    message = wording.near(a.name, b.name, distance, radius_m)
    return risk("campus", f"{a.id}+{b.id.rpartition('/')[2]}", "B", (a, b), message, cited)


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
        outcomes = [softened(agreed(ends(name, rule, straight)), rule) for name, rule in asked.items()]
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
    """Return what a shared risk counts as, by the rule that asks of its kind."""
    asks = KINDS[risk.kind].rule
    rule = policy.rules.get(asks) if asks else None
    return softened(risk.outcome, rule) if rule else risk.outcome


def measured(name: RuleName, rule: Rule, straight: Interval) -> Interval:
    """Return what a rule is held against: metres over the ground or of fibre, or milliseconds."""
    if name == "rtt-max":
        return rtt_ms(fibre_m(straight))
    return fibre_m(straight) if rule.measure == "fibre" else straight


def ends(name: RuleName, rule: Rule, straight: Interval) -> Ends:
    """Judge a pair at both ends of its distance."""
    held = measured(name, rule, straight)
    if rule.threshold is None or held.high is None:
        return _OPEN
    if name == "rtt-max":
        # Light alone bounds a round trip from below: equipment adds to it, so only a
        # measurement could pass.
        return ("fail", "fail") if held.at_most(rule.threshold) is False else _OPEN
    limit, beyond = rule.threshold * 1000, rule.fail_beyond_km

    def at(along: float, over: float | None) -> Outcome:
        if name == "separation-min":
            return "pass" if along >= limit else "fail"
        if along <= limit:
            return "pass"
        return "warn" if beyond and over is not None and over <= beyond * 1000 else "fail"

    return at(held.low, straight.low), at(held.high, straight.high)


def agreed(ends: Ends) -> Outcome:
    """Return the outcome of an interval: known only where both its ends have the same."""
    return ends[0] if ends[0] == ends[1] else "unknown"


def softened(outcome: Outcome, rule: Rule) -> Outcome:
    """Return what a breach counts as; a rule that fails from a distance on says so itself."""
    soft = rule.severity == "warn" and rule.fail_beyond_km is None
    return "warn" if soft and outcome == "fail" else outcome
