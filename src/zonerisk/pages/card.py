"""The card: a verdict as one still picture that needs no script; and the badge, its answer in a line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from zonerisk.core.errors import MissingPackage, UsageError
from zonerisk.pages import features, ground
from zonerisk.pages.features import Point
from zonerisk.pages.ground import Box
from zonerisk.words import likelihood, phrases
from zonerisk.workloads import own_sites

if TYPE_CHECKING:
    from zonerisk.core.geometry import Interval
    from zonerisk.core.verdict import Place, Verdict
    from zonerisk.pages.features import Setting

WIDE, HIGH = 1200, 630
"""What pages that show a link's picture ask for."""
_ASSETS = files("zonerisk.pages") / "assets"
# Colours as the pages' style has them: they tell outcomes alone; the ground is grey.
_LIGHT, _DARK = (
    dict(re.findall(r"--([\w-]+): (#\w+)", block))
    for block in (_ASSETS / "page.css").read_text("utf-8").split("{", 4)[1:4:2]
)
_GREYS = {"ground": "raised", "town": "plan", "water": "pond", "none": "quiet"}
_TONES = {
    name: (_LIGHT[_GREYS.get(name, name)], _DARK[_GREYS.get(name, name)])
    for name in ("ink", "quiet", "paper", *_GREYS, "pass", "warn", "fail", "unknown")
}
_FAMILIES = ("DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica")
_FONT = "system-ui,'DejaVu Sans','Liberation Sans',sans-serif"
# Shapes of the outcomes, for eyes that do not tell the colours apart.
_SHAPES = dict(
    re.findall(r'symbol id="(\w+)".*?class="shape" d="(.*?)"', (_ASSETS / "base.html").read_text("utf-8"))
)
# The plan's place and size, and the left edge of what stands beside it.
_X, _Y, _W, _H, _RIGHT, _END = 48, 222, 520, 350, 612, 1152
# Finer than so many metres a pixel the ground would put sites into the wrong street; wider, rivers crowd.
_GROUND_M, _RIVERS_M = 65.0, 260.0
_MOST_ROWS = 4
_MOST_NAMED = 14


def draw(verdict: Verdict, around: Setting | None = None, *, alone: bool = True) -> str:
    """Draw the card of a verdict; one that stands alone follows the reader's dark setting by itself."""
    around = around or features.named(verdict)
    standing, name = verdict.independence, re.sub(r"\W+", "-", verdict.target)
    sold = phrases.count(
        standing.zones.sold, "zone of your own" if verdict.target == own_sites.REGION else "zone"
    )
    if verdict.units == "sites":
        sold = f"{phrases.count(standing.datacenters.count, 'datacenter')} sold as {sold}"
    headline = verdict.summary.removeprefix(f"{verdict.name}: ")
    told = verdict.record.told
    model = verdict.likelihood
    often = ("A majority lost ", model.majority_lost) if _several(verdict) else ("Lost ", model.one_or_more)
    bound = f"Stroke: {likelihood.bound(model)} a year. A model, not evidence."
    odds = f"{often[0]}{likelihood.often(often[1])}", bound
    pieces = [place.evidence for place in verdict.places] + [risk.evidence for risk in verdict.shared_risks]
    pieces += [finding.evidence for finding in verdict.policy.findings]
    sources = len({piece for cited in pieces for piece in cited})
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" width="{WIDE}" '
        f'height="{HIGH}" role="img" aria-labelledby="{name}-t {name}-d" font-family="{_FONT}" '
        f'stroke="currentColor" stroke-width="0"{_tone("card ink")}>'
        f'<title id="{name}-t">{_plain(f"{verdict.name}: {standing.class_}")}</title>'
        f'<desc id="{name}-d">{_plain(" ".join([verdict.summary, *told[:2], *odds]))}</desc>',
        _style() if alone else "",
        f'<rect width="{WIDE}" height="{HIGH}"{_tone("paper")}/>',
        _text(48, 56, f"{verdict.target} · {sold} · as of {verdict.as_of}", 19, "quiet", wide=820),
        _class(standing.class_, standing.outcome),
        _text(48, 104, verdict.name, 38, bold=True, wide=1104),
        *(_text(48, 140 + 29 * row, line, 21) for row, line in enumerate(_wrapped(headline, 21, 1104, 3))),
        *_plan(verdict, around),
        *(_ruler(verdict, around)),
        *_timeline(verdict),
        *_odds(verdict, *odds),
        _text(48, 608, "Physical causes only; software faults stop regions more often.", 15, "quiet"),
        _text(
            _END,
            608,
            f"{phrases.count(sources, 'source')} · policy {verdict.policy.id} · zonerisk",
            15,
            "quiet",
            anchor="end",
        ),
        "</svg>",
    ]
    drawn = "".join(parts)
    # In a page its style has the colours, of the light and of the dark, and its text the sentences.
    lean = r' color="#\w+"( fill="currentColor")?|<desc.*?</desc>| [\w-]+-d(?=")'
    return drawn if alone else re.sub(lean, "", drawn)


