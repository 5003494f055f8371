"""A state of 20,000 resources against one of 2,000: reading and judging grow no faster than it.

Ten times the resources may take at most twelve times as long, both measured in turn in the same run.
"""

from __future__ import annotations

import json
import statistics
import sys
import time

import zonerisk
from zonerisk.workloads import terraform
from zonerisk.workloads.audit import audit

FEW, MANY, ROUNDS, BOUND = 2_000, 20_000, 3, 12


def state(count: int) -> dict[str, object]:
    """Return servers in zones, instances in subnets, databases without a zone, and groups of a hundred."""
    resources: list[dict[str, object]] = []

    def add(address: str, **values: object) -> None:
        type_ = address.partition(".")[0]
        resources.append({"address": address, "mode": "managed", "type": type_, "values": values})

    for index in range(count // 5):
        zone = ("fr-par-1", "fr-par-2", "nl-ams-1", "pl-waw-2")[index % 4]
        add(f"scaleway_instance_server.s{index}", zone=zone)
        add(f"aws_subnet.n{index}", id=f"subnet-{index}", availability_zone=f"eu-west-1{'abc'[index % 3]}")
        add(f"aws_instance.i{index}", subnet_id=f"subnet-{index}")
        add(f"aws_db_instance.d{index}", region="eu-west-1")
        add(f"aws_ebs_volume.g{index // 100}[{index % 100}]", region="eu-west-3")
    return {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}


def main() -> int:
    """Print medians and the median of the paired ratios."""
    catalog = zonerisk.load()
    rules = catalog.policy("podcast")
    trees = {count: state(count) for count in (FEW, MANY)}
    texts = {count: json.dumps(tree) for count, tree in trees.items()}

    def seconds(count: int) -> float:
        start = time.process_time()
        read = terraform.read("f", texts[count], trees[count], catalog, catalog.edition.date)
        found = audit(catalog, read, rules, catalog.edition.date)
        assert len(found.workloads) >= count // 5 * 3
        return time.process_time() - start

    seconds(FEW)
    pairs = [(seconds(MANY), seconds(FEW)) for _ in range(ROUNDS)]
    ratio = statistics.median(many / few for many, few in pairs)
    many, few = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{MANY} resources {many:.1f} s, {FEW} {few:.2f} s, ratio {ratio:.1f} (bound {BOUND})")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
