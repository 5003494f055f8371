"""zonerisk score, report, compare, dr and plan: verdicts on regions and on deployments."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import typer

from zonerisk.cli import output
from zonerisk.cli.output import argument, load, option
from zonerisk.core.errors import UsageError
from zonerisk.core.model import DEFAULT, Policy
from zonerisk.core.verdict import OUTCOMES, severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.core.verdict import Verdict
    from zonerisk.judging.recovery import RecoveryRanking
    from zonerisk.words.report import Screen
    from zonerisk.workloads.probability import Inputs

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
_TO = option("Look for recovery in these regions only; repeatable.", metavar="TARGET")
To = Annotated[list[str] | None, _TO]
_WITHIN = option("Look for recovery in one country (France, FR) or in the EU only.", metavar="COUNTRY|EU")
Within = Annotated[str | None, _WITHIN]
PICTURES = ("svg", "png")
ScoreFormats = Literal[output.Lists, "geojson", "html", "svg", "png"]
ReportFormats = Literal["html", "md"]
DrFormats = Literal["table", "json", "md"]
PlanFormats = Literal["table", "json", "md", "sarif", "junit", "comment"]
FAILING = ("fail", "unknown", "warn", *OUTCOMES, "policy")
_FAIL_ON = (
    "Exit with 1 if independence is this bad or worse (fail, unknown or warn; a single zone "
    "has none), if this is the class (such as undisclosed), or if a rule is not met "
    "(policy). Repeatable."
)
TRIP_HEAD = ("a", "b", "rtt_ms", "fibre_km_max", "fibre_km_likely_max", "one_campus", "refutes")
# Regions of each outcome in a ranking that is read.
MOST = 8


def score(
    targets: Targets,
    policy: output.PolicyOption = DEFAULT,
    as_of: output.AsOf = None,
    units: UnitsOption = None,
    format_: Annotated[ScoreFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    fail_on: Annotated[list[str] | None, option(_FAIL_ON, metavar="OUTCOME|CLASS|policy")] = None,
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
    from zonerisk.core.verdict import Answer
    from zonerisk.words import phrases

    form = output.chosen(format_, out, ScoreFormats)
    if odd := [trip for trip in fail_on or () if trip not in FAILING]:
        raise UsageError(f"--fail-on {odd[0]}: name one of {', '.join(FAILING)}")
    if badge and form not in PICTURES:
        if format_ or (out and out.suffix):
            raise UsageError(
                f"a badge is a picture, not {form}; write it as svg or png, such as -o badge.svg"
            )
        form = "svg"
    catalog, chosen, verdicts = _judge(
        targets, policy, as_of, units, catalogue, installed, uncertainty_m, raw, cache
    )
    if len(verdicts) > 1 and (rtt or form in PICTURES):
        names = phrases.names([verdict.target for verdict in verdicts])
        raise UsageError(f"{'round trips are' if rtt else 'a card is'} of one region; name one of {names}")
    trips, lines = _trips(catalog, verdicts[0], rtt, floor_ms) if rtt else ([], [])
    content: str | bytes
    if form in PICTURES:
        from zonerisk.pages import card, surroundings

        if form == "png" and out is None and sys.stdout.isatty():
            raise UsageError("pixels are not text for a terminal; name a file, such as -o card.png")
        verdict = verdicts[0]
        around = None if badge else surroundings.setting(catalog, verdict)
        content = card.draw(verdict, around) + "\n" if around else card.badge(verdict)
        content = card.png(content) if form == "png" else content
    elif likelihood and form in get_args(output.Lists):
        content = _likelihoods(verdicts, form, out)
    elif form in ("geojson", "html"):
        if rtt:
            raise UsageError(f"--format {form} draws no round trips; table, json, csv and md list them")
        content = _drawn(catalog, verdicts, form, raw, cache)
    elif rtt and form == "csv":
        cells = {"one_campus": lambda campus: "yes" if campus else "no", "refutes": "; ".join}
        rows = [[cells.get(key, str)(value) for key, value in trip.items()] for trip in trips]
        content = output.rows(TRIP_HEAD, rows, form, out)
    elif form == "json":
        answer = Answer(verdicts=tuple(verdicts))
        content = output.as_json({**answer.to_dict(), "round_trips": trips}) if rtt else answer.to_json()
    else:
        content = _listed(chosen, verdicts, form, out, full)
        if rtt:
            title, mark = (
                ("## Measured round trips\n", "- ") if form == "md" else ("Measured round trips", "")
            )
            content = "\n".join([content, title, *(f"{mark}{line}" for line in lines)]) + "\n"
    output.write(content, out)
    if tripped := [case.target for case in verdicts if any(_trips_on(case, trip) for trip in fail_on or ())]:
        output.note(f"--fail-on {', '.join(fail_on or ())}: {', '.join(tripped)}\n")
        raise typer.Exit(1)


def report(
    targets: Annotated[
        list[str] | None,
        argument("Regions, providers or your own sites; none needed with --plan.", metavar="TARGET..."),
    ] = None,
    policy: output.PolicyOption = DEFAULT,
    as_of: output.AsOf = None,
    units: UnitsOption = None,
    to: To = None,
    within: Within = None,
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
    from zonerisk.catalogue import document
    from zonerisk.library import Library
    from zonerisk.pages import card, page, surroundings
    from zonerisk.words import dossier, phrases
    from zonerisk.workloads import gate
    from zonerisk.workloads import plan as plans
    from zonerisk.workloads.audit import audit

    form = output.chosen(format_, out, ReportFormats)
    if form == "html" and out is None and sys.stdout.isatty():
        raise UsageError("a report is a page, not text for a terminal; name a file, such as -o report.html")
    if not targets and not plan:
        raise UsageError("name a region, or a deployment: zonerisk report ovh-sbg -o report.html")
    catalog, chosen, verdicts = _judge(
        targets or [], policy, as_of, units, catalogue, installed, uncertainty_m, raw, cache
    )
    settings = [surroundings.setting(catalog, verdict) for verdict in verdicts]
    among = "those named" if to else "the provider's regions that the same accounts reach (its partition)"
    among += f" in {within}" if within else ""
    regions = []
    for verdict, around in zip(verdicts, settings, strict=True):
        rows: list[tuple[str, ...]] = []
        scope = ""
        if isinstance(catalog, Library) and ("dr" in chosen.rules or to or within):
            if within:
                catalog.area(within)
            try:
                ranking = catalog.recovery(verdict.target, chosen, verdict.as_of, to=to or (), within=within)
                rows, summary, left = _ranked(catalog, ranking)
                summary += f"; {left} more in the JSON of zonerisk dr {verdict.target}" if left else ""
            except UsageError as error:
                summary = str(error).partition(";")[0]
            scope = f"{phrases.opening(summary)}. Looked at: {among}."
        regions.append(dossier.Asked(verdict, rows, scope, around.retired))
    audits, kept = [], gate.read(accepted)
    for file in plan or ():
        request = plans.read([file], None, catalog, as_of)
        deployment = gate.chosen(request.deployment, (), kept.skip)
        audited = audit(catalog, deployment, chosen, request.day, deployment.model)
        audits.append(replace(audited, gate=gate.gate(audited, {}, request.accepted)))
    findings = [(verdict.target, verdict.policy.findings) for verdict in verdicts]
    findings += [(workload.id, workload.findings) for audited in audits for workload in audited.workloads]
    day = (verdicts[0] if verdicts else audits[0]).as_of
    says = document.read(document.data_root() / "report.yaml").tree
    written = dossier.written(chosen, regions, audits, says, gate.accepted_of(findings, kept.accepted, day))
    if form == "md":
        output.write(written.markdown, out)
        return
    pictures = {
        verdict.target: card.draw(verdict, around, alone=False)
        for verdict, around in zip(verdicts, settings, strict=True)
    }
    output.write(page.report_page(written, pictures, catalog.edition.attribution), out)


def _judge(
    targets: list[str],
    policy: str,
    as_of: str | None,
    units: Literal["zones", "sites"] | None,
    catalogue: list[Path] | None,
    installed: bool,
    uncertainty_m: float | None,
    raw: Path | None,
    cache: Path | None,
) -> tuple[Catalog, Policy, list[Verdict]]:
    """Judge regions of the catalogue, or a user's own sites."""
    from zonerisk.judging.score import score as judge

    catalog: Catalog = load(catalogue)
    chosen = catalog.policy(policy)
    own = False
    # Few regions have a mark of coordinates, or of a file's ending, in their names.
    if any(mark in target for target in targets for mark in ",;."):
        from zonerisk.workloads import own_sites

        own = own_sites.meant(targets)
    if own:
        catalog = own_sites.catalog(targets, uncertainty_m, catalog.edition.date)
        installed, regions = True, [own_sites.REGION]
        if message := own_sites.lying(catalog.region(own_sites.REGION)):
            output.note(f"note: your sites lie: {message}\n")
        chosen = own_sites.asked(chosen)
    else:
        if uncertainty_m is not None:
            raise UsageError("--uncertainty-m is of your own sites; those of the catalogue have their own")
        regions = output.regions(catalog, targets)
    verdicts, samples = [], None
    for region in regions:
        if installed:
            from zonerisk.layers import store

            sites = [catalog.site(key) for key in catalog.region(region).site_ids]
            # What ships was derived at the catalogue's own sites.
            shipped = None if own else catalog.samples
            samples = store.Installed(sites, store.cache_root(cache), raw, shipped, catalog.roots)
            for problem in samples.failed:
                output.note(f"warning: {problem}\n")
            if not samples.hashes and not samples.failed:
                output.note(
                    "no hazard layer is on this machine that says more of these sites; "
                    "see: zonerisk layers list\n"
                )
        verdicts.append(judge(catalog, region, chosen, as_of=as_of, units=units, samples=samples))
    return catalog, chosen, verdicts


