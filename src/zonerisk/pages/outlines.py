"""Outlines of shared risks on a map: one for all that hit the same sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from zonerisk.core.verdict import severity

if TYPE_CHECKING:
    from zonerisk.pages.features import Feature
    from zonerisk.pages.shapes import Point


def merged(rows: Sequence[Feature]) -> tuple[list[Feature], dict[str, str]]:
    """Draw risks of the same sites as one outline, the worst on top; say which has which."""
    drawn: dict[tuple[Point, ...], list[Feature]] = {}
    for row in rows:
        if row.kind == "shared-risk":
            drawn.setdefault(row.points, []).append(row)
    made = []
    for alike in drawn.values():
        alike.sort(key=lambda row: -_rank(row))
        told = [f"{row.words['risk_kind']} ({row.words['grade']}): {row.name}" for row in alike]
        kinds = ", ".join(dict.fromkeys(str(row.words["risk_kind"]) for row in alike))
        words = {**alike[0].words, "told": "\n".join(told)}
        made.append(replace(alike[0], name=f"share: {kinds}", words=words))
    made.sort(key=_rank)
    others = [row for row in rows if row.kind != "shared-risk"]
    return others + made, {row.id: alike[0].id for alike in drawn.values() for row in alike}


def _rank(row: Feature) -> int:
    return severity(row.outcome) if row.outcome else 0
