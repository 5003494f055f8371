"""Templates: a commented region and provider file for a contributor to fill in."""

from __future__ import annotations

from textwrap import wrap
from typing import Literal

from zonerisk.catalogue.reference import data_root
from zonerisk.core.kinds import HAZARDS, STATED_FEEDS
from zonerisk.curation.integrity import MODELINE


def template(kind: Literal["provider", "region"], modeline: bool = False) -> str:
    """Return a commented file, with the line that names its schema or without."""
    text = (data_root() / "templates" / f"{kind}.yaml").read_text("utf-8")
    hazards, feeds = (f"{', '.join(kinds[:-1])} or {kinds[-1]}" for kinds in (HAZARDS, STATED_FEEDS))
    text = text.replace("{hazards}", "\n#     # ".join(wrap(hazards, 90))).replace("{feeds}", feeds)
    return f"{MODELINE.format(kind=kind)}\n{text}" if modeline else text
