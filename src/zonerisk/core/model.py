"""The catalogue's records: what a provider sells, where it stands and why we say so.

What their fields mean stands in ``data/fields.yaml``.
"""

# No "from __future__ import annotations" here: pydantic would compile every annotation again,
# a tenth of a cold start.

import re
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, computed_field, model_validator

from zonerisk.core.kinds import ClaimKind, HazardKind, StatedFeedKind

Grade = Literal["A", "B", "C"]

ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FULL_ID_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*/[a-z0-9]+(-[a-z0-9]+)*$"
REFERENCE_PATTERN = r"^([a-z0-9]+(-[a-z0-9]+)*/)?[a-z0-9]+(-[a-z0-9]+)*$"
STATION_PATTERN = r"^(rte/[A-Z0-9.]{1,5}|(node|way|relation)/[1-9][0-9]*)$"
MAX_ZONES = 64
MAX_SITES = 600

Key = Annotated[str, Field(pattern=ID_PATTERN)]
FullId = Annotated[str, Field(pattern=FULL_ID_PATTERN)]
Reference = Annotated[str, Field(pattern=REFERENCE_PATTERN)]
# Controls of terminals and of the direction of writing, by which a text looks like another.
CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff]"
)


def _plain(text: str) -> str:
    if CONTROLS.search(text):
        raise ValueError("holds control characters; write plain text")
    return text


Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_plain)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


def _real_date(text: str) -> str:
    from datetime import date

    year, *rest = (int(part) for part in text.split("-"))
    date(year, rest[0] if rest else 1, rest[1] if len(rest) > 1 else 1)
    return text


PartialDate = Annotated[
    str,
    Field(pattern=r"^(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$"),
    AfterValidator(_real_date),
]
"""A year, a month or a day (``2022``, ``2022-09``, ``2022-09-12``)."""


def _web_address(text: str) -> str:
    if not re.match(r"^https?://[^\s/?#]+\.[^\s/?#]+([/?#]\S*)?$", _plain(text)):
        raise ValueError("must be an http(s) address without spaces")
    return text


Url = Annotated[str, Field(max_length=2000), AfterValidator(_web_address)]


