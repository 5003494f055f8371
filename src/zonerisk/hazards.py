"""Hazards that units share: what is stated of them, and what is mapped at their sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.shared import Assessment, named, risk, strongest
from zonerisk.terrain import mapped, stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.model import Evidence, Hazard, Region
    from zonerisk.terrain.reach import Exposures
    from zonerisk.unit import Unit
    from zonerisk.verdict import SharedRisk

KINDS = (
    "flood",
    "river",
    "coast",
    "seismic",
    "nuclear",
    "industry",
    "hydro",
    "dam",
    "runway",
    "cyclone",
    "volcano",
)


def assess(
    kind: str,
    units: Sequence[Unit],
    owners: Sequence[Region],
    as_of: str,
    limit_km: float | None,
    exposures: Exposures | None = None,
    correlation_km: float | None = None,
) -> Assessment:
    """Find which units share a hazard of one kind.

    What an authority, an operator or a report states comes first; layers add to it.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
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
    risks: list[SharedRisk] = []
    notes: list[str] = []
    cited: list[Evidence] = []
    for region in owners:
        for hazard in region.hazards.values():
            if hazard.kind != kind or not hazard.holds(as_of):
                continue
            hit = [unit for unit in units if any(site.id in hazard.sites for site in unit.sites)]
            evidence = region.cite(hazard.evidence)
            if hit and hazard.relation != "outside" and len(hit) > 1:
                grade = strongest(evidence) if _decided(hazard, limit_km) else "C"
                message = f"{named(hit)} are {hazard.relation} the same {hazard.name}"
                risks.append(risk(kind, hazard.id, grade, hit, message, evidence))
            elif hit:
                notes.append(f"{named(hit)}: {hazard.relation} {hazard.name}")
                cited += evidence
    said = stated.assess(kind, units, exposures or {}, correlation_km)
    layers = mapped.assess(kind, units, exposures or {}, limit_km)
    return Assessment(
        kind,
        (*risks, *said.risks, *layers.risks),
        layers.apart,
        said.reason if said.notes and layers.reason == mapped.NOT_ASSESSED else layers.reason,
        (*notes, *said.notes, *layers.notes),
        (*cited, *said.evidence, *layers.evidence),
    )


def _decided(hazard: Hazard, limit_km: float | None) -> bool:
    """Tell whether a statement puts its sites in reach, rather than merely near."""
    if hazard.relation == "inside":
        return True
    return (
        limit_km is not None
        and hazard.distance_m is not None
        and hazard.distance_m <= limit_km * 1000
    )
