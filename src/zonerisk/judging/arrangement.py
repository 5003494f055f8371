"""Units of comparison: the zones, or the datacenters, that are held against each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zonerisk.catalogue.catalog import Scope
    from zonerisk.core.model import Position, Region, Site, Zone

Pair = tuple[str, str]


@dataclass(frozen=True)
class FailureDomain:
    """A zone as sold, or one datacenter.

    Attributes
    ----------
    id, name
        Canonical id, and what the provider calls it.
    sites
        The buildings or campuses it stands in; empty where that is not disclosed.
    possible
        Where it may stand, for a unit that is not disclosed.
    """

    id: str
    name: str
    sites: tuple[Site, ...] = ()
    possible: tuple[Site, ...] = ()

    @property
    def positions(self) -> tuple[Position, ...]:
        """Discs of the sites it stands in."""
        return positions(self.sites)

    @property
    def disclosed(self) -> bool:
        """True where at least one of its sites has a position."""
        return bool(self.positions)


def positions(sites: Iterable[Site]) -> tuple[Position, ...]:
    """Discs of the sites that have one."""
    return tuple(site.position for site in sites if site.position)


def pairs(units: Iterable[FailureDomain]) -> list[tuple[FailureDomain, FailureDomain]]:
    """Every pair of units once, in their order."""
    listed = list(units)
    return [(a, b) for index, a in enumerate(listed) for b in listed[index + 1 :]]


def zones_sold(region: Region, as_of: str) -> tuple[Zone, ...]:
    """Zones that are sold on a day; none where the region itself was not there."""
    if not region.holds(as_of):
        return ()
    return tuple(zone for zone in region.zones.values() if zone.holds(as_of))


def _standing(ids: Iterable[str], sites: Mapping[str, Site], as_of: str) -> tuple[Site, ...]:
    return tuple(sites[key] for key in ids if sites[key].holds(as_of))


def candidates(region: Region, sites: Mapping[str, Site], as_of: str) -> tuple[Site, ...]:
    """Sites that serve the region without a known zone, on a day."""
    return _standing(region.candidates.sites, sites, as_of) if region.candidates else ()


def zone_units(region: Region, sites: Mapping[str, Site], as_of: str) -> tuple[FailureDomain, ...]:
    """Build a unit for each zone as sold.

    A metro is no place to compare: a zone known only by its metro is not disclosed, and
    may stand anywhere in it. Where the sources give one site for each zone, the sites
    stand for the zones whose labels are not published.
    """
    maybe = candidates(region, sites, as_of)
    units = []
    for zone in zones_sold(region, as_of):
        listed = _standing(zone.sites, sites, as_of)
        known = tuple(site for site in listed if site.kind != "metro")
        rest = tuple(site for site in listed if site.kind == "metro")
        name = zone.name or zone.id.partition("/")[2]
        units.append(FailureDomain(zone.id, name, known, () if known else rest or maybe))
    one_each = tuple(site for site in maybe if site.kind != "metro")
    if (
        region.candidates
        and region.candidates.one_per_zone
        and len(one_each) == len(units)
        and not any(unit.sites for unit in units)
    ):
        return tuple(FailureDomain(site.id, site.name, (site,)) for site in one_each)
    return tuple(units)


def site_units(region: Region, sites: Mapping[str, Site], as_of: str) -> tuple[FailureDomain, ...]:
    """Build a unit for each building or campus that serves the region on a day."""
    ids = [key for zone in zones_sold(region, as_of) for key in zone.sites]
    ids += region.candidates.sites if region.candidates else ()
    if not region.zones:
        ids += [site.id for site in region.sites.values()]
    found = _standing(dict.fromkeys(ids), sites, as_of)
    return tuple(FailureDomain(site.id, site.name, (site,)) for site in found if site.kind != "metro")


def footprint(scope: Scope, region: Region, as_of: str) -> tuple[tuple[Site, ...], tuple[Site, ...]]:
    """Give the sites that surely serve a region, and those that may."""
    units = zone_units(region, scope.sites, as_of)
    sure = {site.id: site for unit in units for site in unit.sites}
    maybe = {site.id: site for unit in units for site in unit.possible}
    return tuple(sure.values()), tuple(maybe.values())
