"""Reports of an audit: a terminal table, Markdown and SARIF 2.1.0, as a forge reads it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from zonerisk.core.verdict import OUTCOMES
from zonerisk.words import likelihood, report, verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Audit, Judged, Skipped, Standing
    from zonerisk.words.report import Screen

MOSTEVENTS = 8
MOST_IDS = 6
EVENTS = ("event", "loses its quorum", "and the backup", "and the recovery")
_FINDINGS = ("outcome", "rule", "why")
SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
# What is not known is as telling as a reservation; what passes is not reported.
LEVELS = {"fail": "error", "unknown": "warning", "warn": "warning"}


def heading(audit: Audit, policy: Policy) -> list[str]:
    """Return the lines that stand first: the answer, the policy, and the outcome."""
    findings = [finding for judged in audit.workloads for finding in judged.findings]
    asked = [verdicts.policy_line(policy, findings)] if findings else []
    counted = sum(finding.outcome in OUTCOMES.values() for finding in findings)
    line = verdicts.score_line(audit.score, audit.letter, counted, len(findings))
    scored = f" | {line}" if verdicts.scored(policy) else ""
    return [audit.summary, *asked, f"outcome {audit.outcome}{scored} | as of {audit.as_of}"]


def change_line(audit: Audit) -> list[str]:
    """Word the best change, if there is one."""
    change = audit.change
    if change is None:
        return []
    settled = f"; settles {', '.join(change.settles)}" if change.settles else ""
    return [
        f"Helps most: {change.message}, for {_ids(change.workloads)}: failing findings "
        f"{change.failing_before} to {change.failing_after}{settled}."
    ]


def _ids(ids: Sequence[str]) -> str:
    if len(ids) > MOST_IDS:
        return f"{', '.join(ids[: MOST_IDS - 1])} and {len(ids) - MOST_IDS + 1} more"
    return ", ".join(ids) or "-"


def places_line(judged: Judged) -> str:
    """Return where a workload stands, in one line."""
    least = f"{judged.copies} {'copy' if judged.copies == 1 else 'copies'}"
    if judged.copies_at_most is None:
        least = f"at least {least}"
    elif judged.copies_at_most > judged.copies:
        least = f"{judged.copies} to {judged.copies_at_most} copies"
    text = f"{least}, {judged.quorum} needed ({judged.quorum_basis}): {_standings(judged.places)}"
    for name, listed in (("backup", judged.backup), ("recovery", judged.dr)):
        text += f"; {name} {_standings(listed)}" if listed else ""
    chance = judged.chance
    if chance and chance.model == "counted":
        more = chance.with_a_zone_more
        text += f"; quorum lost {likelihood.span(chance.low, chance.high)}"
        text += f", with one zone more {likelihood.span(*more)}" if more else ""
    elif chance:
        text += f"; quorum lost with a chance of {chance.low:.2g} to {chance.high:.2g} ({chance.model})"
    return text


def _standings(listed: Sequence[Standing]) -> str:
    return _ids([f"{each.place}{f' x{each.copies}' if each.copies > 1 else ''}" for each in listed])


def skipped_rows(audit: Audit) -> list[tuple[str, str]]:
    """Return what was not assessed: the reasons, and what they apply to.

    What stands somewhere is named, all of it; the rest is counted.
    """
    reasons: dict[tuple[bool, str], list[str]] = {}
    for skipped in audit.not_assessed:
        reasons.setdefault((skipped.stands, skipped.reason), []).append(skipped.id)
    return [
        (reason, ", ".join(ids) if stands else f"{len(ids)} resources")
        for (stands, reason), ids in reasons.items()
    ]


def event_rows(audit: Audit) -> list[tuple[str, ...]]:
    """Return the events that hurt most, in the order of :data:`EVENTS`."""
    return [
        (
            f"{event.message}{f' ({event.grade})' if event.grade else ''}",
            *map(_ids, (event.lost, event.with_backup, event.with_recovery)),
        )
        for event in audit.events[:MOSTEVENTS]
    ]


def model_line(audit: Audit) -> str:
    """Return what the probability view was fed with."""
    model = audit.model
    if model is None:
        return (
            "How often a quorum is lost is a model, not evidence, by the rates on record "
            "(docs/likelihood.md), half decades; give your own with --unavailability, or under model in "
            "the plan."
        )
    place, common = (
        " to ".join(f"{end:g}" for end in dict.fromkeys(pair))
        for pair in (model.unavailability, model.common)
    )
    alpha = f", alpha {', '.join(f'{share:g}' for share in model.alpha)}" if model.alpha else ""
    return (
        f"Chances are {model.note}: unavailability of a place {place}, common share {common}"
        f"{alpha} ({model.common_source})."
    )


def table(audit: Audit, policy: Policy, screen: Screen) -> None:
    """Write an audit for reading in a terminal."""
    for index, line in enumerate(heading(audit, policy)):
        screen.print(line, "" if index else "bold")
    for judged in audit.workloads:
        title = f"{judged.id} ({judged.file}:{judged.line})"
        screen.table(title, _FINDINGS, verdicts.grouped(judged.findings))
        for line in (places_line(judged), *(f"note: {note}" for note in judged.notes)):
            screen.print(line, "dim")
    screen.table("Events, what hurts most first", EVENTS, event_rows(audit))
    skipped = [("", *row) for row in skipped_rows(audit)]
    screen.table("Not assessed", ("", "why", "what"), skipped)
    screen.print()
    for line in change_line(audit):
        screen.print(line, "bold")
    screen.print(model_line(audit), "dim")


def markdown(audit: Audit, policy: Policy) -> str:
    """Write an audit as Markdown, evidence included."""
    lines = ["# Plan: " + ", ".join(audit.files)]
    for line in heading(audit, policy):
        lines += ["", line.replace(" | ", "; ")]
    for line in change_line(audit):
        lines += ["", line]
    for judged in audit.workloads:
        lines += ["", f"## {judged.id}", "", places_line(judged) + "."]
        lines += [f"Note: {note}." for note in judged.notes]
        lines += report.rows(_FINDINGS, verdicts.grouped(judged.findings))
    if audit.events:
        lines += ["", "## Events, what hurts most first", *report.rows(EVENTS, event_rows(audit))]
    if audit.not_assessed:
        lines += ["", "## Not assessed", *report.rows(("why", "what"), skipped_rows(audit))]
    evidence = (
        piece for judged in audit.workloads for finding in judged.findings for piece in finding.evidence
    )
    lines += ["", "## Evidence", *report.evidence_rows(evidence), "", model_line(audit), ""]
    return "\n".join([*lines, report.provenance_line(audit.provenance)]) + "\n"


def sarif(audit: Audit, policy: Policy) -> str:
    """Write an audit as a SARIF log: findings on the lines of the plan."""
    results = [
        _result(finding.rule, LEVELS[finding.outcome], f"{finding.outcome}: {finding.message}", judged)
        for judged in audit.workloads
        for finding in judged.findings
        if finding.outcome in LEVELS
    ]
    results += [
        _result("not-assessed", "note", f"not assessed: {skipped.reason}", skipped)
        for skipped in audit.not_assessed
    ]
    driver = {
        "name": "zonerisk",
        "semanticVersion": audit.provenance.version,
        "rules": [_rule(rule, policy) for rule in dict.fromkeys(result["ruleId"] for result in results)],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    tree = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _rule(rule: str, policy: Policy) -> dict[str, Any]:
    asked = policy.rules.get(rule.removeprefix("zonerisk/"))
    return {
        "id": rule,
        "shortDescription": {"text": (asked and asked.text) or "What zonerisk could not judge in this plan."},
        "properties": {"policy": policy.id, "standing": policy.standing},
    }


def _result(rule: str, level: str, text: str, where: Judged | Skipped) -> dict[str, Any]:
    # A forge knows a finding again by its print when lines move.
    parts = "\0".join((where.file, where.id, rule))
    location = {
        "artifactLocation": {"uri": quote(where.file.replace("\\", "/"))},
        "region": {"startLine": where.line},
    }
    return {
        "ruleId": f"zonerisk/{rule}",
        "level": level,
        "message": {"text": f"{where.id}: {text}"},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"zonerisk/v1": hashlib.sha256(parts.encode()).hexdigest()[:32]},
    }
