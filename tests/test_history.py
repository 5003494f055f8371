"""What happened, and what is stated of hazards without a rule, is told; and weighs what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.catalogue.catalog import read_policy
from zonerisk.core.verdict import Finding, Verdict
from zonerisk.library import Library

WAVE = """name: the great wave
kind: storm
since: 2025-01-02
regions: [zz-good]
took: [zz-good/a, zz-good/b]
text: A wave went over two platforms.
evidence:
  log: {kind: authority, title: Log, url: https://zz.example.org/log, read: 2025-02, claim: Both stood still.}
"""
DAM = """hazards:
  wall: {kind: %s, name: wall, sites: [%s], relation: %s, since: 2025-01, evidence: [site-list]}
"""


def finding(found: Verdict, rule: str) -> Finding | None:
    return next((each for each in found.findings if each.rule == rule), None)


def after(folder: Path, text: str = WAVE, as_of: str | None = None) -> Verdict:
    (folder / "incidents").mkdir(exist_ok=True)
    (folder / "incidents/wave.yaml").write_text(text)
    return Library(folder).score("zz-good", as_of=as_of)


def test_two_zones_that_failed_together_are_a_shared_risk(zz_copy: Path) -> None:
    found = after(zz_copy)
    told = finding(found, "incidents")
    assert told
    assert told.outcome == "fail"
    assert told.message.startswith("a and b were out of service together (the great wave, 2025-01-02)")
    assert "no record says that the cause is removed" in told.message
    assert told.evidence[0].title == "Log"
    survives = finding(found, "survives")
    assert survives
    assert survives.outcome == "fail"
    assert "if it fails, 1 of 3 zones is left" in survives.message
    assert found.zones.effective.high == 2
    assert [(risk.kind, risk.grade) for risk in found.shared_risks] == [("incident", "A")]
    assert [pair.shared for pair in found.separations].count(("incident:wave",)) == 1


def test_it_never_makes_a_verdict_better(zz_copy: Path) -> None:
    before = Library(zz_copy).score("zz-good")
    for text in (
        WAVE,
        WAVE.replace("took: [zz-good/a, zz-good/b]", "took: [zz-good/a, zz-good/c]"),
    ):
        found = after(zz_copy, text)
        assert found.score.low <= before.score.low
        assert found.score.high <= before.score.high
        assert found.zones.effective.high <= before.zones.effective.high


def test_it_counts_from_its_day_on(zz_copy: Path) -> None:
    assert finding(after(zz_copy, as_of="2025-01-01"), "incidents") is None
    assert finding(after(zz_copy, as_of="2025-01-02"), "incidents") is not None


def test_a_cause_that_is_removed_is_told_and_counts_no_more(zz_copy: Path) -> None:
    fixed_since = WAVE.replace("text:", "fixed_since: 2025-06-01\ntext:")
    told = finding(after(zz_copy, fixed_since), "incidents")
    assert told
    assert told.outcome == "unknown"
    assert "its cause is removed since 2025-06-01, by the record" in told.message
    assert after(zz_copy, fixed_since).zones.effective.high == 3
    before = finding(after(zz_copy, fixed_since, "2025-05-31"), "incidents")
    assert before
    assert before.outcome == "fail"


def test_an_incident_of_one_zone_is_told_and_proves_nothing(zz_copy: Path) -> None:
    both = WAVE.replace("[zz-good]", "[zz-good, zz-pair]")
    found = after(zz_copy, both.replace("[zz-good/a, zz-good/b]", "[zz-good/a]"))
    told = finding(found, "incidents")
    assert told
    assert (told.outcome, told.message) == ("unknown", "a was hit (the great wave, 2025-01-02)")
    told = finding(after(zz_copy, both.replace("took: [zz-good/a, zz-good/b]\n", "")), "incidents")
    assert told
    assert told.message == "a part of the region was hit (the great wave, 2025-01-02)"


def test_nothing_on_record_is_no_finding_and_no_pass(zz: Library, tmp_path: Path) -> None:
    assert finding(zz.score("zz-good"), "incidents") is None
    path = tmp_path / "events.yaml"
    path.write_text(
        "name: P\nstanding: opinion\nrules:\n  incidents: {evidence: [us]}\n"
        "evidence:\n  us: {kind: opinion, title: Us, read: 2026, claim: None.}\n"
    )
    found = zz.score("zz-good", policy=read_policy(path))
    assert (found.outcome, len(found.findings)) == ("unknown", 1)


@pytest.mark.parametrize(
    ("kind", "sites", "relation", "outcome", "said"),
    [
        ("dam", "k1-hall, k2-hall, k3-hall", "near", "warn", "k2 and k3 are near the same wall"),
        ("dam", "k1-hall, k2-hall", "near", "unknown", "k1 and k2 are near the same wall"),
        ("dam", "k1-hall, k2-hall", "inside", "fail", "k1 and k2 are inside the same wall"),
        ("dam", "k1-hall", "near", "unknown", "k1: near wall"),
        (
            "conflict",
            "k1-hall, k2-hall, k3-hall",
            "inside",
            "unknown",
            "conflict stated for k1, k2 and k3: wall (since 2025-01, no end is stated)",
        ),
    ],
)
def test_a_stated_hazard_without_a_rule_is_told(
    zz_copy: Path, kind: str, sites: str, relation: str, outcome: str, said: str
) -> None:
    path = zz_copy / "datacenters/zz/campus.yaml"
    text = path.read_text()
    path.write_text(text.replace("hazards:\n", DAM % (kind, sites, relation)))
    found = finding(Library(zz_copy).score("zz-campus"), "incidents")
    assert found
    assert found.outcome == outcome
    assert said in found.message


def test_a_hazard_of_every_place_that_may_be_it_is_the_zones_own(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/hidden.yaml"
    text = path.read_text()
    for sites, outcome in (("here, there", "unknown"), ("here, there, metro", "fail")):
        path.write_text(text + DAM % ("flood", sites, "inside"))
        flood = finding(Library(zz_copy).score("zz-hidden"), "flood")
        assert flood
        assert flood.outcome == outcome


@pytest.mark.parametrize(
    ("region", "outcome", "words"),
    [
        ("aws-me-central-1", "fail", ["mec1-az2 and mec1-az3 were out", "conflict stated for"]),
        ("aws-me-south-1", "unknown", ["mes1-az2 was hit", "conflict stated for mes1-az1"]),
        ("google-europe-west9", "fail", ["fire at Global Switch in Clichy, 26 April 2023"]),
        ("google-europe-west2", "unknown", ["record heat in London"]),
        ("azure-australiaeast", "unknown", ["thunderstorm over Sydney"]),
        ("ovh-bhs", "warn", ["dam of Beauharnois"]),
    ],
)
def test_what_is_on_record_is_told(shipped: Library, region: str, outcome: str, words: list[str]) -> None:
    found = finding(shipped.score(region), "incidents")
    assert found
    assert found.outcome == outcome
    assert all(word in found.message for word in words), found.message


def test_regions_that_lost_several_zones_score_worse_than_those_that_held(shipped: Library) -> None:
    lost = [shipped.score(region).score.high for region in ("google-europe-west9", "aws-me-central-1")]
    held = [shipped.score(region).score.high for region in ("google-europe-west3", "aws-me-south-1")]
    assert max(lost) < min(held)


def test_a_known_plant_is_one_risk(shipped: Library) -> None:
    """What the operator names and a layer maps by the same name is told once, the stronger."""
    found = [risk for risk in shipped.score("ovh-gra").shared_risks if risk.kind == "nuclear"]
    assert [risk.grade for risk in found] == ["B"]
    assert {piece.kind for piece in found[0].evidence} == {"operator", "layer"}


def test_a_past_supply_of_places_that_may_be_the_zones_is_told(shipped: Library) -> None:
    power = finding(shipped.score("aws-ap-southeast-2"), "power")
    assert power
    assert power.outcome == "unknown"
    assert "until 2016-06-05 only: the regional substation" in power.message
