"""The class of a region: tiny invented arrangements, one fact each, and what is on record of real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.core.verdict import Verdict
from zonerisk.judging import separation
from zonerisk.library import Library

TRIANGLE = {"a": (0.0, 0.0), "b": (10.0, 0.0), "c": (0.95, 11.96)}
PORT = "campuses:\n  port: {name: The port, evidence: [site-list]}\n"


def region(
    at: dict[str, tuple[float, float]],
    *,
    hidden: str = "",
    wide: str = "",
    campus: str = "",
    named: bool = False,
    doubt: float = 100,
    more: str = "",
) -> str:
    """Write a region of zones at points, kilometres east and north of a place at sea."""
    zones = "".join(
        f"  {key}: {{{'' if key in hidden else f'sites: [s{key}], '}evidence: [site-list]}}\n" for key in at
    )
    sites = ""
    for key, (east, north) in at.items():
        if key in hidden:
            continue
        lies = "port" if key in campus else f"c{key}" if named else ""
        sites += (
            f"  s{key}: {{name: S{key}, kind: building, {f'campus: {lies}, ' if lies else ''}"
            f"position: {{lat: {56 + north / 111.36!r}, lon: {3 + east / 62.4!r}, "
            f"uncertainty_m: {20_000 if key in wide else doubt}, method: statement, evidence: [site-list]}}}}\n"
        )
    own = "".join(f"  c{key}: {{name: Plot {key}, evidence: [site-list]}}\n" for key in at if named)
    campuses = PORT if campus else f"campuses:\n{own}" if named else ""
    placed = f"sites:\n{sites}" if sites else ""
    return f"name: Law\ncountry: NO\nzones:\n{zones}{campuses}{placed}{more}"


def judged(folder: Path, text: str, event: str = "") -> Verdict:
    (folder / "datacenters/zz/law.yaml").write_text(text)
    if event:
        path = folder / "incidents/zz/law.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(event)
    return Library(folder).score("zz-law")


def event(zones: str, severity: str, start: str, more: str = "") -> str:
    return (
        f"name: loss at sea\nstart: {start}\nclass: physical\ncause: power\nmechanism: A relay failed.\n"
        f"regions: [zz-law]\nzones: [{zones}]\nseverity: {severity}\n{more}"
        "evidence:\n  told: {kind: incident-report, title: Told, url: 'https://zz.example.org/x', "
        "read: 2026-01, claim: Lost together.}\n"
    )


BUILDINGS = [(0.1 * n, 0.03 * n) for n in range(9)]
WIDE = [(2.1 * n, 0.4 * n) for n in range(20)]


def candidates(points: list[tuple[float, float]]) -> str:
    sites = "".join(
        f"  h{n}: {{name: H{n}, kind: building, position: {{lat: {56 + north / 111.36!r}, "
        f"lon: {3 + east / 62.4!r}, uncertainty_m: 100, method: statement, evidence: [site-list]}}}}\n"
        for n, (east, north) in enumerate(points)
    )
    listed = ", ".join(f"h{n}" for n in range(len(points)))
    return f"candidates: {{sites: [{listed}], evidence: [site-list]}}\nsites:\n{sites}"


CAMPUS_AB = {"a": (0.0, 0.0), "b": (0.4, 0.0), "c": (12.0, 0.0)}
NEAR = {"a": (0.0, 0.0), "b": (1.6, 0.0), "c": (1.2, 1.8)}
STRADDLE = {"a": (0.0, 0.0), "b": (3.0, 0.0), "c": (60.0, 0.0)}
TWO_BUILDINGS = "buildings: {at_most: 2, evidence: [site-list]}\n"
STATION = "feeds:\n  f: {kind: power, name: F, sites: [sa, sb], evidence: [site-list]}\n"
ALL = "abc"
AB = "zz-law/a, zz-law/b"
MENDED = "fixed_since: 2025-09-01\nchanged: [told]\n"

# Of three zones of which one stands somewhere else, two that are shown apart are independent at the least, by
# the definition of effective zones: 2 to 3.
ROWS = {
    "1 apart": (region(TRIANGLE), "", "apart", "pass", (3, 3)),
    "2 a place deleted": (region(TRIANGLE, hidden="b"), "", "undisclosed", "unknown", (2, 3)),
    "3 a disc widened": (region(TRIANGLE, wide="b"), "", "undisclosed", "unknown", (2, 3)),
    "4 two on one campus": (
        region({**CAMPUS_AB, "b": (2.0, 0.0)}, campus="ab"),
        "",
        "partly",
        "fail",
        (2, 2),
    ),
    "5 two by the distance": (region(CAMPUS_AB), "", "partly", "fail", (2, 2)),
    "6 campus and places deleted": (region(CAMPUS_AB, hidden="ab"), "", "undisclosed", "unknown", (1, 3)),
    "7 near": (region(NEAR, named=True), "", "near", "warn", (3, 3)),
    "7 near, no campus named": (region(NEAR), "", "undisclosed", "unknown", (1, 3)),
    "8 straddles": (region(STRADDLE, doubt=500), "", "undisclosed", "unknown", (2, 3)),
    "9 a circle of 1 km": (
        region(TRIANGLE, hidden=ALL, more=candidates(BUILDINGS)),
        "",
        "suspected",
        "unknown",
        (1, 3),
    ),
    "10 spread": (region(TRIANGLE, hidden=ALL, more=candidates(WIDE)), "", "undisclosed", "unknown", (1, 3)),
    "11 the farthest deleted": (
        region(TRIANGLE, hidden=ALL, more=candidates(WIDE[:-1])),
        "",
        "undisclosed",
        "unknown",
        (1, 3),
    ),
    "12 two buildings": (region(TRIANGLE, hidden=ALL, more=TWO_BUILDINGS), "", "partly", "fail", (1, 2)),
    "13 a loss last year": (region(TRIANGLE), event(AB, "down", "2025-06-01"), "partly", "fail", (2, 2)),
    "13 and mended": (region(TRIANGLE), event(AB, "down", "2025-06-01", MENDED), "apart", "pass", (3, 3)),
    "14 eleven years ago": (region(TRIANGLE), event(AB, "down", "2014-06-01"), "apart", "pass", (3, 3)),
    "15 only degraded": (
        region(TRIANGLE),
        event(f"{AB}, zz-law/c", "degraded", "2025-06-01"),
        "suspected",
        "unknown",
        (3, 3),
    ),
    "16 one substation": (region(TRIANGLE, more=STATION), "", "partly", "fail", (2, 2)),
    "a zone that stands elsewhere too": (
        region(TRIANGLE).replace("b: {sites: [sb],", "b: {sites: [sb], partial: true,"),
        "",
        "undisclosed",
        "unknown",
        (2, 3),
    ),
    "a part of a zone on the other's campus": (
        region(CAMPUS_AB, campus="ab").replace("b: {sites: [sb],", "b: {sites: [sb], partial: true,"),
        "",
        "partly",
        "fail",
        (2, 2),
    ),
    "one zone of five places on one campus": (
        region(
            {key: (0.1 * n, 0.0) for n, key in enumerate("abcde")}, campus="abcde", more="numbered: true\n"
        )
        .replace("zones:\n", "zones:\n  z: {sites: [sa, sb, sc, sd, se], evidence: [site-list]}\n")
        .replace("".join(f"  {key}: {{sites: [s{key}], evidence: [site-list]}}\n" for key in "abcde"), ""),
        "",
        "shared",
        "fail",
        (1, 1),
    ),
    "two zones": (region({"a": (0.0, 0.0), "b": (20.0, 0.0)}), "", "apart", "pass", (2, 2)),
    "one zone": (region({"a": (0.0, 0.0)}), "", "one-zone", None, (1, 1)),
}


@pytest.mark.parametrize("row", ROWS)
def test_an_invented_arrangement(zz_copy: Path, row: str) -> None:
    text, told, class_, outcome, effective = ROWS[row]
    found = judged(zz_copy, text, told).independence
    assert (found.class_, found.outcome) == (class_, outcome)
    assert (found.zones.effective.low, found.zones.effective.high) == effective


@pytest.mark.parametrize("policy", ["bsi", "aws-az", "dora"])
def test_a_class_asks_no_policy(zz_copy: Path, policy: str) -> None:
    for text in (region(TRIANGLE), region(CAMPUS_AB), region(NEAR, named=True)):
        (zz_copy / "datacenters/zz/law.yaml").write_text(text)
        library = Library(zz_copy)
        assert library.score("zz-law", policy).independence == library.score("zz-law").independence


def test_what_decides_is_data(zz_copy: Path) -> None:
    cause = judged(zz_copy, region(CAMPUS_AB)).independence.cause
    assert (cause.kind, cause.least, cause.left, cause.majority) == ("campus", 2, 1, False)
    assert cause.members == ("zz-law/a", "zz-law/b")
    found = judged(zz_copy, region(TRIANGLE, hidden=ALL, more=candidates(BUILDINGS))).independence
    assert (found.cause.kind, found.spread and found.spread.buildings) == ("spread", 9)
    assert judged(zz_copy, region(NEAR, named=True)).independence.cause.distance_m is not None


HIDDEN = [
    (region(TRIANGLE), region(TRIANGLE, hidden="b")),
    (region(TRIANGLE), region(TRIANGLE, wide="b")),
    (region(CAMPUS_AB, campus="ab"), region(CAMPUS_AB)),
    (region({**CAMPUS_AB, "b": (2.0, 0.0)}, campus="ab"), region({**CAMPUS_AB, "b": (2.0, 0.0)})),
    (region(CAMPUS_AB, campus="ab"), region(CAMPUS_AB, hidden="ab")),
    (region(NEAR, named=True), region(NEAR, named=True, hidden="c")),
    (
        region(TRIANGLE, hidden=ALL, more=candidates(WIDE)),
        region(TRIANGLE, hidden=ALL, more=candidates(WIDE[:-1])),
    ),
    (region(TRIANGLE, more=STATION), region(TRIANGLE)),
]


@pytest.mark.parametrize("pair", HIDDEN)
def test_hiding_never_heals(zz_copy: Path, pair: tuple[str, str]) -> None:
    """Less told of places never makes near or apart; of a feed, power and network never become a pass."""
    before, after = (judged(zz_copy, text) for text in pair)
    if before.independence.class_ not in ("near", "apart") and "feeds:" not in pair[0]:
        assert after.independence.class_ not in ("near", "apart")
    if "feeds:" not in pair[0]:
        assert after.policy.score.shown <= before.policy.score.shown
    assert after.likelihood.bound >= before.likelihood.bound
    passed = {each.rule for each in after.policy.findings if each.outcome == "pass"}
    assert passed <= {each.rule for each in before.policy.findings if each.outcome == "pass"}


def test_the_law_fails_where_a_rule_breaks_it(zz_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separation, "on_named_campuses", lambda a, b: True)
    with pytest.raises(AssertionError):
        test_hiding_never_heals(zz_copy, HIDDEN[3])


@pytest.mark.parametrize(
    ("target", "class_", "kind"),
    [
        ("ovh-sbg", "shared", "campus"),
        ("scaleway-fr-par", "apart", "distance"),
        ("google-europe-west9", "partly", "incident"),
        ("google-us-east1", "partly", "incident"),
        ("azure-westus2", "partly", "incident"),
        ("azure-westeurope", "partly", "campus"),
        ("aws-us-east-1", "undisclosed", "disclosure"),
        ("aws-eu-north-1", "apart", "distance"),
        ("aws-eu-south-2", "apart", "distance"),
        ("ibm-us-east", "near", "distance"),
        ("hetzner-fsn1", "one-zone", "count"),
        ("exoscale-ch-gva-2", "one-zone", "count"),
        # Plans and inference alone say where their zones stand.
        ("aws-eu-central-2", "undisclosed", "disclosure"),
        ("aws-ap-south-2", "undisclosed", "disclosure"),
    ],
)
def test_a_region_on_record(shipped: Library, target: str, class_: str, kind: str) -> None:
    found = shipped.score(target).independence
    assert (found.class_, found.cause.kind) == (class_, kind)


@pytest.mark.parametrize(
    ("target", "rule", "days"),
    [
        ("ovh-sbg", "power", ("2017-11-08", "2017-11-10", "2021-03-11")),
        ("ovh-rbx", "network", ("2017-11-09", "2017-11-10", "2026-11-23")),
    ],
)
def test_silence_never_heals(shipped: Library, target: str, rule: str, days: tuple[str, ...]) -> None:
    """What one supply, or one optical node, took stays shared until a source says what replaced it."""
    for day in days:
        outcomes = {row.rule: row.outcome for row in shipped.score(target, as_of=day).policy.findings}
        assert outcomes[rule] == "fail", day


def test_shown_apart_is_no_recovery_of_a_campus(shipped: Library) -> None:
    near, far = shipped.recovery("ovh-rbx", to=["ovh-gra", "ovh-sbg"]).candidates[::-1]
    assert (near.target, near.outcome, far.outcome, far.class_) == ("ovh-gra", "fail", "pass", "shared")
    assert far.record is not None
    assert far.record.several


def test_lists_sort_by_block_and_bound(shipped: Library) -> None:
    from zonerisk.core.verdict import BLOCKS, block
    from zonerisk.words.verdicts import block_order

    listed = sorted(
        shipped.verdicts(["scaleway", "ovh-sbg", "ibm-us-east", "azure-westeurope"]), key=block_order
    )
    blocks = [BLOCKS.index(block(verdict.independence.class_)) for verdict in listed]
    assert blocks == sorted(blocks)
    assert listed[0].target == "ovh-sbg"
