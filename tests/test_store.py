from __future__ import annotations

import gzip
import json
import os
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest
import rasterio

from loopback import Server, holding, send
from test_tiles import png
from zonerisk.core.errors import DataError, UsageError, ZoneriskError
from zonerisk.core.samples import Disc
from zonerisk.layers import cards, http, sampling, store
from zonerisk.layers.cards import Card
from zonerisk.workloads import own_sites as ownsites

SITE = Disc("s", 48.6, 7.8, 50)
PLANTS = b"project,unit,status,loc_accuracy,lat,lon\nP,1,operating,exact,48.61,7.8\n"


def card(name: str, **changed: object) -> Card:
    """Change a shipped card so that it points at the loopback server."""
    return Card.model_validate({**cards.load(name).model_dump(), **changed})


def geotiff(path: Path, depth: float) -> Path:
    """Write a raster of one depth around the site."""
    values = np.full((100, 100), depth, dtype="float32")
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
    return path


def plants(server: Server, **changed: object) -> Card:
    return card("nuclear", files=[{"path": "bundle/plants.csv", "url": server.url, **changed}])


def test_a_fetched_file_keeps_its_licence_and_date_beside_it(server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: send(
        request, 200, PLANTS, Content_Type="text/csv", Last_Modified="Wed, 17 Jul 2024 00:00:00 GMT"
    )
    layer = plants(server)
    path = store.fetch(layer, tmp_path, [], 10**6)
    told = json.loads((path.parent / "source.json").read_text())
    assert told["licence"] == "CC BY 4.0"
    assert told["last_modified"].startswith("Wed, 17 Jul 2024")
    assert told["files"] == {path.name: store.digest(path)}
    (found,) = sampling.sample(layer, store.locate(layer, tmp_path), [SITE])
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
        lambda request: send(request, 200, b"<html>busy", Content_Type="application/octet-stream"),
        lambda request: send(request, 200, PLANTS.replace(b"operating", b"cancelled")),
        lambda request: send(request, 200, PLANTS.replace(b"loc_accuracy", b"x")),
    ],
    ids=["html", "500", "truncated", "file", "10 GB", "html as data", "nothing kept", "no column"],
)
def test_a_source_that_fails_leaves_the_old_file(server: Server, tmp_path: Path, answer: object) -> None:
    server.answer = lambda request: send(request, 200, PLANTS)
    layer = plants(server)
    path = store.fetch(layer, tmp_path, [], 10**6)
    note = (path.parent / "source.json").read_text()
    server.answer = answer  # type: ignore[assignment]
    with pytest.raises(ZoneriskError):
        store.fetch(layer, tmp_path, [], 10**6)
    assert path.read_bytes() == PLANTS
    assert (path.parent / "source.json").read_text() == note
    assert files(tmp_path) == {"layers/nuclear/plants.csv", "layers/nuclear/source.json"}
    assert {each.name for each in (tmp_path / "layers").iterdir()} == {"nuclear"}


def files(folder: Path) -> set[str]:
    """Name every file below a folder."""
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


def test_two_fetches_at_once_both_end_whole(server: Server, tmp_path: Path) -> None:
    """The second begins, and ends, while the first is half way."""
    layer = plants(server)
    body = PLANTS + b"P,2,operating,exact,48.61,7.8\n" * 20_000
    half = len(body) // 2
    begun = []

    def answer(request: BaseHTTPRequestHandler) -> None:
        begun.append(request)
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("ETag", '"1"')
        request.end_headers()
        request.wfile.write(body[:half])
        if len(begun) == 1:
            store.fetch(layer, tmp_path, [], 10**8)
        request.wfile.write(body[half:])

    server.answer = answer
    path = store.fetch(layer, tmp_path, [], 10**8)
    assert len(begun) == 2
    assert path.read_bytes() == body
    told = json.loads((path.parent / "source.json").read_text())
    assert told["files"][path.name] == store.digest(path)
    assert {each.name for each in (tmp_path / "layers").iterdir()} == {"nuclear"}


def test_data_and_mask_change_together(server: Server, tmp_path: Path) -> None:
    old, new = (geotiff(tmp_path / f"{depth}.tif", depth).read_bytes() for depth in (1, 2))
    served = {"/depth.tif": old, "/mask.tif": old}
    base = f"http://127.0.0.1:{server.server_port}"
    layer = card(
        "flood-jrc-europe-rp100",
        files=[
            {"path": "depth.tif", "url": f"{base}/depth.tif"},
            {"path": "mask.tif", "role": "mask", "url": f"{base}/mask.tif"},
        ],
    )
    server.answer = holding(served)
    path = store.fetch(layer, tmp_path, [], 10**6)
    served |= {"/depth.tif": new, "/mask.tif": b"busy"}
    with pytest.raises(DataError, match="not a readable GeoTIFF"):
        store.fetch(layer, tmp_path, [], 10**6)
    assert path.read_bytes() == old
    served["/mask.tif"] = new
    assert store.fetch(layer, tmp_path, [], 10**6).read_bytes() == new
    assert (path.parent / "mask.tif").read_bytes() == new


