"""Cards: what each hazard layer is, where it comes from, and what it may say."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from zonerisk.catalogue.document import data_root, read
from zonerisk.catalogue.document import files as overlaid
from zonerisk.core.errors import DataError, UnknownTarget, did_you_mean
from zonerisk.core.kinds import HazardKind
from zonerisk.core.model import ID_PATTERN, FromPath, Grade, PartialDate, Record, Text, Url, simplify
from zonerisk.core.samples import ANY_CLASS

Metres = Annotated[float, Field(ge=0, le=2_000_000)]
RelativePath = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_{-][A-Za-z0-9._{}-]*(/[A-Za-z0-9_{-][A-Za-z0-9._{}-]*)*$")
]
# Stands for a return period in the card of a family: {period}, or {period:05} for 00100.
_PERIOD = re.compile(r"\{period(?::(\d{1,2}))?\}")
# What a card's addresses are made by: fields by their names, nothing that reckons or looks inside.
_TEMPLATE = re.compile(r"([^{}]|\{[^{}:!.\[\]]+\})*")


class File(Record):
    """One raw file of a layer, as it was when the shipped figures were made."""

    path: RelativePath
    role: Literal["data", "coverage", "mask", "names"] = "data"
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    size: Annotated[int, Field(ge=1)] | None = None
    url: Url | None = None


class HazardKey(Record):
    """What a source's key stands for: the kind of hazard, and a word for it."""

    kind: HazardKind
    name: Text


class Reading(Record):
    """How a reader finds its way in a layer's files or service."""

    method: Literal[
        "vector", "raster", "features", "arcgis", "wfs", "wfs-gml", "tiles", "georisques", "pages"
    ] = "vector"  # fmt: skip
    lat: Text | None = None
    lon: Text | None = None
    ends: tuple[Text, Text, Text, Text] | None = None
    id: tuple[Text, ...] = ()
    name: Text | None = None
    named: Text = "{name}"
    names_by: tuple[Text, Text] | None = None
    where: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    leave: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    least: dict[str, float] = Field(default_factory=dict)
    doubt_of: Text | None = None
    doubts: dict[str, Metres] = Field(default_factory=dict)
    aliases: dict[str, Text] = Field(default_factory=dict)
    class_of: Text | None = None
    classes: dict[str, Text] = Field(default_factory=dict)
    hazards: dict[str, HazardKey] = Field(default_factory=dict)
    shared: tuple[Text, ...] = ()
    wet_from: float = 0.005
    radius_m: Metres | None = None
    url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    collection: Text | None = None
    zoom: Annotated[int, Field(ge=0, le=20)] | None = None
    colours: dict[str, Text] = Field(default_factory=dict)
    layer: Text | None = None
    index: Url | None = None

    @model_validator(mode="after")
    def _filled(self) -> Reading:
        words = dict.fromkeys(("name", "class", "towns", *self.id, self.name or "name"))
        pages = (self.url or "") if self.method == "pages" else ""
        # Fields by their names: nothing that reckons a width, or looks into a value.
        for field, text, names in (("named", self.named, words), ("url", pages, ("lat", "lon", "radius"))):
            fields = "|".join(re.escape(f"{{{name}}}") for name in names)
            if not re.fullmatch(rf"([^{{}}]|{fields})*", text, re.DOTALL):
                raise ValueError(f"{field}: may hold {{{'}, {'.join(names)}}} only")
        return self


