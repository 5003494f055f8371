from __future__ import annotations

import base64
import csv
import hashlib
import json
import math
import re
from dataclasses import fields, is_dataclass, replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from conftest import SAYS, Opener, Runner
from zonerisk.core.errors import UsageError
from zonerisk.core.model import CONTROLS
from zonerisk.core.verdict import Result, Verdict
from zonerisk.library import Library
from zonerisk.pages import card, features, ground, map_payload, page, surroundings
from zonerisk.pages.features import Feature, Point
from zonerisk.words import dossier, phrases

HOSTILE = (
    '"\'><img src=x onerror="window.pwned=1"><script>window.pwned=1</script></script>'
    "<!--<svg onload=window.pwned=1>`${window.pwned=1}`{{7*7}}{%x%}\u2028\\"
)
# A browser collapses white space; this much of it must be seen as written.
SEEN = "<script>window.pwned=1</script></script><!--<svg onload=window.pwned=1>`${window.pwned=1}`{{7*7}}"
# Any text, and oftener one of what may end an element or a line.
_TEXTS = st.text("<>&/!-scriptSCRIPT\u2028\u2029\\\"'") | st.text()
_MEANING = {"class_", "outcome", "units", "schema", "grade", "measure"}


def map_of(catalog: Library, *targets: str, **options: Any) -> str:
    verdicts = [catalog.score(target) for target in targets]
    return page.map_page(verdicts, [surroundings.setting(catalog, each) for each in verdicts], **options)


def report_of(catalog: Library, verdict: Verdict) -> str:
    policy = catalog.policy(verdict.policy.id)
    asked = dossier.Asked(verdict, retired=surroundings.setting(catalog, verdict).retired)
    return page.report_page(dossier.written(policy, [asked], (), SAYS))


def poisoned(value: Any) -> Any:
    """Plant hostile text in every text field, past all validation."""
    if isinstance(value, BaseModel):
        kept = _MEANING | ({"kind"} if "claim" in type(value).model_fields else set())
        return type(value).model_construct(
            **{
                name: inner
                if name in kept
                else f"javascript:window.pwned=1//{inner}"
                if name == "url"
                else poisoned(inner)
                for name, inner in ((name, getattr(value, name)) for name in type(value).model_fields)
            }
        )
    if is_dataclass(value) and not isinstance(value, type):
        kept = _MEANING if isinstance(value, Result) else set()
        words = {
            name: inner if name in kept else poisoned(inner)
            for name, inner in ((each.name, getattr(value, each.name)) for each in fields(value))
        }
        return type(value)(**words)
    if isinstance(value, tuple):
        return tuple(poisoned(each) for each in value)
    if isinstance(value, dict):
        return {poisoned(key): poisoned(each) for key, each in value.items()}
    return value + HOSTILE if isinstance(value, str) else value


@pytest.fixture(scope="module")
def evil(shipped: Library) -> tuple[Verdict, features.Setting]:
    verdict = shipped.score("ovh-sbg")
    around = surroundings.setting(shipped, verdict)
    corners = (Point(48.58, 7.79), Point(48.59, 7.79), Point(48.59, 7.80))
    landmarks = tuple(
        Feature(
            "landmark",
            f"layer/{shape}{HOSTILE}",
            f"object{HOSTILE}",
            shape,
            points,
            words={
                "risk_kind": f"river{HOSTILE}",
                "layer": f"layer{HOSTILE}",
                "layer_error_m": 50.0,
                "attribution": f"credit{HOSTILE}",
                "ring": "",
            },
        )
        for shape, points in (
            ("point", corners[:1]),
            ("line", corners),
            ("area", (*corners, corners[0])),
        )
    )
    return poisoned(verdict), features.Setting(
        landmarks=landmarks,
        layers=(f"layer{HOSTILE}", f"other{HOSTILE}"),
        cited={
            key + HOSTILE: tuple(poisoned(piece) for piece in pieces) for key, pieces in around.cited.items()
        },
        names={key + HOSTILE: name + HOSTILE for key, name in around.names.items()},
        retired=tuple(poisoned(site) for site in around.retired),
        recovery={key + HOSTILE: poisoned(site) for key, site in around.recovery.items()},
        files={key + HOSTILE: name + HOSTILE for key, name in around.files.items()},
        # Paris has stations of every standing, and circuits; none of them is Strasbourg's.
        supplies=poisoned(surroundings.supplies(shipped, shipped.score("scaleway-fr-par"))),
    )


