"""HTTP reads that cannot hang, overflow, or pass half an answer off as a whole one.

The standard library does it: it takes proxies from the environment, adds no dependency and
costs ``score`` nothing. Its opener is built by hand here, so that no address and no redirect
reaches a local file, FTP or a plain-text copy of what was asked for over TLS.
"""

from __future__ import annotations

import email.utils
import hashlib
import http.client
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from zonerisk.errors import ZoneriskError

ATTEMPTS = 4
TIMEOUT_S = 60.0
MAX_WAIT_S = 60.0
_BLOCK = 1 << 18
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
# What must not follow a redirect to another host.
_PRIVATE = {"authorization", "cookie", "proxy-authorization"}

Progress = Callable[[int, int | None], None]
"""Called with the bytes had so far and the size of the whole, if the server told it."""


class FetchError(ZoneriskError):
    """An address gave no answer that can be used; what was there before is untouched."""


@dataclass(frozen=True)
class Fetched:
    """A file as it was downloaded.

    Attributes
    ----------
    url
        Where it came from, after redirects.
    size
        Bytes.
    last_modified
        The server's own date of the file, as it words it.
    """

    path: Path
    url: str
    size: int
    sha256: str
    last_modified: str | None


class _Headers(Protocol):
    def get(self, name: str, /) -> str | None: ...


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        old, new = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if new.scheme not in ("http", "https") or (old.scheme == "https" != new.scheme):
            raise FetchError(f"{req.full_url}: redirects to {newurl[:200]!r}; not followed")
        again = super().redirect_request(req, fp, code, msg, headers, newurl)
        if again is not None and old.netloc != new.netloc:
            for name in [name for name in again.headers if name.lower() in _PRIVATE]:
                again.remove_header(name)
        return again

    # The parent follows ftp as well and words its refusal as an HTTP error.
    def http_error_302(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
    ) -> object:
        target = headers.get("Location", "")
        scheme = urllib.parse.urlsplit(urllib.parse.urljoin(req.full_url, target)).scheme
        if scheme not in ("http", "https"):
            raise FetchError(f"{req.full_url}: redirects to {target[:200]!r}; not followed")
        return super().http_error_302(req, fp, code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def cache_root(explicit: Path | None = None) -> Path:
    """Find the folder where fetched layers are kept; it is not made here.

    ``--cache`` goes before ``ZONERISK_CACHE``, and that before the platform's cache folder.
    """
    if explicit is not None:
        return explicit
    named = os.environ.get("ZONERISK_CACHE")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "zonerisk"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "zonerisk"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zonerisk"


def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    max_bytes: int = 50_000_000,
    timeout_s: float = TIMEOUT_S,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Read one answer into memory.

    Busy servers (429 and 5xx) are asked again, when they say so or with growing pauses.

    Parameters
    ----------
    params
        Added to the address as its query.
    max_bytes
        A longer answer is refused.
    timeout_s
        Time for everything together, seconds: pauses and repeats too.

    Raises
    ------
    FetchError
        If no whole answer came, or a web page came where data was asked for.
    """
    if params:
        glue = "&" if "?" in url else "?"
        url = f"{url}{glue}{urllib.parse.urlencode(params)}"
    deadline = time.monotonic() + timeout_s
    trouble = FetchError(f"{url}: no answer")
    for attempt in range(ATTEMPTS):
        try:
            with _open(url, headers or {}, max(0.1, deadline - time.monotonic())) as response:
                size = _announced(response, url, max_bytes)
                body = b"".join(_blocks(response, url, max_bytes, deadline))
                if size is not None and len(body) != size:
                    raise _PassingError(f"{url}: broke off after {len(body)} of {size} bytes")
                return body
        except _PassingError as error:
            trouble = FetchError(str(error))
            if not _pause(attempt, error.wait_s, deadline):
                break
    raise trouble


def download(
    url: str,
    path: Path,
    *,
    max_bytes: int,
    sha256: str | None = None,
    size: int | None = None,
    timeout_s: float = TIMEOUT_S,
    progress: Progress | None = None,
) -> Fetched:
    """Bring a file to ``path``, whole or not at all.

    The bytes gather in ``<path>.part``, which a later call goes on from if the server still
    has the same file (it is asked by ETag or date), and else begins again. Only a whole
    file of the right size and hash takes the place of the old one.

    Parameters
    ----------
    max_bytes
        A longer file is refused, before it is read where its length is announced.
    sha256, size
        What the file must be, where known.
    timeout_s
        Longest silence of the server, seconds.

    Raises
    ------
    FetchError
        If the file could not be had, or is not the one expected. The old file stays.
    """
    part = path.with_name(path.name + ".part")
    trouble = FetchError(f"{url}: no answer")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                final, modified = _gather(url, part, max_bytes, timeout_s, progress)
                break
            except _PassingError as error:
                trouble = FetchError(str(error))
                if not _pause(attempt, error.wait_s, time.monotonic() + MAX_WAIT_S):
                    raise trouble from None
        else:
            raise trouble
        found, digest = part.stat().st_size, _digest(part)
        if (size is not None and found != size) or (sha256 is not None and digest != sha256):
            _drop(part)
            raise FetchError(
                f"{url}: is not the file expected: {found} bytes, sha256 {digest}; "
                f"expected {size or 'any'} bytes, sha256 {sha256 or 'any'}"
            )
        part.replace(path)
        _tag(part).unlink(missing_ok=True)
    except OSError as error:
        raise FetchError(f"{path}: cannot be written: {error.strerror or error}") from None
    return Fetched(path, final, found, digest, modified)


class _PassingError(Exception):
    """A failure that may be gone at the next try."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


def _pause(attempt: int, asked_s: float | None, deadline: float) -> bool:
    """Wait before the next try; False where there is none, or no time left for it."""
    wait = asked_s if asked_s is not None else 0.5 * 2**attempt
    if attempt + 1 == ATTEMPTS or wait > MAX_WAIT_S or time.monotonic() + wait >= deadline:
        return False
    time.sleep(wait)
    return True


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zonerisk")
    except PackageNotFoundError:
        return "0"


def _open(url: str, headers: Mapping[str, str], timeout_s: float) -> http.client.HTTPResponse:
    if not url.lower().startswith(("http://", "https://")):
        raise FetchError(f"{url!r}: only http and https addresses are read")
    try:
        request = urllib.request.Request(
            url,
            headers={
                "User-Agent": f"zonerisk/{_version()}",
                "Accept-Encoding": "identity",
                **headers,
            },
        )
        response: http.client.HTTPResponse = _opener().open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in _TRY_AGAIN:
                raise _PassingError(
                    f"{url}: HTTP {error.code} {error.reason}", _retry_after(error.headers)
                ) from None
            if error.code == 416:
                raise _StaleError from None
            raise FetchError(f"{url}: HTTP {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise _PassingError(f"{url}: cannot be reached: {error.reason}") from None
    except http.client.InvalidURL as error:
        raise FetchError(f"{url!r}: is not an address: {error}") from None
    except (http.client.HTTPException, OSError) as error:
        raise _PassingError(f"{url}: no answer: {_say(error)}") from None
    except ValueError as error:
        raise FetchError(f"{url!r}: is not an address: {error}") from None
    kind = response.headers.get_content_type()
    if kind == "text/html" and "text/html" not in headers.get("Accept", ""):
        response.close()
        raise FetchError(f"{url}: answered with a web page, not with data")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        response.close()
        raise FetchError(f"{url}: answered in an encoding that was not asked for")
    return response


class _StaleError(Exception):
    """The server no longer has the bytes that a part was to be continued with."""


def _say(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return str(error) or type(error).__name__


def _retry_after(headers: _Headers) -> float | None:
    asked = headers.get("Retry-After")
    if asked is None:
        return None
    if asked.strip().isdigit():
        return float(asked)
    try:
        when = email.utils.parsedate_to_datetime(asked)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


def _length(headers: _Headers) -> int | None:
    text = (headers.get("Content-Length") or "").strip()
    return int(text) if text.isdigit() else None


def _announced(response: http.client.HTTPResponse, url: str, max_bytes: int) -> int | None:
    size = _length(response.headers)
    if size is not None and size > max_bytes:
        raise FetchError(f"{url}: {size} bytes; the cap is {max_bytes}")
    return size


def _blocks(
    response: http.client.HTTPResponse, url: str, max_bytes: int, deadline: float | None = None
) -> Iterator[bytes]:
    had = 0
    while True:
        try:
            block = response.read1(_BLOCK)
        except (http.client.HTTPException, OSError) as error:
            raise _PassingError(f"{url}: broke off after {had} bytes: {_say(error)}") from None
        if not block:
            return
        had += len(block)
        if had > max_bytes:
            raise FetchError(f"{url}: goes on past the cap of {max_bytes} bytes")
        yield block
        if deadline is not None and time.monotonic() > deadline:
            raise FetchError(f"{url}: too slow: {had} bytes when the time was up")


def _tag(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)


def _gather(
    url: str, part: Path, max_bytes: int, timeout_s: float, progress: Progress | None
) -> tuple[str, str | None]:
    """Fill ``part``, going on where an earlier try stopped if the file is still the same."""
    had = part.stat().st_size if part.is_file() else 0
    tag = _tag(part).read_text() if had and _tag(part).is_file() else ""
    headers = {"Range": f"bytes={had}-", "If-Range": tag} if had and tag else {}
    try:
        response = _open(url, headers, timeout_s)
    except _StaleError:
        _drop(part)
        raise _PassingError(f"{url}: changed between two tries") from None
    with response:
        goes_on = bool(headers) and response.status == 206
        if goes_on and not (response.headers.get("Content-Range") or "").startswith(
            f"bytes {had}-"
        ):
            _drop(part)
            raise _PassingError(f"{url}: sent another part than was asked for")
        start = had if goes_on else 0
        rest = _announced(response, url, max_bytes - start)
        whole = None if rest is None else start + rest
        if not goes_on:
            _drop(part)
            tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
            # A weak ETag promises no equal bytes, so nothing can be continued on it.
            if tag and not tag.startswith("W/"):
                _tag(part).write_text(tag)
        now = start
        with part.open("ab" if goes_on else "wb") as file:
            for block in _blocks(response, url, max_bytes - start):
                file.write(block)
                now += len(block)
                if progress is not None:
                    progress(now, whole)
            file.flush()
            os.fsync(file.fileno())
        if whole is not None and now != whole:
            raise _PassingError(f"{url}: broke off after {now} of {whole} bytes")
        return response.url or url, response.headers.get("Last-Modified")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
