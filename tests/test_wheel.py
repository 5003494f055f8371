"""The wheel, installed outside the checkout, answers as the checkout does."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT, Runner


def test_wheel_answers_the_same(run: Runner, tmp_path: Path) -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path),
            str(ROOT),
        ],
        check=True,
        capture_output=True,
    )
    wheel = next(tmp_path.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert "zonerisk/data/datacenters/ovh/sbg.yaml" in names
    assert not [name for name in names if name.startswith("data/")]
    # A clean interpreter: the wheel first on the path, the checkout nowhere on it; the
    # dependencies are those of this environment.
    target = tmp_path / "site"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            "--disable-pip-version-check",
            "--target",
            str(target),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    script = (
        f"import sys; sys.path.insert(0, {str(target)!r}); sys.argv = ['zonerisk', 'score',"
        " 'ovh-sbg', '--format', 'json']; import zonerisk;"
        f" assert zonerisk.__file__.startswith({str(target)!r});"
        " from zonerisk.cli import main; main()"
    )
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", script],
        cwd=tmp_path,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == run("score", "ovh-sbg", "--format", "json").stdout
