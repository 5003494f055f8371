"""Rewrite the outputs shown in README.md and docs/, and files of counts, with what commands print now.

A block that begins with ``$ zonerisk ...`` shows that command's output. A line ``...`` in a
block stands for lines left out; such blocks are checked but not rewritten.

A section that shows a change of records that are on file, as a diff or as a whole file under a comment
that names it, is a walk: its commands run in a copy of the data, before and after the change as they stand
before and after it on the page. ``python scripts/readme.py walks`` rewrites those, which takes longer.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Files that a command writes, beside what pages show.
WRITTEN = {"data/rates.json": "data rates --constants"}
# What is run where a page says ``zonerisk``.
COMMAND = f"{shlex.quote(sys.executable)} -m zonerisk"
BLOCK = re.compile(r"```console\n\$ zonerisk ([^\n]+)\n(.*?)```", re.DOTALL)
CHANGE = re.compile(
    r"```diff\n(?P<diff>.*?)```|<!-- (?P<file>[\w/.-]+\.yaml) -->\n```yaml\n(?P<text>.*?)```", re.DOTALL
)
STEP = re.compile(f"{CHANGE.pattern}|{BLOCK.pattern}", re.DOTALL)


def sections(page: Path) -> list[str]:
    """Split a page before each heading of the second level."""
    return re.split(r"(?m)^(?=## )", page.read_text())


def walked(section: str) -> Iterator[tuple[str, str, str]]:
    """Run a walk: return its commands, what the page shows of each, and what each prints."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(ROOT / "data", folder / "data")
        for change in CHANGE.finditer(section):
            if change["diff"]:
                _git(folder, change["diff"], "apply", "-R", "-")
            else:
                (folder / change["file"]).unlink()
        for arguments in (("init", "-q"), ("add", "data"), ("commit", "-q", "-m", "before")):
            _git(folder, "", *arguments)
        for step in STEP.finditer(section):
            if step["diff"]:
                _git(folder, step["diff"], "apply", "-")
            elif step["file"]:
                (folder / step["file"]).write_text(step["text"])
            else:
                command, shows = step.groups()[-2:]
                yield command, shows, output(command, folder)


def _git(folder: Path, text: str, *arguments: str) -> None:
    identity = ("-c", "user.name=walk", "-c", "user.email=walk@example.com")
    subprocess.run(
        ["git", *identity, *arguments], cwd=folder, input=text, text=True, check=True, capture_output=True
    )


def pages() -> list[Path]:
    """List every page that may show output."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def run(arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout's root or another folder: 100 columns, no colours, one stream."""
    return subprocess.run(
        f"{COMMAND} {arguments}",
        shell=True,
        cwd=folder,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )


def output(arguments: str, folder: Path = ROOT) -> str:
    """Return what a command prints, without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in run(arguments, folder).stdout.splitlines())


def shown(page: Path) -> list[tuple[str, str]]:
    """Return the commands of a page, walks apart, and the output it shows for each."""
    plain = [part for part in sections(page) if not CHANGE.search(part)] if page.exists() else []
    return [block for part in plain for block in BLOCK.findall(part)]


def _written(section: str, walks: bool) -> str:
    blocks: Iterable[tuple[str, str, str]] = ()
    if not CHANGE.search(section):
        blocks = ((command, shows, output(command)) for command, shows in BLOCK.findall(section))
    elif walks:
        blocks = walked(section)
    for command, shows, printed in blocks:
        if "\n...\n" not in f"\n{shows}":
            head = f"```console\n$ zonerisk {command}\n"
            section = section.replace(f"{head}{shows}```", f"{head}{printed}```")
    return section


def main() -> None:
    """Rewrite what commands write, then every block without gaps."""
    for name, arguments in WRITTEN.items():
        (ROOT / name).write_text(output(arguments))
    for page in filter(Path.exists, pages()):
        page.write_text("".join(_written(section, "walks" in sys.argv[1:]) for section in sections(page)))


if __name__ == "__main__":
    main()
