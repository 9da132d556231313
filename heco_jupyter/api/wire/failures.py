"""What can go wrong below the API's answer, in words: name lookup, connection, TLS, time, size."""

from __future__ import annotations

from http.client import HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests
import requests.exceptions as failures
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.access import is_loopback
from heco_jupyter.api.model.errors import TransportError
from heco_jupyter.api.wire.answers import SNIPPET
from heco_jupyter.api.wire.deadline import TimeUpError

if TYPE_CHECKING:
    from heco_jupyter.api.model.call import Call


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


def transport_error(call: Call, endpoint: str, error: Exception, *, sent: bool, seconds: float) -> TransportError:
    """Return the error for a request that got no whole answer.

    Parameters
    ----------
    call, endpoint
        What was to be sent, and where.
    error
        What `requests` or `urllib3` raised.
    sent
        Whether any of the request may have left this machine.
    seconds
        How long the request was given.
    """
    host = urlsplit(endpoint).netloc
    what = f"could not {call.doing}: "
    if isinstance(error, TooBigError):
        return TransportError(f"{what}{host} answered with more than {error.limit >> 20} MiB", transient=False)
    if isinstance(error, (TimeUpError, failures.Timeout, ConnectTimeoutError)):
        return TransportError(
            f"{what}{host} did not answer in full within {seconds:.3g} s", hint=_slow_hint(endpoint), sent=sent
        )
    reason = plain(_root_cause(error), SNIPPET)
    if isinstance(error, failures.SSLError):
        return TransportError(
            f"{what}the TLS connection to {host} failed: {reason}",
            hint="check the endpoint (%heco whoami); behind a proxy, set REQUESTS_CA_BUNDLE and connect again",
            sent=sent,
            transient=False,
        )
    if not sent:
        return TransportError(
            f"{what}no connection to {host}: {reason}",
            hint="check the endpoint (%heco whoami) and the network, then try again",
            sent=False,
            transient=isinstance(error, (requests.RequestException, HTTPError, OSError)),
        )
    return TransportError(
        f"{what}the connection to {host} broke during the answer: {reason}",
        hint="try again; if it keeps happening, something between here and the API is failing",
    )


def _slow_hint(endpoint: str) -> str:
    url = urlsplit(endpoint)
    if url.scheme == "https" and is_loopback(url.hostname or ""):
        return f"if it is the local emulator, its endpoint is http://{url.netloc}"
    return "try again; %config HecoMagics.timeout = 60 gives a slow API more time"


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
