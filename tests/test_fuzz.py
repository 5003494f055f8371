"""Every reader on damaged files: an answer or an error of the user's, never a fault of ours.

Each run has a seed; ``make fuzz SECONDS=600 SEED=1000`` goes on for longer from another, and a failure names the
seed that repeats it.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import re
import shutil
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from conftest import HERE, ROOT
from grid import answers as told
from grid.cache import FeedCache
from test_freshness import PAGE
from test_neso import archive
from test_point_queries import REPORT
from test_services import gml
from test_tiles import png
from zonerisk.cli import main
from zonerisk.core.errors import ZoneriskError
from zonerisk.core.samples import Disc
from zonerisk.curation import freshness
from zonerisk.layers import cards, http, sampling, services, store
from zonerisk.layers.cards import Card
from zonerisk.library import Library
from zonerisk.workloads import round_trips

SECONDS = float(os.environ.get("ZONERISK_FUZZ_SECONDS", "0.5"))
SEED = int(os.environ.get("ZONERISK_FUZZ_SEED", "0"))

GEOJSON = json.dumps(
    {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": name, "uncertainty_m": 100},
                "geometry": {"type": "Point", "coordinates": [7.79 + step, 48.58]},
            }
            for step, name in enumerate(("north", "south"))
        ],
    }
)
SITES = "name,lat,lon,uncertainty_m\nnorth,48.58,7.79,100\nsouth,48.60,7.78,250\n"
TRIPS = "a,b,rtt_ms\nfr-par-1,fr-par-2,0.9\nfr-par-1,fr-par-3,1.1\n"
RECORD = (HERE / "zz/datacenters/zz/good.yaml").read_text()
POLICY = (ROOT / "data/policies/dora.yaml").read_text()
INCIDENT = (ROOT / "data/incidents/ovh/sbg-202103.yaml").read_text()
DIALECT = (ROOT / "data/datacenters/scaleway/dialect.yaml").read_text()
MEASUREMENT = next((ROOT / "data/measurements").rglob("*.yaml")).read_text()
TERRAFORM = (ROOT / "examples/terraform/scaleway.json").read_text()
NODES = (ROOT / "examples/kubernetes/scaleway.json").read_text()
PLAN = (ROOT / "examples/ovh-2021.yaml").read_text()

# What is damaged, under what name it is read, and by which command.
READERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "record": (RECORD, "datacenters/zz/good.yaml", ("data", "check", "{file}")),
    "overlay": (RECORD, "datacenters/zz/good.yaml", ("score", "zz-good", "--catalogue", "{root}")),
    "policy": (POLICY, "policy.yaml", ("score", "ovh-sbg", "--policy", "{file}")),
    "incident": (INCIDENT, "incidents/ovh/fuzz.yaml", ("list", "incidents", "--catalogue", "{root}")),
    "dialect": (DIALECT, "datacenters/scaleway/dialect.yaml", ("data", "check", "{file}")),
    "measurement": (MEASUREMENT, "measurements/zz/fuzz.yaml", ("data", "check", "{file}")),
    "own sites, GeoJSON": (GEOJSON, "sites.geojson", ("score", "{file}")),
    "own sites, CSV": (SITES, "sites.csv", ("score", "{file}")),
    "round trips": (TRIPS, "trips.csv", ("score", "scaleway-fr-par", "--rtt", "{file}")),
    "plan": (PLAN, "plan.yaml", ("plan", "{file}")),
    "Terraform": (TERRAFORM, "plan.json", ("plan", "{file}")),
    "Kubernetes": (NODES, "nodes.json", ("plan", "{file}")),
    "layer": (GEOJSON, "layer.geojson", ("layers", "import", "faults", "{file}", "--cache", "{root}/cache")),
}


def answers(*names: str) -> list[bytes]:
    return [(HERE / "answers" / name).read_bytes() for name in names]


def tree(**members: object) -> bytes:
    return json.dumps(members).encode()


ZONE = {"type": "Polygon", "coordinates": [[[7.75, 48.55], [7.76, 48.55], [7.76, 48.56], [7.75, 48.55]]]}
FEATURES = tree(
    type="FeatureCollection",
    features=[{"type": "Feature", "properties": {"name": name}, "geometry": ZONE} for name in "ab"],
    numberMatched=2,
    links=[{"rel": "self", "href": "x"}],
)
PLACE = Disc("s", 48.56, 7.76, 50)
BOX = (7.7, 48.5, 7.9, 48.7)


def fetched(name: str, **reading: Any) -> Callable[[bytes, Path], object]:
    """Fetch a layer around a place and sample it; a bad answer leaves the cache as it was."""
    tree = cards.load(name).model_dump()
    layer = Card.model_validate(tree | {"boxes": [], "reading": tree["reading"] | reading})

    def read(data: bytes, cache: Path) -> object:
        before = store.locate(layer, cache)
        try:
            store.fetch(layer, cache, [PLACE], 10**7)
        except ZoneriskError:
            assert store.locate(layer, cache) == before
            raise
        return sampling.sample(layer, store.locate(layer, cache), [PLACE])

    return read


def kept(read: Callable[[bytes, str], object]) -> Callable[[bytes, Path], object]:
    """Read an answer by way of the cache of feeds, which keeps none that cannot be read."""

    def ask(data: bytes, cache: Path) -> object:
        try:
            return FeedCache(cache / "feeds", refresh=True).get(["https://zz.example.org"], "", read)
        except ZoneriskError:
            assert {path.name for path in (cache / "feeds").glob("*")} <= {"answers.sqlite"}
            raise

    return ask


def listed(provider: str) -> Callable[[bytes, Path], object]:
    return lambda data, cache: list(
        freshness.changes(LIBRARY, provider, freshness.listing(provider, "https://zz.example.org"))
    )


LIBRARY = Library(HERE / "zz")
ZONES = tree(
    AvailabilityZones=[{"RegionName": "eu-zz-1", "ZoneId": "euz-az1", "ZoneType": "availability-zone"}]
)
LOCATIONS = tree(
    value=[{"name": "northzed", "metadata": {"regionType": "Physical"}, "availabilityZoneMappings": [{}]}]
)
PLANS = tree(plans=[{"configurations": [{"name": "dedicated_datacenter", "values": ["gra", "sbg"]}]}])
WORKS = tree(results=1, page=1, total_pages=1, next=None, data=[{
    "codeAIOT": "0001", "raisonSociale": "DEPOT", "statutSeveso": "Seveso seuil haut",
    "latitude": 48.56, "longitude": 7.76, "rubriques": [{"nature": "x"}]}])  # fmt: skip
URL = {"url": "https://zz.example.org/q", "collection": "z"}
GRID = tree(
    type="FeatureCollection", features=[{"type": "Feature", "properties": {"id": 1}, "geometry": ZONE}]
)
# What each service answers, and how it is read.
SERVICES: dict[str, tuple[list[bytes], Callable[[bytes, Path], object]]] = {
    "OGC API": ([FEATURES], fetched("flood-england", method="features", **URL)),
    "ArcGIS": ([FEATURES], fetched("flood-england", method="arcgis", **URL)),
    "WFS": ([FEATURES], fetched("flood-england", method="wfs", **URL)),
    "WFS in GML": ([gml("a", matched=1)], fetched("flood-england", method="wfs-gml", **URL)),
    "tiles": ([png("ffd8c0")], fetched("flood-japan-tiles")),
    "Georisques": ([json.dumps(REPORT).encode()], fetched("georisques")),
    "pages": ([WORKS], fetched("industry-france")),
    "grid of tiles": ([GRID], lambda data, cache: services.covering_tiles("https://zz.example.org", BOX)),
    "Overpass, stations": (answers("overpass_stations.json"), kept(told.overpass)),
    "Overpass, lines": (answers("overpass_lines.json"), kept(told.overpass)),
    "Overpass, datacenters": (answers("overpass_datacenters.json"), kept(told.overpass)),
    "ODRE": (answers("odre_stations_2026.csv", "odre_stations_2024.csv"), kept(told.odre_stations)),
    "HIFLD": (answers("hifld_last.json"), kept(told.hifld)),
    "PyPSA, buses": (answers("pypsa_buses.csv"), kept(told.pypsa_stations)),
    "PyPSA, lines": (answers("pypsa_lines.csv"), kept(told.pypsa_circuits)),
    "PeeringDB": (answers("peeringdb_fac.json"), kept(told.facilities)),
    "NESO": ([archive("GSP_regions_4326_20250109.geojson")], kept(told.supply_areas)),
    "round trips": (answers("cloudping.json", "azure_zones.json", "ibm_zones.csv"), lambda data, cache: round_trips.read(data, "x")),
    "AWS": ([ZONES], listed("aws")),
    "Azure": ([LOCATIONS, PAGE.encode()], listed("azure")),
    "OVHcloud": ([PLANS], listed("ovh")),
}  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, -(2**70), 1e308, -0.0, float("nan"), float("inf"), "", " ", "\x1b[31m", "\u202eabc",
    "\ud800", "é" * 5000, "../../etc", "2026-13-45", "1e999", [], {}, [[]], {"": None}, ["a"] * 300, "a: b", "&x", "*x",
)  # fmt: skip
SNIPPETS = (
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "\n",
    "\t",
    '"',
    "'",
    "&a ",
    "*a",
    "!!python/object:x ",
    "9" * 400,
    "\x00",
)


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    """Each place of a tree: what holds it, and by which key."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [place for key in keys for place in ((tree, key), *nodes(tree[key]))]


