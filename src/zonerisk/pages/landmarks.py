"""Where the objects of hazards lie around a verdict's sites, from layers on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonerisk.core.kinds import KINDS
from zonerisk.layers import cards, files, store
from zonerisk.layers.sampling import named, shapes_of
from zonerisk.pages import features
from zonerisk.pages.features import Feature, Point, Setting, Shape, circle

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Verdict
    from zonerisk.layers.cards import Card

# Areas are drawn this far around the sites, degrees (about 6 km); objects farther out.
_AREA_MARGIN = 0.06
_OBJECT_MARGIN = 0.6
# Thinned to about 3 m: finer than any layer's stated error.
_TOLERANCE = 0.00003
_VECTORS = (".geojson", ".json", ".gpkg", ".fgb", ".shp", ".zip", ".csv", ".gz")

Bounds = tuple[float, float, float, float]


def setting(catalog: Catalog, verdict: Verdict, cache: Path, raw: Path | None = None) -> Setting:
    """Gather what the catalogue knows around a verdict, and what the layers of this machine map there.

    Every area around its sites (flood zones), and of objects (rivers, plants, runway axes) those that are a
    shared risk of the verdict. Layers that are not on this machine, and rasters, give nothing: the map then
    outlines the sites that a risk hits. A damaged file is an error.
    """
    installed: list[tuple[Card, list[Path]]] = []
    for card in cards.known(catalog.roots).values():
        stored = store.locate(card, cache, raw) if card.measure != "stated" else ()
        if paths := [one.path for one in stored if one.file.role == "data" and one.path.suffix in _VECTORS]:
            installed.append((card, paths))
    return replace(
        features.setting(catalog, verdict),
        landmarks=_landmarks(verdict, installed),
        layers=tuple(card.name for card, _ in installed),
    )


def _landmarks(verdict: Verdict, installed: Iterable[tuple[Card, list[Path]]]) -> tuple[Feature, ...]:
    places = [at for place in verdict.places if (at := features.located(place))]
    if not places:
        return ()
    lats, lons = zip(*places, strict=True)
    box = (min(lons), min(lats), max(lons), max(lats))
    # Ids of shared risks read ``kind:layer/object``.
    shared: dict[str, set[str]] = {}
    for risk in verdict.shared_risks:
        layer, _, key = risk.id.partition(":")[2].partition("/")
        shared.setdefault(layer, set()).add(key)
    asked = {finding.rule: finding.threshold for finding in verdict.policy.findings if finding.threshold}
    landmarks: list[Feature] = []
    for card, paths in installed:
        if card.measure == "area":
            landmarks += _areas(card, paths, _grown(box, _AREA_MARGIN))
        elif card.id in shared:
            limit = asked.get(KINDS[card.kind].rule or "")
            ring_m = limit.value * 1000 if limit and limit.unit == "km" else None
            landmarks += _objects(card, paths, _grown(box, _OBJECT_MARGIN), shared[card.id], ring_m)
    return tuple(landmarks)


def _grown(box: Bounds, degrees: float) -> Bounds:
    return (box[0] - degrees, box[1] - degrees, box[2] + degrees, box[3] + degrees)


def _areas(card: Card, paths: Iterable[Path], box: Bounds) -> Iterator[Feature]:
    import shapely

    for path in paths:
        frame = files.read(path, card.reading, box)
        cut = shapely.clip_by_rect(shapely.make_valid(shapes_of(frame)), *box)
        for part in _parts(shapely.union_all(cut)):
            if part.geom_type == "Polygon":
                yield _feature(card, card.id, card.noun, part)


def _objects(
    card: Card, paths: Iterable[Path], box: Bounds, wanted: set[str], ring_m: float | None
) -> Iterator[Feature]:
    import shapely

    objects = [thing for path in paths for thing in named(card, files.read(path, card.reading), {})]
    for key in sorted(wanted & {thing.id for thing in objects}):
        rows = [thing for thing in objects if thing.id == key]
        name = next((thing.name for thing in rows if thing.name), card.noun)
        cut = shapely.clip_by_rect([thing.shape for thing in rows], *box)
        for part in _parts(shapely.union_all(cut)):
            yield _feature(card, f"{card.id}/{key}", name, part)
            if part.geom_type == "Point" and ring_m:
                around = f"{ring_m / 1000:g} km around {name}"
                ring = shapely.Polygon([(lon, lat) for lat, lon in circle(Point(part.y, part.x), ring_m)])
                yield _feature(card, f"{card.id}/{key}/ring", around, ring, ring="yes")


def _parts(shape: Any) -> list[Any]:
    import shapely

    return [part for part in shapely.get_parts(shapely.simplify(shape, _TOLERANCE)) if not part.is_empty]


def _feature(card: Card, key: str, name: str, part: Any, ring: str = "") -> Feature:
    from shapely.geometry.polygon import orient

    shape: Shape = "point" if part.geom_type == "Point" else "area" if part.geom_type == "Polygon" else "line"
    whole = orient(part) if shape == "area" else part
    lines = [whole.exterior, *whole.interiors] if shape == "area" else [whole]
    points, *holes = (tuple(Point(lat, lon) for lon, lat, *_ in line.coords) for line in lines)
    words: dict[str, str | float | None] = {
        "risk_kind": card.kind,
        "layer": card.name,
        "layer_error_m": card.error_m,
        "attribution": card.attribution,
        "ring": ring,
    }
    risks = (f"{card.kind}:{key}",)
    return Feature("landmark", key, name, shape, points, holes=tuple(holes), words=words, risks=risks)
