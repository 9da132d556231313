"""Requests to the API: one session, one deadline a call, reads retried when that helps, writes sent at most once.

Promises:

- A call ends by its deadline, however slowly headers or body arrive, and at once when it is cancelled.
- A read (GET) is retried after a lost connection, a broken body, 429, 502, 503 or 504, with exponential backoff, full
  jitter and `Retry-After`, within the call's deadline and the client's retry budget. A proxy's refusal never is.
- A write (POST, DELETE) is sent again only when it is certain that none of it left this machine. When a write was sent
  and its answer is lost or unclear, `LostAnswerError` says so, for the caller to recover.
- Redirects are not followed and `.netrc` is not read: both could take the keys elsewhere.
- Nothing that a server sends raises anything but a `HecoError`, takes more memory than the bounds in `bodies`, or more
  time than the deadline.
- No exception from here holds the keys, in its message, its cause or its frames.
"""

from __future__ import annotations

import platform
import time
from functools import lru_cache
from http.client import HTTPException
from itertools import count
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from urllib3.exceptions import HTTPError

from heco_jupyter._version import __version__
from heco_jupyter.api.display.texts import Said, Words
from heco_jupyter.api.model.access import PREFIX
from heco_jupyter.api.model.call import BodyError, LostAnswerError
from heco_jupyter.api.model.errors import ApiError, RateLimitError, TransportError
from heco_jupyter.api.wire import log
from heco_jupyter.api.wire.answers import (
    LARGEST_ERROR_BODY,
    Answer,
    could_not,
    meaning,
    not_documented,
    reason_of,
    refusal,
)
from heco_jupyter.api.wire.bodies import LARGEST_BODY
from heco_jupyter.api.wire.clock import Clock
from heco_jupyter.api.wire.deadline import Deadline, TimeUpError
from heco_jupyter.api.wire.failures import TooBigError, let_go, refused_by_proxy, transport_error
from heco_jupyter.api.wire.forks import renew_after_fork
from heco_jupyter.api.wire.route import Route
from heco_jupyter.api.wire.sockets import Watch, WatchedAdapter
from heco_jupyter.api.wire.throttle import PacedError, RetryBudget, Throttle, backoff, http_date, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.access import Access
    from heco_jupyter.api.model.call import Call
    from heco_jupyter.api.model.settings import Settings

T = TypeVar("T")

