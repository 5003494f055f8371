"""Statements: what an authority said of the places that it was asked about."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.core.geometry import geodesic_m
from zonerisk.core.hazard_sample import HazardSample, missing
from zonerisk.judging.cause import listing

if TYPE_CHECKING:
    from zonerisk.core.hazard_sample import Layer
    from zonerisk.core.kinds import HazardKind
    from zonerisk.layers.card import Card
    from zonerisk.layers.plane import Disc


class Statement(NamedTuple):
    """One statement on a place.

    Attributes
    ----------
    kind
        The hazard that it is about.
    key, name
        The class that the place is in and what it is called, where places of one class may
        share an event; the key is empty elsewhere.
    text
        The statement as a clause.
    """

    kind: HazardKind
    key: str
    name: str
    text: str


class _Asked(NamedTuple):
    """A point that was asked about, and the rows that came back."""

    lat: float
    lon: float
    told: list[dict[str, Any]]


def sample(card: Card, layer: Layer, path: Path, discs: Sequence[Disc]) -> Iterator[HazardSample]:
    """Give each site what was stated of the point in its disc that was asked about.

    A statement belongs to its point: another site of the same commune was not asked about.
    """
    asked = read(path)
    for disc in discs:
        near = min(
            ((geodesic_m(disc.lat, disc.lon, each.lat, each.lon), each.told) for each in asked),
            key=itemgetter(0),
            default=(math.inf, []),
        )
        if not near[0] <= disc.uncertainty_m:
            yield missing(layer, disc.site, "not_sampled")
            continue
        told = said(card, near[1]) or (Statement(card.kind, "", "", ""),)
        for each in told:
            about = replace(layer, kind=each.kind)
            yield HazardSample(about, disc.site, None, each.key, each.name, each.text)


def read(path: Path) -> list[_Asked]:
    """Read what was stated of each point.

    Raises
    ------
    DataError
        If the file holds no statements.
    """
    try:
        return [
            _Asked(float(each["lat"]), float(each["lon"]), [dict(row) for row in each["told"]])
            for each in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise DataError(f"{path}: holds no statements ({error}); fetch the layer again") from None


def said(card: Card, told: Sequence[Mapping[str, Any]]) -> tuple[Statement, ...]:
    """Turn a service's rows on one place into statements.

    Of a report, the risks that a rule judges; a risk that it does not name is not absent.

    Raises
    ------
    DataError
        If a place is in a class that the card does not know.
    """
    reading = card.reading
    if reading.hazards:
        return tuple(
            Statement(known.kind, "", known.name, _clause(card, known.name, row))
            for row in told
            if (known := reading.hazards.get(str(row.get("key"))))
        )
    towns: dict[str, list[str]] = {}
    for row in told:
        town = str(row.get(reading.name or "") or "not named")
        towns.setdefault(str(row.get(reading.class_of or "")), []).append(town)
    unknown = sorted(towns.keys() - reading.classes.keys())
    if unknown:
        raise DataError(f"{card.id}: {reading.class_of} is {unknown[0]!r}, which its card lacks")
    # Where the communes around are of several classes, the place may be of either.
    shared = len(towns) == 1 and towns.keys() <= set(reading.shared)
    return tuple(
        Statement(
            card.kind,
            code if shared else "",
            f"{card.noun} {reading.classes[code]}",
            reading.named.format(name=reading.classes[code], towns=listing(sorted(set(names)))),
        )
        for code, names in sorted(towns.items())
    )


def _clause(card: Card, name: str, row: Mapping[str, Any]) -> str:
    """Say a report's statement: commune and address each with its own words."""
    commune, address = (
        card.reading.classes.get(word, repr(word)) if word else "nothing stated"
        for word in (str(row.get("commune") or ""), str(row.get("address") or ""))
    )
    town = f" of {row['town']}" if row.get("town") else ""
    return (
        f"{card.reading.named.format(name=name)} for the commune{town} ({commune}), "
        f"for the address: {address}"
    )
