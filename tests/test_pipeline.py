"""What pipelines run: the shell steps of the action and of the docs, as written, with no network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, Runner

PLAN = (ROOT / "examples" / "scaleway-cluster.yaml").read_text()


def shell(script: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    tools = home / "bin"
    tools.mkdir(exist_ok=True)
    for name, line in (("zonerisk", f'exec {sys.executable} -m zonerisk "$@"'), ("pip", 'echo "pip $*"')):
        (tools / name).write_text(f"#!/bin/sh\n{line}\n")
        (tools / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"), **more}
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=home,
        env=env,
        text=True,
        capture_output=True,
        check=False,
    )


def action() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "action.yml").read_text())


@pytest.mark.parametrize(
    ("fail_on", "baseline", "code"),
    [("fail", "", 1), ("survives\ncoast=warn\n", "", 0), ("quorum", "", 1), ("fail", "before.json", 0)],
)
def test_the_action_judges(tmp_path: Path, fail_on: str, baseline: str, code: int) -> None:
    (tmp_path / "my plan.yaml").write_text(PLAN)
    step = next(each for each in action()["runs"]["steps"] if each.get("id") == "judge")
    assert set(step["env"]) == {"FILES", "POLICY", "FAIL_ON", "BASELINE"}
    if baseline:
        shell('zonerisk plan "my plan.yaml" --format json -o before.json', tmp_path)
    files = {"GITHUB_OUTPUT": tmp_path / "output", "GITHUB_STEP_SUMMARY": tmp_path / "summary"}
    done = shell(
        step["run"],
        tmp_path,
        FILES="my plan.yaml\n",
        POLICY="",
        FAIL_ON=fail_on,
        BASELINE=baseline,
        RUNNER_TEMP=str(tmp_path),
        **{key: str(path) for key, path in files.items()},
    )
    assert done.returncode == code, done.stderr
    assert done.stderr.count("findings of web" if fail_on == "fail" else "finding of web") == code
    outputs = dict(line.split("=") for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert files["GITHUB_STEP_SUMMARY"].read_text().startswith("### zonerisk: ")


def test_the_action_ends_on_a_plan_that_is_none(tmp_path: Path) -> None:
    step = next(each for each in action()["runs"]["steps"] if each.get("id") == "judge")
    (tmp_path / "p.yaml").write_text("nonsense: 1\n")
    paths = {key: str(tmp_path / key) for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    done = shell(
        step["run"],
        tmp_path,
        FILES="p.yaml",
        POLICY="",
        FAIL_ON="",
        BASELINE="",
        RUNNER_TEMP=str(tmp_path),
        **paths,
    )
    assert done.returncode == 3
    assert "p.yaml:1" in done.stderr


def test_the_action_is_pinned_and_runs_no_input_as_script() -> None:
    for step in action()["runs"]["steps"]:
        assert "uses" not in step or re.search(r"@[0-9a-f]{40}$", step["uses"])
        assert "${{" not in step.get("run", "")
        assert "run" not in step or step["shell"] == "bash"


def installed() -> dict[str, list[str]]:
    """Return the lines that install, of the action and of the image."""
    steps = " ".join(step.get("run", "") for step in action()["runs"]["steps"])
    image = (ROOT / "Dockerfile").read_text()
    return {
        name: re.findall(r'pip"? install (.+)', text) for name, text in (("action", steps), ("image", image))
    }


@pytest.mark.parametrize("name", ["action", "image"])
def test_what_is_installed_is_locked(name: str) -> None:
    locked, own = installed()[name]
    assert "--require-hashes" in locked
    assert "locks/score.txt" in locked
    assert "--no-deps --no-build-isolation" in own
    assert (ROOT / "locks" / "score.txt").is_file()


def test_the_image_needs_no_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    orders = [line.split()[0] for line in lines if line and line[0].isupper()]
    assert orders == ["FROM", "COPY", "RUN", "FROM", "COPY", "ENV", "WORKDIR", "USER", "ENTRYPOINT"]
    assert "USER nobody" in lines
    assert 'ENTRYPOINT ["zonerisk"]' in lines


def snippets() -> dict[str, Any]:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "plan.md").read_text(), re.DOTALL)
    trees = [yaml.safe_load(block) for block in blocks]
    return {"gitlab": next(each for each in trees if "zones" in each and "script" in each["zones"])["zones"]}


def test_the_gitlab_job_runs_as_written(tmp_path: Path) -> None:
    (tmp_path / "zonerisk.yaml").write_text(PLAN)
    job = snippets()["gitlab"]
    done = shell("\n".join(job["script"]), tmp_path)
    assert done.returncode == 1
    assert "2 findings of web" in done.stderr
    for path in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert (tmp_path / path).stat().st_size


def test_findings_stand_on_the_lines_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "modules" / "db").mkdir(parents=True)
    (tmp_path / "main.tf").write_text('# one\n\nresource "aws_instance" "web" {\n}\nmodule "db" {}\n')
    (tmp_path / "modules" / "db" / "x.tf").write_text('  resource  "aws_db_instance" "this" {}\n')
    (tmp_path / "other.tf").write_text('resource "aws_instance" "unnamed" {}\n')

    def resource(address: str, kind: str) -> dict[str, Any]:
        values = {"availability_zone": "eu-west-3a"}
        return {"address": address, "mode": "managed", "type": kind, "name": "x", "values": values}

    tree = {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {
                "resources": [
                    resource("aws_instance.web[0]", "aws_instance"),
                    resource("aws_instance.unnamed", "aws_instance"),
                ],
                "child_modules": [
                    {
                        "address": "module.db",
                        "resources": [resource("module.db.aws_db_instance.this", "aws_db_instance")],
                    }
                ],
            }
        },
        "configuration": {
            "root_module": {
                "resources": [{"address": "aws_instance.web"}],
                "module_calls": {
                    "db": {
                        "source": "./modules/db",
                        "module": {"resources": [{"address": "aws_db_instance.this"}]},
                    },
                    "far": {"source": "registry.example/x/y", "module": {}},
                },
            }
        },
    }
    (tmp_path / "tfplan.json").write_text(json.dumps(tree))
    done = shell("zonerisk plan tfplan.json --format sarif", tmp_path)
    places = {
        result["message"]["text"].split(":")[0]: (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            result["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for result in json.loads(done.stdout)["runs"][0]["results"]
        if result["ruleId"] != "zonerisk/not-assessed"
    }
    assert places["aws_instance.web"] == ("main.tf", 3)
    assert places["module.db.aws_db_instance.this"] == ("modules/db/x.tf", 1)
    assert places["aws_instance.unnamed"] == ("tfplan.json", 1)


@pytest.mark.parametrize("source", ["./\u0000", "./" + "x" * 5000, "../..", "./main.tf", 3, None])
def test_where_modules_stand_is_only_a_hint(
    run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: object
) -> None:
    (tmp_path / "main.tf").mkdir()
    module = {"resources": [1, {"address": ["x"]}], "module_calls": {"m": {"source": source, "module": {}}}}
    values = {"availability_zone": "eu-west-3a"}
    resource = {"address": "aws_instance.a", "mode": "managed", "type": "aws_instance", "values": values}
    tree = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [resource]}},
        "configuration": {"root_module": module},
    }
    (tmp_path / "p.json").write_text(json.dumps(tree))
    monkeypatch.chdir(tmp_path)
    done = run("plan", "p.json", "--format", "json")
    assert [each["file"] for each in json.loads(done.stdout)["workloads"]] == ["p.json"]
