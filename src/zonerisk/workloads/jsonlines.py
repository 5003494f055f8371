"""Lines of JSON: where a name stands in a text that was parsed without its positions."""

from __future__ import annotations

import json
import re
from bisect import bisect


class Lines:
    """Finds the first line on which a key has a value.

    Parameters
    ----------
    text
        The JSON text.
    key
        The key, such as ``address``.
    """

    def __init__(self, text: str, key: str) -> None:
        breaks = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[str, int] = {}
        for found in re.finditer(rf'"{key}"\s*:\s*("(?:[^"\\\n]|\\.)*")', text):
            try:
                value = json.loads(found[1])
            except ValueError:
                continue
            self._lines.setdefault(value, bisect(breaks, found.start()) + 1)

    def line(self, value: str) -> int:
        """Give the first line of a value; 1 for one that is not found."""
        return self._lines.get(value, 1)
