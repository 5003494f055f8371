"""Workloads: what findings, events and changes of a deployment are told in."""

from __future__ import annotations

from collections.abc import Sequence

from zonerisk.core.verdict import Event
from zonerisk.words import phrases
from zonerisk.words.phrases import sentence

SPREAD = (
    "the provider spreads it over the region; over which zones, and how many it needs, the plan does not say"
)
NO_BACKUP = "the plan names no backup"
NO_RECOVERY = "the plan names no place to recover in"
SILENT_BACKUP = "the file does not tell where its backups are"
SILENT_RECOVERY = "the file does not tell where it would be recovered"
# Of what a file holds.
NO_PROVIDER = "its providerID is of no provider whose nodes are read"
NO_LABELS = "it has no topology.kubernetes.io labels and its providerID names no zone"
NO_ZONE = "it names no zone, or nothing tells whose cluster it is"
lying = sentence("{} lies in {}: the plan names no country that it could be held against")
odd_zone = sentence("{} is beyond the zones that {} is known to have: is it spelt right?")
guessed = sentence("its cloud is an OpenStack, assumed to be {}'s by the name of its region")
datacenter_of = sentence("the datacenter of {}")
roles = sentence("one for_each makes {:names}: unless they are copies of one thing, judge them apart")
leaving_pods = sentence("being deleted, and no copies until they are there again: {} of its {} pods")
unplaced_pods = sentence(
    "{} of its {} pods stand on no node that was placed; "
    "give the nodes too: kubectl get nodes,pods -A -o json"
)
budget = sentence("its PodDisruptionBudget {} lets {} of {} pods be evicted at once, and it needs {}")
uneven = sentence(
    "its topologySpreadConstraints over zones are {3:?only preferred, so }letting one zone hold "
    "{0} of {1} pods, and {2} are needed"
)
replica = sentence(
    "{} counts as a copy of it: a replica may lack the last writes, and may have to be promoted"
)
# Of what is lost.
HALVED = "its two zones hold all of its copies, so one of them holds half or more, however many there are"
without = sentence("without {}")
lost = sentence("{} ({}) is lost")
untold = sentence("{} at the least; how many it needs is not told")
copies_left = sentence(
    "{0}: {1} of {2} {2:copy|copies} left, {3} needed"
    "{4:?; there may be up to {4} copies}{5:?; there may be more copies}"
)
doubtful = sentence("holds against what is on record ({}); not known whether a quorum shares: {}")
one_zone = sentence("which of its zones are one and the same is not told ({})")
inferred = sentence("{} (inferred): too few copies would be left")
recovery = sentence("{} ({}): {}")
same_place = sentence("backup in {} ({}): the same {} as what it protects")
backup = sentence(
    "backup in {0} ({1}): {2:interval} away{3:?; {3}}{4:?; not known whether it shares {4}}"
    "{5:?; the provider spreads it, and other copies of it may stand elsewhere}"
)
# Of what would help.
move_backup = sentence("keep the backup in {}")
prepare_recovery = sentence("prepare recovery in {}")
spread_copies = sentence("spread the copies over {} zones of {}")
add_copy = sentence("add a copy in {}")
# Of round trips.
round_trip = sentence(
    "{0} to {1}: {2:g} ms, at most {3:.1f} km of fibre, likely {4:.1f} km at most"
    "{5:?; as near as zones of one campus are}{6:?; refutes {6}}"
)
too_near = sentence("{:quoted}: it would need {:g} km")
too_slow = sentence("{:quoted}: it took {:g} ms")
places_apart = sentence("the recorded places, {:interval} apart")


def summary(lost: int, total: int, worst: Sequence[Event], unassessed: int) -> str:
    """Answer in one sentence: workloads lost to one event, the worst event, what was not assessed."""
    if not total:
        return f"Nothing here could be placed; {unassessed} not assessed."
    one = lost < 2
    count = "No workload" if not lost else "The workload" if total == 1 else f"{lost} of {total} workloads"
    text = f"{count} lose{'s' if one else ''} {'its' if one else 'their'} quorum to one event on record"
    for event in worst:
        with_backup = len(event.with_backup)
        text += f"; worst: {event.message}"
        text += f", which takes {len(event.lost)} of them" if total > 1 else ""
        if with_backup:
            text += f", {with_backup} with the backup" if total > 1 else ", which takes the backup too"
    return text + (f"; {unassessed} not assessed." if unassessed else ".")


def quorum(least: int, most: int | None, spread: bool, wanted: float | None, one_needed: bool) -> str:
    """Count the places of copies (``at least 1 place``), and tell what is asked for where too few."""
    stand = f"at least {phrases.count(least, 'place')}"
    if spread:
        stand = "spread by the provider"
    elif most is not None:
        stand = phrases.count(most, "place") if least == most else f"{least} to {most} places"
    if wanted is not None:
        return f"{stand}; {wanted:g} are asked for"
    return f"{stand}, of which one is enough" if one_needed else stand


def advice_left(total: int, most: int, cut: int, ways: int) -> str:
    """Say what advice leaves out; nothing where it leaves out nothing."""
    told = [f"only the first {most} of {total} workloads are advised; --only chooses others"] * (total > most)
    if cut:
        told.append(f"of {phrases.count(cut, 'workload')} only {ways} ways to spread the copies were tried")
    return "; ".join(told)