def test_same_input_same_bytes(run: Runner, tmp_path: Path) -> None:
    """In a process whose hashes are others."""
    run("map", "ovh-sbg", "-o", str(tmp_path / "first"))
    run("map", "ovh-sbg", "-o", str(tmp_path / "second"), PYTHONHASHSEED="1")
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_nothing_of_the_page_lies_elsewhere(shipped: Library) -> None:
    text = map_of(shipped, "ovh-sbg", "scaleway-fr-par", online=ground.find_tiles(None))
    assert not re.findall(r"<(?:img|iframe|object|embed|base)\b", text)
    assert re.findall(r"<link [^>]*>", text) == re.findall(
        r'<link rel="icon" href="data:image/svg[^>]*>', text
    )
    assert not re.findall(r"<script[^>]*\bsrc=", text)
    for style in re.findall(r"<style>(.*?)</style>", text, re.DOTALL):
        assert not re.findall(r"@import|url\(", style)
    assert not re.findall(r"\son\w+=", re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    assert "jquery" not in text.lower()
    assert "bootstrap" not in text.lower()


def test_nothing_to_show() -> None:
    with pytest.raises(UsageError, match="name one"):
        page.map_page([])


def test_the_command_refuses_what_it_cannot_do(run: Runner, tmp_path: Path) -> None:
    done = run("map", "ovh-sbg", "-o", str(tmp_path / "no" / "map.html"), check=2)
    assert "cannot write" in done.stderr
    done = run("map", "ovh-sbg", "--tiles", "nowhere", "-o", str(tmp_path / "x"), check=2)
    assert "'nowhere' is not a tile address" in done.stderr
    assert not (tmp_path / "x").exists()
    assert run("map", "ovh-sbg").stdout.startswith("<!DOCTYPE html>")


def test_it_opens_offline_from_a_file(shipped: Library, tab: Opener) -> None:
    text = map_of(shipped, "scaleway-fr-par", online=ground.find_tiles(None))
    for width, scheme in ((390, "dark"), (1400, "light")):
        opened = tab(text, width, scheme=scheme)
        assert len(opened.requests) == 1
        assert opened.requests[0].startswith("file:")
        assert opened.troubles == []
        assert opened.run("zonerisk.layers.sites.getLayers().length") == 4
        assert opened.run("zonerisk.layers.separations.getLayers().length") == 3
        assert opened.run("document.documentElement.scrollWidth <= innerWidth")


def test_the_ground_and_the_marks_are_painted(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "scaleway-fr-par"))
    count = """(name) => {
        const canvas = document.querySelector(`.leaflet-${name}-pane canvas`);
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        let painted = 0;
        for (let i = 3; i < data.length; i += 4) painted += data[i] > 0;
        return painted / (data.length / 4);
    }"""
    assert opened.page.evaluate(count, "ground") > 0.99
    assert 0.001 < opened.page.evaluate(count, "overlay") < 0.5


def test_paper_has_land_and_sea_in_its_own_colours(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "azure-westeurope"), scheme="dark")
    opened.page.get_by_role("button", name="Show all").click()
    opened.page.emulate_media(media="print")
    share = """(name) => {
        const wanted = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
        const canvas = document.querySelector(".leaflet-ground-pane canvas");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        const [red, green, blue] = [1, 3, 5].map((at) => parseInt(wanted.slice(at, at + 2), 16));
        let found = 0;
        for (let i = 0; i < data.length; i += 4) found += data[i] === red && data[i + 1] === green && data[i + 2] === blue;
        return found / (data.length / 4);
    }"""
    opened.page.wait_for_timeout(200)
    assert opened.page.evaluate(share, "--sea") > 0.05
    assert opened.page.evaluate(share, "--land") > 0.2
    assert (
        opened.run("getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()")
        == "#ffffff"
    )
    opened.run("dispatchEvent(new Event('beforeprint'))")
    assert opened.run("document.getElementById('legend').open")
    opened.page.set_viewport_size({"width": 703, "height": 1000})
    opened.run("document.getElementById('schematic').hidden = false")
    note, legend = (opened.page.locator(one).bounding_box() for one in (".schematic-note", ".legend"))
    assert note
    assert legend
    assert note["x"] >= legend["x"] + legend["width"], "the note does not lie under the legend of a sheet"


def test_choosing_a_finding_moves_the_map(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "scaleway-fr-par"))
    opened.page.get_by_role("button", name="Show all").click()
    before = opened.run("zonerisk.map.getZoom()")
    button = opened.page.get_by_role("button", name="Zones far enough apart")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert opened.run("zonerisk.map.getZoom()") > before
    bounds = opened.run(
        "(() => { const b = zonerisk.map.getBounds(); return "
        "[b.getSouth(), b.getWest(), b.getNorth(), b.getEast()]; })()"
    )
    assert bounds[0] < 48.775 < 48.83 < bounds[2]
    assert bounds[1] < 2.296 < 2.38 < bounds[3]
    assert "PAR1 and PAR3" in opened.page.inner_text("#status")
    opened.page.get_by_role("button", name="Show all").click()
    assert opened.run("zonerisk.map.getZoom()") == before
    assert button.get_attribute("aria-pressed") == "false"
    assert opened.troubles == []


