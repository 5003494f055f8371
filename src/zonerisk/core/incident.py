"""Incidents: what happened to regions, zones and sites, how it is known, and what is read for them."""

# No "from __future__ import annotations" here: pydantic would compile every annotation again.

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from zonerisk.core.model import Evidence, FullId, Grade, Key, PartialDate, Record, Text

IncidentClass = Literal["physical", "logical", "conflict"]
# The cause is the system that failed; the weather or the utility behind it is in the trigger.
CAUSES: Final[dict[str, tuple[str, ...]]] = {
    "physical": (
        "power",  # utility, UPS, generator, switchgear, breaker
        "cooling",
        "fire",
        "water",
        "storm",  # wind, ice or hail on the site itself
        "quake",
        "fibre",  # cut or damaged cables
        "works",  # hands on site that pulled or cut the wrong thing
        "hardware",  # a broken network device
        "unstated",
    ),
    "logical": (
        "config",
        "software",
        "human",
        "dns",
        "identity",
        "routing",
        "capacity",
        "security",
        "hardware",
        "unstated",
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
DOWN: Final = ("down", "data-lost")

# A type checker reads no table: for it they are text, and records are checked as they are read.
if TYPE_CHECKING:
    from typing import TypeAlias

    Cause: TypeAlias = str
    Trigger: TypeAlias = str
else:
    Cause = Literal[tuple(dict.fromkeys(cause for listed in CAUSES.values() for cause in listed))]
    Trigger = Literal[TRIGGERS]
Severity = Literal["down", "degraded", "data-lost"]
Extent = Literal["part-of-building", "building", "zone", "several-zones", "region", "several-regions"]


def _real_moment(text: str) -> str:
    datetime.fromisoformat(f"{text}-01-01"[:10] if len(text) < 11 else text.replace("Z", "+00:00"))
    return text


Moment = Annotated[
    str,
    Field(pattern=r"^(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\dZ)?)?)?$"),
    AfterValidator(_real_moment),
]
"""A year, a month, a day or a minute in UTC (``2020-06-29T14:47Z``)."""


def _hours(start: str, end: str) -> float:
    first, last = (datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (start, end))
    return (last - first).total_seconds() / 3600


class Incident(Record):
    """One event as one provider had it."""

    id: str = ""
    provider: str = ""
    name: Text
    event: Key | None = None
    class_: Annotated[IncidentClass, Field(alias="class")]
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
    severity: Severity
    mechanism: Text
    backup: Literal["failed", "held", "unknown"] = "unknown"
    standing: FullId | None = None
    fixed_since: PartialDate | None = None
    changed: tuple[Key, ...] = ()
    feed: Key | None = None
    evidence: Annotated[dict[Key, Evidence], Field(min_length=1)]
    note: Text | None = None

    @field_validator("cause")
    @classmethod
    def _of_its_class(cls, cause: str, info: ValidationInfo) -> str:
        listed = CAUSES.get(info.data.get("class_", ""), (cause,))
        if cause not in listed:
            raise ValueError(f"a {info.data['class_']} cause is one of {', '.join(listed)}")
        return cause

    @field_validator("end", "fixed_since")
    @classmethod
    def _not_before_start(cls, day: str | None, info: ValidationInfo) -> str | None:
        start = info.data.get("start")
        if day and start and day < start[: len(day)]:
            raise ValueError(f"{day} lies before start {start}")
        return day

    @field_validator("hours")
    @classmethod
    def _as_its_ends(cls, hours: float | None, info: ValidationInfo) -> float | None:
        ends = [info.data.get(name) or "" for name in ("start", "end")]
        if hours is not None and all("T" in end for end in ends) and abs(_hours(*ends) - hours) > 0.1:
            raise ValueError(f"start and end are {_hours(*ends):.2f} hours apart; drop it, or correct them")
        return hours

    @field_validator("regions", "sites", "zones", "among")
    @classmethod
    def _in_its_regions(cls, places: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for place in places if "regions" in info.data else ():
            if place.partition("/")[0] not in info.data["regions"]:
                raise ValueError(f"{place} is in none of the regions")
        if len(set(places)) < len(places):
            raise ValueError("names a place twice")
        least, named = info.data.get("at_least") or 0, {*info.data.get("zones", ()), *places}
        if info.field_name == "among" and places and least > len(named):
            raise ValueError(f"{least} zones were hit at least, but zones and among name {len(named)}")
        return places

    @field_validator("at_most")
    @classmethod
    def _no_fewer(cls, most: int | None, info: ValidationInfo) -> int | None:
        least = max(info.data.get("at_least") or 0, len(info.data.get("zones", ())))
        if most is not None and most < least:
            raise ValueError(f"{most} zones at most, but {least} were hit at least")
        return most

    @field_validator("shares")
    @classmethod
    def _of_named(cls, shares: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        for zone in shares if "zones" in info.data else ():
            if zone not in info.data["zones"]:
                raise ValueError(f"{zone} is not among the zones surely hit")
        return shares

    @field_validator("evidence")
    @classmethod
    def _cites(cls, evidence: dict[str, Evidence], info: ValidationInfo) -> dict[str, Evidence]:
        for key in info.data.get("changed", ()):
            if key not in evidence:
                raise ValueError(f"changed: {key!r} is not under evidence; add it there")
        return evidence

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
        return self.severity in DOWN

    @property
    def cited(self) -> tuple[Evidence, ...]:
        """What it rests on."""
        return tuple(self.evidence.values())

    @property
    def grade(self) -> Grade:
        """The best grade of its evidence."""
        return min((piece.grade for piece in self.cited), default="C")

    @property
    def key(self) -> str:
        """What the records of one event share."""
        return self.event or self.id

    def about(self, region: str) -> bool:
        """Return whether a region of its provider was hit."""
        return self.everywhere or region in self.regions

    def zones_of(self, region: str) -> tuple[str, ...]:
        """Return the zones of a region that are named."""
        return tuple(zone for zone in self.zones if zone.startswith(f"{region}/"))

    @property
    def least(self) -> int | None:
        """How many zones were hit at least; None where the source does not tell."""
        named = len(self.zones)
        return max(named, self.at_least) if self.at_least is not None else named or None

    def zones_hit(self, region: str) -> int | None:
        """Return how many zones of a region were hit at least; None where the source does not tell."""
        if self.regions == (region,):
            return self.least
        return len(self.zones_of(region)) or (None if self.at_least != 0 else 0)

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

    def known_on(self, day: str) -> bool:
        """Return whether it had begun by a day (``YYYY-MM-DD``)."""
        return self.day <= day

    def mended(self, day: str) -> bool:
        """Return whether a source says that its cause was removed by a day; of a month, by its end."""
        fixed = self.fixed_since
        return fixed is not None and (fixed == day or fixed < day[: len(fixed)])

    def counts(self, day: str, standing: frozenset[str] = frozenset()) -> bool:
        """Return whether its cause still stands on a day, as far as is known.

        It is over once a source says so, or after ten years where nothing that it struck through
        is stated to stand.
        """
        return (
            self.known_on(day) and not self.mended(day) and (self.standing in standing or not self.aged(day))
        )

    def aged(self, day: str) -> bool:
        """Return whether it surely lies more than ten years before a day."""
        return f"{int(self.day[:4]) + AGES_AFTER_YEARS}{self.day[4:]}" < day[: len(self.day)]
