"""Mapped hazards: what units share by the layers sampled at their sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from zonerisk.core.geometry import nearest_m, within
from zonerisk.core.kinds import KINDS
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.cause import RiskGroups, named, risk
from zonerisk.judging.reach import views
from zonerisk.words.telling import UNNAMED, best_of, notes, reason, rows_of, say_counts, say_km, say_shared

if TYPE_CHECKING:
    from zonerisk.core.geometry import Interval
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import FailureDomain, Pair
    from zonerisk.judging.reach import HazardSamples, View


def assess(
    kind: str, units: Sequence[FailureDomain], exposures: HazardSamples, limit_km: float | None
) -> RiskGroups:
    """Find which units share a mapped object of one kind.

    Parameters
    ----------
    kind
        One of :data:`zonerisk.core.kinds.HAZARDS`.
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
    open_: set[Pair] = set()
    for view in seen:
        if view.layer.measure == "cell":
            risks += _storms(kind, view, units, limit_m)
        elif view.layer.measure != "count":
            risks += _shared(kind, view, units, limit_m)
        apart |= _apart(view, units)
        open_ |= _open(view, units)
    # What one layer rules out, another may hold to be possible.
    apart -= open_
    reach_m = _reach_m(kind, seen, limit_m)
    if reach_m is not None:
        apart |= {(a.id, b.id) for a, b in pairs(units) if _farther(a, b, reach_m)}
    told = {(member, found.id) for found in risks for member in found.members}
    said = tuple(note for view in seen for note in notes(kind, view, units, told, limit_m))
    # A pass rests on the layers too, though they had nothing to tell.
    cited = tuple(view.layer.evidence for view in seen)
    return RiskGroups(kind, tuple(risks), frozenset(apart), reason(kind, seen, units), said, cited)


def _shared(kind: str, view: View, units: Sequence[FailureDomain], limit_m: float | None) -> list[SharedRisk]:
    keys = {key for table in view.reached.values() for key in table}
    found = []
    for key in sorted(keys, key=lambda key: (min(best_of(rows_of(view, units, key)), default=0), key)):
        hit = [unit for unit in units if view.of(unit.id, key)]
        if len(hit) > 1:
            message = f"{named(hit)} {say_shared(view, hit, key, limit_m)}"
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


def _storms(kind: str, view: View, units: Sequence[FailureDomain], limit_m: float | None) -> list[SharedRisk]:
    """Join the units that hurricane-force storms have reached and that one storm spans."""
    if limit_m is None:
        return []
    hit = [unit for unit in units if any(view.reached[unit.id].values())]
    found = []
    for group in together(hit, lambda a, b: _span(a, b).at_most(limit_m)):
        ids = "+".join(unit.id.rpartition("/")[2] for unit in group)
        message = (
            f"{named(group)} stand within {say_km(limit_m)} of each other; "
            f"{view.layer.quantity}: {say_counts(view, group)}"
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
    units: Sequence[FailureDomain], close: Callable[[FailureDomain, FailureDomain], bool | None]
) -> Sequence[Sequence[FailureDomain]]:
    """Group units that are close to each other: all in one where all are, else in pairs."""
    found = [pair for pair in pairs(units) if close(*pair)]
    return [units] if found and len(found) == len(pairs(units)) else found


def _span(a: FailureDomain, b: FailureDomain) -> Interval:
    return nearest_m(a.positions, b.positions)


def _farther(a: FailureDomain, b: FailureDomain, limit_m: float) -> bool:
    """Tell cheaply whether two units surely stand farther apart than a limit."""
    return bool(a.positions and b.positions) and not any(
        within(ours, theirs, limit_m) for ours in a.positions for theirs in b.positions
    )


def _reach_m(kind: str, seen: Sequence[View], limit_m: float | None) -> float | None:
    """Give the distance beyond which no object of a kind reaches two units."""
    if limit_m is None:
        return None
    extent_m = KINDS[kind].extent_m
    if extent_m is not None:
        return 2 * limit_m + extent_m
    return limit_m if any(view.layer.measure == "cell" for view in seen) else None


def _open(view: View, units: Sequence[FailureDomain]) -> set[Pair]:
    """Find pairs that may share an object which the layer names for one of them."""
    if view.layer.measure == "count":
        return set()
    return {
        (a.id, b.id)
        for a, b in pairs(units)
        if any(
            view.of(a.id, key) is not False and view.of(b.id, key) is not False
            for key in {*view.reached[a.id], *view.reached[b.id]}
        )
    }


def _apart(view: View, units: Sequence[FailureDomain]) -> set[Pair]:
    """Find pairs that surely share no object of a layer that lists them all."""
    if not view.layer.complete or view.layer.measure == "count":
        return set()
    found = set()
    for a, b in pairs(units):
        keys = {*view.reached[a.id], *view.reached[b.id]}
        named_apart = all(view.of(a.id, key) is False or view.of(b.id, key) is False for key in keys)
        others = view.others[a.id] is False or view.others[b.id] is False
        nameless = all(
            any(view.of(unit.id, key) is not False for key in keys if key.startswith(UNNAMED))
            for unit in (a, b)
        )
        if named_apart and others and not nameless:
            found.add((a.id, b.id))
    return found
