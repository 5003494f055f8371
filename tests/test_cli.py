from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Runner
from zonerisk.library import Library

FORMATS = ("table", "json", "csv", "md", "geojson", "html")


@pytest.mark.parametrize("format_", FORMATS)
def test_same_input_same_bytes(run: Runner, format_: str) -> None:
    """In a process whose hashes are others."""
    first = run("score", "ovh-sbg", "--format", format_).stdout
    assert first == run("score", "ovh-sbg", "--format", format_, PYTHONHASHSEED="1").stdout
    assert "SBG5" in first or "sbg5" in first


def test_table_answers_first(run: Runner) -> None:
    lines = run("score", "OVH SBG", "--full").stdout.splitlines()
    assert lines[0] == run("score", "OVH", "SBG").stdout.splitlines()[0]
    assert lines[0].startswith("OVHcloud Strasbourg: its 3 datacenters (sold as 1 zone) do not fail")
    order = [line.split("  ")[0] for line in lines if line.startswith(("not met ", "cannot be ", "met "))]
    assert order.index("not met") < order.index("cannot be shown") < order.index("met")


@pytest.mark.parametrize("width", ["40", "80", "200"])
def test_narrow_terminals_lose_nothing(run: Runner, width: str) -> None:
    wide = run("score", "ovh-sbg", "--full", COLUMNS="200").stdout
    text = run("score", "ovh-sbg", "--full", COLUMNS=width).stdout
    brief = run("score", "ovh-sbg", COLUMNS=width).stdout
    assert max(len(line) for line in brief.splitlines()) <= int(width)
    assert max(len(line) for line in text.splitlines()) <= int(width)
    flat = "".join(text.split())
    for word in ("quorum", "colocation", "survives"):
        assert word in "".join(wide.split())
        assert word in flat


def test_no_colour_unless_asked(run: Runner) -> None:
    assert "\x1b[" not in run("score", "ovh-sbg").stdout


def test_fail_on(run: Runner) -> None:
    assert run("score", "ovh-sbg", "--fail-on", "fail", check=1).stdout
    run("score", "ovh-sbg", "--policy", "azure-region-pair", "--fail-on", "fail", check=None)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("score", "ovh-sbgg"), 2, "did you mean"),
        (("score", "ovh-sbg", "--policy", "nope"), 2, "no policy is called 'nope'; there are apra, "),
        (("score", "nuage"), 2, "no region on record, so there is nothing to judge: No source was found"),
        (("score", "ovh-sbg", "--policy", "./none.yaml"), 2, "no policy file"),
        (("score", "ovh-sbg", "--as-of", "tomorrow"), 2, "not a date"),
        (("score", "ovh-sbg", "--as-of", "1999-01-01", "--units", "sites"), None, ""),
        (("score", "ovh-sbg", "--catalogue", "/nowhere"), 2, "holds no datacenters"),
        (("score", "ovh-sbg", "-o", "/nowhere/x.json"), 2, "cannot write"),
        (("score", "--format", "xml", "ovh-sbg"), 2, "xml"),
        (("score",), 2, "TARGET"),
        (("show", "qqqqqq"), 2, "nor is it a policy"),
        (("show", "ovh-sbg/sbg9"), 2, "has no site sbg9"),
        (("list", "planets"), 2, "planets"),
    ],
)
def test_bad_calls_end_in_a_clear_error(
    run: Runner, arguments: tuple[str, ...], code: int | None, said: str
) -> None:
    done = run(*arguments, check=code)
    assert said in done.stderr


