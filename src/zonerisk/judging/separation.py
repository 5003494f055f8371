"""Separations: how far apart two domains are, in one building or over the ground, in fibre and in time."""

from __future__ import annotations

from itertools import product
from typing import TypeVar

from zonerisk.core.geometry import Interval, fibre_m, most_fibre_m, rtt_ms
from zonerisk.core.kinds import KINDS
from zonerisk.core.model import Policy, Rule, RuleName
from zonerisk.core.verdict import Applied, Outcome, Separation, SharedRisk, severity, worst
from zonerisk.judging.arrangement import (
    CAMPUS_MOST_M,
    CAMPUS_MS,
    Arrangement,
    FailureDomain,
    Trip,
    farther,
    pairs,
    sites_of,
)
from zonerisk.judging.cause import RiskGroups, risk, strongest, together
from zonerisk.words import findings as wording

# Where a policy asks nothing of campuses, the class of local threats still ends at 1 km.
CAMPUS_RADIUS_KM = 1.0
# Rules of a policy on distances.
RULES: tuple[RuleName, ...] = ("separation-min", "separation-max", "rtt-max")
Ends = tuple[Outcome, Outcome]
Said = TypeVar("Said", bound=Applied)
_OPEN: Ends = ("pass", "fail")


def assess_buildings(arrangement: Arrangement) -> RiskGroups:
    """Find domains that stand in the same building, by their site records or by number."""
    units, crowds = arrangement.domains, _crowds(arrangement)
    buildings = {unit.id: {site.id for site in unit.sites if site.kind == "building"} for unit in units}
    apart = frozenset(
        (a.id, b.id)
        for a, b in pairs(units)
        if a.sites
        and b.sites
        and not (a.partial or b.partial)
        and buildings[a.id].isdisjoint(buildings[b.id])
    )
    return RiskGroups(
        "building",
        (*_same_site(arrangement, "building"), *(risk for risk in crowds if risk.groups == 1)),
        apart,
        wording.BUILDINGS_OPEN,
        counted_groups=tuple(risk for risk in crowds if risk.groups > 1),
    )


def assess_campuses(arrangement: Arrangement, radius_m: float) -> RiskGroups:
    """Find domains on the same campus: declared, wholly within the policy's radius, metres, or by round trip.

    A round trip as short as inside a campus lets suspect one, unless the places are known to be apart; a
    longer one shows nothing.
    """
    risks = [*_declared(arrangement), *_same_site(arrangement, "campus")]
    shared = together(risks)
    apart = set()
    for a, b in pairs(arrangement.domains):
        pair, trip = (a.id, b.id), arrangement.trip(a, b)
        if pair in shared:
            continue
        if trip and trip.ms <= CAMPUS_MS and arrangement.distance(a, b).at_most(radius_m) is None:
            key = f"{a.id}+{b.id.rpartition('/')[2]}:round-trip"
            message = wording.short_trip(a.name, b.name, trip.ms, trip.day)
            risks.append(risk("campus", key, "C", (a, b), message, trip.evidence))
            continue
        if not (a.disclosed and b.disclosed):
            continue
        wide_m = max(radius_m, CAMPUS_MOST_M)
        if farther(a, b, wide_m) or (on_named_campuses(a, b) and farther(a, b, radius_m)):
            apart.add(pair)
        elif (distance := arrangement.distance(a, b)).at_most(radius_m):
            key = f"{a.id}+{b.id.rpartition('/')[2]}"
            sites = [site.id for unit in (a, b) for site in unit.sites]
            cited = dict.fromkeys(piece for site in sites for piece in arrangement.evidence.get(site, ()))
            message = wording.near(a.name, b.name, distance, radius_m)
            risks.append(risk("campus", key, "B", (a, b), message, tuple(cited)))
    return RiskGroups("campus", tuple(risks), frozenset(apart), wording.CAMPUSES_OPEN)


def on_named_campuses(a: FailureDomain, b: FailureDomain) -> bool:
    """Return whether records tell the places of two apart: by their campuses, else by who runs them."""
    return not (a.partial or b.partial) and all(
        one.operator and other.operator and one.operator != other.operator
        if None in (one.campus, other.campus)
        else one.campus != other.campus
        for one, other in product(a.sites, b.sites)
    )


