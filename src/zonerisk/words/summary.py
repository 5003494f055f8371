"""Summary: whether the zones fail independently, why not, and what is not known of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zonerisk.core.kinds import BY_POSITION, FEEDS
from zonerisk.judging.arrangement import pairs
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.interval import Range
    from zonerisk.core.verdict import SharedRisk
    from zonerisk.judging.arrangement import Arrangement


def answer(name: str, arrangement: Arrangement, independent: Range) -> str:
    """Answer in two sentences at most, for a reader who knows no rule.

    Parameters
    ----------
    name
        The region's, which begins the answer.
    arrangement
        What was judged.
    independent
        How many of its domains are independent.
    """
    total = len(arrangement.domains)
    hidden = [unit for unit in arrangement.domains if not unit.disclosed]
    if total < 2:
        only = "1 zone as sold" if arrangement.sold == 1 else arrangement.counted(total)
        place = " Its building is not disclosed." if hidden else ""
        return f"{name}: {only}, so nothing is left when it fails.{place}"
    if independent.high < total:
        return f"{name}: no, {_shared(arrangement, independent)}."
    told = [_suspected(arrangement), _open(arrangement)]
    if len(hidden) == total:
        told = [f"no {arrangement.noun}'s building is disclosed", told[0]]
    elif hidden:
        told = [f"the building of {phrases.named(hidden)} is not disclosed", told[0]]
    because = "; ".join(part for part in told if part)
    units = f"the {arrangement.counted(total)}"
    said = (
        f"not known whether {units} fail independently"
        if independent.low < total
        else f"nothing on record surely hits two of {units}"
    )
    return f"{name}: {said}. {because[:1].upper()}{because[1:]}."


def _shared(arrangement: Arrangement, independent: Range) -> str:
    """Name the worst that is known to be shared, and how well it is known."""
    total, most = len(arrangement.domains), independent.high
    said = (
        f"the {arrangement.noun}s do not fail independently"
        if most == 1
        else f"at most {most} of the {arrangement.counted(total)} fail independently"
    )
    surely = [found for found in _risks(arrangement) if found.grade != "C"]
    hardest = max(surely, key=lambda found: (found.least, found.grade == "A"))
    why = f"{hardest.message}; evidence grade {hardest.grade}"
    if arrangement.noun == "datacenter":
        why += f"; {arrangement.sold} zone{'' if arrangement.sold == 1 else 's'} as sold"
        why += f", its {arrangement.counted(total)} are worth 1" if most == 1 else ""
    return f"{said}. {why}"


def _risks(arrangement: Arrangement) -> list[SharedRisk]:
    return [found for each in arrangement.groups.values() for found in (*each.risks, *each.counted_groups)]


def _suspected(arrangement: Arrangement) -> str:
    """Name what is only suspected to be shared; its details stand with the findings."""
    risks = _risks(arrangement)
    if not risks:
        return "no shared risk is on record"
    widest = max(risks, key=lambda found: found.least)
    more = f" (and {len(risks) - 1} more)" if len(risks) > 1 else ""
    short = re.split(r" \(|;", widest.message)[0]
    return f"suspected: {short}{more}"


def _open(arrangement: Arrangement) -> str:
    """List the kinds that are open, of those that count and of the feeds."""
    kinds = [
        kind
        for kind in (*BY_POSITION, *FEEDS)
        if any(
            arrangement.groups[kind].outcome((a.id, b.id)) == "unknown" for a, b in pairs(arrangement.domains)
        )
    ]
    return f"not known: {phrases.names(kinds)}" if kinds else ""
