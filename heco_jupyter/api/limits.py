"""What keeps a bad hour of the API from being made worse: deadlines, backoff, a retry budget, a gate that narrows."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class TimeUpError(Exception):
    """A deadline has passed, or what it bounds was cancelled."""


class Deadline:
    """A moment by which a call, and all that it consists of, must have ended; or sooner, when it is cancelled.

    Parameters
    ----------
    seconds
        From now.
    whole
        The call that this one is a part of; it ends no later, and is cancelled with it.
    """

    def __init__(self, seconds: float, whole: Deadline | None = None) -> None:
        self.seconds = seconds if whole is None else min(seconds, whole.remaining)
        self._at = time.monotonic() + self.seconds
        self._cancellation: _Cancellation = _Cancellation() if whole is None else whole._cancellation  # noqa: SLF001

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0; 0 once cancelled."""
        return 0.0 if self._cancellation.requested.is_set() else max(0.0, self._at - time.monotonic())

    def sleep(self, seconds: float) -> None:
        """Wait, but no longer than there is time."""
        self._cancellation.requested.wait(min(seconds, self.remaining))

    def cancel(self) -> None:
        """End every part of the call at once, whichever thread it is in."""
        self._cancellation.requested.set()
        self.abort_overdue()

    def abort_overdue(self) -> None:
        """Abort every part of the call whose time is up."""
        for part, abort in list(self._cancellation.parts.items()):
            if not part.remaining:
                abort()

    def run(self, work: Callable[[], T], abort: Callable[[], None]) -> T:
        """Do `work`, in this thread if others look after it, and else apart from it.

        Parameters
        ----------
        work
            What to do; what it raises is raised here.
        abort
            Called when time is up, so that it ends soon and does no more harm.

        Raises
        ------
        TimeUpError
            When time is up or the call is cancelled.
        """
        if not getattr(_this_thread, "is_looked_after", False):
            return self.run_apart(work, abort)
        part = Deadline(self.remaining, self)
        self._cancellation.parts[part] = abort
        try:
            if self.remaining:
                return work()
        except Exception:
            if self.remaining:
                raise
        finally:
            del self._cancellation.parts[part]
        raise TimeUpError

    def run_apart(self, work: Callable[[], T], abort: Callable[[], None]) -> T:
        """Do `work` in a thread of its own, and walk away from it when there is no more time.

        Looking up a name and the like cannot be ended from outside, and hold off Ctrl-C in the thread that does them.

        Parameters, returns, raises as `run`.
        """
        ended = threading.Event()
        outcome: Future[T] = Future()

        def errand() -> None:
            try:
                outcome.set_result(work())
            except Exception as error:  # noqa: BLE001 (raised again, in the thread that waits)
                outcome.set_exception(error)
            finally:
                ended.set()

        part = Deadline(self.remaining, self)
        self._cancellation.parts[part] = ended.set
        try:
            if self.remaining:
                threading.Thread(target=errand, name="heco", daemon=True).start()
                ended.wait(min(self.remaining, threading.TIMEOUT_MAX))
            if outcome.done():
                return outcome.result()
            raise TimeUpError
        finally:
            del self._cancellation.parts[part]
            if not outcome.done():
                abort()


_this_thread = threading.local()


def look_after_this_thread() -> None:
    """Promise that `Deadline.abort_overdue` is called often for all that this thread runs."""
    _this_thread.is_looked_after = True


class _Cancellation:
    """What the parts of one call share."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.parts: dict[Deadline, Callable[[], None]] = {}


class RetryBudget:
    """Retries that a client may still make, refilled by its successes, so that an outage is not multiplied.

    Parameters
    ----------
    capacity
        Retries that may be made in a row with no success between them.
    refill
        What one success gives back.
    """

    def __init__(self, capacity: float = 30.0, refill: float = 1.0) -> None:
        self._capacity = capacity
        self._refill = refill
        self._left = capacity
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Take one retry; return False when there is none left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True

    def succeed(self) -> None:
        """Give a little back."""
        with self._lock:
            self._left = min(self._capacity, self._left + self._refill)


def backoff(attempt: int, *, base: float = 0.2, cap: float = 8.0) -> float:
    """Return seconds to wait before retry number `attempt` (from 1): exponential, with full jitter."""
    return random.uniform(0, min(cap, base * 2**attempt))  # noqa: S311 (no secret depends on it)


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (a number or a date), or None if it makes no sense."""
    if value is None:
        return None
    try:
        return max(0.0, float(int(value.strip())))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


class Gate:
    """Lets a bounded number of requests through at once; narrows when told to slow down, widens again slowly.

    Parameters
    ----------
    width
        Requests under way at once, at most.
    patience
        Seconds from narrowing to the first place more, and from each place to the next.
    """

    def __init__(self, width: int, patience: float = 1.0) -> None:
        self._full = width
        self._patience = patience
        self._width = width
        self._inside = 0
        self._slowed_at = -1.0
        self._widened_at = 0.0
        self._changed = threading.Condition()

    @contextmanager
    def passing(self, deadline: Deadline) -> Iterator[None]:
        """Wait for a place.

        Raises
        ------
        TimeUpError
            When there is none before `deadline`.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._inside < self._width, deadline.remaining):
                raise TimeUpError
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify()

    def slow_down(self, started: float) -> None:
        """Halve the width, once for all the requests that were under way together.

        Parameters
        ----------
        started
            `time.monotonic()` when the request that was told to slow down began.
        """
        with self._changed:
            if started > self._slowed_at:
                self._slowed_at = self._widened_at = time.monotonic()
                self._width = max(1, self._width // 2)

    def speed_up(self) -> None:
        """Widen by one place, for a request that succeeded, unless that was done a moment ago."""
        with self._changed:
            now = time.monotonic()
            if self._width < self._full and now - self._widened_at >= self._patience:
                self._widened_at = now
                self._width += 1
                self._changed.notify()
