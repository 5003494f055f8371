"""The record of events: which of them took several domains, or several regions, together."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from zonerisk.judging.arrangement import pairs
from zonerisk.judging.cause import RiskGroups, risk
from zonerisk.words import hazards as wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.core.model import Evidence, Incident
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import FailureDomain


def shared(
    incidents: Iterable[Incident], ours: Iterable[str], theirs: Iterable[str], day: str
) -> tuple[Incident, ...]:
    """Return the incidents that hit both of two sets of regions, up to a day."""
    a, b = set(ours), set(theirs)
    return tuple(
        incident
        for incident in incidents
        if incident.counts(day) and not a.isdisjoint(incident.regions) and not b.isdisjoint(incident.regions)
    )


def assess(
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
        notes.append(wording.not_fixed())
    if not risks and not notes:
        return RiskGroups("incident")
    together = {pair for known in risks for pair in permutations(known.members, 2)}
    apart = frozenset((a.id, b.id) for a, b in pairs(domains)) - together
    return RiskGroups("incident", tuple(risks), apart, "", tuple(notes), tuple(cited))
