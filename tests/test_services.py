from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from loopback import Server, send
from zonerisk.core.errors import ZoneriskError
from zonerisk.layers import services

BOX = (7.7, 48.5, 7.9, 48.7)


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "PAGE", 2)


def zone(name: str, west: float = 7.75, south: float = 48.55) -> dict[str, Any]:
    ring = [[west, south], [west + 0.01, south], [west + 0.01, south + 0.01], [west, south]]
    return {
        "type": "Feature",
        "properties": {"name": name},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def reply(request: BaseHTTPRequestHandler, found: list[dict[str, Any]], **more: Any) -> None:
    send(
        request,
        200,
        json.dumps({"type": "FeatureCollection", "features": found, **more}).encode(),
        Content_Type="application/geo+json",
    )


def query(request: BaseHTTPRequestHandler) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request.path).query))


def base(server: Server) -> str:
    return f"http://127.0.0.1:{server.server_port}/service"


def names(found: list[dict[str, Any]]) -> list[str]:
    return [feature["properties"]["name"] for feature in found]


def test_ogc_api_features_are_paged(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        if "page=2" in request.path:
            reply(request, [zone("c")], numberMatched=3)
        else:
            reply(
                request,
                [zone("a"), zone("b")],
                numberMatched=3,
                links=[{"rel": "next", "href": "/service/collections/z/items?page=2"}],
            )

    server.answer = answer
    found = services.features("features", base(server), "z", BOX, 10**6)
    assert names(found) == ["a", "b", "c"]
    assert server.asked[0]["path"].startswith(
        "/service/collections/z/items?bbox=7.700000%2C48.500000%2C7.900000%2C48.700000"
    )


def test_wfs_asks_latitude_first_and_goes_on(server: Server) -> None:
    # A server that caps pages below what it is asked for, and never says how many there are.
    pages = {0: [zone("a")], 1: [zone("b"), zone("c")], 3: []}

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked = query(request)
        assert asked["bbox"].startswith("48.500000,7.700000,48.700000,7.900000,urn:")
        reply(request, pages[int(asked["startIndex"])])

    server.answer = answer
    assert names(services.features("wfs", base(server), "ms:Z", BOX, 10**6)) == [
        "a",
        "b",
        "c",
    ]


GML = """<?xml version='1.0' encoding="UTF-8" ?>
<wfs:FeatureCollection xmlns:ms="http://example.org/ms" xmlns:gml="http://www.opengis.net/gml/3.2"
  xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:schemaLocation="http://example.org/ms SCHEMA" numberMatched="MATCHED">
MEMBERS
</wfs:FeatureCollection>"""
MEMBER = """<wfs:member><ms:Z gml:id="Z.NAME"><ms:msGeometry><gml:Polygon gml:id="p.NAME"
  srsName="urn:ogc:def:crs:EPSG::4326"><gml:exterior><gml:LinearRing><gml:posList>
  48.55 7.75 48.56 7.75 48.56 7.76 48.55 7.76 48.55 7.75
  </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></ms:msGeometry><ms:name>NAME</ms:name>
  </ms:Z></wfs:member>"""


def gml(*members: str, matched: object = None) -> bytes:
    text = GML.replace("MEMBERS", "".join(MEMBER.replace("NAME", name) for name in members))
    return text.replace("MATCHED", str(len(members) if matched is None else matched)).encode()


def xml(content: bytes) -> Callable[..., None]:
    return body(content, "text/xml; subtype=gml/3.2.1")


@pytest.mark.parametrize("matched", [3, None])
def test_a_wfs_that_answers_gml_is_paged_and_turned_and_fetches_no_schema(
    server: Server, matched: int | None
) -> None:
    schema = f"http://127.0.0.1:{server.server_port}/schema.xsd".encode()

    def answer(request: BaseHTTPRequestHandler) -> None:
        asked = query(request)
        assert "outputFormat" not in asked
        first = asked["startIndex"] == "0"
        held = gml("a", matched=3) if first else gml("b", "c", matched=3)
        if matched is None:  # It does not say how many there are.
            held = re.sub(rb' numberMatched="\d"', b"", held)
            if asked["startIndex"] == "3":
                held = gml()
        xml(held.replace(b"SCHEMA", schema))(request)

    server.answer = answer
    found = services.features("wfs-gml", base(server), "ms:Z", BOX, 10**6)
    assert names(found) == ["a", "b", "c"]
    assert found[0]["geometry"]["coordinates"][0][0] == [7.75, 48.55]
    assert all(asked["path"].startswith("/service?") for asked in server.asked)
    server.answer = xml(gml())
    assert services.features("wfs-gml", base(server), "ms:Z", BOX, 10**6) == []


def test_arcgis_goes_on_past_its_transfer_limit(server: Server) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        asked = query(request)
        assert (asked["inSR"], asked["outSR"]) == ("4326", "4326")
        first = asked["resultOffset"] == "0"
        reply(request, [zone("a" if first else "b")], exceededTransferLimit=first)

    server.answer = answer
    assert names(services.features("arcgis", base(server), None, BOX, 10**6)) == ["a", "b"]


@pytest.mark.parametrize("more", [{"links": None}, {"crs": {"properties": None}}, {"crs": None}])
def test_what_is_null_says_nothing(server: Server, more: dict[str, Any]) -> None:
    server.answer = lambda request: reply(request, [zone("a")], **more)
    assert names(services.features("features", base(server), "z", BOX, 10**6)) == ["a"]


def test_no_features_is_an_answer(server: Server) -> None:
    server.answer = lambda request: reply(request, [])
    assert services.features("features", base(server), "z", BOX, 10**6) == []


def body(content: bytes, kind: str = "application/json") -> Callable[..., None]:
    return lambda request: send(request, 200, content, Content_Type=kind)


def shape(coordinates: str) -> Callable[..., None]:
    return body(
        f'{{"features": [{{"geometry": {{"type": "Polygon", "coordinates": {coordinates}}}}}]}}'.encode()
    )


BAD: list[tuple[str, Callable[..., None], str]] = [
    (
        "arcgis",
        body(b'{"error": {"code": 500, "message": "timeout"}}'),
        "the service answered: 500 timeout",
    ),
    ("wfs", body(b"<ows:ExceptionReport/>", "application/xml"), "web page"),
    ("features", body(b"<html></html>", "text/html"), "web page"),
    ("features", body(b'{"type": "FeatureCollection"}'), "without features"),
    ("features", body(b"[]"), "not an object"),
    ("features", body(b"[" * 100_000), "nested too deep"),
    ("features", body(b'{"features": [' + b"9" * 5000 + b"]}"), "not JSON"),
    ("features", body(b'{"features": ["zone", null]}'), "without features"),
    (
        "features",
        body(b'{"status": "error", "message": "no database", "features": []}'),
        "no database",
    ),
    ("features", body(b'{"status": "error", "features": []}'), "answered: error"),
    ("features", shape(f"{'[' * 900}{']' * 900}"), "geometry that is none"),
    ("features", shape(f"[[[{'9' * 400}, 48.5], [7.8, 48.6], [7.7, 48.6]]]"), "that is none"),
    ("features", shape("[[[7.75, 48.55], [NaN, 48.6], [7.8, 48.6], [7.75, 48.55]]]"), "not numbers"),
    (
        "features",
        shape("[[[7.75, 48.55], [1e999, 48.6], [7.8, 48.6], [7.75, 48.55]]]"),
        "not numbers",
    ),
    ("features", lambda request: reply(request, [zone("a")], crs="EPSG:2154"), "not in WGS 84"),
    (
        "features",
        lambda request: reply(
            request, [zone("a")], crs={"type": "name", "properties": {"name": "EPSG:14326"}}
        ),
        "EPSG:14326, not in WGS 84",
    ),
    (
        "features",
        lambda request: reply(request, [zone("a")], links=[{"rel": "next", "href": "http://[bad"}]),
        "refused",
    ),
    ("wfs", lambda request: reply(request, [zone("a")]), "repeats what came before"),
    ("arcgis", lambda request: reply(request, [], exceededTransferLimit=True), "has more than"),
    (
        "wfs-gml",
        xml(gml("a").replace(b"MEMBERS", b"") + b"<OGRVRTDataSource/>"),
        "not a FeatureCollection",
    ),
    ("features", lambda request: reply(request, [zone("a", 48.55, 7.75)]), "axes are exchanged"),
    ("features", lambda request: reply(request, [zone("a", 2, 50)]), "was not asked for"),
    (
        "wfs",
        lambda request: reply(
            request, [zone("a")], crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
        ),
        "not in WGS 84",
    ),
    ("features", lambda request: reply(request, [zone("a")], numberMatched=150), "1 of 150"),
    (
        "features",
        lambda request: reply(
            request, [zone("a")], links=[{"rel": "next", "href": "http://elsewhere.invalid/"}]
        ),
        "another host",
    ),
    (
        "features",
        lambda request: reply(request, [zone("a")], links=[{"rel": "next", "href": "file:///etc/passwd"}]),
        "another host",
    ),
    (
        "features",
        lambda request: reply(request, [zone("a")], links=[{"rel": "next", "href": request.path}]),
        "repeats what came before",
    ),
    (
        "features",
        lambda request: reply(request, [{"geometry": {"type": "Polygon", "coordinates": "x"}}]),
        "geometry that is none",
    ),
    (
        "wfs-gml",
        body(b"<ows:ExceptionReport><t>no such type</t></ows:ExceptionReport>", "text/xml"),
        "refused: no such type",
    ),
    ("wfs-gml", body(b'{"features": []}'), "not a FeatureCollection"),
    ("wfs-gml", xml(gml("a")[:-60]), "broke off"),
    ("wfs-gml", xml(gml("a", matched=9)), "repeats what came before"),
    ("wfs-gml", xml(gml(matched=9)), "0 of 9"),
    (
        "wfs-gml",
        xml(gml("a").replace(b"<wfs:F", b"<!DOCTYPE x [<!ENTITY e 'e'>]><wfs:F")),
        "not a FeatureCollection",
    ),
    ("wfs-gml", xml(gml("a").replace(b"48.5", b"18.5")), "was not asked for"),
    (
        "wfs-gml",
        xml(gml("a").replace(b"EPSG::4326", b"EPSG::999999")),
        "reference system|cannot be read",
    ),
    ("features", lambda request: send(request, 500), "HTTP 500"),
    ("features", lambda request: send(request, 429), "HTTP 429"),
]


@pytest.mark.parametrize(("method", "answer", "says"), BAD)
def test_a_bad_answer_is_an_error_never_an_absence(
    server: Server, method: str, answer: Callable[..., None], says: str
) -> None:
    server.answer = answer
    with pytest.raises(ZoneriskError, match=says):
        services.features(method, base(server), "z", BOX, 10**6)
