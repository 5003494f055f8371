"""Hazards that domains share: what is stated of them, and what layers map at their sites."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from zonerisk.core.geometry import farthest_m, nearest_m
from zonerisk.core.kinds import KINDS
from zonerisk.core.model import Evidence, Grade, Position, Site, simplify
from zonerisk.core.samples import UNNAMED, HazardSample, HazardSamples, Layer, bests, nearness
from zonerisk.core.verdict import SharedRisk
from zonerisk.judging.arrangement import (
    Arrangement,
    Domains,
    FailureDomain,
    Pair,
    RiskGroups,
    near_pairs,
    pair_ids,
    pairs,
    risk,
    strongest,
    together,
)
from zonerisk.words import findings as wording
from zonerisk.words import phrases

# Statements that a finding repeats, and nearest objects of a layer that it names; the source and
# the figures hold the others.
_MOST_STATEMENTS, _MOST_OBJECTS = 6, 3


def assess(
    kind: str,
    arrangement: Arrangement,
    samples: HazardSamples,
    limit_km: float | None,
    correlation_km: float | None = None,
    pairwise: bool = True,
    reached: bool = True,
) -> RiskGroups:
    """Find which domains share a hazard of one kind: what records state comes first, layers add to it.

    ``samples`` are of that kind, ``limit_km`` is the policy's distance for being near the same object,
    ``correlation_km`` that within which one event strikes alike. Without ``pairwise`` it is open which pairs
    are apart. ``reached`` is whether it is :func:`assessed` for the region.
    """
    domains, wide = arrangement.domains, KINDS[kind].wide
    layers = mapped(kind, arrangement, samples, limit_km, pairwise, reached)
    statements = stated(kind, domains, samples, correlation_km)
    risks = list(layers.risks)
    notes: list[str] = []
    cited: list[Evidence] = []
    recorded = [(region, hazard) for region in arrangement.owners for hazard in region.hazards.values()]
    for region, hazard in recorded:
        if hazard.kind != kind or not hazard.holds(arrangement.day):
            continue
        hit = []
        for domain in domains:
            # A statement is on one of its sites, or on all that may be its.
            meant = [site.id in hazard.sites for site in domain.sites or domain.possible]
            if (any if domain.sites or wide else all)(meant or [False]):
                hit.append(domain)
        evidence = region.cite(hazard.evidence)
        if len(hit) > 1 and hazard.relation != "outside" and not wide:
            far_m = hazard.distance_m
            near = limit_km is not None and far_m is not None and far_m <= limit_km * 1000
            # A statement that puts its sites merely near, out of the policy's reach, decides nothing.
            known = (hazard.relation == "inside" or near) and not KINDS[kind].exposure
            grade = strongest(evidence) if known else "C"
            own = risk(kind, hazard.id, grade, hit, wording.stated_shared(hit, hazard), evidence)
            risks = _joined(own, simplify(hazard.name), risks)
        elif hit:
            notes.append((wording.stated_country if wide else wording.stated_of)(hit, hazard))
            cited += evidence
    return RiskGroups(
        kind,
        (*risks, *statements.risks),
        frozenset(pair_ids(domains)) if wide else layers.apart,
        statements.reason if statements.notes and not layers.assessed else layers.reason,
        (*notes, *statements.notes, *layers.notes),
        (*cited, *statements.evidence, *layers.evidence),
        assessed=layers.assessed,
    )


def assessed(kind: str, regions: Iterable[str], layers: Iterable[Layer]) -> bool:
    """Return whether some layer that judges a kind covers the town of a region, wherever its sites are."""
    exposure = KINDS[kind].exposure
    judging = [layer for layer in layers if layer.kind == kind and (layer.judges or exposure)]
    return any(layer.reaches(region) for layer in judging for region in regions)


def _joined(own: SharedRisk, slug: str, risks: Sequence[SharedRisk]) -> list[SharedRisk]:
    """Add a stated risk to others; what a layer maps by the same name is the same thing."""
    for index, other in enumerate(risks):
        strong, weak = sorted((own, other), key=lambda shared: shared.grade)
        if other.id.endswith(f"/{slug}") and set(weak.members) <= set(strong.members):
            both = replace(
                strong,
                evidence=(*strong.evidence, *weak.evidence),
                rate_per_year=strong.rate_per_year or weak.rate_per_year,
                intensity=strong.intensity or weak.intensity,
                unit=strong.unit or weak.unit,
            )
            return [*risks[:index], both, *risks[index + 1 :]]
    return [own, *risks]


# Stated by authorities: what was said of the point of a site.


def stated(
    kind: str, domains: Domains, samples: HazardSamples, correlation_km: float | None = None
) -> RiskGroups:
    """Repeat what authorities state of domains' places, and find those that one event strikes alike.

    Two sites of one commune share its statement, not the event: only in one class of notable hazard, and
    close enough to each other, they share that.
    """
    texts: dict[str, dict[str, FailureDomain]] = {}
    classes: dict[tuple[str, str], tuple[HazardSample, dict[str, list[Position]]]] = {}
    cited = []
    for domain in domains:
        for site in domain.sites:
            for row in samples.get(site.id, ()):
                if row.layer.measure == "stated" and row.label:
                    texts.setdefault(row.label, {})[domain.id] = domain
                    cited.append(row.layer.evidence)
                    if row.object and site.position and correlation_km is not None:
                        places = classes.setdefault((row.layer.id, row.object), (row, {}))[1]
                        places.setdefault(domain.id, []).append(site.position)
    notes = [wording.statement(group.values(), text) for text, group in texts.items()]
    if len(notes) > _MOST_STATEMENTS:
        notes[_MOST_STATEMENTS:] = [phrases.count(len(notes) - _MOST_STATEMENTS, "more statement")]
    risks = []
    limit_m = 1000 * (correlation_km or 0)
    for row, places in classes.values():
        hit = [domain for domain in domains if domain.id in places]
        for key, group in _close(hit, places, limit_m):
            # The class is official; that one event reaches both is an inference from it.
            message = wording.one_class(group, limit_m, row.name)
            risks.append(risk(kind, f"{row.layer.id}/{key}", "C", group, message, (row.layer.evidence,)))
    evidence = tuple(dict.fromkeys(cited))
    return RiskGroups(
        kind, tuple(risks), reason=wording.OPEN_STATEMENTS, notes=tuple(notes), evidence=evidence
    )


def _close(
    domains: Domains, positions: Mapping[str, Sequence[Position]], limit_m: float
) -> Iterator[tuple[str, Domains]]:
    """Group domains that surely stand within a distance: all in one where all do, else in pairs."""
    listed = pairs(domains)
    near = [(a, b) for a, b in listed if nearest_m(positions[a.id], positions[b.id]).at_most(limit_m)]
    for group in [domains] if near and len(near) == len(listed) else near:
        yield "+".join(domain.id.rpartition("/")[2] for domain in group), group


# Mapped by layers: objects and cells that were sampled at the discs of sites.


class _Seen(NamedTuple):
    """A layer as it looks from a domain: whether an object is surely in reach, surely not, or either (None).

    ``hits`` are those by their ids, ``rest`` is any other; ``rows`` are the samples of the domain's sites
    that have figures, the nearest first.
    """

    hits: Mapping[str, bool | None]
    rest: bool | None
    rows: Sequence[HazardSample]

    def of(self, key: str) -> bool | None:
        """Return whether an object is in reach."""
        return self.hits.get(key, self.rest)


_View = tuple[Layer, Mapping[str, _Seen]]
"""A layer, and how it looks from each domain, by id."""


def mapped(
    kind: str,
    arrangement: Arrangement,
    samples: HazardSamples,
    limit_km: float | None,
    pairwise: bool = True,
    reached: bool = True,
) -> RiskGroups:
    """Find which domains share a mapped object of one kind, or lie in cells of one storm's size."""
    domains, limit_m = arrangement.domains, None if limit_km is None else limit_km * 1000
    looks = {}
    for domain in domains:
        # Undisclosed zones of a region may all stand at the same places.
        key = (kind, domain.places, limit_m)
        if key not in arrangement.memo:
            arrangement.memo[key] = _look(domain, samples, limit_m)
        looks[domain.id] = arrangement.memo[key]
    # Every layer that says anything at the domains' sites, in the order of ids.
    layers = {key: layer for look in looks.values() for key, (layer, _) in look.items()}
    views = [
        (layer, {key: look.get(layer.id, (layer, _Seen({}, None, ())))[1] for key, look in looks.items()})
        for _, layer in sorted(layers.items())
    ]
    risks: list[SharedRisk] = []
    notes: list[str] = []
    apart: set[Pair] = set()
    open_: set[Pair] = set()
    extent_m = KINDS[kind].extent_m
    # Where no list is complete, none shows that two domains stand apart.
    listed = any(layer.judges and layer.complete for layer, _ in views)
    # No object reaches two domains that stand farther apart.
    far_m = None if limit_m is None or extent_m is None else 2 * limit_m + extent_m
    for view in views:
        layer, seen = view
        shared = _objects if layer.shared_from is None else _regional
        own = shared(view, domains, limit_m) if layer.judges else []
        risks += own
        notes += _notes(view, domains, own, limit_m)
        for a, b in pairs(domains) if pairwise and listed and layer.judges else ():
            here, there = seen[a.id], seen[b.id]
            keys = {*here.hits, *there.hits}
            if any(here.of(key) is not False and there.of(key) is not False for key in keys):
                open_.add((a.id, b.id))
            elif layer.complete and False in (here.rest, there.rest):
                # All objects are listed, but those that the source does not name may be one and the same.
                nameless = [key for key in keys if key.startswith(UNNAMED)]
                if not all(any(side.of(key) is not False for key in nameless) for side in (here, there)):
                    apart.add((a.id, b.id))
        if layer.complete and layer.shared_from is not None:
            far_m = limit_m if far_m is None else far_m
    # What one layer rules out, another may hold to be possible.
    apart -= open_
    if pairwise and far_m is not None:
        apart |= set(pair_ids(domains)) - {(a.id, b.id) for a, b in near_pairs(domains, far_m)}
    judged = [seen for layer, seen in views if layer.judges or KINDS[kind].exposure]
    return RiskGroups(
        kind,
        tuple(risks),
        frozenset(apart),
        _why_open(kind, judged, domains) if reached else wording.NOT_ASSESSED,
        tuple(notes),
        # A pass rests on the layers too, though they had nothing to tell.
        tuple(layer.evidence for layer, _ in views),
        assessed=reached,
    )


