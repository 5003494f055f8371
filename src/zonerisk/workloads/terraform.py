"""Terraform: where the resources of a plan or state (``terraform show -json``) stand."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from zonerisk.catalogue import document
from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.dialect import Dialect, ResourceType, Standing
from zonerisk.core.errors import DataError
from zonerisk.core.verdict import Skipped
from zonerisk.words import findings as wording
from zonerisk.workloads.deployment import Deployment, Draft, Place, Placement, Source, Unplaced, spread
from zonerisk.workloads.plan import MAX_COPIES, Json, lines_of, mapping, sequence, values_at

MAX_RESOURCES = 100_000
MAX_DEPTH = 3
_RESOURCE = re.compile(r'^[ \t]*resource[ \t]+"([\w-]+)"[ \t]+"([\w-]+)"', re.M)
_BLOCK = re.compile(rb"^[ \t]*(resource|data|module|provider|terraform|variable|locals)\b[^:=\n]*\{", re.M)
_BACKUP = re.compile("snapshot|backup|recovery_services|_archive")
# Providers of Terraform itself: what they make stands nowhere.
_LOGICAL = re.compile("archive|cloudinit|external|http|local|null|random|template|terraform|time|tls")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_INDEX = re.compile(rf"\[(?:\d+|{_QUOTED})\]")
_KEY = re.compile(rf"\[{_QUOTED}\]$")
# Keys that differ by these are names of roles, not numbers or letters of copies.
_WORD = re.compile("[a-z]{3,}")
# By these others may name a resource.
_NAMES = ("id", "arn", "self_link", "name", "subnet_id", "identifier", "cluster_identifier", "bucket")
NOT_READ = "zonerisk does not read where this type of resource stands"
NO_PROVIDER = "zonerisk reads no resources of this provider"
PLACELESS = "has no place of its own"
OF_WHAT = "a backup, but of what the file does not tell; state it in a plan (YAML)"
NO_MEMBER = "its copies are instances, and the file holds none"
NO_COPIES = "it has no copies"
DEFERRED = "put off by the plan: where it stands, and how many there are, a later plan tells"
TARGETED = "limited to targets: what else there is, or will be, it does not list"


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
        return "".join(_KEY.findall(self.full))

    def of_arn(self, part: int) -> str:
        """Return the region (3) or the account (4) that its ARN names."""
        parts = str(self.values.get("arn", "")).split(":")
        return parts[part] if len(parts) > 5 else ""


class _Settings(NamedTuple):
    """What a provider's configuration says: defaults by attribute, and the hosts it talks to."""

    defaults: Mapping[str, Json] = {}
    host: str | None = None
    endpoints: tuple[str, ...] = ()
    key: str = ""


class _Hint(NamedTuple):
    """Zones and regions of what a resource refers to; ``most`` of them, None without a bound.

    Not ``sure`` where one may stand outside the file, or where which of several it is depends on a
    condition, an index or a slice: an expression tells no more than all that it may take.
    """

    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    most: int | None = 0
    sure: bool = True


# Resources, or their addresses, that an attribute refers to; whether there may be no others; whether it is
# all of them, and nothing chooses among them.
_Referred = tuple[Sequence[Any], bool, bool]
# A variable that is not set is not known.
_UNSET: tuple[str, dict[str, Json]] = ("", {"constant_value": ""})


def recognise(tree: Json) -> bool:
    """Return whether JSON is the output of ``terraform show -json``, or of ``tofu show -json``."""
    return isinstance(tree, dict) and "format_version" in tree


def misfit(raw: bytes) -> str | None:
    """Return what else of Terraform a file is that is not read, with the command that helps."""
    head = raw[:4096]
    command = "run terraform show -json FILE (or tofu show -json FILE) and give what it prints"
    if head.startswith(b"PK\x03\x04"):
        return f"is a binary plan; {command}"
    written = _BLOCK.search(head) and "is written for Terraform, not by it"
    if written or b'"@level"' in head.partition(b"\n")[0]:
        return f"{written or 'is a log in JSON lines'}; run terraform plan -out FILE, then {command}"
    if b'"lineage"' in head and b'"serial"' in head and b'"format_version"' not in head:
        return f"is a raw state file; {command}"
    return None


