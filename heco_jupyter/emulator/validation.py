"""The rules for the bodies of writes. Every problem of a body is found before any is reported.

What comes out has no password in it: a `userPw` is checked and forgotten, and so is a user script.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.errors import invalid
from heco_jupyter.emulator.messages import JSON_TYPE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.emulator.messages import Request

FAIL_MARK = "emulator:fail"
"""A user script with these words makes the installation fail; a hiveQuery or execParams with them, the user task."""

MAX_WORKERS = 1000
_MAX_INT = 2**31 - 1
_MAX_REDIS_DB = 15


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked request for a cluster, in the API's own words and without its secrets."""

    name: str
    clusterType: str
    clusterVersion: str
    isHa: bool
    keypairName: str
    vpcId: str
    subnetId: str
    masterFlavorName: str
    masterVolumeSize: int
    workerFlavorName: str
    workerVolumeSize: int
    workerCnt: int
    monitoring: bool
    config: Mapping[str, Any]
    securityGroupIds: tuple[str, ...] = ()
    securityGroupName: str = ""
    adminUserId: str = ""
    userTask: Mapping[str, Any] | None = None
    hiveDbInfo: Mapping[str, str] | None = None
    catalogId: str | None = None
    redisInfo: Mapping[str, Any] | None = None
    installFails: bool = False

    @property
    def taskTerminates(self) -> bool:
        """Whether the user task, once it is done, takes the cluster with it."""
        task = self.userTask or {}
        failed = any(FAIL_MARK in task.get(key, "") for key in ("hiveQuery", "execParams"))
        policy = task.get("terminationPolicy")
        return policy == "always" or (policy == "onSuccess" and not failed)


def read_object(request: Request) -> dict[str, Any]:
    """Read a body that must be a JSON object, declared as JSON."""
    declared = (request.headers.get("Content-Type") or "").split(";")[0].strip().casefold()
    if declared != JSON_TYPE:
        raise invalid([f"Content-Type must be {JSON_TYPE}"])
    try:
        content = json.loads(request.body.decode(), parse_constant=_refuse_constant)
        json.dumps(content, ensure_ascii=False).encode()  # half a surrogate pair reads well and cannot be written
    except (ValueError, RecursionError):
        raise invalid(["the body is not JSON"]) from None
    if not isinstance(content, dict):
        raise invalid(["the body must be a JSON object"])
    return content


def read_scale(body: Mapping[str, Any]) -> int:
    """Read the number of workers to add or to remove."""
    fields = _Fields(body)
    count = fields.integer("scaleCnt", maximum=MAX_WORKERS)
    fields.finish()
    return count


def read_draft(body: Mapping[str, Any]) -> Draft:
    """Check a request for a cluster against every rule of the API."""
    fields = _Fields(body)
    config = fields.part("config", required=True)
    replication = config.integer("hdfsReplication")
    workers = fields.integer("workerCnt", maximum=MAX_WORKERS)
    if 0 < workers < replication:
        fields.problems.append(f"workerCnt ({workers}) must not be less than config.hdfsReplication ({replication})")
    groups = fields.texts("securityGroupIds")
    group = fields.text("securityGroupName", required=False)
    if not groups and not group and "securityGroupIds" not in fields.refused:
        fields.problems.append("one of securityGroupIds and securityGroupName is required")
    admin = fields.part("adminInfo")
    admin.base64("userPw")
    draft = Draft(
        name=fields.text("name"),
        clusterType=fields.text("clusterType"),
        clusterVersion=fields.text("clusterVersion"),
        isHa=fields.flag("isHa"),
        keypairName=fields.text("keypairName"),
        vpcId=fields.text("vpcId"),
        subnetId=fields.text("subnetId"),
        masterFlavorName=fields.text("masterFlavorName"),
        masterVolumeSize=fields.integer("masterVolumeSize"),
        workerFlavorName=fields.text("workerFlavorName"),
        workerVolumeSize=fields.integer("workerVolumeSize"),
        workerCnt=workers,
        monitoring=fields.flag("monitoring"),
        config=_config(config, replication),
        securityGroupIds=groups,
        securityGroupName=group,
        adminUserId=admin.text("userId", required=False),
        userTask=_user_task(fields),
        hiveDbInfo=_hive_db(fields),
        catalogId=_catalog_id(fields),
        redisInfo=_redis(fields),
        installFails=FAIL_MARK.encode() in config.base64("userScript"),
    )
    fields.finish()
    return draft


def _config(config: _Fields, replication: int) -> dict[str, Any]:
    checked: dict[str, Any] = {"hdfsBlockSize": config.integer("hdfsBlockSize"), "hdfsReplication": replication}
    problem = _configurations_problem(config.base64("configText"))
    if problem:
        config.problems.append(f"config.configText {problem}")
    url = config.either("fileUrl", "configFileUrl")
    config.text("userScriptFileUrl", required=False)
    text = config.value("configText")
    return checked | ({"configText": text} if text else {}) | ({"configFileUrl": url} if url else {})


