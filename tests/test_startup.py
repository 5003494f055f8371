"""A cold score loads none of the heavy libraries; benchmarks/startup.py gives the ratio."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer import Typer

from zonerisk.cli import COMMANDS, function

HEAVY = ("geopandas", "pandas", "folium", "numpy", "shapely", "pyproj", "rasterio", "networkx", "requests")
PROBE = """
import sys
sys.argv = ["zonerisk", *{arguments!r}]
from zonerisk.cli import main
try:
    main()
except SystemExit:
    pass
print("LOADED", *sorted(set(sys.modules) & set({modules!r})))
"""


def loaded(arguments: tuple[str, ...], modules: tuple[str, ...]) -> list[str]:
    script = PROBE.format(arguments=arguments, modules=modules)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()[1:]


def test_score_loads_no_heavy_library() -> None:
    assert loaded(("score", "ovh-sbg"), HEAVY) == []


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_no_command_is_loaded_before_one_is_called(arguments: tuple[str, ...]) -> None:
    modules = tuple(f"zonerisk.cli.{name}" for name in {command.module for command in COMMANDS.values()})
    assert loaded(arguments, (*HEAVY, *modules, "pydantic", "rich")) == []


def test_the_list_of_commands_says_what_each_says_of_itself() -> None:
    for name, command in COMMANDS.items():
        target = function(name)
        text = target.info.help if isinstance(target, Typer) else target.__doc__
        assert text.splitlines()[0] == command.help, name
