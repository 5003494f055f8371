"""Where the objects of hazards lie around a verdict's sites, from layers on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonerisk.layers import cards, files, store
from zonerisk.layers.objects import joined, named, shapes_of
from zonerisk.pages import features
from zonerisk.pages.features import Feature, Point, Setting, circle

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Verdict
    from zonerisk.layers.cards import Card
    from zonerisk.layers.store import LayerFile

# Areas are drawn this far around the sites, degrees (about 6 km); objects farther out.
_AREA_MARGIN = 0.06
_OBJECT_MARGIN = 0.6
# Thinned to about 3 m: finer than any layer's stated error.
_TOLERANCE = 0.00003
_VECTORS = (".geojson", ".json", ".gpkg", ".fgb", ".shp", ".zip", ".csv", ".gz")

Bounds = tuple[float, float, float, float]


def setting(catalog: Catalog, verdict: Verdict, cache: Path, raw: Path | None = None) -> Setting:
    """Gather what the catalogue knows around a verdict, and what the layers here map there."""
    names = tuple(card.name for card, _ in _installed(cache, raw, catalog.roots))
    found = near(verdict, cache, raw, catalog.roots)
    return replace(features.setting(catalog, verdict), landmarks=found, layers=names)


def _installed(
    cache: Path, raw: Path | None, roots: Sequence[Path]
) -> Iterator[tuple[Card, list[LayerFile]]]:
    """Return each layer on this machine that maps areas or objects, with its files that can be drawn."""
    for name in cards.ids(roots):
        card = cards.load(name, roots)
        if card.measure != "stated":
            located = store.locate(card, cache, raw)
            drawn = [file for file in located if file.file.role == "data" and file.path.suffix in _VECTORS]
            if drawn:
                yield card, drawn


def near(
    verdict: Verdict, cache: Path, raw: Path | None = None, roots: Sequence[Path] = ()
) -> tuple[Feature, ...]:
    """Draw what installed layers map around a verdict's sites.

    Every area around them (flood zones), and of objects (rivers, plants, runway axes) those
    that are a shared risk of the verdict. Layers that are not on this machine, and rasters,
    give nothing: the map then outlines the sites that a risk hits. A damaged file is an error.
    """
    places = [
        (place.lat, place.lon) for place in verdict.places if place.lat is not None and place.lon is not None
    ]
    if not places:
        return ()
    lats, lons = zip(*places, strict=True)
    box = (min(lons), min(lats), max(lons), max(lats))
    shared = _shared(verdict)
    found: list[Feature] = []
    for card, kept in _installed(cache, raw, roots):
        if card.measure == "area":
            found += _areas(card, kept, _grown(box, _AREA_MARGIN))
        elif card.id in shared:
            found += _objects(
                card, kept, _grown(box, _OBJECT_MARGIN), shared[card.id], _ring_m(verdict, card)
            )
    return tuple(found)


def _shared(verdict: Verdict) -> dict[str, set[str]]:
    """Collect the objects of shared risks by layer; their ids read ``kind:layer/object``."""
    found: dict[str, set[str]] = {}
    for risk in verdict.shared_risks:
        layer, _, key = risk.id.partition(":")[2].partition("/")
        found.setdefault(layer, set()).add(key)
    return found


def _ring_m(verdict: Verdict, card: Card) -> float | None:
    """Give the policy's distance from such an object, metres."""
    for finding in verdict.findings:
        if finding.rule == card.kind and finding.threshold and finding.threshold.unit == "km":
            return finding.threshold.value * 1000
    return None


def _grown(box: Bounds, degrees: float) -> Bounds:
    return (box[0] - degrees, box[1] - degrees, box[2] + degrees, box[3] + degrees)


def _areas(card: Card, kept: Iterable[LayerFile], box: Bounds) -> Iterator[Feature]:
    import shapely

    for each in kept:
        frame = files.read(each.path, card.reading, box)
        cut = shapely.clip_by_rect(shapely.make_valid(shapes_of(frame)), *box)
        for part in _parts(shapely.union_all(cut)):
            if part.geom_type == "Polygon":
                yield _feature(card, card.id, card.noun, part)


def _objects(
    card: Card, kept: Iterable[LayerFile], box: Bounds, wanted: set[str], ring_m: float | None
) -> Iterator[Feature]:
    import shapely

    objects = joined([named(card, files.read(each.path, card.reading), {}) for each in kept])
    for key in sorted(wanted.intersection(objects.ids)):
        mine = [number for number, one in enumerate(objects.ids) if one == key]
        name = next((objects.names[number] for number in mine if objects.names[number]), card.noun)
        cut = shapely.clip_by_rect(objects.shapes[mine], *box)
        for part in _parts(shapely.union_all(cut)):
            yield _feature(card, f"{card.id}/{key}", name, part)
            if part.geom_type == "Point" and ring_m:
                ring = circle(Point(part.y, part.x), ring_m)
                yield Feature(
                    "landmark",
                    f"{card.id}/{key}/ring",
                    f"{ring_m / 1000:g} km around {name}",
                    "area",
                    ring,
                    words={**_words(card), "ring": "yes"},
                )


def _parts(shape: Any) -> list[Any]:
    import shapely

    return [part for part in shapely.get_parts(shapely.simplify(shape, _TOLERANCE)) if not part.is_empty]


def _feature(card: Card, key: str, name: str, part: Any) -> Feature:
    def points(line: Any) -> tuple[Point, ...]:
        return tuple(Point(lat, lon) for lon, lat, *_ in line.coords)

    words = {**_words(card), "ring": ""}
    if part.geom_type == "Polygon":
        from shapely.geometry.polygon import orient

        whole = orient(part)
        return Feature(
            "landmark",
            key,
            name,
            "area",
            points(whole.exterior),
            words=words,
            holes=tuple(points(ring) for ring in whole.interiors),
        )
    return Feature(
        "landmark",
        key,
        name,
        "point" if part.geom_type == "Point" else "line",
        points(part),
        words=words,
    )


def _words(card: Card) -> dict[str, str | float | None]:
    return {
        "risk_kind": card.kind,
        "layer": card.name,
        "layer_error_m": card.error_m,
        "attribution": card.attribution,
    }
