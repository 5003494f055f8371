"""Review: what a change of records does to the verdicts."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.model import Policy
from zonerisk.library import Library

RULES = {"fails": "fail", "unknown": "unknown", "not_assessed": "not-assessed"}
"""Columns of rules, and the outcome of those that stand in each."""
COLUMNS = ("class", "outcome", "cause", "score", "zones", "effective", "datacenters", *RULES)
"""What a review compares of a region's verdict."""


class Change(NamedTuple):
    """One column of one region's verdict, before and after; of rules, those that left and came."""

    region: str
    what: str
    old: str
    new: str


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def line(catalog: Library, region_id: str, policy: Policy, as_of: str | None = None) -> dict[str, str]:
    """Judge one region, in :data:`COLUMNS`; of one that sells nothing, or is refused, the class says that."""
    empty = dict.fromkeys(COLUMNS, "")
    try:
        verdict = catalog.score(region_id, policy, as_of)
    except UsageError:
        return empty | {"class": "nothing sold"}
    except DataError:
        return empty | {"class": "refused"}
    shown, judged = verdict.independence, verdict.policy
    cells = {
        "class": shown.class_,
        "outcome": shown.outcome or "",
        "cause": shown.cause.risk or shown.cause.kind,
        "score": _span(judged.score.shown, judged.score.possible),
        "zones": str(shown.zones.sold),
        "effective": _span(shown.zones.effective.low, shown.zones.effective.high),
        "datacenters": str(shown.datacenters.count),
    }
    for column, outcome in RULES.items():
        cells[column] = " ".join(row.rule for row in judged.findings if row.outcome == outcome)
    return cells


def changes(old: Library, new: Library, policy: Policy, as_of: str | None = None) -> list[Change]:
    """Find which verdicts differ between two catalogues.

    Both are judged on the day of the new one, or on ``as_of``. A region whose verdict reads
    the same files is not judged again.
    """

    def digest(catalog: Library) -> str:
        try:
            return catalog.digest(region_id)
        except DataError as error:
            return str(error)

    day = as_of or new.edition.date
    changed: list[Change] = []
    for region_id in sorted({*old.region_ids, *new.region_ids}):
        if region_id not in new.region_ids:
            changed.append(Change(region_id, "region", "recorded", "gone"))
        elif region_id not in old.region_ids:
            added = line(new, region_id, policy, day)
            changed.append(Change(region_id, "region", "not recorded", added["class"]))
        elif digest(old) != digest(new):
            was, now = (line(catalog, region_id, policy, day) for catalog in (old, new))
            judged = was["score"] and now["score"]
            for column in COLUMNS if judged else ("class",):
                left, came = was[column], now[column]
                if column in RULES:
                    before, after = left.split(), came.split()
                    left = " ".join(rule for rule in before if rule not in after)
                    came = " ".join(rule for rule in after if rule not in before)
                if left != came:
                    changed.append(Change(region_id, column, left, came))
    return changed


@contextmanager
def opened(text: str) -> Iterator[Library]:
    """Open a folder that holds ``datacenters`` (or ``data/datacenters``), or a git revision.

    A revision is one of the repository around the working folder; its ``data`` is unpacked
    into a temporary folder for as long as the catalogue is open.
    """
    for folder in (Path(text), Path(text) / "data"):
        if (folder / "datacenters").is_dir():
            yield Library(folder)
            return

    def git(*arguments: str) -> bytes:
        return subprocess.run(("git", *arguments), check=True, capture_output=True).stdout

    try:
        top = git("rev-parse", "--show-toplevel").decode().strip()
        commit = git("rev-parse", "--verify", "--end-of-options", f"{text}^{{commit}}").decode().strip()
        packed = git("-C", top, "archive", "--format=tar", commit, "data")
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", b"").decode(errors="replace").strip() or str(error)
        raise UsageError(
            f"{text!r} is neither a folder that holds datacenters/ nor a git "
            f"revision with a data/ folder ({reason})"
        ) from None
    with tempfile.TemporaryDirectory(prefix="zonerisk-") as name:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Before Python 3.11.4 there is no filter; what git packs of the user's own is sound.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(name)
        yield Library(Path(name) / "data")
