"""Checks of the catalogue: every rule over every file, without the network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import Catalog, data_root
from zonerisk.core.errors import UsageError
from zonerisk.curation import integrity, plausibility
from zonerisk.curation.record_file import CheckedCatalogue, Problem, RecordFile, problems

if TYPE_CHECKING:
    from collections.abc import Mapping


def format_(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse what is not YAML, or not a record: keys, types, dates, addresses, sources."""
    # What the template left to fill in is told by that rule.
    yield from problems(entry.refused, str(entry.path), "format", but="TODO")


Rule = Callable[[RecordFile, CheckedCatalogue], Iterator[Problem]]

RULES: Mapping[str, Rule] = {
    "format": format_,
    "todo": integrity.todo,
    "file-name": integrity.file_name,
    "modeline": integrity.modeline,
    "reference": integrity.reference,
    "zone-id": integrity.zone_id,
    "zone-source": integrity.zone_source,
    "sold": integrity.sold,
    "read-date": integrity.read_date,
    "address": integrity.address,
    "uncited": integrity.uncited,
    "note-source": integrity.note_source,
    "unused": integrity.unused,
    "swapped": plausibility.swapped,
    "sign": plausibility.sign,
    "country": plausibility.country,
    "town": plausibility.town,
    "town-known": plausibility.town_known,
    "digits": plausibility.digits,
    "centroid": plausibility.centroid,
    "precision": plausibility.precision,
    "same-point": plausibility.same_point,
    "twin": plausibility.twin,
    "campus-spread": plausibility.campus_spread,
}


def check(book: CheckedCatalogue, only: Iterable[str] | None = None) -> list[Problem]:
    """Apply every rule to the files of a catalogue.

    Parameters
    ----------
    book
        The catalogue, read.
    only
        Ids of the records to check; without it, all. Rules on two records still see all.

    Returns
    -------
    Problems by file and line.
    """
    chosen = sorted(book.entries if only is None else only)
    found = {
        problem
        for record_id in chosen
        for rule in RULES.values()
        for problem in rule(book.entries[record_id], book)
    }
    return sorted(found)


def open_path(path: Path) -> tuple[Catalog, frozenset[str]]:
    """Open what a path names: a catalogue's folder, a provider's, or one file.

    Returns
    -------
    The catalogue around it, and the ids of the records that the path names. A folder that
    has no ``catalog.yaml`` of its own lies over the shipped catalogue, so that its files
    may refer to shipped sites.

    Raises
    ------
    UsageError
        If the path names no records.
    """
    place = path.resolve()
    roots = [folder for folder in (place, *place.parents) if (folder / "datacenters").is_dir()]
    if not place.exists() or not roots:
        raise UsageError(
            f"{path}: names no catalogue; give a folder that holds datacenters/, or a file in it"
        )
    here = Path.cwd()
    root = roots[0].relative_to(here) if roots[0].is_relative_to(here) else roots[0]
    whole = (root / "catalog.yaml").is_file()
    catalog = Catalog(root) if whole else Catalog(data_root(), root)
    ids = frozenset(
        record_id
        for record_id in (*catalog.provider_ids, *catalog.region_ids, *catalog.dialect_ids)
        if catalog.path(record_id).resolve().is_relative_to(place)
    )
    if not ids:
        raise UsageError(f"{path}: holds no record; a region is datacenters/<provider>/<code>.yaml")
    return catalog, ids
