"""A spec like an existing cluster: what a create takes of what a get returns."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.model.fields import children
from heco_jupyter.api.spec.base64_text import encode, settings_in
from heco_jupyter.api.spec.dumping import SecretName
from heco_jupyter.api.spec.settings import assigned_secrets, is_secret, secret_variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.api.model.cluster import Cluster

_COPIED = ("name", "clusterType", "clusterVersion", "isHa")
_COPIED_IF_KNOWN = ("monitoring", "keypairName", "vpcId", "subnetId", "securityGroupIds")
_OBJECTS = ("adminInfo", "config", "userTask", "hiveDbInfo", "dataCatalogInfo", "redisInfo")
_PASSWORDS = {"adminInfo": "HUE_PASSWORD", "hiveDbInfo": "HIVE_DB_PASSWORD"}


def spec_like(cluster: Cluster) -> dict[str, Any]:
    """Return the spec that creates a cluster like this one, as far as the API tells it.

    Passwords, which the API does not return, and secrets in the settings become `SecretName`s. A user script is not
    returned either. What is required and missing is in `missing_fields`.

    Parameters
    ----------
    cluster
        As `Client.get_cluster` returns it.
    """
    raw = cluster.raw
    spec: dict[str, Any] = {name: raw[name] for name in _COPIED if name in raw}
    for role in ("master", "worker"):
        spec |= _nodes(raw, role)
    spec |= {name: raw[name] for name in _COPIED_IF_KNOWN if raw.get(name) is not None}
    spec |= {name: value for name in _OBJECTS if (value := _object(name, raw.get(name)))}
    if spec.get("adminInfo", {}).get("userId") == raw.get("owner"):
        spec.pop("adminInfo", None)  # the owner is the default, and needs no password
    return {name: spec[name] for name in children("") if name in spec}


def missing_fields(spec: Mapping[str, Any]) -> list[str]:
    """Return the required fields that are not in a spec."""
    return [name for name, field in children("").items() if field.required and name not in spec]


def _nodes(raw: Mapping[str, Any], role: str) -> dict[str, Any]:
    items = raw.get(f"{role}Info")
    first = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    found = {f"{role}FlavorName": first.get("flavorName"), f"{role}VolumeSize": first.get("volumeSize")}
    if role == "worker":
        found["workerCnt"] = raw.get("workerCnt") or None  # a terminated cluster's counts are zeroed
    return {name: value for name, value in found.items() if value is not None}


def _object(name: str, value: Any) -> dict[str, Any]:
    """Return what a create takes of one of the objects that a get returns."""
    if not isinstance(value, dict):
        return {}
    part = {key: value[key] for key in children(name) if value.get(key) is not None}
    settings = _decoded_settings(part["configText"]) if "configText" in part else None
    part = {key: _without_secrets(item, key) for key, item in part.items()}
    if settings is not None:
        part["configText"] = settings
    if name in _PASSWORDS and part:
        part["userPw"] = SecretName(_PASSWORDS[name])
    return part


def _decoded_settings(text: Any) -> Any:
    """Return settings as a mapping, where encoding that gives the same text again or there is a secret to hide."""
    try:
        settings = settings_in(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, TypeError):
        return text
    if not isinstance(settings, dict):
        return text
    shown = _without_secrets(settings)
    return shown if shown != settings or encode(json.dumps(settings, ensure_ascii=False)) == text else text


def _without_secrets(settings: Any, key: str = "") -> Any:
    """Return settings, or a text, with a `SecretName` for what is known as a secret, is called one, or assigns one."""
    if isinstance(settings, dict):
        return {name: _without_secrets(value, name) for name, value in settings.items()}
    if isinstance(settings, list):
        return [_without_secrets(value, key) for value in settings]
    is_told = isinstance(settings, str) and (mask(settings) != settings or bool(assigned_secrets(settings)))
    return SecretName(secret_variable(key)) if is_told or is_secret(key, settings) else settings
