"""Forms of the records, and their check: every rule over every file, without the network."""

from __future__ import annotations

import json
import math
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, TypeAdapter

from zonerisk.catalogue.catalog import INCIDENTS, MEASUREMENTS, REFERENCE, Catalog
from zonerisk.catalogue.dialect import Dialect
from zonerisk.catalogue.document import MAX_BYTES, Document, Tree, content, data_root, read
from zonerisk.core.errors import DataError, FileProblem, UsageError
from zonerisk.core.kinds import HAZARDS, STATED_FEEDS
from zonerisk.core.model import (
    CAUSES,
    CONTROLS,
    TRIGGERS,
    Evidence,
    Incident,
    Measurement,
    Policy,
    Position,
    Provider,
    Region,
)
from zonerisk.core.verdict import Answer, Result
from zonerisk.curation.rules import FINDS, Level, PlacedSite, modeline
from zonerisk.layers.cards import Card, known, read_card
from zonerisk.workloads.plan import PlanFile

Kind = TypeVar("Kind", Provider, Region, Dialect, Incident, Measurement)
AnyRecord = TypeVar("AnyRecord")
# What makes figures again, for whoever has the raw layers.
AGAIN = "zonerisk layers sample --from RAW"
FEEDS_AGAIN = "python scripts/feeds.py derive"


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend. An ``error`` refuses the file, a ``warning`` asks for a look."""

    file: str
    line: int
    text: str
    rule: str
    level: Level = "error"

    def __str__(self) -> str:
        """Return the problem on one line, as editors and log readers expect it."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        mark = "warning: " if self.level == "warning" else ""
        return f"{place}: {mark}{self.text} [{self.rule}]"


@dataclass(frozen=True)
class RecordFile(Generic[AnyRecord]):
    """The file of one provider, region, dialect, incident, measurement, policy or layer.

    There is no document where it is no readable YAML, and no record where its format is refused.
    """

    id: str
    path: Path
    document: Document | None
    record: AnyRecord
    refused: tuple[str, ...] = ()

    @property
    def tree(self) -> Tree:
        """What the file says; None where it is no readable YAML."""
        return self.document.tree if self.document else None

    @property
    def evidence(self) -> dict[str, Evidence]:
        """The sources that the file itself lists, not those of its provider."""
        listed = self.written("evidence")
        known = getattr(self.record, "evidence", {}) if isinstance(listed, dict) else {}
        return {key: piece for key, piece in known.items() if self.written("evidence", key)}

    @cached_property
    def placed(self) -> tuple[PlacedSite, ...]:
        """The sites of a region that have a position."""
        sites = self.record.sites.items() if isinstance(self.record, Region) else ()
        return tuple(PlacedSite(self, key, site, site.position) for key, site in sites if site.position)  # type: ignore[arg-type]

    def problem(self, rule: str, path: Sequence[str | int], text: str, level: Level = "error") -> Problem:
        """Return a problem: what is wrong at a path of keys, and what to do next."""
        assert self.document is not None
        where = ".".join(str(step) for step in path)
        text = f"{where}: {text}" if where else text
        return Problem(self.document.name, self.document.line(path), text, rule, level)

    def written(self, *path: str) -> Tree:
        """Return what the file says at a path of keys; None where it says nothing."""
        tree = self.tree
        for step in path:
            tree = tree.get(step) if isinstance(tree, dict) else None
        return tree


def _cell(at: Position) -> tuple[int, int]:
    return math.floor(at.lat * 100), math.floor(at.lon * 100)


