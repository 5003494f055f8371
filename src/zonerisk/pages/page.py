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
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.kinds import KINDS, asked_by
from zonerisk.core.verdict import severity
from zonerisk.pages import card, features, ground, map_payload
from zonerisk.pages.card import asset
from zonerisk.pages.map_payload import Layer, MapData, web_address
from zonerisk.words import phrases
from zonerisk.words.verdicts import RULES

if TYPE_CHECKING:
    from zonerisk.core.model import Evidence
    from zonerisk.core.verdict import Finding, Separation, SharedRisk, Verdict
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
# A region of 64 zones has 2,016 pairs; nobody reads them on a page.
_MOST_PAIRS = 60
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
        data = {"sources": sources, "peers": list(self.peers)}
        self.link("sources.js", f"window.sharedData = {island(data)};\n")


class Row(NamedTuple):
    """A finding, risk or pair, which view of the map shows it, and what heads it."""

    item: Finding | SharedRisk | Separation
    show: int | None
    name: str


class View:
    """All that a page says of one verdict, and which files of records were read for it."""

    def __init__(self, verdict: Verdict, around: Setting, data: MapData | None = None) -> None:
        """Write a verdict's rows, and keep a view of its map for each, if there is one."""
        self.verdict, self.around, name = verdict, around, around.name
        # The name already stands above.
        self.answer = phrases.opening(verdict.summary.removeprefix(f"{verdict.name}: "))
        owners = {verdict.target, *(place.id.partition("/")[0] for place in verdict.places)}
        self.files = tuple(file for key, file in around.files.items() if key in owners)

        def row(item: Finding | SharedRisk | Separation, head: str, *view: Any) -> Row:
            return Row(item, data.show(verdict, *view) if data else None, head)

        self.findings = []
        for finding in verdict.policy.findings:
            subjects, kinds = finding.subjects, asked_by(finding.rule)
            alike = [risk for risk in verdict.shared_risks if set(risk.members) == set(subjects)]
            risks = [risk.id for risk in alike if risk.kind in kinds]
            drawn = around.drawn(risks) if risks else ()
            members: tuple[str, ...] = (verdict.target,)
            words = f"all {verdict.units}"
            if subjects not in ((), members):
                # Where recovery may go is seen from the region.
                members = (verdict.target, *subjects) if finding.rule == "dr" else subjects
                words = phrases.names([*map(name, subjects)])
            elif finding.rule == "power":
                drawn = around.drawn(())
            self.findings.append(row(finding, RULES.get(finding.rule, finding.rule), members, words, drawn))
        self.risks = []
        for risk in sorted(verdict.shared_risks, key=lambda risk: -severity(risk.outcome)):
            words = phrases.names([*map(name, risk.members)])
            self.risks.append(row(risk, words, risk.members, words, around.drawn([risk.id])))
        self.separations = []
        for pair in verdict.policy.separations[:_MOST_PAIRS]:
            first, second = name(pair.a), name(pair.b)
            words = phrases.names([first, second])
            self.separations.append(row(pair, f"{first} to {second}", (pair.a, pair.b), words))

    @property
    def layers(self) -> str:
        """Return the hazard layers that the map was drawn from, by name."""
        if not self.around.layers:
            return "none was asked for" if self.around.layers is None else "none on this machine"
        drawn = {str(mark.words["layer"]) for mark in self.around.landmarks}
        rest = sum(name not in drawn for name in self.around.layers)
        return "; ".join([*sorted(drawn), *([f"{rest} more with nothing to draw here"] if rest else [])])


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
    views = [View(verdict, around, None if summed else data) for verdict, around in pairs]
    found = Counter(finding.outcome for verdict in verdicts for finding in verdict.policy.findings)
    as_of, policy = f"as of {first.as_of}", first.policy.id
    title, answer = first.name, views[0].answer
    decisive = data.decisive(first) if single else []
    kind, hidden = first.independence.cause.kind, all(row.kind == "spread" for row in decisive)
    if not single:
        title = f"{f'{owner}: ' if owner else ''}{count} regions"
        outcomes = Counter(verdict.independence.outcome for verdict in verdicts)
        answer = (
            f"{count} regions: in {outcomes['fail']} one cause takes two zones or more, "
            f"of {outcomes['unknown']} it is not known; under the policy {policy} "
            f"{found['unknown']:,} findings are unknown."
        )
    return render_map(
        "map",
        data,
        online,
        attribution,
        shared=shared,
        off=[key for of, keys in _UNRELATED.items() if of != kind for key in keys] if single else [],
        first=decisive,
        # Where no zone of the cause has a place, it is told of the places that may be theirs.
        cause=features.named_cause(first) if single and hidden else "",
        summed=summed,
        title=title,
        views=views,
        files=shared.records if shared else files or {},
        target=first.target if single else "ID",
        address=f"{first.target}.html",
        picture=f"{CARDS}/{first.target}.png" if single else None,
        policy=policy,
        card=card.draw(first, settings[0], alone=False) if single else None,
        answer=answer,
        crumb=f"{first.target}, {as_of}" if single else as_of,
        crumbs=crumbs,
        counts={outcome: found[outcome] for outcome in ("fail", "unknown", "warn", "pass")},
        nowhere=[place.name for verdict in verdicts for place in verdict.places if place.lat is None],
    )


