"""HTTP reads that cannot hang, overflow, or pass half an answer off as a whole one."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from zonerisk.core import __version__
from zonerisk.core.errors import DataError, FetchError

__all__ = ["Remote", "download", "get", "read_json", "rows"]

T = TypeVar("T")
Answer = http.client.HTTPResponse
Take = Callable[[Answer], T]
Progress = Callable[[int, int | None], None]
"""Called with the bytes had so far and the size of the whole, if the server told it."""

ATTEMPTS = 4
TIMEOUT_S = 60.0
TOTAL_S = 7200.0
MAX_WAIT_S = 60.0
MAX_REDIRECTS = 5
_BLOCK = 1 << 18
# Bytes that a remote file is read by, and how many of them are held.
_PART = 1 << 16
_MAX_PARTS = 2000
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
_REDIRECTS = {301, 302, 303, 307, 308}
# What an address may hold as it stands; all else is written by percent signs.
_SAFE = "!#$%&'()*+,/:;=?@[]~"
# What must not follow a redirect to another host.
_PRIVATE = {"authorization", "cookie", "proxy-authorization"}
_FAILED = {"error", "fail", "failed", "failure"}


class _PassingError(Exception):
    """A failure that may be gone at the next try; with the seconds to wait, if the server told them."""


_tls = cache(ssl.create_default_context)


class _Web(urllib.request.AbstractHTTPHandler):
    """Connections that trust the system's authorities, and whose answers end at a deadline.

    The timeout of a socket bounds the silence between two reads: bytes that drip, headers too, could hold a
    read for days.
    """

    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_

    def http_open(self, req: Any) -> Answer:
        def responding(sock: socket.socket, **options: Any) -> Answer:
            response = http.client.HTTPResponse(sock, **options)
            raw: Any = response.fp.raw  # By which its buffer reads, the headers first.
            received, silence_s = raw.readinto, sock.gettimeout() or TIMEOUT_S

            def readinto(buffer: Any) -> Any:
                left_s = req.deadline - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError("timed out")
                sock.settimeout(min(silence_s, left_s))
                return received(buffer)

            raw.readinto = readinto
            return response

        def connected(host: str, **options: Any) -> Any:
            tls = {"context": _tls()} if req.type == "https" else {}
            kind: Any = http.client.HTTPSConnection if tls else http.client.HTTPConnection
            connection = kind(host, **tls, **options)
            connection.response_class = responding
            return connection

        return self.do_open(connected, req)

    https_open = http_open


def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    max_bytes: int = 50_000_000,
    timeout_s: float = TIMEOUT_S,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Read one answer into memory, all of it within ``timeout_s``, pauses and repeats too.

    Busy servers (429 and 5xx) are asked again, when they say so or with growing pauses.
    """
    if params:
        url = f"{url}{'&' if '?' in url else '?'}{urllib.parse.urlencode(params)}"
    end = time.monotonic() + timeout_s
    return _read(url, lambda answer: b"".join(_blocks(answer, url, max_bytes)), end, headers or {}, timeout_s)


