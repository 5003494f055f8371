"""zonerisk score, report, compare and dr: verdicts on regions."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args

from zonerisk.cli import output
from zonerisk.cli.output import Format, argument, load, option
from zonerisk.core.errors import UsageError
from zonerisk.core.model import DEFAULT, Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.samples import Source
    from zonerisk.core.verdict import Verdict
    from zonerisk.judging.recovery import Candidate, RecoveryRanking
    from zonerisk.words.report import Screen
    from zonerisk.workloads.round_trips import Judged as TripJudged

Targets = Annotated[
    list[str],
    argument(
        "A region (ovh-sbg, 'OVH SBG'), a provider for all its regions, or your own sites: "
        "LAT,LON pairs, or a CSV or GeoJSON file.",
        metavar="TARGET",
        complete=output.ids,
    ),
]
UnitsOption = Annotated[Literal["zones", "sites"] | None, option("Compare zones, or datacenters one by one.")]
Installed = Annotated[
    bool, option("Also use the layers on this machine, as is always done for your own sites.", "--installed")
]
UncertaintyM = Annotated[
    float | None, option("For your own sites: the radius in metres within which each surely stands.")
]
ScoreFormats = Literal[output.Lists, Format.geojson, Format.html, Format.svg, Format.png]
ReportFormats = Literal[Format.html, Format.md]
DrFormats = Literal[Format.table, Format.json, Format.md]

TRIP_HEAD = ("a", "b", "rtt_ms", "fibre_km_max", "fibre_km_likely_max", "one_campus", "refutes")
# Regions of each outcome in a ranking that is read.
MOST = 8
DR_HEAD = ("outcome", "region", "why")


class Judged(NamedTuple):
    """What was judged: the catalogue (of own sites, theirs), the policy and the verdicts."""

    catalog: Catalog
    policy: Policy
    verdicts: list[Verdict]


def score(
    targets: Targets,
    policy: output.PolicyOption = DEFAULT,
    as_of: output.AsOf = None,
    units: UnitsOption = None,
    format_: Annotated[ScoreFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    fail_on: output.FailOn = None,
    catalogue: output.Catalogues = None,
    full: Annotated[bool, option("As a table: all that a report tells of each region.", "--full")] = False,
    rtt: Annotated[
        Path | None,
        option(
            "Check claims and records against measured round trips: CSV a,b,rtt_ms, or what "
            "cloudping, IBM and Azure publish. With --format csv, only these are written.",
            metavar="FILE",
        ),
    ] = None,
    floor_ms: Annotated[float, option("With --rtt: round trip inside one zone, ms.", min=0, max=10)] = 0.08,
    likelihood: Annotated[
        bool, option("How often zones would be lost together: a model.", "--likelihood")
    ] = False,
    badge: Annotated[
        bool, option("A badge for a README, as svg or png: the region and its class.", "--badge")
    ] = False,
    installed: Installed = False,
    uncertainty_m: UncertaintyM = None,
    raw: output.Raw = None,
    cache: output.Cache = None,
) -> None:
    """Judge a region: whether its zones fail independently and recovery is far enough.

    Examples: zonerisk score ovh-sbg; zonerisk score scaleway-fr-par --format json;
    zonerisk score ovh-sbg --as-of 2021-03-09 --fail-on fail;
    zonerisk score 48.585,7.797 48.601,7.783 --uncertainty-m 200;
    zonerisk score scaleway-fr-par --rtt pings.csv;
    zonerisk score scaleway-fr-par --likelihood;
    zonerisk score scaleway-fr-par -o card.svg
    """
    form, failing = output.chosen(format_, out, ScoreFormats), output.failing(fail_on)
    if badge and form not in (Format.svg, Format.png):
        if format_ or (out and out.suffix):
            raise UsageError(
                f"a badge is a picture, not {form}; write it as svg or png, such as -o badge.svg"
            )
        form = Format.svg
    judged = _judge(targets, policy, as_of, units, catalogue, installed, uncertainty_m, (raw, cache))
    verdicts = judged.verdicts
    trips = _trips(judged, rtt, floor_ms) if rtt else ()
    content: str | bytes
    if form in (Format.svg, Format.png):
        content = _picture(judged, form, out, badge)
    elif likelihood and form in get_args(output.Lists):
        content = _likelihoods(verdicts, form, out)
    elif form in (Format.geojson, Format.html):
        if rtt:
            raise UsageError(f"--format {form} draws no round trips; table, json, csv and md list them")
        content = _drawn(judged, form, raw, cache)
    elif rtt and form is Format.csv:
        cells = {"one_campus": lambda campus: "yes" if campus else "no", "refutes": "; ".join}
        rows = [[cells.get(key, str)(value) for key, value in _trip_record(trip).items()] for trip in trips]
        content = output.rows(TRIP_HEAD, rows, form, out)
    else:
        content = _listed(judged, form, out, full)
        if rtt:
            content = _with_trips(verdicts[0], trips, str(content), form)
    output.write(content, out)
    output.exit_on(verdicts, failing)


def report(
    targets: Annotated[
        list[str] | None,
        argument("Regions, providers or your own sites; none needed with --plan.", metavar="TARGET..."),
    ] = None,
    policy: output.PolicyOption = DEFAULT,
    as_of: output.AsOf = None,
    units: UnitsOption = None,
    to: Annotated[
        list[str] | None, option("Look for recovery in these regions only; repeatable.", metavar="TARGET")
    ] = None,
    within: Annotated[
        str | None,
        option("Look for recovery in one country (France, FR) or in the EU only.", metavar="COUNTRY|EU"),
    ] = None,
    plan: Annotated[
        list[str] | None, option("A deployment to judge as a part of the report; repeatable.", metavar="FILE")
    ] = None,
    accepted: output.AcceptedFile = None,
    format_: Annotated[ReportFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: output.Catalogues = None,
    installed: Installed = False,
    uncertainty_m: UncertaintyM = None,
    raw: output.Raw = None,
    cache: output.Cache = None,
) -> None:
    """Write a report to file: rules quoted, what is met or not, evidence, limits, signatures.

    Examples: zonerisk report ovh-sbg --policy dora -o report.html;
    zonerisk report scaleway-fr-par --policy nis2 --within EU --plan plan.yaml -o report.md
    """
    form = output.chosen(format_, out, ReportFormats)
    if form is Format.html and out is None and sys.stdout.isatty():
        raise UsageError("a report is a page, not text for a terminal; name a file, such as -o report.html")
    if not targets and not plan:
        raise UsageError("name a region, or a deployment: zonerisk report ovh-sbg -o report.html")
    judged = _judge(targets or [], policy, as_of, units, catalogue, installed, uncertainty_m, (raw, cache))
    output.write(_report(judged, form, as_of, to, within, plan or (), accepted), out)


def _judge(
    targets: list[str],
    policy: str,
    as_of: str | None,
    units: Literal["zones", "sites"] | None,
    catalogue: list[Path] | None,
    installed: bool,
    uncertainty_m: float | None,
    folders: tuple[Path | None, Path | None],
) -> Judged:
    """Judge regions of the catalogue, or a user's own sites."""
    from zonerisk.judging.score import score as judge

    catalog: Catalog = load(catalogue)
    chosen = catalog.policy(policy)
    if _own_sites(targets):
        from zonerisk.workloads import own_sites

        catalog = own_sites.catalog(targets, uncertainty_m, catalog.edition.date)
        installed, regions = True, [own_sites.REGION]
        if told := own_sites.lying(catalog.region(own_sites.REGION)):
            output.note(f"note: your sites lie: {told}\n")
        chosen = own_sites.asked(chosen)
    else:
        if uncertainty_m is not None:
            raise UsageError("--uncertainty-m is of your own sites; those of the catalogue have their own")
        regions = output.regions(catalog, targets)
    verdicts = []
    for region in regions:
        samples = _layers(catalog, region, *folders) if installed else None
        verdicts.append(judge(catalog, region, chosen, as_of=as_of, units=units, samples=samples))
    return Judged(catalog, chosen, verdicts)


