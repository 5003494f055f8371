"""Reports: a verdict on a terminal's screen, in Markdown or CSV, and how tables are laid out in each."""

from __future__ import annotations

import textwrap
import unicodedata
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from zonerisk.core.geometry import least_rtt_ms
from zonerisk.words import phrases, verdicts
from zonerisk.words.verdicts import grouped, policy_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.core.model import Evidence
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Finding, Option, Place, Provenance, Separation, SharedRisk, Verdict

MOST_PAIRS = 15
MOST_OPTIONS = 6
SEPARATIONS = "Separations, best (low to high); round trips measured, or at least by light alone"
PAIR_HEAD = ("outcome", "pair", "distance", "fibre", "round trip", "shares")
RECOVERY = "Disaster recovery, the first to look at first"
CSV_HEAD = "target as_of policy rule outcome low best high unit threshold threshold_unit subjects message"

Table = tuple[str, "Sequence[str]", "Sequence[Sequence[str]]"]
"""A title, heads and rows."""


def pairs_shown(verdict: Verdict) -> tuple[list[tuple[str, ...]], int]:
    """Return rows of the nearest pairs, alike ones on one row, and how many rows are left out."""
    alike: dict[tuple[str, ...], list[Separation]] = {}
    for row in sorted(verdict.policy.separations, key=lambda row: row.distance_m.rank):
        alike.setdefault(pair_cells(row), []).append(row)
    rows = [(outcome, _pairs(verdict, pairs), *cells) for (outcome, *cells), pairs in alike.items()]
    return rows[:MOST_PAIRS], max(0, len(rows) - MOST_PAIRS)


def _pairs(verdict: Verdict, pairs: Sequence[Separation]) -> str:
    """Format pairs of which the same is said."""
    ends = dict.fromkeys(short(verdict, end) for pair in pairs for end in (pair.a, pair.b))
    if len(pairs) == 1:
        return " - ".join(ends)
    if len(pairs) == len(ends) * (len(ends) - 1) / 2:
        return f"any two of {phrases.names(list(ends))}"
    return phrases.names([f"{short(verdict, pair.a)} - {short(verdict, pair.b)}" for pair in pairs])