def badge(verdict: Verdict) -> str:
    """Draw a badge for a README: the region and its class."""
    standing = verdict.independence
    left, right = f"zonerisk {verdict.target}", standing.class_
    ends = [_width(words, 11) + 14 for words in (left, right)]
    wide, tone = sum(ends), _TONES[standing.outcome or "none"][0]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.0f}" height="20" role="img" '
        f'font-family="{_FONT}" font-size="11" fill="#fff"><title>{_plain(verdict.summary)}</title>'
        f'<clipPath id="c"><rect width="{wide:.0f}" height="20" rx="3"/></clipPath><g clip-path="url(#c)">'
        f'<rect width="{ends[0]:.0f}" height="20" fill="#3b4651"/><rect x="{ends[0]:.0f}" '
        f'width="{ends[1] + 1:.0f}" height="20" fill="{tone}"/></g>'
        f'<text x="7" y="14">{_plain(left)}</text>'
        f'<text x="{ends[0] + 7:.0f}" y="14">{_plain(right)}</text></svg>\n'
    )


def png(picture: str) -> bytes:
    """Turn a card or badge into pixels; its letters are those of the fonts on this machine."""
    try:
        import resvg_py
    except ImportError:
        raise MissingPackage("resvg-py") from None
    letter = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">{}</text></svg>'
    for family in _FAMILIES:

        def pixels(drawn: str, family: str = family) -> bytes:
            return bytes(
                resvg_py.svg_to_bytes(svg_string=drawn, font_family=family, sans_serif_family=family)
            )

        if pixels(letter.format("M")) != pixels(letter.format("")):
            return pixels(picture)
    raise UsageError(
        "none of the fonts that a card is written in is on this machine; install one, such as fonts-dejavu, "
        "or write .svg"
    )


def _several(verdict: Verdict) -> bool:
    return len(verdict.independence.domains) > 1


# ---- letters


def _plain(text: str) -> str:
    return escape(phrases.visible(text))


def _tone(name: str, fill: str = ' fill="currentColor"') -> str:
    return f' class="{name}" color="{_TONES[name.rsplit(maxsplit=1)[-1]][0]}"{fill}'


def _line(
    path: str, width: float, tone: str = "", *, opacity: str = "", dash: str = "", fill: str = ""
) -> str:
    """Draw a path as a stroke; an area keeps as much of a fill as is said."""
    look = _tone(tone, fill="") if tone else ""
    look += f' stroke-opacity="{opacity}"' if opacity else ""
    look += f' stroke-dasharray="{dash}"' if dash else ""
    look += f' fill="currentColor" fill-opacity="{fill}"' if fill else ' fill="none"'
    return f'<path{look} stroke-width="{width}" d="{path}"/>'


def _style() -> str:
    dark = "".join(f".card .{name},.card.{name}{{color:{tones[1]}}}" for name, tones in _TONES.items())
    return f"<style>@media (prefers-color-scheme:dark){{{dark}}}</style>"


def _width(text: str, size: float, bold: bool = False) -> float:
    """Measure a text by the widest of the common fonts; what is wide in the East takes a whole square."""
    wide = {**dict.fromkeys("fijlrt.,:;'|!()[] -", 0.4), **dict.fromkeys("mwMWQ@%", 0.95)}
    ems = (
        1.05 if east_asian_width(sign) in "WF" else wide.get(sign, 0.7 if sign.isupper() else 0.6)
        for sign in text
    )
    return sum(ems) * size * (1.15 if bold else 1)


