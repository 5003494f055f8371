"""Layers on this machine: fetched or imported with their licence beside, and what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.hazard_sample import layer_of, missing
from zonerisk.layers import layers

if TYPE_CHECKING:
    from zonerisk.catalogue.samples import Samples
    from zonerisk.core.hazard_sample import HazardSample, Place
    from zonerisk.core.model import Site
    from zonerisk.layers.card import Card
    from zonerisk.layers.http import Progress

NOTE = "source.json"


def cache_root(explicit: Path | None = None) -> Path:
    """Return the folder where fetched layers are kept; it is not made here.

    ``--cache`` goes before ``ZONERISK_CACHE``, and that before the platform's cache folder.
    """
    if explicit is not None:
        return explicit
    named = os.environ.get("ZONERISK_CACHE")
    if named:
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "zonerisk"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "zonerisk"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zonerisk"


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
    hashes
        Layers that answered, each with the sha256 of its data files, joined by plus signs.
    failed
        What was wrong with those that could not be read.
    """

    def __init__(
        self,
        sites: Iterable[Site],
        cache: Path,
        raw: Path | None = None,
        shipped: Samples | None = None,
    ) -> None:
        from zonerisk.layers import sampling
        from zonerisk.layers.plane import Disc

        self._found: dict[str, list[HazardSample]] = {}
        told: dict[str, set[str]] = {}
        discs = []
        for site in sites:
            rows = shipped.of(site) if shipped else ()
            told[site.id] = {row.layer.id for row in rows if row.interval}
            self._found[site.id] = [row for row in rows if row.interval]
            if at := site.position:
                discs.append(Disc(site.id, at.lat, at.lon, at.uncertainty_m))
        self.hashes: dict[str, str] = {}
        self.failed: list[str] = []
        for name in layers.ids():
            card = layers.load(name)
            open_ = [disc for disc in discs if name not in told[disc.site]]
            if not open_:
                continue
            try:
                kept = layers.locate(card, cache, raw)
                if not kept:
                    continue
                if raw:
                    named = [each for each in kept if each.path.is_relative_to(raw)]
                    layers.verify(card, tuple(named))
                found = sampling.sample(card, kept, open_)
                data = [each.path for each in kept if each.file.role == "data"]
                self.hashes[name] = "+".join(map(layers.digest, data))
            except (DataError, OSError) as error:
                # One damaged layer leaves the others standing; it reads as unknown.
                layer = layer_of(sampling.head(card, (), ""))
                found = [missing(layer, disc.site, "source_failed") for disc in open_]
                self.failed.append(str(error))
            for each in found:
                self._found[each.site].append(each)

    def of(self, site: Site) -> tuple[HazardSample, ...]:
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
        If what came is not what the card says; what was there before stays. All of a
        layer's files change together, or none does.
    """
    files = [file for file in card.files if file.url]
    whole = files and not (card.reading.index or (card.reading.method == "raster" and places))
    if not card.reading.url and not files:
        raise UsageError(
            f"{card.id}: no address of its raw data is known ({card.url}); get the "
            f"file and: zonerisk layers import {card.id} FILE"
        )
    if not whole and not places:
        raise UsageError(f"{card.id}: is read around places; name them with --region")
    with _gathering(card, cache) as folder:
        if whole:
            from zonerisk.layers import http

            done = [
                http.download(
                    str(file.url),
                    folder / Path(file.path).name,
                    max_bytes=max_bytes,
                    sha256=file.sha256,
                    size=file.size,
                    progress=progress,
                )
                for file in files
            ]
            paths = [each.path for each in done]
            origin = {"url": done[0].url, "last_modified": done[0].last_modified}
        else:
            from zonerisk.layers import services

            found = services.read(card, places, max_bytes)
            paths = [folder / name for name in found]
            for path, content in zip(paths, found.values(), strict=True):
                path.write_bytes(content)
            origin = {"url": card.reading.url or files[0].url}
        for path in paths:
            _check(card, path, may_be_empty=not whole)
        _note(card, paths, origin)
    return layers.home(card, cache) / paths[0].name


def take(card: Card, cache: Path, source: Path) -> Path:
    """Copy a user's file into the cache as a layer's data, once its reader has read it.

    A file that is called like one of the card's stands for that one. It takes the place of
    what was there, but for the layer's other files where they were imported too.

    Raises
    ------
    DataError
        If the file is not one that the layer's reader can read.
    """
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file")
    home = layers.home(card, cache)
    data = [Path(file.path) for file in card.files if file.role == "data"]
    name = re.sub(r"^[^A-Za-z0-9_]|[^A-Za-z0-9._-]", "_", source.name)
    role = layers.called(card, source.with_name(name)).file.role
    if role == "data" and len(data) == 1 and data[0].suffixes == source.suffixes:
        name = data[0].name
    others = [
        each.path
        for each in _imported(card, cache)
        if each.path.name != name and (len(data) > 1 or each.file.role != role)
    ]
    with _gathering(card, cache) as folder:
        paths = [folder / name, *(folder / path.name for path in others)]
        for path, old in zip(paths, (source, *others), strict=True):
            shutil.copyfile(old, path)
        _check(card, paths[0])
        _note(card, paths, {"imported": source.name})
    return home / name


def _imported(card: Card, cache: Path) -> tuple[layers.LayerFile, ...]:
    """Give the files that earlier imports brought."""
    folder = layers.home(card, cache)
    try:
        told = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        names = list(told["files"]) if "imported" in told else []
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    paths = [folder / Path(name).name for name in names]
    return tuple(layers.called(card, path) for path in paths if path.is_file())


@contextmanager
def _gathering(card: Card, cache: Path) -> Iterator[Path]:
    """Give a folder to gather a layer's files in; all of them come into the cache, or none.

    The folder is this call's alone. The part of a file that a later call may go on with is
    left for it.
    """
    home = layers.home(card, cache)
    left = home.with_name(f"{home.name}.part")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        own = Path(tempfile.mkdtemp(prefix=f"{home.name}.", dir=home.parent))
        folder, old = own / "new", own / "old"
        try:
            try:
                left.rename(folder)
            except OSError:  # None is left, or another call has just taken it.
                folder.mkdir()
            yield folder
            if home.is_dir():
                home.rename(old)
            folder.rename(home)
        finally:
            if old.is_dir() and not home.is_dir():
                old.rename(home)
            if any(folder.glob("*.part.tag")) and not left.exists():
                folder.rename(left)
            shutil.rmtree(own, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{home}: cannot be written: {error.strerror or error}") from None


def _check(card: Card, path: Path, *, may_be_empty: bool = False) -> None:
    """Read one of a layer's files by the reader that will read it."""
    from zonerisk.layers import flooded, raster, sampling, statements, vectorfile
    from zonerisk.layers.card import Reading

    each = layers.called(card, path)
    if each.file.role == "names":
        sampling.titles(card, [each])
    elif card.measure == "stated":
        statements.read(path)
    elif each.file.role == "mask" or (each.file.role == "data" and card.reading.method in flooded.METHODS):
        with raster.opened(path):
            pass
    else:
        reading = card.reading if each.file.role == "data" else Reading()
        if not len(vectorfile.read(path, reading)) and not may_be_empty:
            raise DataError(f"{path.name}: holds nothing that {card.id} keeps")


def _note(card: Card, paths: Sequence[Path], origin: dict[str, str | None]) -> None:
    """Keep licence, origin and date beside a layer's files, and drop all else."""
    from datetime import UTC, datetime

    told = {
        "layer": card.id,
        **origin,
        "files": {path.name: layers.digest(path) for path in paths},
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "licence": card.licence,
        "attribution": card.attribution,
    }
    folder = paths[0].parent
    for stray in set(folder.iterdir()) - set(paths):
        stray.unlink()
    (folder / NOTE).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
