"""What zonerisk answers of a region and of a deployment, with all evidence, frozen.

What the fields of a verdict mean stands in ``data/fields.yaml``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, FrozenInstanceError, dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, NoReturn, dataclass_transform

from pydantic import Field

from zonerisk.core import __version__
from zonerisk.core.geometry import Interval
from zonerisk.core.model import Evidence, Grade, Policy

Outcome = Literal["pass", "warn", "fail", "unknown"]
Applied = Literal["pass", "warn", "fail", "unknown", "not-assessed", "not-applicable"]
"""What a rule comes to; the last two, of which the score knows nothing, are no outcomes."""
Class = Literal["shared", "partly", "suspected", "undisclosed", "near", "apart", "one-zone"]
Block = Literal["shared", "partly", "not shown", "near", "apart", "one-zone"]
Units = Literal["zones", "sites"]
Grid = Literal["same-grid", "same-synchronous", "other-synchronous"]
"""How two places stand to each other in the grid."""

# Worst first: what is known to be wrong, then what is not known at all; what was not asked stands last.
_WORST = ("fail", "unknown", "warn", "pass", "not-assessed", "not-applicable")

OUTCOMES: dict[Class, Outcome | None] = {
    "shared": "fail",
    "partly": "fail",
    "suspected": "unknown",
    "undisclosed": "unknown",
    "near": "warn",
    "apart": "pass",
    "one-zone": None,
}
"""What each class comes to."""
BLOCKS: tuple[Block, ...] = ("shared", "partly", "not shown", "near", "apart", "one-zone")
"""How lists put regions together, worst first; what is not shown is one block."""


def severity(outcome: Applied | None) -> int:
    """Rank an outcome; the greater is the worse, and none is the least."""
    return len(_WORST) - _WORST.index(outcome) if outcome else 0


def block(class_: Class) -> Block:
    """Return the block of a list in which a class stands."""
    return "not shown" if class_ in ("suspected", "undisclosed") else class_  # type: ignore[return-value]


def worst(outcomes: Iterable[Applied]) -> Outcome:
    """Return the worst of some outcomes; ``pass`` for none."""
    listed: list[Any] = [outcome for outcome in outcomes if outcome not in ("not-assessed", "not-applicable")]
    return max(listed, key=severity, default="pass")


# Rows that a notebook shows of an answer.
_MOST_ROWS = 30
# Jeffreys' prior: half an event more than were counted.
JEFFREYS = 0.5


class Moments(NamedTuple):
    """Mean and variance of a rate a year."""

    mean: float
    variance: float

    def times(self, factor: float) -> Moments:
        """Return them of the rate times a factor."""
        return Moments(self.mean * factor, self.variance * factor * factor)


@dataclass(frozen=True)
class Tally:
    """Events in years of exposure: their rate is Gamma(events + 1/2) over the years."""

    events: int
    years: float

    @property
    def moments(self) -> Moments:
        """Mean and variance of the rate; less than a year of exposure counts as one."""
        years = max(self.years, 1.0)
        return Moments((self.events + JEFFREYS) / years, (self.events + JEFFREYS) / years**2)

    def more(self, events: int) -> Tally:
        """Return it with so many events more, never below none."""
        return Tally(max(0, self.events + events), self.years)


@dataclass(frozen=True, slots=True)
class Value(Interval):
    """An interval with its unit."""

    unit: str


@dataclass(frozen=True, slots=True)
class Range:
    """A count between two ends."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100: what is shown, and what is possible by what is not known."""

    shown: float
    possible: float