def read(name: str, text: str, tree: Json, catalog: Catalog, day: str) -> Deployment:
    """Read the resources that stand somewhere from a file's name, text and tree; list the others."""
    if not re.match(r"[01]\.", str(tree.get("format_version"))):
        raise DataError(f"{name}: format_version is not 0.x or 1.x; this zonerisk reads those")
    if tree.get("errored") is True:
        raise DataError(f"{name}: is a plan that ended in an error: mend that, and plan again")
    values = tree.get("planned_values") or tree.get("values")
    if values is None:
        changes = map(mapping, sequence(tree.get("resource_changes")))
        after = [{**row, "values": mapping(row.get("change")).get("after")} for row in changes]
        values = {"root_module": {"resources": [row for row in after if row["values"] is not None]}}
    groups: dict[str, list[_Resource]] = defaultdict(list)
    for resource in _resources(values, besides="data"):
        groups[resource.address].append(resource)
    if sum(map(len, groups.values())) > MAX_RESOURCES:
        raise DataError(f"{name}: over {MAX_RESOURCES} resources; give one workspace a time")
    reader = _Reader(name, text, tree, Placement(catalog, day), groups)
    for address, resources in groups.items():
        reader.group(address, resources)
    later = [mapping(mapping(row).get("resource_change")) for row in sequence(tree.get("deferred_changes"))]
    put_off = [(str(row.get("address")), DEFERRED) for row in later if row.get("mode") != "data"]
    if tree.get("complete") is False and not later:
        put_off.append(("the plan", TARGETED))
    left = [Source(name, reader.lines.get(key, 1)).skipped(key, reason) for key, reason in put_off]
    drafts = reader.gathered()
    return reader.placement.deployment((name,), drafts, (*left, *reader.unassessed))


def _resources(values: Json, besides: str = "") -> Iterator[_Resource]:
    """Iterate over the resources of all modules, besides those of one mode."""
    modules = [mapping(mapping(values).get("root_module"))]
    for here in modules:
        module = str(here.get("address", ""))
        for row in map(mapping, sequence(here.get("resources"))):
            # What was replaced and is still to be destroyed is no copy.
            if not row or row.get("deposed_key") or row.get("deposed") or row.get("mode") == besides:
                continue
            full = str(row.get("address", ""))
            # Terraform 0.12 leaves the module out of its resources' addresses.
            if module and not full.startswith(f"{module}."):
                full = f"{module}.{full}"
            hidden = mapping(row.get("sensitive_values"))
            seen = {k: value for k, value in mapping(row.get("values")).items() if hidden.get(k) is not True}
            yield _Resource(full, unindexed(full), str(row.get("type", "")), seen)
        modules += map(mapping, sequence(here.get("child_modules")))


def unindexed(address: str) -> str:
    """Return an address as the configuration writes it: of all instances of a module and a resource."""
    return _INDEX.sub("", address)


