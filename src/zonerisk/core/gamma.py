"""The Gamma distribution: what a count of events over some exposure tells of their rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.geometry import Interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JEFFREYS = 0.5
_STEPS = 200


def rate(count: int, exposure: float, level: float = 0.9) -> Interval:
    """Return the rate of a count by Jeffreys' prior: its mean, and the ends that hold ``level`` of it.

    Events strike at a constant rate, independently: Gamma(count + 1/2) over the exposure.
    """
    shape, tail = count + JEFFREYS, (1 - level) / 2
    return Interval(quantile(shape, tail) / exposure, shape / exposure, quantile(shape, 1 - tail) / exposure)


def quantile(shape: float, share: float) -> float:
    """Return the value below which a share of Gamma(shape) of unit rate lies, for a shape of n + 1/2."""
    low, high = 0.0, max(1.0, shape + 20 * math.sqrt(shape) + 20)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(shape, middle) < share else (low, middle)
    return (low + high) / 2


def below(shape: float, value: float) -> float:
    """Return the share of Gamma(n + 1/2) of unit rate below a value: an error function and n terms."""
    if value <= 0:
        return 0.0
    terms = ((n + JEFFREYS) * math.log(value) - math.lgamma(n + 1 + JEFFREYS) for n in range(int(shape)))
    return math.erf(math.sqrt(value)) - sum(math.exp(term - value) for term in terms)


class Moments(NamedTuple):
    """Mean and variance of a rate a year."""

    mean: float
    variance: float

    def times(self, factor: float) -> Moments:
        """Return them of the rate times a factor."""
        return Moments(self.mean * factor, self.variance * factor * factor)


def added(parts: Iterable[Moments]) -> Moments:
    """Return the moments of a sum of independent rates."""
    means, variances = zip(*parts, strict=True)
    return Moments(sum(means), sum(variances))


@dataclass(frozen=True)
class Tally:
    """Events in years of exposure: their rate is Gamma(events + 1/2) over the years."""

    events: int
    years: float

    @property
    def moments(self) -> Moments:
        """Mean and variance of the rate; less than a year of exposure counts as one."""
        years = max(self.years, 1.0)
        return Moments((self.events + JEFFREYS) / years, (self.events + JEFFREYS) / years**2)

    def more(self, events: int) -> Tally:
        """Return it with so many events more, never below none."""
        return Tally(max(0, self.events + events), self.years)


# A table holds a distribution at the middles of so many equal shares: the points of a quadrature.
POINTS = 101
_SHARES = tuple((point + 0.5) / POINTS for point in range(POINTS))
_NORMAL = NormalDist()
_ANGLES = 512


@lru_cache(maxsize=256)
def table(shape: int) -> tuple[float, ...]:
    """Return Gamma(shape): exactly for 1, else by the cube root of Wilson and Hilferty."""
    if shape == 1:
        return tuple(-math.log1p(-share) for share in _SHARES)
    ninth = 1 / (9 * shape)
    return tuple(shape * (1 - ninth + _NORMAL.inv_cdf(share) * math.sqrt(ninth)) ** 3 for share in _SHARES)


@lru_cache(maxsize=4096)
def beta_table(a: float, b: float) -> tuple[float, ...]:
    """Return Beta(a, b) of shapes from 1/2 up; over an angle, x = sin^2, its density has no pole."""
    angles = [(step + 0.5) * math.pi / 2 / _ANGLES for step in range(_ANGLES)]
    logs = [(2 * a - 1) * math.log(math.sin(at)) + (2 * b - 1) * math.log(math.cos(at)) for at in angles]
    weights = [math.exp(log - max(logs)) for log in logs]
    total, reached, step, values = sum(weights), 0.0, 0, []
    for share in _SHARES:
        while step < _ANGLES - 1 and reached + weights[step] < share * total:
            reached += weights[step]
            step += 1
        angle = (step + min(1.0, (share * total - reached) / weights[step])) * math.pi / 2 / _ANGLES
        values.append(math.sin(angle) ** 2)
    return tuple(values)


@lru_cache(maxsize=256)
def factor_table(centre: float, spread: float) -> tuple[float, ...]:
    """Return a lognormal factor, by the mean and the standard deviation of its logarithm."""
    return tuple(math.exp(centre + spread * _NORMAL.inv_cdf(share)) for share in _SHARES)


@lru_cache(maxsize=4096)
def shuffled(values: tuple[float, ...], step: int) -> tuple[float, ...]:
    """Return a table in the order of a lattice: those of different steps fill their combinations evenly."""
    return tuple(values[(point * step + POINTS // 2) % POINTS] for point in range(POINTS))


def mixed(states: Sequence[Moments], *shares: float) -> list[float]:
    """Return the rates below which shares lie, over equally likely states of what is not known.

    In each state the rate is taken for a Gamma of its moments, by the cube root of Wilson and Hilferty.
    """
    terms = []
    for mean, variance in states:
        root = 3 * mean / math.sqrt(variance)
        terms.append((root / mean ** (1 / 3) * math.sqrt(0.5), (root - 1 / root) * math.sqrt(0.5)))
    count = len(terms)
    middles = sorted(shift / slope for slope, shift in terms)
    found = []
    for share in shares:
        aim = (2 * share - 1) * count
        low, high = 0.0, 3 * middles[-1]
        at_low, at_high = -count - aim, count - aim
        root = middles[min(count - 1, int(share * count))]
        for _ in range(_STEPS):
            at = sum([math.erf(root * slope - shift) for slope, shift in terms]) - aim
            if abs(at) < 2e-4 * count:
                break
            if at < 0:
                low, at_low, at_high = root, at, at_high * 0.6
            else:
                high, at_high, at_low = root, at, at_low * 0.6
            root = (low * at_high - high * at_low) / (at_high - at_low)
        found.append(root**3)
    return found


@lru_cache(maxsize=4096)
def product(shape: int, other: float, share: float) -> float:
    """Return the value below which a share of Gamma(shape) times a Gamma of mean 1 and another shape lies."""
    return mixed([Moments(value, value**2 / other) for value in table(shape)], share)[0]
