"""zonerisk plan as it is called, and the examples as they are documented."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import Runner
from zonerisk import load
from zonerisk.words import plan_report
from zonerisk.workloads import plan
from zonerisk.workloads.audit import audit

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
FORMATS = ("table", "json", "md", "sarif")
ALL = sorted(path for path in EXAMPLES.rglob("*") if path.suffix in (".yaml", ".json"))


@pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_example_runs(run: Runner, path: Path) -> None:
    answer = json.loads(run("plan", str(path), "--format", "json").stdout)
    assert answer["schema"] == "zonerisk/plan/1"
    assert answer["workloads"]
    assert all(each["findings"] for each in answer["workloads"])


@pytest.mark.parametrize("format_", FORMATS)
def test_same_input_same_bytes(run: Runner, format_: str) -> None:
    """In a process whose hashes are others."""
    asked = ("plan", str(EXAMPLES / "hybrid.yaml"), "--format", format_)
    first = run(*asked).stdout
    assert first == run(*asked, PYTHONHASHSEED="1").stdout
    assert "ledger" in first


def test_the_template_judges_itself(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(run("plan", "--template").stdout)
    assert "shop-db" in run("plan", str(path)).stdout


@pytest.mark.parametrize(
    ("name", "level", "code"),
    [
        ("ovh-2021.yaml", "fail", 1),
        ("scaleway-cluster.yaml", "fail", 1),
        ("kubernetes/google.json", "fail", 1),
        ("kubernetes/azure.json", "fail", 0),
        ("kubernetes/azure.json", "unknown", 1),
    ],
)
def test_fail_on(run: Runner, name: str, level: str, code: int) -> None:
    assert run("plan", str(EXAMPLES / name), "--fail-on", level, check=code).stdout


def test_standard_input(run: Runner) -> None:
    text = (EXAMPLES / "kubernetes" / "scaleway.json").read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "zonerisk", "plan", "-", "--format", "json"],
        input=text,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["files"] == ["stdin"]


def test_several_files_are_one_deployment(run: Runner) -> None:
    answer = json.loads(
        run(
            "plan",
            str(EXAMPLES / "hybrid.yaml"),
            str(EXAMPLES / "terraform" / "scaleway.json"),
            "--format",
            "json",
        ).stdout
    )
    assert {each["file"].rpartition("/")[2] for each in answer["workloads"]} == {
        "hybrid.yaml",
        "scaleway.json",
    }


def test_a_chance_is_counted_without_inputs(run: Runner) -> None:
    path = str(EXAMPLES / "scaleway-cluster.yaml")
    assert "quorum lost once in" in " ".join(run("plan", path).stdout.split())
    flat = " ".join(run("plan", path, "--unavailability", "0.001", "--common", "0.05").stdout.split())
    assert "quorum lost with a chance of 5.3e-05 to 5.3e-05 (beta-factor)" in flat
    assert "a model, not a measurement" in flat


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nothing.yaml",),
        ("--common", "0.1", "{}"),
        ("--unavailability", "2", "{}"),
        ("--unavailability", "a,b,c", "{}"),
        ("--policy", "nope", "{}"),
        ("--as-of", "yesterday", "{}"),
    ],
)
def test_what_cannot_be_answered(run: Runner, arguments: tuple[str, ...]) -> None:
    path = str(EXAMPLES / "ovh-2021.yaml")
    done = run("plan", *(each.format(path) for each in arguments), check=2)
    assert done.stderr.startswith("error: ")


def test_an_invalid_plan(run: Runner, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("workloads:\n  db:\n    provider: ovh\n    region: mars\n    pin: s3cr3t\n")
    done = run("plan", str(path), check=3)
    assert f"{path}:5: workloads.db.pin: unknown key" in done.stderr
    assert "s3cr3t" not in done.stderr


SECRETS = ("hunter2", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN RSA PRIVATE KEY-----", "s3cr3t-note")


@pytest.mark.parametrize("format_", FORMATS)
def test_nothing_of_a_state_but_ids_and_places_comes_out(run: Runner, tmp_path: Path, format_: str) -> None:
    hunter, key, private, note = SECRETS
    state = {
        "format_version": "1.0",
        "values": {
            "outputs": {"password": {"value": hunter, "sensitive": True}},
            "root_module": {
                "resources": [
                    {
                        "address": "aws_db_instance.db",
                        "mode": "managed",
                        "type": "aws_db_instance",
                        "values": {
                            "availability_zone": "eu-west-3a",
                            "password": hunter,
                            "tags": {"note": note},
                        },
                        "sensitive_values": {"password": True},
                    },
                    {
                        "address": "aws_iam_access_key.k",
                        "mode": "managed",
                        "type": "aws_iam_access_key",
                        "values": {"id": key, "secret": hunter},
                    },
                    {
                        "address": "tls_private_key.k",
                        "mode": "managed",
                        "type": "tls_private_key",
                        "values": {"private_key_pem": private},
                    },
                    {
                        "address": "aws_instance.odd",
                        "mode": "managed",
                        "type": "aws_instance",
                        "values": {"availability_zone": f"${{{hunter}}}"},
                    },
                ]
            },
        },
    }
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state))
    done = run("plan", str(path), "--format", format_)
    for secret in SECRETS:
        assert secret not in done.stdout + done.stderr
    assert "aws_db_instance.db" in done.stdout
    # What stands nowhere is counted; Rich may break a line anywhere.
    assert ("aws_iam_access_key.k" if format_ in ("json", "sarif") else "2resources") in "".join(
        done.stdout.split()
    )


def test_a_withdrawn_rule_is_never_non_compliance(run: Runner) -> None:
    path = str(EXAMPLES / "ovh-2021.yaml")
    for rules in ("us-interagency-2002", "jp-fisc-60", "podcast", "vsan-stretched"):
        assert "non-compliant" not in run("plan", path, "--policy", rules).stdout
    hybrid = str(EXAMPLES / "hybrid.yaml")
    assert "non-compliant" in run("plan", hybrid, "--policy", "nis2").stdout


def test_the_commands_of_the_docs_run_as_written(run: Runner) -> None:
    text = (ROOT / "docs" / "plan.md").read_text()
    commands = re.findall(r"^\$ zonerisk ((?:plan|dr) [^|>\n]+)$", text, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        arguments = [str(ROOT / each) if each.startswith("examples/") else each for each in command.split()]
        assert run(*arguments, check=None).returncode in (0, 1)


def test_json_that_is_written_piece_by_piece_is_that_of_the_answer() -> None:
    catalog = load()
    for name in ("ovh-2021.yaml", "scaleway-cluster.yaml", "hybrid.yaml"):
        question = plan.read([str(EXAMPLES / name)], None, catalog, None)
        answer = audit(catalog, question.deployment, catalog.policy("podcast"), question.day)
        assert "".join(plan_report.pieces(answer)) == answer.to_json()
    bare = replace(answer, workloads=())
    assert "".join(plan_report.pieces(bare)) == bare.to_json()
