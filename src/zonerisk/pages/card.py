"""The card: a verdict as one still picture that needs no script; and the badge, its answer in a line."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from os.path import commonprefix
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from zonerisk.core import __version__
from zonerisk.core.errors import MissingPackage, UsageError
from zonerisk.core.geometry import closest, least_rtt_ms
from zonerisk.core.verdict import severity
from zonerisk.pages import features, ground
from zonerisk.pages.features import Point, Setting
from zonerisk.pages.ground import Box
from zonerisk.pages.map_payload import web_address
from zonerisk.words import phrases, verdicts
from zonerisk.workloads import own_sites

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from jinja2 import Environment

    from zonerisk.core.verdict import Block, Finding, Place, SharedRisk, Verdict

WIDE, HIGH = 1200, 630
"""What pages that show a link's picture ask for."""


def asset(name: str) -> str:
    """Read one of the package's own page files."""
    return (files("zonerisk.pages") / "assets" / name).read_text("utf-8")


# Colours as the pages' style has them: they tell outcomes alone; the ground is grey.
_LIGHT, _DARK = (
    dict(re.findall(r"--([\w-]+): (#\w+)", block)) for block in asset("page.css").split("{", 4)[1:4:2]
)
_GREYS = {"ground": "raised", "town": "plan", "water": "pond", "none": "quiet"}
_TONES = {
    name: (_LIGHT[_GREYS.get(name, name)], _DARK[_GREYS.get(name, name)])
    for name in ("ink", "quiet", "paper", *_GREYS, "pass", "warn", "fail", "unknown")
}
_FAMILIES = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica")
_FONT = "system-ui,'DejaVu Sans','Liberation Sans',sans-serif"
# Shapes of the outcomes, for eyes that do not tell the colours apart.
_SHAPES = dict(re.findall(r'symbol id="(\w+)".*?class="shape" d="(.*?)"', asset("base.html")))
_EMS = {**dict.fromkeys("fijlrt.,:;'|!()[] -", 0.4), **dict.fromkeys("mwMWQ@%", 0.95)}
# The plan's size, and the edges of what stands beside it.
_W, _H, _RIGHT, _END = 520, 350, 612, 1152
# Finer than so many metres a pixel the ground would put sites into the wrong street; wider, rivers crowd.
_GROUND_M, _RIVERS_M = 65.0, 260.0
_MOST_ROWS = 4
_MOST_NAMED = 14
# Letters are made smaller down to this part, and to this size, lest a text be cut.
_LEAST, _SMALL = 0.6, 13
# Marks nearer than so many pixels have one name tag.
_NEAR = 12


