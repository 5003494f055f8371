"""Scoring: facts and a policy in, a verdict out; no file, clock or network."""

from __future__ import annotations

import calendar
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.core import __version__, kinds
from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import (
    CatalogueUsed,
    Datacenters,
    Finding,
    Place,
    PolicyUsed,
    Provenance,
    Range,
    Score,
    Units,
    Verdict,
    Zones,
    worst,
)
from zonerisk.judging import cause, hazards, power, recovery, separation
from zonerisk.judging import rules as findings
from zonerisk.judging.arrangement import Arrangement, pairs, site_units, sites_of, zone_units, zones_sold
from zonerisk.judging.independence import effective
from zonerisk.words import verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.hazard_sample import HazardSamples, Source
    from zonerisk.core.model import Incident, Region
    from zonerisk.core.policy import Policy
    from zonerisk.core.supply import Sample
    from zonerisk.judging.arrangement import Facts, FailureDomain
    from zonerisk.judging.cause import RiskGroups

# Where a policy asks nothing of campuses, the class of local threats still ends at 1 km.
CAMPUS_RADIUS_KM = 1.0
POINTS = {"pass": (1.0, 1.0), "warn": (0.5, 0.5), "fail": (0.0, 0.0), "unknown": (0.0, 1.0)}
_CAPS = {0: 20.0, 1: 20.0, 2: 50.0}
_GRADES = ((85, "A"), (70, "B"), (50, "C"), (30, "D"), (0, "E"))


def score(
    facts: Facts,
    region_id: str,
    policy: Policy,
    as_of: str | None = None,
    units: Units | None = None,
    samples: Source | None = None,
) -> Verdict:
    """Judge one region under one policy.

    Parameters
    ----------
    facts
        Records, and what lies beside them.
    region_id
        Canonical id, such as ``ovh-sbg``.
    policy
        Thresholds and weights.
    as_of
        The day to judge (``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``; the last day of a
        period); without it, the day of the catalogue.
    units
        Compare ``zones`` or ``sites``; without it, zones, or the datacenters of a region
        that is sold as one zone and numbered as several.
    samples
        What the layers say at sites; without it, the figures of the catalogue.

    Raises
    ------
    UsageError
        If the region sells nothing on that day, or has nothing of the units asked for.
    """
    region, places = facts.region(region_id), facts.sites_of(region_id)
    provider = facts.provider(region.provider)
    peers = tuple(facts.region(key) for key in facts.regions_of(region.provider) if key != region_id)
    day = last_day(as_of or facts.date)
    zones = zone_units(region, places, day)
    sites = site_units(region, places, day)
    sold = len(zones_sold(region, day))
    if not sold and units != "sites":
        raise UsageError(f"{region_id} sold no zone on {day}; see: zonerisk show {region_id}")
    by_site = units == "sites" or (units is None and sold == 1 and region.numbered)
    if by_site and not sites:
        raise UsageError(f"no building or campus of {region_id} is known; use --units zones")
    exposures = _exposures(samples or facts.samples, (*zones, *sites))
    owners = facts.owners(region_id)
    by_zones = Arrangement(region_id, "zone", day, zones, sold, owners, region, provider, peers)
    by_sites = replace(by_zones, noun="datacenter", domains=sites, _distances={})
    incidents = facts.incidents(region_id)
    known = (policy, exposures, facts.supply, incidents)
    zone_assessed = _assess(by_zones, *known, judged=not by_site)
    site_assessed = _assess(by_sites, *known, judged=by_site)
    assessed = site_assessed if by_site else zone_assessed
    effective_zones = effective(zones, zone_assessed.values()) if sold > 1 else Range(low=sold, high=sold)
    effective_sites = effective(sites, site_assessed.values())
    requirements = recovery.Requirements(recovery.least_km(policy))
    judge = recovery.Judge(facts, policy, requirements, day, incidents)
    found = recovery.options(judge, region, peers)
    judgeable = replace(by_sites if by_site else by_zones, groups=assessed, options=found)
    judged = findings.apply(policy, judgeable)
    total = weigh(judged, policy, effective_zones if sold else effective_sites)
    name = f"{provider.name} {region.name}"
    return Verdict(
        target=region_id,
        name=name,
        policy=policy.id,
        as_of=day,
        units="sites" if by_site else "zones",
        outcome=worst([finding.outcome for finding in judged]),
        grade=letter(total),
        score=total,
        summary=summary(name, judgeable, effective_sites if by_site else effective_zones),
        zones=Zones(sold=sold, effective=effective_zones),
        datacenters=Datacenters(count=len(sites), effective=effective_sites),
        findings=judged,
        shared_risks=tuple(
            risk for each in assessed.values() for risk in (*each.risks, *each.counted_groups)
        ),
        separations=separation.separations(policy, judgeable),
        dr=found,
        not_known=verdicts.not_known(judged),
        places=_places(by_zones, by_sites),
        provenance=Provenance(
            version=__version__,
            catalogue=CatalogueUsed(date=facts.date, sha256=facts.digest(region_id)),
            policy=PolicyUsed(id=policy.id, standing=policy.standing, sha256=policy.sha256),
            layers=dict(samples.hashes) if samples else {},
        ),
    )


def last_day(text: str) -> str:
    """Return the last day of a partial date the last that it covers.

    Raises
    ------
    UsageError
        If it is no date.
    """
    if re.fullmatch(r"\d{4}(-\d{2}){0,2}", text):
        year, month, day = (*(int(part) for part in text.split("-")), 0, 0)[:3]
        month = month or 12
        if 1900 <= year <= 2999 and 1 <= month <= 12:
            last = calendar.monthrange(year, month)[1]
            if text.count("-") < 2:
                day = last
            if 1 <= day <= last:
                return f"{year:04}-{month:02}-{day:02}"
    raise UsageError(f"{text!r} is no date; write YYYY-MM-DD, such as 2021-03-09")


