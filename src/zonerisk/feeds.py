"""Power and network feeds that units share: stated ones, and those that the grid lets suspect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.grid.supply import EMPTY
from zonerisk.shared import Assessment, listing, named, risk, strongest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zonerisk.grid.supply import Near, Neighbourhood, Sample
    from zonerisk.model import Evidence, Feed, Grade, Region, Site
    from zonerisk.unit import Unit
    from zonerisk.verdict import SharedRisk

KINDS = ("power", "network")
# Circuits between a station and a backbone station above it, where the policy says nothing.
HOPS = 4
GRADES: tuple[Grade, ...] = ("A", "B", "C")
_TOLD = 6


def assess(
    kind: str,
    units: Sequence[Unit],
    owners: Sequence[Region],
    as_of: str,
    sample: Sample = EMPTY,
    hops: int = HOPS,
) -> Assessment:
    """Find which units hang on the same supply.

    A pair is never known to be apart: a missing record, or a circuit that a sample of the
    grid lacks, is unknown. Only what is shared can be found.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    units
        What is compared.
    owners
        Region records whose feeds may name the units' sites.
    as_of
        The day, ``YYYY-MM-DD``.
    sample
        What was derived of the grid at the sites.
    hops
        How many circuits up the grid two sites' supplies count as one.
    """
    records = [
        (feed, region) for region in owners for feed in region.feeds.values() if feed.kind == kind
    ]
    current = [(feed, region) for feed, region in records if feed.holds(as_of)]
    below = _sites_below([feed for feed, _ in current])
    risks, stated = [], set()
    for feed, region in current:
        hit = [unit for unit in units if any(site.id in below[feed.id] for site in unit.sites)]
        stated |= {unit.id for unit in hit}
        if len(hit) > 1:
            evidence = region.cite(feed.evidence)
            risks.append(
                risk(
                    kind,
                    feed.id,
                    strongest(evidence),
                    hit,
                    f"{named(hit)} hang on {feed.name}",
                    evidence,
                )
            )
    silent = [unit for unit in units if unit.id not in stated]
    reason = (
        f"no {kind} feed is disclosed for {named(silent)}"
        if silent
        else f"the stated {kind} feeds do not say what lies upstream"
    )
    notes, cited = _ended(records, units, as_of)
    if kind == "power":
        chains = [link for unit in units for link in _chains(unit, current, below, sample, hops)]
        # A stated supply that all of a group share leaves nothing more to suspect.
        known = tuple(risks)
        risks += [
            found
            for found in _upstream_risks(units, chains, sample)
            if not any(
                set(found.members) <= set(one.members) and one.grade <= found.grade for one in known
            )
        ]
        grouped = {unit for found in risks for unit in found.members}
        told, sources = _told([unit for unit in units if unit.id not in grouped], sample)
        notes, cited = (*notes, *told), (*cited, *sources)
    return Assessment(kind, tuple(risks), reason=reason, notes=notes, evidence=cited)


def _sites_below(feeds: Sequence[Feed]) -> dict[str, set[str]]:
    """Give every feed the sites it supplies, directly or through feeds downstream of it."""
    below = {feed.id: set(feed.sites) for feed in feeds}
    for _ in feeds:
        for feed in feeds:
            for upstream in feed.upstream:
                if upstream in below:
                    below[upstream] |= below[feed.id]
    return below


def _ended(
    records: Sequence[tuple[Feed, Region]], units: Sequence[Unit], as_of: str
) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Tell of stated supplies that held before the day: what came after is not known."""
    notes: list[str] = []
    cited: list[Evidence] = []
    for feed, region in records:
        hit = [unit for unit in units if any(site.id in feed.sites for site in unit.sites)]
        if hit and feed.until and not feed.holds(as_of) and feed.until < as_of:
            notes.append(f"stated for {named(hit)} until {feed.until} only: {feed.name}")
            cited += region.cite(feed.evidence)
    return tuple(notes), tuple(cited)


@dataclass(frozen=True)
class _Chain:
    """One way from a unit up to a station that, as far as known, stands above it."""

    unit: str
    site: str
    top: str
    hops: int
    start: str
    distances_m: tuple[float, ...]
    grade: Grade
    evidence: tuple[Evidence, ...]


def _chains(
    unit: Unit,
    current: Sequence[tuple[Feed, Region]],
    below: Mapping[str, set[str]],
    sample: Sample,
    hops: int,
) -> list[_Chain]:
    found = []
    for site in unit.sites:
        for feed, region in current:
            if feed.station and site.id in below[feed.id]:
                evidence = region.cite(feed.evidence)
                for top, far in _above(feed.station, sample, hops).items():
                    weakest = max(strongest(evidence), "B") if far else strongest(evidence)
                    sources = _cited(sample, "upstreams") if far else ()
                    found.append(
                        _Chain(
                            unit.id,
                            site.name,
                            top,
                            far,
                            feed.name,
                            (),
                            weakest,
                            (*evidence, *sources),
                        )
                    )
        found += _candidate_chains(unit, site, sample, hops)
    return found


def _candidate_chains(unit: Unit, site: Site, sample: Sample, hops: int) -> list[_Chain]:
    """Follow every station that could be the nearest; keep what stands above them all."""
    around = sample.neighbourhood(site)
    if around is None or not around.candidates:
        return []
    ways = [_above(one.station, sample, hops) for one in around.candidates]
    tops = set.intersection(*(set(way) for way in ways))
    start = " or ".join(one.label for one in around.candidates)
    distances = tuple(one.distance_m for one in around.candidates)
    return [
        _Chain(
            unit.id,
            site.name,
            top,
            max(way[top] for way in ways),
            start,
            distances,
            "C",
            _cited(
                sample, around.source, *(["upstreams"] if any(way[top] for way in ways) else [])
            ),
        )
        for top in sorted(tops)
    ]