def _cut(text: str, size: float, most: float, bold: bool = False) -> str:
    """Return a text, or as much of it as has room."""
    text = phrases.visible(text)
    if _width(text, size, bold) <= most:
        return text
    while text and _width(f"{text}…", size, bold) > most:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _wrapped(text: str, size: float, most: float, rows: int) -> list[str]:
    """Break a text into lines; the last takes what is left, and is cut."""
    lines = [""]
    for word in (text[:1].upper() + text[1:]).split():
        longer = f"{lines[-1]} {word}".strip()
        if len(lines) < rows and lines[-1] and _width(longer, size) > most:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_cut(line, size, most) for line in lines]


def _text(
    x: float,
    y: float,
    words: str,
    size: float,
    tone: str = "",
    *,
    bold: bool = False,
    anchor: str = "",
    wide: float = WIDE,
) -> str:
    look = (_tone(tone) if tone else "") + (' font-weight="700"' if bold else "")
    look += f' text-anchor="{anchor}"' if anchor else ""
    words = escape(_cut(words, size, wide, bold))
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}"{look}>{words}</text>'


def _sign(outcome: str | None, x: float, y: float, size: float) -> str:
    """Draw an outcome's shape; a dot where there is none."""
    shape = _SHAPES.get(outcome or "", "M8 4a4 4 0 1 0 .01 0z")
    moved = f"translate({x:.0f} {y:.0f}) scale({size / 16:.2f})"
    return f'<path{_tone(outcome or "none")} transform="{moved}" d="{shape}"/>'


def _class(class_: str, outcome: str | None) -> str:
    wide = _width(class_, 24, bold=True) + 58
    left = _END - wide
    return (
        f'<g{_tone(outcome or "none")}><rect x="{left:.0f}" y="28" width="{wide:.0f}" height="42" rx="21" '
        'fill="none" stroke-width="2"/>'
        f"{_text(left + 44, 57, class_, 24, bold=True)}</g>{_sign(outcome, left + 14, 38, 22)}"
    )


# ---- the plan


class _Plane:
    """Metres east and north of a middle, as pixels; and the room that labels have taken."""

    def __init__(self, points: Sequence[tuple[Point, float]]) -> None:
        first = points[0][0].lon
        turned = [(features.turned(at, first), doubt) for at, doubt in points]
        lats, lons = [at.lat for at, _ in turned], [at.lon for at, _ in turned]
        self.lat, self.lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        self.east_m = 111_195 * max(0.05, math.cos(math.radians(self.lat)))
        reach = [
            (abs(at.lon - self.lon) * self.east_m + r, abs(at.lat - self.lat) * 111_195 + r)
            for at, r in turned
        ]
        self.metres = max(
            max(x for x, _ in reach) / (_W / 2 - 70), max(y for _, y in reach) / (_H / 2 - 56), 1.2
        )
        self.taken: list[tuple[float, float, float, float]] = [(_W - 150, _H - 34, _W, _H)]

    def at(self, point: tuple[float, float]) -> tuple[float, float]:
        lat, lon = features.turned(Point(*point), self.lon)
        return (
            _W / 2 + (lon - self.lon) * self.east_m / self.metres,
            _H / 2 - (lat - self.lat) * 111_195 / self.metres,
        )

    @property
    def box(self) -> Box:
        up, side = (_H / 2 * self.metres / 111_195, _W / 2 * self.metres / self.east_m)
        return Box(self.lat - up, self.lon - side, self.lat + up, self.lon + side)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        """Write a line of latitudes and longitudes in whole pixels, each once."""
        spots = [tuple(round(value) for value in self.at(point)) for point in points]
        kept = [spot for index, spot in enumerate(spots) if not index or spot != spots[index - 1]]
        (x, y), steps = kept[0], [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(kept)]
        return f"M{x} {y}l" + " ".join(f"{dx} {dy}" for dx, dy in steps).replace(" -", "-")

    def name(
        self, at: tuple[float, float], words: str, size: float, tone: str = "", *, bold: bool = False
    ) -> str:
        """Write a label beside a spot where there is room, else nothing."""
        words = _cut(words, size, 340, bold)
        wide, (x, y) = _width(words, size, bold), at
        for dx, dy in ((13, size / 3), (-wide - 13, size / 3), (-wide / 2, -14), (-wide / 2, size + 12)):
            room = (x + dx - 3, y + dy - size, x + dx + wide + 3, y + dy + 4)
            inside = room[0] > 2 and room[2] < _W - 2 and room[1] > 2 and room[3] < _H - 2
            if inside and all(
                room[2] < b[0] or room[0] > b[2] or room[3] < b[1] or room[1] > b[3] for b in self.taken
            ):
                self.taken.append(room)
                return _text(x + dx, y + dy, words, size, tone, bold=bold)
        return ""


