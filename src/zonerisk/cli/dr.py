"""zonerisk dr: regions that can be disaster recovery for a region, the best first."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk import load, report
from zonerisk.cli import output
from zonerisk.cli.score import AsOf, Catalogues, PolicyOption
from zonerisk.errors import UnknownTarget
from zonerisk.policy import DEFAULT
from zonerisk.policy import load as load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.deploy.standby import Candidate, Standby
    from zonerisk.policy import Policy

MOST = {"pass": 8, "unknown": 5, "warn": 5, "fail": 8}
HEAD = ("outcome", "region", "why")


class Format(StrEnum):
    """How to write the ranking."""

    table = "table"
    json = "json"
    md = "md"


def dr(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="The region to recover.")],
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="Judge these regions alone; repeatable.",
            show_default=False,
        ),
    ] = None,
    any_provider: Annotated[
        bool, typer.Option("--any-provider", help="Look at every provider's regions.")
    ] = False,
    within: Annotated[
        str | None,
        typer.Option(
            metavar="COUNTRY|EU", help="Stay in a country (FR) or in the EU.", show_default=False
        ),
    ] = None,
    min_km: Annotated[
        float | None,
        typer.Option(min=0, help="Least distance; the policy's if not given.", show_default=False),
    ] = None,
    max_rtt_ms: Annotated[
        float | None,
        typer.Option(
            min=0, help="Longest round trip, estimated from distance.", show_default=False
        ),
    ] = None,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.table,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Rank the regions that can be disaster recovery for TARGET.

    Examples: zonerisk dr ovh-sbg; zonerisk dr ovh-rbx --to ovh-gra;
    zonerisk dr aws-eu-west-3 --any-provider --within EU --max-rtt-ms 20
    """
    from zonerisk.deploy.standby import Wanted, least_km, rank

    catalog = load(*(catalogue or ()))
    chosen = load_policy(policy)
    found = catalog.resolve(target)
    if len(found) != 1:
        raise UnknownTarget(f"{target!r} is a provider; name one of {', '.join(found)}")
    wanted = Wanted(least_km(chosen), max_rtt_ms, within.upper() if within else None)
    if min_km is not None:
        wanted = replace(wanted, min_km=min_km)
    named = [region for each in to or () for region in catalog.open_regions(each)]
    answer = rank(catalog, found[0], chosen, wanted, as_of, named, any_provider)
    output.write(render(answer, chosen, format_, out), out)


def render(answer: Standby, policy: Policy, format_: Format, out: Path | None) -> str:
    """Write the ranking in a format; the reader's formats leave out the tail."""
    if format_ is Format.json:
        return answer.to_json()
    groups = {
        outcome: [each for each in answer.candidates if each.outcome == outcome] for outcome in MOST
    }
    head = [_headline(answer, groups), f"{policy.name} ({policy.standing}); as of {answer.as_of}."]
    rows = [_row(each) for outcome, group in groups.items() for each in group[: MOST[outcome]]]
    left = sum(max(0, len(group) - MOST[outcome]) for outcome, group in groups.items())
    tail = [f"{left} more in --format json."] if left else []
    if answer.kinds:
        tail.append(
            f"Looked for shared risks: incidents, {', '.join(answer.kinds)}. "
            "What is not named is not on record, or not assessed."
        )
    if format_ is Format.md:
        return (
            "\n".join(
                [
                    f"# Disaster recovery for {answer.name} ({answer.target})",
                    "",
                    *head,
                    *report.rows(HEAD, rows),
                    "",
                    *tail,
                ]
            ).rstrip()
            + "\n"
        )
    from rich.text import Text

    console = output.console(out)
    with console.capture() as capture:
        console.print(Text(head[0], style="bold"))
        console.print(Text(head[1]))
        report.section(
            console,
            "",
            HEAD,
            [
                (Text(outcome, style=report.STYLES[outcome]), region, why)
                for outcome, region, why in rows
            ],
        )
        for line in tail:
            console.print(Text(f"\n{line}", style="dim"))
    return capture.get()


def _headline(answer: Standby, groups: dict[str, list[Candidate]]) -> str:
    fit = len(groups["pass"]) + len(groups["warn"])
    return (
        f"{answer.name}: {fit} of {len(answer.candidates)} regions can be its disaster "
        f"recovery, {len(groups['unknown'])} may, {len(groups['fail'])} cannot."
    )


def _row(found: Candidate) -> tuple[str, str, str]:
    trip = found.rtt_ms
    said = found.message
    if trip.high is not None and "round trip" not in said:
        said += f"; about {trip.best:.1f} ms" if trip.best is not None else ""
    return found.outcome, found.target, f"{found.name}: {said}"