def _trips_on(verdict: Verdict, level: str) -> bool:
    """Return whether a verdict comes to what ``--fail-on`` names."""
    if level == "policy":
        return any(finding.outcome == "fail" for finding in verdict.policy.findings)
    if level in OUTCOMES:
        return verdict.independence.class_ == level
    return severity(verdict.independence.outcome) >= severity(level)  # type: ignore[arg-type]


def _listed(policy: Policy, verdicts: list[Verdict], form: str, out: Path | None, full: bool) -> str:
    """Write verdicts as a table, Markdown or CSV."""
    from zonerisk.words import answer

    if form == "csv":
        head = "target as_of policy rule outcome low best high unit threshold threshold_unit subjects message"
        cells: list[tuple[output.Cell, ...]] = []
        for verdict in verdicts:
            for finding in verdict.policy.findings:
                value, limit = finding.value, finding.threshold
                figures = (value.low, value.best, value.high, value.unit) if value else (None,) * 4
                least = (limit.value, limit.unit) if limit else (None, None)
                begin = verdict.target, verdict.as_of, verdict.policy.id, finding.rule, finding.outcome
                cells.append((*begin, *figures, *least, " ".join(finding.subjects), finding.message))
        return output.rows(head.split(), cells, form, out)
    if form == "md" or full:
        from zonerisk.words import dossier

        regions = [dossier.Asked(verdict) for verdict in verdicts]
        if form == "md":
            return dossier.written(policy, regions).markdown

    def show(screen: Screen) -> None:
        if full:
            full_report = dossier.Dossier()
            screen.sections(dossier.answers(full_report, policy, regions))
            screen.print(f"\n{len(full_report.sources)} sources: --format md or json lists them.", "dim")
        elif len(verdicts) == 1:
            answer.single(verdicts[0], policy, screen)
        else:
            answer.several(verdicts, screen)

    return output.printed(show, out)