def test_broken_record_names_its_line(run: Runner, zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    path.write_text(path.read_text().replace("lat: 56.18", "lat: 156.18"))
    done = run("score", "zz-good", "--catalogue", str(zz_copy), check=3)
    assert "zz/datacenters/zz/good.yaml:10: sites.north.position.lat" in done.stderr


def test_own_catalogue_and_policy(run: Runner, zz_copy: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "name: Own\nstanding: law\nrules:\n  quorum: {threshold: 5, unit: zones, evidence: [us]}\n"
        "evidence:\n  us: {kind: opinion, title: Us, read: 2026, claim: Five.}\n"
    )
    done = run("score", "zz-good", "--catalogue", str(zz_copy), "--policy", str(own))
    assert "non-compliant: number of zones" in " ".join(done.stdout.split())
    run("score", "zz-good", "--catalogue", str(zz_copy), "--policy", "podcast")


def test_an_opinion_never_says_non_compliant(run: Runner) -> None:
    for format_ in FORMATS:
        assert "non-compliant" not in run("score", "ovh-sbg", "--format", format_).stdout


def test_output_replaces_a_file_only_when_whole(run: Runner, tmp_path: Path) -> None:
    target, kept = tmp_path / "verdict.json", tmp_path / "kept"
    target.write_text("old")
    os.link(target, kept)
    run("score", "ovh-sbg", "--format", "json", "-o", str(target))
    assert kept.read_text() == "old", "it is another file, put in the old one's place once it was whole"
    kept.unlink()
    whole = target.read_bytes()
    assert json.loads(whole)["verdicts"][0]["target"] == "ovh-sbg"
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512));"
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"sys.argv = ['zonerisk', 'score', 'ovh-sbg', '--format', 'md', '-o', {str(target)!r}];"
        "from zonerisk.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert target.read_bytes() == whole
    assert [each.name for each in tmp_path.iterdir()] == ["verdict.json"]


