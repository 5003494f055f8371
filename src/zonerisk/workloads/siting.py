"""Siting: what is known of the places of a deployment, and of any two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.core.geometry import Interval
from zonerisk.core.kinds import BY_POSITION
from zonerisk.judging import arrangement, recovery, score
from zonerisk.judging.arrangement import pairs, positions
from zonerisk.workloads.deployment import OWN
from zonerisk.workloads.placement import Placement
from zonerisk.workloads.relabel import relabelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Region
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import FailureDomain, Pair
    from zonerisk.judging.cause import RiskGroups
    from zonerisk.workloads.deployment import Place

# A regional threat reaches 10 to 100 km (HP P6000 guide, threat radius classes): places
# farther apart share nothing that position decides: no building, campus or flood.
REGIONAL_M = 100_000


class Siting:
    """Assesses places once, and remembers.

    Parameters
    ----------
    catalog, policy
        Records and thresholds.
    day
        The day, ``YYYY-MM-DD``.
    own
        The deployment's own datacenters.
    """

    def __init__(self, catalog: Catalog, policy: Policy, day: str, own: Region | None) -> None:
        self.catalog, self.policy, self.day = catalog, policy, day
        self.placement = Placement(catalog, day, own)
        self.own = (own,) if own else ()
        self._assessed: dict[tuple[str, ...], dict[str, RiskGroups]] = {}
        self._distances: dict[Pair, Interval] = {}
        self._units: dict[str, FailureDomain] = {}

    def unit(self, place: Place) -> FailureDomain:
        """Give what is compared for a place."""
        if place.id not in self._units:
            self._units[place.id] = self.placement.unit(place)
        return self._units[place.id]

    def assess(self, places: Sequence[Place]) -> dict[str, RiskGroups]:
        """Assess the shared risks of some places."""
        distinct = {place.id: place for place in places}
        key = tuple(sorted(distinct))
        if key not in self._assessed:
            listed = [distinct[each] for each in key]
            units = [self.unit(place) for place in listed]
            found = score.assess(self.catalog, units, self.policy, self.day, self.own)
            far = frozenset((a.id, b.id) for a, b in pairs(units) if self.distance(a, b).low >= REGIONAL_M)
            for kind, each in found.items():
                # A workload's places come in its own order.
                apart = each.apart | far if kind in BY_POSITION else each.apart
                found[kind] = replace(each, apart=apart | {(b, a) for a, b in apart})
            self._assessed[key] = relabelled(found, listed, self._zones_of)
        return self._assessed[key]

    def _zones_of(self, region: str) -> tuple[tuple[FailureDomain, ...], dict[str, RiskGroups]]:
        units = self.placement.zones(region)
        key = ("zones of", region)
        if key not in self._assessed:
            self._assessed[key] = score.assess(self.catalog, units, self.policy, self.day)
        return units, self._assessed[key]

    def distance(self, a: FailureDomain, b: FailureDomain) -> Interval:
        """Give the distance between two units, metres."""
        if (a.id, b.id) not in self._distances:
            self._distances[a.id, b.id] = self._distance(a, b)
        return self._distances[a.id, b.id]

    def _distance(self, a: FailureDomain, b: FailureDomain) -> Interval:
        region = a.id.partition("/")[0]
        if region != b.id.partition("/")[0]:
            # What is not disclosed may stand beside its neighbour, but not in another region.
            return recovery.between(
                (positions(a.sites), positions(a.possible)),
                (positions(b.sites), positions(b.possible)),
            )
        if region != OWN and self._labels(region, a, b):
            # Two labels are two zones: as far apart as some two zones of the region are.
            units = self.placement.zones(region)
            if all(unit.disclosed for unit in units):
                known = [arrangement.distance_m(one, two) for one, two in pairs(units)]
                highs = [each.high for each in known if each.high is not None]
                return Interval(min(each.low for each in known), None, max(highs))
        return arrangement.distance_m(a, b)

    def _labels(self, region: str, a: FailureDomain, b: FailureDomain) -> bool:
        """Tell whether two units are two zones whose buildings are not told apart."""
        names = [unit.id.partition("/")[2] for unit in (a, b)]
        zones = self.catalog.region(region).zones
        if a.sites or b.sites or not all(names) or any("somewhere" in name for name in names):
            return False
        # A zone id and a letter may be the same zone.
        return (names[0] in zones) == (names[1] in zones)

    def taken(self, risk: SharedRisk) -> tuple[str, ...]:
        """Give the members that a risk takes: one of several buildings is not all of them."""
        if risk.kind != "building":
            return risk.members
        return tuple(member for member in risk.members if len(self._units[member].sites) < 2)

    def inside(self, place: Place, places: Sequence[Place]) -> tuple[str, ...]:
        """Give what is lost with a place: itself, and the sites that it is made of."""
        held = {site.id for site in self.unit(place).sites} if place.kind == "zone" else set()
        return tuple(dict.fromkeys((place.id, *(each.id for each in places if each.id in held))))
