"""Audit: a deployment judged under a policy, event by event, and the one change that helps it most."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations, permutations
from typing import TYPE_CHECKING, Literal, NamedTuple

from zonerisk.core.kinds import BY_POSITION, FEEDS
from zonerisk.core.verdict import (
    Audit,
    Chance,
    Change,
    Event,
    Finding,
    Judged,
    Model,
    Outcome,
    Provenance,
    Range,
    SharedRisk,
    Standing,
    mean,
    severity,
    worst,
)
from zonerisk.judging import rules, score, separation
from zonerisk.judging.arrangement import Arrangement, zones_sold
from zonerisk.judging.independence import effective, most_taken
from zonerisk.judging.recovery import Endpoint, Judge, Requirements, rank
from zonerisk.words import findings as sentences
from zonerisk.words import phrases, verdicts
from zonerisk.words import workloads as wording
from zonerisk.workloads import probability
from zonerisk.workloads.deployment import (
    MAJORITY,
    OWN,
    REGIONAL_M,
    UNTOLD,
    Arrangements,
    Deployment,
    Place,
    Source,
    Workload,
    majority,
    spread,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Evidence, Policy
    from zonerisk.judging.cause import RiskGroups
    from zonerisk.workloads.probability import Inputs

BACKUP_KINDS = (*BY_POSITION, *FEEDS)
# The best few regions are tried; those after them are farther or share more.
MOST_REGIONS = 3
# Copies of which no zone is told are alike: these many stand for all of them.
MOST_ALIKE = 6
NOWHERE = Source("", 1)
LOOSE = "somewhere"
# Among the subjects of a finding: the workload that it is a finding of.
ITSELF = "workload"
# What a deployment is asked first, and answered here, where copies and their quorum are known; a region's
# rules answer the others, and pairs of places only break ties.
_CORE = ("quorum", "survives", "dr", "backup")


def audit(
    catalog: Catalog, deployment: Deployment, policy: Policy, day: str, inputs: Inputs | None = None
) -> Audit:
    """Judge a deployment under a policy on a day; without inputs, no probability is shown."""
    auditor = Auditor(catalog, policy, deployment, day, inputs)
    judged = tuple(auditor.judge(workload) for workload in deployment.workloads)
    events = auditor.events()
    lost = {key for event in events for key in event.lost}
    lost |= {each.id for each in judged if "survives" in _failing(each)}
    worst_of: tuple[str | None, int, int] = (None, 0, 0)
    for event in events[:1]:
        worst_of = event.message, len(event.lost), len(event.with_backup)
    total = mean([each.score for each in judged])
    regions = {place.region for workload in deployment.workloads for place in workload.everywhere} - {OWN}
    source = probability.COMMON_SOURCE if inputs and inputs.common == probability.COMMON else "the plan"
    model = inputs and Model(**inputs._asdict(), common_source=source)
    return Audit(
        files=deployment.files,
        policy=policy.id,
        as_of=day,
        outcome=worst([each.outcome for each in judged]) if judged else "unknown",
        letter=score.letter(total),
        score=total,
        summary=wording.summary(len(lost), len(judged), *worst_of, len(deployment.unassessed)),
        workloads=judged,
        events=events,
        change=_best(auditor, judged),
        # What stands somewhere and was not read comes first.
        not_assessed=tuple(sorted(deployment.unassessed, key=lambda skipped: not skipped.stands)),
        model=model,
        provenance=Provenance.build(policy, catalog.edition.date, catalog.digest_of(regions)),
    )


class _Answer(NamedTuple):
    """What one rule comes to before its own weight."""

    outcome: Outcome
    message: str
    subjects: tuple[str, ...] = (ITSELF,)
    evidence: tuple[Evidence, ...] = ()
    certain: bool = False
    """Fails under a rule without a figure, too: a place that is missing, or the same building."""


class _Loss(NamedTuple):
    """A shared risk or a place that may be lost, and the places that go with it."""

    id: str
    kind: str
    members: tuple[str, ...]
    risk: SharedRisk | None = None
    subjects: tuple[str, ...] = ()
    """Places of which only the number that goes is known."""


class Auditor:
    """Judges workloads of one deployment, remembering what it worked out."""

    def __init__(
        self, catalog: Catalog, policy: Policy, deployment: Deployment, day: str, inputs: Inputs | None
    ) -> None:
        self.catalog, self.policy, self.day = catalog, policy, day
        self.deployment, self.inputs = deployment, inputs
        self.arrangements = Arrangements(catalog, policy, day, deployment.own)
        self._fallbacks: dict[str, list[str]] = {}
        self._judged: dict[Workload, Judged] = {}
        self._standby = Judge(catalog, policy, Requirements.of(policy), day)

    def fallbacks(self, region: str) -> list[str]:
        """Return regions of the same provider that qualify as recovery, the best first."""
        if region not in self._fallbacks:
            ranking = rank(self.catalog, region, self.policy, self._standby.wanted, self.day)
            self._fallbacks[region] = [each.target for each in ranking.candidates if each.outcome == "pass"]
        return self._fallbacks[region]

    def judge(self, workload: Workload) -> Judged:
        """Judge one workload; those that stand alike are judged once."""
        alike = replace(workload, id="", source=NOWHERE, notes=())
        if alike not in self._judged:
            self._judged[alike] = self._judge(workload)
        file, line = workload.source.file, workload.source.line
        return replace(self._judged[alike], id=workload.id, file=file, line=line, notes=workload.notes)

    def _judge(self, workload: Workload) -> Judged:
        known = self.arrangements.build(_told(workload.places), ITSELF)
        findings = list(self._by_rules(workload, known))
        judges = (self._quorum, self._survives, self._recovery, self._backup)
        for rule, judge in zip(_CORE, judges, strict=True):
            if rule in self.policy.rules:
                findings.append(self._weighed(rule, judge(workload, known)))
        findings.sort(key=lambda finding: -severity(finding.outcome))
        independent = Range(low=(count := len(known.domains)), high=count)
        if count > 1:
            independent = effective(known.domains, known.groups.values())
        return Judged(
            id=workload.id,
            file=workload.source.file,
            line=workload.source.line,
            outcome=worst([finding.outcome for finding in findings]),
            copies=len(workload.places),
            copies_at_most=None if workload.more is None else len(workload.places) + workload.more,
            quorum=workload.quorum,
            quorum_basis=workload.basis,
            places=_standings(workload.places) or (),
            backup=_standings(workload.backup),
            dr=_standings(workload.dr),
            score=score.weigh(findings, self.policy, independent),
            findings=tuple(findings),
            chance=self._chance(workload, findings),
            notes=workload.notes,
        )

    def _by_rules(self, workload: Workload, known: Arrangement) -> tuple[Finding, ...]:
        """Apply the rules that ask the same of a workload's places as of a region's zones."""
        asked = {name: rule for name, rule in self.policy.rules.items() if name not in (*_CORE, "claims")}
        if workload.quorum == 1 and len({place.region for place in workload.places}) > 1:
            # How far copies may be apart is asked where they have to agree, not of one region beside another.
            asked.pop("separation-max", None)
            asked.pop("rtt-max", None)
        alone = len(known.domains) < 2 and len(asked) < len(self.policy.rules)
        if not asked or alone or workload.spread:
            # No pair of places to hold together: the other rules say what that means.
            return ()
        return rules.apply(self.policy.model_copy(update={"rules": asked}), known)

    def _weighed(self, name: str, answer: _Answer) -> Finding:
        """Weigh an answer by its rule: its severity, and no verdict without a figure."""
        rule, (outcome, message, subjects, evidence, certain) = self.policy.rules[name], answer
        outcome = separation.softened(outcome, rule)
        if rule.qualitative and not certain:
            outcome, message = "unknown", sentences.left(message)
        evidence = tuple(dict.fromkeys((*evidence, *self.policy.cite(name))))
        return Finding(rule=name, outcome=outcome, message=message, subjects=subjects, evidence=evidence)

    def _quorum(self, workload: Workload, known: Arrangement) -> _Answer:
        # Three places are for a majority; where one copy is enough, two are.
        threshold = self.policy.rules["quorum"].threshold or 0
        one = workload.quorum == 1 and not workload.halved
        wanted = min(threshold, 2) if one else threshold
        least, distinct, _ = self._zones(workload.places)
        bounds = (workload.zones or None, None if workload.more is None else distinct + workload.more)
        most = min(filter(None, bounds), default=None)
        outcome: Outcome = (
            "pass" if least >= wanted else "unknown" if most is None or most >= wanted else "fail"
        )
        untold = workload.basis == UNTOLD and outcome == "pass" and least < threshold
        if untold or workload.spread:
            outcome = "unknown"
        stand = wording.places(least, most, workload.spread)
        one &= workload.basis != UNTOLD
        message = wording.quorum(stand, wanted if one else threshold, outcome == "pass", one)
        return _Answer(outcome, message)

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

    def _losses(self, known: Arrangement, places: Iterable[Place]) -> list[_Loss]:
        """List what takes several places on record, then each place by itself."""
        distinct = {place.id: place for place in places}
        losses = [
            _Loss(risk.id, kind, members, risk)
            for kind, groups in known.groups.items()
            for risk in groups.risks
            if risk.grade != "C" and len(members := self.arrangements.taken(risk)) > 1
        ]
        return losses + [
            _Loss(f"place:{place.id}", "place", self.arrangements.inside(place, distinct))
            for place in distinct.values()
        ]

    def _survives(self, workload: Workload, known: Arrangement) -> _Answer:
        if workload.spread:
            return _Answer("unknown", wording.SPREAD)
        if workload.halved:
            return _Answer("fail", wording.HALVED)
        copies = Counter(place.id for place in workload.places)
        total = len(workload.places)

        def left(members: Iterable[str]) -> int:
            return total - sum(copies[place] for place in set(members))

        # Of a counted group only the number is known that goes together: at best, the fewest copies.
        counted = []
        for risk in (risk for groups in known.groups.values() for risk in groups.counted_groups):
            if risk.grade != "C":
                fewest = sorted(risk.members, key=copies.__getitem__)[: risk.least]
                counted.append(_Loss(risk.id, risk.kind, tuple(fewest), risk, risk.members))
        single = self._losses(known, workload.places)
        # What takes more places, and says so on record, is named before a single place.
        losses = [loss for loss in single if loss.risk] + counted + [loss for loss in single if not loss.risk]
        hardest = min(losses, key=lambda loss: left(loss.members))
        names = {unit.id: unit.name for unit in known.domains}
        cause = hardest.risk.message if hardest.risk else wording.without(names[hardest.members[0]])
        kept = left(hardest.members)
        # Zones that go by other names, or by none, may be the one that is lost.
        least = kept if hardest.risk else min(kept, total - self._zones(workload.places)[2])
        message = wording.copies_left(cause, least, kept, total, workload.quorum, workload.more)
        if workload.falls(total - kept):
            evidence = hardest.risk.evidence if hardest.risk else ()
            return _Answer("fail", message, hardest.subjects or hardest.members, evidence)
        if workload.basis == UNTOLD:
            return _Answer("unknown", wording.untold(message))
        # What is known to hold is judged by what is not known, and then by inference alone.
        told = _weights(workload.places)
        doubtful = [kind for kind, groups in known.groups.items() if _may_take(groups, told, workload.quorum)]
        if kept < workload.quorum or (workload.more != 0 and workload.quorum > 1):
            return _Answer("unknown", message)
        if doubtful or least < workload.quorum:
            return _Answer("unknown", wording.doubtful(message, doubtful))
        for groups in known.groups.values():
            for risk in groups.risks:
                if risk.grade == "C" and left(risk.members) < workload.quorum:
                    return _Answer("warn", wording.inferred(risk.message), risk.members, risk.evidence)
        return _Answer("pass", message)

    def _endpoint(self, key: str, places: Sequence[Place]) -> Endpoint:
        distinct = {place.id: place for place in places}
        units = tuple(map(self.arrangements.domain, distinct.values()))
        regions = tuple(dict.fromkeys(place.region for place in places))
        countries = self.arrangements.placement.countries(distinct.values())
        name = next(iter(distinct)) if len(distinct) == 1 else key
        return Endpoint(name, phrases.named(units), units, regions, countries, self.arrangements.own)

    def _recovery(self, workload: Workload, known: Arrangement) -> _Answer:
        if workload.dr is None:
            return self._untold(workload, wording.NO_RECOVERY, wording.SILENT_RECOVERY)
        if not workload.dr:
            return _Answer("fail", wording.NO_RECOVERY, certain=True)
        ours = self._endpoint(ITSELF, workload.places)
        judged = [self._standby.candidate(ours, self._endpoint(place.id, (place,))) for place in workload.dr]
        best = min(judged, key=lambda each: severity(each.outcome))
        message = wording.recovery(best.name, best.target, verdicts.with_zones(best.message, best.zones))
        return _Answer(best.outcome, message, (best.target,), best.evidence)

    def _untold(self, workload: Workload, none: str, silent: str) -> _Answer:
        """Answer where nothing is told: a plan that could have told fails where a policy obliges."""
        if workload.could_tell and self.policy.binding:
            return _Answer("fail", none, certain=True)
        return _Answer("unknown", none if workload.could_tell else silent)

    def _backup(self, workload: Workload, known: Arrangement) -> _Answer:
        if workload.backup is None:
            return self._untold(workload, wording.NO_BACKUP, wording.SILENT_BACKUP)
        if not workload.backup:
            return _Answer("fail", wording.NO_BACKUP, certain=True)
        judged = [self._one_backup(workload, known, place) for place in workload.backup]
        return min(judged, key=lambda each: severity(each.outcome))

    def _one_backup(self, workload: Workload, known: Arrangement, backup: Place) -> _Answer:
        """Hold a backup against every place of what it protects."""
        there = self.arrangements.domain(backup)
        primaries, subjects = {unit.id for unit in known.domains}, (ITSELF, backup.id)
        spread = backup.kind == "region"
        if backup.id in primaries:
            building = len(there.sites) == 1
            message = wording.same_place(there.name, there.id, building)
            return _Answer("unknown" if spread else "fail", message, subjects, certain=building)
        groups = self.arrangements.build((*_told(workload.places), backup)).groups
        hits = (risk for kind in BACKUP_KINDS for risk in groups[kind].risks if backup.id in risk.members)
        risks = [risk for risk in hits if not primaries.isdisjoint(risk.members)]
        distances = [self.arrangements.distance(unit, there) for unit in known.domains]
        both = [(place, backup.id) for place in primaries]
        unknown = [kind for kind in BACKUP_KINDS if "unknown" in map(groups[kind].outcome, both)]
        if min(each.low for each in distances) >= REGIONAL_M:
            # Beyond regional threats, what nobody discloses is not held against a backup.
            unknown = []
        hit = max(risks, key=lambda risk: (severity(risk.outcome), len(risk.members)), default=None)
        outcome = worst([*(risk.outcome for risk in risks), *(["unknown"] if unknown else [])])  # type: ignore[list-item]
        elsewhere = spread and outcome == "fail"
        message = wording.backup(
            there.name,
            there.id,
            min(distances, key=lambda each: each.rank),
            hit.message if hit else None,
            unknown if outcome == "unknown" else (),
            elsewhere,
        )
        return _Answer("unknown" if elsewhere else outcome, message, subjects, hit.evidence if hit else ())

    def _chance(self, workload: Workload, findings: Sequence[Finding]) -> Chance | None:
        """Return a chance where the model fits: places told apart, no known risk of them all."""
        known = workload.more != 0 or any(
            finding.rule == "survives" and finding.outcome == "fail" and len(finding.subjects) > 1
            for finding in findings
        )
        somewhere = any(place.kind in ("region", "somewhere") for place in workload.places)
        if known or somewhere or workload.basis == UNTOLD:
            return None
        if self.inputs is None:
            return self._counted(workload)
        weights = tuple(Counter(place.id for place in workload.places).values())
        low, high = probability.lost(weights, workload.quorum, self.inputs)
        model = "alpha-factor" if self.inputs.fits_alpha(weights) else "beta-factor"
        return Chance(model=model, low=low, high=high)

    def _counted(self, workload: Workload) -> Chance | None:
        """Return the chance a year by the rates on record, and with one more zone of its region."""
        copies = Counter(place.id for place in workload.places)
        if any(place.kind != "zone" or place.region == OWN for place in workload.places):
            return None
        regions = {place.region: self.catalog.region(place.region) for place in workload.places}
        low, high = probability.by_shocks(self.catalog.rates, regions, copies, workload.quorum)
        spare = [zone.id for zone in next(iter(regions.values())).zones.values() if zone.id not in copies]
        more = None
        if len(regions) == 1 and spare:
            wider = copies + Counter({spare[0]: max(copies.values())})
            quorum = workload.quorum
            if quorum == majority(copies.total()):
                quorum = majority(wider.total())
            more = probability.by_shocks(self.catalog.rates, regions, wider, quorum)
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
        copies_at: dict[str, Counter[int]] = {}
        for index, workload in enumerate(workloads):
            for place in () if workload.spread else workload.places:
                copies_at.setdefault(place.id, Counter())[index] += 1
        known = self.arrangements.build(places)
        names = {unit.id: unit.name for unit in known.domains}
        unnamed = {place.id: (place.region, place.name) for place in places if place.name}
        events: dict[object, Event] = {}
        for loss in self._losses(known, places):
            gone: Counter[int] = Counter()
            for member in loss.members:
                gone.update(copies_at.get(member, {}))
            found = ((workloads[index], count) for index, count in sorted(gone.items()))
            lost = [one for one, taken in found if one.falls(taken)]
            members, first = frozenset(loss.members), loss.members[0]
            # A zone without a name is one workload's own: another's may be another zone.
            alone = None if loss.risk else unnamed.get(first)
            for hit in [[each] for each in lost] if alone else filter(None, [lost]):
                of = hit[0].id if alone else first
                event = Event(
                    id=f"{loss.id}:{of}" if alone else loss.id,
                    kind=loss.kind,
                    grade=loss.risk.grade if loss.risk else None,
                    message=loss.risk.message if loss.risk else wording.lost(names[first], of),
                    lost=tuple(each.id for each in hit),
                    with_backup=tuple(each.id for each in hit if _gone(each.backup, members)),
                    with_recovery=tuple(each.id for each in hit if _gone(each.dr, members)),
                )
                events.setdefault((alone, of) if alone else loss.id, event)
        sizes = {key: (len(e.lost), len(e.with_backup), len(e.with_recovery)) for key, e in events.items()}
        return tuple(events[key] for key in sorted(events, key=sizes.__getitem__, reverse=True))


def _may_take(groups: RiskGroups, copies: Mapping[str, int], quorum: int) -> bool:
    """Return whether one event of a kind may take a quorum, by pairs of which it is not known."""
    if not groups.leaves_open(combinations(copies, 2)):
        return False
    taken = most_taken(copies, lambda a, b: groups.outcome((a, b)) != "pass")
    left = sum(copies.values()) - sum(copies[place] for place in taken)
    return left < quorum and any(groups.outcome(pair) == "unknown" for pair in permutations(taken, 2))


def _told(places: Sequence[Place]) -> list[Place]:
    """Return places, of copies somewhere in a region the first few: all of them are known alike."""
    seen: Counter[str] = Counter()
    told = []
    for place in dict.fromkeys(places):
        seen[place.region] += place.kind == LOOSE
        if place.kind != LOOSE or seen[place.region] <= MOST_ALIKE:
            told.append(place)
    return told


def _weights(places: Sequence[Place]) -> Counter[str]:
    """Count copies at the places that are told, those left out with the last of theirs."""
    told = _told(places)
    last = {place.region: place.id for place in told if place.kind == LOOSE}
    ids = {place.id for place in told}
    return Counter(place.id if place.id in ids else last[place.region] for place in places)


def _gone(places: Sequence[Place] | None, members: frozenset[str]) -> bool:
    return bool(places) and all(place.id in members for place in places or ())


def _standings(places: Sequence[Place] | None) -> tuple[Standing, ...] | None:
    if places is None:
        return None
    return tuple(
        Standing(place=place.id, region=place.region, kind=place.kind, copies=count)
        for place, count in Counter(places).items()
    )


# A change, its message, and the workloads it makes of others, by their index.
_Trial = tuple[Literal["add-zone", "move-backup", "recovery"], str, dict[int, "Workload"]]


def _best(auditor: Auditor, judged: Sequence[Judged]) -> Change | None:
    """Try one change at a time, judge again, and return the one that helps most without harming."""
    workloads = auditor.deployment.workloads
    asked = not auditor.policy.rules.keys().isdisjoint(_CORE)
    change, most = None, [0.0]
    failing = sum(len(_failing(each)) for each in judged)
    for kind, message, changed in _trials(auditor, judged):
        after = {index: auditor.judge(workload) for index, workload in changed.items()}
        # Summed by differences, so that what stays as it was counts for nothing at all.
        pairs = [(_points(auditor, judged[index]), _points(auditor, new)) for index, new in after.items()]
        gain = [sum(new[end] - old[end] for old, new in pairs) for end in range(4)]
        helps = gain[:2] if asked else gain[2:]
        if min(helps) < 0 or max(helps) <= 0 or (change and gain <= most):
            continue
        before = {index: _failing(judged[index]) for index in after}
        later = {index: _failing(new) for index, new in after.items()}
        settled = (rule for index in after for rule in before[index] if rule not in later[index])
        most = gain
        change = Change(
            kind=kind,
            message=message,
            workloads=tuple(workloads[index].id for index in after),
            failing_before=failing,
            failing_after=failing + sum(len(later[index]) - len(before[index]) for index in after),
            settles=tuple(dict.fromkeys(settled)),
        )
    return change


def _points(auditor: Auditor, judged: Judged) -> tuple[float, ...]:
    """Weigh what passes, low and high: of the first questions, then of all."""
    first, every = [0.0, 0.0], [0.0, 0.0]
    for finding in judged.findings:
        for end, points in enumerate(score.points(finding)):
            value = auditor.policy.rules[finding.rule].weight * points
            every[end] += value
            first[end] += value if finding.rule in _CORE else 0.0
    return (*first, *every)


def _failing(judged: Judged) -> list[str]:
    return [finding.rule for finding in judged.findings if finding.outcome == "fail"]


def _trials(auditor: Auditor, judged: Sequence[Judged]) -> Iterator[_Trial]:
    alike: dict[tuple[object, ...], list[int]] = {}
    homes: dict[str, list[int]] = {}
    for index, each in enumerate(auditor.deployment.workloads):
        alike.setdefault((each.places, each.quorum, each.basis), []).append(index)
        home = next((place.region for place in each.places if place.region != OWN), None)
        if home:
            homes.setdefault(home, []).append(index)
    for indices in alike.values():
        yield from _more_zones(auditor, indices)
    for home, indices in homes.items():
        for region in auditor.fallbacks(home)[:MOST_REGIONS]:
            yield from _moved(auditor, judged, indices, region)


def _moved(
    auditor: Auditor, judged: Sequence[Judged], indices: Sequence[int], region: str
) -> Iterator[_Trial]:
    """Put the backups, then the recovery, of a region's workloads into another region.

    Where a file does not tell of either, there is nothing to better.
    """
    place = auditor.arrangements.placement.whole(auditor.catalog.region(region).provider, region)
    for field, kind, message in (
        ("backup", "move-backup", wording.move_backup(region)),
        ("dr", "recovery", wording.prepare_recovery(region)),
    ):
        moved = {}
        for index in indices:
            one = auditor.deployment.workloads[index]
            amiss = (each.rule for each in judged[index].findings if each.outcome != "pass")
            if field in amiss and (one.could_tell or getattr(one, field) is not None):
                moved[index] = replace(one, **{field: (place,)})  # type: ignore[arg-type]
        if moved:
            yield kind, message, moved  # type: ignore[misc]


def _more_zones(auditor: Auditor, indices: Sequence[int]) -> Iterator[_Trial]:
    """Spread the copies over a region's zones, or add one in a zone that is not used yet."""
    workloads = auditor.deployment.workloads
    first = workloads[indices[0]]
    used = {place.id for place in first.places}
    regions = {place.region for place in first.places if place.kind in ("zone", "site")} - {OWN}
    for region in sorted(regions):
        sold = zones_sold(auditor.catalog.region(region), auditor.day)
        zones = [Place(zone.id, region, "zone") for zone in sold[: len(first.places)]]
        if len(regions) == 1 and len(zones) > len(used):
            places = spread(zones, len(first.places))
            moved = {index: replace(workloads[index], places=places) for index in indices}
            yield "add-zone", wording.spread_copies(len(zones), region), moved
        for zone in sold:
            if zone.id in used or not used.isdisjoint(zone.sites):
                continue
            # The workloads of a trial are alike: the same places, quorum and basis.
            places = (*first.places, Place(zone.id, region, "zone"))
            needed = majority(len(places)) if first.basis == MAJORITY else first.quorum
            added = {index: replace(workloads[index], places=places, quorum=needed) for index in indices}
            yield "add-zone", wording.add_copy(zone.id), added