def test_closed_pipe_and_full_device() -> None:
    command = f"{sys.executable} -m zonerisk score ovh-sbg --format json"
    done = subprocess.run(["sh", "-c", f"{command} | head -1"], capture_output=True, text=True, check=True)
    assert done.stdout == "{\n"
    assert done.stderr == ""
    if Path("/dev/full").exists():
        done = subprocess.run(
            ["sh", "-c", f"{command} > /dev/full"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert "cannot write" in done.stderr


def test_regions_are_drawn_together(run: Runner) -> None:
    several = json.loads(run("score", "scaleway", "--format", "geojson").stdout)
    assert {each["properties"]["record"].partition("/")[0] for each in several["features"]} >= {
        "scaleway-fr-par",
        "scaleway-nl-ams",
    }


def test_csv(run: Runner) -> None:
    rows = list(csv.DictReader(io.StringIO(run("score", "ovh-sbg", "--format", "csv").stdout)))
    assert {row["rule"] for row in rows} >= {"quorum", "colocation", "survives", "dr"}


def test_compare(run: Runner) -> None:
    narrow = run("compare", "ovh-sbg", "scaleway-fr-par", COLUMNS="100").stdout
    for word in ("class", "nearest", "shown", "scaleway-fr-par"):
        assert word in narrow
    text = run("compare", "ovh-sbg", "scaleway-fr-par", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["region"] for row in rows] == ["ovh-sbg", "scaleway-fr-par"]
    assert rows[1]["nearest or extent"] == "8.6 km"
    assert (
        len(json.loads(run("compare", "scaleway-fr-par", "ovh-sbg", "--format", "json").stdout)["regions"])
        == 2
    )
    assert "| ovh-sbg |" in run("compare", "ovh-sbg", "--format", "md").stdout
    assert run("compare", "ovh-sbg", "scaleway-fr-par").stdout


def test_list_and_show(run: Runner) -> None:
    assert "ovh-sbg" in run("list").stdout
    for what, word in (
        ("sites", "ovh-sbg/sbg3"),
        ("providers", "Scaleway"),
        ("policies", "podcast"),
    ):
        assert word in run("list", what, "--format", "csv").stdout
        assert json.loads(run("list", what, "--format", "json").stdout)[what]
    assert "openstreetmap.org/way/1257814939" in run("show", "ovh-sbg/sbg5").stdout
    assert "regions:" in run("show", "ovh").stdout
    assert "standing: opinion" in run("show", "podcast").stdout
    shown = json.loads(run("show", "OVH SBG", "--format", "json").stdout)
    assert (shown["schema"], shown["id"]) == ("zonerisk/record/1", "ovh-sbg")


def test_the_likelihood_alone_is_json_too(run: Runner) -> None:
    tree = json.loads(run("score", "ovh-sbg", "--likelihood", "--format", "json").stdout)
    assert tree["schema"] == "zonerisk/likelihood/1"
    assert tree["likelihoods"][0]["target"] == "ovh-sbg"
    assert tree["likelihoods"][0]["by_layout"]


def test_a_list_of_one_class_is_compared_in_json(run: Runner) -> None:
    tree = json.loads(run("list", "regions", "scaleway", "--class", "apart", "--format", "json").stdout)
    assert tree["schema"] == "zonerisk/compare/2"
    assert [row["target"] for row in tree["regions"]] == ["scaleway-fr-par"]
    assert "one-zone" in run("list", "regions", "ovh", "--class", "one-zone").stdout


def test_listed_sites_have_the_digits_of_their_records(run: Runner, shipped: Library) -> None:
    """Six significant digits would move a site in the west of America by metres."""
    arguments = ("list", "sites", "aws", "--format")
    listed = json.loads(run(*arguments, "json").stdout)["sites"]
    rows = list(csv.DictReader(io.StringIO(run(*arguments, "csv").stdout)))
    assert len(listed) == len(rows) > 100
    for each, row in zip(listed, rows, strict=True):
        at = shipped.site(each["id"]).position
        if at is None:
            assert (each["lat"], each["lon"], row["lat"]) == (None, None, "")
        else:
            assert (each["lat"], each["lon"]) == (at.lat, at.lon)
            assert (float(row["lat"]), float(row["lon"])) == (at.lat, at.lon)
    assert any(len(row["lon"].partition(".")[0]) + len(row["lon"].partition(".")[2]) > 6 for row in rows)


def test_ids_are_never_cut(run: Runner) -> None:
    table = run("dr", "orange-cloud-avenue", COLUMNS="100").stdout
    for region in ("orange-flexible-engine-amsterdam", "orange-flexible-engine-atlanta"):
        assert region in table


def test_own_sites_are_not_asked_of_a_provider(run: Runner) -> None:
    own = ("score", "48.585,7.797", "45.75,4.85", "43.3,5.4", "--uncertainty-m", "50")
    (found,) = json.loads(run(*own, "--format", "json").stdout)["verdicts"]
    rules = {each["rule"]: each["outcome"] for each in found["policy"]["findings"]}
    assert rules.keys().isdisjoint({"claims", "dr"})
    assert rules["quorum"] == rules["disclosure"] == "pass"
    assert found["independence"]["class"] == "apart"
    run(*own, "--fail-on", "warn", check=0)
    assert "a plan can answer" in run(*own, "--policy", "sebi", check=2).stderr


def test_list_of_some(run: Runner) -> None:
    rows = list(csv.DictReader(io.StringIO(run("list", "regions", "Scaleway", "--format", "csv").stdout)))
    assert {row["id"].partition("-")[0] for row in rows} == {"scaleway"}
    assert "ovh-sbg/sbg3" in run("list", "sites", "OVH SBG").stdout
    assert "listed whole" in run("list", "policies", "ovh", check=2).stderr
    assert "did you mean" in run("list", "regions", "scalway", check=2).stderr


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("ovh-sbg/sbg-20kv", "the one 20 kV supply of the site"),
        ("scaleway-fr-par/fr-par-1", "cited:"),
        ("aws-mec1-202603", "class: conflict"),
        ("gulf-2026", "id: aws-mes1-202603"),
        ("rivers", "noun: river"),
    ],
)
def test_any_record_is_shown(run: Runner, record: str, said: str) -> None:
    assert said in run("show", record).stdout