class Remote(io.RawIOBase):
    """A file behind HTTP, read by blocks, each asked for once and of no host but the one that was named.

    ``trouble`` is what went wrong first: who reads by way of GDAL does not hear of it.
    """

    def __init__(self, url: str) -> None:
        self.url, self.size, self.place = url, 0, 0
        self.trouble: FetchError | None = None
        self._blocks: dict[int, bytes] = {}
        self._tag: str | None = None
        self._fetch(0, 1)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place of the file."""
        self.place = offset + (0, self.place, self.size)[whence]
        return self.place

    def readinto(self, buffer: Any, /) -> int:
        """Read the bytes from there on; none at its end, or if they cannot be had."""
        if len(self._blocks) > _MAX_PARTS:
            self._blocks.clear()
        view = memoryview(buffer)[: max(0, self.size - self.place)]
        blocks = range(self.place // _PART, -(-(self.place + len(view)) // _PART))
        try:
            if view and (open_ := [block for block in blocks if block not in self._blocks]):
                self._fetch(open_[0], open_[-1] - open_[0] + 1)
        except FetchError as error:
            self.trouble = self.trouble or error
            return 0
        held = b"".join(self._blocks[block] for block in blocks if view)
        view[:] = held[self.place % _PART :][: len(view)]
        self.place += len(view)
        return len(view)

    def _fetch(self, block: int, count: int) -> None:
        start, length = block * _PART, count * _PART

        def take(response: Answer) -> bytes:
            # Which bytes of how many it holds: first, last, all.
            stated = response.headers.get("Content-Range", "")
            match = re.match(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})$", stated)
            if not match or int(match[1]) != start:
                raise FetchError(f"{self.url}: gives no parts of a file")
            size, data = int(match[3]), b"".join(_blocks(response, self.url, length))
            if len(data) != min(length, size - start):
                raise _PassingError(f"{self.url}: broke off after {len(data)} of {length} bytes")
            tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
            if self._tag not in (None, tag):
                raise FetchError(f"{self.url}: changed while it was read; try again")
            self.size, self._tag = size, tag
            return data

        asked = {"Range": f"bytes={start}-{start + length - 1}"}
        data = _read(self.url, take, time.monotonic() + TIMEOUT_S, asked)
        for index in range(0, len(data), _PART):
            self._blocks[block + index // _PART] = data[index : index + _PART]


def download(
    url: str, path: Path, *, max_bytes: int, total_s: float = TOTAL_S, progress: Progress | None = None
) -> dict[str, str | None]:
    """Bring a file to ``path``, within ``total_s`` in all; one that breaks off is begun again.

    What does not come whole is an error; who calls throws away what came of it.
    Returns its address after redirects, and the server's own date of it.
    """

    def take(response: Answer) -> dict[str, str | None]:
        whole = response.length
        with path.open("wb") as file:
            for block in _blocks(response, url, max_bytes):
                file.write(block)
                if progress is not None:
                    progress(file.tell(), whole)
        return {"url": response.url, "last_modified": response.headers.get("Last-Modified")}

    try:
        return _read(url, take, time.monotonic() + total_s)
    except OSError as error:
        raise FetchError(f"{path}: cannot be written: {error.strerror or error}") from None


def _read(
    url: str, take: Take[T], deadline: float, headers: Mapping[str, str] = {}, timeout_s: float = TIMEOUT_S
) -> T:
    """Ask until an answer that data could come in came whole, as long as there are tries and time left."""
    attempt = 0
    while True:
        attempt += 1
        try:
            with _answered(url, headers, timeout_s, deadline) as response:
                status, fields = response.status, response.headers
                if status in _TRY_AGAIN:
                    wait_s = _retry_after_s(fields.get("Retry-After", ""))
                    raise _PassingError(f"{url}: HTTP {status} {response.reason}", wait_s)
                if status >= 300:
                    raise FetchError(f"{url}: HTTP {status} {response.reason}", status)
                if "Range" in headers and status != 206:
                    raise FetchError(f"{url}: gives no parts of a file")
                # Of the other answers that are no error none has a body that is the file.
                if "Range" not in headers and status != 200:
                    raise FetchError(f"{url}: answered HTTP {status}, which holds no whole file")
                kind = fields.get("Content-Type", "").partition(";")[0].strip().lower()
                if kind == "text/html" and "text/html" not in headers.get("Accept", ""):
                    raise FetchError(f"{url}: answered with a web page, not with data")
                if fields.get("Content-Encoding", "identity").lower() != "identity":
                    raise FetchError(f"{url}: answered in an encoding that was not asked for")
                return take(response)
        except _PassingError as error:
            what, wait_s = (*error.args, None)[:2]
            wait_s = 0.25 * 2**attempt if wait_s is None else wait_s
            if attempt == ATTEMPTS or wait_s > MAX_WAIT_S or time.monotonic() + wait_s >= deadline:
                raise FetchError(what) from None
        time.sleep(wait_s)


def _answered(url: str, headers: Mapping[str, str], timeout_s: float, deadline: float) -> Answer:
    """Follow redirects, on the web only, never from TLS to plain text, with no secret to another host.

    Parts of a file are asked of no other host than the one that was named.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise FetchError(f"{url!r}: only http and https addresses are read")
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Web()):
        opener.add_handler(handler)
    address = url
    sent = {"User-Agent": f"zonerisk/{__version__}", "Accept-Encoding": "identity", **headers}
    for hop in range(MAX_REDIRECTS + 1):
        try:
            asked: Any = urllib.request.Request(urllib.parse.quote(address, _SAFE), headers=sent)
            asked.deadline = deadline
            left_s = max(0.1, deadline - time.monotonic())
            response: Answer = opener.open(asked, timeout=min(timeout_s, left_s))
            location = response.headers["Location"]
            if response.status not in _REDIRECTS or not location or hop == MAX_REDIRECTS:
                return response
            response.close()
            # Headers are read as Latin-1, but addresses in them are UTF-8.
            target = urllib.parse.urljoin(address, location.encode("latin-1").decode(errors="replace"))
            old, new = urllib.parse.urlsplit(address), urllib.parse.urlsplit(target)
        except (ValueError, http.client.InvalidURL) as error:
            raise FetchError(f"{url!r}: is not an address: {error}") from None
        except urllib.error.URLError as error:
            raise _PassingError(f"{url}: cannot be reached: {error.reason}") from None
        except (OSError, http.client.HTTPException) as error:
            raise _PassingError(f"{url}: no answer: {error}") from None
        elsewhere = old.netloc != new.netloc
        safe = new.scheme == "https" or new.scheme == old.scheme == "http"
        if not safe or (elsewhere and "Range" in headers):
            raise FetchError(f"{address}: redirects to {location[:200]!r}; not followed")
        if elsewhere:
            sent = {name: value for name, value in sent.items() if name.lower() not in _PRIVATE}
        address = target
    raise AssertionError


