"""Shared fixtures: the shipped catalogue, the fictional one, and writable copies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import zonerisk
from zonerisk.catalog import Catalog

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