class _Configuration:
    """The configuration part of a plan: which provider a resource has, and what it refers to."""

    def __init__(self, tree: Json, folder: Path) -> None:
        configuration = mapping(tree.get("configuration"))
        # What variables are given and outputs are: an expression, after the module that it is written in.
        self.given: dict[str, tuple[str, dict[str, Json]]] = {}
        # Resources as they are written, by their addresses without indices.
        self.uses: dict[str, dict[str, Json]] = {}
        self.written: dict[str, Source] = {}
        headers = cache(_headers)
        root = mapping(configuration.get("root_module"))
        modules: list[tuple[str, dict[str, Json], Path | None]] = [("", root, folder)]
        for prefix, module, here in modules:
            for name, variable in mapping(module.get("variables")).items():
                self.given.setdefault(f"{prefix}var.{name}", _constant(mapping(variable).get("default")))
            for resource in map(mapping, sequence(module.get("resources"))):
                address = str(resource.get("address", ""))
                self.uses[prefix + address] = resource
                if here and (source := headers(here).get(address)):
                    self.written[prefix + address] = source
            for name, output in mapping(module.get("outputs")).items():
                self.given[prefix + name] = prefix, mapping(mapping(output).get("expression"))
            for name, call in mapping(module.get("module_calls")).items():
                below, path = f"{prefix}module.{name}.", str(mapping(call).get("source"))
                for variable, expression in mapping(mapping(call).get("expressions")).items():
                    self.given[f"{below}var.{variable}"] = prefix, mapping(expression)
                beside = here if path.startswith(("./", "../")) else None
                inner = beside and Path(os.path.normpath(beside / path))
                modules.append((below, mapping(mapping(call).get("module")), inner))
        for name, variable in mapping(tree.get("variables")).items():
            self.given[f"var.{name}"] = _constant(mapping(variable).get("value"))
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
        hosts = (term for block in sequence(expressions.get("endpoints")) for term in mapping(block).values())
        addresses = [self._value(module, term) for term in hosts]
        host = re.sub(r"^https?://([^/:]+).*$", r"\1", url) if url else None
        return _Settings({"region": region, "zone": zone}, host, tuple(filter(None, addresses)), key)

    def _value(self, module: str, expression: Json) -> str | None:
        """Return the text that an expression is; none of several variables, or of what they make together."""
        values = [mapping(expression).get("constant_value")]
        if values == [None]:
            references = map(str, sequence(mapping(expression).get("references")))
            named = (name if re.fullmatch(r"var\.[^.]+", name) else "" for name in references)
            values = [self._value(*self.given.get(module + name, _UNSET)) for name in named]
        first = values[0] if values else None
        return first if isinstance(first, str) and first and values.count(first) == len(values) else None

    def expressions(self, address: str) -> dict[str, Json]:
        """Return the expressions by which a resource is written."""
        return mapping(self.uses.get(address, {}).get("expressions"))

    def settings(self, address: str) -> _Settings:
        """Return the provider's settings of a resource, told by its address without indices.

        A module's provider that has no entry was handed to it, and which one that was no file tells
        (hashicorp/terraform#30113): it counts where all that it can be say the same. An entry that says
        nothing inherits.
        """
        named = str(self.uses.get(address, {}).get("provider_config_key", ""))
        plain = named.rpartition(":")[2]
        for key in (named, f"{_path(named)[:-1]}:{plain}"):
            if key in self.providers:
                return self.providers[key] or self.providers.get(plain) or _Settings()
        kind = plain.partition(".")[0]
        of_kind = (key for key in self.providers if ":" not in key and key.partition(".")[0] == kind)
        handed = [self.providers[key] or _Settings() for key in of_kind]
        return handed[0] if handed and all(other[:3] == handed[0][:3] for other in handed) else _Settings()

    def targets(self, address: str, path: str) -> _Referred:
        """Return the addresses of what an attribute refers to, through variables and outputs of modules."""
        names: set[str] = set()
        whole = plain = address in self.uses
        here = "".join(re.findall(r"module\.[^.]+\.", address))
        waiting = [(here, term) for term in values_at(self.expressions(address), path)]
        seen = set()
        while waiting:
            module, expression = waiting.pop()
            for reference in map(str, sequence(mapping(expression).get("references"))):
                if (module, reference) in seen:
                    continue
                seen.add((module, reference))
                head, *rest = reference.split(".")
                if head in ("var", "module"):
                    steps = rest[: 1 + (head == "module")]
                    # An item of a list is one of them.
                    plain &= bool(steps) and unindexed(steps[-1]) == steps[-1]
                    key = module + ".".join((head, *map(unindexed, steps)))
                    given = self.given.get(key, _UNSET)
                    constant = given[1].get("constant_value")
                    if constant is None:
                        waiting.append(given)
                    elif head == "var" or len(steps) > 1:
                        plain = False
                        whole &= isinstance(constant, bool | int)
                elif head in ("count", "local", "path", "terraform"):
                    plain = False
                    whole &= head == "count"
                elif rest:
                    names.add(module + ".".join([head, *rest][: 3 if head == "data" else 2]))
        # "a[0].id", "a[0]" and "a" stand together: the nearest counts.
        nearest = [name for name in sorted(names) if not any(other.startswith(f"{name}[") for other in names)]
        return nearest, whole, plain


def _constant(value: Json) -> tuple[str, dict[str, Json]]:
    return _UNSET if value is None else ("", {"constant_value": value})


def _path(key: str) -> str:
    """Return the module that a provider's key begins with, as addresses have it: ``module.a.``."""
    names = re.split("[:.]", key.rpartition(":")[0])
    return "".join(f"module.{name}." for name in names if name not in ("", "module"))


