"""What will happen to a cluster that is created, scaled or terminated, laid out on its timeline in advance.

Each function takes a cluster and the current time, and returns the cluster with its new timeline. Durations are taken
from the vendor's examples or are typical of a cloud, divided by the speed of a `Pace`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heco_jupyter.emulator.details import detail_fields
from heco_jupyter.emulator.lifecycle import VM_RUNNING, vm_status_at
from heco_jupyter.emulator.model import Cluster, Ending, EndReason, ScaleDirection, Scaling
from heco_jupyter.emulator.vms import make_vm

if TYPE_CHECKING:
    from heco_jupyter.emulator.model import Vm
    from heco_jupyter.emulator.spec import ClusterSpec

INSTALL_SECONDS = 330.0
"""From createdAt to runningAt; in the vendor's examples, 334 to 574."""
FAILED_INSTALL_SECONDS = 240.0
"""From createdAt to the termination of a cluster whose installation fails."""
BOOT_SECONDS = 90.0
"""From createdAt of a VM until it is up."""
INSTALL_SPREAD_SECONDS = 180.0
"""The time over which the VMs of a new cluster are created."""
STAGGER_SECONDS = 30.0
"""From one VM to the next during a scale-out or scale-in."""
SCALE_SPREAD_SECONDS = 300.0
"""The most from the first VM to the last during a scale-out or scale-in."""
JOIN_SECONDS = 30.0
"""From the moment the last new worker is up to the end of a scale-out."""
LEAVE_SECONDS = 60.0
"""The time that a worker takes to leave."""
TASK_SECONDS = 600.0
"""The time that a user task takes."""
TERMINATION_SECONDS = 90.0
"""The time that a termination takes."""

HA_MASTERS = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How many times faster than in a cloud everything happens."""

    speed: float = 1.0

    def ms(self, seconds: float) -> int:
        """Return the milliseconds that `seconds` in a cloud take here, at least one to keep events in order."""
        return max(1, round(seconds * 1000 / self.speed))


def create(spec: ClusterSpec, *, cluster_id: str, owner: str, now: int, pace: Pace) -> Cluster:
    """Schedule the installation of a new cluster, and the termination if it fails or its user task asks for it."""
    ready = now + pace.ms(INSTALL_SECONDS)
    kinds = [(True, n + 1) for n in range(HA_MASTERS if spec.isHa else 1)]
    kinds += [(False, n + 1) for n in range(spec.workerCnt)]
    vms = []
    for ordinal, (isMaster, index) in enumerate(kinds):
        created = now + round(pace.ms(INSTALL_SPREAD_SECONDS) * ordinal / len(kinds))
        vms.append(
            make_vm(
                cluster_id,
                spec.name,
                index=index,
                isMaster=isMaster,
                flavorName=spec.masterFlavorName if isMaster else spec.workerFlavorName,
                ordinal=ordinal,
                createdAt=created,
                runningAt=min(created + pace.ms(BOOT_SECONDS), ready),
            )
        )
    cluster = Cluster(
        id=cluster_id,
        name=spec.name,
        owner=owner,
        clusterType=spec.clusterType,
        clusterVersion=spec.clusterVersion,
        createdAt=now,
        readyAt=ready,
        detailFields=detail_fields(spec, owner=owner),
        vms=tuple(vms),
    )
    if spec.installFails:
        failed = now + min(pace.ms(FAILED_INSTALL_SECONDS), ready - now - 1)
        return terminate(cluster, now=failed, pace=pace, reason=EndReason.ERROR)
    if spec.taskTerminates:
        return terminate(cluster, now=ready + pace.ms(TASK_SECONDS), pace=pace, reason=EndReason.USER_TASK)
    return cluster


def terminate(cluster: Cluster, *, now: int, pace: Pace, reason: EndReason = EndReason.USER) -> Cluster:
    """Schedule the termination of a cluster, starting at `now`."""
    return replace(cluster, ending=Ending(reason, now, now + pace.ms(TERMINATION_SECONDS)), loadedItem=None)


def scale_out(cluster: Cluster, count: int, *, now: int, pace: Pace) -> Cluster:
    """Schedule `count` more workers, one after another."""
    first = max((vm.index for vm in _workers(cluster, now)), default=0) + 1
    added = [
        make_vm(
            cluster.id,
            cluster.name,
            index=first + n,
            isMaster=False,
            flavorName=_worker_flavor(cluster),
            ordinal=len(cluster.vms) + n,
            createdAt=start,
            runningAt=start + pace.ms(BOOT_SECONDS),
        )
        for n, start in enumerate(_staggered(count, now, pace))
    ]
    scaling = Scaling(ScaleDirection.OUT, now, added[-1].runningAt + pace.ms(JOIN_SECONDS))
    return replace(cluster, vms=(*cluster.vms, *added), scaling=scaling, loadedItem=None)


def scale_in(cluster: Cluster, count: int, *, now: int, pace: Pace) -> Cluster:
    """Schedule `count` fewer workers: those with the highest index leave, one after another."""
    last_first = sorted(_workers(cluster, now), key=lambda vm: vm.index, reverse=True)
    leaving: dict[str, Vm] = {}
    end = now
    for vm, start in zip(last_first, _staggered(count, now, pace), strict=False):
        end = start + pace.ms(LEAVE_SECONDS)
        leaving[vm.instanceId] = replace(vm, leavingAt=start, goneAt=end)
    vms = tuple(leaving.get(vm.instanceId, vm) for vm in cluster.vms)
    return replace(cluster, vms=vms, scaling=Scaling(ScaleDirection.IN, now, end), loadedItem=None)


def reschedule(cluster: Cluster, *, now: int, factor: float) -> Cluster:
    """Stretch the future of a cluster by `factor`; its past does not change."""

    def stretched(time: int) -> int:
        return time if time <= now else now + max(1, round((time - now) * factor))

    def stretched_or_none(time: int | None) -> int | None:
        return None if time is None else stretched(time)

    scaling, ending = cluster.scaling, cluster.ending
    if scaling:
        scaling = replace(scaling, startsAt=stretched(scaling.startsAt), endsAt=stretched(scaling.endsAt))
    if ending:
        ending = replace(ending, startsAt=stretched(ending.startsAt), endsAt=stretched(ending.endsAt))
    return replace(
        cluster,
        readyAt=stretched(cluster.readyAt),
        vms=tuple(
            replace(
                vm,
                createdAt=stretched(vm.createdAt),
                runningAt=stretched(vm.runningAt),
                leavingAt=stretched_or_none(vm.leavingAt),
                goneAt=stretched_or_none(vm.goneAt),
            )
            for vm in cluster.vms
        ),
        scaling=scaling,
        ending=ending,
    )


def _staggered(count: int, now: int, pace: Pace) -> list[int]:
    """Return the times at which `count` VMs begin to boot or to leave."""
    stagger = min(STAGGER_SECONDS, SCALE_SPREAD_SECONDS / count)
    return [now + pace.ms(stagger * n) if n else now for n in range(count)]


def _workers(cluster: Cluster, now: int) -> list[Vm]:
    return [vm for vm in cluster.vms if not vm.isMaster and vm_status_at(cluster, vm, now) == VM_RUNNING]


def _worker_flavor(cluster: Cluster) -> str:
    info = cluster.detailFields.get("workerInfo")
    if info:
        return str(info[0]["flavorName"])
    return next((vm.flavorName for vm in cluster.vms if not vm.isMaster), "m2a.xlarge")
