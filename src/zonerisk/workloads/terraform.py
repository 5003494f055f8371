"""Terraform: where the resources of a plan or state (``terraform show -json``) stand."""

from __future__ import annotations

import os
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from zonerisk.catalogue import document
from zonerisk.core.errors import DataError
from zonerisk.words import workloads as wording
from zonerisk.workloads.deployment import (
    ANOTHER,
    MAJORITY,
    MAX_COPIES,
    UNTOLD,
    Deployment,
    Place,
    Placement,
    Source,
    Unplaced,
    Workload,
    spread,
)
from zonerisk.workloads.plan import Json, lines_of, mapping, sequence

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.catalogue.dialect import Dialect, ResourceType, Standing
    from zonerisk.core.verdict import Skipped

MAX_RESOURCES = 100_000
MAX_DEPTH = 3
_RESOURCE = re.compile(r'^[ \t]*resource[ \t]+"([\w-]+)"[ \t]+"([\w-]+)"', re.MULTILINE)
_BACKUP = re.compile("snapshot|backup|recovery_services|_archive")
# Providers of Terraform itself: what they make stands nowhere.
_LOGICAL = frozenset(("archive", "cloudinit", "external", "http", "local", "null", "random", "template"))
_LOGICAL |= {"terraform", "time", "tls"}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_INDEX = re.compile(rf"\[(?:\d+|{_QUOTED})\]")
_KEY = re.compile(rf"\[{_QUOTED}\]$")
# Keys that differ by these are names of roles, not numbers or letters of copies.
_WORD = re.compile("[a-z]{3,}")
_BASIS = {"majority": MAJORITY, "one": ANOTHER, "untold": UNTOLD}
# By these others may name a resource.
_NAMES = ("id", "arn", "self_link", "name", "subnet_id", "identifier", "bucket")
NOT_READ = "zonerisk does not read where this type of resource stands"
NO_PROVIDER = "zonerisk reads no resources of this provider"
PLACELESS = "has no place of its own"
OF_WHAT = "a backup, but of what the file does not tell; state it in a plan (YAML)"
NO_PLACE = "the file names no region or zone for it (not known before apply, or set outside)"
NO_MEMBER = "its copies are instances, and the file holds none"
NO_COPIES = "it has no copies"
OUTSIDE = "stands outside the provider's regions, in an edge zone or on premises"
ONE_OF = "in which of the subnets that it refers to it stands, the file does not tell"


class _Resource(NamedTuple):
    """A resource: its address with the module before it, and without any index; its type and values."""

    full: str
    address: str
    type: str
    values: dict[str, Json]

    @property
    def module(self) -> str:
        """The instance of the module that it stands in."""
        return self.full.rpartition(f"{self.type}.")[0]

    @property
    def key(self) -> str:
        """Its key under for_each; none where it is counted."""
        index = _KEY.search(self.full)
        return index[0] if index else ""


def unindexed(address: str) -> str:
    """Return an address as the configuration writes it: of all instances of a module and a resource."""
    return _INDEX.sub("", address)


class _Settings(NamedTuple):
    """What a provider's configuration says: defaults by attribute, and the hosts it talks to."""

    defaults: dict[str, Json]
    host: str | None = None
    endpoints: tuple[str, ...] = ()
    key: str = ""


class _Use(NamedTuple):
    """How the configuration writes a resource: its module, its expressions, and its provider's key."""

    module: str
    expressions: dict[str, Json]
    key: str


class _Referred(NamedTuple):
    """Resources, or their addresses, that an attribute refers to.

    ``whole`` if there may be no others; ``sure`` if it is all of them, and nothing chooses among them.
    """

    found: Sequence[Any]
    whole: bool
    sure: bool


class _Told(NamedTuple):
    """Zones and regions of what a resource refers to; ``most`` of them, None without a bound.

    Not ``sure`` where one may stand outside the file, or where which of several it is depends on a
    condition, an index or a slice: an expression tells no more than all that it may take.
    """

    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    most: int | None = 0
    sure: bool = True


class _Stand(NamedTuple):
    """Where the copies of one resource stand, how many more there may be, and how many have to stay up.

    ``within`` are the only zones in which they can stand, told or not; none where nothing bounds that.
    """

    places: tuple[Place, ...]
    more: int | None
    needed: str
    within: tuple[Place, ...] = ()


@dataclass
class _Part:
    """A workload to be: its resources, where they stand, and the resource that they are replicas of."""

    key: str
    resources: list[_Resource]
    stands: list[_Stand]
    notes: list[str] = field(default_factory=list)
    missing: int = 0
    source: str = ""


_NOTHING = _Settings({})


def recognise(tree: Json) -> bool:
    """Return whether JSON is the output of ``terraform show -json``, or of ``tofu show -json``."""
    return isinstance(tree, dict) and "format_version" in tree


