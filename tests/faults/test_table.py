"""The table of faults: every fault x operation x passing or lasting x before or after the API acted.

Each row is one call of a client over a real socket to a server that goes wrong. What must come of it is derived from
the fault and the operation; and whatever that is, some things hold for every row, which `_broken` checks apart.
The outcomes are written to `.artifacts/faults/`.
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
from faultserver import FaultServer
from operations import NAMES, OPERATIONS, populate
from otherserver import KEY_ID, KEY_SECRET, Habits, OtherServer

from heco_jupyter.api.client import Client
from heco_jupyter.api.display.masking import Secret
from heco_jupyter.api.model.access import Access, Credentials
from heco_jupyter.api.model.settings import Settings
from heco_jupyter.api.wire import transport
from heco_jupyter.api.writes import recovery as settle
from heco_jupyter.api.writes import waiting
from heco_jupyter.errors import HecoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faultserver import Fault
    from operations import Operation

ROOT = Path(__file__).parents[2]
AT_ONCE = 16
TIMEOUT, SHORT = 20.0, 1.0  # seconds: where time must not matter, and where the client is to give up
SLACK = 15.0  # for a busy machine; what hangs does so for ever
_HEALED_BY_WAITING = {"TransportError", "ServerError", "RateLimitError"}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    operation: str
    fault: str
    lasting: bool
    acts: bool

    @property
    def parts(self) -> tuple[Operation, Fault]:
        return OPERATIONS[self.operation], FAULTS[self.fault]

    @property
    def expected(self) -> str:
        """What must come of it."""
        operation, fault = self.parts
        if operation.writes:
            if fault.before_the_request == "refuse":
                return "TransportError" if self.lasting else "right"
            if fault.whole or (self.acts and not self.lasting):
                return "right"
            return "UncertainError" if self.lasting else fault.refuses
        if fault.lists_only and self.operation == "connect":
            return "ApiError" if "text" in self.fault and self.lasting else "right"
        ends = fault.lasting if self.lasting else fault.passing
        if operation.waits and ends in _HEALED_BY_WAITING:
            return "WaitTimeoutError" if self.lasting else "right"
        return ends

    @property
    def deadline(self) -> float:
        """Seconds in which it must have ended: a read in one timeout, a write in one and as much to look after it."""
        return 2 * self.timeout + (3 if self.parts[0].waits else 0)

    @property
    def timeout(self) -> float:
        return SHORT if self.parts[1].stalls else TIMEOUT

    def __str__(self) -> str:
        acts = ("after it acted" if self.acts else "before it acted") if self.parts[0].writes else ""
        return f"{self.operation}; {self.fault}; {'lasting' if self.lasting else 'passing'}; {acts}"


def rows() -> Iterator[Row]:
    """Generate the table."""
    for operation, fault, lasting, acts in itertools.product(OPERATIONS, FAULTS, (False, True), (False, True)):
        row = Row(operation, fault, lasting, acts)
        does, goes_wrong = row.parts
        if goes_wrong.lists_only and not does.is_list:
            continue
        # A read does nothing; what is never read cannot be acted on; and a right answer to what was not done is a lie.
        if acts and (not does.writes or goes_wrong.before_the_request):
            continue
        if not acts and does.writes and goes_wrong.whole:
            continue
        yield row


@dataclass
class Outcome:
    """What came of a row."""

    value: Any
    error: Exception | None
    warned: list[str]
    seconds: float
    true: bool
    server: FaultServer
    client: Client

    @property
    def name(self) -> str:
        if self.error is not None:
            kinds = [kind.__name__ for kind in type(self.error).__mro__]
            return next(name for name in kinds if name not in ("BadRequestError", "NotFoundError"))
        if getattr(self.value, "attrs", {}).get("complete") is False and self.warned:
            return "incomplete"
        return "right" if self.true else "wrong"


def play(row: Row, warned: dict[int, list[str]]) -> Outcome:
    """Let it happen."""
    operation, fault = row.parts
    api = OtherServer(Habits(ids="short"))
    populate(api)
    server = FaultServer(api, fault, lasting=row.lasting, acts=row.acts, prelude=operation.prelude)
    with server:
        access = Access(server.url, Credentials(KEY_ID, Secret(KEY_SECRET), "the test"))
        client = Client(access, Settings(timeout=row.timeout, page_size=fault.page_size))
        value, error = None, None
        started = time.monotonic()
        try:
            value = operation.run(client)
        except Exception as raised:  # noqa: BLE001 (any other kind than ours is an outcome, too)
            error = raised
        seconds = time.monotonic() - started
        acted, received = server.acted, list(server.received)
        true = error is None and operation.true(value, api)
        outcome = Outcome(value, error, warned.pop(threading.get_ident(), []), seconds, true, server, client)
        if not row.lasting:  # the client goes on
            true = client.get_cluster("kc-0001").name == NAMES[0] and true
        server.acted, server.received = acted, received
        return outcome


def broken(row: Row, outcome: Outcome) -> list[str]:
    """Return which of the promises that hold for every row this one breaks."""
    writes = [method for method in outcome.server.received if method != "GET"]
    error = outcome.error
    block = "\n".join(error._block()) if isinstance(error, HecoError) else repr(error)
    checks = {
        "a write was sent twice": len(writes) <= 1,
        "the API acted twice": outcome.server.acted <= 1,
        "a result that is not true": outcome.name != "wrong",
        "an error although it was done": not (error and outcome.server.acted) or outcome.name == "UncertainError",
        "a success although it was not done": not row.parts[0].writes or bool(error) or outcome.server.acted == 1,
        "an error that is not ours": error is None or isinstance(error, HecoError),
        "more than a short block": len(block.splitlines()) <= 3 and len(block) < 1200,
        "the secret shows": KEY_SECRET not in f"{block}{outcome.value!r}{_with_locals(error)}",
        "a hang beyond the deadline": outcome.seconds < row.deadline + SLACK,
        "a row twice": not row.parts[0].is_list or _unique(outcome.value),
    }
    return [words for words, fine in checks.items() if not fine]


def _with_locals(error: Exception | None) -> str:
    """Return the longest traceback there is: the whole chain, with the local variables of all frames."""
    if error is None:
        return ""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    told.__suppress_context__ = False
    return "".join(told.format())


def _unique(frame: Any) -> bool:
    if frame is None:
        return True
    return not frame.duplicated([name for name in ("clusterId", "instanceId", "id") if name in frame]).any()


@contextmanager
def warnings_by_thread() -> Iterator[dict[int, list[str]]]:
    """Collect warnings under the thread that they were given in."""
    warned: dict[int, list[str]] = defaultdict(list)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_, **__: warned[threading.get_ident()].append(str(message))
        yield warned


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_ends_as_it_must(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "backoff", lambda tries: 0.01 * tries)
    monkeypatch.setattr(transport, "_BIGGEST_BODY", 4 * 2**20)
    monkeypatch.setattr(settle, "_PAUSES", (0.0, 0.02, 0.05, 0.1))
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.05)
    table = [row for row in rows() if row.operation == operation]
    with warnings_by_thread() as warned, ThreadPoolExecutor(AT_ONCE) as executor:
        outcomes = list(executor.map(lambda row: play(row, warned), table))
    lines, wrong = [], []
    for row, outcome in zip(table, outcomes, strict=True):
        faults = broken(row, outcome)
        if outcome.name != row.expected:
            faults.insert(0, f"{outcome.name} instead of {row.expected}: {outcome.error}")
        wrong += [f"{row}: {fault}" for fault in faults]
        lines.append(f"{row}; {outcome.name}; {outcome.seconds:.2f} s; {'; '.join(faults) or 'fine'}")
    artifacts = ROOT / ".artifacts" / "faults"
    artifacts.mkdir(parents=True, exist_ok=True)
    (artifacts / f"{operation.replace(', ', '-').replace(' ', '-')}.txt").write_text("\n".join(lines) + "\n", "utf-8")
    assert not wrong, f"{len(wrong)} of {len(table)}:\n" + "\n".join(wrong)


def test_the_readme_tells_how_much_is_tried() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"{len(FAULTS)} faults x {len(OPERATIONS)} operations" in readme
    assert f"{len(list(rows())):,} rows" in readme
