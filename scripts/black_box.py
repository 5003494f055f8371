"""Freeze what zonerisk answers, then tell which answers a change of the code has altered.

Run it from a checkout's root, whose ``src`` it judges: ``python scripts/black_box.py freeze FOLDER``, then
``compare FOLDER``. Provenance and schema are left out. FOLDER gets a file for each group of answers.
"""

import argparse
import functools
import gzip
import io
import json
import multiprocessing
import os
import re
import runpy
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path("src").resolve()))
import zonerisk
from zonerisk.cli import output

zonerisk.load = functools.cache(zonerisk.load)  # one catalogue for all questions
output.load = lambda catalogue=None: zonerisk.load(*(catalogue or ()))
KINDS = ("regions", "sites", "providers", "policies")
PARTS, FORMS = ("verdicts", "dr", "plans", "texts", "page"), ("table", "md", "sarif", "json")
TELLING = """ovh-sbg ovh-rbx ovh-eu-west-par scaleway-fr-par aws-eu-west-3 aws-us-east-1 azure-westeurope
google-europe-west9 hetzner-fsn1 exoscale-ch-gva-2 cloudwatt-fr alibaba-netherlands"""
UNSTEADY = r'zonerisk\W.*\d\.\d+\.\d|"semanticVersion"|sha256 <code>'  # lines of provenance
REGION = "score {0}|score {0} --format md|score {0} --format csv|show {0}|show {0} --format json|dr {0}"
MORE = """compare ovh-sbg scaleway-fr-par aws-eu-west-3 --format json|score ovh-sbg --as-of 2021-03-09|show no
dr ovh-sbg --any-provider --within EU --max-rtt-ms 10|score 48.585,7.797 48.601,7.783 --uncertainty-m 200
dr ovh-rbx --to ovh-gra --to ovh-sbg --format md|compare ovh-sbg scaleway-fr-par aws-eu-west-3|list sites ovh
dr aws-eu-west-3 --min-km 500|compare scaleway --format md|score ovh-rbx --fail-on fail|list feeds ovh
score ovh-sbg --units sites|score ovh-sbg --policy no|compare ovh --format csv|show ovh-sbg/sbg3
compare --help|layers --help|export --help|score --help|atlas --help|report --help|layers list
list --help|show --help|plan --help|data --help|compare no|map --help|dr --help|score no|--help"""


def answer(asked: str) -> Any:
    """Answer a command line, which is run here, as JSON or by the line."""
    buffer, err, code = io.BytesIO(), io.StringIO(), None
    sys.argv = ["zonerisk", *asked.split()]
    out = io.TextIOWrapper(buffer, "utf-8", write_through=True)
    try:
        with redirect_stdout(out), redirect_stderr(err):
            runpy.run_module("zonerisk", run_name="__main__")
    except (Exception, SystemExit) as error:  # a crash, too, is a difference to tell
        code = getattr(error, "code", f"{type(error).__name__}: {error}")
    result: Any = buffer.getvalue().decode()
    if not code and asked.endswith(" json"):
        result = json.loads(result)
    if isinstance(result, str):
        result = [line for line in result.split("\n") if not re.search(UNSTEADY, line)]
    elif isinstance(result, dict):
        result = {key: value for key, value in result.items() if key not in {"provenance", "schema"}}
    return {"exit": code or 0, "err": err.getvalue().split("\n"), "out": result}


