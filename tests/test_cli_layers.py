from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ROOT, Runner
from zonerisk.layers import cards

PLANTS = "project,unit,status,loc_accuracy,lat,lon\nHere,1,operating,exact,48.6,7.8\n"


def test_list_and_show(run: Runner) -> None:
    rows = json.loads(run("layers", "list", "--format", "json").stdout)["layers"]
    assert [row["id"] for row in rows] == list(cards.known())
    said = run("layers", "show", "flood_strasbourg").stdout
    assert "a failure of a Rhine dyke or barrage" in said
    assert "sha256: f4dd8d03" in said


def test_import_sample_and_a_verdict_on_own_sites(run: Runner, tmp_path: Path) -> None:
    mine = tmp_path / "plants.csv"
    mine.write_text(PLANTS)
    cache = str(tmp_path / "cache")
    run("layers", "import", "nuclear", str(mine), "--cache", cache)
    done = run("layers", "sample", "nuclear", "--cache", cache, "--into", str(tmp_path / "out"))
    assert "nuclear: " in done.stderr
    assert "ovh-sbg/sbg3" in (tmp_path / "out" / "nuclear.csv").read_text()
    verdict = json.loads(
        run(
            "score",
            "48.585,7.797",
            "48.601,7.783",
            "--uncertainty-m",
            "200",
            "--cache",
            cache,
            "--format",
            "json",
        ).stdout
    )
    found = {finding["rule"]: finding for finding in verdict["verdicts"][0]["policy"]["findings"]}
    assert found["nuclear"]["outcome"] == "fail"
    assert found["flood"]["message"] == "not assessed"


def test_an_import_says_what_else_its_layer_needs(run: Runner, tmp_path: Path) -> None:
    """A coast without the places that it was cut around is no coast of the world."""
    line = {"type": "LineString", "coordinates": [[7.0, 48.0], [7.1, 48.1]]}
    point = {"type": "Point", "coordinates": [7.0, 48.0]}
    said = []
    for name, shape in (("coast.geojson", line), ("osm_datacenters.geojson", point)):
        feature = {"type": "Feature", "properties": {}, "geometry": shape}
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
        done = run("layers", "import", "coast", str(path), "--cache", str(tmp_path / "cache"))
        said.append("answers once all of these are imported" in done.stderr)
    assert said == [True, False]


def test_a_site_named_by_a_minus_sign(run: Runner, tmp_path: Path) -> None:
    options = ("--uncertainty-m", "50", "--cache", str(tmp_path))
    done = run("score", *options, "--", "-12.5,130.9")
    assert "no hazard layer is on this machine" in done.stderr
    assert run("score", "-12.5,130.9", *options).stdout == done.stdout


def test_a_damaged_layer_is_told_and_the_others_stand(run: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "layers" / "nuclear"
    folder.mkdir(parents=True)
    (folder / "source.json").write_text("{")
    cache = ("--cache", str(tmp_path))
    rows = json.loads(run("layers", "list", "--format", "json", *cache).stdout)["layers"]
    assert {row["id"]: row["installed"] for row in rows}["nuclear"] == "damaged"
    done = run("score", "48.6,7.8", "--uncertainty-m", "50", *cache)
    assert "source.json: is damaged" in done.stderr
    assert "no hazard layer is on this machine" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("score", "48.6,7.8", "--uncertainty-m", "9", "--from", "{}/none"), "does not exist"),
        (("score", "48.6,7.8", "--uncertainty-m", "9", "--from", "{}/a"), "is a file"),
        (("score", "ovh-sbg", "--uncertainty-m", "9"), "--uncertainty-m is of your own sites"),
        (("score", "48,5;7,7"), "decimal points"),
        (("layers", "sample", "lng", "--from", "{}/none"), "does not exist"),
        (("layers", "fetch", "lng", "--max-mb", "nan"), "--max-mb nan: must be"),
        (("layers", "fetch", "lng", "--max-mb", "inf"), "--max-mb inf: must be"),
    ],
)
def test_an_option_that_cannot_be_meant_is_an_error(
    run: Runner, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    (tmp_path / "a").write_text("a file")
    done = run(*(each.replace("{}", str(tmp_path)) for each in arguments), check=2)
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_a_folder_that_cannot_be_made_is_named(run: Runner, tmp_path: Path) -> None:
    mine = tmp_path / "plants.csv"
    mine.write_text(PLANTS)
    cache = ("--cache", str(tmp_path / "cache"))
    run("layers", "import", "nuclear", str(mine), *cache)
    done = run("layers", "sample", "nuclear", *cache, "--into", str(mine), check=2)
    assert f"{mine}: cannot be made" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "rivvers"), "did you mean rivers"),
        (("fetch", "faults"), "zonerisk layers import faults FILE"),
        (("fetch", "flood-england"), "--region"),
        (("sample", "rivers"), "--from"),
        (("sample",), "no raw layer is here"),
        (("import", "rivers", "none.fgb"), "no such file"),
    ],
)
def test_what_cannot_be_done_says_what_to_do(
    run: Runner, tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    done = run("layers", *arguments, check=2, ZONERISK_CACHE=str(tmp_path), ZONERISK_LAYERS="")
    assert says in done.stderr
    assert done.stderr.startswith("error: ")


def test_a_users_own_cards_are_honoured_like_records(run: Runner, tmp_path: Path) -> None:
    card = (ROOT / "data" / "layers" / "nuclear.yaml").read_text()
    (tmp_path / "datacenters").mkdir()
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "reactors.yaml").write_text(card)
    (tmp_path / "layers" / "lng.yaml").write_text(card)
    mine = ("--catalogue", str(tmp_path))
    rows = json.loads(run("layers", "list", "--format", "json", *mine).stdout)["layers"]
    assert {row["id"] for row in rows} == {*cards.known(), "reactors"}
    assert run("layers", "show", "lng", *mine).stdout.startswith("# lng: Nuclear")
    assert "lng: Nuclear" not in run("layers", "show", "lng").stdout
    plants, cache = tmp_path / "plants.csv", str(tmp_path / "cache")
    plants.write_text(PLANTS)
    run("layers", "import", "reactors", str(plants), "--cache", cache, *mine)
    scored = ("score", "ovh-sbg", "--installed", "--cache", cache, "--format", "json", *mine)
    assert "reactors" in json.loads(run(*scored).stdout)["verdicts"][0]["provenance"]["layers"]
    (tmp_path / "layers" / "reactors.yaml").write_text("name: x\n")
    assert str(tmp_path / "layers" / "reactors.yaml") in run("layers", "list", *mine, check=3).stderr


def test_a_complete_list_leaves_no_row_out(run: Runner, tmp_path: Path) -> None:
    raw = tmp_path / "plants.csv"
    head = "project;status;loc_accuracy;lat;lon\n"
    raw.write_text(f"{head}X;operating;exact;;\nY;operating;exact;51.0;2.1\n".replace(";", ","))
    done = run("layers", "import", "nuclear", str(raw), "--cache", str(tmp_path / "cache"), check=3)
    assert "row 1 has no place" in done.stderr
