from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

import records
from conftest import ROOT
from zonerisk.catalogue.catalog import Catalog
from zonerisk.catalogue.document import data_root
from zonerisk.core.errors import DataError, UnknownTarget
from zonerisk.library import Library
from zonerisk.workloads import kubernetes, terraform
from zonerisk.workloads.deployment import Placement

DAY = "2026-11-23"
REGION = """\
name: Gullhaven
country: NO
zones:
  gull-1-x: {evidence: [zone-list]}
  gull-1-y: {evidence: [zone-list]}
  gull-1-z: {evidence: [zone-list]}
"""
DIALECT = """\
name: Gullcloud
aliases: [gc, gull-cloud]
regions:
  ending: "-old"
  aliases: {harbour: gull-1}
  multi: EVERYWHERE
zones:
  suffix: "-[xyz]"
kubernetes:
  provider_ids: ["gull://*/{zone}/"]
  zone_labels: [gull.example/zone]
terraform:
  endpoint: gull.example
  types:
    gull_machine: {zones: [berth], source: "https://gull.example/machine"}
    gull_flock: {zones: [berths], copies: [birds], source: "https://gull.example/flock"}
    gull_nest:
      regions: [harbour]
      source: https://gull.example/nest
      variants: [{when: {twin: "true"}, copies: [2], apart: 2, needed: one}]
    gull_sea: {regions: [harbour], spread: [0], source: "https://gull.example/sea"}
"""


def overlay(root: Path, dialect: str = DIALECT) -> Path:
    """Write a folder that adds a provider by data alone."""
    home = root / "datacenters" / "gull"
    home.mkdir(parents=True)
    (home / "provider.yaml").write_text(records.PROVIDER)
    (home / "gull-1.yaml").write_text(REGION)
    (home / "dialect.yaml").write_text(dialect)
    return root


@pytest.fixture
def gull(tmp_path: Path) -> Library:
    return Library(data_root(), overlay(tmp_path))


def resource(type_: str, name: str, **values: object) -> dict[str, object]:
    return {"address": f"{type_}.{name}", "mode": "managed", "type": type_, "values": values}


def test_a_provider_added_by_data_alone_has_its_terraform_plan_read(gull: Library) -> None:
    tree = {
        "format_version": "1.0",
        "values": {
            "root_module": {
                "resources": [
                    resource("gull_machine", "a", berth="gull-1-y"),
                    resource("gull_flock", "b", berths=["gull-1-x", "gull-1-z"], birds=3),
                    resource("gull_nest", "c", harbour="harbour", twin=True),
                    resource("gull_sea", "d", harbour="GULL-1-OLD"),
                    resource("gull_sea", "e", harbour="everywhere"),
                ]
            }
        },
    }
    found = terraform.read("t.json", json.dumps(tree), tree, gull, DAY)
    assert {each.id: [place.id for place in each.places] for each in found.workloads} == {
        "gull_machine.a": ["gull-gull-1/gull-1-y"],
        "gull_flock.b": ["gull-gull-1/gull-1-x", "gull-gull-1/gull-1-z", "gull-gull-1/gull-1-x"],
        "gull_nest.c": ["gull-gull-1/unnamed-zone-1", "gull-gull-1/unnamed-zone-2"],
        "gull_sea.d": ["gull-gull-1"],
    }
    assert [each.reason for each in found.unassessed] == [
        "Gullcloud's multi-region EVERYWHERE: which regions hold it is not told"
    ]


def test_a_provider_added_by_data_alone_has_its_nodes_read(gull: Library) -> None:
    nodes = [
        {"kind": "Node", "metadata": {"name": "a"}, "spec": {"providerID": "gull://p/gull-1-x/7"}},
        {
            "kind": "Node",
            "metadata": {"name": "b", "labels": {"gull.example/zone": "gull-1-y"}},
            "spec": {"providerID": "gull://8"},
        },
    ]
    tree = {"apiVersion": "v1", "kind": "List", "items": nodes}
    found = kubernetes.read([("k.json", {}, tree)], gull, DAY)
    assert [place.id for place in found.workloads[0].places] == [
        "gull-gull-1/gull-1-x",
        "gull-gull-1/gull-1-y",
    ]
    assert found.unassessed == ()


def test_a_dialect_is_no_region(gull: Library) -> None:
    assert gull.regions_of("gull") == ("gull-gull-1",)
    assert Placement(gull, DAY).provider("Gull Cloud") == "gull"


@pytest.mark.parametrize(
    ("text", "regions"),
    [
        ("gc", ("gull-gull-1",)),
        ("gull cloud gull-1", ("gull-gull-1",)),
        ("gcp-europe-west9", ("google-europe-west9",)),
    ],
)
def test_other_names_of_a_provider_are_found(gull: Library, text: str, regions: tuple[str, ...]) -> None:
    assert gull.resolve(text) == regions


