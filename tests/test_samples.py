from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zonerisk.catalogue.document import data_root
from zonerisk.catalogue.samples import SampleFile, Samples, table
from zonerisk.core.errors import DataError
from zonerisk.core.geometry import Interval
from zonerisk.core.model import Position, Site
from zonerisk.core.samples import HazardSample, layer_of, widened

HEAD = {
    "layer": "zz",
    "kind": "flood",
    "measure": "area",
    "noun": "zone",
    "grade": "A",
    "basis": "official",
    "complete": True,
    "error_m": 5,
    "list_radius_m": 0,
    "max_uncertainty_m": 5000,
    "boxes": [[7, 48, 8, 49]],
    "quantity": "metres",
    "vintage": "2024",
    "title": "Zones",
    "url": "https://example.org/zones",
    "read": "2026-11",
    "claim": "In or out.",
    "licence": "CC0",
    "attribution": "zz",
    "sampled": "2026-11-23",
    "raw": {},
}
LAYER = layer_of(HEAD)


def at(lat: float = 48.5, lon: float = 7.5, doubt: float = 50) -> Position:
    return Position(lat=lat, lon=lon, uncertainty_m=doubt, method="point", osm="node/1", read="2026")


def site(key: str, position: Position | None) -> Site:
    return Site(id=key, name=key, kind="building", position=position, evidence=("x",))


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    rows = [
        HazardSample(LAYER, "a/1", Interval(-20, -5, 10), "z1", 'the "old, wide" zone', "deep"),
        HazardSample(LAYER, "a/1", Interval(100, None, None)),
        HazardSample(LAYER, "a/10", reason="outside_coverage"),
    ]
    (tmp_path / "layers/samples").mkdir(parents=True)
    (tmp_path / "layers/samples/zz.csv").write_text(table(HEAD, rows, {"a/1": at(), "a/10": at(48.6)}))
    return Samples(tuple((tmp_path / "layers/samples").glob("*.csv")))


def test_a_site_reads_back_what_was_written(samples: Samples) -> None:
    found = samples.of(site("a/1", at()))
    assert [row.interval for row in found] == [Interval(-20, -5, 10), Interval(100, None, None)]
    assert found[0].name == 'the "old, wide" zone'
    assert found[0].inside is None
    assert found[1].inside is False


def test_no_order_of_a_file_hides_a_site(tmp_path: Path, samples: Samples) -> None:
    """A file may be whole, by the hash of its rows, and have its sites in another order."""
    head, columns, first, second, last = samples.paths[0].read_bytes().splitlines()
    rows = b"\n".join((columns, last, first, second, b""))
    tree = {**json.loads(head[1:]), "rows": hashlib.sha256(rows).hexdigest()}
    (tmp_path / "zz.csv").write_bytes(b"#" + json.dumps(tree).encode() + b"\n" + rows)
    turned = SampleFile(tmp_path / "zz.csv")
    for key, position in (("a/1", at()), ("a/10", at(48.6))):
        assert turned.of(key, position) == samples.of(site(key, position))


@pytest.mark.parametrize(
    ("key", "position", "reason"),
    [
        ("a/1", at(48.5001), "not_sampled"),
        ("a/1", at(doubt=60), "not_sampled"),
        ("a/2", at(), "not_sampled"),
        ("a/10", at(48.6), "outside_coverage"),
        ("a/1", at(50), "outside_coverage"),
        ("a/1", at(doubt=6000), "position_too_uncertain"),
        ("a/1", None, "position_too_uncertain"),
    ],
)
def test_no_data_has_its_reason(samples: Samples, key: str, position: Position | None, reason: str) -> None:
    (found,) = samples.of(site(key, position))
    assert found.interval is None
    assert found.reason == reason
    assert found.inside is None


@pytest.mark.parametrize("text", [b"", b"no json\n", b'#{"layer": 1}\n', b"\xff\xfe\n"])
def test_a_damaged_file_is_named(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    with pytest.raises(DataError, match=r"x\.csv: is not a sample file"):
        SampleFile(tmp_path / "x.csv")


def test_a_damaged_line_is_named(tmp_path: Path, samples: Samples) -> None:
    path = samples.files[0].path
    head, rows = path.read_text().split("\n", 1)
    tree = {key: value for key, value in json.loads(head[1:]).items() if key != "rows"}
    path.write_text("#" + json.dumps(tree) + "\n" + rows.replace("-20,-5,10", "-20,x,10"))
    with pytest.raises(DataError, match="a/1"):
        SampleFile(path).of("a/1", at())
    path.write_text(path.read_text().replace("-20,x,10", "-20"))
    with pytest.raises(DataError, match="9 fields"):
        SampleFile(path).of("a/1", at())


@given(st.floats(-5000, 5000), st.floats(1, 3000), st.floats(0, 1000), st.floats(0, 3000))
def test_a_wider_disc_only_widens(distance: float, radius: float, error: float, more: float) -> None:
    narrow = widened(LAYER, radius, distance, error)
    wide = widened(LAYER, radius + more, distance, error)
    assert wide.low <= narrow.low <= distance + 5
    assert narrow.low <= (narrow.best or 0) <= (narrow.high or 0) <= (wide.high or 0)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    shipped = data_root() / "layers" / "samples" / "nuclear.csv"
    head, rows = shipped.read_bytes().split(b"\n", 1)
    tree = json.loads(head[1:])
    bare = {key: value for key, value in tree.items() if key != "rows"}
    for damaged in (
        head + b"\n" + rows[:-200],
        head + b"\n" + rows.replace(b",", b";", 1),
        head + b"\n",
        b"#" + json.dumps(bare).encode() + b"\n" + rows[:-5] + b"\xff\n",
        b"#" + json.dumps({**bare, "boxes": [[1, 2]]}).encode() + b"\n" + rows,
        b"#" + b"[" * 5000 + b"\n" + rows,
    ):
        (tmp_path / "nuclear.csv").write_bytes(damaged)
        with pytest.raises(DataError, match="is not a sample file"):
            SampleFile(tmp_path / "nuclear.csv")


def test_every_shipped_file_tells_the_hash_of_its_rows() -> None:
    for path in (data_root() / "layers" / "samples").glob("*.csv"):
        assert SampleFile(path).head["rows"]