def _retry_after_s(asked: str) -> float | None:
    if re.fullmatch(r"[0-9]{1,9}", asked, re.ASCII):
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _blocks(response: Answer, url: str, max_bytes: int) -> Iterator[bytes]:
    size = response.headers.get("Content-Length")
    if size is not None and not re.fullmatch(r"\s*[0-9]{1,18}\s*", size, re.ASCII):
        raise FetchError(f"{url}: gives {size[:40]!r} as its length, which is not a number")
    if size is not None and int(size) > max_bytes:
        raise FetchError(f"{url}: {int(size)} bytes; the cap is {max_bytes}")
    had = 0
    while True:
        try:
            block = response.read1(_BLOCK)
        except (http.client.HTTPException, OSError) as error:
            raise _PassingError(f"{url}: broke off after {had} bytes: {error}") from None
        if not block:
            break
        had += len(block)
        if had > max_bytes:
            raise FetchError(f"{url}: goes on past the cap of {max_bytes} bytes")
        yield block
    if size is not None and had != int(size):
        raise _PassingError(f"{url}: broke off after {had} of {int(size)} bytes")


def rows(data: bytes, name: str, key: str) -> tuple[Mapping[str, object], ...]:
    """Read the list of records that a JSON answer holds under a key; what is none is an error."""
    tree = read_json(data, name)
    listed = tree.get(key) if isinstance(tree, dict) else tree
    if not isinstance(listed, list):
        raise DataError(f"{name}: holds no list of {key}; its service may have changed")
    return tuple(row for row in listed if isinstance(row, dict))


def read_json(data: bytes, name: str) -> object:
    """Read a JSON answer; some services word a failure as if it were data. See :func:`rows`."""
    text = data.decode("utf-8-sig", errors="replace")
    if text.lstrip()[:1] == "<":
        raise DataError(f"{name}: is a web page, not data; the service is busy or refuses: try again later")
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise DataError(f"{name}: is not JSON: {error}") from None
    except RecursionError:
        raise DataError(f"{name}: is JSON nested too deep to be an answer") from None
    if not isinstance(tree, dict):
        return tree
    # ArcGIS has an error, Overpass a remark, others a message or a status.
    stated, remark, message = tree.get("error"), tree.get("remark"), tree.get("message")
    if isinstance(stated, dict):
        trouble = f"{stated.get('code', '')} {stated.get('message', '')}".strip() or "an error"
    elif isinstance(remark, str) and "error" in remark.lower():
        trouble = remark
    elif isinstance(message, str) and "data" not in tree:
        trouble = message
    elif stated or str(tree.get("status")).lower() in _FAILED:
        trouble = str(stated or tree["status"])
    else:
        return tree
    raise DataError(f"{name}: the service answered: {trouble[:300]}")
