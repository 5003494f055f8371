"""Geodata: the catalogue as files for a GIS, the same bytes each time, and a verdict as GeoJSON."""

from __future__ import annotations

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonerisk.catalogue.frames import LAYERS, frame, split_at_antimeridian
from zonerisk.core.errors import MissingPackage, UsageError
from zonerisk.pages.features import build_features, circle

if TYPE_CHECKING:
    from collections.abc import Iterable

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
# Six decimals are a decimetre: finer than any position of the catalogue.
_DECIMALS = 6


def encode(
    catalog: Catalog, suffix: str, layer: Layer | None = None, regions: Iterable[str] | None = None
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
        Regions or providers by name; without them, all.

    Raises
    ------
    UsageError
        If nothing is written in such files, or a package for them is missing.
    """
    if suffix not in SUFFIXES:
        raise UsageError(
            f"a name that ends in {suffix or 'nothing'} names no format; use one of {', '.join(SUFFIXES)}"
        )
    if suffix == ".gpkg":
        layers = LAYERS if layer is None else (layer,)
        return _geopackage({name: frame(catalog, name, regions) for name in layers}, catalog)
    table = frame(catalog, layer or "sites", regions)
    if suffix == ".parquet":
        return _parquet(table)
    if suffix == ".geojson":
        return _geojson(table, catalog)
    plain = table.drop(columns="geometry")
    if layer not in (None, "sites"):
        plain["geometry"] = table.geometry.to_wkt()
    return bytes(plain.to_csv(index=False, lineterminator="\n").encode())


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


def feature_collection(verdict: Verdict, around: Setting | None = None) -> dict[str, Any]:
    """Return a verdict's features as RFC 7946 GeoJSON: sites, discs, separations, shared risks, recovery.

    Outlines turn counterclockwise; what crosses the antimeridian is cut there. Discs are
    polygons of 64 corners on the geodesic circle.

    Parameters
    ----------
    verdict
        What to draw.
    around
        What the catalogue adds: names, retired sites, where recovery may go.
    """
    rows = []
    for feature in build_features(verdict, around):
        properties = {
            "kind": feature.kind,
            "record": feature.id,
            "name": feature.name,
            "outcome": feature.outcome,
            "zone": feature.zone,
            "uncertainty_m": feature.uncertainty_m,
            **feature.words,
        }
        rows.append(_row(geometry(feature), properties))
    rows += [
        _row(None, {"kind": "site", "record": place.id, "name": place.name})
        for place in verdict.places
        if place.lat is None
    ]
    return {"type": "FeatureCollection", "name": verdict.target, "features": rows}


def _row(shape: dict[str, Any] | None, properties: dict[str, Any]) -> dict[str, Any]:
    key = f"{properties['kind']}:{properties['record']}"
    return {"type": "Feature", "id": key, "geometry": shape, "properties": properties}


def geometry(feature: Feature) -> dict[str, Any]:
    """Return a feature's shape as a GeoJSON geometry, cut at the antimeridian."""
    points = feature.points
    if feature.shape == "point":
        return {"type": "Point", "coordinates": _position(points[0])}
    if feature.shape == "line":
        return _cut_line(points)
    if feature.shape == "disc":
        points = circle(points[0], feature.uncertainty_m or 0.0)
    return _cut_area(points, feature.holes)


def _position(point: Point) -> list[float]:
    lon = point.lon if -180 <= point.lon <= 180 else (point.lon + 180) % 360 - 180
    return [round(lon, _DECIMALS), round(point.lat, _DECIMALS)]


def _crosses(points: tuple[Point, ...]) -> bool:
    return any(abs(point.lon) > 180 for point in points)


def _cut_line(points: tuple[Point, ...]) -> dict[str, Any]:
    from shapely import LineString

    if not _crosses(points):
        return {"type": "LineString", "coordinates": [_position(point) for point in points]}
    parts = split_at_antimeridian(LineString([(point.lon, point.lat) for point in points]))
    return {"type": "MultiLineString", "coordinates": [_rounded(part) for part in parts if part.length]}


def _cut_area(points: tuple[Point, ...], holes: tuple[tuple[Point, ...], ...]) -> dict[str, Any]:
    from shapely import Polygon, get_parts, union_all
    from shapely.geometry.polygon import orient

    around_pole = abs(points[-1].lon - points[0].lon) > 180
    if not around_pole and not _crosses(points):
        rings = [[_position(point) for point in ring] for ring in (points, *holes)]
        return {"type": "Polygon", "coordinates": rings}
    ring = [(point.lon, point.lat) for point in points]
    if around_pole:
        pole = 90.0 if points[0].lat > 0 else -90.0
        ring += [(ring[-1][0], pole), (ring[0][0], pole)]
    inner = [[(point.lon, point.lat) for point in hole] for hole in holes]
    parts = get_parts(union_all(split_at_antimeridian(Polygon(ring, inner))))
    areas = [orient(part) for part in parts if isinstance(part, Polygon) and part.area]
    return {
        "type": "MultiPolygon",
        "coordinates": [[_rounded(line) for line in (area.exterior, *area.interiors)] for area in areas],
    }


def _rounded(line: Any) -> list[list[float]]:
    return [[round(lon, _DECIMALS), round(lat, _DECIMALS)] for lon, lat in line.coords]
