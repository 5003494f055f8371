"""Geodata: the catalogue as files for a GIS, a verdict as GeoJSON features."""

from __future__ import annotations

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonerisk.catalogue.frames import LAYERS, frame
from zonerisk.core.errors import MissingPackage, UsageError
from zonerisk.pages import features
from zonerisk.pages.features import circle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.catalogue.frames import Layer
    from zonerisk.core.verdict import Verdict
    from zonerisk.pages.features import Feature, Point, Setting


SUFFIXES = (".gpkg", ".parquet", ".geojson", ".csv")
_TYPES = {
    "sites": "Point",
    "discs": "MultiPolygon",
    "zones": "MultiPolygon",
    "separations": "LineString",
}


def encode(
    catalog: Catalog, suffix: str, layer: Layer | None = None, regions: Sequence[str] | None = None
) -> bytes:
    """Write the catalogue as one file's bytes.

    Parameters
    ----------
    catalog
        Where the records come from.
    suffix
        ``.gpkg``, ``.parquet``, ``.geojson`` or ``.csv``.
    layer
        One of :data:`zonerisk.catalogue.frames.LAYERS`; without it, all in a GeoPackage and the
        sites elsewhere.
    regions
        Canonical ids; without them, all.

    Raises
    ------
    UsageError
        If nothing is written in such files, or a package for them is missing.
    """
    if suffix not in SUFFIXES:
        raise UsageError(
            f"a name that ends in {suffix or 'nothing'} names no format; use one of {', '.join(SUFFIXES)}"
        )
    chosen = layer or "sites"
    if suffix == ".gpkg":
        layers = LAYERS if layer is None else (layer,)
        return _geopackage({name: frame(catalog, name, regions) for name in layers}, catalog)
    table = frame(catalog, chosen, regions)
    if suffix == ".parquet":
        return _parquet(table)
    if suffix == ".geojson":
        return _geojson(table, catalog)
    return _csv(table, chosen)


def _geopackage(tables: dict[Layer, GeoDataFrame], catalog: Catalog) -> bytes:
    import pyogrio

    # GDAL stamps the hour of writing unless it is told another.
    stamp = f"{catalog.edition.date}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        with tempfile.TemporaryDirectory(prefix="zonerisk-") as folder:
            path = Path(folder) / "catalogue.gpkg"
            for name, table in tables.items():
                pyogrio.write_dataframe(
                    table,
                    path,
                    layer=name,
                    driver="GPKG",
                    append=path.exists(),
                    geometry_type=_TYPES[name],
                    promote_to_multi=_TYPES[name].startswith("Multi"),
                    layer_options={"DESCRIPTION": catalog.edition.attribution},
                )
            return path.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def _parquet(table: GeoDataFrame) -> bytes:
    if find_spec("pyarrow") is None:
        raise MissingPackage("pyarrow")
    with tempfile.TemporaryDirectory(prefix="zonerisk-") as folder:
        path = Path(folder) / "catalogue.parquet"
        table.to_parquet(path, index=False)
        return path.read_bytes()


def _geojson(table: GeoDataFrame, catalog: Catalog) -> bytes:
    tree = json.loads(table.to_json(drop_id=True, na="null"))
    edition = catalog.edition
    tree = {
        "type": tree.pop("type"),
        "attribution": edition.attribution,
        "licence": edition.licence,
        "date": edition.date,
        "features": tree["features"],
    }
    return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()


def _csv(table: GeoDataFrame, layer: Layer) -> bytes:
    plain = table.drop(columns="geometry")
    if layer != "sites":
        plain["geometry"] = table.geometry.to_wkt()
    return bytes(plain.to_csv(index=False, lineterminator="\n").encode())


# Six decimals are a decimetre: finer than any position of the catalogue.
_DECIMALS = 6


def feature_collection(verdict: Verdict, around: Setting | None = None) -> dict[str, Any]:
    """Write a verdict's features: sites, discs, separations, shared risks, recovery.

    Outlines turn counterclockwise; what crosses the antimeridian is cut there. Discs are
    polygons of 64 corners on the geodesic circle.

    Parameters
    ----------
    verdict
        What to draw.
    around
        What the catalogue adds: names, retired sites, where recovery may go.
    """
    rows = [_feature(one) for one in features.of(verdict, around)]
    rows += [_nowhere(place.id, place.name) for place in verdict.places if place.lat is None]
    return {"type": "FeatureCollection", "name": verdict.target, "features": rows}


def _feature(one: Feature) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"{one.kind}:{one.id}",
        "geometry": geometry(one),
        "properties": {
            "kind": one.kind,
            "record": one.id,
            "name": one.name,
            "outcome": one.outcome,
            "zone": one.zone,
            "uncertainty_m": one.uncertainty_m,
            **one.words,
        },
    }


def _nowhere(key: str, name: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": f"site:{key}",
        "geometry": None,
        "properties": {"kind": "site", "record": key, "name": name},
    }


def geometry(one: Feature) -> dict[str, Any]:
    """Write a feature's shape as a GeoJSON geometry, cut at the antimeridian."""
    if one.shape == "point":
        return {"type": "Point", "coordinates": _position(one.points[0])}
    if one.shape == "line":
        return _cut_line(one.points)
    if one.shape == "disc":
        return _cut_area(circle(one.points[0], one.uncertainty_m or 0.0))
    return _cut_area(one.points, one.holes)


def _position(point: Point) -> list[float]:
    lon = point.lon if -180 <= point.lon <= 180 else (point.lon + 180) % 360 - 180
    return [round(lon, _DECIMALS), round(point.lat, _DECIMALS)]


def _crosses(points: tuple[Point, ...]) -> bool:
    return any(abs(point.lon) > 180 for point in points)


def _cut_line(points: tuple[Point, ...]) -> dict[str, Any]:
    from shapely import LineString

    if not _crosses(points):
        return {"type": "LineString", "coordinates": [_position(point) for point in points]}
    line = LineString([(point.lon, point.lat) for point in points])
    return {
        "type": "MultiLineString",
        "coordinates": [_rounded(part) for part in _home(line) if part.length],
    }


def _cut_area(points: tuple[Point, ...], holes: tuple[tuple[Point, ...], ...] = ()) -> dict[str, Any]:
    from shapely import Polygon, get_parts, union_all
    from shapely.geometry.polygon import orient

    around_pole = abs(points[-1].lon - points[0].lon) > 180
    if not around_pole and not _crosses(points):
        return {
            "type": "Polygon",
            "coordinates": [[_position(point) for point in ring] for ring in (points, *holes)],
        }
    ring = [(point.lon, point.lat) for point in points]
    if around_pole:
        pole = 90.0 if points[0].lat > 0 else -90.0
        ring += [(ring[-1][0], pole), (ring[0][0], pole)]
    inner = [[(point.lon, point.lat) for point in hole] for hole in holes]
    parts = get_parts(union_all(_home(Polygon(ring, inner))))
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [_rounded(line) for line in (orient(part).exterior, *orient(part).interiors)]
            for part in parts
            if isinstance(part, Polygon) and part.area
        ],
    }


def _home(shape: Any) -> list[Any]:
    """Split a shape at the antimeridian and move its parts to between -180 and 180."""
    from shapely import box
    from shapely.affinity import translate

    return [
        translate(shape.intersection(box(turn - 180, -90, turn + 180, 90)), -turn) for turn in (-360, 0, 360)
    ]


def _rounded(line: Any) -> list[list[float]]:
    return [[round(lon, _DECIMALS), round(lat, _DECIMALS)] for lon, lat in line.coords]
