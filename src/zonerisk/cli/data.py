"""zonerisk data: check, extend and compare the catalogue's records."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer

from zonerisk.catalogue.document import data_root
from zonerisk.cli import COMMANDS, SETTINGS, output
from zonerisk.cli.output import AsOf, Catalogues, PolicyOption, argument, load, option
from zonerisk.core.errors import UsageError, ZoneriskError
from zonerisk.core.model import DEFAULT, ID_PATTERN
from zonerisk.words.phrases import count

if TYPE_CHECKING:
    from zonerisk.curation.check import Form

app = typer.Typer(help=COMMANDS["data"].help, **SETTINGS)


Schema = Literal[
    "incident", "measurement", "dialect", "plan", "region", "provider", "policy", "layer", "verdict"
]


@app.command("check")
def check_(
    paths: Annotated[
        list[Path] | None, argument("Files or folders; by default the shipped catalogue.", "[PATH]...")
    ] = None,
    out: output.Output = None,
) -> None:
    """Check records, all at once and without the network.

    Exits with 3 where a file is refused; warnings alone exit with 0.

    Examples: zonerisk data check; zonerisk data check data/datacenters/ovh/sbg.yaml;
    zonerisk data check my.yaml
    """
    from zonerisk.curation import check

    problems: set[check.Problem] = set()
    files = 0
    for path in paths or (data_root(),):
        catalog, ids = check.open_path(path)
        problems |= set(check.check(check.CheckedCatalogue(catalog), ids))
        files += len(ids)
        # The figures are those of a catalogue as a whole; refused records have no positions.
        sound = all(problem.level == "warning" for problem in problems)
        if sound and (path / "layers" / "samples").is_dir():
            problems |= set(check.stale_samples(catalog))
    output.write("".join(f"{problem}\n" for problem in sorted(problems)), out)
    errors = sum(problem.level == "error" for problem in problems)
    numbers = {"file": files, "error": errors, "warning": len(problems) - errors}
    output.note(", ".join(count(number, noun) for noun, number in numbers.items()) + "\n")
    if errors:
        raise typer.Exit(3)


@app.command("new")
def new(
    names: Annotated[list[str], argument("A provider's id and a region's code, or as below.", "NAME...")],
    folder: Annotated[
        Path | None, option("The catalogue to add to; by default data/.", "--in", metavar="DIR")
    ] = None,
) -> None:
    """Write a commented template: a region (with its provider, if new), incident, measurement or policy.

    Examples: zonerisk data new ovh sbg; zonerisk data new incident ovh sbg-201711;
    zonerisk data new measurement aws eu-west-3-2026; zonerisk data new policy my-bank
    """
    from zonerisk.curation.check import template

    others = ("incident", "measurement", "policy")
    kind = cast("Form", names.pop(0) if names[0] in others else "region")
    if len(names) != 2 - (kind == "policy"):
        raise UsageError(
            "name the provider and the region, such as ovh sbg; of three names the first is incident or "
            "measurement: name the provider and the file, such as incident ovh sbg-201711"
        )
    provider, region = names[0], names[-1]
    for part in names:
        if not re.fullmatch(ID_PATTERN, part) or region == "provider":
            raise UsageError(f"{part!r} is not an id: lower case, digits, single dashes, such as eu-west-3")
    root = folder or (Path("data") if Path("data/datacenters").is_dir() else None)
    if root is None and kind != "policy":
        raise UsageError(
            "no data/datacenters/ here; go to a checkout, or name a folder of your own with --in DIR"
        )
    provided = any(
        (base / "datacenters" / provider / "provider.yaml").is_file() for base in (root, data_root()) if base
    )
    if kind in ("incident", "measurement") and not provided:
        raise UsageError(f"no provider is called {provider!r}; zonerisk list providers names them")
    table = {"region": "datacenters", "policy": "policies"}.get(kind, f"{kind}s")
    # Away from a checkout a policy is a file that --policy names.
    home = Path() if root is None else root / table / (provider if kind != "policy" else "")
    target = home / f"{region}.yaml"
    if target.exists():
        raise UsageError(f"{target} is there already; edit it")
    output.make_folder(home)
    forms: list[Form] = ["provider", kind] if kind == "region" else [kind]
    for form in forms:
        path = home / "provider.yaml" if form == "provider" else target
        if not path.exists():
            output.write(template(form, root is not None and (root / "schema").is_dir()), path)
            output.write(f"{path}\n", None)
    output.note(f"fill in what says TODO, then: zonerisk data check {target}\n")


@app.command("schema")
def schema(name: Annotated[Schema, typer.Argument()] = "region", out: output.Output = None) -> None:
    """Write the JSON Schema of a record, a policy or a verdict.

    Example: zonerisk data schema region -o data/schema/region.json
    """
    from zonerisk.curation.check import schema as write

    output.write(write(name), out)


@app.command("diff")
def diff(
    old: Annotated[str, argument("A catalogue's folder, or a git revision.")],
    new: Annotated[str, argument("The same; by default the folder data.")] = "data",
    policy: PolicyOption = DEFAULT,
    as_of: AsOf = None,
    format_: Annotated[output.Lists | None, output.FORMAT] = None,
    out: output.Output = None,
) -> None:
    """List which verdicts change between two states of the records.

    Examples: zonerisk data diff main; zonerisk data diff v0.1.0 v0.2.0 --format md
    """
    from zonerisk.curation.review import Change, changes, opened

    with opened(old) as before, opened(new) as after:
        rows = changes(before, after, load().policy(policy), as_of)
    tree = {"changes": [row._asdict() for row in rows]}
    output.write(output.rows(Change._fields, rows, format_, out, "changes", tree), out)
    output.note(f"{count(len({row.region for row in rows}), 'region')} changed\n")


@app.command("rates")
def rates(
    format_: Annotated[output.Lists | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: Catalogues = None,
    constants: Annotated[bool, option("What likelihoods rest on: data/rates.json.", "--constants")] = False,
) -> None:
    """Count losses by kind, cause and provider over the years that complete feeds cover.

    Rates are per year, with 90 % intervals by Jeffreys' prior, from the records alone.

    Example: zonerisk data rates --format md
    """
    from zonerisk.catalogue import document
    from zonerisk.curation import rates as counting

    catalog = load(catalogue)
    if constants:
        output.write(counting.written(counting.constants(catalog)), out)
        return
    rows, backup = counting.rates(catalog), counting.backup_failed(catalog)
    failed = {key: dict(zip(("failed", "held", "not_told"), row, strict=True)) for key, row in backup.items()}
    biases: Any = document.read(document.data_root() / "report.yaml").tree["biases"]
    tree = {"rates": [row._asdict() for row in rows], "backup_failed": failed, "biases": biases}
    causes = ", ".join(
        f"{cause} {lost} of {lost + held + silent}" + (f" (not told of {silent})" if silent else "")
        for cause, (lost, held, silent) in backup.items()
    )
    foot = [f"Backup failed in physical events on file, those in no feed too: {causes}.", *biases]
    output.write(output.rows(counting.Rate._fields, rows, format_, out, "rates", tree, foot), out)


@app.command("freshness")
def freshness(
    providers: Annotated[list[str] | None, argument("Such as aws; by default all.", "[PROVIDER]...")] = None,
    lists: Annotated[
        list[str] | None, option("Read a list from here; repeatable.", "--list", metavar="PROVIDER=FILE|URL")
    ] = None,
    fail_on: Annotated[
        list[str] | None, option("Exit with 1 at such news; repeatable.", metavar="new|gone|changed")
    ] = None,
    format_: Annotated[output.Lists | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Compare regions and zones with what the providers' own public lists say.

    AWS's list comes with the package botocore, the others from the network; a list that cannot be read is
    said, and the others are compared.

    Examples: zonerisk data freshness; zonerisk data freshness aws --list aws=zones.json --fail-on new
    """
    from zonerisk.curation import freshness as lists_

    given = dict(text.partition("=")[::2] for text in lists or ())
    wanted = dict.fromkeys((*(providers or ()), *given)) or lists_.SOURCES
    for name in wanted:
        if name not in lists_.SOURCES or given.get(name) == "":
            known = ", ".join(lists_.SOURCES)
            raise UsageError(f"{name}: no list is known by that name; {known}, and --list PROVIDER=FILE")
    for asked in fail_on or ():
        if asked not in get_args(lists_.News):
            raise UsageError(f"--fail-on {asked}: is one of {', '.join(get_args(lists_.News))}")
    catalog = load(catalogue)
    changes: list[lists_.Change] = []
    read: list[dict[str, object]] = []
    unread: dict[str, str] = {}
    worst = 0
    for name in wanted:
        try:
            listing = lists_.listing(name, given.get(name))
        except ZoneriskError as error:
            sys.stderr.write(output.shown(f"error: {error}\n"))
            unread[name], worst = str(error), max(worst, error.exit_code)
            continue
        place = given.get(name, lists_.SOURCES[name].place)
        read.append({"provider": name, "list": place, "regions": len(listing.zones)})
        changes += lists_.changes(catalog, name, listing)
    tree = {"lists": read, "unread": unread, "changes": [change._asdict() for change in changes]}
    output.write(output.rows(lists_.Change._fields, changes, format_, out, "freshness", tree), out)
    output.note(f"{count(len(read), 'list')} read, {count(len(changes), 'difference')}\n")
    if worst or {change.change for change in changes} & set(fail_on or ()):
        raise typer.Exit(worst or 1)


@app.command("backtest")
def backtest(
    format_: Annotated[output.Lists | None, output.FORMAT] = None,
    out: output.Output = None,
    catalogue: Catalogues = None,
) -> None:
    """Hold the likelihood's rates against a constant rate, on years and providers they were not counted on.

    Example: zonerisk data backtest
    """
    from zonerisk.curation import rates as counting
    from zonerisk.words import verdicts as words

    sha256, skills = counting.backtest(load(catalogue))
    tree = {"frozen": sha256, "skills": [row._asdict() for row in skills]}
    cells = [words.skill(*row) for row in skills]
    foot = (words.BACKTEST.format(sha256[:12]),)
    output.write(output.rows(words.SKILLS, cells, format_, out, "backtest", tree, foot), out)
