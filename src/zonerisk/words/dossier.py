"""The dossier: a report for the file, in sections that Markdown and a printed page write down alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from zonerisk.core.geometry import least_rtt_ms
from zonerisk.core.model import Evidence, Policy, Site
from zonerisk.core.verdict import Accepted, Applied, Audit, Finding, Judged, Separation, Verdict, severity
from zonerisk.words import answer, phrases, plan_report, report, verdicts
from zonerisk.words.report import Block, Cell, Quote, Section, Table
from zonerisk.words.verdicts import MET, RULES, policy_line

MOST_PAIRS = 15
MOST_OPTIONS = 6
SEPARATIONS = "Separations, best (low to high); round trips measured, or at least by light alone"
PAIR_HEAD = ("outcome", "pair", "distance", "fibre", "round trip", "shares")
IDLE = "not-applicable"
FIT = {
    "pass": "will do",
    "warn": "will do, with a reservation",
    "unknown": "not shown",
    "fail": "will not do",
}
"""What a region comes to as a place to recover in."""


class Asked(NamedTuple):
    """A region of a report: its verdict, its sites out of service, and where it may recover.

    The ``options`` are outcome, region and why, of those in ``scope``; none for what the verdict says itself.
    """

    verdict: Verdict
    options: Sequence[tuple[str, ...]] | None = None
    scope: str = ""
    retired: Sequence[Site] = ()


@dataclass
class Dossier:
    """A report: its title, what stands beneath it, its sections and the sources that they cite by number."""

    title: str = ""
    crumb: str = ""
    sections: list[Section] = field(default_factory=list)
    sources: dict[Evidence, int] = field(default_factory=dict)

    def cite(self, pieces: Iterable[Evidence]) -> tuple[tuple[int, str], ...]:
        """Return the numbers and grades of sources; new ones are put on the list."""
        grades = {self.sources.setdefault(piece, len(self.sources) + 1): piece.grade for piece in pieces}
        return tuple(grades.items())

    @property
    def markdown(self) -> str:
        """The report as Markdown."""
        return report.markdown(self.title, self.crumb, self.sections)


def written(
    policy: Policy,
    regions: Sequence[Asked],
    audits: Sequence[Audit] = (),
    says: Mapping[str, Any] | None = None,
    accepted: Sequence[Accepted] = (),
) -> Dossier:
    """Write answers on regions and deployments under a policy, with sources and versions.

    In the frame of a report for the file, where it is given what every report ``says``; with what was
    ``accepted``, at regions and beside the plans.
    """
    judged = [asked.verdict for asked in regions]
    both: dict[str, Verdict | Audit] = {verdict.name: verdict for verdict in judged}
    both |= {f"the deployment {phrases.names(audit.files)}": audit for audit in audits}
    names, day = [*both], next(iter(both.values())).as_of
    title = phrases.names(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"
    dossier = Dossier(f"Judged under {policy.name}", f"As of {day}")
    front: list[Section] = []
    middle: list[Section] = []
    back: list[Section] = []
    if says:
        dossier = Dossier(phrases.opening(title), f"{policy.name}; as of {day}")
        # What is judged rule by rule, by its id and a name that nothing else has; what was accepted there.
        parts = [(verdict.target, verdict.target, verdict.policy.findings, accepted) for verdict in judged]
        for audit in audits:
            of = f" ({phrases.names(audit.files)})" if len(audits) > 1 else ""
            known = (*accepted, *audit.gate.accepted)
            parts += [(part.id, f"{part.id}{of}", part.findings, known) for part in audit.workloads]
        lines = [f"{verdict.summary} {policy_line(policy, verdict.policy.findings)}" for verdict in judged]
        lines += [audit.summary for audit in audits]
        words = [word for outcome, word in MET.items() if outcome != IDLE]
        counts, risks = [], []
        for key, name, findings, taken in parts:
            met = Counter(MET[finding.outcome] for finding in findings)
            counts.append((name, *(str(met[word]) for word in words)))
            by = {entry.rule: entry for entry in taken if entry.workload == key and entry.outcome}
            risks += [
                (name, _rule(finding.rule), MET[finding.outcome], *_taken(by.get(finding.rule)))
                for finding in _worst_first(findings)
                if finding.outcome in ("fail", "warn", "unknown")
            ]
        idle = [entry for entry in accepted if not entry.outcome]
        risks += [(entry.workload, entry.rule, "fits nothing", *_taken(entry)) for entry in idle]
        scope = _scope(policy, judged, audits, says["binding" if policy.binding else "advice"])
        front = [
            Section("Scope and date", [scope, *filter(None, [policy.note])]),
            Section("Summary", [*lines, Table(("judged", *words), counts)]),
            *_text(dossier, policy, says["reading"]),
        ]
        meanings = Table(("word", "meaning"), [*says["words"].items()])
        middle = [Section("Limits", says["limits"]), Section("Words", [meanings])]
        signed = Table([*says["signed"]], [(role, "", "", "") for role in says["signers"]])
        back = [
            Section("Risks to accept", [says["accept"], Table([*says["accepted"]], risks)], apart=True),
            Section("Signatures", [signed]),
        ]
    answered = answers(dossier, policy, regions, audits)
    rows = [
        (str(no), work.grade, work.source, f"{work.title} (read {work.read}): {work.claim}", work.url or "-")
        for work, no in dossier.sources.items()
    ]
    sources = Table(("no.", "grade", "kind", "what it says", "address"), rows)
    made = [Section("Sources", [sources], of="sources"), _versions(both)]
    dossier.sections = [*front, *answered, *middle, *made, *back]
    return dossier


def answers(
    dossier: Dossier, policy: Policy, regions: Sequence[Asked], audits: Sequence[Audit] = ()
) -> list[Section]:
    """Write what is answered of regions and deployments; its sources are put on the list of a report."""
    parts = [_region(dossier, policy, asked) for asked in regions]
    parts += [_plan(dossier, policy, audit) for audit in audits]
    return [section for sections in parts for section in sections]


def _rule(name: str) -> str:
    """Write a rule by what it asks, and the id that policies and accepted risks name it by."""
    return f"{RULES[name]} ({name})" if name in RULES else name


def _scope(policy: Policy, verdicts: Sequence[Verdict], audits: Sequence[Audit], means: str) -> Table:
    first = verdicts[0] if verdicts else audits[0]
    day, edition = first.as_of, first.provenance.catalogue.date
    known = "with the records of that day and those that bear no date"
    known = known if day <= edition else f"by the records of {phrases.day(edition)}: they tell nothing later"
    rows = [("judged", f"{verdict.name} ({verdict.target})") for verdict in verdicts]
    rows += [("judged", f"deployment: {phrases.names(audit.files)}, as of {audit.as_of}") for audit in audits]
    rows += [
        ("day judged", f"{phrases.day(day)}, {known}"),
        ("held against", f"{policy.name}; standing: {policy.standing}"),
        ("whom it speaks to", policy.scope or "the policy does not say"),
        ("what that means", means),
    ]
    return Table(("", ""), rows)


def _text(dossier: Dossier, policy: Policy, reading: str) -> list[Section]:
    """Write each rule: the words that it reads, our reading of them, and where they were read."""
    sections = [Section("The text and how it is read", [reading], apart=True)]
    for name, rule in policy.rules.items():
        pieces = policy.cite(name)
        blocks: list[Block] = []
        if rule.quote:
            blocks.append(Quote(rule.quote, rule.article or pieces[0].title))
        elif all(piece.secondary for piece in pieces):
            blocks.append("The words of the text were not read: this rests on what others tell of it.")
        asked = f" Asked: {rule.threshold:g} {rule.unit}." if rule.threshold is not None else ""
        asked += " The text names no figure: what is measured is told." if rule.qualitative else ""
        asked += " Not meeting it is advisory." if rule.severity == "warn" else ""
        blocks.append(f"Our reading: {rule.text or name}{asked}")
        sources = [(piece.title, piece.source, dossier.cite([piece])) for piece in pieces]
        blocks.append(Table(("source", "kind", "no. and grade"), sources))
        title = f"{_rule(name)}{f': {rule.article}' if rule.article else ''}"
        sections.append(Section(title, blocks, 3))
    return sections


def _findings(dossier: Dossier, policy: Policy, findings: Sequence[Finding], silent: str) -> Table:
    """Write each rule, the worst first, and those that are not asked; the same is said once."""
    own, articles = set(policy.evidence.values()), {name: rule.article for name, rule in policy.rules.items()}
    alike: dict[tuple[Applied | None, str, str], tuple[list[str], list[Evidence]]] = {}
    for finding in _worst_first(findings):
        key = finding.outcome, articles.get(finding.rule) or "-", finding.message
        rules, pieces = alike.setdefault(key, ([], []))
        rules.append(_rule(finding.rule))
        pieces += [piece for piece in finding.evidence if piece not in own and finding.outcome != IDLE]
    asked = {finding.rule for finding in findings}
    for rule in (rule for rule in policy.rules if rule not in asked):
        unasked = None, articles[rule] or "-", NOT_ASKED.get(rule, silent)
        alike.setdefault(unasked, ([], []))[0].append(_rule(rule))
    rows: list[tuple[Cell, ...]] = [
        (MET[outcome] if outcome else "not asked", ", ".join(rules), where, why, dossier.cite(pieces))
        for (outcome, where, why), (rules, pieces) in alike.items()
    ]
    heads: tuple[str, ...] = ("outcome", "rule", "where", "why", "sources")
    if not any(articles.values()):
        heads, rows = (*heads[:2], *heads[3:]), [(*row[:2], *row[3:]) for row in rows]
    return Table(heads, rows, [outcome for outcome, *_ in alike])


def heading(verdict: Verdict, policy: Policy) -> tuple[str, ...]:
    """Return the lines that stand first: the answer, the policy, the score and the counts."""
    standing, asked = verdict.independence, verdict.policy
    zones, sites = standing.zones, standing.datacenters
    score = verdicts.score_line(asked.score, asked.letter, asked.assessed, asked.asked)
    return (
        verdict.summary,
        policy_line(policy, asked.findings),
        *([score] if verdicts.scored(policy) else []),
        f"zones {zones.sold} sold, {phrases.span(zones.effective)} effective; datacenters "
        f"{sites.count} known, {phrases.span(sites.effective)} effective; as of {verdict.as_of}",
    )


def _region(dossier: Dossier, policy: Policy, asked: Asked) -> list[Section]:
    verdict, known = asked.verdict, asked.verdict.likelihood
    risks = sorted(verdict.shared_risks, key=lambda risk: (risk.grade, -severity(risk.outcome)))
    # Sources are numbered in this order.
    shared = [(risk.kind, risk.grade, risk.message, dossier.cite(risk.evidence)) for risk in risks]
    rules = _findings(dossier, policy, verdict.policy.findings, ON_RECORD)
    events = [
        (
            *(phrases.day(event.start), event.name, event.cause, event.severity, event.grade),
            ", ".join(_name(verdict, zone) for zone in event.zones) or "not named",
        )
        for event in verdict.record.incidents
    ]
    options = [(option.outcome, option.target, option.message) for option in verdict.recovery]
    fit = options[:MOST_OPTIONS] if asked.options is None else asked.options
    more = _more(len(options) - len(fit), "region") if asked.options is None else []
    ways = Table(("", "region", "why"), [(FIT[row[0]], *row[1:]) for row in fit], [row[0] for row in fit])
    places: list[tuple[Cell, ...]] = []
    for place in verdict.places:
        # A zone's name with the id that it is sold under, where they differ.
        sold = [(_name(verdict, zone), zone.removeprefix(f"{verdict.target}/")) for zone in place.zones]
        zones = ", ".join(name if name == id_ else f"{name} ({id_})" for name, id_ in sold)
        doubt = place.uncertainty_m
        within = f"within {phrases.distance(doubt)}, {place.method}" if doubt else "not known"
        places.append((place.name, zones or "not disclosed", within, dossier.cite(place.evidence)))
    gone = [
        f"{site.name}, {site.fate or 'out of service'}, in service until {site.until or 'not known'}"
        for site in asked.retired
    ]
    parts: dict[str, Sequence[Block]] = {
        "Rules, the worst first": [rules],
        "What is shared": [Table(("kind", "grade", "what", "sources"), shared) if shared else NO_RISK],
        "Incidents": [
            f"{phrases.opening(verdict.record.message)}.",
            Table(("day (UTC)", "event", "cause", "how badly", "grade", "zones"), events),
        ],
        "How often, by a model": [
            verdicts.footnote(known),
            Table((verdicts.asked(verdict), ""), verdicts.model_rows(verdict)),
        ],
        "Where recovery may go": [*filter(None, [asked.scope]), ways, *more] if fit or asked.scope else [],
        "What to ask the provider": answer.questions(verdict),
        SEPARATIONS: pairs(verdict),
        "Places": [
            Table(("place", "serves", "known to", "sources"), places) if places else NO_PLACE,
            *([f"Out of service by {verdict.as_of}: {'; '.join(gone)}."] if gone else []),
        ],
    }
    title = f"{verdict.name} ({verdict.target})"
    head = Section(title, heading(verdict, policy), apart=True, of=verdict.target)
    return [head, *(Section(name, blocks, 3) for name, blocks in parts.items() if blocks)]


def _more(number: int, noun: str) -> list[Block]:
    return [f"{phrases.count(number, f'more {noun}')} in --format json."] if number > 0 else []


def pairs(verdict: Verdict) -> list[Block]:
    """Write the nearest pairs; those of which the same is said share a row."""
    alike: dict[tuple[Applied | None, tuple[str, ...]], list[Separation]] = {}
    for row in sorted(verdict.policy.separations, key=lambda row: row.distance_m.rank):
        least = phrases.round_trip(least_rtt_ms(row.distance_m)) or "-"
        trip = least if row.measured_ms is None else phrases.measured(row.measured_ms)
        shared = ", ".join(dict.fromkeys(risk.partition(":")[0] for risk in row.shared)) or "-"
        cells = phrases.interval(row.distance_m), phrases.interval(row.fibre_m), trip, shared
        alike.setdefault((row.outcome, cells), []).append(row)
    rows: list[tuple[str, ...]] = []
    for (outcome, figures), same in alike.items():
        ends = list(dict.fromkeys(_name(verdict, end) for row in same for end in (row.a, row.b)))
        pairs = phrases.names([f"{_name(verdict, row.a)} - {_name(verdict, row.b)}" for row in same])
        if len(same) > 1 and len(same) == len(ends) * (len(ends) - 1) / 2:
            pairs = f"any two of {phrases.names(ends)}"
        rows.append((MET[outcome] if outcome else "-", pairs, *figures))
    outcomes = [outcome for outcome, _ in alike]
    more = _more(len(rows) - MOST_PAIRS, "row")
    return [Table(PAIR_HEAD, rows[:MOST_PAIRS], outcomes[:MOST_PAIRS]), *more] if rows else []


def _name(verdict: Verdict, key: str) -> str:
    """Return the one name that sentences call a zone or site by; else its id without the region's."""
    return verdict.independence.domains.get(key) or key.removeprefix(f"{verdict.target}/")


