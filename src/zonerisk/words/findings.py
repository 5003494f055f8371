"""Findings: what a rule of a policy comes to, and what a provider's statement is worth, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.kinds import KINDS, asked_by
from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.core.geometry import Interval
    from zonerisk.core.verdict import Option, Outcome, SharedRisk, Threshold

# Shared risks that a finding names; its evidence holds the others.
MOST_RISKS = 3
LEFT = "the text names no figure, so this is measured and left to a risk assessment"
NO_BACKUP = "what is backed up where is not in a region's record; judge a plan: zonerisk plan"
NO_EVENT = "no event is on record, which proves nothing"
BUILDINGS_OPEN = "the buildings are not disclosed"
CAMPUSES_OPEN = "the positions leave it open whether they share a campus"
NOTHING_STATED = "the provider states nothing on record that could be measured here"
_STATED: dict[Outcome, str] = {
    "pass": "confirmed",
    "warn": "in doubt",
    "fail": "refuted",
    "unknown": "not shown either way",
}


def together(parts: Sequence[str]) -> str:
    """Join what is said of one rule."""
    return "; ".join(parts)


def no_pair(count: str) -> str:
    """Format that there is nothing to compare."""
    return f"{count}: no pair to compare"


def left(measured: str) -> str:
    """Format what is measured of a rule whose text names no figure."""
    return f"{measured}; {LEFT}"


def options(nearest: Sequence[Option]) -> str:
    """Format the nearest other regions."""
    listed = [f"{option.target} {phrases.interval(option.distance_m)}" for option in nearest]
    return f"nearest other regions: {', '.join(listed)}" if listed else "no other region is sold"


def nothing_to_measure(count: str) -> str:
    """Format that there is no pair, so no distance."""
    return f"{count}, so there is no pair to measure"


def nearest_pair(a: str, b: str, distance: Interval, least_ms: float, measured_ms: float | None) -> str:
    """Format how far apart the nearest pair is, and its round trip: measured, or the least by light."""
    text, least = f"nearest: {a} to {b} {phrases.interval(distance)}", phrases.round_trip(least_ms)
    if measured_ms is not None:
        return f"{text}, round trip {phrases.measured(measured_ms)}"
    return text + (f", at least {least} by light alone" if least else "")


def disclosure(noun: str, hidden: Sequence[str], vague: Sequence[str], widest_m: float | None) -> str:
    """Format how well the places of what is compared are known."""
    if hidden:
        return f"the building of {phrases.names(hidden)} is not disclosed"
    if widest_m is None:
        return "no site"
    if vague:
        return f"{phrases.names(vague)}: the position is known to {widest_m / 1000:g} km only"
    return f"every {noun} is known to {widest_m:g} m or better"


def quorum(sold: int, needed: float) -> str:
    """Format whether there are zones enough for a majority."""
    zones = f"{phrases.count(sold, 'zone')} as sold"
    return zones if sold >= needed else f"{zones}; a majority needs {needed:g}"


def apart(a: str, b: str, measured: str, disclosed: bool, alike: int, total: int, outcome: Outcome) -> str:
    """Format how far apart the telling pair is, and of how many pairs the same holds."""
    whole = phrases.count(total, "pair")
    tail = f" ({whole})" if outcome == "pass" else f" ({alike} of {whole})"
    # The law holds for any honest disc, but nobody should take it for a known place.
    hidden = "" if disclosed else ", sites not disclosed"
    if not measured:
        return f"{a} to {b}: no distance, their places are not disclosed{tail}"
    return f"{a} to {b}: {measured}{hidden}{tail}"


def length(measured: Interval, fibre: bool) -> str:
    """Format a length of fibre, or a distance."""
    return phrases.interval(measured) + (" of fibre" if fibre else "")


def light(measured: Interval) -> str:
    """Format the round trip that light needs."""
    if measured.best is None:
        return f"{measured.high:.2f} ms at most of round trip by light alone"
    return f"{measured.low:.2f} to {measured.high:.2f} ms of round trip by light alone"


def measured_trip(ms: float, day: str) -> str:
    """Format a round trip on record, with its day."""
    return f"{phrases.measured(ms)} by {day}"


def short_trip(a: str, b: str, ms: float, day: str) -> str:
    """Format that a round trip is as short as inside one campus."""
    return f"{a} and {b} are {measured_trip(ms, day)} from each other, as zones of one campus are"


def shared(risks: Sequence[SharedRisk]) -> str:
    """Format what is shared, the worst first."""
    more = len(risks) - MOST_RISKS
    tail = f" (and {more} more shared risk{'' if more == 1 else 's'})" if more > 0 else ""
    return "; ".join(risk.message for risk in risks[:MOST_RISKS]) + tail


def open_pairs(risks: Sequence[SharedRisk], reason: str) -> str:
    """Format why pairs are open, beside the worst that some share."""
    return f"{risks[0].message}; of the other pairs: {reason}" if risks else reason


def none_shared(rule: str, noun: str, threshold: Threshold | None) -> str:
    """Format what a pass means: what was looked for where, no more."""
    within = f" within {threshold.value:g} {threshold.unit} of" if threshold else " near"
    return f"no two {noun}s {KINDS[asked_by(rule)[0]].apart.format(within=within)}"


def no_second(count: str) -> str:
    """Format that the only one cannot be spared."""
    return f"{count}: there is no second one that could be spared"


def nothing_known(unknown: Sequence[str]) -> str:
    """Format that no shared risk of weight is on record, and of which kinds that is not known."""
    if unknown:
        return f"no shared risk of grade A or B is on record, but not known: {', '.join(unknown)}"
    return "no shared risk of grade A or B"


def survivors(hardest: SharedRisk, left: int, count: str, majority: bool) -> str:
    """Format what is left when the worst happens."""
    most = "at most " if hardest.groups > 1 else ""
    verb = "is" if left == 1 else "are"
    return (
        f"{hardest.message}; if it fails, {most}{left} of {count} {verb} left, "
        f"{'still' if majority else 'not'} a majority"
    )


def recovery(best: Sequence[Option], outcome: Outcome) -> str:
    """Format what the best regions to recover in come to."""
    listed = "; ".join(option.message for option in best[:MOST_RISKS])
    return f"no other region will do: {listed}" if outcome == "fail" else listed


def same_site(names: str, kind: str, site: str) -> str:
    """Format that some stand in one building or on one campus."""
    return f"{names} stand in the same {kind}, {site}"


def one_campus(names: str, campus: str) -> str:
    """Format that some stand on a campus that is on record."""
    return f"{names} stand on one campus: {campus}"


def few_buildings(names: str, count: int, buildings: int) -> str:
    """Format that some stand in fewer buildings than they are."""
    if buildings == 1:
        return f"{names} stand in one building"
    least = -(-count // buildings)
    return f"{names} stand in at most {buildings} buildings, so at least {least} of them share one"


def near(a: str, b: str, distance: Interval, radius_m: float) -> str:
    """Format that two stand within a campus of each other."""
    return (
        f"{a} and {b} are {phrases.interval(distance)} apart, within a campus radius of "
        f"{phrases.distance(radius_m)}"
    )


def admitted(text: str) -> str:
    """Format what a provider says that its zones share."""
    return f"the provider states: {phrases.quoted(text)}"


def zones_stated(text: str, sold: int, enough: bool) -> str:
    """Hold a number of zones against those that are sold."""
    return f"{phrases.quoted(text)}: {sold} {'as stated' if enough else 'as sold'}"


def buildings_stated(text: str, at_most: int | None, known: int, stated: float) -> str:
    """Hold a number of buildings against those that are known, or stated as the most."""
    if at_most is not None:
        return f"{phrases.quoted(text)}: refuted, at most {at_most} by statement"
    if known >= stated:
        return f"{phrases.quoted(text)}: confirmed, {known} are known"
    return f"{phrases.quoted(text)}: not shown either way, {known} of {stated:g} are known"


def recovery_stated(text: str, exists: bool) -> str:
    """Hold a distance for recovery against the other regions."""
    # Which region the provider means is not on record, so none can confirm it.
    far = "such a region exists, which one is meant is not on record"
    return f"{phrases.quoted(text)}: {far if exists else 'no region surely so far'}"


def feeds_stated(text: str, outcome: Outcome) -> str:
    """Hold separate feeds against what is shared."""
    return f"{phrases.quoted(text)}: {_STATED[outcome]}"


def no_pair_stated(text: str) -> str:
    """Format that a statement on pairs cannot be measured."""
    return f"{phrases.quoted(text)}: there is no pair to measure"


def distance_stated(
    text: str,
    outcome: Outcome,
    a: str,
    b: str,
    distance: Interval,
    disclosed: bool,
    failing: int,
    total: int,
    measured_ms: float | None,
) -> str:
    """Hold a distance or round trip against the pair that tells most."""
    extent = f", {failing} of {total} pairs" if outcome == "fail" else ""
    hidden = "" if disclosed else ", sites not disclosed"
    trip = f", round trip {phrases.measured(measured_ms)}" if measured_ms is not None else ""
    far = phrases.interval(distance)
    return f"{phrases.quoted(text)}: {_STATED[outcome]}, {a} to {b} {far}{hidden}{trip}{extent}"
