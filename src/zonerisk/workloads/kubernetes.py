"""Kubernetes: where nodes, pods and volumes stand (``kubectl get ... -o json``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from zonerisk.core.errors import DataError
from zonerisk.workloads.deployment import (
    MAJORITY,
    Deployment,
    Place,
    Placement,
    Source,
    Unplaced,
    Workload,
)
from zonerisk.workloads.plan import Json, lines_of, mapping, sequence

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Skipped

MAX_OBJECTS = 100_000
ONE = "one keeps it up, assumed"
OTHER = "zonerisk reads nodes, pods and persistent volumes"
_REGION = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
_ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_TYPE = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_CONTROL = (
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node-role.kubernetes.io/etcd",
)


class _Object:
    """One object and the line that names it; the name has its namespace before it where it has one."""

    def __init__(self, tree: dict[str, Json], file: str, lines: dict[str, int]) -> None:
        self.metadata, self.spec, self.status = (
            mapping(tree.get(key)) for key in ("metadata", "spec", "status")
        )
        self.labels = mapping(self.metadata.get("labels"))
        name, namespace = str(self.metadata.get("name")), self.metadata.get("namespace")
        self.name = f"{namespace}/{name}" if namespace else name
        self.namespace = str(self.metadata.get("namespace", "default"))
        self.source = Source(file, lines.get(name, 1))

    def label(self, keys: Sequence[str]) -> str | None:
        """Return the first of some labels that is set."""
        values = map(self.labels.get, keys)
        return next((value for value in values if isinstance(value, str) and value), None)


def recognise(tree: Json) -> bool:
    """Return whether JSON is what kubectl writes."""
    return (
        isinstance(tree, dict)
        and isinstance(tree.get("apiVersion"), str)
        and isinstance(tree.get("kind"), str)
    )


def read(files: Sequence[tuple[str, str, Json]], catalog: Catalog, day: str) -> Deployment:
    """Read nodes, pods and volumes from one cluster's files (name, text, tree); list other objects."""
    objects: dict[str, list[_Object]] = {}
    for name, text, tree in files:
        lines = lines_of(text, "name")
        for item in _items(tree):
            objects.setdefault(str(item.get("kind")), []).append(_Object(item, name, lines))
    if sum(map(len, objects.values())) > MAX_OBJECTS:
        raise DataError(f"{files[0][0]}: over {MAX_OBJECTS} objects; give one namespace a time")
    reader = _Reader(Placement(catalog, day))
    reader.nodes(objects.pop("Node", []))
    reader.pods(objects.pop("Pod", []))
    reader.volumes(objects.pop("PersistentVolume", []))
    reader.unassessed += [
        other.source.skipped(f"{kind} {other.name}", OTHER)
        for kind, others in objects.items()
        for other in others
    ]
    return Deployment(tuple(name for name, _, _ in files), tuple(reader.workloads), tuple(reader.unassessed))


def _items(tree: dict[str, Json]) -> Iterator[dict[str, Json]]:
    kind = str(tree.get("kind"))
    if kind.endswith("List"):
        for item in sequence(tree.get("items")):
            if isinstance(item, dict):
                # A typed list (NodeList) leaves the kind of its items out.
                yield {"kind": kind.removesuffix("List") or "unknown", **item}
    else:
        yield tree


