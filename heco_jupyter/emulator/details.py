"""The fields that a GET of one cluster has and a list item lacks: what was requested, and what the cloud adds."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from heco_jupyter.emulator.spec import ClusterSpec

_PROJECT_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_BUCKETS = f"https://objectstorage.kr-central-2.kakaocloud.com/v1/{_PROJECT_ID}"

# The web pages that the vendor's console shows for each type. Any other type has those that every Hadoop cluster has.
_WEB_PAGES = {
    "hadoop": ("nameNodeUrl", "resourceManagerUrl", "hueUrl"),
    "hbase": ("nameNodeUrl", "resourceManagerUrl", "hueUrl", "hmasterUrl"),
    "trino": ("nameNodeUrl", "resourceManagerUrl", "hueUrl", "trinoUrl"),
    "dataflow": ("nameNodeUrl", "resourceManagerUrl", "druidUrl", "supersetUrl"),
}
_COMMON_WEB_PAGES = ("nameNodeUrl", "resourceManagerUrl")
_PORTS = {
    "nameNodeUrl": 9870,
    "resourceManagerUrl": 8088,
    "hueUrl": 8888,
    "hmasterUrl": 16010,
    "trinoUrl": 8780,
    "druidUrl": 3008,
    "supersetUrl": 4000,
}


def web_page_urls(clusterType: str, host: str) -> dict[str, str]:
    """Return the URLs of the web pages of a running cluster, by field."""
    fields = _WEB_PAGES.get(clusterType.casefold(), _COMMON_WEB_PAGES)
    return {field: f"http://{host}:{_PORTS[field]}" for field in fields}


def detail_fields(spec: ClusterSpec, *, owner: str) -> dict[str, Any]:
    """Return the fields that only a GET returns for a cluster created from `spec`, without those that are absent."""
    fields: dict[str, Any] = {
        "isHa": spec.isHa,
        "vpcId": spec.vpcId,
        "subnetId": spec.subnetId,
        "securityGroupIds": list(spec.securityGroupIds) or [_stable_id(f"group/{spec.securityGroupName}")],
        "keypairName": spec.keypairName,
        "monitoring": spec.monitoring,
        "imageName": f"{spec.clusterVersion}-{spec.clusterType}",
        "masterInfo": [_node_info(spec.masterFlavorName, spec.masterVolumeSize)],
        "workerInfo": [_node_info(spec.workerFlavorName, spec.workerVolumeSize)],
        "adminInfo": {"userId": spec.adminUserId or owner},
        "config": dict(spec.config),
    }
    if spec.userTask is not None:
        fields["userTask"] = _user_task(spec)
    if spec.hiveDbInfo is not None:
        fields["hiveDbInfo"] = _hive_db_info(spec)
    if spec.catalogId is not None:
        fields["dataCatalogInfo"] = _data_catalog_info(spec, spec.catalogId)
    if spec.redisInfo is not None:
        fields["redisInfo"] = _redis_info(spec)
    return fields


def _node_info(flavorName: str, volumeSize: int) -> dict[str, Any]:
    return {"flavorId": _stable_id(f"flavor/{flavorName}"), "flavorName": flavorName, "volumeSize": volumeSize}


def _user_task(spec: ClusterSpec) -> dict[str, Any]:
    task = dict(spec.userTask or {})
    if "logBucketName" in task:
        task["logUrl"] = f"{_BUCKETS}/{quote(task['logBucketName'])}/HadoopEco/{quote(spec.name)}"
    return task


def _hive_db_info(spec: ClusterSpec) -> dict[str, Any]:
    info = dict(spec.hiveDbInfo or {})
    name = f"mysql-{info['objectId'][:8]}"
    return {
        "objectId": info["objectId"],
        "subnetId": spec.subnetId,
        "name": name,
        "host": f"{name}.mysql.internal",
        "port": 3306,
        "dbName": info["dbName"],
        "userId": info["userId"],
    }


def _data_catalog_info(spec: ClusterSpec, catalogId: str) -> dict[str, Any]:
    name = f"catalog-{catalogId[:8]}"
    return {
        "metastoreUri": f"thrift://{name}.datacatalog.internal:9083",
        "catalogId": catalogId,
        "catalogName": name,
        "vpcId": spec.vpcId,
        "vpcName": f"vpc-{spec.vpcId[:8]}",
        "subnetId": spec.subnetId,
        "subnetName": f"subnet-{spec.subnetId[:8]}",
    }


def _redis_info(spec: ClusterSpec) -> dict[str, Any]:
    info = dict(spec.redisInfo or {})
    name = f"redis-{info['objectId'][:8]}"
    return {
        "objectId": info["objectId"],
        "name": name,
        "subnetId": spec.subnetId,
        "primaryEndpoint": f"{name}.redis.internal",
        "readEndpoint": f"{name}-ro.redis.internal",
        "clusterEnabled": False,
        "port": 6379,
        "dbIdSupersetCelery": info["dbIdSupersetCelery"],
        "dbIdSupersetResults": info["dbIdSupersetResults"],
    }


def _stable_id(name: str) -> str:
    """Return a made-up id that is always the same for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
