"""Likelihood: how often zones are lost together, by shocks on nested levels (Marshall and Olkin); a model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any, Literal, NamedTuple

from zonerisk.core.model import Incident
from zonerisk.core.samples import HazardSample, Source
from zonerisk.core.verdict import JEFFREYS, Frequency, Likelihood, Moments, Tally, half_decade, one_in
from zonerisk.judging.arrangement import Arrangement, Facts, RiskGroups, pairs, sites_of, together
from zonerisk.judging.independence import most_taken, stands_apart

# Steps towards a quantile, how near to its share is near enough, and what turns an erf into a normal.
_STEPS, _CLOSE, _HALF = 200, 5e-5, math.sqrt(0.5)
# A table holds a distribution at the middles of so many equal shares: the points of a quadrature.
POINTS = 101
_SHARES = tuple((point + 0.5) / POINTS for point in range(POINTS))
_NORMAL = NormalDist()
_ANGLES = 512
# Shocks are told apart by the system that failed; what else was counted keeps its own name.
CAUSES = {"fibre": "network", "hardware": "network", "storm": "water"}
ZONE_CAUSES = ("power", "cooling", "network", "fire", "water")
METRO_CAUSES = ("power", "cooling", "network")
# The metro's shock that comes on top of a campus's own; the others stand for it where zones are apart.
SPANNING = "network"
# Shorter losses are not counted; those that last longer than this are long. Hours.
LEAST_H, LONG_H = 0.5, 24.0
# What a region of another provider counts beside one of the provider's own, for a layout: our opinion.
POOLED = 0.5
_LOW, _HIGH = 0.05, 0.95
# Steps by which the unknowns run through their tables; the region's own record runs straight. Of those
# that were tried, the lattice nearest to a sampler.
_LAYOUT, _CAMPUS, _METRO, _FACTOR, _STRIKE, _LONG = 22, 76, 57, 20, 74, 30
_SURE = (1.0,) * POINTS
# By the chance of a shared campus.
_LAYOUTS: tuple[Literal["apart"], Literal["one-campus"]] = ("apart", "one-campus")


class Exposed(NamedTuple):
    """What one region adds to the counts, so that it is left out where it is judged itself.

    ``claims``: a distance of its zones is stated. ``years`` are those with several zones that complete feeds
    cover, ``hits`` the events in them that took two or more, ``strikes`` those of hazards to be expected.
    ``campus``: a majority shares one, by tied zones or else all known buildings (None: neither tells);
    ``campus_years`` since it is open then. ``often`` is the most a year at any known place of it.
    """

    provider: str = ""
    claims: bool = False
    years: float = 0.0
    hits: Mapping[str, int] = {}
    campus: bool | None = None
    campus_years: float = 0.0
    campus_hits: int = 0
    strikes: Mapping[str, float] = {}
    often: Mapping[str, float] = {}


@dataclass(frozen=True)
class Rates:
    """All that is counted, as ``zonerisk data rates --constants`` writes it.

    ``zone`` are losses of one zone by cause, ``spread`` the standard deviation of the logarithm of the
    ``providers``' rates of such. Of the events that took two zones or more, ``campus_all`` and ``metro_all``
    took all, on a campus and elsewhere, and ``long`` lasted over 24 hours: each with the number of those of
    which that is told. ``losses`` are events in which a hazard itself took zones.
    """

    until: str
    sha256: str
    zone: Mapping[str, int]
    zone_years: float
    spread: float
    providers: Mapping[str, Tally]
    campus_all: tuple[int, int]
    metro_all: tuple[int, int]
    long: tuple[int, int]
    losses: Mapping[str, int]
    conflict: Tally
    logical: Tally
    regions: Mapping[str, Exposed]
    answers: dict[object, Likelihood] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, tree: Mapping[str, Any]) -> Rates:
        """Return them from their JSON."""
        return cls(
            **{
                **tree,
                **{key: Tally(*tree[key]) for key in ("conflict", "logical")},
                "providers": {key: Tally(*row) for key, row in tree["providers"].items()},
                "regions": {key: Exposed(**row) for key, row in tree["regions"].items()},
            }
        )

    @cached_property
    def alone(self) -> Moments:
        """How often one zone is lost, of all causes."""
        causes = dict.fromkeys((*ZONE_CAUSES, *self.zone))
        return added(Tally(self.zone.get(cause, 0), self.zone_years).moments for cause in causes)

    def factors(self, provider: str) -> tuple[float, ...]:
        """Return a provider's lognormal factor on losses of one zone: of mean 1, moved by its own counts."""
        weight, centre = 1 / self.spread**2, -(self.spread**2) / 2
        if counted := self.providers.get(provider):
            events = counted.events + JEFFREYS
            ratio = math.log(counted.moments.mean / self.alone.mean)
            centre = (centre * weight + ratio * events) / (weight + events)
            weight += events
        return tuple(math.exp(centre + weight**-0.5 * _NORMAL.inv_cdf(share)) for share in _SHARES)

    @cached_property
    def _totals(self) -> tuple[Counter[str], float, Tally, Counter[str]]:
        hits, strikes, rows = Counter[str](), Counter[str](), self.regions.values()
        for row in rows:
            hits.update(row.hits)
            strikes.update(row.strikes)
        campus = Tally(sum(row.campus_hits for row in rows), sum(row.campus_years for row in rows))
        return hits, sum(row.years for row in rows), campus, strikes

    def shocks(self, region: str) -> Shocks:
        """Return the rates that a region is judged by: of all others."""
        own = self.regions.get(region, Exposed())
        hits, years, campus, strikes = self._totals
        causes = dict.fromkeys((*METRO_CAUSES, *hits))
        metro = {key: Tally(hits[key] - own.hits.get(key, 0), years - own.years) for key in causes}
        chances = {}
        for kind, number in strikes.items():
            others = max(0.0, number - own.strikes.get(kind, 0.0))
            chances[kind] = self.losses.get(kind, 0) + JEFFREYS, others + JEFFREYS
        left = Tally(campus.events - own.campus_hits, campus.years - own.campus_years)
        return Shocks(self, left, metro, chances)

    def layouts(self, region: str, provider: str, claims: bool) -> tuple[float, float]:
        """Count the other regions whose layout shows: a majority on one campus, and none.

        Those of other providers that state a distance too, or state none too, count half.
        """
        counts = [0.0, 0.0]
        for key, row in self.regions.items():
            own = row.provider == provider
            if key != region and row.campus is not None and (own or row.claims == claims):
                counts[not row.campus] += 1 if own else POOLED
        return counts[0], counts[1]


