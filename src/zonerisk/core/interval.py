"""Intervals: what is known of a quantity, a count or a score lies between two ends."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a quantity and its best estimate; None where nothing bounds it."""

    low: float
    best: float | None
    high: float | None

    def __iter__(self) -> Iterator[float | None]:
        """Return low, best and high."""
        return iter((self.low, self.best, self.high))

    def rounded(self, digits: int = 0) -> Interval:
        """Return it as verdicts write it: metres to 0 digits, milliseconds to 3."""
        return Interval(
            round(self.low, digits),
            None if self.best is None else round(self.best, digits),
            None if self.high is None else round(self.high, digits),
        )

    def scaled(self, low: float, best: float, high: float) -> Interval:
        """Multiply each end by its own factor."""
        return Interval(
            self.low * low,
            None if self.best is None else self.best * best,
            None if self.high is None else self.high * high,
        )

    @property
    def bounds(self) -> Interval:
        """The same ends without a best estimate."""
        return Interval(self.low, None, self.high)

    @property
    def rank(self) -> float:
        """What to sort by: the best estimate, else the upper end; infinite if there is none."""
        if self.best is not None:
            return self.best
        return math.inf if self.high is None else self.high

    def at_least(self, threshold: float) -> bool | None:
        """Return whether the whole interval reaches a threshold; None if only a part does."""
        if self.low >= threshold:
            return True
        return False if self.high is not None and self.high < threshold else None

    def at_most(self, threshold: float) -> bool | None:
        """Return whether the whole interval stays within a threshold; None if only a part does."""
        if self.high is not None and self.high <= threshold:
            return True
        return False if self.low > threshold else None


@dataclass(frozen=True, slots=True)
class Value(Interval):
    """An interval with its unit."""

    unit: str


@dataclass(frozen=True, slots=True)
class Range:
    """A count between two ends."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100; the ends differ by what is not known."""

    low: float
    high: float


UNKNOWN = Interval(0.0, None, None)