def _report(
    judged: Judged,
    form: Format,
    as_of: str | None,
    to: Sequence[str] | None = None,
    within: str | None = None,
    plans: Sequence[str] = (),
    accepted: Path | None = None,
) -> str:
    """Write a report on what was judged, with recovery in scope, and deployments as parts of it."""
    from zonerisk.catalogue import document
    from zonerisk.library import Library
    from zonerisk.pages import card, features, page
    from zonerisk.words import dossier, phrases
    from zonerisk.workloads import gate
    from zonerisk.workloads import plan as reading
    from zonerisk.workloads.audit import audit

    catalog, policy, verdicts = judged.catalog, judged.policy, judged.verdicts
    settings = [features.setting(catalog, verdict) for verdict in verdicts]
    regions = []
    for verdict, around in zip(verdicts, settings, strict=True):
        rows: list[tuple[str, ...]] = []
        scope = ""
        if isinstance(catalog, Library) and ("dr" in policy.rules or to or within):
            if within:
                catalog.area(within)
            try:
                ranking = catalog.recovery(verdict.target, policy, verdict.as_of, to=to or (), within=within)
                rows = [_candidate(candidate, None) for candidate in _most(ranking)]
                told = _chances(catalog, ranking)
                if left := len(ranking.candidates) - len(rows):
                    told += f"; {left} more in the JSON of zonerisk dr {verdict.target}"
            except UsageError as error:
                told = str(error).partition(";")[0]
            scope = f"{phrases.opening(told)}. Looked at: {_scope(to, within)}."
        regions.append(dossier.Asked(verdict, rows, scope, around.retired))
    audits, kept = [], gate.read(accepted)
    for file in plans:
        request = reading.read([file], None, catalog, as_of)
        deployment = gate.chosen(request.deployment, (), kept.skip)
        audited = audit(catalog, deployment, policy, request.day, deployment.model)
        audits.append(replace(audited, gate=gate.gate(audited, {}, request.accepted)))
    found = [(verdict.target, verdict.policy.findings) for verdict in verdicts]
    found += [(workload.id, workload.findings) for audited in audits for workload in audited.workloads]
    day = (verdicts[0] if verdicts else audits[0]).as_of
    says = document.read(document.data_root() / "report.yaml").tree
    written = dossier.written(policy, regions, audits, says, gate.accepted_of(found, kept.accepted, day))
    if form is Format.md:
        return written.markdown
    pictures = {
        verdict.target: card.draw(verdict, around, alone=False)
        for verdict, around in zip(verdicts, settings, strict=True)
    }
    return page.report_page(written, pictures, catalog.edition.attribution)


