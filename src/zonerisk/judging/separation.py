"""Separations: how far apart two domains are, in one building or over the ground, in fibre and in time."""

from __future__ import annotations

from itertools import product
from typing import Literal, TypeVar

from zonerisk.core.geometry import Interval, fibre_m, most_fibre_m, nearer, rtt_ms
from zonerisk.core.kinds import KINDS
from zonerisk.core.model import Campus, Evidence, Grade, Policy, Rule, RuleName, Site
from zonerisk.core.verdict import Applied, Outcome, Separation, SharedRisk, severity, worst
from zonerisk.judging.arrangement import (
    CAMPUS_MOST_M,
    CAMPUS_MS,
    Arrangement,
    FailureDomain,
    RiskGroups,
    Trip,
    near_pairs,
    pair_ids,
    risk,
    strongest,
    together,
)
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
    risks = _in_one_place(arrangement, "building")
    known = [unit for unit in arrangement.domains if unit.sites and not unit.partial]
    apart = frozenset(pair_ids(known)) - together(risks)
    for region in arrangement.owners:
        stated, sold = region.buildings, {zone.id for zone in region.zones.values()}
        zones = [unit for unit in arrangement.domains if unit.id in sold]
        if stated and stated.holds(arrangement.day) and len(zones) > stated.at_most:
            # Zones that are more than the buildings they are stated to stand in.
            key, evidence = f"{region.id}/buildings", region.cite(stated.evidence)
            message = wording.few_buildings(zones, stated.at_most, -(-len(zones) // stated.at_most))
            risks.append(risk("building", key, strongest(evidence), zones, message, evidence, stated.at_most))
    return RiskGroups("building", tuple(risks), apart, wording.BUILDINGS_OPEN)


def assess_campuses(arrangement: Arrangement, radius_m: float, exact: bool = True) -> RiskGroups:
    """Find domains on the same campus: declared, wholly within the policy's radius, metres, or by round trip.

    A round trip as short as inside a campus lets suspect one, unless the places are known to be apart; a
    longer one shows nothing. Without ``exact``, no distance is measured: near ones are only found.
    """
    risks = _in_one_place(arrangement, "campus")
    close = near_pairs(arrangement.domains, max(radius_m, CAMPUS_MOST_M))
    shared = together(risks)
    apart = set(pair_ids(arrangement.domains)) - {(a.id, b.id) for a, b in close} - shared
    for a, b in close:
        if (a.id, b.id) in shared:
            continue
        if not near_pairs((a, b), radius_m):
            if on_named_campuses(a, b):
                apart.add((a.id, b.id))
            continue
        key, trip = f"{a.id}+{b.id.rpartition('/')[2]}", arrangement.trip(a, b)
        if trip and trip.ms <= CAMPUS_MS and arrangement.distance(a, b).at_most(radius_m) is None:
            message = wording.short_trip(a.name, b.name, trip.ms, trip.day)
            risks.append(risk("campus", f"{key}:round-trip", "C", (a, b), message, trip.evidence))
        elif not (a.disclosed and b.disclosed):
            continue
        elif not exact and nearer(a.positions, b.positions, radius_m, surely=True):
            risks.append(risk("campus", key, "B", (a, b), ""))
        elif exact and (distance := arrangement.distance(a, b)).at_most(radius_m):
            cited = [piece for site in (*a.sites, *b.sites) for piece in arrangement.evidence[site.id]]
            message = wording.near(a.name, b.name, distance, radius_m)
            risks.append(risk("campus", key, "B", (a, b), message, tuple(dict.fromkeys(cited))))
    return RiskGroups("campus", tuple(risks), frozenset(apart), wording.CAMPUSES_OPEN)


def on_named_campuses(a: FailureDomain, b: FailureDomain) -> bool:
    """Return whether records tell the places of two apart: by their campuses, else by who runs them."""
    return not (a.partial or b.partial) and all(
        site.operator and other.operator and site.operator != other.operator
        if None in (site.campus, other.campus)
        else site.campus != other.campus
        for site, other in product(a.sites, b.sites)
    )


def _in_one_place(arrangement: Arrangement, kind: Literal["building", "campus"]) -> list[SharedRisk]:
    """Find domains in one building, or on one campus: as a record declares it, or as their common site."""
    holders: dict[tuple[str, str], list[FailureDomain]] = {}
    for unit in arrangement.domains:
        for ground in unit.grounds:
            holders.setdefault(ground, []).append(unit)
    places: list[tuple[str, Campus | Site, tuple[Evidence, ...], Grade]] = [
        ("campus", campus, region.cite(campus.evidence), "C")
        for region in arrangement.owners
        for campus in region.campuses.values()
        if kind == "campus" and campus.holds(arrangement.day)
    ]
    sites = {site.id: site for unit in arrangement.domains for site in unit.sites if site.kind == kind}
    places += [("site", site, arrangement.evidence[key], "B") for key, site in sites.items()]
    one_place = wording.one_campus if kind == "campus" else wording.same_building
    return [
        risk(kind, at.id, min(strongest(evidence), least), units, one_place(units, at.name), evidence)
        for ground, at, evidence, least in places
        if len(units := holders.get((ground, at.id), [])) > 1
    ]


def separations(policy: Policy, arrangement: Arrangement) -> tuple[Separation, ...]:
    """Measure every pair, and judge it as the policy's rules on distance do one by one."""
    asked = {name: rule for name, rule in policy.rules.items() if name in RULES}
    risks = [risk for groups in arrangement.groups.values() for risk in groups.risks]
    risks.sort(key=lambda risk: -severity(risk.outcome))
    rows = []
    for straight, a, b in arrangement.measured:
        trip = arrangement.trip(a, b)
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
    return softened(risk.outcome, policy.rules.get(KINDS[risk.kind].rule or ""))


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
    if name == "rtt-max" and not trip:
        # Light alone bounds a round trip from below: equipment adds to it, so only a
        # measurement could pass.
        return ("fail", "fail") if held.at_most(rule.threshold) is False else _OPEN
    limit = rule.threshold * (1 if name == "rtt-max" else 1000)
    warned_m = 1000 * rule.fail_beyond_km if rule.fail_beyond_km and name == "separation-max" else None

    def at(along: float, over: float | None) -> Outcome:
        if along >= limit if name == "separation-min" else along <= limit:
            return "pass"
        return "warn" if warned_m and over is not None and over <= warned_m else "fail"

    return at(held.low, straight.low), at(held.high, straight.high)


def agreed(ends: Ends) -> Outcome:
    """Return the outcome of an interval: known only where both its ends have the same."""
    return ends[0] if ends[0] == ends[1] else "unknown"


def softened(outcome: Said, rule: Rule | None) -> Said:
    """Return what a breach counts as; a rule that fails from a distance on says so itself."""
    soft = rule is not None and rule.severity == "warn" and rule.fail_beyond_km is None
    return "warn" if soft and outcome == "fail" else outcome  # type: ignore[return-value]
