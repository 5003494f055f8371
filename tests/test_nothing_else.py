"""No reader opens a file but the one that was named, or asks a host but the one that was asked."""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import sqlite3
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely

from conftest import Runner
from grid import answers
from loopback import Server, running, send
from zonerisk.core import errors
from zonerisk.core.errors import DataError, FetchError, ZoneriskError
from zonerisk.layers import files, services
from zonerisk.layers.cards import Reading
from zonerisk.library import Library
from zonerisk.workloads import own_sites, plan, round_trips

LINUX = sys.platform == "linux"
SECRET = {
    "type": "Feature",
    "properties": {"name": "HIDDEN"},
    "geometry": {"type": "Point", "coordinates": [2, 48]},
}
ROW = SECRET | {"properties": {"name": "own"}}
BOX = (1.0, 47.0, 3.0, 49.0)


class Watch:
    """Counts how often files of a folder are opened or read, by whatever library."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.handle = libc.inotify_init1(os.O_NONBLOCK)
        assert libc.inotify_add_watch(self.handle, os.fsencode(folder), 0x1 | 0x20) >= 0

    def events(self) -> int:
        with suppress(BlockingIOError):
            return len(os.read(self.handle, 1 << 16))
        return 0


@pytest.fixture
def lure(tmp_path: Path) -> Iterator[tuple[Path, Server, Watch]]:
    """A folder with a secret in several formats, and a server that nobody was told of."""
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "secret.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [SECRET]}))
    (folder / "secret.csv").write_text("lat,lon,name\n48,2,HIDDEN\n")
    gpd.GeoDataFrame({"name": ["HIDDEN"]}, geometry=[shapely.Point(2, 48)], crs=4326).to_file(
        folder / "secret.gpkg"
    )
    raster(folder / "secret.tif", 1)
    with running() as server:
        yield folder, server, Watch(folder)


def raster(path: Path, value: int, **tags: str) -> Path:
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", transform=rasterio.Affine(0.1, 0, 2, 0, -0.1, 48), **profile) as file:
        file.write(np.full((1, 8, 8), value, "uint8"))
        if tags:
            file.update_tags(ns="OVERVIEWS", **tags)
    return path


def collection(**members: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": [ROW], **members}).encode()


def lines(command: str) -> bytes:
    return json.dumps({"type": "gdal_streamed_alg", "command_line": command}).encode()


def vrt(source: str) -> bytes:
    return f"""<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{source}</SrcDataSource>
    <SrcLayer>secret</SrcLayer></OGRVRTLayer></OGRVRTDataSource>""".encode()


def geopackage(path: Path, *statements: str) -> bytes:
    gpd.GeoDataFrame({"name": ["own"]}, geometry=[shapely.Point(2, 48)], crs=4326).to_file(path, layer="own")
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path.read_bytes()


def system(grids: str) -> str:
    """A reference system in WKT that names a file with grids."""
    return (
        f'GEOGCS["x",DATUM["x",SPHEROID["x",6378137,298],EXTENSION["PROJ4_GRIDS","{grids}"]],'
        'PRIMEM["G",0],UNIT["degree",0.0174532925199433]]'
    )


def projected(words: str) -> str:
    """A projection in WKT that is told in the words of PROJ, which may name files."""
    return (
        'PROJCS["x",GEOGCS["x",DATUM["x",SPHEROID["x",6378137,298]],PRIMEM["G",0],UNIT["degree",0.0174532925199433]],'
        f'PROJECTION["Mercator_1SP"],UNIT["metre",1],EXTENSION["PROJ4","{words}"]]'
    )


def flatgeobuf(path: Path, grids: str) -> bytes:
    """A FlatGeobuf whose system names a file, in the place of one with a long name of its own."""
    crs = f'GEOGCS["{"x" * 900}",DATUM["d",SPHEROID["s",6371000,0]],PRIMEM["G",0],UNIT["degree",0.0174532925199433]]'
    gpd.GeoDataFrame({"name": ["own"]}, geometry=[shapely.Point(2, 48)], crs=crs).to_file(path)
    data = path.read_bytes()
    start = data.index(b"GEOGC")
    written = data[start : data.index(b"\0", start)]
    return data.replace(written, system(grids).encode().ljust(len(written)), 1)


def shapefile(path: Path, crs: str) -> list[tuple[str, bytes]]:
    gpd.GeoDataFrame({"name": ["own"]}, geometry=[shapely.Point(2, 48)], crs=4326).to_file(path)
    path.with_suffix(".prj").write_text(crs)
    return [(part.name, part.read_bytes()) for part in path.parent.glob("e.*")]


def zipped(*entries: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # That two entries have one name.
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def vectors(folder: Path, url: str, own: Path) -> dict[str, bytes]:
    """Vector files that name the secret or the server in every way that GDAL is known to follow."""
    secret, kml = (
        folder / "secret.geojson",
        '<kml xmlns="http://www.opengis.net/kml/2.2"><NetworkLink><Link><href>',
    )
    gml = (
        '<FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:gml="http://www.opengis.net/gml" '
        f'xsi:schemaLocation="x {folder}/secret.csv y {url}"><gml:featureMember xlink:href="{url}"/></FeatureCollection>'
    )
    grids = f"+proj=longlat +nadgrids={folder / 'secret.csv'} +type=crs"
    return {
        "stream.geojson": lines(f"gdal vector pipeline ! read {secret}"),
        "fetch.geojson": lines(f"gdal vector pipeline ! read /vsicurl/{url}/x.geojson"),
        "out.geojson": lines(f"gdal vector pipeline ! read {secret} ! write /vsicurl/{url}"),
        "nested.geojson": json.dumps({"a": {"type": "gdal_streamed_alg", "command_line": f"gdal vector info {secret}"}}).encode(),
        "link.geojson": collection(crs={"type": "link", "properties": {"href": f"{url}/crs", "type": "proj4"}}),
        "path.geojson": collection(crs={"type": "name", "properties": {"name": str(secret)}}),
        "web.geojson": collection(crs={"type": "name", "properties": {"name": f"{url}/crs"}}),
        "grids.geojson": collection(crs={"type": "name", "properties": {"name": grids}}),
        "point.geojson": collection(features=[ROW | {"geometry": {"type": "Point", "coordinates": [2, 48], "crs": {"type": "link", "properties": {"href": f"{url}/crs"}}}}]),
        "row.geojson": collection(features=[ROW | {"crs": {"type": "url", "properties": {"url": f"{url}/crs"}}}]),
        "twice.geojson": b'{"type": "FeatureCollection", "type": "gdal_streamed_alg", "features": []}',
        "escaped.geojson": b'{"t\\u0079pe": "gdal_streamed_alg", "command_line": "gdal vector info %s"}' % bytes(secret),
        "topology.geojson": b'{"type": "Topology", "objects": {"a": {"type": "GeometryCollection", "geometries": []}}, "arcs": []}',
        "service.geojson": json.dumps({"type": "FeatureCollection", "next": url, "links": [{"rel": "next", "href": url}], "exceededTransferLimit": True, "features": [ROW]}).encode(),
        "vrt.geojson": vrt(str(secret)),
        "vrt.gpkg": vrt(f"/vsicurl/{url}/x.geojson"),
        "kml.geojson": f"{kml}{url}</href></Link></NetworkLink></kml>".encode(),
        "gml.geojson": gml.encode(),
        "wfs.geojson": f"<OGRWFSDataSource><URL>{url}</URL></OGRWFSDataSource>".encode(),
        "words.geojson": f"/vsicurl/{url}/x.geojson".encode(),
        "view.gpkg": geopackage(own / "a.gpkg", "CREATE VIEW v AS SELECT * FROM own", "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v', 'features', 'v')"),
        "systems.gpkg": geopackage(own / "f.gpkg", "ALTER TABLE gpkg_spatial_ref_sys RENAME TO z", "CREATE VIEW gpkg_spatial_ref_sys AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n"),
        "reckoned.gpkg": geopackage(own / "g.gpkg", "ALTER TABLE own ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(zeroblob(999))) VIRTUAL"),
        "virtual.gpkg": geopackage(own / "b.gpkg", "CREATE VIRTUAL TABLE t USING fts4(x)"),
        "grids.gpkg": geopackage(own / "c.gpkg", f"UPDATE gpkg_spatial_ref_sys SET organization='x', definition='GEOGCS[\"x\",DATUM[\"x\",SPHEROID[\"x\",6378137,298],EXTENSION[\"PROJ4_GRIDS\",\"{folder / 'secret.csv'}\"]],PRIMEM[\"G\",0],UNIT[\"degree\",0.0174532925199433]]'"),
"grids.fgb": flatgeobuf(own / "d.fgb", str(folder / "secret.csv")),
        "grids.zip": zipped(*shapefile(own / "e.shp", system(str(folder / "secret.csv")))),
        "words.zip": zipped(*shapefile(own / "e.shp", projected(f"+proj=tinshift +file={folder / 'secret.csv'}"))),
        "model.zip": zipped(*shapefile(own / "e.shp", projected(f"+proj=defmodel +model={folder / 'secret.csv'}"))),
        "init.zip": zipped(*shapefile(own / "e.shp", projected(f"+init={folder / 'secret.csv'}:x"))),
        "two.zip": zipped(("a.geojson", collection()), ("a.geojson", lines(f"gdal vector info {secret}"))),
        "vrt.zip": zipped(("a.geojson", vrt(str(secret)))),
        "beside.zip": zipped(("a.geojson", collection()), ("a.gfs", b"x"), ("a.geojson.aux.xml", b"x")),
        "nested.zip": zipped(("a.shp", zipped(("b.geojson", lines(f"gdal vector info {secret}"))))),
        "zipped.zip": zipped(("a.geojson", zipped(("b.geojson", collection(crs={"type": "link", "properties": {"href": url}}))))),
        "out.zip": zipped((f"../../{secret}", collection())),
        "points.csv": f'id,geometry\n1,"{secret}"\n'.encode(),
        "address.csv": f"id,geometry\n1,{url}\n".encode(),
    }  # fmt: skip


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_the_watch_sees_a_read(lure: tuple[Path, Server, Watch]) -> None:
    folder, _, watch = lure
    assert not watch.events()
    (folder / "secret.csv").read_text()
    assert watch.events()


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_a_vector_file_opens_nothing_else(lure: tuple[Path, Server, Watch], tmp_path: Path) -> None:
    folder, server, watch = lure
    url = f"http://127.0.0.1:{server.server_port}"
    refused: dict[str, str] = {}
    made = vectors(folder, url, tmp_path)
    for name, data in made.items():
        path = tmp_path / "own" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        for reading in (Reading(), Reading(layer="secret"), Reading(layer="own")):
            try:
                frame = files.read(path, reading)
            except ZoneriskError as error:
                assert "HIDDEN" not in str(error), name
                refused.setdefault(name, str(error))
            else:
                assert list(frame.get("name", ["own"])) == ["own"], name
        assert not watch.events(), name
    assert not server.asked
    read = {"service.geojson", "beside.zip", "out.zip"}
    assert refused.keys() >= made.keys() - read
    for name in ("view.gpkg", "systems.gpkg", "virtual.gpkg"):
        assert "is a view or a virtual table" in refused[name]
    assert "is reckoned" in refused["reckoned.gpkg"]


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_what_lies_beside_a_file_is_not_opened(lure: tuple[Path, Server, Watch], tmp_path: Path) -> None:
    folder, server, watch = lure
    geopackage(tmp_path / "x.gpkg")
    (tmp_path / "y.geojson").write_bytes(collection())
    path = raster(tmp_path / "z.tif", 3, OVERVIEW_FILE=str(folder / "secret.tif"))
    for beside in (
        "x.gpkg-wal",
        "x.gpkg-journal",
        "x.gpkg.aux.xml",
        "y.gfs",
        "z.tif.aux.xml",
        "z.tif.msk",
        "z.tfw",
        "z.tif.ovr",
    ):
        (tmp_path / beside).symlink_to(folder / "secret.csv")
    assert list(files.read(tmp_path / "x.gpkg", Reading())["name"]) == ["own"]
    assert list(files.read(tmp_path / "y.geojson", Reading())["name"]) == ["own"]
    with files.raster(path) as file:
        window = files.window(file, 47.6, 2.4, 2000)
        assert window is not None
        assert set(window.values.ravel()) == {3.0}
    services.part([path], (2.1, 47.5, 2.3, 47.9), 10**6)
    assert not watch.events()
    assert not server.asked


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_a_raster_opens_nothing_else(lure: tuple[Path, Server, Watch], tmp_path: Path) -> None:
    folder, server, watch = lure
    url = f"http://127.0.0.1:{server.server_port}"
    for source in (folder / "secret.tif", f"/vsicurl/{url}/x.tif"):
        text = (
            '<VRTDataset rasterXSize="8" rasterYSize="8"><SRS>EPSG:4326</SRS><VRTRasterBand dataType="Byte" band="1">'
            f"<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
        )
        wms = f"<GDAL_WMS><Service name='TMS'><ServerUrl>{source}/${{z}}</ServerUrl></Service></GDAL_WMS>"
        for content in (text, wms, lines(f"gdal raster info {source}").decode()):
            (tmp_path / "x.tif").write_text(content)
            with pytest.raises(DataError, match="not a readable GeoTIFF"), files.raster(tmp_path / "x.tif"):
                pass
    assert not watch.events()
    assert not server.asked


def test_a_remote_raster_is_asked_of_no_other_host(tmp_path: Path) -> None:
    body = raster(tmp_path / "x.tif", 1).read_bytes()
    with running() as other, running() as asked:
        other.answer = lambda request: send(
            request, 206, body, Content_Range=f"bytes 0-{len(body) - 1}/{len(body)}"
        )
        target = f"http://127.0.0.1:{other.server_port}/x.tif"
        asked.answer = lambda request: send(request, 302, Location=target)
        with (
            pytest.raises(DataError, match="not followed"),
            files.raster(f"http://127.0.0.1:{asked.server_port}/x.tif"),
        ):
            pass
        assert asked.asked
        assert not other.asked


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_an_answer_of_a_service_leads_nowhere_else(lure: tuple[Path, Server, Watch]) -> None:
    folder, other, watch = lure
    url = f"http://127.0.0.1:{other.server_port}"
    gml = f"""<?xml version="1.0"?><wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs/2.0"
     xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:xlink="http://www.w3.org/1999/xlink"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" numberMatched="1"
     xsi:schemaLocation="http://x {folder}/secret.csv http://y {url}/schema.xsd" xsi:noNamespaceSchemaLocation='{url}/a.xsd'>
     <wfs:member><x gml:id="a"><geom xlink:href="{url}/g"><gml:Point srsName="{url}/crs"><gml:pos>2 48</gml:pos>
     </gml:Point></geom></x></wfs:member></wfs:FeatureCollection>"""
    doctype = gml.replace("<wfs:Fe", f'<!DOCTYPE x [<!ENTITY e SYSTEM "{folder}/secret.csv">]><wfs:Fe', 1)
    with running() as asked:
        address = f"http://127.0.0.1:{asked.server_port}/service"
        for method, body in (
            ("wfs-gml", gml.encode()),
            ("wfs-gml", doctype.encode()),
            *(
                ("wfs-gml", gml.replace(f"{url}/crs", words).encode())
                for words in (
                    f"+proj=longlat +nadgrids={folder}/secret.csv +type=crs",
                    f"+init={folder}/secret.csv:x",
                    projected(f"+proj=tinshift +file={folder}/secret.csv").replace('"', "&quot;"),
                )
            ),
            ("wfs-gml", vrt(str(folder / "secret.geojson"))),
            ("wfs", lines(f"gdal vector info {folder}/secret.geojson")),
            ("wfs", collection(crs={"type": "link", "properties": {"href": url}})),
            ("wfs", collection(crs={"type": "name", "properties": {"name": str(folder / "secret.csv")}})),
            ("features", collection(links=[{"rel": "next", "href": url}])),
            ("arcgis", collection(next=url, links=[{"rel": "next", "href": url}])),
        ):
            asked.answer = lambda request, body=body: send(request, 200, body)  # type: ignore[misc]
            with suppress(ZoneriskError):
                services.features(method, address, "x", BOX, 10**6)
        tiles = (
            collection()
            .replace(b'"Point"', b'"Polygon"')
            .replace(b"[2, 48]", b"[[[1, 47], [3, 47], [3, 49], [1, 47]]]")
        )
        asked.answer = lambda request: send(request, 200, tiles)
        with pytest.raises(FetchError, match="not asked for"):
            services.tile_address(f"{address}/{{name}}.tif", {"name": "../../etc/passwd"})
        assert services.covering_tiles(address, BOX)
    assert not watch.events()
    assert not other.asked


TEXTS: list[Callable[[bytes], object]] = [
    *(lambda data, read=read: read(data, "x") for read in (
        answers.supply_areas, answers.hifld, answers.odre_stations, answers.overpass,
        answers.facilities, answers.pypsa_stations, answers.pypsa_circuits, round_trips.read,
    )),
]  # fmt: skip


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_no_other_reader_follows_what_a_file_names(lure: tuple[Path, Server, Watch], tmp_path: Path) -> None:
    folder, server, watch = lure
    made = vectors(folder, f"http://127.0.0.1:{server.server_port}", tmp_path)
    for read in TEXTS:
        for data in made.values():
            with suppress(ZoneriskError), errors.reading("x"):
                assert "HIDDEN" not in repr(read(data))
        assert not watch.events(), read
    assert not server.asked


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_own_sites_and_plans_open_nothing_else(
    lure: tuple[Path, Server, Watch], tmp_path: Path, shipped: Library
) -> None:
    folder, server, watch = lure
    for name, data in vectors(folder, f"http://127.0.0.1:{server.server_port}", tmp_path).items():
        for suffix in (".geojson", ".csv", ".yaml", ".json"):
            path = tmp_path / f"{Path(name).stem}-x{suffix}"
            path.write_bytes(data)
            with suppress(ZoneriskError):
                if suffix in (".geojson", ".csv"):
                    own_sites.catalog([str(path)], 100.0, "2026-11-28")
                else:
                    plan.read([str(path)], None, shipped, None)
    assert not watch.events()
    assert not server.asked


def test_gdal_knows_no_other_format() -> None:
    assert set(files.gdal("pyogrio").list_drivers()) <= files.FORMATS
    with rasterio.Env() as environment:
        assert set(environment.drivers()) <= files.FORMATS


def test_gdal_is_refused_where_it_knows_more(run: Callable[..., object], tmp_path: Path) -> None:
    """Rasterio that was imported first has all its formats, and there is no way to switch them off."""
    import subprocess

    code = (
        "import rasterio\nwith rasterio.Env(): pass\nfrom zonerisk.layers import files\n"
        f"with files.raster({str(tmp_path / 'x.tif')!r}): pass"
    )
    raster(tmp_path / "x.tif", 1)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode
    assert "has not been held against" in done.stderr


def test_nothing_else_imports_gdal() -> None:
    """Formats are switched off in one place: all that reads by GDAL comes through it."""
    root = Path(files.__file__).parents[1]
    for path in root.rglob("*.py"):
        text = path.read_text("utf-8")
        assert "read_file(" not in text, path
        if path.name != "frames.py":  # Which writes.
            assert "import pyogrio" not in text, path
        assert "rasterio.open(" not in text or path.name == "files.py"


@pytest.mark.skipif(not LINUX, reason="only Linux says which files are read")
def test_a_map_s_tiles_are_asked_for_by_its_reader_alone(
    lure: tuple[Path, Server, Watch], run: Runner, tmp_path: Path
) -> None:
    """Making a page asks nobody and reads nothing; the page itself lets a browser ask that one host."""
    folder, server, watch = lure
    page, base = tmp_path / "map.html", f"http://127.0.0.1:{server.server_port}"
    run("map", "scaleway-fr-par", "--tiles", f"{base}/{{z}}/{{x}}/{{y}}.png", "-o", str(page))
    (allowed,) = re.findall(r"img-src ([^;\"]*)", page.read_text())
    assert allowed == f"data: {base}"
    for address in (
        f"{folder}/secret.tif",
        f"{folder}/{{z}}/{{x}}/{{y}}.png",
        f"file://{folder}/{{z}}/{{x}}/{{y}}.png",
        f"{base}/{{z}}/{{x}}/{{y}}.png; script-src *",
        f'{base}/{{z}}/{{x}}/{{y}}.png" onload="x',
        f"https://name:word@{base[7:]}/{{z}}/{{x}}/{{y}}.png",
    ):
        done = run("map", "scaleway-fr-par", "--tiles", address, "-o", str(page), check=2)
        assert "is not a tile address" in done.stderr
    assert not watch.events()
    assert not server.asked
