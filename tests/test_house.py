"""The house: folders have doors, imports go one way, and neither rooms nor lines grow unseen."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
house = __import__("house")
HOUSE, FILES, FOLDERS, folder = house.HOUSE, house.FILES, house.FOLDERS, house.folder
# The last lines show plans and rankings in a notebook.
MOST_MODULES, MOST_LINES = 75, 21425


def test_others_come_in_by_the_door() -> None:
    """Only what a folder's ``__all__`` names is imported from outside it, and all of that is."""
    doors = house.doors()
    assert {name: sorted(import_module(f"zonerisk.{name}").__all__) for name in doors} == doors, (
        "run: python scripts/house.py"
    )


def test_the_page_of_the_house_is_current() -> None:
    assert house.PAGE.read_text("utf-8") == house.page(), "run: python scripts/house.py"


def test_every_module_says_what_it_is() -> None:
    assert [name for name in FILES if not house._sentence(name).endswith(".")] == []


def test_the_house_does_not_grow_unseen() -> None:
    """So many rooms and lines it has; who needs more takes out as much, or says here why not."""
    modules = [path for path in FILES.values() if path.name != "__init__.py"]
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in FILES.values())
    assert len(modules) <= MOST_MODULES
    assert lines <= MOST_LINES


def test_no_circle_of_folders() -> None:
    graph = {
        name: {
            folder(other)
            for module, path in FILES.items()
            if folder(module) == name
            for other in house.imported(path)
            if folder(other) not in ("", name)
        }
        for name in FOLDERS
    }
    assert len(tuple(TopologicalSorter(graph).static_order())) == len(FOLDERS)


def test_nothing_imports_the_command_line() -> None:
    assert [
        m for m, path in FILES.items() if folder(m) != "cli" and "cli" in map(folder, house.imported(path))
    ] == ["__main__"]


def test_nothing_in_the_house_comes_in_by_the_front_door() -> None:
    """What users import, ``zonerisk`` itself, stands above all else: no module asks it for anything."""
    for path in FILES.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "zonerisk":
                assert [alias.name for alias in node.names if alias.name not in FOLDERS] == [], path


def test_a_forbidden_import_breaks_the_contract(tmp_path: Path) -> None:
    module, line = HOUSE / "words" / "phrases.py", "from zonerisk.layers import store\n"
    package = tmp_path / "src" / "zonerisk"
    for path in FILES.values():
        copy = package / path.relative_to(HOUSE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        copy.write_text(f"{text}\n{line}" if path == module else text)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--config",
            str(ROOT / "pyproject.toml"),
            "--no-cache",
        ],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