def test_power_shows_stations_and_circuits(wired: Library, tab: Opener) -> None:
    opened = tab(map_of(wired, "zz-good"))
    assert opened.run("zonerisk.layers.stations.getLayers().length") == 4
    assert opened.run("zonerisk.layers.circuits.getLayers().length") == 2
    # All zones are in view: the station above them may lie outside.
    opened.page.get_by_role("button", name="Show all").click()
    inside = "zonerisk.map.getBounds().contains([56.1, 3.3])"
    sites = "[[56.18, 3.0], [56.0, 3.15], [56.0, 2.85]].every((at) => zonerisk.map.getBounds().contains(at))"
    assert opened.run(sites)
    before = opened.run("zonerisk.map.getZoom()")
    opened.page.get_by_role("button", name="power").first.click()
    assert opened.run(inside)
    assert opened.run("zonerisk.map.getZoom()") != before
    assert opened.page.inner_text("#status") == "The map shows a and b, with the stations on record."
    # Two sites and three stations ringed; the pair's line, two circuits and the outline underlaid.
    lit = opened.run("""(() => { const found = [];
        zonerisk.map.eachLayer((one) => { if (one instanceof L.FeatureGroup && !Object.values(zonerisk.layers).includes(one)) found.push(one.getLayers().length); });
        return found; })()""")
    assert 9 in lit
    labels = opened.run("Array.from(document.querySelectorAll('.label'), (one) => one.textContent)")
    assert "TOP 400 kV" in labels
    assert "circuits by MID 225 kV, not their route" in labels
    opened.run("""(() => { const top = zonerisk.features.get("circuit:rte/GULL rte/TOP")[0];
        top.fire("click", {latlng: top.getBounds().getCenter()}, true); })()""")
    told = opened.page.inner_text(".leaflet-popup")
    assert "not their route" in told
    assert "GULL L61TOP" in told
    opened.run("""(() => { const near = zonerisk.features.get("station:rte/GULL")[0];
        near.fire("click", {latlng: near.getLatLng()}, true); })()""")
    popup = opened.page.locator(".leaflet-popup").last
    told = popup.inner_text()
    assert "near, not known to feed" in told
    assert "North 900 m" in told
    assert "within 600 m" in told
    address = popup.locator(".facts a").get_attribute("href")
    assert address == "https://www.openstreetmap.org/way/1"
    assert "so not on the map: LOW 63 kV, MID 225 kV." in opened.text
    named = opened.page.inner_text(".leaflet-control-attribution")
    assert "Stations: \u00a9 OpenStreetMap contributors, ODbL" in named
    assert "RTE, Licence Ouverte 2.0" in named
    for key in ("stations", "circuits"):
        opened.page.locator(f'[data-layer="{key}"]').uncheck()
        assert not opened.run(f"zonerisk.map.hasLayer(zonerisk.layers.{key})")
    assert "TOP 400 kV" not in opened.run(
        "Array.from(document.querySelectorAll('.label'), (one) => one.textContent)"
    )
    assert opened.troubles == []


def test_the_nearest_zones_of_paris_fill_the_opening_view_and_all_are_a_click_away(
    shipped: Library, tab: Opener
) -> None:
    for width in (390, 1280):
        opened = tab(map_of(shipped, "scaleway-fr-par"), width)
        verdict = shipped.score("scaleway-fr-par")
        seen = """([lat, lon]) => { const at = zonerisk.map.latLngToContainerPoint([lat, lon]);
            const credits = document.querySelector(".leaflet-control-attribution").offsetHeight;
            return at.x > 0 && at.y > 0 && at.y < zonerisk.map.getSize().y - credits; }"""
        nearest = [place for place in verdict.places if not {"scaleway-fr-par/fr-par-2"} & set(place.zones)]
        for place in nearest:
            assert opened.page.evaluate(seen, [place.lat, place.lon]), (width, place.name)
        opened.page.get_by_role("button", name="Show all").click()
        for place in verdict.places:
            assert opened.page.evaluate(seen, [place.lat, place.lon]), (width, place.name)
        opened.page.get_by_role("button", name="Power", exact=True).first.click()
        assert opened.page.evaluate(seen, [48.67497, 2.22856])


def test_several_regions_leave_the_stations_out(wired: Library, tab: Opener) -> None:
    opened = tab(map_of(wired, "zz-good", "zz-campus"))
    assert opened.run("'stations' in zonerisk.layers") is False
    opened.page.locator("button", has_text="power").first.click()
    assert opened.page.inner_text("#status") == "The map shows a and b."
    assert opened.troubles == []


def test_by_keyboard_alone(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "ovh-sbg"))
    keys = opened.page.keyboard
    keys.press("Tab")
    assert "Skip the map" in opened.run("document.activeElement.textContent")
    keys.press("Enter")
    reached = ""
    for _ in range(12):
        keys.press("Tab")
        reached = opened.run("document.activeElement.textContent")
        if reached == "No shared building or campus":
            break
    assert reached == "No shared building or campus"
    keys.press("Enter")
    assert opened.run("document.activeElement.getAttribute('aria-pressed')") == "true"
    assert "SBG3, SBG4 and SBG5" in opened.page.inner_text("#status")
    opened.page.focus(".folium-map")
    before = opened.run("zonerisk.map.getZoom()")
    keys.press("+")
    opened.until(f"zonerisk.map.getZoom() > {before}")
    opened.page.focus("#site-list .pick")
    keys.press("Enter")
    assert opened.page.inner_text(".leaflet-popup h4") == "SBG3"
    assert opened.run("document.activeElement.getAttribute('role')") == "dialog"
    keys.press("Escape")
    opened.until("!document.querySelector('.leaflet-popup')")
    assert opened.run("document.activeElement.textContent") == "SBG3"
    assert opened.troubles == []


def test_every_control_has_a_name(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "ovh-sbg", online=ground.find_tiles(None)))
    nameless = opened.run("""Array.from(document.querySelectorAll("button, input, select, a[href], summary, [role=img]"))
        .filter((one) => !(one.getAttribute("aria-label") || one.textContent.trim()
          || (one.labels && one.labels.length && one.labels[0].textContent.trim())))
        .map((one) => one.outerHTML)""")
    assert nameless == []
    assert opened.run("document.documentElement.lang") == "en"
    levels = opened.run("Array.from(document.querySelectorAll('h1, h2, h3, h4'), (one) => one.tagName)")
    assert levels[0] == "H1"
    assert levels.count("H1") == 1


