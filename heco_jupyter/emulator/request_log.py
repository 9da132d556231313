"""The requests that reached the emulator, for tests to inspect."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.forking import ForkSafeLock
from heco_jupyter.emulator.queries import parse_params

if TYPE_CHECKING:
    from heco_jupyter.emulator.messages import Request

CAPACITY = 10_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that reached the emulator.

    Parameters
    ----------
    method, path
        As on the request line.
    query
        The decoded parameters, in order.
    body
        The parsed JSON body, or `None` if there is none or it is not JSON. The `repr` leaves it out, since it may hold
        a password.
    status
        The status of the response; `None` until it is sent, and for good if none is sent.

    Examples
    --------
    >>> emulator.requests[-1]  # doctest: +SKIP
    RecordedRequest(method='DELETE', path='/v2/hadoop-eco/clusters/3f2a', query=[], status=200)
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any = field(default=None, repr=False)
    status: int | None = None


class RequestLog:
    """The latest requests, oldest first, without their headers, which hold the secret. Safe to use from any thread.

    Parameters
    ----------
    capacity
        How many requests to remember.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._lock = ForkSafeLock()
        self._numbers = itertools.count()
        self._records: dict[int, RecordedRequest] = {}

    def add(self, request: Request) -> int:
        """Record a request, and return its number for `set_status`."""
        try:
            body = json.loads(request.body) if request.body else None
        except (ValueError, RecursionError):
            body = None
        record = RecordedRequest(request.method, request.path, parse_params(request.query), body)
        with self._lock:
            number = next(self._numbers)
            self._records[number] = record
            if len(self._records) > self._capacity:
                del self._records[next(iter(self._records))]
        return number

    def set_status(self, number: int, status: int | None) -> None:
        """Record the status of the response, if the request is still remembered."""
        with self._lock:
            record = self._records.get(number)
            if record is not None:
                self._records[number] = replace(record, status=status)

    def all(self) -> list[RecordedRequest]:
        """Return the remembered requests."""
        with self._lock:
            return list(self._records.values())

    def clear(self) -> None:
        """Forget every request."""
        with self._lock:
            self._records.clear()
