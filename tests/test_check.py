from __future__ import annotations

import ast
import random
import re
import shutil
import string
import subprocess
import sys
from pathlib import Path

import pytest

import records
from conftest import ROOT
from records import place, problems, rules, write
from zonerisk.catalogue import document
from zonerisk.core.errors import UsageError
from zonerisk.curation import check
from zonerisk.curation import rules as keeping
from zonerisk.curation.check import open_path

# Each rule, the damage that breaks it, and what is said, with its line. The second column is
# put in place of the first in the sound record.
DAMAGE: list[tuple[str, str, str, str]] = [
    ("format", "kind: building", "kind: shed", "strasbourg.yaml:17: sites.one.kind: "),
    (
        "format",
        "name: One",
        "name: One\n    colour: red",
        "strasbourg.yaml:17: sites.one.colour: unknown key",
    ),
    ("format", "lat: 48.58616", "lat: 148.58616", "strasbourg.yaml:19: sites.one.position.lat: "),
    (
        "format",
        "sites: [one]",
        "sites: [none]",
        "strasbourg.yaml:7: zones.a.sites.0: 'none' is not under sites",
    ),
    (
        "format",
        "evidence: [zone-list]",
        "evidence: [gone]",
        "strasbourg.yaml:8: zones.a.evidence.0: 'gone' is not under evidence",
    ),
    (
        "format",
        "campus: port",
        "campus: plot",
        "strasbourg.yaml:18: sites.one.campus: 'plot' is not under campuses",
    ),
    (
        "format",
        "name: One",
        "name: One\n    since: 2022\n    until: 2021",
        "until 2021 lies before since 2022",
    ),
    (
        "format",
        "zones:",
        "claims:\n  - {kind: other, text: Independent.}\nzones:",
        "strasbourg.yaml:6: claims.0.evidence: ",
    ),
    (
        "format",
        "zones:",
        "evidence:\n  e: {kind: press, title: T, url: www.example.com, read: 2026, claim: C}\nzones:",
        "strasbourg.yaml:6: evidence.e.url: must be an http(s) address",
    ),
    ("format", "zones:", "zones: *x", "strasbourg.yaml:5: "),
    ("characters", "name: One", "name: One # \u202eeno", "strasbourg.yaml:16: holds U+202E, a control"),
    ("characters", "name: One", "name: On\xade", "strasbourg.yaml:16: holds U+00AD, a control"),
    ("characters", "name: One", "name: One\U000e0041", "strasbourg.yaml:16: holds U+E0041, a control"),
    (
        "characters",
        "zones:",
        "evidence:\n  e: {kind: press, title: T, url: https://a.b/\u200fc, read: 2026, claim: C}\nzones:",
        "strasbourg.yaml:6: holds U+200F, a control that no reader sees, at column 47; take it out",
    ),
    ("todo", "name: One", "name: TODO", "strasbourg.yaml:16: sites.one.name: still says TODO"),
    (
        "modeline",
        "# yaml-language-server: $schema=../../schema/region.json\n",
        "",
        "strasbourg.yaml:1: the first line",
    ),
    (
        "reference",
        "sites: [one]",
        "sites: [ovh-sbg/sbg3]",
        "strasbourg.yaml:7: zones.a.sites.0: ovh-sbg/sbg3: no region is called ovh-sbg",
    ),
    ("reference", "sites: [one]", "sites: [tt-kehl/none]", "kehl.yaml has no such sites"),
    ("reference", "sites: [one]", "sites: [tt-kehl/z]", "tt-kehl/z is a zone; name the sites"),
    (
        "reference",
        "campus: port",
        "campus: tt-kehl/none",
        "strasbourg.yaml:18: sites.one.campus: tt-kehl/none",
    ),
    (
        "reference",
        "kind: building",
        "kind: building\n    operator: nobody",
        "strasbourg.yaml:18: sites.one.operator: no provider is called nobody",
    ),
    ("zone-id", "  a:\n", "  z:\n", "strasbourg.yaml:6: zones.z: tt-kehl has a zone z too"),
    (
        "zone-id",
        "  a:\n",
        "  kehl-1:\n",
        "strasbourg.yaml:6: zones.kehl-1: kehl-1 is named after tt-kehl",
    ),
    (
        "zone-source",
        "    evidence: [zone-list]\n  b:",
        "  b:",
        "strasbourg.yaml:6: zones.a: cites no evidence",
    ),
    (
        "note-source",
        "name: One",
        "name: One\n    note: Closed (evidence zone-list and permit).",
        "strasbourg.yaml:17: sites.one.note: names evidence permit, which is not there",
    ),
    (
        "read-date",
        "read: 2026-03",
        "read: 2026-12",
        "strasbourg.yaml:19: sites.one.position.read: 2026-12 is later",
    ),
    (
        "swapped",
        "lat: 48.58616, lon: 7.79751",
        "lat: 7.79751, lon: 48.58616",
        "strasbourg.yaml:19: sites.one.position: latitude and longitude look exchanged",
    ),
    ("sign", "lat: 48.58616, lon: 7.79751", "lat: -48.58616, lon: 7.79751", "a sign looks wrong"),
    (
        "country",
        "lat: 48.58616, lon: 7.79751",
        "lat: 48.68606, lon: 8.19751",
        "strasbourg.yaml:19: sites.one.position: 48.6861, 8.19751 lies in DE, not in FR",
    ),
    (
        "country",
        "lat: 48.58616, lon: 7.79751",
        "lat: 45.0, lon: -30.0",
        "lies in no country, at sea",
    ),
    (
        "town",
        "lat: 48.58616, lon: 7.79751",
        "lat: 48.29, lon: 7.45",
        "km from Strasbourg, Grand Est; the nearest place is Scherwiller",
    ),
    (
        "town",
        "kind: building\n    campus: port\n    position: {lat: 48.58616, lon: 7.79751",
        "kind: building\n    town: Nowhere on Sea\n    position: {lat: 45.76, lon: 4.84",
        "km from Strasbourg, Grand Est; the nearest place is Lyon",
    ),
    (
        "digits",
        "lat: 48.58616",
        "lat: 48.586161",
        "strasbourg.yaml:19: sites.one.position.lat: 48.586161 is finer than 60 m of doubt supports; round to 5 decimals",
    ),
    ("digits", "uncertainty_m: 60", "uncertainty_m: 2500", "round to 4 decimals"),
    (
        "centroid",
        "{lat: 48.58616, lon: 7.79751, uncertainty_m: 60, method: outline, osm: way/1, read: 2026-03}",
        "{lat: 48.5734, lon: 7.7521, uncertainty_m: 100, method: statement, evidence: [zone-list]}",
        "is the centre of Strasbourg, not a building",
    ),
    (
        "precision",
        "kind: building\n    campus: port\n    position: {lat: 48.58616",
        "kind: metro\n    campus: port\n    position: {lat: 48.58616",
        "claims more than a metro can",
    ),
    (
        "precision",
        "uncertainty_m: 60, method: outline",
        "uncertainty_m: 100, method: town",
        "a town's point is not known to 100 m",
    ),
    (
        "precision",
        "lat: 48.58616, lon: 7.79751, uncertainty_m: 60",
        "lat: 48.58, lon: 7.79, uncertainty_m: 20000",
        "a mapped outline with 20000 m of doubt",
    ),
    (
        "footprint",
        "method: outline, osm: way/1, read: 2026-03",
        "method: outline, osm: way/1, read: 2026-03, footprint_m2: 8000",
        "strasbourg.yaml:19: sites.one.position.uncertainty_m: 60 m do not hold the 8000 m2 of its outline; write 64",
    ),
    (
        "country",
        "lat: 48.58616, lon: 7.79751",
        "lat: 48.58616, lon: 7.812",
        "strasbourg.yaml:19: sites.one.position: 48.5862, 7.812 lies in DE, not in FR",
    ),
    (
        "same-point",
        "lat: 48.58666, lon: 7.79753",
        "lat: 48.58616, lon: 7.79751",
        "48.5862, 7.79751 is the point of tt-strasbourg/one too",
    ),
    ("same-point", "osm: way/2", "osm: way/1", "way/1 is the point of tt-strasbourg/one too"),
    (
        "campus-spread",
        "lat: 48.58666, lon: 7.79753",
        "lat: 48.55, lon: 7.72",
        "km from tt-strasbourg/one of the same campus",
    ),
]
WARNINGS: list[tuple[str, str, str, str]] = [
    ("town-known", "town: Strasbourg", "town: Strasburgo Nova", "no town 'Strasburgo Nova'"),
    ("town-known", "town: Strasbourg\n", "", "states no town"),
    (
        "country",
        "lat: 48.58616, lon: 7.79751",
        "lat: 48.58616, lon: 7.8072",
        "lies in DE, not in FR, which begins within 560 m",
    ),
    (
        "address-disc",
        "campus: port\n    position: {lat: 48.58616, lon: 7.79751, uncertainty_m: 60, method: outline",
        "address: Quai 1\n    position: {lat: 48.58, lon: 7.79, uncertainty_m: 4000, method: town",
        "strasbourg.yaml:19: warning: sites.one.position.uncertainty_m: has a street address and 4 km of doubt",
    ),
    (
        "unused",
        "sites: [one]",
        "sites: [two]",
        "strasbourg.yaml:15: warning: sites.one: no zone and no region",
    ),
    (
        "uncited",
        "zones:",
        "evidence:\n  e: {kind: press, title: T, url: https://example.com, read: 2026, claim: C}\nzones:",
        "evidence.e: nothing cites it",
    ),
    (
        "address",
        "zones:",
        "evidence:\n  e: {kind: press, title: T, read: 2026, claim: C}\nzones:",
        "evidence.e: has no url",
    ),
]
KEHL = place("Kehl", "DE", 48.57, 7.81, 8000, "metro", "town", "evidence: [zone-list]")


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    return write(tmp_path / "data", strasbourg=records.REGION, kehl=KEHL)


