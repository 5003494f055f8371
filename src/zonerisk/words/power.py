"""Power and network in sentences: stated supplies, shared stations, stations near sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zonerisk.core.model import Grade
    from zonerisk.core.supply import Neighbourhood
    from zonerisk.words.phrases import Named


class Way(Protocol):
    """A way from a site up to a station: the site's name, how far its start is, and how well known."""

    @property
    def site(self) -> str:
        """The site's name."""

    @property
    def distances_m(self) -> tuple[float, ...]:
        """Distances from the site to the stations where it starts; none for a stated feed."""

    @property
    def grade(self) -> Grade:
        """How well the way is known."""


def shared_feed(domains: Sequence[Named], feed: str, grade: Grade) -> str:
    """Write that domains hang on a stated feed."""
    return f"{phrases.named(domains)} {'may hang on' if grade == 'C' else 'hang on'} {feed}"


def open_because(kind: str, silent: Sequence[Named]) -> str:
    """Write why it is open whether domains share a feed."""
    if silent:
        return f"no {kind} feed is disclosed for {phrases.named(silent)}"
    return f"the stated {kind} feeds do not say what lies upstream"


def ended(domains: Sequence[Named], until: str, feed: str) -> str:
    """Write that a feed was stated up to a day only."""
    return f"stated for {phrases.named(domains) if domains else 'the region'} until {until} only: {feed}"


def shared_stations(
    domains: Sequence[Named],
    stations: Sequence[str],
    grade: Grade,
    ways: Mapping[tuple[tuple[str, ...], int], Sequence[Way]],
) -> str:
    """Write that domains hang, or may hang, on stations, and the ways there by start and circuits."""
    names = " and ".join(stations)
    listed = "; ".join(_way(" or ".join(start), hops, each, names) for (start, hops), each in ways.items())
    if grade == "C":
        listed = f"{listed}; which stations feed them is not known"
    return f"{phrases.named(domains)} {'may hang' if grade == 'C' else 'hang'} on {names} ({listed})"


def _way(start: str, hops: int, ways: Sequence[Way], names: str) -> str:
    """Write the ways up from one start; a start that is itself what they hang on has been named."""
    sites = phrases.names([way.site for way in ways])
    distances = [metres for way in ways for metres in way.distances_m]
    if not distances:
        feeds = "may feed" if any(way.grade == "C" for way in ways) else "feeds"
        begin = f"{start}, which {feeds} {sites}"
    else:
        begin = f"nearest known at {_km(distances)} from {sites}"
        begin = begin if start == names else f"{start}, {begin}"
    return begin + (f", {phrases.count(hops, 'circuit')} below" if hops else "")


def near_stations(group: Sequence[tuple[str, Neighbourhood]], year: str | None) -> str:
    """Write the stations around some sites: the nearest that a map of some year knows."""
    names = [name for name, _ in group]
    listed = ", ".join(
        f"{column[0].label} at {_km([near.distance_m for near in column])}"
        for column in zip(*(around.telling for _, around in group), strict=True)
    )
    count = group[0][1].open
    doubt = f" (candidates overlap: any of {count} could be the nearest)" if count > 1 else ""
    by = f" by a map of {year}" if year else ""
    fed = f"none known to feed {'it' if len(names) == 1 else 'them'}"
    return f"nearest known stations to {phrases.names(names)}{by}, {fed}: {listed}{doubt}"


def more_stations(sites: int) -> str:
    """Write near how many more sites stations are known."""
    return f"stations are known near {sites} more sites"


def _km(metres: Sequence[float]) -> str:
    return f"{phrases.ends(min(metres) / 1000, max(metres) / 1000, 1)} km"
