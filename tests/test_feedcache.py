from __future__ import annotations

import json
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
