"""What was asked of the emulator, for tests to look at."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from heco_jupyter.emulator.queries import parse_pairs

if TYPE_CHECKING:
    from heco_jupyter.emulator.messages import Request

KEPT = 10_000


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
        The parsed JSON body, or `None` if there was none or it was not JSON. It is kept out of the `repr`, since it may
        hold a password.
    status
        The status that was answered; `None` while there is no answer, and for good if none was sent.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    body: Any = field(default=None, repr=False)
    status: int | None = None


class Recorder:
    """The latest requests, oldest first. Headers are not kept: they carry the secret. Safe from any thread."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._records: dict[int, RecordedRequest] = {}

    def arrived(self, request: Request) -> int:
        """Note a request; the number is for `answered`."""
        try:
            body = json.loads(request.body) if request.body else None
        except (ValueError, RecursionError):
            body = None
        record = RecordedRequest(request.method, request.path, parse_pairs(request.query), body)
        with self._lock:
            number = next(self._numbers)
            self._records[number] = record
            if len(self._records) > self._kept:
                del self._records[next(iter(self._records))]
        return number

    def answered(self, number: int, status: int | None) -> None:
        """Note the answer, if the request is still remembered."""
        with self._lock:
            record = self._records.get(number)
            if record is not None:
                self._records[number] = replace(record, status=status)

    def all(self) -> list[RecordedRequest]:
        """Give what is remembered."""
        with self._lock:
            return list(self._records.values())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._records.clear()
