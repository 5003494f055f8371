"""The command line: one command a module; only here is anything printed."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from zonerisk._version import __version__
from zonerisk.cli import compare, data, export, layers, listing, score, show
from zonerisk.errors import ZoneriskError

app = typer.Typer(name="zonerisk", no_args_is_help=True, add_completion=False,
                  pretty_exceptions_enable=False, rich_markup_mode=None,
                  context_settings={"help_option_names": ["-h", "--help"]})
app.command("score")(score.score)
app.command("compare")(compare.compare)
app.command("list")(listing.list_)
app.command("show")(show.show)
app.command("export")(export.export)
app.add_typer(data.app, name="data")
app.add_typer(layers.app, name="layers")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"zonerisk {__version__}")
        raise typer.Exit


@app.callback()
def root(version: Annotated[bool, typer.Option(
        "--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Tell whether a cloud provider's zones really fail independently.

    Exit codes: 0 answered, 1 --fail-on reached, 2 usage or unknown target, 3 invalid data.
    """


def main() -> None:
    """Run the command line; errors a user can act on end in a message, not a traceback."""
    try:
        app()
        sys.stdout.flush()
    except ZoneriskError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; say nothing more, also at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        sys.stderr.write(f"error: cannot write: {error.strerror or error}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
