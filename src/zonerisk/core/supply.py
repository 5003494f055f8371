"""What was derived of the power supply at the catalogue's sites: a sample, not the grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from zonerisk.core.model import Evidence, Grade, Site

TRANSMISSION_KV = 220.0
"""From here up a station is part of the transmission grid, and known all over Europe."""
# A station is a yard some hundred metres across; its point is anywhere in it.
YARD_M = 100.0
MOST = 30
"""A site with as many stations that could be the nearest has none worth naming."""

Disc = tuple[float, float, float]
"""Latitude, longitude and radius in metres: where a site stood when its figures were derived."""
Line = tuple[str, ...]
"""Stations from a start to what stands above it; one alone where they are the same."""
_Derived = TypeVar("_Derived")


def labelled(name: str, kv: float | None) -> str:
    """Write a station's name and voltage: ``CHEVILLY 225 kV``."""
    return f"{name} {kv:g} kV" if kv else f"{name} (voltage not known)"


class Near(NamedTuple):
    """A station near a site; kv is None where its source does not know the voltage."""

    station: str
    name: str
    kv: float | None
    distance_m: float

    @property
    def label(self) -> str:
        """Name and voltage: ``CHEVILLY 225 kV``."""
        return labelled(self.name, self.kv)


@dataclass(frozen=True)
class Area:
    """Grid and synchronous area of a site; empty where not known."""

    grid: str
    synchronous: str


@dataclass(frozen=True)
class Upstream:
    """A backbone station above another: circuits on the shortest way, and the stations between, upwards."""

    station: str
    hops: int
    via: tuple[str, ...]


@dataclass(frozen=True)
class Neighbourhood:
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
        """Transmission stations that could be the nearest.

        None where they are too many, or where one is of unknown voltage: it may be no
        transmission station, and another the nearest.
        """
        nearest = self.transmission[: self.open]
        return nearest if len(nearest) < MOST and all(near.kv for near in nearest) else ()


def could_be_nearest(distances_m: Sequence[float], uncertainty_m: float) -> int:
    """Count the stations of a sorted list that could be the nearest from within a disc."""
    slack = 2 * (uncertainty_m + YARD_M)
    return sum(distance_m - distances_m[0] <= slack for distance_m in distances_m)


@dataclass(frozen=True)
class Sample:
    """All that ships of the power supply: by site, by station, and each file's source by its name."""

    around: Mapping[str, tuple[Disc, Neighbourhood]] = field(default_factory=dict)
    areas: Mapping[str, tuple[Disc, Area]] = field(default_factory=dict)
    upstream: Mapping[str, tuple[Upstream, ...]] = field(default_factory=dict)
    names: Mapping[str, Near] = field(default_factory=dict)
    sources: Mapping[str, Evidence] = field(default_factory=dict)

    def neighbourhood(self, site: Site) -> Neighbourhood | None:
        """Return the stations around a site, as far as its disc allows; None where none were derived."""
        around = _derived(self.around, site)
        if around is None or site.position is None:
            return None
        return replace(around, uncertainty_m=site.position.uncertainty_m)

    def stale(self, site: Site) -> bool:
        """Return whether something was derived for the site where it stands no more."""
        around = site.id in self.around and _derived(self.around, site) is None
        return around or (site.id in self.areas and _derived(self.areas, site) is None)

    def area(self, site: Site) -> Area:
        """Return a site's grid and synchronous area; empty names where not known."""
        return _derived(self.areas, site) or Area("", "")

    def label(self, station: str) -> str:
        """Return a station's name and voltage; its id where none is known."""
        return self.names[station].label if station in self.names else station

    def cite(self, *keys: str) -> tuple[Evidence, ...]:
        """Return the sources of files, by their names."""
        return tuple(self.sources[key] for key in keys if key in self.sources)


def _derived(table: Mapping[str, tuple[Disc, _Derived]], site: Site) -> _Derived | None:
    """Return what was derived at a site, if its disc has not left the one of then.

    Old figures must not speak for a new place.
    """
    at, (disc, figures) = site.position, table.get(site.id, ((0.0, 0.0, 0.0), None))
    held = at is not None and (at.lat, at.lon) == disc[:2] and at.uncertainty_m <= disc[2]
    return figures if held else None


EMPTY = Sample()


@dataclass(frozen=True)
class Chain:
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
            ways = sample.upstream.get(station, ())
            via = next((way.via for way in ways if way.station == self.top), ())
            yield (station,) if station == self.top else (station, *via, self.top)


class Spot(NamedTuple):
    """A station as a map shows it: what it is called, and where OpenStreetMap has it, if it has."""

    label: str
    osm: str
    at: tuple[float, float] | None


@dataclass(frozen=True)
class Chart:
    """What a map needs beyond the sample; circuits by the sorted pair of stations they join."""

    spots: Mapping[str, Spot] = field(default_factory=dict)
    circuits: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
