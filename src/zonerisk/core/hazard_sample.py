"""Hazard samples: what one layer says at one site, and what a verdict must know of the layer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from zonerisk.core.geometry import Interval
from zonerisk.core.kinds import HazardKind
from zonerisk.core.model import Evidence, Grade

if TYPE_CHECKING:
    from zonerisk.core.model import Site

# What an object is called that its source does not name, before a number.
UNNAMED = "unnamed-"
# Nearer than this to an area's edge is at its edge: public points are good to no more.
EDGE_M = 200.0

_Of = TypeVar("_Of")
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


# Stands for every class of a layer that has none, or whose classes do not differ.
ANY_CLASS = "*"


@dataclass(frozen=True)
class Layer:
    """What a verdict must know of a layer to speak of it; the rest is on its card.

    By label of a class: the mean years between the events that just reach it, and the least and
    greatest intensity of what it maps or counts. A cell counts the events of its record's years.
    ``regions`` are those of the catalogue whose town's point it covers; None where it covers all.
    """

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
    return_years: Mapping[str, float] = field(default_factory=dict)
    record_years: float | None = None
    intensities: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    intensity_unit: str | None = None
    shared_from: float | None = None
    unit: str = ""
    regions: frozenset[str] | None = None

    @property
    def judges(self) -> bool:
        """False for what is told alone: statements, and counts and cells without a level to share."""
        return self.measure in ("area", "near", "axis") or self.shared_from is not None

    def reaches(self, region_id: str) -> bool:
        """Return whether it covers the point of a region's town, whatever is known of the region's sites."""
        return self.regions is None or region_id in self.regions

    @property
    def frequent(self) -> bool:
        """True where it tells how often its hazard strikes."""
        return self.judges and bool(self.return_years if self.measure == "area" else self.record_years)

    def rate_per_year(self, rows: Sequence[HazardSample]) -> Interval | None:
        """Return how often an event reaches all the places of some rows; None if it is not known.

        Inside the area of a return period, one comes at least so often; where classes differ, the
        rarest is the one that reaches all. What a cell holds comes so often at each place, and at most
        so often at all of them. Of storms that are counted, the least count of all the places is the
        best estimate.
        """
        if self.measure == "cell" and self.return_years:
            return Interval(0.0, None, 1 / self.return_years[ANY_CLASS])
        if self.measure == "area":
            years = [_of_class(self.return_years, row.label) for row in rows]
            return None if None in years else Interval(1 / max(filter(None, years)), None, None)
        spans = [row.interval for row in rows if row.interval]
        if self.measure not in ("cell", "count") or not self.record_years or not spans:
            return None
        per_year = 1 / self.record_years
        return _hull(spans, min(bests(rows), default=None)).scaled(per_year, per_year, per_year)

    def intensity(self, rows: Sequence[HazardSample]) -> Interval | None:
        """Return how strong it is at the places of some rows, from the weakest to the strongest."""
        # The label of a cell repeats its counts and names no class.
        labels = [ANY_CLASS if self.measure in ("cell", "count") else row.label for row in rows]
        classes = [_of_class(self.intensities, label) for label in labels]
        spans = [
            row.intensity or (Interval(ends[0], None, ends[1]) if ends else None)
            for row, ends in zip(rows, classes, strict=True)
        ]
        return None if None in spans else _hull([span for span in spans if span], None)


@dataclass(frozen=True)
class HazardSample:
    """One site and one object of a layer, or the reason why nothing is known.

    Attributes
    ----------
    interval
        Metres to the object (to an area's edge, negative inside it), or a count: over the whole disc
        of the site, the layer's stated error included. None if nothing is known, and for a statement.
    object
        Stable id within the layer; empty where there is none in reach, and the interval then only
        says how far away any is at least. Of a statement, the class that the place is in, where
        places of one class may share an event.
    name, label
        How a sentence calls the object, and what else the layer says of the place: a depth class, a
        number of storms; or the statement itself.
    intensity
        How strong it is over the site's disc, where that differs from place to place and not by class
        alone: depths that a raster gives.
    """

    layer: Layer
    site: str
    interval: Interval | None
    object: str = ""
    name: str = ""
    label: str = ""
    reason: NoData | None = None
    intensity: Interval | None = None

    @property
    def best(self) -> float | None:
        """The best figure, if there is one."""
        return self.interval.best if self.interval else None

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
        best = self.best or 0
        return "inside" if best <= 0 else "edge" if best < EDGE_M else "outside"


HazardSamples = Mapping[str, Sequence[HazardSample]]
"""What every layer says at a site, by the site's id."""


def _of_class(table: Mapping[str, _Of], label: str) -> _Of | None:
    return table.get(label, table.get(ANY_CLASS))


def _hull(spans: Sequence[Interval], best: float | None) -> Interval:
    """Return the interval that holds some others."""
    highs = [span.high for span in spans]
    return Interval(
        min(span.low for span in spans), best, None if None in highs else max(filter(None, highs), default=0)
    )


def bests(rows: Iterable[HazardSample]) -> list[float]:
    """Return the best figures that samples have."""
    return [row.best for row in rows if row.best is not None]


def nearness(row: HazardSample) -> tuple[bool, float, str]:
    """Order samples by their best distance."""
    return row.best is None, row.best or 0.0, row.object


class Source(Protocol):
    """Whatever can say what the layers say at a site."""

    def of(self, site: Site) -> tuple[HazardSample, ...]:
        """Return what every layer says at a site."""

    @property
    def layers(self) -> Sequence[Layer]:
        """Every layer that it holds."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """Hash of each layer's data, where it is not the catalogue's own."""


def missing(layer: Layer, site: str, reason: NoData) -> HazardSample:
    """Return that nothing is known, and why."""
    return HazardSample(layer, site, None, reason=reason)


def layer_of(head: Mapping[str, Any]) -> Layer:
    """Return what a verdict needs from the first line of a sample file."""
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
    known = {name: head[name] for name in Layer.__dataclass_fields__ if name in head}
    for name in ("error_m", "list_radius_m", "max_uncertainty_m"):
        known[name] = float(head[name])
    known["boxes"] = tuple((float(w), float(s), float(e), float(n)) for w, s, e, n in head["boxes"])
    known["regions"] = None if head.get("regions") is None else frozenset(head["regions"])
    return Layer(id=head["layer"], evidence=evidence, **known)


def unanswerable(layer: Layer, position: Place | None) -> NoData | None:
    """Return the reason why a layer can say nothing of a position, whatever its files hold."""
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
    """Return that no object lies in reach: any is at least so far away."""
    least = max(0.0, reach_m - radius_m - layer.error_m)
    return HazardSample(layer, site, Interval(math.floor(least), None, None))
