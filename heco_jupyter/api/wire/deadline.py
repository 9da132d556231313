"""Deadlines that whole operations share: each part ends in time, and all of them at once when they are cancelled."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from heco_jupyter.api.wire.forks import renew_after_fork
from heco_jupyter.api.wire.threads import run_in_thread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")


class TimeUpError(Exception):
    """A deadline has passed, or the operation that it bounds was cancelled."""


class Deadline:
    """The time by which an operation, with all its parts, must end; it ends sooner when it is cancelled.

    Parameters
    ----------
    seconds
        From now.
    parent
        The deadline of the operation that this one is a part of: it ends no later, and is cancelled with it.
    """

    def __init__(self, seconds: float, parent: Deadline | None = None) -> None:
        self.seconds = seconds if parent is None else min(seconds, parent.remaining)
        self._at = time.monotonic() + self.seconds
        self._parent = parent
        self._cancellation: _Cancellation = _Cancellation() if parent is None else parent._cancellation  # noqa: SLF001

    @property
    def remaining(self) -> float:
        """Seconds left, never below 0; 0 once cancelled."""
        return 0.0 if self._cancellation.requested.is_set() else max(0.0, self._at - time.monotonic())

    @property
    def patience(self) -> float:
        """Seconds left for what the API makes wait: those of the larger operation, if this is a part of one."""
        return self.remaining if self._parent is None else self._parent.patience

    def extend(self, seconds: float) -> None:
        """Give a part of a larger operation more time, for which the API itself has made it wait."""
        if self._parent is not None:
            self._at += seconds

    def renew(self) -> None:
        """Give a whole operation all its time again: it goes on as fast as the API allows."""
        if self._parent is None:
            self._at = max(self._at, time.monotonic() + self.seconds)

    def sleep(self, seconds: float) -> None:
        """Wait, but not past the deadline."""
        self._cancellation.requested.wait(min(seconds, self.remaining))

    def cancel(self) -> None:
        """End every part of the operation at once, in whichever threads they run."""
        self._cancellation.requested.set()
        self.abort_overdue()

    def abort_overdue(self) -> None:
        """Abort every part whose time is up."""
        for part, abort in list(self._cancellation.parts.items()):
            if not part.remaining:
                abort()

    def run(self, work: Callable[[], T], abort: Callable[[], None]) -> T:
        """Do `work`: in this thread if it is supervised, otherwise in one of its own.

        Parameters
        ----------
        work
            What to do; what it raises is raised here.
        abort
            Called when time is up, so that it ends soon and does no more harm.

        Raises
        ------
        TimeUpError
            When time is up or the operation is cancelled.
        """
        if not getattr(_this_thread, "is_supervised", False):
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
        """Do `work` in a thread of its own, and leave that behind when time is up.

        A name lookup and the like cannot be ended from outside, and delays Ctrl-C in the thread that does it.

        Parameters
        ----------
        work, abort
            As for `run`.

        Raises
        ------
        TimeUpError
            When time is up or the operation is cancelled.
        """
        ended = threading.Event()
        outcome: Future[T] = Future()

        def work_and_tell() -> None:
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
                run_in_thread(work_and_tell)
                ended.wait(min(self.remaining, threading.TIMEOUT_MAX))
            if outcome.done():
                return outcome.result()
            raise TimeUpError
        finally:
            del self._cancellation.parts[part]
            if not outcome.done():
                abort()


_this_thread = threading.local()


class _Supervision:
    """Forgets, in a forked process, that this thread was supervised: whoever did that runs in the parent."""

    def after_fork(self) -> None:
        _this_thread.is_supervised = False


_supervision = _Supervision()
renew_after_fork(_supervision)


@contextmanager
def supervised() -> Iterator[None]:
    """Promise that `Deadline.abort_overdue` is called often for whatever this thread runs."""
    _this_thread.is_supervised = True
    try:
        yield
    finally:
        _this_thread.is_supervised = False


class _Cancellation:
    """What the parts of one operation share."""

    def __init__(self) -> None:
        self.requested = threading.Event()
        self.parts: dict[Deadline, Callable[[], None]] = {}
