"""The spec of a new cluster, checked and without its secrets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

FAIL_MARK = "emulator:fail"
"""In a userScript, this text makes the installation fail; in a hiveQuery or execParams, the user task."""


class TerminationPolicy(StrEnum):
    """When a cluster terminates after its user task; the value is the one in `userTask.terminationPolicy`."""

    NEVER = "never"
    ON_SUCCESS = "onSuccess"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A checked create request, in the API's own field names."""

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
        """Whether the cluster terminates once its user task is done."""
        task = self.userTask or {}
        failed = any(FAIL_MARK in task.get(field, "") for field in ("hiveQuery", "execParams"))
        policy = task.get("terminationPolicy")
        return policy == TerminationPolicy.ALWAYS or (policy == TerminationPolicy.ON_SUCCESS and not failed)
