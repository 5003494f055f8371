"""zonerisk show: one record with its sources."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zonerisk import load
from zonerisk.catalogue.catalog import Catalog, simplify
from zonerisk.cli import output
from zonerisk.cli.score import Catalogues
from zonerisk.core import policy
from zonerisk.core.errors import UnknownTarget

if TYPE_CHECKING:
    from zonerisk.core.model import Record


class Format(StrEnum):
    """How to write a record."""

    text = "text"
    json = "json"


def show(
    record: Annotated[
        str, typer.Argument(metavar="ID", help="A provider, region, site (ovh-sbg/sbg3) or policy.")
    ],
    format_: Annotated[Format, typer.Option("--format")] = Format.text,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Show one record with its sources.

    Examples: zonerisk show ovh-sbg; zonerisk show ovh-sbg/sbg3; zonerisk show podcast
    """
    where, found = _find(load(*(catalogue or ())), record)
    if format_ is Format.json:
        import json

        text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    else:
        text = "\n".join([f"# {where}", *_lines(found, 0)]) + "\n"
    output.write(text, out)


def _find(catalog: Catalog, name: str) -> tuple[str, dict[str, Any]]:
    if "/" in name and not name.endswith((".yaml", ".yml")):
        region, _, key = name.partition("/")
        region_id = catalog.resolve(region)[0]
        site_id = f"{region_id}/{simplify(key)}"
        site = catalog.site(site_id)
        cited = catalog.region(region_id).cite_site(site_id.partition("/")[2])
        return catalog.file_name(region_id), {
            **_dump(site),
            "cited": [_dump(piece) for piece in cited],
        }
    wanted = simplify(name)
    if wanted in catalog.provider_ids:
        return catalog.file_name(wanted), {
            **_dump(catalog.provider(wanted)),
            "regions": list(catalog.regions_of(wanted)),
        }
    try:
        region_id = catalog.resolve(name)[0]
    except UnknownTarget as unknown:
        if wanted not in policy.ids() and not name.endswith((".yaml", ".yml")):
            raise UnknownTarget(f"{unknown}; nor is it a policy ({', '.join(policy.ids())})") from None
        return f"data/policies/{wanted}.yaml", _dump(policy.load(name))
    return catalog.file_name(region_id), _dump(catalog.region(region_id))


def _dump(record: Record) -> dict[str, Any]:
    return record.model_dump(mode="json", exclude_defaults=True)


def _lines(value: Any, depth: int) -> list[str]:
    pad = "  " * depth
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                lines += [f"{pad}{key}:", *_lines(item, depth + 1)]
            else:
                lines.append(f"{pad}{key}: {item}")
        return lines
    lines = []
    for item in value:
        if isinstance(item, dict):
            inner = _lines(item, depth + 1)
            lines += [f"{pad}- {inner[0].strip()}", *inner[1:]]
        else:
            lines.append(f"{pad}- {item}")
    return lines
