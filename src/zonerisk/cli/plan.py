"""zonerisk plan: a deployment of your own, judged."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from zonerisk.cli import output
from zonerisk.cli.output import AsOf, Catalogues, argument, load, option
from zonerisk.core.errors import UsageError
from zonerisk.core.model import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zonerisk.workloads.probability import Inputs

Formats = Literal["table", "json", "md", "sarif", "junit", "comment"]


def plan(
    files: Annotated[
        list[str] | None,
        argument(
            "A plan (YAML), terraform show -json or kubectl get -o json or yaml; - is stdin.",
            metavar="FILE...",
        ),
    ] = None,
    template: Annotated[bool, option("Print a commented plan to start from.", "--template")] = False,
    policy: Annotated[
        str | None, option(f"A policy's id or a file of your own; else the plan's, else {DEFAULT}.")
    ] = None,
    as_of: AsOf = None,
    unavailability: Annotated[
        str | None,
        option("A zone's unavailability: shows the chance that a quorum is lost.", metavar="SHARE|LOW,HIGH"),
    ] = None,
    common: Annotated[
        str | None,
        option(
            "The share of it that takes all zones at once; by default 0.02,0.10.", metavar="SHARE|LOW,HIGH"
        ),
    ] = None,
    advise: Annotated[
        bool, option("Show the best zones and recovery for each workload, and what each buys.", "--advise")
    ] = False,
    format_: Annotated[Formats | None, output.FORMAT] = None,
    out: output.Output = None,
    fail_on: Annotated[
        list[str] | None,
        option(
            "Exit with 1 on findings this bad or worse: fail, unknown or warn; or of one rule, as RULE or "
            "RULE=unknown. Repeatable.",
            metavar="OUTCOME|RULE",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        option("Judge only these workloads, by id or pattern; repeatable.", metavar="WORKLOAD"),
    ] = None,
    skip: Annotated[
        list[str] | None, option("Leave these workloads out; repeatable.", metavar="WORKLOAD")
    ] = None,
    accepted: output.AcceptedFile = None,
    baseline: Annotated[
        Path | None,
        option("An earlier answer in JSON: only what is worse than in it trips --fail-on.", metavar="FILE"),
    ] = None,
    catalogue: Catalogues = None,
) -> None:
    """Judge your own deployment: quorum, recovery and backups against every shared risk.

    Examples: zonerisk plan --template > plan.yaml; zonerisk plan plan.yaml;
    terraform show -json tfplan | zonerisk plan - --format sarif -o plan.sarif --fail-on fail;
    kubectl get nodes,pods -A -o json | zonerisk plan -
    """
    from zonerisk.words import dossier, plan_report
    from zonerisk.workloads import gate
    from zonerisk.workloads import plan as plans
    from zonerisk.workloads.audit import Auditor

    if template:
        output.write(plans.template(), out)
        return
    if not files:
        raise UsageError("give a plan, or start one: zonerisk plan --template")
    form = output.chosen(format_, out, Formats)
    catalog = load(catalogue)
    stdin = sys.stdin.buffer.read(plans.MAX_BYTES + 1) if "-" in files else None
    request = plans.read(files, stdin, catalog, as_of)
    chosen = catalog.policy(policy or request.policy or DEFAULT)
    inputs = _inputs(unavailability, common, request.deployment.model)
    kept = gate.read(accepted)
    levels = gate.trips(fail_on or kept.fail_on, chosen)
    known = gate.baseline(baseline) if baseline else None
    deployment = gate.chosen(request.deployment, only or (), (*(skip or ()), *kept.skip))
    auditor = Auditor(catalog, deployment, chosen, request.day, inputs)
    answer = auditor.audit()
    answer = replace(answer, gate=gate.gate(answer, levels, (*kept.accepted, *request.accepted), known))
    if advise:
        choices, left = auditor.advise()
        answer = replace(answer, advice=choices)
        if left:
            output.note(f"advice: {left}\n")
    if form == "json":
        text: str | Iterable[str] = plan_report.pieces(answer)
    elif form == "table":
        sections = dossier.answers(dossier.Dossier(), chosen, (), [answer])
        text = output.printed(lambda screen: screen.sections(sections), out)
    elif form == "md":
        text = dossier.written(chosen, (), [answer]).markdown
    else:
        text = getattr(plan_report, form)(answer, chosen)
    output.write(text, out)
    if not answer.workloads:
        raise UsageError("nothing here could be placed, so nothing is judged; the answer says why")
    if answer.gate.tripped:
        output.note(f"{plan_report.tripped_line(answer)}\n")
        raise typer.Exit(1)


def _inputs(unavailability: str | None, common: str | None, planned: Inputs | None) -> Inputs | None:
    from pydantic import ValidationError

    from zonerisk.workloads.probability import Inputs

    asked = {"unavailability": unavailability, "common": common}
    given = {name: text.split(",") for name, text in asked.items() if text is not None}
    if common and not (unavailability or planned):
        raise UsageError("--common needs --unavailability: it is a share of it")
    inputs = planned.model_dump(exclude={"alpha"} if common else None) if planned else {}
    inputs |= {name: ends if len(ends) > 1 else ends[0] for name, ends in given.items()}
    try:
        return Inputs.model_validate(inputs) if inputs else None
    except ValidationError:
        told = " ".join(f"--{name} {','.join(ends)}" for name, ends in given.items())
        raise UsageError(f"{told}: write a share from 0 to 1 such as 0.001, or LOW,HIGH") from None
