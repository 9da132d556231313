"""The table of faults: every fault x operation x transient or lasting x before or after the API acted.

Each row is one call of a client, over a real socket, to a server that injects the fault. How it must end follows from
the fault and the operation. Besides, `broken_promises` checks what holds for every row. The outcomes are written to
`.artifacts/faults/`.
"""

from __future__ import annotations

import itertools
import threading
import time
import traceback
import warnings
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults import FAULTS
from faultserver import ConnectionFault, End, Ending, FaultServer
from operations import IDS, NAMES, OPERATIONS, populate
from otherserver import KEY_ID, KEY_SECRET, Habits, OtherServer
from support import ARTIFACTS, client_at

from heco_jupyter.api.wire import transport
from heco_jupyter.errors import (
    ApiError,
    BadRequestError,
    HecoError,
    NotFoundError,
    RateLimitError,
    ServerError,
    TransportError,
    UncertainError,
    WaitTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faultserver import Fault
    from operations import Operation

THREADS = 16
TIMEOUT, SHORT_TIMEOUT = 20.0, 1.0  # seconds: enough for any answer, and for faults that stall
SLACK = 15.0  # seconds more, for a busy machine; a hang lasts far longer
_SURVIVED_BY_WAITING = {TransportError, ServerError, RateLimitError}


@dataclass(frozen=True)
class Row:
    """One row of the table: an operation that meets a fault, once or always, before or after the API acts."""

    operation: str
    fault: str
    lasting: bool
    acts: bool

    @property
    def parts(self) -> tuple[Operation, Fault]:
        return OPERATIONS[self.operation], FAULTS[self.fault]

    @property
    def expected(self) -> End:
        """How the call must end."""
        operation, fault = self.parts
        if operation.writes:
            if fault.connection is ConnectionFault.REFUSED:
                return TransportError if self.lasting else Ending.CORRECT
            # What one cluster's answer breaks, the list still tells of a create.
            told_by_list = fault.one_cluster_only and self.operation == "create"
            if fault.readable or (self.acts and (told_by_list or not self.lasting)):
                return Ending.CORRECT
            return UncertainError if self.lasting else fault.write_not_done
        if fault.lists_only and self.operation == "connect":
            return ApiError if fault.breaks_connect and self.lasting else Ending.CORRECT
        end = fault.lasting if self.lasting else fault.transient
        if operation.waits and end in _SURVIVED_BY_WAITING:
            return WaitTimeoutError if self.lasting else Ending.CORRECT
        return end

    @property
    def timeout(self) -> float:
        """The timeout of the client, in seconds."""
        return SHORT_TIMEOUT if self.parts[1].stalls else TIMEOUT

    @property
    def deadline(self) -> float:
        """Seconds within which the call must end: one timeout for the request, and one to recover a lost answer."""
        return 2 * self.timeout + (2 if self.parts[0].waits else 0)

    def __str__(self) -> str:
        acts = ("after it acted" if self.acts else "before it acted") if self.parts[0].writes else ""
        return f"{self.operation}; {self.fault}; {'lasting' if self.lasting else 'transient'}; {acts}"


def rows() -> Iterator[Row]:
    """Generate the rows of the table."""
    for operation_name, fault_name, lasting, acts in itertools.product(
        OPERATIONS, FAULTS, (False, True), (False, True)
    ):
        row = Row(operation_name, fault_name, lasting, acts)
        operation, fault = row.parts
        if fault.lists_only and not operation.is_list:
            continue
        if fault.one_cluster_only and operation.is_list:
            continue
        if acts and (not operation.writes or fault.connection):  # the API cannot act on a read or on an unread request
            continue
        if not acts and operation.writes and fault.readable:  # the client could only believe such an answer
            continue
        yield row


@dataclass(frozen=True)
class Outcome:
    """What a row led to.

    Parameters
    ----------
    value, error, warned, seconds
        What the call returned or raised, its warnings, and how long it took.
    is_correct
        Whether the result agrees with the state of the API.
    received, acted
        The methods that the server received, and how many writes the API carried out.
    works_afterwards
        Whether the client works once the fault is over.
    """

    value: Any
    error: Exception | None
    warned: list[str]
    seconds: float
    is_correct: bool
    received: list[str]
    acted: int
    works_afterwards: bool

    @property
    def end(self) -> End:
        """How the call ended."""
        if self.error is not None:
            return next(kind for kind in type(self.error).__mro__ if kind not in (BadRequestError, NotFoundError))
        if getattr(self.value, "attrs", {}).get("complete") is False and self.warned:
            return Ending.INCOMPLETE
        return Ending.CORRECT if self.is_correct else Ending.WRONG


def words(end: End) -> str:
    """Return an end as the table names it."""
    return end.value if isinstance(end, Ending) else end.__name__


def run(row: Row, warned: dict[int, list[str]]) -> Outcome:
    """Make the call of a row."""
    operation, fault = row.parts
    api = OtherServer(Habits(ids="short"))
    populate(api)
    server = FaultServer(api, fault, lasting=row.lasting, acts=row.acts, prelude=operation.prelude)
    with server:
        client = client_at(server.url, KEY_ID, KEY_SECRET, timeout=row.timeout, page_size=fault.page_size)
        value, error = None, None
        started = time.monotonic()
        try:
            value = operation.run(client)
        except Exception as raised:  # noqa: BLE001 (an error of any other kind is an outcome, too)
            error = raised
        seconds = time.monotonic() - started
        return Outcome(
            value=value,
            error=error,
            warned=warned.pop(threading.get_ident(), []),
            seconds=seconds,
            is_correct=error is None and operation.is_correct(value, api),
            received=list(server.received),
            acted=server.acted,
            works_afterwards=row.lasting or client.get_cluster(IDS[0]).name == NAMES[0],
        )


def broken_promises(row: Row, outcome: Outcome) -> list[str]:
    """Return which of the promises are broken that hold for every row."""
    writes = [method for method in outcome.received if method != "GET"]
    error = outcome.error
    block = "\n".join(error._block()) if isinstance(error, HecoError) else repr(error)
    promises = {
        "a write was sent twice": len(writes) <= 1,
        "the API acted twice": outcome.acted <= 1,
        "a wrong result": outcome.end is not Ending.WRONG,
        "a certain error although the API acted": not (error and outcome.acted) or outcome.end is UncertainError,
        "a success although the API did not act": not row.parts[0].writes or bool(error) or outcome.acted == 1,
        "an error of another package": error is None or isinstance(error, HecoError),
        "an error longer than a short block": len(block.splitlines()) <= 3 and len(block) < 1200,
        "the secret shows": KEY_SECRET not in f"{block}{outcome.value!r}{_full_traceback(error)}",
        "a hang beyond the deadline": outcome.seconds < row.deadline + SLACK,
        "a row of a list twice": not row.parts[0].is_list or _is_unique(outcome.value),
        "a client that does not work afterwards": outcome.works_afterwards,
    }
    return [promise for promise, is_kept in promises.items() if not is_kept]


def _full_traceback(error: Exception | None) -> str:
    """Return the longest possible traceback: every cause and context, with the local variables of all frames."""
    if error is None:
        return ""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown.__suppress_context__ = False
    return "".join(shown.format())


def _is_unique(frame: Any) -> bool:
    if frame is None:
        return True
    return not frame.duplicated([name for name in ("clusterId", "instanceId", "id") if name in frame]).any()


@contextmanager
def warnings_by_thread() -> Iterator[dict[int, list[str]]]:
    """Collect the warnings of each thread, by its id."""
    warned: dict[int, list[str]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: warned[threading.get_ident()].append(str(message))
        yield warned


@pytest.mark.usefixtures("short_holds")
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_call_that_meets_a_fault_ends_as_it_must(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "LARGEST_BODY", 4 * 2**20)
    table = [row for row in rows() if row.operation == operation]
    with warnings_by_thread() as warned, ThreadPoolExecutor(THREADS) as executor:
        outcomes = list(executor.map(lambda row: run(row, warned), table))
    lines, wrong = [], []
    for row, outcome in zip(table, outcomes, strict=True):
        failures = broken_promises(row, outcome)
        if outcome.end is not row.expected:
            failures.insert(0, f"{words(outcome.end)} instead of {words(row.expected)}: {outcome.error}")
        wrong += [f"{row}: {failure}" for failure in failures]
        lines.append(f"{row}; {words(outcome.end)}; {outcome.seconds:.2f} s; {'; '.join(failures) or 'as expected'}")
    folder = ARTIFACTS / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{operation.replace(', ', '-').replace(' ', '-')}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    assert not wrong, f"{len(wrong)} of {len(table)}:\n" + "\n".join(wrong)


def test_the_table_of_promises_says_how_much_is_tried() -> None:
    readme = (Path(__file__).parent / "README.md").read_text("utf-8")
    assert f"{len(FAULTS)} faults x {len(OPERATIONS)} operations" in readme
    assert f"{len(list(rows())):,} rows" in readme
