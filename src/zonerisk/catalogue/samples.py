"""Samples: what was derived at the catalogue's sites of hazards and of power supply, as it ships."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from zonerisk.catalogue.document import content
from zonerisk.core import samples
from zonerisk.core.errors import DataError, reading
from zonerisk.core.geometry import Interval
from zonerisk.core.model import Evidence, Position, Site
from zonerisk.core.samples import Chart, Circle, HazardSample, Layer, Near, Neighbourhood, Sample

_PLACE = ("lat", "lon", "uncertainty_m")
FIELDS = ("site", *_PLACE, "object", "name", "low", "best", "high", "label", "reason")
# What follows for a layer with a unit of intensity: how strong it is over the disc, least and most.
_STRENGTH = ("weakest", "strongest")

# Files of the power supply.
SUPPLY = "feeds"
SOURCES, UPSTREAMS, AREAS = "sources.json", "upstreams.csv", "areas.csv"
# Read for maps alone: no verdict rests on where a station stands.
POSITIONS, CIRCUITS = "map/positions.csv", "map/circuits.csv"
STATION_COLUMNS = ("site", *_PLACE, "station", "name", "kv", "distance_m")
UPSTREAM_COLUMNS = ("station", "upstream", "hops", "via", "name", "kv")
POSITION_COLUMNS = ("station", "name", "kv", "osm", "lat", "lon")
CIRCUIT_COLUMNS = ("a", "b", "codes")
AREA_COLUMNS = ("site", *_PLACE, "grid_area", "synchronous_area")
_NUMBERS = {*_PLACE, "distance_m", "kv", "hops"}
_AGAIN = "write it again with: python scripts/feeds.py derive"


@dataclass
class Samples:
    """Shipped figures of all layers, read only where a site is asked for; paths in the order of layers."""

    paths: tuple[Path, ...]
    # The catalogue's own hash holds its figures.
    hashes: Mapping[str, str] = field(default_factory=dict, init=False)
    _cache: dict[tuple[str, str | None], tuple[HazardSample, ...]] = field(default_factory=dict, init=False)

    @cached_property
    def files(self) -> tuple[SampleFile, ...]:
        """Every sample file."""
        return tuple(map(SampleFile, self.paths))

    @cached_property
    def _by_kind(self) -> Mapping[str, list[SampleFile]]:
        by_kind = defaultdict[str, list[SampleFile]](list)
        for file in self.files:
            by_kind[file.layer.kind].append(file)
        return by_kind

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Every layer that has figures."""
        return tuple(file.layer for file in self.files)

    def of(self, site: Site, kind: str | None = None) -> tuple[HazardSample, ...]:
        """Return what every layer says at a site, or those of one kind."""
        if (site.id, kind) not in self._cache:
            files = self.files if kind is None else self._by_kind[kind]
            rows = tuple(row for file in files for row in file.of(site.id, site.position))
            self._cache[site.id, kind] = rows
        return self._cache[site.id, kind]


class SampleFile:
    """The figures of one layer: a line of JSON, then a CSV by site, taken apart where asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(str(path), "is not a sample file; make it again: zonerisk layers sample"):
            self._text = content(path)
            head = json.loads(self._text[1 : self._text.index(b"\n")])
            self.head: Mapping[str, Any] = head
            self.layer = samples.layer_of(head)
            self._fields = FIELDS + (_STRENGTH if self.layer.intensity_unit else ())
            rows = self._text.partition(b"\n")[2]
            rows.decode("utf-8")
            if "rows" in head and head["rows"] != hashlib.sha256(rows).hexdigest():
                raise ValueError("its rows are not those that were written")

    def of(self, site: str, position: Position | None) -> tuple[HazardSample, ...]:
        """Return what the layer says at a site that stands at a position."""
        reason = samples.unanswerable(self.layer, position)
        if reason or position is None:
            return (HazardSample(self.layer, site, reason=reason or "position_too_uncertain"),)
        # What follows a comma in ASCII is the dash.
        begin, end = (bisect_left(self._lines, f"{site}{mark}".encode()) for mark in ",-")
        rows, disc = self._cells(self._lines[begin:end]), place(position)
        if not rows or any((row[1], row[2], row[3]) != disc for row in rows):
            return (HazardSample(self.layer, site, reason="not_sampled"),)
        with reading(f"{self.path}: {site}"):
            return tuple(map(self._sample, rows))

    @cached_property
    def _lines(self) -> list[bytes]:
        """Lines by their site, not yet taken apart; in whatever order a file has them, none is missed."""
        return sorted(self._text.splitlines()[2:], key=lambda line: line.partition(b",")[0])

    def rows(self) -> list[dict[str, str]]:
        """Return every line."""
        rows = self._cells(self._text.splitlines()[2:])
        return [dict(zip(self._fields, row, strict=True)) for row in rows]

    def _cells(self, lines: Iterable[bytes]) -> list[list[str]]:
        rows, most = list(csv.reader([line.decode("utf-8") for line in lines])), len(self._fields)
        for row in rows:
            if len(row) != most:
                raise DataError(
                    f"{self.path}: a line has {len(row)} fields, not {most}: {','.join(row)[:80]}"
                )
        return rows

    def _sample(self, row: Sequence[str]) -> HazardSample:
        site, _, _, _, key, name, low, best, high, label, reason, *strength = row
        if reason:
            return HazardSample(self.layer, site, reason=reason)  # type: ignore[arg-type]
        interval = Interval(float(low), _number(best), _number(high))
        weakest, strongest = map(_number, strength or ("", ""))
        intensity = None if weakest is None else Interval(weakest, None, strongest)
        return HazardSample(self.layer, site, interval, key, name, label, intensity=intensity)


def _number(text: str) -> float | None:
    return float(text) if text else None


def same_place(row: Mapping[str, str], position: Position) -> bool:
    """Return whether a line was made for the disc that a site now has."""
    return tuple(row[name] for name in _PLACE) == place(position)


def place(position: Position) -> tuple[str, str, str]:
    """Format a disc as sample files do."""
    return repr(position.lat), repr(position.lon), f"{position.uncertainty_m:g}"


def table(head: Mapping[str, Any], rows: Iterable[HazardSample], positions: Mapping[str, Position]) -> str:
    """Write a sample file, by site; no line where the layer's head alone tells that it says nothing."""
    layer, buffer = samples.layer_of(head), io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(FIELDS + (_STRENGTH if layer.intensity_unit else ()))
    for row in sorted(rows, key=lambda row: row.site):
        position = positions[row.site]
        if samples.unanswerable(layer, position):
            continue
        ends = [
            "" if end is None else f"{end:g}" if abs(end) < 1e5 else f"{end:.0f}"
            for end in row.interval or (None, None, None)
        ]
        strength = (row.intensity.low, row.intensity.high) if row.intensity else (None, None)
        cells = [row.site, *place(position), row.object, row.name, *ends, row.label, row.reason]
        writer.writerow([*cells, *(strength if layer.intensity_unit else ())])
    text = buffer.getvalue()
    # A file that lost rows would say less of a site, and so of what it is near to.
    whole = {**head, "rows": hashlib.sha256(text.encode()).hexdigest()}
    return "#" + json.dumps(whole, ensure_ascii=False, sort_keys=True) + "\n" + text


