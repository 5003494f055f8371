"""The pages show what the commands really print, and name every command."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path

import pytest

import zonerisk

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
readme = __import__("readme")
BLOCKS = [(page.name, arguments, text) for page in readme.pages() for arguments, text in readme.shown(page)]


def test_the_readme_shows_its_main_command() -> None:
    assert any(page == "README.md" and arguments == "score ovh-sbg" for page, arguments, _ in BLOCKS)


@pytest.mark.parametrize(
    ("page", "arguments", "text"),
    BLOCKS,
    ids=[f"{page}: {arguments}" for page, arguments, _ in BLOCKS],
)
def test_output_is_real(page: str, arguments: str, text: str) -> None:
    printed = readme.output(arguments)
    parts = re.split(r"(?m)^\.\.\.\n", text)
    assert printed.startswith(parts[0])
    position = 0
    for part in parts:
        found = printed.find(part, position)
        assert found >= 0, f"{page} shows what `zonerisk {arguments}` does not print:\n{part}"
        position = found + len(part)
    if len(parts) == 1:
        assert printed == text


@pytest.mark.parametrize(("name", "arguments"), readme.WRITTEN.items())
def test_what_a_command_writes_is_current(name: str, arguments: str) -> None:
    assert (ROOT / name).read_text() == readme.output(arguments)


def test_package_example() -> None:
    failed, tried = doctest.testmod(zonerisk)
    assert tried
    assert not failed


def test_python_examples_of_the_readme_run() -> None:
    text = (ROOT / "README.md").read_text()
    runner = doctest.DocTestRunner()
    example = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    assert runner.run(example).failed == 0


def test_every_command_is_documented() -> None:
    from zonerisk.cli import COMMANDS, GONE

    pages = "\n".join(page.read_text() for page in readme.pages() if page.exists())
    for name in COMMANDS:
        assert f"zonerisk {name}" in pages, f"no page mentions zonerisk {name}"
    for name in GONE:
        assert f"zonerisk {name}" not in pages, f"a page mentions zonerisk {name}, which is gone"
