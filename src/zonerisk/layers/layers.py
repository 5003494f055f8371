"""Layers: the cards that ship, and the raw files of each on this machine."""

from __future__ import annotations

import difflib
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import NamedTuple

from zonerisk.catalogue.catalog import data_root, simplify
from zonerisk.catalogue.document import read
from zonerisk.core.errors import DataError, UnknownTarget
from zonerisk.layers.card import Card, File

# The file that holds the area within which a fetched layer is known.
AREA = "coverage.geojson"


class LayerFile(NamedTuple):
    """A raw file that is on this machine."""

    file: File
    path: Path


@cache
def _shipped(folder: Path) -> dict[str, Card]:
    cards = [read_card(path) for path in sorted(folder.glob("*.yaml"))]
    return {
        layer.id: layer
        for card in cards
        for layer in ([card.of_period(years) for years in card.periods] or [card])
    }


def ids() -> tuple[str, ...]:
    """Every shipped layer, in the order of their cards; families by return period."""
    return tuple(_shipped(data_root() / "layers"))


def load(name: str) -> Card:
    """Give a shipped layer's card by its id, or a user's own by its file.

    Raises
    ------
    UnknownTarget
        If no layer goes by that id.
    DataError
        If the file is not a valid card.
    """
    if name.endswith((".yaml", ".yml")):
        return read_card(Path(name))
    known = _shipped(data_root() / "layers")
    wanted = simplify(name)
    if wanted not in known:
        family = [each for each in known if each.startswith(f"{wanted}-rp")]
        near = family or difflib.get_close_matches(wanted, known, n=2, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "see: zonerisk layers list"
        raise UnknownTarget(f"no layer is called {name!r}; {hint}")
    return known[wanted]


def read_card(path: Path) -> Card:
    """Read one card."""
    document = read(path, f"data/layers/{path.name}" if path.parent.name == "layers" else None)
    if "id" in document.tree:
        raise DataError(document.problem(("id",), "comes from the file; drop it"))
    return document.validate(Card, {"id": path.stem})


def home(card: Card, cache: Path) -> Path:
    """Give the folder where a layer's fetched or imported files lie."""
    return cache / "layers" / card.id


def locate(card: Card, cache: Path, raw: Path | None = None) -> tuple[LayerFile, ...]:
    """Find a layer's files on this machine, in the raw folder and then in the cache.

    Returns
    -------
    Nothing unless all that its answers rest on are there: data, coverage and masks. Without
    the card's files, those of a user's own import or of a part that was fetched.
    """
    found = []
    for file in card.files:
        places = [raw / file.path] if raw else []
        places.append(home(card, cache) / Path(file.path).name)
        path = next((place for place in places if place.is_file()), None)
        if path is None and file.role != "names":
            return _imported(card, cache)
        if path is not None:
            found.append(LayerFile(file, path))
    return tuple(found) or _imported(card, cache)


def _imported(card: Card, cache: Path) -> tuple[LayerFile, ...]:
    note = home(card, cache) / "source.json"
    if not note.is_file():
        return ()
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        names = list(told["files"]) if "files" in told else [told["file"]]
        kept = [called(card, note.with_name(Path(str(name)).name)) for name in names]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(f"{note}: is damaged ({error}); fetch or import {card.id} again") from None
    if not all(each.path.is_file() for each in kept):
        return ()
    here = {each.file for each in kept}
    roles = {file.role for file in here}
    covered = "coverage" in roles or all(file.role != "coverage" for file in card.files)
    masked = all(file in here for file in card.files if file.role == "mask")
    return tuple(kept) if "data" in roles and covered and masked else ()


def called(card: Card, path: Path) -> LayerFile:
    """Tell by its name which of a layer's files one is; a name of a user's own is data."""
    for file in card.files:
        if Path(file.path).name == path.name:
            return LayerFile(file, path)
    return LayerFile(File(path=path.name, role="coverage" if path.name == AREA else "data"), path)


def digest(path: Path) -> str:
    """Hash a file (sha256 of its bytes)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(card: Card, kept: tuple[LayerFile, ...]) -> None:
    """Hold a layer's files against the hashes on its card.

    Raises
    ------
    DataError
        If a file is another one than the card describes.
    """
    for file, path in kept:
        if file.sha256 and digest(path) != file.sha256:
            raise DataError(
                f"{path}: is not the file that data/layers/{card.id}.yaml describes "
                "(its sha256 differs); give the card the new hash and vintage, or "
                "get the right file"
            )
