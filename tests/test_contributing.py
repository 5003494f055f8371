"""CONTRIBUTING walks real changes of records: what each command prints there is what it prints."""

from __future__ import annotations

import shlex
import sys

import pytest

from conftest import ROOT
from zonerisk.core.errors import EXTRAS

sys.path.insert(0, str(ROOT / "scripts"))
readme = __import__("readme")
WALKS = {
    section.partition("\n")[0].removeprefix("## "): section
    for section in readme.sections(ROOT / "CONTRIBUTING.md")
    if readme.CHANGE.search(section)
}


def test_a_correction_a_site_an_incident_a_measurement_and_a_policy_are_walked() -> None:
    assert list(WALKS) == [
        "A wrong coordinate",
        "A site in five minutes",
        "An incident",
        "A measurement",
        "A policy",
    ]


def test_what_the_commands_need_is_installed_before_the_first_of_them() -> None:
    """In place: else the records of the checkout would not be those that are read."""
    before = (ROOT / "CONTRIBUTING.md").read_text().partition("\n## ")[0]
    assert f"pip install -e '.[{EXTRAS['reverse-geocode']}]'" in before


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_prints_what_the_page_shows(
    name: str, forked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readme, "COMMAND", shlex.join(forked))
    section = WALKS[name]
    for change in readme.CHANGE.finditer(section):
        if change["file"]:
            assert (ROOT / change["file"]).read_text() == change["text"], "the page shows the file whole"
    commands = 0
    for command, shows, printed in readme.walked(section):
        assert shows == printed, f"zonerisk {command}: rewrite it: python scripts/readme.py walks"
        commands += 1
    assert commands >= 2
