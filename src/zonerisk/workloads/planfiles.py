"""Plan files: tells formats apart and joins what several files describe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from zonerisk.catalogue import document
from zonerisk.core.errors import DataError, UsageError
from zonerisk.judging.score import last_day
from zonerisk.workloads import plan
from zonerisk.workloads.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zonerisk.catalogue.catalog import Catalog
    from zonerisk.workloads.probability import Inputs

MAX_BYTES = 64_000_000
Json = Any


class Asked(NamedTuple):
    """A deployment, and the day and policy it is to be judged by."""

    deployment: Deployment
    day: str
    policy: str | None


def read(names: Sequence[str], stdin: bytes | None, catalog: Catalog, as_of: str | None) -> Asked:
    """Read one deployment from files.

    Parameters
    ----------
    names
        Files; ``-`` stands for standard input.
    stdin
        What standard input holds, if ``-`` is among the names.
    catalog
        The records.
    as_of
        The day asked for on the command line, before that of a plan.
    """
    texts = [
        (name, stdin if name == "-" and stdin is not None else _bytes(name)) for name in dict.fromkeys(names)
    ]
    trees: list[tuple[str, str, Json]] = []
    plans: list[tuple[document.Document, plan.PlanFile]] = []
    for name, raw in texts:
        shown = "stdin" if name == "-" else name
        if _is_json(raw):
            written = _text(shown, raw)
            trees.append((shown, written, _parse(shown, written)))
        else:
            read_as = document.parse(raw, shown)
            plans.append((read_as, plan.validate(read_as)))
    if len(plans) > 1:
        raise UsageError(
            f"{plans[0][0].name} and {plans[1][0].name} are both plan files; "
            "give one, and any number of Terraform and Kubernetes files"
        )
    record = plans[0][1] if plans else None
    day = last_day(as_of or (record and record.as_of) or catalog.edition.date)
    found = [plan.read(read_as, record, catalog, day) for read_as, record in plans]
    found += _from_trees(trees, catalog, day)
    return Asked(_joined(found), day, record.policy if record else None)


def _from_trees(trees: Sequence[tuple[str, str, Json]], catalog: Catalog, day: str) -> list[Deployment]:
    from zonerisk.workloads import kubernetes, terraform

    found, cluster = [], []
    for name, text, tree in trees:
        if terraform.recognise(tree):
            found.append(terraform.read(name, text, tree, catalog, day))
        elif kubernetes.recognise(tree):
            cluster.append((name, text, tree))
        else:
            raise DataError(
                f"{name}: is neither the output of terraform show -json nor of kubectl get ... -o json"
            )
    if cluster:
        found.append(kubernetes.read(cluster, catalog, day))
    return found


def _joined(found: Sequence[Deployment]) -> Deployment:
    model: Inputs | None = next((each.model for each in found if each.model), None)
    return Deployment(
        tuple(name for each in found for name in each.files),
        tuple(workload for each in found for workload in each.workloads),
        tuple(skipped for each in found for skipped in each.unassessed),
        next((each.own for each in found if each.own), None),
        model,
    )


def _bytes(name: str) -> bytes:
    path = Path(name)
    try:
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise DataError(
                f"{name}: {path.stat().st_size // 1_000_000} MB; a plan stays under "
                f"{MAX_BYTES // 1_000_000} MB; give one workspace or namespace a time"
            )
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror or error}") from None


def _is_json(raw: bytes) -> bool:
    """Tell JSON by its first sign, whatever its encoding."""
    head = raw[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith((b"{", b"["))


def _text(name: str, raw: bytes) -> str:
    """Decode JSON in UTF-8, 16 (which PowerShell writes) or 32."""
    if len(raw) > MAX_BYTES:
        raise DataError(f"{name}: over {MAX_BYTES // 1_000_000} MB; a plan is smaller")
    try:
        return raw.decode(json.detect_encoding(raw)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}: is not UTF-8 (byte {error.start}); save it as UTF-8") from None


def _parse(name: str, text: str) -> Json:
    """Parse JSON; messages quote nothing of it."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{name}:{error.lineno}: is not JSON: column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise DataError(f"{name}: nests too deep for a plan") from None
    except ValueError:
        raise DataError(f"{name}: holds a number that is too long") from None
