"""A gate that a team can keep: accepted risks, a baseline, filters, rules that fail, and what forges read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conftest import Runner
from zonerisk.workloads.gate import fits

EXAMPLES = Path(__file__).parent.parent / "examples"
CLUSTER = str(EXAMPLES / "scaleway-cluster.yaml")
FORMATS = ("table", "json", "md", "sarif", "junit", "comment")
# Under the default policy, "web" fails quorum and backup, and is advised against on power and cooling.
ACCEPTED = """
accepted:
  - {rule: quorum, workload: web, reason: It keeps no state, owner: web team, until: 2027-06}
  - {rule: "back*", workload: "w*", reason: Nothing to lose, owner: web team, until: 2026-11-23}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gate(run: Runner, *arguments: str, check: int = 0) -> dict[str, Any]:
    return json.loads(run("plan", CLUSTER, "--format", "json", *arguments, check=check).stdout)["gate"]


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [
        (["fail"], 1),
        (["quorum"], 1),
        (["survives"], 0),
        (["survives=unknown"], 1),
        (["power=warn"], 1),
        (["coast=warn"], 0),
        (["coast", "dr"], 0),
        (["coast", "backup"], 1),
        ([], 0),
    ],
)
def test_rules_fail_one_by_one(run: Runner, home: Path, fail_on: list[str], code: int) -> None:
    done = run("plan", CLUSTER, *(f"--fail-on={each}" for each in fail_on), check=code)
    assert bool(done.stderr) == bool(code)


@pytest.mark.parametrize(
    ("pattern", "fit"),
    [
        ('module.node["a"].aws_db_instance.this[0]', True),
        ('module.node["a"].*', True),
        ('module.node["?"].aws_*', True),
        ('module.node["b"].*', False),
        ("module.node[ab].*", False),
    ],
)
def test_a_pattern_takes_an_address_as_it_is_written(pattern: str, fit: bool) -> None:
    assert fits('module.node["a"].aws_db_instance.this[0]', (pattern,)) is fit


@pytest.mark.parametrize("wrong", ["nonsense", "quorum=pass", "quorum=", "=fail", "tsunami", "claims"])
def test_what_nobody_can_fail_on_is_refused(run: Runner, home: Path, wrong: str) -> None:
    done = run("plan", CLUSTER, f"--fail-on={wrong}", check=2)
    assert "name fail, unknown or warn, or a rule of podcast" in done.stderr


@pytest.mark.parametrize("format_", FORMATS)
def test_a_line_says_why_a_pipeline_ends(run: Runner, home: Path, format_: str) -> None:
    done = run("plan", CLUSTER, "--format", format_, "-o", "out", "--fail-on", "fail", check=1)
    assert done.stdout == ""
    assert done.stderr == "--fail-on: 2 findings of web (quorum fail, backup fail)\n"
    assert (home / "out").stat().st_size


def test_accepted_risks_end_no_pipeline_until_they_expire(run: Runner, home: Path) -> None:
    (home / ".zonerisk.yaml").write_text(ACCEPTED)
    found = gate(run, "--fail-on", "fail")
    assert found["tripped"] == []
    assert [(each["rule"], each["owner"], each["expired"]) for each in found["accepted"]] == [
        ("quorum", "web team", False),
        ("backup", "web team", False),
    ]
    late = gate(run, "--fail-on", "fail", "--as-of", "2026-11-24", check=1)
    assert [(each["workload"], each["rule"]) for each in late["tripped"]] == [("web", "backup")]
    assert [each["expired"] for each in late["accepted"]] == [False, True]
    # Expired, it fails at any level: someone has to look again.
    assert gate(run, "--fail-on", "coast", "--as-of", "2026-11-24", check=1)["tripped"]
    for format_ in ("table", "md", "comment", "sarif", "junit"):
        text = " ".join(run("plan", CLUSTER, "--format", format_).stdout.split())
        assert "It keeps no state (web team, until 2027-06)" in text
    late_text = run("plan", CLUSTER, "--as-of", "2026-11-24").stdout
    assert "Nothing to lose (web team, expired on 2026-11-23)" in " ".join(late_text.split())


