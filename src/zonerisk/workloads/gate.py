"""The gate: which findings of an audit end a pipeline, which were accepted, and which were there before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, get_args

from zonerisk.catalogue import document
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.model import Policy, Record, Text
from zonerisk.core.verdict import Accepted, Audit, Counted, Finding, Gate, Outcome, severity
from zonerisk.judging.arrangement import last_day
from zonerisk.workloads.deployment import Deployment
from zonerisk.workloads.plan import Acceptance, loaded, mapping, sequence

NAME = ".zonerisk.yaml"
SKIPPED = "left out by --skip or by the file of accepted risks"
# Asked of a region alone: nothing of a workload ever comes to it.
NEVER = "claims"
Level = Literal["fail", "unknown", "warn"]
Known = dict[tuple[str, str], Outcome]


class GateFile(Record):
    """What a team keeps beside its plans: accepted risks, workloads that are not judged, and what fails."""

    accepted: tuple[Acceptance, ...] = ()
    skip: tuple[Text, ...] = ()
    fail_on: tuple[Text, ...] = ()


def read(path: Path | None) -> GateFile:
    """Read a gate file; without a path, that of the folder one stands in, if there is one."""
    if path is None and not Path(NAME).is_file():
        return GateFile()
    return document.read(path or Path(NAME)).validate(GateFile)


def baseline(path: Path) -> Known:
    """Read the findings of an earlier answer in JSON."""
    tree = mapping(loaded(str(path)))
    if tree.get("schema") != "zonerisk/plan/1":
        raise DataError(f"{path}: is not an answer; write one: zonerisk plan ... --format json -o FILE")
    return {
        (str(judged.get("id")), str(finding.get("rule"))): finding["outcome"]
        for judged in map(mapping, sequence(tree.get("workloads")))
        for finding in map(mapping, sequence(judged.get("findings")))
        if finding.get("outcome") in ("pass", "warn", "unknown", "fail")
    }


def fits(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name fits one of some patterns with ``*`` and ``?``; brackets are an index."""
    return any(fnmatchcase(name, pattern.replace("[", "[[]")) for pattern in patterns)


def chosen(deployment: Deployment, only: Sequence[str], skip: Sequence[str]) -> Deployment:
    """Leave out what is not asked about; what is skipped is told among what is not assessed."""
    ids = [*(row.id for row in deployment.workloads), *(row.id for row in deployment.unassessed)]
    for pattern in only if ids else ():
        if not any(fits(key, (pattern,)) for key in ids):
            raise UsageError(f"--only {pattern}: no workload has this id, or fits it")
    asked = [workload for workload in deployment.workloads if not only or fits(workload.id, only)]
    kept = tuple(workload for workload in asked if not fits(workload.id, skip))
    if deployment.workloads and not kept:
        raise UsageError(f"none of the {len(deployment.workloads)} workloads is left by --only and --skip")
    left = [workload.source.skipped(workload.id, SKIPPED) for workload in asked if fits(workload.id, skip)]
    left += [row for row in deployment.unassessed if not only or fits(row.id, only) if not fits(row.id, skip)]
    return replace(deployment, workloads=kept, unassessed=tuple(left))


def trips(fail_on: Iterable[str], policy: Policy) -> dict[str, Level]:
    """Return the outcome at which each rule of a policy ends a pipeline; a rule left out never does."""
    every: Level | None = None
    single: dict[str, Level] = {}
    for asked in fail_on:
        rule, mark, level = asked.partition("=")
        level = level if mark else "fail"
        if asked in get_args(Level):
            every = max(every or asked, asked, key=lambda name: -severity(name))  # type: ignore[arg-type]
        elif rule in policy.rules and rule != NEVER and level in get_args(Level):
            single[rule] = level  # type: ignore[assignment]
        else:
            raise UsageError(
                f"--fail-on {asked}: name fail, unknown or warn, or a rule of {policy.id}, alone or as "
                f"RULE=unknown: {', '.join(name for name in policy.rules if name != NEVER)}"
            )
    return {rule: least for rule in policy.rules if (least := single.get(rule, every))}


def gate(
    audit: Audit, levels: Mapping[str, Level], accepted: Sequence[Acceptance] = (), known: Known | None = None
) -> Gate:
    """Return which findings end a pipeline: not what was accepted in time or is no worse than before."""
    tripped, before = [], []
    taken = accepted_of(((row.id, row.findings) for row in audit.workloads), accepted, audit.as_of)
    own = {(row.workload, row.rule): row for row in taken if row.outcome}
    for judged, finding in ((row, finding) for row in audit.workloads for finding in row.findings):
        key, level = (judged.id, finding.rule), levels.get(finding.rule)
        by, old = own.get(key), (known or {}).get(key)
        if finding.outcome not in ("fail", "unknown", "warn") or (by and not by.expired):
            continue
        counted = Counted(workload=judged.id, rule=finding.rule, outcome=finding.outcome)
        # What was accepted and has expired is looked at again, however old it is.
        if by and levels:
            tripped.append(counted)
        elif old is not None and severity(finding.outcome) <= severity(old):
            before.append(counted)
        elif level is not None and severity(finding.outcome) >= severity(level):
            tripped.append(counted)
    return Gate(tripped=tuple(tripped), accepted=taken, before=tuple(before))


def accepted_of(
    rows: Iterable[tuple[str, Sequence[Finding]]], accepted: Sequence[Acceptance], day: str
) -> tuple[Accepted, ...]:
    """Return who accepted which findings at workloads or regions, in time first; then what fits none."""
    taken: list[tuple[Acceptance, dict[str, object]]] = []
    idle = dict.fromkeys(accepted)
    for where, findings in rows:
        near = [entry for entry in accepted if fits(where, (entry.workload,))]
        for finding in findings if near else ():
            mine = [entry for entry in near if fits(finding.rule, (entry.rule,))]
            if mine and finding.outcome in ("fail", "unknown", "warn"):
                by = next((entry for entry in mine if last_day(entry.until) >= day), mine[0])
                taken.append((by, {"workload": where, "rule": finding.rule, "outcome": finding.outcome}))
                for entry in mine:
                    idle.pop(entry, None)
    taken += [(entry, {"outcome": None}) for entry in idle]
    return tuple(Accepted(**{**by.model_dump(), **of}, expired=last_day(by.until) < day) for by, of in taken)
