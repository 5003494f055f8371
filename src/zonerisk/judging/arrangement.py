"""The arrangement: where the failure domains of one question stand, and the risks that they share."""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import SHORTEST_DEGREE_M, UNKNOWN, Interval, farthest_m, nearer, nearest_m
from zonerisk.core.verdict import SharedRisk, severity
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.model import (
        Claim,
        Evidence,
        Grade,
        Incident,
        Measurement,
        Position,
        Provider,
        Region,
        Site,
        Zone,
    )
    from zonerisk.core.samples import Sample, Source
    from zonerisk.core.verdict import Option, Outcome, Units
    from zonerisk.judging.likelihood import Rates

Pair = tuple[str, str]
# Positions that stand for a building's campus or town.
PLACEHOLDERS = ("campus", "town")
# Buildings of one campus stand no farther apart; the check of records refuses a wider one.
CAMPUS_MOST_M = 3000.0
# Round trips up to here look like one campus: those of single campuses are 0.13 to 0.18 ms, the least
# between buildings that are known to stand apart 0.27 ms, inside one zone 0.07 to 0.10 ms (IBM 2024 to 2026).
CAMPUS_MS = 0.18


@dataclass(frozen=True)
class FailureDomain:
    """A zone as sold, or one datacenter.

    ``sites`` are the buildings or campuses it stands in, none where that is not disclosed; ``possible``
    is where it may stand then. ``partial``: it may stand in others too.
    """

    id: str
    name: str
    sites: tuple[Site, ...] = ()
    possible: tuple[Site, ...] = ()
    partial: bool = False

    @cached_property
    def positions(self) -> tuple[Position, ...]:
        """Discs of the sites it stands in."""
        return positions(self.sites)

    @cached_property
    def regions(self) -> frozenset[str]:
        """Regions whose records tell of it or of its sites."""
        keys = (self.id, *(site.id for site in self.sites))
        return frozenset(key.partition("/")[0] for key in keys if "/" in key)

    @cached_property
    def grounds(self) -> frozenset[tuple[str, str]]:
        """The sites where it stands, and the campuses where records put these, by kind and id."""
        sites = {("site", site.id) for site in self.sites}
        return frozenset(sites | {("campus", site.campus) for site in self.sites if site.campus})

    @cached_property
    def disclosed(self) -> bool:
        """True where at least one of its sites has a position."""
        return bool(self.positions)

    @cached_property
    def bounded(self) -> bool:
        """True where it stands nowhere else: in a metro, while candidates may be some of many."""
        return (self.disclosed and not self.partial) or any(
            site.kind == "metro" and site.position for site in self.possible
        )

    @cached_property
    def places(self) -> tuple[object, ...]:
        """What a distance to it rests on: whether its sites are known, and which they are."""
        return (self.disclosed, self.partial, *(site.id for site in (*self.sites, *self.possible)))


Domains = Sequence[FailureDomain]


def positions(sites: Iterable[Site]) -> tuple[Position, ...]:
    """Discs of the sites that have one."""
    return tuple(site.position for site in sites if site.position)


def pairs(units: Iterable[FailureDomain]) -> list[tuple[FailureDomain, FailureDomain]]:
    """Every pair of units once, in their order."""
    return list(combinations(units, 2))


def pair_ids(units: Iterable[FailureDomain]) -> list[Pair]:
    """Every pair of units once, by id."""
    return list(combinations([unit.id for unit in units], 2))


def distance_m(a: FailureDomain, b: FailureDomain) -> Interval:
    """Distance between two units, metres: the closest pair of their sites decides.

    A unit that is not disclosed may stand at any possible site, even beside the other: its interval
    reaches down to 0, and up to the farthest of them where it surely stands at one of them. Units stated
    to stand in one building or on one campus are no farther apart than a campus is wide, however vague
    its place. Where two discs touch and one only stands for the campus or town of a building, its
    centre says nothing: there is no best estimate.
    """
    if a.disclosed and b.disclosed:
        nearest = nearest_m(a.positions, b.positions)
        if nearest.low <= CAMPUS_MOST_M < (nearest.high or 0.0) and not a.grounds.isdisjoint(b.grounds):
            return Interval(nearest.low, None, CAMPUS_MOST_M)
        if a.partial or b.partial:
            # What stands elsewhere too may stand nearer.
            return Interval(0.0, None, nearest.high)
        vague = any(
            site.position and (site.kind != "building" or site.position.method in PLACEHOLDERS)
            for site in (*a.sites, *b.sites)
        )
        return nearest.bounds if vague and not nearest.low else nearest
    if not (a.bounded and b.bounded):
        return UNKNOWN
    ours, theirs = (positions(unit.sites if unit.disclosed else unit.possible) for unit in (a, b))
    return Interval(0.0, None, farthest_m(ours, theirs))


