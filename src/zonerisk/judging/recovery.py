"""Disaster recovery: whether a place can be recovered in another, and which regions do it best."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from math import isfinite
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from zonerisk.core import kinds
from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import UNKNOWN, Interval, farthest_m, fibre_m, least_rtt_ms, nearest_m, rtt_ms
from zonerisk.core.model import Evidence, Incident, Policy, Position, Region, Rule
from zonerisk.core.samples import HazardSample
from zonerisk.core.verdict import (
    BLOCKS,
    Class,
    Grid,
    Option,
    Outcome,
    Provenance,
    Result,
    SharedRisk,
    TrackRecord,
    Zones,
    block,
    notebook,
    severity,
    worst,
)
from zonerisk.judging import hazards, history, independence, power, separation
from zonerisk.judging.arrangement import (
    PLACEHOLDERS,
    Facts,
    FailureDomain,
    arranged,
    last_day,
    marked,
    positions,
    zones_sold,
)
from zonerisk.words import findings as sentences
from zonerisk.words import phrases, verdicts

# Member states of the European Union in 2026.
EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)

# How little a place is worth of which one cause is known to take all, or several; else 0.
_UNSOUND: dict[Class | None, int] = {"shared": 2, "partly": 1, "one-zone": 1}
# What is counted is no object, and what cells or classes join stands near to each other.
_NO_OBJECTS = ("cell", "count", "stated")
Discs = tuple[tuple["Position", ...], tuple["Position", ...]]
"""Where something surely stands, and where it may."""


class Candidate(Result):
    """A region as disaster recovery: what speaks for it and against it.

    ``zones``, ``class_`` and ``record`` are null where something certain already rules the region out,
    ``grid`` where it is not known.
    """

    target: str
    name: str
    country: str
    outcome: Outcome
    message: str
    distance_m: Interval
    rtt_ms: Interval
    zones: Zones | None
    class_: Annotated[Class | None, Field(alias="class")]
    record: TrackRecord | None
    grid: Grid | None
    shared_risks: tuple[SharedRisk, ...]
    evidence: tuple[Evidence, ...] = ()


class RecoveryRanking(Result):
    """Every region asked about, the first to look at first: see :meth:`Judge.ordered`.

    ``kinds`` are the shared risks looked for; one that no candidate names is not on
    record, or not assessed.
    """

    schema: Literal["zonerisk/dr/1"] = "zonerisk/dr/1"
    target: str
    name: str
    policy: str
    as_of: str
    min_km: float | None
    max_rtt_ms: float | None
    within: str | None
    candidates: tuple[Candidate, ...]
    kinds: tuple[str, ...]
    provenance: Provenance

    @property
    def summary(self) -> str:
        """How many of the regions can be its disaster recovery, may and cannot."""
        outcomes, regions = Counter(row.outcome for row in self.candidates), len(self.candidates)
        fit = outcomes["pass"] + outcomes["warn"]
        return verdicts.ranked(fit, regions, outcomes["unknown"], outcomes["fail"])

    def _repr_html_(self) -> str:
        """Return it for a notebook: how many regions will do, and the first of them, all inert."""
        rows = [(row.outcome, row.target, f"{row.name}: {row.message}") for row in self.candidates]
        basis = f"policy {self.policy}; as of {self.as_of}"
        return notebook(f"{self.name}: {self.summary}.", basis, ("outcome", "region", "why"), rows)


class Endpoint:
    """What stands on one side of a recovery: a region, or a deployment's part in regions.

    ``regions`` are those it lies in, ``own`` those among them that are not in the catalogue;
    ``limited`` where only some of the provider's services are sold.
    """

    def __init__(
        self,
        key: str,
        name: str,
        units: tuple[FailureDomain, ...],
        regions: tuple[str, ...],
        countries: frozenset[str],
        own: tuple[Region, ...] = (),
        limited: bool = False,
    ) -> None:
        self.key, self.name, self.units, self.regions = key, name, units, regions
        self.countries, self.own, self.limited = countries, own, limited
        sites = {site.id: site for unit in units for site in unit.sites}
        maybe = {site.id: site for unit in units for site in unit.possible}
        # All of it as one unit, and where that surely stands, and may.
        self.whole = FailureDomain(key, name, tuple(sites.values()), tuple(maybe.values()))
        self.discs: Discs = positions(self.whole.sites), positions(self.whole.possible)


class Requirements(NamedTuple):
    """What a place must meet to be recovery for another.

    The least distance, None where nothing names a figure, with the policy's ``rule`` that does; the
    longest round trip, and a country's code or ``EU``, where they are asked for.
    """

    min_km: float | None
    max_rtt_ms: float | None = None
    within: str | None = None
    rule: Rule | None = None

    @classmethod
    def of(cls, policy: Policy, max_rtt_ms: float | None = None, within: str | None = None) -> Requirements:
        """Return what a policy asks of recovery; no distance where it names none."""
        rule = policy.rules.get("dr")
        return cls(rule.threshold if rule else None, max_rtt_ms, within, rule)


def between(ours: Discs, theirs: Discs) -> Interval:
    """Return the distance between the nearest of two sets of sites, metres, by all where they may stand."""
    (sure, maybe), (sure_other, maybe_other) = ours, theirs
    here, there = (*sure, *maybe), (*sure_other, *maybe_other)
    nearest = nearest_m(here, there)
    if nearest is UNKNOWN:
        return UNKNOWN
    vague = bool(maybe or maybe_other)
    if not nearest.low and (vague or any(at.method in PLACEHOLDERS for at in (*here, *there))):
        # As between zones: discs that touch have no best distance unless both are buildings.
        nearest = nearest.bounds
    if not vague:
        return nearest
    if sure and sure_other:
        return Interval(nearest.low, nearest.best, nearest_m(sure, sure_other).high)
    return Interval(nearest.low, nearest.best, farthest_m(sure or maybe, sure_other or maybe_other))


@lru_cache(maxsize=4096)
def endpoint(facts: Facts, region_id: str, day: str) -> Endpoint:
    """Take a region as one side of a recovery."""
    region = facts.region(region_id)
    zones, _, _ = arranged(facts, region_id, day)
    country = frozenset((region.country,))
    return Endpoint(region.id, region.name, zones.domains, (region.id,), country, limited=region.limited)


def rank(
    facts: Facts,
    target: str,
    policy: Policy,
    wanted: Requirements,
    as_of: str | None = None,
    to: Sequence[str] = (),
    any_provider: bool = False,
) -> RecoveryRanking:
    """Judge regions as recovery for a region: of ``to``, else all open ones of its provider or of any."""
    day = last_day(as_of or facts.date)
    home = facts.region(target)
    if not zones_sold(home, day):
        raise UsageError(f"{target} sold no zone on {day}; see: zonerisk show {target}")
    listed = to or (facts.region_ids if any_provider else facts.regions_of(home.provider))
    judge = Judge(facts, policy, wanted, day)
    area = EU if wanted.within == "EU" else {wanted.within}
    others = [
        key
        for key in listed
        if key != target and (wanted.within is None or facts.region(key).country in area)
        if to or _offered(facts.region(key), home, day)
    ]
    if set(to) == {target}:
        raise UsageError(f"{target} cannot recover in itself; name another region")
    if wanted.within and not others:
        raise UsageError(f"no region asked about lies within {wanted.within}; see: zonerisk list regions")
    candidates = []
    for row in judge.ordered(target, others):
        region = facts.region(row.target)
        parts = facts.provider(region.provider), facts.incidents(region.id), day
        candidates.append(replace(row, record=history.record(region, *parts)) if row.zones else row)
    return RecoveryRanking(
        target=target,
        name=f"{facts.provider(home.provider).name} {home.name}",
        policy=policy.id,
        as_of=day,
        min_km=wanted.min_km,
        max_rtt_ms=wanted.max_rtt_ms,
        within=wanted.within,
        candidates=tuple(candidates),
        kinds=judge.kinds if any(candidate.zones for candidate in candidates) else (),
        provenance=Provenance.build(policy, facts.date, facts.digest_of([target, *listed])),
    )


def _open(region: Region, day: str) -> bool:
    return region.status == "open" and bool(zones_sold(region, day))


def _offered(region: Region, home: Region, day: str) -> bool:
    """Return whether a region is open to who buys another (AWS sells China apart)."""
    same = region.provider != home.provider or region.partition == home.partition
    return same and _open(region, day)


def options(judge: Judge, region: Region, peers: Iterable[Region]) -> tuple[Option, ...]:
    """Judge the provider's other open regions as recovery for a region, the first to look at first."""
    facts, day = judge.facts, judge.day
    offered = [peer.id for peer in peers if _offered(peer, region, day)]
    return tuple(
        Option(
            target=row.target,
            distance_m=row.distance_m,
            outcome=row.outcome,
            class_=row.class_,
            losses=_losses(facts, row.target, day) if row.zones else None,
            message=f"{row.name}: {row.message}",
            evidence=row.evidence,
        )
        for row in judge.ordered(region.id, offered)
    )


