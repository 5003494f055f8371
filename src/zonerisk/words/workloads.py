"""Workloads: what findings, events and changes of a deployment are told in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.geometry import Interval

SPREAD = (
    "the provider spreads it over the region; over which zones, and how many it needs, the plan does not say"
)
NO_BACKUP = "the plan names no backup"
NO_RECOVERY = "the plan names no place to recover in"
SILENT_BACKUP = "the file does not tell where its backups are"
SILENT_RECOVERY = "the file does not tell where it would be recovered"


def summary(
    lost: int, total: int, worst: str | None, worst_lost: int, with_backup: int, unassessed: int
) -> str:
    """Answer in one sentence: workloads lost to one event, the worst event, what was not assessed."""
    if not total:
        return f"Nothing here could be placed; {unassessed} not assessed."
    one = lost < 2
    count = "No workload" if not lost else "The workload" if total == 1 else f"{lost} of {total} workloads"
    text = f"{count} lose{'s' if one else ''} {'its' if one else 'their'} quorum to one event on record"
    if worst:
        text += f"; worst: {worst}"
        text += f", which takes {worst_lost} of them" if total > 1 else ""
        if with_backup:
            text += f", {with_backup} with the backup" if total > 1 else ", which takes the backup too"
    return text + (f"; {unassessed} not assessed." if unassessed else ".")


def places(least: int, most: int | None, spread: bool) -> str:
    """Count the places of copies: ``3 places``, ``1 to 3 places``, ``at least 1 place``."""
    if spread:
        return "spread by the provider"
    if most is None:
        return f"at least {phrases.count(least, 'place')}"
    return phrases.count(most, "place") if least == most else f"{least} to {most} places"


def quorum(stand: str, wanted: float, enough: bool, one_needed: bool) -> str:
    """Say how many places there are, and how many are asked for if they are not enough."""
    if not enough:
        return f"{stand}; {wanted:g} are asked for"
    return f"{stand}, of which one is enough" if one_needed else stand


def without(name: str) -> str:
    """Say that one place is lost, as the cause of what follows."""
    return f"without {name}"


def copies_left(cause: str, worst: int, left: int, total: int, needed: int, more: int | None) -> str:
    """Say what an event leaves of a workload, at worst and at best, and whether it may have more copies."""
    some = f"{left}" if worst == left else f"{worst} to {left}"
    text = f"{cause}: {some} of {total} {'copy' if total == 1 else 'copies'} left, {needed} needed"
    if more == 0:
        return text
    return f"{text}; there may be {f'up to {total + more}' if more else 'more'} copies"


def doubtful(holds: str, kinds: Sequence[str]) -> str:
    """Say what a workload holds against, and of what that is not known."""
    if not kinds:
        return f"which of its zones are one and the same is not told ({holds})"
    return f"holds against what is on record ({holds}); not known whether a quorum shares: {', '.join(kinds)}"


def untold(left: str) -> str:
    """Say what an event leaves of a workload of which it is not known how many copies it needs."""
    return f"{left} at the least; how many it needs is not told"


def budget(name: str, gone: int, total: int, needed: int) -> str:
    """Say that a PodDisruptionBudget lets go of more pods than a workload can lose."""
    lets = f"lets {gone} of {total} pods be evicted at once"
    return f"its PodDisruptionBudget {name} {lets}, and {needed} are needed"


def uneven(most: int, total: int, needed: int, preferred: bool) -> str:
    """Say that topologySpreadConstraints let one zone hold more pods than a workload can lose."""
    kept = "only preferred, so " if preferred else ""
    return (
        f"its topologySpreadConstraints over zones are {kept}letting one zone hold {most} of {total} pods, "
        f"and {needed} are needed"
    )


def lying(site: str, place: str) -> str:
    """Say in which country an own site lies, where nobody said so."""
    return f"{site} lies in {place}: the plan names no country that it could be held against"


def odd_zone(zone: str, region: str) -> str:
    """Say that a zone's letter or number is beyond those of its region."""
    return f"{zone} is beyond the zones that {region} is known to have: is it spelt right?"


