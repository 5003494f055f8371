"""A verdict in the words of a page: rows that a template only has to write down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zonerisk.core.kinds import asked_by
from zonerisk.core.verdict import severity
from zonerisk.judging.separation import least_rtt_ms
from zonerisk.words import phrases
from zonerisk.words.compliance import points, spelled
from zonerisk.workloads import own_sites as ownsites

if TYPE_CHECKING:
    from zonerisk.core.model import Evidence
    from zonerisk.core.verdict import Finding, Option, Outcome, Place, Separation, SharedRisk, Span, Verdict
    from zonerisk.pages.features import Setting

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


@dataclass(frozen=True)
class Dead:
    """A site that was out of service by the verdict's day, and who says so."""

    name: str
    fate: str
    until: str
    evidence: tuple[Evidence, ...]


MapData = tuple[str, str]


class MapViews:
    """The views that a reader can call up: which places, and which features to light up."""

    def __init__(self) -> None:
        self.subjects: list[tuple[Verdict, tuple[str, ...], str, tuple[MapData, ...]]] = []
        self._kept: dict[tuple[object, ...], int] = {}

    def add(
        self,
        verdict: Verdict,
        subjects: Iterable[str],
        words: str,
        also: tuple[MapData, ...] = (),
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
        if any(kind == "station" for kind, _ in also):
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
    retired: tuple[Dead, ...]
    files: tuple[tuple[str, str | None], ...]
    layers: str

    @property
    def own(self) -> bool:
        """True where no provider sells the zones: they are a reader's own."""
        return self.verdict.target == ownsites.REGION


def of(verdict: Verdict, around: Setting, shows: MapViews, links: Mapping[str, str] | None = None) -> View:
    """Word a verdict, and keep a view of the map for each of its rows.

    Parameters
    ----------
    verdict, around
        What is worded, and what the catalogue adds.
    shows
        Where the views are kept.
    links
        Where records can be opened from the page, by region id.
    """
    name = around.name
    owners = {verdict.target, *(place.id.partition("/")[0] for place in verdict.places)}
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
                _drawn_of([item], around),
            ),
            _named(item.members, around),
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
            say_rtt(pair),
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
        score=points(verdict.score),
        worth_zones=spelled(verdict.zones.effective),
        worth_sites=spelled(verdict.datacenters.effective),
        recovery=_recovery(verdict, around),
        findings=findings,
        risks=risks,
        separations=pairs,
        more_separations=len(verdict.separations) - len(pairs),
        options=options,
        sites=tuple(
            _site(place, around, tuple(number[piece] for piece in place.evidence)) for place in verdict.places
        ),
        sources=sources,
        retired=tuple(
            Dead(
                site.name,
                site.fate or "out of service",
                site.until or "not known",
                around.cited.get(site.id, ()),
            )
            for site in around.retired
        ),
        files=tuple((file, (links or {}).get(key)) for key, file in around.files.items() if key in owners),
        layers=_layers(around),
    )


def _finding_shown(finding: Finding, verdict: Verdict, around: Setting, shows: MapViews) -> int | None:
    """Keep the view of a finding's subjects, and of what is drawn of the risk it tells of.

    A finding that names none speaks of all; where recovery may go is seen from the region.
    """
    rule, subjects = finding.rule, finding.subjects
    told = [
        risk
        for risk in verdict.shared_risks
        if risk.kind in asked_by(rule) and set(risk.members) == set(subjects)
    ]
    also = _drawn_of(told, around)
    if not subjects or subjects == (verdict.target,):
        if rule == "power":
            also = around.supplies.drawn(())
        return shows.add(verdict, (verdict.target,), f"all {verdict.units}", also)
    if rule == "dr":
        return shows.add(verdict, (verdict.target, *subjects), _named(subjects, around), also)
    return shows.add(verdict, subjects, _named(subjects, around), also)


def _drawn_of(risks: Sequence[SharedRisk], around: Setting) -> tuple[MapData, ...]:
    """Give kind and id of what is drawn of shared risks: outline, object, stations, circuits."""
    if not risks:
        return ()
    objects = {risk.id.partition(":")[2] for risk in risks}
    return (
        *(("shared-risk", risk.id) for risk in risks),
        *dict.fromkeys(("landmark", one.id) for one in around.landmarks if one.id in objects),
        *around.supplies.drawn([risk.id for risk in risks]),
    )


def _layers(around: Setting) -> str:
    """Say which hazard layers the map was drawn from."""
    if around.layers is None:
        return "none was asked for"
    if not around.layers:
        return "none on this machine"
    drawn = {str(one.words["layer"]) for one in around.landmarks}
    rest = [name for name in around.layers if name not in drawn]
    more = f"{len(rest)} more with nothing to draw here"
    return "; ".join([*sorted(drawn), *([more] if rest else [])])


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
        doubt=f"within {phrases.distance(place.uncertainty_m or 0)}, {place.method}" if known else "",
        sources=sources,
    )


def _degrees(place: Place) -> str:
    """Write a position with no more decimals than its doubt leaves a meaning to."""
    doubt = place.uncertainty_m or 0.0
    digits = 5 if doubt < 20 else 4 if doubt < 200 else 3 if doubt < 2000 else 2
    return f"{place.lat:.{digits}f}, {place.lon:.{digits}f}"


def say_m(span: Span) -> Measure:
    """Write metres."""
    return _measure(span, phrases.distance)


def say_rtt(pair: Separation) -> Measure:
    """Write the round trip that nothing beats; equipment and detours add to it."""
    least = phrases.round_trip(least_rtt_ms(pair.distance_m.interval))
    return Measure(f"at least {least}" if least else "not known", "")


def _measure(span: Span, say: Callable[[float], str]) -> Measure:
    if span.low is None and span.high is None:
        return Measure("not known", "")
    low = say(span.low or 0.0)
    ends = f"{low} to {say(span.high)}" if span.high is not None else f"at least {low}"
    return Measure("not known" if span.best is None else say(span.best), ends)
