"""The pages show what the commands really print, and name every command."""

from __future__ import annotations

import doctest
import re
import shlex
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


@pytest.mark.parametrize("page", [page for page in readme.pages() if "```pycon" in page.read_text()], ids=str)
def test_python_examples_run(page: Path) -> None:
    runner = doctest.DocTestRunner()
    example = doctest.DocTestParser().get_doctest(page.read_text(), {}, page.name, page.name, 0)
    assert example.examples
    assert runner.run(example).failed == 0


def _commands() -> list[tuple[str, str]]:
    """Return every line of a block that calls zonerisk, with its page."""
    lines, inside = [], ""
    for page in readme.pages():
        for line in page.read_text().replace("\\\n", " ").splitlines():
            if line.lstrip().startswith("```"):
                inside = "" if inside else line.strip()
            elif inside in ("```", "```sh", "```yaml", "```shell-session", "```console"):
                called = re.search(r"(?:^|[|] ?|\$ |run: )zonerisk ([a-z-][^#|>;]+)", line.strip())
                if called:
                    lines.append((page.name, called[1].strip()))
    return lines


@pytest.mark.parametrize(("page", "line"), _commands())
def test_every_command_shown_is_understood(page: str, line: str) -> None:
    from typer.main import get_command

    from zonerisk.cli import app

    words, command, context = shlex.split(line.replace("RAW-LAYERS", ".")), get_command(app), None
    while True:
        # Options and arguments are read; nothing runs.
        context = command.make_context(command.name or "zonerisk", list(words), parent=context)
        if not hasattr(command, "resolve_command"):
            break
        _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert command, f"{page}: {line}"


def test_every_command_is_documented() -> None:
    from zonerisk.cli import COMMANDS, GONE

    pages = "\n".join(page.read_text() for page in readme.pages() if page.exists())
    for name in COMMANDS:
        assert f"zonerisk {name}" in pages, f"no page mentions zonerisk {name}"
    for name in GONE:
        assert f"zonerisk {name}" not in pages, f"a page mentions zonerisk {name}, which is gone"
