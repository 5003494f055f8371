"""The likelihood: its quadrature against a sampler, its bound against what is hidden, its own record."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

import sampler
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.verdict import Frequency, Tally, half_decade, one_in
from zonerisk.curation import rates as backtest
from zonerisk.judging import arrangement, likelihood, recovery
from zonerisk.judging.arrangement import Arrangement, FailureDomain
from zonerisk.judging.likelihood import Exposed, Layout
from zonerisk.library import Library
from zonerisk.words import verdicts as words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conftest import Runner
    from zonerisk.core.model import Region
    from zonerisk.core.verdict import Likelihood
    from zonerisk.judging.arrangement import RiskGroups

OPEN = (0, 1)


@pytest.mark.parametrize(
    ("region", "layout", "least", "long"),
    [
        ("", Layout(3, (0,)), 2, False),
        ("ovh-sbg", Layout(3, (1,), own=2), 2, False),
        ("aws-us-east-1", Layout(3, OPEN, counts=(1.5, 14), years=7.2), 2, False),
        ("azure-westus2", Layout(3, OPEN, counts=(2, 15), own=2, years=6.9), 2, False),
        ("google-us-east1", Layout(3, OPEN, "", (12.5, 2), 1, 6.1, {"cyclone": 0.05}), 2, False),
        ("", Layout(3, OPEN, "", (3, 9), 1, 7.0, {"cyclone": 0.15}), 2, False),
        ("", Layout(3, (0,), "", (3, 9), 0, 7.0, {"cyclone": 0.15}), 2, False),
        ("", Layout(3, OPEN, "", (3, 9), 1, 7.0, {"cyclone": 0.05}), 3, False),
        ("", Layout(3, OPEN, "", (3, 9), 1, 7.0), 2, True),
    ],
)
def test_the_quadrature_is_within_a_tenth_of_a_sampler(
    shipped: Library, region: str, layout: Layout, least: int, long: bool
) -> None:
    rates = shipped.rates
    drawn = sampler.draws(rates, region, layout, least, long)
    shares = (0.05, 0.5, 0.95)
    states = likelihood.states(rates.shocks(region), layout, least, long=long)
    for share, value in zip(shares, likelihood.mixed(states, *shares), strict=True):
        assert value == pytest.approx(drawn[int(share * len(drawn))], rel=0.1)


@pytest.mark.parametrize(
    ("a", "b", "low", "middle", "high"),
    [(1, 1, 0.05, 0.5, 0.95), (0.5, 0.5, 0.00616, 0.5, 0.99384), (2, 5, 0.0628, 0.2644, 0.5818)],
)
def test_a_table_of_beta_holds_its_quantiles(
    a: float, b: float, low: float, middle: float, high: float
) -> None:
    table = likelihood.beta_table(a, b)
    assert all(one <= other for one, other in pairwise(table))
    points = [table[int(share * likelihood.POINTS)] for share in (0.05, 0.5, 0.95)]
    assert points == pytest.approx([low, middle, high], abs=0.012)


def test_known_layouts_are_no_chance(shipped: Library) -> None:
    for target, layouts in (
        ("scaleway-fr-par", {"apart"}),
        ("aws-eu-north-1", {"apart"}),
        ("ovh-sbg", {"one-campus"}),
        ("azure-westeurope", {"one-campus"}),
        ("ibm-ca-mon", {"one-campus"}),
        ("aws-us-east-1", {"apart", "one-campus"}),
        ("google-us-east1", {"apart", "one-campus"}),
    ):
        known = shipped.score(target).likelihood
        assert set(known.by_layout) == layouts, target
        assert (known.layouts_alike is None) == (len(layouts) == 1)
        assert known.bound == max(known.by_layout.values())


def test_no_policy_moves_it(shipped: Library) -> None:
    answers = {repr(shipped.score("ibm-jp-osa", policy).likelihood) for policy in shipped.policies}
    assert len(answers) == 1


def _hidden(region: Region) -> dict[str, dict[str, object]]:
    """Return what can be hidden of a region: all at once, and one thing after another."""
    zones = region.zones
    hiding: dict[str, dict[str, object]] = {
        "every zone's place": {
            "zones": {key: zone.model_copy(update={"sites": ()}) for key, zone in zones.items()}
        },
        "campuses": {
            "campuses": {},
            "sites": {key: site.model_copy(update={"campus": None}) for key, site in region.sites.items()},
        },
        "the number of buildings": {"buildings": None},
        "candidates": {"candidates": None},
    }
    for key, zone in zones.items():
        if zone.sites:
            hiding[f"the place of {key}"] = {
                "zones": {**zones, key: zone.model_copy(update={"sites": ()})},
                "candidates": None,
            }
    for key, site in list(region.sites.items())[:3]:
        if site.position:
            wide = site.position.model_copy(update={"uncertainty_m": 20_000.0})
            hiding[f"where {key} is"] = {
                "sites": {**region.sites, key: site.model_copy(update={"position": wide})}
            }
            hiding[f"that {key} has a place"] = {
                "sites": {**region.sites, key: site.model_copy(update={"position": None})}
            }
    return hiding


def _falls(shipped: Library, target: str) -> list[str]:
    """Return what a region may hide to lower its bound."""
    region, told = shipped.region(target), shipped.score(target).likelihood.bound
    hidden, lower = Library(*shipped.roots), []
    for what, less in _hidden(region).items():
        hidden._held["region"][target] = region.model_copy(update=less)
        hidden.samples._cache.clear()
        arrangement.arranged.cache_clear()
        recovery.endpoint.cache_clear()
        try:
            bound = hidden.score(target).likelihood.bound
        except UsageError:
            # Datacenters that are not known at all are compared with nothing.
            continue
        if bound < told:
            lower.append(f"{target}: {what}: {bound} under {told}")
    return lower


# One for every kind of fact that may be hidden: sites, ties, campuses, counts of buildings, candidates.
DISCLOSED = (
    *("ovh-sbg", "scaleway-fr-par", "azure-westeurope", "aws-eu-north-1", "ibm-us-east", "ibm-jp-osa"),
    *("google-asia-northeast2", "google-us-east1"),
)


@pytest.mark.parametrize("target", DISCLOSED)
def test_hiding_never_lowers_the_bound(shipped: Library, target: str) -> None:
    assert not _falls(shipped, target)


def test_a_model_that_rewards_hiding_is_caught(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone that says nothing is held to stand apart: the fault that the test above must see."""
    real = likelihood.shared_campus

    def trusting(arrangement: Arrangement, groups: Mapping[str, RiskGroups]) -> tuple[int, ...]:
        shown = real(arrangement, groups)
        return shown if len(shown) == 1 else (0,)

    monkeypatch.setattr(likelihood, "shared_campus", trusting)
    shipped.rates.answers.clear()
    assert _falls(shipped, "azure-westeurope")
    assert _falls(shipped, "ibm-jp-osa")
    shipped.rates.answers.clear()


