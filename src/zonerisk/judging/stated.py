"""Stated hazards: what authorities say of the places where units stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.geometry import nearest_m
from zonerisk.judging.cause import RiskGroups, named, risk
from zonerisk.judging.mapped import together
from zonerisk.words.telling import say_km

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zonerisk.core.hazard_sample import HazardSample
    from zonerisk.core.model import Position
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import FailureDomain
    from zonerisk.judging.reach import HazardSamples

# Statements that a finding repeats; the source holds the others.
_MOST_NOTES = 6


def assess(
    kind: str, units: Sequence[FailureDomain], exposures: HazardSamples, correlation_km: float | None = None
) -> RiskGroups:
    """Repeat what is stated of units, and find those that one event strikes alike.

    A statement on a commune or an address is no shared object: two sites of one commune
    share the statement, not the event. Only in the same class of notable hazard, and close
    enough to each other, they share one.

    Parameters
    ----------
    kind
        One of :data:`zonerisk.core.kinds.HAZARDS`.
    units
        What is compared.
    exposures
        What the layers say at the units' sites.
    correlation_km
        The policy's distance within which one event strikes alike.
    """
    held: dict[str, dict[str, FailureDomain]] = {}
    classes: dict[tuple[str, str], tuple[HazardSample, dict[str, list[Position]]]] = {}
    cited = []
    for unit in units:
        for site in unit.sites:
            for row in exposures.get(site.id, ()):
                if row.layer.measure != "stated" or row.layer.kind != kind or not row.label:
                    continue
                held.setdefault(row.label, {})[unit.id] = unit
                cited.append(row.layer.evidence)
                if row.object and site.position:
                    key = (row.layer.id, row.object)
                    places = classes.setdefault(key, (row, {}))[1]
                    places.setdefault(unit.id, []).append(site.position)
    notes = [f"{named(group.values())}: {text}" for text, group in held.items()]
    more = len(notes) - _MOST_NOTES
    if more > 0:
        notes[_MOST_NOTES:] = [f"{more} more statement{'' if more == 1 else 's'}"]
    risks = [
        found
        for row, places in classes.values()
        if correlation_km is not None
        for found in _shared(kind, units, row, places, correlation_km * 1000)
    ]
    return RiskGroups(
        kind,
        tuple(risks),
        reason="what is stated of a commune or an address does not show what they share",
        notes=tuple(notes),
        evidence=tuple(dict.fromkeys(cited)),
    )


def _shared(
    kind: str,
    units: Sequence[FailureDomain],
    row: HazardSample,
    places: Mapping[str, Sequence[Position]],
    limit_m: float,
) -> list[SharedRisk]:
    """Join the units of one class that stand within the correlation length of each other."""
    hit = [unit for unit in units if unit.id in places]
    found = []
    for group in together(hit, lambda a, b: nearest_m(places[a.id], places[b.id]).at_most(limit_m)):
        ids = "+".join(unit.id.rpartition("/")[2] for unit in group)
        message = (
            f"{named(group)} stand within {say_km(limit_m)} of each other in {row.name}: "
            "so near, one quake shakes them alike"
        )
        # The class is official; that one quake reaches both is an inference from it.
        found.append(risk(kind, f"{row.layer.id}/{ids}", "C", group, message, (row.layer.evidence,)))
    return found
