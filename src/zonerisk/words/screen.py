"""A screen: text for a terminal, lines wrapped at words and tables without rules."""

from __future__ import annotations

import textwrap
import unicodedata
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# How a terminal shows outcomes and weights, as ECMA-48 numbers them.
STYLES = {"fail": "1;31", "unknown": "35", "warn": "33", "pass": "32", "bold": "1", "dim": "2"}
# Characters of the column between an outcome and its reason.
MOST_MIDDLE = 24


class Screen:
    """Lines of a width; styles are written only where a terminal shows them."""

    def __init__(self, width: int, styled: bool = False) -> None:
        self.width, self.styled = width, styled
        self.lines: list[str] = []

    @property
    def text(self) -> str:
        """All lines, each with its end."""
        return "".join(f"{line}\n" for line in self.lines)

    def print(self, text: str = "", style: str = "") -> None:
        """Add text, wrapped at words, under one of :data:`STYLES` or none."""
        self.lines += [self._style(line, style) for line in _wrapped(text, self.width)]

    def table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Add a titled table without rules, nothing for no rows; an outcome in front is styled."""
        if not rows:
            return
        headed = len(heads) > 3
        columns = [
            [head if headed else "", *column]
            for head, column in zip(heads, zip(*rows, strict=True), strict=True)
        ]
        gaps = len(heads) - 1
        gap = 2 if sum(map(_least, columns)) + 2 * gaps <= self.width else 1
        widths = _widths(columns, self.width - gap * gaps)
        self.print()
        if title:
            self.print(title, "bold")
        if headed:
            # Heads stand on their columns: a short one begins lower.
            parts = [_wrapped(head, width) for head, width in zip(heads, widths, strict=True)]
            tall = max(map(len, parts))
            low = ["\n".join([*[""] * (tall - len(part)), *part]) for part in parts]
            self.lines += [self._style(line, "dim") for line in self._row(low, widths, gap, "")]
        for row in rows:
            self.lines += self._row(row, widths, gap, row[0].partition(" ")[0])

    def _row(self, cells: Sequence[str], widths: Sequence[int], gap: int, style: str) -> list[str]:
        wrapped = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
        lines = []
        for parts in zip_longest(*wrapped, fillvalue=""):
            padded = [part + " " * (width - _shown(part)) for part, width in zip(parts, widths, strict=True)]
            padded[0] = padded[0].replace(parts[0], self._style(parts[0], style), 1)
            lines.append((" " * gap).join(padded).rstrip())
        return lines

    def _style(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.styled and text and style in STYLES else text


def _wrapped(text: str, width: int) -> list[str]:
    return [
        part
        for line in text.split("\n")
        for part in textwrap.wrap(line, max(width, 1), break_on_hyphens=False) or [""]
    ]


def _shown(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _least(column: Sequence[str]) -> int:
    return max((len(word) for cell in column for word in cell.split()), default=0)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """Share out a line's room so that no word breaks, for ids are copied from a table.

    Columns whose cells need little more than their longest word get it first; heads wrap.
    Where the words alone take more room than there is, the longest have to break.
    """
    widths = [_least(column) for column in columns]
    while sum(widths) > max(room, len(widths)):
        widths[widths.index(max(widths))] -= 1
    spare = room - sum(widths)
    most = [max(_least(column), *(len(cell) for cell in column[1:])) for column in columns]
    if len(columns) == 3:
        most[1] = min(most[1], max(MOST_MIDDLE, widths[1]))
    wanting = sorted(range(len(columns)), key=lambda index: most[index] - widths[index])
    for place, index in enumerate(wanting):
        more = max(0, min(most[index] - widths[index], spare // (len(columns) - place)))
        widths[index] += more
        spare -= more
    return widths
