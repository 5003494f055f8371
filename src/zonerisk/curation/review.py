"""Review: every region's verdict on one line, and what a change of records does to them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zonerisk.core.policy import Policy
    from zonerisk.library import Library


class Line(NamedTuple):
    """A region's verdict in the columns that a review compares."""

    outcome: str
    grade: str = ""
    score: str = ""
    zones: str = ""
    effective: str = ""
    datacenters: str = ""
    fails: str = ""
    unknown: str = ""


class Change(NamedTuple):
    """One column of one region's verdict, before and after; of rules, those that left and came."""

    region: str
    what: str
    old: str
    new: str


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def line(catalog: Library, region_id: str, policy: Policy, as_of: str | None = None) -> Line:
    """Judge one region; where it sells nothing, or is refused, the line says only that."""
    try:
        verdict = catalog.score(region_id, policy, as_of)
    except UsageError:
        return Line("nothing sold")
    except DataError:
        return Line("refused")
    by_outcome = {
        outcome: " ".join(finding.rule for finding in verdict.findings if finding.outcome == outcome)
        for outcome in ("fail", "unknown")
    }
    return Line(
        verdict.outcome,
        verdict.grade,
        _span(verdict.score.low, verdict.score.high),
        str(verdict.zones.sold),
        _span(verdict.zones.effective.low, verdict.zones.effective.high),
        str(verdict.datacenters.count),
        by_outcome["fail"],
        by_outcome["unknown"],
    )


def lines(catalog: Library, policy: Policy, as_of: str | None = None) -> dict[str, Line]:
    """Judge every region of a catalogue."""
    return {region_id: line(catalog, region_id, policy, as_of) for region_id in catalog.region_ids}


def comma_separated(judged: Mapping[str, Line]) -> str:
    """Write lines as CSV, by region."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("region", *Line._fields))
    writer.writerows((region_id, *judged[region_id]) for region_id in sorted(judged))
    return buffer.getvalue()


def changes(old: Library, new: Library, policy: Policy, as_of: str | None = None) -> list[Change]:
    """Find which verdicts differ between two catalogues.

    Both are judged on the day of the new one, or on ``as_of``. A region whose verdict reads
    the same files is not judged again.
    """
    day = as_of or new.edition.date
    found: list[Change] = []
    for region_id in sorted({*old.region_ids, *new.region_ids}):
        if region_id not in new.region_ids:
            found.append(Change(region_id, "region", "recorded", "gone"))
        elif region_id not in old.region_ids:
            added = line(new, region_id, policy, day)
            found.append(Change(region_id, "region", "not recorded", added.outcome))
        elif _digest(old, region_id) != _digest(new, region_id):
            found += _columns(region_id, line(old, region_id, policy, day), line(new, region_id, policy, day))
    return found


def _digest(catalog: Library, region_id: str) -> str | None:
    try:
        return catalog.digest(region_id)
    except DataError as error:
        return str(error)


def _columns(region_id: str, old: Line, new: Line) -> Iterator[Change]:
    judged = bool(old.grade and new.grade)
    for field, before, after in zip(Line._fields, old, new, strict=True):
        if not judged and field != "outcome":
            continue
        if before != after and field in ("fails", "unknown"):
            was, now = before.split(), after.split()
            yield Change(
                region_id,
                field,
                " ".join(rule for rule in was if rule not in now),
                " ".join(rule for rule in now if rule not in was),
            )
        elif before != after:
            yield Change(region_id, field, before, after)