def _plan(verdict: Verdict, around: Setting) -> Iterator[str]:
    """Draw the zones to scale, in ink, with the places around and what decides the verdict in its colour."""
    yield f'<svg x="{_X}" y="{_Y}" width="{_W}" height="{_H}">'
    yield f'<rect width="{_W}" height="{_H}" rx="8"{_tone("ground")}/>'
    places = {
        place: Point(place.lat, place.lon)
        for place in verdict.places
        if place.lat is not None and place.lon is not None
    }
    shown = {place: at for place, at in places.items() if place.kind != "metro"} or places
    if not shown:
        yield _text(_W / 2, _H / 2, "No place of it is known.", 19, "quiet", anchor="middle") + "</svg>"
        return
    plane = _Plane([(at, place.uncertainty_m or 0.0) for place, at in shown.items()])
    if not ground.places(plane.box, 1):
        plane.taken.append((0, 0, 380, 34))
    yield from _below(plane)
    domains = verdict.independence.domains
    served = {place: [key for key in (place.id, *place.zones) if key in domains] for place in shown}
    for place, at in shown.items():
        x, y = plane.at(at)
        radius = (place.uncertainty_m or 0) / plane.metres
        if radius > 9 and (served[place] or place.kind == "metro"):
            look = 'fill-opacity=".08" stroke-width="1" stroke-opacity=".5" stroke-dasharray="4 4"'
            yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" {look}/>'
        plane.taken.append((x - 8, y - 8, x + 8, y + 8))
    yield from _cause(verdict, plane, shown)
    tied = {place: keys for place, keys in served.items() if keys}
    loose = {tuple(round(v / 3) * 3 for v in plane.at(shown[place])) for place in shown if place not in tied}
    key = re.sub(r"\W+", "-", verdict.target)
    yield _dots(f"{key}-c", loose, (9, "ink"), (5.5, "paper"))
    yield _dots(f"{key}-z", {tuple(map(round, plane.at(shown[place]))) for place in tied}, (16, "ink"))
    named: set[str] = set()
    for place, keys in tied.items():
        fresh = [key for key in keys if key not in named]
        named |= set(fresh)
        if fresh:
            name = ", ".join(domains[key] for key in fresh)
            yield plane.name(plane.at(shown[place]), name, 17, "ink", bold=True)
    for place in (
        [place for place in shown if place not in tied][:_MOST_NAMED] if len(loose) <= _MOST_NAMED else ()
    ):
        yield plane.name(plane.at(shown[place]), place.name, 14, "quiet")
    for site in around.retired:
        if site.position:
            x, y = plane.at((site.position.lat, site.position.lon))
            yield _line(f"M{x - 6:.0f} {y - 6:.0f}l12 12m0-12l-12 12", 3.5, "quiet")
            yield plane.name(
                (x, y), f"{site.name}, {site.fate or 'out of service'} {site.until or ''}"[:40], 14, "quiet"
            )
    silent = [name for key, name in domains.items() if not any(key in keys for keys in tied.values())]
    if silent and _several(verdict):
        words = phrases.names(silent) if tied else "any zone"
        words = "Hollow: a zone may stand there" if loose and not tied else f"Not disclosed: {words}"
        yield _text(14, _H - 14, words, 14, "quiet", wide=_W - 150)
    yield _places(plane)
    yield _scale(plane) + "</svg>"


def _dots(key: str, spots: set[tuple[int, ...]], *looks: tuple[float, str]) -> str:
    """Draw one dot on another at each spot."""
    path = "".join(f"M{x} {y}h.1" for x, y in sorted(spots))
    drawn = "".join(
        f'<use href="#{key}" stroke-width="{width}"{_tone(tone, fill="")}/>' for width, tone in looks
    )
    shape = f'<defs><path id="{key}" stroke-linecap="round" d="{path}"/></defs>'
    return shape + drawn if spots else ""


