from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from loopback import Server, send
from zonerisk.core.errors import ZoneriskError
from zonerisk.layers import services

ROWS = [{"id": number} for number in range(5)]


def number(request: BaseHTTPRequestHandler) -> int:
    return int(parse_qs(urlsplit(request.path).query)["page"][0])


def page(request: BaseHTTPRequestHandler, **changed: object) -> None:
    """Send two rows a page, as the services do, but for what a test changes."""
    at = number(request)
    host = f"http://{request.headers['Host']}"
    tree = {
        "results": 5,
        "page": at,
        "total_pages": 3,
        "data": ROWS[2 * at - 2 : 2 * at],
        "response_code": None,
        "message": None,
        "next": f"{host}/rows?page={at + 1}" if at < 3 else None,
        "previous": None,
    }
    tree.update(changed)
    send(request, 200, json.dumps(tree).encode(), Content_Type="application/json")


def test_all_pages_are_read(server: Server) -> None:
    server.answer = page
    assert services.paged_rows(server.url + "?a=b", 10**6) == ROWS
    assert [each["path"] for each in server.asked] == [f"/layer.bin?a=b&page={at}" for at in (1, 2, 3)]


def test_no_rows_are_an_answer_too(server: Server) -> None:
    server.answer = lambda request: page(request, results=0, total_pages=0, data=[], next=None)
    assert services.paged_rows(server.url, 10**6) == []


def test_a_service_without_links_and_totals(server: Server) -> None:
    server.answer = lambda request: send(request, 200, b'{"total_pages": 1, "data": [{"id": 0}]}')
    assert services.paged_rows(server.url, 10**6) == ROWS[:1]


def test_www_is_the_same_host(server: Server) -> None:
    last = f"http://www.127.0.0.1:{server.server_port}/rows?page=2"
    server.answer = lambda request: page(request, **({"next": last} if number(request) < 3 else {}))
    assert services.paged_rows(server.url, 10**6) == ROWS


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda request: page(request, results=6), "gave 5 of 6 rows"),
        (lambda request: page(request, results=4), "gave 5 of 4 rows"),
        (lambda request: page(request, results=number(request)), "changed while it was read"),
        (lambda request: page(request, data=ROWS[:2]), "page 2 repeats"),
        (lambda request: page(request, page=1, data=ROWS[:2]), "gave page 1 when asked for page 2"),
        (lambda request: page(request, next=None), "page 1 of 3 names no next one"),
        (lambda request: page(request, total_pages=1), "page 1 of 1 names a next one"),
        (lambda request: page(request, next="http://else.example/rows"), "refused"),
        (lambda request: page(request, next="file:///etc/passwd"), "refused"),
        (lambda request: page(request, next="//else.example/rows"), "refused"),
        (lambda request: page(request, response_code=503, message="en panne"), "503 en panne"),
        (lambda request: page(request, data=None), "no page of rows"),
        (lambda request: page(request, data=[1]), "no page of rows"),
        (lambda request: page(request, total_pages=None), "how many pages"),
        (lambda request: send(request, 200, b'{"message": "maintenance"}'), "maintenance"),
        (lambda request: send(request, 200, b"[]"), "not an object"),
        (lambda request: send(request, 200, b""), "is not JSON"),
        (lambda request: send(request, 200, b"[" * 100_000), "nested too deep"),
        (lambda request: send(request, 200, b"<html>"), "web page"),
        (lambda request: send(request, 200, b"<html>", Content_Type="text/html"), "web page"),
        (lambda request: send(request, 200, b"{}", Content_Length="9"), "broke off after 2 of 9"),
        (lambda request: send(request, 404), "HTTP 404"),
        (lambda request: send(request, 429), "HTTP 429"),
        (lambda request: send(request, 500), "HTTP 500"),
        (lambda request: send(request, 302, Location="file:///etc/passwd"), "not followed"),
        (lambda request: send(request, 200, b"x" * 300_000), "the cap is 200000"),
    ],
)
def test_what_is_not_whole_is_nothing(server: Server, answer: object, says: str) -> None:
    server.answer = answer  # type: ignore[assignment]
    with pytest.raises(ZoneriskError, match=says):
        services.paged_rows(server.url, 200_000)


def test_the_cap_holds_for_all_pages_together(server: Server) -> None:
    server.answer = page
    with pytest.raises(ZoneriskError, match="the cap is"):
        services.paged_rows(server.url, 300)


def test_no_answer_goes_on_for_ever(server: Server) -> None:
    server.answer = lambda request: page(
        request,
        results=None,
        total_pages=10**6,
        data=[{"id": number(request)}],
        next=f"/rows?page={number(request) + 1}",
    )
    with pytest.raises(ZoneriskError, match="goes on after 50 pages"):
        services.paged_rows(server.url, 10**6)


def test_a_busy_service_is_asked_again(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if len(server.asked) == 1:
            send(request, 429, Retry_After="1")
        else:
            page(request)

    server.answer = answer
    assert services.paged_rows(server.url, 10**6) == ROWS
