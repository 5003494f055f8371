"""Annexes: the policies, incidents and layer cards beside the records, checked as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.catalogue.document import read
from zonerisk.core.errors import DataError
from zonerisk.core.model import Incident
from zonerisk.core.policy import read_policy
from zonerisk.curation.record_file import Problem
from zonerisk.curation.record_file import problems as worded
from zonerisk.layers.layers import read_card

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from zonerisk.catalogue.catalog import Catalog

_RULE = "annex"


def problems(root: Path, catalog: Catalog) -> Iterator[Problem]:
    """Find what is wrong with the annexes of one folder of a catalogue.

    Parameters
    ----------
    root
        The folder that holds ``policies``, ``incidents`` and ``layers``.
    catalog
        What the incidents' regions must be in.
    """
    for folder, loader in (("policies", read_policy), ("layers", read_card)):
        for path in sorted((root / folder).glob("*.yaml")):
            try:
                loader(path)
            except DataError as error:
                yield from worded(error.problems, "data", _RULE)
    for path in sorted((root / "incidents").glob("*.yaml")):
        yield from _incident(path, catalog)


def _incident(path: Path, catalog: Catalog) -> Iterator[Problem]:
    name = f"data/incidents/{path.name}"
    try:
        document = read(path, name)
        incident = document.validate(Incident, {"id": path.stem})
    except DataError as error:
        yield from worded(error.problems, "data", _RULE)
        return
    for index, region in enumerate(incident.regions):
        if region not in catalog.region_ids:
            yield Problem(
                name,
                document.line(("regions", index)),
                f"regions.{index}: no region is called {region}; see: zonerisk list regions",
                _RULE,
            )

    for index, place in enumerate(incident.took):
        region, _, key = place.partition("/")
        known = catalog.region(region) if region in catalog.region_ids else None
        if known and key not in known.zones and key not in known.sites:
            yield Problem(
                name,
                document.line(("took", index)),
                f"took.{index}: {region} has no zone or site {key}; see: zonerisk show {region}",
                _RULE,
            )
