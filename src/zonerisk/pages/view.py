"""A verdict in the words of a page: rows that a template only has to write down."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.verdict import severity

if TYPE_CHECKING:
    from zonerisk.model import Evidence
    from zonerisk.pages.features import Setting
    from zonerisk.verdict import (
        Finding,
        Option,
        Outcome,
        Place,
        Range,
        SharedRisk,
        Span,
        Verdict,
    )

# A region of 64 zones has 2,016 pairs; nobody reads them on a page.
_MOST_PAIRS = 60


@dataclass(frozen=True)
class Row:
    """A finding, risk or option, and which view of the map shows it."""

    item: Finding | SharedRisk | Option
    show: int | None
    name: str = ""
    asked: str = ""

    @property
    def brief(self) -> bool:
        """True where the sentence is short enough to stand beside the rule's name."""
        return len(self.item.message) <= 16


@dataclass(frozen=True)
class Measure:
    """A quantity as a page writes it: best figure, and interval."""

    best: str
    span: str


@dataclass(frozen=True)
class Pair:
    """A separation as a row of a table."""

    name: str
    show: int | None
    outcome: Outcome | None
    distance: Measure
    fibre: Measure
    rtt: Measure


@dataclass(frozen=True)
class SiteRow:
    """A site as a row of a table; sources are numbers in the list of sources."""

    name: str
    kind: str
    zones: str
    position: str
    doubt: str
    sources: tuple[int, ...]


Drawn = tuple[str, str]


class Shows:
    """The views that a reader can call up: which places, and which features to light up."""

    def __init__(self) -> None:
        self.subjects: list[tuple[Verdict, tuple[str, ...], str, tuple[Drawn, ...]]] = []
        self._kept: dict[tuple[object, ...], int] = {}

    def add(
        self,
        verdict: Verdict,
        subjects: Iterable[str],
        words: str,
        also: tuple[Drawn, ...] = (),
    ) -> int | None:
        """Keep a view and give its number; None if nothing of it has a position.

        Parameters
        ----------
        verdict, subjects
            Whose zones and sites it shows.
        words
            What a reader is told that it shows.
        also
            Kinds and ids of what else is shown: stations and circuits.
        """
        listed = tuple(subjects)
        located = {
            key
            for place in verdict.places
            if place.lat is not None
            for key in (place.id, *place.zones, verdict.target)
        }
        if located.isdisjoint((*listed, verdict.target)) or not listed:
            return None
        if located.isdisjoint(listed) and any(verdict.target in each for each in listed):
            # A zone whose building is not disclosed may stand in any of the region's sites.
            listed, words = (verdict.target,), f"{words}, where they may stand"
        if also:
            words = f"{words}, with the stations on record"
        kept = (verdict.target, *sorted(listed), also)
        if kept not in self._kept:
            self._kept[kept] = len(self.subjects)
            self.subjects.append((verdict, listed, words, also))
        return self._kept[kept]


@dataclass(frozen=True)
class View:
    """All that a page says of one verdict."""

    verdict: Verdict
    answer: str
    score: str
    worth_zones: str
    worth_sites: str
    recovery: str
    findings: tuple[Row, ...]
    risks: tuple[Row, ...]
    separations: tuple[Pair, ...]
    more_separations: int
    options: tuple[Row, ...]
    sites: tuple[SiteRow, ...]
    sources: tuple[Evidence, ...]
    file: str | None
    file_link: str | None


def of(verdict: Verdict, around: Setting, shows: Shows, file_link: str | None = None) -> View:
    """Word a verdict, and keep a view of the map for each of its rows."""
    name = around.name
    findings = tuple(
        Row(item, _finding_shown(item, verdict, around, shows), asked=_asked(item))
        for item in verdict.findings
    )
    risks = tuple(
        Row(
            item,
            shows.add(
                verdict,
                item.members,
                _named(item.members, around),
                around.supplies.drawn([item.id]),
            ),
        )
        for item in sorted(verdict.shared_risks, key=lambda risk: -severity(risk.outcome))
    )
    pairs = tuple(
        Pair(
            f"{name(pair.a)} to {name(pair.b)}",
            shows.add(verdict, (pair.a, pair.b), _named((pair.a, pair.b), around)),
            pair.outcome,
            say_m(pair.distance_m),
            say_m(pair.fibre_m),
            say_ms(pair.rtt_ms),
        )
        for pair in verdict.separations[:_MOST_PAIRS]
    )
    options = tuple(
        Row(
            item,
            shows.add(verdict, (verdict.target, item.target), name(item.target))
            if item.target in around.recovery
            else None,
            name(item.target),
        )
        for item in verdict.dr
    )
    sources = tuple(dict.fromkeys(_cited(verdict)))
    number = {piece: index for index, piece in enumerate(sources, 1)}
    return View(
        verdict=verdict,
        answer=_answer(verdict),
        score=ends(verdict.score.low, verdict.score.high),
        worth_zones=count(verdict.zones.effective),
        worth_sites=count(verdict.datacenters.effective),
        recovery=_recovery(verdict, around),
        findings=findings,
        risks=risks,
        separations=pairs,
        more_separations=len(verdict.separations) - len(pairs),
        options=options,
        sites=tuple(
            _site(place, around, tuple(number[piece] for piece in place.evidence))
            for place in verdict.places
        ),
        sources=sources,
        file=around.files.get(verdict.target),
        file_link=file_link,
    )


