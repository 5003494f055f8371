"""Records: what providers sell, where it stands, what happened to it, what policies ask, why we say so.

What their fields mean stands in ``data/fields.yaml``.
"""

# No "from __future__ import annotations" here: pydantic would compile every annotation again,
# a tenth of a cold start.

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    ValidationInfo,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import core_schema

from zonerisk.core.kinds import CORRELATED, UNITS, ClaimKind, HazardKind, StatedFeedKind

Grade = Literal["A", "B", "C"]

_ID = "[a-z0-9]+(-[a-z0-9]+)*"
ID_PATTERN = f"^{_ID}$"
MAX_ZONES, MAX_SITES = 64, 600

FromPath = SkipJsonSchema[str]
"""What a record's place or bytes tell, and its file does not."""
EXAMPLES: dict[str, str] = {}
"""Text of each pattern as it is written, which messages show in its place."""


def _text(check: Callable[[str], str] | None = None, **limits: Any) -> Any:
    """Return limits of a text, and what checks it: written down here, for pydantic takes long to infer it."""
    bare = core_schema.str_schema(**limits)
    schema = core_schema.no_info_after_validator_function(check, bare) if check else bare
    return GetPydanticSchema(lambda _, __: schema)


def _like(pattern: str, example: str, check: Callable[[str], str] | None = None) -> Any:
    EXAMPLES[pattern] = example
    return _text(check, pattern=pattern)


Key = Annotated[str, _like(ID_PATTERN, "eu-west-3: lower case, digits, single dashes")]
FullId = Annotated[
    str, _like(f"^{_ID}/{_ID}$", "aws-eu-west-3/euw3-az1: a region's whole id, then the zone's")
]
Reference = Annotated[str, _like(f"^({_ID}/)?{_ID}$", "sbg3, or ovh-sbg/sbg3 in another region")]
_OSM = "(node|way|relation)/[1-9][0-9]*"
# Controls of terminals and of the direction of writing, and what is unseen: by them texts look alike.
CONTROLS = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def _plain(text: str) -> str:
    if not text.isprintable() and re.search(CONTROLS, text):
        raise ValueError("holds control characters; write plain text")
    return text


Text = Annotated[str, _text(_plain, min_length=1, max_length=2000)]
Country = Annotated[str, _like(r"^[A-Z]{2}$", "CH: its two capital letters")]
Cited = Annotated[tuple[Key, ...], Field(min_length=1)]
"""Keys of evidence, one at least."""


def _real(text: str) -> str:
    datetime.fromisoformat(f"{text}-01-01"[:10] if len(text) < 11 else text.replace("Z", "+00:00"))
    return text


_DAY = r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])"
PartialDate = Annotated[str, _like(rf"^{_DAY})?)?$", "2026, 2026-11 or 2026-11-23", _real)]
"""A year, a month or a day (``2022``, ``2022-09``, ``2022-09-12``)."""


Moment = Annotated[
    str, _like(rf"^{_DAY}(T([01]\d|2[0-3]):[0-5]\dZ)?)?)?$", "2026-11-23 or 2026-11-23T14:05Z", _real)
]
"""The same, or a minute in UTC (``2020-06-29T14:47Z``)."""


def _web_address(text: str) -> str:
    if not re.match(r"^https?://[^\s/?#]+\.[^\s/?#]+([/?#]\S*)?$", _plain(text)):
        raise ValueError("must be an http(s) address without spaces")
    return text


Url = Annotated[str, _text(_web_address, max_length=2000)]


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
    """Something that held between two dates, both counted in; partial dates count whole."""

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
    osm: Annotated[str, _like(f"^{_OSM}$", "way/1257814939")] | None = None
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
        title, claim = f"OpenStreetMap {self.osm.replace('/', ' ')}", f"position: {self.method}"
        url = f"https://www.openstreetmap.org/{self.osm}"
        return (Evidence(kind="map", title=title, url=url, read=self.read, claim=claim),)


class Site(Dated):
    """A brick: a building, a campus, or a metro where no more is known."""

    id: FromPath = ""
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

    id: FromPath = ""
    name: Text
    evidence: Cited


