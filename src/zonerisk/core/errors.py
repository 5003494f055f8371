"""Errors a user can act on: each says what is wrong, where, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self


class ZoneriskError(Exception):
    """Base of every error that zonerisk raises on purpose."""

    exit_code = 2


class UnknownTarget(ZoneriskError, LookupError):
    """No record, policy or layer goes by that name."""


class UsageError(ZoneriskError, ValueError):
    """The call cannot be answered as it was put."""


class FetchError(ZoneriskError):
    """An address gave no answer that can be used; ``status`` is the HTTP status of an error."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


# What brings the packages that only some commands need: the extra, named by its purpose.
EXTRAS = {
    "botocore": "freshness",
    "pyarrow": "parquet",
    "rasterio": "rasters",
    "resvg-py": "png",
    "reverse-geocode": "check",
}


class MissingPackage(UsageError):
    """A package that comes with an extra is not installed."""

    def __init__(self, package: str) -> None:
        here, elsewhere = (f"pip install {name}[{EXTRAS[package]}]'" for name in ("-e '.", "'zonerisk"))
        super().__init__(
            f"this needs {package}, which is not installed; in a checkout: {here}, elsewhere: {elsewhere}"
        )


class FileProblem(str):
    """What is wrong at one place of a file: ``file:line: what``, and its parts as data.

    ``value`` is the text that stands there, if that is what is wrong; line 0 is the whole file.
    """

    file: str
    line: int
    what: str
    value: object

    def __new__(cls, file: str, line: int, what: str, value: object = None) -> Self:
        """Format the problem."""
        problem = super().__new__(cls, f"{file}:{line}: {what}" if line else f"{file}: {what}")
        problem.file, problem.line, problem.what, problem.value = file, line, what, value
        return problem


class DataError(ZoneriskError, ValueError):
    """A file holds something that its format or its meaning forbids.

    The message reads ``file:line: path: what is wrong``, one problem a line.
    """

    exit_code = 3

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def did_you_mean(text: str, names: Iterable[str], most: int = 2, cutoff: float = 0.6) -> str:
    """Return the question after what goes by names that are nearly a text; empty where none does."""
    import difflib

    near = difflib.get_close_matches(text, sorted(names), n=most, cutoff=cutoff)
    return f"did you mean {' or '.join(near)}?" if near else ""


@contextmanager
def reading(source: str, what: str = "holds what cannot be read") -> Iterator[None]:
    """Turn whatever a bad file or answer trips into an error that names where it came from.

    What readers take apart was written by others. They check what they know of; of all else, such
    as a member of another type, a number without end or a ring that is open, this one place tells.
    """
    try:
        yield
    except ZoneriskError:
        raise
    except Exception as error:
        trouble = str(error).partition("\n")[0][:200] or type(error).__name__
        raise DataError(f"{source}: {what}: {trouble}") from error
