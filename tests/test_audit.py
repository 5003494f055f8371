from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zonerisk.catalogue import document
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.verdict import Audit, Finding, Judged
from zonerisk.library import Library
from zonerisk.words import dossier
from zonerisk.workloads import plan
from zonerisk.workloads.audit import audit
from zonerisk.workloads.deployment import Deployment, Place, Source, Workload
from zonerisk.workloads.probability import Inputs

DAY = "2026-11-23"
ROOT = Path(__file__).parent.parent
PODCAST = Catalog().policy("podcast")


def judge(
    text: str,
    catalog: Catalog,
    rules: str = "podcast",
    day: str = DAY,
    inputs: Inputs | None = None,
) -> Audit:
    found = document.parse(text.encode(), "plan.yaml")
    read = plan.read_plan(found, found.validate(plan.PlanFile, quote=False), catalog, day)
    return audit(catalog, read, Catalog().policy(rules), day, inputs or read.model)


def finding(judged: Judged, rule: str) -> Finding:
    return next(each for each in judged.findings if each.rule == rule)


def example(name: str, catalog: Catalog, day: str = DAY) -> Audit:
    return judge((ROOT / "examples" / f"{name}.yaml").read_text(), catalog, day=day)


def test_strasbourg_on_the_eve_of_the_fire(shipped: Catalog) -> None:
    found = example("ovh-2021", shipped, "2021-03-09")
    assert found.outcome == "fail"
    for each in found.workloads:
        assert finding(each, "survives").outcome == "fail"
        assert finding(each, "backup").outcome == "fail"
    worst = found.events[0]
    assert worst.kind == "campus"
    assert worst.with_backup == ("web", "shop-db")
    assert any(event.kind == "power" for event in found.events)
    assert found.change is not None
    assert found.change.kind == "move-backup"
    assert found.change.settles == ("backup",)


def test_three_zones_keep_their_quorum_on_record(shipped: Catalog) -> None:
    shop, web = example("scaleway-cluster", shipped).workloads
    survives = finding(shop, "survives")
    assert survives.outcome == "unknown"
    assert "2 of 3 copies left, 2 needed" in survives.message
    assert "power" in survives.message
    assert finding(shop, "dr").outcome == "pass"
    assert finding(shop, "backup").outcome == "pass"
    assert finding(web, "backup").outcome == "fail"


def test_zone_letters_get_no_worse_and_no_better_than_zones(shipped: Catalog) -> None:
    by_id, by_letter = (
        judge(f"workloads: {{e: {{provider: aws, region: eu-west-3, zones: [{zones}]}}}}", shipped).workloads[
            0
        ]
        for zones in ("euw3-az1, euw3-az2, euw3-az3", "eu-west-3a, eu-west-3b, eu-west-3c")
    )
    assert {each.rule: each.outcome for each in by_id.findings} == {
        each.rule: each.outcome for each in by_letter.findings
    }
    assert by_letter.notes
    assert not by_id.notes


def test_a_zone_id_and_a_letter_may_be_one_zone(shipped: Catalog) -> None:
    found = judge(
        "workloads: {e: {provider: aws, region: eu-west-3, zones: [euw3-az1, eu-west-3b], quorum: 1}}",
        shipped,
    ).workloads[0]
    assert finding(found, "colocation").outcome == "unknown"


def test_a_zone_is_lost_with_its_buildings(shipped: Catalog) -> None:
    found = judge(
        """
workloads:
  a: {provider: scaleway, region: fr-par, sites: [dc2, dc3], quorum: 1}
  b: {provider: scaleway, region: fr-par, zones: [fr-par-1], quorum: 1}
""",
        shipped,
    )
    zone = next(event for event in found.events if event.id == "place:scaleway-fr-par/fr-par-1")
    assert zone.lost == ("a", "b")


def test_own_datacenters_on_one_substation(shipped: Catalog) -> None:
    found = example("hybrid", shipped)
    assert finding(found.workloads[0], "survives").outcome == "fail"
    assert found.events[0].kind == "power"
    assert found.events[0].with_backup == ("ledger",)
    # A risk on record takes the quorum: no model's small share is shown beside it.
    assert found.workloads[0].chance is None


def test_stated_quorum_decides(zz: Catalog) -> None:
    text = "workloads: {{db: {{provider: zz, region: campus, zones: [k1, k2, k3]{}}}}}"
    majority, one = (judge(text.format(more), zz).workloads[0] for more in ("", ", quorum: 1"))
    # k1 and k2 share a campus; k1 and k3 a cable.
    assert finding(majority, "survives").outcome == "fail"
    assert finding(one, "survives").outcome != "fail"


def test_far_apart_is_apart_in_any_order(zz: Catalog) -> None:
    for sites in ("north, south", "south, north"):
        found = judge(
            f"""
workloads: {{db: {{sites: [{sites}], quorum: 1}}}}
sites:
  north: {{lat: 60, lon: 3, uncertainty_m: 10}}
  south: {{lat: 59, lon: 3, uncertainty_m: 10}}
""",
            zz,
        ).workloads[0]
        assert finding(found, "colocation").outcome == "pass"


