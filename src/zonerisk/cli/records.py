"""zonerisk list, show and export: what the catalogue holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.cli.output import Catalogues, Format, argument, ids, option
from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.core.policy import DEFAULT
from zonerisk.core.verdict import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Incident

    Rows = Iterator[Sequence[output.Cell]]

ShowFormats = Literal[Format.table, Format.json]
ListFormats = Literal[Format.table, Format.json, Format.csv, Format.md, Format.geojson]
Layers = Literal["sites", "discs", "zones", "separations"]


What = Literal["regions", "sites", "providers", "policies", "incidents", "feeds", "stations", "claims"]


def list_(
    what: Annotated[What, typer.Argument()] = "regions",
    of: Annotated[
        list[str] | None,
        argument(
            "Only those of these providers or regions; not for providers and policies.",
            metavar="[TARGET]...",
            complete=ids,
        ),
    ] = None,
    cause: Annotated[str | None, option("Of incidents, only those of this cause, such as power.")] = None,
    class_: Annotated[
        str | None,
        option(
            "Of incidents: physical, logical or conflict. Of regions: one class of "
            "independence, or any, worst first; judging them takes a while.",
            "--class",
            metavar="CLASS",
        ),
    ] = None,
    since: Annotated[
        str | None, option("Of incidents, only those that began on this day or later.", metavar="DATE")
    ] = None,
    multi_zone: Annotated[
        bool, option("Of incidents, only those that hit two zones or sites of a region.", "--multi-zone")
    ] = False,
    format_: Annotated[ListFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """List regions, sites, providers, policies, incidents, feeds, claims or grid stations near sites.

    Feeds are stated supplies of power, network and water. Stations are near, not known to feed
    a site; "open" marks those of 220 kV and over that could be the nearest from somewhere in
    the site's disc. Claims are what providers state, and in how many of the regions where that can
    be checked it held.

    Examples: zonerisk list regions scaleway; zonerisk list sites --format csv;
    zonerisk list stations scaleway-fr-par; zonerisk list incidents aws --cause power --multi-zone
    """
    catalog = load(*(catalogue or ()))
    form = output.chosen(format_, out, ListFormats)
    allowed = (*OUTCOMES, "any") if what == "regions" else ("physical", "logical", "conflict")
    if class_ and class_ not in allowed:
        raise UsageError(f"--class {class_}: of {what}, name one of {', '.join(allowed)}")
    if what == "incidents":
        from zonerisk.core.model import CAUSES
        from zonerisk.judging.arrangement import last_day

        causes = sorted({name for listed in CAUSES.values() for name in listed})
        if cause and cause not in causes:
            raise UsageError(f"no cause is called {cause!r}; there are {', '.join(causes)}")
        first = since and last_day(since) and since
        events = [
            event
            for event in _incidents(catalog, of or ())
            if cause in (None, event.cause) and class_ in (None, event.class_)
            if event.several or not multi_zone
            # A month or a year is listed where some day of it is late enough.
            if not first or event.start[: len(first)] >= first[: len(event.start)]
        ]
        output.write(_listed_incidents(catalog, events, form, out), out)
        return
    head, rows, of_regions = _LISTS[what]
    if cause or (class_ and what != "regions") or since or multi_zone:
        raise UsageError("--cause, --class, --since and --multi-zone choose among incidents")
    if form is Format.geojson:
        raise UsageError(f"{what} are not listed as geojson; see: zonerisk export")
    if of and not of_regions:
        raise UsageError(
            f"{what} are listed whole; name targets for regions, sites, incidents, feeds or stations"
        )
    regions = sorted(_resolved(catalog, of)) or catalog.region_ids
    if class_:
        from zonerisk.judging.arrangement import last_day, zones_sold
        from zonerisk.judging.independence import standing
        from zonerisk.words import verdicts

        day = last_day(catalog.date)
        sold = [key for key in regions if zones_sold(catalog.region(key), day)]
        # The class alone is quickly found; the rest only of regions that have it.
        keys = [key for key in sold if class_ in ("any", standing(catalog, key, day)[0])]
        meant = sorted(catalog.verdicts(keys), key=verdicts.block_order)
        if form is Format.json:
            text = output.as_json({"schema": "zonerisk/compare/2", "regions": verdicts.records(meant)})
        else:
            text = output.rows(verdicts.COMPARED, verdicts.rows(meant, catalog.policy(DEFAULT)), form, out)
        output.write(text, out)
        return
    if what == "claims" and form is Format.json:
        text = output.as_json({"schema": "zonerisk/claims/1", "claims": list(_words(catalog, regions))})
    else:
        text = output.rows(head, rows(catalog, regions), form, out, what)
    output.write(text, out)


def _words(catalog: Catalog, regions: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Return each statement of the regions' providers with its record."""
    from zonerisk.judging import claims
    from zonerisk.judging.arrangement import last_day

    for provider in dict.fromkeys(catalog.region(key).provider for key in regions):
        for word, _ in claims.record(catalog, provider, last_day(catalog.date), feeds=True):
            yield {"provider": provider, **word.to_dict()}


