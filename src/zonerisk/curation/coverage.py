"""Coverage: how much of each provider the catalogue can place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Provider, Region, Site


class Count(NamedTuple):
    """A provider's records; sites are counted in the file that holds them."""

    regions: int = 0
    announced: int = 0
    closed: int = 0
    zones: int = 0
    located: int = 0
    candidate: int = 0
    buildings: int = 0
    campuses: int = 0
    towns: int = 0
    unplaced: int = 0

    def plus(self, other: Count) -> Count:
        """Add two counts."""
        return Count(*(a + b for a, b in zip(self, other, strict=True)))


# The radius of doubt up to which a site is known as a building, and as a campus or plot, metres.
BUILDING_M = 250.0
CAMPUS_M = 2000.0
HEAD = (
    "provider",
    "regions on file",
    "announced",
    "closed",
    "zones",
    "zone located",
    "candidate sites known",
    "sites: building",
    "campus",
    "town or metro",
    "no position",
)


def count(catalog: Catalog, region: Region) -> Count:
    """Count one region file."""
    zones = region.zones.values()
    placed = [zone for zone in zones if any(_precise(catalog.site(key)) for key in zone.sites)]
    maybe = region.candidates.sites if region.candidates else ()
    known = len(zones) - len(placed) if any(_precise(catalog.site(key)) for key in maybe) else 0
    sites = [site.position.uncertainty_m for site in region.sites.values() if site.position]
    return Count(
        regions=1,
        announced=region.status == "announced",
        closed=region.status == "closed",
        zones=len(zones),
        located=len(placed),
        candidate=known,
        buildings=sum(doubt <= BUILDING_M for doubt in sites),
        campuses=sum(BUILDING_M < doubt <= CAMPUS_M for doubt in sites),
        towns=sum(doubt > CAMPUS_M for doubt in sites),
        unplaced=len(region.sites) - len(sites),
    )


def _precise(site: Site) -> bool:
    return site.position is not None and site.position.uncertainty_m <= CAMPUS_M


def counts(catalog: Catalog) -> dict[str, Count]:
    """Count each provider, in the order of ids."""
    return {
        provider_id: _sum(
            count(catalog, catalog.region(region_id)) for region_id in catalog.regions_of(provider_id)
        )
        for provider_id in catalog.provider_ids
    }


def _sum(each: Iterable[Count]) -> Count:
    total = Count()
    for one in each:
        total = total.plus(one)
    return total


def page(catalog: Catalog) -> str:
    """Write the coverage as a page of Markdown."""
    from zonerisk.words.report import rows

    found = counts(catalog)
    roles = {key: catalog.provider(key) for key in found}
    total = _sum(found.values())
    clouds = [key for key in found if roles[key].role == "cloud"]
    owners = [key for key in found if roles[key].role != "cloud"]
    precise = total.buildings + total.campuses
    lines = [
        "# Coverage",
        "",
        f"{len(clouds)} providers and {len(owners)} operators of buildings, {total.regions} "
        f"region files, {total.zones} zones as sold; {precise} sites known to "
        f"{CAMPUS_M / 1000:g} km or better, {total.buildings} of them to "
        f"{BUILDING_M:g} m. Catalogue of {catalog.edition.date}.",
        "",
        "A zone is located where a source ties it to a site that is known to "
        f"{CAMPUS_M / 1000:g} km. *Candidate sites known*: zones of regions whose buildings "
        "are known while nobody says which zone is which. Everything else is not "
        "disclosed, and a verdict says so.",
        "",
        "Written by `zonerisk data coverage`.",
        "",
        "## Providers",
    ]
    lines += rows(
        HEAD,
        [_row(roles[key], found[key]) for key in clouds]
        + [("all", *map(str, _sum(found[key] for key in clouds)))],
    )
    lines += ["", "## Operators whose buildings they rent"]
    lines += rows(
        HEAD[:2] + HEAD[7:],
        [
            (roles[key].name, str(found[key].regions), *map(str, found[key][6:]))
            for key in owners
            if found[key].regions
        ],
    )
    return "\n".join(lines) + "\n"


def _row(provider: Provider, found: Count) -> tuple[str, ...]:
    closed = " (closed)" if provider.status == "closed" else ""
    return (provider.name + closed, *map(str, found))
