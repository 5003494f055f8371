"""Audit: a deployment judged, workload by workload and event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk._version import __version__
from zonerisk.core.plan_verdict import Audit, Event, Judged, Model, Skipped, mean
from zonerisk.core.verdict import CatalogueUsed, Outcome, PolicyUsed, Provenance, worst
from zonerisk.judging import history as incident
from zonerisk.judging import score
from zonerisk.workloads import probability
from zonerisk.workloads.auditor import Auditor
from zonerisk.workloads.deployment import OWN
from zonerisk.workloads.events import events
from zonerisk.workloads.remedy import best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.policy import Policy
    from zonerisk.workloads.deployment import Deployment
    from zonerisk.workloads.probability import Inputs


def audit(
    catalog: Catalog, deployment: Deployment, policy: Policy, day: str, inputs: Inputs | None = None
) -> Audit:
    """Judge a deployment under a policy.

    Parameters
    ----------
    catalog, deployment, policy
        Records, what is judged, thresholds.
    day
        The day, ``YYYY-MM-DD``.
    inputs
        Of the probability view; without them, none is shown.
    """
    auditor = Auditor(catalog, policy, deployment, day, inputs)
    judged = tuple(auditor.judge(each) for each in deployment.workloads)
    found = events(auditor.siting, deployment)
    outcome: Outcome = worst([each.outcome for each in judged]) if judged else "unknown"
    total = mean([each.score for each in judged])
    regions = {
        place.region
        for each in deployment.workloads
        for place in (*each.places, *(each.backup or ()), *(each.dr or ()))
    } - {OWN}
    return Audit(
        files=deployment.files,
        policy=policy.id,
        as_of=day,
        outcome=outcome,
        grade=score.letter(total),
        score=total,
        summary=_summary(judged, found, deployment),
        workloads=judged,
        events=found,
        change=best(auditor, judged),
        not_assessed=tuple(
            Skipped(id=each.id, reason=each.reason, file=each.source.file, line=each.source.line)
            for each in deployment.unassessed
        ),
        model=inputs
        and Model(
            unavailability=inputs.unavailability,
            common=inputs.common,
            common_source=probability.COMMON_SOURCE if inputs.common == probability.COMMON else "the plan",
            alpha=inputs.alpha,
        ),
        provenance=Provenance(
            version=__version__,
            catalogue=CatalogueUsed(date=catalog.edition.date, sha256=incident.digest(catalog, regions)),
            policy=PolicyUsed(id=policy.id, standing=policy.standing, sha256=policy.sha256),
        ),
    )


def _summary(judged: Sequence[Judged], events: Sequence[Event], deployment: Deployment) -> str:
    """Answer in one sentence."""
    if not judged:
        return f"Nothing here could be placed; {len(deployment.unassessed)} things were not assessed."
    total = len(judged)
    lost = {key for event in events for key in event.lost}
    count = (
        "No workload" if not lost else "The workload" if total == 1 else f"{len(lost)} of {total} workloads"
    )
    said = (
        f"{count} lose{'s' if len(lost) < 2 else ''} "
        f"{'its' if len(lost) < 2 else 'their'} quorum to one event on record"
    )
    if events:
        first = events[0]
        said += f"; worst: {first.message}, which takes {len(first.lost)} of them"
        if first.with_backup:
            said += f", {len(first.with_backup)} with the backup"
    if deployment.unassessed:
        said += f"; {len(deployment.unassessed)} not assessed"
    return said + "."
