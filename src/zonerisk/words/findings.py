"""Findings: what zones share, what befell them, what a rule comes to and a word is worth, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from zonerisk.core.geometry import Interval
from zonerisk.core.kinds import KINDS, asked_by
from zonerisk.core.model import Grade, Hazard, Incident
from zonerisk.core.samples import EDGE_M, UNNAMED, Chain, HazardSample, Layer, Neighbourhood, bests
from zonerisk.core.verdict import FeedRead, Option, Outcome, SharedRisk, Threshold
from zonerisk.words import phrases
from zonerisk.words.phrases import Named, sentence

# Shared risks that a finding names; its evidence holds the others.
MOST_RISKS = 3
# Doubts below this go without saying; from the second on they are told in kilometres.
_DOUBT_FROM_M, _DOUBT_KM_FROM_M = 100.0, 500.0
_MOST_LABELS = 4
LEFT = "the text names no figure, so this is measured and left to a risk assessment"
NO_BACKUP = "what is backed up where is not in a region's record; judge a plan: zonerisk plan"
NO_EVENT = "no event is on record, which proves nothing"
BUILDINGS_OPEN = "the buildings are not disclosed"
CAMPUSES_OPEN = "the positions leave it open whether they share a campus"
NOTHING_STATED = "the provider states nothing on record that could be measured here"
OPEN_STATEMENTS = "what is stated of a commune or an address does not show what they share"
STATED: dict[Outcome, str] = {
    "pass": "confirmed",
    "warn": "in doubt",
    "fail": "refuted",
    "unknown": "not shown either way",
}
Open = Literal["not-assessed", "hidden", "partly-assessed", "in-doubt", "lists-end"]
"""Why pairs are left open: no layer reaches the zones, the building of some is not disclosed, no layer
reaches some, the intervals allow both, or what is shared by no list may still be shared."""

NOT_FIXED = "no record says that the cause is removed"
OPEN_PAIRS = "the record counts the zones and does not name them"
_MOST_EVENTS = 3

# Of a rule.
together = "; ".join
left = sentence(f"{{}}; {LEFT}")
no_pair = sentence("{}: no pair to compare")
no_second = sentence("{}: there is no second one that could be spared")
nothing_to_measure = sentence("{}, so there is no pair to measure")
measured_trip = sentence("{:measured} by {}")
survivors = sentence(
    "{0.message}; if it fails, {0.groups:|at most }{1} of {2} {1:is|are} left, {3:still|not} a majority"
)
sold = sentence("{} {:as stated|as sold}")
# Of places.
same_building = sentence("{:named} stand in the same building, {}")
one_campus = sentence("{:named} stand on one campus: {}")
near = sentence("{} and {} are {:interval} apart, within a campus radius of {:distance}")
short_trip = sentence("{} and {} are {:measured} by {} from each other, as zones of one campus are")
# Of hazards and feeds.
stated_shared = sentence("{0:named} are {1.relation} the same {1.name}")
stated_of = sentence("{0:named}: {1.relation} {1.name}")
statement = sentence("{:named}: {}")
one_class = sentence(
    "{:named} stand within {:near} of each other in {}: so near, one quake shakes them alike"
)
no_feed = sentence("no {} feed is disclosed for {:named}")
feeds_end = sentence("the stated {} feeds do not say what lies upstream")
depend, may_depend = sentence("{:named} depend on {}"), sentence("{:named} may depend on {}")
more_stations = sentence("stations are known near {} more sites")
# Of what a provider states.
admitted = sentence("the provider states: {:quoted}")
stated = sentence("{:quoted}: {}")
OF_FIBRE = " of fibre"
NO_PAIR = "there is no pair to measure"
# Which region the provider means is not on record, so none can confirm it.
SUCH_A_REGION = "such a region exists, which one is meant is not on record"
NO_SUCH_REGION = "no region surely so far"
_km = sentence("{:near}")


def stated_country(domains: Iterable[Named], hazard: Hazard) -> str:
    """Format what is stated of a whole country, and for which days."""
    begin = f"since {hazard.since}, " if hazard.since else ""
    end = f"until {hazard.until}" if hazard.until else "no end is stated"
    return f"{hazard.kind} stated for {phrases.named(domains)}: {hazard.name} ({begin}{end})"


def ended(domains: Sequence[Named], until: str, feed: str) -> str:
    """Format that a feed was stated up to a day only."""
    return f"stated for {phrases.named(domains) if domains else 'the region'} until {until} only: {feed}"


def buildings_stated(at_most: int | None, known: int, stated: float) -> str:
    """Hold a number of buildings against those that are known, or stated as the most."""
    if at_most is not None:
        return f"{STATED['fail']}, at most {at_most} by statement"
    if known >= stated:
        return f"{STATED['pass']}, {known} are known"
    return f"{STATED['unknown']}, {known} of {stated:g} are known"


def options(nearest: Sequence[Option]) -> str:
    """Format the nearest other regions."""
    listed = [f"{option.target} {phrases.interval(option.distance_m)}" for option in nearest]
    return f"nearest other regions: {', '.join(listed)}" if listed else "no other region is sold"


def nearest_pair(a: str, b: str, distance: Interval, least_ms: float, measured_ms: float | None) -> str:
    """Format how far apart the nearest pair is, and its round trip: measured, or the least by light."""
    least = phrases.round_trip(least_ms)
    trip = f", at least {least} by light alone" if least else ""
    if measured_ms is not None:
        trip = f", round trip {phrases.measured(measured_ms)}"
    return f"nearest: {a} to {b} {phrases.interval(distance)}{trip}"


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
    told = f"{measured}{hidden}" if measured else "no distance, their places are not disclosed"
    return f"{a} to {b}: {told}{tail}"


def light(measured: Interval) -> str:
    """Format the round trip that light needs."""
    if measured.best is None:
        return f"{measured.high:.2f} ms at most of round trip by light alone"
    return f"{measured.low:.2f} to {measured.high:.2f} ms of round trip by light alone"


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


def nothing_known(unknown: Sequence[str]) -> str:
    """Format that no shared risk of weight is on record, and of which kinds that is not known."""
    if unknown:
        return f"no shared risk of grade A or B is on record, but not known: {', '.join(unknown)}"
    return "no shared risk of grade A or B"


def recovery(best: Sequence[Option], outcome: Outcome) -> str:
    """Format what the best regions to recover in come to."""
    listed = "; ".join(option.message for option in best[:MOST_RISKS])
    return f"no other region will do: {listed}" if outcome == "fail" else listed


def few_buildings(zones: Sequence[Named], buildings: int) -> str:
    """Format that some stand in fewer buildings than they are."""
    names, least = phrases.named(zones), -(-len(zones) // buildings)
    if buildings == 1:
        return f"{names} stand in one building"
    return f"{names} stand in at most {buildings} buildings, so at least {least} of them share one"


def distance_stated(
    outcome: Outcome,
    pair: Sequence[Named],
    distance: Interval,
    disclosed: bool,
    failing: int,
    total: int,
    measured_ms: float | None,
) -> str:
    """Hold a distance or round trip against the pair that tells most."""
    parts = [f"{STATED[outcome]}, {pair[0].name} to {pair[1].name} {phrases.interval(distance)}"]
    parts += ["sites not disclosed"] * (not disclosed)
    parts += [f"round trip {phrases.measured(measured_ms)}"] if measured_ms is not None else []
    return ", ".join([*parts, *[f"{failing} of {total} pairs"] * (outcome == "fail")])


def regional(
    domains: Sequence[Named], layer: Layer, rows: Sequence[HazardSample], metro: str | None = None
) -> str:
    """Format that one regional hazard reaches domains, in all of a metro or at each of them."""
    where = f"in {metro}, wherever in it" if metro else "near each other"
    return f"{phrases.named(domains)} stand {where}; {_figures(layer, rows)}"


def _figures(layer: Layer, rows: Sequence[HazardSample]) -> str:
    """Format what cells hold, or how many events are counted, over the discs of some rows."""
    spans = [row.interval for row in rows if row.interval]
    lows, highs = [span.low for span in spans], [span.high for span in spans if span.high is not None]
    if layer.measure == "count":
        reach = f"; at least {min(lows):g} reached all of it" if layer.shared_from is not None else ""
        counts = list(map(int, bests(rows)))
        return f"{layer.quantity}: {phrases.ends(min(counts), max(counts))}{reach}"
    places = dict.fromkeys(f" in {row.name}" for row in rows if row.name)
    named = next(iter(places)) if len(places) == 1 else ""
    low, high = f"{min(lows):.3g}", f"{max(highs):.3g}" if len(highs) == len(spans) else "more"
    return f"{layer.quantity}{named}: {low if low == high else f'{low} to {high}'} {layer.unit}"


def shared_object(
    domains: Iterable[Named], layer: Layer, rows: Sequence[HazardSample], limit_m: float | None
) -> str:
    """Format that domains share the object that some rows of a layer speak of."""
    names = phrases.named(domains)
    if layer.measure == "area":
        return f"{names} stand inside the same {layer.noun}{_labels(rows)}"
    within = f", all within {_km(limit_m)}" if limit_m is not None else ""
    return f"{names} stand {_away(layer, rows)}{within}"


def counted(at: Iterable[Named] | int, layer: Layer, rows: Sequence[HazardSample]) -> str:
    """Format what a layer holds or counts at domains, or at so many sites where they may stand."""
    where = f"the {phrases.count(at, 'candidate site')}" if isinstance(at, int) else phrases.named(at)
    return f"{_figures(layer, rows)} at {where}"


def candidates(count: int, total: int, layer: Layer, rows: Sequence[HazardSample]) -> str:
    """Format how many of the sites that domains may stand at are in or near an object."""
    verb = "stands" if count == 1 else "stand"
    where = f"inside the {layer.noun}{_labels(rows)}" if layer.measure == "area" else _away(layer, rows)
    which = "the only candidate site" if total == 1 else f"{count} of the {total} candidate sites"
    return f"{which} {verb} {where}"


def position(domains: Sequence[Named], layer: Layer, rows: Sequence[HazardSample]) -> str:
    """Format how domains stand to an object, all of them on the same side of an area's edge."""
    subject = f"{phrases.named(domains)} {'stands' if len(domains) == 1 else 'stand'}"
    if layer.measure != "area":
        label = f", {rows[0].label}" if rows[0].label and len(domains) == 1 else ""
        return f"{subject} {_away(layer, rows)}{label}"
    edge = ", at its edge" if min(map(abs, bests(rows))) < EDGE_M else ""
    if rows[0].side == "inside":
        return f"{subject} inside the {layer.noun}{edge}{_labels(rows)}"
    return f"{subject} {_range(bests(rows))} outside the {layer.noun}{edge}{_doubt(layer, rows)}"


