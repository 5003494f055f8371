"""HTTP reads that cannot hang, overflow, or pass half an answer off as a whole one."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from zonerisk.core import __version__
from zonerisk.core.errors import DataError, FetchError
from zonerisk.layers import store

if TYPE_CHECKING:
    import socket

    from typing_extensions import Buffer

__all__ = ["FetchError", "Fetched", "download", "get", "read_json", "rows"]

T = TypeVar("T")
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
# Which bytes of how many an answer holds: first, last, all.
_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})$")
_FAILED = {"error", "fail", "failed", "failure"}


class _PassingError(Exception):
    """A failure that may be gone at the next try."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class _TimedReads(io.RawIOBase):
    """What a socket receives until a deadline, however slowly it comes.

    The timeout of a socket bounds the silence between two reads, so a server that drips a
    byte at a time, its headers too, could hold a read for days.
    """

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self.raw, self.sock, self.deadline = raw, sock, deadline
        self.silence_s = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("timed out")
        self.sock.settimeout(left_s if self.silence_s is None else min(self.silence_s, left_s))
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_TimedReads(self.fp.detach(), sock, deadline))


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


class _Web(urllib.request.HTTPSHandler):
    """Connections whose answers all end at one deadline, and that trust the system's authorities."""

    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_

    def __init__(self, deadline: float) -> None:
        super().__init__(context=_tls())
        self.deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        def connected(host: str, **options: Any) -> Any:
            secure = req.type == "https"
            kind: Any = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            connection = kind(host, **options, **({"context": _tls()} if secure else {}))
            connection.response_class = partial(_TimedResponse, deadline=self.deadline)
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
    deadline = time.monotonic() + timeout_s

    def read() -> bytes:
        with _opened(url, headers or {}, timeout_s, deadline) as response:
            size = _announced(response, url, max_bytes)
            body = b"".join(_blocks(response, url, max_bytes))
            if size is not None and len(body) != size:
                raise _PassingError(f"{url}: broke off after {len(body)} of {size} bytes")
            return body

    return _repeated(read, deadline)


class Remote:
    """A file behind HTTP, read by blocks, each asked for once and of no host but the one that was named.

    ``trouble`` is what went wrong first: who reads by way of GDAL does not hear of it.
    """

    def __init__(self, url: str) -> None:
        self.url, self.size = url, 0
        self.trouble: FetchError | None = None
        self._blocks: dict[int, bytes] = {}
        self._tag: str | None = None
        self._fetch(0, 1)

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes from a place on; none at its end, or if they cannot be had."""
        first, last = start // _PART, max(start, min(start + length, self.size) - 1) // _PART
        try:
            open_ = [block for block in range(first, last + 1) if block not in self._blocks]
            if open_ and start < self.size:
                self._fetch(open_[0], open_[-1] - open_[0] + 1)
        except FetchError as error:
            self.trouble = self.trouble or error
            return b""
        held = b"".join(self._blocks.get(block, b"") for block in range(first, last + 1))
        return held[start - first * _PART :][:length]

    def _fetch(self, block: int, count: int) -> None:
        start = block * _PART
        data, self.size, tag = _repeated(
            partial(self._ask, start, count * _PART), time.monotonic() + TIMEOUT_S
        )
        if self._tag not in (None, tag):
            raise FetchError(f"{self.url}: changed while it was read; try again")
        self._tag = tag
        if len(self._blocks) + count > _MAX_PARTS:
            self._blocks.clear()
        for index in range(0, len(data), _PART):
            self._blocks[block + index // _PART] = data[index : index + _PART]

    def _ask(self, start: int, length: int) -> tuple[bytes, int, str]:
        asked, deadline = {"Range": f"bytes={start}-{start + length - 1}"}, time.monotonic() + TIMEOUT_S
        with _opened(self.url, asked, TIMEOUT_S, deadline, same_host=True) as response:
            stated = _RANGE.match(response.headers.get("Content-Range", ""))
            if response.status != 206 or not stated or int(stated[1]) != start:
                raise FetchError(f"{self.url}: gives no parts of a file")
            size = int(stated[3])
            data = b"".join(_blocks(response, self.url, length))
            if len(data) != min(length, size - start):
                raise _PassingError(f"{self.url}: broke off after {len(data)} of {length} bytes")
            return data, size, response.headers.get("ETag") or response.headers.get("Last-Modified") or ""


class RemoteStream(io.RawIOBase):
    """A remote file, open for reading at a place of its own."""

    def __init__(self, remote: Remote) -> None:
        self.remote, self.place = remote, 0

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self.place = offset + (0, self.place, self.remote.size)[whence]
        return self.place

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        data = self.remote.read(self.place, len(view))
        view[: len(data)] = data
        self.place += len(data)
        return len(data)


class Fetched(NamedTuple):
    """A file as it was downloaded: its address after redirects, and the server's own date of it."""

    path: Path
    url: str
    last_modified: str | None


