"""Start-up: cold commands against importing the libraries that they do not need.

Bounds of the ratio: 0.15 for ``--version`` and ``--help``, 0.35 for ``score ovh-sbg``, and every region
within 1.6 times of that. All are measured in turn in the same run, with modules compiled before.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ZONERISK = (sys.executable, "-m", "zonerisk")
IMPORTS = (sys.executable, "-c", "import geopandas, folium, typer, rich")
COMMANDS = {
    ("--version",): 0.15,
    ("--help",): 0.15,
    ("score", "ovh-sbg"): 0.35,
    ("score", "aws-us-east-1"): 0.35 * 1.6,
}
ROUNDS = 7


def seconds(command: tuple[str, ...]) -> float:
    """Wall time of one process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the median of each command, and of the ratios to the imports beside it."""
    import zonerisk

    subprocess.run((sys.executable, "-m", "compileall", "-q", *zonerisk.__path__), check=True)
    rounds = [
        (seconds(IMPORTS), *(seconds((*ZONERISK, *command)) for command in COMMANDS))
        for _ in range(ROUNDS + 1)
    ][1:]
    print(f"imports {statistics.median(each[0] for each in rounds):.3f} s")
    for place, (command, bound) in enumerate(COMMANDS.items(), 1):
        took = statistics.median(each[place] for each in rounds)
        ratio = statistics.median(each[place] / each[0] for each in rounds)
        print(f"{' '.join(command)}: {took:.3f} s, ratio {ratio:.2f} (bound {bound:.2f})")


if __name__ == "__main__":
    main()
