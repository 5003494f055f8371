"""Power and network: the supplies that domains share, as stated or as the grid lets suspect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from zonerisk.core.model import Evidence, Feed, Grade, Region
from zonerisk.core.samples import Chain, Line, Neighbourhood, Sample
from zonerisk.core.verdict import SharedRisk
from zonerisk.judging.arrangement import Arrangement, Domains, RiskGroups, risk, strongest
from zonerisk.words import findings as wording

# Circuits between a station and a backbone station above it, where the policy says nothing.
HOPS = 4
# Groups of sites whose nearest stations are told, and stations that a shared risk names: the nearest.
_MOST_NOTES, _MOST_STATIONS = 6, 2
_GRADES: tuple[Grade, ...] = ("A", "B", "C")
StatedFeeds = dict[str, tuple["Feed", "Region", frozenset[str]]]
"""Feeds that hold on a day, by id: with the record that states each, and the sites that it supplies."""


class Group(NamedTuple):
    """Domains that share stations: the nearest two of these, and the chains that lead there.

    The shared risk's ``key`` is a station, and whether only near ones lead to it.
    """

    key: str
    members: tuple[str, ...]
    grade: Grade
    tops: tuple[str, ...]
    chains: tuple[Chain, ...]


def assess(kind: str, arrangement: Arrangement, sample: Sample, hops: int) -> RiskGroups:
    """Find which domains depend on the same supply of a kind, within so many circuits up the grid.

    No pair is known to be apart: what a record or a sample of the grid lacks is unknown.
    """
    domains, owners, day = arrangement.domains, arrangement.owners, arrangement.day
    feeds = stated(kind, owners, day)
    risks: list[SharedRisk] = []
    notes: list[str] = []
    cited: list[Evidence] = []
    supplied = set()
    for feed, region in _records(kind, owners):
        sites = feeds[feed.id][2] if feed.id in feeds else feed.sites
        hit = [domain for domain in domains if any(site.id in sites for site in domain.sites)]
        evidence = region.cite(feed.evidence)
        if feed.id in feeds:
            supplied |= {domain.id for domain in hit}
            if len(hit) > 1:
                grade = strongest(evidence)
                message = (wording.may_depend if grade == "C" else wording.depend)(hit, feed.name)
                risks.append(risk(kind, feed.id, grade, hit, message, evidence))
        elif (
            feed.until
            and feed.until < day
            and any(site.id in sites for domain in domains for site in (*domain.sites, *domain.possible))
        ):
            # It was stated for days before: what came after is not known.
            notes.append(wording.ended(hit, feed.until, feed.name))
            cited += evidence
    if kind == "power":
        feeding = tuple(risks)
        for group in _groups(domains, feeds, sample, hops):
            members = set(group.members)
            # A stated supply that all of a group share leaves nothing more to suspect.
            if not any(members <= set(other.members) and other.grade <= group.grade for other in feeding):
                hit = [domain for domain in domains if domain.id in members]
                ways = [chain for chain in group.chains if chain.top == group.tops[0]]
                tops = [sample.label(top) for top in group.tops]
                message = wording.shared_stations(hit, tops, group.grade, ways)
                evidence = tuple(dict.fromkeys(piece for chain in ways for piece in chain.evidence))
                risks.append(risk("power", group.key, group.grade, hit, message, evidence))
        grouped = {member for shared in risks for member in shared.members}
        around, sources = _around([domain for domain in domains if domain.id not in grouped], sample)
        notes += around
        cited += sources
    silent = [domain for domain in domains if domain.id not in supplied]
    reason = wording.no_feed(kind, silent) if silent else wording.feeds_end(kind)
    return RiskGroups(kind, tuple(risks), reason=reason, notes=tuple(notes), evidence=tuple(cited))


def stated(kind: str, owners: Sequence[Region], day: str) -> StatedFeeds:
    """Return the supplies that records state for a day, each with the sites on it or on feeds below it."""
    current = {feed.id: (feed, region) for feed, region in _records(kind, owners) if feed.holds(day)}
    below = {key: set(feed.sites) for key, (feed, _) in current.items()}
    for _ in current:
        for key, (feed, _) in current.items():
            for upstream in feed.upstream:
                if upstream in below:
                    below[upstream] |= below[key]
    return {key: (feed, region, frozenset(below[key])) for key, (feed, region) in current.items()}


def lines(domains: Domains, feeds: StatedFeeds, sample: Sample, hops: int) -> dict[str, tuple[Line, ...]]:
    """Return the stations that each shared power risk speaks of, by the risk's id."""
    ways: dict[str, tuple[Line, ...]] = {
        f"power:{key}": ((feed.station,),) for key, (feed, _, _) in feeds.items() if feed.station
    }
    for group in _groups(domains, feeds, sample, hops):
        listed = [line for chain in group.chains for line in chain.lines(sample)]
        ways[f"power:{group.key}"] = tuple(dict.fromkeys(listed))
    return ways


