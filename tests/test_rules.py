from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import Finding, Verdict
from zonerisk.library import Library

load = Catalog().policy


def finding(found: Verdict, rule: str) -> Finding:
    return next(each for each in found.policy.findings if each.rule == rule)


def claimed(folder: Path, claim: str, region: str = "good") -> Finding:
    path = folder / f"datacenters/zz/{region}.yaml"
    path.write_text(path.read_text() + f"claims:\n  - {{{claim}, text: T, evidence: [site-list]}}\n")
    return finding(Library(folder).score(f"zz-{region}"), "claims")


@pytest.mark.parametrize(
    ("claim", "outcome", "word"),
    [
        ("kind: separation-min, value: 5, unit: km", "pass", "confirmed"),
        ("kind: separation-min, value: 50, unit: km", "fail", "refuted"),
        ("kind: separation-min, value: 18.7, unit: km", "unknown", "not shown"),
        ("kind: separation-max, value: 100, unit: km", "pass", "confirmed"),
        ("kind: separation-max, value: 10, unit: km", "fail", "refuted"),
        ("kind: rtt-max, value: 0.01, unit: ms", "fail", "refuted"),
        ("kind: rtt-max, value: 10, unit: ms", "unknown", "not shown"),
        ("kind: zone-count, value: 4, unit: zones", "fail", "as sold"),
        ("kind: separate-power", "unknown", "not shown"),
        ("kind: dr-distance, value: 300, unit: km", "unknown", "such a region exists"),
        ("kind: dr-distance, value: 9000, unit: km", "unknown", "no region surely so far"),
    ],
)
def test_claims_against_measurements(zz_copy: Path, claim: str, outcome: str, word: str) -> None:
    found = claimed(zz_copy, claim)
    assert found.outcome == outcome
    assert word in found.message


@pytest.mark.parametrize(
    ("region", "claim", "outcome", "word"),
    [
        ("hidden", "kind: separation-max, value: 100, unit: km", "unknown", "60.0 km, sites not"),
        ("hidden", "kind: separation-min, value: 100, unit: km", "fail", "refuted"),
        (
            "hidden",
            "kind: building-count, value: 3, unit: buildings",
            "unknown",
            "0 of 3 are known",
        ),
        ("good", "kind: building-count, value: 3, unit: buildings", "pass", "3 are known"),
        ("good", "kind: building-count, value: 4, unit: buildings", "unknown", "3 of 4 are known"),
    ],
)
def test_only_disclosed_sites_confirm_a_claim(
    zz_copy: Path, region: str, claim: str, outcome: str, word: str
) -> None:
    found = claimed(zz_copy, claim, region)
    assert found.outcome == outcome
    assert word in found.message


def test_a_claim_is_held_against_the_regions_it_means_alone(zz_copy: Path) -> None:
    pair, provider = (zz_copy / f"datacenters/zz/{name}.yaml" for name in ("pair", "provider"))
    claim, told = provider.read_text(), "Every region has three zones"
    assert told in finding(Library(zz_copy).score("zz-pair"), "claims").message
    provider.write_text(claim.replace("unit: zones,", "unit: zones, exceptions: [pair],"))
    assert told not in finding(Library(zz_copy).score("zz-pair"), "claims").message
    assert told in finding(Library(zz_copy).score("zz-good"), "claims").message
    provider.write_text(claim.replace("unit: zones,", "unit: zones, zoned: true,"))
    assert told in finding(Library(zz_copy).score("zz-pair"), "claims").message
    one_zone = pair.read_text().replace("  p2: {sites: [two], evidence: [site-list]}\n", "")
    pair.write_text(one_zone)
    assert told not in finding(Library(zz_copy).score("zz-pair"), "claims").message


