"""Shared risk groups: one kind of risk, assessed for every pair of units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING

from zonerisk.core.verdict import Outcome, SharedRisk, worst

if TYPE_CHECKING:
    from zonerisk.core.interval import Interval
    from zonerisk.core.model import Evidence, Grade
    from zonerisk.judging.arrangement import FailureDomain, Pair


@dataclass(frozen=True)
class RiskGroups:
    """One kind of shared risk.

    Attributes
    ----------
    kind
        ``building``, ``campus``, ``power``, ``flood`` ...
    risks
        The groups found: at least two units each.
    apart
        Pairs known not to share a risk of this kind. A pair that is neither here nor in
        a group is not known.
    reason
        Why such pairs are not known, as a clause.
    notes
        What is known of single units, as sentences.
    evidence
        What the notes rest on.
    counted_groups
        Units of which some surely share, though which is not known: zones that are more
        than the buildings they stand in. Their pairs stay unknown.
    assessed
        False where no layer reaches any of the units.
    """

    kind: str
    risks: tuple[SharedRisk, ...] = ()
    apart: frozenset[Pair] = frozenset()
    reason: str = ""
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    counted_groups: tuple[SharedRisk, ...] = ()
    assessed: bool = True

    @cached_property
    def _sharing(self) -> dict[Pair, Outcome]:
        found: dict[Pair, Outcome] = {}
        for shared in self.risks:
            for pair in permutations(shared.members, 2):
                found[pair] = worst([shared.outcome, found.get(pair, "pass")])
        return found

    def outcome(self, pair: Pair) -> Outcome:
        """Judge one pair."""
        return self._sharing.get(pair) or ("pass" if pair in self.apart else "unknown")


def strongest(evidence: Iterable[Evidence]) -> Grade:
    """Return the best grade among pieces of evidence for one statement; C for none."""
    return min((piece.grade for piece in evidence), default="C")


def risk(
    kind: str,
    key: str,
    grade: Grade,
    members: Iterable[FailureDomain],
    message: str,
    evidence: tuple[Evidence, ...] = (),
    groups: int = 1,
    rate_per_year: Interval | None = None,
    intensity: Interval | None = None,
    unit: str | None = None,
) -> SharedRisk:
    """Build a shared risk; its outcome follows from its grade, ``unit`` is that of its intensity."""
    outcome: Outcome = "warn" if grade == "C" else "fail"
    ids = tuple(unit.id for unit in members)
    return SharedRisk(
        id=f"{kind}:{key}",
        kind=kind,
        grade=grade,
        outcome=outcome,
        members=ids,
        message=message,
        evidence=evidence,
        groups=groups,
        rate_per_year=rate_per_year and rate_per_year.rounded(6),
        intensity=intensity and intensity.rounded(3),
        unit=unit if intensity else None,
    )
