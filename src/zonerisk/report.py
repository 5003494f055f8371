"""Reports: a verdict as a terminal table, Markdown or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.geometry import Interval
from zonerisk.separation import say_km, say_m

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console, RenderableType

    from zonerisk.policy import Policy
    from zonerisk.verdict import Finding, Option, Separation, Span, Verdict

STYLES = {"fail": "bold red", "unknown": "magenta", "warn": "yellow", "pass": "green"}
MOST_PAIRS = 15
MOST_OPTIONS = 6


def interval(span: Span) -> Interval:
    """Take a span of a verdict back to an interval."""
    return Interval(span.low or 0.0, span.best, span.high)


def standing_line(verdict: Verdict, policy: Policy) -> str:
    """Say under which policy, in the words its standing allows."""
    said = {
        "fail": "non-compliant" if policy.binding else "does not meet it",
        "unknown": "cannot be shown to meet it",
        "warn": "meets it with reservations",
        "pass": "meets it",
    }[verdict.outcome]
    return f"{policy.name} ({policy.standing}): {said}."


def grouped(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """Give (outcome, rules, message) rows; rules with the same answer share a row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        rows.setdefault((finding.outcome, finding.message), []).append(finding.rule)
    return [(outcome, ", ".join(rules), message) for (outcome, message), rules in rows.items()]


def pairs_shown(verdict: Verdict) -> tuple[list[Separation], int]:
    """Give the nearest pairs for a reader, and how many are left out."""
    ranked = sorted(
        verdict.separations, key=lambda row: (row.distance_m.best is None, row.distance_m.best or 0)
    )
    return ranked[:MOST_PAIRS], max(0, len(ranked) - MOST_PAIRS)


