"""Paged JSON: all rows that a service gives page by page, or none."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from zonerisk.core.errors import FetchError
from zonerisk.layers import http

MAX_PAGES = 50
TIMEOUT_S = 60.0


def rows(url: str, max_bytes: int) -> list[dict[str, Any]]:
    """Read every page of an answer.

    Pages are asked for by number: the link to the next one is held against that number but
    never opened.

    Parameters
    ----------
    url
        Address with its query, without the page.
    max_bytes
        Of all pages together.

    Raises
    ------
    FetchError
        If the service fails or refuses, or its pages do not add up to what it announces.
    DataError
        If an answer is a web page, no JSON, or an error worded as data.
    """
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    announced = None
    for page in range(1, MAX_PAGES + 1):
        tree, size = _page(url, page, max_bytes)
        max_bytes -= size
        last, total = tree["total_pages"], tree.get("results")
        if announced not in (None, (last, total)):
            raise FetchError(f"{url}: changed while it was read; try again")
        announced = (last, total)
        for row in tree["data"]:
            key = json.dumps(row, sort_keys=True)
            if key in seen:
                raise FetchError(f"{url}: page {page} repeats what came before")
            seen.add(key)
            found.append(row)
        if "next" in tree:
            _check_next(url, tree["next"], page, last)
        if page >= last:
            if isinstance(total, int) and total != len(found):
                raise FetchError(f"{url}: gave {len(found)} of {total} rows")
            return found
    raise FetchError(f"{url}: goes on after {MAX_PAGES} pages; ask for a smaller area")


def _page(url: str, page: int, room: int) -> tuple[dict[str, Any], int]:
    raw = http.get(url, params={"page": str(page)}, max_bytes=room, timeout_s=TIMEOUT_S)
    tree = http.read_json(raw, url)
    if not isinstance(tree, dict):
        raise FetchError(f"{url}: answered JSON that is no object")
    code = tree.get("response_code")
    if isinstance(code, int) and code >= 400:
        raise FetchError(f"{url}: the service answered: {code} {tree.get('message') or ''}".strip())
    data = tree.get("data")
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise FetchError(f"{url}: answered no page of rows; it may have changed")
    if not isinstance(tree.get("total_pages"), int):
        raise FetchError(f"{url}: does not say how many pages there are")
    if tree.get("page", page) != page:
        raise FetchError(f"{url}: gave page {tree['page']} when asked for page {page}")
    return tree, len(raw)


def _check_next(url: str, link: object, page: int, last: int) -> None:
    if bool(link) != (page < last):
        says = "names a next one" if link else "names no next one"
        raise FetchError(f"{url}: page {page} of {last} {says}")
    if link:
        ours = urllib.parse.urlsplit(url)
        theirs = urllib.parse.urlsplit(urllib.parse.urljoin(url, str(link)))
        hosts = {side.netloc.removeprefix("www.") for side in (ours, theirs)}
        if theirs.scheme not in ("http", "https") or len(hosts) > 1:
            raise FetchError(f"{url}: goes on at {str(link)[:200]!r}; not followed")
