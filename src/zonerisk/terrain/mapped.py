"""Mapped hazards: what units share by the layers sampled at their sites."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from zonerisk.geometry import nearest_m, within
from zonerisk.shared import Assessment, named, risk
from zonerisk.terrain.reach import nearness, views
from zonerisk.unit import pairs

if TYPE_CHECKING:
    from zonerisk.geometry import Interval
    from zonerisk.terrain.exposure import Exposure, Layer
    from zonerisk.terrain.reach import Exposures, View
    from zonerisk.unit import Pair, Unit
    from zonerisk.verdict import SharedRisk

# Objects that are places: two units farther apart than twice the reach cannot share one.
_PLACES = ("nuclear", "industry", "hydro", "volcano")
# How far such a place itself may stretch, metres.
_EXTENT_M = 3000.0
# Objects that the source does not name may be one and the same.
_UNNAMED = "unnamed-"
# Nearer than this to a zone's edge is at its edge: public points are good to no more.
_EDGE_M = 200.0
# Doubts below this go without saying; from the second on they are told in kilometres.
_TOLD_M, _KM_FROM_M = 100.0, 500.0
# Nearest objects of a layer that a finding names; the figures hold the others.
_MOST_NOTES = 3
NOT_ASSESSED = "not assessed"


def assess(
    kind: str, units: Sequence[Unit], exposures: Exposures, limit_km: float | None
) -> Assessment:
    """Find which units share a mapped object of one kind.

    Parameters
    ----------
    kind
        One of :data:`zonerisk.hazards.KINDS`.
    units
        What is compared.
    exposures
        What the layers say at the units' sites.
    limit_km
        The policy's distance for being near the same object.
    """
    limit_m = None if limit_km is None else limit_km * 1000
    seen = views(kind, units, exposures, limit_m)
    risks: list[SharedRisk] = []
    apart: set[Pair] = set()
    for view in seen:
        if view.layer.measure == "cell":
            risks += _storms(kind, view, units, limit_m)
        elif view.layer.measure != "count":
            risks += _shared(kind, view, units, limit_m)
        apart |= _apart(view, units, limit_m)
    if kind in _PLACES and limit_m is not None:
        apart |= {(a.id, b.id) for a, b in pairs(units) if _farther(a, b, 2 * limit_m + _EXTENT_M)}
    told = {(member, found.id) for found in risks for member in found.members}
    notes = tuple(note for view in seen for note in _notes(kind, view, units, told))
    # A pass rests on the layers too, though they had nothing to tell.
    cited = tuple(view.layer.evidence for view in seen)
    return Assessment(
        kind, tuple(risks), frozenset(apart), _reason(kind, seen, units), notes, cited
    )


# Shared and apart ----------------------------------------------------------------------


def _shared(
    kind: str, view: View, units: Sequence[Unit], limit_m: float | None
) -> list[SharedRisk]:
    keys = {key for table in view.reached.values() for key in table}
    found = []
    for key in sorted(keys, key=lambda key: (min(_best(_rows(view, units, key)), default=0), key)):
        hit = [unit for unit in units if view.of(unit.id, key)]
        if len(hit) > 1:
            message = f"{named(hit)} {_say_shared(view, hit, key, limit_m)}"
            found.append(
                risk(
                    kind,
                    f"{view.layer.id}/{key}",
                    view.layer.grade,
                    hit,
                    message,
                    (view.layer.evidence,),
                )
            )
    return found


def _storms(
    kind: str, view: View, units: Sequence[Unit], limit_m: float | None
) -> list[SharedRisk]:
    """Join the units that hurricane-force storms have reached and that one storm spans."""
    if limit_m is None:
        return []
    hit = [unit for unit in units if any(view.reached[unit.id].values())]
    found = []
    for group in together(hit, lambda a, b: _span(a, b).at_most(limit_m)):
        ids = "+".join(unit.id.rpartition("/")[2] for unit in group)
        message = (
            f"{named(group)} stand within {say_km(limit_m)} of each other; "
            f"{view.layer.quantity}: {_counts(view, group)}"
        )
        found.append(
            risk(
                kind,
                f"{view.layer.id}/{ids}",
                view.layer.grade,
                group,
                message,
                (view.layer.evidence,),
            )
        )
    return found


def together(
    units: Sequence[Unit], close: Callable[[Unit, Unit], bool | None]
) -> Sequence[Sequence[Unit]]:
    """Group units that are close to each other: all in one where all are, else in pairs."""
    found = [pair for pair in pairs(units) if close(*pair)]
    return [units] if found and len(found) == len(pairs(units)) else found


def _span(a: Unit, b: Unit) -> Interval:
    return nearest_m(a.positions, b.positions)


def _farther(a: Unit, b: Unit, limit_m: float) -> bool:
    """Tell cheaply whether two units surely stand farther apart than a limit."""
    return bool(a.positions and b.positions) and not any(
        within(ours, theirs, limit_m) for ours in a.positions for theirs in b.positions
    )


def _apart(view: View, units: Sequence[Unit], limit_m: float | None) -> set[Pair]:
    """Find pairs that surely share no object of a layer that lists them all."""
    if not view.layer.complete or view.layer.measure == "count":
        return set()
    found = set()
    for a, b in pairs(units):
        keys = {*view.reached[a.id], *view.reached[b.id]}
        named_apart = all(
            view.of(a.id, key) is False or view.of(b.id, key) is False for key in keys
        )
        others = view.others[a.id] is False or view.others[b.id] is False
        nameless = all(
            any(view.of(unit.id, key) is not False for key in keys if key.startswith(_UNNAMED))
            for unit in (a, b)
        )
        far = view.layer.measure == "cell" and limit_m is not None and _farther(a, b, limit_m)
        if (named_apart and others and not nameless) or far:
            found.add((a.id, b.id))
    return found


# Sentences -----------------------------------------------------------------------------


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


def _error(layer: Layer, rows: Iterable[Exposure]) -> str:
    """Say how far off a distance may be: by the layer, or by a site's doubt if that is larger."""
    spans = [row.interval for row in rows if row.interval]
    doubts = [span.high - span.best - layer.error_m for span in spans if span.high and span.best]
    largest = max((layer.error_m, *doubts))
    if largest < _TOLD_M:
        return ""
    said = f"{round(largest, -1):.0f} m" if largest < _KM_FROM_M else say_km(largest)
    return f" (±{said})"