def options_shown(verdict: Verdict) -> tuple[list[Option], int]:
    """Give the nearest regions that qualify, then the nearest that do not."""
    fit = [option for option in verdict.dr if option.outcome == "pass"]
    rest = [option for option in verdict.dr if option.outcome != "pass"]
    shown = fit[: MOST_OPTIONS - min(len(rest), MOST_OPTIONS // 2)]
    shown += rest[: MOST_OPTIONS - len(shown)]
    return shown, len(verdict.dr) - len(shown)


def short(verdict: Verdict, canonical: str) -> str:
    """Drop the target from an id that stands beneath it."""
    return canonical.removeprefix(f"{verdict.target}/")


def headline(verdict: Verdict) -> str:
    """Give outcome, grade, score and counts on one line."""
    score = f"{verdict.score.low:g} to {verdict.score.high:g}"
    if verdict.score.low == verdict.score.high:
        score = f"{verdict.score.low:g}"
    zones, sites = verdict.zones, verdict.datacenters
    return (
        f"outcome {verdict.outcome} | grade {verdict.grade} | score {score} of 100 | zones "
        f"{zones.sold} sold, {_range(zones.effective.low, zones.effective.high)} effective | "
        f"datacenters {sites.count} known, "
        f"{_range(sites.effective.low, sites.effective.high)} effective"
    )


def _range(low: int, high: int) -> str:
    return str(high) if low == high else f"{low} to {high}"


def _rtt(span: Span) -> str:
    if span.high is None:
        return "unknown"
    if span.high < 0.01:
        return "under 0.01 ms"
    if span.best is None:
        return f"up to {span.high:.2f} ms"
    return f"{span.best:.2f} ms ({span.low:.2f} to {span.high:.2f})"


PAIR_HEAD = ("outcome", "pair", "distance", "fibre", "round trip", "shares")


def pair_cells(verdict: Verdict, row: Separation) -> tuple[str, ...]:
    """Give the cells of one separation, in the order of :data:`PAIR_HEAD`."""
    shared = ", ".join(dict.fromkeys(each.partition(":")[0] for each in row.shared)) or "-"
    return (
        row.outcome or "-",
        f"{short(verdict, row.a)} - {short(verdict, row.b)}",
        say_m(interval(row.distance_m)),
        say_m(interval(row.fibre_m)),
        _rtt(row.rtt_ms),
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

    console.print(Text(verdict.summary, style="bold"))
    console.print(Text(standing_line(verdict, policy)))
    console.print(Text(headline(verdict)))
    console.print(Text(f"as of {verdict.as_of}", style="dim"))
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
        f"Separations, best (low to high){_more(more)}",
        PAIR_HEAD,
        [
            (Text(outcome, style=STYLES.get(outcome, "")), *cells)
            for outcome, *cells in (pair_cells(verdict, row) for row in near)
        ],
    )
    options, more = options_shown(verdict)
    section(
        console,
        f"Disaster recovery by distance{_more(more)}",
        ("outcome", "region", "why"),
        [
            (Text(option.outcome, style=STYLES[option.outcome]), option.target, option.message)
            for option in options
        ],
    )
    evidence = cited(verdict)
    if evidence:
        console.print(
            Text(
                f"{len(evidence)} pieces of evidence: --format md or json lists them.", style="dim"
            )
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
    grid = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
        show_header=len(heads) > 3,
    )
    for index, head in enumerate(heads):
        last = index == len(heads) - 1
        # Ids are copied from a table: they stay on one line.
        whole = head in ("id", "region", "DR") or (index == 0 and len(heads) == 3)
        grid.add_column(
            head,
            no_wrap=whole,
            overflow="fold",
            ratio=1 if last and len(heads) == 3 else None,
            max_width=24 if len(heads) == 3 and not last else None,
        )
    for row in rows:
        grid.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console.print()
    if title:
        console.print(Text(title, style="bold"))
    console.print(grid)


def cited(verdict: Verdict) -> list[tuple[str, str, str, str, str]]:
    """List every piece of evidence once: grade, kind, title, address, claim."""
    pieces = [piece for finding in verdict.findings for piece in finding.evidence]
    pieces += [piece for risk in verdict.shared_risks for piece in risk.evidence]
    pieces += [piece for place in verdict.places for piece in place.evidence]
    rows = {
        (piece.grade, piece.source, piece.title, piece.url or "", piece.claim): None
        for piece in pieces
    }
    return sorted(rows)


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
        _cell(verdict.summary),
        "",
        _cell(standing_line(verdict, policy)),
        "",
        f"As of {verdict.as_of}: " + headline(verdict).replace(" | ", "; ") + ".",
        "",
        "## Findings",
    ]
    lines += rows(("outcome", "rule", "why"), grouped(verdict.findings))
    if verdict.shared_risks:
        lines += ["", "## Shared risks"]
        lines += rows(
            ("outcome", "grade", "kind", "what"),
            [(risk.outcome, risk.grade, risk.kind, risk.message) for risk in verdict.shared_risks],
        )
    if verdict.separations:
        near, more = pairs_shown(verdict)
        lines += ["", f"## Separations{_more(more)}"]
        lines += rows(PAIR_HEAD, [pair_cells(verdict, row) for row in near])
    if verdict.dr:
        options, more = options_shown(verdict)
        lines += ["", f"## Disaster recovery by distance{_more(more)}"]
        lines += rows(
            ("outcome", "region", "why"),
            [(option.outcome, option.target, option.message) for option in options],
        )
    lines += ["", "## Evidence"]
    lines += rows(("grade", "kind", "title", "address", "claim"), cited(verdict))
    provenance = verdict.provenance
    lines += [
        "",
        f"zonerisk {provenance.version}, catalogue {provenance.catalogue.date} "
        f"({provenance.catalogue.sha256[:12]}), policy {provenance.policy.id} "
        f"({provenance.policy.sha256[:12]}).",
    ]
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


def compared(verdicts: Sequence[Verdict]) -> list[tuple[str, ...]]:
    """Give one row a region: sold, effective, nearest, farthest, shared risks, DR, score."""
    rows: list[tuple[str, ...]] = []
    for verdict in verdicts:
        bests = sorted(
            row.distance_m.best for row in verdict.separations if row.distance_m.best is not None
        )
        counted: dict[str, int] = {}
        for risk in verdict.shared_risks:
            if risk.grade != "C":
                counted[risk.kind] = counted.get(risk.kind, 0) + 1
        fit = next((option for option in verdict.dr if option.outcome == "pass"), None)
        unknown = any(option.outcome == "unknown" for option in verdict.dr)
        effective = verdict.zones.effective
        rows.append(
            (
                verdict.target,
                str(verdict.zones.sold),
                _range(effective.low, effective.high),
                say_km(bests[0]) if bests else "unknown",
                say_km(bests[-1]) if bests else "unknown",
                ", ".join(f"{kind} {count}" for kind, count in counted.items()) or "none on record",
                fit.target if fit else "unknown" if unknown else "none",
                f"{verdict.grade} ({verdict.score.low:g} to {verdict.score.high:g})",
            )
        )
    return rows


COMPARE_HEAD = (
    "region",
    "sold",
    "effective",
    "nearest pair",
    "farthest pair",
    "shared (A, B)",
    "DR",
    "grade and score",
)


def common_ground(verdicts: Sequence[Verdict]) -> list[str]:
    """Say which places several of the regions stand in, certainly or as candidates."""
    holders: dict[str, list[tuple[str, str]]] = {}
    names: dict[str, str] = {}
    for verdict in verdicts:
        for place in verdict.places:
            if place.kind != "metro":
                names[place.id] = f"{place.name}, {place.town}" if place.town else place.name
                role = "" if place.zones else " (candidate)"
                holders.setdefault(place.id, []).append((verdict.target, role))
    return [
        f"{names[key]} ({key}) serves "
        + " and ".join(f"{target}{role}" for target, role in holding)
        for key, holding in holders.items()
        if len({target for target, _ in holding}) > 1
    ]
