"""Reports: a verdict as a terminal table, Markdown or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.geometry import least_rtt_ms
from zonerisk.core.verdict import severity
from zonerisk.words import phrases
from zonerisk.words.verdicts import outcome_line, policy_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.core.model import Evidence
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Finding, Option, Provenance, Separation, Verdict
    from zonerisk.words.screen import Screen

MOST_PAIRS = 15
MOST_OPTIONS = 6
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


def table(verdict: Verdict, policy: Policy, screen: Screen) -> None:
    """Write a verdict for reading in a terminal; the screen's width decides the layout."""
    for index, line in enumerate(heading(verdict, policy)):
        screen.print(line, "" if index else "bold")
    screen.table("Findings", ("outcome", "rule", "why"), grouped(verdict.findings))
    risks = [(f"{risk.outcome} ({risk.grade})", risk.kind, risk.message) for risk in verdict.shared_risks]
    screen.table("Shared risks (evidence grade A to C)", ("outcome", "kind", "what"), risks)
    near, more = pairs_shown(verdict)
    screen.table(f"{SEPARATIONS}{_more(more)}", PAIR_HEAD, near)
    options, more = options_shown(verdict)
    rows = [(option.outcome, option.target, option.message) for option in options]
    screen.table(f"{RECOVERY}{_more(more)}", ("outcome", "region", "why"), rows)
    evidence = cited(verdict)
    if evidence:
        screen.print(f"{len(evidence)} pieces of evidence: --format md or json lists them.", "dim")


def _more(number: int) -> str:
    return f"; {number} more in --format json" if number else ""


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
