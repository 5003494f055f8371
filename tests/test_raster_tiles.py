"""Rasters in tiles, found by an index: read around places, over loopback."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.io import MemoryFile

from conftest import Runner
from loopback import Server, holding, send
from zonerisk.core.errors import FetchError, UsageError, ZoneriskError
from zonerisk.core.samples import Disc
from zonerisk.layers import cards, sampling, services, store
from zonerisk.layers.cards import Card

CELL, SIDE = 0.01, 100
# The corner of four tiles, and one far from it.
CORNER, ALONE = Disc("corner", 50.0, 8.0, 300), Disc("alone", 49.305, 7.305, 50)


def tile(north: int, west: int, value: float) -> bytes:
    """Make a tile of one degree with one depth all over, dry around (n, w) + 0.1 degree."""
    depth = np.full((SIDE, SIDE), value, dtype="float32")
    depth[:20, :20] = -9999
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=SIDE,
            height=SIDE,
            count=1,
            dtype="float32",
            crs="EPSG:4326",
            nodata=-9999,
            transform=rasterio.Affine(CELL, 0, west, 0, -CELL, north),
        ) as file:
            file.write(depth, 1)
        return bytes(memory.read())


def index(*corners: tuple[int, int]) -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"id": number, "name": f"N{north}_E{west}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [west, north - 1],
                        [west + 1, north - 1],
                        [west + 1, north],
                        [west, north],
                        [west, north - 1],
                    ]
                ],
            },
        }
        for number, (north, west) in enumerate(corners, 1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def world(server: Server, folder: str) -> Card:
    """Point the shipped card at the loopback server; GDAL remembers addresses, so each its own."""
    base = f"http://127.0.0.1:{server.server_port}/{folder}"
    shipped = cards.load("flood-jrc-world-rp100").model_dump()
    return Card.model_validate(
        {
            **shipped,
            "files": [{"path": "remote/d.tif", "url": base + "/ID{id}_{name}_RP100.tif"}],
            "reading": {**shipped["reading"], "index": f"{base}/tiles.geojson"},
        }
    )


def test_a_window_over_four_tiles_is_one_raster(server: Server, tmp_path: Path) -> None:
    corners = [(50, 7), (50, 8), (51, 7), (51, 8)]
    files = {
        f"/four/ID{number}_N{north}_E{west}_RP100.tif": tile(north, west, float(number))
        for number, (north, west) in enumerate(corners, 1)
    }
    server.answer = holding({**files, "/four/tiles.geojson": index(*corners)})
    card = world(server, "four")
    store.fetch(card, tmp_path, [CORNER], 10**7)
    with rasterio.open(tmp_path / "layers" / card.id / "d.tif") as file:
        values = file.read(1)
        row, column = file.index(8.0 + CELL / 2, 50.0 - CELL / 2)
    # South-east of the corner the second tile is dry; north-west of it lies the third.
    assert values[row, column] == -9999
    assert values[row - 1, column - 1] == 3.0
    assert values[row - 1, column] == 4.0
    assert values[row, column - 1] == 1.0
    (found,) = sampling.sample(card, store.locate(card, tmp_path), [CORNER])
    assert found.inside is None, "the disc stands on the edge of the flood"


def test_where_no_tile_lies_nothing_is_known(server: Server, tmp_path: Path) -> None:
    server.answer = holding(
        {"/sea/tiles.geojson": index((50, 7)), "/sea/ID1_N50_E7_RP100.tif": tile(50, 7, 2.0)}
    )
    card = world(server, "sea")
    with pytest.raises(FetchError, match="no tile covers"):
        store.fetch(card, tmp_path, [Disc("far", 10, 10, 50)], 10**7)
    assert store.locate(card, tmp_path) == ()
    with pytest.raises(UsageError, match="--region"):
        store.fetch(card, tmp_path, [], 10**7)
    store.fetch(card, tmp_path, [ALONE], 10**7)
    here, there = sampling.sample(card, store.locate(card, tmp_path), [ALONE, CORNER])
    assert here.inside is True
    assert here.label == "2.0 m, up to 2.0 m within the disc"
    assert there.reason == "outside_coverage"


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: send(request, 500),
        lambda request: send(request, 200, b"<html>", Content_Type="text/html"),
        lambda request: send(request, 200, b'{"features": [{"geometry": null}]}'),
        lambda request: send(request, 200, b'{"error": {"code": 499}}'),
        lambda request: send(request, 302, Location="file:///etc/passwd"),
        holding({"/bad/tiles.geojson": index((50, 7))}),
        holding(
            {
                "/bad/tiles.geojson": index((50, 7)).replace(b"N50_E7", b"../../x"),
                "/bad/ID1_../../x_RP100.tif": b"x",
            }
        ),
        holding({"/bad/tiles.geojson": index((50, 7)).replace(b'"name"', b'"other"')}),
    ],
    ids=["500", "html", "no outline", "error", "file", "no tile", "path", "no property"],
)
def test_a_bad_index_or_tile_is_an_error(server: Server, tmp_path: Path, answer: object) -> None:
    server.answer = answer  # type: ignore[assignment]
    with pytest.raises(ZoneriskError):
        store.fetch(world(server, "bad"), tmp_path, [ALONE], 10**7)
    assert not [each for each in tmp_path.rglob("*") if each.is_file()]


def test_an_address_is_filled_from_the_index_only() -> None:
    assert services.tile_address("http://h/ID{id}_{name}.tif", {"id": 7, "name": "N1_E2"}) == (
        "http://h/ID7_N1_E2.tif"
    )
    with pytest.raises(FetchError, match="has the name ''"):
        services.tile_address("http://h/{name}.tif", {"id": 7})
    with pytest.raises(FetchError, match="not asked for"):
        services.tile_address("http://h/{name}.tif", {"name": "a/../b"})


def test_each_return_period_is_a_layer() -> None:
    card = cards.load("flood-jrc-world-rp500")
    assert card.return_period == "500 years, without flood defences"
    assert card.files[0].url is not None
    assert card.files[0].url.endswith("/RP500/ID{id}_{name}_RP500_depth.tif")
    url = cards.load("flood-aqueduct-rp100").files[0].url
    assert url is not None
    assert url.endswith("_1980_rp00100.tif")
    assert not any("{period" in cards.load(name).model_dump_json() for name in cards.known())


def test_a_layer_is_fetched_around_own_sites(run: Runner, server: Server, tmp_path: Path) -> None:
    server.answer = holding(
        {"/own/tiles.geojson": index((50, 7)), "/own/ID1_N50_E7_RP100.tif": tile(50, 7, 2.0)}
    )
    card = tmp_path / "own.yaml"
    card.write_text(world(server, "own").model_dump_json(exclude={"id", "periods"}, exclude_none=True))
    sites = tmp_path / "sites.csv"
    sites.write_text("lat,lon\n49.3,7.3\n49.5,7.5\n")
    around = ("--region", "49.305,7.305", "--region", str(sites), "--cache", str(tmp_path))
    run("layers", "fetch", str(card), *around)
    with rasterio.open(tmp_path / "layers" / "own" / "d.tif") as file:
        assert file.bounds.left < 7.27
        assert 7.53 < file.bounds.right < 7.6
    done = run("layers", "fetch", str(card), "--region", "49.3,97.3", check=2)
    assert "no tile covers" in done.stderr


def test_a_region_is_judged_by_the_layers_on_this_machine(run: Runner, tmp_path: Path) -> None:
    depth = tmp_path / "depth.tif"
    with rasterio.open(
        depth,
        "w",
        driver="GTiff",
        width=200,
        height=200,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        nodata=-9999,
        transform=rasterio.Affine(0.001, 0, 7.7, 0, -0.001, 48.7),
    ) as file:
        file.write(np.full((200, 200), 1.25, dtype="float32"), 1)
    run("layers", "import", "flood-aqueduct-rp100", str(depth), "--cache", str(tmp_path))
    plain = run("score", "ovh-sbg", "--format", "json", ZONERISK_CACHE=str(tmp_path)).stdout
    told = run("score", "ovh-sbg", "--installed", "--format", "json", "--cache", str(tmp_path))
    assert "modelled 100-year river flood area" not in plain
    (verdict,) = json.loads(told.stdout)["verdicts"]
    (flood,) = [each for each in verdict["policy"]["findings"] if each["rule"] == "flood"]
    assert flood["outcome"] == "fail"
    used = verdict["provenance"]["layers"]
    assert used == {"flood-aqueduct-rp100": store.digest(depth)}
    assert json.loads(plain)["verdicts"][0]["provenance"]["layers"] == {}
    assert "stand inside the same modelled 100-year river flood area (1.2 m" in flood["message"]
    rivers = [
        [each for each in json.loads(text)["verdicts"][0]["policy"]["findings"] if each["rule"] == "river"]
        for text in (plain, told.stdout)
    ]
    assert rivers[0] == rivers[1], "the catalogue's own figures stand"