def test_what_an_acceptance_fits_no_more_is_told(run: Runner, home: Path) -> None:
    path = home / "other.yaml"
    path.write_text(ACCEPTED.replace("workload: web,", "workload: gone,"))
    found = gate(run, "--accepted", str(path), "--fail-on", "fail", check=1)
    assert [each["rule"] for each in found["tripped"]] == ["quorum"]
    assert next(each for each in found["accepted"] if each["outcome"] is None)["workload"] == "gone"
    assert "fits nothing" in run("plan", CLUSTER, "--accepted", str(path)).stdout


def test_a_plan_may_hold_its_own(run: Runner, home: Path) -> None:
    path = home / "plan.yaml"
    path.write_text(Path(CLUSTER).read_text() + ACCEPTED)
    assert run("plan", "plan.yaml", "--fail-on", "fail").stderr == ""


@pytest.mark.parametrize(
    "text",
    [
        "accepted: [{rule: quorum, workload: web, reason: x, owner: y}]",
        "accepted: [{rule: quorum, workload: web, reason: x, owner: y, until: someday}]",
        "accept: []",
        "accepted: 3",
    ],
)
def test_a_gate_file_is_held_to_its_form(run: Runner, home: Path, text: str) -> None:
    (home / ".zonerisk.yaml").write_text(text)
    assert ".zonerisk.yaml:1" in run("plan", CLUSTER, check=3).stderr


def test_only_what_is_new_or_worse_fails_beside_a_baseline(run: Runner, home: Path) -> None:
    run("plan", CLUSTER, "--format", "json", "-o", "before.json")
    same = gate(run, "--baseline", "before.json", "--fail-on", "warn")
    assert same["tripped"] == []
    assert ("web", "backup") in {(each["workload"], each["rule"]) for each in same["before"]}
    tree = json.loads((home / "before.json").read_text())
    for judged in tree["workloads"]:
        for finding in judged["findings"]:
            if (judged["id"], finding["rule"]) == ("web", "backup"):
                finding["outcome"] = "unknown"
    (home / "before.json").write_text(json.dumps(tree))
    worse = gate(run, "--baseline", "before.json", "--fail-on", "warn", check=1)
    assert [(each["workload"], each["rule"]) for each in worse["tripped"]] == [("web", "backup")]
    states = [
        result.get("baselineState")
        for result in json.loads(
            run("plan", CLUSTER, "--format", "sarif", "--baseline", "before.json").stdout
        )["runs"][0]["results"]
    ]
    assert states.count("unchanged") == 4


def test_what_has_expired_fails_however_old_it_is(run: Runner, home: Path) -> None:
    run("plan", CLUSTER, "--format", "json", "-o", "before.json")
    (home / ".zonerisk.yaml").write_text(ACCEPTED)
    found = gate(run, "--baseline", "before.json", "--fail-on", "fail", "--as-of", "2026-11-24", check=1)
    assert [(each["workload"], each["rule"]) for each in found["tripped"]] == [("web", "backup")]


def test_one_address_in_two_files_is_two_workloads(run: Runner, home: Path) -> None:
    def state(name: str, zones: str) -> None:
        listed = [
            {"address": f"aws_instance.db[{at}]", "mode": "managed", "type": "aws_instance"}
            | {"values": {"availability_zone": f"eu-west-1{zone}"}}
            for at, zone in enumerate(zones)
        ]
        tree = {"format_version": "1.0", "values": {"root_module": {"resources": listed}}}
        (home / name).write_text(json.dumps(tree))

    state("prod.json", "abc")
    state("test.json", "aaa")
    run("plan", "prod.json", "test.json", "--format", "json", "-o", "before.json")
    state("prod.json", "aab")
    done = run("plan", "prod.json", "test.json", "--baseline", "before.json", "--fail-on=survives", check=1)
    assert "1 finding of prod.json:aws_instance.db (survives fail)" in done.stderr


