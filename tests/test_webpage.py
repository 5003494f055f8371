from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.pages import webpage


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_an_island_means_the_same_and_cannot_end(data: object) -> None:
    text = webpage.island(data)
    assert json.loads(text) == data
    assert not re.search(r"[<>&\u2028\u2029]", text)


def test_an_island_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        webpage.island(float("nan"))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c#d", True),
        ("http://example.org", True),
        ("javascript:alert(1)", False),
        ("JavaScript:alert(1)", False),
        ("data:text/html,x", False),
        (" https://example.org", False),
        ("https://example.org/ x", False),
        ("//example.org", False),
        ("https://example.org/`${1}`", False),
        ("file:///etc/passwd", False),
        (None, False),
        (7, False),
    ],
)
def test_only_web_addresses_become_links(url: object, kept: bool) -> None:
    assert webpage.web_address(url) == (url if kept else None)


def test_leaflet_stands_alone() -> None:
    script, style = webpage.leaflet()
    assert "Leaflet 1.9.3" in script
    assert "sourceMappingURL" not in script
    assert "url(" not in style
    assert ".leaflet-pane" in style


@pytest.mark.parametrize("name", ["map.js", "table.js", "page.css"])
def test_our_code_keeps_its_meaning_without_comments(name: str) -> None:
    text = webpage.code(name)
    assert "/*" not in text
    assert len(text) < len(webpage.asset(name))
    for mark in "{}()":
        assert text.count(mark) == re.sub(r"/\*.*?\*/", "", webpage.asset(name), flags=re.DOTALL).count(mark)


def test_the_policy_names_what_is_in_the_page_and_nothing_else() -> None:
    page = webpage.render(
        "base.html",
        scripts=["let a = 1;"],
        styles=["p{}"],
        version="0",
        islands={"x": {"a": "</script>"}},
        pictures=["https://tile.example"],
        title="<T>",
        layout="map-page",
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    rules = dict(rule.split(" ", 1) for rule in policy[1].replace("&#39;", "'").split("; "))
    script = base64.b64encode(hashlib.sha256(b"let a = 1;").digest()).decode()
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == f"'sha256-{script}'"
    assert rules["img-src"] == "https://tile.example"
    assert rules["base-uri"] == rules["form-action"] == "'none'"
    assert "<title>&lt;T&gt;</title>" in page
    assert page.count("</script>") == 2


def test_code_that_would_end_its_element_is_refused() -> None:
    with pytest.raises(ValueError, match="end its own element"):
        webpage.render("base.html", scripts=["'</SCRIPT>'"], version="0", title="", layout="")
