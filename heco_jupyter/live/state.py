"""What the watcher knows of a fleet, what listeners want from it, and what counts as a change: data and pure functions.

`reading.py` reads the API into this state, and `watcher.py` runs the thread that keeps it up to date.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from heco_jupyter.api.model.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Row
    from heco_jupyter.live.operations import LogEntry, Operation

_TICKING = dict.fromkeys(("elapsedTime", "totalVmUptime"))  # fields that change with time alone
Flavors = tuple[str | None, str | None]
"""The flavors of a cluster's masters and workers."""
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
    flavors
        Whether it shows what the fleet costs, which takes the flavors of every cluster.
    """

    cluster_id: str | None = None
    vms: bool = False
    terminated: bool = False
    flavors: bool = False


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
    detail_errors, vm_errors
        Why the details or the VMs of a cluster could not be read last time, in words, by id.
    flavors
        Flavors of masters and workers by cluster id, for the clusters that were ever read in full.
    operations
        Operations under way, by cluster id.
    log
        Operations that panels have started, oldest first.
    updated_at
        When the fleet was last read, aware; None before the first time.
    read_at
        `time.monotonic()` at that moment.
    last_error
        Why the last reading failed, in words; None when it succeeded.
    interval
        Seconds between readings.
    answered
        The last request for a reading that has been answered.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    details: Mapping[str, Cluster | None] = field(default_factory=dict)
    vms: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    detail_errors: Mapping[str, str] = field(default_factory=dict)
    vm_errors: Mapping[str, str] = field(default_factory=dict)
    flavors: Mapping[str, Flavors] = field(default_factory=dict)
    operations: Mapping[str, Operation] = field(default_factory=dict)
    log: tuple[LogEntry, ...] = ()
    updated_at: datetime | None = None
    read_at: float = 0.0
    last_error: str | None = None
    interval: float = 0.0
    answered: int = 0

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