class Zone(Dated):
    """The failure domain as sold. No sites means that its building is not disclosed.

    ``partial`` where its list of sites is known not to be complete: it may stand elsewhere too.
    """

    id: FromPath = ""
    name: Text | None = None
    sites: tuple[Reference, ...] = ()
    partial: bool = False
    evidence: tuple[Key, ...] = ()
    note: Text | None = None


class Candidates(Record):
    """Sites known to serve the region without a zone."""

    sites: Annotated[tuple[Reference, ...], Field(min_length=1)]
    one_per_zone: bool = False
    evidence: Cited


class Buildings(Lasting):
    """How many buildings the zones stand in, as stated; which zone in which is not."""

    at_most: Annotated[int, Field(ge=1, le=MAX_ZONES)]
    evidence: Cited


class Feed(Lasting):
    """A stated supply: when it fails, all its sites lose it together."""

    id: FromPath = ""
    kind: StatedFeedKind
    name: Text
    sites: Annotated[tuple[Reference, ...], Field(min_length=1)]
    upstream: tuple[Reference, ...] = ()
    station: Annotated[str, Field(pattern=rf"^(rte/[A-Z0-9.]{{1,5}}|{_OSM})$")] | None = None
    evidence: Cited
    note: Text | None = None


class Hazard(Dated):
    """What an authority, an operator or a report says of a hazard at sites."""

    id: FromPath = ""
    kind: HazardKind
    name: Text
    sites: Annotated[tuple[Reference, ...], Field(min_length=1)]
    relation: Literal["inside", "near", "outside"]
    distance_m: Annotated[float, Field(ge=0)] | None = None
    evidence: Cited
    note: Text | None = None


class Claim(Dated):
    """What the provider states about its zones. A claim is not evidence of itself."""

    kind: ClaimKind
    text: Text
    value: Annotated[float, Field(ge=0)] | None = None
    unit: Literal["km", "ms", "zones", "buildings"] | None = None
    zoned: bool = False
    exceptions: tuple[Key, ...] = ()
    evidence: Cited

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        far = self.kind in ("separation-min", "separation-max", "dr-distance")
        units = {"zone-count": "zones", "building-count": "buildings", "rtt-max": "ms"}
        wanted = "km" if far else units.get(self.kind)
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

    id: FromPath = ""
    provider: FromPath = ""
    name: Text
    since: PartialDate
    method: Text
    statistic: Text
    samples: Annotated[int, Field(gt=0)] | None = None
    round_trips: Annotated[tuple[RoundTrip, ...], Field(min_length=1)]
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]
    note: Text | None = None

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        pairs = [" and ".join(sorted((row.a, row.b))) for row in self.round_trips]
        if twice := next((pair for pair in pairs if pairs.count(pair) > 1), None):
            raise ValueError(f"round_trips: {twice} stand twice; keep the least of them")
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
    evidence: Cited


class Onset(Record):
    """When something began, where sources bound the day or tell it roughly."""

    not_before: PartialDate | None = None
    not_after: PartialDate | None = None
    about: PartialDate | None = None
    evidence: Cited


class Search(Record):
    """Where a region's buildings were looked for in vain, when, and what was seen there."""

    where: Text
    read: PartialDate
    result: Text


class Provider(Record):
    """Who sells, or whose buildings others rent."""

    id: FromPath = ""
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

    id: FromPath = ""
    provider: FromPath = ""
    name: Text
    country: Country
    town: Text | None = None
    status: Status = "open"
    numbered: bool = False
    partition: Key | None = None
    limited: bool = False
    launch: Onset | None = None
    zones_since: Onset | None = None
    zones: Annotated[dict[Key, Zone], Field(max_length=MAX_ZONES)] = {}
    candidates: Candidates | None = None
    buildings: Buildings | None = None
    campuses: dict[Key, Campus] = {}
    sites: Annotated[dict[Key, Site], Field(max_length=MAX_SITES)] = {}
    feeds: dict[Key, Feed] = {}
    hazards: dict[Key, Hazard] = {}
    claims: tuple[Claim, ...] = ()
    looked: tuple[Search, ...] = ()
    evidence: dict[Key, Evidence] = {}
    note: Text | None = None

    @model_validator(mode="after")
    def _named_once(self) -> Self:
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


