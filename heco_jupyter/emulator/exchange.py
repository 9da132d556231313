"""One HTTP request and its response.

The headers decide whether a request is served: a caller without a valid access key is answered before any of its body
is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from http.client import responses
from typing import TYPE_CHECKING, NamedTuple

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.iostream import StreamClosedError

from heco_jupyter.emulator.faults import apply_fault
from heco_jupyter.emulator.loopback import check_host
from heco_jupyter.emulator.messages import Request
from heco_jupyter.emulator.refusals import RefusedError, refusal_response

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from tornado.http1connection import HTTP1Connection
    from tornado.iostream import IOStream

    from heco_jupyter.emulator.faults import Faults, Transmission
    from heco_jupyter.emulator.messages import Response
    from heco_jupyter.emulator.request_log import RequestLog

LARGEST_BODY = 1024 * 1024
"""Bytes of a body. The largest spec that the client sends has a quarter of that."""
LARGEST_HEADERS = 16 * 1024
"""Bytes of all header fields; servers commonly take 8 to 16 KiB."""
LINGER_SECONDS = 2.0
"""How long a client may go on sending after it was refused, before its connection is closed."""

_READ_SIZE = 64 * 1024
_NO_BODY = (204, 304)


class Service(NamedTuple):
    """What requests are served with.

    Parameters
    ----------
    admit
        Raises a `RefusedError` if the path, the method or the access key of a request is refused. Needs no body.
    handle
        Returns the response to a request.
    faults
        The faults to inject.
    request_log
        Records every request, before its response is sent.
    spawn
        Runs a coroutine until it ends or the server stops.
    """

    admit: Callable[[Request], object]
    handle: Callable[[Request], Response]
    faults: Faults
    request_log: RequestLog
    spawn: Callable[[Coroutine[object, object, None]], asyncio.Task[None]]


class Exchange(HTTPMessageDelegate):
    """Reads one request as it arrives, and responds to it.

    Parameters
    ----------
    service
        What to serve the request with.
    connection
        The connection that it arrives on.
    """

    def __init__(self, service: Service, connection: HTTP1Connection) -> None:
        self._service = service
        self._connection = connection
        self._request = Request("", "")
        self._body = bytearray()
        self._received = 0
        self._refusal: Response | None = None

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        """Decide whether the request is served; if not and it has a body, respond and close the connection."""
        assert isinstance(start_line, RequestStartLine)  # noqa: S101 (a server receives requests)
        path, _, query = start_line.path.partition("?")
        self._request = Request(start_line.method, path, query, headers)
        try:
            check_host(headers.get("Host"), start_line.version)
            _check_header_size(headers)
            self._service.admit(self._request)
            _check_body_size(headers)  # after the keys: a stranger need not know
        except RefusedError as refusal:
            self._refusal = refusal_response(refusal)
        if self._refusal is not None and _has_body(headers):
            return _ended(self._service.spawn(self._refuse_unread(self._refusal)))
        return None

    def data_received(self, chunk: bytes) -> Awaitable[None]:
        """Add to the body. A chunked body shows only here that it is too large."""
        self._received += len(chunk)
        if self._received <= LARGEST_BODY:
            self._body += chunk
        elif self._refusal is None:
            self._body.clear()
            self._refusal = refusal_response(_body_too_large())
            return _ended(self._service.spawn(self._refuse_half_read(self._refusal)))
        elif self._received > 2 * LARGEST_BODY:
            self._connection.close()
        # Before 6.6, tornado reads all the chunks that have arrived without a turn for others (CVE-2026-115927).
        return asyncio.sleep(0)

    def finish(self) -> None:
        """Respond to a request that has arrived as a whole."""
        if self._received > LARGEST_BODY:
            self._connection.close()
            return
        request = self._request
        self._request = Request(request.method, request.path, request.query, request.headers, bytes(self._body))
        self._service.spawn(self._respond())

    def on_connection_close(self) -> None:
        """Forget the body: the client has disconnected before the request was complete."""
        self._body.clear()

    async def _respond(self) -> None:
        transmission = await self._process(lambda: self._refusal or self._service.handle(self._request))
        with contextlib.suppress(StreamClosedError):  # the client has disconnected
            if await self._write(transmission):
                self._connection.finish()
            else:
                self._connection.detach().close()

    async def _refuse_unread(self, refusal: Response) -> None:
        """Respond before the body is read, and close the connection."""
        transmission = await self._process(lambda: refusal)
        stream = self._connection.stream
        try:
            if await self._write(transmission, closes=True):
                _shut_down_writing(stream)
                await _discard(stream)
        except StreamClosedError:
            pass  # the client has disconnected
        finally:
            self._connection.detach().close()

    async def _refuse_half_read(self, refusal: Response) -> None:
        """Respond while the body is still being read, which then goes on for a while without being kept."""
        transmission = await self._process(lambda: refusal)
        stream = self._connection.stream
        try:
            is_whole = await self._write(transmission, closes=True)
        except StreamClosedError:
            return
        if is_whole:
            _shut_down_writing(stream)
            asyncio.get_running_loop().call_later(LINGER_SECONDS, stream.close)
        else:
            stream.close()

    async def _process(self, handle: Callable[[], Response]) -> Transmission:
        """Record the request, and return what to send, with the faults for it applied."""
        log = self._service.request_log
        number = log.add(self._request)
        match = self._service.faults.match(self._request)
        if match.latency:
            await asyncio.sleep(match.latency)
        transmission = apply_fault(match.fault, handle)
        log.set_status(number, transmission.response.status if transmission.response else None)
        return transmission

    async def _write(self, transmission: Transmission, *, closes: bool = False) -> bool:
        """Send a response, and return whether it was sent as a whole; if not, the connection is to be closed."""
        response = transmission.response
        if response is None:
            return False
        body = b"" if response.status in _NO_BODY else response.body
        headers = HTTPHeaders(dict(response.headers))
        if response.status not in _NO_BODY:
            headers["Content-Length"] = str(len(body))
        if closes:
            headers["Connection"] = "close"
        start = ResponseStartLine("HTTP/1.1", response.status, responses.get(response.status, "Unknown"))
        is_head = self._request.method == "HEAD"
        is_cut = transmission.truncate and not is_head
        sent = b"" if is_head else body[: len(body) // 2] if is_cut else body
        await self._connection.write_headers(start, headers, sent)
        return not is_cut


async def _ended(task: asyncio.Task[None]) -> None:
    """Wait until a task has ended, in whatever way."""
    await asyncio.wait([task])


def _has_body(headers: HTTPHeaders) -> bool:
    return "Transfer-Encoding" in headers or headers.get("Content-Length", "0").strip("0") != ""


def _check_header_size(headers: HTTPHeaders) -> None:
    if sum(len(name) + len(value) for name, value in headers.get_all()) > LARGEST_HEADERS:
        raise RefusedError(431, "HeadersTooLarge", f"The headers must not be larger than {LARGEST_HEADERS} bytes")


def _check_body_size(headers: HTTPHeaders) -> None:
    # A list of lengths, or what is no number, is left to tornado, which checks and refuses it.
    length = headers.get("Content-Length", "").lstrip("0")
    is_number = length.isascii() and length.isdigit()
    if is_number and (len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY):
        raise _body_too_large()


def _body_too_large() -> RefusedError:
    return RefusedError(413, "BodyTooLarge", f"The body must not be larger than {LARGEST_BODY} bytes")


def _shut_down_writing(stream: IOStream) -> None:
    """Tell the client that the response is complete.

    To close the connection instead would reset it while the client sends, and the client could lose the response.
    """
    with contextlib.suppress(OSError):
        stream.socket.shutdown(socket.SHUT_WR)


async def _discard(stream: IOStream) -> None:
    """Read and forget what a refused client still sends: as much as a body may have, and not for long."""
    left = LARGEST_BODY
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                left -= len(await stream.read_bytes(_READ_SIZE, partial=True))