def _below(plane: _Plane) -> Iterator[str]:
    """Draw the ground in grey, where it is as good as the plan."""
    if plane.metres < _GROUND_M:
        return
    tolerance = 3 * plane.metres / 111_195
    yield f'<rect width="{_W}" height="{_H}" rx="8"{_tone("water")}/>'
    for kind, tone in (("land", "ground"), ("urban", "town"), ("water", "water"), ("rivers", "water")):
        if kind == "rivers" and plane.metres > _RIVERS_M:
            continue
        lines = "".join(
            plane.path([(lat, lon) for lon, lat in line]) for line in ground.lines(kind, plane.box, tolerance)
        )
        if lines:
            yield _line(lines, 1.5, tone) if kind == "rivers" else f'<path{_tone(tone)} d="{lines}"/>'


def _places(plane: _Plane) -> str:
    """Name the towns in view; where there is none, tell the way to the nearest."""
    towns = ground.places(plane.box, 7)
    if towns:
        return "".join(plane.name(plane.at((town.lat, town.lon)), town.name, 15, "quiet") for town in towns)
    far = [
        (math.hypot(x - _W / 2, y - _H / 2) * plane.metres, x - _W / 2, _H / 2 - y, town.name)
        for town in ground.places(plane.box.grown(0.8))
        for x, y in [plane.at((town.lat, town.lon))]
    ]
    if not far:
        return ""
    metres, east, north, name = min(far)
    wind = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
    way = wind[round(math.atan2(north, east) / (math.pi / 4)) % 8]
    return _text(14, 26, f"{name} lies {phrases.distance(metres)} {way} of here", 15, "quiet", wide=_W - 30)


def _scale(plane: _Plane) -> str:
    power = 10.0 ** math.floor(math.log10(plane.metres * 120))
    length = max(step * power for step in (1, 2, 5) if step * power <= plane.metres * 120)
    x, y = _W - 16 - length / plane.metres, _H - 14
    return _line(f"M{x:.0f} {y - 6}v6H{_W - 16}v-6", 2) + _text(
        _W - 16, y - 10, _short(length), 14, anchor="end"
    )


def _cause(verdict: Verdict, plane: _Plane, shown: dict[Place, Point]) -> Iterator[str]:
    """Draw what decides: the nearest pair, those that one cause takes, or how far candidates spread."""
    standing = verdict.independence
    cause, tone = standing.cause, standing.outcome or "none"
    hit = [
        (at, place.uncertainty_m or 0.0)
        for place, at in shown.items()
        if {place.id, *place.zones}.intersection(cause.members)
    ]
    if cause.kind == "distance" and len(cause.members) == 2:
        ours, theirs = (
            [at for place, at in shown.items() if member in (place.id, *place.zones)]
            for member in cause.members
        )
        if ours and theirs:
            from zonerisk.core.geometry import closest

            ends = closest(ours, theirs)
            (x1, y1), (x2, y2) = (plane.at(end) for end in ends)
            yield _line(f"M{x1:.0f} {y1:.0f}L{x2:.0f} {y2:.0f}", 4, tone)
            if cause.distance_m and cause.distance_m.best is not None:
                yield plane.name(
                    ((x1 + x2) / 2, (y1 + y2) / 2),
                    phrases.distance(cause.distance_m.best),
                    17,
                    tone,
                    bold=True,
                )
        return
    words, dash = _named_cause(verdict), ""
    if not hit and standing.spread and cause.kind != "count":
        hit, dash = [(at, 0.0) for at in shown.values()], "3 7"
        words = words or f"{standing.spread.buildings} known buildings"
    if not hit or not words or cause.kind == "count":
        return
    # So far around the sites that an outline is no line between them.
    drawn = [(at, radius + 18 * plane.metres) for at, radius in hit]
    rings = [features.hull(drawn)] if dash else features.outlines(drawn)
    yield _line("".join(f"{plane.path(ring)}Z" for ring in rings), 2.5, tone, dash=dash, fill=".12")
    x, y = min((plane.at(point) for point in rings[0]), key=lambda spot: spot[1])
    yield plane.name((x, max(y, 24)), words, 16, tone, bold=True)


def _named_cause(verdict: Verdict) -> str:
    """Say in a few words what the outline is of."""
    cause = verdict.independence.cause
    if cause.kind == "incident" and cause.risk:
        # An event that several records tell of goes by a name of its own: it is the one that took several.
        known = {one.id: one for one in verdict.record.incidents}
        keys = [key for key in known if cause.risk == f"incident:{key}"] or [*verdict.record.several][-1:]
        return f"{known[keys[0]].cause} {known[keys[0]].start[:4]}" if keys else "one event"
    return f"one {cause.kind}" if cause.risk else ""


