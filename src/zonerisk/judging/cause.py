"""Shared risk groups: one kind of risk, assessed for every pair of units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING

from zonerisk.core.verdict import Outcome, SharedRisk, severity
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.model import Evidence, Grade
    from zonerisk.judging.arrangement import FailureDomain, Pair


@dataclass(frozen=True)
class RiskGroups:
    """One kind of shared risk: the groups found, of at least two units each, and pairs known to be apart.

    A pair that is neither in a group nor apart is not known, for a reason that is a clause. Notes are
    sentences on single units, and rest on the evidence. Nothing is ``assessed`` where no layer reaches any
    of the units.
    """

    kind: str
    all_risks: tuple[SharedRisk, ...] = ()
    apart: frozenset[Pair] = frozenset()
    reason: str = ""
    notes: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    assessed: bool = True

    @cached_property
    def risks(self) -> tuple[SharedRisk, ...]:
        """The groups of which all share one."""
        return tuple(risk for risk in self.all_risks if risk.groups == 1)

    @cached_property
    def counted_groups(self) -> tuple[SharedRisk, ...]:
        """Those of which some share, though not known which: zones that are more than their buildings."""
        return tuple(risk for risk in self.all_risks if risk.groups > 1)

    @cached_property
    def _sharing(self) -> dict[Pair, Outcome]:
        """What the pairs that share something come to, either way round."""
        risks = sorted(self.risks, key=lambda risk: severity(risk.outcome))
        return {pair: risk.outcome for risk in risks for pair in permutations(risk.members, 2)}

    def outcome(self, pair: Pair) -> Outcome:
        """Judge one pair."""
        return self._sharing.get(pair) or ("pass" if pair in self.apart else "unknown")

    def leaves_open(self, pairs: Iterable[Pair]) -> set[Pair]:
        """Return the pairs of which it is not known."""
        return set(pairs) - self.apart - self._sharing.keys()


def strongest(evidence: Iterable[Evidence]) -> Grade:
    """Return the best grade among pieces of evidence for one statement; C for none."""
    return min((piece.grade for piece in evidence), default="C")


def known_since(evidence: Iterable[Evidence], day: str) -> str | None:
    """Return when what evidence says became known, if all of it was published after a day."""
    days = [piece.published or "" for piece in evidence]
    first = min(days, default="")
    return first if first[: len(day)] > day[: len(first)] else None


def dated(groups: RiskGroups, day: str) -> RiskGroups:
    """Return risk groups of which those are marked that were published after the day judged."""
    risks = tuple(marked(shared, day) for shared in groups.all_risks)
    return groups if risks == groups.all_risks else replace(groups, all_risks=risks)


def marked(shared: SharedRisk, day: str) -> SharedRisk:
    """Return a shared risk with the day since which it is known, where that lies after the day judged."""
    since = known_since(shared.evidence, day)
    if since is None:
        return shared
    return replace(shared, known_since=since, message=phrases.known_since(shared.message, since))


def risk(
    kind: str,
    key: str,
    grade: Grade,
    members: Iterable[FailureDomain],
    message: str,
    evidence: tuple[Evidence, ...] = (),
    groups: int = 1,
    at_least: int | None = None,
) -> SharedRisk:
    """Build a shared risk; its outcome follows from its grade."""
    return SharedRisk(
        id=f"{kind}:{key}",
        kind=kind,
        grade=grade,
        outcome="warn" if grade == "C" else "fail",
        members=tuple(unit.id for unit in members),
        message=message,
        evidence=evidence,
        groups=groups,
        at_least=at_least,
    )


def together(risks: Iterable[SharedRisk]) -> set[Pair]:
    """Return the pairs that share one of some risks, either way round."""
    return {pair for shared in risks for pair in permutations(shared.members, 2)}
