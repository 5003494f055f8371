"""HTTP reads that cannot hang, overflow, or pass half an answer off as a whole one."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zonerisk.layers.connection import FetchError, PassingError, StaleError, count, opened, said

__all__ = ["FetchError", "Fetched", "cache_root", "download", "get"]

ATTEMPTS = 4
TIMEOUT_S = 60.0
TOTAL_S = 7200.0
MAX_WAIT_S = 60.0
_BLOCK = 1 << 18

Progress = Callable[[int, int | None], None]
"""Called with the bytes had so far and the size of the whole, if the server told it."""


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
            with opened(url, headers or {}, timeout_s, deadline) as response:
                size = _announced(response, url, max_bytes)
                body = b"".join(_blocks(response, url, max_bytes))
                if size is not None and len(body) != size:
                    raise PassingError(f"{url}: broke off after {len(body)} of {size} bytes")
                return body
        except PassingError as error:
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
    total_s: float = TOTAL_S,
    progress: Progress | None = None,
) -> Fetched:
    """Bring a file to ``path``, whole or not at all.

    The bytes gather in ``<path>.part``, which a later call goes on from if the server still
    has the same file (it is asked by ETag or date), and else begins again. Only a whole
    file of the right size and hash takes the place of the old one. Two calls at once need
    a folder each.

    Parameters
    ----------
    max_bytes
        A longer file is refused, before it is read where its length is announced.
    sha256, size
        What the file must be, where known.
    timeout_s
        Longest silence of the server, seconds.
    total_s
        Time for everything together, seconds.

    Raises
    ------
    FetchError
        If the file could not be had, or is not the one expected. The old file stays.
    """
    part = path.with_name(path.name + ".part")
    deadline = time.monotonic() + total_s
    trouble = FetchError(f"{url}: no answer")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(ATTEMPTS):
            try:
                final, modified = _gather(url, part, max_bytes, timeout_s, deadline, progress)
                break
            except PassingError as error:
                trouble = FetchError(str(error))
                if not _pause(attempt, error.wait_s, deadline):
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
    finally:
        # Nothing can be gone on with that has no tag, such as what filled a disk.
        if part.is_file() and not _tag(part).is_file():
            _drop(part)
    return Fetched(path, final, found, digest, modified)


def _pause(attempt: int, asked_s: float | None, deadline: float) -> bool:
    """Wait before the next try; False where there is none, or no time left for it."""
    wait = asked_s if asked_s is not None else 0.5 * 2**attempt
    if attempt + 1 == ATTEMPTS or wait > MAX_WAIT_S or time.monotonic() + wait >= deadline:
        return False
    time.sleep(wait)
    return True


def _announced(response: http.client.HTTPResponse, url: str, max_bytes: int) -> int | None:
    told = response.headers.get("Content-Length")
    size = count(told)
    if told is not None and size is None:
        raise FetchError(f"{url}: gives {told[:40]!r} as its length, which is no number")
    if size is not None and size > max_bytes:
        raise FetchError(f"{url}: {size} bytes; the cap is {max_bytes}")
    return size


def _blocks(response: http.client.HTTPResponse, url: str, max_bytes: int) -> Iterator[bytes]:
    had = 0
    while True:
        try:
            block = response.read1(_BLOCK)
        except (http.client.HTTPException, OSError) as error:
            raise PassingError(f"{url}: broke off after {had} bytes: {said(error)}") from None
        if not block:
            return
        had += len(block)
        if had > max_bytes:
            raise FetchError(f"{url}: goes on past the cap of {max_bytes} bytes")
        yield block


def _tag(part: Path) -> Path:
    return part.with_name(part.name + ".tag")


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)


def _gather(
    url: str,
    part: Path,
    max_bytes: int,
    timeout_s: float,
    deadline: float,
    progress: Progress | None,
) -> tuple[str, str | None]:
    """Fill ``part``, going on where an earlier try stopped if the file is still the same."""
    had = part.stat().st_size if part.is_file() else 0
    tag = _tag(part).read_text() if had and _tag(part).is_file() else ""
    headers = {"Range": f"bytes={had}-", "If-Range": tag} if had and tag else {}
    try:
        response = opened(url, headers, timeout_s, deadline)
    except StaleError:
        _drop(part)
        raise PassingError(f"{url}: changed between two tries") from None
    with response:
        goes_on = bool(headers) and response.status == 206
        told = re.match(
            r"bytes ([0-9]{1,18})-[0-9]+/([0-9]{1,18})$",
            response.headers.get("Content-Range") or "",
        )
        if goes_on and not (told and int(told[1]) == had):
            _drop(part)
            raise PassingError(f"{url}: sent another part than was asked for")
        start = had if goes_on else 0
        rest = _announced(response, url, max_bytes - start)
        whole = None if rest is None else start + rest
        if goes_on and told:
            whole = int(told[2])  # A server may send less than the rest.
        if whole is not None and whole > max_bytes:
            raise FetchError(f"{url}: {whole} bytes; the cap is {max_bytes}")
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
            raise PassingError(f"{url}: broke off after {now} of {whole} bytes")
        return response.url or url, response.headers.get("Last-Modified")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
