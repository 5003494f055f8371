"""The data check of the whole catalogue against merely parsing its records with PyYAML's C loader.

All its rules, and reading towns and borders, may take at most 5 x as long as parsing alone;
both are cold processes, measured in turn in the same run.
"""

from __future__ import annotations

import statistics
import sys

from startup import seconds

CHECK = (sys.executable, "-m", "zonerisk", "data", "check")
PARSE = (
    sys.executable,
    "-c",
    "import yaml; from zonerisk.catalogue.catalog import data_root; "
    "[yaml.load(path.read_bytes(), yaml.CSafeLoader) for path in data_root().rglob('*.yaml')]",
)
ROUNDS, BOUND = 5, 5


def main() -> int:
    """Print medians and the median of the paired ratios."""
    seconds(CHECK)
    seconds(PARSE)
    pairs = [(seconds(CHECK), seconds(PARSE)) for _ in range(ROUNDS)]
    ratio = statistics.median(check / parse for check, parse in pairs)
    check, parse = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"check {check:.2f} s, parsing {parse:.2f} s, ratio {ratio:.2f} (bound {BOUND})")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
