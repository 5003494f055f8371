"""The table of kinds: whatever stands in it is served wherever kinds are spoken of."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest
import yaml

import records
from conftest import SAYS
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core import kinds
from zonerisk.curation.check import template
from zonerisk.layers import cards
from zonerisk.library import Library
from zonerisk.pages import page
from zonerisk.words import dossier

ROOT = Path(__file__).parent.parent
POLICY = ROOT / "tests" / "policies" / "every-kind.yaml"
RULES = {row.rule: row for row in kinds.KINDS.values() if row.rule}
HAZARDS = [kinds.KINDS[name] for name in kinds.HAZARDS]


def enum(schema: str, record: str) -> set[str]:
    table = json.loads((ROOT / "data" / "schema" / f"{schema}.json").read_text())
    parts = table["$defs"].get(record, table)
    return set(parts["properties"]["kind"]["enum"])


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A region whose record states every hazard and feed of both its zones."""
    stated = "hazards:\n" + "".join(
        f"  {name}: {{kind: {name}, name: The {name} zone, sites: [one, two], relation: inside,"
        " evidence: [zone-list]}\n"
        for name in kinds.HAZARDS
    )
    fed = "feeds:\n" + "".join(
        f"  {name}-line: {{kind: {name}, name: The {name} line, sites: [one, two], evidence: [zone-list]}}\n"
        for name in kinds.STATED_FEEDS
    )
    root = records.write(tmp_path_factory.mktemp("kinds"), sxb=records.REGION + stated + fed)
    return Library(root)


def test_the_policy_asks_a_line_of_every_kind() -> None:
    asked = Catalog().policy(str(POLICY)).rules
    assert set(asked) == set(RULES)
    assert all(asked[name].unit == row.unit for name, row in RULES.items() if asked[name].unit)


def test_every_kind_is_in_the_schemas() -> None:
    assert enum("region", "Hazard") == set(kinds.HAZARDS)
    assert enum("region", "Feed") == set(kinds.STATED_FEEDS)
    assert enum("layer", "Card") == set(kinds.HAZARDS)
    rules = json.loads((ROOT / "data" / "schema" / "policy.json").read_text())["properties"]["rules"]
    assert set(rules["propertyNames"]["enum"]) >= set(RULES)


def test_every_hazard_that_a_rule_asks_of_has_a_card() -> None:
    known = [cards.load(name) for name in cards.known()]
    told = {card.kind for card in known} | {
        key.kind for card in known for key in card.reading.hazards.values()
    }
    assert told >= {row.id for row in HAZARDS if row.rule}
    assert all(f"`{row.id}`" in (ROOT / "docs" / "layers.md").read_text() for row in HAZARDS if row.rule)


def test_a_record_of_every_kind_is_sound(judged: Library) -> None:
    region = judged.region("tt-sxb")
    assert {each.kind for each in region.hazards.values()} == set(kinds.HAZARDS)
    assert not [each for each in records.problems(judged.roots[0]) if each.level == "error"]


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_finds_what_is_stated(judged: Library, rule: str) -> None:
    verdict = judged.score("tt-sxb", policy=str(POLICY))
    finding = next(each for each in verdict.policy.findings if each.rule == rule)
    shared = {risk.kind for risk in verdict.shared_risks}
    if rule == "incidents":
        assert "heat stated for" in finding.message
        assert "conflict stated for" in finding.message
        return
    assert finding.outcome == ("warn" if rule in kinds.KINDS and kinds.KINDS[rule].exposure else "fail")
    assert shared & set(kinds.asked_by(rule))
    assert rule in kinds.BY_POSITION or rule == "colocation" or f"The {rule}" in finding.message


@pytest.mark.parametrize("row", HAZARDS, ids=lambda row: row.id)
def test_every_hazard_has_its_sentences(row: kinds.Kind) -> None:
    assert row.apart.format(within=" within 1 km of")
    assert row.open
    assert row.wide or row.rule == row.id


def test_every_kind_is_in_the_template() -> None:
    text = template("region")
    assert all(name in text for name in (*kinds.HAZARDS, *kinds.STATED_FEEDS))
    assert yaml.safe_load(text)


def test_every_kind_that_is_shared_is_on_the_page(judged: Library) -> None:
    verdict = judged.score("tt-sxb", policy=str(POLICY))
    written = page.report_page(
        dossier.written(judged.policy(str(POLICY)), [dossier.Asked(verdict)], (), SAYS)
    )
    for risk in verdict.shared_risks:
        assert html.escape(risk.message, quote=False).replace("'", "&#39;") in written
    assert {risk.kind for risk in verdict.shared_risks} >= {
        row.id for row in kinds.KINDS.values() if row.rule and row.family in ("feed", "hazard")
    }


@pytest.mark.parametrize("rule", ["cooling", "wildfire"])
def test_a_layer_without_figures_is_not_assessed(rule: str, tmp_path: Path) -> None:
    library = Library(records.write(tmp_path, sxb=records.REGION))
    finding = next(
        each for each in library.score("tt-sxb", policy=str(POLICY)).policy.findings if each.rule == rule
    )
    assert (finding.outcome, finding.message) == ("not-assessed", "not assessed")
