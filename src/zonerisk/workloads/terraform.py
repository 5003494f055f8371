"""Terraform: where the resources of a plan or state (``terraform show -json``) stand."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError
from zonerisk.workloads.deployment import (
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
    from collections.abc import Mapping

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.catalogue.dialect import Dialect, ResourceType
    from zonerisk.core.verdict import Skipped

MAX_RESOURCES = 50_000
_BACKUP = re.compile("snapshot|backup|recovery_services|_archive")
STANDBY = "a standby takes over"
NOT_PLACED = "zonerisk does not place this type of resource"
OF_WHAT = "a backup, but of what the file does not tell; state it in a plan (YAML)"
NO_PLACE = "the file names no region or zone for it (not known before apply, or set outside)"


class _Settings(NamedTuple):
    """What a provider's configuration says: its region and the hosts it talks to."""

    region: str | None = None
    host: str | None = None
    endpoints: tuple[str, ...] = ()


def recognise(tree: Json) -> bool:
    """Return whether JSON is the output of ``terraform show -json``."""
    return (
        isinstance(tree, dict)
        and "format_version" in tree
        and ("planned_values" in tree or "values" in tree or "terraform_version" in tree)
    )


def read(name: str, text: str, tree: Json, catalog: Catalog, day: str) -> Deployment:
    """Read the resources that stand somewhere from a file's name, text and tree; list the others."""
    version = str(tree.get("format_version"))
    if not re.match(r"[01]\.", version):
        raise DataError(f"{name}: format_version is not 0.x or 1.x; this zonerisk reads those")
    reader = _Reader(name, text, tree, Placement(catalog, day))
    groups: dict[str, list[Json]] = {}
    for count, resource in enumerate(_resources(tree.get("planned_values") or tree.get("values"))):
        if count >= MAX_RESOURCES:
            raise DataError(f"{name}: over {MAX_RESOURCES} resources; give one workspace a time")
        if resource.get("mode") != "data":
            address = str(resource.get("address", ""))
            groups.setdefault(re.sub(r"\[[^\[\]]*\]$", "", address), []).append(resource)
    for address, resources in groups.items():
        reader.group(address, resources)
    return Deployment((name,), tuple(reader.workloads), tuple(reader.unassessed))


def _resources(values: Json) -> Iterator[dict[str, Json]]:
    """Iterate over the resources of all modules."""
    waiting = deque([mapping(mapping(values).get("root_module"))])
    while waiting:
        here = waiting.popleft()
        yield from filter(None, map(mapping, sequence(here.get("resources"))))
        waiting += map(mapping, sequence(here.get("child_modules")))


def _zone_ids(tree: Json, dialects: Mapping[str, Dialect]) -> dict[str, str]:
    """Tie zone letters to zone ids where subnets or data sources give both."""
    planned = _resources(tree.get("planned_values") or tree.get("values"))
    prior = _resources(mapping(tree.get("prior_state")).get("values"))
    tables = {
        type_: (attributes, dialect.zones.id)
        for dialect in dialects.values()
        for type_, attributes in dialect.terraform.zone_ids.items()
        if dialect.zones.id
    }
    ids: dict[str, str] = {}
    for resource in chain(planned, prior):
        table = tables.get(str(resource.get("type")))
        if table:
            attributes, pattern = table
            names, keys = (mapping(resource.get("values")).get(attribute) for attribute in attributes)
            pairs = [(names, keys)]
            if isinstance(names, list) and isinstance(keys, list):
                pairs = list(zip(names, keys, strict=False))
            ids |= {
                zone: key
                for zone, key in pairs
                if isinstance(zone, str) and isinstance(key, str) and pattern.fullmatch(key)
            }
    return ids


