"""A user's own sites: coordinates or a file become a region that is judged like any other."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from zonerisk.catalogue import document, gazetteer
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.model import (
    CONTROLS,
    MAX_SITES,
    MAX_ZONES,
    Evidence,
    Policy,
    Position,
    Provider,
    Region,
    Site,
    Zone,
    simplify,
)
from zonerisk.words import phrases

REGION = "own-sites"
# What a provider states, and its other regions, are no questions to somebody's own sites;
# a backup is one to a plan.
OF_PROVIDERS = ("claims", "dr", "backup")
_DEGREES = r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))"
_PAIR = re.compile(rf"\s*{_DEGREES}\s*[,;]\s*{_DEGREES}\s*", re.ASCII)
# What somebody means by coordinates who writes them in another way.
_LIKE_A_PAIR = re.compile(
    r"(?=.*\d)(?=.*[,;])([\d\s.,;+\-'\"\u00b0\u2032\u2033nsewo]|nan|inf)+", re.IGNORECASE
)
_FILES = (".csv", ".geojson", ".json")
# What else people keep places in.
_OTHERS = (".kml", ".kmz", ".gpkg", ".shp", ".zip", ".gpx", ".fgb", ".xlsx", ".parquet", ".tsv", ".txt")
MAX_BYTES = 20_000_000
MOST_NAMED = 5


class Place(NamedTuple):
    """One site as the user gave it, and how messages call where it was given."""

    where: str
    name: str
    zone: str
    lat: float
    lon: float
    uncertainty_m: float | None
    country: str = ""


def meant(targets: Sequence[str]) -> bool:
    """Return whether what was typed are coordinates or a file of sites, not a region.

    What only looks like coordinates, or is mixed with regions, is refused.
    """
    if len(targets) == 1 and targets[0].lower().endswith(_FILES):
        return True
    pairs = [bool(_PAIR.fullmatch(target)) for target in targets]
    for target, pair in zip(targets, pairs, strict=True):
        path = Path(target)
        other = path.suffix.lower() in _OTHERS or bool(path.suffix and path.is_file())
        if other and path.suffix.lower() not in _FILES:
            raise UsageError(f"{target}: own sites are read from CSV or GeoJSON; save it as one of these")
        if not pair and _LIKE_A_PAIR.fullmatch(target):
            raise UsageError(
                f"{target!r}: looks like coordinates; write LAT,LON in degrees with decimal "
                "points, such as 48.585,7.797"
            )
        if target.lower().endswith(_FILES):
            raise UsageError(f"{target}: name one file of sites, and nothing beside it")
    if any(pairs) and not all(pairs):
        raise UsageError(
            f"{targets[pairs.index(False)]!r}: is not a LAT,LON pair, and coordinates are judged "
            "by themselves: not together with regions"
        )
    return any(pairs)


def catalog(targets: Sequence[str], uncertainty_m: float | None, day: str) -> OwnSites:
    """Make a catalogue of one region out of the user's sites: each zone stands where it says.

    ``targets`` are ``LAT,LON`` pairs in degrees or one CSV or GeoJSON file, ``uncertainty_m`` the radius
    around each that surely holds the site, where a file gives none.
    """
    places = (
        _read(Path(targets[0]))
        if targets[0].lower().endswith(_FILES)
        else [
            Place(f"{target.strip()!r}", f"site {number}", "", float(pair[1]), float(pair[2]), None)
            for number, target in enumerate(targets, 1)
            if (pair := _PAIR.fullmatch(target))
        ]
    )
    if not places:
        raise DataError(f"{targets[0]}: holds no site")
    if len(places) > MAX_SITES:
        raise UsageError(f"{len(places)} sites; judge at most {MAX_SITES} at once")
    _check_names(places)
    zones = list(dict.fromkeys(place.zone or place.name for place in places))
    if len(zones) > MAX_ZONES:
        raise UsageError(
            f"{len(zones)} zones; judge at most {MAX_ZONES} at once, or name in a "
            "zone column which sites belong together"
        )
    return OwnSites(_region(places, zones, uncertainty_m, day))


def lying(region: Region) -> str | None:
    """Say in which countries those sites lie of which no country is given; nobody else can see a slip."""
    places: dict[str, list[str]] = {}
    for site in region.sites.values():
        if site.position and site.country is None:
            places.setdefault(gazetteer.lies(site.position.lat, site.position.lon), []).append(site.name)
    told = (
        f"{', '.join(names) if len(names) < MOST_NAMED else phrases.count(len(names), 'site')} in {place}"
        for place, names in places.items()
    )
    return "; ".join(told) or None


def asked(policy: Policy) -> Policy:
    """Take from a policy the rules on a provider, of which a user's own sites have none."""
    rules = {name: rule for name, rule in policy.rules.items() if name not in OF_PROVIDERS}
    if not rules:
        raise UsageError(
            f"{policy.name} asks of your own sites only what a plan can answer, such as where you "
            "recover; see: zonerisk plan --template"
        )
    return policy.model_copy(update={"rules": rules})


def _check_names(places: Sequence[Place]) -> None:
    """Refuse a site without a zone that would fall into another's by its name alone."""
    seen: dict[str, Place] = {}
    for place in places:
        zone = place.zone or place.name
        other = seen.setdefault(zone, place)
        if other is not place and not (place.zone and other.zone):
            raise DataError(
                f"{place.where}: {zone!r} is called like {other.where}; give each a name of its "
                "own, or both a zone"
            )


