"""Reports of an audit for forges: SARIF 2.1.0, JUnit, a comment; and its rows in the report."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from zonerisk.core.model import Policy
from zonerisk.core.verdict import OUTCOMES, Audit, Judged, Skipped, Standing
from zonerisk.words import phrases, report, verdicts
from zonerisk.words.phrases import sentence
from zonerisk.words.report import Table

MOST_EVENTS = 8
MOST_IDS = 6
MOST_ROWS = 20
MAX_NAMED = 100_000
BOTH = "Both: the workload and its recovery are lost in one year, if they share no shock; experimental."
SCHEMA_URI = "https://json.schemastore.org/sarif-2.1.0.json"
accepted_line = sentence("{0.reason} ({0.owner}, {0.expired:expired on|until} {0.until})")
# What is not known is told in one note a workload; what passes is not reported.
LEVELS = {"fail": "error", "warn": "warning"}


def heading(audit: Audit, policy: Policy) -> list[str]:
    """Return the lines that stand first: the answer, the policy, and the outcome."""
    findings = [finding for judged in audit.workloads for finding in judged.findings]
    counted = sum(finding.outcome in OUTCOMES.values() for finding in findings)
    scored = f"; {verdicts.score_line(audit.score, audit.letter, counted, len(findings))}"
    outcome = f"outcome {audit.outcome}{scored if verdicts.scored(policy) else ''}; as of {audit.as_of}"
    return [audit.summary, *([verdicts.policy_line(policy, findings)] if findings else []), outcome]


def change_line(audit: Audit) -> list[str]:
    """Write the best change, if there is one."""
    change = audit.change
    if change is None:
        return []
    before, after = change.failing_before, change.failing_after
    effect = f"{phrases.count(before, 'failing finding')} now, {after} then"
    if before == after:
        effect = f"{f'still {before} failing' if before else 'nothing fails now'}, but more is shown to hold"
    settled = f"; settles {', '.join(change.settles)}" if change.settles else ""
    return [f"Helps most: {change.message}, for {_ids(change.workloads)}: {effect}{settled}."]


def _ids(ids: Sequence[str], most: int = MOST_IDS) -> str:
    if len(ids) > most:
        return f"{', '.join(ids[: most - 1])} and {len(ids) - most + 1} more"
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
        text += f"; quorum lost {verdicts.years(chance.low, chance.high)}"
        text += f", with one zone more {verdicts.years(*more)}" if more else ""
    elif chance:
        text += f"; quorum lost with a chance of {chance.low:.2g} to {chance.high:.2g} ({chance.model})"
    return text


def _standings(listed: Sequence[Standing]) -> str:
    return _ids([f"{stand.place}{f' x{stand.copies}' if stand.copies > 1 else ''}" for stand in listed])


def skipped(audit: Audit, most: int = MAX_NAMED) -> Table:
    """Return what was not assessed: the reasons, and what they apply to.

    What stands somewhere is named, up to ``most`` for a reason; the rest is counted.
    """
    reasons: dict[tuple[bool, str], list[str]] = {}
    for skipped in audit.not_assessed:
        reasons.setdefault((skipped.stands, skipped.reason), []).append(skipped.id)
    rows = [
        (reason, _ids(ids, most) if stands else phrases.count(len(ids), "resource"))
        for (stands, reason), ids in reasons.items()
    ]
    return Table(("why", "what"), rows)


def events(audit: Audit) -> Table:
    """Return the events that hurt most."""
    rows = [
        (
            f"{event.message}{f' ({event.grade})' if event.grade else ''}",
            *map(_ids, (event.lost, event.with_backup, event.with_recovery)),
        )
        for event in audit.events[:MOST_EVENTS]
    ]
    return Table(("event", "loses its quorum", "and the backup", "and the recovery"), rows)


def model_line(audit: Audit) -> str:
    """Return what the probability view was fed with."""
    model = audit.model
    if model is None:
        return (
            "How often a quorum is lost is a model, not evidence, by the rates on record "
            "(docs/likelihood.md), half decades; give your own with --unavailability, or under model in "
            "the plan."
        )
    ends = (model.unavailability, model.common)
    place, common = (" to ".join(f"{end:g}" for end in dict.fromkeys(pair)) for pair in ends)
    alpha = f", alpha {', '.join(f'{share:g}' for share in model.alpha)}" if model.alpha else ""
    return (
        f"Chances are {model.note}: unavailability of a place {place}, common share {common}"
        f"{alpha} ({model.common_source})."
    )


def pieces(audit: Audit) -> Iterator[str]:
    """Write an audit as JSON piece by piece; a finding that many workloads have is written once."""
    by_id: dict[int, str] = {}
    begin, end = replace(audit, workloads=()).to_json().split('"workloads": []')
    yield f'{begin}"workloads": ['
    for index, judged in enumerate(audit.workloads):
        before, after = replace(judged, findings=()).to_json().rstrip().split('"findings": []')
        texts = []
        for finding in judged.findings:
            # Workloads that stand alike have the same findings.
            if id(finding) not in by_id:
                by_id[id(finding)] = f"\n{finding.to_json().rstrip()}".replace("\n", "\n    ")
            texts.append(by_id[id(finding)])
        text = f'{"," if index else ""}\n{before}"findings": [{",".join(texts)}'
        yield (text + ("\n  ]" if texts else "]") + after).replace("\n", "\n    ")
    yield ("\n  ]" if audit.workloads else "]") + end


def sarif(audit: Audit, policy: Policy) -> str:
    """Write an audit as a SARIF log, findings on the lines of the plan, the unknown one a workload."""
    taken = {(entry.workload, entry.rule): entry for entry in audit.gate.accepted if not entry.expired}
    before = {(entry.workload, entry.rule) for entry in audit.gate.before}
    results = []
    for judged in audit.workloads:
        for finding in judged.findings:
            if finding.outcome not in LEVELS:
                continue
            text = f"{judged.id}: {finding.outcome}: {finding.message}"
            result = _result(finding.rule, LEVELS[finding.outcome], text, judged, judged.id)
            if (judged.id, finding.rule) in before:
                result["baselineState"] = "unchanged"
            if accepted := taken.get((judged.id, finding.rule)):
                waiver = {"kind": "external", "status": "accepted", "justification": accepted_line(accepted)}
                result["suppressions"] = [waiver]
            results.append(result)
        unknown = [finding.rule for finding in judged.findings if finding.outcome == "unknown"]
        if unknown:
            text = f"{judged.id}: {phrases.count(len(unknown), 'rule')} cannot be shown: {', '.join(unknown)}"
            results.append(_result("unknown", "note", text, judged, judged.id))
    skipped: dict[tuple[str, str], list[Skipped]] = {}
    for resource in audit.not_assessed:
        skipped.setdefault((resource.file, resource.reason), []).append(resource)
    for (_, reason), listed in skipped.items():
        text = f"{_ids([resource.id for resource in listed])}: not assessed: {reason}"
        results.append(_result("not-assessed", "note", text, listed[0], reason))
    rules = []
    for key in dict.fromkeys(result["ruleId"] for result in results):
        rule = policy.rules.get(name := key.removeprefix("zonerisk/"))
        text = (rule and rule.text) or "What zonerisk could not judge in this plan."
        links = [{"helpUri": source.url} for source in policy.cite(name) if source.url] if rule else []
        link, properties = links[0] if links else {}, {"policy": policy.id, "standing": policy.standing}
        rules.append({"id": key, "shortDescription": {"text": text}, **link, "properties": properties})
    driver = {"name": "zonerisk", "semanticVersion": audit.provenance.version, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    tree = {"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [run]}
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _result(rule: str, level: str, text: str, where: Judged | Skipped, key: str) -> dict[str, Any]:
    # A forge knows a finding again by its print when lines move.
    parts = "\0".join((where.file, key, rule))
    print_ = hashlib.sha256(parts.encode(errors="replace")).hexdigest()[:32]
    file = {"uri": quote(where.file.replace("\\", "/"), errors="surrogateescape")}
    location = {"artifactLocation": file, "region": {"startLine": where.line}}
    return {
        "ruleId": f"zonerisk/{rule}",
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"zonerisk/v1": print_},
    }


def accepted(audit: Audit) -> Table:
    """Return what was accepted: its outcome, what it is, and why."""
    rows = [
        (entry.outcome or "fits nothing", f"{entry.rule} of {entry.workload}", accepted_line(entry))
        for entry in audit.gate.accepted
    ]
    return Table(("outcome", "what", "why"), rows)


def advice(audit: Audit) -> Table:
    """Return the choices that do best."""
    rows = [
        (
            choice.workload,
            f"{'copies in' if choice.kind == 'zones' else 'recovery in'} {_ids(choice.places)}",
            ", ".join(choice.settles) or "-",
            verdicts.years(*choice.now) if choice.now else "-",
            verdicts.years(*choice.then) + " (both)" * (choice.kind == "recovery") if choice.then else "-",
        )
        for choice in audit.advice
    ]
    return Table(("workload", "choice", "settles", "lost now", "then"), rows)


def tripped_line(audit: Audit) -> str:
    """Write in a line what ends a pipeline, and what does not because it was accepted or is not new."""
    gate = audit.gate
    rules: dict[str, list[str]] = {}
    for entry in gate.tripped:
        rules.setdefault(entry.workload, []).append(f"{entry.rule} {entry.outcome}")
    listed = [f"{key} ({', '.join(names)})" for key, names in rules.items()]
    fitting = [entry.expired for entry in gate.accepted if entry.outcome is not None]
    accepted, expired = fitting.count(False), fitting.count(True)
    more = ((accepted, "accepted"), (expired, "no longer accepted"), (len(gate.before), "as before"))
    others = [f"{number} {what}" for number, what in more if number]
    line = "; ".join((f"--fail-on: {phrases.count(len(gate.tripped), 'finding')} of {_ids(listed)}", *others))
    return " ".join(line.split())


def junit(audit: Audit, policy: Policy) -> str:
    """Write an audit as JUnit XML: a suite a workload, a case a rule; what ends a pipeline fails."""
    from xml.etree import ElementTree

    tripped = {(entry.workload, entry.rule) for entry in audit.gate.tripped}
    taken = {(entry.workload, entry.rule): entry for entry in audit.gate.accepted if not entry.expired}
    root = ElementTree.Element("testsuites", name=f"zonerisk {policy.id}")
    for judged in audit.workloads:
        suite = ElementTree.SubElement(root, "testsuite", name=judged.id, errors="0")
        for finding in judged.findings:
            case, key = ElementTree.SubElement(suite, "testcase"), (judged.id, finding.rule)
            case.attrib |= {"classname": judged.id, "name": finding.rule, "file": judged.file}
            case.set("line", str(judged.line))
            prefix = f"{finding.outcome}: " if finding.outcome in OUTCOMES.values() else ""
            message = accepted_line(taken[key]) if key in taken else f"{prefix}{finding.message}"
            if key in tripped and key not in taken:
                ElementTree.SubElement(case, "failure", message=message, type=finding.outcome)
            elif key in taken or finding.outcome != "pass":
                ElementTree.SubElement(case, "skipped", message=message)
        suite.set("skipped", str(len(suite.findall("*/skipped"))))
    for node in (root, *root):
        node.set("tests", str(len([*node.iter("testcase")])))
        node.set("failures", str(len([*node.iter("failure")])))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def comment(audit: Audit, policy: Policy) -> str:
    """Write an audit as Markdown short enough for a comment on a pull request."""
    shown = {(entry.workload, entry.rule) for entry in audit.gate.tripped}
    rows = [
        (finding.outcome, judged.id, finding.rule, finding.message)
        for judged in audit.workloads
        for finding in judged.findings
        if (judged.id, finding.rule) in shown or (not shown and finding.outcome in ("fail", "warn"))
    ]
    cells = [(entry.outcome or "", f"{entry.rule} of {entry.workload}") for entry in audit.gate.before]
    before = Table(("outcome", "what"), cells)
    # A forge counts in lists as well: what is most worth reading stands first.
    lines = [f"### zonerisk: {audit.outcome}", ""]
    lines += [f"{line}  " for line in heading(audit, policy)]
    if rows:
        title = "What ends the pipeline" if shown else "What fails or is a reservation"
        lines += ["", f"**{title}**", *report.rows(("outcome", "workload", "rule", "why"), rows[:MOST_ROWS])]
        lines += [f"\n{len(rows) - MOST_ROWS} more in the report."] if len(rows) > MOST_ROWS else []
    lines += ["", *change_line(audit)]
    more = {"accepted": accepted(audit), "as before": before}
    more |= {"not assessed": skipped(audit, MOST_ROWS), "ways to do better": advice(audit)}
    for title, table in more.items():
        if table.rows:
            lines += ["", f"<details><summary>{len(table.rows)} {title}</summary>", ""]
            lines += [*report.rows(table.heads, table.rows[:MOST_ROWS])[1:], "", "</details>"]
    made, catalogue, by = audit.provenance.version, audit.provenance.catalogue, audit.provenance.policy
    edition = f"catalogue {catalogue.date} ({catalogue.sha256[:12]})"
    lines += ["", f"zonerisk {made}, {edition}, policy {by.id} ({by.sha256[:12]})."]
    return "\n".join(lines) + "\n"
