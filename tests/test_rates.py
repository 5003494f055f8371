"""Rates follow from the records alone, and from a prior that is checked against known figures."""

from __future__ import annotations

import json

import pytest

from conftest import Runner
from zonerisk.curation import rates
from zonerisk.library import Library


@pytest.mark.parametrize(
    ("shape", "share", "value"),
    [
        (0.5, 0.05, 0.0019660850),
        (0.5, 0.95, 1.9207294103),
        (4.5, 0.05, 1.6625564058),
        (4.5, 0.95, 8.4594886081),
        (30.5, 0.5, 30.1673),
        (200.5, 0.95, 224.40),
    ],
)
def test_quantiles_are_those_of_tables(shape: float, share: float, value: float) -> None:
    """Half of the chi-square quantiles of 1, 9 and 61 degrees of freedom."""
    assert rates.quantile(shape, share) == pytest.approx(value, rel=1e-3)
    assert rates.below(shape, rates.quantile(shape, share)) == pytest.approx(share, abs=1e-9)


def test_counts_and_exposure_of_the_shipped_record(shipped: Library) -> None:
    rows = {(row.event, row.of): row for row in rates.rates(shipped)}
    lost = rows["one zone lost", "all"]
    assert lost.events == 28
    assert lost.exposure == pytest.approx(1197, abs=2)
    assert (lost.low, lost.best, lost.high) == pytest.approx((0.017, 0.024, 0.032))
    fire = rows["one zone lost", "fire"]
    assert (fire.events, fire.exposure) == (0, lost.exposure)
    assert 0.001 < fire.high < 0.002, "what never happened has a bound"
    several = rows["two zones or more lost", "all"]
    assert several.events == 4
    assert several.exposure == pytest.approx(472, abs=2)
    assert rows["two zones or more hit, degraded too", "all"].events == 7
    assert rows["software fault of several regions", "all"].events == 45


def test_the_command(run: Runner) -> None:
    found = json.loads(run("data", "rates", "--format", "json").stdout)
    assert found["schema"] == "zonerisk/rates/1"
    assert found["biases"]
    assert found["backup_failed"]["power"]["failed"] > found["backup_failed"]["power"]["held"]
    assert "rank candour" in run("data", "rates").stdout
