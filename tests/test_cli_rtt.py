from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from zonerisk.cli import app
from zonerisk.core.errors import UnknownTarget, UsageError

HERE = Path(__file__).parent
runner = CliRunner()
ZZ = ["--catalogue", str(HERE / "zz")]


def test_one_campus() -> None:
    done = runner.invoke(
        app, ["rtt", "zz-pair", str(HERE / "answers/ibm_zones.csv"), *ZZ], catch_exceptions=False
    )
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "p1 to p2: 0.13 ms, at most 13.3 km of fibre, likely 5.1 km at most; so near that they "
        "are almost certainly one campus; refutes the recorded places, 16.7 km (16.6 km to 16.8 km) apart",
        "1 pair: 1 almost certainly one campus, 1 refute something; the rest allows what is claimed "
        "and proves nothing",
    ]


def test_csv(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,rtt_ms\nPAR1,PAR2,0.41\n")
    done = runner.invoke(
        app, ["rtt", "scaleway-fr-par", str(table), "--format", "csv"], catch_exceptions=False
    )
    header, row = done.stdout.splitlines()
    assert header == "a,b,rtt_ms,fibre_km_max,fibre_km_likely_max,one_campus,refutes"
    assert row.startswith("PAR1,PAR2,0.41,41.9,33.7,no,")
    assert "50 km" in row


def test_bad_calls(tmp_path: Path) -> None:
    for arguments, error in (
        (["rtt", "ovh", "x"], UnknownTarget),
        (["rtt", "ovh-sbg", str(tmp_path / "none.csv")], UsageError),
    ):
        with pytest.raises(error):
            runner.invoke(app, arguments, catch_exceptions=False)
