"""The command line: only here is anything printed."""

from __future__ import annotations

import errno
import os
import re
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup

from zonerisk.core import __version__
from zonerisk.core.errors import EXTRAS, DataError, MissingPackage, UsageError, ZoneriskError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_FAULT = 70  # EX_SOFTWARE of sysexits.h.
_TELL_US = "please open an issue that says what you ran, and what that writes with --debug"


class _Command(NamedTuple):
    module: str
    help: str


# A module is loaded only when its command is called, so that one command's libraries never slow
# another's start; the help stands here too, for the list of all commands loads none of them.
_COMMANDS = """
score verdicts Judge a region: whether its zones fail independently and recovery is far enough.
compare verdicts Put regions side by side, one line each.
dr verdicts Rank the regions that can be disaster recovery for TARGET, the best first.
plan verdicts Judge your own deployment: quorum, recovery and backups against every shared risk.
list records List regions, sites, providers, policies, incidents, feeds, claims or grid stations near sites.
show records Show one record with its sources.
map pages Draw regions on a map: one HTML file that needs no network.
atlas pages Write the atlas: index.html, a page for each provider and one for each region.
report verdicts Write a report to file: rules quoted, what is met or not, evidence, limits, signatures.
export records Write sites, discs, zones and separations for a GIS or a data frame.
layers layers List, show, fetch, sample or import hazard layers.
data data Check, extend and compare the catalogue's records.
"""
COMMANDS = {
    name: _Command(module, summary)
    for name, module, summary in (line.split(" ", 2) for line in _COMMANDS.strip().splitlines())
}
# What a shell that completes a line sets.
COMPLETE = "_ZONERISK_COMPLETE"
# Until the next version: commands that are gone, and what does their work.
GONE = {
    "rtt": "zonerisk score TARGET --rtt FILE",
    "feeds": "zonerisk list feeds, or zonerisk list stations TARGET for the grid around sites",
}
SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
    "no_args_is_help": True,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def function(name: str) -> Any:
    """Load what a command runs: a function of its name, or a group of commands of its own."""
    module = import_module(f"zonerisk.cli.{COMMANDS[name].module}")
    return getattr(module, "app", None) or getattr(module, f"{name}_", None) or getattr(module, name)


class Commands(TyperGroup):
    """The commands by name, loaded when asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Load one command; None if there is none of that name."""
        if cmd_name in GONE:
            raise UsageError(f"zonerisk {cmd_name} is gone; use {GONE[cmd_name]}")
        if cmd_name not in COMMANDS:
            return None
        group = target = function(cmd_name)
        if not isinstance(target, typer.Typer):
            group = typer.Typer(**SETTINGS | {"no_args_is_help": False})
            group.command(cmd_name)(target)
        command = typer.main.get_command(group)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.help) for name, command in COMMANDS.items()])


app = typer.Typer(name="zonerisk", cls=Commands, **SETTINGS)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"zonerisk {__version__}")
        raise typer.Exit


def _completion(shell: str | None) -> None:
    if shell:
        from typer.completion import get_completion_script  # type: ignore[attr-defined]

        if shell not in ("bash", "zsh", "fish"):
            raise UsageError(f"{shell} is not completed; bash, zsh and fish are")
        typer.echo(get_completion_script(prog_name="zonerisk", complete_var=COMPLETE, shell=shell))
        raise typer.Exit


_VERSION = typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
_SHELL = typer.Option(
    "--show-completion",
    metavar="bash|zsh|fish",
    callback=_completion,
    is_eager=True,
    help="Print what a shell's start-up file needs to complete commands, ids and policies.",
)
_QUIET = typer.Option("-q", "--quiet", help="Write the answer and errors, and no notes.")


@app.callback()
def root(
    version: Annotated[bool, _VERSION] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error comes from.")] = False,
    completion: Annotated[str | None, _SHELL] = None,
    quiet: Annotated[bool, _QUIET] = False,
) -> None:
    """Check whether a cloud provider's zones really fail independently.

    Exit codes: 0 answered, 1 --fail-on reached, 2 usage or unknown target, 3 invalid data, 70 a fault of
    zonerisk, 130 interrupted.
    """
    if quiet:
        from zonerisk.cli import output

        output.quiet = True


def main(app: typer.Typer = app) -> None:
    """Run the command line; errors a user can act on end in a message, not a traceback."""
    # A stream that was closed before the start is none to Python.
    sys.stdin = sys.stdin or Path(os.devnull).open()  # noqa: SIM115
    sys.stdout, sys.stderr = (stream or Path(os.devnull).open("w") for stream in (sys.stdout, sys.stderr))  # noqa: SIM115
    try:
        if COMPLETE in os.environ:
            from typer.completion import completion_init  # type: ignore[attr-defined]

            completion_init()
        # These go before the command, wherever they were typed.
        first = {text for text in sys.argv[1:] if text in ("-q", "--quiet", "--debug")}
        rest = [text for text in sys.argv[1:] if text not in first]
        # A place south of the equator; a space before it, and it is no option.
        typed = [*sorted(first), *(re.sub(r"^-[\d.]+\s*[,;]", r" \g<0>", text) for text in rest)]
        app(typed, prog_name="zonerisk")
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough.
        _close_output()
        sys.exit(0)
    except Exception as error:
        _fail(error)


def _close_output() -> None:
    """Write nothing more, not even what the interpreter flushes when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: Exception) -> NoReturn:
    """Print an error in a line; one that nobody foresaw is our fault, and says where to tell it."""
    if "--debug" in sys.argv[1:]:
        import traceback

        traceback.print_exception(error)
    package = (getattr(error, "name", None) or "").partition(".")[0]
    if isinstance(error, ModuleNotFoundError) and package in EXTRAS:
        error = MissingPackage(package)
    elif isinstance(error, OSError) and error.filename and error.strerror:
        error = DataError(f"{error.filename}: cannot be used: {error.strerror}")
    elif isinstance(error, OSError) and error.errno in _NO_ROOM:
        _close_output()
        error = UsageError(f"cannot write: {error.strerror}")
    message = str(error)
    if not isinstance(error, ZoneriskError):
        what = f"{type(error).__name__}: {(message or 'no more is known').splitlines()[0][:300]}"
        message = f"zonerisk failed, which is its own fault: {what}; {_TELL_US}"
    from zonerisk.cli import output

    with suppress(OSError):  # Nobody may hear it, but the exit code still tells.
        sys.stderr.write(output.shown(f"error: {message}\n"))
    sys.exit(getattr(error, "exit_code", _FAULT))
