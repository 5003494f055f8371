"""zonerisk dr: regions that can be disaster recovery for a region, the best first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from enum import StrEnum
from itertools import groupby, islice
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli.score import AsOf, Catalogues, PolicyOption
from zonerisk.core.errors import UnknownTarget
from zonerisk.core.policy import DEFAULT
from zonerisk.core.policy import load as load_policy
from zonerisk.judging.recovery import none_found
from zonerisk.judging.separation import least_rtt_ms
from zonerisk.words import report

if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.core.policy import Policy
    from zonerisk.judging.standby import Candidate, RecoveryRanking

# Of each outcome.
MOST = 8
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
        typer.Option(metavar="COUNTRY|EU", help="Stay in a country (FR) or in the EU.", show_default=False),
    ] = None,
    min_km: Annotated[
        float | None,
        typer.Option(min=0, help="Least distance; the policy's if not given.", show_default=False),
    ] = None,
    max_rtt_ms: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Longest round trip: rules out what light alone cannot reach in time.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.table,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Rank the regions that can be disaster recovery for TARGET, the nearest first.

    Examples: zonerisk dr ovh-sbg; zonerisk dr ovh-rbx --to ovh-gra;
    zonerisk dr aws-eu-west-3 --any-provider --within EU
    """
    from zonerisk.judging.standby import Requirements, least_km, rank

    catalog = load(*(catalogue or ()))
    chosen = load_policy(policy)
    found = catalog.resolve(target)
    if len(found) != 1:
        raise UnknownTarget(f"{target!r} is a provider; name one of {', '.join(found)}")
    wanted = Requirements(least_km(chosen), max_rtt_ms, within.upper() if within else None)
    if min_km is not None:
        wanted = replace(wanted, min_km=min_km)
    named = [region for each in to or () for region in catalog.open_regions(each)]
    answer = rank(catalog, found[0], chosen, wanted, as_of, named, any_provider)
    if format_ is Format.json:
        output.write(answer.to_json(), out)
        return
    if answer.candidates:
        first = _headline(answer)
    else:
        first = f"{answer.name}: {none_found(catalog.scope(found[0]).peers, answer.as_of)}."
    output.write(render(answer, first, chosen, format_, out), out)


def render(answer: RecoveryRanking, first: str, policy: Policy, format_: Format, out: Path | None) -> str:
    """Write the ranking to be read, without its tail."""
    shown = [
        each
        for _, alike in groupby(answer.candidates, lambda each: each.outcome)
        for each in islice(alike, MOST)
    ]
    rows = [_row(each) for each in shown]
    left = len(answer.candidates) - len(shown)
    head = [first, f"{policy.name} ({policy.standing}); as of {answer.as_of}."]
    tail = [f"{left} more in --format json."] if left else []
    if len(rows) > 1:
        tail.append("Listed: pass, warn, unknown, fail; within each the nearest first.")
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
            [(Text(outcome, style=report.STYLES[outcome]), region, why) for outcome, region, why in rows],
        )
        for line in tail:
            console.print(Text(f"\n{line}", style="dim"))
    return capture.get()


def _headline(answer: RecoveryRanking) -> str:
    counted = Counter(each.outcome for each in answer.candidates)
    return (
        f"{answer.name}: {counted['pass'] + counted['warn']} of {len(answer.candidates)} regions "
        f"can be its disaster recovery, {counted['unknown']} may, {counted['fail']} cannot."
    )


def _row(found: Candidate) -> tuple[str, str, str]:
    least, said = least_rtt_ms(found.distance_m.interval), found.message
    if least >= 0.05 and "round trip" not in said:
        said += f"; round trip at least {least:.1f} ms by light alone"
    return found.outcome, found.target, f"{found.name}: {said}"
