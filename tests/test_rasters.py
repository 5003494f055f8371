"""Rasters on disk, and one of JRC's shape behind HTTP of which only a little may be read."""

from __future__ import annotations

import re
import struct
import zlib
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
import rasterio

from loopback import Server, holding, send
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import metres_per_degree
from zonerisk.layers import files, services

AQUEDUCT = (
    Path(__file__).parents[1].parent
    / "shared"
    / "fixtures"
    / "hazards"
    / "aqueduct_inunriver_rp1000_djibouti.tif"
)
WIDTH, HEIGHT, TILE, CELL = 110_162, 51_992, 256, 0.000833333333333
WEST, NORTH = -25.0, 72.0


class Jrc:
    """A GeoTIFF of JRC's size whose tiles are made as they are asked for.

    Every tile's cells hold the tile's column modulo 100, in metres.
    """

    def __init__(self) -> None:
        across, down = -(-WIDTH // TILE), -(-HEIGHT // TILE)
        self.tiles = [
            zlib.compress(np.full((TILE, TILE), value, "<f4").tobytes() + b"", 1) for value in range(100)
        ]
        self.slot = max(map(len, self.tiles)) + 3000  # real tiles compress less well
        count = across * down
        extra: list[bytes] = []
        entries: list[tuple[int, int, int, bytes]] = []
        values = {
            256: ("<I", [WIDTH]),
            257: ("<I", [HEIGHT]),
            258: ("<H", [32]),
            259: ("<H", [8]),
            262: ("<H", [1]),
            277: ("<H", [1]),
            322: ("<H", [TILE]),
            323: ("<H", [TILE]),
            324: ("<I", None),
            325: ("<I", None),
            339: ("<H", [3]),
            33550: ("<d", [CELL, CELL, 0.0]),
            33922: ("<d", [0, 0, 0, WEST, NORTH, 0]),
            34735: ("<H", [1, 1, 0, 3, 1024, 0, 1, 2, 1025, 0, 1, 1, 2048, 0, 1, 4326]),
            42113: ("s", b"-9999\0"),
        }
        kinds = {"<H": 3, "<I": 4, "<d": 12, "s": 2}
        start = 8 + 2 + 12 * len(values) + 4
        for tag, (form, held) in sorted(values.items()):
            if tag == 324:
                packed = bytes(4 * count)
            elif tag == 325:
                packed = b"".join(struct.pack("<I", len(self.tiles[i % across % 100])) for i in range(count))
            elif form == "s":
                packed = held  # type: ignore[assignment]
            else:
                packed = b"".join(struct.pack(form, each) for each in held)  # type: ignore[union-attr]
            size = len(packed) // (1 if form == "s" else struct.calcsize(form))
            if len(packed) <= 4:
                entries.append((tag, kinds[form], size, packed.ljust(4, b"\0")))
            else:
                where = start + sum(map(len, extra))
                extra.append(packed)
                entries.append((tag, kinds[form], size, struct.pack("<I", where)))
        self.first = start + sum(map(len, extra))
        offsets = b"".join(struct.pack("<I", self.first + i * self.slot) for i in range(count))
        directory = b"".join(struct.pack("<HHI", *entry[:3]) + entry[3] for entry in entries)
        self.head = (
            b"II*\0"
            + struct.pack("<I", 8)
            + struct.pack("<H", len(entries))
            + directory
            + bytes(4)
            + b"".join(offsets if len(part) == 4 * count and not any(part) else part for part in extra)
        )
        self.across = across
        self.size = self.first + count * self.slot
        self.read = 0

    def bytes_of(self, start: int, end: int) -> bytes:
        """Make the bytes from start to end."""
        out = bytearray()
        at = start
        while at < end:
            if at < self.first:
                part = self.head[at : min(end, self.first)]
            else:
                index, inside = divmod(at - self.first, self.slot)
                whole = self.tiles[index % self.across % 100].ljust(self.slot, b"\0")
                part = whole[inside : inside + end - at]
            out += part
            at += len(part)
        return bytes(out)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Serve a byte range."""
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
        start = int(asked[1]) if asked else 0
        end = min(self.size, int(asked[2]) + 1 if asked and asked[2] else self.size)
        if request.command == "HEAD":
            send(request, 200, Content_Length=str(self.size), Accept_Ranges="bytes")
            return
        body = self.bytes_of(start, end)
        self.read += len(body)
        send(
            request,
            206,
            body,
            Content_Range=f"bytes {start}-{end - 1}/{self.size}",
            Accept_Ranges="bytes",
            Content_Type="image/tiff",
        )


def url(server: Server, name: str) -> str:
    """Return an address of its own: GDAL remembers what it has read."""
    return f"http://127.0.0.1:{server.server_port}/{name}.tif"


def test_a_continental_raster_is_sampled_by_window_over_http(server: Server) -> None:
    jrc = Jrc()
    server.answer = jrc.answer
    places = [(48.585, 7.797), (50.69, 3.2), (48.79, 2.4), (50.098, 8.631), (52.37, 4.9)]
    with files.raster(url(server, "jrc")) as file:
        assert (file.width, file.height) == (WIDTH, HEIGHT)
        for lat, lon in places:
            found = files.window(file, lat, lon, 3000)
            assert found is not None
            assert found.values.size < 20_000
            lons = lon + found.east_m / metres_per_degree(lat)[1]
            columns = ((lons - WEST) / CELL).astype(int) // TILE % 100
            assert np.array_equal(found.values[0], columns.astype(float))
    assert jrc.size > 250_000_000
    assert 0 < jrc.read < jrc.size * 0.01


def write(path: Path, values: np.ndarray, **changed: object) -> Path:
    profile = {
        "driver": "GTiff",
        "width": values.shape[1],
        "height": values.shape[0],
        "count": 1,
        "dtype": values.dtype,
        "crs": "EPSG:4326",
        "nodata": -9999,
        "transform": rasterio.Affine(0.01, 0, 7, 0, -0.01, 49),
        **changed,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
    return path


def test_a_window_outside_is_none_and_a_part_keeps_its_place(tmp_path: Path) -> None:
    values = np.arange(10_000, dtype="float32").reshape(100, 100)
    path = write(tmp_path / "x.tif", values)
    with files.raster(path) as file:
        assert files.window(file, 40, 7.5, 1000) is None
        whole = files.window(file, 48.5, 7.5, 5000)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(services.part([path], (7.3, 48.3, 7.7, 48.7), 10**7))
    with files.raster(cut) as file:
        again = files.window(file, 48.5, 7.5, 5000)
    assert whole is not None
    assert again is not None
    assert np.array_equal(whole.values, again.values)
    with pytest.raises(DataError, match="does not cover"):
        services.part([path], (1, 1, 2, 2), 10**7)
    with pytest.raises(DataError, match="more than the cap"):
        services.part([path], (7.3, 48.3, 7.7, 48.7), 10)


def test_another_reference_system_is_refused(tmp_path: Path) -> None:
    values = np.zeros((4, 4), dtype="float32")
    # Degrees, but of another meridian, or of another datum.
    for crs in ("EPSG:3857", "EPSG:4807", "EPSG:4301", None):
        with (
            pytest.raises(DataError, match="reference system"),
            files.raster(write(tmp_path / "x.tif", values, crs=crs)),
        ):
            pass


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: send(request, 200, b"<html>", Content_Type="text/html"),
        lambda request: send(request, 500),
        lambda request: send(request, 404),
        lambda request: send(request, 302, Location="file:///etc/passwd"),
        lambda request: send(request, 200, b"II*\0", Content_Length="10000000000"),
        lambda request: send(request, 200, bytes(5000)),
    ],
    ids=["html", "500", "404", "file", "10 GB", "no ranges"],
)
def test_a_bad_server_is_an_error_not_a_dry_place(
    server: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, answer: object
) -> None:
    monkeypatch.setitem(files._OPTIONS, "GDAL_HTTP_RETRY_DELAY", "0.01")
    server.answer = answer  # type: ignore[assignment]
    name = re.sub(r"\W", "", request.node.callspec.id)
    with (
        pytest.raises(DataError, match="not a readable GeoTIFF"),
        files.raster(url(server, name)),
    ):
        pass


def test_a_body_that_breaks_off_is_an_error(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(files._OPTIONS, "GDAL_HTTP_RETRY_DELAY", "0.01")
    jrc = Jrc()

    def broken(request: BaseHTTPRequestHandler) -> None:
        asked = re.match(r"bytes=(\d+)-", request.headers.get("Range") or "")
        if asked and int(asked[1]) >= jrc.first:
            send(request, 206, b"abc", Content_Length="16384")
        else:
            jrc.answer(request)

    server.answer = broken
    with (
        pytest.raises(DataError, match="cannot be read"),
        files.raster(url(server, "cut")) as file,
    ):
        files.window(file, 48.585, 7.797, 3000)


def test_no_format_that_opens_other_files_is_read(server: Server, tmp_path: Path) -> None:
    target = write(tmp_path / "local.tif", np.ones((4, 4), dtype="float32"))
    vrt = f"""<VRTDataset rasterXSize="4" rasterYSize="4"><SRS>EPSG:4326</SRS>
      <GeoTransform>7, 0.01, 0, 49, 0, -0.01</GeoTransform>
      <VRTRasterBand dataType="Float32" band="1"><SimpleSource>
      <SourceFilename relativeToVRT="0">{target}</SourceFilename><SourceBand>1</SourceBand>
      </SimpleSource></VRTRasterBand></VRTDataset>""".encode()
    server.answer = holding({"/vrt.tif": vrt})
    (tmp_path / "vrt.tif").write_bytes(vrt)
    for source in (url(server, "vrt"), tmp_path / "vrt.tif"):
        with pytest.raises(DataError, match="not a readable GeoTIFF"), files.raster(source):
            pass


@pytest.mark.parametrize("size", [0.0, np.nan, np.inf])
def test_cells_without_a_size_are_refused(tmp_path: Path, size: float) -> None:
    path = write(tmp_path / "x.tif", np.ones((4, 4), dtype="float32"))
    told = path.read_bytes()
    assert struct.pack("<d", 0.01) in told
    path.write_bytes(told.replace(struct.pack("<d", 0.01), struct.pack("<d", size), 1))
    with pytest.raises(DataError, match=r"no size|not named"), files.raster(path):
        pass


@pytest.mark.parametrize(("scale", "offset"), [(np.nan, 0), (-1, 0), (np.inf, 0), (1, np.nan)])
def test_a_scale_that_makes_no_numbers_is_refused(tmp_path: Path, scale: float, offset: float) -> None:
    """It would make a flooded place one without data."""
    path = write(tmp_path / "x.tif", np.ones((4, 4), dtype="uint8"), nodata=None)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (scale,), (offset,)
    with pytest.raises(DataError, match="makes no numbers"), files.raster(path):
        pass


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_of_the_environment_is_used(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
    for key in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(key, raising=False)
    server.answer = Jrc().answer
    address = f"http://layers.invalid/{name}.tif"
    with files.raster(address) as file:
        assert file.width == WIDTH
    assert {asked["path"] for asked in server.asked} == {address}


@pytest.mark.skipif(not AQUEDUCT.is_file(), reason="the real raster fixture is not here")
def test_a_real_clip_of_aqueduct() -> None:
    with files.raster(AQUEDUCT) as file:
        found = files.window(file, 11.5, 43.0, 20_000)
    assert found is not None
    assert np.nanmin(found.values) >= 0


def test_blocks_and_windows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is unpacked whole, however little of it is asked for."""
    path = write(tmp_path / "x.tif", np.zeros((64, 64), dtype="float32"))
    with files.raster(path) as file:
        monkeypatch.setattr(files, "MAX_WINDOW", 100)
        with pytest.raises(DataError, match="too many for a window"):
            files.window(file, 48.7, 7.3, 30_000)
    monkeypatch.setattr(files, "MAX_BLOCK_BYTES", 1000)
    with pytest.raises(DataError, match="blocks of more than"), files.raster(path):
        pass
