"""PeeringDB: carrier houses, exchanges and who is present where.

Its terms allow research and forbid passing the tables on: this reads a user's own copy,
and nothing of it ships.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from grid import fields
from zonerisk.catalogue import gazetteer
from zonerisk.layers import http

BASE = "https://www.peeringdb.com/api"
KEY_VARIABLE = "PEERINGDB_API_KEY"
# Without a key the service allows a request every few seconds.
PAUSE_S = 3.0
# How far off its addresses may be, metres.
VAGUE_M = 5000.0


class Facility(NamedTuple):
    """A carrier house; a campus or substations of None are not stated, which is not that there are none."""

    id: int
    name: str
    lat: float | None
    lon: float | None
    campus: int | None
    diverse_substations: bool | None
    networks: int


class Exchange(NamedTuple):
    """An internet exchange."""

    id: int
    name: str


def headers(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the header of a user's own key, if there is one."""
    key = environment.get(KEY_VARIABLE, "").strip()
    return {"Authorization": f"Api-Key {key}"} if key else {}


def read_facilities(data: bytes, name: str) -> tuple[Facility, ...]:
    """Read table ``fac``; a facility without coordinates, or with some outside its country, has none."""
    return tuple(
        Facility(
            _int(row, "id"),
            fields.text(row, "name"),
            *_at(row),
            _int(row, "campus_id") or None,
            fields.flag(row, "diverse_serving_substations"),
            _int(row, "net_count"),
        )
        for row in _current(data, name)
    )


def _at(row: Mapping[str, object]) -> tuple[float | None, float | None]:
    """Return where a facility stands, held against its country as a record is: axes get exchanged there."""
    lat, lon = fields.number(row, "latitude"), fields.number(row, "longitude")
    country = fields.text(row, "country")
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None, None
    wrong = len(country) == 2 and gazetteer.misplaced(lat, lon, country, VAGUE_M)
    return (None, None) if wrong else (lat, lon)


def read_presence(data: bytes, name: str) -> dict[int, frozenset[int]]:
    """Read table ``netfac``: the facilities of each network, by AS number."""
    return _pairs(_current(data, name), "local_asn", "fac_id")


def read_exchanges(data: bytes, name: str) -> tuple[Exchange, ...]:
    """Read table ``ix``."""
    return tuple(Exchange(_int(row, "id"), fields.text(row, "name")) for row in _current(data, name))


def read_exchange_houses(data: bytes, name: str) -> dict[int, frozenset[int]]:
    """Read table ``ixfac``: the facilities of each exchange."""
    return _pairs(_current(data, name), "ix_id", "fac_id")


def read_members(data: bytes, name: str) -> dict[int, frozenset[int]]:
    """Read table ``netixlan``: the exchanges of each network, by AS number."""
    rows = (row for row in _current(data, name) if fields.flag(row, "operational") is not False)
    return _pairs(rows, "asn", "ix_id")


def read_campuses(data: bytes, name: str) -> dict[int, str]:
    """Read table ``campus``: the name of each campus."""
    return {_int(row, "id"): fields.text(row, "name") for row in _current(data, name)}


def _current(data: bytes, name: str) -> list[Mapping[str, object]]:
    return [row for row in http.rows(data, name, "data") if row.get("status", "ok") == "ok"]


def _int(row: Mapping[str, object], key: str) -> int:
    return int(fields.number(row, key) or 0)


def _pairs(rows: Iterable[Mapping[str, object]], key: str, other: str) -> dict[int, frozenset[int]]:
    groups: dict[int, set[int]] = {}
    for row in rows:
        groups.setdefault(_int(row, key), set()).add(_int(row, other))
    return {number: frozenset(others) for number, others in sorted(groups.items())}
