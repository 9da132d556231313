"""What the watcher knows of a fleet, what listeners want from it, and what counts as a change: data and pure functions.

`reading.py` reads the API into this state, and `watcher.py` runs the thread that keeps it up to date.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Row
    from heco_jupyter.live.operations import LogEntry, Operation

_TICKING = dict.fromkeys(("elapsedTime", "totalVmUptime"))  # fields that change with time alone
_Cluster = TypeVar("_Cluster", bound="Cluster | None")


@dataclass(frozen=True, slots=True)
class Interest:
    """What a listener shows, and so what the watcher reads for it.

    Parameters
    ----------
    cluster_id
        The cluster whose details it shows.
    vms
        Whether it shows that cluster's VMs.
    terminated
        Whether it shows terminated clusters.
    auto
        Whether to keep it up to date; without, the fleet is read only on request.
    """

    cluster_id: str | None = None
    vms: bool = False
    terminated: bool = False
    auto: bool = True


class OperationProgress(NamedTuple):
    """An operation under way, and its progress in words."""

    operation: Operation
    words: str


@dataclass(frozen=True, slots=True)
class FleetState:
    """What is known of a fleet at one moment.

    Parameters
    ----------
    clusters
        Clusters as the list has them, by id, newest first.
    details
        Clusters in full, by id, where a listener shows them or an operation changes them; None where the API has none.
    vms
        VMs by cluster id, for the clusters whose VMs a listener shows.
    operations
        Operations under way, by cluster id.
    log
        Operations that panels have started, oldest first.
    locks
        Why a cluster cannot be changed now, by id.
    updated_at
        When the fleet was last read, aware; None before the first time.
    last_error
        Why the last reading failed, in words; None when it succeeded.
    interval
        Seconds between readings; None while no listener wants to be kept up to date.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    details: Mapping[str, Cluster | None] = field(default_factory=dict)
    vms: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    operations: Mapping[str, OperationProgress] = field(default_factory=dict)
    log: tuple[LogEntry, ...] = ()
    locks: Mapping[str, str] = field(default_factory=dict)
    updated_at: datetime | None = None
    last_error: str | None = None
    interval: float | None = None

    def cluster(self, cluster_id: str | None) -> Cluster | None:
        """Return a cluster in full if its details are known, as listed if not, or None."""
        if cluster_id is None:
            return None
        return self.details.get(cluster_id) or self.clusters.get(cluster_id)


def is_same(one: Cluster, other: Cluster) -> bool:
    """Return whether two readings of a cluster differ only in fields that change with time alone."""
    now, before = one.raw, other.raw
    same: bool = now == before or (now.keys() == before.keys() and now | _TICKING == before | _TICKING)
    return same and one.timezone == other.timezone


def reuse_unchanged(now: Mapping[str, _Cluster], before: Mapping[str, _Cluster]) -> dict[str, _Cluster]:
    """Return `now` with the earlier object for every unchanged cluster, which makes comparing states fast."""
    return {
        key: old if cluster is not None and (old := before.get(key)) is not None and is_same(cluster, old) else cluster
        for key, cluster in now.items()
    }


def is_any_busy(clusters: Iterable[Cluster]) -> bool:
    """Return whether any cluster is in transition."""
    return any(Status(text).is_busy for text in {cluster.status for cluster in clusters})


def is_worth_showing(now: FleetState, before: FleetState) -> bool:
    """Return whether listeners must see `now`, after `before`.

    The time of the last reading alone is no reason: it is shown only once readings fail.
    """
    return before.updated_at is None or replace(now, updated_at=None) != replace(before, updated_at=None)