def misfit(raw: bytes) -> str | None:
    """Return what else of Terraform a file is that is not read, with the command that helps."""
    head = raw[:4096]
    command = "run terraform show -json FILE (or tofu show -json FILE) and give what it prints"
    if head.startswith(b"PK\x03\x04"):
        return f"is a binary plan; {command}"
    if b'"@level"' in head.partition(b"\n")[0]:
        return f"is a log in JSON lines; run terraform plan -out FILE, then {command}"
    if b'"lineage"' in head and b'"serial"' in head and b'"format_version"' not in head:
        return f"is a raw state file; {command}"
    return None


def read(name: str, text: str, tree: Json, catalog: Catalog, day: str) -> Deployment:
    """Read the resources that stand somewhere from a file's name, text and tree; list the others."""
    version = str(tree.get("format_version"))
    if not re.match(r"[01]\.", version):
        raise DataError(f"{name}: format_version is not 0.x or 1.x; this zonerisk reads those")
    groups: dict[str, list[_Resource]] = {}
    for count, resource in enumerate(_resources(tree)):
        if count >= MAX_RESOURCES:
            raise DataError(f"{name}: over {MAX_RESOURCES} resources; give one workspace a time")
        groups.setdefault(resource.address, []).append(resource)
    reader = _Reader(name, text, tree, Placement(catalog, day), groups)
    for address, resources in groups.items():
        reader.group(address, resources)
    reader.join()
    return Deployment((name,), tuple(reader.workloads), tuple(reader.unassessed))


def _resources(tree: Json) -> Iterator[_Resource]:
    """Iterate over the managed resources of all modules; of changes alone, over what they lead to."""
    values = tree.get("planned_values") or tree.get("values")
    if values is None:
        changes = map(mapping, sequence(tree.get("resource_changes")))
        found = [{**each, "values": mapping(each.get("change")).get("after")} for each in changes]
        values = {"root_module": {"resources": [each for each in found if each["values"] is not None]}}
    return (each for mode, each in _every(values) if mode != "data")


def _every(values: Json) -> Iterator[tuple[Json, _Resource]]:
    waiting = deque([mapping(mapping(values).get("root_module"))])
    while waiting:
        here = waiting.popleft()
        module = str(here.get("address", ""))
        for each in filter(None, map(mapping, sequence(here.get("resources")))):
            full = str(each.get("address", ""))
            # Terraform 0.12 leaves the module out of its resources' addresses.
            if module and not full.startswith(f"{module}."):
                full = f"{module}.{full}"
            # What was replaced and is still to be destroyed is no copy.
            if each.get("deposed_key") or each.get("deposed"):
                continue
            hidden = mapping(each.get("sensitive_values"))
            seen = {k: value for k, value in mapping(each.get("values")).items() if hidden.get(k) is not True}
            yield each.get("mode"), _Resource(full, unindexed(full), str(each.get("type", "")), seen)
        waiting += map(mapping, sequence(here.get("child_modules")))


