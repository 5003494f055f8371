"""Kubernetes: where nodes, pods and volumes stand (``kubectl get ... -o json`` or ``yaml``)."""

# No "from __future__ import annotations" here, as in core.model.

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from math import ceil
from typing import Annotated, Literal

from pydantic import Field

from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.dialect import Checked, zone_in
from zonerisk.catalogue.document import data_root
from zonerisk.catalogue.document import read as document
from zonerisk.core.errors import DataError
from zonerisk.core.model import Record, Text, Url
from zonerisk.core.verdict import Skipped
from zonerisk.words import findings as wording
from zonerisk.workloads.deployment import Deployment, Draft, Place, Placement, Source, Unplaced, majority
from zonerisk.workloads.plan import Json, mapping, sequence, values_at

MAX_OBJECTS = 100_000
OTHER = "zonerisk reads nodes, pods and persistent volumes"
_REGION = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
_ZONE = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_TYPE = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
_ETCD = "node-role.kubernetes.io/etcd"
_CONTROL = {f"node-role.kubernetes.io/{role}" for role in ("control-plane", "controlplane", "master")}
_SPARE = "nodes, control plane without etcd"
RELEASED = "released: no claim holds it any more"
Need = Literal["majority", "kept", "untold", "none"]


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
        self.leaving = bool(self.metadata.get("deletionTimestamp"))

    def label(self, keys: Sequence[str]) -> str | None:
        """Return the first of some labels that is set."""
        values = map(self.labels.get, keys)
        return next((value for value in values if isinstance(value, str) and value), None)


def recognise(tree: Json) -> bool:
    """Return whether JSON is what kubectl writes."""
    return isinstance(tree, dict) and all(isinstance(tree.get(key), str) for key in ("apiVersion", "kind"))


def read(files: Sequence[tuple[str, Mapping[str, int], Json]], catalog: Catalog, day: str) -> Deployment:
    """Read nodes, pods and volumes from one cluster's files (name, lines of names, tree); list the rest."""
    objects: dict[str, list[_Object]] = {}
    known: dict[tuple[str, str], _Object] = {}
    for name, lines, tree in files:
        whole = str(tree.get("kind"))
        for item in sequence(tree.get("items")) if whole.endswith("List") else [tree]:
            if not isinstance(item, dict):
                continue
            # A typed list (NodeList) leaves the kind of its items out.
            kind = str(item.get("kind", whole.removesuffix("List") or "unknown"))
            made = _Object(item, name, lines)
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
    others = [(kind, other) for kind, listed in objects.items() for other in listed]
    unread = [other.source.skipped(f"{kind} {other.name}", OTHER) for kind, other in others]
    guesses = sorted(reader.guesses)
    for draft in reader.drafts.values():
        draft.notes += tuple(wording.guessed(reader.placement.dialect(key).name or key) for key in guesses)
    names = (name for name, _, _ in files)
    return reader.placement.deployment(names, reader.drafts.values(), (*reader.unassessed, *unread))


