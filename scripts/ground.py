"""The ground under maps and cards: Natural Earth, cut and thinned to what a page can show.

Run: python scripts/ground.py FOLDER. Reads ``ground/`` and ``bundle/`` of a folder of raw layers (FlatGeobuf)
and writes src/zonerisk/pages/assets/ground.npz. Natural Earth is in the public domain.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely

from zonerisk.pages.ground import AREAS, KINDS, SCALE, SHIPPED

OUT = Path(__file__).resolve().parent.parent / "src" / "zonerisk" / "pages" / "assets" / SHIPPED

# Kind, file, how far it is thinned (degrees).
SOURCES = (
    ("land", "bundle/countries_naturalearth.fgb", 0.004),
    ("urban", "ground/ne_50m_urban_areas.fgb", 0.004),
    ("water", "bundle/lakes_naturalearth_10m_near_sites.fgb", 0.003),
    ("rivers", "bundle/rivers_naturalearth_10m_near_sites.fgb", 0.003),
    ("rails", "ground/ne_10m_railroads_north_america_near_sites.fgb", 0.004),
    ("borders", "ground/ne_10m_boundary_lines_land.fgb", 0.004),
)
PLACES = "ground/ne_10m_populated_places.fgb"


def lines(raw: Path) -> Iterator[tuple[int, Any]]:
    """Return kind and points of every ring and line, thinned."""
    for kind, file, tolerance in SOURCES:
        shapes = pyogrio.read_dataframe(raw / file).geometry.to_numpy()
        for part in shapely.get_parts(shapely.simplify(shapes, tolerance)):
            drawn = [(kind, part)] if part.geom_type == "LineString" else []
            if part.geom_type == "Polygon":
                holes = part.interiors if kind == "water" else ()
                drawn = [(kind, part.exterior), *(("islands", hole) for hole in holes)]
            for name, line in drawn:
                points = np.rint(shapely.get_coordinates(line) * SCALE).astype(np.int32)
                points = points[np.append(True, np.any(np.diff(points, axis=0), axis=1))]
                if len(points) > (3 if name in AREAS else 1):
                    yield KINDS.index(name), points


def main(raw: Path) -> None:
    """Write the file."""
    kinds, drawn = zip(*lines(raw), strict=True)
    places = pyogrio.read_dataframe(raw / PLACES)
    places = places.sort_values(["scalerank", "pop_max"], ascending=[True, False])
    at = np.column_stack((places.geometry.x, places.geometry.y))
    # Differences pack well; the first of each line is taken from the end of the one before.
    points = np.diff(np.concatenate(drawn), axis=0, prepend=0).astype(np.int32)
    np.savez_compressed(
        OUT,
        kinds=np.array(kinds, np.int8),
        sizes=np.array([len(line) for line in drawn], np.int32),
        points=points,
        places=np.rint(at * SCALE).astype(np.int32),
        ranks=places.scalerank.to_numpy(np.int8),
        towns=np.frombuffer("\n".join(places.name).encode(), np.uint8),
    )
    print(f"{len(drawn)} lines, {len(points)} points, {len(places)} places", file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
