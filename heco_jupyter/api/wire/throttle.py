"""What keeps the client from asking for more than the API bears: a throttle, backoff and a retry budget."""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypedDict

from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.concurrency import Concurrency, Seen
from heco_jupyter.api.wire.deadline import TimeUpError
from heco_jupyter.api.wire.pacing import Pacing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from heco_jupyter.api.wire.deadline import Deadline


_MOST_DIGITS = 9
_LONGEST_PAUSE = 10.0**_MOST_DIGITS
_REMEMBERED = 1000  # answers whose times give the quantiles
_CHANGE = 1.25  # between what was logged and what is worth another line
_LATELY = 15.0  # seconds: an API that counts by 10 seconds can refuse everything for almost as long


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


class PacedError(TimeUpError):
    """Time was up before the API's rate allowed the request to be sent."""


class Stats(TypedDict):
    """What a client has sent so far, and what it has found out about the API."""

    requests: int
    retries: int
    refused: int
    allowed_in_flight: int
    allowed_per_second: float | None
    p50: float | None
    p95: float | None


class Throttle:
    """Lets requests through in turn: as many at once, and as many a second, as the API turns out to bear.

    Parameters
    ----------
    most
        Never more requests in flight than this.
    """

    def __init__(self, most: int) -> None:
        self._concurrency = Concurrency(most)
        self._pacing = Pacing()
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._inside: set[threading.Event] = set()
        self._requests = self._retries = self._refused = 0
        self._answered_at = float("-inf")
        self._taken: deque[float] = deque(maxlen=_REMEMBERED)
        self._logged = (self._concurrency.allowed, float("inf"))

    @property
    def allowed(self) -> int:
        """Requests that may be in flight at once, now."""
        return self._concurrency.allowed

    @property
    def was_answered_lately(self) -> bool:
        """Whether a request was answered with what was asked for not long ago."""
        return time.monotonic() - self._answered_at < _LATELY

    @property
    def pace(self) -> str | None:
        """What the API allows, in words, while requests have to wait for it."""
        with self._lock:
            rate = self._pacing.rate
            if rate is None or not self._pacing.is_binding(time.monotonic()):
                return None
        return f"the API allows {rate:.0f} requests a second"

    def stats(self) -> Stats:
        """Return what was sent so far, and what is allowed now."""
        with self._lock:
            taken = sorted(self._taken)
            rate = self._pacing.rate
            return Stats(
                requests=self._requests,
                retries=self._retries,
                refused=self._refused,
                allowed_in_flight=self._concurrency.allowed,
                allowed_per_second=None if rate is None else round(rate, 1),
                p50=_quantile(taken, 0.5),
                p95=_quantile(taken, 0.95),
            )

    @contextmanager
    def passing(self, deadline: Deadline, *, is_retry: bool = False) -> Iterator[None]:
        """Wait for a turn, and hold a place.

        The time for which the API's rate makes a part of a larger operation wait does not count towards that part.

        Raises
        ------
        TimeUpError
            When the turn does not come before `deadline`; a `PacedError` if that is because of the API's rate.
        """
        turn = threading.Event()
        try:
            self._wait(turn, deadline, is_retry=is_retry)
            yield
        finally:  # wherever it was interrupted
            with self._lock:
                self._inside.discard(turn)
                if turn in self._waiting:
                    self._waiting.remove(turn)
                self._wake()

    def answered(self, kind: Hashable, started: float, seconds: float, *, first: bool) -> None:
        """Tell of a success; see `Seen`."""
        with self._lock:
            self._answered_at = started + seconds
            self._taken.append(seconds)
            self._pacing.accepted(started + seconds)
            self._concurrency.answered(Seen(kind, started, seconds, first))
            self._wake()
        self._tell()

    def refused(self, started: float, hold: float) -> None:
        """Tell of a 429: when the request was sent, and how many seconds everybody is asked to wait."""
        with self._lock:
            self._refused += 1
            self._pacing.refused(started, time.monotonic(), hold)
        self._tell()

    def _wait(self, turn: threading.Event, deadline: Deadline, *, is_retry: bool) -> None:
        began = time.monotonic()
        has_waited = False
        while pause := self._take(turn, is_retry=is_retry):
            has_waited = True
            turn.wait(min(pause, deadline.patience))
            if not deadline.patience:
                raise TimeUpError if self.pace is None else PacedError
        if has_waited and self.pace is not None:
            deadline.extend(time.monotonic() - began)

    def _take(self, turn: threading.Event, *, is_retry: bool) -> float:
        """Take the turn if it has come; otherwise return how many seconds to wait, if nobody sets it before."""
        with self._lock:
            turn.clear()
            if turn not in self._waiting:
                self._waiting.append(turn)
            if self._waiting[0] is not turn or len(self._inside) >= self._concurrency.allowed:
                return threading.TIMEOUT_MAX
            now = time.monotonic()
            if pause := self._pacing.pause(now):
                return pause
            self._waiting.popleft()
            self._inside.add(turn)
            self._requests += 1
            self._retries += is_retry
            self._concurrency.sent(len(self._inside))
            self._pacing.sent(now)
            self._wake()
            return 0.0

    def _wake(self) -> None:
        if self._waiting:
            self._waiting[0].set()

    def _tell(self) -> None:
        """Log what is allowed, when that has changed."""
        was_allowed, was_rate = self._logged
        allowed, rate = self._concurrency.allowed, self._pacing.rate or float("inf")
        if _has_changed(was_allowed, allowed) or _has_changed(was_rate, rate):
            self._logged = allowed, rate
            log.event(_in_words(self.stats()))


def _in_words(stats: Stats) -> str:
    rate, p50, p95 = stats["allowed_per_second"], stats["p50"], stats["p95"]
    allowed = f"at most {stats['allowed_in_flight']} requests at once"
    if rate is not None:
        allowed += f" and {rate:.1f} a second"
    sent = f"{stats['requests']} requests, {stats['retries']} retries, {stats['refused']} refused"
    if p50 is not None and p95 is not None:
        sent += f", p50 {1000 * p50:.0f} ms, p95 {1000 * p95:.0f} ms"
    return f"from now on {allowed}; so far {sent}"


def _has_changed(was: float, now: float) -> bool:
    return was != now and not was / _CHANGE < now < was * _CHANGE


def _quantile(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 4) if ordered else None
