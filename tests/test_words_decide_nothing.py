"""No control flow reads a sentence: where every function of words returns 'x', all but sentences is the same."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import zonerisk.words
from zonerisk.core import policy
from zonerisk.judging import recovery
from zonerisk.judging.arrangement import zones_sold
from zonerisk.library import Library
from zonerisk.workloads import plan
from zonerisk.workloads.audit import audit

ROOT = Path(__file__).parent.parent
# What people read; all else is for programs.
SENTENCES = {"message", "summary", "not_known", "note", "notes", "text"}
POLICIES = ("podcast", "bsi", "aws-az")


def answers() -> Iterator[tuple[str, Any]]:
    podcast = policy.load("podcast")
    named = ("ovh-sbg", "ovh-rbx", "scaleway-fr-par", "aws-eu-west-3", "azure-westeurope")
    for library in (Library(), Library(ROOT / "tests" / "zz")):
        for name in (*library.region_ids[::40], *(key for key in named if key in library.region_ids)):
            if not zones_sold(library.region(name), library.edition.date):
                continue
            for rules in POLICIES:
                yield f"{name} {rules}", json.loads(library.score(name, rules).to_json())
            ranking = recovery.rank(library, name, podcast, recovery.Requirements(300))
            yield f"dr {name}", json.loads(ranking.to_json())
    library = Library()
    for path in sorted((ROOT / "examples").rglob("*.*")):
        asked = plan.read([str(path)], None, library, None)
        yield (
            path.name,
            json.loads(audit(library, asked.deployment, podcast, asked.day).to_json()),
        )


def silent(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: silent(value) for key, value in tree.items() if key not in SENTENCES}
    return [silent(value) for value in tree] if isinstance(tree, list) else tree


def test_sentences_decide_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: silent(tree) for name, tree in answers()}
    for found in pkgutil.iter_modules(zonerisk.words.__path__):
        module = importlib.import_module(f"zonerisk.words.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__:
                monkeypatch.setattr(module, name, lambda *_, **__: "x")
    after = {name: silent(tree) for name, tree in answers()}
    assert after == before
