"""What can go wrong below the API's answer, in words: name lookup, connection, TLS, time, size."""

from __future__ import annotations

import re
import traceback
from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import requests.exceptions as failures
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.model.access import is_loopback
from heco_jupyter.api.model.errors import TransportError
from heco_jupyter.api.wire.answers import SNIPPET, could_not
from heco_jupyter.api.wire.deadline import TimeUpError

if TYPE_CHECKING:
    from heco_jupyter.api.model.call import Call
    from heco_jupyter.api.wire.deadline import Deadline
    from heco_jupyter.api.wire.route import Route
    from heco_jupyter.api.wire.sockets import Watch


class TooBigError(HTTPException):
    """A body is larger than is read.

    Parameters
    ----------
    limit
        Bytes that are read at most.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


def transport_error(  # noqa: PLR0911 (one for each way to fail)
    call: Call, error: Exception, route: Route, watch: Watch, deadline: Deadline
) -> TransportError:
    """Return the error for a request that got no whole answer.

    Parameters
    ----------
    call
        What was to be sent.
    error
        What `requests` or `urllib3` raised.
    route
        Where it was to go, and through which proxy.
    watch
        Knows whether any of the request may have left this machine.
    deadline
        How long the request was given.
    """
    host = urlsplit(route.endpoint).netloc
    by = Words(Said("by_proxy", {"host": host, "proxy": route.proxy})) if route.proxy else host

    def what(key: str, **values: object) -> Words:
        return could_not(call, Words(Said(key, values)))

    if isinstance(error, TooBigError):
        return TransportError(what("too_large", host=host, size=error.limit >> 20), transient=False)
    if isinstance(error, (TimeUpError, failures.Timeout, ConnectTimeoutError)):
        return TransportError(
            what("too_slow", host=by, seconds=f"{deadline.seconds:.3g}"),
            hint=_slow_hint(route.endpoint),
            sent=watch.sent,
        )
    reason = plain(mask(_root_cause(error)), SNIPPET)
    if isinstance(error, UnicodeEncodeError) and not watch.sent:
        return TransportError(
            what("half_a_character", code=f"U+{ord(error.object[error.start]):04X}"),
            hint="nothing was sent: type or paste the text again",
            sent=False,
            transient=False,
        )
    if isinstance(error, failures.ProxyError) and not watch.sent:
        refused = _TUNNEL.search(reason)
        return TransportError(
            what("proxy_refused", proxy=route.proxy, reason=refused[1])
            if refused
            else what("proxy_failed", proxy=route.proxy, reason=reason),
            hint=_PROXY_HINTS.get(
                refused[1][:3] if refused else "", "check HTTPS_PROXY and NO_PROXY, then connect again"
            ),
            sent=False,
            transient=not refused or refused[1][:3] not in _PROXY_HINTS,
        )
    if isinstance(error, failures.SSLError):
        return TransportError(
            what("no_tls", host=by, reason=reason),
            hint="check the endpoint (%heco whoami); behind a proxy, set REQUESTS_CA_BUNDLE and connect again",
            sent=watch.sent,
            transient=False,
        )
    if not watch.sent:
        return TransportError(
            what("no_connection", host=by, reason=reason),
            hint="check the endpoint (%heco whoami) and the network, then try again",
            sent=False,
            transient=isinstance(error, (requests.RequestException, HTTPError, OSError))
            and not isinstance(error, failures.InvalidProxyURL),
        )
    return TransportError(
        what("broken_off", host=by, reason=reason),
        hint="try again; if it keeps happening, something between here and the API is failing",
    )


_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}\b.*)")
# Refusals that another try would not change: a wrong password sent again and again can lock the account.
_PROXY_HINTS = {
    "401": "check the name and the password in HTTPS_PROXY, then connect again",
    "403": "ask whoever runs the proxy to let you through to this host, or set NO_PROXY",
    "407": "put a name and a password into HTTPS_PROXY, as http://NAME:PASSWORD@HOST:PORT, and connect again",
}


def _slow_hint(endpoint: str) -> str:
    url = urlsplit(endpoint)
    if url.scheme == "https" and is_loopback(url.hostname or ""):
        return f"if it is the local emulator, its endpoint is http://{url.netloc}"
    return "try again; %config HecoMagics.timeout = 60 gives a slow API more time"


def let_go(error: BaseException | None) -> None:
    """Empty the frames that an error and those before it went through.

    Where urllib3 gave up a response without closing it, they hold its socket until Python collects garbage: the frame
    that raised the error again holds the error.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _root_cause(error: BaseException | None) -> str:
    """Return the plainest words for what `requests` and `urllib3` wrap several times over."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        wrapped = (error.__cause__, error.__context__, getattr(error, "reason", None), *error.args)
        inner = next((part for part in wrapped if isinstance(part, BaseException) and id(part) not in seen), None)
        if inner is None:
            break
        error = inner
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
