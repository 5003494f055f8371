"""A user's own sites: coordinates or a file become a region that is judged like any other."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import re
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from zonerisk.catalogue import document, gazetteer
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core import errors
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.model import CONTROLS, MAX_SITES, MAX_ZONES, Policy, Position, Provider, Region, simplify
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
# Where something was given, as messages call it, and its cells or properties.
_Row = tuple[str, Mapping[str, object]]


def meant(targets: Sequence[str]) -> bool:
    """Return whether what was typed are coordinates or a file of sites, not a region.

    What only looks like coordinates, or is mixed with regions, is refused.
    """
    if len(targets) == 1 and targets[0].lower().endswith(_FILES):
        return True
    regions = [target for target in targets if not _PAIR.fullmatch(target)]
    for target in targets:
        path, ending = Path(target), Path(target).suffix.lower()
        if ending in _OTHERS or (ending and ending not in _FILES and path.is_file()):
            raise UsageError(f"{target}: own sites are read from CSV or GeoJSON; save it as one of these")
        if target in regions and _LIKE_A_PAIR.fullmatch(target):
            raise UsageError(
                f"{target!r}: looks like coordinates; write LAT,LON in degrees with decimal "
                "points, such as 48.585,7.797"
            )
        if target.lower().endswith(_FILES):
            raise UsageError(f"{target}: name one file of sites, and nothing beside it")
    if 0 < len(regions) < len(targets):
        raise UsageError(
            f"{regions[0]!r}: is not a LAT,LON pair, and coordinates are judged "
            "by themselves: not together with regions"
        )
    return not regions


def catalog(targets: Sequence[str], uncertainty_m: float | None, day: str) -> OwnSites:
    """Make a catalogue of one region out of the user's sites: each zone stands where it says.

    ``targets`` are ``LAT,LON`` pairs in degrees or one CSV or GeoJSON file, ``uncertainty_m`` the radius
    around each that surely holds the site, where a file gives none.
    """
    pairs = ((f"{target.strip()!r}", _PAIR.fullmatch(target)) for target in targets)
    rows: list[_Row] = [(where, {"lat": pair[1], "lon": pair[2]}) for where, pair in pairs if pair]
    rows = rows or _read(Path(targets[0]))
    if not rows:
        raise DataError(f"{targets[0]}: holds no site")
    if len(rows) > MAX_SITES:
        raise UsageError(f"{len(rows)} sites; judge at most {MAX_SITES} at once")
    sites: dict[str, object] = {}
    held: dict[str, list[str]] = {}
    first: dict[str, tuple[str, str]] = {}
    for number, (where, fields) in enumerate(rows, 1):
        name = _plain(fields.get("name")) or _plain(fields.get("id")) or f"site {number}"
        label, country = _plain(fields.get("zone")), _plain(fields.get("country")).upper()
        zone = label or name
        # By its name alone no site falls into another's zone.
        other, named = first.setdefault(zone, (where, label))
        if zone in held and not (label and named):
            raise DataError(
                f"{where}: {zone!r} is called like {other}; give each a name of its own, or both a zone"
            )
        key = _key(name, "site", number, sites)
        held.setdefault(zone, []).append(f"{REGION}/{key}")
        position = _position(where, fields, country, uncertainty_m)
        stands = {"kind": "building", "position": position, "country": country or None}
        sites[key] = {"id": f"{REGION}/{key}", "name": name[:200], "evidence": ("given",), **stands}
    if len(held) > MAX_ZONES:
        raise UsageError(
            f"{len(held)} zones; judge at most {MAX_ZONES} at once, or name in a "
            "zone column which sites belong together"
        )
    zones: dict[str, object] = {}
    for number, (zone, ids) in enumerate(held.items(), 1):
        key = _key(zone, "zone", number, zones, "z-")
        zones[key] = {"id": f"{REGION}/{key}", "name": zone[:200], "sites": ids, "evidence": ("given",)}
    claim = "Where the sites stand, and to how many metres that is known."
    given = {"kind": "operator", "title": "Sites as given by the user", "read": day, "claim": claim}
    known = {"zones": zones, "sites": sites, "evidence": {"given": given}}
    region = {"id": REGION, "provider": "own", "name": "sites", "country": "ZZ", **known}
    return OwnSites(Region.model_validate(region))


def lying(region: Region) -> str | None:
    """Return in which countries those sites lie of which no country is given; nobody else can see a slip."""
    places: dict[str, list[str]] = {}
    for site in region.sites.values():
        if site.position and site.country is None:
            places.setdefault(gazetteer.lies(site.position.lat, site.position.lon), []).append(site.name)
    clauses = (
        f"{', '.join(names) if len(names) < MOST_NAMED else phrases.count(len(names), 'site')} in {place}"
        for place, names in places.items()
    )
    return "; ".join(clauses) or None


def asked(policy: Policy) -> Policy:
    """Take from a policy the rules on a provider, of which a user's own sites have none."""
    rules = {name: rule for name, rule in policy.rules.items() if name not in OF_PROVIDERS}
    if not rules:
        raise UsageError(
            f"{policy.name} asks of your own sites only what a plan can answer, such as where you "
            "recover; see: zonerisk plan --template"
        )
    return policy.model_copy(update={"rules": rules})


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


