"""Rows: a head and its rows as a terminal table, JSON or CSV."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from zonerisk.cli import output
from zonerisk.words import report

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


_ANY_WIDTH = 1000


class Format(StrEnum):
    """How to write a list."""

    table = "table"
    json = "json"
    csv = "csv"


Cell = str | int | float | None


def written(head: Sequence[str], rows: Iterable[Sequence[Cell]], format_: Format, out: Path | None) -> str:
    """Write rows in a format; JSON is a list of objects, CSV has the head first (RFC 4180).

    A number keeps the digits it came with, and is a number in JSON; what is not known is
    null there, and empty elsewhere.
    """
    listed = list(rows)
    if format_ is Format.json:
        import json

        objects = [dict(zip(head, row, strict=True)) for row in listed]
        return json.dumps(objects, indent=2, ensure_ascii=False) + "\n"
    if format_ is Format.csv:
        import csv
        import io

        buffer = io.StringIO()
        csv.writer(buffer).writerows([head, *([_text(cell) for cell in row] for row in listed)])
        return buffer.getvalue()
    # A list goes on to grep and cut: a row stays a line, unless a terminal is narrower.
    console = output.console(out, _ANY_WIDTH)
    with console.capture() as capture:
        report.section(console, "", head, [[_text(cell) for cell in row] for row in listed])
    return capture.get().lstrip("\n")


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