class _Configuration:
    """The configuration part of a plan: which provider a resource has, and what it refers to."""

    def __init__(self, tree: Json, folder: Path) -> None:
        configuration = mapping(tree.get("configuration"))
        root = mapping(configuration.get("root_module"))
        self.variables: dict[str, Json] = {}
        self.uses: dict[str, _Use] = {}
        self.calls: dict[str, tuple[str, dict[str, Json]]] = {}
        self.outputs: dict[str, Json] = {}
        self.written: dict[str, Source] = {}
        headers = cache(_headers)
        waiting: list[tuple[str, dict[str, Json], Path | None]] = [("", root, folder)]
        while waiting:
            prefix, module, folder_ = waiting.pop()
            for name, variable in mapping(module.get("variables")).items():
                self.variables[f"{prefix}{name}"] = mapping(variable).get("default")
            for resource in map(mapping, sequence(module.get("resources"))):
                key, address = str(resource.get("provider_config_key", "")), str(resource.get("address", ""))
                expressions = mapping(resource.get("expressions"))
                self.uses[prefix + address] = _Use(prefix, expressions, key)
                if folder_ and (source := headers(folder_).get(address)):
                    self.written[prefix + address] = source
            for name, output in mapping(module.get("outputs")).items():
                self.outputs[f"{prefix}{name}"] = mapping(output).get("expression")
            for name, call in mapping(module.get("module_calls")).items():
                below = f"{prefix}module.{name}."
                path = str(mapping(call).get("source"))
                self.calls[below] = (prefix, mapping(mapping(call).get("expressions")))
                beside = folder_ if path.startswith(("./", "../")) else None
                inner = beside and Path(os.path.normpath(beside / path))
                waiting.append((below, mapping(mapping(call).get("module")), inner))
        given = mapping(tree.get("variables"))
        self.variables |= {name: mapping(variable).get("value") for name, variable in given.items()}
        blocks = mapping(configuration.get("provider_config"))
        self.providers = {key: self._provider(key, mapping(block)) for key, block in blocks.items()}

    def _provider(self, key: str, config: dict[str, Json]) -> _Settings | None:
        """Read a provider's block; None for one that says nothing, which inherits."""
        expressions = mapping(config.get("expressions"))
        if not expressions:
            return None
        module = _path(key)
        region, zone, url = (
            self._value(module, expressions.get(key)) for key in ("region", "zone", "auth_url")
        )
        hosts = (each for block in sequence(expressions.get("endpoints")) for each in mapping(block).values())
        addresses = [self._value(module, each) for each in hosts]
        host = re.sub(r"^https?://([^/:]+).*$", r"\1", url) if url else None
        return _Settings({"region": region, "zone": zone}, host, tuple(filter(None, addresses)), key)

    def _value(self, module: str, expression: Json) -> str | None:
        expression = mapping(expression)
        values = [expression.get("constant_value")]
        if values == [None]:
            # One of several variables, or what several make together, is none of them.
            values = [
                self._variable(module, name) for name in map(str, sequence(expression.get("references")))
            ]
        first = values[0] if values else None
        return first if isinstance(first, str) and first and values.count(first) == len(values) else None

    def _variable(self, module: str, reference: str) -> Json:
        name = reference.removeprefix("var.")
        parent, given = self.calls.get(module, ("", {}))
        return self._value(parent, given[name]) if name in given else self.variables.get(f"{module}{name}")

    def settings(self, address: str) -> _Settings:
        """Return the provider's settings of a resource, told by its address without indices.

        A module's provider that has no entry was handed to it, and which one that was no file tells
        (hashicorp/terraform#30113): it counts where all that it can be say the same. An entry that says
        nothing inherits.
        """
        use = self.uses.get(address)
        if use is None:
            return _NOTHING
        plain = use.key.rpartition(":")[2]
        for key in (use.key, f"{_path(use.key)[:-1]}:{plain}"):
            if key in self.providers:
                own = self.providers[key]
                return own or self.providers.get(plain) or _NOTHING
        kind = plain.partition(".")[0]
        of_kind = (key for key in self.providers if ":" not in key and key.partition(".")[0] == kind)
        handed = [self.providers[key] or _NOTHING for key in of_kind]
        return handed[0] if handed and all(each[:3] == handed[0][:3] for each in handed) else _NOTHING

    def targets(self, address: str, path: str) -> _Referred:
        """Return the addresses of what an attribute refers to, through variables and outputs of modules."""
        use = self.uses.get(address)
        found: set[str] = set()
        whole = plain = use is not None
        waiting = [(use.module, each) for each in values_at(use.expressions, path)] if use else []
        seen = set()
        while waiting:
            module, expression = waiting.pop()
            for reference in map(str, sequence(mapping(expression).get("references"))):
                if (module, reference) in seen:
                    continue
                seen.add((module, reference))
                head, *rest = reference.split(".")
                name = unindexed(rest[head == "module"]) if rest[head == "module" :] else ""
                if head in ("var", "module"):
                    # An item of a list is one of them.
                    plain &= name in rest or not name
                if head == "var":
                    parent, given = self.calls.get(module, ("", {}))
                    constant = mapping(given.get(name)).get("constant_value")
                    constant = constant if name in given else self.variables.get(f"{module}{name}")
                    if name in given and constant is None:
                        waiting.append((parent, given[name]))
                    else:
                        plain = False
                        whole &= isinstance(constant, bool | int)
                elif head == "module":
                    below = f"{module}module.{unindexed(rest[0])}." if name else ""
                    waiting.append((below, self.outputs.get(below + name)))
                    whole &= not name or below + name in self.outputs
                elif head in ("count", "local", "path", "terraform"):
                    plain = False
                    whole &= head == "count"
                elif rest:
                    found.add(module + ".".join([head, *rest][: 3 if head == "data" else 2]))
        # "a[0].id", "a[0]" and "a" stand together: the nearest counts.
        nearest = [each for each in sorted(found) if not any(one.startswith(f"{each}[") for one in found)]
        return _Referred(nearest, whole, plain)


def _path(key: str) -> str:
    """Return the module that a provider's key begins with, as addresses have it: ``module.a.``."""
    names = re.split("[:.]", key.rpartition(":")[0])
    return "".join(f"module.{name}." for name in names if name not in ("", "module"))


def _headers(folder: Path) -> dict[str, Source]:
    """Read where the ``.tf`` files of a folder begin which resource."""
    found = {}
    with suppress(OSError, ValueError, DataError):
        for path in sorted(folder.glob("*.tf")):
            text = document.content(path, document.MAX_BYTES).decode("utf-8", "replace")
            for match in _RESOURCE.finditer(text):
                line = text.count("\n", 0, match.start(1)) + 1
                found[f"{match[1]}.{match[2]}"] = Source(os.path.normpath(path), line)
    return found


