"""A deployment: workloads, where their copies stand, and what was not recognised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.model import Region
    from zonerisk.workloads.probability import Inputs

OWN = "own"
"""Id of the region that a plan's own datacenters make up."""
MAJORITY = "a majority, assumed"
STATED = "stated"
MAX_COPIES = 10_000


@dataclass(frozen=True)
class Place:
    """Where one copy stands, as far as a plan tells.

    Attributes
    ----------
    id, region
        Canonical id of a zone, site or region, and the region it lies in; or a made id for a place
        that is not tied to a building.
    kind
        A ``zone`` or ``site`` of the catalogue (or an own site); a ``label`` for a zone
        that the plan tells apart but does not tie to a building; ``somewhere`` in a
        region, maybe beside another copy; or the whole ``region``, spread by its provider.
    name
        How messages call it, where the plan has no name for it.
    """

    id: str
    region: str
    kind: Literal["zone", "site", "label", "somewhere", "region"]
    name: str = ""


@dataclass(frozen=True)
class Source:
    """Where a plan says so: a file and a line, from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Workload:
    """Copies that do one thing together, a place for each.

    Attributes
    ----------
    quorum, basis
        How many copies are needed, and where that number comes from.
    backup, dr
        Where backups and recovery stand; None where the plan's format does not tell,
        empty where the plan names none.
    notes
        What a reader must know of how it was read.
    """

    id: str
    source: Source
    places: tuple[Place, ...]
    quorum: int
    basis: str = MAJORITY
    backup: tuple[Place, ...] | None = None
    dr: tuple[Place, ...] | None = None
    notes: tuple[str, ...] = ()

    @property
    def spread(self) -> bool:
        """True where its provider spreads it over a region: over which zones is not told."""
        return any(place.kind == "region" for place in self.places)


@dataclass(frozen=True)
class Unassessed:
    """Something that was read and could not be judged."""

    id: str
    reason: str
    source: Source


@dataclass(frozen=True)
class Deployment:
    """All that one or more plan files describe; ``own`` is the region of its own datacenters."""

    files: tuple[str, ...]
    workloads: tuple[Workload, ...]
    unassessed: tuple[Unassessed, ...] = ()
    own: Region | None = None
    model: Inputs | None = None


def majority(copies: int) -> int:
    """Least number that is more than half."""
    return copies // 2 + 1


def spread(places: Sequence[Place], copies: int) -> tuple[Place, ...]:
    """Deal copies over places as evenly as can be, the first places first."""
    return tuple(places[index % len(places)] for index in range(copies))


def apart(places: Sequence[Place]) -> tuple[Place, ...]:
    """Give copies that stand somewhere in a region a number each: it may not be one zone."""
    counted: dict[str, int] = {}
    result = []
    for place in places:
        if place.kind == "somewhere":
            counted[place.id] = counted.get(place.id, 0) + 1
            place = replace(place, id=f"{place.id}-{counted[place.id]}")  # noqa: PLW2901
        result.append(place)
    return tuple(result)