def guessed(provider: str) -> str:
    """Say that an OpenStack's provider was told by its region's name."""
    return f"its cloud is an OpenStack, assumed to be {provider}'s by the name of its region"


NO_PROVIDER = "its providerID is of no provider that zonerisk knows"
NO_LABELS = "it has no topology.kubernetes.io labels and its providerID names no zone"
NO_ZONE = "it names no zone, or nothing tells whose cluster it is"


def unplaced_pods(missing: int, total: int) -> str:
    """Say that pods stand on nodes which were not placed, and what to give."""
    return (
        f"{missing} of its {total} pods stand on no node that was placed; "
        "give the nodes too: kubectl get nodes,pods -A -o json"
    )


def inferred(cause: str) -> str:
    """Say that too few copies would be left by what is inferred alone."""
    return f"{cause} (inferred): too few copies would be left"


def recovery(name: str, place: str, why: str) -> str:
    """Say where a workload recovers, and how that is judged."""
    return f"{name} ({place}): {why}"


def same_place(name: str, place: str, building: bool) -> str:
    """Say that a backup is where its workload is."""
    same = "the same building as" if building else "the same place as"
    return f"backup in {name} ({place}): {same} what it protects"


def backup(
    name: str, place: str, distance: Interval, shared: str | None, unknown: Sequence[str], spread: bool
) -> str:
    """Say how far a backup is, what it shares with its workload, and what of that is not known."""
    text = f"backup in {name} ({place}): {phrases.interval(distance)} away"
    text += f"; {shared}" if shared else ""
    text += f"; not known whether it shares {', '.join(unknown)}" if unknown else ""
    return text + ("; the provider spreads it, and other copies of it may stand elsewhere" if spread else "")


def lost(name: str, place: str) -> str:
    """Say that a place is lost."""
    return f"{name} ({place}) is lost"


def open_rule(message: str, left: str) -> str:
    """Add to a sentence why a rule without a figure decides nothing."""
    return f"{message}; {left}"


def move_backup(region: str) -> str:
    """Advise another region for backups."""
    return f"keep the backup in {region}"


def prepare_recovery(region: str) -> str:
    """Advise a region for recovery."""
    return f"prepare recovery in {region}"


def spread_copies(zones: int, region: str) -> str:
    """Advise more zones for the same copies."""
    return f"spread the copies over {zones} zones of {region}"


def add_copy(zone: str) -> str:
    """Advise one copy more."""
    return f"add a copy in {zone}"


def round_trip(
    a: str, b: str, ms: float, fibre_km: float, likely_km: float, campus: bool, refuted: Sequence[str]
) -> str:
    """Say what a measured round trip bounds and refutes."""
    text = f"{a} to {b}: {ms:g} ms, at most {fibre_km:.1f} km of fibre, likely {likely_km:.1f} km at most"
    text += "; as near as zones of one campus are" if campus else ""
    return "; ".join((text, *(f"refutes {clause}" for clause in refuted)))


def too_near(claim: str, claimed_km: float) -> str:
    """Say that a round trip is too short for what is claimed."""
    return f"{phrases.quoted(claim)}: it would need {claimed_km:g} km"


def too_slow(claim: str, ms: float) -> str:
    """Say that a round trip is longer than what is claimed."""
    return f"{phrases.quoted(claim)}: it took {ms:g} ms"


def places_apart(straight: Interval) -> str:
    """Say that recorded places are farther apart than a round trip allows."""
    return f"the recorded places, {phrases.interval(straight)} apart"


def advice_left(total: int, most: int, cut: int, ways: int) -> str:
    """Say what advice leaves out; nothing where it leaves out nothing."""
    told = [f"only the first {most} of {total} workloads are advised; --only chooses others"] * (total > most)
    if cut:
        told.append(f"of {phrases.count(cut, 'workload')} only {ways} ways to spread the copies were tried")
    return "; ".join(told)
