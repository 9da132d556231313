"""What a get tells about a cluster beyond what a list tells: what was asked for, and what the cloud adds to it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from heco_jupyter.emulator.validation import Draft

_PROJECT_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_BUCKETS = f"https://objectstorage.kr-central-2.kakaocloud.com/v1/{_PROJECT_ID}"

# The console shows these pages for these types; any other type has what every Hadoop has.
_URLS = {
    "hadoop": ("nameNodeUrl", "resourceManagerUrl", "hueUrl"),
    "hbase": ("nameNodeUrl", "resourceManagerUrl", "hueUrl", "hmasterUrl"),
    "trino": ("nameNodeUrl", "resourceManagerUrl", "hueUrl", "trinoUrl"),
    "dataflow": ("nameNodeUrl", "resourceManagerUrl", "druidUrl", "supersetUrl"),
}
_ANY_HADOOP = ("nameNodeUrl", "resourceManagerUrl")
_PORTS = {
    "nameNodeUrl": 9870,
    "resourceManagerUrl": 8088,
    "hueUrl": 8888,
    "hmasterUrl": 16010,
    "trinoUrl": 8780,
    "druidUrl": 3008,
    "supersetUrl": 4000,
}


def urls_of(clusterType: str, host: str) -> dict[str, str]:
    """Give the addresses of the web pages a cluster of this type has."""
    return {field: f"http://{host}:{_PORTS[field]}" for field in _URLS.get(clusterType.casefold(), _ANY_HADOOP)}


def facts_of(draft: Draft, *, owner: str) -> dict[str, Any]:
    """Give what a get will answer for a cluster made from `draft`; absent parts are left out."""
    facts: dict[str, Any] = {
        "isHa": draft.isHa,
        "vpcId": draft.vpcId,
        "subnetId": draft.subnetId,
        "securityGroupIds": list(draft.securityGroupIds) or [_made_up(f"group/{draft.securityGroupName}")],
        "keypairName": draft.keypairName,
        "monitoring": draft.monitoring,
        "imageName": f"{draft.clusterVersion}-{draft.clusterType}",
        "masterInfo": [_machine_info(draft.masterFlavorName, draft.masterVolumeSize)],
        "workerInfo": [_machine_info(draft.workerFlavorName, draft.workerVolumeSize)],
        "adminInfo": {"userId": draft.adminUserId or owner},
        "config": dict(draft.config),
    }
    if draft.userTask is not None:
        facts["userTask"] = _task(draft)
    if draft.hiveDbInfo is not None:
        facts["hiveDbInfo"] = _hive_db(draft)
    if draft.catalogId is not None:
        facts["dataCatalogInfo"] = _catalog(draft, draft.catalogId)
    if draft.redisInfo is not None:
        facts["redisInfo"] = _redis(draft)
    return facts


def _machine_info(flavorName: str, volumeSize: int) -> dict[str, Any]:
    return {"flavorId": _made_up(f"flavor/{flavorName}"), "flavorName": flavorName, "volumeSize": volumeSize}


def _task(draft: Draft) -> dict[str, Any]:
    task = dict(draft.userTask or {})
    if "logBucketName" in task:
        task["logUrl"] = f"{_BUCKETS}/{quote(task['logBucketName'])}/HadoopEco/{quote(draft.name)}"
    return task


def _hive_db(draft: Draft) -> dict[str, Any]:
    info = dict(draft.hiveDbInfo or {})
    name = f"mysql-{info['objectId'][:8]}"
    return {
        "objectId": info["objectId"],
        "subnetId": draft.subnetId,
        "name": name,
        "host": f"{name}.mysql.internal",
        "port": 3306,
        "dbName": info["dbName"],
        "userId": info["userId"],
    }


def _catalog(draft: Draft, catalogId: str) -> dict[str, Any]:
    name = f"catalog-{catalogId[:8]}"
    return {
        "metastoreUri": f"thrift://{name}.datacatalog.internal:9083",
        "catalogId": catalogId,
        "catalogName": name,
        "vpcId": draft.vpcId,
        "vpcName": f"vpc-{draft.vpcId[:8]}",
        "subnetId": draft.subnetId,
        "subnetName": f"subnet-{draft.subnetId[:8]}",
    }


def _redis(draft: Draft) -> dict[str, Any]:
    info = dict(draft.redisInfo or {})
    name = f"redis-{info['objectId'][:8]}"
    return {
        "objectId": info["objectId"],
        "name": name,
        "subnetId": draft.subnetId,
        "primaryEndpoint": f"{name}.redis.internal",
        "readEndpoint": f"{name}-ro.redis.internal",
        "clusterEnabled": False,
        "port": 6379,
        "dbIdSupersetCelery": info["dbIdSupersetCelery"],
        "dbIdSupersetResults": info["dbIdSupersetResults"],
    }


def _made_up(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, name))
