"""The emulator as a whole: a store, the API on top of it, and an HTTP server in front."""

from __future__ import annotations

import atexit
import math
import time
from typing import TYPE_CHECKING, Any, Self

from heco_jupyter.emulator.access import AccessControl, AccessKey, random_access_key
from heco_jupyter.emulator.faults import Faults
from heco_jupyter.emulator.forking import ForkSafeLock, call_in_forked_child
from heco_jupyter.emulator.loading import frozen_cluster, items_of
from heco_jupyter.emulator.loopback import loopback_address
from heco_jupyter.emulator.request_log import RecordedRequest, RequestLog
from heco_jupyter.emulator.routes import Api, ApiOptions
from heco_jupyter.emulator.schedule import Pace, reschedule
from heco_jupyter.emulator.seeds import SEEDS
from heco_jupyter.emulator.server import Server
from heco_jupyter.emulator.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

_MAX_PORT = 65535


class Emulator:
    """The Hadoop Eco Open API on loopback.

    Use it as a context manager, or call `start` and `stop`. All methods are safe to call from any thread, before the
    start as well as after it. Clusters kept in memory are lost when the emulator stops.

    When the process forks, the emulator goes on in the parent. In the child it is stopped, and `start` starts another.

    Parameters
    ----------
    host
        A loopback address; any other is refused.
    port
        The port to listen on; 0 for any free port.
    db
        The SQLite file to keep the clusters in, or `:memory:`. A database that exists is used as it is, not seeded.
        The file gets mode 600, so that only its owner can read it.
    seed
        The fleet to start with: `fleet` (about 40 clusters), `busy` (about 550) or `empty`.
    seed_number
        Selects one of many random fleets of that kind.
    speed
        How many times faster than in a cloud everything happens; at 60, a minute takes a second.
    max_page_size
        The largest page to return; a larger `size` gets pages of this size.
    credential_id, credential_secret
        The access key to accept. By default a random key is generated; read it from the attributes of the same names.
    any_credentials
        Accept any non-empty access key.
    clock
        Returns the Unix time in seconds.

    Attributes
    ----------
    credential_id, credential_secret : str
        The access key that allows everything.
    read_only_id, read_only_secret : str
        A second access key, which allows reads only.
    faults : Faults
        The faults to inject: `add(Fault(...))`, `clear()`.

    Examples
    --------
    >>> import heco_jupyter
    >>> from heco_jupyter.emulator import Emulator
    >>> with Emulator(speed=600) as emulator:
    ...     client = heco_jupyter.connect(emulator.url, emulator.credential_id, emulator.credential_secret)
    ...     len(client.list_clusters()) >= 35
    True
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        db: str = ":memory:",
        seed: str = "fleet",
        seed_number: int = 1,
        speed: float = 60.0,
        max_page_size: int = 1000,
        credential_id: str | None = None,
        credential_secret: str | None = None,
        any_credentials: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if seed not in SEEDS:
            raise ValueError(f"unknown seed {seed!r}: use one of {', '.join(SEEDS)}")
        if not 0 <= port <= _MAX_PORT:
            raise ValueError(f"port must be from 0 to {_MAX_PORT}")
        if max_page_size < 1:
            raise ValueError("max_page_size must be at least 1")
        has_key = credential_id and credential_secret
        if not has_key and (credential_id is not None or credential_secret is not None):
            raise ValueError("credential_id and credential_secret must be given together")
        self._address = loopback_address(host), port
        self._db = str(db)
        self._seed, self._seed_number = seed, seed_number
        self._clock = clock
        key = AccessKey(credential_id, credential_secret) if credential_id and credential_secret else None
        self._access = AccessControl(key or random_access_key(), random_access_key(), accept_any=any_credentials)
        self._options = ApiOptions(Pace(_positive(speed)), max_page_size)
        self._lock = ForkSafeLock()
        self._request_log = RequestLog()
        self._store: Store | None = None
        self._server: Server | None = None
        self.faults = Faults()
        call_in_forked_child(self, Emulator._abandon)

    def __repr__(self) -> str:
        return f"<Emulator {self._server.url if self._server else 'stopped'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The endpoint, without the path of the API."""
        if self._server is None:
            raise RuntimeError("the emulator has no URL until it is started")
        return self._server.url

    @property
    def credential_id(self) -> str:
        """The id of the access key that allows everything."""
        return self._access.full_access.id

    @property
    def credential_secret(self) -> str:
        """The secret of the access key that allows everything."""
        return self._access.full_access.secret

    @property
    def read_only_id(self) -> str:
        """The id of the read-only access key."""
        return self._access.read_only.id

    @property
    def read_only_secret(self) -> str:
        """The secret of the read-only access key."""
        return self._access.read_only.secret

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest requests, oldest first."""
        return self._request_log.all()

    def clear_requests(self) -> None:
        """Forget all requests so far."""
        self._request_log.clear()

    def start(self) -> Self:
        """Start serving, and return once requests are accepted. Do nothing if the emulator is running.

        Raises
        ------
        OSError
            If the port is in use.
        StoreError
            If the database cannot be used.
        """
        with self._lock:
            if self._server is None:
                store = self._open_store()
                api = Api(store, self._access, self._now, self._options, self._lock)
                try:
                    server = Server(
                        *self._address,
                        admit=api.admit,
                        handle=api.handle,
                        faults=self.faults,
                        request_log=self._request_log,
                    )
                except BaseException:
                    self._close_store()
                    raise
                server.start()
                self._server = server
                atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Close every connection and the database, and end the thread. Do nothing if the emulator is not running."""
        with self._lock:
            server, self._server = self._server, None
        # Not under the lock: a request that is being handled needs it to finish.
        if server is not None:
            server.stop()
            atexit.unregister(self.stop)
        with self._lock:
            if self._server is None:
                self._close_store()

    def load(self, page_or_items: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
        """Serve these clusters exactly as they are, each until the first write to it.

        Parameters
        ----------
        page_or_items
            A page of the API, or a list of its items. Every item needs an `id`; an existing cluster with the same id
            is replaced.
        """
        clusters = [frozen_cluster(item) for item in items_of(page_or_items)]
        with self._lock:
            self._open_store().put(clusters)

    def load_vms(self, cluster_id: str, page_or_items: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
        """Serve these VMs exactly as they are, until the first write to their cluster.

        The cluster itself need not exist: then only its VMs can be listed.

        Parameters
        ----------
        cluster_id
            The cluster of the VMs.
        page_or_items
            A page of the API, or a list of its items.
        """
        items = items_of(page_or_items)
        with self._lock:
            self._open_store().put_loaded_vms(cluster_id, items)

    def set_speed(self, speed: float) -> None:
        """Change the speed, also for what is under way.

        Parameters
        ----------
        speed
            How many times faster than in a cloud everything happens.
        """
        pace = Pace(_positive(speed))
        with self._lock:
            now, factor = self._now(), self._options.pace.speed / pace.speed
            store = self._open_store()
            moving = (cluster for cluster in store.clusters() if not cluster.is_frozen)
            store.put(reschedule(cluster, now=now, factor=factor) for cluster in moving)
            self._options.pace = pace

    def _open_store(self) -> Store:
        if self._store is None:
            store = Store(self._db)
            if store.is_new:
                now = self._now()
                factor = 1 / self._options.pace.speed
                clusters = SEEDS[self._seed](now, self._seed_number)
                store.put(reschedule(cluster, now=now, factor=factor) for cluster in clusters)
            self._store = store
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _abandon(self) -> None:
        """Be stopped in a forked process, and leave everything to the parent. The server does the same for itself."""
        if self._store is not None:
            self._store.abandon()
        self._store = self._server = None
        atexit.unregister(self.stop)

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _positive(speed: float) -> float:
    if not (math.isfinite(speed) and speed > 0):
        raise ValueError("speed must be a positive number")
    return float(speed)
