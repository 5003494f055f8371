"""Reach: how units stand to the objects of one layer, surely near, surely far, or either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import HazardSample, Layer
    from zonerisk.judging.arrangement import FailureDomain

HazardSamples = Mapping[str, Sequence["HazardSample"]]
"""What every layer says at a site, by the site's id."""


@dataclass(frozen=True)
class View:
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
    rows: Mapping[str, Sequence[HazardSample]]

    def of(self, unit: str, key: str) -> bool | None:
        """Tell whether a unit is in reach of an object."""
        return self.reached[unit].get(key, self.others[unit])

    @property
    def assessed(self) -> bool:
        """True if the layer says anything at any site."""
        return any(row.interval for rows in self.rows.values() for row in rows)


def views(
    kind: str, units: Sequence[FailureDomain], exposures: HazardSamples, limit_m: float | None
) -> list[View]:
    """See every layer of a kind that says anything at the units' sites.

    Parameters
    ----------
    kind
        The kind of hazard.
    units
        What is compared.
    exposures
        What the layers say.
    limit_m
        The policy's distance, metres.
    """
    layers: dict[str, Layer] = {}
    for unit in units:
        for site in (*unit.sites, *unit.possible):
            for row in exposures.get(site.id, ()):
                if row.layer.kind == kind and row.layer.measure != "stated":
                    layers[row.layer.id] = row.layer
    found = []
    for key in sorted(layers):
        reached, others, rows = {}, {}, {}
        for unit in units:
            per_site = [
                [row for row in exposures.get(site.id, ()) if row.layer.id == key]
                for site in unit.sites or unit.possible
            ]
            reached[unit.id], others[unit.id] = _unit_reach(layers[key], per_site, bool(unit.sites), limit_m)
            answered = [row for site in per_site for row in site if row.interval]
            rows[unit.id] = sorted(answered, key=nearness)
        found.append(View(layers[key], reached, others, rows))
    return [view for view in found if view.assessed]


def nearness(row: HazardSample) -> tuple[bool, float, str]:
    """Order exposures by their best distance."""
    best = row.interval.best if row.interval else None
    return best is None, best or 0.0, row.object


def _unit_reach(
    layer: Layer, per_site: Sequence[Sequence[HazardSample]], sure: bool, limit_m: float | None
) -> tuple[dict[str, bool | None], bool | None]:
    """Join what is known of a unit's sites: one hit site hits the unit.

    A unit that is not disclosed stands at one of its possible sites, so all must agree.
    """
    tables, rests = [], []
    for rows in per_site:
        known = [row for row in rows if row.interval]
        tables.append({row.object: _reached(layer, row, limit_m) for row in known if row.object})
        listed = layer.measure in ("area", "cell") or (limit_m is not None and limit_m <= layer.list_radius_m)
        rests.append(False if known and listed else _beyond(known, limit_m))
    keys = {key for table in tables for key in table}
    found = {
        key: _join([table.get(key, rest) for table, rest in zip(tables, rests, strict=True)], sure)
        for key in keys
    }
    return found, _join(rests, sure)


def _beyond(known: Sequence[HazardSample], limit_m: float | None) -> bool | None:
    """Tell whether even the nearest object lies out of reach, where not all are listed."""
    lows = [row.interval.low for row in known if row.interval]
    return False if lows and limit_m is not None and min(lows) > limit_m else None


def _reached(layer: Layer, row: HazardSample, limit_m: float | None) -> bool | None:
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