def options_shown(verdict: Verdict) -> tuple[list[Option], int]:
    """Return the first regions that qualify, then others."""
    fit = [option for option in verdict.recovery if option.outcome == "pass"]
    rest = [option for option in verdict.recovery if option.outcome != "pass"]
    shown = fit[: MOST_OPTIONS - min(len(rest), MOST_OPTIONS // 2)]
    shown += rest[: MOST_OPTIONS - len(shown)]
    return shown, len(verdict.recovery) - len(shown)


def short(verdict: Verdict, canonical: str) -> str:
    """Drop the target from an id that stands beneath it."""
    return canonical.removeprefix(f"{verdict.target}/")


def heading(verdict: Verdict, policy: Policy) -> tuple[str, ...]:
    """Return the lines that stand first: the answer, the policy, the outcome and the counts."""
    zones, sites = verdict.independence.zones, verdict.independence.datacenters
    asked = verdict.policy
    score = verdicts.score_line(asked.score, asked.letter, asked.assessed, asked.asked)
    return (
        verdict.summary,
        f"record: {verdict.record.message}",
        policy_line(policy, verdict.policy.findings),
        *([score] if verdicts.scored(policy) else []),
        f"zones {zones.sold} sold, {phrases.span(zones.effective)} effective | datacenters "
        f"{sites.count} known, {phrases.span(sites.effective)} effective | as of {verdict.as_of}",
    )


def round_trip(row: Separation) -> str:
    """Return the round trip of a pair: measured, else the least that light needs; nothing for none."""
    if row.measured_ms is not None:
        return phrases.measured(row.measured_ms)
    return phrases.round_trip(least_rtt_ms(row.distance_m))


def pair_cells(row: Separation) -> tuple[str, str, str, str, str]:
    """Return the cells of one separation but its pair, in the order of :data:`PAIR_HEAD`."""
    shared = ", ".join(dict.fromkeys(each.partition(":")[0] for each in row.shared)) or "-"
    distance = row.distance_m
    return (
        row.outcome or "-",
        phrases.interval(distance),
        phrases.interval(row.fibre_m),
        round_trip(row) or "-",
        shared,
    )


def _tables(verdict: Verdict, findings: Sequence[Sequence[str]], risks: Table) -> tuple[Table, ...]:
    """Return what follows the heading, its findings and shared risks as given."""
    near, more_pairs = pairs_shown(verdict)
    options, more_options = options_shown(verdict)
    return (
        ("Findings", ("outcome", "rule", "why"), findings),
        risks,
        (f"{SEPARATIONS}{_more(more_pairs)}", PAIR_HEAD, near),
        (
            f"{RECOVERY}{_more(more_options)}",
            ("outcome", "region", "why"),
            [(option.outcome, option.target, option.message) for option in options],
        ),
    )


def _more(number: int) -> str:
    return f"; {number} more in --format json" if number else ""


def table(verdict: Verdict, policy: Policy, screen: Screen) -> None:
    """Write a verdict for reading in a terminal; the screen's width decides the layout."""
    for index, line in enumerate(heading(verdict, policy)):
        screen.print(line, "" if index else "bold")
    risks = [(f"{risk.outcome} ({risk.grade})", risk.kind, risk.message) for risk in verdict.shared_risks]
    title = "Shared risks (evidence grade A to C)"
    findings = grouped(finding for finding in verdict.policy.findings if finding.outcome != "not-applicable")
    if idle := [f.rule for f in verdict.policy.findings if f.outcome == "not-applicable"]:
        told = f"{', '.join(idle)}; what is known of the one there is: --format md"
        findings.append(("not-applicable", "rules on pairs", told))
    for listed in _tables(verdict, findings, (title, ("outcome", "kind", "what"), risks)):
        screen.table(*listed)
    evidence = _cited(_evidence(verdict))
    if evidence:
        screen.print(f"{len(evidence)} pieces of evidence: --format md or json lists them.", "dim")


def markdown(verdict: Verdict, policy: Policy) -> str:
    """Format a verdict as Markdown, evidence included."""
    lines = [f"# {cell(verdict.name)} ({verdict.target})"]
    for line in heading(verdict, policy):
        lines += ["", cell(line.replace(" | ", "; "))]
    risks = [(risk.outcome, risk.grade, risk.kind, risk.message) for risk in verdict.shared_risks]
    listed = ("Shared risks", ("outcome", "grade", "kind", "what"), risks)
    for title, head, cells in _tables(verdict, grouped(verdict.policy.findings), listed):
        if cells:
            lines += ["", f"## {title}", *rows(head, cells)]
    lines += ["", "## Evidence", *evidence_rows(_evidence(verdict)), "", provenance_line(verdict.provenance)]
    return "\n".join(lines) + "\n"


def _evidence(verdict: Verdict) -> list[Evidence]:
    citing: tuple[Finding | SharedRisk | Place, ...] = (
        *verdict.policy.findings,
        *verdict.shared_risks,
        *verdict.places,
    )
    return [piece for part in citing for piece in part.evidence]


def _cited(pieces: Iterable[Evidence]) -> list[tuple[str, ...]]:
    return sorted(
        {(piece.grade, piece.source, piece.title, piece.url or "", piece.claim) for piece in pieces}
    )


def evidence_rows(pieces: Iterable[Evidence]) -> list[str]:
    """Format evidence as a Markdown table, every piece once."""
    return rows(("grade", "kind", "title", "address", "claim"), _cited(pieces))


def provenance_line(provenance: Provenance) -> str:
    """Format what a verdict was made with."""
    catalogue, policy = provenance.catalogue, provenance.policy
    return (
        f"zonerisk {provenance.version}, catalogue {catalogue.date} ({catalogue.sha256[:12]}), "
        f"policy {policy.id} ({policy.sha256[:12]})."
    )


def cell(text: str) -> str:
    """Write text so that Markdown takes none of it for a mark of its own."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def rows(heads: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    """Format a Markdown table."""
    lines = ["", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(cell(text) for text in row) + " |" for row in cells]


def comma_separated(judged: Iterable[Verdict]) -> str:
    """Format findings as CSV, one a row (RFC 4180, header first)."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_HEAD.split())
    for verdict in judged:
        for finding in verdict.policy.findings:
            value, limit = finding.value, finding.threshold
            writer.writerow(
                (
                    verdict.target,
                    verdict.as_of,
                    verdict.policy.id,
                    finding.rule,
                    finding.outcome,
                    *((value.low, value.best, value.high, value.unit) if value else ("",) * 4),
                    *((limit.value, limit.unit) if limit else ("", "")),
                    " ".join(finding.subjects),
                    finding.message,
                )
            )
    return out.getvalue()


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
        if sum(map(_least, columns)) + gaps > self.width and any("_" in head for head in heads):
            # Heads of two words wrap before an id has to break.
            self.table(title, [head.replace("_", " ") for head in heads], rows)
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
