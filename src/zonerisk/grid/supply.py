"""What was derived of the power supply at the catalogue's sites: a sample, not the grid."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.core.model import Evidence

if TYPE_CHECKING:
    from zonerisk.core.model import Site

TRANSMISSION_KV = 220.0
"""From here up a station is part of the transmission grid, and known all over Europe."""
# A station is a yard some hundred metres across; its point is anywhere in it.
YARD_M = 100.0
MOST = 30
"""A site with as many stations that could be the nearest has none worth naming."""

FOLDER = "feeds"
SOURCES, UPSTREAMS, AREAS = "sources.json", "upstreams.csv", "areas.csv"
# Read for maps alone: no verdict rests on where a station stands.
POSITIONS, CIRCUITS = "map/positions.csv", "map/circuits.csv"
# RTE's codes were joined to OpenStreetMap's objects within this distance of RTE's own points.
TIED_M = 600.0
_NUMBERS = {"lat", "lon", "uncertainty_m", "distance_m", "kv", "hops"}
_AGAIN = "write it again with: python scripts/feeds.py derive"
STATION_COLUMNS = ("site", "lat", "lon", "uncertainty_m", "station", "name", "kv", "distance_m")
UPSTREAM_COLUMNS = ("station", "upstream", "hops", "via", "name", "kv")
POSITION_COLUMNS = ("station", "name", "kv", "osm", "lat", "lon")
CIRCUIT_COLUMNS = ("a", "b", "codes")
AREA_COLUMNS = ("site", "lat", "lon", "uncertainty_m", "grid_area", "synchronous_area")


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
    """A backbone station that is reached from a station by circuits.

    Attributes
    ----------
    hops
        Circuits on the shortest way.
    via
        Stations between, from the lower one.
    """

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
        return tuple(one for one in self.near if one.kv is None or one.kv >= TRANSMISSION_KV)

    @property
    def telling(self) -> tuple[Near, ...]:
        """A nearer station of lower voltage, if there is one, and three of transmission."""
        large = self.transmission
        return (*[near for near in self.near if near not in large][:1], *large[:3])

    @property
    def open(self) -> int:
        """Count the transmission stations that could be the nearest from within the disc."""
        return could_be_nearest([one.distance_m for one in self.transmission], self.uncertainty_m)

    @property
    def candidates(self) -> tuple[Near, ...]:
        """Transmission stations that could be the nearest.

        None where they are too many, or where one is of unknown voltage: it may be no
        transmission station, and another the nearest.
        """
        found = self.transmission[: self.open]
        return found if len(found) < MOST and all(one.kv for one in found) else ()


def could_be_nearest(distances_m: Sequence[float], uncertainty_m: float) -> int:
    """Count the stations of a sorted list that could be the nearest from within a disc."""
    slack = 2 * (uncertainty_m + YARD_M)
    return sum(one - distances_m[0] <= slack for one in distances_m)


_Place = tuple[float, float, float]


@dataclass(frozen=True)
class Sample:
    """All that ships of the power supply.

    Attributes
    ----------
    around, areas
        By site id, each with the disc it was derived at.
    upstream
        Backbone stations above a station, by its id.
    names
        Name and voltage of every station here, by its id.
    sources
        Where each file's figures come from.
    """

    around: Mapping[str, tuple[_Place, Neighbourhood]] = field(default_factory=dict)
    areas: Mapping[str, tuple[_Place, Area]] = field(default_factory=dict)
    upstream: Mapping[str, tuple[Upstream, ...]] = field(default_factory=dict)
    names: Mapping[str, Near] = field(default_factory=dict)
    sources: Mapping[str, Evidence] = field(default_factory=dict)

    def neighbourhood(self, site: Site) -> Neighbourhood | None:
        """Give the stations around a site, as far as its disc allows.

        None where none were derived, or where the record's disc has left the one that
        they were derived at: old figures must not speak for a new place.
        """
        found = self.around.get(site.id)
        if found is None or not _holds(site, found[0]):
            return None
        assert site.position is not None
        return Neighbourhood(found[1].near, site.position.uncertainty_m, found[1].source)

    def area(self, site: Site) -> Area:
        """Give a site's grid and synchronous area; empty names where not known."""
        found = self.areas.get(site.id)
        return found[1] if found and _holds(site, found[0]) else Area("", "")

    def cite(self, *keys: str) -> tuple[Evidence, ...]:
        """Give the sources of files, by their names."""
        return tuple(self.sources[key] for key in keys if key in self.sources)


