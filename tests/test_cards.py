from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from records import note
from zonerisk import load
from zonerisk.catalogue.document import data_root
from zonerisk.catalogue.samples import SampleFile
from zonerisk.core.errors import DataError, UnknownTarget
from zonerisk.curation.check import stale_samples
from zonerisk.layers import cards, store
from zonerisk.layers.cards import Card

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "data" / "layers" / "samples"


@pytest.mark.parametrize("name", cards.known())
def test_card_is_whole(name: str) -> None:
    card = cards.load(name)
    assert card.must_not_say
    assert card.may_say
    if card.ships:
        assert all(file.sha256 for file in card.files), "what ships is bound to its raw file"
        file = SampleFile(SAMPLES / f"{name}.csv")
        assert file.head["raw"] == {each.path: each.sha256 for each in card.files}
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", file.head["sampled"])
        assert file.head["licence"] == card.derived_licence
    else:
        assert not (SAMPLES / f"{name}.csv").exists()


def test_no_layer_promises_a_floodplain() -> None:
    called = [name for name in cards.known() if "floodplain" in cards.load(name).name.lower()]
    assert called == ["floodplain-elbe", "floodplain-rhine"], "the BfG's own polygons only"


def test_shipped_figures_have_not_drifted() -> None:
    refused = [str(each) for each in stale_samples(load()) if each.level == "error"]
    assert not refused, "\n".join(refused)


def test_drift_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "layers" / "samples"
    folder.mkdir(parents=True)
    (tmp_path / "datacenters").mkdir()
    text = (SAMPLES / "flood-strasbourg.csv").read_text()
    head, columns, first, second, *rest = text.splitlines()
    told = {**json.loads(head[1:]), "error_m": 1}
    del told["rows"]  # Else the rows that are changed below are no longer those that it tells of.
    moved = second.replace("7.7975", "7.8", 1)
    (folder / "flood-strasbourg.csv").write_text(
        "\n".join(
            (
                "#" + json.dumps(told),
                columns,
                first.replace("ovh-sbg", "ovh-none"),
                moved,
                *rest,
                "",
            )
        )
    )
    (folder / "other.csv").write_text(text)
    (folder / "broken.csv").write_text("nonsense")
    said = "\n".join(map(str, stale_samples(load(tmp_path))))
    assert "flood-strasbourg.csv:1: error_m: the card says otherwise" in said
    assert "ovh-none/sbg1: no such site has a position" in said
    sites = [line for line in said.splitlines() if "sites.sbg2" in line]
    assert len(sites) == 1
    assert sites[0].endswith("a maintainer runs zonerisk layers sample --from RAW [stale]")
    assert "there is no card data/layers/other.yaml" in said
    assert "broken.csv: is not a sample file" in said
    assert "warning: " in said


def test_an_unknown_layer_is_named() -> None:
    with pytest.raises(UnknownTarget, match="did you mean rivers"):
        cards.load("river")


@pytest.mark.parametrize(
    ("name", "needed"),
    [("flood-jrc-europe-rp100", "mask"), ("coast", "coverage"), ("flood-dallas", "coverage")],
)
def test_a_layer_without_its_masks_or_coverage_says_nothing(tmp_path: Path, name: str, needed: str) -> None:
    card = cards.load(name)
    home = store.home(card, tmp_path)
    home.mkdir(parents=True)
    lacking = [file for file in card.files if file.role == needed]
    for file in card.files:
        (home / Path(file.path).name).touch()
    note(home)
    assert len(store.locate(card, tmp_path)) == len(card.files)
    for file in lacking:
        (home / Path(file.path).name).unlink()
        assert store.locate(card, tmp_path) == ()
        data = Path(card.files[0].path).name
        files = {data: store.digest(home / data)}
        (home / "source.json").write_text(json.dumps({"files": files}))
        assert store.locate(card, tmp_path) == (), "nor an import of the data alone"


