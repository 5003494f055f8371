"""Freshness: invented lists of providers, from a file or a server on loopback, against a small catalogue."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import records
from conftest import ROOT, Runner
from loopback import Server, send
from zonerisk.catalogue import gazetteer
from zonerisk.core.errors import DataError, FetchError, MissingPackage, UsageError
from zonerisk.curation import freshness
from zonerisk.curation.freshness import SOURCES, Listing, changes, listing
from zonerisk.library import Library

PAGE = """\
| Symbol | Description |
|---|---|
| x | y |

| Region | Availability zone support | Paired region | Physical location | Geography | Programmatic name |
|---|---|---|---|---|---|
| North Zed | :::image alt-text="Yes" type="content" source="ok.svg"::: | N/A | Zed | Zed | northzed |
| South Zed | | North Zed | Zed | Zed | southzed |
| :::image source="icon-region-coming-soon.svg"::: East Zed | yes | N/A | Zed | Zed | eastzed |
"""


def rows(found: list[freshness.Change]) -> list[tuple[str, str, str]]:
    return [(change.change, change.region, change.zone) for change in found]


@pytest.fixture
def catalogue(tmp_path: Path) -> Library:
    """Google with two regions of two zones and one announced; Azure with three regions; OVH with one."""
    root = records.write(tmp_path / "data")
    zone = "    evidence: [zone-list]\n"
    for provider, regions in {
        "google": {
            "zed-north1": ("open", ["zed-north1-a", "zed-north1-b"]),
            "zed-south1": ("open", ["zed-south1-a", "zed-south1-b"]),
            "zed-east1": ("announced", []),
        },
        "azure": {"northzed": ("open", ["z"]), "eastzed": ("open", ["y"]), "westzed": ("open", ["x"])},
        "ovh": {"sbg": ("open", ["sbg"]), "rbx": ("open", ["rbx"])},
    }.items():
        home = root / "datacenters" / provider
        home.mkdir()
        (home / "provider.yaml").write_text(records.PROVIDER)
        for code, (status, zones) in regions.items():
            sold = "".join(f"  {name}:\n{zone}" for name in zones)
            text = f"name: Zed\ncountry: FR\nstatus: {status}\n" + (f"zones:\n{sold}" if sold else "")
            (home / f"{code}.yaml").write_text(text)
    (root / "datacenters/ovh/dialect.yaml").write_text('name: OVH\nregions: {ending: "[0-9]+"}\n')
    return Library(root)


def test_zones_and_regions_are_new_gone_or_changed(catalogue: Library) -> None:
    read = SOURCES["google"].read(
        b"<li>zed-north1-a</li> zed-north1-c, zed-west1-a zed-east1-b x-zed-north1-d", "p"
    )
    assert rows(list(changes(catalogue, "google", read))) == [
        ("changed", "zed-east1", ""),
        ("new", "zed-east1", "zed-east1-b"),
        ("new", "zed-north1", "zed-north1-c"),
        ("gone", "zed-north1", "zed-north1-b"),
        ("new", "zed-west1", ""),
        ("gone", "zed-south1", ""),
    ]


def test_a_catalogue_that_agrees_has_no_news(catalogue: Library) -> None:
    text = b"zed-north1-a zed-north1-b zed-south1-a zed-south1-b"
    assert not list(changes(catalogue, "google", SOURCES["google"].read(text, "page")))


def test_azure_page_and_answer_say_the_same(catalogue: Library) -> None:
    page = SOURCES["azure"].read(PAGE.encode(), "page")
    assert page == Listing(
        {"northzed": set(), "southzed": set()}, {"northzed": True, "southzed": False}, {"eastzed"}
    )
    assert rows(list(changes(catalogue, "azure", page))) == [
        ("changed", "northzed", ""),
        ("new", "southzed", ""),
        ("changed", "eastzed", ""),
        ("gone", "westzed", ""),
    ]
    answer = [
        {
            "name": "northzed",
            "metadata": {"regionType": "Physical"},
            "availabilityZoneMappings": [{"logicalZone": "1", "physicalZone": "northzed-az1"}],
        },
        {"name": "southzed", "metadata": {"regionType": "Physical"}, "availabilityZoneMappings": None},
        {"name": "zed", "metadata": {"regionType": "Logical"}},
    ]
    told = SOURCES["azure"].read(json.dumps(answer).encode(), "answer")
    assert (told.zones, told.zoned) == (page.zones, page.zoned)


def test_names_of_the_provider_are_understood_and_part_of_a_list_proves_nothing_gone(
    catalogue: Library,
) -> None:
    plans = [
        {"configurations": [{"name": "dedicated_datacenter", "values": ["sbg5", "xyz"]}, {"name": "region"}]}
    ]
    read = SOURCES["ovh"].read(json.dumps({"plans": plans}).encode(), "catalogue")
    assert rows(list(changes(catalogue, "ovh", read))) == [("new", "xyz", "")]


def test_aws_reads_the_sdk_and_the_answer_of_an_account() -> None:
    sdk = {
        "partitions": [
            {"partition": "aws", "regions": {"zed-1": {}}},
            {"partition": "aws-iso", "regions": {"secret-1": {}}},
        ]
    }
    assert SOURCES["aws"].read(json.dumps(sdk).encode(), "sdk") == Listing({"zed-1": set()})
    zones = [
        {"RegionName": "zed-1", "ZoneId": "z1-az1", "ZoneType": "availability-zone"},
        {"RegionName": "zed-1", "ZoneId": "z1-lz1", "ZoneType": "local-zone"},
    ]
    read = SOURCES["aws"].read(json.dumps({"AvailabilityZones": zones}).encode(), "answer")
    assert read == Listing({"zed-1": {"z1-az1"}}, whole=False), "of one region: the others are not gone"
    with pytest.raises(DataError, match="partition aws holds no regions"):
        SOURCES["aws"].read(b'{"partitions": [{"partition": "aws"}]}', "sdk")


def test_oracle_reads_its_address_ranges() -> None:
    text = b'{"last_updated_timestamp": "x", "regions": [{"region": "zed-phoenix-1", "cidrs": []}]}'
    assert SOURCES["oracle"].read(text, "ranges") == Listing({"zed-phoenix-1": set()})


@pytest.mark.parametrize("provider", SOURCES)
@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"<html>busy</html>", b"\xff\x00", b'{"error": "no"}'])
def test_what_is_no_list_is_an_error(provider: str, text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_bytes(text)
    with pytest.raises(DataError, match="list"):
        listing(provider, str(file))


def test_a_list_comes_from_its_address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def page(request: BaseHTTPRequestHandler) -> None:
        send(request, 200, b"<html>zed-north1-a</html>", Content_Type="text/html")

    server.answer = page
    monkeypatch.setitem(SOURCES, "google", SOURCES["google"]._replace(place=server.url))
    assert listing("google").zones == {"zed-north1": {"zed-north1-a"}}
    server.answer = lambda request: send(request, 404)
    with pytest.raises(
        FetchError, match=r"^google: http.*HTTP 404.*; save the list and name it: --list google=FILE"
    ):
        listing("google")


def test_the_sdk_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gazetteer, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"needs botocore.*freshness"):
        listing("aws")
    with pytest.raises(UsageError, match="No such file"):
        listing("aws", "/no/such/file")


def test_the_command(run: Runner, tmp_path: Path, server: Server) -> None:
    file = tmp_path / "zones.txt"
    file.write_text("africa-south1-a africa-south1-b africa-south1-c zed-west1-a")
    call = ("data", "freshness", "google", "--list", f"google={file}", "--format", "json")
    done = run(*call)
    assert done.returncode == 0
    tree = json.loads(done.stdout)
    assert tree["schema"] == "zonerisk/freshness/1"
    assert tree["lists"] == [{"provider": "google", "list": str(file), "regions": 2}]
    assert {
        "provider": "google",
        "change": "new",
        "region": "zed-west1",
        "zone": "",
        "what": "listed, and not in the catalogue",
    } in tree["changes"]
    assert run(*call, "--fail-on", "new", check=1).returncode == 1
    assert run(*call, "--fail-on", "changed").returncode == 0
    assert "gone" in run("data", "freshness", "--list", f"google={file}").stdout
    more = run("data", "freshness", "aws", "--list", f"google={file}", "--format", "json")
    assert [row["provider"] for row in json.loads(more.stdout)["lists"]] == ["aws", "google"], (
        "none is dropped"
    )
    server.answer = lambda request: send(request, 404)
    both = run(*call, "--list", f"oracle={server.url}", "oracle", check=2)
    assert both.returncode == 2
    assert "HTTP 404" in json.loads(both.stdout)["unread"]["oracle"]
    assert len(json.loads(both.stdout)["lists"]) == 1, "what could be read is told"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("zed",), "zed: no list is known by that name"),
        (("--list", "google"), "google: no list is known"),
        (("google", "--fail-on", "old"), "--fail-on old: is one of new, gone, changed"),
    ],
)
def test_a_call_that_cannot_be_answered(run: Runner, call: tuple[str, ...], said: str) -> None:
    done = run("data", "freshness", *call, check=2)
    assert done.returncode == 2
    assert said in done.stderr


def test_the_workflow_calls_what_there_is(run: Runner) -> None:
    text = (ROOT / ".github/workflows/freshness.yml").read_text(encoding="utf-8")
    usage = run("data", "freshness", "--help").stdout
    assert "zonerisk data freshness" in text
    assert all(word in usage for word in ("--format", "--fail-on"))
    assert "'.[freshness,check]'" in text
    assert "freshness = [" in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
