"""Round trips between regions: the catalogue's estimate against published measurements.

``--write`` puts the table into docs/feeds.md. Without the raw tables it says so and stops.
"""

from __future__ import annotations

import statistics
import sys
from itertools import pairwise
from pathlib import Path

import zonerisk
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core import geometry
from zonerisk.core.model import simplify
from zonerisk.judging import recovery
from zonerisk.workloads.round_trips import Trip, bound, read

ROOT = Path(__file__).parent.parent
TABLES = ROOT.parent / "shared" / "layers" / "network"
PAGE = ROOT / "docs" / "feeds.md"
MARKS = ("<!-- round trips -->", "<!-- end of round trips -->")
# Under 300 km the places of regions are too vague for a ratio.
BANDS_KM = (300, 500, 1000, 2000, 5000, 20100)


def matched(catalog: Catalog, provider: str, file: str) -> list[tuple[float, Trip]]:
    """Return straight kilometres and the measured round trip of each pair of known regions."""
    named = {}
    for key in catalog.regions_of(provider):
        region = catalog.region(key)
        for name in (key.removeprefix(f"{provider}-"), region.name):
            named[simplify(name)] = region
    pairs = []
    for trip in read((TABLES / file).read_bytes(), file):
        a, b = (named.get(simplify(end)) for end in (trip.a, trip.b))
        if a is None or b is None or a.id == b.id:
            continue
        distance = recovery.distance_m(catalog, a.id, b.id, catalog.edition.date)
        if distance.best is not None:
            pairs.append((distance.best / 1000, trip))
    return pairs


def table(catalog: Catalog) -> str:
    """Write the ratio of measured to estimated round trip by distance band."""
    lines = [
        "| provider, km apart | pairs | measured / estimated: median | p10 to p90 | "
        "within the estimate's range | faster than light |",
        "|---|---|---|---|---|---|",
    ]
    for provider, title, file in (
        ("aws", "AWS", "latency_aws_regions.csv"),
        ("azure", "Azure", "latency_azure_regions.csv"),
    ):
        rows = matched(catalog, provider, file)
        for low, high in pairwise(BANDS_KM):
            band = [(km, trip) for km, trip in rows if low <= km < high]
            if len(band) < 5:
                continue
            least, best, most = (2 * factor / geometry.LIGHT_KM_PER_MS for factor in geometry.CIRCUITY)
            ratios = sorted(trip.ms / (km * best) for km, trip in band)
            tenths = statistics.quantiles(ratios, n=10)
            inside = sum(km * least <= trip.ms <= km * most for km, trip in band)
            fast = sum(bound(trip).fibre_km < km for km, trip in band)
            lines.append(
                f"| {title}, {low:,} to {high:,} | {len(band)} | "
                f"{statistics.median(ratios):.2f} | {tenths[0]:.2f} to {tenths[-1]:.2f} | "
                f"{inside / len(band):.0%} | {fast} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the table, or write it into the page."""
    if not TABLES.is_dir():
        print("round trips: skipped, the raw tables are not here")
        return
    text = table(zonerisk.load())
    if "--write" not in sys.argv[1:]:
        print(text)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    PAGE.write_text(f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
