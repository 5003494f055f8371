"""Freshness: the catalogue's regions and zones held against what the providers' own public lists say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Literal, NamedTuple

from zonerisk.catalogue.document import content
from zonerisk.catalogue.gazetteer import package_folder
from zonerisk.core import errors
from zonerisk.core.errors import DataError, FetchError, UsageError
from zonerisk.core.model import simplify
from zonerisk.layers import http
from zonerisk.library import Library

News = Literal["new", "gone", "changed"]


@dataclass
class Listing:
    """What one list names, by the region's code as it is written there.

    ``zones`` are those of each region, empty where it is only known as a region; ``zoned`` tells whether a
    region has any, where only that is told. ``coming`` are regions not yet in service. What a list leaves out
    is gone only where it names the ``whole``.
    """

    zones: dict[str, set[str]] = field(default_factory=dict)
    zoned: dict[str, bool] = field(default_factory=dict)
    coming: set[str] = field(default_factory=set)
    whole: bool = True


class Change(NamedTuple):
    """One difference between a list and the catalogue."""

    provider: str
    change: News
    region: str
    zone: str
    what: str


class Source(NamedTuple):
    """A public list of a provider: an address, or a file of a package; and the partitions that it covers."""

    place: str
    read: Callable[[bytes, str], Listing]
    partitions: frozenset[str | None] | None = frozenset({None})


def _aws(data: bytes, name: str) -> Listing:
    """Read endpoints.json of the SDK, or what ``aws ec2 describe-availability-zones`` answers of one region.

    The SDK's secret partitions are left out: they publish nothing else.
    """
    tree = http.read_json(data, name)
    listing = Listing(whole=not (isinstance(tree, dict) and "AvailabilityZones" in tree))
    if not listing.whole:
        for row in http.rows(data, name, "AvailabilityZones"):
            if row.get("ZoneType", "availability-zone") == "availability-zone":
                listing.zones.setdefault(str(row.get("RegionName")), set()).add(str(row.get("ZoneId")))
        return listing
    for part in http.rows(data, name, "partitions"):
        regions, partition = part.get("regions"), str(part.get("partition"))
        if not isinstance(regions, dict):
            raise DataError(f"{name}: partition {partition} holds no regions; its format may have changed")
        if not partition.startswith("aws-iso"):
            listing.zones |= {code: set() for code in regions}
    return listing


def _azure(data: bytes, name: str) -> Listing:
    """Read the page of Azure's regions (Markdown), or what ``az account list-locations`` answers."""
    listing, text = Listing(), data.decode("utf-8", errors="replace")
    if text.lstrip()[:1] in "[{":
        for row in http.rows(data, name, "value"):
            meta, code = row.get("metadata"), str(row.get("name"))
            if isinstance(meta, dict) and meta.get("regionType") == "Physical":
                listing.zones[code], listing.zoned[code] = set(), bool(row.get("availabilityZoneMappings"))
        return listing
    column: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if "Programmatic name" in cells:
            column = cells
        elif column and len(cells) == len(column):
            entry = dict(zip(column, cells, strict=True))
            code = entry["Programmatic name"]
            if re.fullmatch(r"[a-z0-9]+", code) and "coming" in entry["Region"]:
                listing.coming.add(code)
            elif re.fullmatch(r"[a-z0-9]+", code):
                listing.zones[code], listing.zoned[code] = set(), bool(entry["Availability zone support"])
    return listing


def _google(data: bytes, name: str) -> Listing:
    """Read any text that names Google's zones: its page, or what ``gcloud compute zones list`` answers."""
    listing = Listing()
    text = unescape(data.decode("utf-8", errors="replace"))
    for region, zone in re.findall(r"(?<![\w-])([a-z]{2,}-[a-z]{4,}\d{1,2})(-[a-z])(?![\w-])", text):
        listing.zones.setdefault(region, set()).add(region + zone)
    return listing


def _oracle(data: bytes, name: str) -> Listing:
    """Read the regions of Oracle's public address ranges."""
    rows = http.rows(data, name, "regions")
    return Listing({str(row["region"]): set() for row in rows if "region" in row})


