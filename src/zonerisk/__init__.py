"""Tell whether a cloud provider's zones really fail independently, from sourced evidence.

Examples
--------
>>> import zonerisk
>>> verdict = zonerisk.load().score("ovh-sbg")
>>> verdict.zones.sold, verdict.datacenters.effective.high
(1, 1)
>>> [finding.rule for finding in verdict.findings if finding.outcome == "fail"][:2]
['quorum', 'separation-min']
"""

from __future__ import annotations

from pathlib import Path

from zonerisk._version import __version__
from zonerisk.catalog import Catalog, data_root
from zonerisk.errors import DataError, UnknownTarget, UsageError, ZoneriskError
from zonerisk.library import Library
from zonerisk.verdict import Verdict

__all__ = ["Catalog", "DataError", "Library", "UnknownTarget", "UsageError", "Verdict",
           "ZoneriskError", "__version__", "load"]


def load(*folders: str | Path) -> Library:
    """Open the shipped catalogue, overlaid by a user's own folders.

    Parameters
    ----------
    *folders
        Folders that hold ``datacenters/<provider>/<region>.yaml``; a later one's records
        replace an earlier one's.

    Raises
    ------
    UsageError
        If a folder holds no ``datacenters``.
    """
    return Library(data_root(), *(Path(folder) for folder in folders))
