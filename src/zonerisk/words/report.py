"""Reports: a verdict as a terminal table, Markdown or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.verdict import severity
from zonerisk.judging.separation import least_rtt_ms
from zonerisk.words import phrases
from zonerisk.words.verdicts import outcome_line, policy_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console, RenderableType

    from zonerisk.core.model import Evidence
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Finding, Option, Provenance, Separation, Verdict

STYLES = {"fail": "bold red", "unknown": "magenta", "warn": "yellow", "pass": "green"}
MOST_PAIRS = 15
MOST_OPTIONS = 6
# Characters of the column between an outcome and its reason.
MOST_MIDDLE = 24
SEPARATIONS = "Separations, best (low to high); round trips at least, by light alone"
PAIR_HEAD = ("outcome", "pair", "distance", "fibre", "round trip", "shares")
RECOVERY = "Disaster recovery, the nearest first within an outcome"


def grouped(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Give (outcome, rules, message) rows; rules with the same answer share a row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        rows.setdefault((finding.outcome, finding.message), []).append(finding.rule)
    return [(outcome, ", ".join(rules), message) for (outcome, message), rules in rows.items()]


def pairs_shown(verdict: Verdict) -> tuple[list[tuple[str, ...]], int]:
    """Give rows of the nearest pairs, alike ones on one row, and how many rows are left out."""
    alike: dict[tuple[str, ...], list[Separation]] = {}
    for row in sorted(verdict.separations, key=lambda row: row.distance_m.rank):
        alike.setdefault(pair_cells(row), []).append(row)
    rows = [(outcome, _pairs(verdict, pairs), *cells) for (outcome, *cells), pairs in alike.items()]
    return rows[:MOST_PAIRS], max(0, len(rows) - MOST_PAIRS)


def _pairs(verdict: Verdict, pairs: Sequence[Separation]) -> str:
    """Name pairs of which the same is said."""
    ends = dict.fromkeys(short(verdict, end) for pair in pairs for end in (pair.a, pair.b))
    if len(pairs) == 1:
        return " - ".join(ends)
    if len(pairs) == len(ends) * (len(ends) - 1) / 2:
        return f"any two of {phrases.names(list(ends))}"
    return phrases.names([f"{short(verdict, pair.a)} - {short(verdict, pair.b)}" for pair in pairs])


def options_shown(verdict: Verdict) -> tuple[list[Option], int]:
    """Give the nearest regions that qualify, then others: by outcome, the nearest first."""
    ranked = sorted(verdict.dr, key=lambda option: severity(option.outcome))
    fit = [option for option in ranked if option.outcome == "pass"]
    rest = [option for option in ranked if option.outcome != "pass"]
    shown = fit[: MOST_OPTIONS - min(len(rest), MOST_OPTIONS // 2)]
    shown += rest[: MOST_OPTIONS - len(shown)]
    return shown, len(verdict.dr) - len(shown)


def short(verdict: Verdict, canonical: str) -> str:
    """Drop the target from an id that stands beneath it."""
    return canonical.removeprefix(f"{verdict.target}/")


def heading(verdict: Verdict, policy: Policy) -> tuple[str, ...]:
    """Give the lines that stand first: the answer, the policy, the outcome and the counts."""
    zones, sites = verdict.zones, verdict.datacenters
    return (
        verdict.summary,
        policy_line(policy, verdict.findings),
        outcome_line(verdict.outcome, verdict.grade, verdict.score, verdict.as_of, policy),
        f"zones {zones.sold} sold, {phrases.span(zones.effective)} effective | datacenters "
        f"{sites.count} known, {phrases.span(sites.effective)} effective",
    )


def pair_cells(row: Separation) -> tuple[str, str, str, str, str]:
    """Give the cells of one separation but its pair, in the order of :data:`PAIR_HEAD`."""
    shared = ", ".join(dict.fromkeys(each.partition(":")[0] for each in row.shared)) or "-"
    distance = row.distance_m
    return (
        row.outcome or "-",
        phrases.interval(distance),
        phrases.interval(row.fibre_m),
        phrases.round_trip(least_rtt_ms(distance)) or "-",
        shared,
    )


def table(verdict: Verdict, policy: Policy, console: Console) -> None:
    """Print a verdict for reading in a terminal.

    Parameters
    ----------
    verdict, policy
        What was answered, and under what.
    console
        Where to; its width decides the layout.
    """
    from rich.text import Text

    answer, *rest = heading(verdict, policy)
    console.print(Text(answer, style="bold"))
    for line in rest:
        console.print(Text(line))
    findings = [
        (Text(outcome, style=STYLES[outcome]), rules, message)
        for outcome, rules, message in grouped(verdict.findings)
    ]
    section(console, "Findings", ("outcome", "rule", "why"), findings)
    risks = [
        (
            Text(f"{risk.outcome} ({risk.grade})", style=STYLES[risk.outcome]),
            risk.kind,
            risk.message,
        )
        for risk in verdict.shared_risks
    ]
    section(console, "Shared risks (evidence grade A to C)", ("outcome", "kind", "what"), risks)
    near, more = pairs_shown(verdict)
    section(
        console,
        f"{SEPARATIONS}{_more(more)}",
        PAIR_HEAD,
        [(Text(outcome, style=STYLES.get(outcome, "")), *cells) for outcome, *cells in near],
    )
    options, more = options_shown(verdict)
    section(
        console,
        f"{RECOVERY}{_more(more)}",
        ("outcome", "region", "why"),
        [
            (Text(option.outcome, style=STYLES[option.outcome]), option.target, option.message)
            for option in options
        ],
    )
    evidence = cited(verdict)
    if evidence:
        console.print(
            Text(f"{len(evidence)} pieces of evidence: --format md or json lists them.", style="dim")
        )


def _more(number: int) -> str:
    return f"; {number} more in --format json" if number else ""


def section(
    console: Console, title: str, heads: Sequence[str], rows: Sequence[Sequence[RenderableType]]
) -> None:
    """Print a titled table without rules; nothing for no rows."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    headed = len(heads) > 3
    columns = [
        [head if headed else "", *(str(cell) for cell in column)]
        for head, column in zip(heads, zip(*rows, strict=True), strict=True)
    ]
    gaps = len(heads) - 1
    words = sum(_least(column) for column in columns)
    gap = 2 if words + 2 * gaps <= console.width else 1
    grid = Table(
        box=None,
        pad_edge=False,
        padding=(0, gap, 0, 0),
        header_style="dim",
        show_header=headed,
    )
    for head, width in zip(heads, _widths(columns, console.width - gap * gaps), strict=True):
        grid.add_column(head, overflow="fold", width=width)
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console.print()
    if title:
        console.print(Text(title, style="bold"))
    console.print(grid)


