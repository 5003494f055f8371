"""Comparison: regions side by side, and the places that they have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from zonerisk.core.interval import UNKNOWN, Interval
from zonerisk.words import phrases
from zonerisk.words.compliance import points, scored, spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Verdict

HEAD = (
    "region",
    "sold",
    "effective",
    "nearest pair",
    "farthest pair",
    "shared (A, B)",
    "DR",
    "grade and score",
)


def extent(verdict: Verdict) -> tuple[Interval, Interval]:
    """Give the distance of the nearest and of the farthest pair that stand in known places.

    Where one pair has no best estimate, which pair is the nearest is not known either.
    """
    placed = {place.id for place in verdict.places if place.lat is not None}
    placed |= {zone for place in verdict.places if place.id in placed for zone in place.zones}
    known = [row.distance_m for row in verdict.separations if {row.a, row.b} <= placed]
    if not known:
        return UNKNOWN, UNKNOWN
    nearest, farthest = (
        Interval(
            of(span.low for span in known),
            None if any(span.best is None for span in known) else of(span.rank for span in known),
            of(span.high or 0.0 for span in known),
        )
        for of in (min, max)
    )
    return nearest, farthest


def shared(verdict: Verdict) -> dict[str, int]:
    """Count the shared risks of grade A and B by kind."""
    return dict(Counter(risk.kind for risk in verdict.shared_risks if risk.grade != "C"))


def recovery(verdict: Verdict) -> str | None:
    """Give the nearest region that can be disaster recovery, if one surely can."""
    return next((option.target for option in verdict.dr if option.outcome == "pass"), None)


def _distance(span: Interval) -> str:
    if span.high is None:
        return "unknown"
    return phrases.interval(span) if span.best is None else phrases.distance(span.best)


def rows(verdicts: Sequence[Verdict], policy: Policy) -> list[tuple[str, ...]]:
    """Give one row a region, for reading."""
    found = []
    for verdict in verdicts:
        open_ = any(option.outcome == "unknown" for option in verdict.dr)
        counted = ", ".join(f"{kind} {count}" for kind, count in shared(verdict).items())
        found.append(
            (
                verdict.target,
                str(verdict.zones.sold),
                spelled(verdict.zones.effective),
                *(_distance(span) for span in extent(verdict)),
                counted or "none on record",
                recovery(verdict) or ("unknown" if open_ else "none"),
                f"{verdict.grade} ({points(verdict.score)})" if scored(policy) else "-",
            )
        )
    return found


def records(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Give one record a region, for programs: numbers as they are, null for none."""
    return [
        {
            "target": verdict.target,
            "zones": asdict(verdict.zones),
            "nearest_m": asdict(nearest.rounded()),
            "farthest_m": asdict(farthest.rounded()),
            "shared_risks": shared(verdict),
            "dr": recovery(verdict),
            "outcome": verdict.outcome,
            "grade": verdict.grade,
            "score": asdict(verdict.score),
        }
        for verdict in verdicts
        for nearest, farthest in [extent(verdict)]
    ]


def common_ground(verdicts: Sequence[Verdict]) -> list[str]:
    """Say which places several of the regions stand in, certainly or as candidates."""
    holders: dict[str, list[tuple[str, str]]] = {}
    names: dict[str, str] = {}
    for verdict in verdicts:
        for place in verdict.places:
            if place.kind != "metro":
                names[place.id] = f"{place.name}, {place.town}" if place.town else place.name
                role = "" if place.zones else " (candidate)"
                holders.setdefault(place.id, []).append((verdict.target, role))
    return [
        f"{names[key]} ({key}) serves " + " and ".join(f"{target}{role}" for target, role in holding)
        for key, holding in holders.items()
        if len({target for target, _ in holding}) > 1
    ]
