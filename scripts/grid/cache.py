"""Answers of remote sources kept on disk, each with where it came from and its licence."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from zonerisk.core.errors import DataError, FetchError, UsageError
from zonerisk.layers import http

T = TypeVar("T")
MAX_BYTES = 300_000_000
TIMEOUT_S = 180.0


@dataclass(frozen=True)
class FeedCache:
    """A folder of answers.

    Attributes
    ----------
    folder
        Where they are; it is made when something is kept.
    offline
        Ask nobody: only what is kept can be read.
    refresh
        Ask again for what is kept.
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

        Parameters
        ----------
        name
            File name to keep it under; the query is part of it.
        urls
            Where to ask; the next one where one gives no answer that can be read.
        licence
            What the source allows; kept beside the answer.
        read
            Turns the bytes, named for messages, into what is wanted.
        pause_s
            Wait so long before asking, for sources that limit how often one may.
        ask
            How to ask an address, where one request is not enough.

        Raises
        ------
        FetchError, DataError
            If no whole answer came, or none that ``read`` takes; what was kept before stays.
        UsageError
            If nothing is kept and asking is forbidden, or the folder cannot be written.
        """
        query = json.dumps([urls[0], dict(params or {})], sort_keys=True)
        tag = hashlib.sha256(query.encode()).hexdigest()[:12]
        stem, dot, suffix = name.partition(".")
        path = self.folder / f"{stem}-{tag}{dot}{suffix}"
        try:
            if path.is_file() and not self.refresh:
                return read(path.read_bytes(), path.name)
            if self.offline:
                raise UsageError(
                    f"{path.name} is not in the cache ({self.folder}); leave out --offline to fetch it"
                )
            trouble: FetchError | DataError | None = None
            for url in urls:
                time.sleep(pause_s)
                try:
                    data = (
                        ask(url)
                        if ask
                        else http.get(
                            url,
                            params=params,
                            headers=headers,
                            max_bytes=MAX_BYTES,
                            timeout_s=TIMEOUT_S,
                        )
                    )
                    answer = read(data, path.name)
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
        _replace(path.with_name(path.name + ".source.json"), json.dumps(card, indent=2).encode() + b"\n")
        _replace(path, data)


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