class Shocks(NamedTuple):
    """Rates that one region is judged by: of campuses, of metros by cause; and how a hazard's strikes end."""

    rates: Rates
    campus: Tally
    metro: Mapping[str, Tally]
    chances: Mapping[str, tuple[float, float]]

    @property
    def parts(self) -> tuple[Moments, Moments, Moments]:
        """What takes a campus; what takes zones that stand apart; what takes either."""
        apart = added(tally.moments for cause, tally in self.metro.items() if cause != SPANNING)
        return self.campus.moments, apart, self.metro[SPANNING].moments

    def more(self, events: int) -> Shocks:
        """Return them with so many events more, of a campus and of the metro's power."""
        metro = {**self.metro, "power": self.metro["power"].more(events)}
        return self._replace(campus=self.campus.more(events), metro=metro)


class Layout(NamedTuple):
    """What a model must know of one region's zones.

    ``open`` are the chances of a shared campus that are left open: 0 (none), 1 (a majority shares one), or
    both; ``counts`` the regions of its kind of which a majority shares one, and of which none does; ``own``
    its events that took two or more in the ``years`` that complete feeds cover; ``strikes`` and ``most`` how
    often a year each hazard reaches a majority, as shown and as is left open.
    """

    zones: int
    open: tuple[int, ...]
    provider: str = ""
    counts: tuple[float, float] = (0.0, 0.0)
    own: int = 0
    years: float = 0.0
    strikes: Mapping[str, float] = {}
    most: Mapping[str, float] = {}

    @property
    def majority(self) -> int:
        """As many as leave no majority: half or more."""
        return -(-self.zones // 2)

    @property
    def campus(self) -> tuple[float, ...]:
        """The chance of a shared campus, at the points."""
        if len(self.open) == 1:
            return (float(self.open[0]),) * POINTS
        together, apart = self.counts
        return beta_table(together + JEFFREYS, apart + JEFFREYS)


def states(
    shocks: Shocks, layout: Layout, least: int, worst: int | None = None, long: bool = False
) -> list[tuple[float, float]]:
    """Return mean and variance of how often ``least`` zones are lost together, by state of what is unknown.

    ``worst`` takes a chance of a shared campus for granted: nothing that was looked through then lowers the
    rate, and hazards strike as often as is left open. ``long``: for over 24 hours.
    """
    rates, (joint, apart, either) = shocks.rates, shocks.parts
    campus, strikes, years = layout.campus, layout.strikes, layout.years
    if worst is not None:
        campus, strikes, years = (float(worst),) * POINTS, layout.most, 0.0
    known = [
        (often, shuffled(beta_table(*shocks.chances.get(kind, (JEFFREYS, JEFFREYS))), _STRIKE))
        for kind, often in strikes.items()
    ]

    def shares(counts: tuple[int, int], prime: int) -> tuple[float, ...]:
        hits, of = counts
        return shuffled(beta_table(hits + JEFFREYS, of - hits + JEFFREYS), prime)

    takes_all = least == layout.zones > 2
    alone, factors = Moments(0.0, 0.0), _SURE
    if least == 1:
        alone = rates.alone.times(layout.zones)
        factors = shuffled(rates.factors(layout.provider if worst is None else ""), _FACTOR)
    rows = zip(
        table(1 + layout.own),
        shuffled(campus, _LAYOUT),
        shares(rates.campus_all, _CAMPUS) if takes_all else _SURE,
        shares(rates.metro_all, _METRO) if takes_all else _SURE,
        shares(rates.long, _LONG) if long else _SURE,
        factors,
        strict=True,
    )
    moments = []
    for point, (record, c, all_campus, all_metro, lasts, factor) in enumerate(rows):
        own = record / (1 + (c * joint.mean + (1 - c) * apart.mean + either.mean) * years)
        on, off, both = c * all_campus * own, (1 - c) * all_metro * own, all_metro * own
        mean = on * joint.mean + off * apart.mean + both * either.mean + factor * alone.mean
        for often, ends in known:
            mean += often * ends[point]
        spread = on * on * joint.variance + off * off * apart.variance + both * both * either.variance
        spread += factor * factor * alone.variance
        moments.append((mean * lasts, spread * lasts * lasts))
    return moments


def chance(rate: float) -> float:
    """Return the chance of an event within a year, from its rate."""
    return -math.expm1(-rate)


def bound(shocks: Shocks, layout: Layout, worst: int) -> float:
    """Return the 95 % end of the chance a year that a majority is lost, for a chance of a shared campus."""
    if layout.most or layout.majority < 2:
        return chance(*mixed(states(shocks, layout, layout.majority, worst), _HIGH))
    joint, apart, either = shocks.parts
    shared = added((joint if worst else apart, either))
    return chance(shared.mean * product(1 + layout.own, round(shared.mean**2 / shared.variance, 2), _HIGH))


def _band(moments: Sequence[tuple[float, float]], least_high: float = 0.0) -> Frequency:
    """Return the half decades that hold 5 to 95 %, as years between two events."""
    low, high = map(chance, mixed(moments, _LOW, _HIGH))
    most = half_decade(1 / max(high, least_high), up=False)
    return Frequency(years_low=most, years_high=half_decade(1 / low, up=True))


def cause(event: Incident) -> str:
    """Return the kind of shock that an incident was."""
    return CAUSES.get(event.cause, event.cause)


def took_several(event: Incident, region: str) -> bool:
    """Return whether an incident counts as the loss of two zones or more of a region."""
    physical = event.class_ == "physical" and event.scope != "edge"
    hit = region in event.regions and (event.hit(region) or 0) > 1
    return hit and physical and event.down and lasted(event)


def lasted(event: Incident) -> bool:
    """Return whether an incident lasted long enough to count, as far as is known."""
    return event.duration_h is None or event.duration_h >= LEAST_H


def claims_distance(arrangement: Arrangement) -> bool:
    """Return whether a distance of the zones is stated, of the region or of all the provider's."""
    return any(claim.kind in ("separation-min", "separation-max") for claim in arrangement.claims)


def shared_campus(arrangement: Arrangement, groups: Mapping[str, RiskGroups]) -> tuple[int, ...]:
    """Return which chances are left open that a majority, two at least, shares a campus: 0, 1 or both."""
    zones, needed = arrangement.domains, max(2, -(-len(arrangement.domains) // 2))
    if len(zones) < 2:
        return (1,)
    at_one = [risk for kind in ("building", "campus") for risk in groups[kind].all_risks]
    risks = [risk for risk in at_one if risk.outcome == "fail"]
    joined = together(risk for risk in risks if risk.groups == 1)
    sited = {zone.id for zone in zones if zone.disclosed and arrangement.sited(zone)}
    apart = {
        (a.id, b.id)
        for a, b in pairs(zones)
        if {a.id, b.id} <= sited and (a.id, b.id) not in joined
        if stands_apart(arrangement.distance(a, b), a, b)
    }
    copies = dict.fromkeys((zone.id for zone in zones), 1)
    known = len(most_taken(copies, lambda a, b: (a, b) in joined))
    if max([known, *(risk.least for risk in risks)]) >= needed:
        return (1,)
    return (0, 1) if len(most_taken(copies, lambda a, b: (a, b) not in apart)) >= needed else (0,)


def strikes_at(rows: Iterable[HazardSample]) -> dict[str, tuple[float, float]]:
    """Return how often each hazard with a frequency strikes one place: surely, and as far as is open."""
    often: dict[str, tuple[float, float]] = {}
    for row in (row for row in rows if row.interval and row.layer.frequent):
        area, rate = row.layer.measure == "area", row.layer.rate_per_year([row])
        sure = may = 0.0
        if rate and not (area and row.inside is False):
            may = rate.high or rate.low
            sure = rate.low if rate.best is None else rate.best
            sure = 0.0 if area and not row.inside else sure
        before = often.get(row.layer.kind, (0.0, 0.0))
        often[row.layer.kind] = max(before[0], sure), max(before[1], may)
    return often


def strikes_on(
    arrangement: Arrangement, source: Source, known: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return how often each hazard strikes a majority, as shown and as is left open.

    A zone that is not disclosed is surely struck as often as all places are where it may stand. It may be
    as often as the worst place ``known`` of the region, or as the worst class of a layer that reaches it.
    """
    frequent = dict.fromkeys(layer.kind for layer in source.layers if layer.frequent)
    places = {
        key: strikes_at(row for kind in frequent for row in source.of(site, kind))
        for key, site in sites_of(arrangement.domains).items()
    }
    worst = dict(known)
    for layer in source.layers:
        if layer.frequent and layer.measure == "area" and layer.reaches(arrangement.id):
            worst[layer.kind] = max(worst.get(layer.kind, 0.0), 1 / min(layer.return_years.values()))
    for kind, (_, often) in (row for place in places.values() for row in place.items()):
        worst[kind] = max(worst.get(kind, 0.0), often)
    reach = -(-len(arrangement.domains) // 2) - 1
    shown: dict[str, float] = {}
    most: dict[str, float] = {}
    for kind, often in worst.items():
        sure, may = [], []
        for zone in arrangement.domains:
            at = [places[site.id].get(kind, (0.0, often)) for site in (zone.sites or zone.possible)]
            sure.append((max if zone.sites else min)((low for low, _ in at), default=0.0))
            may.append(max(high for _, high in at) if zone.disclosed else often)
        for listed, table in ((sure, shown), (may, most)):
            if rate := sorted(listed, reverse=True)[reach]:
                table[kind] = rate
    return shown, most


def assess(facts: Facts, arrangement: Arrangement, source: Source, looked: float) -> Likelihood:
    """Return how often zones of a region are lost together; ``looked`` are the years looked through."""
    region, day, rates = arrangement.id, arrangement.day, facts.rates
    struck = [
        event
        for event in facts.incidents(region, logical=False)
        if took_several(event, region) and event.day <= day
    ]
    standing = {event.key for event in struck if not (event.fixed_since and event.fixed_since <= day)}
    provider = arrangement.provider.id if arrangement.provider else ""
    row = rates.regions.get(region, Exposed())
    shown, most = strikes_on(arrangement, source, row.often)
    layout = Layout(
        zones=len(arrangement.domains),
        provider=provider,
        open=shared_campus(arrangement, arrangement.groups),
        counts=rates.layouts(region, provider, claims_distance(arrangement)),
        own=len(standing),
        years=min(row.years, looked),
        strikes=shown,
        most=most,
    )
    reached = {layer.kind for layer in source.layers if layer.frequent and layer.reaches(region)}
    not_assessed = tuple(kind for kind in rates.losses if kind not in reached)
    # Regions that add nothing to the counts are judged by the same rates.
    added_by_it = (row.years, row.campus_years, row.campus_hits, row.strikes, row.hits)
    key = repr((added_by_it, layout, not_assessed))
    if key not in rates.answers:
        rates.answers[key] = likelihood(rates.shocks(region), layout, not_assessed)
    return rates.answers[key]


def likelihood(shocks: Shocks, layout: Layout, not_assessed: tuple[str, ...] = ()) -> Likelihood:
    """Return the model's answer for one layout."""
    rates = shocks.rates
    bounds = {worst: bound(shocks, layout, worst) for worst in layout.open}
    worst, highest = max(bounds.items(), key=lambda row: row[1])
    majority = states(shocks, layout, layout.majority)
    everything = majority if layout.zones < 2 else states(shocks, layout, max(2, layout.zones))
    c = sum(layout.campus) / POINTS
    joint, _, _ = shocks.parts
    means = {"campus": c * joint.mean}
    for name, tally in shocks.metro.items():
        means[name] = tally.moments.mean * (1.0 if name == SPANNING else 1 - c)
    for kind, often in layout.strikes.items():
        hit, missed = shocks.chances.get(kind, (JEFFREYS, JEFFREYS))
        means[kind] = often * hit / (hit + missed)
    if layout.majority < 2:
        means["zone"] = layout.zones * rates.alone.mean
    total = sum(means.values())
    more, less = (bound(shocks.more(step), layout, worst) for step in (1, -1))
    hits = sum(tally.events for tally in shocks.metro.values())
    return Likelihood(
        zones=layout.zones,
        majority=layout.majority,
        one_or_more=_band(states(shocks, layout, 1)),
        majority_lost=_band(majority, highest if len(layout.open) == 1 else 0.0),
        all_lost=_band(everything),
        majority_over_24h=_band(states(shocks, layout, layout.majority, long=True)),
        bound=float(f"{highest:.4g}"),
        at_most_one_in=one_in(highest),
        worst_layout=_LAYOUTS[worst],
        by_layout={_LAYOUTS[key]: float(f"{value:.4g}") for key, value in bounds.items()},
        causes={
            name: round(mean / total, 2)
            for name, mean in sorted(means.items(), key=lambda row: -row[1])
            if mean / total >= 0.005
        },
        counted={
            "metro": Tally(hits, round(shocks.metro[SPANNING].years, 1)),
            "campus": replace(shocks.campus, years=round(shocks.campus.years, 1)),
            "zone": Tally(sum(rates.zone.values()), rates.zone_years),
            "conflict": rates.conflict,
            "logical": rates.logical,
        },
        own_events=layout.own,
        own_years=round(layout.years, 1),
        layouts_alike=None if len(layout.open) == 1 else layout.counts,
        one_event_more=float(f"{more:.4g}"),
        one_event_less=float(f"{less:.4g}"),
        not_assessed=not_assessed,
        counted_until=rates.until,
    )


def added(parts: Iterable[Moments]) -> Moments:
    """Return the moments of a sum of independent rates."""
    means, variances = zip(*parts, strict=True)
    return Moments(sum(means), sum(variances))


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
    most = max(logs)
    weights = [math.exp(log - most) for log in logs]
    total, reached, step, values = sum(weights), 0.0, 0, []
    for share in _SHARES:
        while step < _ANGLES - 1 and reached + weights[step] < share * total:
            reached += weights[step]
            step += 1
        angle = (step + min(1.0, (share * total - reached) / weights[step])) * math.pi / 2 / _ANGLES
        values.append(math.sin(angle) ** 2)
    return tuple(values)


@lru_cache(maxsize=4096)
def shuffled(values: tuple[float, ...], step: int) -> tuple[float, ...]:
    """Return a table in the order of a lattice: those of different steps fill their combinations evenly."""
    return tuple(values[(point * step + POINTS // 2) % POINTS] for point in range(POINTS))


def mixed(states: Sequence[tuple[float, float]], *shares: float) -> list[float]:
    """Return the rates below which shares lie, over equally likely states of what is not known.

    In each state, a mean and a variance, the rate is taken for a Gamma: its cube root is normal, by Wilson
    and Hilferty.
    """
    erf, count = math.erf, len(states)
    terms, middle, square = [], 0.0, 0.0
    for mean, variance in states:
        root = 3 * mean / math.sqrt(variance)
        slope, shift = root / mean ** (1 / 3) * _HALF, (root - 1 / root) * _HALF
        terms.append((slope, shift))
        middle += shift / slope
        square += (shift * shift + 0.5) / (slope * slope)
    middle /= count
    spread = math.sqrt(square / count - middle * middle)
    quantiles = []
    for share in shares:
        # As if all were one normal; from there by secants, and by halves where these lead astray.
        aim, away = (2 * share - 1) * count, _NORMAL.inv_cdf(share)
        rise = 2 * count * _NORMAL.pdf(away) / spread
        low, at, high = 0.0, max(middle + away * spread, middle / 20), middle + 40 * spread
        before = step = 0.0
        for _ in range(_STEPS):
            miss = sum([erf(at * slope - shift) for slope, shift in terms]) - aim
            if abs(miss) < _CLOSE * count:
                break
            rise = (miss - before) / step if step else rise
            low, high = (at, high) if miss < 0 else (low, at)
            aimed = at - miss / rise if rise > 0 else low
            aimed = aimed if low < aimed < high else (low + high) / 2
            before, step, at = miss, aimed - at, aimed
        quantiles.append(at**3)
    return quantiles


@lru_cache(maxsize=4096)
def product(shape: int, other: float, share: float) -> float:
    """Return the value below which a share of Gamma(shape) times a Gamma of mean 1 and another shape lies."""
    return mixed([(value, value**2 / other) for value in table(shape)], share)[0]