def _above(station: str, sample: Sample, hops: int) -> dict[str, int]:
    """Give a station and the backbone stations above it, with the circuits between."""
    tops = {one.station: one.hops for one in sample.upstream.get(station, ()) if one.hops <= hops}
    return {station: 0, **tops}


def _cited(sample: Sample, *keys: str) -> tuple[Evidence, ...]:
    return tuple(sample.sources[key] for key in keys if key in sample.sources)


def _upstream_risks(
    units: Sequence[Unit], chains: Sequence[_Chain], sample: Sample
) -> list[SharedRisk]:
    """Group units under the stations they share; of a group's stations, name the nearest two."""
    best: dict[tuple[str, str], _Chain] = {}
    for chain in sorted(chains, key=lambda one: (one.grade, one.hops, one.start)):
        best.setdefault((chain.top, chain.unit), chain)
    groups: dict[tuple[tuple[str, ...], Grade], list[str]] = {}
    for top in dict.fromkeys(top for top, _ in best):
        for grade in GRADES:
            # What some units surely share is not hidden by others that may share it too.
            members = tuple(
                unit.id
                for unit in units
                if (top, unit.id) in best and best[top, unit.id].grade <= grade
            )
            if len(members) > 1 and any(best[top, unit].grade == grade for unit in members):
                groups.setdefault((members, grade), []).append(top)
    found = []
    for (members, grade), tops in groups.items():
        tops.sort(key=lambda top: (sum(best[top, unit].hops for unit in members), top))
        first = [best[tops[0], unit] for unit in members]
        hit = [unit for unit in units if unit.id in members]
        evidence = tuple(dict.fromkeys(piece for one in first for piece in one.evidence))
        key = tops[0] + ("+near" if grade == "C" else "")
        message = _worded(hit, first, tops, grade, sample)
        found.append(risk("power", key, grade, hit, message, evidence))
    return sorted(found, key=lambda one: one.grade)


def _worded(
    hit: Sequence[Unit], first: Sequence[_Chain], tops: Sequence[str], grade: Grade, sample: Sample
) -> str:
    names = " and ".join(_name(top, sample) for top in tops[:2])
    ways: dict[tuple[str, int], list[_Chain]] = {}
    for one in first:
        ways.setdefault((one.start, one.hops), []).append(one)
    listed = "; ".join(_way(start, hops, each, names) for (start, hops), each in ways.items())
    if grade == "C":
        return f"{named(hit)} may hang on {names} ({listed}; which stations feed them is not known)"
    return f"{named(hit)} hang on {names} ({listed})"


def _way(start: str, hops: int, chains: Sequence[_Chain], names: str) -> str:
    """Word the ways up from one start: the stations near some sites, or their stated feed.

    A start that is itself what they hang on has been named.
    """
    sites = listing([one.site for one in chains])
    distances = [far for one in chains for far in one.distances_m]
    if not distances:
        begin = f"{start}, which feeds {sites}"
    else:
        begin = f"nearest known at {_km(distances)} from {sites}"
        begin = begin if start == names else f"{start}, {begin}"
    return begin + (f", {hops} circuit{'' if hops == 1 else 's'} below" if hops else "")


def _name(station: str, sample: Sample) -> str:
    return sample.names[station].label if station in sample.names else station


def _told(units: Sequence[Unit], sample: Sample) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Tell which stations are near sites that no risk speaks of, and where several may be."""
    groups: dict[tuple[str, ...], list[tuple[str, Neighbourhood]]] = {}
    for site in {site.id: site for unit in units for site in unit.sites}.values():
        around = sample.neighbourhood(site)
        if around is not None and around.near:
            key = (str(around.open), *(one.station for one in _shown(around)))
            groups.setdefault(key, []).append((site.name, around))
    notes = [_near(group, sample) for group in list(groups.values())[:_TOLD]]
    rest = sum(len(group) for group in list(groups.values())[_TOLD:])
    if rest:
        notes.append(f"stations are known near {rest} more sites")
    sources = dict.fromkeys(around.source for group in groups.values() for _, around in group)
    return tuple(notes), _cited(sample, *sources)


def _shown(around: Neighbourhood) -> tuple[Near, ...]:
    """Pick a nearer station of lower voltage, if there is one, and three of transmission."""
    large = around.transmission
    return (*[one for one in around.near if one not in large][:1], *large[:3])


def _near(group: Sequence[tuple[str, Neighbourhood]], sample: Sample) -> str:
    """Word the stations around some sites: the nearest that a map of some year knows."""
    names = [name for name, _ in group]
    around = [each for _, each in group]
    listed = ", ".join(
        f"{column[0].label} at {_km([one.distance_m for one in column])}"
        for column in zip(*(_shown(one) for one in around), strict=True)
    )
    open_ = around[0].open
    doubt = f" (candidates overlap: any of {open_} could be the nearest)" if open_ > 1 else ""
    source = sample.sources.get(around[0].source)
    by = f" by a map of {source.read[:4]}" if source else ""
    fed = f"none known to feed {'it' if len(names) == 1 else 'them'}"
    return f"nearest known stations to {listing(names)}{by}, {fed}: {listed}{doubt}"


def _km(metres: Sequence[float]) -> str:
    low, high = f"{min(metres) / 1000:.1f}", f"{max(metres) / 1000:.1f}"
    return f"{low} km" if low == high else f"{low} to {high} km"