def _headers(folder: Path) -> dict[str, Source]:
    """Read where the ``.tf`` files of a folder begin which resource."""
    headers = {}
    with suppress(OSError, ValueError, DataError):
        for path in sorted(folder.glob("*.tf")):
            text = document.content(path, document.MAX_BYTES).decode("utf-8", "replace")
            for match in _RESOURCE.finditer(text):
                line = text.count("\n", 0, match.start(1)) + 1
                headers[f"{match[1]}.{match[2]}"] = Source(os.path.normpath(path), line)
    return headers


def _texts(values: Json, paths: Iterable[str]) -> list[str]:
    """Return what stands at the first path that is set; of a link, its last part."""
    parts = next(filter(None, (values_at(values, path) for path in paths)), [])
    return [str(part).rpartition("/")[2] for part in parts]


def _number(values: Json, paths: Iterable[str]) -> int | None:
    """Return the first count that is set, or that stands there itself; of several items, their sum."""
    for path in paths:
        counts = list(map(str, [path] if path.isdecimal() else values_at(values, path)))
        if counts and all(map(str.isdecimal, counts)) and (total := sum(map(int, counts))) <= MAX_COPIES:
            return total
    return None


def _fits(values: Json, when: dict[str, re.Pattern[str]], absent: tuple[str, ...] = ("-",)) -> list[bool]:
    """Return of each path whether some value there matches its pattern; what is absent counts as ``-``."""
    matches = []
    for path, pattern in when.items():
        texts = [
            str(item).lower() if isinstance(item, bool) else str(item) for item in values_at(values, path)
        ]
        matches.append(any(map(pattern.fullmatch, texts or absent)))
    return matches


