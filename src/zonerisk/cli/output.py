"""What commands take and give: shared options, the formats, and one writer for all of them."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import data_root
from zonerisk.core.errors import UsageError
from zonerisk.judging.arrangement import last_day
from zonerisk.library import Library

if TYPE_CHECKING:
    from zonerisk.words.report import Screen


def option(help_: str, *names: str, **more: Any) -> Any:
    """Return what an option is called and says of itself."""
    return typer.Option(*names, help=help_, **more)


def argument(help_: str, metavar: str | None = None, complete: Any = None) -> Any:
    """Return what an argument is called and says of itself, and what a shell may complete it with."""
    return typer.Argument(help=help_, metavar=metavar, autocompletion=complete)


Lists = Literal["table", "json", "csv", "md"]
FORMAT = option("Without it: by the ending of --output's file, else the first of these.", "--format")
Output = Annotated[Path | None, option("Write to this file instead of the terminal.", "-o", "--output")]
AcceptedFile = Annotated[
    Path | None,
    option(
        "A file of accepted risks and a team's settings; by default .zonerisk.yaml, if there is one.",
        "--accepted",
        metavar="FILE",
    ),
]
Cell = str | int | float | None

# A list goes on to grep and cut: a row stays a line, unless a terminal is narrower.
_ANY_WIDTH = 1000


quiet = False
"""True where no notes are wanted: ``-q``, as :func:`zonerisk.cli.main` reads it."""


def note(text: str) -> None:
    """Write to standard error what is no answer: how far a command is, what it chose, what to see next."""
    if not quiet:
        sys.stderr.write(shown(text))


def chosen(asked: str | None, out: Path | None, offered: object) -> str:
    """Return the format asked for, else the one that the file's ending names, else the first offered.

    An ending that names none of them is refused, for a table in a file that is called a report would be none.
    """
    formats: tuple[str, ...] = get_args(offered)
    ending = out.suffix.lower().removeprefix(".").replace("xml", "junit") if out and not asked else ""
    if ending not in ("", "txt", *formats):
        raise UsageError(
            f"{out} would be {ending}, which this command does not write; it writes {', '.join(formats)}, "
            "and with --format into a file of any name"
        )
    return asked or (ending if ending in formats else formats[0])


def write(content: str | bytes | Iterable[str], path: Path | None) -> None:
    """Write to standard output or a device, or replace a file only once all is written."""
    pieces = [content] if isinstance(content, str | bytes) else content
    data = (shown(piece).encode() if isinstance(piece, str) else piece for piece in pieces)
    if path is None or str(path) == "-" or _is_output(path):
        if getattr(sys.stdout, "name", "") == os.devnull:  # As main opens it where there was none.
            raise UsageError("standard output is closed; name a file with --output")
        sys.stdout.buffer.writelines(data)
        sys.stdout.flush()
        return
    import tempfile

    temporary = None
    try:
        target = Path(os.path.realpath(path))
        if target.is_symlink():
            raise OSError(errno.ELOOP, "its links lead in a circle")
        if target.exists() and not target.is_file():  # A device or a pipe, or a folder, which is refused.
            with target.open("wb") as device:
                device.writelines(data)
            return
        os.umask(mask := os.umask(0))
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~mask
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.writelines(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from None
    finally:
        if temporary is not None:  # Also where the writing was interrupted.
            temporary.unlink(missing_ok=True)


def _is_output(path: Path) -> bool:
    """Return whether a path, such as /dev/stdout, is where standard output goes: never a file to replace."""
    with suppress(OSError, ValueError):
        return path.samefile(f"/dev/fd/{sys.stdout.fileno()}")
    return False


def shown(text: str) -> str:
    """Return a text without what a terminal would obey but the styles of a screen; lines may end in CR LF."""
    from zonerisk.words import phrases, report

    styles = rf"|\x1b\[(?:{'|'.join(report.STYLES.values())}|0)m" if _styled() else ""
    pieces = re.split(rf"(\r\n{styles})", text)
    return "".join(piece if index % 2 else phrases.visible(piece) for index, piece in enumerate(pieces))


def _styled() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def make_folder(folder: Path) -> None:
    """Make a folder for what will be written; an error names it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot write to {folder}: cannot be made: {error.strerror or error}") from None


def printed(show: Callable[[Screen], None], out: Path | None, width: int = 100) -> str:
    """Return what is shown on a screen; a file or a pipe gets no styles and a fixed width."""
    from zonerisk.words.report import Screen

    if out is None and (sys.stdout.isatty() or os.environ.get("COLUMNS")):
        width = shutil.get_terminal_size().columns
    screen = Screen(width, out is None and _styled())
    show(screen)
    return screen.text


