from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

import zonerisk
from zonerisk.core.errors import DataError, UnknownTarget, UsageError, ZoneriskError
from zonerisk.core.model import Evidence, simplify
from zonerisk.library import Library


@pytest.mark.parametrize(
    "typed", ["ovh-sbg", "OVH SBG", "ovh_sbg", "ovh/sbg", "Ovh  Strasbourg", "OVHcloud Strasbourg"]
)
def test_tolerant_on_input_canonical_on_output(shipped: Library, typed: str) -> None:
    assert shipped.resolve(typed) == ("ovh-sbg",)


@pytest.mark.parametrize(
    ("typed", "region"),
    [
        ("gcp us east1", "google-us-east1"),
        ("linode eu-west", "akamai-eu-west"),
        ("eu-west-3a", "aws-eu-west-3"),
        ("euw3-az1", "aws-eu-west-3"),
        ("us-east1-b", "google-us-east1"),
        ("West Europe", "azure-westeurope"),
        ("SBG5", "ovh-sbg"),
        ("UK1", "ovh-eri"),
        ("Scaleway Paris", "scaleway-fr-par"),
        ("N. Virginia", "aws-us-east-1"),
        ("digital ocean fra1", "digitalocean-fra1"),
    ],
)
def test_what_people_type_for_one_region(shipped: Library, typed: str, region: str) -> None:
    assert shipped.resolve(typed) == (region,)


def test_a_code_of_several_providers_is_asked_back(shipped: Library) -> None:
    with pytest.raises(UnknownTarget, match="could be aws-eu-west-3, leaseweb-eu-west-3; name one"):
        shipped.resolve("eu-west-3")


@pytest.mark.parametrize(
    ("typed", "some", "never"),
    [
        ("gcp", "google-us-east1", "aws-us-east-1"),
        ("Microsoft Azure", "azure-westeurope", "aws-us-east-1"),
        ("paris", "aws-eu-west-3", "telehouse-paris"),
        ("Frankfurt", "google-europe-west3", "digital-realty-frankfurt"),
        ("France", "scaleway-fr-par", "cloudwatt-fr"),
        ("uk", "google-europe-west2", "ovh-sbg"),
        ("aws germany", "aws-eu-central-1", "google-europe-west3"),
    ],
)
def test_what_people_type_for_several_regions(shipped: Library, typed: str, some: str, never: str) -> None:
    meant = shipped.open_regions(typed)
    assert some in meant
    assert never not in meant


def test_a_zone_letter_is_told_to_differ_by_account(shipped: Library) -> None:
    assert "differ by account" in (shipped.meaning("eu-west-3a").note or "")
    assert shipped.meaning("euw3-az1").note is None


def test_an_operator_and_a_closed_cloud_stand_for_what_is_on_record(shipped: Library) -> None:
    assert shipped.open_regions("telehouse") == ("telehouse-marseille", "telehouse-paris")
    assert shipped.score("telehouse-paris").units == "sites"
    assert shipped.open_regions("cloudwatt") == ("cloudwatt-fr",)
    assert shipped.score("cloudwatt").as_of == "2020-01-31"
    with pytest.raises(UnknownTarget, match=r"nothing to judge: No source .* the building it rents"):
        shipped.resolve("nuage")


def test_words_that_mean_something_together_are_one_name(shipped: Library) -> None:
    def split(*words: str) -> list[str]:
        return list(shipped.joined(words))

    assert split("OVH", "SBG") == ["OVH SBG"]
    assert split("ovh-sbg", "ovh-rbx") == ["ovh-sbg", "ovh-rbx"]
    assert split("ovh", "gra", "paris", "N.", "Virginia") == ["ovh gra", "paris", "N. Virginia"]
    assert split("aws", "google") == ["aws", "google"]


def test_every_country_of_a_region_has_a_name(shipped: Library) -> None:
    assert {shipped.region(key).country for key in shipped.region_ids} <= shipped.edition.countries.keys()
    assert (shipped.area("france"), shipped.area("no"), shipped.area("European Union")) == ("FR", "NO", "EU")


def test_a_provider_stands_for_its_regions(zz: Library) -> None:
    assert zz.resolve("ZZ") == ("zz-campus", "zz-good", "zz-hidden", "zz-pair")
    assert zz.resolve("good") == ("zz-good",)


def test_did_you_mean(shipped: Library) -> None:
    with pytest.raises(UnknownTarget, match=r"did you mean .*ovh-sbg"):
        shipped.resolve("ovh-sbgg")
    with pytest.raises(UnknownTarget, match=r"did you mean azure"):
        shipped.resolve("azur")
    with pytest.raises(UnknownTarget, match=r"did you mean .*ireland"):
        shipped.resolve("Irelnd")
    with pytest.raises(UnknownTarget, match="zonerisk list regions"):
        shipped.resolve("qqqqqqqqqqqqqqqqqqqq")


