"""Georisques: the French risk report of a place, commune and address kept apart."""

from __future__ import annotations

import json
from typing import NamedTuple

from zonerisk.core.errors import FetchError
from zonerisk.layers import http

TIMEOUT_S = 90.0


class Risk(NamedTuple):
    """One risk of a report.

    Attributes
    ----------
    group
        ``naturels`` or ``technologiques``.
    key, label
        Georisques' own key, and its words.
    commune, address
        Status for the whole commune and for the address; empty where it gives none. They
        are not the same: a commune at risk says nothing of one address.
    town
        The commune's name; empty where it gives none.
    """

    group: str
    key: str
    label: str
    commune: str
    address: str
    town: str


def report(url: str, lat: float, lon: float, max_bytes: int = 5_000_000) -> tuple[Risk, ...]:
    """Ask for the risk report of a point.

    Parameters
    ----------
    url
        Address of ``resultats_rapport_risque``.
    lat, lon
        Degrees; the service wants the longitude first.
    max_bytes
        A longer answer is refused.

    Raises
    ------
    FetchError
        If the service fails or its answer is not a report. That is no absence of risk.
    """
    raw = http.get(url, params={"latlon": f"{lon:.6f},{lat:.6f}"}, max_bytes=max_bytes, timeout_s=TIMEOUT_S)
    try:
        tree = json.loads(raw)
    except (ValueError, RecursionError):
        raise FetchError(f"{url}: answered something that is not JSON: {raw[:80]!r}") from None
    groups = {"naturels": "risquesNaturels", "technologiques": "risquesTechnologiques"}
    if not isinstance(tree, dict) or not all(isinstance(tree.get(key), dict) for key in groups.values()):
        raise FetchError(f"{url}: answered no risk report; it may have changed or be out of order")
    commune = tree.get("commune")
    town = str(commune.get("libelle") or "") if isinstance(commune, dict) else ""
    found = []
    for group, field in groups.items():
        for key, told in sorted(tree[field].items()):
            if not isinstance(told, dict) or not isinstance(told.get("present"), bool):
                raise FetchError(f"{url}: {field}.{key} says neither present nor absent")
            if told["present"]:
                found.append(
                    Risk(
                        group,
                        key,
                        str(told.get("libelle") or key),
                        str(told.get("libelleStatutCommune") or ""),
                        str(told.get("libelleStatutAdresse") or ""),
                        town,
                    )
                )
    return tuple(found)
