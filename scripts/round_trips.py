"""Round trips between regions: the catalogue's estimate against published measurements.

``--write`` puts the table into docs/feeds.md. Without the raw tables it says so and stops.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import zonerisk
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core import geometry
from zonerisk.core.model import simplify
from zonerisk.judging import recovery
from zonerisk.workloads.round_trips import Trip, read

ROOT = Path(__file__).parent.parent
TABLES = ROOT.parent / "shared" / "layers" / "network"
PAGE = ROOT / "docs" / "feeds.md"
MARKS = ("<!-- round trips -->\n", "\n<!-- end of round trips -->")
PROVIDERS = {"AWS": "aws", "Azure": "azure"}
# Under 300 km the places of regions are too vague for a ratio.
BANDS_KM = (300, 500, 1000, 2000, 5000, 20100)
HEAD = """\
| provider, km apart | pairs | measured / estimated: median | p10 to p90 | within the estimate's range | \
faster than light |
|---|---|---|---|---|---|"""


def matched(catalog: Catalog, provider: str, tables: Path) -> Iterator[tuple[float, Trip]]:
    """Return straight kilometres and the measured round trip of each pair of known regions."""
    regions = map(catalog.region, catalog.regions_of(provider))
    named = {
        simplify(name): region.id
        for region in regions
        for name in (region.id.removeprefix(f"{provider}-"), region.name)
    }
    file = f"latency_{provider}_regions.csv"
    for trip in read((tables / file).read_bytes(), file):
        a, b = (named.get(simplify(end), "") for end in (trip.a, trip.b))
        if a and b and a != b:
            ends = (recovery.endpoint(catalog, key, catalog.edition.date).discs for key in (a, b))
            if (best := recovery.between(*ends).best) is not None:
                yield best / 1000, trip


def table(catalog: Catalog, tables: Path) -> str:
    """Return the ratio of measured to estimated round trip by distance band, of five pairs or more."""
    lines = [HEAD]
    ends = [2 * factor / geometry.LIGHT_KM_PER_MS for factor in geometry.CIRCUITY]
    for title, provider in PROVIDERS.items():
        pairs = list(matched(catalog, provider, tables))
        for low, high in pairwise(BANDS_KM):
            band = [(km, trip) for km, trip in pairs if low <= km < high]
            if len(band) < 5:
                continue
            ratios = [trip.ms / (km * ends[1]) for km, trip in band]
            tenths = statistics.quantiles(ratios, n=10)
            inside = statistics.mean(km * ends[0] <= trip.ms <= km * ends[2] for km, trip in band)
            fast = sum(trip.fibre_km() < km for km, trip in band)
            lines.append(
                f"| {title}, {low:,} to {high:,} | {len(band)} | {tenths[4]:.2f} "
                f"| {tenths[0]:.2f} to {tenths[-1]:.2f} | {inside:.0%} | {fast} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into the page."""
    if not TABLES.is_dir():
        print("round trips: skipped, the raw tables are not here")
        return
    text = table(zonerisk.load(), TABLES)
    if "--write" in sys.argv[1:]:
        before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
        PAGE.write_text(f"{before}{MARKS[0]}{text}{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
