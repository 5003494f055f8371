"""Review: what a change of records does to the verdicts, and how much the catalogue can place."""

from __future__ import annotations

import csv
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from zonerisk.core.errors import DataError, UsageError
from zonerisk.core.kinds import HAZARDS
from zonerisk.library import Library

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.model import Policy, Provider, Region, Site


class Line(NamedTuple):
    """A region's verdict in the columns that a review compares."""

    class_: str
    outcome: str = ""
    cause: str = ""
    score: str = ""
    zones: str = ""
    effective: str = ""
    datacenters: str = ""
    fails: str = ""
    unknown: str = ""
    not_assessed: str = ""


class Change(NamedTuple):
    """One column of one region's verdict, before and after; of rules, those that left and came."""

    region: str
    what: str
    old: str
    new: str


def _span(low: float, high: float) -> str:
    return f"{low:g}" if low == high else f"{low:g} to {high:g}"


def line(catalog: Library, region_id: str, policy: Policy, as_of: str | None = None) -> Line:
    """Judge one region; where it sells nothing, or is refused, the line says only that."""
    try:
        verdict = catalog.score(region_id, policy, as_of)
    except UsageError:
        return Line("nothing sold")
    except DataError:
        return Line("refused")
    shown, judged = verdict.independence, verdict.policy
    return Line(
        shown.class_,
        shown.outcome or "",
        shown.cause.risk or shown.cause.kind,
        _span(judged.score.shown, judged.score.possible),
        str(shown.zones.sold),
        _span(shown.zones.effective.low, shown.zones.effective.high),
        str(shown.datacenters.count),
        *(
            " ".join(finding.rule for finding in judged.findings if finding.outcome == outcome)
            for outcome in ("fail", "unknown", "not-assessed")
        ),
    )


def lines(catalog: Library, policy: Policy, as_of: str | None = None) -> dict[str, Line]:
    """Judge every region of a catalogue."""
    return {region_id: line(catalog, region_id, policy, as_of) for region_id in catalog.region_ids}


def comma_separated(judged: Mapping[str, Line]) -> str:
    """Return lines as CSV, by region; their ends are those of a file in git."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("region", *(name.rstrip("_") for name in Line._fields)))
    writer.writerows((region_id, *judged[region_id]) for region_id in sorted(judged))
    return buffer.getvalue()


def changes(old: Library, new: Library, policy: Policy, as_of: str | None = None) -> list[Change]:
    """Find which verdicts differ between two catalogues.

    Both are judged on the day of the new one, or on ``as_of``. A region whose verdict reads
    the same files is not judged again.
    """
    day = as_of or new.edition.date
    changed: list[Change] = []
    for region_id in sorted({*old.region_ids, *new.region_ids}):
        if region_id not in new.region_ids:
            changed.append(Change(region_id, "region", "recorded", "gone"))
        elif region_id not in old.region_ids:
            added = line(new, region_id, policy, day)
            changed.append(Change(region_id, "region", "not recorded", added.class_))
        elif _digest(old, region_id) != _digest(new, region_id):
            before, after = (line(catalog, region_id, policy, day) for catalog in (old, new))
            changed += _columns(region_id, before, after)
    return changed


def _digest(catalog: Library, region_id: str) -> str | None:
    try:
        return catalog.digest(region_id)
    except DataError as error:
        return str(error)


def _columns(region_id: str, old: Line, new: Line) -> Iterator[Change]:
    judged = bool(old.score and new.score)
    for field, before, after in zip(Line._fields, old, new, strict=True):
        if before == after or not (judged or field == "class_"):
            continue
        if field in ("fails", "unknown", "not_assessed"):
            was, now = before.split(), after.split()
            left, came = ([rule for rule in a if rule not in b] for a, b in ((was, now), (now, was)))
            yield Change(region_id, field, " ".join(left), " ".join(came))
        else:
            yield Change(region_id, field.rstrip("_"), before, after)


@contextmanager
def opened(text: str) -> Iterator[Library]:
    """Open a folder that holds ``datacenters`` (or ``data/datacenters``), or a git revision.

    A revision is one of the repository around the working folder; its ``data`` is unpacked
    into a temporary folder for as long as the catalogue is open.
    """
    for folder in (Path(text), Path(text) / "data"):
        if (folder / "datacenters").is_dir():
            yield Library(folder)
            return
    packed = _archive(text)
    with tempfile.TemporaryDirectory(prefix="zonerisk-") as name:
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Before Python 3.11.4 there is no filter; what git packs of the user's own is sound.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            archive.extractall(name)
        yield Library(Path(name) / "data")


def _archive(revision: str) -> bytes:
    try:
        top = _git("rev-parse", "--show-toplevel").decode().strip()
        commit = _git("rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
        return _git("-C", top, "archive", "--format=tar", commit.decode().strip(), "data")
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", b"").decode(errors="replace").strip() or str(error)
        raise UsageError(
            f"{revision!r} is neither a folder that holds datacenters/ nor a git "
            f"revision with a data/ folder ({reason})"
        ) from None


def _git(*arguments: str) -> bytes:
    return subprocess.run(("git", *arguments), check=True, capture_output=True).stdout


class Count(NamedTuple):
    """A provider's records; sites are counted in the file that holds them."""

    regions: int = 0
    announced: int = 0
    closed: int = 0
    zones: int = 0
    located: int = 0
    candidate: int = 0
    buildings: int = 0
    campuses: int = 0
    towns: int = 0
    unplaced: int = 0


