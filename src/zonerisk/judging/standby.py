"""Standby: other regions ranked as disaster recovery for a place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from zonerisk._version import __version__
from zonerisk.catalogue.catalog import referred
from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import Interval
from zonerisk.core.model import Evidence
from zonerisk.core.verdict import (
    CatalogueUsed,
    Outcome,
    PolicyUsed,
    Provenance,
    Range,
    Result,
    SharedRisk,
    Span,
    Zones,
    severity,
    worst,
)
from zonerisk.grid import supply
from zonerisk.judging import history, recovery, score
from zonerisk.judging.arrangement import FailureDomain, positions, zone_units, zones_sold
from zonerisk.judging.independence import effective
from zonerisk.judging.separation import fibre_m, least_rtt_ms, rtt_ms
from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Incident, Region
    from zonerisk.core.policy import Policy
    from zonerisk.grid.supply import Area

SCHEMA: Final = "zonerisk/dr/1"

# Member states of the European Union in 2026.
EU = frozenset(
    (
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    )
)


class Candidate(Result):
    """A region as disaster recovery: what speaks for it and against it.

    ``zones`` is null where something certain already rules the region out.
    """

    target: str
    name: str
    country: str
    outcome: Outcome
    message: str
    distance_m: Span
    rtt_ms: Span
    zones: Zones | None
    shared_risks: tuple[SharedRisk, ...]
    evidence: tuple[Evidence, ...] = ()


class RecoveryRanking(Result):
    """Every region asked about: the best outcome first, the nearest first within one.

    ``kinds`` are the shared risks looked for; one that no candidate names is not on
    record, or not assessed.
    """

    schema_: Annotated[Literal["zonerisk/dr/1"], Field(alias="schema")] = SCHEMA
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

    def to_json(self) -> str:
        """Write the answer as JSON: stable order, a newline at the end."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"


@dataclass(frozen=True)
class Endpoint:
    """What stands on one side of a recovery: a region, or a deployment's part in regions.

    Attributes
    ----------
    key, name
        Canonical id, and how messages call it.
    units
        Where it stands, or may stand.
    regions, countries
        Regions it lies in, and their countries.
    own
        Regions among them that are not in the catalogue.
    limited
        True where only some of the provider's services are sold.
    """

    key: str
    name: str
    units: tuple[FailureDomain, ...]
    regions: tuple[str, ...]
    countries: frozenset[str]
    own: tuple[Region, ...] = ()
    limited: bool = False

    @cached_property
    def whole(self) -> FailureDomain:
        """All of it as one unit."""
        sites = {site.id: site for unit in self.units for site in unit.sites}
        maybe = {site.id: site for unit in self.units for site in unit.possible}
        return FailureDomain(self.key, self.name, tuple(sites.values()), tuple(maybe.values()))

    @cached_property
    def discs(self) -> recovery.Discs:
        """Where it surely stands, and where it may."""
        return positions(self.whole.sites), positions(self.whole.possible)


