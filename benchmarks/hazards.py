"""Batch sampling against what geopandas and rasterio do by themselves; prints ratios.

Bounds: points in polygons at most 1.5 x the time of sjoin; nearest within 5 km at least 4 x
faster than sjoin_nearest; raster cells at least 3 x faster than rasterio.sample on deflate.
All answers are compared.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import numpy as np
import rasterio
import shapely

from zonerisk.layers import plane, raster

Answer = TypeVar("Answer")
Other = TypeVar("Other")
POINTS, SHAPES, SIDE_M = 100_000, 20_000, 600_000
ROUNDS = 3


def timed(ours: Callable[[], Answer], theirs: Callable[[], Other]) -> tuple[float, Answer, Other]:
    """Give the median ratio of their time to ours over rounds in turn, and both answers."""
    ratios = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        mine = ours()
        middle = time.perf_counter()
        other = theirs()
        ratios.append((time.perf_counter() - middle) / (middle - start))
    return statistics.median(ratios), mine, other


def areas(rng: np.random.Generator) -> np.ndarray:
    """Draw polygons of some dozens of corners, like zones of a flood map."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = rng.uniform(300, 3000, (SHAPES, 1)) * rng.uniform(0.7, 1.3, (SHAPES, len(angle)))
    centre = rng.uniform(0, SIDE_M, (SHAPES, 1, 2))
    ring = centre + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=2)
    return np.asarray(shapely.polygons(ring))


def main() -> int:
    """Run the three comparisons."""
    rng = np.random.default_rng(7)
    points = np.asarray(shapely.points(rng.uniform(0, SIDE_M, (POINTS, 2))))
    polygons = areas(rng)
    left = gpd.GeoDataFrame(geometry=points, crs=3035)
    right = gpd.GeoDataFrame(geometry=polygons, crs=3035)

    ratio, (which, what), joined = timed(
        lambda: plane.inside(points, polygons), lambda: left.sjoin(right, predicate="intersects")
    )
    same = sorted(zip(which, what, strict=True)) == sorted(
        zip(joined.index, joined["index_right"], strict=True)
    )
    held = verdict("points in polygons", 1 / ratio, "x sjoin's time", 1.5, same, at_most=True)

    ratio, (which, what, metres), joined = timed(
        lambda: plane.nearest(points, polygons, 5000),
        lambda: left.sjoin_nearest(right, max_distance=5000, distance_col="d"),
    )
    table = joined.reset_index().sort_values(["index", "index_right"])
    same = (
        np.array_equal(which, table["index"])
        and np.array_equal(what, table["index_right"])
        and np.array_equal(metres, table["d"])
    )
    held &= verdict("nearest within 5 km", ratio, "x faster than sjoin_nearest", 4, same)

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "depth.tif"
        cells = np.round(rng.gamma(0.3, 2, (4096, 4096)), 1).astype("float32")
        with rasterio.open(
            path,
            "w",
            driver="GTiff",
            width=4096,
            height=4096,
            count=1,
            dtype="float32",
            crs="EPSG:4326",
            nodata=-9999,
            tiled=True,
            blockxsize=256,
            blockysize=256,
            compress="deflate",
            transform=rasterio.Affine(0.001, 0, 0, 0, -0.001, 50),
        ) as file:
            file.write(cells, 1)
        lat, lon = rng.uniform(46, 50, POINTS), rng.uniform(0, 4, POINTS)
        with raster.opened(path) as file:
            ratio, found, listed = timed(
                lambda: raster.sample(file, lat, lon),
                lambda: np.array([row[0] for row in file.sample(zip(lon, lat, strict=True))]),
            )
        same = np.array_equal(found, listed.astype("float64"))
    held &= verdict("raster cells, deflate", ratio, "x faster than rasterio.sample", 3, same)
    return 0 if held else 1


def verdict(name: str, ratio: float, what: str, bound: float, same: bool, *, at_most: bool = False) -> bool:
    """Print a ratio and tell whether it keeps its bound with the same answers."""
    kept = same and (ratio <= bound if at_most else ratio >= bound)
    print(
        f"{name:<22} {ratio:6.2f} {what} (bound {bound:g}); answers "
        f"{'identical' if same else 'DIFFER'}: {'kept' if kept else 'BROKEN'}"
    )
    return kept


if __name__ == "__main__":
    sys.exit(main())
