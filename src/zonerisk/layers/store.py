"""Store: layers on this machine, fetched or imported with their licence beside, and what they say."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.catalogue import document
from zonerisk.core import errors
from zonerisk.core.errors import DataError, FetchError, UsageError
from zonerisk.core.samples import Disc, HazardSample, Place, layer_of
from zonerisk.layers import cards
from zonerisk.layers.cards import Card, File

if TYPE_CHECKING:
    from zonerisk.catalogue.samples import Samples
    from zonerisk.core.model import Site
    from zonerisk.layers.http import Progress

NOTE = "source.json"
MAX_NOTE_BYTES = 1_000_000
# The file that holds the area within which a fetched layer is known.
AREA = "coverage.geojson"
# After this long no call can still be gathering files, seconds.
_LEFT_S = 86_400.0


class LayerFile(NamedTuple):
    """A raw file that is on this machine."""

    file: File
    path: Path


def cache_root(explicit: Path | None = None) -> Path:
    """Return the folder of fetched layers: ``--cache``, else ``ZONERISK_CACHE``, else the platform's."""
    if named := explicit or os.environ.get("ZONERISK_CACHE"):
        return Path(named)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "zonerisk"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "zonerisk"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zonerisk"


def home(card: Card, cache: Path) -> Path:
    """Return the folder where a layer's fetched or imported files lie."""
    return cache / "layers" / card.id


def locate(card: Card, cache: Path, raw: Path | None = None) -> tuple[LayerFile, ...]:
    """Find a layer's files on this machine, in the raw folder and then in the cache.

    There are none unless all that its answers rest on are there: data, coverage and masks. Without
    the card's files, they are those of a user's own import or of a part that was fetched. A file of
    the cache that is no longer what was fetched or imported is an error.
    """
    kept = _listed(card, cache)
    parts: list[LayerFile] = []
    for file in card.files:
        own = home(card, cache) / Path(file.path).name
        places = [*([raw / file.path] if raw else []), *([own] if own in kept else [])]
        parts += [LayerFile(file, place) for place in places if place.is_file()][:1]
    if not parts or not {file for file in card.files if file.role != "names"} <= {file for file, _ in parts}:
        parts = [LayerFile(called(card, path), path) for path in kept]
        here = {file for file, _ in parts}
        needed = {"data"} | {file.role for file in card.files if file.role == "coverage"}
        masked = all(file in here for file in card.files if file.role == "mask")
        if not masked or not needed <= {file.role for file in here} or not all(map(Path.is_file, kept)):
            return ()
    for _, path in parts:
        if path in kept and digest(path) != kept[path]:
            raise DataError(f"{path}: is not what was fetched or imported; do it again: {card.id}")
    return tuple(parts)


def _listed(card: Card, cache: Path, only: str = "") -> dict[Path, str]:
    """Return the files that the note beside them lists, by their hashes; none without the key asked for."""
    note = home(card, cache) / NOTE
    if not note.is_file():
        return {}
    with errors.reading(str(note), f"is damaged; fetch or import {card.id} again"):
        tree = json.loads(document.content(note, MAX_NOTE_BYTES))
        files = {note.with_name(Path(name).name): str(value) for name, value in tree["files"].items()}
        return files if not only or only in tree else {}


def called(card: Card, path: Path) -> File:
    """Return which of a layer's files one is by its name; a name of a user's own is data."""
    own = next((file for file in card.files if Path(file.path).name == path.name), None)
    return own or File(path=path.name, role="coverage" if path.name == AREA else "data")


def digest(path: Path) -> str:
    """Return the sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(card: Card, files: Iterable[LayerFile]) -> None:
    """Check a layer's files against the hashes on its card."""
    for file, path in files:
        if file.sha256 and digest(path) != file.sha256:
            flaw = f"is not the file that data/layers/{card.id}.yaml describes (its sha256 differs)"
            raise DataError(f"{path}: {flaw}; give the card the new hash and vintage, or get the right file")


