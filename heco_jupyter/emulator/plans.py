"""What happens to a cluster when it is created, scaled or terminated: a new timeline, laid out in advance.

Each function takes a cluster and the time and gives the cluster with what is now planned. Durations are what the
vendor's examples show or what a cloud would take, divided by the speed of the `Pace`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from heco_jupyter.emulator.details import facts_of
from heco_jupyter.emulator.lifecycle import VM_RUNNING, vm_status_at
from heco_jupyter.emulator.model import Cluster, Ending, Scaling
from heco_jupyter.emulator.vms import make_vm

if TYPE_CHECKING:
    from heco_jupyter.emulator.model import Vm
    from heco_jupyter.emulator.validation import Draft

INSTALL = 330.0
"""Seconds from createdAt to runningAt: the vendor's examples took 334 to 574."""
INSTALL_FAILURE = 240.0
"""Seconds until an installation that fails is given up."""
BOOT = 90.0
"""Seconds a VM takes to come up."""
INSTALL_SPREAD = 180.0
"""Seconds within which all VMs of a new cluster are asked for."""
STAGGER = 30.0
"""Seconds between one VM and the next while scaling."""
SCALE_SPREAD = 300.0
"""Seconds within which all VMs of one scaling are begun, however many there are."""
JOIN = 30.0
"""Seconds a worker that is up takes to join before a scale-out is over."""
LEAVE = 60.0
"""Seconds a worker takes to leave."""
TASK = 600.0
"""Seconds a user task takes."""
TERMINATION = 90.0
"""Seconds a cluster takes to be terminated."""

HA_MASTERS = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """How many times faster than a cloud things happen."""

    speed: float = 1.0

    def ms(self, seconds: float) -> int:
        """Give the milliseconds that `seconds` in a cloud take here; at least one, so that order is kept."""
        return max(1, round(seconds * 1000 / self.speed))


def create(draft: Draft, *, cluster_id: str, owner: str, now: int, pace: Pace) -> Cluster:
    """Plan the installation of a cluster, and what its user task does to it afterwards."""
    ready = now + pace.ms(INSTALL)
    kinds = [(True, n + 1) for n in range(HA_MASTERS if draft.isHa else 1)]
    kinds += [(False, n + 1) for n in range(draft.workerCnt)]
    vms = []
    for ordinal, (isMaster, index) in enumerate(kinds):
        born = now + round(pace.ms(INSTALL_SPREAD) * ordinal / len(kinds))
        vms.append(
            make_vm(
                cluster_id,
                draft.name,
                index=index,
                isMaster=isMaster,
                flavorName=draft.masterFlavorName if isMaster else draft.workerFlavorName,
                ordinal=ordinal,
                createdAt=born,
                runningAt=min(born + pace.ms(BOOT), ready),
            )
        )
    cluster = Cluster(
        id=cluster_id,
        name=draft.name,
        owner=owner,
        clusterType=draft.clusterType,
        clusterVersion=draft.clusterVersion,
        createdAt=now,
        readyAt=ready,
        facts=facts_of(draft, owner=owner),
        vms=tuple(vms),
    )
    if draft.installFails:
        return terminate(cluster, now=now + min(pace.ms(INSTALL_FAILURE), ready - now - 1), pace=pace, reason="Error")
    if draft.taskTerminates:
        return terminate(cluster, now=ready + pace.ms(TASK), pace=pace, reason="UserTask")
    return cluster


def terminate(cluster: Cluster, *, now: int, pace: Pace, reason: str = "User") -> Cluster:
    """Plan the end of a cluster, from `now` on."""
    return replace(cluster, ending=Ending(reason, now, now + pace.ms(TERMINATION)), given=None)


def scale_out(cluster: Cluster, count: int, *, now: int, pace: Pace) -> Cluster:
    """Plan `count` more workers, one after another."""
    present = _workers(cluster, now)
    first = max((vm.index for vm in present), default=0) + 1
    steps = [now + pace.ms(min(STAGGER, SCALE_SPREAD / count) * n) if n else now for n in range(count)]
    added = [
        make_vm(
            cluster.id,
            cluster.name,
            index=first + n,
            isMaster=False,
            flavorName=_worker_flavor(cluster),
            ordinal=len(cluster.vms) + n,
            createdAt=step,
            runningAt=step + pace.ms(BOOT),
        )
        for n, step in enumerate(steps)
    ]
    scaling = Scaling("out", now, added[-1].runningAt + pace.ms(JOIN))
    return replace(cluster, vms=(*cluster.vms, *added), scaling=scaling, given=None)


def scale_in(cluster: Cluster, count: int, *, now: int, pace: Pace) -> Cluster:
    """Plan `count` fewer workers: those with the highest index leave, one after another."""
    order = sorted(_workers(cluster, now), key=lambda vm: vm.index, reverse=True)[:count]
    leaving: dict[str, Vm] = {}
    end = now
    for n, vm in enumerate(order):
        start = now + (pace.ms(min(STAGGER, SCALE_SPREAD / count) * n) if n else 0)
        end = start + pace.ms(LEAVE)
        leaving[vm.instanceId] = replace(vm, leavingAt=start, goneAt=end)
    vms = tuple(leaving.get(vm.instanceId, vm) for vm in cluster.vms)
    return replace(cluster, vms=vms, scaling=Scaling("in", now, end), given=None)


def retime(cluster: Cluster, *, now: int, factor: float) -> Cluster:
    """Stretch what is still to come by `factor`; what is past stays."""

    def at(moment: int) -> int:
        return moment if moment <= now else now + max(1, round((moment - now) * factor))

    def at_if(moment: int | None) -> int | None:
        return None if moment is None else at(moment)

    scaling, ending = cluster.scaling, cluster.ending
    return replace(
        cluster,
        readyAt=at(cluster.readyAt),
        vms=tuple(
            replace(
                vm,
                createdAt=at(vm.createdAt),
                runningAt=at(vm.runningAt),
                leavingAt=at_if(vm.leavingAt),
                goneAt=at_if(vm.goneAt),
            )
            for vm in cluster.vms
        ),
        scaling=replace(scaling, startsAt=at(scaling.startsAt), endsAt=at(scaling.endsAt)) if scaling else None,
        ending=replace(ending, startsAt=at(ending.startsAt), endsAt=at(ending.endsAt)) if ending else None,
    )


def _workers(cluster: Cluster, now: int) -> list[Vm]:
    return [vm for vm in cluster.vms if not vm.isMaster and vm_status_at(cluster, vm, now) == VM_RUNNING]


def _worker_flavor(cluster: Cluster) -> str:
    info = cluster.facts.get("workerInfo")
    if info:
        return str(info[0]["flavorName"])
    return next((vm.flavorName for vm in cluster.vms if not vm.isMaster), "m2a.xlarge")