def test_filters_layers_and_search(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "ovh-sbg"))
    shown = "document.querySelectorAll('.finding.unknown:not([hidden])').length"
    unknown = sum(finding.outcome == "unknown" for finding in shipped.score("ovh-sbg").policy.findings)
    assert opened.run(shown) == unknown
    opened.page.get_by_role("button", name=re.compile("^unknown")).click()
    assert opened.run(shown) == 0
    sites = opened.page.locator('[data-layer="sites"]')
    assert sites.is_checked()
    sites.uncheck()
    assert not opened.run("zonerisk.map.hasLayer(zonerisk.layers.sites)")
    opened.page.fill("#find-site", "sbg5")
    assert opened.run("document.querySelectorAll('#site-list li').length") == 1
    opened.page.fill("#find-site", "sbg2")
    opened.page.locator("#site-list .pick").click()
    assert "destroyed" in opened.page.inner_text(".leaflet-popup .facts")
    assert opened.run("document.querySelectorAll('.leaflet-popup .cited li').length") > 0
    opened.page.focus(".leaflet-popup-close-button")
    opened.page.keyboard.press("Enter")
    opened.until("document.activeElement.textContent === 'SBG2'")
    opened.page.fill("#find-site", "nowhere")
    assert opened.page.inner_text("#site-more") == "No site goes by that name."
    # The legend stays within the map, and its end can be scrolled to, on whatever screen.
    for width, height in ((1280, 420), (844, 390), (390, 640)):
        opened.page.set_viewport_size({"width": width, "height": height})
        opened.run("document.getElementById('legend').open = true")
        beyond = opened.run("""(() => { const [map, legend] = [".map-box", ".legend"].map((one) => document.querySelector(one).getBoundingClientRect());
            const body = document.querySelector(".legend-body"), last = body.lastElementChild;
            body.scrollTop = 1e6;
            return [map.top - legend.top, legend.bottom - map.bottom, last.getBoundingClientRect().bottom - legend.bottom]; })()""")
        assert max(beyond) <= 1, (width, height, beyond)


def test_text_of_the_records_never_runs(evil: tuple[Verdict, features.Setting], tab: Opener) -> None:
    verdict, around = evil
    for text in (
        page.map_page(
            [verdict],
            [around],
            crumbs=[(HOSTILE, HOSTILE)],
            attribution=HOSTILE,
            files=dict.fromkeys(around.files, HOSTILE),
        ),
        page.map_page([verdict, verdict], [around, around], owner=HOSTILE),
    ):
        opened = tab(text)
        opened.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        clicked = opened.run("""(() => {
            let count = 0;
            for (const button of document.querySelectorAll(".pick, .filter")) { button.click(); count += 1; }
            for (const [key, group] of Object.entries(zonerisk.layers)) {
                if (key === "discs") continue;
                for (const layer of group.getLayers()) {
                    const at = layer.getLatLng ? layer.getLatLng() : layer.getBounds().getCenter();
                    layer.fire("mouseover", {latlng: at}, true);
                    layer.fire("click", {latlng: at}, true);
                    if (layer.options.interactive && !document.querySelector(".leaflet-popup h4")) throw new Error(key);
                    count += 1;
                }
            }
            return count;
        })()""")
        assert clicked > 20
        assert opened.troubles == []
        assert len(opened.requests) == 1
        assert opened.run("window.pwned") is None
        assert (
            opened.run("document.querySelectorAll('img, iframe, script:not([type]):not(:empty)').length") == 4
        )
        assert (
            opened.run(
                "Array.from(document.links).filter((one) => !/^(https?|file):/.test(one.protocol)).length"
            )
            == 0
        )
        assert SEEN in opened.text
        assert SEEN in opened.run("document.querySelector('.leaflet-popup').textContent")


def test_names_of_own_sites_never_run(run: Runner, tmp_path: Path, tab: Opener) -> None:
    file = tmp_path / "own.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("name", "lat", "lon", "uncertainty_m"))
        rows.writerows((f"{name}{SEEN}", lat, 7.8, 200) for name, lat in (("a", 48.5), ("b", 48.7)))
    done = run("score", str(file), "--format", "html", ZONERISK_CACHE=str(tmp_path))
    opened = tab(done.stdout)
    assert f"a{SEEN}" in opened.text
    assert "Zones of your own" in opened.text
    opened.run("""(() => { const one = zonerisk.layers.sites.getLayers()[0];
        one.fire("click", {latlng: one.getLatLng()}, true); })()""")
    assert SEEN in opened.run("document.querySelector('.leaflet-popup').textContent")
    assert opened.troubles == []
    assert opened.run("window.pwned") is None