@lru_cache(maxsize=4096)
def _losses(facts: Facts, region_id: str, day: str) -> int:
    return len(history.several(facts.region(region_id), facts.incidents(region_id, logical=False), day))


def none_found(peers: Iterable[Region], as_of: str) -> str:
    """Format of what no other region is on record, where there is none to recover into."""
    return verdicts.NO_PARTITION if any(_open(peer, as_of) for peer in peers) else verdicts.NO_RECOVERY


@lru_cache(maxsize=64)
def _judges(facts: Facts, day: str) -> dict[str, Judge]:
    return {}


def judge_under(facts: Facts, policy: Policy, day: str) -> Judge:
    """Return what judges under a policy on a day: each time the same, for it remembers what stands where."""
    judges = _judges(facts, day)
    if policy.id not in judges or judges[policy.id].policy is not policy:
        judges[policy.id] = Judge(facts, policy, Requirements.of(policy), day)
    return judges[policy.id]


class Judge:
    """Judges one place after the other as recovery, under the same policy and requirements."""

    def __init__(self, facts: Facts, policy: Policy, wanted: Requirements, day: str) -> None:
        self.facts, self.policy, self.wanted, self.day = facts, policy, wanted, day
        self._told: dict[object, list[tuple[list[Incident], frozenset[str]]]] = {}
        self._distances: dict[object, Interval] = {}
        self._traces: dict[object, set[object]] = {}
        self._areas: dict[object, tuple[set[str], set[str]]] = {}

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Shared risks that are looked for."""
        return ("building", "campus", *kinds.FEEDS, *self._hazards)

    @cached_property
    def _hazards(self) -> tuple[str, ...]:
        return tuple(key for key in kinds.HAZARDS if kinds.KINDS[key].always or key in self.policy.rules)

    def ordered(self, target: str, others: Iterable[str]) -> tuple[Candidate, ...]:
        """Return regions to recover a region in, the first to look at first.

        The best outcome comes first, then what one cause is not known to take. What is about as far, within
        a doubling, goes by what is shown of its zones, then by whether it lies in the same country, where the
        law stays the same, or in another synchronous area, which no blackout takes too. Then the nearest.
        """
        ours, country = endpoint(self.facts, target, self.day), self.facts.region(target).country

        def key(row: Candidate) -> tuple[int, int, int, int, bool, float, str]:
            shown = -BLOCKS.index(block(row.class_)) if row.class_ and row.class_ != "one-zone" else 0
            astray = row.country != country and row.grid != "other-synchronous"
            far, unsound = row.distance_m.rank, _UNSOUND.get(row.class_, 0)
            doublings = int(far / 1000).bit_length() if isfinite(far) else 99
            return severity(row.outcome), unsound, doublings, shown, astray, far, row.target

        candidates = (self.candidate(ours, endpoint(self.facts, other, self.day)) for other in others)
        return tuple(sorted(candidates, key=key))

    def candidate(self, ours: Endpoint, theirs: Endpoint) -> Candidate:
        """Judge one place as recovery for another: what both share, incidents too, and the distance.

        The country, and the grid or synchronous area, that both lie in decide nothing.
        """
        distance = self._between(ours, theirs)
        least_m = None if self.wanted.min_km is None else self.wanted.min_km * 1000
        far, instead = self._far(distance, ours, theirs)
        asked: list[tuple[Outcome, str]] = []
        if (most_ms := self.wanted.max_rtt_ms) is not None:
            # Light bounds a round trip from below: it can rule out, never in.
            least_ms = least_rtt_ms(distance)
            over, least = least_ms > most_ms, verdicts.light(least_ms)
            reason = (verdicts.over_light if over else verdicts.to_measure)(least, most_ms)
            asked = [("fail" if over else "unknown", reason)]
        ruled_out = "fail" in (far, *(outcome for outcome, _ in asked))
        risks = self._recorded(ours, theirs)
        if not ruled_out and self._may_share(ours, theirs, distance):
            both, own = (ours.whole, theirs.whole), (*ours.own, *theirs.own)
            groups = independence.assess(self.facts, both, self.policy, self.day, own)
            risks += [risk for group in groups.values() for risk in group.risks]
        asked += [(separation.counted(risk, self.policy), risk.message) for risk in risks]
        outcome = worst([far, *(o for o, _ in asked)])
        limited = theirs.limited and outcome in ("pass", "warn")
        class_, zones = None, None
        if not ruled_out and not theirs.own and theirs.regions == (theirs.key,):
            class_, zones = independence.standing(self.facts, theirs.key, self.day)
        elif not ruled_out:
            groups = independence.assess(self.facts, theirs.units, self.policy, self.day, theirs.own)
            effective = independence.effective(theirs.units, groups.values())
            zones = Zones(sold=len(theirs.units), effective=effective)
        grid = common_grid(self._in_areas(ours.whole), self._in_areas(theirs.whole))
        lead = phrases.interval(distance)
        if distance.high is None:
            lead = verdicts.nowhere([side.name for side in (ours, theirs) if not any(side.discs)])
        elif least_m is not None:
            words = {True: verdicts.over, False: verdicts.nearer, None: verdicts.either}
            lead = words[distance.at_least(least_m)](distance, least_m)
        asked.sort(key=lambda row: -severity(row[0]))
        # What fails is why; beside it only the distance is worth reading.
        reasons = [text for result, text in asked if outcome != "fail" or result == "fail"]
        countries, areas = ", ".join(sorted(ours.countries & theirs.countries)), ("", "")
        if grid:
            areas = verdicts.GRIDS[grid[0]], " and ".join(grid[1])
        return Candidate(
            target=theirs.key,
            name=theirs.name,
            country=", ".join(sorted(theirs.countries)),
            outcome="unknown" if limited else outcome,
            message=verdicts.recovery(lead, limited, "; ".join((*instead, *reasons)), countries, *areas),
            distance_m=distance.rounded(),
            rtt_ms=rtt_ms(fibre_m(distance)).rounded(3),
            zones=zones,
            class_=class_,
            record=None,
            grid=grid and grid[0],
            shared_risks=tuple(risks),
            evidence=tuple(dict.fromkeys(piece for risk in risks for piece in risk.evidence)),
        )

    def _between(self, ours: Endpoint, theirs: Endpoint) -> Interval:
        pair = ours.whole.places, theirs.whole.places
        if pair not in self._distances:
            # It is as far back.
            self._distances[pair] = self._distances[pair[::-1]] = between(ours.discs, theirs.discs)
        return self._distances[pair]

    def _far(self, distance: Interval, ours: Endpoint, theirs: Endpoint) -> tuple[Outcome, Sequence[str]]:
        """Hold a distance against the least one, and against what the policy accepts in its place."""
        least_km, rule = self.wanted.min_km, self.wanted.rule
        if least_km is None:
            return "unknown", ()
        nearer, said = separation.softened("fail", rule), list[str]()
        floor_m = 1000 * least_km
        for accepted in rule.alternatives if rule and distance.low < floor_m else ():
            if accepted.kind == "written-analysis":
                floor_m = 1000 * (accepted.from_km or 0)
                said = [verdicts.analysis(accepted.from_km)] * (distance.at_least(floor_m) is not False)
            elif (other := self._other_class(ours, theirs)) is not False:
                floor_m, said = 0.0, [verdicts.OTHER_ZONE if other else verdicts.SEISMIC_ZONE]
                if other:
                    return "pass", said

        def at(metres: float) -> Outcome:
            return "pass" if metres >= 1000 * least_km else "warn" if metres >= floor_m else nearer

        ends = (at(distance.low), "pass" if distance.high is None else at(distance.high))
        return separation.agreed(ends), said

    def _other_class(self, ours: Endpoint, theirs: Endpoint) -> bool | None:
        """Return whether an authority puts two sides into different seismic zones; None if it is not told."""
        zones: dict[str, tuple[set[str], set[str]]] = {}
        for index, side in enumerate((ours.whole, theirs.whole)):
            for site in side.sites or side.possible:
                for row in self.facts.samples.of(site, "seismic"):
                    if row.layer.measure == "stated":
                        zones.setdefault(row.layer.id, (set(), set()))[index].add(row.object)
        for a, b in zones.values():
            # Where nothing is stated of a site, its zone may be either.
            if a and b and all(a | b) and (a.isdisjoint(b) or len(a | b) == 1):
                return a.isdisjoint(b)
        return None

    def _recorded(self, ours: Endpoint, theirs: Endpoint) -> list[SharedRisk]:
        """Return the events that hit both sides, as far as is on record of ours, or of theirs of the same."""
        own = {region.id for region in theirs.own}
        sellers = frozenset(self.facts.region(key).provider for key in theirs.regions if key not in own)
        if (ours.regions, sellers) not in self._told:
            listed = (self.facts.incidents(region, logical=False) for region in ours.regions)
            known = {event.id: event for events in listed for event in events}
            keys = {event.key for event in known.values()}
            if keys:
                known |= {event.id: event for event in self.facts.incidents_together(keys, sellers)}
            hits = history.hits(known.values(), self.day)
            self._told[ours.regions, sellers] = [hit for hit in hits if not hit[1].isdisjoint(ours.regions)]
        both = (ours.whole, theirs.whole)
        risks = []
        for records, lost in self._told[ours.regions, sellers]:
            if not lost.isdisjoint(theirs.regions):
                message = sentences.both_hit(records)
                risks.append(marked(history.shared(records[0].key, records, both, message), self.day))
        return risks

    def _may_share(self, ours: Endpoint, theirs: Endpoint, distance: Interval) -> bool:
        """Return cheaply whether two sides may share anything; never wrongly False.

        Beyond the reach of all that positions decide, only what is at both of them joins two sides.
        """
        if ours.own or theirs.own or distance.low <= self._reach_m:
            return True
        here = self._trace(ours.whole)
        # Most regions may stand at so many places that nothing is at all of them.
        return bool(here) and not here.isdisjoint(self._trace(theirs.whole))

    @cached_property
    def _reach_m(self) -> float:
        """Distance beyond which no rule, and no object of a bounded size, joins two places, metres."""
        reaches = [1000 * separation.CAMPUS_RADIUS_KM]
        for kind in kinds.KINDS.values():
            if kind.unit in (None, "km") and (rule := self.policy.rules.get(kind.rule or "")):
                limit_m = 1000 * (rule.threshold or 0)
                reaches += [2 * limit_m + kind.extent_m if kind.extent_m else limit_m]
                reaches += [1000 * (rule.correlation_km or 0)]
        return max(reaches)

    def _trace(self, whole: FailureDomain) -> set[object]:
        """Return what is at a side, and the stations it may depend on.

        That is its sites and campuses, those that a record names beside them, and the objects of layers.
        """
        if whole.places not in self._traces:
            standing = whole.sites or whole.possible
            owners = [self.facts.region(key) for key in {site.id.partition("/")[0] for site in standing}]
            named = [frozenset(hazard.sites) for owner in owners for hazard in owner.hazards.values()]
            feeds = {kind: power.stated(kind, owners, self.day) for kind in kinds.FEEDS}
            named += [sites for stated in feeds.values() for _, _, sites in stated.values()]
            common: set[object] = set()
            layers = [layer for layer in self.facts.samples.layers if layer.measure not in _NO_OBJECTS]
            mapped = {layer.kind for layer in layers if not kinds.KINDS[layer.kind].extent_m}
            mapped &= {*self._hazards}
            for site in standing:
                rows = (row for kind in mapped for row in self.facts.samples.of(site, kind))
                hit = {(row.layer.id, row.object) for row in rows if self._hit(row)}
                beside = frozenset[str]().union(*(sites for sites in named if site.id in sites))
                objects: set[object] = {site.id, site.campus or site.id, *beside, *hit}
                # What may stand at one place or another is joined by what is at all of them.
                common = common | objects if whole.sites or site is standing[0] else common & objects
                if not common:
                    break
            rule = self.policy.rules.get("power")
            hops = int(rule.threshold) if rule and rule.threshold else power.HOPS
            ways = power.chains((whole,), feeds["power"], self.facts.supply, hops)
            self._traces[whole.places] = common | {("station", way.top) for way in ways}
        return self._traces[whole.places]

    def _hit(self, row: HazardSample) -> bool:
        """Return whether a site is surely in reach of an object of which the policy asks."""
        layer, rule = row.layer, self.policy.rules.get(row.layer.kind)
        if not row.object or layer.measure in _NO_OBJECTS:
            return False
        limit_m = None if rule is None or rule.threshold is None else rule.threshold * 1000
        return row.interval is not None and bool(hazards.in_reach(layer, row, limit_m))

    def _in_areas(self, whole: FailureDomain) -> tuple[set[str], set[str]]:
        """Return the grids and the synchronous areas that a side lies in, empty texts where not known."""
        if whole.places not in self._areas:
            areas = [self.facts.supply.area(site) for site in (*whole.sites, *whole.possible)]
            self._areas[whole.places] = {area.grid for area in areas}, {area.synchronous for area in areas}
        return self._areas[whole.places]


def common_grid(
    ours: tuple[set[str], set[str]], theirs: tuple[set[str], set[str]]
) -> tuple[Grid, list[str]] | None:
    """Return how two sides stand to each other in the grid, and in which areas, where that is known."""
    (grids, areas), (grids_there, areas_there) = ours, theirs
    if len(grids) == 1 and grids == grids_there and "" not in grids:
        return "same-grid", list(grids)
    if not areas or not areas_there or "" in areas | areas_there:
        return None
    if areas.isdisjoint(areas_there):
        return "other-synchronous", sorted(areas_there)
    return ("same-synchronous", list(areas)) if len(areas) == 1 and areas == areas_there else None
