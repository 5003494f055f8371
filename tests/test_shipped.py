"""Every shipped file: sound by every rule, its figures placed, its verdict as reviewed."""

from __future__ import annotations

import csv
import math
import re
from functools import cache
from pathlib import Path

import pytest

import goldens
import zonerisk
from conftest import ROOT
from goldens import BUILDING_M
from zonerisk.catalogue import document as documents
from zonerisk.catalogue.catalog import Catalog
from zonerisk.curation.check import CheckedCatalogue, check
from zonerisk.curation.review import line
from zonerisk.library import Library

SHIPPED = zonerisk.load()
FACTS = ROOT.parent / "shared" / "facts"


@cache
def book() -> CheckedCatalogue:
    return CheckedCatalogue(SHIPPED)


@pytest.mark.parametrize("record_id", [*SHIPPED.provider_ids, *SHIPPED.region_ids])
def test_every_file_is_sound(record_id: str) -> None:
    refused = [str(problem) for problem in check(book(), [record_id]) if problem.level == "error"]
    assert not refused, "\n".join(refused)


def golden() -> dict[str, dict[str, str]]:
    with (ROOT / "tests/goldens/verdicts.csv").open(encoding="utf-8", newline="") as file:
        return {row.pop("region"): row for row in csv.DictReader(file)}


def test_the_golden_file_has_every_region() -> None:
    assert list(golden()) == list(SHIPPED.region_ids), "run: make goldens"


@pytest.mark.parametrize("provider_id", SHIPPED.provider_ids)
def test_verdicts_are_as_reviewed(judged: Library, provider_id: str) -> None:
    chosen, expected = Catalog().policy("podcast"), golden()
    now = {region_id: line(judged, region_id, chosen) for region_id in SHIPPED.regions_of(provider_id)}
    assert now == {region_id: expected.get(region_id) for region_id in now}, (
        "review the change, then run: make goldens"
    )


def test_the_coverage_table_is_current() -> None:
    assert (ROOT / "docs/coverage.md").read_text(encoding="utf-8") == goldens.coverage(SHIPPED), (
        "run: make goldens"
    )


def test_the_catalogue_covers_the_field() -> None:
    regions = [SHIPPED.region(region_id) for region_id in SHIPPED.region_ids]
    sites = [site.position for region in regions for site in region.sites.values() if site.position]
    assert len(SHIPPED.provider_ids) >= 25
    assert len(regions) >= 300
    assert sum(at.uncertainty_m <= 2000 and at.method not in ("town",) for at in sites) >= 400


@pytest.mark.parametrize(
    ("region_id", "class_", "kind", "grade", "members"),
    [
        ("azure-westeurope", "partly", "campus", "B", {"westeurope-az2", "westeurope-az3"}),
        ("selectel-ru-1", "shared", "campus", "B", {"ru-1a", "ru-1b"}),
        ("yandex-ru-central1", "suspected", "campus", "C", {"ru-central1-a", "ru-central1-e"}),
        ("cloud-temple-fr1", "apart", "", "", set()),
        ("naver-kr", "apart", "", "", set()),
    ],
)
def test_disclosed_layouts(
    shipped: Library, region_id: str, class_: str, kind: str, grade: str, members: set[str]
) -> None:
    """What sources say of the zones' places, and no more: who shares a campus, and who stands apart."""
    verdict = shipped.score(region_id)
    assert verdict.independence.class_ == class_
    places = [risk for risk in verdict.shared_risks if risk.kind in ("building", "campus")]
    assert {(risk.kind, risk.grade) for risk in places} == ({(kind, grade)} if kind else set())
    named = {member.partition("/")[2] for risk in places for member in risk.members}
    assert named == members
    for pair in verdict.policy.separations:
        together = {pair.a.partition("/")[2], pair.b.partition("/")[2]} <= members
        assert together or pair.distance_m.low > 3000, (pair.a, pair.b)


def test_zones_are_tied_to_places(shipped: Library) -> None:
    """How many zones a source ties to a building or campus known within 1 km: none is lost unseen."""
    tied = 0
    for region in map(shipped.region, shipped.region_ids):
        sites = shipped.sites_of(region.id)
        for zone in region.zones.values():
            at = [sites[key].position for key in zone.sites if sites[key].kind != "metro"]
            tied += any(position and position.uncertainty_m <= 1000 for position in at)
    assert tied >= 69


def test_a_claim_is_refuted_by_the_places_of_the_zones(shipped: Library) -> None:
    claims = next(row for row in shipped.score("cloud-temple-fr1").policy.findings if row.rule == "claims")
    assert claims.outcome == "fail"
    assert {subject.rpartition("/")[2] for subject in claims.subjects} == {"az06", "az07"}
    assert "refuted" in claims.message
    assert "1 of 3 pairs" in claims.message


def test_both_licences_stand_where_users_look() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    assert "Open Database License" in (ROOT / "data/LICENSE").read_text()
    assert "OpenStreetMap contributors" in (ROOT / "data/LICENSE").read_text()
    assert "OpenStreetMap contributors" in SHIPPED.edition.attribution