def test_a_sound_catalogue_passes(sound: Path) -> None:
    assert problems(sound) == []


def damage(root: Path, old: str, new: str) -> list[str]:
    path = root / "datacenters/tt/strasbourg.yaml"
    text = path.read_text()
    if old != new:
        assert old in text
    path.write_text(text.replace(old, new, 1))
    return [f"{problem.level} {problem}" for problem in problems(root)]


@pytest.mark.parametrize(("rule", "old", "new", "said"), DAMAGE)
def test_damage_is_refused(sound: Path, rule: str, old: str, new: str, said: str) -> None:
    found = damage(sound, old, new)
    assert [line for line in found if line.startswith("error") and said in line and f"[{rule}]" in line], (
        found
    )


@pytest.mark.parametrize(("rule", "old", "new", "said"), WARNINGS)
def test_doubt_is_a_warning(sound: Path, rule: str, old: str, new: str, said: str) -> None:
    found = damage(sound, old, new)
    assert [line for line in found if line.startswith("warning") and said in line and f"[{rule}]" in line], (
        found
    )
    assert not [line for line in found if line.startswith("error")], found


def test_a_provider_sells_something(sound: Path) -> None:
    (sound / "datacenters/tt/kehl.yaml").write_text(
        KEHL.replace("  z: {evidence: [zone-list]}\n", "").replace("zones:\n", "")
    )
    (sound / "datacenters/uu").mkdir()
    (sound / "datacenters/uu/provider.yaml").write_text(records.PROVIDER)
    said = [str(problem) for problem in problems(sound) if problem.rule == "sold"]
    assert len(said) == 2
    assert "is open and lists no zones" in said[0]
    assert "has no region file beside it" in said[1]


