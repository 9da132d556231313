"""How many requests an API bears at once, found from how long its answers take. Pure: it is told all that it knows.

An API that is asked for more than it works off at once makes requests wait, and the wait shows in the time to the
answer. After TCP Vegas (Brakmo and Peterson, 1995) and Netflix's concurrency-limits (its VegasLimit): with `base` as
the time of an answer that did not wait, `limit * (1 - base / median)` of the requests in flight wait in a queue. Both
that and the bounds below are relative, since our own work lengthens what is seen.
"""

from __future__ import annotations

from collections import defaultdict
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

_START = 8
_AS_QUICK = 0.9  # of the base's speed: nothing waits
_QUICK = 0.75  # of the base's speed: below a quarter of the limit waits, so that more may be asked for
_SLOW = 0.62  # more than a third waits: of twice as many in flight, less than a quarter would have been a gain
_FULL = 0.9  # of what is allowed: who does not use it learns nothing about more
_ENOUGH = 4  # answers of one kind whose median is no accident
_NO_QUICKER = 0.9
_DRIFT = 1.1 ** (1 / 60)  # a second: an API that became slower for good is no queue


class Seen(NamedTuple):
    """One answer.

    Parameters
    ----------
    kind
        Answers of one kind take the same time: what was called, and the page size.
    started, seconds
        When the request was sent, and how long the answer took; without connecting.
    first
        Whether it was the first on its connection, which can be slower and then tells nothing.
    """

    kind: Hashable
    started: float
    seconds: float
    first: bool = False


class Concurrency:
    """How many requests may be in flight at once.

    It doubles while answers come as quickly as with fewer; after the first queue it grows by one at a time. That is
    judged a window at a time: as many answers as are allowed in flight. The base of a kind is the lowest median of a
    window, not the lowest time, which noise would make too low.

    Parameters
    ----------
    most
        Never more than this.

    Attributes
    ----------
    allowed : int
        Requests that may be in flight now.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._least = self.allowed = min(_START, most)
        self._doubles = True
        self._last_speed = 1.0
        self._settled_at = 0.0
        self._before_shrinking: dict[Hashable, float] = {}
        self._bases: dict[Hashable, _Base] = {}
        self._seen: dict[Hashable, list[Seen]] = defaultdict(list)
        self._answers = 0
        self._peak = 0

    def sent(self, in_flight: int) -> None:
        """Tell that a request was sent, which makes so many in flight."""
        self._peak = max(self._peak, in_flight)

    def answered(self, seen: Seen) -> None:
        """Tell of an answer."""
        self._answers += 1
        if seen.started >= self._settled_at:  # others tell of the limit before
            self._seen[seen.kind].append(seen)
        if self._answers >= self.allowed:
            self._judge(seen.started + seen.seconds)

    def _judge(self, now: float) -> None:
        """End the window, if it tells enough."""
        times = {kind: _telling(seen) for kind, seen in self._seen.items()}
        enough = min(_ENOUGH, self.allowed)
        medians = {kind: median(taken) for kind, taken in times.items() if len(taken) >= enough}
        if sum(len(times[kind]) for kind in medians) < self.allowed / 4:
            return
        speed = self._speed(medians, {kind: len(times[kind]) for kind in medians}, now)
        self._last_speed = speed
        was_full = self._peak >= _FULL * self.allowed
        for kind in medians:
            del self._seen[kind]
        self._answers = self._peak = 0
        if speed < _SLOW:
            self._shrink(speed, medians, now)
        elif speed >= _QUICK and was_full:
            factor = 4 if speed >= _AS_QUICK else 2  # where nothing waits at all, two doublings at once
            self._set(factor * self.allowed if self._doubles else self.allowed + 1, now)

    def _speed(self, medians: dict[Hashable, float], counts: dict[Hashable, int], now: float) -> float:
        """Return how quickly answers come, as a share of the quickest so far; over all kinds, by their answers."""
        shares = 0.0
        for kind, taken in medians.items():
            # What waits now makes the first answers of a new kind slow, too.
            base = self._bases.setdefault(kind, _Base(taken * self._last_speed, now))
            is_no_quicker = taken > _NO_QUICKER * self._before_shrinking.get(kind, float("inf"))
            if is_no_quicker or self._peak <= self._least / 2:  # with fewer in flight, or with few
                base.reset(taken, now)  # the API is slower, nothing waits
            shares += counts[kind] * min(1.0, base.at(taken, now) / taken)
        self._before_shrinking = {}
        return shares / sum(counts.values())

    def _shrink(self, speed: float, medians: dict[Hashable, float], now: float) -> None:
        self._doubles = False
        fewer = max(self._least, round(self.allowed * speed))
        if fewer < self.allowed:
            self._before_shrinking = medians
            self._last_speed = 1.0
        self._set(fewer, now + max(medians.values()))  # what waits now is worked off first

    def _set(self, allowed: int, settled_at: float) -> None:
        allowed = min(allowed, self._most)
        if allowed != self.allowed:
            self.allowed = allowed
            self._settled_at = settled_at
            self._seen.clear()


class _Base:
    """The time of an answer of one kind that did not wait."""

    def __init__(self, seconds: float, now: float) -> None:
        self.reset(seconds, now)

    def reset(self, seconds: float, now: float) -> None:
        self._seconds = max(seconds, 1e-6)
        self._now = now

    def at(self, taken: float, now: float) -> float:
        """Return it as of now, when a window's median was `taken`."""
        drifted = self._seconds * _DRIFT ** (now - self._now)
        self.reset(min(drifted, taken), now)
        return self._seconds


def _telling(seen: list[Seen]) -> list[float]:
    """Return the times that tell something: those of first answers only where there are few others."""
    later = [one.seconds for one in seen if not one.first]
    return later if len(later) >= len(seen) / 4 else [one.seconds for one in seen]