def _rows(view: View, units: Iterable[Unit], key: str) -> list[Exposure]:
    return [row for unit in units for row in view.rows[unit.id] if row.object == key]


def _best(rows: Iterable[Exposure]) -> list[float]:
    return [row.interval.best for row in rows if row.interval and row.interval.best is not None]


def _say_shared(view: View, units: Sequence[Unit], key: str, limit_m: float | None) -> str:
    rows = _rows(view, units, key)
    if view.layer.measure == "area":
        return f"stand inside the same {view.layer.noun}{_labels(rows)}"
    within = f", all within {say_km(limit_m)}" if limit_m is not None else ""
    return (
        f"stand {_range(_best(rows))} from {rows[0].name or _nameless(view.layer, key)}"
        f"{_error(view.layer, rows)}{within}"
    )


def _nameless(layer: Layer, key: str) -> str:
    article = "a" if key.startswith(_UNNAMED) else "the"
    return f"{'an' if article == 'a' and layer.noun[0] in 'aeiou' else article} {layer.noun}"


def _labels(rows: Sequence[Exposure]) -> str:
    labels = list(dict.fromkeys(row.label for row in rows if row.label))
    return f" ({'; '.join(labels[:4])})" if labels else ""


def _counts(view: View, units: Iterable[Unit]) -> str:
    best = sorted({int(value) for unit in units for value in _best(view.rows[unit.id])})
    return f"{best[0]}" if len(best) == 1 else f"{best[0]} to {best[-1]}"


def _notes(kind: str, view: View, units: Sequence[Unit], told: set[tuple[str, str]]) -> list[str]:
    """Say what the layer says of units, as far as no shared risk has said it."""
    layer = view.layer
    seen = [unit for unit in units if view.rows[unit.id] and unit.sites]
    if layer.measure in ("count", "cell"):
        hit = [
            unit
            for unit in seen
            if any(_best(view.rows[unit.id]))
            and not any(
                key.startswith(f"{kind}:{layer.id}/") for one, key in told if one == unit.id
            )
        ]
        if not hit:
            return []
        return [f"{layer.quantity}: {_counts(view, hit)} at {named(hit)}"]
    held: dict[tuple[str, str], list[Unit]] = {}
    for unit in sorted(seen, key=lambda unit: nearness(view.rows[unit.id][0])):
        row = view.rows[unit.id][0]
        if not row.object or (unit.id, f"{kind}:{layer.id}/{row.object}") in told:
            continue
        if layer.measure == "area":
            held.setdefault(("", _side(row)), []).append(unit)
        elif view.of(unit.id, row.object) is not False or (
            layer.measure == "near" and (_best([row]) or [math.inf])[0] <= layer.near_m
        ):
            held.setdefault((row.object, ""), []).append(unit)
    order = {unit.id: place for place, unit in enumerate(units)}
    return [
        _note(view, sorted(group, key=lambda unit: order[unit.id]), side)
        for (_, side), group in list(held.items())[:_MOST_NOTES]
    ]


def _side(row: Exposure) -> str:
    assert row.interval is not None
    return "inside" if (row.interval.best or 0) <= 0 else "outside"


def _note(view: View, units: Sequence[Unit], side: str) -> str:
    rows = [view.rows[unit.id][0] for unit in units]
    verb = "stands" if len(units) == 1 else "stand"
    if side == "inside":
        edge = min(abs(value) for value in _best(rows)) < _EDGE_M
        return (
            f"{named(units)} {verb} inside the {view.layer.noun}"
            f"{', at its edge' if edge else ''}{_labels(rows)}"
        )
    if side == "outside":
        edge = max(_best(rows)) < _EDGE_M
        return (
            f"{named(units)} {verb} {_range(_best(rows))} outside the {view.layer.noun}"
            f"{', at its edge' if edge else ''}{_error(view.layer, rows)}"
        )
    name = rows[0].name or _nameless(view.layer, rows[0].object)
    past = f", {rows[0].label}" if rows[0].label and len(units) == 1 else ""
    return (
        f"{named(units)} {verb} {_range(_best(rows))} from {name}{_error(view.layer, rows)}{past}"
    )


def _reason(kind: str, seen: Sequence[View], units: Sequence[Unit]) -> str:
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
    if kind == "flood":
        return "outside what is mapped, which does not show that no flood is shared"
    return "none on the lists is shared, but the lists are not complete"
