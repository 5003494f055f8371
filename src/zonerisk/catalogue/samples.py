"""Samples: the figures of the layers at the catalogue's sites, as they ship."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import DataError
from zonerisk.core.hazard_sample import HazardSample, Layer, layer_of, missing, unanswerable
from zonerisk.core.interval import Interval

if TYPE_CHECKING:
    from zonerisk.core.model import Position, Site

_PLACE = ("lat", "lon", "uncertainty_m")
FIELDS = ("site", *_PLACE, "object", "name", "low", "best", "high", "label", "reason")
# What follows for a layer with a unit of intensity: how strong it is over the disc, least and most.
_STRENGTH = ("weakest", "strongest")


@dataclass
class Samples:
    """Shipped figures of all layers, read only where a site is asked for.

    Attributes
    ----------
    paths
        Their files, in the order of the layers' ids.
    """

    paths: tuple[Path, ...]
    _cache: dict[str, tuple[HazardSample, ...]] = field(default_factory=dict)

    @cached_property
    def files(self) -> tuple[SampleFile, ...]:
        """Every sample file."""
        return tuple(map(SampleFile, self.paths))

    @property
    def hashes(self) -> Mapping[str, str]:
        """None: the catalogue's hash holds its figures."""
        return {}

    def of(self, site: Site) -> tuple[HazardSample, ...]:
        """Return what every layer says at a site."""
        if site.id not in self._cache:
            self._cache[site.id] = tuple(
                sample for file in self.files for sample in file.of(site.id, site.position)
            )
        return self._cache[site.id]


class SampleFile:
    """The figures of one layer: a line of JSON about it, then a CSV sorted by site.

    Only the lines of the sites asked for are taken apart.

    Raises
    ------
    DataError
        If the file is not as ``zonerisk layers sample`` writes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._text = path.read_bytes()
            head = json.loads(self._text[1 : self._text.index(b"\n")])
            self.head: Mapping[str, Any] = head
            self.layer = layer_of(head)
            self._fields = _fields(self.layer)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path}: is no sample file ({error}); make it again: zonerisk layers sample"
            ) from None

    def of(self, site: str, position: Position | None) -> tuple[HazardSample, ...]:
        """Return what the layer says at a site that stands at a position."""
        reason = unanswerable(self.layer, position)
        if reason or position is None:
            return (missing(self.layer, site, reason or "position_too_uncertain"),)
        rows = self.rows(site)
        if not rows or any(not same_place(row, position) for row in rows):
            return (missing(self.layer, site, "not_sampled"),)
        return tuple(self._sample(row) for row in rows)

    @cached_property
    def _lines(self) -> dict[bytes, list[bytes]]:
        """Lines by their site, not yet taken apart."""
        lines: dict[bytes, list[bytes]] = {}
        for line in self._text.split(b"\n")[1:]:
            lines.setdefault(line.partition(b",")[0], []).append(line)
        return lines

    def rows(self, site: str) -> list[dict[str, str]]:
        """Return a site's lines."""
        lines = [line.decode("utf-8") for line in self._lines.get(site.encode(), ())]
        return [self._row(values) for values in csv.reader(lines)]

    def all_rows(self) -> Iterable[dict[str, str]]:
        """Return every line."""
        lines = self._text.decode("utf-8").splitlines()
        return (self._row(values) for values in csv.reader(lines[2:]))

    def _row(self, values: list[str]) -> dict[str, str]:
        fields = self._fields
        if len(values) != len(fields):
            raise DataError(
                f"{self.path}: a line has {len(values)} fields, not {len(fields)}: {','.join(values)[:80]}"
            )
        return dict(zip(fields, values, strict=True))

    def _sample(self, row: Mapping[str, str]) -> HazardSample:
        if row["reason"]:
            return missing(self.layer, row["site"], row["reason"])  # type: ignore[arg-type]
        try:
            interval = Interval(float(row["low"]), _number(row["best"]), _number(row["high"]))
        except ValueError as error:
            raise DataError(f"{self.path}: {row['site']}: {error}") from None
        weakest, strongest = (_number(row.get(name, "")) for name in _STRENGTH)
        return HazardSample(
            self.layer,
            row["site"],
            interval,
            row["object"],
            row["name"],
            row["label"],
            intensity=None if weakest is None else Interval(weakest, None, strongest),
        )


def _fields(layer: Layer) -> tuple[str, ...]:
    return FIELDS + (_STRENGTH if layer.intensity_unit else ())


def _number(text: str) -> float | None:
    return float(text) if text else None


def same_place(row: Mapping[str, str], position: Position) -> bool:
    """Return whether a line was made for the disc that a site now has."""
    return tuple(row[name] for name in _PLACE) == place(position)


def place(position: Position) -> tuple[str, str, str]:
    """Format a disc as sample files do."""
    return repr(position.lat), repr(position.lon), f"{position.uncertainty_m:g}"


def table(head: Mapping[str, Any], samples: Iterable[HazardSample], positions: Mapping[str, Position]) -> str:
    """Write a sample file: the layer in a line, then what it says sorted by site.

    Where the layer's head alone tells that it says nothing of a site, no line is written.
    """
    layer, text = layer_of(head), io.StringIO()
    text.write("#" + json.dumps(head, ensure_ascii=False, sort_keys=True) + "\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_fields(layer))
    for sample in samples:
        position = positions[sample.site]
        if unanswerable(layer, position):
            continue
        strength = (sample.intensity.low, sample.intensity.high) if sample.intensity else (None, None)
        ends = tuple(sample.interval) if sample.interval else (None, None, None)
        writer.writerow(
            (
                sample.site,
                *place(position),
                sample.object,
                sample.name,
                *("" if end is None else f"{end:g}" if abs(end) < 1e5 else f"{end:.0f}" for end in ends),
                sample.label,
                sample.reason or "",
                *(strength if layer.intensity_unit else ()),
            )
        )
    return text.getvalue()
