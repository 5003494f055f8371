"""Plans: files told apart, those written by hand in YAML read, and all of them joined to one deployment."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, model_validator

from zonerisk.catalogue import document, gazetteer
from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import Document, Path_, data_root
from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.kinds import FeedKind
from zonerisk.core.model import Country, Key, PartialDate, Record, Region, Text
from zonerisk.judging.arrangement import last_day
from zonerisk.words import findings as wording
from zonerisk.workloads.deployment import OWN, Deployment, Draft, Place, Placement, Source, Unplaced, spread
from zonerisk.workloads.probability import Inputs

MAX_BYTES = 64_000_000
MAX_YAML = 20_000_000
MAX_COPIES = 10_000
Json = Any
Name = Annotated[str, Field(min_length=1, max_length=100)]


def template() -> str:
    """Return a commented plan to start from."""
    return (data_root() / "templates" / "plan.yaml").read_text("utf-8")


class Elsewhere(Record):
    """Where backups or recovery stand; what is left out is the workload's own."""

    provider: Name | None = None
    region: Name | None = None
    zone: Name | None = None
    site: Name | None = None


class Acceptance(Record):
    """A risk that somebody accepted: a rule and a workload, each by its name or a pattern, until a day."""

    rule: Name
    workload: Name
    reason: Text
    owner: Name
    until: PartialDate


class WorkloadRecord(Record):
    """Copies that do one thing together, and where they stand.

    No backup or recovery at all is an empty list; what is left out is not told.
    """

    provider: Name | None = None
    region: Name | None = None
    zones: tuple[Name, ...] = ()
    sites: tuple[Name, ...] = ()
    replicas: Annotated[int, Field(ge=1, le=MAX_COPIES)] | None = None
    quorum: Annotated[int, Field(ge=1, le=MAX_COPIES)] | None = None
    backup: Elsewhere | tuple[Elsewhere, ...] | None = None
    dr: Elsewhere | tuple[Elsewhere, ...] | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.region or self.zones or self.sites):
            raise ValueError("needs a region, zones or sites")
        copies = self.replicas or max(1, len(self.zones) + len(self.sites))
        if self.quorum is not None and self.quorum > copies:
            raise ValueError(f"quorum {self.quorum} is more than its {copies} copies")
        return self


class OwnSite(Record):
    """A datacenter of the user's own."""

    name: Name | None = None
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    uncertainty_m: Annotated[float, Field(gt=0, le=1_000_000)]
    country: Country | None = None
    campus: Key | None = None


class OwnCampus(Record):
    """Own buildings that stand and fall together."""

    name: Name


class OwnFeed(Record):
    """A supply that own sites depend on."""

    kind: FeedKind
    name: Name
    sites: Annotated[tuple[Key, ...], Field(min_length=1)]


class PlanFile(Record):
    """A plan as it is written."""

    name: Text | None = None
    policy: Name | None = None
    as_of: PartialDate | None = None
    workloads: Annotated[dict[Name, WorkloadRecord], Field(min_length=1)]
    sites: Annotated[dict[Key, OwnSite], Field(default_factory=dict)]
    campuses: Annotated[dict[Key, OwnCampus], Field(default_factory=dict)]
    feeds: Annotated[dict[Key, OwnFeed], Field(default_factory=dict)]
    model: Inputs | None = None
    accepted: tuple[Acceptance, ...] = ()

    @model_validator(mode="after")
    def _known(self) -> Self:
        for key, site in self.sites.items():
            if site.campus is not None and site.campus not in self.campuses:
                raise ValueError(f"sites.{key}: its campus is not under campuses")
        for key, feed in self.feeds.items():
            if not self.sites.keys() >= set(feed.sites):
                raise ValueError(f"feeds.{key}: a site of it is not under sites")
        return self


class Question(NamedTuple):
    """A deployment, and the day and policy it is to be judged by."""

    deployment: Deployment
    day: str
    policy: str | None
    accepted: tuple[Acceptance, ...] = ()


