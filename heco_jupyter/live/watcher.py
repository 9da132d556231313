"""One thread per connection that reads the fleet and notifies every panel when something has changed.

A tick is one list request, however many panels there are, and one detail request for each cluster that is shown or
being changed, if it may be different now. The thread is fast while something moves, slow when all is steady, slower
still while the API fails, and ends with the last listener. It never prints: errors end up in `last_error`.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from heco_jupyter.api.model.errors import HecoError, UncertainError
from heco_jupyter.api.wire.forks import renew_after_fork
from heco_jupyter.live.operations import Operations
from heco_jupyter.live.reading import read_fleet
from heco_jupyter.live.state import FleetState, OperationProgress, is_any_busy, is_worth_showing

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        """Show what is known now. Called from the watcher's thread and from others, one call at a time."""


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
        self._read_at = float("-inf")

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
            if time.monotonic() - self._read_at > MOVING:
                self._wake.set()

    def remove(self, listener: Listener) -> None:
        """Stop notifying `listener`; the thread ends with the last one."""
        with self._lock:
            self._listeners = [other for other in self._listeners if other is not listener]
        self._wake.set()

    def refresh(self) -> None:
        """Ask for a reading soon, and return at once."""
        self._wake.set()

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

    def _carry_out(self, plan: ChangePlan, key: str) -> None:
        try:
            self.client.carry_out_renewed(plan)
        except UncertainError as error:
            record, words = self._operations.mark_uncertain, str(error)
        except HecoError as error:
            record, words = self._operations.mark_failed, str(error)
        except Exception as error:  # noqa: BLE001 (no caller is left to raise it to)
            record, words = self._operations.mark_failed, f"{type(error).__name__}: {error}"
        else:
            record, words = self._operations.mark_accepted, "accepted"
        with self._lock:
            record(key, words)
            self._pause = MOVING
            self._update()
        self._wake.set()

    # Reading

    def read(self) -> None:
        """Read the fleet now, in this thread, and notify the listeners.

        Raises
        ------
        ApiError, TransportError
            When the fleet cannot be read. What is known stays, and listeners see the error as `last_error`.
        """
        with self._read_lock:
            interests = self._interests()
            try:
                reading = read_fleet(self.client, self.fleet, interests, self._changing)
            except HecoError as error:
                with self._lock:
                    self._pause = min(FAILING, max(MOVING, self._pause) * _GROWTH)
                    self._update(last_error=error.what, interval=_interval(interests, self._pause))
                raise
            with self._lock:
                for key, cluster in reading.details.items():
                    if cluster is None:
                        self._operations.mark_missing(key)
                    else:
                        self._operations.update(cluster, time.monotonic())
                moving = bool(self._operations.by_cluster) or is_any_busy(reading.clusters.values())
                self._pause = MOVING if moving else min(STEADY, self._pause * _GROWTH)
                updated_at = datetime.now(ZoneInfo(self.client.settings.timezone))
                self._read_at = time.monotonic()
                self._update(
                    clusters=reading.clusters,
                    details=reading.details,
                    vms=reading.vms,
                    updated_at=updated_at,
                    last_error=None,
                    interval=_interval(interests, MOVING if moving else STEADY),
                )

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    return
                auto = any(interest.auto for interest in self._interests())
                pause = self._pause * random.uniform(0.9, 1.1)  # noqa: S311 (no secret depends on it)
            woken = self._wake.wait(pause if auto else None)
            self._wake.clear()
            with self._lock:
                due = bool(self._listeners) and (woken or auto)
            if not due:
                continue
            try:
                self.read()
            except HecoError:
                continue  # listeners see it as last_error
            except Exception as error:  # noqa: BLE001 (the next tick may succeed)
                with self._lock:
                    self._pause = FAILING
                    self._update(last_error=f"the panel failed: {type(error).__name__}: {error}")

    def _interests(self) -> list[Interest]:
        with self._lock:
            return [listener.interest for listener in self._listeners]

    def _changing(self) -> set[str]:
        with self._lock:
            return set(self._operations.by_cluster)

    # Notifying

    def _update(self, **fields: Any) -> None:
        """Replace fields of the state, and notify listeners if they must see it. The caller holds the lock."""
        before = self.fleet
        operations = self._operations
        locks = {key: reason for key in operations.by_cluster if (reason := operations.lock_reason(key))}
        progress = self._progress(fields.get("details", before.details))
        self.fleet = replace(before, operations=progress, locks=locks, log=tuple(operations.log), **fields)
        if is_worth_showing(self.fleet, before):
            for listener in list(self._listeners):
                self._notify(listener)

    def _progress(self, details: Mapping[str, Cluster | None]) -> dict[str, OperationProgress]:
        now = time.monotonic()
        return {
            key: OperationProgress(operation, operation.progress(cluster, now - operation.sent_at))
            for key, operation in self._operations.by_cluster.items()
            if (cluster := details.get(key) or self.fleet.cluster(key))
        }

    def _notify(self, listener: Listener) -> None:
        try:
            listener.show(self.fleet)
        except Exception as error:  # noqa: BLE001 (one broken panel must not stop the others)
            words = f"a panel could not be drawn: {type(error).__name__}: {error}"
            self.fleet = replace(self.fleet, last_error=words)


def _interval(interests: list[Interest], pause: float) -> float | None:
    return pause if any(interest.auto for interest in interests) else None


_watchers: WeakValueDictionary[int, Watcher] = WeakValueDictionary()  # a watcher keeps its client, and so the id, alive


def watcher_of(client: Client) -> Watcher:
    """Return the watcher of `client`; each client has one, which lives as long as anything holds it."""
    watcher = _watchers.get(id(client))
    if watcher is None:
        watcher = _watchers[id(client)] = Watcher(client)
    return watcher
