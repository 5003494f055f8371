"""The data of a map page: compact rows that its script draws, and the views it can show."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from os.path import commonprefix
from typing import TYPE_CHECKING, Any, NamedTuple

from zonerisk.core.kinds import asked_by
from zonerisk.core.verdict import Verdict, severity
from zonerisk.pages import features, ground
from zonerisk.pages.features import Feature, Point, Setting
from zonerisk.pages.ground import Box

if TYPE_CHECKING:
    from zonerisk.core.model import Evidence
    from zonerisk.core.verdict import Finding, Place
    from zonerisk.pages.page import Shared

_DECIMALS = 5
# Nobody sees a kilometre of what is hundreds away.
_DIGITS = {"dr-limit": 2}
_OSM = "https://www.openstreetmap.org/"
# A view never shrinks below so many degrees (about 600 m), or a point would fill the screen.
_LEAST_VIEW = 0.003
# Beyond so many, the lines between zones would only hide each other.
_MOST_LINES = 400
_MOST_LIT = 100


class Layer(NamedTuple):
    """A group of features that a reader can switch: key in the page's code, kind, name, and shape."""

    key: str
    kind: str
    name: str
    shape: str


# Drawn in this order, what lies undermost first.
LAYERS = (
    Layer("limit", "dr-limit", "Recovery counts beyond this line", "area"),
    Layer("landmarks", "landmark", "Mapped hazards: water, others", "any"),
    Layer("spread", "spread", "Known buildings, a zone in any", "area"),
    Layer("risks", "shared-risk", "Sites sharing a risk (C: dashed)", "area"),
    Layer("discs", "disc", "Where a site may stand", ""),
    Layer("circuits", "circuit", "Circuits, not their routes", "line"),
    Layer("separations", "separation", "Separations, by outcome", "line"),
    Layer("stations", "station", "Grid stations: near is not feeding", "point"),
    Layer("retired", "retired", "Retired or destroyed", "point"),
    Layer("sites", "site", "Sites", "point"),
    Layer("recovery", "dr-region", "Other regions, by outcome", "point"),
    Layer("regions", "region", "Regions, by class", "point"),
)