def _claims(catalog: Catalog, regions: Iterable[str]) -> Rows:
    from zonerisk.words.phrases import names

    for word in _words(catalog, regions):
        told = []
        for test in sorted(word["tested"], key=lambda test: bool(test["held"])):
            pair = " to ".join(key.partition("/")[2] for key in test["pair"])
            verb = "held" if test["held"] else "refuted"
            told.append(f"{test['region']} {verb}{f' ({pair})' if pair else ''}")
        held = sum(test["held"] for test in word["tested"])
        numbers = word["regions"], len(told), held, len(told) - held
        where = names(told) if told else None
        yield word["provider"], word["kind"], word["text"], word["value"], word["unit"], *numbers, where


def _resolved(catalog: Catalog, targets: list[str] | None) -> list[str]:
    """Return the regions that names mean, each once."""
    return list(dict.fromkeys(region for target in targets or () for region in catalog.resolve(target)))


def _regions(catalog: Catalog, regions: Iterable[str]) -> Rows:
    for region in map(catalog.region, regions):
        yield region.id, region.name, region.country, region.status, len(region.zones), len(region.sites)


def _sites(catalog: Catalog, regions: Iterable[str]) -> Rows:
    for region in map(catalog.region, regions):
        for site in region.sites.values():
            at = site.position
            place = (at.lat, at.lon, at.uncertainty_m, at.method) if at else (None, None, None, "unknown")
            yield site.id, site.name, site.kind, *place, site.until


def _providers(catalog: Catalog, _: Iterable[str]) -> Rows:
    for owner in map(catalog.provider, catalog.provider_ids):
        regions = len(catalog.regions_of(owner.id))
        yield owner.id, owner.name, owner.role, owner.country, owner.status, regions


def _policies(catalog: Catalog, _: Iterable[str]) -> Rows:
    for chosen in map(catalog.policy, catalog.policy_ids):
        yield chosen.id, chosen.name, chosen.standing, len(chosen.rules)


def _listed_incidents(catalog: Catalog, events: Sequence[Incident], form: Format, out: Path | None) -> str:
    if form is Format.geojson:
        from zonerisk.pages.features import incident_collection

        return output.as_json(incident_collection(catalog, events))
    if form in (Format.table, Format.md):
        return output.rows(INCIDENT_SHORT, map(_incident_short, events), form, out)
    return output.rows(INCIDENT_HEAD, map(_incident_row, events), form, out, "incidents")


def _incidents(catalog: Catalog, targets: Sequence[str]) -> list[Incident]:
    """Return what is on record of providers and regions, without any all of it; the oldest first."""
    from zonerisk.core.model import simplify
    from zonerisk.judging import history

    known = {event.id: event for event in (() if targets else catalog.incidents())}
    for target in targets:
        if simplify(target) in catalog.provider_ids:
            known |= {event.id: event for event in catalog.incidents() if event.provider == simplify(target)}
            continue
        for region in map(catalog.region, catalog.resolve(target)):
            known |= {event.id: event for event in history.of_region(region, catalog.incidents(region.id))}
    return sorted(known.values(), key=lambda event: (event.start, event.id))