def test_the_pages_policy_holds(shipped: Library, tab: Opener) -> None:
    left: list[str] = []

    def note(route: Any) -> None:
        left.append(route.request.url)
        route.abort()

    opened = tab(
        map_of(shipped, "ovh-sbg", online=ground.find_tiles(None)),
        offline=False,
        routes={"https://**": note},
    )
    opened.run("""(() => {
        window.blocked = [];
        addEventListener("securitypolicyviolation", (event) => blocked.push(event.effectiveDirective));
        const script = document.createElement("script");
        script.textContent = "window.pwned = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", '<p onclick="window.pwned=2" id="trap">x</p>');
        document.getElementById("trap").click();
        new Image().src = "https://evil.example/x.png";
        setTimeout(() => new Function("window.pwned = 3")());
        fetch("https://evil.example/").catch(() => 0);
    })()""")
    opened.until("blocked.length >= 5")
    assert opened.run("window.pwned") is None
    assert set(opened.run("blocked")) == {
        "script-src-elem",
        "script-src-attr",
        "img-src",
        "script-src",
        "connect-src",
    }
    assert left == []


def test_the_online_map_waits_for_its_reader(shipped: Library, tab: Opener) -> None:
    asked: list[str] = []

    def answer(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(
            status=200,
            content_type="image/svg+xml",
            body='<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>',
        )

    opened = tab(
        map_of(shipped, "ovh-sbg", online=ground.find_tiles("https://tile.example.org/{z}/{x}/{y}.png")),
        offline=False,
        routes={"https://tile.example.org/**": answer},
    )
    assert asked == []
    opened.page.locator('[data-layer="tiles"]').check()
    opened.until("document.querySelectorAll('.leaflet-tile-loaded').length > 0")
    assert asked
    assert all(re.fullmatch(r"https://tile\.example\.org/\d+/\d+/\d+\.png", url) for url in asked)
    assert "tile.example.org" in opened.page.inner_text(".leaflet-control-attribution")
    assert {url for url in opened.requests if not url.startswith("file:")} == set(asked)


def test_a_dead_online_map_leaves_the_page_usable(shipped: Library, tab: Opener) -> None:
    opened = tab(
        map_of(shipped, "ovh-sbg", online=ground.find_tiles(None)),
        offline=False,
        routes={"https://tile.openstreetmap.org/**": lambda route: route.abort()},
    )
    opened.page.locator('[data-layer="tiles"]').check()
    opened.until("document.getElementById('status').textContent.includes('does not answer')")
    opened.page.get_by_role("button", name="No shared building").click()
    assert "SBG3" in opened.page.inner_text("#status")


def test_the_report_prints(shipped: Library, tab: Opener) -> None:
    verdict = shipped.score("ovh-sbg")
    opened = tab(report_of(shipped, verdict), scheme="dark")
    for finding in verdict.policy.findings:
        assert finding.message in opened.text
    for place in verdict.places:
        assert place.name in opened.text
    assert opened.run("document.querySelectorAll('[id^=source-]').length") > 10
    opened.page.emulate_media(media="print")
    assert opened.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.page.pdf(format="A4")[:5] == b"%PDF-"
    numbers = opened.run("Array.from(document.querySelectorAll('td a'), (one) => one.getAttribute('href'))")
    assert len(numbers) > 3
    assert all(opened.run(f"document.querySelector('{one}') !== null") for one in numbers)
    assert "SBG2, destroyed, in service until 2021-03-10" in opened.text
    assert opened.troubles == []


def test_many_regions_are_summed_up(zz: Library, tab: Opener) -> None:
    verdict = zz.score("zz-good")
    many = [replace(verdict, name=f"Copy {n}") for n in range(61)]
    opened = tab(page.map_page(many))
    assert opened.run("document.querySelectorAll('details.region').length") == 61
    assert opened.run("document.querySelectorAll('.finding').length") == 0
    opened.run("""(() => { const one = zonerisk.layers.sites.getLayers()[0];
        one.fire("click", {latlng: one.getLatLng()}, true); })()""")
    # Sixty-one marks lie on one point, and each speaks for all.
    assert opened.run("document.querySelectorAll('.leaflet-popup h4').length") == 61
    assert opened.run("zonerisk.layers.sites.getLayers().length") == 61 * 3
    assert opened.troubles == []


def test_a_label_stands_nearest_to_its_own_mark(shipped: Library, tab: Opener) -> None:
    for target in ("scaleway-fr-par", "akamai-fr-par-2", "ovh-gra"):
        opened = tab(map_of(shipped, target))
        near = opened.run("""(() => {
            const map = zonerisk.map, frame = map.getContainer().getBoundingClientRect();
            const marks = ["sites", "recovery", "retired"].flatMap((key) => zonerisk.layers[key] ? zonerisk.layers[key].getLayers() : [])
                .map((made) => [made.one.name, map.layerPointToContainerPoint(made._point)]);
            return Array.from(document.querySelectorAll(".label.site, .label.dr-region"), (label) => {
                const box = label.getBoundingClientRect();
                const far = ([, at]) => Math.hypot(
                    Math.max(box.left - frame.left - at.x, 0, at.x - box.right + frame.left),
                    Math.max(box.top - frame.top - at.y, 0, at.y - box.bottom + frame.top));
                const [nearest] = marks.sort((a, b) => far(a) - far(b));
                return [label.textContent, nearest[0]];
            });
        })()""")
        assert near
        assert all(mark in label for label, mark in near), near
    assert "GRA1, GRA2, GRA3, GRA4" in dict(near), "sites that stand together have one label for all"


def test_close_up_the_ground_is_marked_and_the_online_map_one_click_away(
    shipped: Library, tab: Opener
) -> None:
    opened = tab(map_of(shipped, "scaleway-fr-par", online=ground.find_tiles(None)))
    note = "document.getElementById('schematic').hidden"
    for zoom, close in ((9, False), (12.5, True), (8, False), (13, True)):
        opened.run(f"zonerisk.map.setZoom({zoom}, {{animate: false}}) && 0")
        assert opened.run(note) is not close
    opened.page.click("#go-online")
    assert opened.run("zonerisk.map.hasLayer(zonerisk.layers.tiles)")
    assert opened.run("document.querySelector('[data-layer=tiles]').checked")
    assert opened.run(note)


def test_places_are_named_and_close_up_the_ways_to_them(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "ovh-sbg"))
    towns = "Array.from(document.querySelectorAll('.label.town'), (one) => one.textContent)"
    opened.run("zonerisk.map.setView([48.585, 7.797], 16, {animate: false}) && 0")
    assert any(re.fullmatch(r"Strasbourg [\d.]+ km [\u2190-\u2199]", name) for name in opened.run(towns))
    opened.run("zonerisk.map.setView([48.6, 7.6], 11, {animate: false}) && 0")
    assert "Strasbourg" in opened.run(towns)


