from __future__ import annotations

import pytest

from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.pages import basemap


def test_openstreetmap_unless_told() -> None:
    found = basemap.find(None)
    assert found is not None
    assert found.hosts == ("https://tile.openstreetmap.org",)
    assert found.strict
    assert "OpenStreetMap contributors" in found.attribution


def test_none_offers_none() -> None:
    assert basemap.find("none") is None


def test_an_address_with_subdomains() -> None:
    found = basemap.find("https://{s}.tiles.example.org:8443/{z}/{x}/{y}{r}.png?style=a")
    assert found is not None
    assert found.hosts == tuple(f"https://{each}.tiles.example.org:8443" for each in "abc")
    assert found.name == "tiles.example.org:8443"
    assert not found.strict


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)//{z}{x}{y}",
        "https://tile.example.org/{z}/{x}.png",
        "https://tile.example.org/{z}/{x}/{y}{{7*7}}",
        "https://a.example/{z}/{x}/{y} 'unsafe-inline'",
        "https://a.example/{z}/{x}/{y};script-src *",
        "ftp://a.example/{z}/{x}/{y}",
        "https:///{z}/{x}/{y}",
        'https://a.example/{z}/{x}/{y}"><script>',
    ],
)
def test_what_is_no_tile_address(text: str) -> None:
    with pytest.raises(UsageError, match="is no tile address"):
        basemap.find(text)


def test_a_provider_with_a_key_is_refused() -> None:
    with pytest.raises(UsageError, match="wants a key"):
        basemap.find("Thunderforest.OpenCycleMap")


def test_an_unknown_name() -> None:
    with pytest.raises(UnknownTarget, match="no tile provider is called 'Nowhere'"):
        basemap.find("Nowhere")
