"""Telling: what a layer says of units, in sentences true to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from zonerisk.core.kinds import KINDS
from zonerisk.judging.cause import named
from zonerisk.judging.reach import nearness

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import HazardSample, Layer
    from zonerisk.judging.arrangement import FailureDomain
    from zonerisk.judging.reach import View

# Objects that the source does not name may be one and the same.
UNNAMED = "unnamed-"
# Nearer than this to a zone's edge is at its edge: public points are good to no more.
_EDGE_M = 200.0
# Doubts below this go without saying; from the second on they are told in kilometres.
_TOLD_M, _KM_FROM_M = 100.0, 500.0
# Nearest objects of a layer that a finding names; the figures hold the others.
_MOST_NOTES = 3
NOT_ASSESSED = "not assessed"


def say_km(metres: float) -> str:
    """Write a distance: metres under 200 m, else kilometres to a decimal, to 1 km over 100."""
    if abs(metres) < _EDGE_M:
        return f"{abs(metres):.0f} m"
    km = abs(metres) / 1000
    return f"{km:.0f} km" if km >= 100 else f"{km:.1f} km"


def _range(metres: Iterable[float]) -> str:
    """Write the ends of some distances: ``25 to 38 m``, ``0.3 km``."""
    ends = sorted(abs(each) for each in metres)
    low, high = say_km(ends[0]), say_km(ends[-1])
    if low == high:
        return low
    number, unit = low.split(" ")
    return f"{number} to {high}" if high.endswith(f" {unit}") else f"{low} to {high}"


def _error(layer: Layer, rows: Iterable[HazardSample]) -> str:
    """Say how far off a distance may be: by the layer, or by a site's doubt if that is larger."""
    spans = [row.interval for row in rows if row.interval]
    doubts = [span.high - span.best - layer.error_m for span in spans if span.high and span.best]
    largest = max((layer.error_m, *doubts))
    if largest < _TOLD_M:
        return ""
    said = f"{round(largest, -1):.0f} m" if largest < _KM_FROM_M else say_km(largest)
    return f" (±{said})"


def rows_of(view: View, units: Iterable[FailureDomain], key: str) -> list[HazardSample]:
    """Give the rows of some units that speak of one object."""
    return [row for unit in units for row in view.rows[unit.id] if row.object == key]


def best_of(rows: Iterable[HazardSample]) -> list[float]:
    """Give the best figures that rows have."""
    return [row.interval.best for row in rows if row.interval and row.interval.best is not None]


def say_shared(view: View, units: Sequence[FailureDomain], key: str, limit_m: float | None) -> str:
    """Say that units share an object, after their names."""
    rows = rows_of(view, units, key)
    if view.layer.measure == "area":
        return f"stand inside the same {view.layer.noun}{_labels(rows)}"
    within = f", all within {say_km(limit_m)}" if limit_m is not None else ""
    return (
        f"stand {_range(best_of(rows))} from {_called(view.layer, rows[0])}{_error(view.layer, rows)}{within}"
    )


def _called(layer: Layer, row: HazardSample) -> str:
    if row.name:
        return row.name
    article = "a" if row.object.startswith(UNNAMED) else "the"
    return f"{'an' if article == 'a' and layer.noun[0] in 'aeiou' else article} {layer.noun}"


def _labels(rows: Sequence[HazardSample]) -> str:
    labels = list(dict.fromkeys(row.label for row in rows if row.label))
    return f" ({'; '.join(labels[:4])})" if labels else ""


def say_counts(view: View, units: Iterable[FailureDomain]) -> str:
    """Write how many events are counted at units: ``3``, ``2 to 5``."""
    return _ends(value for unit in units for value in best_of(view.rows[unit.id]))


def _ends(values: Iterable[float]) -> str:
    best = sorted({int(value) for value in values})
    return f"{best[0]}" if len(best) == 1 else f"{best[0]} to {best[-1]}"


