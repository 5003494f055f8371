"""Goldens: every region's verdict on a line, and docs/coverage.md, how much the catalogue can place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

import zonerisk
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.kinds import HAZARDS
from zonerisk.core.model import DEFAULT, Policy, Provider, Region, Site
from zonerisk.curation.review import line
from zonerisk.library import Library
from zonerisk.words.report import Section, Table, markdown

ROOT = Path(__file__).parent.parent
VERDICTS, COVERAGE = ROOT / "tests" / "goldens" / "verdicts.csv", ROOT / "docs" / "coverage.md"


def verdicts(catalog: Library, policy: Policy) -> str:
    """Return each region's verdict on a line of CSV; the ends of lines are those of a file in git."""
    rows = {key: line(catalog, key, policy) for key in sorted(catalog.region_ids)}
    return pd.DataFrame(rows).T.to_csv(index_label="region", lineterminator="\n")


# The radius of doubt up to which a site is known as a building, and as a campus or plot, metres.
BUILDING_M = 250.0
CAMPUS_M = 2000.0
# Of an operator whose buildings are rented, sites alone are shown.
SITES = ("sites: building", "campus", "town or metro", "no position")


def count(catalog: Catalog, region: Region) -> dict[str, int]:
    """Count the records of one region file; sites are counted in the file that holds them."""
    zones = region.zones.values()
    placed = [zone for zone in zones if any(_precise(catalog.site(key)) for key in zone.sites)]
    maybe = region.candidates.sites if region.candidates else ()
    known = len(zones) - len(placed) if any(_precise(catalog.site(key)) for key in maybe) else 0
    sites = [site.position.uncertainty_m for site in region.sites.values() if site.position]
    return {
        "regions on file": 1,
        "announced": region.status == "announced",
        "closed": region.status == "closed",
        "zones": len(zones),
        "zone located": len(placed),
        "candidate sites known": known,
        "sites: building": sum(doubt <= BUILDING_M for doubt in sites),
        "campus": sum(BUILDING_M < doubt <= CAMPUS_M for doubt in sites),
        "town or metro": sum(doubt > CAMPUS_M for doubt in sites),
        "no position": len(region.sites) - len(sites),
    }


def _precise(site: Site) -> bool:
    return site.position is not None and site.position.uncertainty_m <= CAMPUS_M


def _positioned(catalog: Catalog, region: Region) -> bool:
    """Return whether a building or campus of a region is known, for a zone or as a candidate."""
    named = (key for row in (*region.zones.values(), region.candidates) if row for key in row.sites)
    return any(site.kind != "metro" and _precise(site) for site in map(catalog.site, named))


def counts(catalog: Catalog) -> pd.DataFrame:
    """Count the records of each provider, a row for each in the order of ids."""
    regions = [catalog.region(key) for key in catalog.region_ids]
    rows = pd.DataFrame([count(catalog, region) for region in regions], [row.provider for row in regions])
    return rows.groupby(level=0).sum().reindex(catalog.provider_ids, fill_value=0)


def coverage(catalog: Catalog) -> str:
    """Return how much of each provider the catalogue can place, as a page of Markdown."""
    counted = counts(catalog)
    providers = {key: catalog.provider(key) for key in catalog.provider_ids}
    cloud = np.array([row.role == "cloud" for row in providers.values()])
    clouds, owners, total = counted[cloud], counted[~cloud], counted.sum()
    rented = owners.loc[owners["regions on file"] > 0, ["regions on file", *SITES]]
    regions = map(catalog.region, catalog.region_ids)
    large = [region for region in regions if region.status == "open" and len(region.zones) >= 3]
    dark = [region for region in large if not _positioned(catalog, region)]
    campus = f"{CAMPUS_M / 1000:g} km"
    houses = total[SITES[0]]
    whole = (
        f"{len(clouds)} providers and {len(owners)} operators of buildings, {len(catalog.region_ids)} region "
        f"files, {total.zones} zones as sold; {houses + total.campus} sites known to {campus} or better, "
        f"{houses} of them to {BUILDING_M:g} m. Catalogue of {catalog.edition.date}."
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
    looked = [
        (region.id, "; ".join(f"{row.where}, {row.read}: {row.result}" for row in region.looked) or "not yet")
        for region in dark
    ]
    sections = [
        Section("", [whole, located, "Written by `python scripts/goldens.py`."]),
        Section("Providers", [_table(clouds, providers, ("all", *map(str, clouds.sum())))]),
        Section("Operators whose buildings they rent", [_table(rented, providers)]),
        Section("Regions without a known building", [sought, Table(("region", "looked for in"), looked)]),
        Section("Hazards", [reach, _reached(catalog)]),
    ]
    return markdown("Coverage", "", sections)


def _reached(catalog: Catalog) -> Table:
    """Count by kind of hazard the sites and the regions of several zones that layers reach."""
    regions = [catalog.region(key) for key in catalog.region_ids]
    sold = [region for region in regions if region.status == "open" and len(region.zones) > 1]
    own = {site.id: site for region in regions for site in region.sites.values()}
    figures = {
        key: {row.layer.kind for row in catalog.samples.of(site) if row.interval} for key, site in own.items()
    }
    head = ("kind", "layers", "sites with figures", "of these no metros", "regions covered")
    rows = []
    for kind in HAZARDS:
        layers = [layer for layer in catalog.samples.layers if layer.kind == kind]
        sites = [key for key, kinds in figures.items() if kind in kinds]
        covered = [region for region in sold if any(layer.reaches(region.id) for layer in layers)]
        known = [region for region in sold if any(kind in figures[site] for site in region.site_ids)]
        placed = [key for key in sites if own[key].kind != "metro"]
        if layers:
            rows.append((kind, *(str(len(part)) for part in (layers, sites, placed, covered, known))))
    return Table((*head, "regions with figures"), rows)


def _table(counted: pd.DataFrame, providers: Mapping[str, Provider], *more: tuple[str, ...]) -> Table:
    rows = []
    for key, *numbers in counted.itertuples():
        provider = providers[key]
        closed = " (closed)" if provider.role == "cloud" and provider.status == "closed" else ""
        rows.append((provider.name + closed, *map(str, numbers)))
    return Table(("provider", *counted.columns), [*rows, *more])


def main() -> None:
    """Write both files."""
    library = zonerisk.load()
    VERDICTS.write_text(verdicts(library, library.policy(DEFAULT)), "utf-8", newline="")
    COVERAGE.write_text(coverage(library), "utf-8")


if __name__ == "__main__":
    main()
