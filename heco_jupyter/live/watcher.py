"""One thread a connection that reads the fleet, and tells all panels when something has changed.

A tick is one list request, however many panels there are, and one detail for each cluster that is looked at or worked
on and may have changed. The thread is quick while something moves, slow when all is steady, slower still while the API
fails, and ends with the last listener. It never prints; what a listener raises is kept and told as trouble.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakValueDictionary
from zoneinfo import ZoneInfo

from heco_jupyter.api.model.plans import DeletePlan, ScalePlan
from heco_jupyter.api.model.status import Status
from heco_jupyter.errors import HecoError, NotFoundError, UncertainError
from heco_jupyter.live.operations import Entry, Work, Works

if TYPE_CHECKING:
    from collections.abc import Mapping

    from heco_jupyter.api.client import Client
    from heco_jupyter.api.model.cluster import Cluster

MOVING, STEADY, FAILING = 2.0, 15.0, 60.0
"""Seconds between ticks: while something moves, when nothing does, and at most while the API fails."""

_GROWTH = 1.5
_TICKING = dict.fromkeys(("elapsedTime", "totalVmUptime"))  # fields that change with time alone


@dataclass(frozen=True, slots=True)
class Wants:
    """What a listener looks at.

    Parameters
    ----------
    cluster_id
        The cluster whose detail it shows.
    vms
        Whether it shows that cluster's VMs.
    terminated
        Whether it shows terminated clusters.
    auto
        Whether it is to be kept up to date.
    """

    cluster_id: str | None = None
    vms: bool = False
    terminated: bool = False
    auto: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """What is known of a fleet.

    Parameters
    ----------
    clusters
        As the list has them, by id, newest first.
    details
        Those that are looked at, in full, by id; None for one that the API does not have.
    vms
        The VMs of those whose VMs are looked at, by cluster.
    works, log
        What is under way, by cluster, with the words for it; and what was done from here.
    locks
        Why a cluster cannot be written to now, by id.
    heard
        When the API last answered, aware; None if it never has.
    trouble
        Why that was not just now, in words.
    every
        Seconds from one reading to the next, as a rule; None when nobody wants any.
    """

    clusters: Mapping[str, Cluster] = field(default_factory=dict)
    details: Mapping[str, Cluster | None] = field(default_factory=dict)
    vms: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    works: Mapping[str, tuple[Work, str]] = field(default_factory=dict)
    log: tuple[Entry, ...] = ()
    locks: Mapping[str, str] = field(default_factory=dict)
    heard: datetime | None = None
    trouble: str | None = None
    every: float | None = STEADY

    def cluster(self, cluster_id: str | None) -> Cluster | None:
        """Return the fullest that is known of a cluster."""
        if cluster_id is None:
            return None
        return self.details.get(cluster_id) or self.clusters.get(cluster_id)


class Listener(Protocol):
    """Who is told."""

    @property
    def wants(self) -> Wants:
        """What it looks at now."""

    def show(self, view: View) -> None:
        """Show what is known now. Called from the watcher's thread as well as from others, one at a time."""


