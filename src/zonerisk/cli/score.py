"""zonerisk score: the verdict on a region, or on every region of a provider."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zonerisk import load
from zonerisk.cli import output
from zonerisk.core.errors import UsageError
from zonerisk.core.policy import DEFAULT
from zonerisk.core.policy import load as load_policy
from zonerisk.core.verdict import severity
from zonerisk.words import report

if TYPE_CHECKING:
    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.hazard_sample import Source
    from zonerisk.core.policy import Policy
    from zonerisk.core.verdict import Verdict
    from zonerisk.library import Library


class Format(StrEnum):
    """How to write a verdict."""

    table = "table"
    json = "json"
    csv = "csv"
    md = "md"
    geojson = "geojson"
    html = "html"


class UnitsOption(StrEnum):
    """What is compared."""

    zones = "zones"
    sites = "sites"


class Level(StrEnum):
    """From which outcome on the exit code is 1."""

    fail = "fail"
    unknown = "unknown"
    warn = "warn"


Target = Annotated[
    str,
    typer.Argument(metavar="TARGET", help="A region (ovh-sbg, 'OVH SBG') or a provider for all its regions."),
]
Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET",
        help="A region (ovh-sbg, 'OVH SBG'), a provider for all its regions, "
        "or your own sites: LAT,LON pairs, or a CSV or GeoJSON file.",
    ),
]
PolicyOption = Annotated[
    str,
    typer.Option("--policy", help="A policy's id (zonerisk list policies) or a file of your own."),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="Judge this day, not the catalogue's: with the records that are dated to hold on it "
        "and all that bear no date, so what is known today is projected back.",
        show_default=False,
    ),
]
Catalogues = Annotated[
    list[Path] | None,
    typer.Option(
        "--catalogue",
        metavar="DIR",
        help="Lay your own records over the shipped ones; repeatable.",
        show_default=False,
    ),
]
FailOn = Annotated[
    Level | None,
    typer.Option("--fail-on", help="Exit with 1 when the outcome is this bad or worse.", show_default=False),
]


def score(
    targets: Targets,
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    units: Annotated[
        UnitsOption | None,
        typer.Option(help="Compare zones, or datacenter by datacenter.", show_default=False),
    ] = None,
    format_: Annotated[Format, typer.Option("--format")] = Format.table,
    out: output.Output = None,
    fail_on: FailOn = None,
    catalogue: Catalogues = None,
    installed: Annotated[
        bool,
        typer.Option(
            "--installed",
            help="Judge also by the layers on this machine; your own sites always are.",
        ),
    ] = False,
    uncertainty_m: Annotated[
        float | None,
        typer.Option(
            help="Of your own sites: the radius that surely holds each, metres.", show_default=False
        ),
    ] = None,
    raw: Annotated[
        Path | None,
        typer.Option(
            "--from",
            envvar="ZONERISK_LAYERS",
            exists=True,
            file_okay=False,
            show_default=False,
            help="With --installed, your own sites, geojson or html: a folder of raw layers.",
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            envvar="ZONERISK_CACHE",
            show_default=False,
            help="With --installed, your own sites, geojson or html: where layers are kept.",
        ),
    ] = None,
) -> None:
    """Judge a region: whether its zones fail independently and recovery is far enough.

    Examples: zonerisk score ovh-sbg; zonerisk score scaleway-fr-par --format json;
    zonerisk score ovh-sbg --as-of 2021-03-09 --fail-on fail;
    zonerisk score 48.585,7.797 48.601,7.783 --uncertainty-m 200
    """
    shipped = load(*(catalogue or ()))
    catalog: Library = shipped
    chosen = load_policy(policy)
    if _own_sites(targets):
        from zonerisk.workloads import own_sites as ownsites

        catalog = ownsites.catalog(targets, uncertainty_m, shipped.edition.date)
        installed, regions = True, [ownsites.REGION]
        chosen = ownsites.asked(chosen)
    else:
        if uncertainty_m is not None:
            raise UsageError("--uncertainty-m is of your own sites; those of the catalogue have their own")
        regions = [region for target in targets for region in shipped.open_regions(target)]
    verdicts = [
        catalog.score(
            region,
            chosen,
            as_of,
            units.value if units else None,
            _layers(catalog, region, cache, raw) if installed else None,
        )
        for region in regions
    ]
    if format_ in (Format.geojson, Format.html):
        text = _drawn(verdicts, format_, catalog, cache, raw)
    else:
        text = render(verdicts, chosen, format_, out)
    output.write(text, out)
    exit_on(verdicts, fail_on)


def _own_sites(targets: list[str]) -> bool:
    """Tell coordinates and files from regions; few names have such a mark in them."""
    if not any(mark in target for target in targets for mark in ",;."):
        return False
    from zonerisk.workloads import own_sites as ownsites

    return ownsites.meant(targets)


def _layers(catalog: Catalog, region: str, cache: Path | None, raw: Path | None) -> Source:
    """Sample the layers on this machine at a region's sites, and say what is wrong with them."""
    from zonerisk.catalogue.catalog import referred
    from zonerisk.catalogue.samples import Samples
    from zonerisk.layers import store

    sites = [catalog.site(key) for key in referred(catalog.region(region))]
    found = store.Installed(sites, store.cache_root(cache), raw, Samples(catalog.roots))
    for problem in found.failed:
        sys.stderr.write(f"warning: {problem}\n")
    if not found.hashes and not found.failed:
        sys.stderr.write(
            "no hazard layer is on this machine that says more of these sites; see: zonerisk layers list\n"
        )
    return found


