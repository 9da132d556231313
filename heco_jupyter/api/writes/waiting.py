"""Waiting for a cluster: growing, jittered polls that survive transient faults and end when it cannot get there."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.display.text import did_you_mean, plain
from heco_jupyter.api.model.errors import (
    CommandError,
    HecoError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    WaitFailedError,
    WaitTimeoutError,
)
from heco_jupyter.api.wire.deadline import Deadline

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.types import Report

GOALS = ("running", "terminated")

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_GROWTH = 1.4
_TICK = 0.25
# Polls in a row that must find a cluster at rest with another count before that count is taken as final.
_FINAL_POLLS = 4
# Seconds for which the API may not know yet a cluster that was just created.
_NEWBORN = 60.0
# Seconds of nothing but faults after which the wait gives up.
_LONGEST_OUTAGE = 600.0


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
        return self.until == "running" and (cluster.state.is_terminated or cluster.state.is_terminating)

    def progress(self, cluster: Cluster, start: Cluster) -> float | None:
        """Return the fraction done, from 0 to 1, or None where no worker count tells."""
        if self.workers is None or not isinstance(start.workerCnt, int) or not isinstance(cluster.workerCnt, int):
            return None
        way = self.workers - start.workerCnt
        return min(1.0, max(0.0, (cluster.workerCnt - start.workerCnt) / way)) if way else None


def wait_for(
    get: Callable[[Deadline], Cluster],
    goal: Goal,
    *,
    timeout: float | None,
    is_newborn: bool = False,
    deleted: Cluster | None = None,
    report: Report | None = None,
) -> Cluster:
    """Poll until the goal is reached.

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
    deleted
        The cluster as its deletion left it, if it was deleted here: the API may have forgotten it since.
    report
        Called several times a second with what to show and the fraction done, if known.

    Raises
    ------
    WaitTimeoutError, WaitFailedError, ApiError, TransportError
    """
    deadline = Deadline(float("inf") if timeout is None else timeout)
    poll = _Poll(goal)
    while True:
        try:
            now = get(deadline)
        except NotFoundError as error:
            if goal.until == "terminated" and (last := poll.now or deleted):
                return last.as_gone()
            if poll.now is not None or not is_newborn or poll.age > _NEWBORN:
                raise
            poll.failed(error)
        except (TransportError, ServerError, RateLimitError) as error:
            poll.failed(error)
        else:
            if poll.arrived(now):
                if report:
                    report(poll.arrival, 1.0)
                return now
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

    def __init__(self, goal: Goal) -> None:
        self.now: Cluster | None = None
        self.pause = _FIRST_PAUSE / _GROWTH
        self._goal = goal
        self._first: Cluster | None = None
        self._was_busy = False
        self._at_rest = 0
        self._last_error: HecoError | None = None
        self._started = self._heard = time.monotonic()

    def arrived(self, now: Cluster) -> bool:
        """Record what a poll found; return whether the goal is reached."""
        moved = self.now is not None and now.status != self.now.status
        self.pause = _FIRST_PAUSE if moved else min(_LONGEST_PAUSE, self.pause * _GROWTH)
        self.now, self._first = now, self._first or now
        self._last_error, self._heard = None, time.monotonic()
        if self._goal.reached(now):
            return True
        # Before the cluster was seen busy, another count is where it starts; then, where it ended or the API lags.
        self._at_rest = self._at_rest + 1 if self._was_busy and now.state.is_running else 0
        if self._goal.out_of_reach(now) or (self._goal.workers is not None and self._at_rest >= _FINAL_POLLS):
            workers = f" with {now.workerCnt} workers" if now.state.is_running else ""
            raise WaitFailedError(
                f"{now.display_name} is {plain(now.status)}{workers}: it will not {self._goal.words}",
                hint=f"%heco show {now.as_argument}",
            )
        self._was_busy = self._was_busy or now.state.is_busy
        return False

    def failed(self, error: HecoError) -> None:
        """Record that a poll failed; raise its error if all have failed for too long."""
        self._last_error = error
        self.pause = min(_LONGEST_PAUSE, self.pause * _GROWTH)
        if time.monotonic() - self._heard > _LONGEST_OUTAGE:
            raise error

    def timed_out(self, seconds: float) -> WaitTimeoutError:
        """Return the error for when time is up."""
        again = f": %heco wait {self.now.as_argument} --for {self._goal.until}" if self.now else ""
        state = f"it is {plain(self.now.status)}" if self.now else "the API did not tell its status"
        return WaitTimeoutError(
            f"{self._name} did not {self._goal.words} within {seconds:.3g} s: {state}",
            said=self._last_error.what if self._last_error else None,
            hint=f"it continues without you{again}",
        )

    @property
    def arrival(self) -> str:
        """A line for when the goal is reached."""
        workers = f" with {self._goal.workers} workers" if self._goal.workers is not None else ""
        return f"{self._name}: {plain(self.now.status) if self.now else ''}{workers}, after {self._elapsed}"

    @property
    def words(self) -> str:
        """A line about how things stand."""
        parts = [plain(self.now.status) if self.now else "no answer yet"]
        if self.now and self._goal.workers is not None:
            parts.append(f"{self.now.workerCnt} of {self._goal.workers} workers")
        parts.append(self._elapsed)
        if self._last_error:
            parts.append("the API is not answering")
        return f"waiting for {self._name} to {self._goal.words}: {', '.join(parts)}"

    @property
    def progress(self) -> float | None:
        """The fraction done, or None where no worker count tells."""
        return self._goal.progress(self.now, self._first) if self.now and self._first else None

    @property
    def age(self) -> float:
        """Seconds since the wait began."""
        return time.monotonic() - self._started

    @property
    def _elapsed(self) -> str:
        minutes, seconds = divmod(int(self.age), 60)
        return f"{minutes}:{seconds:02d}"

    @property
    def _name(self) -> str:
        return self.now.display_name if self.now else "the cluster"