def _likelihoods(verdicts: list[Verdict], form: str, out: Path | None) -> str:
    """Write the model's table of each verdict."""
    from zonerisk.words import verdicts as words
    from zonerisk.words.report import Section, Table, markdown

    tables = [(verdict, words.model_rows(verdict)) for verdict in verdicts]
    if form in ("csv", "json"):
        cells = [(verdict.target, *row) for verdict, table in tables for row in table]
        records = [{"target": verdict.target, **verdict.likelihood.to_dict()} for verdict in verdicts]
        head, tree = ("target", "asked", "answer"), {"likelihoods": records}
        return output.rows(head, cells, form, out, "likelihood", tree)
    sections = [
        Section("", [f"{verdict.name}: {words.asked(verdict)}", Table(("", ""), table)], apart=True)
        for verdict, table in tables
    ]
    sections.append(Section("", [words.footnote(verdicts[0].likelihood)]))
    if form == "md":
        return markdown("Likelihood", "", sections)
    return output.printed(lambda screen: screen.sections(sections), out)


def _drawn(catalog: Catalog, verdicts: list[Verdict], form: str, raw: Path | None, cache: Path | None) -> str:
    """Write verdicts with what surrounds them, the layers on this machine included."""
    from zonerisk.layers import store
    from zonerisk.pages import features, page, surroundings

    root = store.cache_root(cache)
    settings = [surroundings.setting(catalog, verdict, root, raw) for verdict in verdicts]
    if form == "html":
        return page.map_page(verdicts, settings, attribution=catalog.edition.attribution)
    collections = [features.feature_collection(*pair) for pair in zip(verdicts, settings, strict=True)]
    drawn = [feature for collection in collections for feature in collection["features"]]
    return json.dumps({**collections[0], "features": drawn}, ensure_ascii=False) + "\n"


