"""Terraform resource types that stand somewhere, and which of their attributes say where."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """How one type tells its place.

    Paths are attributes joined by dots; ``*`` is any item. Of several paths the first that
    is set counts.

    Attributes
    ----------
    provider
        Id in the catalogue; empty where the provider's configuration decides (OpenStack).
    zones, regions
        Paths of what may name zones and regions.
    copies
        Path of how many copies there are, dealt over the zones.
    each
        True where that number counts for each zone.
    whole
        True where the provider spreads it over the region.
    spare
        Path of the zone of a standby copy.
    standby
        A path and the value that adds a standby copy in another zone that is not named.
    anywhere
        True where that standby may stand in the same zone.
    one
        True where one copy is enough: the others stand by.
    """

    provider: str
    zones: tuple[str, ...] = ()
    regions: tuple[str, ...] = ("region",)
    copies: str = ""
    each: bool = False
    whole: bool = False
    spare: str = ""
    standby: tuple[str, object] | None = None
    anywhere: bool = False
    one: bool = False


_AZ = ("availability_zone",)
_LOCATION = ("location",)
_GOOGLE_VM = Kind("google", ("zone",))
_AZURE_VM = Kind("azure", ("zone", "zones"), _LOCATION)
_AZURE_SET = Kind("azure", ("zones",), _LOCATION, "instances")
_AZURE_SQL = Kind("azure", ("zone",), _LOCATION, spare="high_availability.*.standby_availability_zone")
_OPENSTACK = Kind("", _AZ)
_SCALEWAY_ZONE = Kind("scaleway", ("zone",))
_EXOSCALE = Kind("exoscale", regions=("zone",))
_EXOSCALE_POOL = Kind("exoscale", regions=("zone",), copies="size")
_HETZNER = Kind("hetzner", regions=("location", "datacenter"))

KINDS: dict[str, Kind] = {
    "aws_instance": Kind("aws", _AZ),
    "aws_spot_instance_request": Kind("aws", _AZ),
    "aws_ebs_volume": Kind("aws", _AZ),
    "aws_autoscaling_group": Kind("aws", ("availability_zones",), copies="desired_capacity"),
    "aws_db_instance": Kind("aws", _AZ, standby=("multi_az", True)),
    "aws_rds_cluster": Kind("aws", ("availability_zones",), whole=True),
    "aws_rds_cluster_instance": Kind("aws", _AZ),
    "aws_elasticache_cluster": Kind("aws", _AZ),
    "aws_elasticache_replication_group": Kind("aws", ("preferred_cache_cluster_azs",), one=True),
    "aws_dynamodb_table": Kind("aws", whole=True),
    "aws_efs_file_system": Kind("aws", ("availability_zone_name",), whole=True),
    "aws_eks_cluster": Kind("aws", whole=True),
    "aws_eks_node_group": Kind("aws", copies="scaling_config.*.desired_size"),
    "aws_ecs_service": Kind("aws", copies="desired_count"),
    "aws_s3_bucket": Kind("aws", whole=True),
    "google_compute_instance": _GOOGLE_VM,
    "google_compute_disk": _GOOGLE_VM,
    "google_compute_instance_group_manager": Kind("google", ("zone",), copies="target_size"),
    "google_compute_region_instance_group_manager": Kind(
        "google", ("distribution_policy_zones",), copies="target_size"
    ),
    "google_compute_region_disk": Kind("google", ("replica_zones",)),
    "google_sql_database_instance": Kind(
        "google",
        ("settings.*.location_preference.*.zone",),
        spare="settings.*.location_preference.*.secondary_zone",
        standby=("settings.0.availability_type", "REGIONAL"),
    ),
    "google_container_cluster": Kind("google", ("node_locations",), _LOCATION, whole=True),
    "google_container_node_pool": Kind("google", ("node_locations",), _LOCATION, "node_count", each=True),
    "google_redis_instance": Kind("google", ("location_id",), spare="alternative_location_id"),
    "google_filestore_instance": Kind("google", ("zone",), _LOCATION),
    "google_storage_bucket": Kind("google", regions=_LOCATION, whole=True),
    "google_cloud_run_v2_service": Kind("google", regions=_LOCATION, whole=True),
    "google_bigquery_dataset": Kind("google", regions=_LOCATION, whole=True),
    "azurerm_linux_virtual_machine": _AZURE_VM,
    "azurerm_windows_virtual_machine": _AZURE_VM,
    "azurerm_virtual_machine": _AZURE_VM,
    "azurerm_managed_disk": _AZURE_VM,
    "azurerm_linux_virtual_machine_scale_set": _AZURE_SET,
    "azurerm_windows_virtual_machine_scale_set": _AZURE_SET,
    "azurerm_orchestrated_virtual_machine_scale_set": _AZURE_SET,
    "azurerm_postgresql_flexible_server": _AZURE_SQL,
    "azurerm_mysql_flexible_server": _AZURE_SQL,
    "azurerm_mssql_server": Kind("azure", regions=_LOCATION),
    "azurerm_redis_cache": Kind("azure", ("zones",), _LOCATION),
    "azurerm_cosmosdb_account": Kind("azure", regions=("geo_location.*.location",), whole=True),
    "azurerm_storage_account": Kind("azure", regions=_LOCATION, whole=True),
    "azurerm_kubernetes_cluster": Kind(
        "azure", ("default_node_pool.*.zones.*",), _LOCATION, "default_node_pool.0.node_count"
    ),
    "ovh_cloud_project_instance": Kind("ovh", _AZ),
    "ovh_cloud_project_kube": Kind("ovh", whole=True),
    "ovh_cloud_project_kube_nodepool": Kind("ovh", ("availability_zones",), copies="desired_nodes"),
    "ovh_cloud_project_database": Kind("ovh", regions=("nodes.*.region",), one=True),
    "ovh_cloud_project_storage": Kind("ovh", regions=("region_name",), whole=True),
    "ovh_cloud_project_volume": Kind("ovh", _AZ, ("region_name",)),
    "ovh_dedicated_server": Kind("ovh", ("datacenter",), ("datacenter",)),
    "openstack_compute_instance_v2": _OPENSTACK,
    "openstack_blockstorage_volume_v2": _OPENSTACK,
    "openstack_blockstorage_volume_v3": _OPENSTACK,
    "openstack_db_instance_v1": _OPENSTACK,
    "openstack_objectstorage_container_v1": Kind("", whole=True),
    "scaleway_instance_server": _SCALEWAY_ZONE,
    "scaleway_instance_volume": _SCALEWAY_ZONE,
    "scaleway_block_volume": _SCALEWAY_ZONE,
    "scaleway_baremetal_server": _SCALEWAY_ZONE,
    "scaleway_redis_cluster": Kind("scaleway", ("zone",), copies="cluster_size"),
    "scaleway_k8s_pool": Kind("scaleway", ("zone",), copies="size"),
    "scaleway_k8s_cluster": Kind("scaleway", whole=True),
    "scaleway_rdb_instance": Kind("scaleway", standby=("is_ha_cluster", True), anywhere=True),
    "scaleway_mongodb_instance": Kind("scaleway"),
    "scaleway_object_bucket": Kind("scaleway", whole=True),
    "outscale_vm": Kind("outscale", ("placement_subregion_name",)),
    "outscale_volume": Kind("outscale", ("subregion_name",)),
    "outscale_oos_bucket": Kind("outscale", whole=True),
    "exoscale_compute_instance": _EXOSCALE,
    "exoscale_instance_pool": _EXOSCALE_POOL,
    "exoscale_sks_cluster": _EXOSCALE,
    "exoscale_sks_nodepool": _EXOSCALE_POOL,
    "exoscale_database": _EXOSCALE,
    "exoscale_dbaas": _EXOSCALE,
    "exoscale_block_storage_volume": _EXOSCALE,
    "hcloud_server": _HETZNER,
    "hcloud_volume": _HETZNER,
    "hcloud_load_balancer": _HETZNER,
    "hcloud_storage_box": _HETZNER,
}
