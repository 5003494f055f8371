from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conftest import HERE, Opener, Runner
from test_page import HOSTILE, SEEN, poisoned
from zonerisk.catalogue.catalog import Catalog
from zonerisk.cli import pages as command
from zonerisk.core.errors import UsageError
from zonerisk.core.model import Provider, Region
from zonerisk.core.verdict import block
from zonerisk.library import Library
from zonerisk.pages import surroundings
from zonerisk.pages.atlas import INDEX, Atlas, Entry
from zonerisk.words.verdicts import block_order


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
    assert {link.partition("#")[0] for link in Links(pages[INDEX]).found} - {""} == {
        name for name in pages if name.startswith(("zz-", "provider-")) and name.endswith(".html")
    }


def test_every_source_stands_once(pages: dict[str, str]) -> None:
    numbers = re.findall(r'<li id="s(\d+)">', pages["sources.html"])
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)]
    cited = {link for name, text in pages.items() for link in re.findall(r'sources\.html#s(\d+)"', text)}
    assert cited == set(numbers)
    assert len(
        json.loads(pages["assets/sources.js"].removeprefix("window.sharedData = ")[:-2])["sources"]
    ) == len(numbers)


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


def test_a_site_cites_the_shared_sources(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name="zz-campus.html")
    opened.page.locator("#site-list .pick").first.click()
    cited = opened.page.locator(".leaflet-popup .cited .claim").first.inner_text()
    assert cited
    assert cited in (folder / "sources.html").read_text("utf-8")
    assert opened.troubles == []


def test_the_nearest_to_recover_in_are_told_and_the_farther_named(
    shipped: Library, tab: Opener, tmp_path: Path
) -> None:
    verdict = shipped.score("hetzner-fsn1")
    many = shipped.score("ovh-gra")
    for one in (verdict, many):
        made = Atlas(shipped, {one.target: one}, {one.target: surroundings.setting(shipped, one)}, {})
        opened = tab("", folder=written(made.pages(), tmp_path), name=f"{one.target}.html")
        placed = set(made.settings[one.target].recovery)
        assert opened.page.locator(".options [data-region]").count() == len(
            placed | {option.target for option in one.recovery}
        )
        last = opened.page.locator(".options .pick").last
        last.click()
        assert opened.page.inner_text("#status") == f"The map shows {last.inner_text()}."
        assert opened.troubles == []


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
    rows = {key: Entry(made, key) for key in made.verdicts}
    assert {key: (row.verdict.independence.zones.sold, row.disclosed) for key, row in rows.items()} == {
        "zz-campus": (3, 3),
        "zz-good": (3, 3),
        "zz-hidden": (3, 0),
        "zz-pair": (2, 2),
    }
    for key, row in rows.items():
        standing = zz.score(key).independence
        assert row.class_ == block(standing.class_)
        assert row.cause == {"disclosure": "not disclosed"}.get(standing.cause.kind, standing.cause.kind)


def test_every_region_is_one_mark_counted_by_class(shipped: Library) -> None:
    keys = [key for key in shipped.region_ids if key.startswith(("ovh-", "scaleway-", "ibm-"))]
    verdicts = {key: shipped.score(key) for key in keys if shipped.region(key).status == "open"}
    made = Atlas(
        shipped, verdicts, {key: surroundings.setting(shipped, one) for key, one in verdicts.items()}, {}
    )
    text = next(made.pages())[1]
    blocks = Counter(block(verdict.independence.class_) for verdict in verdicts.values())
    for name, count in blocks.items():
        slug = name.replace(" ", "-")
        assert len(re.findall(f'<a class="c {slug}" href="[^"]*" data-id', text)) == count, name
        assert re.search(
            f'data-class="{slug}" aria-pressed="false"><i class="c {slug}"></i><b>{count}</b>', text
        )
    listed = re.findall('<tr data-id="([^"]*)"', text)
    assert listed == sorted(verdicts, key=lambda key: block_order(verdicts[key]))
    several = len(verdicts) - blocks["one-zone"]
    assert (
        f"<h1>{several} regions are sold as several zones or buildings; "
        f"{blocks['apart']} are shown to stand apart</h1>" in text
    )
    events = {
        event.id for one in verdicts.values() for event in one.record.incidents if event.kind != "logical"
    }
    assert set(re.findall('<li id="event=([^"]*)"', text)) == events
    assert "event=ovh-sbg-2021" in " ".join(f"event={key}" for key in events)
    # Strasbourg burned: its mark says why, and its cause leads to the finding.
    assert "Strasbourg: 3 of 3 datacenters share one campus; fire 2021" in text
    assert 'href="ovh-sbg.html#finding=colocation"' in text


