"""Policies, incidents and layer cards are held to their format by the data check."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.catalogue.document import data_root
from zonerisk.curation.check import reference_data as problems
from zonerisk.library import Library

POLICY = """name: P
standing: opinion
rules:
  quorum: {threshold: 3, unit: zones, evidence: [us]}
evidence:
  us: {kind: opinion, title: Us, read: 2026, claim: Three.}
"""
INCIDENT = """name: a storm
kind: storm
since: 2025-01-02
regions: [zz-good, zz-pair]
text: It blew.
evidence:
  log: {kind: authority, title: Log, read: 2025-02, claim: Both were hit.}
"""


def told(root: Path, zz: Library) -> list[str]:
    return [str(problem) for problem in problems(root, zz)]


def test_the_shipped_annexes_are_sound(shipped: Library) -> None:
    assert told(data_root(), shipped) == []


@pytest.mark.parametrize(
    ("folder", "text", "old", "new", "said"),
    [
        ("policies", POLICY, "zones", "km", "its unit is zones, not km"),
        ("policies", POLICY, "[us]", "[them]", "'them' is not under evidence"),
        ("policies", POLICY, "opinion", "gossip", "x.yaml:2: standing"),
        (
            "incidents",
            INCIDENT,
            "zz-pair",
            "zz-none",
            "x.yaml:4: regions.1: no region is called zz-none",
        ),
        ("incidents", INCIDENT, "storm\nsince", "rumour\nsince", "x.yaml:2: kind"),
        ("incidents", INCIDENT, "text: It blew.\n", "", "text: is required"),
        ("incidents", INCIDENT, ", zz-pair", "", "of one region, took names the zones"),
        ("incidents", INCIDENT, "text", "took: [zz-hidden/h1]\ntext", "is in none of the regions"),
        ("incidents", INCIDENT, "text", "took: [zz-good/z]\ntext", "x.yaml:5: took.0: zz-good has"),
        ("layers", "name: L\n", "L", "M", "is required"),
    ],
)
def test_damage_names_its_line(
    tmp_path: Path, zz: Library, folder: str, text: str, old: str, new: str, said: str
) -> None:
    (tmp_path / folder).mkdir()
    if folder != "layers":
        (tmp_path / folder / "x.yaml").write_text(text)
        assert told(tmp_path, zz) == []
    (tmp_path / folder / "x.yaml").write_text(text.replace(old, new, 1))
    found = told(tmp_path, zz)
    assert any(said in line for line in found), found
    assert all(line.endswith("[annex]") for line in found)
