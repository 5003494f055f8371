"""Power and network feeds: fetch what remote sources tell, derive the tables that ship.

``python scripts/feeds.py sources | fetch SOURCE --region REGION | derive --layers LAYERS``
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer

from grid.cache import FeedCache
from grid.sources import SOURCES, FeedRecord, answer
from grid.survey import derived
from zonerisk import load
from zonerisk.catalogue.document import data_root
from zonerisk.catalogue.samples import SUPPLY
from zonerisk.cli import SETTINGS, main
from zonerisk.cli.output import Output, argument, make_folder, option, write
from zonerisk.layers.store import cache_root

app = typer.Typer(help="Fetch or derive what is known of power and network feeds.", **SETTINGS)


@app.command()
def sources() -> None:
    """List the remote sources with their licences."""
    for key, source in SOURCES.items():
        write(f"{key:20}  {source.title} ({source.licence})\n", None)


@app.command()
def fetch(
    source: Annotated[str, argument("A source; see: scripts/feeds.py sources")],
    region: Annotated[str, option("Ask it of this region's sites.", "--region")],
    asn: Annotated[
        int | None, option("PeeringDB: also where this autonomous system is present.", "--asn", min=1)
    ] = None,
    cache: Annotated[Path | None, option("Keep answers in this folder.", "--cache")] = None,
    offline: Annotated[bool, option("Read kept answers only.", "--offline")] = False,
    refresh: Annotated[bool, option("Ask again for kept answers.", "--refresh")] = False,
    output: Output = None,
) -> None:
    """Ask a remote source of a region's sites; CSV of what it tells.

    Nothing of it enters a score: stations are candidates, not feeds. Example:
    python scripts/feeds.py fetch overpass-stations --region scaleway-fr-par
    """
    catalog = load()
    sites = [catalog.site(key) for name in catalog.resolve(region) for key in catalog.region(name).site_ids]
    kept = FeedCache(cache_root(cache) / "feeds", offline=offline, refresh=refresh)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([FeedRecord._fields, *answer(source, kept, sites, asn)])
    write(text.getvalue(), output)
    typer.echo(f"{SOURCES[source].title}: {SOURCES[source].licence}", err=True)


@app.command()
def derive(
    layers: Annotated[Path, option("Folder of raw layers, with power/.", "--layers")],
    output: Annotated[
        Path | None, option("Folder to write to; data/feeds of the catalogue without it.", "-o", "--output")
    ] = None,
) -> None:
    """Derive the shipped samples at the catalogue's sites from raw layers.

    The same layers and records give the same files, byte for byte.
    """
    for name, text in derived(load(), layers).items():
        path = (output or data_root() / SUPPLY) / name
        make_folder(path.parent)
        write(text, path)
        typer.echo(f"{path}: {text.count(chr(10)) - 1} rows", err=True)


if __name__ == "__main__":
    main(app)
