"""``zonerisk rtt``: hold measured round trips against what is claimed and recorded."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zonerisk.cli.output import Output, write
from zonerisk.cli.score import AsOf, Catalogues


class Format(StrEnum):
    """How to write it."""

    text = "text"
    csv = "csv"


def rtt(
    target: Annotated[str, typer.Argument(help="A region, such as ibm-ca-mon.")],
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="Round trips: CSV a,b,rtt_ms; cloudping, IBM, Azure shapes."),
    ],
    floor_ms: Annotated[
        float, typer.Option("--floor-ms", min=0, max=10, help="Round trip inside one zone, ms.")
    ] = 0.08,
    format_: Annotated[Format, typer.Option("--format")] = Format.text,
    output: Output = None,
    as_of: AsOf = None,
    catalogue: Catalogues = None,
) -> None:
    """Tell which claimed or recorded distances measured round trips refute.

    A round trip bounds the fibre from above: it can refute a distance, never prove one.
    Example: zonerisk rtt scaleway-fr-par pings.csv
    """
    from zonerisk import load
    from zonerisk.core.errors import UnknownTarget, UsageError
    from zonerisk.judging.score import last_day
    from zonerisk.workloads.refutation import judge
    from zonerisk.workloads.round_trips import MAX_BYTES, read

    catalog = load(*(catalogue or ()))
    found = catalog.resolve(target)
    if len(found) != 1:
        raise UnknownTarget(f"{target!r} is a provider; name one of {', '.join(found)}")
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror or error}") from None
    day = last_day(as_of or catalog.edition.date)
    judged = judge(catalog.scope(found[0]), read(data, str(file)), day, floor_ms)
    if format_ is Format.csv:
        import csv
        import io

        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("a", "b", "rtt_ms", "fibre_km_max", "fibre_km_likely_max", "one_campus", "refutes"))
        writer.writerows(
            (
                one.bound.trip.a,
                one.bound.trip.b,
                f"{one.bound.trip.ms:g}",
                f"{one.bound.fibre_km:.1f}",
                f"{one.bound.likely_km:.1f}",
                "yes" if one.bound.campus else "no",
                "; ".join(one.refuted),
            )
            for one in judged
        )
        write(text.getvalue(), output)
        return
    refuted = sum(bool(one.refuted) for one in judged)
    campus = sum(one.bound.campus for one in judged)
    lines = [one.message for one in judged]
    pairs = f"{len(judged)} pair{'' if len(judged) == 1 else 's'}"
    lines.append(
        f"{pairs}: {campus} almost certainly one campus, {refuted} refute something; "
        "the rest allows what is claimed and proves nothing"
    )
    write("\n".join(lines) + "\n", output)