def _look(
    domain: FailureDomain, samples: HazardSamples, limit_m: float | None
) -> dict[str, tuple[Layer, _Seen]]:
    """Join what each layer says of a domain's sites, by the layers' ids: one hit site hits the domain.

    A domain that is not disclosed stands at one of its possible sites, so all must agree.
    """
    # In a metro that is placed, a candidate without a place adds nothing.
    standing = domain.sites or [site for site in domain.possible if site.position or not domain.bounded]
    at = [[row for row in samples.get(site.id, ()) if row.interval] for site in standing]
    layers, look = {row.layer.id: row.layer for rows in at for row in rows}, {}
    for layer_id, layer in layers.items():
        sites = [[row for row in rows if row.layer.id == layer_id] for rows in at]
        states: list[dict[str, bool | None]] = []
        rests: list[bool | None] = []
        listed = layer.measure in ("area", "cell", "count") or (
            limit_m is not None and limit_m <= layer.list_radius_m
        )
        for rows in sites:
            # Where not all objects are listed, even the nearest must lie out of reach.
            nearest = min((row.interval.low for row in rows if row.interval), default=0.0)
            beyond = listed or (limit_m is not None and nearest > limit_m)
            rests.append(False if rows and beyond else None)
            states.append({row.object: in_reach(layer, row, limit_m) for row in rows if row.object})
        hits, rest = {}, _agreed(rests, bool(domain.sites))
        for key in {key for of_site in states for key in of_site}:
            answers = [of_site.get(key, other) for of_site, other in zip(states, rests, strict=True)]
            hits[key] = _agreed(answers, bool(domain.sites))
        if not domain.bounded:
            # It may stand elsewhere: out of reach of nothing, and by candidates alone in reach of none.
            hits, rest = {key: (hit or None) if domain.sites else None for key, hit in hits.items()}, None
        ordered = sorted((row for rows in sites for row in rows), key=nearness)
        look[layer_id] = layer, _Seen(hits, rest, ordered)
    return look