def test_one_statement_is_told_once(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    rows = [
        f"  - {{kind: {kind}, text: 10 to 15 km apart., value: {value}, unit: km, evidence: [site-list]}}\n"
        for kind, value in (("separation-min", 10), ("separation-max", 15))
    ]
    path.write_text(path.read_text() + "claims:\n" + "".join(rows))
    found = finding(Library(zz_copy).score("zz-good"), "claims")
    assert found.outcome == "fail"
    assert found.message.count("10 to 15 km apart") == 1


def test_separate_power_is_refuted_by_a_shared_feed(zz_copy: Path) -> None:
    assert claimed(zz_copy, "kind: separate-power", "campus").outcome == "fail"


def test_what_the_provider_admits_is_told_and_judges_nothing(zz_copy: Path) -> None:
    plain = finding(Library(zz_copy).score("zz-good"), "power")
    path = zz_copy / "datacenters/zz/good.yaml"
    said = "  - {kind: shared-power, text: Zones may share a substation., evidence: [site-list]}\n"
    path.write_text(path.read_text() + "claims:\n" + said)
    verdict = Library(zz_copy).score("zz-good")
    found = finding(verdict, "power")
    assert 'the provider states: "Zones may share a substation"' in found.message
    assert found.outcome == plain.outcome == "unknown"
    assert "substation" not in finding(verdict, "claims").message


def test_a_region_that_was_not_there_yet_sold_nothing(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    path.write_text(path.read_text().replace("name:", "since: 2020-05\nname:", 1))
    assert Library(zz_copy).score("zz-good", as_of="2020-06").independence.zones.sold == 3
    with pytest.raises(UsageError, match="sold no zone on 2019-12-31"):
        Library(zz_copy).score("zz-good", as_of="2019")
    peers = [each.target for each in Library(zz_copy).score("zz-campus", as_of="2019").recovery]
    assert "zz-good" not in peers


def test_light_alone_never_passes_a_round_trip(zz: Library) -> None:
    found = finding(zz.score("zz-good", policy="aws-az"), "rtt-max")
    assert found.outcome == "unknown"
    assert "light alone" in found.message


def test_severity_softens_up_to_a_bound(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    text = path.read_text()
    rules = {}
    for lat in ("56.18", "56.5", "57.5"):
        path.write_text(text.replace("lat: 56.18", f"lat: {lat}"))
        rules[lat] = finding(Library(zz_copy).score("zz-good"), "separation-max").outcome
    assert rules == {"56.18": "unknown", "56.5": "warn", "57.5": "fail"}


def test_a_single_zone_has_no_pair_to_compare(zz_copy: Path) -> None:
    """One zone fails what one zone is worth; of floods and plants nothing was assessed."""
    path = zz_copy / "datacenters/zz/pair.yaml"
    path.write_text(path.read_text().replace("  p2: {sites: [two], evidence: [site-list]}\n", ""))
    found = Library(zz_copy).score("zz-pair")
    assert {each.rule for each in found.policy.findings if each.outcome == "fail"} >= {
        "quorum",
        "survives",
    }
    for rule in ("colocation", "separation-min", "flood", "nuclear", "cyclone", "power"):
        assert finding(found, rule).outcome == "not-applicable", rule
        assert finding(found, rule).message.startswith("1 zone: no pair to compare"), rule
    assert "not disclosed" not in found.summary
    assert found.independence.class_ == "one-zone"
    assert found.policy.score.possible <= 20


def test_findings_cite_their_policy(zz: Library) -> None:
    podcast = load("podcast")
    for each in zz.score("zz-good").policy.findings:
        assert set(podcast.cite(each.rule)) <= set(each.evidence)  # type: ignore[arg-type]


def test_worst_first(zz: Library) -> None:
    outcomes = [each.outcome for each in zz.score("zz-campus").policy.findings]
    order = ("fail", "unknown", "warn", "pass", "not-assessed")
    assert outcomes == sorted(outcomes, key=order.index)


def test_no_pair_confirms_nothing(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    text = path.read_text() + "claims:\n  - {kind: separate-power, text: T, evidence: [site-list]}\n"
    path.write_text(text.replace("p2: {sites: [two]", "p2: {sites: [one]"))
    found = finding(Library(zz_copy).score("zz-pair", units="sites"), "claims")
    assert '"T": not shown either way' in found.message


def test_a_bound_met_by_an_undisclosed_place_says_so(zz: Library) -> None:
    found = finding(zz.score("zz-hidden", policy="aws-az"), "separation-max")
    assert found.outcome == "pass"
    assert "under 60.0 km, sites not disclosed" in found.message
    assert "disclosed" not in finding(zz.score("zz-good", policy="aws-az"), "separation-max").message


def housed(folder: Path, at_most: int, source: str = "site-list") -> Verdict:
    """Score three undisclosed zones that are stated to stand in so many buildings."""
    path = folder / "datacenters/zz/hidden.yaml"
    path.write_text(f"{path.read_text()}buildings: {{at_most: {at_most}, evidence: [{source}]}}\n")
    return Library(folder).score("zz-hidden")


def test_three_zones_in_two_buildings_share_one(zz_copy: Path) -> None:
    found = housed(zz_copy, 2)
    for rule in ("colocation", "survives", "separation-min"):
        assert finding(found, rule).outcome == "fail", rule
        assert "at most 2 buildings, so at least 2 of them share one" in finding(found, rule).message
    assert "at most 1 of 3 zones is left" in finding(found, "survives").message
    assert (found.independence.zones.effective.low, found.independence.zones.effective.high) == (1, 2)
    assert found.policy.score.possible <= 50
    assert [risk.grade for risk in found.shared_risks if risk.kind == "building"] == ["A"]
    # Which two it is nobody says.
    assert not any(pair.shared for pair in found.policy.separations)


def test_three_zones_in_one_building_all_share_it(zz_copy: Path) -> None:
    found = housed(zz_copy, 1)
    assert found.independence.zones.effective.high == 1
    assert all(pair.shared for pair in found.policy.separations)
    assert "0 of 3 zones are left" in finding(found, "survives").message


def test_a_stated_number_of_buildings_weighs_what_its_source_does(zz_copy: Path) -> None:
    found = housed(zz_copy, 2, "rumour")
    assert finding(found, "colocation").outcome == "unknown"
    assert finding(found, "separation-min").outcome == "unknown"
    assert found.independence.zones.effective.high == 3


def test_as_many_buildings_as_zones_prove_nothing(zz_copy: Path) -> None:
    assert finding(housed(zz_copy, 3), "colocation").outcome == "unknown"


def test_a_count_of_buildings_is_refuted_by_a_smaller_stated_one(zz_copy: Path) -> None:
    housed(zz_copy, 2)
    found = claimed(zz_copy, "kind: building-count, value: 3, unit: buildings", "hidden")
    assert found.outcome == "fail"
    assert "refuted, at most 2 by statement" in found.message
