"""Clusters and VMs as the API returns them: exactly the documented fields, in the documented order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.details import web_page_urls
from heco_jupyter.emulator.lifecycle import (
    RUNNING,
    counts_at,
    elapsed_at,
    running_at,
    status_at,
    vm_status_at,
    vm_uptime_at,
)

if TYPE_CHECKING:
    from heco_jupyter.emulator.model import Cluster, Vm

_DETAIL_ORDER = (
    *("id", "name", "owner", "clusterType", "clusterVersion", "isHa", "isScalable", "status", "apiKeyStatus"),
    *("masterCnt", "workerCnt", "nodeCnt", "vpcId", "subnetId", "securityGroupIds", "keypairName", "monitoring"),
    *("imageName", "nameNodeUrl", "resourceManagerUrl", "hueUrl", "hmasterUrl", "trinoUrl", "druidUrl", "supersetUrl"),
    *("createdAt", "runningAt", "elapsedTime", "totalVmUptime", "masterInfo", "workerInfo", "adminInfo", "config"),
    *("userTask", "hiveDbInfo", "dataCatalogInfo", "redisInfo"),
)


def cluster_item(cluster: Cluster, now: int) -> dict[str, Any]:
    """Return the cluster as a list item. It always has all 14 fields: `runningAt` is null until the cluster runs."""
    if cluster.loadedItem is not None:
        return dict(cluster.loadedItem)
    status = status_at(cluster, now)
    counts = counts_at(cluster, now)
    return {
        "id": cluster.id,
        "name": cluster.name,
        "status": status,
        "owner": cluster.owner,
        "clusterType": cluster.clusterType,
        "clusterVersion": cluster.clusterVersion,
        "isScalable": status == RUNNING,
        "apiKeyStatus": cluster.apiKeyStatus if status.startswith(RUNNING) else "impossible",
        "masterCnt": counts.masters,
        "workerCnt": counts.workers,
        "nodeCnt": counts.masters + counts.workers,
        "createdAt": cluster.createdAt,
        "runningAt": running_at(cluster, now),
        "elapsedTime": elapsed_at(cluster, now),
    }


def cluster_details(cluster: Cluster, now: int) -> dict[str, Any]:
    """Return the cluster as a GET of it does, without the fields that are absent."""
    if cluster.loadedItem is not None:
        return dict(cluster.loadedItem)
    known = {**cluster_item(cluster, now), **cluster.detailFields, "totalVmUptime": vm_uptime_at(cluster, now)}
    if known["status"].startswith(RUNNING):
        known |= web_page_urls(cluster.clusterType, next((vm.ip for vm in cluster.vms if vm.isMaster), "127.0.0.1"))
    return {field: known[field] for field in _DETAIL_ORDER if known.get(field) is not None}


def cluster_summary(cluster: Cluster, now: int) -> dict[str, Any]:
    """Return the body of the response to every write."""
    return {"id": cluster.id, "name": cluster.name, "status": status_at(cluster, now)}


def vm_items(cluster: Cluster, now: int) -> list[dict[str, Any]]:
    """Return the existing VMs of a cluster as list items."""
    states = ((vm, vm_status_at(cluster, vm, now)) for vm in cluster.vms)
    return [_vm_item(vm, status) for vm, status in states if status is not None]


def _vm_item(vm: Vm, status: str) -> dict[str, Any]:
    item = {
        "name": vm.name,
        "instanceId": vm.instanceId,
        "index": vm.index,
        "isMaster": vm.isMaster,
        "status": status,
        "flavorName": vm.flavorName,
        "ip": vm.ip,
        "floatingIp": vm.floatingIp,
        "createdAt": vm.createdAt,
    }
    if vm.floatingIp is None:
        del item["floatingIp"]
    return item
