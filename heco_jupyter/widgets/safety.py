"""What may be done to a cluster, and why not: pure functions of the fleet, asked before anything is offered or sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said
from heco_jupyter.live.operations import Phase

if TYPE_CHECKING:
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import ChangePlan
    from heco_jupyter.live.state import FleetState

MOST_WORKERS = 10_000
_WHOLE = re.compile(r"[0-9]{1,18}")


def what(plan: ChangePlan, cluster: Cluster) -> Said:
    """Return what a plan does, in a few words."""
    change = getattr(plan, "change", None)
    if change is None:
        return Said("delete", {"name": cluster.display_name})
    before = getattr(plan, "before", None)
    to = None if before is None else before + change
    return Said("scale", {"name": cluster.display_name, "from": before, "to": to, "change": f"{change:+d}"})


def locked_reason(fleet: FleetState, cluster_id: str | None) -> Said | None:
    """Return why a cluster cannot be changed now, whatever the change, or None when it can."""
    cluster = fleet.cluster(cluster_id)
    if cluster_id is None:
        return Said("no_cluster")
    if cluster is None:
        if error := fleet.detail_errors.get(cluster_id):
            return Said("unreadable", {"reason": error})
        return Said("gone" if cluster_id in fleet.details else "reading")
    operation = fleet.operations.get(cluster_id)
    if operation is not None:
        uncertain = operation.phase is Phase.UNCERTAIN
        return Said(
            "locked_uncertain" if uncertain else "locked", {"what": what(operation.plan, operation.entry.cluster)}
        )
    return Said("stale") if fleet.last_error else None


def scale_reason(fleet: FleetState, cluster_id: str | None) -> Said | None:
    """Return why a cluster cannot be aimed at, or None when it can."""
    reason, cluster = locked_reason(fleet, cluster_id), fleet.cluster(cluster_id)
    if reason is not None or cluster is None:
        return reason
    error, status = fleet.detail_errors.get(cluster.id), {"status": plain(cluster.status or "", 40)}
    state = cluster.state
    checks = (
        (error is not None, Said("unreadable", {"reason": error})),
        (cluster.id not in fleet.details, Said("reading")),
        (state.is_terminated, Said("terminated", status)),
        (state.is_busy, Said("busy", status)),
        (state.is_failed, Said("failed", status)),
        (cluster.workerCnt is None, Said("no_count")),
        (cluster.isScalable is False, Said("not_scalable")),
    )
    return next((said for holds, said in checks if holds), None)


def delete_reason(fleet: FleetState, cluster_id: str | None) -> Said | None:
    """Return why a cluster cannot be deleted, or None when it can."""
    reason, cluster = locked_reason(fleet, cluster_id), fleet.cluster(cluster_id)
    if reason is not None or cluster is None:
        return reason
    if cluster.state.is_terminated or cluster.state.is_terminating:
        return Said("terminated", {"status": plain(cluster.status or "", 40)})
    return None


def floor_of(cluster: Cluster) -> int:
    """Return the fewest workers that a cluster can have."""
    return max(1, cluster.hdfs_replication or 1)


def read_target(cluster: Cluster, entry: object) -> int | Said:
    """Return the number of workers that somebody has typed or chosen, or why it is none for this cluster.

    Parameters
    ----------
    cluster
        The cluster, whose worker count is known.
    entry
        A whole number, or a text as it was typed.
    """
    if isinstance(entry, str):
        shown = plain(entry, 40)
        target = int(entry.strip()) if _WHOLE.fullmatch(entry.strip()) else None
    else:
        shown = plain(repr(entry), 40)
        target = entry if isinstance(entry, int) and not isinstance(entry, bool) else None
    if target is None:
        return Said("not_whole", {"entry": shown}) if shown else Said("empty")
    if target == cluster.workerCnt:
        return target  # as it is, whatever the limits
    floor = floor_of(cluster)
    if target < floor:
        return Said("below_floor" if cluster.hdfs_replication else "below_one", {"entry": shown, "floor": floor})
    return Said("above_most", {"entry": shown, "most": f"{MOST_WORKERS:,}"}) if target > MOST_WORKERS else target
