"""Round trips between zones as records: what they bound, suggest and refute, and what is refused."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT, Runner
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError
from zonerisk.core.model import Evidence, Measurement
from zonerisk.core.verdict import Separation, Verdict
from zonerisk.curation.check import CheckedCatalogue, check, template
from zonerisk.judging import independence
from zonerisk.judging.arrangement import zone_units
from zonerisk.library import Library

BASE = """\
name: Pings
since: 2025-03
until: 2025-06-30
method: ping between machines
statistic: least of 50
round_trips:
  - {a: zz-hidden/h1, b: zz-hidden/h2, ms: 0.12}
evidence:
  own: {kind: measurement, title: Pings, url: "https://example.com/p", read: 2025-12, claim: Lists them.}
"""


def filed(root: Path, text: str = BASE) -> Library:
    (root / "measurements/zz").mkdir(parents=True, exist_ok=True)
    (root / "measurements/zz/pings.yaml").write_text(text)
    return Library(root)


def pair(verdict: Verdict, *names: str) -> Separation:
    return next(row for row in verdict.policy.separations if {row.a, row.b} == set(names))


def trip(a: str, b: str, ms: float) -> str:
    return BASE.replace("{a: zz-hidden/h1, b: zz-hidden/h2, ms: 0.12}", f"{{a: {a}, b: {b}, ms: {ms}}}")


def test_a_measurement_is_grade_b() -> None:
    text = {"kind": "measurement", "title": "t", "read": "2026", "claim": "c"}
    assert Evidence.model_validate(text).grade == "B"
    assert Evidence.model_validate({**text, "secondary": True}).grade == "C"


def test_a_short_round_trip_lets_suspect_one_campus(zz_copy: Path) -> None:
    before = Library(zz_copy).score("zz-hidden")
    verdict = filed(zz_copy).score("zz-hidden")
    (found,) = (risk for risk in verdict.shared_risks if risk.id.endswith(":round-trip"))
    assert (found.kind, found.grade, found.outcome) == ("campus", "C", "warn")
    assert set(found.members) == {"zz-hidden/h1", "zz-hidden/h2"}
    assert "0.12 ms measured by 2025-06-30" in found.message
    assert [piece.kind for piece in found.evidence] == ["measurement"]
    assert (before.independence.class_, verdict.independence.class_) == ("undisclosed", "suspected")
    # It is no shared risk of grade A or B: nothing that counts those changes.
    assert verdict.independence.zones.effective == before.independence.zones.effective
    row = pair(verdict, "zz-hidden/h1", "zz-hidden/h2")
    assert (row.measured_ms, row.measured_on) == (0.12, "2025-06-30")
    assert row.fibre_m.high == 12_251
    assert (row.distance_m, row.rtt_ms) == (
        before.policy.separations[0].distance_m,
        before.policy.separations[0].rtt_ms,
    )


@pytest.mark.parametrize("ms", [0.181, 0.65, 2.0])
def test_a_longer_one_suggests_nothing(zz_copy: Path, ms: float) -> None:
    before = Library(zz_copy).score("zz-hidden")
    after = filed(zz_copy, trip("zz-hidden/h1", "zz-hidden/h2", ms)).score("zz-hidden")
    assert after.shared_risks == before.shared_risks
    assert after.independence.class_ == before.independence.class_
    assert [row.distance_m for row in after.policy.separations] == [
        row.distance_m for row in before.policy.separations
    ]


def test_nor_does_a_short_one_where_the_places_are_known_apart(tmp_path: Path) -> None:
    """0.16 ms is 16 km of fibre: two zones that are known to stand 8.6 km apart are no campus."""
    home = tmp_path / "measurements/scaleway"
    home.mkdir(parents=True)
    (home / "own.yaml").write_text(trip("scaleway-fr-par/fr-par-1", "scaleway-fr-par/fr-par-3", 0.16))
    after = Library(ROOT / "data", tmp_path).score("scaleway-fr-par")
    assert pair(after, "scaleway-fr-par/fr-par-1", "scaleway-fr-par/fr-par-3").measured_ms == 0.16
    assert not [risk for risk in after.shared_risks if risk.id.endswith(":round-trip")]


def test_it_counts_from_its_last_day_on(zz_copy: Path) -> None:
    catalog = filed(zz_copy)
    assert catalog.score("zz-hidden", as_of="2025-06-29").policy.separations[0].measured_ms is None
    assert catalog.score("zz-hidden", as_of="2025-06-30").policy.separations[0].measured_ms == 0.12


def test_the_least_of_several_counts(zz_copy: Path) -> None:
    filed(zz_copy)
    (zz_copy / "measurements/zz/later.yaml").write_text(
        trip("zz-hidden/h2", "zz-hidden/h1", 0.4).replace("2025-06-30", "2025-12-31")
    )
    row = Library(zz_copy).score("zz-hidden", as_of="2026-01-31").policy.separations[0]
    assert (row.measured_ms, row.measured_on) == (0.12, "2025-06-30")


def test_it_is_told_in_place_of_light(zz_copy: Path, run: Runner) -> None:
    filed(zz_copy, trip("zz-good/a", "zz-good/b", 0.65))
    shown = run("score", "zz-good", "--full", "--catalogue", str(zz_copy)).stdout
    assert "0.65 ms measured" in shown
    assert "round trips measured, or at least by light alone" in " ".join(shown.split())


def test_claims_are_held_against_round_trips(shipped: Library) -> None:
    claims = next(row for row in shipped.score("ibm-us-east").policy.findings if row.rule == "claims")
    assert '"Less than 2 ms between the zones": confirmed' in claims.message
    assert "0.63 ms measured" in claims.message


def test_an_overlay_adds_a_measurement(tmp_path: Path) -> None:
    """A user's own file lies beside the shipped records of the region; it replaces none."""
    home = tmp_path / "measurements/scaleway"
    home.mkdir(parents=True)
    text = trip("scaleway-fr-par/fr-par-1", "scaleway-fr-par/fr-par-3", 0.4)
    (home / "own.yaml").write_text(text)
    shipped, own = Library(), Library(ROOT / "data", tmp_path)
    verdicts = [catalog.score("scaleway-fr-par") for catalog in (shipped, own)]
    rows = [pair(verdict, "scaleway-fr-par/fr-par-1", "scaleway-fr-par/fr-par-3") for verdict in verdicts]
    assert [row.measured_ms for row in rows] == [None, 0.4]
    assert verdicts[0].provenance != verdicts[1].provenance
    # 0.4 ms is 41 km of fibre at most: "at least 50 km" is refuted by the round trip too.
    (claims,) = (row for row in verdicts[1].policy.findings if row.rule == "claims")
    assert "round trip 0.4 ms measured" in claims.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("ms: 0.12", "ms: -1", ":7: round_trips.0.ms: input should be greater than 0"),
        ("ms: 0.12", "ms: soon", ":7: round_trips.0.ms: "),
        ("ms: 0.12", "ms: nan", ":7: round_trips.0.ms: "),
        ("ms: 0.12", "ms: 60000", ":7: round_trips.0.ms: "),
        ("since: 2025-03", "since: 2025-09", "until 2025-06-30 lies before since 2025-09"),
        ("since: 2025-03\n", "", "since: is required"),
        ("method: ping between machines\n", "", "method: is required"),
        ("until: 2025-06-30", "until: 2031-01-01", ":3: until: 2031-01-01 is later than the catalogue's"),
        ("zz-hidden/h2", "zz-hidden/h9", ":7: round_trips.0.b: zz-hidden has no zone h9"),
        (
            "a: zz-hidden/h1, b: zz-hidden/h2",
            "a: no/h1, b: no/h2",
            ":7: round_trips.0.a: no region of zz is called no",
        ),
        ("a: zz-hidden/h1", "a: h1", ":7: round_trips.0.a: must be written like aws-eu-west-3/euw3-az1: "),
        (
            "since: 2025-03",
            "since: 3/2025",
            ":2: since: must be written like 2026, 2026-11 or 2026-11-23 (got '3/2025')",
        ),
        ("zz-hidden/h2", "zz-hidden/h1", "zz-hidden/h1 is both ends"),
        ("zz-hidden/h2", "zz-good/a", "are of two regions"),
        ("  - {a: zz-hidden/h1, b: zz-hidden/h2, ms: 0.12}", "", "round_trips"),
        (
            "ms: 0.12}",
            "ms: 0.12}\n  - {a: zz-hidden/h2, b: zz-hidden/h1, ms: 1}",
            "stand twice; keep the least of them",
        ),
        ("kind: measurement", "kind: rumour", "evidence.own.kind"),
        (
            "read: 2025-12",
            "read: 2024",
            "evidence.own.read: was read before 2025-03, when the measuring began",
        ),
        ("name: Pings", "id: x\nname: Pings", ":1: id: comes from the file's path"),
    ],
)
def test_refused(zz_copy: Path, old: str, new: str, said: str) -> None:
    assert old in BASE
    filed(zz_copy, BASE.replace(old, new))
    found = [
        str(problem)
        for problem in check(CheckedCatalogue(Catalog(zz_copy)))
        if "/measurements/" in problem.file and problem.level == "error"
    ]
    assert any(said in problem for problem in found), found


