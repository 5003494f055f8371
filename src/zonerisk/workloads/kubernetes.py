"""Kubernetes: where nodes, pods and volumes stand (``kubectl get ... -o json``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.workloads.deployment import (
    MAJORITY,
    Deployment,
    Place,
    Source,
    Unassessed,
    Workload,
)
from zonerisk.workloads.placement import Placement, Unplaced
from zonerisk.workloads.plan import Json, Lines, mapping, sequence

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog

MAX_OBJECTS = 100_000
ONE = "one keeps it up, assumed"
_REGION = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
_ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_TYPE = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_CONTROL = (
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/master",
    "node-role.kubernetes.io/etcd",
)
_KINDS = ("Node", "Pod", "PersistentVolume")


class _Object(NamedTuple):
    """One object and the line that names it."""

    tree: dict[str, Json]
    source: Source

    @property
    def labels(self) -> dict[str, Json]:
        """Its labels."""
        return mapping(mapping(self.tree.get("metadata")).get("labels"))

    @property
    def provider_id(self) -> str:
        """What its cloud calls a node."""
        return str(mapping(self.tree.get("spec")).get("providerID", ""))

    @property
    def name(self) -> str:
        """Its name, with its namespace where it has one."""
        metadata = mapping(self.tree.get("metadata"))
        namespace = metadata.get("namespace")
        return f"{namespace}/{metadata.get('name')}" if namespace else str(metadata.get("name"))


def recognise(tree: Json) -> bool:
    """Tell whether JSON is what kubectl writes."""
    return (
        isinstance(tree, dict)
        and isinstance(tree.get("apiVersion"), str)
        and isinstance(tree.get("kind"), str)
    )


def read(files: Sequence[tuple[str, str, Json]], catalog: Catalog, day: str) -> Deployment:
    """Read nodes, and the pods and volumes on them; list the others.

    Parameters
    ----------
    files
        Name, text and tree of each file; together they are one cluster.
    catalog
        The records.
    day
        The day, ``YYYY-MM-DD``.
    """
    found: dict[str, list[_Object]] = {}
    for name, text, tree in files:
        lines = Lines(text, "name")
        for item in _items(tree):
            names = mapping(item.get("metadata")).get("name")
            found.setdefault(str(item.get("kind")), []).append(
                _Object(item, Source(name, lines.line(str(names))))
            )
    if sum(len(each) for each in found.values()) > MAX_OBJECTS:
        raise DataError(f"{files[0][0]}: over {MAX_OBJECTS} objects; give one namespace a time")
    reader = _Reader(Placement(catalog, day))
    reader.nodes(found.get("Node", []))
    reader.pods(found.get("Pod", []))
    reader.volumes(found.get("PersistentVolume", []))
    for kind, objects in found.items():
        if kind not in _KINDS:
            reader.unassessed += [
                Unassessed(
                    f"{kind} {each.name}",
                    "zonerisk reads nodes, pods and persistent volumes",
                    each.source,
                )
                for each in objects
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
        speech = [each.kubernetes for each in placement.dialects.values()]
        self.zone_labels = (
            *(label for each in speech for label in each.zone_id_labels),
            *_ZONE,
            *(label for each in speech for label in each.zone_labels),
        )
        self.places: dict[str, Place] = {}
        self.home: tuple[str, str] | None = None
        self.sets: dict[str, list[str]] = {}
        self.workloads: list[Workload] = []
        self.unassessed: list[Unassessed] = []

    def nodes(self, nodes: Sequence[_Object]) -> None:
        """Place every node, and take the control plane and the rest as one workload each."""
        groups: dict[str, list[_Object]] = {}
        for node in nodes:
            try:
                self.places[node.name] = self._node(node)
            except Unplaced as error:
                self.unassessed.append(Unassessed(f"node {node.name}", str(error), node.source))
                continue
            control = any(label in node.labels for label in _CONTROL)
            groups.setdefault("nodes, control plane" if control else "nodes", []).append(node)
        for key, group in groups.items():
            self._add(key, group[0].source, [self.places[node.name] for node in group])

    def _node(self, node: _Object) -> Place:
        provider = self._provider(node)
        dialect = self.placement.dialect(provider)
        zone = _first(node.labels, self.zone_labels) or dialect.kubernetes.zone_in(node.provider_id)
        text = _first(node.labels, _REGION)
        if text is None and zone is not None:
            text = dialect.region_of(zone)
        if dialect.zones.are_regions:
            text, zone = zone or text, None
        if text is None:
            raise Unplaced("it has no topology.kubernetes.io labels and its providerID names no zone")
        region = self.placement.region(provider, text)
        self.home = self.home or (provider, region)
        return self.placement.place(provider, region, self._zone(provider, zone))

    def _zone(self, provider: str, zone: str | None) -> str | None:
        # Azure writes the zone 0, another scheduler "nova", where a region has none.
        if zone in (None, "", "0", "nova"):
            return None
        named = self.placement.dialect(provider).kubernetes.zone_value
        return zone if named is None or (zone and named.fullmatch(zone)) else None

    def _provider(self, node: _Object) -> str:
        machine, scheme = _first(node.labels, _TYPE) or "", node.provider_id.partition("://")[0]
        dialects = {key: each.kubernetes for key, each in self.placement.dialects.items()}
        for provider, speech in dialects.items():
            if machine.startswith(speech.machines or ("\0",)):
                return provider
        for provider, speech in dialects.items():
            if scheme in speech.schemes and not speech.machines:
                return provider
        text = _first(node.labels, _REGION) or ""
        guess = self.placement.openstack(text)
        if guess is None:
            raise Unplaced("its providerID is of no provider that zonerisk knows")
        return guess

    def pods(self, pods: Sequence[_Object]) -> None:
        """Take the pods of each controller as one workload."""
        groups: dict[tuple[str, str], list[_Object]] = {}
        for pod in pods:
            if mapping(pod.tree.get("status")).get("phase") in ("Succeeded", "Failed"):
                continue
            kind, name = _controller(pod)
            namespace = str(mapping(pod.tree.get("metadata")).get("namespace", "default"))
            if kind == "StatefulSet":
                self.sets.setdefault(namespace, []).append(name)
            groups.setdefault((kind, f"{namespace}/{name}"), []).append(pod)
        for (kind, name), group in groups.items():
            hosts = [str(mapping(pod.tree.get("spec")).get("nodeName") or "") for pod in group]
            placed = [self.places[host] for host in hosts if host in self.places]
            key = f"{kind} {name}"
            missing = len(hosts) - len(placed)
            if missing:
                self.unassessed.append(
                    Unassessed(
                        key,
                        f"{missing} of its {len(hosts)} pods stand on no node that was placed; "
                        "give the nodes too: kubectl get nodes,pods -A -o json",
                        group[0].source,
                    )
                )
            if placed:
                self._add(key, group[0].source, placed, voting=kind == "StatefulSet")

    def volumes(self, volumes: Sequence[_Object]) -> None:
        """Take each volume as one copy, and the volumes of a stateful set together."""
        groups: dict[str, list[Place]] = {}
        first: dict[str, _Object] = {}
        for volume in volumes:
            key = self._claim(volume)
            placed = self._volume(key, volume)
            if placed:
                groups.setdefault(key, []).extend(placed)
                first.setdefault(key, volume)
        for key, places in groups.items():
            self._add(key, first[key].source, places, voting=key.startswith("volumes "))

    def _claim(self, volume: _Object) -> str:
        """Name a volume by its claim; of a stateful set's claims, leave the ordinal out."""
        claim = mapping(mapping(volume.tree.get("spec")).get("claimRef"))
        if not claim.get("name"):
            return f"volume {volume.name}"
        namespace, name = str(claim.get("namespace")), str(claim.get("name"))
        stem = re.sub(r"-\d+$", "", name)
        if any(stem.endswith(f"-{each}") for each in self.sets.get(namespace, ())):
            return f"volumes {namespace}/{stem}"
        return f"volume {namespace}/{name}"

    def _volume(self, key: str, volume: _Object) -> list[Place]:
        """Give the zones that a volume's affinity names."""
        zones, regions = _affinity(mapping(volume.tree.get("spec")), self.zone_labels)
        try:
            if self.home is None or not zones:
                raise Unplaced("it names no zone, or no node tells whose cluster it is")
            provider, region = self.home
            region = self.placement.region(provider, regions[0]) if regions else region
            return [self.placement.place(provider, region, self._zone(provider, zone)) for zone in zones]
        except Unplaced as error:
            self.unassessed.append(Unassessed(key, str(error), volume.source))
            return []

    def _add(self, key: str, source: Source, places: Sequence[Place], voting: bool = True) -> None:
        how = (None, MAJORITY) if voting else (1, ONE)
        self.workloads.append(self.placement.workload(key, source, places, *how))