def in_reach(layer: Layer, row: HazardSample, limit_m: float | None) -> bool | None:
    """Return whether a site is surely in reach of an object, surely not, or either (None)."""
    assert row.interval is not None
    if layer.measure == "area":
        return row.inside
    if layer.shared_from is not None:
        return row.interval.at_least(layer.shared_from)
    return None if limit_m is None else row.interval.at_most(limit_m)


def _agreed(states: Sequence[bool | None], sure: bool) -> bool | None:
    if states and all(state is False for state in states):
        return False
    return (any if sure else all)(states or [None]) or None


def _objects(view: _View, domains: Domains, limit_m: float | None) -> list[SharedRisk]:
    """Return the objects that two domains or more are surely in reach of, the nearest first."""
    layer, seen = view
    about: dict[str, list[tuple[str, HazardSample]]] = {}
    for domain in domains:
        for row in seen[domain.id].rows:
            if row.object:
                about.setdefault(row.object, []).append((domain.id, row))
    ranked = []
    for key, held in about.items():
        hit = {domain.id: domain for domain in domains if seen[domain.id].of(key)}
        if len(hit) > 1:
            members, rows = list(hit.values()), [row for unit, row in held if unit in hit]
            message = wording.shared_object(members, layer, rows, limit_m)
            nearest = min(bests(row for _, row in held), default=0.0)
            ranked.append((nearest, key, _risk(layer, key, members, message, rows)))
    return [shared for _, _, shared in sorted(ranked, key=lambda row: row[:2])]


