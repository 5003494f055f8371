"""A cold score loads none of the heavy libraries; benchmarks/startup.py gives the ratio."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("geopandas", "pandas", "folium", "numpy", "shapely", "pyproj", "rasterio", "networkx", "requests")
PROBE = """
import sys
sys.argv = ["zonerisk", "score", "ovh-sbg"]
from zonerisk.cli import main
try:
    main()
except SystemExit:
    pass
print("LOADED", *sorted(set(sys.modules) & set({heavy!r})))
"""


def test_score_loads_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "LOADED"
