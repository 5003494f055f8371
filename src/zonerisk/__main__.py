"""Run the command line as ``python -m zonerisk``, or as ``zonerisk``."""

import sys


def main() -> None:
    """Run the command line; an interrupt ends it without a word, also while it is being loaded."""
    try:
        from zonerisk.cli import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
