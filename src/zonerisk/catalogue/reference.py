"""Reference data beside the records: whose file counts, and the policies among them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from zonerisk.catalogue.document import read
from zonerisk.core.errors import DataError, UnknownTarget
from zonerisk.core.model import simplify
from zonerisk.core.policy import Policy


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
    """Return the files of a table by their names, sorted; a later folder's file replaces an earlier's.

    Records, policies, layers, samples, incidents and feeds are all overlaid in this way.

    Parameters
    ----------
    roots
        Data folders, the shipped one first.
    table
        Folder within each, such as ``policies``.
    pattern
        Which files belong to it; names are paths within the table's folder.
    """
    found: dict[str, Path] = {}
    for root in roots:
        folder = root / table
        found |= {path.relative_to(folder).as_posix(): path for path in folder.glob(pattern)}
    return dict(sorted(found.items()))


def policies(roots: Sequence[Path] = ()) -> dict[str, Path]:
    """Return the policy files that ship by id, overlaid by those of other data folders."""
    found = files((data_root(), *roots), "policies")
    return {path.stem: path for path in found.values()}


def policy(name: str, roots: Sequence[Path] = ()) -> Policy:
    """Read a policy by its id, or a user's own by its file.

    Raises
    ------
    UnknownTarget
        If no policy goes by that id.
    DataError
        If the file is not a valid policy.
    """
    if name.endswith((".yaml", ".yml")) or "/" in name:
        if not Path(name).is_file():
            raise UnknownTarget(f"there is no policy file {name}; see: zonerisk list policies")
        return read_policy(Path(name))
    known, wanted = policies(roots), simplify(name)
    if wanted not in known:
        import difflib

        near = difflib.get_close_matches(wanted, known, n=2, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(known)}"
        raise UnknownTarget(f"no policy is called {name!r}; {hint}")
    return read_policy(known[wanted])


def read_policy(path: Path) -> Policy:
    """Read one policy file."""
    document = read(path, f"data/policies/{path.name}" if path.parent.name == "policies" else None)
    for key in ("id", "sha256"):
        if key in document.tree:
            raise DataError(document.problem((key,), "comes from the file; drop it"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return document.validate(Policy, {"id": path.stem, "sha256": digest})
