"""A user's own sites: coordinates or a file become a region that is judged like any other."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from zonerisk.catalog import simplify
from zonerisk.errors import DataError, UsageError
from zonerisk.library import Library
from zonerisk.model import MAX_SITES, MAX_ZONES, Evidence, Position, Provider, Region, Site, Zone
from zonerisk.policy import Policy

REGION = "own-sites"
# What a provider states, and its other regions, are no questions to somebody's own sites;
# a backup is one to a plan.
OF_PROVIDERS = ("claims", "dr", "backup")
_PAIR = re.compile(r"^\s*([+-]?\d+(?:\.\d+)?)\s*[,;]\s*([+-]?\d+(?:\.\d+)?)\s*$")
_FILES = (".csv", ".geojson", ".json")
MAX_BYTES = 20_000_000


class Place(NamedTuple):
    """One site as the user gave it, and how messages call where it was given."""

    where: str
    name: str
    zone: str
    lat: float
    lon: float
    uncertainty_m: float | None


def meant(targets: Sequence[str]) -> bool:
    """Tell whether what was typed are coordinates or a file of sites, not a region."""
    return bool(targets) and (
        all(_PAIR.match(target) for target in targets)
        or (len(targets) == 1 and targets[0].lower().endswith(_FILES))
    )


def catalog(targets: Sequence[str], uncertainty_m: float | None, day: str) -> OwnSites:
    """Make a catalogue of one region out of the user's sites: each zone stands where it says.

    Parameters
    ----------
    targets
        ``LAT,LON`` pairs in degrees, or one CSV or GeoJSON file.
    uncertainty_m
        Radius around each that surely holds the site, metres, where a file gives none.
    day
        Date of the catalogue, for the record.

    Raises
    ------
    UsageError
        If the uncertainty is missing, or there are too many sites.
    DataError
        If the file or a coordinate is not valid.
    """
    places = (
        _read(Path(targets[0]))
        if targets[0].lower().endswith(_FILES)
        else [_typed(target, number) for number, target in enumerate(targets, 1)]
    )
    if not places:
        raise DataError(f"{targets[0]}: holds no site")
    if len(places) > MAX_SITES:
        raise UsageError(f"{len(places)} sites; judge at most {MAX_SITES} at once")
    zones = list(dict.fromkeys(place.zone or place.name for place in places))
    if len(zones) > MAX_ZONES:
        raise UsageError(
            f"{len(zones)} zones; judge at most {MAX_ZONES} at once, or name in a "
            "zone column which sites belong together"
        )
    return OwnSites(_region(places, zones, uncertainty_m, day))


def asked(policy: Policy) -> Policy:
    """Take from a policy the rules on a provider, of which a user's own sites have none.

    Raises
    ------
    UsageError
        If no rule is left.
    """
    rules = {name: rule for name, rule in policy.rules.items() if name not in OF_PROVIDERS}
    if not rules:
        raise UsageError(
            f"{policy.name} asks of your own sites only what a plan can answer, such as where you "
            "recover; see: zonerisk plan --template"
        )
    return policy.model_copy(update={"rules": rules})


class OwnSites(Library):
    """A catalogue that holds one region, in memory."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self._regions = {region.id: Path(region.id)}
        self._region_provider = {region.id: region.provider}
        self._loaded = {region.id: region}
        self._providers = {}
        self._loaded_providers = {
            region.provider: Provider(id=region.provider, name="Your", country=region.country)
        }

    def digest(self, region_id: str) -> str:
        """Hash the sites as they were given."""
        return hashlib.sha256(self.region(region_id).model_dump_json().encode()).hexdigest()


def _typed(text: str, number: int) -> Place:
    found = _PAIR.match(text)
    assert found
    return Place(f"{text!r}", f"site {number}", "", float(found[1]), float(found[2]), None)


def _read(path: Path) -> list[Place]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(f"{path}: {path.stat().st_size} bytes; a file of sites is smaller")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from None
    return _csv(path, text) if path.suffix.lower() == ".csv" else _geojson(path, text)


