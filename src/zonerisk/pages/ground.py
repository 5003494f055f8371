"""What lies under a map: the ground in the page, and the online map that its reader may switch on."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from zonerisk.core.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

NAME = "Natural Earth"
SOURCE = "Natural Earth 10m and 50m"
LICENCE = "public domain"
URL = "https://www.naturalearthdata.com/"
SHIPPED = "ground.npz"
"""The file of the ground that ships, as scripts/ground.py cuts it."""
AREAS = ("land", "urban", "water", "islands")
KINDS = (*AREAS, "rivers", "rails", "borders")
"""What it holds: areas and lines."""
SCALE = 1000
"""Its coordinates are whole thousandths of a degree."""

_OSM = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"
FINEST = 19
"""The last zoom at which an online map is asked for pictures."""
_TILE_ADDRESS = re.compile(r"https?://[\w.-]+(:\d{1,5})?/[\w./?&=%+~,;:@-]*")

# Natural Earth's lines are good to so many kilometres; what is thinned from them comes on top.
_SOURCE_KM = 1.5


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
        south, west = (math.floor(side / degrees) * degrees for side in self[:2])
        north, east = (math.ceil(side / degrees) * degrees for side in self[2:])
        return Box(max(south, WORLD.south), west, min(north, WORLD.north), east)


# No data centre stands beyond; Mercator would give the rest of a page to ice.
WORLD = Box(-60.0, -180.0, 84.0, 180.0)


class Town(NamedTuple):
    """A place to name; the greatest have the least rank."""

    name: str
    lat: float
    lon: float
    rank: int


class Sheet(NamedTuple):
    """The ground of one box: rings and lines as encoded polylines, and places to name.

    Laid upon a blank sea over the coarser sheet, kind by kind. A place is a name with its latitude,
    longitude and rank.
    """

    box: Box
    decimals: int
    lines: tuple[tuple[str, ...], ...]
    places: tuple[tuple[str, float, float, int], ...]


# Of the world, a wide and a close sheet: tolerance, decimals, and the last rank of places.
_DETAIL = ((0.25, 1, 1), (0.03, 3, 4), (0.004, 3, 10))
# The world leaves out what a glance at it would not show.
_NEAR_ONLY = ("urban", "rivers", "rails")
_MOST_PLACES = 400


def around(box: Box) -> list[Sheet]:
    """Cut the ground for a map that opens on a box: the world, and finer sheets upon it."""
    near = box.grown(max(0.8, 0.5 * max(box.north - box.south, box.east - box.west))).snapped(2)
    span = max(near.north - near.south, near.east - near.west)
    wide = [near.grown(2).snapped(6)] if span < 60 else []
    boxes = [WORLD, *wide, *([near] if span < 12 else [])]
    return [_cut(area, *detail) for area, detail in zip(boxes, _DETAIL, strict=False)]


def errors_km(sheets: Sequence[Sheet]) -> list[float]:
    """Return how far off the lines of a map's sheets may be, kilometres: source, thinning and rounding."""
    thinned = [tolerance + 10**-decimals / 2 for tolerance, decimals, _ in _DETAIL[: len(sheets)]]
    return [math.ceil(2 * (_SOURCE_KM + 111 * degrees)) / 2 for degrees in thinned]


def places(box: Box, most: int = _MOST_PLACES, rank: int = 10) -> list[Town]:
    """Name places in a box, the greatest first; a longitude may lie beyond 180 as the box does."""
    import numpy as np

    source, towns = _read(), []
    (lon, lat), ranks = source["places"].T, source["ranks"]
    for turn, frame in _frames(box):
        inside = (lat >= frame.south) & (lat <= frame.north) & (lon >= frame.west) & (lon <= frame.east)
        towns += [
            Town(source["towns"][at], float(lat[at]), float(lon[at]) - turn, int(ranks[at]))
            for at in np.flatnonzero(inside & (ranks <= rank))[:most]
        ]
    return sorted(towns, key=lambda town: town.rank)[:most]


def lines(kind: str, box: Box, tolerance: float = 0.0) -> Iterator[npt.NDArray[np.float64]]:
    """Cut rings or lines of one kind to a box: latitude and longitude of their points."""
    import shapely

    for turn, frame in _frames(box):
        for line in _clipped(kind, frame, tolerance):
            yield shapely.get_coordinates(line)[:, ::-1] - (0, turn)


@lru_cache(maxsize=512)
def _cut(box: Box, tolerance: float, decimals: int, rank: int) -> Sheet:
    import shapely

    drawn: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for _, frame in _frames(box):
        for kind in KINDS:
            if box is not WORLD or kind not in _NEAR_ONLY:
                points, line_of = shapely.get_coordinates(_clipped(kind, frame, tolerance), return_index=True)
                drawn[kind] += encode(points[:, ::-1], decimals, line_of) if len(points) else []
    named = [
        (town.name, round(town.lat, 3), round((town.lon + 180) % 360 - 180, 3), town.rank)
        for town in places(box, rank=rank)
    ]
    return Sheet(box, decimals, tuple(map(tuple, drawn.values())), tuple(named))


