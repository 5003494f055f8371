from __future__ import annotations

from zonerisk.workloads.plan import Lines


def test_the_first_line_of_a_value() -> None:
    text = '{\n "address": "a.b[\\"x\\"]",\n "x": {"address" : "c.d"},\n "address": "c.d"\n}'
    lines = Lines(text, "address")
    assert [lines.line(each) for each in ('a.b["x"]', "c.d", "nothing")] == [2, 3, 1]


def test_one_line_and_broken_text() -> None:
    assert Lines('{"name": "x"}', "name").line("x") == 1
    assert Lines('"name": "\\q"', "name").line("q") == 1
