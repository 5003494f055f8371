"""Dialects: what people, APIs and plans call providers, regions and zones, and the regions they mean."""

# No "from __future__ import annotations" here, as in core.model.

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field

from zonerisk.core.errors import UnknownTarget, UsageError, did_you_mean
from zonerisk.core.model import Key, PartialDate, Record, Region, Text, Url, simplify

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog

# A file's regular expression; it must match all of what it is held against.
Pattern = re.Pattern[str]
AttributePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+(\.([A-Za-z0-9_]+|\*))*$")]
"""Attributes joined by dots; ``*`` is any item of a list."""
Checked = PartialDate | Literal["not opened"]
Count = Annotated[int, Field(ge=0, le=100)]
TypeName = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]+$")]
ProviderId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9+.-]*(://[A-Za-z0-9/{}*._-]*)?$")]


class RegionNames(Record):
    """What APIs call regions."""

    aliases: Annotated[dict[Key, Key], Field(default_factory=dict)]
    ending: Pattern | None = None
    joined: bool = False
    multi: Pattern | None = None
    dual: Annotated[dict[Text, tuple[Key, ...]], Field(default_factory=dict)]


class ZoneNames(Record):
    """What APIs call zones."""

    suffix: Pattern | None = None
    id: Pattern | None = None
    account_relative: Text | None = None
    in_place_of_region: bool = False
    are_regions: bool = False


class Standing(Record):
    """What a resource tells of where its copies stand; of several paths the first that is set counts."""

    zones: tuple[AttributePath, ...] = ()
    regions: tuple[AttributePath, ...] = ("region",)
    default: tuple[AttributePath, ...] = ("region", "zone")
    through: Annotated[dict[AttributePath, TypeName], Field(default_factory=dict)]
    within: Annotated[dict[AttributePath, TypeName], Field(default_factory=dict)]
    spare: tuple[AttributePath, ...] = ()
    copies: tuple[AttributePath, ...] = ()
    beside: Count = 0
    elsewhere: Count = 0
    least: tuple[AttributePath, ...] = ()
    most: tuple[AttributePath, ...] = ()
    per_zone: bool = False
    spread: tuple[AttributePath, ...] = ()
    apart: Count = 0
    needed: Literal["majority", "one", "untold"] = "majority"


class Variant(Standing):
    """What stands otherwise where attributes have some values (a storage class, a tier, a mode)."""

    when: Annotated[dict[AttributePath, Pattern], Field(min_length=1)]
    source: Url | None = None
    checked: Checked | None = None
    members: TypeName | None = None


class ResourceType(Standing):
    """How one Terraform type tells where it stands, and what a copy of it is."""

    source: Url
    checked: Checked | None = None
    variants: tuple[Variant, ...] = ()
    alone: bool = False
    joined: Annotated[dict[AttributePath, TypeName], Field(default_factory=dict, max_length=1)]
    only: Annotated[dict[AttributePath, Pattern], Field(default_factory=dict)]
    members: TypeName | None = None

    def varied(self, variant: Variant | None) -> "ResourceType":
        """Return the type as a variant has it."""
        if variant is None:
            return self
        told = variant.model_fields_set - {"when", "source", "checked"}
        return self.model_copy(update={key: getattr(variant, key) for key in told})


class Terraform(Record):
    """How Terraform's JSON tells places."""

    types: Annotated[dict[TypeName, ResourceType], Field(default_factory=dict)]
    carriers: Annotated[dict[TypeName, Standing], Field(default_factory=dict)]
    placeless: tuple[Pattern, ...] = ()
    endpoint: Text | None = None
    outside: tuple[AttributePath, ...] = ()
    region_in: Annotated[dict[AttributePath, Pattern], Field(default_factory=dict)]
    zone_ids: Annotated[dict[TypeName, tuple[TypeName, TypeName]], Field(default_factory=dict)]


class Kubernetes(Record):
    """How nodes and volumes tell places, beside the labels that Kubernetes itself defines."""

    provider_ids: tuple[ProviderId, ...] = ()
    machines: tuple[Text, ...] = ()
    zone_id_labels: tuple[Label, ...] = ()
    zone_labels: tuple[Label, ...] = ()
    zone_value: Pattern | None = None
    drivers: tuple[Text, ...] = ()
    volume_ids: tuple[Text, ...] = ()
    sources: tuple[Url, ...] = ()
    checked: Checked | None = None

    @cached_property
    def schemes(self) -> frozenset[str]:
        """What stands before ``://`` in its provider ids."""
        return frozenset(text.partition("://")[0] for text in self.provider_ids)


def zone_in(name: str, patterns: tuple[str, ...]) -> str | None:
    """Return the zone that a node's providerID, or a volume's id, names."""
    for text in patterns:
        pattern = re.escape(text).replace(r"\{zone\}", "([a-z0-9-]+)").replace(r"\*", "[^/]*")
        if "{zone}" in text and (match := re.match(pattern, name)):
            return match[1]
    return None


class OpenStack(Record):
    """The OpenStack that a provider runs: the hosts that its users sign in at."""

    hosts: tuple[Text, ...] = ()


class Dialect(Record):
    """All that is peculiar to plans for one provider."""

    name: Text | None = None
    aliases: tuple[Key, ...] = ()
    regions: Annotated[RegionNames, Field(default_factory=RegionNames)]
    zones: Annotated[ZoneNames, Field(default_factory=ZoneNames)]
    terraform: Annotated[Terraform, Field(default_factory=Terraform)]
    kubernetes: Annotated[Kubernetes, Field(default_factory=Kubernetes)]
    openstack: OpenStack | None = None

    def spellings(self, key: str) -> tuple[str, ...]:
        """Return the possible codes of what an API calls a region (simplified), the nearest first."""
        if self.regions.joined:
            return (key.replace("-", ""),)
        plain = re.sub(f"(?:{self.regions.ending.pattern})$", "", key) if self.regions.ending else key
        aliases = self.regions.aliases
        return tuple(dict.fromkeys((key, plain, aliases.get(plain, plain), aliases.get(key, key))))

    def region_of(self, zone: str) -> str | None:
        """Return the region that a zone's name begins with; None for an id, which has none."""
        if self.zones.id and self.zones.id.fullmatch(zone):
            return None
        return re.sub(f"(?:{self.zones.suffix.pattern})$", "", zone) if self.zones.suffix else zone

    def is_zone(self, region: str) -> bool:
        """Return whether what stands where a region is asked for is a zone (GKE's location)."""
        suffix = self.zones.in_place_of_region and self.zones.suffix
        return bool(suffix and re.fullmatch(f".*(?:{suffix.pattern})", region))


# Words of one name, at most: "google europe west 9".
MOST_WORDS = 5


class Meaning(NamedTuple):
    """The regions that a text stands for, and what its reader should know of it.

    ``several`` where it names a provider, a town or a country, and so all of the regions; ``note`` is why
    a zone's letter is not tied to buildings.
    """

    regions: tuple[str, ...] = ()
    several: bool = False
    note: str | None = None


def meaning(catalog: "Catalog", text: str) -> Meaning:
    """Return what a text means; refuse what means nothing, or one of several regions."""
    if not isinstance(text, str):
        raise UsageError(f"{text!r} is not a name; write text, such as 'ovh-sbg'")
    wanted = simplify(text)
    meant = _meaning(catalog, wanted)
    if len(meant.regions) > 1 and not meant.several:
        raise UnknownTarget(f"{text!r} could be {', '.join(sorted(meant.regions))}; name one")
    if not meant.regions:
        raise UnknownTarget(_unknown(catalog, text, wanted))
    return meant


def joined(catalog: "Catalog", words: Sequence[str]) -> Iterator[str]:
    """Join words that mean something only together (``OVH SBG``), the longest run of them first."""
    first = 0
    while first < len(words):
        last = min(len(words), first + MOST_WORDS)
        while last > first + 1:
            apart = any(simplify(word) in catalog.region_ids for word in words[first:last])
            if not apart and _meaning(catalog, simplify(" ".join(words[first:last]))).regions:
                break
            last -= 1
        yield " ".join(words[first:last])
        first = last


def _meaning(catalog: "Catalog", wanted: str) -> Meaning:
    if wanted in catalog.region_ids:
        return Meaning((wanted,))
    for provider, rest in _owners(catalog, wanted):
        if not rest:
            return Meaning(catalog.regions_of(provider), several=True)
        if (meant := _among(catalog, (provider,), rest, catalog.regions_of(provider))).regions:
            return meant
    return _among(catalog, catalog.provider_ids, wanted, catalog.region_ids)


def _called(catalog: "Catalog", provider: str) -> set[str]:
    """Return the names of a provider: its id, what people type for it, and what it calls itself."""
    dialect = catalog.dialects.get(provider)
    return {provider, simplify(catalog.provider(provider).name), *(dialect.aliases if dialect else ())}


def _owners(catalog: "Catalog", wanted: str) -> Iterator[tuple[str, str]]:
    """Return providers whose name a text begins with, and what follows it."""
    for provider in catalog.provider_ids:
        names = [name for name in _called(catalog, provider) if f"{wanted}-".startswith(f"{name}-")]
        if names:
            yield provider, wanted.removeprefix(max(names, key=len)).lstrip("-")


def _among(catalog: "Catalog", providers: Sequence[str], wanted: str, among: Sequence[str]) -> Meaning:
    """Find a country's regions, else a region by its code or zone, else those of a town or name."""
    listed = catalog.edition.countries.items()
    if countries := {code for code, names in listed if wanted in map(simplify, (code, *names))}:
        inside = tuple(key for key in among if catalog.region(key).country in countries)
        return Meaning(inside, several=True)
    coded: dict[str, str | None] = {}
    for provider in providers:
        codes = _codes(catalog, provider, wanted, alone=len(providers) == 1)
        known = ((f"{provider}-{code}", note) for code, note in codes if f"{provider}-{code}" in among)
        coded.update(itertools.islice(known, 1))
    records = [catalog.region(key) for key in among]
    if len(providers) == 1:
        # Of one provider a name is a region's own, before it is the town of others.
        records = [region for region in records if wanted == simplify(region.name)] or records
    named = [region.id for region in records if wanted in _places(region)]
    if coded and not set(named) - coded.keys():
        return Meaning(tuple(coded), note=next(iter(coded.values())))
    if by_zone := [region.id for region in records if wanted in region.zones]:
        return Meaning(tuple(by_zone))
    meant = tuple(dict.fromkeys([*coded, *named]))
    return Meaning(meant, several=len(meant) > 1)


def _codes(catalog: "Catalog", provider: str, wanted: str, alone: bool) -> Iterator[tuple[str, str | None]]:
    """Return possible codes, the nearest first; other names count where the provider is named (``uk``)."""
    yield wanted, None
    dialect = catalog.dialects.get(provider)
    if dialect is None:
        return
    if alone or wanted not in dialect.regions.aliases:
        for code in dialect.spellings(wanted):
            yield code, None
    region = dialect.region_of(wanted)
    if region and region != wanted:
        yield region, dialect.zones.account_relative


def _places(region: Region) -> set[str]:
    """Return how a region and its town may be called: ``Europe (Paris)`` is Paris, too."""
    names = [region.name, *re.split(r"[(),]", region.name), region.town or ""]
    # Frankfurt am Main, Rio de Janeiro: what follows in lower case is often left out.
    names += [match[1] for name in names if (match := re.match(r"(\S+) [a-z]", name.strip()))]
    return set(map(simplify, names)) - {""}


def _unknown(catalog: "Catalog", text: str, wanted: str) -> str:
    """Say what to type for a text that means nothing."""
    for key, rest in _owners(catalog, wanted):
        provider = catalog.provider(key)
        if not rest and not catalog.regions_of(key):
            why = f": {provider.note}" if provider.note else ""
            return f"{provider.name} has no region on record, so there is nothing to judge{why}"
    known = {*catalog.region_ids, *(name for key in catalog.provider_ids for name in _called(catalog, key))}
    known |= {simplify(name) for names in catalog.edition.countries.values() for name in names}
    for key in catalog.region_ids:
        known |= {key.removeprefix(f"{catalog.region(key).provider}-"), *_places(catalog.region(key))}
    hint = did_you_mean(wanted, known, 3, 0.7) or "see: zonerisk list regions"
    return f"no region, provider or place is called {text!r}; {hint}"
