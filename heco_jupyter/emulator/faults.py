"""Faults on request: slow answers, errors, broken bodies and lost answers, for testing what a client makes of them."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from heco_jupyter.emulator.messages import JSON_TYPE, Response, error_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from heco_jupyter.emulator.messages import Request


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule for requests that are to go wrong.

    A request meets the first rule that matches it and has times left. A rule that only delays does not end the search:
    its latency is added to whatever else happens. A rule with no effect lets a request pass by the rules after it.

    Parameters
    ----------
    method, path, query
        Which requests: an HTTP method, and regular expressions to be found in the path and in the query string as it
        was sent. `None` matches all.
    times
        How many requests it is for; `None` is for ever.
    status
        Answer with this status instead of asking the API, which then does nothing (but see `acts`).
    body
        Answer with this body: bytes or a string as they are, anything else as JSON. Without a `status`, the API acts
        and only its body is replaced.
    content_type, headers
        Change or add headers of the answer.
    latency
        Seconds to wait before anything else.
    drop
        Close the connection with no answer, `before` the API acts or `after` it has.
    truncate
        Send half of the body under the Content-Length of all of it, and close the connection.
    acts
        With a `status`: let the API act all the same, as when a gateway gives up on an answer that comes too late.
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
        """Tell whether this rule is about `request`."""
        return (
            (self.method is None or self.method.upper() == request.method)
            and (self.path is None or re.search(self.path, request.path) is not None)
            and (self.query is None or re.search(self.query, request.query) is not None)
        )

    @property
    def only_delays(self) -> bool:
        """Whether the answer is as it would have been, later."""
        return self.latency > 0 and not self._changes_the_answer

    @property
    def _changes_the_answer(self) -> bool:
        changes = (self.status, self.body, self.content_type, self.headers, self.drop)
        return self.truncate or any(change is not None for change in changes)


class Verdict(NamedTuple):
    """What is to happen to one request."""

    latency: float
    fault: Fault | None


class Delivery(NamedTuple):
    """What to send: nothing at all, a response, or half of it."""

    response: Response | None
    truncate: bool = False


class Faults:
    """The rules in force, in order. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._left: list[int | None] = []

    def add(self, *faults: Fault) -> None:
        """Put rules at the end."""
        with self._lock:
            self._rules.extend(faults)
            self._left.extend(fault.times for fault in faults)

    append = add

    def clear(self) -> None:
        """Have nothing go wrong any more."""
        with self._lock:
            self._rules.clear()
            self._left.clear()

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter([rule for rule, left in zip(self._rules, self._left, strict=True) if left != 0])

    def judge(self, request: Request) -> Verdict:
        """Find what is to happen to a request, and count it against the rules it meets."""
        latency = 0.0
        with self._lock:
            for place, rule in enumerate(self._rules):
                left = self._left[place]
                if left == 0 or not rule.matches(request):
                    continue
                self._left[place] = None if left is None else left - 1
                latency += rule.latency
                if not rule.only_delays:
                    return Verdict(latency, rule)
        return Verdict(latency, None)


def carry_out(fault: Fault | None, act: Callable[[], Response]) -> Delivery:
    """Let the API act, or not, and spoil its answer as `fault` has it."""
    if fault is None:
        return Delivery(act())
    if fault.drop == "before":
        return Delivery(None)
    acts = fault.status is None or fault.acts or fault.drop == "after"
    response = act() if acts else Response(fault.status or 0, b"", {})
    if fault.drop == "after":
        return Delivery(None)
    return Delivery(_spoil(fault, response), fault.truncate)


def _spoil(fault: Fault, response: Response) -> Response:
    status, body, headers = response.status, response.body, dict(response.headers)
    if fault.status is not None:
        stand_in = error_response(fault.status, "Fault", f"The emulator was told to answer {fault.status}")
        status, body, headers = stand_in.status, stand_in.body, dict(stand_in.headers)
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
