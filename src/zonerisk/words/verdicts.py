"""Verdicts: what is answered of a region, regions side by side, recovery and likelihood, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from zonerisk.core.geometry import UNKNOWN, Interval
from zonerisk.core.model import Policy
from zonerisk.core.verdict import (
    BLOCKS,
    Applied,
    Class,
    Finding,
    Frequency,
    Grid,
    Independence,
    Option,
    Separation,
    Verdict,
    Zones,
    block,
    half_decade,
    one_in,
    severity,
)
from zonerisk.words import phrases
from zonerisk.words.phrases import sentence

GRIDS: dict[Grid, str] = {
    "same-grid": "the same grid area",
    "same-synchronous": "the same synchronous area",
    "other-synchronous": "another synchronous area",
}


RULES = {
    "quorum": "number of zones",
    "disclosure": "places disclosed",
    "separation-min": "zones far enough apart",
    "separation-max": "zones near enough",
    "rtt-max": "round trip",
    "colocation": "no shared building or campus",
    "survives": "a majority left",
    "claims": "the provider's word",
    "dr": "recovery",
    "incidents": "no event in common",
    "runway": "runways",
    "industry": "hazardous works",
    "nuclear": "nuclear plants",
    "seismic": "quakes",
    "cyclone": "tropical cyclones",
    "storm": "tornadoes and hail",
    "volcano": "volcanoes",
    "coast": "sea",
    "river": "rivers",
}
"""Rules by what they ask; the others are called by their id, a plain word."""
MET: dict[Applied, str] = {
    "fail": "not met",
    "warn": "not met, advisory",
    "unknown": "cannot be shown",
    "not-assessed": "not assessed",
    "pass": "met",
    "not-applicable": "does not apply",
}
"""What a rule comes to, the worst first."""

# A score, its letter where both ends share it, and how many rules it rests on.
score_line = sentence(
    "shown {0.shown:.0f} of 100 (at most {0.possible:.0f}{1:?, grade {1}}), {2} of {3} rules assessed"
)
SCHEMA = "zonerisk/compare/2"
COMPARED = ("region", "class", "zones", "shown", "nearest or extent", "lost 1, 2+", "at most", "recovery")
# Of a place to recover in: how far it is, and whether that is the least distance.
nowhere = sentence("no distance, for no place of {:names} is known")
over, nearer = sentence("{:interval}, over {:distance}"), sentence("{:interval}, nearer than {:distance}")
either = sentence("{:interval}; the positions leave open whether that is over {:distance}")
# A Local Zone, a data center of old, or a region opened on request serves few: its record says which.
recovery = sentence(
    "{0}{1:?, but only some services or some customers are served there}{2:?; {2}}"
    "{3:?; same country, {3}}{4:?; {4}, {5}}"
)
# Whether another seismic zone, or an analysis, stands in for the distance.
OTHER_ZONE = "in another seismic zone, which is accepted in its place"
SEISMIC_ZONE = "accepted in another seismic zone; in which the two stand is not known"
analysis = sentence("accepted only with a written risk analysis{0:?, but never under {0:g} km}")
light = sentence("round trip at least {:.1f} ms by light alone")
over_light = sentence("{}, over {:g} ms")
to_measure = sentence("{}; whether it stays within {:g} ms is to be measured")
ranked = sentence("{} of {:#region} can be its disaster recovery, {} may, {} cannot")
NO_RECOVERY = "no other region of the provider is on record"
NO_PARTITION = "no other region of its partition is on record"


def summary(name: str, noun: str, standing: Independence) -> str:
    """Answer in two sentences or three, for a reader who knows no rule: the class, and what decides it."""
    cause, names, sold, spread = standing.cause, standing.domains, standing.zones.sold, standing.spread
    units, members = phrases.count(len(names), noun), [names[key] for key in cause.members if key in names]
    known = f"{spread.buildings} known buildings" if spread else ""
    span = phrases.distance(spread.diameter_m) if spread else ""
    far = phrases.interval(cause.distance_m or UNKNOWN)
    risk = next((risk for risk in standing.shared_risks if risk.id == cause.risk), None)
    why = f"{phrases.opening(phrases.graded(risk.message, risk.grade))}." if risk else ""
    if standing.class_ == "one-zone":
        halls = f" Its {known} stand within {span}." if spread and spread.close else ""
        return f"{name}: {'1 zone as sold' if sold == 1 else units}, so nothing is left when it fails.{halls}"
    if standing.class_ in ("near", "apart"):
        how = "apart" if standing.class_ == "apart" else "near each other, on campuses of their own"
        return f"{name}: its {units} stand {how}. The nearest, {phrases.names(members)}, are {far} apart."
    if standing.class_ == "shared":
        as_sold = f" (sold as {phrases.count(sold, 'zone')})" if noun == "datacenter" and sold else ""
        return f"{name}: its {units}{as_sold} do not fail independently. {why}"
    if standing.class_ == "partly":
        least = "at least " if risk and risk.least < len(risk.members) else ""
        left, verb = f"{'at most ' if least else ''}{cause.left}", "is" if cause.left == 1 else "are"
        rest = f"{left} of {len(names)} {verb} left: {'still a' if cause.majority else 'no'} majority"
        took = f"{least}{cause.least} of its {units} share one cause of failure"
        return f"{name}: {took}. {why} Without them {rest}."
    if risk:
        reasons = [f"Suspected: {phrases.graded(risk.message, 'C')}."]
    elif cause.kind == "distance":
        doubt = "are only inferred" if cause.grade else "leave it open how far apart they are"
        grade = " (evidence C)" if cause.grade else ""
        reasons = [f"Their places {doubt}: {' to '.join(members)} {far}{grade}."]
    else:
        hidden = f"{phrases.names(members)} stand{'s' if len(members) == 1 else ''}" if members else ""
        hidden = f"any {noun} stands" if len(members) == len(names) else hidden
        reasons = [f"It is not disclosed where {hidden}."]
    if spread and spread.close:
        both = "Both known buildings" if spread.buildings == 2 else f"All {known}"
        reasons.append(f"{both} stand within {span}.")
    elif spread and cause.kind != "distance":
        reasons.append(f"Its {known} span {span}.")
    return f"{name}: not shown whether its {units} fail independently. {' '.join(reasons)}"


def policy_line(policy: Policy, findings: Iterable[Finding]) -> str:
    """Write how many of the rules are met, and which are not, in the words the standing allows."""
    return f"{'; '.join(policy_parts(policy, findings))}."


def policy_parts(policy: Policy, findings: Iterable[Finding]) -> list[str]:
    """Write :func:`policy_line` in parts, the more needful first; of several workloads the worst counts."""
    outcomes: dict[str, Applied] = {}
    for finding in findings:
        if finding.outcome != "not-applicable":
            known = outcomes.get(finding.rule, finding.outcome)
            outcomes[finding.rule] = max(finding.outcome, known, key=severity)
    counted = Counter(outcomes.values())
    counts = [f"{counted['pass']} of {phrases.count(len(outcomes), 'rule')} met"]
    kinds = [(counted[outcome], words.removeprefix("not met, ")) for outcome, words in MET.items()]
    counts += [f"{number} {words}" for number, words in kinds if number and words != "met"]
    parts = [f"{policy.name} ({policy.standing}): {', '.join(counts)}"]
    if failed := [RULES.get(rule, rule) for rule, outcome in outcomes.items() if outcome == "fail"]:
        parts.append(f"{'non-compliant' if policy.binding else 'not met'}: {', '.join(failed)}")
    return parts


def scored(policy: Policy) -> bool:
    """Return whether a score says anything: that of a single rule only repeats its outcome."""
    return sum(not rule.qualitative for rule in policy.rules.values()) > 1


def with_zones(message: str, zones: Zones | None) -> str:
    """Add how many zones are independent at a place to recover in, where they are few."""
    if zones is None or zones.effective.high > 2:
        return message
    noun = "zone" if zones.effective.high == 1 else "zones"
    return f"{message}; {phrases.span(zones.effective)} independent {noun} there"


def placed(verdict: Verdict) -> list[Separation]:
    """Return the pairs that stand in known places."""
    known = {place.id for place in verdict.places if place.lat is not None}
    known |= {zone for place in verdict.places if place.id in known for zone in place.zones}
    return [row for row in verdict.policy.separations if {row.a, row.b} <= known]


def extent(verdict: Verdict) -> tuple[Interval, Interval]:
    """Return the distance of the nearest and of the farthest pair that stand in known places.

    Where one pair has no best estimate, which pair is the nearest is not known either.
    """
    known = [row.distance_m for row in placed(verdict)]
    if not known:
        return UNKNOWN, UNKNOWN
    lows, ranks, highs = zip(*((span.low, span.rank, span.high or 0.0) for span in known), strict=True)
    sure = all(span.best is not None for span in known)
    nearest, farthest = (Interval(of(lows), of(ranks) if sure else None, of(highs)) for of in (min, max))
    return nearest, farthest


def stands(class_: Class) -> str:
    """Write the class of another region in a word or two."""
    odd = {"partly": "zones partly shared", "near": "zones near each other", "one-zone": "one zone"}
    return odd.get(block(class_), f"zones {block(class_)}")


def best_recovery(verdict: Verdict) -> Option | None:
    """Return the first region to look at for disaster recovery, if one surely will do."""
    return next((option for option in verdict.recovery if option.outcome == "pass"), None)


def rows(verdicts: Sequence[Verdict], policy: Policy) -> list[tuple[str, ...]]:
    """Return one row a region, for reading: in a line of 100 columns."""
    rows: list[tuple[str, ...]] = []
    for verdict in verdicts:
        standing, best, nearest = verdict.independence, best_recovery(verdict), extent(verdict)[0]
        low, high = standing.zones.effective.low, standing.zones.effective.high
        region = best and best.target.removeprefix(f"{verdict.target.partition('-')[0]}-")
        # How far apart the nearest pair stands in known places, else the extent of the known buildings.
        apart = f"{standing.datacenters.count} known"
        if nearest.high is None and standing.spread:
            apart = f"{standing.spread.buildings} in {phrases.distance(standing.spread.diameter_m)}"
        elif nearest.high is not None and nearest.best is not None:
            apart = phrases.distance(nearest.best)
        elif nearest.high is not None:
            # What a cell of a table holds in one line.
            apart = phrases.interval(nearest) if nearest.low else f"<{phrases.distance(nearest.high)}"
        cells = (
            f"{low if low == high else f'{low}-{high}'} of {standing.zones.sold}",
            f"{verdict.policy.score.shown:.0f}" if scored(policy) else "-",
            apart,
            f"{sum(verdict.record.zone_losses.values())}, {len(verdict.record.several)}",
            f"1 in {verdict.likelihood.at_most_one_in:,.0f}",
            f"{region}, {block(best.class_)}" if best and best.class_ else "none shown",
        )
        rows.append((verdict.target, standing.class_, *cells))
    return rows


def block_order(verdict: Verdict) -> tuple[int, float, str]:
    """Return how lists sort regions: by block, within it the greatest bound first, then by id."""
    return BLOCKS.index(block(verdict.independence.class_)), -verdict.likelihood.bound, verdict.target


def records(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Return one record a region, for programs: numbers as they are, null for none."""
    return [
        {
            "target": verdict.target,
            "zones": asdict(verdict.independence.zones),
            "nearest_m": asdict(nearest.rounded()),
            "farthest_m": asdict(farthest.rounded()),
            "shared_risks": dict(Counter(risk.kind for risk in verdict.shared_risks if risk.grade != "C")),
            "dr": best and best.target,
            "dr_class": best and best.class_,
            "class": verdict.independence.class_,
            "outcome": verdict.independence.outcome,
            "spread_m": verdict.independence.spread and verdict.independence.spread.diameter_m,
            "losses": len(verdict.record.several),
            "bound": verdict.likelihood.bound,
            "score": asdict(verdict.policy.score),
        }
        for verdict in verdicts
        for nearest, farthest in [extent(verdict)]
        for best in [best_recovery(verdict)]
    ]