def test_a_claim_excepts_regions_that_there_are(sound: Path) -> None:
    path = sound / "datacenters/tt/provider.yaml"
    claim = "{kind: other, text: T, exceptions: [%s], evidence: [zone-list]}"
    for code, refused in (("kehl", False), ("none", True)):
        path.write_text(f"{records.PROVIDER}claims:\n  - {claim % code}\n")
        said = [str(each) for each in problems(sound) if each.rule == "reference"]
        assert ("no region is called tt-none" in "".join(said)) == refused, said


def test_a_note_cites_what_it_names(sound: Path) -> None:
    noted = (
        "zones:",
        (
            "note: Half of it burned (evidence e).\n"
            "evidence:\n  e: {kind: press, title: T, url: https://example.com, read: 2026, claim: C}\nzones:"
        ),
    )
    assert damage(sound, *noted) == []


def test_files_are_named_as_ids(sound: Path) -> None:
    (sound / "datacenters/tt/Kehl_2.yaml").write_text(KEHL)
    assert "file-name" in rules(problems(sound))


@pytest.mark.parametrize("name", ["paris.yml", "paris.yaml~", "eu/paris.yaml"])
def test_no_file_is_passed_over(sound: Path, name: str) -> None:
    stray = sound / "datacenters/tt" / name
    stray.parent.mkdir(exist_ok=True)
    stray.write_text(KEHL)
    assert rules(problems(sound)) == {"file-name"}


