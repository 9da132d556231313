"""HTTP on loopback, in a thread with its own event loop, so that the server can run inside a Jupyter kernel."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from http.client import responses
from typing import TYPE_CHECKING, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders, ResponseStartLine
from tornado.iostream import StreamClosedError

from heco_jupyter.emulator.faults import apply_fault
from heco_jupyter.emulator.messages import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from tornado.http1connection import HTTP1Connection
    from tornado.httputil import HTTPServerRequest

    from heco_jupyter.emulator.faults import Faults, Transmission
    from heco_jupyter.emulator.messages import Response
    from heco_jupyter.emulator.request_log import RequestLog

_JOIN_SECONDS = 10.0
_NO_BODY = (204, 304)


def loopback_address(host: str) -> str:
    """Return the address to bind for `host`.

    Raises
    ------
    ValueError
        If it is not a loopback address: the emulator is not secure enough for a network.
    """
    address = "127.0.0.1" if host.casefold() == "localhost" else host
    try:
        if ipaddress.ip_address(address).is_loopback:
            return address
    except ValueError:
        pass
    raise ValueError(f"the emulator listens on loopback only, not on {host!r}: use 127.0.0.1")


def _bind(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.create_server((address, port), family=family, backlog=128)
    listener.settimeout(0)
    return listener


class Server:
    """An HTTP server in a daemon thread. The constructor binds its port.

    Parameters
    ----------
    host, port
        The address to listen on; port 0 for any free port.
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
        self, host: str, port: int, handle: Callable[[Request], Response], faults: Faults, request_log: RequestLog
    ) -> None:
        self._handle = handle
        self._faults = faults
        self._request_log = request_log
        self._socket = _bind(loopback_address(host), port)
        address = self._socket.getsockname()
        self.port: int = address[1]
        self.url = f"http://[{address[0]}]:{self.port}" if ":" in address[0] else f"http://{address[0]}:{self.port}"
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heco-emulator-{self.port}", daemon=True)

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

    def _run(self) -> None:
        # The selector loop on every system: on Windows, tornado would start another thread for the default loop.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = HTTPServer(self._accept)
        server.add_socket(self._socket)
        self._ready.set()
        await self._stopping.wait()
        server.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await server.close_all_connections()

    def _accept(self, incoming: HTTPServerRequest) -> None:
        task = asyncio.get_running_loop().create_task(self._respond(incoming))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _respond(self, incoming: HTTPServerRequest) -> None:
        request = Request(
            method=incoming.method or "",
            path=incoming.path,
            query=incoming.query,
            headers=incoming.headers,
            body=incoming.body,
        )
        number = self._request_log.add(request)
        match = self._faults.match(request)
        if match.latency:
            await asyncio.sleep(match.latency)
        transmission = apply_fault(match.fault, lambda: self._handle(request))
        self._request_log.set_status(number, transmission.response.status if transmission.response else None)
        with contextlib.suppress(StreamClosedError):  # the client has disconnected
            await _send(cast("HTTP1Connection", incoming.connection), transmission, is_head=request.method == "HEAD")


async def _send(connection: HTTP1Connection, transmission: Transmission, *, is_head: bool) -> None:
    response = transmission.response
    if response is None:
        connection.detach().close()
        return
    body = b"" if response.status in _NO_BODY else response.body
    headers = HTTPHeaders(dict(response.headers))
    if response.status not in _NO_BODY:
        headers["Content-Length"] = str(len(body))
    start = ResponseStartLine("HTTP/1.1", response.status, responses.get(response.status, "Unknown"))
    if transmission.truncate and not is_head:
        await connection.write_headers(start, headers, body[: len(body) // 2])
        connection.detach().close()
        return
    await connection.write_headers(start, headers, b"" if is_head else body)
    connection.finish()
