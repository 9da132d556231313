"""HTTP connections that record whether anything was sent on them, and that another thread can abort.

`requests` limits each read from a socket, not a whole response, and does not tell whether a failed request left this
machine. Only the connection knows, so this module gives `requests` connections that report to a `Watch`.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from requests import Response
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from heco_jupyter.api.display.masking import Hidden

if TYPE_CHECKING:
    from types import TracebackType

    from requests import PreparedRequest
    from urllib3 import PoolManager, ProxyManager

    from heco_jupyter.api.wire.deadline import Deadline


class Watch:
    """Follows one request: whether any of it was sent, and how to abort it. Enter it around the request.

    Parameters
    ----------
    deadline
        When the request must have ended.

    Attributes
    ----------
    sent, sent_at
        Whether any of it was sent, and when, by `time.monotonic()`.
    is_first
        Whether it is the first on its connection.
    """

    _current: ClassVar[ContextVar[Watch | None]] = ContextVar("watch", default=None)

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.sent = False
        self.sent_at = 0.0
        self.is_first = False
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
        """Abort the request; its thread sees a closed connection."""
        with self._lock:
            self.aborted = True
            self._shut()

    def follow(self, connection: HTTPConnection, *, sending: bool = False) -> None:
        """Record the connection that the request uses, and whether it is `sending`.

        Raises
        ------
        ConnectionAbortedError
            When the request was aborted: whoever aborted it relies on `sent` no longer changing.
        """
        with self._lock:
            # The socket, not the connection, which gives it up before the body if it is to close after the response.
            self._socket = connection.sock
            if self.aborted:
                self._shut()
                raise ConnectionAbortedError
            if sending and not self.sent:
                self.sent, self.sent_at = True, time.monotonic()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    @classmethod
    def current(cls) -> Watch | None:
        """Return the watch that this thread has entered."""
        return cls._current.get()


class _OnlyOthers(logging.Filter):
    """Lets no record through about a connection of ours: urllib3 logs headers that make no sense as they came."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 (as the base class has it)
        return Watch.current() is None


logging.getLogger("urllib3.connection").addFilter(_OnlyOthers())


class _Watched:
    """What connections of both schemes do in addition."""

    debuglevel = 0  # at any other level, http.client prints headers with the keys

    def connect(self: Any) -> None:
        connect = super().connect  # type: ignore[misc]
        watch = Watch.current()
        if watch is None:
            connect()
            return

        def connect_or_close() -> None:
            connect()
            if watch.aborted:  # whoever asked for it has left, and would never close it
                self.close()

        watch.deadline.run_apart(connect_or_close, watch.abort)  # a name lookup cannot be aborted by closing a socket
        watch.is_first = True
        watch.follow(self)

    def send(self: Any, data: Any) -> None:
        if self.sock is None:
            self.connect()  # first, so that a refused connection counts as nothing sent
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


@cache
def _socks_pools() -> dict[str, Any]:
    """Return the pools of connections through a SOCKS proxy; needs PySocks."""
    from urllib3.contrib import socks  # noqa: PLC0415 (only who has such a proxy needs it)

    class _SocksHttp(_Watched, socks.SOCKSConnection):
        pass

    class _SocksHttps(_Watched, socks.SOCKSHTTPSConnection):
        pass

    class _SocksHttpPool(socks.SOCKSHTTPConnectionPool):
        ConnectionCls = _SocksHttp

    class _SocksHttpsPool(socks.SOCKSHTTPSConnectionPool):
        ConnectionCls = _SocksHttps

    return {"http": _SocksHttpPool, "https": _SocksHttpsPool}


class WatchedAdapter(HTTPAdapter):
    """A `requests` adapter for one endpoint, whose connections report to the `Watch` of their thread.

    What `requests` finds out anew for each request, the pool with its proxy and its certificates, is found out once,
    and a response has only what is used of it: no cookies, no encoding guessed.
    """

    _pool: Any = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool of connections to the endpoint."""
        pool = self._pool or super().get_connection_with_tls_context(*args, **kwargs)
        self._pool = pool
        return pool

    def cert_verify(self, conn: Any, *args: Any) -> None:
        """Tell a pool, once, which certificates are believed."""
        if not getattr(conn, "is_told", False):
            super().cert_verify(conn, *args)  # type: ignore[no-untyped-call]
            conn.is_told = True

    def request_url(self, request: PreparedRequest, proxies: Any) -> str:
        """Return what the request line names."""
        return super().request_url(request, proxies) if proxies else request.path_url

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:
        """Return a response."""
        response = Response()
        response.request, response.raw, response.status_code, response.headers = req, resp, resp.status, resp.headers
        return response

    def close(self) -> None:
        """Close every idle connection."""
        self._pool = None
        super().close()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """Return the pools of connections through `proxy`."""
        manager: ProxyManager = super().proxy_manager_for(Hidden(proxy), **kwargs)  # kept by it, with its password
        manager.pool_classes_by_scheme = _socks_pools() if proxy.lower().startswith("socks") else _POOLS
        return manager

    def forget_idle(self) -> None:
        """Close idle connections, those through proxies too, so that the next request opens a new one."""
        self._pool = None
        self.poolmanager.clear()
        for manager in list(self.proxy_manager.values()):
            manager.clear()