def _scope(to: Sequence[str] | None, within: str | None) -> str:
    """Tell among which regions recovery was looked for."""
    among = "those named" if to else "the provider's regions that the same accounts reach (its partition)"
    return f"{among}{f' in {within}' if within else ''}"


def _own_sites(targets: list[str]) -> bool:
    """Return whether these are coordinates or files; few regions have such a mark in their names."""
    if not any(mark in target for target in targets for mark in ",;."):
        return False
    from zonerisk.workloads import own_sites

    return own_sites.meant(targets)


def _layers(catalog: Catalog, region: str, raw: Path | None, cache: Path | None) -> Source:
    """Sample the layers on this machine at a region's sites; warn of what is wrong with them."""
    from zonerisk.layers import store

    sites = [catalog.site(key) for key in catalog.region(region).site_ids]
    # What ships was derived at the catalogue's own sites.
    shipped = catalog.samples if catalog.region(region).provider in catalog.provider_ids else None
    layers = store.Installed(sites, store.cache_root(cache), raw, shipped, catalog.roots)
    for problem in layers.failed:
        output.note(f"warning: {problem}\n")
    if not layers.hashes and not layers.failed:
        output.note(
            "no hazard layer is on this machine that says more of these sites; see: zonerisk layers list\n"
        )
    return layers


