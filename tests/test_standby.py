from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import Runner
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import UsageError
from zonerisk.judging import history
from zonerisk.judging.recovery import Candidate, Requirements, rank
from zonerisk.library import Library

PODCAST = Catalog().policy("podcast")


def one(catalog: Catalog, target: str, other: str, wanted: Requirements | None = None) -> Candidate:
    found = rank(catalog, target, PODCAST, wanted or Requirements(300), to=[other])
    return found.candidates[0]


def test_roubaix_does_not_recover_in_gravelines(shipped: Catalog) -> None:
    found = one(shipped, "ovh-rbx", "ovh-gra")
    assert found.outcome == "fail"
    assert (found.distance_m.best or 0) / 1000 == pytest.approx(82, abs=1)
    assert "81.9 km" in found.message


def test_strasbourg_recovers_in_roubaix(shipped: Catalog) -> None:
    found = one(shipped, "ovh-sbg", "ovh-rbx")
    assert found.outcome == "pass"
    assert (found.distance_m.best or 0) / 1000 == pytest.approx(405, abs=2)
    assert "same country, FR" in found.message


def test_the_gulf_regions_were_hit_by_one_campaign(shipped: Catalog) -> None:
    found = one(shipped, "aws-me-central-1", "aws-me-south-1", Requirements(100))
    assert (found.distance_m.low or 0) > 100_000
    assert found.outcome == "fail"
    assert [risk.id for risk in found.shared_risks] == ["incident:gulf-2026"]
    assert found.evidence
    assert "2026" in found.message


@pytest.mark.parametrize(("lon", "outcome"), [(2.3, "fail"), (-3.0, "pass")])
def test_a_site_of_ones_own_is_a_recovery(tmp_path: Path, lon: float, outcome: str) -> None:
    place = f"lat: 48.2, lon: {lon}, uncertainty_m: 50, country: FR"
    (tmp_path / "plan.yaml").write_text(
        f"""workloads: {{db: {{provider: scaleway, region: fr-par, zones: [fr-par-1], dr: {{site: hall}}}}}}
sites: {{hall: {{{place}}}}}
"""
    )
    (found,) = Library().plan(tmp_path / "plan.yaml").workloads
    dr = next(each for each in found.findings if each.rule == "dr")
    assert (dr.outcome, dr.subjects) == (outcome, ("own/hall",))


def test_an_incident_of_later_is_not_known_before(shipped: Catalog) -> None:
    answer = rank(
        shipped, "aws-me-central-1", PODCAST, Requirements(100), as_of="2026-02", to=["aws-me-south-1"]
    )
    assert answer.candidates[0].outcome == "pass"


def test_round_trip_and_area_are_asked_too(shipped: Catalog) -> None:
    assert one(shipped, "ovh-sbg", "ovh-rbx", Requirements(300, max_rtt_ms=1)).outcome == "fail"
    # Light bounds a round trip from below alone: no limit is known to be kept.
    found = one(shipped, "ovh-sbg", "ovh-rbx", Requirements(300, max_rtt_ms=50))
    assert found.outcome == "unknown"
    assert "round trip at least 4.0 ms by light alone; whether it stays" in found.message
    with pytest.raises(UsageError, match="lies within EU"):
        one(shipped, "ovh-sbg", "ovh-eri", Requirements(300, within="EU"))
    assert one(shipped, "ovh-sbg", "ovh-waw", Requirements(300, within="EU")).outcome == "pass"


def test_no_figure_no_verdict(shipped: Catalog) -> None:
    assert Requirements.of(Catalog().policy("dora")).min_km is None
    assert Requirements.of(Catalog().policy("aws-az")).min_km is None, "no figure of another policy"
    assert one(shipped, "ovh-sbg", "ovh-rbx", Requirements(None)).outcome == "unknown"


def test_undisclosed_positions_leave_it_open(zz: Catalog) -> None:
    found = one(zz, "zz-good", "zz-hidden", Requirements(200))
    assert found.outcome == "unknown"
    assert found.distance_m.low is not None
    assert found.distance_m.low < 200_000


def test_best_first(shipped: Catalog) -> None:
    found = rank(shipped, "ovh-rbx", PODCAST, Requirements(300))
    order = ["pass", "warn", "unknown", "fail"]
    seen = [order.index(each.outcome) for each in found.candidates]
    assert seen == sorted(seen)
    assert all(each.target != "ovh-rbx" for each in found.candidates)
    sound = [each for each in found.candidates if each.outcome == "pass" and each.class_ == "undisclosed"]
    doublings = [int(each.distance_m.rank / 1000).bit_length() for each in sound]
    assert doublings == sorted(doublings)
    classes = [each.class_ for each in found.candidates if each.outcome == "pass"]
    assert classes.index("undisclosed") < classes.index("one-zone") < classes.index("shared")