def draw(verdict: Verdict, around: Setting | None = None, *, alone: bool = True) -> str:
    """Draw the card of a verdict; one that stands alone follows the reader's dark setting by itself.

    In a page its style has the colours, of the light and of the dark, and its text the sentences.
    """
    around = around or features.named(verdict)
    cited: list[Place | SharedRisk | Finding] = [*verdict.places, *verdict.shared_risks]
    cited += verdict.policy.findings
    last = _year(verdict.as_of)
    first = math.floor(min([_year(verdict.record.since or verdict.as_of), last - 5]))

    def across(day: str) -> float:
        return _RIGHT + (_year(day) - first) * (_END - _RIGHT) / (last - first)

    step = next(step for step in (1, 2, 5, 10) if (last - first) / step <= 7)
    return _rendered(
        "card.svg",
        verdict=verdict,
        key=re.sub(r"\W+", "-", verdict.target),
        plan=_plan(verdict, around),
        ruler=_ruler(verdict, around),
        across=across,
        years=range(-(-first // step) * step, int(last) + 1, step),
        events=_events(verdict, across),
        sources=len({piece for part in cited for piece in part.evidence}),
        alone=alone,
    )


def overview(headline: str, answer: str, heads: Mapping[Block, tuple[str, int]]) -> str:
    """Draw how many regions there are of each class."""
    lines = _wrapped(headline, 38, 900, 3)
    return _rendered("overview.svg", headline=headline, lines=lines, answer=answer, heads=heads)


def badge(verdict: Verdict) -> str:
    """Draw a badge for a README: the region and its class."""
    standing = verdict.independence
    words, tone = [f"zonerisk {verdict.target}", standing.class_], _TONES[standing.outcome or "none"][0]
    return _rendered("badge.svg", words=words, title=verdict.summary, tone=tone) + "\n"


def png(picture: str) -> bytes:
    """Turn a card or badge into pixels; its letters are those of the fonts on this machine."""
    try:
        import resvg_py
    except ImportError:
        raise MissingPackage("resvg-py") from None

    def pixels(drawn: str, family: str) -> bytes:
        return bytes(resvg_py.svg_to_bytes(svg_string=drawn, font_family=family, sans_serif_family=family))

    letter = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">{}</text></svg>'
    for family in _FAMILIES:
        if pixels(letter.format("M"), family) != pixels(letter.format(""), family):
            return pixels(picture, family)
    raise UsageError(
        "none of the fonts that a card is written in is on this machine; install one, such as fonts-dejavu, "
        "or write .svg"
    )


@cache
def templates() -> Environment:
    """Return the pages' templates, which escape what they write."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"fit": _fit, "wrapped": _wrapped, "width": _width, "decade": _decade, "short": _short}
    made.filters |= {"web_address": web_address, "severity": severity}
    made.filters["worst_first"] = lambda risks: sorted(risks, key=lambda risk: -severity(risk.outcome))
    made.globals |= {"tones": _TONES, "shapes": _SHAPES, "font": _FONT, "least_rtt_ms": least_rtt_ms}
    made.globals |= {"version": __version__, "own": own_sites.REGION, "rules": verdicts.RULES, "asset": asset}
    made.globals |= {"ground": ground, "phrases": phrases, "verdicts": verdicts}
    # What some pages have.
    made.globals |= dict.fromkeys(("shared", "start", "tiles", "picture", "policy"))
    made.globals |= {"files": {}, "islands": {}, "target": "ID"}
    return made


def _rendered(picture: str, *, alone: bool = True, **words: Any) -> str:
    drawn = templates().get_template(picture).render(alone=alone, **words)
    return phrases.visible(re.sub(r"\n+", "\n" if alone else "", drawn.strip()))


# ---- letters


def _width(text: str, size: float, bold: bool = False) -> float:
    """Measure a text by the widest of the common fonts; what is wide in the East takes a whole square."""
    ems = (
        1.05 if east_asian_width(sign) in "WF" else _EMS.get(sign, 0.7 if sign.isupper() else 0.6)
        for sign in text
    )
    return sum(ems) * size * (1.15 if bold else 1)


def _fit(text: str, size: float, most: float, bold: bool = False) -> tuple[str, float]:
    """Return a text and its size: smaller where it has no room, and cut where that is not enough."""
    text = phrases.visible(text)
    if (wide := _width(text, size, bold)) <= most:
        return text, size
    size = max(math.floor(size * most / wide), round(_LEAST * size), min(size, _SMALL))
    if _width(text, size, bold) <= most:
        return text, size
    while text and _width(f"{text}…", size, bold) > most:
        text = text[:-1]
    return f"{text.rstrip()}…", size


def _wrapped(text: str, size: float, most: float, rows: int) -> list[tuple[str, float]]:
    """Break a text into lines, smaller if it needs more than there are; else the last takes what is left."""
    for smaller in range(int(size), max(int(_LEAST * size), _SMALL - 1), -1):
        lines = [""]
        for word in phrases.opening(text).split():
            longer = f"{lines[-1]} {word}".strip()
            if len(lines) < rows and lines[-1] and _width(longer, smaller) > most:
                lines.append(word)
            else:
                lines[-1] = longer
        if _width(lines[-1], smaller) <= most:
            break
    return [(line, smaller) for line in lines]


def _bare(name: str) -> str:
    return re.sub(r" \([^()]*\)$", "", name)


# ---- the plan


Spot = tuple[float, float]


class _Plane:
    """Metres east and north of a middle, as pixels; labels, and the room that they and others have taken."""

    def __init__(self, points: Sequence[tuple[Point, float]]) -> None:
        first = points[0][0].lon
        turned = [(features.turned(at, first), doubt) for at, doubt in points]
        lats, lons = [at.lat for at, _ in turned], [at.lon for at, _ in turned]
        self.lat, self.lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        self.east_m = 111_195 * max(0.05, math.cos(math.radians(self.lat)))
        wide = max(abs(at.lon - self.lon) * self.east_m + doubt for at, doubt in turned)
        high = max(abs(at.lat - self.lat) * 111_195 + doubt for at, doubt in turned)
        self.metres = max(wide / (_W / 2 - 70), high / (_H / 2 - 56), 1.2)
        self.taken: list[tuple[float, float, float, float]] = [(_W - 150, _H - 34, _W, _H)]
        self.labels: list[tuple[float, float, str, float, str, bool]] = []

    def spots(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return where points stand, in pixels."""
        import numpy as np

        lats, lons = np.array(points).T
        east = ((lons - self.lon + 180) % 360 - 180) * self.east_m
        north = (lats - self.lat) * 111_195
        return np.column_stack((_W / 2 + east / self.metres, _H / 2 - north / self.metres))

    def at(self, point: Spot) -> Spot:
        x, y = self.spots([point])[0].tolist()
        return x, y

    @property
    def box(self) -> Box:
        up, side = (_H / 2 * self.metres / 111_195, _W / 2 * self.metres / self.east_m)
        return Box(self.lat - up, self.lon - side, self.lat + up, self.lon + side)

    def path(self, points: npt.ArrayLike) -> str:
        """Write a line of latitudes and longitudes in whole pixels, each once."""
        spots = self.spots(points).round().astype(int)
        steps = spots[1:] - spots[:-1]
        drawn = " ".join(f"{dx} {dy}" for dx, dy in steps[steps.any(axis=1)].tolist())
        return f"M{spots[0, 0]} {spots[0, 1]}l" + drawn.replace(" -", "-")

    def name(
        self, spots: Sequence[Spot], says: Iterable[str], size: float, tone: str = "quiet", bold: bool = False
    ) -> None:
        """Write a label beside some spots: the first of some words that there is room for, else nothing."""
        (west, north), (east, south) = (tuple(map(pick, zip(*spots, strict=True))) for pick in (min, max))
        for words in map(phrases.visible, says):
            wide = _width(words, size, bold)
            left, high = (west + east - wide) / 2, (north + south) / 2 + size / 3
            for x, y in (
                (east + 13, high),
                (west - wide - 13, high),
                (left, north - 14),
                (left, south + size + 12),
            ):
                room = (x - 3, y - size, x + wide + 3, y + 4)
                inside = room[0] > 2 and room[2] < _W - 2 and room[1] > 2 and room[3] < _H - 2
                if inside and all(
                    room[2] < b[0] or room[0] > b[2] or room[3] < b[1] or room[1] > b[3] for b in self.taken
                ):
                    self.taken.append(room)
                    self.labels.append((x, y, words, size, tone, bold))
                    return


def _plan(verdict: Verdict, around: Setting) -> dict[str, Any]:
    """Lay the zones out to scale, with the places around and what decides the verdict."""
    places = features.placed(verdict)
    shown = [(place, at) for place, at in places if place.kind != "metro"] or places
    if not shown:
        return {}
    plane = _Plane([(at, place.uncertainty_m or 0.0) for place, at in shown])
    if not ground.places(plane.box, 1):
        plane.taken.append((0, 0, 380, 34))
    domains = verdict.independence.domains
    rows = [
        (place, spot, [key for key in (place.id, *place.zones) if key in domains])
        for (place, _), spot in zip(shown, plane.spots([at for _, at in shown]).tolist(), strict=True)
    ]
    plane.taken += [(x - 8, y - 8, x + 8, y + 8) for _, (x, y), _ in rows]
    cause = _cause(verdict, plane, shown)
    tied = {tuple(map(round, spot)) for _, spot, keys in rows if keys}
    free = [(place, spot) for place, spot, keys in rows if not keys]
    loose = {tuple(round(value / 3) * 3 for value in spot) for _, spot in free}
    named: set[str] = set()
    piles: list[tuple[list[Spot], list[str]]] = []
    for _, (x, y), keys in rows:
        if keys:
            near = (pile for pile in piles if any(math.dist(spot, (x, y)) < _NEAR for spot in pile[0]))
            spots, names = next(near, None) or ([], [])
            if not spots:
                piles.append((spots, names))
            spots.append((x, y))
            names += [domains[key] for key in dict.fromkeys(keys) if key not in named]
            named |= set(keys)
    for spots, names in piles:
        if names:
            less = f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else _bare(names[0])
            plane.name(spots, [", ".join(names), less], 17, "ink", True)
    alike = _alike([place.name for place, _ in free])
    for place, spot in free if len(loose) <= _MOST_NAMED else ():
        plane.name([spot], [place.name[alike:], _bare(place.name[alike:])], 14)
    gone = []
    for site in around.retired:
        if site.position:
            gone.append(plane.at((site.position.lat, site.position.lon)))
            label = f"{site.name}, {site.fate or 'out of service'} {site.until or ''}"
            plane.name(gone[-1:], [label, site.name], 14)
    silent = [name for key, name in domains.items() if key not in named]
    if silent and len(domains) > 1:
        words = f"Not disclosed: {phrases.names(silent) if tied else 'any zone'}"
        words = "Hollow: a zone may stand there" if loose and not tied else words
        plane.labels.append((14, _H - 14, *_fit(words, 14, _W - 150), "quiet", False))
    _towns(plane, [spot for _, spot, _ in rows])
    power = 10.0 ** math.floor(math.log10(plane.metres * 120))
    scale_m = max(step * power for step in (1, 2, 5) if step * power <= plane.metres * 120)
    return {
        "pair": "",
        "outline": "",
        **cause,
        "ground": list(_below(plane)),
        "discs": [
            (*spot, radius)
            for place, spot, keys in rows
            if (radius := (place.uncertainty_m or 0) / plane.metres) > 9 and (keys or place.kind == "metro")
        ],
        "loose": sorted(loose),
        "tied": sorted(tied),
        "gone": gone,
        "labels": plane.labels,
        "scale": (_W - 16 - scale_m / plane.metres, _short(scale_m)),
    }


def _below(plane: _Plane) -> Iterator[tuple[str, str, float]]:
    """Draw the ground in grey, where it is as good as the plan."""
    if plane.metres < _GROUND_M:
        return
    for kind, tone in (("land", "ground"), ("urban", "town"), ("water", "water"), ("rivers", "water")):
        if kind != "rivers" or plane.metres <= _RIVERS_M:
            lines = ground.lines(kind, plane.box, 3 * plane.metres / 111_195)
            if path := "".join(map(plane.path, lines)):
                yield tone, path, 1.5 if kind == "rivers" else 0


def _towns(plane: _Plane, sites: Sequence[Spot]) -> None:
    """Name the towns in view; where there is none, tell the way to the nearest, from the site next to it."""
    towns = ground.places(plane.box, 7)
    for town in towns:
        plane.name([plane.at((town.lat, town.lon))], [town.name], 15)
    far = [
        (min(math.dist(at, site) for site in sites) * plane.metres, at[0] - _W / 2, _H / 2 - at[1], town.name)
        for town in (() if towns else ground.places(plane.box.grown(0.8)))
        for at in [plane.at((town.lat, town.lon))]
    ]
    if far:
        metres, east, north, name = min(far)
        wind = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
        way = wind[round(math.atan2(north, east) / (math.pi / 4)) % 8]
        words = f"{name} lies {phrases.distance(metres)} {way} of here"
        plane.labels.append((14, 26, *_fit(words, 15, _W - 30), "quiet", False))


def _cause(verdict: Verdict, plane: _Plane, shown: Sequence[tuple[Place, Point]]) -> dict[str, str]:
    """Draw what decides: the nearest pair, those that one cause takes, or how far candidates spread."""
    standing = verdict.independence
    cause, tone = standing.cause, standing.outcome or "none"
    of = {
        member: [(at, place) for place, at in shown if member in (place.id, *place.zones)]
        for member in cause.members
    }
    if cause.kind == "distance":
        if len(of) != 2 or not all(of.values()):
            return {}
        (x1, y1), (x2, y2) = map(plane.at, closest(*([at for at, _ in sites] for sites in of.values())))
        if cause.distance_m and cause.distance_m.best is not None:
            words = phrases.distance(cause.distance_m.best)
            plane.name([((x1 + x2) / 2, (y1 + y2) / 2)], [words], 17, tone, True)
        return {"pair": f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}"}
    hit = {at: place.uncertainty_m or 0.0 for sites in of.values() for at, place in sites}
    words, dash = features.named_cause(verdict), ""
    if not hit and standing.spread:
        sure = dict(features.known_buildings(verdict))
        hit, dash = dict.fromkeys((at for place, at in shown if place.id in sure), 0.0), "3 7"
        words = words or f"{standing.spread.buildings} known buildings"
    if not hit or not words or cause.kind == "count":
        return {}
    # So far around the sites that an outline is no line between them.
    drawn = [(at, radius + 18 * plane.metres) for at, radius in hit.items()]
    rings = features.outlines(drawn, apart=not dash)
    x, y = min((plane.at(point) for point in rings[0]), key=lambda spot: spot[1])
    plane.name([(x, max(y, 24))], [words], 16, tone, True)
    return {"outline": "".join(f"{plane.path(ring)}Z" for ring in rings), "dash": dash}


# ---- rulers


def _alike(names: Sequence[str]) -> int:
    """Count the signs that all names begin with, in whole words: they tell none apart."""
    same = commonprefix(names)  # noqa: RUF071
    return 0 if same in names else len(re.sub(r"[^\s-]*$", "", same))


def _short(metres: float) -> str:
    return phrases.distance(metres).replace(".0 km", " km")


def _ruler(verdict: Verdict, around: Setting) -> dict[str, Any]:
    """Hold distances against what the policy asks: of zones, or of where one alone may recover."""
    asked = {finding.rule: finding.threshold for finding in verdict.policy.findings if finding.threshold}
    names = verdict.independence.domains
    placed = features.index_places(verdict).keys()
    pairs = verdict.policy.separations
    known = sorted((row for row in pairs if {row.a, row.b} <= placed), key=lambda row: row.distance_m.rank)
    low, high = (
        limit.value * 1000 if (limit := asked.get(rule)) and limit.measure == "fibre" else None
        for rule in ("separation-min", "separation-max")
    )
    fibre = low is not None or high is not None
    if len(names) > 1:
        title = "Fibre between zones" if fibre else "Distance between zones"
        alike = _alike([*names.values()])
        if len(known) > _MOST_ROWS:
            known = [*known[: _MOST_ROWS - 1], known[-1]]
        spans = [(f"{names[row.a][alike:]} to {names[row.b][alike:]}", row) for row in known]
        if not spans and pairs:
            spans = [("any two zones", max(pairs, key=lambda row: row.fibre_m.high or math.inf))]
        rows = [(words, row.fibre_m if fibre else row.distance_m, row.outcome) for words, row in spans]
    else:
        title, limit = "How far off it may recover", asked.get("dr")
        low, high = (limit.value * 1000, None) if limit else (None, None)
        rows = [
            (around.name(option.target), option.distance_m, option.outcome)
            for option in sorted(verdict.recovery, key=lambda option: option.distance_m.rank)[:_MOST_ROWS]
        ]
    rows = [row for row in rows if fibre or row[1].low or row[1].best or row[1].high]
    reach = [span.high if span.high is not None else (span.best or span.low) * 1.3 for _, span, _ in rows]
    ends = f"{_short(low or 0)} to {_short(high)}" if high else f"at least {_short(low or 0)}"
    return {
        "title": f"{title}; asked: {ends}" if low or high else title,
        "rows": rows,
        "low": low,
        "high": high,
        "most": 1.08 * max([*reach, (high or low or 0) * 1.2]),
        "left": _RIGHT + 40 + min(330.0, max((_width(words, 15) for words, *_ in rows), default=0)),
    }


def _events(verdict: Verdict, across: Callable[[str], float]) -> Iterator[tuple[float, float, str]]:
    """Place events on the years: of several zones as squares, of one as dots, of software as rings."""
    record = verdict.record
    # Marks that would hide each other stand one above the other.
    taken: dict[int, float] = {}
    for event in sorted(record.incidents, key=lambda event: event.start):
        x = across(event.start)
        if event.scope == "core" and _RIGHT <= x <= _END:
            level = next((row for row in range(2) if x - taken.get(row, 0.0) > 10), 2)
            taken[level] = x
            several = event.id in record.several or event.id in record.conflict
            yield x, 458 - 11 * level, "square" if several else "ring" if event.kind == "logical" else "dot"


def _year(day: str) -> float:
    on = date.fromisoformat(f"{day[:10]}-01-01"[:10])
    return on.year + (on.month - 1) / 12 + (on.day - 1) / 365


def _decade(years: float) -> float:
    """Place once in so many years on an axis that grows tenfold."""
    return _RIGHT + (_END - _RIGHT) * min(1.0, max(0.0, math.log10(max(years, 1.0)) / 4))
