"""Auditor: one workload of a deployment, judged under a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.core.kinds import BY_POSITION, FEEDS
from zonerisk.core.plan_verdict import Chance, Judged, Standing
from zonerisk.core.verdict import Finding, Outcome, Range, severity, worst
from zonerisk.judging import qualitative as measured
from zonerisk.judging import rules as findings
from zonerisk.judging import score
from zonerisk.judging.arrangement import Arrangement
from zonerisk.judging.cause import named
from zonerisk.judging.independence import effective, most_taken
from zonerisk.judging.standby import Endpoint, Judge, Requirements, least_km, rank
from zonerisk.words import phrases
from zonerisk.workloads import probability
from zonerisk.workloads.siting import REGIONAL_M, Siting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Evidence
    from zonerisk.core.policy import Policy
    from zonerisk.judging.arrangement import FailureDomain
    from zonerisk.judging.cause import RiskGroups
    from zonerisk.workloads.deployment import Deployment, Place, Workload
    from zonerisk.workloads.probability import Inputs

BACKUP_KINDS = (*BY_POSITION, *FEEDS)
NO_BACKUP = "the plan names no backup"
NO_DR = "the plan names no place to recover in"
SAME_BUILDING = ": the same building as what it protects"
# Answered here, where copies and their quorum are known, not by a region's rules.
_HERE = ("quorum", "survives", "claims", "dr", "backup")


class Auditor:
    """Judges workloads of one deployment, remembering what it worked out.

    Parameters
    ----------
    catalog, policy
        Records and thresholds.
    deployment
        What is judged.
    day
        The day, ``YYYY-MM-DD``.
    inputs
        Of the probability view.
    """

    def __init__(
        self,
        catalog: Catalog,
        policy: Policy,
        deployment: Deployment,
        day: str,
        inputs: Inputs | None = None,
    ) -> None:
        self.inputs = inputs
        self.catalog, self.policy, self.deployment, self.day = catalog, policy, deployment, day
        self.siting = Siting(catalog, policy, day, deployment.own)
        self._fallbacks: dict[str, list[str]] = {}
        self._standby = Judge(catalog, policy, Requirements(least_km(policy)), day)

    def fallbacks(self, region: str) -> list[str]:
        """Give regions of the same provider that qualify as recovery, the best first."""
        if region not in self._fallbacks:
            found = rank(self.catalog, region, self.policy, self._standby.wanted, self.day)
            self._fallbacks[region] = [each.target for each in found.candidates if each.outcome == "pass"]
        return self._fallbacks[region]

    def judge(self, workload: Workload) -> Judged:
        """Judge one workload."""
        places = {place.id: place for place in workload.places}
        units = tuple(self.siting.unit(place) for place in places.values())
        assessed = self.siting.assess(workload.places)
        policy_rules = self.policy.rules
        judged = list(self._by_rules(workload, units, assessed))
        for name, judge in (
            ("quorum", self._quorum),
            ("survives", self._survives),
            ("dr", self._recovery),
            ("backup", self._backup),
        ):
            if name in policy_rules:
                judged.append(self._weighed(judge(workload)))
        judged.sort(key=lambda finding: -severity(finding.outcome))
        independent = (
            effective(units, assessed.values()) if len(units) > 1 else Range(low=len(units), high=len(units))
        )
        counted = copies(workload)
        return Judged(
            id=workload.id,
            file=workload.source.file,
            line=workload.source.line,
            outcome=worst([finding.outcome for finding in judged]),
            copies=len(workload.places),
            quorum=workload.quorum,
            quorum_basis=workload.basis,
            places=_standings(workload.places),
            backup=None if workload.backup is None else _standings(workload.backup),
            dr=None if workload.dr is None else _standings(workload.dr),
            score=score.weigh(judged, self.policy, independent),
            findings=tuple(judged),
            chance=self._chance(workload, judged, tuple(counted.values())),
            notes=workload.notes,
        )

    def _by_rules(
        self, workload: Workload, units: tuple[FailureDomain, ...], assessed: dict[str, RiskGroups]
    ) -> tuple[Finding, ...]:
        """Apply the rules that ask the same of a workload's places as of a region's zones."""
        rules = {name: rule for name, rule in self.policy.rules.items() if name not in _HERE}
        alone = len(units) < 2 and len(rules) < len(self.policy.rules)
        if not rules or alone or any(place.kind == "region" for place in workload.places):
            # No pair of places to hold together: the other rules say what that means.
            return ()
        places = Arrangement(
            workload.id,
            "place",
            self.day,
            units,
            len(units),
            measure=self.siting.distance,
            groups=assessed,
        )
        return findings.apply(self.policy.model_copy(update={"rules": rules}), places)

    def _weighed(self, finding: Finding) -> Finding:
        """Give a finding the weight of its rule: its severity, and no verdict without a figure.

        Under a rule that names none, only what is missing or in the same building fails.
        """
        rule = self.policy.rules[finding.rule]
        outcome = finding.outcome
        if outcome == "fail" and rule.severity == "warn":
            outcome = "warn"
        said = finding.message
        plain = finding.message in (NO_BACKUP, NO_DR) or finding.message.endswith(SAME_BUILDING)
        if rule.qualitative and not plain:
            outcome, said = "unknown", f"{said}; {measured.LEFT}"
        cited = (*finding.evidence, *self.policy.cite(finding.rule))
        return finding.model_copy(
            update={"outcome": outcome, "message": said, "evidence": tuple(dict.fromkeys(cited))}
        )

    def _quorum(self, workload: Workload) -> Finding:
        rule = self.policy.rules["quorum"]
        wanted = rule.threshold or 0
        if workload.quorum == 1:
            # Three places are for a majority; where one copy is enough, two are.
            wanted = min(wanted, 2)
        sure = {place.id for place in workload.places if place.kind != "somewhere"}
        most = len({place.id for place in workload.places})
        least = max(1, len(sure))
        spread = any(place.kind == "region" for place in workload.places)
        said = (
            f"{most} place{'' if most == 1 else 's'}"
            if least == most and not spread
            else f"{least} to {most} places"
            if not spread
            else "spread by the provider"
        )
        outcome: Outcome = (
            "unknown" if spread else "pass" if least >= wanted else "fail" if most < wanted else "unknown"
        )
        tail = "" if outcome == "pass" else f"; {wanted:g} are asked for"
        if workload.quorum == 1 and outcome == "pass":
            tail = ", of which one is enough"
        return Finding(rule="quorum", outcome=outcome, message=said + tail, subjects=(workload.id,))

    def _survives(self, workload: Workload) -> Finding:
        counted = copies(workload)
        if any(place.kind == "region" for place in workload.places):
            return Finding(
                rule="survives",
                outcome="unknown",
                subjects=(workload.id,),
                message=(
                    "the provider spreads it over the region; over which zones, and how many it "
                    "needs, the plan does not say"
                ),
            )
        assessed = self.siting.assess(workload.places)
        units = {place.id: self.siting.unit(place) for place in workload.places}
        risks = {risk.id: risk for each in assessed.values() for risk in each.risks}
        # What takes more places, and says so on record, is named before a single place.
        events: dict[str, tuple[str, ...]] = {
            key: members
            for key, risk in risks.items()
            if risk.grade != "C" and len(members := self.siting.taken(risk)) > 1
        }
        # Of a crowd only the number is known that goes together: at best, the fewest copies.
        counted_groups = {risk.id: risk for each in assessed.values() for risk in each.counted_groups}
        events |= {
            key: tuple(sorted(risk.members, key=counted.__getitem__)[: risk.least])
            for key, risk in counted_groups.items()
            if risk.grade != "C"
        }
        risks |= counted_groups
        events |= {
            f"place:{place.id}": self.siting.inside(place, workload.places) for place in workload.places
        }
        total = len(workload.places)
        left = {
            event: total - sum(counted.get(place, 0) for place in set(members))
            for event, members in events.items()
        }
        hardest = min(left, key=left.__getitem__)
        evidence: tuple[Evidence, ...] = ()
        if hardest in risks:
            said, evidence = risks[hardest].message, risks[hardest].evidence
        else:
            said = f"without {units[hardest.removeprefix('place:')].name}"
        message = (
            f"{said}: {left[hardest]} of {total} {'copy' if total == 1 else 'copies'} left, "
            f"{workload.quorum} needed"
        )
        if left[hardest] < workload.quorum:
            return Finding(
                rule="survives",
                outcome="fail",
                message=message,
                subjects=counted_groups[hardest].members if hardest in counted_groups else events[hardest],
                evidence=evidence,
            )
        return self._may_survive(workload, counted, assessed, message)

    def _may_survive(
        self,
        workload: Workload,
        counted: dict[str, int],
        assessed: dict[str, RiskGroups],
        holds: str,
    ) -> Finding:
        """Judge what is known to hold by what is not known, and by inference alone."""
        total = sum(counted.values())
        open_ = []
        for kind, each in assessed.items():

            def maybe(a: str, b: str, each: RiskGroups = each) -> bool:
                return each.outcome((a, b)) != "pass"

            taken = most_taken(counted, maybe)
            left = total - sum(counted[place] for place in taken)
            if left < workload.quorum and any(
                each.outcome((a, b)) == "unknown" for a in taken for b in taken if a != b
            ):
                open_.append(kind)
        if open_:
            return Finding(
                rule="survives",
                outcome="unknown",
                subjects=(workload.id,),
                message=(
                    f"holds against what is on record ({holds}); not known whether a quorum "
                    f"shares: {', '.join(open_)}"
                ),
            )
        inferred = [
            risk
            for each in assessed.values()
            for risk in each.risks
            if risk.grade == "C"
            and total - sum(counted.get(member, 0) for member in set(risk.members)) < workload.quorum
        ]
        if inferred:
            return Finding(
                rule="survives",
                outcome="warn",
                subjects=inferred[0].members,
                message=f"{inferred[0].message} (inferred): too few copies would be left",
                evidence=inferred[0].evidence,
            )
        return Finding(rule="survives", outcome="pass", message=holds, subjects=(workload.id,))

    def _side(self, key: str, places: Sequence[Place]) -> Endpoint:
        distinct = {place.id: place for place in places}
        units = tuple(self.siting.unit(place) for place in distinct.values())
        regions = tuple(dict.fromkeys(place.region for place in places))
        first = next(iter(distinct))
        return Endpoint(
            first if len(distinct) == 1 else key,
            named(units),
            units,
            regions,
            self.siting.placement.countries(places),
            self.siting.own,
        )

    def _recovery(self, workload: Workload) -> Finding:
        if not workload.dr:
            return _unplaced("dr", workload, workload.dr is None, "it would be recovered", NO_DR)
        ours = self._side(workload.id, workload.places)
        found = [self._standby.candidate(ours, self._side(place.id, (place,))) for place in workload.dr]
        best = min(found, key=lambda each: severity(each.outcome))
        return Finding(
            rule="dr",
            outcome=best.outcome,
            subjects=(best.target,),
            message=f"{best.name} ({best.target}): {best.message}",
            evidence=best.evidence,
        )

    def _backup(self, workload: Workload) -> Finding:
        if not workload.backup:
            silent = workload.backup is None
            return _unplaced("backup", workload, silent, "its backups are", NO_BACKUP)
        found = [self._one_backup(workload, place) for place in workload.backup]
        return min(found, key=lambda each: severity(each.outcome))

    def _one_backup(self, workload: Workload, backup: Place) -> Finding:
        """Hold a backup against every place of what it protects."""
        there = self.siting.unit(backup)
        where = f"backup in {there.name} ({there.id})"
        if backup.id in {place.id for place in workload.places}:
            return Finding(
                rule="backup",
                outcome="unknown" if backup.kind == "region" else "fail",
                subjects=(workload.id, backup.id),
                message=where
                + (SAME_BUILDING if len(there.sites) == 1 else ": the same place as what it protects"),
            )
        assessed = self.siting.assess((*workload.places, backup))
        primaries = dict.fromkeys(place.id for place in workload.places)
        risks = [
            risk
            for kind in BACKUP_KINDS
            for risk in assessed[kind].risks
            if backup.id in risk.members and not primaries.keys().isdisjoint(risk.members)
        ]
        distances = [
            self.siting.distance(self.siting.unit(place), there)
            for place in {place.id: place for place in workload.places}.values()
        ]
        nearest = min(distances, key=lambda each: each.rank)
        open_ = [
            kind
            for kind in BACKUP_KINDS
            if any(assessed[kind].outcome((place, backup.id)) == "unknown" for place in primaries)
        ]
        if min(each.low for each in distances) >= REGIONAL_M:
            # Beyond regional threats, what nobody discloses is not held against a backup.
            open_ = []
        hit = max(risks, key=lambda risk: (severity(risk.outcome), len(risk.members)), default=None)
        outcome = worst([*(risk.outcome for risk in risks), *(["unknown"] if open_ else [])])  # type: ignore[list-item]
        message = f"{where}: {phrases.interval(nearest)} away"
        if hit:
            message += f"; {hit.message}"
        if open_ and outcome == "unknown":
            message += f"; not known whether it shares {', '.join(open_)}"
        if outcome == "fail" and backup.kind == "region":
            outcome = "unknown"
            message += "; the provider spreads it, and other copies of it may stand elsewhere"
        return Finding(
            rule="backup",
            outcome=outcome,
            message=message,
            subjects=(workload.id, backup.id),
            evidence=hit.evidence if hit else (),
        )

    def _chance(
        self, workload: Workload, judged: Sequence[Finding], weights: tuple[int, ...]
    ) -> Chance | None:
        """Give a chance where the model fits: places told apart, no known risk of them all."""
        inputs = self.inputs
        known = any(
            finding.rule == "survives" and finding.outcome == "fail" and len(finding.subjects) > 1
            for finding in judged
        )
        if inputs is None or known or any(place.kind in ("region", "somewhere") for place in workload.places):
            return None
        low, high = probability.lost(weights, workload.quorum, inputs)
        alpha = len(inputs.alpha) == len(weights) and len(set(weights)) == 1
        return Chance(model="alpha-factor" if alpha else "beta-factor", low=low, high=high)


def copies(workload: Workload) -> dict[str, int]:
    """Count the copies at each place."""
    counted: dict[str, int] = {}
    for place in workload.places:
        counted[place.id] = counted.get(place.id, 0) + 1
    return counted


def _standings(places: Sequence[Place]) -> tuple[Standing, ...]:
    counted: dict[Place, int] = {}
    for place in places:
        counted[place] = counted.get(place, 0) + 1
    return tuple(
        Standing(place=place.id, region=place.region, kind=place.kind, copies=count)
        for place, count in counted.items()
    )


def _unplaced(rule: str, workload: Workload, silent: bool, what: str, none: str) -> Finding:
    """Judge a place that is not given: unknown where the file cannot tell, else a fail."""
    return Finding(
        rule=rule,
        outcome="unknown" if silent else "fail",
        message=f"the file does not tell where {what}" if silent else none,
        subjects=(workload.id,),
    )