# The cause is the system that failed; the weather or the utility behind it is in the trigger.
_BOTH = ("hardware", "unstated")
CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "physical": ("power", "cooling", "fire", "water", "storm", "quake", "fibre", "works", *_BOTH),
    "logical": (
        *("config", "software", "human", "dns", "identity", "routing", "capacity", "security"),
        *_BOTH,
    ),
    "conflict": ("conflict",),
}
TRIGGERS: Final = (
    *("utility", "weather", "lightning", "heat", "equipment", "maintenance", "human", "works"),
    *("third-party", "water", "attack", "change", "load", "hidden-defect", "expiry", "date", "race"),
    *("corruption", "dependence", "data-store", "retry-storm", "unclear"),
)
# An event that is older, and whose cause is not stated to stand, is only told.
AGES_AFTER_YEARS: Final = 10

# What a rule's threshold is measured in, None for a rule that takes none: rules on what the zones
# are and how far apart, on each kind of shared risk, and on what follows from them.
_UNITS: dict[str, str | None] = {
    "disclosure": "km",
    "quorum": "zones",
    "separation-min": "km",
    "separation-max": "km",
    "rtt-max": "ms",
    **UNITS,
    "survives": None,
    "claims": None,
    "dr": "km",
    "backup": None,
}
_NEEDED = {"disclosure", "quorum", "separation-min", "separation-max", "rtt-max", "colocation", "dr"}

# A type checker reads no table: for it they are text, and records are checked as they are read.
if TYPE_CHECKING:
    Cause = str
    Trigger = str
    RuleName = str
else:
    RuleName = Literal[tuple(_UNITS)]
    Cause = Literal[tuple(dict.fromkeys(cause for listed in CAUSES.values() for cause in listed))]
    Trigger = Literal[TRIGGERS]
Extent = Literal["part-of-building", "building", "zone", "several-zones", "region", "several-regions"]


def _hours(start: str, end: str) -> float:
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (start, end))
    return (last - first).total_seconds() / 3600