def _known(shipped: Library, region: str = "", **layout: object) -> Likelihood:
    asked = Layout(3, OPEN, counts=(3.0, 9.0))._replace(**layout)
    return likelihood.likelihood(shipped.rates.shocks(region), asked)


def test_own_events_move_the_figure_and_a_clean_record_does_not_lower_the_bound(shipped: Library) -> None:
    clean, old, struck = (_known(shipped, **kw) for kw in ({}, {"years": 10.0}, {"own": 2, "years": 10.0}))
    assert clean.bound == old.bound < struck.bound
    assert old.majority_lost.years_low >= struck.majority_lost.years_low
    assert clean.one_event_less < clean.bound < clean.one_event_more


def test_a_fixed_cause_counts_no_more(shipped: Library) -> None:
    assert shipped.score("azure-westus2").likelihood.own_events == 2
    early = shipped.score("azure-westus2", as_of="2022-01-01").likelihood
    assert early.own_events == 0
    assert early.own_years < shipped.score("azure-westus2").likelihood.own_years


def test_a_region_is_left_out_of_what_it_is_judged_by(shipped: Library) -> None:
    rates = shipped.rates
    everyone, others = rates.shocks(""), rates.shocks("azure-westus2")
    assert everyone.metro["power"].events - others.metro["power"].events == 1
    assert everyone.metro["power"].years - others.metro["power"].years == pytest.approx(
        rates.regions["azure-westus2"].years
    )


def test_the_bound_is_of_the_worst_layout_and_inside_the_band_of_a_known_one(shipped: Library) -> None:
    apart, campus, hidden = (_known(shipped, open=layouts).bound for layouts in ((0,), (1,), OPEN))
    assert apart < campus == hidden
    known = _known(shipped, open=(1,), years=40.0)
    assert 1 / known.majority_lost.years_low >= known.bound