def values_at(values: Json, path: str, unknown: bool = False) -> list[Json]:
    """Return what stands at a path of attributes: ``a.0.b``, or ``a.*.b`` for every item.

    What is ``unknown`` before apply is None in a list; it is left out if it is not asked for.
    """
    nodes = [values]
    for step in path.split("."):
        below: list[Json] = []
        for node in nodes:
            if isinstance(node, dict) and step in node:
                below.append(node[step])
            elif isinstance(node, list):
                below += node if step == "*" else node[int(step) : int(step) + 1] if step.isdigit() else []
        nodes = below
    flat = (item for node in nodes for item in (node if isinstance(node, list) else [node]))
    return [item for item in flat if item != "" and (unknown or item is not None)]


def _texts(values: Json, paths: Iterable[str]) -> list[str]:
    """Return what stands at the first path that is set; of a link, its last part."""
    found = next(filter(None, (values_at(values, path) for path in paths)), [])
    return [str(each).rpartition("/")[2] for each in found]


def _number(values: Json, paths: Iterable[str]) -> int | None:
    """Return the first count that is set, or that stands there itself; of several items, their sum."""
    for path in paths:
        found = list(map(str, [path] if path.isdecimal() else values_at(values, path)))
        if found and all(map(str.isdecimal, found)) and (total := sum(map(int, found))) <= MAX_COPIES:
            return total
    return None


def _fits(values: Json, when: dict[str, re.Pattern[str]]) -> bool:
    for path, pattern in when.items():
        found = [
            str(each).lower() if isinstance(each, bool) else str(each) for each in values_at(values, path)
        ]
        if not any(map(pattern.fullmatch, found or ["-"])):
            return False
    return True


def _asked(values: Json, kind: ResourceType) -> bool:
    """Return whether what has such values is read: all that it needs, and nothing that rules it out."""
    return _fits(values, kind.only) and not any(
        pattern.fullmatch(str(each))
        for path, pattern in kind.never.items()
        for each in values_at(values, path)
    )