EMPTY = Sample()


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


def _holds(site: Site, place: _Place) -> bool:
    at = site.position
    return at is not None and (at.lat, at.lon) == place[:2] and at.uncertainty_m <= place[2]


def read(files: Mapping[str, Path]) -> Sample:
    """Read the sample from the files of data folders, by their names.

    Raises
    ------
    DataError
        If a file does not have the columns or numbers that ``scripts/feeds.py derive`` writes.
    """
    around: dict[str, tuple[_Place, Neighbourhood]] = {}
    names: dict[str, Near] = {}
    for name, path in files.items():
        if name.startswith("stations-") and name.endswith(".csv"):
            stations = _stations(path)
            around.update(stations)
            names.update({one.station: one for _, near in stations.values() for one in near.near})
    areas = {row[0]: (_place(row), Area(row[4], row[5])) for row in _rows(files.get(AREAS), AREA_COLUMNS)}
    above: dict[str, list[Upstream]] = {}
    for row in _rows(files.get(UPSTREAMS), UPSTREAM_COLUMNS):
        via = tuple(row[3].split(";")) if row[3] else ()
        above.setdefault(row[0], []).append(Upstream(row[1], int(float(row[2])), via))
        names[row[1]] = Near(row[1], row[4], float(row[5]), 0.0)
    upstream = {station: tuple(tops) for station, tops in above.items()}
    sources = _sources(files[SOURCES]) if SOURCES in files else {}
    return Sample(around, areas, upstream, names, sources)


def chart(files: Mapping[str, Path]) -> Chart:
    """Read where stations stand and which circuits join them; no verdict needs it.

    Raises
    ------
    DataError
        As :func:`read`.
    """
    spots: dict[str, Spot] = {}
    for key, name, kv, osm, lat, lon in _rows(files.get(POSITIONS), POSITION_COLUMNS):
        at = (float(lat), float(lon)) if lat and lon else None
        spots[key] = Spot(labelled(name, float(kv) if kv else None), osm, at)
    rows = _rows(files.get(CIRCUITS), CIRCUIT_COLUMNS)
    return Chart(spots, {(min(a, b), max(a, b)): tuple(codes.split(";")) for a, b, codes in rows})


def _sources(path: Path) -> dict[str, Evidence]:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
        return {
            key: Evidence(
                kind="layer",
                title=row["title"],
                url=row["url"],
                read=row["as_of"],
                claim=row["claim"],
            )
            for key, row in tree.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path.name}: {error}; {_AGAIN}") from None


def _stations(path: Path) -> dict[str, tuple[_Place, Neighbourhood]]:
    near: dict[str, list[Near]] = {}
    places: dict[str, _Place] = {}
    for row in _rows(path, STATION_COLUMNS):
        places[row[0]] = _place(row)
        kv = float(row[6]) if row[6] else None
        near.setdefault(row[0], []).append(Near(row[4], row[5], kv, float(row[7])))
    return {
        site: (places[site], Neighbourhood(tuple(found), places[site][2], path.stem))
        for site, found in near.items()
    }


def _place(row: list[str]) -> _Place:
    return float(row[1]), float(row[2]), float(row[3])


def _rows(path: Path | None, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Read the rows of one file; none if it is not there."""
    if path is None:
        return
    line = 1
    numbers = [index for index, column in enumerate(columns) if column in _NUMBERS]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            if tuple(next(reader, ())) != columns:
                raise DataError(f"{path.name}:1: the columns are {', '.join(columns)}; {_AGAIN}")
            for row in reader:
                line = reader.line_num
                if len(row) != len(columns):
                    raise DataError(f"{path.name}:{line}: {len(row)} of {len(columns)} columns; {_AGAIN}")
                for index in numbers:
                    if row[index] and not math.isfinite(float(row[index])):
                        raise ValueError(f"{columns[index]} is {row[index]}")
                yield row
    except DataError:
        raise
    except (OSError, csv.Error, ValueError) as error:
        raise DataError(f"{path.name}:{line}: {error}; {_AGAIN}") from None
