"""Policies and layer cards are held to their format by the data check."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.catalogue.document import data_root
from zonerisk.curation.check import CheckedCatalogue, check, open_path

POLICY = """name: P
standing: opinion
rules:
  quorum: {threshold: 3, unit: zones, evidence: [us]}
evidence:
  us: {kind: opinion, title: Us, read: 2026, claim: Three.}
"""


def told(root: Path) -> list[str]:
    catalog, ids = open_path(root)
    return [str(problem) for problem in check(CheckedCatalogue(catalog), ids)]


def test_the_shipped_annexes_are_sound() -> None:
    assert [*told(data_root() / "policies"), *told(data_root() / "layers")] == []


@pytest.mark.parametrize(
    ("folder", "text", "old", "new", "said"),
    [
        ("policies", POLICY, "zones", "km", "its unit is zones, not km"),
        ("policies", POLICY, "[us]", "[them]", "'them' is not under evidence"),
        ("policies", POLICY, "opinion", "gossip", "x.yaml:2: standing"),
        ("layers", "name: L\n", "L", "M", "is required"),
    ],
)
def test_damage_names_its_line(tmp_path: Path, folder: str, text: str, old: str, new: str, said: str) -> None:
    (tmp_path / folder).mkdir()
    if folder != "layers":
        (tmp_path / folder / "x.yaml").write_text(text)
        assert told(tmp_path) == []
    (tmp_path / folder / "x.yaml").write_text(text.replace(old, new, 1))
    found = told(tmp_path)
    assert any(said in line for line in found), found
    assert all(line.endswith("[format]") for line in found)