@pytest.mark.parametrize("what", ["incidents", "feeds"])
def test_what_is_listed_is_shown(run: Runner, what: str) -> None:
    rows = json.loads(run("list", what, "--format", "json").stdout)[what]
    assert len(rows) >= 3
    assert json.loads(run("show", rows[0]["id"], "--format", "json").stdout)["name"] == rows[0]["name"]


@pytest.mark.parametrize("name", ["verdict.json", "verdict.md", "verdict.csv", "verdict.html", "verdict.txt"])
def test_a_file_is_written_as_its_name_ends(run: Runner, tmp_path: Path, name: str) -> None:
    run("score", "ovh-sbg", "-o", str(tmp_path / name))
    ending = name.partition(".")[2].replace("txt", "table")
    run("score", "ovh-sbg", "--format", ending, "-o", str(tmp_path / "asked"))
    assert (tmp_path / name).read_bytes() == (tmp_path / "asked").read_bytes()


def test_a_file_whose_ending_no_answer_has_is_refused(run: Runner, tmp_path: Path) -> None:
    file = tmp_path / "both.html"
    done = run("compare", "ovh-sbg", "ovh-rbx", "-o", str(file), check=2)
    assert "would be html, which this command does not write" in done.stderr
    assert not file.exists()
    assert run("compare", "ovh-sbg", "ovh-rbx", "--format", "csv", "-o", str(file)).stdout == ""
    assert file.read_text().startswith("region,")
    assert "would be pdf" in run("score", "ovh-sbg", "-o", str(tmp_path / "report.pdf"), check=2).stderr


def test_quiet_writes_no_notes_wherever_it_is_typed(run: Runner) -> None:
    assert "differ by account" in run("score", "eu-west-3a").stderr
    answer = run("score", "aws", "eu-west-3").stdout
    for arguments in (("-q", "score", "eu-west-3a"), ("score", "eu-west-3a", "--quiet")):
        done = run(*arguments)
        assert (done.stderr, done.stdout) == ("", answer)
    assert "did you mean" in run("-q", "score", "ovh-sbgg", check=2).stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("zonerisk compa", "compare"),
        ("zonerisk score scaleway-fr", "scaleway-fr-par"),
        ("zonerisk dr ovh-sb", "ovh-sbg"),
        ("zonerisk score ovh-sbg --policy do", "dora"),
    ],
)
def test_completion(run: Runner, shell: str, typed: str, wanted: str) -> None:
    script = run("--show-completion", shell).stdout
    assert f"_ZONERISK_COMPLETE=complete_{shell}" in script
    asked = {
        "_ZONERISK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    assert wanted in run(**asked).stdout
    assert "are" in run("--show-completion", "tcsh", check=2).stderr


def test_bash_completes_with_what_is_printed(run: Runner, tmp_path: Path) -> None:
    program = tmp_path / "zonerisk"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m zonerisk "$@"\n')
    program.chmod(0o755)
    script = run("--show-completion", "bash").stdout + (
        "COMP_WORDS=(zonerisk show ovh-sb); COMP_CWORD=2\n"
        f"_zonerisk_completion {program}\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["ovh-sbg"]


def test_within_leaves_other_regions_out(run: Runner) -> None:
    ranking = json.loads(
        run("dr", "ovh-sbg", "--any-provider", "--within", "germany", "--format", "json").stdout
    )
    assert {row["country"] for row in ranking["candidates"]} == {"DE"}
    assert ranking["within"] == "DE"
    assert "is not a country on record" in run("dr", "ovh-sbg", "--within", "Mars", check=2).stderr
    assert "lies within PL" in run("dr", "aws-eu-west-3", "--within", "PL", check=2).stderr


@pytest.mark.parametrize(("name", "instead"), [("rtt", "score TARGET --rtt"), ("feeds", "list feeds")])
def test_a_command_that_is_gone_names_the_new_one(run: Runner, name: str, instead: str) -> None:
    assert instead in run(name, "ovh-sbg", check=2).stderr


def test_version_and_help(run: Runner) -> None:
    assert run("--version").stdout.startswith("zonerisk ")
    assert "--as-of" in run("score", "--help").stdout
