"""Start-up: a cold ``zonerisk score ovh-sbg`` against importing the heavy libraries.

The bound is 0.45 of the imports, both measured in turn in the same run.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

SCORE = (sys.executable, "-m", "zonerisk", "score", "ovh-sbg")
IMPORTS = (sys.executable, "-c", "import geopandas, folium, typer, rich")
ROUNDS = 9


def seconds(command: tuple[str, ...]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print medians and the median of the paired ratios."""
    seconds(SCORE)
    seconds(IMPORTS)
    pairs = [(seconds(SCORE), seconds(IMPORTS)) for _ in range(ROUNDS)]
    ratio = statistics.median(score / imports for score, imports in pairs)
    score, imports = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"score {score:.3f} s, imports {imports:.3f} s, ratio {ratio:.2f} (bound 0.45)")


if __name__ == "__main__":
    main()
