"""Requests to the API: one session, one deadline a call, reads repeated when that helps, writes sent at most once.

Promises:

- A call ends by its deadline, however slowly headers or body arrive, and at once when it is cancelled.
- A read (GET) is repeated after a lost connection, a broken body, 429, 502, 503 or 504, with exponential backoff, full
  jitter and `Retry-After`, within the call's deadline and the client's retry budget.
- A write (POST, DELETE) is sent again only when it is certain that none of it left this machine. When a write was sent
  and its answer is lost or unclear, `LostAnswerError` says so, for the caller to settle.
- Redirects are not followed and `.netrc` is not read: both could take the keys elsewhere.
- No exception from here holds the keys, in its message, its cause or its frames.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
import requests
import requests.exceptions as failures
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError

from heco_jupyter.api.connections import Watch, WatchedAdapter
from heco_jupyter.api.credentials import PREFIX, is_loopback
from heco_jupyter.api.errors import ApiError, AuthenticationError, RateLimitError, TransportError, error_class
from heco_jupyter.api.limits import Deadline, Gate, RetryBudget, TimeUpError, backoff, retry_after
from heco_jupyter.api.secrets import mask
from heco_jupyter.api.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.credentials import Access, Credentials
    from heco_jupyter.api.settings import Settings

T = TypeVar("T")

_BIGGEST_BODY = 64 * 2**20
_BIGGEST_ERROR_BODY = 64 * 2**10
_CHUNK = 2**20
_MOST_TRIES = 5
_PASSING = frozenset({429, 502, 503, 504})
_FAILED = 500  # the first status of a failed server
# Refusals by the API itself. Others may come from a gateway, of which it is not known what it had passed on.
_CERTAIN = frozenset(range(400, 500)) - {408, 425, 429}
_SNIPPET = 200


class BodyError(Exception):
    """A successful answer whose body is not what the API documents; raised by whoever reads it."""


class LostAnswerError(Exception):
    """A write was sent and what became of it is unknown.

    Attributes
    ----------
    why : str
        What happened to the answer.
    interrupted : bool
        Whether the user ended it, and so should not be kept waiting.
    refusal : ApiError or None
        What to raise when looking shows that nothing was done: the answer that most likely means just that.
    """

    def __init__(self, why: str, *, interrupted: bool = False, refusal: ApiError | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.interrupted = interrupted
        self.refusal = refusal


@dataclass(frozen=True)
class Call:
    """One request, before it is sent.

    Parameters
    ----------
    doing
        What it is for, to finish the sentence "could not ...".
    method
        The HTTP method.
    path
        Below `/v2/hadoop-eco`, already quoted.
    params
        Query parameters, in order, repeats allowed.
    body
        Makes the JSON body, or None. Called only as the request is sent, so that no secret lies about before.
    """

    doing: str
    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: Callable[[], object] | None = field(default=None, repr=False)

    def payload(self) -> bytes | None:
        """Return the body as it goes over the wire."""
        return None if self.body is None else json.dumps(self.body(), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content_type: str
    content: bytes = field(repr=False)  # it may repeat a secret
    location: str | None
    retry_after: float | None

    @property
    def text(self) -> str:
        """The body as a person would read it; JSON is read from the bytes."""
        charset = Message()
        charset["Content-Type"] = self.content_type
        try:
            return self.content.decode(charset.get_content_charset("utf-8"), "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")


class _Keys(AuthBase):
    """Puts the keys on a request; being an auth object keeps `requests` from looking into `.netrc`."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Credential-ID"] = self._credentials.id
        request.headers["Credential-Secret"] = self._credentials.secret.reveal()
        return request


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
        self._session.headers.update({"Accept": "application/json", "User-Agent": "heco_jupyter"})
        # A proxy from the environment must not see what is meant for this machine.
        self._session.trust_env = not is_loopback(urlsplit(access.endpoint).hostname or "")
        # Once for all requests, each of which would otherwise ask the environment and check the same headers again.
        self._how: Any = self._session.merge_environment_settings(
            access.endpoint, proxies={}, stream=True, verify=None, cert=None
        )
        self._bare = requests.PreparedRequest()
        self._bare.prepare_headers(self._session.headers)

    def url(self, call: Call) -> str:
        """Return the full URL of `call`, without its query."""
        return f"{self.endpoint}{PREFIX}{call.path}"

    def now(self) -> float:
        """Return the time by the API's clock, as far as its answers told, in seconds since the epoch."""
        return time.time() + self._clock_offset

    def close(self) -> None:
        """Close every idle connection."""
        self._session.close()

    def get(self, call: Call, read: Callable[[bytes], T], deadline: Deadline | None = None) -> T:
        """Read, repeating as promised above.

        Parameters
        ----------
        call
            What to send.
        read
            Turns the answer's body into the result, or raises `BodyError`.
        deadline
            When the whole that this read is a part of must end; the read itself is bounded by `settings.timeout`.

        Raises
        ------
        TransportError, ApiError
        """
        deadline = Deadline(self.settings.timeout, deadline)
        tries = 0
        while True:
            tries += 1
            pause = backoff(tries)
            failure: TransportError | ApiError
            try:
                answer = self._exchange(call, deadline, Watch(deadline))
                if answer.status not in range(200, 300):
                    failure = self._refusal(call, answer, tries)
                    again = answer.status in _PASSING
                    pause = max(pause, answer.retry_after or 0.0)
                else:
                    value = read(answer.content)
                    self._budget.succeed()
                    return value
            except BodyError as error:
                failure = self._not_documented(call, answer, str(error))
                again = True
            except TransportError as error:
                failure = error
                again = error.passing
            if not again or tries >= _MOST_TRIES or pause >= deadline.remaining or not self._budget.spend():
                raise failure from None
            deadline.sleep(pause)

    def write(self, call: Call, read: Callable[[bytes], T]) -> T:
        """Write, once.

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
        tries = 0
        while True:
            tries += 1
            # An idle connection may be dead without our knowing; on a new one, an error before sending is certain.
            self._adapter.forget_idle()
            watch = Watch(deadline)
            interrupted = False
            refusal: ApiError | None = None
            try:
                answer = self._exchange(call, deadline, watch)
                if answer.status in range(200, 300):
                    return read(answer.content)
                refusal = self._refusal(call, answer, 1)
                if answer.status in _CERTAIN:
                    raise refusal
                lost = f"{self.host} answered {_named(answer.status)}"
            except BodyError as error:
                lost = f"{self.host} answered {answer.status}, but {error}"
            except TransportError as error:
                failure = error
                lost = error.what.removeprefix(f"could not {call.doing}: ")
            except KeyboardInterrupt:
                interrupted = True
                lost = "you interrupted it after it was sent"
                if not watch.sent:
                    raise
            if watch.sent:
                gateway = refusal if refusal and refusal.status < _FAILED else None
                raise LostAnswerError(lost, interrupted=interrupted, refusal=gateway) from None
            pause = backoff(tries)
            if not failure.passing or tries >= _MOST_TRIES or pause >= deadline.remaining or not self._budget.spend():
                raise failure from None
            deadline.sleep(pause)

    def _exchange(self, call: Call, deadline: Deadline, watch: Watch) -> _Answer:
        """Send once and read the whole answer.

        Raises
        ------
        TransportError
            When no whole answer came; raised apart from its cause, whose frames hold the keys.
        """
        try:
            with self._gate.passing(deadline):
                started = time.monotonic()
                answer = deadline.run(lambda: self._receive(call, deadline, watch), watch.abort)
        except Exception as error:  # noqa: BLE001 (whatever it is, the frames that it went through hold the keys)
            failure = self._trouble(call, watch, error, deadline)
        else:
            if answer.status == 429:  # noqa: PLR2004 (too many requests)
                self._gate.slow_down(started)
            else:
                self._gate.speed_up()
            return answer
        raise failure

    def _receive(self, call: Call, deadline: Deadline, watch: Watch) -> _Answer:
        request = self._prepare(call)
        timeout = max(deadline.remaining, 0.001)
        # Not by Session.send, which would see to redirects and cookies, of which there are to be none.
        with watch, self._adapter.send(request, timeout=timeout, **self._how) as response:
            self._set_clock(response.headers.get("Date"))
            fine = response.ok and not response.is_redirect
            try:
                content = _read(response, _BIGGEST_BODY if fine else _BIGGEST_ERROR_BODY)
            except (HTTPError, HTTPException, OSError):
                if fine or watch.aborted:
                    raise
                content = b""  # the status alone is answer enough
            return _Answer(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                content=content,
                location=response.headers.get("Location"),
                retry_after=retry_after(response.headers.get("Retry-After")),
            )

    def _prepare(self, call: Call) -> requests.PreparedRequest:
        """Make a request, with none of the guessing that takes `requests` half the time of a small one."""
        request = self._bare.copy()
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

    @property
    def _slow_hint(self) -> str:
        url = urlsplit(self.endpoint)
        if url.scheme == "https" and is_loopback(url.hostname or ""):
            return f"if it is the local emulator, its endpoint is http://{self.host}"
        return "try again; %config HecoMagics.timeout = 60 allows a slow API more time"

    def _trouble(self, call: Call, watch: Watch, trouble: Exception, deadline: Deadline) -> TransportError:
        """Put what went wrong below the API into words."""
        what = f"could not {call.doing}: "
        if isinstance(trouble, _TooBigError):
            return TransportError(f"{what}{self.host} answered with more than {_BIGGEST_BODY >> 20} MiB", passing=False)
        if isinstance(trouble, (TimeUpError, failures.Timeout, ConnectTimeoutError)):
            return TransportError(
                f"{what}{self.host} did not answer in full within {deadline.seconds:.3g} s",
                hint=self._slow_hint,
                sent=watch.sent,
            )
        if isinstance(trouble, failures.SSLError):
            return TransportError(
                f"{what}the TLS connection to {self.host} failed: {plain(_root(trouble), _SNIPPET)}",
                hint="check the endpoint (%heco whoami); behind a proxy, set REQUESTS_CA_BUNDLE and connect anew",
                sent=watch.sent,
                passing=False,
            )
        if not watch.sent:
            return TransportError(
                f"{what}no connection to {self.host}: {plain(_root(trouble), _SNIPPET)}",
                hint="check the endpoint (%heco whoami) and the network, then try again",
                sent=False,
                passing=isinstance(trouble, (requests.RequestException, HTTPError, OSError)),
            )
        return TransportError(
            f"{what}the connection to {self.host} broke during the answer: {plain(_root(trouble), _SNIPPET)}",
            hint="try again; if it goes on, something between here and the API is failing",
        )

    def _refusal(self, call: Call, answer: _Answer, tries: int) -> ApiError:
        """Put an answer that is not a success into words."""
        kind = error_class(answer.status)
        what = f"could not {call.doing}: {_named(answer.status)}{f' ({tries} tries)' if tries > 1 else ''}"
        said = _own_words(answer)
        hint = _HINTS.get(answer.status)
        if answer.status in range(300, 400):
            where = urlsplit(answer.location or "").netloc or "elsewhere"
            hint = f"a redirect to {where} is not followed, since it would take your keys there: check the endpoint"
        elif kind is AuthenticationError:
            hint = (
                f"the keys {self.credentials.masked_id} from {self.credentials.source} were not accepted: "
                "check them, or type %heco login"
            )
        elif kind is RateLimitError and answer.retry_after:
            hint = f"the API asks to wait {answer.retry_after:.0f} s before the next try"
        return kind(what, said=said and f"the API says: {said}", hint=hint, status=answer.status)

    def _not_documented(self, call: Call, answer: _Answer, why: str) -> ApiError:
        # Masked before it is cut, so that no half of a secret is left over.
        start = plain(mask(answer.text[:_BIGGEST_ERROR_BODY]), _SNIPPET)
        return ApiError(
            f"could not {call.doing}: {self.host} answered {answer.status}, but {why}",
            said=f"{answer.content_type or 'no content type'}: {start or '(nothing)'}",
            hint="check that the endpoint is a Hadoop Eco API (%heco whoami)",
            status=answer.status,
        )


class _TooBigError(HTTPException):
    pass


def _read(response: requests.Response, most: int) -> bytes:
    chunks = []
    size = 0
    # read1 returns what one read of the socket brought, so that a dripping body cannot hold this loop.
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > most:
            raise _TooBigError
        chunks.append(chunk)
    return b"".join(chunks)


UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What msgspec raises for a body that it does not accept; a ValueError for one that is not UTF-8."""


