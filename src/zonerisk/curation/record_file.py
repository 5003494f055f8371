"""A catalogue file under check: its text, its record, and problems worded with their line."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from zonerisk.core.errors import DataError, FileProblem
from zonerisk.core.model import Provider, Region

if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.catalogue.dialect import Dialect
    from zonerisk.catalogue.document import Document, Tree
    from zonerisk.core.model import Position, Site

Level = Literal["error", "warning"]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend. An ``error`` refuses the file, a ``warning`` asks for a look."""

    file: str
    line: int
    text: str
    rule: str
    level: Level = "error"

    def __str__(self) -> str:
        """Word the problem on one line, as editors and log readers expect it."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        mark = "warning: " if self.level == "warning" else ""
        return f"{place}: {mark}{self.text} [{self.rule}]"


def problems(refused: Iterable[str], file: str, rule: str, but: str | None = None) -> Iterator[Problem]:
    """Give what a file is refused for as problems, in their own file and line where they name it."""
    for problem in refused:
        if not isinstance(problem, FileProblem):
            yield Problem(file, 0, problem, rule)
        elif problem.value != but or but is None:
            yield Problem(problem.file, problem.line, problem.what, rule)


@dataclass(frozen=True)
class RecordFile:
    """The file of one provider, region or dialect.

    Attributes
    ----------
    id, path
        The record's id and its file.
    document
        The file as text with lines; None where it is no readable YAML.
    record
        The record; None where its format is refused.
    refused
        What its format is refused for.
    dialect
        What is peculiar to plans for a provider, if the file is of that.
    """

    id: str
    path: Path
    document: Document | None
    record: Provider | Region | None
    refused: tuple[str, ...] = ()
    dialect: Dialect | None = None

    @property
    def region(self) -> Region | None:
        """The record, if it is a region's."""
        return self.record if isinstance(self.record, Region) else None

    @property
    def provider(self) -> Provider | None:
        """The record, if it is a provider's."""
        return self.record if isinstance(self.record, Provider) else None

    def problem(
        self, rule: str, path: Sequence[str | int], what: str, then: str, level: Level = "error"
    ) -> Problem:
        """Word a problem: what is wrong at a path of keys, and what to do next."""
        assert self.document is not None
        where = ".".join(str(step) for step in path)
        text = f"{where}: {what}; {then}" if where else f"{what}; {then}"
        return Problem(self.document.name, self.document.line(path), text, rule, level)

    def written(self, *path: str) -> Tree:
        """Give what the file says at a path of keys; None where it says nothing."""
        tree: Tree = self.document.tree if self.document else None
        for step in path:
            tree = tree.get(step) if isinstance(tree, dict) else None
        return tree

    def placed(self) -> Iterator[tuple[str, Site, Position]]:
        """Give each site that has a position, with its key."""
        for key, site in self.region.sites.items() if self.region else ():
            if site.position:
                yield key, site, site.position

    def town(self, site: Site) -> str | None:
        """Give the town stated for a site, its own or its region's."""
        return site.town or (self.region.town if self.region else None)

    def country(self, site: Site) -> str:
        """Give the country stated for a site, its own or its region's."""
        assert self.region is not None
        return site.country or self.region.country


Stand = tuple[RecordFile, str, "Site", "Position"]
"""A site with a position: its file, its key, itself and its disc."""


def _cell(at: Position) -> tuple[int, int]:
    return math.floor(at.lat * 100), math.floor(at.lon * 100)


class CheckedCatalogue:
    """Every file of a catalogue, read even where it is refused."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        ids = (*catalog.provider_ids, *catalog.region_ids, *catalog.dialect_ids)
        self.entries = {record_id: _read(catalog, record_id) for record_id in ids}

    @cached_property
    def _cells(self) -> dict[tuple[int, int], list[Stand]]:
        cells: dict[tuple[int, int], list[Stand]] = defaultdict(list)
        for entry in self.entries.values():
            for key, site, at in entry.placed():
                cells[_cell(at)].append((entry, key, site, at))
        return cells

    @cached_property
    def _objects(self) -> dict[str, list[Stand]]:
        objects: dict[str, list[Stand]] = defaultdict(list)
        for stands in self._cells.values():
            for stand in stands:
                if stand[3].osm:
                    objects[stand[3].osm].append(stand)
        return objects

    def beside(self, entry: RecordFile, key: str, at: Position) -> Iterator[Stand]:
        """Give the sites before a site, by id, within some hundred metres or of its object."""
        north, east = _cell(at)
        found = [
            stand
            for y in (-1, 0, 1)
            for x in (-1, 0, 1)
            for stand in self._cells.get((north + y, east + x), ())
        ]
        found += [stand for stand in self._objects.get(at.osm or "", ()) if stand not in found]
        for stand in found:
            if (stand[0].id, stand[1]) < (entry.id, key):
                yield stand

    @cached_property
    def used(self) -> frozenset[str]:
        """Canonical ids of the sites that a zone or a region's candidates name."""
        regions = [entry.region for entry in self.entries.values() if entry.region]
        named = [site for region in regions for zone in region.zones.values() for site in zone.sites]
        named += [site for region in regions if region.candidates for site in region.candidates.sites]
        return frozenset(named)

    @cached_property
    def operators(self) -> frozenset[str]:
        """Ids of the providers that run a site, wherever it is recorded."""
        return frozenset(
            site.operator
            for entry in self.entries.values()
            if entry.region
            for site in entry.region.sites.values()
            if site.operator
        )

    def regions_of(self, provider_id: str) -> Iterator[RecordFile]:
        """Give the region files of a provider."""
        for region_id in self.catalog.regions_of(provider_id):
            yield self.entries[region_id]


def _read(catalog: Catalog, record_id: str) -> RecordFile:
    path = catalog.path(record_id)
    document = None
    try:
        document = catalog.document(record_id)
        if record_id in catalog.dialect_ids:
            return RecordFile(record_id, path, document, None, dialect=catalog.dialect(record_id))
        is_region = record_id not in catalog.provider_ids
        record = catalog.region(record_id) if is_region else catalog.provider(record_id)
    except DataError as error:
        return RecordFile(record_id, path, document, None, error.problems)
    return RecordFile(record_id, path, document, record)
