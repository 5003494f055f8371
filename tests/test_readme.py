"""The pages show what the commands really print, and name every command."""

from __future__ import annotations

import doctest
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import records
import zonerisk

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
readme = __import__("readme")
BLOCKS = [(page.name, arguments, text) for page in readme.pages() for arguments, text in readme.shown(page)]


@pytest.fixture(autouse=True)
def _forked(forked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readme, "COMMAND", shlex.join(forked))


def test_the_readme_leads_with_a_picture_three_commands_and_ten_lines() -> None:
    text = (ROOT / "README.md").read_text()
    picture, commands, output = text.index("!["), text.index("```sh"), text.index("```console")
    assert picture < commands < output
    assert len(text[commands:output].split("```")[1].strip().splitlines()) == 4  # The block's kind is a line.
    page, arguments, shown = BLOCKS[0]
    assert (page, arguments.split(" | ")[0]) == ("README.md", "score ovh-sbg")
    assert len(shown.splitlines()) <= 10


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


def _lines(page: Path, *kinds: str) -> Iterator[str]:
    """Return the lines of a page's blocks of some kinds."""
    inside = ""
    for line in page.read_text().replace("\\\n", " ").splitlines():
        if line.lstrip().startswith("```"):
            inside = "" if inside else line.strip()
        elif inside and inside.removeprefix("```") in kinds:
            yield line.strip()


def _commands() -> list[tuple[str, str]]:
    """Return every line of a block that calls zonerisk, with its page."""
    kinds = ("", "sh", "yaml", "shell-session", "console")
    lines = [(page.name, line) for page in readme.pages() for line in _lines(page, *kinds)]
    found = [
        (page, re.search(r"(?:^|[|] ?|\$ |run: )zonerisk ([a-z-][^#|>;]+)", line)) for page, line in lines
    ]
    return [(page, called[1].strip()) for page, called in found if called]


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


# What the examples are given: files that a page says its reader has.
GIVEN = {
    "pings.csv": "a,b,rtt_ms\nfr-par-1,fr-par-2,1.2\n",
    "tfplan.json": '{"format_version": "1.2", "planned_values": {"root_module": {}}}',
}
# What fails as it should: nothing of the plan stands anywhere, a template is not filled in (or the folder of
# another page not there), a trip is reached.
ENDS = {
    "plan tfplan.json": (2,),
    "data check my-sites": (2, 3),
    "data check data/incidents/ovh/sbg-202611.yaml": (3,),
    "score ovh --fail-on fail": (1,),
}
# Held elsewhere: what rewrites this checkout, needs another revision, or takes the whole catalogue's time.
ELSEWHERE = ("atlas", "data diff", "layers sample", "--show-completion")


@pytest.mark.parametrize(
    "page", ["README", "analysis", "catalogue", "feeds", "layers", "maps", "plan", "record", "report"]
)
def test_the_commands_of_a_page_run_one_after_the_other(page: str, tmp_path: Path) -> None:
    """Each in the folder that the ones before it left, with the checkout's data and examples beside."""
    shutil.copytree(ROOT / "data", tmp_path / "data")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for name, text in GIVEN.items():
        (tmp_path / name).write_text(text)
    path = ROOT / ("README.md" if page == "README" else f"docs/{page}.md")
    told = 0
    for line in _lines(path, "", "sh", "shell-session"):
        called = re.match(r"(?:\$ )?zonerisk ([a-z].*?)(?:\s+#.*)?$", line)
        if called and not any(word in line for word in ELSEWHERE):
            command = called[1]
            done = readme.run(command, tmp_path)
            assert "Traceback" not in done.stdout, done.stdout
            assert done.returncode in ENDS.get(command, (0,)), f"{command}: {done.returncode}\n{done.stdout}"
            told += 1
            if command == "data check my-sites" and page == "analysis":  # The template is filled in.
                (tmp_path / "my-sites/datacenters/acme/provider.yaml").write_text(records.PROVIDER)
                (tmp_path / "my-sites/datacenters/acme/paris.yaml").write_text(records.REGION)
    assert told


def test_every_command_is_documented() -> None:
    from zonerisk.cli import COMMANDS, GONE

    pages = "\n".join(page.read_text() for page in readme.pages() if page.exists())
    for name in COMMANDS:
        assert f"zonerisk {name}" in pages, f"no page mentions zonerisk {name}"
    for name in GONE:
        assert f"zonerisk {name}" not in pages, f"a page mentions zonerisk {name}, which is gone"
