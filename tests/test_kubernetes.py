from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError
from zonerisk.workloads import kubernetes, plan
from zonerisk.workloads.audit import audit
from zonerisk.workloads.deployment import Deployment
from zonerisk.workloads.plan import lines_of

EXAMPLES = Path(__file__).parent.parent / "examples" / "kubernetes"
DAY = "2026-11-23"


def example(name: str, catalog: Catalog) -> Deployment:
    text = (EXAMPLES / f"{name}.json").read_text()
    return kubernetes.read([(name, lines_of(text, "name"), json.loads(text))], catalog, DAY)


def read(catalog: Catalog, *items: dict[str, Any]) -> Deployment:
    tree = {"apiVersion": "v1", "kind": "List", "items": list(items)}
    return kubernetes.read([("k.json", lines_of(json.dumps(tree), "name"), tree)], catalog, DAY)


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
    found = kubernetes.read([("n.json", {}, nodes), ("p.json", {}, pods)], shipped, DAY)
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


PAR = {f"n{at}": node(f"n{at}", f"scaleway://instance/fr-par-{zone}/x{at}") for at, zone in enumerate("1123")}


def pod(
    name: str, host: str, owner: str = "", of: str = "", namespace: str = "db", **spec: Any
) -> dict[str, Any]:
    owners = [{"kind": owner, "name": of, "controller": True}] if owner else []
    labels = spec.pop("labels", {})
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": owners},
        "spec": {"nodeName": host, **spec},
    }


def judged(catalog: Catalog, *items: dict[str, Any]) -> dict[str, Any]:
    policy = catalog.policy("podcast")
    answer = audit(catalog, read(catalog, *PAR.values(), *items), policy, DAY)
    return {each.id: each for each in answer.workloads}


def outcomes(each: Any) -> dict[str, str]:
    return {finding.rule: finding.outcome for finding in each.findings}


def test_kafka_controllers_vote_though_no_stateful_set_keeps_them(shipped: Catalog) -> None:
    hosts = ("n0", "n1", "n2")
    bare = [pod(f"k-{host}", host, "StrimziPodSet", "kafka-controller") for host in hosts]
    found = judged(shipped, *bare)["StrimziPodSet db/kafka-controller"]
    assert (found.copies, found.quorum) == (3, 2)
    assert outcomes(found)["survives"] == "fail"
    # Two pools of controllers are one quorum; brokers that do not vote are no quorum that is known.
    roles = {"strimzi.io/cluster": "k", "strimzi.io/broker-role": "true"}
    voting = {**roles, "strimzi.io/controller-role": "true"}
    pools = [
        *(pod(f"a-{host}", host, "StrimziPodSet", "k-a", labels=voting) for host in ("n0", "n2")),
        pod("b-0", "n3", "StrimziPodSet", "k-b", labels=voting),
        *(pod(f"c-{host}", host, "StrimziPodSet", "k-c", labels=roles) for host in ("n0", "n2", "n3")),
    ]
    found_all = judged(shipped, *pools)
    controllers, brokers = found_all["Kafka controllers db/k"], found_all["Kafka brokers db/k"]
    assert (controllers.copies, controllers.quorum) == (3, 2)
    assert outcomes(controllers)["survives"] != "fail"
    assert outcomes(brokers)["survives"] == "unknown"
    assert "how many it needs is not told" in brokers.quorum_basis
    survives = next(each for each in brokers.findings if each.rule == "survives")
    assert "how many it needs is not told" in survives.message


