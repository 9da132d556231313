"""Refused requests: a status, a code for programs and a message for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heco_jupyter.emulator.messages import Response, error_response

if TYPE_CHECKING:
    from collections.abc import Mapping


class RefusedError(Exception):
    """A request that the API refuses.

    Parameters
    ----------
    status
        The HTTP status of the response.
    code
        One word for programs, such as `InvalidRequest`.
    message
        The reason in plain words. It never repeats a password or a credential.
    headers
        Further headers of the response.
    """

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def refusal_response(refusal: RefusedError) -> Response:
    """Return the response to a refused request."""
    return error_response(refusal.status, refusal.code, refusal.message, refusal.headers)


def invalid_request(problems: list[str]) -> RefusedError:
    """Return a 400 that lists every problem of a request."""
    return RefusedError(400, "InvalidRequest", "; ".join(problems))


def unknown_cluster(cluster_id: str, *, status: int = 404) -> RefusedError:
    """Return the refusal for a cluster id that does not exist."""
    return RefusedError(status, "ClusterNotFound", f"There is no cluster {cluster_id[:100]}")