def report_page(
    dossier: Dossier, pictures: Mapping[str, str] | None = None, attribution: str = ATTRIBUTION
) -> str:
    """Build a report for print, with pictures (SVG) of what its sections are of; it runs no script."""
    return render(
        "report.html",
        styles={name: code(name) for name in ("page.css", "report.css")},
        layout="report-page",
        title=dossier.title,
        dossier=dossier,
        cards=pictures or {},
        attribution=attribution,
    )


def render_map(
    layout: str,
    data: MapData,
    online: Tiles | None,
    attribution: str,
    *,
    off: Sequence[str] = (),
    first: Sequence[Feature] = (),
    cause: str = "",
    scripts: Iterable[str] = (),
    styles: Iterable[str] = (),
    shared: Shared | None = None,
    **words: Any,
) -> str:
    """Return a page with a map: its template is named as its layout, its data stand in islands."""
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
        f"{layout}.html",
        scripts={"leaflet.js": leaflet()[0]} | {name: code(name) for name in ("told.js", "map.js", *scripts)},
        start=start,
        styles={"leaflet.css": leaflet()[1]} | {name: code(name) for name in ("page.css", *styles)},
        islands={"page": page, **({} if shared else {"ground": sheets}), **data.tables(shared)},
        linked=[*(shared.part(_laid(sheet), "ground") for sheet in sheets), f"{ASSETS}/sources.js"]
        if shared
        else (),
        shared=shared,
        pictures=online.hosts if online else (),
        layout=f"{layout}-page",
        map_html=element,
        single=data.single,
        layers=layers,
        zones=list(data.zones),
        tiles=online,
        attribution=attribution,
        errors_km=errors_km[::-1],
        **words,
    )


# Most pages of an atlas have the same layers; folium takes 15 ms for each that differs.
@cache
def _compose(layers: tuple[Layer, ...], online: Tiles | None) -> tuple[str, str]:
    """Return a map's element and script: a feature group a layer, the online map switched off."""
    import folium
    from folium.template import Template

    class Plain(folium.Map):
        """A folium map whose page brings its own Leaflet: no link, no style, no switch."""

        default_js: list[tuple[str, str]] = []  # noqa: RUF012
        default_css: list[tuple[str, str]] = []  # noqa: RUF012
        _template = Template(asset("folium.html"))

    composed: Any = Plain(
        location=(0, 0),
        tiles=None,
        prefer_canvas=True,
        zoom_control=False,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=90,
    )
    calls: list[tuple[str, Any, Sequence[str]]] = [("lay", composed, ())]
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
        calls.append(("layer", tiles, ("tiles",)))
    for layer in layers:
        group = folium.FeatureGroup(name=layer.name, show=True)
        calls.append(("layer", group, (layer.key, layer.name)))
        calls.append(("draw", group, (layer.key, layer.shape)) if layer.shape else (layer.key, group, ()))
    # folium's ids are random; numbered, the same map always gives the same text.
    for number, element in enumerate(dict.fromkeys(of for _, of, _ in calls)):
        element._id = str(number)
        if number:
            composed.add_child(element)
    figure = composed.get_root()
    composed.render()
    lines = [line.strip() for line in figure.script.render().splitlines()]
    for verb, of, words in calls:
        lines.append(f"zonerisk.{verb}({', '.join([of.get_name(), *map(island, words)])});")
    return figure.html.render().strip(), "\n".join(line for line in [*lines, "zonerisk.start();"] if line)