def test_one_region_reads_only_its_providers_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking one region up costs the same however many providers there are."""
    read: list[Path] = []
    original = documents.read

    def counted(path: Path) -> object:
        read.append(path)
        return original(path)

    monkeypatch.setattr(documents, "read", counted)
    catalog = zonerisk.load()
    assert catalog.resolve("ovh-sbg") == catalog.resolve("OVH SBG") == ("ovh-sbg",)
    assert read == []
    catalog.region("ovh-sbg")
    assert [path.name for path in read] == ["sbg.yaml", "provider.yaml"]
    catalog.score("ovh-sbg")
    records = [path for path in read if path.name not in ("catalog.yaml", "podcast.yaml")]
    assert {path.parent.name for path in records} <= {"ovh"}
    assert len(read) == len(set(read))


# Coordinates of the same buildings by others than OpenStreetMap, kept out of the project: the
# site, and the words on a line of the facts that stand before its point.
ASIDE = [
    ("scaleway-fr-par/dc2", "PDB 655"),
    ("scaleway-fr-par/dc3", "PDB 1402"),
    ("scaleway-fr-par/dc4", "PDB 1599"),
    ("scaleway-fr-par/dc5", "PDB 7180"),
    ("scaleway-fr-par/dc3", "Scaleway DC3, 61 rue Julian-Grimau"),
    ("telehouse-paris/th2", "2.350664; Telehouse Voltaire"),
    ("telehouse-paris/th3", "78114 Magny-les-Hameaux |"),
    ("hetzner-fsn1/fsn1-park", "PDB 3249"),
    ("hetzner-nbg1/nbg1-park", "PDB 3250"),
    ("hetzner-hel1/hel1-park", "PDB 3886"),
    ("leaseweb-eu-west-3/ams-01", "PDB 374:"),
    ("global-switch-paris/clichy", "Global Switch data center in Clichy"),
    ("digital-realty-paris/par7", "Interxion La Courneuve (PAR7)"),
    ("data4-paris/marcoussis", "Data4, route de Nozay"),
    ("data4-milan/cornaredo", "Via Monzoro, Cornaredo"),
    ("ntt-frankfurt/frankfurt-1-h", "e-shelter Frankfurt 1"),
    ("digital-realty-frankfurt/fra11", "Interxion FRA11"),
    ("global-switch-sydney/ultimo", "Global Switch, 400 Harris St"),
    ("digital-realty-sydney/syd10", "Digital Realty SYD10"),
    ("equinix-sydney/sy4", "Equinix SY4"),
    ("ibm-ams03/almere", "KPN Rondebeltweg 62"),
    ("google-europe-west1/saint-ghislain", "St. Ghislain / Mons BE"),
    ("google-europe-west4/eemshaven", "Eemshaven, Oostpolder 4"),
    ("google-europe-west4/middenmeer", "Middenmeer Agriport (SPARE"),
    ("google-europe-west10/ber2", "Mittenwalde/Ragow"),
    ("google-asia-east1/changhua", "Changhua County TW"),
    ("google-asia-southeast1/jurong-west", "2 Jurong West St 23"),
    ("ovh-sbg/sbg3", "(ok), SBG"),
    ("ovh-gra/gra1", "(ok), GRA"),
]
_PAIR = re.compile(r"(-?\d{1,2}\.\d{3,})(?:, | \| )(-?\d{1,3}\.\d{3,})")


@pytest.mark.skipif(not FACTS.is_dir(), reason="the coordinates kept aside are not here")
def test_discs_hold_what_others_say_of_the_same_buildings(shipped: Library) -> None:
    text = "\n".join(
        (FACTS / name).read_text(encoding="utf-8") for name in ("sites-europe.md", "sites-hyperscalers.md")
    )
    buildings, astray = 0, {}
    for site_id, words in ASIDE:
        assert words in text, words
        found = _PAIR.search(text, text.index(words) + len(words))
        at = shipped.site(site_id).position
        assert found, words
        assert at, site_id
        lat, lon = (float(number) for number in found.groups())
        north = (lat - at.lat) * 111_195
        east = (lon - at.lon) * 111_195 * math.cos(math.radians(lat))
        metres = math.hypot(north, east)
        assert metres < 3000, f"{site_id}: {metres:.0f} m off, in a wrong town"
        if at.uncertainty_m <= BUILDING_M:
            buildings += 1
            if metres > at.uncertainty_m + 300:
                astray[site_id] = round(metres)
    assert buildings >= 15
    assert len(astray) <= 0.05 * buildings, astray


def test_one_town_has_one_radius(shipped: Library) -> None:
    """A metro is a judgement, not a source: what one provider's disc holds, another's does."""
    radii: dict[tuple[float, float], dict[float, str]] = {}
    for region_id in shipped.region_ids:
        region = shipped.region(region_id)
        for site in region.sites.values():
            told = f"{site.note or ''} {region.note or ''}"
            wider = re.search(r"[Tt]he disc|(names )?[Oo]nly the (state|country|province)", told)
            if site.kind == "metro" and site.position and not wider:
                at = round(site.position.lat, 1), round(site.position.lon, 1)
                radii.setdefault(at, {})[site.position.uncertainty_m] = site.id
    assert {at: each for at, each in radii.items() if len(each) > 1} == {}
    assert len(radii) > 100
