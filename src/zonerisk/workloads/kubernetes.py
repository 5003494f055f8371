"""Kubernetes: where nodes, pods and volumes stand (``kubectl get ... -o json`` or ``yaml``)."""

# No "from __future__ import annotations" here, as in core.model.

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import ceil
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from zonerisk.catalogue.dialect import Checked, zone_in
from zonerisk.catalogue.document import data_root
from zonerisk.catalogue.document import read as document
from zonerisk.core.errors import DataError
from zonerisk.core.model import Record, Text, Url
from zonerisk.words import workloads as wording
from zonerisk.workloads.deployment import (
    MAJORITY,
    UNTOLD,
    Deployment,
    Place,
    Placement,
    Source,
    Unplaced,
    Workload,
    majority,
)
from zonerisk.workloads.plan import Json, mapping, sequence

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Skipped

MAX_OBJECTS = 100_000
ONE = "one keeps it up, assumed"
OTHER = "zonerisk reads nodes, pods and persistent volumes"
_REGION = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
_ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_TYPE = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_ETCD = "node-role.kubernetes.io/etcd"
_CONTROL = {
    "node-role.kubernetes.io/control-plane",
    "node-role.kubernetes.io/controlplane",
    "node-role.kubernetes.io/master",
}
_SPARE = "nodes, control plane without etcd"
RELEASED = "released: no claim holds it any more"
Need = Literal["majority", "one", "untold", "none"]
_NEEDS: Mapping[Need, tuple[int | None, str]] = {
    "majority": (None, MAJORITY),
    "one": (1, ONE),
    "untold": (1, UNTOLD),
}


class Controller(Record):
    """What keeps pods running, and how many of them it needs; ``data/controllers.yaml`` says what is what."""

    name: Text | None = None
    owners: tuple[Text, ...] = ()
    labels: Annotated[dict[Text, Text], Field(default_factory=dict)]
    join: tuple[Text, ...] = ()
    needs: Need
    why: Text | None = None
    sources: Annotated[tuple[Url, ...], Field(min_length=1)]
    checked: Checked

    def keeps(self, kind: str, labels: Mapping[str, Json]) -> bool:
        """Return whether a pod with such an owner and labels is one of its."""
        return (not self.owners or kind in self.owners) and all(
            labels.get(key) == value or (value == "*" and labels.get(key))
            for key, value in self.labels.items()
        )


class _Controllers(Record):
    controllers: tuple[Controller, ...]


@cache
def controllers() -> tuple[Controller, ...]:
    """Return what is known of controllers; the first that keeps a pod is the one that counts."""
    return document(data_root() / "controllers.yaml").validate(_Controllers).controllers


class _Object:
    """One object and the line that names it; the name has its namespace before it where it has one."""

    def __init__(self, tree: dict[str, Json], file: str, lines: Mapping[str, int]) -> None:
        self.metadata, self.spec, self.status = (
            mapping(tree.get(key)) for key in ("metadata", "spec", "status")
        )
        self.labels = mapping(self.metadata.get("labels"))
        self.key, namespace = str(self.metadata.get("name")), self.metadata.get("namespace")
        self.name = f"{namespace}/{self.key}" if namespace else self.key
        self.namespace = str(self.metadata.get("namespace", "default"))
        self.source = Source(file, lines.get(self.key, 1))

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


