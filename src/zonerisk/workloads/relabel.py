"""Relabelling: what holds of all zones of a region holds of labels that stand for some."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.judging.cause import RiskGroups
from zonerisk.workloads.deployment import OWN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from zonerisk.judging.arrangement import FailureDomain
    from zonerisk.workloads.deployment import Place


def relabelled(
    assessed: dict[str, RiskGroups],
    places: Sequence[Place],
    zones_of: Callable[[str], tuple[tuple[FailureDomain, ...], dict[str, RiskGroups]]],
) -> dict[str, RiskGroups]:
    """Tell of labels what does not depend on which zones they stand for.

    Two labels of one region are two of its zones. Where no two zones of the region share a
    risk of some kind, neither do the labels; where one risk takes all zones, it takes them.

    Parameters
    ----------
    assessed
        What is known of the places.
    places
        Those places.
    zones_of
        Gives a region's zones and what is known of them.
    """
    # A zone id and a letter may be the same zone, so each kind is compared with its own.
    labels: dict[tuple[str, str], list[str]] = {}
    for place in places:
        if place.kind in ("label", "zone"):
            labels.setdefault((place.region, place.kind), []).append(place.id)
    result = dict(assessed)
    for (region, _), listed in labels.items():
        if len(listed) < 2 or region == OWN:
            continue
        units, known = zones_of(region)
        # Where the sources give one site a zone, the units are those sites.
        ids = [key for key in listed if key not in {unit.id for unit in units}]
        if len(ids) > 1 and len(units) >= len(ids):
            for kind, each in known.items():
                result[kind] = _merged(
                    result.get(kind, RiskGroups(kind)), each, ids, {unit.id for unit in units}
                )
    return result


def _merged(ours: RiskGroups, theirs: RiskGroups, ids: Sequence[str], zones: set[str]) -> RiskGroups:
    pairs = {(a, b) for a in zones for b in zones if a < b}
    apart = {tuple(sorted(pair)) for pair in theirs.apart}
    if pairs <= apart:
        return replace(ours, apart=ours.apart | {(a, b) for a in ids for b in ids if a != b})
    whole = [
        risk.model_copy(update={"members": tuple(ids)}) for risk in theirs.risks if zones <= set(risk.members)
    ]
    return replace(ours, risks=(*ours.risks, *whole)) if whole else ours