def read_supply(files: Mapping[str, Path]) -> Sample:
    """Read what was derived of the power supply, from the files of data folders by their names."""
    around: dict[str, tuple[Circle, Neighbourhood]] = {}
    names: dict[str, Near] = {}
    for path in (path for name, path in files.items() if name.startswith("stations-")):
        listed: dict[tuple[str, Circle], list[Near]] = defaultdict(list)
        for site, lat, lon, doubt, station, name, kv, metres in _rows(path, STATION_COLUMNS):
            names[station] = Near(station, name, kv, metres)
            listed[site, (lat, lon, doubt)].append(names[station])
        for (site, disc), near in listed.items():
            around[site] = disc, Neighbourhood(tuple(near), disc[2], path.stem)
    areas = {
        site: ((lat, lon, doubt), samples.Area(*names_))
        for site, lat, lon, doubt, *names_ in _rows(files.get(AREAS), AREA_COLUMNS)
    }
    upstream: dict[str, tuple[samples.Upstream, ...]] = {}
    for station, top, hops, via, name, kv in _rows(files.get(UPSTREAMS), UPSTREAM_COLUMNS):
        way = samples.Upstream(top, int(hops), tuple(via.split(";")) if via else ())
        upstream[station] = (*upstream.get(station, ()), way)
        names[top] = Near(top, name, kv, 0.0)
    sources: dict[str, Evidence] = {}
    if SOURCES in files:
        with reading(SOURCES, _AGAIN):
            for key, row in json.loads(content(files[SOURCES])).items():
                cited = {name: row[name] for name in ("title", "url", "claim")}
                sources[key] = Evidence(kind="layer", read=row["as_of"], **cited)
    return Sample(around, areas, upstream, names, sources)


def read_chart(files: Mapping[str, Path]) -> Chart:
    """Read where stations stand and which circuits join them; no verdict needs it."""
    spots = {
        key: samples.Spot(Near(key, name, kv, 0.0).label, osm, None if None in (lat, lon) else (lat, lon))
        for key, name, kv, osm, lat, lon in _rows(files.get(POSITIONS), POSITION_COLUMNS)
    }
    rows = _rows(files.get(CIRCUITS), CIRCUIT_COLUMNS)
    return Chart(spots, {(min(a, b), max(a, b)): tuple(codes.split(";")) for a, b, codes in rows})


def _rows(path: Path | None, columns: tuple[str, ...]) -> Iterator[list[Any]]:
    """Read the rows of a file of the supply, an unknown number as None; none if the file is not there."""
    if path is None:
        return
    line = 1
    numbers: dict[str, float | None] = {"": None}
    places = [index for index, column in enumerate(columns) if column in _NUMBERS]
    try:
        reader = csv.reader(io.StringIO(content(path).decode(), newline=""))
        if tuple(next(reader, ())) != columns:
            raise DataError(f"{path.name}:1: the columns are {', '.join(columns)}; {_AGAIN}")
        for row in reader:
            line = reader.line_num
            if len(row) != len(columns):
                raise DataError(f"{path.name}:{line}: {len(row)} of {len(columns)} columns; {_AGAIN}")
            cells: list[Any] = row
            for index in places:
                if (text := row[index]) not in numbers:
                    numbers[text] = float(text)
                    if not math.isfinite(numbers[text] or 0.0):
                        raise ValueError(f"{columns[index]} is {text}")
                cells[index] = numbers[text]
            yield cells
    except DataError:
        raise
    except (OSError, csv.Error, ValueError) as error:
        raise DataError(f"{path.name}:{line}: {error}; {_AGAIN}") from None
