"""Run the command line as ``python -m zonerisk``, or as ``zonerisk``."""

import os
import sys


def main() -> None:
    """Run the command line; an interrupt ends it without a word, also while it is being loaded."""
    # No plugin is wanted, and pydantic would look for one in every package that is installed: 15 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from zonerisk.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
