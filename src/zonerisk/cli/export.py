"""zonerisk export: the catalogue as geodata."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli.score import Catalogues
from zonerisk.pages.geodata import encode


class LayerOption(StrEnum):
    """What can be exported."""

    sites = "sites"
    discs = "discs"
    zones = "zones"
    separations = "separations"


def export(
    file: Annotated[Path, typer.Argument(help="Ends in .gpkg, .parquet, .geojson or .csv.")],
    targets: Annotated[
        list[str] | None,
        typer.Argument(help="Regions or providers; all without.", show_default=False),
    ] = None,
    layer: Annotated[
        LayerOption | None,
        typer.Option(
            help="One layer; a GeoPackage holds all four without, the others the sites.",
            show_default=False,
        ),
    ] = None,
    catalogue: Catalogues = None,
) -> None:
    """Write sites, discs, zones and separations for a GIS or a data frame.

    Examples: zonerisk export catalogue.gpkg; zonerisk export paris.geojson scaleway-fr-par;
    zonerisk export discs.parquet --layer discs
    """
    catalog = load(*(catalogue or ()))
    regions = (
        list(dict.fromkeys(region for target in targets or () for region in catalog.resolve(target))) or None
    )
    output.write(encode(catalog, file.suffix.lower(), layer.value if layer else None, regions), file)
    sys.stderr.write(f"{catalog.edition.attribution}. Keep this notice with what you make of it.\n")
