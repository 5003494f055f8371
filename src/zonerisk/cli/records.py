"""zonerisk list, show and export: what the catalogue holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from zonerisk.catalogue.catalog import Catalog
from zonerisk.cli import output
from zonerisk.cli.output import Catalogues, argument, ids, load, option
from zonerisk.core.errors import UnknownTarget, UsageError
from zonerisk.core.model import CAUSES, DEFAULT, simplify
from zonerisk.core.verdict import OUTCOMES
from zonerisk.judging.arrangement import last_day, zones_sold

ShowFormats = Literal["table", "json"]
ListFormats = Literal["table", "json", "csv", "md", "geojson"]
Layers = Literal["sites", "discs", "zones", "separations"]
What = Literal["regions", "sites", "providers", "policies", "incidents", "feeds", "stations", "claims"]
# What lists hold, but claims and incidents.
HEADS = {
    "regions": "id, name, country, status, zones, sites on file",
    "sites": "id, name, kind, lat, lon, uncertainty_m, method, until",
    "providers": "id, name, role, country, status, regions",
    "policies": "id, name, standing, rules",
    "feeds": "id, kind, name, sites, upstream, station",
    "stations": "site, grid_area, synchronous_area, station, name, kv, distance_km, open, upstream",
}
_CLASS = (
    "Of incidents: physical, logical or conflict. Of regions: one class of independence, or "
    "any, worst first; judging them takes a while."
)


def list_(
    what: Annotated[What, typer.Argument()] = "regions",
    of: Annotated[
        list[str] | None, argument("Only those of these providers or regions.", "[TARGET]...", ids)
    ] = None,
    cause: Annotated[str | None, option("Of incidents: only this cause, such as power.")] = None,
    class_: Annotated[str | None, option(_CLASS, "--class", metavar="CLASS")] = None,
    since: Annotated[str | None, option("Of incidents: from this day on.", metavar="DATE")] = None,
    multi_zone: Annotated[
        bool, option("Of incidents: only those that hit two zones or sites.", "--multi-zone")
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
    catalog = load(catalogue)
    form = output.chosen(format_, out, ListFormats)
    allowed = (*OUTCOMES, "any") if what == "regions" else ("physical", "logical", "conflict")
    if class_ and class_ not in allowed:
        raise UsageError(f"--class {class_}: of {what}, name one of {', '.join(allowed)}")
    if what == "incidents":
        output.write(_incidents(catalog, of or (), cause, class_, since, multi_zone, form, out), out)
        return
    if cause or (class_ and what != "regions") or since or multi_zone:
        raise UsageError("--cause, --class, --since and --multi-zone choose among incidents")
    if form == "geojson":
        raise UsageError(f"{what} are not listed as geojson; see: zonerisk export")
    if of and what in ("providers", "policies"):
        raise UsageError(
            f"{what} are listed whole; name targets for regions, sites, incidents, feeds or stations"
        )
    regions = sorted({key for target in of or () for key in catalog.resolve(target)}) or catalog.region_ids
    if class_:
        from zonerisk.judging.independence import standing
        from zonerisk.words import verdicts

        day = last_day(catalog.date)
        sold = [key for key in regions if zones_sold(catalog.region(key), day)]
        # The class alone is quickly found; the rest only of regions that have it.
        keys = [key for key in sold if class_ in ("any", standing(catalog, key, day)[0])]
        meant = sorted(catalog.verdicts(keys), key=verdicts.block_order)
        tree = {"schema": verdicts.SCHEMA, "regions": verdicts.records(meant)}
        cells = verdicts.rows(meant, catalog.policy(DEFAULT))
        text = output.rows(verdicts.COMPARED, cells, form, out, tree=tree)
    elif what == "claims":
        text = _claims(catalog, regions, form, out)
    else:
        text = output.rows(HEADS[what].split(", "), _rows(catalog, what, regions), form, out, what)
    output.write(text, out)


def _claims(catalog: Catalog, regions: Iterable[str], form: str, out: Path | None) -> str:
    """Write each statement of the regions' providers, and how it held where it can be checked."""
    from zonerisk.judging import claims
    from zonerisk.words.phrases import names

    words = [
        {"provider": provider, **word.to_dict()}
        for provider in dict.fromkeys(catalog.region(key).provider for key in regions)
        for word, _ in claims.record(catalog, provider, last_day(catalog.date), feeds=True)
    ]
    rows: list[Sequence[output.Cell]] = []
    for word in words:
        tests: dict[str, list[str]] = {"refuted": [], "held": []}
        for test in word["tested"]:
            pair = " to ".join(key.partition("/")[2] for key in test["pair"])
            place = f"{test['region']} ({pair})" if pair else test["region"]
            tests["held" if test["held"] else "refuted"].append(place)
        where = "; ".join(f"{verb} in {names(places)}" for verb, places in tests.items() if places) or None
        held, refuted = len(tests["held"]), len(tests["refuted"])
        value, unit, count = word["value"], word["unit"], word["regions"]
        cells = [value, unit, count, held + refuted, held, refuted]
        if form != "csv":
            asked = f"{value:g} {unit}" if isinstance(value, float) else None
            cells = [asked, count, f"{held} of {held + refuted}" if word["tested"] else "no test"]
        rows.append((word["provider"], word["kind"], word["text"], *cells, where))
    asks = "value unit regions testable held refuted" if form == "csv" else "asks regions held"
    head = f"provider kind statement {asks} where".split()
    return output.rows(head, rows, form, out, "claims", {"claims": words})


