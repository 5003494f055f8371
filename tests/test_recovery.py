from __future__ import annotations

from pathlib import Path

from zonerisk.library import Library


def options(folder: Path, target: str = "zz-good") -> dict[str, str]:
    return {each.target: each.outcome for each in Library(folder).score(target).dr}


def test_ranked_by_distance(zz: Library) -> None:
    found = zz.score("zz-good").dr
    assert [each.target for each in found] == ["zz-hidden", "zz-pair", "zz-campus"]
    assert "nearer than 300 km" in found[0].message


def test_another_partition_is_no_recovery(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    path.write_text(path.read_text().replace("country: NO", "country: NO\npartition: gov"))
    assert "zz-pair" not in options(zz_copy)
    assert options(zz_copy, "zz-pair") == {}


def test_few_services_leave_it_open(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    path.write_text(path.read_text().replace("country: NO", "country: NO\nlimited: true"))
    assert options(zz_copy)["zz-pair"] == "unknown"


def test_announced_and_closed_regions_are_none(zz_copy: Path) -> None:
    path = zz_copy / "datacenters/zz/pair.yaml"
    text = path.read_text()
    for status in ("announced", "closed"):
        path.write_text(text.replace("country: NO", f"country: NO\nstatus: {status}"))
        assert "zz-pair" not in options(zz_copy)


def test_undisclosed_buildings_widen_both_ends(zz: Library) -> None:
    span = next(each for each in zz.score("zz-good").dr if each.target == "zz-hidden").distance_m
    assert span.low is not None
    assert span.high is not None
    assert span.best is not None
    assert span.best - span.low > 5_000
    assert span.high - span.best > 20_000