def test_files_are_found_in_the_raw_folder_and_in_the_cache(tmp_path: Path) -> None:
    card = cards.load("nuclear")
    cache, raw = tmp_path / "cache", tmp_path / "raw"
    assert store.locate(card, cache, raw) == ()
    kept = store.home(card, cache) / "nuclear_units_gem_2024_07.csv.gz"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"cached")
    assert store.locate(card, cache, raw) == (), "what no note lists was not fetched"
    note(kept.parent)
    assert [each.path for each in store.locate(card, cache, raw)] == [kept]
    (raw / "bundle").mkdir(parents=True)
    (raw / card.files[0].path).write_bytes(b"raw")
    found = store.locate(card, cache, raw)
    assert [each.path for each in found] == [raw / card.files[0].path]
    with pytest.raises(DataError, match="sha256 differs"):
        store.verify(card, found)


def test_an_import_is_found_by_its_note(tmp_path: Path) -> None:
    card = cards.load("nuclear")
    folder = store.home(card, tmp_path)
    folder.mkdir(parents=True)
    (folder / "mine.csv").write_text("lat,lon\n")
    files = {"../mine.csv": store.digest(folder / "mine.csv")}
    (folder / "source.json").write_text(json.dumps({"files": files}))
    assert [each.path for each in store.locate(card, tmp_path)] == [folder / "mine.csv"]
    (folder / "mine.csv").write_text("lat,lon\n1,2\n")
    with pytest.raises(DataError, match="is not what was fetched or imported"):
        store.locate(card, tmp_path)
    (folder / "source.json").write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        store.locate(card, tmp_path)


@pytest.mark.parametrize(
    ("name", "changed", "says"),
    [
        (
            "industry-france",
            {"list_radius_m": 9500, "search_radius_m": 9500},
            "must exceed list_radius_m and error_m",
        ),
        ("industry-france", {"reading": {"url": "https://x.example/?a={lat}"}}, "{lat} and {lon}"),
        ("industry-france", {"reading": {"url": "https://x.example/{lat},{lon},{z}"}}, "url: may"),
        ("industry-france", {"reading": {"named": "{z}"}}, "named: may hold {name}"),
        ("industry-france", {"return_years": {"*": 100}}, "return_years are of areas"),
        ("industry-france", {"record_years": 10}, "record_years are of cells"),
        ("industry-france", {"intensities": {"*": (1, 2)}}, "go together"),
        ("flood-dallas", {"return_years": {"10yr": 10}}, "is not one of reading.classes"),
        ("cyclones", {"reading": {"least": {}}, "intensity_unit": None}, "needs reading.least"),
        ("georisques", {"measure": "near"}, "answers statements"),
        ("georisques", {"reading": {"hazards": {}}}, "needs reading.hazards"),
        ("seismic-france", {"reading": {"class_of": None}}, "needs reading.hazards"),
    ],
)
def test_a_card_that_cannot_be_read_by_is_refused(name: str, changed: dict[str, object], says: str) -> None:
    tree = cards.load(name).model_dump()
    reading = changed.pop("reading", {})
    assert isinstance(reading, dict)
    tree = {**tree, **changed, "reading": {**tree["reading"], **reading}}
    with pytest.raises(ValidationError, match=re.escape(says)):
        Card.model_validate(tree)


def test_a_stranger_s_card_takes_no_place_of_another(tmp_path: Path) -> None:
    text = (data_root() / "layers" / "nuclear.yaml").read_text("utf-8")
    for name in ("nuclear.yaml", "flood-jrc-europe.yaml", "flood-jrc-europe-rp100.yaml"):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match="a layer that ships is called"):
            cards.load(str(tmp_path / name))
    for name in ("..yaml", ".yaml", "...yaml", "A b.yaml", "a..b.yaml"):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError, match="small letters"):
            cards.load(str(tmp_path / name))
    (tmp_path / "mine.yaml").write_text(text)
    assert cards.load(str(tmp_path / "mine.yaml")).id == "mine"
    assert cards.load(str(data_root() / "layers" / "nuclear.yaml")).id == "nuclear"


@pytest.mark.parametrize(
    "named", ["{name:3000000000}", "{name.x}", "{name[0]}", "{name!r}", "{}", "{name:{class}}", "{"]
)
def test_a_card_s_words_name_fields_and_nothing_else(tmp_path: Path, named: str) -> None:
    text = (data_root() / "layers" / "volcanoes.yaml").read_text("utf-8")
    old = next(line for line in text.splitlines() if line.startswith("  named:"))
    (tmp_path / "mine.yaml").write_text(text.replace(old, f"  named: '{named}'"))
    with pytest.raises(DataError, match="only"):
        cards.load(str(tmp_path / "mine.yaml"))
