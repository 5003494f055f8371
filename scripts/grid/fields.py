"""Fields: what a record of a service holds, where it may hold nothing or something else."""

from __future__ import annotations

import math
from collections.abc import Mapping


def text(row: Mapping[str, object], *keys: str) -> str:
    """Return the first of some fields that holds text; empty if none does."""
    values = (row.get(key) for key in keys)
    return next((value.strip() for value in values if isinstance(value, str) and value.strip()), "")


def number(row: Mapping[str, object], key: str) -> float | None:
    """Return a number; None where it is missing, null or no number."""
    value = row.get(key)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def flag(row: Mapping[str, object], key: str) -> bool | None:
    """Return a statement with three states: null is neither yes nor no."""
    value = row.get(key)
    return value if isinstance(value, bool) else None
