"""What goes in and out of the API, free of any HTTP library."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request.

    Parameters
    ----------
    method, path, query
        As on the request line; `query` is what follows the `?`, still encoded.
    headers
        Looked up without regard to case.
    body
        The bytes of the body, empty if there is none.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Make a response whose body is `content` as JSON."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"Content-Type": JSON_TYPE, **(headers or {})})


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Make the response for an error; the vendor does not document its shape, so it is the plainest one."""
    return json_response(status, {"code": code, "message": message}, headers)
