"""Proxies and TLS for tests: a server with a certificate of its own authority, and two kinds of proxy."""

from __future__ import annotations

import base64
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from wire import WireServer

if TYPE_CHECKING:
    import ssl

    from wire import Script

HOST = "api.test"  # a name that only the proxies know: what is on this machine by its name goes by no proxy


class TlsServer(WireServer):
    """A scripted server behind TLS.

    Parameters
    ----------
    context
        With its certificate.
    scripts
        As for `WireServer`.
    """

    def __init__(self, context: ssl.SSLContext, *scripts: Script) -> None:
        super().__init__(*scripts)
        self._context = context
        self.port = self._listener.getsockname()[1]

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):  # ValueError for a connection that is closed meanwhile
            super()._serve(self._context.wrap_socket(connection, server_side=True))


class _Proxy:
    """What both kinds of proxy share: they listen, and pass bytes on to `port` on this machine."""

    def __init__(self, port: int) -> None:
        self.tunnels: list[tuple[str, int]] = []
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.port = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for opened in self._open:
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._guard, args=(client,), daemon=True).start()

    def _guard(self, client: socket.socket) -> None:
        with suppress(OSError, ValueError, IndexError):
            self.serve(client)
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def pass_on(self, client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._target)) as origin:
            self._open.append(origin)
            back = threading.Thread(target=_copy, args=(origin, client), daemon=True)
            back.start()
            _copy(client, origin)
            back.join(10)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class HttpProxy(_Proxy):
    """A proxy that is asked with CONNECT.

    Parameters
    ----------
    port
        Where it passes everything on to.
    password
        `name:password` that it wants, if any.
    refuses
        The status line that it refuses everything with, if it does.
    """

    def __init__(self, port: int, *, password: str = "", refuses: str = "") -> None:
        super().__init__(port)
        self.asked = 0
        self._password, self._refuses = password, refuses

    def serve(self, client: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return
            data += more
        first, *lines = data.decode("latin-1").split("\r\n")
        self.asked += 1
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        expected = f"Basic {base64.b64encode(self._password.encode()).decode()}"
        refused = self._refuses
        if self._password and headers.get("proxy-authorization") != expected:
            refused = "407 Proxy Authentication Required"
        if refused:
            client.sendall(f"HTTP/1.1 {refused}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            return
        host, _, port = first.split()[1].rpartition(":")
        self.tunnels.append((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.pass_on(client)


class SocksProxy(_Proxy):
    """A SOCKS5 proxy that looks names up itself.

    Parameters
    ----------
    port
        Where it passes everything on to.
    refuses
        Whether it wants a password, and accepts none.
    """

    def __init__(self, port: int, *, refuses: bool = False) -> None:
        super().__init__(port)
        self.asked = 0
        self._refuses = refuses

    def serve(self, client: socket.socket) -> None:
        self.asked += 1
        methods = client.recv(2)[1]
        client.recv(methods)
        if self._refuses:
            client.sendall(b"\x05\x02")
            client.recv(client.recv(2)[1] + 1)
            client.recv(65536)
            client.sendall(b"\x01\x01")
            return
        client.sendall(b"\x05\x00")
        kind = client.recv(4)[3]
        host = client.recv(client.recv(1)[0]).decode() if kind == 3 else socket.inet_ntoa(client.recv(4))
        self.tunnels.append((host, int.from_bytes(client.recv(2), "big")))
        client.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        self.pass_on(client)
