"""Causes in sentences: what layers and records say of hazards, events and supplies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from zonerisk.core.kinds import KINDS
from zonerisk.core.samples import EDGE_M, UNNAMED, bests
from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zonerisk.core.model import Grade, Hazard
    from zonerisk.core.samples import Chain, HazardSample, Layer, Neighbourhood
    from zonerisk.words.phrases import Named

# Doubts below this go without saying; from the second on they are told in kilometres.
_DOUBT_FROM_M, _DOUBT_KM_FROM_M = 100.0, 500.0
_MOST_LABELS = 4
OPEN_STATEMENTS = "what is stated of a commune or an address does not show what they share"

Open = Literal["not-assessed", "hidden", "partly-assessed", "in-doubt", "lists-end"]
"""Why pairs are left open: no layer reaches the zones, the building of some is not disclosed, no layer
reaches some, the intervals allow both, or what is shared by no list may still be shared."""


def stated_shared(domains: Iterable[Named], hazard: Hazard) -> str:
    """Format what is stated of several domains in one hazard."""
    return f"{phrases.named(domains)} are {hazard.relation} the same {hazard.name}"


def stated_country(domains: Iterable[Named], hazard: Hazard) -> str:
    """Format what is stated of a whole country, and for which days."""
    begin = f"since {hazard.since}, " if hazard.since else ""
    end = f"until {hazard.until}" if hazard.until else "no end is stated"
    return f"{hazard.kind} stated for {phrases.named(domains)}: {hazard.name} ({begin}{end})"


def statement(domains: Iterable[Named], said: Hazard | str) -> str:
    """Format what is stated of domains that share nothing by it, or an authority's own words on them."""
    return f"{phrases.named(domains)}: {said if isinstance(said, str) else f'{said.relation} {said.name}'}"


def more_statements(number: int) -> str:
    """Format how many statements are left to the source."""
    return phrases.count(number, "more statement")


def one_class(domains: Iterable[Named], limit_m: float, name: str) -> str:
    """Format that one event strikes domains alike: near each other, and of one class."""
    return (
        f"{phrases.named(domains)} stand within {_km(limit_m)} of each other in {name}: "
        "so near, one quake shakes them alike"
    )


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
        return f"{layer.quantity}: {_count(bests(rows))}{reach}"
    places = dict.fromkeys(f" in {row.name}" for row in rows if row.name)
    named = next(iter(places)) if len(places) == 1 else ""
    low, high = f"{min(lows):.3g}", f"{max(highs):.3g}" if len(highs) == len(spans) else "more"
    return f"{layer.quantity}{named}: {low if low == high else f'{low} to {high}'} {layer.unit}"


def shared(
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


def open_pairs(kind: str, why: Open, domains: Sequence[Named]) -> str:
    """Format why pairs are left open; ``domains`` are those that it is about."""
    if why == "hidden":
        return f"the building of {phrases.named(domains)} is not disclosed"
    if why == "partly-assessed":
        return f"not assessed for {phrases.named(domains)}"
    if why == "in-doubt":
        return "the positions and the layers' errors leave it open"
    return KINDS[kind].open if why == "lists-end" else "not assessed"


def _km(metres: float) -> str:
    return phrases.distance(metres, phrases.HAZARD_KM_FROM_M)


def _range(metres: Iterable[float]) -> str:
    """Format the ends of some distances: ``25 to 38 m``, ``0.3 km``."""
    ordered = sorted(map(abs, metres))
    low, high = _km(ordered[0]), _km(ordered[-1])
    number, unit = low.split(" ")
    return low if low == high else f"{number if high.endswith(f' {unit}') else low} to {high}"


def _count(counts: Iterable[float]) -> str:
    whole = [int(value) for value in counts]
    return phrases.ends(min(whole), max(whole))


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


# Power and network: stated supplies, shared stations, stations near sites.


def shared_feed(domains: Sequence[Named], feed: str, grade: Grade) -> str:
    """Format that domains depend on a stated feed."""
    return f"{phrases.named(domains)} {'may depend on' if grade == 'C' else 'depend on'} {feed}"


def open_because(kind: str, silent: Sequence[Named]) -> str:
    """Format why it is open whether domains share a feed."""
    if silent:
        return f"no {kind} feed is disclosed for {phrases.named(silent)}"
    return f"the stated {kind} feeds do not say what lies upstream"


def ended(domains: Sequence[Named], until: str, feed: str) -> str:
    """Format that a feed was stated up to a day only."""
    return f"stated for {phrases.named(domains) if domains else 'the region'} until {until} only: {feed}"


def shared_stations(
    domains: Sequence[Named],
    stations: Sequence[str],
    grade: Grade,
    chains: Iterable[Chain],
) -> str:
    """Format that domains depend, or may depend, on stations, and the ways there by start and circuits."""
    names = " and ".join(stations)
    ways: dict[tuple[tuple[str, ...], int], list[Chain]] = {}
    for chain in chains:
        ways.setdefault((chain.start, chain.hops), []).append(chain)
    listed = "; ".join(_way(" or ".join(start), hops, alike, names) for (start, hops), alike in ways.items())
    if grade == "C":
        listed = f"{listed}; which stations feed them is not known"
    return f"{phrases.named(domains)} {'may depend' if grade == 'C' else 'depend'} on {names} ({listed})"


def _way(start: str, hops: int, ways: Sequence[Chain], names: str) -> str:
    """Format the ways up from one start; a start that is itself what they depend on has been named."""
    sites = phrases.names([way.site for way in ways])
    distances = [metres for way in ways for metres in way.distances_m]
    if not distances:
        feeds = "may feed" if any(way.grade == "C" for way in ways) else "feeds"
        begin = f"{start}, which {feeds} {sites}"
    else:
        begin = f"nearest known at {_span_km(distances)} from {sites}"
        begin = begin if start == names else f"{start}, {begin}"
    return begin + (f", {phrases.count(hops, 'circuit')} below" if hops else "")


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


def more_stations(sites: int) -> str:
    """Format near how many more sites stations are known."""
    return f"stations are known near {sites} more sites"


def _span_km(metres: Sequence[float]) -> str:
    return f"{phrases.ends(min(metres) / 1000, max(metres) / 1000, 1)} km"
