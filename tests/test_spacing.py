"""A pair's outcome in the verdict is what the findings say of that pair."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.core.geometry import UNKNOWN, Interval
from zonerisk.core.model import Evidence, Policy, Rule
from zonerisk.core.verdict import Separation
from zonerisk.judging import rules as findings
from zonerisk.judging import separation
from zonerisk.judging.arrangement import Arrangement, FailureDomain, RiskGroups, risk
from zonerisk.library import Library

SAYS = Evidence(kind="opinion", title="t", read="2026", claim="c")
A, B, C = UNITS = tuple(FailureDomain(f"zz/{name}", name) for name in "abc")


def policy(**rules: Rule) -> Policy:
    named = {name.replace("_", "-"): rule for name, rule in rules.items()}
    return Policy.model_validate(
        {"name": "P", "standing": "opinion", "rules": named, "evidence": {"e": SAYS}}
    )


def rule(**words: object) -> Rule:
    return Rule.model_validate({"evidence": ("e",), **words})


def case(straight: Interval, *assessed: RiskGroups, units: tuple[FailureDomain, ...] = (A, B)) -> Arrangement:
    kinds = {each.kind: each for each in assessed}
    return Arrangement(
        "zz", "zone", "2026-01-31", units, len(units), measure=lambda a, b: straight, groups=kinds
    )


def judged(straight: Interval, *assessed: RiskGroups, **rules: Rule) -> Separation:
    (pair,) = separation.separations(policy(**rules), case(straight, *assessed))
    return pair


def km(low: float, best: float | None = None, high: float | None = None) -> Interval:
    best = low if best is None else best
    return Interval(low * 1000, best * 1000, (best if high is None else high) * 1000)


intervals = st.one_of(
    st.just(UNKNOWN),
    st.lists(st.floats(0, 200), min_size=3, max_size=3).map(lambda some: km(*sorted(some))),
    st.floats(0, 200).map(lambda high: Interval(0.0, None, high * 1000)),
)
distance_rules = st.builds(
    rule,
    threshold=st.sampled_from([10, 40, 100]),
    unit=st.just("km"),
    measure=st.sampled_from(["fibre", "straight"]),
    severity=st.sampled_from(["fail", "warn"]),
    fail_beyond_km=st.sampled_from([None, 100]),
)
trip_rules = st.builds(
    rule,
    threshold=st.sampled_from([0.1, 1]),
    unit=st.just("ms"),
    severity=st.sampled_from(["fail", "warn"]),
)


@given(
    intervals,
    st.one_of(
        st.tuples(st.sampled_from(["separation_min", "separation_max"]), distance_rules),
        st.tuples(st.just("rtt_max"), trip_rules),
        st.tuples(st.just("separation_min"), st.just(rule(qualitative=True))),
    ),
)
def test_one_pair_is_judged_as_its_finding(straight: Interval, asked: tuple[str, Rule]) -> None:
    name, one = asked
    (found,) = findings.apply(policy(**{name: one}), case(straight))
    assert judged(straight, **{name: one}).outcome == found.outcome


@pytest.mark.parametrize(
    ("apart", "outcome"),
    [
        (km(20), "pass"),
        (km(50), "warn"),
        (km(120), "fail"),
        (km(39, 39.5, 41), "unknown"),
        (km(95, 99, 101), "unknown"),
    ],
)
def test_it_warns_beyond_40_km_and_fails_beyond_100(apart: Interval, outcome: str) -> None:
    most = rule(threshold=40, unit="km", severity="warn", fail_beyond_km=100)
    assert judged(apart, separation_max=most).outcome == outcome


def test_what_is_shared_counts_worst_first() -> None:
    river = RiskGroups("river", (risk("river", "r", "C", (A, B), "m"),))
    campus = RiskGroups("campus", (risk("campus", "c", "A", (A, B), "m"),))
    power = RiskGroups("power", (risk("power", "p", "A", (A, C), "m"),))
    least = rule(threshold=15, unit="km")
    found = judged(km(20), river, campus, power, separation_min=least)
    assert (found.outcome, found.shared) == ("fail", ("campus:c", "river:r"))
    assert judged(km(20), river, power, separation_min=least).outcome == "warn"
    assert judged(km(20), power, separation_min=least).outcome == "pass"
    # What the policy softens for a finding it softens for each pair.
    soft = rule(threshold=1, unit="km", severity="warn")
    assert judged(km(20), campus, separation_min=least, colocation=soft).outcome == "warn"


def test_nothing_asked_and_nothing_shared_is_no_outcome() -> None:
    assert judged(km(20), dr=rule(threshold=300, unit="km")).outcome is None


@pytest.mark.parametrize("target", ["ovh-sbg", "scaleway-fr-par", "aws-eu-west-3"])
def test_the_pair_that_speaks_is_no_better_than_its_finding(shipped: Library, target: str) -> None:
    found = shipped.score(target)
    told = 0
    for finding in found.policy.findings:
        for pair in found.policy.separations:
            if finding.rule in separation.RULES and finding.subjects == (pair.a, pair.b):
                order = ("pass", "warn", "unknown", "fail")
                assert pair.outcome is not None
                assert order.index(pair.outcome) >= order.index(finding.outcome)
                told += 1
    assert told == 2


def test_a_threshold_says_what_it_is_measured_along(shipped: Library) -> None:
    for asked, along in (("podcast", "fibre"), ("aws-az", "straight")):
        finding = next(
            each
            for each in shipped.score("scaleway-fr-par", policy=asked).policy.findings
            if each.rule == "separation-max"
        )
        assert finding.threshold is not None
        assert finding.threshold.measure == along


def test_no_pair_may_come_to_what_all_of_them_come_to(shipped: Library) -> None:
    """Some may stand too near and others too far: which of the two it is, no pair alone leaves open."""
    found = shipped.score("ibm-eu-es", as_of="2021-03-11")
    assert any("of fibre (0 of 3 pairs)" in finding.message for finding in found.policy.findings)
