"""What zonerisk answers of a deployment: workloads, events and the best change, frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from zonerisk.core.interval import Score
from zonerisk.core.model import Grade
from zonerisk.core.verdict import Finding, Outcome, Provenance, Result

SCHEMA: Final = "zonerisk/plan/1"


@dataclass(frozen=True, kw_only=True)
class Standing(Result):
    """Where copies of a workload stand."""

    place: str
    region: str
    kind: str
    copies: int


@dataclass(frozen=True, kw_only=True)
class Chance(Result):
    """The chance that a quorum is lost, by a model whose inputs are the reader's own."""

    model: str
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
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


@dataclass(frozen=True, kw_only=True)
class Skipped(Result):
    """Something that was read and not judged."""

    id: str
    reason: str
    file: str
    line: int


@dataclass(frozen=True, kw_only=True)
class Model(Result):
    """Inputs of the probability view, as given."""

    unavailability: tuple[float, float]
    common: tuple[float, float]
    common_source: str
    alpha: tuple[float, ...]
    note: str = "a model, not a measurement: its inputs are the reader's own, and risks on record come on top"


@dataclass(frozen=True, kw_only=True)
class Audit(Result):
    """All that is answered for one deployment under one policy."""

    schema: Literal["zonerisk/plan/1"] = SCHEMA
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


def mean(scores: Sequence[Score]) -> Score:
    """Mean of scores, end by end; nothing known for none."""
    if not scores:
        return Score(0.0, 100.0)
    return Score(
        low=round(sum(each.low for each in scores) / len(scores), 1),
        high=round(sum(each.high for each in scores) / len(scores), 1),
    )