def test_workers_of_connectors_vote_for_nothing_and_poolers_hold_no_data(shipped: Catalog) -> None:
    kind = {"strimzi.io/cluster": "c", "strimzi.io/kind": "KafkaConnect"}
    connect = [pod(f"c-{host}", host, "StrimziPodSet", "c-connect", labels=kind) for host in ("n0", "n2")]
    cluster = {"cnpg.io/cluster": "pg"}
    data = [pod(f"pg-{host}", host, "Cluster", "pg", labels=cluster) for host in ("n0", "n1")]
    pooler = [pod("r-1", "n2", "ReplicaSet", "r", labels={**cluster, "cnpg.io/podRole": "pooler"})]
    found = judged(shipped, *connect, *data, *pooler)
    assert found["StrimziPodSet db/c-connect"].quorum == 1
    # Both copies of the data stand in one zone, whatever the pooler does elsewhere.
    assert found["PostgreSQL db/pg"].copies == 2
    assert outcomes(found["PostgreSQL db/pg"])["survives"] == "fail"
    assert found["ReplicaSet db/r"].quorum == 1


def test_an_owner_that_is_not_known_needs_nobody_knows_how_many(shipped: Catalog) -> None:
    spread = [pod(f"v-{host}", host, "VitessShard", "s") for host in ("n0", "n2", "n3")]
    together = [pod(f"w-{host}", host, "VitessShard", "t") for host in ("n0", "n1")]
    found = judged(shipped, *spread, *together)
    assert outcomes(found["VitessShard db/s"])["survives"] == "unknown"
    assert outcomes(found["VitessShard db/s"])["quorum"] == "pass"
    # Where all go at once, it needs no knowing how many are needed.
    assert outcomes(found["VitessShard db/t"])["survives"] == "fail"


@pytest.mark.parametrize(
    ("owners", "labels", "name", "needed"),
    [
        (
            ["Deployment rook-ceph-mon-a", "Deployment rook-ceph-mon-b", "Deployment rook-ceph-mon-c"],
            {"app": "rook-ceph-mon", "rook_cluster": "rook-ceph"},
            "Ceph monitors db/rook-ceph",
            2,
        ),
        (["Cluster pg"] * 3, {"cnpg.io/cluster": "pg"}, "PostgreSQL db/pg", 1),
        (
            ["StatefulSet c-dc1-r1", "StatefulSet c-dc1-r2", "StatefulSet c-dc1-r3"],
            {"cassandra.datastax.com/cluster": "c", "cassandra.datastax.com/datacenter": "dc1"},
            "Cassandra db/c/dc1",
            1,
        ),
        (
            ["StatefulSet es-a", "StatefulSet es-b", "StatefulSet es-c"],
            {
                "elasticsearch.k8s.elastic.co/cluster-name": "es",
                "elasticsearch.k8s.elastic.co/node-master": "true",
            },
            "Elasticsearch masters db/es",
            2,
        ),
    ],
)
def test_a_quorum_of_several_controllers_is_one(
    shipped: Catalog, owners: list[str], labels: dict[str, str], name: str, needed: int
) -> None:
    pods = [pod(f"p{at}", f"n{at}", *owner.split(" "), labels=labels) for at, owner in enumerate(owners)]
    found = judged(shipped, *pods)
    assert set(found) == {"nodes", name}
    assert (found[name].copies, found[name].quorum) == (3, needed)
    if needed == 2:
        assert outcomes(found[name])["survives"] == "fail"


def test_static_pods_are_no_workloads_but_etcd_is(shipped: Catalog) -> None:
    masters = [
        {**each, "metadata": {"name": name, "labels": {"node-role.kubernetes.io/control-plane": ""}}}
        for name, each in PAR.items()
        if name != "n1"
    ]
    static = [
        pod(f"{part}-{host}", host, "Node", host, "kube-system", labels={"component": part})
        for part in ("etcd", "kube-apiserver")
        for host in ("n0", "n2", "n3")
    ]
    found = read(shipped, *masters, *static, pod("j", "n0", "Job", "j"))
    assert [(each.id, len(each.places), each.quorum) for each in found.workloads] == [
        ("nodes, control plane", 3, 2),
        ("etcd kube-system", 3, 2),
    ]
    assert [each.id for each in found.unassessed] == [
        "3 pods of Nodes in kube-system",
        "1 pods of Jobs in db",
    ]