def _listed(judged: Judged, form: Format, out: Path | None, full: bool = False) -> str:
    """Write verdicts in a format."""
    from zonerisk.core.verdict import Answer
    from zonerisk.words import answer, dossier, report

    verdicts, policy = judged.verdicts, judged.policy
    if form is Format.json:
        return Answer(verdicts=tuple(verdicts)).to_json()
    if form is Format.csv:
        return output.rows(report.FINDING.split(), report.findings(verdicts), form, out)
    regions = [dossier.Asked(verdict) for verdict in verdicts]
    if form is Format.md:
        return dossier.written(policy, regions).markdown

    def show(screen: Screen) -> None:
        if full:
            told = dossier.Dossier()
            screen.sections(dossier.answers(told, policy, regions))
            screen.print(f"\n{len(told.sources)} sources: --format md or json lists them.", "dim")
        elif len(verdicts) == 1:
            answer.one(verdicts[0], policy, screen)
        else:
            answer.several(verdicts, screen)

    return output.printed(show, out)


def _likelihoods(verdicts: list[Verdict], form: Format, out: Path | None) -> str:
    """Write the model's table of each verdict."""
    from zonerisk.words import likelihood as words
    from zonerisk.words.report import Section, Table, markdown

    if form is Format.json:
        records = [{"target": verdict.target, **verdict.likelihood.to_dict()} for verdict in verdicts]
        return output.as_json({"schema": "zonerisk/likelihood/1", "likelihoods": records})
    tables = [(verdict, words.rows(verdict)) for verdict in verdicts]
    if form is Format.csv:
        cells = [(verdict.target, *row) for verdict, table in tables for row in table]
        return output.rows(("target", "asked", "answer"), cells, form, out)
    sections = [
        Section("", [f"{verdict.name}: {words.asked(verdict)}", Table(("", ""), table)], apart=True)
        for verdict, table in tables
    ]
    sections.append(Section("", [words.footnote(verdicts[0].likelihood)]))
    if form is Format.md:
        return markdown("Likelihood", "", sections)
    return output.printed(lambda screen: screen.sections(sections), out)


def _drawn(judged: Judged, form: Format, raw: Path | None, cache: Path | None) -> str:
    """Write verdicts with what surrounds them, the layers on this machine included."""
    from zonerisk.layers import store
    from zonerisk.pages import features, landmarks, page

    catalog, verdicts = judged.catalog, judged.verdicts
    root = store.cache_root(cache)
    settings = [landmarks.setting(catalog, verdict, root, raw) for verdict in verdicts]
    if form is Format.html:
        return page.map_page(verdicts, settings, attribution=catalog.edition.attribution)
    import json

    collections = [features.feature_collection(*pair) for pair in zip(verdicts, settings, strict=True)]
    drawn = [feature for collection in collections for feature in collection["features"]]
    return json.dumps({**collections[0], "features": drawn}, ensure_ascii=False) + "\n"


def _only(judged: Judged, what: str) -> Verdict:
    """Return the one verdict that something is of."""
    from zonerisk.words import phrases

    if len(judged.verdicts) > 1:
        names = phrases.names([verdict.target for verdict in judged.verdicts])
        raise UsageError(f"{what} of one region; name one of {names}")
    return judged.verdicts[0]


def _picture(judged: Judged, form: Format, out: Path | None, badge: bool) -> str | bytes:
    """Draw the card or the badge of one verdict."""
    from zonerisk.pages import card, features

    verdict = _only(judged, "a card is")
    if form is Format.png and out is None and sys.stdout.isatty():
        raise UsageError("pixels are not text for a terminal; name a file, such as -o card.png")
    around = features.setting(judged.catalog, verdict)
    drawn = card.badge(verdict) if badge else card.draw(verdict, around) + "\n"
    return card.png(drawn) if form is Format.png else drawn


def _trips(judged: Judged, file: Path, floor_ms: float) -> tuple[TripJudged, ...]:
    """Hold the round trips of a file against the one region judged."""
    from zonerisk.catalogue import document
    from zonerisk.judging.arrangement import last_day
    from zonerisk.workloads.round_trips import MAX_BYTES, judge, read

    verdict = _only(judged, "round trips are")
    try:
        data = document.content(file, MAX_BYTES)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    return judge(judged.catalog, verdict.target, read(data, str(file)), last_day(verdict.as_of), floor_ms)


