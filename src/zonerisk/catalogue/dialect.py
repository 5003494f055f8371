"""Dialects: what APIs and plans call providers, regions and zones."""

# No "from __future__ import annotations" here, as in core.model.

import re
from typing import Annotated, Literal

from pydantic import Field

from zonerisk.core.model import Key, PartialDate, Record, Text, Url

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
    also: tuple[AttributePath, ...] = ()
    together: Annotated[dict[AttributePath, TypeName], Field(default_factory=dict, max_length=1)]
    replica_of: Annotated[dict[AttributePath, TypeName], Field(default_factory=dict, max_length=1)]
    copies: tuple[AttributePath, ...] = ()
    beside: Count = 0
    elsewhere: Count = 0
    least: tuple[AttributePath, ...] = ()
    most: tuple[AttributePath, ...] = ()
    per_zone: bool = False
    uneven: bool = False
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
    never: Annotated[dict[AttributePath, Pattern], Field(default_factory=dict)]
    members: TypeName | None = None

    def varied(self, variant: Variant | None) -> "ResourceType":
        """Return the type as a variant has it."""
        if variant is None:
            return self
        fields = variant.model_fields_set - {"when", "source", "checked"}
        return self.model_copy(update={key: getattr(variant, key) for key in fields})


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


def zone_in(name: str, patterns: tuple[str, ...]) -> str | None:
    """Return the zone that a node's providerID, or a volume's id, names."""
    for text in patterns:
        pattern = re.escape(text).replace(r"\{zone\}", "([a-z0-9-]+)").replace(r"\*", "[^/]*")
        if "{zone}" in text and (match := re.match(pattern, name)):
            return match[1]
    return None


class Dialect(Record):
    """All that is peculiar to plans for one provider."""

    name: Text | None = None
    aliases: tuple[Key, ...] = ()
    regions: Annotated[RegionNames, Field(default_factory=RegionNames)]
    zones: Annotated[ZoneNames, Field(default_factory=ZoneNames)]
    terraform: Annotated[Terraform, Field(default_factory=Terraform)]
    kubernetes: Annotated[Kubernetes, Field(default_factory=Kubernetes)]
    openstack: tuple[Text, ...] = ()
    """Hosts that users of the OpenStack that it runs sign in at."""

    def spellings(self, key: str) -> tuple[str, ...]:
        """Return the possible codes of what an API calls a region (simplified), the nearest first."""
        if self.regions.joined:
            return (key.replace("-", ""),)
        plain = re.sub(f"(?:{self.regions.ending.pattern})$", "", key) if self.regions.ending else key
        aliases = self.regions.aliases
        return tuple(dict.fromkeys((key, plain, aliases.get(plain, plain), aliases.get(key, key))))

    def region_of(self, zone: str) -> str | None:
        """Return the region that a zone's name begins with; None for an id, which has none."""
        if self.is_zone_id(zone):
            return None
        return re.sub(f"(?:{self.zones.suffix.pattern})$", "", zone) if self.zones.suffix else zone

    def is_zone_id(self, zone: str) -> bool:
        """Return whether a text is a zone's id, and no name that has its region before it."""
        return bool(self.zones.id and self.zones.id.fullmatch(zone))

    def is_zone(self, region: str) -> bool:
        """Return whether what stands where a region is asked for is a zone (GKE's location)."""
        suffix = self.zones.in_place_of_region and self.zones.suffix
        return bool(suffix and re.fullmatch(f".*(?:{suffix.pattern})", region))
