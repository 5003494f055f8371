from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zonerisk.cli import app
from zonerisk.core.errors import UsageError

HERE = Path(__file__).parent
runner = CliRunner()
ZZ = ["--catalogue", str(HERE / "zz")]
ONE_CAMPUS = [
    "p1 to p2: 0.13 ms, at most 13.3 km of fibre, likely 5.1 km at most; as near as zones of "
    "one campus are; refutes the recorded places, 16.7 km (16.6 km to 16.8 km) apart",
    "1 pair: 1 as near as zones of one campus are, 1 refute something; the rest allows what is claimed "
    "and proves nothing",
]


@pytest.mark.parametrize("format_", ["table", "md"])
def test_one_campus_beside_the_verdict(format_: str) -> None:
    table = str(HERE / "answers/ibm_zones.csv")
    arguments = ["score", "zz-pair", *ZZ, "--format", format_]
    verdict = runner.invoke(app, arguments, catch_exceptions=False).stdout
    done = runner.invoke(app, [*arguments, "--rtt", table], catch_exceptions=False)
    assert done.exit_code == 0
    assert done.stdout.startswith(verdict)
    lines = done.stdout.removeprefix(verdict).splitlines()
    assert "Measured round trips" in lines[1]
    assert [line.removeprefix("- ") for line in lines[-2:]] == ONE_CAMPUS


def test_csv(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,rtt_ms\nPAR1,PAR2,0.41\n")
    done = runner.invoke(
        app,
        ["score", "scaleway-fr-par", "--rtt", str(table), "--format", "csv"],
        catch_exceptions=False,
    )
    header, row = done.stdout.splitlines()
    assert header == "a,b,rtt_ms,fibre_km_max,fibre_km_likely_max,one_campus,refutes"
    assert row.startswith("PAR1,PAR2,0.41,41.9,33.7,no,")
    assert "50 km" in row


def test_json_is_the_verdict_and_one_key_more(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("a,b,rtt_ms\nPAR1,PAR2,0.41\n")
    arguments = ["score", "scaleway-fr-par", "--format", "json"]
    verdict = json.loads(runner.invoke(app, arguments, catch_exceptions=False).stdout)
    both = json.loads(runner.invoke(app, [*arguments, "--rtt", str(table)], catch_exceptions=False).stdout)
    trip = both.pop("round_trips")[0]
    assert both == verdict
    assert (trip["a"], trip["b"], trip["rtt_ms"], trip["one_campus"]) == ("PAR1", "PAR2", 0.41, False)
    assert "50 km" in trip["refutes"][0]


def test_bad_calls(tmp_path: Path) -> None:
    for arguments, error in (
        (["score", "ovh", "--rtt", "x"], UsageError),
        (["score", "ovh-sbg", "--rtt", str(tmp_path / "none.csv")], UsageError),
        (["score", "ovh-sbg", "--rtt", str(HERE / "answers/ibm_zones.csv"), "--format", "html"], UsageError),
        (["rtt", "ovh-sbg", "x"], UsageError),
    ):
        with pytest.raises(error):
            runner.invoke(app, arguments, catch_exceptions=False)


def test_stations_near_sites() -> None:
    done = runner.invoke(
        app, ["list", "stations", "scaleway-fr-par", "--format", "csv"], catch_exceptions=False
    )
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert [
        "scaleway-fr-par/dc3",
        "FR",
        "Continental Europe",
        "rte/CHEVI",
        "CHEVILLY",
        "225",
        "1",
        "yes",
        "VILLEJUST (1), MORBRAS (2), VILLEVAUDE (6)",
    ] in rows
    assert any(
        row[0] == "scaleway-fr-par/dc3" and row[4:8] == ["ARRIGHI", "225", "2.8", "no"] for row in rows
    )