def simplify(text: str) -> str:
    """Return what a user typed in the form of an id: ``OVH SBG`` and ``ovh_sbg`` to ``ovh-sbg``."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


class Record(BaseModel):
    """A frozen part of the catalogue that refuses keys it does not know."""

    # Deferred: most parts are only ever validated inside a whole record.
    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False, defer_build=True
    )


_GradeA = Literal["operator", "authority", "incident-report", "court"]
_GradeB = Literal["registry", "map", "layer", "press", "measurement"]
_GradeC = Literal["history", "inference", "opinion"]
EvidenceKind = Literal[_GradeA, _GradeB, _GradeC]


class Evidence(Record):
    """Why we say so: one page, map object or statement."""

    kind: EvidenceKind
    title: Text
    url: Url | None = None
    read: PartialDate
    claim: Text
    published: PartialDate | None = None
    secondary: bool = False

    @computed_field  # type: ignore[prop-decorator]
    @property
    def grade(self) -> Grade:
        """A operator, authority, report; B map, press, measurement; C inference; second-hand one lower."""
        if self.kind in get_args(_GradeA):
            return "B" if self.secondary else "A"
        return "B" if self.kind in get_args(_GradeB) and not self.secondary else "C"

    @property
    def source(self) -> str:
        """Who speaks, and whether it is heard at second hand: why its grade is what it is."""
        return f"{self.kind}, second-hand" if self.secondary else self.kind


class Dated(Record):
    """Something that held between two dates, both counted in; partial dates count whole.

    An absent ``since`` or ``until`` means that no bound is known.
    """

    since: PartialDate | None = None
    until: PartialDate | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since[: len(self.until)] > self.until:
            raise ValueError(f"until {self.until} lies before since {self.since}")
        return self

    def holds(self, as_of: str) -> bool:
        """Return whether this held on a day (``YYYY-MM-DD``)."""
        started = self.since is None or self.since <= as_of
        return started and (self.until is None or as_of[: len(self.until)] <= self.until)


class Lasting(Dated):
    """A standing state, which lasts until a source says that it was changed."""

    changed: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _changed_by(self) -> Self:
        if self.until and not self.changed:
            raise ValueError("until needs changed: the evidence that something was changed by then")
        return self


PositionMethod = Literal["outline", "point", "registry", "address", "statement", "campus", "town"]


class Position(Record):
    """A disc that holds the site with about 95 % confidence."""

    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    uncertainty_m: Annotated[float, Field(gt=0, le=1_000_000)]
    method: PositionMethod
    osm: Annotated[str, Field(pattern=r"^(node|way|relation)/[1-9][0-9]*$")] | None = None
    read: PartialDate | None = None
    footprint_m2: Annotated[float, Field(gt=0, le=10_000_000)] | None = None
    evidence: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if not self.evidence and not self.osm:
            raise ValueError("needs its source: osm with read, or evidence")
        if self.osm and not self.read:
            raise ValueError("osm needs read: the day the object was read")
        return self

    @property
    def mapped(self) -> tuple[Evidence, ...]:
        """The OpenStreetMap object as evidence, if there is one."""
        if not self.osm or not self.read:
            return ()
        kind, _, number = self.osm.partition("/")
        return (
            Evidence(
                kind="map",
                title=f"OpenStreetMap {kind} {number}",
                url=f"https://www.openstreetmap.org/{self.osm}",
                read=self.read,
                claim=f"position: {self.method}",
            ),
        )


class Site(Dated):
    """A brick: a building, a campus, or a metro where no more is known."""

    id: str = ""
    name: Text
    kind: Literal["building", "campus", "metro"]
    operator: Key | None = None
    address: Text | None = None
    town: Text | None = None
    country: Country | None = None
    position: Position | None = None
    campus: Reference | None = None
    fate: Literal["destroyed", "closed", "sold"] | None = None
    evidence: tuple[Key, ...] = ()
    note: Text | None = None

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        if not self.evidence and self.position is None:
            raise ValueError("needs evidence, at least that of its position")
        if self.fate and not self.until:
            raise ValueError("fate needs until: the last day in service")
        return self


class Campus(Lasting):
    """Buildings that stand and fall together: one plot, one gate, one fire."""

    id: str = ""
    name: Text
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]


class Zone(Dated):
    """The failure domain as sold. No sites means that its building is not disclosed."""

    id: str = ""
    name: Text | None = None
    sites: tuple[Reference, ...] = ()
    evidence: tuple[Key, ...] = ()
    note: Text | None = None


class Candidates(Record):
    """Sites known to serve the region without a zone.

    ``one_per_zone`` where the sources give as many sites as zones, one for each, so that the set of
    pairs is known though the labels are not.
    """

    sites: Annotated[tuple[Reference, ...], Field(min_length=1)]
    one_per_zone: bool = False
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]


class Buildings(Lasting):
    """How many buildings the zones stand in, as stated; which zone in which is not.

    ``at_most`` is fewer than there are zones, so that some surely share one.
    """

    at_most: Annotated[int, Field(ge=1, le=MAX_ZONES)]
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]


class Feed(Lasting):
    """A stated supply: when it fails, all its sites lose it together.

    ``station`` is the grid station that it is stated to come from, as ``data/feeds`` names it:
    ``rte/WATTR``, ``way/62061952``.
    """

    id: str = ""
    kind: StatedFeedKind
    name: Text
    sites: Annotated[tuple[Reference, ...], Field(min_length=1)]
    upstream: tuple[Reference, ...] = ()
    station: Annotated[str, Field(pattern=STATION_PATTERN)] | None = None
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]
    note: Text | None = None


class Hazard(Dated):
    """What an authority, an operator or a report says of a hazard at sites.

    They are ``inside`` its area, ``near`` it, ``distance_m`` metres away where the statement gives a
    distance, or ``outside`` it by statement.
    """

    id: str = ""
    kind: HazardKind
    name: Text
    sites: Annotated[tuple[Reference, ...], Field(min_length=1)]
    relation: Literal["inside", "near", "outside"]
    distance_m: Annotated[float, Field(ge=0)] | None = None
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]
    note: Text | None = None


class Claim(Dated):
    """What the provider states about its zones. A claim is not evidence of itself.

    ``zoned`` where it speaks of regions with zones only, not of one that is sold whole; ``exceptions``
    are codes of the regions that the statement itself excepts.
    """

    kind: ClaimKind
    text: Text
    value: Annotated[float, Field(ge=0)] | None = None
    unit: Literal["km", "ms", "zones", "buildings"] | None = None
    zoned: bool = False
    exceptions: tuple[Key, ...] = ()
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        units = {
            "zone-count": "zones",
            "building-count": "buildings",
            "separation-min": "km",
            "separation-max": "km",
            "rtt-max": "ms",
            "dr-distance": "km",
        }
        wanted = units.get(self.kind)
        if wanted and (self.value is None or self.unit != wanted):
            raise ValueError(f"a {self.kind} claim needs value and unit: {wanted}")
        return self


class RoundTrip(Record):
    """The time there and back between two zones of one region, milliseconds."""

    a: FullId
    b: FullId
    ms: Annotated[float, Field(gt=0, le=1000)]

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.a == self.b:
            raise ValueError(f"{self.a} is both ends; a round trip is between two zones")
        if self.a.partition("/")[0] != self.b.partition("/")[0]:
            raise ValueError(f"{self.a} and {self.b} are of two regions; only zones of one are measured here")
        return self


class Measurement(Dated):
    """Round trips between zones, measured by one method from ``since`` on, ``until`` a later day."""

    id: str = ""
    provider: str = ""
    name: Text
    since: PartialDate
    method: Text
    statistic: Text
    samples: Annotated[int, Field(gt=0)] | None = None
    round_trips: tuple[RoundTrip, ...]
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]
    note: Text | None = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        pairs = [frozenset((row.a, row.b)) for row in self.round_trips]
        if not pairs:
            raise ValueError("round_trips is empty; write a line for each pair of zones")
        twice = next((pair for pair in pairs if pairs.count(pair) > 1), None)
        if twice:
            raise ValueError(
                f"round_trips: {' and '.join(sorted(twice))} stand twice; keep the least of them"
            )
        return self

    @property
    def day(self) -> str:
        """The last day of it: from then on it is known."""
        return self.until or self.since


Status = Literal["open", "announced", "closed"]


class IncidentFeed(Record):
    """What was read for a provider's incidents, over which years and how fully."""

    since: PartialDate
    until: PartialDate
    complete: Literal["all", "large", "partial"]
    what: Text
    single_until: PartialDate | None = None
    without: tuple[Key, ...] = ()
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]


