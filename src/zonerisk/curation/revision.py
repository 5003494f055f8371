"""Revisions: a catalogue as a folder holds it, or as it stood at a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zonerisk.core.errors import UsageError
from zonerisk.library import Library


@contextmanager
def opened(text: str) -> Iterator[Library]:
    """Open a folder that holds ``datacenters`` (or ``data/datacenters``), or a git revision.

    A revision is one of the repository around the working folder; its ``data`` is unpacked
    into a temporary folder for as long as the catalogue is open.

    Raises
    ------
    UsageError
        If the text is neither.
    """
    for folder in (Path(text), Path(text) / "data"):
        if (folder / "datacenters").is_dir():
            yield Library(folder)
            return
    packed = _archive(text)
    with tempfile.TemporaryDirectory(prefix="zonerisk-") as name:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Before Python 3.11.4 there is no filter; what git packs of the user's own is sound.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(name)
        yield Library(Path(name) / "data")


def _archive(revision: str) -> bytes:
    try:
        top = _git("rev-parse", "--show-toplevel").decode().strip()
        commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        return _git("-C", top, "archive", "--format=tar", commit.decode().strip(), "data")
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"").decode(errors="replace").strip() or str(error)
        raise UsageError(
            f"{revision!r} is neither a folder that holds datacenters/ nor a git "
            f"revision with a data/ folder ({said})"
        ) from None


def _git(*arguments: str) -> bytes:
    return subprocess.run(("git", *arguments), check=True, capture_output=True).stdout