class _Reader:
    """Makes a workload of each group of resources that differ by their index alone."""

    def __init__(
        self, name: str, text: str, tree: Json, placement: Placement, groups: dict[str, list[_Resource]]
    ) -> None:
        self.name, self.placement = name, placement
        self.lines = lines_of(text, "address")
        self.configuration = _Configuration(tree, Path(name).parent)
        # Several providers may run what is behind one type: OpenStack.
        self.types: dict[str, dict[str, ResourceType]] = defaultdict(dict)
        self.carriers: dict[str, Standing] = {}
        tables: dict[str, tuple[tuple[str, str], re.Pattern[str]]] = {}
        self.prefixes: dict[str, str] = {}
        for provider, dialect in placement.dialects.items():
            speech = dialect.terraform
            for type_, row in speech.types.items():
                self.types[type_][provider] = row
                self.carriers[type_] = row
                self.prefixes[type_.partition("_")[0]] = provider
            self.carriers |= speech.carriers
            if dialect.zones.id:
                tables |= {type_: (paths, dialect.zones.id) for type_, paths in speech.zone_ids.items()}
        prior = mapping(mapping(tree.get("prior_state")).get("values"))
        self.instances: dict[str, list[_Resource]] = defaultdict(list)
        self.named: dict[tuple[str, str], list[_Resource]] = defaultdict(list)
        # Letters of zones are each account's own: its id for each, by whose it is.
        self.letters: dict[str, dict[str, str]] = defaultdict(dict)
        self.known_as: dict[str, str] = {}
        every = list(chain((each for _, each in _every(prior)), chain.from_iterable(groups.values())))
        accounts = {account for each in every if (account := _of_arn(each.values, 4))}
        self.several = len(accounts) > 1
        self.owners: dict[str, list[str]] = defaultdict(list)
        # What will be is held over what was before.
        carriers: dict[str, _Resource] = {}
        for each in every:
            if each.type in self.carriers:
                before = carriers[each.full].values if each.full in carriers else {}
                new = {key: value for key, value in each.values.items() if value is not None}
                carriers[each.full] = each._replace(values={**before, **new})
            if each.type in tables:
                paths, pattern = tables[each.type]
                names, ids = (values_at(each.values, path) for path in paths)
                for letter, key in zip(map(str, names), map(str, ids), strict=False):
                    if pattern.fullmatch(key):
                        self.letters[letter][self._owner(each)] = key
                        self.known_as[key] = letter
        for each in carriers.values():
            for key in {each.address, each.address + each.key, each.full}:
                self.instances[key].append(each)
            for key in {str(each.values.get(key)) for key in _NAMES}:
                self.named[each.type, key].append(each)
        self.led: list[_Resource] = []
        self.told: dict[tuple[object, ...], _Told] = {}
        self.referred: dict[tuple[object, ...], _Referred] = {}
        self.joined: dict[str, list[tuple[_Resource, _Stand]]] = defaultdict(list)
        self.parts: list[_Part] = []
        self.workloads: list[Workload] = []
        self.unassessed: list[Skipped] = []

    def _owner(self, resource: _Resource) -> str:
        """Return whose letters a resource speaks in: the account of its ARN, else its provider's key."""
        account = _of_arn(resource.values, 4) if self.several else ""
        return account or self.configuration.settings(resource.address).key

    def group(self, address: str, resources: list[_Resource]) -> None:
        """Place the resources of one address, or say why they are not."""
        first = resources[0]
        kinds = self.types.get(first.type, {})
        resources = [one for one in resources if any(_asked(one.values, kind) for kind in kinds.values())]
        if not resources:
            self.unassessed.append(self._unread(first.type, address, first))
            return
        settings = self.configuration.settings(address)
        stands: list[tuple[_Resource, _Stand]] = []
        lost: list[_Resource] = []
        notes: dict[str, str] = {}
        kind = next(iter(kinds.values()))
        for resource in resources:
            try:
                provider = next(iter(kinds)) if len(kinds) == 1 else self._cloud(resource, settings, notes)
                kind = kinds[provider]
                stand = self._stand(provider, kind, resource, settings, notes)
            except Unplaced as error:
                self.unassessed.append(self._source(resource).skipped(resource.full, error))
                lost.append(resource)
                continue
            if stand is None:
                # Its members speak for it.
                self.led.append(resource)
            elif stand.places:
                stands.append((resource, stand))
            else:
                self.unassessed.append(self._source(resource).skipped(resource.full, NO_COPIES))
        for resource in lost:
            if source := self._lone(resource, _row(kind, resource).replica_of):
                self.parts.append(_Part(resource.full, [resource], [], missing=1, source=source))
        if kind.joined:
            for resource, stand in stands:
                self.joined[self._whole(resource, kind)].append((resource, stand))
        elif kind.alone or any(stand.needed == "one" for _, stand in stands):
            for resource, stand in stands:
                source = self._lone(resource, _row(kind, resource).replica_of)
                self.parts.append(
                    _Part(resource.full, [resource], [stand], list(notes.values()), source=source)
                )
        elif stands:
            keys = [one.key.strip('[]"') for one, _ in stands]
            if len({tuple(_WORD.findall(key.lower())) for key in keys}) > 1:
                notes["roles"] = wording.roles(keys)
            placed = [stand for _, stand in stands]
            self.parts.append(_Part(address, resources, placed, list(notes.values()), len(lost)))

    def _source(self, resource: _Resource, address: str = "") -> Source:
        at = self.configuration.written.get(unindexed(address or resource.address))
        return at or Source(self.name, self.lines.get(resource.full, 1))

    def _unread(self, type_: str, address: str, first: _Resource) -> Skipped:
        prefix, _, rest = type_.partition("_")
        speech = self._dialect(type_).terraform
        source = self._source(first)
        read = prefix in _LOGICAL or type_ in speech.carriers or type_ in speech.types
        if read or any(each.search(rest) for each in speech.placeless):
            return source.skipped(address, PLACELESS, stands=False)
        reason = OF_WHAT if _BACKUP.search(type_) else NOT_READ if prefix in self.prefixes else NO_PROVIDER
        return source.skipped(address, reason)

    def join(self) -> None:
        """Take the instances of one cluster as its copies, and replicas as copies of their source."""
        for whole, members in self.joined.items():
            resources, stands = map(list, zip(*members, strict=True))
            self.parts.append(_Part(whole, resources, stands))
        of = {each.full: part for part in self.parts for each in part.resources}
        roots = [_root(part, of) for part in self.parts]
        for part, root in zip(self.parts, roots, strict=True):
            if root is not part:
                root.stands = [stand._replace(needed="one") for stand in root.stands + part.stands]
                root.missing += part.missing
                root.notes.append(wording.replica(part.key))
        for part, root in zip(self.parts, roots, strict=True):
            if root is part and part.stands:
                self._add(part)
        alone = (each for each in self.led if self.joined.keys().isdisjoint((each.full, each.address)))
        self.unassessed += [self._source(each).skipped(each.full, NO_MEMBER) for each in alone]

    def _whole(self, resource: _Resource, kind: ResourceType) -> str:
        """Return the address of what a resource is a copy of; its own, where the file has none."""
        ((path, type_),) = kind.joined.items()
        wholes = [each.full for each in self._referred(resource, path, type_).found]
        if len(wholes) > 1:
            return resource.full  # Of which of several clusters, the file does not tell.
        named = "".join(f" of {key}" for key in values_at(resource.values, path) if isinstance(key, str))
        return wholes[0] if wholes else resource.address + named

    def _lone(self, resource: _Resource, reference: dict[str, str]) -> str:
        """Return the address of the one resource of the file that another refers to; none if not just one."""
        listed = [self._referred(resource, path, type_).found for path, type_ in reference.items()]
        return listed[0][0].full if listed and len(listed[0]) == 1 else ""

    def _add(self, part: _Part) -> None:
        stands = part.stands
        places = [place for stand in stands for place in stand.places]
        if len(places) > MAX_COPIES:
            raise DataError(f"{self.name}: {part.key}: over {MAX_COPIES} copies")
        mores = [stand.more for stand in stands]
        more = None if None in mores else sum(filter(None, mores))
        needed, source = stands[0].needed, self._source(part.resources[0], part.key)
        quorum = None if needed == "majority" else 1
        workload = self.placement.workload(
            part.key, source, places, quorum, _BASIS[needed], part.notes, more, part.missing
        )
        if more != 0 and not part.missing and all(stand.within for stand in stands):
            zones = {place for stand in stands for place in stand.within}
            workload = replace(workload, zones=len(zones))
        self.workloads.append(workload)

    def _stand(
        self,
        provider: str,
        kind: ResourceType,
        resource: _Resource,
        settings: _Settings,
        notes: dict[str, str],
    ) -> _Stand | None:
        values = resource.values
        dialect = self.placement.dialect(provider)
        host = dialect.terraform.endpoint
        if host and any(host not in address for address in settings.endpoints):
            raise Unplaced(f"its provider talks to another endpoint than {dialect.name}")
        if any(values_at(values, path) for path in dialect.terraform.outside):
            raise Unplaced(OUTSIDE)
        row = _row(kind, resource)
        if row.members:
            return None
        # What is written and not known before apply is no default.
        use = self.configuration.uses.get(resource.address)
        defaults = {
            key: each for key, each in settings.defaults.items() if not use or key not in use.expressions
        }
        given = defaults | {key: value for key, value in values.items() if value is not None}
        told = self._through(resource, row)
        own, through, beyond = _texts(given, row.zones), list(told.zones), list(told.regions)
        if len(through) == 1 and dialect.zones.id and dialect.zones.id.fullmatch(through[0]):
            # What it stands in says which zone its letter is.
            own = []
        zones = own or through
        within = [
            match[1]
            for path, pattern in dialect.terraform.region_in.items()
            for text in values_at(values, path)
            if (match := pattern.match(str(text)))
        ]
        of_zone: list[str] = []
        with suppress(Unplaced):
            of_zone = [self.placement.region(provider, self._code(dialect, zone)) for zone in zones[:1]]
        regions = _texts(values, row.regions) or of_zone or within or beyond or _texts(given, row.default)
        if not regions:
            # A zone that is no zone's name is told as the file has it.
            regions = [self.placement.region(provider, zone) for zone in zones[:1]]
        if not regions:
            raise Unplaced(NO_PLACE)
        if all(dialect.is_zone(each) for each in regions):
            zones, regions = zones or regions, [dialect.region_of(regions[0]) or ""]
        zones += [each for path in row.spare for each in _texts(values, (path,)) if each not in regions]
        regions += [each for path in row.also for each in _texts(values, (path,))]
        regions = [code for each in regions for code in self._regions(provider, each)]
        loose = not own and not told.sure and (not zones or len(set(zones)) > 1)
        if loose:
            notes["one of"] = ONE_OF
        places = [self._zone(provider, regions[0], zone, resource) for zone in zones if not loose]
        places = places if own else list(dict.fromkeys(places))
        if not (places or loose):
            places = self._together(row, resource, regions[0])
        return self._copies(row, values, regions, places, told.most if loose else 0)

    def _together(self, row: Standing, resource: _Resource, region: str) -> list[Place]:
        """Return the one place, wherever it is, of all that refer to the same thing."""
        for path in row.together:
            kept = self._lone(resource, row.together) or next(iter(_texts(resource.values, (path,))), "")
            if kept:
                name = wording.datacenter_of(kept)
                return [Place(f"{region}/{kept.lower()}", region, "somewhere", name, kept.lower())]
        return []

    def _code(self, dialect: Dialect, zone: str) -> str:
        """Return the region that a zone's name begins with, or the name that the file has for its id."""
        name = zone.rpartition(":")[2]
        return dialect.region_of(name) or dialect.region_of(self.known_as.get(name, "")) or ""

    def _home(self, resource: _Resource, zones: Iterable[str] = ()) -> str:
        """Return the region that a resource, or its zones, are in, as the file has it."""
        region = resource.values.get("region") or _of_arn(resource.values, 3)
        region = region or self.configuration.settings(resource.address).defaults.get("region")
        zones = [*zones, *_texts(resource.values, self.carriers[resource.type].zones)]
        codes = (self._code(self._dialect(resource.type), zone) for zone in zones)
        return str(region or next(filter(None, codes), ""))

    def _near(self, found: list[_Resource], resource: _Resource) -> list[_Resource]:
        """Return those in a resource's region of several with one name: it may be given in each region."""
        if len(found) < 2:
            return found
        told = ((each, self._through(each, self.carriers[each.type]).zones) for each in found)
        home = self._home(resource)
        return [each for each, zones in told if self._home(each, zones) == home] or found

    def _referred(self, resource: _Resource, path: str, type_: str) -> _Referred:
        """Return the resources of a type that an attribute names by id, or refers to before there is one."""
        keys = values_at(resource.values, path, unknown=True)
        named = [self.named.get((type_, str(key)), []) for key in keys if key is not None]
        if any(named):
            listed = [self._near(each, resource) for each in named]
            found = list({one.full: one for each in listed for one in each}.values())
            whole = len(named) == len(keys) and all(listed)
            return _Referred(found, whole, whole and len(found) <= len(set(map(str, keys))))
        targets, whole, plain = self.configuration.targets(resource.address, path)
        loops = [key for key in targets if re.search(r"(^|\.)(each|self)\.", key)]
        key = resource.key if loops else ""
        asked = (*targets, type_, resource.module, key, len(keys), bool(named))
        if asked not in self.referred:
            names = [key for key in targets if key not in loops]
            # By each.key it is what has the same key; what a module refers to is in the same instance of it.
            same = [own for name in names if (own := name + key) in self.instances]
            names = (any(loop.endswith("each.key") for loop in loops) and same) or names
            listed = [[one for one in self.instances.get(name, ()) if one.type == type_] for name in names]
            listed = [[each for each in one if each.module == resource.module] or one for one in listed]
            every = list({each.full: each for one in listed for each in one}.values())
            whole &= bool(every) and all(listed) and not named and (not loops or names == same)
            lone = all(len(one) == 1 for one in listed) or len(keys) == len(every)
            self.referred[asked] = _Referred(every, whole, whole and plain and lone)
        return self.referred[asked]

    def _through(self, resource: _Resource, row: Standing, depth: int = 0) -> _Told:
        """Return the zones and regions of what a resource refers to."""
        paths = row.through | row.within
        named = [tuple(map(str, values_at(resource.values, path, unknown=True))) for path in paths]
        asked = (resource.address, resource.module, resource.key, *named)
        if asked in self.told:
            return self.told[asked]
        zones: dict[str, None] = {}
        regions: dict[str, None] = {}
        whole = exact = True
        most: int | None = 0
        use = self.configuration.uses.get(resource.address)
        for (path, type_), keys in zip(paths.items(), named, strict=True):
            found, all_of, each_of = self._referred(resource, path, type_)
            if not found and not keys and not (use and values_at(use.expressions, path)):
                continue
            carrier, dialect = self.carriers[type_], self._dialect(type_)
            stands = []
            for each in found:
                there = self._through(each, carrier, depth + 1) if depth < MAX_DEPTH else _Told()
                own, region = _texts(each.values, carrier.zones), _texts(each.values, carrier.regions)
                if path in row.within:
                    if "region" in carrier.default:
                        region = region or list(filter(None, [self._home(each, own)]))
                    # A zonal cluster has its own zone where a region is asked for.
                    own += [text for text in region if own and dialect.is_zone(text)]
                    there = _Told((), there.regions)
                there = _Told(tuple(own), there.regions, 1) if own else there
                stands.append(there._replace(regions=tuple(region) or there.regions))
            zones |= dict.fromkeys(zone for each in stands for zone in each.zones)
            regions |= dict.fromkeys(code for each in stands for code in each.regions)
            if path in row.through:
                bounded = all_of and all(each.zones for each in stands)
                whole &= bounded
                exact &= each_of and all(each.sure for each in stands)
                bound = len(keys) or (sum(each.most or 1 for each in stands) if bounded else None)
                most = None if most is None or bound is None else most + bound
        # Of several in one zone it does not matter which.
        sure = whole and (exact or len(zones) == 1)
        self.told[asked] = _Told(tuple(zones if whole else ()), tuple(regions), most, sure)
        return self.told[asked]

    def _dialect(self, type_: str) -> Dialect:
        return self.placement.dialect(self.prefixes.get(type_.partition("_")[0], ""))

    def _copies(
        self,
        row: Standing,
        values: dict[str, Json],
        regions: list[str],
        named: list[Place],
        loose: int | None,
    ) -> _Stand:
        """Deal copies over zones; those that are told apart and not named are places of their own.

        ``loose`` is the number of places among which the file does not tell them; None without a bound.
        """
        region, distinct = regions[0], list(dict.fromkeys(named))
        provider = self.placement.provider_of(region)
        anywhere = self.placement.place(provider, region)
        lone = anywhere.kind == "zone"
        if not named and row.spread:
            over = _number(values, row.spread)
            if lone or (not over and loose == 0):
                places = tuple(self.placement.whole(provider, each) for each in dict.fromkeys(regions))
                return _Stand(places, 0, "one" if len(places) > 1 else row.needed)
            distinct = self.placement.unnamed(region, 1, over or 0)
        more: int | None = row.elsewhere
        bounds = row.copies or row.least or row.most
        count = None if loose != 0 else len(named) or len(distinct) or len(regions)
        count = _number(values, row.copies) if bounds else count
        times = max(1, len(distinct)) if row.per_zone else 1
        if count is None:
            least, most = _number(values, row.least), _number(values, row.most) if bounds else loose
            # Of none in each zone, one somewhere is the least that there is to judge.
            count = 1 if least == 0 else (least or 1) * times
            more = None if most is None else max(0, most * times - count)
        else:
            count, more = count * times, more and more * times
        count += row.beside * times
        if not named and len(set(regions)) > 1:
            named = [self.placement.place(provider, each) for each in regions]
            distinct = list(dict.fromkeys(named))
        labels = max(0, min(row.apart, count) - len(distinct))
        # More of them stand in the zones that are told, unless a standby is kept elsewhere.
        told = () if row.elsewhere or row.apart or loose != 0 else (anywhere,) if lone else tuple(distinct)
        if len(named) == count:
            # One place a copy, the same one twice where the file has it twice.
            return _Stand(tuple(named), more, row.needed, told)
        if lone:
            distinct = distinct or [anywhere]
        elif labels or not distinct:
            clique = distinct[0].clique if distinct else "unnamed"
            distinct += self.placement.unnamed(region, len(distinct) + 1, len(distinct) + labels, clique)
            return _Stand((*distinct, *[anywhere] * (count - len(distinct))), more, row.needed)
        elif 1 < count < len(distinct):
            distinct = self.placement.unnamed(region, 1, count)
        elif count < len(distinct):
            distinct = [anywhere]
        return _Stand(spread(distinct, count), more, row.needed, told)

    def _zone(self, provider: str, region: str, zone: str, resource: _Resource) -> Place:
        # Oracle's names of zones begin with whose they are.
        prefix, _, zone = zone.rpartition(":")
        ids = self.letters.get(zone, {})
        owner = prefix or self._owner(resource)
        # One account's letters tell nothing of another's.
        several = self.several or len(set(ids.values())) > 1
        key = ids.get(owner) if several else next(iter(ids.values()), None)
        place = self.placement.place(provider, region, key or zone)
        known = self.owners[region]
        if place.kind == "label" and owner not in known:
            known.append(owner)
        if place.kind != "label" or owner == known[0]:
            return place
        number = str(known.index(owner) + 1)
        return replace(place, id=f"{place.id}.{number}", owner=number)

    def _regions(self, provider: str, text: str) -> list[str]:
        dialect = self.placement.dialect(provider)
        codes = dialect.regions.dual.get(text.upper(), (text,))
        try:
            return [self.placement.region(provider, code) for code in codes]
        except Unplaced:
            if dialect.regions.multi and dialect.regions.multi.fullmatch(text.upper()):
                told = f"{dialect.name}'s multi-region {text.upper()}: which regions hold it is not told"
                raise Unplaced(told) from None
            # A zone's name where a region is asked for.
            with suppress(Unplaced):
                return [self.placement.region(provider, dialect.region_of(text) or "")]
            raise

    def _cloud(self, resource: _Resource, settings: _Settings, notes: dict[str, str]) -> str:
        """Return whose OpenStack it is: by the host that signs in, else by its region's name."""
        if settings.host:
            for provider, dialect in self.placement.dialects.items():
                if dialect.openstack and settings.host in dialect.openstack.hosts:
                    return provider
            raise Unplaced("an OpenStack cloud that is not in the catalogue")
        region = next(iter(_texts({**settings.defaults, **resource.values}, ("region",))), "")
        guess = self.placement.openstack(region)
        if guess is None:
            raise Unplaced("whose OpenStack it is the file does not tell")
        notes[guess] = wording.guessed(self.placement.dialect(guess).name or guess)
        return guess


def _row(kind: ResourceType, resource: _Resource) -> ResourceType:
    return kind.varied(next((each for each in kind.variants if _fits(resource.values, each.when)), None))


def _root(part: _Part, of: dict[str, _Part]) -> _Part:
    """Return what a part is a replica of at last; itself in a circle."""
    root, seen = part, set[str]()
    while root.source in of:
        if root.source in seen:
            return part
        seen.add(root.source)
        root = of[root.source]
    return root


def _of_arn(values: dict[str, Json], part: Literal[3, 4]) -> str:
    """Return the region, or the account, that a resource's ARN names."""
    parts = str(values.get("arn", "")).split(":")
    return parts[part] if len(parts) > 5 else ""