def near_pairs(units: Domains, limit_m: float) -> list[tuple[FailureDomain, FailureDomain]]:
    """Return, cheaply, the pairs that do not surely stand as far apart as a limit, in their order."""
    spans = []
    for index, unit in enumerate(units):
        south, north = -math.inf, math.inf
        if unit.disclosed and not unit.partial:
            # No way between two parallels is shorter than along a meridian.
            south = min(at.lat * SHORTEST_DEGREE_M - at.uncertainty_m for at in unit.positions)
            north = max(at.lat * SHORTEST_DEGREE_M + at.uncertainty_m for at in unit.positions)
        spans.append((south, north, index))
    spans.sort()
    close = []
    for place, (_, north, index) in enumerate(spans):
        for south, _, other in spans[place + 1 :]:
            if south >= north + limit_m:
                break
            a, b = sorted((index, other))
            if north == math.inf or nearer(units[a].positions, units[b].positions, limit_m, surely=False):
                close.append((a, b))
    return [(units[a], units[b]) for a, b in sorted(close)]


@dataclass(frozen=True)
class RiskGroups:
    """One kind of shared risk: the groups found, of at least two units each, and pairs known to be apart.

    A pair that is neither in a group nor apart is not known, for a reason that is a clause. Notes are
    sentences on single units, and rest on the evidence. Nothing is ``assessed`` where no layer reaches any
    of the units.
    """

    kind: str
    all_risks: tuple[SharedRisk, ...] = ()
    apart: frozenset[Pair] = frozenset()
    reason: str = ""
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    assessed: bool = True

    @cached_property
    def risks(self) -> tuple[SharedRisk, ...]:
        """The groups of which all share one."""
        return tuple(risk for risk in self.all_risks if risk.groups == 1)

    @cached_property
    def counted_groups(self) -> tuple[SharedRisk, ...]:
        """Those of which some share, though not known which: zones that are more than their buildings."""
        return tuple(risk for risk in self.all_risks if risk.groups > 1)

    @cached_property
    def _sharing(self) -> dict[Pair, Outcome]:
        """What the pairs that share something come to, either way round."""
        risks = sorted(self.risks, key=lambda risk: severity(risk.outcome))
        return {pair: risk.outcome for risk in risks for pair in permutations(risk.members, 2)}

    def outcome(self, pair: Pair) -> Outcome:
        """Judge one pair."""
        return self._sharing.get(pair) or ("pass" if pair in self.apart else "unknown")

    def leaves_open(self, pairs: Iterable[Pair]) -> set[Pair]:
        """Return the pairs of which it is not known."""
        return set(pairs) - self.apart - self._sharing.keys()


def strongest(evidence: Iterable[Evidence]) -> Grade:
    """Return the best grade among pieces of evidence for one statement; C for none."""
    return min((piece.grade for piece in evidence), default="C")


def known_since(evidence: Iterable[Evidence], day: str) -> str | None:
    """Return when what evidence says became known, if all of it was published after a day."""
    days = [piece.published or "" for piece in evidence]
    first = min(days, default="")
    return first if first[: len(day)] > day[: len(first)] else None


def marked(shared: SharedRisk, day: str) -> SharedRisk:
    """Return a shared risk with the day since which it is known, where that lies after the day judged."""
    since = known_since(shared.evidence, day)
    if since is None:
        return shared
    return replace(shared, known_since=since, message=phrases.known_since(shared.message, since))


def risk(
    kind: str,
    key: str,
    grade: Grade,
    members: Iterable[FailureDomain],
    message: str,
    evidence: tuple[Evidence, ...] = (),
    groups: int = 1,
    at_least: int | None = None,
) -> SharedRisk:
    """Build a shared risk; its outcome follows from its grade."""
    return SharedRisk(
        id=f"{kind}:{key}",
        kind=kind,
        grade=grade,
        outcome="warn" if grade == "C" else "fail",
        members=tuple(unit.id for unit in members),
        message=message,
        evidence=evidence,
        groups=groups,
        at_least=at_least,
    )


def together(risks: Iterable[SharedRisk]) -> set[Pair]:
    """Return the pairs that share one of some risks, either way round."""
    return {pair for shared in risks for pair in permutations(shared.members, 2)}


class Trip(NamedTuple):
    """The least round trip on record between two zones, the last day it was measured on, and its sources."""

    ms: float
    day: str
    evidence: tuple[Evidence, ...]


