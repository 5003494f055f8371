"""Pages of verdicts, each one file: folium composes the map, and nothing is asked of the network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from html import escape
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.kinds import KINDS
from zonerisk.pages import card, features, ground, map_payload
from zonerisk.pages.card import asset
from zonerisk.pages.map_payload import Layer, MapData, web_address
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.model import Evidence
    from zonerisk.core.verdict import Verdict
    from zonerisk.pages.features import Feature, Setting
    from zonerisk.pages.ground import Sheet, Tiles
    from zonerisk.words.dossier import Dossier

ASSETS = "assets"
SOURCES = "sources.html"
CARDS = "cards"
ATTRIBUTION = "Contains information from OpenStreetMap, (c) OpenStreetMap contributors, ODbL 1.0"
# The short form beside the map; the whole stands at the page's foot.
_SITES = "Sites: \u00a9 OpenStreetMap contributors and the catalogue's sources, ODbL"
# Beyond so many regions a page sums each up; their findings stand on pages of their own.
_MOST_WHOLE = 60
# What a browser would end a script element at, and JSON's short forms of what a reader would not see.
_ESCAPES = {sign: f"\\u{ord(sign):04x}" for sign in "<>&"}
_HIDDEN = {"\\b": "\\\\u0008", "\\f": "\\\\u000c", "\\r": "\\\\u000d", "\\u": "\\\\u"}
# What does not bear on a verdict of another cause is off; choosing a finding brings it back.
_UNRELATED = {"power": ("stations", "circuits"), "count": ("recovery", "limit")}


class Shared:
    """What the pages of one folder share: files beside them by their names, each text once.

    The site is the address that the folder will be served from, if that is known; records say where records
    and documents can be opened, by their names.
    """

    def __init__(self, site: str | None = None, records: Mapping[str, str] | None = None) -> None:
        self.site, self.records = site, records or {}
        self.files: dict[str, str] = {}
        self.pictures: dict[str, str] = {}
        self.cited: dict[Evidence, int] = {}
        self.peers: dict[tuple[object, ...], int] = {}
        self._parts: dict[str, str] = {}

    def link(self, name: str, text: str) -> str:
        """Keep a file, and return its address from a page."""
        self.files[f"{ASSETS}/{name}"] = text
        return f"{ASSETS}/{name}"

    def part(self, text: str, kind: str) -> str:
        """Keep a script that several pages have, numbered among its kind, and return its address."""
        if text not in self._parts:
            number = sum(name.startswith(f"{ASSETS}/{kind}-") for name in self.files)
            self._parts[text] = self.link(f"{kind}-{number}.js", text)
        return self._parts[text]

    def cite(self, piece: Evidence) -> int:
        """Return the number of a source on the page of sources."""
        return self.cited.setdefault(piece, len(self.cited) + 1)

    def peer(self, row: Feature) -> int:
        """Return the number of a place that several regions may recover in."""
        place = (row.id, row.name, row.points[0], row.uncertainty_m, row.words["site"])
        return self.peers.setdefault(place, len(self.peers))

    def finish(self) -> None:
        """Keep the files of what the pages refer to by numbers, once all pages are written."""
        sources = [
            (piece.grade, piece.title, web_address(piece.url), piece.read, piece.claim, piece.secondary)
            for piece in self.cited
        ]
        text = island({"sources": sources, "peers": list(self.peers)})
        self.link("sources.js", f"window.sharedData = {text};\n")


def map_page(
    verdicts: Sequence[Verdict],
    settings: Sequence[Setting] | None = None,
    *,
    online: Tiles | None = None,
    crumbs: Sequence[tuple[str, str]] = (),
    files: Mapping[str, str] | None = None,
    owner: str = "",
    attribution: str = ATTRIBUTION,
    shared: Shared | None = None,
) -> str:
    """Build the map of one region, or of several together; owner heads the page of several.

    The page offers the online map switched off; it leads back by the crumbs (names with their
    pages). Files say where records and documents can be opened, by their names.
    """
    if not verdicts:
        raise UsageError("no region to show; name one, such as ovh-sbg")
    settings = settings or [features.named(verdict) for verdict in verdicts]
    first, count = verdicts[0], len(verdicts)
    single, summed = count == 1, count > _MOST_WHOLE
    if not single:
        # The stations of many regions would hide their zones, as the recovery of each would.
        settings = [replace(around, supplies=(), recovery={}) for around in settings]
    pairs = list(zip(verdicts, settings, strict=True))
    data = map_payload.build_map_data(pairs)
    totals = Counter(finding.outcome for verdict in verdicts for finding in verdict.policy.findings)
    title, answer = first.name, phrases.opening(first.summary.removeprefix(f"{first.name}: "))
    decisive = data.decisive(first) if single else []
    kind, hidden = first.independence.cause.kind, all(row.kind == "spread" for row in decisive)
    if not single:
        title = f"{f'{owner}: ' if owner else ''}{count} regions"
        outcomes = Counter(verdict.independence.outcome for verdict in verdicts)
        answer = (
            f"{count} regions: in {outcomes['fail']} one cause takes two zones or more, "
            f"of {outcomes['unknown']} it is not known; under the policy {first.policy.id} "
            f"{totals['unknown']:,} findings are unknown."
        )
    return render_map(
        "map",
        data,
        online,
        attribution=attribution,
        shared=shared,
        off=[key for of, keys in _UNRELATED.items() if of != kind for key in keys] if single else [],
        first=decisive,
        # Where no zone of the cause has a place, it is told of the places that may be theirs.
        cause=features.named_cause(first) if single and hidden else "",
        summed=summed,
        title=title,
        views=pairs,
        files=files or {},
        target=first.target if single else "ID",
        address=f"{first.target}.html",
        picture=f"{CARDS}/{first.target}.png" if single else None,
        policy=first.policy.id,
        card=card.draw(first, settings[0], alone=False) if single else None,
        answer=answer,
        crumbs=crumbs,
        totals=totals,
        nowhere=[place.name for verdict in verdicts for place in verdict.places if place.lat is None],
    )


def report_page(
    dossier: Dossier, pictures: Mapping[str, str] | None = None, attribution: str = ATTRIBUTION
) -> str:
    """Build a report for print, with pictures (SVG) of what its sections are of; it runs no script."""
    cards = pictures or {}
    return render("report", title=dossier.title, dossier=dossier, cards=cards, attribution=attribution)


def render_map(
    layout: str,
    data: MapData,
    online: Tiles | None,
    *,
    off: Sequence[str] = (),
    first: Sequence[Feature] = (),
    cause: str = "",
    shared: Shared | None = None,
    **words: Any,
) -> str:
    """Return a page with a map, whose data stand in islands."""
    layers, sheets = data.layers(), ground.around(box := data.box)
    errors_km = ground.errors_km(sheets)
    element, start = _compose(tuple(layers), online)
    page = {
        "single": data.single,
        "view": map_payload.bounds(chain(*map(map_payload.extent, first))) if first else box,
        "whole": box,
        "turns": data.turns(),
        "shows": data.shows,
        "off": list(off),
        "first": [f"{row.kind}:{row.id}" for row in first or (data.of_kind("site")[:1] if cause else ())],
        "cause": cause,
        "zoned": len(data.zones) > 1,
        "wet": [kind.id for kind in KINDS.values() if kind.wet],
        "blunt_m": errors_km[-1] * 1000,
        "strict": bool(online and online.strict),
        "attribution": [
            _SITES,
            f"Ground: {ground.NAME}, {ground.LICENCE}",
            *dict.fromkeys(row.words["attribution"] for row in data.rows if "attribution" in row.words),
        ],
    }
    return render(
        layout,
        start=start,
        islands={"page": page, **({} if shared else {"ground": sheets}), **data.tables(shared)},
        sheets=[*map(_laid, sheets)] if shared else (),
        shared=shared,
        data=data,
        map_html=element,
        layers=layers,
        tiles=online,
        errors_km=errors_km[::-1],
        **words,
    )


# Most pages of an atlas have the same layers; folium takes 15 ms for each that differs.
@cache
def _compose(layers: tuple[Layer, ...], online: Tiles | None) -> tuple[str, str]:
    """Return a map's element and script: a feature group a layer, the online map switched off.

    Its page brings its own Leaflet: of folium's page only these are written.
    """
    import folium
    from folium.template import Template

    composed: Any = folium.Map(location=(0, 0), tiles=None, prefer_canvas=True, zoom_control=False)
    composed._template = Template(asset("folium.html"))
    calls: list[tuple[Any, str, Sequence[str]]] = [(composed, "lay", ())]
    if online:
        tiles = folium.TileLayer(
            online.url,
            name=online.name,
            overlay=True,
            show=False,
            attr=escape(online.attribution),
            max_zoom=ground.FINEST,
            referrer_policy="strict-origin-when-cross-origin",
        )
        calls.append((tiles, "layer", ("tiles",)))
    calls += [(folium.FeatureGroup(name), "layer", (key, name, shape)) for key, _, name, shape in layers]
    # folium's ids are random; numbered, the same map always gives the same text.
    for number, (element, *_) in enumerate(calls):
        element._id = str(number)
        if number:
            composed.add_child(element)
    composed.render()
    figure = composed.get_root()
    script = figure.script.render() + "\n".join(
        f"zonerisk.{verb}({', '.join([of.get_name(), *map(island, words)])});" for of, verb, words in calls
    )
    return figure.html.render().strip(), re.sub(r"\s*\n\s*", "\n", f"{script}\nzonerisk.start();").strip()


@cache
def code(name: str) -> str:
    """Read a script or style of a page without its comments and indents; Leaflet's are another package's.

    Of Leaflet the style's pictures (of markers and a button that the pages do not use) and the script's
    pointer to its source map are dropped: nothing of them is in the page.
    """
    if name.startswith("leaflet"):
        try:
            text = (files("xstatic.pkg.leaflet") / "data" / name).read_text("utf-8")
        except (ImportError, OSError):
            raise DataError("Leaflet is missing; install xstatic-leaflet 1.9") from None
        text = re.sub(r"\n//# sourceMappingURL=\S*|[\w-]+:\s*url\([^)]*\);", "", text).strip()
    else:
        text = re.sub(r"(?m)^\s*/\*.*?\*/\n", "", asset(name), flags=re.DOTALL)
        # None of these signs stands in a text.
        text = re.sub(r" (=>|[!=]==|&&|\|\|) ", r"\1", re.sub(r"\n\s+", "\n", text))
    if name.endswith(".css"):
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", text)).replace(";}", "}").strip()
    return text


def island(data: Any) -> str:
    """Write data as JSON that cannot end its script element; what a reader would not see is written out."""
    text = phrases.visible(json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
    text = re.sub(r"\\.", lambda sign: _HIDDEN.get(sign[0], sign[0]), text)
    for sign, written in _ESCAPES.items():
        text = text.replace(sign, written)
    return text


@cache
def _laid(sheet: Sheet) -> str:
    return f"(window.sheets ??= []).push({island(sheet)});\n"


def render(layout: str, **words: Any) -> str:
    """Fill a template; the page runs no scripts but its own, and asks no hosts but the online map's.

    Scripts and styles stand in the page, their hashes in its policy; or, where pages share them, in files
    beside it.
    """
    template = card.templates().get_template(f"{layout}.html")
    helpers = {"code": code, "digests": digests, "island": island}
    return phrases.visible(template.render(layout=f"{layout}-page", **helpers, **words))


def digests(names: Iterable[str], start: str = "") -> str:
    """Return the hashes by which a page's policy lets code run, which cannot end its element."""
    return " ".join(_hash(text) for text in (*map(code, names), start) if text) or "'none'"


@cache
def _hash(source: str) -> str:
    if re.search(r"</(script|style)|<!--", source, re.IGNORECASE):
        raise ValueError("code that would end its own element")
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