class CheckedCatalogue:
    """Every file of a catalogue, read even where it is refused."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.files = {record_id: _read(catalog, record_id) for record_id in record_ids(catalog)}
        self.region_ids = frozenset(catalog.region_ids)

    def _all(self, kind: type[Kind]) -> dict[str, Kind]:
        """Return the records of a kind that are not refused, by the ids of their files."""
        return {key: file.record for key, file in self.files.items() if isinstance(file.record, kind)}

    @cached_property
    def providers(self) -> dict[str, Provider]:
        """The providers by id, but those whose file is refused."""
        return self._all(Provider)

    def regions_of(self, provider_id: str) -> Iterator[RecordFile[Any]]:
        """Return the region files of a provider."""
        yield from (self.files[region_id] for region_id in self.catalog.regions_of(provider_id))

    def sells(self, provider_id: str, region_id: str) -> bool:
        """Return whether a provider has a region's file, though it be refused."""
        return region_id in self.region_ids and self.files[region_id].path.parent.name == provider_id

    @cached_property
    def regions(self) -> dict[str, Region]:
        """The regions by id, but those whose file is refused."""
        return self._all(Region)

    @cached_property
    def dialects(self) -> dict[str, Dialect]:
        """What is peculiar to plans for each provider, by the provider's id."""
        return {key.partition("/")[0]: record for key, record in self._all(Dialect).items()}

    @cached_property
    def used(self) -> frozenset[str]:
        """Canonical ids of the sites that a zone or a region's candidates name."""
        regions = self.regions.values()
        rows = [row for region in regions for row in (*region.zones.values(), region.candidates) if row]
        return frozenset(site for row in rows for site in row.sites)

    @cached_property
    def _placed(self) -> dict[object, list[PlacedSite]]:
        """Sites that are known as buildings, by cell of the ground, and by the map object that they are."""
        near: dict[object, list[PlacedSite]] = defaultdict(list)
        for row in (row for file in self.files.values() for row in file.placed):
            if row.at.method not in ("campus", "town"):
                for key in filter(None, (_cell(row.at), row.at.osm)):
                    near[key].append(row)
        return near

    def beside(self, row: PlacedSite) -> Iterator[PlacedSite]:
        """Return the buildings before a building, by id, within some hundred metres or of its object."""
        north, east = _cell(row.at)
        keys = [(north + y, east + x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
        near = {other.site.id: other for key in (*keys, row.at.osm) for other in self._placed.get(key, ())}
        if row.site.id in near:
            order = row.file.id, row.key
            yield from (other for other in near.values() if (other.file.id, other.key) < order)

    @cached_property
    def overlaps(self) -> dict[tuple[str, str], Incident]:
        """The incident before that lasted into an incident, by its id and a region of both; of one cause."""
        alike: dict[tuple[str, str, str], list[Incident]] = defaultdict(list)
        for event in sorted(self._all(Incident).values(), key=lambda event: (event.start, event.id)):
            for region in event.regions:
                alike[region, event.class_, event.cause].append(event)
        earlier: dict[tuple[str, str], Incident] = {}
        for (region, *_), events in alike.items():
            longest = events[0]
            for before, event in pairwise(events):
                if event.start == before.start:
                    earlier[event.id, region] = before
                elif event.start < (longest.end or ""):
                    earlier[event.id, region] = longest
                longest = max(longest, event, key=lambda event: event.end or event.start)
        return earlier


def record_ids(catalog: Catalog) -> tuple[str, ...]:
    """Return what is checked: providers, regions and dialects by their ids, others with their folder."""
    filed = (f"{table}/{key}" for table, paths in catalog.filed.items() for key in sorted(paths))
    return (*catalog.provider_ids, *catalog.region_ids, *catalog.dialect_files, *filed)


def _read(catalog: Catalog, record_id: str) -> RecordFile[Any]:
    path, document, (table, _, key) = catalog.path(record_id), None, record_id.partition("/")
    try:
        document = catalog.document(record_id)
        if key == "dialect":
            record: object = catalog.dialect(record_id)
        elif table in REFERENCE:
            record = read_card(path) if table == "layers" else catalog.policy(str(path))
        elif key:
            record = catalog.incident(key) if table == INCIDENTS else catalog.measurement(key)
        else:
            record = (catalog.provider if record_id in catalog.provider_ids else catalog.region)(record_id)
        return RecordFile(record_id, path, document, record)
    except DataError as error:
        return RecordFile(record_id, path, document, None, error.problems)


def _hidden(path: Path, name: str) -> Iterator[Problem]:
    """Refuse characters that no reader sees: controls, and those that turn the direction of writing."""
    try:
        text = content(path, MAX_BYTES).decode(errors="replace")
    except (OSError, DataError):  # As the format's rule tells.
        return
    for number, line in enumerate(text.split("\n"), 1):
        if hidden := re.search(CONTROLS, line.removesuffix("\r")):
            what = f"U+{ord(hidden[0]):04X}, a control that no reader sees, at column {hidden.start() + 1}"
            yield Problem(name, number, f"holds {what}; take it out", "characters")


def check(checked: CheckedCatalogue, only: Iterable[str] | None = None) -> list[Problem]:
    """Return what the rules find in all files, or in some by id; rules on two records still see all."""
    problems: set[Problem] = set()
    for file in (checked.files[record_id] for record_id in (checked.files if only is None else only)):
        for problem in file.refused:
            if not isinstance(problem, FileProblem):
                problems.add(Problem(str(file.path), 0, problem, "format"))
            elif problem.value != "TODO":  # What the template left to fill in, its own rule tells.
                problems.add(Problem(problem.file, problem.line, problem.what, "format"))
        problems |= {*_hidden(file.path, file.document.name if file.document else str(file.path))}
        for subject, find in FINDS:
            for row in file.placed if subject is Position else ():
                flaws = ((("sites", row.key, *flaw[1]), flaw) for flaw in find(row, checked))
                problems |= {file.problem(flaw[0], path, *flaw[2:]) for path, flaw in flaws}
            if isinstance(file.record, subject):
                problems |= {file.problem(*flaw) for flaw in find(file, checked)}
    return sorted(problems)


def open_path(path: Path) -> tuple[Catalog, frozenset[str]]:
    """Open the catalogue around a folder or file; also return the ids of the records that it names.

    A folder that has no ``catalog.yaml`` of its own lies over the shipped catalogue, so that its files may
    refer to shipped sites. A file of YAML that lies in no catalogue is a policy.
    """
    place = Path(os.path.realpath(path))  # Which takes links in a circle for a file that is not there.
    tables = ("datacenters", INCIDENTS, MEASUREMENTS)
    roots = [
        folder for folder in (place, *place.parents) if any((folder / table).is_dir() for table in tables)
    ]
    reference = [*(place / table for table in REFERENCE), place, place.parent]
    roots += [folder.parent for folder in reference if folder.name in REFERENCE and folder.is_dir()]
    if not roots and place.is_file() and place.suffix in (".yaml", ".yml"):
        catalog = Catalog()
        catalog.filed["policies"] = {path.stem: path}
        return catalog, frozenset([f"policies/{path.stem}"])
    if not place.exists() or not roots:
        raise UsageError(
            f"{path}: is not a catalogue; give a folder that holds datacenters/, or a file in one"
        )
    here = Path.cwd()
    root = roots[0].relative_to(here) if roots[0].is_relative_to(here) else roots[0]
    whole = (root / "catalog.yaml").is_file()
    catalog = Catalog(root) if whole else Catalog(data_root(), root)
    ids = frozenset(
        record_id
        for record_id in record_ids(catalog)
        if Path(os.path.realpath(catalog.path(record_id))).is_relative_to(place)
    )
    # What a provider's file says holds for its regions, which are refused with it.
    ids |= {region for provider in ids & {*catalog.provider_ids} for region in catalog.regions_of(provider)}
    if not ids:
        raise UsageError(f"{path}: holds no record; a region is datacenters/<provider>/<code>.yaml")
    return catalog, ids


def stale_samples(catalog: Catalog) -> Iterator[Problem]:
    """Check the shipped figures against the cards and the sites that they were made for.

    A file is refused if its card says something else by now. Where a site has moved, is new or is gone, its
    figures are left out of every verdict until they are made again: that only asks a maintainer for it.
    """
    from zonerisk.catalogue.document import files
    from zonerisk.catalogue.samples import SampleFile, same_place
    from zonerisk.layers.sampling import head

    regions = map(catalog.region, catalog.region_ids)
    sites = {site.id: site for region in regions for site in region.sites.values() if site.position}
    moved: dict[str, list[str]] = defaultdict(list)
    again = "make it again: zonerisk layers sample"
    for path in files(catalog.roots, "layers/samples", "*.csv").values():
        name = f"data/layers/samples/{path.name}"
        try:
            file = SampleFile(path)
            sampled = {row["site"]: row for row in file.rows()}
            card = known(catalog.roots).get(path.stem)
            if card is None or file.layer.id != path.stem:
                raise DataError(f"there is no card data/layers/{path.stem}.yaml")
        except DataError as error:
            yield Problem(name, 1, str(error), "drift")
            continue
        raw = {part.path: part.sha256 for part in card.files}
        wanted = json.loads(json.dumps({**head(card, (), ""), "raw": raw}))
        for key in sorted(wanted.keys() | file.head.keys()):
            if key not in ("regions", "rows", "sampled") and file.head.get(key) != wanted.get(key):
                yield Problem(name, 1, f"{key}: the card says otherwise; {again}", "drift")
        if not card.ships:
            yield Problem(name, 1, "its licence lets no figures ship", "drift")
        for gone in sampled.keys() - sites.keys():
            moved[gone].append(path.stem)
        for key, site in sites.items():
            row, at = sampled.get(key), site.position
            assert at is not None
            if not same_place(row, at) if row else file.of(key, at)[0].reason == "not_sampled":
                moved[key].append(path.stem)
    for key, site in sites.items():
        if catalog.supply.stale(site):
            moved[key].append("feeds")
    for key, layers in sorted(moved.items()):
        more = f" and {len(layers) - 3} more" if len(layers) > 3 else ""
        made = f"figures of {', '.join(layers[:3])}{more}"
        # A contributor need not run these, nor has the raw layers.
        commands = [AGAIN] * (layers[0] != "feeds") + [FEEDS_AGAIN] * (layers[-1] == "feeds")
        then = f"nothing to do; a maintainer runs {' and '.join(commands)}"
        if key not in sites:
            what = f"{key}: no such site has a position; its {made} are not used"
            yield Problem("data/layers/samples", 0, f"{what}; {then}", "stale", "warning")
            continue
        region, _, site_key = key.partition("/")
        document = catalog.document(region)
        what = f"the {made} were not made for where it stands; they are left out of its verdict"
        line, text = document.line(("sites", site_key, "position")), f"sites.{site_key}: {what}; {then}"
        yield Problem(document.name, line, text, "stale", "warning")


MODELS: dict[str, type[BaseModel | Result]] = {
    **{model.__name__.lower(): model for model in (Provider, Region, Dialect, Policy, Incident, Measurement)},
    "layer": Card,
    "plan": PlanFile,
    "verdict": Answer,
}


def schema(name: str) -> str:
    """Write the JSON Schema of one of :data:`MODELS`, with the help on fields of ``data/fields.yaml``."""
    mode: Literal["serialization", "validation"] = "serialization" if name == "verdict" else "validation"
    tree = TypeAdapter(MODELS[name]).json_schema(mode=mode)
    helped: Any = read(data_root() / "fields.yaml").tree
    for part in (tree, *tree.get("$defs", {}).values()):
        tables = [rows for models, rows in helped.items() if part.get("title") in models.split(", ")]
        for names, text in [row for rows in tables for row in rows.items()]:
            for field in names.split(", "):
                part["properties"][field]["description"] = text
    tree = {"$schema": "https://json-schema.org/draft/2020-12/schema", **tree}
    return json.dumps(tree, indent=1, ensure_ascii=False) + "\n"


Form = Literal["provider", "region", "incident", "measurement", "policy"]


def template(kind: Form, described: bool = False) -> str:
    """Return a commented file, with the line that names its schema or without."""
    text = (data_root() / "templates" / f"{kind}.yaml").read_text("utf-8")
    lists = {"hazards": HAZARDS, "feeds": STATED_FEEDS, "triggers": TRIGGERS}
    for name, words in {**lists, **CAUSES}.items():
        listed = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]
        break_ = "\n#     # " if name == "hazards" else "\n# "
        text = text.replace(f"{{{name}}}", break_.join(wrap(listed, 90)) if name != "feeds" else listed)
    return f"{modeline(kind)}\n{text}" if described else text
