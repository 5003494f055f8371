"""Shared fixtures: the shipped catalogue, the fictional one, and writable copies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import zonerisk
from zonerisk.catalog import Catalog

Runner = Callable[..., "subprocess.CompletedProcess[str]"]

HERE = Path(__file__).parent
ROOT = HERE.parent


@pytest.fixture(scope="session")
def shipped() -> Catalog:
    return zonerisk.load()


@pytest.fixture(scope="session")
def zz() -> Catalog:
    return Catalog(HERE / "zz")


@pytest.fixture
def zz_copy(tmp_path: Path) -> Path:
    """A copy of the fictional catalogue to damage."""
    return Path(shutil.copytree(HERE / "zz", tmp_path / "zz"))


def _run(*arguments: str, check: int | None = 0, **environment: str
         ) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "zonerisk", *arguments], check=False, capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=120,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1", **environment})
    assert "Traceback" not in done.stderr, done.stderr
    if check is not None:
        assert done.returncode == check, (done.returncode, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="session")
def run() -> Runner:
    """Run the command line in a process of its own."""
    return _run
