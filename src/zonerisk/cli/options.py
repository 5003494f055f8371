"""Options and arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zonerisk import load
from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import OUTCOMES, severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Verdict


def option(help_: str, *names: str, **more: Any) -> Any:
    """Return what an option is called and says of itself."""
    return typer.Option(*names, help=help_, **more)


def argument(help_: str, metavar: str | None = None, complete: Any = None) -> Any:
    """Return what an argument is called and says of itself, and what a shell may complete it with."""
    return typer.Argument(help=help_, metavar=metavar, autocompletion=complete)


def ids(incomplete: str) -> list[str]:
    """Return the regions and providers that begin so, for a shell."""
    catalog = load()
    return [key for key in (*catalog.provider_ids, *catalog.region_ids) if key.startswith(incomplete)]


def policies(incomplete: str) -> list[str]:
    """Return the policies that begin so, for a shell."""
    return [key for key in load().policy_ids if key.startswith(incomplete)]


Level = Literal["fail", "unknown", "warn"]
FAILING = ("fail", "unknown", "warn", *OUTCOMES, "policy")
PolicyOption = Annotated[
    str,
    option("A policy's id (zonerisk list policies) or a file of your own.", autocompletion=policies),
]
AsOf = Annotated[
    str | None,
    option(
        "Judge this day, not the catalogue's: with the records that are dated to hold on it "
        "and all that bear no date, so what is known today is projected back.",
        metavar="DATE",
    ),
]
Catalogues = Annotated[
    list[Path] | None, option("Lay your own records over the shipped ones; repeatable.", metavar="DIR")
]
FailOn = Annotated[
    list[str] | None,
    option(
        "Exit with 1: fail, unknown or warn where independence comes to that or worse (one zone alone "
        "comes to none); a class, such as undisclosed, on that class; policy on a rule that is not met. "
        "Repeatable.",
        metavar="OUTCOME|CLASS|policy",
    ),
]
Cache = Annotated[
    Path | None,
    option("Where fetched layers are kept; else the platform's cache folder.", envvar="ZONERISK_CACHE"),
]
Raw = Annotated[
    Path | None,
    option(
        "A folder of raw layers, laid out as the cards name them.",
        "--from",
        envvar="ZONERISK_LAYERS",
        exists=True,
        file_okay=False,
    ),
]


def regions(catalog: Catalog, targets: Sequence[str]) -> list[str]:
    """Return the regions meant by what was typed, each once; what to know of a name is a note."""
    from zonerisk.catalogue import dialect
    from zonerisk.cli import output

    listed: list[str] = []
    for name in dialect.joined(catalog, targets):
        listed += catalog.open_regions(name)
        if note := catalog.meaning(name).note:
            output.note(f"note: {name} is read as {listed[-1]}: {note}\n")
    return list(dict.fromkeys(listed))


def failing(asked: Sequence[str] | None) -> Sequence[str]:
    """Return what ``--fail-on`` names, before anything is judged; refuse what is nothing to fail on."""
    for trip in asked or ():
        if trip not in FAILING:
            raise UsageError(f"--fail-on {trip}: name one of {', '.join(FAILING)}")
    return asked or ()


def exit_on(verdicts: Iterable[Verdict], asked: Sequence[str]) -> None:
    """Leave with 1 where a verdict comes to one of what ``--fail-on`` names."""
    from zonerisk.cli import output

    tripped = [each.target for each in verdicts if any(_tripped(each, trip) for trip in asked)]
    if tripped:
        output.note(f"--fail-on {', '.join(asked)}: {', '.join(tripped)}\n")
        raise typer.Exit(1)


def _tripped(verdict: Verdict, trip: str) -> bool:
    if trip == "policy":
        return verdict.policy.broken
    if trip in OUTCOMES:
        return verdict.independence.class_ == trip
    return severity(verdict.independence.outcome) >= severity(trip)  # type: ignore[arg-type]
