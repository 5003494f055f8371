from __future__ import annotations

import warnings
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
from rasterio.io import MemoryFile

from loopback import Server, send
from zonerisk.core.errors import FetchError
from zonerisk.layers import files, services

COLOURS = {"f7f5a9": "1", "ffd8c0": "2"}
BOX = (139.70, 35.65, 139.72, 35.67)


def png(colour: str | None, size: int = 256) -> bytes:
    """Draw the west half of a tile in a colour; the east is transparent."""
    bands = np.zeros((4, size, size), dtype="uint8")
    if colour:
        for band in range(3):
            bands[band, :, : size // 2] = int(colour[2 * band : 2 * band + 2], 16)
        bands[3, :, : size // 2] = 255
    with warnings.catch_warnings(), MemoryFile() as memory:
        warnings.simplefilter("ignore")
        with memory.open(driver="PNG", width=size, height=size, count=4, dtype="uint8") as file:
            file.write(bands)
        return bytes(memory.read())


def url(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png"


def test_colours_become_classes_in_their_place(server: Server, tmp_path: Path) -> None:
    columns, rows = services.tile_ranges(BOX, 14)
    gone = (columns[-1], rows[-1])

    def answer(request: BaseHTTPRequestHandler) -> None:
        x, y = (int(part) for part in request.path.removesuffix(".png").split("/")[2:])
        if (x, y) == gone:
            send(request, 404)
        else:
            send(request, 200, png("ffd8c0"), Content_Type="image/png")

    server.answer = answer
    path = tmp_path / "t.tif"
    path.write_bytes(services.coloured_tiles(url(server), BOX, 14, COLOURS, 10**7))
    width = 360 / 2**14
    lon = columns[0] * width - 180
    with files.raster(path) as file:
        west, east = file.sample([(lon + width / 4, 35.66), (lon + 3 * width / 4, 35.66)])
        at = (gone[0] * width - 180 + width / 4, file.bounds.bottom + 1e-4)
        (none,) = file.sample([at], masked=True)
    assert (west[0], east[0]) == (2, 0)
    assert none.mask.all(), "a tile that is not there is no data"


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        (png("123456"), 200, "colour 123456"),
        (png("f7f5a9", 64), 200, "not a tile"),
        (b"no png", 200, "not a PNG tile"),
        (b"", 500, "HTTP 500"),
    ],
)
def test_a_bad_tile_is_an_error(server: Server, content: bytes, status: int, says: str) -> None:
    server.answer = lambda request: send(request, status, content)
    with pytest.raises(FetchError, match=says):
        services.coloured_tiles(url(server), BOX, 14, COLOURS, 10**7)


def test_an_area_of_too_many_tiles_is_refused() -> None:
    with pytest.raises(FetchError, match="smaller area"):
        services.coloured_tiles("http://127.0.0.1/{z}/{x}/{y}.png", (130, 30, 140, 40), 15, COLOURS, 10**7)