class Watcher:
    """Keeps a `View` up to date while anybody listens. Safe from several threads.

    Parameters
    ----------
    client
        The connection to read through.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.view = View()
        self._works = Works()
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        self._reading = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._pause = MOVING
        self._read_at = float("-inf")

    @property
    def telling(self) -> threading.RLock:
        """The lock that is held while listeners are told, so that they are told one thing at a time."""
        return self._lock

    # Listening

    def add(self, listener: Listener) -> None:
        """Tell `listener` from now on, beginning with what is known."""
        with self._lock:
            self._listeners.append(listener)
            self._tell_one(listener)
            if self._thread is None:
                self._pause = MOVING
                self._thread = threading.Thread(target=self._run, name="heco watcher", daemon=True)
                self._thread.start()
            if time.monotonic() - self._read_at > MOVING:
                self._wake.set()

    def remove(self, listener: Listener) -> None:
        """Tell `listener` no more; with the last one the thread ends."""
        with self._lock:
            self._listeners = [other for other in self._listeners if other is not listener]
        self._wake.set()

    def refresh(self) -> None:
        """Read soon, whatever the time; returns at once."""
        self._wake.set()

    @property
    def is_running(self) -> bool:
        """Whether the thread runs."""
        with self._lock:
            return self._thread is not None

    # Writing

    def begin(self, plan: ScalePlan | DeletePlan, cluster: Cluster) -> bool:
        """Carry out `plan` in a thread of its own, after reading the cluster once more; return at once.

        Returns
        -------
        bool
            Whether it was begun: False while something else is under way on the cluster.
        """
        with self._lock:
            if not self._works.begin(plan, cluster, time.monotonic()):
                return False
            self._changed()
        threading.Thread(target=self._carry_out, args=(plan, str(cluster.id)), name="heco write", daemon=True).start()
        return True

    def _carry_out(self, plan: ScalePlan | DeletePlan, key: str) -> None:
        try:
            self.client.carry_out_renewed(plan)
        except UncertainError as error:
            outcome, words = self._works.uncertain, str(error)
        except HecoError as error:
            outcome, words = self._works.failed, str(error)
        except Exception as error:  # noqa: BLE001 (there is nobody to raise it to)
            outcome, words = self._works.failed, f"{type(error).__name__}: {error}"
        else:
            outcome, words = self._works.accepted, "accepted"
        with self._lock:
            outcome(key, words)
            self._pause = MOVING
            self._changed()
        self._wake.set()

    # Reading

    def read(self) -> None:
        """Read once, now, in this thread, and tell whoever listens.

        Raises
        ------
        ApiError, TransportError
            When the fleet cannot be read; what is known stays, and is told to be stale.
        """
        with self._reading:
            wants = self._wanted()
            try:
                rows = self.client.clusters(include_terminated=any(want.terminated for want in wants))
                clusters = {str(cluster.raw.get("id")): cluster for cluster in rows}
                details = {key: self._detail(key, clusters) for key in self._looked_at(wants)}
                of_vms = {want.cluster_id for want in wants if want.vms and details.get(want.cluster_id or "")}
                vms = {key: self._vms(key, details[key]) for key in of_vms if key}
            except HecoError as error:
                with self._lock:
                    self._pause = min(FAILING, max(MOVING, self._pause) * _GROWTH)
                    self._changed(trouble=error.what, every=self._every(wants))
                raise
            with self._lock:
                for key, cluster in details.items():
                    if cluster is None:
                        self._works.missing(key)
                    else:
                        self._works.read(cluster, time.monotonic())
                statuses = {cluster.raw.get("status") for cluster in clusters.values()}
                moves = bool(self._works.by_cluster) or any(Status(text).is_busy for text in statuses)
                self._pause = MOVING if moves else min(STEADY, self._pause * _GROWTH)
                zone = ZoneInfo(self.client.settings.timezone)
                clusters = _unless_changed(clusters, self.view.clusters)
                details = _unless_changed(details, self.view.details)
                every = self._every(wants, MOVING if moves else STEADY)
                heard = datetime.now(zone)
                self._read_at = time.monotonic()
                self._changed(clusters=clusters, details=details, vms=vms, heard=heard, trouble=None, every=every)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    return
                auto = any(want.auto for want in self._wanted())
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
                continue  # it is told as trouble
            except Exception as error:  # noqa: BLE001 (whatever it is, the next tick may be better)
                with self._lock:
                    self._pause = FAILING
                    self._changed(trouble=f"the panel failed: {type(error).__name__}: {error}")

    def _wanted(self) -> list[Wants]:
        with self._lock:
            return [listener.wants for listener in self._listeners]

    def _every(self, wants: list[Wants], seconds: float | None = None) -> float | None:
        return (seconds or self._pause) if any(want.auto for want in wants) else None

    def _looked_at(self, wants: list[Wants]) -> set[str]:
        with self._lock:
            return {want.cluster_id for want in wants if want.cluster_id} | set(self._works.by_cluster)

    def _detail(self, key: str, clusters: Mapping[str, Cluster]) -> Cluster | None:
        """Read a cluster in full, unless the list shows that it is as it was."""
        known, row, before = self.view.details.get(key), clusters.get(key), self.view.clusters.get(key)
        with self._lock:
            worked_on = key in self._works.by_cluster
        if known and row and before and not worked_on and not row.state.is_busy and _same(row, before):
            return known
        try:
            return self.client.get_cluster(key)
        except NotFoundError:
            return row

    def _vms(self, key: str, cluster: Cluster | None) -> tuple[Mapping[str, Any], ...]:
        """Read a cluster's VMs, unless it is as it was when they were read."""
        before = self.view.details.get(key)
        if key in self.view.vms and cluster and before and not cluster.state.is_busy and _same(cluster, before):
            return self.view.vms[key]
        try:
            rows = self.client.list_vms(key).astype(object).to_dict("records")
            return tuple({str(name): value for name, value in row.items()} for row in rows)
        except NotFoundError:
            return ()

    # Telling

    def _changed(self, **fields: Any) -> None:
        """Take in what has changed, and tell it if it has. The caller holds the lock."""
        now = time.monotonic()
        works = {
            key: (work, work.words(cluster, now - work.began))
            for key, work in self._works.by_cluster.items()
            if (cluster := fields.get("details", self.view.details).get(key) or self.view.cluster(key))
        }
        locks = {key: lock for key in self._works.by_cluster if (lock := self._works.lock(key))}
        before = self.view
        self.view = replace(before, works=works, locks=locks, log=tuple(self._works.log), **fields)
        # When the API was last heard of matters only once it is not.
        if replace(self.view, heard=None) != replace(before, heard=None) or before.heard is None:
            for listener in list(self._listeners):
                self._tell_one(listener)

    def _tell_one(self, listener: Listener) -> None:
        try:
            listener.show(self.view)
        except Exception as error:  # noqa: BLE001 (one broken panel must not stop the others)
            self.view = replace(self.view, trouble=f"a panel could not be drawn: {type(error).__name__}: {error}")


def _same(one: Cluster, other: Cluster) -> bool:
    """Return whether two readings differ in nothing but time."""
    now, before = one.raw, other.raw
    alike: bool = now == before or (now.keys() == before.keys() and now | _TICKING == before | _TICKING)
    return alike and one.timezone == other.timezone


def _unless_changed(now: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return `now` with the old object wherever nothing has changed but time, so that comparing is quick."""
    return {
        key: old if cluster is not None and (old := before.get(key)) is not None and _same(cluster, old) else cluster
        for key, cluster in now.items()
    }


_watchers: WeakValueDictionary[int, Watcher] = WeakValueDictionary()  # a watcher keeps its client, and so the id, alive


def watcher_of(client: Client) -> Watcher:
    """Return the one watcher of `client`; it lives as long as somebody holds it."""
    watcher = _watchers.get(id(client))
    if watcher is None:
        watcher = _watchers[id(client)] = Watcher(client)
    return watcher