class _Reader:
    """Gathers workloads of one cluster."""

    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        speech = {key: dialect.kubernetes for key, dialect in placement.dialects.items()}
        self.id_labels = tuple(label for cloud in speech.values() for label in cloud.zone_id_labels)
        own_labels = (label for cloud in speech.values() for label in cloud.zone_labels)
        self.zone_labels = (*self.id_labels, *_ZONE, *own_labels)
        # Some providers' nodes have another's provider ids: their machine types tell them apart.
        self.machines = {machine: key for key, cloud in speech.items() for machine in cloud.machines}
        borrowers_first = sorted(speech.items(), key=lambda row: not row[1].machines)
        ids = ((text, key) for key, cloud in borrowers_first for text in cloud.provider_ids)
        self.schemes = {text.partition("://")[0]: key for text, key in ids}
        self.drivers = {driver: key for key, cloud in speech.items() for driver in cloud.drivers}
        self.places: dict[str, Place] = {}
        self.home: tuple[str, str] | None = None
        self.guesses: set[str] = set()
        self.claims: dict[tuple[str, str], tuple[str, Need]] = {}
        self.sets: dict[tuple[str, str], Need] = {}
        self.drafts: dict[str, Draft] = {}
        self.unassessed: list[Skipped] = []

    def nodes(self, nodes: Sequence[_Object]) -> None:
        """Place every node, and take the control plane and the rest as one workload each."""
        # Some distributions keep etcd apart from the rest of the control plane: etcd votes.
        apart = any(_ETCD in node.labels for node in nodes)
        # A node that has both labels says which zone a letter of this account is.
        self.placement.zone_ids = {
            name: key for node in nodes if (name := node.label(_ZONE)) and (key := node.label(self.id_labels))
        }
        for node in nodes:
            control = not node.labels.keys().isdisjoint(_CONTROL)
            votes = _ETCD in node.labels or (control and not apart)
            key = "nodes, control plane" if votes else _SPARE if control else "nodes"
            draft = self._draft(key, "kept" if key == _SPARE else "majority", node)
            self._put(draft, f"node {node.name}", node, self._node)

    def _put(self, draft: Draft, key: str, of: _Object, place: Callable[[_Object], list[Place]]) -> None:
        """Add an object's places to a workload, or say why they are missing."""
        try:
            draft.places += place(of)
        except Unplaced as error:
            self.unassessed.append(of.source.skipped(key, error))
            draft.missing += 1

    def _draft(self, key: str, needs: Need, first: _Object) -> Draft:
        """Return the workload that an object is a part of."""
        return self.drafts.setdefault(key, Draft(key, first.source, needs))

    def _node(self, node: _Object) -> list[Place]:
        provider_id, machine = str(node.spec.get("providerID", "")), node.label(_TYPE) or ""
        # Oracle's ids are its own: ocid1.instance...
        scheme = re.split(r"://|\.", provider_id)[0]
        owners = (key for start, key in self.machines.items() if machine.startswith(start))
        provider = next(owners, self.schemes.get(scheme))
        # Only of an OpenStack's nodes it is guessed whose they are.
        if provider is None and scheme == "openstack":
            provider = self.placement.openstack(node.label(_REGION) or "")
            self.guesses |= {provider} if provider else set()
        if provider is None:
            raise Unplaced(wording.NO_PROVIDER)
        dialect = self.placement.dialect(provider)
        own, spelled = node.label(dialect.kubernetes.zone_labels), dialect.kubernetes.provider_ids
        named = [node.label(self.id_labels), own, node.label(self.zone_labels), zone_in(provider_id, spelled)]
        names = [zone for zone in named if zone]
        # Some clouds write short names and numbers as regions and zones, but not where their disks are bound.
        text = (own and dialect.region_of(own)) or node.label(_REGION)
        # An id names no region; what else the node says does.
        text = text or next(filter(None, map(dialect.region_of, names)), None)
        if dialect.zones.are_regions:
            text, names = (names[0] if names else text), []
        if text is None:
            raise Unplaced(wording.NO_LABELS)
        region = self.placement.region(provider, text)
        self.home = self.home or (provider, region)
        self.places[node.name] = self._place(provider, region, names[0] if names else None)
        return [self.places[node.name]]

    def _place(self, provider: str, region: str, zone: str | None) -> Place:
        # Azure writes the zone 0, another scheduler "nova", where a region has none.
        named = self.placement.dialect(provider).kubernetes.zone_value
        no_zone = zone in (None, "", "0", "nova") or (named and not named.fullmatch(zone or ""))
        return self.placement.place(region, None if no_zone else zone)

    def pods(self, pods: Sequence[_Object], budgets: Sequence[_Object] = ()) -> None:
        """Take the pods of each controller, or of several that one quorum has, as one workload."""
        idle: dict[tuple[str, str], list[_Object]] = {}
        groups: dict[str, list[_Object]] = {}
        running = [pod for pod in pods if pod.status.get("phase") not in ("Succeeded", "Failed")]
        # Only a stateful set waits until a pod is gone before there is another.
        alive = [pod for pod in running if not pod.leaving or _controller(pod)[0] == "StatefulSet"]
        for pod in alive:
            kind, name = _controller(pod)
            row = next((rule for rule in controllers() if rule.keeps(kind, pod.labels)), None)
            needs: Need = row.needs if row else "untold"
            if row and needs == "none":
                idle.setdefault((f"pods of {kind}s in {pod.namespace}", row.why or ""), []).append(pod)
                continue
            key = f"{kind} {pod.namespace}/{name}"
            if row and row.name:
                joined = "/".join(str(pod.labels[label]) for label in row.join if pod.labels.get(label))
                key = f"{row.name} {pod.namespace}{f'/{joined}' if joined else ''}"
            elif kind == "StatefulSet":
                self.sets[pod.namespace, name] = needs
            if needs != "kept" or (row and row.name):
                for claim in values_at(pod.spec, "volumes.*.persistentVolumeClaim.claimName"):
                    self.claims[pod.namespace, str(claim)] = (f"volumes of {key}", needs)
            self._draft(key, needs, pod)
            groups.setdefault(key, []).append(pod)
        for (key, why), members in idle.items():
            self.unassessed.append(members[0].source.skipped(f"{len(members)} {key}", why))
        held = [(budget, [id(pod) for pod in alive if _selects(budget, pod)]) for budget in budgets]
        for key, group in groups.items():
            draft, staying = self.drafts[key], [pod for pod in group if not pod.leaving]
            hosts = (str(pod.spec.get("nodeName") or "") for pod in staying)
            draft.places += [self.places[host] for host in hosts if host in self.places]
            draft.missing = len(group) - len(draft.places)
            draft.notes = tuple(self._contradicting(group, draft.needs == "majority", held))
            if leaving := len(group) - len(staying):
                reason = wording.leaving_pods(leaving, len(group))
                self.unassessed.append(draft.source.skipped(key, reason))
            if unplaced := draft.missing - leaving:
                reason = wording.unplaced_pods(unplaced, len(group))
                self.unassessed.append(draft.source.skipped(key, reason))

    def _contradicting(
        self, group: Sequence[_Object], most: bool, held: Sequence[tuple[_Object, Sequence[int]]]
    ) -> Iterator[str]:
        """Write budgets and spread constraints that let go of more pods than a workload can lose."""
        total, ids = len(group), set(map(id, group))
        needed = majority(total) if most else 1
        for budget, selected in held:
            away, every = _count(budget.spec.get("maxUnavailable"), len(selected)), len(selected)
            if away is None and (kept := _count(budget.spec.get("minAvailable"), every)) is not None:
                away = every - kept
            gone = min(len(ids.intersection(selected)), away or 0)
            if not ids.isdisjoint(selected) and total - gone < needed:
                yield wording.budget(budget.key, gone, total, needed)
        zones = len({place.id for place in self.places.values()})
        together, preferred = total, True
        spread = map(mapping, sequence(group[0].spec.get("topologySpreadConstraints")))
        constraints = [limit for limit in spread if limit.get("topologyKey") in self.zone_labels]
        for limit in constraints:
            if limit.get("whenUnsatisfiable") != "ScheduleAnyway" and zones:
                skew, preferred = _count(limit.get("maxSkew"), total) or 1, False
                together = min(together, (total + (zones - 1) * skew) // zones)
        if constraints and total - together < needed and total > 1:
            yield wording.uneven(together, total, needed, preferred)

    def volumes(self, volumes: Sequence[_Object]) -> None:
        """Take each volume as one copy, and the volumes of a stateful set, or of one quorum, together."""
        for volume in volumes:
            key, needs = self._claim(volume)
            if volume.status.get("phase") in ("Released", "Failed"):
                self.unassessed.append(volume.source.skipped(key, RELEASED, stands=False))
                continue
            self._put(self._draft(key, needs, volume), key, volume, self._volume)

    def _claim(self, volume: _Object) -> tuple[str, Need]:
        """Name a volume by its claim; of a stateful set's claims, leave the ordinal out."""
        claim = mapping(volume.spec.get("claimRef"))
        if not claim.get("name"):
            return f"volume {volume.name}", "kept"
        namespace, name = str(claim.get("namespace")), str(claim.get("name"))
        stem = re.sub(r"-\d+$", "", name)
        for mark in re.finditer("-", stem):
            if needs := self.sets.get((namespace, stem[mark.end() :])):
                return f"volumes {namespace}/{stem}", needs
        return self.claims.get((namespace, name), (f"volume {namespace}/{name}", "kept"))

    def _volume(self, volume: _Object) -> list[Place]:
        """Place a volume in the zones that its affinity, a label or its own id names."""
        spec = volume.spec
        # A volume in two zones has both in its label.
        zones = _affinity(spec, self.zone_labels) or (volume.label(self.zone_labels) or "").split("__")
        text = next(iter(_affinity(spec, _REGION)), None) or volume.label(_REGION)
        sources = {key: mapping(value) for key, value in spec.items() if isinstance(value, dict)}
        driver = next(filter(self.drivers.get, sources), str(mapping(spec.get("csi")).get("driver")))
        provider, region = self.home or (self.drivers.get(driver), None)
        owner = self.drivers.get(driver, provider)
        if owner is None:
            raise Unplaced(wording.NO_ZONE)
        dialect = self.placement.dialect(owner)
        if not any(zones):
            handles = (source.get(key) for source in sources.values() for key in ("volumeID", "volumeHandle"))
            zones = [zone_in(str(handle), dialect.kubernetes.volume_ids) or "" for handle in handles]
        zones = list(filter(None, zones))
        if not zones:
            raise Unplaced(wording.NO_ZONE)
        # A volume of another provider than the cluster's first node speaks for itself.
        region = region if owner == provider else None
        text = text or (dialect.region_of(zones[0]) if region is None else None)
        if text is not None:
            region = self.placement.region(owner, text)
        if region is None:
            raise Unplaced(wording.NO_ZONE)
        return [self._place(owner, region, zone) for zone in zones]


def _selects(budget: _Object, pod: _Object) -> bool:
    """Return whether a PodDisruptionBudget is about a pod."""
    selector, labels = mapping(budget.spec.get("selector")), pod.labels
    for term in map(mapping, sequence(selector.get("matchExpressions"))):
        value, values = labels.get(str(term.get("key"))), sequence(term.get("values"))
        held = {
            "In": value is not None and value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not held.get(str(term.get("operator"))):
            return False
    wanted = mapping(selector.get("matchLabels")).items()
    same = isinstance(budget.spec.get("selector"), dict) and pod.namespace == budget.namespace
    return same and all(labels.get(key) == value for key, value in wanted)


def _count(value: Json, total: int) -> int | None:
    """Return a number of pods, or a share of them, which Kubernetes rounds up."""
    match = re.fullmatch(r"(\d{1,9})(%?)", str(value))
    return match and (ceil(total * int(match[1]) / 100) if match[2] else int(match[1]))


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
    matches = values_at(spec, "nodeAffinity.required.nodeSelectorTerms.*.matchExpressions")
    named = (values_at(match, "values") for match in matches if mapping(match).get("key") in labels)
    return list(dict.fromkeys(value for values in named for value in values if isinstance(value, str)))
