"""Incidents are records: checked with file and line, listed, shown, and read only where they matter."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path

import pytest

import zonerisk
from conftest import Runner
from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import data_root
from zonerisk.core.errors import DataError
from zonerisk.core.model import CAUSES, TRIGGERS
from zonerisk.curation.check import CheckedCatalogue, check, template

BASE = """name: a wave
class: physical
cause: power
start: 2025-01-02T10:00Z
end: 2025-01-02T12:30Z
regions: [zz-good]
zones: [zz-good/a]
severity: down
mechanism: A wave.
evidence:
  log: {kind: authority, title: Log, url: https://zz.example.org/log, read: 2025-02, claim: It stood still.}
"""


def problems(root: Path, **files: str) -> list[str]:
    (root / "incidents/zz").mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / f"incidents/zz/{name}.yaml").write_text(text)
    return [
        str(problem) for problem in check(CheckedCatalogue(Catalog(root))) if "/incidents/" in problem.file
    ]


def test_those_of_software_are_left_out_however_they_are_written(zz_copy: Path, shipped: Catalog) -> None:
    software = BASE.replace("cause: power", "cause: software").replace("class: physical", "class: logical")
    quoted = software.replace("class: logical", 'class: "logical"').replace("cause: software", "cause: dns")
    assert problems(zz_copy, wave=BASE, plain=software, quoted=quoted) == []
    catalog = Catalog(zz_copy)
    physical = {event.id for event in catalog.incidents("zz-good", logical=False)}
    assert "zz-wave" in physical
    assert physical.isdisjoint({"zz-plain", "zz-quoted"})
    assert {"zz-plain", "zz-quoted"} <= {event.id for event in catalog.incidents("zz-good")} - physical
    for key in ("aws-us-east-1", "google-europe-west9", None):
        known = [event for event in shipped.incidents(key) if event.class_ != "logical"]
        assert [*shipped.incidents(key, logical=False)] == known


def test_a_sound_file_is_sound(zz_copy: Path) -> None:
    assert problems(zz_copy, wave=BASE) == []
    assert Catalog(zz_copy).incident("zz-wave").duration_h == 2.5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "regions: [zz-good]\nzones: [zz-good/a]",
            "regions: [zz-none]",
            ":6: regions.0: no region is called zz-none",
        ),
        ("[zz-good/a]", "[zz-good/q]", ":7: zones.0: zz-good has no zones q"),
        ("[zz-good/a]", "[zz-pair/p1]", ":7: zones: zz-pair/p1 is in none of the regions"),
        ("[zz-good/a]", "[zz-good/a, zz-good/a]", ":7: zones: names a place twice"),
        ("end: 2025-01-02", "end: 2025-01-01", ":5: end: 2025-01-01T12:30Z lies before start"),
        ("T12:30Z", "T25:30Z", ":5: end:"),
        ("start: 2025-01-02", "start: 2025-02-30", ":4: start:"),
        ("severity", "hours: 7\nseverity", ":8: hours: start and end are 2.50 hours apart"),
        ("severity", "at_least: 9\nseverity", ":8: at_least: zz-good has 3 zones on file"),
        (
            "severity",
            "at_least: 3\namong: [zz-good/b]\nseverity",
            ":9: among: 3 zones were hit at least, but zones and among name 2",
        ),
        ("[zz-good]", "[zz-good, zz-good]", ":6: regions: names a place twice"),
        (
            "2025-01-02T10:00Z\nend: 2025-01-02T12:30Z",
            "2025-03-02",
            ":4: start: lies after the day its sources",
        ),
        ("end: 2025-01-02T12:30Z", "hours: 1e9", ":5: hours: input should be less than or equal to 87600"),
        ("severity", "at_least: 2\nat_most: 1\nseverity", ":9: at_most: 1 zones at most"),
        ("severity", "shares: {zz-good/b: 0.5}\nseverity", ":8: shares: zz-good/b is not among"),
        ("cause: power", "cause: dns", ":3: cause: a physical cause is one of power"),
        ("severity", "fixed_since: 2025-03\nseverity", "fixed_since needs changed"),
        ("severity", "fixed_since: 2025-03\nchanged: [them]\nseverity", "'them' is not under evidence"),
        (
            "severity",
            "fixed_since: 2024\nchanged: [log]\nseverity",
            ":8: fixed_since: 2024 lies before start",
        ),
        ("severity", "feed: board\nseverity", ":8: feed: zz has no incident feed board"),
        (
            "severity",
            "standing: zz-good/pier\nseverity",
            ":8: standing: zz-good has no feeds or campuses pier",
        ),
        ("severity", "everywhere: true\nseverity", "everywhere leaves no regions to name"),
        ("mechanism: A wave.", 'mechanism: "A \\e[31mwave."', ":9: mechanism: holds control characters"),
        ("mechanism: A wave.", "mechanism: <script>alert(1)</script>", ""),
        ("mechanism: A wave.", "mechanism: TODO", ":9: mechanism: still says TODO"),
        ("name: a wave", "id: mine\nname: a wave", ":1: id: comes from the file's path"),
        ("name: a wave", "kind: storm\nname: a wave", ":1: kind: unknown key"),
        ("  log:", "  log: {}\n  log:", "this key stands twice"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(zz_copy: Path, old: str, new: str, said: str) -> None:
    assert old in BASE
    found = problems(zz_copy, wave=BASE.replace(old, new, 1))
    assert any(said in line for line in found) if said else not found, found


def test_a_region_that_was_not_open_that_day(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    path.write_text(re.sub(r"(?m)^(country: .*)$", r"\1\nsince: 2026", path.read_text(), count=1))
    assert any(":6: regions.0: zz-good opened in 2026" in line for line in problems(zz_copy, wave=BASE))


def test_an_event_is_told_once(zz_copy: Path) -> None:
    found = problems(zz_copy, wave=BASE, again=BASE)
    assert ["zz-again has the same start, cause and region" in line for line in found] == [True]
    later = BASE.replace("T10:00Z", "T11:00Z")
    found = problems(zz_copy, again=later)
    assert ["warning" in line and "begins with or within zz-wave" in line for line in found] == [True]
    dated = BASE.replace("T10:00Z", "").replace("end: 2025-01-02T12:30Z\n", "")
    found = problems(zz_copy, again=dated, wave=dated)
    assert ["warning" in line and "begins with or within zz-again" in line for line in found] == [True]
    (zz_copy / "incidents/zz/wave.yaml").write_text(BASE)
    assert problems(zz_copy, again=later.replace("[zz-good/a]", "[zz-good/b]")) == []
    assert problems(zz_copy, again=later.replace("cause: power", "cause: cooling")) == []


def test_a_file_beside_the_folders_is_refused(zz_copy: Path) -> None:
    (zz_copy / "incidents").mkdir()
    (zz_copy / "incidents/wave.yaml").write_text(BASE)
    with pytest.raises(DataError, match="put it under incidents/<provider>/"):
        Catalog(zz_copy)


def test_the_template_filled_in_is_sound(zz_copy: Path) -> None:
    text = template("incident")
    assert all(
        word in text for word in (*TRIGGERS, *(cause for listed in CAUSES.values() for cause in listed))
    )
    for key, value in {
        "name: TODO": "name: A wave",
        "start: TODO": "start: 2025-01",
        "regions: [TODO]": "regions: [zz-good]",
        "url: TODO": "url: https://zz.example.org/log",
        "read: TODO": "read: 2025-02",
    }.items():
        assert key in text
        text = text.replace(key, value)
    assert problems(zz_copy, wave=text.replace("TODO", "Words.")) == []


def test_a_state_ends_only_by_what_changed_it(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/campus.yaml"
    path.write_text(path.read_text().replace("changed: [site-list], ", ""))
    with pytest.raises(DataError, match="until needs changed: the evidence that something was changed"):
        Catalog(zz_copy).region("zz-campus")


def test_the_shipped_record_is_whole() -> None:
    library = zonerisk.load()
    known = library.incidents()
    assert len(known) >= 401
    assert all(event.cited for event in known)
    assert {event.class_ for event in known} == {"physical", "logical", "conflict"}
    assert [event.start for event in known] == sorted(event.start for event in known)
    assert not [event.id for event in known for piece in event.cited if "same event" in piece.claim]


def test_what_puts_several_zones_down_rests_on_the_operator_or_an_authority() -> None:
    """Each of these decides a verdict: its own text was read, if in an archive."""
    deciding = [event for event in zonerisk.load().incidents() if event.class_ != "logical" and event.several]
    down = {event.id: event.grade for event in deciding if event.down and event.scope != "edge"}
    assert len(down) >= 11
    assert [key for key, grade in down.items() if grade != "A"] == ["ovh-sbg-202103b"]


def test_one_region_reads_its_provider_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    library = zonerisk.load()
    read: list[str] = []
    whole = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *mode: (read.append(str(path)), whole(path, *mode))[1])
    library.incidents("ovh-sbg")
    assert read
    assert all("/incidents/ovh/" in path for path in read)
    library.score("ovh-sbg")
    assert not [path for path in read if "/incidents/" in path and "/incidents/ovh/" not in path]


def test_an_id_is_read_however_yaml_writes_it(zz_copy: Path) -> None:
    text = BASE.replace("[zz-good]", '["zz\\x2dgood"]').replace("name:", 'event: "storm-1"\nname:')
    assert problems(zz_copy, wave=text) == []
    everywhere = BASE.replace("regions: [zz-good]", '"everywhere" : true').replace("zones: [zz-good/a]\n", "")
    assert problems(zz_copy, again=everywhere.replace("power", "cooling")) == []
    catalog = Catalog(zz_copy)
    assert [event.id for event in catalog.incidents("zz-good")] == ["zz-again", "zz-wave"]
    assert [event.id for event in catalog.incidents_together(["storm-1"], ["zz"])] == ["zz-wave"]


def test_ten_thousand_events_stay_fast(tmp_path: Path) -> None:
    (tmp_path / "incidents/aws").mkdir(parents=True)
    text = BASE.replace("zz-good/a", "aws-us-east-2/use2-az1").replace("zz-good", "aws-us-east-2")
    for number in range(10_000):
        (tmp_path / f"incidents/aws/many-{number}.yaml").write_text(text)
    library = zonerisk.load(tmp_path)
    began = time.perf_counter()
    library.score("ovh-sbg")
    assert time.perf_counter() - began < 5
    began = time.perf_counter()
    assert len(library.incidents("aws-eu-west-3")) < 100
    assert time.perf_counter() - began < 5


class TestCommands:
    def test_list(self, run: Runner) -> None:
        rows = json.loads(
            run("list", "incidents", "--multi-zone", "--class", "physical", "--format", "json").stdout
        )["incidents"]
        assert {row["id"] for row in rows} >= {"google-use1-202006", "azure-mmxn-rz0", "ovh-sbg-202103"}
        rows = json.loads(
            run("list", "incidents", "aws", "--cause", "power", "--since", "2021", "--format", "json").stdout
        )["incidents"]
        assert rows
        assert all(row["id"].startswith("aws-") and row["start"] >= "2021" for row in rows)
        assert "equinix-ld8-202008" in run("list", "incidents", "equinix").stdout
        assert run("list", "incidents", "ovh-sbg", "--format", "csv").stdout.startswith("id,name,class,cause")

    def test_a_region_lists_what_hit_it(self, run: Runner) -> None:
        tree = json.loads(run("list", "incidents", "google-europe-west9", "--format", "json").stdout)
        assert tree["schema"] == "zonerisk/incidents/1"
        rows = tree["incidents"]
        assert {"google-euw9-202304", "google-glob-20250612"} <= {row["id"] for row in rows}
        assert min(row["start"] for row in rows) > "2022", "the region opened in 2022"

    def test_a_month_may_hold_a_later_day(self, run: Runner, tmp_path: Path) -> None:
        (tmp_path / "incidents/ovh").mkdir(parents=True)
        text = (
            BASE.replace("zz-good/a", "ovh-sbg/sbg").replace("zz-good", "ovh-sbg").replace("-02T10:00Z", "")
        )
        (tmp_path / "incidents/ovh/wave.yaml").write_text(text.replace("end: 2025-01-02T12:30Z\n", ""))
        own = ("--catalogue", str(tmp_path))
        for since, found in (("2025", True), ("2025-01-31", True), ("2025-02-01", False)):
            listed = run("list", "incidents", "ovh-sbg", "--since", since, *own).stdout
            assert ("ovh-wave" in listed) is found, since

    def test_geojson(self, run: Runner) -> None:
        found = json.loads(run("list", "incidents", "ovh-sbg", "--format", "geojson").stdout)
        burned = next(each for each in found["features"] if each["id"] == "ovh-sbg-202103")
        assert burned["properties"]["place"] == "sites"
        assert len(burned["geometry"]["coordinates"]) == 4

    def test_show(self, run: Runner) -> None:
        text = run("show", "google-use1-202006").stdout
        assert text.startswith("# data/incidents/google/use1-202006.yaml")
        assert run("show", "google/use1-202006").stdout == text
        assert "class: physical" in text

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("incidents", "--cause", "rain"), "no cause is called 'rain'"),
            (("incidents", "--since", "soon"), "'soon' is not a date"),
            (("regions", "--multi-zone"), "choose among incidents"),
            (("regions", "--format", "geojson"), "not listed as geojson"),
            (("incidents", "nowhere"), "is called 'nowhere'"),
        ],
    )
    def test_bad_usage(self, run: Runner, arguments: tuple[str, ...], said: str) -> None:
        done = run("list", *arguments, check=2)
        assert said in done.stderr

    def test_new(self, run: Runner, tmp_path: Path) -> None:
        shutil.copytree(data_root() / "datacenters/ovh", tmp_path / "datacenters/ovh")
        done = run("data", "new", "incident", "ovh", "sbg-202611", "--in", str(tmp_path))
        assert done.stdout.strip() == str(tmp_path / "incidents/ovh/sbg-202611.yaml")
        assert "still says TODO" in run("data", "check", str(tmp_path / "incidents"), check=3).stdout
        assert "three names" in run("data", "new", "ovh", "sbg", "x", "--in", str(tmp_path), check=2).stderr
        unknown = run("data", "new", "incident", "nosuch", "a", "--in", str(tmp_path), check=2).stderr
        assert "no provider is called 'nosuch'" in unknown

    def test_score_tells_the_record(self, run: Runner) -> None:
        text = " ".join(run("score", "ovh-sbg", "--full").stdout.split())
        assert "Incidents Since 2017: 3 events took two datacenters or more: " in text
        assert "no complete list of its events was found, so silence proves little" in text