def common_ground(verdicts: Sequence[Verdict]) -> list[str]:
    """Format which places several of the regions stand in, certainly or as candidates."""
    holders: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    for verdict in verdicts:
        for place in verdict.places:
            if place.kind != "metro":
                names[place.id] = f"{place.name}, {place.town}" if place.town else place.name
                role = "" if place.zones else " (candidate)"
                holders.setdefault(place.id, {})[verdict.target] = f"{verdict.target}{role}"
    return [
        f"{names[key]} ({key}) serves {' and '.join(holding.values())}"
        for key, holding in holders.items()
        if len(holding) > 1
    ]


# How often, by a model.
_CAUSES = {"campus": "what takes a campus", "zone": "one zone alone"}
often = sentence("once in {0.years_low:,.0f} to {0.years_high:,.0f} years")
bound = sentence("at most 1 in {0.at_most_one_in:,.0f}")
_counts = sentence("{0.events:#event} in {0.years:,.0f} {1}-years")
_alike = sentence("{:g} with a majority on one campus, {:g} without")
# What it is not, and up to when was counted.
footnote = sentence(
    "A model, not evidence: it changes no outcome, class or score. Counted until {0.counted_until}; "
    "bands are rounded outwards to half decades. How: docs/likelihood.md"
)


def years(low: float, high: float) -> str:
    """Write a chance a year between two ends as half decades of years."""
    if not high:
        return "by no shock that is counted"
    ends = half_decade(1 / high, up=False), half_decade(1 / low, up=True)
    return often(Frequency(years_low=ends[0], years_high=ends[1]))


