"""Errors a user can act on: each says what is wrong, where, and what to do next."""


class ZoneriskError(Exception):
    """Base of every error that zonerisk raises on purpose."""

    exit_code = 2


class UnknownTarget(ZoneriskError, LookupError):
    """No record, policy or layer goes by that name."""


class UsageError(ZoneriskError, ValueError):
    """The call cannot be answered as it was put."""


class FetchError(ZoneriskError):
    """An address gave no answer that can be used; what was there before is untouched."""


# What brings the packages that only some commands need: the extra, named by its purpose.
EXTRAS = {
    "basemap-data": "maps",
    "pyarrow": "parquet",
    "rasterio": "rasters",
    "reverse-geocode": "check",
    "tzdata": "check",
    "tzfpy": "check",
}


class MissingPackage(UsageError):
    """A package that comes with an extra is not installed."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"this needs {package}, which is not installed; in a checkout: "
            f"pip install '.[{EXTRAS[package]}]', elsewhere: pip install 'zonerisk[{EXTRAS[package]}]'"
        )


class DataError(ZoneriskError, ValueError):
    """A file holds something that its format or its meaning forbids.

    The message reads ``file:line: path: what is wrong``, one problem a line.
    """

    exit_code = 3
