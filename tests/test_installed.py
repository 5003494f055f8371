from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import rasterio

from loopback import Server, running, send
from zonerisk.errors import DataError, UsageError, ZoneriskError
from zonerisk.readers import fetch
from zonerisk.terrain import installed, layers, sampling
from zonerisk.terrain.card import Card
from zonerisk.terrain.plane import Disc

SITE = Disc("s", 48.6, 7.8, 50)
PLANTS = b"project,unit,status,loc_accuracy,lat,lon\nP,1,operating,exact,48.61,7.8\n"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as started:
        yield started


def card(name: str, **changed: object) -> Card:
    """Change a shipped card so that it points at the loopback server."""
    return Card.model_validate({**layers.load(name).model_dump(), **changed})


def plants(server: Server, **changed: object) -> Card:
    return card("nuclear", files=[{"path": "bundle/plants.csv", "url": server.url, **changed}])


def test_a_fetched_file_keeps_its_licence_and_date_beside_it(
    server: Server, tmp_path: Path
) -> None:
    server.answer = lambda request: send(
        request, 200, PLANTS, Content_Type="text/csv", Last_Modified="Wed, 17 Jul 2024 00:00:00 GMT"
    )
    layer = plants(server)
    path = installed.fetch(layer, tmp_path, [], 10**6)
    told = json.loads((path.parent / "source.json").read_text())
    assert told["licence"] == "CC BY 4.0"
    assert told["last_modified"].startswith("Wed, 17 Jul 2024")
    assert told["sha256"] == layers.digest(path)
    (found,) = sampling.sample(layer, layers.locate(layer, tmp_path), [SITE])
    assert found.interval is not None
    assert found.interval.best == 1110


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: send(request, 200, b"<html>", Content_Type="text/html"),
        lambda request: send(request, 500),
        lambda request: send(request, 200, PLANTS[:20], Content_Length=str(len(PLANTS))),
        lambda request: send(request, 302, Location="file:///etc/passwd"),
        lambda request: send(request, 200, b"x", Content_Length="10000000000"),
    ],
    ids=["html", "500", "truncated", "file", "10 GB"],
)
def test_a_source_that_fails_leaves_the_old_file(
    server: Server, tmp_path: Path, answer: object
) -> None:
    server.answer = lambda request: send(request, 200, PLANTS)
    layer = plants(server)
    path = installed.fetch(layer, tmp_path, [], 10**6)
    note = (path.parent / "source.json").read_text()
    server.answer = answer  # type: ignore[assignment]
    with pytest.raises(ZoneriskError):
        installed.fetch(layer, tmp_path, [], 10**6)
    assert path.read_bytes() == PLANTS
    assert (path.parent / "source.json").read_text() == note
    written = {each for each in tmp_path.rglob("*") if each.is_file()}
    assert {each.name for each in written} <= {
        "plants.csv",
        "source.json",
        "plants.csv.part",
        "plants.csv.part.tag",
    }


def test_a_file_other_than_the_card_s_is_refused(server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: send(request, 200, PLANTS)
    with pytest.raises(fetch.FetchError, match="not the file expected"):
        installed.fetch(plants(server, sha256="0" * 64), tmp_path, [], 10**6)
    assert layers.locate(plants(server), tmp_path) == ()


def test_a_service_is_read_around_places_and_unknown_elsewhere(
    server: Server, tmp_path: Path
) -> None:
    layer = card(
        "flood-england",
        boxes=[],
        reading={"method": "features", "url": server.url, "collection": "z"},
    )
    server.answer = lambda request: send(
        request, 200, b'{"type": "FeatureCollection", "features": []}'
    )
    with pytest.raises(UsageError, match="--region"):
        installed.fetch(layer, tmp_path, [], 10**6)
    installed.fetch(layer, tmp_path, [SITE], 10**6)
    here, there = sampling.sample(
        layer, layers.locate(layer, tmp_path), [SITE, Disc("t", 50.0, 3.0, 50)]
    )
    assert here.inside is False
    assert here.interval is not None
    assert here.interval.high is None
    assert here.interval.low > 2500, "as far as was asked, no further"
    assert there.reason == "outside_coverage"


def test_places_too_far_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name fewer"):
        installed.fetch(layers.load("flood-england"), tmp_path, [SITE, Disc("t", 40, 3, 50)], 10**6)


def test_an_import_is_read_before_it_is_taken(tmp_path: Path) -> None:
    layer = layers.load("nuclear")
    mine = tmp_path / "mine.csv"
    mine.write_bytes(PLANTS)
    path = installed.take(layer, tmp_path / "cache", mine)
    assert path.read_bytes() == PLANTS
    assert len(sampling.sample(layer, layers.locate(layer, tmp_path / "cache"), [SITE])) == 1
    for content, says in (
        (b"a,b\n1,2\n", "neither columns"),
        (PLANTS.replace(b"operating", b"cancelled"), "holds nothing"),
    ):
        mine.write_bytes(content)
        with pytest.raises(DataError, match=says):
            installed.take(layer, tmp_path / "cache", mine)
    assert path.read_bytes() == PLANTS
    with pytest.raises(UsageError, match="no such file"):
        installed.take(layer, tmp_path / "cache", tmp_path / "none.csv")


def test_an_imported_raster(tmp_path: Path) -> None:
    layer = layers.load("flood-aqueduct-rp100")
    path = tmp_path / "rp100.tif"
    values = np.full((100, 100), 2.5, dtype="float32")
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=100,
        height=100,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        nodata=-9999,
        transform=rasterio.Affine(0.001, 0, 7.75, 0, -0.001, 48.65),
    ) as file:
        file.write(values, 1)
    installed.take(layer, tmp_path / "cache", path)
    inside, off = sampling.sample(
        layer, layers.locate(layer, tmp_path / "cache"), [SITE, Disc("t", 50.0, 3.0, 50)]
    )
    assert inside.inside is True
    assert inside.label.startswith("2.5 m")
    assert off.reason == "outside_coverage"


def test_a_layer_without_an_address_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="layers import faults FILE"):
        installed.fetch(layers.load("faults"), tmp_path, [], 10**6)