def _finding_shown(finding: Finding, verdict: Verdict, around: Setting, shows: Shows) -> int | None:
    """Keep the view of a finding's subjects; that of power also of the stations it tells of."""
    subjects, words = finding.subjects, _named(finding.subjects, around)
    also: tuple[Drawn, ...] = ()
    if finding.rule == "power":
        told = [
            risk.id
            for risk in verdict.shared_risks
            if risk.kind == "power" and set(risk.members) == set(subjects)
        ]
        if told or set(subjects) <= {verdict.target}:
            also = around.supplies.drawn(told)
        if also and not told:
            subjects, words = (verdict.target,), "all sites"
    return shows.add(verdict, subjects, words, also)


def _answer(verdict: Verdict) -> str:
    """Give the summary without the name that already stands above it."""
    words = verdict.summary.removeprefix(f"{verdict.name}: ")
    return words[:1].upper() + words[1:]


def _named(subjects: Iterable[str], around: Setting) -> str:
    names = [around.name(each) for each in subjects]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _asked(finding: Finding) -> str:
    return f"{finding.threshold.value:g} {finding.threshold.unit}" if finding.threshold else ""


def _cited(verdict: Verdict) -> Iterable[Evidence]:
    for finding in verdict.findings:
        yield from finding.evidence
    for risk in verdict.shared_risks:
        yield from risk.evidence
    for place in verdict.places:
        yield from place.evidence


def count(span: Range) -> str:
    """Write a count between two ends."""
    return str(span.high) if span.low == span.high else f"{span.low} to {span.high}"


def ends(low: float, high: float) -> str:
    """Write a score between two ends, to whole points."""
    return f"{high:.0f}" if round(low) == round(high) else f"{low:.0f} to {high:.0f}"


def _recovery(verdict: Verdict, around: Setting) -> str:
    fit = [option for option in verdict.dr if option.outcome == "pass"]
    if fit:
        return around.name(fit[0].target)
    unknown = any(option.outcome == "unknown" for option in verdict.dr)
    return "not known" if unknown else "none found"


def _site(place: Place, around: Setting, sources: tuple[int, ...]) -> SiteRow:
    known = place.lat is not None and place.lon is not None
    return SiteRow(
        name=place.name,
        kind=place.kind,
        zones=", ".join(around.name(zone) for zone in place.zones) or "no zone disclosed",
        position=_degrees(place) if known else "not known",
        doubt=f"within {_metres(place.uncertainty_m or 0)}, {place.method}" if known else "",
        sources=sources,
    )


def _degrees(place: Place) -> str:
    """Write a position with no more decimals than its doubt leaves a meaning to."""
    doubt = place.uncertainty_m or 0.0
    digits = 5 if doubt < 300 else 4 if doubt < 3000 else 3 if doubt < 30_000 else 2
    return f"{place.lat:.{digits}f}, {place.lon:.{digits}f}"


def _metres(value: float) -> str:
    if value < 1000:
        return f"{value:.0f} m"
    return f"{value / 1000:.1f} km" if value < 100_000 else f"{value / 1000:,.0f} km"


def say_m(span: Span) -> Measure:
    """Write metres."""
    return _measure(span, _metres)


def say_ms(span: Span) -> Measure:
    """Write milliseconds."""
    return _measure(span, lambda value: f"{value:.2f} ms")


def _measure(span: Span, say: Callable[[float], str]) -> Measure:
    if span.low is None and span.high is None:
        return Measure("not known", "")
    low = say(span.low or 0.0)
    ends = f"{low} to {say(span.high)}" if span.high is not None else f"at least {low}"
    return Measure("not known" if span.best is None else say(span.best), ends)
