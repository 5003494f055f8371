"""Placement: what plans call a region or a zone, tied to the catalogue as far as it can be."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from zonerisk.catalogue.catalog import referred, simplify
from zonerisk.catalogue.dialect import Dialect
from zonerisk.judging.arrangement import FailureDomain, zone_units, zones_sold
from zonerisk.workloads.deployment import OWN, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Region

_PLAIN_DIALECT = Dialect.model_validate({})
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}")


class Unplaced(Exception):
    """A plan's region or zone that the catalogue does not know; the text says why."""


def shown(text: str) -> str:
    """Give a plan's word for a region or zone, if it looks like one at all."""
    return text if _PLAIN.fullmatch(text) else "(not a plain name)"


class Placement:
    """Ties regions and zones of plans to the catalogue on one day.

    Parameters
    ----------
    catalog
        The records.
    day
        The day, ``YYYY-MM-DD``.
    own
        The plan's own datacenters.
    """

    def __init__(self, catalog: Catalog, day: str, own: Region | None = None) -> None:
        self.catalog, self.day, self.own = catalog, day, own
        self.dialects = catalog.dialects
        self._zones: dict[str, tuple[FailureDomain, ...]] = {}
        self._units: dict[str, FailureDomain] = {}

    def dialect(self, provider: str) -> Dialect:
        """Return what is peculiar to plans for a provider."""
        return self.dialects.get(provider, _PLAIN_DIALECT)

    def provider(self, text: str) -> str:
        """Give the id of a provider."""
        wanted = simplify(text)
        if wanted not in self.catalog.provider_ids:
            wanted = next((key for key, each in self.dialects.items() if wanted in each.aliases), wanted)
        if wanted not in self.catalog.provider_ids:
            raise Unplaced(f"no provider {shown(text)} is in the catalogue; see: zonerisk list providers")
        return wanted

    def region(self, provider: str, text: str) -> str:
        """Give the canonical id of a provider's region."""
        known = self.catalog.region_ids
        for key in self.dialect(provider).spellings(simplify(text)):
            for region in (key, f"{provider}-{key}"):
                if region in known and self.catalog.region(region).provider == provider:
                    return region
        raise Unplaced(
            f"{provider} has no region {shown(text)} in the catalogue; see: zonerisk list regions {provider}"
        )

    def place(self, provider: str, region: str, zone: str | None = None) -> Place:
        """Give the place of one copy.

        Parameters
        ----------
        provider
            A provider's id.
        region
            Canonical id of its region.
        zone
            What the plan calls the zone or building, if it names one.
        """
        record = self.catalog.region(region)
        sold = zones_sold(record, self.day)
        if not sold:
            raise Unplaced(f"{region} sells no zone on {self.day}")
        if zone is None:
            return (
                Place(sold[0].id, region, "zone")
                if len(sold) == 1
                else Place(f"{region}/somewhere", region, "somewhere")
            )
        key = simplify(zone)
        code = region.removeprefix(f"{provider}-")
        if self.relative(provider) and re.fullmatch(f"({re.escape(code)}-?)?([a-z]|[1-9])", key):
            label = key if key.startswith(code) else f"{code}-{key}"
            return Place(f"{region}/{label}", region, "label")
        for each in sold:
            if each.id == f"{region}/{key}":
                return Place(each.id, region, "zone")
        site = record.sites.get(key)
        if site is not None:
            if not site.holds(self.day):
                raise Unplaced(f"{site.id} did not stand on {self.day}")
            return Place(site.id, region, "site")
        if len(sold) == 1 and self._spells(provider, code, key):
            return Place(sold[0].id, region, "zone")
        raise Unplaced(f"{region} sells no zone {shown(zone)} on {self.day}; see: zonerisk show {region}")

    def _spells(self, provider: str, code: str, key: str) -> bool:
        """Tell whether a zone's name is the region's again, as one-zone regions have it."""
        dialect = self.dialect(provider)
        # OpenStack's only zone is called nova where nobody named it.
        plain = dialect.openstack and key == "nova"
        return bool(plain) or code in dialect.spellings(key) or key.startswith(f"{code}-dc")

    def whole(self, provider: str, region: str) -> Place:
        """Give the place of something that its provider spreads over a region."""
        one = self.place(provider, region)
        return one if one.kind == "zone" else Place(region, region, "region")

    def openstack(self, region: str) -> str | None:
        """Return who runs an OpenStack that has such a region."""
        for provider in (key for key, each in self.dialects.items() if each.openstack):
            try:
                self.region(provider, region)
            except Unplaced:
                continue
            return provider
        return None

    def relative(self, provider: str) -> str | None:
        """Say why a provider's zone names are not tied to buildings, if they are not."""
        return self.dialect(provider).zones.account_relative

    def unit(self, place: Place) -> FailureDomain:
        """Give what is compared for a place."""
        if place.id not in self._units:
            self._units[place.id] = self._unit(place)
        return self._units[place.id]

    def _unit(self, place: Place) -> FailureDomain:
        name = place.id.partition("/")[2] or place.id
        if place.region == OWN:
            assert self.own is not None
            site = self.own.sites[name]
            return FailureDomain(place.id, site.name, (site,))
        record = self.catalog.region(place.region)
        if place.kind == "site":
            site = record.sites[name]
            return FailureDomain(place.id, site.name, (site,))
        units = self.zones(place.region)
        if place.kind == "zone":
            found = next((unit for unit in units if unit.id == place.id), None)
            if found is not None:
                return found
        sure = {site.id: site for unit in units for site in unit.sites}
        maybe = {site.id: site for unit in units for site in unit.possible}
        if place.kind == "region":
            return FailureDomain(
                place.id,
                f"{record.name}, whole region",
                tuple(sure.values()),
                tuple(maybe.values()),
            )
        said = (
            f"an unnamed zone of {place.region}"
            if place.kind == "somewhere"
            else name.replace("-zone", " zone")
            if name in ("one-zone", "another-zone")
            else name
        )
        return FailureDomain(place.id, said, (), tuple({**sure, **maybe}.values()))

    def zones(self, region: str) -> tuple[FailureDomain, ...]:
        """Give the units of a region's zones."""
        if region not in self._zones:
            record = self.catalog.region(region)
            sites = {key: self.catalog.site(key) for key in referred(record)}
            self._zones[region] = zone_units(record, sites, self.day)
        return self._zones[region]

    def countries(self, places: Sequence[Place]) -> frozenset[str]:
        """Give the countries that places lie in; own sites without one are left out."""
        found = set()
        for place in places:
            if place.region == OWN:
                found |= {site.country for site in self.unit(place).sites if site.country}
            else:
                found.add(self.catalog.region(place.region).country)
        return frozenset(found)

    @cached_property
    def known(self) -> frozenset[str]:
        """Every region's id."""
        return frozenset(self.catalog.region_ids)
