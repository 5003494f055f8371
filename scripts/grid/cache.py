"""Answers of remote sources kept on disk, each with where it came from and its licence."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
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
_CHANGED = "is no answer that can be read; its service may have changed"
_TABLE = "CREATE TABLE IF NOT EXISTS answers (asked PRIMARY KEY, url, licence, fetched, data)"


@dataclass(frozen=True)
class FeedCache:
    """A folder with a database of answers, made when one is kept.

    ``offline`` asks nobody: only what is kept can be read. ``refresh`` asks again for what is kept.
    """

    folder: Path
    offline: bool = False
    refresh: bool = False

    @property
    def path(self) -> Path:
        """The database."""
        return self.folder / "answers.sqlite"

    def get(
        self,
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

        Only one that can be read is kept: an error worded as data is asked for again the next time. Where
        one address gives no answer that ``read`` takes, the next is asked, and without any what was kept
        stays; ``ask`` is how, where one request is not enough. ``pause_s`` is waited before, for sources
        that limit how often one may.
        """
        asked = json.dumps([urls[0], dict(params or {})], sort_keys=True)
        if self.path.is_file() and not self.refresh:
            with self._answers() as answers:
                row = answers.execute("SELECT url, data FROM answers WHERE asked = ?", (asked,)).fetchone()
            if row:
                with errors.reading(row[0], _CHANGED):
                    return read(row[1], row[0])
        if self.offline:
            flaw = f"the answer of {urls[0]} is not in the cache ({self.folder})"
            raise UsageError(f"{flaw}; leave out --offline to fetch it")
        get = partial(http.get, params=params, headers=headers, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S)
        trouble: FetchError | DataError | None = None
        for url in urls:
            time.sleep(pause_s)
            try:
                data = (ask or get)(url)
                with errors.reading(url, _CHANGED):
                    answer = read(data, url)
            except (FetchError, DataError) as error:
                trouble = error
                continue
            with self._answers() as answers:
                row = (asked, url, licence, datetime.now(UTC).date().isoformat(), data)
                answers.execute("REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", row)
            return answer
        raise trouble or UsageError("there is nowhere to ask")

    @contextmanager
    def _answers(self) -> Iterator[sqlite3.Connection]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            # As long may another call be keeping an answer.
            with closing(sqlite3.connect(self.path, timeout=TIMEOUT_S)) as answers, answers:
                answers.execute(_TABLE)
                yield answers
        except (OSError, sqlite3.Error) as error:
            raise UsageError(f"{self.path}: {error}; name another folder with --cache") from None