def _trips(
    catalog: Catalog, verdict: Verdict, file: Path, floor_ms: float
) -> tuple[list[dict[str, Any]], list[str]]:
    """Hold the round trips of a file against a region: records for programs, and lines to be read."""
    from zonerisk.catalogue import document
    from zonerisk.judging.arrangement import last_day
    from zonerisk.words import phrases
    from zonerisk.workloads import round_trips

    data = document.given(str(file), round_trips.MAX_BYTES)
    read, day = round_trips.read(data, str(file)), last_day(verdict.as_of)
    trips = round_trips.judge(catalog, verdict.target, read, day, floor_ms)
    records = []
    for trip in trips:
        a, b, ms, _ = trip.trip
        reach = round(trip.trip.fibre_km(), 1), round(trip.likely_km, 1)
        cells = (a, b, ms, *reach, trip.trip.campus, list(trip.refuted))
        records.append(dict(zip(TRIP_HEAD, cells, strict=True)))
    campus, refuted = (sum(bool(record[key]) for record in records) for key in TRIP_HEAD[-2:])
    summary = (
        f"{phrases.count(len(trips), 'pair')}: {campus} as near as zones of one campus are, "
        f"{refuted} refute something; the rest allows what is claimed and proves nothing"
    )
    return records, [*(trip.message for trip in trips), summary]


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
    from zonerisk.words import verdicts as words

    form = output.chosen(format_, out, output.Lists)
    catalog = load(catalogue)
    chosen = catalog.policy(policy)
    verdicts = catalog.verdicts(output.regions(catalog, targets), chosen, as_of)
    common, bands = verdicts.common_ground, [verdict.likelihood.majority_lost for verdict in verdicts]
    tree = {"schema": words.SCHEMA, "regions": words.records(verdicts), "common_ground": common}
    foot = [*common, *filter(None, [words.not_told_apart(bands)])]
    cells = words.rows(verdicts, chosen)
    output.write(output.rows(words.COMPARED, cells, form, out, "compare", tree, foot), out)


