"""The rules for the bodies of writes. One refusal lists every problem of a body.

The results hold no secret: `userPw` and `userScript` are checked and dropped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.messages import JSON_TYPE
from heco_jupyter.emulator.object_reader import ObjectReader
from heco_jupyter.emulator.refusals import invalid_request
from heco_jupyter.emulator.spec import FAIL_MARK, ClusterSpec, TerminationPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.emulator.messages import Request

MAX_WORKERS = 1000
_MAX_REDIS_DB = 15


def read_json_object(request: Request) -> dict[str, Any]:
    """Return the body of a request, which must be a JSON object and be declared as JSON."""
    declared = (request.headers.get("Content-Type") or "").split(";")[0].strip().casefold()
    if declared != JSON_TYPE:
        raise invalid_request([f"Content-Type must be {JSON_TYPE}"])
    try:
        content = json.loads(request.body.decode(), parse_constant=_refuse_constant)
        json.dumps(content, ensure_ascii=False).encode()  # a lone surrogate can be parsed, but not sent back
    except (ValueError, RecursionError):
        raise invalid_request(["the body is not JSON"]) from None
    if not isinstance(content, dict):
        raise invalid_request(["the body must be a JSON object"])
    return content


def read_scale_count(body: Mapping[str, Any]) -> int:
    """Return the number of workers to add or remove."""
    reader = ObjectReader(body)
    count = reader.integer("scaleCnt", maximum=MAX_WORKERS)
    reader.raise_problems()
    return count


def read_spec(body: Mapping[str, Any]) -> ClusterSpec:
    """Check a create request against every rule of the API, and return its spec."""
    reader = ObjectReader(body)
    config = reader.object("config", required=True)
    replication = config.integer("hdfsReplication")
    workers = reader.integer("workerCnt", maximum=MAX_WORKERS)
    if 0 < workers < replication:
        reader.problems.append(f"workerCnt ({workers}) must not be less than config.hdfsReplication ({replication})")
    group_ids = reader.strings("securityGroupIds")
    group_name = reader.string("securityGroupName", required=False)
    if not group_ids and not group_name and "securityGroupIds" not in reader.refused:
        reader.problems.append("securityGroupIds or securityGroupName is required")
    admin = reader.object("adminInfo")
    admin.base64("userPw")
    spec = ClusterSpec(
        name=reader.string("name"),
        clusterType=reader.string("clusterType"),
        clusterVersion=reader.string("clusterVersion"),
        isHa=reader.boolean("isHa"),
        keypairName=reader.string("keypairName"),
        vpcId=reader.string("vpcId"),
        subnetId=reader.string("subnetId"),
        masterFlavorName=reader.string("masterFlavorName"),
        masterVolumeSize=reader.integer("masterVolumeSize"),
        workerFlavorName=reader.string("workerFlavorName"),
        workerVolumeSize=reader.integer("workerVolumeSize"),
        workerCnt=workers,
        monitoring=reader.boolean("monitoring"),
        config=_config(config, replication),
        securityGroupIds=group_ids,
        securityGroupName=group_name,
        adminUserId=admin.string("userId", required=False),
        userTask=_user_task(reader),
        hiveDbInfo=_hive_db_info(reader),
        catalogId=_catalog_id(reader),
        redisInfo=_redis_info(reader),
        installFails=FAIL_MARK.encode() in config.base64("userScript"),
    )
    reader.raise_problems()
    return spec


def _config(config: ObjectReader, replication: int) -> dict[str, Any]:
    checked: dict[str, Any] = {"hdfsBlockSize": config.integer("hdfsBlockSize"), "hdfsReplication": replication}
    problem = _config_text_problem(config.base64("configText"))
    if problem:
        config.problems.append(f"config.configText {problem}")
    url = config.either("fileUrl", "configFileUrl")
    config.string("userScriptFileUrl", required=False)
    text = config.value("configText")
    return checked | ({"configText": text} if text else {}) | ({"configFileUrl": url} if url else {})


def _config_text_problem(text: bytes) -> str | None:
    if not text:
        return None
    try:
        content = json.loads(text)  # with a byte order mark, too
    except (ValueError, RecursionError):
        return "must be Base64-encoded JSON"
    entries = content.get("configurations") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        return "must be Base64-encoded JSON: an object with a list named configurations"
    for entry in entries:
        is_classified = isinstance(entry, dict) and isinstance(entry.get("classification"), str)
        if not is_classified or not isinstance(entry.get("properties"), dict):
            return "must have a classification and a properties object in each of its configurations"
    return None


def _user_task(reader: ObjectReader) -> dict[str, str] | None:
    task = reader.object("userTask")
    if not task.is_present:
        return None
    fields = {
        "type": task.string("type", choices=("hive", "spark")),
        "terminationPolicy": task.string("terminationPolicy", choices=tuple(TerminationPolicy)),
        "fileUrl": task.string("fileUrl", required=False),
        "hiveQuery": task.string("hiveQuery", required=False),
        "deployMode": task.string("deployMode", required=False, choices=("cluster", "client")),
        "execOpts": task.string("execOpts", required=False),
        "execParams": task.string("execParams", required=False),
        "logBucketName": task.string("logBucketName", required=False),
    }
    return {name: text for name, text in fields.items() if text}


def _hive_db_info(reader: ObjectReader) -> dict[str, str] | None:
    info = reader.object("hiveDbInfo")
    if not info.is_present:
        return None
    info.base64("userPw", required=True)
    return {name: info.string(name) for name in ("objectId", "dbName", "userId")}


def _catalog_id(reader: ObjectReader) -> str | None:
    # The vendor's text uses one name, and its first example the other.
    catalogs = [reader.object(name) for name in ("dataCatalogInfo", "dataCatalog")]
    present = [catalog for catalog in catalogs if catalog.is_present]
    if len(present) > 1:
        reader.problems.append("give either dataCatalogInfo or dataCatalog, not both")
    return present[0].string("catalogId") if present else None


def _redis_info(reader: ObjectReader) -> dict[str, Any] | None:
    info = reader.object("redisInfo")
    if not info.is_present:
        return None
    return {
        "objectId": info.string("objectId"),
        "dbIdSupersetCelery": info.integer("dbIdSupersetCelery", default=0, minimum=0, maximum=_MAX_REDIS_DB),
        "dbIdSupersetResults": info.integer("dbIdSupersetResults", default=1, minimum=0, maximum=_MAX_REDIS_DB),
    }


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
