from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.verdict import Option
from zonerisk.judging import recovery
from zonerisk.library import Library

if TYPE_CHECKING:
    from zonerisk.core.model import Site
    from zonerisk.core.samples import HazardSample, Source


def options(folder: Path, target: str = "zz-good") -> dict[str, str]:
    return {each.target: each.outcome for each in Library(folder).score(target).recovery}


def test_what_will_do_is_first(zz: Library) -> None:
    found = zz.score("zz-good").recovery
    assert [each.target for each in found] == ["zz-pair", "zz-campus", "zz-hidden"]
    assert "nearer than 300 km" in found[-1].message


def test_another_partition_is_no_recovery(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    path.write_text(path.read_text().replace("country: NO", "country: NO\npartition: gov"))
    assert "zz-pair" not in options(zz_copy)
    assert options(zz_copy, "zz-pair") == {}
    for target, whose in (("zz-pair", "its partition"), ("zz-good", "the provider")):
        if target == "zz-good":
            for other in ("hidden", "pair", "campus"):
                (zz_copy / f"datacenters/zz/{other}.yaml").unlink()
        finding = next(each for each in Library(zz_copy).score(target).policy.findings if each.rule == "dr")
        assert finding.message == f"no other region of {whose} is on record"


def test_few_services_leave_it_open(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    path.write_text(path.read_text().replace("country: NO", "country: NO\nlimited: true"))
    assert options(zz_copy)["zz-pair"] == "unknown"


def test_announced_and_closed_regions_are_none(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    text = path.read_text()
    for status in ("announced", "closed"):
        path.write_text(text.replace("country: NO", f"country: NO\nstatus: {status}"))
        assert "zz-pair" not in options(zz_copy)


def test_undisclosed_buildings_widen_both_ends(zz: Library) -> None:
    span = next(each for each in zz.score("zz-good").recovery if each.target == "zz-hidden").distance_m
    assert span.low is not None
    assert span.high is not None
    assert span.best is not None
    assert span.best - span.low > 5_000
    assert span.high - span.best > 20_000


INCIDENT = """name: the great wave
class: physical
cause: water
start: 2025-01-02
end: 2025-01-03
regions: [zz-good, zz-pair]
severity: down
mechanism: A wave went over both.
evidence:
  log: {kind: authority, title: Log, url: https://zz.example.org/log, read: 2025-02, claim: Both were hit.}
"""


def test_one_incident_that_hit_both_outweighs_the_distance(zz_copy: Path) -> None:
    before = Library(zz_copy).digest("zz-good")
    (zz_copy / "incidents/zz").mkdir(parents=True)
    (zz_copy / "incidents/zz/wave.yaml").write_text(INCIDENT)
    found = Library(zz_copy).score("zz-good")
    option = next(each for each in found.recovery if each.target == "zz-pair")
    assert option.outcome == "fail"
    assert "both were hit by the great wave" in option.message
    assert option.evidence[0].title == "Log"
    assert options(zz_copy)["zz-campus"] == "pass"
    earlier = {each.target: each.outcome for each in Library(zz_copy).score("zz-good", as_of="2024").recovery}
    assert earlier["zz-pair"] == "pass"
    assert Library(zz_copy).digest("zz-good") != before


def test_a_fault_of_software_never_fails_a_pair(zz_copy: Path) -> None:
    (zz_copy / "incidents/zz").mkdir(parents=True)
    text = INCIDENT.replace("physical\ncause: water", "logical\ncause: config")
    (zz_copy / "incidents/zz/wave.yaml").write_text(text)
    assert options(zz_copy)["zz-pair"] == "pass"


def test_the_gulf_of_2026(shipped: Library) -> None:
    """433 to 487 km apart, and struck by one campaign: 300 km is not sufficient by itself."""
    bahrain = next(
        each for each in shipped.score("aws-me-central-1").recovery if each.target == "aws-me-south-1"
    )
    assert bahrain.outcome == "fail"
    assert "both were hit by" in bahrain.message
    assert bahrain.evidence


@pytest.mark.parametrize("target", ["ovh-sbg", "aws-us-east-2", "google-us-east4"])
@pytest.mark.parametrize("least_km", [30.0, 300.0])
def test_what_is_skipped_shares_nothing(
    shipped: Library, target: str, least_km: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places that cannot share anything are not assessed: the answer is that of assessing them."""
    podcast = Catalog().policy("podcast")

    def answers() -> tuple[Option, ...]:
        judge = recovery.Judge(shipped, podcast, recovery.Requirements(least_km), "2026-11-23")
        peers = [shipped.region(key) for key in shipped.regions_of(shipped.region(target).provider)]
        peers.remove(shipped.region(target))
        return recovery.options(judge, shipped.region(target), peers)

    quick = answers()
    monkeypatch.setattr(recovery.Judge, "_may_share", lambda *_: True)
    assert answers() == quick


def test_what_stands_where_is_looked_up_once(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    podcast, looked = Catalog().policy("podcast"), Counter[str]()
    real = type(shipped.samples).of

    def of(source: Source, site: Site, kind: str) -> tuple[HazardSample, ...]:
        looked[site.id] += 1
        return real(source, site, kind)

    monkeypatch.setattr(type(shipped.samples), "of", of)
    for target in ("aws-eu-south-2", "aws-eu-north-1"):
        before = looked.total()
        judge = recovery.judge_under(shipped, podcast, "2026-11-23")
        peers = [shipped.region(key) for key in shipped.regions_of("aws") if key != target]
        recovery.options(judge, shipped.region(target), peers)
    assert looked.total() == before > 0
    assert recovery.judge_under(shipped, podcast, "2026-11-22") is not judge
    assert recovery.judge_under(shipped, Catalog().policy("podcast"), "2026-11-23") is not judge


@pytest.mark.parametrize("target", ["ovh-sbg", "aws-me-central-1"])
def test_a_verdict_says_what_the_ranking_says(shipped: Library, target: str) -> None:
    podcast = Catalog().policy("podcast")
    ranking = recovery.rank(shipped, target, podcast, recovery.Requirements(300))
    by_target = {each.target: each for each in ranking.candidates}
    options = shipped.score(target).recovery
    assert {option.target for option in options} == set(by_target)
    for option in options:
        candidate = by_target[option.target]
        assert (option.outcome, option.message) == (
            candidate.outcome,
            f"{candidate.name}: {candidate.message}",
        )
        assert (option.distance_m, option.evidence) == (candidate.distance_m, candidate.evidence)