class Card(Record):
    """All that must be known of a layer before anything is said from it."""

    id: FromPath = ""
    name: Text
    kind: HazardKind
    measure: Literal["area", "near", "axis", "count", "cell", "stated"]
    noun: Text
    quantity: Text
    unit: Text
    grade: Grade
    basis: Literal["official", "modelled", "proximity", "history"]
    complete: bool
    return_period: Text | None = None
    return_years: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    record_years: Annotated[float, Field(gt=0)] | None = None
    intensities: dict[str, tuple[float, float | None]] = Field(default_factory=dict)
    intensity_unit: Text | None = None
    periods: tuple[Annotated[int, Field(ge=2, le=10_000)], ...] = ()
    vintage: PartialDate
    resolution: Text
    error_m: Metres
    error: Text
    shared_from: float | None = None
    shared_why: Text | None = None
    max_uncertainty_m: Metres | None = None
    list_radius_m: Metres = 0
    search_radius_m: Metres = 0
    coverage: Text
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    covered_within_m: Metres | None = None
    title: Text
    url: Url
    read_on: PartialDate
    licence: Text
    derived_licence: Text
    ships: bool
    attribution: Text
    citation: Text
    may_say: Annotated[tuple[Text, ...], Field(min_length=1)]
    must_not_say: Annotated[tuple[Text, ...], Field(min_length=1)]
    files: tuple[File, ...] = ()
    reading: Reading
    note: Text | None = None

    @model_validator(mode="after")
    def _sound(self) -> Card:
        reading, measure = self.reading, self.measure
        # A raster of depths, or tracks with a wind, need the unit alone: their values are the intensities.
        valued = reading.least and reading.id if measure == "count" else False
        valued = valued or (reading.method == "raster" and not reading.classes)
        bare = (self.intensity_unit is None) == bool(self.intensities) and not valued
        cell, counted = reading.method == "raster" or reading.names_by, measure in ("cell", "count")
        pages, named = reading.method == "pages", reading.hazards or reading.class_of
        report = reading.method == "georisques" and not (measure == "stated" and reading.hazards)
        places = all(mark in (reading.url or "") for mark in ("{lat}", "{lon}"))
        # A narrower circle would leave objects in reach of a site unasked for.
        narrow = measure == "near" and (reading.radius_m or 0) <= self.list_radius_m + self.error_m
        texts = filter(None, (reading.url, *(file.url for file in self.files)))
        odd = [text[:60] for text in texts if not _TEMPLATE.fullmatch(_PERIOD.sub("", text))]
        unknown = {*self.return_years, *self.intensities} - {ANY_CLASS, *reading.classes}
        flaws = {
            "search_radius_m lies below list_radius_m": self.search_radius_m < self.list_radius_m,
            "needs files, or reading.url of a service": not self.files and not reading.url,
            "a count needs reading.radius_m": measure == "count" and reading.radius_m is None,
            "a cell needs a raster, or polygons with reading.names_by": measure == "cell" and not cell,
            "shared_from needs shared_why": (self.shared_from is None) != (self.shared_why is None),
            "shared_from is of cells and counts": self.shared_from is not None and not counted,
            f"{odd}: write fields as {{name}}, with nothing else in braces": odd,
            "intensities and intensity_unit go together": bare,
            "return_years are of areas and cells": self.return_years and measure not in ("area", "cell"),
            "record_years are of cells and counts": self.record_years is not None and not counted,
            f"{min(unknown, default='')!r} is not one of reading.classes; {ANY_CLASS!r} is for all": unknown,
            "reading.id of a count needs reading.least": measure == "count" and reading.id and not valued,
            "an axis needs reading.ends": measure == "axis" and reading.ends is None,
            "a statement needs reading.hazards or reading.class_of": measure == "stated" and not named,
            "georisques answers statements, named by reading.hazards": report,
            "reading.url of pages needs {lat} and {lon}": pages and not places,
            "reading.radius_m must exceed list_radius_m and error_m together": pages and narrow,
        }
        if flaw := next((text for text, wrong in flaws.items() if wrong), None):
            raise ValueError(flaw)
        return self

    def of_period(self, years: int) -> Card:
        """Return the layer of one return period."""
        text = _PERIOD.sub(lambda mark: f"{years:{mark[1] or ''}}", self.model_dump_json())
        own = {"id": f"{self.id}-rp{years}", "periods": (), "return_years": {ANY_CLASS: years}}
        return Card.model_validate({**json.loads(text), **own})


def load(name: str, roots: Sequence[Path] = ()) -> Card:
    """Return a layer's card by its id, or a user's own by its file, which has no shipped one's name."""
    layers = known(roots)
    if name.endswith((".yaml", ".yml")):
        card, path = read_card(Path(name)), Path(name).resolve()
        shipped = overlaid((data_root(),), "layers").get(f"{card.id}.yaml")
        if (shipped and path != shipped.resolve()) or (not shipped and card.id in known()):
            raise DataError(f"{name}: a layer that ships is called {card.id}; give the file another name")
        return card
    wanted = simplify(name)
    if wanted not in layers:
        family = [key for key in layers if key.startswith(f"{wanted}-rp")]
        hint = f"did you mean {' or '.join(family)}?" if family else did_you_mean(wanted, layers)
        raise UnknownTarget(f"no layer is called {name!r}; {hint or 'see: zonerisk layers list'}")
    return layers[wanted]


def known(roots: Sequence[Path] = ()) -> dict[str, Card]:
    """Return every layer's card by its id, in the order of the files; families by return period.

    Without data folders, those that ship; a later folder's card takes the place of an earlier's.
    """
    return {
        card.id: card
        for path in overlaid(roots or (data_root(),), "layers").values()
        for card in _family(path, path.stat().st_mtime_ns)
    }


@cache
def _family(path: Path, _changed_ns: int) -> tuple[Card, ...]:
    """Read a card once, and again once its file has changed: the layers of its return periods."""
    card = read_card(path)
    return tuple(card.of_period(years) for years in card.periods) or (card,)


def read_card(path: Path) -> Card:
    """Read one card."""
    document = read(path)
    if not re.fullmatch(ID_PATTERN, path.stem):
        raise DataError(f"{path}: a card's file is called as its layer, in small letters, digits and hyphens")
    return document.validate(Card, {"id": path.stem})
