"""Comparisons say no more than the verdicts they are made of."""

from __future__ import annotations

import pytest

from conftest import Runner
from zonerisk.catalogue.catalog import Catalog
from zonerisk.library import Library
from zonerisk.words import verdicts

PODCAST = Catalog().policy("podcast")


def test_a_rented_building_is_named_with_its_town(shipped: Library) -> None:
    told = verdicts.common_ground([shipped.score("aws-eu-west-3"), shipped.score("scaleway-fr-par")])
    assert told == [
        "OPCORE DC3, Vitry-sur-Seine (scaleway-fr-par/dc3) serves aws-eu-west-3 "
        "(candidate) and scaleway-fr-par"
    ]


def test_what_is_not_known_is_unknown(zz: Library) -> None:
    hidden = zz.score("zz-hidden")
    assert verdicts.rows([hidden], PODCAST)[0][4] == "2 in 11.1 km"
    record = verdicts.records([hidden])[0]
    assert record["nearest_m"]["high"] is None
    assert record["zones"] == {"sold": 3, "effective": {"low": 1, "high": 3}}


def test_a_region_takes_a_line_of_100_columns(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """And of 80 columns no id is broken."""
    targets = ("ovh-sbg", "scaleway-fr-par", "aws-us-east-1", "aws-ap-southeast-3", "google-us-east1")
    monkeypatch.setenv("COLUMNS", "100")
    lines = run("compare", *targets).stdout.splitlines()
    assert [line.split()[0] for line in lines[2:7]] == list(targets)
    assert max(map(len, lines[:7])) <= 100
    monkeypatch.setenv("COLUMNS", "80")
    text = run("compare", *targets).stdout
    assert all(target in text for target in targets)
    assert max(map(len, text.splitlines())) <= 80


def test_a_pair_without_a_best_leaves_the_nearest_open(shipped: Library) -> None:
    """SBG4 is known by its campus alone: it may stand nearer to SBG3 than SBG5 does."""
    nearest, farthest = verdicts.extent(shipped.score("ovh-sbg"))
    assert nearest.best is None
    assert nearest.low == 0
    assert nearest.high is not None
    assert farthest.high is not None
    assert 56 < nearest.high < farthest.high < 500


def test_no_grade_of_one_rule_or_of_rules_without_a_figure(shipped: Library) -> None:
    for name, shown in (("podcast", True), ("bsi", True), ("sebi", False), ("nis2", False)):
        rules = Catalog().policy(name)
        row = verdicts.rows([shipped.score("scaleway-fr-par", rules)], rules)[0]
        assert (row[3] != "-") is shown, name
