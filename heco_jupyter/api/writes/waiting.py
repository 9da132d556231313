"""Waiting for a cluster: growing, jittered polls that survive transient faults and end when it cannot get there."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import (
    HecoError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    WaitFailedError,
    WaitTimeoutError,
)
from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.api.writes.goals import USUAL_CREATE, Goal, ended_as_foreseen, may_end_by_itself

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Report

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_GROWTH = 1.4
_TICK = 0.25
# Polls in a row that must find a cluster at rest, short of the goal, before that is taken as final.
_FINAL_POLLS = 4
# Seconds for which the API may not know yet a cluster that was just created.
_NEWBORN = 60.0
# Seconds of nothing but faults after which the wait gives up.
_LONGEST_OUTAGE = 600.0
# Of the seconds between two polls, the most that count: the longest pause and a slow answer. In anything longer the
# machine slept, and nobody was polling.
_LONGEST_GAP = 60.0
# Seconds without a change after which a status that may be final is warned of.
_UNCHANGED = 600.0


def wait_for(
    get: Callable[[Deadline], Cluster],
    goal: Goal,
    *,
    timeout: float | None,
    is_newborn: bool = False,
    known: Cluster | None = None,
    report: Report | None = None,
) -> Cluster:
    """Poll until the goal is reached, or a job cluster has ended as foreseen.

    Whoever waits is told what the status is, for how long, how long a create usually takes, and when a status that is
    not known has not changed for 10 minutes: through `report`, and the last once through the logger too, as a warning.

    Parameters
    ----------
    get
        Reads the cluster, by a deadline.
    goal
        What is waited for.
    timeout
        Seconds, or None for as long as it takes.
    is_newborn
        Whether it was created just now, so that the API may not know it yet.
    known
        The cluster as it was last seen, if it ever was: the API may have forgotten it since.
    report
        Called several times a second with what to show and the fraction done, if known.

    Raises
    ------
    WaitTimeoutError, WaitFailedError, ApiError, TransportError
    """
    deadline = Deadline(float("inf") if timeout is None else timeout)
    poll = _Poll(goal, is_newborn=is_newborn)
    while True:
        end = None
        try:
            now = get(deadline)
        except NotFoundError as error:
            end = poll.missed(error, known)
        except (TransportError, ServerError, RateLimitError) as error:
            if isinstance(error, TransportError) and error.is_final:
                raise
            poll.failed(error)
        else:
            end = poll.arrived(now)
        if end is not None:
            if report:
                report(poll.arrival(end), 1.0)
            return end
        _pause(poll, deadline, report)
        if not deadline.remaining:
            raise poll.timed_out(timeout or 0.0)


def _pause(poll: _Poll, deadline: Deadline, report: Report | None) -> None:
    """Wait for the next poll, reporting meanwhile."""
    next_poll = Deadline(poll.pause * random.uniform(0.8, 1.2), deadline)  # noqa: S311 (no secret depends on it)
    while next_poll.remaining:
        if report:
            report(poll.words, poll.progress)
        next_poll.sleep(_TICK)


class _Poll:
    """What the polls have told so far."""

    def __init__(self, goal: Goal, *, is_newborn: bool) -> None:
        self.now: Cluster | None = None
        self.pause = _FIRST_PAUSE / _GROWTH
        self._goal = goal
        self._is_newborn = is_newborn
        self._first: Cluster | None = None
        self._job: Cluster | None = None
        self._was_busy = self._was_terminating = self._has_warned = False
        self._at_rest = 0
        self._last_error: HecoError | None = None
        self._started = self._polled = self._changed = time.monotonic()
        self._awake = self._heard = 0.0

    def arrived(self, now: Cluster) -> Cluster | None:
        """Record what a poll found; return the cluster if that ends the wait."""
        self._count_time()
        before, self.now, self._first = self.now, now, self._first or now
        moved = before is not None and now.status != before.status
        self.pause = _FIRST_PAUSE if moved else min(_LONGEST_PAUSE, self.pause * _GROWTH)
        if before is None or moved:
            self._changed, self._has_warned = time.monotonic(), False
        if now.userTask is not None or self._job is None:
            self._job = now  # a terminated cluster may be told with fewer fields
        self._last_error, self._heard = None, self._awake
        if self._goal.reached(now):
            return now
        if self._goal.until == "running" and may_end_by_itself(self._job):
            if ended := ended_as_foreseen(now, self._job):
                return ended
            if now.state.is_terminating:
                return None
        self._fail_if_final(now)
        self._was_busy = self._was_busy or now.state.is_busy
        self._was_terminating = self._was_terminating or now.state.is_terminating
        self._warn_if_stuck(now)
        return None

    def missed(self, error: NotFoundError, known: Cluster | None) -> Cluster | None:
        """Record that a poll did not find the cluster; return it as it was if that ends the wait.

        Raises
        ------
        NotFoundError
            When it was never seen, or is not to end.
        """
        self._count_time()
        last = self.now or known
        if self.now is None and self._is_newborn and self._awake <= _NEWBORN:
            self._outlast(error)
            return None
        if last is None:
            raise error
        if self._goal.until == "terminated":
            return last.as_gone()
        if self.now is not None and self._job is not None and self.now.state.is_terminating:
            ended = ended_as_foreseen(self.now.as_gone(), self._job)
            if ended is not None:
                return ended
        raise error

    def failed(self, error: HecoError) -> None:
        """Record that a poll failed; raise its error if all have failed for too long."""
        self._count_time()
        self._outlast(error)

    def _outlast(self, error: HecoError) -> None:
        self._last_error = error
        self.pause = min(_LONGEST_PAUSE, self.pause * _GROWTH)
        if self._awake - self._heard > _LONGEST_OUTAGE:
            raise error

    def _count_time(self) -> None:
        """Count the time since the last poll, except for what the machine has slept."""
        now = time.monotonic()
        self._awake += min(now - self._polled, _LONGEST_GAP)
        self._polled = now

    def _fail_if_final(self, now: Cluster) -> None:
        """Raise a `WaitFailedError` if the goal can no longer be reached, or not by itself."""
        state = now.state
        if self._goal.until == "terminated":  # it may have failed before it was deleted, and the API may lag
            is_at_rest = self._was_terminating and state.is_failed
        else:  # before it was seen busy, another count is where it starts; then, where it ended or the API lags
            is_at_rest = self._goal.workers is not None and self._was_busy and state.is_running
        self._at_rest = self._at_rest + 1 if is_at_rest else 0
        if not self._goal.out_of_reach(now) and self._at_rest < _FINAL_POLLS:
            return
        workers = f" with {now.workerCnt} workers" if state.is_running else ""
        status = plain(now.status, 80)
        if self._goal.until == "running" and state.is_failed and state.head.casefold() == "running":
            what = f"{now.display_name} is {status}: it runs, but the API reports a failure"
        else:
            what = f"{now.display_name} is {status}{workers}: it will not {self._goal.words}"
        raise WaitFailedError(what, hint=f"%heco show {now.as_argument}")

    def _warn_if_stuck(self, now: Cluster) -> None:
        if self._stuck_words and not self._has_warned:
            self._has_warned = True
            log.warning(f"{now.display_name} is {_status(now)}, {self._stuck_words}; still waiting for it")

    def timed_out(self, seconds: float) -> WaitTimeoutError:
        """Return the error for when time is up."""
        again = f": %heco wait {self.now.as_argument} --for {self._goal.until}" if self.now else ""
        state = f"it is {_status(self.now)}" if self.now else "the API did not tell its status"
        return WaitTimeoutError(
            f"{self._name} did not {self._goal.words} within {seconds:.3g} s: {state}",
            said=self._last_error.what if self._last_error else None,
            hint=f"it continues without you{again}",
        )

    def arrival(self, end: Cluster) -> str:
        """Return a line for when the wait has ended."""
        workers = f" with {self._goal.workers} workers" if self._goal.reached(end) and self._goal.workers else ""
        note = f": {end.note}" if end.note else ""
        return f"{end.display_name}: {_status(end)}{workers}, after {self._elapsed}{note}"

    @property
    def words(self) -> str:
        """A line about how things stand."""
        parts = [_status(self.now) if self.now else "no answer yet"]
        if self.now and self._goal.workers is not None:
            parts.append(f"{self.now.workerCnt} of {self._goal.workers} workers")
        parts.append(self._elapsed)
        if self._last_error:
            parts.append("the API is not answering")
        parts += [words for words in (self._stuck_words, USUAL_CREATE if self._is_create else "") if words]
        return f"waiting for {self._name} to {self._goal.words}: {', '.join(parts)}"

    @property
    def progress(self) -> float | None:
        """The fraction done, or None where no worker count tells."""
        return self._goal.progress(self.now, self._first) if self.now and self._first else None

    @property
    def _stuck_words(self) -> str:
        """A warning that the status may be final, or an empty string."""
        if self.now is None or time.monotonic() - self._changed < _UNCHANGED:
            return ""
        state = self.now.state
        if self._goal.until == "terminated" and state.is_failed:
            return "unchanged for 10 minutes: it may stay so until it is deleted"
        return "" if state.is_known else "a status not known here, unchanged for 10 minutes: it may stay so"

    @property
    def _is_create(self) -> bool:
        """Whether the cluster is being created, as far as can be told: it has never run, and nothing scales it."""
        if self._goal != Goal("running"):
            return False
        if self.now is None:
            return self._is_newborn
        state = self.now.state
        is_coming_up = state.is_busy and not state.is_terminating and state.scaling is None
        return is_coming_up and (self._is_newborn or (state.is_known and self.now.runningAt is None))

    @property
    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._started), 60)
        return f"{minutes}:{seconds:02d}"

    @property
    def _name(self) -> str:
        return self.now.display_name if self.now else "the cluster"


def _status(cluster: Cluster) -> str:
    return plain(cluster.status, 80) if cluster.status else "without a status"
