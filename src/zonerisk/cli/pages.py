"""zonerisk map and atlas: regions on pages that open anywhere."""

from __future__ import annotations

import os
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
    from zonerisk.core.verdict import Verdict
    from zonerisk.pages.features import Setting

# More providers than these would crowd the heading.
_MOST_NAMED = 3

TilesOption = Annotated[
    str | None,
    option(
        "The online map that the page offers, off until its reader switches it on: a name of "
        "xyzservices, an address with {z}, {x} and {y}, or none. Default: OpenStreetMap.",
        metavar="NAME|URL",
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
    from zonerisk.pages import features, ground, landmarks
    from zonerisk.pages import page as pages

    if out is None and sys.stdout.isatty():
        raise UsageError("a map is a page, not text for a terminal; name a file, such as -o map.html")
    online = ground.find_tiles(tiles)
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    verdicts = list(catalog.verdicts(targets or None, chosen, as_of))
    if not targets:
        verdicts.sort(key=lambda verdict: -severity(verdict.independence.outcome))
    if len(verdicts) == 1:
        settings = [landmarks.setting(catalog, verdicts[0], store.cache_root(cache), raw)]
    else:
        settings = [features.setting(catalog, verdict) for verdict in verdicts]
    text = pages.map_page(
        verdicts,
        settings,
        online=online,
        attribution=catalog.edition.attribution,
        files=_record_links(catalog, settings, out),
        owner=_owner(catalog, verdicts),
    )
    output.write(text, out)


def atlas(
    folder: Annotated[Path, option("Where the pages go.", "-o", "--output", metavar="DIR")] = Path("maps"),
    tiles: TilesOption = None,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    catalogue: Catalogues = None,
) -> None:
    """Write the atlas: index.html, a page for each provider and one for each region.

    Example: zonerisk atlas -o maps
    """
    from zonerisk.pages import ground
    from zonerisk.pages.atlas import INDEX, Atlas
    from zonerisk.pages.page import ASSETS

    online = ground.find_tiles(tiles)
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    output.make_folder(folder)
    output.make_folder(folder / ASSETS)
    output.note(f"judging {len(catalog.region_ids)} regions\n")
    made = Atlas.build(catalog, chosen, as_of)
    links = _record_links(catalog, made.settings.values(), folder / INDEX)
    count = 0
    for name, page in made.pages(online, links):
        output.write(page, folder / name)
        count += name.endswith(".html")
    output.note(f"{count} pages in {folder}; open {folder / INDEX}\n")


def _owner(catalog: Catalog, verdicts: Iterable[Verdict]) -> str:
    """Name whose the regions are."""
    owners = dict.fromkeys(catalog.region(verdict.target).provider for verdict in verdicts)
    if len(owners) > _MOST_NAMED:
        return f"{len(owners)} providers"
    return ", ".join(catalog.provider(owner).name for owner in owners)


def _record_links(catalog: Catalog, settings: Iterable[Setting], page: Path | None) -> dict[str, str]:
    """Link the records that were read where they lie in the same checkout as the page."""
    from zonerisk.catalogue.document import data_root

    checkout = data_root().parent
    if page is None or not (checkout / "pyproject.toml").is_file():
        return {}
    folder = page.resolve().parent
    if not folder.is_relative_to(checkout):
        return {}
    return {
        key: quote(Path(os.path.relpath(path, folder)).as_posix())
        for key in sorted({key for setting in settings for key in setting.files})
        if (path := catalog.path(key)).is_relative_to(checkout)
    }
