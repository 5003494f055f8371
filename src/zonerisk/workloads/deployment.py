"""A deployment: workloads, where their copies stand by the catalogue, and what is known of those places."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import combinations, count, permutations
from typing import Literal

from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.dialect import Dialect
from zonerisk.core.geometry import Interval
from zonerisk.core.kinds import BY_POSITION
from zonerisk.core.model import Policy, Region, simplify
from zonerisk.core.verdict import Skipped
from zonerisk.judging import independence, recovery
from zonerisk.judging.arrangement import (
    Arrangement,
    FailureDomain,
    RiskGroups,
    distance_m,
    pairs,
    positions,
    zone_units,
    zones_sold,
)
from zonerisk.words import findings as wording
from zonerisk.workloads.probability import Inputs

OWN = "own"
"""Id of the region that a plan's own datacenters make up."""
MAJORITY = "a majority, assumed"
UNTOLD = "at least; how many it needs is not told"
# How many copies are needed: a majority, or one, where others stand by or are kept, or where nobody says.
NEEDS = {
    "majority": MAJORITY,
    "one": "another takes over",
    "kept": "one keeps it up, assumed",
    "untold": UNTOLD,
}
# A regional threat reaches 10 to 100 km (HP P6000 guide, threat radius classes): places
# farther apart share nothing that position decides: no building, campus or flood.
REGIONAL_M = 100_000
_PLAIN_DIALECT = Dialect.model_validate({})
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}")


@dataclass(frozen=True)
class Place:
    """Where one copy stands, as far as a plan tells.

    Its kind is a ``zone`` or ``site`` of the catalogue (or an own site); a ``label`` for a zone that
    the plan tells apart but does not tie to a building; ``somewhere`` in a region, maybe beside another
    copy; or the whole ``region``, spread by its provider. Ids of labels and of somewhere are made up.
    """

    id: str
    region: str
    kind: Literal["zone", "site", "label", "somewhere", "region"]
    name: str = ""
    """How messages call it, where the plan has no name for it."""
    owner: str = ""
    """Whose names of zones it speaks in, where that is another than the plan's first; of somewhere, what
    keeps all copies of one owner together."""

    @property
    def clique(self) -> str:
        """Places of one region and clique are as many zones as they have ids; others may be the same."""
        return self.owner or ("label" if self.kind == "label" else "zone")


@dataclass(frozen=True)
class Source:
    """Where a plan says so: a file and a line, from 1."""

    file: str
    line: int

    def skipped(self, key: str, reason: object, stands: bool = True) -> Skipped:
        """Return what stands here as something that could not be judged, and why."""
        return Skipped(id=key, reason=str(reason), file=self.file, line=self.line, stands=stands)


@dataclass
class Draft:
    """A workload in the making: it ``needs`` so many copies, or as a word of NEEDS has it.

    Copies that are ``missing`` were read and could not be placed; there may be ``more`` that are not told,
    None without a bound. ``within`` are the only zones in which all stand; none where nothing bounds that.
    They are ``uneven`` where how many each of these zones has is not told.
    """

    key: str
    source: Source
    needs: str | int = "majority"
    places: list[Place] = field(default_factory=list)
    more: int | None = 0
    missing: int = 0
    within: frozenset[Place] = frozenset()
    uneven: bool = False
    notes: tuple[str, ...] = ()

    def add(self, other: Draft) -> None:
        """Take in the copies of another."""
        self.within = self.within | other.within if self.within and other.within else frozenset()
        self.places += other.places
        self.missing += other.missing
        self.uneven |= other.uneven
        self.notes += tuple(note for note in other.notes if note not in self.notes)
        self.more = None if self.more is None or other.more is None else self.more + other.more


@dataclass(frozen=True)
class Workload:
    """Copies that do one thing together, a place for each.

    There may be ``more`` of them than the file tells; None where that has no bound. Of all of them together
    ``zones`` is the most places that they can stand in, 0 where nothing bounds that. ``basis`` is where
    the number of copies that are needed comes from. Backups and recovery are None where the plan does not
    tell, empty where it says that there are none; ``could_tell`` is True where its format has room for them.
    Two are equal that are judged alike, whatever they are called.
    """

    id: str = field(compare=False)
    source: Source = field(compare=False)
    places: tuple[Place, ...]
    quorum: int
    basis: str = MAJORITY
    backup: tuple[Place, ...] | None = None
    dr: tuple[Place, ...] | None = None
    notes: tuple[str, ...] = field(default=(), compare=False)
    more: int | None = 0
    zones: int = 0
    could_tell: bool = False

    @property
    def everywhere(self) -> tuple[Place, ...]:
        """The places of its copies, its backups and its recovery."""
        return (*self.places, *(self.backup or ()), *(self.dr or ()))

    def falls(self, lost: int) -> bool:
        """Return whether too few copies are left without some, wherever those stand that are not told."""
        if self.zones == 1:
            return lost == len(self.places)
        return self.more is not None and len(self.places) - lost + self.more < self.quorum

    @property
    def halved(self) -> bool:
        """True where two zones hold all copies, however many: without one of them no majority is left."""
        return self.zones == 2 and self.basis == MAJORITY

    @property
    def spread(self) -> bool:
        """True where its provider spreads it over a region: over which zones is not told."""
        regions = {place.id for place in self.places if place.kind == "region"}
        return bool(regions) and (self.quorum > 1 or len(regions) < 2)