def _frames(box: Box) -> Iterator[tuple[float, Box]]:
    """Move the parts of a box that lie beyond the antimeridian into -180 to 180, with the turn of each."""
    for turn in (-360.0, 0.0, 360.0):
        west, east = max(box.west + turn, -180.0), min(box.east + turn, 180.0)
        if east > west:
            yield turn, Box(box.south, west, box.north, east)


@cache
def _read() -> Mapping[str, Any]:
    """Read the shipped file: points of all its lines in a row, and where each ends; places by their rank."""
    from importlib.resources import files

    import numpy as np

    with (files("zonerisk.pages") / "assets" / SHIPPED).open("rb") as file, np.load(file) as held:
        source = dict(held)
    source["points"] = points = np.cumsum(source["points"], axis=0) / SCALE
    source["ends"] = ends = np.concatenate(([0], np.cumsum(source["sizes"])))
    source["low"], source["high"] = (side.reduceat(points, ends[:-1]) for side in (np.minimum, np.maximum))
    source["towns"] = source["towns"].tobytes().decode().split("\n")
    return source | {"places": source["places"] / SCALE}


def _clipped(kind: str, frame: Box, tolerance: float) -> Any:
    """Return what of one kind touches a frame and is not smaller than a pixel: clipped and thinned."""
    import numpy as np
    import shapely

    source, area = _read(), kind in AREAS
    low, high, points, ends = (source[key] for key in ("low", "high", "points", "ends"))
    chosen = np.flatnonzero(
        (source["kinds"] == KINDS.index(kind))
        & (low[:, 0] <= frame.east)
        & (high[:, 0] >= frame.west)
        & (low[:, 1] <= frame.north)
        & (high[:, 1] >= frame.south)
        & ((high - low).max(axis=1) >= (6 if area else 2) * tolerance)
    )
    build: Any = shapely.polygons if area else shapely.linestrings
    shapes: Any = [build(points[ends[index] : ends[index + 1]]) for index in chosen]
    cut = shapely.clip_by_rect(shapes, frame.west, frame.south, frame.east, frame.north)
    parts = shapely.get_parts(shapely.simplify(cut, tolerance, preserve_topology=False))
    if area:
        return shapely.get_exterior_ring(parts[shapely.area(parts) > 0])
    return parts[shapely.length(parts) > 0]


def encode(points: npt.ArrayLike, decimals: int = 0, line_of: npt.ArrayLike = ()) -> list[str]:
    """Write latitude, longitude pairs as encoded polylines: of one line, or of as many as are numbered.

    The format is the one that Google published for its maps: differences in groups of five
    bits, printable, so that a point takes four to six bytes.
    """
    import numpy as np

    whole = np.rint(np.asarray(points, float).reshape(-1, 2) * 10**decimals).astype(int)
    starts = np.flatnonzero(np.diff(line_of)) + 1
    steps = np.diff(whole, axis=0, prepend=0)
    steps[starts] = whole[starts]
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


class Tiles(NamedTuple):
    """A tile server: its name, whom it wants named, its address, and whom a browser will ask."""

    name: str
    attribution: str
    url: str
    hosts: tuple[str, ...]
    strict: bool
    """Whether it is known to refuse a page that was opened from a file."""


def find_tiles(text: str | None) -> Tiles | None:
    """Read the address of an online map; OpenStreetMap's without one."""
    if text == "none":
        return None
    url = text or _OSM
    fields = set(re.findall(r"\{([^{}]*)\}", url))
    address = re.sub(r"\{[a-z]\}", "0", url)
    if not _TILE_ADDRESS.fullmatch(address) or not {*"xyz"} <= fields <= {*"xyzsr"}:
        raise UsageError(
            f"{url!r} is not a tile address; write one such as "
            "https://tile.example.org/{z}/{x}/{y}.png, none, or nothing for OpenStreetMap"
        )
    parts = urlsplit(url)
    hosts = dict.fromkeys(f"{parts.scheme}://{parts.netloc.replace('{s}', letter)}" for letter in "abc")
    # The volunteers' servers refuse requests without a Referer, which a page opened from a file
    # cannot send; the page says so when its reader switches the layer on.
    strict = parts.hostname == urlsplit(_OSM).hostname
    name, whose = parts.netloc.replace("{s}.", ""), f"Online map: {parts.hostname}"
    if strict:
        name, whose = "OpenStreetMap", "(C) OpenStreetMap contributors"
    return Tiles(name, whose, url, tuple(hosts), strict)
