"""Opacity, law 1: one fact after another is hidden, or made vaguer, and no answer gets better."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import pytest

import zonerisk
from test_classes import CAMPUS_AB, MENDED, NEAR, STATION, TRIANGLE, TWO_BUILDINGS, candidates, event, region
from zonerisk.core.errors import UsageError
from zonerisk.core.model import DEFAULT
from zonerisk.core.verdict import severity
from zonerisk.judging import arrangement, recovery, separation
from zonerisk.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from zonerisk.core.model import Incident, Region
    from zonerisk.core.verdict import Verdict

# What a provider hides of places, and what no record shows that was never recorded.
PLACES = ("site", "disc", "tie", "campus", "one per zone", "buildings", "candidate")
POLICY = zonerisk.load().policy(DEFAULT)
SILENT = ("power", "network", "incidents")


class Hidden(NamedTuple):
    """One fact less: its kind, which it is, and what is left of the region and of its events."""

    kind: str
    what: str
    region: Region
    without: frozenset[str] = frozenset()


def facts(known: Region, events: tuple[Incident, ...]) -> Iterator[Hidden]:
    """Yield a region without each of the facts that may be hidden of it."""
    for key, site in known.sites.items():
        if site.position:
            wide = site.position.model_copy(update={"uncertainty_m": site.position.uncertainty_m + 20_000})
            for kind, position in (("site", None), ("disc", wide)):
                less = {**known.sites, key: site.model_copy(update={"position": position})}
                yield Hidden(kind, key, known.model_copy(update={"sites": less}))
    for key, zone in known.zones.items():
        for site_id in zone.sites:
            left = tuple(each for each in zone.sites if each != site_id)
            ties = {**known.zones, key: zone.model_copy(update={"sites": left})}
            yield Hidden("tie", f"{key} to {site_id}", known.model_copy(update={"zones": ties}))
    for key, campus in known.campuses.items():
        sites = {
            name: site.model_copy(update={"campus": None}) if site.campus == campus.id else site
            for name, site in known.sites.items()
        }
        left_over = {name: each for name, each in known.campuses.items() if name != key}
        yield Hidden("campus", key, known.model_copy(update={"campuses": left_over, "sites": sites}))
    if known.candidates:
        if known.candidates.one_per_zone:
            vague = known.candidates.model_copy(update={"one_per_zone": False})
            yield Hidden("one per zone", "", known.model_copy(update={"candidates": vague}))
        for site_id in known.candidates.sites:
            fewer = tuple(each for each in known.candidates.sites if each != site_id)
            listed = known.candidates.model_copy(update={"sites": fewer}) if fewer else None
            yield Hidden("candidate", site_id, known.model_copy(update={"candidates": listed}))
    if known.buildings:
        yield Hidden("buildings", "", known.model_copy(update={"buildings": None}))
    for key in known.feeds:
        feeds = {name: each for name, each in known.feeds.items() if name != key}
        yield Hidden("feed", key, known.model_copy(update={"feeds": feeds}))
    several = [record for record in events if record.class_ != "logical" and record.hit(known.id) != 1]
    for record in several:
        yield Hidden("event", record.id, known, frozenset((record.id,)))
        if record.fixed_since:
            yield Hidden("repair date", record.id, known, frozenset((record.id,)))
    if rest := frozenset(record.id for record in events) - {record.id for record in several}:
        yield Hidden("event", f"{len(rest)} of software or of one zone", known, rest)


def judge(library: Library, hidden: Hidden, monkeypatch: pytest.MonkeyPatch) -> Verdict | None:
    """Return the verdict without a fact; none where nothing is left to compare."""
    target = hidden.region.id
    told, everything = library.region(target), type(library).incidents

    def incidents(facts: Library, about: str | None = None, logical: bool = True) -> tuple[Incident, ...]:
        found = everything(facts, about, logical)
        if hidden.kind == "repair date":
            again = {"fixed_since": None, "changed": ()}
            return tuple(e.model_copy(update=again) if e.id in hidden.without else e for e in found)
        return tuple(e for e in found if e.id not in hidden.without)

    with monkeypatch.context() as patch:
        patch.setitem(library._held["region"], target, hidden.region)
        if hidden.without:
            patch.setattr(type(library), "incidents", incidents)
        moved = [key for key, site in hidden.region.sites.items() if site != told.sites[key]]
        try:
            _forget(library, target, moved)
            return library.score(target, POLICY)
        except UsageError:
            return None
        finally:
            library._held["region"][target] = told
            _forget(library, target, moved)


def _forget(library: Library, target: str, sites: Iterable[str]) -> None:
    moved, cache = {f"{target}/{key}" for key in sites}, library.samples._cache
    for at in [at for at in cache if at[0] in moved]:
        del cache[at]
    arrangement.arranged.cache_clear()
    recovery.endpoint.cache_clear()
    recovery._judges.cache_clear()


def some(listed: Iterable[Hidden], most: int) -> Iterator[Hidden]:
    """Yield of each kind of facts at most so many, evenly spread."""
    kinds: dict[str, list[Hidden]] = {}
    for hidden in listed:
        kinds.setdefault(hidden.kind, []).append(hidden)
    for alike in kinds.values():
        yield from alike[:: -(-len(alike) // most)]


def breaches(library: Library, target: str, patch: pytest.MonkeyPatch, most: int = 1000) -> Iterator[str]:
    """Yield what got better by hiding, one after the other, facts of a region that sells zones today."""
    try:
        whole = library.score(target, POLICY)
    except UsageError:
        return
    passed = {found.rule for found in whole.policy.findings if found.outcome == "pass"}
    listed = list(some(facts(library.region(target), library.incidents(target)), most))
    # Where a single zone is sold no pair is compared: what one fact does there, another does.
    for hidden in listed if len(whole.independence.domains) > 1 else listed[:1]:
        less = judge(library, hidden, patch)
        if less is None:
            continue
        what = f"{target}: {hidden.kind} {hidden.what}"
        before, after = whole.independence.class_, less.independence.class_
        if hidden.kind in ("feed", "event"):
            healed = {found.rule for found in less.policy.findings if found.outcome == "pass"} - passed
            yield from (f"{what}: {rule} is a pass" for rule in sorted(healed.intersection(SILENT)))
            continue
        if before != after and after in ("near", "apart"):
            yield f"{what}: {before} becomes {after}"
        if less.policy.score.shown > whole.policy.score.shown:
            yield f"{what}: shown {whole.policy.score.shown} becomes {less.policy.score.shown}"
        if less.likelihood.bound < whole.likelihood.bound:
            yield f"{what}: the bound {whole.likelihood.bound} becomes {less.likelihood.bound}"


ONE_EACH = candidates([(0.0, 0.0), (10.0, 0.0), (0.95, 11.96)])
ONE_EACH = ONE_EACH.replace("evidence: [s", "one_per_zone: true, evidence: [s", 1)
AB = "zz-law/a, zz-law/b"
LOSS = event(AB, "down", "2025-06-01")
# A region for each kind of fact that may be hidden.
REGIONS = {
    "site": (region(TRIANGLE), ""),
    "disc": (region(CAMPUS_AB), ""),
    "tie": (region(NEAR, named=True), ""),
    "campus": (region({**CAMPUS_AB, "b": (2.0, 0.0)}, campus="ab"), ""),
    "one per zone": (region(TRIANGLE, hidden="abc", more=ONE_EACH), ""),
    "candidate": (region(TRIANGLE, hidden="abc", more=candidates([(0.1, 0.0), (0.4, 0.0), (0.2, 0.3)])), ""),
    "buildings": (region(TRIANGLE, hidden="abc", more=TWO_BUILDINGS), ""),
    "feed": (region(TRIANGLE, more=STATION), ""),
    "event": (region(TRIANGLE), LOSS),
    "repair date": (region(TRIANGLE), event(AB, "down", "2025-06-01", MENDED)),
}


def _written(folder: Path, kind: str) -> Library:
    text, told = REGIONS[kind]
    (folder / "datacenters/zz/law.yaml").write_text(text)
    if told:
        (folder / "incidents/zz").mkdir(parents=True, exist_ok=True)
        (folder / "incidents/zz/law.yaml").write_text(told)
    return Library(folder)


@pytest.mark.parametrize("kind", REGIONS)
def test_hiding_a_fact_heals_nothing(zz_copy: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = _written(zz_copy, kind)
    known = library.region("zz-law")
    assert kind in {hidden.kind for hidden in facts(known, library.incidents("zz-law"))}
    assert list(breaches(library, "zz-law", monkeypatch)) == []


def test_a_rule_that_rewards_hiding_is_caught(zz_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever names no campus is held to stand on one of his own: the fault that the test must see."""
    library = _written(zz_copy, "campus")
    assert list(breaches(library, "zz-law", monkeypatch)) == []
    monkeypatch.setattr(separation, "on_named_campuses", lambda a, b: True)
    assert list(breaches(_written(zz_copy, "campus"), "zz-law", monkeypatch))


