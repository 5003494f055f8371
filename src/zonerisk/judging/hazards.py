"""Hazards that units share: what is stated of them, and what is mapped at their sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import simplify
from zonerisk.core.kinds import KINDS
from zonerisk.judging import mapped, stated
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.cause import RiskGroups, named, risk, strongest
from zonerisk.words.telling import NOT_ASSESSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.model import Evidence, Hazard, Region
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import FailureDomain
    from zonerisk.judging.reach import HazardSamples


def assess(
    kind: str,
    units: Sequence[FailureDomain],
    owners: Sequence[Region],
    as_of: str,
    limit_km: float | None,
    exposures: HazardSamples | None = None,
    correlation_km: float | None = None,
) -> RiskGroups:
    """Find which units share a hazard of one kind.

    What an authority, an operator or a report states comes first; layers add to it.

    Parameters
    ----------
    kind
        One of :data:`zonerisk.core.kinds.HAZARDS`.
    units
        What is compared.
    owners
        Region records whose hazard statements may name the units' sites.
    as_of
        The day, ``YYYY-MM-DD``.
    limit_km
        The policy's distance for being near the same object.
    exposures
        What the layers say at the units' sites.
    correlation_km
        The policy's distance within which one quake shakes alike.
    """
    wide = KINDS[kind].wide
    layers = mapped.assess(kind, units, exposures or {}, limit_km)
    risks = list(layers.risks)
    notes: list[str] = []
    cited: list[Evidence] = []
    for region in owners:
        for hazard in region.hazards.values():
            if hazard.kind != kind or not hazard.holds(as_of):
                continue
            hit = [unit for unit in units if _meant(unit, hazard)]
            evidence = region.cite(hazard.evidence)
            if hit and wide:
                days = f"since {hazard.since}, " if hazard.since else ""
                end = f"until {hazard.until}" if hazard.until else "no end is stated"
                notes.append(f"{kind} stated for {named(hit)}: {hazard.name} ({days}{end})")
                cited += evidence
            elif hit and hazard.relation != "outside" and len(hit) > 1:
                grade = strongest(evidence) if _decided(hazard, limit_km) else "C"
                message = f"{named(hit)} are {hazard.relation} the same {hazard.name}"
                found = risk(kind, hazard.id, grade, hit, message, evidence)
                risks = _joined(found, simplify(hazard.name), risks)
            elif hit:
                notes.append(f"{named(hit)}: {hazard.relation} {hazard.name}")
                cited += evidence
    said = stated.assess(kind, units, exposures or {}, correlation_km)
    apart = layers.apart
    if wide:
        apart = frozenset((a.id, b.id) for a, b in pairs(units))
    return RiskGroups(
        kind,
        (*risks, *said.risks),
        apart,
        said.reason if said.notes and layers.reason == NOT_ASSESSED else layers.reason,
        (*notes, *said.notes, *layers.notes),
        (*cited, *said.evidence, *layers.evidence),
    )


def _meant(unit: FailureDomain, hazard: Hazard) -> bool:
    """Tell whether a statement is on a unit: on one of its sites, or all that may be its."""
    places = [site.id in hazard.sites for site in unit.sites or unit.possible]
    return any(places) if unit.sites or KINDS[hazard.kind].wide else bool(places) and all(places)


def _joined(found: SharedRisk, slug: str, risks: Sequence[SharedRisk]) -> list[SharedRisk]:
    """Add a stated risk to others; what a layer maps by the same name is the same thing."""
    for index, other in enumerate(risks):
        strong, weak = sorted((found, other), key=lambda each: each.grade)
        if other.id.endswith(f"/{slug}") and set(weak.members) <= set(strong.members):
            both = {"evidence": (*strong.evidence, *weak.evidence)}
            return [*risks[:index], strong.model_copy(update=both), *risks[index + 1 :]]
    return [found, *risks]


def _decided(hazard: Hazard, limit_km: float | None) -> bool:
    """Tell whether a statement puts its sites in reach, rather than merely near."""
    if hazard.relation == "inside":
        return True
    return limit_km is not None and hazard.distance_m is not None and hazard.distance_m <= limit_km * 1000