class MapData:
    """What one page draws, of one region or of several, all longitudes within half a turn of their middle.

    Rows come with what lies undermost first, and evidence by site.
    """

    def __init__(
        self, rows: Sequence[Feature], evidence: Mapping[str, Sequence[Evidence]], *, single: bool = True
    ) -> None:
        self.single = single
        origin = _middle(row.points[0].lon for row in rows if row.kind in ("site", "region"))
        self.rows, self._outlines = _merged([_turned(row, origin) for row in rows])
        self._kinds: dict[str, list[Feature]] = {}
        self._at: dict[tuple[str, str], list[Feature]] = {}
        for row in self.rows:
            self._kinds.setdefault(row.kind, []).append(row)
            self._at.setdefault((row.kind, row.id), []).append(row)
        self.shows: list[dict[str, Any]] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._places: dict[str, dict[str, list[tuple[Place, Point]]]] = {}
        self.evidence = evidence
        self._sources: dict[Evidence, int] = {}
        served = dict.fromkeys(_served(row) for row in self.of_kind("site") if row.zone)
        self.zones = {zones: number for number, zones in enumerate(served)}

    def of_kind(self, kind: str) -> list[Feature]:
        """List the features of one kind."""
        return self._kinds.get(kind, [])[: _MOST_LINES if kind == "separation" else None]

    def layers(self) -> list[Layer]:
        """List the layers that have something to show."""
        return [layer for layer in LAYERS if self.of_kind(layer.kind)]

    def tables(self, shared: Shared | None = None) -> dict[str, Any]:
        """Return each layer's rows, and the sources they cite by number, or by the numbers of shared ones."""
        tables = {layer.key: self._table(layer.kind, shared) for layer in self.layers() if layer.shape}
        sources = [shared.cite(piece) for piece in self._sources] if shared else self._cited()
        return {**tables, "sources": sources}

    def _table(self, kind: str, shared: Shared | None) -> dict[str, Any]:
        """Write rows: id, name, then the values of the columns that differ, and where they all are.

        Of a region to recover in, its number among the peers that pages share stands for all but the values.
        """
        rows = self.of_kind(kind)
        peers = shared if kind == "dr-region" else None
        dots = all(row.shape == "point" for row in rows)
        prefix = commonprefix([row.id for row in rows])  # noqa: RUF071
        columns: dict[str, list[Any]] = {
            "outcome": [row.outcome for row in rows],
            "zone": [self.zones.get(_served(row)) for row in rows],
            "radius": [_short(row.uncertainty_m) for row in rows],
        }
        for word in rows[0].words:
            # What is said of a region to recover in stands in the page's list.
            if word != "message":
                columns[word] = [_short(row.words[word]) for row in rows]
        if peers:
            del columns["radius"], columns["site"]
        if kind in ("site", "retired"):
            cited = self._sources
            columns["sources"] = [
                tuple(cited.setdefault(piece, len(cited)) for piece in self.evidence.get(row.id, ()))
                for row in rows
            ]
        few, tails = _packed(columns.values(), len(rows))
        heads: list[list[Any]] = [
            [peers.peer(row)] if peers else [row.id[len(prefix) :], row.name] for row in rows
        ]
        if not dots:
            for head, row in zip(heads, rows, strict=True):
                head.append([_encoded(ring, kind) for ring in (row.points, *row.holes)])
        return {
            "kind": kind,
            "prefix": prefix,
            "digits": _DIGITS.get(kind, _DECIMALS),
            **({"at": _encoded([row.points[0] for row in rows], kind)} if dots and not peers else {}),
            "columns": list(zip(columns, few, strict=True)),
            "rows": [head + tail for head, tail in zip(heads, tails, strict=True)],
        }

    def _cited(self) -> dict[str, Any]:
        """Write grade, title, address, day and claim of each source.

        An object of OpenStreetMap needs no title: its address says it all.
        """
        rows = []
        for piece in self._sources:
            url = web_address(piece.url)
            path = (url or "").removeprefix(_OSM)
            mapped = url != path and piece.title == f"OpenStreetMap {path.replace('/', ' ')}"
            title, address = (None, path) if mapped else (piece.title, url)
            rows.append((piece.grade, title, address, piece.read, piece.claim))
        few, packed = _packed(zip(*rows, strict=True), len(rows))
        return {"few": few, "rows": packed}

    @property
    def box(self) -> Box:
        """Bounds of the sites, or of all there is."""
        sites = [row for row in self.rows if row.kind in ("site", "region", "shared-risk")]
        # Where buildings are known, the whole metro around them would only make them small.
        sites = [row for row in sites if row.words.get("site_kind") != "metro"] or sites
        return bounds(point for row in sites or self.rows for point in extent(row))

    def decisive(self, verdict: Verdict) -> list[Feature]:
        """List what is drawn of a verdict's cause: the risk's outline, the pair, or where zones may stand."""
        cause, spread = verdict.independence.cause, ("spread", verdict.target)
        if cause.risk:
            outline = self._outlines.get(cause.risk)
            wanted = {("shared-risk", outline) if outline else spread}
        else:
            wanted = {("separation", " ".join(cause.members[::way])) for way in (1, -1)} | {spread}
        return [row for row in self.rows if (row.kind, row.id) in wanted]

    def turns(self) -> list[int]:
        """List the copies of the world, by their turn in degrees, that features stand on or within 2 of."""
        lons = [point.lon for row in self.rows for point in row.points] or [0.0]
        west, east = min(lons) - 182, max(lons) + 182
        return [turn for turn in (-360, 0, 360) if turn == 0 or west < turn < east]

    def show_finding(self, verdict: Verdict, around: Setting, finding: Finding) -> int | None:
        """Keep the view of a finding: whom it speaks of, and what is drawn of its risks."""
        subjects, kinds = finding.subjects, asked_by(finding.rule)
        alike = [risk for risk in verdict.shared_risks if set(risk.members) == set(subjects)]
        risks = [risk.id for risk in alike if risk.kind in kinds]
        drawn = around.drawn(risks) if risks else ()
        if subjects in ((), (verdict.target,)):
            drawn = around.drawn(()) if finding.rule == "power" else drawn
            return self.show(verdict, (verdict.target,), f"all {verdict.units}", drawn)
        # Where recovery may go is seen from the region.
        members = (verdict.target, *subjects) if finding.rule == "dr" else subjects
        return self.show(verdict, members, around.joined(subjects), drawn)

    def show(
        self, verdict: Verdict, members: tuple[str, ...], words: str, also: tuple[tuple[str, str], ...] = ()
    ) -> int | None:
        """Keep a view of some zones and sites that a reader can call up, and return its number.

        It lights other features too, by kind and id; None if nothing has a position.
        """
        if verdict.target not in self._places:
            self._places[verdict.target] = features.index_places(verdict)
        places = self._places[verdict.target]
        if not members or places.keys().isdisjoint((*members, verdict.target)):
            return None
        if places.keys().isdisjoint(members) and any(verdict.target in member for member in members):
            # A zone whose building is not disclosed may stand in any of the region's sites.
            members, words = (verdict.target,), f"{words}, where they may stand"
        if any(kind == "station" for kind, _ in also):
            words = f"{words}, with the stations on record"
        view = (verdict.target, *sorted(members), also)
        if view not in self._numbers:
            wanted = [
                *(("site", place.id) for member in members for place, _ in places.get(member, ())),
                *(("dr-region", member) for member in members),
                ("separation", " ".join(members)),
                *((kind, self._outlines.get(key, key)) for kind, key in also),
            ]
            keys = [key for key in dict.fromkeys(wanted) if key in self._at]
            rows = [row for key in keys if key[0] != "landmark" for row in self._at[key]]
            sites = [row.points[0] for row in rows if row.kind == "site"]
            # Of an object the corner that is nearest to some site; a river has no end to show.
            things = (self._at[key] for key in keys if key[0] == "landmark")
            objects = (chain(*(part.points for part in parts)) for parts in things)
            near = [
                min(ends, key=lambda end: min((math.dist(end, at) for at in sites), default=0))
                for ends in objects
            ]
            lit = [f"{kind}:{key}" for kind, key in keys] if len(keys) <= _MOST_LIT else []
            box = bounds([*near, *(point for row in rows for point in extent(row))])
            self._numbers[view] = len(self.shows)
            self.shows.append({"bounds": box, "features": lit, "words": words})
        return self._numbers[view]


