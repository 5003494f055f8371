"""Frames: the catalogue as GeoDataFrames for analysis, and as files for a GIS."""

from __future__ import annotations

import io
import json
import math
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from zonerisk.core.errors import MissingPackage, UsageError
from zonerisk.core.geometry import circle_points, closest, fibre_m, rtt_ms
from zonerisk.core.model import Position, Region
from zonerisk.judging import arrangement
from zonerisk.judging.arrangement import strongest

if TYPE_CHECKING:
    import geopandas
    from shapely.geometry.base import BaseGeometry

    from zonerisk.catalogue.catalog import Catalog

Layer = Literal["sites", "discs", "zones", "separations"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
CRS = "EPSG:4326"
SUFFIXES = (".gpkg", ".parquet", ".geojson", ".csv")
# Corners of a disc: its edge is followed to 0.03 % of the radius.
CORNERS = 128
_SITE = (
    "id name kind provider region zones operator campus address town country since until fate "
    "lat lon uncertainty_m method read grade sources geometry"
)
_ZONE = "id name provider region status country since until disclosed sites candidates grade sources geometry"
_SEPARATION = (
    "region provider a b distance_low_m distance_m distance_high_m fibre_low_m fibre_m fibre_high_m "
    "rtt_low_ms rtt_ms rtt_high_ms geometry"
)
_NUMBER = re.compile("lat|lon|disclosed|.*_ms?")


def frame(
    catalog: Catalog, layer: Layer = "sites", regions: Iterable[str] | None = None
) -> geopandas.GeoDataFrame:
    """Return one layer of the catalogue as geodata, as the library's ``to_geodataframe`` says.

    What is not disclosed keeps its row and has no geometry. Lists are joined with ``; ``; dates are as
    partial as they were stated.
    """
    import geopandas

    if layer not in LAYERS:
        raise UsageError(f"no layer is called {layer!r}; there are {', '.join(LAYERS)}")
    if isinstance(regions, str) or not (regions is None or isinstance(regions, Iterable)):
        raise UsageError(f"regions are a list of names, such as [{regions!r}]")
    names = catalog.region_ids if regions is None else regions
    ids = dict.fromkeys(region_id for name in names for region_id in catalog.resolve(name))
    chosen = [catalog.region(region_id) for region_id in ids]
    _, columns, rows = _TABLES[layer]
    table = geopandas.GeoDataFrame([*rows(catalog, chosen)], columns=columns.split(), crs=CRS)
    for name in table.columns:
        if name != "geometry" and not _NUMBER.fullmatch(name):
            table[name] = table[name].astype("object").where(table[name].notna(), None)
    return table


def _joined(items: Iterable[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(item for item in items if item)) or None


def _sites(catalog: Catalog, regions: Iterable[Region], drawn: bool) -> Iterator[dict[str, Any]]:
    from shapely import Point

    served: dict[str, list[str]] = defaultdict(list)
    for region_id in catalog.region_ids:
        for zone in catalog.region(region_id).zones.values():
            for site_id in zone.sites:
                served[site_id].append(zone.id)
    for region in regions:
        for key, site in region.sites.items():
            at = site.position
            if drawn and at is None:
                continue
            placed = (*region.cite(at.evidence), *at.mapped) if at else ()
            as_stated = ("id", "name", "kind", "operator", "campus", "address", "since", "until", "fate")
            yield {
                **{name: getattr(site, name) for name in as_stated},
                "provider": region.provider,
                "region": region.id,
                "zones": _joined(served[site.id]),
                "town": site.town or region.town,
                "country": site.country or region.country,
                **{name: getattr(at, name, math.nan) for name in ("lat", "lon", "uncertainty_m")},
                "method": at and at.method,
                "read": max((piece.read for piece in placed), default=None),
                "grade": strongest(placed) if placed else None,
                "sources": _joined(piece.url for piece in region.cite_site(key)),
                "geometry": at and (disc(at) if drawn else Point(at.lon, at.lat)),
            }


def _zones(catalog: Catalog, regions: Iterable[Region]) -> Iterator[dict[str, Any]]:
    from shapely import union_all

    for region in regions:
        maybe = region.candidates.sites if region.candidates else ()
        for zone in region.zones.values():
            sites = [catalog.site(site_id) for site_id in zone.sites]
            discs = [disc(site.position) for site in sites if site.position]
            disclosed = any(site.position and site.kind != "metro" for site in sites)
            cited = region.cite(zone.evidence)
            yield {
                "id": zone.id,
                "name": zone.name or zone.id.partition("/")[2],
                "provider": region.provider,
                "region": region.id,
                "status": region.status,
                "country": region.country,
                "since": zone.since or region.since,
                "until": zone.until or region.until,
                "disclosed": disclosed,
                "sites": _joined(zone.sites),
                "candidates": None if disclosed else _joined(maybe),
                "grade": strongest(cited) if cited else None,
                "sources": _joined(piece.url for piece in cited),
                "geometry": union_all(discs) if discs else None,
            }


def _separations(catalog: Catalog, regions: Iterable[Region]) -> Iterator[dict[str, Any]]:
    from shapely import LineString

    day = catalog.edition.date
    for region in regions:
        sites = catalog.sites_of(region.id)
        for a, b in arrangement.pairs(arrangement.zone_units(region, sites, day)):
            distance = arrangement.distance_m(a, b)
            fibre = fibre_m(distance)
            row: dict[str, Any] = {"region": region.id, "provider": region.provider, "a": a.id, "b": b.id}
            # The straight line between the closest sites of two that are disclosed.
            ours, theirs = ([(at.lat, at.lon) for at in unit.positions] for unit in (a, b))
            shown = a.disclosed and b.disclosed
            row["geometry"] = LineString([at[::-1] for at in closest(ours, theirs)]) if shown else None
            for name, span in (("distance{}_m", distance), ("fibre{}_m", fibre), ("rtt{}_ms", rtt_ms(fibre))):
                ends = zip(("_low", "", "_high"), span.rounded(3 if "rtt" in name else 0), strict=True)
                row |= {name.format(end): math.nan if value is None else value for end, value in ends}
            yield row


_Rows = Callable[["Catalog", list[Region]], Iterator[dict[str, Any]]]
_TABLES: dict[Layer, tuple[str, str, _Rows]] = {
    "sites": ("Point", _SITE, partial(_sites, drawn=False)),
    "discs": ("MultiPolygon", _SITE, partial(_sites, drawn=True)),
    "zones": ("MultiPolygon", _ZONE, _zones),
    "separations": ("LineString", _SEPARATION, _separations),
}


def disc(at: Position) -> BaseGeometry:
    """Draw a position's disc: every corner lies at its radius on WGS 84."""
    from shapely import Polygon, union_all

    # Longitudes run on past 180 degrees, then what lies beyond is brought round.
    ring = [
        (round(at.lon + (lon - at.lon + 180) % 360 - 180, 6), round(lat, 6))
        for lat, lon in reversed(circle_points(at.lat, at.lon, at.uncertainty_m, CORNERS))
    ]
    whole = Polygon(ring)
    inside = all(-180 <= lon <= 180 for lon, _ in ring)
    return whole if inside else union_all(split_at_antimeridian(whole))


def split_at_antimeridian(shape: BaseGeometry) -> list[BaseGeometry]:
    """Cut a shape at the antimeridian, and move its parts to between -180 and 180."""
    from shapely import box
    from shapely.affinity import translate

    return [
        translate(shape.intersection(box(turn - 180, -90, turn + 180, 90)), -turn) for turn in (-360, 0, 360)
    ]


def encode(
    catalog: Catalog, suffix: str, layer: Layer | None = None, regions: Iterable[str] | None = None
) -> bytes:
    """Write a layer as a file's bytes, always the same; without one, all in a GeoPackage, else the sites."""
    if suffix not in SUFFIXES:
        message = f"a name that ends in {suffix or 'nothing'} names no format"
        raise UsageError(f"{message}; use one of {', '.join(SUFFIXES)}")
    if suffix == ".gpkg":
        layers = LAYERS if layer is None else (layer,)
        return _geopackage({name: frame(catalog, name, regions) for name in layers}, catalog)
    table = frame(catalog, layer or "sites", regions)
    if suffix == ".parquet":
        if find_spec("pyarrow") is None:
            raise MissingPackage("pyarrow")
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()
    if suffix == ".geojson":
        tree, edition = json.loads(table.to_json(drop_id=True, na="null")), catalog.edition
        about = {"attribution": edition.attribution, "licence": edition.licence, "date": edition.date}
        tree = {"type": tree["type"], **about, "features": tree["features"]}
        return (json.dumps(tree, ensure_ascii=False, indent=1) + "\n").encode()
    plain = table.drop(columns="geometry")
    if layer not in (None, "sites"):
        plain["geometry"] = table.geometry.to_wkt()
    return bytes(plain.to_csv(index=False, lineterminator="\n").encode())


def _geopackage(tables: dict[Layer, geopandas.GeoDataFrame], catalog: Catalog) -> bytes:
    import pyogrio

    # GDAL stamps the hour of writing unless it is told another.
    stamp = f"{catalog.edition.date}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": stamp})
    try:
        with tempfile.TemporaryDirectory(prefix="zonerisk-") as folder:
            path = Path(folder) / "catalogue.gpkg"
            about = {"DESCRIPTION": catalog.edition.attribution}
            for name, table in tables.items():
                kind = _TABLES[name][0]
                shape = {"geometry_type": kind, "promote_to_multi": kind.startswith("Multi")}
                pyogrio.write_dataframe(
                    table, path, name, "GPKG", append=path.exists(), layer_options=about, **shape
                )
            return path.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