# ---- rulers


def _short(metres: float) -> str:
    return phrases.distance(metres).replace(".0 km", " km")


def _band(span: Interval, most: float) -> tuple[float, float]:
    return span.low or 0.0, most if span.high is None else min(span.high, most)


def _ruler(verdict: Verdict, around: Setting) -> Iterator[str]:
    """Draw distances as bars against what the policy asks: of zones, or of where one alone may recover."""
    asked = {one.rule: one.threshold for one in verdict.policy.findings if one.threshold}
    names = verdict.independence.domains
    placed = {key for place in verdict.places if place.lat is not None for key in (place.id, *place.zones)}
    pairs = verdict.policy.separations
    known = sorted((row for row in pairs if {row.a, row.b} <= placed), key=lambda row: row.distance_m.rank)
    low, high = (
        limit.value * 1000 if (limit := asked.get(rule)) and limit.measure == "fibre" else None
        for rule in ("separation-min", "separation-max")
    )
    fibre = low is not None or high is not None
    if _several(verdict):
        title = "Fibre between zones" if fibre else "Distance between zones"
        # What all names begin with tells none apart.
        first, last = min(names.values()), max(names.values())
        same = next((at for at, (x, y) in enumerate(zip(first, last, strict=False)) if x != y), 0)
        alike = len(re.sub(r"[^\s-]*$", "", first[:same]))
        if len(known) > _MOST_ROWS:
            known = [*known[: _MOST_ROWS - 1], known[-1]]
        rows = [
            (
                f"{names[row.a][alike:]} to {names[row.b][alike:]}",
                row.fibre_m if fibre else row.distance_m,
                row.outcome,
            )
            for row in known
        ]
        if not rows and pairs:
            widest = max(pairs, key=lambda row: row.fibre_m.high or math.inf)
            span = widest.fibre_m if fibre else widest.distance_m
            rows = [("any two zones", span, widest.outcome)] if fibre or span.high else []
    else:
        title, limit = "How far off it may recover", asked.get("dr")
        low, high = (limit.value * 1000, None) if limit else (None, None)
        rows = [
            (around.name(option.target), option.distance_m, option.outcome)
            for option in sorted(verdict.recovery, key=lambda option: option.distance_m.rank)[:_MOST_ROWS]
        ]
    ends = f"{phrases.distance(low or 0)} to {phrases.distance(high)}" if high else phrases.distance(low or 0)
    about = f"; asked: {'' if high else 'at least '}{ends}" if low or high else ""
    yield _text(_RIGHT, 242, f"{title}{about}".replace(".0 km", " km"), 17, bold=True, wide=540)
    if not rows:
        yield _text(_RIGHT, 270, "There is nothing to measure.", 16, "quiet")
        return
    reach = [span.high if span.high is not None else (span.best or span.low) * 1.3 for _, span, _ in rows]
    most = 1.08 * max([*reach, (high or low or 0) * 1.2, 1.0])
    left = _RIGHT + 40 + min(250.0, max(_width(words, 15) for words, *_ in rows))
    wide = _END - left
    pixels = wide / most
    bottom = 258 + 29 * len(rows)
    if low or high:
        start, end = left + (low or 0) * pixels, left + (high or most) * pixels
        size = f'width="{end - start:.0f}" height="{bottom - 254}"'
        yield f'<rect x="{start:.0f}" y="254" {size} fill-opacity=".09"{_tone("quiet")}/>'
    for index, (words, span, outcome) in enumerate(rows):
        y = 272 + 29 * index
        ends_m = _band(span, most)
        x, x2 = (left + end * pixels for end in ends_m)
        dash = "2 5" if span.best is None else ""
        yield _sign(outcome, _RIGHT, y - 8, 15)
        yield _text(_RIGHT + 22, y + 5, words, 15, wide=left - _RIGHT - 36)
        bar = f"M{x:.0f} {y}H{max(x2, x + 2):.0f}"
        yield _line(bar, 7, outcome or "none", opacity=".55", dash=dash)
        if span.best is not None:
            yield f'<circle{_tone(outcome or "none")} cx="{left + span.best * pixels:.0f}" cy="{y}" r="6"/>'
    marks: list[tuple[float, str]] = []
    yield _line(f"M{left:.0f} {bottom}H{_END}", 1, opacity=".4")
    for at in sorted({0.0, low or 0.0, high or 0.0, most / 1.08}):
        x, words = left + at * pixels, _short(at) if at else "0"
        if not marks or x - marks[-1][0] > _width(words, 13) + 12:
            marks.append((x, words))
    yield _ticks(bottom + 16, marks)


