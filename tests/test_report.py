"""Reports name what regions have in common, and stay inert in Markdown."""

from __future__ import annotations

from zonerisk.library import Library
from zonerisk.policy import load
from zonerisk.report import common_ground, compared, grouped, markdown


def test_a_rented_building_is_named_with_its_town(shipped: Library) -> None:
    told = common_ground([shipped.score("aws-eu-west-3"), shipped.score("scaleway-fr-par")])
    assert told == [
        "OPCORE DC3, Vitry-sur-Seine (scaleway-fr-par/dc3) serves aws-eu-west-3 "
        "(candidate) and scaleway-fr-par"
    ]


def test_rules_with_one_answer_share_a_row(zz: Library) -> None:
    rows = grouped(zz.score("zz-good").findings)
    assert len({message for _, _, message in rows}) == len(rows)


def test_comparison_gives_unknown_for_what_is_not_known(zz: Library) -> None:
    row = compared([zz.score("zz-hidden")])[0]
    assert row[3:5] == ("unknown", "unknown")


def test_markdown_escapes_what_records_say(zz: Library) -> None:
    verdict = zz.score("zz-good")
    hostile = verdict.model_copy(update={"summary": "<script>|x"})
    text = markdown(hostile, load("podcast"))
    assert "<script>" not in text
    assert "&lt;script>\\|x" in text
