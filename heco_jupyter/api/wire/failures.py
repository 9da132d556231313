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
    if not watch.sent and (missing := route.missing_bundle()):
        return TransportError(could_not(call, missing[0]), hint=missing[1], sent=False, transient=False)
    if isinstance(error, UnicodeEncodeError) and not watch.sent:
        return TransportError(
            what("half_a_character", code=f"U+{ord(error.object[error.start]):04X}"),
            hint="nothing was sent: type or paste the text again",
            sent=False,
            transient=False,
        )
    if not watch.sent and (by_proxy := _proxy_error(call, error, route, reason)):
        return by_proxy
    if isinstance(error, failures.SSLError):
        return TransportError(
            what("no_tls", host=by, reason=reason),
            hint=f"check the endpoint (%heco whoami); {route.about_certificates}, and connect again",
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


def _proxy_error(call: Call, error: Exception, route: Route, reason: str) -> TransportError | None:
    """Return the error for a request that went no further than its proxy, if that is what happened."""
    refused = _TUNNEL.search(reason)
    status = refused[1][:3] if refused else "407" if _is_socks_refusal(error) else ""
    if not route.proxy or not (status or isinstance(error, failures.ProxyError)):
        return None
    key = "proxy_refused" if status else "proxy_failed"
    what = Words(Said(key, {"proxy": route.proxy, "reason": refused[1] if refused else reason}))
    if status in _PASSWORD_REFUSED:
        route.refuse(what, _PROXY_HINTS[status])
        return refused_by_proxy(call, route)
    return TransportError(
        could_not(call, what),
        hint=_PROXY_HINTS.get(status, "check HTTPS_PROXY and NO_PROXY, then connect again"),
        sent=False,
        transient=status not in _PROXY_HINTS,
    )


def refused_by_proxy(call: Call, route: Route) -> TransportError:
    """Return the error for a request that is not sent, since the proxy has refused the password before."""
    what, hint = route.refusal or ("", "")
    return TransportError(could_not(call, what), hint=hint, sent=False, transient=False, is_final=True)


_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3}\b.*)")
_SOCKS_REFUSAL = "SOCKS5AuthError"  # by its name, since PySocks need not be installed
# After these, the proxy is not asked again: a wrong password sent again and again can lock the account.
_PASSWORD_REFUSED = frozenset({"401", "407"})
# Refusals that another try would not change.
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


def _root_cause(error: BaseException) -> str:
    """Return the plainest words for what `requests` and `urllib3` wrap several times over."""
    root = _wrapped(error)[-1]
    return (isinstance(root, OSError) and root.strerror) or str(root) or type(root).__name__


def _wrapped(error: BaseException) -> list[BaseException]:
    """Return an error and all that it wraps, the innermost last."""
    chain = [error]
    while True:
        last = chain[-1]
        parts = (last.__cause__, last.__context__, getattr(last, "reason", None), *last.args)
        known = {id(link) for link in chain}
        inner = next((part for part in parts if isinstance(part, BaseException) and id(part) not in known), None)
        if inner is None:
            return chain
        chain.append(inner)


def _is_socks_refusal(error: BaseException) -> bool:
    return any(type(link).__name__ == _SOCKS_REFUSAL for link in _wrapped(error))
