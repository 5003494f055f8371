from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.catalogue import document
from zonerisk.catalogue.document import parse, read
from zonerisk.core.errors import DataError
from zonerisk.core.model import Site


def refused(text: str) -> str:
    with pytest.raises(DataError) as error:
        parse(text.encode(), "x.yaml")
    return str(error.value)


def test_scalars_stay_text() -> None:
    tree = parse(b"country: NO\nzip: 010\nwhen: 2021-03-10\nnone:\nquoted: ''\n", "x.yaml").tree
    assert tree == {"country": "NO", "zip": "010", "when": "2021-03-10", "none": None, "quoted": ""}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "x.yaml:2: a: this key stands twice"),
        ("a: &b 1\nc: *b\n", "x.yaml:2: alias *b"),
        ("a: !!python/object:os.system x\n", "x.yaml:1: tag"),
        ("- a\n", "must be a mapping"),
        ("a: [1, 2\n", "is not YAML"),
        ("a: b: c\n", "x.yaml:1: is not YAML"),
        ("? [a]\n: b\n", "a key must be plain text"),
        ("[" * 60 + "]" * 60, "nests deeper"),
        ("a: \x07\n", "is not YAML"),
    ],
)
def test_refusals_name_the_line(text: str, said: str) -> None:
    assert said in refused(text)


def test_encoding_and_size() -> None:
    with pytest.raises(DataError, match="UTF-8"):
        parse("a: é".encode("latin-1"), "x.yaml")
    with pytest.raises(DataError, match="bytes"):
        parse(b"a: " + b"x" * 5_000_001, "x.yaml")


def test_unreadable_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read(tmp_path / "none.yaml")
    with pytest.raises(DataError, match="directory"):
        read(tmp_path)


def test_problems_name_path_and_value() -> None:
    text = b"name: X\nkind: building\nposition:\n  lat: 95\n  lon: abc\n  uncertainty_m: nan\n  method: outline\n"
    with pytest.raises(DataError) as error:
        parse(text, "x.yaml").validate(Site)
    lines = str(error.value).splitlines()
    assert any(line.startswith("x.yaml:4: position.lat:") and "95" in line for line in lines)
    assert any(line.startswith("x.yaml:5: position.lon: must be a number") for line in lines)
    assert any(line.startswith("x.yaml:6: position.uncertainty_m: must be a finite") for line in lines)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_tree_or_a_data_error(raw: bytes) -> None:
    try:
        assert isinstance(parse(raw, "x.yaml").tree, dict)
    except DataError as error:
        assert str(error).startswith("x.yaml")


def test_a_device_a_pipe_a_folder_and_a_file_without_end_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    for path in (Path("/dev/zero"), tmp_path / "pipe.yaml", tmp_path, tmp_path / "loop.yaml"):
        with pytest.raises(DataError, match="cannot be read"):
            document.read(path)
    (tmp_path / "large.yaml").write_bytes(b"#" * (document.MAX_BYTES + 1))
    with pytest.raises(DataError, match="too large"):
        document.read(tmp_path / "large.yaml")


def test_a_file_of_which_no_size_is_told_is_read_up_to_the_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of the system are, some of which have no end."""

    class Endless(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if size is None or size < 0:
                raise AssertionError("would never return")
            return b"#" * size

    (tmp_path / "x.yaml").write_bytes(b"")
    monkeypatch.setattr(Path, "open", lambda path, mode: Endless())
    with pytest.raises(DataError, match="too large"):
        document.content(tmp_path / "x.yaml", 100)


def test_a_folder_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    """One that is not there is; what is shut, or a circle of links, is said."""
    assert document.held(tmp_path / "none", "*.yaml") == {}
    assert document.files((tmp_path,), "datacenters", "*/*.yaml") == {}
    table = tmp_path / "datacenters"
    (table / "a").mkdir(parents=True)
    (table / "a" / "x.yaml").write_text("")
    (table / "b").symlink_to("c")
    (table / "c").symlink_to("b")
    with pytest.raises(DataError, match="datacenters/b: cannot be read: Too many"):
        document.files((tmp_path,), "datacenters", "*/*.yaml")
    for link in "bc":
        (table / link).unlink()
    assert list(document.files((tmp_path,), "datacenters", "*/*.yaml")) == ["a/x.yaml"]
    (table / "a").chmod(0)
    if os.access(table / "a", os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(DataError, match="datacenters/a: cannot be read: Permission denied"):
        document.files((tmp_path,), "datacenters", "*/*.yaml")
