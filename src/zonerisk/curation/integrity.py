"""Rules on records: whether a file's references, sources and names hold together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonerisk.catalogue.document import Tree
    from zonerisk.curation.record_file import CheckedCatalogue, Problem, RecordFile

MODELINE = "# yaml-language-server: $schema=../../schema/{kind}.json"


def modeline(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Ask that the first line names the schema, so that editors check the file as it is written."""
    stem = entry.path.stem
    wanted = MODELINE.format(kind=stem if stem in ("provider", "dialect") else "region")
    root = entry.path.parents[2]
    if (root / "schema").is_dir() and entry.document:
        with entry.path.open(encoding="utf-8") as file:
            if file.readline().rstrip() != wanted:
                yield entry.problem(
                    "modeline",
                    (),
                    "the first line does not name the schema",
                    f"put this on top: {wanted}",
                )


def todo(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse what the template left to fill in."""

    def left(tree: Tree, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if tree == "TODO":
            yield path
        rows = tree.items() if isinstance(tree, dict) else enumerate(tree if isinstance(tree, list) else ())
        for key, value in rows:
            yield from left(value, (*path, key))

    for path in left(entry.document.tree if entry.document else None, ()):
        yield entry.problem("todo", path, "still says TODO", "fill it in, or drop the line")


def file_name(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a file that is not named as an id is, or not read at all: the path is the id."""
    for part in (entry.path.parent.name, entry.path.stem):
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", part) and entry.document:
            yield entry.problem(
                "file-name",
                (),
                f"{part!r} is no id",
                "rename it: lower case, digits and single dashes",
            )
    if entry.path.stem == "provider" and entry.document:
        for stray in sorted(entry.path.parent.iterdir()):
            if stray.is_dir() or stray.suffix != ".yaml":
                yield entry.problem(
                    "file-name",
                    (),
                    f"{stray.name} beside it is not read",
                    "name a region's file <code>.yaml, or take it away",
                )


def reference(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a reference to a site, campus, feed, region or operator that does not exist."""
    for number, claim in enumerate(entry.provider.claims if entry.provider else ()):
        for index, code in enumerate(claim.exceptions):
            if f"{entry.id}-{code}" not in book.catalog.region_ids:
                yield entry.problem(
                    "reference",
                    ("claims", number, "exceptions", index),
                    f"no region is called {entry.id}-{code}",
                    "write the code alone, as its file is named",
                )
    region = entry.region
    if region is None:
        return
    named: list[tuple[tuple[str | int, ...], str, str]] = []
    for table, rows in (
        ("zones", region.zones),
        ("feeds", region.feeds),
        ("hazards", region.hazards),
    ):
        for key, row in rows.items():
            named += [((table, key, "sites", index), site, "sites") for index, site in enumerate(row.sites)]
    for key, feed in region.feeds.items():
        named += [
            (("feeds", key, "upstream", index), upstream, "feeds")
            for index, upstream in enumerate(feed.upstream)
        ]
    if region.candidates:
        named += [
            (("candidates", "sites", index), site, "sites")
            for index, site in enumerate(region.candidates.sites)
        ]
    for key, site in region.sites.items():
        if site.campus:
            named.append((("sites", key, "campus"), site.campus, "campuses"))
        if site.operator and site.operator not in book.catalog.provider_ids:
            yield entry.problem(
                "reference",
                ("sites", key, "operator"),
                f"no provider is called {site.operator}",
                "write its provider.yaml, or correct the name",
            )
    for path, wanted, table in named:
        missing = _missing(wanted, table, book)
        if missing:
            yield entry.problem("reference", path, missing, "correct the reference")


def _missing(wanted: str, table: str, book: CheckedCatalogue) -> str:
    """Say why a canonical id does not resolve; nothing where it does, or cannot be told."""
    region_id, _, key = wanted.partition("/")
    owner = book.entries.get(region_id)
    if owner is None or owner.path.stem == "provider":
        return f"{wanted}: no region is called {region_id}"
    if owner.region is None or key in getattr(owner.region, table):
        return ""
    if key in owner.region.zones:
        return f"{wanted} is a zone; name the {table} it stands in"
    return f"{wanted}: {owner.document.name if owner.document else region_id} has no such {table}"


def zone_id(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse another region's zone id; warn of one that is not the same for every customer."""
    region = entry.region
    if region is None:
        return
    own = set(entry.path.stem.split("-"))
    owner = book.entries.get(f"{region.provider}/dialect")
    zones = owner.dialect.zones if owner and owner.dialect else None
    for key in region.zones:
        if zones and zones.id and not zones.id.fullmatch(key):
            then = zones.account_relative or "use the id that is the same for every account"
            yield entry.problem("zone-id", ("zones", key), f"{key} is a name, not an id", then, "warning")
        for other in book.regions_of(region.provider):
            if other.region is None or other.id == entry.id:
                continue
            if key in other.region.zones:
                yield entry.problem(
                    "zone-id",
                    ("zones", key),
                    f"{other.id} has a zone {key} too",
                    "keep it in the region that sells it",
                )
            elif not set(key.split("-")) & own and re.match(rf"{re.escape(other.path.stem)}(-|[a-z]?$)", key):
                yield entry.problem(
                    "zone-id",
                    ("zones", key),
                    f"{key} is named after {other.id}, not after {entry.id}",
                    "move it to that region's file, or correct it",
                )


def zone_source(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a zone without a source that it is sold, and that it stands in its sites."""
    for key, zone in entry.region.zones.items() if entry.region else ():
        if not zone.evidence:
            yield entry.problem(
                "zone-source",
                ("zones", key),
                "cites no evidence",
                "name the page that lists it, and the one that ties it to a site",
            )


def uncited(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Warn of evidence that nothing cites."""
    if entry.record is None or not (entry.provider or (entry.region and entry.region.zones)):
        return
    cited = set(_cited(entry.document.tree if entry.document else None))
    if entry.provider:
        for region in book.regions_of(entry.id):
            if region.record is None:
                return
            cited |= set(_cited(region.document.tree if region.document else None))
    listed = entry.written("evidence")
    for key in listed if isinstance(listed, dict) else ():
        if key not in cited:
            yield entry.problem(
                "uncited",
                ("evidence", key),
                "nothing cites it",
                "cite it where it proves something, or drop it",
                "warning",
            )


def _cited(tree: Tree) -> Iterator[str]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key == "evidence" and isinstance(value, list):
                yield from (item for item in value if isinstance(item, str))
            elif key == "note" and isinstance(value, str):
                yield from _named_in(value)
            else:
                yield from _cited(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _cited(value)


def _named_in(note: str) -> Iterator[str]:
    """Give the keys that a note names as its sources: ``(evidence permit, survey)``."""
    for listed in re.findall(r"\(evidence ([^()]*)\)", note):
        yield from re.split(r",\s*|\s+and\s+", listed)


def note_source(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a note that names evidence, `(evidence KEY)`, which file and provider lack."""

    def notes(tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        for key, value in tree.items() if isinstance(tree, dict) else ():
            if key == "note" and isinstance(value, str):
                yield (*path, key), value
            yield from notes(value, (*path, key))

    for path, note in notes(entry.document.tree if entry.document else None, ()):
        for key in _named_in(note):
            if entry.record is not None and key not in entry.record.evidence:
                yield entry.problem(
                    "note-source",
                    path,
                    f"names evidence {key}, which is not there",
                    "add it under evidence, or drop what rests on it",
                )


def read_date(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a source read after the day of the catalogue."""
    day = book.catalog.edition.date
    for key, piece in entry.record.evidence.items() if entry.record else ():
        if piece.read > day[: len(piece.read)] and entry.written("evidence", key):
            yield entry.problem(
                "read-date",
                ("evidence", key, "read"),
                f"{piece.read} is later than the catalogue's {day}",
                "correct it, or move the date in catalog.yaml",
            )
    for key, _, at in entry.placed():
        if at.read and at.read > day[: len(at.read)]:
            yield entry.problem(
                "read-date",
                ("sites", key, "position", "read"),
                f"{at.read} is later than the catalogue's {day}",
                "correct it, or move the date in catalog.yaml",
            )


def address(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Warn of a source that does not say where it can be read."""
    for key, piece in entry.record.evidence.items() if entry.record else ():
        if piece.url is None and piece.kind != "inference" and entry.written("evidence", key):
            yield entry.problem(
                "address",
                ("evidence", key),
                "has no url",
                "add where it can be read, or say in the title how to get it",
                "warning",
            )


def sold(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Refuse a provider without regions or buildings, and an open cloud region without zones.

    Where not even a region is published, the provider's note says so.
    """
    if (
        entry.provider
        and not entry.provider.note
        and not any(book.regions_of(entry.id))
        and entry.id not in book.operators
    ):
        yield entry.problem(
            "sold",
            (),
            "has no region file beside it",
            "add one (zonerisk data new), or say in note that none is published",
        )
    region = entry.region
    if region is None or region.status != "open" or region.zones:
        return
    owner = book.entries[region.provider].provider
    if owner and owner.role == "cloud" and owner.status == "open":
        yield entry.problem(
            "sold",
            (),
            "is open and lists no zones",
            "list them as sold; without zones, one named after the region",
        )


def unused(entry: RecordFile, book: CheckedCatalogue) -> Iterator[Problem]:
    """Warn of a cloud provider's site that nothing uses and no note explains."""
    region = entry.region
    owner = book.entries[region.provider].provider if region else None
    if region is None or owner is None or owner.role != "cloud" or not region.zones:
        return
    for key, site in region.sites.items():
        if site.id not in book.used and not site.note:
            yield entry.problem(
                "unused",
                ("sites", key),
                "no zone and no region refers to it",
                "add it to candidates, or note why it serves none",
                "warning",
            )
