"""The writes that panels of one connection have started: their progress, what they lock, and the activity log.

This module only decides: the watcher gives it readings. An operation under way locks its cluster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.plans import DeletePlan, ScalePlan

if TYPE_CHECKING:
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import ChangePlan

# The API may lag: only a cluster that stays at rest for this long, over this many readings, was never told to change.
_SETTLED_AFTER = 30.0
_SETTLED_READINGS = 4


class Phase(Enum):
    """How far an operation has come."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    UNCERTAIN = "uncertain"


class Mark(Enum):
    """How an outcome is meant; the value is the character in front of it."""

    UNDER_WAY = "…"
    DONE = "✓"
    FAILED = "✕"
    UNCERTAIN = "?"


class Outcome(Enum):
    """What has come of an operation so far."""

    SENDING = "sending"
    ACCEPTED = "accepted"
    DONE = "done"
    DONE_AFTER_ALL = "done_after_all"
    GONE = "gone"
    """Done: the API no longer has the cluster."""
    REFUSED = "refused"
    """The detail is what the API said."""
    OVERTAKEN = "overtaken"
    """Nothing was sent, because the worker count has changed since the question; the detail is the count now."""
    NOT_SENT = "not_sent"
    """The detail says why."""
    UNCERTAIN = "uncertain"
    """The detail says what may have happened."""
    STOPPED = "stopped"
    """The detail is the status in which the cluster has stayed."""
    NOT_DONE = "not_done"
    """It turned out not to have been done; the detail is the status of the cluster."""
    LOST = "lost"
    """The cluster disappeared while it was being scaled."""

    @property
    def mark(self) -> Mark:
        """How it is meant."""
        return _MARKS[self]