def _read(path: Path) -> list[_Row]:
    data = document.given(str(path), MAX_BYTES)
    with errors.reading(str(path), "is not UTF-8; save it as UTF-8"):
        text = data.decode("utf-8-sig")
    return _csv(path, text) if path.suffix.lower() == ".csv" else _geojson(path, text)


def _csv(path: Path, text: str) -> list[_Row]:
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    rows: list[_Row] = []
    try:
        reader.fieldnames = head = [name.strip().lower() for name in reader.fieldnames or ()]
        if not {"lat", "lon"} <= set(head):
            raise DataError(
                f"{path}:1: needs the columns lat and lon, and may have name, zone, country and "
                f"uncertainty_m; it has {', '.join(head) or 'none'}"
            )
        for row in reader:
            rows.append((f"{path}:{reader.line_num}", row))
            # A quote that is not closed on its line takes in the next rows.
            if any("\n" in str(value) for value in row.values()):
                raise DataError(f"{rows[-1][0]}: a quoted field goes on over the end of its line")
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: is not CSV from here on: {error}") from None
    return rows


def _geojson(path: Path, text: str) -> list[_Row]:
    from zonerisk.layers import files  # Which takes a while to load.

    with errors.reading(str(path), "is not a GeoJSON FeatureCollection"):
        tree = json.loads(text)
        features = list(tree["features"])
        files.check_wgs84(tree, str(path))
    rows: list[_Row] = []
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
        rows.append((where, {**named, "lon": at[0], "lat": at[1]}))
    return rows


def _position(
    where: str, fields: Mapping[str, object], country: str, uncertainty_m: float | None
) -> Position:
    """Take the place of a site from its cells or properties, held against the country that they name."""
    given = {key: fields.get(key) for key in ("lat", "lon", "uncertainty_m")}
    if not _plain(given["uncertainty_m"]):
        given["uncertainty_m"] = uncertainty_m
    try:
        position = Position.model_validate({**given, "method": "statement", "evidence": ["given"]})
    except ValidationError as error:
        flaw = error.errors(include_url=False)[0]
        field, value = flaw["loc"][0], flaw["input"]
        if field == "uncertainty_m" and value is None:
            raise UsageError(
                f"{where}: how well is it known? Give the radius that surely "
                "holds the site, such as --uncertainty-m 200"
            ) from None
        hint = "; write LAT,LON" if field != "uncertainty_m" and "ctx" in flaw else ""
        got = repr(value)[:80]
        raise DataError(f"{where}: {field}: {document.said(flaw)} (got {got}){hint}") from None
    if country and not re.fullmatch("[A-Z]{2}", country):
        raise DataError(f"{where}: country: must be a code of two letters (got {country[:80]!r})")
    if country and (
        wrong := gazetteer.misplaced(position.lat, position.lon, country, position.uncertainty_m)
    ):
        raise DataError(f"{where}: {wrong}")
    return position


def _plain(value: object) -> str:
    """Return a name's text: what a terminal would obey, or a reader not see, is left out."""
    return "" if value is None else " ".join(re.sub(CONTROLS, "", str(value)).split())


def _key(name: str, noun: str, number: int, taken: Container[str], begin: str = "") -> str:
    """Make a key of a name, telling equal ones apart by a number."""
    key = begin + (re.sub(r"[^a-z0-9-]", "", simplify(name)).strip("-") or f"{noun}-{number}")
    more = (f"{key}-{count}" for count in itertools.count(number))
    return next(other for other in more if other not in taken) if key in taken else key