def _settings(tree: Json) -> dict[str, _Settings]:
    """Read the provider configuration that each resource uses, by the resource's address."""
    configuration = mapping(tree.get("configuration"))
    root = mapping(configuration.get("root_module"))
    variables = {key: mapping(value).get("default") for key, value in mapping(root.get("variables")).items()}
    variables |= {key: mapping(value).get("value") for key, value in mapping(tree.get("variables")).items()}
    providers = {
        key: _provider(mapping(value), variables)
        for key, value in mapping(configuration.get("provider_config")).items()
    }
    used: dict[str, _Settings] = {}
    waiting = [("", root)]
    while waiting:
        prefix, module = waiting.pop()
        for resource in sequence(module.get("resources")):
            key = str(mapping(resource).get("provider_config_key", ""))
            settings = providers.get(key) or providers.get(key.rpartition(":")[2])
            if settings:
                used[prefix + str(mapping(resource).get("address", ""))] = settings
        for name, call in mapping(module.get("module_calls")).items():
            waiting.append((f"{prefix}module.{name}.", mapping(mapping(call).get("module"))))
    return used


def _provider(config: dict[str, Json], variables: dict[str, Json]) -> _Settings:
    expressions = mapping(config.get("expressions"))
    region, zone, url = (
        _value(mapping(expressions.get(key)), variables) for key in ("region", "zone", "auth_url")
    )
    host = re.sub(r"^https?://([^/:]+).*$", r"\1", url) if url else None
    addresses = [
        _value(mapping(value), variables)
        for block in sequence(expressions.get("endpoints"))
        for value in mapping(block).values()
    ]
    return _Settings(region or zone, host, tuple(filter(None, addresses)))


def _value(expression: dict[str, Json], variables: dict[str, Json]) -> str | None:
    value = expression.get("constant_value")
    references = sequence(expression.get("references"))
    if value is None and references:
        value = variables.get(str(references[0]).removeprefix("var."))
    return value if isinstance(value, str) and value else None


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
    """Return what stands at the first path that is set."""
    return next((list(map(str, items)) for path in paths if (items := values_at(values, path))), [])