INCIDENT_HEAD = (
    *("id", "name", "class", "cause", "start", "hours", "severity", "scope", "zones", "at_least", "at_most"),
    *("backup", "grade", "regions"),
)


INCIDENT_SHORT = ("id", "name", "cause", "start", "hours", "severity", "zones", "grade")


def _incident_short(event: Incident) -> Sequence[output.Cell]:
    """Return what fits a terminal's line: the start's day, and zones by name, else by number."""
    zones = " ".join(zone.partition("/")[2] for zone in event.zones) or event.least
    return event.id, event.name, event.cause, event.day, event.duration_h, event.severity, zones, event.grade


def _incident_row(event: Incident) -> Sequence[output.Cell]:
    zones = " ".join(zone.partition("/")[2] for zone in event.zones)
    regions = "all or most" if event.everywhere else " ".join(event.regions)
    return (
        *(event.id, event.name, event.class_, event.cause, event.start, event.duration_h, event.severity),
        *(event.scope, zones or None, event.least, event.at_most, event.backup, event.grade, regions),
    )


def _feeds(catalog: Catalog, regions: Iterable[str]) -> Rows:
    for region in map(catalog.region, regions):
        for key, feed in region.feeds.items():
            lists = " ".join(feed.sites), " ".join(feed.upstream)
            yield f"{region.id}/{key}", feed.kind, feed.name, *lists, feed.station


def _stations(catalog: Catalog, regions: Iterable[str]) -> Rows:
    sample = catalog.supply
    sites = {key: site for region in regions for key, site in catalog.sites_of(region).items()}
    for site in sites.values():
        area, around = sample.area(site), sample.neighbourhood(site)
        place = (site.id, area.grid, area.synchronous)
        if not around:
            yield *place, *[None] * 6
            continue
        for near in around.near:
            upstream = ", ".join(
                f"{sample.names[top.station].name} ({top.hops})"
                for top in sample.upstream.get(near.station, ())[:3]
            )
            likely = "yes" if near in around.candidates else "no"
            yield *place, near.station, near.name, near.kv, round(near.distance_m / 1000, 1), likely, upstream


_CLAIM_HEAD = "provider kind statement value unit regions testable held refuted where"
_STATION_HEAD = "site grid_area synchronous_area station name kv distance_km open upstream"
# Of each list: its head, its rows of some regions, and whether regions can be chosen.
_LISTS: dict[What, tuple[Sequence[str], Callable[[Catalog, Iterable[str]], Rows], bool]] = {
    "regions": (("id", "name", "country", "status", "zones", "sites on file"), _regions, True),
    "sites": (("id", "name", "kind", "lat", "lon", "uncertainty_m", "method", "until"), _sites, True),
    "providers": (("id", "name", "role", "country", "status", "regions"), _providers, False),
    "policies": (("id", "name", "standing", "rules"), _policies, False),
    "feeds": (("id", "kind", "name", "sites", "upstream", "station"), _feeds, True),
    "claims": (_CLAIM_HEAD.split(), _claims, True),
    "stations": (_STATION_HEAD.split(), _stations, True),
}