def test_fetched_tiles_are_used(server: Server, tmp_path: Path) -> None:
    layer = card(
        "flood-japan-tiles",
        reading={
            **cards.load("flood-japan-tiles").reading.model_dump(),
            "url": f"http://127.0.0.1:{server.server_port}/{{z}}/{{x}}/{{y}}.png",
        },
    )
    place = Disc("s", 35.68, 139.77, 20)
    server.answer = lambda request: send(request, 200, png("ffd8c0"), Content_Type="image/png")
    store.fetch(layer, tmp_path, [place], 10**8)
    (found,) = sampling.sample(layer, store.locate(layer, tmp_path), [place])
    assert found.interval is not None
    server.answer = lambda request: send(request, 404)
    store.fetch(layer, tmp_path, [place], 10**8)
    (found,) = sampling.sample(layer, store.locate(layer, tmp_path), [place])
    assert found.reason == "outside_coverage"


def test_a_file_other_than_the_card_s_is_refused(server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: send(request, 200, PLANTS)
    with pytest.raises(http.FetchError, match="not the file expected"):
        store.fetch(plants(server, sha256="0" * 64), tmp_path, [], 10**6)
    assert store.locate(plants(server), tmp_path) == ()


def test_a_service_is_read_around_places_and_unknown_elsewhere(server: Server, tmp_path: Path) -> None:
    layer = card(
        "flood-england",
        boxes=[],
        reading={"method": "features", "url": server.url, "collection": "z"},
    )
    server.answer = lambda request: send(request, 200, b'{"type": "FeatureCollection", "features": []}')
    with pytest.raises(UsageError, match="--region"):
        store.fetch(layer, tmp_path, [], 10**6)
    store.fetch(layer, tmp_path, [SITE], 10**6)
    here, there = sampling.sample(layer, store.locate(layer, tmp_path), [SITE, Disc("t", 50.0, 3.0, 50)])
    assert here.inside is False
    assert here.interval is not None
    assert here.interval.high is None
    assert here.interval.low > 2500, "as far as was asked, no further"
    assert there.reason == "outside_coverage"


def test_places_too_far_apart_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name fewer"):
        store.fetch(cards.load("flood-england"), tmp_path, [SITE, Disc("t", 40, 3, 50)], 10**6)


def test_an_import_is_read_before_it_is_taken(tmp_path: Path) -> None:
    layer = cards.load("nuclear")
    mine = tmp_path / "mine.csv"
    mine.write_bytes(PLANTS)
    path = store.take(layer, tmp_path / "cache", mine)
    assert path.read_bytes() == PLANTS
    assert len(sampling.sample(layer, store.locate(layer, tmp_path / "cache"), [SITE])) == 1
    for content, says in (
        (b"a,b\n1,2\n", "neither columns"),
        (PLANTS.replace(b"operating", b"cancelled"), "holds nothing"),
    ):
        mine.write_bytes(content)
        with pytest.raises(DataError, match=says):
            store.take(layer, tmp_path / "cache", mine)
    assert path.read_bytes() == PLANTS
    with pytest.raises(UsageError, match="no such file"):
        store.take(layer, tmp_path / "cache", tmp_path / "none.csv")


def test_an_imported_raster(tmp_path: Path) -> None:
    layer = cards.load("flood-aqueduct-rp100")
    path = geotiff(tmp_path / "rp100.tif", 2.5)
    store.take(layer, tmp_path / "cache", path)
    inside, off = sampling.sample(
        layer, store.locate(layer, tmp_path / "cache"), [SITE, Disc("t", 50.0, 3.0, 50)]
    )
    assert inside.inside is True
    assert inside.label.startswith("2.5 m")
    assert off.reason == "outside_coverage"


def test_a_newer_import_takes_the_place_of_an_older_one(server: Server, tmp_path: Path) -> None:
    layer, cache = cards.load("nuclear"), tmp_path / "cache"
    old, new = tmp_path / Path(layer.files[0].path).name, tmp_path / "été 2.csv"
    old.write_bytes(gzip.compress(PLANTS))
    new.write_bytes(PLANTS.replace(b"48.61", b"48.62"))
    store.take(layer, cache, old)
    store.take(layer, cache, new)
    assert store.take(layer, cache, new).read_bytes() == new.read_bytes()
    (found,) = sampling.sample(layer, store.locate(layer, cache), [SITE])
    assert found.interval is not None
    assert found.interval.best == 2220


def test_an_import_is_not_bounded_by_an_earlier_fetch(server: Server, tmp_path: Path) -> None:
    layer = card(
        "flood-england",
        boxes=[],
        reading={"method": "features", "url": server.url, "collection": "z"},
    )
    zone = {"type": "Polygon", "coordinates": [[[3, 50], [3.1, 50], [3, 50.1], [3, 50]]]}
    every = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}}]}
    every["features"][0]["geometry"] = zone  # type: ignore[index]
    server.answer = lambda request: send(request, 200, b'{"features": []}')
    store.fetch(layer, tmp_path, [SITE], 10**6)
    (tmp_path / "mine.geojson").write_text(json.dumps(every))
    store.take(layer, tmp_path, tmp_path / "mine.geojson")
    (found,) = sampling.sample(layer, store.locate(layer, tmp_path), [Disc("t", 50.03, 3.03, 10)])
    assert found.inside is True


