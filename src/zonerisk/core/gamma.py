"""The Gamma distribution: what a count of events over some exposure tells of their rate."""

from __future__ import annotations

import math

from zonerisk.core.geometry import Interval

JEFFREYS = 0.5
_STEPS = 200


def rate(count: int, exposure: float, level: float = 0.9) -> Interval:
    """Return the rate of a count by Jeffreys' prior: its mean, and the ends that hold ``level`` of it.

    Events strike at a constant rate, independently: Gamma(count + 1/2) over the exposure.
    """
    shape, tail = count + JEFFREYS, (1 - level) / 2
    return Interval(quantile(shape, tail) / exposure, shape / exposure, quantile(shape, 1 - tail) / exposure)


def quantile(shape: float, share: float) -> float:
    """Return the value below which a share of Gamma(shape) of unit rate lies."""
    low, high = 0.0, max(1.0, shape + 20 * math.sqrt(shape) + 20)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(shape, middle) < share else (low, middle)
    return (low + high) / 2


def below(shape: float, value: float) -> float:
    """Return the share of Gamma(shape) of unit rate below a value (regularised incomplete gamma)."""
    if value <= 0:
        return 0.0
    front = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        term = total = 1 / shape
        step = shape
        while term > total * 1e-16:
            step += 1
            term *= value / step
            total += term
        return front * total
    # The continued fraction of the upper tail, by Lentz' method.
    b = value + 1 - shape
    c, d = 1e300, 1 / b
    ratio = d
    for step in range(1, 10_000):
        a = -step * (step - shape)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        ratio *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return 1 - front * ratio
