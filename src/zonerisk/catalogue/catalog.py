"""The catalogue: finds records by their id, reads them on demand and ties references."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field

from zonerisk.catalogue import document as documents
from zonerisk.catalogue.document import Document, data_root, files, held, uncovered
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
    from zonerisk.catalogue.dialect import Dialect, Meaning
    from zonerisk.judging.likelihood import Rates


_Record = TypeVar("_Record")
_Model = TypeVar("_Model", bound=Record)


class Edition(Record):
    """The catalogue as a whole: its day replaces today; names of countries by their two letters."""

    date: PartialDate
    licence: Text
    attribution: Text
    countries: Annotated[dict[Country, tuple[Text, ...]], Field(default_factory=dict)]


DIALECT, INCIDENTS, MEASUREMENTS = "dialect", "incidents", "measurements"
RATES = "rates.json"
# Tables of no provider's: a verdict rests on them, and they on no record.
REFERENCE = ("policies", "layers")
# Any of these makes a folder an overlay.
TABLES = ("datacenters", "policies", INCIDENTS, MEASUREMENTS, "layers", "feeds")


def _kept(read: Callable[[Any, str], _Record]) -> Callable[[Any, str], _Record]:
    """Read a record once for each catalogue."""

    @wraps(read)
    def once(catalog: Catalog, record_id: str) -> _Record:
        held = catalog._held[read.__name__]
        if record_id not in held:
            held[record_id] = read(catalog, record_id)
        kept: _Record = held[record_id]
        return kept

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
        self._providers: dict[str, Path] = {}
        self._regions: dict[str, Path] = {}
        self._dialects: dict[str, Path] = {}
        self._region_provider: dict[str, str] = {}
        self._held: dict[str, dict[str, Any]] = defaultdict(dict)
        for root in self.roots:
            if not any((root / table).is_dir() for table in TABLES):
                raise UsageError(f"{root}: holds no datacenters/ folder; see CONTRIBUTING.md")
            for table in (INCIDENTS, MEASUREMENTS):
                for stray in held(root / table, "*.yaml"):
                    told = f"is not read; put it under {table}/<provider>/"
                    raise DataError(FileProblem(str(stray), 0, told))
        for path in files(self.roots, "datacenters", "*/*.yaml").values():
            provider, key = path.parent.name, f"{path.parent.name}-{path.stem}"
            if path.stem == "provider":
                self._providers[provider] = path
            elif path.stem == DIALECT:
                self._dialects[f"{provider}/{DIALECT}"] = path
            else:
                self._regions[key], self._region_provider[key] = path, provider

    @cached_property
    def edition(self) -> Edition:
        """The day and licence of the shipped catalogue."""
        root = next((root for root in self.roots if (root / "catalog.yaml").is_file()), data_root())
        return documents.read(root / "catalog.yaml", "data/catalog.yaml").validate(Edition)

    @property
    def date(self) -> str:
        """Day of the catalogue, which stands for today."""
        return self.edition.date

    @property
    def provider_ids(self) -> tuple[str, ...]:
        """Every provider, sorted."""
        return tuple(sorted(self._providers))

    @cached_property
    def region_ids(self) -> tuple[str, ...]:
        """Every region, sorted."""
        return tuple(sorted(self._regions))

    def path(self, record_id: str) -> Path:
        """Return the file of a provider, region or dialect; of others, with their folder before the id."""
        for table in (self._regions, self._providers, self._dialects):
            if record_id in table:
                return table[record_id]
        folder, _, key = record_id.partition("/")
        if path := self.filed.get(folder, {}).get(key):
            return path
        raise UnknownTarget(f"no provider or region is called {record_id}")

    def file_name(self, record_id: str) -> str:
        """Return the name of a record's file as messages do: a shipped one from ``data``, others as given."""
        path = self.path(record_id)
        for place in (path, Path(os.path.realpath(path))):
            if place.is_relative_to(data_root()):
                return f"data/{place.relative_to(data_root()).as_posix()}"
        return str(path)

    @cached_property
    def samples(self) -> Samples:
        """The figures of the layers at the catalogue's sites."""
        return Samples(tuple(files(self.roots, "layers/samples", "*.csv").values()))

    @cached_property
    def rates(self) -> Rates:
        """What is counted of losses: ``rates.json`` of the last folder that has one, else the shipped one."""
        from zonerisk.judging.likelihood import Rates

        again = "zonerisk data rates --constants"
        if (path := self._rates_path) is None:
            raise DataError(f"{data_root() / RATES}: is not there; write it: {again}")
        with reading(str(path), f"holds no rates; write it again: {again}"):
            return Rates.of(json.loads(documents.content(path)))

    @property
    def _rates_path(self) -> Path | None:
        return files((data_root(), *self.roots), "", RATES).get(RATES)

    @cached_property
    def _tables(self) -> bytes:
        """Hash of all files beside the records and their incidents that a verdict reads."""
        total = hashlib.sha256()
        for table in ("feeds", "layers/samples"):
            for name, path in files(self.roots, table, "*.*").items():
                total.update(name.encode() + b"\0" + documents.content(path))
        total.update(documents.content(self._rates_path) if self._rates_path else b"")
        return total.digest()

    @cached_property
    def filed(self) -> dict[str, dict[str, Path]]:
        """Files by table and id: ``incidents/<provider>/<name>.yaml`` is ``<provider>-<name>``."""
        filed = {}
        for table in (INCIDENTS, MEASUREMENTS):
            paths = files(self.roots, table, "*/*.yaml").values()
            filed[table] = {f"{path.parent.name}-{path.stem}": path for path in paths}
        for table in REFERENCE:
            filed[table] = {path.stem: path for path in files(self.roots, table).values()}
        return filed

    def ids(self, table: str) -> tuple[str, ...]:
        """Return every record of ``dialect``, or of a table of :attr:`filed`, sorted."""
        return tuple(sorted(self._dialects if table == DIALECT else self.filed[table]))

    def _texts(self, table: str, provider_id: str) -> dict[str, bytes]:
        """Return what the files of a provider in one table hold, by id; others are not read."""
        held = self._held[f"{table}/{provider_id}"]
        if not held:
            paths = [each for each in self.filed[table].items() if each[1].parent.name == provider_id]
            held.update((key, documents.content(path)) for key, path in paths)
        return held

    @_kept
    def document(self, record_id: str) -> Document:
        """Read a record's file as text with line numbers."""
        return documents.read(self.path(record_id), self.file_name(record_id))

    def dialect(self, dialect_id: str) -> Dialect:
        """Read what is peculiar to plans for a provider."""
        from zonerisk.catalogue.dialect import Dialect

        return self._record(Dialect, dialect_id)

    @cached_property
    def dialects(self) -> Mapping[str, Dialect]:
        """Every provider's dialect, by the provider's id."""
        return {key.partition("/")[0]: self.dialect(key) for key in self.ids(DIALECT)}

    def regions_of(self, provider_id: str) -> tuple[str, ...]:
        """Every region of a provider, sorted."""
        return tuple(sorted(key for key, owner in self._region_provider.items() if owner == provider_id))

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
        document, region = self.document(region_id), self._record(Region, region_id)
        evidence = {**self.provider(region.provider).evidence, **region.evidence}
        _refuse((*uncovered(document, evidence), *documents.dangling(document, region_id)))
        return region.model_copy(update={"evidence": evidence})

    def _record(self, model: type[_Model], record_id: str) -> _Model:
        """Type a record, of which its path tells some fields; refuse one whose provider is not there."""
        document, owner = self.document(record_id), self.path(record_id).parent.name
        if owner not in self._providers:
            missing = f"data/datacenters/{owner}/provider.yaml is missing; write it first"
            raise DataError(FileProblem(document.name, 0, missing))
        if model is Region:
            document = replace(document, tree=documents.canonical(document.tree, record_id))
        told = {"id": record_id.partition("/")[2] or record_id, "provider": owner}
        record = document.validate(model, {key: told[key] for key in told if key in model.model_fields})
        if isinstance(record, Provider | Incident):  # What a region cites may be its provider's.
            _refuse(uncovered(document, record.evidence))
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
            total.update(record_id.encode() + b"\0" + documents.content(self.path(record_id)))
        for table in (INCIDENTS, MEASUREMENTS):
            for key, text in self._texts(table, provider).items():
                total.update(key.encode() + b"\0" + text)
        total.update(self._tables)
        return total.hexdigest()

    def digest_of(self, region_ids: Iterable[str]) -> str:
        """Hash the files that an answer on several regions reads: one of each provider stands for it."""
        total = hashlib.sha256()
        firsts = {self._region_provider[key]: key for key in sorted(set(region_ids))}
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
        listed = self._texts(MEASUREMENTS, self._region_provider.get(region_id, "")).items()
        mark = f"{region_id}/".encode()
        return tuple(self.measurement(key) for key, text in sorted(listed) if mark in text)

    def incidents(self, about: str | None = None) -> tuple[Incident, ...]:
        """Read the incidents on record, or those that hit a region, the oldest first."""
        held = self._held["incidents"]
        if (key := about or "") not in held:
            naming = self._naming(self._region_provider.get(key, ""), (key, "everywhere"))
            every = (self.incident(key) for key in self.filed[INCIDENTS])
            listed = every if about is None else (event for event in naming if event.about(about))
            held[key] = tuple(sorted(listed, key=lambda event: (event.start, event.id)))
        found: tuple[Incident, ...] = held[key]
        return found

    def incidents_together(self, events: Iterable[str], providers: Iterable[str]) -> tuple[Incident, ...]:
        """Read what is on record of some events at some providers."""
        wanted = set(events)
        naming = (event for owner in sorted(set(providers)) for event in self._naming(owner, wanted))
        return tuple(event for event in naming if event.key in wanted)

    def _naming(self, provider_id: str, words: Iterable[str]) -> Iterator[Incident]:
        """Read the incidents of a provider whose text has one of some words, or a backslash to hide one."""
        marks = [b"\\", *(word.encode() for word in words)]
        for key, text in self._texts(INCIDENTS, provider_id).items() if provider_id else ():
            if any(mark in text for mark in marks):
                yield self.incident(key)

    @cached_property
    def supply(self) -> Sample:
        """What was derived of the power supply at sites."""
        return read_supply(files(self.roots, SUPPLY, "*.*"))

    @cached_property
    def supply_chart(self) -> Chart:
        """Where stations stand and which circuits join them; no verdict needs it."""
        return read_chart(files(self.roots, SUPPLY, "map/*.csv"))

    @cached_property
    def _policies(self) -> dict[str, Path]:
        """Policy files by id: those that ship, overlaid by those of the folders."""
        return {path.stem: path for path in files((data_root(), *self.roots), "policies").values()}

    @property
    def policy_ids(self) -> tuple[str, ...]:
        """Every policy, sorted."""
        return tuple(self._policies)

    def policy(self, name: str) -> Policy:
        """Read a policy by its id, or a user's own by its file; errors are those of :meth:`region`."""
        path = self.policy_path(name)
        digest = hashlib.sha256(documents.content(path)).hexdigest()
        return documents.read_named(path, "policies").validate(Policy, {"id": path.stem, "sha256": digest})

    def policy_path(self, name: str) -> Path:
        """Return the file of a policy, by its id or as it is named."""
        if name.endswith((".yaml", ".yml")) or "/" in name:
            if not Path(name).is_file():
                raise UnknownTarget(f"there is no policy file {name}; see: zonerisk list policies")
            return Path(name)
        if path := self._policies.get(wanted := simplify(name)):
            return path
        hint = did_you_mean(wanted, self._policies) or f"there are {', '.join(self._policies)}"
        raise UnknownTarget(f"no policy is called {name!r}; {hint}")

    def meaning(self, text: str) -> Meaning:
        """Return the regions that a user means, and what to know of them.

        The text is a region's id or name, its code or one of its zones alone; or a provider, a town or
        a country for all its regions. Case, spaces, underscores and dashes do not matter. It is an
        UnknownTarget if nothing, or more than one thing, goes by that name.
        """
        from zonerisk.catalogue import dialect

        return dialect.meaning(self, text)

    def area(self, text: str) -> str:
        """Return the two letters of a country, or EU."""
        for code, listed in {"EU": ("European Union",), **self.edition.countries}.items():
            if simplify(text) in map(simplify, (code, *listed)):
                return code
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


def _refuse(problems: Iterable[str]) -> None:
    if listed := dict.fromkeys(problems):
        raise DataError(*listed)