def test_what_does_not_bear_on_the_headline_is_off_until_it_is_chosen(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "scaleway-fr-par"))
    for layer, on in (("sites", True), ("separations", True), ("stations", False), ("recovery", False)):
        assert opened.run(f"zonerisk.map.hasLayer(zonerisk.layers.{layer})") is on, layer
        assert opened.run(f"document.querySelector('[data-layer={layer}]').checked") is on, layer
    labels = opened.run("Array.from(document.querySelectorAll('.label'), (one) => one.textContent)")
    assert "8.6 km" in labels[0], "the nearest pair decides, and is labelled first"
    assert "PAR3: OPCORE DC4" in labels, "a site is labelled with its zone"
    marks = "zonerisk.layers.sites.getLayers().map((one) => zonerisk.map.latLngToContainerPoint(one.getLatLng()).y)"
    opened.page.set_viewport_size({"width": 1000, "height": 500})
    opened.run("zonerisk.home(false)")
    assert not opened.run("document.getElementById('schematic').hidden")
    assert opened.run(f"{marks}.filter((y) => y > 0 && y < 50).length") == 0, (
        "the note hides no mark of the pair"
    )
    discs = "Object.values(zonerisk.map._layers).filter((one) => one instanceof L.Circle)"
    far = f"{discs}.filter((one) => zonerisk.map.distance(one.getLatLng(), [48.8, 2.35]) > 2e5).length"
    assert opened.run(far) == 0, "where other regions stand is as much off as their marks"
    opened.page.get_by_role("button", name="power").first.click()
    assert opened.run("zonerisk.map.hasLayer(zonerisk.layers.stations)")
    opened.page.locator("[data-region] .pick").first.click()
    assert opened.run("zonerisk.map.hasLayer(zonerisk.layers.recovery)")
    assert opened.run(far) > 0


def test_a_map_opens_on_its_cause_alone(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "azure-westeurope"))
    wide = "zonerisk.map.getBounds().getSouthWest().distanceTo(zonerisk.map.getBounds().getNorthEast())"
    assert opened.run("zonerisk.map.getBounds().contains([52.7637, 5.0376])"), "the campus of two zones"
    assert opened.run(wide) < 15_000
    label = "document.querySelector('.label.shared-risk').textContent"
    assert opened.run(label) == "physical zone 2, physical zone 3 share campus"
    opened.page.get_by_role("button", name="Show all").click()
    assert opened.run("zonerisk.map.getBounds().contains([52.2762, 4.7433])"), "the third zone's"
    assert opened.troubles == []


def test_places_on_one_point_stand_around_it_and_say_so(zz: Library, tab: Opener) -> None:
    verdict = zz.score("zz-good")
    places = tuple(replace(verdict.places[0], id=f"zz-good/{n}", name=f"Hall {n}") for n in range(20))
    opened = tab(page.map_page([replace(verdict, places=places)]))
    spots = opened.run("""zonerisk.layers.sites.getLayers().map(({one}) => one.shift || [0, 0])""")
    assert len(spots) == 20
    assert min(math.dist(a, b) for a, b in combinations(spots, 2)) > 15, "each mark is within reach"
    opened.page.get_by_role("button", name="Hall 7", exact=True).click()
    assert "20 marks have this very point" in opened.page.inner_text(".leaflet-popup")
    assert opened.troubles == []


def test_a_town_is_named_where_it_is(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "aws-us-east-1"))
    # The map has copies of the world, since recovery may lie across the antimeridian; the town is in one.
    at = opened.run("""(() => { const box = document.querySelector(".folium-map").getBoundingClientRect();
        const town = Array.from(document.querySelectorAll(".label.town")).find((one) => /^Wash/.test(one.textContent));
        const {left, right, top, bottom} = town.getBoundingClientRect(), {x, y} = zonerisk.map.latLngToContainerPoint([38.901, -77.011]);
        return [(left + right) / 2 - box.left - x, (top + bottom) / 2 - box.top - y]; })()""")
    assert math.hypot(*at) < 80
    opened.run("zonerisk.map.setView([39.0, -77.49], 15, {animate: false}) && 0")
    ways = opened.run("Array.from(document.querySelectorAll('.label.town'), (one) => one.textContent)")
    assert any(re.fullmatch(r"Washington.* km \u2192", way) for way in ways), ways
    assert not any("\u2190" in way for way in ways), "no copy of the world leads the wrong way round it"


