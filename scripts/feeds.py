"""Power and network feeds: fetch what remote sources tell, derive the tables that ship.

``python scripts/feeds.py sources | fetch SOURCE --region REGION | derive --layers LAYERS``
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zonerisk.cli import SETTINGS, main
from zonerisk.cli.output import Output, argument, make_folder, option, write

app = typer.Typer(**SETTINGS)


@app.callback()
def group() -> None:
    """Fetch or derive what is known of power and network feeds."""


@app.command("sources")
def sources() -> None:
    """List the remote sources with their licences."""
    from grid.sources import SOURCES

    width = max(map(len, SOURCES))
    for key, source in SOURCES.items():
        write(f"{key:{width}}  {source.title} ({source.licence})\n", None)


@app.command("fetch")
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
    import csv
    import io

    from grid.cache import FeedCache
    from grid.sources import SOURCES, FeedRecord, tell
    from zonerisk import load
    from zonerisk.layers.store import cache_root

    catalog = load()
    sites = [catalog.site(key) for one in catalog.resolve(region) for key in catalog.region(one).site_ids]
    kept = FeedCache(cache_root(cache) / "feeds", offline=offline, refresh=refresh)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FeedRecord._fields)
    writer.writerows(tell(source, kept, sites, asn))
    write(text.getvalue(), output)
    typer.echo(f"{SOURCES[source].title}: {SOURCES[source].licence}", err=True)


@app.command("derive")
def derive(
    layers: Annotated[Path, option("Folder of raw layers, with power/.", "--layers")],
    output: Annotated[
        Path | None, option("Folder to write to; data/feeds of the catalogue without it.", "-o", "--output")
    ] = None,
) -> None:
    """Derive the shipped samples at the catalogue's sites from raw layers.

    The same layers and records give the same files, byte for byte.
    """
    from grid import survey as gridsurvey
    from zonerisk import load
    from zonerisk.catalogue.document import data_root
    from zonerisk.catalogue.samples import SUPPLY

    catalog = load()
    regions = [catalog.region(key) for key in catalog.region_ids]
    sites = {
        site.id: (site, site.country or region.country)
        for region in regions
        for site in region.sites.values()
    }
    stated = {feed.station for region in regions for feed in region.feeds.values() if feed.station}
    files = gridsurvey.survey(sites, stated, layers)
    folder = output or data_root() / SUPPLY
    for name, text in files.items():
        path = folder / name
        make_folder(path.parent)
        write(text, path)
        typer.echo(f"{path}: {text.count(chr(10)) - 1} rows", err=True)


if __name__ == "__main__":
    main(app)
