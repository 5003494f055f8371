"""Without the extras most commands work; the others say which to install."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conftest import ROOT
from zonerisk.core.errors import EXTRAS

MODULES = ("pyarrow", "rasterio", "resvg_py", "reverse_geocode", "scipy")
WITHOUT = """
import sys
sys.modules.update(dict.fromkeys({missing!r}))
sys.argv = ["zonerisk", *{arguments!r}]
from zonerisk.cli import main
main()
"""


def without(missing: tuple[str, ...], *arguments: str) -> subprocess.CompletedProcess[str]:
    script = WITHOUT.format(missing=missing, arguments=arguments)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("reverse_geocode", ("data", "check", "data/datacenters/ovh/sbg.yaml"), "check"),
        ("resvg_py", ("score", "ovh-sbg", "-o", "{}/card.png"), "png"),
        ("botocore", ("data", "freshness", "aws"), "freshness"),
        ("pyarrow", ("export", "{}/sites.parquet", "ovh-sbg"), "parquet"),
        (
            "rasterio",
            ("layers", "import", "flood-aqueduct-rp10", "{}/aqueduct_river_rp10.tif", "--cache", "{}"),
            "rasters",
        ),
    ],
)
def test_a_command_without_its_extra_says_which(
    missing: str, arguments: tuple[str, ...], extra: str, tmp_path: Path
) -> None:
    (tmp_path / "aqueduct_river_rp10.tif").write_bytes(b"II*\0")
    done = without((missing,), *(each.replace("{}", str(tmp_path)) for each in arguments))
    assert done.returncode == 2, done.stderr
    # In place, so that the records of the checkout are still those that are read.
    assert f"pip install -e '.[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.html")) + list(tmp_path.glob("*.parquet"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("score", "ovh-sbg"),
        ("compare", "ovh-sbg"),
        ("dr", "ovh-rbx", "--to", "ovh-gra"),
        ("list", "sites", "ovh"),
        ("plan", "examples/ovh-2021.yaml"),
        ("score", "48.585,7.797", "48.601,7.783", "--uncertainty-m", "200"),
        ("layers", "list"),
    ],
)
def test_the_others_need_none(arguments: tuple[str, ...]) -> None:
    done = without(MODULES, *arguments)
    assert done.returncode == 0, done.stderr


def test_every_extra_is_named_by_its_packages() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for package, extra in EXTRAS.items():
        assert any(line.partition(">")[0] == package for line in extras[extra])
        assert not any(line.partition(">")[0] == package for line in project["dependencies"])
    assert set(EXTRAS.values()) | {"all", "notebook"} == set(extras)
