"""Verdicts: what is answered of a region, of regions side by side and of recovery, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.interval import Interval
    from zonerisk.core.verdict import Zones

Grid = Literal["same-grid", "same-synchronous", "other-synchronous"]
"""How two places stand to each other in the grid."""
_GRIDS: dict[Grid, str] = {
    "same-grid": "the same grid area",
    "same-synchronous": "the same synchronous area",
    "other-synchronous": "another synchronous area",
}


def recovery(
    distance: Interval,
    least_m: float | None,
    nowhere: Sequence[str],
    limited: bool,
    reasons: Sequence[str],
    countries: Sequence[str],
    grid: tuple[Grid, Sequence[str]] | None,
) -> str:
    """Say what speaks for and against a place as recovery, its distance first.

    Parameters
    ----------
    distance, least_m
        How far it is, and how far it must be; None where that is not asked.
    nowhere
        The sides of which no place is known.
    limited
        Whether it is in doubt only for what is sold there.
    reasons
        What else counts, the worst first.
    countries, grid
        What both have in common.
    """
    parts = [_distance(distance, least_m, nowhere), *reasons]
    if limited:
        # A Local Zone, a data center of old, or a region that is opened on request: its record says which.
        parts[0] += ", but only some services or some customers are served there"
    if countries:
        parts.append(f"same country, {', '.join(countries)}")
    if grid:
        parts.append(f"{_GRIDS[grid[0]]}, {' and '.join(grid[1])}")
    return "; ".join(parts)


def _distance(distance: Interval, least_m: float | None, nowhere: Sequence[str]) -> str:
    if distance.high is None:
        return f"no distance, for no place of {phrases.names(nowhere)} is known"
    straight = phrases.interval(distance)
    if least_m is None:
        return straight
    far, least = distance.at_least(least_m), phrases.distance(least_m)
    if far is None:
        return f"{straight}; the positions leave open whether that is over {least}"
    return f"{straight}, over {least}" if far else f"{straight}, nearer than {least}"


def round_trip(least_ms: float, most_ms: float) -> str:
    """Say whether light alone can keep a round trip."""
    least = f"round trip at least {least_ms:.1f} ms by light alone"
    if least_ms > most_ms:
        return f"{least}, over {most_ms:g} ms"
    return f"{least}; whether it stays within {most_ms:g} ms is to be measured"


def outside(countries: Sequence[str], area: str) -> str:
    """Say that a place is outside the area asked for."""
    return f"in {', '.join(countries)}, not within {area}"


def both_hit(event: str) -> str:
    """Say that one event hit both sides."""
    return f"both were hit by {event}"


def no_recovery(others_sold: bool) -> str:
    """Say of what no other region is on record, where there is none to recover into."""
    return f"no other region of {'its partition' if others_sold else 'the provider'} is on record"


def with_zones(message: str, zones: Zones | None) -> str:
    """Add how many zones are independent at a place to recover in, where they are few."""
    if zones is None or zones.effective.high > 2:
        return message
    low, high = zones.effective.low, zones.effective.high
    return f"{message}; {phrases.ends(low, high)} independent zone{'' if high == 1 else 's'} there"
