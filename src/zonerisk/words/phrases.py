"""Phrases: distances, counts, names, quotes and round trips, the one way that all sentences write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from string import Formatter
from typing import Any, Protocol

from zonerisk.core.geometry import Interval
from zonerisk.core.model import CONTROLS
from zonerisk.core.verdict import Range

# A distance from a hazard has its doubt beside it, and is written in kilometres from here on.
HAZARD_KM_FROM_M = 200.0
_MOST_NAMES = 8
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def visible(text: str) -> str:
    """Return a text with what a terminal would obey, or a reader not see, written out as JSON would."""
    if text.replace("\n", "").isprintable():
        return text
    return re.sub(CONTROLS, lambda sign: f"\\u{ord(sign[0]):04x}", text)


class Named(Protocol):
    """Anything that has a name."""

    @property
    def name(self) -> str:
        """What messages call it."""


def distance(metres: float, km_from_m: float = 1000.0) -> str:
    """Format a distance: metres below ``km_from_m``, else kilometres to a decimal, to 1 km from 100."""
    metres = abs(metres)
    if metres < km_from_m:
        return f"{metres:.0f} m"
    km = metres / 1000
    return f"{km:,.0f} km" if km >= 100 else f"{km:.1f} km"


def interval(span: Interval) -> str:
    """Format an interval of metres: ``8.6 km (8.4 km to 8.8 km)``, ``under 337 m``."""
    low, best, high = span.low, span.best, span.high
    if high is None:
        return "an unknown distance"
    if best is None:
        return f"{distance(low)} to {distance(high)}" if low else f"under {distance(high)}"
    ends = f" ({distance(low)} to {distance(high)})"
    return distance(best) + (ends if high - low >= 1 else "")


def round_trip(milliseconds: float) -> str:
    """Format a round trip: ``0.34 ms``; empty where that rounds to nothing."""
    return f"{milliseconds:.2f} ms" if milliseconds >= 0.005 else ""


def day(text: str) -> str:
    """Write a date: ``20 October 2025``, ``June 2018``, ``2016``."""
    year, *rest = text[:10].split("-")
    words = [str(int(number)) for number in rest[1:]] + [_MONTHS[int(number) - 1] for number in rest[:1]]
    return " ".join([*words, year])


def event(name: str, start: str) -> str:
    """Write an event's name, with its day if the name does not tell the year."""
    return name if start[:4] in name else f"{name}, {day(start)}"


def graded(message: str, grade: str) -> str:
    """Add to a sentence how well it is known: within the brackets that it ends with, if it does."""
    begin = f"{message[:-1]}; " if message.endswith(")") else f"{message} ("
    return f"{begin}evidence {grade})"


def count(number: int, noun: str) -> str:
    """Format a number of things: ``1 zone``, ``3 zones``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def ends(low: float, high: float, digits: int = 0) -> str:
    """Format a number between two ends: ``3``, ``2 to 5``."""
    lowest, highest = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return lowest if lowest == highest else f"{lowest} to {highest}"


def span(between: Range) -> str:
    """Format a count between its ends."""
    return ends(between.low, between.high)


def names(listed: Sequence[str]) -> str:
    """List names in a sentence: ``a, b and c``, each once; a long list is cut."""
    listed = list(dict.fromkeys(listed))
    if len(listed) > _MOST_NAMES:
        return f"{', '.join(listed[: _MOST_NAMES - 1])} and {len(listed) - _MOST_NAMES + 1} more"
    return " and ".join(filter(None, [", ".join(listed[:-1]), *listed[-1:]]))


def named(things: Iterable[Named]) -> str:
    """List things by name: ``SBG3, SBG4 and SBG5``; a long list is cut."""
    return names([thing.name for thing in things])


def opening(text: str) -> str:
    """Return a sentence with its first letter large; a figure or an id, no plain word, stays as it is."""
    plain = text.partition(" ")[0].rstrip(",;:").isalpha()
    return text[:1].upper() + text[1:] if plain else text


def quoted(text: str) -> str:
    """Quote what a provider states."""
    return f'"{text.rstrip(".")}"'


class _Sentences(Formatter):
    """Fills sentences: beside Python's own formats those of this module, such as ``{:named}``.

    ``{:is|are}`` is the first word for 1 and what is true, the second for all else; ``{:#zone}`` counts.
    ``{0:? since {0}}`` is told only of what is known or true, ``{0:!with no end}`` only of all else: of
    False, of an empty text and of a count of 0, but not of a measure of 0.0.
    """

    def format_field(self, value: Any, format_spec: str) -> Any:
        """Format one value; None is nothing."""
        sign, rest = format_spec[:1], format_spec[1:]
        if sign in ("?", "!") or value is None:
            return rest if sign == ("?" if value or isinstance(value, float) else "!") else ""
        if "|" in format_spec:
            return format_spec.split("|")[value != 1]
        if sign == "#":
            return count(value, rest)
        return _OWN[format_spec](value) if format_spec in _OWN else format(value, format_spec)


def sentence(template: str) -> Callable[..., str]:
    """Return the function that writes a sentence: its template, filled."""
    return partial(_Sentences().format, template)


# A round trip that was measured: ``0.32 ms measured``.
measured = sentence("{:g} ms measured")
# That what a sentence says was published later than the day judged.
known_since = sentence("{} (known since {})")
_OWN: dict[str, Callable[[Any], str]] = {
    "names": names,
    "named": named,
    "quoted": quoted,
    "distance": distance,
    "near": partial(distance, km_from_m=HAZARD_KM_FROM_M),
    "interval": interval,
    "measured": measured,
}