def test_a_region_without_provider(sound: Path) -> None:
    (sound / "datacenters/uu").mkdir()
    (sound / "datacenters/uu/x.yaml").write_text(KEHL)
    assert any("provider.yaml is missing" in str(problem) for problem in problems(sound))


def test_damaged_files_are_problems_never_tracebacks(sound: Path) -> None:
    """Cut, double and scribble on a record: the check names lines, whatever stands there."""
    path = sound / "datacenters/tt/strasbourg.yaml"
    original = path.read_text()
    dice = random.Random(11)
    scribbles = [
        "",
        ":",
        "- ",
        "{",
        "]",
        "nan",
        "-1e999",
        "null",
        "*a",
        "\t",
        "é",
        "\x00",
        "'",
        "99999999999999999999",
        "2021-02-30",
        "../../x",
        "TODO",
        "[]",
        "{}",
        "true",
        "-",
        "180",
        "tt-kehl/place",
        "sites:",
        "evidence: 3",
    ]
    refused = 0
    for _ in range(300):
        text = original
        for _ in range(dice.randint(1, 3)):
            start = dice.randrange(len(text))
            text = text[:start] + dice.choice(scribbles) + text[min(len(text), start + dice.randint(0, 12)) :]
        path.write_text(text, encoding="utf-8", newline="")
        found = problems(sound)
        refused += bool(rules(found))
        assert all(re.search(r"\.yaml(:\d+)?: .+ \[[a-z-]+\]$", str(problem)) for problem in found), found
    assert refused > 150


def test_letters_of_a_shuffling_provider(sound: Path) -> None:
    home = (sound / "datacenters/tt").rename(sound / "datacenters/aws")
    shutil.copy(ROOT / "data/datacenters/aws/dialect.yaml", home)
    assert "zone-id" in rules(problems(sound), "warning")


def test_twins_of_two_providers(sound: Path) -> None:
    other = sound / "datacenters/uu"
    other.mkdir()
    (other / "provider.yaml").write_text(records.PROVIDER)
    (other / "x.yaml").write_text(place("Strasbourg", "FR", 48.58607, 7.79763))
    assert "twin" in rules(problems(sound), "warning")


# Rules as CONTRIBUTING lists them, with what each refuses, warns of or asks for.
RULES = dict(
    re.findall(
        r"(?m)^\| `([a-z-]+)` \| ((?:Refuse|Warn|Ask)\b.+\.) \|$", (ROOT / "CONTRIBUTING.md").read_text()
    )
)


def test_every_rule_is_tested() -> None:
    """Those of dialects, incidents, measurements and policies in their own test modules."""
    tested = {rule for rule, *_ in (*DAMAGE, *WARNINGS)} | {"sold", "file-name", "zone-id", "twin", "dialect"}
    tested |= {rule for rule in RULES if rule.startswith("event-")} | {"round-trip", "annex"}
    assert tested == set(RULES)


# How every flaw is worded, by its rule, or its rule and what of it is broken.
WORDINGS = {
    case: text
    for cases in document.read(ROOT / "data/problems.yaml").tree.values()
    for case, text in cases.items()
}


def test_contributing_lists_every_rule() -> None:
    code = Path(str(check.__file__)).read_text()
    known = {case.partition("/")[0] for case in WORDINGS}
    known |= set(re.findall(r'"(characters|format)"', code))
    assert known == set(RULES)


def test_every_wording_is_used_and_filled_in() -> None:
    code = Path(str(keeping.__file__)).read_text()
    # Slips are called as the gazetteer calls them.
    assert {case for case in WORDINGS if f'"{case}"' not in code} == {"swapped", "sign"}
    filled = 0
    for call in (node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)):
        if ast.unparse(call.func) != "_flaw" or not isinstance(case := call.args[0], ast.Constant):
            continue
        given = {word.arg for word in call.keywords}
        fields = [field for _, field, *_ in string.Formatter().parse(WORDINGS[case.value]) if field]
        wanted = {re.split(r"\W", field)[0] for field in fields}
        assert wanted <= given or None in given, case.value
        filled += bool(wanted)
    assert filled > 20


