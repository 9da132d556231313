"""What keeps the client from making an outage worse: backoff, a retry budget, and a gate that narrows after a 429."""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.deadline import TimeUpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heco_jupyter.api.wire.deadline import Deadline


_MOST_DIGITS = 9
_LONGEST_PAUSE = 10.0**_MOST_DIGITS


class RetryBudget:
    """The retries that a client may still make, refilled by its successes, so that it does not multiply an outage.

    Parameters
    ----------
    capacity
        Retries in a row without a success.
    refill
        Retries that one success gives back.
    """

    def __init__(self, capacity: float = 30.0, refill: float = 1.0) -> None:
        self._capacity = capacity
        self._refill = refill
        self._left = capacity
        self._lock = threading.Lock()

    def spend(self) -> bool:
        """Take one retry; return False when none is left."""
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
    """Return the seconds to wait before retry number `attempt`, from 1: exponential, with full jitter."""
    return random.uniform(0, min(cap, base * 2**attempt))  # noqa: S311 (no secret depends on it)


def retry_after(value: str | None) -> float | None:
    """Return the seconds that a `Retry-After` header asks for, as a number or a date, or None if it makes no sense."""
    if value is None:
        return None
    if value.strip().isdecimal():
        digits = value.strip()
        return float(digits) if len(digits) <= _MOST_DIGITS else _LONGEST_PAUSE
    then = http_date(value)
    return None if then is None else max(0.0, then - time.time())


def http_date(value: str | None) -> float | None:
    """Return the time that a header gives, in seconds since the epoch, or None if it makes no sense."""
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except (ValueError, TypeError, OverflowError, LookupError, AttributeError):  # whatever the parser stumbles over
        return None


class Gate:
    """Lets a bounded number of requests through at once; narrows when the API says 429, and slowly widens again.

    Parameters
    ----------
    width
        Most requests in flight at once.
    patience
        Seconds between narrowing and the first step wider, and between steps.
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
            When none is free before `deadline`.
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
        """Halve the width, once for all requests that were in flight together.

        Parameters
        ----------
        started
            `time.monotonic()` when the refused request began.
        """
        with self._changed:
            if started > self._slowed_at:
                self._slowed_at = self._widened_at = time.monotonic()
                self._width = max(1, self._width // 2)
                log.event(f"429, too many requests: from now on at most {self._width} requests at once")

    def speed_up(self) -> None:
        """Widen by one after a success, unless that was done a moment ago."""
        with self._changed:
            now = time.monotonic()
            if self._width < self._full and now - self._widened_at >= self._patience:
                self._widened_at = now
                self._width += 1
                self._changed.notify()