def _csv(path: Path, text: str) -> list[Place]:
    lines = text.splitlines()
    reader = csv.DictReader(lines, delimiter=";" if lines and ";" in lines[0] else ",")
    head = [str(name).strip().lower() for name in reader.fieldnames or ()]
    if not {"lat", "lon"} <= set(head):
        raise DataError(
            f"{path}:1: needs the columns lat and lon, and may have name, zone and "
            f"uncertainty_m; it has {', '.join(head) or 'none'}"
        )
    places = []
    for number, row in enumerate(reader, 2):
        told = {
            str(key).strip().lower(): (value or "").strip()
            for key, value in row.items()
            if isinstance(value, str | None)
        }
        where = f"{path}:{number}"
        places.append(
            Place(
                where,
                told.get("name") or told.get("id") or f"site {number - 1}",
                told.get("zone", ""),
                _number(where, "lat", told.get("lat")),
                _number(where, "lon", told.get("lon")),
                _number(where, "uncertainty_m", told["uncertainty_m"])
                if told.get("uncertainty_m")
                else None,
            )
        )
    return places


def _geojson(path: Path, text: str) -> list[Place]:
    try:
        tree = json.loads(text)
        features = tree["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{path}: is no GeoJSON FeatureCollection") from None
    places = []
    for number, feature in enumerate(features if isinstance(features, list) else [], 1):
        where = f"{path}: feature {number}"
        try:
            geometry, told = feature["geometry"], feature.get("properties") or {}
            kind, (lon, lat, *_) = geometry["type"], geometry["coordinates"]
        except (KeyError, TypeError, ValueError):
            raise DataError(f"{where}: needs a Point geometry") from None
        if kind != "Point":
            raise DataError(
                f"{where}: is a {kind}; give its middle as a Point and its extent as uncertainty_m"
            )
        doubt = told.get("uncertainty_m")
        places.append(
            Place(
                where,
                str(told.get("name") or told.get("id") or f"site {number}"),
                str(told.get("zone") or ""),
                _number(where, "lat", lat),
                _number(where, "lon", lon),
                None if doubt is None else _number(where, "uncertainty_m", doubt),
            )
        )
    return places


def _number(where: str, what: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise DataError(f"{where}: {what}: must be a number (got {value!r})") from None


def _region(
    places: Sequence[Place], zones: Sequence[str], uncertainty_m: float | None, day: str
) -> Region:
    keys = _keys([place.name for place in places], "site")
    zone_keys = _keys(zones, "zone")
    held: dict[str, list[str]] = {zone: [] for zone in zones}
    sites = {}
    for place, key in zip(places, keys, strict=True):
        doubt = uncertainty_m if place.uncertainty_m is None else place.uncertainty_m
        if doubt is None:
            raise UsageError(
                f"{place.where}: how well is it known? Give the radius that surely "
                "holds the site, such as --uncertainty-m 200"
            )
        try:
            position = Position(
                lat=place.lat,
                lon=place.lon,
                uncertainty_m=doubt,
                method="statement",
                evidence=("given",),
            )
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise DataError(
                f"{place.where}: {first['loc'][0]}: {first['msg'].lower()} "
                f"(got {first['input']!r}); write LAT,LON"
            ) from None
        sites[key] = Site(
            id=f"{REGION}/{key}",
            name=place.name[:200],
            kind="building",
            position=position,
            evidence=("given",),
        )
        held[place.zone or place.name].append(f"{REGION}/{key}")
    given = Evidence(
        kind="operator",
        title="Sites as given by the user",
        read=day,
        claim="Where the sites stand, and to how many metres that is known.",
    )
    return Region(
        id=REGION,
        provider="own",
        name="sites",
        country="ZZ",
        zones={
            f"z-{key}": Zone(id=f"{REGION}/z-{key}", name=zone[:200], sites=tuple(held[zone]))
            for zone, key in zip(zones, zone_keys, strict=True)
        },
        sites=sites,
        evidence={"given": given},
    )


def _keys(names: Sequence[str], noun: str) -> list[str]:
    """Make keys of names, telling equal ones apart by their place in the list."""
    found: list[str] = []
    for number, name in enumerate(names, 1):
        plain = re.sub(r"[^a-z0-9-]", "", simplify(name)).strip("-")
        key = plain or f"{noun}-{number}"
        found.append(key if key not in found else f"{key}-{number}")
    return found
