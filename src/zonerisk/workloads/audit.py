"""Audit: a deployment judged under a policy, event by event, and the changes that help it most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from itertools import chain, combinations, islice
from math import comb
from typing import Any, NamedTuple

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.kinds import BY_POSITION, FEEDS
from zonerisk.core.model import Evidence, Policy
from zonerisk.core.verdict import (
    Audit,
    Chance,
    Change,
    Choice,
    Event,
    Finding,
    Judged,
    Model,
    Outcome,
    Provenance,
    SharedRisk,
    Standing,
    mean,
    severity,
    worst,
)
from zonerisk.judging import rules, score, separation
from zonerisk.judging.arrangement import Arrangement, RiskGroups, zones_sold
from zonerisk.judging.independence import effective, most_taken
from zonerisk.judging.recovery import Endpoint, Judge, Requirements, rank
from zonerisk.words import findings as wording
from zonerisk.words import phrases, verdicts
from zonerisk.workloads import probability
from zonerisk.workloads.deployment import (
    MAJORITY,
    OWN,
    REGIONAL_M,
    UNTOLD,
    Arrangements,
    Deployment,
    Place,
    Workload,
    majority,
    spread,
)
from zonerisk.workloads.probability import Inputs

BACKUP_KINDS = (*BY_POSITION, *FEEDS)
# The best few regions are tried; those after them are farther or share more.
MOST_REGIONS = 3
# Of a region's zones as many are tried as a policy asks for, in every way up to here.
MOST_ZONES, MOST_WAYS, MOST_WORKLOADS = 3, 60, 50
# Copies of which no zone is told are alike: these many stand for all of them.
MOST_ALIKE = 6
LOOSE = "somewhere"
# Among the subjects of a finding: the workload that it is a finding of.
ITSELF = "workload"
# What a deployment is asked first, and answered here, where copies and their quorum are known; a region's
# rules answer the others, and pairs of places only break ties.
_CORE = ("quorum", "survives", "dr", "backup")
# Sums of weights differ by less where they are the same.
_ROUNDING = 1e-9


def audit(
    catalog: Catalog, deployment: Deployment, policy: Policy, day: str, inputs: Inputs | None = None
) -> Audit:
    """Judge a deployment under a policy on a day; without inputs, chances are by the rates on record."""
    return Auditor(catalog, deployment, policy, day, inputs).audit()


class _Answer(NamedTuple):
    """What one rule comes to before its own weight."""

    outcome: Outcome
    message: str
    subjects: tuple[str, ...] = (ITSELF,)
    evidence: tuple[Evidence, ...] = ()
    certain: bool = False
    """Fails under a rule without a figure, too: a place that is missing, or the same building."""


# Places that may be lost together, and the shared risk that takes them; None for one with all it is made of.
_Loss = tuple[tuple[str, ...], "SharedRisk | None"]


class Auditor:
    """Judges workloads of one deployment, remembering what it worked out."""

    def __init__(
        self, catalog: Catalog, deployment: Deployment, policy: Policy, day: str, inputs: Inputs | None = None
    ) -> None:
        self.catalog, self.policy, self.day = catalog, policy, day
        self.deployment, self.inputs = deployment, inputs
        self.arrangements = Arrangements(catalog, policy, day, deployment.own)
        self._standby = Judge(catalog, policy, Requirements.of(policy), day)
        # Asked once of a region, and of workloads that stand alike.
        self.fallbacks, self._findings = cache(self._ranked), cache(self._find)
        self._judged = cache(self._judge)

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """Every workload of the deployment under the policy."""
        return tuple(map(self.judge, self.deployment.workloads))

    def audit(self) -> Audit:
        """Answer all that is asked of the deployment but advice."""
        deployment, inputs, events = self.deployment, self.inputs, self.events()
        lost = {key for event in events for key in event.lost}
        lost |= {judged.id for judged in self.judged if "survives" in _failing(judged.findings)}
        total = mean([judged.score for judged in self.judged])
        regions = {place.region for workload in deployment.workloads for place in workload.everywhere} - {OWN}
        source = probability.COMMON_SOURCE if inputs and inputs.common == probability.COMMON else "the plan"
        return Audit(
            files=deployment.files,
            policy=self.policy.id,
            as_of=self.day,
            outcome=worst([judged.outcome for judged in self.judged]) if self.judged else "unknown",
            letter=score.letter(total),
            score=total,
            summary=wording.summary(len(lost), len(self.judged), events[:1], len(deployment.unassessed)),
            workloads=self.judged,
            events=events,
            change=self.change(),
            # What stands somewhere and was not read comes first.
            not_assessed=tuple(sorted(deployment.unassessed, key=lambda skipped: not skipped.stands)),
            model=Model(**inputs.model_dump(), common_source=source) if inputs else None,
            provenance=Provenance.build(
                self.policy, self.catalog.edition.date, self.catalog.digest_of(regions)
            ),
        )

    def _ranked(self, region: str) -> list[str]:
        """Return regions of the same provider that qualify as recovery, the best first."""
        ranking = rank(self.catalog, region, self.policy, self._standby.wanted, self.day)
        return [candidate.target for candidate in ranking.candidates if candidate.outcome == "pass"]

    def judge(self, workload: Workload) -> Judged:
        """Judge one workload."""
        of = {"id": workload.id, **vars(workload.source), "notes": workload.notes}
        return replace(self._judged(workload), **of)

    def _judge(self, workload: Workload) -> Judged:
        findings, known = self._findings(workload), self._known(workload)
        # With more of them no score is higher.
        independent = effective(known.domains, known.groups.values(), len(score.CAPS))
        return Judged(
            id=workload.id,
            **vars(workload.source),
            outcome=worst([finding.outcome for finding in findings]),
            copies=len(workload.places),
            copies_at_most=None if workload.more is None else len(workload.places) + workload.more,
            quorum=workload.quorum,
            quorum_basis=workload.basis,
            places=_standings(workload.places) or (),
            backup=_standings(workload.backup),
            dr=_standings(workload.dr),
            score=score.weigh(findings, self.policy, independent),
            findings=findings,
            chance=self._chance(workload, findings),
            notes=workload.notes,
        )

    def _find(self, workload: Workload) -> tuple[Finding, ...]:
        """Apply every rule to a workload, the worst findings first."""
        findings: list[Finding] = []
        known = self._known(workload)
        asked = {name: rule for name, rule in self.policy.rules.items() if name not in (*_CORE, "claims")}
        if workload.quorum == 1 and len({place.region for place in workload.places}) > 1:
            # How far copies may be apart is asked where they must agree, not of a region beside another.
            asked.pop("separation-max", None)
            asked.pop("rtt-max", None)
        # Without a pair of places to hold together, the other rules say what that means.
        alone = len(known.domains) < 2 and len(asked) < len(self.policy.rules)
        if asked and not alone and not workload.spread:
            findings += rules.apply(self.policy.model_copy(update={"rules": asked}), known)
        for name in _CORE:
            if rule := self.policy.rules.get(name):
                outcome, message, subjects, evidence, certain = self._answer(name, workload, known)
                outcome = separation.softened(outcome, rule)
                if rule.qualitative and not certain:
                    outcome, message = "unknown", wording.left(message)
                cited = tuple(dict.fromkeys((*evidence, *self.policy.cite(name))))
                row = Finding(rule=name, outcome=outcome, message=message, subjects=subjects, evidence=cited)
                findings.append(row)
        return tuple(sorted(findings, key=lambda finding: -severity(finding.outcome)))

    def _known(self, workload: Workload) -> Arrangement:
        return self.arrangements.build(_told(workload.places), ITSELF)

    def _answer(self, rule: str, workload: Workload, known: Arrangement) -> _Answer:
        """Answer one of the first questions; where recovery or backups are, by the best of them."""
        if rule == "quorum":
            return self._quorum(workload)
        if rule == "survives":
            return self._survives(workload, known)
        places, judge = (workload.dr, self._recovery) if rule == "dr" else (workload.backup, self._backup)
        if places:
            judged = [judge(workload, known, place) for place in places]
            return min(judged, key=lambda answer: severity(answer.outcome))
        none, silent = (wording.NONE_PLANNED, wording.SILENT_BACKUP)
        if rule == "dr":
            none, silent = wording.NO_RECOVERY, wording.SILENT_RECOVERY
        # A plan that could have told fails where a policy obliges.
        if places is not None or (workload.could_tell and self.policy.binding):
            return _Answer("fail", none, certain=True)
        return _Answer("unknown", none if workload.could_tell else silent)

    def _quorum(self, workload: Workload) -> _Answer:
        # Three places are for a majority; where one copy is enough, two are.
        threshold = self.policy.rules["quorum"].threshold or 0
        single = workload.quorum == 1 and not workload.halved
        wanted = min(threshold, 2) if single else threshold
        least, distinct, _ = self._zones(workload.places)
        bounds = (workload.zones or None, None if workload.more is None else distinct + workload.more)
        most = min(filter(None, bounds), default=None)
        outcome: Outcome = "pass" if least >= wanted else "fail"
        untold = workload.basis == UNTOLD and wanted <= least < threshold
        if untold or workload.spread or (least < wanted and (most is None or most >= wanted)):
            outcome = "unknown"
        single &= workload.basis != UNTOLD
        asked = None if outcome == "pass" else wanted if single else threshold
        return _Answer(outcome, wording.quorum(least, most, workload.spread, asked, single))

    def _zones(self, places: Iterable[Place]) -> tuple[int, int, int]:
        """Count the fewest zones that places can be, the most, and the most copies that one may hold.

        Only names of one kind tell zones apart. A building is the zone that it is known to be of, else any
        of its region's.
        """
        cliques: dict[str, dict[str, Counter[str]]] = {}
        for place in places:
            clique, key = LOOSE if place.kind == LOOSE else place.clique, place.id
            units = self.arrangements.placement.zones(place.region) if place.region != OWN else ()
            if place.kind == "site" and len(units) > 1:
                of = [unit.id for unit in units if place.id in {site.id for site in unit.sites}]
                clique, key = ("zone", of[0]) if of else ("site", key)
            cliques.setdefault(place.region, {}).setdefault(clique, Counter())[key] += 1
        fewest = most = in_one = 0
        for by_clique in cliques.values():
            loose = by_clique.pop(LOOSE, Counter[str]())
            fewest += max([bool(loose), *map(len, by_clique.values())])
            most += len(loose) + sum(map(len, by_clique.values()))
            in_one = max(in_one, loose.total() + sum(max(ids.values()) for ids in by_clique.values()))
        return fewest, most, in_one

    def _losses(self, known: Arrangement, places: Iterable[Place]) -> Iterator[_Loss]:
        """Return what takes several places on record, then each place with the sites that it is made of.

        Of a counted group only the number is known that goes together: at best, the fewest copies.
        """
        copies, units = Counter(place.id for place in places), {unit.id: unit for unit in known.domains}
        for risk in chain.from_iterable(groups.all_risks for groups in known.groups.values()):
            # One of several buildings is not all of a zone.
            whole = [key for key in risk.members if risk.kind != "building" or len(units[key].sites) < 2]
            fewest = sorted(risk.members, key=copies.__getitem__)[: risk.least]
            if risk.grade != "C" and (risk.groups > 1 or len(whole) > 1):
                yield tuple(fewest if risk.groups > 1 else whole), risk
        for place in {place.id: place for place in places}.values():
            sites = units[place.id].sites if place.kind == "zone" else ()
            yield (place.id, *(site.id for site in sites if site.id in copies)), None

    def _survives(self, workload: Workload, known: Arrangement) -> _Answer:
        if workload.spread:
            return _Answer("unknown", wording.SPREAD)
        if workload.halved:
            return _Answer("fail", wording.HALVED)
        copies = Counter(place.id for place in workload.places)
        total = len(workload.places)

        def left(members: Iterable[str]) -> int:
            return total - sum(copies[place] for place in set(members))

        def order(loss: _Loss) -> tuple[int, int]:
            # What takes more places, and says so on record, is named before a single place.
            return left(loss[0]), 2 if loss[1] is None else int(loss[1].groups > 1)

        members, risk = min(self._losses(known, workload.places), key=order)
        kept = left(members)
        # Zones that go by other names, or by none, may be the one that is lost.
        least = kept if risk else min(kept, total - self._zones(workload.places)[2])
        name = next((unit.name for unit in known.domains if unit.id == members[0]), "")
        cause = risk.message if risk else wording.without(name)
        some, more = phrases.ends(least, kept), workload.more
        counts = some, total, workload.quorum, (total + more if more else None), more is None
        message = wording.copies_left(cause, *counts)
        if workload.falls(total - kept):
            subjects = risk.members if risk and risk.groups > 1 else members
            return _Answer("fail", message, subjects, risk.evidence if risk else ())
        if workload.basis == UNTOLD:
            return _Answer("unknown", wording.untold(message))
        if kept < workload.quorum or (workload.more != 0 and workload.quorum > 1):
            return _Answer("unknown", message)
        # What is known to hold is judged by what is not known, and then by inference alone.
        sums = {place.id: count for place, count in _told(workload.places).items()}
        doubtful = [kind for kind, groups in known.groups.items() if _may_take(groups, sums, workload.quorum)]
        if doubtful:
            return _Answer("unknown", wording.doubtful(message, ", ".join(doubtful)))
        if least < workload.quorum:
            return _Answer("unknown", wording.one_zone(message))
        for risk in chain.from_iterable(groups.risks for groups in known.groups.values()):
            if risk.grade == "C" and left(risk.members) < workload.quorum:
                return _Answer("warn", wording.inferred(risk.message), risk.members, risk.evidence)
        return _Answer("pass", message)

    def _endpoint(self, places: Sequence[Place]) -> Endpoint:
        distinct = {place.id: place for place in places}
        units = tuple(map(self.arrangements.domain, distinct.values()))
        regions = tuple(dict.fromkeys(place.region for place in places))
        countries = self.arrangements.placement.countries(distinct.values())
        key = next(iter(distinct)) if len(distinct) == 1 else ITSELF
        return Endpoint(key, phrases.named(units), units, regions, countries, self.arrangements.own)

    def _recovery(self, workload: Workload, known: Arrangement, place: Place) -> _Answer:
        row = self._standby.candidate(self._endpoint(workload.places), self._endpoint((place,)))
        message = wording.recovery(row.name, row.target, verdicts.with_zones(row.message, row.zones))
        return _Answer(row.outcome, message, (row.target,), row.evidence)

    def _backup(self, workload: Workload, known: Arrangement, place: Place) -> _Answer:
        """Hold a backup against every place of what it protects."""
        there = self.arrangements.domain(place)
        primaries, subjects = {unit.id for unit in known.domains}, (ITSELF, place.id)
        spread = place.kind == "region"
        if place.id in primaries:
            building = len(there.sites) == 1
            message = wording.same_place(there.name, there.id, "building" if building else "place")
            return _Answer("unknown" if spread else "fail", message, subjects, certain=building)
        groups = self.arrangements.build((*_told(workload.places), place)).groups
        risks = [
            risk
            for kind in BACKUP_KINDS
            for risk in groups[kind].risks
            if place.id in risk.members and not primaries.isdisjoint(risk.members)
        ]
        distances = [self.arrangements.distance(unit, there) for unit in known.domains]
        # Beyond regional threats, what nobody discloses is not held against a backup.
        near = any(distance.low < REGIONAL_M for distance in distances)
        both = [(key, place.id) for key in primaries]
        unknown = [kind for kind in BACKUP_KINDS if near and "unknown" in map(groups[kind].outcome, both)]
        hit = max(risks, key=lambda risk: (severity(risk.outcome), len(risk.members)), default=None)
        outcome = worst({risk.outcome for risk in risks} | ({"unknown"} if unknown else set()))
        elsewhere = spread and outcome == "fail"
        nearest, shared = min(distances, key=lambda distance: distance.rank), hit.message if hit else None
        left = unknown if outcome == "unknown" else ()
        message = wording.backup(there.name, there.id, nearest, shared, ", ".join(left), elsewhere)
        return _Answer("unknown" if elsewhere else outcome, message, subjects, hit.evidence if hit else ())

    def _chance(self, workload: Workload, findings: Iterable[Finding]) -> Chance | None:
        """Return the chance that a quorum is lost where a model fits, and with one more zone of its region.

        It fits places that are told apart and share no known risk that takes them all.
        """
        places, quorum, rates = workload.places, workload.quorum, self.catalog.rates
        falls = any(f.rule == "survives" and f.outcome == "fail" for f in findings if f.subjects[1:])
        kinds = {place.kind for place in places}
        if falls or kinds & {"region", LOOSE} or workload.more != 0 or workload.basis == UNTOLD:
            return None
        copies = Counter(place.id for place in places)
        if self.inputs is not None:
            weights = tuple(copies.values())
            low, high = probability.lost(weights, quorum, self.inputs)
            model = "alpha-factor" if self.inputs.fits_alpha(weights) else "beta-factor"
            return Chance(model=model, low=low, high=high)
        if kinds != {"zone"}:
            return None
        regions = {place.region: self.catalog.region(place.region) for place in places}
        low, high = probability.by_shocks(rates, regions, copies, quorum)
        spare = [zone.id for zone in next(iter(regions.values())).zones.values() if zone.id not in copies]
        more = None
        if len(regions) == 1 and spare:
            wider = copies + Counter({spare[0]: max(copies.values())})
            needed = majority(wider.total()) if quorum == majority(copies.total()) else quorum
            more = probability.by_shocks(rates, regions, wider, needed)
        return Chance(model="counted", low=low, high=high, with_a_zone_more=more)

    def events(self) -> tuple[Event, ...]:
        """Lose one thing after the other; what hurts most comes first.

        What a provider spreads over a region is left out: it is lost with no single zone.
        """
        workloads = self.deployment.workloads
        every = (place for workload in workloads for place in _told(workload.everywhere))
        places = [place for place in every if place.kind != "region"]
        if not places:
            return ()
        copies_at: dict[str, Counter[int]] = defaultdict(Counter)
        for index, workload in enumerate(workloads):
            for place in () if workload.spread else workload.places:
                copies_at[place.id][index] += 1
        known = self.arrangements.build(places)
        names = {unit.id: unit.name for unit in known.domains}
        unnamed = {place.id: (place.region, place.name) for place in places if place.name}
        events: dict[object, Event] = {}
        for members, risk in self._losses(known, places):
            if risk and risk.groups > 1:
                continue
            gone = Counter(at for member in members for at in copies_at[member].elements())
            lost = [workloads[at] for at, count in sorted(gone.items()) if workloads[at].falls(count)]
            key, first, taken = risk.id if risk else f"place:{members[0]}", members[0], frozenset(members)
            # A zone without a name is one workload's own: another's may be another zone.
            alone = None if risk else unnamed.get(first)
            for hit in [[workload] for workload in lost] if alone else filter(None, [lost]):
                of = hit[0].id if alone else first
                event = Event(
                    id=f"{key}:{of}" if alone else key,
                    kind=risk.kind if risk else "place",
                    grade=risk.grade if risk else None,
                    message=risk.message if risk else wording.lost(names[first], of),
                    lost=tuple(workload.id for workload in hit),
                    with_backup=tuple(workload.id for workload in hit if _gone(workload.backup, taken)),
                    with_recovery=tuple(workload.id for workload in hit if _gone(workload.dr, taken)),
                )
                events.setdefault((alone, of) if alone else key, event)
        ordered = sorted(
            events.values(), key=lambda e: (-len(e.lost), -len(e.with_backup), -len(e.with_recovery))
        )
        return tuple(ordered)

    def change(self) -> Change | None:
        """Try one change at a time, judge again, and return the one that helps most without harming."""
        asked = not self.policy.rules.keys().isdisjoint(_CORE)
        workloads, change, most = self.deployment.workloads, None, [0.0]
        failing = sum(len(_failing(judged.findings)) for judged in self.judged)
        for kind, message, indices, edits in self._trials():
            room = [sum(self._room(at, edits)[end] for at in indices) + _ROUNDING for end in (0, 1)]
            if change and room < most[:2]:
                continue
            after = [self._findings(replace(workloads[at], **edits)) for at in indices]
            pairs = [(self.judged[at].findings, new) for at, new in zip(indices, after, strict=True)]
            # Summed by differences, so that what stays as it was counts for nothing at all.
            points = [(self._points(old), self._points(new)) for old, new in pairs]
            gain = [sum(new[end] - old[end] for old, new in points) for end in range(4)]
            helps = gain[:2] if asked else gain[2:]
            if min(helps) < 0 or max(helps) <= 0 or (change and gain <= most):
                continue
            rows = [(_failing(old), _failing(new)) for old, new in pairs]
            settled = (rule for before, later in rows for rule in before if rule not in later)
            most = gain
            change = Change(
                kind=kind,
                message=message,
                workloads=tuple(workloads[index].id for index in indices),
                failing_before=failing,
                failing_after=failing + sum(len(later) - len(before) for before, later in rows),
                settles=tuple(dict.fromkeys(settled)),
            )
        return change

    def _points(self, findings: Iterable[Finding]) -> tuple[float, ...]:
        """Weigh what passes, low and high: of the first questions, then of all."""
        rows = [(f.rule in _CORE, self.policy.rules[f.rule].weight, score.points(f)) for f in findings]
        return tuple(
            sum(weight * points[end] for first, weight, points in rows if first or every)
            for every in (False, True)
            for end in (0, 1)
        )

    def _room(self, index: int, edits: Mapping[str, Any]) -> tuple[float, ...]:
        """Return what edits can add at the most to a workload's points of the first questions."""
        workload, findings = self.deployment.workloads[index], self.judged[index].findings
        moved = {*edits}
        if "places" in edits:
            # What is not told, or is said to be none, does not depend on where copies stand.
            moved = {"quorum", "survives", *(rule for rule in ("dr", "backup") if getattr(workload, rule))}
        gaps = [(self.policy.rules[f.rule].weight, score.points(f)) for f in findings if f.rule in moved]
        return tuple(sum(weight * (1 - points[end]) for weight, points in gaps) for end in (0, 1))

    def _trials(self) -> Iterator[tuple[Any, str, Sequence[int], dict[str, Any]]]:
        """Find what may help workloads, by their index: its kind and message, and the fields that it sets.

        More zones for those that stand alike: the copies spread over a region's, or one added in a zone that
        is not used yet. Then another region for the backups, or the recovery, of all that stand in one.
        """
        workloads = self.deployment.workloads
        alike: dict[object, list[int]] = defaultdict(list)
        homes: dict[str, list[int]] = defaultdict(list)
        for index, workload in enumerate(workloads):
            alike[workload.places, workload.quorum, workload.basis].append(index)
            if home := next((place.region for place in workload.places if place.region != OWN), None):
                homes[home].append(index)
        for indices in alike.values():
            first = workloads[indices[0]]
            used, copies = {place.id for place in first.places}, len(first.places)
            regions = {place.region for place in first.places if place.kind in ("zone", "site")} - {OWN}
            needed = majority(copies + 1) if first.basis == MAJORITY else first.quorum
            for region in sorted(regions):
                sold = zones_sold(self.catalog.region(region), self.day)
                zones = [Place(zone.id, region, "zone") for zone in sold]
                if len(regions) == 1 and len(sold[:copies]) > len(used):
                    message = wording.spread_copies(len(sold[:copies]), region)
                    yield "add-zone", message, indices, {"places": spread(zones[:copies], copies)}
                for zone, place in zip(sold, zones, strict=True):
                    if used.isdisjoint((zone.id, *zone.sites)):
                        added = (*first.places, place)
                        edits = {"places": added, "quorum": needed}
                        yield "add-zone", wording.add_copy(zone.id), indices, edits
        for home, indices in homes.items():
            for region in self.fallbacks(home)[:MOST_REGIONS]:
                place = self.arrangements.placement.whole(region)
                for rule, kind, message in (
                    ("backup", "move-backup", wording.move_backup(region)),
                    ("dr", "recovery", wording.prepare_recovery(region)),
                ):
                    amiss = [
                        index
                        for index in indices
                        # Where a file does not tell of either, there is nothing to better.
                        if workloads[index].could_tell or getattr(workloads[index], rule) is not None
                        if any(f.rule == rule and f.outcome != "pass" for f in self.judged[index].findings)
                    ]
                    if amiss:
                        yield kind, message, amiss, {rule: (place,)}

    def advise(self) -> tuple[tuple[Choice, ...], str]:
        """Judge the ways to spread each workload over its region, and the regions to recover it in.

        What is left out is said beside; nothing where nothing is.
        """
        listed, cut = self.deployment.workloads, 0
        choices: list[Choice] = []
        for workload, judged in zip(listed[:MOST_WORKLOADS], self.judged, strict=False):
            region, *others = {place.region for place in workload.places}
            if others or region == OWN or workload.spread:
                continue
            sold = zones_sold(self.catalog.region(region), self.day)
            zones, now = [Place(zone.id, region, "zone") for zone in sold], judged.chance
            size = min(len(zones), len(workload.places), MOST_ZONES)
            cut += comb(len(zones), size) > MOST_WAYS
            ways = (spread(way, len(workload.places)) for way in islice(combinations(zones, size), MOST_WAYS))
            tried = (self.judge(replace(workload, places=places)) for places in ways)
            best = min(tried, key=_rank, default=judged)
            # Zones of which only the names differ buy nothing that is known.
            options: list[tuple[Judged, str | None, tuple[float, float] | None]] = []
            if _rank(best) < _rank(judged) and (now or _rank(best)[:-1] < _rank(judged)[:-1]):
                options.append((best, None, best.chance.ends if best.chance else None))
            for key in self.fallbacks(region)[:MOST_REGIONS]:
                there, place = self.catalog.region(key), self.arrangements.placement.whole(key)
                copies, both = Counter(zone.id for zone in zones_sold(there, self.day)), None
                if now and now.model == "counted" and len(copies) > 1:
                    needed, rates = majority(copies.total()), self.catalog.rates
                    low, high = probability.by_shocks(rates, {key: there}, copies, needed)
                    both = (now.low * low, now.high * high)
                options.append((self.judge(replace(workload, dr=(place,))), key, both))
            choices += [
                Choice(
                    kind="recovery" if target else "zones",
                    workload=workload.id,
                    places=(target,) if target else tuple(standing.place for standing in best.places),
                    settles=tuple(sorted({*_failing(judged.findings)} - {*_failing(best.findings)})),
                    now=now.ends if now else None,
                    then=then,
                )
                for best, target, then in options
            ]
        return tuple(choices), wording.advice_left(len(listed), MOST_WORKLOADS, cut, MOST_WAYS)