@pytest.mark.parametrize(
    ("provider_id", "region"),
    [("digitalocean://7", "sgp1"), ("vultr://7", "waw"), ("", "sgp1"), ("other://7", "uk"), ("x://7", "de")],
)
def test_only_an_openstack_is_taken_for_ovhcloud(shipped: Catalog, provider_id: str, region: str) -> None:
    found = read(shipped, node("n", provider_id, topology_kubernetes_io__region=region))
    assert not any(place.region.startswith("ovh") for each in found.workloads for place in each.places)
    (guessed,) = read(shipped, node("n", "openstack:///7", topology_kubernetes_io__region="SGP1")).workloads
    assert guessed.places[0].region == "ovh-sgp"
    assert "assumed to be OVHcloud's by the name of its region" in guessed.notes[0]


ZONE = "failure-domain.beta.kubernetes.io/zone"


@pytest.mark.parametrize(
    ("labels", "spec", "places"),
    [
        ({ZONE: "us-east-1c"}, {"awsElasticBlockStore": {}}, ["aws-us-east-1/us-east-1c"]),
        ({}, {"awsElasticBlockStore": {"volumeID": "aws://us-east-1c/vol-1"}}, ["aws-us-east-1/us-east-1c"]),
        (
            {},
            {
                "csi": {
                    "driver": "pd.csi.storage.gke.io",
                    "volumeHandle": "projects/p/zones/europe-west1-b/disks/d",
                }
            },
            ["google-europe-west1/europe-west1-b"],
        ),
        (
            {ZONE: "europe-west1-b__europe-west1-c"},
            {"gcePersistentDisk": {}},
            ["google-europe-west1/europe-west1-b", "google-europe-west1/europe-west1-c"],
        ),
        (
            {},
            {"csi": {"driver": "csi.scaleway.com", "volumeHandle": "fr-par-2/11111111-1111"}},
            ["scaleway-fr-par/fr-par-2"],
        ),
    ],
)
def test_a_volume_tells_its_zone(
    shipped: Catalog, labels: dict[str, str], spec: dict[str, Any], places: list[str]
) -> None:
    volume = {"kind": "PersistentVolume", "metadata": {"name": "v", "labels": labels}, "spec": spec}
    (found,) = read(shipped, volume).workloads
    assert [place.id for place in found.places] == places
    # Beside nodes of its cluster it stands where it says, all the same.
    home = node("n", "aws:///us-east-1c/i-0")
    assert [place.id for place in read(shipped, home, volume).workloads[-1].places] == places


def test_volumes_of_an_operators_pods_are_one_workload(shipped: Catalog) -> None:
    def claim(at: int) -> dict[str, Any]:
        return {"volumes": [{"persistentVolumeClaim": {"claimName": f"data-{at}"}}]}

    pods = [pod(f"k{at}", f"n{at}", "StrimziPodSet", "k", **claim(at)) for at in (0, 2, 3)]
    volumes = [
        {
            "kind": "PersistentVolume",
            "metadata": {"name": f"v{at}", "labels": {ZONE: f"fr-par-{zone}"}},
            "spec": {"claimRef": {"namespace": "db", "name": f"data-{at}"}},
        }
        for at, zone in ((0, 1), (2, 2), (3, 3))
    ]
    found = {each.id: each for each in read(shipped, *PAR.values(), *pods, *volumes).workloads}
    assert len(found["volumes of StrimziPodSet db/k"].places) == 3
    assert found["volumes of StrimziPodSet db/k"].quorum == 2