def _assess(
    arrangement: Arrangement,
    policy: Policy,
    exposures: HazardSamples,
    grid: Sample,
    incidents: Sequence[Incident],
    judged: bool = True,
) -> dict[str, RiskGroups]:
    """Assess what position decides, every feed, what is on record and what the policy asks.

    Of domains that are counted and not ``judged``, a pair's being apart matters only where
    positions decide it.
    """
    units, owners, day = arrangement.domains, arrangement.owners, arrangement.day
    rule = policy.rules.get("colocation")
    radius_km = (rule and rule.threshold) or CAMPUS_RADIUS_KM
    found = {
        "building": separation.assess_buildings(arrangement),
        "campus": separation.assess_campuses(arrangement, radius_km * 1000),
    }
    for kind in kinds.FEEDS:
        asked = policy.rules.get(kind)
        hops = int(asked.threshold) if asked and asked.threshold else power.HOPS
        found[kind] = power.assess(kind, units, owners, day, grid, hops)
    stated = {
        each.kind
        for each in (arrangement.region.hazards.values() if arrangement.region else ())
        if each.holds(day)
    }
    for kind in kinds.HAZARDS:
        asked = policy.rules.get(kind)
        if kinds.KINDS[kind].always or kind in stated or asked:
            limit_km = asked.threshold if asked else None
            length_km = asked.correlation_km if asked else None
            pairwise = judged or kinds.KINDS[kind].by_position
            found[kind] = hazards.assess(kind, units, owners, day, limit_km, exposures, length_km, pairwise)
    happened = cause.assess_incidents(units, incidents, day, arrangement.id)
    if happened.risks or happened.notes:
        found["incident"] = happened
    return found


def assess(
    facts: Facts,
    units: Sequence[FailureDomain],
    policy: Policy,
    day: str,
    own: Sequence[Region] = (),
) -> dict[str, RiskGroups]:
    """Assess units of any regions together, whoever sells them.

    Parameters
    ----------
    facts
        Records, and what lies beside them.
    units
        What is compared.
    policy
        Thresholds.
    day
        The day, ``YYYY-MM-DD``.
    own
        Regions that are not in the catalogue, such as a user's own datacenters.
    """
    sites = sites_of(units)
    known = {region.id: region for region in own}
    sold = set(facts.region_ids)
    ids = dict.fromkeys(key.partition("/")[0] for key in (*sites, *(unit.id for unit in units)))
    owners = {
        key: known[key] if key in known else facts.region(key) for key in ids if key in known or key in sold
    }
    places = Arrangement("", "place", day, tuple(units), len(units), tuple(owners.values()))
    return _assess(places, policy, _exposures(facts.samples, units), facts.supply, facts.incidents())


def _exposures(samples: Source, units: Sequence[FailureDomain]) -> HazardSamples:
    return {key: samples.of(site) for key, site in sites_of(units).items()}


def weigh(judged: Sequence[Finding], policy: Policy, independent: Range) -> Score:
    """Weighted mean of the findings times 100, capped by the effective number of zones.

    Each end is capped by its own end of that number: were the low end capped by the high
    one, hiding a shared campus would raise it.
    """
    weights = {finding.rule: policy.rules[finding.rule].weight for finding in judged}
    total = sum(weights.values()) or 1.0
    caps = (_CAPS.get(independent.low, 100.0), _CAPS.get(independent.high, 100.0))
    low, high = (
        min(
            caps[end],
            100 * sum(weights[finding.rule] * POINTS[finding.outcome][end] for finding in judged) / total,
        )
        for end in (0, 1)
    )
    return Score(low=round(low, 1), high=round(high, 1))


def letter(total: Score) -> str:
    """Return the letter grade of a score; a range where its ends differ."""
    low, high = (next(grade for least, grade in _GRADES if end >= least) for end in (total.low, total.high))
    return low if low == high else f"{low} to {high}"


def summary(name: str, arrangement: Arrangement, independent: Range) -> str:
    """Answer whether the domains fail independently, for a reader who knows no rule."""
    listed, groups = pairs(arrangement.domains), arrangement.groups
    return verdicts.summary(
        name,
        arrangement.noun,
        len(arrangement.domains),
        arrangement.sold,
        [domain.name for domain in arrangement.domains if not domain.disclosed],
        independent,
        [risk for group in groups.values() for risk in (*group.risks, *group.counted_groups)],
        [
            kind
            for kind in (*kinds.BY_POSITION, *kinds.FEEDS)
            if any(groups[kind].outcome((a.id, b.id)) == "unknown" for a, b in listed)
        ],
    )


def _places(by_zones: Arrangement, by_sites: Arrangement) -> tuple[Place, ...]:
    held: dict[str, list[str]] = {}
    for unit in by_zones.domains:
        for site in unit.sites:
            held.setdefault(site.id, []).append(unit.id)
    evidence = {**by_zones.evidence, **by_sites.evidence}
    places = []
    for key, site in sites_of((*by_zones.domains, *by_sites.domains)).items():
        at = site.position
        places.append(
            Place(
                id=key,
                name=site.name,
                kind=site.kind,
                town=site.town,
                zones=tuple(zone for zone in held.get(key, ()) if zone != key),
                lat=at.lat if at else None,
                lon=at.lon if at else None,
                uncertainty_m=at.uncertainty_m if at else None,
                method=at.method if at else None,
                evidence=evidence[key],
            )
        )
    return tuple(places)
