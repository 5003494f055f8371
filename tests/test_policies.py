"""Every policy file: its sources, its figures, and what its standing lets it say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import parse
from zonerisk.core.errors import DataError
from zonerisk.core.model import Policy, RuleName, Site
from zonerisk.core.samples import HazardSample
from zonerisk.curation.check import CheckedCatalogue, check, open_path
from zonerisk.library import Library

# The figures of the published rules, by policy, rule and unit.
FIGURES = {
    ("podcast", "dr"): 300,
    ("bsi", "dr"): 200,
    ("azure-region-pair", "dr"): 483,
    ("gcs-multiregion", "dr"): 161,
    ("sebi", "dr"): 500,
    ("jp-fisc-60", "dr"): 60,
    ("us-interagency-2002", "dr"): 322,
    ("aws-az", "separation-max"): 100,
    ("azure-az", "separation-max"): 100,
    ("aws-az", "rtt-max"): 10,
    ("azure-az", "rtt-max"): 2,
    ("vsan-stretched", "rtt-max"): 5,
    ("odf-stretch", "rtt-max"): 10,
    ("etcd-stretched", "rtt-max"): 100,
    ("c5-basic", "quorum"): 2,
    ("c5-additional", "quorum"): 3,
}
STANDINGS = {
    "dora": "law",
    "nis2": "law",
    "sebi": "regulation",
    "c5-basic": "attestation",
    "secnumcloud": "certification",
    "bsi": "recommendation",
    "jp-fisc-60": "withdrawn",
    "us-interagency-2002": "withdrawn",
    "podcast": "opinion",
    "aws-az": "provider-claim",
    "vsan-stretched": "product-limit",
    "cn-cbrc": "guideline",
    "mas-trm": "guideline",
}


@pytest.fixture(params=Catalog().policies)
def shipped_policy(request: pytest.FixtureRequest) -> Policy:
    return Catalog().policy(request.param)


def test_each_rule_is_sourced_and_said(shipped_policy: Policy) -> None:
    for name, rule in shipped_policy.rules.items():
        assert shipped_policy.cite(name)
        assert rule.text
    used = {key for rule in shipped_policy.rules.values() for key in rule.evidence}
    assert used == set(shipped_policy.evidence)


def test_texts_of_authorities_are_quoted_from_them_or_marked_second_hand(shipped_policy: Policy) -> None:
    if shipped_policy.standing in ("opinion", "provider-claim", "product-limit", "withdrawn"):
        return
    for name, rule in shipped_policy.rules.items():
        cited = shipped_policy.cite(name)
        # The words that the rule reads, and where they stand; else nobody here has read them.
        assert (rule.quote and rule.article) or all(one.secondary for one in cited), name
        for one in cited:
            assert one.grade == ("B" if one.secondary else "A") or one.kind != "authority"


def test_the_texts_that_supervisors_are_asked_about_are_there(shipped: Catalog) -> None:
    for name in (
        "dora",
        "nis2",
        "apra",
        "ffiec-bcm",
        "mas-trm",
        "hkma-tm-g-2",
        "rbi-2023",
        "sebi",
        "nist-800-53",
    ):
        policy = shipped.policy(name)
        assert any(one.kind == "authority" for one in policy.evidence.values()), name
        assert policy.scope, name
        assert policy.rules["backup" if name == "nis2" else "dr"].quote, name


def test_the_table_of_policies_names_all(shipped: Catalog) -> None:
    page = (Path(__file__).parents[1] / "docs/plan.md").read_text()
    told = dict.fromkeys(re.findall(r"`([a-z0-9-]+)`", page[page.index("| policy | standing |") :]))
    standings = {name: shipped.policy(name).standing for name in shipped.policies}
    assert standings.keys() <= told.keys()


def test_only_what_binds_can_be_breached(shipped_policy: Policy) -> None:
    weak = (
        "opinion",
        "withdrawn",
        "unverified",
        "provider-claim",
        "product-limit",
        "guideline",
        "recommendation",
        "standard",
    )
    assert shipped_policy.binding == (shipped_policy.standing not in weak)


@pytest.mark.parametrize(("key", "figure"), FIGURES.items())
def test_figures(key: tuple[str, RuleName], figure: float) -> None:
    assert Catalog().policy(key[0]).rules[key[1]].threshold == figure


@pytest.mark.parametrize(("name", "standing"), STANDINGS.items())
def test_standings(name: str, standing: str) -> None:
    assert Catalog().policy(name).standing == standing


def test_a_region_scored_under_each(shipped: Catalog, shipped_policy: Policy) -> None:
    found = shipped.score("scaleway-fr-par", shipped_policy)
    assert found.policy.findings
    for each in found.policy.findings:
        if shipped_policy.rules[each.rule].qualitative:  # type: ignore[index]
            assert each.outcome == "unknown"
            assert each.threshold is None


def test_qualitative_rules_tell_what_is_measured(shipped: Catalog) -> None:
    found = shipped.score("ovh-rbx", "dora").policy.findings[0]
    assert found.rule == "dr"
    assert "ovh-gra 81.9 km" in found.message
    assert "names no figure" in found.message
    apart = next(
        each
        for each in shipped.score("scaleway-fr-par", "cn-cbrc").policy.findings
        if each.rule == "separation-min"
    )
    assert "PAR1 to PAR3 8.7 km" in apart.message or "8.6 km" in apart.message


def test_a_backup_rule_alone_says_where_to_ask(shipped: Catalog) -> None:
    found = shipped.score("ovh-sbg", "nis2")
    assert [each.rule for each in found.policy.findings] == ["backup"]
    assert found.policy.findings[0].outcome == "unknown"
    assert "zonerisk plan" in found.policy.findings[0].message
    assert "backup" not in {each.rule for each in shipped.score("ovh-sbg", "podcast").policy.findings}


def test_a_correlation_length_is_of_quakes_and_cited() -> None:
    rule = Catalog().policy("podcast").rules["seismic"]
    assert rule.correlation_km == 8.5
    assert any(
        "doi.org/10.1002/eqe.922" in (cited.url or "")
        for cited in Catalog().policy("podcast").cite("seismic")
    )
    text = """