def build_map_data(pairs: Sequence[tuple[Verdict, Setting]]) -> MapData:
    """Gather what the page of some verdicts draws."""
    single = len(pairs) == 1
    # Among several regions each is another's recovery: drawn for all, it would hide the rest.
    left_out = () if single else ("dr-limit", "dr-region")
    rows = [
        # On a map of many regions a mark tells how its region was judged, not its zone.
        row if single or row.kind != "site" else replace(row, zone=None, outcome=verdict.independence.outcome)
        for verdict, around in sorted(pairs, key=lambda pair: severity(pair[0].independence.outcome))
        for row in features.build_features(verdict, around)
        if row.kind not in left_out
    ]
    evidence = {place.id: place.evidence for verdict, _ in pairs for place in verdict.places}
    for _, around in pairs:
        evidence |= around.cited
    return MapData(rows, evidence, single=single)


def _merged(rows: Sequence[Feature]) -> tuple[list[Feature], dict[str, str]]:
    """Draw risks of the same sites as one outline, the worst on top; also return which has which."""
    alike: dict[tuple[tuple[Point, ...], ...], list[Feature]] = {}
    for row in rows:
        if row.kind == "shared-risk":
            alike.setdefault((row.points, *row.holes), []).append(row)
    outlines: list[Feature] = []
    outline_of: dict[str, str] = {}
    for risks in alike.values():
        risks.sort(key=lambda row: severity(row.outcome), reverse=True)
        outline_of |= {row.id: risks[0].id for row in risks}
        sentences = [f"{row.words['risk_kind']} ({row.words['grade']}): {row.name}" for row in risks]
        kinds = ", ".join(dict.fromkeys(str(row.words["risk_kind"]) for row in risks))
        words = {**risks[0].words, "told": "\n".join(sentences)}
        outlines.append(replace(risks[0], name=f"share: {kinds}", words=words))
    outlines.sort(key=lambda row: severity(row.outcome))
    return [row for row in rows if row.kind != "shared-risk"] + outlines, outline_of


