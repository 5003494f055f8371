"""A verdict in the words of a page: rows that a template only has to write down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from zonerisk.core.geometry import Interval, least_rtt_ms
from zonerisk.core.kinds import asked_by
from zonerisk.core.verdict import Finding, Option, Place, Separation, SharedRisk, Verdict, severity
from zonerisk.pages.features import Setting, index_places
from zonerisk.words import phrases, verdicts

# A region of 64 zones has 2,016 pairs; nobody reads them on a page.
_MOST_PAIRS = 60
# Of the regions to recover in, so many are told in full.
_MOST_TOLD = 10


class Row(NamedTuple):
    """A finding, risk, pair or option, what heads it, and which view of the map shows it."""

    item: Finding | SharedRisk | Separation | Option
    show: int | None
    name: str
    near: bool = True


class MapView(NamedTuple):
    """What a reader can call up: sites and other features (kind, id) to light, and words."""

    sites: tuple[str, ...]
    subjects: tuple[str, ...]
    words: str
    also: tuple[tuple[str, str], ...]


class MapViews:
    """The views of one page, each once."""

    def __init__(self) -> None:
        self.listed: list[MapView] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        self._places: dict[str, dict[str, list[Place]]] = {}

    def add(
        self, verdict: Verdict, subjects: Iterable[str], words: str, also: tuple[tuple[str, str], ...] = ()
    ) -> int | None:
        """Keep a view of some zones and sites and return its number; None if none has a position."""
        members = tuple(subjects)
        if verdict.target not in self._places:
            self._places[verdict.target] = index_places(verdict)
        places = self._places[verdict.target]
        if not members or places.keys().isdisjoint((*members, verdict.target)):
            return None
        if places.keys().isdisjoint(members) and any(verdict.target in member for member in members):
            # A zone whose building is not disclosed may stand in any of the region's sites.
            members, words = (verdict.target,), f"{words}, where they may stand"
        if any(kind == "station" for kind, _ in also):
            words = f"{words}, with the stations on record"
        key = (verdict.target, *sorted(members), also)
        if key not in self._numbers:
            self._numbers[key] = len(self.listed)
            sites = tuple(place.id for member in members for place in places.get(member, ()))
            self.listed.append(MapView(sites, members, words, also))
        return self._numbers[key]


class View:
    """All that a page says of one verdict, and which files of records were read for it."""

    def __init__(self, verdict: Verdict, around: Setting, shows: MapViews) -> None:
        """Write a verdict's rows, and keep a view of the map for each."""
        self.verdict, self.around, name = verdict, around, around.name
        self.findings = [
            Row(item, _finding_shown(item, verdict, around, shows), verdicts.RULES.get(item.rule, item.rule))
            for item in verdict.policy.findings
        ]
        self.risks = []
        for risk in sorted(verdict.shared_risks, key=lambda risk: -severity(risk.outcome)):
            members = phrases.names([*map(name, risk.members)])
            show = shows.add(verdict, risk.members, members, around.drawn([risk.id]))
            self.risks.append(Row(risk, show, members))
        self.separations = []
        for pair in verdict.policy.separations[:_MOST_PAIRS]:
            show = shows.add(verdict, (pair.a, pair.b), phrases.names([name(pair.a), name(pair.b)]))
            self.separations.append(Row(pair, show, f"{name(pair.a)} to {name(pair.b)}"))
        self.options = [
            Row(option, None, name(option.target), number < _MOST_TOLD)
            for number, option in enumerate(verdict.recovery)
        ]
        owners = {verdict.target, *(place.id.partition("/")[0] for place in verdict.places)}
        self.files = tuple(file for key, file in around.files.items() if key in owners)

    @property
    def answer(self) -> str:
        """Return the summary without the name that already stands above it."""
        words = self.verdict.summary.removeprefix(f"{self.verdict.name}: ")
        return phrases.opening(words)

    @property
    def recovery(self) -> str:
        """Return the first region that recovery may go to."""
        outcomes = {option.outcome: option.target for option in reversed(self.verdict.recovery)}
        if "pass" in outcomes:
            return self.around.name(outcomes["pass"])
        return "not known" if "unknown" in outcomes else "none found"

    @property
    def layers(self) -> str:
        """Return the hazard layers that the map was drawn from, by name."""
        if not self.around.layers:
            return "none was asked for" if self.around.layers is None else "none on this machine"
        drawn = {str(mark.words["layer"]) for mark in self.around.landmarks}
        rest = sum(name not in drawn for name in self.around.layers)
        return "; ".join([*sorted(drawn), *([f"{rest} more with nothing to draw here"] if rest else [])])


def _finding_shown(finding: Finding, verdict: Verdict, around: Setting, shows: MapViews) -> int | None:
    """Keep the view of a finding's subjects, and of what is drawn of the risk it tells of.

    A finding that names none speaks of all; where recovery may go is seen from the region.
    """
    rule, subjects = finding.rule, finding.subjects
    kinds = asked_by(rule)
    risks = [
        risk.id for risk in verdict.shared_risks if risk.kind in kinds and set(risk.members) == set(subjects)
    ]
    also = around.drawn(risks) if risks else ()
    if not subjects or subjects == (verdict.target,):
        if rule == "power":
            also = around.drawn(())
        return shows.add(verdict, (verdict.target,), f"all {verdict.units}", also)
    seen_from = (verdict.target,) if rule == "dr" else ()
    return shows.add(verdict, (*seen_from, *subjects), phrases.names([*map(around.name, subjects)]), also)


def best_m(span: Interval) -> str:
    """Write the best figure of a distance."""
    return "not known" if span.best is None else phrases.distance(span.best)


def ends_m(span: Interval) -> str:
    """Write the interval of a distance."""
    if span.low is None and span.high is None:
        return ""
    low = phrases.distance(span.low or 0.0)
    return f"at least {low}" if span.high is None else f"{low} to {phrases.distance(span.high)}"


def least_rtt(pair: Separation) -> str:
    """Write the round trip that was measured, or the one that nothing beats; equipment adds to that."""
    if pair.measured_ms is not None:
        return phrases.measured(pair.measured_ms)
    least = phrases.round_trip(least_rtt_ms(pair.distance_m))
    return f"at least {least}" if least else "not known"
