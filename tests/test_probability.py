from __future__ import annotations

from itertools import product
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from zonerisk.library import Library
from zonerisk.workloads.probability import Inputs, alpha_events, alpha_factor, beta_factor, by_shocks, lost


@pytest.mark.parametrize(
    ("zones", "common", "expected"),
    [
        (1, 0, 1.00e-3),
        (1, 0.02, 1.00e-3),
        (1, 0.05, 1.00e-3),
        (1, 0.10, 1.00e-3),
        (2, 0, 2.00e-3),
        (2, 0.02, 1.98e-3),
        (2, 0.05, 1.95e-3),
        (2, 0.10, 1.90e-3),
        (3, 0, 3.00e-6),
        (3, 0.02, 2.29e-5),
        (3, 0.05, 5.27e-5),
        (3, 0.10, 1.02e-4),
        (5, 0, 9.99e-9),
        (5, 0.02, 2.00e-5),
        (5, 0.05, 5.00e-5),
        (5, 0.10, 1.00e-4),
    ],
)
def test_published_vectors(zones: int, common: float, expected: float) -> None:
    found = beta_factor([1] * zones, zones // 2 + 1, 1e-3, common)
    assert found == pytest.approx(expected, rel=5e-3)


@given(st.lists(st.integers(1, 3), min_size=1, max_size=5), st.floats(0, 1), st.floats(0, 1), st.data())
def test_beta_factor_sums_over_every_set_of_places_down(
    weights: list[int], u: float, common: float, data: st.DataObject
) -> None:
    quorum = data.draw(st.integers(1, sum(weights)))
    x = (1 - common) * u
    alone = 0.0
    for down in product((0, 1), repeat=len(weights)):
        if sum(w for w, hit in zip(weights, down, strict=True) if not hit) < quorum:
            chance = 1.0
            for hit in down:
                chance *= x if hit else 1 - x
            alone += chance
    expected = common * u + (1 - common * u) * alone
    assert beta_factor(weights, quorum, u, common) == pytest.approx(expected, abs=1e-12)


def test_alpha_factor_near_its_published_approximation() -> None:
    alpha, total = (0.95, 0.024, 0.026), 1e-3
    q1, q2, q3 = alpha_events(alpha, total)
    assert alpha_factor(alpha, 2, total) == pytest.approx(3 * q1**2 + 3 * q2 + q3, rel=1e-3)


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=3), st.floats(1e-4, 0.3))
def test_alpha_factor_sums_over_every_set_of_events(shares: list[float], total: float) -> None:
    alpha = [share / sum(shares) for share in shares]
    m = len(alpha)
    events = alpha_events(alpha, total)
    sets = [frozenset(i for i in range(m) if bits >> i & 1) for bits in range(1, 2**m)]
    for down in range(m + 1):
        expected = 0.0
        for happened in product((0, 1), repeat=len(sets)):
            chance, hit = 1.0, set()
            for each, yes in zip(sets, happened, strict=True):
                chance *= events[len(each) - 1] if yes else 1 - events[len(each) - 1]
                if yes:
                    hit |= each
            expected += chance if len(hit) >= down else 0
        assert alpha_factor(alpha, down, total) == pytest.approx(expected, abs=1e-12)


def test_alpha_events_give_back_the_total() -> None:
    alpha = (0.9, 0.06, 0.04)
    events = alpha_events(alpha, 1e-3)
    assert sum(comb(2, k) * q for k, q in enumerate(events)) == pytest.approx(1e-3)


def test_ranges_become_an_interval() -> None:
    low, high = lost([1, 1, 1], 2, Inputs(unavailability=(5e-4, 2e-3), common=(0.02, 0.10)))
    assert low == pytest.approx(beta_factor([1, 1, 1], 2, 5e-4, 0.02))
    assert high == pytest.approx(beta_factor([1, 1, 1], 2, 2e-3, 0.10))
    by_alpha = lost([1, 1, 1], 2, Inputs(unavailability=(1e-3, 1e-3), alpha=(0.95, 0.024, 0.026)))
    assert by_alpha[0] == by_alpha[1] == alpha_factor((0.95, 0.024, 0.026), 2, 1e-3)


@pytest.mark.parametrize(
    "bad",
    [
        {"unavailability": (0.2, 0.1)},
        {"unavailability": (0, 2)},
        {"unavailability": (0, 0.1), "common": (0.5, 0.1)},
        {"unavailability": (0, 0.1), "alpha": (0.5, 0.2)},
        {"unavailability": (0, 0.1), "alpha": (1.5, -0.5)},
    ],
)
def test_no_probability_is_refused(bad: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Inputs.model_validate(bad)


def test_shocks_take_a_zone_alone_or_zones_together(shipped: Library) -> None:
    """Two copies that are both needed fall to one zone; of three, two are left."""
    regions = {"scaleway-fr-par": shipped.region("scaleway-fr-par")}
    zones = list(regions["scaleway-fr-par"].zones.values())
    two, three = ({zone.id: 1 for zone in zones[:count]} for count in (2, 3))
    every, majority, one = (
        by_shocks(shipped.rates, regions, copies, quorum)
        for copies, quorum in ((two, 2), (three, 2), (three, 1))
    )
    assert every[1] > majority[1] > one[1] > 0
    assert by_shocks(shipped.rates, regions, {zones[0].id: 2, zones[1].id: 1}, 2)[1] > majority[1]


def test_zones_of_two_regions_fall_to_no_shock_of_one(shipped: Library) -> None:
    regions = {key: shipped.region(key) for key in ("scaleway-fr-par", "scaleway-nl-ams")}
    copies = {next(iter(region.zones.values())).id: 1 for region in regions.values()}
    assert by_shocks(shipped.rates, regions, copies, 1) == (0.0, 0.0)
    assert by_shocks(shipped.rates, regions, copies, 2)[0] > 0
