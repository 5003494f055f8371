"""The likelihood in sentences: how often zones would be lost together, with its bound and its doubt."""

from __future__ import annotations

from collections.abc import Sequence

from zonerisk.core.verdict import Frequency, Verdict, half_decade, one_in
from zonerisk.words import phrases
from zonerisk.words.phrases import sentence

_CAUSES = {"campus": "what takes a campus", "zone": "one zone alone"}
often = sentence("once in {0.years_low:,.0f} to {0.years_high:,.0f} years")
bound = sentence("at most 1 in {0.at_most_one_in:,.0f}")
_counts = sentence("{0.events:#event} in {0.years:,.0f} region-years")
_alike = sentence("{:g} with a majority on one campus, {:g} without")
_zone_counts = sentence("{0.events:#event} in {0.years:,.0f} zone-years")
# What it is not, and up to when was counted.
footnote = sentence(
    "A model, not evidence: it changes no outcome, class or score. Counted until {0.counted_until}; "
    "bands are rounded outwards to half decades. How: docs/likelihood.md"
)


def span(low: float, high: float) -> str:
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
    """Write what :func:`rows` answers."""
    return f"how often {_noun(verdict)}s would be lost for 30 minutes or more, of physical causes (5 to 95 %)"


def rows(verdict: Verdict) -> list[tuple[str, str]]:
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
        "counted: two zones or more lost": _counts(known.counted["metro"]),
        "counted: on shared campuses": f"{_counts(known.counted['campus'])}; an upper figure",
        "counted: one zone lost": _zone_counts(known.counted["zone"]),
        "its own record": f"{own} of two {noun}s or more; {looked} looked through",
        "regions of its kind": _alike(*known.layouts_alike) if known.layouts_alike else None,
        "not in it: conflict": _counts(known.counted["conflict"]),
        "not in it: software of a region": _counts(known.counted["logical"]),
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
    told = "skill shown" if nats[1] > 0 else "no skill shown"
    ends = ["{:+.1f} ({:+.1f} to {:+.1f})".format(*nats), "{:+.2f} ({:+.2f} to {:+.2f})".format(*brier)]
    return question, trained, str(events), f"{years:.0f}", *ends, told


def not_told_apart(bands: Sequence[Frequency]) -> str | None:
    """Write that bands overlap, if there are several and all of them do."""
    if len(bands) < 2 or max(band.years_low for band in bands) > min(band.years_high for band in bands):
        return None
    return "How often a majority would be lost is not told apart: the bands of all of them overlap."


def _one_in(chance: float | None) -> str | None:
    return None if chance is None else f"at most 1 in {one_in(chance):,.0f}"
