"""Connections to web servers: an answer that has begun, or an error that says what is wrong.

The standard library does it: it takes proxies from the environment, adds no dependency and
costs ``score`` nothing. Its opener is built by hand here, so that no address and no redirect
reaches a local file, FTP or a plain-text copy of what was asked for over TLS.
"""

from __future__ import annotations

import email.utils
import http.client
import io
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from functools import partial
from typing import IO, TYPE_CHECKING, Any, Protocol

from zonerisk.core.errors import ZoneriskError

if TYPE_CHECKING:
    from typing_extensions import Buffer

_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}
# What must not follow a redirect to another host.
_PRIVATE = {"authorization", "cookie", "proxy-authorization"}


class FetchError(ZoneriskError):
    """An address gave no answer that can be used; what was there before is untouched."""


class PassingError(Exception):
    """A failure that may be gone at the next try."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class StaleError(Exception):
    """The server no longer has the bytes that a part was to be continued with."""


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


class _Reads(io.RawIOBase):
    """What a socket receives until a deadline, however slowly it comes."""

    def __init__(self, inner: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self.inner, self.sock, self.deadline = inner, sock, deadline
        self.silence = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left if self.silence is None else min(self.silence, left))
        return self.inner.readinto(buffer)

    def close(self) -> None:
        self.inner.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, deadline: float, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        inner = self.fp.detach()
        self.fp = io.BufferedReader(_Reads(inner, sock, deadline))


class _Timed(urllib.request.AbstractHTTPHandler):
    """Opens connections that all end at one deadline, those after a redirect too."""

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline

    def do_open(self, http_class: Any, req: Any, **more: Any) -> http.client.HTTPResponse:
        def connect(host: str, *, timeout: float, **told: Any) -> Any:
            left = max(0.1, self.deadline - time.monotonic())
            made = http_class(host, timeout=min(timeout, left), **told)
            made.response_class = partial(_Response, deadline=self.deadline)
            return made

        return super().do_open(connect, req, **more)  # type: ignore[arg-type]


class _Http(_Timed, urllib.request.HTTPHandler):
    pass


class _Https(_Timed, urllib.request.HTTPSHandler):
    pass


def _opener(deadline: float) -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Http(deadline),
        _Https(deadline),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def opened(
    url: str, headers: Mapping[str, str], timeout_s: float, deadline: float
) -> http.client.HTTPResponse:
    """Ask for an address.

    Parameters
    ----------
    timeout_s
        Longest silence of the server, seconds.
    deadline
        When all of the answer must be there, by the monotonic clock.

    Raises
    ------
    PassingError
        If it may be answered at the next try.
    StaleError
        If the range that was asked for is not there.
    FetchError
        If it is refused, or the answer is none that data could come in.
    """
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
        response: http.client.HTTPResponse = _opener(deadline).open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in _TRY_AGAIN:
                raise PassingError(
                    f"{url}: HTTP {error.code} {error.reason}", _retry_after(error.headers)
                ) from None
            if error.code == 416:
                raise StaleError from None
            raise FetchError(f"{url}: HTTP {error.code} {error.reason}") from None
    except urllib.error.URLError as error:
        raise PassingError(f"{url}: cannot be reached: {error.reason}") from None
    except http.client.InvalidURL as error:
        raise FetchError(f"{url!r}: is not an address: {error}") from None
    except (http.client.HTTPException, OSError) as error:
        raise PassingError(f"{url}: no answer: {said(error)}") from None
    except ValueError as error:
        raise FetchError(f"{url!r}: is not an address: {error}") from None
    # Of the other answers that are no error none has a body that is the file.
    if response.status != 200 and not (response.status == 206 and "Range" in headers):
        response.close()
        raise FetchError(f"{url}: answered HTTP {response.status}, which holds no whole file")
    kind = response.headers.get_content_type()
    if kind == "text/html" and "text/html" not in headers.get("Accept", ""):
        response.close()
        raise FetchError(f"{url}: answered with a web page, not with data")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        response.close()
        raise FetchError(f"{url}: answered in an encoding that was not asked for")
    return response


def said(error: Exception) -> str:
    """Word what went wrong with a connection."""
    if isinstance(error, TimeoutError):
        return "timed out"
    return str(error) or type(error).__name__


def _retry_after(headers: _Headers) -> float | None:
    asked = headers.get("Retry-After")
    if asked is None:
        return None
    seconds = count(asked)
    if seconds is not None:
        return float(seconds)
    try:
        when = email.utils.parsedate_to_datetime(asked).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, when - time.time())


def count(text: str | None) -> int | None:
    """Read a header's number; None where it is none that a file could have."""
    found = re.fullmatch(r"\s*([0-9]{1,18})\s*", text or "")
    return int(found[1]) if found else None


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("zonerisk")
    except PackageNotFoundError:
        return "0"
