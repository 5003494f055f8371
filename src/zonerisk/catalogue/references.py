"""References: what a record's text names, in its own file and in others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zonerisk.catalogue.document import Document, Tree
    from zonerisk.core.model import Evidence


def _full(reference: Tree, region_id: str) -> Tree:
    if isinstance(reference, str) and "/" not in reference:
        return f"{region_id}/{reference}"
    return reference


def canonical(tree: dict[str, Tree], region_id: str) -> dict[str, Tree]:
    """Write ids into records and full ids into references; leave what is malformed alone."""
    result = dict(tree)
    for table in ("zones", "sites", "campuses", "feeds", "hazards"):
        rows = tree.get(table)
        if not isinstance(rows, dict):
            continue
        result[table] = {key: _canonical_row(row, key, region_id) for key, row in rows.items()}
    candidates = tree.get("candidates")
    if isinstance(candidates, dict):
        result["candidates"] = _referring(candidates, region_id)
    return result


def _canonical_row(row: Tree, key: str, region_id: str) -> Tree:
    row = {} if row is None else row
    if not isinstance(row, dict) or "id" in row:
        return row if not isinstance(row, dict) else {**row, "id": ["comes from the key"]}
    return {**_referring(row, region_id), "id": f"{region_id}/{key}"}


def _referring(row: dict[str, Tree], region_id: str) -> dict[str, Tree]:
    row = dict(row)
    for field in ("sites", "upstream"):
        listed = row.get(field)
        if isinstance(listed, list):
            row[field] = [_full(item, region_id) for item in listed]
    if "campus" in row:
        row["campus"] = _full(row["campus"], region_id)
    return row


def uncovered(
    document: Document,
    evidence: Mapping[str, Evidence],
    tree: Tree,
    path: tuple[str | int, ...] = (),
) -> Iterator[str]:
    """Find every evidence key that the file and its provider do not define."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            here = (*path, key)
            if key == "evidence" and isinstance(value, list):
                for index, cited in enumerate(value):
                    if cited not in evidence:
                        yield document.problem(
                            (*here, index), f"{cited!r} is not under evidence; add it there"
                        )
            else:
                yield from uncovered(document, evidence, value, here)
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield from uncovered(document, evidence, value, (*path, index))


def dangling(document: Document, region_id: str, known: set[str]) -> Iterator[str]:
    """Find every reference to a site of this file, or to a campus of it, that is not there."""
    tree = document.tree
    campuses = tree.get("campuses")
    declared = set(campuses) if isinstance(campuses, dict) else set()
    for table in ("zones", "feeds", "hazards"):
        rows = tree.get(table)
        for key, row in rows.items() if isinstance(rows, dict) else ():
            yield from _unlisted(document, region_id, known, (table, key), row)
    yield from _unlisted(document, region_id, known, ("candidates",), tree.get("candidates"))
    sites = tree.get("sites")
    for key, row in sites.items() if isinstance(sites, dict) else ():
        campus = row.get("campus") if isinstance(row, dict) else None
        if isinstance(campus, str) and "/" not in campus and campus not in declared:
            yield document.problem(
                ("sites", key, "campus"), f"{campus!r} is not under campuses; add it there"
            )


def _unlisted(
    document: Document, region_id: str, known: set[str], path: tuple[str | int, ...], row: Tree
) -> Iterator[str]:
    listed = row.get("sites") if isinstance(row, dict) else None
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        name = str(item).removeprefix(f"{region_id}/")
        if "/" not in name and name not in known:
            yield document.problem((*path, "sites", index), f"{item!r} is not under sites; add it there")
