"""Requests to the API: one session, one deadline a call, reads retried when that helps, writes sent at most once.

Promises:

- A call ends by its deadline, however slowly headers or body arrive, and at once when it is cancelled.
- A read (GET) is retried after a lost connection, a broken body, 429, 502, 503 or 504, with exponential backoff, full
  jitter and `Retry-After`, within the call's deadline and the client's retry budget.
- A write (POST, DELETE) is sent again only when it is certain that none of it left this machine. When a write was sent
  and its answer is lost or unclear, `LostAnswerError` says so, for the caller to recover.
- Redirects are not followed and `.netrc` is not read: both could take the keys elsewhere.
- No exception from here holds the keys, in its message, its cause or its frames.
"""

from __future__ import annotations

import platform
import time
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from heco_jupyter._version import __version__
from heco_jupyter.api.model.access import PREFIX, is_loopback
from heco_jupyter.api.model.call import BodyError, LostAnswerError
from heco_jupyter.api.model.errors import ApiError, TransportError
from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.answers import LARGEST_ERROR_BODY, Answer, meaning, not_documented, refusal
from heco_jupyter.api.wire.deadline import Deadline
from heco_jupyter.api.wire.failures import TooBigError, transport_error
from heco_jupyter.api.wire.sockets import Watch, WatchedAdapter
from heco_jupyter.api.wire.throttle import Gate, RetryBudget, backoff, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.access import Access, Credentials
    from heco_jupyter.api.model.call import Call
    from heco_jupyter.api.model.settings import Settings

T = TypeVar("T")

_LARGEST_BODY = 64 * 2**20
_CHUNK = 2**20
_MOST_TRIES = 5
_SUCCESS = range(200, 300)
_TOO_MANY_REQUESTS = 429
_TRANSIENT = frozenset({429, 502, 503, 504})
_FIRST_SERVER_ERROR = 500
# Refusals by the API itself. Others may come from a gateway, which may have passed the request on all the same.
_CERTAIN = frozenset(range(400, 500)) - {408, 425, 429}
_USER_AGENT = (
    f"heco-jupyter/{__version__} python-requests/{requests.__version__} "
    f"python/{platform.python_version()} {platform.system().lower()}"
)


