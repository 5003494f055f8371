"""Output: to the terminal, or whole into a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk.core.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write to this file instead of the terminal.", show_default=False),
]


def write(content: str | bytes, path: Path | None) -> None:
    """Write to standard output, or replace a file only once all is written.

    Raises
    ------
    UsageError
        If the file cannot be written; an old file is left as it was.
    """
    data = content.encode() if isinstance(content, str) else content
    if path is None or str(path) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    import tempfile

    temporary = None
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror or error}; nothing was changed") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def console(path: Path | None = None, width: int = 100) -> Console:
    """Give a console for tables; a file or a pipe gets no colours and a fixed width."""
    from rich.console import Console

    if path is not None:
        import io

        return Console(file=io.StringIO(), width=width, no_color=True)
    own = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return Console(width=None if own else width, highlight=False, soft_wrap=False)