@dataclass(frozen=True)
class Deployment:
    """All that one or more plan files describe; ``own`` is the region of its own datacenters."""

    files: tuple[str, ...]
    workloads: tuple[Workload, ...]
    unassessed: tuple[Skipped, ...] = ()
    own: Region | None = None
    model: Inputs | None = None


def majority(copies: int) -> int:
    """Least number that is more than half."""
    return copies // 2 + 1


def spread(places: Sequence[Place], copies: int) -> tuple[Place, ...]:
    """Deal copies over places as evenly as can be, the first places first."""
    return tuple(places[index % len(places)] for index in range(copies))


class Unplaced(Exception):
    """A plan's region or zone that the catalogue does not know; the text says why."""


def shown(text: str) -> str:
    """Return a plan's word for a region or zone, if it looks like one at all."""
    return text if _PLAIN.fullmatch(text) else "(not a plain name)"


class Placement:
    """Ties regions and zones of plans, own datacenters among them, to the catalogue on one day."""

    def __init__(self, catalog: Catalog, day: str, own: Region | None = None) -> None:
        self.catalog, self.day, self.own = catalog, day, own
        self.dialects = catalog.dialects
        self.regions = frozenset(catalog.region_ids)
        self.zone_ids: dict[str, str] = {}
        """Ids of zones by the names that the plan's account has for them."""
        self._zones: dict[str, tuple[FailureDomain, ...]] = {}

    def dialect(self, provider: str) -> Dialect:
        """Return what is peculiar to plans for a provider."""
        return self.dialects.get(provider, _PLAIN_DIALECT)

    def provider(self, text: str) -> str:
        """Return the id of a provider."""
        wanted = simplify(text)
        if wanted not in self.catalog.provider_ids:
            wanted = next((key for key, speech in self.dialects.items() if wanted in speech.aliases), wanted)
        if wanted not in self.catalog.provider_ids:
            raise Unplaced(f"no provider {shown(text)} is in the catalogue; see: zonerisk list providers")
        return wanted

    def region(self, provider: str, text: str) -> str:
        """Return the canonical id of a provider's region."""
        for key in self.dialect(provider).spellings(simplify(text)):
            for region in (key, f"{provider}-{key}"):
                if region in self.regions and self.catalog.region(region).provider == provider:
                    return region
        raise Unplaced(
            f"{provider} has no region {shown(text)} in the catalogue; see: zonerisk list regions {provider}"
        )

    def openstack(self, region: str) -> str | None:
        """Return who runs an OpenStack that has such a region."""
        for provider, dialect in self.dialects.items():
            with suppress(Unplaced):
                if dialect.openstack and self.region(provider, region):
                    return provider
        return None

    def place(self, region: str, zone: str | None = None) -> Place:
        """Return the place of one copy, in a zone or building if the plan names one."""
        record = self.catalog.region(region)
        sold = zones_sold(record, self.day)
        if not sold:
            raise Unplaced(f"{region} sells no zone on {self.day}")
        only = Place(sold[0].id, region, "zone") if len(sold) == 1 else None
        if zone is None:
            return only or Place(f"{region}/somewhere", region, "somewhere", f"an unnamed zone of {region}")
        key = simplify(self.zone_ids.get(zone, zone))
        code = region.removeprefix(f"{record.provider}-")
        dialect = self.dialect(record.provider)
        if dialect.zones.account_relative and dialect.zones.suffix and not only:
            letter = re.compile(f"{re.escape(code)}(?:{dialect.zones.suffix.pattern})")
            if name := next(filter(letter.fullmatch, (key, f"{code}{key}", f"{code}-{key}")), None):
                return Place(f"{region}/{name}", region, "label")
        if any(unit.id == f"{region}/{key}" for unit in sold):
            return Place(f"{region}/{key}", region, "zone")
        site = record.sites.get(key)
        if site is not None:
            if not site.holds(self.day):
                raise Unplaced(f"{site.id} did not stand on {self.day}")
            return Place(site.id, region, "site")
        # One-zone regions have the region's name again; OpenStack's only zone is called nova.
        again = code in dialect.spellings(key) or key.startswith(f"{code}-dc")
        if only and (again or (dialect.openstack and key == "nova")):
            return only
        raise Unplaced(f"{region} sells no zone {shown(zone)} on {self.day}; see: zonerisk show {region}")

    def unnamed(self, region: str, first: int, last: int, owner: str = "unnamed") -> list[Place]:
        """Return several zones that a plan tells apart, but does not name; their owner is alike."""
        names = [f"unnamed zone {number}" for number in range(first, last + 1)]
        return [Place(f"{region}/{name.replace(' ', '-')}", region, "label", name, owner) for name in names]

    def whole(self, region: str) -> Place:
        """Return the place of something that its provider spreads over a region."""
        place = self.place(region)
        return place if place.kind == "zone" else Place(region, region, "region")

    def workload(self, draft: Draft) -> Workload:
        """Make a workload of copies; those that could not be placed count, wherever they stand."""
        places, needs = draft.places, draft.needs
        labels = [place for place in dict.fromkeys(places) if place.kind == "label" and not place.name]
        records = {place.region: self.catalog.region(place.region) for place in labels}
        said = (self.dialect(record.provider).zones.account_relative for record in records.values())
        notes = [*draft.notes, *dict.fromkeys(filter(None, said))]
        for place in labels:
            # A letter or number beyond all that its region has had.
            last = place.id.partition(".")[0][-1]
            number = int(last) if last.isdigit() else ord(last) - ord("a") + 1
            ids = [zone.id for zone in zones_sold(records[place.region], self.day)]
            if number > max([len(ids), *(int(key[-1]) for key in ids if key[-1].isdigit())]):
                notes.append(wording.odd_zone(place.id.partition("/")[2], place.region))
        # Each copy that stands somewhere in a region gets a number: that may not be one zone.
        numbers: dict[str, Iterator[int]] = defaultdict(lambda: count(1))
        apart = list(places)
        for at, place in enumerate(places):
            if place.kind == "somewhere" and not place.owner:
                apart[at] = replace(place, id=f"{place.id}-{next(numbers[place.id])}")
        copies = len(places) + draft.missing
        quorum = needs if isinstance(needs, int) else majority(copies) if needs == "majority" else 1
        basis = "stated" if isinstance(needs, int) else NEEDS[needs]
        more = None if draft.more is None else draft.more + draft.missing
        zones = 0 if draft.missing or (draft.more == 0 and not draft.uneven) else len(draft.within)
        return Workload(
            draft.key, draft.source, tuple(apart), quorum, basis, notes=tuple(notes), more=more, zones=zones
        )

    def deployment(
        self, files: Iterable[str], drafts: Iterable[Draft], left: Iterable[Skipped]
    ) -> Deployment:
        """Make a deployment of workloads of which at least one copy is placed."""
        made = (self.workload(draft) for draft in drafts if draft.places)
        return Deployment(tuple(files), tuple(made), tuple(left))

    def domain(self, place: Place) -> FailureDomain:
        """Return what is compared for a place."""
        name = place.id.partition("/")[2] or place.id
        if place.kind == "site":
            record = self.own if place.region == OWN else self.catalog.region(place.region)
            assert record is not None
            return FailureDomain(place.id, record.sites[name].name, (record.sites[name],))
        units = self.zones(place.region)
        if place.kind == "zone" and (unit := next((zone for zone in units if zone.id == place.id), None)):
            return unit
        sure = {site.id: site for unit in units for site in unit.sites}
        maybe = {site.id: site for unit in units for site in unit.possible}
        if place.kind == "region":
            called = f"{self.catalog.region(place.region).name}, whole region"
            return FailureDomain(place.id, called, tuple(sure.values()), tuple(maybe.values()))
        return FailureDomain(place.id, place.name or name, (), tuple({**sure, **maybe}.values()))

    def zones(self, region: str) -> tuple[FailureDomain, ...]:
        """Return the domains of a region's zones."""
        if region not in self._zones:
            record = self.catalog.region(region)
            self._zones[region] = zone_units(record, self.catalog.sites_of(region), self.day)
        return self._zones[region]

    def countries(self, places: Collection[Place]) -> frozenset[str]:
        """Return the countries that places lie in; own sites without one are left out."""
        own = {site.country for place in places if place.region == OWN for site in self.domain(place).sites}
        regions = {place.region for place in places} - {OWN}
        return frozenset(filter(None, own | {self.catalog.region(region).country for region in regions}))


