"""National services: invented answers, from the service to the sentences of a verdict."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from conftest import Runner
from loopback import Server, send
from records import note
from zonerisk.core.errors import DataError, ZoneriskError
from zonerisk.core.samples import Disc
from zonerisk.layers import cards, sampling, store
from zonerisk.layers.cards import Card
from zonerisk.library import Library

A, B = Disc("a", 48.600, 7.800, 50), Disc("b", 48.620, 7.800, 50)
REPORT: dict[str, Any] = {
    "commune": {"libelle": "Zedville", "codeInsee": "00000"},
    "risquesNaturels": {
        "inondation": {
            "present": True,
            "libelle": "Inondation",
            "libelleStatutCommune": "Risque Existant",
            "libelleStatutAdresse": "Risque non Concerne",
        },
        "seisme": {
            "present": True,
            "libelle": "Séisme",
            "libelleStatutCommune": "Risque Existant - modéré",
            "libelleStatutAdresse": None,
        },
        "radon": {"present": True, "libelle": "Radon", "libelleStatutCommune": "Risque Existant"},
        "cyclone": {"present": False, "libelle": "Cyclone"},
    },
    "risquesTechnologiques": {
        "icpe": {
            "present": True,
            "libelle": "ICPE",
            "libelleStatutCommune": "Risque Concerne",
            "libelleStatutAdresse": "Risque tout nouveau",
        }
    },
}


def card(name: str, server: Server) -> Card:
    """Point a shipped card at the loopback server."""
    tree = cards.load(name).model_dump()
    query = urlsplit(tree["reading"]["url"]).query
    tree["reading"]["url"] = f"{server.url}?{query}" if query else server.url
    return Card.model_validate(tree)


def page(request: BaseHTTPRequestHandler, *rows: dict[str, object]) -> None:
    tree = {"results": len(rows), "page": 1, "total_pages": 1, "data": rows, "next": None}
    send(request, 200, json.dumps(tree).encode(), Content_Type="application/json")


def works(number: int, lat: float | None, **changed: object) -> dict[str, object]:
    return {
        "codeAIOT": f"000{number}",
        "raisonSociale": f"DEPOT {number}",
        "statutSeveso": "Seveso seuil haut",
        "latitude": lat,
        "longitude": None if lat is None else 7.8,
        "rubriques": [{"nature": "x"}],
        **changed,
    }


def zone(town: str, code: object) -> dict[str, object]:
    return {"code_insee": "00000", "libelle_commune": town, "code_zone": code}


def found(layer: Card, cache: Path, *discs: Disc) -> list[tuple[str, str | None, str]]:
    kept = store.locate(layer, cache)
    return [(each.layer.kind, each.reason, each.label) for each in sampling.sample(layer, kept, discs)]


# Statements ----------------------------------------------------------------------------


def test_commune_and_address_are_told_apart(server: Server, tmp_path: Path) -> None:
    layer = card("georisques", server)
    server.answer = lambda request: send(request, 200, json.dumps(REPORT).encode())
    path = store.fetch(layer, tmp_path, [A], 10**6)
    assert json.loads((path.parent / "source.json").read_text())["licence"] == "Licence Ouverte 2.0"
    assert sorted(found(layer, tmp_path, A)) == [
        (
            "flood",
            None,
            "Georisques names flooding for the commune of Zedville (existing risk), "
            "for the address: not concerned",
        ),
        (
            "industry",
            None,
            "Georisques names classified installations for the commune of Zedville (concerned), "
            "for the address: 'Risque tout nouveau'",
        ),
        (
            "seismic",
            None,
            "Georisques names earthquakes for the commune of Zedville (existing risk, moderate), "
            "for the address: nothing stated",
        ),
    ]


def test_a_report_belongs_to_its_point(server: Server, tmp_path: Path) -> None:
    layer = card("georisques", server)
    server.answer = lambda request: send(request, 200, json.dumps(REPORT).encode())
    store.fetch(layer, tmp_path, [A], 10**6)
    near, off = Disc("n", 48.6004, 7.8, 50), Disc("o", 48.6005, 7.8, 50)
    vague, abroad = Disc("v", 48.6, 7.8, 201), Disc("x", 40.0, 7.8, 50)
    told = {each[1] for each in found(layer, tmp_path, near)}
    assert told == {None}, "44 m from the point, in a disc of 50 m"
    assert found(layer, tmp_path, off) == [("flood", "not_sampled", "")], "56 m from it"
    assert found(layer, tmp_path, vague) == [("flood", "position_too_uncertain", "")]
    assert found(layer, tmp_path, abroad) == [("flood", "outside_coverage", "")]


def test_a_report_that_names_nothing_says_nothing(server: Server, tmp_path: Path) -> None:
    layer = card("georisques", server)
    server.answer = lambda request: send(
        request, 200, b'{"risquesNaturels": {}, "risquesTechnologiques": {}}'
    )
    store.fetch(layer, tmp_path, [A], 10**6)
    assert found(layer, tmp_path, A) == [("flood", None, "")]


def test_zones_are_named_by_commune(server: Server, tmp_path: Path) -> None:
    layer = card("seismic-france", server)
    server.answer = lambda request: page(request, zone("B", 3), zone("A", "3"))
    store.fetch(layer, tmp_path, [A], 10**6)
    assert parse_qs(urlsplit(server.asked[0]["path"]).query)["latlon"] == ["7.800000,48.600000"]
    (only,) = sampling.sample(layer, store.locate(layer, tmp_path), [A])
    assert only.object == "3"
    assert only.label == (
        "Georisques names regulatory seismic zone 3 (moderate) for this point (commune: A and B)"
    )
    server.answer = lambda request: page(request, zone("A", "3"), zone("B", "4"))
    store.fetch(layer, tmp_path, [A], 10**6)
    two = sampling.sample(layer, store.locate(layer, tmp_path), [A])
    assert [each.object for each in two] == ["", ""], "the site may be in either"
    server.answer = lambda request: page(request, zone("A", "2"))
    store.fetch(layer, tmp_path, [A], 10**6)
    (low,) = sampling.sample(layer, store.locate(layer, tmp_path), [A])
    assert (low.object, low.name) == ("", "regulatory seismic zone 2 (low)")


@pytest.mark.parametrize("code", ["6", "", None, "3 - MODEREE"])
def test_a_zone_that_the_card_lacks_is_not_kept(server: Server, tmp_path: Path, code: object) -> None:
    layer = card("seismic-france", server)
    server.answer = lambda request: page(request, zone("A", "1"))
    path = store.fetch(layer, tmp_path, [A], 10**6)
    before = path.read_bytes()
    server.answer = lambda request: page(request, zone("A", code))
    with pytest.raises(DataError, match="which its card lacks"):
        store.fetch(layer, tmp_path, [A], 10**6)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["georisques", "seismic-france"])
@pytest.mark.parametrize(
    "content", ["", "{}", "[1]", '[{"lat": 48, "lon": 7}]', '[{"lat": "x", "lon": 7, "told": []}]']
)
def test_a_damaged_file_of_statements_is_named(tmp_path: Path, name: str, content: str) -> None:
    layer = cards.load(name)
    folder = store.home(layer, tmp_path)
    folder.mkdir(parents=True)
    (folder / f"{name}.json").write_text(content)
    note(folder)
    if content == "{}":
        assert found(layer, tmp_path, A) == [(layer.kind, "not_sampled", "")]
        return
    with pytest.raises(DataError, match="fetch the layer again"):
        found(layer, tmp_path, A)


# Works ---------------------------------------------------------------------------------


def test_seveso_works_are_kept_by_name(server: Server, tmp_path: Path) -> None:
    layer = card("industry-france", server)
    rows = [
        works(1, 48.61),
        works(2, 48.63, statutSeveso="Seveso seuil bas"),
        works(3, 48.60, statutSeveso="Non Seveso"),
        works(4, 48.60, statutSeveso=None),
        works(5, None),
    ]
    absent = works(6, 48.6)
    del absent["latitude"], absent["statutSeveso"]
    server.answer = lambda request: page(request, *rows, absent)
    store.fetch(layer, tmp_path, [A, B], 10**6)
    query = parse_qs(urlsplit(server.asked[0]["path"]).query)
    assert (query["latlon"], query["rayon"]) == (["7.800000,48.600000"], ["10000"])
    kept = store.locate(layer, tmp_path)
    names = [each.name for each in sampling.sample(layer, kept, [A])]
    assert names == ["DEPOT 1 (Seveso, upper tier)", "DEPOT 2 (Seveso, lower tier)"]


def test_works_are_known_only_around_the_places(server: Server, tmp_path: Path) -> None:
    layer = card("industry-france", server)
    server.answer = page
    store.fetch(layer, tmp_path, [A], 10**6)
    inside, rim, vague = (
        Disc("i", 48.63, 7.8, 100),
        Disc("r", 48.631, 7.8, 100),
        A._replace(uncertainty_m=3600),
    )
    kept = store.locate(layer, tmp_path)
    wide, here, there = sampling.sample(layer, kept, [inside, rim, vague])
    assert here.reason is None
    assert here.interval is not None
    assert here.interval.low == 5400, "none within 6 km, less the doubts"
    assert [there.reason, wide.reason] == ["outside_coverage", "outside_coverage"]


def test_works_without_any_place_are_no_error(server: Server, tmp_path: Path) -> None:
    layer = card("industry-france", server)
    server.answer = lambda request: page(request, works(1, None))
    store.fetch(layer, tmp_path, [A], 10**6)
    (none,) = sampling.sample(layer, store.locate(layer, tmp_path), [A])
    assert (none.object, none.reason) == ("", None)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            works(1, 48.61, statutSeveso="Seveso seuil moyen"),
            "statutSeveso is 'Seveso seuil moyen'",
        ),
        (works(1, 48.61, statutSeveso="seveso seuil haut"), "which its card lacks"),
        (works(1, 43.0), "43.0, 7.8, which was not asked for"),
        (works(1, 0.0, longitude=0.0), "0.0, 0.0, which was not asked for"),
        (works(1, 148.6), "not a place on the Earth"),
        (works(1, 48.6, longitude="7,8"), "not a place on the Earth"),
        ({"latitude": 48.6, "longitude": 7.8}, "has no column 'statutSeveso'"),
    ],
)
def test_an_answer_that_the_card_does_not_describe_leaves_the_old_file(
    server: Server, tmp_path: Path, row: dict[str, object], says: str
) -> None:
    layer = card("industry-france", server)
    server.answer = lambda request: page(request, works(9, 48.61))
    path = store.fetch(layer, tmp_path, [A], 10**6)
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    server.answer = lambda request: page(request, row)
    with pytest.raises(ZoneriskError, match=says):
        store.fetch(layer, tmp_path, [A], 10**6)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


@pytest.mark.parametrize("name", ["georisques", "seismic-france", "industry-france"])
@pytest.mark.parametrize(
    "answer",
    [
        lambda request: send(request, 500),
        lambda request: send(request, 429),
        lambda request: send(request, 200, b"<html>", Content_Type="text/html"),
        lambda request: send(request, 200, b'{"data"', Content_Length="99"),
        lambda request: send(request, 200, b'{"response_code": 500, "message": "x"}'),
        lambda request: send(request, 302, Location="file:///etc/passwd"),
    ],
    ids=["500", "429", "html", "truncated", "error", "file"],
)
def test_one_failing_place_leaves_the_old_file(
    server: Server, tmp_path: Path, name: str, answer: Any
) -> None:
    def good(request: BaseHTTPRequestHandler) -> None:
        rows = {"seismic-france": [zone("A", "3")], "industry-france": [works(1, 48.61)]}
        if name == "georisques":
            send(request, 200, json.dumps(REPORT).encode())
        else:
            page(request, *rows[name])

    layer = card(name, server)
    server.answer = good
    path = store.fetch(layer, tmp_path, [A], 10**6)
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    server.answer = lambda request: (good if "48.60" in request.path else answer)(request)
    with pytest.raises(ZoneriskError):
        store.fetch(layer, tmp_path, [A, B], 10**6)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


# Verdicts ------------------------------------------------------------------------------


def judged(run: Runner, cache: Path, *more: str) -> dict[str, tuple[str, str]]:
    done = run(
        "score",
        "48.600,7.800",
        "48.620,7.800",
        *more,
        "--uncertainty-m",
        "50",
        "--cache",
        str(cache),
        "--format",
        "json",
        ZONERISK_LAYERS="",
    )
    (tree,) = json.loads(done.stdout)["verdicts"]
    return {each["rule"]: (each["outcome"], each["message"]) for each in tree["policy"]["findings"]}


def test_what_the_services_say_enters_a_verdict(run: Runner, server: Server, tmp_path: Path) -> None:
    answers = {
        "georisques": lambda request: send(request, 200, json.dumps(REPORT).encode()),
        "seismic-france": lambda request: page(request, zone("Zedville", "3")),
        "industry-france": lambda request: page(request, works(1, 48.61)),
    }
    for name, answer in answers.items():
        server.answer = answer
        store.fetch(card(name, server), tmp_path, [A, B], 10**6)
    found = judged(run, tmp_path)
    assert found["flood"] == (
        "not-assessed",
        "what is stated of a commune or an address does not show what they share; "
        "site 1 and site 2: Georisques names flooding for the commune of Zedville "
        "(existing risk), for the address: not concerned",
    )
    assert found["seismic"] == (
        "warn",
        "site 1 and site 2 stand within 8.5 km of each other in regulatory seismic zone 3 "
        "(moderate): so near, one quake shakes them alike; "
        "site 1 and site 2: Georisques names earthquakes for the commune of Zedville "
        "(existing risk, moderate), for the address: nothing stated; "
        "site 1 and site 2: Georisques names regulatory seismic zone 3 (moderate) "
        "for this point (commune: Zedville)",
    )
    outcome, said = found["industry"]
    assert outcome == "warn"
    assert said.startswith("site 1 and site 2 stand 1.1 km from DEPOT 1 (Seveso, upper tier) (±")
    assert said.endswith(
        "all within 5.0 km; "
        "site 1 and site 2: Georisques names classified installations for the commune of "
        "Zedville (concerned), for the address: 'Risque tout nouveau'"
    )
    assert found["cyclone"] == ("not-assessed", "not assessed"), "not named is not absent"
    assert found["nuclear"] == ("not-assessed", "not assessed")


def test_a_region_of_the_catalogue_is_spoken_of_too(
    run: Runner, shipped: Library, server: Server, tmp_path: Path
) -> None:
    sites = [site for key in shipped.regions_of("ovh") for site in shipped.sites_of(key).values()]
    places = [site.position for site in sites if site.position]
    server.answer = lambda request: send(request, 200, json.dumps(REPORT).encode())
    store.fetch(card("georisques", server), tmp_path, places, 10**6)
    done = run(
        "score",
        "ovh-sbg",
        "--installed",
        "--cache",
        str(tmp_path),
        "--format",
        "json",
        ZONERISK_LAYERS="",
    )
    told = {each["rule"]: each for each in json.loads(done.stdout)["verdicts"][0]["policy"]["findings"]}
    assert "Georisques names flooding for the commune of Zedville" in told["flood"]["message"]
    titles = [each["title"] for each in told["flood"]["evidence"]]
    assert "Georisques, risk report of a place (2026-11)" in titles


def test_zone_1_is_told_and_makes_no_shared_quake(run: Runner, server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: page(request, zone("Zedville", "1"))
    store.fetch(card("seismic-france", server), tmp_path, [A, B], 10**6)
    outcome, said = judged(run, tmp_path)["seismic"]
    assert outcome == "not-assessed"
    assert "zone 1 (very low)" in said
    assert "one quake" not in said


def test_a_site_that_was_not_asked_about_is_not_spoken_of(
    run: Runner, server: Server, tmp_path: Path
) -> None:
    server.answer = lambda request: send(request, 200, json.dumps(REPORT).encode())
    store.fetch(card("georisques", server), tmp_path, [A], 10**6)
    found = judged(run, tmp_path, "48.6,7.9")
    assert "; site 1: Georisques names flooding" in found["flood"][1]
    assert "site 2" not in found["flood"][1]


def test_without_the_services_nothing_is_assessed(run: Runner, tmp_path: Path) -> None:
    found = judged(run, tmp_path)
    for rule in ("flood", "seismic", "industry"):
        assert found[rule] == ("not-assessed", "not assessed")


def test_a_damaged_file_reads_as_not_assessed(run: Runner, server: Server, tmp_path: Path) -> None:
    server.answer = lambda request: send(request, 200, json.dumps(REPORT).encode())
    path = store.fetch(card("georisques", server), tmp_path, [A, B], 10**6)
    path.write_text("[")
    assert judged(run, tmp_path)["flood"] == ("not-assessed", "not assessed")
