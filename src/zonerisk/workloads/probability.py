"""Probability: the chance that a quorum is lost, given a common-cause share; a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import combinations
from math import comb, prod
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from zonerisk.core.model import Record, Region
from zonerisk.core.verdict import JEFFREYS, Moments
from zonerisk.judging import likelihood
from zonerisk.judging.likelihood import Rates

# Published values lie between 2 and 10 % (a manufacturer's SIL manual, read second-hand).
COMMON = (0.02, 0.10)
COMMON_SOURCE = "https://fliphtml5.com/vmpeb/cdww/SIL_MANUAL/104/"


Share = Annotated[float, Field(ge=0, le=1)]
_Pair = tuple[Share, Share]
# A share by itself is both ends of its range.
Ends = Annotated[
    _Pair,
    BeforeValidator(
        lambda share: share if isinstance(share, list | tuple) else (share, share),
        json_schema_input_type=_Pair | Share,
    ),
]


class Inputs(Record):
    """Inputs of the probability view, low and high; nothing of them is measured by zonerisk.

    ``unavailability`` is the share of time, or chance of an event, that one place is down, ``common`` the
    share of it that takes all places at once; ``alpha`` are, for the alpha-factor model, the shares of events
    that take exactly 1, 2 ... places.
    """

    unavailability: Ends
    common: Ends = COMMON
    alpha: tuple[Share, ...] = ()

    @model_validator(mode="after")
    def _probable(self) -> Self:
        for name, (low, high) in (("unavailability", self.unavailability), ("common", self.common)):
            if low > high:
                raise ValueError(f"{name}: the low end comes first")
        if self.alpha and abs(sum(self.alpha) - 1) > 0.001:
            raise ValueError("alpha: shares from 0 up that add up to 1")
        return self

    def fits_alpha(self, weights: Sequence[int]) -> bool:
        """Return whether there is a share for every number of places, and each has as many copies."""
        return len(self.alpha) == len(weights) and len(set(weights)) == 1


def beta_factor(weights: Sequence[int], quorum: int, unavailability: float, common: float) -> float:
    """Return the chance that a quorum is lost, by the beta-factor model (IEC 61508-6).

    The common share of a place's unavailability takes every place at once; the rest is independent.
    ``weights`` are the copies at each place.
    """
    shock = common * unavailability
    alone = (1 - common) * unavailability
    # Chance that the places down hold exactly so many copies, each place down independently.
    chances = [1.0] + [0.0] * sum(weights)
    for weight in weights:
        chances = [
            chance * (1 - alone) + (chances[down - weight] * alone if down >= weight else 0.0)
            for down, chance in enumerate(chances)
        ]
    lost = sum(chances[max(sum(weights) - quorum + 1, 0) :])
    return shock + (1 - shock) * lost


def alpha_events(alpha: Sequence[float], total: float) -> list[float]:
    """Return the chance of each common-cause event that takes exactly k given places.

    By the alpha-factor model (NUREG/CR-5485): ``alpha`` are the shares of events that take
    1, 2 ... m places, ``total`` is the chance of any event at one place.
    """
    m = len(alpha)
    mean = sum(k * share for k, share in enumerate(alpha, 1))
    return [k / mean * share * total / comb(m - 1, k - 1) for k, share in enumerate(alpha, 1)]


def alpha_factor(alpha: Sequence[float], down: int, total: float) -> float:
    """Return the chance that at least ``down`` of the places fail, by the alpha-factor model.

    Every set of places has its own independent event. What lies inside a set of s places is
    the product over all other events of not happening, and the rest follows by inclusion
    and exclusion; decimals keep the differences exact enough.
    """
    events = alpha_events(alpha, total)
    m = len(events)
    with localcontext() as context:
        context.prec = 60
        unit = Decimal(1)
        inside = [
            prod((unit - Decimal(event)) ** (comb(m, k) - comb(s, k)) for k, event in enumerate(events, 1))
            for s in range(m + 1)
        ]
        exactly = [
            comb(m, s) * sum((-1) ** (s - j) * comb(s, j) * inside[j] for j in range(s + 1))
            for s in range(m + 1)
        ]
        return float(sum(exactly[down:]))


def lost(weights: Sequence[int], quorum: int, inputs: Inputs) -> tuple[float, float]:
    """Return the chance that a quorum is lost, low and high, over the inputs' ranges."""
    ends = []
    for unavailability in inputs.unavailability:
        if inputs.fits_alpha(weights):
            down = -(-(sum(weights) - quorum + 1) // weights[0])
            ends.append(alpha_factor(inputs.alpha, down, unavailability))
        else:
            ends += [beta_factor(weights, quorum, unavailability, common) for common in inputs.common]
    return min(ends), max(ends)


def by_shocks(
    rates: Rates, regions: Mapping[str, Region], copies: Mapping[str, int], quorum: int
) -> tuple[float, float]:
    """Return the chance a year that a quorum is lost, 5 and 95 %, by the rates that are counted.

    Exact over the places, shock by shock: one of a zone takes its place alone; one of a region takes all of
    its zones, as often as events on file did, or else any two of them. ``copies`` stand by the ids of zones.
    """
    total = sum(copies.values())
    states = [Moments(0.0, 0.0)] * likelihood.POINTS
    for key, region in regions.items():
        own = {zone.id: copies.get(zone.id, 0) for zone in region.zones.values()}
        pairs = list(combinations(own.values(), 2))
        halves = sum(total - sum(pair) < quorum for pair in pairs) / max(1, len(pairs))
        row = rates.regions.get(key, likelihood.Exposed())
        hits, of = rates.campus_all if row.campus else rates.metro_all
        share = (hits + JEFFREYS) / (of + 1)
        taken = share * (total - sum(own.values()) < quorum) + (1 - share) * halves if pairs else 0.0
        layout = likelihood.Layout(
            zones=max(2, len(own)),
            open=(0, 1) if row.campus is None else (int(row.campus),),
            counts=rates.layouts(key, region.provider, row.claims),
            own=sum(row.hits.values()),
            years=row.years,
        )
        zone = rates.alone.times(sum(total - number < quorum for number in own.values()))
        factors = likelihood.shuffled(rates.factors(region.provider), 20)
        shared = map(Moments._make, likelihood.states(rates.shocks(key), layout, 2))
        states = [
            likelihood.added((before, several.times(taken), zone.times(factor)))
            for before, several, factor in zip(states, shared, factors, strict=True)
        ]
    if not any(state.mean for state in states):
        return 0.0, 0.0
    low, high = map(likelihood.chance, likelihood.mixed(states, 0.05, 0.95))
    return low, high
