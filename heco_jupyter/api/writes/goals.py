"""What to wait for, and when a cluster has reached it, can no longer reach it, or has ended as its job foresees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.checks import check_type
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from heco_jupyter.api.model.cluster import Cluster

GOALS = ("running", "terminated")
USUAL_CREATE = "a create in KakaoCloud usually takes 20 to 25 minutes"
"""What the vendor's pages say, for whoever waits for a new cluster."""

# The policies by which a cluster ends when its job has.
_ENDING_POLICIES = frozenset({"onsuccess", "always"})


@dataclass(frozen=True, slots=True)
class Goal:
    """What to wait for.

    Parameters
    ----------
    until
        `running` or `terminated`.
    workers
        With `running`: the worker count that it must have as well.
    """

    until: str
    workers: int | None = None

    def __post_init__(self) -> None:
        check_type(self.until, str, "until", " or ".join(GOALS))
        if self.until not in GOALS:
            hint = did_you_mean(self.until, GOALS)
            raise CommandError(f"cannot wait for {plain(self.until, 40)!r}: it is {' or '.join(GOALS)}{hint}")

    @property
    def words(self) -> str:
        """The goal, to follow "waiting for X to"."""
        if self.until == "terminated":
            return "terminate"
        return "run" if self.workers is None else f"run with {self.workers} workers"

    def reached(self, cluster: Cluster) -> bool:
        """Return whether `cluster` has reached the goal."""
        if self.until == "terminated":
            return cluster.state.is_terminated
        return cluster.state.is_running and self.workers in (None, cluster.workerCnt)

    def out_of_reach(self, cluster: Cluster) -> bool:
        """Return whether the goal can no longer be reached from where `cluster` is."""
        state = cluster.state
        return self.until == "running" and (state.is_terminated or state.is_terminating or state.is_failed)

    def progress(self, cluster: Cluster, start: Cluster) -> float | None:
        """Return the fraction done, from 0 to 1, or None where no worker count tells."""
        if self.workers is None or not isinstance(start.workerCnt, int) or not isinstance(cluster.workerCnt, int):
            return None
        way = self.workers - start.workerCnt
        return min(1.0, max(0.0, (cluster.workerCnt - start.workerCnt) / way)) if way else None


def may_end_by_itself(cluster: Cluster) -> bool:
    """Return whether `cluster` was made for a job, with a `terminationPolicy` that terminates it afterwards."""
    policy = cluster.userTask.terminationPolicy if cluster.userTask else None
    return policy is not None and policy.casefold() in _ENDING_POLICIES


def ended_as_foreseen(cluster: Cluster, job: Cluster) -> Cluster | None:
    """Return a cluster that has ended as its `terminationPolicy` foresees, with a note that says so, or None.

    The status does not tell whether the job succeeded, and neither does the note. A status that speaks of failure,
    such as `Terminated(Error)`, is nothing foreseen.

    Parameters
    ----------
    cluster
        As it is now.
    job
        The same cluster as it was when the API last told its `userTask`.
    """
    if not cluster.state.is_terminated or cluster.state.speaks_of_failure or not may_end_by_itself(job):
        return None
    task = job.userTask
    policy, url = (task.terminationPolicy, task.logUrl) if task else (None, None)
    where = f"its log does: {plain(url, 180)}" if url else "and the API gives no logUrl"
    return cluster.with_note(
        f"ended as its terminationPolicy {plain(policy, 20)} foresees; "
        f"the status does not say whether its job succeeded, {where}"
    )
