from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from conftest import HERE, Opener, Runner
from test_page import HOSTILE, SEEN, poisoned
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.model import Provider, Region
from zonerisk.library import Library
from zonerisk.pages.atlas import INDEX, Atlas


@pytest.fixture(scope="module")
def pages(zz: Library) -> dict[str, str]:
    return dict(Atlas.build(zz, Catalog().policy("podcast")).pages())


def written(pages: Iterable[tuple[str, str]], folder: Path) -> Path:
    for name, text in pages:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(pages.items(), tmp_path_factory.mktemp("atlas"))


class Links(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href and not href.startswith(("http", "#")):
            self.found.add(href)


def test_every_region_has_a_page_and_every_link_an_end(pages: dict[str, str]) -> None:
    assert {name for name in pages if name.endswith(".html")} == {
        INDEX,
        "sources.html",
        "provider-zz.html",
        "zz-campus.html",
        "zz-good.html",
        "zz-hidden.html",
        "zz-pair.html",
    }
    for name, text in pages.items():
        assert {link.partition("#")[0] for link in Links(text).found} <= set(pages), name
    assert Links(pages[INDEX]).found == {
        name for name in pages if name.startswith(("zz-", "provider-")) and name.endswith(".html")
    }


def test_every_source_stands_once(pages: dict[str, str]) -> None:
    numbers = re.findall(r'<li id="s(\d+)">', pages["sources.html"])
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    cited = {link for name, text in pages.items() for link in re.findall(r'sources\.html#s(\d+)"', text)}
    assert cited == set(numbers)
    assert len(json.loads(pages["assets/sources.js"].removeprefix("window.sources = ")[:-2])) == len(numbers)


def test_shared_files_are_read_from_a_disk(folder: Path, pages: dict[str, str], tab: Opener) -> None:
    opened = tab("", folder=folder, name="zz-campus.html")
    assert opened.troubles == []
    assert {url.rpartition("/assets/")[2] for url in opened.requests} >= {"map.js", "leaflet.js", "page.css"}
    assert all(url.startswith(folder.as_uri()) for url in opened.requests)
    assert opened.run("zonerisk.layers.sites.getLayers().length") > 0
    assert opened.run("document.querySelectorAll('p.evidence').length") == 0
    opened.page.locator("details.evidence summary").first.click()
    assert opened.page.locator("details[open].evidence .claim").first.inner_text()
    text = pages["zz-campus.html"]
    assert "script-src &#39;self&#39;;" in text
    assert not re.findall(r"<script(?! src=| type=.application/json)", text)


def test_a_region_to_recover_in_is_shown(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name="zz-campus.html")
    button = opened.page.locator("[data-region] .pick").first
    name = button.inner_text()
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert opened.page.inner_text("#status") == f"The map shows {name}."
    assert opened.troubles == []


def test_rows_say_what_the_verdicts_say(zz: Library) -> None:
    made = Atlas.build(zz, Catalog().policy("podcast"))
    rows = {key: made.entry(key) for key in made.verdicts}
    assert {key: (row.verdict.independence.zones.sold, row.disclosed) for key, row in rows.items()} == {
        "zz-campus": (3, 3),
        "zz-good": (3, 3),
        "zz-hidden": (3, 0),
        "zz-pair": (2, 2),
    }
    assert rows["zz-campus"].risk_outcome == "fail"
    assert rows["zz-good"].risk == "none on record"
    for key, row in rows.items():
        assert row.verdict.independence.outcome == zz.score(key).independence.outcome


def test_the_command_writes_them_all(run: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "maps"
    done = run("atlas", "-o", str(folder), "--catalogue", str(HERE / "zz"), "--tiles", "nowhere", check=2)
    assert "no tile provider" in done.stderr
    assert not folder.exists()


def test_same_input_same_bytes(zz: Library, pages: dict[str, str]) -> None:
    assert dict(Atlas.build(zz, Catalog().policy("podcast")).pages()) == pages


def test_sorting_and_searching(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX)
    names = (
        "Array.from(document.querySelectorAll('#regions-table tbody tr:not([hidden]) th a'), "
        "(one) => one.textContent)"
    )
    assert opened.run(names) == ["Campus", "Good", "Hidden", "Pair"]
    region = opened.page.get_by_role("button", name="Region")
    region.click()
    region.click()
    assert opened.run(names) == ["Pair", "Hidden", "Good", "Campus"]
    assert opened.run("document.querySelector('#regions-table th').getAttribute('aria-sort')") == (
        "descending"
    )
    opened.page.get_by_role("button", name="Sold").focus()
    opened.page.keyboard.press("Enter")
    assert opened.run(names)[0] == "Pair"
    opened.page.fill("#find", "good zephyr")
    assert opened.run(names) == ["Good"]
    assert opened.page.inner_text("#tally") == "1 of 4 regions"
    assert opened.run("zonerisk.layers.regions.getLayers().length") == 1
    opened.page.fill("#find", "")
    opened.page.select_option("#by-outcome", "fail")
    assert len(opened.run(names)) == opened.run("zonerisk.layers.regions.getLayers().length") > 0
    assert opened.troubles == []
    assert all(url.startswith(folder.as_uri()) for url in opened.requests)


def test_a_row_leads_to_its_page_and_back(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX, width=390)
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")
    opened.page.get_by_role("link", name="Good").click()
    assert opened.page.inner_text("h1") == "Zephyr Zones Good"
    opened.page.get_by_role("link", name="Zephyr Zones").click()
    assert opened.page.inner_text("h1") == "Zephyr Zones"
    assert "Every region has three zones." in opened.text
    opened.page.get_by_role("link", name="Atlas").click()
    assert opened.page.url.endswith(INDEX)
    assert opened.troubles == []
    opened.until("typeof zonerisk !== 'undefined' && zonerisk.layers.regions !== undefined")
    opened.run("""(() => { const one = zonerisk.features.get("region:zz-campus")[0];
        one.fire("click", {latlng: one.getLatLng()}, true); })()""")
    assert opened.page.get_by_role("link", name="Open its page").get_attribute("href") == "zz-campus.html"


class Evil:
    """A catalogue with hostile text in every field that the atlas shows."""

    def __init__(self, catalog: Library) -> None:
        self._catalog = catalog
        self.edition = poisoned(catalog.edition)

    def region(self, key: str) -> Region:
        return poisoned(self._catalog.region(key.removesuffix(HOSTILE)))

    def provider(self, key: str) -> Provider:
        return poisoned(self._catalog.provider(key.removesuffix(HOSTILE)))


def test_text_of_the_records_never_runs(zz: Library, tab: Opener, tmp_path: Path) -> None:
    made = Atlas.build(zz, Catalog().policy("podcast"))
    catalog: Any = Evil(zz)
    evil = Atlas(
        catalog,
        {key: poisoned(verdict) for key, verdict in made.verdicts.items()},
        {key: poisoned(around) for key, around in made.settings.items()},
        {f"zz-good{HOSTILE}": HOSTILE},
    )
    pages = dict(evil.pages())
    provider = next(name for name in pages if name.startswith("provider-"))
    # No disk has such names; the pages are what is tried.
    files = {name: text for name, text in pages.items() if name.startswith("assets/")}
    written({**files, "index": pages[INDEX], "provider": pages[provider]}.items(), tmp_path)
    for name in ("index", "provider"):
        (tmp_path / name).rename(tmp_path / f"{name}.html")
        opened = tab("", folder=tmp_path, name=f"{name}.html")
        opened.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert SEEN in opened.text, name
        opened.run("""zonerisk.layers.regions.getLayers().forEach((one) => {
            one.fire("mouseover", {latlng: one.getLatLng()}, true);
            one.fire("click", {latlng: one.getLatLng()}, true); })""")
        assert SEEN in opened.run("document.querySelector('.leaflet-popup').textContent")
        opened.page.fill("#find", "zephyr")
        assert opened.troubles == []
        assert all(url.startswith(tmp_path.as_uri()) for url in opened.requests)
        assert opened.run("window.pwned") is None
        assert opened.run("document.querySelectorAll('img, iframe').length") == 0
        odd = "Array.from(document.links).filter((one) => !/^(https?|file):/.test(one.protocol)).length"
        assert opened.run(odd) == 0


def test_a_country_is_found_by_name_and_code(pages: dict[str, str], tab: Opener, tmp_path: Path) -> None:
    found_by = r'data-country="\w+" data-find="Good'
    text, count = re.subn(found_by, 'data-country="FR" data-find="G\u00f6od FR', pages[INDEX])
    assert count == 1
    opened = tab("", folder=written({**pages, INDEX: text}.items(), tmp_path), name=INDEX)
    names = (
        "Array.from(document.querySelectorAll('#regions-table tbody tr:not([hidden]) th a'), "
        "(one) => one.textContent)"
    )
    for words, found in (("france", ["Good"]), ("goo", ["Good"]), ("fr", ["Good"]), ("oo", [])):
        opened.page.fill("#find", words)
        assert opened.run(names) == found, words