def download(
    url: str,
    path: Path,
    *,
    max_bytes: int,
    sha256: str | None = None,
    size: int | None = None,
    timeout_s: float = TIMEOUT_S,
    total_s: float = TOTAL_S,
    progress: Progress | None = None,
) -> Fetched:
    """Bring a file to ``path``, whole or not at all; one that breaks off is begun again.

    Only a whole file of the right size and hash takes the place of the old one. ``timeout_s`` is the longest
    silence of the server, ``total_s`` the time for everything.
    """
    part = path.with_name(path.name + ".part")
    deadline = time.monotonic() + total_s

    def gather() -> tuple[str, str | None]:
        with _opened(url, {}, timeout_s, deadline) as response, part.open("wb") as file:
            whole, had = _announced(response, url, max_bytes), 0
            for block in _blocks(response, url, max_bytes):
                file.write(block)
                had += len(block)
                if progress is not None:
                    progress(had, whole)
            if whole not in (None, had):
                raise _PassingError(f"{url}: broke off after {had} of {whole} bytes")
            file.flush()
            os.fsync(file.fileno())
            return response.url, response.headers.get("Last-Modified")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        final, modified = _repeated(gather, deadline)
        had, digest = part.stat().st_size, store.digest(part)
        if (size or had, sha256 or digest) != (had, digest):
            wanted = f"expected {size or 'any'} bytes, sha256 {sha256 or 'any'}"
            raise FetchError(f"{url}: is not the file expected: {had} bytes, sha256 {digest}; {wanted}")
        part.replace(path)
    except OSError as error:
        raise FetchError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            part.unlink()
    return Fetched(path, final, modified)


def _repeated(read: Callable[[], T], deadline: float, attempt: int = 1) -> T:
    """Try until an answer came whole, as long as there are tries left and time for them."""
    try:
        return read()
    except _PassingError as error:
        wait_s = error.wait_s if error.wait_s is not None else 0.25 * 2**attempt
        if attempt == ATTEMPTS or wait_s > MAX_WAIT_S or time.monotonic() + wait_s >= deadline:
            raise FetchError(str(error)) from None
    time.sleep(wait_s)
    return _repeated(read, deadline, attempt + 1)


@contextmanager
def _opened(
    url: str, headers: Mapping[str, str], timeout_s: float, deadline: float, same_host: bool = False
) -> Iterator[http.client.HTTPResponse]:
    """Ask for an address; what comes is an answer that data could come in, or an error."""
    sent = {"User-Agent": f"zonerisk/{__version__}", "Accept-Encoding": "identity", **headers}
    with _answered(url, sent, timeout_s, deadline, same_host) as response:
        status, reason = response.status, response.reason
        if status in _TRY_AGAIN:
            raise _PassingError(f"{url}: HTTP {status} {reason}", _retry_after_s(response))
        if status >= 300:
            raise FetchError(f"{url}: HTTP {status} {reason}", status)
        # Of the other answers that are no error none has a body that is the file.
        if status != 200 and not (status == 206 and "Range" in headers):
            raise FetchError(f"{url}: answered HTTP {status}, which holds no whole file")
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "text/html" and "text/html" not in headers.get("Accept", ""):
            raise FetchError(f"{url}: answered with a web page, not with data")
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise FetchError(f"{url}: answered in an encoding that was not asked for")
        yield response


def _answered(
    url: str, headers: Mapping[str, str], timeout_s: float, deadline: float, same_host: bool
) -> http.client.HTTPResponse:
    """Follow redirects, on the web only, never from TLS to plain text, with no secret to another host."""
    if not url.lower().startswith(("http://", "https://")):
        raise FetchError(f"{url!r}: only http and https addresses are read")
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Web(deadline)):
        opener.add_handler(handler)
    address, sent = url, dict(headers)
    for hop in range(MAX_REDIRECTS + 1):
        left_s = max(0.1, deadline - time.monotonic())
        try:
            asked = urllib.request.Request(urllib.parse.quote(address, _SAFE), headers=sent)
            response: http.client.HTTPResponse = opener.open(asked, timeout=min(timeout_s, left_s))
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
        elsewhere = same_host and old.netloc != new.netloc
        if elsewhere or new.scheme not in ("http", "https") or (old.scheme == "https" != new.scheme):
            raise FetchError(f"{address}: redirects to {location[:200]!r}; not followed")
        if old.netloc != new.netloc:
            sent = {name: value for name, value in sent.items() if name.lower() not in _PRIVATE}
        address = target
    raise AssertionError


def _retry_after_s(response: http.client.HTTPResponse) -> float | None:
    asked = response.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", asked, re.ASCII):
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _announced(response: http.client.HTTPResponse, url: str, max_bytes: int) -> int | None:
    stated = response.headers.get("Content-Length")
    if stated is None:
        return None
    if not re.fullmatch(r"\s*[0-9]{1,18}\s*", stated, re.ASCII):
        raise FetchError(f"{url}: gives {stated[:40]!r} as its length, which is not a number")
    if int(stated) > max_bytes:
        raise FetchError(f"{url}: {int(stated)} bytes; the cap is {max_bytes}")
    return int(stated)


def _blocks(response: http.client.HTTPResponse, url: str, max_bytes: int) -> Iterator[bytes]:
    had = 0
    while True:
        try:
            block = response.read1(_BLOCK)
        except (http.client.HTTPException, OSError) as error:
            raise _PassingError(f"{url}: broke off after {had} bytes: {error}") from None
        if not block:
            return
        had += len(block)
        if had > max_bytes:
            raise FetchError(f"{url}: goes on past the cap of {max_bytes} bytes")
        yield block


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
    trouble = _trouble(tree) if isinstance(tree, dict) else None
    if trouble:
        raise DataError(f"{name}: the service answered: {trouble[:300]}")
    return tree


def _trouble(tree: Mapping[str, object]) -> str | None:
    """Find an error: ArcGIS ``error``, Overpass ``remark``, ``message``, ``status``."""
    error, remark, message = tree.get("error"), tree.get("remark"), tree.get("message")
    if isinstance(error, dict):
        return f"{error.get('code', '')} {error.get('message', '')}".strip() or "an error"
    if isinstance(remark, str) and "error" in remark.lower():
        return remark
    if isinstance(message, str) and "data" not in tree:
        return message
    if error or str(tree.get("status")).lower() in _FAILED:
        return str(error or tree["status"])
    return None
