"""Goldens: every region's verdict on a line, and docs/coverage.md, how much the catalogue can place."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import zonerisk
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.kinds import HAZARDS
from zonerisk.core.model import DEFAULT, Policy, Provider, Region, Site
from zonerisk.curation.review import COLUMNS, line
from zonerisk.library import Library
from zonerisk.words.report import Section, Table, markdown

ROOT = Path(__file__).parent.parent
VERDICTS, COVERAGE = ROOT / "tests" / "goldens" / "verdicts.csv", ROOT / "docs" / "coverage.md"


def verdicts(catalog: Library, policy: Policy) -> str:
    """Return each region's verdict on a line of CSV; the ends of lines are those of a file in git."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("region", *COLUMNS))
    writer.writerows((key, *line(catalog, key, policy).values()) for key in sorted(catalog.region_ids))
    return buffer.getvalue()


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


# The radius of doubt up to which a site is known as a building, and as a campus or plot, metres.
BUILDING_M = 250.0
CAMPUS_M = 2000.0
HEAD = (
    "provider", "regions on file", "announced", "closed", "zones", "zone located", "candidate sites known",
    "sites: building", "campus", "town or metro", "no position",
)  # fmt: skip


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
        key: _sum(count(catalog, catalog.region(region_id)) for region_id in catalog.regions_of(key))
        for key in catalog.provider_ids
    }


def _sum(parts: Iterable[Count]) -> Count:
    return Count(*map(sum, zip(Count(), *parts, strict=True)))


def coverage(catalog: Catalog) -> str:
    """Return how much of each provider the catalogue can place, as a page of Markdown."""
    counted = counts(catalog)
    providers = {key: catalog.provider(key) for key in counted}
    total = _sum(counted.values())
    clouds = [key for key in counted if providers[key].role == "cloud"]
    owners = [key for key in counted if providers[key].role != "cloud"]
    rented = [_row(providers[key], counted[key]) for key in owners if counted[key].regions]
    regions = map(catalog.region, catalog.region_ids)
    large = [region for region in regions if region.status == "open" and len(region.zones) >= 3]
    dark = [region for region in large if not positioned(catalog, region)]
    campus = f"{CAMPUS_M / 1000:g} km"
    whole = (
        f"{len(clouds)} providers and {len(owners)} operators of buildings, {total.regions} region files, "
        f"{total.zones} zones as sold; {total.buildings + total.campuses} sites known to {campus} or better, "
        f"{total.buildings} of them to {BUILDING_M:g} m. Catalogue of {catalog.edition.date}."
    )
    located = (
        f"A zone is located where a source ties it to a site that is known to {campus}. *Candidate sites "
        "known*: zones of regions whose buildings are known while nobody says which zone is which. "
        "Everything else is not disclosed, and a verdict says so."
    )
    sought = (
        f"{len(dark)} of {len(large)} regions in service with three zones or more have no building or "
        f"campus, for a zone or as a candidate, known to {campus}. Where they were looked for, and what was "
        "seen there; whoever knows more adds it to the record (CONTRIBUTING.md)."
    )
    reach = (
        "What the shipped figures of layers reach. Regions are those that are open and sold as several "
        "zones: whose town a layer covers, and with a figure at a site or over the metro. What no layer "
        "covers is not assessed."
    )
    cells = [
        *(_row(providers[key], counted[key]) for key in clouds),
        ("all", *map(str, _sum(counted[key] for key in clouds))),
    ]
    owned = Table(HEAD[:2] + HEAD[7:], [row[:2] + row[7:] for row in rented])
    looked = Table(("region", "looked for in"), [(region.id, _looked(region)) for region in dark])
    sections = [
        Section("", [whole, located, "Written by `python scripts/goldens.py`."]),
        Section("Providers", [Table(HEAD, cells)]),
        Section("Operators whose buildings they rent", [owned]),
        Section("Regions without a known building", [sought, looked]),
        Section("Hazards", [reach, Table(_HAZARD_HEAD, _reached(catalog))]),
    ]
    return markdown("Coverage", "", sections)


_HAZARD_HEAD = (
    "kind", "layers", "sites with figures", "of these no metros", "regions covered", "regions with figures"
)  # fmt: skip


def _reached(catalog: Catalog) -> list[tuple[str, ...]]:
    """Count by kind of hazard the sites and the regions of several zones that layers reach."""
    regions = [catalog.region(key) for key in catalog.region_ids]
    sold = [region for region in regions if region.status == "open" and len(region.zones) > 1]
    own = {site.id: site for region in regions for site in region.sites.values()}
    figures = {
        key: {row.layer.kind for row in catalog.samples.of(site) if row.interval} for key, site in own.items()
    }
    table = []
    for kind in HAZARDS:
        layers = [layer for layer in catalog.samples.layers if layer.kind == kind]
        sites = [key for key, kinds in figures.items() if kind in kinds]
        covered = [region for region in sold if any(layer.reaches(region.id) for layer in layers)]
        told = [region for region in sold if any(kind in figures[site] for site in region.site_ids)]
        placed = [key for key in sites if own[key].kind != "metro"]
        if layers:
            table.append((kind, *(str(len(each)) for each in (layers, sites, placed, covered, told))))
    return table


def positioned(catalog: Catalog, region: Region) -> bool:
    """Return whether a building or campus of a region is known, for a zone or as a candidate."""
    named = [key for zone in region.zones.values() for key in zone.sites]
    named += region.candidates.sites if region.candidates else ()
    sites = map(catalog.site, dict.fromkeys(named))
    return any(site.kind != "metro" and _precise(site) for site in sites)


def _looked(region: Region) -> str:
    searches = (f"{search.where}, {search.read}: {search.result}" for search in region.looked)
    return "; ".join(searches) or "not yet"


def _row(provider: Provider, counted: Count) -> tuple[str, ...]:
    closed = " (closed)" if provider.role == "cloud" and provider.status == "closed" else ""
    return (provider.name + closed, *map(str, counted))


def main() -> None:
    """Write both files."""
    library = zonerisk.load()
    VERDICTS.write_text(verdicts(library, library.policy(DEFAULT)), "utf-8", newline="")
    COVERAGE.write_text(coverage(library), "utf-8")


if __name__ == "__main__":
    main()