def test_the_files_of_a_layer_are_imported_one_by_one(tmp_path: Path) -> None:
    layer, cache = cards.load("flood-japan"), tmp_path / "cache"
    for number, file in enumerate(layer.files[:2], 1):
        source = geotiff(tmp_path / Path(file.path).name, number)
        store.take(layer, cache, source)
    kept = store.locate(layer, cache)
    assert {each.file.path for each in kept} == {file.path for file in layer.files[:2]}
    runways = cards.load("runways")
    names = tmp_path / Path(runways.files[1].path).name
    names.write_bytes(gzip.compress(b"ident,name\nLFST,Entzheim\n"))
    store.take(runways, cache, names)
    assert store.locate(runways, cache) == (), "a table of names alone is no layer"
    axes = tmp_path / "runways.csv"
    axes.write_text(
        "airport_ident,le_ident,he_ident,le_latitude_deg,le_longitude_deg,he_latitude_deg,"
        "he_longitude_deg\nLFST,05,23,48.53,7.62,48.55,7.64\nLFST,06,24,48.53,7.62,,\n"
    )
    store.take(runways, cache, axes)
    (found,) = sampling.sample(runways, store.locate(runways, cache), [Disc("s", 48.6, 7.7, 20)])
    assert found.name == "the axis of runway 05/23 of Entzheim"


def test_what_only_looks_like_text_is_kept_as_text(server: Server, tmp_path: Path) -> None:
    layer = card(
        "flood-england",
        boxes=[],
        reading={"method": "features", "url": server.url, "collection": "z"},
    )
    zone = {
        "type": "Feature",
        "properties": {"name": "\ud800"},
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[7.8, 48.6], [7.9, 48.6], [7.8, 48.7], [7.8, 48.6]]],
        },
    }
    server.answer = lambda request: send(request, 200, json.dumps({"features": [zone]}).encode())
    path = store.fetch(layer, tmp_path, [SITE], 10**6)
    assert '"name": "?"' in path.read_text(encoding="utf-8")


def test_a_changed_raw_file_reads_as_unknown(tmp_path: Path) -> None:
    layer = cards.load("nuclear")
    raw = tmp_path / "raw" / layer.files[0].path
    raw.parent.mkdir(parents=True)
    raw.write_bytes(gzip.compress(PLANTS))
    own = ownsites.catalog(["48.6,7.8"], 200, "2026-11-23").region(ownsites.REGION)
    found = store.Installed(own.sites.values(), tmp_path, tmp_path / "raw")
    assert found.hashes == {}
    assert all("its sha256 differs" in problem for problem in found.failed)
    (site,) = own.sites.values()
    # Two layers read that file: plants that run, and retired ones.
    assert [each.reason for each in found.of(site)] == ["source_failed"] * 2


def test_a_damaged_note_is_a_layer_that_failed(tmp_path: Path) -> None:
    note = store.home(cards.load("nuclear"), tmp_path) / "source.json"
    note.parent.mkdir(parents=True)
    own = ownsites.catalog(["48.6,7.8"], 200, "2026-11-23").region(ownsites.REGION)
    for text in ("{", "[]", '{"files": 3}', '{"files": ["a b"]}', "[" * 100_000):
        note.write_text(text)
        found = store.Installed(own.sites.values(), tmp_path)
        assert "is damaged" in found.failed[0]


def test_a_layer_without_an_address_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="layers import faults FILE"):
        store.fetch(cards.load("faults"), tmp_path, [], 10**6)


def test_what_kills_left_is_swept_and_nothing_is_lost(tmp_path: Path) -> None:
    layer, mine = cards.load("nuclear"), tmp_path / "mine.csv"
    mine.write_bytes(PLANTS)
    home = store.home(layer, tmp_path)
    store.take(layer, tmp_path, mine)
    set_aside, running = home.with_name("nuclear.left"), home.with_name("nuclear.now")
    for folder in (set_aside, running):
        folder.mkdir()
    home.rename(set_aside / "old")  # A call was killed between its two renames.
    os.utime(set_aside, (0, 0))
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"bad\.csv: has neither"):
        store.take(layer, tmp_path, bad)
    assert not set_aside.exists()
    assert running.exists(), "another call may be at work"
    assert store.locate(layer, tmp_path), "what was there before is there again"


def test_an_interrupt_between_two_renames_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, mine = cards.load("nuclear"), tmp_path / "mine.csv"
    mine.write_bytes(PLANTS)
    store.take(layer, tmp_path, mine)
    before, rename = store.locate(layer, tmp_path), Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.take(layer, tmp_path, mine)
    assert store.locate(layer, tmp_path) == before
    assert [each.name for each in (tmp_path / "layers").iterdir()] == ["nuclear"]
