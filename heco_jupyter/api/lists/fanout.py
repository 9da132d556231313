"""The same call for many clusters or pages, concurrently, with one deadline for all of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from heco_jupyter.api.wire.deadline import supervised
from heco_jupyter.api.wire.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from heco_jupyter.api.model.types import Report
    from heco_jupyter.api.wire.deadline import Deadline

T = TypeVar("T")
U = TypeVar("U")

_TICK = 0.2


class Bears(Protocol):
    """What the API bears, as a `Throttle` finds it out."""

    @property
    def allowed(self) -> int:
        """Requests that may be in flight at once, now."""

    @property
    def pace(self) -> str | None:
        """How many requests a second the API allows, in words, while they have to wait for it."""


def fan_out(
    function: Callable[[T], U],
    items: Iterable[T],
    *,
    bears: Bears,
    deadline: Deadline,
    report: Report | None = None,
    doing: str = "",
) -> list[U]:
    """Apply `function` to `items` in as many threads as the API bears, and return the results in order.

    The first failure, or Ctrl-C, cancels `deadline` and with it every call in flight. As long as the API itself sets
    the pace, each item that is done renews `deadline`.

    Parameters
    ----------
    function, items
        What to call, and with what.
    bears
        What the API bears; read again and again, since it is found out meanwhile.
    deadline
        When all of it must end; `function` must use it for its calls.
    report, doing
        Called a few times a second with what is being done, in words, and the fraction done.
    """
    job = _Job(function, list(items), bears)
    if not job.items:
        return []
    done = 0
    try:
        job.start()
        while not job.ended.wait(_TICK):
            deadline.abort_overdue()
            pace = bears.pace
            if pace and job.done > done:
                deadline.renew()
            done = job.done
            if report:
                report(f"{doing}; {pace}" if pace else doing, done / len(job.items))
    except BaseException:
        job.stop()
        deadline.cancel()
        raise
    if job.failure:
        deadline.cancel()
        raise job.failure
    if report:
        report(doing, 1.0)
    return job.results


class _Job(Generic[T, U]):
    """Items worked off by threads, whose number follows what the API bears."""

    def __init__(self, function: Callable[[T], U], items: Sequence[T], bears: Bears) -> None:
        self.items = items
        self.results: list[Any] = [None] * len(items)
        self.done = 0
        self.failure: BaseException | None = None
        self.ended = threading.Event()
        self._function = function
        self._bears = bears
        self._next = 0
        self._threads = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start as many threads as there is work for."""
        with self._lock:
            wanted = min(self._bears.allowed, self._threads + len(self.items) - self._next)
            more, self._threads = wanted - self._threads, max(wanted, self._threads)
        for _ in range(more):
            run_in_thread(self._work)

    def stop(self) -> None:
        """Begin no more items."""
        with self._lock:
            self._next = len(self.items)

    def _work(self) -> None:
        with supervised():
            while (index := self._take()) is not None:
                try:
                    self.results[index] = self._function(self.items[index])
                except BaseException as error:  # noqa: BLE001 (raised again by the thread that waits)
                    self.failure = self.failure or error
                    self.stop()
                    self.ended.set()
                else:
                    self._count()

    def _take(self) -> int | None:
        """Return the next item for this thread; None if there is none, or there are more threads than the API bears."""
        with self._lock:
            index = self._next
            if index >= len(self.items) or self._threads > self._bears.allowed:
                self._threads -= 1
                return None
            self._next += 1
            more = self._threads < self._bears.allowed
        if more:
            self.start()
        return index

    def _count(self) -> None:
        with self._lock:
            self.done += 1
        if self.done == len(self.items):
            self.ended.set()