def _cells(record: Any, columns: Sequence[str], known: Mapping[str, object] = {}) -> list[Any]:
    """Return what is known of a record or its attributes hold: of a table its length, a list as one text."""
    cells = [known[name] if name in known else getattr(record, name) for name in columns]
    return [
        len(cell) if isinstance(cell, dict) else " ".join(cell) if isinstance(cell, tuple) else cell
        for cell in cells
    ]


def _rows(catalog: Catalog, what: str, regions: Iterable[str]) -> Iterator[Sequence[output.Cell]]:
    """Return the rows of a list, in the order of :data:`HEADS`; providers and policies are listed whole."""
    columns = HEADS[what].split(", ")
    if what == "providers":
        for owner in map(catalog.provider, catalog.provider_ids):
            yield _cells(owner, columns, {"regions": len(catalog.regions_of(owner.id))})
    elif what == "policies":
        yield from (_cells(catalog.policy(key), columns) for key in catalog.policies)
    elif what == "stations":
        sample = catalog.supply
        sites = {key: site for region in regions for key, site in catalog.sites_of(region).items()}
        for site in sites.values():
            area, around = sample.area(site), sample.neighbourhood(site)
            place = (site.id, area.grid, area.synchronous)
            if not around:
                yield *place, *[None] * 6
                continue
            for near in around.near:
                tops = sample.upstream.get(near.station, ())[:3]
                above = ", ".join(f"{sample.names[top.station].name} ({top.hops})" for top in tops)
                likely, km = "yes" if near in around.candidates else "no", round(near.distance_m / 1000, 1)
                yield *place, near.station, near.name, near.kv, km, likely, above
    else:
        for region in map(catalog.region, regions):
            if what == "regions":
                yield _cells(region, columns, {"sites on file": len(region.sites)})
            elif what == "feeds":
                yield from (_cells(feed, columns) for feed in region.feeds.values())
            else:
                for site in region.sites.values():
                    at, disc = site.position, ("lat", "lon", "uncertainty_m", "method")
                    known = {key: getattr(at, key) if at else None for key in disc}
                    yield _cells(site, columns, known if at else known | {"method": "unknown"})


def _incidents(
    catalog: Catalog,
    targets: Sequence[str],
    cause: str | None,
    class_: str | None,
    since: str | None,
    multi_zone: bool,
    form: str,
    out: Path | None,
) -> str:
    """Write what is on record of providers and regions, without any all of it; the oldest first.

    On a terminal what fits its line: the start's day, zones by name, else by number.
    """
    from zonerisk.judging import history

    causes = sorted({name for listed in CAUSES.values() for name in listed})
    if cause and cause not in causes:
        raise UsageError(f"no cause is called {cause!r}; there are {', '.join(causes)}")
    first = since and last_day(since) and since
    known = {event.id: event for event in (() if targets else catalog.incidents())}
    for target in targets:
        events = [event for event in catalog.incidents() if event.provider == simplify(target)]
        if simplify(target) not in catalog.provider_ids:
            regions = map(catalog.region, catalog.resolve(target))
            events = [e for at in regions for e in history.of_region(at, catalog.incidents(at.id))]
        known |= {event.id: event for event in events}
    wanted = [
        event
        for event in sorted(known.values(), key=lambda event: (event.start, event.id))
        if cause in (None, event.cause) and class_ in (None, event.class_)
        if event.several or not multi_zone
        # A month or a year is listed where some day of it is late enough.
        if not first or event.start[: len(first)] >= first[: len(event.start)]
    ]
    if form == "geojson":
        from zonerisk.pages.features import incident_collection

        return output.as_json(incident_collection(catalog, wanted))
    columns = "id name class_ cause start duration_h severity scope zones least at_most backup grade regions"
    if short := form in ("table", "md"):
        columns = "id name cause day duration_h severity zones grade"
    heads = {"class_": "class", "day": "start", "duration_h": "hours", "least": "at_least"}
    rows = []
    for event in wanted:
        zones = " ".join(zone.partition("/")[2] for zone in event.zones)
        where = "all or most" if event.everywhere else " ".join(event.regions)
        values = {"zones": zones or (event.least if short else None), "regions": where}
        rows.append(_cells(event, columns.split(), values))
    return output.rows([heads.get(key, key) for key in columns.split()], rows, form, out, "incidents")


