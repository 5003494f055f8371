from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError
from zonerisk.workloads import terraform
from zonerisk.workloads.deployment import Deployment, Workload

EXAMPLES = Path(__file__).parent.parent / "examples" / "terraform"
DAY = "2026-11-23"


def read(tree: Any, catalog: Catalog) -> Deployment:
    assert terraform.recognise(tree)
    return terraform.read("tf.json", json.dumps(tree, indent=1), tree, catalog, DAY)


def state(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "format_version": "1.0",
        "terraform_version": "1.9.8",
        "values": {"root_module": {"resources": list(resources)}},
    }


def resource(address: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": address.partition(".")[0],
        "values": values,
        **more,
    }


def example(name: str, catalog: Catalog) -> tuple[dict[str, Workload], dict[str, str]]:
    text = (EXAMPLES / f"{name}.json").read_text()
    found = terraform.read(name, text, json.loads(text), catalog, DAY)
    return (
        {each.id: each for each in found.workloads},
        {each.id: each.reason for each in found.unassessed},
    )


def places(workload: Workload) -> list[str]:
    return [place.id.partition("/")[2] or place.id for place in workload.places]


def test_aws(shipped: Catalog) -> None:
    found, skipped = example("aws", shipped)
    # The subnets tie the account's letters to zone ids.
    assert places(found["aws_instance.etcd"]) == ["euw3-az1", "euw3-az2", "euw3-az3"]
    shop = found["aws_db_instance.shop"]
    assert [place.kind for place in shop.places] == ["label", "label"]
    assert shop.quorum == 1
    assert places(found["aws_s3_bucket.backups"]) == ["aws-eu-west-3"]
    assert "aws_iam_role.app" in skipped


def test_google(shipped: Catalog) -> None:
    found, skipped = example("google", shipped)
    assert places(found["google_compute_instance.web"]) == [
        "europe-west9-a",
        "europe-west9-b",
        "europe-west9-c",
    ]
    assert len(found["google_container_node_pool.pool"].places) == 6
    assert "multi-region" in skipped["google_storage_bucket.backups"]


def test_azure(shipped: Catalog) -> None:
    found, _ = example("azure", shipped)
    node = found["azurerm_linux_virtual_machine.node"]
    assert [place.kind for place in node.places] == ["label"] * 3
    assert node.notes == ("Azure zone numbers differ by subscription",)
    assert found["azurerm_postgresql_flexible_server.shop"].quorum == 1
    assert len(found["azurerm_postgresql_flexible_server.shop"].places) == 2


def test_ovh(shipped: Catalog) -> None:
    found, skipped = example("ovh", shipped)
    assert places(found["openstack_compute_instance_v2.web"]) == ["sbg", "sbg"]
    assert places(found["ovh_dedicated_server.db"]) == ["sbg3"]
    assert places(found["ovh_cloud_project_kube_nodepool.pool"]) == [
        "eu-west-par-a",
        "eu-west-par-b",
        "eu-west-par-c",
    ]
    assert "ovh_domain_zone_record.www" in skipped


def test_scaleway(shipped: Catalog) -> None:
    found, _ = example("scaleway", shipped)
    assert places(found["scaleway_instance_server.db"]) == ["fr-par-1", "fr-par-2", "fr-par-3"]
    assert places(found["scaleway_k8s_pool.pool"]) == ["fr-par-1"] * 3


def test_outscale(shipped: Catalog) -> None:
    found, skipped = example("outscale", shipped)
    assert found["outscale_vm.node"].notes == ("Outscale subregion letters differ by account",)
    assert "a backup, but of what" in skipped["outscale_snapshot.data"]


def test_exoscale(shipped: Catalog) -> None:
    found, _ = example("exoscale", shipped)
    assert places(found["exoscale_compute_instance.web"]) == ["ch-gva-2", "ch-dk-2", "de-fra-1"]


def test_hetzner(shipped: Catalog) -> None:
    found, _ = example("hetzner", shipped)
    assert places(found["hcloud_server.web"]) == ["fsn1", "nbg1", "hel1"]
    assert places(found["hcloud_server.db"]) == ["fsn1"] * 3


def test_lines_are_those_of_the_file(shipped: Catalog) -> None:
    text = (EXAMPLES / "aws.json").read_text()
    found, _ = example("aws", shipped)
    line = found["aws_instance.etcd"].source.line
    assert '"address": "aws_instance.etcd[0]"' in text.splitlines()[line - 1]