def budget(name: str, **spec: Any) -> dict[str, Any]:
    return {"kind": "PodDisruptionBudget", "metadata": {"name": name, "namespace": "db"}, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"maxUnavailable": 1}, None),
        ({"maxUnavailable": "34%"}, "lets 2 of 3 pods be evicted at once, and it needs 2"),
        ({"minAvailable": 2}, None),
        ({"minAvailable": "50%"}, None),
        ({"minAvailable": "1"}, "lets 2 of 3 pods be evicted at once, and it needs 2"),
        ({"minAvailable": "nonsense"}, None),
    ],
)
def test_a_budget_that_lets_the_quorum_go_is_told(
    shipped: Catalog, spec: dict[str, Any], said: str | None
) -> None:
    pods = [pod(f"p{at}", f"n{at}", "StatefulSet", "s", labels={"app": "s"}) for at in (0, 2, 3)]
    other = pod("q", "n0", "StatefulSet", "q", labels={"app": "q"})
    selector = {"matchExpressions": [{"key": "app", "operator": "In", "values": ["s"]}]}
    found = read(shipped, *PAR.values(), *pods, other, budget("b", selector=selector, **spec))
    notes = {each.id: each.notes for each in found.workloads}
    assert notes["StatefulSet db/q"] == ()
    assert found.unassessed == ()
    assert notes["StatefulSet db/s"] == ((f"its PodDisruptionBudget b {said}",) if said else ())


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ({"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}, None),
        ({"maxSkew": 2, "whenUnsatisfiable": "DoNotSchedule"}, "letting one zone hold 2 of 3 pods"),
        ({"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}, "only preferred, so letting one zone hold 3"),
        ({"maxSkew": 9, "topologyKey": "kubernetes.io/hostname"}, None),
    ],
)
def test_a_spread_that_lets_a_zone_hold_the_quorum_is_told(
    shipped: Catalog, constraint: dict[str, Any], said: str | None
) -> None:
    spread = {"topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone", **constraint}]}
    pods = [pod(f"p{at}", f"n{at}", "StatefulSet", "s", **spread) for at in (0, 2, 3)]
    notes = read(shipped, *PAR.values(), *pods).workloads[-1].notes
    assert bool(notes) == bool(said)
    assert not said or said in notes[0]


def test_yaml_is_read_like_json(shipped: Catalog, tmp_path: Path) -> None:
    for name in ("scaleway", "aws", "azure"):
        source = EXAMPLES / f"{name}.json"
        path = tmp_path / f"{name}.yaml"
        path.write_text(yaml.safe_dump(json.loads(source.read_text())))
        ours = plan.read([str(path)], None, shipped, None).deployment
        theirs = plan.read([str(source)], None, shipped, None).deployment
        assert [(each.id, each.places, each.quorum) for each in ours.workloads] == [
            (each.id, each.places, each.quorum) for each in theirs.workloads
        ]
        line = ours.workloads[0].source.line
        assert line > 1
        assert "name: " in path.read_text().splitlines()[line - 1]


def test_a_letter_is_the_id_that_the_nodes_of_its_account_say(shipped: Catalog) -> None:
    def aws(name: str, zone: str, zone_id: str | None = None) -> dict[str, Any]:
        made = node(name, f"aws:///{zone}/i-{name}")
        made["metadata"]["labels"] = {"topology.kubernetes.io/zone": zone}
        made["metadata"]["labels"] |= {"topology.k8s.aws/zone-id": zone_id} if zone_id else {}
        return made

    tied = read(shipped, aws("a", "eu-west-3b"), aws("b", "eu-west-3b", "euw3-az2"), aws("c", "eu-west-3c"))
    assert [place.id for place in tied.workloads[0].places] == [
        "aws-eu-west-3/euw3-az2",
        "aws-eu-west-3/euw3-az2",
        "aws-eu-west-3/eu-west-3c",
    ]
    answer = audit(shipped, tied, shipped.policy("podcast"), DAY).workloads[0]
    outcomes = {each.rule: each.outcome for each in answer.findings}
    assert (outcomes["quorum"], outcomes["survives"]) == ("fail", "fail")


