"""Options and arguments that several commands take."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk.core.errors import UnknownTarget
from zonerisk.core.verdict import severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Outcome


class Level(StrEnum):
    """From which outcome on the exit code is 1."""

    fail = "fail"
    unknown = "unknown"
    warn = "warn"


PolicyOption = Annotated[
    str,
    typer.Option("--policy", help="A policy's id (zonerisk list policies) or a file of your own."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Judge this day, not the catalogue's: with the records that are dated to hold on it "
        "and all that bear no date, so what is known today is projected back.",
        show_default=False,
    ),
]
Catalogues = Annotated[
    list[Path] | None,
    typer.Option(
        "--catalogue",
        metavar="DIR",
        help="Lay your own records over the shipped ones; repeatable.",
        show_default=False,
    ),
]
FailOn = Annotated[
    Level | None,
    typer.Option("--fail-on", help="Exit with 1 when the outcome is this bad or worse.", show_default=False),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache",
        envvar="ZONERISK_CACHE",
        show_default=False,
        help="Where fetched layers are kept; else the platform's cache folder.",
    ),
]
Raw = Annotated[
    Path | None,
    typer.Option(
        "--from",
        envvar="ZONERISK_LAYERS",
        exists=True,
        file_okay=False,
        show_default=False,
        help="A folder of raw layers, laid out as the cards name them.",
    ),
]


def exit_on(outcomes: Iterable[Outcome], level: Level | None) -> None:
    """Leave with 1 where an outcome is as bad as the level or worse."""
    if level is not None and any(severity(outcome) >= severity(level.value) for outcome in outcomes):
        raise typer.Exit(1)


def one_region(catalog: Catalog, target: str) -> str:
    """Return the region that a name means; a provider of several is an error."""
    regions = catalog.resolve(target)
    if len(regions) != 1:
        raise UnknownTarget(f"{target!r} is a provider; name one of {', '.join(regions)}")
    return regions[0]


def region_ids(catalog: Catalog, targets: Iterable[str]) -> list[str]:
    """Return the open regions that names mean, each once."""
    return list(dict.fromkeys(region for target in targets for region in catalog.open_regions(target)))