# The radius of doubt up to which a site is known as a building, and as a campus or plot, metres.
BUILDING_M = 250.0
CAMPUS_M = 2000.0
HEAD = (
    "provider", "regions on file", "announced", "closed", "zones", "zone located", "candidate sites known",
    "sites: building", "campus", "town or metro", "no position",
)  # fmt: skip


def count(catalog: Catalog, region: Region) -> Count:
    """Count one region file."""
    zones = region.zones.values()
    placed = [zone for zone in zones if any(_precise(catalog.site(key)) for key in zone.sites)]
    maybe = region.candidates.sites if region.candidates else ()
    known = len(zones) - len(placed) if any(_precise(catalog.site(key)) for key in maybe) else 0
    sites = [site.position.uncertainty_m for site in region.sites.values() if site.position]
    return Count(
        regions=1,
        announced=region.status == "announced",
        closed=region.status == "closed",
        zones=len(zones),
        located=len(placed),
        candidate=known,
        buildings=sum(doubt <= BUILDING_M for doubt in sites),
        campuses=sum(BUILDING_M < doubt <= CAMPUS_M for doubt in sites),
        towns=sum(doubt > CAMPUS_M for doubt in sites),
        unplaced=len(region.sites) - len(sites),
    )


def _precise(site: Site) -> bool:
    return site.position is not None and site.position.uncertainty_m <= CAMPUS_M


def counts(catalog: Catalog) -> dict[str, Count]:
    """Count each provider, in the order of ids."""
    return {
        key: _sum(count(catalog, catalog.region(region_id)) for region_id in catalog.regions_of(key))
        for key in catalog.provider_ids
    }


def _sum(parts: Iterable[Count]) -> Count:
    return Count(*map(sum, zip(Count(), *parts, strict=True)))


