"""Shared risk groups: one kind of risk, assessed for every pair of units; the first is what events took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING

from zonerisk.core.verdict import Outcome, SharedRisk, worst
from zonerisk.judging.arrangement import pairs
from zonerisk.words import causes as wording

if TYPE_CHECKING:
    from zonerisk.core.geometry import Interval
    from zonerisk.core.model import Evidence, Grade, Incident
    from zonerisk.judging.arrangement import FailureDomain, Pair


@dataclass(frozen=True)
class RiskGroups:
    """One kind of shared risk: the groups found, of at least two units each, and pairs known to be apart.

    A pair that is neither in a group nor apart is not known, for a reason that is a clause. Notes are
    sentences on single units, and rest on the evidence. Of the units of ``counted_groups`` some surely
    share, though which is not known: zones that are more than the buildings they stand in. Nothing is
    ``assessed`` where no layer reaches any of the units.
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
        sharing: dict[Pair, Outcome] = {}
        for shared in self.risks:
            for pair in permutations(shared.members, 2):
                sharing[pair] = worst([shared.outcome, sharing.get(pair, "pass")])
        return sharing

    @property
    def all_risks(self) -> tuple[SharedRisk, ...]:
        """The groups found, and those of which only the number is known."""
        return (*self.risks, *self.counted_groups)

    def outcome(self, pair: Pair) -> Outcome:
        """Judge one pair."""
        return self._sharing.get(pair) or ("pass" if pair in self.apart else "unknown")

    def leaves_open(self, pairs: Iterable[Pair]) -> bool:
        """Return whether it is not known of some pair."""
        return any(self.outcome(pair) == "unknown" for pair in pairs)


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
    return SharedRisk(
        id=f"{kind}:{key}",
        kind=kind,
        grade=grade,
        outcome="warn" if grade == "C" else "fail",
        members=tuple(unit.id for unit in members),
        message=message,
        evidence=evidence,
        groups=groups,
        rate_per_year=rate_per_year and rate_per_year.rounded(6),
        intensity=intensity and intensity.rounded(3),
        unit=unit if intensity else None,
    )


def together(risks: Iterable[SharedRisk]) -> set[Pair]:
    """Return the pairs that share one of some risks, either way round."""
    return {pair for shared in risks for pair in permutations(shared.members, 2)}


def shared_incidents(
    incidents: Iterable[Incident], ours: Iterable[str], theirs: Iterable[str], day: str
) -> tuple[Incident, ...]:
    """Return the incidents that hit both of two sets of regions, up to a day."""
    a, b = set(ours), set(theirs)
    return tuple(
        incident
        for incident in incidents
        if incident.counts(day) and not a.isdisjoint(incident.regions) and not b.isdisjoint(incident.regions)
    )


def assess_incidents(
    domains: Sequence[FailureDomain], incidents: Iterable[Incident], day: str, region: str = ""
) -> RiskGroups:
    """Find which domains an event is on record to have taken together; tell others of the region.

    That it happened is known, whatever was changed since: it counts until its cause is removed by
    the record. A pair that no event took is apart in this alone.
    """
    risks: list[SharedRisk] = []
    notes: list[str] = []
    cited: list[Evidence] = []
    for incident in incidents:
        if (incident.since or "") > day:
            continue
        hit = [domain for domain in domains if domain.id in incident.took]
        if len(hit) > 1 and incident.counts(day):
            message = wording.struck_together(hit, incident)
            risks.append(risk("incident", incident.id, incident.grade, hit, message, incident.cited))
        elif len(hit) > 1:
            notes.append(wording.struck_until_fixed(hit, incident))
        elif region in incident.regions:
            notes.append(wording.struck(hit, incident))
        else:
            continue
        cited += incident.cited
    if risks:
        notes.append(wording.NOT_FIXED)
    apart = frozenset((a.id, b.id) for a, b in pairs(domains)) - together(risks)
    return RiskGroups("incident", tuple(risks), apart, "", tuple(notes), tuple(cited))