def _same_site(arrangement: Arrangement, kind: str) -> list[SharedRisk]:
    holders: dict[str, list[FailureDomain]] = {}
    for unit in arrangement.domains:
        for site in unit.sites:
            if site.kind == kind:
                holders.setdefault(site.id, []).append(unit)
    names = {key: site.name for key, site in sites_of(arrangement.domains).items()}
    risks = []
    for key, units in holders.items():
        if len(units) > 1:
            evidence = arrangement.evidence[key]
            one_place = wording.one_campus if kind == "campus" else wording.same_building
            message = one_place(units, names[key])
            risks.append(risk(kind, key, min(strongest(evidence), "B"), units, message, evidence))
    return risks


def _crowds(arrangement: Arrangement) -> list[SharedRisk]:
    """Find zones that are more than the buildings they are stated to stand in."""
    risks = []
    for region in arrangement.owners:
        stated, sold = region.buildings, {zone.id for zone in region.zones.values()}
        zones = [unit for unit in arrangement.domains if unit.id in sold]
        if stated and stated.holds(arrangement.day) and len(zones) > stated.at_most:
            key, evidence = f"{region.id}/buildings", region.cite(stated.evidence)
            message = wording.few_buildings(zones, stated.at_most)
            risks.append(risk("building", key, strongest(evidence), zones, message, evidence, stated.at_most))
    return risks


def _declared(arrangement: Arrangement) -> list[SharedRisk]:
    """Find units that stand on a campus that is on record."""
    risks = []
    for region in arrangement.owners:
        for campus in (row for row in region.campuses.values() if row.holds(arrangement.day)):
            units = [u for u in arrangement.domains if any(site.campus == campus.id for site in u.sites)]
            if len(units) > 1:
                evidence = region.cite(campus.evidence)
                message = wording.one_campus(units, campus.name)
                risks.append(risk("campus", campus.id, strongest(evidence), units, message, evidence))
    return risks


def separations(policy: Policy, arrangement: Arrangement) -> tuple[Separation, ...]:
    """Measure every pair, and judge it as the policy's rules on distance do one by one."""
    asked = {name: rule for name, rule in policy.rules.items() if name in RULES}
    risks = [risk for each in arrangement.groups.values() for risk in each.risks]
    risks.sort(key=lambda risk: -severity(risk.outcome))
    rows = []
    for a, b in pairs(arrangement.domains):
        straight, trip = arrangement.distance(a, b), arrangement.trip(a, b)
        fibre = fibre_m(straight).within(trip and most_fibre_m(trip.ms))
        shared = [risk for risk in risks if a.id in risk.members and b.id in risk.members]
        outcomes = [softened(agreed(ends(name, rule, straight, trip)), rule) for name, rule in asked.items()]
        outcomes += [counted(risk, policy) for risk in shared]
        rows.append(
            Separation(
                a=a.id,
                b=b.id,
                distance_m=straight.rounded(),
                fibre_m=fibre.rounded(),
                rtt_ms=rtt_ms(fibre_m(straight)).rounded(3),
                outcome=worst(outcomes) if outcomes else None,
                shared=tuple(risk.id for risk in shared),
                measured_ms=trip and trip.ms,
                measured_on=trip and trip.day,
            )
        )
    return tuple(rows)


def counted(risk: SharedRisk, policy: Policy) -> Outcome:
    """Return what a shared risk counts as, by the severity of the rule that asks of its kind."""
    asks = KINDS[risk.kind].rule
    rule = policy.rules.get(asks) if asks else None
    return softened(risk.outcome, rule)


def measured(name: RuleName, rule: Rule, straight: Interval, trip: Trip | None) -> Interval:
    """Return what a rule is held against: metres over the ground or of fibre, or milliseconds."""
    if name == "rtt-max":
        return Interval(trip.ms, trip.ms, trip.ms) if trip else rtt_ms(fibre_m(straight))
    held = fibre_m(straight) if rule.measure == "fibre" else straight
    return held.within(trip and most_fibre_m(trip.ms))


def ends(name: RuleName, rule: Rule, straight: Interval, trip: Trip | None) -> Ends:
    """Judge a pair at both ends of its distance, and by the round trip on record."""
    held = measured(name, rule, straight, trip)
    if rule.threshold is None or held.high is None:
        return _OPEN
    if name == "rtt-max" and trip:
        return ("pass", "pass") if trip.ms <= rule.threshold else ("fail", "fail")
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


def softened(outcome: Said, rule: Rule | None) -> Said:
    """Return what a breach counts as; a rule that fails from a distance on says so itself."""
    soft = rule is not None and rule.severity == "warn" and rule.fail_beyond_km is None
    return "warn" if soft and outcome == "fail" else outcome  # type: ignore[return-value]
