"""What zonerisk answers of a deployment: workloads, events and the best change, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import Field

from zonerisk.core.model import Grade
from zonerisk.core.verdict import Finding, Outcome, Provenance, Result, Score

SCHEMA: Final = "zonerisk/plan/1"


class Standing(Result):
    """Where copies of a workload stand."""

    place: str
    region: str
    kind: str
    copies: int


class Chance(Result):
    """The chance that a quorum is lost, by a model whose inputs are the reader's own."""

    model: str
    low: float
    high: float


class Judged(Result):
    """One workload under the policy."""

    id: str
    file: str
    line: int
    outcome: Outcome
    copies: int
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


class Skipped(Result):
    """Something that was read and not judged."""

    id: str
    reason: str
    file: str
    line: int


class Model(Result):
    """Inputs of the probability view, as given."""

    unavailability: tuple[float, float]
    common: tuple[float, float]
    common_source: str
    alpha: tuple[float, ...]
    note: str = "a model, not a measurement: its inputs are the reader's own, and risks on record come on top"


class Audit(Result):
    """All that is answered for one deployment under one policy."""

    schema_: Annotated[Literal["zonerisk/plan/1"], Field(alias="schema")] = SCHEMA
    files: tuple[str, ...]
    policy: str
    as_of: str
    outcome: Outcome
    grade: str
    score: Score
    summary: str
    workloads: tuple[Judged, ...]
    events: tuple[Event, ...]
    change: Change | None
    not_assessed: tuple[Skipped, ...]
    model: Model | None
    provenance: Provenance

    def to_json(self) -> str:
        """Write the answer as JSON: stable order, a newline at the end."""
        return self.model_dump_json(indent=2, by_alias=True) + "\n"


def mean(scores: Sequence[Score]) -> Score:
    """Mean of scores, end by end; nothing known for none."""
    if not scores:
        return Score(low=0, high=100)
    return Score(
        low=round(sum(each.low for each in scores) / len(scores), 1),
        high=round(sum(each.high for each in scores) / len(scores), 1),
    )