def as_json(value: object) -> str:
    """Return JSON to be read by people too."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def content(record: Any) -> dict[str, Any]:
    """Return what a record holds, but what goes without saying."""
    return dict(record.model_dump(mode="json", exclude_defaults=True, by_alias=True))


def record(head: str, tree: dict[str, Any]) -> str:
    """Return the content of a record to be read: YAML below a comment."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return f"# {head}\n" + str(yaml.dump(tree, Dumper=dumper, sort_keys=False, allow_unicode=True, width=1e6))


def rows(
    head: Sequence[str],
    cells: Iterable[Sequence[Cell]],
    asked: str | None,
    out: Path | None,
    what: str = "rows",
    tree: Mapping[str, object] | None = None,
    foot: Sequence[str] = (),
) -> str:
    """Return rows in a format of :data:`Lists`; in JSON the ``tree``, else objects under ``what``.

    A number keeps the digits it came with, and is a number in JSON; what is not known is
    null there, and empty elsewhere. CSV, by RFC 4180, is rows alone, without the notes at the ``foot``.
    """
    form = chosen(asked, out, Lists)
    if form == "json":
        tree = tree or {what: [dict(zip(head, row, strict=True)) for row in cells]}
        return as_json({"schema": f"zonerisk/{what}/1", **tree})
    texts = [[_text(cell) for cell in row] for row in cells]
    if form == "csv":
        buffer = io.StringIO()
        csv.writer(buffer).writerows([head, *texts])
        return buffer.getvalue()
    from zonerisk.words import report

    if form == "table":
        text = printed(lambda screen: screen.table("", head, texts), out, _ANY_WIDTH).lstrip("\n")
    else:
        text = "\n".join(report.rows(head, texts)[1:]) + "\n" if texts or not tree else ""
    if foot:
        mark = "- " if form == "md" and len(foot) > 1 else ""
        lines = "".join(f"{mark}{line}\n" for line in foot)
        if form == "table" and not out:
            lines = printed(lambda screen: screen.print(lines.rstrip("\n")), out, _ANY_WIDTH)
        text += f"\n{lines}"
    return text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def load(catalogue: Sequence[Path] | None = None) -> Library:
    """Open the shipped catalogue, overlaid by a user's own folders."""
    return Library(data_root(), *(catalogue or ()))


def ids(incomplete: str) -> list[str]:
    """Return the regions and providers that begin so, for a shell."""
    return [key for key in (*load().provider_ids, *load().region_ids) if key.startswith(incomplete)]


def policies(incomplete: str) -> list[str]:
    """Return the policies that begin so, for a shell."""
    return [key for key in load().policies if key.startswith(incomplete)]


_POLICY = option("A policy's id (zonerisk list policies) or a file of your own.", autocompletion=policies)
PolicyOption = Annotated[str, _POLICY]
_AS_OF = (
    "Judge this day instead of the catalogue's. Undated records count on every day, so what "
    "is known today is projected back."
)


def _as_of(day: str | None) -> str | None:
    """Note that a day comes after the catalogue's own, by which it is judged nevertheless."""
    if day and last_day(day) > (edition := load().edition.date):
        note(
            f"note: {day} is after the records' own day, {edition}: what happens in between is not in them\n"
        )
    return day


AsOf = Annotated[str | None, option(_AS_OF, metavar="DATE", callback=_as_of)]
_OVER = option("Lay your own records over the shipped ones; repeatable.", metavar="DIR")
Catalogues = Annotated[list[Path] | None, _OVER]
_CACHE = option("Where fetched layers are kept; by default the platform's cache.", envvar="ZONERISK_CACHE")
Cache = Annotated[Path | None, _CACHE]
_FOLDER = {"envvar": "ZONERISK_LAYERS", "exists": True, "file_okay": False}
Raw = Annotated[
    Path | None, option("A folder of raw layers, laid out as the cards name them.", "--from", **_FOLDER)
]


def regions(catalog: Catalog, targets: Sequence[str]) -> list[str]:
    """Return the regions meant by what was typed, each once; what to know of a name is a note."""
    listed: list[str] = []
    for name in catalog.joined(targets):
        listed += catalog.open_regions(name)
        if meant := catalog.meaning(name).note:
            note(f"note: {name} is read as {listed[-1]}: {meant}\n")
    return list(dict.fromkeys(listed))