def test_the_command_writes_them_all(run: Runner, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "maps"
    done = run("atlas", "-o", str(folder), "--catalogue", str(HERE / "zz"), "--tiles", "nowhere", check=2)
    assert "'nowhere' is not a tile address" in done.stderr
    assert not folder.exists()


def test_a_second_run_sweeps_what_the_first_left(
    zz: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(command, "load", lambda *_: zz)
    (tmp_path / "assets").mkdir()
    for name in ("ground-999.js", "start-99.js", "mine-1.js", "ground-x.js"):
        (tmp_path / "assets" / name).write_text("old")
    with pytest.raises(UsageError, match="not a web address"):
        command.atlas(tmp_path, site_url="ftp://x")
    command.atlas(tmp_path, site_url="https://example.org/atlas/")
    left = {path.name for path in (tmp_path / "assets").iterdir()}
    assert not left & {"ground-999.js", "start-99.js"}
    assert left >= {"mine-1.js", "ground-x.js", "ground-0.js", "start-0.js", "icon.svg"}
    text = (tmp_path / "zz-pair.html").read_text("utf-8")
    assert '<meta property="og:url" content="https://example.org/atlas/zz-pair.html">' in text
    assert '<meta property="og:image" content="https://example.org/atlas/cards/zz-pair.png">' in text
    assert (tmp_path / "cards" / "zz-pair.png").read_bytes().startswith(b"\x89PNG")
    for name in ("index", "provider-zz"):
        text = (tmp_path / f"{name}.html").read_text("utf-8")
        assert f'<meta property="og:image" content="https://example.org/atlas/cards/{name}.png">' in text
        assert (tmp_path / "cards" / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_same_input_same_bytes(zz: Library, pages: dict[str, str]) -> None:
    assert dict(Atlas.build(zz, Catalog().policy("podcast")).pages()) == pages


NAMES = (
    "Array.from(document.querySelectorAll('#regions-table tbody tr:not([hidden]) th a'), "
    "(one) => one.textContent)"
)
PINS = "zonerisk.layers.regions.getLayers().reduce((sum, pin) => sum + pin.all.length, 0)"


def test_sorting_and_searching(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX)
    worst_first = opened.run(NAMES)
    assert set(worst_first) == {"Campus", "Good", "Hidden", "Pair"}
    region = opened.page.locator("#regions-table thead button").first
    region.click()
    region.click()
    assert opened.run(NAMES) == ["Pair", "Hidden", "Good", "Campus"]
    assert opened.run("document.querySelector('#regions-table th').getAttribute('aria-sort')") == (
        "descending"
    )
    opened.page.get_by_role("button", name="Sold").focus()
    opened.page.keyboard.press("Enter")
    assert opened.run(NAMES)[0] == "Pair"
    assert opened.page.url.endswith("#sort=3")
    opened.page.go_back()
    opened.page.go_back()
    opened.until(f"{NAMES}[0] === 'Campus'")
    opened.page.fill("#find", '"good" zephyr')
    assert opened.run(NAMES) == ["Good"]
    assert opened.page.inner_text("#tally") == "1 of 4 regions"
    assert opened.run(PINS) == 1
    assert opened.run("document.querySelectorAll('.wall .c:not(.dim)').length") == 1
    assert opened.run("zonerisk.map.getZoom()") >= 6
    opened.page.get_by_role("button", name="Clear").click()
    assert opened.run(NAMES) == worst_first
    assert "#" not in opened.page.url
    assert opened.troubles == []
    assert all(url.startswith(folder.as_uri()) for url in opened.requests)


def test_a_class_is_chosen_and_the_way_back_keeps_it(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX)
    button = opened.page.locator(".counts [data-class=not-shown]")
    button.focus()
    opened.page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    left = opened.run(NAMES)
    assert 0 < len(left) < 4
    assert len(left) == opened.run(PINS)
    opened.page.locator("#regions-table tbody tr:not([hidden]) th a").first.click()
    opened.page.wait_for_url("**/zz-*.html")
    opened.page.go_back()
    opened.until("typeof zonerisk !== 'undefined' && document.body.classList.contains('live')")
    assert opened.run(NAMES) == left
    assert opened.page.url.endswith("#class=not-shown")
    opened.page.goto(opened.page.url.partition("#")[0] + "#find=zephyr&zones=2")
    opened.until(f"{NAMES}.join() === 'Pair'")
    assert opened.page.input_value("#find") == "zephyr"
    assert opened.page.input_value("#by-zones") == "2"
    for address, count in (("class=undisclosed", len(left)), ("class=none-such", 4)):
        opened.page.goto(opened.page.url.partition("#")[0] + f"#{address}")
        opened.until(f"{NAMES}.length === {count}")
    assert opened.troubles == []


def test_two_regions_side_by_side(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX)
    for name in ("Good", "Campus", "Pair"):
        opened.page.get_by_label(f"Compare {name}").check()
    # The oldest of three gives way.
    assert opened.run(
        "Array.from(document.querySelectorAll('#compare thead a'), (one) => one.textContent)"
    ) == [
        "Campus",
        "Pair",
    ]
    assert opened.page.url.endswith("#compare=zz-campus,zz-pair")
    assert not opened.page.get_by_label("Compare Good").is_checked()
    assert re.search(r"About [\d,.]+ km apart", opened.page.inner_text("#compare"))
    opened.page.get_by_label("Compare Pair").uncheck()
    assert opened.page.locator("#compare").is_hidden()
    assert opened.troubles == []


def test_a_pile_opens_and_leads_to_a_page(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX)
    opened.run("""(() => { zonerisk.map.setZoom(2, {animate: false});
        const pin = zonerisk.layers.regions.getLayers().find((one) => one.all.length > 1);
        if (!pin) throw new Error("no pile");
        const before = zonerisk.map.getZoom(); pin.fire("click");
        if (zonerisk.map.getZoom() <= before) throw new Error("not opened"); })()""")
    assert opened.page.locator(".leaflet-popup").count() == 0, "a pile is opened, not told of as one region"
    opened.run("""(() => {
        zonerisk.layers.regions.getLayers().find((one) => one.all.length === 1).fire("click"); })()""")
    assert opened.page.locator(".leaflet-popup a[href^=zz-]").first.is_visible()
    assert opened.troubles == []


def test_without_scripts_it_is_still_all_there(folder: Path, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((folder / INDEX).as_uri())
    assert opened.locator(".wall a.c").count() == opened.locator("#regions-table tbody tr").count() == 4
    assert opened.locator(".controls").is_hidden()
    assert opened.locator(".map-box").is_hidden()
    opened.goto((folder / "zz-campus.html").as_uri())
    assert opened.locator(".map-box, .filters").filter(visible=True).count() == 0
    opened.locator("p.evidence a").first.click()
    assert opened.url.partition("#")[0].endswith("sources.html")
    context.close()


@pytest.mark.parametrize(
    ("width", "media"), [(390, {}), (1280, {"color_scheme": "dark"}), (1280, {"forced_colors": "active"})]
)
def test_axe_finds_nothing(folder: Path, tab: Opener, width: int, media: dict[str, str]) -> None:
    opened = tab("", folder=folder, name=INDEX, width=width, height=900)
    opened.page.emulate_media(media="print", **media)
    assert (
        opened.page.evaluate("getComputedStyle(document.querySelector('#regions-table tbody tr')).display")
        == "table-row"
    ), "on paper it is a table, as narrow as that may be"
    opened.page.emulate_media(media="screen", **media)
    for name in (INDEX, f"{INDEX}#compare=zz-good,zz-pair", "provider-zz.html", "sources.html"):
        opened.page.goto(f"{folder.as_uri()}/{name}")
        assert not opened.violations(), name
    opened.page.emulate_media(media="print")
    assert not opened.violations()


def test_no_width_of_a_window_cuts_the_table(folder: Path, tab: Opener) -> None:
    # As long as names and words of the catalogue's own regions are.
    long = (
        "document.querySelectorAll('td.of').forEach(cell => cell.textContent = 'Oracle Infrastructure');"
        "document.querySelectorAll('td.recovery').forEach(cell => cell.textContent = 'germanywestcentral 1,234 km');"
    )
    opened = tab("", folder=folder, name=INDEX)
    opened.run(f"() => {{ {long} }}")
    for width in (390, 861, 1000, 1080, 1081, 1181, 1240, 1241):
        opened.page.set_viewport_size({"width": width, "height": 700})
        assert opened.run("document.documentElement.scrollWidth <= innerWidth"), width


def test_a_row_leads_to_its_page_and_back(folder: Path, tab: Opener) -> None:
    opened = tab("", folder=folder, name=INDEX, width=390)
    assert opened.run("document.documentElement.scrollWidth <= innerWidth")
    opened.page.locator("#regions-table").get_by_role("link", name="Good").click()
    assert opened.page.inner_text("h1") == "Zephyr Zones Good"
    opened.page.get_by_role("link", name="Zephyr Zones").click()
    assert opened.page.inner_text("h1") == "Zephyr Zones"
    assert "Every region has three zones." in opened.text
    opened.page.get_by_role("link", name="Atlas").click()
    assert opened.page.url.endswith(INDEX)
    assert opened.troubles == []
    opened.until("typeof zonerisk !== 'undefined' && zonerisk.layers.regions !== undefined")


class Evil:
    """A catalogue with hostile text in every field that the atlas shows."""

    def __init__(self, catalog: Library) -> None:
        self._catalog = catalog
        self.edition = poisoned(catalog.edition)
        self.dialects = {f"zz{HOSTILE}": SimpleNamespace(aliases=(HOSTILE,))}

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
        opened.run("void zonerisk.map.setZoom(12, {animate: false})")
        opened.run("""zonerisk.layers.regions.getLayers().forEach((one) => {
            one.fire("mouseover", {latlng: one.getLatLng()}, true);
            one.fire("click", {latlng: one.getLatLng()}, true); })""")
        assert SEEN in opened.run("document.querySelector('.leaflet-popup').textContent")
        opened.run("document.querySelectorAll('.pair').forEach((one) => one.click())")
        assert SEEN in opened.run("document.getElementById('compare').textContent")
        opened.run(
            "document.querySelectorAll('.counts button, .years .c, thead button').forEach((one) => one.click())"
        )
        opened.page.get_by_role("button", name="Clear").click()
        opened.page.fill("#find", "zephyr")
        assert opened.troubles == []
        assert all(url.startswith(tmp_path.as_uri()) for url in opened.requests)
        assert opened.run("window.pwned") is None
        assert opened.run("document.querySelectorAll('img, iframe').length") == 0
        odd = "Array.from(document.links).filter((one) => !/^(https?|file):/.test(one.protocol)).length"
        assert opened.run(odd) == 0


def test_what_people_call_a_place_is_found(shipped: Library, tab: Opener, tmp_path: Path) -> None:
    keys = ["google-europe-west9", "google-europe-west2", "aws-us-east-1", "aws-eu-west-2", "ovh-sbg"]
    verdicts = {key: shipped.score(key) for key in keys}
    made = Atlas(
        shipped, verdicts, {key: surroundings.setting(shipped, one) for key, one in verdicts.items()}, {}
    )
    written(made.pages(), tmp_path)
    # All pages weigh at most 20 MB (18.5 in November 2026): one for each region, of which these five weigh 1.55
    # times the average, 3.4 kB of each in the lists, and 3.3 MB that they share.
    each = sum((tmp_path / f"{key}.html").stat().st_size for key in keys) / len(keys) / 1.55 + 3400
    assert each * sum(shipped.region(key).status == "open" for key in shipped.region_ids) + 3.3e6 < 20e6
    opened = tab("", folder=tmp_path, name=INDEX)
    ids = "Array.from(document.querySelectorAll('tbody tr:not([hidden])'), (one) => one.dataset.id).sort()"
    for words, found in (
        ("gcp", keys[:2]),
        ("uk", [keys[1], keys[3]]),
        ('"usa"', [keys[2]]),
        ("strasbourg", [keys[4]]),
        ("gcp paris", [keys[0]]),
        ("london aws", [keys[3]]),
        ("rasbo", [keys[4]]),
        ("nowhere", []),
        ("u.s.", [keys[2]]),
        ("fire", [keys[0], keys[4]]),
        ("shared", [keys[4]]),
        ("no shared building or campus", [keys[4]]),
        ("undisclosed", keys[1:4]),
    ):
        opened.page.fill("#find", words)
        assert opened.run(ids) == sorted(found), words
    assert opened.page.inner_text("#nothing") == "No region matches."
    opened.page.fill("#find", "strasbourg")
    assert opened.run("zonerisk.map.getBounds().contains([48.58, 7.79])")
    assert not opened.run("zonerisk.map.getBounds().contains([51.5, -0.1])")
    opened.page.fill("#find", "")
    opened.page.locator(".years .shared").first.click()
    assert "event=" in opened.page.url
    assert opened.page.locator("#all-events li.told").is_visible()
    assert opened.troubles == []
