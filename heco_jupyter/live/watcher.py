"""One thread per connection that reads the fleet, and after each reading notifies every panel, whatever it found.

A tick is one list request, however many panels there are, and one detail request for each cluster that is shown or
being changed; its VMs, every other tick while it does not change. The thread is fast while something moves, slow when
all is steady, slower still while the API fails, and ends with the last listener. It never prints: errors end up in
`last_error`.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.model.errors import ApiError, CommandError, HecoError, UncertainError
from heco_jupyter.api.model.plans import ScalePlan
from heco_jupyter.api.wire.forks import renew_after_fork
from heco_jupyter.live.operations import Operations, Outcome
from heco_jupyter.live.reading import read_fleet
from heco_jupyter.live.state import FleetState, is_any_busy

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster
    from heco_jupyter.api.model.plans import ChangePlan
    from heco_jupyter.live.state import Interest

MOVING, STEADY, FAILING = 2.0, 15.0, 60.0
"""Seconds between ticks: while something moves, when nothing does, and at most while the API fails."""

_GROWTH = 1.5


class Listener(Protocol):
    """Something that shows the state of the fleet."""

    @property
    def interest(self) -> Interest:
        """What it shows now."""

    def show(self, fleet: FleetState) -> None:
        """Show what is known now, after each reading and each change. Called from several threads, one at a time."""


class Watcher:
    """Keeps the state of a fleet up to date while anyone listens. Safe to use from several threads.

    Parameters
    ----------
    client
        The connection to read through.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self._begin()
        renew_after_fork(self)

    def _begin(self) -> None:
        self.fleet = FleetState()
        self._operations = Operations()
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._read_lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._pause = MOVING
        self._asked = 0
        self._ticks = 0

    def after_fork(self) -> None:
        """Begin with new locks, no thread and no listeners: those belong to the parent process."""
        self._begin()

    @property
    def notify_lock(self) -> threading.RLock:
        """The lock held while listeners are notified, so that they see one state at a time."""
        return self._lock

    # Listeners

    def add(self, listener: Listener) -> None:
        """Notify `listener` from now on, first of what is known already."""
        with self._lock:
            self._listeners.append(listener)
            self._notify(listener)
            if self._thread is None:
                self._pause = MOVING
                self._thread = threading.Thread(target=self._run, name="heco watcher", daemon=True)
                self._thread.start()
            if time.monotonic() - self.fleet.read_at > MOVING:
                self._wake.set()

    def remove(self, listener: Listener) -> None:
        """Stop notifying `listener`; the thread ends with the last one."""
        with self._lock:
            self._listeners = [other for other in self._listeners if other is not listener]
        self._wake.set()

    def refresh(self) -> int:
        """Ask for a reading of everything soon, and return at once.

        Returns
        -------
        int
            The number of this request: it is answered once `FleetState.answered` is as high.
        """
        with self._lock:
            self._asked += 1
        self._wake.set()
        return self._asked

    @property
    def is_running(self) -> bool:
        """Whether the thread runs."""
        with self._lock:
            return self._thread is not None

    # Operations

    def begin(self, plan: ChangePlan, cluster: Cluster) -> bool:
        """Carry out `plan` in a thread of its own, after reading the cluster once more; return at once.

        Returns
        -------
        bool
            Whether it was started: False while another operation on the cluster is under way.
        """
        with self._lock:
            if not self._operations.begin(plan, cluster, time.monotonic()):
                return False
            self._update()
        threading.Thread(target=self._carry_out, args=(plan, str(cluster.id)), name="heco write", daemon=True).start()
        return True

    def mark_read(self) -> None:
        """Record that somebody has seen the log of operations."""
        self._change_log(self._operations.mark_read)

    def dismiss(self, number: int) -> None:
        """Put the outcome with this number aside, in every panel."""
        self._change_log(lambda: self._operations.dismiss(number))

    def _change_log(self, change: Callable[[], None]) -> None:
        with self._lock:
            before = self._operations.log
            change()
            if self._operations.log != before:
                self._update()

    def _carry_out(self, plan: ChangePlan, key: str) -> None:
        operations, record = self._operations, self._operations.mark_failed
        try:
            self.client.carry_out_renewed(plan)
        except UncertainError as error:
            told = Words(Said("hint_first", {"hint": error.hint, "what": error.what})) if error.hint else error.what
            ending = partial(operations.mark_uncertain, key, told)
        except CommandError as error:
            count = self._overtaken(plan)
            overtaken = partial(record, key, Outcome.OVERTAKEN, str(count))
            ending = partial(record, key, Outcome.NOT_SENT, error.what) if count is None else overtaken
        except ApiError as error:
            ending = partial(record, key, Outcome.REFUSED, error.said or error.what)
        except HecoError as error:
            ending = partial(record, key, Outcome.NOT_SENT, error.what)
        except Exception as error:  # noqa: BLE001 (no caller is left to raise it to, and it may have been sent)
            ending = partial(operations.mark_uncertain, key, plain(mask(f"{type(error).__name__}: {error}")))
        else:
            ending = partial(operations.mark_accepted, key)
        with self._lock:
            ending()
            self._pause = MOVING
            self._update()
        self._wake.set()

    def _overtaken(self, plan: ChangePlan) -> int | None:
        """Return how many workers the cluster of a scale has by now, if somebody else has changed them."""
        if not isinstance(plan, ScalePlan):
            return None
        try:
            count = self.client.get_cluster(plan.cluster_id).workerCnt
        except HecoError:
            return None
        return None if count == plan.before else count

    # Reading

    def read(self) -> None:
        """Read the fleet now, in this thread, and notify the listeners.

        Raises
        ------
        ApiError, TransportError
            When the fleet cannot be read. What is known stays, and listeners see the error as `last_error`.
        """
        with self._read_lock:
            with self._lock:
                interests = [listener.interest for listener in self._listeners]
                asked, is_asked = self._asked, self._asked > self.fleet.answered
                self._ticks += 1
            wants_vms = is_asked or self._ticks % 2 == 0
            try:
                reading = read_fleet(self.client, self.fleet, interests, self._changing, wants_vms=wants_vms)
            except HecoError as error:
                with self._lock:
                    self._pause = min(FAILING, max(MOVING, self._pause) * _GROWTH)
                    self._update(last_error=error.what, interval=self._pause, answered=asked)
                raise
            with self._lock:
                for key, cluster in reading.details.items():
                    if key in reading.detail_errors:
                        continue
                    if cluster is None:
                        self._operations.mark_missing(key)
                    else:
                        self._operations.update(cluster, time.monotonic())
                moving = bool(self._operations.by_cluster) or is_any_busy(reading.clusters.values())
                self._pause = MOVING if moving else min(STEADY, self._pause * _GROWTH)
                self._update(
                    **{name: getattr(reading, name) for name in reading.__slots__},
                    updated_at=datetime.now(ZoneInfo(self.client.settings.timezone)),
                    read_at=time.monotonic(),
                    last_error=None,
                    interval=MOVING if moving else STEADY,
                    answered=asked,
                )

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    return
                pause = self._pause * random.uniform(0.9, 1.1)  # noqa: S311 (no secret depends on it)
            self._wake.wait(pause)
            self._wake.clear()
            with self._lock:
                if not self._listeners:
                    continue
            try:
                self.read()
            except HecoError:
                continue  # listeners see it as last_error
            except Exception as error:  # noqa: BLE001 (the next tick may succeed)
                with self._lock:
                    self._pause = FAILING
                    words = Words(Said("panel_failed", {"error": f"{type(error).__name__}: {error}"}))
                    self._update(last_error=words, interval=FAILING, answered=self._asked)

    def _changing(self) -> set[str]:
        with self._lock:
            return set(self._operations.by_cluster)

    # Notifying

    def _update(self, **fields: Any) -> None:
        """Replace fields of the state, and notify the listeners. The caller holds the lock."""
        operations = self._operations
        self.fleet = replace(self.fleet, operations=dict(operations.by_cluster), log=tuple(operations.log), **fields)
        for listener in list(self._listeners):
            self._notify(listener)

    def _notify(self, listener: Listener) -> None:
        try:
            listener.show(self.fleet)
        except Exception as error:  # noqa: BLE001 (one broken panel must not stop the others)
            words = Words(Said("panel_not_drawn", {"error": f"{type(error).__name__}: {error}"}))
            self.fleet = replace(self.fleet, last_error=words)


_watchers: WeakValueDictionary[int, Watcher] = WeakValueDictionary()  # a watcher keeps its client, and so the id, alive


def watcher_of(client: Client) -> Watcher:
    """Return the watcher of `client`; each client has one, which lives as long as anything holds it."""
    watcher = _watchers.get(id(client))
    if watcher is None:
        watcher = _watchers[id(client)] = Watcher(client)
    return watcher
