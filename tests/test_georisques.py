from __future__ import annotations

import json

import pytest

from loopback import Server, send
from zonerisk.core.errors import ZoneriskError
from zonerisk.layers import services

REPORT = {
    "risquesNaturels": {
        "inondation": {
            "present": True,
            "libelle": "Inondation",
            "libelleStatutCommune": "Risque Existant",
            "libelleStatutAdresse": "Risque Inconnu",
        },
        "avalanche": {"present": False, "libelle": "Avalanche"},
    },
    "risquesTechnologiques": {
        "icpe": {
            "present": True,
            "libelle": "Installations industrielles",
            "libelleStatutCommune": "Risque Existant",
        }
    },
}


def test_commune_and_address_stay_apart(server: Server) -> None:
    server.answer = lambda request: send(request, 200, json.dumps(REPORT).encode())
    found = services.risk_report(server.url, 48.58, 7.79)
    assert [(risk["key"], risk["commune"], risk["address"]) for risk in found] == [
        ("inondation", "Risque Existant", "Risque Inconnu"),
        ("icpe", "Risque Existant", ""),
    ]
    assert server.asked[0]["path"].endswith("latlon=7.790000%2C48.580000")


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b"oops",
        b'{"message": "maintenance"}',
        b'{"risquesNaturels": {"inondation": {}}, "risquesTechnologiques": {}}',
        b'{"risquesNaturels": {"inondation": {"present": "oui"}}, "risquesTechnologiques": {}}',
    ],
)
def test_what_is_no_report_is_no_absence_of_risk(server: Server, content: bytes) -> None:
    server.answer = lambda request: send(request, 200, content)
    with pytest.raises(ZoneriskError):
        services.risk_report(server.url, 48.58, 7.79)