class Incident(Record):
    """One event as one provider had it."""

    id: FromPath = ""
    provider: FromPath = ""
    name: Text
    event: Key | None = None
    class_: Annotated[Literal["physical", "logical", "conflict"], Field(alias="class")]
    cause: Cause
    trigger: Trigger | None = None
    start: Moment
    end: Moment | None = None
    hours: Annotated[float, Field(ge=0, le=87_600)] | None = None
    regions: tuple[Key, ...] = ()
    everywhere: bool = False
    sites: tuple[FullId, ...] = ()
    zones: tuple[FullId, ...] = ()
    at_least: Annotated[int, Field(ge=0, le=64)] | None = None
    at_most: Annotated[int, Field(ge=0, le=64)] | None = None
    among: tuple[FullId, ...] = ()
    shares: Annotated[dict[FullId, Annotated[float, Field(gt=0, le=1)]], Field(default_factory=dict)]
    extent: Extent | None = None
    scope: Literal["core", "service", "edge"] = "core"
    severity: Literal["down", "degraded", "data-lost"]
    mechanism: Text
    backup: Literal["failed", "held", "unknown"] = "unknown"
    standing: FullId | None = None
    fixed_since: PartialDate | None = None
    changed: tuple[Key, ...] = ()
    feed: Key | None = None
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]
    note: Text | None = None

    @field_validator(
        *("cause", "end", "fixed_since", "hours", "regions", "sites"),
        *("zones", "among", "at_most", "shares", "evidence"),
    )
    @classmethod
    def _sound(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse what does not fit the fields before it, as far as they are sound."""
        if value is None:
            return value
        field, known = info.field_name, info.data
        start, end, class_ = known.get("start") or "", known.get("end") or "", known.get("class_", "")
        zones, least = known.get("zones", ()), known.get("at_least") or 0
        flaws: list[str] = []
        if field == "cause" and value not in CAUSES.get(class_, (value,)):
            flaws.append(f"a {class_} cause is one of {', '.join(CAUSES[class_])}")
        if field in ("end", "fixed_since") and value < start[: len(value)]:
            flaws.append(f"{value} lies before start {start}")
        if field == "hours" and "T" in start and "T" in end and abs(_hours(start, end) - value) > 0.1:
            flaws.append(f"start and end are {_hours(start, end):.2f} hours apart; drop it, or correct them")
        if field in ("regions", "sites", "zones", "among"):
            regions = known.get("regions", [place.partition("/")[0] for place in value])
            odd = [place for place in value if place.partition("/")[0] not in regions]
            flaws += [f"{place} is in none of the regions" for place in odd]
            if len(set(value)) < len(value):
                flaws.append("names a place twice")
        if field == "among" and value and least > len(named := {*zones, *value}):
            flaws.append(f"{least} zones were hit at least, but zones and among name {len(named)}")
        if field == "at_most" and value < (most := max(least, len(zones))):
            flaws.append(f"{value} zones at most, but {most} were hit at least")
        if field == "shares" and "zones" in known:
            flaws += [f"{zone} is not among the zones surely hit" for zone in value if zone not in zones]
        if field == "evidence":
            odd = [key for key in known.get("changed", ()) if key not in value]
            flaws += [f"changed: {key!r} is not under evidence; add it there" for key in odd]
        if flaws:
            raise ValueError(flaws[0])
        return value

    @model_validator(mode="after")
    def _removed_by(self) -> Self:
        if self.fixed_since and not self.changed:
            raise ValueError("fixed_since needs changed: the evidence that the cause was removed by then")
        if self.everywhere and self.regions:
            raise ValueError("everywhere leaves no regions to name; drop one of both")
        return self

    @property
    def day(self) -> str:
        """First day, as exactly as it is known."""
        return self.start[:10]

    @property
    def duration_h(self) -> float | None:
        """How long the main effect lasted, hours."""
        if self.end and "T" in self.start and "T" in self.end:
            return round(_hours(self.start, self.end), 2)
        return self.hours

    @property
    def down(self) -> bool:
        """True where a part was off or unreachable, not merely degraded."""
        return self.severity != "degraded"

    @property
    def cited(self) -> tuple[Evidence, ...]:
        """What it rests on."""
        return tuple(self.evidence.values())

    @property
    def grade(self) -> Grade:
        """The best grade of its evidence."""
        return min(piece.grade for piece in self.cited)

    @property
    def key(self) -> str:
        """What the records of one event share."""
        return self.event or self.id

    def about(self, region: str) -> bool:
        """Return whether a region of its provider was hit."""
        return self.everywhere or region in self.regions

    @property
    def least(self) -> int | None:
        """How many zones were hit at least; None where the source does not tell."""
        named = len(self.zones)
        return max(named, self.at_least) if self.at_least is not None else named or None

    def zones_hit(self, region: str) -> int | None:
        """Return how many zones of a region were hit at least; None where the source does not tell."""
        if self.regions == (region,):
            return self.least
        named = sum(zone.startswith(f"{region}/") for zone in self.zones)
        return named or (None if self.at_least != 0 else 0)

    def hit(self, region: str) -> int | None:
        """Return how many zones or sites of a region were hit at least, by name or by number."""
        sites = sum(site.startswith(f"{region}/") for site in self.sites)
        return max(self.zones_hit(region) or 0, sites) or self.zones_hit(region)

    @property
    def several(self) -> bool:
        """True where two zones or sites of one region were hit."""
        return any((self.hit(region) or 0) > 1 for region in self.regions)

    @property
    def lost(self) -> tuple[str, ...]:
        """Regions of which a zone or site was surely hit: those of the named ones, else all."""
        if self.scope == "edge" or self.at_least == 0:
            return ()
        named = {place.partition("/")[0] for place in (*self.zones, *self.sites)}
        return tuple(region for region in self.regions if not named or region in named)

    def fixed_by(self, day: str) -> bool:
        """Return whether a source says that its cause was removed by a day; of a month, by its end."""
        fixed = self.fixed_since
        return fixed is not None and (fixed == day or fixed < day[: len(fixed)])

    def counts(self, day: str, standing: frozenset[str] = frozenset()) -> bool:
        """Return whether its cause stands: ten years, or as stated, until a source says otherwise."""
        lasts = self.standing in standing or not self.aged(day)
        return self.day <= day and not self.fixed_by(day) and lasts

    def aged(self, day: str) -> bool:
        """Return whether it surely lies more than ten years before a day."""
        return f"{int(self.day[:4]) + AGES_AFTER_YEARS}{self.day[4:]}" < day[: len(self.day)]


DEFAULT = "podcast"

# Only these may call something non-compliant; the others describe, they do not oblige.
_Binding = Literal["law", "regulation", "supervisory", "attestation", "certification"]
_Advice = Literal["recommendation", "guideline", "standard", "provider-claim", "product-limit", "opinion"]
Standing = Literal[_Binding, _Advice, "withdrawn", "unverified"]


class Alternative(Record):
    """What a rule on recovery accepts in place of its distance."""

    kind: Literal["written-analysis", "other-seismic-zone"]
    from_km: Annotated[float, Field(gt=0)] | None = None


class Rule(Record):
    """One question that a policy asks."""

    weight: Annotated[float, Field(ge=0, le=100)] = 1.0
    threshold: Annotated[float, Field(ge=0)] | None = None
    unit: Literal["km", "zones", "ms", "circuits"] | None = None
    measure: Literal["fibre", "straight"] = "straight"
    severity: Literal["fail", "warn"] = "fail"
    fail_beyond_km: Annotated[float, Field(gt=0)] | None = None
    correlation_km: Annotated[float, Field(gt=0)] | None = None
    qualitative: bool = False
    alternatives: tuple[Alternative, ...] = ()
    text: Text | None = None
    article: Text | None = None
    quote: Annotated[str, _text(_plain, min_length=1, max_length=400)] | None = None
    evidence: Cited

    @model_validator(mode="after")
    def _has_unit(self) -> Self:
        if (self.threshold is None) != (self.unit is None):
            raise ValueError("threshold and unit go together")
        if self.qualitative and self.threshold is not None:
            raise ValueError("a qualitative rule has no threshold")
        return self


class Policy(Record):
    """Rules with their sources, and how much weight they carry in the world."""

    id: FromPath = ""
    sha256: FromPath = ""
    name: Text
    standing: Standing
    scope: Text | None = None
    note: Text | None = None
    rules: Annotated[dict[RuleName, Rule], Field(min_length=1)]
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]

    @model_validator(mode="after")
    def _sound(self) -> Self:
        for name, rule in self.rules.items():
            wanted, bare = _UNITS[name], rule.threshold is None
            correlated = rule.correlation_km is not None and name not in CORRELATED
            flaws = {
                f"its unit is {wanted or 'none'}, not {rule.unit}": rule.unit not in (None, wanted),
                f"correlation_km is of the rule {' or '.join(CORRELATED)} alone": correlated,
                "alternatives are of a distance of the rule dr alone": rule.alternatives
                and (name != "dr" or bare),
                f"needs threshold and unit: {wanted}": bare and name in _NEEDED and not rule.qualitative,
                **{f"{key!r} is not under evidence": key not in self.evidence for key in rule.evidence},
            }
            for flaw in (flaw for flaw, wrong in flaws.items() if wrong):
                raise ValueError(f"rule {name}: {flaw}")
        if not any(rule.weight for rule in self.rules.values()):
            raise ValueError("at least one rule needs a weight above 0")
        return self

    @property
    def binding(self) -> bool:
        """True where a breach may be called non-compliance."""
        return self.standing in get_args(_Binding)

    def cite(self, rule: RuleName) -> tuple[Evidence, ...]:
        """Return the evidence behind a rule."""
        return tuple(self.evidence[key] for key in self.rules[rule].evidence)
