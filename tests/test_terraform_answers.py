"""What is right of public Terraform files that were judged wrong; all inputs are invented."""

from __future__ import annotations

import json
from typing import Any

import pytest

from test_terraform import DAY, read, resource, state
from zonerisk.catalogue.catalog import Catalog
from zonerisk.core.errors import DataError
from zonerisk.core.verdict import Audit, Judged
from zonerisk.workloads import plan, terraform
from zonerisk.workloads.audit import audit


def judge(tree: Any, catalog: Catalog) -> Audit:
    return audit(catalog, read(tree, catalog), catalog.policy("podcast"), DAY)


def judged(tree: Any, catalog: Catalog) -> dict[str, Judged]:
    return {each.id: each for each in judge(tree, catalog).workloads}


def told(one: Judged) -> tuple[int, int, str, str]:
    """Copies, copies needed, and what quorum and survives come to."""
    outcomes = {each.rule: each.outcome for each in one.findings}
    return one.copies, one.quorum, outcomes["quorum"], outcomes["survives"]


def places(one: Judged) -> list[str]:
    return [each.place.partition("/")[2] or each.place for each in one.places for _ in range(each.copies)]


def planned(
    *resources: dict[str, Any],
    providers: dict[str, dict[str, str]] | None = None,
    expressions: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a plan whose resources all have the first provider."""
    providers = providers or {"aws": {"region": "eu-west-1"}}
    configured = [
        {
            "address": each["address"].partition("[")[0],
            "provider_config_key": next(iter(providers)),
            "expressions": (expressions or {}).get(each["address"].partition("[")[0], {}),
        }
        for each in resources
    ]
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": list(resources)}},
        "configuration": {
            "provider_config": {
                key: {"expressions": {name: {"constant_value": value} for name, value in block.items()}}
                for key, block in providers.items()
            },
            "root_module": {"resources": configured, **more},
        },
    }


def test_zones_that_may_be_used_are_no_copies(shipped: Catalog) -> None:
    zones = {"availability_zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}
    found = judged(
        planned(
            resource("aws_autoscaling_group.default", {**zones, "min_size": 1, "max_size": 6}),
            resource("aws_autoscaling_group.bounded", {**zones, "max_size": 6}),
            resource("aws_autoscaling_group.six", {**zones, "desired_capacity": 6}),
            resource("aws_autoscaling_group.two", {**zones, "desired_capacity": 2}),
        ),
        shipped,
    )
    # AWS: without a desired capacity, it is the minimum size.
    assert told(found["aws_autoscaling_group.default"]) == (1, 1, "fail", "fail")
    bounded = found["aws_autoscaling_group.bounded"]
    assert told(bounded) == (1, 1, "unknown", "unknown")
    assert bounded.copies_at_most == 6
    assert told(found["aws_autoscaling_group.six"])[:3] == (6, 4, "pass")
    two = found["aws_autoscaling_group.two"]
    assert places(two) == ["unnamed-zone-1", "unnamed-zone-2"]


def test_a_number_without_a_bound_passes_and_fails_nothing(shipped: Catalog) -> None:
    found = judged(
        state(
            resource(
                "azurerm_linux_virtual_machine_scale_set.x",
                {"location": "westeurope", "zones": ["1", "2", "3"]},
            )
        ),
        shipped,
    )["azurerm_linux_virtual_machine_scale_set.x"]
    assert told(found) == (1, 1, "unknown", "unknown")
    assert found.copies_at_most is None


def test_a_module_s_provider_is_its_own_or_not_told(shipped: Catalog) -> None:
    def tree(providers: dict[str, dict[str, str]], key: str) -> dict[str, Any]:
        inner = {"address": "aws_ebs_volume.x", "provider_config_key": key, "expressions": {}}
        made = planned(providers=providers, module_calls={"dr": {"module": {"resources": [inner]}}})
        made["planned_values"]["root_module"]["child_modules"] = [
            {
                "address": "module.dr",
                "resources": [resource("module.dr.aws_ebs_volume.x", {}, type="aws_ebs_volume")],
            }
        ]
        return made

    root = {"aws": {"region": "eu-west-1"}}
    dr = {"region": "eu-central-1"}
    for providers, key, region in (
        ({**root, "module.dr:aws": dr}, "dr:aws", "aws-eu-central-1"),
        ({**root, "module.dr:aws": dr}, "module.dr:aws", "aws-eu-central-1"),
        ({**root, "module.dr:aws": {}}, "module.dr:aws", "aws-eu-west-1"),
        (root, "dr:aws", "aws-eu-west-1"),
        ({**root, "aws.dr": dr}, "aws.dr", "aws-eu-central-1"),
    ):
        found = read(tree(providers, key), shipped)
        assert [each.places[0].region for each in found.workloads] == [region]
    found = read(tree({**root, "aws.dr": dr}, "dr:aws"), shipped)
    assert found.workloads == ()
    assert "names no region or zone" in found.unassessed[0].reason


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("LRS", (1, 1, "fail", "fail")),
        ("ZRS", (3, 2, "pass", "unknown")),
        ("GZRS", (3, 2, "pass", "unknown")),
        ("GRS", (1, 1, "unknown", "unknown")),
    ],
)
def test_a_storage_class_says_over_how_many_zones(shipped: Catalog, kind: str, answer: Any) -> None:
    values = {"location": "westeurope", "account_replication_type": kind}
    found = judged(state(resource("azurerm_storage_account.x", values)), shipped)
    assert told(found["azurerm_storage_account.x"]) == answer


def test_a_disk_s_class_counts_as_well(shipped: Catalog) -> None:
    found = judged(
        state(
            resource(
                "azurerm_managed_disk.z", {"location": "westeurope", "storage_account_type": "Premium_ZRS"}
            ),
            resource(
                "azurerm_managed_disk.l", {"location": "westeurope", "storage_account_type": "Premium_LRS"}
            ),
        ),
        shipped,
    )
    assert [each.copies for each in found.values()] == [3, 1]


def test_zones_without_a_name_are_not_one_zone(shipped: Catalog) -> None:
    found = judge(
        planned(*(resource(f"aws_{kind}.x", {}) for kind in ("instance", "ebs_volume", "db_instance"))),
        shipped,
    )
    assert [len(event.lost) for event in found.events] == [1, 1, 1]
    assert "3 of 3 workloads lose their quorum" in found.summary
    named = judge(
        planned(
            *(
                resource(f"aws_{kind}.x", {"availability_zone": "eu-west-1a"})
                for kind in ("instance", "ebs_volume", "db_instance")
            )
        ),
        shipped,
    )
    assert len(named.events[0].lost) == 3


def test_an_aurora_cluster_has_as_many_copies_as_instances(shipped: Catalog) -> None:
    zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    cluster = resource(
        "aws_rds_cluster.c", {"availability_zones": zones, "id": "c", "cluster_identifier": "c"}
    )
    alone = read(planned(cluster), shipped)
    assert alone.workloads == ()
    assert "holds none" in alone.unassessed[0].reason

    def instance(name: str, zone: str) -> dict[str, Any]:
        return resource(
            f"aws_rds_cluster_instance.{name}", {"availability_zone": zone, "cluster_identifier": "c"}
        )

    found = judged(
        planned(cluster, instance("writer", "eu-west-1a"), instance("reader", "eu-west-1b")), shipped
    )
    assert told(found["aws_rds_cluster.c"])[:3] == (2, 1, "pass")
    found = judged(planned(cluster, instance("writer", "eu-west-1a")), shipped)
    assert told(found["aws_rds_cluster.c"]) == (1, 1, "fail", "fail")


def test_instances_that_are_not_made_yet_are_tied_to_their_cluster(shipped: Catalog) -> None:
    refers = {"cluster_identifier": {"references": ["aws_docdb_cluster.c.id", "aws_docdb_cluster.c"]}}
    found = judged(
        planned(
            resource("aws_docdb_cluster.c", {}),
            resource("aws_docdb_cluster_instance.i[0]", {"availability_zone": "eu-west-1a"}),
            resource("aws_docdb_cluster_instance.i[1]", {"availability_zone": "eu-west-1b"}),
            expressions={"aws_docdb_cluster_instance.i": refers},
        ),
        shipped,
    )
    assert {key: told(each)[:3] for key, each in found.items()} == {"aws_docdb_cluster.c": (2, 1, "pass")}


def test_where_nodes_stand_is_not_where_a_control_plane_does(shipped: Catalog) -> None:
    found = judged(
        state(
            resource(
                "google_container_cluster.zonal",
                {"location": "europe-west9-a", "node_locations": ["europe-west9-b", "europe-west9-c"]},
            ),
            resource("google_container_cluster.regional", {"location": "europe-west9"}),
        ),
        shipped,
    )
    assert told(found["google_container_cluster.zonal"]) == (1, 1, "fail", "fail")
    assert told(found["google_container_cluster.regional"])[2:] == ("unknown", "unknown")


def test_a_regional_pool_is_the_same_in_a_plan_and_in_a_state(shipped: Catalog) -> None:
    values = {"location": "europe-west1", "node_count": 2}
    zones = [f"europe-west1-{letter}" for letter in "bcd"]
    before, after = (
        judged(state(resource("google_container_node_pool.p", each)), shipped)["google_container_node_pool.p"]
        for each in (values, {**values, "node_locations": zones})
    )
    assert told(before) == told(after)
    assert before.copies == 6
    zonal = judged(
        state(resource("google_container_node_pool.p", {**values, "location": zones[0]})), shipped
    )["google_container_node_pool.p"]
    assert places(zonal) == [zones[0]] * 2


@pytest.mark.parametrize(
    ("type_", "values", "answer"),
    [
        (
            "aws_elasticache_replication_group",
            {"num_cache_clusters": 3, "automatic_failover_enabled": True, "multi_az_enabled": True},
            (3, 1, "pass"),
        ),
        ("aws_elasticache_replication_group", {"num_cache_clusters": 2}, (2, 2, "fail")),
        (
            "aws_elasticache_replication_group",
            {"num_node_groups": 4, "replicas_per_node_group": 2, "multi_az_enabled": True},
            (3, 1, "pass"),
        ),
        (
            "aws_elasticache_cluster",
            {
                "num_cache_nodes": 3,
                "az_mode": "cross-az",
                "availability_zone": "Multiple",
                "preferred_availability_zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"],
            },
            (3, 2, "pass"),
        ),
        (
            "aws_elasticache_cluster",
            {"num_cache_nodes": 3, "availability_zone": "Multiple"},
            (3, 2, "unknown"),
        ),
        ("aws_elasticache_cluster", {"num_cache_nodes": 3}, (3, 2, "fail")),
        ("aws_mq_broker", {"deployment_mode": "ACTIVE_STANDBY_MULTI_AZ"}, (2, 1, "pass")),
        ("aws_fsx_ontap_file_system", {"deployment_type": "SINGLE_AZ_1"}, (1, 1, "fail")),
        ("aws_fsx_ontap_file_system", {"deployment_type": "MULTI_AZ_1"}, (2, 1, "pass")),
        (
            "aws_opensearch_domain",
            {"cluster_config": [{"instance_count": 3, "zone_awareness_enabled": False}]},
            (3, 2, "fail"),
        ),
        (
            "aws_opensearch_domain",
            {
                "cluster_config": [
                    {
                        "instance_count": 6,
                        "zone_awareness_enabled": True,
                        "zone_awareness_config": [{"availability_zone_count": 3}],
                    }
                ]
            },
            (6, 4, "pass"),
        ),
        (
            "azurerm_postgresql_flexible_server",
            {"location": "westeurope", "zone": "1", "high_availability": [{"mode": "ZoneRedundant"}]},
            (2, 1, "pass"),
        ),
        (
            "azurerm_postgresql_flexible_server",
            {"location": "westeurope", "zone": "1", "high_availability": [{"mode": "SameZone"}]},
            (2, 1, "fail"),
        ),
        ("google_redis_instance", {"region": "europe-west1", "tier": "STANDARD_HA"}, (2, 1, "pass")),
        ("google_redis_instance", {"region": "europe-west1", "tier": "BASIC"}, (1, 1, "fail")),
        (
            "google_sql_database_instance",
            {"region": "europe-west1", "settings": [{"availability_type": "ZONAL"}]},
            (1, 1, "fail"),
        ),
    ],
)
def test_the_words_that_declare_copies_are_read(
    shipped: Catalog, type_: str, values: dict[str, Any], answer: tuple[Any, ...]
) -> None:
    assert told(judged(planned(resource(f"{type_}.x", values)), shipped)[f"{type_}.x"])[:3] == answer


def test_the_nodes_of_a_module_that_is_counted_are_copies_of_one_thing(shipped: Catalog) -> None:
    def tree(type_: str) -> dict[str, Any]:
        made = state()
        made["values"]["root_module"]["child_modules"] = [
            {
                "address": f'module.n["{name}"]',
                "resources": [
                    resource(
                        f'module.n["{name}"].{type_}.x', {"availability_zone": f"eu-west-1{name}"}, type=type_
                    )
                ],
            }
            for name in "abc"
        ]
        return made

    assert told(judged(tree("aws_instance"), shipped)["module.n.aws_instance.x"])[:3] == (3, 2, "pass")
    # Three databases are three things, whatever makes them.
    assert [told(each)[:3] for each in judged(tree("aws_db_instance"), shipped).values()] == [
        (1, 1, "fail")
    ] * 3


def test_addresses_of_terraform_0_12_get_their_module(shipped: Catalog) -> None:
    made = state()
    made["values"]["root_module"]["child_modules"] = [
        {
            "address": f"module.{name}",
            "resources": [resource("aws_instance.x", {"availability_zone": f"{region}a"})],
        }
        for name, region in (("prod", "eu-west-1"), ("test", "us-east-1"))
    ]
    assert list(judged(made, shipped)) == ["module.prod.aws_instance.x", "module.test.aws_instance.x"]


def test_a_provider_s_default_zone_counts(shipped: Catalog) -> None:
    found = judged(
        planned(
            resource("google_compute_instance.a[0]", {}),
            resource("google_compute_instance.a[1]", {"zone": "europe-west1-c"}),
            resource("google_sql_database_instance.s", {}),
            providers={"google": {"region": "europe-west1", "zone": "europe-west1-b"}},
        ),
        shipped,
    )
    assert places(found["google_compute_instance.a"]) == ["europe-west1-b", "europe-west1-c"]
    assert places(found["google_sql_database_instance.s"]) == ["somewhere-1"]


def test_dual_regions_are_two_regions_of_which_one_is_needed(shipped: Catalog) -> None:
    custom = {
        "location": "EU",
        "custom_placement_config": [{"data_locations": ["EUROPE-WEST1", "EUROPE-WEST4"]}],
    }
    found = judged(
        state(
            *(
                resource(f"google_storage_bucket.{key}", {"location": key})
                for key in ("EUR4", "ASIA1", "NAM4")
            ),
            resource("google_storage_bucket.custom", custom),
        ),
        shipped,
    )
    assert places(found["google_storage_bucket.ASIA1"]) == [
        "google-asia-northeast1",
        "google-asia-northeast2",
    ]
    assert {told(each)[:3] for each in found.values()} == {(2, 1, "pass")}
    assert len(found) == 4


def test_the_last_part_of_a_link_is_the_zone(shipped: Catalog) -> None:
    link = "https://compute.invalid/v1/projects/p/zones/europe-west1-"
    found = judged(
        state(
            resource("google_compute_region_disk.d", {"replica_zones": [f"{link}b", f"{link}c"]}),
            resource("google_compute_disk.e", {"zone": "projects/p/zones/europe-west1-d"}),
        ),
        shipped,
    )
    assert [places(each) for each in found.values()] == [
        ["europe-west1-b", "europe-west1-c"],
        ["europe-west1-d"],
    ]


def test_an_odd_zone_is_told_as_the_file_has_it(shipped: Catalog) -> None:
    found = read(planned(resource("aws_instance.x", {"availability_zone": "Multiple"})), shipped)
    assert "sells no zone Multiple" in found.unassessed[0].reason
    found = read(state(resource("aws_instance.x", {"availability_zone": "Multiple"})), shipped)
    assert "Multiple" in found.unassessed[0].reason


SUBNETS = [
    resource(
        f"aws_subnet.{name}",
        {
            "id": f"subnet-{name}",
            "availability_zone": f"eu-west-1{letter}",
            "availability_zone_id": f"euw1-az{key}",
        },
    )
    for name, letter, key in (("a", "a", 1), ("b", "b", 2), ("c", "c", 3))
]


def test_subnets_of_a_state_tell_the_zones(shipped: Catalog) -> None:
    arn = "arn:aws:ecs:eu-west-1:123:service/x"
    found = judged(
        state(
            *SUBNETS,
            resource(
                "aws_eks_node_group.one",
                {"scaling_config": [{"desired_size": 3}], "subnet_ids": ["subnet-a"]},
            ),
            resource(
                "aws_ecs_service.three",
                {
                    "id": arn,
                    "desired_count": 3,
                    "network_configuration": [{"subnets": ["subnet-a", "subnet-b", "subnet-c"]}],
                },
            ),
            resource("aws_db_subnet_group.g", {"id": "g", "subnet_ids": ["subnet-a", "subnet-b"]}),
            resource("aws_db_instance.d", {"db_subnet_group_name": "g", "multi_az": True}),
            resource("aws_nat_gateway.n", {"subnet_id": "subnet-b"}),
        ),
        shipped,
    )
    assert places(found["aws_eks_node_group.one"]) == ["euw1-az1"] * 3
    assert told(found["aws_eks_node_group.one"])[2:] == ("fail", "fail")
    assert places(found["aws_ecs_service.three"]) == ["euw1-az1", "euw1-az2", "euw1-az3"]
    assert places(found["aws_db_instance.d"]) == ["euw1-az1", "euw1-az2"]
    assert places(found["aws_nat_gateway.n"]) == ["euw1-az2"]


def test_references_of_a_plan_are_followed_through_modules(shipped: Catalog) -> None:
    planned_subnets = [
        {**each, "values": {"availability_zone": each["values"]["availability_zone"]}} for each in SUBNETS
    ]
    tree = planned(
        *(
            {**each, "address": f"module.net.aws_subnet.s[{index}]"}
            for index, each in enumerate(planned_subnets)
        ),
        resource("aws_autoscaling_group.web", {"desired_capacity": 3}),
        resource("aws_instance.one", {}),
        resource("aws_instance.any", {}),
        expressions={
            "aws_autoscaling_group.web": {
                "vpc_zone_identifier": {"references": ["module.net.subnets", "module.net"]}
            },
            "aws_instance.one": {"subnet_id": {"references": ["module.net.first", "module.net"]}},
            "aws_instance.any": {"subnet_id": {"references": ["module.net.subnets", "module.net"]}},
        },
        module_calls={
            "net": {
                "module": {
                    "outputs": {
                        "subnets": {"expression": {"references": ["aws_subnet.s"]}},
                        "first": {
                            "expression": {
                                "references": ["aws_subnet.s[0].id", "aws_subnet.s[0]", "aws_subnet.s"]
                            }
                        },
                    },
                    "resources": [{"address": "aws_subnet.s", "provider_config_key": "aws"}],
                }
            }
        },
    )
    found = judged(tree, shipped)
    # A slice of them is written alike: in how many it stands is not told before there are ids.
    assert places(found["aws_autoscaling_group.web"]) == ["somewhere-1", "somewhere-2", "somewhere-3"]
    assert told(found["aws_autoscaling_group.web"])[2:] == ("unknown", "unknown")
    assert places(found["aws_instance.one"]) == ["eu-west-1a"]
    # One of three: which is not told.
    assert places(found["aws_instance.any"]) == ["somewhere-1"]


def test_letters_are_those_of_an_account(shipped: Catalog) -> None:
    def in_account(number: int, zone_id: str) -> list[dict[str, Any]]:
        arn = f"arn:aws:ec2:us-east-1:{number}:x/"
        subnet = {
            "id": f"subnet-{number}",
            "availability_zone": "us-east-1a",
            "availability_zone_id": zone_id,
        }
        return [
            resource(f"aws_subnet.s{number}", {**subnet, "arn": f"{arn}s"}),
            resource(
                f"aws_instance.tied{number}",
                {"arn": f"{arn}t", "availability_zone": "us-east-1a", "subnet_id": f"subnet-{number}"},
            ),
            resource(f"aws_instance.by_arn{number}", {"arn": f"{arn}b", "availability_zone": "us-east-1a"}),
        ]

    tree = state(
        *in_account(111, "use1-az4"),
        *in_account(222, "use1-az6"),
        resource(
            "aws_ebs_volume.u", {"arn": "arn:aws:ec2:us-east-1:333:x/v", "availability_zone": "us-east-1a"}
        ),
    )
    found = judged(tree, shipped)
    assert {key: places(each)[0] for key, each in found.items()} == {
        "aws_instance.tied111": "use1-az4",
        "aws_instance.by_arn111": "use1-az4",
        "aws_instance.tied222": "use1-az6",
        "aws_instance.by_arn222": "use1-az6",
        "aws_ebs_volume.u": "us-east-1a",
    }
    # An account whose ids the file does not hold has letters of its own, whatever others call them.
    alone = in_account(111, "use1-az4")
    tree_of_one = state(
        *alone,
        resource(
            "aws_ebs_volume.u", {"arn": "arn:aws:ec2:us-east-1:333:x/v", "availability_zone": "us-east-1a"}
        ),
    )
    assert places(judged(tree_of_one, shipped)["aws_ebs_volume.u"]) == ["us-east-1a"]
    # Without an id for either, the letters of two accounts may be one zone, or two.
    for each in tree["values"]["root_module"]["resources"]:
        each["values"].pop("availability_zone_id", None)
    events = judge(tree, shipped).events
    assert max(len(event.lost) for event in events) == 2


def test_changes_alone_are_read(shipped: Catalog) -> None:
    tree = {
        "format_version": "1.2",
        "resource_changes": [
            {
                "address": f"aws_instance.{name}",
                "mode": "managed",
                "type": "aws_instance",
                "change": {"after": after},
            }
            for name, after in (("kept", {"availability_zone": "eu-west-1a"}), ("gone", None))
        ],
    }
    assert list(judged(tree, shipped)) == ["aws_instance.kept"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"version": 4, "terraform_version": "1.9", "serial": 3, "lineage": "x"}', "raw state file"),
        (b'# Ours\nresource "aws_instance" "a" {\n  count = 3\n}\n', "is written for Terraform, not by it"),
        (b'terraform {\n  backend "s3" {}\n}\n', "terraform show -json FILE"),
        (b"PK\x03\x04plan", "binary plan"),
        (b'{"@level":"info","@message":"x"}\n{"@level":"info"}\n', "JSON lines"),
    ],
)
def test_other_files_of_terraform_get_the_command_to_run(shipped: Catalog, raw: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words) as error:
        plan.read(["-"], raw, shipped, None)
    assert "show -json" in str(error.value)


def test_an_empty_file_is_said_to_be_one(shipped: Catalog) -> None:
    with pytest.raises(DataError, match="stdin: is empty"):
        plan.read(["-"], b" \n", shipped, None)


def test_a_state_of_nothing_is_read(shipped: Catalog) -> None:
    found = plan.read(["-"], json.dumps({"format_version": "1.0"}).encode(), shipped, None)
    assert found.deployment.workloads == ()


def test_what_stands_somewhere_and_is_not_read_comes_first(shipped: Catalog) -> None:
    found = judge(
        planned(
            *(resource(f"aws_iam_role.r{number}", {}) for number in range(9)),
            resource("random_id.x", {}),
            resource("aws_neptunegraph_graph.g", {}),
            resource("vsphere_virtual_machine.v", {}),
        ),
        shipped,
    )
    assert [each.id for each in found.not_assessed if each.stands] == [
        "aws_neptunegraph_graph.g",
        "vsphere_virtual_machine.v",
    ]
    assert found.not_assessed[0].id == "aws_neptunegraph_graph.g"
    assert len(found.not_assessed) == 12


@pytest.mark.parametrize(
    ("type_", "values", "place"),
    [
        ("digitalocean_droplet", {"region": "ams3"}, "digitalocean-ams3/ams3"),
        ("linode_instance", {"region": "fr-par"}, "akamai-fr-par/fr-par"),
        ("vultr_instance", {"region": "waw"}, "vultr-waw/waw"),
        (
            "oci_core_instance",
            {"availability_domain": "Uocm:EU-FRANKFURT-1-AD-2"},
            "oracle-eu-frankfurt-1/eu-frankfurt-1-ad-2",
        ),
        ("ibm_is_instance", {"zone": "eu-de-2"}, "ibm-eu-de/eu-de-2"),
        (
            "alicloud_instance",
            {"availability_zone": "ap-northeast-1a"},
            "alibaba-ap-northeast-1/ap-northeast-1a",
        ),
        ("tencentcloud_instance", {"availability_zone": "ap-beijing-3"}, "tencent-ap-beijing/ap-beijing-3"),
        ("opentelekomcloud_compute_instance_v2", {"availability_zone": "eu-de-02"}, "otc-eu-de/eu-de-02"),
        ("stackit_server", {"availability_zone": "eu01-2"}, "stackit-eu01/eu01-2"),
        ("yandex_compute_instance", {"zone": "ru-central1-b"}, "yandex-ru-central1/ru-central1-b"),
        ("upcloud_server", {"zone": "de-fra1"}, "upcloud-de-fra1/de-fra1"),
    ],
)
def test_providers_of_the_catalogue_are_read(
    shipped: Catalog, type_: str, values: dict[str, str], place: str
) -> None:
    found = read(state(resource(f"{type_}.x", values)), shipped)
    assert [each.places[0].id for each in found.workloads] == [place], found.unassessed


def test_what_stands_alike_is_judged_alike_and_by_its_own_name(shipped: Catalog) -> None:
    zones = {"availability_zone": "eu-west-1a"}
    both = judged(planned(resource("aws_instance.a", zones), resource("aws_ebs_volume.b", zones)), shipped)
    alone = judged(planned(resource("aws_ebs_volume.b", zones)), shipped)
    assert both["aws_ebs_volume.b"].findings == alone["aws_ebs_volume.b"].findings
    assert both["aws_ebs_volume.b"].line > both["aws_instance.a"].line


def test_clusters_under_for_each_keep_their_own_instances(shipped: Catalog) -> None:
    """By each.key an instance is of the cluster of its key; two clusters outside the file stay two."""
    refers = {"cluster_identifier": {"references": ["aws_rds_cluster.c", "each.key"]}}
    zones = {"a": "eu-west-1a", "b": "eu-west-1b"}
    found = judged(
        planned(
            *(resource(f'aws_rds_cluster.c["{key}"]', {}) for key in zones),
            *(
                resource(f'aws_rds_cluster_instance.i["{key}"]', {"availability_zone": zone})
                for key, zone in zones.items()
            ),
            expressions={"aws_rds_cluster_instance.i": refers},
        ),
        shipped,
    )
    assert {key: told(each) for key, each in found.items()} == {
        f'aws_rds_cluster.c["{key}"]': (1, 1, "fail", "fail") for key in zones
    }
    # A key may hold quotes and brackets.
    odd = r'["a\"]"]'
    found = judged(
        planned(
            *(resource(f"aws_rds_cluster.c{key}", {}) for key in (odd, '["b"]')),
            resource(f"aws_rds_cluster_instance.i{odd}", {"availability_zone": "eu-west-1a"}),
            expressions={"aws_rds_cluster_instance.i": refers},
        ),
        shipped,
    )
    assert list(found) == [f"aws_rds_cluster.c{odd}"]
    elsewhere = (
        resource(
            f"aws_rds_cluster_instance.i[{at}]",
            {"availability_zone": zone, "cluster_identifier": f"other-{at}"},
        )
        for at, zone in enumerate(zones.values())
    )
    assert sorted(each.copies for each in judged(planned(*elsewhere), shipped).values()) == [1, 1]


def test_each_module_of_for_each_has_its_own_subnets(shipped: Catalog) -> None:
    subnets = {"client_subnets": {"references": ["aws_subnet.s.id", "aws_subnet.s"]}}
    refers = {"broker_node_group_info": [subnets]}
    zones = {"a": "eu-west-1a", "b": "eu-west-1b", "c": "eu-west-1c"}
    called = {
        "resources": [
            {"address": "aws_subnet.s", "provider_config_key": "aws"},
            {"address": "aws_msk_cluster.m", "provider_config_key": "aws", "expressions": refers},
        ]
    }
    tree = planned(module_calls={"k": {"module": called}})
    tree["planned_values"]["root_module"]["child_modules"] = [
        {
            "address": f'module.k["{key}"]',
            "resources": [
                {**resource(name, values), "address": f'module.k["{key}"].{name}'}
                for name, values in (
                    ("aws_subnet.s", {"availability_zone": zone}),
                    ("aws_msk_cluster.m", {"number_of_broker_nodes": 3}),
                )
            ],
        }
        for key, zone in zones.items()
    ]
    found = judged(tree, shipped)
    assert {key: set(places(each)) for key, each in found.items()} == {
        f'module.k["{key}"].aws_msk_cluster.m': {zone} for key, zone in zones.items()
    }


def test_no_replica_leaves_the_one_that_is_always_there(shipped: Catalog) -> None:
    found = judged(planned(resource("aws_memorydb_cluster.m", {"num_replicas_per_shard": 0})), shipped)
    assert told(found["aws_memorydb_cluster.m"]) == (1, 1, "fail", "fail")


def test_a_regional_group_may_be_told_to_keep_to_one_zone(shipped: Catalog) -> None:
    group = resource(
        "google_compute_region_instance_group_manager.g",
        {"region": "europe-west1", "target_size": 3, "distribution_policy_target_shape": "ANY_SINGLE_ZONE"},
    )
    found = judged(planned(group, providers={"google": {"region": "europe-west1"}}), shipped)
    assert told(found[group["address"]]) == (3, 2, "fail", "fail")


def test_the_first_line_counts_what_a_recorded_event_took(shipped: Catalog) -> None:
    """An event of which only the number of zones is known is no row of the table, and counts all the same."""
    zones = ["europe-west9-a", "europe-west9-b", "europe-west9-c"]
    tree = planned(
        *(resource(f"google_compute_instance.n[{at}]", {"zone": zone}) for at, zone in enumerate(zones)),
        providers={"google": {"region": "europe-west9"}},
    )
    answer = judge(tree, shipped)
    assert told(answer.workloads[0])[3] == "fail"
    assert answer.summary.startswith("The workload loses its quorum")


def test_a_reference_of_another_type_names_nothing(shipped: Catalog) -> None:
    node = resource("aws_instance.k", {"availability_zone": "eu-west-1a"})
    refers = {"subnet_id": {"references": [{"a": 1}, ["b"], 3]}}
    found = judged(planned(node, expressions={"aws_instance.k": refers}), shipped)
    assert places(found["aws_instance.k"]) == ["eu-west-1a"]


def nets(*letters: str, **more: Any) -> list[dict[str, Any]]:
    return [
        resource(f"aws_subnet.n{one}", {"availability_zone": f"eu-west-1{one}"} | more) for one in letters
    ]


@pytest.mark.parametrize(
    ("references", "letters", "answer"),
    [
        # Each is named by its id, and nothing else chooses.
        (["aws_subnet.na.id", "aws_subnet.na", "aws_subnet.nb.id", "aws_subnet.nb"], "ab", ["a", "b", "a"]),
        (["var.wide", "aws_subnet.na.id", "aws_subnet.na", "aws_subnet.nb.id", "aws_subnet.nb"], "ab", []),
        (["aws_subnet.na.id", "aws_subnet.na", "local.more"], "ab", []),
        (
            ["aws_subnet.na.id", "aws_subnet.na", "data.aws_subnets.rest.ids", "data.aws_subnets.rest"],
            "a",
            [],
        ),
        (["aws_subnet.na", "aws_subnet.gone"], "a", []),
        # Whichever it picks, they stand in one zone.
        (["var.wide", "aws_subnet.na.id", "aws_subnet.na"], "a", ["a", "a", "a"]),
    ],
)
def test_what_an_expression_may_pick_is_not_all_that_it_picks(
    shipped: Catalog, references: list[str], letters: str, answer: list[str]
) -> None:
    tree = planned(
        *nets(*letters),
        resource("aws_autoscaling_group.g", {"desired_capacity": 3}),
        expressions={"aws_autoscaling_group.g": {"vpc_zone_identifier": {"references": references}}},
    )
    tree["variables"] = {"wide": {"value": True}}
    found = judged(tree, shipped)["aws_autoscaling_group.g"]
    want = [f"eu-west-1{letter}" for letter in answer] or [f"somewhere-{number}" for number in (1, 2, 3)]
    assert sorted(places(found)) == sorted(want)
    assert answer or told(found)[2:] == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("subnets", "answer"),
    [("ab", ["eu-west-1a", "eu-west-1b"]), ("abc", ["unnamed-zone-1", "unnamed-zone-2"])],
)
def test_a_list_of_as_many_unknown_ids_as_subnets_is_all_of_them(
    shipped: Catalog, subnets: str, answer: list[str]
) -> None:
    values = {"deployment_type": "MULTI_AZ_1", "subnet_ids": [None, None]}
    refers = {"aws_fsx_ontap_file_system.f": {"subnet_ids": {"references": ["aws_subnet.s"]}}}
    zones = [{"availability_zone": f"eu-west-1{one}"} for one in subnets]
    made = [resource(f"aws_subnet.s[{at}]", zone) for at, zone in enumerate(zones)]
    tree = planned(*made, resource("aws_fsx_ontap_file_system.f", values), expressions=refers)
    assert places(judged(tree, shipped)["aws_fsx_ontap_file_system.f"]) == answer


def test_a_subnet_outside_the_file_may_stand_in_any_zone(shipped: Catalog) -> None:
    subnet = resource("aws_subnet.s", {"id": "subnet-1", "availability_zone": "eu-west-1a"})
    both = ["subnet-1", "subnet-x"]
    found = judged(
        planned(
            subnet,
            resource("aws_autoscaling_group.g", {"desired_capacity": 3, "vpc_zone_identifier": both}),
            resource("aws_lb.two", {"subnets": both}),
            resource("aws_lb.one", {"subnets": ["subnet-x"]}),
            resource("aws_lambda_function.free", {}),
        ),
        shipped,
    )
    assert told(found["aws_autoscaling_group.g"]) == (3, 2, "unknown", "unknown")
    assert places(found["aws_lb.two"]) == ["somewhere-1"]
    assert found["aws_lb.two"].copies_at_most == 2
    assert told(found["aws_lb.one"]) == (1, 1, "fail", "fail")
    # Without a subnet, its provider spreads it.
    assert places(found["aws_lambda_function.free"]) == ["aws-eu-west-1"]


def test_one_name_in_two_regions_names_two_things(shipped: Catalog) -> None:
    def region(name: str) -> list[dict[str, Any]]:
        subnet = {"id": f"s-{name}", "availability_zone": f"{name}a"}
        return [
            resource(f"aws_subnet.{name}", subnet),
            resource(f"aws_db_subnet_group.{name}", {"name": "shop", "subnet_ids": [f"s-{name}"]}),
            resource(
                f"aws_db_instance.{name}",
                {"arn": f"arn:aws:rds:{name}:1:db:d", "db_subnet_group_name": "shop"},
            ),
        ]

    found = judged(state(*region("eu-west-1"), *region("us-east-1")), shipped)
    assert [places(each) for each in found.values()] == [["eu-west-1a"], ["us-east-1a"]]


GKE = {"google": {"region": "europe-west1", "zone": "europe-west1-d"}}


@pytest.mark.parametrize(
    ("cluster", "pool", "cluster_zones", "pool_zones"),
    [
        # Its location is the provider's zone, never the provider's region.
        ({}, {"node_count": 2}, "dd", "dd"),
        ({"location": "europe-west1", "node_locations": ["europe-west1-c"]}, {"node_count": 1}, "cc", "c"),
        (
            {"location": "europe-west1-b", "node_locations": ["europe-west1-c"]},
            {"location": "europe-west1-b", "node_count": 1},
            "bbcc",
            "bc",
        ),
        (
            {"location": "europe-west1", "node_locations": ["europe-west1-c"]},
            {"location": "europe-west1", "node_count": 1, "node_locations": ["europe-west1-b"]},
            "cc",
            "b",
        ),
    ],
)
def test_pools_of_gke_stand_where_their_cluster_does(
    shipped: Catalog, cluster: dict[str, Any], pool: dict[str, Any], cluster_zones: str, pool_zones: str
) -> None:
    refers = {"cluster": {"references": ["google_container_cluster.c.name", "google_container_cluster.c"]}}
    found = judged(
        planned(
            resource("google_container_cluster.c", {"initial_node_count": 2, **cluster}),
            resource("google_container_node_pool.p", pool),
            providers=GKE,
            expressions={"google_container_node_pool.p": refers},
        ),
        shipped,
    )
    ends = [
        "".join(sorted(place[-1] for place in places(found[f"google_container_{one}"])))
        for one in ("cluster.c", "node_pool.p")
    ]
    assert ends == [cluster_zones, pool_zones]


def test_a_default_pool_that_is_removed_has_no_nodes(shipped: Catalog) -> None:
    values = {"location": "europe-west1", "initial_node_count": 1, "remove_default_node_pool": True}
    found = judged(planned(resource("google_container_cluster.c", values), providers=GKE), shipped)
    assert places(found["google_container_cluster.c"]) == ["google-europe-west1"]


@pytest.mark.parametrize(
    ("scaling", "copies", "most"),
    [
        ({"min_node_count": 0, "max_node_count": 2}, 1, 6),
        ({"min_node_count": 1, "max_node_count": 2}, 3, 6),
        ({"total_min_node_count": 0, "total_max_node_count": 5}, 1, 5),
        ({"total_min_node_count": 4, "total_max_node_count": 5}, 4, 5),
    ],
)
def test_bounds_of_a_pool_are_a_zone_s_or_the_whole_pool_s(
    shipped: Catalog, scaling: dict[str, int], copies: int, most: int
) -> None:
    pool = resource("google_container_node_pool.p", {"location": "europe-west1", "autoscaling": [scaling]})
    found = judged(planned(pool, providers=GKE), shipped)["google_container_node_pool.p"]
    assert (found.copies, found.copies_at_most) == (copies, most)


def test_one_zone_named_twice_holds_two_copies(shipped: Catalog) -> None:
    zones = ["eu-west-1a", "eu-west-1a", "eu-west-1b"]
    values = {"az_mode": "cross-az", "num_cache_nodes": 3, "preferred_availability_zones": zones}
    found = judged(planned(resource("aws_elasticache_cluster.c", values)), shipped)[
        "aws_elasticache_cluster.c"
    ]
    assert places(found) == zones
    assert told(found)[3] == "fail"
    standby = {"availability_zone": ["eu-de-01", "eu-de-01"], "region": "eu-de"}
    found = judged(state(resource("opentelekomcloud_rds_instance_v3.d", standby)), shipped)
    assert places(found["opentelekomcloud_rds_instance_v3.d"]) == ["eu-de-01", "eu-de-01"]
    nodes = {"nodes": [{"region": "GRA"}, {"region": "GRA"}]}
    found = judged(state(resource("ovh_cloud_project_database.d", nodes)), shipped)
    assert places(found["ovh_cloud_project_database.d"]) == ["gra", "gra"]


@pytest.mark.parametrize(
    ("config", "words"),
    [("dual-region-japan1", "multi-region"), ("custom-nam9", "multi-region"), ("nam-x", "multi-region")],
)
def test_a_configuration_that_is_no_region_is_not_the_provider_s(
    shipped: Catalog, config: str, words: str
) -> None:
    spanner = resource("google_spanner_instance.s", {"config": f"projects/p/instanceConfigs/{config}"})
    unknown = [resource("google_spanner_instance.t", {}), resource("google_bigquery_dataset.d", {})]
    found = read(planned(spanner, *unknown, providers=GKE), shipped)
    assert found.workloads == ()
    assert words in found.unassessed[0].reason
    assert all("names no region" in each.reason for each in found.unassessed[1:])


@pytest.mark.parametrize(("second", "placed"), [("eu-west-3", 0), ("eu-west-1", 1)])
def test_a_region_of_several_variables_is_none_of_them(shipped: Catalog, second: str, placed: int) -> None:
    tree = planned(resource("aws_ebs_volume.v", {}))
    expression = tree["configuration"]["provider_config"]["aws"]["expressions"]
    expression["region"] = {"references": ["var.one", "var.two"]}
    tree["variables"] = {"one": {"value": "eu-west-1"}, "two": {"value": second}}
    assert len(read(tree, shipped).workloads) == placed


def test_domains_of_two_tenancies_may_be_one(shipped: Catalog) -> None:
    def found(*domains: str) -> tuple[str, ...]:
        machines = (
            resource(
                f"oci_core_instance.i[{at}]", {"availability_domain": f"{one}:EU-FRANKFURT-1-AD-{at + 1}"}
            )
            for at, one in enumerate(domains)
        )
        return told(judged(state(*machines), shipped)["oci_core_instance.i"])[2:]

    assert found("AbCd", "AbCd", "AbCd")[0] == "pass"
    assert found("AbCd", "EfGh", "IjKl") == ("unknown", "unknown")


def test_what_stands_outside_the_regions_is_named(shipped: Catalog) -> None:
    found = read(
        planned(
            resource("azurerm_linux_virtual_machine.v", {"location": "westus", "edge_zone": "losangeles"}),
            resource(
                "aws_ebs_volume.v", {"availability_zone": "eu-west-1a", "outpost_arn": "arn:aws:outposts"}
            ),
        ),
        shipped,
    )
    assert found.workloads == ()
    assert all(each.stands and "outside the provider's regions" in each.reason for each in found.unassessed)


def test_one_zone_ia_is_one_zone_wherever_it_is_said(shipped: Catalog) -> None:
    moved = {"transition": [{"days": 30, "storage_class": "ONEZONE_IA"}]}
    found = judge(
        planned(
            resource("aws_s3_bucket.b", {"lifecycle_rule": [moved]}),
            resource("aws_s3_bucket_lifecycle_configuration.l", {"rule": [moved]}),
            resource("aws_s3_object.o", {"storage_class": "ONEZONE_IA"}),
            resource("aws_s3_object.p", {"storage_class": "STANDARD"}),
            resource("aws_s3_bucket.c", {}),
        ),
        shipped,
    )
    assert [each.outcome for each in found.workloads] == ["fail"] * 3 + ["unknown"]
    assert [(each.id, each.stands) for each in found.not_assessed] == [("aws_s3_object.p", False)]


@pytest.mark.parametrize(
    "type_",
    [
        "aws_cognito_user_pool",
        "azurerm_key_vault",
        "azurerm_virtual_network_gateway",
        "aws_network_interface",
        "aws_kms_custom_key_store",
        "azurerm_network_interface",
        "google_kms_key_ring",
        "google_dataflow_job",
        "google_firestore_database",
        "google_compute_network_endpoint_group",
        "ovh_cloud_project_region_loadbalancer",
        "outscale_flexible_gpu",
        "aws_rds_shard_group",
        "azurerm_app_configuration",
        "azurerm_private_endpoint",
        "digitalocean_vpc_nat_gateway",
        "ibm_is_public_gateway",
        "oci_kms_vault",
        "outscale_nic",
        "scaleway_secret",
    ],
)
def test_what_has_a_place_is_never_counted_as_placeless(shipped: Catalog, type_: str) -> None:
    (skipped,) = read(planned(resource(f"{type_}.x", {})), shipped).unassessed
    assert skipped.stands


@pytest.mark.parametrize(
    ("type_", "values", "answer"),
    [
        ("azurerm_virtual_machine_scale_set", {"location": "westeurope", "sku": [{"capacity": 2}]}, (2, 2)),
        ("azurerm_sql_database", {"location": "westeurope"}, (1, 1)),
        ("linode_lke_cluster", {"region": "eu-west", "pool": [{"count": 2}, {"count": 3}]}, (5, 3)),
        ("aws_rds_cluster", {"engine_mode": "serverless", "region": "eu-west-1"}, (1, 1)),
    ],
)
def test_older_types_and_several_pools_are_counted(
    shipped: Catalog, type_: str, values: dict[str, Any], answer: tuple[int, int]
) -> None:
    assert told(judged(state(resource(f"{type_}.x", values)), shipped)[f"{type_}.x"])[:2] == answer


def test_outscale_s_subnets_are_followed(shipped: Catalog) -> None:
    subnet = resource("outscale_subnet.s", {"subnet_id": "subnet-1", "subregion_name": "eu-west-2b"})
    machine = resource("outscale_vm.v", {"subnet_id": "subnet-1"})
    assert places(judged(state(subnet, machine), shipped)["outscale_vm.v"]) == ["eu-west-2b"]


def test_a_zone_of_another_form_is_told(shipped: Catalog) -> None:
    found = read(planned(resource("aws_instance.x", {"availability_zone": "1"})), shipped)
    assert "sells no zone 1" in found.unassessed[0].reason
    zones = {
        letter: resource(f"aws_instance.{letter}", {"availability_zone": f"eu-west-1{letter}"})
        for letter in "cz"
    }
    notes = {key: found.notes for key, found in judged(planned(*zones.values()), shipped).items()}
    assert len(notes["aws_instance.c"]) == 1
    assert any(note.startswith("eu-west-1z is beyond the zones") for note in notes["aws_instance.z"])


def test_events_that_read_alike_are_told_once(shipped: Catalog) -> None:
    events = judge(
        planned(resource("aws_instance.x[0]", {}), resource("aws_instance.x[1]", {})), shipped
    ).events
    assert [event.lost for event in events] == [("aws_instance.x",)]


def in_module(expressions: dict[str, Any], references: list[str], outputs: Any = None) -> dict[str, Any]:
    """Return a plan whose autoscaling group, in a module, refers to something."""
    group = {
        "address": "aws_autoscaling_group.g",
        "provider_config_key": "aws",
        "expressions": {"vpc_zone_identifier": {"references": references}},
    }
    call = {"expressions": expressions, "module": {"resources": [group]}}
    net = {"module": {"outputs": outputs or {}, "resources": [{"address": "aws_subnet.n"}]}}
    tree = planned(*nets("a", "b"), module_calls={"m": call, "net": net})
    address = "module.m.aws_autoscaling_group.g"
    made = resource(address, {"desired_capacity": 2}, type="aws_autoscaling_group")
    tree["planned_values"]["root_module"]["child_modules"] = [{"address": "module.m", "resources": [made]}]
    return tree


BOTH = ["aws_subnet.na.id", "aws_subnet.na", "aws_subnet.nb.id", "aws_subnet.nb"]


@pytest.mark.parametrize(
    ("given", "references", "answer"),
    [
        ({"ids": {"references": BOTH}}, ["var.ids"], ["eu-west-1a", "eu-west-1b"]),
        # An item of them, and what a switch that the module is given chooses, is one of them.
        ({"ids": {"references": BOTH}}, ["var.ids[0]", "var.ids"], ["somewhere-1", "somewhere-2"]),
        (
            {"ids": {"references": BOTH}, "wide": {"constant_value": False}},
            ["var.wide", "var.ids"],
            ["somewhere-1", "somewhere-2"],
        ),
        ({"ids": {"references": BOTH}}, ["var.unset", "var.ids"], ["somewhere-1", "somewhere-2"]),
    ],
)
def test_what_a_module_is_given_is_followed_and_its_switches_choose(
    shipped: Catalog, given: dict[str, Any], references: list[str], answer: list[str]
) -> None:
    found = judged(in_module(given, references), shipped)
    assert places(found["module.m.aws_autoscaling_group.g"]) == answer


def test_a_provider_in_a_module_has_the_module_s_variables(shipped: Catalog) -> None:
    tree = in_module({"region": {"references": ["var.dr"]}}, [])
    tree["configuration"]["provider_config"]["module.m:aws"] = {
        "expressions": {"region": {"references": ["var.region"]}}
    }
    tree["variables"] = {"dr": {"value": "eu-west-3"}, "region": {"value": "us-east-1"}}
    call = tree["configuration"]["root_module"]["module_calls"]["m"]
    call["module"]["resources"][0]["provider_config_key"] = "module.m:aws"
    found = read(tree, shipped)
    assert [each.places[0].region for each in found.workloads] == ["aws-eu-west-3"], found.unassessed


def test_a_zone_that_is_not_known_yet_is_not_the_provider_s(shipped: Catalog) -> None:
    unknown = {"zone": {"references": ["random_shuffle.z.result[0]", "random_shuffle.z.result"]}}
    found = judged(
        planned(
            resource("google_compute_instance.drawn", {}),
            resource("google_compute_instance.silent", {}),
            providers=GKE,
            expressions={"google_compute_instance.drawn": unknown},
        ),
        shipped,
    )
    assert [places(each)[0] for each in found.values()] == ["somewhere-1", "europe-west1-d"]


def test_copies_without_a_place_count_towards_the_quorum(shipped: Catalog) -> None:
    def database(unplaced: int, zones: str = "abc") -> Judged:
        placed = [{"availability_zone": f"eu-west-1{zone}"} for zone in zones]
        each = [*placed, *[{} for _ in range(unplaced)]]
        listed = (resource(f"aws_instance.db[{at}]", values) for at, values in enumerate(each))
        return judged(state(*listed), shipped)["aws_instance.db"]

    assert told(database(0)) == (3, 2, "pass", "unknown")
    five = database(2)
    assert told(five) == (3, 3, "pass", "unknown")
    assert five.copies_at_most == 5
    assert "holds" not in next(each.message for each in five.findings if each.rule == "survives")
    # Wherever the last one stands, too few are left.
    assert told(database(1, "aaa")) == (3, 3, "fail", "fail")


def test_what_waits_to_be_destroyed_is_no_copy(shipped: Catalog) -> None:
    zones = {zone: {"availability_zone": f"eu-west-1{zone}"} for zone in "abc"}
    tree = state(
        resource("aws_instance.x", zones["a"]),
        resource("aws_instance.x", zones["b"], deposed_key="0a1b"),
        resource("aws_instance.x", zones["c"], deposed_key="0c1d"),
    )
    assert told(judged(tree, shipped)["aws_instance.x"]) == (1, 1, "fail", "fail")


@pytest.mark.parametrize(
    ("type_", "values", "answer", "most"),
    [
        (
            "google_container_node_pool",
            {"location": "us-central1-a", "autoscaling": [{"min_node_count": 1, "max_node_count": 5}]},
            ("fail", "fail"),
            5,
        ),
        ("azurerm_linux_virtual_machine_scale_set", {"zones": ["1"]}, ("fail", "fail"), None),
        # Of two zones one has half of them or more, of three it may be a third.
        ("azurerm_linux_virtual_machine_scale_set", {"zones": ["1", "2"]}, ("fail", "fail"), None),
        ("azurerm_linux_virtual_machine_scale_set", {"zones": ["1", "2", "3"]}, ("unknown", "unknown"), None),
        (
            "azurerm_kubernetes_cluster",
            {"default_node_pool": [{"zones": ["1", "3"], "min_count": 1, "max_count": 9}]},
            ("fail", "fail"),
            9,
        ),
        # One is enough: it may stand in the other zone.
        (
            "azurerm_application_gateway",
            {"zones": ["1", "2"], "autoscale_configuration": [{"min_capacity": 1, "max_capacity": 9}]},
            ("unknown", "unknown"),
            9,
        ),
        ("scaleway_k8s_pool", {"zone": "fr-par-1", "min_size": 1, "max_size": 4}, ("fail", "fail"), 4),
        # Its second copy stands in another region.
        ("azurerm_storage_account", {"account_replication_type": "GRS"}, ("unknown", "unknown"), 2),
    ],
)
def test_however_many_stand_in_one_zone_are_lost_with_it(
    shipped: Catalog, type_: str, values: dict[str, Any], answer: tuple[str, str], most: int | None
) -> None:
    one = judged(state(resource(f"{type_}.x", {"location": "westeurope", **values})), shipped)[f"{type_}.x"]
    assert told(one)[2:] == answer
    assert one.copies_at_most == most


@pytest.mark.parametrize(
    ("type_", "values", "answer"),
    [
        ("azurerm_application_gateway", {"sku": [{"capacity": 1}]}, (1, 1, "fail", "fail")),
        ("azurerm_application_gateway", {"sku": [{"capacity": 2}]}, (2, 1, "pass", "unknown")),
        (
            "azurerm_application_gateway",
            {"autoscale_configuration": [{"min_capacity": 0, "max_capacity": 9}]},
            (1, 1, "unknown", "unknown"),
        ),
        ("azurerm_kusto_cluster", {"sku": [{"capacity": 1}]}, (1, 1, "fail", "fail")),
        ("azurerm_public_ip", {}, (3, 1, "pass", "unknown")),
    ],
)
def test_zones_that_one_instance_may_use_are_one_zone(
    shipped: Catalog, type_: str, values: dict[str, Any], answer: Any
) -> None:
    zones = {"location": "westeurope", "zones": ["1", "2", "3"]}
    assert told(judged(state(resource(f"{type_}.x", {**zones, **values})), shipped)[f"{type_}.x"]) == answer


def test_a_load_balancer_stands_where_its_address_does(shipped: Catalog) -> None:
    west = {"location": "westeurope"}
    found = judged(
        state(
            resource("azurerm_public_ip.wide", {**west, "id": "/wide", "zones": ["1", "2", "3"]}),
            resource("azurerm_public_ip.one", {**west, "id": "/one", "zones": ["1"]}),
            *(
                resource(
                    f"azurerm_lb.{key}",
                    {**west, "frontend_ip_configuration": [{"public_ip_address_id": f"/{key}"}]},
                )
                for key in ("wide", "one")
            ),
        ),
        shipped,
    )
    assert told(found["azurerm_lb.wide"]) == (3, 1, "pass", "unknown")
    assert told(found["azurerm_lb.one"]) == (1, 1, "fail", "fail")


def test_what_a_service_needs_is_not_taken_for_a_majority(shipped: Catalog) -> None:
    zones = {"a": "euw1-az1", "b": "euw1-az2"}
    subnets = [
        resource(
            f"aws_subnet.{key}",
            {"id": f"s-{key}", "availability_zone": f"eu-west-1{key}", "availability_zone_id": zone},
        )
        for key, zone in zones.items()
    ]
    both = ["s-a", "s-b"]
    domain = {"instance_count": 4, "zone_awareness_enabled": True}
    masters = {**domain, "dedicated_master_enabled": True}
    found = judged(
        state(
            *subnets,
            resource("aws_ecs_service.x", {"desired_count": 2, "network_configuration": [{"subnets": both}]}),
            resource(
                "aws_msk_cluster.x",
                {"number_of_broker_nodes": 4, "broker_node_group_info": [{"client_subnets": both}]},
            ),
            *(
                resource(
                    f"aws_opensearch_domain.{key}",
                    {"cluster_config": [config], "vpc_options": [{"subnet_ids": both}]},
                )
                for key, config in {"x": domain, "masters": masters}.items()
            ),
            resource("aws_eks_fargate_profile.one", {"subnet_ids": ["s-a"]}),
            resource("aws_eks_fargate_profile.two", {"subnet_ids": both}),
        ),
        shipped,
    )
    answers = {key: told(each) for key, each in found.items()}
    assert answers["aws_ecs_service.x"] == (2, 1, "pass", "unknown")
    assert answers["aws_msk_cluster.x"] == (4, 1, "unknown", "unknown")
    assert answers["aws_opensearch_domain.x"] == (4, 3, "fail", "fail")
    assert answers["aws_opensearch_domain.masters"] == (4, 1, "unknown", "unknown")
    assert answers["aws_eks_fargate_profile.one"] == (1, 1, "fail", "fail")
    assert answers["aws_eks_fargate_profile.two"] == (1, 1, "unknown", "unknown")


@pytest.mark.parametrize(
    ("keys", "told_apart"),
    [
        (("master", "worker-1", "worker-2"), True),
        (("web-a", "web-b", "web-c"), False),
        (("eu-west-1a", "eu-west-1b", "eu-west-1c"), False),
        (("1", "2", "3"), False),
    ],
)
def test_roles_that_one_loop_makes_are_told(
    shipped: Catalog, keys: tuple[str, ...], told_apart: bool
) -> None:
    listed = (
        resource(f'aws_instance.x["{key}"]', {"availability_zone": f"eu-west-1{zone}"})
        for key, zone in zip(keys, "abc", strict=True)
    )
    notes = judged(state(*listed), shipped)["aws_instance.x"].notes
    assert any("master, worker-1 and worker-2" in each for each in notes) is told_apart
    assert any("judge them apart" in each for each in notes) is told_apart


TWO_REGIONS = {"aws": {"region": "eu-west-1"}, "aws.far": {"region": "eu-central-1"}}


def copied(
    *resources: dict[str, Any],
    expressions: dict[str, dict[str, list[str]]] | None = None,
    far: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return a plan over two regions; its expressions are what attributes refer to."""
    written = {
        address: {path: {"references": names} for path, names in paths.items()}
        for address, paths in (expressions or {}).items()
    }
    tree = planned(*resources, providers=TWO_REGIONS, expressions=written)
    for each in tree["configuration"]["root_module"]["resources"]:
        if each["address"] in far:
            each["provider_config_key"] = "aws.far"
    return tree


def outcomes(one: Judged) -> dict[str, str]:
    return {each.rule: each.outcome for each in one.findings}


@pytest.mark.parametrize("known", [False, True])
def test_a_replica_is_a_copy_of_its_source(shipped: Catalog, known: bool) -> None:
    values = {"replicate_source_db": "arn:aws:rds:eu-west-1:1:db:books"} if known else {}
    tree = copied(
        # The replica comes first, as addresses are sorted.
        resource("aws_db_instance.again", {"availability_zone": "eu-central-1b", **values}),
        resource(
            "aws_db_instance.books",
            {
                "availability_zone": "eu-west-1a",
                "identifier": "books",
                "arn": "arn:aws:rds:eu-west-1:1:db:books",
            },
        ),
        resource("aws_db_instance.beside", {"replicate_source_db": "books"}),
        resource("aws_db_instance.alone", {"replicate_source_db": "elsewhere"}),
        expressions={
            "aws_db_instance.again": {
                "replicate_source_db": ["aws_db_instance.books.arn", "aws_db_instance.books"]
            }
        },
        far=("aws_db_instance.again",),
    )
    found = judged(tree, shipped)
    assert list(found) == ["aws_db_instance.books", "aws_db_instance.alone"]
    books = found["aws_db_instance.books"]
    assert sorted(place.region for place in books.places) == [
        "aws-eu-central-1",
        "aws-eu-west-1",
        "aws-eu-west-1",
    ]
    assert told(books)[:3] == (3, 1, "pass")
    assert any(note.startswith("aws_db_instance.again counts as a copy") for note in books.notes)
    # How far a replica may be is asked of none of which one is enough.
    assert not outcomes(books).keys() & {"separation-max", "rtt-max"}
    assert told(found["aws_db_instance.alone"]) == (1, 1, "fail", "fail")


def test_a_replica_of_a_replica_is_a_copy_of_the_first_and_a_circle_is_none(shipped: Catalog) -> None:
    servers = {
        "a": {"name": "a", "settings": [{"location_preference": [{"zone": "europe-west1-b"}]}]},
        "b": {"name": "b", "master_instance_name": "a", "region": "europe-west3"},
        "c": {"name": "c", "master_instance_name": "b", "region": "europe-west4"},
        "x": {"name": "x", "master_instance_name": "y"},
        "y": {"name": "y", "master_instance_name": "x"},
    }
    found = judged(
        state(
            *(
                resource(f"google_sql_database_instance.{key}", {"region": "europe-west1", **values})
                for key, values in servers.items()
            )
        ),
        shipped,
    )
    assert [(key[-1], one.copies) for key, one in found.items()] == [("a", 3), ("x", 1), ("y", 1)]


def test_a_restored_database_is_no_replica(shipped: Catalog) -> None:
    def server(name: str, **values: str) -> dict[str, Any]:
        given = {"location": "westeurope", "id": f"/{name}", "zone": "1", **values}
        return resource(f"azurerm_postgresql_flexible_server.{name}", given)

    mode = {"create_mode": "Replica", "source_server_id": "/first", "location": "northeurope"}
    found = judged(
        state(
            server("first"),
            server("again", **mode),
            server("restored", **{**mode, "create_mode": "PointInTimeRestore"}),
        ),
        shipped,
    )
    assert {key.partition(".")[2]: one.copies for key, one in found.items()} == {"first": 2, "restored": 1}


def test_tables_secrets_and_keys_are_copied_to_other_regions(shipped: Catalog) -> None:
    tree = copied(
        resource("aws_dynamodb_table.own", {}),
        resource("aws_dynamodb_table.blocks", {"replica": [{"region_name": "eu-west-3"}]}),
        resource("aws_dynamodb_table.apart", {}),
        resource("aws_dynamodb_table_replica.apart", {}),
        resource("aws_kms_key.k", {"arn": "arn:aws:kms:eu-west-1:1:key/k"}),
        resource("aws_kms_replica_key.k", {"primary_key_arn": "arn:aws:kms:eu-west-1:1:key/k"}),
        resource("aws_secretsmanager_secret.s", {"replica": [{"region": "eu-west-3"}]}),
        expressions={
            "aws_dynamodb_table_replica.apart": {"global_table_arn": ["aws_dynamodb_table.apart.arn"]}
        },
        far=("aws_dynamodb_table_replica.apart", "aws_kms_replica_key.k"),
    )
    found = judged(tree, shipped)
    assert {key: places(one) for key, one in found.items()} == {
        "aws_dynamodb_table.own": ["aws-eu-west-1"],
        "aws_dynamodb_table.blocks": ["aws-eu-west-1", "aws-eu-west-3"],
        "aws_dynamodb_table.apart": ["aws-eu-west-1", "aws-eu-central-1"],
        "aws_kms_key.k": ["aws-eu-west-1", "aws-eu-central-1"],
        "aws_secretsmanager_secret.s": ["aws-eu-west-1", "aws-eu-west-3"],
    }
    answers = {key: told(one)[:3] for key, one in found.items()}
    assert answers.pop("aws_dynamodb_table.own") == (1, 1, "unknown")
    assert set(answers.values()) == {(2, 1, "pass")}
    assert not any(outcomes(one).keys() & {"separation-max"} for one in found.values())


@pytest.mark.parametrize(
    ("rules", "regions"),
    [
        ([{"status": "Enabled"}], ["aws-eu-west-1", "aws-eu-central-1"]),
        (
            [{"status": "Enabled", "filter": [{"prefix": "", "tag": [], "and": []}]}],
            ["aws-eu-west-1", "aws-eu-central-1"],
        ),
        # A part of the objects, or none, is no copy of the bucket.
        ([{"status": "Disabled"}], ["aws-eu-west-1"]),
        ([{"status": "Enabled", "filter": [{"prefix": "logs/"}]}], ["aws-eu-west-1"]),
        ([{"status": "Enabled", "filter": [{"tag": [{"key": "a", "value": "b"}]}]}], ["aws-eu-west-1"]),
        ([{"status": "Enabled", "filter": [{"and": [{"tags": {"a": "b"}}]}]}], ["aws-eu-west-1"]),
        ([{"status": "Enabled"}, {"status": "Disabled"}], ["aws-eu-west-1"]),
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_a_replicated_bucket_has_a_copy_where_the_other_bucket_stands(
    shipped: Catalog, known: bool, rules: list[dict[str, Any]], regions: list[str]
) -> None:
    destination = [{"destination": [{"bucket": "arn:aws:s3:::far"} if known else {}]}]
    listed = [{**each, **destination[0]} for each in rules]
    tree = copied(
        resource("aws_s3_bucket.far", {"arn": "arn:aws:s3:::far", "bucket": "far"} if known else {}),
        resource("aws_s3_bucket.near", {"bucket": "near"}),
        resource("aws_s3_bucket_replication_configuration.r", {"bucket": "near", "rule": listed}),
        far=("aws_s3_bucket.far",),
    )
    written = {"bucket": {"references": ["aws_s3_bucket.far.arn", "aws_s3_bucket.far"]}}
    tree["configuration"]["root_module"]["resources"][2]["expressions"] = {
        "bucket": {"references": ["aws_s3_bucket.near.id", "aws_s3_bucket.near"]},
        "rule": [{"destination": [written]} for _ in rules],
    }
    found = judged(tree, shipped)
    assert list(found) == ["aws_s3_bucket.far", "aws_s3_bucket.near"]
    assert places(found["aws_s3_bucket.near"]) == regions
    assert told(found["aws_s3_bucket.near"])[2] == ("pass" if len(regions) == 2 else "unknown")
    assert places(found["aws_s3_bucket.far"]) == ["aws-eu-central-1"]


def test_a_replica_that_is_not_placed_is_told_and_may_be_anywhere(shipped: Catalog) -> None:
    rule = {"status": "Enabled", "destination": [{"bucket": "arn:aws:s3:::of-another-file"}]}
    tree = copied(
        resource("aws_s3_bucket.near", {"bucket": "near"}),
        resource("aws_s3_bucket_replication_configuration.r", {"bucket": "near", "rule": [rule]}),
        resource("aws_db_instance.one", {"availability_zone": "eu-west-1a", "identifier": "one"}),
        resource("aws_db_instance.two", {"availability_zone": "mars-1a", "replicate_source_db": "one"}),
    )
    found = judge(tree, shipped)
    assert [each.id for each in found.not_assessed if each.stands] == [
        "aws_s3_bucket_replication_configuration.r",
        "aws_db_instance.two",
    ]
    near, one = found.workloads
    assert (near.copies_at_most, one.copies_at_most) == (2, 2)
    assert told(one) == (1, 1, "unknown", "unknown")


@pytest.mark.parametrize("known", [False, True])
def test_the_machines_of_an_availability_set_stand_in_one_datacenter(shipped: Catalog, known: bool) -> None:
    def machine(number: int, of: str) -> dict[str, Any]:
        values = {"availability_set_id": f"/sets/{of.upper()}"} if known else {}
        return resource(f"azurerm_linux_virtual_machine.{of}[{number}]", {"location": "westeurope", **values})

    sets = [
        resource(
            f"azurerm_availability_set.{key}",
            {"location": "westeurope", **({"id": f"/sets/{key}"} if known else {})},
        )
        for key in ("web", "a", "b")
    ]
    loose = [
        resource(f"azurerm_linux_virtual_machine.loose[{number}]", {"location": "westeurope"})
        for number in range(3)
    ]
    tree = planned(
        *sets,
        *(machine(number, "web") for number in range(3)),
        *loose,
        providers={"azurerm": {}},
        expressions={
            "azurerm_linux_virtual_machine.web": {
                "availability_set_id": {"references": ["azurerm_availability_set.web.id"]}
            }
        },
    )
    found = judge(tree, shipped)
    web, other = found.workloads
    assert (web.id, *told(web)) == ("azurerm_linux_virtual_machine.web", 3, 2, "fail", "fail")
    assert len(web.places) == 1
    assert any("the datacenter of" in each.message for each in found.events)
    assert told(other) == (3, 2, "unknown", "unknown")
    assert len(other.places) == 3


def test_two_availability_sets_may_stand_in_two_datacenters(shipped: Catalog) -> None:
    machines = [
        resource(
            f'azurerm_windows_virtual_machine.x["{key}{number}"]',
            {"location": "westeurope", "availability_set_id": f"/sets/{key}"},
        )
        for key in "abc"
        for number in range(2)
    ]
    found = judged(state(*machines), shipped)["azurerm_windows_virtual_machine.x"]
    assert told(found) == (6, 4, "unknown", "unknown")
    assert [each.copies for each in found.places] == [2, 2, 2]


def test_copies_that_are_not_dealt_evenly_may_share_a_zone(shipped: Catalog) -> None:
    zones = [f"europe-west1-{letter}" for letter in "bcd"]

    def group(name: str, shape: str, *over: str) -> dict[str, Any]:
        values = {"region": "europe-west1", "target_size": 3, "distribution_policy_target_shape": shape}
        named = {"distribution_policy_zones": list(over)} if over else {}
        return resource(f"google_compute_region_instance_group_manager.{name}", {**values, **named})

    def pool(name: str, policy: str) -> dict[str, Any]:
        scaling = {"total_min_node_count": 3, "total_max_node_count": 3, "location_policy": policy}
        values = {"location": "europe-west1", "autoscaling": [scaling]}
        return resource(f"google_container_node_pool.{name}", values)

    def service(name: str, **strategy: str) -> dict[str, Any]:
        values = {"desired_count": 3, "network_configuration": [{"subnets": ["a", "b"]}]}
        return resource(f"aws_ecs_service.{name}", {**values, "ordered_placement_strategy": [strategy]})

    tree = state(
        group("even", "EVEN", *zones),
        group("balanced", "BALANCED", *zones),
        group("any", "ANY"),
        group("two", "ANY", *zones[:2]),
        group("one", "ANY", *zones[:1]),
        pool("balanced", "BALANCED"),
        pool("any", "ANY"),
        *(
            resource(f"aws_subnet.{key}", {"id": key, "availability_zone": f"eu-west-1{key}"})
            for key in ("a", "b")
        ),
        service("spread", type="spread", field="attribute:ecs.availability-zone"),
        service("packed", type="binpack", field="cpu"),
        service("hosts", type="spread", field="instanceId"),
    )
    answers = {key.partition("_")[2]: told(one)[2:] for key, one in judged(tree, shipped).items()}
    assert answers == {
        "compute_region_instance_group_manager.even": ("pass", "unknown"),
        "compute_region_instance_group_manager.balanced": ("unknown", "unknown"),
        "compute_region_instance_group_manager.any": ("unknown", "unknown"),
        # Of two zones one has half or more, however they are dealt.
        "compute_region_instance_group_manager.two": ("fail", "fail"),
        "compute_region_instance_group_manager.one": ("fail", "fail"),
        "container_node_pool.balanced": ("pass", "unknown"),
        "container_node_pool.any": ("unknown", "unknown"),
        "ecs_service.spread": ("pass", "unknown"),
        "ecs_service.packed": ("unknown", "unknown"),
        "ecs_service.hosts": ("unknown", "unknown"),
    }


def test_a_plan_that_lacks_a_part_says_so_or_is_refused(shipped: Catalog) -> None:
    node = resource("aws_instance.a", {"availability_zone": "eu-west-1a"})

    def later(address: str, mode: str = "managed") -> dict[str, Any]:
        return {"reason": "provider_config_unknown", "resource_change": {"address": address, "mode": mode}}

    def left(**more: Any) -> list[tuple[str, str]]:
        found = read({**planned(node), **more}, shipped)
        assert [each.id for each in found.workloads] == ["aws_instance.a"]
        return [(each.id, each.reason) for each in found.unassessed if each.stands]

    assert left() == left(complete=True, errored=False) == []
    assert left(complete=False) == [("the plan", terraform.TARGETED)]
    deferred = [later("aws_db_instance.x"), later("data.aws_ami.y", "data"), "z"]
    assert left(complete=False, deferred_changes=deferred)[0] == ("aws_db_instance.x", terraform.DEFERRED)
    with pytest.raises(DataError, match="ended in an error"):
        left(complete=False, errored=True)


@pytest.mark.parametrize("reference", ["module.net.region", "var.module.net.region", "var.gone"])
def test_what_is_no_variable_gives_no_region(shipped: Catalog, reference: str) -> None:
    """An output is not what the module of its name is given, even where that refers to itself."""
    given = {"references": [reference]}
    tree = planned(
        resource("aws_ebs_volume.x", {}),
        module_calls={"net": {"expressions": {"region": given}, "module": {}}},
    )
    tree["configuration"]["provider_config"]["aws"]["expressions"]["region"] = given
    found = read(tree, shipped)
    assert found.workloads == ()
    assert "names no region or zone" in found.unassessed[0].reason


def test_a_group_that_has_none_yet_may_have_some(shipped: Catalog) -> None:
    def group(name: str, zones: str, **values: Any) -> dict[str, Any]:
        named = [f"eu-west-1{letter}" for letter in zones]
        return resource(f"aws_autoscaling_group.{name}", {"availability_zones": named, **values})

    found = judge(
        state(
            group("three", "abc", desired_capacity=0, min_size=0, max_size=9),
            group("two", "ab", min_size=0, max_size=9),
            group("none", "abc", min_size=0, max_size=0),
        ),
        shipped,
    )
    three, two = found.workloads
    assert (three.copies, three.copies_at_most) == (two.copies, two.copies_at_most) == (1, 9)
    assert told(three)[2:] == ("unknown", "unknown")
    assert told(two)[2:] == ("fail", "fail")
    assert [each.reason for each in found.not_assessed] == [terraform.NO_COPIES]


def test_an_instance_may_name_its_cluster_by_what_the_cluster_is_called(shipped: Catalog) -> None:
    tree = state(
        resource("aws_rds_cluster.db", {"engine": "aurora-mysql", "cluster_identifier": "main"}),
        *(
            resource(
                f"aws_rds_cluster_instance.{key}",
                {"cluster_identifier": "main", "availability_zone": f"eu-west-1{key}"},
            )
            for key in "ab"
        ),
    )
    found = judge(tree, shipped)
    assert not found.not_assessed
    assert [(each.id, *told(each)[:3]) for each in found.workloads] == [("aws_rds_cluster.db", 2, 1, "pass")]


def test_a_file_has_no_more_copies_than_it_may_have_resources(
    shipped: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terraform, "MAX_RESOURCES", 30)

    def groups(size: int) -> Any:
        values = {"availability_zones": ["eu-west-1a", "eu-west-1b"], "desired_capacity": size}
        return state(*(resource(f"aws_autoscaling_group.g{number}", values) for number in range(3)))

    assert sum(len(each.places) for each in read(groups(10), shipped).workloads) == 30
    with pytest.raises(DataError, match="over 30 copies; give one workspace a time"):
        read(groups(11), shipped)
