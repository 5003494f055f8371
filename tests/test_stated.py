"""What authorities state: repeated in notes, shared only in one class and near enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from test_mapped import layer, row, unit
from zonerisk.core.hazard_sample import HazardSample
from zonerisk.judging import hazards
from zonerisk.judging.arrangement import FailureDomain

ZONES = layer("stated", kind="seismic")
A, B, C = unit("a", 48.0), unit("b", 48.05), unit("c", 48.12)


def said(
    of: FailureDomain, text: str = "zone 3 for Z", key: str = "3", kind: str = "seismic"
) -> HazardSample:
    about = replace(ZONES, kind=kind)  # type: ignore[arg-type]
    return HazardSample(about, of.sites[0].id, None, key, "zone 3", text)


def held(*rows: HazardSample) -> dict[str, tuple[HazardSample, ...]]:
    return {each.site: (each,) for each in rows}


def test_a_shared_statement_is_no_shared_event() -> None:
    found = hazards.stated("flood", [A, B], held(said(A, kind="flood"), said(B, kind="flood")))
    assert found.risks == ()
    assert found.apart == frozenset()
    assert found.notes == ("A and B: zone 3 for Z",)
    assert found.evidence == (ZONES.evidence,)


@pytest.mark.parametrize(
    ("length_km", "members"),
    [
        (None, []),
        (5.0, []),
        (5.7, [("r/a", "r/b")]),
        (8.5, [("r/a", "r/b"), ("r/b", "r/c")]),
        (20.0, [("r/a", "r/b", "r/c")]),
    ],
)
def test_one_class_within_the_correlation_length(
    length_km: float | None, members: list[tuple[str, ...]]
) -> None:
    """They stand 5.56, 7.78 and 13.34 km apart, each known to 50 m."""
    found = hazards.stated("seismic", [A, B, C], held(said(A), said(B), said(C)), length_km)
    assert [risk.members for risk in found.risks] == members
    assert {(risk.grade, risk.outcome) for risk in found.risks} <= {("C", "warn")}


@pytest.mark.parametrize("other", [said(B, key="4"), said(B, key=""), said(B, text="")])
def test_another_class_shares_nothing(other: HazardSample) -> None:
    assert hazards.stated("seismic", [A, B], held(said(A), other), 20).risks == ()


def test_a_unit_that_is_not_disclosed_is_not_spoken_of() -> None:
    hidden = unit("b", 48.0, disclosed=False)
    found = hazards.stated("seismic", [A, hidden], held(said(A), said(B)), 20)
    assert found.risks == ()
    assert found.notes == ("A: zone 3 for Z",)


def test_many_statements_are_counted() -> None:
    rows = {A.sites[0].id: [said(A, f"risk {number}") for number in range(9)]}
    notes = hazards.stated("seismic", [A], rows).notes
    assert notes[5:] == ("A: risk 5", "3 more statements")


def test_statements_come_before_layers_and_decide_nothing() -> None:
    flood = layer(complete=False)
    rows = {A.sites[0].id: [row(flood, "a", 30, 90), said(A, "named", kind="flood")]}
    found = hazards.assess("flood", [A, B], (), "2026-11-30", None, rows)
    assert found.outcome((A.id, B.id)) == "unknown"
    assert found.reason == "not assessed for B"
    assert [note.partition(" ")[0] for note in found.notes] == ["A:", "A"]
    alone = hazards.assess("flood", [A, B], (), "2026-11-30", None, held(said(A, kind="flood")))
    assert alone.reason == hazards.stated("flood", [A, B], {}).reason
    assert hazards.assess("flood", [A, B], (), "2026-11-30", None).reason == "not assessed"