def test_nothing_said_is_unknown_and_nothing_planned_fails(shipped: Catalog) -> None:
    places = (Place("scaleway-fr-par/fr-par-1", "scaleway-fr-par", "zone"),)
    silent = Workload("x", Source("f", 1), places, 1)
    planned = Workload("x", Source("f", 1), places, 1, backup=(), dr=())
    outcomes = []
    for workload in (silent, planned):
        found = audit(shipped, Deployment(("f",), (workload,)), PODCAST, DAY).workloads[0]
        outcomes.append([finding(found, rule).outcome for rule in ("backup", "dr")])
    assert outcomes == [["unknown", "unknown"], ["fail", "fail"]]


def test_nothing_placed_is_no_pass(shipped: Catalog) -> None:
    found = audit(shipped, Deployment(("f",), ()), PODCAST, DAY)
    assert found.outcome == "unknown"


def test_a_region_s_zone_with_several_buildings_is_not_lost_with_one(shipped: Catalog) -> None:
    found = judge(
        """
workloads:
  a: {provider: scaleway, region: fr-par, zones: [fr-par-1], quorum: 1}
  b: {provider: scaleway, region: fr-par, sites: [dc3], quorum: 1}
""",
        shipped,
    )
    assert not any(event.kind == "building" for event in found.events)


@pytest.mark.parametrize("rules", ["dora", "nis2", "secnumcloud", "c5-additional", "mas-trm", "hkma-tm-g-2"])
def test_without_a_figure_nothing_far_is_judged(shipped: Catalog, rules: str) -> None:
    shop = judge((ROOT / "examples" / "scaleway-cluster.yaml").read_text(), shipped, rules).workloads[0]
    told = [each for each in shop.findings if each.rule in ("dr", "backup")]
    assert told
    assert {each.outcome for each in told} == {"unknown"}
    assert all("names no figure" in each.message and "km" in each.message for each in told)


@pytest.mark.parametrize(
    ("rules", "region", "there", "outcome", "said"),
    [
        ("bsi", "ovh-rbx", "scaleway-fr-par", "warn", "only with a written risk analysis"),
        ("bsi", "ovh-rbx", "ovh-gra", "fail", "nearer than 200 km"),
        ("sebi", "ovh-rbx", "ovh-gra", "warn", "accepted in another seismic zone"),
    ],
)
def test_a_plan_honours_what_a_text_accepts_in_place_of_a_distance(
    shipped: Library, rules: str, region: str, there: str, outcome: str, said: str
) -> None:
    (here, here_code), (other, code) = (key.split("-", 1) for key in (region, there))
    text = (
        f"workloads: {{db: {{provider: {here}, region: {here_code}, "
        f"dr: {{provider: {other}, region: {code}}}}}}}"
    )
    found = finding(judge(text, shipped, rules).workloads[0], "dr")
    (row,) = shipped.recovery(region, rules, to=[there]).candidates
    assert (found.outcome, said in found.message, row.outcome) == (outcome, True, outcome), found.message


def test_a_chance_is_of_the_rates_on_record_or_of_the_reader_s_own_inputs(zz: Catalog) -> None:
    text = "workloads: {db: {provider: zz, region: good, zones: [a, b, c]}}"
    counted = judge(text, zz).workloads[0].chance
    assert counted
    assert counted.model == "counted"
    assert 0 < counted.low < counted.high < 1
    found = judge(text, zz, inputs=Inputs(unavailability=(1e-3, 1e-3), common=(0.05, 0.05)))
    chance = found.workloads[0].chance
    assert chance is not None
    assert chance.low == pytest.approx(5.27e-5, rel=5e-3)
    assert found.model is not None
    assert "a model, not a measurement" in found.model.note


def test_the_best_change_is_the_one_that_judging_again_finds(zz: Catalog) -> None:
    text = "workloads: {{db: {{provider: zz, region: good, zones: [{}]{}}}}}"
    found = judge(text.format("a, a, a", ""), zz)
    assert found.change is not None
    assert "spread the copies over 3 zones" in found.change.message
    assert "survives" in found.change.settles
    after = judge(text.format("a, b, c", ""), zz)
    before_fails, after_fails = (
        sum(each.outcome == "fail" for each in one.workloads[0].findings) for one in (found, after)
    )
    assert (found.change.failing_before, found.change.failing_after) == (before_fails, after_fails)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=5), st.integers(1, 5))
def test_a_harder_quorum_never_survives_more(zz: Catalog, zones: list[str], quorum: int) -> None:
    rank = ("fail", "unknown", "warn", "pass")
    wanted = min(quorum, len(zones))
    outcomes = [
        rank.index(
            finding(
                judge(
                    f"workloads: {{db: {{provider: zz, region: good, zones: [{', '.join(zones)}], "
                    f"quorum: {each}}}}}",
                    zz,
                ).workloads[0],
                "survives",
            ).outcome
        )
        for each in (1, wanted)
    ]
    assert outcomes[1] <= outcomes[0]


