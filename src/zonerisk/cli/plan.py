"""zonerisk plan: a deployment of your own, judged."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli.score import AsOf, Catalogues, FailOn
from zonerisk.core.errors import UsageError
from zonerisk.core.policy import DEFAULT
from zonerisk.core.policy import load as load_policy
from zonerisk.core.verdict import severity

if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.core.plan_verdict import Audit
    from zonerisk.core.policy import Policy
    from zonerisk.workloads.probability import Inputs


class Format(StrEnum):
    """How to write an audit."""

    table = "table"
    json = "json"
    md = "md"
    sarif = "sarif"


def plan(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...",
            show_default=False,
            help="A plan (YAML), terraform show -json or kubectl get -o json; - is stdin.",
        ),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print a commented plan to start from.")
    ] = False,
    policy: Annotated[
        str | None,
        typer.Option(
            "--policy",
            help=f"A policy's id or a file of your own; else the plan's, else {DEFAULT}.",
            show_default=False,
        ),
    ] = None,
    as_of: AsOf = None,
    unavailability: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE|LOW,HIGH",
            help="Of one zone: shows the chance that a quorum is lost.",
            show_default=False,
        ),
    ] = None,
    common: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE|LOW,HIGH",
            help="Share of it that takes all zones at once (0.02,0.10 if not given).",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.table,
    out: output.Output = None,
    fail_on: FailOn = None,
    catalogue: Catalogues = None,
) -> None:
    """Judge your own deployment: quorum, recovery and backups against every shared risk.

    Examples: zonerisk plan --template > plan.yaml; zonerisk plan plan.yaml;
    terraform show -json tfplan | zonerisk plan - --format sarif -o plan.sarif --fail-on fail;
    kubectl get nodes,pods -A -o json | zonerisk plan -
    """
    from zonerisk.workloads import planfiles
    from zonerisk.workloads.audit import audit
    from zonerisk.workloads.plan import TEMPLATE

    if template:
        output.write(TEMPLATE, out)
        return
    if not files:
        raise UsageError("give a plan, or start one: zonerisk plan --template")
    catalog = load(*(catalogue or ()))
    stdin = sys.stdin.buffer.read(planfiles.MAX_BYTES + 1) if "-" in files else None
    asked = planfiles.read(files, stdin, catalog, as_of)
    chosen = load_policy(policy or asked.policy or DEFAULT)
    inputs = _inputs(unavailability, common, asked.deployment.model)
    answer = audit(catalog, asked.deployment, chosen, asked.day, inputs)
    output.write(render(answer, chosen, format_, out), out)
    if fail_on is not None and severity(answer.outcome) >= severity(fail_on.value):
        raise typer.Exit(1)


def _inputs(unavailability: str | None, common: str | None, planned: Inputs | None) -> Inputs | None:
    from zonerisk.workloads.probability import COMMON, Inputs

    if unavailability is None and common is None:
        return planned
    if unavailability is None and planned is None:
        raise UsageError("--common needs --unavailability: zonerisk has no rates of its own")
    zone = _range("--unavailability", unavailability) or (planned and planned.unavailability)
    assert zone
    shared = _range("--common", common) or (planned.common if planned else COMMON)
    return Inputs(zone, shared, planned.alpha if planned and not common else ()).check()


def _range(option: str, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        ends = [float(part) for part in text.split(",")]
        return ends[0], ends[-1] if len(ends) <= 2 else float(",")
    except ValueError:
        raise UsageError(f"{option} {text}: write a share such as 0.001, or LOW,HIGH") from None


def render(answer: Audit, policy: Policy, format_: Format, out: Path | None) -> str:
    """Write an audit in a format."""
    from zonerisk.words import plan_report as planreport
    from zonerisk.words import sarif

    if format_ is Format.json:
        return answer.to_json()
    if format_ is Format.sarif:
        return sarif.log(answer, policy)
    if format_ is Format.md:
        return planreport.markdown(answer, policy)
    console = output.console(out)
    with console.capture() as capture:
        planreport.table(answer, policy, console)
    return capture.get()
