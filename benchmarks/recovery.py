"""Recovery: what users run that holds one region against all others, as ratios in one run.

Every region within 1.6 x of ``score ovh-sbg``, of which us-east-1 has the most candidate sites;
``dr`` of it within 2 x; 4,000 sites of one's own in ten regions within 40 x.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
from pathlib import Path

from startup import seconds

ZONERISK = (sys.executable, "-m", "zonerisk")
SMALL = (*ZONERISK, "score", "ovh-sbg")
REGIONS, ZONES, SITES, ROUNDS = 10, 50, 8, 5

PROVIDER = """name: Many
country: NO
website: https://many.example.org/
evidence:
  list: {kind: operator, title: List, url: https://many.example.org/, read: 2026-01, claim: Where they stand.}
"""


def many(folder: Path) -> None:
    """Write records of a provider with thousands of sites, spread over a continent."""
    draw, home = random.Random(7), folder / "datacenters/many"
    home.mkdir(parents=True)
    (home / "provider.yaml").write_text(PROVIDER)
    for region in range(REGIONS):
        lat, lon = draw.uniform(38, 60), draw.uniform(-8, 30)
        zones, sites = [], []
        for zone in range(ZONES):
            names = [f"s{zone}-{site}" for site in range(SITES)]
            zones.append(f"  z{zone}: {{sites: [{', '.join(names)}], evidence: [list]}}")
            for name in names:
                place = f"lat: {lat + draw.uniform(-0.4, 0.4):.4f}, lon: {lon + draw.uniform(-0.4, 0.4):.4f}"
                disc = f"{{{place}, uncertainty_m: 100, method: statement, evidence: [list]}}"
                sites.append(f"  {name}: {{name: {name}, kind: building, position: {disc}}}")
        lines = [f"name: R{region}", "country: NO", "zones:", *zones, "sites:", *sites]
        (home / f"r{region}.yaml").write_text("\n".join(lines) + "\n")


def main() -> int:
    """Print the median of each paired ratio; 1 if one misses its bound."""
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        many(Path(folder))
        for name, command, bound, rounds in (
            ("score aws-us-east-1", (*ZONERISK, "score", "aws-us-east-1"), 1.6, ROUNDS),
            ("dr aws-us-east-1", (*ZONERISK, "dr", "aws-us-east-1"), 2.0, ROUNDS),
            ("4,000 own sites", (*ZONERISK, "compare", "many", "--catalogue", folder), 40.0, 1),
        ):
            seconds(SMALL)
            pairs = [(seconds(command), seconds(SMALL)) for _ in range(rounds)]
            ratio = statistics.median(one / small for one, small in pairs)
            print(f"{name}: {pairs[0][0]:.2f} s, {ratio:.2f} x score ovh-sbg (bound {bound:g})")
            kept.append(ratio <= bound)
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
