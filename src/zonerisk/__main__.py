"""Run the command line as ``python -m zonerisk``."""

from zonerisk.cli import main

main()
