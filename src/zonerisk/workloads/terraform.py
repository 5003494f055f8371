"""Terraform: where the resources of a plan or state (``terraform show -json``) stand."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.workloads.deployment import (
    ANOTHER,
    MAJORITY,
    MAX_COPIES,
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
    from zonerisk.catalogue.dialect import ResourceType, Standing
    from zonerisk.core.verdict import Skipped

MAX_RESOURCES = 100_000
MAX_DEPTH = 3
_BACKUP = re.compile("snapshot|backup|recovery_services|_archive")
# Providers of Terraform itself: what they make stands nowhere.
_LOGICAL = frozenset(("archive", "cloudinit", "external", "http", "local", "null", "random", "template"))
_LOGICAL |= {"terraform", "time", "tls"}
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_INDEX = re.compile(rf"\[(?:\d+|{_QUOTED})\]")
_KEY = re.compile(rf"\[{_QUOTED}\]$")
_BASIS = {"majority": MAJORITY, "one": ANOTHER, "all": "all, as each holds a part"}
NOT_READ = "zonerisk does not read where this type of resource stands"
NO_PROVIDER = "zonerisk reads no resources of this provider"
PLACELESS = "stands nowhere by itself"
OF_WHAT = "a backup, but of what the file does not tell; state it in a plan (YAML)"
NO_PLACE = "the file names no region or zone for it (not known before apply, or set outside)"
NO_MEMBER = "its copies are instances, and the file holds none"
NO_COPIES = "it has no copies"


class _Resource(NamedTuple):
    """A resource: its address with the module before it, and without any index; its type and values."""

    full: str
    address: str
    type: str
    values: dict[str, Json]


def _module(resource: _Resource) -> str:
    """Return the instance of the module that a resource stands in."""
    return resource.full.rpartition(f"{resource.type}.")[0]


def _key(resource: _Resource) -> str:
    """Return the key of a resource under for_each; none of what is counted."""
    index = _KEY.search(resource.full)
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


class _Stand(NamedTuple):
    """Where the copies of one resource stand, how many more there may be, and how many have to stay up."""

    places: tuple[Place, ...]
    more: int | None
    needed: str


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
            hidden = mapping(each.get("sensitive_values"))
            seen = {k: value for k, value in mapping(each.get("values")).items() if hidden.get(k) is not True}
            yield each.get("mode"), _Resource(full, unindexed(full), str(each.get("type", "")), seen)
        waiting += map(mapping, sequence(here.get("child_modules")))


class _Configuration:
    """The configuration part of a plan: which provider a resource has, and what it refers to."""

    def __init__(self, tree: Json) -> None:
        configuration = mapping(tree.get("configuration"))
        root = mapping(configuration.get("root_module"))
        self.variables = {
            key: mapping(value).get(word)
            for whole, word in ((root, "default"), (tree, "value"))
            for key, value in mapping(whole.get("variables")).items()
        }
        self.providers = {
            key: self._provider(key, mapping(value))
            for key, value in mapping(configuration.get("provider_config")).items()
        }
        self.uses: dict[str, _Use] = {}
        self.calls: dict[str, tuple[str, dict[str, Json]]] = {}
        self.outputs: dict[str, Json] = {}
        waiting = [("", root)]
        while waiting:
            prefix, module = waiting.pop()
            for resource in map(mapping, sequence(module.get("resources"))):
                key = str(resource.get("provider_config_key", ""))
                expressions = mapping(resource.get("expressions"))
                self.uses[prefix + str(resource.get("address", ""))] = _Use(prefix, expressions, key)
            for name, output in mapping(module.get("outputs")).items():
                self.outputs[f"{prefix}{name}"] = mapping(output).get("expression")
            for name, call in mapping(module.get("module_calls")).items():
                below = f"{prefix}module.{name}."
                self.calls[below] = (prefix, mapping(mapping(call).get("expressions")))
                waiting.append((below, mapping(mapping(call).get("module"))))

    def _provider(self, key: str, config: dict[str, Json]) -> _Settings | None:
        """Read a provider's block; None for one that says nothing, which inherits."""
        expressions = mapping(config.get("expressions"))
        if not expressions:
            return None
        region, zone, url = (
            self._value(mapping(expressions.get(each))) for each in ("region", "zone", "auth_url")
        )
        addresses = [
            self._value(mapping(value))
            for block in sequence(expressions.get("endpoints"))
            for value in mapping(block).values()
        ]
        host = re.sub(r"^https?://([^/:]+).*$", r"\1", url) if url else None
        return _Settings({"region": region, "zone": zone}, host, tuple(filter(None, addresses)), key)

    def _value(self, expression: dict[str, Json]) -> str | None:
        value = expression.get("constant_value")
        references = sequence(expression.get("references"))
        if value is None and references:
            value = self.variables.get(str(references[0]).removeprefix("var."))
        return value if isinstance(value, str) and value else None

    def settings(self, address: str) -> _Settings:
        """Return the provider's settings of a resource, told by its address without indices.

        A module's provider that has no entry was handed to it, and which one that was no file tells
        (hashicorp/terraform#30113): it counts where all that it can be say the same. An entry that says
        nothing inherits.
        """
        use = self.uses.get(address)
        if use is None:
            return _NOTHING
        module, _, plain = use.key.rpartition(":")
        path = re.sub(r"(^|[:.])(?!module\.)([^:.]+)", r"\1module.\2", module) if module else ""
        for key in (use.key, f"{path}:{plain}"):
            if key in self.providers:
                own = self.providers[key]
                return own or self.providers.get(plain) or _NOTHING
        kind = plain.partition(".")[0]
        of_kind = (key for key in self.providers if ":" not in key and key.partition(".")[0] == kind)
        handed = [self.providers[key] or _NOTHING for key in of_kind]
        return handed[0] if handed and all(each[:3] == handed[0][:3] for each in handed) else _NOTHING

    def targets(self, address: str, path: str) -> set[str]:
        """Return the addresses of what an attribute refers to, through variables and outputs of modules."""
        use = self.uses.get(address)
        found: set[str] = set()
        if use is None:
            return found
        waiting = [(use.module, each) for each in values_at(use.expressions, path)]
        seen = set()
        while waiting:
            module, expression = waiting.pop()
            for reference in map(str, sequence(mapping(expression).get("references"))):
                if (module, reference) in seen:
                    continue
                seen.add((module, reference))
                head, *rest = reference.split(".")
                if head == "var" and rest and module in self.calls:
                    parent, given = self.calls[module]
                    waiting.append((parent, given.get(unindexed(rest[0]))))
                elif head == "module" and len(rest) > 1:
                    below = f"{module}module.{unindexed(rest[0])}."
                    waiting.append((below, self.outputs.get(below + unindexed(rest[1]))))
                elif rest:
                    found.add(module + ".".join([head, *rest][: 3 if head == "data" else 2]))
        # "a[0].id", "a[0]" and "a" stand together: the nearest counts.
        return {each for each in found if not any(one.startswith(f"{each}[") for one in found)}


