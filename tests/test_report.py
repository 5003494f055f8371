"""Reports answer first, and stay inert in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.verdict import Verdict
from zonerisk.library import Library
from zonerisk.words import dossier
from zonerisk.words.dossier import heading
from zonerisk.words.report import Screen, Table

load = Catalog().policy


def test_rules_with_one_answer_share_a_row(zz: Library) -> None:
    verdict = zz.score("zz-good")
    sections = dossier.answers(dossier.Dossier(), load("podcast"), [dossier.Asked(verdict)])
    table = next(section for section in sections if section.title == "Rules, the worst first").blocks[0]
    assert isinstance(table, Table)
    answers = [(row[0], row[2]) for row in table.rows]
    assert len(set(answers)) == len(answers) < len(verdict.policy.findings)


def test_markdown_escapes_what_records_say(zz: Library) -> None:
    verdict = zz.score("zz-good")
    hostile = replace(verdict, summary="<script>|x ![y](https://z.example)")
    text = dossier.written(load("podcast"), [dossier.Asked(hostile)]).markdown
    assert "<script>" not in text
    assert "&lt;script>\\|x ![y]\\(https://z.example)" in text


def test_the_first_lines_fit_a_terminal(shipped: Library) -> None:
    """The answer and the policy wrap as sentences do; the lines of figures never do."""
    for region in ("ovh-sbg", "scaleway-fr-par", "aws-us-east-1"):
        _, _, *figures = heading(shipped.score(region), load("podcast"))
        assert all(len(line) <= 100 for line in figures)


def pairs_shown(verdict: Verdict) -> Sequence[Sequence[object]]:
    table, *more = dossier.pairs(verdict)
    assert not more
    assert isinstance(table, Table)
    return table.rows


def test_equal_pairs_share_a_row(shipped: Library) -> None:
    rows = pairs_shown(shipped.score("google-europe-west8"))
    assert len(rows) == 1
    assert str(rows[0][1]).startswith("any two of europe-west8-a, europe-west8-b")


def test_a_placeholder_gives_no_point_value(shipped: Library) -> None:
    """SBG4 is known by its campus alone; SBG3 and SBG5 are mapped."""
    rows = {row[1]: row for row in pairs_shown(shipped.score("ovh-sbg"))}
    assert str(rows["SBG3 - SBG5"][2]).startswith("56 m")
    for pair in ("SBG3 - SBG4", "SBG4 - SBG5"):
        assert str(rows[pair][2]).startswith("under ")
        assert str(rows[pair][3]).startswith("under ")


def test_a_round_trip_is_told_by_its_least(shipped: Library) -> None:
    paris = shipped.score("scaleway-fr-par")
    rows = pairs_shown(paris)
    assert [row[4] for row in rows] == [
        f"{2 * (row.distance_m.low or 0) / 204_190:.2f} ms"
        for row in sorted(paris.policy.separations, key=lambda row: row.distance_m.best or 0)
    ]
    assert pairs_shown(shipped.score("ovh-sbg"))[0][4] == "-"


def test_recovery_is_ranked_by_outcome(shipped: Library) -> None:
    options = shipped.score("ovh-sbg").recovery
    order = ["pass", "warn", "unknown", "fail"]
    keys = [order.index(each.outcome) for each in options]
    assert keys == sorted(keys)
    assert options[0].target == "ovh-eu-west-par"


def test_words_break_only_where_a_line_is_too_short_for_them() -> None:
    cells = [("a-very-long-region-id", "some words that wrap", "x" * 30)]
    for width, whole in ((80, True), (63, True), (40, False)):
        screen = Screen(width)
        screen.table("", ("region", "what", "id", "more"), [(*cells[0], "y")])
        text = screen.text
        assert max(len(line) for line in text.splitlines()) <= width
        assert ("a-very-long-region-id" in text) is whole
        assert text.count("x") == 30