def _records(kind: str, owners: Sequence[Region]) -> list[tuple[Feed, Region]]:
    return [(feed, region) for region in owners for feed in region.feeds.values() if feed.kind == kind]


def _groups(domains: Domains, feeds: StatedFeeds, sample: Sample, hops: int) -> list[Group]:
    """Group domains under the stations they share, the best grade first."""
    best: dict[str, dict[str, Chain]] = {}
    listed = chains(domains, feeds, sample, hops)
    for chain in sorted(listed, key=lambda chain: (chain.grade, chain.hops, chain.start)):
        best.setdefault(chain.top, {}).setdefault(chain.domain, chain)
    shared: dict[tuple[tuple[str, ...], Grade], list[str]] = {}
    for top, known in best.items():
        for grade in _GRADES:
            # What some domains surely share is not hidden by others that may share it too.
            ids = (domain.id for domain in domains if domain.id in known)
            members = tuple(key for key in ids if known[key].grade <= grade)
            if len(members) > 1 and any(known[key].grade == grade for key in members):
                shared.setdefault((members, grade), []).append(top)
    groups = []
    for (members, grade), tops in shared.items():
        tops.sort(key=lambda top: (sum(best[top][key].hops for key in members), top))
        nearest = tuple(tops[:_MOST_STATIONS])
        ways = tuple(best[top][key] for top in nearest for key in members)
        key = tops[0] + ("+near" if grade == "C" else "")
        groups.append(Group(key, members, grade, nearest, ways))
    return sorted(groups, key=lambda group: group.grade)


def chains(domains: Domains, feeds: StatedFeeds, sample: Sample, hops: int) -> Iterator[Chain]:
    """Follow the stated feeds of domains' sites, and the stations near them, up the grid.

    Of stations that could each be the nearest to a site, only what stands above them all is kept.
    """
    for domain in domains:
        for site in domain.sites:
            # Stations by name and id, their distances, and what is cited for them.
            starts: list[tuple[tuple[str, ...], tuple[str, ...], tuple[float, ...], tuple[Evidence, ...]]] = [
                ((feed.name,), (feed.station,), (), region.cite(feed.evidence))
                for feed, region, sites in feeds.values()
                if feed.station and site.id in sites
            ]
            around = sample.neighbourhood(site)
            if around and (nearest := around.candidates):
                ends = [(near.label, near.station, near.distance_m) for near in nearest]
                names, stations, metres = zip(*ends, strict=True)
                starts.append((names, stations, metres, sample.cite(around.source)))
            for start, stations, distances_m, evidence in starts:
                grade = "C" if distances_m else strongest(evidence)
                # Each station itself, and the backbone stations above it, with the circuits between.
                ways = [
                    {station: 0}
                    | {up.station: up.hops for up in sample.upstream.get(station, ()) if up.hops <= hops}
                    for station in stations
                ]
                for top in sorted(set.intersection(*map(set, ways))):
                    far = max(way[top] for way in ways)
                    cited = (*evidence, *sample.cite("upstreams")) if far else evidence
                    up = max(grade, "B") if far else grade
                    yield Chain(domain.id, site.name, top, far, start, stations, distances_m, up, cited)


def _around(domains: Domains, sample: Sample) -> tuple[tuple[str, ...], tuple[Evidence, ...]]:
    """Name the stations near sites that no risk speaks of, sites with the same stations together."""
    groups: dict[tuple[int, tuple[str, ...]], list[tuple[str, Neighbourhood]]] = {}
    for site in {site.id: site for domain in domains for site in domain.sites}.values():
        around = sample.neighbourhood(site)
        if around is not None and around.near:
            key = (around.open, tuple(near.station for near in around.telling))
            groups.setdefault(key, []).append((site.name, around))
    listed = list(groups.values())
    sources = dict.fromkeys(around.source for group in listed for _, around in group)
    years = {key: sample.sources[key].read[:4] for key in sources if key in sample.sources}
    notes = [wording.near_stations(group, years.get(group[0][1].source)) for group in listed[:_MOST_NOTES]]
    rest = sum(len(group) for group in listed[_MOST_NOTES:])
    return (*notes, *([wording.more_stations(rest)] if rest else [])), sample.cite(*sources)