class _Fields:
    """The fields of a class that is made a dataclass when it is first taken for one."""

    def __get__(self, instance: object, owner: type) -> object:
        dataclass(init=False, repr=False, eq=False, kw_only=True)(owner)
        return vars(owner)["__dataclass_fields__"]


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Result:
    """A frozen part of an answer, a dataclass to whoever asks; in JSON, its fields in their order."""

    # For the JSON Schema.
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    _defaults: ClassVar[dict[str, object]] = {}
    _needed: ClassVar[set[str]]

    def __init_subclass__(cls) -> None:
        """Note the fields; the methods stand here once, for to make a dataclass of each class is slow."""
        named = (name for name, kind in cls.__annotations__.items() if not kind.startswith("ClassVar"))
        cls._defaults = {**cls._defaults, **{name: vars(cls).get(name, MISSING) for name in named}}
        cls._needed = {name for name, value in cls._defaults.items() if value is MISSING}
        type.__setattr__(cls, "__dataclass_fields__", _Fields())

    def __init__(self, **values: object) -> None:
        """Take the fields by name, in any order."""
        vars(self).update(self._defaults | values)
        if len(vars(self)) > len(self._defaults) or not self._needed <= values.keys():
            odd = (self._needed - values.keys()) | (values.keys() - self._defaults.keys())
            raise TypeError(f"{type(self).__name__}: missing or unknown: {', '.join(sorted(odd))}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: an answer stays as it was given."""
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __eq__(self, other: object) -> bool:
        """Compare by kind and fields."""
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        """Hash the fields."""
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        """Write the fields by name."""
        values = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({values})"

    def to_dict(self) -> dict[str, Any]:
        """Return it as its JSON has it: mappings, lists, texts and numbers."""
        from pydantic_core import to_jsonable_python

        tree: dict[str, Any] = _spelled(to_jsonable_python(self))
        return tree

    def to_json(self) -> str:
        """Write it as JSON: stable order, a newline at the end."""
        import json

        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"


def _spelled(tree: Any) -> Any:
    """Return what JSON holds, with the one key that is no name in Python."""
    if isinstance(tree, dict):
        return {"class" if key == "class_" else key: _spelled(value) for key, value in tree.items()}
    return [_spelled(value) for value in tree] if isinstance(tree, list) else tree


class Threshold(Result):
    """What a policy asks for."""

    value: float
    unit: str
    measure: Literal["fibre", "straight"] | None = None


class Zones(Result):
    """Zones as sold, and how many of them are independent."""

    sold: int
    effective: Range


class Datacenters(Result):
    """Datacenters known by name, and how many of them are independent."""

    count: int
    effective: Range


def notebook(summary: str, basis: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Format an answer, what it rests on and the first rows of a table for a notebook, all inert."""
    from html import escape

    cells = "".join(f"<tr><td>{'</td><td>'.join(map(escape, row))}</td></tr>" for row in rows[:_MOST_ROWS])
    more = f"<p>{len(rows) - _MOST_ROWS} more rows</p>" if len(rows) > _MOST_ROWS else ""
    return (
        f"<p><strong>{escape(summary)}</strong></p><p>{escape(basis)}</p><table><thead><tr>"
        f"<th>{'</th><th>'.join(heads)}</th></tr></thead><tbody>{cells}</tbody></table>{more}"
    )


class Finding(Result):
    """One rule applied."""

    rule: str
    outcome: Applied
    grade: Grade | None = None
    message: str
    subjects: tuple[str, ...] = ()
    value: Value | None = None
    threshold: Threshold | None = None
    evidence: tuple[Evidence, ...] = ()


class Separation(Result):
    """A pair of zones or sites: how far apart, which shared risks it has, worst first.

    What may be shared and is not known stands in the findings.
    """

    a: str
    b: str
    distance_m: Interval
    fibre_m: Interval
    rtt_ms: Interval
    outcome: Outcome | None
    shared: tuple[str, ...] = ()
    measured_ms: float | None = None
    measured_on: str | None = None


class SharedRisk(Result):
    """One cause that hits a set of zones or sites together; grade A and B is a ``fail``, C a ``warn``."""

    id: str
    kind: str
    grade: Grade
    outcome: Outcome
    members: tuple[str, ...]
    message: str
    evidence: tuple[Evidence, ...] = ()
    groups: int = 1
    at_least: int | None = None
    known_since: str | None = None
    rate_per_year: Interval | None = None
    intensity: Interval | None = None
    unit: str | None = None

    @property
    def least(self) -> int:
        """How many of the members it surely takes together."""
        return self.at_least or -(-len(self.members) // self.groups)


class FeedRead(Result):
    """A provider's incident feed, and the days of it that cover a region."""

    id: str
    since: str
    until: str
    complete: str


class RecordedIncident(Result):
    """An incident on record, as it hit the region."""

    id: str
    name: str
    kind: str
    cause: str
    start: str
    hours: float | None
    severity: str
    scope: str
    zones: tuple[str, ...]
    at_least: int | None
    grade: Grade
    fixed_since: str | None = None
    known_since: str | None = None


class TrackRecord(Result):
    """What has happened there, and what was looked through for it. A clean record proves nothing."""

    since: str | None
    years: float
    feeds: tuple[FeedRead, ...]
    zone_losses: Mapping[str, int]
    several: tuple[str, ...]
    degraded: int
    conflict: tuple[str, ...]
    region_wide_logical: int
    everywhere_logical: int
    incidents: tuple[RecordedIncident, ...]
    told: tuple[str, ...]

    @property
    def message(self) -> str:
        """All of it in one line."""
        return "; ".join(self.told)


class Frequency(Result):
    """Once in how many years: half decades, rounded outwards, that hold 5 to 95 % of what is not known."""

    years_low: float
    years_high: float


def half_decade(value: float, up: bool) -> float:
    """Round to 1 or 3 times a power of ten, never inwards: up, or down."""
    slack = 1 - 1e-9 if up else 1 + 1e-9
    steps = [step * 10.0 ** math.floor(math.log10(value)) for step in (1.0, 3.0, 10.0)]
    beyond = [step for step in steps if (step >= value * slack if up else step <= value * slack)]
    return float(f"{(min if up else max)(beyond):.1g}")


def one_in(chance: float) -> float:
    """Return N of "at most 1 in N" for a chance: one significant figure, rounded down."""
    power = 10.0 ** math.floor(math.log10(1 / chance))
    return float(f"{math.floor(1 / chance / power + 1e-9) * power:.1g}")


class Likelihood(Result):
    """How often zones are lost together for 30 minutes or more, of physical causes; a model, not evidence."""

    zones: int
    majority: int
    one_or_more: Frequency
    majority_lost: Frequency
    all_lost: Frequency
    majority_over_24h: Frequency
    bound: float
    at_most_one_in: float
    worst_layout: Literal["one-campus", "apart"]
    by_layout: Mapping[str, float]
    causes: Mapping[str, float]
    counted: Mapping[str, Tally]
    own_events: int
    own_years: float
    layouts_alike: tuple[float, float] | None
    one_event_more: float
    one_event_less: float
    not_assessed: tuple[str, ...]
    counted_until: str
    note: str = "a model, not evidence"


class Option(Result):
    """A region that may or may not serve as disaster recovery, and whether it is itself sound."""

    target: str
    distance_m: Interval
    outcome: Outcome
    class_: Annotated[Class | None, Field(alias="class")] = None
    losses: int | None = None
    message: str
    evidence: tuple[Evidence, ...] = ()


class Place(Result):
    """A site as the verdict saw it."""

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
    note: str | None = None


class CatalogueUsed(Result):
    """Which records were read."""

    date: str
    sha256: str


class PolicyUsed(Result):
    """Which policy was applied, and a hash of its file."""

    id: str
    standing: str
    sha256: str


class Provenance(Result):
    """What the verdict was made with."""

    version: str
    catalogue: CatalogueUsed
    policy: PolicyUsed
    layers: Mapping[str, str]

    @classmethod
    def build(cls, policy: Policy, date: str, sha256: str, layers: Mapping[str, str] = {}) -> Provenance:
        """Return it for this version, a policy, and the day and hash of the records read."""
        return cls(
            version=__version__,
            catalogue=CatalogueUsed(date=date, sha256=sha256),
            policy=PolicyUsed(id=policy.id, standing=policy.standing, sha256=policy.sha256),
            layers=dict(layers),
        )


class Cause(Result):
    """What decides a class."""

    kind: str
    risk: str | None = None
    grade: Grade | None = None
    members: tuple[str, ...] = ()
    least: int | None = None
    left: int | None = None
    majority: bool | None = None
    distance_m: Interval | None = None


class Spread(Result):
    """The known buildings, by their positions and not their discs; told, never judged as complete."""

    buildings: int
    diameter_m: float
    close: bool


class Independence(Result):
    """Whether the domains fail independently, as far as shown; no policy is asked."""

    class_: Annotated[Class, Field(alias="class")]
    outcome: Outcome | None
    cause: Cause
    domains: Mapping[str, str]
    zones: Zones
    datacenters: Datacenters
    spread: Spread | None
    shared_risks: tuple[SharedRisk, ...]


class Tested(Result):
    """Where a statement could be checked, and whether it held."""

    region: str
    held: bool
    pair: tuple[str, ...]
    distance_m: Interval | None


class Word(Result):
    """One statement of a provider and its record: the regions it speaks of, and those where it was tested.

    Grade C, and it changes no class and no score: a provider may disclose only what is good.
    """

    kind: str
    text: str
    value: float | None
    unit: str | None
    regions: int
    tested: tuple[Tested, ...]

    @property
    def held(self) -> int:
        """In how many regions it held of those where it can be checked."""
        return sum(test.held for test in self.tested)


class Ask(Result):
    """What to ask the provider, for it would move the verdict."""

    kind: str
    subjects: tuple[str, ...]
    settles: tuple[str, ...]
    points: float
    decides: bool = False
    class_: Annotated[Class | None, Field(alias="class")] = None


class PolicyVerdict(Result):
    """Which rules of a policy hold."""

    id: str
    standing: str
    score: Score
    letter: str | None
    asked: int
    assessed: int
    findings: tuple[Finding, ...]
    shared_risks: tuple[SharedRisk, ...]
    separations: tuple[Separation, ...]


class Verdict(Result):
    """All that is answered for one target: four questions, each by itself, and a model beside them."""

    target: str
    name: str
    as_of: str
    units: Units
    summary: str
    independence: Independence
    policy: PolicyVerdict
    recovery: tuple[Option, ...]
    record: TrackRecord
    word: tuple[Word, ...]
    ask: tuple[Ask, ...]
    likelihood: Likelihood
    places: tuple[Place, ...]
    provenance: Provenance
    # What draws one for a notebook; pages do, which this folder does not know.
    picture: ClassVar[Callable[[Verdict], str] | None] = None

    @property
    def shared_risks(self) -> tuple[SharedRisk, ...]:
        """What is shared, whatever a policy asks; of kinds to which this one sets a figure, by that."""
        asked = {risk.kind for risk in self.policy.shared_risks}
        known = (risk for risk in self.independence.shared_risks if risk.kind not in asked)
        return (*known, *self.policy.shared_risks)

    def to_json(self) -> str:
        """Write it as ``score`` does: a list of one."""
        return Answer(verdicts=(self,)).to_json()

    def _repr_html_(self) -> str:
        """Return it for a notebook: its card, the answer and its findings, all inert."""
        rows = [(finding.outcome, finding.rule, finding.message) for finding in self.policy.findings]
        basis = f"{self.independence.class_}; policy {self.policy.id}; as of {self.as_of}"
        drawn = Verdict.picture(self) if Verdict.picture else ""
        return drawn + notebook(self.summary, basis, ("outcome", "rule", "finding"), rows)


class Answer(Result):
    """What ``score`` answers in JSON, for one target as for many."""

    schema: Literal["zonerisk/2"] = "zonerisk/2"
    verdicts: tuple[Verdict, ...]


class Standing(Result):
    """Where copies of a workload stand."""

    place: str
    region: str
    kind: str
    copies: int


class Chance(Result):
    """The chance that a quorum is lost: by a model whose inputs are the reader's own, or by what is counted.

    ``counted`` is a chance a year; ``with_a_zone_more`` is that with one more zone of the region.
    """

    model: str
    low: float
    high: float
    with_a_zone_more: tuple[float, float] | None = None

    @property
    def ends(self) -> tuple[float, float]:
        """Both of them."""
        return self.low, self.high


class Judged(Result):
    """One workload under the policy."""

    id: str
    file: str
    line: int
    outcome: Outcome
    copies: int
    copies_at_most: int | None
    quorum: int
    quorum_basis: str
    places: tuple[Standing, ...]
    backup: tuple[Standing, ...] | None
    dr: tuple[Standing, ...] | None
    score: Score
    findings: tuple[Finding, ...]
    chance: Chance | None
    notes: tuple[str, ...]


class Event(Result):
    """One thing that may be lost, and what goes with it.

    ``lost`` names workloads without a quorum after it, ``with_backup`` those among them
    whose every backup it takes too, ``with_recovery`` those whose recovery it takes.
    """

    id: str
    kind: str
    grade: Grade | None
    message: str
    lost: tuple[str, ...]
    with_backup: tuple[str, ...]
    with_recovery: tuple[str, ...]


class Change(Result):
    """One change to a plan, and what it was found to do by judging again.

    ``settles`` are the rules that fail no more for a workload it touches.
    """

    kind: Literal["add-zone", "move-backup", "recovery"]
    workloads: tuple[str, ...]
    message: str
    failing_before: int
    failing_after: int
    settles: tuple[str, ...]


class Choice(Result):
    """Zones or a recovery that do best for a workload, and the chance a year that it is lost, now and then.

    With a recovery it is the chance that both are lost in one year, if they share no shock.
    """

    kind: Literal["zones", "recovery"]
    workload: str
    places: tuple[str, ...]
    settles: tuple[str, ...]
    now: tuple[float, float] | None
    then: tuple[float, float] | None


class Skipped(Result):
    """Something that was read and not judged; ``stands`` is False where it has no place at all."""

    id: str
    reason: str
    file: str
    line: int
    stands: bool = True


class Model(Result):
    """Inputs of the probability view, as given."""

    unavailability: tuple[float, float]
    common: tuple[float, float]
    common_source: str
    alpha: tuple[float, ...]
    note: str = "a model, not a measurement: its inputs are the reader's own, and risks on record come on top"


class Counted(Result):
    """A finding by its workload and rule."""

    workload: str
    rule: str
    outcome: Outcome | None


class Accepted(Counted):
    """A risk that its owner accepted until a day; it has no outcome where it fits no finding."""

    reason: str
    owner: str
    until: str
    expired: bool


class Gate(Result):
    """Which findings end a pipeline, which were accepted, and which are no worse than in the baseline."""

    tripped: tuple[Counted, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    before: tuple[Counted, ...] = ()


class Audit(Result):
    """All that is answered for one deployment under one policy."""

    schema: Literal["zonerisk/plan/1"] = "zonerisk/plan/1"
    files: tuple[str, ...]
    policy: str
    as_of: str
    outcome: Outcome
    letter: str | None
    score: Score
    summary: str
    workloads: tuple[Judged, ...]
    events: tuple[Event, ...]
    change: Change | None
    not_assessed: tuple[Skipped, ...]
    model: Model | None
    gate: Gate = Gate()
    advice: tuple[Choice, ...] = ()
    provenance: Provenance

    def _repr_html_(self) -> str:
        """Return it for a notebook: the answer and its findings, the worst first."""
        pairs = [(finding, judged.id) for judged in self.workloads for finding in judged.findings]
        pairs.sort(key=lambda pair: -severity(pair[0].outcome))
        rows = [(finding.outcome, name, finding.rule, finding.message) for finding, name in pairs]
        basis = f"{self.outcome}; policy {self.policy}; as of {self.as_of}"
        return notebook(self.summary, basis, ("outcome", "workload", "rule", "finding"), rows)


def mean(scores: Sequence[Score]) -> Score:
    """Mean of scores, end by end; nothing known for none."""
    ends = [(score.shown, score.possible) for score in scores] or [(0.0, 100.0)]
    return Score(*(round(sum(end) / len(ends), 1) for end in zip(*ends, strict=True)))