def read(names: Sequence[str], stdin: bytes | None, catalog: Catalog, as_of: str | None) -> Question:
    """Read one deployment from files; ``-`` stands for standard input, ``as_of`` overrides a plan's day."""
    from zonerisk.workloads import kubernetes, terraform

    trees: list[tuple[str, str, Json]] = []
    cluster: list[tuple[str, dict[str, int], Json]] = []
    plans: list[tuple[Document, PlanFile]] = []
    for name in dict.fromkeys(names):
        raw = stdin if name == "-" and stdin is not None else _bytes(name)
        shown = "stdin" if name == "-" else name
        if not raw.strip():
            raise DataError(f"{shown}: is empty: has the command that writes it failed?")
        if flaw := terraform.misfit(raw):
            raise DataError(f"{shown}: {flaw}")
        # JSON is told by its first sign, whatever its encoding.
        if raw[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith((b"{", b"[")):
            text, tree = _json(shown, raw)
            if terraform.recognise(tree):
                trees.append((shown, text, tree))
            elif kubernetes.recognise(tree):
                cluster.append((shown, lines_of(text, "name"), tree))
            else:
                what = "is neither the output of terraform show -json nor of kubectl get ... -o json"
                raise DataError(f"{shown}: {what}")
            continue
        written = document.parse(raw, shown, MAX_YAML)
        if kubernetes.recognise(written.tree):
            lines: dict[str, int] = {}
            for path, value in document.leaves(written.tree):
                if path[-2:] == ("metadata", "name"):
                    lines.setdefault(value, written.line(path))
            cluster.append((shown, lines, written.tree))
        else:
            plans.append((written, written.validate(PlanFile, quote=False)))
    if len(plans) > 1:
        raise UsageError(
            f"{plans[0][0].name} and {plans[1][0].name} are both plan files; "
            "give one, and any number of Terraform and Kubernetes files"
        )
    record = plans[0][1] if plans else None
    day = last_day(as_of or (record and record.as_of) or catalog.edition.date)
    parts = [read_plan(written, record, catalog, day) for written, record in plans]
    parts += [terraform.read(*tree, catalog, day) for tree in trees]
    parts += [kubernetes.read(cluster, catalog, day)] if cluster else []
    times = Counter(workload.id for part in parts for workload in part.workloads)
    whole = Deployment(
        tuple(name for part in parts for name in part.files),
        # Two workspaces may have one address: each is told by its file.
        tuple(
            replace(workload, id=f"{part.files[0]}:{workload.id}") if times[workload.id] > 1 else workload
            for part in parts
            for workload in part.workloads
        ),
        tuple(skipped for part in parts for skipped in part.unassessed),
        next((part.own for part in parts if part.own), None),
        next((part.model for part in parts if part.model), None),
    )
    return Question(whole, day, record.policy if record else None, record.accepted if record else ())


def loaded(name: str) -> Json:
    """Read a file of JSON."""
    return _json(name, _bytes(name))[1]


def _bytes(name: str) -> bytes:
    return document.given(name, MAX_BYTES, "; name - to read from a pipe")


def _json(name: str, raw: bytes) -> tuple[str, Json]:
    """Decode and parse JSON in UTF-8, 16 (which PowerShell writes) or 32; messages quote nothing of it."""
    if len(raw) > MAX_BYTES:
        raise DataError(f"{name}: over {MAX_BYTES // 1_000_000} MB; a plan is smaller")
    try:
        text = raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff")
        return text, json.loads(text)
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataError(f"{name}:{error.lineno}: is not JSON: column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise DataError(f"{name}: nests too deep for a plan") from None
    except ValueError:
        raise DataError(f"{name}: holds a number that is too long") from None


def lines_of(text: str, key: str) -> dict[str, int]:
    """Return the first line on which a key of JSON has each of its values; parsing tells no positions."""
    line, last, lines = 1, 0, dict[str, int]()
    for match in re.finditer(rf'"{key}"\s*:\s*("(?:[^"\\\n]|\\.)*")', text):
        line, last = line + text.count("\n", last, match.start()), match.start()
        with suppress(ValueError):
            lines.setdefault(json.loads(match[1]), line)
    return lines


def mapping(value: Json) -> dict[str, Json]:
    """Return a JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Json) -> list[Json]:
    """Return a JSON list; an empty one for anything else."""
    return value if isinstance(value, list) else []


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


def read_plan(written: Document, record: PlanFile, catalog: Catalog, day: str) -> Deployment:
    """Tie a plan's workloads to the catalogue; refuse regions, zones and sites that are not known."""
    problems: list[str] = []
    for key, site in record.sites.items():
        given = site.country and (site.lat, site.lon, site.country, site.uncertainty_m)
        if given and (wrong := gazetteer.misplaced(*given)):
            problems.append(written.problem(("sites", key), wrong))
    placement = Placement(catalog, day, _own(record, day) if record.sites else None)

    def at(of: WorkloadRecord, path: Path_, there: Elsewhere, spread_out: bool = False) -> list[Place]:
        try:
            return [_place(placement, of, there, spread_out)]
        except Unplaced as error:
            problems.append(written.problem(path, str(error)))
            return []

    workloads = []
    for key, row in record.workloads.items():
        path: Path_ = ("workloads", key)
        named = [((*path, "zones", index), Elsewhere(zone=zone)) for index, zone in enumerate(row.zones)]
        named += [((*path, "sites", index), Elsewhere(site=site)) for index, site in enumerate(row.sites)]
        named = named or [((*path, "region"), Elsewhere())]
        places = [place for where, there in named for place in at(row, where, there)]
        others: dict[str, Any] = {"backup": None, "dr": None}
        for name in others:
            if (value := getattr(row, name)) is not None:
                listed = value if isinstance(value, tuple) else (value,)
                targets = (at(row, (*path, name), there, spread_out=True) for there in listed)
                others[name] = tuple(chain.from_iterable(targets))
        if problems:
            continue
        source = Source(written.name, written.line(path))
        copies = list(spread(places, row.replicas or len(places)))
        workload = placement.workload(Draft(key, source, row.quorum or "majority", copies))
        notes = (*workload.notes, *_lying(places, placement.own))
        workloads.append(replace(workload, **others, could_tell=True, notes=notes))
    if problems:
        raise DataError(*problems)
    return Deployment((written.name,), tuple(workloads), (), placement.own, record.model)


def _lying(places: Sequence[Place], own: Region | None) -> Iterator[str]:
    """Return in which country own sites lie of which the plan does not say it."""
    for place in dict.fromkeys(places):
        site = own.sites[place.id.partition("/")[2]] if own and place.region == OWN else None
        if site and site.position and site.country is None:
            yield wording.lying(site.name, gazetteer.lies(site.position.lat, site.position.lon))


def _place(placement: Placement, of: WorkloadRecord, there: Elsewhere, spread_out: bool) -> Place:
    """Return the place that a plan names, in the workload's own region where it names none."""
    own, site, named = placement.own, there.site, there.zone or there.site
    provider, region = there.provider or of.provider, there.region or of.region
    within, slash, name = (named or "").partition("/")
    if site and own and (key := site.removeprefix(f"{OWN}/")) in own.sites:
        return Place(f"{OWN}/{key}", OWN, "site")
    if slash:
        if within not in placement.regions:
            raise Unplaced("names a region that is not in the catalogue; see: zonerisk list regions")
        return placement.place(within, name)
    if provider is None or region is None:
        none = "is none of sites; name its provider and region, or add it there"
        raise Unplaced(none if site else "needs the workload's provider and region")
    home = placement.region(placement.provider(provider), region)
    return placement.whole(home) if named is None and spread_out else placement.place(home, named)


def _own(record: PlanFile, day: str) -> Region:
    """Return the plan's own datacenters as a region."""
    fields: dict[str, Any] = {name: {} for name in ("sites", "campuses", "feeds")}
    for name, listed in fields.items():
        for key, row in getattr(record, name).items():
            listed[key] = {"id": f"{OWN}/{key}", "evidence": ("given",), **row.model_dump(exclude_none=True)}
    for key, site in fields["sites"].items():
        disc = {name: site.pop(name) for name in ("lat", "lon", "uncertainty_m")}
        site["position"] = {**disc, "method": "statement", "evidence": ("given",)}
        site |= {"kind": "building", "name": site.get("name", key)}
        if "campus" in site:
            site["campus"] = f"{OWN}/{site['campus']}"
    for feed in fields["feeds"].values():
        feed["sites"] = [f"{OWN}/{site}" for site in feed["sites"]]
    claim = "Where the user's own datacenters stand and what they depend on."
    given = {"kind": "operator", "title": "The plan itself", "read": day, "claim": claim}
    fields |= {"id": OWN, "provider": OWN, "name": "own datacenters", "country": "ZZ"}
    return Region.model_validate({**fields, "evidence": {"given": given}})
