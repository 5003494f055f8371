from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from zonerisk.judging.arrangement import distance_m, near_pairs, pairs, site_units, zone_units, zones_sold
from zonerisk.library import Library

DAY = "2026-01-31"


def test_one_site_for_each_zone_makes_the_pairs_known(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/hidden.yaml"
    text = path.read_text().replace(
        "sites: [here, there, metro]", "sites: [here, there]\n  one_per_zone: true"
    )
    path.write_text(text.replace("  h3: {}\n", ""))
    catalog = Library(zz_copy)
    region, sites = catalog.region("zz-hidden"), catalog.sites_of("zz-hidden")
    assert [unit.id for unit in zone_units(region, sites, DAY)] == [
        "zz-hidden/here",
        "zz-hidden/there",
    ]
    found = catalog.score("zz-hidden")
    assert found.policy.separations[0].distance_m.best is not None


def test_near_pairs_are_those_that_may_stand_nearer(shipped: Library) -> None:
    """A sweep over parallels drops none; what is not disclosed may stand beside anything."""
    sites = site_units(shipped.region("aws-us-east-1"), shipped.sites_of("aws-us-east-1"), DAY)[:40]
    units = (*sites, replace(sites[0], id="hidden", sites=()), replace(sites[1], id="more", partial=True))
    for limit_m in (500.0, 3000.0, 20_000.0):
        known = [(a, b) for a, b in pairs(units) if {"hidden", "more"} & {a.id, b.id}]
        known += [(a, b) for a, b in pairs(sites) if distance_m(a, b).low < limit_m]
        found = [(a.id, b.id) for a, b in near_pairs(units, limit_m)]
        assert sorted(found) == sorted((a.id, b.id) for a, b in known)
        order = [unit.id for unit in units]
        assert found == sorted(found, key=lambda pair: [order.index(key) for key in pair])


def test_a_metro_does_not_disclose_a_zone(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/hidden.yaml"
    path.write_text(path.read_text().replace("h1: {}", "h1: {sites: [metro]}"))
    catalog = Library(zz_copy)
    region, sites = catalog.region("zz-hidden"), catalog.sites_of("zz-hidden")
    first = zone_units(region, sites, DAY)[0]
    assert not first.disclosed
    assert [site.id for site in first.possible] == ["zz-hidden/metro"]


def test_dates(shipped: Library) -> None:
    region, sites = shipped.region("ovh-sbg"), shipped.sites_of("ovh-sbg")
    for day, names in (("2021-03-10", 4), ("2021-03-11", 3), ("2022-09-11", 2), ("2022-09-12", 3)):
        zones = zone_units(region, sites, day)
        assert len([site for zone in zones for site in zone.sites]) == names, day
        assert not any(zone.possible for zone in zones)
    assert len(zones_sold(region, "2021-01-01")) == 1