def left_open(kind: str, why: Open, domains: Sequence[Named]) -> str:
    """Format why pairs are left open; ``domains`` are those that it is about."""
    if why == "hidden":
        return f"the building of {phrases.named(domains)} is not disclosed"
    if why == "partly-assessed":
        return f"not assessed for {phrases.named(domains)}"
    if why == "in-doubt":
        return "the positions and the layers' errors leave it open"
    return KINDS[kind].open if why == "lists-end" else "not assessed"


def _range(metres: Iterable[float]) -> str:
    """Format the ends of some distances: ``25 to 38 m``, ``0.3 km``."""
    ordered = sorted(map(abs, metres))
    low, high = _km(ordered[0]), _km(ordered[-1])
    number, unit = low.split(" ")
    return low if low == high else f"{number if high.endswith(f' {unit}') else low} to {high}"


def _doubt(layer: Layer, rows: Iterable[HazardSample]) -> str:
    """Format how far off a distance may be: by the layer, or by a site's doubt if that is larger."""
    spans = [row.interval for row in rows if row.interval]
    doubts = [span.high - span.best - layer.error_m for span in spans if span.high and span.best]
    largest = max((layer.error_m, *doubts))
    if largest < _DOUBT_FROM_M:
        return ""
    return f" (±{f'{round(largest, -1):.0f} m' if largest < _DOUBT_KM_FROM_M else _km(largest)})"


