"""A server on raw sockets whose answers go wrong on request, in front of an API that really acts.

The API is `OtherServer`, asked without HTTP. A `Fault` decides what goes over the wire in place of its answer, and
whether the API acted before.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from otherserver import OtherServer, RefusedError, Request, error_body
from wire import WireServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from wire import Conversation

STAND_IN = {"id": "11111111-2222-4333-8444-555555555555", "name": "somebody-else", "status": "Initializing"}


@dataclass(frozen=True)
class Answer:
    """What the API would have answered."""

    status: int
    tree: Any

    @property
    def body(self) -> bytes:
        return json.dumps(self.tree).encode()


@dataclass(frozen=True)
class Fault:
    """One way to go wrong, and what a client must make of it.

    Parameters
    ----------
    play
        Puts something on the wire, given the conversation and the right answer.
    passing, lasting
        What a read ends as when its first request meets the fault, or all do: "right", "incomplete", or an error.
    refuses
        What a write ends as when looking shows that it was not done; most faults leave that uncertain.
    before_the_request
        It happens before the request is read: "refuse" the connection, or "reset" it.
    stalls
        It ends only when the client gives up.
    lists_only
        It is about pages.
    whole
        The answer is odd but can be read.
    page_size
        Rows that the client asks for per page.
    """

    play: Callable[[Conversation, Answer], None]
    passing: str = "right"
    lasting: str = "TransportError"
    refuses: str = "UncertainError"
    before_the_request: str = ""
    stalls: bool = False
    lists_only: bool = False
    whole: bool = False
    page_size: int = 3


class FaultServer(WireServer):
    """Answers for `api`, but lets the requests after the first `prelude` meet `fault`.

    Parameters
    ----------
    api
        What acts and answers.
    fault
        What goes wrong.
    lasting
        Whether it goes wrong for ever, or once.
    acts
        Whether the API acts on a write before it goes wrong.
    prelude
        Requests that come before.
    """

    def __init__(self, api: OtherServer, fault: Fault, *, lasting: bool, acts: bool, prelude: int = 0) -> None:
        super().__init__(self._answer)
        self.received: list[str] = []
        self.acted = 0
        self._api, self._fault, self._acts, self._prelude = api, fault, acts, prelude
        self._left = float("inf") if lasting else 1
        self._lasting = lasting
        self._counting = threading.Lock()

    def __enter__(self) -> Self:
        if self._fault.before_the_request == "refuse" and not self._prelude:
            self._go_deaf()
        return super().__enter__()

    def greet(self, connection: socket.socket) -> bool:
        if self._fault.before_the_request != "reset" or not self._due():
            return True
        connection.recv(1, socket.MSG_PEEK)  # until then the client cannot have sent anything, and is certain of that
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
        return False

    def _due(self) -> bool:
        """Return whether the fault is due, and count it."""
        with self._counting:
            if self._prelude or not self._left:
                return False
            self._left -= 1
            return True

    def _go_deaf(self) -> None:
        """Refuse connections, for ever or for a moment."""
        address = self._listener.getsockname()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._left = 0
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
        due = not self._fault.before_the_request and self._due()
        answer = self._ask(request) if not due or self._acts or request.method == "GET" else Answer(200, STAND_IN)
        if due and not (self._fault.lists_only and answer.status != HTTPStatus.OK):
            self._fault.play(conversation, answer)
            return
        if self._prelude == 1 and self._fault.before_the_request == "refuse":
            self._go_deaf()
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


def send(conversation: Conversation, answer: Answer, *, more: str = "", body: bytes | None = None) -> None:
    """Answer in good order, with `more` headers."""
    content = answer.body if body is None else body
    head = (
        f"HTTP/1.1 {answer.status} X\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    )
    conversation.send(head.encode() + content)
    conversation.keep = True