def _risk(layer: Layer, key: str, members: Domains, message: str, rows: Sequence[HazardSample]) -> SharedRisk:
    """Build what a layer maps as shared, with how often and how strong it is by the layer's card."""
    grade: Grade = "C" if KINDS[layer.kind].exposure else layer.grade
    rate, intensity = layer.rate_per_year(rows), layer.intensity(rows)
    return replace(
        risk(layer.kind, f"{layer.id}/{key}", grade, members, message, (layer.evidence,)),
        rate_per_year=rate and rate.rounded(6),
        intensity=intensity and intensity.rounded(3),
        unit=layer.intensity_unit if intensity else None,
    )


def _regional(view: _View, domains: Domains, limit_m: float | None) -> list[SharedRisk]:
    """Join the domains that one event reaches, in a metro that it reaches everywhere or near each other.

    Near is within the policy's distance, or within the layer's own error without one.
    """
    (layer, seen), risks = view, []
    hit = [domain for domain in domains if any(seen[domain.id].hits.values())]
    rows = {row.site: row for domain in hit for row in seen[domain.id].rows}
    metros = {site.id: site for domain in hit for site in domain.possible if site.kind == "metro"}
    for key, metro in metros.items():
        held = [domain for domain in hit if _stands_in(domain, metro)]
        if len(held) > 1 and in_reach(layer, rows[key], limit_m):
            message = wording.regional(held, wording.figures(layer, [rows[key]]), metro.name)
            risks.append(_risk(layer, key.replace("/", "-"), held, message, [rows[key]]))
    joined = together(risks)
    scale_m = layer.error_m if limit_m is None else limit_m
    for key, group in _close(hit, {domain.id: domain.positions for domain in hit}, scale_m):
        if not joined.issuperset(pair_ids(group)):
            own = [row for domain in group for row in seen[domain.id].rows]
            message = wording.regional(group, wording.figures(layer, own), None)
            risks.append(_risk(layer, key, group, message, own))
    return risks


