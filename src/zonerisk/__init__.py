"""Whether a cloud provider's zones really fail independently, from sourced evidence.

Examples
--------
>>> import zonerisk
>>> verdict = zonerisk.load().score("ovh-sbg")
>>> verdict.independence.zones.sold, verdict.independence.datacenters.effective.high
(1, 1)
>>> [finding.rule for finding in verdict.policy.findings if finding.outcome == "fail"][:2]
['quorum', 'separation-min']
"""

from __future__ import annotations

from importlib import import_module

# As typing has it, which takes a while to load; until the command line runs, an interrupt is a traceback.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core import __version__
    from zonerisk.core.errors import DataError, UnknownTarget, UsageError, ZoneriskError
    from zonerisk.core.verdict import Verdict
    from zonerisk.library import Library

__all__ = [
    "Catalog",
    "DataError",
    "Library",
    "UnknownTarget",
    "UsageError",
    "Verdict",
    "ZoneriskError",
    "__version__",
    "load",
]

# Opened when asked for, so that the command line decides what is loaded and when.
_ON_CALL = {
    "Catalog": "catalogue.catalog",
    "Library": "library",
    "Verdict": "core.verdict",
    "__version__": "core",
    **dict.fromkeys(("DataError", "UnknownTarget", "UsageError", "ZoneriskError"), "core.errors"),
}


def __getattr__(name: str) -> object:
    if name in _ON_CALL:
        return getattr(import_module(f"zonerisk.{_ON_CALL[name]}"), name)
    raise AttributeError(f"module 'zonerisk' has no attribute {name!r}")


def load(*folders: str | Path) -> Library:
    """Open the shipped catalogue, overlaid by a user's own folders.

    Parameters
    ----------
    *folders
        Folders that hold some of ``datacenters/<provider>/<region>.yaml``, ``policies``,
        ``layers``, ``layers/samples``, ``incidents`` and ``feeds``; a later folder's file
        replaces an earlier one's of the same name.

    Raises
    ------
    UsageError
        If a folder holds none of these.
    """
    from pathlib import Path

    from zonerisk.catalogue.document import data_root
    from zonerisk.core.verdict import Verdict
    from zonerisk.library import Library

    Verdict.picture = staticmethod(_card)

    return Library(data_root(), *(Path(folder) for folder in folders))


def _card(verdict: Verdict) -> str:
    from zonerisk.pages import card

    return card.draw(verdict)
