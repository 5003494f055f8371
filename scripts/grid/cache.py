"""Answers of remote sources kept on disk, each with where it came from and its licence."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from zonerisk.core import errors
from zonerisk.core.errors import DataError, FetchError, UsageError
from zonerisk.layers import http

T = TypeVar("T")
MAX_BYTES = 300_000_000
TIMEOUT_S = 180.0
# After this long no call can still be writing a file, seconds.
_LEFT_S = 86_400.0


@dataclass(frozen=True)
class FeedCache:
    """A folder of answers, made when one is kept.

    ``offline`` asks nobody: only what is kept can be read. ``refresh`` asks again for what is kept.
    """

    folder: Path
    offline: bool = False
    refresh: bool = False

    def get(
        self,
        name: str,
        urls: Sequence[str],
        licence: str,
        read: Callable[[bytes, str], T],
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        pause_s: float = 0.0,
        ask: Callable[[str], bytes] | None = None,
    ) -> T:
        """Read an answer from disk, or else from its source.

        Only an answer that can be read is kept, so that an error worded as data is asked
        for again the next time.

        The query is part of the file's name. Where one address gives no answer that ``read`` takes, the
        next is asked; ``ask`` is how, where one request is not enough. ``pause_s`` is waited before, for
        sources that limit how often one may. Without an answer that ``read`` takes, what was kept stays.
        """
        query = json.dumps([urls[0], dict(params or {})], sort_keys=True)
        tag = hashlib.sha256(query.encode()).hexdigest()[:12]
        stem, dot, suffix = name.partition(".")
        path = self.folder / f"{stem}-{tag}{dot}{suffix}"
        try:
            if path.is_file() and not self.refresh and (data := _kept(path)) is not None:
                return _read(read, data, path.name)
            if self.offline:
                raise UsageError(
                    f"{path.name} is not in the cache ({self.folder}); leave out --offline to fetch it"
                )
            fetch = partial(
                http.get, params=params, headers=headers, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S
            )
            trouble: FetchError | DataError | None = None
            for url in urls:
                time.sleep(pause_s)
                try:
                    data = (ask or fetch)(url)
                    answer = _read(read, data, path.name)
                except (FetchError, DataError) as error:
                    trouble = error
                    continue
                self._keep(path, data, url, dict(params or {}), licence)
                return answer
            raise trouble or UsageError(f"{name}: there is nowhere to ask")
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror or error}; name another folder with --cache") from None

    def _keep(self, path: Path, data: bytes, url: str, params: dict[str, str], licence: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        card = {
            "url": url,
            "params": params,
            "licence": licence,
            "fetched": datetime.now(UTC).date().isoformat(),
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        for stray in self.folder.glob("*.part"):  # What a kill has left.
            with suppress(FileNotFoundError):  # Another call may sweep too.
                if time.time() - stray.stat().st_mtime > _LEFT_S:
                    stray.unlink()
        _replace(path, data)
        _replace(_note(path), json.dumps(card, indent=2).encode() + b"\n")


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".source.json")


def _kept(path: Path) -> bytes | None:
    """Return an answer that is the one its note tells of; None where a kill, or another call, parted them."""
    data = path.read_bytes()
    try:
        told = json.loads(_note(path).read_bytes())["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return data if told == hashlib.sha256(data).hexdigest() else None


def _read(read: Callable[[bytes, str], T], data: bytes, name: str) -> T:
    with errors.reading(name, "is no answer that can be read; its service may have changed"):
        return read(data, name)


def _replace(path: Path, data: bytes) -> None:
    """Put a file in its place whole, by a name of its own: several calls may keep the same answer at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
    try:
        part.write_bytes(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
