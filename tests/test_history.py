"""What happened, and what is stated of hazards without a rule, is told; and weighs what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.verdict import Finding, Verdict
from zonerisk.library import Library

WAVE = """name: the great wave
class: physical
cause: water
start: 2025-01-02
regions: [zz-good]
zones: [zz-good/a, zz-good/b]
severity: down
mechanism: A wave went over two platforms.
evidence:
  log: {kind: authority, title: Log, url: https://zz.example.org/log, read: 2025-02, claim: Both stood still.}
"""
DAM = """hazards:
  wall: {kind: %s, name: wall, sites: [%s], relation: %s, since: 2025-01, evidence: [site-list]}
"""


def finding(found: Verdict, rule: str) -> Finding | None:
    return next((each for each in found.policy.findings if each.rule == rule), None)


def after(folder: Path, text: str = WAVE, as_of: str | None = None) -> Verdict:
    (folder / "incidents/zz").mkdir(exist_ok=True, parents=True)
    (folder / "incidents/zz/wave.yaml").write_text(text)
    return Library(folder).score("zz-good", as_of=as_of)


def test_two_zones_that_failed_together_are_a_shared_risk(zz_copy: Path) -> None:
    found = after(zz_copy)
    told = finding(found, "incidents")
    assert told
    assert told.outcome == "fail"
    assert told.message.startswith(
        "a and b were out of service together, in whole or in part (the great wave, 2 January 2025)"
    )
    assert "no record says that the cause is removed" in told.message
    assert told.evidence[0].title == "Log"
    survives = finding(found, "survives")
    assert survives
    assert survives.outcome == "fail"
    assert "if it fails, 1 of 3 zones is left" in survives.message
    assert found.independence.zones.effective.high == 2
    assert [(risk.kind, risk.grade) for risk in found.shared_risks] == [("incident", "A")]
    assert [pair.shared for pair in found.policy.separations].count(("incident:zz-wave",)) == 1


def test_it_never_makes_a_verdict_better(zz_copy: Path) -> None:
    before = Library(zz_copy).score("zz-good")
    for text in (
        WAVE,
        WAVE.replace("zones: [zz-good/a, zz-good/b]", "zones: [zz-good/a, zz-good/c]"),
    ):
        found = after(zz_copy, text)
        assert found.policy.score.shown <= before.policy.score.shown
        assert found.policy.score.possible <= before.policy.score.possible
        assert found.independence.zones.effective.high <= before.independence.zones.effective.high


def test_it_counts_from_its_day_on(zz_copy: Path) -> None:
    assert finding(after(zz_copy, as_of="2025-01-01"), "incidents") is None
    assert finding(after(zz_copy, as_of="2025-01-02"), "incidents") is not None


def test_a_cause_that_is_removed_is_told_and_counts_no_more(zz_copy: Path) -> None:
    fixed_since = WAVE.replace("evidence:", "fixed_since: 2025-06-01\nchanged: [log]\nevidence:")
    told = finding(after(zz_copy, fixed_since), "incidents")
    assert told
    assert told.outcome == "unknown"
    assert "its cause is removed since 2025-06-01, by the record" in told.message
    assert after(zz_copy, fixed_since).independence.zones.effective.high == 3
    before = finding(after(zz_copy, fixed_since, "2025-05-31"), "incidents")
    assert before
    assert before.outcome == "fail"


def test_a_cause_is_removed_at_the_end_of_the_month_that_is_told(zz_copy: Path) -> None:
    fixed = WAVE.replace("evidence:", "fixed_since: 2025-06\nchanged: [log]\nevidence:")
    outcomes = [finding(after(zz_copy, fixed, day), "incidents") for day in ("2025-06-30", "2025-07-01")]
    assert [told and told.outcome for told in outcomes] == ["fail", "unknown"]


def test_an_event_of_some_year_ages_once_it_surely_is_ten_years_old(zz_copy: Path) -> None:
    old = WAVE.replace("2025-01-02", "2014")
    outcomes = [finding(after(zz_copy, old, day), "incidents") for day in ("2024-12-31", "2025-01-01")]
    assert [told and told.outcome for told in outcomes] == ["fail", "unknown"]


def test_what_war_did_to_one_zone_is_no_loss_of_two(zz_copy: Path) -> None:
    text = WAVE.replace("physical\ncause: water", "conflict\ncause: conflict").replace(", zz-good/b]", "]")
    record = after(zz_copy, text).record
    assert record.message.startswith(
        "since 2025: no physical event took two zones or more; 1 loss of one zone (conflict 1)"
    )
    assert (record.several, record.conflict) == ((), ("zz-wave",))


def test_a_loss_of_one_zone_is_on_record_and_shared_by_none(zz_copy: Path) -> None:
    found = after(zz_copy, WAVE.replace("zones: [zz-good/a, zz-good/b]", "zones: [zz-good/a]\nat_most: 1"))
    assert finding(found, "incidents") is None
    assert found.record.zone_losses == {"water": 1}
    assert found.record.message == (
        "since 2025: no physical event took two zones or more; 1 loss of one zone (water 1); "
        "no complete list of its events was found, so silence proves little"
    )


COUNTED = WAVE.replace("zones: [zz-good/a, zz-good/b]", "zones: [zz-good/a]\nat_least: 2")


def test_zones_that_are_counted_and_not_named_are_a_counted_group(zz_copy: Path) -> None:
    found = after(zz_copy, COUNTED)
    told = finding(found, "incidents")
    assert told
    assert told.outcome == "fail"
    assert told.message.startswith("at least 2 of a, b and c were out of service together")
    assert found.independence.zones.effective.high == 2
    risk = next(risk for risk in found.shared_risks if risk.kind == "incident")
    assert (risk.at_least, risk.least, risk.members) == (2, 2, ("zz-good/a", "zz-good/b", "zz-good/c"))
    spaced = finding(found, "separation-min")
    assert spaced
    assert spaced == finding(Library(zz_copy).score("zz-good", as_of="2025-01-01"), "separation-min")


def test_all_zones_by_number_are_all_zones(zz_copy: Path) -> None:
    found = after(zz_copy, WAVE.replace("zones: [zz-good/a, zz-good/b]", "at_least: 3"))
    assert found.independence.zones.effective.high == 1


def test_the_counted_are_among_those_named_so(zz_copy: Path) -> None:
    text = COUNTED.replace("at_least: 2", "at_least: 2\namong: [zz-good/b]")
    found = after(zz_copy, text)
    risk = next(risk for risk in found.shared_risks if risk.kind == "incident")
    assert (risk.members, risk.groups) == (("zz-good/a", "zz-good/b"), 1)


def test_a_part_is_never_rounded_up(zz_copy: Path) -> None:
    told = finding(
        after(zz_copy, WAVE.replace("severity", "shares: {zz-good/a: 0.225, zz-good/b: 0.018}\nseverity")),
        "incidents",
    )
    assert told
    assert told.message.startswith("22.5 % of a and 1.8 % of b were out of service together")


def test_what_was_only_degraded_is_grade_c(zz_copy: Path) -> None:
    found = after(zz_copy, WAVE.replace("severity: down", "severity: degraded"))
    told = finding(found, "incidents")
    assert told
    assert told.outcome == "warn"
    assert [risk.grade for risk in found.shared_risks if risk.kind == "incident"] == ["C"]
    assert found.independence.zones.effective.high == 3
    assert found.record.degraded == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [("class: physical\ncause: water", "class: logical\ncause: dns"), ("severity", "scope: edge\nseverity")],
)
def test_software_and_the_edge_share_nothing(zz_copy: Path, old: str, new: str) -> None:
    found = after(zz_copy, WAVE.replace(old, new))
    assert finding(found, "incidents") is None
    assert found.independence.zones.effective.high == 3
    assert [event.id for event in found.record.incidents] == ["zz-wave"]


def test_an_old_event_is_told_unless_its_cause_stands(zz_copy: Path) -> None:
    old = WAVE.replace("2025-01-02", "2014-01-02")
    found = after(zz_copy, old, "2024-12-31")
    told = finding(found, "incidents")
    assert told
    assert told.outcome == "unknown"
    assert "over ten years ago, and no cause is stated to stand" in told.message
    assert found.independence.zones.effective.high == 3
    assert after(zz_copy, old, "2023-12-31").independence.zones.effective.high == 2
    feed = "feeds:\n  pier: {kind: power, name: pier, sites: [north], evidence: [zone-list]}\n"
    path = zz_copy / "datacenters/zz/good.yaml"
    path.write_text(path.read_text() + feed.replace("zone-list", "site-list"))
    standing = old.replace("severity", "standing: zz-good/pier\nseverity")
    assert after(zz_copy, standing, "2024-12-31").independence.zones.effective.high == 2


def test_what_was_published_later_says_so(zz_copy: Path) -> None:
    found = after(zz_copy, WAVE.replace("read: 2025-02", "read: 2025-05, published: 2025-04-01"), "2025-02")
    risk = next(risk for risk in found.shared_risks if risk.kind == "incident")
    assert risk.known_since == "2025-04-01"
    assert risk.message.endswith("(known since 2025-04-01)")
    assert found.record.incidents[0].known_since == "2025-04-01"


def test_records_of_one_event_are_one_risk(zz_copy: Path) -> None:
    (zz_copy / "incidents/zz").mkdir(parents=True)
    first, second = (
        WAVE.replace("class:", "event: wave-2025\nclass:").replace("[zz-good/a, zz-good/b]", zone)
        for zone in ("[zz-good/a]", "[zz-good/c]")
    )
    (zz_copy / "incidents/zz/first.yaml").write_text(first)
    (zz_copy / "incidents/zz/second.yaml").write_text(second)
    found = Library(zz_copy).score("zz-good")
    risks = [risk for risk in found.shared_risks if risk.kind == "incident"]
    assert [(risk.id, risk.members) for risk in risks] == [("incident:wave-2025", ("zz-good/a", "zz-good/c"))]


def test_nothing_on_record_is_no_finding_and_no_pass(zz: Library, tmp_path: Path) -> None:
    assert finding(zz.score("zz-good"), "incidents") is None
    path = tmp_path / "events.yaml"
    path.write_text(
        "name: P\nstanding: opinion\nrules:\n  incidents: {evidence: [us]}\n"
        "evidence:\n  us: {kind: opinion, title: Us, read: 2026, claim: None.}\n"
    )
    found = zz.score("zz-good", policy=Catalog().policy(str(path)))
    assert [each.outcome for each in found.policy.findings] == ["unknown"]


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
        ("aws-me-south-1", "fail", ["at least 2 of mes1-az1, mes1-az2", "conflict stated for mes1-az1"]),
        (
            "google-europe-west9",
            "fail",
            ["at least 2 of europe-west9-a", "fire at Global Switch in Clichy, 26 April 2023"],
        ),
        ("google-us-east1", "fail", ["22.5 % of us-east1-c and 1.8 % of us-east1-d were out of service"]),
        ("azure-westus2", "fail", ["at least 2 of physical zone 1", "power failure of West US 2"]),
        ("azure-westeurope", "unknown", ["were degraded together", "fibre cut between the campuses"]),
        ("ovh-bhs", "warn", ["dam of Beauharnois"]),
    ],
)
def test_what_is_on_record_is_told(shipped: Library, region: str, outcome: str, words: list[str]) -> None:
    found = finding(shipped.score(region), "incidents")
    assert found
    assert found.outcome == outcome
    assert all(word in found.message for word in words), found.message


def test_regions_that_lost_several_zones_score_worse_than_those_that_held(shipped: Library) -> None:
    lost = [
        shipped.score(region).policy.score.possible for region in ("google-europe-west9", "aws-me-central-1")
    ]
    held = [
        shipped.score(region).policy.score.possible
        for region in ("google-europe-west3", "aws-ap-northeast-1")
    ]
    assert max(lost) < min(held)


def test_a_known_plant_is_one_risk(shipped: Library) -> None:
    """What the operator names and a layer maps by the same name is told once, the stronger."""
    found = [risk for risk in shipped.score("ovh-gra").shared_risks if risk.kind == "nuclear"]
    assert [risk.grade for risk in found] == ["B"]
    assert {piece.kind for piece in found[0].evidence} == {"operator", "layer"}


@pytest.mark.parametrize(
    ("region", "rule", "day"),
    [
        ("ovh-sbg", "power", "2017-11-08"),
        ("ovh-sbg", "power", "2017-11-10"),
        ("ovh-sbg", "power", "2021-03-11"),
        ("ovh-sbg", "power", None),
        ("ovh-rbx", "network", "2017-11-09"),
        ("ovh-rbx", "network", "2017-11-10"),
        ("ovh-rbx", "network", None),
    ],
)
def test_silence_never_heals(shipped: Library, region: str, rule: str, day: str | None) -> None:
    """No state ends on the day of the event that proved it."""
    told = finding(shipped.score(region, as_of=day), rule)
    assert told
    assert told.outcome == "fail"


def test_what_was_learned_of_strasbourg_later_is_marked(shipped: Library) -> None:
    risks = shipped.score("ovh-sbg", as_of="2017-11-10").shared_risks
    assert {risk.id: risk.known_since for risk in risks if risk.kind == "power"} == {
        "power:ovh-sbg/sbg-20kv": None,
        "power:ovh-sbg/sbg1-network": "2021-03-22",
        "power:ovh-sbg/campus-cut": "2021-03-20",
        "power:ovh-sbg/sbg1-sbg4-cut": "2021-03",
    }
    assert all(risk.message.count("(known since") == bool(risk.known_since) for risk in risks)


def test_no_shared_risk_is_told_with_what_was_looked_through(shipped: Library) -> None:
    told = shipped.score("aws-us-east-1").record.message
    assert "its notices of 2016 to 2022" in told