def test_other_names_find_no_other_regions(gull: Library) -> None:
    with pytest.raises(UnknownTarget, match="no region, provider or place is called 'gc-mars'"):
        gull.resolve("gc-mars")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('suffix: "-[xyz]"', 'suffix: "-[xyz"', "8: zones.suffix: "),
        ("ending:", "endings:", "4: regions.endings: unknown key"),
        ("apart: 2", "apart: many", "20: terraform.types.gull_nest.variants.0.apart: "),
        ("zones: [berth]", "zones: [a..b]", "15: terraform.types.gull_machine.zones.0: "),
        (', source: "https://gull.example/sea"', "", "21: terraform.types.gull_sea.source: "),
        ("gull.example/zone", '"two words"', "11: kubernetes.zone_labels.0: "),
        ("aliases: [gc, gull-cloud]", "aliases: TODO", "2: aliases: "),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = overlay(tmp_path, DIALECT.replace(old, new)) / "datacenters/gull/dialect.yaml"
    with pytest.raises(DataError) as error:
        _ = Catalog(data_root(), tmp_path).dialects
    assert str(error.value).startswith(f"{path}:{problem}")


def test_dialects_are_checked_with_the_records(tmp_path: Path) -> None:
    records.write(tmp_path, uu=records.REGION)
    path = tmp_path / "datacenters/tt/dialect.yaml"
    path.write_text("name: TT\nshade: blue\n")
    assert [
        (problem.rule, problem.line) for problem in records.problems(tmp_path) if problem.file == str(path)
    ] == [
        ("modeline", 1),
        ("format", 2),
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[gc, gull-cloud]", "[gc, ovh]", "2: aliases.1: ovh names gull and ovh; keep it with one of them"),
        (
            "[gc, gull-cloud]",
            "[gc, gcp]",
            "2: aliases.1: gcp names google and gull; keep it with one of them",
        ),
        (
            "harbour: gull-1}",
            "harbour: gull-2}",
            "5: regions.aliases.harbour: no region is called gull-gull-2",
        ),
        ("gull_machine", "hcloud_server", "15: terraform.types.hcloud_server: hetzner has this type too"),
    ],
)
def test_what_two_providers_cannot_both_have_is_refused(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = overlay(tmp_path, DIALECT.replace(old, new)) / "datacenters/gull/dialect.yaml"
    texts = [str(each) for each in records.problems(path) if each.rule == "dialect"]
    assert len(texts) == 1
    assert texts[0].startswith(f"{path}:{problem}")


def test_a_dialect_needs_its_provider(tmp_path: Path) -> None:
    (overlay(tmp_path) / "datacenters/gull/provider.yaml").unlink()
    with pytest.raises(DataError, match=r"provider\.yaml is missing"):
        _ = Catalog(data_root(), tmp_path).dialects


def test_openstack_is_told_by_the_host_or_the_region(shipped: Library) -> None:
    placement = Placement(shipped, DAY)
    assert placement.openstack("dc3-a") == "infomaniak"
    assert placement.openstack("GRA11") == "ovh"
    assert placement.openstack("RegionOne") is None


def test_no_region_goes_by_one_name_in_two_openstacks(shipped: Library) -> None:
    codes = [
        {region.removeprefix(f"{key}-") for region in shipped.regions_of(key)}
        for key, dialect in shipped.dialects.items()
        if dialect.openstack
    ]
    assert len(codes) == 2
    assert not set.intersection(*codes)


def test_every_shipped_row_says_when_its_source_was_opened(shipped: Library) -> None:
    rows: dict[str, tuple[object, object]] = {
        f"controllers.yaml {at}": (row.sources, row.checked)
        for at, row in enumerate(kubernetes.controllers())
    }
    for key, dialect in shipped.dialects.items():
        speech = dialect.kubernetes
        if speech.provider_ids:
            # What was not opened may have no address at all.
            rows[f"{key} kubernetes"] = (speech.sources or speech.checked == "not opened", speech.checked)
        for type_, row in dialect.terraform.types.items():
            rows[f"{key} {type_}"] = (row.source, row.checked)
            for at, variant in enumerate(row.variants):
                rows[f"{key} {type_}.variants.{at}"] = (variant.source, variant.checked)
    assert len(rows) > 250
    assert [name for name, told in rows.items() if not all(told)] == []


def test_no_condition_names_a_provider(shipped: Library) -> None:
    """What is peculiar to a provider is data beside its record: no code asks for one by its id or alias."""
    names = {*shipped.provider_ids, *(name for each in shipped.dialects.values() for name in each.aliases)}
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            asked: list[ast.AST] = []
            if isinstance(node, ast.Compare | ast.Match | ast.Subscript):
                asked = [node]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                tests = ("startswith", "endswith", "get", "removeprefix")
                asked = [*node.args] if node.func.attr in tests else []
            constants = (part for each in asked for part in ast.walk(each) if isinstance(part, ast.Constant))
            assert names.isdisjoint(str(part.value) for part in constants), f"{path}: {ast.unparse(node)}"