def test_every_shipped_region_ties_its_references(shipped: Library) -> None:
    for region_id in shipped.region_ids:
        assert shipped.region(region_id).id == region_id
        for site_id, site in shipped.sites_of(region_id).items():
            assert site.id == site_id


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (("country: NO", "country: no"), "good.yaml:3: country"),
        (("name: Good", "name: Good\ncolour: red"), "good.yaml:3: colour: unknown key"),
        (
            ("sites: [north]", "sites: [nowhere]"),
            "good.yaml:5: zones.a.sites.0: 'nowhere' is not under sites",
        ),
        (
            ("a: {sites: [north], evidence: [site-list]}", "a: {sites: [north], evidence: [gone]}"),
            "zones.a.evidence.0: 'gone' is not under evidence",
        ),
        (("a: {sites: [north]", "a: {sites: [zz-none/x]"), "no region is called zz-none"),
        (
            ("lat: 56.18, lon: 3.0", "lat: 139.0, lon: 35.0"),
            "sites.north.position.lat: input should be less",
        ),
        (
            ("uncertainty_m: 50", "uncertainty_m: .nan"),
            "sites.north.position.uncertainty_m: must be a number",
        ),
        (
            ("uncertainty_m: 50", "uncertainty_m: nan"),
            "sites.north.position.uncertainty_m: must be a finite",
        ),
        (("uncertainty_m: 50", "uncertainty_m: 0"), "uncertainty_m"),
        (("kind: building", "kind: shed"), "sites.north.kind"),
        (("name: Good", "id: zz-good\nname: Good"), "comes from the file's path"),
        (("a: {sites", "north: {sites"), "names both a zone and a site"),
        (
            ("kind: building, position", "kind: building, since: 2022, until: 2021, position"),
            "lies before since",
        ),
        (
            ("kind: building, position", "kind: building, campus: nope, position"),
            "is not under campuses",
        ),
        (("method: statement, evidence: [site-list]", "method: statement"), "needs its source"),
        (("name: Good", 'name: "Go\\e[31mod"'), "name: holds control characters"),
    ],
)
def test_damage_is_refused_with_its_place(zz_copy: Path, edit: tuple[str, str], said: str) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    text = path.read_text()
    assert edit[0] in text
    path.write_text(text.replace(edit[0], edit[1], 1))
    with pytest.raises(DataError) as error:
        Library(zz_copy).sites_of("zz-good")
    assert said in str(error.value)


def test_a_thousand_zones_are_refused(zz_copy: Path) -> None:
    zones = "".join(f"  z{number}: {{}}\n" for number in range(1000))
    (zz_copy / "datacenters/zz/big.yaml").write_text(f"name: Big\ncountry: NO\nzones:\n{zones}")
    with pytest.raises(DataError, match="zones: dictionary should have at most 64 items"):
        Library(zz_copy).region("zz-big")


def test_a_region_needs_its_provider(zz_copy: Path) -> None:
    (zz_copy / "datacenters/yy").mkdir()
    (zz_copy / "datacenters/yy/x.yaml").write_text("name: X\ncountry: NO\n")
    with pytest.raises(DataError, match=r"provider\.yaml is missing"):
        Library(zz_copy).region("yy-x")


def test_a_later_folder_lies_over_an_earlier(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/good.yaml"
    path.write_text(path.read_text().replace("name: Good", "name: Better"))
    both = zonerisk.load(zz_copy)
    assert both.region("zz-good").name == "Better"
    assert both.region("ovh-sbg").name == "Strasbourg"
    with pytest.raises(UsageError, match="holds no datacenters"):
        zonerisk.load(zz_copy / "datacenters")


def test_thousands_of_damaged_records_raise_nothing_but_our_errors(zz_copy: Path) -> None:
    """Cut, double, swap and scribble on a record; the loader answers or refuses."""
    path = zz_copy / "datacenters/zz/campus.yaml"
    original = path.read_text()
    dice = random.Random(7)
    scribbles = [
        "",
        ":",
        "- ",
        "{",
        "]",
        "nan",
        "1e999",
        "null",
        "&a ",
        "*a",
        "\t",
        "é",
        "\x00",
        "'",
        "99999999999999999999",
        "2021-02-30",
        "../../x",
        "${x}",
        "-",
        "[]",
        "true",
    ]
    refused = 0
    for _ in range(2000):
        text = original
        for _ in range(dice.randint(1, 3)):
            start = dice.randrange(len(text))
            end = min(len(text), start + dice.randint(0, 12))
            text = text[:start] + dice.choice(scribbles) + text[end:]
        path.write_text(text, encoding="utf-8", newline="")
        try:
            catalog = Library(zz_copy)
            catalog.owners("zz-campus")
            catalog.score("zz-campus")
        except ZoneriskError as error:
            refused += 1
            assert str(error)
    assert refused > 1000


def test_simplify() -> None:
    assert simplify("  OVH__SBG ") == "ovh-sbg"


@pytest.mark.parametrize(
    ("kind", "grade", "weak"),
    [("operator", "A", "B"), ("court", "A", "B"), ("press", "B", "C"), ("inference", "C", "C")],
)
def test_a_weak_source_counts_one_grade_lower(kind: str, grade: str, weak: str) -> None:
    row = {"kind": kind, "title": "T", "read": "2026-01", "claim": "C"}
    assert Evidence.model_validate(row).grade == grade
    second_hand = Evidence.model_validate({**row, "secondary": True})
    assert (second_hand.grade, second_hand.source) == (weak, f"{kind}, second-hand")


@pytest.mark.parametrize(
    "name",
    [
        "measurements/zz/x.yaml",
        "incidents/zz/x.yaml",
        "layers/samples/x.csv",
        "feeds/areas.csv",
        "feeds/stations-x.csv",
        "feeds/sources.json",
        "rates.json",
    ],
)
def test_no_file_of_a_data_folder_is_read_without_end(zz_copy: Path, name: str) -> None:
    """Neither a pipe, which would wait for ever, nor a file larger than any of its kind."""
    path = zz_copy / name
    path.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(path)
    with pytest.raises((DataError, OSError), match="a device or a pipe"):
        Library(zz_copy).score("zz-good")
    path.unlink()
    with path.open("wb") as sparse:
        sparse.truncate(6_000_000)
    with pytest.raises(DataError, match="is too large"):
        Library(zz_copy).score("zz-good")
