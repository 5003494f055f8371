"""The answer on one screen: sixteen lines for every region, several regions in a line each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conftest import Runner
from zonerisk.core.errors import UsageError
from zonerisk.core.verdict import BLOCKS, block
from zonerisk.library import Library
from zonerisk.words import answer
from zonerisk.words.report import Screen


def shown(library: Library, region: str, width: int = 100) -> list[str]:
    screen = Screen(width)
    answer.single(library.score(region), library.policy("podcast"), screen)
    return screen.lines


def test_every_region_takes_sixteen_lines_at_most(judged: Library) -> None:
    told = 0
    for region in judged.region_ids:
        try:
            lines = shown(judged, region)
        except UsageError:
            continue  # Announced: nothing is sold.
        told += 1
        assert len(lines) <= 16, region
        assert max(map(len, lines)) <= 100, region
        assert lines[-1].startswith("Physical causes only"), region
    assert told > 500


@pytest.mark.parametrize("region", ["ovh-sbg", "azure-westeurope", "scaleway-fr-par", "google-us-east1"])
def test_a_narrow_screen_takes_as_much_more(shipped: Library, region: str) -> None:
    lines = shown(shipped, region, 80)
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 80


def test_strasbourg_burned_and_its_one_supply_failed(shipped: Library) -> None:
    text = " ".join(" ".join(shown(shipped, "ovh-sbg")).split())
    assert "do not fail independently. SBG3, SBG4 and SBG5 stand on one campus" in text
    assert "fire of SBG2 in Strasbourg, 10 March 2021" in text
    assert "failure of the one power supply of Strasbourg, 9 November 2017" in text


def test_what_decides_is_told_where_there_is_room(shipped: Library) -> None:
    text = "\n".join(shown(shipped, "ovh-sbg"))
    assert "SBG3 to SBG5 56 m (0 m to 176 m)" in text
    text = " ".join(" ".join(shown(shipped, "scaleway-fr-par")).split())
    assert "3 not assessed; not met: the provider's word" in text, "a line with room for it takes it back"


def test_software_that_took_a_whole_region_is_no_physical_event(shipped: Library) -> None:
    text = " ".join(" ".join(shown(shipped, "ovh-rbx")).split())
    assert "since 2017: no physical event took two datacenters or more" in text


def test_feeds_that_were_read_before_a_region_opened_are_not_told_of_it(shipped: Library) -> None:
    text = " ".join(" ".join(shown(shipped, "azure-austriaeast")).split())
    assert "its notices of 2025 to 2026 were read, though not for losses of one zone" in text


def test_halls_on_one_plot_are_told(shipped: Library) -> None:
    text = " ".join(" ".join(shown(shipped, "hetzner-fsn1")).split())
    assert (
        "where Data center park FSN1; 20 datacenters on one plot, by the documentation of October 2024"
        in text
    )


def test_a_metro_is_no_place(shipped: Library) -> None:
    text = "\n".join(shown(shipped, "exoscale-ch-gva-2"))
    assert "which building holds it is not disclosed; somewhere in Geneva (metro area)" in text


def test_what_is_left_out_first_is_what_is_needed_least(shipped: Library) -> None:
    verdict, policy, screen = shipped.score("ovh-sbg"), shipped.policy("podcast"), Screen(100)
    risks = tuple(
        replace(risk, id=f"{risk.id}-{number}", message=risk.message * 3)
        for risk in verdict.independence.shared_risks
        for number in range(9)
    )
    standing = replace(verdict.independence, shared_risks=(*verdict.independence.shared_risks, *risks))
    answer.single(replace(verdict, independence=standing), policy, screen)
    assert screen.text.startswith(verdict.summary[:60])
    for label in ("also", "record", "policy", "recovery"):
        assert f"  {label}" in screen.text


def test_several_are_a_line_each_worst_first(run: Runner, shipped: Library) -> None:
    asked = ("scaleway-fr-par", "aws-eu-west-3", "ovh-sbg", "hetzner-fsn1")
    lines = run("score", *asked, COLUMNS="100").stdout.splitlines()
    assert lines[0] == "4 regions, worst first: 1 shared, 1 not shown, 1 apart, 1 one-zone"
    assert [line.split()[1] for line in lines[3:7]] == [
        *("ovh-sbg", "aws-eu-west-3", "scaleway-fr-par", "hetzner-fsn1"),
    ]
    verdicts = [shipped.score(key) for key in ("ovh-sbg", "aws-eu-west-3", "scaleway-fr-par")]
    blocks = [BLOCKS.index(block(verdict.independence.class_)) for verdict in verdicts]
    assert blocks == sorted(blocks)


def test_a_provider_is_a_screen(run: Runner) -> None:
    lines = run("score", "ovh", COLUMNS="100").stdout.splitlines()
    assert len(lines) <= 30
    assert "50 regions, worst first" in lines[0]
    assert "ovh-eu-west-lz-zrh" in " ".join(lines)


def test_of_many_regions_those_that_read_alike_are_told_in_one(run: Runner) -> None:
    lines = run("score", "gcp", COLUMNS="100").stdout.splitlines()
    assert len(lines) <= 36
    assert "43 regions, worst first" in lines[0]
    assert any(line.startswith("undisclosed, 3 zones, at most 1 in 8: google-") for line in lines)
    told = " ".join(lines).replace(",", " ").split()
    assert [told.count(key) for key in Library().regions_of("google") if key in told] == [1] * 43


def test_an_id_keeps_its_case_at_the_beginning_of_a_sentence(shipped: Library) -> None:
    assert ". mec1-az2 and mec1-az3 were out of service" in shipped.score("aws-me-central-1").summary


def test_a_line_of_a_class_is_not_broken_between_figure_and_unit(run: Runner) -> None:
    lines = run("list", "regions", "--class", "shared", COLUMNS="100").stdout.splitlines()
    assert any("<176 m" in line for line in lines)
    assert not any(line.strip() in ("m", "km") for line in lines)


def test_what_stood_at_a_closed_cloud(run: Runner) -> None:
    text = run("score", "cloudwatt").stdout
    assert "Normandie 1, Val-de-Reuil" in text
    assert "As of 2020-01-31" in text


def test_an_operator_is_told_by_its_buildings(run: Runner) -> None:
    text = run("score", "telehouse-paris").stdout
    assert "its 3 datacenters" in text
    assert "recovery" not in text
    assert "Telehouse 3 (Magny 1) 26.7 km" in " ".join(text.split())
