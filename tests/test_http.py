"""HTTP reads against servers on loopback that behave badly."""

from __future__ import annotations

import threading
import urllib.request
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest

from loopback import BODY, Answer, Server, running, send, whole
from test_store import PLANTS, plants
from zonerisk.layers import http, store


def test_download_is_whole(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    path = tmp_path / "layer.bin"
    path.write_bytes(b"old")
    done = http.download(server.url, path, max_bytes=10**6, progress=lambda had, of: seen.append((had, of)))
    assert path.read_bytes() == BODY
    assert done == {"url": server.url, "last_modified": None}
    assert seen[-1] == (len(BODY), len(BODY))
    assert [entry.name for entry in tmp_path.iterdir()] == ["layer.bin"]
    assert server.asked[0]["user-agent"].startswith("zonerisk/")


def test_a_download_that_breaks_off_is_begun_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"of a call that was killed" * 10_000)
    answers: list[Answer] = [
        lambda request: send(request, 200, BODY[:30_000], Content_Length=str(len(BODY))),
        lambda request: send(request, 503, Retry_After="0"),
        whole,
    ]
    server.answer = lambda request: answers.pop(0)(request)  # noqa: PLW0108
    http.download(server.url, tmp_path / "a", max_bytes=10**6)
    assert (tmp_path / "a").read_bytes() == BODY
    assert [each.get("range") for each in server.asked] == [None] * 3
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def html(request: BaseHTTPRequestHandler) -> None:
    send(request, 200, b"<html>try later</html>", Content_Type="text/html; charset=utf-8")


def huge(request: BaseHTTPRequestHandler) -> None:
    send(request, 200, b"x", Content_Length="10000000000")


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(200):
        request.wfile.write(b"x" * 10_000)


def squeezed(request: BaseHTTPRequestHandler) -> None:
    send(request, 200, b"x", Content_Encoding="gzip")


def to_file(request: BaseHTTPRequestHandler) -> None:
    send(request, 302, Location="file:///etc/passwd")


def to_ftp(request: BaseHTTPRequestHandler) -> None:
    send(request, 301, Location="ftp://127.0.0.1/x")


def loop(request: BaseHTTPRequestHandler) -> None:
    send(request, 302, Location=request.path + "x")


def truncated(request: BaseHTTPRequestHandler) -> None:
    send(request, 200, BODY[:100], Content_Length=str(len(BODY)))


def no_content(request: BaseHTTPRequestHandler) -> None:
    request.send_response(204)
    request.end_headers()


def unasked_part(request: BaseHTTPRequestHandler) -> None:
    send(request, 206, BODY[:100], Content_Range=f"bytes 0-99/{len(BODY)}")