def _trip_record(trip: TripJudged) -> dict[str, Any]:
    bound, ends = trip.bound, (trip.bound.trip.a, trip.bound.trip.b, trip.bound.trip.ms)
    reach = round(bound.fibre_km, 1), round(bound.likely_km, 1)
    return dict(zip(TRIP_HEAD, (*ends, *reach, bound.campus, list(trip.refuted)), strict=True))


def _with_trips(verdict: Verdict, trips: tuple[TripJudged, ...], text: str, form: Format) -> str:
    """Add round trips to a verdict that is written already."""
    from zonerisk.core.verdict import Answer

    if form is Format.json:
        records = [_trip_record(trip) for trip in trips]
        return output.as_json({**Answer(verdicts=(verdict,)).to_dict(), "round_trips": records})
    campus = sum(trip.bound.campus for trip in trips)
    refuted = sum(bool(trip.refuted) for trip in trips)
    lines = [
        *(trip.message for trip in trips),
        f"{len(trips)} pair{'' if len(trips) == 1 else 's'}: {campus} as near as zones of one campus are, "
        f"{refuted} refute something; the rest allows what is claimed and proves nothing",
    ]
    if form is Format.md:
        return "\n".join([text, "## Measured round trips", "", *(f"- {line}" for line in lines)]) + "\n"
    return "\n".join([text, "Measured round trips", *lines]) + "\n"


