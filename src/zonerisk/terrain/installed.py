"""Layers on this machine: fetched or imported with their licence beside, and what they say."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zonerisk.errors import DataError, UsageError
from zonerisk.readers import fetch as http
from zonerisk.terrain import layers
from zonerisk.terrain.exposure import layer_of, missing

if TYPE_CHECKING:
    from zonerisk.model import Site
    from zonerisk.readers.fetch import Progress
    from zonerisk.terrain.card import Card
    from zonerisk.terrain.exposure import Exposure, Place
    from zonerisk.terrain.samples import Samples


class Installed:
    """What the layers on this machine say at sites; the others are not assessed.

    Parameters
    ----------
    sites
        Where to sample.
    cache, raw
        Where layers are kept, and a folder of raw layers if there is one.
    shipped
        The catalogue's own figures, where the sites are its own. They speak first: a layer
        on this machine answers where they have none.

    Attributes
    ----------
    used, failed
        Layers that answered, and what was wrong with those that could not be read.
    """

    def __init__(
        self,
        sites: Iterable[Site],
        cache: Path,
        raw: Path | None = None,
        shipped: Samples | None = None,
    ) -> None:
        from zonerisk.terrain import sampling
        from zonerisk.terrain.plane import Disc

        self._found: dict[str, list[Exposure]] = {}
        told: dict[str, set[str]] = {}
        discs = []
        for site in sites:
            rows = shipped.of(site) if shipped else ()
            told[site.id] = {row.layer.id for row in rows if row.interval}
            self._found[site.id] = [row for row in rows if row.interval]
            if at := site.position:
                discs.append(Disc(site.id, at.lat, at.lon, at.uncertainty_m))
        self.used: list[str] = []
        self.failed: list[str] = []
        for name in layers.ids():
            card = layers.load(name)
            open_ = [disc for disc in discs if name not in told[disc.site]]
            kept = layers.locate(card, cache, raw) if open_ else ()
            if not kept:
                continue
            try:
                found = sampling.sample(card, kept, open_)
                self.used.append(name)
            except DataError as error:
                # One damaged layer leaves the others standing; it reads as unknown.
                layer = layer_of(sampling.head(card, (), ""))
                found = [missing(layer, disc.site, "source_failed") for disc in open_]
                self.failed.append(str(error))
            for each in found:
                self._found[each.site].append(each)

    def of(self, site: Site) -> tuple[Exposure, ...]:
        """Give what every layer says at a site."""
        return tuple(self._found.get(site.id, ()))


def fetch(
    card: Card,
    cache: Path,
    places: Sequence[Place],
    max_bytes: int,
    progress: Progress | None = None,
) -> Path:
    """Bring a layer's raw data from its source into the cache.

    Parameters
    ----------
    card
        The layer.
    cache
        Root of the cache.
    places
        Only around these; a service and a windowed raster need some.
    max_bytes
        A larger answer is refused.
    progress
        Told of the bytes that came.

    Returns
    -------
    The folder or file that the data now lie in.

    Raises
    ------
    UsageError
        If the layer has no address, or needs places.
    FetchError
        If the source gives no usable answer; what was there before stays.
    DataError
        If what came is not what the card says; what was there before stays.
    """
    folder = layers.home(card, cache)
    files = [file for file in card.files if file.url]
    windowed = card.reading.index or (card.reading.method == "raster" and places)
    if files and not windowed:
        path = folder
        for file in files:
            path = folder / Path(file.path).name
            assert file.url
            done = http.download(
                file.url,
                path,
                max_bytes=max_bytes,
                sha256=file.sha256,
                size=file.size,
                progress=progress,
            )
            _note(card, path, {"url": done.url, "last_modified": done.last_modified})
        return path
    if not card.reading.url and not files:
        raise UsageError(
            f"{card.id}: no address of its raw data is known ({card.url}); get the "
            f"file and: zonerisk layers import {card.id} FILE"
        )
    if not places:
        raise UsageError(f"{card.id}: is read around places; name them with --region")
    from zonerisk.terrain import services

    found = services.read(card, places, max_bytes)
    for name, content in found.items():
        _replace(folder / name, content)
    path = folder / next(iter(found))
    _note(card, path, {"url": card.reading.url or files[0].url})
    return path


def take(card: Card, cache: Path, source: Path) -> Path:
    """Copy a user's file into the cache as a layer's data, once its reader has read it.

    Raises
    ------
    DataError
        If the file is not one that the layer's reader can read.
    """
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file")
    if card.reading.method == "raster":
        from zonerisk.readers import raster

        with raster.opened(source):
            pass
    else:
        from zonerisk.readers import vectorfile

        if not len(vectorfile.read(source, card.reading)):
            raise DataError(f"{source}: holds nothing that {card.id} keeps")
    data = [file for file in card.files if file.role == "data"]
    name = (
        Path(data[0].path).name
        if len(data) == 1 and (Path(data[0].path).suffixes == source.suffixes)
        else source.name
    )
    path = layers.home(card, cache) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as held:
            temporary = Path(held.name)
        try:
            shutil.copyfile(source, temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
    _note(card, path, {"imported": source.name})
    return path


def _note(card: Card, path: Path, origin: dict[str, str | None]) -> None:
    """Keep licence, origin and date beside a file."""
    from datetime import UTC, datetime

    told = {
        "layer": card.id,
        "file": path.name,
        **origin,
        "sha256": layers.digest(path),
        "bytes": path.stat().st_size,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "licence": card.licence,
        "attribution": card.attribution,
    }
    _replace(
        path.parent / "source.json",
        (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode(),
    )


def _replace(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror or error}") from None