def _asked(values: Json, kind: ResourceType) -> bool:
    """Return whether what has such values is read: all that it needs, and nothing that rules it out."""
    return all(_fits(values, kind.only)) and not any(_fits(values, kind.never, absent=()))


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
        self.prefixes: dict[str, str] = {}
        letters: dict[str, tuple[str, str]] = {}
        for provider, dialect in placement.dialects.items():
            speech = dialect.terraform
            for type_, row in speech.types.items():
                self.types[type_][provider] = row
                self.prefixes[type_.partition("_")[0]] = provider
            self.carriers |= {**speech.types, **speech.carriers}
            letters |= speech.zone_ids
        # Letters of zones are each account's own: its id for each, by whose it is.
        self.letters: dict[str, dict[str, str]] = defaultdict(dict)
        self.known_as: dict[str, str] = {}
        prior = _resources(mapping(mapping(tree.get("prior_state")).get("values")))
        every = [*prior, *chain.from_iterable(groups.values())]
        self.several = len({item.of_arn(4) for item in every} - {""}) > 1
        self.owners: dict[str, dict[str, int]] = defaultdict(dict)
        # What will be is held over what was before.
        carriers: dict[str, _Resource] = {}
        for item in every:
            if item.type in self.carriers:
                before = carriers[item.full].values if item.full in carriers else {}
                new = {key: value for key, value in item.values.items() if value is not None}
                carriers[item.full] = item._replace(values={**before, **new})
            if item.type in letters:
                names, ids = (map(str, values_at(item.values, path)) for path in letters[item.type])
                for letter, key in zip(names, ids, strict=False):
                    if self._dialect(item.type).is_zone_id(key):
                        self.letters[letter][self._owner(item)] = key
                        self.known_as[key] = letter
        # By its addresses, and by its type and each name.
        self.known: dict[str, list[_Resource]] = defaultdict(list)
        for item in carriers.values():
            named = {f"{item.type} {item.values.get(key)}" for key in _NAMES}
            for key in named | {item.address, item.address + item.key, item.full}:
                self.known[key].append(item)
        self.hints: dict[tuple[object, ...], _Hint] = {}
        self.referred: dict[tuple[object, ...], _Referred] = {}
        self.led: list[_Resource] = []
        self.copies = 0
        self.drafts: dict[str, Draft] = {}
        self.joined: dict[str, Draft] = {}
        # What a resource is a replica of.
        self.copied: dict[str, str] = {}
        self.unassessed: list[Skipped] = []

    def _owner(self, resource: _Resource) -> str:
        """Return whose letters a resource speaks in: the account of its ARN, else its provider's key."""
        account = resource.of_arn(4) if self.several else ""
        return account or self.configuration.settings(resource.address).key

    def group(self, address: str, resources: list[_Resource]) -> None:
        """Place the resources of one address, or say why they are not."""
        kinds = self.types.get(resources[0].type, {})
        asked = [item for item in resources if any(_asked(item.values, kind) for kind in kinds.values())]
        if not asked:
            prefix, _, rest = resources[0].type.partition("_")
            speech = self._dialect(resources[0].type).terraform
            placeless = _LOGICAL.fullmatch(prefix) or kinds or resources[0].type in speech.carriers
            placeless = placeless or any(pattern.search(rest) for pattern in speech.placeless)
            unread = NOT_READ if prefix in self.prefixes else NO_PROVIDER
            reason = PLACELESS if placeless else OF_WHAT if _BACKUP.search(resources[0].type) else unread
            self.unassessed.append(self._source(resources[0]).skipped(address, reason, not placeless))
            return
        placed: list[tuple[_Resource, Draft]] = []
        missing, lone = 0, False
        for resource in asked:
            try:
                provider, notes = self._cloud(resource, kinds)
                kind = kinds[provider]
                fitting = (variant for variant in kind.variants if all(_fits(resource.values, variant.when)))
                row = kind.varied(next(fitting, None))
                if source := self._lone(resource, row.replica_of):
                    self.copied[resource.full] = source
                draft = self._stand(provider, row, resource)
            except Unplaced as error:
                self.unassessed.append(self._source(resource).skipped(resource.full, error))
                missing += 1
                if resource.full in self.copied:
                    # It may stand anywhere.
                    self.drafts[resource.full] = Draft(resource.full, self._source(resource), missing=1)
                continue
            if draft is None:
                self.led.append(resource)
                continue
            draft.notes += notes
            if not draft.places:
                self.unassessed.append(draft.source.skipped(resource.full, NO_COPIES))
            elif row.joined:
                draft.key = self._whole(resource, row)
                draft.source = self.configuration.written.get(unindexed(draft.key), draft.source)
                self._add(self.joined, draft)
            else:
                placed.append((resource, draft))
                lone |= row.alone or draft.needs == "one"
        keys = [resource.key.strip('[]"') for resource, _ in placed]
        for _, draft in placed:
            draft.key = draft.key if lone else address
            self._add(self.drafts, draft)
        if placed and not lone:
            self.drafts[address].missing = missing
            if len({tuple(_WORD.findall(key.lower())) for key in keys}) > 1:
                self.drafts[address].notes += (wording.roles(keys),)

    def _add(self, drafts: dict[str, Draft], draft: Draft) -> None:
        if drafts.setdefault(draft.key, draft) is not draft:
            drafts[draft.key].add(draft)

    def _source(self, resource: _Resource) -> Source:
        default = Source(self.name, self.lines.get(resource.full, 1))
        return self.configuration.written.get(resource.address, default)

    def gathered(self) -> list[Draft]:
        """Return all drafts; instances of one cluster are its copies, and replicas those of their source."""
        known = set(self.drafts)
        for key in self.copied:
            # What is a replica of itself in the end is none.
            root, seen = key, set[str]()
            while root not in seen and self.copied.get(root) in known:
                seen.add(root)
                root = self.copied[root]
            if root != key and key in self.drafts:
                source = self.drafts[root]
                source.add(self.drafts.pop(key))
                source.needs, source.notes = "one", (*source.notes, wording.replica(key))
        alone = (head for head in self.led if self.joined.keys().isdisjoint((head.full, head.address)))
        self.unassessed += [self._source(head).skipped(head.full, NO_MEMBER) for head in alone]
        return [*self.drafts.values(), *self.joined.values()]

    def _whole(self, resource: _Resource, kind: ResourceType) -> str:
        """Return the address of what a resource is a copy of; its own, where the file has none."""
        ((path, type_),) = kind.joined.items()
        wholes, _, _ = self._referred(resource, path, type_)
        if len(wholes) > 1:
            return resource.full  # Of which of several clusters, the file does not tell.
        named = "".join(f" of {key}" for key in values_at(resource.values, path) if isinstance(key, str))
        return wholes[0].full if wholes else resource.address + named

    def _lone(self, resource: _Resource, reference: dict[str, str]) -> str:
        """Return the address of the one resource of the file that another refers to; none if not just one."""
        targets = [target for pair in reference.items() for target in self._referred(resource, *pair)[0]]
        return str(targets[0].full) if len(targets) == 1 else ""

    def _stand(self, provider: str, row: ResourceType, resource: _Resource) -> Draft | None:
        """Return where a resource's copies stand; None where its members speak for it."""
        values, dialect = resource.values, self.placement.dialect(provider)
        settings = self.configuration.settings(resource.address)
        host = dialect.terraform.endpoint
        if host and any(host not in address for address in settings.endpoints):
            raise Unplaced(f"its provider talks to another endpoint than {dialect.name}")
        if any(values_at(values, path) for path in dialect.terraform.outside):
            raise Unplaced("stands outside the provider's regions, in an edge zone or on premises")
        if row.members:
            return None
        # What is written and not known before apply is no default.
        written = self.configuration.expressions(resource.address)
        given = {key: value for key, value in settings.defaults.items() if key not in written}
        given |= {key: value for key, value in values.items() if value is not None}
        hint = self._through(resource, row)
        own, zones = _texts(given, row.zones), list(hint.zones)
        if len(zones) == 1 and dialect.is_zone_id(zones[0]):
            # What it stands in says which zone its letter is.
            own = []
        zones = own or zones
        of_zone = self._found(provider, (self._code(dialect, zone) for zone in zones[:1]))
        patterns = dialect.terraform.region_in.items()
        texts = ((pattern, str(text)) for path, pattern in patterns for text in values_at(values, path))
        within = [match[1] for pattern, text in texts if (match := pattern.match(text))]
        regions = _texts(values, row.regions) or of_zone or within or list(hint.regions)
        regions = regions or _texts(given, row.default)
        # A zone that is no zone's name is told as the file has it.
        regions = regions or [self.placement.region(provider, zone) for zone in zones[:1]]
        if not regions:
            raise Unplaced("the file names no region or zone for it (not known before apply, or set outside)")
        if all(dialect.is_zone(name) for name in regions):
            zones, regions = zones or regions, [dialect.region_of(regions[0]) or ""]
        zones += [name for path in row.spare for name in _texts(values, (path,)) if name not in regions]
        regions += [name for path in row.also for name in _texts(values, (path,))]
        regions = [code for name in regions for code in self._regions(provider, name)]
        loose = not own and not hint.sure and (not zones or len(set(zones)) > 1)
        if loose:
            draft = self._copies(row, resource, regions, [], hint.most)
            draft.notes = ("in which of the subnets that it refers to it stands, the file does not tell",)
            return draft
        places = [self._zone(regions[0], zone, resource) for zone in zones]
        kept = self._lone(resource, row.together) or "".join(_texts(values, row.together)[:1])
        if kept and not places:
            # All that are kept together have one place, wherever it is.
            name, key = wording.datacenter_of(kept), kept.lower()
            places = [Place(f"{regions[0]}/{key}", regions[0], "somewhere", name, key)]
        return self._copies(row, resource, regions, places if own else list(dict.fromkeys(places)), 0)

    def _code(self, dialect: Dialect, zone: str) -> str:
        """Return the region that a zone's name begins with, or the name that the file has for its id."""
        name = zone.rpartition(":")[2]
        return dialect.region_of(name) or dialect.region_of(self.known_as.get(name, "")) or ""

    def _home(self, resource: _Resource, zones: Iterable[str] = ()) -> str:
        """Return the region that a resource, or its zones, are in, as the file has it."""
        region = resource.values.get("region") or resource.of_arn(3)
        region = region or self.configuration.settings(resource.address).defaults.get("region")
        zones = [*zones, *_texts(resource.values, self.carriers[resource.type].zones)]
        codes = (self._code(self._dialect(resource.type), zone) for zone in zones)
        return str(region or next(filter(None, codes), ""))

    def _near(self, matches: list[_Resource], resource: _Resource) -> list[_Resource]:
        """Return those in a resource's region of several with one name: it may be given in each region."""
        if len(matches) < 2:
            return matches
        pairs = ((match, self._through(match, self.carriers[match.type]).zones) for match in matches)
        home = self._home(resource)
        return [match for match, zones in pairs if self._home(match, zones) == home] or matches

    def _referred(self, resource: _Resource, path: str, type_: str) -> _Referred:
        """Return the resources of a type that an attribute names by id, or refers to before there is one."""
        keys = values_at(resource.values, path, unknown=True)
        named = [self.known.get(f"{type_} {key}", []) for key in keys if key is not None]
        if any(named):
            listed = [self._near(group, resource) for group in named]
            matches = list({match.full: match for group in listed for match in group}.values())
            whole = len(named) == len(keys) and all(listed)
            return matches, whole, whole and len(matches) <= len(set(map(str, keys)))
        targets, whole, plain = self.configuration.targets(resource.address, path)
        loops = [key for key in targets if re.search(r"(^|\.)(each|self)\.", key)]
        key = resource.key if loops else ""
        asked = (*targets, type_, resource.module, key, len(keys), bool(named))
        if asked not in self.referred:
            names = [key for key in targets if key not in loops]
            # By each.key it is what has the same key; what a module refers to is in the same instance of it.
            same = [own for name in names if (own := name + key) in self.known]
            names = (any(loop.endswith("each.key") for loop in loops) and same) or names
            listed = [[item for item in self.known.get(name, ()) if item.type == type_] for name in names]
            listed = [[item for item in group if item.module == resource.module] or group for group in listed]
            every = list({item.full: item for group in listed for item in group}.values())
            whole &= bool(every) and all(listed) and not named and (not loops or names == same)
            lone = all(len(group) == 1 for group in listed) or len(keys) == len(every)
            self.referred[asked] = every, whole, whole and plain and lone
        return self.referred[asked]

    def _through(self, resource: _Resource, row: Standing, depth: int = 0) -> _Hint:
        """Return the zones and regions of what a resource refers to."""
        paths = row.through | row.within
        named = [tuple(map(str, values_at(resource.values, path, unknown=True))) for path in paths]
        asked = (resource.address, resource.module, resource.key, *named)
        if asked in self.hints:
            return self.hints[asked]
        zones: dict[str, None] = {}
        regions: dict[str, None] = {}
        whole = exact = True
        most: int | None = 0
        written = self.configuration.expressions(resource.address)
        for (path, type_), keys in zip(paths.items(), named, strict=True):
            targets, all_of, each_of = self._referred(resource, path, type_)
            if not targets and not keys and not values_at(written, path):
                continue
            carrier, dialect = self.carriers[type_], self._dialect(type_)
            stands = []
            for target in targets:
                there = self._through(target, carrier, depth + 1) if depth < MAX_DEPTH else _Hint()
                own, region = _texts(target.values, carrier.zones), _texts(target.values, carrier.regions)
                if path in row.within:
                    if not region and "region" in carrier.default:
                        region = list(filter(None, [self._home(target, own)]))
                    # A zonal cluster has its own zone where a region is asked for.
                    own += [text for text in region if own and dialect.is_zone(text)]
                    there = _Hint((), there.regions)
                there = _Hint(tuple(own), there.regions, 1) if own else there
                stands.append(there._replace(regions=tuple(region) or there.regions))
            zones |= dict.fromkeys(zone for hint in stands for zone in hint.zones)
            regions |= dict.fromkeys(code for hint in stands for code in hint.regions)
            if path in row.through:
                bounded = all_of and all(hint.zones for hint in stands)
                whole &= bounded
                exact &= each_of and all(hint.sure for hint in stands)
                bound = len(keys) or (sum(hint.most or 1 for hint in stands) if bounded else None)
                most = None if most is None or bound is None else most + bound
        # Of several in one zone it does not matter which.
        sure = whole and (exact or len(zones) == 1)
        self.hints[asked] = _Hint(tuple(zones if whole else ()), tuple(regions), most, sure)
        return self.hints[asked]

    def _dialect(self, type_: str) -> Dialect:
        return self.placement.dialect(self.prefixes.get(type_.partition("_")[0], ""))

    def _copies(
        self, row: Standing, of: _Resource, regions: list[str], named: list[Place], loose: int | None
    ) -> Draft:
        """Deal copies over zones; those that are told apart and not named are places of their own.

        ``loose`` is the number of places among which the file does not tell them; None without a bound.
        """
        values, region, distinct = of.values, regions[0], list(dict.fromkeys(named))
        draft = Draft(of.full, self._source(of), row.needed)
        anywhere = self.placement.place(region)
        lone = anywhere.kind == "zone"
        if not named and row.spread:
            over = _number(values, row.spread)
            if lone or (not over and loose == 0):
                draft.places = list(map(self.placement.whole, dict.fromkeys(regions)))
                draft.needs = "one" if len(draft.places) > 1 else row.needed
                return draft
            distinct = self.placement.unnamed(region, 1, over or 0)
        times = max(1, len(distinct)) if row.per_zone else 1
        bounds = row.copies or row.least or row.most
        count = None if loose != 0 else len(named) or len(distinct) or len(regions)
        count = _number(values, row.copies) if bounds else count
        most = _number(values, row.most) if bounds else loose
        # A group that has none yet may have some.
        if count is None or (not count and most):
            least = _number(values, row.least)
            # Of none in each zone, one somewhere is the least that there is to judge.
            count = 1 if least == 0 else (least or 1) * times
            draft.more = None if most is None else max(0, most * times - count)
        else:
            count, draft.more = count * times, row.elsewhere * times
        count += row.beside * times
        self.copies += count
        if self.copies > MAX_RESOURCES:
            raise DataError(f"{self.name}: over {MAX_RESOURCES} copies; give one workspace a time")
        if not named and len(set(regions)) > 1:
            named = list(map(self.placement.place, regions))
            distinct = list(dict.fromkeys(named))
        if not (row.elsewhere or row.apart or loose != 0):
            # More of them stand in the zones that are told, unless a standby is kept elsewhere.
            draft.within = frozenset([anywhere] if lone else distinct)
        labels = 0 if lone else max(0, min(row.apart, count) - len(distinct))
        if row.uneven and count > 1 and len(distinct) > 1:
            draft.places, draft.uneven = [anywhere] * count, True
        elif len(named) == count:
            # One place a copy, the same one twice where the file has it twice.
            draft.places = named
        elif labels or not (distinct or lone):
            clique, known = distinct[0].clique if distinct else "unnamed", len(distinct)
            distinct += self.placement.unnamed(region, known + 1, known + labels, clique)
            draft.places = [*distinct, *[anywhere] * (count - len(distinct))]
        else:
            if count < len(distinct) and not lone:
                distinct = self.placement.unnamed(region, 1, count) if count > 1 else [anywhere]
            draft.places = list(spread(distinct or [anywhere], count))
        return draft

    def _zone(self, region: str, zone: str, resource: _Resource) -> Place:
        # Oracle's names of zones begin with whose they are.
        prefix, _, zone = zone.rpartition(":")
        ids = self.letters.get(zone, {})
        owner = prefix or self._owner(resource)
        # One account's letters tell nothing of another's.
        several = self.several or len(set(ids.values())) > 1
        key = ids.get(owner) if several else next(iter(ids.values()), None)
        place = self.placement.place(region, key or zone)
        known = self.owners[region]
        number = known.setdefault(owner, len(known) + 1) if place.kind == "label" else 1
        return place if number == 1 else replace(place, id=f"{place.id}.{number}", owner=str(number))

    def _found(self, provider: str, codes: Iterable[str]) -> list[str]:
        """Return the regions of some codes; none where one is not known."""
        with suppress(Unplaced):
            return [self.placement.region(provider, code) for code in codes]
        return []

    def _regions(self, provider: str, text: str) -> list[str]:
        dialect, upper = self.placement.dialect(provider), text.upper()
        regions = self._found(provider, dialect.regions.dual.get(upper, (text,)))
        if not regions and dialect.regions.multi and dialect.regions.multi.fullmatch(upper):
            raise Unplaced(f"{dialect.name}'s multi-region {upper}: which regions hold it is not told")
        # A zone's name where a region is asked for.
        regions = regions or self._found(provider, [dialect.region_of(text) or ""])
        return regions or [self.placement.region(provider, text)]

    def _cloud(self, resource: _Resource, kinds: Iterable[str]) -> tuple[str, tuple[str, ...]]:
        """Return whose it is; of OpenStack, by the host that signs in, else by its region's name."""
        first, *others = kinds
        if not others:
            return first, ()
        settings = self.configuration.settings(resource.address)
        if settings.host:
            for provider, dialect in self.placement.dialects.items():
                if settings.host in dialect.openstack:
                    return provider, ()
            raise Unplaced("an OpenStack cloud that is not in the catalogue")
        region = "".join(_texts({**settings.defaults, **resource.values}, ("region",))[:1])
        guess = self.placement.openstack(region)
        if guess is None:
            raise Unplaced("whose OpenStack it is the file does not tell")
        return guess, (wording.guessed(self.placement.dialect(guess).name or guess),)
