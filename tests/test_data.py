"""zonerisk data: templates, schemas, comparisons."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import goldens
import records
from conftest import ROOT, Runner
from records import problems, rules, write
from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import read
from zonerisk.core.errors import UsageError
from zonerisk.core.model import Provider, Region
from zonerisk.curation import check, review
from zonerisk.curation.check import template
from zonerisk.curation.review import opened
from zonerisk.library import Library


def test_new_writes_a_template_that_says_what_is_missing(run: Runner, tmp_path: Path) -> None:
    done = run("data", "new", "acme", "paris", "--in", str(tmp_path / "own"))
    files = [Path(line) for line in done.stdout.splitlines()]
    assert [path.name for path in files] == ["provider.yaml", "paris.yaml"]
    checked = run("data", "check", str(tmp_path / "own"), check=3)
    assert "paris.yaml:2: name: still says TODO" in checked.stdout
    assert "[format]" not in checked.stdout
    for path in files:
        text = (
            path.read_text()
            .replace("country: TODO", "country: FR")
            .replace("url: TODO", "url: https://example.com/")
        )
        path.write_text(
            text.replace("read: TODO", "read: 2026-01")
            .replace("town: TODO", "town: Paris")
            .replace("TODO", "Paris")
        )
    run("data", "check", str(tmp_path / "own"))
    run("score", "acme-paris", "--catalogue", str(tmp_path / "own"))


def test_a_corrected_place_is_one_edit(run: Runner, tmp_path: Path) -> None:
    copy = shutil.copytree(ROOT / "data", tmp_path / "data")
    record = copy / "datacenters" / "ovh" / "sbg.yaml"
    text = record.read_text()
    line = next(
        number for number, row in enumerate(text.splitlines(), 1) if "lat: 48.58606, lon: 7.79751" in row
    )
    record.write_text(text.replace("lat: 48.58606, lon: 7.79751", "lat: 48.58617, lon: 7.79751"))
    rows = run("data", "check", str(copy)).stdout.splitlines()
    stale = [row for row in rows if row.endswith("[stale]") and "ovh/sbg" in row]
    assert len(stale) == 1
    assert stale[0].startswith(f"{record}:{line}: warning: sites.sbg3: the figures of ")
    assert "left out of its verdict" in stale[0]
    assert "python scripts/feeds.py derive" in stale[0]
    before, after = Library(), Library(copy)
    figures = after.samples.of(after.site("ovh-sbg/sbg3"))
    assert {sample.reason for sample in before.samples.of(before.site("ovh-sbg/sbg3"))} & {None}
    assert {sample.reason for sample in figures} <= {
        "not_sampled",
        "outside_coverage",
        "position_too_uncertain",
    }
    assert after.supply.neighbourhood(after.site("ovh-sbg/sbg3")) is None
    diff = run("data", "diff", str(ROOT / "data"), str(copy)).stdout
    assert "ovh-sbg" in diff


def test_a_policy_is_shown_copied_and_checked(run: Runner, tmp_path: Path) -> None:
    mine = tmp_path / "my.yaml"
    for name in ("secnumcloud", "podcast"):
        mine.write_text(run("show", name).stdout)
        assert run("data", "check", str(mine)).stdout == ""
    mine.write_text(run("show", "podcast").stdout.replace("    weight: 3\n", "    wight: 3\n", 1))
    said = run("data", "check", str(mine), check=3).stdout
    assert said.startswith(f"{mine}:15: rules.quorum.wight: unknown key")
    mine.write_text(run("show", "dora").stdout.replace("[art12, rts24]", "[art12]"))
    assert "evidence.rts24: no rule cites it" in run("data", "check", str(mine)).stdout
    own = str(tmp_path / "own")
    new = Path(run("data", "new", "policy", "my-bank", "--in", own).stdout.strip())
    assert new == tmp_path / "own" / "policies" / "my-bank.yaml"
    said = run("data", "check", own, check=3).stdout
    assert f"{new}:4: name: still says TODO" in said
    filled = (
        new.read_text()
        .replace("url: TODO", "url: https://example.com/")
        .replace("read: TODO", "read: 2026-11")
    )
    new.write_text(filled.replace("TODO", "what it says"))
    assert run("data", "check", own).stdout == ""
    assert "what it says (opinion)" in run("score", "ovh-sbg", "--policy", str(new)).stdout


def test_new_overwrites_nothing(run: Runner, tmp_path: Path) -> None:
    arguments = ("data", "new", "acme", "paris", "--in", str(tmp_path))
    run(*arguments)
    assert "is there already" in run(*arguments, check=2).stderr
    assert run("data", "new", "acme", "lyon", "--in", str(tmp_path)).stdout.count("\n") == 1
    assert "is not an id" in run("data", "new", "Acme", "paris", check=2).stderr
    assert "is not an id" in run("data", "new", "../x", "paris", "--in", str(tmp_path), check=2).stderr
    assert "cannot write" in run("data", "new", "acme", "paris", "--in", "/dev/null", check=2).stderr


def test_the_template_names_every_field() -> None:
    for model, text in ((Region, template("region")), (Provider, template("provider"))):
        for name in set(model.model_fields) - {"id", "provider", "note", "since", "until"}:
            assert f"{name}:" in text, name


def test_uncommented_the_template_is_valid_but_for_todo(tmp_path: Path) -> None:
    """Every commented line of the template is real syntax."""
    lines = []
    for line in template("region").splitlines():
        bare = line.lstrip("# ")
        if (
            line.lstrip().startswith("# ")
            and not bare.split(":")[0].replace("-", "").replace("_", "").isalnum()
        ):
            continue  # prose
        commented = line.startswith("# ") and ":" in bare and not bare[0].isupper()
        lines.append(line[2:] if commented else line)
    text = "\n".join(lines)
    for old, new in (
        ("country: TODO", "country: FR"),
        ("url: TODO", "url: https://example.com/"),
        ("read: TODO", "read: 2026-01"),
        ("[permit]", "[zone-list]"),
        ("[zone-list, permit]", "[zone-list]"),
        ("other-operator-paris/example-2", "example-1"),
        ("TODO", "Strasbourg"),
        ("town: Example\n", "town: Strasbourg\n"),
    ):
        text = text.replace(old, new)
    found = problems(write(tmp_path, strasbourg=text))
    assert "format" not in rules(found), [str(problem) for problem in found]
    assert {"sites", "feeds", "hazards", "campuses", "candidates"} <= set(
        Library(tmp_path).document("tt-strasbourg").tree
    )


def test_the_help_on_a_field_is_in_the_schema_of_its_model() -> None:
    told = read(ROOT / "data/fields.yaml").tree
    parts = {}
    for name in check.MODELS:
        tree = json.loads(check.schema(name))
        parts |= {
            part.get("title"): part.get("properties", {}) for part in (tree, *tree.get("$defs", {}).values())
        }
    for models, rows in told.items():
        for model, names in itertools.product(models.split(", "), rows):
            for field in names.split(", "):
                assert parts[model][field]["description"] == rows[names], f"{model}.{field}"


@pytest.mark.parametrize("name", ["region", "provider", "policy", "verdict"])
def test_schema_is_the_published_one(run: Runner, name: str) -> None:
    assert run("data", "schema", name).stdout == (ROOT / f"data/schema/{name}.json").read_text()


def test_check_exits_with_3_and_names_every_file(run: Runner, tmp_path: Path) -> None:
    root = write(tmp_path / "data", x="name: X\n", y="name: [\n")
    done = run("data", "check", str(root), check=3)
    assert "x.yaml:1: country: is required [format]" in done.stdout
    assert "y.yaml:" in done.stdout
    assert done.stderr.startswith("3 files, ")
    assert "is not a catalogue" in run("data", "check", "/nowhere", check=2).stderr


def test_check_of_two_paths(run: Runner, tmp_path: Path) -> None:
    paths = [
        str(write(tmp_path / name, x=f"name: {name}\n") / "datacenters/tt/x.yaml") for name in ("a", "b")
    ]
    assert run("data", "check", *paths, check=3).stderr.startswith("2 files, 4 errors")


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """A catalogue before and after a second site is found to stand apart."""
    apart = records.REGION.replace("lat: 48.58666, lon: 7.79753", "lat: 48.38666, lon: 7.69753").replace(
        "    campus: port\n    position: {lat: 48.3", "    position: {lat: 48.3"
    )
    steady = records.place("Lyon", "FR", 45.76, 4.84, 8000, "metro", "town", "evidence: [zone-list]")
    return (
        write(tmp_path / "old", strasbourg=records.REGION, steady=steady, gone=steady),
        write(tmp_path / "new", strasbourg=apart, steady=steady.replace("  z:", "  zz:")),
    )


def test_diff_of_two_folders(run: Runner, two: tuple[Path, Path]) -> None:
    old, new = two
    done = run("data", "diff", str(old), str(new), "--format", "csv")
    rows = dict.fromkeys(done.stdout.splitlines())
    assert "tt-gone,region,recorded,gone" in rows
    assert "tt-strasbourg,effective,1,1 to 2" in rows or "tt-strasbourg,effective,1,2" in rows
    assert any(row.startswith("tt-strasbourg,fails,") and "colocation" in row for row in rows)
    assert not any(row.startswith("tt-steady") for row in rows)
    assert done.stderr == "2 regions changed\n"
    assert run("data", "diff", str(new), str(new)).stdout == ""
    assert (
        "| tt-gone | region | recorded | gone |"
        in run("data", "diff", str(old), str(new), "--format", "md").stdout
    )
    assert "tt-gone" in run("data", "diff", str(old), str(new)).stdout


def test_diff_of_git_revisions(
    two: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    repository = tmp_path / "repository"
    repository.mkdir()

    def git(*arguments: str) -> None:
        subprocess.run(
            ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments),
            cwd=repository,
            check=True,
            capture_output=True,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        )

    git("init", "-q")
    for folder in two:
        shutil.rmtree(repository / "data", ignore_errors=True)
        shutil.copytree(folder, repository / "data")
        git("add", "-A")
        git("commit", "-qm", "x")
    monkeypatch.chdir(repository / "data")
    with opened("HEAD~1") as old, opened("HEAD") as new:
        changes = review.changes(old, new, Catalog().policy("podcast"))
    assert {change.region for change in changes} == {"tt-gone", "tt-strasbourg"}
    with (
        pytest.raises(UsageError, match=r"neither a folder .* nor a git"),
        opened("no-such-revision"),
    ):
        pass
    with (
        pytest.raises(UsageError, match=r"neither a folder .* nor a git"),
        opened("--output=/tmp/x"),
    ):
        pass


def test_a_refused_region_is_a_line_of_the_review(two: tuple[Path, Path]) -> None:
    path = two[1] / "datacenters/tt/strasbourg.yaml"
    path.write_text(path.read_text().replace("country: FR", "country: fr"))
    changes = review.changes(Library(two[0]), Library(two[1]), Catalog().policy("podcast"))
    assert review.Change("tt-strasbourg", "class", "shared", "refused") in changes


def test_verdicts_are_one_line_a_region(two: tuple[Path, Path]) -> None:
    text = goldens.verdicts(Library(two[0]), Catalog().policy("podcast"))
    lines = text.splitlines()
    assert lines[0] == (
        "region,class,outcome,cause,score,zones,effective,datacenters,fails,unknown,not_assessed"
    )
    assert [line.split(",")[0] for line in lines[1:]] == ["tt-gone", "tt-steady", "tt-strasbourg"]
    assert lines[3].startswith("tt-strasbourg,shared,fail,campus:tt-strasbourg/port,")


def test_coverage_counts(two: tuple[Path, Path]) -> None:
    found = goldens.counts(Library(two[0])).loc["tt"]
    assert found[
        ["regions on file", "zones", "zone located", "sites: building", "town or metro"]
    ].to_list() == [
        3,
        4,
        2,
        2,
        2,
    ]
    assert json.dumps(goldens.coverage(Library(two[0]))).count("Testing") == 1