def read(files: Sequence[tuple[str, Mapping[str, int], Json]], catalog: "Catalog", day: str) -> Deployment:
    """Read nodes, pods and volumes from one cluster's files (name, lines of names, tree); list the rest."""
    objects: dict[str, list[_Object]] = {}
    known: dict[tuple[str, str], _Object] = {}
    for name, lines, tree in files:
        for item in _items(tree):
            kind, made = str(item.get("kind")), _Object(item, name, lines)
            first = known.setdefault((kind, made.name), made)
            if first is made:
                objects.setdefault(kind, []).append(made)
            elif kind == "Node" and first.metadata.get("uid") != made.metadata.get("uid"):
                raise DataError(f"{name}: two nodes have one name; give the files of one cluster at a time")
    if sum(map(len, objects.values())) > MAX_OBJECTS:
        raise DataError(f"{files[0][0]}: over {MAX_OBJECTS} objects; give one namespace a time")
    reader = _Reader(Placement(catalog, day))
    reader.nodes(objects.pop("Node", []))
    reader.pods(objects.pop("Pod", []), objects.pop("PodDisruptionBudget", []))
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
        self.id_labels = tuple(label for each in speech.values() for label in each.zone_id_labels)
        self.zone_labels = (
            *self.id_labels,
            *_ZONE,
            *(label for each in speech.values() for label in each.zone_labels),
        )
        # Some providers' nodes have another's provider ids: their machine types tell them apart.
        self.machines = {machine: key for key, each in speech.items() for machine in each.machines}
        self.schemes = {
            scheme: key for key, each in speech.items() if not each.machines for scheme in each.schemes
        }
        self.drivers = {driver: key for key, each in speech.items() for driver in each.drivers}
        self.places: dict[str, Place] = {}
        self.home: tuple[str, str] | None = None
        self.guesses: set[str] = set()
        self.claims: dict[tuple[str, str], tuple[str, Need]] = {}
        self.sets: dict[str, dict[str, Need]] = {}
        self.workloads: list[Workload] = []
        self.unassessed: list[Skipped] = []

    def nodes(self, nodes: Sequence[_Object]) -> None:
        """Place every node, and take the control plane and the rest as one workload each."""
        groups: dict[str, list[_Object]] = {}
        # Some distributions keep etcd apart from the rest of the control plane: etcd votes.
        apart = any(_ETCD in node.labels for node in nodes)
        # A node that has both labels says which zone a letter of this account is.
        self.placement.zone_ids = {
            name: key for node in nodes if (name := node.label(_ZONE)) and (key := node.label(self.id_labels))
        }
        for node in nodes:
            try:
                self.places[node.name] = self._node(node)
            except Unplaced as error:
                self.unassessed.append(node.source.skipped(f"node {node.name}", error))
            control = not node.labels.keys().isdisjoint(_CONTROL)
            votes = _ETCD in node.labels or (control and not apart)
            key = "nodes, control plane" if votes else _SPARE if control else "nodes"
            groups.setdefault(key, []).append(node)
        for key, group in groups.items():
            placed = [self.places[node.name] for node in group if node.name in self.places]
            needs: Need = "one" if key == _SPARE else "majority"
            self._add(key, group[0].source, placed, needs, len(group) - len(placed))

    def _node(self, node: _Object) -> Place:
        provider_id = str(node.spec.get("providerID", ""))
        # Oracle's ids are its own: ocid1.instance...
        provider = self._provider(node, re.split(r"://|\.", provider_id)[0])
        dialect = self.placement.dialect(provider)
        named = [node.label(self.zone_labels), zone_in(provider_id, dialect.kubernetes.provider_ids)]
        names = [each for each in named if each]
        zone = names[0] if names else None
        # An id names no region; what else the node says does.
        text = node.label(_REGION) or next(filter(None, map(dialect.region_of, names)), None)
        if dialect.zones.are_regions:
            text, zone = zone or text, None
        if text is None:
            raise Unplaced(wording.NO_LABELS)
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
        provider = provider or self.schemes.get(scheme)
        # Only of an OpenStack's nodes it is guessed whose they are.
        if provider is None and scheme == "openstack":
            provider = self.placement.openstack(node.label(_REGION) or "")
            self.guesses |= {provider} if provider else set()
        if provider is None:
            raise Unplaced(wording.NO_PROVIDER)
        return provider

    def pods(self, pods: Sequence[_Object], budgets: Sequence[_Object] = ()) -> None:
        """Take the pods of each controller, or of several that one quorum has, as one workload."""
        groups: dict[str, _Group] = {}
        idle: dict[tuple[str, str], list[_Object]] = {}
        alive = [pod for pod in pods if pod.status.get("phase") not in ("Succeeded", "Failed")]
        for pod in alive:
            kind, name = _controller(pod)
            row = next((each for each in controllers() if each.keeps(kind, pod.labels)), None)
            needs: Need = row.needs if row else "untold"
            if row and needs == "none":
                idle.setdefault((f"pods of {kind}s in {pod.namespace}", row.why or ""), []).append(pod)
                continue
            key = f"{kind} {pod.namespace}/{name}"
            if row and row.name:
                joined = "/".join(str(pod.labels[label]) for label in row.join if pod.labels.get(label))
                key = f"{row.name} {pod.namespace}{f'/{joined}' if joined else ''}"
            elif kind == "StatefulSet":
                self.sets.setdefault(pod.namespace, {})[name] = needs
            if needs != "one" or (row and row.name):
                for volume in map(mapping, sequence(pod.spec.get("volumes"))):
                    claim = str(mapping(volume.get("persistentVolumeClaim")).get("claimName"))
                    self.claims[pod.namespace, claim] = (f"volumes of {key}", needs)
            groups.setdefault(key, _Group(needs, [])).pods.append(pod)
        for (key, why), each in idle.items():
            self.unassessed.append(each[0].source.skipped(f"{len(each)} {key}", why))
        held = [(budget, _selected(budget, alive)) for budget in budgets]
        for key, (needs, group) in groups.items():
            hosts = (str(pod.spec.get("nodeName") or "") for pod in group)
            placed = [self.places[host] for host in hosts if host in self.places]
            source, missing = group[0].source, len(group) - len(placed)
            if missing:
                self.unassessed.append(source.skipped(key, wording.unplaced_pods(missing, len(group))))
            needed = 1 if needs != "majority" else majority(len(group))
            notes = self._contradicting(group, needed, held)
            self._add(key, source, placed, needs, missing, notes)

    def _contradicting(
        self, group: Sequence[_Object], needed: int, held: Sequence[tuple[_Object, Sequence[_Object]]]
    ) -> Iterator[str]:
        """Word budgets and spread constraints that let go of more pods than a workload can lose."""
        total, ids = len(group), set(map(id, group))
        for budget, selected in held:
            ours = sum(id(pod) in ids for pod in selected)
            gone = min(ours, _evicted(budget.spec, len(selected)))
            if ours and total - gone < needed:
                yield wording.budget(budget.key, gone, total, needed)
        zones = len({place.id for place in self.places.values()})
        most, preferred = total, True
        constraints = [
            each
            for each in map(mapping, sequence(group[0].spec.get("topologySpreadConstraints")))
            if each.get("topologyKey") in self.zone_labels
        ]
        for each in constraints:
            if each.get("whenUnsatisfiable") != "ScheduleAnyway" and zones:
                skew, preferred = _count(each.get("maxSkew"), total) or 1, False
                most = min(most, (total + (zones - 1) * skew) // zones)
        if constraints and total - most < needed and total > 1:
            yield wording.uneven(most, total, needed, preferred)

    def volumes(self, volumes: Sequence[_Object]) -> None:
        """Take each volume as one copy, and the volumes of a stateful set, or of one quorum, together."""
        groups: dict[tuple[str, Need], tuple[Source, list[Place], list[_Object]]] = {}
        for volume in volumes:
            key, needs = self._claim(volume)
            if volume.status.get("phase") in ("Released", "Failed"):
                self.unassessed.append(volume.source.skipped(key, RELEASED, stands=False))
                continue
            _, places, missing = groups.setdefault((key, needs), (volume.source, [], []))
            try:
                places += self._volume(volume)
            except Unplaced as error:
                self.unassessed.append(volume.source.skipped(key, error))
                missing.append(volume)
        for (key, needs), (source, places, missing) in groups.items():
            self._add(key, source, places, needs, len(missing))

    def _claim(self, volume: _Object) -> tuple[str, Need]:
        """Name a volume by its claim; of a stateful set's claims, leave the ordinal out."""
        claim = mapping(volume.spec.get("claimRef"))
        if not claim.get("name"):
            return f"volume {volume.name}", "one"
        namespace, name = str(claim.get("namespace")), str(claim.get("name"))
        stem = re.sub(r"-\d+$", "", name)
        owners = self.sets.get(namespace, {})
        for mark in re.finditer("-", stem):
            if needs := owners.get(stem[mark.end() :]):
                return f"volumes {namespace}/{stem}", needs
        return self.claims.get((namespace, name), (f"volume {namespace}/{name}", "one"))

    def _volume(self, volume: _Object) -> list[Place]:
        """Place a volume in the zones that its affinity, a label or its own id names."""
        spec = volume.spec
        zones, regions = _affinity(spec, self.zone_labels), _affinity(spec, _REGION)
        if not zones:
            # A volume in two zones has both in its label.
            zones = [zone for zone in (volume.label(self.zone_labels) or "").split("__") if zone]
        regions = regions or [each for each in [volume.label(_REGION)] if each]
        sources = {key: mapping(each) for key, each in spec.items() if isinstance(each, dict)}
        driver = next((key for key in sources if key in self.drivers), "")
        driver = driver or str(mapping(spec.get("csi")).get("driver"))
        provider, region = self.home or (self.drivers.get(driver), None)
        told = self.drivers.get(driver, provider)
        if told is None:
            raise Unplaced(wording.NO_ZONE)
        dialect = self.placement.dialect(told)
        if not zones:
            handles = (each.get(key) for each in sources.values() for key in ("volumeID", "volumeHandle"))
            named = (zone_in(str(each), dialect.kubernetes.volume_ids) for each in handles)
            zones = [zone for zone in named if zone]
        if not zones:
            raise Unplaced(wording.NO_ZONE)
        # A volume of another provider than the cluster's first node speaks for itself.
        region = region if told == provider else None
        text = regions[0] if regions else dialect.region_of(zones[0])
        if text is not None and (regions or region is None):
            region = self.placement.region(told, text)
        if region is None:
            raise Unplaced(wording.NO_ZONE)
        return [self._place(told, region, zone) for zone in zones]

    def _add(
        self,
        key: str,
        source: Source,
        places: Sequence[Place],
        needs: Need,
        missing: int = 0,
        notes: Iterable[str] = (),
    ) -> None:
        if not places:
            return
        quorum, basis = _NEEDS[needs]
        guessed = (
            wording.guessed(self.placement.dialect(each).name or each) for each in sorted(self.guesses)
        )
        workload = self.placement.workload(
            key, source, places, quorum, basis, (*notes, *guessed), missing=missing
        )
        self.workloads.append(workload)


class _Group(NamedTuple):
    needs: Need
    pods: list[_Object]


def _selected(budget: _Object, pods: Iterable[_Object]) -> list[_Object]:
    """Return the pods that a PodDisruptionBudget is about."""
    selector = budget.spec.get("selector")
    if not isinstance(selector, dict):
        return []
    return [pod for pod in pods if pod.namespace == budget.namespace and _matches(selector, pod.labels)]


def _matches(selector: Mapping[str, Json], labels: Mapping[str, Json]) -> bool:
    for each in map(mapping, sequence(selector.get("matchExpressions"))):
        value, values = labels.get(str(each.get("key"))), sequence(each.get("values"))
        held = {
            "In": value is not None and value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not held.get(str(each.get("operator"))):
            return False
    return all(labels.get(key) == value for key, value in mapping(selector.get("matchLabels")).items())


def _evicted(spec: Mapping[str, Json], total: int) -> int:
    """Return how many of some pods a budget lets be evicted at once."""
    most, least = _count(spec.get("maxUnavailable"), total), _count(spec.get("minAvailable"), total)
    return most if most is not None else total - least if least is not None else 0


def _count(value: Json, total: int) -> int | None:
    """Return a number of pods, or a share of them, which Kubernetes rounds up."""
    found = re.fullmatch(r"(\d{1,9})(%?)", str(value))
    return found and (ceil(total * int(found[1]) / 100) if found[2] else int(found[1]))


def _controller(pod: _Object) -> tuple[str, str]:
    """Return kind and name of what keeps a pod running; a Deployment for its replica set."""
    owners = map(mapping, sequence(pod.metadata.get("ownerReferences")))
    owner = next((owner for owner in owners if owner.get("controller") in (True, "true")), None)
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