BAD: list[tuple[Answer, str]] = [
    (no_content, "HTTP 204"),
    (unasked_part, "HTTP 206"),
    (lambda request: send(request, 202, BODY), "HTTP 202"),
    (html, "web page"),
    (huge, "the cap is"),
    (endless, "past the cap"),
    (squeezed, "encoding"),
    (to_file, "not followed"),
    (to_ftp, "not followed"),
    (loop, "HTTP 302"),
    (truncated, "broke off after 100 of"),
    (lambda request: send(request, 500), "HTTP 500"),
    (lambda request: send(request, 429), "HTTP 429"),
    (lambda request: send(request, 404), "HTTP 404"),
    (lambda request: request.wfile.write(b"not http\r\n\r\n") and None, "no answer"),
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(("answer", "says"), BAD)
def test_a_bad_server_is_named_and_the_old_file_stays(
    server: Server, tmp_path: Path, answer: Answer, says: str
) -> None:
    server.answer = lambda request: send(request, 200, PLANTS)
    path = store.fetch(plants(server), tmp_path, [], 10**6)
    server.answer = answer
    with pytest.raises(http.FetchError, match=says) as caught:
        store.fetch(plants(server), tmp_path, [], 10**6)
    assert server.url in str(caught.value)
    assert path.read_bytes() == PLANTS
    assert len(list(tmp_path.rglob("*"))) == 4, "its folders, the old file and its note"
    with pytest.raises(http.FetchError, match=says):
        http.get(server.url, max_bytes=10**6)


def test_another_file_than_expected_is_refused(server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: send(request, 200, PLANTS)
    path = store.fetch(plants(server), tmp_path, [], 10**6)
    server.answer = lambda request: send(request, 200, PLANTS + b"\n")
    with pytest.raises(http.FetchError, match="not the file expected"):
        store.fetch(plants(server, sha256="0" * 64), tmp_path, [], 10**6)
    with pytest.raises(http.FetchError, match="expected 5 bytes"):
        store.fetch(plants(server, size=5), tmp_path, [], 10**6)
    assert path.read_bytes() == PLANTS
    assert len(list(tmp_path.rglob("*"))) == 4, "its folders, the old file and its note"


def test_get_waits_as_long_as_it_is_asked_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(http.time, "sleep", waits.append)
    answers: list[Answer] = [
        lambda request: send(request, 429, Retry_After="7"),
        lambda request: send(request, 503),
        whole,
    ]
    server.answer = lambda request: answers.pop(0)(request)  # noqa: PLW0108
    assert http.get(server.url, params={"q": "a b"}, max_bytes=10**6) == BODY
    assert waits == [7.0, 1.0]
    assert server.asked[0]["path"] == "/layer.bin?q=a+b"


def test_get_does_not_wait_for_hours(server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: send(request, 429, Retry_After="7200")
    with pytest.raises(http.FetchError, match="HTTP 429"):
        http.get(server.url, max_bytes=10**6)
    with pytest.raises(http.FetchError, match="HTTP 429"):
        http.download(server.url, tmp_path / "a", max_bytes=10**6, total_s=10_000)
    assert len(server.asked) == 2


def test_a_silent_server_times_out(server: Server) -> None:
    stop = threading.Event()
    server.answer = lambda request: stop.wait(5) and None
    with pytest.raises(http.FetchError, match="timed out"):
        http.get(server.url, max_bytes=10**6, timeout_s=0.3)
    stop.set()


def dripping(request: BaseHTTPRequestHandler) -> None:
    """Send headers so slowly that each byte comes in time, and all of them too late."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(BODY)}\r\nX-Slow: ".encode()
    for byte in head:
        request.wfile.write(bytes([byte]))
        request.wfile.flush()
        threading.Event().wait(0.01)
    request.wfile.write(b"yes\r\n\r\n" + BODY)


def test_a_dripping_server_is_given_up(server: Server, tmp_path: Path) -> None:
    server.answer = dripping
    with pytest.raises(http.FetchError, match="timed out"):
        http.get(server.url, max_bytes=10**6, timeout_s=0.2)
    with pytest.raises(http.FetchError, match="timed out"):
        http.download(server.url, tmp_path / "a", max_bytes=10**6, total_s=0.2)
    assert len(server.asked) == 2


@pytest.mark.parametrize("value", ["\u00b2", "9" * 5000, "-1", "1_0"])
def test_a_header_that_is_no_number_is_no_traceback(server: Server, value: str) -> None:
    server.answer = lambda request: send(request, 200, BODY, Content_Length=value)
    with pytest.raises(http.FetchError, match="as its length"):
        http.get(server.url, max_bytes=10**6)
    server.answer = lambda request: send(request, 429, Retry_After=value)
    with pytest.raises(http.FetchError, match="HTTP 429"):
        http.get(server.url, max_bytes=10**6)


def test_a_part_that_filled_the_disk_goes(server: Server, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(http.FetchError, match="No space left"):
        store.fetch(plants(server), tmp_path, [], 10**6, full)
    assert not list((tmp_path / "layers").iterdir())


def test_secrets_do_not_follow_a_redirect_to_another_host(server: Server) -> None:
    with running() as other:
        server.answer = lambda request: send(request, 302, Location=other.url)
        http.get(server.url, max_bytes=10**6, headers={"Authorization": "Api-Key x"})
    assert "authorization" in server.asked[0]
    assert "authorization" not in other.asked[0]


def test_a_proxy_of_the_environment_is_used(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert http.get("http://layers.invalid/x", max_bytes=10**6) == BODY
    assert server.asked[0]["path"] == "http://layers.invalid/x"


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://x/y", "layer.bin", "http://a b/", "http://[::1/", "data:,x", ""],
)
def test_only_web_addresses_are_read(url: str, tmp_path: Path) -> None:
    with pytest.raises(http.FetchError):
        http.get(url, max_bytes=10)
    with pytest.raises(http.FetchError):
        http.download(url, tmp_path / "a", max_bytes=10)


def test_a_folder_that_cannot_be_written_is_named(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a file, not a folder")
    with pytest.raises(http.FetchError, match="cannot be written"):
        http.download(server.url, tmp_path / "a" / "b", max_bytes=10**6)


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ZONERISK_CACHE", str(tmp_path))
    assert store.cache_root() == tmp_path
    assert store.cache_root(tmp_path / "x") == tmp_path / "x"
    monkeypatch.delenv("ZONERISK_CACHE")
    assert store.cache_root().name == "zonerisk"


@pytest.mark.parametrize("where", ["file:///etc/passwd", "ftp://zz.example.org/x", "http://zz.example.org/x"])
def test_no_redirect_leads_off_the_web_or_from_tls(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    moved = SimpleNamespace(status=302, headers={"Location": where}, close=lambda: None)
    monkeypatch.setattr(urllib.request.OpenerDirector, "open", lambda *_, **__: moved)
    with pytest.raises(http.FetchError, match="not followed"):
        http.get("https://zz.example.org/x")
