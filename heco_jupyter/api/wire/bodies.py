"""The JSON in the body of an answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from heco_jupyter.api.model.call import BodyError

UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What msgspec raises for a body that it does not accept; a ValueError for one that is not UTF-8."""


def parse_json(body: bytes) -> Any:
    """Return what is in `body`.

    Raises
    ------
    BodyError
        When it is not JSON.
    """
    try:
        return msgspec.json.decode(body)
    except UNREADABLE:
        pass  # what is not JSON to the letter, such as a NaN or a half of a surrogate pair, is read as Python reads it
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise BodyError("its body is not JSON" if body else "its body is empty") from None
