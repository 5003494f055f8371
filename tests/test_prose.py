"""No control flow reads prose: when every sentence is 'x', all else of every answer is as it was."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import zonerisk
from conftest import ROOT
from zonerisk import words
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import UsageError
from zonerisk.judging import recovery
from zonerisk.library import Library
from zonerisk.workloads import plan as plans
from zonerisk.workloads.audit import audit

EXAMPLES = sorted(
    path
    for path in (Path(__file__).parents[1] / "examples").rglob("*")
    if path.suffix in {".yaml", ".json"} and "policy" not in path.name
)
# What people read, by its key in the JSON of an answer.
SENTENCES = {"message", "summary", "reason", "notes", "note", "quorum_basis", "told"}


def refuse(*_: object, **__: object) -> Any:
    raise AssertionError("control flow reads a sentence")


READS = """
    __contains__ __eq__ __ne__ __hash__ __lt__ __le__ __gt__ __ge__ __getitem__ __iter__ __len__ __bool__
    startswith endswith find index count split rsplit splitlines partition rpartition strip lstrip rstrip
    removeprefix removesuffix lower upper casefold title replace isdigit isalpha encode
"""
# A text that may be passed on, put into another and written, never read: a condition that never holds
# in these answers is caught as well.
X: Any = type("Sentence", (str,), dict.fromkeys(READS.split(), refuse))("x")

# What a function of words returns, and what stands for it.
STUBS: dict[str, object] = {
    "str": X,
    "str | None": X,
    "list[str]": [X],
    "tuple[str, ...]": (X,),
}


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(words.__path__):
        yield importlib.import_module(f"{words.__name__}.{info.name}")


def silence(patch: pytest.MonkeyPatch) -> int:
    """Let every constant of words be 'x', and every function return it; return how many do."""
    count = 0
    for module in modules():
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, str):
                patch.setattr(module, name, X)
            elif isinstance(value, partial):  # a sentence that only has to be filled
                patch.setattr(module, name, lambda *_, **__: X)
                count += 1
        for name, function in inspect.getmembers(module, inspect.isfunction):
            stub = STUBS.get(str(function.__annotations__.get("return")))
            if function.__module__ == module.__name__ and stub is not None:
                patch.setattr(module, name, lambda *_, stub=stub, **__: stub)
                count += 1
    return count


def bare(tree: Any) -> Any:
    """Drop the sentences of an answer."""
    if isinstance(tree, dict):
        return {key: bare(value) for key, value in tree.items() if key not in SENTENCES}
    return [bare(value) for value in tree] if isinstance(tree, list | tuple) else tree


def answers(catalog: Library) -> Iterator[tuple[str, Any]]:
    podcast = Catalog().policy("podcast")
    for region in catalog.region_ids[::6]:
        if catalog.region(region).status == "open" and catalog.region(region).zones:
            yield f"score {region}", catalog.score(region).to_dict()
    for region in catalog.region_ids[::12]:
        if catalog.region(region).status == "open" and catalog.region(region).zones:
            wanted = recovery.Requirements(300, max_rtt_ms=20, within="EU")
            with suppress(UsageError):  # of clouds that have no region there
                yield f"dr {region}", recovery.rank(catalog, region, podcast, wanted).to_dict()
    for path in EXAMPLES:
        request = plans.read([str(path)], None, catalog, None)
        yield f"plan {path}", audit(catalog, request.deployment, podcast, request.day).to_dict()


def test_nothing_but_sentences_changes(shipped: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {asked: bare(answer) for asked, answer in answers(shipped)}
    assert silence(monkeypatch) > 40
    changed = [asked for asked, answer in answers(shipped) if bare(answer) != before[asked]]
    assert not changed


def test_sentences_are_asked_of_their_module() -> None:
    """What judges imports modules of words, never functions of them: else the above proves nothing."""
    root = Path(zonerisk.__file__).parent
    for path in [*(root / "judging").glob("*.py"), *(root / "workloads").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (
                isinstance(node, ast.ImportFrom) and str(node.module).startswith("zonerisk.words.")
            ), path


def test_each_promise_names_a_test_that_there_is() -> None:
    """docs/security.md says what is promised of files and answers, and by which tests; SECURITY.md leads there."""
    rows = re.findall(r"(?m)^\| (.+?) \| ([^|]+) \|$", (ROOT / "docs/security.md").read_text("utf-8"))[2:]
    code = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    there = set(re.findall(r"(?m)^def (test_\w+)", code))
    assert len(rows) > 20
    for promise, held_by in rows:
        named = re.findall(r"`([^`]+)`", held_by)
        assert named, promise
        assert set(named) <= there, promise
    assert "(docs/security.md)" in (ROOT / "SECURITY.md").read_text("utf-8")