class Onset(Record):
    """When something began, where sources bound the day or tell it roughly."""

    not_before: PartialDate | None = None
    not_after: PartialDate | None = None
    about: PartialDate | None = None
    evidence: Annotated[tuple[Key, ...], Field(min_length=1)]


class Search(Record):
    """Where a region's buildings were looked for in vain, when, and what was seen there."""

    where: Text
    read: PartialDate
    result: Text


class Provider(Record):
    """Who sells, or whose buildings others rent."""

    id: str = ""
    name: Text
    role: Literal["cloud", "operator"] = "cloud"
    country: Country
    status: Status = "open"
    website: Url | None = None
    evidence: dict[Key, Evidence] = {}
    incident_feeds: dict[Key, IncidentFeed] = {}
    claims: tuple[Claim, ...] = ()
    note: Text | None = None


class Region(Dated):
    """What the API calls a region, its zones as sold and the sites known for it."""

    id: str = ""
    provider: str = ""
    name: Text
    country: Country
    town: Text | None = None
    status: Status = "open"
    numbered: bool = False
    partition: Key | None = None
    limited: bool = False
    launch: Onset | None = None
    zones_since: Onset | None = None
    zones: dict[Key, Zone] = {}
    candidates: Candidates | None = None
    buildings: Buildings | None = None
    campuses: dict[Key, Campus] = {}
    sites: dict[Key, Site] = {}
    feeds: dict[Key, Feed] = {}
    hazards: dict[Key, Hazard] = {}
    claims: tuple[Claim, ...] = ()
    looked: tuple[Search, ...] = ()
    evidence: dict[Key, Evidence] = {}
    note: Text | None = None

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        if len(self.zones) > MAX_ZONES:
            raise ValueError(f"{len(self.zones)} zones; no region sells more than {MAX_ZONES}")
        if len(self.sites) > MAX_SITES:
            raise ValueError(f"{len(self.sites)} sites; split the file above {MAX_SITES}")
        twice = sorted(self.zones.keys() & self.sites.keys())
        if twice:
            raise ValueError(f"{twice[0]} names both a zone and a site; give one another key")
        return self

    @property
    def site_ids(self) -> tuple[str, ...]:
        """Canonical ids of every site that its zones and candidates name, and of its own."""
        ids = [site.id for site in self.sites.values()]
        ids += [site for zone in self.zones.values() for site in zone.sites]
        ids += self.candidates.sites if self.candidates else ()
        return tuple(dict.fromkeys(ids))

    def cite_site(self, key: str) -> tuple[Evidence, ...]:
        """Return what is cited for a site of this file and for its position."""
        site = self.sites[key]
        position = site.position
        keys = (*site.evidence, *(position.evidence if position else ()))
        return (*self.cite(tuple(dict.fromkeys(keys))), *(position.mapped if position else ()))

    def cite(self, keys: tuple[str, ...]) -> tuple[Evidence, ...]:
        """Return the evidence behind keys, in their order."""
        return tuple(self.evidence[key] for key in keys)
