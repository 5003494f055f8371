"""Frames: the catalogue as geodata, for analysis and for a GIS."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, get_args

from zonerisk.core.errors import UsageError
from zonerisk.core.geometry import distance_m
from zonerisk.judging import arrangement, separation
from zonerisk.judging.arrangement import FailureDomain, pairs, zone_units
from zonerisk.judging.cause import strongest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas
    from shapely.geometry.base import BaseGeometry

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Position, Region

Layer = Literal["sites", "discs", "zones", "separations"]
LAYERS: tuple[Layer, ...] = get_args(Layer)
CRS = "EPSG:4326"
# Corners of a disc: its edge is followed to 0.03 % of the radius.
CORNERS = 128


def frame(
    catalog: Catalog, layer: Layer = "sites", regions: Iterable[str] | None = None
) -> geopandas.GeoDataFrame:
    """Give one layer of the catalogue as geodata in EPSG:4326.

    Parameters
    ----------
    catalog
        Where the records come from.
    layer
        ``sites`` as points, ``discs`` that hold them with about 95 % confidence as
        polygons of true radius, ``zones`` as the discs of their sites, ``separations`` of
        a region's zones as lines between their closest sites.
    regions
        Canonical ids; without them, all.

    Returns
    -------
    One row a site, zone or pair. What is not disclosed keeps its row and has no geometry.
    Lists are joined with ``; ``; dates are as partial as they were stated.
    """
    import geopandas

    chosen = [catalog.region(region_id) for region_id in regions or catalog.region_ids]
    rows: Iterator[dict[str, Any]]
    if layer in ("sites", "discs"):
        rows = _sites(catalog, chosen, layer)
    elif layer in ("zones", "separations"):
        rows = _zones(catalog, chosen) if layer == "zones" else _separations(catalog, chosen)
    else:
        raise UsageError(f"no layer is called {layer!r}; there are {', '.join(LAYERS)}")
    listed = list(rows)
    columns = {name: [row[name] for row in listed] for name in _COLUMNS[layer]}
    table = geopandas.GeoDataFrame(columns, geometry="geometry", crs=CRS)
    for name in table.columns.difference(("geometry", *_NUMBERS)):
        table[name] = table[name].astype("object").where(table[name].notna(), None)
    return table


_NUMBERS = (
    "lat",
    "lon",
    "uncertainty_m",
    "distance_low_m",
    "distance_m",
    "distance_high_m",
    "fibre_low_m",
    "fibre_m",
    "fibre_high_m",
    "rtt_low_ms",
    "rtt_ms",
    "rtt_high_ms",
    "disclosed",
)
_SITE = (
    "id",
    "name",
    "kind",
    "provider",
    "region",
    "zones",
    "operator",
    "campus",
    "address",
    "town",
    "country",
    "since",
    "until",
    "fate",
    "lat",
    "lon",
    "uncertainty_m",
    "method",
    "read",
    "grade",
    "sources",
    "geometry",
)
_COLUMNS: dict[str, tuple[str, ...]] = {
    "sites": _SITE,
    "discs": _SITE,
    "zones": (
        "id",
        "name",
        "provider",
        "region",
        "status",
        "country",
        "since",
        "until",
        "disclosed",
        "sites",
        "candidates",
        "grade",
        "sources",
        "geometry",
    ),
    "separations": (
        "region",
        "provider",
        "a",
        "b",
        "distance_low_m",
        "distance_m",
        "distance_high_m",
        "fibre_low_m",
        "fibre_m",
        "fibre_high_m",
        "rtt_low_ms",
        "rtt_ms",
        "rtt_high_ms",
        "geometry",
    ),
}


def _joined(items: Iterable[str | None]) -> str | None:
    return "; ".join(dict.fromkeys(item for item in items if item)) or None


def _sites(catalog: Catalog, regions: Iterable[Region], layer: str) -> Iterator[dict[str, Any]]:
    held: dict[str, list[str]] = defaultdict(list)
    for region_id in catalog.region_ids:
        for zone in catalog.region(region_id).zones.values():
            for site_id in zone.sites:
                held[site_id].append(zone.id)
    for region in regions:
        for key, site in region.sites.items():
            at = site.position
            if layer == "discs" and at is None:
                continue
            cited = region.cite_site(key)
            placed = (*region.cite(at.evidence), *at.mapped) if at else ()
            yield {
                "id": site.id,
                "name": site.name,
                "kind": site.kind,
                "provider": region.provider,
                "region": region.id,
                "zones": _joined(held[site.id]),
                "operator": site.operator,
                "campus": site.campus,
                "address": site.address,
                "town": site.town or region.town,
                "country": site.country or region.country,
                "since": site.since,
                "until": site.until,
                "fate": site.fate,
                "lat": at.lat if at else math.nan,
                "lon": at.lon if at else math.nan,
                "uncertainty_m": at.uncertainty_m if at else math.nan,
                "method": at.method if at else None,
                "read": max((piece.read for piece in placed), default=None),
                "grade": strongest(placed) if placed else None,
                "sources": _joined(piece.url for piece in cited),
                "geometry": at and (_point(at) if layer == "sites" else disc(at)),
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
    day = catalog.edition.date
    for region in regions:
        sites = catalog.scope(region.id).sites
        for a, b in pairs(zone_units(region, sites, day)):
            distance = arrangement.distance_m(a, b)
            fibre = separation.fibre_m(distance)
            rtt = separation.rtt_ms(fibre)
            row: dict[str, Any] = {
                "region": region.id,
                "provider": region.provider,
                "a": a.id,
                "b": b.id,
                "geometry": _line(a, b),
            }
            for name, span in (("distance", distance), ("fibre", fibre), ("rtt", rtt)):
                unit, places = ("ms", 3) if name == "rtt" else ("m", 0)
                for end, value in (("_low", span.low), ("", span.best), ("_high", span.high)):
                    row[f"{name}{end}_{unit}"] = math.nan if value is None else round(value, places)
            yield row


def _point(at: Position) -> BaseGeometry:
    from shapely import Point

    return Point(at.lon, at.lat)


def _line(a: FailureDomain, b: FailureDomain) -> BaseGeometry | None:
    """Draw the straight line between the closest sites of two disclosed units."""
    from shapely import LineString

    if not (a.disclosed and b.disclosed):
        return None
    one, other = min(((p, q) for p in a.positions for q in b.positions), key=lambda pair: distance_m(*pair))
    return LineString([(one.lon, one.lat), (other.lon, other.lat)])


def disc(at: Position) -> BaseGeometry:
    """Draw a position's disc: every corner lies at its radius on WGS 84."""
    from pyproj import Geod
    from shapely import Polygon, box, unary_union
    from shapely.affinity import translate

    bearings = [360 * corner / CORNERS for corner in range(CORNERS)]
    lons, lats, _ = Geod(ellps="WGS84").fwd(
        [at.lon] * CORNERS, [at.lat] * CORNERS, bearings, [at.uncertainty_m] * CORNERS
    )
    # Longitudes run on past 180 degrees, then what lies beyond is brought round.
    turned = [round(at.lon + (lon - at.lon + 180) % 360 - 180, 6) for lon in lons]
    whole = Polygon(zip(turned, (round(lat, 6) for lat in lats), strict=True))
    if min(turned) >= -180 and max(turned) <= 180:
        return whole
    world = box(-180, -90, 180, 90)
    return unary_union([translate(whole, turn).intersection(world) for turn in (-360, 0, 360)])
