"""Run the command line as ``python -m zonerisk``, or as ``zonerisk``."""

import gc
import os
import sys


def main() -> None:
    """Run the command line; an interrupt ends it without a word, also while it is being loaded."""
    # A short life: start-up makes many objects and hardly any garbage, and at the end the
    # interpreter need not go through all of them once more (an eighth of a cold start).
    gc.set_threshold(500_000)
    # No plugin is wanted, and pydantic would look for one in every package that is installed: 15 ms.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        from zonerisk.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