def values_at(values: Json, path: str) -> list[Json]:
    """Return what stands at a path of attributes: ``a.0.b``, or ``a.*.b`` for every item."""
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
    return [item for item in flat if item not in (None, "")]


def _texts(values: Json, paths: Iterable[str]) -> list[str]:
    """Return what stands at the first path that is set; of a link, its last part."""
    return next(
        (
            [re.split("[/:]", str(each))[-1] for each in items]
            for path in paths
            if (items := values_at(values, path))
        ),
        [],
    )


def _number(values: Json, paths: Iterable[str]) -> int | None:
    """Return the first count that is set, or that stands there itself."""
    for path in paths:
        found = [path] if path.isdecimal() else values_at(values, path)
        if found and str(found[0]).isdecimal() and int(found[0]) <= MAX_COPIES:
            return int(found[0])
    return None


def _fits(values: Json, when: dict[str, re.Pattern[str]]) -> bool:
    for path, pattern in when.items():
        found = [
            str(value).lower() if isinstance(value, bool) else str(value) for value in values_at(values, path)
        ]
        if not any(map(pattern.fullmatch, found or ["-"])):
            return False
    return True


class _Reader:
    """Makes a workload of each group of resources that differ by their index alone."""

    def __init__(
        self, name: str, text: str, tree: Json, placement: Placement, groups: dict[str, list[_Resource]]
    ) -> None:
        self.name, self.placement = name, placement
        self.lines = lines_of(text, "address")
        self.configuration = _Configuration(tree)
        # Several providers may run what is behind one type: OpenStack.
        self.types: dict[str, dict[str, ResourceType]] = {}
        self.carriers: dict[str, Standing] = {}
        tables: dict[str, tuple[tuple[str, str], re.Pattern[str]]] = {}
        self.prefixes: dict[str, str] = {}
        for provider, dialect in placement.dialects.items():
            speech = dialect.terraform
            for type_, row in speech.types.items():
                self.types.setdefault(type_, {})[provider] = row
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
        every = list(chain(chain.from_iterable(groups.values()), (each for _, each in _every(prior))))
        accounts = {account for each in every if (account := _account(each.values))}
        self.several = len(accounts) > 1
        self.owners: dict[str, list[str]] = defaultdict(list)
        for each in every:
            if each.type in self.carriers:
                for key in {each.address, each.address + _key(each), each.full}:
                    self.instances[key].append(each)
                for key in {str(each.values.get(key)) for key in ("id", "arn", "self_link", "name")}:
                    self.named[each.type, key].append(each)
            if each.type in tables:
                paths, pattern = tables[each.type]
                names, ids = (values_at(each.values, path) for path in paths)
                for letter, key in zip(map(str, names), map(str, ids), strict=False):
                    if pattern.fullmatch(key):
                        self.letters[letter][self._owner(each)] = key
                        self.known_as[key] = letter
        self.led: list[_Resource] = []
        self.told: dict[tuple[object, ...], tuple[list[str], list[str]]] = {}
        self.referred: dict[tuple[str, ...], list[_Resource]] = {}
        self.joined: dict[str, list[tuple[_Resource, _Stand]]] = {}
        self.workloads: list[Workload] = []
        self.unassessed: list[Skipped] = []

    def _owner(self, resource: _Resource) -> str:
        """Return whose letters a resource speaks in: the account of its ARN, else its provider's key."""
        return (self.several and _account(resource.values)) or self.configuration.settings(
            resource.address
        ).key

    def group(self, address: str, resources: list[_Resource]) -> None:
        """Place the resources of one address, or say why they are not."""
        type_ = resources[0].type
        kinds = self.types.get(type_)
        source = self._source(resources[0])
        if kinds is None:
            self.unassessed.append(self._unread(type_, address, source))
            return
        settings = self.configuration.settings(address)
        stands: list[tuple[_Resource, _Stand]] = []
        notes: set[str] = set()
        kind = next(iter(kinds.values()))
        for resource in resources:
            try:
                provider = next(iter(kinds)) if len(kinds) == 1 else self._cloud(resource, settings, notes)
                kind = kinds[provider]
                stand = self._stand(provider, kind, resource, settings)
                if not stand.places:
                    raise Unplaced(NO_COPIES)
            except Unplaced as error:
                if str(error):
                    self.unassessed.append(self._source(resource).skipped(resource.full, error))
                continue
            stands.append((resource, stand))
        if kind.joined:
            for resource, stand in stands:
                self.joined.setdefault(self._whole(resource, kind), []).append((resource, stand))
        elif kind.alone or any(stand.needed == "one" for _, stand in stands):
            for resource, stand in stands:
                self._add(resource.full, resource, [stand], notes)
        elif stands:
            self._add(address, resources[0], [stand for _, stand in stands], notes)

    def _source(self, resource: _Resource) -> Source:
        return Source(self.name, self.lines.get(resource.full, 1))

    def _unread(self, type_: str, address: str, source: Source) -> Skipped:
        prefix, _, rest = type_.partition("_")
        provider = self.prefixes.get(prefix)
        speech = self.placement.dialect(provider or "").terraform
        if (
            prefix in _LOGICAL
            or type_ in speech.carriers
            or any(each.search(rest) for each in speech.placeless)
        ):
            return source.skipped(address, PLACELESS, stands=False)
        return source.skipped(
            address, OF_WHAT if _BACKUP.search(type_) else NOT_READ if provider else NO_PROVIDER
        )

    def join(self) -> None:
        """Take the instances of one cluster as its copies, whichever of them leads."""
        for whole, parts in self.joined.items():
            self._add(whole, parts[0][0], [stand for _, stand in parts], ())
        self.unassessed += [
            self._source(each).skipped(each.full, NO_MEMBER)
            for each in self.led
            if self.joined.keys().isdisjoint((each.full, each.address))
        ]

    def _whole(self, resource: _Resource, kind: ResourceType) -> str:
        """Return the address of what a resource is a copy of; its own, where the file has none."""
        ((path, type_),) = kind.joined.items()
        wholes = [each.full for each in islice(self._referred(resource, path, type_), 2)]
        if len(wholes) > 1:
            return resource.full  # Of which of several clusters, the file does not tell.
        named = "".join(f" of {key}" for key in values_at(resource.values, path) if isinstance(key, str))
        return wholes[0] if wholes else resource.address + named

    def _add(self, key: str, first: _Resource, stands: list[_Stand], notes: Iterable[str]) -> None:
        places = [place for stand in stands for place in stand.places]
        if len(places) > MAX_COPIES:
            raise DataError(f"{self.name}: {key}: over {MAX_COPIES} copies")
        mores = [stand.more for stand in stands]
        more = None if None in mores else sum(filter(None, mores))
        needed = stands[0].needed
        quorum = {"one": 1, "all": len(places)}.get(needed)
        source = self._source(first)
        self.workloads.append(
            self.placement.workload(key, source, places, quorum, _BASIS[needed], notes, more)
        )

    def _stand(self, provider: str, kind: ResourceType, resource: _Resource, settings: _Settings) -> _Stand:
        values = resource.values
        dialect = self.placement.dialect(provider)
        own = dialect.terraform.endpoint
        if own and any(own not in address for address in settings.endpoints):
            raise Unplaced(f"its provider talks to another endpoint than {dialect.name}")
        variant = next((each for each in kind.variants if _fits(values, each.when)), None)
        row = kind.varied(variant)
        if row.members:
            self.led.append(resource)
            raise Unplaced("")
        given = {**settings.defaults, **{key: value for key, value in values.items() if value is not None}}
        through, beyond = self._through(resource, row)
        zones = _texts(given, row.zones) or through
        if len(through) == 1 and dialect.zones.id and dialect.zones.id.fullmatch(through[0]):
            # What it stands in says which zone its letter is.
            zones = through
        within = [
            match[1]
            for path, pattern in dialect.terraform.region_in.items()
            for text in values_at(values, path)
            if (match := pattern.match(str(text)))
        ]
        of_zone: list[str] = []
        for zone in zones[:1]:
            with suppress(Unplaced):
                code = dialect.region_of(zone) or dialect.region_of(self.known_as.get(zone, "")) or ""
                of_zone = [self.placement.region(provider, code)]
        regions = (
            _texts(values, row.regions) or of_zone or within or beyond or _texts(given, ("region", "zone"))
        )
        if not regions:
            # A zone that is no zone's name is told as the file has it.
            regions = [self.placement.region(provider, zone) for zone in zones[:1]]
        if not regions:
            raise Unplaced(NO_PLACE)
        if all(dialect.is_zone(each) for each in regions):
            zones, regions = zones or regions, [dialect.region_of(regions[0]) or ""]
        regions = list(dict.fromkeys(code for each in regions for code in self._regions(provider, each)))
        zones += [each for path in row.spare for each in _texts(values, (path,))]
        named = list(dict.fromkeys(self._zone(provider, regions[0], zone, resource) for zone in zones))
        return self._copies(row, values, provider, regions, named)

    def _referred(self, resource: _Resource, path: str, type_: str) -> Iterator[_Resource]:
        """Return the resources of a type that an attribute names by id, or refers to before there is one."""
        keys = values_at(resource.values, path)
        found = [each for key in keys for each in self.named.get((type_, str(key)), ())]
        if found:
            return iter(found)
        targets = sorted(self.configuration.targets(resource.address, path))
        # By each.key it is what has the same key; what a module refers to stands in the same instance of it.
        if any(key.endswith("each.key") for key in targets):
            targets = [own for key in targets if (own := key + _key(resource)) in self.instances] or targets
        asked = (*targets, type_, _module(resource))
        if asked not in self.referred:
            every = [each for key in targets for each in self.instances.get(key, ()) if each.type == type_]
            self.referred[asked] = [each for each in every if _module(each) == asked[-1]] or every
        return iter(self.referred[asked])

    def _through(self, resource: _Resource, row: Standing, depth: int = 0) -> tuple[list[str], list[str]]:
        """Return the zones and regions of what a resource refers to."""
        zones: dict[str, None] = {}
        regions: dict[str, None] = {}
        paths = row.through | row.within
        asked = (
            resource.address,
            _module(resource),
            _key(resource),
            *(tuple(map(str, values_at(resource.values, path))) for path in paths),
        )
        if asked in self.told:
            return self.told[asked]
        for path, type_ in paths.items():
            for each in self._referred(resource, path, type_):
                carrier = self.carriers[type_]
                farther = self._through(each, carrier, depth + 1) if depth < MAX_DEPTH else ([], [])
                if path in row.through:
                    zones |= dict.fromkeys(_texts(each.values, carrier.zones) or farther[0])
                regions |= dict.fromkeys(_texts(each.values, carrier.regions) or farther[1])
        self.told[asked] = list(zones), list(regions)
        return self.told[asked]

    def _copies(
        self, row: Standing, values: dict[str, Json], provider: str, regions: list[str], named: list[Place]
    ) -> _Stand:
        """Deal copies over zones; those that are told apart and not named are places of their own."""
        region = regions[0]
        anywhere = self.placement.place(provider, region)
        lone = anywhere.kind == "zone"
        if not named and row.spread:
            over = _number(values, row.spread)
            if not over or lone:
                places = tuple(self.placement.whole(provider, each) for each in regions)
                return _Stand(places, 0, "one" if len(places) > 1 else row.needed)
            named = [self.placement.unnamed(region, number) for number in range(1, over + 1)]
        count = _number(values, row.copies) if row.copies else len(named) or len(regions)
        more: int | None = row.elsewhere
        if count is None:
            count, most = _number(values, row.least) or 1, _number(values, row.most)
            more = None if most is None else max(0, most - count)
        times = max(1, len(named)) if row.per_zone else 1
        count, more = (count + row.beside) * times, more and more * times
        labels = max(0, min(row.apart, count) - len(named))
        if not named and len(regions) > 1:
            named = [self.placement.place(provider, each) for each in regions]
        elif lone:
            named = named or [anywhere]
        elif labels or not named:
            clique = named[0].clique if named else "unnamed"
            named += [
                self.placement.unnamed(region, number, clique)
                for number in range(len(named) + 1, len(named) + labels + 1)
            ]
            return _Stand((*named, *[anywhere] * (count - len(named))), more, row.needed)
        elif 1 < count < len(named):
            named = [self.placement.unnamed(region, number) for number in range(1, count + 1)]
        elif count < len(named):
            named = [anywhere]
        return _Stand(spread(named, count), more, row.needed)

    def _zone(self, provider: str, region: str, zone: str, resource: _Resource) -> Place:
        ids = self.letters.get(zone, {})
        owner = self._owner(resource)
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
        try:
            return [
                self.placement.region(provider, code)
                for code in dialect.regions.dual.get(text.upper(), (text,))
            ]
        except Unplaced:
            if text.upper() in dialect.regions.multi:
                raise Unplaced(
                    f"{dialect.name}'s multi-region {text.upper()}: which regions hold it is not told"
                ) from None
            # A zone's name where a region is asked for.
            with suppress(Unplaced):
                return [self.placement.region(provider, dialect.region_of(text) or "")]
            raise

    def _cloud(self, resource: _Resource, settings: _Settings, notes: set[str]) -> str:
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
        notes.add(f"taken for {guess}'s by its region's name: the file does not tell whose OpenStack it is")
        return guess


def _account(values: dict[str, Json]) -> str | None:
    """Return the account that a resource's ARN names."""
    parts = str(values.get("arn", "")).split(":")
    return parts[4] if len(parts) > 5 and parts[4] else None
