"""Ready `%%heco_create` cells: from nothing, or from a cluster that is there."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain, width
from heco_jupyter.api.model.fields import BY_PATH, FieldKind, children

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.api.model.cluster import Cluster

_COMMENT_AT = 48
_EXAMPLE: dict[str, Any] = {
    "name": "my-cluster",
    "clusterType": "hadoop",
    "clusterVersion": "hde-2.0.1",
    "isHa": False,
    "masterFlavorName": "m2a.xlarge",
    "masterVolumeSize": 50,
    "workerCnt": 3,
    "workerFlavorName": "m2a.xlarge",
    "workerVolumeSize": 100,
    "monitoring": True,
    "keypairName": "my-keypair",
    "vpcId": "3ebb3020-d416-f1a4-534c-d3ad0fa1bec0",
    "subnetId": "5c1632bf-a7da-fdbf-a594-e6a7bedb328c",
    "securityGroupName": "my-cluster",
    "config": {"hdfsReplication": 3, "hdfsBlockSize": 128},
}
_SETTINGS = {
    "configurations": [{"classification": "core-site", "properties": {"io.file.buffer.size": "65536"}}],
}
_TASKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "hive": {
        "name": "my-hive-job",
        "config": {"hdfsReplication": 3, "hdfsBlockSize": 128, "configText": _SETTINGS},
        "userTask": {
            "type": "hive",
            "terminationPolicy": "onSuccess",
            "hiveQuery": "create table if not exists t1 (col1 string);\ninsert into table t1 values ('a'), ('b');\n",
            "execOpts": "--hiveconf hive.tez.container.size=1024",
            "logBucketName": "my-bucket",
        },
    },
    "spark": {
        "name": "my-spark-job",
        "config": {
            "hdfsReplication": 3,
            "hdfsBlockSize": 128,
            "userScript": "#!/bin/bash\necho hello from $(hostname)\n",
        },
        "userTask": {
            "type": "spark",
            "terminationPolicy": "onSuccess",
            "fileUrl": "https://objectstorage.kr-central-2.kakaocloud.com/v1/PROJECT/my-bucket/spark_example.jar",
            "deployMode": "cluster",
            "execOpts": "--class org.apache.spark.examples.SparkPi --master yarn",
            "logBucketName": "my-bucket",
        },
    },
}


_ACCOUNT = """\
# adminInfo:                                    # the account of Hue and Superset; the IAM account by default
#   userId: admin
#   userPw: !secret HUE_PASSWORD                # an environment variable, or asked for and hidden
"""


class _Tagged(str):
    """A scalar with a tag of the cell magic's, such as `!secret`."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(_Tagged, lambda dumper, name: dumper.represent_scalar("!secret", str(name)))
_QUOTED_NAME = re.compile(r"^( *[^\s:][^:]*: !secret) '(\w+)'$", re.MULTILINE)  # as the dumper writes what has a tag


def template(kind: str) -> str:
    """Return a cell that creates a cluster: `plain`, or with a `hive` or `spark` job."""
    spec = _EXAMPLE | _TASKS[kind]
    head = "# Put your own key pair, VPC and subnet; --dry-run shows the request and sends nothing.\n"
    return f"%%heco_create cluster --wait\n{head}{_commented(spec)}{_ACCOUNT}"


def clone(cluster: Cluster) -> str:
    """Return a cell that creates a cluster like `cluster`.

    Passwords, which the API does not tell, and secrets in the settings become `!secret`; user scripts are not known.
    """
    raw = cluster.raw
    spec: dict[str, Any] = {
        name: raw[name] for name in ("name", "clusterType", "clusterVersion", "isHa") if name in raw
    }
    for role in ("master", "worker"):
        spec |= _machines(raw, role)
    copied = ("monitoring", "keypairName", "vpcId", "subnetId", "securityGroupIds")
    spec |= {name: raw[name] for name in copied if raw.get(name) is not None}
    spec |= {name: value for name in _PARTS if (value := _part(name, raw.get(name)))}
    if spec.get("adminInfo", {}).get("userId") == raw.get("owner"):
        spec.pop("adminInfo", None)  # whose it is gets it by default, without a password
    known = {name: spec[name] for name in children("") if name in spec}
    notes = []
    if not cluster.state.is_terminated:
        notes.append("# The name is in use while the other cluster lives: choose another.\n")
    missing = [name for name, field in children("").items() if field.required and name not in known]
    if missing:
        notes.append(f"# The API does not tell these, fill them in: {', '.join(missing)}\n")
    notes.append("# A user script, if there was one, is not told by the API.\n")
    head = f"%%heco_create cluster --dry-run\n# Like {cluster.display_name}, {plain(cluster.id)}.\n"
    return f"{head}{''.join(notes)}{_commented(known)}"