def test_three_copies_in_two_buildings_lose_their_quorum(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/hidden.yaml"
    path.write_text(f"{path.read_text()}buildings: {{at_most: 2, evidence: [site-list]}}\n")
    text = "workloads: {{db: {{provider: zz, region: hidden, zones: [{}]}}}}"
    three, two = (
        judge(text.format(zones), Library(zz_copy)).workloads[0] for zones in ("h1, h2, h3", "h1, h2")
    )
    told = finding(three, "survives")
    assert told.outcome == "fail"
    assert "at least 2 of them share one: 1 of 3 copies left" in told.message
    assert len(told.subjects) == 3
    assert finding(two, "colocation").outcome == "unknown"


def test_copies_in_zones_that_failed_together_lose_their_quorum(shipped: Catalog) -> None:
    text = "workloads: {db: {provider: aws, region: me-central-1, zones: [mec1-az1, mec1-az2, mec1-az3]}}"
    found = judge(text, shipped)
    survives = finding(found.workloads[0], "survives")
    assert survives.outcome == "fail"
    assert "mec1-az2 and mec1-az3 were out of service together" in survives.message
    assert any(event.kind == "incident" for event in found.events)
    before = judge(text, shipped, day="2026-02-28").workloads[0]
    assert finding(before, "survives").outcome == "unknown"


def test_an_event_that_hit_other_zones_of_a_region_took_no_majority_here(zz_copy: Path) -> None:
    (zz_copy / "incidents/zz").mkdir(exist_ok=True, parents=True)
    path = zz_copy / "incidents/zz/wave.yaml"
    text = """name: the great wave
class: physical
cause: water
start: 2025-01-02
regions: [zz-good]
{}
severity: down
mechanism: A wave went over two platforms.
evidence:
  log: {{kind: authority, title: Log, url: https://zz.example.org/log, read: 2025-02, claim: They stood still.}}
"""
    plans = "workloads: {{db: {{provider: zz, region: good, zones: [{}], quorum: 2}}}}"
    for hit, zones, outcome in (
        ("zones: [zz-good/a, zz-good/b]", "a, b", "fail"),
        ("zones: [zz-good/a, zz-good/b]", "b, c", "unknown"),
        ("at_least: 2", "a, b", "unknown"),
        ("at_least: 2", "a, b, c", "fail"),
        ("at_least: 3", "b, c", "fail"),
    ):
        path.write_text(text.format(hit))
        found = judge(plans.format(zones), Library(zz_copy), day="2026-11-23").workloads[0]
        told = next((each for each in found.findings if each.rule == "survives"), None)
        assert told
        assert ("out of service together" in told.message or "stood still" in told.message) == (
            outcome == "fail"
        ), (hit, zones, told.message)


def test_a_building_of_a_zone_is_no_place_beside_it(shipped: Catalog) -> None:
    def asked(*sites: str, provider: str = "scaleway", region: str = "fr-par", zones: str) -> str:
        listed = ", ".join(f"{provider}-{region}/{site}" for site in sites)
        text = "workloads:\n  w:\n    provider: {}\n    region: {}\n    zones: [{}]\n    sites: [{}]\n"
        found = judge(text.format(provider, region, zones, listed), shipped)
        return finding(found.workloads[0], "quorum").outcome

    # DC3 is one of fr-par-1's buildings, DC4 is fr-par-3's.
    assert asked("dc3", zones="fr-par-1, fr-par-2") == "fail"
    assert asked("dc4", zones="fr-par-1, fr-par-2") == "pass"
    # Of which zone it is, nobody discloses: it may be one of the two.
    building = next(iter(shipped.region("aws-us-east-1").sites))
    assert asked(building, provider="aws", region="us-east-1", zones="use1-az1, use1-az2") == "unknown"


def test_workloads_that_stand_alike_are_told_once(shipped: Catalog) -> None:
    one = "    provider: scaleway\n    region: fr-par\n    zones: [fr-par-1, fr-par-2]\n"
    found = judge(f"workloads:\n  a:\n{one}  b:\n{one}  c:\n{one}    quorum: 1\n", shipped)
    text = dossier.written(PODCAST, (), [found]).markdown
    assert "2 workloads that stand alike" in text
    assert "a (plan.yaml:2), b (plan.yaml:6)" in text
    assert "Workload c (plan.yaml:10)" in text
    assert text.count("number of zones") == 3


def test_a_place_without_a_name_is_told_once(shipped: Catalog) -> None:
    found = judge("workloads: {w: {provider: aws, region: eu-west-1, replicas: 6}}", shipped)
    said = finding(found.workloads[0], "disclosure").message
    assert said == "the building of an unnamed zone of aws-eu-west-1 is not disclosed"


@pytest.mark.parametrize(("quorum", "asked"), [(1, False), (2, True)])
def test_how_far_copies_may_be_is_asked_of_regions_where_they_have_to_agree(
    shipped: Catalog, quorum: int, asked: bool
) -> None:
    zones = "zones: [scaleway-fr-par/fr-par-1, scaleway-nl-ams/nl-ams-1, scaleway-pl-waw/pl-waw-1]"
    (one,) = judge(f"workloads: {{w: {{{zones}, quorum: {quorum}}}}}", shipped).workloads
    assert ("separation-max" in {each.rule for each in one.findings}) is asked