def test_six_zones_lose_a_majority_with_three_and_two_with_one(shipped: Library) -> None:
    assert Layout(6, OPEN).majority == 3
    two = _known(shipped, zones=2)
    assert two.majority == 1
    assert two.majority_lost == two.one_or_more
    assert two.bound > _known(shipped).bound


def test_rounding_is_outwards_and_the_bound_downwards() -> None:
    values = [half_decade(value, up) for value in (45.0, 30.0, 0.2) for up in (False, True)]
    assert values == [30, 100, 30, 30, 0.1, 0.3]
    assert [one_in(chance) for chance in (1 / 29, 1 / 30, 0.211, 0.9)] == [20, 30, 4, 1]


def test_undisclosed_zones_take_the_worst_of_their_metro(shipped: Library) -> None:
    zones = tuple(FailureDomain(key, key) for key in "abc")
    blind = Arrangement("ibm-jp-osa", "zone", shipped.date, zones, 3)
    known = shipped.rates.regions["ibm-jp-osa"].often
    shown, most = likelihood.strikes_on(blind, shipped.samples, known)
    assert not shown
    assert most == known
    assert most["cyclone"] > 0.1


def test_zones_are_asked_of_whatever_is_compared(shipped: Library) -> None:
    assert (
        shipped.score("scaleway-fr-par", units="sites").likelihood
        == shipped.score("scaleway-fr-par").likelihood
    )


def test_what_no_layer_reaches_is_not_assessed(shipped: Library) -> None:
    assert "flood" in shipped.score("ovh-sbg").likelihood.not_assessed


def test_the_table(shipped: Library, run: Runner) -> None:
    known = shipped.score("aws-us-east-1").likelihood
    printed = run("score", "aws-us-east-1", "--likelihood").stdout
    assert f"at most 1 in {known.at_most_one_in:,.0f}" in printed
    assert "A model, not evidence: it changes no outcome" in printed
    assert "conflict" in printed
    table = run("score", "ovh-sbg", "--likelihood", COLUMNS="80").stdout
    assert "a majority lost (2 of 3 datacenters)" in table
    assert "what takes a campus 97 %" in table
    assert max(map(len, table.splitlines())) <= 80
    assert run("score", "ovh-sbg", "--likelihood", "--format", "csv").stdout.startswith("target,asked,answer")


def test_the_back_test_scores_only_what_was_frozen(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen, skills = backtest.backtest(shipped)
    assert frozen == shipped.rates.sha256
    assert {(row.question, row.events) for row in skills} >= {(backtest.SEVERAL, 4)}
    for row in skills:
        assert row.nats[1] <= row.nats[0] <= row.nats[2]
    told = {words.skill(*row)[-1] for row in skills if row.nats[1] <= 0}
    assert told <= {"no skill shown"}
    monkeypatch.setitem(shipped.__dict__, "rates", replace(shipped.rates, sha256="changed"))
    with pytest.raises(DataError, match="data rates --constants"):
        backtest.backtest(shipped)


def test_a_model_that_knows_what_came_gains_and_one_that_errs_loses() -> None:
    """The score itself: sure of what happened, it gains; sure of what did not, it loses."""
    trials = [backtest.Trial(f"zz-{n}", "zz", 2022, 1.0, 3.0, hit=n < 5) for n in range(50)]
    for right in (True, False):
        rates = _sure(trials, right)
        skill = backtest._skill(backtest.SEVERAL, "", [(rates, trials, trials)], rates.regions)
        assert (skill.nats[0] > 0) is right
        assert (skill.brier[0] > 0) is right


def _sure(trials: list[backtest.Trial], right: bool) -> likelihood.Rates:
    """Return rates by which the regions that were hit, or the others, share a campus that fails every year."""
    rows = {t.region: Exposed("zz", campus=t.hit is right, years=0.0) for t in trials}
    rows["zz-metro"] = Exposed("zz", years=1000.0)
    rows["zz-campus"] = Exposed("zz", campus=True, campus_years=50.0, campus_hits=50)
    empty = Tally(0, 1.0)
    none = (0, 0)
    return likelihood.Rates("", "", {}, 1.0, 1.0, {}, none, none, none, {}, empty, empty, rows)


def test_regions_whose_bands_overlap_are_not_told_apart(shipped: Library, run: Runner) -> None:
    assert "not told apart" in run("compare", "aws-us-east-1", "scaleway-fr-par").stdout
    assert (
        words.not_told_apart([Frequency(years_low=1, years_high=10), Frequency(years_low=30, years_high=99)])
        is None
    )
