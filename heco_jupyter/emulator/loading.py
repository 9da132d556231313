"""Loaded clusters and VMs: frozen as they were loaded, until the first write gives the cluster a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.lifecycle import RUNNING
from heco_jupyter.emulator.model import Cluster, Vm
from heco_jupyter.emulator.vms import make_vm

if TYPE_CHECKING:
    from collections.abc import Sequence

_FLAVOR = "m2a.xlarge"
# Fields that the timeline determines once there is one. All other fields of an item stay as they were loaded.
_TIMELINE_FIELDS = frozenset(
    {"id", "name", "status", "owner", "clusterType", "clusterVersion", "isScalable", "apiKeyStatus"}
    | {"masterCnt", "workerCnt", "nodeCnt", "createdAt", "runningAt", "elapsedTime", "totalVmUptime"}
)


def items_of(page_or_items: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of a page, or of a list of items.

    Raises
    ------
    ValueError
        If it is neither.
    """
    items: Any = page_or_items.get("content") if isinstance(page_or_items, Mapping) else page_or_items
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise ValueError(  # noqa: TRY004 (the content of a file is a value)
            "expected a page of the API, with a list named content, or a list of items"
        )
    checked = list(items)
    if not all(isinstance(item, Mapping) for item in checked):
        raise ValueError("every item must be an object")
    return [dict(item) for item in checked]


def frozen_cluster(item: Mapping[str, Any]) -> Cluster:
    """Return a cluster that is served exactly as `item`.

    Raises
    ------
    ValueError
        If `item` has no id.
    """
    if not isinstance(item.get("id"), str):
        raise ValueError("every cluster must have an id")  # noqa: TRY004 (the content of a file is a value)
    created = _int_or(item.get("createdAt"), 0)
    return Cluster(
        id=item["id"],
        name=str(item.get("name", "")),
        owner=str(item.get("owner", "")),
        clusterType=str(item.get("clusterType", "hadoop")),
        clusterVersion=str(item.get("clusterVersion", "")),
        createdAt=created,
        readyAt=_int_or(item.get("runningAt"), created),
        apiKeyStatus=str(item.get("apiKeyStatus", "impossible")),
        detailFields={field: value for field, value in item.items() if field not in _TIMELINE_FIELDS},
        loadedItem=dict(item),
    )


def unfreeze(cluster: Cluster, vms: Sequence[Mapping[str, Any]] | None, *, now: int) -> Cluster:
    """Return the cluster with a timeline that continues from the state in which it was loaded.

    Parameters
    ----------
    cluster
        Any cluster. If it is not frozen, only its VMs change.
    vms
        The VMs that were loaded for it, or `None` to make as many as its counts say.
    now
        The current time.
    """
    item = cluster.loadedItem
    if vms is not None:
        cluster = replace(cluster, vms=tuple(_vm_from(vm, cluster, now) for vm in vms))
    elif item is not None:
        cluster = replace(cluster, vms=_vms_by_count(cluster, now))
    if item is None:
        return cluster
    ready = min(cluster.readyAt, now) if str(item.get("status", "")).startswith(RUNNING) else now + 1
    return replace(cluster, readyAt=ready, loadedItem=None)


def _vms_by_count(cluster: Cluster, now: int) -> tuple[Vm, ...]:
    item = cluster.loadedItem or {}
    masters, workers = _int_or(item.get("masterCnt"), 0), _int_or(item.get("workerCnt"), 0)
    kinds = [(True, n + 1) for n in range(masters)] + [(False, n + 1) for n in range(workers)]
    created = min(cluster.createdAt, now)
    return tuple(
        make_vm(
            cluster.id,
            cluster.name,
            index=index,
            isMaster=isMaster,
            flavorName=_FLAVOR,
            ordinal=ordinal,
            createdAt=created,
            runningAt=created,
        )
        for ordinal, (isMaster, index) in enumerate(kinds)
    )


def _vm_from(item: Mapping[str, Any], cluster: Cluster, now: int) -> Vm:
    created = min(_int_or(item.get("createdAt"), cluster.createdAt), now)
    floating = item.get("floatingIp")
    return Vm(
        name=str(item.get("name", "")),
        instanceId=str(item.get("instanceId", "")),
        index=_int_or(item.get("index"), 0),
        isMaster=item.get("isMaster") is True,
        flavorName=str(item.get("flavorName", _FLAVOR)),
        ip=str(item.get("ip", "")),
        createdAt=created,
        runningAt=created,
        floatingIp=None if floating is None else str(floating),
    )


def _int_or(value: Any, default: int) -> int:
    return value if isinstance(value, int) else default