def test_hiding_heals_nothing_on_record(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every region some facts of each kind; all of them, which takes minutes, where MOST is set so."""
    hidden = Library(*shipped.roots)
    # Recovery is looked for in other regions, which stay as they are: it is hidden from below.
    monkeypatch.setattr(recovery, "options", lambda *_: ())
    monkeypatch.setattr(Library, "digest", lambda *_: "")
    told = [row for target in hidden.region_ids for row in breaches(hidden, target, monkeypatch, MOST)]
    assert told == []


def test_hiding_all_places_wins_no_recovery(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = Library(*shipped.roots)
    better = []
    for target in hidden.region_ids[::STEP]:
        known = hidden.region(target)
        bare = {key: site.model_copy(update={"position": None}) for key, site in known.sites.items()}
        nowhere = Hidden("site", "all", known.model_copy(update={"sites": bare}))
        if (less := judge(hidden, nowhere, monkeypatch)) is not None:
            whole = {option.target: option.outcome for option in hidden.score(target, POLICY).recovery}
            better += [
                (target, option.target)
                for option in less.recovery
                if severity(option.outcome) < severity(whole[option.target])
                if option.outcome != "unknown"
            ]
    assert better == []


MOST, STEP = int(os.environ.get("ZONERISK_FACTS", "2")), 80