def notes(
    kind: str,
    view: View,
    units: Sequence[FailureDomain],
    told: set[tuple[str, str]],
    limit_m: float | None,
) -> list[str]:
    """Say what the layer says of units, as far as no shared risk has said it."""
    layer = view.layer
    seen = [unit for unit in units if view.rows[unit.id] and unit.sites]
    if not any(unit.sites for unit in units):
        return _of_candidates(view, units, limit_m)
    if layer.measure in ("count", "cell"):
        hit = [
            unit
            for unit in seen
            if any(best_of(view.rows[unit.id]))
            and not any(key.startswith(f"{kind}:{layer.id}/") for one, key in told if one == unit.id)
        ]
        if not hit:
            return []
        return [f"{layer.quantity}: {say_counts(view, hit)} at {named(hit)}"]
    held: dict[tuple[str, str], list[FailureDomain]] = {}
    for unit in sorted(seen, key=lambda unit: nearness(view.rows[unit.id][0])):
        row = view.rows[unit.id][0]
        if not row.object or (unit.id, f"{kind}:{layer.id}/{row.object}") in told:
            continue
        if layer.measure == "area":
            held.setdefault(("", _side(row)), []).append(unit)
        elif view.of(unit.id, row.object) is not False or (
            layer.measure == "near" and (best_of([row]) or [math.inf])[0] <= layer.list_radius_m
        ):
            held.setdefault((row.object, ""), []).append(unit)
    order = {unit.id: place for place, unit in enumerate(units)}
    return [
        _note(view, sorted(group, key=lambda unit: order[unit.id]), side)
        for (_, side), group in list(held.items())[:_MOST_NOTES]
    ]


def _of_candidates(view: View, units: Sequence[FailureDomain], limit_m: float | None) -> list[str]:
    """Say what the layer says of the sites that undisclosed units may stand at."""
    layer = view.layer
    total = len({site.id for unit in units for site in unit.possible})
    rows = {(row.site, row.object): row for unit in units for row in view.rows[unit.id]}
    if layer.measure in ("count", "cell"):
        if not any(best_of(rows.values())):
            return []
        return [f"{layer.quantity}: {_ends(best_of(rows.values()))} at the {total} candidate sites"]
    held: dict[str, list[HazardSample]] = {}
    for row in sorted(rows.values(), key=nearness):
        near = 0.0 if layer.measure == "area" else limit_m or layer.list_radius_m
        if row.object and (best_of([row]) or [math.inf])[0] <= near:
            held.setdefault("" if layer.measure == "area" else row.object, []).append(row)
    found = []
    for group in sorted(held.values(), key=len, reverse=True)[:_MOST_NOTES]:
        count = len({row.site for row in group})
        verb = "stands" if count == 1 else "stand"
        where = (
            f"inside the {layer.noun}{_labels(group)}"
            if layer.measure == "area"
            else f"{_range(best_of(group))} from {_called(layer, group[0])}{_error(layer, group)}"
        )
        found.append(f"{count} of the {total} candidate sites {verb} {where}")
    return found


def _side(row: HazardSample) -> str:
    assert row.interval is not None
    best = row.interval.best or 0
    return "inside" if best <= 0 else "at the edge" if best < _EDGE_M else "outside"


def _note(view: View, units: Sequence[FailureDomain], side: str) -> str:
    rows = [view.rows[unit.id][0] for unit in units]
    verb = "stands" if len(units) == 1 else "stand"
    if side == "inside":
        edge = min(abs(value) for value in best_of(rows)) < _EDGE_M
        return (
            f"{named(units)} {verb} inside the {view.layer.noun}"
            f"{', at its edge' if edge else ''}{_labels(rows)}"
        )
    if side:
        return (
            f"{named(units)} {verb} {_range(best_of(rows))} outside the {view.layer.noun}"
            f"{', at its edge' if side == 'at the edge' else ''}{_error(view.layer, rows)}"
        )
    name = _called(view.layer, rows[0])
    past = f", {rows[0].label}" if rows[0].label and len(units) == 1 else ""
    return f"{named(units)} {verb} {_range(best_of(rows))} from {name}{_error(view.layer, rows)}{past}"


def reason(kind: str, seen: Sequence[View], units: Sequence[FailureDomain]) -> str:
    """Say why pairs are left open."""
    judged = [view for view in seen if view.layer.measure != "count"]
    bare = [unit for unit in units if not any(view.rows[unit.id] for view in judged)]
    if len(bare) == len(units):
        return NOT_ASSESSED
    hidden = [unit for unit in units if not unit.disclosed]
    if hidden:
        return f"the building of {named(hidden)} is not disclosed"
    if bare:
        return f"not assessed for {named(bare)}"
    if any(
        state is None
        for view in judged
        for table in (*view.reached.values(), view.others)
        for state in table.values()
    ):
        return "the positions and the layers' errors leave it open"
    return KINDS[kind].open