def test_an_id_and_letters_that_nothing_ties_may_be_one_zone(shipped: Catalog) -> None:
    text = """
workloads:
  etcd: {provider: aws, region: eu-west-3, zones: [euw3-az1, eu-west-3a, eu-west-3b]}
  one: {provider: aws, region: eu-west-3, zones: [euw3-az1, eu-west-3a], quorum: 1}
"""
    found = plan.read(["-"], text.encode(), shipped, DAY).deployment
    for judged in audit(shipped, found, shipped.policy("podcast"), DAY).workloads:
        told = {each.rule: each for each in judged.findings}
        assert (told["quorum"].outcome, told["survives"].outcome) == ("unknown", "unknown")
    assert "1 to 2 places" in told["quorum"].message
    assert "0 to 1 of 2 copies left" in told["survives"].message


@pytest.mark.parametrize(
    ("provider_id", "labels", "place"),
    [
        ("digitalocean://7", {"topology.kubernetes.io/region": "fra1"}, "digitalocean-fra1/fra1"),
        ("linode://7", {"topology.kubernetes.io/region": "nl-ams"}, "akamai-nl-ams/nl-ams"),
        ("vultr://7", {"topology.kubernetes.io/region": "ams"}, "vultr-ams/ams"),
        (
            "ocid1.instance.oc1.uk-london-1.x",
            {
                "topology.kubernetes.io/region": "uk-london-1",
                "topology.kubernetes.io/zone": "UK-LONDON-1-AD-3",
            },
            "oracle-uk-london-1/uk-london-1-ad-3",
        ),
        (
            "ibm://a///c/w",
            {"topology.kubernetes.io/region": "eu-de", "topology.kubernetes.io/zone": "eu-de-3"},
            "ibm-eu-de/eu-de-3",
        ),
        (
            "cn-hongkong.i-j6c",
            {
                "node.kubernetes.io/instance-type": "ecs.g6.large",
                "topology.kubernetes.io/region": "cn-hongkong",
                "topology.kubernetes.io/zone": "cn-hongkong-b",
            },
            "alibaba-cn-hongkong/cn-hongkong-b",
        ),
        (
            "alicloud://cn-hongkong.i-j6c",
            {"topology.diskplugin.csi.alibabacloud.com/zone": "cn-hongkong-b"},
            "alibaba-cn-hongkong/cn-hongkong-b",
        ),
        (
            "qcloud:///160001/ins-6pj",
            {
                "topology.com.tencent.cloud.csi.cbs/zone": "ap-chengdu-1",
                "topology.kubernetes.io/region": "cd",
                "topology.kubernetes.io/zone": "160001",
            },
            "tencent-ap-chengdu/ap-chengdu-1",
        ),
        (
            "stackit://5f2",
            {"topology.kubernetes.io/region": "eu01", "topology.kubernetes.io/zone": "eu01-2"},
            "stackit-eu01/eu01-2",
        ),
    ],
)
def test_nodes_of_more_providers_of_the_catalogue(
    shipped: Catalog, provider_id: str, labels: dict[str, str], place: str
) -> None:
    made = node("n", provider_id)
    made["metadata"]["labels"] = labels
    found = read(shipped, made)
    assert [each.places[0].id for each in found.workloads] == [place], found.unassessed


def test_numbers_and_short_names_alone_are_no_place(shipped: Catalog) -> None:
    made = node("n", "qcloud:///160001/ins-6pj")
    made["metadata"]["labels"] = {
        "topology.kubernetes.io/region": "cd",
        "topology.kubernetes.io/zone": "160001",
    }
    found = read(shipped, made)
    assert ([*found.workloads], [each.id for each in found.unassessed]) == ([], ["node n"])


def paris(name: str, zone: int, *roles: str, **metadata: Any) -> dict[str, Any]:
    made = node(
        name, f"scaleway://instance/fr-par-{zone}/{name}", topology_kubernetes_io__zone=f"fr-par-{zone}"
    )
    made["metadata"] |= metadata
    made["metadata"]["labels"] |= {f"node-role.kubernetes.io/{role}": "" for role in roles}
    return made


def member(at: int, host: str | None) -> dict[str, Any]:
    owner = {"kind": "StatefulSet", "name": "db", "controller": True}
    return {
        "kind": "Pod",
        "metadata": {"name": f"db-{at}", "namespace": "d", "ownerReferences": [owner]},
        "spec": {"nodeName": host} if host else {},
    }


