"""What was done from the panels of one connection: what is under way, what it locks, and the log of it.

Decides, and does nothing: the watcher feeds it readings, the controls ask it what is locked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.plans import DeletePlan, ScalePlan

if TYPE_CHECKING:
    from heco_jupyter.api.model.cluster import Cluster

SENDING, FOLLOWED, UNCERTAIN = "sending", "followed", "uncertain"

# An API tells late: a cluster that rests for this long, over that many readings, has not been told to do anything.
_SURE_AFTER = 30.0
_SURE_READINGS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log.

    Parameters
    ----------
    began
        When, aware.
    words
        What was done.
    outcome
        What came of it.
    mark
        `…` under way, `✓` done, `✕` failed, `?` uncertain.
    """

    began: datetime
    words: str
    outcome: str = "sending"
    mark: str = "…"


@dataclass(frozen=True, slots=True)
class Work:
    """One write, from the click to the cluster's being there.

    Parameters
    ----------
    plan
        What is done.
    entry
        Its line in the log.
    state
        `sending`, `followed` once the API has accepted it, `uncertain` when its answer was lost.
    resting
        How often in a row the cluster was found at rest without the change.
    was_busy
        Whether it was found at work since.
    began
        `time.monotonic()` when it was sent.
    """

    plan: ScalePlan | DeletePlan
    entry: Entry
    state: str = SENDING
    resting: int = 0
    was_busy: bool = False
    began: float = 0.0

    @property
    def target(self) -> int | None:
        """The worker count that a scale leads to."""
        return self.plan.target if isinstance(self.plan, ScalePlan) else None

    def reached(self, now: Cluster) -> bool:
        """Return whether `now` is what the work leads to."""
        if isinstance(self.plan, DeletePlan):
            return now.state.is_terminated
        return now.state.is_running and now.workerCnt == self.target

    def words(self, now: Cluster, age: float) -> str:
        """Return how it stands: `8 → 12, 2 of 4 up, for 3 min`."""
        minutes, seconds = divmod(int(age), 60)
        lasted = f"for {minutes} min" if minutes else f"for {seconds // 5 * 5} s"
        if isinstance(self.plan, DeletePlan):
            return f"being deleted, {lasted}"
        before, target, count = self.plan.before, self.target, now.workerCnt
        if before is None or target is None or not isinstance(count, int):
            return f"{self.plan.words}, {lasted}"
        moved, all_ = abs(count - before), abs(target - before)
        return f"{before} → {target}, {min(moved, all_)} of {all_} {'up' if target > before else 'gone'}, {lasted}"


class Works:
    """The works of one connection, by cluster, and the log. The caller holds the lock.

    Parameters
    ----------
    kept
        Lines of the log, at most.
    """

    def __init__(self, kept: int = 100) -> None:
        self.log: list[Entry] = []
        self.by_cluster: dict[str, Work] = {}
        self._kept = kept

    def begin(self, plan: ScalePlan | DeletePlan, cluster: Cluster, now: float) -> bool:
        """Take note that `plan` is being sent; return False when the cluster is locked by another."""
        key = str(cluster.id)
        if key in self.by_cluster:
            return False
        words = f"{'scale' if isinstance(plan, ScalePlan) else 'delete'} {cluster.display_name}"
        detail = f": {plan.words}" if isinstance(plan, ScalePlan) else ""
        entry = Entry(datetime.now(UTC), words + detail)
        self.log = [*self.log, entry][-self._kept :]
        self.by_cluster[key] = Work(plan, entry, began=now)
        return True

    def accepted(self, key: str, words: str = "accepted") -> None:
        """Take note that the API accepted it."""
        work = self.by_cluster[key]
        self.by_cluster[key] = replace(self._told(work, words, "…"), state=FOLLOWED)

    def failed(self, key: str, words: str) -> None:
        """Take note that it was not done."""
        self._told(self.by_cluster.pop(key), words, "✕")

    def uncertain(self, key: str, words: str) -> None:
        """Take note that it is not known whether it was done; the cluster stays locked."""
        work = self.by_cluster[key]
        self.by_cluster[key] = replace(self._told(work, words, "?"), state=UNCERTAIN)

    def read(self, cluster: Cluster, now: float) -> None:
        """Take in a reading of a cluster; what it shows to be over is over."""
        key = str(cluster.id)
        work = self.by_cluster.get(key)
        if work is None or work.state == SENDING:
            return
        if work.reached(cluster):
            self._told(self.by_cluster.pop(key), "done" if work.state == FOLLOWED else "it was done after all", "✓")
            return
        at_rest = cluster.state.is_running or cluster.state.is_terminated
        work = replace(work, resting=work.resting + 1 if at_rest else 0, was_busy=work.was_busy or not at_rest)
        self.by_cluster[key] = work
        if work.resting >= _SURE_READINGS and (now - work.began > _SURE_AFTER or work.was_busy):
            workers = f" with {cluster.workerCnt} workers" if cluster.state.is_running else ""
            outcome = f"it is {plain(cluster.status, 40)}{workers}"
            self._told(self.by_cluster.pop(key), outcome if work.was_busy else f"it was not done: {outcome}", "✕")

    def missing(self, key: str) -> None:
        """Take in that the API no longer knows a cluster."""
        if (work := self.by_cluster.get(key)) and work.state != SENDING:
            del self.by_cluster[key]
            gone = isinstance(work.plan, DeletePlan)
            self._told(work, "done, the API no longer has it" if gone else "the cluster is gone", "✓" if gone else "✕")

    def lock(self, key: str) -> str | None:
        """Return why a cluster cannot be written to now, or None."""
        work = self.by_cluster.get(key)
        if work is None:
            return None
        if work.state == UNCERTAIN:
            return f"it is not known yet whether this was done: {work.entry.words}"
        return f"under way: {work.entry.words}"

    def _told(self, work: Work, outcome: str, mark: str) -> Work:
        entry = replace(work.entry, outcome=outcome, mark=mark)
        self.log = [entry if old is work.entry else old for old in self.log]
        return replace(work, entry=entry)
