"""The dossier: a report for the file, in sections that Markdown and a printed page write down alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from zonerisk.core.verdict import severity
from zonerisk.words import answer, likelihood, phrases, plan_report, record, report
from zonerisk.words.verdicts import RULES, policy_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zonerisk.core.model import Evidence, Policy, Site
    from zonerisk.core.verdict import Applied, Audit, Finding, Provenance, Verdict

# A cell is text, or the numbers of sources.
Cell = str | tuple[int, ...]

MET: dict[Applied, str] = {
    "fail": "not met",
    "warn": "not met, advisory",
    "unknown": "cannot be shown",
    "not-assessed": "not assessed",
    "pass": "met",
    "not-applicable": "does not apply",
}
"""What a rule comes to, the worst first."""
FIT = {
    "pass": "will do",
    "warn": "will do, with a reservation",
    "unknown": "not shown",
    "fail": "will not do",
}
"""What a region comes to as a place to recover in."""
STANDINGS = {
    True: "A rule that is not met is called non-compliant with the text, by our reading of it.",
    False: "The text does not bind, or is an opinion: nothing here is called non-compliant.",
}
SIGNED = ("role", "name", "date", "signature")
SIGNERS = ("Prepared by", "Reviewed by", "Risks accepted by")
ACCEPTED = ("where", "rule", "outcome", "accepted?", "until", "why, and what is done instead")


@dataclass(frozen=True)
class Quote:
    """Words of a text, and where they stand."""

    kind: ClassVar[str] = "quote"
    text: str
    source: str


@dataclass(frozen=True)
class Table:
    """Rows under heads; an outcome marks its row."""

    kind: ClassVar[str] = "table"
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    outcomes: Sequence[str | None] = ()


@dataclass(frozen=True)
class Section:
    """A heading, and what stands under it; ``apart`` begins a page in print."""

    title: str
    blocks: Sequence[str | Quote | Table]
    level: int = 2
    apart: bool = False


class Asked(NamedTuple):
    """One region of a report.

    Its verdict; where it may recover (outcome, region, why), and among which; its sites out of service.
    """

    verdict: Verdict
    options: Sequence[tuple[str, ...]] = ()
    scope: str = ""
    retired: Sequence[Site] = ()


@dataclass
class Dossier:
    """A report: its title, what stands beneath it, its sections and the sources that they cite by number."""

    title: str
    crumb: str
    sections: list[Section] = field(default_factory=list)
    sources: dict[Evidence, int] = field(default_factory=dict)

    def cite(self, pieces: Iterable[Evidence]) -> tuple[int, ...]:
        """Return the numbers of sources; new ones are put on the list."""
        return tuple(dict.fromkeys(self.sources.setdefault(piece, len(self.sources) + 1) for piece in pieces))

    @property
    def grades(self) -> list[str]:
        """The grades of the sources, in their order."""
        return [piece.grade for piece in self.sources]


def written(
    policy: Policy, regions: Sequence[Asked], audits: Sequence[Audit], says: Mapping[str, Any]
) -> Dossier:
    """Write a report on regions and deployments under a policy; what every report ``says`` is data."""
    verdicts = [asked.verdict for asked in regions]
    answered: list[Verdict | Audit] = [*verdicts, *audits]
    day = answered[0].as_of
    names = [verdict.name for verdict in verdicts] + [f"deployment of {_files(audit)}" for audit in audits]
    told = phrases.names(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"
    dossier = Dossier(told, f"{policy.name}; as of {day}")
    add = dossier.sections.append
    add(_scope(policy, verdicts, audits, day))
    add(_summary(policy, verdicts, audits))
    dossier.sections += _text(dossier, policy)
    for asked in regions:
        dossier.sections += _region(dossier, policy, asked)
    for audit in audits:
        dossier.sections += _plan(dossier, policy, audit)
    add(Section("Limits", says["limits"]))
    add(Section("Words", [Table(("word", "meaning"), [*says["words"].items()])]))
    rows = [
        (
            str(number),
            piece.grade,
            piece.source,
            f"{piece.title} (read {piece.read}): {piece.claim}",
            piece.url or "-",
        )
        for piece, number in dossier.sources.items()
    ]
    add(Section("Sources", [Table(("no.", "grade", "kind", "what it says", "address"), rows)]))
    add(_versions([one.provenance for one in answered]))
    add(_accepted(verdicts, audits))
    add(Section("Signatures", [Table(SIGNED, [(role, "", "", "") for role in SIGNERS])]))
    return dossier


def _files(audit: Audit) -> str:
    return phrases.names(audit.files)


def _rule(name: str) -> str:
    return RULES.get(name, name)


def _scope(policy: Policy, verdicts: Sequence[Verdict], audits: Sequence[Audit], day: str) -> Section:
    rows = [("judged", f"{verdict.name} ({verdict.target})") for verdict in verdicts]
    rows += [("judged", f"deployment: {_files(audit)}, as of {audit.as_of}") for audit in audits]
    rows += [
        ("day judged", f"{record.day(day)}, with the records of that day and those that bear no date"),
        ("held against", f"{policy.name}; standing: {policy.standing}"),
        ("whom it speaks to", policy.scope or "the policy does not say"),
        ("what that means", STANDINGS[policy.binding]),
    ]
    return Section("Scope and date", [Table(("", ""), rows), *([policy.note] if policy.note else [])])


def _summary(policy: Policy, verdicts: Sequence[Verdict], audits: Sequence[Audit]) -> Section:
    heads = ("judged", *(word for outcome, word in MET.items() if outcome != "not-applicable"))
    judged = [(verdict.target, verdict.policy.findings) for verdict in verdicts]
    judged += [(workload.id, workload.findings) for audit in audits for workload in audit.workloads]
    rows = []
    for name, findings in judged:
        counts = Counter(MET[finding.outcome] for finding in findings)
        rows.append((name, *(str(counts[word]) for word in heads[1:])))
    told = [f"{verdict.summary} {policy_line(policy, verdict.policy.findings)}" for verdict in verdicts]
    return Section("Summary", [*told, *(audit.summary for audit in audits), Table(heads, rows)])


def _text(dossier: Dossier, policy: Policy) -> list[Section]:
    """Tell each rule: the words that it reads, our reading of them, and where they were read."""
    told = "Each rule stands with the words of the text that it reads. What it asks is our reading of them."
    sections = [Section("The text and how it is read", [told], apart=True)]
    for name, rule in policy.rules.items():
        pieces = policy.cite(name)
        blocks: list[str | Quote | Table] = []
        if rule.quote:
            blocks.append(Quote(rule.quote, rule.article or pieces[0].title))
        elif policy.binding or policy.standing == "unverified":
            blocks.append("The words of the text were not read: this rests on what others tell of it.")
        asked = f" Asked: {rule.threshold:g} {rule.unit}." if rule.threshold is not None else ""
        asked += " The text names no figure: what is measured is told." if rule.qualitative else ""
        asked += " Not meeting it is advisory." if rule.severity == "warn" else ""
        blocks.append(f"Our reading: {rule.text or name}{asked}")
        sources = [(piece.title, piece.source, piece.grade, dossier.cite([piece])) for piece in pieces]
        blocks.append(Table(("source", "kind", "grade", "no."), sources))
        title = f"{_rule(name)}{f': {rule.article}' if rule.article else ''}"
        sections.append(Section(title, blocks, 3))
    return sections


def _findings(dossier: Dossier, policy: Policy, findings: Iterable[Finding]) -> Table:
    ranked = sorted(findings, key=lambda finding: list(MET).index(finding.outcome))
    own = set(policy.evidence.values())
    rows: list[tuple[Cell, ...]] = [
        (
            *(MET[finding.outcome], _rule(finding.rule), _article(policy, finding.rule), finding.message),
            dossier.cite(piece for piece in finding.evidence if piece not in own),
        )
        for finding in ranked
    ]
    silent = [name for name in policy.rules if name not in {finding.rule for finding in ranked}]
    rows += [("not asked", _rule(name), _article(policy, name), NOT_ASKED, ()) for name in silent]
    heads: tuple[str, ...] = ("outcome", "rule", "where", "why", "sources")
    outcomes = [*(finding.outcome for finding in ranked), *([None] * len(silent))]
    if not any(rule.article for rule in policy.rules.values()):
        heads, rows = (*heads[:2], *heads[3:]), [(*row[:2], *row[3:]) for row in rows]
    return Table(heads, rows, outcomes)


def _article(policy: Policy, rule: str) -> str:
    return (rule in policy.rules and policy.rules[rule].article) or "-"


def _region(dossier: Dossier, policy: Policy, asked: Asked) -> list[Section]:
    verdict = asked.verdict
    known = verdict.likelihood
    risks = sorted(verdict.shared_risks, key=lambda risk: (risk.grade, -severity(risk.outcome)))
    events = [
        (
            *(record.day(event.start), event.name, event.cause, event.severity, event.grade),
            ", ".join(report.short(verdict, zone) for zone in event.zones) or "not named",
        )
        for event in verdict.record.incidents
    ]
    places = [
        (
            place.name,
            ", ".join(report.short(verdict, zone) for zone in place.zones) or "not disclosed",
            f"within {phrases.distance(place.uncertainty_m)}, {place.method}"
            if place.uncertainty_m
            else "not known",
            dossier.cite(place.evidence),
        )
        for place in verdict.places
    ]
    shared = [(risk.kind, risk.grade, risk.message, dossier.cite(risk.evidence)) for risk in risks]
    asks = answer.questions(verdict)
    parts: list[tuple[str, Sequence[str | Quote | Table]]] = [
        ("Rules, the worst first", [_findings(dossier, policy, verdict.policy.findings)]),
        ("What is shared", [Table(("kind", "grade", "what", "sources"), shared)] if shared else [NO_RISK]),
        (
            "Incidents",
            [
                f"{_sentence(verdict.record.message)}.",
                *(
                    [Table(("day", "event", "cause", "how badly", "grade", "zones"), events)]
                    if events
                    else []
                ),
            ],
        ),
        (
            "How often, by a model",
            [likelihood.footnote(known), Table((likelihood.ASKED, ""), likelihood.rows(known))],
        ),
    ]
    if asked.scope:
        rows = [(FIT[outcome], *rest) for outcome, *rest in asked.options]
        options = [Table(("", "region", "why"), rows, [row[0] for row in asked.options])]
        parts.append(("Where recovery may go", [asked.scope, *(options if asked.options else [])]))
    if asks:
        parts.append(("What to ask the provider", asks))
    near, more = report.pairs_shown(verdict)
    if near:
        told = [f"{phrases.count(more, 'pair')} more in --format json."] if more else []
        parts.append((report.SEPARATIONS, [Table(report.PAIR_HEAD, near), *told]))
    gone = [
        f"{site.name}, {site.fate or 'out of service'}, in service until {site.until or 'not known'}"
        for site in asked.retired
    ]
    told = [f"Out of service by {verdict.as_of}: {'; '.join(gone)}."] if gone else []
    table = Table(("place", "serves", "known to", "sources"), places)
    parts.append(("Places", [*([table] if places else [NO_PLACE]), *told]))
    title = f"{verdict.name} ({verdict.target})"
    head = Section(title, [verdict.summary], apart=True)
    return [head, *(Section(f"{verdict.name}: {name.lower()}", blocks, 3) for name, blocks in parts)]


NOT_ASKED = "asked of a deployment alone; the option --plan judges one"
NO_RISK = "No shared risk is on record. That is not the same as none: see what cannot be shown."
NO_PLACE = "No place of it is on record."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plan(dossier: Dossier, policy: Policy, audit: Audit) -> list[Section]:
    head = [*plan_report.heading(audit, policy), *plan_report.change_line(audit)]
    sections = [Section(f"Deployment: {_files(audit)}", head, apart=True)]
    for workload in audit.workloads:
        blocks: list[str | Quote | Table] = [
            f"{_sentence(plan_report.places_line(workload))}.",
            *workload.notes,
            _findings(dossier, policy, workload.findings),
        ]
        sections.append(Section(f"Workload {workload.id} ({workload.file}:{workload.line})", blocks, 3))
    if audit.events:
        table = Table(plan_report.EVENTS, plan_report.event_rows(audit))
        sections.append(Section("Events, what hurts most first", [table], 3))
    if audit.not_assessed:
        table = Table(("why", "what"), plan_report.skipped_rows(audit))
        sections.append(Section("What was read and not judged", [table], 3))
    return sections


def _versions(used: Sequence[Provenance]) -> Section:
    first = used[0]
    rows = [
        ("zonerisk", first.version),
        ("catalogue", f"{first.catalogue.date}, sha256 {first.catalogue.sha256}"),
        ("policy", f"{first.policy.id}, sha256 {first.policy.sha256}"),
    ]
    layers = {name: sha256 for provenance in used for name, sha256 in provenance.layers.items()}
    rows += [(f"layer {name}", f"sha256 {sha256}") for name, sha256 in sorted(layers.items())]
    told = "The same input gives the same report, byte for byte: no clock and no network is asked."
    return Section("Made with", [Table(("", ""), rows), told])


def _accepted(verdicts: Sequence[Verdict], audits: Sequence[Audit]) -> Section:
    judged = [(verdict.target, verdict.policy.findings) for verdict in verdicts]
    judged += [(workload.id, workload.findings) for audit in audits for workload in audit.workloads]
    rows = [
        (where, _rule(finding.rule), MET[finding.outcome], "", "", "")
        for where, findings in judged
        for finding in sorted(findings, key=lambda finding: list(MET).index(finding.outcome))
        if finding.outcome in ("fail", "warn", "unknown")
    ]
    told = "What is not met or cannot be shown, for whoever answers for it to accept, refuse or mend."
    return Section("Risks to accept", [told, Table(ACCEPTED, rows)], apart=True)


def markdown(dossier: Dossier) -> str:
    """Write a report as Markdown."""
    grades = dossier.grades

    def text(cell: Cell) -> str:
        if isinstance(cell, str):
            return cell
        return ", ".join(f"{number} ({grades[number - 1]})" for number in cell) or "-"

    lines = [f"# {report.cell(dossier.title)}", "", report.cell(dossier.crumb)]
    for section in dossier.sections:
        lines += ["", f"{'#' * section.level} {report.cell(section.title)}"]
        for block in section.blocks:
            if isinstance(block, str):
                lines += ["", report.cell(block)]
            elif isinstance(block, Quote):
                lines += ["", f"> {report.cell(block.text)}", ">", f"> ({report.cell(block.source)})"]
            else:
                lines += report.rows(block.heads, [[text(cell) for cell in row] for row in block.rows])
    return "\n".join(lines) + "\n"
