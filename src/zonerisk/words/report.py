"""Reports laid out: paragraphs, quotes and tables on a terminal's screen and in Markdown."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from zonerisk.words import phrases

# A cell is text, or sources: their numbers and grades.
Cell = str | tuple[tuple[int, str], ...]


class Quote(NamedTuple):
    """Words of a text, and where they stand."""

    text: str
    source: str


class Table(NamedTuple):
    """Rows under heads; an outcome marks its row."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    outcomes: Sequence[str | None] = ()


Block = str | Quote | Table


class Section(NamedTuple):
    """A heading, and what stands under it; ``apart`` begins a page in print, ``of`` is the region told of."""

    title: str
    blocks: Sequence[Block]
    level: int = 2
    apart: bool = False
    of: str = ""


def markdown(title: str, crumb: str, sections: Iterable[Section]) -> str:
    """Write sections as Markdown under a title."""
    lines = [f"# {cell(title)}", *(["", cell(crumb)] if crumb else [])]
    for section in sections:
        lines += ["", f"{'#' * section.level} {cell(section.title)}"] if section.title else []
        for block in section.blocks:
            if isinstance(block, str):
                lines += ["", cell(block)]
            elif isinstance(block, Quote):
                lines += ["", f"> {cell(block.text)}", ">", f"> ({cell(block.source)})"]
            elif block.rows:
                lines += rows(block.heads, block.rows)
    return "\n".join(lines) + "\n"


def _text(written: Cell) -> str:
    if isinstance(written, str):
        return written
    return ", ".join(f"{number} ({grade})" for number, grade in written) or "-"


def cell(text: str) -> str:
    """Write text so that Markdown takes none of it for a tag, a link, a picture or the end of a cell."""
    for mark, inert in (("\\", "\\\\"), ("|", "\\|"), ("<", "&lt;"), ("\n", " "), ("](", "]\\(")):
        text = text.replace(mark, inert)
    return text


def rows(heads: Sequence[str], cells: Iterable[Iterable[Cell]]) -> list[str]:
    """Format a Markdown table."""
    lines = ["", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(cell(_text(part)) for part in row) + " |" for row in cells]


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

    def sections(self, sections: Iterable[Section]) -> None:
        """Add sections without their sources; what begins a page in print begins with its answer here."""
        for section in sections:
            title = "" if section.apart else section.title
            for index, block in enumerate(section.blocks):
                if isinstance(block, Table):
                    kept = [place for place, head in enumerate(block.heads) if head != "sources"]
                    cells = [[_text(row[place]) for place in kept] for row in block.rows]
                    self.table(title, [block.heads[place] for place in kept], cells, block.outcomes)
                elif isinstance(block, str):
                    if not index and self.lines:
                        self.print()
                    if title:
                        self.print(title, "bold")
                    self.print(block, "" if index or not section.apart else "bold")
                title = ""

    def table(
        self,
        title: str,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        outcomes: Sequence[str | None] = (),
    ) -> None:
        """Add a titled table without rules, nothing for no rows; an outcome in front is styled."""
        if not rows:
            return
        headed = len(heads) > 3
        columns = [[head if headed else "", *cells] for head, *cells in zip(heads, *rows, strict=True)]
        gaps = len(heads) - 1
        if sum(map(_least, columns)) + gaps > self.width and any("_" in head for head in heads):
            # Heads of two words wrap before an id has to break.
            self.table(title, [head.replace("_", " ") for head in heads], rows, outcomes)
            return
        least, most = sum(map(_least, columns)), sum(max(map(len, column[1:])) for column in columns)
        # Narrower gaps, where words would break else, or where each row then stands on a line.
        gap = 1 if least + 2 * gaps > self.width or most + gaps <= self.width < most + 2 * gaps else 2
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
        for row, outcome in zip_longest(rows, outcomes):
            self.lines += self._row(row, widths, gap, outcome or row[0].partition(" ")[0])

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


@lru_cache(maxsize=10_000)
def _wrapped(text: str, width: int) -> list[str]:
    return [
        part
        for line in phrases.visible(text).split("\n")
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