def _configurations_problem(text: bytes) -> str | None:
    if not text:
        return None
    try:
        content = json.loads(text.decode())
    except (ValueError, RecursionError):
        return "must be the Base64 of JSON"
    entries = content.get("configurations") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        return "must be the Base64 of a JSON object with a list named configurations"
    for entry in entries:
        named = isinstance(entry, dict) and isinstance(entry.get("classification"), str)
        if not named or not isinstance(entry.get("properties"), dict):
            return "must give a classification and an object of properties in each of its configurations"
    return None


def _user_task(fields: _Fields) -> dict[str, str] | None:
    task = fields.part("userTask")
    if not task.given:
        return None
    words = {
        "type": task.text("type", among=("hive", "spark")),
        "terminationPolicy": task.text("terminationPolicy", among=("never", "onSuccess", "always")),
        "fileUrl": task.text("fileUrl", required=False),
        "hiveQuery": task.text("hiveQuery", required=False),
        "deployMode": task.text("deployMode", required=False, among=("cluster", "client")),
        "execOpts": task.text("execOpts", required=False),
        "execParams": task.text("execParams", required=False),
        "logBucketName": task.text("logBucketName", required=False),
    }
    return {key: word for key, word in words.items() if word}


def _hive_db(fields: _Fields) -> dict[str, str] | None:
    info = fields.part("hiveDbInfo")
    if not info.given:
        return None
    info.base64("userPw", required=True)
    return {key: info.text(key) for key in ("objectId", "dbName", "userId")}


def _catalog_id(fields: _Fields) -> str | None:
    # The vendor's text has one spelling and its first example the other.
    spellings = [part for part in (fields.part("dataCatalogInfo"), fields.part("dataCatalog")) if part.given]
    if len(spellings) > 1:
        fields.problems.append("give one of dataCatalogInfo and dataCatalog, not both")
    return spellings[0].text("catalogId") if spellings else None


def _redis(fields: _Fields) -> dict[str, Any] | None:
    info = fields.part("redisInfo")
    if not info.given:
        return None
    return {
        "objectId": info.text("objectId"),
        "dbIdSupersetCelery": info.integer("dbIdSupersetCelery", default=0, minimum=0, maximum=_MAX_REDIS_DB),
        "dbIdSupersetResults": info.integer("dbIdSupersetResults", default=1, minimum=0, maximum=_MAX_REDIS_DB),
    }


@dataclass(slots=True)
class _Fields:
    """The fields of an object and what is wrong with them.

    Each method gives the value of a field, or an empty one after noting the problem.
    """

    content: Mapping[str, Any]
    prefix: str = ""
    problems: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    given: bool = True

    def value(self, key: str) -> Any:
        return self.content.get(key)

    def refuse(self, key: str, what: str) -> None:
        self.refused.add(key)
        self.problems.append(f"{self.prefix}{key} {what}")

    def finish(self) -> None:
        if self.problems:
            raise invalid(self.problems)

    def text(self, key: str, *, required: bool = True, among: tuple[str, ...] = ()) -> str:
        value = self.value(key)
        if value is None:
            if required:
                self.refuse(key, "is required")
        elif not isinstance(value, str):
            self.refuse(key, "must be a string")
        elif among and value not in among:
            self.refuse(key, f"must be one of {', '.join(among)}")
        elif required and not value.strip():
            self.refuse(key, "must not be empty")
        else:
            return value
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.value(key)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            self.refuse(key, "must be a list of strings")
            return ()
        return tuple(value)

    def flag(self, key: str) -> bool:
        value = self.value(key)
        if value is None:
            self.refuse(key, "is required")
        elif not isinstance(value, bool):
            self.refuse(key, "must be true or false")
        return value is True

    def integer(self, key: str, *, default: int | None = None, minimum: int = 1, maximum: int = _MAX_INT) -> int:
        value = self.value(key)
        if value is None:
            if default is None:
                self.refuse(key, "is required")
            return default or 0
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, "must be an integer")
        elif value < minimum:
            self.refuse(key, f"must be at least {minimum}")
        elif value > maximum:
            self.refuse(key, f"must be at most {maximum}")
        else:
            return value
        return 0

    def base64(self, key: str, *, required: bool = False) -> bytes:
        text = self.text(key, required=required)
        if key in self.refused or self.value(key) is None:
            return b""
        try:
            decoded = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            decoded = b""
        if not decoded:
            self.refuse(key, "must be Base64")
        return decoded

    def either(self, first: str, second: str) -> str:
        texts = [self.text(key, required=False) for key in (first, second)]
        if all(texts):
            self.problems.append(f"give one of {self.prefix}{first} and {self.prefix}{second}, not both")
        return texts[0] or texts[1]

    def part(self, key: str, *, required: bool = False) -> _Fields:
        value = self.value(key)
        prefix = f"{self.prefix}{key}."
        if isinstance(value, dict):
            return _Fields(value, prefix, self.problems)
        if value is not None or required:
            self.refuse(key, "is required" if value is None else "must be an object")
        # What an object that is not there should hold is no problem of its own.
        return _Fields({}, prefix, [], given=False)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