def _ovh(data: bytes, name: str) -> Listing:
    """Read the datacenters that OVHcloud's public catalogue of dedicated servers offers: not all regions."""
    listing = Listing(whole=False)
    for plan in http.rows(data, name, "plans"):
        for setting in plan.get("configurations") or ():  # type: ignore[attr-defined]
            if setting["name"] == "dedicated_datacenter":
                listing.zones |= {str(code): set() for code in setting["values"]}
    return listing


_DOCS = "https://raw.githubusercontent.com/MicrosoftDocs"
SOURCES: dict[str, Source] = {
    "aws": Source("botocore/data/endpoints.json", _aws, partitions=None),
    "azure": Source(f"{_DOCS}/reliability-docs/main/articles/reliability/regions-list.md", _azure),
    "google": Source("https://cloud.google.com/compute/docs/regions-zones", _google),
    "oracle": Source("https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json", _oracle),
    "ovh": Source("https://eu.api.ovh.com/v1/order/catalog/public/eco?ovhSubsidiary=FR", _ovh),
}


def listing(provider: str, given: str | None = None) -> Listing:
    """Read a provider's list: its own, or the file or address that was given in its place."""
    source = SOURCES[provider]
    place = given or source.place
    try:
        if "://" in place:
            data = http.get(place, headers={"Accept": "application/json, text/plain, text/html"})
        else:
            package, _, inner = place.partition("/")
            data = content(Path(place) if given else package_folder(package) / inner, 50_000_000)
    except FetchError as error:
        flaw = f"{provider}: {error}; save the list and name it: --list {provider}=FILE"
        raise FetchError(flaw, error.status) from None
    except OSError as error:
        flaw = f"{provider}: {place}: {error.strerror or error}; name a file or an address"
        raise UsageError(flaw) from None
    with errors.reading(place, "is no such list; its format may have changed"):
        read = source.read(data, place)
    if not read.zones:
        flaw = "names no region; it is not that list, or its format has changed"
        raise DataError(f"{provider}: {place} {flaw}")
    return read


def changes(catalog: Library, provider: str, read: Listing) -> Iterator[Change]:
    """Compare a list with the catalogue: what is new, gone or changed, in the order of names."""
    source, dialect = SOURCES[provider], catalog.dialects.get(provider)
    regions = {key.removeprefix(f"{provider}-"): catalog.region(key) for key in catalog.regions_of(provider)}

    def known(code: str) -> str:
        """Return the catalogue's code for what a list calls a region; the list's own where there is none."""
        spellings = dialect.spellings(simplify(code)) if dialect else (simplify(code),)
        return next((spelling for spelling in spellings if spelling in regions), code)

    for code in sorted(read.zones):
        region, zones, zoned = regions.get(known(code)), read.zones[code], read.zoned.get(code)
        if region is None:
            yield Change(provider, "new", code, "", "listed, and not in the catalogue")
            continue
        if region.status != "open":
            what = f"{region.status} in the catalogue, listed as in service"
            yield Change(provider, "changed", code, "", what)
        for zone in sorted(zones - region.zones.keys()):
            yield Change(provider, "new", code, zone, "listed, and not in the catalogue")
        for zone in sorted(region.zones.keys() - zones if zones else ()):
            yield Change(provider, "gone", code, zone, "sold by the catalogue, not listed")
        if zoned is not None and region.status == "open" and zoned != (len(region.zones) > 1):
            what = "listed with zones" if zoned else "listed without zones"
            yield Change(provider, "changed", code, "", f"{len(region.zones)} in the catalogue, {what}")
    listed, coming = ({known(code) for code in codes} for codes in (read.zones, read.coming))
    for code, region in sorted(regions.items()):
        covered = source.partitions is None or region.partition in source.partitions
        if read.whole and covered and region.status == "open" and code not in listed:
            news: News = "changed" if code in coming else "gone"
            state = "listed as coming" if code in coming else "not listed"
            yield Change(provider, news, code, "", f"open in the catalogue, {state}")
