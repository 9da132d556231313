"""A server on raw sockets that injects faults, in front of an API that really acts.

The API is an `OtherServer`, called without HTTP. A `Fault` decides what is sent in place of its answer, and whether the
API has carried out the request before.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from otherserver import OtherServer, RefusedError, Request, error_body
from wire import WireServer

from heco_jupyter.errors import TransportError, UncertainError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wire import Conversation

# The answer of an API that has not acted, although it says so.
STAND_IN = {"id": "11111111-2222-4333-8444-555555555555", "name": "somebody-else", "status": "Initializing"}


@dataclass(frozen=True)
class Answer:
    """What the API would have answered."""

    status: int
    tree: Any

    @property
    def body(self) -> bytes:
        return json.dumps(self.tree).encode()


class Ending(Enum):
    """How a call ends that raises no error."""

    CORRECT = "correct"
    INCOMPLETE = "incomplete"  # a list that says so
    WRONG = "wrong"


End = Ending | type[Exception]


class ConnectionFault(Enum):
    """What happens to a connection before the request is read."""

    REFUSED = "refused"
    RESET = "reset"


@dataclass(frozen=True)
class Fault:
    """One way in which an answer goes wrong, and how calls must end that meet it.

    Parameters
    ----------
    play
        Sends something in place of an answer, given the conversation and that answer.
    transient, lasting
        How a read ends when only its first request meets the fault, and when all do.
    write_not_done
        How a write ends that the API did not carry out and that meets the fault once. Most faults leave it uncertain.
    connection
        What happens to the connection, where the fault comes before the request is read.
    stalls
        Whether the fault lasts until the client gives up.
    lists_only
        Whether the fault is one of pages.
    one_cluster_only
        Whether the fault is one of answers about one cluster.
    breaks_connect
        Whether the one page that a connect reads has the fault, too.
    readable
        Whether the answer is odd, but can be read.
    page_size
        The page size of the client.
    """

    play: Callable[[Conversation, Answer], None]
    transient: End = Ending.CORRECT
    lasting: End = TransportError
    write_not_done: End = UncertainError
    connection: ConnectionFault | None = None
    stalls: bool = False
    lists_only: bool = False
    one_cluster_only: bool = False
    breaks_connect: bool = False
    readable: bool = False
    page_size: int = 3


class FaultServer(WireServer):
    """Passes requests on to `api`, and injects a fault into the answers.

    Parameters
    ----------
    api
        Carries out the requests.
    fault
        What goes wrong.
    lasting
        Whether every answer goes wrong, or only one.
    acts
        Whether the API carries out a write before its answer goes wrong.
    prelude
        How many requests are answered correctly first.

    Attributes
    ----------
    received : list of str
        The methods of the requests so far.
    acted : int
        How many writes the API has carried out.
    """

    def __init__(self, api: OtherServer, fault: Fault, *, lasting: bool, acts: bool, prelude: int = 0) -> None:
        super().__init__(self._answer)
        self.received: list[str] = []
        self.acted = 0
        self._api, self._fault, self._acts, self._prelude = api, fault, acts, prelude
        self._faults_left = float("inf") if lasting else 1
        self._lasting = lasting
        self._counting = threading.Lock()

    def __enter__(self) -> Self:
        if self._fault.connection is ConnectionFault.REFUSED and not self._prelude:
            self._refuse_connections()
        return super().__enter__()

    def greet(self, connection: socket.socket) -> bool:
        if self._fault.connection is not ConnectionFault.RESET or not self._is_due():
            return True
        connection.recv(1, socket.MSG_PEEK)  # without a first byte, the client could be certain that nothing was sent
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
        return False

    def _is_due(self) -> bool:
        """Return whether to inject the fault now, and count it."""
        with self._counting:
            if self._prelude or not self._faults_left:
                return False
            self._faults_left -= 1
            return True

    def _refuse_connections(self) -> None:
        """Refuse connections, from now on or for a moment."""
        address = self._listener.getsockname()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._faults_left = 0
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(address)
        if not self._lasting:
            threading.Timer(0.03, self._listener.listen, (64,)).start()

    def _answer(self, conversation: Conversation) -> None:
        split = urlsplit(conversation.path)
        query = tuple(parse_qsl(split.query, keep_blank_values=True))
        request = Request(conversation.method, split.path, query, conversation.headers, conversation.body)
        self.received.append(request.method)
        due = self._fault.connection is None and self._is_due()
        answer = self._ask(request) if not due or self._acts or request.method == "GET" else Answer(200, STAND_IN)
        if due and not (self._fault.lists_only and answer.status != HTTPStatus.OK):
            self._fault.play(conversation, answer)
            return
        if self._prelude == 1 and self._fault.connection is ConnectionFault.REFUSED:
            self._refuse_connections()
        with self._counting:
            self._prelude = max(0, self._prelude - 1)
        send(conversation, answer)

    def _ask(self, request: Request) -> Answer:
        try:
            answer = Answer(*self._api.answer(request))
        except RefusedError as refused:
            return Answer(refused.status, json.loads(error_body("flat", refused.status, refused.words)[1]))
        self.acted += request.method != "GET"
        return answer


def send(conversation: Conversation, answer: Answer, *, headers: str = "", body: bytes | None = None) -> None:
    """Send a correct response, with more headers and with another body where they are given."""
    content = answer.body if body is None else body
    status_line = f"HTTP/1.1 {answer.status} X\r\n"
    head = f"{status_line}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    conversation.send(head.encode() + content)
    conversation.keep = True
