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
from pathlib import Path
from typing import Any

import pytest

from conftest import HERE, ROOT
from zonerisk.cli import main

SECONDS = float(os.environ.get("ZONERISK_FUZZ_SECONDS", "1.5"))
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


def damaged(text: str, chance: random.Random) -> bytes:
    """A text with a few faults: of its tree, where it is JSON, or of its characters, or of its bytes."""
    if text.startswith("{") and chance.random() < 0.7:
        tree = json.loads(text)
        for _ in range(chance.randint(1, 3)):
            holder, key = chance.choice(nodes(tree))
            action = chance.randrange(4)
            if action == 0:
                holder[key] = chance.choice(ODD)
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
