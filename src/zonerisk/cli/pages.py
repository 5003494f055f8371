"""zonerisk map and atlas: regions on pages that open anywhere."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from zonerisk.cli import output
from zonerisk.cli.output import AsOf, Cache, Catalogues, PolicyOption, Raw, argument, load, option
from zonerisk.core.errors import UsageError
from zonerisk.core.model import DEFAULT
from zonerisk.core.verdict import severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.pages.features import Setting

# More providers than these would crowd the heading.
_MOST_NAMED = 3
_DOCUMENTS = ("docs/method.md", "CONTRIBUTING.md")

TilesOption = Annotated[
    str | None,
    option(
        "The online map that the page offers, off until its reader switches it on: an address with "
        "{z}, {x} and {y}, or none. Default: OpenStreetMap.",
        metavar="URL|none",
    ),
]


def map_(
    targets: Annotated[
        list[str] | None,
        argument("Regions or providers; by default every open region.", metavar="[TARGET]..."),
    ] = None,
    out: output.Output = None,
    tiles: TilesOption = None,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    catalogue: Catalogues = None,
    cache: Cache = None,
    raw: Raw = None,
) -> None:
    """Draw regions on a map: one HTML file that needs no network.

    The map of a single region also shows what the hazard layers on this machine hold there.

    Examples: zonerisk map ovh-sbg -o ovh-sbg.html; zonerisk map scaleway --tiles none -o s.html
    """
    from zonerisk.layers import store
    from zonerisk.pages import ground, surroundings
    from zonerisk.pages import page as pages

    if out is None and sys.stdout.isatty():
        raise UsageError("a map is a page, not text for a terminal; name a file, such as -o map.html")
    online = ground.find_tiles(tiles)
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    verdicts = list(catalog.verdicts(targets or None, chosen, as_of))
    if not targets:
        verdicts.sort(key=lambda verdict: -severity(verdict.independence.outcome))
    root = store.cache_root(cache) if len(verdicts) == 1 else None
    settings = [surroundings.setting(catalog, verdict, root, raw) for verdict in verdicts]
    ids = dict.fromkeys(catalog.region(verdict.target).provider for verdict in verdicts)
    owners = [catalog.provider(owner).name for owner in ids]
    text = pages.map_page(
        verdicts,
        settings,
        online=online,
        attribution=catalog.edition.attribution,
        files=_links(catalog, chosen.id, settings, out),
        owner=", ".join(owners) if len(owners) <= _MOST_NAMED else f"{len(owners)} providers",
    )
    output.write(text, out)


def atlas(
    folder: Annotated[Path, option("Where the pages go.", "-o", "--output", metavar="DIR")] = Path("maps"),
    tiles: TilesOption = None,
    site_url: Annotated[
        str | None,
        option(
            "Where the folder will be served; each page then names the picture of a link to it, "
            "and the pictures are drawn beside the pages (with the extra png).",
            metavar="URL",
        ),
    ] = None,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    catalogue: Catalogues = None,
) -> None:
    """Write the atlas: index.html, a page for each provider and one for each region.

    Example: zonerisk atlas -o maps
    """
    from zonerisk.pages import card, ground
    from zonerisk.pages.atlas import INDEX, Atlas
    from zonerisk.pages.page import ASSETS, CARDS

    online = ground.find_tiles(tiles)
    if site_url and not re.match(r"https?://[^\s\"'<>]+$", site_url):
        raise UsageError(f"{site_url!r} is not a web address; write one such as https://example.org/atlas")
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    for name in ("", ASSETS, *([CARDS] if site_url else [])):
        output.make_folder(folder / name)
    output.note(f"judging {len(catalog.region_ids)} regions\n")
    made = Atlas.build(catalog, chosen, as_of)
    links = _links(catalog, chosen.id, made.settings.values(), folder / INDEX)
    written = set()
    for name, page in made.pages(online, links, site_url and site_url.rstrip("/")):
        output.write(card.png(page) if name.endswith(".png") else page, folder / name)
        written.add(name)
    for old in (folder / ASSETS).glob("*-*.js"):  # An earlier run may have written more of these.
        if re.fullmatch(r"(ground|start)-\d+\.js", old.name) and f"{ASSETS}/{old.name}" not in written:
            old.unlink()
    count = sum(name.endswith(".html") for name in written)
    output.note(f"{count} pages in {folder}; open {folder / INDEX}\n")


def _links(catalog: Catalog, policy: str, settings: Iterable[Setting], page: Path | None) -> dict[str, str]:
    """Link records, policy, method and how to correct them by their names, from a page in their checkout."""
    from zonerisk.catalogue.document import data_root

    checkout = data_root().parent
    folder = Path(os.path.realpath(page or "/")).parent
    if not (checkout / "pyproject.toml").is_file() or not folder.is_relative_to(checkout):
        return {}
    known = {name: checkout / name for name in (*_DOCUMENTS, f"data/policies/{policy}.yaml")}
    known |= {name: catalog.path(key) for setting in settings for key, name in setting.files.items()}
    return {
        name: quote(Path(os.path.relpath(path, folder)).as_posix())
        for name, path in known.items()
        if path.is_relative_to(checkout) and path.is_file()
    }
