"""Kinds of shared risk: the one table of places, feeds, hazards and events, and how each is treated.

To add a hazard: one row here, a card in ``data/layers``, a rule in a policy, a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

Family = Literal["place", "feed", "hazard", "event"]


class Kind(NamedTuple):
    """One kind of shared risk, by its id in records, cards and verdicts.

    ``family`` is how it is shared: by standing in one place, by hanging on one feed, by lying in reach of one
    hazard, or by an event on record. A policy asks of it by ``rule``, in ``unit``; None: it is only told.
    ``apart`` is what a pass says after "no two zones", ``open`` what is said of a pair that no list shows to
    share it. ``extent_m`` is the greatest size of an object of it: two places farther apart than that and
    twice the rule's distance share none.
    """

    id: str
    family: Family
    rule: str | None = None
    unit: str | None = None
    apart: str = "share one"
    open: str = "none on the lists is shared, but the lists are not complete"
    by_position: bool = False  # An unknown counts; places beyond any regional threat share none.
    always: bool = False  # Assessed though the policy does not ask of it.
    wide: bool = False  # A whole country's: told like its law, shared only by what an event hit.
    wet: bool = False  # Drawn in the colour of water.
    extent_m: float | None = None
    exposure: bool = False  # It stands or may fall near: told as grade C, and no loss by itself.
    correlated: bool = False  # A rule may give the distance over which one event strikes alike.


def _hazard(key: str, unit: str | None = None, apart: str = "share one", **treated: Any) -> Kind:
    """Return a kind of hazard that the rule of its name asks of."""
    return Kind(key, "hazard", key, unit, apart, **treated)


_ROWS = (
    Kind("building", "place", "colocation", "km", "share a building or campus", by_position=True),
    Kind("campus", "place", "colocation", "km", "share a building or campus", by_position=True),
    Kind("power", "feed", "power", "circuits"),
    Kind("network", "feed", "network"),
    Kind("water", "feed"),
    _hazard(
        "flood",
        apart="stand in the same mapped flood zone",
        open="outside what is mapped, which does not show that no flood is shared",
        by_position=True,
        always=True,
        wet=True,
    ),
    _hazard("river", "km", "stand{within} the same mapped river", wet=True),
    _hazard("coast", "km", "stand{within} the same mapped sea coast", wet=True),
    _hazard("seismic", "km", "stand{within} the same fault on the list", correlated=True),
    _hazard("nuclear", "km", "stand{within} the same nuclear power plant on the lists", extent_m=3e3),
    _hazard("industry", "km", "stand{within} the same works on the lists", extent_m=3e3, exposure=True),
    _hazard("hydro", "km", extent_m=3e3, exposure=True),
    _hazard("dam", "km"),
    # A runway's axis runs 15 km past both ends of 5 km.
    _hazard("runway", "km", "lie{within} the same runway axis on the list", extent_m=36e3, exposure=True),
    _hazard("cyclone", "km", "are in reach of one storm on record"),
    _hazard("volcano", "km", "stand{within} the same volcano on the list", extent_m=3e3),
    _hazard("cooling", "km", "are in reach of one heat wave, or of one source of cooling, on record"),
    _hazard("wildfire", apart="stand in the same mapped wildfire area", exposure=True),
    _hazard("storm", exposure=True),
    _hazard("subsidence", exposure=True),
    Kind("heat", "hazard", wide=True),
    Kind("conflict", "hazard", wide=True),
    Kind("incident", "event", "incidents"),
)

KINDS = {row.id: row for row in _ROWS}
HAZARDS = tuple(row.id for row in _ROWS if row.family == "hazard")
STATED_FEEDS = tuple(row.id for row in _ROWS if row.family == "feed")
"""Feeds that a record may state; a verdict judges those that a rule asks of, :data:`FEEDS`."""
FEEDS = tuple(row.id for row in _ROWS if row.family == "feed" and row.rule)
CORRELATED = tuple(row.rule for row in _ROWS if row.correlated and row.rule)
BY_POSITION = tuple(row.id for row in _ROWS if row.by_position)
CLAIMS = (
    *("zone-count", "building-count", "separation-min", "separation-max", "rtt-max"),
    *(f"{how}-{feed}" for how in ("separate", "shared") for feed in FEEDS),
    *("dr-distance", "other"),
)
# What the rules on kinds take as the unit of their threshold, by rule.
UNITS = {row.rule: row.unit for row in _ROWS if row.rule}

# A type checker reads no table: for it they are text, and records are checked as they are read.
if TYPE_CHECKING:
    HazardKind = str
    FeedKind = str
    StatedFeedKind = str
    ClaimKind = str
else:
    HazardKind, ClaimKind = Literal[HAZARDS], Literal[CLAIMS]
    FeedKind, StatedFeedKind = Literal[FEEDS], Literal[STATED_FEEDS]


def asked_by(rule: str) -> tuple[str, ...]:
    """Return the kinds that a rule of a policy asks of; none for a rule on something else."""
    return tuple(row.id for row in _ROWS if row.rule == rule)
