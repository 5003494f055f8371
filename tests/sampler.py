"""A sampler of the likelihood's model: of zonerisk it takes the counts alone, and draws."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonerisk.judging.likelihood import Layout, Rates

DRAWS = 40_000


def draws(rates: Rates, region: str, layout: Layout, least: int, long: bool = False) -> list[float]:
    """Draw how often a year so many zones, two or more, are lost together; sorted."""
    roll = random.Random(14)
    others = [row for key, row in rates.regions.items() if key != region]

    def gamma(events: float, years: float) -> float:
        return roll.gammavariate(events + 0.5, 1 / years)

    def beta(hits: float, missed: float) -> float:
        return roll.betavariate(hits + 0.5, missed + 0.5)

    def share(counts: tuple[int, int]) -> float:
        return beta(counts[0], counts[1] - counts[0])

    years = sum(row.years for row in others)
    hits = {cause: sum(row.hits.get(cause, 0) for row in others) for cause in ("power", "cooling", "network")}
    on_campus = sum(row.campus_hits for row in others), sum(row.campus_years for row in others)
    means = (
        (on_campus[0] + 0.5) / on_campus[1],
        (hits["power"] + hits["cooling"] + 1) / years,
        (hits["network"] + 0.5) / years,
    )
    # How a strike ends is one state of knowledge: the same share of each hazard's own Beta.
    ends = {
        kind: sorted(
            beta(rates.losses[kind], sum(row.strikes.get(kind, 0.0) for row in others)) for _ in range(DRAWS)
        )
        for kind in layout.strikes
    }
    takes_all = least == layout.zones > 2
    found = []
    for _ in range(DRAWS):
        c = float(layout.open[0]) if len(layout.open) == 1 else beta(*layout.counts)
        campus, either = gamma(*on_campus), gamma(hits["network"], years)
        apart = gamma(hits["power"], years) + gamma(hits["cooling"], years)
        if takes_all:
            campus *= share(rates.campus_all)
            of_metro = share(rates.metro_all)
            apart, either = apart * of_metro, either * of_metro
        expected = c * means[0] + (1 - c) * means[1] + means[2]
        rate = c * campus + (1 - c) * apart + either
        rate *= roll.gammavariate(1 + layout.own, 1 / (1 + expected * layout.years))
        state = roll.randrange(DRAWS)
        rate += sum(often * ends[kind][state] for kind, often in layout.strikes.items())
        found.append(rate * (share(rates.long) if long else 1.0))
    return sorted(found)
