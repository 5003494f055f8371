"""``zonerisk feeds``: fetch what remote sources tell, derive what ships."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zonerisk.cli.output import Output, write
from zonerisk.cli.score import Catalogues

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def group() -> None:
    """Show, fetch or derive what is known of power and network feeds."""


@app.command("sources")
def sources() -> None:
    """List the remote sources with their licences."""
    from zonerisk.grid.feedsource import SOURCES

    width = max(map(len, SOURCES))
    write(
        "".join(f"{key:{width}}  {source.title} ({source.licence})\n" for key, source in SOURCES.items()),
        None,
    )


@app.command("show")
def show(
    target: Annotated[str, typer.Argument(help="A region, or a provider for all its regions.")],
    output: Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Show what ships of the grid at a region's sites, as CSV.

    Stations are near, not known to feed a site; "open" marks those of 220 kV and over that
    could be the nearest from somewhere in the site's disc.
    """
    import csv
    import io

    from zonerisk import load
    from zonerisk.catalogue.catalog import referred
    from zonerisk.grid import supply

    catalog = load(*(catalogue or ()))
    sample = supply.read(catalog.roots)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        (
            "site",
            "grid_area",
            "synchronous_area",
            "station",
            "name",
            "kv",
            "distance_km",
            "open",
            "upstream",
        )
    )
    for key in dict.fromkeys(
        key for region in catalog.resolve(target) for key in referred(catalog.region(region))
    ):
        site = catalog.site(key)
        area, around = sample.area(site), sample.neighbourhood(site)
        place = (key, area.grid, area.synchronous)
        for one in around.near if around else ():
            tops = ", ".join(
                f"{sample.names[top.station].name} ({top.hops})"
                for top in sample.upstream.get(one.station, ())[:3]
            )
            open_ = "yes" if around and one in around.candidates else "no"
            writer.writerow(
                (
                    *place,
                    one.station,
                    one.name,
                    "" if one.kv is None else f"{one.kv:g}",
                    f"{one.distance_m / 1000:.1f}",
                    open_,
                    tops,
                )
            )
        if not around:
            writer.writerow((*place, *[""] * 6))
    write(text.getvalue(), output)


@app.command("fetch")
def fetch(
    source: Annotated[str, typer.Argument(help="A source; see: zonerisk feeds sources")],
    region: Annotated[str, typer.Option("--region", help="Ask it of this region's sites.")],
    asn: Annotated[
        int | None,
        typer.Option(
            "--asn",
            min=1,
            help="PeeringDB: also where this autonomous system is present.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option("--cache", help="Keep answers in this folder.", show_default=False),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Read kept answers only.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask again for kept answers.")] = False,
    output: Output = None,
) -> None:
    """Ask a remote source of a region's sites; CSV of what it tells.

    Nothing of it enters a score: stations are candidates, not feeds. Example:
    zonerisk feeds fetch overpass-stations --region scaleway-fr-par
    """
    import csv
    import io

    from zonerisk import load
    from zonerisk.catalogue.catalog import referred
    from zonerisk.grid.feedcache import FeedCache
    from zonerisk.grid.feedsource import SOURCES, FeedRecord, tell
    from zonerisk.layers.store import cache_root

    catalog = load()
    sites = [catalog.site(key) for one in catalog.resolve(region) for key in referred(catalog.region(one))]
    kept = FeedCache(cache_root(cache) / "feeds", offline=offline, refresh=refresh)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FeedRecord._fields)
    writer.writerows(tell(source, kept, sites, asn))
    write(text.getvalue(), output)
    typer.echo(f"{SOURCES[source].title}: {SOURCES[source].licence}", err=True)


@app.command("derive")
def derive(
    layers: Annotated[Path, typer.Option("--layers", help="Folder of raw layers, with power/.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help="Folder to write to; data/feeds of the catalogue without it.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Derive the shipped samples at the catalogue's sites from raw layers.

    The same layers and records give the same files, byte for byte.
    """
    from zonerisk import load
    from zonerisk.catalogue.catalog import data_root
    from zonerisk.core.errors import UsageError
    from zonerisk.grid import gridsurvey, supply

    catalog = load()
    regions = [catalog.region(one) for one in catalog.region_ids]
    sites = {
        site.id: (site, site.country or region.country)
        for region in regions
        for site in region.sites.values()
    }
    stated = {feed.station for region in regions for feed in region.feeds.values() if feed.station}
    files = gridsurvey.survey(sites, stated, layers)
    folder = output or data_root() / supply.FOLDER
    for name, text in files.items():
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot make {path.parent}: {error.strerror or error}") from None
        write(text, path)
        typer.echo(f"{folder / name}: {text.count(chr(10)) - 1} rows", err=True)