def _away(layer: Layer, rows: Sequence[HazardSample]) -> str:
    """Format how far an object is: ``0.3 km from the Rhine (±0.5 km)``."""
    name = rows[0].name
    if not name and rows[0].object.startswith(UNNAMED):
        name = f"{'an' if layer.noun[0] in 'aeiou' else 'a'} {layer.noun}"
    return f"{_range(bests(rows))} from {name or f'the {layer.noun}'}{_doubt(layer, rows)}"


def _labels(rows: Iterable[HazardSample]) -> str:
    labels = list(dict.fromkeys(row.label for row in rows if row.label))
    return f" ({'; '.join(labels[:_MOST_LABELS])})" if labels else ""


def shared_stations(
    domains: Sequence[Named], stations: Sequence[str], grade: Grade, chains: Iterable[Chain]
) -> str:
    """Format that domains depend, or may depend, on stations, and the ways there by start and circuits."""
    names = " and ".join(stations)
    ways: dict[tuple[tuple[str, ...], int], list[Chain]] = {}
    for chain in chains:
        ways.setdefault((chain.start, chain.hops), []).append(chain)
    listed = []
    for (start, hops), alike in ways.items():
        begin, sites = " or ".join(start), phrases.names([way.site for way in alike])
        feeds = "may feed" if any(way.grade == "C" for way in alike) else "feeds"
        told = f"{begin}, which {feeds} {sites}"
        if distances := [metres for way in alike for metres in way.distances_m]:
            near = f"nearest known at {_span_km(distances)} from {sites}"
            # A start that is itself what they depend on has been named.
            told = near if begin == names else f"{begin}, {near}"
        listed.append(told + (f", {phrases.count(hops, 'circuit')} below" if hops else ""))
    listed += ["which stations feed them is not known"] * (grade == "C")
    return f"{(may_depend if grade == 'C' else depend)(domains, names)} ({'; '.join(listed)})"


