"""HTTP connections that know whether anything was sent on them, and that can be ended from another thread.

`requests` bounds each read from a socket, not a whole answer, and does not tell whether a failed request left this
machine. Both are known only at the connection, so this module gives `requests` connections that report to a `Watch`.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from types import TracebackType

    from urllib3 import PoolManager, ProxyManager

    from heco_jupyter.api.wire.deadline import Deadline


class Watch:
    """Follows one request: whether any of it was sent, and how to end it. Enter it around the request.

    Parameters
    ----------
    deadline
        When the request must have ended.
    """

    _current: ClassVar[ContextVar[Watch | None]] = ContextVar("watch", default=None)

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sent = False
        self.aborted = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._token = self._current.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:  # from here on the connection may serve another request
            self._socket = None
        self._current.reset(self._token)

    def abort(self) -> None:
        """End the request; its thread sees the connection closed."""
        with self._lock:
            self.aborted = True
            self._shut()

    def follow(self, connection: HTTPConnection, *, sending: bool = False) -> None:
        """Take `connection` as the one this request goes over, and remember when the request is `sending`.

        Raises
        ------
        ConnectionAbortedError
            When the request was ended: whoever ended it relies on `sent` not changing any more.
        """
        with self._lock:
            # The socket, not the connection: one that is to be closed after the answer lets go of it before the body.
            self._socket = connection.sock
            if self.aborted:
                self._shut()
                raise ConnectionAbortedError
            self.sent = self.sent or sending

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # closed already is as good
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    @classmethod
    def current(cls) -> Watch | None:
        """Return the watch that this thread is inside of."""
        return cls._current.get()


class _Watched:
    """What both kinds of connection do besides being one."""

    debuglevel = 0  # http.client prints headers, keys and all, at any other level, whoever set it

    def connect(self: Any) -> None:
        connect = super().connect  # type: ignore[misc]
        if watch := Watch.current():
            watch.deadline.run_apart(connect, watch.abort)  # looking up a name cannot be ended by closing a connection
            watch.follow(self)
        else:
            connect()

    def send(self: Any, data: Any) -> None:
        if self.sock is None:
            self.connect()  # apart from sending, so that a refused connection counts as nothing sent
        if watch := Watch.current():
            watch.follow(self, sending=True)
        super().send(data)  # type: ignore[misc]


class _Http(_Watched, HTTPConnection):
    pass


class _Https(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class WatchedAdapter(HTTPAdapter):
    """A `requests` adapter whose connections report to the `Watch` of their thread."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Return the pools of connections through `proxy`."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def forget_idle(self) -> None:
        """Close the connections that are waiting for use, so that the next request opens a new one."""
        self.poolmanager.clear()