def show(
    record: Annotated[
        str,
        argument(
            "A provider, region, policy, incident, measurement or layer; or a region's site, zone, feed or "
            "hazard (ovh-sbg/sbg3).",
            metavar="ID",
            complete=ids,
        ),
    ],
    format_: Annotated[ShowFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Show one record with its sources.

    A policy is shown as its file, to start your own from: zonerisk show podcast > my.yaml.

    Examples: zonerisk show ovh-sbg; zonerisk show ovh-sbg/sbg3; zonerisk show podcast
    """
    catalog = load(*(catalogue or ()))
    file, content = _find(catalog, record)
    if output.chosen(format_, out, ShowFormats) is Format.json:
        text = output.as_json({"schema": "zonerisk/record/1", **content})
    elif "rules" in content:
        text = f"# {file}\n{catalog.policy_path(record).read_text(encoding='utf-8')}"
    else:
        text = "\n".join([f"# {file}", *_lines(content, 0)]) + "\n"
    output.write(text, out)


def _find(catalog: Catalog, name: str) -> tuple[str, dict[str, Any]]:
    """Return a record's file and its content."""
    from zonerisk.core.model import simplify
    from zonerisk.layers import cards

    wanted = simplify(name.replace("/", "-"))
    if "/" in name and not name.endswith((".yaml", ".yml")) and wanted not in catalog.incident_ids:
        return _part(catalog, name)
    if wanted in catalog.provider_ids:
        content = _content(catalog.provider(wanted)) | {"regions": list(catalog.regions_of(wanted))}
        return catalog.file_name(wanted), content
    if wanted in catalog.policy_ids or name.endswith((".yaml", ".yml")):
        return f"data/policies/{wanted}.yaml", _content(catalog.policy(name))
    try:
        region = catalog.resolve(name)[0]
        return catalog.file_name(region), _content(catalog.region(region))
    except UnknownTarget as unknown:
        if card := cards.known(catalog.roots).get(wanted):
            return f"data/layers/{wanted}.yaml", _content(card)
        if wanted in catalog.incident_ids:
            return catalog.file_name(f"incidents/{wanted}"), _content(catalog.incident(wanted))
        if wanted in catalog.measurement_ids:
            return catalog.file_name(f"measurements/{wanted}"), _content(catalog.measurement(wanted))
        if events := catalog.incidents_together([wanted], catalog.provider_ids):
            names = ", ".join(catalog.file_name(f"incidents/{event.id}") for event in events)
            return names, {"event": wanted, "incidents": [_content(event) for event in events]}
        policies = ", ".join(catalog.policy_ids)
        raise UnknownTarget(
            f"{unknown}; nor is it a policy ({policies}), an incident, a measurement or a layer"
        ) from None


def _part(catalog: Catalog, name: str) -> tuple[str, dict[str, Any]]:
    """Return a part of a region, ``region/key``, with what it cites; a site comes first."""
    from zonerisk.core.model import simplify

    text, _, rest = name.partition("/")
    key = simplify(rest)
    region = catalog.region(catalog.resolve(text)[0])
    others: dict[str, Any] = {**region.campuses, **region.hazards, **region.feeds, **region.zones}
    if key in others and key not in region.sites:
        content = _content(others[key])
        cited = [region.evidence[source] for source in others[key].evidence]
    else:
        content = _content(catalog.site(f"{region.id}/{key}"))
        cited = [*region.cite_site(key)]
    return catalog.file_name(region.id), {**content, "cited": [_content(piece) for piece in cited]}


def _content(record: Any) -> dict[str, Any]:
    content: dict[str, Any] = record.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return content


def _lines(value: Any, depth: int) -> list[str]:
    pad = "  " * depth
    lines = []
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                lines += [f"{pad}{key}:", *_lines(item, depth + 1)]
            else:
                lines.append(f"{pad}{key}: {item}")
        return lines
    for item in value:
        if isinstance(item, dict):
            inner = _lines(item, depth + 1)
            lines += [f"{pad}- {inner[0].strip()}", *inner[1:]]
        else:
            lines.append(f"{pad}- {item}")
    return lines


def export(
    file: Annotated[Path, argument("Ends in .gpkg, .parquet, .geojson or .csv.")],
    targets: Annotated[list[str] | None, argument("Regions or providers; by default all.")] = None,
    layer: Annotated[
        Layers | None, option("One layer; by default a GeoPackage holds all four, other files the sites.")
    ] = None,
    catalogue: Catalogues = None,
) -> None:
    """Write sites, discs, zones and separations for a GIS or a data frame.

    Examples: zonerisk export catalogue.gpkg; zonerisk export paris.geojson scaleway-fr-par;
    zonerisk export discs.parquet --layer discs
    """
    from zonerisk.catalogue.frames import encode

    catalog = load(*(catalogue or ()))
    regions = _resolved(catalog, targets) or None
    output.write(encode(catalog, file.suffix.lower(), layer, regions), file)
    output.note(f"{catalog.edition.attribution}. Keep this notice with what you make of it.\n")
