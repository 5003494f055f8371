from __future__ import annotations

from types import SimpleNamespace

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.judging.arrangement import FailureDomain, RiskGroups, risk
from zonerisk.workloads.deployment import Arrangements, Place, Placement, Unplaced

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
    found = placement.place(placement.region(provider, region), zone)
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
        placement.place(placement.region(provider, region), zone)


def test_a_zone_of_the_past(shipped: Catalog) -> None:
    placement = Placement(shipped, "2021-03-09")
    assert placement.place("ovh-sbg", "sbg2").kind == "site"
    with pytest.raises(Unplaced):
        placement.place("ovh-sbg", "sbg5")


def test_words_that_are_no_names_are_not_repeated(shipped: Catalog) -> None:
    with pytest.raises(Unplaced) as error:
        Placement(shipped, DAY).region("aws", "<script>hunter2")
    assert "hunter2" not in str(error.value)


def test_a_whole_region(shipped: Catalog) -> None:
    placement = Placement(shipped, DAY)
    assert placement.whole("scaleway-fr-par").kind == "region"
    assert placement.whole("hetzner-fsn1").kind == "zone"


ZONES = tuple(FailureDomain(f"r/z{index}", f"z{index}") for index in range(3))
ALL_APART = frozenset((a.id, b.id) for a in ZONES for b in ZONES if a.id < b.id)
LABELS = [Place("r/a", "r", "label"), Place("r/b", "r", "label")]


def relabelled(kind: str, known: RiskGroups, places: list[Place]) -> RiskGroups:
    """Return what is known of labels in a region of whose zones that is known."""
    arrangements = object.__new__(Arrangements)
    arrangements.placement = SimpleNamespace(zones=lambda _: ZONES)  # type: ignore[assignment]
    arrangements._in_zones = {"r": {kind: known}}
    groups: dict[str, RiskGroups] = {}
    arrangements._relabel(groups, places)
    return groups.get(kind, RiskGroups(kind))


def told(known: RiskGroups, places: list[Place] = LABELS) -> RiskGroups:
    return relabelled("campus", known, places)


def test_zones_that_are_all_apart_leave_labels_apart() -> None:
    assert told(RiskGroups("campus", apart=ALL_APART)).outcome(("r/a", "r/b")) == "pass"


def test_one_pair_that_is_not_leaves_it_open() -> None:
    some = frozenset(list(ALL_APART)[1:])
    assert told(RiskGroups("campus", apart=some)).outcome(("r/a", "r/b")) == "unknown"


def test_a_risk_of_all_zones_is_one_of_the_labels() -> None:
    shared = risk("campus", "k", "A", ZONES, "all stand on one campus")
    assert told(RiskGroups("campus", (shared,))).outcome(("r/a", "r/b")) == "fail"


def test_a_risk_of_some_zones_may_or_may_not_be() -> None:
    shared = risk("campus", "k", "A", ZONES[:2], "two stand on one campus")
    assert told(RiskGroups("campus", (shared,))).outcome(("r/a", "r/b")) == "unknown"


def test_copies_somewhere_may_share_a_zone() -> None:
    places = [Place("r/somewhere-1", "r", "somewhere"), Place("r/somewhere-2", "r", "somewhere")]
    found = told(RiskGroups("campus", apart=ALL_APART), places)
    assert found.outcome(("r/somewhere-1", "r/somewhere-2")) == "unknown"


def test_a_kind_that_only_the_zones_have_is_open_for_labels() -> None:
    """Of an event that took two of three zones, labels may or may not be those."""
    shared = risk("incident", "i", "A", ZONES[:2], "were out together")
    found = relabelled("incident", RiskGroups("incident", (shared,)), LABELS)
    assert found.outcome(("r/a", "r/b")) == "unknown"