def _least(column: Sequence[str]) -> int:
    return max((len(word) for cell in column for word in cell.split()), default=0)


def _widths(columns: Sequence[Sequence[str]], room: int) -> list[int | None]:
    """Share out a line's room so that no word breaks, for ids are copied from a table.

    Columns whose cells need little more than their longest word get it first; heads wrap.
    None where the words alone take more room than there is: then they have to break.
    """
    widths = [_least(column) for column in columns]
    spare = room - sum(widths)
    if spare < 0:
        return [None] * len(columns)
    most = [max(_least(column), *(len(cell) for cell in column[1:])) for column in columns]
    if len(columns) == 3:
        most[1] = min(most[1], max(MOST_MIDDLE, widths[1]))
    wanting = sorted(range(len(columns)), key=lambda index: most[index] - widths[index])
    for place, index in enumerate(wanting):
        more = min(most[index] - widths[index], spare // (len(columns) - place))
        widths[index] += more
        spare -= more
    return [*widths]


def cited(verdict: Verdict) -> list[tuple[str, str, str, str, str]]:
    """List every piece of evidence once: grade, kind, title, address, claim."""
    pieces = [piece for finding in verdict.findings for piece in finding.evidence]
    pieces += [piece for risk in verdict.shared_risks for piece in risk.evidence]
    pieces += [piece for place in verdict.places for piece in place.evidence]
    return _cited(pieces)


def _cited(pieces: Iterable[Evidence]) -> list[tuple[str, str, str, str, str]]:
    return sorted(
        {(piece.grade, piece.source, piece.title, piece.url or "", piece.claim) for piece in pieces}
    )


def evidence_rows(pieces: Iterable[Evidence]) -> list[str]:
    """Write evidence as a Markdown table, every piece once."""
    return rows(("grade", "kind", "title", "address", "claim"), _cited(pieces))


def provenance_line(provenance: Provenance) -> str:
    """Say what a verdict was made with."""
    catalogue, policy = provenance.catalogue, provenance.policy
    return (
        f"zonerisk {provenance.version}, catalogue {catalogue.date} ({catalogue.sha256[:12]}), "
        f"policy {policy.id} ({policy.sha256[:12]})."
    )


def _cell(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def rows(heads: Sequence[str], cells: Iterable[Sequence[str]]) -> list[str]:
    """Write a Markdown table."""
    lines = ["", "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in cells]


def markdown(verdict: Verdict, policy: Policy) -> str:
    """Write a verdict as Markdown, evidence included."""
    lines = [
        f"# {_cell(verdict.name)} ({verdict.target})",
        "",
    ]
    for line in heading(verdict, policy):
        lines += [_cell(line.replace(" | ", "; ")), ""]
    lines += ["## Findings"]
    lines += rows(("outcome", "rule", "why"), grouped(verdict.findings))
    if verdict.shared_risks:
        lines += ["", "## Shared risks"]
        lines += rows(
            ("outcome", "grade", "kind", "what"),
            [(risk.outcome, risk.grade, risk.kind, risk.message) for risk in verdict.shared_risks],
        )
    if verdict.separations:
        near, more = pairs_shown(verdict)
        lines += ["", f"## {SEPARATIONS}{_more(more)}"]
        lines += rows(PAIR_HEAD, near)
    if verdict.dr:
        options, more = options_shown(verdict)
        lines += ["", f"## {RECOVERY}{_more(more)}"]
        lines += rows(
            ("outcome", "region", "why"),
            [(option.outcome, option.target, option.message) for option in options],
        )
    lines += ["", "## Evidence"]
    lines += rows(("grade", "kind", "title", "address", "claim"), cited(verdict))
    lines += ["", provenance_line(verdict.provenance)]
    return "\n".join(lines) + "\n"


CSV_HEAD = (
    "target",
    "as_of",
    "policy",
    "rule",
    "outcome",
    "low",
    "best",
    "high",
    "unit",
    "threshold",
    "threshold_unit",
    "subjects",
    "message",
)


def comma_separated(verdicts: Iterable[Verdict]) -> str:
    """Write findings as CSV, one a row (RFC 4180, header first)."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(CSV_HEAD)
    for verdict in verdicts:
        for finding in verdict.findings:
            value, limit = finding.value, finding.threshold
            writer.writerow(
                (
                    verdict.target,
                    verdict.as_of,
                    verdict.policy,
                    finding.rule,
                    finding.outcome,
                    *((value.low, value.best, value.high, value.unit) if value else ("",) * 4),
                    *((limit.value, limit.unit) if limit else ("", "")),
                    " ".join(finding.subjects),
                    finding.message,
                )
            )
    return out.getvalue()
