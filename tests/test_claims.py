"""A provider's word has a record: where its statements can be checked, they held or were refuted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zonerisk
from conftest import Runner
from zonerisk.core.verdict import Word
from zonerisk.judging import claims
from zonerisk.library import Library


def word(library: Library, provider: str, kind: str) -> Word:
    (one,) = [one for one, _ in claims.record(library, provider, library.date) if one.kind == kind]
    return one


def test_aws_said_kilometres_and_it_held_where_the_buildings_are_known(shipped: Library) -> None:
    told = word(shipped, "aws", "separation-min")
    held = {test.region for test in told.tested if test.held}
    assert {"aws-eu-north-1", "aws-eu-south-2"} <= held
    assert told.held == len(held)
    assert told.regions > 30
    assert all(test.pair and test.distance_m and test.distance_m.low > 3000 for test in told.tested)


@pytest.mark.parametrize(
    ("provider", "region"), [("azure", "azure-westeurope"), ("scaleway", "scaleway-fr-par")]
)
def test_a_distance_that_a_known_pair_refutes(shipped: Library, provider: str, region: str) -> None:
    told = word(shipped, provider, "separation-min")
    assert [test.region for test in told.tested if not test.held] == [region]
    finding = next(f for f in shipped.score(region).policy.findings if f.rule == "claims")
    assert finding.outcome == "fail"


def test_a_provider_that_claims_no_distance_has_no_record_of_one(shipped: Library) -> None:
    assert claims.record(shipped, "oracle", shipped.date) == ()
    assert {one.kind for one, _ in claims.record(shipped, "oracle", shipped.date, feeds=True)} == {
        "separate-network",
        "separate-power",
    }


def test_what_is_not_disclosed_tests_nothing(zz_copy: Path) -> None:
    provider = zz_copy / "datacenters" / "zz" / "provider.yaml"
    stated = "  - {kind: separation-min, text: Five km., value: 5, unit: km, evidence: [site-list]}\n"
    provider.write_text(provider.read_text() + stated)
    library = zonerisk.load(zz_copy)
    told = word(library, "zz", "separation-min")
    tested = {test.region: test.held for test in told.tested}
    assert tested["zz-good"] is True
    assert "zz-hidden" not in tested


def test_the_word_changes_no_class_and_no_score(shipped: Library) -> None:
    verdict = shipped.score("aws-us-east-1")
    assert verdict.independence.class_ == "undisclosed"
    assert [one.kind for one in verdict.word] == ["separation-max", "separation-min"]
    assert shipped.score("hetzner-fsn1").word == ()
    assert shipped.score("google-us-east4").word == (), "what is stated of Milan says nothing of Ashburn"


def test_the_word_in_a_verdict_nobody_can_check(run: Runner) -> None:
    text = " ".join(run("score", "aws-us-east-1").stdout.split())
    assert (
        'many kilometres, from each other; no minimum is given": held in 2 of 2 regions where it can be checked'
        in text
    )
    text = " ".join(run("score", "oracle-us-ashburn-1").stdout.split())
    assert "word the provider states no distance between its zones" in text
    text = " ".join(run("score", "scaleway-fr-par").stdout.split())
    assert 'at least 50 km from another zone of the same region": refuted, PAR1 to PAR3, 8.6 km' in text


def test_list_claims(run: Runner) -> None:
    tree = json.loads(run("list", "claims", "azure", "--format", "json").stdout)
    assert tree["schema"] == "zonerisk/claims/1"
    assert {row["provider"] for row in tree["claims"]} == {"azure"}
    (row,) = [row for row in tree["claims"] if row["kind"] == "separation-min"]
    assert [(test["region"], test["held"]) for test in row["tested"]] == [("azure-westeurope", False)]
    text = run("list", "claims", "scaleway", "--format", "csv").stdout
    assert "refuted in scaleway-fr-par (fr-par-1 to fr-par-3)" in text
    assert text.startswith("provider,kind,statement,value,unit,regions,testable,held,refuted,where")
    lines = run("list", "claims", "aws", COLUMNS="100").stdout.splitlines()
    assert any(row.split()[:1] == ["aws"] and "3 km" in row and "2 of 2" in row for row in lines)
    text = " ".join(run("score", "azure-austriaeast").stdout.split())
    assert 'no minimum is stated": refuted in the one region where it can be checked (evidence C)' in text


def test_what_to_ask_is_judged_and_not_written(shipped: Library) -> None:
    hidden = shipped.score("aws-us-east-1")
    first, *rest = hidden.ask
    assert (first.kind, first.decides) == ("places", True)
    assert set(first.settles) <= {f.rule for f in hidden.policy.findings if f.outcome == "unknown"}
    assert first.points > max(one.points for one in rest)
    fixed = next(one for one in shipped.score("google-us-east1").ask if one.kind == "changed")
    assert fixed.class_ not in (None, "partly")
    known = shipped.score("scaleway-fr-par")
    assert "places" not in {one.kind for one in known.ask}
    assert shipped.score("hetzner-fsn1").ask == ()
