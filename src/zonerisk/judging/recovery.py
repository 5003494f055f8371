"""Disaster recovery: which other regions of a provider stand far enough away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.geometry import UNKNOWN, Interval, farthest_m, nearest_m
from zonerisk.core.verdict import Option, Outcome, Span, worst
from zonerisk.grid.supply import EMPTY
from zonerisk.judging.arrangement import PLACEHOLDERS, footprint, positions, zones_sold
from zonerisk.judging.history import shared
from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.catalogue.catalog import Scope
    from zonerisk.core.model import Incident, Position, Region
    from zonerisk.grid.supply import Area, Sample

# A Local Zone, a data center of old, or a region that is opened on request: its record says which.
LIMITED = "only some services or some customers are served there"


def distance_m(scope: Scope, other: Region, as_of: str) -> Interval:
    """Distance between the nearest sites of two regions, metres.

    Where a region's buildings are not disclosed, all places where they may stand bound
    the interval from both sides.
    """
    sides = [footprint(scope, region, as_of) for region in (scope.region, other)]
    ours, theirs = ((positions(sure), positions(maybe)) for sure, maybe in sides)
    return between(ours, theirs)


Discs = tuple[tuple["Position", ...], tuple["Position", ...]]
"""Where something surely stands, and where it may."""


def between(ours: Discs, theirs: Discs) -> Interval:
    """Distance between the nearest of two sets of sites, metres; see :func:`distance_m`."""
    (sure, maybe), (sure_other, maybe_other) = ours, theirs
    here, there = (*sure, *maybe), (*sure_other, *maybe_other)
    nearest = nearest_m(here, there)
    if nearest is UNKNOWN:
        return UNKNOWN
    roughly = any(at.method in PLACEHOLDERS for at in (*here, *there))
    if not nearest.low and (maybe or maybe_other or roughly):
        # As between zones: discs that touch have no best distance unless both are buildings.
        nearest = nearest.bounds
    if sure and sure_other:
        return Interval(nearest.low, nearest.best, nearest_m(sure, sure_other).high)
    return Interval(nearest.low, nearest.best, farthest_m(sure or maybe, sure_other or maybe_other))


def options(
    scope: Scope,
    as_of: str,
    min_km: float,
    sample: Sample = EMPTY,
    incidents: Sequence[Incident] = (),
) -> tuple[Option, ...]:
    """Judge every other open region of the partition as disaster recovery, nearest first.

    A recorded incident that hit both is a shared risk: distance alone then does not pass.
    The country, and the grid or synchronous area, that both lie in are told and decide
    nothing.

    Parameters
    ----------
    scope
        The region and its peers.
    as_of
        The day, ``YYYY-MM-DD``.
    min_km
        The policy's distance.
    sample
        What was derived of the grid at the sites.
    incidents
        Recorded incidents of regional size.
    """
    found = []
    here = _areas(scope, scope.region, as_of, sample)
    for peer in _sold(scope.peers, as_of):
        if peer.partition == scope.region.partition:
            distance = distance_m(scope, peer, as_of)
            grid = shared_grid(here, _areas(scope, peer, as_of, sample))
            hit = shared(incidents, (scope.region.id,), (peer.id,), as_of)
            land = f"; same country, {peer.country}" if peer.country == scope.region.country else ""
            nowhere = [
                region.name
                for region in (scope.region, peer)
                if distance.high is None
                and not any(positions(part) for part in footprint(scope, region, as_of))
            ]
            found.append((distance, _option(peer, distance, min_km, land + grid, hit, nowhere)))
    found.sort(key=lambda pair: (pair[0].rank, pair[1].target))
    return tuple(option for _, option in found)


def _sold(peers: Iterable[Region], as_of: str) -> list[Region]:
    """Give the provider's other open regions."""
    return [peer for peer in peers if peer.status == "open" and zones_sold(peer, as_of)]


def none_found(peers: Iterable[Region], as_of: str) -> str:
    """Say of what no other region is on record, where there is none to recover into."""
    whose = "its partition" if _sold(peers, as_of) else "the provider"
    return f"no other region of {whose} is on record"


def _areas(scope: Scope, region: Region, as_of: str, sample: Sample) -> list[Area]:
    return [sample.area(site) for part in footprint(scope, region, as_of) for site in part]


def shared_grid(ours: list[Area], theirs: list[Area]) -> str:
    """Word what two regions share of the grid; empty where an area is not known."""
    (grids, whole), (grids_there, whole_there) = (
        ({one.grid for one in side}, {one.synchronous for one in side}) for side in (ours, theirs)
    )
    if len(grids) == 1 and grids == grids_there and "" not in grids:
        return f"; the same grid area, {grids.pop()}"
    if not whole or not whole_there or "" in whole | whole_there:
        return ""
    if whole.isdisjoint(whole_there):
        return f"; another synchronous area, {' and '.join(sorted(whole_there))}"
    if len(whole) == 1 and whole == whole_there:
        return f"; the same synchronous area, {whole.pop()}"
    return ""


def _option(
    peer: Region,
    distance: Interval,
    min_km: float,
    told: str,
    hit: Sequence[Incident],
    nowhere: Sequence[str],
) -> Option:
    far = distance.at_least(min_km * 1000)
    outcome: Outcome = "unknown" if far is None else "pass" if far else "fail"
    if distance.high is None:
        message = f"{peer.name}: no distance, for no place of {phrases.names(nowhere)} is known"
    elif far is None:
        message = (
            f"{peer.name}: {phrases.interval(distance)}; the positions leave open whether that is "
            f"over {phrases.distance(min_km * 1000)}"
        )
    elif far:
        message = f"{peer.name}: {phrases.interval(distance)}, over {phrases.distance(min_km * 1000)}"
    else:
        message = f"{peer.name}: {phrases.interval(distance)}, nearer than {phrases.distance(min_km * 1000)}"
    if outcome == "pass" and peer.limited:
        outcome, message = "unknown", f"{message}, but {LIMITED}"
    for each in hit:
        outcome = worst([outcome, "warn" if each.grade == "C" else "fail"])
        message = f"{message}; both were hit by {each.name}"
    return Option.model_construct(
        target=peer.id,
        distance_m=Span.of(distance),
        outcome=outcome,
        message=message + told,
        evidence=tuple(piece for each in hit for piece in each.cited),
    )