@dataclass(frozen=True)
class Requirements:
    """What a standby must meet.

    Attributes
    ----------
    min_km
        Least distance; None where the policy names no figure.
    max_rtt_ms
        Longest round trip, if one is asked for.
    within
        A country's code, or ``EU``; None for anywhere.
    """

    min_km: float | None
    max_rtt_ms: float | None = None
    within: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no area."""
        area = self.within
        if area is not None and not (len(area) == 2 and area.isascii() and area.isalpha() and area.isupper()):
            raise UsageError(f"--within {area}: write EU or a country's two letters, such as FR")


def least_km(policy: Policy) -> float | None:
    """Give the distance that a policy asks of recovery; None where it names no figure."""
    rule = policy.rules.get("dr")
    if rule is None:
        return score.DR_MIN_KM
    return rule.threshold if not rule.qualitative else None


def region_side(catalog: Catalog, region_id: str, day: str) -> Endpoint:
    """Take a region as one side of a recovery."""
    region = catalog.region(region_id)
    sites = {key: catalog.site(key) for key in referred(region)}
    return Endpoint(
        region.id,
        region.name,
        zone_units(region, sites, day),
        (region.id,),
        frozenset((region.country,)),
        limited=region.limited,
    )


def rank(
    catalog: Catalog,
    target: str,
    policy: Policy,
    wanted: Requirements,
    as_of: str | None = None,
    to: Sequence[str] = (),
    any_provider: bool = False,
) -> RecoveryRanking:
    """Rank regions as disaster recovery for a region.

    Parameters
    ----------
    catalog, target, policy
        Records, a region's canonical id, thresholds.
    wanted
        What a standby must meet.
    as_of
        The day; without it, the day of the catalogue.
    to
        Judge these regions alone.
    any_provider
        Judge the open regions of every provider, not of the target's alone.
    """
    day = score.last_day(as_of or catalog.edition.date)
    ours = region_side(catalog, target, day)
    if not zones_sold(catalog.region(target), day):
        raise UsageError(f"{target} sold no zone on {day}; see: zonerisk show {target}")
    home = catalog.region(target)
    provider = home.provider
    listed = to or (catalog.region_ids if any_provider else catalog.regions_of(provider))
    judge = Judge(catalog, policy, wanted, day)
    sides = [
        region_side(catalog, key, day)
        for key in listed
        if key != target and (to or _open(catalog.region(key), home, day))
    ]
    found = sorted((judge.candidate(ours, side) for side in sides), key=_order)
    return RecoveryRanking(
        target=target,
        name=f"{catalog.provider(provider).name} {ours.name}",
        policy=policy.id,
        as_of=day,
        min_km=wanted.min_km,
        max_rtt_ms=wanted.max_rtt_ms,
        within=wanted.within,
        candidates=tuple(found),
        kinds=judge.kinds,
        provenance=Provenance(
            version=__version__,
            catalogue=CatalogueUsed(date=catalog.edition.date, sha256=catalog.digest_of([target, *listed])),
            policy=PolicyUsed(id=policy.id, standing=policy.standing, sha256=policy.sha256),
        ),
    )


def _open(region: Region, home: Region, day: str) -> bool:
    """Tell whether a region is sold, and to who buys the other (AWS sells China apart)."""
    reachable = region.provider != home.provider or region.partition == home.partition
    return region.status == "open" and reachable and bool(zones_sold(region, day))


def _order(found: Candidate) -> tuple[int, float, str]:
    span = found.distance_m
    distance = Interval(span.low or 0.0, span.best, span.high)
    return severity(found.outcome), distance.rank, found.target


class Judge:
    """Judges one standby after the other under the same policy and wishes.

    Parameters
    ----------
    catalog, policy
        Records and thresholds.
    wanted
        What a standby must meet.
    day
        The day, ``YYYY-MM-DD``.
    """

    def __init__(self, catalog: Catalog, policy: Policy, wanted: Requirements, day: str) -> None:
        self.catalog, self.policy, self.wanted, self.day = catalog, policy, wanted, day
        self.incidents: tuple[Incident, ...] = catalog.incidents()
        self.grid = supply.read(catalog.roots)
        self.kinds: tuple[str, ...] = ()

    def candidate(self, ours: Endpoint, theirs: Endpoint) -> Candidate:
        """Judge one standby for one place."""
        distance = recovery.between(ours.discs, theirs.discs)
        trip = rtt_ms(fibre_m(distance))
        far = self._far(distance, [each.name for each in (ours, theirs) if not any(each.discs)])
        told = [far, *self._near(distance), *self._inside(theirs)]
        risks = self._recorded(ours, theirs)
        zones = None
        if worst([outcome for outcome, _ in told]) != "fail":
            risks += self._shared(ours, theirs)
            zones = self._zones(theirs)
        told += [(risk.outcome, risk.message) for risk in risks]
        outcome = worst([each for each, _ in told])
        if theirs.limited and outcome in ("pass", "warn"):
            outcome = "unknown"
            told.append(("unknown", recovery.LIMITED))
        same = sorted(ours.countries & theirs.countries)
        # What fails is why; beside it only the distance is worth reading.
        said = [
            text
            for each, text in sorted(told, key=lambda row: -severity(row[0]))
            if outcome != "fail" or each == "fail" or text == far[1]
        ]
        if same:
            said.append(f"same country, {', '.join(same)}")
        grid = recovery.shared_grid(self._areas(ours), self._areas(theirs))
        if grid and outcome != "fail":
            said.append(grid.removeprefix("; "))
        if zones and zones.effective.high < 3:
            said.append(f"{_count(zones)} there")
        evidence = dict.fromkeys(piece for risk in risks for piece in risk.evidence)
        return Candidate(
            target=theirs.key,
            name=theirs.name,
            country=", ".join(sorted(theirs.countries)),
            outcome=outcome,
            message="; ".join(said),
            distance_m=Span.of(distance),
            rtt_ms=Span.of(trip, 3),
            zones=zones,
            shared_risks=tuple(risks),
            evidence=tuple(evidence),
        )

    def _far(self, distance: Interval, nowhere: Sequence[str]) -> tuple[Outcome, str]:
        least = self.wanted.min_km
        if distance.high is None:
            return "unknown", f"no distance, for no place of {phrases.names(nowhere)} is known"
        if least is None:
            return "unknown", phrases.interval(distance)
        far = distance.at_least(least * 1000)
        straight, limit = phrases.interval(distance), phrases.distance(least * 1000)
        if far is None:
            return "unknown", f"{straight}; the positions leave open whether that is over {limit}"
        return ("pass", f"{straight}, over {limit}") if far else ("fail", f"{straight}, nearer than {limit}")

    def _near(self, distance: Interval) -> list[tuple[Outcome, str]]:
        most = self.wanted.max_rtt_ms
        if most is None:
            return []
        # Light alone bounds a round trip from below: it can rule a region out, never in.
        least = least_rtt_ms(distance)
        said = f"round trip at least {least:.1f} ms by light alone"
        if least > most:
            return [("fail", f"{said}, over {most:g} ms")]
        return [("unknown", f"{said}; whether it stays within {most:g} ms is to be measured")]

    def _inside(self, theirs: Endpoint) -> list[tuple[Outcome, str]]:
        area = self.wanted.within
        if area is None or theirs.countries <= (EU if area == "EU" else {area}):
            return []
        return [("fail", f"in {', '.join(sorted(theirs.countries))}, not within {area}")]

    def _recorded(self, ours: Endpoint, theirs: Endpoint) -> list[SharedRisk]:
        hit = history.shared(self.incidents, ours.regions, theirs.regions, self.day)
        return [
            SharedRisk(
                id=f"incident:{each.id}",
                kind=each.kind,
                grade=each.grade,
                outcome="warn" if each.grade == "C" else "fail",
                members=(ours.key, theirs.key),
                message=f"both were hit by {each.name}",
                evidence=each.cited,
            )
            for each in hit
        ]

    def _shared(self, ours: Endpoint, theirs: Endpoint) -> list[SharedRisk]:
        found = score.assess(
            self.catalog,
            (ours.whole, theirs.whole),
            self.policy,
            self.day,
            (*ours.own, *theirs.own),
        )
        self.kinds = tuple(found)
        return [risk for each in found.values() for risk in each.risks]

    def _areas(self, side: Endpoint) -> list[Area]:
        return [self.grid.area(site) for site in (*side.whole.sites, *side.whole.possible)]

    def _zones(self, theirs: Endpoint) -> Zones:
        if len(theirs.units) < 2:
            only = len(theirs.units)
            return Zones(sold=only, effective=Range(low=only, high=only))
        found = score.assess(self.catalog, theirs.units, self.policy, self.day, theirs.own)
        return Zones(sold=len(theirs.units), effective=effective(theirs.units, found.values()))


def _count(zones: Zones) -> str:
    low, high = zones.effective.low, zones.effective.high
    count = str(high) if low == high else f"{low} to {high}"
    return f"{count} independent zone{'' if high == 1 else 's'}"
