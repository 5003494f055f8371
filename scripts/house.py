"""The house: write each folder's door, and docs/house.md with a sentence a module.

A door is the ``__all__`` of a folder: the modules that other folders import, and no other.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "src" / "zonerisk"
PAGE = ROOT / "docs" / "house.md"
FILES = {
    ".".join(path.relative_to(HOUSE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(HOUSE.rglob("*.py"))
}
FOLDERS = sorted(path.parent.name for path in HOUSE.glob("*/__init__.py"))
HEAD = """# The house

A folder is a room with a door: other folders import only the modules that its `__all__` names,
here in bold. Imports go one way, from the folders that stand first to those below.
Written by `python scripts/house.py` from what the modules say of themselves."""


def folder(module: str) -> str:
    """Return the folder that a module stands in; nothing at the top."""
    first = module.partition(".")[0]
    return first if first in FOLDERS else ""


@cache
def imported(path: Path) -> set[str]:
    """Return the modules of this package that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name for name in parts if name.removeprefix("zonerisk.") in FILES} or {node.module}
    return {name.removeprefix("zonerisk.") for name in names if name.startswith("zonerisk.")}


def doors() -> dict[str, list[str]]:
    """Return of each folder of modules but the command line's those that others import."""
    entered: dict[str, set[str]] = {folder(name): set() for name in FILES if "." in name}
    del entered["cli"]
    for module, path in FILES.items():
        for name in imported(path):
            if folder(name) in entered and "." in name and folder(name) != folder(module):
                entered[folder(name)].add(name.partition(".")[2])
    # The version stands at core's door itself.
    return {name: sorted(modules - {""}) for name, modules in entered.items()}


def _sentence(module: str) -> str:
    text = ast.get_docstring(ast.parse(FILES[module].read_text("utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split())


def page() -> str:
    """Return the page: each folder in the order of imports, and its modules with their sentences."""
    below: dict[str, set[str]] = {name: set() for name in FOLDERS}
    for module, path in FILES.items():
        if folder(module):
            below[folder(module)] |= {*map(folder, imported(path))} - {"", folder(module)}
    depth: dict[str, int] = {}
    for name in TopologicalSorter(below).static_order():
        depth[name] = max((1 + depth[other] for other in below[name]), default=0)
    lines, entered = [HEAD], doors()
    for name in sorted(FOLDERS, key=lambda name: (-depth[name], name)):
        modules = [module for module in FILES if folder(module) == name and module != name]
        lines += ["", f"## {name}", "", _sentence(name)]
        lines += ["", "| module | what it is |", "| --- | --- |"] if modules else []
        for module in modules:
            short = module.partition(".")[2]
            cell = f"**{short}**" if short in entered.get(name, ()) else short
            lines.append(f"| {cell} | {_sentence(module)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the doors and the page."""
    for name, modules in doors().items():
        text = re.sub(r"\n+__all__ = \[.*?\]\n", "\n", FILES[name].read_text("utf-8"), flags=re.DOTALL)
        listed = ", ".join(f'"{module}"' for module in modules)
        if len(listed) > 97:  # A line of 110 columns is full.
            listed = "\n" + "".join(f'    "{module}",\n' for module in modules)
        FILES[name].write_text(f"{text.rstrip()}\n\n__all__ = [{listed}]\n", "utf-8")
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
