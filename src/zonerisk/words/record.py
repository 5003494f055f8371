"""The record in sentences: events that hit several together, and what was looked through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.words import phrases

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from zonerisk.words.phrases import Named

_MOST_EVENTS = 3
NOT_FIXED = "no record says that the cause is removed"
OPEN_PAIRS = "the record counts the zones and does not name them"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day(text: str) -> str:
    """Write a date: ``20 October 2025``, ``June 2018``, ``2016``."""
    year, *rest = text[:10].split("-")
    words = [str(int(number)) for number in rest[1:]] + [_MONTHS[int(number) - 1] for number in rest[:1]]
    return " ".join([*words, year])


def event(name: str, start: str) -> str:
    """Write an event's name, with its day if the name does not tell the year."""
    return name if start[:4] in name else f"{name}, {day(start)}"


def struck(
    domains: Sequence[Named],
    shares: Sequence[tuple[str, float]],
    name: str,
    start: str,
    down: bool,
    least: int,
) -> str:
    """Write that one event hit domains, of which it put so many at least out or only degraded them.

    The ``shares`` are parts of each, where that is told; a part is never rounded up to the whole.
    """
    verb, what = "out of service" if down else "degraded", event(name, start)
    if least < len(domains):
        return f"at least {least} of {phrases.named(domains)} were {verb} together ({what})"
    if len(shares) == len(domains):
        parts = phrases.names([f"{100 * share:g} % of {domain}" for domain, share in shares])
        return f"{parts} were {verb} together ({what})"
    return f"{phrases.named(domains)} were {verb} together, in whole or in part ({what})"


def no_longer(message: str, fixed_since: str | None, aged: bool) -> str:
    """Write why an event is told and counts no more."""
    if fixed_since:
        return f"{message}; its cause is removed since {fixed_since}, by the record"
    return f"{message}; over ten years ago, and no cause is stated to stand" if aged else message


def both_hit(records: Sequence[tuple[str, str]], down: bool) -> str:
    """Write that one event hit both sides of a recovery: what each record calls it, and its day."""
    names = list(dict.fromkeys(event(*row) for row in records))
    what = names[0] if len(names) == 1 else f"one event ({'; '.join(names)})"
    return f"both were {'hit' if down else 'degraded'} by {what}"


def told(
    since: str | None,
    losses: Mapping[str, int],
    noun: str,
    alone: bool,
    several: Sequence[tuple[str, str]],
    degraded: int,
    wide: Sequence[str],
    looked: str,
) -> tuple[str, ...]:
    """Write a region's record in parts, the least needful last: events, what was ``looked`` through, more.

    It tells losses of one by cause, the events that hit ``several`` together by name and day, how many only
    ``degraded``, and the days of software faults of the ``wide`` region; ``alone`` where there is but one.
    """
    total = sum(losses.values())
    causes = ", ".join(f"{cause} {count}" for cause, count in losses.items())
    events = [f"no physical event took two {noun}s or more"] if since and not alone else []
    if several:
        named = "; ".join(event(*row) for row in several[-_MOST_EVENTS:])
        events = [f"{phrases.count(len(several), 'event')} took two {noun}s or more: {named}"]
    if total and alone:
        events.append(f"lost {'once' if total == 1 else f'{total} times'} ({causes})")
    elif total:
        events.append(f"{total} loss{'' if total == 1 else 'es'} of one {noun} ({causes})")
    begin = f"since {since[:4]}: " if since else ""
    parts = [f"{begin}{'; '.join(events) or 'nothing is on file'}", looked]
    if degraded:
        parts.append(f"{phrases.count(degraded, 'event')} only degraded")
    if wide:
        faults = phrases.count(len(wide), "software fault")
        parts.append(f"{faults} of the whole region, last {day(max(wide))}")
    return tuple(parts)


def looked_through(feeds: Sequence[tuple[str, str, str]], single_until: str | None) -> str:
    """Write which of a provider's feeds were read: from, to, how complete; and single losses to when."""
    if not feeds:
        return "no complete list of its events was found, so silence proves little"
    years = [
        phrases.ends(float(since[:4]), float(until[:4])) + " (large events only)" * (complete == "large")
        for since, until, complete in feeds
    ]
    single = f", for losses of one zone to {day(single_until[:7])}" if single_until else ""
    if single_until and single_until < min(since for since, *_ in feeds):
        single = ", though not for losses of one zone"
    return f"its notices of {' and '.join(years)} were read{single}"


def there(several: int, losses: int) -> str:
    """Write what is on record of a place to recover in; empty for nothing."""
    events = phrases.count(several, "event")
    parts = [f"{events} that hit several zones or datacenters"] if several else []
    parts += [f"{losses} loss{'' if losses == 1 else 'es'} of one zone"] if losses else []
    return f"on record there: {' and '.join(parts)}" if parts else ""


def backup(told: Mapping[str, tuple[int, int, int]]) -> str:
    """Write in how many physical events the backup failed, held, or is not told of, by cause."""
    listed = ", ".join(
        f"{cause} {failed} of {failed + held + silent}" + (f" (not told of {silent})" if silent else "")
        for cause, (failed, held, silent) in told.items()
    )
    return f"Backup failed in physical events on file, those in no feed too: {listed}."
