"""HTTP requests and responses as plain values, so that the API depends on no HTTP library."""

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
        The headers, looked up regardless of case.
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
    """Return a response with `content` as its JSON body."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, {"Content-Type": JSON_TYPE, **(headers or {})})


def error_response(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error response. The vendor does not document the shape of its body, so this is the simplest one."""
    return json_response(status, {"code": code, "message": message}, headers)
