from __future__ import annotations

from pathlib import Path

import pytest

from zonerisk.catalogue import document
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError, UsageError
from zonerisk.workloads import plan
from zonerisk.workloads.deployment import Deployment
from zonerisk.workloads.plan import lines_of

DAY = "2026-11-23"


def read(text: str, catalog: Catalog) -> Deployment:
    found = document.parse(text.encode(), "plan.yaml")
    return plan.read_plan(found, found.validate(plan.PlanFile, quote=False), catalog, DAY)


def test_template_is_valid(shipped: Catalog) -> None:
    found = read(plan.template(), shipped)
    assert [each.id for each in found.workloads] == ["shop-db"]


def test_every_commented_line_of_the_template_is_valid_too(shipped: Catalog) -> None:
    """Uncommented, the template is a plan with own sites, feeds and a model."""
    lines = []
    for line in plan.template().splitlines():
        head, mark, rest = line.partition("# ")
        told = rest.split("#")[0]
        is_yaml = (
            mark
            and not head.strip()
            and told.strip()
            and (told.rstrip().endswith((":", "}", "]")) or ": " in told)
            and not told.endswith(".")
        )
        lines.append(
            head + rest
            if is_yaml and "zonerisk plan" not in line and "chance" not in line and "Your own" not in line
            else line
        )
    found = read("\n".join(lines), shipped)
    assert {each.id for each in found.workloads} == {"shop-db", "ledger"}
    assert found.own is not None
    assert found.model is not None


def test_copies_are_dealt_evenly(zz: Catalog) -> None:
    found = read("workloads: {db: {provider: zz, region: good, zones: [a, b, c], replicas: 5}}", zz)
    places = [place.id for place in found.workloads[0].places]
    assert [places.count(f"zz-good/{zone}") for zone in "abc"] == [2, 2, 1]
    assert found.workloads[0].quorum == 3


def test_copies_without_a_zone_may_share_one(zz: Catalog) -> None:
    found = read("workloads: {db: {provider: zz, region: good, replicas: 2}}", zz)
    assert [place.kind for place in found.workloads[0].places] == ["somewhere"] * 2
    assert len({place.id for place in found.workloads[0].places}) == 2