@pytest.mark.parametrize(
    ("town", "country", "lat", "lon"),
    [
        ("Strasbourg", "FR", 48.58616, 7.79751),  # beside the Rhine; Germany begins across it
        ("Basel", "CH", 47.5896, 7.5890),
        ("Saint-Louis", "FR", 47.5905, 7.5610),
        ("Luxembourg", "LU", 49.6300, 6.1300),
        ("Hong Kong", "HK", 22.3700, 114.1300),
        ("Moncks Corner", "US", 33.0638, -80.0422),  # 15 km from its town, in thinly settled land
        (
            "Querétaro",
            "MX",
            20.5881,
            -100.3881,
        ),  # Santiago de; a hamlet in Chiapas has the bare name
        ("New York", "US", 40.7112, -74.0055),
        ("Singapore", "SG", 1.35142, 103.70980),
        ("Dallas, Oregon", "US", 44.9193, -123.3171),
    ],
)
def test_true_places_pass(tmp_path: Path, town: str, country: str, lat: float, lon: float) -> None:
    found = problems(write(tmp_path / "data", x=place(town, country, lat, lon)))
    assert not found, [str(problem) for problem in found]


def test_every_file_is_reported_not_only_the_first(sound: Path) -> None:
    for code in ("strasbourg", "kehl"):
        path = sound / f"datacenters/tt/{code}.yaml"
        path.write_text(path.read_text().replace("zones:", "zoness:").replace("name:", "nam:", 1))
    (sound / "datacenters/tt/torn.yaml").write_text("name: [\n")
    found = [problem for problem in problems(sound) if problem.rule == "format"]
    assert {Path(problem.file).name for problem in found} == {
        "strasbourg.yaml",
        "kehl.yaml",
        "torn.yaml",
    }
    assert sum("unknown key" in problem.text for problem in found) == 4


def test_a_broken_provider_is_said_once(sound: Path) -> None:
    path = sound / "datacenters/tt/provider.yaml"
    path.write_text(path.read_text().replace("country: FR", "country: fr"))
    found = problems(sound)
    assert [problem.line for problem in found if problem.rule == "format"] == [3]


def test_one_file_or_one_folder_of_a_catalogue(sound: Path) -> None:
    damage(sound, "lat: 48.58616", "lat: -48.58616")
    assert rules(problems(sound / "datacenters/tt/strasbourg.yaml")) == {"sign", "campus-spread"}
    assert problems(sound / "datacenters/tt/kehl.yaml") == []
    assert rules(problems(sound / "datacenters/tt")) == {"sign", "campus-spread"}


def test_a_provider_s_file_says_what_its_regions_will_say(sound: Path) -> None:
    """A source that regions cite, dropped from their provider's file, refuses each of them."""
    path = sound / "datacenters/tt/provider.yaml"
    assert problems(path) == []
    path.write_text(path.read_text().replace("zone-list:", "another-list:"))
    assert {Path(problem.file).name for problem in problems(path)} == {"strasbourg.yaml", "kehl.yaml"}


def test_own_records_may_refer_to_shipped_sites(sound: Path) -> None:
    (sound / "catalog.yaml").unlink()
    damage(sound, "sites: [one]", "sites: [one, ovh-sbg/sbg3]")
    assert rules(problems(sound)) == set()


@pytest.mark.parametrize("path", ["/nowhere", "/", str(ROOT / "tests/test_check.py")])
def test_a_path_without_records(path: str) -> None:
    with pytest.raises(UsageError, match=r"not a catalogue|no record"):
        open_path(Path(path))


def test_checking_needs_no_heavy_library() -> None:
    code = (
        "import sys; from pathlib import Path; from zonerisk.curation.check import CheckedCatalogue, check, open_path;"
        "from zonerisk.catalogue.catalog import data_root;"
        "catalog, ids = open_path(data_root()); check(CheckedCatalogue(catalog), ids);"
        "print([name for name in ('geopandas', 'pandas', 'numpy', 'scipy', 'shapely', 'http.client', 'urllib.request')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
