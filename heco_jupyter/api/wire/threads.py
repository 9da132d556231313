"""Threads that are used again: for a short request, starting one costs as much as all the rest.

Not a `ThreadPoolExecutor`, whose threads the interpreter waits for as it exits: a name lookup can hang for minutes.
"""

from __future__ import annotations

import threading
from collections import deque
from queue import SimpleQueue
from typing import TYPE_CHECKING

from heco_jupyter.api.wire.forks import renew_after_fork

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_IDLE = 64


class _Threads:
    """Those that have nothing to do, for whoever needs one."""

    def __init__(self) -> None:
        self.idle: deque[SimpleQueue[Callable[[], None]]] = deque(maxlen=_MOST_IDLE)
        renew_after_fork(self)

    def after_fork(self) -> None:
        self.idle.clear()  # they run in the parent

    def run(self, work: Callable[[], None]) -> None:
        try:
            inbox = self.idle.pop()
        except IndexError:
            inbox = SimpleQueue()
            threading.Thread(target=self._serve, args=(inbox,), name="heco", daemon=True).start()
        inbox.put(work)

    def _serve(self, inbox: SimpleQueue[Callable[[], None]]) -> None:
        while True:
            inbox.get()()
            if len(self.idle) >= _MOST_IDLE:
                return
            self.idle.append(inbox)


_threads = _Threads()


def run_in_thread(work: Callable[[], None]) -> None:
    """Start `work`, which must not raise, in a daemon thread, and return at once."""
    _threads.run(work)