name: x
standing: opinion
rules: {coast: {correlation_km: 5, text: t, evidence: [e]}}
evidence: {e: {kind: opinion, title: t, read: 2026, claim: c}}
"""
    with pytest.raises(DataError, match="of the rule seismic alone"):
        parse(text.encode(), "p.yaml").validate(Policy)


def test_a_qualitative_rule_has_no_figure() -> None:
    text = """
name: x
standing: opinion
rules: {dr: {qualitative: true, threshold: 5, unit: km, text: t, evidence: [e]}}
evidence: {e: {kind: opinion, title: t, read: 2026, claim: c}}
"""
    with pytest.raises(DataError, match="qualitative rule has no threshold"):
        parse(text.encode(), "p.yaml").validate(Policy)


@pytest.mark.parametrize("name", sorted(Catalog().policies))
def test_no_figure_but_the_policy_s_own(shipped: Library, name: str) -> None:
    """What a text does not name is measured and left open, in the rules and in recovery alike."""
    policy = shipped.policy(name)
    rule = policy.rules.get("dr")
    if rule and rule.threshold:
        pytest.skip("it names a distance")
    found = shipped.score("ovh-sbg", policy)
    assert {option.outcome for option in found.recovery} <= {"unknown", "fail"}
    assert not any("over " in option.message or "nearer than" in option.message for option in found.recovery)
    assert all(each.outcome == "unknown" for each in found.policy.findings if each.rule == "dr")
    ranking = shipped.recovery("ovh-sbg", policy)
    assert ranking.min_km is None
    assert {row.target: row.outcome for row in ranking.candidates} == {
        option.target: option.outcome for option in found.recovery
    }


def test_what_a_text_accepts_in_place_of_a_distance(shipped: Library) -> None:
    """BSI: less than 200 km with a written analysis, never under 100; SEBI: 500 km or another seismic zone."""
    for policy, target, other, outcome, said in (
        (
            "bsi",
            "ovh-rbx",
            "scaleway-fr-par",
            "warn",
            "only with a written risk analysis, but never under 100",
        ),
        ("bsi", "ovh-rbx", "ovh-gra", "fail", "nearer than 200 km"),
        ("sebi", "ovh-rbx", "ovh-gra", "warn", "in which the two stand is not known"),
    ):
        (row,) = shipped.recovery(target, policy, to=[other]).candidates
        assert (row.outcome, said in row.message) == (outcome, True), row.message
        # A reader's own distance is asked for as it stands.
        (plain,) = shipped.recovery(target, policy, to=[other], min_km=600).candidates
        assert plain.outcome == "fail"


@pytest.mark.parametrize(("there", "outcome"), [("2", "fail"), ("3", "pass"), ("", "warn")])
def test_another_seismic_zone_is_as_good_as_the_distance(shipped: Library, there: str, outcome: str) -> None:
    class Zoned:
        layers = shipped.samples.layers
        sample = next(
            row for site in shipped.sites_of("ovh-rbx").values() for row in shipped.samples.of(site)
        )
        layer = replace(sample.layer, id="zones", kind="seismic", measure="stated")

        def of(self, site: Site, kind: str) -> tuple[HazardSample, ...]:
            if kind != "seismic":
                return ()
            zone = "2" if site.id.startswith("ovh-rbx/") else there
            return (self.sample._replace(layer=self.layer, site=site.id, object=zone, label="a zone"),)

    facts = Library()
    facts.__dict__["samples"] = Zoned()
    (row,) = facts.recovery("ovh-rbx", "sebi", to=["ovh-sbg"]).candidates
    assert row.outcome == outcome, row.message


def test_a_text_that_binds_is_quoted_or_known_at_second_hand(shipped_policy: Policy) -> None:
    for name, rule in shipped_policy.rules.items():
        pieces = shipped_policy.cite(name)
        if shipped_policy.binding:
            assert rule.quote or all(piece.secondary for piece in pieces)
            assert shipped_policy.scope
        if any("transcription" in piece.title or "copy" in piece.title for piece in pieces):
            assert all(piece.grade != "A" for piece in pieces), "read in a copy"
        assert rule.article or not rule.quote


def test_a_law_without_its_words_is_told(tmp_path: Path) -> None:
    mine = tmp_path / "my.yaml"
    text = Catalog().policy_path("nist-800-53").read_text().replace("standing: standard", "standing: law")
    mine.write_text(text)
    catalog, ids = open_path(mine)
    assert check(CheckedCatalogue(catalog), ids) == []
    mine.write_text(re.sub(r"    quote: >-\n(      .*\n)+", "", text))
    catalog, ids = open_path(mine)
    said = [str(problem) for problem in check(CheckedCatalogue(catalog), ids)]
    assert len(said) == 2
    assert all("quotes no words of the text" in line and "warning" in line for line in said)