class Arrangements:
    """Builds the arrangement of any places of a deployment, and remembers what it worked out."""

    def __init__(self, catalog: Catalog, policy: Policy, day: str, own: Region | None) -> None:
        self.catalog, self.policy, self.day = catalog, policy, day
        self.placement = Placement(catalog, day, own)
        self.own = (own,) if own else ()
        self._built: dict[tuple[str, ...], Arrangement] = {}
        # By two ids, and by where both may stand.
        self._measured: dict[object, Interval] = {}
        self._domains: dict[str, FailureDomain] = {}
        self._places: dict[str, Place] = {}
        self._in_zones: dict[str, dict[str, RiskGroups]] = {}

    def domain(self, place: Place) -> FailureDomain:
        """Return what is compared for a place."""
        if place.id not in self._domains:
            self._places[place.id] = place
            self._domains[place.id] = self.placement.domain(place)
        return self._domains[place.id]

    def build(self, places: Iterable[Place], name: str = "") -> Arrangement:
        """Build what is known of some places, each counted once, in their order."""
        distinct = {place.id: place for place in places}
        key = tuple(sorted(distinct))
        domains = tuple(self.domain(place) for place in distinct.values())
        if key not in self._built:
            listed = [self._domains[place_id] for place_id in key]
            groups = independence.assess(
                self.catalog, listed, self.policy, self.day, self.own, self._measured
            )
            far = frozenset((a.id, b.id) for a, b in pairs(listed) if self.distance(a, b).low >= REGIONAL_M)
            for kind, group in groups.items():
                # A workload's places come in its own order.
                known = group.apart | far if kind in BY_POSITION else group.apart
                groups[kind] = replace(group, apart=known | {(b, a) for a, b in known})
            loose = {place_id for place_id in key if distinct[place_id].kind == "somewhere"}
            if events := loose and groups.get("incident"):
                # What they hit by number alone: copies somewhere may all stand in one zone.
                risks = tuple(risk for risk in events.all_risks if loose.isdisjoint(risk.members))
                if risks != events.all_risks:
                    known = frozenset(pair for pair in events.apart if loose.isdisjoint(pair))
                    groups["incident"] = replace(events, all_risks=risks, apart=known)
            self._relabel(groups, [distinct[place_id] for place_id in key])
            self._built[key] = Arrangement(
                name, "place", self.day, domains, len(domains), measure=self.distance, groups=groups
            )
        return replace(self._built[key], id=name, domains=domains)

    def _relabel(self, groups: dict[str, RiskGroups], places: Iterable[Place]) -> None:
        """Add to what is known of labels what does not depend on which zones they stand for.

        Two labels of one region are two of its zones. Where no two zones of the region share a
        risk of some kind, neither do the labels; where one risk takes all zones, it takes them.
        """
        # A zone id and a letter may be the same zone, so each kind is compared with its own.
        labels: dict[tuple[str, str], list[str]] = {}
        for place in places:
            if place.kind in ("label", "zone") and place.region != OWN:
                labels.setdefault((place.region, place.clique), []).append(place.id)
        for (region, _), listed in labels.items():
            if len(listed) < 2:
                continue
            units = self.placement.zones(region)
            if region not in self._in_zones:
                self._in_zones[region] = independence.assess(self.catalog, units, self.policy, self.day)
            # Where the sources give one site a zone, the units are those sites.
            zones = {unit.id for unit in units}
            ids = tuple(key for key in listed if key not in zones)
            for kind, there in self._in_zones[region].items() if 1 < len(ids) <= len(units) else ():
                here = groups.get(kind, RiskGroups(kind))
                if set(combinations(sorted(zones), 2)) <= {(min(pair), max(pair)) for pair in there.apart}:
                    groups[kind] = replace(here, apart=here.apart | set(permutations(ids, 2)))
                else:
                    whole = (replace(risk, members=ids) for risk in there.risks if zones <= set(risk.members))
                    groups[kind] = replace(here, all_risks=(*here.all_risks, *whole))

    def distance(self, a: FailureDomain, b: FailureDomain) -> Interval:
        """Return the distance between two domains, metres."""
        a, b = sorted((a, b), key=lambda domain: domain.id)
        if (a.id, b.id) in self._measured:
            return self._measured[a.id, b.id]
        here, there = self._places[a.id], self._places[b.id]
        # Two labels, or two zone ids, are two zones whose buildings are not told apart: as far from each
        # other as some two zones of the region are. A zone id and a letter may be the same zone.
        same = here.clique == there.clique and "somewhere" not in (here.kind, there.kind)
        units = self.placement.zones(here.region) if same and not (a.sites or b.sites) else ()
        if here.region != there.region:
            # What is not disclosed may stand beside its neighbour, but not in another region.
            ours, theirs = ((positions(domain.sites), positions(domain.possible)) for domain in (a, b))
            span = recovery.between(ours, theirs)
        elif units and all(unit.disclosed for unit in units):
            known = [distance_m(first, second) for first, second in pairs(units)]
            highs = [gap.high for gap in known if gap.high is not None]
            span = Interval(min(gap.low for gap in known), None, max(highs))
        else:
            if (a.places, b.places) not in self._measured:
                self._measured[a.places, b.places] = distance_m(a, b)
            span = self._measured[a.places, b.places]
        self._measured[a.id, b.id] = span
        return span
