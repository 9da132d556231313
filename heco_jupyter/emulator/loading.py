"""Clusters and VMs given from outside: served as they are, and set going by the first write to them."""

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
# What follows from the timeline once there is one; all else that an item holds is a fact.
_LIVE = frozenset(
    {"id", "name", "status", "owner", "clusterType", "clusterVersion", "isScalable", "apiKeyStatus"}
    | {"masterCnt", "workerCnt", "nodeCnt", "createdAt", "runningAt", "elapsedTime", "totalVmUptime"}
)


def items_of(page_or_items: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Take the items out of a page, or a list of items as it is."""
    items: Any = page_or_items.get("content") if isinstance(page_or_items, Mapping) else page_or_items
    if isinstance(items, str) or not isinstance(items, Iterable):
        raise ValueError(  # noqa: TRY004 - what a file holds is a value
            "expected one of the API's pages, with its content, or a list of its items"
        )
    checked = list(items)
    if not all(isinstance(item, Mapping) for item in checked):
        raise ValueError("every item must be an object")
    return [dict(item) for item in checked]


def frozen_cluster(item: Mapping[str, Any]) -> Cluster:
    """Make a cluster that is served exactly as `item`."""
    if not isinstance(item.get("id"), str):
        raise ValueError("every cluster must have an id")  # noqa: TRY004 - what a file holds is a value
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
        facts={field: value for field, value in item.items() if field not in _LIVE},
        given=dict(item),
    )


def set_going(cluster: Cluster, vms: Sequence[Mapping[str, Any]] | None, *, now: int) -> Cluster:
    """Give a loaded cluster a timeline that starts where it was loaded.

    Parameters
    ----------
    cluster
        Any cluster; one that was not loaded only takes the VMs.
    vms
        The VMs it was loaded with, or `None` for as many as its counts say.
    now
        The time.
    """
    given = cluster.given
    if vms is not None:
        cluster = replace(cluster, vms=tuple(_vm_from(item, cluster, now) for item in vms))
    elif given is not None:
        cluster = replace(cluster, vms=_vms_by_count(cluster, now))
    if given is None:
        return cluster
    ready = min(cluster.readyAt, now) if str(given.get("status", "")).startswith(RUNNING) else now + 1
    return replace(cluster, readyAt=ready, given=None)


def _vms_by_count(cluster: Cluster, now: int) -> tuple[Vm, ...]:
    given = cluster.given or {}
    masters, workers = _int_or(given.get("masterCnt"), 0), _int_or(given.get("workerCnt"), 0)
    kinds = [(True, n + 1) for n in range(masters)] + [(False, n + 1) for n in range(workers)]
    born = min(cluster.createdAt, now)
    return tuple(
        make_vm(
            cluster.id,
            cluster.name,
            index=index,
            isMaster=isMaster,
            flavorName=_FLAVOR,
            ordinal=ordinal,
            createdAt=born,
            runningAt=born,
        )
        for ordinal, (isMaster, index) in enumerate(kinds)
    )


def _vm_from(item: Mapping[str, Any], cluster: Cluster, now: int) -> Vm:
    born = min(_int_or(item.get("createdAt"), cluster.createdAt), now)
    floating = item.get("floatingIp")
    return Vm(
        name=str(item.get("name", "")),
        instanceId=str(item.get("instanceId", "")),
        index=_int_or(item.get("index"), 0),
        isMaster=item.get("isMaster") is True,
        flavorName=str(item.get("flavorName", _FLAVOR)),
        ip=str(item.get("ip", "")),
        createdAt=born,
        runningAt=born,
        floatingIp=None if floating is None else str(floating),
    )


def _int_or(value: Any, default: int) -> int:
    return value if isinstance(value, int) else default
