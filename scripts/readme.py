"""Rewrite the outputs shown in README.md and docs/, and files of counts, with what commands print now.

A block that begins with ``$ zonerisk ...`` shows that command's output. A line ``...`` in a
block stands for lines left out; such blocks are checked but not rewritten.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Files that a command writes, beside what pages show.
WRITTEN = {"data/rates.json": "data rates --constants"}
BLOCK = re.compile(r"```console\n\$ zonerisk ([^\n]+)\n(.*?)```", re.DOTALL)


def pages() -> list[Path]:
    """List every page that may show output."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def output(arguments: str) -> str:
    """Return what a command prints: 100 columns, no colours, from the checkout's root."""
    done = subprocess.run(
        f"{sys.executable} -m zonerisk {arguments}",
        shell=True,
        cwd=ROOT,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines())


def shown(page: Path) -> list[tuple[str, str]]:
    """Return the commands of a page and the output it shows for each."""
    return BLOCK.findall(page.read_text()) if page.exists() else []


def _renewed(block: re.Match[str]) -> str:
    whole, arguments, text = block[0], block[1], block[2]
    if "\n...\n" in f"\n{text}":
        return whole
    return f"```console\n$ zonerisk {arguments}\n{output(arguments)}```"


def main() -> None:
    """Rewrite what commands write, then every block without gaps."""
    for name, arguments in WRITTEN.items():
        (ROOT / name).write_text(output(arguments))
    for page in filter(Path.exists, pages()):
        page.write_text(BLOCK.sub(_renewed, page.read_text()))


if __name__ == "__main__":
    main()