def groups(policies: list[str], sample: int) -> Iterator[tuple[str, str, dict[str, str]]]:
    """List what is asked, a group at a time: its part, its name and the questions by key."""
    tables = [answer(f"list {what} --format json")["out"][what] for what in KINDS[::3]]
    regions, known = ([row["id"] for row in table] for table in tables)
    chosen = [key for key in known if key in policies or not policies]
    for name in regions[::sample]:
        yield "verdicts", name, {key: f"score {name} --policy {key} --format json" for key in chosen}
    for place, name in enumerate(regions[:: sample * 3 if sample > 1 else 1]):
        full = sample == 1 and (name in TELLING.split() or place % 70 == 0)
        judged = [key for key in chosen if full or key == "podcast"]
        yield "dr", name, {key: f"dr {name} --policy {key} --format json" for key in judged}
    for name in sorted(str(path) for path in Path("examples").rglob("*.*")):
        yield "plans", name, {form: f"plan {name} --format {form}" for form in FORMS}
    asked = {name: [line.format(name) for line in REGION.split("|")] for name in TELLING.split()}
    lists = [f"list {what} --format {form}" for what in KINDS for form in ("table", "json", "csv")]
    asked["more"] = [*re.split(r"[|\n]", MORE), *(f"show {key}" for key in known), *lists]
    for name, lines in asked.items():
        yield "texts", name, {line: line for line in lines}
    yield "page", "ovh-sbg", {"map": "map ovh-sbg"}


def leaves(tree: Any, path: str = "") -> dict[str, str]:
    """Return every path of an answer with what stands there."""
    if not tree or not isinstance(tree, dict | list):
        return {path: json.dumps(tree, ensure_ascii=False)}
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    return {at: text for key, value in pairs for at, text in leaves(value, f"{path}.{key}").items()}


def differences(old: Any, new: Any) -> list[tuple[str, str]]:
    """Return every path where two answers differ, and old -> new from shortly before the difference."""
    were, are, changes = leaves(old), leaves(new), []
    for path in dict.fromkeys([*were, *are]):
        text, other = were.get(path, "(none)"), are.get(path, "(none)")
        if text != other:
            start = max(0, len(os.path.commonprefix([text, other])) - 30)  # noqa: RUF071
            changes.append((path, f"{text[start : start + 90]} -> {other[start : start + 90]}"))
    return changes or [("", "the order of keys")] * (json.dumps(old) != json.dumps(new))


def run(task: tuple[Path, bool, dict[str, str]]) -> dict[str, list[tuple[str, str]]]:
    """Answer a group, and keep it in its file, or hold it against that; return what differs, by question."""
    file, freeze, asked = task
    answers = {key: answer(line) for key, line in asked.items()}
    if freeze:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(json.dumps(answers, ensure_ascii=False).encode(), 6, mtime=0))
    old = json.loads(gzip.decompress(file.read_bytes())) if file.exists() else {}
    return {key: differences(old.get(key), answers[key]) for key in asked}


def main() -> int:
    """Freeze, or compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("action", choices=("freeze", "compare"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", choices=PARTS, help="repeatable; else all")
    parser.add_argument("--policy", action="append", default=[], help="repeatable; else all")
    parser.add_argument("--sample", type=int, default=1, help="every Nth region, a third as many for dr")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    tasks = [
        (args.folder / part / f"{name.replace('/', '+')}.json.gz", args.action == "freeze", asked)
        for part, name, asked in groups(args.policy, args.sample)
        if part in (args.only or PARTS)
    ]
    with multiprocessing.get_context("fork").Pool(args.jobs) as pool:
        results = zip(tasks, pool.imap(run, tasks), strict=True)
        changed = [(task[0], key, row) for task, rows in results for key, row in rows.items() if row]
    paths = Counter(re.sub(r"\.\d+\b", ".*", path) for *_, changes in changed for path, _ in changes)
    for file, key, changes in changed[:40]:
        print(f"{file.relative_to(args.folder)} {key}: {len(changes)} differences")
        print("".join(f"    {path}  {text}\n" for path, text in changes[:3]), end="")
    print("".join(f"{times:6} at {path}\n" for path, times in paths.most_common(20)), end="")
    print(f"{len(changed)} of {sum(len(task[2]) for task in tasks)} answers of {zonerisk.__file__} differ")
    return 1 if changed else 0


if __name__ == "__main__":
    os.environ |= {"COLUMNS": "100", "NO_COLOR": "1", "ZONERISK_CACHE": os.devnull, "ZONERISK_LAYERS": ""}
    sys.exit(main())
