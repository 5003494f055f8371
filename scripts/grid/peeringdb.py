"""PeeringDB: carrier houses, exchanges and who is present where.

Its terms allow research and forbid passing the tables on: this reads a user's own copy,
and nothing of it ships.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from grid import fields
from zonerisk.layers import http

BASE = "https://www.peeringdb.com/api"
TABLES = ("fac", "netfac", "ix", "ixfac", "netixlan", "campus")
KEY_VARIABLE = "PEERINGDB_API_KEY"
# Without a key the service allows a request every few seconds.
PAUSE_S = 3.0


@dataclass(frozen=True)
class Facility:
    """A carrier house.

    Attributes
    ----------
    campus
        PeeringDB's campus; None where none is stated, which does not mean that there is none.
    diverse_substations
        Whether the operator states feeds from two separate substations; None where it says
        nothing.
    """

    id: int
    name: str
    operator: str
    country: str
    lat: float | None
    lon: float | None
    campus: int | None
    diverse_substations: bool | None
    networks: int
    exchanges: int


@dataclass(frozen=True)
class Exchange:
    """An internet exchange."""

    id: int
    name: str
    city: str


def headers(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Give the header of a user's own key, if there is one."""
    key = environment.get(KEY_VARIABLE, "").strip()
    return {"Authorization": f"Api-Key {key}"} if key else {}


def read_facilities(data: bytes, name: str) -> tuple[Facility, ...]:
    """Read table ``fac``; a facility without coordinates is kept.

    Raises
    ------
    DataError
        If the answer is none, such as the text that comes with HTTP 429.
    """
    return tuple(
        Facility(
            _int(row, "id"),
            fields.text(row, "name"),
            fields.text(row, "org_name"),
            fields.text(row, "country"),
            fields.number(row, "latitude"),
            fields.number(row, "longitude"),
            _int(row, "campus_id") or None,
            fields.flag(row, "diverse_serving_substations"),
            _int(row, "net_count"),
            _int(row, "ix_count"),
        )
        for row in _current(data, name)
    )


def read_presence(data: bytes, name: str) -> dict[int, frozenset[int]]:
    """Read table ``netfac``: the facilities of each network, by AS number."""
    return _pairs(_current(data, name), "local_asn", "fac_id")


def read_exchanges(data: bytes, name: str) -> tuple[Exchange, ...]:
    """Read table ``ix``."""
    return tuple(
        Exchange(_int(row, "id"), fields.text(row, "name"), fields.text(row, "city"))
        for row in _current(data, name)
    )


def read_exchange_houses(data: bytes, name: str) -> dict[int, frozenset[int]]:
    """Read table ``ixfac``: the facilities of each exchange."""
    return _pairs(_current(data, name), "ix_id", "fac_id")


def read_members(data: bytes, name: str) -> dict[int, frozenset[int]]:
    """Read table ``netixlan``: the exchanges of each network, by AS number."""
    return _pairs(
        (row for row in _current(data, name) if fields.flag(row, "operational") is not False),
        "asn",
        "ix_id",
    )


def read_campuses(data: bytes, name: str) -> dict[int, str]:
    """Read table ``campus``: the name of each campus."""
    return {_int(row, "id"): fields.text(row, "name") for row in _current(data, name)}


def _current(data: bytes, name: str) -> list[Mapping[str, object]]:
    return [row for row in http.rows(data, name, "data") if row.get("status", "ok") == "ok"]


def _int(row: Mapping[str, object], key: str) -> int:
    return int(fields.number(row, key) or 0)


def _pairs(rows: Iterable[Mapping[str, object]], key: str, other: str) -> dict[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(_int(row, key), set()).add(_int(row, other))
    return {one: frozenset(others) for one, others in sorted(found.items())}
