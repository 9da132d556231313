"""Fault injection: slow responses, errors, broken bodies and lost responses, to test how a client handles them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from heco_jupyter.emulator.forking import ForkSafeLock
from heco_jupyter.emulator.messages import JSON_TYPE, Response, error_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from heco_jupyter.emulator.messages import Request


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that makes matching requests go wrong.

    The rules are tried in order, and the first that matches and has `times` left decides what happens to a request. A
    rule that only adds latency does not end the search: its latency is added to whatever else happens. A rule with no
    effect shields its requests from the rules after it.

    Parameters
    ----------
    method, path, query
        Which requests match: an HTTP method, and regular expressions to search for in the path and in the raw query
        string. `None` matches every request.
    times
        How many requests the rule applies to; `None` for no limit.
    status
        Respond with this status. The API does not process the request, unless `acts` is set.
    body
        Respond with this body: bytes and strings as they are, anything else as JSON. Without a `status`, the API
        processes the request and only the body of its response is replaced.
    content_type, headers
        Response headers to replace or add.
    latency
        Seconds to wait before anything else.
    drop
        Close the connection without a response, `"before"` or `"after"` the API processes the request.
    truncate
        Send half of the body under the full Content-Length, then close the connection.
    acts
        With a `status`: let the API process the request all the same, as when a gateway times out while the API works.

    Examples
    --------
    Fail the next two VM lists, and lose the response to the next create:

    >>> from heco_jupyter.emulator import Emulator, Fault
    >>> with Emulator(seed="empty") as emulator:
    ...     emulator.faults.add(
    ...         Fault(method="GET", path="/vms$", status=503, times=2, headers={"Retry-After": "1"}),
    ...         Fault(method="POST", path="/clusters$", drop="after", times=1),
    ...     )
    ...     len(emulator.faults)
    2
    """

    method: str | None = None
    path: str | None = None
    times: int | None = None
    status: int | None = None
    body: Any = None
    content_type: str | None = None
    headers: Mapping[str, str] | None = None
    latency: float = 0.0
    drop: Literal["before", "after"] | None = None
    truncate: bool = False
    query: str | None = None
    acts: bool = False

    def matches(self, request: Request) -> bool:
        """Return whether this rule applies to `request`."""
        return (
            (self.method is None or self.method.upper() == request.method)
            and (self.path is None or re.search(self.path, request.path) is not None)
            and (self.query is None or re.search(self.query, request.query) is not None)
        )

    @property
    def only_delays(self) -> bool:
        """Whether the rule delays the response and changes nothing else."""
        return self.latency > 0 and not self._changes_the_response

    @property
    def _changes_the_response(self) -> bool:
        changes = (self.status, self.body, self.content_type, self.headers, self.drop)
        return self.truncate or any(change is not None for change in changes)


class FaultMatch(NamedTuple):
    """The total latency of the rules that match a request, and the one that decides its response, if any."""

    latency: float
    fault: Fault | None


class Transmission(NamedTuple):
    """What the server sends: a response, half of one, or nothing if `response` is `None`."""

    response: Response | None
    truncate: bool = False


class Faults:
    """The active rules, in order. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = ForkSafeLock()
        self._rules: list[Fault] = []
        self._times_left: list[int | None] = []

    def add(self, *faults: Fault) -> None:
        """Append rules."""
        with self._lock:
            self._rules.extend(faults)
            self._times_left.extend(fault.times for fault in faults)

    append = add

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._rules.clear()
            self._times_left.clear()

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([rule for rule, left in zip(self._rules, self._times_left, strict=True) if left != 0])

    def match(self, request: Request) -> FaultMatch:
        """Return what happens to a request, and use up one of the `times` of each rule involved."""
        latency = 0.0
        with self._lock:
            for index, rule in enumerate(self._rules):
                left = self._times_left[index]
                if left == 0 or not rule.matches(request):
                    continue
                self._times_left[index] = None if left is None else left - 1
                latency += rule.latency
                if not rule.only_delays:
                    return FaultMatch(latency, rule)
        return FaultMatch(latency, None)


def apply_fault(fault: Fault | None, handle: Callable[[], Response]) -> Transmission:
    """Return what to send for a request.

    Parameters
    ----------
    fault
        The rule to apply, if any.
    handle
        Lets the API process the request. It is not called if `fault` prevents that.
    """
    if fault is None:
        return Transmission(handle())
    if fault.drop == "before":
        return Transmission(None)
    is_handled = fault.status is None or fault.acts or fault.drop == "after"
    response = handle() if is_handled else Response(fault.status or 0, b"", {})
    if fault.drop == "after":
        return Transmission(None)
    return Transmission(_altered(response, fault), fault.truncate)


def _altered(response: Response, fault: Fault) -> Response:
    status, body, headers = response.status, response.body, dict(response.headers)
    if fault.status is not None:
        replacement = error_response(fault.status, "Fault", f"The emulator was told to respond with {fault.status}")
        status, body, headers = replacement.status, replacement.body, dict(replacement.headers)
    if fault.body is not None:
        body = _encode(fault.body)
        headers["Content-Type"] = JSON_TYPE
    if fault.content_type is not None:
        headers["Content-Type"] = fault.content_type
    return Response(status, body, {**headers, **(fault.headers or {})})


def _encode(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()
