"""The emulator as a whole: a store, an API over it, and a server in front."""

from __future__ import annotations

import atexit
import math
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from heco_jupyter.emulator.access import AccessKey, Gate, new_access_key
from heco_jupyter.emulator.faults import Faults
from heco_jupyter.emulator.loading import frozen_cluster, items_of
from heco_jupyter.emulator.plans import Pace, retime
from heco_jupyter.emulator.recorder import RecordedRequest, Recorder
from heco_jupyter.emulator.routes import Api, Settings
from heco_jupyter.emulator.seeds import SEEDS
from heco_jupyter.emulator.server import Server, loopback_address
from heco_jupyter.emulator.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

_MAX_PORT = 65535


class Emulator:
    """The Hadoop Eco Open API on loopback.

    It is a context manager; `start` and `stop` do the same by hand. All its methods may be called from any thread,
    before it is started as well as after. What is in memory only is gone once it is stopped.

    Parameters
    ----------
    host
        A loopback address. Any other is refused.
    port
        Where to listen; 0 takes any port that is free.
    db
        An SQLite file for the clusters, or `:memory:`. A file that has been used before is gone on with: it is not
        seeded again.
    seed
        The fleet to begin with: `fleet` (some forty clusters), `busy` (some five hundred and fifty) or `empty`.
    seed_number
        Another number gives another fleet of that kind.
    speed
        How many times faster than a cloud things happen: with 60, a minute takes a second.
    max_page_size
        A larger `size` is answered with pages of this size.
    credential_id, credential_secret
        The access key to accept. Without them a key is made up; see the attributes of the same names.
    any_credentials
        Accept any access key that is not empty.
    clock
        Gives the Unix time in seconds.

    Attributes
    ----------
    credential_id, credential_secret : str
        The access key that may do everything.
    read_only_id, read_only_secret : str
        A second access key, which may only read.
    faults : Faults
        What is to go wrong: `add(Fault(...))`, `clear()`.
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
            raise ValueError(f"there is no seed {seed!r}: use one of {', '.join(SEEDS)}")
        if not 0 <= port <= _MAX_PORT:
            raise ValueError(f"port must be from 0 to {_MAX_PORT}")
        if max_page_size < 1:
            raise ValueError("max_page_size must be at least 1")
        if not (credential_id and credential_secret) and (credential_id is not None or credential_secret is not None):
            raise ValueError("credential_id and credential_secret belong together")
        self._address = loopback_address(host), port
        self._db = str(db)
        self._seed, self._seed_number = seed, seed_number
        self._clock = clock
        full = AccessKey(credential_id, credential_secret) if credential_id and credential_secret else new_access_key()
        self._gate = Gate(full, new_access_key(), anyone=any_credentials)
        self._settings = Settings(Pace(_positive(speed)), max_page_size)
        self._lock = threading.RLock()
        self._recorder = Recorder()
        self._store: Store | None = None
        self._server: Server | None = None
        self.faults = Faults()

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
        """The id of the access key that may do everything."""
        return self._gate.full.id

    @property
    def credential_secret(self) -> str:
        """The secret of the access key that may do everything."""
        return self._gate.full.secret

    @property
    def read_only_id(self) -> str:
        """The id of the access key that may only read."""
        return self._gate.read_only.id

    @property
    def read_only_secret(self) -> str:
        """The secret of the access key that may only read."""
        return self._gate.read_only.secret

    @property
    def requests(self) -> list[RecordedRequest]:
        """The latest requests, oldest first."""
        return self._recorder.all()

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._recorder.clear()

    def start(self) -> Self:
        """Begin to answer; returns when requests are accepted. Does nothing if it has been started.

        Raises
        ------
        OSError
            The port is taken.
        StoreError
            The database cannot be used.
        """
        with self._lock:
            if self._server is None:
                store = self._opened()
                api = Api(store, self._gate, self._now, self._settings, self._lock)
                try:
                    server = Server(*self._address, api.answer, self.faults, self._recorder)
                except BaseException:
                    self._close_store()
                    raise
                server.start()
                self._server = server
                atexit.register(self.stop)
        return self

    def stop(self) -> None:
        """Close every connection and the database, and end the thread. Does nothing if it has been stopped."""
        with self._lock:
            server, self._server = self._server, None
        # Without the lock: a request that is being answered needs it to come to an end.
        if server is not None:
            server.stop()
            atexit.unregister(self.stop)
        with self._lock:
            if self._server is None:
                self._close_store()

    def load(self, page_or_items: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
        """Serve clusters exactly as they are given, until the first write to them.

        Parameters
        ----------
        page_or_items
            One of the API's pages, or a list of its items. Each needs an `id`; one that is known already is replaced.
        """
        clusters = [frozen_cluster(item) for item in items_of(page_or_items)]
        with self._lock:
            self._opened().put(clusters)

    def load_vms(self, cluster_id: str, page_or_items: Mapping[str, Any] | Iterable[Mapping[str, Any]]) -> None:
        """Serve VMs exactly as they are given, until the first write to their cluster.

        The cluster need not be there: then only its VMs are.
        """
        items = items_of(page_or_items)
        with self._lock:
            self._opened().put_given_vms(cluster_id, items)

    def set_speed(self, speed: float) -> None:
        """Have things happen `speed` times faster than in a cloud, those under way included."""
        pace = Pace(_positive(speed))
        with self._lock:
            now, factor = self._now(), self._settings.pace.speed / pace.speed
            store = self._opened()
            store.put(retime(cluster, now=now, factor=factor) for cluster in store.clusters() if cluster.given is None)
            self._settings.pace = pace

    def _opened(self) -> Store:
        if self._store is None:
            store = Store(self._db)
            if store.is_new:
                now = self._now()
                factor = 1 / self._settings.pace.speed
                clusters = SEEDS[self._seed](now, self._seed_number)
                store.put(retime(cluster, now=now, factor=factor) for cluster in clusters)
            self._store = store
        return self._store

    def _close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _now(self) -> int:
        return round(self._clock() * 1000)


def _positive(speed: float) -> float:
    if not (math.isfinite(speed) and speed > 0):
        raise ValueError("speed must be a positive number")
    return float(speed)
