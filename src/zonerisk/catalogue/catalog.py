"""The catalogue: finds records by their id and by what people call them, and reads them on demand."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, wraps
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from pydantic import Field

from zonerisk.catalogue import document as documents
from zonerisk.catalogue.document import Document, data_root, files, held
from zonerisk.catalogue.samples import SUPPLY, Samples, read_chart, read_supply
from zonerisk.core.errors import DataError, FileProblem, UnknownTarget, UsageError, did_you_mean, reading
from zonerisk.core.model import (
    Country,
    Incident,
    Measurement,
    PartialDate,
    Policy,
    Provider,
    Record,
    Region,
    Site,
    Text,
    simplify,
)
from zonerisk.core.samples import Chart, Sample

if TYPE_CHECKING:
    from zonerisk.catalogue.dialect import Dialect
    from zonerisk.judging.likelihood import Rates


_Of = TypeVar("_Of")
_Model = TypeVar("_Model", bound=Record)


class Edition(Record):
    """The catalogue as a whole: its day replaces today; names of countries by their two letters."""

    date: PartialDate
    licence: Text
    attribution: Text
    countries: Annotated[dict[Country, tuple[Text, ...]], Field(default_factory=dict)]


class Meaning(NamedTuple):
    """The regions that a text stands for, and what its reader should know of it.

    ``several`` where it names a provider, a town or a country, and so all of the regions; ``note`` is why
    a zone's letter is not tied to buildings.
    """

    regions: tuple[str, ...] = ()
    several: bool = False
    note: str | None = None


DIALECT, INCIDENTS, MEASUREMENTS = "dialect", "incidents", "measurements"
RATES = "rates.json"
# Tables of no provider's: a verdict rests on them, and they on no record.
REFERENCE = ("policies", "layers")
# Any of these makes a folder an overlay.
TABLES = ("datacenters", "policies", INCIDENTS, MEASUREMENTS, "layers", "feeds")
# Words of one name, at most: "google europe west 9".
MOST_WORDS = 5


def _kept(read: Callable[[Any, str], _Of]) -> Callable[[Any, str], _Of]:
    """Read a record once for each catalogue."""

    @wraps(read)
    def once(catalog: Catalog, record_id: str) -> _Of:
        held: dict[str, _Of] = catalog._held[read.__name__]
        if record_id not in held:
            held[record_id] = read(catalog, record_id)
        return held[record_id]

    return once


class Catalog:
    """Records of one or more folders; a later folder's records replace an earlier's.

    Parameters
    ----------
    *roots
        Folders that hold ``datacenters/<provider>/<region>.yaml`` or another table. Without
        any, the shipped catalogue.

    Raises
    ------
    UsageError
        If a folder holds no table.
    """

    def __init__(self, *roots: Path) -> None:
        self.roots = roots or (data_root(),)
        self._held: dict[str, Any] = defaultdict(dict)
        for root in self.roots:
            if not any((root / table).is_dir() for table in TABLES):
                raise UsageError(f"{root}: holds no datacenters/ folder; see CONTRIBUTING.md")
            for table in (INCIDENTS, MEASUREMENTS):
                for stray in held(root / table, "*.yaml").values():
                    message = f"is not read; put it under {table}/<provider>/"
                    raise DataError(FileProblem(str(stray), 0, message))
        self._providers: dict[str, Path] = {}
        self.dialect_files: dict[str, Path] = {}
        self._regions: dict[str, Path] = {}
        self._sold: dict[str, list[str]] = defaultdict(list)
        for key, path in files(self.roots, "datacenters", "*/*.yaml").items():
            owner, _, code = key.removesuffix(".yaml").partition("/")
            if code == "provider":
                self._providers[owner] = path
            elif code == DIALECT:
                self.dialect_files[f"{owner}/{code}"] = path
            else:
                self._regions[f"{owner}-{code}"] = path
                self._sold[owner].append(f"{owner}-{code}")

    @cached_property
    def edition(self) -> Edition:
        """The day and licence of the shipped catalogue."""
        root = next((root for root in self.roots if (root / "catalog.yaml").is_file()), data_root())
        return documents.read(root / "catalog.yaml").validate(Edition)

    @property
    def date(self) -> str:
        """Day of the catalogue, which stands for today."""
        return self.edition.date

    @cached_property
    def provider_ids(self) -> tuple[str, ...]:
        """Every provider, sorted."""
        return tuple(sorted(self._providers))

    @cached_property
    def region_ids(self) -> tuple[str, ...]:
        """Every region, sorted."""
        return tuple(sorted(self._regions))

    def path(self, record_id: str) -> Path:
        """Return the file of a provider, region or dialect; of others, with their folder before the id."""
        folder, _, key = record_id.partition("/")
        for table in (self._regions, self._providers, self.dialect_files):
            if record_id in table:
                return table[record_id]
        if path := self.filed.get(folder, {}).get(key):
            return path
        raise UnknownTarget(f"no provider or region is called {record_id}")

    def file_name(self, record_id: str) -> str:
        """Return the name of a record's file as messages do: a shipped one from ``data``, others as given."""
        return documents.named(self.path(record_id))

    @cached_property
    def samples(self) -> Samples:
        """The figures of the layers at the catalogue's sites."""
        return Samples(tuple(files(self.roots, "layers/samples", "*.csv").values()))

    @cached_property
    def rates(self) -> Rates:
        """What is counted of losses: ``rates.json`` of the last folder that has one, else the shipped one."""
        from zonerisk.judging.likelihood import Rates

        again = "zonerisk data rates --constants"
        for path in files((data_root(), *self.roots), "", RATES).values():
            with reading(str(path), f"holds no rates; write it again: {again}"):
                return Rates.of(json.loads(documents.content(path)))
        raise DataError(f"{data_root() / RATES}: is not there; write it: {again}")

    @cached_property
    def _tables(self) -> bytes:
        """Hash of all files beside the records and their incidents that a verdict reads."""
        total = hashlib.sha256()
        for table in ("feeds", "layers/samples"):
            for name, path in files(self.roots, table, "*.*").items():
                total.update(name.encode() + b"\0" + documents.content(path))
        for path in files((data_root(), *self.roots), "", RATES).values():
            total.update(documents.content(path))
        return total.digest()

    @cached_property
    def filed(self) -> dict[str, dict[str, Path]]:
        """Files by table and id: ``incidents/<provider>/<name>.yaml`` is ``<provider>-<name>``."""
        filed = {}
        for table in (INCIDENTS, MEASUREMENTS):
            paths = files(self.roots, table, "*/*.yaml").items()
            filed[table] = {key.removesuffix(".yaml").replace("/", "-"): path for key, path in paths}
        for table in REFERENCE:
            filed[table] = {path.stem: path for path in files(self.roots, table).values()}
        return filed

    @_kept
    def _texts(self, folder: str) -> dict[str, bytes]:
        """Return what the files of one table and provider hold, by id; others are not read."""
        table, _, provider = folder.partition("/")
        filed = self.filed[table].items()
        return {key: documents.content(path) for key, path in filed if path.parent.name == provider}

    @_kept
    def document(self, record_id: str) -> Document:
        """Read a record's file as text with line numbers."""
        return documents.read(self.path(record_id))

    def dialect(self, dialect_id: str) -> Dialect:
        """Read what is peculiar to plans for a provider."""
        from zonerisk.catalogue.dialect import Dialect

        return self._record(Dialect, dialect_id)

    @cached_property
    def dialects(self) -> Mapping[str, Dialect]:
        """Every provider's dialect, by the provider's id."""
        return {key.partition("/")[0]: self.dialect(key) for key in self.dialect_files}

    def regions_of(self, provider_id: str) -> tuple[str, ...]:
        """Every region of a provider, sorted."""
        return tuple(sorted(self._sold.get(provider_id, ())))

    @_kept
    def provider(self, provider_id: str) -> Provider:
        """Read a provider."""
        return self._record(Provider, provider_id)

    @_kept
    def region(self, region_id: str) -> Region:
        """Read a region; its evidence includes that of its provider.

        Raises
        ------
        UnknownTarget
            If there is no such region.
        DataError
            If its file is not a valid record.
        """
        return self._record(Region, region_id)

    def _record(self, model: type[_Model], record_id: str) -> _Model:
        """Type a record, of which its path tells some fields; refuse one whose provider is not there."""
        document, owner = self.document(record_id), self.path(record_id).parent.name
        if owner not in self._providers:
            missing = f"data/datacenters/{owner}/provider.yaml is missing; write it first"
            raise DataError(FileProblem(document.name, 0, missing))
        typed = document
        if model is Region:
            typed = replace(document, tree=documents.canonical(document.tree, record_id))
        fields = {"id": record_id.partition("/")[2] or record_id, "provider": owner}
        record = typed.validate(model, {key: fields[key] for key in fields if key in model.model_fields})
        if isinstance(record, Region):
            evidence = {**self.provider(owner).evidence, **record.evidence}
            record = record.model_copy(update={"evidence": evidence})
        if isinstance(record, Provider | Incident | Region) and (
            problems := dict.fromkeys(documents.dangling(document, record.evidence, record_id))
        ):
            raise DataError(*problems)
        return record

    def site(self, site_id: str) -> Site:
        """Read a site by its canonical id, ``region/site``; errors are those of :meth:`region`."""
        region_id, _, key = site_id.partition("/")
        if region_id not in self._regions:
            raise UnknownTarget(f"{site_id}: no region is called {region_id}")
        if (site := self.region(region_id).sites.get(key)) is None:
            raise UnknownTarget(f"{site_id}: {self.file_name(region_id)} has no site {key}")
        return site

    def sites_of(self, region_id: str) -> dict[str, Site]:
        """Return every site that a region names, by canonical id."""
        try:
            return {site_id: self.site(site_id) for site_id in self.region(region_id).site_ids}
        except UnknownTarget as error:
            raise DataError(f"{self.file_name(region_id)}: refers to {error}") from None

    def owners(self, region_id: str) -> tuple[Region, ...]:
        """Return a region's record and those of its sites' owners: whose feeds may name the sites."""
        ids = {region_id, *(key.partition("/")[0] for key in self.sites_of(region_id))}
        return tuple(map(self.region, sorted(ids)))

    def digest(self, region_id: str) -> str:
        """Hash the files that a verdict on a region reads (sha256 of their bytes)."""
        return self._digest(self.region(region_id).provider)

    @_kept
    def _digest(self, provider: str) -> str:
        sold = self.regions_of(provider)
        owners = (key.partition("/")[0] for region in sold for key in self.sites_of(region))
        total = hashlib.sha256()
        for record_id in sorted({provider, *sold, *owners}):
            total.update(record_id.encode() + b"\0" + self.document(record_id).raw)
        for table in (INCIDENTS, MEASUREMENTS):
            for key, text in self._texts(f"{table}/{provider}").items():
                total.update(key.encode() + b"\0" + text)
        total.update(self._tables)
        return total.hexdigest()

    def digest_of(self, region_ids: Iterable[str]) -> str:
        """Hash the files that an answer on several regions reads: one of each provider stands for it."""
        total = hashlib.sha256()
        firsts = {self.region(key).provider: key for key in sorted(set(region_ids))}
        for region_id in firsts.values():
            total.update(self.digest(region_id).encode())
        return total.hexdigest()

    @_kept
    def incident(self, incident_id: str) -> Incident:
        """Read an incident; errors are those of :meth:`region`."""
        return self._record(Incident, f"{INCIDENTS}/{incident_id}")

    @_kept
    def measurement(self, measurement_id: str) -> Measurement:
        """Read a measurement; errors are those of :meth:`region`."""
        return self._record(Measurement, f"{MEASUREMENTS}/{measurement_id}")

    def measurements(self, region_id: str) -> tuple[Measurement, ...]:
        """Read the round trips on record between zones of a region, by id."""
        owner = self.path(region_id).parent.name
        return tuple(map(self.measurement, sorted(self._naming(MEASUREMENTS, owner, (f"{region_id}/",)))))

    def incidents(self, about: str | None = None, logical: bool = True) -> tuple[Incident, ...]:
        """Read the incidents on record, or those that hit a region, the oldest first.

        Without ``logical`` those of software are left out, and as a rule not even read.
        """
        held: dict[object, tuple[Incident, ...]] = self._held["incidents"]
        if (about, logical) not in held:
            keys: Iterable[str] = self.filed[INCIDENTS]
            if about is not None:  # No event is on record of a user's own place.
                region = self._regions.get(about)
                names = (about, "everywhere")
                keys = self._naming(INCIDENTS, region.parent.name, names, logical) if region else ()
            events = (event for event in map(self.incident, keys) if about is None or event.about(about))
            listed = (event for event in events if logical or event.class_ != "logical")
            held[about, logical] = tuple(sorted(listed, key=lambda event: (event.start, event.id)))
        return held[about, logical]

    def incidents_together(self, events: Iterable[str], providers: Iterable[str]) -> tuple[Incident, ...]:
        """Read what is on record of some events at some providers."""
        wanted = set(events)
        keys = (key for owner in sorted(set(providers)) for key in self._naming(INCIDENTS, owner, wanted))
        return tuple(event for event in map(self.incident, keys) if event.key in wanted)

    def _naming(self, table: str, provider_id: str, words: Iterable[str], logical: bool = True) -> list[str]:
        """Return the records of a provider whose text has one of some words, or a backslash to hide one."""
        marks = [b"\\", *(word.encode() for word in words)]
        named = (
            (key, text)
            for key, text in self._texts(f"{table}/{provider_id}").items()
            if any(mark in text for mark in marks)
        )
        # A line that is not indented is a key of the record itself.
        return [key for key, text in named if logical or b"\nclass: logical\n" not in text]

    @cached_property
    def supply(self) -> Sample:
        """What was derived of the power supply at sites."""
        return read_supply(files(self.roots, SUPPLY, "*.*"))

    @cached_property
    def supply_chart(self) -> Chart:
        """Where stations stand and which circuits join them; no verdict needs it."""
        return read_chart(files(self.roots, SUPPLY, "map/*.csv"))

    @cached_property
    def policies(self) -> dict[str, Path]:
        """Policy files by id: those that ship, overlaid by those of the folders."""
        return {path.stem: path for path in files((data_root(), *self.roots), "policies").values()}

    def policy(self, name: str) -> Policy:
        """Read a policy by its id, or a user's own by its file; errors are those of :meth:`region`."""
        path = self.policy_path(name)
        raw = documents.content(path)
        fields = {"id": path.stem, "sha256": hashlib.sha256(raw).hexdigest()}
        return documents.parse(raw, documents.named(path)).validate(Policy, fields)

    def policy_path(self, name: str) -> Path:
        """Return the file of a policy, by its id or as it is named."""
        if name.endswith((".yaml", ".yml")) or "/" in name:
            if not Path(name).is_file():
                raise UnknownTarget(f"there is no policy file {name}; see: zonerisk list policies")
            return Path(name)
        if path := self.policies.get(wanted := simplify(name)):
            return path
        hint = did_you_mean(wanted, self.policies) or f"there are {', '.join(self.policies)}"
        raise UnknownTarget(f"no policy is called {name!r}; {hint}")

    def meaning(self, text: str) -> Meaning:
        """Return the regions that a user means, and what to know of them.

        The text is a region's id or name, its code or one of its zones alone; or a provider, a town or
        a country for all its regions. Case, spaces, underscores and dashes do not matter. It is an
        UnknownTarget if nothing, or more than one thing, goes by that name.
        """
        if not isinstance(text, str):
            raise UsageError(f"{text!r} is not a name; write text, such as 'ovh-sbg'")
        meant = self._meaning(wanted := simplify(text))
        if len(meant.regions) > 1 and not meant.several:
            raise UnknownTarget(f"{text!r} could be {', '.join(sorted(meant.regions))}; name one")
        if meant.regions:
            return meant
        for key, rest in self._owners(wanted):
            provider = self.provider(key)
            if not rest and not self.regions_of(key):
                message = f"{provider.name} has no region on record, so there is nothing to judge"
                raise UnknownTarget(f"{message}: {provider.note}" if provider.note else message)
        known = {*self.region_ids, *(name for key in self.provider_ids for name in self._called(key))}
        known |= {simplify(name) for names in self.edition.countries.values() for name in names}
        for region in map(self.region, self.region_ids):
            known |= {region.id.removeprefix(f"{region.provider}-"), *self._places(region.id)}
        hint = did_you_mean(wanted, known, 3, 0.7) or "see: zonerisk list regions"
        raise UnknownTarget(f"no region, provider or place is called {text!r}; {hint}")

    def joined(self, words: Sequence[str]) -> Iterator[str]:
        """Join words that mean something only together (``OVH SBG``), the longest run of them first."""
        while words:
            for last in range(min(len(words), MOST_WORDS), 0, -1):
                name, apart = " ".join(words[:last]), {*map(simplify, words[:last])} & self._regions.keys()
                if last == 1 or (not apart and self._meaning(simplify(name)).regions):
                    yield name
                    words = words[last:]
                    break

    def _meaning(self, wanted: str) -> Meaning:
        if wanted in self._regions:
            return Meaning((wanted,))
        for provider, rest in self._owners(wanted):
            if not rest:
                return Meaning(self.regions_of(provider), several=True)
            if (meant := self._among(rest, provider)).regions:
                return meant
        return self._among(wanted)

    def _called(self, provider: str) -> set[str]:
        """Return the names of a provider: its id, what people type for it, and what it calls itself."""
        dialect = self.dialects.get(provider)
        return {provider, simplify(self.provider(provider).name), *(dialect.aliases if dialect else ())}

    def _owners(self, wanted: str) -> Iterator[tuple[str, str]]:
        """Return providers whose name a text begins with, and what follows it."""
        for provider in self.provider_ids:
            names = [name for name in self._called(provider) if f"{wanted}-".startswith(f"{name}-")]
            if names:
                yield provider, wanted.removeprefix(max(names, key=len)).lstrip("-")

    def _among(self, wanted: str, owner: str | None = None) -> Meaning:
        """Find a country's regions, else a region by its code or zone, else those of a town or name."""
        among = {key: self.region(key) for key in (self.regions_of(owner) if owner else self.region_ids)}
        if countries := {*self._countries(wanted)} - {"EU"}:
            inside = tuple(key for key, region in among.items() if region.country in countries)
            return Meaning(inside, several=True)
        coded: dict[str, str | None] = {}
        for provider in [owner] if owner else self.provider_ids:
            codes = self._codes(provider, wanted, alone=owner is not None)
            known = ((key, note) for code, note in codes if (key := f"{provider}-{code}") in among)
            coded.update(islice(known, 1))
        records = list(among.values())
        if owner:  # Of one provider a name is a region's own, before it is the town of others.
            records = [region for region in records if wanted == simplify(region.name)] or records
        named = [region.id for region in records if wanted in self._places(region.id)]
        if coded and not set(named) - coded.keys():
            return Meaning(tuple(coded), note=next(iter(coded.values())))
        if by_zone := [region.id for region in records if wanted in region.zones]:
            return Meaning(tuple(by_zone))
        meant = tuple(dict.fromkeys([*coded, *named]))
        return Meaning(meant, several=len(meant) > 1)

    @_kept
    def _places(self, region_id: str) -> set[str]:
        """Return how a region and its town may be called: ``Europe (Paris)`` is Paris, too."""
        region = self.region(region_id)
        names = [region.name, *re.split(r"[(),]", region.name), region.town or ""]
        # Frankfurt am Main, Rio de Janeiro: what follows in lower case is often left out.
        names += [match[1] for name in names if (match := re.match(r"(\S+) [a-z]", name.strip()))]
        return set(map(simplify, names)) - {""}

    def _codes(self, provider: str, wanted: str, alone: bool) -> Iterator[tuple[str, str | None]]:
        """Yield possible codes, the nearest first; other names count where the provider is named (``uk``)."""
        yield wanted, None
        if dialect := self.dialects.get(provider):
            if alone or wanted not in dialect.regions.aliases:
                yield from ((code, None) for code in dialect.spellings(wanted))
            if region := dialect.region_of(wanted):
                yield region, dialect.zones.account_relative

    def _countries(self, wanted: str) -> list[str]:
        """Return the letters of the countries, or of the Union, that go by a name."""
        named = {"EU": ("European Union",), **self.edition.countries}
        return [code for code, names in named.items() if wanted in map(simplify, (code, *names))]

    def area(self, text: str) -> str:
        """Return the two letters of a country, or EU."""
        if codes := self._countries(simplify(text)):
            return codes[0]
        raise UsageError(f"{text!r} is not a country on record; write EU, or one such as France or FR")

    def resolve(self, text: str) -> tuple[str, ...]:
        """Return the region ids that a user means; see :meth:`meaning`."""
        return self.meaning(text).regions

    def open_regions(self, text: str) -> tuple[str, ...]:
        """Return the region ids that a user means; of several, those that are sold today.

        Of an operator, whose buildings others rent, all are meant; of a cloud that is closed, too.
        """
        meant = self.meaning(text)
        records = [self.region(key) for key in meant.regions]
        sold = tuple(region.id for region in records if region.status == "open" and region.zones)
        return (sold if meant.several else ()) or meant.regions
