from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

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
    assert cache.get("x.json", URLS, "ODbL 1.0", text, params={"q": "1"}) == "first"
    assert cache.get("x.json", URLS, "ODbL 1.0", text, params={"q": "1"}) == "first"
    assert cache.get("x.json", URLS, "ODbL 1.0", text, params={"q": "2"}) == "second"
    (card,) = [
        json.loads(path.read_text())
        for path in tmp_path.rglob("*.source.json")
        if '"q": "1"' in path.read_text()
    ]
    assert card["licence"] == "ODbL 1.0"
    assert card["url"] == URL
    assert len(card["sha256"]) == 64
    assert (
        FeedCache(tmp_path / "feeds", offline=True).get("x.json", URLS, "", text, params={"q": "1"})
        == "first"
    )
    assert (
        FeedCache(tmp_path / "feeds", refresh=True).get("x.json", URLS, "", text, params={"q": "1"})
        == "third"
    )


def test_an_error_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "get", lambda url, **_: b"error")
    with pytest.raises(DataError):
        FeedCache(tmp_path).get("x.json", URLS, "", text)
    assert list(tmp_path.iterdir()) == []


def test_offline_without_an_answer(tmp_path: Path, asked: list[str]) -> None:
    with pytest.raises(UsageError, match="--offline"):
        FeedCache(tmp_path, offline=True).get("x.json", URLS, "", text)
    assert len(asked) == 3


def test_a_folder_that_cannot_be(tmp_path: Path, asked: list[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="--cache"):
        FeedCache(tmp_path / "file").get("x.json", URLS, "", text)


def test_the_next_address_where_one_gives_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def get(url: str, **_: object) -> bytes:
        asked.append(url)
        if url == "u1":
            raise http.FetchError("busy")
        return b"error" if url == "u2" else b"fine"

    monkeypatch.setattr(http, "get", get)
    urls = ("u1", "u2", "u3")
    assert FeedCache(tmp_path).get("x.json", urls, "", text) == "fine"
    assert FeedCache(tmp_path).get("x.json", urls, "", text) == "fine"
    assert asked == ["u1", "u2", "u3"]


def test_many_at_once_read_whole_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call writes files of its own name, so that none reads the half of another's."""
    monkeypatch.setattr(http, "get", lambda url, **_: b"x" * 3_000_000)
    sizes: list[int] = []

    def ask() -> None:
        for _ in range(5):
            cache = FeedCache(tmp_path, refresh=True)
            sizes.append(cache.get("x.json", URLS, "", lambda data, _: len(data)))
            sizes.append(FeedCache(tmp_path).get("x.json", URLS, "", lambda data, _: len(data)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [3_000_000] * 80
    assert len(list(tmp_path.iterdir())) == 2, "the answer and its note"


def test_an_answer_and_its_note_are_of_one_call(tmp_path: Path, asked: list[str]) -> None:
    """A kill between the two leaves an answer that its note does not tell of: it is asked for again."""
    assert FeedCache(tmp_path).get("x.json", URLS, "", text) == "first"
    note, answer = sorted(tmp_path.iterdir(), key=lambda path: len(path.name), reverse=True)
    answer.write_bytes(b"half of an ans")
    with pytest.raises(UsageError, match="--offline"):
        FeedCache(tmp_path, offline=True).get("x.json", URLS, "", text)
    assert FeedCache(tmp_path).get("x.json", URLS, "", text) == "second"
    assert FeedCache(tmp_path, offline=True).get("x.json", URLS, "", text) == "second"
    note.unlink()
    assert FeedCache(tmp_path).get("x.json", URLS, "", text) == "third"


def test_what_kills_left_is_swept(tmp_path: Path, asked: list[str]) -> None:
    old, new = tmp_path / "a.part", tmp_path / "b.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    assert FeedCache(tmp_path).get("x.json", URLS, "", text) == "first"
    assert not old.exists()
    assert new.exists(), "another call may still be writing it"
