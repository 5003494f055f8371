"""Scoring: facts and a policy in, a verdict out; no file, clock or network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zonerisk.core import kinds
from zonerisk.core.errors import UsageError
from zonerisk.core.model import Policy
from zonerisk.core.samples import Source
from zonerisk.core.verdict import (
    OUTCOMES,
    Ask,
    Datacenters,
    Finding,
    Independence,
    Place,
    PolicyVerdict,
    Provenance,
    Range,
    Score,
    Units,
    Verdict,
    Zones,
)
from zonerisk.judging import claims, history, likelihood, recovery, separation
from zonerisk.judging import rules as findings
from zonerisk.judging.arrangement import Arrangement, Facts, RiskGroups, arranged, last_day, sites_of
from zonerisk.judging.independence import assess_arrangement, by_policy, classify, effective, spread_of
from zonerisk.words import verdicts

POINTS = {"pass": (1.0, 1.0), "warn": (0.5, 0.5), "fail": (0.0, 0.0), "unknown": (0.0, 1.0)}
# Rules that rest on where the domains stand.
PLACED = {"disclosure", "claims", "colocation", *separation.RULES} | {
    kind.rule for kind in kinds.KINDS.values() if kind.family == "hazard" and kind.rule
}
# No score is higher with so few independent zones.
CAPS = {0: 20.0, 1: 20.0, 2: 50.0}
_GRADES = ((85, "A"), (70, "B"), (50, "C"), (30, "D"), (0, "E"))


def score(
    facts: Facts,
    region_id: str,
    policy: Policy,
    as_of: str | None = None,
    units: Units | None = None,
    samples: Source | None = None,
) -> Verdict:
    """Judge one region under one policy, as the library's ``score`` says; ``samples`` replace the facts' own.

    Raises
    ------
    UsageError
        If the region sells nothing on that day, or has nothing of the units asked for.
    """
    region = facts.region(region_id)
    # What is closed is judged as it stood at the end.
    day = last_day(as_of or min(facts.date, region.until or facts.date))
    by_zones, by_sites, by_site = arranged(facts, region_id, day, units)
    zones, sites, sold = by_zones.domains, by_sites.domains, by_zones.sold
    if not sold and not by_site:
        raise UsageError(f"{region_id} sold no zone on {day}; see: zonerisk show {region_id}")
    if by_site and not sites:
        raise UsageError(f"no building or campus of {region_id} is known; use --units zones")
    source = samples or facts.samples
    if samples:  # What is remembered of places rests on what the facts' own say.
        by_zones, by_sites = replace(by_zones, memo={}), replace(by_sites, memo={})
    zone_assessed = assess_arrangement(by_zones, facts, source, judged=not by_site)
    site_assessed = assess_arrangement(by_sites, facts, source, judged=by_site)
    asked, assessed = (by_sites, site_assessed) if by_site else (by_zones, zone_assessed)
    spread = spread_of(facts.sites_of(region_id), day)
    class_, cause = classify(asked, assessed, spread)
    if cause.kind == "disclosure":
        least, _, _ = min(asked.measured, key=lambda row: row[0].low)
        cause = replace(cause, distance_m=least.rounded())
    standing = Independence(
        class_=class_,
        outcome=OUTCOMES[class_],
        cause=cause,
        domains={domain.id: domain.name for domain in asked.domains},
        zones=Zones(sold=sold, effective=effective(zones, zone_assessed.values())),
        datacenters=Datacenters(count=len(sites), effective=effective(sites, site_assessed.values())),
        spread=spread,
        shared_risks=tuple(risk for groups in assessed.values() for risk in groups.all_risks),
    )
    peers = tuple(facts.region(key) for key in facts.regions_of(region.provider) if key != region_id)
    options = recovery.options(recovery.judge_under(facts, policy, day), region, peers)
    provider, alone = facts.provider(region.provider), len(asked.domains) < 2
    record = history.record(region, provider, facts.incidents(region_id), day, by_site, alone)
    groups = by_policy(replace(asked, groups=assessed), policy, facts, source)
    judgeable = replace(asked, groups=groups, options=options, peers=peers)
    judged = findings.apply(policy, judgeable)
    total = weigh(judged, policy, (standing.zones if sold else standing.datacenters).effective)
    name = f"{provider.name} {region.name}"
    return Verdict(
        target=region_id,
        name=name,
        as_of=day,
        units="sites" if by_site else "zones",
        summary=verdicts.summary(name, asked.noun, standing),
        independence=standing,
        policy=PolicyVerdict(
            id=policy.id,
            standing=policy.standing,
            score=total,
            letter=letter(total),
            asked=len(judged),
            assessed=sum(finding.outcome in POINTS for finding in judged),
            findings=judged,
            shared_risks=tuple(
                risk
                for kind, group in groups.items()
                if group is not assessed.get(kind)
                for risk in group.all_risks
            ),
            separations=separation.separations(policy, judgeable),
        ),
        recovery=options,
        record=record,
        likelihood=likelihood.assess(
            facts,
            # Of zones that are sold it is asked, whatever else is compared.
            replace(by_zones, groups=zone_assessed) if sold > 1 else replace(asked, groups=assessed),
            source,
            record.years,
        ),
        word=tuple(
            word for word, spoken_of in claims.record(facts, provider.id, day) if region_id in spoken_of
        ),
        ask=ask(judgeable, assessed, standing, judged, policy),
        places=_places(by_zones, by_sites),
        provenance=Provenance.build(
            policy, facts.date, facts.digest(region_id), samples.hashes if samples else {}
        ),
    )


def weigh(judged: Sequence[Finding], policy: Policy, independent: Range) -> Score:
    """Weighted mean of the findings that were assessed times 100, capped by the effective number of zones.

    Each end is capped by its own end of that number, lest hiding a shared campus raises the low one.
    """
    rated = [(policy.rules[f.rule].weight, points(f)) for f in judged if f.outcome in POINTS]
    total = sum(weight for weight, _ in rated)
    if not total:
        return Score(0.0, 100.0)
    ends = []
    for end, number in enumerate((independent.low, independent.high)):
        earned = sum(weight * worth[end] for weight, worth in rated)
        ends.append(round(min(CAPS.get(number, 100.0), 100 * earned / total), 1))
    return Score(*ends)


def points(finding: Finding) -> tuple[float, float]:
    """Return what a finding earns at each end; a reservation of grade C alone shows nothing."""
    low, high = POINTS.get(finding.outcome, (0.0, 0.0))
    return (0.0 if finding.grade == "C" else low), high


def ask(
    arrangement: Arrangement,
    groups: Mapping[str, RiskGroups],
    standing: Independence,
    judged: Sequence[Finding],
    policy: Policy,
) -> tuple[Ask, ...]:
    """Return the disclosures that would move a verdict most, those that decide its class first.

    What a place would settle is bounded from above: every rule that is open and rests on places. Whether a
    cause still stands is judged again without it.
    """
    cause, domains = standing.cause, arrangement.domains
    if len(domains) < 2:
        return ()
    open_ = {finding.rule for finding in judged if finding.outcome == "unknown"}
    weighed = {f.rule: policy.rules[f.rule].weight for f in judged if f.outcome in POINTS}
    hidden = tuple(domain.id for domain in domains if not domain.disclosed)
    if not hidden and cause.kind == "distance" and standing.outcome == "unknown":
        hidden = cause.members
    everyone = tuple(domain.id for domain in domains)
    rows = [("places", hidden, tuple(key for key in weighed if key in open_ & PLACED))]
    rows += [(kind, everyone, (kind,)) for kind in ("incidents", *kinds.FEEDS) if kind in open_]
    asked = []
    for kind, subjects, settles in rows:
        if subjects and settles:
            points = round(100 * sum(weighed[key] for key in settles) / sum(weighed.values()), 1)
            decides = kind == "places" and standing.outcome == "unknown"
            asked.append(Ask(kind=kind, subjects=subjects, settles=settles, points=points, decides=decides))
    if cause.risk and kinds.KINDS[cause.kind].family in ("feed", "event"):
        without = {
            key: replace(group, all_risks=tuple(risk for risk in group.all_risks if risk.id != cause.risk))
            for key, group in groups.items()
        }
        after, _ = classify(arrangement, without, standing.spread)
        if after != standing.class_:
            asked.append(
                Ask(kind="changed", subjects=cause.members, settles=(), points=0, decides=True, class_=after)
            )
    return tuple(sorted(asked, key=lambda row: (-row.decides, -row.points))[:3])


def letter(total: Score) -> str | None:
    """Return the letter of a score; None where its ends differ."""
    ends = (total.shown, total.possible)
    low, high = (next(grade for least, grade in _GRADES if end >= least) for end in ends)
    return low if low == high else None


def _places(by_zones: Arrangement, by_sites: Arrangement) -> tuple[Place, ...]:
    evidence = {**by_zones.evidence, **by_sites.evidence}
    zones: dict[str, list[str]] = {}
    for domain in by_zones.domains:
        for site in domain.sites:
            zones.setdefault(site.id, []).append(domain.id)
    return tuple(
        Place(
            id=key,
            name=site.name,
            kind=site.kind,
            town=site.town,
            zones=tuple(zone for zone in zones.get(key, ()) if zone != key),
            lat=at.lat if (at := site.position) else None,
            lon=at.lon if at else None,
            uncertainty_m=at.uncertainty_m if at else None,
            method=at.method if at else None,
            evidence=evidence[key],
            note=site.note,
        )
        for key, site in sites_of((*by_zones.domains, *by_sites.domains)).items()
    )