class _Reader:
    """Gathers workloads of one cluster."""

    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        speech = {key: dialect.kubernetes for key, dialect in placement.dialects.items()}
        self.zone_labels = (
            *(label for each in speech.values() for label in each.zone_id_labels),
            *_ZONE,
            *(label for each in speech.values() for label in each.zone_labels),
        )
        # Some providers' nodes have another's provider ids: their machine types tell them apart.
        self.machines = {machine: key for key, each in speech.items() for machine in each.machines}
        self.schemes = {
            scheme: key for key, each in speech.items() if not each.machines for scheme in each.schemes
        }
        self.places: dict[str, Place] = {}
        self.home: tuple[str, str] | None = None
        self.sets: dict[str, set[str]] = {}
        self.workloads: list[Workload] = []
        self.unassessed: list[Skipped] = []

    def nodes(self, nodes: Sequence[_Object]) -> None:
        """Place every node, and take the control plane and the rest as one workload each."""
        groups: dict[str, list[_Object]] = {}
        for node in nodes:
            try:
                self.places[node.name] = self._node(node)
            except Unplaced as error:
                self.unassessed.append(node.source.skipped(f"node {node.name}", error))
                continue
            control = not node.labels.keys().isdisjoint(_CONTROL)
            groups.setdefault("nodes, control plane" if control else "nodes", []).append(node)
        for key, group in groups.items():
            self._add(key, group[0].source, [self.places[node.name] for node in group])

    def _node(self, node: _Object) -> Place:
        provider_id = str(node.spec.get("providerID", ""))
        provider = self._provider(node, provider_id.partition("://")[0])
        dialect = self.placement.dialect(provider)
        zone = node.label(self.zone_labels) or dialect.kubernetes.zone_in(provider_id)
        text = node.label(_REGION)
        if text is None and zone is not None:
            text = dialect.region_of(zone)
        if dialect.zones.are_regions:
            text, zone = zone or text, None
        if text is None:
            raise Unplaced("it has no topology.kubernetes.io labels and its providerID names no zone")
        region = self.placement.region(provider, text)
        self.home = self.home or (provider, region)
        return self._place(provider, region, zone)

    def _place(self, provider: str, region: str, zone: str | None) -> Place:
        # Azure writes the zone 0, another scheduler "nova", where a region has none.
        named = self.placement.dialect(provider).kubernetes.zone_value
        no_zone = zone in (None, "", "0", "nova") or (named and not named.fullmatch(zone or ""))
        return self.placement.place(provider, region, None if no_zone else zone)

    def _provider(self, node: _Object, scheme: str) -> str:
        machine = node.label(_TYPE) or ""
        provider = next((key for start, key in self.machines.items() if machine.startswith(start)), None)
        provider = provider or self.schemes.get(scheme) or self.placement.openstack(node.label(_REGION) or "")
        if provider is None:
            raise Unplaced("its providerID is of no provider that zonerisk knows")
        return provider

    def pods(self, pods: Sequence[_Object]) -> None:
        """Take the pods of each controller as one workload."""
        groups: dict[tuple[str, str], list[_Object]] = {}
        for pod in pods:
            if pod.status.get("phase") in ("Succeeded", "Failed"):
                continue
            kind, name = _controller(pod)
            if kind == "StatefulSet":
                self.sets.setdefault(pod.namespace, set()).add(name)
            groups.setdefault((kind, f"{pod.namespace}/{name}"), []).append(pod)
        for (kind, name), group in groups.items():
            hosts = (str(pod.spec.get("nodeName") or "") for pod in group)
            placed = [self.places[host] for host in hosts if host in self.places]
            key, source = f"{kind} {name}", group[0].source
            missing = len(group) - len(placed)
            if missing:
                reason = (
                    f"{missing} of its {len(group)} pods stand on no node that was placed; "
                    "give the nodes too: kubectl get nodes,pods -A -o json"
                )
                self.unassessed.append(source.skipped(key, reason))
            if placed:
                self._add(key, source, placed, voting=kind == "StatefulSet")

    def volumes(self, volumes: Sequence[_Object]) -> None:
        """Take each volume as one copy, and the volumes of a stateful set together."""
        groups: dict[tuple[str, bool], tuple[Source, list[Place]]] = {}
        for volume in volumes:
            key, in_set = self._claim(volume)
            try:
                places = self._volume(volume.spec)
            except Unplaced as error:
                self.unassessed.append(volume.source.skipped(key, error))
            else:
                groups.setdefault((key, in_set), (volume.source, []))[1].extend(places)
        for (key, in_set), (source, places) in groups.items():
            self._add(key, source, places, voting=in_set)

    def _claim(self, volume: _Object) -> tuple[str, bool]:
        """Name a volume by its claim; of a stateful set's claims, leave the ordinal out."""
        claim = mapping(volume.spec.get("claimRef"))
        if not claim.get("name"):
            return f"volume {volume.name}", False
        namespace, name = str(claim.get("namespace")), str(claim.get("name"))
        stem = re.sub(r"-\d+$", "", name)
        if any(stem.endswith(f"-{owner}") for owner in self.sets.get(namespace, ())):
            return f"volumes {namespace}/{stem}", True
        return f"volume {namespace}/{name}", False

    def _volume(self, spec: dict[str, Json]) -> list[Place]:
        """Place a volume in the zones that its affinity names."""
        zones, regions = _affinity(spec, self.zone_labels), _affinity(spec, _REGION)
        if self.home is None or not zones:
            raise Unplaced("it names no zone, or no node tells whose cluster it is")
        provider, region = self.home
        region = self.placement.region(provider, regions[0]) if regions else region
        return [self._place(provider, region, zone) for zone in zones]

    def _add(self, key: str, source: Source, places: Sequence[Place], voting: bool = True) -> None:
        quorum, basis = (None, MAJORITY) if voting else (1, ONE)
        self.workloads.append(self.placement.workload(key, source, places, quorum, basis))


def _controller(pod: _Object) -> tuple[str, str]:
    """Return kind and name of what keeps a pod running; a Deployment for its replica set."""
    owners = map(mapping, sequence(pod.metadata.get("ownerReferences")))
    owner = next((owner for owner in owners if owner.get("controller")), None)
    if owner is None:
        return "Pod", str(pod.metadata.get("name"))
    kind, name = str(owner.get("kind")), str(owner.get("name"))
    mark = pod.label(("pod-template-hash",))
    if kind == "ReplicaSet" and mark and name.endswith(f"-{mark}"):
        return "Deployment", name.removesuffix(f"-{mark}")
    return kind, name


def _affinity(spec: dict[str, Json], labels: Sequence[str]) -> list[str]:
    """Return the values of some labels that a volume's node affinity names."""
    required = mapping(mapping(spec.get("nodeAffinity")).get("required"))
    terms = map(mapping, sequence(required.get("nodeSelectorTerms")))
    matches = (mapping(match) for term in terms for match in sequence(term.get("matchExpressions")))
    named = (sequence(match.get("values")) for match in matches if match.get("key") in labels)
    return list(dict.fromkeys(value for values in named for value in values if isinstance(value, str)))
