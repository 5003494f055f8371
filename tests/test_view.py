from __future__ import annotations

import html
import re
from typing import Any

import pytest

from zonerisk.core.geometry import Interval
from zonerisk.library import Library
from zonerisk.pages import card, map_payload, page, surroundings

PARTS: Any = card.templates().get_template("parts.html").module


@pytest.mark.parametrize(
    ("span", "best", "ends"),
    [
        ((8434, 8634, 8834), "8.6 km", "8.4 km to 8.8 km"),
        ((0, 27, 337), "27 m", "0 m to 337 m"),
        ((0, None, None), "not known", "at least 0 m"),
        ((5e6, 5.2e6, 5.4e6), "5,200 km", "5,000 km to 5,400 km"),
    ],
)
def test_metres(span: tuple[float | None, ...], best: str, ends: str) -> None:
    low, middle, high = span
    span = Interval(low=low, best=middle, high=high)
    assert (str(PARTS.best(span)), str(PARTS.ends(span))) == (best, ends)


def test_round_trips_are_lower_bounds(shipped: Library) -> None:
    first = shipped.score("scaleway-fr-par").policy.separations[0]
    assert str(PARTS.round_trip(first)) == "at least 0.34 ms", "35 km straight, no circuity"
    assert str(PARTS.round_trip(shipped.score("ovh-sbg").policy.separations[0])) == "not known"


def test_rows_follow_the_verdict(shipped: Library) -> None:
    verdict = shipped.score("ovh-sbg")
    text = html.unescape(page.map_page([verdict], [surroundings.setting(shipped, verdict)]))
    told = [finding for finding in verdict.policy.findings if finding.outcome != "not-applicable"]
    assert re.findall(r'id="finding=([\w-]+)"', text) == [finding.rule for finding in told]
    for finding in verdict.policy.findings:
        assert finding.message in text
    assert '<p class="answer">Its 3 datacenters (sold as 1 zone) do not fail independently' in text
    assert "<dd>ovh-sbg, <code>data/datacenters/ovh/sbg.yaml</code></dd>" in text
    assert re.search(r'id="finding=survives">\s*<div>\s*<h3[^>]*>\s*<button[^>]*>A majority left<', text)


def test_an_undisclosed_zone_shows_where_it_may_stand(zz: Library) -> None:
    verdict = zz.score("zz-hidden")
    drawn = map_payload.build_map_data([(verdict, surroundings.setting(zz, verdict))])
    assert drawn.show(verdict, ("zz-hidden/h1",), "h1") == 0
    assert drawn.shows[0]["words"] == "h1, where they may stand"
    assert drawn.show(verdict, (), "nothing") is None
    assert drawn.show(verdict, ("zz-hidden",), "again") == 0