def _first(labels: dict[str, Json], keys: Sequence[str]) -> str | None:
    return next((labels[key] for key in keys if isinstance(labels.get(key), str) and labels[key]), None)


def _controller(pod: _Object) -> tuple[str, str]:
    """Give kind and name of what keeps a pod running; a Deployment for its replica set."""
    metadata = mapping(pod.tree.get("metadata"))
    owners = [
        each
        for each in sequence(metadata.get("ownerReferences"))
        if isinstance(each, dict) and each.get("controller")
    ]
    if not owners:
        return "Pod", str(metadata.get("name"))
    kind, name = str(owners[0].get("kind")), str(owners[0].get("name"))
    mark = pod.labels.get("pod-template-hash")
    if kind == "ReplicaSet" and isinstance(mark, str) and name.endswith(f"-{mark}"):
        return "Deployment", name.removesuffix(f"-{mark}")
    return kind, name


def _affinity(spec: dict[str, Json], zone_labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Give the zones and regions that a volume's node affinity names."""
    zones: list[str] = []
    regions: list[str] = []
    required = mapping(mapping(spec.get("nodeAffinity")).get("required"))
    for term in sequence(required.get("nodeSelectorTerms")):
        for match in sequence(mapping(term).get("matchExpressions")):
            listed = [each for each in sequence(mapping(match).get("values")) if isinstance(each, str)]
            if mapping(match).get("key") in zone_labels:
                zones += listed
            elif mapping(match).get("key") in _REGION:
                regions += listed
    return list(dict.fromkeys(zones)), list(dict.fromkeys(regions))
