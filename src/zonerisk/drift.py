"""Drift: the shipped figures held against the cards and the sites they were made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zonerisk import layers
from zonerisk.errors import DataError
from zonerisk.exposure import SampleFile, same_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zonerisk.catalog import Catalog

_AGAIN = "make it again: zonerisk layers sample"


def problems(catalog: Catalog) -> Iterator[str]:
    """Find what is wrong with the sample files of a catalogue.

    A figure is refused if its site is not in the catalogue, or has another position than
    when the figure was made; a file, if its card says something else by now.
    """
    from zonerisk.sampling import head

    positions = {site.id: site.position for region_id in catalog.region_ids
                 for site in catalog.region(region_id).sites.values() if site.position}
    known = layers.ids()
    for root in catalog.roots:
        for path in sorted((root / "layers" / "samples").glob("*.csv")):
            name = f"data/layers/samples/{path.name}"
            try:
                file = SampleFile(path)
                rows = list(file.all_rows())
            except DataError as error:
                yield str(error)
                continue
            if path.stem not in known or file.layer.id != path.stem:
                yield f"{name}:1: there is no card data/layers/{path.stem}.yaml"
                continue
            card = layers.load(path.stem)
            wanted = {**head(card, (), ""), "raw": {each.path: each.sha256 for each in card.files}}
            for key in sorted(wanted.keys() | file.head.keys()):
                said, card_says = file.head.get(key), wanted.get(key)
                if key != "sampled" and said != _plain(card_says):
                    yield f"{name}:1: {key}: the card says otherwise; {_AGAIN} {card.id}"
            if not card.ships:
                yield f"{name}:1: its licence lets no figures ship"
            for line, row in enumerate(rows, 3):
                position = positions.get(row["site"])
                if position is None:
                    yield f"{name}:{line}: {row['site']}: no such site has a position; {_AGAIN}"
                elif not same_place(row, position):
                    yield f"{name}:{line}: {row['site']}: has moved since; {_AGAIN}"
            missing = sorted(set(positions) - {row["site"] for row in rows})
            lacking = [site for site in missing
                       if file.of(site, positions[site])[0].reason == "not_sampled"]
            if lacking:
                yield f"{name}: {lacking[0]} and {len(lacking) - 1} more are not sampled; {_AGAIN}"


def _plain(value: object) -> object:
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
