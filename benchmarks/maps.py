"""Writing and painting a map of many sites, against plain folium with a marker each.

Run: python benchmarks/maps.py. Prints the ratios that docs/maps.md promises and leaves with 1
if one is missed. Both sides write the same words for the same sites to a string; the modules
are loaded before the clock starts. Our page also holds Leaflet, the ground and the panel.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import folium
import shapely  # noqa: F401

import zonerisk
from zonerisk.core.model import Evidence
from zonerisk.core.verdict import Place, Verdict
from zonerisk.pages import page

FASTER, SMALLER, PAINT_S, WRITE_S = 12, 3, 2.0, 10.0


def verdict(count: int) -> Verdict:
    """Invent a region of many sites, spread over a continent, each with its own source."""
    draw = random.Random(count)
    places = tuple(
        Place(
            id=f"zz-many/site-{n}",
            name=f"Site {n}",
            kind="building",
            zones=(f"zz-many/z{n % 8}",),
            lat=round(draw.uniform(36, 60), 5),
            lon=round(draw.uniform(-9, 30), 5),
            uncertainty_m=float(draw.choice((60, 100, 250))),
            method="outline",
            evidence=(
                Evidence(
                    kind="map",
                    title=f"OpenStreetMap way {n + 1}",
                    read="2026-03",
                    url=f"https://www.openstreetmap.org/way/{n + 1}",
                    claim="position: outline",
                ),
            ),
        )
        for n in range(count)
    )
    real = zonerisk.load().score("scaleway-fr-par")
    return replace(
        real,
        target="zz-many",
        name="Zz Many",
        summary="Zz Many: invented.",
        independence=replace(real.independence, shared_risks=()),
        policy=replace(real.policy, findings=real.policy.findings[:1], shared_risks=(), separations=()),
        recovery=(),
        places=places,
    )


def plain(of: Verdict) -> str:
    """Write the page that folium gives by default: a marker and a popup for each site."""
    made = folium.Map(location=(48, 10), zoom_start=5)
    for place in of.places:
        source = place.evidence[0]
        words = (
            f"<b>{place.name}</b><br>Serves {place.zones[0]}<br>Kind {place.kind}<br>"
            f"Stands at {place.lat}, {place.lon}, within {place.uncertainty_m:.0f} m<br>"
            f"Got from {place.method}<br>Record {place.id}<br>{source.grade} "
            f'<a href="{source.url}">{source.title}</a>, read {source.read}. {source.claim}'
        )
        folium.Marker((place.lat, place.lon), popup=folium.Popup(words)).add_to(made)
    return str(made.get_root().render())


def timed(write: Callable[[], str], rounds: int = 3) -> tuple[float, str]:
    """Give the median time of some rounds, seconds, and what was written."""
    spent, text = [], ""
    for _ in range(rounds):
        start = time.perf_counter()
        text = write()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent), text


def painted(text: str, browser: str) -> float:
    """Open a page thrice in headless Chromium; median seconds until the map is painted."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "map.html"
        file.write_text(text, "utf-8")
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        spent = []
        for _ in range(3):
            tab = chromium.new_page()
            start = time.perf_counter()
            tab.goto(file.as_uri())
            tab.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
            spent.append(time.perf_counter() - start)
            assert tab.evaluate("zonerisk.layers.sites.getLayers().length") == 10_000
            tab.close()
        chromium.close()
    return statistics.median(spent)


def main() -> int:
    """Print the ratios; 1 if one is missed."""
    import shutil

    thousand, many = verdict(1_000), verdict(10_000)
    first_s, _ = timed(lambda: page.map_page([thousand]), 1)
    ours_s, ours = timed(lambda: page.map_page([thousand]), 5)
    plain_s, theirs = timed(lambda: plain(thousand))
    many_s, text = timed(lambda: page.map_page([many]), 1)
    print(f"1,000 sites   folium {plain_s:6.2f} s {len(theirs) / 1e3:8.0f} kB")
    print(
        f"            zonerisk {ours_s:6.2f} s {len(ours) / 1e3:8.0f} kB"
        f"   (first page of a process, which reads the ground: {first_s:.2f} s)"
    )
    print(f"               ratio {plain_s / ours_s:6.1f} x {len(theirs) / len(ours):6.1f} x")
    print(f"10,000 sites written in {many_s:.2f} s, {len(text) / 1e6:.1f} MB")
    kept = [plain_s / ours_s >= FASTER, len(theirs) / len(ours) >= SMALLER, many_s <= WRITE_S]
    browser = shutil.which("chromium")
    if browser:
        paint_s = painted(text, browser)
        print(f"             painted in {paint_s:.2f} s by headless Chromium")
        kept.append(paint_s <= PAINT_S)
    else:
        print("             not painted: no chromium on this machine")
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
