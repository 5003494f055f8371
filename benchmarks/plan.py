"""A plan of 200 workloads over 50 zones against one of 20: the audit grows no faster than it.

Ten times the workloads may take at most ten times as long, both measured in turn in the same run.
"""

from __future__ import annotations

import random
import statistics
import sys
import time

import zonerisk
from zonerisk.catalogue.catalog import Catalog
from zonerisk.workloads.audit import audit
from zonerisk.workloads.deployment import Deployment, Place, Source, Workload

ZONES, FEW, MANY, ROUNDS, BOUND = 50, 20, 200, 3, 10


def plan(zones: list[str], count: int) -> Deployment:
    """Spread workloads of up to nine copies over zones."""
    chance = random.Random(5)
    places = {zone: Place(zone, zone.partition("/")[0], "zone") for zone in zones}
    workloads = (
        Workload(
            f"w{index}",
            Source("f", index + 1),
            tuple(places[zone] for zone in chance.sample(zones, chance.randint(1, 9))),
            1,
        )
        for index in range(count)
    )
    return Deployment(("f",), tuple(workloads))


def main() -> int:
    """Print medians and the median of the paired ratios."""
    catalog = zonerisk.load()
    zones = [
        zone.id for region in catalog.regions_of("aws") for zone in catalog.region(region).zones.values()
    ][:ZONES]
    rules = Catalog().policy("podcast")

    def seconds(count: int) -> float:
        start = time.perf_counter()
        found = audit(catalog, plan(zones, count), rules, catalog.edition.date)
        spent = time.perf_counter() - start
        assert len(found.workloads) == count
        return spent

    seconds(FEW)
    pairs = [(seconds(MANY), seconds(FEW)) for _ in range(ROUNDS)]
    ratio = statistics.median(many / few for many, few in pairs)
    many, few = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(
        f"{MANY} workloads x {ZONES} zones {many:.1f} s, {FEW} workloads {few:.2f} s, "
        f"ratio {ratio:.1f} (bound {BOUND})"
    )
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
