"""The state of a cluster at a given time. Pure functions of its timeline and the time, with no thread behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from heco_jupyter.emulator.model import ScaleDirection

if TYPE_CHECKING:
    from heco_jupyter.emulator.model import Cluster, Vm

INITIALIZING = "Initializing"
RUNNING = "Running"
SCALING_OUT = "Running(Scaling-out)"
SCALING_IN = "Running(Scaling-in)"
TERMINATING = "Terminating"
TERMINATED = "Terminated"

VM_CREATING = "Creating"
VM_RUNNING = "Running"
VM_DELETING = "Deleting"

LISTED_FOR_MS = 90 * 24 * 60 * 60 * 1000
"""How long the API lists a cluster after its termination, according to other pages of the vendor."""


class Counts(NamedTuple):
    """The number of VMs of each kind."""

    masters: int
    workers: int


def is_terminated(status: str) -> bool:
    """Return whether a status is `Terminated`, for whatever reason."""
    return status.casefold().startswith(TERMINATED.casefold())


def status_at(cluster: Cluster, now: int) -> str:
    """Return the `status` of the cluster."""
    ending, scaling = cluster.ending, cluster.scaling
    if ending and now >= ending.endsAt:
        return f"{TERMINATED}({ending.reason})"
    if ending and now >= ending.startsAt:
        return TERMINATING
    if now < cluster.readyAt:
        return INITIALIZING
    if scaling and scaling.startsAt <= now < scaling.endsAt:
        return SCALING_OUT if scaling.direction is ScaleDirection.OUT else SCALING_IN
    return RUNNING


def is_listed_at(cluster: Cluster, now: int) -> bool:
    """Return whether the API still lists the cluster. A frozen cluster is always listed."""
    return cluster.is_frozen or cluster.ending is None or now < cluster.ending.endsAt + LISTED_FOR_MS


def running_at(cluster: Cluster, now: int) -> int | None:
    """Return since when the cluster has been running, or `None` if it is not running yet or never did."""
    return cluster.readyAt if cluster.readyAt <= _last_active_time(cluster, now) else None


def elapsed_at(cluster: Cluster, now: int) -> int:
    """Return how long the cluster has been running, up to the start of its termination."""
    since = running_at(cluster, now)
    return 0 if since is None else _last_active_time(cluster, now) - since


def counts_at(cluster: Cluster, now: int) -> Counts:
    """Count the VMs in service.

    During the installation these are the requested numbers, during a scale-out or scale-in the VMs that are up, during
    the termination the last numbers before it, and afterwards none.
    """
    if cluster.ending and now >= cluster.ending.endsAt:
        return Counts(0, 0)
    time = max(_last_active_time(cluster, now), cluster.readyAt)
    serving = [vm for vm in cluster.vms if vm.runningAt <= time and (vm.leavingAt is None or time < vm.leavingAt)]
    masters = sum(vm.isMaster for vm in serving)
    return Counts(masters, len(serving) - masters)


def vm_status_at(cluster: Cluster, vm: Vm, now: int) -> str | None:
    """Return the `status` of a VM, or `None` while it does not exist."""
    ending = cluster.ending
    if ending and now >= ending.endsAt:
        return None
    time = _last_active_time(cluster, now)
    if time < vm.createdAt or (vm.goneAt is not None and time >= vm.goneAt):
        return None
    if (ending and now >= ending.startsAt) or (vm.leavingAt is not None and now >= vm.leavingAt):
        return VM_DELETING
    return VM_RUNNING if now >= vm.runningAt else VM_CREATING


def vm_uptime_at(cluster: Cluster, now: int) -> int:
    """Return the total uptime of all VMs, including those that are gone."""
    time = _last_active_time(cluster, now)
    ends = ((vm, time if vm.leavingAt is None else min(time, vm.leavingAt)) for vm in cluster.vms)
    return sum(max(0, end - vm.runningAt) for vm, end in ends)


def _last_active_time(cluster: Cluster, now: int) -> int:
    """Return `now`, or the start of the termination if that came first."""
    return min(now, cluster.ending.startsAt) if cluster.ending else now