def near_stations(group: Sequence[tuple[str, Neighbourhood]], year: str | None) -> str:
    """Format the stations around some sites: the nearest that a map of some year knows."""
    names = [name for name, _ in group]
    listed = ", ".join(
        f"{column[0].label} at {_span_km([near.distance_m for near in column])}"
        for column in zip(*(around.telling for _, around in group), strict=True)
    )
    count = group[0][1].open
    doubt = f" (candidates overlap: any of {count} could be the nearest)" if count > 1 else ""
    by = f" by a map of {year}" if year else ""
    fed = f"none known to feed {'it' if len(names) == 1 else 'them'}"
    return f"nearest known stations to {phrases.names(names)}{by}, {fed}: {listed}{doubt}"


def _span_km(metres: Sequence[float]) -> str:
    return f"{phrases.ends(min(metres) / 1000, max(metres) / 1000, 1)} km"


def struck(
    domains: Sequence[Named],
    shares: Sequence[tuple[str, float]],
    name: str,
    start: str,
    down: bool,
    least: int,
) -> str:
    """Write that one event hit domains, of which it put so many at least out or only degraded them.

    The ``shares`` are parts of each, where that is told; a part is never rounded up to the whole.
    """
    verb, what = "out of service" if down else "degraded", phrases.event(name, start)
    if least < len(domains):
        return f"at least {least} of {phrases.named(domains)} were {verb} together ({what})"
    if len(shares) == len(domains):
        parts = phrases.names([f"{100 * share:g} % of {domain}" for domain, share in shares])
        return f"{parts} were {verb} together ({what})"
    return f"{phrases.named(domains)} were {verb} together, in whole or in part ({what})"


def no_longer(message: str, fixed_since: str | None, aged: bool) -> str:
    """Write why an event is told and counts no more."""
    if fixed_since:
        return f"{message}; its cause is removed since {fixed_since}, by the record"
    return f"{message}; over ten years ago, and no cause is stated to stand" if aged else message


def both_hit(records: Sequence[Incident]) -> str:
    """Write that one event hit both sides of a recovery: what each record calls it, and its day."""
    names = list(dict.fromkeys(phrases.event(each.name, each.day) for each in records))
    what = names[0] if len(names) == 1 else f"one event ({'; '.join(names)})"
    return f"both were {'hit' if all(each.down for each in records) else 'degraded'} by {what}"


def record(
    since: str | None,
    losses: Mapping[str, int],
    noun: str,
    alone: bool,
    several: Sequence[Incident],
    degraded: int,
    wide: Sequence[str],
    feeds: Sequence[FeedRead],
    single_until: str | None,
) -> tuple[str, ...]:
    """Write a region's record in parts, the least needful last: events, what was looked through, more.

    It tells losses of one by cause, the events that hit ``several`` together, how many only ``degraded``, and
    the days of software faults of the ``wide`` region; ``alone`` where there is but one. Of the provider's
    ``feeds`` which were read, and single losses to when.
    """
    total = sum(losses.values())
    causes = ", ".join(f"{cause} {count}" for cause, count in losses.items())
    events = [f"no physical event took two {noun}s or more"] if since and not alone else []
    if several:
        named = "; ".join(phrases.event(each.name, each.day) for each in several[-_MOST_EVENTS:])
        events = [f"{phrases.count(len(several), 'event')} took two {noun}s or more: {named}"]
    if total and alone:
        events.append(f"lost {'once' if total == 1 else f'{total} times'} ({causes})")
    elif total:
        events.append(f"{total} loss{'' if total == 1 else 'es'} of one {noun} ({causes})")
    begin = f"since {since[:4]}: " if since else ""
    looked = "no complete list of its events was found, so silence proves little"
    if feeds:
        years = [
            phrases.ends(float(feed.since[:4]), float(feed.until[:4]))
            + " (large events only)" * (feed.complete == "large")
            for feed in feeds
        ]
        looked = f"its notices of {' and '.join(years)} were read"
    if feeds and single_until:
        late = single_until >= min(feed.since for feed in feeds)
        to = f"for losses of one zone to {phrases.day(single_until[:7])}"
        looked += f", {to}" if late else ", though not for losses of one zone"
    parts = [f"{begin}{'; '.join(events) or 'nothing is on file'}", looked]
    if degraded:
        parts.append(f"{phrases.count(degraded, 'event')} only degraded")
    if wide:
        faults = phrases.count(len(wide), "software fault")
        parts.append(f"{faults} of the whole region, last {phrases.day(max(wide))}")
    return tuple(parts)
