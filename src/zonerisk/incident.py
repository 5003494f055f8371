"""Recorded incidents that hit more than one region: shared risks of regional size."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from zonerisk.document import read
from zonerisk.model import Dated, Evidence, Key, Text
from zonerisk.shared import strongest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from zonerisk.catalog import Catalog
    from zonerisk.model import Grade


class Incident(Dated):
    """One event, or one campaign, that hit two regions or more.

    Attributes
    ----------
    kind
        What it was.
    since, until
        First and last day.
    regions
        Canonical ids of the regions of which at least a part was hit.
    text
        What happened, in our words.
    """

    id: str = ""
    name: Text
    kind: Literal[
        "conflict", "heat", "storm", "cyclone", "flood", "earthquake", "power", "network", "volcano"
    ]
    regions: Annotated[tuple[Key, ...], Field(min_length=2)]
    text: Text
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]

    @property
    def cited(self) -> tuple[Evidence, ...]:
        """What it rests on."""
        return tuple(self.evidence.values())

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
        if (incident.since or "") <= as_of
        and not a.isdisjoint(incident.regions)
        and not b.isdisjoint(incident.regions)
    )
