"""zonerisk layers: what the hazard layers are, and getting and sampling them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zonerisk.catalogue.catalog import Catalog
from zonerisk.cli import COMMANDS, SETTINGS, output
from zonerisk.cli.output import Cache, Catalogues, Raw, argument, load, option
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.model import Position
from zonerisk.core.samples import Disc
from zonerisk.layers import cards, store

app = typer.Typer(help=COMMANDS["layers"].help, **SETTINGS)

Id = Annotated[str, argument("A layer, such as rivers.")]
_AROUND = (
    "Only around the sites of a region or provider, or around your own: LAT,LON, or a CSV or GeoJSON file; "
    "repeatable."
)


@app.command("list")
def list_(
    format_: Annotated[output.Lists | None, output.FORMAT] = None,
    out: output.Output = None,
    cache: Cache = None,
    catalogue: Catalogues = None,
) -> None:
    """List the layers: what they tell, of when, and whether their figures ship.

    Example: zonerisk layers list --format csv
    """
    head = ("id", "kind", "what", "vintage", "error m", "grade", "sampled at", "installed")
    catalog, root = load(catalogue), store.cache_root(cache)
    sampled = {
        file.layer.id: len({row["site"] for row in file.rows() if not row["reason"]})
        for file in catalog.samples.files
    }
    rows = []
    for card in cards.known(catalog.roots).values():
        try:
            state = "yes" if store.locate(card, root) else "no"
        except DataError:
            state = "damaged"
        cells = (f"{card.error_m:g}", card.grade, f"{sampled.get(card.id, 0)} sites", state)
        rows.append((card.id, card.kind, card.name, card.vintage, *cells))
    output.write(output.rows(head, rows, format_, out, "layers"), out)


@app.command("show")
def show(layer: Id, out: output.Output = None, catalogue: Catalogues = None) -> None:
    """Show a layer's card: source, licence, error, what it may say and what it must not.

    Example: zonerisk layers show flood-strasbourg
    """
    card = cards.load(layer, load(catalogue).roots)
    output.write(output.record(f"{card.id}: {card.name}", output.content(card)), out)


@app.command("fetch")
def fetch_(
    layer: Id,
    regions: Annotated[list[str] | None, option(_AROUND, "--region", metavar="TARGET")] = None,
    cache: Cache = None,
    max_mb: Annotated[float, option("Refuse more than so many megabytes.")] = 1000,
    catalogue: Catalogues = None,
) -> None:
    """Bring a layer's raw data from its source to this machine.

    A source that fails leaves what was there before. Its licence and date are kept beside it.

    Examples: zonerisk layers fetch flood-jrc-europe-rp100 --region ovh-sbg;
    zonerisk layers fetch flood-jrc-world-rp100 --region 1.295,103.790
    """
    from zonerisk.workloads import own_sites as ownsites

    catalog = load(catalogue)
    card = cards.load(layer, catalog.roots)
    if not 0 < max_mb <= 1_000_000:
        raise UsageError(f"--max-mb {max_mb:g}: must be more than 0 and at most 1000000")
    places: list[Position] = []
    for target in regions or ():
        own = ownsites.meant([target])
        # Around an own site that comes without its doubt, 1 km is read; the layer's reach comes on top.
        known: Catalog = ownsites.catalog([target], 1000.0, catalog.edition.date) if own else catalog
        keys = known.resolve(ownsites.REGION if own else target)
        sites = [site.position for key in keys for site in known.sites_of(key).values() if site.position]
        if not sites:
            raise UsageError(f"{target}: no site has a position; fetch the layer whole")
        places += sites
    shown = sys.stderr.isatty() and not output.quiet

    def progress(had: int, whole: int | None) -> None:
        """Show it on standard error: one line that is written over, on a terminal alone."""
        if shown:
            total = f" of {whole / 1e6:.1f}" if whole else ""
            sys.stderr.write(f"\r{card.id}: {had / 1e6:.1f}{total} MB")

    try:
        path = store.fetch(card, store.cache_root(cache), places, int(max_mb * 1e6), progress)
    finally:
        sys.stderr.write("\n" * shown)
    output.note(f"{path}\n{card.attribution}; {card.licence}\n")


@app.command("import")
def import_(
    layer: Id,
    file: Annotated[Path, typer.Argument(show_default=False)],
    cache: Cache = None,
    catalogue: Catalogues = None,
) -> None:
    """Take a file that you already have as a layer's raw data.

    Example: zonerisk layers import runways runways.csv
    """
    card, root = cards.load(layer, load(catalogue).roots), store.cache_root(cache)
    path = store.take(card, root, file)
    output.note(f"{path}\n")
    if not store.locate(card, root):
        wanted = (Path(part.path).name for part in card.files if part.role != "names")
        output.note(f"{card.id} answers once all of these are imported: {', '.join(wanted)}\n")


@app.command("sample")
def sample(
    ids: Annotated[list[str] | None, argument("Layers; by default all that are here.", "[ID]...")] = None,
    raw: Raw = None,
    cache: Cache = None,
    into: Annotated[Path | None, option("A folder for the figures; by default the catalogue's own.")] = None,
    catalogue: Catalogues = None,
) -> None:
    """Derive the figures at the catalogue's sites again from the raw layers.

    Example: zonerisk layers sample rivers coast --from raw-layers
    """
    from zonerisk.catalogue.gazetteer import town_points
    from zonerisk.catalogue.samples import table
    from zonerisk.layers import sampling

    catalog = load(catalogue)
    towns = [Disc(key, lat, lon, 1.0) for key, (lat, lon) in town_points(catalog).items()]
    folder = into or catalog.roots[-1] / "layers" / "samples"
    sites = (site for key in catalog.region_ids for site in catalog.region(key).sites.values())
    positions = {site.id: site.position for site in sites if site.position}
    discs = [Disc(site, at.lat, at.lon, at.uncertainty_m) for site, at in positions.items()]
    root, done = store.cache_root(cache), 0
    for card in [cards.load(name, catalog.roots) for name in ids or cards.known(catalog.roots)]:
        kept = store.locate(card, root, raw)
        if ids and not card.ships:
            raise UsageError(f"{card.id}: its licence lets no figures ship")
        if ids and not kept:
            fetch = f"name their folder with --from, or: zonerisk layers fetch {card.id}"
            raise UsageError(f"{card.id}: its files are not here; {fetch}")
        if not kept or not card.ships:
            continue
        store.verify(card, kept)
        samples = sampling.sample(card, kept, discs)
        text = table(sampling.head(card, kept, catalog.edition.date, towns), samples, positions)
        output.make_folder(folder)
        output.write(text, folder / f"{card.id}.csv")
        answered = len({row.site for row in samples if row.interval})
        output.note(f"{card.id}: {answered} of {len(discs)} sites answered\n")
        done += 1
    if not done:
        then = "name a folder of them with --from, or fetch some: zonerisk layers fetch ID"
        raise UsageError(f"no raw layer is here; {then}")
