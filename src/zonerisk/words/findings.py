"""Findings: what zones share, what befell them, what a rule comes to, and a deployment, in sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zonerisk.core.kinds import KINDS, asked_by
from zonerisk.core.model import Grade, Incident
from zonerisk.core.samples import EDGE_M, UNNAMED, Chain, HazardSample, Layer, Neighbourhood, bests
from zonerisk.core.verdict import Event, Outcome, Threshold, TrackRecord
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
# Why pairs are left open, of zones or places that layers reach.
hidden, bare = sentence("the building of {:named} is not disclosed"), sentence("not assessed for {:named}")
IN_DOUBT = "the positions and the layers' errors leave it open"
NOT_ASSESSED = "not assessed"

NOT_FIXED = "no record says that the cause is removed"
OPEN_PAIRS = "the record counts the zones and does not name them"
_MOST_EVENTS = 3
struck = sentence(
    "{0:?at least {0} of }{1:names} were {2:out of service|degraded} together{3:?, in whole or in part} ({4})"
)
part = sentence("{:g} % of {}")
# Of events that are told and count no more.
fixed = sentence("{}; its cause is removed since {}, by the record")
aged = sentence("{}; over ten years ago, and no cause is stated to stand")

# Of a rule.
together = "; ".join
left = sentence(f"{{}}; {LEFT}")
no_pair = sentence("{}: no pair to compare")
no_second = sentence("{}: there is no second one that could be spared")
nothing_to_measure = sentence("{}, so there is no pair to measure")
options = sentence("{0:?nearest other regions: {0}}{0:!no other region is sold}")
option = sentence("{0.target} {0.distance_m:interval}")
nearest_pair = sentence(
    "nearest: {0} to {1} {2:interval}{3:?, at least {3} by light alone}{4:?, round trip {4:measured}}"
)
NO_SITE = "no site"
vague = sentence("{:named}: the position is known to {:g} km only")
known_to = sentence("every {} is known to {:g} m or better")
shared = sentence("{0}{1:? (and {1:#more shared risk})}")
measured_trip = sentence("{:measured} by {}")
survivors = sentence(
    "{0.message}; if it fails, {0.groups:|at most }{1} of {2} {1:is|are} left, {3:still|not} a majority"
)
sold = sentence("{} {:as stated|as sold}")
sold_zones = sentence("{0:#zone} as sold{1:?; a majority needs {1:g}}")
light = sentence("{0.best:?{0.low:.2f} to }{0.high:.2f} ms{0.best:! at most} of round trip by light alone")
# The law holds for any honest disc, but nobody should take it for a known place.
apart = sentence(
    "{0} to {1}: {2}{2:!no distance, their places are not disclosed}{3:?, sites not disclosed} "
    "({4:?{4} of }{5:#pair})"
)
of_the_others = sentence("{}; of the other pairs: {}")
none_known = sentence("no shared risk of grade A or B{0:? is on record, but not known: {0}}")
none_will_do = sentence("no other region will do: {}")
# Of places.
same_building = sentence("{:named} stand in the same building, {}")
few_buildings = sentence(
    "{0:named} stand in {1:one building|at most {1} buildings, so at least {2} of them share one}"
)
one_campus = sentence("{:named} stand on one campus: {}")
near = sentence("{} and {} are {:interval} apart, within a campus radius of {:distance}")
short_trip = sentence("{} and {} are {:measured} by {} from each other, as zones of one campus are")
# Of hazards and feeds.
stated_country = sentence(
    "{1.kind} stated for {0:named}: {1.name} "
    "({1.since:?since {1.since}, }{1.until:?until {1.until}}{1.until:!no end is stated})"
)
stated_shared = sentence("{0:named} are {1.relation} the same {1.name}")
stated_of = sentence("{0:named}: {1.relation} {1.name}")
statement = sentence("{:named}: {}")
one_class = sentence(
    "{:named} stand within {:near} of each other in {}: so near, one quake shakes them alike"
)
regional = sentence("{0:named} stand {2:?in {2}, wherever in it}{2:!near each other}; {1}")
counted, of_candidates = sentence("{} at {:named}"), sentence("{} at the {:#candidate site}")
ended = sentence("stated for {0:named}{0:!the region} until {1} only: {2}")
no_feed = sentence("no {} feed is disclosed for {:named}")
feeds_end = sentence("the stated {} feeds do not say what lies upstream")
depend, may_depend = sentence("{:named} depend on {}"), sentence("{:named} may depend on {}")
more_stations = sentence("stations are known near {} more sites")
# Of what a provider states.
admitted = sentence("the provider states: {:quoted}")
stated = sentence("{:quoted}: {}")
buildings_at_most = sentence("{}, at most {} by statement")
buildings_known = sentence("{0}, {1}{2:? of {2:g}} are known")
distance_stated = sentence(
    "{0}, {1.name} to {2.name} {3:interval}{4:!, sites not disclosed}{5:?, round trip {5:measured}}"
    "{6:?, {6} of {7} pairs}"
)
OF_FIBRE = " of fibre"
NO_PAIR = "there is no pair to measure"
# Which region the provider means is not on record, so none can confirm it.
SUCH_A_REGION = "such a region exists, which one is meant is not on record"
NO_SUCH_REGION = "no region surely so far"

# Of a deployment.
SPREAD = (
    "the provider spreads it over the region; over which zones, and how many it needs, the plan does not say"
)
NONE_PLANNED = "the plan names no backup"
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
    "{0} to {1}: {2:g} ms, at most {3:distance} of fibre, likely {4:distance} at most"
    "{5:?; as near as zones of one campus are}{6:?; refutes {6}}"
)
too_near = sentence("{:quoted}: it would need {:g} km")
too_slow = sentence("{:quoted}: it took {:g} ms")
places_apart = sentence("the recorded places, {:interval} apart")
_km = sentence("{:near}")


def none_shared(rule: str, noun: str, threshold: Threshold | None) -> str:
    """Format what a pass means: what was looked for where, no more."""
    within = f" within {threshold.value:g} {threshold.unit} of" if threshold else " near"
    return f"no two {noun}s {KINDS[asked_by(rule)[0]].apart.format(within=within)}"


def figures(layer: Layer, rows: Sequence[HazardSample]) -> str:
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


def candidates(count: int, total: int, layer: Layer, rows: Sequence[HazardSample]) -> str:
    """Format how many of the sites that domains may stand at are in or near an object."""
    where = f"inside the {layer.noun}{_labels(rows)}" if layer.measure == "area" else _away(layer, rows)
    which = "the only candidate site" if total == 1 else f"{count} of the {total} candidate sites"
    return f"{which} {'stands' if count == 1 else 'stand'} {where}"


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
        text = f"{begin}, which {feeds} {sites}"
        if distances := [metres for way in alike for metres in way.distances_m]:
            near = f"nearest known at {_span_km(distances)} from {sites}"
            # A start that is itself what they depend on has been named.
            text = near if begin == names else f"{begin}, {near}"
        listed.append(text + (f", {phrases.count(hops, 'circuit')} below" if hops else ""))
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


def both_hit(records: Sequence[Incident]) -> str:
    """Write that one event hit both sides of a recovery: what each record calls it, and its day."""
    names = list(dict.fromkeys(phrases.event(incident.name, incident.day) for incident in records))
    what = names[0] if len(names) == 1 else f"one event ({'; '.join(names)})"
    return f"both were {'hit' if all(incident.down for incident in records) else 'degraded'} by {what}"


def record(
    known: TrackRecord,
    noun: str,
    alone: bool,
    several: Sequence[Incident],
    wide: Sequence[str],
    single_until: str | None,
) -> tuple[str, ...]:
    """Write a region's record in parts, the least needful last: events, what was looked through, more.

    The events that hit ``several`` together, and the days of software faults of the ``wide`` region;
    ``alone`` where there is but one zone or site. Single losses were read up to a day.
    """
    since, losses, feeds = known.since, known.zone_losses, known.feeds
    total = sum(losses.values())
    causes = ", ".join(f"{cause} {count}" for cause, count in losses.items())
    events = [f"no physical event took two {noun}s or more"] if since and not alone else []
    if several:
        named = "; ".join(phrases.event(event.name, event.day) for event in several[-_MOST_EVENTS:])
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
    if known.degraded:
        parts.append(f"{phrases.count(known.degraded, 'event')} only degraded")
    if wide:
        faults = phrases.count(len(wide), "software fault")
        parts.append(f"{faults} of the whole region, last {phrases.day(max(wide))}")
    return tuple(parts)


def summary(lost: int, total: int, worst: Sequence[Event], unassessed: int) -> str:
    """Answer in one sentence: workloads lost to one event, the worst event, what was not assessed."""
    if not total:
        return f"Nothing here could be placed; {unassessed} not assessed."
    verb, whose = ("loses", "its") if lost < 2 else ("lose", "their")
    count = "No workload" if not lost else "The workload" if total == 1 else f"{lost} of {total} workloads"
    text = f"{count} {verb} {whose} quorum to one event on record"
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
    """Write what advice leaves out; nothing where it leaves out nothing."""
    gaps = [f"only the first {most} of {total} workloads are advised; --only chooses others"] * (total > most)
    if cut:
        gaps.append(f"of {phrases.count(cut, 'workload')} only {ways} ways to spread the copies were tried")
    return "; ".join(gaps)