def test_pods_and_nodes_without_a_place_count_towards_the_quorum(shipped: Catalog) -> None:
    hosts = [paris(f"n{zone}", zone, "control-plane") for zone in (1, 2, 3)]
    strangers = [node(f"x{at}", "kind://x", **{"node-role.kubernetes.io/master": ""}) for at in range(2)]
    pods = [member(at, host) for at, host in enumerate(["n1", "n2", "n3", None, "x0"])]
    found = {each.id: each for each in read(shipped, *hosts, *strangers, *pods).workloads}
    for key in ("nodes, control plane", "StatefulSet d/db"):
        assert (len(found[key].places), found[key].quorum, found[key].more) == (3, 3, 2)


def test_etcd_that_stands_apart_votes_alone(shipped: Catalog) -> None:
    etcd = [paris(f"e{at}", zone, "etcd") for at, zone in enumerate((1, 1, 2))]
    others = [paris(f"c{at}", zone, "control-plane") for at, zone in enumerate((2, 3))]
    found = {each.id: each for each in read(shipped, *etcd, *others).workloads}
    voting = found["nodes, control plane"]
    assert (len(voting.places), voting.quorum) == (3, 2)
    assert found["nodes, control plane without etcd"].quorum == 1


def test_an_object_counts_once_and_one_name_is_one_node(shipped: Catalog) -> None:
    found = read(shipped, paris("a", 1), paris("b", 2), paris("a", 1), paris("a", 1))
    assert len(found.workloads[0].places) == 2
    with pytest.raises(DataError, match="one cluster at a time"):
        read(shipped, paris("a", 1, uid="1"), paris("a", 2, uid="2"))


def test_a_volume_that_was_released_is_no_copy(shipped: Catalog) -> None:
    def volume(at: int, zone: int, phase: str) -> dict[str, Any]:
        return {
            "kind": "PersistentVolume",
            "metadata": {"name": f"pv{at}-{zone}"},
            "spec": {
                "csi": {"driver": "csi.scaleway.com", "volumeHandle": f"fr-par-{zone}/{at}"},
                "claimRef": {"namespace": "d", "name": f"data-db-{at}"},
            },
            "status": {"phase": phase},
        }

    bound = [volume(0, 1, "Bound"), volume(1, 1, "Bound")]
    old = [volume(0, 2, "Released"), volume(1, 3, "Released")]
    pods = [member(at, "n1") for at in (0, 1)]
    found = {each.id: each for each in read(shipped, paris("n1", 1), *pods, *bound, *old).workloads}
    assert len({place.id for place in found["volumes d/data-db"].places}) == 1


def test_a_pod_that_is_being_deleted_is_no_copy(shipped: Catalog) -> None:
    def kept(kind: str, name: str, zone: int, leaving: bool = False) -> dict[str, Any]:
        owner = {"kind": kind, "name": name, "controller": True}
        gone = {"deletionTimestamp": "2026-11-23T00:00:00Z"} if leaving else {}
        named = {"name": f"{name}-{zone}", "namespace": "shop", "ownerReferences": [owner], **gone}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": {"nodeName": f"n{zone}"}}

    found = judged(
        shipped,
        kept("ReplicaSet", "web", 1),
        kept("ReplicaSet", "web", 2, leaving=True),
        *(kept("StatefulSet", "db", zone, leaving=zone == 3) for zone in (1, 2, 3)),
    )
    web, data = found["ReplicaSet shop/web"], found["StatefulSet shop/db"]
    assert (web.copies, web.copies_at_most, outcomes(web)["survives"]) == (1, 1, "fail")
    # The stateful set's will be there again, somewhere.
    assert (data.copies, data.copies_at_most, data.quorum) == (2, 3, 2)
    assert outcomes(data)["quorum"] == outcomes(data)["survives"] == "unknown"