_MARKS = {
    Outcome.SENDING: Mark.UNDER_WAY,
    Outcome.ACCEPTED: Mark.UNDER_WAY,
    Outcome.DONE: Mark.DONE,
    Outcome.DONE_AFTER_ALL: Mark.DONE,
    Outcome.GONE: Mark.DONE,
    Outcome.REFUSED: Mark.FAILED,
    Outcome.OVERTAKEN: Mark.FAILED,
    Outcome.NOT_SENT: Mark.FAILED,
    Outcome.UNCERTAIN: Mark.UNCERTAIN,
    Outcome.STOPPED: Mark.FAILED,
    Outcome.NOT_DONE: Mark.FAILED,
    Outcome.LOST: Mark.FAILED,
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One operation in the log.

    Parameters
    ----------
    number
        Its number, which no other entry of the log has.
    plan
        What it does.
    cluster
        As it was when the operation began.
    began
        When that was, aware.
    outcome
        What has come of it.
    detail
        What else there is to say of the outcome.
    ended
        When it was over, aware; None while it goes on.
    is_read
        Whether somebody has seen this outcome in a list of the log.
    is_dismissed
        Whether somebody has put it aside.
    """

    number: int
    plan: ChangePlan
    cluster: Cluster
    began: datetime
    outcome: Outcome = Outcome.SENDING
    detail: str = ""
    ended: datetime | None = None
    is_read: bool = False
    is_dismissed: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One write, from the click until the cluster has changed.

    Parameters
    ----------
    plan
        What it does.
    entry
        Its entry in the log.
    phase
        Sending, accepted by the API, or uncertain because the response was lost.
    readings_at_rest
        Consecutive readings that found the cluster at rest without the change.
    was_busy
        Whether any reading found the cluster busy.
    sent_at
        `time.monotonic()` when it was sent.
    """

    plan: ChangePlan
    entry: LogEntry
    phase: Phase = Phase.SENDING
    readings_at_rest: int = 0
    was_busy: bool = False
    sent_at: float = 0.0

    @property
    def target(self) -> int | None:
        """The worker count after a scale, or None."""
        return self.plan.target if isinstance(self.plan, ScalePlan) else None

    def reached(self, cluster: Cluster) -> bool:
        """Return whether `cluster` is as the operation should leave it."""
        if isinstance(self.plan, DeletePlan):
            return cluster.state.is_terminated
        return cluster.state.is_running and cluster.workerCnt == self.target

    def was_stopped_by(self, cluster: Cluster) -> bool:
        """Return whether `cluster` has failed during the operation, so that a scale will not be completed.

        A delete may still be: only a cluster that stays as it is was not deleted.
        """
        had_failed = self.plan.cluster is not None and self.plan.cluster.state.is_failed
        is_new = self.was_busy or not had_failed  # otherwise it failed before, and the API may lag
        return isinstance(self.plan, ScalePlan) and cluster.state.is_failed and is_new

    def moved(self, cluster: Cluster) -> int:
        """Return how many workers of a scale have come or gone so far."""
        if not isinstance(self.plan, ScalePlan) or self.plan.before is None or cluster.workerCnt is None:
            return 0
        towards = 1 if self.plan.change > 0 else -1
        return min(max(towards * (cluster.workerCnt - self.plan.before), 0), abs(self.plan.change))


class Operations:
    """The operations of one connection, by cluster, and the log. Not thread-safe: the caller holds a lock.

    Parameters
    ----------
    max_entries
        How many log entries to keep.
    """

    def __init__(self, max_entries: int = 100) -> None:
        self.log: list[LogEntry] = []
        self.by_cluster: dict[str, Operation] = {}
        self._max_entries = max_entries
        self._last = 0

    def begin(self, plan: ChangePlan, cluster: Cluster, now: float) -> bool:
        """Record that `plan` is being sent; return False when another operation locks the cluster."""
        key = str(cluster.id)
        if key in self.by_cluster:
            return False
        self._last += 1
        entry = LogEntry(self._last, plan, cluster, datetime.now(UTC))
        self.log = [*self.log, entry][-self._max_entries :]
        self.by_cluster[key] = Operation(plan, entry, sent_at=now)
        return True

    def mark_accepted(self, key: str) -> None:
        """Record that the API accepted the operation."""
        operation = self._log(self.by_cluster[key], Outcome.ACCEPTED)
        self.by_cluster[key] = replace(operation, phase=Phase.ACCEPTED)

    def mark_failed(self, key: str, outcome: Outcome, detail: str) -> None:
        """Record that the operation was not done."""
        self._end(key, outcome, detail)

    def mark_uncertain(self, key: str, detail: str) -> None:
        """Record that the operation may or may not have been done; the cluster stays locked."""
        operation = self._log(self.by_cluster[key], Outcome.UNCERTAIN, detail)
        self.by_cluster[key] = replace(operation, phase=Phase.UNCERTAIN)

    def mark_read(self) -> None:
        """Record that somebody has seen the log."""
        self.log = [replace(entry, is_read=True) if not entry.is_read else entry for entry in self.log]

    def dismiss(self, number: int) -> None:
        """Put an outcome aside."""
        self.log = [
            replace(entry, is_read=True, is_dismissed=True) if entry.number == number else entry for entry in self.log
        ]

    def update(self, cluster: Cluster, now: float) -> None:
        """Follow the operation on a cluster with a new reading, and end it if the reading shows that it is over."""
        key = str(cluster.id)
        operation = self.by_cluster.get(key)
        if operation is None or operation.phase is Phase.SENDING:
            return
        if operation.reached(cluster):
            self._end(key, Outcome.DONE if operation.phase is Phase.ACCEPTED else Outcome.DONE_AFTER_ALL)
            return
        if operation.was_stopped_by(cluster):
            self._end(key, Outcome.STOPPED, plain(cluster.status, 40))
            return
        at_rest = not cluster.state.is_busy
        operation = replace(
            operation,
            readings_at_rest=operation.readings_at_rest + 1 if at_rest else 0,
            was_busy=operation.was_busy or not at_rest,
        )
        self.by_cluster[key] = operation
        waited = now - operation.sent_at > _SETTLED_AFTER
        if operation.readings_at_rest >= _SETTLED_READINGS and (waited or operation.was_busy):
            outcome = Outcome.STOPPED if operation.was_busy else Outcome.NOT_DONE
            self._end(key, outcome, plain(cluster.status, 40))

    def mark_missing(self, key: str) -> None:
        """End the operation on a cluster that the API no longer has."""
        operation = self.by_cluster.get(key)
        if operation is not None and operation.phase is not Phase.SENDING:
            self._end(key, Outcome.GONE if isinstance(operation.plan, DeletePlan) else Outcome.LOST)

    def _end(self, key: str, outcome: Outcome, detail: str = "") -> None:
        self._log(self.by_cluster.pop(key), outcome, detail, ended=datetime.now(UTC))

    def _log(
        self, operation: Operation, outcome: Outcome, detail: str = "", ended: datetime | None = None
    ) -> Operation:
        """Replace an operation's entry; a new outcome is news, whatever became of the one before."""
        entry = replace(operation.entry, outcome=outcome, detail=detail, ended=ended, is_read=False, is_dismissed=False)
        self.log = [entry if old.number == entry.number else old for old in self.log]
        return replace(operation, entry=entry)
