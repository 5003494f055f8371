"""Refutations: what measured round trips leave of a region's claims and recorded places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import simplify
from zonerisk.core.errors import UsageError
from zonerisk.judging import arrangement, recovery
from zonerisk.judging.arrangement import FailureDomain, zone_units
from zonerisk.words import phrases
from zonerisk.workloads.round_trips import LOCAL_FLOOR_MS, Bound, Trip, bound, of_region, refutes

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Scope
    from zonerisk.core.interval import Interval
    from zonerisk.core.model import Claim, Region


@dataclass(frozen=True)
class Judged:
    """One round trip held against the records.

    Attributes
    ----------
    straight_m
        Distance of the two in the catalogue; None where it has none.
    refuted
        What the round trip contradicts, as clauses.
    """

    bound: Bound
    straight_m: Interval | None
    refuted: tuple[str, ...]

    @property
    def message(self) -> str:
        """Say it in one line."""
        trip = self.bound.trip
        said = (
            f"{trip.a} to {trip.b}: {trip.ms:g} ms, at most {self.bound.fibre_km:.1f} km of "
            f"fibre, likely {self.bound.likely_km:.1f} km at most"
        )
        if self.bound.campus:
            said += "; so near that they are almost certainly one campus"
        return "; ".join((said, *(f"refutes {one}" for one in self.refuted)))


def judge(
    scope: Scope, trips: Iterable[Trip], as_of: str, floor_ms: float = LOCAL_FLOOR_MS
) -> tuple[Judged, ...]:
    """Hold round trips against the claims and places of a region.

    Zones are known by id, key or name, regions by id, code or name. Rows of a table that
    names the region in a column count even where the zone names are not the catalogue's:
    an account's zone 1 is not the provider's.

    Raises
    ------
    UsageError
        If no row is of this region.
    """
    region = scope.region
    listed = of_region(trips, region.id, (region.name, region.town or region.name))
    zones = _named_zones(scope, as_of)
    peers = {name: peer for peer in (*scope.peers, region) for name in _region_names(peer)}
    claims = [claim for claim in (*region.claims, *scope.provider.claims) if claim.holds(as_of)]
    judged = []
    for trip in listed:
        a, b = simplify(trip.a), simplify(trip.b)
        found = bound(trip, floor_ms)
        if a in zones and b in zones and zones[a] is not zones[b]:
            straight = arrangement.distance_m(zones[a], zones[b])
            judged.append(_judged(found, straight, claims, "separation-min"))
        elif trip.region:
            judged.append(_judged(found, None, claims, "separation-min"))
        elif a in peers and b in peers and region in (peers[a], peers[b]):
            other = peers[b] if peers[a] is region else peers[a]
            if other is not region:
                straight = recovery.distance_m(scope, other, as_of)
                judged.append(_judged(found, straight, claims, "dr-distance"))
    if not judged:
        raise UsageError(
            f"no row joins two zones of {region.id}, or it and another region of "
            f"{scope.provider.name}; its zones: {', '.join(_shown(zones)) or 'none'}; in the "
            f"table: {', '.join(sorted({trip.a for trip in listed})[:8])}"
        )
    return tuple(judged)


def _named_zones(scope: Scope, as_of: str) -> dict[str, FailureDomain]:
    named: dict[str, FailureDomain] = {}
    for unit in zone_units(scope.region, scope.sites, as_of):
        for name in (unit.id, unit.id.partition("/")[2], unit.name):
            named[simplify(name)] = unit
    return named


def _shown(zones: dict[str, FailureDomain]) -> Sequence[str]:
    return list(dict.fromkeys(unit.name for unit in zones.values()))[:8]


def _region_names(region: Region) -> set[str]:
    return {
        simplify(name) for name in (region.id, region.id.removeprefix(f"{region.provider}-"), region.name)
    }


def _judged(found: Bound, straight: Interval | None, claims: Sequence[Claim], kind: str) -> Judged:
    refuted = []
    for claim in claims:
        told = f'"{claim.text.rstrip(".")}"'
        if claim.kind == kind and claim.value is not None and refutes(found, claim.value):
            refuted.append(f"{told}: it would need {claim.value:g} km")
        if (
            claim.kind == "rtt-max"
            and kind == "separation-min"
            and claim.value is not None
            and found.trip.ms > claim.value
        ):
            refuted.append(f"{told}: it took {found.trip.ms:g} ms")
    if straight is not None and straight.high is not None and refutes(found, straight.low / 1000):
        refuted.append(f"the recorded places, {phrases.interval(straight)} apart")
    return Judged(found, straight, tuple(refuted))
