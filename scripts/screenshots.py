"""Pictures of the maps for the README: builds pages and has Chromium take them.

Run: python scripts/screenshots.py. Writes maps/*.png. Layers on this machine are left out, so
that the pictures show what everyone gets.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import zonerisk
from zonerisk.catalogue.catalog import Catalog
from zonerisk.pages import page, surroundings
from zonerisk.pages.atlas import INDEX, Atlas
from zonerisk.pages.page import ASSETS

FOLDER = Path(__file__).resolve().parent.parent / "maps"

# Name, page, width, height, colours, and what is done before the picture is taken.
SHOTS = (
    ("strasbourg", "ovh-sbg", 1280, 760, "light", ".pick:text-is('No shared building or campus')"),
    ("paris", "scaleway-fr-par", 1280, 760, "dark", None),
    ("paris-power", "scaleway-fr-par", 1280, 760, "light", ".pick:text-is('Power') >> nth=0"),
    ("paris-phone", "scaleway-fr-par", 390, 800, "light", None),
    ("atlas", INDEX.removesuffix(".html"), 1280, 860, "light", None),
)


def pages(catalog: Catalog, folder: Path) -> None:
    """Write the pages that are shown."""
    for target in ("ovh-sbg", "scaleway-fr-par"):
        verdict = catalog.score(target)
        (folder / f"{target}.html").write_text(
            page.map_page([verdict], [surroundings.setting(catalog, verdict)]), "utf-8"
        )
    (folder / ASSETS).mkdir()
    for name, text in Atlas.build(catalog, Catalog().policy("podcast")).pages():
        (folder / name).write_text(text, "utf-8")


def main() -> int:
    """Take every picture; 1 if there is no browser."""
    path = shutil.which("chromium")
    if path is None:
        sys.stderr.write("no chromium on this machine: apt-get install chromium\n")
        return 1
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        pages(zonerisk.load(), folder)
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for shot, page, width, height, colours, click in SHOTS:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=colours,
                reduced_motion="reduce",
                offline=True,
            )
            tab = context.new_page()
            tab.goto((folder / f"{page}.html").as_uri())
            if click:
                tab.click(click)
            tab.wait_for_timeout(500)
            tab.screenshot(path=FOLDER / f"{shot}.png")
            context.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
