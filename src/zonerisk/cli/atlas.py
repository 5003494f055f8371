"""zonerisk atlas: a page for every region, and an index of them all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli.map import TilesOption, record_links
from zonerisk.cli.score import AsOf, Catalogues, PolicyOption
from zonerisk.core.errors import UsageError
from zonerisk.core.policy import DEFAULT
from zonerisk.core.policy import load as load_policy


def atlas(
    folder: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the pages go.")] = Path(
        "maps"
    ),
    tiles: TilesOption = None,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    catalogue: Catalogues = None,
) -> None:
    """Write the atlas: index.html, a page for each provider and one for each region.

    Example: zonerisk atlas -o maps
    """
    from zonerisk.pages import ground
    from zonerisk.pages.atlas import INDEX, Atlas

    offered = ground.find_tiles(tiles)
    catalog = load(*(catalogue or ()))
    chosen = load_policy(policy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot make {folder}: {error.strerror or error}") from None
    sys.stderr.write(f"judging {len(catalog.region_ids)} regions\n")
    made = Atlas.of(catalog, chosen, as_of)
    count = 0
    links = record_links(catalog, made.settings.values(), folder / INDEX)
    for name, page in made.pages(offered, links):
        output.write(page, folder / name)
        count += 1
    sys.stderr.write(f"{count} pages in {folder}; open {folder / INDEX}\n")
