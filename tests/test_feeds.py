from __future__ import annotations

from pathlib import Path

from zonerisk.catalog import Catalog

REMOVALS = ("feeds:\n", "hazards:\n")


def test_an_upstream_feed_carries_what_hangs_below_it(zz: Catalog) -> None:
    found = zz.score("zz-campus")
    shore = next(risk for risk in found.shared_risks if risk.id == "power:zz-campus/shore")
    assert shore.grade == "A"
    assert shore.message == "k1 and k3 hang on the shore station"


def test_removing_a_feed_never_turns_anything_to_pass(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/campus.yaml"
    before = {each.rule: each.outcome for each in Catalog(zz_copy).score("zz-campus").findings}
    text = path.read_text()
    start, end = (text.index(mark) for mark in REMOVALS)
    path.write_text(text[:start] + text[end:])
    after = {each.rule: each.outcome for each in Catalog(zz_copy).score("zz-campus").findings}
    assert after["power"] == "unknown"
    assert {rule for rule, outcome in after.items() if outcome == "pass"} <= {
        rule for rule, outcome in before.items() if outcome == "pass"}
