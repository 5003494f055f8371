"""Geodata files: GeoPackage, GeoParquet, GeoJSON or CSV, the same bytes each time."""

from __future__ import annotations

import json
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from zonerisk.core.errors import UsageError
from zonerisk.pages.frames import LAYERS, frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geopandas import GeoDataFrame

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.pages.frames import Layer

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
        One of :data:`zonerisk.pages.frames.LAYERS`; without it, all in a GeoPackage and the
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
        raise UsageError("GeoParquet needs pyarrow; install zonerisk[parquet]")
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
