from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.workloads import kubernetes
from zonerisk.workloads.deployment import Deployment

EXAMPLES = Path(__file__).parent.parent / "examples" / "kubernetes"
DAY = "2026-11-23"


def example(name: str, catalog: Catalog) -> Deployment:
    text = (EXAMPLES / f"{name}.json").read_text()
    return kubernetes.read([(name, text, json.loads(text))], catalog, DAY)


def read(catalog: Catalog, *items: dict[str, Any]) -> Deployment:
    tree = {"apiVersion": "v1", "kind": "List", "items": list(items)}
    return kubernetes.read([("k.json", json.dumps(tree), tree)], catalog, DAY)


def node(name: str, provider_id: str, **labels: str) -> dict[str, Any]:
    named = {key.replace("__", "/").replace("_", "."): value for key, value in labels.items()}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": named},
        "spec": {"providerID": provider_id},
    }


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("aws", ["aws-eu-west-3/euw3-az1", "aws-eu-west-3/euw3-az2", "aws-eu-west-3/euw3-az3"]),
        ("google", [f"google-europe-west9/europe-west9-{zone}" for zone in "abc"]),
        ("azure", [f"azure-francecentral/francecentral-{zone}" for zone in "123"]),
        ("ovh", ["ovh-gra/gra"] * 3),
        ("scaleway", [f"scaleway-fr-par/fr-par-{zone}" for zone in "123"]),
        ("outscale", [f"outscale-eu-west-2/eu-west-2{zone}" for zone in "ab"]),
        ("exoscale", ["exoscale-ch-gva-2/ch-gva-2"] * 3),
        ("hetzner", ["hetzner-fsn1/fsn1", "hetzner-nbg1/nbg1", "hetzner-hel1/hel1"]),
    ],
)
def test_nodes_of_each_provider(shipped: Catalog, name: str, places: list[str]) -> None:
    found = example(name, shipped)
    assert [place.id for place in found.workloads[0].places] == places
    assert found.unassessed == ()


def test_pods_and_volumes(shipped: Catalog) -> None:
    found = {each.id: each for each in example("scaleway", shipped).workloads}
    assert set(found) == {
        "nodes",
        "StatefulSet shop/db",
        "Deployment shop/web",
        "volumes shop/data-db",
    }
    assert found["StatefulSet shop/db"].quorum == 2
    assert found["Deployment shop/web"].quorum == 1
    assert len({place.id for place in found["Deployment shop/web"].places}) == 1
    assert len(found["volumes shop/data-db"].places) == 3


def test_the_control_plane_is_a_workload_of_its_own(shipped: Catalog) -> None:
    assert [each.id for each in example("hetzner", shipped).workloads] == ["nodes, control plane"]


def test_zone_letters_are_not_tied(shipped: Catalog) -> None:
    found = read(shipped, node("n", "aws:///eu-west-3a/i-0"))
    assert found.workloads[0].places[0].kind == "label"
    assert "differ by account" in found.workloads[0].notes[0]


def test_what_is_not_recognised_is_listed(shipped: Catalog) -> None:
    found = read(
        shipped,
        node("n1", "kind://docker/kind/kind-worker"),
        node("n2", ""),
        node("n3", "hcloud://7"),
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}},
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "p", "namespace": "x"},
            "spec": {"nodeName": "n1"},
        },
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"}},
    )
    assert found.workloads == ()
    assert [each.id for each in found.unassessed] == [
        "node n1",
        "node n2",
        "node n3",
        "Pod x/p",
        "volume pv",
        "Service web",
    ]


def test_typed_lists_and_finished_pods(shipped: Catalog) -> None:
    nodes = {
        "apiVersion": "v1",
        "kind": "NodeList",
        "items": [
            {
                key: value
                for key, value in node("n", "scaleway://instance/fr-par-1/0").items()
                if key != "kind"
            }
        ],
    }
    pods = {
        "apiVersion": "v1",
        "kind": "PodList",
        "items": [
            {
                "metadata": {"name": "done"},
                "spec": {"nodeName": "n"},
                "status": {"phase": "Succeeded"},
            }
        ],
    }
    found = kubernetes.read(
        [("n.json", json.dumps(nodes), nodes), ("p.json", json.dumps(pods), pods)], shipped, DAY
    )
    assert [each.id for each in found.workloads] == ["nodes"]


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "Node"},
        {"kind": "Node", "metadata": 1, "spec": []},
        {"kind": "Node", "metadata": {"name": ["x"], "labels": {"topology.kubernetes.io/zone": 3}}},
        {"kind": "Pod", "metadata": {"ownerReferences": [1, {"controller": True}]}},
        {
            "kind": "PersistentVolume",
            "spec": {
                "nodeAffinity": {
                    "required": {
                        "nodeSelectorTerms": [
                            {
                                "matchExpressions": [
                                    {"key": "topology.kubernetes.io/zone", "values": [1, None]}
                                ]
                            }
                        ]
                    }
                }
            },
        },
    ],
)
def test_odd_objects_are_read_without_a_traceback(shipped: Catalog, item: dict[str, Any]) -> None:
    found = read(shipped, item)
    assert found.workloads == ()
    assert len(found.unassessed) == 1
