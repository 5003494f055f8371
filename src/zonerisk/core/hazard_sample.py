"""Exposures: what each layer says at each site, and the shipped figures that say it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from zonerisk.core.interval import Interval
from zonerisk.core.kinds import HazardKind
from zonerisk.core.model import Evidence, Grade

if TYPE_CHECKING:
    from zonerisk.core.model import Site

# What an object is called that its source does not name, before a number.
UNNAMED = "unnamed-"
# Nearer than this to an area's edge is at its edge: public points are good to no more.
EDGE_M = 200.0

NoData = Literal["outside_coverage", "not_sampled", "position_too_uncertain", "source_failed"]


class Place(Protocol):
    """Anything with a disc: a position of the catalogue, a place to sample."""

    @property
    def lat(self) -> float:
        """Latitude, degrees."""

    @property
    def lon(self) -> float:
        """Longitude, degrees."""

    @property
    def uncertainty_m(self) -> float:
        """Radius of its disc, metres."""


@dataclass(frozen=True)
class Layer:
    """What a verdict must know of a layer to speak of it; the rest is on its card."""

    id: str
    kind: HazardKind
    measure: str
    noun: str
    grade: Grade
    basis: str
    complete: bool
    error_m: float
    list_radius_m: float
    max_uncertainty_m: float
    boxes: tuple[tuple[float, float, float, float], ...]
    quantity: str
    vintage: str
    evidence: Evidence


@dataclass(frozen=True)
class HazardSample:
    """One site and one object of a layer, or the reason why nothing is known.

    Attributes
    ----------
    layer
        The layer that says so.
    site
        Canonical id.
    interval
        In the layer's unit: metres to the object (to an area's edge, negative inside it),
        or a count. Over the whole disc of the site, the layer's stated error included.
        None if nothing is known, and for a statement, which measures nothing.
    object
        Stable id of the object within the layer; empty where there is none in reach, and
        the interval then only says how far away any is at least. Of a statement, the class
        that the place is in, where places of one class may share an event.
    name
        How a sentence calls the object.
    label
        What else the layer says of the place: a depth class, a number of storms; or the
        statement itself.
    reason
        Why nothing is known.
    """

    layer: Layer
    site: str
    interval: Interval | None
    object: str = ""
    name: str = ""
    label: str = ""
    reason: NoData | None = None

    @property
    def inside(self) -> bool | None:
        """For an area: whether the whole disc is inside; None if a part may be either."""
        if self.interval is None or not self.object:
            return None if self.interval is None else False
        if self.interval.high is not None and self.interval.high <= 0:
            return True
        return False if self.interval.low > 0 else None

    @property
    def side(self) -> Literal["inside", "edge", "outside"]:
        """For an area: on which side of its edge the site stands at best."""
        best = (self.interval.best if self.interval else None) or 0
        return "inside" if best <= 0 else "edge" if best < EDGE_M else "outside"


HazardSamples = Mapping[str, Sequence[HazardSample]]
"""What every layer says at a site, by the site's id."""


def bests(rows: Iterable[HazardSample]) -> list[float]:
    """Return the best figures that samples have."""
    return [row.interval.best for row in rows if row.interval and row.interval.best is not None]


def nearness(row: HazardSample) -> tuple[bool, float, str]:
    """Order samples by their best distance."""
    best = row.interval.best if row.interval else None
    return best is None, best or 0.0, row.object


class Source(Protocol):
    """Whatever can say what the layers say at a site."""

    def of(self, site: Site) -> tuple[HazardSample, ...]:
        """Give what every layer says at a site."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """Hash of each layer's data, where it is not the catalogue's own."""


def missing(layer: Layer, site: str, reason: NoData) -> HazardSample:
    """Say that nothing is known, and why."""
    return HazardSample(layer, site, None, reason=reason)


def layer_of(head: Mapping[str, Any]) -> Layer:
    """Take what a verdict needs from the first line of a sample file."""
    kinds: dict[tuple[str, str], Literal["authority", "layer", "history"]] = {
        ("official", "A"): "authority",
        ("history", "C"): "history",
    }
    evidence = Evidence(
        kind=kinds.get((head["basis"], head["grade"]), "layer"),
        title=head["title"],
        url=head["url"],
        read=head["read"],
        claim=head["claim"],
    )
    return Layer(
        head["layer"],
        head["kind"],
        head["measure"],
        head["noun"],
        head["grade"],
        head["basis"],
        head["complete"],
        float(head["error_m"]),
        float(head["list_radius_m"]),
        float(head["max_uncertainty_m"]),
        tuple(tuple(box) for box in head["boxes"]),
        head["quantity"],
        head["vintage"],
        evidence,
    )


def unanswerable(layer: Layer, position: Place | None) -> NoData | None:
    """Give the reason why a layer can say nothing of a position, whatever its files hold."""
    if position is None:
        return "position_too_uncertain"
    if layer.boxes and not any(
        west <= position.lon <= east and south <= position.lat <= north
        for west, south, east, north in layer.boxes
    ):
        return "outside_coverage"
    return "position_too_uncertain" if position.uncertainty_m > layer.max_uncertainty_m else None


def widened(layer: Layer, radius_m: float, distance: float, error_m: float) -> Interval:
    """Spread a distance over a site's disc and a layer's error.

    Written to the metre, or to ten where the error is a hundred or more. Only a distance to
    an area's edge may be negative: inside it.
    """
    doubt = radius_m + error_m
    low = distance - doubt if layer.measure == "area" else max(0.0, distance - doubt)
    step = 10 if error_m >= 100 else 1
    return Interval(
        math.floor(low / step) * step,
        round(distance / step) * step,
        math.ceil((distance + doubt) / step) * step,
    )


def beyond(layer: Layer, site: str, radius_m: float, reach_m: float) -> HazardSample:
    """Say that no object lies in reach: any is at least so far away."""
    least = max(0.0, reach_m - radius_m - layer.error_m)
    return HazardSample(layer, site, Interval(math.floor(least), None, None))
