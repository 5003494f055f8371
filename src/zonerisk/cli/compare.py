"""zonerisk compare: regions side by side, and the places they have in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli import rows as rows_
from zonerisk.cli.score import AsOf, Catalogues, PolicyOption
from zonerisk.core.policy import DEFAULT
from zonerisk.core.policy import load as load_policy
from zonerisk.words import comparison, report


class Format(StrEnum):
    """How to write a comparison."""

    table = "table"
    json = "json"
    csv = "csv"
    md = "md"


def compare(
    targets: Annotated[list[str], typer.Argument(help="Regions or providers.")],
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.table,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Put regions side by side, one line each.

    Example: zonerisk compare ovh-sbg scaleway-fr-par
    """
    catalog = load(*(catalogue or ()))
    chosen = load_policy(policy)
    ids = dict.fromkeys(region for target in targets for region in catalog.open_regions(target))
    verdicts = [catalog.score(region, chosen, as_of) for region in ids]
    common = comparison.common_ground(verdicts)
    if format_ is Format.json:
        import json

        told = {"regions": comparison.records(verdicts), "common_ground": common}
        output.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n", out)
        return
    rows = comparison.rows(verdicts, chosen)
    if format_ is Format.md:
        text = "\n".join([*report.rows(comparison.HEAD, rows)[1:], "", *common]) + "\n"
    else:
        text = rows_.written(comparison.HEAD, rows, rows_.Format(format_.value), out)
        if format_ is Format.table:
            text += "".join(f"\n{line}\n" for line in common)
    output.write(text, out)
