"""Waiting for a cluster: growing, jittered polls that survive passing faults and end when the goal is out of reach."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from heco_jupyter.api.errors import (
    CommandError,
    HecoError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    WaitFailedError,
    WaitTimeoutError,
)
from heco_jupyter.api.limits import Deadline
from heco_jupyter.api.plans import named
from heco_jupyter.api.text import did_you_mean, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.cluster import Cluster

    Report = Callable[[str, float | None], None]

GOALS = ("running", "terminated")

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 15.0
_GROWTH = 1.4
_TICK = 0.25
# Readings in a row that must find a cluster at rest with another count before that count is believed to be final.
_SETTLED_READINGS = 4
# How long a cluster that was just made may be unknown to the API, in seconds.
_NEWBORN = 60.0
# With nothing but faults for this long, in seconds, the API is not merely having a moment.
_LONGEST_OUTAGE = 600.0


@dataclass(frozen=True, slots=True)
class Goal:
    """What is waited for.

    Parameters
    ----------
    until
        `running` or `terminated`.
    workers
        For `running`: the worker count that it must have, too.
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
        """Return whether `cluster` is there."""
        if self.until == "terminated":
            return cluster.state.is_terminated
        return cluster.state.is_running and self.workers in (None, cluster.workerCnt)

    def missed(self, cluster: Cluster) -> bool:
        """Return whether `cluster` is where it cannot get there from by itself."""
        return self.until == "running" and (cluster.state.is_terminated or cluster.state.is_leaving)

    def progress(self, cluster: Cluster, start: Cluster) -> float | None:
        """Return how much of the way is done, from 0 to 1, where a count tells."""
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
        Whether it was made just now, and so may not be known everywhere yet.
    deleted
        The cluster as its deletion left it, if it was deleted here: the API may have forgotten it since.
    report
        Called several times a second with what to show and the fraction done, if known.

    Raises
    ------
    WaitTimeoutError, WaitFailedError, ApiError, TransportError
    """
    whole = Deadline(float("inf") if timeout is None else timeout)
    watch = _Watch(goal)
    while True:
        try:
            now = get(whole)
        except NotFoundError as error:
            if goal.until == "terminated" and (last := watch.now or deleted):
                return last.gone()
            if watch.now is not None or not is_newborn or watch.age > _NEWBORN:
                raise
            watch.failed(error)
        except (TransportError, ServerError, RateLimitError) as error:
            watch.failed(error)
        else:
            if watch.arrived(now):
                if report:
                    report(watch.arrival, 1.0)
                return now
        _pause(watch, whole, report)
        if not whole.remaining:
            raise watch.timed_out(timeout or 0.0)


def _pause(watch: _Watch, whole: Deadline, report: Report | None) -> None:
    """Wait for the next poll, reporting meanwhile."""
    next_poll = Deadline(watch.pause * random.uniform(0.8, 1.2), whole)  # noqa: S311 (no secret depends on it)
    while next_poll.remaining:
        if report:
            report(watch.words, watch.progress)
        next_poll.sleep(_TICK)


class _Watch:
    """What is known of the cluster while it is waited for."""

    def __init__(self, goal: Goal) -> None:
        self.now: Cluster | None = None
        self.pause = _FIRST_PAUSE / _GROWTH
        self._goal = goal
        self._first: Cluster | None = None
        self._was_busy = False
        self._at_rest = 0
        self._trouble: HecoError | None = None
        self._started = self._heard = time.monotonic()

    def arrived(self, now: Cluster) -> bool:
        """Take in a reading; return whether the goal is reached."""
        moved = self.now is not None and now.status != self.now.status
        self.pause = _FIRST_PAUSE if moved else min(_LONGEST_PAUSE, self.pause * _GROWTH)
        self.now, self._first = now, self._first or now
        self._trouble, self._heard = None, time.monotonic()
        if self._goal.reached(now):
            return True
        # Before it was seen at work, another count is where it starts; afterwards, where it ended, unless it lags.
        self._at_rest = self._at_rest + 1 if self._was_busy and now.state.is_running else 0
        if self._goal.missed(now) or (self._goal.workers is not None and self._at_rest >= _SETTLED_READINGS):
            workers = f" with {now.workerCnt} workers" if now.state.is_running else ""
            raise WaitFailedError(
                f"{named(now)} is {plain(now.status)}{workers}: it will not {self._goal.words}",
                hint=f"%heco show {now.typed}",
            )
        self._was_busy = self._was_busy or now.state.is_busy
        return False

    def failed(self, trouble: HecoError) -> None:
        """Take in that a reading failed; raise it if all have for too long."""
        self._trouble = trouble
        self.pause = min(_LONGEST_PAUSE, self.pause * _GROWTH)
        if time.monotonic() - self._heard > _LONGEST_OUTAGE:
            raise trouble

    def timed_out(self, seconds: float) -> WaitTimeoutError:
        """Return the error for when time is up."""
        again = f": %heco wait {self.now.typed} --for {self._goal.until}" if self.now else ""
        state = f"it is {plain(self.now.status)}" if self.now else "the API did not tell its status"
        return WaitTimeoutError(
            f"{self._name} did not {self._goal.words} within {seconds:.3g} s: {state}",
            said=self._trouble.what if self._trouble else None,
            hint=f"it goes on without you{again}",
        )

    @property
    def arrival(self) -> str:
        """That the goal is reached, in a line."""
        workers = f" with {self._goal.workers} workers" if self._goal.workers is not None else ""
        return f"{self._name}: {plain(self.now.status) if self.now else ''}{workers}, after {self._elapsed}"

    @property
    def words(self) -> str:
        """How things stand, in a line."""
        parts = [plain(self.now.status) if self.now else "not heard of yet"]
        if self.now and self._goal.workers is not None:
            parts.append(f"{self.now.workerCnt} of {self._goal.workers} workers")
        parts.append(self._elapsed)
        if self._trouble:
            parts.append("the API is not answering")
        return f"waiting for {self._name} to {self._goal.words}: {', '.join(parts)}"

    @property
    def progress(self) -> float | None:
        """The fraction done, where a count tells."""
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
        return named(self.now) if self.now else "the cluster"