def damaged_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bytes that are no text, such as a picture or a zip: cut, doubled or changed."""
    try:
        return damaged(data.decode(), chance)
    except UnicodeDecodeError:
        at, more = chance.randrange(len(data)), chance.randint(1, 30)
        middle = chance.choice((b"", data[at : at + more] * 2, chance.randbytes(more)))
        return data[:at] + middle + data[at + more :]


def damaged(text: str, chance: random.Random) -> bytes:
    """A text with a few faults: of its tree, where it is JSON, or of its characters, or of its bytes."""
    if text.startswith("{") and chance.random() < 0.7:
        tree = json.loads(text)
        for _ in range(chance.randint(1, 3)):
            holder, key = chance.choice(nodes(tree))
            action = chance.randrange(4)
            if action == 0:
                holder[key] = deepcopy(chance.choice(ODD))
            elif action == 1 and isinstance(holder, dict):
                del holder[key]
                if not nodes(tree):
                    break
            elif action == 2:
                holder[key] = [holder[key]] * chance.randint(1, 3)
            else:
                holder[key] = {"value": holder[key]}
        return json.dumps(tree).encode()
    for _ in range(chance.randint(1, 3)):
        at, more = chance.randrange(len(text) + 1), chance.randint(1, 30)
        action = chance.randrange(5)
        if action == 0:
            text = text[:at] + text[at + more :]
        elif action == 1:
            text = text[:at] + text[at : at + more] * chance.choice((2, 5)) + text[at + more :]
        elif action == 2:
            text = text[:at] + chance.choice(SNIPPETS) + text[at:]
        elif action == 3 and (values := list(re.finditer(r"(?<=[:,] )[^\n,}\]]+", text))):
            value = chance.choice(values)
            odd = json.dumps(chance.choice(ODD))
            text = text[: value.start()] + odd + text[value.end() :]
        else:
            lines = text.split("\n")
            chance.shuffle(lines)
            text = "\n".join(lines)
    data = bytearray(text.encode(errors="surrogatepass"))
    if data and chance.random() < 0.1:
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


# What Python may one day read in a pattern of a dialect is a warning, and no error.
@pytest.mark.filterwarnings("ignore:Possible:FutureWarning")
@pytest.mark.parametrize("reader", READERS)
def test_a_damaged_file_is_answered_or_refused(
    reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, name, command = READERS[reader]
    root = Path(shutil.copytree(HERE / "zz", tmp_path / "data"))
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if reader == "dialect":
        shutil.copy(ROOT / "data/datacenters/scaleway/provider.yaml", file.parent)
    arguments = [part.format(file=file, root=root) for part in command]
    monkeypatch.setattr(sys, "argv", ["zonerisk", *arguments])
    codes: set[object] = set()
    end, seed = time.monotonic() + SECONDS, SEED
    while time.monotonic() < end or seed < SEED + 4:
        file.write_bytes(damaged(text, random.Random(f"{reader} {seed}")))
        out, told = (io.TextIOWrapper(io.BytesIO(), "utf-8") for _ in range(2))
        code: object = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(told):
            try:
                main()
            except SystemExit as end_of_run:
                code = end_of_run.code or 0
        told.seek(0)
        assert code in (0, 2, 3), f"seed {seed}: exit {code}: {told.read()[-500:]}"
        codes.add(code)
        seed += 1
    # On a slow machine a handful of runs may all be answered.
    assert codes - {0} or seed < SEED + 30, "nothing was ever refused: the damage does not reach the reader"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("service", SERVICES)
def test_a_damaged_answer_is_read_or_refused(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is damaged anywhere is an error that names its service, or an answer, and in no time."""
    sound, read = SERVICES[service]
    given = [b""]
    monkeypatch.setattr(http, "get", lambda url, **_: given[0])
    for data in sound:
        given[0] = data
        assert read(data, tmp_path) is not None, "what is sound is read"
    end, seed, refused = time.monotonic() + SECONDS / 4, SEED, 0
    while time.monotonic() < end or seed < SEED + 10:
        chance = random.Random(f"{service} {seed}")
        given[0] = damaged_bytes(chance.choice(sound), chance)
        begun = time.process_time()
        try:
            read(given[0], tmp_path)
        except ZoneriskError:
            refused += 1
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
        assert time.process_time() - begun < 5, f"seed {seed}"
        seed += 1
    assert refused, "nothing was ever refused: the damage does not reach the reader"
