"""What a cluster is at a given time. Pure functions of its timeline and the clock: nothing ticks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

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
"""How long a terminated cluster stays in the list, as the vendor's other pages have it."""


class Counts(NamedTuple):
    """How many VMs of each kind a cluster has."""

    masters: int
    workers: int


def is_terminated(status: str) -> bool:
    """Tell whether a status is final, whatever the reason in its parentheses."""
    return status.casefold().startswith(TERMINATED.casefold())


def status_at(cluster: Cluster, now: int) -> str:
    """Say what the API calls the state of the cluster."""
    ending, scaling = cluster.ending, cluster.scaling
    if ending and now >= ending.endsAt:
        return f"{TERMINATED}({ending.reason})"
    if ending and now >= ending.startsAt:
        return TERMINATING
    if now < cluster.readyAt:
        return INITIALIZING
    if scaling and scaling.startsAt <= now < scaling.endsAt:
        return SCALING_OUT if scaling.direction == "out" else SCALING_IN
    return RUNNING


def is_listed_at(cluster: Cluster, now: int) -> bool:
    """Tell whether the API still knows the cluster; one that was loaded stays for good."""
    return cluster.given is not None or cluster.ending is None or now < cluster.ending.endsAt + LISTED_FOR_MS


def running_at(cluster: Cluster, now: int) -> int | None:
    """Say since when the cluster has run, or `None` if it does not yet or never did."""
    return cluster.readyAt if cluster.readyAt <= _last_live_moment(cluster, now) else None


def elapsed_at(cluster: Cluster, now: int) -> int:
    """Say for how long the cluster has run, up to the moment its termination began."""
    since = running_at(cluster, now)
    return 0 if since is None else _last_live_moment(cluster, now) - since


def counts_at(cluster: Cluster, now: int) -> Counts:
    """Count the VMs in service.

    While it is being installed a cluster has the counts it was asked for; while it is scaled, those that are up;
    while it is being terminated, those it had; afterwards none.
    """
    if cluster.ending and now >= cluster.ending.endsAt:
        return Counts(0, 0)
    moment = max(_last_live_moment(cluster, now), cluster.readyAt)
    serving = [vm for vm in cluster.vms if vm.runningAt <= moment and (vm.leavingAt is None or moment < vm.leavingAt)]
    masters = sum(vm.isMaster for vm in serving)
    return Counts(masters, len(serving) - masters)


def vm_status_at(cluster: Cluster, vm: Vm, now: int) -> str | None:
    """Say what the API calls the state of a VM, or `None` while it is not there."""
    ending = cluster.ending
    if ending and now >= ending.endsAt:
        return None
    moment = _last_live_moment(cluster, now)
    if moment < vm.createdAt or (vm.goneAt is not None and moment >= vm.goneAt):
        return None
    if (ending and now >= ending.startsAt) or (vm.leavingAt is not None and now >= vm.leavingAt):
        return VM_DELETING
    return VM_RUNNING if now >= vm.runningAt else VM_CREATING


def vm_uptime_at(cluster: Cluster, now: int) -> int:
    """Add up how long each VM has been up, those that are gone included."""
    moment = _last_live_moment(cluster, now)
    ends = ((vm, moment if vm.leavingAt is None else min(moment, vm.leavingAt)) for vm in cluster.vms)
    return sum(max(0, end - vm.runningAt) for vm, end in ends)


def _last_live_moment(cluster: Cluster, now: int) -> int:
    return min(now, cluster.ending.startsAt) if cluster.ending else now
