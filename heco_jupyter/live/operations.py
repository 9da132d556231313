"""The writes that panels of one connection have started: their progress, what they lock, and the activity log.

This module only decides: the watcher gives it readings, and the controls ask it what is locked.
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
    """The character in front of a log entry."""

    UNDER_WAY = "…"
    DONE = "✓"
    FAILED = "✕"
    UNCERTAIN = "?"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One operation in the log.

    Parameters
    ----------
    time
        When it was started, aware.
    words
        What it does.
    outcome
        What came of it.
    mark
        The outcome in one character.
    """

    time: datetime
    words: str
    outcome: str = "sending"
    mark: Mark = Mark.UNDER_WAY


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

    def progress(self, cluster: Cluster, age: float) -> str:
        """Return the progress in words, such as `8 → 12, 2 of 4 up, for 3 min`."""
        minutes, seconds = divmod(int(age), 60)
        duration = f"for {minutes} min" if minutes else f"for {seconds // 5 * 5} s"
        if isinstance(self.plan, DeletePlan):
            return f"being deleted, {duration}"
        before, target, count = self.plan.before, self.target, cluster.workerCnt
        if before is None or target is None or not isinstance(count, int):
            return f"{self.plan.words}, {duration}"
        moved, total = abs(count - before), abs(target - before)
        return f"{before} → {target}, {min(moved, total)} of {total} {'up' if target > before else 'gone'}, {duration}"


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

    def begin(self, plan: ChangePlan, cluster: Cluster, now: float) -> bool:
        """Record that `plan` is being sent; return False when another operation locks the cluster."""
        key = str(cluster.id)
        if key in self.by_cluster:
            return False
        words = f"{'scale' if isinstance(plan, ScalePlan) else 'delete'} {cluster.display_name}"
        detail = f": {plan.words}" if isinstance(plan, ScalePlan) else ""
        entry = LogEntry(datetime.now(UTC), words + detail)
        self.log = [*self.log, entry][-self._max_entries :]
        self.by_cluster[key] = Operation(plan, entry, sent_at=now)
        return True

    def mark_accepted(self, key: str, words: str = "accepted") -> None:
        """Record that the API accepted the operation."""
        operation = self._log_outcome(self.by_cluster[key], words, Mark.UNDER_WAY)
        self.by_cluster[key] = replace(operation, phase=Phase.ACCEPTED)

    def mark_failed(self, key: str, words: str) -> None:
        """Record that the operation was not done."""
        self._log_outcome(self.by_cluster.pop(key), words, Mark.FAILED)

    def mark_uncertain(self, key: str, words: str) -> None:
        """Record that the operation may or may not have been done; the cluster stays locked."""
        operation = self._log_outcome(self.by_cluster[key], words, Mark.UNCERTAIN)
        self.by_cluster[key] = replace(operation, phase=Phase.UNCERTAIN)

    def update(self, cluster: Cluster, now: float) -> None:
        """Follow the operation on a cluster with a new reading, and end it if the reading shows that it is over."""
        key = str(cluster.id)
        operation = self.by_cluster.get(key)
        if operation is None or operation.phase is Phase.SENDING:
            return
        if operation.reached(cluster):
            outcome = "done" if operation.phase is Phase.ACCEPTED else "it was done after all"
            self._log_outcome(self.by_cluster.pop(key), outcome, Mark.DONE)
            return
        if operation.was_stopped_by(cluster):
            self._log_outcome(self.by_cluster.pop(key), f"it is {plain(cluster.status, 40)}", Mark.FAILED)
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
            workers = f" with {cluster.workerCnt} workers" if cluster.state.is_running else ""
            found = f"it is {plain(cluster.status, 40)}{workers}"
            outcome = found if operation.was_busy else f"it was not done: {found}"
            self._log_outcome(self.by_cluster.pop(key), outcome, Mark.FAILED)

    def mark_missing(self, key: str) -> None:
        """End the operation on a cluster that the API no longer has."""
        operation = self.by_cluster.get(key)
        if operation is None or operation.phase is Phase.SENDING:
            return
        del self.by_cluster[key]
        if isinstance(operation.plan, DeletePlan):
            self._log_outcome(operation, "done, the API no longer has it", Mark.DONE)
        else:
            self._log_outcome(operation, "the cluster is gone", Mark.FAILED)

    def lock_reason(self, key: str) -> str | None:
        """Return why a cluster cannot be changed now, or None when it can."""
        operation = self.by_cluster.get(key)
        if operation is None:
            return None
        if operation.phase is Phase.UNCERTAIN:
            return f"it is not known yet whether this was done: {operation.entry.words}"
        return f"under way: {operation.entry.words}"

    def _log_outcome(self, operation: Operation, outcome: str, mark: Mark) -> Operation:
        entry = replace(operation.entry, outcome=outcome, mark=mark)
        self.log = [entry if old is operation.entry else old for old in self.log]
        return replace(operation, entry=entry)