def test_a_comment_names_no_more_than_a_forge_takes(run: Runner, home: Path) -> None:
    listed = [
        {"address": f"aws_foo.x{at:05}", "mode": "managed", "type": "aws_foo", "values": {}}
        for at in range(5000)
    ]
    tree = {"format_version": "1.0", "values": {"root_module": {"resources": listed}}}
    (home / "p.json").write_text(json.dumps(tree))
    # GitHub takes 65,536 signs; the report names all of them.
    assert len(run("plan", "p.json", "--format", "comment", check=2).stdout) < 5000
    assert "aws_foo.x04999" in run("plan", "p.json", "--format", "md", check=2).stdout


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '{"schema": "zonerisk/2"}', "nonsense", '{"schema": "zonerisk/plan/1", "workloads": 1}'],
)
def test_a_baseline_that_is_none(run: Runner, home: Path, text: str) -> None:
    (home / "b.json").write_text(text)
    done = run("plan", CLUSTER, "--baseline", "b.json", check=None)
    assert done.returncode == (0 if "plan/1" in text else 3)
    assert "Traceback" not in done.stderr


def test_workloads_are_chosen_by_name_and_pattern(run: Runner, home: Path) -> None:
    def judged(*arguments: str) -> list[str]:
        tree = json.loads(run("plan", CLUSTER, "--format", "json", *arguments).stdout)
        return [each["id"] for each in tree["workloads"]]

    assert judged("--only", "web") == judged("--skip", "shop*") == ["web"]
    (home / ".zonerisk.yaml").write_text("skip: [web]\nfail_on: [fail]\n")
    assert judged() == ["shop-db"]
    assert "none of the 2 workloads is left" in run("plan", CLUSTER, "--skip", "*", check=2).stderr
    # A slip of the pen would leave a workload unjudged.
    assert "--only x: no workload" in run("plan", CLUSTER, "--only", "shop*", "--only", "x", check=2).stderr
    assert "| left out by --skip" in run("plan", CLUSTER, "--format", "comment").stdout


def test_the_gate_file_says_what_fails(run: Runner, home: Path) -> None:
    (home / ".zonerisk.yaml").write_text("fail_on: [quorum]\n")
    assert gate(run, check=1)["tripped"]
    assert gate(run, "--fail-on", "coast")["tripped"] == []


PLAN = """
workloads:
  db:
    provider: scaleway
    region: fr-par
    zones: [fr-par-1, fr-par-2, fr-par-3]
"""


@pytest.mark.parametrize(
    ("plan", "policy", "outcome"),
    [
        (PLAN, "podcast", "unknown"),
        (PLAN, "dora", "fail"),
        (PLAN + "    dr: []\n    backup: []\n", "podcast", "fail"),
    ],
)
def test_a_plan_that_tells_of_no_recovery(
    run: Runner, home: Path, plan: str, policy: str, outcome: str
) -> None:
    (home / "plan.yaml").write_text(plan)
    tree = json.loads(run("plan", "plan.yaml", "--policy", policy, "--format", "json").stdout)
    found = {each["rule"]: each for each in tree["workloads"][0]["findings"]}
    assert "names no" in found["backup"]["message"]
    assert found["backup"]["outcome"] == outcome
    if policy == "podcast":
        assert found["dr"]["outcome"] == outcome


@pytest.mark.parametrize(
    "tree",
    [
        {"apiVersion": "v1", "kind": "List", "items": []},
        {"apiVersion": "v1", "kind": "List", "items": [{"kind": "Node", "metadata": {"name": "n"}}]},
        {"format_version": "1.0", "values": {"root_module": {"resources": []}}},
    ],
)
@pytest.mark.parametrize("format_", ["table", "sarif", "json"])
def test_nothing_placed_is_nothing_judged(run: Runner, home: Path, tree: object, format_: str) -> None:
    (home / "in.json").write_text(json.dumps(tree))
    done = run("plan", "in.json", "--format", format_, "--fail-on", "fail", check=2)
    assert "nothing here could be placed" in done.stderr
    assert done.stdout


def test_sarif_is_no_flood(run: Runner, home: Path) -> None:
    log = json.loads(run("plan", CLUSTER, "--format", "sarif").stdout)["runs"][0]
    levels = [(each["ruleId"], each["level"]) for each in log["results"]]
    assert levels.count(("zonerisk/unknown", "note")) == 2
    assert {level for rule, level in levels if rule != "zonerisk/unknown"} == {"error", "warning"}
    helped = [rule for rule in log["tool"]["driver"]["rules"] if "helpUri" in rule]
    assert helped
    assert all(rule["helpUri"].startswith("https://") for rule in helped)


