"""The plan file: a user's workloads and own datacenters, written by hand in YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from zonerisk.core.errors import DataError
from zonerisk.core.kinds import FeedKind
from zonerisk.core.model import (
    Campus,
    Country,
    Evidence,
    Feed,
    Key,
    PartialDate,
    Position,
    Record,
    Region,
    Site,
    Text,
)
from zonerisk.workloads.deployment import (
    MAJORITY,
    OWN,
    STATED,
    Deployment,
    Place,
    Source,
    Unassessed,
    Workload,
    apart,
    majority,
    spread,
)
from zonerisk.workloads.placement import Placement, Unplaced
from zonerisk.workloads.probability import COMMON, Inputs

if TYPE_CHECKING:
    from typing import Self

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.catalogue.document import Document

MAX_COPIES = 10_000
Name = Annotated[str, Field(min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0, le=1)]

TEMPLATE = """\
# A plan for: zonerisk plan plan.yaml
# What you run, where its copies stand, and where backups and recovery are.

policy: podcast               # see: zonerisk list policies
# as_of: 2026-11-23           # judge another day than the catalogue's

workloads:
  shop-db:
    provider: scaleway        # see: zonerisk list providers
    region: fr-par            # see: zonerisk list regions scaleway
    zones: [fr-par-1, fr-par-2, fr-par-3]   # one copy in each; name a zone twice for two
    # replicas: 5             # deals that many copies over the zones
    # quorum: 2               # copies needed; a majority if left out
    backup: {region: nl-ams}  # where the backups are: provider, region, zone or site
    dr: {region: pl-waw}      # where it would be started again

  # ledger:
  #   sites: [hall-a, hall-b] # your own datacenters, from sites below
  #   provider: ovh
  #   region: sbg
  #   zones: [sbg]            # a third copy in a cloud zone
  #   backup: {site: hall-b}

# Your own datacenters. uncertainty_m is the radius, in metres, that surely holds the site.
# sites:
#   hall-a: {name: Hall A, lat: 48.58, lon: 7.75, uncertainty_m: 50, country: FR}
#   hall-b: {name: Hall B, lat: 48.60, lon: 7.70, uncertainty_m: 50, country: FR, campus: park}
# campuses:
#   park: {name: Science park}
# feeds:                      # what they hang on together
#   substation-x: {kind: power, name: substation X, sites: [hall-a, hall-b]}

# The chance that a quorum is lost is shown only with your own figures.
# model:
#   unavailability: [0.0005, 0.002]   # of one zone, as a share of time: low, high
#   common: [0.02, 0.10]              # share of it that takes all zones at once
"""


class Elsewhere(Record):
    """Where backups or recovery stand; what is left out is the workload's own."""

    provider: Name | None = None
    region: Name | None = None
    zone: Name | None = None
    site: Name | None = None


class WorkloadRecord(Record):
    """Copies that do one thing together, and where they stand."""

    provider: Name | None = None
    region: Name | None = None
    zones: tuple[Name, ...] = ()
    sites: tuple[Name, ...] = ()
    replicas: Annotated[int, Field(ge=1, le=MAX_COPIES)] | None = None
    quorum: Annotated[int, Field(ge=1, le=MAX_COPIES)] | None = None
    backup: Elsewhere | tuple[Elsewhere, ...] = ()
    dr: Elsewhere | tuple[Elsewhere, ...] = ()

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.region or self.zones or self.sites):
            raise ValueError("needs a region, zones or sites")
        copies = self.replicas or max(1, len(self.zones) + len(self.sites))
        if self.quorum is not None and self.quorum > copies:
            raise ValueError(f"quorum {self.quorum} is more than its {copies} copies")
        return self


class OwnSite(Record):
    """A datacenter of the user's own."""

    name: Name | None = None
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    uncertainty_m: Annotated[float, Field(gt=0, le=1_000_000)]
    country: Country | None = None
    campus: Key | None = None


class OwnCampus(Record):
    """Own buildings that stand and fall together."""

    name: Name


class OwnFeed(Record):
    """A supply that own sites hang on."""

    kind: FeedKind
    name: Name
    sites: Annotated[tuple[Key, ...], Field(min_length=1)]


class Model(Record):
    """Inputs of the probability view."""

    unavailability: tuple[Share, Share] | Share
    common: tuple[Share, Share] | Share = COMMON
    alpha: tuple[Share, ...] = ()


class PlanFile(Record):
    """A plan as it is written."""

    name: Text | None = None
    policy: Name | None = None
    as_of: PartialDate | None = None
    workloads: Annotated[dict[Name, WorkloadRecord], Field(min_length=1)]
    sites: Annotated[dict[Key, OwnSite], Field(default_factory=dict)]
    campuses: Annotated[dict[Key, OwnCampus], Field(default_factory=dict)]
    feeds: Annotated[dict[Key, OwnFeed], Field(default_factory=dict)]
    model: Model | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        for key, site in self.sites.items():
            if site.campus is not None and site.campus not in self.campuses:
                raise ValueError(f"sites.{key}: its campus is not under campuses")
        for key, feed in self.feeds.items():
            for site_id in feed.sites:
                if site_id not in self.sites:
                    raise ValueError(f"feeds.{key}: a site of it is not under sites")
        return self


def validate(document: Document) -> PlanFile:
    """Type a plan; messages name places in the file and quote nothing of it."""
    return document.validate(PlanFile, quote=False)


