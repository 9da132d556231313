"""A server on raw sockets: a script decides, byte by byte, what each request gets for an answer."""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    Script = Callable[["Conversation"], None]


@dataclass
class Conversation:
    """One request as it arrived, and the socket to answer on.

    A script that sets `keep` leaves the connection open for the next request.
    """

    socket: socket.socket
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    keep: bool = False

    def send(self, data: bytes) -> None:
        """Send bytes unchanged."""
        self.socket.sendall(data)


class WireServer:
    """Answers each request with the next of its scripts, and from the last one on always with that.

    Attributes
    ----------
    url : str
        Where it listens.
    requests : list of Conversation
        What it has received.
    connections : int
        How many connections it has accepted.
    """

    def __init__(self, *scripts: Script, port: int = 0) -> None:
        self.scripts = list(scripts)
        self.requests: list[Conversation] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._stopped = threading.Event()
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:  # the listener is closed, for good or until it is replaced
                time.sleep(0.01)
                continue
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def greet(self, connection: socket.socket) -> bool:
        """Return whether to read requests from a new connection; subclasses may refuse."""
        return True

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if not self.greet(connection):
                return
            while (conversation := _read(connection)) is not None:
                with self._lock:
                    self.requests.append(conversation)
                    script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                script(conversation)
                if not conversation.keep:
                    break
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def _read(connection: socket.socket) -> Conversation | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    method, path, _ = first.split(" ", 2)
    return Conversation(connection, method, path, headers, body)


def answer(
    body: Any = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    *,
    raw: bytes | None = None,
    content_type: str = "application/json",
) -> Script:
    """Return a script that answers with a correct response."""
    content = json.dumps(body).encode() if raw is None else raw

    def script(conversation: Conversation) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        conversation.send("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        conversation.keep = True

    return script


def page(*rows: dict[str, Any], total: int | None = None, size: int = 20) -> dict[str, Any]:
    """Return a page of a list."""
    return {"content": list(rows), "totalElements": len(rows) if total is None else total, "size": size}


def hang_up(conversation: Conversation) -> None:
    """Close the connection without an answer."""


def reset(conversation: Conversation) -> None:
    """Reset the connection without an answer."""
    conversation.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    conversation.socket.close()


def raw(data: bytes) -> Script:
    """Return a script that sends bytes and closes the connection."""
    return lambda conversation: conversation.send(data)


def silent(conversation: Conversation) -> None:
    """Send nothing until the client closes the connection."""
    conversation.socket.recv(1)


def dripping(start: bytes, drip: bytes = b" ", pause: float = 0.02) -> Script:
    """Return a script that sends `start`, then `drip` at every `pause`, in seconds."""

    def script(conversation: Conversation) -> None:
        conversation.send(start)
        while True:
            time.sleep(pause)
            conversation.send(drip)

    return script
