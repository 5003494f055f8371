"""Power and network feeds that units share: stated ones, and those that the grid lets suspect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.grid.supply import EMPTY
from zonerisk.judging import chains
from zonerisk.judging.cause import RiskGroups, listing, named, risk, strongest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.model import Evidence, Feed, Region
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.grid.supply import Near, Neighbourhood, Sample
    from zonerisk.judging.arrangement import FailureDomain
    from zonerisk.judging.chains import Chain, Group, Line

# Circuits between a station and a backbone station above it, where the policy says nothing.
HOPS = 4
_TOLD = 6


def assess(
    kind: str,
    units: Sequence[FailureDomain],
    owners: Sequence[Region],
    as_of: str,
    sample: Sample = EMPTY,
    hops: int = HOPS,
) -> RiskGroups:
    """Find which units hang on the same supply.

    A pair is never known to be apart: a missing record, or a circuit that a sample of the
    grid lacks, is unknown. Only what is shared can be found.

    Parameters
    ----------
    kind
        One of :data:`zonerisk.core.kinds.FEEDS`.
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
    records = _records(kind, owners)
    current, below = stated(kind, owners, as_of)
    risks, known = [], set()
    for feed, region in current:
        hit = [unit for unit in units if any(site.id in below[feed.id] for site in unit.sites)]
        known |= {unit.id for unit in hit}
        if len(hit) > 1:
            evidence = region.cite(feed.evidence)
            grade = strongest(evidence)
            hang = "may hang on" if grade == "C" else "hang on"
            message = f"{named(hit)} {hang} {feed.name}"
            risks.append(risk(kind, feed.id, grade, hit, message, evidence))
    silent = [unit for unit in units if unit.id not in known]
    reason = (
        f"no {kind} feed is disclosed for {named(silent)}"
        if silent
        else f"the stated {kind} feeds do not say what lies upstream"
    )
    notes, cited = _ended(records, units, as_of)
    if kind == "power":
        # A stated supply that all of a group share leaves nothing more to suspect.
        risks += [
            _shared(group, units, sample)
            for group in chains.groups(units, chains.of(units, current, below, sample, hops))
            if not any(set(group.members) <= set(one.members) and one.grade <= group.grade for one in risks)
        ]
        grouped = {unit for found in risks for unit in found.members}
        told, sources = _told([unit for unit in units if unit.id not in grouped], sample)
        notes, cited = (*notes, *told), (*cited, *sources)
    return RiskGroups(kind, tuple(risks), reason=reason, notes=notes, evidence=cited)


def lines(
    units: Sequence[FailureDomain], owners: Sequence[Region], as_of: str, sample: Sample, hops: int
) -> dict[str, tuple[Line, ...]]:
    """Give the stations that each shared power risk speaks of, by the risk's id.

    Parameters are those of :func:`assess`.
    """
    current, below = stated("power", owners, as_of)
    found: dict[str, tuple[Line, ...]] = {
        f"power:{feed.id}": ((feed.station,),) for feed, _ in current if feed.station
    }
    for group in chains.groups(units, chains.of(units, current, below, sample, hops)):
        each = [line for chain in group.chains for line in chain.lines(sample)]
        found[f"power:{group.key}"] = tuple(dict.fromkeys(each))
    return found


def stated(
    kind: str, owners: Sequence[Region], as_of: str
) -> tuple[list[tuple[Feed, Region]], dict[str, set[str]]]:
    """Give the supplies that records state for a day, and the sites that hang on each.

    A site hangs on a feed directly, or through feeds downstream of it.
    """
    current = [(feed, region) for feed, region in _records(kind, owners) if feed.holds(as_of)]
    below = {feed.id: set(feed.sites) for feed, _ in current}
    for _ in current:
        for feed, _ in current:
            for upstream in feed.upstream:
                if upstream in below:
                    below[upstream] |= below[feed.id]
    return current, below


def _records(kind: str, owners: Sequence[Region]) -> list[tuple[Feed, Region]]:
    return [(feed, region) for region in owners for feed in region.feeds.values() if feed.kind == kind]


def _ended(
    records: Sequence[tuple[Feed, Region]], units: Sequence[FailureDomain], as_of: str
) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Tell of stated supplies that held before the day: what came after is not known."""
    notes: list[str] = []
    cited: list[Evidence] = []
    for feed, region in records:
        hit = [unit for unit in units if any(site.id in feed.sites for site in unit.sites)]
        where = any(site.id in feed.sites for unit in units for site in unit.possible)
        if (hit or where) and feed.until and not feed.holds(as_of) and feed.until < as_of:
            whom = named(hit) if hit else "the region"
            notes.append(f"stated for {whom} until {feed.until} only: {feed.name}")
            cited += region.cite(feed.evidence)
    return tuple(notes), tuple(cited)


def _shared(group: Group, units: Sequence[FailureDomain], sample: Sample) -> SharedRisk:
    hit = [unit for unit in units if unit.id in group.members]
    names = " and ".join(_name(top, sample) for top in group.tops)
    first = [one for one in group.chains if one.top == group.tops[0]]
    ways: dict[tuple[str, int], list[Chain]] = {}
    for one in first:
        ways.setdefault((one.start, one.hops), []).append(one)
    listed = "; ".join(_way(start, hops, each, names) for (start, hops), each in ways.items())
    if group.grade == "C":
        verb, listed = "may hang", f"{listed}; which stations feed them is not known"
    else:
        verb = "hang"
    evidence = tuple(dict.fromkeys(piece for one in first for piece in one.evidence))
    message = f"{named(hit)} {verb} on {names} ({listed})"
    return risk("power", group.key, group.grade, hit, message, evidence)


def _way(start: str, hops: int, ways: Sequence[Chain], names: str) -> str:
    """Word the ways up from one start: the stations near some sites, or their stated feed.

    A start that is itself what they hang on has been named.
    """
    sites = listing([one.site for one in ways])
    distances = [far for one in ways for far in one.distances_m]
    if not distances:
        feeds = "may feed" if any(one.grade == "C" for one in ways) else "feeds"
        begin = f"{start}, which {feeds} {sites}"
    else:
        begin = f"nearest known at {_km(distances)} from {sites}"
        begin = begin if start == names else f"{start}, {begin}"
    return begin + (f", {hops} circuit{'' if hops == 1 else 's'} below" if hops else "")


def _name(station: str, sample: Sample) -> str:
    return sample.names[station].label if station in sample.names else station


def _told(units: Sequence[FailureDomain], sample: Sample) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
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
    return tuple(notes), sample.cite(*sources)


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