def _noun(verdict: Verdict) -> str:
    """Return what is counted: zones where several are sold, whatever else is compared."""
    by_site = verdict.units == "sites" and verdict.independence.zones.sold < 2
    return "datacenter" if by_site else "zone"


def asked(verdict: Verdict) -> str:
    """Write what :func:`model_rows` answers."""
    return f"how often {_noun(verdict)}s would be lost for 30 minutes or more, of physical causes (5 to 95 %)"


def model_rows(verdict: Verdict) -> list[tuple[str, str]]:
    """Return the table of ``score --likelihood``: what is asked, and the answer."""
    known, noun = verdict.likelihood, _noun(verdict)
    causes = ", ".join(f"{_CAUSES.get(name, name)} {100 * part:.0f} %" for name, part in known.causes.items())
    own = phrases.count(known.own_events, "event") if known.own_events else "no event"
    looked = f"complete feeds of {known.own_years:.0f} years" if known.own_years >= 1 else "no complete feed"
    of = phrases.count(known.zones, noun)
    # The layout that the bound takes for granted, where several are left open.
    layouts = known.by_layout if len(known.by_layout) > 1 else {}
    worst = {"one-campus": " if a majority shares one campus", "apart": " if all stand apart"}
    taken = worst[known.worst_layout] if layouts else ""
    table = {
        f"one {noun} or more lost": often(known.one_or_more),
        f"a majority lost ({known.majority} of {of})": often(known.majority_lost),
        f"all {known.zones} lost" if known.zones > 1 else "all lost": often(known.all_lost),
        "a majority lost for over 24 hours": often(known.majority_over_24h),
        "bound for a majority, 95 %": f"{bound(known)} a year{taken}",
        "bound with all apart": _one_in(layouts.get("apart")),
        "bound with a majority on one campus": _one_in(layouts.get("one-campus")),
        "bound with one event more": _one_in(known.one_event_more),
        "bound with one event less": _one_in(known.one_event_less),
        "causes of a majority lost": causes,
        "counted: two zones or more lost": _counts(known.counted["metro"], "region"),
        "counted: on shared campuses": f"{_counts(known.counted['campus'], 'region')}; an upper figure",
        "counted: one zone lost": _counts(known.counted["zone"], "zone"),
        "its own record": f"{own} of two {noun}s or more; {looked} looked through",
        "regions of its kind": _alike(*known.layouts_alike) if known.layouts_alike else None,
        "not in it: conflict": _counts(known.counted["conflict"], "region"),
        "not in it: software of a region": _counts(known.counted["logical"], "region"),
        "not assessed": phrases.names(known.not_assessed) or None,
    }
    return [(asked, answer) for asked, answer in table.items() if answer is not None]