def _told(places: Iterable[Place]) -> Counter[Place]:
    """Count copies at places; somewhere in a region the first few stand for all: they are known alike."""
    counts: Counter[Place] = Counter()
    loose: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        alike = loose[place.region] if place.kind == LOOSE and place not in counts else []
        alike += [place] * (len(alike) < MOST_ALIKE)
        counts[alike[-1]] += 1
    return counts


def _may_take(groups: RiskGroups, copies: Mapping[str, int], quorum: int) -> bool:
    """Return whether one event of a kind may take a quorum, by pairs of which it is not known."""
    unknown = groups.leaves_open(combinations(copies, 2))
    taken = most_taken(copies, lambda a, b: groups.outcome((a, b)) != "pass") if unknown else ()
    left = sum(copies.values()) - sum(copies[place] for place in taken)
    return left < quorum and not unknown.isdisjoint(combinations(taken, 2))


def _gone(places: Iterable[Place] | None, members: frozenset[str]) -> bool:
    return bool(places) and members.issuperset(place.id for place in places or ())


def _standings(places: Iterable[Place] | None) -> tuple[Standing, ...] | None:
    if places is None:
        return None
    return tuple(
        Standing(place=place.id, region=place.region, kind=place.kind, copies=count)
        for place, count in Counter(places).items()
    )


def _failing(findings: Iterable[Finding]) -> list[str]:
    return [finding.rule for finding in findings if finding.outcome == "fail"]


def _rank(judged: Judged) -> tuple[float, ...]:
    """Order what was judged: what fails least, then what is shown most, then what is lost least often."""
    lost = judged.chance.high if judged.chance else 1.0
    return len(_failing(judged.findings)), -judged.score.shown, -judged.score.possible, lost
