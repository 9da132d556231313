"""Loopback addresses: the only ones to listen on, and the only hosts to be called by."""

from __future__ import annotations

import ipaddress
import re

from heco_jupyter.emulator.refusals import RefusedError

_NAME = "localhost"
_HOST_HEADER = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:]+))(?::\d*)?")
_SHOWN_LENGTH = 100


def loopback_address(host: str) -> str:
    """Return the address to bind for `host`.

    Raises
    ------
    ValueError
        If it is not a loopback address: the emulator is not secure enough for a network.
    """
    address = "127.0.0.1" if host.casefold() == _NAME else host
    if _is_loopback_address(address):
        return address
    raise ValueError(f"the emulator listens on loopback only, not on {host!r}: use 127.0.0.1")


def check_host(host: str | None, http_version: str) -> None:
    """Return if the `Host` header of a request names this machine's loopback interface, on any port.

    A page in a browser can reach loopback under a name of its own that resolves to 127.0.0.1 (DNS rebinding), and the
    browser then lets it read the responses. The `Host` header shows the name.

    Parameters
    ----------
    host
        The header; `None` if there is none, which HTTP/1.0 allows.
    http_version
        As on the request line, such as `HTTP/1.1`.

    Raises
    ------
    RefusedError
        With 403 if the header names any other host, and with 400 if HTTP/1.1 comes without one.
    """
    if host is None:
        if http_version == "HTTP/1.0":
            return
        raise RefusedError(400, "InvalidRequest", "HTTP/1.1 requires a Host header")
    match = _HOST_HEADER.fullmatch(host.strip())
    name = (match[1] or match[2]) if match else ""
    if name.casefold() != _NAME and not _is_loopback_address(name):
        shown = host[:_SHOWN_LENGTH]
        raise RefusedError(403, "HostNotAllowed", f"The Host header must be 127.0.0.1, localhost or [::1], not {shown}")


def _is_loopback_address(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
