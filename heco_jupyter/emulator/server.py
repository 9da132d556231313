"""HTTP on loopback, in a thread with its own event loop, so that the server can run inside a Jupyter kernel."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakSet

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerConnectionDelegate
from tornado.iostream import IOStream
from tornado.netutil import add_accept_handler

from heco_jupyter.emulator.exchange import LARGEST_BODY, Exchange, Service
from heco_jupyter.emulator.forking import call_in_forked_child, leak
from heco_jupyter.emulator.loopback import loopback_address

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from tornado.http1connection import HTTP1Connection
    from tornado.httputil import HTTPConnection, HTTPMessageDelegate

    from heco_jupyter.emulator.faults import Faults
    from heco_jupyter.emulator.messages import Request, Response
    from heco_jupyter.emulator.request_log import RequestLog

_JOIN_SECONDS = 10.0
_BODY_SECONDS = 60.0
"""How long a body may take to arrive before its connection is closed."""
_LARGEST_HEAD = 32 * 1024
"""Bytes of a request line and its headers. A connection that sends more is closed without a response.

Half of tornado's own limit: before 6.6, the time it takes over folded headers grows with the square of their size
(CVE-2026-116577).
"""


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=128)
    listener.settimeout(0)
    return listener


class _Stream(IOStream):
    """A connection whose end reaches the client even while a forked process has a copy of the socket."""

    def close_fd(self) -> None:
        with contextlib.suppress(OSError):  # the client has disconnected
            self.socket.shutdown(socket.SHUT_RDWR)
        super().close_fd()


class _Exchanges(HTTPServerConnectionDelegate):
    """Makes an `Exchange` for every request."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> HTTPMessageDelegate:  # noqa: ARG002
        return Exchange(self._service, cast("HTTP1Connection", request_conn))


class Server:
    """An HTTP server in a daemon thread. The constructor binds its port.

    Parameters
    ----------
    host, port
        The address to listen on; port 0 for any free port.
    admit
        Raises a `RefusedError` if the path, the method or the access key of a request is refused. It is called in the
        thread of the server, before the body is read.
    handle
        Returns the response to a request. It is called in the thread of the server.
    faults
        The faults to inject.
    request_log
        Records every request, before its response is sent.

    Raises
    ------
    OSError
        If the port is in use.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        admit: Callable[[Request], object],
        handle: Callable[[Request], Response],
        faults: Faults,
        request_log: RequestLog,
    ) -> None:
        self._service = Service(admit, handle, faults, request_log, self._spawn)
        self._listener = _bind(loopback_address(host), port)
        address = self._listener.getsockname()
        self.port: int = address[1]
        self.url = f"http://[{address[0]}]:{self.port}" if ":" in address[0] else f"http://{address[0]}:{self.port}"
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._streams: WeakSet[IOStream] = WeakSet()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heco-emulator-{self.port}", daemon=True)
        call_in_forked_child(self, Server.abandon)

    def start(self) -> None:
        """Start serving, and return once requests are accepted."""
        self._thread.start()
        self._ready.wait()

    def stop(self) -> None:
        """Close every connection and end the thread."""
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None and not loop.is_closed():
            loop.call_soon_threadsafe(stopping.set)
        self._thread.join(_JOIN_SECONDS)

    def abandon(self) -> None:
        """Let go of the server in a forked process, while it goes on in the parent.

        Only this process's copies of the sockets are closed. The event loop must be neither closed nor finalised: its
        selector is shared with the parent, which would no longer be told of its connections.
        """
        leak(self)
        self._listener.close()
        for stream in list(self._streams):
            if stream.socket is not None:
                stream.socket.close()

    def _run(self) -> None:
        # The selector loop on every system: on Windows, tornado would start another thread for the default loop.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = HTTPServer(
            _Exchanges(self._service),
            max_header_size=_LARGEST_HEAD,
            max_body_size=sys.maxsize,  # an exchange counts for itself, and refuses in words
            body_timeout=_BODY_SECONDS,
        )

        def accept(connection: socket.socket, address: Any) -> None:
            stream = _Stream(connection, max_buffer_size=LARGEST_BODY)
            self._streams.add(stream)
            server.handle_stream(stream, address)

        stop_accepting = add_accept_handler(self._listener, accept)
        self._ready.set()
        await self._stopping.wait()
        stop_accepting()
        with contextlib.suppress(OSError):  # ends it for forked processes too, on Linux; other systems may refuse
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.close_all_connections()

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
