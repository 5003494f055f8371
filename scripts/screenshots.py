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
from zonerisk.pages.atlas import INDEX, Atlas

FOLDER = Path(__file__).resolve().parent.parent / "maps"

# Name, page, width, height, colours, and what is done before the picture is taken.
SHOTS = (
    ("strasbourg", "ovh-sbg", 1280, 760, "light", ".pick:text-is('No shared building or campus')"),
    ("paris", "scaleway-fr-par", 1280, 760, "dark", None),
    ("paris-power", "scaleway-fr-par", 1280, 760, "light", ".pick:text-is('Power') >> nth=0"),
    ("paris-phone", "scaleway-fr-par", 390, 800, "light", None),
    ("atlas", INDEX.removesuffix(".html"), 1280, 860, "light", None),
)


def main() -> int:
    """Take every picture; 1 if there is no browser."""
    path = shutil.which("chromium")
    if path is None:
        sys.stderr.write("no chromium on this machine: apt-get install chromium\n")
        return 1
    from playwright.sync_api import sync_playwright

    catalog = zonerisk.load()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        for name, text in Atlas.build(catalog, catalog.policy("podcast")).pages():
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text(text, "utf-8")
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for shot, name, width, height, colours, click in SHOTS:
            tab = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=colours,
                reduced_motion="reduce",
                offline=True,
            )
            tab.goto((Path(folder) / f"{name}.html").as_uri())
            if click:
                tab.click(click)
            tab.wait_for_timeout(500)
            tab.screenshot(path=FOLDER / f"{shot}.png")
            tab.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
