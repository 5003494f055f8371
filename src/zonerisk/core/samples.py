"""Samples: what was derived at places, of hazards from layers and of power supply from the grid."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from zonerisk.core.geometry import Interval
from zonerisk.core.kinds import HazardKind
from zonerisk.core.model import Evidence, Grade, Position, Site

# What an object is called that its source does not name, before a number.
UNNAMED = "unnamed-"
# Nearer than this to an area's edge is at its edge: public points are good to no more.
EDGE_M = 200.0
# Stands for every class of a layer that has none, or whose classes do not differ.
ANY_CLASS = "*"
# From here up a station is part of the transmission grid, and known all over Europe.
TRANSMISSION_KV = 220.0
# A station is a yard some hundred metres across; its point is anywhere in it.
YARD_M = 100.0
# A site with as many stations that could be the nearest has none worth naming.
MOST = 30

_Of = TypeVar("_Of")
NoData = Literal["outside_coverage", "not_sampled", "position_too_uncertain", "source_failed"]
Circle = tuple[float, float, float]
"""Latitude, longitude and radius in metres: where a site stood when its figures were derived."""
Line = tuple[str, ...]
"""Stations from a start to what stands above it; one alone where they are the same."""


class Disc(NamedTuple):
    """Where a site may stand: its id, degrees, and the radius in metres."""

    site: str
    lat: float
    lon: float
    uncertainty_m: float


Place = Position | Disc
"""Anything with a disc."""


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
            years = [self.return_years.get(row.label, self.return_years.get(ANY_CLASS)) for row in rows]
            return None if None in years else Interval(1 / max(filter(None, years)), None, None)
        spans = [row.interval for row in rows if row.interval]
        if self.measure not in ("cell", "count") or not self.record_years or not spans:
            return None
        per_year = 1 / self.record_years
        return _hull(spans, min(bests(rows), default=None)).scaled(per_year, per_year, per_year)

    def intensity(self, rows: Sequence[HazardSample]) -> Interval | None:
        """Return how strong it is at the places of some rows, from the weakest to the strongest."""
        spans = []
        for row in rows:
            # The label of a cell repeats its counts and names no class.
            named = self.intensities.get(row.label) if self.measure not in ("cell", "count") else None
            ends = named or self.intensities.get(ANY_CLASS)
            if span := row.intensity or (ends and Interval(ends[0], None, ends[1])):
                spans.append(span)
        return _hull(spans, None) if len(spans) == len(rows) else None


class HazardSample(NamedTuple):
    """One site and one object of a layer, or the reason why nothing is known.

    ``interval`` is metres to the object (to an area's edge, negative inside it), or a count: over the
    whole disc, the layer's error included; None if nothing is known, and for a statement. ``object`` is
    its id, empty where there is none in reach: any is at least so far away. Of a statement it is the class
    of places that may share an event. ``intensity`` is how strong it is over the disc, where that differs
    from place to place.
    """

    layer: Layer
    site: str
    interval: Interval | None = None
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
        if self.interval is None:
            return None
        return self.interval.at_most(0.0) if self.object else False

    @property
    def side(self) -> Literal["inside", "edge", "outside"]:
        """For an area: on which side of its edge the site stands at best."""
        best = self.best or 0
        return "inside" if best <= 0 else "edge" if best < EDGE_M else "outside"


HazardSamples = Mapping[str, Sequence[HazardSample]]
"""What every layer says at a site, by the site's id."""


def _hull(spans: Sequence[Interval], best: float | None) -> Interval:
    """Return the interval that holds some others."""
    highs = [math.inf if span.high is None else span.high for span in spans]
    return Interval(min(span.low for span in spans), best, None if math.inf in highs else max(highs))


def bests(rows: Iterable[HazardSample]) -> list[float]:
    """Return the best figures that samples have."""
    return [row.interval.best for row in rows if row.interval and row.interval.best is not None]


def nearness(row: HazardSample) -> tuple[bool, float, str]:
    """Order samples by their best distance."""
    return row.best is None, row.best or 0.0, row.object


class Source(Protocol):
    """What can say what layers say at a site: its layers, and the hash of each that is not shipped."""

    @property
    def layers(self) -> Sequence[Layer]: ...  # noqa: D102

    @property
    def hashes(self) -> Mapping[str, str]: ...  # noqa: D102

    def of(self, site: Site, kind: str | None = None) -> tuple[HazardSample, ...]:
        """Return what every layer says at a site, or those of one kind."""


def layer_of(head: Mapping[str, Any]) -> Layer:
    """Return what a verdict needs from the first line of a sample file."""
    kinds: dict[Any, Any] = {("official", "A"): "authority", ("history", "C"): "history"}
    cited = {name: head[name] for name in ("title", "url", "read", "claim")}
    evidence = Evidence(kind=kinds.get((head["basis"], head["grade"]), "layer"), **cited)
    known = {name: head[name] for name in Layer.__dataclass_fields__ if name in head}
    known |= {name: float(head[name]) for name in ("error_m", "list_radius_m", "max_uncertainty_m")}
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
    doubt, step = radius_m + error_m, 10 if error_m >= 100 else 1
    low = distance - doubt if layer.measure == "area" else max(0.0, distance - doubt)
    ends = math.floor(low / step), round(distance / step), math.ceil((distance + doubt) / step)
    return Interval(*(end * step for end in ends))


def beyond(layer: Layer, site: str, radius_m: float, reach_m: float) -> HazardSample:
    """Return that no object lies in reach: any is at least so far away."""
    least = max(0.0, reach_m - radius_m - layer.error_m)
    return HazardSample(layer, site, Interval(math.floor(least), None, None))


class Near(NamedTuple):
    """A station near a site; kv is None where its source does not know the voltage."""

    station: str
    name: str
    kv: float | None
    distance_m: float

    @property
    def label(self) -> str:
        """Name and voltage: ``CHEVILLY 225 kV``."""
        return f"{self.name} {self.kv:g} kV" if self.kv else f"{self.name} (voltage not known)"


class Area(NamedTuple):
    """Grid and synchronous area of a site; empty where not known."""

    grid: str
    synchronous: str


class Upstream(NamedTuple):
    """A backbone station above another: circuits on the shortest way, and the stations between, upwards."""

    station: str
    hops: int
    via: tuple[str, ...]


class Neighbourhood(NamedTuple):
    """Stations around a site, nearest first, and the source that maps them."""

    near: tuple[Near, ...]
    uncertainty_m: float
    source: str

    @property
    def transmission(self) -> tuple[Near, ...]:
        """Those of 220 kV and over, or of a voltage that the source does not know."""
        return tuple(near for near in self.near if near.kv is None or near.kv >= TRANSMISSION_KV)

    @property
    def telling(self) -> tuple[Near, ...]:
        """A nearer station of lower voltage, if there is one, and three of transmission."""
        large = self.transmission
        return (*[near for near in self.near if near not in large][:1], *large[:3])

    @property
    def open(self) -> int:
        """Count the transmission stations that could be the nearest from within the disc."""
        return could_be_nearest([near.distance_m for near in self.transmission], self.uncertainty_m)

    @property
    def candidates(self) -> tuple[Near, ...]:
        """Transmission stations that could be the nearest; none where too many, or one of unknown voltage."""
        nearest = self.transmission[: self.open]
        return nearest if len(nearest) < MOST and all(near.kv for near in nearest) else ()


def could_be_nearest(distances_m: Sequence[float], uncertainty_m: float) -> int:
    """Count the stations of a sorted list that could be the nearest from within a disc."""
    slack = 2 * (uncertainty_m + YARD_M)
    return sum(distance_m - distances_m[0] <= slack for distance_m in distances_m)


class Sample(NamedTuple):
    """All that ships of the power supply: by site, by station, and each file's source by its name."""

    around: Mapping[str, tuple[Circle, Neighbourhood]] = {}
    areas: Mapping[str, tuple[Circle, Area]] = {}
    upstream: Mapping[str, tuple[Upstream, ...]] = {}
    names: Mapping[str, Near] = {}
    sources: Mapping[str, Evidence] = {}

    def neighbourhood(self, site: Site) -> Neighbourhood | None:
        """Return the stations around a site, as far as its disc allows; None where none were derived."""
        around, at = _derived(self.around, site), site.position
        return around._replace(uncertainty_m=at.uncertainty_m) if around and at else None

    def stale(self, site: Site) -> bool:
        """Return whether something was derived for the site where it stands no more."""
        derived = [(table, _derived(table, site)) for table in (self.around, self.areas)]
        return any(site.id in table and figures is None for table, figures in derived)

    def area(self, site: Site) -> Area:
        """Return a site's grid and synchronous area; empty names where not known."""
        return _derived(self.areas, site) or Area("", "")

    def label(self, station: str) -> str:
        """Return a station's name and voltage; its id where none is known."""
        return self.names[station].label if station in self.names else station

    def cite(self, *keys: str) -> tuple[Evidence, ...]:
        """Return the sources of files, by their names."""
        return tuple(self.sources[key] for key in keys if key in self.sources)


def _derived(table: Mapping[str, tuple[Circle, _Of]], site: Site) -> _Of | None:
    """Return what was derived at a site; old figures do not speak for a new place."""
    at, (disc, figures) = site.position, table.get(site.id, ((0.0, 0.0, 0.0), None))
    return figures if at and (at.lat, at.lon) == disc[:2] and at.uncertainty_m <= disc[2] else None


class Chain(NamedTuple):
    """The ways from a domain's site up to a station that, as far as known, is so many circuits above it.

    They begin at stations, each with its name in ``start`` and its distance; a stated feed has none.
    """

    domain: str
    site: str
    top: str
    hops: int
    start: tuple[str, ...]
    stations: tuple[str, ...]
    distances_m: tuple[float, ...]
    grade: Grade
    evidence: tuple[Evidence, ...]

    def lines(self, sample: Sample) -> Iterator[Line]:
        """Yield the stations on a shortest way from each start; others may exist."""
        for station in self.stations:
            via = (way.via for way in sample.upstream.get(station, ()) if way.station == self.top)
            yield (station,) if station == self.top else (station, *next(via, ()), self.top)


class Spot(NamedTuple):
    """A station as a map shows it: what it is called, and where OpenStreetMap has it, if it has."""

    label: str
    osm: str
    at: tuple[float, float] | None


class Chart(NamedTuple):
    """What a map needs beyond the sample; circuits by the sorted pair of stations they join."""

    spots: Mapping[str, Spot] = {}
    circuits: Mapping[tuple[str, str], tuple[str, ...]] = {}
