from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conftest import ROOT
from grid.cache import FeedCache
from zonerisk.core.errors import DataError, UsageError
from zonerisk.layers import http

URL = "https://zz.example.org/api"
URLS = (URL,)


def text(data: bytes, name: str) -> str:
    if data.startswith(b"error"):
        raise DataError(f"{name}: an error")
    return data.decode()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Answers of the service, last first; each question takes one."""
    answers = ["third", "second", "first"]
    monkeypatch.setattr(http, "get", lambda url, **_: answers.pop().encode())
    return answers


def test_an_answer_is_kept_with_its_licence(tmp_path: Path, asked: list[str]) -> None:
    cache = FeedCache(tmp_path / "feeds")
    assert cache.get(URLS, "ODbL 1.0", text, params={"q": "1"}) == "first"
    assert cache.get(URLS, "ODbL 1.0", text, params={"q": "1"}) == "first"
    assert cache.get(URLS, "ODbL 1.0", text, params={"q": "2"}) == "second"
    with closing(sqlite3.connect(cache.path)) as kept:
        rows = kept.execute("SELECT url, licence, fetched FROM answers").fetchall()
    assert rows == [(URL, "ODbL 1.0", datetime.now(UTC).date().isoformat())] * 2
    assert FeedCache(tmp_path / "feeds", offline=True).get(URLS, "", text, params={"q": "1"}) == "first"
    assert FeedCache(tmp_path / "feeds", refresh=True).get(URLS, "", text, params={"q": "1"}) == "third"


def test_an_error_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "get", lambda url, **_: b"error")
    with pytest.raises(DataError):
        FeedCache(tmp_path).get(URLS, "", text)
    assert list(tmp_path.iterdir()) == []


def test_offline_without_an_answer(tmp_path: Path, asked: list[str]) -> None:
    with pytest.raises(UsageError, match="--offline"):
        FeedCache(tmp_path, offline=True).get(URLS, "", text)
    assert len(asked) == 3


def test_a_folder_that_cannot_be(tmp_path: Path, asked: list[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--cache"):
        FeedCache(tmp_path / "file").get(URLS, "", text)


def test_the_next_address_where_one_gives_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(url: str, **_: object) -> bytes:
        asked.append(url)
        if url == "u1":
            raise http.FetchError("busy")
        return b"error" if url == "u2" else b"fine"

    monkeypatch.setattr(http, "get", get)
    urls = ("u1", "u2", "u3")
    assert FeedCache(tmp_path).get(urls, "", text) == "fine"
    assert FeedCache(tmp_path).get(urls, "", text) == "fine"
    assert asked == ["u1", "u2", "u3"]


def test_many_at_once_read_whole_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call writes files of its own name, so that none reads the half of another's."""
    monkeypatch.setattr(http, "get", lambda url, **_: b"x" * 3_000_000)
    sizes: list[int] = []

    def ask() -> None:
        for _ in range(5):
            cache = FeedCache(tmp_path, refresh=True)
            sizes.append(cache.get(URLS, "", lambda data, _: len(data)))
            sizes.append(FeedCache(tmp_path).get(URLS, "", lambda data, _: len(data)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [3_000_000] * 80
    assert list(tmp_path.iterdir()) == [FeedCache(tmp_path).path], "nothing is left of a call"


def test_a_kill_leaves_the_answer_before_it(tmp_path: Path, asked: list[str]) -> None:
    assert FeedCache(tmp_path).get(URLS, "", text) == "first"
    killed = """
import os, sys
from pathlib import Path
from grid.cache import FeedCache
with FeedCache(Path(sys.argv[1]))._answers() as answers:
    answers.execute("UPDATE answers SET data = 'half of an ans'")
    os._exit(9)
"""
    path = os.pathsep.join(filter(None, [str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")]))
    done = subprocess.run(
        [sys.executable, "-c", killed, str(tmp_path)], check=False, env={**os.environ, "PYTHONPATH": path}
    )
    assert done.returncode == 9
    assert FeedCache(tmp_path, offline=True).get(URLS, "", text) == "first"


def test_a_damaged_cache_is_named(tmp_path: Path, asked: list[str]) -> None:
    cache = FeedCache(tmp_path)
    assert cache.get(URLS, "", text) == "first"
    cache.path.write_bytes(b"half of a database")
    with pytest.raises(UsageError, match=r"answers\.sqlite: .*--cache"):
        cache.get(URLS, "", text)
