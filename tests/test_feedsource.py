"""Every source against a local server that answers as the remote ones do."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from grid import sources
from grid.cache import FeedCache
from grid.sources import SOURCES, FeedRecord, answer
from zonerisk.core.errors import DataError, FetchError, UsageError
from zonerisk.core.model import Position, Site

ANSWERS = Path(__file__).parent / "answers"
SITE = Site(
    id="zz/s",
    name="S",
    kind="building",
    position=Position(lat=56.0, lon=3.0, uncertainty_m=50, method="statement", evidence=("x",)),
)


class Remote(http.server.BaseHTTPRequestHandler):
    """Answers by path; ``/busy`` is a 504 page, ``/throttled`` a 429."""

    asked: list[str]

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.asked.append(parts.path)
        status, file = self.pick(parts.path, query)
        self.send_response(status)
        body = (ANSWERS / file).read_bytes()
        self.send_header("Content-Type", "text/html" if file.endswith("html") else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def pick(self, path: str, query: dict[str, str]) -> tuple[int, str]:
        if path == "/busy":
            return 504, "overpass_busy.html"
        if path == "/late":
            return 200, "overpass_timeout.json"
        if path == "/overpass":
            asked = query["data"]
            kind = (
                "datacenters" if "data_center" in asked else "lines" if "line|cable" in asked else "stations"
            )
            return 200, f"overpass_{kind}.json"
        if path.startswith("/zenodo"):
            return 200, path.replace("/zenodo/", "pypsa_")
        if path.startswith("/odre"):
            return 200, ("odre_stations_2026.csv" if "postes" in path else "odre_lines.csv")
        if path == "/refused/query":
            return 200, "arcgis_error.json"
        if path == "/hifld/query":
            return 200, "hifld.json" if query["resultOffset"] == "0" else "hifld_last.json"
        if path.startswith("/peeringdb"):
            return 200, path.replace("/peeringdb/", "peeringdb_") + ".json"
        return 429, "peeringdb_throttled.json"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def remote(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("Handler", (Remote,), {"asked": asked})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("zonerisk.layers.http.ATTEMPTS", 1)
    monkeypatch.setattr(sources, "OVERPASS", (f"{base}/busy", f"{base}/late", f"{base}/overpass"))
    monkeypatch.setattr(sources, "PYPSA", f"{base}/zenodo")
    monkeypatch.setattr(sources, "ODRE", f"{base}/odre")
    monkeypatch.setattr(sources, "HIFLD", (f"{base}/refused", f"{base}/hifld"))
    monkeypatch.setattr(sources, "PEERINGDB", f"{base}/peeringdb")
    monkeypatch.setattr(sources, "PAUSE_S", 0.0)
    monkeypatch.setattr(sources, "NESO", f"{base}/throttled")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield base, asked
    server.shutdown()
    server.server_close()


def ask(source: str, folder: Path, **options: bool) -> list[FeedRecord]:
    return list(answer(source, FeedCache(folder, **options), [SITE], None))


def test_stations_from_the_endpoint_that_is_not_busy(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    found = ask("overpass-stations", tmp_path)
    assert [(one.id, one.kv, one.distance_km) for one in found] == [("way/81", "225", "11.13")]
    assert remote[1] == ["/busy", "/late", "/overpass"]
    assert ask("overpass-stations", tmp_path, offline=True) == found


def test_lines_and_data_centres(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    assert [(one.what, one.kv, one.note) for one in ask("overpass-lines", tmp_path)] == [
        ("line", "225", "2 circuits"),
        ("cable", "63", ""),
    ]
    assert [one.name for one in ask("overpass-datacenters", tmp_path)] == ["One", "Two", ""]


def test_european_grid_with_its_upstreams(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    assert [(one.id, one.note) for one in ask("pypsa", tmp_path)] == [
        ("way/81", "upstream: relation/82 (1)"),
        ("relation/82", "upstream: relation/82 (0)"),
    ]


def test_odre_takes_positions_from_the_map(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    (found,) = ask("odre", tmp_path)
    assert (found.id, found.distance_km) == ("rte/GULL", "11.13")
    assert found.note == "upstream: TERN (LA) VALLÉE (1)"


def test_hifld_pages_from_the_copy_that_answers(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    assert [(one.id, one.kv) for one in ask("hifld", tmp_path)] == [
        ("hifld/9", "500"),
        ("hifld/2", ""),
        ("hifld/1", "230"),
    ]
    assert remote[1] == ["/refused/query", "/hifld/query", "/hifld/query"]


def test_carrier_houses_and_exchanges(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    found = ask("peeringdb", tmp_path)
    assert [one.id for one in found] == ["fac/1", "fac/2", "fac/3", "ix/7"]
    assert found[0].note == "3 networks; states two separate substations; campus not stated"
    assert found[2].note == "1 networks; substations not stated; campus Auk Quay"
    assert found[3].note == "in fac/1"


def test_presence(remote: tuple[str, list[str]], tmp_path: Path) -> None:
    found = list(answer("peeringdb", FeedCache(tmp_path), [SITE], 64500))
    assert [one.note.rpartition("; ")[2] for one in found] == [
        "AS64500 present",
        "AS64500 present",
        "AS64500 not stated",
        "AS64500 joined",
    ]


def test_a_source_that_is_down_tells_nothing(
    remote: tuple[str, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "OVERPASS", (f"{remote[0]}/late",))
    with pytest.raises(DataError, match="timed out"):
        ask("overpass-stations", tmp_path)
    with pytest.raises(FetchError, match="429"):
        ask("neso", tmp_path)
    assert list(tmp_path.glob("*")) == []


def test_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there are overpass-stations"):
        answer("gossip", FeedCache(tmp_path), [SITE], None)
    with pytest.raises(UsageError, match="no building or campus"):
        answer("pypsa", FeedCache(tmp_path), [SITE.model_copy(update={"position": None})], None)


def test_every_source_names_its_licence() -> None:
    assert all(source.licence and source.title for source in SOURCES.values())