def read(document: Document, record: PlanFile, catalog: Catalog, day: str) -> Deployment:
    """Tie a plan's workloads to the catalogue.

    Parameters
    ----------
    document, record
        The file, as text and as typed.
    catalog
        The records.
    day
        The day, ``YYYY-MM-DD``.

    Raises
    ------
    DataError
        If a plan names a region, zone or site that is not known.
    """
    own = _own(record, day) if record.sites else None
    reader = _Reader(document, Placement(catalog, day, own))
    workloads = [reader.workload(key, each) for key, each in record.workloads.items()]
    if reader.problems:
        raise DataError(*reader.problems)
    return Deployment(
        (document.name,),
        tuple(each for each in workloads if each),
        reader.unassessed,
        own,
        _inputs(record.model),
    )


def _inputs(model: Model | None) -> Inputs | None:
    if model is None:
        return None
    both = [
        (value, value) if isinstance(value, float) else value
        for value in (model.unavailability, model.common)
    ]
    return Inputs(both[0], both[1], model.alpha).check()


def _own(record: PlanFile, day: str) -> Region:
    given = Evidence(
        kind="operator",
        title="The plan itself",
        read=day,
        claim="Where the user's own datacenters stand and what they hang on.",
    )
    return Region(
        id=OWN,
        provider=OWN,
        name="own datacenters",
        country="ZZ",
        evidence={"given": given},
        sites={
            key: Site(
                id=f"{OWN}/{key}",
                name=site.name or key,
                kind="building",
                country=site.country,
                campus=f"{OWN}/{site.campus}" if site.campus else None,
                evidence=("given",),
                position=Position(
                    lat=site.lat,
                    lon=site.lon,
                    uncertainty_m=site.uncertainty_m,
                    method="statement",
                    evidence=("given",),
                ),
            )
            for key, site in record.sites.items()
        },
        campuses={
            key: Campus(id=f"{OWN}/{key}", name=campus.name, evidence=("given",))
            for key, campus in record.campuses.items()
        },
        feeds={
            key: Feed(
                id=f"{OWN}/{key}",
                kind=feed.kind,
                name=feed.name,
                sites=tuple(f"{OWN}/{site}" for site in feed.sites),
                evidence=("given",),
            )
            for key, feed in record.feeds.items()
        },
    )


class _Reader:
    """Reads workloads one by one and gathers what is wrong with them."""

    def __init__(self, document: Document, placement: Placement) -> None:
        self.document, self.placement = document, placement
        self.problems: list[str] = []
        self.unassessed: tuple[Unassessed, ...] = ()

    def workload(self, key: str, record: WorkloadRecord) -> Workload | None:
        path = ("workloads", key)
        places = [
            self._at(record, (*path, "zones", index), zone=zone) for index, zone in enumerate(record.zones)
        ]
        places += [
            self._at(record, (*path, "sites", index), site=site) for index, site in enumerate(record.sites)
        ]
        if not places:
            places = [self._at(record, (*path, "region"))]
        backup, dr = (
            tuple(self._else(record, (*path, name), each) for each in _listed(getattr(record, name)))
            for name in ("backup", "dr")
        )
        good = [place for place in places if place]
        if len(good) < len(places) or None in (*backup, *dr):
            return None
        copies = record.replicas or len(good)
        notes = {
            self.placement.relative(place.region.partition("-")[0]) for place in good if place.kind == "label"
        }
        return Workload(
            key,
            Source(self.document.name, self.document.line(path)),
            apart(spread(good, copies)),
            record.quorum or majority(copies),
            STATED if record.quorum else MAJORITY,
            tuple(place for place in backup if place),
            tuple(place for place in dr if place),
            tuple(sorted(note for note in notes if note)),
        )

    def _else(self, record: WorkloadRecord, path: tuple[str | int, ...], there: Elsewhere) -> Place | None:
        merged = record.model_copy(
            update={
                key: value for key in ("provider", "region") if (value := getattr(there, key)) is not None
            }
        )
        return self._at(merged, path, there.zone, there.site, spread_out=True)

    def _at(
        self,
        record: WorkloadRecord,
        path: tuple[str | int, ...],
        zone: str | None = None,
        site: str | None = None,
        spread_out: bool = False,
    ) -> Place | None:
        try:
            return self._place(record, zone, site, spread_out)
        except Unplaced as error:
            self.problems.append(self.document.problem(path, str(error)))
            return None

    def _place(self, record: WorkloadRecord, zone: str | None, site: str | None, spread_out: bool) -> Place:
        own = self.placement.own
        if site is not None and own is not None and site.removeprefix(f"{OWN}/") in own.sites:
            return Place(f"{OWN}/{site.removeprefix(f'{OWN}/')}", OWN, "site")
        named = zone or site
        region, slash, name = (named or "").partition("/")
        if slash:
            if region not in self.placement.known:
                raise Unplaced("names a region that is not in the catalogue; see: zonerisk list regions")
            provider = self.placement.catalog.region(region).provider
            return self.placement.place(provider, region, name)
        if record.provider is None or record.region is None:
            raise Unplaced(
                "is none of sites; name its provider and region, or add it there"
                if site
                else "needs the workload's provider and region"
            )
        provider = self.placement.provider(record.provider)
        region = self.placement.region(provider, record.region)
        if named is None and spread_out:
            return self.placement.whole(provider, region)
        return self.placement.place(provider, region, named)


def _listed(value: Elsewhere | tuple[Elsewhere, ...]) -> tuple[Elsewhere, ...]:
    return value if isinstance(value, tuple) else (value,)
