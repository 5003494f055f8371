"""Drift: the shipped figures held against the cards and the sites they were made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk.catalogue.samples import SampleFile, same_place
from zonerisk.core.errors import DataError
from zonerisk.curation.record_file import Problem
from zonerisk.layers import layers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zonerisk.catalogue.catalog import Catalog

_AGAIN = "make it again: zonerisk layers sample"
_RULE = "drift"


def problems(catalog: Catalog) -> Iterator[Problem]:
    """Find what is wrong with the sample files of a catalogue.

    A figure is refused if its site is not in the catalogue, or has another position than
    when the figure was made; a file, if its card says something else by now. Sites that
    are not sampled yet read as not assessed, which only asks for a look.
    """
    from zonerisk.layers.sampling import head

    positions = {
        site.id: site.position
        for region_id in catalog.region_ids
        for site in catalog.region(region_id).sites.values()
        if site.position
    }
    known = layers.ids()
    paths = [path for root in catalog.roots for path in sorted((root / "layers" / "samples").glob("*.csv"))]
    for path in paths:
        name = f"data/layers/samples/{path.name}"
        try:
            file = SampleFile(path)
            rows = list(file.all_rows())
        except DataError as error:
            yield Problem(name, 1, str(error), _RULE)
            continue
        if path.stem not in known or file.layer.id != path.stem:
            yield Problem(name, 1, f"there is no card data/layers/{path.stem}.yaml", _RULE)
            continue
        card = layers.load(path.stem)
        wanted = {**head(card, (), ""), "raw": {each.path: each.sha256 for each in card.files}}
        for key in sorted(wanted.keys() | file.head.keys()):
            if key != "sampled" and file.head.get(key) != _plain(wanted.get(key)):
                yield Problem(name, 1, f"{key}: the card says otherwise; {_AGAIN}", _RULE)
        if not card.ships:
            yield Problem(name, 1, "its licence lets no figures ship", _RULE)
        for line, row in enumerate(rows, 3):
            position = positions.get(row["site"])
            if position is None:
                yield Problem(name, line, f"{row['site']}: no such site has a position; {_AGAIN}", _RULE)
            elif not same_place(row, position):
                yield Problem(name, line, f"{row['site']}: has moved since; {_AGAIN}", _RULE)
        sampled = {row["site"] for row in rows}
        lacking = [
            site
            for site, at in positions.items()
            if site not in sampled and file.of(site, at)[0].reason == "not_sampled"
        ]
        if lacking:
            yield Problem(
                name,
                0,
                f"{len(lacking)} sites are not sampled, such as {lacking[0]}; " + _AGAIN,
                _RULE,
                "warning",
            )


def _plain(value: object) -> object:
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
