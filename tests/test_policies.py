"""Every policy file: its sources, its figures, and what its standing lets it say."""

from __future__ import annotations

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import parse
from zonerisk.core.errors import DataError
from zonerisk.core.policy import Policy, RuleName

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
}


@pytest.fixture(params=Catalog().policy_ids)
def shipped_policy(request: pytest.FixtureRequest) -> Policy:
    return Catalog().policy(request.param)


def test_each_rule_is_sourced_and_said(shipped_policy: Policy) -> None:
    for name, rule in shipped_policy.rules.items():
        assert shipped_policy.cite(name)
        assert rule.text
    used = {key for rule in shipped_policy.rules.values() for key in rule.evidence}
    assert used == set(shipped_policy.evidence)


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
