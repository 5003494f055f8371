"""Reports of an audit: a terminal table and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.words.report import STYLES, grouped, rows, section
from zonerisk.words.verdicts import outcome_line, policy_line

if TYPE_CHECKING:
    from rich.console import Console

    from zonerisk.core.plan_verdict import Audit, Chance, Change, Judged, Standing
    from zonerisk.core.policy import Policy

MOST_EVENTS = 8
MOST_IDS = 6
MOST_SKIPPED = 12
_EVENTS = ("event", "loses its quorum", "and the backup", "and the recovery")


def heading(audit: Audit, policy: Policy) -> tuple[str, ...]:
    """Give the lines that stand first: the answer, the policy, and the outcome."""
    judged = [finding for each in audit.workloads for finding in each.findings]
    return (
        audit.summary,
        *([policy_line(policy, judged)] if judged else []),
        outcome_line(audit.outcome, audit.grade, audit.score, audit.as_of, policy),
    )


def change_line(change: Change) -> str:
    """Word the best change."""
    settled = f"; settles {', '.join(change.settles)}" if change.settles else ""
    return (
        f"Helps most: {change.message}, for {_ids(change.workloads)}: failing findings "
        f"{change.failing_before} to {change.failing_after}{settled}."
    )


def _ids(ids: tuple[str, ...]) -> str:
    if len(ids) > MOST_IDS:
        return f"{', '.join(ids[: MOST_IDS - 1])} and {len(ids) - MOST_IDS + 1} more"
    return ", ".join(ids) or "-"


def places_line(judged: Judged) -> str:
    """Say where a workload stands, in one line."""
    said = (
        f"{judged.copies} {'copy' if judged.copies == 1 else 'copies'}, {judged.quorum} "
        f"needed ({judged.quorum_basis}): {_standings(judged.places)}"
    )
    for name, listed in (("backup", judged.backup), ("recovery", judged.dr)):
        if listed:
            said += f"; {name} {_standings(listed)}"
    return said + (f"; {_chance(judged.chance)}" if judged.chance else "")


def _standings(listed: tuple[Standing, ...]) -> str:
    shown = [f"{each.place}{f' x{each.copies}' if each.copies > 1 else ''}" for each in listed]
    return _ids(tuple(shown))


def _chance(chance: Chance) -> str:
    return f"quorum lost with a chance of {chance.low:.2g} to {chance.high:.2g} ({chance.model})"


def skipped_rows(audit: Audit) -> list[tuple[str, str]]:
    """Give what was not assessed: the reasons, and what they apply to."""
    reasons: dict[str, list[str]] = {}
    for each in audit.not_assessed:
        reasons.setdefault(each.reason, []).append(each.id)
    return [(reason, _ids(tuple(ids))) for reason, ids in reasons.items()]


def _event_rows(audit: Audit) -> list[tuple[str, str, str, str]]:
    return [
        (
            f"{event.message}{f' ({event.grade})' if event.grade else ''}",
            _ids(event.lost),
            _ids(event.with_backup),
            _ids(event.with_recovery),
        )
        for event in audit.events[:MOST_EVENTS]
    ]


def model_line(audit: Audit) -> str:
    """Say what the probability view was fed with."""
    model = audit.model
    if model is None:
        return (
            "No chance is shown: zonerisk has no rates of its own. Give yours with "
            "--unavailability, or under model in the plan."
        )
    u, common = (
        " to ".join(f"{end:g}" for end in dict.fromkeys(pair))
        for pair in (model.unavailability, model.common)
    )
    alpha = f", alpha {', '.join(f'{share:g}' for share in model.alpha)}" if model.alpha else ""
    return (
        f"Chances are {model.note}: unavailability of a place {u}, common share {common}"
        f"{alpha} ({model.common_source})."
    )


def table(audit: Audit, policy: Policy, console: Console) -> None:
    """Print an audit for reading in a terminal."""
    from rich.text import Text

    answer, *rest = heading(audit, policy)
    console.print(Text(answer, style="bold"))
    for line in rest:
        console.print(Text(line))
    for judged in audit.workloads:
        section(
            console,
            f"{judged.id} ({judged.file}:{judged.line})",
            ("outcome", "rule", "why"),
            [
                (Text(outcome, style=STYLES[outcome]), rules, message)
                for outcome, rules, message in grouped(judged.findings)
            ],
        )
        console.print(Text(places_line(judged), style="dim"))
        for note in judged.notes:
            console.print(Text(f"note: {note}", style="dim"))
    section(console, "Events, what hurts most first", _EVENTS, _event_rows(audit))
    if audit.not_assessed:
        section(
            console,
            "Not assessed",
            ("", "why", "what"),
            [(Text(""), reason, ids) for reason, ids in skipped_rows(audit)[:MOST_SKIPPED]],
        )
    console.print()
    if audit.change:
        console.print(Text(change_line(audit.change), style="bold"))
    console.print(Text(model_line(audit), style="dim"))


def markdown(audit: Audit, policy: Policy) -> str:
    """Write an audit as Markdown, evidence included."""
    lines = [
        "# Plan: " + ", ".join(audit.files),
    ]
    for line in heading(audit, policy):
        lines += ["", line.replace(" | ", "; ")]
    if audit.change:
        lines += ["", change_line(audit.change)]
    for judged in audit.workloads:
        lines += ["", f"## {judged.id}", "", places_line(judged) + "."]
        lines += [f"Note: {note}." for note in judged.notes]
        lines += rows(("outcome", "rule", "why"), grouped(judged.findings))
    if audit.events:
        lines += ["", "## Events, what hurts most first", *rows(_EVENTS, _event_rows(audit))]
    if audit.not_assessed:
        lines += ["", "## Not assessed", *rows(("why", "what"), skipped_rows(audit))]
    evidence = {
        (piece.grade, piece.source, piece.title, piece.url or "", piece.claim): None
        for judged in audit.workloads
        for finding in judged.findings
        for piece in finding.evidence
    }
    lines += ["", "## Evidence"]
    lines += rows(("grade", "kind", "title", "address", "claim"), sorted(evidence))
    provenance = audit.provenance
    lines += [
        "",
        model_line(audit),
        "",
        f"zonerisk {provenance.version}, catalogue {provenance.catalogue.date} "
        f"({provenance.catalogue.sha256[:12]}), policy {provenance.policy.id} "
        f"({provenance.policy.sha256[:12]}).",
    ]
    return "\n".join(lines) + "\n"
