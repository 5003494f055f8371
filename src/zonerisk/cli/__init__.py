"""The command line: one command a module; only here is anything printed."""

from __future__ import annotations

import gc
import os
import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from zonerisk._version import __version__
from zonerisk.core.errors import ZoneriskError

if TYPE_CHECKING:
    from collections.abc import Callable

# Each command's module, and its function or group there. A module is loaded only when its
# command is called, so that one command's libraries never slow another's start.
COMMANDS = {
    "score": ("score", "score"),
    "compare": ("compare", "compare"),
    "list": ("listing", "list_"),
    "show": ("show", "show"),
    "dr": ("dr", "dr"),
    "plan": ("plan", "plan"),
    "map": ("map", "map_"),
    "atlas": ("atlas", "atlas"),
    "rtt": ("rtt", "rtt"),
    "layers": ("layers", "app"),
    "feeds": ("feeds", "app"),
    "export": ("export", "export"),
    "data": ("data", "app"),
}
_SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class Commands(TyperGroup):
    """The commands by name, loaded when asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one command; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        found: typer.Typer | Callable[..., None] = getattr(import_module(f"zonerisk.cli.{module}"), attribute)
        if not isinstance(found, typer.Typer):
            alone = typer.Typer(**_SETTINGS)
            alone.command(cmd_name)(found)
            found = alone
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(name="zonerisk", cls=Commands, no_args_is_help=True, **_SETTINGS)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"zonerisk {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tell whether a cloud provider's zones really fail independently.

    Exit codes: 0 answered, 1 --fail-on reached, 2 usage or unknown target, 3 invalid data.
    """


def main() -> None:
    """Run the command line; errors a user can act on end in a message, not a traceback."""
    # A short life: start-up makes many objects and hardly any garbage, and at the end the
    # interpreter need not go through all of them once more (an eighth of a cold start).
    gc.set_threshold(100_000)
    try:
        _run()
    finally:
        gc.freeze()


# A place south of the equator; a space before it, and it is no option.
_SOUTH = re.compile(r"-[\d.]+\s*[,;]")


def _run() -> None:
    try:
        app([f" {each}" if _SOUTH.match(each) else each for each in sys.argv[1:]])
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