@cache
def code(name: str) -> str:
    """Read one of the package's scripts or styles without its comments and indents."""
    text = re.sub(r"(?m)^\s*/\*.*?\*/\n", "", asset(name), flags=re.DOTALL)
    # None of these signs stands in a text.
    code = re.sub(r" (=>|[!=]==|&&|\|\|) ", r"\1", re.sub(r"\n\s+", "\n", text))
    return _tight(text) if name.endswith(".css") else code


def _tight(style: str) -> str:
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", style)).replace(";}", "}").strip()


@cache
def leaflet() -> tuple[str, str]:
    """Return Leaflet's script and style from the XStatic-Leaflet package, made to stand alone.

    The style's pictures (of markers and a button that the pages do not use) and the script's
    pointer to its source map are dropped: nothing of them is in the page.
    """
    try:
        folder = files("xstatic.pkg.leaflet") / "data"
        script = (folder / "leaflet.js").read_text("utf-8")
        style = (folder / "leaflet.css").read_text("utf-8")
    except (ImportError, OSError):
        raise DataError("Leaflet is missing; install xstatic-leaflet 1.9") from None
    script = re.sub(r"\n//# sourceMappingURL=\S*", "", script)
    return script.strip(), _tight(re.sub(r"[\w-]+:\s*url\([^)]*\);", "", style))


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


def render(
    template: str,
    *,
    scripts: Mapping[str, str] = {},
    start: str = "",
    styles: Mapping[str, str] = {},
    islands: Mapping[str, Any] = {},
    linked: Sequence[str] = (),
    shared: Shared | None = None,
    pictures: Sequence[str] = (),
    **words: object,
) -> str:
    """Fill a template; the page runs no other scripts, and asks no other hosts for pictures.

    Scripts and styles stand in the page by their names' order, what starts them last; or, where pages share
    them, in files beside it, which it links after other files so linked.
    """
    icon = asset("icon.svg").strip()
    links, sheets, own, looks = [*linked], [], [], []
    codes = styled = seen = ["'self'"]
    if shared:
        links += [shared.link(*script) for script in scripts.items()]
        links += [shared.part(start, "start")] if start else []
        sheets = [shared.link(*style) for style in styles.items()]
        icon = shared.link("icon.svg", icon)
    else:
        own, looks = [text for text in (*scripts.values(), start) if text], [*styles.values()]
        icon = f"data:image/svg+xml,{quote(icon)}"
        codes, styled, seen = [*map(_hash, own)], [*map(_hash, looks)], ["data:"]
    page = card.templates().get_template(template)
    text = page.render(
        allowed=f"default-src 'none'; script-src {' '.join(codes) or repr('none')}; "
        f"style-src {' '.join(styled) or repr('none')}; "
        f"img-src {' '.join([*seen, *pictures])}; base-uri 'none'; form-action 'none'",
        scripts=own,
        styles=looks,
        links=links,
        sheets=sheets,
        icon=icon,
        site=shared.site if shared else None,
        cite=shared.cite if shared else None,
        islands={key: island(data) for key, data in islands.items()},
        **words,
    )
    return phrases.visible(text)


@cache
def _hash(source: str) -> str:
    """Return the hash by which a page's policy lets some code run, if the code cannot end its element."""
    if re.search(r"</(script|style)|<!--", source, re.IGNORECASE):
        raise ValueError("code that would end its own element")
    digest = base64.b64encode(hashlib.sha256(source.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
