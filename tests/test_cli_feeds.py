from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import ROOT
from grid import sources as feedsource
from grid.sources import FeedRecord, Source
from test_gridsurvey import write_layers
from zonerisk import load
from zonerisk.core.errors import DataError, UsageError

sys.path.insert(0, str(ROOT / "scripts"))
app = __import__("feeds").app
runner = CliRunner()


def test_sources() -> None:
    done = runner.invoke(app, ["sources"])
    assert done.exit_code == 0
    assert "peeringdb" in done.stdout
    assert "not to be passed on" in done.stdout


def test_derive_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    layers = write_layers(tmp_path / "layers")
    for name in ("one", "two"):
        done = runner.invoke(
            app,
            ["derive", "--layers", str(layers), "-o", str(tmp_path / name)],
            catch_exceptions=False,
        )
        assert done.exit_code == 0
        assert done.stdout == ""
        assert "stations-rte.csv" in done.stderr
    one = tmp_path / "one"
    files = sorted(str(path.relative_to(one)) for path in one.rglob("*.*"))
    assert files == [
        "areas.csv",
        "map/circuits.csv",
        "map/positions.csv",
        "sources.json",
        "stations-osm.csv",
        "stations-osm2016.csv",
        "stations-rte.csv",
        "upstreams.csv",
    ]
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_derive_without_layers(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="--layers"):
        runner.invoke(app, ["derive", "--layers", str(tmp_path)], catch_exceptions=False)


def test_fetch_writes_csv_and_names_the_licence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(*_: object) -> list[FeedRecord]:
        return [FeedRecord("zz/s", "station", "way/1", "Gull", "225", "1.00", "")]

    monkeypatch.setitem(feedsource.SOURCES, "pypsa", Source("A grid", "ODbL 1.0", told))  # type: ignore[arg-type]
    done = runner.invoke(
        app,
        ["fetch", "pypsa", "--region", "ovh-sbg", "--cache", str(tmp_path)],
        catch_exceptions=False,
    )
    assert done.stdout == ("site,what,id,name,kv,distance_km,note\nzz/s,station,way/1,Gull,225,1.00,\n")
    assert done.stderr == "A grid: ODbL 1.0\n"


def test_fetch_offline_without_anything(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not in the cache"):
        runner.invoke(
            app,
            [
                "fetch",
                "pypsa",
                "--region",
                "ovh-sbg",
                "--offline",
                "--cache",
                str(tmp_path),
            ],
            catch_exceptions=False,
        )
    with pytest.raises(UsageError, match="no source is called"):
        runner.invoke(
            app,
            ["fetch", "x", "--region", "ovh-sbg", "--cache", str(tmp_path)],
            catch_exceptions=False,
        )
    assert load().region_ids