def test_own_sites_and_references_to_other_regions(zz: Catalog) -> None:
    found = read(
        """
workloads:
  ledger:
    sites: [hall]
    zones: [zz-good/a]
    backup: [{site: hall}, {provider: zz, region: pair}]
sites:
  hall: {lat: 59.9, lon: 10.7, uncertainty_m: 20, country: NO}
""",
        zz,
    )
    assert [place.id for place in found.workloads[0].places] == ["zz-good/a", "own/hall"]
    assert [place.id for place in found.workloads[0].backup or ()] == ["own/hall", "zz-pair"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "workloads: {db: {provider: zz, region: nowhere}}",
            "workloads.db.region: zz has no region",
        ),
        (
            "workloads: {db: {provider: zz, region: good, zones: [z]}}",
            "workloads.db.zones.0: zz-good sells no zone z",
        ),
        ("workloads: {db: {provider: acme, region: good}}", "no provider acme"),
        ("workloads: {db: {sites: [hall]}}", "workloads.db.sites.0: is none of sites"),
        ("workloads: {db: {region: good}}", "needs the workload's provider"),
        ("workloads: {db: {provider: zz, region: good, zones: [a], quorum: 2}}", "more than its 1"),
        ("workloads: {db: {provider: zz}}", "needs a region, zones or sites"),
        ("workloads: {}", "workloads"),
        ("workloads: {db: {zones: [atlantis/a]}}", "not in the catalogue"),
        (
            "sites: {hall: {lat: 1, lon: 1, uncertainty_m: 1, campus: c}}\nworkloads: {db: {sites: [hall]}}",
            "its campus is not under campuses",
        ),
        ("model: {unavailability: 2}\nworkloads: {db: {provider: zz, region: good}}", "model"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(zz: Catalog, text: str, said: str) -> None:
    with pytest.raises((DataError, UsageError)) as error:
        read(text, zz)
    assert said in str(error.value)
    assert str(error.value).startswith("plan.yaml:")


def test_messages_quote_no_value(zz: Catalog) -> None:
    with pytest.raises(DataError) as error:
        read("workloads: {db: {provider: zz, region: good, token: hunter2, replicas: hunter2}}", zz)
    assert "hunter2" not in str(error.value)
    assert "workloads.db.token" in str(error.value)


class TestFiles:
    def write(self, path: Path, content: str | bytes) -> str:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("[" * 100_000, "nests too deep"),
            ('{"a":' * 100_000, "nests too deep"),
            ('{"secret": hunter2}', "is not JSON"),
            ('{"a": "\xe9"}'.encode("latin-1"), "is not UTF-8"),
            ('{"a": ' + "9" * 5000 + "}", "too long"),
            ('{"hello": 1}', "neither the output of terraform show -json nor"),
            ("[1, 2]", "neither"),
            ("a: &x 1\nb: *x\n", "alias"),
            ("\x00", "YAML"),
            ("", "is empty"),
        ],
    )
    def test_hostile_files_are_refused(
        self, tmp_path: Path, zz: Catalog, content: str | bytes, said: str
    ) -> None:
        name = self.write(tmp_path / "hostile", content)
        with pytest.raises(DataError) as error:
            plan.read([name], None, zz, None)
        assert said in str(error.value)
        assert "hunter2" not in str(error.value)

    def test_a_file_that_is_too_large(self, tmp_path: Path, zz: Catalog) -> None:
        path = tmp_path / "large.json"
        with path.open("wb") as file:
            file.write(b'{"format_version": "1.0", "values": "')
            file.truncate(100_000_000)
        with pytest.raises(DataError, match="at most 64000000"):
            plan.read([str(path)], None, zz, None)

    def test_standard_input_that_is_too_large(self, zz: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(plan, "MAX_BYTES", 10)
        with pytest.raises(DataError, match="over"):
            plan.read(["-"], b'{"a": "long"}', zz, None)

    def test_powershell_writes_utf_16(self, tmp_path: Path, zz: Catalog) -> None:
        text = '{"format_version": "1.0", "values": {"root_module": {}}}'
        name = self.write(tmp_path / "state.json", text.encode("utf-16"))
        assert plan.read([name], None, zz, None).deployment.workloads == ()

    def test_two_plans_are_one_too_many(self, tmp_path: Path, zz: Catalog) -> None:
        text = "workloads: {db: {provider: zz, region: good}}"
        names = [self.write(tmp_path / f"{index}.yaml", text) for index in (1, 2)]
        with pytest.raises(UsageError, match="both plan files"):
            plan.read(names, None, zz, None)

    def test_a_missing_file(self, tmp_path: Path, zz: Catalog) -> None:
        with pytest.raises(UsageError, match="cannot be read"):
            plan.read([str(tmp_path / "nothing.yaml")], None, zz, None)

    def test_the_day_of_the_plan_and_of_the_call(self, tmp_path: Path, zz: Catalog) -> None:
        name = self.write(
            tmp_path / "p.yaml",
            "as_of: 2024-02\npolicy: bsi\nworkloads: {db: {provider: zz, region: good}}",
        )
        asked = plan.read([name], None, zz, None)
        assert (asked.day, asked.policy) == ("2024-02-29", "bsi")
        assert plan.read([name], None, zz, "2025-01-01").day == "2025-01-01"


def test_the_first_line_of_a_value() -> None:
    text = '{\n "address": "a.b[\\"x\\"]",\n "x": {"address" : "c.d"},\n "address": "c.d"\n}'
    lines = lines_of(text, "address")
    assert [lines.get(each, 1) for each in ('a.b["x"]', "c.d", "nothing")] == [2, 3, 1]


def test_one_line_and_broken_text() -> None:
    assert lines_of('{"name": "x"}', "name").get("x", 1) == 1
    assert lines_of('"name": "\\q"', "name").get("q", 1) == 1


def sites(rows: str, zz: Catalog) -> Deployment:
    return read(f"workloads: {{db: {{sites: [a]}}}}\nsites:\n  a: {rows}\n", zz)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("{lat: 40.4259, lon: 3.4209, uncertainty_m: 50, country: ES}", "a sign looks wrong"),
        ("{lat: 2.35, lon: 48.85, uncertainty_m: 50, country: FR}", "latitude and longitude look exchanged"),
        ("{lat: 33.87, lon: 151.2, uncertainty_m: 50, country: AU}", "-33.87, 151.2 is; correct it"),
        ("{lat: 52.52, lon: 13.4, uncertainty_m: 50, country: FR}", "lies in DE, not in FR"),
        ("{lat: 48.58, lon: 3.0, uncertainty_m: 50, country: BR}", "lies in FR, not in BR"),
    ],
)
def test_own_sites_are_held_against_their_country(zz: Catalog, rows: str, said: str) -> None:
    with pytest.raises(DataError, match=r"plan.yaml:3: sites\.a: ") as caught:
        sites(rows, zz)
    assert said in str(caught.value)


def test_a_site_at_the_border_keeps_its_country(zz: Catalog) -> None:
    # Kehl lies across the Rhine from Strasbourg.
    assert sites("{lat: 48.5730, lon: 7.8020, uncertainty_m: 900, country: FR}", zz).workloads[0].notes == ()


def test_without_a_country_it_is_told_where_a_site_lies(zz: Catalog) -> None:
    (note,) = sites("{lat: 48.58, lon: 7.75, uncertainty_m: 50}", zz).workloads[0].notes
    assert "lies in FR" in note
    (note,) = sites("{lat: 40.4259, lon: 3.4209, uncertainty_m: 50}", zz).workloads[0].notes
    assert "lies in no country, at sea" in note
