"""Options and arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zonerisk.core.verdict import severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Outcome


def option(help_: str, *names: str, **more: Any) -> Any:
    """Return what an option is called and says of itself."""
    return typer.Option(*names, help=help_, **more)


def argument(help_: str, metavar: str | None = None) -> Any:
    """Return what an argument is called and says of itself."""
    return typer.Argument(help=help_, metavar=metavar)


Level = Literal["fail", "unknown", "warn"]
PolicyOption = Annotated[str, option("A policy's id (zonerisk list policies) or a file of your own.")]
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
FailOn = Annotated[Level | None, option("Exit with 1 when the outcome is this bad or worse.")]
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
    from zonerisk.catalogue import names
    from zonerisk.cli import output

    listed: list[str] = []
    for name in names.split(catalog, targets):
        listed += catalog.open_regions(name)
        if note := catalog.meaning(name).note:
            output.note(f"note: {name} is read as {listed[-1]}: {note}\n")
    return list(dict.fromkeys(listed))


def exit_on(outcomes: Iterable[Outcome], level: Level | None) -> None:
    """Leave with 1 where an outcome is as bad as the level or worse."""
    if level is not None and any(severity(outcome) >= severity(level) for outcome in outcomes):
        raise typer.Exit(1)