def render(verdicts: list[Verdict], policy: Policy, format_: Format, out: Path | None) -> str:
    """Write verdicts in a format; JSON is one object for one, a list for several."""
    if format_ is Format.json:
        if len(verdicts) == 1:
            return verdicts[0].to_json()
        import json

        listed = [verdict.model_dump(mode="json", by_alias=True) for verdict in verdicts]
        return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
    if format_ is Format.csv:
        return report.comma_separated(verdicts)
    if format_ is Format.md:
        return "\n".join(report.markdown(verdict, policy) for verdict in verdicts)
    return _table(verdicts, policy, out)


def _drawn(
    verdicts: list[Verdict], format_: Format, catalog: Catalog, cache: Path | None, raw: Path | None
) -> str:
    """Write verdicts with what surrounds them, the layers on this machine included."""
    import json

    from zonerisk.layers import store
    from zonerisk.pages import geodata, landmarks, page

    if format_ is Format.html and len(verdicts) > 1:
        raise UsageError(
            f"a report is of one region, not of {len(verdicts)}; name one, or draw "
            "all of them: zonerisk map, zonerisk atlas"
        )
    root = store.cache_root(cache)
    settings = [landmarks.setting(catalog, verdict, root, raw) for verdict in verdicts]
    if format_ is Format.html:
        return page.report_page(verdicts[0], settings[0], attribution=catalog.edition.attribution)
    drawn = [geodata.feature_collection(*each) for each in zip(verdicts, settings, strict=True)]
    every = [feature for one in drawn for feature in one["features"]]
    return json.dumps({**drawn[0], "features": every}, ensure_ascii=False) + "\n"


def _table(verdicts: list[Verdict], policy: Policy, out: Path | None) -> str:
    console = output.console(out)
    with console.capture() as capture:
        for index, verdict in enumerate(verdicts):
            if index:
                console.print()
            report.table(verdict, policy, console)
    return capture.get()


def exit_on(verdicts: list[Verdict], level: Level | None) -> None:
    """Leave with 1 where an outcome is as bad as the level or worse."""
    if level is not None and any(severity(verdict.outcome) >= severity(level.value) for verdict in verdicts):
        raise typer.Exit(1)