def test_modules_variables_and_aliases(shipped: Catalog) -> None:
    tree = {
        "format_version": "1.2",
        "variables": {"where": {"value": "eu-west-3"}},
        "planned_values": {
            "root_module": {
                "child_modules": [
                    {
                        "address": "module.a[0]",
                        "resources": [resource("module.a[0].aws_ebs_volume.x", {}, type="aws_ebs_volume")],
                    }
                ]
            }
        },
        "configuration": {
            "provider_config": {
                "aws.west": {
                    "name": "aws",
                    "alias": "west",
                    "expressions": {"region": {"references": ["var.where"]}},
                }
            },
            "root_module": {
                "module_calls": {
                    "a": {
                        "module": {
                            "resources": [{"address": "aws_ebs_volume.x", "provider_config_key": "aws.west"}]
                        }
                    }
                }
            },
        },
    }
    found = read(tree, shipped)
    assert found.workloads[0].places[0].region == "aws-eu-west-3"


def test_a_sensitive_attribute_is_not_read(shipped: Catalog) -> None:
    found = read(
        state(resource("scaleway_instance_server.x", {"zone": "fr-par-1"}, sensitive_values={"zone": True})),
        shipped,
    )
    assert found.workloads == ()
    assert "names no region or zone" in found.unassessed[0].reason


def test_another_endpoint_is_not_aws(shipped: Catalog) -> None:
    tree = {
        "format_version": "1.2",
        "planned_values": {
            "root_module": {"resources": [resource("aws_s3_bucket.x", {"region": "ch-gva-2"})]}
        },
        "configuration": {
            "provider_config": {
                "aws": {
                    "name": "aws",
                    "expressions": {"endpoints": [{"s3": {"constant_value": "https://sos-ch-gva-2.exo.io"}}]},
                }
            },
            "root_module": {"resources": [{"address": "aws_s3_bucket.x", "provider_config_key": "aws"}]},
        },
    }
    found = read(tree, shipped)
    assert "another endpoint" in found.unassessed[0].reason


def test_whose_openstack_it_is(shipped: Catalog) -> None:
    found = read(
        state(
            resource("openstack_compute_instance_v2.a", {"region": "GRA11"}),
            resource("openstack_compute_instance_v2.b", {"region": "RegionOne"}),
        ),
        shipped,
    )
    assert found.workloads[0].places[0].id == "ovh-gra/gra"
    assert "assumed to be OVHcloud's" in found.workloads[0].notes[0]
    assert "whose OpenStack" in found.unassessed[0].reason


def test_a_cluster_in_one_zone(shipped: Catalog) -> None:
    found = read(
        state(
            resource("google_container_cluster.x", {"location": "europe-west9-b"}),
            resource("google_container_cluster.y", {"location": "europe-west9"}),
        ),
        shipped,
    )
    assert [each.places[0].kind for each in found.workloads] == ["zone", "region"]


def test_data_sources_are_no_resources(shipped: Catalog) -> None:
    found = read(state(resource("data.aws_instance.x", {}, mode="data")), shipped)
    assert (found.workloads, found.unassessed) == ((), ())


@pytest.mark.parametrize(
    "tree",
    [
        state(resource("aws_instance.x", {"availability_zone": {"a": 1}})),
        state(resource("aws_instance.x", {"availability_zone": ["eu-west-3a", 5, None]})),
        state({"type": "aws_instance"}),
        state({}),
        state(resource("scaleway_k8s_pool.x", {"zone": "fr-par-1", "size": 10**12})),
        state(resource("scaleway_k8s_pool.x", {"zone": "fr-par-1", "size": "three"})),
        state(resource("azurerm_cosmosdb_account.x", {"geo_location": "francecentral"})),
        {"format_version": "1.0", "values": None},
        {"format_version": "1.0", "values": []},
        {"format_version": "1.0", "terraform_version": 1, "configuration": 7, "variables": []},
        {"format_version": "1.0", "values": {"root_module": {"resources": [1, "x", None, [[]]]}}},
    ],
)
def test_odd_trees_are_read_without_a_traceback(shipped: Catalog, tree: Any) -> None:
    found = read(tree, shipped)
    assert len(found.workloads) + len(found.unassessed) <= 1


@pytest.mark.parametrize("version", ["2.0", "", "x"])
def test_an_unknown_format_is_refused(shipped: Catalog, version: str) -> None:
    with pytest.raises(DataError, match="format_version"):
        read({"format_version": version, "values": {}}, shipped)


def test_none_of_its_copies_is_no_workload(shipped: Catalog) -> None:
    found = read(state(resource("scaleway_k8s_pool.x", {"zone": "fr-par-1", "size": 0})), shipped)
    assert found.workloads == ()
    assert len(found.unassessed) == 1
