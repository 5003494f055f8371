"""The online map that a page offers: off until its reader switches it on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from zonerisk.core.errors import UnknownTarget, UsageError

DEFAULT = "OpenStreetMap.Mapnik"
# The volunteers' servers refuse requests without a Referer, which a page opened from a file
# cannot send; the page says so when its reader switches the layer on.
_STRICT_HOSTS = ("tile.openstreetmap.org",)
_ADDRESS = re.compile(r"https?://[\w.-]+(:\d{1,5})?/[\w./?&=%+~,;:@-]*")


@dataclass(frozen=True)
class Tiles:
    """A tile server.

    Attributes
    ----------
    name, attribution
        What to call it, and whom it wants named.
    url
        Its address, with fields for zoom, column and row.
    hosts
        Whom a reader's browser will ask, as ``https://host``.
    zoom
        The finest that it has.
    """

    name: str
    attribution: str
    url: str
    hosts: tuple[str, ...]
    zoom: int

    @property
    def host(self) -> str:
        """Whom a reader's browser will ask, in words."""
        return ", ".join(urlsplit(host).netloc for host in self.hosts)

    @property
    def strict(self) -> bool:
        """True where the server is known to refuse a page that was opened from a file."""
        return any(urlsplit(host).hostname in _STRICT_HOSTS for host in self.hosts)


def find(text: str | None) -> Tiles | None:
    """Find an online map by its name in xyzservices, or take its address.

    Parameters
    ----------
    text
        A name such as ``OpenStreetMap.Mapnik``, an address with ``{z}``, ``{x}`` and
        ``{y}``, or ``none``. Without it, OpenStreetMap.

    Raises
    ------
    UsageError
        If the address is not one of a tile server, or the provider wants a key.
    UnknownTarget
        If no provider goes by that name.
    """
    if text == "none":
        return None
    if text and "/" in text:
        return _of(text, text, f"Online map: {urlsplit(text).hostname}", "abc", 19)
    from xyzservices import providers

    try:
        found = providers.query_name(text or DEFAULT)
    except ValueError:
        raise UnknownTarget(
            f"no tile provider is called {text!r}; take a name of xyzservices, "
            "such as OpenStreetMap.Mapnik, an address, or none"
        ) from None
    if found.requires_token():
        raise UsageError(
            f"{found.name} wants a key, which a page would give away; take another provider, or an address"
        )
    url = found.build_url(fill_subdomain=False, scale_factor="{r}")
    return _of(
        url,
        found.name,
        str(found.attribution),
        found.get("subdomains", "abc"),
        int(found.get("max_zoom", 19)),
    )


def _of(url: str, name: str, attribution: str, subdomains: Sequence[str], zoom: int) -> Tiles:
    fields = set(re.findall(r"\{([^{}]*)\}", url))
    if not _ADDRESS.fullmatch(re.sub(r"\{[a-z]\}", "0", url)) or not {"x", "y", "z"} <= fields <= {
        "x",
        "y",
        "z",
        "s",
        "r",
    }:
        raise UsageError(
            f"{url!r} is no tile address; write one such as https://tile.example.org/{{z}}/{{x}}/{{y}}.png"
        )
    parts = urlsplit(url)
    hosts = dict.fromkeys(f"{parts.scheme}://{parts.netloc.replace('{s}', each)}" for each in subdomains)
    return Tiles(
        urlsplit(url).netloc.replace("{s}.", "") if name == url else name,
        attribution,
        url,
        tuple(hosts),
        zoom,
    )