# Why a rule is not asked of a region: backups, else events; and of a deployment.
NOT_ASKED = {"backup": "asked of a deployment alone; the option --plan judges one"}
ON_RECORD = "told only where an event is on record"
OF_REGIONS = "asked of a region alone"
NO_RISK = "No shared risk is on record. That is not the same as none: see what cannot be shown."
NO_PLACE = "No place of it is on record."


def _plan(dossier: Dossier, policy: Policy, audit: Audit) -> list[Section]:
    head = [*plan_report.heading(audit, policy), *plan_report.change_line(audit)]
    sections = [Section(f"Deployment: {phrases.names(audit.files)}", head, apart=True)]
    alike: dict[tuple[object, ...], list[Judged]] = {}
    for workload in audit.workloads:
        outcomes = tuple((finding.rule, finding.outcome, finding.message) for finding in workload.findings)
        alike.setdefault((plan_report.places_line(workload), workload.notes, outcomes), []).append(workload)
    for (stand, *_), same in alike.items():
        names = [f"{workload.id} ({workload.file}:{workload.line})" for workload in same]
        blocks: list[Block] = [
            *([", ".join(names)] if len(same) > 1 else []),
            f"{phrases.opening(str(stand))}.",
            *same[0].notes,
            _findings(dossier, policy, same[0].findings, OF_REGIONS),
        ]
        title = f"Workload {names[0]}" if len(same) == 1 else f"{len(same)} workloads that stand alike"
        sections.append(Section(title, blocks, 3))
    listed: dict[str, Sequence[Block]] = {
        "Events, what hurts most first": [plan_report.events(audit)] * bool(audit.events),
        "Advice": [plan_report.advice(audit), plan_report.BOTH] * bool(audit.advice),
        "Accepted": [plan_report.accepted(audit)] * bool(audit.gate.accepted),
        "What was read and not judged": [plan_report.skipped(audit)] * bool(audit.not_assessed),
        "How often a quorum is lost": [plan_report.model_line(audit)],
    }
    return [*sections, *(Section(title, blocks, 3) for title, blocks in listed.items() if blocks)]


def _versions(judged: Mapping[str, Verdict | Audit]) -> Section:
    used = [result.provenance for result in judged.values()]
    rows = [("zonerisk", used[0].version), ("policy", f"{used[0].policy.id}, sha256 {used[0].policy.sha256}")]
    for name, origin in zip(judged, used, strict=True):
        rows.append((f"catalogue, for {name}", f"{origin.catalogue.date}, sha256 {origin.catalogue.sha256}"))
    layers = {name: sha256 for provenance in used for name, sha256 in provenance.layers.items()}
    rows += [(f"layer {name}", f"sha256 {sha256}") for name, sha256 in sorted(layers.items())]
    note = "The same input gives the same report, byte for byte: no clock and no network is asked."
    return Section("Made with", [Table(("", ""), rows), note])


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: list(MET).index(finding.outcome))


def _taken(accepted: Accepted | None) -> tuple[str, ...]:
    if accepted is None:
        return "", "", ""
    by = f"{'no longer' if accepted.expired else 'yes'}, {accepted.owner}"
    return by, phrases.day(accepted.until), accepted.reason
