"""Power and network feeds that units share, from what is stated of their supply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.shared import Assessment, named, risk, strongest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.model import Feed, Region
    from zonerisk.unit import Unit

KINDS = ("power", "network")


def assess(kind: str, units: Sequence[Unit], owners: Sequence[Region], as_of: str) -> Assessment:
    """Find which units hang on the same stated supply.

    A pair without a common record is not known to be separate: a missing record is
    unknown.

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    units
        What is compared.
    owners
        Region records whose feeds may name the units' sites.
    as_of
        The day, ``YYYY-MM-DD``.
    """
    feeds = {feed.id: (feed, region) for region in owners for feed in region.feeds.values()
             if feed.kind == kind and feed.holds(as_of)}
    below = _sites_below({key: feed for key, (feed, _) in feeds.items()})
    risks, stated = [], set()
    for key, (feed, region) in feeds.items():
        hit = [unit for unit in units if any(site.id in below[key] for site in unit.sites)]
        stated |= {unit.id for unit in hit}
        if len(hit) > 1:
            evidence = region.cite(feed.evidence)
            risks.append(risk(kind, key, strongest(evidence), hit,
                              f"{named(hit)} hang on {feed.name}", evidence))
    silent = [unit for unit in units if unit.id not in stated]
    reason = (f"no {kind} feed is disclosed for {named(silent)}" if silent
              else f"the stated {kind} feeds do not say what lies upstream")
    return Assessment(kind, tuple(risks), reason=reason)


def _sites_below(feeds: dict[str, Feed]) -> dict[str, set[str]]:
    """Give every feed the sites it supplies, directly or through feeds downstream of it."""
    below = {key: set(feed.sites) for key, feed in feeds.items()}
    for _ in feeds:
        for key, feed in feeds.items():
            for upstream in feed.upstream:
                if upstream in below:
                    below[upstream] |= below[key]
    return below
