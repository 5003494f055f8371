"""Mapped hazards: what units share by the layers sampled at their sites."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.geometry import nearest_m
from zonerisk.shared import Assessment, named, risk
from zonerisk.unit import pairs

if TYPE_CHECKING:
    from zonerisk.exposure import Exposure, Layer
    from zonerisk.geometry import Interval
    from zonerisk.unit import Pair, Unit
    from zonerisk.verdict import SharedRisk

Exposures = Mapping[str, Sequence["Exposure"]]
"""What every layer says at a site, by the site's id."""

# Objects that are places: two units farther apart than twice the reach cannot share one.
_PLACES = ("nuclear", "industry", "hydro", "volcano")
# How far such a place itself may stretch, metres.
_EXTENT_M = 3000.0
# Objects that the source does not name may be one and the same.
_UNNAMED = "unnamed-"
# Nearer than this to a zone's edge is at its edge: public points are good to no more.
_EDGE_M = 200.0
# Nearest objects of a layer that a finding names; the figures hold the others.
_MOST_NOTES = 3


def assess(kind: str, units: Sequence[Unit], exposures: Exposures, limit_km: float | None
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
    views = _views(kind, units, exposures, limit_m)
    risks: list[SharedRisk] = []
    apart: set[Pair] = set()
    for view in views:
        if view.layer.measure == "cell":
            risks += _storms(kind, view, units, limit_m)
        elif view.layer.measure != "count":
            risks += _shared(kind, view, units, limit_m)
        apart |= _apart(view, units, limit_m)
    if kind in _PLACES and limit_m is not None:
        apart |= {(a.id, b.id) for a, b in pairs(units)
                  if nearest_m(a.positions, b.positions).low > 2 * limit_m + _EXTENT_M}
    told = {(member, found.id) for found in risks for member in found.members}
    notes, cited = [], []
    for view in views:
        said = _notes(kind, view, units, told)
        notes += said
        cited += [view.layer.evidence] if said else []
    return Assessment(kind, tuple(risks), frozenset(apart), _reason(kind, views, units),
                      tuple(notes), tuple(cited))


@dataclass(frozen=True)
class _View:
    """One layer as it looks from every unit.

    Attributes
    ----------
    reached
        Whether a unit is surely in reach of an object, surely not, or either (None); by
        unit and object.
    others
        The same of any object that is not listed for the unit.
    rows
        The exposures of each unit's sites, nearest first.
    """

    layer: Layer
    reached: Mapping[str, Mapping[str, bool | None]]
    others: Mapping[str, bool | None]
    rows: Mapping[str, Sequence[Exposure]]

    def of(self, unit: str, key: str) -> bool | None:
        """Tell whether a unit is in reach of an object."""
        return self.reached[unit].get(key, self.others[unit])

    @property
    def assessed(self) -> bool:
        """True if the layer says anything at any site."""
        return any(row.interval for rows in self.rows.values() for row in rows)


def _views(kind: str, units: Sequence[Unit], exposures: Exposures, limit_m: float | None
           ) -> list[_View]:
    layers: dict[str, Layer] = {}
    for unit in units:
        for site in (*unit.sites, *unit.possible):
            for row in exposures.get(site.id, ()):
                if row.layer.kind == kind:
                    layers[row.layer.id] = row.layer
    views = []
    for key in sorted(layers):
        reached, others, rows = {}, {}, {}
        for unit in units:
            per_site = [[row for row in exposures.get(site.id, ()) if row.layer.id == key]
                        for site in unit.sites or unit.possible]
            reached[unit.id], others[unit.id] = _unit_reach(
                layers[key], per_site, bool(unit.sites), limit_m)
            found = [row for site in per_site for row in site if row.interval]
            rows[unit.id] = sorted(found, key=_nearness)
        views.append(_View(layers[key], reached, others, rows))
    return [view for view in views if view.assessed]


def _nearness(row: Exposure) -> tuple[bool, float, str]:
    best = row.interval.best if row.interval else None
    return best is None, best or 0.0, row.object


def _unit_reach(layer: Layer, per_site: Sequence[Sequence[Exposure]], sure: bool,
                limit_m: float | None) -> tuple[dict[str, bool | None], bool | None]:
    """Join what is known of a unit's sites: one hit site hits the unit.

    A unit that is not disclosed stands at one of its possible sites, so all must agree.
    """
    tables, rests = [], []
    for rows in per_site:
        known = [row for row in rows if row.interval]
        tables.append({row.object: _reached(layer, row, limit_m) for row in known if row.object})
        listed = layer.measure in ("area", "cell") or (limit_m is not None
                                                       and limit_m <= layer.near_m)
        rests.append(False if known and listed else _beyond(known, limit_m))
    keys = {key for table in tables for key in table}
    found = {key: _join([table.get(key, rest) for table, rest in zip(tables, rests, strict=True)],
                        sure) for key in keys}
    return found, _join(rests, sure)


def _beyond(known: Sequence[Exposure], limit_m: float | None) -> bool | None:
    """Tell whether even the nearest object lies out of reach, where not all are listed."""
    lows = [row.interval.low for row in known if row.interval]
    return False if lows and limit_m is not None and min(lows) > limit_m else None


def _reached(layer: Layer, row: Exposure, limit_m: float | None) -> bool | None:
    assert row.interval is not None
    if layer.measure == "area":
        return row.inside
    if layer.measure == "cell":
        return True if row.interval.low > 0 else False if row.interval.high == 0 else None
    return None if limit_m is None else row.interval.at_most(limit_m)


def _join(states: Sequence[bool | None], sure: bool) -> bool | None:
    if not states:
        return None
    if all(state is False for state in states):
        return False
    hit = any if sure else all
    return True if hit(state is True for state in states) else None


# Shared and apart ----------------------------------------------------------------------


def _shared(kind: str, view: _View, units: Sequence[Unit], limit_m: float | None
            ) -> list[SharedRisk]:
    keys = sorted({key for table in view.reached.values() for key in table})
    found = []
    for key in keys:
        hit = [unit for unit in units if view.of(unit.id, key)]
        if len(hit) > 1:
            message = f"{named(hit)} {_say_shared(view, hit, key, limit_m)}"
            found.append(risk(kind, f"{view.layer.id}/{key}", view.layer.grade, hit, message,
                              (view.layer.evidence,)))
    return found


def _storms(kind: str, view: _View, units: Sequence[Unit], limit_m: float | None
            ) -> list[SharedRisk]:
    """Join the units that hurricane-force storms have reached and that one storm spans."""
    if limit_m is None:
        return []
    hit = [unit for unit in units if any(view.reached[unit.id].values())]
    close = [(a, b) for a, b in pairs(hit) if _span(a, b).at_most(limit_m)]
    together = [hit] if len(close) * 2 == len(hit) * (len(hit) - 1) and close else close
    found = []
    for group in together:
        ids = "+".join(unit.id.rpartition("/")[2] for unit in group)
        message = (f"{named(group)} stand within {say_km(limit_m)} of each other; "
                   f"{view.layer.quantity}: {_counts(view, group)}")
        found.append(risk(kind, f"{view.layer.id}/{ids}", view.layer.grade, group, message,
                          (view.layer.evidence,)))
    return found


def _span(a: Unit, b: Unit) -> Interval:
    return nearest_m(a.positions, b.positions)


def _apart(view: _View, units: Sequence[Unit], limit_m: float | None) -> set[Pair]:
    """Find pairs that surely share no object of a layer that lists them all."""
    if not view.layer.complete or view.layer.measure == "count":
        return set()
    found = set()
    for a, b in pairs(units):
        keys = {*view.reached[a.id], *view.reached[b.id]}
        named_apart = all(view.of(a.id, key) is False or view.of(b.id, key) is False
                          for key in keys)
        others = view.others[a.id] is False or view.others[b.id] is False
        nameless = all(any(view.of(unit.id, key) is not False for key in keys
                           if key.startswith(_UNNAMED)) for unit in (a, b))
        far = (view.layer.measure == "cell" and limit_m is not None
               and _span(a, b).at_least(limit_m))
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


def _error(layer: Layer) -> str:
    return f" (±{say_km(layer.error_m)})" if layer.error_m >= 100 else ""


def _rows(view: _View, units: Iterable[Unit], key: str) -> list[Exposure]:
    return [row for unit in units for row in view.rows[unit.id] if row.object == key]


def _best(rows: Iterable[Exposure]) -> list[float]:
    return [row.interval.best for row in rows if row.interval and row.interval.best is not None]


def _say_shared(view: _View, units: Sequence[Unit], key: str, limit_m: float | None) -> str:
    rows = _rows(view, units, key)
    if view.layer.measure == "area":
        return f"stand inside the same {view.layer.noun}{_labels(rows)}"
    within = f", all within {say_km(limit_m)}" if limit_m is not None else ""
    return (f"stand {_range(_best(rows))} from {rows[0].name or _nameless(view.layer, key)}"
            f"{_error(view.layer)}{within}")


def _nameless(layer: Layer, key: str) -> str:
    article = "a" if key.startswith(_UNNAMED) else "the"
    return f"{'an' if article == 'a' and layer.noun[0] in 'aeiou' else article} {layer.noun}"


def _labels(rows: Sequence[Exposure]) -> str:
    labels = list(dict.fromkeys(row.label for row in rows if row.label))
    return f" ({'; '.join(labels[:4])})" if labels else ""


def _counts(view: _View, units: Iterable[Unit]) -> str:
    best = sorted({int(value) for unit in units for value in _best(view.rows[unit.id])})
    return f"{best[0]}" if len(best) == 1 else f"{best[0]} to {best[-1]}"


def _notes(kind: str, view: _View, units: Sequence[Unit], told: set[tuple[str, str]]
           ) -> list[str]:
    """Say what the layer says of units, as far as no shared risk has said it."""
    layer = view.layer
    seen = [unit for unit in units if view.rows[unit.id] and unit.sites]
    if layer.measure in ("count", "cell"):
        hit = [unit for unit in seen if any(_best(view.rows[unit.id]))
               and not any(key.startswith(f"{kind}:{layer.id}/") for one, key in told
                           if one == unit.id)]
        if not hit:
            return []
        return [f"{layer.quantity}: {_counts(view, hit)} at {named(hit)}"]
    held: dict[tuple[str, str], list[Unit]] = {}
    for unit in sorted(seen, key=lambda unit: _nearness(view.rows[unit.id][0])):
        row = view.rows[unit.id][0]
        if not row.object or (unit.id, f"{kind}:{layer.id}/{row.object}") in told:
            continue
        if layer.measure == "area":
            held.setdefault(("", _side(row)), []).append(unit)
        elif view.of(unit.id, row.object) is not False or (
                layer.measure == "near" and (_best([row]) or [math.inf])[0] <= layer.near_m):
            held.setdefault((row.object, ""), []).append(unit)
    order = {unit.id: place for place, unit in enumerate(units)}
    return [_note(view, sorted(group, key=lambda unit: order[unit.id]), side)
            for (_, side), group in list(held.items())[:_MOST_NOTES]]


def _side(row: Exposure) -> str:
    assert row.interval is not None
    return "inside" if (row.interval.best or 0) <= 0 else "outside"


def _note(view: _View, units: Sequence[Unit], side: str) -> str:
    rows = [view.rows[unit.id][0] for unit in units]
    verb = "stands" if len(units) == 1 else "stand"
    if side == "inside":
        edge = min(abs(value) for value in _best(rows)) < _EDGE_M
        return (f"{named(units)} {verb} inside the {view.layer.noun}"
                f"{', at its edge' if edge else ''}{_labels(rows)}")
    if side == "outside":
        edge = max(_best(rows)) < _EDGE_M
        return (f"{named(units)} {verb} {_range(_best(rows))} outside the {view.layer.noun}"
                f"{', at its edge' if edge else ''}")
    name = rows[0].name or _nameless(view.layer, rows[0].object)
    past = f", {rows[0].label}" if rows[0].label and len(units) == 1 else ""
    return f"{named(units)} {verb} {_range(_best(rows))} from {name}{_error(view.layer)}{past}"


def _reason(kind: str, views: Sequence[_View], units: Sequence[Unit]) -> str:
    """Say why pairs are left open."""
    judged = [view for view in views if view.layer.measure != "count"]
    bare = [unit for unit in units if not any(view.rows[unit.id] for view in judged)]
    if len(bare) == len(units):
        return "not assessed"
    hidden = [unit for unit in units if not unit.disclosed]
    if hidden:
        return f"the building of {named(hidden)} is not disclosed"
    if bare:
        return f"not assessed for {named(bare)}"
    if any(state is None for view in judged for table in (*view.reached.values(), view.others)
           for state in table.values()):
        return "the positions and the layers' errors leave it open"
    if kind == "flood":
        return "outside what is mapped, which does not show that no flood is shared"
    return "none on the lists is shared, but the lists are not complete"