class Installed:
    """What the layers on this machine say at sites; the others are not assessed.

    A layer on this machine answers where the shipped figures have none. ``hashes`` are of the layers that
    answered, ``failed`` says what was wrong with those that could not be read.
    """

    def __init__(
        self,
        sites: Iterable[Site],
        cache: Path,
        raw: Path | None = None,
        shipped: Samples | None = None,
        roots: Sequence[Path] = (),
    ) -> None:
        self._samples: dict[str, list[HazardSample]] = {}
        discs = []
        for site in sites:
            self._samples[site.id] = [row for row in (shipped.of(site) if shipped else ()) if row.interval]
            if at := site.position:
                discs.append(Disc(site.id, at.lat, at.lon, at.uncertainty_m))
        self.hashes: dict[str, str] = {}
        self.failed: list[str] = []
        # Of sites that are not the catalogue's own the shipped figures say nothing.
        self.layers = list(shipped.layers if shipped and any(self._samples.values()) else ())
        for name, card in cards.known(roots).items():
            open_ = [disc for disc in discs if name not in {row.layer.id for row in self._samples[disc.site]}]
            if not open_ or not (raw or home(card, cache).is_dir()):
                continue
            from zonerisk.layers import sampling  # Which takes a while to load.

            try:
                files = locate(card, cache, raw)
                if not files:
                    continue
                verify(card, (file for file in files if raw and file.path.is_relative_to(raw)))
                samples = sampling.sample(card, files, open_)
                self.hashes[name] = "+".join(digest(file.path) for file in files if file.file.role == "data")
            except (DataError, OSError) as error:
                # One damaged layer leaves the others standing; it reads as unknown.
                layer = layer_of(sampling.head(card, (), ""))
                samples = [HazardSample(layer, disc.site, reason="source_failed") for disc in open_]
                self.failed.append(str(error))
            # What answers for a place covers it.
            self.layers += {sample.layer.id: sample.layer for sample in samples if not sample.reason}.values()
            for sample in samples:
                self._samples[sample.site].append(sample)

    def of(self, site: Site, kind: str | None = None) -> tuple[HazardSample, ...]:
        """Return what every layer says at a site, or those of one kind."""
        return tuple(row for row in self._samples.get(site.id, ()) if kind in (None, row.layer.kind))


def fetch(
    card: Card, cache: Path, places: Sequence[Place], max_bytes: int, progress: Progress | None = None
) -> Path:
    """Bring a layer's raw data from its source into the cache, and return where the first file now lies.

    Only around the places; a service and a windowed raster need some. All of a layer's files change
    together, or none does.
    """
    files = [file for file in card.files if file.url]
    whole = files and not (card.reading.index or (card.reading.method == "raster" and places))
    if not card.reading.url and not files:
        then = f"get the file and: zonerisk layers import {card.id} FILE"
        raise UsageError(f"{card.id}: no address of its raw data is known ({card.url}); {then}")
    if not whole and not places:
        raise UsageError(f"{card.id}: is read around places; name them with --region")
    with _gathering(card, cache) as folder:
        if whole:
            from zonerisk.layers import http

            paths, origins = [folder / Path(file.path).name for file in files], []
            for file, path in zip(files, paths, strict=True):
                origins.append(http.download(str(file.url), path, max_bytes=max_bytes, progress=progress))
                had, own = path.stat().st_size, digest(path)
                if (file.size or had, file.sha256 or own) != (had, own):
                    wanted = f"expected {file.size or 'any'} bytes, sha256 {file.sha256 or 'any'}"
                    flaw = f"is not the file expected: {had} bytes, sha256 {own}; {wanted}"
                    raise FetchError(f"{file.url}: {flaw}")
            origin = origins[0]
        else:
            from zonerisk.layers import services

            contents = services.read(card, places, max_bytes)
            paths = [folder / name for name in contents]
            for name, content in contents.items():
                (folder / name).write_bytes(content)
            origin = {"url": card.reading.url or files[0].url}
        for path in paths:
            _check(card, path, path.name, may_be_empty=not whole)
        _note(card, paths, origin)
    return home(card, cache) / paths[0].name


