"""A web page in one file: it asks nothing of the network and runs no text of the records."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from zonerisk.core.errors import DataError

if TYPE_CHECKING:
    from jinja2 import Environment

# Chromium and Firefox read U+2028 and U+2029 as line ends in old scripts; a browser ends a
# script element at "</script" wherever it stands.
_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)

# Characters that turn the direction of what follows them: a name could reverse a sentence.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def asset(name: str) -> str:
    """Read one of the package's own page files."""
    return (files("zonerisk.pages") / "page" / name).read_text("utf-8")


@cache
def code(name: str) -> str:
    """Read one of the package's scripts or styles without its comments and indents."""
    text = re.sub(r"(?m)^\s*/\*.*?\*/\n", "", asset(name), flags=re.DOTALL)
    return _tight(text) if name.endswith(".css") else re.sub(r"\n\s+", "\n", text)


def _tight(style: str) -> str:
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", style)).strip()


@cache
def leaflet() -> tuple[str, str]:
    """Give Leaflet's script and style from the XStatic-Leaflet package, made to stand alone.

    The style's pictures (of markers and a button that the pages do not use) and the script's
    pointer to its source map are dropped: nothing of them is in the page.

    Raises
    ------
    DataError
        If the package is missing.
    """
    try:
        folder = files("xstatic.pkg.leaflet") / "data"
        script = (folder / "leaflet.js").read_text("utf-8")
        style = (folder / "leaflet.css").read_text("utf-8")
    except (ImportError, OSError):
        raise DataError("Leaflet is missing; install xstatic-leaflet 1.9") from None
    script = re.sub(r"\n//# sourceMappingURL=\S*", "", script)
    return script.strip(), _tight(re.sub(r"[\w-]+:\s*url\([^)]*\);", "", style))


def island(data: Any) -> str:
    """Write data as JSON that cannot end its script element, and means the same."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.translate(_ESCAPES)


def web_address(url: object) -> str | None:
    """Give an address if a click on it may only open a web page, else None."""
    return url if isinstance(url, str) and re.match(r"https?://[^\s\"'<>`]+$", url) else None


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    made = Environment(
        loader=FunctionLoader(asset),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["web_address"] = web_address
    return made


def render(
    template: str,
    *,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    islands: Mapping[str, Any] | None = None,
    pictures: Sequence[str] = (),
    **words: object,
) -> str:
    """Build a page.

    Parameters
    ----------
    template
        One of the package's page files; it extends ``base.html``.
    scripts, styles
        Our own and Leaflet's code; the page's policy lets nothing else run.
    islands
        Data for the scripts, by element id.
    pictures
        Hosts (``https://host``) whose images a reader may switch on.
    **words
        What the template shows; every text is escaped.
    """
    from markupsafe import Markup

    for code in (*scripts, *styles):
        if re.search(r"</(script|style)|<!--", code, re.IGNORECASE):
            raise ValueError("code that would end its own element")
    text = (
        _templates()
        .get_template(template)
        .render(
            policy=_policy(scripts, styles, pictures),
            scripts=[Markup(code) for code in scripts],
            styles=[Markup(code) for code in styles],
            islands={key: Markup(island(data)) for key, data in (islands or {}).items()},
            **words,
        )
    )
    return _TURNS.sub("", text)


def _policy(scripts: Sequence[str], styles: Sequence[str], pictures: Sequence[str]) -> str:
    def hashes(codes: Sequence[str]) -> str:
        return " ".join(f"'sha256-{_hash(code)}'" for code in codes) or "'none'"

    images = " ".join(pictures) or "'none'"
    return (
        f"default-src 'none'; script-src {hashes(scripts)}; style-src {hashes(styles)}; "
        f"img-src {images}; base-uri 'none'; form-action 'none'"
    )


def _hash(code: str) -> str:
    return base64.b64encode(hashlib.sha256(code.encode("utf-8")).digest()).decode("ascii")
