from __future__ import annotations

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.workloads.placement import Placement, Unplaced

DAY = "2026-11-23"


@pytest.mark.parametrize(
    ("provider", "region", "zone", "place", "kind"),
    [
        ("aws", "eu-west-3", "euw3-az1", "aws-eu-west-3/euw3-az1", "zone"),
        ("aws", "eu-west-3", "eu-west-3a", "aws-eu-west-3/eu-west-3a", "label"),
        ("azure", "West Europe", "2", "azure-westeurope/westeurope-2", "label"),
        (
            "azure",
            "francecentral",
            "francecentral-az1",
            "azure-francecentral/francecentral-az1",
            "zone",
        ),
        ("google", "europe-west9", "europe-west9-b", "google-europe-west9/europe-west9-b", "zone"),
        ("outscale", "eu-west-2", "eu-west-2a", "outscale-eu-west-2/eu-west-2a", "label"),
        ("scaleway", "fr-par", "fr-par-2", "scaleway-fr-par/fr-par-2", "zone"),
        ("scaleway", "fr-par", None, "scaleway-fr-par/somewhere", "somewhere"),
        ("ovh", "SBG5", "nova", "ovh-sbg/sbg", "zone"),
        ("ovh", "sbg3", "sbg3", "ovh-sbg/sbg3", "site"),
        ("ovh", "UK1", None, "ovh-eri/eri", "zone"),
        ("ovh", "EU-WEST-PAR", "eu-west-par-a", "ovh-eu-west-par/eu-west-par-a", "zone"),
        ("exoscale", "ch-gva-2", None, "exoscale-ch-gva-2/ch-gva-2", "zone"),
        ("hetzner", "fsn1-dc14", "fsn1-dc14", "hetzner-fsn1/fsn1", "zone"),
    ],
)
def test_what_apis_call_regions_and_zones(
    shipped: Catalog, provider: str, region: str, zone: str | None, place: str, kind: str
) -> None:
    placement = Placement(shipped, DAY)
    found = placement.place(provider, placement.region(provider, region), zone)
    assert (found.id, found.kind) == (place, kind)
    assert placement.domain(found).id == place


@pytest.mark.parametrize("name", ["gcp", "Google Cloud", "google"])
def test_names_of_providers(shipped: Catalog, name: str) -> None:
    assert Placement(shipped, DAY).provider(name) == "google"


@pytest.mark.parametrize(
    ("provider", "region", "zone"),
    [
        ("aws", "eu-west-3", "us-east-1a"),
        ("aws", "eu-west-3", "eu-west-3-lil-1a"),
        ("scaleway", "fr-par", "fr-par-9"),
        ("scaleway", "mars", None),
        ("google", "europe-west9", "europe-west9-z"),
    ],
)
def test_what_is_not_on_record_is_not_placed(
    shipped: Catalog, provider: str, region: str, zone: str | None
) -> None:
    placement = Placement(shipped, DAY)
    with pytest.raises(Unplaced):
        placement.place(provider, placement.region(provider, region), zone)


def test_a_zone_of_the_past(shipped: Catalog) -> None:
    placement = Placement(shipped, "2021-03-09")
    assert placement.place("ovh", "ovh-sbg", "sbg2").kind == "site"
    with pytest.raises(Unplaced):
        placement.place("ovh", "ovh-sbg", "sbg5")


def test_words_that_are_no_names_are_not_repeated(shipped: Catalog) -> None:
    with pytest.raises(Unplaced) as error:
        Placement(shipped, DAY).region("aws", "<script>hunter2")
    assert "hunter2" not in str(error.value)


def test_a_whole_region(shipped: Catalog) -> None:
    placement = Placement(shipped, DAY)
    assert placement.whole("scaleway", "scaleway-fr-par").kind == "region"
    assert placement.whole("hetzner", "hetzner-fsn1").kind == "zone"