class _Reader:
    """Makes a workload of each group of resources that differ by their index alone."""

    def __init__(self, name: str, text: str, tree: Json, placement: Placement) -> None:
        self.name, self.placement = name, placement
        self.lines = lines_of(text, "address")
        self.settings = _settings(tree)
        self.zone_ids = _zone_ids(tree, placement.dialects)
        # Several providers may run what is behind one type: OpenStack.
        self.types: dict[str, dict[str, ResourceType]] = {}
        for provider, dialect in placement.dialects.items():
            for type_, row in dialect.terraform.types.items():
                self.types.setdefault(type_, {})[provider] = row
        self.workloads: list[Workload] = []
        self.unassessed: list[Skipped] = []

    def group(self, address: str, resources: list[dict[str, Json]]) -> None:
        """Place the resources of one address, or say why they are not."""
        source = Source(self.name, self.lines.get(str(resources[0].get("address", "")), 1))
        type_ = str(resources[0].get("type", ""))
        kinds = self.types.get(type_)
        if kinds is None:
            reason = OF_WHAT if _BACKUP.search(type_) else NOT_PLACED
            self.unassessed.append(source.skipped(address, reason))
            return
        # Modules that are counted share one configuration.
        settings = self.settings.get(re.sub(r"\[[^\[\]]*\]", "", address), _Settings())
        places: list[Place] = []
        notes: set[str] = set()
        for resource in resources:
            try:
                values = _visible(resource)
                provider = next(iter(kinds)) if len(kinds) == 1 else self._cloud(values, settings, notes)
                kind = kinds[provider]
                places += self._places(provider, kind, values, settings)
            except Unplaced as error:
                self.unassessed.append(source.skipped(str(resource.get("address", "")), error))
        if not places:
            if not any(skipped.line == source.line for skipped in self.unassessed):
                self.unassessed.append(source.skipped(address, "it has no copies"))
            return
        if len(places) > MAX_COPIES:
            raise DataError(f"{self.name}: {address}: over {MAX_COPIES} copies")
        one = kind.one_needed or (bool(kind.spare or kind.standby_if) and len(places) == 2 * len(resources))
        quorum, basis = (1, STANDBY) if one else (None, MAJORITY)
        self.workloads.append(self.placement.workload(address, source, places, quorum, basis, notes))

    def _places(
        self, provider: str, kind: ResourceType, values: dict[str, Json], settings: _Settings
    ) -> list[Place]:
        dialect = self.placement.dialect(provider)
        own = dialect.terraform.endpoint
        if own and any(own not in address for address in settings.endpoints):
            raise Unplaced(f"its provider talks to another endpoint than {dialect.name}")
        zones = _texts(values, kind.zones)
        within = (
            match[1]
            for path, pattern in dialect.terraform.region_in.items()
            for text in values_at(values, path)
            if (match := pattern.match(str(text)))
        )
        regions = (
            _texts(values, kind.regions)
            or [region for zone in zones[:1] if (region := dialect.region_of(zone))]
            or list(within)
            or [settings.region or ""]
        )
        if not regions[0]:
            raise Unplaced(NO_PLACE)
        if all(dialect.is_zone(region) for region in regions):
            zones, regions = [*zones, *regions], [dialect.region_of(regions[0]) or ""]
        regions = [self._region(provider, region) for region in regions]
        if zones:
            places = [self._zone(provider, regions[0], zone) for zone in dict.fromkeys(zones)]
        elif kind.spread:
            return [self.placement.whole(provider, region) for region in dict.fromkeys(regions)]
        else:
            places = [self.placement.place(provider, region) for region in regions]
        return self._copies(kind, values, provider, regions[0], places)

    def _copies(
        self, kind: ResourceType, values: dict[str, Json], provider: str, region: str, places: list[Place]
    ) -> list[Place]:
        counts = values_at(values, kind.copies) if kind.copies else []
        if counts and isinstance(counts[0], int) and 0 <= counts[0] <= MAX_COPIES:
            copies = counts[0] * (len(places) if kind.copies_per_zone else 1)
            return list(spread(places, copies))
        spare = _texts(values, (kind.spare,)) if kind.spare else []
        if spare:
            return [*places, self._zone(provider, region, spare[0])]
        if not any(
            wanted == (str(value).lower() if isinstance(value, bool) else value)
            for path, wanted in kind.standby_if.items()
            for value in values_at(values, path)
        ):
            return places
        if kind.standby_anywhere:
            return [*places, self.placement.place(provider, region)]
        if places[0].kind == "somewhere":
            places = [Place(f"{region}/one-zone", region, "label", "one zone")]
        return [*places, Place(f"{region}/another-zone", region, "label", "another zone")]

    def _zone(self, provider: str, region: str, zone: str) -> Place:
        return self.placement.place(provider, region, self.zone_ids.get(zone, zone))

    def _region(self, provider: str, text: str) -> str:
        try:
            return self.placement.region(provider, text)
        except Unplaced:
            dialect = self.placement.dialect(provider)
            if text.upper() in dialect.regions.multi:
                raise Unplaced(
                    f"{dialect.name}'s multi-region {text.upper()}: which regions hold it is not told"
                ) from None
            # A zone's name where a region is asked for.
            return self.placement.region(provider, dialect.region_of(text) or "")

    def _cloud(self, values: dict[str, Json], settings: _Settings, notes: set[str]) -> str:
        """Return whose OpenStack it is: by the host that signs in, else by its region's name."""
        if settings.host:
            for provider, dialect in self.placement.dialects.items():
                if dialect.openstack and settings.host in dialect.openstack.hosts:
                    return provider
            raise Unplaced("an OpenStack cloud that is not in the catalogue")
        region = next(iter(_texts(values, ("region",))), settings.region or "")
        guess = self.placement.openstack(region)
        if guess is None:
            raise Unplaced("whose OpenStack it is the file does not tell")
        notes.add(f"taken for {guess}'s by its region's name: the file does not tell whose OpenStack it is")
        return guess


def _visible(resource: dict[str, Json]) -> dict[str, Json]:
    """Drop the attributes that Terraform marks as sensitive."""
    values, hidden = mapping(resource.get("values")), mapping(resource.get("sensitive_values"))
    return {key: value for key, value in values.items() if hidden.get(key) is not True}
