"""What zonerisk answers: findings, separations, shared risks and their evidence, frozen."""

# No "from __future__ import annotations" here: pydantic would compile every annotation again,
# a tenth of a cold start.

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from zonerisk.core.geometry import Interval
from zonerisk.core.model import Evidence, Grade

Outcome = Literal["pass", "warn", "fail", "unknown"]
Units = Literal["zones", "sites"]

# Worst first: what is known to be wrong, then what is not known at all.
_WORST = ("fail", "unknown", "warn", "pass")


def severity(outcome: Outcome) -> int:
    """Rank an outcome; the greater is the worse."""
    return len(_WORST) - _WORST.index(outcome)


def worst(outcomes: list[Outcome]) -> Outcome:
    """Give the worst of some outcomes; ``pass`` for none."""
    return max(outcomes, key=severity, default="pass")


class Result(BaseModel):
    """A frozen part of a verdict; its JSON is its dump, keys in this order."""

    # Deferred, and made with model_construct: our own figures need no second look, and a
    # terminal answer then builds no validator at all.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class Span(Result):
    """An interval of a quantity; null where nothing bounds it."""

    low: float | None
    best: float | None
    high: float | None

    @property
    def interval(self) -> Interval:
        """The same as an interval that can be reckoned with."""
        return Interval(self.low or 0.0, self.best, self.high)

    @staticmethod
    def of(interval: Interval, digits: int = 0) -> "Span":
        """Round an interval: metres to 0 digits, milliseconds to 3."""
        ends = (None if end is None else round(end, digits) for end in interval)
        low, best, high = ends
        return Span.model_construct(low=low, best=best, high=high)


class Value(Span):
    """An interval with its unit."""

    unit: str


class Threshold(Result):
    """What a policy asks for; for a distance of zones, along the fibre or straight."""

    value: float
    unit: str
    measure: Literal["fibre", "straight"] | None = None


class Range(Result):
    """A count between two ends."""

    low: int
    high: int


class Score(Result):
    """0 to 100; the ends differ by what is not known."""

    low: float
    high: float


class Zones(Result):
    """Zones as sold, and how many of them are independent."""

    sold: int
    effective: Range


class Datacenters(Result):
    """Datacenters known by name, and how many of them are independent."""

    count: int
    effective: Range


class Finding(Result):
    """One rule applied."""

    rule: str
    outcome: Outcome
    message: str
    subjects: tuple[str, ...] = ()
    value: Value | None = None
    threshold: Threshold | None = None
    evidence: tuple[Evidence, ...] = ()


class Separation(Result):
    """A pair of zones or sites: how far apart, which shared risks it has, worst first.

    ``outcome`` is the worst of what the policy asks of its distance and of those risks; null
    where it asks nothing of the distance and no risk is on record. What may be shared and is
    not known stands in the findings.
    """

    a: str
    b: str
    distance_m: Span
    fibre_m: Span
    rtt_ms: Span
    outcome: Outcome | None
    shared: tuple[str, ...] = ()


class SharedRisk(Result):
    """One cause that hits a set of zones or sites together.

    Grade A and B is a ``fail``, grade C a ``warn``.

    Attributes
    ----------
    groups
        Where it is known only that the members fall into at most so many groups, each of
        which shares it: which member is in which is not known.
    """

    id: str
    kind: str
    grade: Grade
    outcome: Outcome
    members: tuple[str, ...]
    message: str
    evidence: tuple[Evidence, ...] = ()
    groups: int = 1

    @property
    def least(self) -> int:
        """How many of the members it surely takes together."""
        return -(-len(self.members) // self.groups)


class Option(Result):
    """A region that may or may not serve as disaster recovery."""

    target: str
    distance_m: Span
    outcome: Outcome
    message: str
    evidence: tuple[Evidence, ...] = ()


class Place(Result):
    """A site as the verdict saw it. ``zones`` is empty for a candidate site."""

    id: str
    name: str
    kind: str
    town: str | None = None
    zones: tuple[str, ...]
    lat: float | None
    lon: float | None
    uncertainty_m: float | None
    method: str | None
    evidence: tuple[Evidence, ...]


class CatalogueUsed(Result):
    """Which records were read: the edition's day and a hash of their files."""

    date: str
    sha256: str


class PolicyUsed(Result):
    """Which policy was applied, and a hash of its file."""

    id: str
    standing: str
    sha256: str


class Provenance(Result):
    """What the verdict was made with.

    Attributes
    ----------
    layers
        Hash of the data of each layer that was sampled on the machine itself.
    """

    version: str
    catalogue: CatalogueUsed
    policy: PolicyUsed
    layers: dict[str, str] = {}


class Verdict(Result):
    """All that is answered for one target under one policy."""

    schema_: Annotated[Literal["zonerisk/verdict/1"], Field(alias="schema")] = "zonerisk/verdict/1"
    target: str
    name: str
    policy: str
    as_of: str
    units: Units
    outcome: Outcome
    grade: str
    score: Score
    summary: str
    zones: Zones
    datacenters: Datacenters
    findings: tuple[Finding, ...]
    shared_risks: tuple[SharedRisk, ...]
    separations: tuple[Separation, ...]
    dr: tuple[Option, ...]
    not_known: tuple[str, ...]
    places: tuple[Place, ...]
    provenance: Provenance

    def to_json(self) -> str:
        """Write the verdict as JSON: stable order, a newline at the end."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"