def _stands_in(domain: FailureDomain, metro: Site) -> bool:
    """Return whether a domain surely stands in a metro's disc, wherever in it."""
    sites = domain.sites or domain.possible
    if metro.position is None or (not domain.sites and metro not in sites):
        return False
    discs = [site.position for site in sites if site.position and site.id != metro.id]
    # Both discs count in what is farthest.
    return (farthest_m(discs, [metro.position]) or 0.0) <= 2 * metro.position.uncertainty_m


def _why_open(kind: str, judged: Sequence[Mapping[str, _Seen]], domains: Domains) -> str:
    """Return why pairs are left open where layers reach."""
    if hidden := [domain for domain in domains if not domain.disclosed]:
        return wording.hidden(hidden)
    if bare := [domain for domain in domains if not any(seen[domain.id].rows for seen in judged)]:
        return wording.bare(bare)
    doubt = any(None in (*look.hits.values(), look.rest) for seen in judged for look in seen.values())
    return wording.IN_DOUBT if doubt else KINDS[kind].open


def _notes(view: _View, domains: Domains, risks: Sequence[SharedRisk], limit_m: float | None) -> list[str]:
    """Return what a layer says of domains, or of where they may stand, beside what its risks say."""
    layer, seen = view
    known = any(domain.sites for domain in domains)
    if risks and not known:
        return []
    at = [domain for domain in domains if seen[domain.id].rows and bool(domain.sites) == known]
    total = len({site.id for domain in domains for site in domain.possible})
    if layer.measure in ("count", "cell"):
        members = {member for shared in risks for member in shared.members}
        hit = [domain for domain in at if any(bests(seen[domain.id].rows)) and domain.id not in members]
        rows = [row for domain in (hit if known else at) for row in seen[domain.id].rows]
        if not hit:
            return []
        held = wording.figures(layer, rows)
        return [wording.counted(held, hit) if known else wording.of_candidates(held, total)]
    if not known:
        sites: dict[str, list[HazardSample]] = {}
        near = 0.0 if layer.measure == "area" else limit_m or layer.list_radius_m
        listed = {(row.site, row.object): row for domain in at for row in seen[domain.id].rows}
        for row in sorted(listed.values(), key=nearness):
            if row.object and row.best is not None and row.best <= near:
                sites.setdefault("" if layer.measure == "area" else row.object, []).append(row)
        return [
            wording.candidates(len({row.site for row in group}), total, layer, group)
            for group in sorted(sites.values(), key=len, reverse=True)[:_MOST_OBJECTS]
        ]
    groups: dict[str, list[FailureDomain]] = {}
    said = {(member, shared.id.partition("/")[2]) for shared in risks for member in shared.members}
    nearest = {domain.id: seen[domain.id].rows[0] for domain in at}
    for domain in sorted(at, key=lambda domain: nearness(nearest[domain.id])):
        row = nearest[domain.id]
        relevant = (
            layer.measure == "area"
            or seen[domain.id].of(row.object) is not False
            or (layer.measure == "near" and row.best is not None and row.best <= layer.list_radius_m)
        )
        if row.object and relevant and (domain.id, row.object) not in said:
            groups.setdefault(row.side if layer.measure == "area" else row.object, []).append(domain)
    notes = []
    for group in list(groups.values())[:_MOST_OBJECTS]:
        ids = {domain.id for domain in group}
        ordered = [domain for domain in at if domain.id in ids]
        notes.append(wording.position(ordered, layer, [nearest[domain.id] for domain in ordered]))
    return notes