def coverage(catalog: Catalog) -> str:
    """Return how much of each provider the catalogue can place, as a page of Markdown."""
    from zonerisk.words.report import Section, Table, markdown

    counted = counts(catalog)
    providers = {key: catalog.provider(key) for key in counted}
    total = _sum(counted.values())
    clouds = [key for key in counted if providers[key].role == "cloud"]
    owners = [key for key in counted if providers[key].role != "cloud"]
    rented = [_row(providers[key], counted[key]) for key in owners if counted[key].regions]
    regions = map(catalog.region, catalog.region_ids)
    large = [region for region in regions if region.status == "open" and len(region.zones) >= 3]
    dark = [region for region in large if not positioned(catalog, region)]
    campus = f"{CAMPUS_M / 1000:g} km"
    whole = (
        f"{len(clouds)} providers and {len(owners)} operators of buildings, {total.regions} region files, "
        f"{total.zones} zones as sold; {total.buildings + total.campuses} sites known to {campus} or better, "
        f"{total.buildings} of them to {BUILDING_M:g} m. Catalogue of {catalog.edition.date}."
    )
    located = (
        f"A zone is located where a source ties it to a site that is known to {campus}. *Candidate sites "
        "known*: zones of regions whose buildings are known while nobody says which zone is which. "
        "Everything else is not disclosed, and a verdict says so."
    )
    sought = (
        f"{len(dark)} of {len(large)} regions in service with three zones or more have no building or "
        f"campus, for a zone or as a candidate, known to {campus}. Where they were looked for, and what was "
        "seen there; whoever knows more adds it to the record (CONTRIBUTING.md)."
    )
    reach = (
        "What the shipped figures of layers reach. Regions are those that are open and sold as several "
        "zones: whose town a layer covers, and with a figure at a site or over the metro. What no layer "
        "covers is not assessed."
    )
    cells = [
        *(_row(providers[key], counted[key]) for key in clouds),
        ("all", *map(str, _sum(counted[key] for key in clouds))),
    ]
    owned = Table(HEAD[:2] + HEAD[7:], [row[:2] + row[7:] for row in rented])
    looked = Table(("region", "looked for in"), [(region.id, _looked(region)) for region in dark])
    sections = [
        Section("", [whole, located, "Written by `zonerisk data coverage`."]),
        Section("Providers", [Table(HEAD, cells)]),
        Section("Operators whose buildings they rent", [owned]),
        Section("Regions without a known building", [sought, looked]),
        Section("Hazards", [reach, Table(_HAZARD_HEAD, _reached(catalog))]),
    ]
    return markdown("Coverage", "", sections)


_HAZARD_HEAD = (
    "kind", "layers", "sites with figures", "of these no metros", "regions covered", "regions with figures"
)  # fmt: skip


def _reached(catalog: Catalog) -> list[tuple[str, ...]]:
    """Count by kind of hazard the sites and the regions of several zones that layers reach."""
    regions = [catalog.region(key) for key in catalog.region_ids]
    sold = [region for region in regions if region.status == "open" and len(region.zones) > 1]
    own = {site.id: site for region in regions for site in region.sites.values()}
    figures = {
        key: {row.layer.kind for row in catalog.samples.of(site) if row.interval} for key, site in own.items()
    }
    table = []
    for kind in HAZARDS:
        layers = [layer for layer in catalog.samples.layers if layer.kind == kind]
        sites = [key for key, kinds in figures.items() if kind in kinds]
        covered = [region for region in sold if any(layer.reaches(region.id) for layer in layers)]
        told = [region for region in sold if any(kind in figures[site] for site in region.site_ids)]
        placed = [key for key in sites if own[key].kind != "metro"]
        if layers:
            table.append((kind, *(str(len(each)) for each in (layers, sites, placed, covered, told))))
    return table


def positioned(catalog: Catalog, region: Region) -> bool:
    """Return whether a building or campus of a region is known, for a zone or as a candidate."""
    named = [key for zone in region.zones.values() for key in zone.sites]
    named += region.candidates.sites if region.candidates else ()
    sites = map(catalog.site, dict.fromkeys(named))
    return any(site.kind != "metro" and _precise(site) for site in sites)


def _looked(region: Region) -> str:
    searches = (f"{search.where}, {search.read}: {search.result}" for search in region.looked)
    return "; ".join(searches) or "not yet"


def _row(provider: Provider, counted: Count) -> tuple[str, ...]:
    closed = " (closed)" if provider.role == "cloud" and provider.status == "closed" else ""
    return (provider.name + closed, *map(str, counted))