SKILLS = ("question", "trained on", "events", "region-years", "nats gained", "Brier score gained", "")
BACKTEST = (
    "Gained over a constant rate, in sum over the region-years tested; with the ends that hold 90 % where "
    "regions are drawn again. All that was counted is frozen in data/rates.json, hash {}."
)


def skill(
    question: str, trained: str, events: int, years: float, nats: tuple[float, ...], brier: tuple[float, ...]
) -> tuple[str, ...]:
    """Write a row of the back-test; what it may have gained by luck is not skill."""
    result = "skill shown" if nats[1] > 0 else "no skill shown"
    ends = ["{:+.1f} ({:+.1f} to {:+.1f})".format(*nats), "{:+.2f} ({:+.2f} to {:+.2f})".format(*brier)]
    return question, trained, str(events), f"{years:.0f}", *ends, result


def not_told_apart(bands: Sequence[Frequency]) -> str | None:
    """Write that bands overlap, if there are several and all of them do."""
    if len(bands) < 2 or max(band.years_low for band in bands) > min(band.years_high for band in bands):
        return None
    return "How often a majority would be lost is not told apart: the bands of all of them overlap."


def _one_in(chance: float | None) -> str | None:
    return None if chance is None else f"at most 1 in {one_in(chance):,.0f}"
