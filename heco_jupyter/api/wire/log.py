"""The logger `heco_jupyter`: never a secret.

Requests are at DEBUG; retries, throttling and recovered writes at INFO; a wait that may never end at WARNING.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from heco_jupyter.api.display.masking import mask
from heco_jupyter.api.display.text import plain

if TYPE_CHECKING:
    from heco_jupyter.api.model.call import Call

_logger = logging.getLogger("heco_jupyter")
_logger.addHandler(logging.NullHandler())


def request(call: Call, outcome: object, seconds: float, attempt: int) -> None:
    """Log one request: `GET /clusters 200 in 31 ms, try 1`.

    Parameters
    ----------
    call
        What was sent.
    outcome
        The status of the answer, or why there is none.
    seconds
        How long it took.
    attempt
        Which try it was, from 1.
    """
    if _logger.isEnabledFor(logging.DEBUG):
        line = f"{call.method} {call.path} {outcome} in {seconds * 1000:.0f} ms, try {attempt}"
        _logger.debug("%s", _harmless(line))


def event(message: str) -> None:
    """Log what the client decided by itself: a retry, a narrower gate, a write that was recovered."""
    _logger.info("%s", _harmless(message))


def warning(message: str) -> None:
    """Log what somebody should look at: a wait that may never end."""
    _logger.warning("%s", _harmless(message))


def _harmless(line: str) -> str:
    return plain(mask(line), 500)
