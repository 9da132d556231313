"""Requests to the API as values: what to send, and what can come of it. Knows nothing of HTTP libraries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from heco_jupyter.api.display.text import plain
from heco_jupyter.api.model.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable

    from heco_jupyter.api.model.errors import ApiError

_SURROGATE = re.compile("[\ud800-\udfff]")


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

    @property
    def kind(self) -> tuple[object, ...]:
        """What calls that take the same time have in common: all but the cluster's id and the page's number."""
        _, what, *rest = self.path.split("/")
        sizes = (value for name, value in self.params if name == "size")
        return (self.method, what, *rest[1:], len(rest), *(name for name, _ in self.params), *sizes)

    def payload(self) -> bytes | None:
        """Return the body as it goes over the wire."""
        return None if self.body is None else json.dumps(self.body(), ensure_ascii=False).encode()


def cluster_path(cluster_id: str) -> str:
    """Return the path of a cluster.

    Raises
    ------
    CommandError
        When the id cannot be sent; it may come from a list.
    """
    check_sendable(cluster_id, "the cluster's id")
    return f"/clusters/{quote(cluster_id, safe='')}"


def check_sendable(text: str, what: str) -> None:
    """Check that a text can be sent: half of a surrogate pair, as a bad copy leaves it, has no UTF-8.

    Raises
    ------
    CommandError
        When it cannot; `what` names it.
    """
    if _SURROGATE.search(text):
        raise CommandError(f"{what} is {plain(repr(text), 60)}, which holds half a character", hint="type it again")


class BodyError(Exception):
    """A successful answer whose body is not what the API documents; raised by whoever reads it."""


class LostAnswerError(Exception):
    """A write was sent and what became of it is unknown.

    Parameters
    ----------
    reason
        What happened to the answer.
    interrupted
        Whether the user ended it, and so should not be kept waiting.
    refusal
        What to raise when a look at the cluster shows that nothing was done: the answer that most likely means just
        that.
    """

    def __init__(self, reason: str, *, interrupted: bool = False, refusal: ApiError | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.interrupted = interrupted
        self.refusal = refusal
