"""Documents: files of the data folders as text, each scalar with its line, and what they refer to."""

from __future__ import annotations

import errno
import fnmatch
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.events import AliasEvent, MappingEndEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent

from zonerisk.core.errors import DataError, FileProblem, UsageError
from zonerisk.core.model import EXAMPLES, Evidence

Tree = dict[str, "Tree"] | list["Tree"] | str | None
Path_ = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

MAX_BYTES = 5_000_000
MAX_DEPTH = 40
# Plain (unquoted) spellings that mean "nothing here"; quoted ones stay text.
_NULLS = {"", "~", "null"}


@dataclass(frozen=True)
class Document:
    """One YAML file as text, and the line of each of its nodes.

    ``name`` is how messages call the file, ``raw`` its bytes; in ``tree``, an empty or ``null`` plain
    scalar is None; ``lines`` counts from 1, by the path of keys and indices.
    """

    name: str
    tree: dict[str, Tree]
    lines: dict[Path_, int]
    raw: bytes

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of a path, or of its nearest ancestor that is written down."""
        for end in range(len(path), -1, -1):
            if line := self.lines.get(tuple(path[:end])):
                return line
        return 1

    def problem(self, path: Sequence[str | int], what: str, value: object = None) -> FileProblem:
        """Format one problem as ``file:line: path: what``."""
        where = ".".join(str(step) for step in path) or "(top level)"
        return FileProblem(self.name, self.line(path), f"{where}: {what}", value)

    def validate(self, model: type[Model], fields: Mapping[str, str] = {}, quote: bool = True) -> Model:
        """Type the text by a pydantic model that refuses unknown keys, or raise every problem of the file.

        ``fields`` are values that the file's place or its bytes tell, so that its text must not (its id).
        Without ``quote``, messages repeat no value: for files that may hold secrets.
        """
        if key := next((key for key in fields if key in self.tree), None):
            raise DataError(self.problem((key,), "comes from the file's path or bytes; drop it"))
        try:
            return model.model_validate({**self.tree, **fields})
        except ValidationError as error:
            flaws = error.errors(include_url=False)
        problems = []
        for flaw in flaws:
            path: Path_ = ()  # Where the file has it: not all of pydantic's steps are steps in a file.
            for step in flaw["loc"]:
                path = (*path, step) if (*path, step) in self.lines else path
            if path[-1:] != flaw["loc"][-1:]:
                path = (*path, *flaw["loc"][-1:])
            what, value = said(flaw), flaw["input"]
            got = f" (got {value[:60]!r})" if quote and isinstance(value, str) else ""
            problems.append(self.problem(path, what + got, value))
        raise DataError(*dict.fromkeys(problems))


_SAY = {
    "extra_forbidden": "unknown key; look for a typing error, or see data/schema",
    "missing": "is required",
    "string_type": "must be text",
    "finite_number": "must be a finite number",
    **dict.fromkeys(("dict_type", "model_type"), "must be a mapping of keys to values"),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    **dict.fromkeys(("float_parsing", "float_type"), "must be a number"),
    **dict.fromkeys(("bool_parsing", "bool_type"), "must be true or false"),
}


def said(flaw: Mapping[str, Any]) -> str:
    """Return what a model found wrong with a value."""
    if example := EXAMPLES.get(flaw.get("ctx", {}).get("pattern", "")):
        return f"must be written like {example}"
    what: str = flaw["msg"].removeprefix("Value error, ")
    return _SAY.get(flaw["type"], what[:1].lower() + what[1:])


# Where the package lies does not change while it runs.
@cache
def data_root() -> Path:
    """Find the shipped ``data`` folder: in the wheel, else in the checkout."""
    package = Path(__file__).resolve().parents[1]
    for place in (package / "data", package.parents[1] / "data"):
        if (place / "datacenters").is_dir():
            return place
    raise DataError("the shipped catalogue is missing; reinstall zonerisk")


def files(roots: Sequence[Path], table: str, pattern: str = "*.yaml") -> dict[str, Path]:
    """Return the files of a table by their paths in it, sorted; a later folder's replace an earlier's."""
    known = {key: path for root in roots for key, path in held(root / table, pattern).items()}
    return dict(sorted(known.items()))


def held(folder: Path, pattern: str) -> dict[str, Path]:
    """Return what a folder holds by a pattern, by its path in it; a folder that is shut is no empty one."""
    name, _, rest = pattern.partition("/")
    try:
        inside = {path.name: path for path in folder.iterdir()}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise DataError(FileProblem(str(folder), 0, f"cannot be read: {error.strerror}")) from None
    entries = {key: inside[key] for key in sorted(fnmatch.filter(inside, name))}
    if not rest:
        return entries
    return {f"{part}/{key}": path for part in entries for key, path in held(entries[part], rest).items()}


def content(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Read a file whole: one that is larger is refused, and a device or a pipe, which may have no end."""
    data, state = b"", path.stat()
    if not stat.S_ISREG(state.st_mode):
        reason = "is a directory" if stat.S_ISDIR(state.st_mode) else "is a device or a pipe, no file"
        raise OSError(errno.EINVAL, reason, str(path))
    try:
        if state.st_size <= max_bytes:
            with path.open("rb") as file:
                # It may grow meanwhile, or be one of the system's, which tell no size and may have no end.
                data = file.read(max_bytes + 1)
    except OSError as error:  # What fails while it is read names no file of itself.
        raise OSError(error.errno, error.strerror, str(path)) from None
    if max(state.st_size, len(data)) > max_bytes:
        raise DataError(FileProblem(str(path), 0, f"is too large: at most {max_bytes} bytes are read"))
    return data


