"""Rows: a head and its rows as a terminal table, JSON or CSV."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from zonerisk import report
from zonerisk.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


_ANY_WIDTH = 1000


class Format(StrEnum):
    """How to write a list."""

    table = "table"
    json = "json"
    csv = "csv"


def written(
    head: Sequence[str], rows: Iterable[Sequence[str]], format_: Format, out: Path | None
) -> str:
    """Write rows in a format; JSON is a list of objects, CSV has the head first (RFC 4180)."""
    listed = list(rows)
    if format_ is Format.json:
        import json

        objects = [dict(zip(head, row, strict=True)) for row in listed]
        return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
    if format_ is Format.csv:
        import csv
        import io

        buffer = io.StringIO()
        csv.writer(buffer).writerows([head, *listed])
        return buffer.getvalue()
    # A list goes on to grep and cut: a row stays a line, unless a terminal is narrower.
    console = output.console(out, _ANY_WIDTH)
    with console.capture() as capture:
        report.section(console, "", head, listed)
    return capture.get().lstrip("\n")