def take(card: Card, cache: Path, source: Path) -> Path:
    """Copy a user's file into the cache as a layer's data, once its reader has read it.

    A file that is called like one of the card's stands for that one. It takes the place of
    what was there, but for the layer's other files where they were imported too.
    """
    if not source.is_file():
        raise UsageError(f"{source}: there is no such file")
    data = [Path(file.path) for file in card.files if file.role == "data"]
    name = re.sub(r"^[^A-Za-z0-9_]|[^A-Za-z0-9._-]", "_", source.name)
    role = called(card, source.with_name(name)).role
    if role == "data" and len(data) == 1 and data[0].suffixes == source.suffixes:
        name = data[0].name
    imported: dict[Path, str] = {}
    with suppress(DataError):  # A damaged note lists none.
        imported = _listed(card, cache, "imported")
    others = [path for path in imported if len(data) > 1 or called(card, path).role != role]
    others = [path for path in others if path.name != name and path.is_file()]
    with _gathering(card, cache) as folder:
        paths = [folder / name, *(folder / path.name for path in others)]
        for path, old in zip(paths, (source, *others), strict=True):
            shutil.copyfile(old, path)
        _check(card, paths[0], str(source))
        _note(card, paths, {"imported": source.name})
    return home(card, cache) / name


@contextmanager
def _gathering(card: Card, cache: Path) -> Iterator[Path]:
    """Offer a folder for a layer's files; all come into the cache, or none."""
    final = home(card, cache)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        # What killed calls left goes, but not what one of them had set aside and nothing replaced.
        for stray in final.parent.glob(f"{final.name}.*"):
            with suppress(FileNotFoundError):  # Another call may sweep too.
                if time.time() - stray.stat().st_mtime > _LEFT_S:
                    if (stray / "old").is_dir() and not final.exists():
                        (stray / "old").rename(final)
                    shutil.rmtree(stray, ignore_errors=True)
        own = Path(tempfile.mkdtemp(prefix=f"{final.name}.", dir=final.parent))
        folder, old = own / "new", own / "old"
        folder.mkdir()
        try:
            yield folder
            if final.is_dir():
                final.rename(old)
            folder.rename(final)
        finally:
            if old.is_dir() and not final.is_dir():
                old.rename(final)
            shutil.rmtree(own, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{final}: cannot be written: {error.strerror or error}") from None


def _check(card: Card, path: Path, shown: str, *, may_be_empty: bool = False) -> None:
    """Read one of a layer's files by the reader that will read it; an error calls it as it is shown."""
    from zonerisk.layers import files, sampling
    from zonerisk.layers.cards import Reading

    role, reading = called(card, path).role, card.reading
    try:
        if role == "names":
            sampling.titles(card, [path])
        elif card.measure == "stated":
            sampling.read_statements(path)
        elif role == "mask" or (role == "data" and reading.method in sampling.CELLS):
            with files.raster(path):
                pass
        else:
            frame = files.read(path, reading if role == "data" else Reading(), complete=card.complete)
            if frame.empty and not may_be_empty:
                raise DataError(f"{path}: holds nothing that {card.id} keeps")
    except DataError as error:  # The copy, which goes, is nobody's file.
        raise DataError(str(error).replace(str(path), shown)) from None


def _note(card: Card, paths: Sequence[Path], origin: dict[str, str | None]) -> None:
    """Write licence, origin and date beside a layer's files."""
    from datetime import UTC, datetime

    hashes, day = {path.name: digest(path) for path in paths}, str(datetime.now(UTC).date())
    note = {"layer": card.id, **origin, "files": hashes, "date": day}
    note |= {"licence": card.licence, "attribution": card.attribution}
    paths[0].with_name(NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