@pytest.mark.parametrize("width", [390, 1280])
def test_no_label_is_cut(shipped: Library, tab: Opener, width: int) -> None:
    for target, wanted in (
        ("ibm-eu-de", r"FRA04\b.*"),
        ("ovh-gra", r".*share:? campus, nuclear, industry"),
        ("google-us-east1", "9"),  # Of names that begin alike the first says so.
    ):
        opened = tab(map_of(shipped, target), width)
        # What is within a label as a whole, and within the map.
        labels = opened.run("""(() => { const frame = document.querySelector(".folium-map").getBoundingClientRect();
            return Array.from(document.querySelectorAll(".label"), (label) => {
                const box = label.getBoundingClientRect(), range = document.createRange();
                range.selectNodeContents(label);
                return [label.textContent, range.getBoundingClientRect().width <= box.width, box.left >= frame.left && box.right <= frame.right];
            }); })()""")
        assert any(re.fullmatch(wanted, words) for words, *_ in labels), labels
        assert all(whole and within for _, whole, within in labels), labels


@pytest.mark.parametrize("width", [390, 1280])
def test_long_names_widen_nothing(zz: Library, tab: Opener, width: int) -> None:
    verdict = zz.score("zz-good")
    long = "W" * 400
    places = tuple(replace(place, name=f"{place.name} {long}") for place in verdict.places)
    opened = tab(page.map_page([replace(verdict, name=long, places=places)]), width)
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")
    assert opened.run(
        "document.querySelector('.panel').scrollWidth <= document.querySelector('.panel').clientWidth"
    )
    # On a phone the card stands in one column, whole.
    beyond = """(() => { const frame = document.querySelector(".picture").getBoundingClientRect();
        return Array.from(document.querySelectorAll(".card text"), (one) => one.getBoundingClientRect())
            .filter(({width, left, right, top, bottom}) => width && !(left >= 0 && right <= innerWidth && top >= frame.top && bottom <= frame.bottom)).map(({left, right, top, bottom}) => [left, right, top - frame.top, frame.bottom - bottom]); })()"""
    assert opened.run(beyond) == []
    assert opened.run("document.querySelectorAll('.card .beside text').length") > 10
    widest = "Math.max(0, ...Array.from(document.querySelectorAll('.label'), (one) => one.offsetWidth))"
    assert opened.run(widest) < width


def test_a_region_page_opens_with_its_card_and_can_be_shared(shipped: Library) -> None:
    text = map_of(shipped, "ovh-sbg")
    assert "<dt>Score of 100</dt><dd>20</dd>" in text, "ends that are one are one number"
    assert text.index('<div class="picture"') < text.index("<main>")
    assert '<title id="ovh-sbg-t">OVHcloud Strasbourg: shared</title>' in text
    assert '<meta property="og:title" content="OVHcloud Strasbourg">' in text
    assert '<meta name="description" property="og:description" content="Its 3 datacenters' in text
    assert "<noscript>" in text
    hidden = map_of(shipped, "google-us-east1")
    assert '"first":["spread:google-us-east1"],"cause":"power 2020"' in hidden
    for words in (
        "docs/method.md",
        "zonerisk show ovh-sbg",
        "CONTRIBUTING.md",
        "data/datacenters/ovh/sbg.yaml",
    ):
        assert words in text


def test_an_address_names_a_finding(shipped: Library, tab: Opener) -> None:
    opened = tab(map_of(shipped, "ovh-sbg"))
    opened.page.goto(f"{opened.page.url}#finding=power")
    opened.page.reload()
    row = opened.page.locator(".finding.rule", has=opened.page.locator("[aria-pressed=true]"))
    assert (row.count(), row.get_attribute("id")) == (1, "finding=power")
    assert opened.page.inner_text("#status").startswith("The map shows ")
    opened.page.get_by_role("button", name="No shared building").click()
    assert opened.page.url.endswith("#finding=colocation"), "what is chosen can be sent"
    opened.run("location.hash = 'finding=disclosure'")
    opened.until("document.activeElement.closest('.finding')?.id === 'finding=disclosure'")
    opened.run("location.hash = 'finding=none-such'")
    assert opened.troubles == []


@pytest.mark.parametrize(
    ("target", "width", "look"),
    [
        ("ovh-sbg", 1280, {}),
        ("azure-westeurope", 1280, {"color_scheme": "dark"}),
        ("aws-us-east-1", 390, {}),
        ("google-us-central1", 390, {"color_scheme": "dark"}),
        ("cloud-temple-fr1", 1280, {"forced_colors": "active"}),
        ("hetzner-fsn1", 1280, {"media": "print"}),
        ("ovh-sbg scaleway-fr-par", 1280, {"color_scheme": "dark"}),
    ],
)
def test_maps_and_cards_have_no_violation_of_accessibility(
    shipped: Library, tab: Opener, target: str, width: int, look: dict[str, Any]
) -> None:
    opened = tab(map_of(shipped, *target.split()), width)
    opened.page.emulate_media(**look)
    # All that a reader may open is looked at too.
    opened.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert not opened.violations()