def parse_json(body: bytes) -> Any:
    """Return what is in `body`.

    Raises
    ------
    BodyError
        When it is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        pass  # what is not JSON to the letter, such as a NaN or a half of a surrogate pair, is read as Python reads it
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BodyError("its body is not JSON" if body else "its body is empty") from None


def _root(error: BaseException | None) -> str:
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


_NAMES = {
    400: "400, the API does not accept the request",
    401: "401, the API does not accept the keys",
    403: "403, these keys may not do that",
    404: "404, there is no such cluster",
    409: "409, the cluster name is in use",
    429: "429, too many requests",
}
_HINTS = {
    403: "ask whoever runs the project for the permission, or use another access key (%heco login)",
    404: "%heco list shows the clusters there are",
    409: "choose another name, or delete the cluster that has it (%heco list --active)",
    429: "wait a little, then try again",
}


def _named(status: int) -> str:
    return _NAMES.get(status) or (f"{status}, the API or a gateway failed" if status >= 500 else str(status))  # noqa: PLR2004


_WORDS = (
    "message",
    "errorMessage",
    "error_description",
    "detail",
    "details",
    "title",
    "reason",
    "msg",
    "error",
    "errors",
    "defaultMessage",
)
_LISTS = ("errors", "details", "fieldErrors")


def _own_words(answer: _Answer) -> str | None:
    """Return what the API itself said about an error, whose body's shape is not documented."""
    text = answer.text.strip()
    if not text:
        return None
    try:
        found = _find_words(json.loads(text))
    except (ValueError, RecursionError):
        found = None
    if found:
        return plain(mask(found))
    if "html" in answer.content_type.lower() or text.startswith("<"):
        return None  # a gateway's page says nothing that its status does not
    return plain(mask(text), _SNIPPET)


def _find_words(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        return "; ".join(words for item in value[:5] if (words := _find_words(item))) or None
    if isinstance(value, dict):
        told = next((words for key in _WORDS if (words := _find_words(value.get(key)))), None)
        details = next(
            (words for key in _LISTS if isinstance(value.get(key), list) and (words := _find_words(value[key]))), told
        )
        return told if told == details else f"{told}: {details}"
    return None