def test_a_sound_place_about_as_far_at_home_or_on_another_grid_is_first(shipped: Catalog) -> None:
    """Milan is nearer to Strasbourg than Paris, Zurich as near to Paris as Frankfurt; Spain is too far off."""
    paris, milan = rank(shipped, "ovh-sbg", PODCAST, Requirements(300)).candidates[:2]
    assert (paris.target, milan.target) == ("ovh-eu-west-par", "ovh-eu-south-mil")
    assert (paris.distance_m.best or 0) > (milan.distance_m.best or 0)
    listed = [row.target for row in rank(shipped, "aws-us-east-1", PODCAST, Requirements(300)).candidates]
    assert listed[0] == "aws-us-east-2"
    assert listed.index("aws-eu-south-2") > listed.index("aws-us-west-2")
    assert [option.target for option in Library().score("aws-us-east-1").recovery] == listed


def test_the_first_is_the_one_that_a_verdict_names(shipped: Library) -> None:
    first = rank(shipped, "ovh-sbg", PODCAST, Requirements(300)).candidates[0]
    named = next(each for each in shipped.score("ovh-sbg").recovery if each.outcome == "pass")
    assert first.target == named.target


def test_another_partition_is_no_recovery(shipped: Catalog) -> None:
    found = rank(shipped, "aws-eu-west-3", PODCAST, Requirements(300))
    assert "aws-cn-north-1" not in {each.target for each in found.candidates}


def test_incidents_need_a_day_and_both_sides(shipped: Catalog) -> None:
    known = shipped.incidents()
    assert {each.event for each in known} >= {"gulf-2026", "london-heat-2022", "clichy-2023"}
    day = "2026-11-23"
    for each in known:
        assert each.cited
        assert set(each.regions) <= set(shipped.region_ids)
    hits = history.hits(known, day)
    london = {"google-europe-west2", "oracle-uk-london-1"}
    (together,) = (records for records, regions in hits if london <= regions)
    assert [record.id for record in together] == ["oracle-lhr-202207", "google-euw2-202207"]
    # Software took six regions of the Americas; that ties no two of them.
    assert not any({"google-us-central1", "google-us-west2"} <= regions for _, regions in hits)


def test_the_record_of_a_candidate_is_told(shipped: Catalog) -> None:
    found = one(shipped, "google-us-east4", "google-us-east1", Requirements(300))
    assert found.record
    assert found.record.several == ("google-use1-202006",)


class TestCommand:
    def test_table(self, run: Runner) -> None:
        text = run("dr", "aws-me-central-1", "--to", "aws-me-south-1").stdout
        assert text.splitlines()[0].startswith("Amazon Web Services Middle East (UAE): 0 of 1")
        assert "both were hit by" in " ".join(text.split())

    def test_the_order_is_told(self, run: Runner) -> None:
        text = " ".join(run("dr", "ovh-sbg").stdout.split())
        assert "within each what no one cause is known to take" in text
        assert "about" not in text
        assert "ms by light alone" in " ".join(text.split())

    def test_no_other_region(self, run: Runner) -> None:
        first = run("dr", "s3ns-u-france-east1", COLUMNS="100").stdout.splitlines()[0]
        assert first.endswith(": no other region of the provider is on record.")

    def test_any_provider_in_json(self, run: Runner) -> None:
        asked = ("dr", "scaleway-fr-par", "--any-provider", "--within", "EU", "--format", "json")
        first = run(*asked).stdout
        assert first == run(*asked, PYTHONHASHSEED="1").stdout, "in a process whose hashes are others"
        answer = json.loads(first)
        assert answer["schema"] == "zonerisk/dr/1"
        assert len(answer["candidates"]) > 100

    def test_markdown(self, run: Runner) -> None:
        alone = run("dr", "ovh-rbx", "--to", "ovh-gra", "--format", "md").stdout
        assert "| fail | ovh-gra |" in alone
        assert "0 of 1 region can be" in alone
        assert "cannot recover in itself" in run("dr", "ovh-rbx", "--to", "ovh-rbx", check=2).stderr
        assert "not told apart" not in run("compare", "ovh-rbx").stdout

    @pytest.mark.parametrize(
        "bad",
        [
            ("dr", "ovh"),
            ("dr", "nowhere"),
            ("dr", "ovh-sbg", "--within", "Mars"),
            ("dr", "ovh-sbg", "--to", "nowhere"),
            ("dr", "ovh-sbg", "--min-km", "-1"),
            ("dr", "ovh-sbg", "--as-of", "1990-01-01", "--policy", "nope"),
        ],
    )
    def test_what_cannot_be_answered(self, run: Runner, bad: tuple[str, ...]) -> None:
        assert run(*bad, check=2).stderr