class _Keys(AuthBase):
    """Puts the keys on a request; being an auth object keeps `requests` from looking into `.netrc`."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Credential-ID"] = self._credentials.id
        request.headers["Credential-Secret"] = self._credentials.secret.reveal()
        return request


class _FailedTry(Exception):  # noqa: N818 (never leaves this module)
    """One try failed, and it is known what that means for the next.

    Parameters
    ----------
    error
        What to raise if there is no other try.
    transient
        Whether another try may go better.
    pause
        Seconds that the API asked to wait first.
    """

    def __init__(self, error: ApiError | TransportError, *, transient: bool, pause: float = 0.0) -> None:
        super().__init__()
        self.error = error
        self.transient = transient
        self.pause = pause


class Transport:
    """The one way from this package to the API. Safe from several threads.

    Proxies and certificates are those that the environment names when it is made.

    Parameters
    ----------
    access
        The endpoint and the keys.
    settings
        Time limits and the number of connections.
    """

    def __init__(self, access: Access, settings: Settings) -> None:
        self.endpoint = access.endpoint
        self.credentials = access.credentials
        self.settings = settings
        self.host = urlsplit(access.endpoint).netloc
        self._gate = Gate(settings.max_connections)
        self._budget = RetryBudget()
        self._clock_offset = 0.0
        self._adapter = WatchedAdapter(pool_connections=2, pool_maxsize=settings.max_connections, max_retries=0)
        self._session = requests.Session()
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)
        self._session.headers.update({"Accept": "application/json", "User-Agent": _USER_AGENT})
        # A proxy from the environment must not see what is meant for this machine.
        self._session.trust_env = not is_loopback(urlsplit(access.endpoint).hostname or "")
        # Once for all requests, each of which would otherwise ask the environment and check the same headers again.
        self._send_options: Any = self._session.merge_environment_settings(
            access.endpoint, proxies={}, stream=True, verify=None, cert=None
        )
        self._template = requests.PreparedRequest()
        self._template.prepare_headers(self._session.headers)

    def url(self, call: Call) -> str:
        """Return the full URL of `call`, without its query."""
        return f"{self.endpoint}{PREFIX}{call.path}"

    def now(self) -> float:
        """Return the time by the API's clock, as far as its answers told, in seconds since the epoch."""
        return time.time() + self._clock_offset

    def close(self) -> None:
        """Close every idle connection; a later request opens a new one."""
        self._session.close()

    def get(self, call: Call, read: Callable[[bytes], T], deadline: Deadline | None = None) -> T:
        """Read, with the retries promised above.

        Parameters
        ----------
        call
            What to send.
        read
            Turns the answer's body into the result, or raises `BodyError`.
        deadline
            When the larger operation that this read is a part of must end; the read itself is bounded by
            `settings.timeout`.

        Raises
        ------
        TransportError, ApiError
        """
        deadline = Deadline(self.settings.timeout, deadline)

        def try_once(attempt: int) -> T:
            try:
                answer = self._exchange(call, deadline, Watch(deadline), attempt)
            except TransportError as error:
                failure = _FailedTry(error, transient=error.transient)
            else:
                if answer.status in _SUCCESS:
                    try:
                        return read(answer.content)
                    except BodyError as error:
                        reason = str(error)
                    failure = _FailedTry(not_documented(call, answer, self.host, reason), transient=True)
                else:
                    refused = refusal(call, answer, self.credentials, tries=attempt)
                    transient = answer.status in _TRANSIENT
                    failure = _FailedTry(refused, transient=transient, pause=answer.retry_after or 0.0)
            raise failure

        return self._with_retries(call, try_once, deadline)

    def write(self, call: Call, read: Callable[[bytes], T]) -> T:
        """Write, at most once.

        Parameters
        ----------
        call, read
            As for `get`.

        Raises
        ------
        LostAnswerError
            When the request was sent and its outcome is unknown.
        TransportError
            When nothing was sent.
        ApiError
            When the API refused, and so did nothing.
        """
        deadline = Deadline(self.settings.timeout)

        def try_once(attempt: int) -> T:
            # An idle connection may be dead without our knowing; on a new one, an error before sending is certain.
            self._adapter.forget_idle()
            watch = Watch(deadline)
            refused: ApiError | None = None
            interrupted = False
            try:
                answer = self._exchange(call, deadline, watch, attempt)
                if answer.status in _SUCCESS:
                    return read(answer.content)
                refused = refusal(call, answer, self.credentials)
                if answer.status in _CERTAIN:
                    raise _FailedTry(refused, transient=False)
                reason = f"{self.host} answered {meaning(answer.status)}"
            except BodyError as error:
                reason = f"{self.host} answered {answer.status}, but {error}"
            except TransportError as error:
                if not watch.sent:
                    raise _FailedTry(error, transient=error.transient) from None
                reason = error.what.removeprefix(f"could not {call.doing}: ")
            except KeyboardInterrupt:
                if not watch.sent:
                    raise
                interrupted = True
                reason = "you interrupted it after it was sent"
            gateway = refused if refused and refused.status < _FIRST_SERVER_ERROR else None
            raise LostAnswerError(reason, interrupted=interrupted, refusal=gateway) from None

        return self._with_retries(call, try_once, deadline)

    def _with_retries(self, call: Call, try_once: Callable[[int], T], deadline: Deadline) -> T:
        """Return what `try_once(attempt)` returns, trying again after a transient failure while there is time."""
        for attempt in count(1):
            try:
                value = try_once(attempt)
            except _FailedTry as failure:
                error, transient, asked = failure.error, failure.transient, failure.pause
            else:
                self._budget.succeed()
                return value
            pause = max(backoff(attempt), asked)
            last = not transient or attempt >= _MOST_TRIES or pause >= deadline.remaining
            if last or not self._budget.spend():
                break
            log.event(f"{call.method} {call.path}: trying again in {pause:.1f} s, since {error.what}")
            deadline.sleep(pause)
        raise error

    def _exchange(self, call: Call, deadline: Deadline, watch: Watch, attempt: int) -> Answer:
        """Send once and read the whole answer.

        Raises
        ------
        TransportError
            When no whole answer came; raised apart from its cause, whose frames hold the keys.
        """
        started = time.monotonic()
        try:
            with self._gate.passing(deadline):
                started = time.monotonic()
                answer = deadline.run(lambda: self._receive(call, deadline, watch), watch.abort)
        except Exception as error:  # noqa: BLE001 (whatever it is, the frames that it went through hold the keys)
            failure = transport_error(call, self.endpoint, error, sent=watch.sent, seconds=deadline.seconds)
        else:
            log.request(call, answer.status, time.monotonic() - started, attempt)
            if answer.status == _TOO_MANY_REQUESTS:
                self._gate.slow_down(started)
            else:
                self._gate.speed_up()
            return answer
        log.request(call, failure.what.partition(": ")[2], time.monotonic() - started, attempt)
        raise failure

    def _receive(self, call: Call, deadline: Deadline, watch: Watch) -> Answer:
        request = self._prepare(call)
        timeout = max(deadline.remaining, 0.001)
        # Not by Session.send, which would follow redirects and keep cookies.
        with watch, self._adapter.send(request, timeout=timeout, **self._send_options) as response:
            self._set_clock(response.headers.get("Date"))
            success = response.ok and not response.is_redirect
            try:
                content = _read(response, _LARGEST_BODY if success else LARGEST_ERROR_BODY)
            except (HTTPError, HTTPException, OSError):
                if success or watch.aborted:
                    raise
                content = b""  # the status alone is answer enough
            return Answer(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                content=content,
                location=response.headers.get("Location"),
                retry_after=retry_after(response.headers.get("Retry-After")),
            )

    def _prepare(self, call: Call) -> requests.PreparedRequest:
        """Make a request, with none of the guessing that takes `requests` half the time of a small one."""
        request = self._template.copy()
        request.prepare_method(call.method)
        request.url = f"{self.url(call)}?{urlencode(call.params)}" if call.params else self.url(call)
        request.prepare_body(call.payload(), None)
        if call.body is not None:
            request.headers["Content-Type"] = "application/json"
        request.prepare_auth(_Keys(self.credentials))
        return request

    def _set_clock(self, date: str | None) -> None:
        try:
            self._clock_offset = parsedate_to_datetime(date or "").timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return


def _read(response: requests.Response, limit: int) -> bytes:
    chunks = []
    size = 0
    # read1 returns what one read of the socket brought, so that a dripping body cannot hold this loop.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > limit:
            raise TooBigError(limit)
        chunks.append(chunk)
    return b"".join(chunks)
