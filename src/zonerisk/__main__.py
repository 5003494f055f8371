"""Run the command line as ``python -m zonerisk``, or as ``zonerisk``."""

import gc
import os
import sys
from contextlib import suppress
from types import ModuleType
from typing import NoReturn


def main() -> None:
    """Run the command line; an interrupt ends it without a word, also while it is being loaded."""
    # A short life: start-up makes many objects and hardly any garbage.
    gc.set_threshold(500_000)
    # No plugin is wanted, and pydantic would look for one in every package that is installed, with what
    # reads their metadata and e-mail: 30 ms. Where its loader goes by another name, the variable tells it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    loader = ModuleType("pydantic.plugin._loader")
    vars(loader)["get_plugins"] = tuple
    sys.modules[loader.__name__] = loader
    try:
        from zonerisk.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


def run() -> NoReturn:
    """Run it as a process of its own, which takes nothing apart at its end: a twentieth of a cold start."""
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    with suppress(OSError):  # Nobody may read it any more.
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code if isinstance(code, int) else code is not None)


if __name__ == "__main__":
    run()