def _served(row: Feature) -> str:  # The zones that a site serves, together: they share its mark.
    return str(row.words.get("zones") or row.zone or "")


def _encoded(points: Sequence[Point], kind: str) -> str:
    return ground.encode(points, _DIGITS.get(kind, _DECIMALS))[0]


def _short(value: float | str | None) -> float | str | None:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _packed(columns: Iterable[Sequence[Any]], count: int) -> tuple[list[list[Any] | None], list[list[Any]]]:
    """Write columns of few different values as those, and their rows by numbers; one value needs none."""
    few: list[list[Any] | None] = []
    kept: list[Sequence[Any]] = []
    for values in columns:
        numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
        short = len(numbers) * 4 <= count
        few.append(list(numbers) if short else None)
        if not short:
            kept.append(values)
        elif len(numbers) > 1:
            kept.append([numbers[value] for value in values])
    return few, [[values[index] for values in kept] for index in range(count)]


def _middle(lons: Iterable[float]) -> float:
    """Return the longitude opposite the widest gap between some."""
    around = sorted({lon % 360 for lon in lons}) or [0.0]
    wide, end = max((after - before, after) for before, after in pairwise([*around, around[0] + 360]))
    return features.turned(Point(0, end + (360 - wide) / 2), 0.0).lon


def _turned(row: Feature, origin: float) -> Feature:
    turn = 360 * round((row.points[0].lon - origin) / 360)
    if not turn:
        return row
    points, *holes = (tuple(Point(lat, lon - turn) for lat, lon in ring) for ring in (row.points, *row.holes))
    return replace(row, points=points, holes=tuple(holes))


def extent(row: Feature) -> Iterable[Point]:
    """List the corners of what a feature covers; a disc's are good enough for a view."""
    if not row.uncertainty_m:
        return chain(row.points, *row.holes)
    reach = row.uncertainty_m / 111_000
    wide = reach / max(0.05, 1 - (row.points[0].lat / 90) ** 2)
    lat, lon = row.points[0]
    return (Point(lat - reach, lon - wide), Point(lat + reach, lon + wide))


def bounds(points: Iterable[Point]) -> Box:
    """Return the box around points, not smaller than a few streets."""
    listed = list(points) or [Point(ground.WORLD.south, -180.0), Point(ground.WORLD.north, 180.0)]
    south, north = min(point.lat for point in listed), max(point.lat for point in listed)
    west, east = min(point.lon for point in listed), max(point.lon for point in listed)
    tall, wide = (max(0.0, _LEAST_VIEW - size) / 2 for size in (north - south, east - west))
    return Box(*(round(value, _DECIMALS) for value in (south - tall, west - wide, north + tall, east + wide)))


def web_address(url: object) -> str | None:
    """Return an address if a click on it may only open a web page, else None."""
    return url if isinstance(url, str) and re.match(r"https?://[^\s\"'<>`]+$", url) else None
