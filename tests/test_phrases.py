"""One way to write a distance, a count, a list of names."""

from __future__ import annotations

import ast
import re
from itertools import pairwise

import pytest

from conftest import ROOT
from zonerisk.core.geometry import UNKNOWN, Interval
from zonerisk.words import phrases


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        (Interval(0, 56.4, 176), "56 m (0 m to 176 m)"),
        (Interval(8434, 8634, 8834), "8.6 km (8.4 km to 8.8 km)"),
        (Interval(405000, 405000, 405000), "405 km"),
        (Interval(0, None, 60000), "under 60.0 km"),
        (Interval(2000, None, 60000), "2.0 km to 60.0 km"),
        (UNKNOWN, "an unknown distance"),
    ],
)
def test_words(interval: Interval, said: str) -> None:
    assert phrases.interval(interval) == said


def test_distance() -> None:
    assert [phrases.distance(value) for value in (999, 1000, 99_949, 123_456)] == [
        "999 m",
        "1.0 km",
        "99.9 km",
        "123 km",
    ]
    assert phrases.distance(6_281_600) == "6,282 km"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("at least two", "At least two"),
        ("nothing, so far", "Nothing, so far"),
        ("mec1-az2 and mec1-az3", "mec1-az2 and mec1-az3"),
        ("fr-par and nl-ams", "fr-par and nl-ams"),
        ("22.5 % of a zone", "22.5 % of a zone"),
        ("", ""),
    ],
)
def test_a_sentence_begins_with_a_large_letter_and_an_id_with_its_own(text: str, said: str) -> None:
    assert phrases.opening(text) == said


def test_a_hazard_is_told_in_kilometres_from_200_m_on() -> None:
    told = [phrases.distance(value, phrases.HAZARD_KM_FROM_M) for value in (-199, 200, 1500, 123_456)]
    assert told == ["199 m", "0.2 km", "1.5 km", "123 km"]


def test_counts_and_ends() -> None:
    assert [phrases.count(number, "zone") for number in (0, 1, 2)] == ["0 zones", "1 zone", "2 zones"]
    assert [phrases.ends(2, 2), phrases.ends(2, 5), phrases.ends(0.1, 0.25, 1)] == [
        "2",
        "2 to 5",
        "0.1 to 0.2",
    ]


def test_names() -> None:
    assert phrases.names(["a"]) == "a"
    assert phrases.names(["a", "b", "c"]) == "a, b and c"
    assert phrases.names([*"abcdefghi"]) == "a, b, c, d, e, f, g and 2 more"


def test_a_round_trip_of_nothing_is_empty() -> None:
    assert [phrases.round_trip(value) for value in (0.004, 0.34)] == ["", "0.34 ms"]


def test_no_other_module_rounds_a_distance() -> None:
    """Outside words no figure is rounded before a unit of length: phrases.distance does it alike everywhere.

    Labels of samples are figures of a shipped table, written when it was made.
    """
    source = ROOT / "src" / "zonerisk"
    for path in sorted({*source.rglob("*.py")} - {*(source / "words").glob("*.py")}):
        texts = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.JoinedStr))
        for figure, unit in (pair for text in texts for pair in pairwise(map(ast.unparse, text.values))):
            rounded = re.search(r":[,.\d]*f\}", figure) and re.match(r"f?['\"] k?m\b", unit)
            assert not rounded or path.name == "sampling.py", f"{path}: {figure}{unit}"
    assert not re.search(r":[,.\d]*f\} k?m\b", (ROOT / "data" / "problems.yaml").read_text("utf-8"))
