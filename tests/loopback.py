"""A server on loopback that answers as it is told, badly if need be."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY = bytes(range(256)) * 400
Answer = Callable[[BaseHTTPRequestHandler], None]


class Server(ThreadingHTTPServer):
    """Answers every GET by the function it was given and counts what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer: Answer = whole
        self.asked: list[dict[str, str]] = []

    def handle_error(self, *_: object) -> None:
        """A client that left is what some tests are about."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/layer.bin"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append({**{k.lower(): v for k, v in self.headers.items()}, "path": self.path})
        self.close_connection = True
        self.server.answer(self)

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


def send(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    request.send_response(status)
    headers.setdefault("Content_Length", str(len(body)))
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    request.end_headers()
    if request.command != "HEAD":
        request.wfile.write(body)


def whole(request: BaseHTTPRequestHandler) -> None:
    send(request, 200, BODY, ETag='"1"')


def holding(files: dict[str, bytes]) -> Answer:
    """Serve files by path, whole or by the range that is asked for."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        body = files.get(request.path)
        if body is None:
            send(request, 404)
            return
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("Range") or "")
        if not asked:
            send(request, 200, body, Accept_Ranges="bytes")
            return
        start, end = int(asked[1]), min(len(body), int(asked[2] or len(body)) + 1)
        send(request, 206, body[start:end], Content_Range=f"bytes {start}-{end - 1}/{len(body)}")

    return answer


@contextmanager
def running() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
