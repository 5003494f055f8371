"""Chains: how units may hang on stations of the grid, and which stations they then share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.judging.cause import strongest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from zonerisk.core.model import Evidence, Feed, Grade, Region, Site
    from zonerisk.grid.supply import Sample
    from zonerisk.judging.arrangement import FailureDomain

GRADES: tuple[Grade, ...] = ("A", "B", "C")
# Of the stations that a group shares, so many are named: the nearest.
NAMED = 2
Line = tuple[str, ...]
"""Stations from a start to what stands above it; one alone where they are the same."""


@dataclass(frozen=True)
class Chain:
    """The ways from a unit up to a station that, as far as known, stands above it.

    Attributes
    ----------
    unit, site
        Ids of the unit, and the name of its site.
    top, hops
        The station, and how many circuits lie below it.
    start, stations
        Where the ways begin, in words, and the stations' ids.
    distances_m
        How far those are from the site; none for a stated feed.
    """

    unit: str
    site: str
    top: str
    hops: int
    start: str
    stations: tuple[str, ...]
    distances_m: tuple[float, ...]
    grade: Grade
    evidence: tuple[Evidence, ...]

    def lines(self, sample: Sample) -> Iterator[Line]:
        """Give the stations on a shortest way from each start; others may exist."""
        for station in self.stations:
            ways = sample.upstream.get(station, ())
            via = next((one.via for one in ways if one.station == self.top), ())
            yield (station,) if station == self.top else (station, *via, self.top)


@dataclass(frozen=True)
class Group:
    """Units that share stations, the nearest two of these, and the chains that lead there."""

    members: tuple[str, ...]
    grade: Grade
    tops: tuple[str, ...]
    chains: tuple[Chain, ...]

    @property
    def key(self) -> str:
        """What the shared risk is called: a station, and whether only near ones lead to it."""
        return self.tops[0] + ("+near" if self.grade == "C" else "")


def of(
    units: Sequence[FailureDomain],
    current: Sequence[tuple[Feed, Region]],
    below: Mapping[str, set[str]],
    sample: Sample,
    hops: int,
) -> list[Chain]:
    """Follow the stated feeds of units, and the stations near them, up the grid.

    Parameters
    ----------
    units
        Whose sites are followed.
    current
        Feeds that hold, with the records that state them.
    below
        The sites that each of them supplies.
    sample
        What was derived of the grid.
    hops
        How many circuits up.
    """
    found = []
    for unit, site in [(one, site) for one in units for site in one.sites]:
        for feed, region in current:
            if feed.station and site.id in below[feed.id]:
                evidence = region.cite(feed.evidence)
                for top, far in _above(feed.station, sample, hops).items():
                    weakest = max(strongest(evidence), "B") if far else strongest(evidence)
                    sources = sample.cite("upstreams") if far else ()
                    found.append(
                        Chain(
                            unit.id,
                            site.name,
                            top,
                            far,
                            feed.name,
                            (feed.station,),
                            (),
                            weakest,
                            (*evidence, *sources),
                        )
                    )
        found += _from_candidates(unit, site, sample, hops)
    return found


def _from_candidates(unit: FailureDomain, site: Site, sample: Sample, hops: int) -> list[Chain]:
    """Follow every station that could be the nearest; keep what stands above them all."""
    around = sample.neighbourhood(site)
    if around is None or not around.candidates:
        return []
    ways = [_above(one.station, sample, hops) for one in around.candidates]
    tops = set.intersection(*(set(way) for way in ways))
    start = " or ".join(one.label for one in around.candidates)
    return [
        Chain(
            unit.id,
            site.name,
            top,
            max(way[top] for way in ways),
            start,
            tuple(one.station for one in around.candidates),
            tuple(one.distance_m for one in around.candidates),
            "C",
            sample.cite(around.source, *(["upstreams"] if any(way[top] for way in ways) else [])),
        )
        for top in sorted(tops)
    ]


def _above(station: str, sample: Sample, hops: int) -> dict[str, int]:
    """Give a station and the backbone stations above it, with the circuits between."""
    tops = {one.station: one.hops for one in sample.upstream.get(station, ()) if one.hops <= hops}
    return {station: 0, **tops}


def groups(units: Sequence[FailureDomain], chains: Sequence[Chain]) -> list[Group]:
    """Group units under the stations they share, the best grade first."""
    best: dict[tuple[str, str], Chain] = {}
    for chain in sorted(chains, key=lambda one: (one.grade, one.hops, one.start)):
        best.setdefault((chain.top, chain.unit), chain)
    shared: dict[tuple[tuple[str, ...], Grade], list[str]] = {}
    for top in dict.fromkeys(top for top, _ in best):
        for grade in GRADES:
            # What some units surely share is not hidden by others that may share it too.
            members = tuple(
                unit.id for unit in units if (top, unit.id) in best and best[top, unit.id].grade <= grade
            )
            if len(members) > 1 and any(best[top, unit].grade == grade for unit in members):
                shared.setdefault((members, grade), []).append(top)
    found = []
    for (members, grade), tops in shared.items():
        tops.sort(key=lambda top: (sum(best[top, unit].hops for unit in members), top))
        named = tuple(tops[:NAMED])
        chosen = tuple(best[top, unit] for top in named for unit in members)
        found.append(Group(members, grade, named, chosen))
    return sorted(found, key=lambda one: one.grade)