def compare(
    targets: Annotated[list[str], argument("Regions or providers.", complete=output.ids)],
    policy: output.PolicyOption = DEFAULT,
    as_of: output.AsOf = None,
    format_: Annotated[output.Lists | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: output.Catalogues = None,
) -> None:
    """Put regions side by side, one line each.

    Example: zonerisk compare ovh-sbg scaleway-fr-par
    """
    from zonerisk.words import likelihood
    from zonerisk.words import verdicts as words

    form = output.chosen(format_, out, output.Lists)
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    verdicts = catalog.verdicts(output.regions(catalog, targets), chosen, as_of)
    common = verdicts.common_ground
    if form is Format.json:
        text = output.as_json(
            {
                "schema": "zonerisk/compare/2",
                "regions": words.records(verdicts),
                "common_ground": common,
            }
        )
    else:
        text = output.rows(words.COMPARED, words.rows(verdicts, chosen), form, out)
        bands = [verdict.likelihood.majority_lost for verdict in verdicts]
        common += filter(None, [likelihood.not_told_apart(bands)])
        if form is Format.md:
            text += "\n".join(["", *common]) + "\n"
        elif form is Format.table:
            told = "\n".join(f"\n{line}" for line in common)
            text += output.printed(lambda screen: screen.print(told), out)
    output.write(text, out)


def dr(
    target: Annotated[str, argument("The region to recover.", "TARGET", output.ids)],
    to: Annotated[list[str] | None, option("Judge only these regions; repeatable.", metavar="TARGET")] = None,
    any_provider: Annotated[bool, option("Look at every provider's regions.", "--any-provider")] = False,
    within: Annotated[
        str | None, option("Only regions in a country (France, FR) or in the EU.", metavar="COUNTRY|EU")
    ] = None,
    min_km: Annotated[float | None, option("Least distance; by default the policy's.", min=0)] = None,
    max_rtt_ms: Annotated[
        float | None, option("Longest round trip: rules out what even light cannot reach in time.", min=0)
    ] = None,
    policy: output.PolicyOption = DEFAULT,
    as_of: output.AsOf = None,
    format_: Annotated[DrFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: output.Catalogues = None,
) -> None:
    """Rank the regions that can be disaster recovery for TARGET, the best first.

    Regions that surely qualify come first, and those that one cause is known to take come last; among
    regions about as far away, those whose zones are shown to stand apart, and those in the same country or
    on another synchronous grid.

    Examples: zonerisk dr ovh-sbg; zonerisk dr ovh-rbx --to ovh-gra;
    zonerisk dr aws-eu-west-3 --any-provider --within EU
    """
    form = output.chosen(format_, out, DrFormats)
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    ranking = catalog.recovery(
        target,
        chosen,
        as_of,
        to=to or (),
        min_km=min_km,
        max_rtt_ms=max_rtt_ms,
        within=within,
        any_provider=any_provider,
    )
    text = ranking.to_json() if form is Format.json else _ranking(catalog, ranking, chosen, form, out)
    output.write(text, out)


def _ranking(
    catalog: Catalog, ranking: RecoveryRanking, policy: Policy, form: Format, out: Path | None
) -> str:
    """Write a ranking to be read: of each outcome the first."""
    from zonerisk.words.report import Section, Table, markdown

    shown = _most(ranking)
    rows = [_candidate(candidate, ranking.max_rtt_ms) for candidate in shown]
    left = len(ranking.candidates) - len(shown)
    head = [
        f"{ranking.name}: {_chances(catalog, ranking)}.",
        f"{policy.name} ({policy.standing}); as of {ranking.as_of}.",
    ]
    tail = [f"{left} more in --format json."] if left else []
    if len(rows) > 1:
        tail.append(
            "Listed: pass, warn, unknown, fail; within each what no one cause is known to take, then by "
            "distance; of those as far to within a doubling, what is shown, at home or on another grid."
        )
    if ranking.kinds:
        tail.append(
            f"Looked for shared risks: incidents, {', '.join(ranking.kinds)}. "
            "What is not named is not on record, or not assessed."
        )
    sections = [
        Section("", [*head, Table(DR_HEAD, rows)], apart=True),
        *(Section("", [line]) for line in tail),
    ]
    if form is Format.md:
        return markdown(f"Disaster recovery for {ranking.name} ({ranking.target})", "", sections)
    return output.printed(lambda screen: screen.sections(sections), out)


def _most(ranking: RecoveryRanking) -> list[Candidate]:
    """Return the nearest regions of each outcome."""
    from itertools import groupby, islice

    alike = groupby(ranking.candidates, lambda candidate: candidate.outcome)
    return [candidate for _, group in alike for candidate in islice(group, MOST)]


def _chances(catalog: Catalog, ranking: RecoveryRanking) -> str:
    """Write how many regions can be recovery, or that there is none."""
    from collections import Counter

    from zonerisk.judging.recovery import none_found
    from zonerisk.words import phrases

    if not ranking.candidates:
        peers = catalog.regions_of(catalog.region(ranking.target).provider)
        return none_found([catalog.region(key) for key in peers if key != ranking.target], ranking.as_of)
    counts = Counter(candidate.outcome for candidate in ranking.candidates)
    return (
        f"{counts['pass'] + counts['warn']} of {phrases.count(len(ranking.candidates), 'region')} "
        f"can be its disaster recovery, {counts['unknown']} may, {counts['fail']} cannot"
    )


def _candidate(candidate: Candidate, max_rtt_ms: float | None) -> tuple[str, str, str]:
    from zonerisk.core.geometry import least_rtt_ms
    from zonerisk.words import record, verdicts

    least = least_rtt_ms(candidate.distance_m)
    alone = candidate.class_ == "one-zone"
    message = candidate.message if alone else verdicts.with_zones(candidate.message, candidate.zones)
    message += f"; {verdicts.stands(candidate.class_)} there" if candidate.class_ else ""
    if candidate.record:
        told = record.there(len(candidate.record.several), sum(candidate.record.zone_losses.values()))
        message += f"; {told}" if told else ""
    # A bound on the round trip that was asked for is judged, and then in the message already.
    judged = max_rtt_ms is not None and (candidate.outcome != "fail" or least > max_rtt_ms)
    if least >= 0.05 and not judged:
        message += f"; round trip at least {least:.1f} ms by light alone"
    return candidate.outcome, candidate.target, f"{candidate.name}: {message}"