def test_a_report_has_no_violation_of_accessibility(shipped: Library, tab: Opener) -> None:
    opened = tab(report_of(shipped, shipped.score("ovh-sbg")))
    looks: tuple[dict[str, Any], ...]
    looks = ({"color_scheme": "dark"}, {"media": "print"}, {"forced_colors": "active"})
    for look in looks:
        opened.page.emulate_media(
            **{"media": "screen", "color_scheme": "light", "forced_colors": "none"} | look
        )
        assert not opened.violations(), look


def test_headings_keep_their_order(shipped: Library, tab: Opener) -> None:
    verdict = shipped.score("ovh-sbg")
    for text in (
        map_of(shipped, "ovh-sbg"),
        map_of(shipped, "ovh-sbg", "scaleway-fr-par"),
        report_of(shipped, verdict),
    ):
        opened = tab(text)
        levels = [
            int(tag[1])
            for tag in opened.run(
                "Array.from(document.querySelectorAll('h1, h2, h3, h4'), (one) => one.tagName)"
            )
        ]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_name_cannot_turn_the_sentence_round(zz: Library) -> None:
    verdict = replace(zz.score("zz-good"), name="Go\u202eod")
    text = page.map_page([verdict])
    assert "\u202e" not in text
    assert "<h1>Go\\u202eod</h1>" in text


def test_what_no_reader_sees_is_written_out(zz: Library, tab: Opener) -> None:
    verdict = zz.score("zz-good")
    odd = "a\x1b[31m\u202eb\x08\u200b\x7fc"
    places = tuple(replace(place, name=odd) for place in verdict.places)
    text = page.map_page([replace(verdict, name=odd, places=places)])
    assert not re.search(CONTROLS, text)
    opened = tab(text)
    said = r"a\u001b[31m\u202eb\u0008\u200b\u007fc"
    assert opened.page.inner_text("h1") == said
    assert said in opened.page.inner_text("#site-list")
    assert not re.search(CONTROLS, opened.text)
    assert opened.troubles == []


def test_several_regions_say_whose_and_what_is_unknown(run: Runner, tmp_path: Path) -> None:
    done = run("map", "google", "-o", str(tmp_path / "map.html"))
    assert not done.stdout
    text = (tmp_path / "map.html").read_text("utf-8")
    assert re.search(r"<h1>Google Cloud: \d+ regions</h1>", text)
    assert re.search(r"under the policy podcast [\d,]+ findings are unknown", text)


def test_a_missing_folder_of_layers_is_told(run: Runner, tmp_path: Path) -> None:
    for command in (("map",), ("score", "--format", "html")):
        done = run(*command, "ovh-sbg", "--from", str(tmp_path / "none"), check=2)
        assert "does not exist" in done.stderr


@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | _TEXTS,
        lambda inner: st.lists(inner) | st.dictionaries(_TEXTS, inner),
        max_leaves=10,
    )
)
def test_an_island_means_the_same_and_cannot_end(data: object) -> None:
    def shown(part: object) -> object:
        if isinstance(part, dict):
            return {phrases.visible(key): shown(value) for key, value in part.items()}
        if isinstance(part, list):
            return [shown(value) for value in part]
        return phrases.visible(part) if isinstance(part, str) else part

    text = page.island(data)
    assert json.loads(text) == shown(data)
    assert not re.search(r"[<>&\u2028\u2029]", text)


def test_an_island_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        page.island(float("nan"))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        (" https://example.org", False),
        ("https://example.org/ x", False),
        ("//example.org", False),
        ("https://example.org/`${1}`", False),
        ("file:///etc/passwd", False),
        (None, False),
        (7, False),
    ],
)
def test_only_web_addresses_become_links(url: object, kept: bool) -> None:
    assert map_payload.web_address(url) == (url if kept else None)


def test_leaflet_stands_alone() -> None:
    script, style = page.code("leaflet.js"), page.code("leaflet.css")
    assert "Leaflet 1.9.3" in script
    assert "sourceMappingURL" not in script
    assert "url(" not in style
    assert ".leaflet-pane" in style


@pytest.mark.parametrize("name", ["map.js", "atlas.js", "page.css"])
def test_our_code_keeps_its_meaning_without_comments(name: str) -> None:
    text = page.code(name)
    assert "/*" not in text
    assert len(text) < len(card.asset(name))
    for mark in "{}()":
        assert text.count(mark) == re.sub(r"/\*.*?\*/", "", card.asset(name), flags=re.DOTALL).count(mark)


def test_the_policy_names_what_is_in_the_page_and_nothing_else() -> None:
    text = page.render(
        "base",
        scripts=["map.js"],
        styles=["page.css"],
        islands={"x": {"a": "</script>"}},
        tiles=ground.find_tiles("https://tile.example/{z}/{x}/{y}"),
        title="<T>",
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#39;", "'").split("; "))
    script = base64.b64encode(hashlib.sha256(page.code("map.js").encode()).digest()).decode()
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{script}'"
    assert rules["img-src"] == "data: https://tile.example", "data: is the page's own icon"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert "<title>&lt;T&gt;</title>" in text
    assert text.count("</script>") == 2


def test_code_that_would_end_its_element_is_refused() -> None:
    with pytest.raises(ValueError, match="end its own element"):
        page.render("base", scripts=[], styles=[], start="'</SCRIPT>'", title="")
