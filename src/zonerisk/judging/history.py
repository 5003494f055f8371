"""Recorded incidents that hit several regions, or several zones of one: shared risks."""

from __future__ import annotations

import hashlib
from itertools import permutations
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from zonerisk.catalogue.document import read
from zonerisk.core.kinds import EventKind
from zonerisk.core.model import Dated, Evidence, FullId, Key, PartialDate, Text
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.cause import RiskGroups, named, risk, strongest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Grade
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import FailureDomain


class Incident(Dated):
    """One event, or one campaign, that hit two regions or more, or several zones of one.

    Attributes
    ----------
    kind
        What it was.
    since, until
        First and last day.
    regions
        Canonical ids of the regions of which at least a part was hit.
    took
        Full ids of the zones, or sites, that it took out of service, where they are known.
    fixed_since
        Day from which its cause is removed, by the evidence; the event then only is told.
    text
        What happened, in our words.
    """

    id: str = ""
    name: Text
    kind: EventKind
    regions: Annotated[tuple[Key, ...], Field(min_length=1)]
    took: tuple[FullId, ...] = ()
    fixed_since: PartialDate | None = None
    text: Text
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]

    @model_validator(mode="after")
    def _several(self) -> Self:
        for place in self.took:
            if place.partition("/")[0] not in self.regions:
                raise ValueError(f"took: {place} is in none of the regions")
        if len(self.regions) < 2 and len(self.took) < 2:
            raise ValueError("of one region, took names the zones that it took together")
        return self

    @property
    def cited(self) -> tuple[Evidence, ...]:
        """What it rests on."""
        return tuple(self.evidence.values())

    @property
    def told(self) -> str:
        """Its name, and when it was if the name does not say so."""
        days = " to ".join(dict.fromkeys(day for day in (self.since, self.until) if day))
        return self.name if not days or days[:4] in self.name else f"{self.name}, {days}"

    def counts(self, as_of: str) -> bool:
        """Tell whether it was known on a day, and its cause not yet removed."""
        return (self.since or "") <= as_of and (self.fixed_since is None or self.fixed_since > as_of)

    @property
    def grade(self) -> Grade:
        """The best grade of its evidence."""
        return strongest(self.cited)


def load(roots: Iterable[Path], about: str | None = None) -> tuple[Incident, ...]:
    """Read ``incidents/*.yaml`` of the catalogue's folders, sorted by id.

    Parameters
    ----------
    roots
        Folders of the catalogue.
    about
        Only those that may concern a region; the others are not even parsed.
    """
    found = {}
    for root in roots:
        for path in sorted((root / "incidents").glob("*.yaml")):
            if about and about.encode() not in path.read_bytes():
                continue
            document = read(path, f"data/incidents/{path.name}")
            found[path.stem] = document.validate(Incident, {"id": path.stem})
    return tuple(found[key] for key in sorted(found))


def digest(catalog: Catalog, regions: Iterable[str]) -> str:
    """Hash the files that an answer on some regions reads.

    The hash of one region covers all of its provider's, and the incidents.
    """
    total = hashlib.sha256()
    ones = {catalog.region(region).provider: region for region in sorted(set(regions))}
    for region in ones.values():
        total.update(catalog.digest(region).encode())
    return total.hexdigest()


def shared(
    incidents: Iterable[Incident], ours: Iterable[str], theirs: Iterable[str], as_of: str
) -> tuple[Incident, ...]:
    """Give the incidents that hit both of two sets of regions, up to a day."""
    a, b = set(ours), set(theirs)
    return tuple(
        incident
        for incident in incidents
        if incident.counts(as_of)
        and not a.isdisjoint(incident.regions)
        and not b.isdisjoint(incident.regions)
    )


def assess(
    units: Sequence[FailureDomain], incidents: Iterable[Incident], as_of: str, region: str = ""
) -> RiskGroups:
    """Find which units an event is on record to have taken together.

    That it happened is known, whatever was changed since: it counts until its cause is
    removed by the record. A pair that no event took is apart in this alone.

    Parameters
    ----------
    units
        What is compared.
    incidents
        What is on record.
    as_of
        The day, ``YYYY-MM-DD``.
    region
        Whose other events are told too.
    """
    risks: list[SharedRisk] = []
    notes: list[str] = []
    cited: list[Evidence] = []
    for each in incidents:
        if (each.since or "") > as_of:
            continue
        hit = [unit for unit in units if unit.id in each.took]
        together = len(hit) > 1 and f"{named(hit)} were out of service together ({each.told})"
        if together and each.counts(as_of):
            risks.append(risk("incident", each.id, each.grade, hit, together, each.cited))
        elif together:
            notes.append(f"{together}; its cause is removed since {each.fixed_since}, by the record")
        elif region in each.regions:
            notes.append(f"{named(hit) if hit else 'a part of the region'} was hit ({each.told})")
        else:
            continue
        cited += each.cited
    if risks:
        notes.append("no record says that the cause is removed")
    shared_by = {pair for found in risks for pair in permutations(found.members, 2)}
    apart = frozenset((a.id, b.id) for a, b in pairs(units)) - shared_by
    return RiskGroups("incident", tuple(risks), apart, "", tuple(notes), tuple(cited))
