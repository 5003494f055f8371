"""Names: what people type for a provider, region, zone, town or country, and the regions they mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.core.model import simplify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Region


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


def regions(catalog: Catalog, text: str) -> Meaning:
    """Return what a text means; refuse what means nothing, or one of several regions.

    Case, spaces, underscores and dashes do not matter.
    """
    if not isinstance(text, str):
        raise UsageError(f"{text!r} is no name; write text, such as 'ovh-sbg'")
    wanted = simplify(text)
    meant = _meaning(catalog, wanted)
    if len(meant.regions) > 1 and not meant.several:
        raise UnknownTarget(f"{text!r} could be {', '.join(sorted(meant.regions))}; name one")
    if not meant.regions:
        raise UnknownTarget(_unknown(catalog, text, wanted))
    return meant


def split(catalog: Catalog, words: Sequence[str]) -> Iterator[str]:
    """Join words that mean something only together (``OVH SBG``), the longest run of them first."""
    first = 0
    while first < len(words):
        last = min(len(words), first + MOST_WORDS)
        while last > first + 1 and not _joined(catalog, words[first:last]):
            last -= 1
        yield " ".join(words[first:last])
        first = last


def _joined(catalog: Catalog, words: Sequence[str]) -> bool:
    apart = any(simplify(word) in catalog.region_ids for word in words)
    return not apart and bool(_meaning(catalog, simplify(" ".join(words))).regions)


def _meaning(catalog: Catalog, wanted: str) -> Meaning:
    if wanted in catalog.region_ids:
        return Meaning((wanted,))
    for provider, rest in _owners(catalog, wanted):
        if not rest:
            return Meaning(catalog.regions_of(provider), several=True)
        if (meant := _among(catalog, (provider,), rest, catalog.regions_of(provider))).regions:
            return meant
    return _among(catalog, catalog.provider_ids, wanted, catalog.region_ids)


def _called(catalog: Catalog, provider: str) -> set[str]:
    """Return the names of a provider: its id, what people type for it, and what it calls itself."""
    dialect = catalog.dialects.get(provider)
    return {provider, simplify(catalog.provider(provider).name), *(dialect.aliases if dialect else ())}


def _owners(catalog: Catalog, wanted: str) -> Iterator[tuple[str, str]]:
    """Return providers whose name a text begins with, and what follows it."""
    for provider in catalog.provider_ids:
        begins = [name for name in _called(catalog, provider) if f"{wanted}-".startswith(f"{name}-")]
        if begins:
            yield provider, wanted.removeprefix(max(begins, key=len)).lstrip("-")


def _among(catalog: Catalog, providers: Sequence[str], wanted: str, among: Sequence[str]) -> Meaning:
    """Find a country's regions, else a region by its code or zone, else those of a town or name."""
    countries = {
        code for code, names in catalog.edition.countries.items() if wanted in map(simplify, (code, *names))
    }
    if countries:
        inside = (region for region in map(catalog.region, among) if region.country in countries)
        return Meaning(tuple(region.id for region in inside), several=True)
    coded: dict[str, str | None] = {}
    for provider in providers:
        for code, note in _codes(catalog, provider, wanted, alone=len(providers) == 1):
            region = f"{provider}-{code}"
            if region in among and region not in coded:
                coded[region] = note
                break
    records = [catalog.region(key) for key in among]
    if len(providers) == 1:
        # Of one provider a name is a region's own, before it is the town of others.
        records = [region for region in records if wanted == simplify(region.name)] or records
    named = [region.id for region in records if wanted in _places(region)]
    if coded and not set(named) - coded.keys():
        return Meaning(tuple(coded), note=next(iter(coded.values())))
    if by_zone := [region.id for region in records if wanted in region.zones]:
        return Meaning(tuple(by_zone))
    listed = tuple(dict.fromkeys([*coded, *named]))
    return Meaning(listed, several=len(listed) > 1)


def _codes(catalog: Catalog, provider: str, wanted: str, alone: bool) -> Iterator[tuple[str, str | None]]:
    """Return the codes that a provider's region may have by a text, the nearest first.

    A region's other name counts only where the provider is named, for it may be as short as ``uk``.
    """
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


def _unknown(catalog: Catalog, text: str, wanted: str) -> str:
    """Say what to type for a text that means nothing."""
    import difflib

    for key, rest in _owners(catalog, wanted):
        provider = catalog.provider(key)
        if not rest and not catalog.regions_of(key):
            return f"{provider.name} has no region on record{f': {provider.note}' if provider.note else ''}"
    known = {key.removeprefix(f"{catalog.region(key).provider}-") for key in catalog.region_ids}
    known |= {*catalog.region_ids, *(name for key in catalog.provider_ids for name in _called(catalog, key))}
    known |= {simplify(name) for names in catalog.edition.countries.values() for name in names}
    known |= {place for key in catalog.region_ids for place in _places(catalog.region(key))}
    near = difflib.get_close_matches(wanted, sorted(known), n=3, cutoff=0.7)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; see: zonerisk list regions"
    return f"no region, provider or place is called {text!r}{hint}"