def dr(
    target: Annotated[str, argument("The region to recover.", "TARGET", output.ids)],
    to: To = None,
    any_provider: Annotated[bool, option("Look at every provider's regions.", "--any-provider")] = False,
    within: Within = None,
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
    from zonerisk.words.report import Section, Table, markdown

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
    if form == "json":
        output.write(ranking.to_json(), out)
        return
    rows, summary, left = _ranked(catalog, ranking)
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
    by = f"{chosen.name} ({chosen.standing}); as of {ranking.as_of}."
    table = Table(("outcome", "region", "why"), rows)
    sections = [Section("", [f"{ranking.name}: {summary}.", by, table], apart=True)]
    sections += [Section("", [line]) for line in tail]
    if form == "md":
        text = markdown(f"Disaster recovery for {ranking.name} ({ranking.target})", "", sections)
    else:
        text = output.printed(lambda screen: screen.sections(sections), out)
    output.write(text, out)


def _ranked(catalog: Catalog, ranking: RecoveryRanking) -> tuple[list[tuple[str, ...]], str, int]:
    """Write the first regions of each outcome in a row each, how many will do, and how many are left out."""
    from zonerisk.core.geometry import least_rtt_ms
    from zonerisk.judging.recovery import none_found
    from zonerisk.words import phrases, verdicts

    if not ranking.candidates:
        peers = catalog.regions_of(catalog.region(ranking.target).provider)
        others = [catalog.region(key) for key in peers if key != ranking.target]
        return [], none_found(others, ranking.as_of), 0
    rows: list[tuple[str, ...]] = []
    for outcome, alike in groupby(ranking.candidates, lambda candidate: candidate.outcome):
        for candidate in islice(alike, MOST):
            least = least_rtt_ms(candidate.distance_m)
            alone = candidate.class_ == "one-zone"
            message = candidate.message if alone else verdicts.with_zones(candidate.message, candidate.zones)
            parts = [f"{candidate.name}: {message}"]
            if candidate.class_:
                parts.append(f"{verdicts.stands(candidate.class_)} there")
            if known := candidate.record:
                lost, several = sum(known.zone_losses.values()), phrases.count(len(known.several), "event")
                there = [f"{several} that hit several zones or datacenters"] if known.several else []
                there += [f"{lost} loss{'' if lost == 1 else 'es'} of one zone"] if lost else []
                parts += [f"on record there: {' and '.join(there)}"] if there else []
            # A bound on the round trip that was asked for is judged, and then in the message already.
            asked = ranking.max_rtt_ms
            if least >= 0.05 and (asked is None or (outcome == "fail" and least <= asked)):
                parts.append(verdicts.light(least))
            rows.append((outcome, candidate.target, "; ".join(parts)))
    return rows, ranking.summary, len(ranking.candidates) - len(rows)


def plan(
    files: Annotated[
        list[str] | None,
        argument(
            "A plan (YAML), terraform show -json or kubectl get -o json or yaml; - is stdin.",
            metavar="FILE...",
        ),
    ] = None,
    template: Annotated[bool, option("Print a commented plan to start from.", "--template")] = False,
    policy: Annotated[
        str | None, option(f"A policy's id or a file of your own; else the plan's, else {DEFAULT}.")
    ] = None,
    as_of: output.AsOf = None,
    unavailability: Annotated[
        str | None,
        option("A zone's unavailability: shows the chance that a quorum is lost.", metavar="SHARE|LOW,HIGH"),
    ] = None,
    common: Annotated[
        str | None,
        option(
            "The share of it that takes all zones at once; by default 0.02,0.10.", metavar="SHARE|LOW,HIGH"
        ),
    ] = None,
    advise: Annotated[
        bool, option("Show the best zones and recovery for each workload, and what each buys.", "--advise")
    ] = False,
    format_: Annotated[PlanFormats | None, output.FORMAT] = None,
    out: output.Output = None,
    fail_on: Annotated[
        list[str] | None,
        option(
            "Exit with 1 on findings this bad or worse: fail, unknown or warn; or of one rule, as RULE or "
            "RULE=unknown. Repeatable.",
            metavar="OUTCOME|RULE",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        option("Judge only these workloads, by id or pattern; repeatable.", metavar="WORKLOAD"),
    ] = None,
    skip: Annotated[
        list[str] | None, option("Leave these workloads out; repeatable.", metavar="WORKLOAD")
    ] = None,
    accepted: output.AcceptedFile = None,
    baseline: Annotated[
        Path | None,
        option("An earlier answer in JSON: only what is worse than in it trips --fail-on.", metavar="FILE"),
    ] = None,
    catalogue: output.Catalogues = None,
) -> None:
    """Judge your own deployment: quorum, recovery and backups against every shared risk.

    Examples: zonerisk plan --template > plan.yaml; zonerisk plan plan.yaml;
    terraform show -json tfplan | zonerisk plan - --format sarif -o plan.sarif --fail-on fail;
    kubectl get nodes,pods -A -o json | zonerisk plan -
    """
    from zonerisk.words import dossier, plan_report
    from zonerisk.workloads import gate
    from zonerisk.workloads import plan as plans
    from zonerisk.workloads.audit import Auditor

    if template:
        output.write(plans.template(), out)
        return
    if not files:
        raise UsageError("give a plan, or start one: zonerisk plan --template")
    form = output.chosen(format_, out, PlanFormats)
    catalog = load(catalogue)
    stdin = sys.stdin.buffer.read(plans.MAX_BYTES + 1) if "-" in files else None
    request = plans.read(files, stdin, catalog, as_of)
    chosen = catalog.policy(policy or request.policy or DEFAULT)
    inputs = _inputs(unavailability, common, request.deployment.model)
    kept = gate.read(accepted)
    levels = gate.trips(fail_on or kept.fail_on, chosen)
    known = gate.baseline(baseline) if baseline else None
    deployment = gate.chosen(request.deployment, only or (), (*(skip or ()), *kept.skip))
    auditor = Auditor(catalog, deployment, chosen, request.day, inputs)
    answer = auditor.audit()
    answer = replace(answer, gate=gate.gate(answer, levels, (*kept.accepted, *request.accepted), known))
    if advise:
        choices, left = auditor.advise()
        answer = replace(answer, advice=choices)
        if left:
            output.note(f"advice: {left}\n")
    if form == "json":
        text: str | Iterable[str] = plan_report.pieces(answer)
    elif form == "table":
        sections = dossier.answers(dossier.Dossier(), chosen, (), [answer])
        text = output.printed(lambda screen: screen.sections(sections), out)
    elif form == "md":
        text = dossier.written(chosen, (), [answer]).markdown
    else:
        text = getattr(plan_report, form)(answer, chosen)
    output.write(text, out)
    if not answer.workloads:
        raise UsageError("nothing here could be placed, so nothing is judged; the answer says why")
    if answer.gate.tripped:
        output.note(f"{plan_report.tripped_line(answer)}\n")
        raise typer.Exit(1)


def _inputs(unavailability: str | None, common: str | None, planned: Inputs | None) -> Inputs | None:
    from pydantic import ValidationError

    from zonerisk.workloads.probability import Inputs

    asked = {"unavailability": unavailability, "common": common}
    given = {name: text.split(",") for name, text in asked.items() if text is not None}
    if common and not (unavailability or planned):
        raise UsageError("--common needs --unavailability: it is a share of it")
    inputs = planned.model_dump(exclude={"alpha"} if common else None) if planned else {}
    inputs |= {name: ends if len(ends) > 1 else ends[0] for name, ends in given.items()}
    try:
        return Inputs.model_validate(inputs) if inputs else None
    except ValidationError:
        options = " ".join(f"--{name} {','.join(ends)}" for name, ends in given.items())
        raise UsageError(f"{options}: write a share from 0 to 1 such as 0.001, or LOW,HIGH") from None
