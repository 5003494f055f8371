"""Summary: whether the zones fail independently, why not, and what is not known of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from zonerisk.judging import feeds
from zonerisk.judging.arrangement import pairs
from zonerisk.judging.effective import DECISIVE
from zonerisk.words import phrases

if TYPE_CHECKING:
    from zonerisk.core.verdict import Range, SharedRisk
    from zonerisk.judging.case import Case


def answer(name: str, case: Case, independent: Range) -> str:
    """Answer in two sentences at most, for a reader who knows no rule.

    Parameters
    ----------
    name
        The region's, which begins the answer.
    case
        What was judged.
    independent
        How many of the case's units are independent.
    """
    total = len(case.units)
    hidden = [unit for unit in case.units if not unit.disclosed]
    if total < 2:
        only = "1 zone as sold" if case.sold == 1 else case.counted(total)
        place = " Its building is not disclosed." if hidden else ""
        return f"{name}: {only}, so nothing is left when it fails.{place}"
    if independent.high < total:
        return f"{name}: no, {_shared(case, independent)}."
    told = [_suspected(case), _open(case)]
    if len(hidden) == total:
        told = [f"no {case.noun}'s building is disclosed", told[0]]
    elif hidden:
        told = [f"the building of {phrases.named(hidden)} is not disclosed", told[0]]
    because = "; ".join(part for part in told if part)
    units = f"the {case.counted(total)}"
    said = (
        f"not known whether {units} fail independently"
        if independent.low < total
        else f"nothing on record surely hits two of {units}"
    )
    return f"{name}: {said}. {because[:1].upper()}{because[1:]}."


def _shared(case: Case, independent: Range) -> str:
    """Name the worst that is known to be shared, and how well it is known."""
    total, most = len(case.units), independent.high
    said = (
        f"the {case.noun}s do not fail independently"
        if most == 1
        else f"at most {most} of the {case.counted(total)} fail independently"
    )
    surely = [found for found in _risks(case) if found.grade != "C"]
    hardest = max(surely, key=lambda found: (found.least, found.grade == "A"))
    why = f"{hardest.message}; evidence grade {hardest.grade}"
    if case.noun == "datacenter":
        why += f"; {case.sold} zone{'' if case.sold == 1 else 's'} as sold"
        why += f", its {case.counted(total)} are worth 1" if most == 1 else ""
    return f"{said}. {why}"


def _risks(case: Case) -> list[SharedRisk]:
    return [found for each in case.assessments.values() for found in (*each.risks, *each.counted_groups)]


def _suspected(case: Case) -> str:
    """Name what is only suspected to be shared; its details stand with the findings."""
    risks = _risks(case)
    if not risks:
        return "no shared risk is on record"
    widest = max(risks, key=lambda found: found.least)
    more = f" (and {len(risks) - 1} more)" if len(risks) > 1 else ""
    short = re.split(r" \(|;", widest.message)[0]
    return f"suspected: {short}{more}"


def _open(case: Case) -> str:
    """List the kinds that are open, of those that count and of the feeds."""
    kinds = [
        kind
        for kind in (*DECISIVE, *feeds.KINDS)
        if any(case.assessments[kind].outcome((a.id, b.id)) == "unknown" for a, b in pairs(case.units))
    ]
    return f"not known: {phrases.names(kinds)}" if kinds else ""