_CHUNK = 2**20
_MOST_TRIES = 5
_SUCCESS = range(200, 300)
_TOO_MANY_REQUESTS = 429
_TRANSIENT = frozenset({429, 502, 503, 504})
_FIRST_SERVER_ERROR = 500
# Refusals by the API itself. Others may come from a gateway, which may have passed the request on all the same.
_CERTAIN = frozenset(range(400, 500)) - {408, 425, 429}
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "Content-Type": "application/json",  # with every request, as the one public use of this API has it
    "User-Agent": (
        f"heco-jupyter/{__version__} python-requests/{requests.__version__} "
        f"python/{platform.python_version()} {platform.system().lower()}"
    ),
}


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
    """The one way from this package to the API. Safe from several threads, and after a fork.

    Proxies and certificates are those that the environment names when it is made.

    Parameters
    ----------
    access
        The endpoint and the keys.
    settings
        Time limits and the number of connections.

    Raises
    ------
    CredentialsError, TransportError
        When the environment names a certificate file that is not there, or a proxy that cannot be used.
    """

    def __init__(self, access: Access, settings: Settings) -> None:
        self.endpoint = access.endpoint
        self.credentials = access.credentials
        self.settings = settings
        parts = urlsplit(access.endpoint)
        self.host = parts.netloc
        self._path = f"{parts.path}{PREFIX}"
        self._route = Route(access.endpoint)
        self._clock: Clock | None = None
        self._open()
        renew_after_fork(self)

    def _open(self) -> None:
        connections = self.settings.max_connections
        self.throttle = Throttle(connections)
        self._budget = RetryBudget()
        self._adapter = WatchedAdapter(pool_connections=2, pool_maxsize=connections, max_retries=0)

    def after_fork(self) -> None:
        """Begin with new connections and locks: the old ones belong to the parent process."""
        self._inherited = self._adapter  # kept, since closing a TLS connection would tell the parent's peer
        self._open()

    def url(self, call: Call) -> str:
        """Return the full URL of `call`, without its query."""
        return f"{self.endpoint}{PREFIX}{call.path}"

    def now(self) -> float | None:
        """Return the time by the API's own clock, in seconds since the epoch, or None where no response told it."""
        return None if self._clock is None else self._clock.now()

    def close(self) -> None:
        """Close every idle connection; a later request opens a new one."""
        self._adapter.close()

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
                value, refused = self._understood(call, answer, read, attempt)
                if refused is None:
                    return value  # type: ignore[return-value]
                transient = answer.status in _TRANSIENT or answer.status in _SUCCESS
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
            gateway: ApiError | None = None
            interrupted = False
            try:
                answer = self._exchange(call, deadline, watch, attempt)
                value, refused = self._understood(call, answer, read)
                if refused is None:
                    return value  # type: ignore[return-value]
                if answer.status in _CERTAIN:
                    raise _FailedTry(refused, transient=False)
                reason = reason_of(refused)
                if answer.status not in _SUCCESS:
                    reason = Words(Said("answered", {"host": self.host, "meaning": meaning(answer.status)}))
                    gateway = refused if answer.status < _FIRST_SERVER_ERROR else None
            except TransportError as error:
                if not watch.sent:
                    raise _FailedTry(error, transient=error.transient) from None
                reason = reason_of(error)
            except KeyboardInterrupt:
                if not watch.sent:
                    raise
                interrupted = True
                reason = "you interrupted it after it was sent"
            raise LostAnswerError(reason, interrupted=interrupted, refusal=gateway) from None

        return self._with_retries(call, try_once, deadline)

    def _understood(
        self, call: Call, answer: Answer, read: Callable[[bytes], T], attempt: int = 1
    ) -> tuple[T | None, ApiError | None]:
        """Return what an answer holds, or the error that it is; whatever goes wrong in here is that error."""
        try:
            if answer.status not in _SUCCESS:
                return None, refusal(call, answer, self.credentials, tries=attempt, proxy=self._route.proxy)
            try:
                return read(answer.content), None
            except BodyError as error:
                reason = str(error)
        except Exception as error:  # noqa: BLE001 (nothing that a server sends may raise anything but a HecoError)
            reason = f"its response makes no sense ({type(error).__name__})"
        return None, not_documented(call, answer, self.host, reason)

    def _with_retries(self, call: Call, try_once: Callable[[int], T], deadline: Deadline) -> T:
        """Return what `try_once(attempt)` returns, trying again after a transient failure while there is time.

        A refusal by an API that was answering not long ago only shows the rate that it allows: no try is spent on it.
        """
        tries = 0
        is_paced = False
        for attempt in count(1):
            try:
                value = try_once(attempt)
            except _FailedTry as failure:
                error, transient, pause = failure.error, failure.transient, failure.pause
            else:
                self._budget.succeed()
                return value
            if isinstance(error, RateLimitError) and pause < deadline.patience:
                deadline.extend(pause)
                if transient and self.throttle.was_answered_lately and pause < deadline.remaining:
                    is_paced = True
                    deadline.sleep(pause)
                    continue
                if is_paced:  # for a while by now nobody was answered
                    break
            tries += 1
            pause = max(backoff(tries), pause)
            last = not transient or tries >= _MOST_TRIES or pause >= deadline.remaining
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
        if self._route.refusal:
            raise refused_by_proxy(call, self._route)
        started = time.monotonic()
        try:
            with self.throttle.passing(deadline, is_retry=attempt > 1):
                started = time.monotonic()
                answer = deadline.run(lambda: self._receive(call, deadline, watch), watch.abort)
        except PacedError:
            failure = None
        except Exception as error:  # noqa: BLE001 (whatever it is, the frames that it went through hold the keys)
            failure = transport_error(call, error, self._route, watch, deadline)
            let_go(error)
        else:
            ended = time.monotonic()
            log.request(call, answer.status, ended - started, attempt)
            if answer.status == _TOO_MANY_REQUESTS:
                hold = answer.retry_after or 0.0  # one that is not waited for holds nobody else either
                self.throttle.refused(watch.sent_at, hold if hold < deadline.patience else 0.0)
            elif answer.status in _SUCCESS:  # a refusal of another kind comes sooner, and tells nothing
                self.throttle.answered(call.kind, watch.sent_at, ended - watch.sent_at, first=watch.is_first)
            return answer
        if failure is None:
            raise _FailedTry(self._paced(call), transient=False)
        log.request(call, failure.what.partition(": ")[2], time.monotonic() - started, attempt)
        raise failure

    def _paced(self, call: Call) -> RateLimitError:
        return RateLimitError(
            could_not(call, f"{meaning(_TOO_MANY_REQUESTS)}; {self.throttle.pace}, and others wait"),
            hint="nothing was sent: wait a little, then try again",
            status=_TOO_MANY_REQUESTS,
        )

    def _receive(self, call: Call, deadline: Deadline, watch: Watch) -> Answer:
        request = self._prepare(call)
        timeout = max(deadline.remaining, 0.001)
        # Not by Session.send, which would follow redirects and keep cookies.
        with watch, self._adapter.send(request, timeout=timeout, **self._route.send_options()) as response:
            if (told := http_date(response.headers.get("Date"))) is not None:
                self._clock = Clock(told)
            success = response.status_code in _SUCCESS
            try:
                content = _read(response, LARGEST_BODY if success else LARGEST_ERROR_BODY, deadline)
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
        request = _Request()
        request.method = call.method
        query = f"?{'&'.join(map(_encoded, call.params))}" if call.params else ""
        request.url = self.url(call) + query
        request.path_url = f"{self._path}{call.path}{query}"
        keys = {"Credential-ID": self.credentials.id, "Credential-Secret": self.credentials.secret.reveal()}
        request.headers = _HEADERS | keys  # type: ignore[assignment]  # a plain dict will do, and costs a tenth
        if call.method != "GET":
            request.prepare_body(call.payload(), None)
        return request


@lru_cache(1000)
def _encoded(param: tuple[str, str]) -> str:
    return urlencode([param])


class _Request(requests.PreparedRequest):
    """A request that knows its path."""

    path_url = ""


def _read(response: requests.Response, limit: int, deadline: Deadline) -> bytes:
    chunks = []
    size = 0
    # read1 returns what one read of the socket brought, so that a dripping body cannot hold this loop, and unpacks no
    # more than it is asked for, so that a small body cannot become a huge one.
    packed = "Content-Encoding" in response.headers  # urllib3 copies what it might have to unpack, twice
    while chunk := response.raw.read1(_CHUNK, decode_content=packed):
        size += len(chunk)
        if size > limit:
            raise TooBigError(limit)
        if not deadline.remaining:
            raise TimeUpError
        chunks.append(chunk)
    return b"".join(chunks)