_PARTS = ("adminInfo", "config", "userTask", "hiveDbInfo", "dataCatalogInfo", "redisInfo")
_SECRET_KEY = re.compile(r"password|passwd|secret|token$|access[._-]?key$", re.IGNORECASE)
_PASSWORDS = {"adminInfo": "HUE_PASSWORD", "hiveDbInfo": "HIVE_DB_PASSWORD"}


def _machines(raw: Mapping[str, Any], role: str) -> dict[str, Any]:
    kinds = raw.get(f"{role}Info")
    kind = kinds[0] if isinstance(kinds, list) and kinds and isinstance(kinds[0], dict) else {}
    found = {f"{role}FlavorName": kind.get("flavorName"), f"{role}VolumeSize": kind.get("volumeSize")}
    if role == "worker":
        found["workerCnt"] = raw.get("workerCnt") or None  # a terminated cluster's counts are zeroed
    return {name: value for name, value in found.items() if value is not None}


def _part(name: str, told: Any) -> dict[str, Any]:
    """Return what a create takes of one of the objects that the API tells."""
    if not isinstance(told, dict):
        return {}
    part = {key: told[key] for key in children(name) if told.get(key) is not None}
    if "configText" in part:
        part["configText"] = _as_mapping(part["configText"])
    if name in _PASSWORDS and part:
        part["userPw"] = _Tagged(_PASSWORDS[name])
    return part


def _as_mapping(text: Any) -> Any:
    """Return settings as the mapping they encode, where that sends the same again or there is something to hide."""
    try:
        decoded = base64.b64decode(text, validate=True).decode()
        settings = json.loads(decoded)
    except (binascii.Error, ValueError, TypeError):
        return text
    if not isinstance(settings, dict):
        return text
    shown = _without_secrets(settings)
    return shown if shown != settings or json.dumps(settings, ensure_ascii=False) == decoded else text


def _without_secrets(settings: Any, key: str = "") -> Any:
    """Return settings with `!secret` in place of what was secret in this process, or is by its name."""
    if isinstance(settings, dict):
        return {name: _without_secrets(value, name) for name, value in settings.items()}
    if isinstance(settings, list):
        return [_without_secrets(value, key) for value in settings]
    if isinstance(settings, str) and settings and (_SECRET_KEY.search(key) or mask(settings) != settings):
        return _Tagged(re.sub(r"\W+", "_", key).strip("_").upper() or "CONFIG_SECRET")
    return settings


def _commented(spec: Mapping[str, Any]) -> str:
    """Return YAML with each field's meaning beside it."""
    dumped = yaml.dump(dict(spec), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    dumped = _QUOTED_NAME.sub(r"\1 \2", dumped)
    lines, parent = [], ""
    for line in dumped.splitlines():
        indent, (key, colon, value) = len(line) - len(line.lstrip()), line.strip().partition(":")
        if not indent:
            parent = key
        path = key if not indent else f"{parent}.{key}" if indent == 2 else ""  # noqa: PLR2004 (YAML's own step)
        field = BY_PATH.get(path) if colon else None
        plain_value = value.strip() not in ("|", "|-", "|+", ">") or (field and field.kind == FieldKind.OBJECT)
        room = _COMMENT_AT - width(line)
        fits = field and plain_value and room > 0
        lines.append(f"{line}{' ' * room}# {field.about}" if fits and field else line)
    return "\n".join(lines) + "\n"