def test_junit_is_xml_that_counts_right(run: Runner, home: Path) -> None:
    (home / ".zonerisk.yaml").write_text(ACCEPTED.replace("until: 2026-11-23", "until: 2020"))
    text = run("plan", CLUSTER, "--format", "junit", "--fail-on", "fail", check=1).stdout
    root = ET.fromstring(text.encode())
    cases = root.findall(".//testcase")
    assert int(root.attrib["tests"]) == len(cases) > 40
    failed = [each for each in cases if each.find("failure") is not None]
    assert [(each.attrib["classname"], each.attrib["name"]) for each in failed] == [("web", "backup")]
    assert int(root.attrib["failures"]) == 1
    for suite in root:
        assert int(suite.attrib["skipped"]) == len(suite.findall(".//skipped"))


def test_a_comment_is_short_and_names_what_ends_the_pipeline_first(run: Runner, home: Path) -> None:
    text = run("plan", CLUSTER, "--format", "comment", "--fail-on", "quorum", check=1).stdout
    assert text.startswith("### zonerisk: fail\n")
    table = [line for line in text.splitlines() if line.startswith("| fail")]
    assert len(table) == 1
    assert "2 places; 3 are asked for" in table[0]
    assert len(text) < 3000


def test_advice_is_judged_and_says_what_it_buys(run: Runner, home: Path) -> None:
    advice = json.loads(run("plan", CLUSTER, "--advise", "--format", "json").stdout)["advice"]
    web = [each for each in advice if each["workload"] == "web" and each["kind"] == "zones"]
    assert web[0]["places"] == [f"scaleway-fr-par/fr-par-{at}" for at in (1, 2, 3)]
    assert web[0]["settles"] == ["quorum"]
    assert not [each for each in advice if each["workload"] == "shop-db" and each["kind"] == "zones"]
    recovery = [each for each in advice if each["workload"] == "shop-db"]
    assert recovery[0]["places"][0] in ("scaleway-nl-ams", "scaleway-pl-waw")
    assert 0 < recovery[0]["then"][1] < recovery[0]["now"][1]
    text = run("plan", CLUSTER, "--advise", COLUMNS="100").stdout
    assert "copies in scaleway-fr-par/fr-par-1" in " ".join(text.split())
    (home / "one.yaml").write_text(
        "workloads: {a: {provider: scaleway, region: fr-par, zones: [fr-par-1, fr-par-1, fr-par-1]}}"
    )
    advice = json.loads(run("plan", "one.yaml", "--advise", "--format", "json").stdout)["advice"]
    assert advice[0]["settles"] == ["quorum", "survives"]


def test_what_advice_leaves_out_is_said(run: Runner, home: Path) -> None:
    web = "provider: scaleway, region: fr-par, zones: [fr-par-1], replicas: 1"
    lines = [f"  w{at}: {{{web}}}\n" for at in range(52)]
    (home / "many.yaml").write_text(f"workloads:\n{''.join(lines)}")
    told = run("plan", "many.yaml", "--advise", "--format", "comment").stderr
    assert "only the first 50 of 52 workloads are advised" in told
    assert "advice" not in run("plan", "many.yaml", "--advise", "--only", "w1*").stderr


@pytest.mark.parametrize("format_", ["table", "json", "md", "sarif", "junit", "comment"])
def test_odd_signs_of_an_address_break_no_format_and_no_line(run: Runner, home: Path, format_: str) -> None:
    odd = "aws_db_instance.a\n::warning::b\ud800\x1b[31m"
    values = {"availability_zone": "eu-west-3a"}
    one = {"address": odd, "mode": "managed", "type": "aws_db_instance", "values": values}
    tree = {"format_version": "1.0", "values": {"root_module": {"resources": [one]}}}
    Path("odd.json").write_text(json.dumps(tree))
    done = run("plan", "odd.json", "--fail-on", "fail", "--format", format_, check=1)
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stdout


def test_a_file_of_no_format_is_refused_before_anything_is_read(run: Runner, home: Path) -> None:
    assert "would be doc" in run("plan", "nowhere.json", "-o", "out.doc", check=2).stderr
