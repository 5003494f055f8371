"""zonerisk list: what the catalogue holds."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli import rows as rows_
from zonerisk.cli.rows import Format
from zonerisk.cli.score import Catalogues
from zonerisk.core import policy
from zonerisk.core.errors import UsageError

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog


class What(StrEnum):
    """What can be listed."""

    regions = "regions"
    sites = "sites"
    providers = "providers"
    policies = "policies"


def list_(
    what: Annotated[What, typer.Argument()] = What.regions,
    of: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET]...",
            show_default=False,
            help="Of regions and sites: only those of these providers or regions.",
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.table,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """List regions, sites, providers or policies.

    Examples: zonerisk list regions scaleway; zonerisk list sites --format csv
    """
    catalog = load(*(catalogue or ()))
    head, rows = _LISTS[what](catalog)
    if of:
        if what not in (What.regions, What.sites):
            raise UsageError(f"{what} are listed whole; name targets for regions or sites")
        wanted = {region for target in of for region in catalog.resolve(target)}
        rows = [row for row in rows if str(row[0]).partition("/")[0] in wanted]
    output.write(rows_.written(head, rows, format_, out), out)


Row = tuple[rows_.Cell, ...]
Listed = tuple[tuple[str, ...], list[Row]]


def _regions(catalog: Catalog) -> Listed:
    rows: list[Row] = []
    for region_id in catalog.region_ids:
        region = catalog.region(region_id)
        rows.append(
            (
                region_id,
                region.name,
                region.country,
                region.status,
                len(region.zones),
                len(region.sites),
            )
        )
    return ("id", "name", "country", "status", "zones", "sites on file"), rows


def _sites(catalog: Catalog) -> Listed:
    rows: list[Row] = []
    for region_id in catalog.region_ids:
        for site in catalog.region(region_id).sites.values():
            at = site.position
            rows.append(
                (
                    site.id,
                    site.name,
                    site.kind,
                    *((at.lat, at.lon, at.uncertainty_m, at.method) if at else (None, None, None, "unknown")),
                    site.until,
                )
            )
    return ("id", "name", "kind", "lat", "lon", "uncertainty_m", "method", "until"), rows


def _providers(catalog: Catalog) -> Listed:
    rows: list[Row] = []
    for provider_id in catalog.provider_ids:
        provider = catalog.provider(provider_id)
        rows.append(
            (
                provider_id,
                provider.name,
                provider.role,
                provider.country,
                provider.status,
                len(catalog.regions_of(provider_id)),
            )
        )
    return ("id", "name", "role", "country", "status", "regions"), rows


def _policies(catalog: Catalog) -> Listed:
    loaded = [policy.load(name) for name in policy.ids()]
    return ("id", "name", "standing", "rules"), [
        (each.id, each.name, each.standing, len(each.rules)) for each in loaded
    ]


_LISTS = {
    What.regions: _regions,
    What.sites: _sites,
    What.providers: _providers,
    What.policies: _policies,
}