def test_faster_than_light_is_refused(zz_copy: Path) -> None:
    # 20 km apart by record: light needs 0.2 ms for that and back.
    for ms, refused in ((0.1, True), (0.25, False)):
        catalog = filed(zz_copy, trip("zz-good/a", "zz-good/b", ms))
        found = [problem for problem in check(CheckedCatalogue(catalog)) if problem.rule == "round-trip"]
        assert bool(found) is refused
        assert all("faster than light: at least 2" in problem.text for problem in found)


def test_a_zone_that_was_not_sold_yet_is_refused(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/hidden.yaml"
    text = path.read_text()
    assert "  h2: {}\n" in text
    path.write_text(text.replace("  h2: {}\n", "  h2: {since: 2025-07}\n"))
    found = [
        problem.text for problem in check(CheckedCatalogue(filed(zz_copy))) if problem.rule == "round-trip"
    ]
    assert any("zz-hidden/h2 was not sold on 2025-06-30" in text for text in found)


def test_a_file_outside_a_provider_is_refused(zz_copy: Path) -> None:
    (zz_copy / "measurements").mkdir()
    (zz_copy / "measurements/pings.yaml").write_text(BASE)
    with pytest.raises(DataError, match="put it under measurements/<provider>/"):
        Library(zz_copy)


def test_new_writes_a_template(run: Runner, tmp_path: Path) -> None:
    done = run("data", "new", "measurement", "aws", "eu-west-3-2026", "--in", str(tmp_path))
    path = Path(done.stdout.strip())
    assert path == tmp_path / "measurements/aws/eu-west-3-2026.yaml"
    assert "still says TODO" in run("data", "check", str(tmp_path), check=3).stdout
    text = path.read_text()
    for old, new in (
        ("a: TODO, b: TODO, ms: TODO", "a: aws-eu-west-3/euw3-az1, b: aws-eu-west-3/euw3-az2, ms: 1.08"),
        ("since: TODO", "since: 2026-11"),
        ("url: TODO", "url: https://example.com/"),
        ("read: TODO", "read: 2026-11"),
        ("TODO", "Pings"),
    ):
        text = text.replace(old, new)
    path.write_text(text)
    run("data", "check", str(tmp_path))
    assert "name the provider and the file" in run("data", "new", "measurement", "aws", check=2).stderr


def test_the_template_names_every_field() -> None:
    text = template("measurement")
    for name in set(Measurement.model_fields) - {"id", "provider"}:
        assert f"{name}:" in text, name


def test_every_shipped_round_trip_is_between_zones_on_file(shipped: Library) -> None:
    records = [shipped.measurement(key) for key in shipped.filed["measurements"]]
    ends = {name for record in records for row in record.round_trips for name in (row.a, row.b)}
    regions = {name.partition("/")[0] for name in ends}
    assert len(regions) >= 30
    assert sum(len(record.round_trips) for record in records) >= 100
    for region_id in sorted(regions):
        keys = {name.partition("/")[2] for name in ends if name.startswith(f"{region_id}/")}
        assert keys <= shipped.region(region_id).zones.keys()


def handbook(mark: str) -> str:
    """Return a block of the handbook page by what stands in it."""
    blocks = re.findall(
        r"```\w+\n(.*?)```", (ROOT / "docs/measuring.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (block,) = (block for block in blocks if mark in block)
    return block


def test_the_handbook_makes_a_table_of_pings(tmp_path: Path, run: Runner) -> None:
    summary = "--- 10.0.2.4 ping statistics ---\n200 packets transmitted, 200 received, 0% packet loss\n{}\n"
    linux = "rtt min/avg/max/mdev = 0.709/1.202/1.937/0.101 ms"
    mac = "round-trip min/avg/max/stddev = 0.657/1.1/2.0/0.1 ms"
    for name, line in (("euw3-az1+euw3-az2", linux), ("euw3-az1+euw3-az3", mac)):
        (tmp_path / f"{name}.txt").write_text(summary.format(line))
    subprocess.run(["sh", "-c", handbook("pings.csv\nfor")], cwd=tmp_path, check=True)
    table = tmp_path / "pings.csv"
    assert table.read_text() == "a,b,rtt_ms\neuw3-az1,euw3-az2,0.709\neuw3-az1,euw3-az3,0.657\n"
    command = handbook("--rtt").split()[1:]
    assert "2 pairs: 0 as near" in run(*command[:-1], str(table)).stdout


def test_the_handbook_reads_a_host_name(tmp_path: Path) -> None:
    pool = tmp_path / "pool"
    rows = (("VirtualMachineName", "vm"), ("HostName", "AMS07XXXXXXX"), ("HostingSystemEditionId", "8"))
    pool.write_bytes(
        b"".join(key.encode().ljust(512, b"\0") + text.encode().ljust(2048, b"\0") for key, text in rows)
    )
    block = handbook("kvp_pool_3").replace("/var/lib/hyperv/.kvp_pool_3", str(pool))
    done = subprocess.run(["sh", "-c", block], check=True, capture_output=True, text=True)
    assert done.stdout == "HostName\nAMS07XXXXXXX\n"


def test_the_handbook_record_is_sound(tmp_path: Path, run: Runner) -> None:
    path = tmp_path / "measurements/aws/eu-west-3-2026.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(handbook("t4g.nano").replace("2026-11-25", "2026-11-20"))
    assert "1 file, 0 errors, 0 warnings" in run("data", "check", str(tmp_path)).stderr


def test_places_of_a_plan_are_measured_too(zz_copy: Path) -> None:
    """A workload's copies in two zones are judged by the round trip between these."""
    catalog = filed(zz_copy)
    zones = zone_units(catalog.region("zz-hidden"), catalog.sites_of("zz-hidden"), "2026-01-31")
    groups = independence.assess(catalog, zones[:2], catalog.policy("podcast"), "2026-01-31")
    assert [risk.grade for risk in groups["campus"].risks] == ["C"]


def test_a_measurement_is_shown(run: Runner) -> None:
    shown = run("show", "aws-zones-2020").stdout
    assert shown.startswith("# data/measurements/aws/zones-2020.yaml\n")
    assert "a: aws-us-east-1/use1-az1" in shown