def _timeline(verdict: Verdict) -> Iterator[str]:
    """Draw events as marks on the years: of several zones in red, of one in ink, of software hollow."""
    record, top, line = verdict.record, 408, 466
    told = record.told[0] if record.told else "no event is on record"
    for row, words in enumerate(_wrapped(f"record {told}", 15, 540, 2)):
        yield _text(_RIGHT, top + 18 * row, words, 15)
    last = _year(verdict.as_of)
    first = math.floor(min([_year(record.since or verdict.as_of), last - 5]))
    wide = (_END - _RIGHT) / (last - first)
    for feed in record.feeds:
        x, x2 = (
            _RIGHT + max(0.0, _year(day) - first) * wide
            for day in (feed.since, min(feed.until, verdict.as_of))
        )
        yield _line(f"M{x:.0f} {line}H{x2:.0f}", 7, "quiet", opacity=".3")
    yield _line(f"M{_RIGHT} {line}H{_END}", 1, opacity=".6")
    stacked: dict[int, int] = {}
    for event in record.incidents:
        x = _RIGHT + (_year(event.start) - first) * wide
        if event.scope != "core" or not _RIGHT <= x <= _END:
            continue
        level = stacked[round(x / 9)] = stacked.get(round(x / 9), -1) + 1
        y = line - 6 - 9 * min(level, 3)
        if event.id in record.several or event.id in record.conflict:
            yield f'<path{_tone("fail")} d="M{x - 5:.0f} {y - 5}h10v10h-10z"/>'
        else:
            fill = ' fill="none" stroke-width="1.5"' if event.kind == "logical" else ""
            yield f'<circle cx="{x:.0f}" cy="{y}" r="{3.5 if fill else 4.5}"{fill}/>'
    step = next(step for step in (1, 2, 5, 10) if (last - first) / step <= 7)
    years = range(-(-first // step) * step, int(last) + 1, step)
    yield _ticks(line + 18, [(_RIGHT + max((year - first) * wide, 16), str(year)) for year in years])
    yield _text(
        _RIGHT,
        line + 36,
        "square: several zones; dot: one; ring: software; grey: years with a feed read",
        13,
        "quiet",
        wide=540,
    )


def _ticks(y: float, marks: Sequence[tuple[float, str]]) -> str:
    """Write what an axis says at its marks."""
    texts = "".join(f'<text x="{x:.0f}" y="{y:.0f}">{_plain(words)}</text>' for x, words in marks)
    return f'<g font-size="13"{_tone("quiet")} text-anchor="middle">{texts}</g>'


def _year(day: str) -> float:
    year, *rest = (int(part) for part in day[:10].split("-"))
    month, date = [*rest, 1, 1][:2]
    return year + (month - 1) / 12 + (date - 1) / 365


def _odds(verdict: Verdict, told: str, bound: str) -> Iterator[str]:
    """Draw how often, as a band on years that grow tenfold; the bound is a stroke."""
    model, y = verdict.likelihood, 548
    band = model.majority_lost if _several(verdict) else model.one_or_more
    yield _text(_RIGHT, 530, told, 16, bold=True, wide=540)
    yield _text(_RIGHT, y + 38, bound, 13, "quiet", wide=540)

    def across(years: float) -> float:
        return _RIGHT + (_END - _RIGHT) * min(1.0, max(0.0, math.log10(max(years, 1.0)) / 4))

    x, x2, most = across(band.years_low), across(band.years_high), across(model.at_most_one_in)
    yield _line(f"M{_RIGHT} {y}H{_END}", 1, opacity=".4")
    yield _line(f"M{x:.0f} {y}H{x2:.0f}", 9, opacity=".75") + _line(f"M{most:.0f} {y - 10}v20", 3)
    marks = zip((22, 135, 270, 405, 493), ("1 year", "10", "100", "1,000", "10,000 years"), strict=True)
    yield _ticks(y + 21, [(_RIGHT + x, words) for x, words in marks])