class OwnSites(Catalog):
    """A catalogue that holds one region, in memory."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self._regions = {region.id: Path(region.id)}
        self._sold = {region.provider: [region.id]}
        self._held["region"] = {region.id: region}
        self._providers = {}
        self._held["provider"] = {
            region.provider: Provider(id=region.provider, name="Your", country=region.country)
        }

    def digest(self, region_id: str) -> str:
        """Hash the sites as they were given."""
        return hashlib.sha256(self.region(region_id).model_dump_json().encode()).hexdigest()


def _read(path: Path) -> list[Place]:
    try:
        text = document.content(path, MAX_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is not UTF-8; save it as UTF-8") from None
    return _csv(path, text) if path.suffix.lower() == ".csv" else _geojson(path, text)


def _csv(path: Path, text: str) -> list[Place]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    places = []
    try:
        head = [str(name).strip().lower() for name in reader.fieldnames or ()]
        if not {"lat", "lon"} <= set(head):
            raise DataError(
                f"{path}:1: needs the columns lat and lon, and may have name, zone, country and "
                f"uncertainty_m; it has {', '.join(head) or 'none'}"
            )
        for number, row in enumerate(reader, 1):
            where = f"{path}:{reader.line_num}"
            # A quote that is not closed on its line takes in the next rows.
            if any("\n" in str(value) for value in row.values()):
                raise DataError(f"{where}: a quoted field goes on over the end of its line")
            cells = {
                str(key).strip().lower(): (value or "").strip()
                for key, value in row.items()
                if isinstance(value, str | None)
            }
            places.append(_place(where, number, cells))
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: is not CSV from here on: {error}") from None
    return places


def _place(where: str, number: int, fields: Mapping[str, object]) -> Place:
    radius = fields.get("uncertainty_m")
    country = _plain(fields.get("country")).upper()
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise DataError(f"{where}: country: must be a code of two letters (got {country[:80]!r})")
    return Place(
        where,
        _plain(fields.get("name")) or _plain(fields.get("id")) or f"site {number}",
        _plain(fields.get("zone")),
        _number(where, "lat", fields.get("lat")),
        _number(where, "lon", fields.get("lon")),
        None if radius in (None, "") else _number(where, "uncertainty_m", radius),
        country,
    )


def _plain(value: object) -> str:
    """Return a name's text: what a terminal would obey, or a reader not see, is left out."""
    return "" if value is None else " ".join(CONTROLS.sub("", str(value)).split())


def _geojson(path: Path, text: str) -> list[Place]:
    from zonerisk.layers import files  # Which takes a while to load.

    try:
        tree = json.loads(text)
        features = list(tree["features"])
        files.check_wgs84(tree, str(path))
    except DataError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{path}: is not a GeoJSON FeatureCollection") from None
    places = []
    for number, feature in enumerate(features, 1):
        where = f"{path}: feature {number}"
        geometry = files.mapping(feature, "geometry") if isinstance(feature, dict) else {}
        kind, at = geometry.get("type"), geometry.get("coordinates")
        if kind not in (None, "Point"):
            raise DataError(
                f"{where}: is a {kind}; give its middle as a Point and its extent as uncertainty_m"
            )
        if kind is None or not isinstance(at, list) or len(at) < 2:
            raise DataError(f"{where}: needs a Point geometry")
        named = {key.strip().lower(): value for key, value in files.mapping(feature, "properties").items()}
        fields = {**named, "lon": at[0], "lat": at[1]}
        places.append(_place(where, number, fields))
    return places


def _number(where: str, what: str, value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise DataError(f"{where}: {what}: must be a number (got {repr(value)[:80]})") from None


def _position(place: Place, uncertainty_m: float | None) -> Position:
    radius = uncertainty_m if place.uncertainty_m is None else place.uncertainty_m
    if radius is None:
        raise UsageError(
            f"{place.where}: how well is it known? Give the radius that surely "
            "holds the site, such as --uncertainty-m 200"
        )
    try:
        position = Position(
            lat=place.lat, lon=place.lon, uncertainty_m=radius, method="statement", evidence=("given",)
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0])
        hint = "; write LAT,LON" if field in ("lat", "lon") else ""
        raise DataError(
            f"{place.where}: {field}: {first['msg'].lower()} (got {first['input']!r}){hint}"
        ) from None
    if place.country and (wrong := gazetteer.misplaced(place.lat, place.lon, place.country, radius)):
        raise DataError(f"{place.where}: {wrong}")
    return position


def _region(places: Sequence[Place], zones: Sequence[str], uncertainty_m: float | None, day: str) -> Region:
    keys = _keys([place.name for place in places], "site")
    sites = {
        key: Site(
            id=f"{REGION}/{key}",
            name=place.name[:200],
            kind="building",
            country=place.country or None,
            position=_position(place, uncertainty_m),
            evidence=("given",),
        )
        for place, key in zip(places, keys, strict=True)
    }
    held: dict[str, list[str]] = {zone: [] for zone in zones}
    for place, site in zip(places, sites.values(), strict=True):
        held[place.zone or place.name].append(site.id)
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
            f"z-{key}": Zone(
                id=f"{REGION}/z-{key}", name=zone[:200], sites=tuple(held[zone]), evidence=("given",)
            )
            for zone, key in zip(zones, _keys(zones, "zone"), strict=True)
        },
        sites=sites,
        evidence={"given": given},
    )


def _keys(names: Sequence[str], noun: str) -> list[str]:
    """Make keys of names, telling equal ones apart by a number."""
    keys: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        plain = re.sub(r"[^a-z0-9-]", "", simplify(name)).strip("-")
        key = plain or f"{noun}-{number}"
        more = (f"{key}-{count}" for count in itertools.count(number))
        keys[key if key not in keys else next(other for other in more if other not in keys)] = None
    return list(keys)
