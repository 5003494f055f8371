"""Events: every place and every shared risk on record, lost one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.plan_verdict import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.model import Grade
    from zonerisk.workloads.deployment import Deployment, Place
    from zonerisk.workloads.siting import Siting


def events(siting: Siting, deployment: Deployment) -> tuple[Event, ...]:
    """Lose one thing after the other; what hurts most comes first.

    What a provider spreads over a region is left out: it is lost with no single zone.
    """
    places = {
        place.id: place
        for each in deployment.workloads
        for place in (*each.places, *(each.backup or ()), *(each.dr or ()))
        if place.kind != "region"
    }
    listed = tuple(places.values())
    if not listed:
        return ()
    told = [
        _event(deployment, risk.id, kind, risk.grade, risk.message, frozenset(members))
        for kind, each in siting.assess(listed).items()
        for risk in each.risks
        if risk.grade != "C" and len(members := siting.taken(risk)) > 1
    ]
    told += [
        _event(
            deployment,
            f"place:{place.id}",
            "place",
            None,
            f"{siting.unit(place).name} ({place.id}) is lost",
            frozenset(siting.inside(place, listed)),
        )
        for place in listed
    ]
    told.sort(key=lambda event: (-len(event.lost), -len(event.with_backup), -len(event.with_recovery)))
    return tuple(event for event in told if event.lost)


def _event(
    deployment: Deployment,
    key: str,
    kind: str,
    grade: Grade | None,
    message: str,
    members: frozenset[str],
) -> Event:
    lost = [
        each
        for each in deployment.workloads
        if all(place.kind != "region" for place in each.places)
        and sum(place.id not in members for place in each.places) < each.quorum
    ]

    def gone(there: Sequence[Place] | None) -> bool:
        return bool(there) and all(place.id in members for place in there or ())

    return Event(
        id=key,
        kind=kind,
        grade=grade,
        message=message,
        lost=tuple(each.id for each in lost),
        with_backup=tuple(each.id for each in lost if gone(each.backup)),
        with_recovery=tuple(each.id for each in lost if gone(each.dr)),
    )
