"""What tests of recordings share: a clock by which a day passes in seconds, and what was true while it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.lifecycle import is_listed_at
from heco_jupyter.emulator.views import cluster_item
from heco_jupyter.live.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from heco_jupyter.emulator import Emulator

MIDNIGHT = datetime(2024, 5, 1, tzinfo=UTC)


class FastClock(Clock):
    """A clock that moves only when somebody waits, and at once. What is due meanwhile is done on the way.

    Parameters
    ----------
    start
        What it shows at first.
    """

    def __init__(self, start: datetime = MIDNIGHT) -> None:
        self.time = start
        self.before_waiting: Callable[[], None] = lambda: None
        self._due: list[tuple[datetime, Callable[[], object]]] = []

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        """Let something happen at a moment."""
        self._due = sorted([*self._due, (moment, act)], key=lambda due: due[0])

    def now(self) -> datetime:
        return self.time

    def wait(self, woken: Event, seconds: float) -> None:
        self.before_waiting()
        until = self.time + timedelta(seconds=seconds)
        while not woken.is_set() and self._due and self._due[0][0] <= until:
            moment, act = self._due.pop(0)
            self.time = max(self.time, moment)
            act()
        if not woken.is_set():
            self.time = until


class Log:
    """What was true in an emulator whenever it answered a list, by its own store: the rows, by moment.

    Parameters
    ----------
    emulator
        Runs by `clock`. While it has faults, what it answers counts for nothing.
    clock
        The recorder's.
    """

    def __init__(self, emulator: Emulator, clock: FastClock) -> None:
        self.rows: dict[datetime, dict[str, dict[str, Any]]] = {}
        self.attempts: list[datetime] = []
        self._emulator, self._clock = emulator, clock
        clock.before_waiting = self._look

    def _look(self) -> None:
        lists = [request for request in self._emulator.requests if request.path.endswith("/clusters")]
        self._emulator.clear_requests()
        if not lists:
            return
        self.attempts.append(self._clock.time)
        if not any(_hits_lists(fault.path) for fault in self._emulator.faults):
            self.rows[self._clock.time] = {item["id"]: item for item in self._items()}

    def _items(self) -> Iterable[dict[str, Any]]:
        now = round(self._clock.time.timestamp() * 1000)
        for cluster in self._emulator._store.clusters():
            if cluster.createdAt <= now and is_listed_at(cluster, now):
                yield cluster_item(cluster, now)


def _hits_lists(path: str | None) -> bool:
    return path is None or path.endswith("/clusters$")