_RECORD = (
    "A provider, region, policy, incident, measurement or layer; or a region's site, zone, feed or hazard "
    "(ovh-sbg/sbg3)."
)


def show(
    record: Annotated[str, argument(_RECORD, "ID", ids)],
    format_: Annotated[ShowFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Show one record with its sources.

    A policy is shown as its file, to start your own from: zonerisk show podcast > my.yaml.

    Examples: zonerisk show ovh-sbg; zonerisk show ovh-sbg/sbg3; zonerisk show podcast
    """
    catalog = load(catalogue)
    file, content = _find(catalog, record)
    if output.chosen(format_, out, ShowFormats) == "json":
        text = output.as_json({"schema": "zonerisk/record/1", **content})
    elif "rules" in content:
        text = f"# {file}\n{catalog.policy_path(record).read_text(encoding='utf-8')}"
    else:
        text = output.record(file, content)
    output.write(text, out)


def _find(catalog: Catalog, name: str) -> tuple[str, dict[str, Any]]:
    """Return a record's file and its content."""
    from zonerisk.layers import cards

    wanted = simplify(name.replace("/", "-"))
    if "/" in name and not name.endswith((".yaml", ".yml")) and wanted not in catalog.filed["incidents"]:
        # A part of a region, ``region/key``, with what it cites; a site comes first.
        text, _, rest = name.partition("/")
        key, region = simplify(rest), catalog.region(catalog.resolve(text)[0])
        others: dict[str, Any] = {**region.campuses, **region.hazards, **region.feeds, **region.zones}
        if key in others and key not in region.sites:
            part, cited = others[key], region.cite(others[key].evidence)
        else:
            part, cited = catalog.site(f"{region.id}/{key}"), region.cite_site(key)
        return catalog.file_name(region.id), output.content(part) | {"cited": [*map(output.content, cited)]}
    if wanted in catalog.provider_ids:
        content = output.content(catalog.provider(wanted)) | {"regions": list(catalog.regions_of(wanted))}
        return catalog.file_name(wanted), content
    if wanted in catalog.policies or name.endswith((".yaml", ".yml")):
        return f"data/policies/{wanted}.yaml", output.content(catalog.policy(name))
    try:
        region_id = catalog.resolve(name)[0]
        return catalog.file_name(region_id), output.content(catalog.region(region_id))
    except UnknownTarget as unknown:
        if card := cards.known(catalog.roots).get(wanted):
            return f"data/layers/{wanted}.yaml", output.content(card)
        for table, read in (("incidents", catalog.incident), ("measurements", catalog.measurement)):
            if wanted in catalog.filed[table]:
                return catalog.file_name(f"{table}/{wanted}"), output.content(read(wanted))
        if events := catalog.incidents_together([wanted], catalog.provider_ids):
            names = ", ".join(catalog.file_name(f"incidents/{event.id}") for event in events)
            return names, {"event": wanted, "incidents": [output.content(event) for event in events]}
        kinds = f"a policy ({', '.join(catalog.policies)}), an incident, a measurement or a layer"
        raise UnknownTarget(f"{unknown}; nor is it {kinds}") from None


def export(
    file: Annotated[Path, argument("Ends in .gpkg, .parquet, .geojson or .csv.")],
    targets: Annotated[list[str] | None, argument("Regions or providers; by default all.")] = None,
    layer: Annotated[Layers | None, option("One layer; by default a GeoPackage holds all four.")] = None,
    catalogue: Catalogues = None,
) -> None:
    """Write sites, discs, zones and separations for a GIS or a data frame.

    Examples: zonerisk export catalogue.gpkg; zonerisk export paris.geojson scaleway-fr-par;
    zonerisk export discs.parquet --layer discs
    """
    from zonerisk.catalogue.frames import encode

    catalog = load(catalogue)
    output.write(encode(catalog, file.suffix.lower(), layer, targets or None), file)
    output.note(f"{catalog.edition.attribution}. Keep this notice with what you make of it.\n")