def given(name: str, max_bytes: int, hint: str = "") -> bytes:
    """Read a file that a user names: where it cannot be read, the call is wrong, and no data are."""
    try:
        return content(Path(name), max_bytes)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror or error}{hint}") from None


def named(path: Path) -> str:
    """Return what messages call a file: a shipped one from ``data``, others as given."""
    root = f"{data_root()}{os.sep}"
    place = str(path) if str(path).startswith(root) else os.path.realpath(path)
    inside = place.removeprefix(root).replace(os.sep, "/")
    return f"data/{inside}" if place.startswith(root) else str(path)


def read(path: Path) -> Document:
    """Read one YAML file of at most 5 MB as text, without aliases, tags, duplicate keys or deep nesting."""
    name = named(path)
    try:
        return parse(content(path), name)
    except OSError as error:
        raise DataError(FileProblem(name, 0, f"cannot be read: {error.strerror or error}")) from None


def parse(raw: bytes, name: str, most: int = MAX_BYTES) -> Document:
    """Read YAML bytes as text; see :func:`read`."""
    if len(raw) > most:
        raise DataError(FileProblem(name, 0, f"{len(raw)} bytes; it must stay under {most}"))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return Document(name, *_built(iter(loader(raw.decode("utf-8")).get_event, None), name), raw)
    except DataError:
        raise
    except UnicodeDecodeError as error:
        what = f"is not UTF-8 (byte {error.start}); save it as UTF-8"
        raise DataError(FileProblem(name, 0, what)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"is not YAML: {error.problem or error.context}"
        raise DataError(FileProblem(name, mark.line + 1 if mark else 1, what)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise DataError(FileProblem(name, 0, f"is not YAML: {str(error).splitlines()[0]}")) from None


def _built(events: Iterator[Any], name: str) -> tuple[dict[str, Tree], dict[Path_, int]]:
    """Build the tree from the parser's events, in one pass and without typing anything."""
    lines: dict[Path_, int] = {}

    def line(event: Any) -> int:
        return int(event.start_mark.line) + 1

    def refuse(event: Any, what: str) -> NoReturn:
        raise DataError(FileProblem(name, line(event), what))

    def node(event: Any, path: Path_) -> Tree:
        kind = type(event)
        if kind is AliasEvent:
            refuse(event, f"alias *{event.anchor}: write the value out")
        if event.tag is not None:
            refuse(event, f"tag {event.tag} is not used here; write plain values")
        if kind is ScalarEvent:
            return None if not event.style and event.value.lower() in _NULLS else str(event.value)
        if len(path) >= MAX_DEPTH:
            refuse(event, f"nests deeper than {MAX_DEPTH} levels")
        if kind is SequenceStartEvent:
            items: list[Tree] = []
            while type(event := next(events)) is not SequenceEndEvent:
                here = (*path, len(items))
                lines[here] = line(event)
                items.append(node(event, here))
            return items
        rows: dict[str, Tree] = {}
        while type(key := next(events)) is not MappingEndEvent:
            if type(key) is not ScalarEvent:
                refuse(key, "a key must be plain text")
            here = (*path, key.value)
            if key.value in rows:
                refuse(key, f"{'.'.join(map(str, here))}: this key stands twice; keep one")
            lines[here] = line(key)
            rows[key.value] = node(next(events), here)
        return rows

    trees: list[Tree] = []
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent) and trees:
            refuse(event, "holds a second document; keep one")
        elif isinstance(event, yaml.NodeEvent):
            lines.setdefault((), line(event))
            trees.append(node(event, ()))
    tree = next((tree for tree in trees if tree is not None), {})
    if not isinstance(tree, dict):
        raise DataError(FileProblem(name, 1, "(top level): must be a mapping of keys to values"))
    return tree, lines


def _rows(tree: dict[str, Tree], table: str) -> dict[str, Tree]:
    """Return a table of a record; no row where it is malformed."""
    rows = tree.get(table)
    return rows if isinstance(rows, dict) else {}


def canonical(tree: dict[str, Tree], region_id: str) -> dict[str, Tree]:
    """Write ids into records and full ids into references; leave what is malformed alone."""

    def full(reference: Tree) -> Tree:
        if isinstance(reference, list):
            return [*map(full, reference)]
        bare = isinstance(reference, str) and "/" not in reference
        return f"{region_id}/{reference}" if bare else reference

    def referring(row: dict[str, Tree]) -> dict[str, Tree]:
        return row | {name: full(row[name]) for name in ("sites", "upstream", "campus") if name in row}

    result = dict(tree)
    for table in ("zones", "sites", "campuses", "feeds", "hazards"):
        if rows := dict(_rows(tree, table)):
            for key, row in rows.items():
                if isinstance(row, dict | None):
                    id_: Tree = ["comes from the key"] if row and "id" in row else f"{region_id}/{key}"
                    rows[key] = {**referring(row or {}), "id": id_}
            result[table] = rows
    if candidates := _rows(tree, "candidates"):
        result["candidates"] = referring(candidates)
    return result


def leaves(tree: Tree, path: Path_ = ()) -> list[tuple[Path_, str]]:
    """Return every text of a mapping or a list, with the path of keys that leads there."""
    texts = []
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree or ()):
        if isinstance(value, str):
            texts.append(((*path, key), value))
        elif value:
            texts += leaves(value, (*path, key))
    return texts


def cites(path: Path_) -> bool:
    """Return whether a path leads to a key of evidence that is cited."""
    return path[-2:-1] == ("evidence",) and isinstance(path[-1], int)


def dangling(document: Document, evidence: Mapping[str, Evidence], region_id: str) -> Iterator[str]:
    """Find every reference to evidence, to a site of this file or to a campus of it, that is not there."""
    tables = {"evidence": evidence, "sites": _rows(document.tree, "sites")}
    tables["campuses"] = _rows(document.tree, "campuses")
    for path, text in leaves(document.tree):
        name, table = text, ""
        if cites(path):
            table = "evidence"
        elif path[-2:-1] == ("sites",) and path[0] in ("zones", "feeds", "hazards", "candidates"):
            name, table = text.removeprefix(f"{region_id}/"), "sites"
        elif path[::2] == ("sites", "campus"):
            table = "campuses"
        if table and "/" not in name and name not in tables[table]:
            yield document.problem(path, f"{text!r} is not under {table}; add it there")