def least_trips(measurements: Iterable[Measurement], day: str) -> dict[Pair, Trip]:
    """Return the least round trip of each pair that was measured by a day, either way round."""
    least: dict[Pair, Trip] = {}
    for record in measurements:
        for row in record.round_trips if record.day <= day[: len(record.day)] else ():
            trip = Trip(row.ms, record.day, tuple(record.evidence.values()))
            for pair in ((row.a, row.b), (row.b, row.a)):
                if pair not in least or row.ms < least[pair].ms:
                    least[pair] = trip
    return least


@dataclass(frozen=True)
class Arrangement:
    """What is judged: a region, a user's own sites, or the places of a workload."""

    # How findings name the whole, and one of its domains: zone, datacenter or place.
    id: str
    noun: str
    # YYYY-MM-DD.
    day: str
    domains: tuple[FailureDomain, ...]
    # Zones as sold.
    sold: int
    # Records whose feeds, hazards, campuses and counts of buildings may speak of the sites.
    owners: tuple[Region, ...] = ()
    # Whose statements count, and the provider's other regions; None for what no provider sells.
    region: Region | None = None
    provider: Provider | None = None
    peers: tuple[Region, ...] = ()
    # Metres between two domains.
    measure: Callable[[FailureDomain, FailureDomain], Interval] = distance_m
    # The round trips on record between domains, either way round.
    trips: Mapping[Pair, Trip] = field(default_factory=dict)
    # Shared risks by kind, once they are assessed, and where recovery may go, once that is judged.
    groups: Mapping[str, RiskGroups] = field(default_factory=dict)
    options: tuple[Option, ...] = ()
    # What was reckoned of domains by where they stand, for whoever asks again.
    memo: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def distance(self, a: FailureDomain, b: FailureDomain) -> Interval:
        """Return the distance of two of the domains, metres; each is measured once."""
        # Undisclosed zones of a region may all stand at the same places.
        places = (a.places, b.places) if self.measure is distance_m else (a.id, b.id)
        if places not in self.memo:
            self.memo[places] = self.measure(a, b)
        measured: Interval = self.memo[places]
        return measured

    @property
    def measured(self) -> list[tuple[Interval, FailureDomain, FailureDomain]]:
        """How far apart every two of the domains are."""
        return [(self.distance(a, b), a, b) for a, b in pairs(self.domains)]

    def trip(self, a: FailureDomain, b: FailureDomain) -> Trip | None:
        """Return the least round trip on record between two of the domains."""
        return self.trips.get((a.id, b.id))

    @cached_property
    def evidence(self) -> Mapping[str, tuple[Evidence, ...]]:
        """What is cited for each site of the domains, by its id."""
        records = {region.id: region for region in self.owners}
        names = (key.partition("/") for key in sites_of(self.domains))
        return {f"{owner}/{name}": records[owner].cite_site(name) for owner, _, name in names}

    def sited(self, domain: FailureDomain) -> bool:
        """Return whether evidence of grade A or B says where a domain stands."""
        region, pieces = self.region, [self.evidence[site.id] for site in domain.sites]
        zone = region.zones.get(domain.id.removeprefix(f"{region.id}/")) if region else None
        if region and zone:
            pieces.append(region.cite(zone.evidence))
        elif region and region.zones and region.candidates and self.noun == "zone":
            pieces.append(region.cite(region.candidates.evidence))
        return bool(domain.sites) and all(any(p.grade != "C" for p in cited) for cited in pieces)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What the provider states on that day, of the region and of all its regions."""
        stated = (part.claims for part in (self.region, self.provider) if part)
        return tuple(claim for claims in stated for claim in claims if claim.holds(self.day))


def sites_of(domains: Iterable[FailureDomain]) -> dict[str, Site]:
    """Return the sites where domains stand or may stand, by id."""
    return {site.id: site for domain in domains for site in (*domain.sites, *domain.possible)}


def last_day(text: str) -> str:
    """Return the last day that a partial date covers; refuse what is not a date."""
    known = re.fullmatch(r"(19\d\d|2\d{3})(?:-(0[1-9]|1[0-2])(?:-(\d\d))?)?", str(text))
    if known:
        year, month = int(known[1]), int(known[2] or 12)
        last = calendar.monthrange(year, month)[1]
        if 1 <= int(known[3] or last) <= last:
            return f"{year}-{month:02}-{int(known[3] or last):02}"
    raise UsageError(f"{text!r} is not a date; write YYYY-MM-DD, such as 2021-03-09")


def zones_sold(region: Region, as_of: str) -> tuple[Zone, ...]:
    """Zones that are sold on a day; none where the region itself was not there."""
    return tuple(zone for zone in region.zones.values() if region.holds(as_of) and zone.holds(as_of))


def _standing(ids: Iterable[str], sites: Mapping[str, Site], as_of: str) -> tuple[Site, ...]:
    return tuple(sites[key] for key in ids if sites[key].holds(as_of))


def candidates(region: Region, sites: Mapping[str, Site], as_of: str) -> tuple[Site, ...]:
    """Sites that serve the region without a known zone, on a day."""
    return _standing(region.candidates.sites, sites, as_of) if region.candidates else ()


def zone_units(region: Region, sites: Mapping[str, Site], as_of: str) -> tuple[FailureDomain, ...]:
    """Build a unit for each zone as sold.

    A metro is no place to compare: a zone known only by its metro is not disclosed, and
    may stand anywhere in it. Where the sources give one site for each zone, the sites
    stand for the zones whose labels are not published.
    """
    maybe = candidates(region, sites, as_of)
    units = []
    for zone in zones_sold(region, as_of):
        listed = _standing(zone.sites, sites, as_of)
        known = tuple(site for site in listed if site.kind != "metro")
        name = zone.name or zone.id.partition("/")[2]
        units.append(FailureDomain(zone.id, name, known, () if known else listed or maybe, zone.partial))
    if region.candidates and region.candidates.one_per_zone and not any(unit.sites for unit in units):
        by_site = _units(maybe)
        if len(by_site) == len(units):
            return by_site
    return tuple(units)


def site_units(region: Region, sites: Mapping[str, Site], as_of: str) -> tuple[FailureDomain, ...]:
    """Build a unit for each building or campus that serves the region on a day."""
    ids = [key for zone in zones_sold(region, as_of) for key in zone.sites]
    ids += region.candidates.sites if region.candidates else ()
    if region.numbered or not region.zones:
        # No datacenter of those sold by number is forgotten where no zone is said to hold it.
        ids += [site.id for site in region.sites.values()]
    return _units(_standing(dict.fromkeys(ids), sites, as_of))


def _units(sites: Iterable[Site]) -> tuple[FailureDomain, ...]:
    return tuple(FailureDomain(site.id, site.name, (site,)) for site in sites if site.kind != "metro")


class Facts(Protocol):
    """Records and what was sampled, derived and recorded beside them, as a catalogue tells of each."""

    def __hash__(self) -> int: ...  # noqa: D105
    @property
    def date(self) -> str: ...  # noqa: D102
    @property
    def region_ids(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def samples(self) -> Source: ...  # noqa: D102
    @property
    def supply(self) -> Sample: ...  # noqa: D102
    @property
    def rates(self) -> Rates: ...  # noqa: D102
    def provider(self, provider_id: str) -> Provider: ...  # noqa: D102
    def region(self, region_id: str) -> Region: ...  # noqa: D102
    def regions_of(self, provider_id: str) -> tuple[str, ...]: ...  # noqa: D102
    def sites_of(self, region_id: str) -> Mapping[str, Site]: ...  # noqa: D102
    def owners(self, region_id: str) -> tuple[Region, ...]: ...  # noqa: D102
    def incidents(self, about: str | None = None, logical: bool = True) -> tuple[Incident, ...]: ...  # noqa: D102
    def incidents_together(self, events: Iterable[str], providers: Iterable[str]) -> tuple[Incident, ...]: ...  # noqa: D102
    def measurements(self, region_id: str) -> tuple[Measurement, ...]: ...  # noqa: D102
    def digest(self, region_id: str) -> str: ...  # noqa: D102
    def digest_of(self, region_ids: Iterable[str]) -> str: ...  # noqa: D102


@lru_cache(maxsize=4096)
def arranged(
    facts: Facts, region_id: str, day: str, units: Units | None = None
) -> tuple[Arrangement, Arrangement, bool]:
    """Return a region by its zones and by its datacenters, and whether these are what is compared.

    They are where asked for, where an operator rents them out, or where one zone is sold and they by number.
    """
    region, places = facts.region(region_id), facts.sites_of(region_id)
    provider, sold = facts.provider(region.provider), len(zones_sold(region, day))
    by_zones = Arrangement(
        *(region_id, "zone", day, zone_units(region, places, day), sold, facts.owners(region_id)),
        region=region,
        provider=provider,
        trips=least_trips(facts.measurements(region_id), day),
    )
    sites = site_units(region, places, day)
    by_sites = replace(by_zones, noun="datacenter", domains=sites)
    numbered = provider.role == "operator" or (sold == 1 and region.numbered)
    return by_zones, by_sites, units == "sites" or (units is None and numbered)
